//! A page of rows: for each row a head, its text in UTF-8, and, only where there are any, the
//! shapes of its clusters, its styles, and its marks.

mod reader;
mod writer;

use std::borrow::Cow;
use std::sync::Arc;

use agor_proto::ids::{LineId, LinePosition};
use agor_proto::limits;
use agor_proto::row::{Attrs, Color, Link, Row, Shape, Style};
use serde::{Deserialize, Serialize};

use crate::cell::{Cell, Content};
use crate::tables::Tables;
use reader::Reader;
pub(crate) use writer::PageWriter;

const PAGE_ROWS: usize = 512;
const PAGE_BYTES: usize = 64 * 1024;
/// How many times as large a page may be so that a line stays whole.
const LINE_PAGES_MAX: usize = 4;

const WRAPS: u8 = 1;
const HAS_START: u8 = 1 << 1;
const HAS_RUNS: u8 = 1 << 2;
const HAS_SHAPES: u8 = 1 << 3;
const HAS_MARKS: u8 = 1 << 4;

/// The end of a command without anything more; else what is told of it.
const END: u8 = 3;
const END_CODE: u8 = 1 << 2;
const END_TOOK: u8 = 1 << 3;

/// Some rows that were pushed one after the other.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Page {
    #[serde(with = "crate::checkpoint::byte_string")]
    bytes: Vec<u8>,
    /// Where each row begins.
    offsets: Vec<u32>,
    base: LineId,
    #[serde(with = "crate::checkpoint::style_list")]
    styles: Vec<Style>,
    #[serde(with = "crate::checkpoint::link_list")]
    links: Vec<Arc<Link>>,
    /// The widest row.
    cells_max: u16,
    /// Whether a row is a part of a logical line of several.
    wrapped: bool,
    /// How many rows there were in the pages before it, since the first of all.
    #[serde(skip)]
    pub first: usize,
    /// Its lowest and highest line, and perhaps lines that were taken out again.
    #[serde(skip)]
    pub lines: (LineId, LineId),
}

impl Page {
    /// Returns how many rows it has.
    pub fn len(&self) -> usize {
        self.offsets.len()
    }

    /// Says whether the next row belongs to a new page. A line stays in one page, unless it fills
    /// several.
    pub fn is_full(&self) -> bool {
        let beyond = |times: usize| {
            self.offsets.len() >= times * PAGE_ROWS
                || self.bytes.len() >= times * PAGE_BYTES
                || self.styles.len() >= times * (PAGE_BYTES / 16)
        };
        beyond(1) && (!self.ends_open() || beyond(LINE_PAGES_MAX))
    }

    /// Says whether the line of the last row goes on after it.
    fn ends_open(&self) -> bool {
        let offset = self.offsets.last();
        let flags = offset.and_then(|offset| self.bytes.get(*offset as usize));
        flags.is_some_and(|flags| flags & WRAPS != 0)
    }

    /// Returns its memory.
    pub fn bytes(&self) -> usize {
        let links: usize = self
            .links
            .iter()
            .map(|link| link.uri.len() + link.id.len() + 64)
            .sum();
        size_of::<Self>()
            + self.bytes.len()
            + self.offsets.len() * 4
            + self.styles.len() * size_of::<Style>()
            + links
    }

    /// Gives back room for rows that will not come.
    pub fn shrink(&mut self) {
        self.bytes.shrink_to_fit();
        self.offsets.shrink_to_fit();
        self.styles.shrink_to_fit();
        self.links.shrink_to_fit();
    }

    /// Says whether its rows are the same at a width of `cols`.
    pub fn fits(&self, cols: u16) -> bool {
        !self.wrapped && self.cells_max <= cols
    }

    /// Returns the logical line of a row.
    pub fn line_at(&self, at: usize) -> Option<LineId> {
        self.position(at).map(|position| position.line)
    }

    /// Returns the place of the text at which a row begins.
    pub fn position(&self, at: usize) -> Option<LinePosition> {
        let offset = *self.offsets.get(at)? as usize;
        Some(Reader::new(self, offset).position())
    }

    /// Returns the row that holds a place of the text, of those from `skipped` on.
    pub fn find(&self, skipped: usize, at: LinePosition) -> Option<usize> {
        let (lowest, highest) = self.lines;
        if at.line < lowest || at.line > highest {
            return None;
        }
        let holds = |row: &usize| {
            let begins = self.position(*row);
            begins.is_some_and(|begins| begins.line == at.line && begins <= at)
        };
        (skipped..self.len()).rev().find(holds)
    }

    /// Notes that a row of `line` comes next.
    #[inline]
    fn note(&mut self, line: LineId) {
        let (lowest, highest) = self.lines;
        self.lines = if self.offsets.is_empty() {
            (line, line)
        } else {
            (lowest.min(line), highest.max(line))
        };
    }

    /// Finds out anew which lines it has, after it was read from bytes.
    pub fn index(&mut self) {
        let lines = (0..self.len()).filter_map(|at| self.line_at(at));
        let range = lines.fold(None, |range, line| match range {
            None => Some((line, line)),
            Some((lowest, highest)) => Some((line.min(lowest), line.max(highest))),
        });
        self.lines = range.unwrap_or_default();
    }

    /// Returns a row; an empty one if there is none.
    pub fn row(&self, at: usize) -> Row {
        match self.offsets.get(at) {
            Some(&offset) => Reader::new(self, offset as usize).row(),
            None => Row::default(),
        }
    }

