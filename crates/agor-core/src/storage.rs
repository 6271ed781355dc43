//! What a host keeps on disk: its sessions, their events, their output records, checkpoints of
//! their screens, and the receipts of commands. `DURABILITY.md` beside this crate is the promise.
//!
//! One database (`host.db`) per data folder, one writer thread (`writer`), files of older output
//! (`segment`) made by a second thread (`files`). What the rows mean is the host's business; this
//! module keeps them whole, in order, and says when they are safe.

mod apply;
mod error;
mod failpoint;
mod files;
pub mod foreign;
mod head;
mod known;
mod open;
mod pages;
mod prepare;
mod profile;
mod queue;
mod read;
mod record;
mod recover;
mod room;
mod schema;
mod segment;
mod stats;
mod usage;
mod writer;

#[cfg(test)]
mod tests;

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use agor_proto::command::Outcome;
use agor_proto::event::Event;
use agor_proto::ids::{
    ClientId, CommandId, CommandN, ConnEpoch, HostId, Incarnation, LogEpoch, Offset, Seq,
    SessionId, Size,
};
use agor_proto::limits;
use agor_proto::session::{Life, SessionSpec};
use agor_term::LeftPage;
use serde::{Deserialize, Serialize};
use tokio::sync::{oneshot, watch};

pub use error::StoreError;
pub use pages::{Filter, Kinds, PageHead, Required};
pub use profile::{Change, Claim, Document, Kept, Profile, Stage, StoredIf};
pub use stats::Stats;
pub use usage::UsageDay;

use files::Files;
use queue::Queue;
use read::Readers;
use writer::Writer;

/// The database's file within the data folder.
const DATABASE: &str = "host.db";
/// The folder of the sessions' folders within the data folder.
const SESSIONS: &str = "sessions";

/// What the store knows of a session by its host's word.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionRow {
    /// Which session.
    pub id: SessionId,
    /// What it was made from.
    pub spec: SessionSpec,
    /// Its name.
    pub name: String,
    /// Whether its program runs, or how it ended.
    pub life: Life,
    /// Where its shell is.
    pub cwd: String,
    /// The title that its program set.
    pub title: String,
    /// The size of its terminal.
    pub size: Size,
    /// Milliseconds since 1970 of its making.
    pub created_millis: u64,
    /// Milliseconds since 1970 of its last output.
    pub active_millis: u64,
    /// The history of its events.
    pub epoch: LogEpoch,
    /// What judges its agent's state, in a form of the host's own; empty if there is nothing to keep.
    #[serde(default, with = "agor_proto::frame::bytes")]
    pub agent: Vec<u8>,
}

/// A session as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredSession {
    /// What its host said of it.
    pub row: SessionRow,
    /// The first event that is kept, or the next one if there is none.
    pub first_seq: Seq,
    /// The last event, or 0.
    pub last_seq: Seq,
    /// Where the record that is kept begins.
    pub first: Offset,
    /// Where the record ends.
    pub end: Offset,
}

impl StoredSession {
    /// Returns one of which nothing has happened yet, and whose record begins at `at`.
    #[must_use]
    pub fn begun(row: SessionRow, at: Offset) -> Self {
        Self {
            row,
            first_seq: Seq(1),
            last_seq: Seq(0),
            first: at,
            end: at,
        }
    }
}

/// A page of a session's record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordPage {
    /// Where it begins: at the record that holds the byte that was asked for.
    pub from: Offset,
    /// Whole records in the form of [`agor_proto::record`].
    pub bytes: Vec<u8>,
    /// Where the next page begins. Equal to `from` only at the record's end.
    pub next: Offset,
}

/// A command's receipt as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredReceipt {
    /// Whose command.
    pub client: ClientId,
    /// Which command.
    pub id: CommandId,
    /// Its place among the client's commands.
    pub n: CommandN,
    /// The SHA-256 of its contents, by which a repeat is told from another command.
    pub digest: [u8; 32],
    /// The session that it is about.
    pub session: Option<SessionId>,
    /// The session's event that records it, or 0.
    pub seq: Seq,
    /// How far it is.
    pub outcome: Outcome,
}

