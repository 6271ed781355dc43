//! Control characters of C0, and escape sequences without parameters.

use super::State;
use crate::charset::Charset;
use crate::effect::Effect;
use crate::modes::Mode;
use crate::parser::Sequence;

impl State {
    /// Does a control character.
    #[inline]
    pub(super) fn control(&mut self, byte: u8, effects: &mut Vec<Effect>) {
        self.joinable = false;
        match byte {
            0x07 => effects.push(Effect::Bell),
            0x08 => self.backspace(),
            b'\t' => self.tab(),
            b'\n' | 0x0b | 0x0c => self.line_feed(),
            b'\r' => self.carriage_return(),
            0x0e => self.charsets.shift(1),
            0x0f => self.charsets.shift(0),
            _ => {}
        }
    }

    /// Does an escape sequence.
    pub(super) fn escape(&mut self, sequence: &Sequence, effects: &mut Vec<Effect>) {
        self.joinable = false;
        match (sequence.intermediates(), sequence.last()) {
            ([], b'6') => self.back_index(),
            ([], b'7') => self.save_cursor(),
            ([], b'8') => self.restore_cursor(),
            ([], b'9') => self.forward_index(),
            ([], b'D') => self.index(),
            ([], b'E') => {
                self.index();
                self.carriage_return();
            }
            ([], b'H') => self.tabs.set(self.cursor.col, true),
            ([], b'M') => self.reverse_index(),
            ([], b'N') => self.charsets.shift_once(2),
            ([], b'O') => self.charsets.shift_once(3),
            ([], b'n') => self.charsets.shift(2),
            ([], b'o') => self.charsets.shift(3),
            ([], b'V') => {
                self.modes.set(Mode::IsoProtection, true);
                self.pen.set_protected(true);
            }
            ([], b'W') => self.pen.set_protected(false),
            ([], b'Z') => self.report_attributes(effects),
            ([], b'c') => self.reset(effects),
            ([], b'=') => self.modes.set(Mode::Keypad, true),
            ([], b'>') => self.modes.set(Mode::Keypad, false),
            ([b'#'], b'8') => self.alignment_test(),
            ([place @ (b'(' | b')' | b'*' | b'+')], last) => {
                // A set that we do not have is shown as ASCII, as xterm does.
                let set = Charset::from_designation(last).unwrap_or_default();
                self.charsets.designate(place - b'(', set);
            }
            ([place @ (b'-' | b'.' | b'/')], _) => {
                self.charsets.designate(place - b'-' + 1, Charset::Ascii);
            }
            _ => {}
        }
    }
}
