//! Reads rows of a page. A damaged page gives wrong rows, never a panic.

use std::borrow::Cow;

use agor_proto::ids::{LineId, LinePosition};
use agor_proto::row::{Mark, MarkKind, Row, RowFlags, Run, Shape, Style};

use super::{
    END_CODE, END_TOOK, HAS_MARKS, HAS_RUNS, HAS_SHAPES, HAS_START, LocalLinks, Page, WRAPS,
    trim_runs,
};

/// A place in a page.
pub(super) struct Reader<'a> {
    page: &'a Page,
    at: usize,
}

impl<'a> Reader<'a> {
    /// Returns a reader of the row that begins at `at`.
    pub fn new(page: &'a Page, at: usize) -> Self {
        Self { page, at }
    }

    fn byte(&mut self) -> u8 {
        let byte = self.page.bytes.get(self.at).copied().unwrap_or(0);
        self.at += 1;
        byte
    }

    fn long(&mut self) -> u64 {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte();
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                break;
            }
        }
        value
    }

    fn number(&mut self) -> u32 {
        self.long() as u32
    }

    /// Returns how many entries follow; never more than there are bytes.
    fn count(&mut self) -> u32 {
        self.number().min(self.page.bytes.len() as u32)
    }

    /// Returns the byte that says what the row has.
    fn flags(&mut self) -> u8 {
        self.byte()
    }

    /// Returns the logical line, which follows the flags.
    fn line(&mut self) -> LineId {
        let delta = self.long();
        let delta = (delta >> 1) as i64 ^ -((delta & 1) as i64);
        LineId(self.page.base.0.wrapping_add(delta as u64))
    }

    /// Returns the place of the text at which the row begins.
    pub fn position(&mut self) -> LinePosition {
        let flags = self.flags();
        let line = self.line();
        let column = match flags & HAS_START {
            0 => 0,
            _ => self.number(),
        };
        LinePosition { line, column }
    }

    /// Returns the row's text.
    pub fn text(&mut self) -> Cow<'a, str> {
        self.position();
        let len = self.number() as usize;
        String::from_utf8_lossy(self.bytes(len))
    }

    /// Returns how many cells the row's text has, and whether its line goes on.
    pub fn width(&mut self) -> (u32, bool) {
        let flags = self.page.bytes.get(self.at).copied().unwrap_or(0);
        let text = self.text();
        let mut cells = match text.is_ascii() {
            true => text.len() as u32,
            false => text.chars().count() as u32,
        };
        if flags & HAS_SHAPES != 0 {
            self.at += text.len();
            for shape in self.shapes() {
                let clusters = u32::from(shape.clusters);
                cells = cells.saturating_add(clusters * u32::from(shape.width));
                cells = cells.saturating_sub(clusters * u32::from(shape.chars));
            }
        }
        (cells, flags & WRAPS != 0)
    }

    fn bytes(&self, len: usize) -> &'a [u8] {
        let bytes = self.page.bytes.get(self.at..self.at.saturating_add(len));
        bytes.unwrap_or_default()
    }

    fn shapes(&mut self) -> Vec<Shape> {
        let shapes = (0..self.count()).map(|_| Shape {
            cell: self.number() as u16,
            clusters: self.number() as u16,
            chars: self.byte(),
            width: self.byte(),
        });
        shapes.collect()
    }

    /// Returns the whole row.
    pub fn row(&mut self) -> Row {
        let flags = self.flags();
        let mut row = Row {
            line: self.line(),
            ..Row::default()
        };
        if flags & WRAPS != 0 {
            row.flags.insert(RowFlags::WRAPS);
        }
        if flags & HAS_START != 0 {
            row.start = self.number();
        }
        let len = self.number() as usize;
        let text = self.bytes(len);
        row.text = String::from_utf8_lossy(text).into_owned();
        self.at += text.len();
        if flags & HAS_SHAPES != 0 {
            row.shapes = self.shapes();
        }
        if flags & HAS_RUNS != 0 {
            self.read_runs(&mut row);
        }
        if flags & HAS_MARKS != 0 {
            row.marks = (0..self.count()).map(|_| self.mark()).collect();
        }
        row
    }

    fn read_runs(&mut self, row: &mut Row) {
        let mut local = LocalLinks::default();
        loop {
            let cells = self.number() as u16;
            if cells == 0 {
                break;
            }
            let style = self
                .page
                .styles
                .get(self.number() as usize)
                .copied()
                .unwrap_or_default();
            let number = self.number();
            let link = match self.page.links.get((number as usize).wrapping_sub(1)) {
                Some(link) => local.number(row, number, link),
                None => 0,
            };
            row.runs.push(Run {
                cells,
                style: Style { link, ..style },
            });
        }
        trim_runs(row);
    }

    fn mark(&mut self) -> Mark {
        let cell = self.number() as u16;
        let kind = match self.byte() {
            0 => MarkKind::Prompt,
            1 => MarkKind::Input,
            2 => MarkKind::Output,
            end => {
                let code = (end & END_CODE != 0).then(|| {
                    i32::from_le_bytes([self.byte(), self.byte(), self.byte(), self.byte()])
                });
                let took_millis = (end & END_TOOK != 0).then(|| self.number().into());
                MarkKind::End { code, took_millis }
            }
        };
        Mark { cell, kind }
    }
}
