//! Segments that take the place of chunks, and those that are given up.

use agor_proto::ids::SessionId;
use rusqlite::{Connection, params};

use super::super::head::Head;
use super::super::{from_sql, to_sql};
use super::{Applier, Effect, Failure};

/// A segment whose file is safe on disk.
#[derive(Debug)]
pub(in super::super) struct Sealed {
    pub(in super::super) session: SessionId,
    pub(in super::super) start: u64,
    pub(in super::super) end: u64,
    pub(in super::super) file: String,
    pub(in super::super) size_bytes: u64,
    pub(in super::super) crc: u32,
}

impl Applier {
    /// Takes a segment in for its chunks. Says no if they are not there any more, since the session
    /// was removed meanwhile.
    pub(in super::super) fn seal(
        &mut self,
        database: &Connection,
        sealed: &Sealed,
    ) -> Result<bool, Failure> {
        let Some(head) = self.heads.get(database, sealed.session)? else {
            return Ok(false);
        };
        let replaced: Option<i64> = database
            .prepare_cached(
                "SELECT SUM(end_offset - start_offset) FROM chunks \
                 WHERE session = ?1 AND start_offset >= ?2 AND end_offset <= ?3",
            )?
            .query_row(
                params![head.key, to_sql(sealed.start), to_sql(sealed.end)],
                |row| row.get(0),
            )?;
        if replaced.map(from_sql) != Some(sealed.end - sealed.start) {
            return Ok(false);
        }
        insert_segment(database, head.key, sealed)?;
        database
            .prepare_cached(
                "DELETE FROM chunks WHERE session = ?1 AND start_offset >= ?2 AND end_offset <= ?3",
            )?
            .execute(params![head.key, to_sql(sealed.start), to_sql(sealed.end)])?;
        let head = Head {
            unsealed: head.unsealed.saturating_sub(sealed.end - sealed.start),
            ..head
        };
        self.heads.set(sealed.session, head);
        self.retain(database, sealed.session, head)?;
        Ok(true)
    }

    /// Gives up the oldest segments of a session beyond its share of the disk, as far as there is
    /// a checkpoint from which the rest can be folded.
    pub(super) fn retain(
        &mut self,
        database: &Connection,
        session: SessionId,
        mut head: Head,
    ) -> Result<(), Failure> {
        let total: i64 = database
            .prepare_cached("SELECT COALESCE(SUM(size_bytes), 0) FROM segments WHERE session = ?1")?
            .query_row([head.key], |row| row.get(0))?;
        let mut excess = from_sql(total).saturating_sub(self.record_max);
        if excess == 0 {
            return Ok(());
        }
        let folded_to: Option<i64> = database
            .prepare_cached("SELECT MAX(record_offset) FROM checkpoints WHERE session = ?1")?
            .query_row([head.key], |row| row.get(0))?;
        let folded_to = folded_to.map_or(0, from_sql);
        let oldest: Vec<(i64, u64, u64, String)> = database
            .prepare_cached(
                "SELECT start_offset, end_offset, size_bytes, file FROM segments \
                 WHERE session = ?1 ORDER BY start_offset",
            )?
            .query_map([head.key], |row| {
                Ok((
                    row.get(0)?,
                    from_sql(row.get(1)?),
                    from_sql(row.get(2)?),
                    row.get(3)?,
                ))
            })?
            .collect::<Result<_, _>>()?;
        for (start, end, size_bytes, file) in oldest {
            if excess == 0 || end > folded_to {
                break;
            }
            database
                .prepare_cached("DELETE FROM segments WHERE session = ?1 AND start_offset = ?2")?
                .execute(params![head.key, start])?;
            excess = excess.saturating_sub(size_bytes);
            head.first = head.first.max(end);
            self.effects.push(Effect::DeleteSegment { session, file });
        }
        database
            .prepare_cached("DELETE FROM checkpoints WHERE session = ?1 AND record_offset < ?2")?
            .execute(params![head.key, to_sql(head.first)])?;
        self.heads.set(session, head);
        Ok(())
    }
}

pub(in super::super) fn insert_segment(
    database: &Connection,
    key: i64,
    sealed: &Sealed,
) -> rusqlite::Result<()> {
    database
        .prepare_cached(
            "INSERT INTO segments (session, start_offset, end_offset, file, size_bytes, crc) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![
            key,
            to_sql(sealed.start),
            to_sql(sealed.end),
            sealed.file,
            to_sql(sealed.size_bytes),
            sealed.crc
        ])?;
    Ok(())
}
