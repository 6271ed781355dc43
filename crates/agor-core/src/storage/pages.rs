//! Pages of history that left sessions' terminals. A page is written in the transaction of the
//! output that it came of, or a later one before the next checkpoint; so what a checkpoint says
//! has left is here.

mod filter;
mod shape;

use std::ops::Range;
use std::sync::Arc;

use agor_proto::ids::{LineId, LinePosition, SessionId};
use agor_term::{HistoryPage, LeftPage};
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::prepare::{Packer, Packing, unpack};
use super::read::{ReadError, place};
use super::{Store, StoreError, from_sql, to_sql};
pub use filter::{Filter, Required};
pub use shape::Kinds;

/// The largest page that is unpacked: a page is at most a few hundred KiB, and its styles and links.
const PAGE_RAW_MAX: usize = 64 * 1024 * 1024;

/// What is known of a page without reading it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageHead {
    /// Its number.
    pub number: u64,
    /// Where it begins.
    pub begin: LinePosition,
    /// Its lowest and its highest logical line.
    pub lines: (LineId, LineId),
    /// The width at which it is wrapped.
    pub cols: u16,
    /// Its rows at that width.
    pub rows: u32,
    /// What it takes before it is packed.
    pub size_bytes: u64,
    /// Whether a shell's marks are in it.
    pub marks: bool,
    /// The cells of each of its logical lines.
    pub cells: Arc<[u16]>,
}

impl PageHead {
    /// Returns what is known of a page.
    #[must_use]
    pub fn of(left: &LeftPage) -> Self {
        let page = &left.page;
        Self {
            number: left.number,
            begin: page.begin(),
            lines: page.lines(),
            cols: page.cols(),
            rows: page.rows_len() as u32,
            size_bytes: page.size_bytes() as u64,
            marks: page.has_marks(),
            cells: page.line_cells().into(),
        }
    }
}

/// A page as its statement binds it.
#[derive(Debug)]
pub(super) struct PageRow {
    head: PageHead,
    crc: u32,
    filter: Filter,
    body: Vec<u8>,
}

impl PageRow {
    pub(super) fn prepare(packer: &mut Packer, left: &LeftPage) -> Result<Self, StoreError> {
        let raw = left.page.to_bytes();
        let body = packer.pack(&raw)?;
        Ok(Self {
            head: PageHead {
                size_bytes: raw.len() as u64,
                ..PageHead::of(left)
            },
            crc: crc32fast::hash(&body),
            filter: Filter::of(&left.page),
            body,
        })
    }
}

/// Stores a page, in place of what was stored under its number.
pub(super) fn put(database: &Connection, key: i64, row: &PageRow) -> rusqlite::Result<()> {
    let head = &row.head;
    let cells: Vec<u8> = head.cells.iter().flat_map(|it| it.to_le_bytes()).collect();
    database
        .prepare_cached(
            "INSERT OR REPLACE INTO pages (session, number, begin_line, begin_column, lowest_line, \
             highest_line, cols, rows, size_bytes, marks, crc, cells, filter, body) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
        )?
        .execute(params![
            key,
            to_sql(head.number),
            to_sql(head.begin.line.0),
            head.begin.column,
            to_sql(head.lines.0.0),
            to_sql(head.lines.1.0),
            head.cols,
            head.rows,
            to_sql(head.size_bytes),
            head.marks,
            row.crc,
            cells,
            row.filter.as_bytes(),
            row.body,
        ])?;
    Ok(())
}

/// Forgets the pages of a session that are not within `kept`.
pub(super) fn prune(database: &Connection, key: i64, kept: &Range<u64>) -> rusqlite::Result<()> {
    let mut statement = database
        .prepare_cached("DELETE FROM pages WHERE session = ?1 AND number BETWEEN ?2 AND ?3")?;
    if let Some(last) = kept.start.checked_sub(1) {
        statement.execute(params![key, 0, to_sql(last)])?;
    }
    statement.execute(params![key, to_sql(kept.end), i64::MAX])?;
    Ok(())
}

