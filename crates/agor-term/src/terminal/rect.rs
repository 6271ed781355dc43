//! Rectangles of cells: copying, filling, erasing, changing attributes (VT420, and xterm's
//! ctlseqs, whose reading of the manual is followed where the manual is silent).

use agor_proto::row::{Attrs, Underline};

use super::State;
use super::edit::Spare;
use crate::cell::Cell;
use crate::grid::Area;
use crate::modes::Mode;
use crate::parser::Sequence;
use crate::width::char_width;

/// What DECCARA and DECRARA do to attributes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    Set,
    Reverse,
}

impl State {
    /// Returns the part of the screen that positions are counted in.
    fn frame(&self) -> Area {
        if self.modes.has(Mode::Origin) {
            return self.margins;
        }
        Area {
            top: 0,
            bottom: self.size.rows,
            left: 0,
            right: self.size.cols,
        }
    }

    /// Returns the rectangle of the parameters top, left, bottom and right from parameter `from`
    /// on, or `None` if nothing is in it.
    pub(super) fn area(&self, sequence: &Sequence, from: usize) -> Option<Area> {
        let area = self.corners(sequence, from);
        (area.top < area.bottom && area.left < area.right).then_some(area)
    }

    fn corners(&self, sequence: &Sequence, from: usize) -> Area {
        let frame = self.frame();
        let first = |at, before: u16| before.saturating_add(sequence.count(at) - 1);
        let end = |at, before: u16, max: u16| match sequence.param(at) {
            0 => max,
            last => before.saturating_add(last).min(max),
        };
        Area {
            top: first(from, frame.top),
            bottom: end(from + 2, frame.top, frame.bottom),
            left: first(from + 1, frame.left),
            right: end(from + 3, frame.left, frame.right),
        }
    }

    /// Ends the logical lines that no longer go on once `from..to` of a row has other content.
    fn end_lines(&mut self, at: u16, from: u16, to: u16) {
        if to >= self.size.cols {
            self.cut(at + 1);
            if from == 0 {
                self.cut(at);
            }
        }
    }

    /// Does DECCRA. There is one page, so the pages' numbers mean nothing.
    pub(super) fn copy_area(&mut self, sequence: &Sequence) {
        let Some(source) = self.area(sequence, 0) else {
            return;
        };
        let frame = self.frame();
        let top = frame.top.saturating_add(sequence.count(5) - 1);
        let left = frame.left.saturating_add(sequence.count(6) - 1);
        let height = (source.bottom - source.top).min(frame.bottom.saturating_sub(top));
        let width = (source.right - source.left).min(frame.right.saturating_sub(left));
        if height == 0 || width == 0 {
            return;
        }
        let columns = usize::from(source.left)..usize::from(source.left + width);
        let mut copied = Vec::with_capacity(usize::from(height) * usize::from(width));
        for at in source.top..source.top + height {
            copied.extend_from_slice(&self.grid.cells(at)[columns.clone()]);
        }
        for (at, cells) in (top..).zip(copied.chunks_exact_mut(width.into())) {
            let last = cells.len() - 1;
            if cells[0].is_spacer() {
                cells[0] = cells[0].emptied();
            }
            if cells[last].is_wide() {
                cells[last] = cells[last].emptied();
            }
            // What a wide character left free means something only where it was left.
            let freed = cells.iter_mut().filter(|cell| cell.is_leading_spacer());
            freed.for_each(|cell| *cell = cell.narrowed());
            self.end_lines(at, left, left + width);
            self.grid.put_cells(at, left, cells, &mut self.counters);
        }
    }

    /// Does DECFRA: fills with a character of ASCII or Latin-1 in the style of what is printed.
    pub(super) fn fill_area(&mut self, sequence: &Sequence) {
        let Some(area) = self.area(sequence, 1) else {
            return;
        };
        let (0x20..=0x7e | 0xa0..=0xff) = sequence.param(0) else {
            return;
        };
        let c = char::from(sequence.param(0) as u8);
        if char_width(c) != 1 {
            return;
        }
        let style = Cell(self.template()).style();
        let cell = Cell::narrow(Cell::template(style, 0), c);
        for at in area.top..area.bottom {
            self.end_lines(at, area.left, area.right);
            self.grid
                .fill(at, area.left, area.right, cell, &mut self.counters);
        }
    }

