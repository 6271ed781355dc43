//! The cells of one screen. Rows lie in slots that never move; the order of the slots is what
//! scrolls. A row knows how far it is in use, so that clearing costs what was written.
//!
//! Positions are in cells from 0; ranges exclude their end.

mod lines;
mod shift;

use agor_proto::ids::LineId;
use agor_proto::limits::ROW_MARKS_MAX;
use agor_proto::row::{Mark, Row, RowFlags, Run, Style};
pub(crate) use shift::Area;

use crate::cell::Cell;
use crate::history::{LocalLinks, RowHead, push_text, trim_runs};
use crate::images::placed::Placed;
use crate::tables::{Tables, Used};

/// Numbers that are given out once in a terminal's life.
#[derive(Debug, Clone)]
pub(crate) struct Counters {
    next_line: u64,
    next_stamp: u64,
    /// Rows with a stamp from here on have changed since the terminal was last looked at.
    seen: u64,
    /// Cells that were written or moved, rows that were moved, and steps of the cursor.
    #[cfg(test)]
    pub work: u64,
}

impl Counters {
    /// Returns counters that go on after these last numbers.
    pub fn after(line: u64, stamp: u64) -> Self {
        Self {
            next_line: line + 1,
            next_stamp: stamp + 1,
            seen: stamp + 1,
            #[cfg(test)]
            work: 0,
        }
    }

    /// Counts what is done for a sequence, so that tests can bound it without a clock.
    #[inline]
    #[cfg_attr(not(test), expect(unused_variables, clippy::unused_self))]
    pub fn work(&mut self, amount: usize) {
        #[cfg(test)]
        {
            self.work += amount as u64;
        }
    }

    /// Returns the numbers given out last.
    pub fn last(&self) -> (u64, u64) {
        (self.next_line - 1, self.next_stamp - 1)
    }

    /// Goes on with the number after `line`.
    pub fn set_last_line(&mut self, line: LineId) {
        self.next_line = line.0 + 1;
    }

    /// Says that the rows may have been looked at: a change from here on needs a new stamp.
    pub fn look(&mut self) {
        self.seen = self.next_stamp;
    }

    /// Returns the number of a new logical line.
    pub fn line(&mut self) -> LineId {
        self.next_line += 1;
        LineId(self.next_line - 1)
    }

    fn stamp(&mut self) -> u64 {
        self.next_stamp += 1;
        self.next_stamp - 1
    }
}

/// What a row is besides its cells.
#[derive(Debug, Clone, Default)]
pub(crate) struct RowMeta {
    pub line: LineId,
    pub start: u32,
    pub stamp: u64,
    /// Cells from here on are the default.
    pub used: u16,
    pub wraps: bool,
    pub marks: Vec<Mark>,
}

/// One screen.
#[derive(Debug)]
pub(crate) struct Grid {
    cols: u16,
    rows: u16,
    cells: Vec<Cell>,
    meta: Vec<RowMeta>,
    /// The slot of each row of the screen.
    order: Vec<u16>,
    /// The images on it, and those in the history above it.
    pub placed: Vec<Placed>,
}

impl Grid {
    /// Returns an empty screen.
    pub fn new(cols: u16, rows: u16, counters: &mut Counters) -> Self {
        let meta = (0..rows).map(|_| RowMeta {
            line: counters.line(),
            stamp: counters.stamp(),
            ..RowMeta::default()
        });
        Self {
            cols,
            rows,
            cells: vec![Cell::default(); usize::from(cols) * usize::from(rows)],
            meta: meta.collect(),
            order: (0..rows).collect(),
            placed: Vec::new(),
        }
    }

    /// Returns the number of columns.
    pub fn cols(&self) -> u16 {
        self.cols
    }

    /// Returns the number of rows.
    pub fn rows(&self) -> u16 {
        self.rows
    }

    fn slot(&self, at: u16) -> usize {
        self.order[usize::from(at)].into()
    }

    /// Returns what a row is besides its cells.
    pub fn meta(&self, at: u16) -> &RowMeta {
        &self.meta[self.slot(at)]
    }

    /// Returns the cells of a row.
    pub fn cells(&self, at: u16) -> &[Cell] {
        let cols = usize::from(self.cols);
        let start = self.slot(at) * cols;
        &self.cells[start..start + cols]
    }

    /// Returns the cells of a row up to the last that is not the default.
    pub fn used_cells(&self, at: u16) -> &[Cell] {
        let used = self.meta(at).used;
        &self.cells(at)[..usize::from(used)]
    }

