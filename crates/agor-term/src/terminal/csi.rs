//! Control sequences: which function each one is. In the order of ECMA-48's table, private ones
//! after the standard ones.

use super::edit::Spare;
use super::rect::Change;
use super::{State, Tabs};
use crate::effect::Effect;
use crate::modes::Mode;
use crate::parser::Sequence;

impl State {
    /// Does a control sequence; unknown ones do nothing.
    pub(super) fn csi(&mut self, sequence: &Sequence, effects: &mut Vec<Effect>) {
        if sequence.last() == b'm' && sequence.prefix() == 0 && sequence.intermediates().is_empty()
        {
            self.pen.sgr(sequence);
            return;
        }
        self.joinable = false;
        match (sequence.prefix(), sequence.intermediates()) {
            (0, []) => self.standard(sequence, effects),
            (b'?', []) => self.private(sequence, effects),
            (b'>', []) => self.greater(sequence, effects),
            (b'<', []) if sequence.last() == b'u' => {
                let count = sequence.count(0);
                self.keyboard_mut().pop(count);
            }
            (b'=', []) => match sequence.last() {
                b'c' if sequence.param(0) == 0 => self.report_unit(effects),
                b'u' => {
                    let (flags, how) = (sequence.param(0), sequence.count(1));
                    self.keyboard_mut().set(flags, how);
                }
                _ => {}
            },
            (0, [intermediate]) => self.with_intermediate(*intermediate, sequence, effects),
            (b'?', b"$") if sequence.last() == b'p' => {
                self.report_private_mode(sequence.param(0), effects);
            }
            _ => {}
        }
    }

    #[inline]
    fn standard(&mut self, sequence: &Sequence, effects: &mut Vec<Effect>) {
        let count = sequence.count(0);
        match sequence.last() {
            b'@' => self.insert_chars(count),
            b'A' => self.up(count),
            b'B' | b'e' => self.down(count),
            b'C' | b'a' => self.right(count),
            b'D' => self.left(count),
            b'E' => {
                self.down(count);
                self.carriage_return();
            }
            b'F' => {
                self.up(count);
                self.carriage_return();
            }
            b'G' | b'`' => self.go_to_col(count - 1),
            b'H' | b'f' => self.go_to(count - 1, sequence.count(1) - 1),
            b'I' => self.tab_forward(count),
            b'J' if sequence.param(0) == 3 => self.erase_history(),
            b'J' => self.erase_display(sequence.param(0), self.spared()),
            b'K' => self.erase_line(sequence.param(0), self.spared()),
            b'L' => self.insert_lines(count),
            b'M' => self.delete_lines(count),
            b'P' => self.delete_chars(count),
            b'S' => self.scroll_region_up(count),
            b'T' if sequence.params().len() <= 1 => self.scroll_region_down(count),
            b'X' => self.erase_chars(count),
            b'Z' => self.tab_back(count),
            b'b' => self.repeat(count),
            b'c' if sequence.param(0) == 0 => self.report_attributes(effects),
            b'd' => self.go_to_row(count - 1),
            b'g' => match sequence.param(0) {
                0 => self.tabs.set(self.cursor.col, false),
                3 => self.tabs.clear(),
                _ => {}
            },
            b'h' | b'l' => {
                let on = sequence.last() == b'h';
                for mode in sequence.params() {
                    self.set_ansi_mode(*mode, on);
                }
            }
            b'n' => self.report_status(sequence.param(0), effects),
            b'r' => self.set_top_bottom(sequence.param(0), sequence.param(1)),
            b's' if self.modes.has(Mode::Margins) => {
                self.set_left_right(sequence.param(0), sequence.param(1));
            }
            b's' => self.save_cursor(),
            b't' => self.window(sequence, effects),
            b'u' => self.restore_cursor(),
            b'x' if sequence.param(0) <= 1 => self.report_parameters(sequence.param(0), effects),
            _ => {}
        }
    }

