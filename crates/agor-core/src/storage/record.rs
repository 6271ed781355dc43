//! Reading a session's record across segments and chunks, as if it were one piece.

use std::io;
use std::path::Path;

use agor_proto::ids::{Offset, SessionId};
use agor_proto::record::records;
use rusqlite::{Connection, OptionalExtension, params};

use super::prepare::{PIECE_RAW_MAX, Packing, unpack};
use super::read::{Place, ReadError, place};
use super::segment::{Segment, SegmentError};
use super::{RecordPage, Store, StoreError, from_sql, to_sql};

impl Store {
    /// Returns whole records of `session` from the one on that holds the byte `from`: as many as
    /// fit into `max_bytes`, and at least one. At or behind the record's end the page is empty.
    ///
    /// # Errors
    /// [`StoreError::DamagedRecord`] says where to read on, once everything before the damaged
    /// part was returned; [`StoreError::Pruned`] where what is kept begins. Blocks.
    pub fn record(
        &self,
        session: SessionId,
        from: Offset,
        max_bytes: usize,
    ) -> Result<RecordPage, StoreError> {
        let read = || {
            self.0.readers.read("reading the record", |database| {
                let place = place(database, session)?;
                let mut page = Page::new(session, from.0, max_bytes);
                page.fill(database, &self.0.folder, &place)?;
                Ok(page)
            })
        };
        let mut page = read()?;
        // Retention deletes a file after its row; a read that saw the row looks again.
        if page.file_was_missing {
            page = read()?;
        }
        page.finish()
    }
}

struct Page {
    session: SessionId,
    /// Where the page begins, once its first record was found.
    from: Option<u64>,
    /// What is read next.
    at: u64,
    max_bytes: usize,
    bytes: Vec<u8>,
    full: bool,
    damaged: Option<(u64, u64)>,
    file_was_missing: bool,
}

impl Page {
    fn new(session: SessionId, from: u64, max_bytes: usize) -> Self {
        Self {
            session,
            from: None,
            at: from,
            max_bytes,
            bytes: Vec::new(),
            full: false,
            damaged: None,
            file_was_missing: false,
        }
    }

    fn finish(self) -> Result<RecordPage, StoreError> {
        match (self.from, self.damaged) {
            (None, Some((from, to))) => Err(StoreError::DamagedRecord {
                session: self.session,
                from: Offset(from),
                to: Offset(to),
            }),
            (from, _) => Ok(RecordPage {
                from: Offset(from.unwrap_or(self.at)),
                bytes: self.bytes,
                next: Offset(self.at),
            }),
        }
    }

    fn done(&self) -> bool {
        self.full || self.damaged.is_some()
    }

    fn fill(
        &mut self,
        database: &Connection,
        folder: &Path,
        place: &Place,
    ) -> Result<(), ReadError> {
        if self.at < place.first {
            return Err(ReadError::Store(StoreError::Pruned {
                session: self.session,
                first: Offset(place.first),
            }));
        }
        self.at = self.at.min(place.end);
        while self.at < place.end && !self.done() {
            let before = self.at;
            self.read_segment(database, folder, place)?;
            if !self.done() {
                self.read_chunks(database, place)?;
            }
            if self.at == before && !self.done() {
                let next = next_start(database, place, self.at)?;
                self.damaged = Some((self.at, next.unwrap_or(place.end)));
            }
        }
        Ok(())
    }

    /// Reads on in the segment that holds what is read next, if one does.
    fn read_segment(
        &mut self,
        database: &Connection,
        folder: &Path,
        place: &Place,
    ) -> Result<(), ReadError> {
        let found: Option<(u64, u64, String)> = database
            .prepare_cached(
                "SELECT start_offset, end_offset, file FROM segments \
                 WHERE session = ?1 AND start_offset <= ?2 ORDER BY start_offset DESC LIMIT 1",
            )?
            .query_row(params![place.key, to_sql(self.at)], |row| {
                Ok((from_sql(row.get(0)?), from_sql(row.get(1)?), row.get(2)?))
            })
            .optional()?;
        let Some((start, end, file)) = found.filter(|(_, end, _)| *end > self.at) else {
            return Ok(());
        };
        let path = super::files::session_folder(folder, self.session).join(file);
        let segment = match Segment::open(&path) {
            Ok(segment) => segment,
            Err(error) => {
                self.file_was_missing = matches!(
                    &error,
                    SegmentError::Io(error) if error.kind() == io::ErrorKind::NotFound
                );
                return self.unreadable(&path, error, start, end);
            }
        };
        for frame in segment.frames_from(self.at) {
            match segment.read(frame) {
                Ok(raw) => self.take(frame.start, &raw),
                Err(error) => self.unreadable(&path, error, frame.start, frame.end())?,
            }
            if self.done() {
                return Ok(());
            }
        }
        if self.at < end {
            self.damaged = Some((self.at, end));
        }
        Ok(())
    }

