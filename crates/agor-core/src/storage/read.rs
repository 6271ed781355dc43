//! Reading: a few read-only connections, each read in a snapshot of its own. Blocks; async callers
//! use `spawn_blocking`.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::Duration;

use agor_proto::event::{Event, EventBody};
use agor_proto::ids::{ClientId, CommandId, CommandN, Offset, Seq, SessionId};
use rusqlite::{Connection, OpenFlags, OptionalExtension, Row, params};

use super::prepare::{decode, decode_event, decode_session, unpack_checkpoint};
use super::stats::Counters;
use super::{DATABASE, Store, StoreError, StoredReceipt, StoredSession, from_sql, to_sql};

/// Reads at once; a further one waits.
const READERS_MAX: usize = 4;
/// Pages that each reader may keep, in KiB, as SQLite wants it: negative.
const CACHE_KIB: i64 = -512;

/// The read-only connections.
#[derive(Debug)]
pub(super) struct Readers {
    folder: PathBuf,
    counters: Arc<Counters>,
    state: Mutex<ReadersState>,
    returned: Condvar,
}

#[derive(Debug, Default)]
struct ReadersState {
    idle: Vec<Connection>,
    lent: usize,
    closed: bool,
}

impl Readers {
    pub(super) fn new(folder: &Path, counters: Arc<Counters>) -> Self {
        Self {
            folder: folder.to_owned(),
            counters,
            state: Mutex::default(),
            returned: Condvar::new(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, ReadersState> {
        self.state
            .lock()
            .expect("the lock is never held across a panic")
    }

    fn borrow(&self) -> Result<Connection, StoreError> {
        let mut state = self
            .returned
            .wait_while(self.lock(), |state| {
                !state.closed && state.lent == READERS_MAX
            })
            .expect("the lock is never held across a panic");
        if state.closed {
            return Err(StoreError::Closed);
        }
        state.lent += 1;
        let idle = state.idle.pop();
        drop(state);
        match idle {
            Some(connection) => Ok(connection),
            None => open_reader(&self.folder).inspect_err(|_| self.give_back(None)),
        }
    }

    fn give_back(&self, connection: Option<Connection>) {
        let mut state = self.lock();
        state.lent -= 1;
        if !state.closed {
            state.idle.extend(connection);
        }
        drop(state);
        self.returned.notify_all();
    }

    /// Calls `read` with a connection that sees one state of the database throughout.
    pub(super) fn read<T>(
        &self,
        doing: &str,
        read: impl FnOnce(&Connection) -> Result<T, ReadError>,
    ) -> Result<T, StoreError> {
        let connection = self.borrow()?;
        let result = connection
            .unchecked_transaction()
            .map_err(ReadError::from)
            .and_then(|snapshot| read(&snapshot));
        self.give_back(Some(connection));
        result.map_err(|error| {
            let is_of_database = matches!(error, ReadError::Sql(_));
            let error = error.into_store(doing, &self.folder);
            if is_of_database && matches!(error, StoreError::Damaged { .. }) {
                self.counters.damage_was_met();
            }
            error
        })
    }

    /// Ends all reads: waits for those that run, refuses further ones.
    pub(super) fn close(&self) {
        let mut state = self.lock();
        state.closed = true;
        state.idle.clear();
        self.returned.notify_all();
        let state = self
            .returned
            .wait_while(state, |state| state.lent > 0)
            .expect("the lock is never held across a panic");
        drop(state);
    }
}

/// Why a read failed.
#[derive(Debug)]
pub(super) enum ReadError {
    Store(StoreError),
    Sql(rusqlite::Error),
}

impl From<rusqlite::Error> for ReadError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sql(error)
    }
}

impl From<StoreError> for ReadError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl ReadError {
    pub(super) fn into_store(self, doing: &str, folder: &Path) -> StoreError {
        match self {
            Self::Store(error) => error,
            Self::Sql(error) => StoreError::from_sql(doing, folder, &error),
        }
    }
}

/// Opens a connection that only reads.
pub(super) fn open_reader(folder: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let open = || {
        let connection = Connection::open_with_flags(folder.join(DATABASE), flags)?;
        connection.busy_timeout(Duration::from_secs(2))?;
        connection.pragma_update(None, "cache_size", CACHE_KIB)?;
        Ok(connection)
    };
    open().map_err(|error: rusqlite::Error| {
        StoreError::from_sql("opening the database", folder, &error)
    })
}

/// Where a session's records are, as one read sees them.
pub(super) struct Place {
    pub(super) key: i64,
    pub(super) first: u64,
    pub(super) end: u64,
    first_seq: u64,
}

pub(super) fn place(database: &Connection, session: SessionId) -> Result<Place, ReadError> {
    database
        .prepare_cached(
            "SELECT key, first_offset, end_offset, first_seq FROM sessions \
             JOIN heads ON heads.session = key WHERE id = ?1",
        )?
        .query_row([session.bytes()], |row| {
            Ok(Place {
                key: row.get(0)?,
                first: from_sql(row.get(1)?),
                end: from_sql(row.get(2)?),
                first_seq: from_sql(row.get(3)?),
            })
        })
        .optional()?
        .ok_or(ReadError::Store(StoreError::NoSession(session)))
}

const SESSIONS: &str = "SELECT id, epoch, sessions.body, specs.body, first_seq, last_seq, first_offset, end_offset \
     FROM sessions JOIN specs ON specs.session = key JOIN heads ON heads.session = key";

fn session_from(row: &Row<'_>) -> Result<StoredSession, ReadError> {
    let id = session_id(row.get(0)?)?;
    let (body, spec): (Vec<u8>, Vec<u8>) = (row.get(2)?, row.get(3)?);
    Ok(StoredSession {
        row: decode_session(id, from_sql(row.get(1)?), &body, &spec)?,
        first_seq: Seq(from_sql(row.get(4)?)),
        last_seq: Seq(from_sql(row.get(5)?)),
        first: Offset(from_sql(row.get(6)?)),
        end: Offset(from_sql(row.get(7)?)),
    })
}

pub(super) fn session_id(bytes: [u8; 16]) -> Result<SessionId, StoreError> {
    SessionId::from_bytes(bytes).map_err(|_| StoreError::Damaged {
        what: "the id of a session".into(),
    })
}

/// Returns one session as a reader's snapshot has it.
pub(super) fn stored_session(
    database: &Connection,
    session: SessionId,
) -> Result<StoredSession, ReadError> {
    let mut statement = database.prepare_cached(&format!("{SESSIONS} WHERE id = ?1"))?;
    let mut rows = statement.query([session.bytes()])?;
    match rows.next()? {
        Some(row) => session_from(row),
        None => Err(StoreError::NoSession(session).into()),
    }
}

const RECEIPTS: &str = "SELECT client, command, n, digest, session, seq, outcome FROM receipts";

fn receipt_from(row: &Row<'_>) -> Result<StoredReceipt, ReadError> {
    let (client, id) = (ClientId(row.get(0)?), CommandId(row.get(1)?));
    let session: Option<[u8; 16]> = row.get(4)?;
    let outcome: Vec<u8> = row.get(6)?;
    Ok(StoredReceipt {
        client,
        id,
        n: CommandN(from_sql(row.get(2)?)),
        digest: row.get(3)?,
        session: session.map(session_id).transpose()?,
        seq: Seq(from_sql(row.get(5)?)),
        outcome: decode(|| format!("the receipt of command {id}"), &outcome)?,
    })
}

impl Store {
    /// Returns every session, the oldest first.
    ///
    /// # Errors
    /// [`StoreError`]. Blocks.
    pub fn sessions(&self) -> Result<Vec<StoredSession>, StoreError> {
        self.0.readers.read("reading the sessions", |database| {
            let mut statement = database.prepare_cached(&format!("{SESSIONS} ORDER BY id"))?;
            let mut rows = statement.query([])?;
            let mut sessions = Vec::new();
            while let Some(row) = rows.next()? {
                sessions.push(session_from(row)?);
            }
            Ok(sessions)
        })
    }

