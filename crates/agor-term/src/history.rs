//! Rows that left the top of the primary screen, in pages of compact bytes. A page needs nothing
//! outside it: it has its own styles and links, so that it can be dropped, compressed or written
//! away by itself.
//!
//! Where somebody keeps what leaves ([`crate::Options::hands_pages_out`]), pages leave whole and
//! with a number, and do not come back: whether a row is in here or has left follows from the
//! output alone, whoever has the page by then.

mod left;
mod page;

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;

use agor_proto::ids::{LineId, LinePosition};
use agor_proto::limits::HISTORY_BYTES_MAX;
use agor_proto::row::{Mark, Row};
use serde::{Deserialize, Serialize};

use crate::cell::Cell;
use crate::tables::Tables;
pub use left::{HistoryPage, LeftPage, PageError, rows_of};
pub(crate) use page::{
    LocalLinks, Page, PageWriter, push_text, style_from_numbers, style_numbers, trim_runs,
};

/// What a row is besides its cells.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RowHead<'a> {
    pub line: LineId,
    pub start: u32,
    pub wraps: bool,
    pub marks: &'a [Mark],
}

/// The rows above the screen, oldest first.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct History {
    pages: VecDeque<Page>,
    /// Rows of the first page that have been dropped.
    skipped: usize,
    rows: usize,
    rows_max: usize,
    /// Memory of all pages but the last.
    closed_bytes: usize,
    /// Whether pages are handed out when they leave.
    #[serde(default)]
    hands_out: bool,
    /// The number of the next page that leaves.
    #[serde(default)]
    next_left: u64,
    /// The oldest page that left and was not cleared since.
    #[serde(default)]
    first_left: u64,
    /// Pages that left and were not taken yet, and their width.
    #[serde(skip)]
    left: Vec<(u64, Page, u16)>,
    #[serde(skip)]
    writer: PageWriter,
}

impl History {
    /// Returns a history of at most `rows_max` rows, whose pages are handed out when they leave or
    /// dropped.
    pub fn new(rows_max: usize, hands_out: bool) -> Self {
        Self {
            rows_max,
            hands_out,
            ..Self::default()
        }
    }

    /// Says from now on whether pages are handed out when they leave, or rows dropped one by one.
    pub fn set_hands_out(&mut self, hands_out: bool) {
        self.hands_out = hands_out;
    }

    /// Returns the pages that left since the last time.
    pub fn take_left(&mut self, cols: u16) -> Vec<LeftPage> {
        self.note_width(cols);
        let left = std::mem::take(&mut self.left).into_iter();
        left.map(|(number, page, cols)| LeftPage {
            number,
            page: Arc::new(HistoryPage::new(page, cols)),
        })
        .collect()
    }

    /// Notes that the screen had `cols` columns when pages left, before it takes another size.
    pub fn note_width(&mut self, cols: u16) {
        let unknown = self.left.iter_mut().rev().take_while(|left| left.2 == 0);
        unknown.for_each(|left| left.2 = cols);
    }

    /// Returns the numbers of the pages that left and were not cleared since.
    pub fn left(&self) -> Range<u64> {
        self.first_left..self.next_left
    }

    /// Returns an equal history.
    pub fn copy(&self) -> Self {
        Self {
            pages: self.pages.clone(),
            skipped: self.skipped,
            rows: self.rows,
            rows_max: self.rows_max,
            closed_bytes: self.closed_bytes,
            hands_out: self.hands_out,
            next_left: self.next_left,
            first_left: self.first_left,
            left: Vec::new(),
            writer: PageWriter::default(),
        }
    }

    /// Says whether a history that was read from bytes can be used.
    pub fn is_consistent(&mut self) -> bool {
        let held: usize = self.pages.iter().map(Page::len).sum();
        let closed = self.pages.len().saturating_sub(1);
        let mut first = 0;
        for page in &mut self.pages {
            page.first = first;
            page.index();
            first += page.len();
        }
        // Memory is counted anew: allocations are not what they were.
        self.closed_bytes = self.pages.iter().take(closed).map(Page::bytes).sum();
        let first = self.pages.front().map_or(0, Page::len);
        self.pages.iter().all(|page| page.len() > 0)
            && (self.skipped < first || self.skipped == 0)
            && self.first_left <= self.next_left
            && held.checked_sub(self.skipped) == Some(self.rows)
    }