    /// Returns how many cells a row's text has, and whether its line goes on.
    pub fn width(&self, at: usize) -> (u32, bool) {
        match self.offsets.get(at) {
            Some(&offset) => Reader::new(self, offset as usize).width(),
            None => (0, false),
        }
    }

    /// Returns a row's text.
    pub fn text(&self, at: usize) -> Cow<'_, str> {
        match self.offsets.get(at) {
            Some(&offset) => Reader::new(self, offset as usize).text(),
            None => Cow::Borrowed(""),
        }
    }

    /// Returns a row's text, and whether its line goes on in the next row.
    pub fn part_of_line(&self, at: usize) -> (Cow<'_, str>, bool) {
        let wraps = |offset: &u32| {
            let flags = self.bytes.get(*offset as usize);
            flags.is_some_and(|flags| flags & WRAPS != 0)
        };
        (self.text(at), self.offsets.get(at).is_some_and(wraps))
    }

    /// Says whether any row has marks.
    pub fn has_marks(&self) -> bool {
        let flags = self.offsets.iter().map(|at| self.bytes.get(*at as usize));
        flags.flatten().any(|flags| flags & HAS_MARKS != 0)
    }

    /// Removes the last row and returns it.
    pub fn pop(&mut self) -> Option<Row> {
        let row = self.row(self.len().checked_sub(1)?);
        let offset = self.offsets.pop()?;
        self.bytes.truncate(offset as usize);
        Some(row)
    }

    /// Says that the last row's logical line ends with it.
    pub fn end_last_line(&mut self) {
        if let Some(&offset) = self.offsets.last()
            && let Some(flags) = self.bytes.get_mut(offset as usize)
        {
            *flags &= !WRAPS;
        }
    }
}

/// What takes the text of cells.
pub(crate) trait TextSink {
    /// Takes a character, by its code.
    fn put(&mut self, code: u32);
    /// Takes a cluster, before at most so many characters.
    fn put_cluster(&mut self, text: &str, before: usize);
}

impl TextSink for String {
    fn put(&mut self, code: u32) {
        self.push(char::from_u32(code).unwrap_or(' '));
    }

    fn put_cluster(&mut self, text: &str, _: usize) {
        self.push_str(text);
    }
}

/// Appends what `cells` show, and where that is not one character for each cell. Blanks at the end
/// are left out unless the row wraps. Inlined, so that a sink that is a local variable is not in memory.
#[inline(always)]
pub(crate) fn push_text(
    text: &mut impl TextSink,
    shapes: &mut Vec<Shape>,
    cells: &[Cell],
    wraps: bool,
    tables: &Tables,
) {
    let shows = |cell: &Cell| !cell.is_blank() && !cell.is_spacer();
    let used = match cells.iter().rposition(shows) {
        _ if wraps => cells.len(),
        Some(last) => last + 1,
        None => 0,
    };
    // The shape that may go on; it is written when it ends.
    let mut open = Shape {
        cell: 0,
        clusters: 0,
        chars: 0,
        width: 0,
    };
    for (at, cell) in cells[..used].iter().enumerate() {
        if cell.is_spacer() {
            continue;
        }
        let chars = if let Content::Cluster(number) = cell.content() {
            let cluster = tables.cluster(number);
            text.put_cluster(cluster, used - at);
            cluster.chars().count() as u8
        } else {
            text.put(cell.code());
            1
        };
        let width = 1 + u8::from(cell.is_wide());
        if (chars, width) == (1, 1) {
            continue;
        }
        let cell = at as u16;
        let end = open.cell + open.clusters * u16::from(open.width);
        if (open.chars, open.width, end) == (chars, width, cell) {
            open.clusters += 1;
            continue;
        }
        if open.clusters > 0 {
            shapes.push(open);
        }
        open = Shape {
            cell,
            clusters: 1,
            chars,
            width,
        };
    }
    if open.clusters > 0 {
        shapes.push(open);
    }
}

/// Drops runs at the end that look like nothing.
pub(crate) fn trim_runs(row: &mut Row) {
    while row
        .runs
        .last()
        .is_some_and(|run| run.style == Style::default())
    {
        row.runs.pop();
    }
}

/// Gives the links of one row their numbers in it.
#[derive(Default)]
pub(crate) struct LocalLinks {
    known: Vec<u32>,
    bytes: usize,
}

impl LocalLinks {
    /// Returns the number in `row` of the link with `number` elsewhere, adding it if it is new.
    pub fn number(&mut self, row: &mut Row, number: u32, link: &Link) -> u16 {
        if let Some(at) = self.known.iter().position(|known| *known == number) {
            return at as u16 + 1;
        }
        self.bytes += link.uri.len() + link.id.len();
        if self.bytes > limits::ROW_LINK_BYTES_MAX {
            return 0;
        }
        self.known.push(number);
        row.links.push(link.clone());
        row.links.len() as u16
    }
}

/// Returns a style as the numbers that a checkpoint holds.
pub(crate) fn style_numbers(style: &Style) -> (u32, u32, u16, u32) {
    (
        style.fg.to_bits(),
        style.bg.to_bits(),
        style.attrs.0,
        style.underline_color.to_bits(),
    )
}

/// Returns the style that the numbers stand for.
pub(crate) fn style_from_numbers((fg, bg, attrs, underline): (u32, u32, u16, u32)) -> Style {
    Style {
        fg: Color::from_bits(fg),
        bg: Color::from_bits(bg),
        attrs: Attrs(attrs),
        underline_color: Color::from_bits(underline),
        link: 0,
    }
}