fn head_from(row: &Row<'_>) -> rusqlite::Result<PageHead> {
    let line = |index| row.get(index).map(|line| LineId(from_sql(line)));
    let cells: Vec<u8> = row.get(9)?;
    let (cells, _) = cells.as_chunks::<2>();
    Ok(PageHead {
        number: from_sql(row.get(0)?),
        begin: LinePosition {
            line: line(1)?,
            column: row.get(2)?,
        },
        lines: (line(3)?, line(4)?),
        cols: row.get(5)?,
        rows: row.get(6)?,
        size_bytes: from_sql(row.get(7)?),
        marks: row.get(8)?,
        cells: cells.iter().map(|cell| u16::from_le_bytes(*cell)).collect(),
    })
}

impl Store {
    /// Returns what is known of the pages of `session`, in order.
    ///
    /// # Errors
    /// [`StoreError::NoSession`]. Blocks.
    pub fn pages(&self, session: SessionId) -> Result<Vec<PageHead>, StoreError> {
        self.0.readers.read("reading the history", |database| {
            let place = place(database, session)?;
            let mut statement = database.prepare_cached(
                "SELECT number, begin_line, begin_column, lowest_line, highest_line, cols, rows, \
                 size_bytes, marks, cells FROM pages WHERE session = ?1 ORDER BY number",
            )?;
            let heads = statement.query_map([place.key], head_from)?;
            heads
                .collect::<rusqlite::Result<_>>()
                .map_err(ReadError::from)
        })
    }

    /// Returns a page; none if it is not stored, or damaged, which is logged.
    ///
    /// # Errors
    /// [`StoreError::NoSession`]. Blocks.
    pub fn page(&self, session: SessionId, number: u64) -> Result<Option<HistoryPage>, StoreError> {
        let found = self.0.readers.read("reading the history", |database| {
            let place = place(database, session)?;
            let mut statement = database.prepare_cached(
                "SELECT size_bytes, crc, body FROM pages WHERE session = ?1 AND number = ?2",
            )?;
            let page = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
            let found: Option<(i64, u32, Vec<u8>)> = statement
                .query_row(params![place.key, to_sql(number)], page)
                .optional()?;
            Ok(found)
        })?;
        let Some((size_bytes, crc, body)) = found else {
            return Ok(None);
        };
        let raw = unpack(
            Packing::Zstd,
            &body,
            crc,
            from_sql(size_bytes),
            PAGE_RAW_MAX,
        );
        let page = raw.as_deref().map(HistoryPage::from_bytes);
        match page {
            Some(Ok(page)) => Ok(Some(page)),
            Some(Err(error)) => {
                tracing::error!(%session, number, %error, "a page of history cannot be read");
                Ok(None)
            }
            None => {
                tracing::error!(%session, number, "a page of history is damaged");
                Ok(None)
            }
        }
    }

    /// Returns which texts may be in the pages with these numbers, as far as they are stored.
    ///
    /// # Errors
    /// [`StoreError::NoSession`]. Blocks.
    pub fn page_filters(
        &self,
        session: SessionId,
        numbers: Range<u64>,
    ) -> Result<Vec<(u64, Filter)>, StoreError> {
        self.0.readers.read("reading the history", |database| {
            let place = place(database, session)?;
            let mut statement = database.prepare_cached(
                "SELECT number, filter FROM pages WHERE session = ?1 AND number >= ?2 AND number < ?3 \
                 ORDER BY number",
            )?;
            let range = params![place.key, to_sql(numbers.start), to_sql(numbers.end)];
            let mut rows = statement.query(range)?;
            let mut filters = Vec::new();
            while let Some(row) = rows.next()? {
                let filter = row.get_ref(1)?.as_blob().unwrap_or_default();
                filters.push((from_sql(row.get(0)?), Filter::from_bytes(filter)));
            }
            Ok(filters)
        })
    }
}
