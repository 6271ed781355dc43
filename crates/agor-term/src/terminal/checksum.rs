//! DECRQCRA and XTCHECKSUM: a sum over a rectangle, by which test suites read the screen. A person
//! must not have them: a program could read what other programs left there. Checkpoints do not say
//! which blanks were drawn, so the sum after one may differ.

use agor_proto::row::{Attrs, Style, Underline};

use super::State;
use crate::cell::{Cell, Content};
use crate::effect::Effect;
use crate::parser::Sequence;

/// What XTCHECKSUM leaves out of DEC's sum, by the bits of its parameter.
const POSITIVE: u16 = 1;
const NO_ATTRIBUTES: u16 = 1 << 1;
const WITH_BLANKS: u16 = 1 << 2;
const WITH_UNDRAWN: u16 = 1 << 3;
const WHOLE_CHARACTERS: u16 = 1 << 4;

impl State {
    /// Answers DECRQCRA as xterm does: the number of the request and 16 bits of the sum.
    pub(super) fn report_checksum(&mut self, sequence: &Sequence, effects: &mut Vec<Effect>) {
        let sum = self.checksum(sequence);
        let number = sequence.param(0);
        self.reply(&format!("\x1bP{number}!~{sum:04X}\x1b\\"), effects);
    }

    /// DEC's sum is that of the drawn cells, negated; a plain space counts only at the beginning.
    fn checksum(&self, sequence: &Sequence) -> u16 {
        let bits = self.window.checksum_bits;
        let has = |bit| bits & bit != 0;
        let Some(area) = self.area(sequence, 2) else {
            return 0;
        };
        let mut sum = 0_u16;
        let mut first = true;
        for at in area.top..area.bottom {
            let cells = &self.grid.cells(at)[usize::from(area.left)..usize::from(area.right)];
            for cell in cells {
                let Some(mut value) = self.cell_value(*cell, bits) else {
                    continue;
                };
                let style = self.tables.style(cell.style());
                if !has(NO_ATTRIBUTES) {
                    value = value.wrapping_add(attribute_value(style));
                }
                if has(WITH_BLANKS) {
                    sum = sum.wrapping_add(value);
                    if !has(WHOLE_CHARACTERS) {
                        sum = sum.wrapping_add(self.marks_value(*cell));
                    }
                } else if first || value != 0x20 || keeps_blank(style) {
                    sum = sum.wrapping_add(value);
                }
                first = false;
            }
            first = false;
        }
        if has(POSITIVE) {
            sum
        } else {
            sum.wrapping_neg()
        }
    }

    /// Returns what the cell's first character counts for, or `None` if the cell does not count.
    fn cell_value(&self, cell: Cell, bits: u16) -> Option<u16> {
        let whole = bits & WHOLE_CHARACTERS != 0;
        if cell.is_spacer() {
            return (!whole).then_some(0x1b);
        }
        let c = match cell.content() {
            Content::Empty if bits & (WITH_BLANKS | WITH_UNDRAWN) != 0 => ' ',
            Content::Empty => return None,
            Content::Char(c) => c,
            Content::Cluster(number) => self.tables.cluster(number).chars().next()?,
        };
        // Seven bits of what a terminal of eight bits can hold; ESC for the others.
        Some(match u32::from(c) {
            value if whole => value as u16,
            0x7f | 0xff => 0,
            value @ (0x20..=0x7e | 0x80..=0x9f | 0xa1..=0xfe) => value as u16 & 0x7f,
            _ => 0x1b,
        })
    }

    fn marks_value(&self, cell: Cell) -> u16 {
        match cell.content() {
            Content::Cluster(number) => {
                let marks = self.tables.cluster(number).chars().skip(1);
                marks.fold(0, |sum, c| sum.wrapping_add(u32::from(c) as u16))
            }
            _ => 0,
        }
    }
}

fn attribute_value(style: &Style) -> u16 {
    let attrs = style.attrs;
    let mut value = 0;
    for (attr, worth) in [
        (Attrs::PROTECTED, 0x04),
        (Attrs::INVISIBLE, 0x08),
        (Attrs::REVERSE, 0x20),
        (Attrs::BLINK, 0x40),
        (Attrs::BOLD, 0x80),
    ] {
        value += if attrs.contains(attr) { worth } else { 0 };
    }
    if attrs.underline() != Underline::None {
        value += 0x10;
    }
    value
}

/// Attributes that are not in the sum and still make a space more than a blank.
fn keeps_blank(style: &Style) -> bool {
    let attrs = style.attrs;
    let kept = Attrs::DIM.0 | Attrs::ITALIC.0 | Attrs::STRIKETHROUGH.0;
    attrs.0 & kept != 0 || attrs.underline() == Underline::Double
}
