//! The statements of each write, inside the writer's transaction.

mod receipts;
mod segments;

use std::collections::HashMap;
use std::sync::Arc;

use agor_proto::ids::{ClientId, SessionId};
use rusqlite::{Connection, params};

use super::head::{Head, Heads};
use super::known::Known;
use super::prepare::{EventRow, Ready};
use super::{StoreError, pages, to_sql, usage};
pub(super) use segments::{Sealed, insert_segment};

/// Checkpoints of a session that are kept.
const CHECKPOINTS_KEPT: i64 = 2;

/// Why a write was not applied.
#[derive(Debug)]
pub(super) enum Failure {
    /// It does not fit what is stored; its neighbours in the group may.
    Refused(StoreError),
    /// The database failed.
    Sql(rusqlite::Error),
    /// The database failed to commit.
    Commit(rusqlite::Error),
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sql(error)
    }
}

/// What is to be done with files once the transaction is committed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Effect {
    /// Delete a segment's file.
    DeleteSegment { session: SessionId, file: String },
    /// Delete a session's folder.
    DeleteFolder { session: SessionId },
}

/// Applies writes to a database.
#[derive(Debug)]
pub(super) struct Applier {
    pub(super) heads: Heads,
    pub(super) effects: Vec<Effect>,
    pub(super) record_max: u64,
    known: Arc<Known>,
    /// New receipts by client since they were last counted.
    uncounted: HashMap<ClientId, u32>,
    /// New receipts since those of all clients were last counted.
    uncounted_in_all: u32,
    /// Whether `known` is to be made from the database again.
    known_is_worn: bool,
}

impl Applier {
    pub(super) fn new(record_max: u64, known: Arc<Known>) -> Self {
        Self {
            known,
            heads: Heads::default(),
            effects: Vec::new(),
            record_max,
            uncounted: HashMap::new(),
            // A host that never lives long enough counts all the same.
            uncounted_in_all: receipts::COUNT_ALL_EVERY,
            known_is_worn: false,
        }
    }

    fn head(&mut self, database: &Connection, session: SessionId) -> Result<Head, Failure> {
        self.heads
            .get(database, session)?
            .ok_or(Failure::Refused(StoreError::NoSession(session)))
    }

