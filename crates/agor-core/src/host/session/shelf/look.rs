//! Looks into the pages of a shelf: rows around a place, a text, a shell's marks. What is wanted may
//! go on into the terminal's memory; that part was taken out when the question came.

use std::ops::Range;
use std::sync::Arc;

use agor_proto::ids::{LineId, LinePosition, SessionId};
use agor_proto::limits::{FIND_HITS_MAX, FIND_ROWS_MAX};
use agor_proto::message::{Part, PlacedMark};
use agor_proto::row::Row;
use agor_proto::screen::Placement;
use agor_term::HistoryPage;
use regex::Regex;

use super::Shelf;
use crate::host::session::answers::{self, Sides};
use crate::host::session::find::{self, begins};
use crate::host::session::marks;
use crate::storage::{Required, Store};

/// Pages of which it is looked up at once whether a text may be in them.
const FILTERS: u64 = 256;

/// Pages that are passed over for one question.
const PASSED_MAX: usize = 16 * FILTERS as usize;

/// Where the pages are.
pub trait Pages {
    /// Returns a page, if it is there and whole.
    fn page(&self, number: u64) -> Option<HistoryPage>;

    /// Returns those of these pages that cannot have what is required.
    fn without(&self, numbers: Range<u64>, required: &Required) -> Vec<u64>;
}

impl Pages for (&Store, SessionId) {
    fn page(&self, number: u64) -> Option<HistoryPage> {
        let (store, session) = *self;
        store.page(session, number).unwrap_or_else(|error| {
            tracing::error!(%session, number, %error, "a page of history cannot be read");
            None
        })
    }

    fn without(&self, numbers: Range<u64>, required: &Required) -> Vec<u64> {
        let (store, session) = *self;
        let filters = store.page_filters(session, numbers).unwrap_or_default();
        let without = filters.into_iter().filter(|(_, it)| !it.may_have(required));
        without.map(|(number, _)| number).collect()
    }
}

/// A question about the rows of a session, some of which are on the shelf.
#[derive(Debug)]
pub struct Look {
    /// The shelf, as it was when the question came.
    pub shelf: Arc<Shelf>,
    /// The question.
    pub question: Question,
}

/// What is looked for.
#[derive(Debug)]
pub enum Question {
    /// Rows around a place.
    Window {
        /// Which.
        at: Within,
        /// How many before it and how many in all.
        before: u32,
        /// See `before`.
        count: u32,
        /// How many rows there are, those in memory included.
        total: usize,
        /// As many of those in memory as may be wanted.
        below: Vec<Row>,
        /// The images on these.
        placements: Vec<Placement>,
    },
    /// A text.
    Find {
        /// Which.
        regex: Regex,
        /// What is in a page that has it.
        required: Required,
        /// Where to begin: nothing is at the first or behind the last row that left.
        from: Option<Within>,
        /// Whether to find what is there or later, in order.
        forwards: bool,
        /// How many hits.
        count: u32,
        /// Bytes of text that are told with each.
        excerpt: u32,
        /// Where the rows in memory begin.
        memory: Option<LinePosition>,
    },
    /// Marks of a shell.
    Marks {
        /// As those of a text.
        from: Option<Within>,
        /// See `from`.
        forwards: bool,
        /// See `from`.
        count: u32,
        /// See `from`.
        memory: Option<LinePosition>,
    },
}

/// A row, by its number from the oldest or by a place in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Within {
    /// Its number.
    Row(usize),
    /// A place.
    Place(LinePosition),
}

impl Look {
    /// Returns the answer. Blocks.
    #[must_use]
    pub fn answer(self, pages: &dyn Pages) -> Part {
        let looking = Looking {
            shelf: &self.shelf,
            pages,
        };
        match self.question {
            Question::Window {
                at,
                before,
                count,
                total,
                below,
                placements,
            } => looking.window(at, before, count, total, (below, placements)),
            Question::Find {
                regex,
                required,
                from,
                forwards,
                count,
                excerpt,
                memory,
            } => {
                let mut search = Search {
                    looking,
                    regex: &regex,
                    required: &required,
                    from: looking.place_of(from),
                    passed: (0..0, Vec::new()),
                    hits: find::Hits::room(count, excerpt),
                };
                let goes_on = match forwards {
                    true => search.forwards(memory),
                    false => search.backwards(),
                };
                search.hits.into_part(goes_on)
            }
            Question::Marks {
                from,
                forwards,
                count,
                memory,
            } => looking.marks(looking.place_of(from), forwards, count, memory),
        }
    }
}