    /// Returns how many rows there are.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Returns how many rows there may be.
    pub fn rows_max(&self) -> usize {
        self.rows_max
    }

    /// Returns the memory that the rows take.
    pub fn bytes(&self) -> usize {
        self.closed_bytes + self.pages.back().map_or(0, Page::bytes)
    }

    /// Returns the logical line of the oldest row.
    pub fn first_line(&self) -> Option<LineId> {
        self.pages.front()?.line_at(self.skipped)
    }

    /// Returns the row that holds a place of the text, counted from the oldest.
    pub fn find(&self, at: LinePosition) -> Option<usize> {
        // Lines mostly stand in the order in which they were made; where a program inserted lines
        // or scrolled a part of the screen they do not.
        let mut number = self.pages.partition_point(|page| page.lines.1 < at.line);
        let mut found = self.find_in(number, |page, skipped| page.find(skipped, at));
        // The last row of a page may not be the last of its line.
        while found.is_some_and(|row| row + 1 == self.row_after(number)) {
            number += 1;
            match self.find_in(number, |page, skipped| page.find(skipped, at)) {
                None => break,
                later => found = later,
            }
        }
        let numbers = 0..self.pages.len();
        let anywhere = |number| self.find_in(number, |page, skipped| page.find(skipped, at));
        found.or_else(|| numbers.rev().find_map(anywhere))
    }

    /// Returns the oldest row that begins after a place of the text.
    pub fn find_after(&self, at: LinePosition) -> Option<usize> {
        let likely = self.pages.partition_point(|page| page.lines.1 < at.line);
        let after =
            |page: &Page, skipped| (skipped..page.len()).find(|row| page.position(*row) > Some(at));
        (likely..self.pages.len()).find_map(|number| self.find_in(number, after))
    }

    /// Returns the row that `find` finds in a page, from the row on that it is given, counted from
    /// the oldest.
    fn find_in(
        &self,
        number: usize,
        find: impl FnOnce(&Page, usize) -> Option<usize>,
    ) -> Option<usize> {
        let page = self.pages.get(number)?;
        let skipped = if number == 0 { self.skipped } else { 0 };
        Some(page.first + find(page, skipped)? - self.first_row())
    }

    /// Returns the row after the last of a page, counted from the oldest.
    fn row_after(&self, number: usize) -> usize {
        let page = self.pages.get(number);
        page.map_or(0, |page| page.first + page.len() - self.first_row())
    }

    /// Returns the number of the oldest row, as the pages count theirs.
    fn first_row(&self) -> usize {
        self.pages.front().map_or(0, |page| page.first) + self.skipped
    }

    /// Forgets all rows, those that left included.
    pub fn clear(&mut self) {
        self.first_left = self.next_left;
        self.empty();
    }

    /// Forgets the rows that are in here.
    fn empty(&mut self) {
        self.pages.clear();
        (self.skipped, self.rows, self.closed_bytes) = (0, 0, 0);
        self.writer.forget();
    }

    /// Adds a row at the end and drops the oldest if there are too many.
    pub fn push(&mut self, head: RowHead<'_>, cells: &[Cell], tables: &Tables) {
        self.push_with(|writer, page| writer.push(page, head, cells, tables));
    }

    /// Adds a row that is a whole line of ASCII in the default style.
    #[inline]
    pub fn push_ascii(&mut self, line: LineId, text: &[u8], tables: &Tables) {
        self.push_with(|writer, page| writer.push_ascii(page, line, text, tables));
    }