    /// Applies one write. After a failure the caller rolls back what the transaction did.
    pub(super) fn apply(&mut self, database: &Connection, write: &Ready) -> Result<(), Failure> {
        match write {
            Ready::Session {
                session,
                epoch,
                body,
                spec,
            } => self.put_session(database, *session, *epoch, body, spec),
            Ready::Events { session, rows } => self.append_events(database, *session, rows),
            Ready::Record {
                session,
                from,
                to,
                chunks,
            } => {
                let head = self.head(database, *session)?;
                follows(*session, "the record", head.end, *from)?;
                let mut statement = database.prepare_cached(
                    "INSERT INTO chunks (session, start_offset, end_offset, packing, crc, body) \
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                )?;
                for chunk in chunks {
                    statement.execute(params![
                        head.key,
                        to_sql(chunk.start),
                        to_sql(chunk.end),
                        chunk.packing.number(),
                        chunk.crc,
                        chunk.body
                    ])?;
                }
                let unsealed = head.unsealed + (to - from);
                self.heads.set(
                    *session,
                    Head {
                        end: *to,
                        unsealed,
                        ..head
                    },
                );
                Ok(())
            }
            Ready::Gap { session, from, to } => {
                let head = self.head(database, *session)?;
                follows(*session, "the record", head.end, *from)?;
                if to < from {
                    return Err(Failure::Refused(StoreError::BadRecord {
                        session: *session,
                        reason: format!("a gap from {from} to {to}"),
                    }));
                }
                self.heads.set(*session, Head { end: *to, ..head });
                Ok(())
            }
            Ready::Checkpoint {
                session,
                offset,
                raw_bytes,
                crc,
                body,
            } => {
                let head = self.head(database, *session)?;
                if *offset > head.end {
                    return Err(Failure::Refused(StoreError::Contiguity {
                        session: *session,
                        what: "a checkpoint",
                        expected: head.end,
                        got: *offset,
                    }));
                }
                database
                    .prepare_cached(
                        "INSERT OR REPLACE INTO checkpoints (session, record_offset, size_bytes, crc, body) \
                         VALUES (?1, ?2, ?3, ?4, ?5)",
                    )?
                    .execute(params![head.key, to_sql(*offset), to_sql(*raw_bytes), crc, body])?;
                database
                    .prepare_cached(
                        "DELETE FROM checkpoints WHERE session = ?1 AND record_offset < \
                         (SELECT MIN(record_offset) FROM (SELECT record_offset FROM checkpoints \
                          WHERE session = ?1 ORDER BY record_offset DESC LIMIT ?2))",
                    )?
                    .execute(params![head.key, CHECKPOINTS_KEPT])?;
                self.retain(database, *session, head)
            }
            Ready::Page { session, row } => {
                let head = self.head(database, *session)?;
                Ok(pages::put(database, head.key, row)?)
            }
            Ready::PrunePages { session, kept } => {
                let head = self.head(database, *session)?;
                Ok(pages::prune(database, head.key, kept)?)
            }
            Ready::Usage(day) => Ok(usage::put(database, day)?),
            Ready::PruneUsage { before } => Ok(usage::prune(database, *before)?),
            Ready::Receipt(receipt) => self.put_receipt(database, receipt),
            Ready::Prune { session, before } => {
                let head = self.head(database, *session)?;
                let first_seq = (*before).clamp(head.first_seq, head.last_seq + 1);
                database
                    .prepare_cached("DELETE FROM events WHERE session = ?1 AND seq < ?2")?
                    .execute(params![head.key, to_sql(first_seq)])?;
                self.heads.set(*session, Head { first_seq, ..head });
                Ok(())
            }
            Ready::Remove { session } => {
                let head = self.head(database, *session)?;
                database
                    .prepare_cached("DELETE FROM sessions WHERE key = ?1")?
                    .execute([head.key])?;
                self.heads.remove(*session);
                self.effects
                    .push(Effect::DeleteFolder { session: *session });
                Ok(())
            }
        }
    }

    fn put_session(
        &mut self,
        database: &Connection,
        session: SessionId,
        epoch: u64,
        body: &[u8],
        spec: &[u8],
    ) -> Result<(), Failure> {
        if let Some(head) = self.heads.get(database, session)? {
            database
                .prepare_cached("UPDATE sessions SET epoch = ?2, body = ?3 WHERE key = ?1")?
                .execute(params![head.key, to_sql(epoch), body])?;
            database
                .prepare_cached("UPDATE specs SET body = ?2 WHERE session = ?1 AND body <> ?2")?
                .execute(params![head.key, spec])?;
            return Ok(());
        }
        database
            .prepare_cached("INSERT INTO sessions (id, epoch, body) VALUES (?1, ?2, ?3)")?
            .execute(params![session.bytes(), to_sql(epoch), body])?;
        let key = database.last_insert_rowid();
        database
            .prepare_cached("INSERT INTO specs (session, body) VALUES (?1, ?2)")?
            .execute(params![key, spec])?;
        database
            .prepare_cached(
                "INSERT INTO heads (session, first_seq, last_seq, first_offset, end_offset) \
                 VALUES (?1, 1, 0, 0, 0)",
            )?
            .execute([key])?;
        self.heads.set(
            session,
            Head {
                key,
                first_seq: 1,
                last_seq: 0,
                first: 0,
                end: 0,
                unsealed: 0,
            },
        );
        Ok(())
    }

    fn append_events(
        &mut self,
        database: &Connection,
        session: SessionId,
        rows: &[EventRow],
    ) -> Result<(), Failure> {
        let head = self.head(database, session)?;
        let mut last_seq = head.last_seq;
        let mut statement = database.prepare_cached(
            "INSERT INTO events (session, seq, at_millis, record_offset, body) \
             VALUES (?1, ?2, ?3, ?4, ?5)",
        )?;
        for row in rows {
            follows(session, "the events", last_seq + 1, row.seq)?;
            statement.execute(params![
                head.key,
                to_sql(row.seq),
                to_sql(row.at_millis),
                to_sql(row.offset),
                row.body
            ])?;
            last_seq = row.seq;
        }
        self.heads.set(session, Head { last_seq, ..head });
        Ok(())
    }
}

fn follows(session: SessionId, what: &'static str, expected: u64, got: u64) -> Result<(), Failure> {
    if expected == got {
        return Ok(());
    }
    Err(Failure::Refused(StoreError::Contiguity {
        session,
        what,
        expected,
        got,
    }))
}
