//! Many plain lines at once, as a build or a `cat` writes them: lines that have scrolled away
//! before anyone can look go to history without ever being cells.
//!
//! What comes of it is exactly what printing the lines one by one gives; the property tests feed
//! the same lines in pieces too small for this and compare.

use super::State;
use crate::modes::Mode;
use crate::parser::line_len;

impl State {
    /// Returns how many characters a line can have and how many lines there must be, if lines can
    /// be taken as a whole: the cursor stands in an empty last row, and nothing makes text other
    /// than itself.
    #[inline]
    pub(super) fn takes_lines(&self) -> Option<(usize, usize)> {
        let (rows, cols) = (self.size.rows, self.size.cols);
        if self.cursor.row + 1 != rows || self.cursor.col != 0 || rows < 2 {
            return None;
        }
        let margins = self.margins;
        let whole = (margins.top, margins.bottom) == (0, rows)
            && (margins.left, margins.right) == (0, cols);
        let bottom = self.grid.meta(rows - 1);
        let fresh = bottom.used == 0 && bottom.start == 0 && bottom.marks.is_empty();
        let plain = self.pen.is_plain()
            && self.charsets.is_ascii()
            && !self.modes.has(Mode::Insert)
            && !self.cursor.wrap_pending;
        let good = whole && fresh && plain && !self.on_alt() && self.history.rows_max() > 0;
        good.then_some((cols.into(), 2 * usize::from(rows)))
    }

    /// Shows lines; there are more than the screen has rows.
    pub(super) fn print_lines(&mut self, bytes: &[u8], count: usize) {
        let above = self.size.rows - 1;
        for at in 0..above {
            let cells = self.grid.text_cells(at);
            self.history.push(self.grid.head(at), cells, &self.tables);
        }
        let mut rest = bytes;
        let mut next_line = || {
            let (line, after) = rest.split_at(line_len(rest));
            rest = after.get(2..).unwrap_or_default();
            line
        };
        let mut line = self.grid.meta(above).line;
        for _ in usize::from(above)..count {
            self.history.push_ascii(line, next_line(), &self.tables);
            line = self.counters.line();
        }
        for at in 0..above {
            self.grid
                .show_line(at, line, next_line(), &mut self.counters);
            line = self.counters.line();
        }
        self.grid.show_line(above, line, b"", &mut self.counters);
        let last = bytes.iter().rev().find(|byte| **byte >= b' ');
        self.last_char = last.map(|byte| char::from(*byte)).or(self.last_char);
        self.joinable = false;
    }
}
