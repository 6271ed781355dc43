//! Looks for a text in history and screen, so many rows at a time that a session's other clients do
//! not notice.

mod excerpt;
mod whole;

use std::ops::Range;

use agor_proto::ids::{LineId, LinePosition};
use agor_proto::limits::{FIND_HITS_MAX, FIND_ROWS_MAX};
use agor_proto::message::{Excerpt, Hit, Part, WindowAt};
use agor_proto::row::Row;
use agor_term::Terminal;
use regex::Regex;
use whole::{Borders, whole_hits};

/// Rows that are read at once. A hit in a line of more rows is found if it is within so many.
const STEP: usize = 512;

/// Where to look, and for how many hits.
#[derive(Debug, Clone, Copy)]
pub struct Wanted {
    pub from: WindowAt,
    pub forwards: bool,
    pub count: u32,
    /// Bytes of text that are told with each.
    pub excerpt: u32,
}

/// What was found, with the text around each hit if that is wanted.
#[derive(Debug)]
pub struct Hits {
    count: usize,
    excerpt: u32,
    hits: Vec<Hit>,
    excerpts: Vec<Excerpt>,
}

impl Hits {
    /// Returns room for as many hits as are wanted and may be told.
    pub fn room(count: u32, excerpt: u32) -> Self {
        Self {
            count: FIND_HITS_MAX.min(count as usize).max(1),
            excerpt,
            hits: Vec::new(),
            excerpts: Vec::new(),
        }
    }

    /// Says whether there is room for no more.
    pub fn are_enough(&self) -> bool {
        self.hits.len() >= self.count
    }

    /// Takes a hit, which stands at these bytes of its line.
    pub fn take(&mut self, hit: Hit, line: &str, bytes: Range<usize>) {
        self.hits.push(hit);
        if self.excerpt > 0 {
            let excerpt = excerpt::excerpt(line, bytes, self.excerpt);
            self.excerpts.push(excerpt);
        }
    }

    /// Returns where the last begins.
    pub fn last(&self) -> Option<LinePosition> {
        self.hits.last().map(|hit| hit.start)
    }

    /// Returns them as an answer.
    pub fn into_part(self, goes_on: Option<LinePosition>) -> Part {
        Part::Found {
            hits: self.hits,
            goes_on,
            excerpts: self.excerpts,
        }
    }
}

/// Returns the hits.
pub fn find(terminal: &Terminal, regex: &Regex, wanted: Wanted) -> Part {
    let total = terminal.rows_len();
    let (row, from) = match wanted.from {
        WindowAt::End { rows_back } => {
            let row = total.saturating_sub(rows_back as usize);
            (row, terminal.rows_from(row, 1).first().map(begins))
        }
        WindowAt::Line(place) => (terminal.row_of(place), Some(place)),
    };
    let mut search = Search {
        terminal,
        regex,
        from,
        hits: Hits::room(wanted.count, wanted.excerpt),
        looked_at: 0,
    };
    let goes_on = if wanted.forwards {
        search.forwards(row)
    } else {
        search.backwards(row)
    };
    search.hits.into_part(goes_on)
}

/// Returns the place of a row.
pub fn begins(row: &Row) -> LinePosition {
    LinePosition {
        line: row.line,
        column: row.start,
    }
}

struct Search<'a> {
    terminal: &'a Terminal,
    regex: &'a Regex,
    /// Where the hits begin or end, if not at the end of everything.
    from: Option<LinePosition>,
    hits: Hits,
    looked_at: usize,
}

impl Search<'_> {
    /// Looks from the row on that holds the place; returns where to go on.
    fn forwards(&mut self, row: usize) -> Option<LinePosition> {
        let mut at = self.line_begin(row);
        loop {
            let mut rows = self.terminal.rows_from(at, STEP);
            // A line whose end was not read is looked at with what follows.
            if at + rows.len() < self.terminal.rows_len()
                && let Some(last) = rows.iter().rposition(|row| !row.wraps())
            {
                rows.truncate(last + 1);
            }
            for line in lines(&rows) {
                let (text, hits) = hits_in(self.regex, at + line.start, &rows[line]);
                for (hit, bytes) in hits {
                    if is_before(self.from, hit.start) {
                        continue;
                    }
                    if self.hits.are_enough() {
                        return Some(hit.start);
                    }
                    self.hits.take(hit, &text, bytes);
                }
            }
            at += rows.len();
            self.looked_at += rows.len();
            if rows.is_empty() || self.looked_at >= FIND_ROWS_MAX {
                return self.terminal.rows_from(at, 1).first().map(begins);
            }
        }
    }

    /// Looks back from the row that holds the place; returns where to go on.
    fn backwards(&mut self, row: usize) -> Option<LinePosition> {
        let mut end = self.line_end(row);
        loop {
            let oldest = self.terminal.first_row();
            let first = end.saturating_sub(STEP).max(oldest);
            let mut rows = self.terminal.rows_from(first, end - first);
            // A line whose beginning was not read is looked at with what comes before it.
            let whole = rows.iter().position(|row| row.start == 0);
            let cut = whole.filter(|_| first > oldest).unwrap_or(0);
            rows.drain(..cut);
            for line in lines(&rows).into_iter().rev() {
                let begin = end - rows.len() + line.start;
                let (text, hits) = hits_in(self.regex, begin, &rows[line]);
                for (hit, bytes) in hits.into_iter().rev() {
                    if is_after(self.from, hit.start) {
                        continue;
                    }
                    if self.hits.are_enough() {
                        return self.hits.last();
                    }
                    self.hits.take(hit, &text, bytes);
                }
            }
            end -= rows.len();
            self.looked_at += rows.len();
            if end == 0 || rows.is_empty() {
                return None;
            }
            if end == oldest {
                // What left is looked at elsewhere.
                return rows.first().map(begins);
            }
            if self.looked_at >= FIND_ROWS_MAX {
                return rows.first().map(begins);
            }
        }
    }

    /// Returns the row with which the line of a row begins, if that is near.
    fn line_begin(&self, row: usize) -> usize {
        let first = (row + 1).saturating_sub(STEP);
        let first = first.max(self.terminal.first_row());
        let rows = self.terminal.rows_from(first, row + 1 - first);
        let begin = rows.iter().rposition(|row| row.start == 0);
        begin.map_or(row, |begin| first + begin)
    }

    /// Returns the row after the line of the place, or the row of the place if that is gone: what
    /// was made after it is not before it.
    fn line_end(&self, row: usize) -> usize {
        let rows = self.terminal.rows_from(row, STEP);
        let here = rows.first().map(|row| row.line);
        if here.is_none() || here != self.from.map(|from| from.line) {
            return row;
        }
        let end = rows.iter().position(|row| !row.wraps());
        row + end.map_or(rows.len(), |end| end + 1)
    }
}