/// One change of what is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Write {
    /// Make a session or replace what its host says of it.
    PutSession(SessionRow),
    /// Append events; the first must follow the last one stored.
    AppendEvents {
        /// Whose.
        session: SessionId,
        /// The events, without gaps.
        events: Vec<Event>,
    },
    /// Append whole records; they must begin where the record ends.
    AppendRecord {
        /// Whose.
        session: SessionId,
        /// Where they begin.
        from: Offset,
        /// Where they end: `from` and the bytes' length.
        to: Offset,
        /// The records.
        bytes: Vec<u8>,
    },
    /// Say that a part of the record is lost, so that it can go on behind it. Reading the part is
    /// [`StoreError::DamagedRecord`].
    AppendGap {
        /// Whose.
        session: SessionId,
        /// Where the record ends.
        from: Offset,
        /// Where it goes on.
        to: Offset,
    },
    /// Keep the terminal's state at an offset; the last two are kept.
    PutCheckpoint {
        /// Whose.
        session: SessionId,
        /// Where: not behind the record's end, this transaction's appends included.
        offset: Offset,
        /// The state, in a form of `agor-term`.
        data: Vec<u8>,
    },
    /// Keep a page of history that left the terminal, in place of what has its number.
    PutPage {
        /// Whose.
        session: SessionId,
        /// The page.
        page: LeftPage,
    },
    /// Forget the pages of history with other numbers than these.
    PrunePages {
        /// Whose.
        session: SessionId,
        /// The numbers that are kept.
        kept: Range<u64>,
    },
    /// Store what an agent used on a day, in place of what was stored of it. It outlives its session.
    PutUsage(UsageDay),
    /// Forget what was used before a day.
    PruneUsage {
        /// The first day that is kept.
        before: i64,
    },
    /// Store a command, or its outcome.
    PutReceipt(StoredReceipt),
    /// Give up a session's events before `before`, which must not lie behind the next one.
    PruneEvents {
        /// Whose.
        session: SessionId,
        /// The first event that is kept.
        before: Seq,
    },
    /// Forget a session and delete its files. Receipts stay, so that a repeated command still gets
    /// its answer.
    RemoveSession {
        /// Which session.
        session: SessionId,
    },
}

/// What happens to a transaction while the disk is full.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhenFull {
    /// It waits in line until there is room.
    Wait,
    /// It fails at once with [`StoreError::Full`].
    Fail,
}

/// Changes that are stored together or not at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transaction {
    /// The changes, in order.
    pub writes: Vec<Write>,
    /// What happens while the disk is full.
    pub when_full: WhenFull,
}

impl Transaction {
    /// Returns the transaction of `writes`. While the disk is full it waits if it carries output
    /// or events, which happened whether they are stored or not, and fails otherwise.
    #[must_use]
    pub fn new(writes: Vec<Write>) -> Self {
        let happened = writes.iter().any(|write| {
            matches!(
                write,
                Write::AppendRecord { .. } | Write::AppendGap { .. } | Write::AppendEvents { .. }
            )
        });
        let when_full = if happened {
            WhenFull::Wait
        } else {
            WhenFull::Fail
        };
        Self { writes, when_full }
    }

    /// Returns the same transaction with another behaviour while the disk is full.
    #[must_use]
    pub fn when_full(self, when_full: WhenFull) -> Self {
        Self { when_full, ..self }
    }
}

/// Something that a person should be told after the store was opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// The database was damaged and set aside.
    SetAside {
        /// Where it is now.
        damaged: PathBuf,
        /// When the backup was made that took its place; none if there was no good one.
        restored_from_millis: Option<u64>,
        /// Sessions that are back from the backup and from their folders.
        sessions: u32,
    },
    /// Output was found in a session's folder that the database did not know, and taken in.
    Adopted {
        /// Whose.
        session: SessionId,
        /// Where the output begins.
        from: Offset,
        /// Where it ends.
        to: Offset,
    },
    /// A file in a session's folder was damaged and set aside.
    SegmentSetAside {
        /// Whose.
        session: SessionId,
        /// Where it is now.
        damaged: PathBuf,
    },
}

impl std::fmt::Display for Notice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::SetAside {
                damaged,
                restored_from_millis,
                sessions,
            } => {
                write!(
                    f,
                    "The database was damaged and is now {}; ",
                    damaged.display()
                )?;
                match restored_from_millis {
                    Some(_) => f.write_str("its last backup took its place")?,
                    None => f.write_str("there was no good backup, so a new one was begun")?,
                }
                write!(
                    f,
                    ", and {sessions} sessions were found again: what came after may be missing."
                )
            }
            Self::Adopted { session, from, to } => write!(
                f,
                "Bytes {from} to {to} of the output of session {session} were found in its folder and taken in."
            ),
            Self::SegmentSetAside { session, damaged } => write!(
                f,
                "A part of the output of session {session} is damaged and is now {}.",
                damaged.display()
            ),
        }
    }
}

/// Whether the store can store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Health {
    /// It can.
    Good,
    /// The disk is full: output waits, commands fail.
    Full {
        /// Milliseconds since 1970 since when.
        since_millis: u64,
    },
    /// Another process holds the database: output waits, commands fail.
    Busy {
        /// The process, where the system says which.
        holder: Option<u32>,
    },
    /// The disk fails to make safe what is written to it: output waits, commands fail.
    Failing,
    /// A newer host took over; nothing will be stored any more.
    Fenced,
    /// The database is damaged; the next start sets it aside.
    Damaged,
}

impl Health {
    /// Returns why nothing can be stored for now, if that is so.
    #[must_use]
    pub fn problem(self) -> Option<StoreError> {
        match self {
            Self::Full { .. } => Some(StoreError::Full),
            Self::Busy { holder } => Some(StoreError::Busy { holder }),
            Self::Failing => Some(StoreError::Io {
                doing: "writing to the database".into(),
                reason: "the disk reports an error".into(),
            }),
            // Of these the senders hear, and the host ends.
            Self::Good | Self::Fenced | Self::Damaged => None,
        }
    }
}