    /// Returns one session.
    ///
    /// # Errors
    /// [`StoreError::NoSession`]. Blocks.
    pub fn session(&self, session: SessionId) -> Result<StoredSession, StoreError> {
        self.0.readers.read("reading a session", |database| {
            stored_session(database, session)
        })
    }

    /// Returns up to `max` events of `session` after the event `after`, in order.
    ///
    /// # Errors
    /// [`StoreError::NoSession`]. Blocks.
    pub fn events(
        &self,
        session: SessionId,
        after: Seq,
        max: usize,
    ) -> Result<Vec<Event>, StoreError> {
        self.0.readers.read("reading events", |database| {
            let place = place(database, session)?;
            let mut statement = database.prepare_cached(
                "SELECT seq, at_millis, record_offset, body FROM events \
                 WHERE session = ?1 AND seq > ?2 ORDER BY seq LIMIT ?3",
            )?;
            let max = i64::try_from(max).unwrap_or(i64::MAX);
            let mut rows = statement.query(params![place.key, to_sql(after.0), max])?;
            let mut events = Vec::new();
            while let Some(row) = rows.next()? {
                let seq = from_sql(row.get(0)?);
                let body = row.get_ref(3)?.as_blob().map_err(rusqlite::Error::from)?;
                events.push(Event {
                    seq: Seq(seq),
                    at_millis: from_sql(row.get(1)?),
                    offset: Offset(from_sql(row.get(2)?)),
                    // One that cannot be read hides none of those behind it.
                    body: decode_event(session, seq, body).unwrap_or_else(|error| {
                        tracing::error!(%error, "an event cannot be read");
                        EventBody::Unknown
                    }),
                });
            }
            Ok(events)
        })
    }

