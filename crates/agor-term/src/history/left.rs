//! Pages that left a terminal: what whoever keeps them can do with one. A page is wrapped for the
//! width at which it left; at another it is wrapped when it is shown.

use std::borrow::Cow;
use std::sync::Arc;

use agor_proto::ids::{LineId, LinePosition};
use agor_proto::row::Row;
use serde::{Deserialize, Serialize};

use super::page::Page;
use crate::reflow;

const MAGIC: &[u8; 4] = b"AGHP";
const VERSION: u16 = 1;

/// Why bytes are not a page of history.
#[derive(Debug, thiserror::Error)]
pub enum PageError {
    /// They do not begin as one.
    #[error("these bytes are not a page of history")]
    NotAPage,
    /// A later release wrote them.
    #[error("the page has version {0}, and this release reads up to {VERSION}")]
    LaterVersion(u16),
    /// They are damaged.
    #[error("the page is damaged: {0}")]
    Damaged(#[from] rmp_serde::decode::Error),
}

/// A page that left, and its number. They leave in order; feeding the same output again lets the
/// same pages leave with the same numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftPage {
    /// Its number, from 0 on.
    pub number: u64,
    /// The rows.
    pub page: Arc<HistoryPage>,
}

/// Some rows that stood one after the other. It does not change.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryPage {
    page: Page,
    /// The width at which its lines are wrapped.
    cols: u16,
}

impl HistoryPage {
    pub(super) fn new(mut page: Page, cols: u16) -> Self {
        page.shrink();
        Self { page, cols }
    }

    /// Returns how many rows it has as it was wrapped.
    #[must_use]
    pub fn rows_len(&self) -> usize {
        self.page.len()
    }

    /// Returns the width at which it was wrapped.
    #[must_use]
    pub fn cols(&self) -> u16 {
        self.cols
    }

    /// Returns the place of the text at which it begins.
    #[must_use]
    pub fn begin(&self) -> LinePosition {
        let begin = self.page.position(0);
        begin.unwrap_or(LinePosition {
            line: LineId(0),
            column: 0,
        })
    }

    /// Returns its lowest and its highest logical line.
    #[must_use]
    pub fn lines(&self) -> (LineId, LineId) {
        self.page.lines
    }

    /// Returns its memory, in bytes.
    #[must_use]
    pub fn size_bytes(&self) -> usize {
        self.page.bytes()
    }

    /// Says whether a shell's marks are in it.
    #[must_use]
    pub fn has_marks(&self) -> bool {
        self.page.has_marks()
    }

    /// Returns the cells of each logical line: with [`rows_of`] how many rows it has at a width.
    /// That is exact but for lines of wide characters, of which one may not fit the end of a row.
    #[must_use]
    pub fn line_cells(&self) -> Vec<u16> {
        let mut lines = Vec::with_capacity(self.page.len());
        let mut cells: u32 = 0;
        for at in 0..self.page.len() {
            let (width, wraps) = self.page.width(at);
            cells = cells.saturating_add(width);
            if !wraps {
                lines.push(cells.min(u16::MAX.into()) as u16);
                cells = 0;
            }
        }
        if cells > 0 {
            lines.push(cells.min(u16::MAX.into()) as u16);
        }
        lines
    }

    /// Returns its rows for a screen of `cols` columns.
    #[must_use]
    pub fn rows(&self, cols: u16) -> Vec<Row> {
        let rows = (0..self.page.len()).map(|at| self.page.row(at));
        if cols == self.cols || self.page.fits(cols) {
            return rows.collect();
        }
        reflow::rewrapped(rows, cols)
    }

    /// Hands out the text of its logical lines, the oldest first, until `look` says that it has
    /// enough.
    pub fn look_at_lines(&self, mut look: impl FnMut(&str) -> bool) {
        let mut line = Cow::Borrowed("");
        for at in 0..self.page.len() {
            let (text, wraps) = self.page.part_of_line(at);
            if line.is_empty() {
                line = text;
            } else {
                line.to_mut().push_str(&text);
            }
            if !wraps || at + 1 == self.page.len() {
                if look(&line) {
                    return;
                }
                line = Cow::Borrowed("");
            }
        }
    }

    /// Returns the page as bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        bytes.extend(VERSION.to_le_bytes());
        // Writing plain data to memory has no way to fail.
        rmp_serde::encode::write_named(&mut bytes, self).expect("a page is plain data");
        bytes
    }

    /// Returns the page that [`HistoryPage::to_bytes`] was called on.
    ///
    /// # Errors
    /// The bytes are of a later release, or damaged.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, PageError> {
        let rest = bytes.strip_prefix(MAGIC).ok_or(PageError::NotAPage)?;
        let (version, body) = rest.split_first_chunk().ok_or(PageError::NotAPage)?;
        match u16::from_le_bytes(*version) {
            1 => {
                let mut page: Self = rmp_serde::from_slice(body)?;
                page.page.index();
                Ok(page)
            }
            later => Err(PageError::LaterVersion(later)),
        }
    }
}

/// Returns how many rows a line of so many cells has on a screen of `cols` columns.
#[must_use]
pub fn rows_of(cells: u16, cols: u16) -> u32 {
    u32::from(cells).div_ceil(cols.max(1).into()).max(1)
}