    #[inline]
    fn push_with(&mut self, push: impl FnOnce(&mut PageWriter, &mut Page)) {
        if self.rows_max == 0 {
            return;
        }
        if self.pages.back().is_none_or(Page::is_full) {
            self.open_page();
        }
        if let Some(page) = self.pages.back_mut() {
            push(&mut self.writer, page);
            self.rows += 1;
        }
        self.make_room();
    }

    /// Lets go of what is too much.
    #[inline]
    fn make_room(&mut self) {
        if self.rows <= self.rows_max {
            return;
        }
        if !self.hands_out {
            return self.drop_oldest();
        }
        let oldest = |pages: &VecDeque<Page>| pages.front().map_or(0, Page::len);
        while self.pages.len() > 1 && self.rows - oldest(&self.pages) >= self.rows_max {
            self.drop_first_page();
        }
    }

    fn open_page(&mut self) {
        let first = self.pages.back().map_or(0, |page| page.first + page.len());
        if let Some(full) = self.pages.back_mut() {
            full.shrink();
            self.closed_bytes += full.bytes();
        }
        let mut page = Page::default();
        page.first = first;
        self.pages.push_back(page);
        while self.closed_bytes > HISTORY_BYTES_MAX {
            self.drop_first_page();
        }
    }

    /// Adds whole pages that were taken from another history.
    pub fn push_page(&mut self, mut page: Page) {
        if self.rows_max == 0 || page.len() == 0 {
            return;
        }
        self.open_page();
        self.rows += page.len();
        if let Some(last) = self.pages.back_mut() {
            page.first = last.first;
            *last = page;
        }
        match self.hands_out {
            true => self.make_room(),
            false => {
                while self.rows > self.rows_max {
                    self.drop_oldest();
                }
            }
        }
    }

    fn drop_oldest(&mut self) {
        self.skipped += 1;
        self.rows -= 1;
        if self
            .pages
            .front()
            .is_some_and(|page| self.skipped >= page.len())
        {
            self.drop_first_page();
        }
    }

    fn drop_first_page(&mut self) {
        let Some(page) = self.pages.pop_front() else {
            return;
        };
        self.rows -= page.len() - self.skipped;
        self.skipped = 0;
        if self.pages.is_empty() {
            self.writer.forget();
        } else {
            self.closed_bytes -= page.bytes();
        }
        if self.hands_out {
            let number = self.next_left;
            self.next_left += 1;
            self.left.push((number, page, 0));
        }
    }

    /// Returns up to `count` rows from the row `from` on, counted from the oldest.
    pub fn rows_from(&self, from: usize, count: usize) -> Vec<Row> {
        let from = from.min(self.rows);
        let count = count.min(self.rows - from);
        let mut rows = Vec::with_capacity(count);
        let number = self.first_row() + from;
        let after = self.pages.partition_point(|page| page.first <= number);
        for page in self.pages.iter().skip(after.saturating_sub(1)) {
            let skip = (number + rows.len()).saturating_sub(page.first);
            let end = page.len().min(skip.saturating_add(count - rows.len()));
            rows.extend((skip..end).map(|at| page.row(at)));
            if rows.len() >= count {
                break;
            }
        }
        rows
    }

    /// Removes the newest row and returns it.
    pub fn pop(&mut self) -> Option<Row> {
        if self.rows == 0 {
            return None;
        }
        let row = self.pages.back_mut()?.pop()?;
        self.rows -= 1;
        if self.pages.back().is_some_and(|page| page.len() == 0) {
            self.pages.pop_back();
            self.writer.forget();
            self.closed_bytes -= self.pages.back().map_or(0, Page::bytes);
        }
        if self.rows == 0 {
            self.empty();
        }
        Some(row)
    }

    /// Says that the newest row's logical line ends with it.
    pub fn end_last_line(&mut self) {
        if let Some(page) = self.pages.back_mut() {
            page.end_last_line();
        }
    }

    /// Takes the pages out, with the number of rows of the first that do not count.
    pub fn take_pages(&mut self) -> (usize, VecDeque<Page>) {
        let skipped = self.skipped;
        let pages = std::mem::take(&mut self.pages);
        self.empty();
        (skipped, pages)
    }
}