impl Shelf {
    /// Returns the rows of the next page from the page `at` on that has rows of the logical line
    /// `from` or later ones, and the page after it. Blocks.
    pub fn rows_of_page(
        &self,
        at: usize,
        from: LineId,
        pages: &dyn Pages,
    ) -> (Vec<Row>, Option<usize>) {
        let looking = Looking { shelf: self, pages };
        let has = |at: &usize| self.pages[*at].head.lines.1 >= from;
        let Some(at) = (at..looking.len()).find(has) else {
            return (Vec::new(), None);
        };
        let mut rows = looking.rows(at);
        let older = rows.iter().take_while(|row| row.line < from).count();
        rows.drain(..older);
        (rows, Some(at + 1))
    }
}

/// A look that is under way.
#[derive(Clone, Copy)]
struct Looking<'a> {
    shelf: &'a Shelf,
    pages: &'a dyn Pages,
}

impl Looking<'_> {
    fn len(&self) -> usize {
        self.shelf.pages.len()
    }

    fn page(&self, at: usize) -> Option<Arc<HistoryPage>> {
        let page = self.shelf.pages.get(at)?;
        match &page.held {
            Some(held) => Some(held.clone()),
            None => self.pages.page(page.head.number).map(Arc::new),
        }
    }

    /// Returns a page's rows at the present width; of one that cannot be read, none.
    fn rows(&self, at: usize) -> Vec<Row> {
        let page = self.page(at);
        page.map_or_else(Vec::new, |page| page.rows(self.shelf.cols))
    }

    /// Returns how many rows are before a page.
    fn rows_before(&self, at: usize) -> usize {
        let before = self.shelf.pages.iter().take(at);
        before.map(|page| page.rows).sum()
    }

    /// Returns the page and the row of it that holds a place, or the first after it; the page after
    /// the last if that is in memory.
    fn row_of(&self, place: LinePosition) -> (usize, usize) {
        let has = |at: &usize| {
            let (lowest, highest) = self.shelf.pages[*at].head.lines;
            (lowest..=highest).contains(&place.line)
        };
        for at in (0..self.len()).rev().filter(has) {
            let holds = |row: &Row| row.line == place.line && row.start <= place.column;
            if let Some(row) = self.rows(at).iter().rposition(holds) {
                return (at, row);
            }
        }
        let after = |at: &usize| self.shelf.pages[*at].head.lines.1 >= place.line;
        for at in (0..self.len()).filter(after) {
            if let Some(row) = self.rows(at).iter().position(|row| begins(row) > place) {
                return (at, row);
            }
        }
        (self.len(), 0)
    }

    /// Returns the page and the row of it with a number from the oldest; the page after the last if
    /// that is in memory.
    fn numbered(&self, row: usize) -> (usize, usize) {
        let mut left = row;
        let page = self.shelf.pages.iter().position(|page| {
            let here = left < page.rows;
            left -= if here { 0 } else { page.rows };
            here
        });
        (page.unwrap_or(self.len()), left)
    }

    fn place_of(&self, from: Option<Within>) -> Option<LinePosition> {
        match from? {
            Within::Place(place) => Some(place),
            Within::Row(row) => {
                let (page, row) = self.numbered(row);
                let rows = self.rows(page);
                rows.get(row).or(rows.last()).map(begins)
            }
        }
    }

    fn window(
        &self,
        at: Within,
        before: u32,
        count: u32,
        total: usize,
        (memory, placements): (Vec<Row>, Vec<Placement>),
    ) -> Part {
        let (page, row) = match at {
            Within::Place(place) => self.row_of(place),
            Within::Row(row) => self.numbered(row),
        };
        let number = self.rows_before(page) + row;
        let sides = Sides::of(number, before.min(count), count, total);
        let in_memory = page == self.len();
        let here = if in_memory {
            Vec::new()
        } else {
            self.rows(page)
        };
        let (begin, rest) = match in_memory {
            true => (&memory[..row.min(memory.len())], &here[..]),
            false => here.split_at(row.min(here.len())),
        };
        // Before the row, until there are enough, the newest page first.
        let mut above = begin.to_vec();
        let mut next = page;
        while above.len() < sides.above && next > 0 {
            next -= 1;
            let mut rows = self.rows(next);
            rows.append(&mut above);
            above = rows;
        }
        above.drain(..above.len().saturating_sub(sides.above));
        let middle = above.len();
        let mut rows = above;
        rows.extend_from_slice(rest);
        let mut next = page + 1;
        while rows.len() < middle + sides.below && next < self.len() {
            rows.extend(self.rows(next));
            next += 1;
        }
        // Where the first row that is in memory stands among these, or would.
        let (down, skipped) = match in_memory {
            true => (middle as i32 - begin.len() as i32, begin.len()),
            false => (rows.len() as i32, 0),
        };
        if in_memory || next >= self.len() {
            rows.extend_from_slice(&memory[skipped..]);
        }
        rows.truncate(middle + sides.below);
        let placements = placements.into_iter().map(|mut placement| {
            placement.row += down;
            placement
        });
        let first = number.saturating_sub(middle);
        answers::fit_window(rows, placements.collect(), middle, first, total)
    }

    fn marks(
        &self,
        from: Option<LinePosition>,
        forwards: bool,
        count: u32,
        memory: Option<LinePosition>,
    ) -> Part {
        let count = FIND_HITS_MAX.min(count as usize).max(1);
        let last = self.len().saturating_sub(1);
        let first = match (from, forwards) {
            (Some(from), _) => self.row_of(from).0.min(last),
            (None, true) => 0,
            (None, false) => last,
        };
        let order: Vec<usize> = match forwards {
            true => (first..self.len()).collect(),
            false => (0..=first).rev().collect(),
        };
        let (mut found, mut looked_at) = (Vec::new(), 0);
        for at in order {
            if !self.shelf.pages[at].head.marks {
                continue;
            }
            if looked_at >= FIND_ROWS_MAX || found.len() >= count {
                let goes_on = match forwards {
                    true => Some(self.shelf.pages[at].head.begin),
                    false => self.shelf.pages.get(at + 1).map(|page| page.head.begin),
                };
                return Part::Marks {
                    marks: found,
                    goes_on,
                };
            }
            let rows = self.rows(at);
            looked_at += rows.len();
            let numbered = (self.rows_before(at)..).zip(&rows);
            let mut more: Vec<PlacedMark> = numbered.flat_map(marks::on_row).collect();
            if !forwards {
                more.reverse();
            }
            more.retain(|mark| match (from, forwards) {
                (Some(from), true) => mark.at >= from,
                (Some(from), false) => mark.at < from,
                (None, _) => true,
            });
            if let Some(cut) = marks::cut(&more, count - found.len(), found.is_empty()) {
                found.extend(more[..cut].iter().copied());
                let goes_on = match forwards {
                    true => more.get(cut).map(|mark| mark.at),
                    // Going on there finds what comes before it.
                    false => found.last().map(|mark| mark.at),
                };
                return Part::Marks {
                    marks: found,
                    goes_on,
                };
            }
            found.extend(more);
        }
        Part::Marks {
            marks: found,
            goes_on: memory.filter(|_| forwards),
        }
    }
}

