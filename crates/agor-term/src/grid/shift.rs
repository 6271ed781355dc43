//! Moving rows and parts of rows.

use super::{Counters, Grid, split_wide};
use crate::cell::Cell;
use crate::images::placed::Shift;

/// A part of the screen: rows and columns, without their ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Area {
    pub top: u16,
    pub bottom: u16,
    pub left: u16,
    pub right: u16,
}

impl Grid {
    /// Moves whole rows of `top..bottom` up by `count`; empty ones come in below. The rows that go
    /// keep their continuation as a part of their line if `keep_head` (they went to history).
    pub fn scroll_up(
        &mut self,
        (top, bottom): (u16, u16),
        count: u16,
        keep_head: bool,
        blank: Cell,
        counters: &mut Counters,
    ) {
        let count = count.min(bottom.saturating_sub(top));
        if count == 0 {
            return;
        }
        let whole = keep_head && (top, bottom) == (0, self.rows);
        if self.placed.is_empty() || whole {
            return self.rows_up((top, bottom), count, keep_head, blank, counters);
        }
        let shift = match keep_head {
            true => Shift::UpToHistory,
            false => Shift::Up(count),
        };
        self.shift_placed((top, bottom), shift, |grid| {
            grid.rows_up((top, bottom), count, keep_head, blank, counters);
        });
    }

    #[inline]
    fn rows_up(
        &mut self,
        (top, bottom): (u16, u16),
        count: u16,
        keep_head: bool,
        blank: Cell,
        counters: &mut Counters,
    ) {
        if !keep_head {
            if top > 0 {
                self.cut(top, counters);
            }
            self.cut(top + count, counters);
        }
        if bottom < self.rows {
            self.cut(bottom, counters);
        }
        counters.work(usize::from(bottom - top));
        let order = &mut self.order[usize::from(top)..usize::from(bottom)];
        if let (1, &[first, ..]) = (count, &*order) {
            order.copy_within(1.., 0);
            let last = order.len() - 1;
            order[last] = first;
        } else {
            order.rotate_left(count.into());
        }
        for at in bottom - count..bottom {
            self.reset(at, blank, counters);
        }
    }

    /// Moves whole rows of `top..bottom` down by `count`; empty ones come in above.
    pub fn scroll_down(
        &mut self,
        (top, bottom): (u16, u16),
        count: u16,
        blank: Cell,
        counters: &mut Counters,
    ) {
        let count = count.min(bottom.saturating_sub(top));
        if count == 0 {
            return;
        }
        self.shift_placed((top, bottom), Shift::Down(count), |grid| {
            grid.rows_down((top, bottom), count, blank, counters);
        });
    }

    fn rows_down(
        &mut self,
        (top, bottom): (u16, u16),
        count: u16,
        blank: Cell,
        counters: &mut Counters,
    ) {
        self.cut(top, counters);
        self.cut(bottom - count, counters);
        if bottom < self.rows {
            self.cut(bottom, counters);
        }
        counters.work(usize::from(bottom - top));
        self.order[usize::from(top)..usize::from(bottom)].rotate_right(count.into());
        for at in top..top + count {
            self.reset(at, blank, counters);
        }
    }

    /// Moves the cells of `area` up by `count` (down if negative), for left and right margins.
    pub fn scroll_area(&mut self, area: Area, count: i32, blank: Cell, counters: &mut Counters) {
        let height = area.bottom.saturating_sub(area.top);
        let by = (count.unsigned_abs().min(height.into())) as u16;
        if by == 0 || area.left >= area.right {
            return;
        }
        for at in area.top..area.bottom {
            self.cut(at + 1, counters);
            let cells = self.write(at, 0, counters);
            split_wide(cells, area.left);
            split_wide(cells, area.right);
        }
        let moved = height - by;
        for step in 0..moved {
            let (from, to) = if count > 0 {
                (area.top + by + step, area.top + step)
            } else {
                (area.bottom - by - 1 - step, area.bottom - 1 - step)
            };
            self.copy_cells(from, to, area, counters);
        }
        let emptied = if count > 0 {
            area.bottom - by..area.bottom
        } else {
            area.top..area.top + by
        };
        for at in emptied {
            self.fill(at, area.left, area.right, blank, counters);
        }
    }

    /// Puts `cells` into a row from cell `from` on.
    pub fn put_cells(&mut self, at: u16, from: u16, cells: &[Cell], counters: &mut Counters) {
        let to = from.saturating_add(cells.len() as u16).min(self.cols);
        counters.work(cells.len());
        let row = self.write(at, to, counters);
        split_wide(row, from);
        split_wide(row, to);
        let (from, to) = (usize::from(from), usize::from(to));
        row[from..to].copy_from_slice(&cells[..to - from]);
    }

    fn copy_cells(&mut self, from: u16, to: u16, area: Area, counters: &mut Counters) {
        let (left, right) = (usize::from(area.left), usize::from(area.right));
        counters.work(right - left);
        let start = self.slot(from) * usize::from(self.cols);
        self.write(to, area.right, counters);
        let target = self.slot(to) * usize::from(self.cols) + left;
        self.cells.copy_within(start + left..start + right, target);
    }

    /// Moves `from..right` of a row to the right by `count`; what is pushed out is lost.
    pub fn insert_cells(
        &mut self,
        at: u16,
        (from, right): (u16, u16),
        count: u16,
        blank: Cell,
        counters: &mut Counters,
    ) {
        let count = count.min(right.saturating_sub(from));
        if count == 0 {
            return;
        }
        counters.work(usize::from(right - from));
        let end = self.meta(at).used.saturating_add(count).min(right);
        let cells = self.write(at, end, counters);
        split_wide(cells, from);
        split_wide(cells, right);
        split_wide(cells, right - count);
        let (from, right, count) = (usize::from(from), usize::from(right), usize::from(count));
        cells.copy_within(from..right - count, from + count);
        cells[from..from + count].fill(blank);
        if blank != Cell::default() {
            self.write(at, (from + count) as u16, counters);
        }
    }

    /// Removes `count` cells of a row at `from`; what is right of them up to `right` moves left.
    pub fn delete_cells(
        &mut self,
        at: u16,
        (from, right): (u16, u16),
        count: u16,
        blank: Cell,
        counters: &mut Counters,
    ) {
        let count = count.min(right.saturating_sub(from));
        if count == 0 {
            return;
        }
        counters.work(usize::from(right - from));
        let end = if blank == Cell::default() { 0 } else { right };
        let cells = self.write(at, end, counters);
        split_wide(cells, from);
        split_wide(cells, from + count);
        split_wide(cells, right);
        let (from, right, count) = (usize::from(from), usize::from(right), usize::from(count));
        cells.copy_within(from + count..right, from);
        cells[right - count..right].fill(blank);
    }
}
