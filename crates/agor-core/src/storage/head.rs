//! How far each session's records go, kept by the writer so that an append needs no query, and
//! written once a group.

use std::collections::HashMap;

use agor_proto::ids::SessionId;
use rusqlite::{Connection, OptionalExtension, params};

use super::{from_sql, to_sql};

/// How far a session's records go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Head {
    /// The session's key in the database.
    pub(super) key: i64,
    pub(super) first_seq: u64,
    pub(super) last_seq: u64,
    pub(super) first: u64,
    pub(super) end: u64,
    /// Bytes of the record that are in the database, not in a segment.
    pub(super) unsealed: u64,
}

/// The heads of the sessions that were written to, and what has to be undone if a transaction
/// fails.
#[derive(Debug, Default)]
pub(super) struct Heads {
    known: HashMap<SessionId, Head>,
    dirty: Vec<SessionId>,
    undo: Vec<(SessionId, Option<Head>)>,
}

impl Heads {
    /// Returns the head of `session`, if it is stored.
    pub(super) fn get(
        &mut self,
        database: &Connection,
        session: SessionId,
    ) -> rusqlite::Result<Option<Head>> {
        if let Some(head) = self.known.get(&session) {
            return Ok(Some(*head));
        }
        let head = database
            .prepare_cached(
                "SELECT key, first_seq, last_seq, first_offset, end_offset, \
                 (SELECT COALESCE(SUM(end_offset - start_offset), 0) FROM chunks WHERE session = key) \
                 FROM sessions JOIN heads ON heads.session = key WHERE id = ?1",
            )?
            .query_row([session.bytes()], |row| {
                Ok(Head {
                    key: row.get(0)?,
                    first_seq: from_sql(row.get(1)?),
                    last_seq: from_sql(row.get(2)?),
                    first: from_sql(row.get(3)?),
                    end: from_sql(row.get(4)?),
                    unsealed: from_sql(row.get(5)?),
                })
            })
            .optional()?;
        if let Some(head) = head {
            self.known.insert(session, head);
        }
        Ok(head)
    }

    /// Sets the head of `session`.
    pub(super) fn set(&mut self, session: SessionId, head: Head) {
        let before = self.known.insert(session, head);
        self.undo.push((session, before));
        self.dirty.push(session);
    }

    /// Forgets `session`, which is gone.
    pub(super) fn remove(&mut self, session: SessionId) {
        let before = self.known.remove(&session);
        self.undo.push((session, before));
    }

    /// What was set since the last call is no longer undone by [`Heads::undo`].
    pub(super) fn keep(&mut self) {
        self.undo.clear();
    }

    /// Takes back what was set since the last [`Heads::keep`].
    pub(super) fn undo(&mut self) {
        while let Some((session, before)) = self.undo.pop() {
            match before {
                Some(head) => self.known.insert(session, head),
                None => self.known.remove(&session),
            };
        }
    }

    /// Forgets everything, after a group failed.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    /// Writes what was set since the last flush; returns whose heads these are.
    pub(super) fn flush(
        &mut self,
        database: &Connection,
    ) -> rusqlite::Result<Vec<(SessionId, Head)>> {
        let mut dirty = std::mem::take(&mut self.dirty);
        dirty.sort_unstable();
        dirty.dedup();
        let mut statement = database.prepare_cached(
            "UPDATE heads SET first_seq = ?2, last_seq = ?3, first_offset = ?4, end_offset = ?5 \
             WHERE session = ?1",
        )?;
        let mut written = Vec::with_capacity(dirty.len());
        for session in dirty {
            let Some(&head) = self.known.get(&session) else {
                continue;
            };
            statement.execute(params![
                head.key,
                to_sql(head.first_seq),
                to_sql(head.last_seq),
                to_sql(head.first),
                to_sql(head.end)
            ])?;
            written.push((session, head));
        }
        Ok(written)
    }
}