    fn private(&mut self, sequence: &Sequence, effects: &mut Vec<Effect>) {
        match sequence.last() {
            b'J' => self.erase_display(sequence.param(0), self.spared_selectively()),
            b'K' => self.erase_line(sequence.param(0), self.spared_selectively()),
            b'h' | b'l' => {
                let on = sequence.last() == b'h';
                for mode in sequence.params() {
                    self.set_private_mode(*mode, on, effects);
                }
            }
            b'S' if sequence.params().len() >= 2 => {
                self.report_graphics(sequence.param(0), sequence.param(1), effects);
            }
            b'W' if sequence.param(0) == 5 => self.tabs = Tabs::default(),
            b'm' if sequence.param(0) == 4 => self.report_modify_other_keys(effects),
            b'n' => self.report_private_status(sequence, effects),
            b'r' => self.restore_modes(sequence.params(), effects),
            b's' => self.save_modes(sequence.params()),
            b'u' => self.report_keyboard(effects),
            _ => {}
        }
    }

    fn greater(&mut self, sequence: &Sequence, effects: &mut Vec<Effect>) {
        match sequence.last() {
            b'c' if sequence.param(0) == 0 => self.report_version_number(effects),
            b'm' => match *sequence.params() {
                [] | [4] => self.modify_other_keys = 0,
                [4, level] => self.modify_other_keys = level.min(2) as u8,
                _ => {}
            },
            b'n' if sequence.param(0) == 4 => self.modify_other_keys = 0,
            b'q' if sequence.param(0) == 0 => self.report_version(effects),
            b'u' => {
                let flags = sequence.param(0);
                self.keyboard_mut().push(flags);
            }
            _ => {}
        }
    }

    fn with_intermediate(&mut self, byte: u8, sequence: &Sequence, effects: &mut Vec<Effect>) {
        match (byte, sequence.last()) {
            (b' ', b'@') => self.scroll_columns(sequence.count(0), true),
            (b' ', b'A') => self.scroll_columns(sequence.count(0), false),
            (b' ', b'q') => self.set_cursor_style(sequence.param(0)),
            (b'!', b'p') => self.soft_reset(),
            (b'"', b'p') => self.set_level(sequence.param(0)),
            (b'"', b'q') => {
                self.modes.set(Mode::IsoProtection, false);
                self.pen.set_protected(sequence.param(0) == 1);
            }
            (b'#', b'p' | b'{') => self.push_style(sequence.params()),
            (b'#', b'q' | b'}') => self.pop_style(),
            (b'#', b'|') => self.report_common_style(sequence, effects),
            (b'#', b'y') if self.conformance => self.window.checksum_bits = sequence.param(0),
            (b'$', b'p') => self.report_ansi_mode(sequence.param(0), effects),
            (b'$', b'r') => self.change_area(sequence, Change::Set),
            (b'$', b't') => self.change_area(sequence, Change::Reverse),
            (b'$', b'v') => self.copy_area(sequence),
            (b'$', b'w') => self.report_presentation(sequence.param(0), effects),
            (b'$', b'x') => self.fill_area(sequence),
            (b'$', b'z') => self.erase_area(sequence, Spare::Nothing),
            (b'$', b'{') => self.erase_area(sequence, self.spared_selectively()),
            (b'*', b'x') => match sequence.param(0) {
                0 | 1 => self.changes_rectangles = false,
                2 => self.changes_rectangles = true,
                _ => {}
            },
            (b'*', b'y') if self.conformance => self.report_checksum(sequence, effects),
            (b'*', b'|') if self.conformance => {
                self.take_size((sequence.count(0), self.size.cols), effects);
            }
            (b'\'', b'}') => self.edit_columns(sequence.count(0), true),
            (b'\'', b'~') => self.edit_columns(sequence.count(0), false),
            _ => {}
        }
    }
}
