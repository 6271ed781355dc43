//! The pages of history that left a session's terminal, above what it has in memory: which there
//! are, and how many rows they have at the present width. They are read by [`Look`], on a thread
//! that may wait for the disk.

mod literal;
mod look;

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;

use agor_proto::ids::{LineId, LinePosition};
use agor_term::{HistoryPage, LeftPage, rows_of};

use crate::storage::PageHead;
pub use literal::required;
pub use look::{Look, Pages, Question, Within};

/// See the module.
#[derive(Debug, Clone, Default)]
pub struct Shelf {
    pages: VecDeque<Shelved>,
    cols: u16,
    rows: usize,
    size_bytes: u64,
}

#[derive(Debug, Clone)]
struct Shelved {
    head: PageHead,
    /// Its rows at the present width.
    rows: usize,
    /// The page itself, as long as it is not on disk.
    held: Option<Arc<HistoryPage>>,
}

impl Shelf {
    /// Returns the shelf of the pages that are stored, for a width.
    #[must_use]
    pub fn stored(heads: Vec<PageHead>, cols: u16) -> Self {
        let mut shelf = Self {
            cols,
            ..Self::default()
        };
        for head in heads {
            shelf.add(head, None);
        }
        shelf
    }

    /// Adds a page that left; says whether it was not there.
    pub fn put(&mut self, left: LeftPage) -> bool {
        if self.last().is_some_and(|last| left.number <= last) {
            return false;
        }
        self.add(PageHead::of(&left), Some(left.page));
        true
    }

    fn add(&mut self, head: PageHead, held: Option<Arc<HistoryPage>>) {
        let rows = rows_at(&head, self.cols);
        self.rows += rows;
        self.size_bytes += head.size_bytes;
        self.pages.push_back(Shelved { head, rows, held });
    }

    /// Says whether all pages have numbers of these.
    #[must_use]
    pub fn is_within(&self, numbers: &Range<u64>) -> bool {
        let first = self.first().is_none_or(|first| numbers.contains(&first));
        first && self.last().is_none_or(|last| numbers.contains(&last))
    }

    /// Keeps the pages with these numbers alone; says whether there were others.
    pub fn keep(&mut self, numbers: &Range<u64>) -> bool {
        let before = self.pages.len();
        while self.first().is_some_and(|first| first < numbers.start) {
            self.drop_first();
        }
        while self.last().is_some_and(|last| last >= numbers.end) {
            if let Some(page) = self.pages.pop_back() {
                self.forget(&page);
            }
        }
        self.pages.len() != before
    }

    /// Drops the oldest pages beyond so many rows and bytes; says whether there were any.
    pub fn bound(&mut self, rows_max: usize, bytes_max: u64) -> bool {
        let before = self.pages.len();
        while self.rows > rows_max || self.size_bytes > bytes_max {
            self.drop_first();
        }
        self.pages.len() != before
    }

    fn drop_first(&mut self) {
        if let Some(page) = self.pages.pop_front() {
            self.forget(&page);
        }
    }

    fn forget(&mut self, page: &Shelved) {
        self.rows -= page.rows;
        self.size_bytes -= page.head.size_bytes;
    }

    /// Says whether the rows are counted for another width.
    #[must_use]
    pub fn is_of_other_width(&self, cols: u16) -> bool {
        self.cols != cols
    }

    /// Counts the rows for a width.
    pub fn fit(&mut self, cols: u16) {
        self.cols = cols;
        for page in &mut self.pages {
            page.rows = rows_at(&page.head, cols);
        }
        self.rows = self.pages.iter().map(|page| page.rows).sum();
    }

    /// Lets go of pages that are on disk: those up to a number.
    pub fn release(&mut self, to: u64) {
        let newest_first = self.pages.iter_mut().rev();
        let stored = newest_first.skip_while(|page| page.head.number > to);
        // What is before one that is on disk is there, too.
        for page in stored.take_while(|page| page.held.is_some()) {
            page.held = None;
        }
    }

    /// Returns how many rows there are at the present width.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Returns the memory that the shelf takes, in bytes: about a kilobyte for a page on disk.
    #[cfg(test)]
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        let of = |page: &Shelved| {
            let held = page.held.as_ref().map_or(0, |page| page.size_bytes());
            size_of::<Shelved>() + page.head.cells.len() * 2 + held
        };
        self.pages.iter().map(of).sum()
    }

    /// Says whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.pages.is_empty()
    }

    /// Returns the oldest logical line.
    #[must_use]
    pub fn first_line(&self) -> Option<LineId> {
        self.pages.front().map(|page| page.head.begin.line)
    }

    /// Returns the number of the oldest page.
    #[must_use]
    pub fn first(&self) -> Option<u64> {
        self.pages.front().map(|page| page.head.number)
    }

    /// Returns the number of the newest page.
    #[must_use]
    pub fn last(&self) -> Option<u64> {
        self.pages.back().map(|page| page.head.number)
    }

    /// Says whether a place of the text may be in a page.
    #[must_use]
    pub fn may_have(&self, at: LinePosition) -> bool {
        let has = |page: &Shelved| (page.head.lines.0..=page.head.lines.1).contains(&at.line);
        self.pages.iter().rev().any(has)
    }
}

/// Returns how many rows a page has at a width.
fn rows_at(head: &PageHead, cols: u16) -> usize {
    if cols == head.cols {
        return head.rows as usize;
    }
    let rows: u32 = head.cells.iter().map(|cells| rows_of(*cells, cols)).sum();
    rows as usize
}