    /// Returns the cells of a row that will be written up to `end`.
    #[inline]
    pub fn write(&mut self, at: u16, end: u16, counters: &mut Counters) -> &mut [Cell] {
        counters.work(1);
        let slot = usize::from(self.order[usize::from(at)]);
        let meta = &mut self.meta[slot];
        if meta.stamp < counters.seen {
            meta.stamp = counters.stamp();
        }
        meta.used = meta.used.max(end);
        let cols = usize::from(self.cols);
        &mut self.cells[slot * cols..(slot + 1) * cols]
    }

    /// Gives a row a new stamp.
    pub fn touch(&mut self, at: u16, counters: &mut Counters) {
        self.write(at, 0, counters);
    }

    /// Adds a mark to a row.
    pub fn add_mark(&mut self, at: u16, mark: Mark, counters: &mut Counters) {
        self.touch(at, counters);
        let slot = self.slot(at);
        let marks = &mut self.meta[slot].marks;
        if marks.len() < ROW_MARKS_MAX && !marks.contains(&mark) {
            marks.push(mark);
        }
    }

    /// Makes `from..to` of a row equal to `blank`; halves of wide characters at the edges go too.
    pub fn fill(&mut self, at: u16, from: u16, to: u16, blank: Cell, counters: &mut Counters) {
        let cols = self.cols;
        let (from, to) = (from.min(cols), to.min(cols));
        if from >= to {
            return;
        }
        counters.work(usize::from(to - from));
        let used = self.meta(at).used;
        if blank == Cell::default() {
            if used <= from {
                return;
            }
            let cells = self.write(at, 0, counters);
            split_wide(cells, from);
            split_wide(cells, to);
            cells[usize::from(from)..usize::from(to.min(used))].fill(blank);
            if used <= to {
                let slot = self.slot(at);
                self.meta[slot].used = from;
            }
        } else {
            let cells = self.write(at, to, counters);
            split_wide(cells, from);
            split_wide(cells, to);
            cells[usize::from(from)..usize::from(to)].fill(blank);
        }
    }

    /// Forgets the marks of a row from cell `from` on.
    pub fn clear_marks(&mut self, at: u16, from: u16, counters: &mut Counters) {
        let slot = self.slot(at);
        if !self.meta[slot].marks.is_empty() {
            self.touch(at, counters);
            self.meta[slot].marks.retain(|mark| mark.cell < from);
        }
    }

    /// Says that the logical line of a row goes on after it, wherever that will be.
    pub fn set_wraps(&mut self, at: u16, counters: &mut Counters) {
        self.touch(at, counters);
        let slot = self.slot(at);
        self.meta[slot].wraps = true;
    }

    /// Empties a row of everything; it becomes a logical line of its own.
    fn reset(&mut self, at: u16, blank: Cell, counters: &mut Counters) {
        let slot = self.slot(at);
        let cols = usize::from(self.cols);
        counters.work(cols);
        let meta = &mut self.meta[slot];
        let cells = &mut self.cells[slot * cols..(slot + 1) * cols];
        if blank == Cell::default() {
            cells[..usize::from(meta.used)].fill(blank);
            meta.used = 0;
        } else {
            cells.fill(blank);
            meta.used = self.cols;
        }
        meta.line = counters.line();
        meta.start = 0;
        meta.stamp = counters.stamp();
        meta.wraps = false;
        meta.marks.clear();
    }

    /// Makes a row the logical line `line` with a text of ASCII that fits.
    pub fn show_line(&mut self, at: u16, line: LineId, text: &[u8], counters: &mut Counters) {
        let slot = self.slot(at);
        let cols = usize::from(self.cols);
        let used = usize::from(self.meta[slot].used);
        let cells = &mut self.cells[slot * cols..(slot + 1) * cols];
        for (cell, &byte) in cells.iter_mut().zip(text) {
            *cell = Cell(byte.into());
        }
        if text.len() < used {
            cells[text.len()..used].fill(Cell::default());
        }
        let marks = Vec::new();
        let (used, stamp) = (text.len() as u16, counters.stamp());
        self.meta[slot] = RowMeta {
            line,
            start: 0,
            stamp,
            used,
            wraps: false,
            marks,
        };
    }