    /// Does DECERA and DECSERA.
    pub(super) fn erase_area(&mut self, sequence: &Sequence, spare: Spare) {
        let Some(area) = self.area(sequence, 0) else {
            return;
        };
        for at in area.top..area.bottom {
            self.erase(at, area.left, area.right, spare);
        }
    }

    /// Does DECCARA and DECRARA, on a rectangle or on a stream of cells as DECSACE says.
    pub(super) fn change_area(&mut self, sequence: &Sequence, change: Change) {
        let (frame, area) = (self.frame(), self.corners(sequence, 0));
        if area.top >= area.bottom {
            return;
        }
        let stream = !self.changes_rectangles;
        let one_row = area.top + 1 == area.bottom;
        if area.left >= area.right && (one_row || !stream) || area.left >= frame.right {
            return;
        }
        let params = sequence.params().get(4..).unwrap_or_default();
        let params = if params.is_empty() { &[0] } else { params };
        for at in area.top..area.bottom {
            let from = if stream && at > area.top {
                frame.left
            } else {
                area.left
            };
            let to = if stream && at + 1 < area.bottom {
                frame.right
            } else {
                area.right
            };
            self.change_cells(at, (from, to), params, change);
        }
    }

    fn change_cells(&mut self, at: u16, (from, to): (u16, u16), params: &[u16], change: Change) {
        self.make_room();
        let (from, mut to) = (usize::from(from), usize::from(to));
        // Both halves of a wide character look alike.
        to += usize::from(to > from && self.grid.cells(at)[to - 1].is_wide());
        self.counters.work(to - from);
        let cells = self.grid.write(at, to as u16, &mut self.counters);
        let mut known: Option<(u16, u16)> = None;
        for (col, cell) in cells[from..to].iter_mut().enumerate() {
            if cell.is_leading_spacer() || cell.is_spacer() && col == 0 {
                continue;
            }
            let number = match known {
                Some((before, after)) if before == cell.style() => after,
                _ => {
                    let mut style = *self.tables.style(cell.style());
                    for param in params {
                        change_attrs(&mut style.attrs, *param, change);
                    }
                    self.tables.add_style(style)
                }
            };
            known = Some((cell.style(), number));
            *cell = cell.with_style(number);
        }
    }
}

/// Colours stay as they are, and so do the attributes that DEC's terminals do not have.
fn change_attrs(attrs: &mut Attrs, param: u16, change: Change) {
    const BLINKS: Attrs = Attrs(Attrs::BLINK.0 | Attrs::RAPID_BLINK.0);
    if param == 0 {
        let each: &[u16] = match change {
            Change::Set => &[22, 24, 25, 27, 28],
            Change::Reverse => &[1, 4, 5, 7, 8],
        };
        each.iter()
            .for_each(|param| change_attrs(attrs, *param, change));
        return;
    }
    let attr = match param {
        1 => Attrs::BOLD,
        5 => Attrs::BLINK,
        7 => Attrs::REVERSE,
        8 => Attrs::INVISIBLE,
        4 => {
            let line = match (change, attrs.underline()) {
                (Change::Set, _) | (Change::Reverse, Underline::None) => Underline::Single,
                (Change::Reverse, _) => Underline::None,
            };
            attrs.set_underline(line);
            return;
        }
        22 | 24 | 25 | 27 | 28 if change == Change::Set => {
            match param {
                22 => attrs.remove(Attrs::BOLD),
                24 => attrs.set_underline(Underline::None),
                25 => attrs.remove(BLINKS),
                27 => attrs.remove(Attrs::REVERSE),
                _ => attrs.remove(Attrs::INVISIBLE),
            }
            return;
        }
        _ => return,
    };
    if change == Change::Reverse && attrs.contains(attr) {
        attrs.remove(attr);
    } else {
        attrs.insert(attr);
    }
}
