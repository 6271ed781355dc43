//! Erasing, inserting, deleting and scrolling.

use agor_proto::row::Attrs;

use super::State;
use crate::cell::Cell;
use crate::grid::Area;
use crate::modes::Mode;

/// Which cells an erasure spares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Spare {
    Nothing,
    /// Those that DECSCA protects.
    Protected,
}

impl State {
    /// Moves the rows between the margins up. What leaves the top of the primary screen goes to
    /// history.
    #[inline]
    pub(super) fn scroll_region_up(&mut self, count: u16) {
        let margins = self.margins;
        self.scroll_up_in(margins, count);
    }

    fn scroll_up_in(&mut self, area: Area, count: u16) {
        let blank = self.blank();
        if area.left > 0 || area.right < self.size.cols {
            self.grid
                .scroll_area(area, count.into(), blank, &mut self.counters);
            return;
        }
        let count = count.min(area.bottom - area.top);
        let to_history = area.top == 0 && !self.on_alt();
        if to_history {
            for at in 0..count {
                let cells = self.grid.text_cells(at);
                self.counters.work(cells.len());
                self.history.push(self.grid.head(at), cells, &self.tables);
            }
        }
        let region = (area.top, area.bottom);
        self.grid
            .scroll_up(region, count, to_history, blank, &mut self.counters);
    }

    pub(super) fn scroll_region_down(&mut self, count: u16) {
        let margins = self.margins;
        self.scroll_down_in(margins, count);
    }

    fn scroll_down_in(&mut self, area: Area, count: u16) {
        let blank = self.blank();
        if area.left > 0 || area.right < self.size.cols {
            self.grid
                .scroll_area(area, -i32::from(count), blank, &mut self.counters);
            return;
        }
        if area.top == 0 {
            self.cut(0);
        }
        self.grid
            .scroll_down((area.top, area.bottom), count, blank, &mut self.counters);
    }

    /// Returns the part of the scrolling region from the cursor's row on, if it is inside.
    fn region_from_cursor(&self) -> Option<Area> {
        let inside = (self.margins.top..self.margins.bottom).contains(&self.cursor.row)
            && (self.margins.left..self.margins.right).contains(&self.cursor.col);
        inside.then_some(Area {
            top: self.cursor.row,
            ..self.margins
        })
    }

    /// Does IL.
    pub(super) fn insert_lines(&mut self, count: u16) {
        if let Some(area) = self.region_from_cursor() {
            self.scroll_down_in(area, count);
            self.cursor.col = self.margins.left;
            self.cursor.wrap_pending = false;
        }
    }

    /// Does DL. Deleted rows are gone: history is what scrolled away.
    pub(super) fn delete_lines(&mut self, count: u16) {
        let Some(area) = self.region_from_cursor() else {
            return;
        };
        let blank = self.blank();
        if area.left > 0 || area.right < self.size.cols {
            self.grid
                .scroll_area(area, count.into(), blank, &mut self.counters);
        } else {
            if area.top == 0 {
                self.cut(0);
            }
            let region = (area.top, area.bottom);
            self.grid
                .scroll_up(region, count, false, blank, &mut self.counters);
        }
        self.cursor.col = self.margins.left;
        self.cursor.wrap_pending = false;
    }

    /// Ends the logical line before a row; before the first, the one that history ends with.
    pub(super) fn cut(&mut self, at: u16) {
        if at == 0 && self.grid.is_continuation(0) && !self.on_alt() {
            self.history.end_last_line();
        }
        self.grid.cut(at, &mut self.counters);
    }

    /// Erases cells of a row.
    pub(super) fn erase(&mut self, at: u16, from: u16, to: u16, spare: Spare) {
        let blank = self.blank();
        // Lines end before cells change: where a line goes on depends on its row's last cell.
        if to >= self.size.cols {
            self.grid.clear_marks(at, from, &mut self.counters);
            self.cut(at + 1);
            if from == 0 {
                self.cut(at);
            }
        }
        if spare == Spare::Protected && self.has_protected(at) {
            self.erase_unprotected(at, from, to, blank);
        } else {
            self.grid.fill(at, from, to, blank, &mut self.counters);
        }
    }

    fn is_protected(&self, cell: Cell) -> bool {
        self.tables
            .style(cell.style())
            .attrs
            .contains(Attrs::PROTECTED)
    }

    fn has_protected(&self, at: u16) -> bool {
        self.grid
            .used_cells(at)
            .iter()
            .any(|cell| self.is_protected(*cell))
    }

    fn erase_unprotected(&mut self, at: u16, from: u16, to: u16, blank: Cell) {
        for col in from..to.min(self.size.cols) {
            if !self.is_protected(self.grid.cells(at)[usize::from(col)]) {
                self.grid.fill(at, col, col + 1, blank, &mut self.counters);
            }
        }
    }

    /// Does ED and DECSED.
    pub(super) fn erase_display(&mut self, which: u16, spare: Spare) {
        let (row, col) = (self.cursor.row, self.cursor.col);
        let (rows, cols) = (self.size.rows, self.size.cols);
        let whole_rows = match which {
            0 => {
                self.erase(row, col, cols, spare);
                self.cursor.wrap_pending = false;
                self.erase_images(row + u16::from(col > 0), rows);
                row + 1..rows
            }
            1 => {
                self.erase(row, 0, col + 1, spare);
                self.erase_images(0, row + u16::from(col + 1 == cols));
                0..row
            }
            2 => {
                self.clear_images();
                0..rows
            }
            _ => return,
        };
        for at in whole_rows {
            self.erase(at, 0, cols, spare);
        }
    }