    /// Returns a row as clients know it.
    pub fn row(&self, at: u16, tables: &Tables) -> Row {
        let meta = self.meta(at);
        let cells = self.text_cells(at);
        let mut row = Row {
            line: meta.line,
            start: meta.start,
            marks: meta.marks.clone(),
            ..Row::default()
        };
        if meta.wraps {
            row.flags.insert(RowFlags::WRAPS);
        }
        match ascii_text(cells, meta.wraps) {
            Some(text) => row.text = text,
            None => {
                row.text.reserve(cells.len());
                push_text(&mut row.text, &mut row.shapes, cells, meta.wraps, tables);
            }
        }
        let mut local = LocalLinks::default();
        let mut rest = cells;
        while let Some(first) = rest.first() {
            let len = same_look(rest);
            // What is left looks like nothing, as most rows do from their beginning on.
            if first.look() == 0 && len == rest.len() {
                break;
            }
            let link = match first.link() {
                0 => 0,
                number => local.number(&mut row, number.into(), tables.link(number)),
            };
            let style = Style {
                link,
                ..*tables.style(first.style())
            };
            row.runs.push(Run {
                cells: len as u16,
                style,
            });
            rest = &rest[len..];
        }
        trim_runs(&mut row);
        row
    }

    /// Appends a row's text to `text`, as [`Grid::row`] has it.
    pub fn push_row_text(&self, at: u16, tables: &Tables, text: &mut String) {
        let (cells, wraps) = (self.text_cells(at), self.meta(at).wraps);
        push_text(text, &mut Vec::new(), cells, wraps, tables);
    }

    /// Returns the cells that a row's text is made of: all if it wraps, but never the cell that a
    /// wide character left free.
    pub fn text_cells(&self, at: u16) -> &[Cell] {
        let meta = self.meta(at);
        if !meta.wraps {
            return self.used_cells(at);
        }
        &self.cells(at)[..usize::from(self.text_len(at))]
    }

    /// Returns what history keeps of a row.
    pub fn head(&self, at: u16) -> RowHead<'_> {
        let RowMeta {
            line,
            start,
            wraps,
            ref marks,
            ..
        } = *self.meta(at);
        RowHead {
            line,
            start,
            wraps,
            marks,
        }
    }

    /// Says whether nothing at all is on a row.
    pub fn is_blank(&self, at: u16) -> bool {
        let meta = self.meta(at);
        !meta.wraps
            && self
                .used_cells(at)
                .iter()
                .all(|cell| cell.is_blank() && cell.look() == 0)
    }

    /// Marks all styles, links and clusters that cells name.
    pub fn mark_used(&self, used: &mut Used) {
        (0..self.rows).for_each(|at| used.mark_cells(self.used_cells(at)));
    }

    /// Puts `cells` and what else a row is into place, for a grid that is being made.
    pub fn restore_row(&mut self, at: u16, cells: &[Cell], meta: RowMeta) {
        let slot = self.slot(at);
        let start = slot * usize::from(self.cols);
        let len = cells.len().min(self.cols.into());
        self.cells[start..start + usize::from(self.cols)].fill(Cell::default());
        self.cells[start..start + len].copy_from_slice(&cells[..len]);
        self.meta[slot] = RowMeta {
            used: len as u16,
            ..meta
        };
    }
}

/// Makes sure that no wide character lies on both sides of the border before cell `at`.
#[inline]
pub(crate) fn split_wide(cells: &mut [Cell], at: u16) {
    let at = usize::from(at);
    if at > 0 && at < cells.len() && cells[at].is_spacer() {
        cells[at] = cells[at].emptied();
        cells[at - 1] = cells[at - 1].emptied();
    }
}

/// Returns the text of cells that hold nothing but ASCII, which is most of all text and can be taken
/// many cells at a time; what it leaves out, [`push_text`] leaves out.
fn ascii_text(cells: &[Cell], wraps: bool) -> Option<String> {
    let beyond = cells.iter().fold(0, |bits, cell| bits | cell.0 as u32);
    if beyond >= 0x80 {
        return None;
    }
    let used = match cells.iter().rposition(|cell| !cell.is_blank()) {
        _ if wraps => cells.len(),
        last => last.map_or(0, |last| last + 1),
    };
    let shown = cells[..used].iter().map(|cell| match cell.0 as u8 {
        0 => b' ',
        byte => byte,
    });
    String::from_utf8(shown.collect()).ok()
}

/// Returns how many cells at the beginning look like the first.
fn same_look(cells: &[Cell]) -> usize {
    const STEP: usize = 8;
    let look = cells.first().map_or(0, |cell| cell.look());
    let (steps, _) = cells.as_chunks::<STEP>();
    let same = |step: &[Cell; STEP]| {
        let differing = step.iter().fold(0, |bits, cell| bits | cell.look() ^ look);
        differing == 0
    };
    let begin = steps.iter().take_while(|step| same(step)).count() * STEP;
    let rest = cells[begin..].iter();
    begin + rest.take_while(|cell| cell.look() == look).count()
}
