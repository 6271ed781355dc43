//! Moving the cursor, and the scrolling that comes of it.

use super::State;
use crate::modes::Mode;

impl State {
    /// Returns the column after the last that the cursor can write from where it is.
    #[inline]
    pub(super) fn right_edge(&self) -> u16 {
        if self.cursor.col < self.margins.right {
            self.margins.right
        } else {
            self.size.cols
        }
    }

    /// Returns the first column that the cursor can go to from where it is.
    fn left_edge(&self) -> u16 {
        if self.cursor.col >= self.margins.left {
            self.margins.left
        } else {
            0
        }
    }

    fn in_side_margins(&self) -> bool {
        (self.margins.left..self.margins.right).contains(&self.cursor.col)
    }

    /// Goes down a row; scrolls at the bottom margin.
    #[inline]
    pub(super) fn index(&mut self) {
        self.cursor.wrap_pending = false;
        if self.cursor.row + 1 == self.margins.bottom {
            if self.in_side_margins() {
                self.scroll_region_up(1);
            }
        } else if self.cursor.row + 1 < self.size.rows {
            self.cursor.row += 1;
        }
    }

    /// Goes up a row; scrolls at the top margin.
    pub(super) fn reverse_index(&mut self) {
        self.cursor.wrap_pending = false;
        if self.cursor.row == self.margins.top {
            if self.in_side_margins() {
                self.scroll_region_down(1);
            }
        } else {
            self.cursor.row = self.cursor.row.saturating_sub(1);
        }
    }

    /// Does LF, VT and FF.
    #[inline]
    pub(super) fn line_feed(&mut self) {
        self.index();
        if self.modes.has(Mode::LineFeedNewLine) {
            self.carriage_return();
        }
    }

    /// Does CR. Left of the margin it goes to the screen's edge, but in origin mode, where nothing
    /// is left of the margin, to the margin (xterm).
    #[inline]
    pub(super) fn carriage_return(&mut self) {
        self.cursor.wrap_pending = false;
        self.cursor.col = if self.modes.has(Mode::Origin) {
            self.margins.left
        } else {
            self.left_edge()
        };
    }

    /// Says whether BS and CUB go back to the row above, that wraps into this (mode 45) or any (mode 1045).
    fn goes_back(&self) -> bool {
        let either = self.modes.has(Mode::ReverseWrap) || self.modes.has(Mode::ReverseWrapAll);
        either && self.modes.has(Mode::AutoWrap)
    }

    /// Does BS.
    pub(super) fn backspace(&mut self) {
        self.counters.work(1);
        let reverse = self.goes_back();
        if self.cursor.wrap_pending {
            self.cursor.wrap_pending = false;
            if reverse {
                return;
            }
        }
        let left = self.left_edge();
        let row = self.cursor.row;
        if self.cursor.col > left {
            self.cursor.col -= 1;
        } else if reverse && self.modes.has(Mode::ReverseWrapAll) {
            self.cursor.row = match row {
                _ if row == self.margins.top => self.margins.bottom - 1,
                0 => self.size.rows - 1,
                _ => row - 1,
            };
            self.cursor.col = self.margins.right - 1;
        } else if reverse && row > 0 && self.grid.meta(row - 1).wraps {
            self.cursor.row -= 1;
            self.cursor.col = self.margins.right - 1;
        }
    }

    pub(super) fn up(&mut self, count: u16) {
        let top = if self.cursor.row >= self.margins.top {
            self.margins.top
        } else {
            0
        };
        self.cursor.row = self.cursor.row.saturating_sub(count).max(top);
        self.cursor.wrap_pending = false;
    }

    pub(super) fn down(&mut self, count: u16) {
        let below = self.cursor.row < self.margins.bottom;
        let last = if below {
            self.margins.bottom
        } else {
            self.size.rows
        } - 1;
        self.cursor.row = self.cursor.row.saturating_add(count).min(last);
        self.cursor.wrap_pending = false;
    }