/// A store that was opened.
#[derive(Debug)]
pub struct Opened {
    /// The store.
    pub store: Store,
    /// Whose it is.
    pub host_id: HostId,
    /// The number of this life of the host.
    pub incarnation: Incarnation,
    /// What a person should be told.
    pub notices: Vec<Notice>,
}

/// What is called when a transaction is safe on disk, or failed. It runs on the writer's thread
/// and must not wait for anything.
pub type OnDone = Box<dyn FnOnce(Result<(), StoreError>) + Send>;

/// A transaction that found no place in the queue, given back.
pub struct QueueFull(pub Transaction, pub OnDone);

impl std::fmt::Debug for QueueFull {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("QueueFull").field(&self.0).finish()
    }
}

/// How a store behaves; tests choose smaller numbers than a host.
#[derive(Debug, Clone)]
struct Options {
    segment_bytes: u64,
    record_max: u64,
    backup_every: Duration,
    full_retry: Duration,
    busy_timeout: Duration,
    migrations: &'static [schema::Migration],
    #[cfg(test)]
    max_page_count: Option<u32>,
    #[cfg(test)]
    crash: Option<tests::Crash>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            segment_bytes: limits::SEGMENT_BYTES,
            record_max: limits::SESSION_RECORD_MAX,
            backup_every: Duration::from_secs(3600),
            full_retry: Duration::from_millis(250),
            busy_timeout: Duration::from_secs(2),
            migrations: schema::MIGRATIONS,
            #[cfg(test)]
            max_page_count: None,
            #[cfg(test)]
            crash: None,
        }
    }
}

/// A handle on the store; clones are handles on the same store. When the last is dropped without
/// [`Store::close`], what was acknowledged stays and the next open checks the database.
#[derive(Debug, Clone)]
pub struct Store(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    folder: PathBuf,
    known: Arc<known::Known>,
    queue: Queue,
    readers: Readers,
    counters: Arc<stats::Counters>,
    health: watch::Receiver<Health>,
    // Joined in this order: the files' thread still hands its last work to the writer.
    files: Files,
    writer: Writer,
}

impl Store {
    /// Opens the store in `folder`, which is made if need be, and keeps at most about
    /// `session_max_bytes` of each session's output. Blocks; a damaged database is checked and
    /// restored here.
    ///
    /// # Errors
    /// [`StoreError`]; a damaged database is none.
    pub fn open(folder: &Path, session_max_bytes: u64) -> Result<Opened, StoreError> {
        let options = Options {
            record_max: session_max_bytes,
            ..Options::default()
        };
        Self::open_with(folder, options)
    }

    /// Stores `transaction`; returns when it is safe on disk. Waits while the queue is full.
    ///
    /// # Errors
    /// Nothing of the transaction was stored; after [`StoreError::Closed`] it may be all the same.
    pub async fn write(&self, transaction: Transaction) -> Result<(), StoreError> {
        let (sender, receiver) = oneshot::channel();
        let on_done: OnDone = Box::new(move |result| {
            // Who stopped waiting does not want to know.
            sender.send(result).ok();
        });
        self.submit_waiting(transaction, on_done).await;
        receiver.await.unwrap_or(Err(StoreError::Closed))
    }

    /// Queues `transaction` and calls `on_done` when it is safe on disk or failed.
    ///
    /// # Errors
    /// The queue is full; both are given back.
    pub fn submit(&self, transaction: Transaction, on_done: OnDone) -> Result<(), QueueFull> {
        self.0.queue.submit(transaction, on_done)
    }

    /// Queues `transaction`, waiting for a place in the queue; `on_done` is always called.
    pub async fn submit_waiting(&self, transaction: Transaction, on_done: OnDone) {
        self.0.queue.submit_waiting(transaction, on_done).await;
    }

    /// Returns the first of `count` numbers that no connection of this host ever had or will get
    /// again.
    ///
    /// # Errors
    /// The numbers could not be stored as given.
    pub async fn reserve_conn_epochs(&self, count: u64) -> Result<ConnEpoch, StoreError> {
        self.0.queue.reserve(count).await
    }

    /// Returns whether the store can store.
    #[must_use]
    pub fn health(&self) -> Health {
        *self.0.health.borrow()
    }

    /// Returns a receiver that is told whenever [`Store::health`] changes.
    #[must_use]
    pub fn watch_health(&self) -> watch::Receiver<Health> {
        self.0.health.clone()
    }

    /// Stores what is queued, moves the log into the database, marks the store as closed in order
    /// and ends its threads. Blocks. Other handles fail with [`StoreError::Closed`] afterwards.
    ///
    /// # Errors
    /// The mark could not be written; what was acknowledged is safe all the same.
    pub fn close(self) -> Result<(), StoreError> {
        self.0.files.stop();
        self.0.readers.close();
        self.0.writer.close(&self.0.queue)
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.files.stop();
        self.writer.abandon(&self.queue);
    }
}

fn unix_millis() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |time| time.as_millis() as u64)
}

/// Returns `number` as SQLite stores it. Ours never come near the limit; a client's may.
fn to_sql(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// Returns a number that [`to_sql`] stored.
fn from_sql(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}