/// A search that is under way.
struct Search<'a> {
    looking: Looking<'a>,
    regex: &'a Regex,
    required: &'a Required,
    from: Option<LinePosition>,
    /// Pages whose filters were read, and those of them that are passed over.
    passed: (Range<u64>, Vec<u64>),
    hits: find::Hits,
}

impl Search<'_> {
    fn begin_of(&self, at: usize) -> Option<LinePosition> {
        let page = self.looking.shelf.pages.get(at)?;
        Some(page.head.begin)
    }

    /// Says whether a page cannot have the text; `near` are the numbers that are asked next.
    fn is_without(&mut self, at: usize, near: impl Fn(u64) -> Range<u64>) -> bool {
        let page = &self.looking.shelf.pages[at];
        if self.required.is_empty() || page.held.is_some() {
            return false;
        }
        let number = page.head.number;
        if !self.passed.0.contains(&number) {
            let numbers = near(number);
            let without = self.looking.pages.without(numbers.clone(), self.required);
            self.passed = (numbers, without);
        }
        self.passed.1.binary_search(&number).is_ok()
    }

    /// Returns the rows of a page if the text is in it, or it goes by rows.
    fn rows(&self, at: usize) -> Option<Vec<Row>> {
        let page = self.looking.page(at)?;
        let mut found = false;
        page.look_at_lines(|line| {
            found = self.regex.is_match(line);
            found
        });
        found.then(|| page.rows(self.looking.shelf.cols))
    }

    /// Looks back from the place; returns where to go on.
    fn backwards(&mut self) -> Option<LinePosition> {
        let len = self.looking.len();
        let (first, row) = match self.from {
            Some(from) => self.looking.row_of(from),
            None => (len, 0),
        };
        let (mut looked_at, mut passed) = (0, 0);
        // What is before all of a page is in those before it, but for the end of the place's line.
        for at in (0..=first.min(len.saturating_sub(1))).rev() {
            if looked_at >= FIND_ROWS_MAX || passed >= PASSED_MAX {
                return self.begin_of(at + 1);
            }
            if self.is_without(at, |number| {
                (number + 1).saturating_sub(FILTERS)..number + 1
            }) {
                passed += 1;
                continue;
            }
            looked_at += self.looking.shelf.pages[at].rows;
            let Some(mut rows) = self.rows(at) else {
                continue;
            };
            if at == first {
                let line = self.from.map(|from| from.line);
                let here = rows.get(row).map(|row| row.line);
                let end = match here == line {
                    true => rows[row..].iter().position(|row| !row.wraps()),
                    false => None,
                };
                rows.truncate(end.map_or(row, |end| row + end + 1));
            }
            let begin = self.looking.rows_before(at);
            for line in find::lines(&rows).into_iter().rev() {
                let (text, hits) = find::hits_in(self.regex, begin + line.start, &rows[line]);
                for (hit, bytes) in hits.into_iter().rev() {
                    if find::is_after(self.from, hit.start) {
                        continue;
                    }
                    if self.hits.are_enough() {
                        return self.hits.last();
                    }
                    self.hits.take(hit, &text, bytes);
                }
            }
        }
        None
    }

    /// Looks from the place on; returns where to go on.
    fn forwards(&mut self, memory: Option<LinePosition>) -> Option<LinePosition> {
        let (first, row) = match self.from {
            Some(from) => self.looking.row_of(from),
            None => (0, 0),
        };
        let (mut looked_at, mut passed) = (0, 0);
        for at in first..self.looking.len() {
            if looked_at >= FIND_ROWS_MAX || passed >= PASSED_MAX {
                return self.begin_of(at);
            }
            if self.is_without(at, |number| number..number + FILTERS) {
                passed += 1;
                continue;
            }
            looked_at += self.looking.shelf.pages[at].rows;
            let Some(rows) = self.rows(at) else {
                continue;
            };
            let begin = self.looking.rows_before(at);
            for line in find::lines(&rows) {
                // The line of the place is looked at from its beginning.
                if at == first && line.end <= row {
                    continue;
                }
                let (text, hits) = find::hits_in(self.regex, begin + line.start, &rows[line]);
                for (hit, bytes) in hits {
                    if find::is_before(self.from, hit.start) {
                        continue;
                    }
                    if self.hits.are_enough() {
                        return Some(hit.start);
                    }
                    self.hits.take(hit, &text, bytes);
                }
            }
        }
        memory
    }
}
