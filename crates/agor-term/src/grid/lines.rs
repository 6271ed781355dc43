//! Which rows are one logical line. A row that wraps is continued by the row below it, which has
//! the same line and starts where the row ends; every function that moves rows keeps that true.

use agor_proto::ids::{LineId, LinePosition};

use super::{Counters, Grid};
use crate::cell::Cell;

impl Grid {
    /// Returns the cells of its logical line that a wrapping row holds.
    pub fn text_len(&self, at: u16) -> u16 {
        let last = self.cells(at).last();
        self.cols - u16::from(last.is_some_and(|cell| cell.is_leading_spacer()))
    }

    /// Says whether a row is the second or a later one of its logical line.
    pub fn is_continuation(&self, at: u16) -> bool {
        self.meta(at).start > 0
    }

    /// Makes the row below a continuation of `at`.
    pub fn join(&mut self, at: u16, counters: &mut Counters) {
        if !self.meta(at).wraps {
            self.touch(at, counters);
            let slot = self.slot(at);
            self.meta[slot].wraps = true;
        }
        let line = self.meta(at).line;
        let start = self.meta(at).start + u32::from(self.text_len(at));
        if at + 1 < self.rows {
            let below = self.meta(at + 1);
            if (below.line, below.start) != (line, start) {
                self.cut(at + 2, counters);
                self.number(at + 1, line, start, counters);
            }
        }
    }

    /// Ends the logical line before row `at`, which then begins one.
    pub fn cut(&mut self, at: u16, counters: &mut Counters) {
        if at > 0 && at <= self.rows {
            let slot = self.slot(at - 1);
            if !self.meta[slot].wraps {
                return;
            }
            let last = usize::from(self.cols) - 1;
            let cells = self.write(at - 1, 0, counters);
            if cells[last].is_leading_spacer() {
                cells[last] = Cell::default();
            }
            self.meta[slot].wraps = false;
        }
        if at < self.rows && self.is_continuation(at) {
            let line = counters.line();
            self.number(at, line, 0, counters);
        }
    }

    /// Numbers a row and those that continue it.
    fn number(&mut self, mut at: u16, line: LineId, mut start: u32, counters: &mut Counters) {
        loop {
            self.touch(at, counters);
            let anchored = match self.placed.is_empty() {
                true => Vec::new(),
                false => self.placed_on(at),
            };
            let slot = self.slot(at);
            self.meta[slot].line = line;
            self.meta[slot].start = start;
            for (index, col) in anchored {
                let column = start + u32::from(col);
                self.placed[index].at = LinePosition { line, column };
            }
            if !self.meta[slot].wraps || at + 1 >= self.rows {
                return;
            }
            start += u32::from(self.text_len(at));
            at += 1;
        }
    }

    /// Gives the first row the place in its logical line that follows from the row above the
    /// screen, or makes it begin a line.
    pub fn set_first_line(&mut self, continues: Option<(LineId, u32)>, counters: &mut Counters) {
        match continues {
            Some((line, start)) => self.number(0, line, start, counters),
            None if self.is_continuation(0) => {
                let line = counters.line();
                self.number(0, line, 0, counters);
            }
            None => {}
        }
    }

    /// Ends lines whose continuation is not the row below, and begins lines anew that have lost
    /// their head, for a grid that was put together from rows.
    pub fn end_loose_lines(&mut self, counters: &mut Counters) {
        for at in 0..self.rows {
            let meta = self.meta(at);
            let goes_on = meta.wraps && at + 1 < self.rows && {
                let below = self.meta(at + 1);
                below.line == meta.line && below.start == meta.start + u32::from(self.text_len(at))
            };
            if meta.wraps && !goes_on {
                let slot = self.slot(at);
                self.meta[slot].wraps = false;
            }
            if !goes_on && at + 1 < self.rows && self.is_continuation(at + 1) {
                let line = counters.line();
                self.number(at + 1, line, 0, counters);
            }
        }
    }
}
