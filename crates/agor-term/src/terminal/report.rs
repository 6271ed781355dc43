//! Answers to questions. They hold numbers and constants of ours, never bytes that the program
//! chose: what an answer says, a shell may read as typed.

use agor_proto::limits;
use agor_proto::row::{Attrs, Underline};

use super::State;
use crate::effect::Effect;
use crate::images::SIXEL_COLORS;
use crate::modes::Mode;
use crate::parser::Sequence;

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

    /// Answers DECREQTPARM: no parity, 8 bits, 38,400 baud both ways (VT100 manual, xterm).
    pub(super) fn report_parameters(&mut self, which: u16, effects: &mut Vec<Effect>) {
        self.reply(&format!("\x1b[{};1;1;128;128;1;0x", which + 2), effects);
    }

    /// Answers DECRQPSR: where the cursor is and how it writes (1, DECCIR), and the tab stops (2,
    /// DECTABSR); VT510 manual.
    pub(super) fn report_presentation(&mut self, which: u16, effects: &mut Vec<Effect>) {
        let body = match which {
            1 => self.cursor_information(),
            2 => {
                let stops = (1..self.size.cols).filter(|col| self.tabs.is_stop(*col));
                let stops: Vec<String> = stops.map(|col| (col + 1).to_string()).collect();
                stops.join("/")
            }
            _ => return,
        };
        self.reply(&format!("\x1bP{which}$u{body}\x1b\\"), effects);
    }

    fn cursor_information(&self) -> String {
        let attrs = self.pen.style().attrs;
        // Bits over 0x40, so that each is a letter.
        let letter = |bits: &[bool]| {
            let bit = |(at, on): (usize, &bool)| u8::from(*on) << at;
            char::from(0x40 + bits.iter().enumerate().map(bit).sum::<u8>())
        };
        let rendition = letter(&[
            attrs.contains(Attrs::BOLD),
            attrs.underline() != Underline::None,
            attrs.contains(Attrs::BLINK),
            attrs.contains(Attrs::REVERSE),
        ]);
        let protected = letter(&[attrs.contains(Attrs::PROTECTED)]);
        let flags = letter(&[
            self.modes.has(Mode::Origin),
            self.charsets.single() == Some(2),
            self.charsets.single() == Some(3),
            self.cursor.wrap_pending,
        ]);
        let (row, col) = self.reported_place();
        let left = self.charsets.active();
        let sets = self.charsets.designations();
        // One page; G2 stands where nobody looks for characters, as only UTF-8 is read; all sets
        // have 94 characters.
        format!("{row};{col};1;{rendition};{protected};{flags};{left};2;@;{sets}")
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
    pub(super) fn report_private_status(&mut self, sequence: &Sequence, effects: &mut Vec<Effect>) {
        match sequence.param(0) {
            6 => {
                let (row, col) = self.reported_place();
                self.reply(&format!("\x1b[?{row};{col};1R"), effects);
            }
            // No printer, no locked keys, no locator.
            15 => self.reply("\x1b[?13n", effects),
            25 => self.reply("\x1b[?20n", effects),
            26 => self.reply("\x1b[?27;1;0;0n", effects),
            53 | 55 => self.reply("\x1b[?53n", effects),
            56 => self.reply("\x1b[?57;0n", effects),
            // No room for macros, and the sum of none.
            62 => self.reply("\x1b[0*{", effects),
            63 => {
                let number = sequence.param(1);
                self.reply(&format!("\x1bP{number}!~0000\x1b\\"), effects);
            }
            // Nothing was damaged on the way, and there is one session.
            75 => self.reply("\x1b[?70n", effects),
            85 => self.reply("\x1b[?83n", effects),
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