    /// Returns the first event of `session` that is kept, or the next one if there is none.
    ///
    /// # Errors
    /// [`StoreError::NoSession`]. Blocks.
    pub fn first_seq(&self, session: SessionId) -> Result<Seq, StoreError> {
        self.0.readers.read("reading events", |database| {
            place(database, session).map(|place| Seq(place.first_seq))
        })
    }

    /// Returns the newest checkpoint of `session`, at or before an offset if one is given, that
    /// can be read.
    ///
    /// # Errors
    /// [`StoreError::NoSession`]; a damaged checkpoint is passed over. Blocks.
    pub fn latest_checkpoint(
        &self,
        session: SessionId,
        at_or_before: Option<Offset>,
    ) -> Result<Option<(Offset, Vec<u8>)>, StoreError> {
        self.0.readers.read("reading a checkpoint", |database| {
            let place = place(database, session)?;
            let mut statement = database.prepare_cached(
                "SELECT record_offset, size_bytes, crc, body FROM checkpoints \
                 WHERE session = ?1 AND record_offset <= ?2 ORDER BY record_offset DESC",
            )?;
            let last = at_or_before.map_or(i64::MAX, |offset| to_sql(offset.0));
            let mut rows = statement.query(params![place.key, last])?;
            while let Some(row) = rows.next()? {
                let packed: Vec<u8> = row.get(3)?;
                let offset = from_sql(row.get(0)?);
                match unpack_checkpoint(&packed, row.get(2)?, from_sql(row.get(1)?)) {
                    Some(data) => return Ok(Some((Offset(offset), data))),
                    None => {
                        tracing::warn!(%session, offset, "a checkpoint is damaged; using an older one");
                    }
                }
            }
            Ok(None)
        })
    }

    /// Returns the receipt of a command, if it was given before.
    ///
    /// # Errors
    /// [`StoreError`]. Blocks.
    pub fn receipt(
        &self,
        client: ClientId,
        id: CommandId,
    ) -> Result<Option<StoredReceipt>, StoreError> {
        self.0.readers.read("reading a receipt", |database| {
            let mut statement = database
                .prepare_cached(&format!("{RECEIPTS} WHERE client = ?1 AND command = ?2"))?;
            let mut rows = statement.query(params![client.0, id.0])?;
            rows.next()?.map(receipt_from).transpose()
        })
    }

    /// Says whether there may be a receipt of `id`, whosever it is. Blocks for nothing.
    #[must_use]
    pub fn may_have_receipt(&self, id: CommandId) -> bool {
        self.0.known.may_have(id)
    }

    /// Returns how often receipts were forgotten: while it is the same, so is
    /// [`Store::forgotten_commands`].
    #[must_use]
    pub fn forgets(&self) -> u64 {
        self.0.known.forgets()
    }

    /// Returns the last command of `client` whose receipt was forgotten, or 0: a command up to it
    /// that has no receipt cannot be told from a repeat.
    ///
    /// # Errors
    /// [`StoreError`]. Blocks.
    pub fn forgotten_commands(&self, client: ClientId) -> Result<CommandN, StoreError> {
        self.0.readers.read("reading a receipt", |database| {
            let n = database
                .prepare_cached("SELECT n FROM forgotten WHERE client = ?1")?
                .query_row([client.0], |row| row.get(0))
                .optional()?;
            Ok(CommandN(n.map_or(0, from_sql)))
        })
    }

    /// Returns the receipts of commands that have no final outcome.
    ///
    /// # Errors
    /// [`StoreError`]. Blocks.
    pub fn unfinished_receipts(&self) -> Result<Vec<StoredReceipt>, StoreError> {
        self.0.readers.read("reading receipts", |database| {
            let mut statement = database
                .prepare_cached(&format!("{RECEIPTS} WHERE final = 0 ORDER BY client, n"))?;
            let mut rows = statement.query([])?;
            let mut receipts = Vec::new();
            while let Some(row) = rows.next()? {
                receipts.push(receipt_from(row)?);
            }
            Ok(receipts)
        })
    }
}
