//! Encodes rows into the newest page.

use std::collections::HashMap;
use std::num::NonZeroU8;
use std::sync::Arc;

use agor_proto::ids::LineId;
use agor_proto::row::{Link, Mark, MarkKind, Shape, Style};

use super::{
    END, END_CODE, END_TOOK, HAS_MARKS, HAS_RUNS, HAS_SHAPES, HAS_START, Page, TextSink, WRAPS,
    push_text,
};
use crate::cell::Cell;
use crate::hash::FoldState;
use crate::history::RowHead;
use crate::tables::Tables;

/// The text of a row in UTF-8. It has room for the longest characters before the first comes, and
/// is enlarged only where clusters take more.
#[derive(Debug, Default)]
struct Scratch {
    bytes: Vec<u8>,
    len: usize,
}

impl Scratch {
    fn begin(&mut self, cells: usize) {
        self.len = 0;
        self.have(4 * cells);
    }

    fn have(&mut self, bytes: usize) {
        if self.bytes.len() < bytes {
            self.bytes.resize(bytes, 0);
        }
    }

    fn written(&self) -> &[u8] {
        &self.bytes[..self.len]
    }
}

impl TextSink for Scratch {
    #[inline]
    fn put(&mut self, code: u32) {
        // There is room: it was made for all characters.
        let Some(room) = self.bytes[self.len..].first_chunk_mut::<4>() else {
            return;
        };
        let tail = |shift: u32| 0x80 | (code >> shift) as u8 & 0x3f;
        let len;
        (*room, len) = match code {
            0..0x80 => ([code as u8, 0, 0, 0], 1),
            0x80..0x800 => ([0xc0 | (code >> 6) as u8, tail(0), 0, 0], 2),
            0x800..0x1_0000 => ([0xe0 | (code >> 12) as u8, tail(6), tail(0), 0], 3),
            _ => ([0xf0 | (code >> 18) as u8, tail(12), tail(6), tail(0)], 4),
        };
        self.len += len;
    }

    #[inline]
    fn put_cluster(&mut self, text: &str, before: usize) {
        let end = self.len + text.len();
        self.have(end + 4 * before);
        self.bytes[self.len..end].copy_from_slice(text.as_bytes());
        self.len = end;
    }
}

/// The number of a style as it stands in a page.
#[derive(Debug, Clone, Copy)]
struct Encoded {
    /// After the number there are zeros.
    bytes: [u8; 3],
    len: NonZeroU8,
}

impl Encoded {
    fn new(number: u16) -> Self {
        let low = |shift: u16| (number >> shift) as u8 & 0x7f;
        match number {
            0..0x80 => Self {
                bytes: [low(0), 0, 0],
                len: const { NonZeroU8::new(1).expect("it is 1") },
            },
            0x80..0x4000 => Self {
                bytes: [low(0) | 0x80, low(7), 0],
                len: const { NonZeroU8::new(2).expect("it is 2") },
            },
            _ => Self {
                bytes: [low(0) | 0x80, low(7) | 0x80, low(14)],
                len: const { NonZeroU8::new(3).expect("it is 3") },
            },
        }
    }

    fn len(self) -> usize {
        self.len.get().into()
    }
}

/// Remembers which of the terminal's styles and links the newest page has.
#[derive(Debug, Default)]
pub(crate) struct PageWriter {
    generation: u32,
    /// By the terminal's number of a style: the page's number.
    numbers: Vec<Option<Encoded>>,
    known: HashMap<Style, u16, FoldState>,
    /// The same for links, where 0 is none.
    link_numbers: Vec<u16>,
    links: HashMap<Arc<Link>, u16, FoldState>,
    text: Scratch,
    runs: Vec<u8>,
    shapes: Vec<Shape>,
    /// The page as the last push left it: another page, or one that was cut, starts anew.
    expected: Option<(LineId, usize)>,
}

impl PageWriter {
    /// Forgets the page.
    pub fn forget(&mut self) {
        *self = Self::default();
    }

    fn attend(&mut self, page: &Page, tables: &Tables) {
        let same = self.expected == Some((page.base, page.bytes.len()));
        if same && self.generation == tables.generation() {
            return;
        }
        self.generation = tables.generation();
        self.numbers.clear();
        self.link_numbers.clear();
        if !same {
            let numbered = page.styles.iter().enumerate();
            self.known = numbered.map(|(at, style)| (*style, at as u16)).collect();
            let numbered = page.links.iter().enumerate();
            self.links = numbered
                .map(|(at, link)| (link.clone(), at as u16 + 1))
                .collect();
        }
    }