    fn unreadable(
        &mut self,
        path: &Path,
        error: SegmentError,
        start: u64,
        end: u64,
    ) -> Result<(), ReadError> {
        match error {
            SegmentError::Io(error) if error.kind() != io::ErrorKind::NotFound => Err(
                ReadError::Store(StoreError::from_io("reading", path, &error)),
            ),
            _ => {
                self.damaged = Some((start.max(self.at), end));
                Ok(())
            }
        }
    }

    /// Reads on in the chunks, as far as they follow each other.
    fn read_chunks(&mut self, database: &Connection, place: &Place) -> Result<(), ReadError> {
        let mut statement = database.prepare_cached(
            "SELECT start_offset, end_offset, packing, crc, body FROM chunks WHERE session = ?1 \
             AND start_offset >= COALESCE((SELECT MAX(start_offset) FROM chunks \
                 WHERE session = ?1 AND start_offset <= ?2), ?2) ORDER BY start_offset",
        )?;
        let mut rows = statement.query(params![place.key, to_sql(self.at)])?;
        while let Some(row) = rows.next()? {
            let (start, end) = (from_sql(row.get(0)?), from_sql(row.get(1)?));
            if end <= self.at {
                continue;
            }
            if start > self.at {
                break;
            }
            let packed = row.get_ref(4)?.as_blob().map_err(rusqlite::Error::from)?;
            let raw_bytes = end.saturating_sub(start);
            let raw = Packing::from_number(row.get(2)?).and_then(|packing| {
                unpack(packing, packed, row.get(3).ok()?, raw_bytes, PIECE_RAW_MAX)
            });
            match raw {
                Some(raw) => self.take(start, &raw),
                None => self.damaged = Some((start.max(self.at), end)),
            }
            if self.done() {
                break;
            }
        }
        Ok(())
    }

    /// Takes whole records from a piece that begins at `start`, as many as still fit.
    fn take(&mut self, start: u64, raw: &[u8]) {
        let (mut taken_from, mut taken_to) = (None, 0);
        for record in records(raw, Offset(start)) {
            let Ok(record) = record else {
                self.damaged = Some((self.at, start + raw.len() as u64));
                break;
            };
            if record.end.0 <= self.at {
                continue;
            }
            let (record_from, record_to) = (
                (record.offset.0 - start) as usize,
                (record.end.0 - start) as usize,
            );
            let begun = *taken_from.get_or_insert(record_from);
            let is_first = self.from.is_none();
            if !is_first && self.bytes.len() + (record_to - begun) > self.max_bytes {
                self.full = true;
                break;
            }
            self.from.get_or_insert(record.offset.0);
            taken_to = record_to;
            self.at = record.end.0;
        }
        if let Some(begun) = taken_from.filter(|&begun| begun < taken_to) {
            self.bytes.extend_from_slice(&raw[begun..taken_to]);
        }
    }
}

/// Returns where the record can be read again after the gap at `at`.
fn next_start(
    database: &Connection,
    place: &Place,
    at: u64,
) -> Result<Option<u64>, rusqlite::Error> {
    let next: Option<i64> = database
        .prepare_cached(
            "SELECT MIN(start_offset) FROM (SELECT start_offset FROM segments WHERE session = ?1 \
             AND start_offset > ?2 UNION ALL SELECT start_offset FROM chunks WHERE session = ?1 \
             AND start_offset > ?2)",
        )?
        .query_row(params![place.key, to_sql(at)], |row| row.get(0))?;
    Ok(next.map(from_sql))
}