    pub(super) fn right(&mut self, count: u16) {
        self.cursor.col = self
            .cursor
            .col
            .saturating_add(count)
            .min(self.right_edge() - 1);
        self.cursor.wrap_pending = false;
    }

    /// Does CUB; in modes 45 and 1045 it goes back as that many BS do, once around the screen at most.
    pub(super) fn left(&mut self, count: u16) {
        if self.goes_back() {
            let cells = u32::from(self.size.cols) * u32::from(self.size.rows);
            for _ in 0..u32::from(count).min(cells) {
                let before = self.cursor;
                self.backspace();
                if self.cursor == before {
                    break;
                }
            }
            return;
        }
        self.cursor.col = self.cursor.col.saturating_sub(count).max(self.left_edge());
        self.cursor.wrap_pending = false;
    }

    /// Goes to a row and column from 0, from the margins in origin mode.
    pub(super) fn go_to(&mut self, row: u16, col: u16) {
        self.go_to_row(row);
        self.go_to_col(col);
    }

    pub(super) fn go_to_row(&mut self, row: u16) {
        self.cursor.wrap_pending = false;
        self.cursor.row = if self.modes.has(Mode::Origin) {
            row.saturating_add(self.margins.top)
                .min(self.margins.bottom - 1)
        } else {
            row.min(self.size.rows - 1)
        };
    }

    pub(super) fn go_to_col(&mut self, col: u16) {
        self.cursor.wrap_pending = false;
        self.cursor.col = if self.modes.has(Mode::Origin) {
            col.saturating_add(self.margins.left)
                .min(self.margins.right - 1)
        } else {
            col.min(self.size.cols - 1)
        };
    }

    /// Goes to the row and column of the screen, from the margins in origin mode, that is home.
    pub(super) fn home(&mut self) {
        self.go_to(0, 0);
    }

    /// Does HT, which begins in the next row after one was filled in mode 41 alone.
    pub(super) fn tab(&mut self) {
        let wraps = self.modes.has(Mode::TabWraps) && self.modes.has(Mode::AutoWrap);
        if self.cursor.wrap_pending && wraps {
            self.wrap();
        }
        self.tab_forward(1);
    }

    pub(super) fn tab_forward(&mut self, count: u16) {
        // No stop is beyond the last column, and a row that was filled stays so (xterm).
        if self.cursor.wrap_pending {
            return;
        }
        let last = self.right_edge() - 1;
        for _ in 0..count.min(self.size.cols) {
            self.counters.work(1);
            self.cursor.col = self.tabs.next(self.cursor.col, last);
        }
    }

    pub(super) fn tab_back(&mut self, count: u16) {
        let first = if self.modes.has(Mode::Origin) {
            self.left_edge()
        } else {
            0
        };
        for _ in 0..count.min(self.size.cols) {
            self.counters.work(1);
            self.cursor.col = self.tabs.previous(self.cursor.col, first);
        }
        self.cursor.wrap_pending = false;
    }

    /// Does DECSTBM; rows from 1, 0 for the edge of the screen.
    pub(super) fn set_top_bottom(&mut self, top: u16, bottom: u16) {
        let rows = self.size.rows;
        let top = top.max(1) - 1;
        let bottom = if bottom == 0 { rows } else { bottom.min(rows) };
        if top + 1 < bottom {
            self.margins.top = top;
            self.margins.bottom = bottom;
            self.home();
        }
    }

    /// Does DECSLRM, in mode 69 only.
    pub(super) fn set_left_right(&mut self, left: u16, right: u16) {
        let cols = self.size.cols;
        let left = left.max(1) - 1;
        let right = if right == 0 { cols } else { right.min(cols) };
        if left + 1 < right {
            self.margins.left = left;
            self.margins.right = right;
            self.home();
        }
    }

    /// Makes the whole screen scroll again.
    pub(crate) fn reset_margins(&mut self) {
        self.margins.top = 0;
        self.margins.bottom = self.size.rows;
        self.margins.left = 0;
        self.margins.right = self.size.cols;
    }
}