    /// Adds a row to `page`: the cells that its text is made of.
    pub fn push(&mut self, page: &mut Page, head: RowHead<'_>, cells: &[Cell], tables: &Tables) {
        if page.offsets.is_empty() {
            page.base = head.line;
        }
        page.note(head.line);
        self.attend(page, tables);
        // A row that wraps is kept as wide as it is: where its line goes on depends on it.
        let cells = match cells.iter().rposition(|cell| !cell.looks_empty()) {
            _ if head.wraps => cells,
            Some(last) => &cells[..=last],
            None => &[],
        };
        let all = cells.iter().fold(0, |all, cell| all | cell.0);

        let offset = page.bytes.len();
        page.offsets.push(offset as u32);
        let mut flags = if head.wraps { WRAPS } else { 0 };
        let delta = zigzag(head.line.0.wrapping_sub(page.base.0) as i64);
        if head.start == 0 && all < 0x80 {
            // `cells` ends with what is seen, or the row wraps and keeps its blanks.
            put_plain_head(&mut page.bytes, flags, delta, cells.len());
            page.bytes
                .extend(cells.iter().map(|cell| shown_byte(*cell)));
        } else {
            page.bytes.push(0);
            put(&mut page.bytes, delta);
            if head.start != 0 {
                flags |= HAS_START;
                put(&mut page.bytes, head.start.into());
            }
            if all & Cell::CONTENT < 0x80 {
                put_plain_text(&mut page.bytes, head.wraps, cells);
            } else if self.put_text(page, head.wraps, cells, tables) {
                flags |= HAS_SHAPES;
            }
            if all >> 32 != 0 {
                flags |= HAS_RUNS;
                self.put_runs(page, cells, tables);
            }
        }
        if !head.marks.is_empty() {
            flags |= HAS_MARKS;
            put_marks(&mut page.bytes, head.marks);
        }
        page.bytes[offset] = flags;
        page.cells_max = page.cells_max.max(cells.len() as u16);
        page.wrapped |= flags & (WRAPS | HAS_START) != 0;
        self.expected = Some((page.base, page.bytes.len()));
    }

    /// Adds a row that is a whole line of ASCII in the default style.
    #[inline]
    pub fn push_ascii(&mut self, page: &mut Page, line: LineId, text: &[u8], tables: &Tables) {
        if page.offsets.is_empty() {
            page.base = line;
        }
        page.note(line);
        self.attend(page, tables);
        let used = text
            .iter()
            .rposition(|byte| *byte != b' ')
            .map_or(0, |last| last + 1);
        page.offsets.push(page.bytes.len() as u32);
        let delta = zigzag(line.0.wrapping_sub(page.base.0) as i64);
        put_plain_head(&mut page.bytes, 0, delta, used);
        page.bytes.extend_from_slice(&text[..used]);
        page.cells_max = page.cells_max.max(used as u16);
        self.expected = Some((page.base, page.bytes.len()));
    }

    /// Returns whether shapes follow the text.
    fn put_text(&mut self, page: &mut Page, wraps: bool, cells: &[Cell], tables: &Tables) -> bool {
        self.shapes.clear();
        self.text.begin(cells.len());
        // One of its own: what a reference leads to is read and written anew for each character.
        let mut text = std::mem::take(&mut self.text);
        push_text(&mut text, &mut self.shapes, cells, wraps, tables);
        self.text = text;
        let text = self.text.written();
        put(&mut page.bytes, text.len() as u64);
        page.bytes.extend_from_slice(text);
        if self.shapes.is_empty() {
            return false;
        }
        put(&mut page.bytes, self.shapes.len() as u64);
        for shape in &self.shapes {
            put(&mut page.bytes, shape.cell.into());
            put(&mut page.bytes, shape.clusters.into());
            page.bytes.extend([shape.chars, shape.width]);
        }
        true
    }

    fn put_runs(&mut self, page: &mut Page, cells: &[Cell], tables: &Tables) {
        let linked = cells.iter().fold(0, |all, cell| all | cell.link()) != 0;
        if linked || cells.len() >= 0x80 {
            self.put_any_runs(page, cells, tables);
        } else {
            self.put_short_runs(page, cells, tables);
        }
        put(&mut page.bytes, 0);
    }

    /// Writes runs that have one byte for their length and no link. Where they end is as good as random, so
    /// there is no branch about it: each cell writes its run, over what the one before it wrote if that goes on.
    fn put_short_runs(&mut self, page: &mut Page, cells: &[Cell], tables: &Tables) {
        let mut bytes = std::mem::take(&mut self.runs);
        if bytes.len() < 8 * cells.len() {
            bytes.resize(8 * cells.len(), 0);
        }
        let (mut len, mut run) = (0, 0_u8);
        for (at, cell) in cells.iter().enumerate() {
            run += 1;
            let style = self.style_number(page, cell.style(), tables);
            let Some(room) = bytes[len..].first_chunk_mut::<8>() else {
                break;
            };
            let [first, second, third] = style.bytes;
            *room = [run, first, second, third, 0, 0, 0, 0];
            let ends = cells
                .get(at + 1)
                .is_none_or(|next| next.look() != cell.look());
            len += if ends { 2 + style.len() } else { 0 };
            run = if ends { 0 } else { run };
        }
        page.bytes.extend_from_slice(&bytes[..len]);
        self.runs = bytes;
    }

