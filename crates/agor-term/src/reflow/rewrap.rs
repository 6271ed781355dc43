//! Wraps logical lines anew, a row in and rows out, so that a line of any length costs one row of
//! memory.

use agor_proto::ids::LineId;
use agor_proto::row::{Mark, MarkKind};

use super::LooseRow;
use crate::cell::Cell;
use crate::grid::RowMeta;

/// A line that is being wrapped.
pub(super) struct Rewrap {
    cols: usize,
    /// The line, and the cell of it that `cells` begins with.
    line: LineId,
    start: u32,
    /// What has come of the line and has not gone out.
    cells: Vec<Cell>,
    marks: Vec<(usize, MarkKind)>,
    /// Rows that have gone out since tracking began.
    emitted: usize,
    tracking: bool,
    /// Places in `cells`: which, where, and whether the place is after that cell's end.
    waiting: Vec<(usize, usize, bool)>,
    found: [Option<(usize, u16, bool)>; 2],
    open: bool,
}

impl Rewrap {
    pub fn new(cols: u16) -> Self {
        Self {
            cols: cols.into(),
            line: LineId::default(),
            start: 0,
            cells: Vec::new(),
            marks: Vec::new(),
            emitted: 0,
            tracking: false,
            waiting: Vec::new(),
            found: [None; 2],
            open: false,
        }
    }

    /// Says whether the next row begins a line.
    pub fn is_empty(&self) -> bool {
        !self.open
    }

    /// Remembers a place in the row that is added next.
    pub fn track(&mut self, index: usize, col: u16, wrap_pending: bool) {
        let at = self.cells.len() + usize::from(col);
        self.waiting.push((index, at, wrap_pending));
    }

    /// Adds a row; hands out the rows that are complete.
    pub fn add(&mut self, row: LooseRow, mut emit: impl FnMut(LooseRow)) {
        if !self.open {
            self.open = true;
            self.line = row.meta.line;
            self.start = row.meta.start;
        }
        let offset = self.cells.len();
        let mut cells = row.text_cells();
        if !row.meta.wraps {
            // Blanks at the end never make another row; coloured ones stay up to the edge.
            let text = cells
                .iter()
                .rposition(|cell| !cell.is_blank())
                .map_or(0, |last| last + 1);
            // Whether plain blanks at the end were written or never touched must not matter: a
            // checkpoint does not tell them apart.
            let coloured = cells
                .iter()
                .rposition(|cell| !cell.is_blank() || cell.style() != 0)
                .map_or(0, |last| last + 1);
            cells = &cells[..text.max(coloured.min(self.cols))];
            if offset > 0 {
                cells = &cells[..text];
            }
        }
        self.cells.extend_from_slice(cells);
        self.marks.extend(
            row.meta
                .marks
                .iter()
                .map(|m| (offset + usize::from(m.cell), m.kind)),
        );
        while self.cells.len() > self.cols {
            self.emit_row(true, &mut emit);
        }
        if !row.meta.wraps {
            self.end_line(&mut emit);
        }
    }

    /// Hands out what is left; counts rows from 0 from here on if nothing has been tracked.
    pub fn finish(&mut self, mut emit: impl FnMut(LooseRow)) {
        if self.open {
            // The line goes on nowhere: the row that would continue it is not there.
            self.end_line(&mut emit);
        }
    }

    /// Begins to count rows.
    pub fn begin_tracking(&mut self) {
        self.tracking = true;
        self.emitted = 0;
    }

    /// Returns the row and column of each place that was found, and whether a wrap is pending.
    pub fn places(&self) -> [Option<(usize, u16, bool)>; 2] {
        self.found
    }

    fn end_line(&mut self, emit: &mut impl FnMut(LooseRow)) {
        self.emit_row(false, emit);
        self.open = false;
    }

    fn emit_row(&mut self, wraps: bool, emit: &mut impl FnMut(LooseRow)) {
        let mut len = self.cells.len().min(self.cols);
        // A wide character does not fit into the last cell.
        let split = wraps && len > 1 && self.cells[len - 1].is_wide();
        if split {
            len -= 1;
        }
        let mut cells: Vec<Cell> = self.cells.drain(..len).collect();
        if split {
            cells.push(Cell::LEADING_SPACER);
        }
        let row_marks = self.marks.extract_if(.., |(at, _)| *at < len || !wraps);
        let last = (self.cols - 1) as u16;
        let marks = row_marks
            .map(|(at, kind)| Mark {
                cell: (at as u16).min(last),
                kind,
            })
            .collect();
        self.marks.iter_mut().for_each(|(at, _)| *at -= len);
        if self.cols == 1 {
            // No wide character fits at all: what is seen of it stays.
            cells.iter_mut().for_each(|cell| *cell = cell.narrowed());
        }
        self.place_waiting(len, wraps);
        let meta = RowMeta {
            line: self.line,
            start: self.start,
            wraps,
            marks,
            ..RowMeta::default()
        };
        emit(LooseRow { cells, meta });
        self.start += len as u32;
        if self.tracking {
            self.emitted += 1;
        }
    }

    fn place_waiting(&mut self, len: usize, wraps: bool) {
        let cols = self.cols;
        let row = self.emitted;
        let found = &mut self.found;
        self.waiting.retain_mut(|(index, at, pending)| {
            let here = !wraps || *at < len;
            if !here {
                *at -= len;
                return true;
            }
            // Where the next character goes; after a full row it wraps first.
            let next = *at + usize::from(*pending);
            let wrap = next == cols && len == cols;
            found[*index] = Some((row, next.min(cols - 1) as u16, wrap));
            false
        });
    }
}