/// Says whether a hit begins before the place, on its line: other lines are where they belong.
pub fn is_before(from: Option<LinePosition>, start: LinePosition) -> bool {
    let from = from.filter(|from| from.line == start.line);
    from.is_some_and(|from| start.column < from.column)
}

/// Says whether a hit does not begin before the place, on its line.
pub fn is_after(from: Option<LinePosition>, start: LinePosition) -> bool {
    let from = from.filter(|from| from.line == start.line);
    from.is_some_and(|from| start.column >= from.column)
}

/// Returns the text of the rows of one line, of which the first is the row `begin`, and the hits in it, in order,
/// each with its bytes of the text.
pub fn hits_in(regex: &Regex, begin: usize, rows: &[Row]) -> (String, Vec<(Hit, Range<usize>)>) {
    let text: String = rows.iter().map(|row| row.text.as_str()).collect();
    let Some(line) = rows.first().map(|row| row.line) else {
        return (text, Vec::new());
    };
    let mut columns = Columns::new(rows);
    let found = whole_hits(regex, &text, &Borders::of(rows));
    let numbered = |mut hit: Hit| {
        let within = rows.iter().rposition(|row| row.start <= hit.start.column);
        hit.row = u32::try_from(begin + within.unwrap_or(0)).unwrap_or(u32::MAX);
        hit
    };
    let found = found.into_iter();
    let found = found.map(|bytes| (numbered(columns.hit(line, bytes.clone())), bytes));
    let hits = found.collect();
    (text, hits)
}

/// Returns which rows are one line, as far as they are there.
pub fn lines(rows: &[Row]) -> Vec<Range<usize>> {
    let mut lines = Vec::new();
    let mut begin = 0;
    for (at, row) in rows.iter().enumerate() {
        let goes_on = row.wraps() && rows.get(at + 1).is_some_and(|next| next.line == row.line);
        if !goes_on {
            lines.push(begin..at + 1);
            begin = at + 1;
        }
    }
    lines
}

/// The columns of a line's text, read from its beginning on as hits come.
struct Columns<'a> {
    clusters: Box<dyn Iterator<Item = (usize, u32, u32)> + 'a>,
    /// The cluster that is read: its length in bytes, its columns.
    now: Option<(usize, u32, u32)>,
    /// Where it begins in the text.
    offset: usize,
}

impl<'a> Columns<'a> {
    fn new(rows: &'a [Row]) -> Self {
        let mut clusters: Box<dyn Iterator<Item = _>> = Box::new(rows.iter().flat_map(|row| {
            row.clusters().map(|cluster| {
                let begin = row.start + u32::from(cluster.cell);
                (cluster.text.len(), begin, begin + u32::from(cluster.width))
            })
        }));
        let now = clusters.next();
        Self {
            clusters,
            now,
            offset: 0,
        }
    }

    /// Returns a hit by its bytes. Hits come in order; a cluster that is covered in part is covered.
    fn hit(&mut self, line: LineId, bytes: Range<usize>) -> Hit {
        let column = self.at(bytes.start).0;
        let end_column = self.at(bytes.end - 1).1;
        Hit {
            start: LinePosition { line, column },
            end_column,
            row: 0,
        }
    }

    fn at(&mut self, byte: usize) -> (u32, u32) {
        let mut last = (0, 0);
        while let Some((len, begin, end)) = self.now {
            last = (begin, end);
            if byte < self.offset + len {
                break;
            }
            self.offset += len;
            self.now = self.clusters.next();
        }
        last
    }
}

#[cfg(test)]
mod tests;