    fn put_any_runs(&mut self, page: &mut Page, cells: &[Cell], tables: &Tables) {
        for run in cells.chunk_by(|a, b| a.look() == b.look()) {
            let style = self.style_number(page, run[0].style(), tables);
            let link = self.link_number(page, run[0].link(), tables);
            put(&mut page.bytes, run.len() as u64);
            page.bytes.extend_from_slice(&style.bytes[..style.len()]);
            put(&mut page.bytes, link.into());
        }
    }

    #[inline]
    fn style_number(&mut self, page: &mut Page, number: u16, tables: &Tables) -> Encoded {
        match self.numbers.get(usize::from(number)) {
            Some(&Some(known)) => known,
            _ => self.add_style(page, number, tables),
        }
    }

    #[cold]
    fn add_style(&mut self, page: &mut Page, number: u16, tables: &Tables) -> Encoded {
        let index = usize::from(number);
        let style = *tables.style(number);
        let in_page = *self.known.entry(style).or_insert_with(|| {
            page.styles.push(style);
            (page.styles.len() - 1) as u16
        });
        if self.numbers.len() <= index {
            self.numbers.resize(index + 1, None);
        }
        let encoded = Encoded::new(in_page);
        self.numbers[index] = Some(encoded);
        encoded
    }

    fn link_number(&mut self, page: &mut Page, number: u16, tables: &Tables) -> u16 {
        if number == 0 {
            return 0;
        }
        let index = usize::from(number);
        if let Some(&known @ 1..) = self.link_numbers.get(index) {
            return known;
        }
        let link = tables.link(number);
        let in_page = *self.links.entry(link.clone()).or_insert_with(|| {
            page.links.push(link.clone());
            page.links.len() as u16
        });
        if self.link_numbers.len() <= index {
            self.link_numbers.resize(index + 1, 0);
        }
        self.link_numbers[index] = in_page;
        in_page
    }
}

/// Writes what comes before the text of a row that begins a line. Nearly all rows have small
/// numbers here; one write is much cheaper than three.
#[inline]
fn put_plain_head(bytes: &mut Vec<u8>, flags: u8, delta: u64, len: usize) {
    if delta < 0x4000 && len < 0x80 {
        bytes.extend_from_slice(&[flags, delta as u8 | 0x80, (delta >> 7) as u8, len as u8]);
    } else {
        bytes.push(flags);
        put(bytes, delta);
        put(bytes, len as u64);
    }
}

/// One byte a cell: what nearly all output is.
fn put_plain_text(bytes: &mut Vec<u8>, wraps: bool, cells: &[Cell]) {
    let used = match cells.iter().rposition(|cell| !cell.is_blank()) {
        _ if wraps => cells.len(),
        Some(last) => last + 1,
        None => 0,
    };
    put(bytes, used as u64);
    bytes.extend(cells[..used].iter().map(|cell| shown_byte(*cell)));
}

/// Returns what a cell of ASCII shows; an empty one shows a space.
fn shown_byte(cell: Cell) -> u8 {
    let byte = cell.0 as u8;
    byte | u8::from(byte == 0) << 5
}

fn zigzag(value: i64) -> u64 {
    (value << 1 ^ value >> 63) as u64
}

fn put(bytes: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
}

fn put_marks(bytes: &mut Vec<u8>, marks: &[Mark]) {
    put(bytes, marks.len() as u64);
    for mark in marks {
        put(bytes, mark.cell.into());
        match mark.kind {
            MarkKind::Prompt => bytes.push(0),
            MarkKind::Input => bytes.push(1),
            MarkKind::Output => bytes.push(2),
            MarkKind::End { code, took_millis } => {
                let has_code = if code.is_some() { END_CODE } else { 0 };
                let took = if took_millis.is_some() { END_TOOK } else { 0 };
                bytes.push(if has_code | took == 0 {
                    END
                } else {
                    has_code | took
                });
                bytes.extend(code.iter().flat_map(|code| code.to_le_bytes()));
                if let Some(millis) = took_millis {
                    // Seven weeks are enough.
                    put(bytes, millis.min(u32::MAX.into()));
                }
            }
        }
    }
}
