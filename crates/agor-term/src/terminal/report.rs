//! Answers to questions. They hold numbers and constants of ours, never bytes that the program
//! chose: what an answer says, a shell may read as typed.

use agor_proto::limits;

use super::State;
use crate::effect::Effect;
use crate::images::SIXEL_COLORS;
use crate::modes::Mode;

impl State {
    /// Answers DA1: a VT220 with sixels (4) and colours (22) that takes text for the clipboard (52).
    pub(super) fn report_attributes(&mut self, effects: &mut Vec<Effect>) {
        self.reply("\x1b[?62;4;22;52c", effects);
    }

    /// Answers XTSMGRAPHICS: the colour registers (1) and the largest sixel picture (2); neither can
    /// be changed (xterm's ctlseqs).
    pub(super) fn report_graphics(&mut self, item: u16, action: u16, effects: &mut Vec<Effect>) {
        let side = limits::IMAGE_SIDE_MAX;
        match (item, action) {
            (1, 1..=4) => self.reply(&format!("\x1b[?1;0;{}S", SIXEL_COLORS), effects),
            (2, 1 | 4) => {
                // The largest that shows as a whole, as xterm says it.
                let (width, height) = self.image_cell_px();
                let width = (width * u32::from(self.size.cols)).min(side);
                let height = (height * u32::from(self.size.rows)).min(side);
                self.reply(&format!("\x1b[?2;0;{width};{height}S"), effects);
            }
            (1 | 2, _) => self.reply(&format!("\x1b[?{item};2;0S"), effects),
            // There is no ReGIS.
            _ => self.reply(&format!("\x1b[?{item};1;0S"), effects),
        }
    }

    /// Answers DA2. Programs take the number for xterm's: 277 is the first with SGR mouse, which
    /// vim looks for.
    pub(super) fn report_version_number(&mut self, effects: &mut Vec<Effect>) {
        self.reply("\x1b[>1;277;0c", effects);
    }

    /// Answers DA3.
    pub(super) fn report_unit(&mut self, effects: &mut Vec<Effect>) {
        self.reply("\x1bP!|00000000\x1b\\", effects);
    }

    /// Answers XTVERSION.
    pub(super) fn report_version(&mut self, effects: &mut Vec<Effect>) {
        self.reply(
            concat!("\x1bP>|agor(", env!("CARGO_PKG_VERSION"), ")\x1b\\"),
            effects,
        );
    }

    fn reported_place(&self) -> (u16, u16) {
        let (top, left) = match self.modes.has(Mode::Origin) {
            true => (self.margins.top, self.margins.left),
            false => (0, 0),
        };
        let (row, col) = (self.cursor.row, self.cursor.col);
        (row.saturating_sub(top) + 1, col.saturating_sub(left) + 1)
    }

    /// Answers DSR.
    pub(super) fn report_status(&mut self, which: u16, effects: &mut Vec<Effect>) {
        match which {
            5 => self.reply("\x1b[0n", effects),
            6 => {
                let (row, col) = self.reported_place();
                self.reply(&format!("\x1b[{row};{col}R"), effects);
            }
            _ => {}
        }
    }

    /// Answers DSR of DEC and of later inventors.
    pub(super) fn report_private_status(&mut self, which: u16, effects: &mut Vec<Effect>) {
        match which {
            6 => {
                let (row, col) = self.reported_place();
                self.reply(&format!("\x1b[?{row};{col};1R"), effects);
            }
            // No printer, no locked keys, no locator.
            15 => self.reply("\x1b[?13n", effects),
            25 => self.reply("\x1b[?20n", effects),
            26 => self.reply("\x1b[?27;1;0;0n", effects),
            53 | 55 => self.reply("\x1b[?53n", effects),
            996 => self.report_color_scheme(effects),
            _ => {}
        }
    }

    /// Says whether the theme is dark (`CSI ? 996 n`, mode 2031).
    pub(super) fn report_color_scheme(&mut self, effects: &mut Vec<Effect>) {
        let scheme = if self.base_colors.is_dark() { 1 } else { 2 };
        self.reply(&format!("\x1b[?997;{scheme}n"), effects);
    }

    /// Says how large the screen is (mode 2048).
    pub(super) fn report_size(&mut self, effects: &mut Vec<Effect>) {
        let size = self.size;
        let text = format!(
            "\x1b[48;{};{};{};{}t",
            size.rows, size.cols, size.height_px, size.width_px
        );
        self.reply(&text, effects);
    }

    /// Answers the question for the keyboard's flags.
    pub(super) fn report_keyboard(&mut self, effects: &mut Vec<Effect>) {
        let flags = self.keyboards[self.screen_index()].flags();
        self.reply(&format!("\x1b[?{flags}u"), effects);
    }

    /// Answers XTQMODKEYS.
    pub(super) fn report_modify_other_keys(&mut self, effects: &mut Vec<Effect>) {
        let level = self.modify_other_keys;
        self.reply(&format!("\x1b[>4;{level}m"), effects);
    }

    pub(super) fn keyboard_mut(&mut self) -> &mut super::Keyboard {
        let screen = self.screen_index();
        &mut self.keyboards[screen]
    }
}