    /// Does ED 3.
    pub(super) fn erase_history(&mut self) {
        self.clear_history_images();
        self.history.clear();
    }

    /// Returns what ED, EL and ECH spare: what SPA protects (ECMA-48 8.3.144). A program has either that or
    /// DECSCA, whichever it used last (xterm).
    pub(super) fn spared(&self) -> Spare {
        match self.modes.has(Mode::IsoProtection) {
            true => Spare::Protected,
            false => Spare::Nothing,
        }
    }

    /// Returns what DECSED, DECSEL and DECSERA spare: what DECSCA protects.
    pub(super) fn spared_selectively(&self) -> Spare {
        match self.modes.has(Mode::IsoProtection) {
            true => Spare::Nothing,
            false => Spare::Protected,
        }
    }

    /// Does EL and DECSEL.
    pub(super) fn erase_line(&mut self, which: u16, spare: Spare) {
        let (row, col) = (self.cursor.row, self.cursor.col);
        let cols = self.size.cols;
        match which {
            0 => {
                self.cursor.wrap_pending = false;
                self.erase(row, col, cols, spare);
            }
            1 => self.erase(row, 0, col + 1, spare),
            2 => self.erase(row, 0, cols, spare),
            _ => {}
        }
    }

    /// Does ECH.
    pub(super) fn erase_chars(&mut self, count: u16) {
        let (row, col) = (self.cursor.row, self.cursor.col);
        self.cursor.wrap_pending = false;
        self.erase(
            row,
            col,
            col.saturating_add(count).min(self.size.cols),
            self.spared(),
        );
    }

    /// Does ICH.
    pub(super) fn insert_chars(&mut self, count: u16) {
        self.edit_chars(|state, row, span, blank| {
            state
                .grid
                .insert_cells(row, span, count, blank, &mut state.counters);
        });
    }

    /// Does DCH.
    pub(super) fn delete_chars(&mut self, count: u16) {
        self.edit_chars(|state, row, span, blank| {
            state
                .grid
                .delete_cells(row, span, count, blank, &mut state.counters);
        });
    }

    fn edit_chars(&mut self, edit: impl FnOnce(&mut Self, u16, (u16, u16), Cell)) {
        self.cursor.wrap_pending = false;
        let (row, col) = (self.cursor.row, self.cursor.col);
        if !(self.margins.left..self.margins.right).contains(&col) {
            return;
        }
        let right = self.margins.right;
        let blank = self.blank();
        if right == self.size.cols {
            self.cut(row + 1);
        }
        edit(self, row, (col, right), blank);
    }

    /// Does DECIC (`insert`) and DECDC.
    pub(super) fn edit_columns(&mut self, count: u16, insert: bool) {
        if self.region_from_cursor().is_none() {
            return;
        }
        let blank = self.blank();
        let span = (self.cursor.col, self.margins.right);
        self.shift_columns(span, count, insert, blank);
    }

    /// Does DECBI: goes left; at the left margin the columns move right instead. Outside the margins
    /// it stops at the screen's edge (DEC STD 070).
    pub(super) fn back_index(&mut self) {
        self.cursor.wrap_pending = false;
        if self.cursor.col != self.margins.left {
            self.cursor.col = self.cursor.col.saturating_sub(1);
        } else if self.region_from_cursor().is_some() {
            let blank = self.blank();
            let span = (self.margins.left, self.margins.right);
            self.shift_columns(span, 1, true, blank);
        }
    }

    /// Does DECFI: goes right; at the right margin the columns move left instead.
    pub(super) fn forward_index(&mut self) {
        self.cursor.wrap_pending = false;
        if self.cursor.col + 1 != self.margins.right {
            self.cursor.col = (self.cursor.col + 1).min(self.size.cols - 1);
        } else if self.region_from_cursor().is_some() {
            let blank = self.blank();
            let span = (self.margins.left, self.margins.right);
            self.shift_columns(span, 1, false, blank);
        }
    }

    /// Does SL (`left`) and SR.
    pub(super) fn scroll_columns(&mut self, count: u16, left: bool) {
        if self.region_from_cursor().is_some() {
            let blank = self.blank();
            let span = (self.margins.left, self.margins.right);
            self.shift_columns(span, count, !left, blank);
        }
    }

    fn shift_columns(&mut self, span: (u16, u16), count: u16, insert: bool, blank: Cell) {
        for at in self.margins.top..self.margins.bottom {
            self.cut(at + 1);
            if insert {
                self.grid
                    .insert_cells(at, span, count, blank, &mut self.counters);
            } else {
                self.grid
                    .delete_cells(at, span, count, blank, &mut self.counters);
            }
        }
        self.cursor.wrap_pending = false;
    }

    /// Does DECALN: fills the screen with `E`.
    pub(super) fn alignment_test(&mut self) {
        self.reset_margins();
        self.modes.set(Mode::Origin, false);
        self.home();
        let letter = Cell::narrow(0, 'E');
        for at in 0..self.size.rows {
            self.cut(at);
            self.cut(at + 1);
            self.grid
                .fill(at, 0, self.size.cols, letter, &mut self.counters);
        }
    }
}
