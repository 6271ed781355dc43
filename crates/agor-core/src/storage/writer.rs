//! The one thread that writes to the database. It gathers transactions into groups, stores each
//! group with one commit, and only then tells their senders.
//!
//! A group is committed when nothing more waits and [`COMMIT_MILLIS`] have passed since the last
//! one was begun or everybody of the last groups is back or it is worth a commit by itself, or when it is large
//! enough; so a write after quiet is committed at once. Encoding
//! and compression are done while the group is gathered, outside the database's write lock.

mod seal;
mod settle;
mod transact;

use std::collections::{HashMap, VecDeque};
use std::ffi::c_int;
use std::path::PathBuf;
use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TryRecvError, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use agor_proto::ids::{ConnEpoch, Incarnation, SessionId};
use agor_proto::limits::{COMMIT_BYTES_MAX, COMMIT_MILLIS, COMMIT_ROWS_MAX};
use rusqlite::hooks::Wal;
use rusqlite::{Connection, params};
use tokio::sync::watch;

use super::apply::{Applier, Failure};
use super::failpoint::{Failpoint, reach};
use super::files::FileJob;
use super::prepare::{Packer, Ready};
use super::queue::{Done, Job, Queue, Submitted};
use super::stats::Counters;
use super::{DATABASE, Health, Options, StoreError, WhenFull, from_sql, to_sql};
use seal::Sealing;

/// The log is moved into the database beyond so many pages of 4 KiB.
const LOG_PAGES_MAX: i32 = 2_000;
/// A group of so many is committed at once when nobody is missed who was in the last two: those who
/// were told have sent their next, so waiting longer gains nothing. A smaller one waits all the
/// same, or a few busy senders would cause a commit each.
const CROWD_MIN: usize = 16;

/// A group of so many rows is committed at once when nothing more waits: its sync costs each of them little,
/// and who sent many at once, as a client with a hundred commands under way, waits for all of them.
const ROWS_WORTH_A_COMMIT: usize = 64;

/// A handle on the thread.
#[derive(Debug)]
pub(super) struct Writer {
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Writer {
    pub(super) fn spawn(work: Work) -> std::io::Result<Self> {
        let thread = std::thread::Builder::new()
            .name("agor-store".into())
            .spawn(move || work.run())?;
        Ok(Self {
            thread: Mutex::new(Some(thread)),
        })
    }

    fn join(&self) {
        let thread = self
            .thread
            .lock()
            .expect("the lock is never held across a panic")
            .take();
        // The last handle may be dropped by a callback on the thread itself.
        if let Some(thread) = thread.filter(|it| it.thread().id() != std::thread::current().id()) {
            // A panic was printed by its thread; the senders have heard that the store is closed.
            thread.join().ok();
        }
    }

    pub(super) fn close(&self, queue: &Queue) -> Result<(), StoreError> {
        let (reply, closed) = sync_channel(1);
        queue.push(Job::Close { reply });
        let result = closed.recv().unwrap_or(Err(StoreError::Closed));
        self.join();
        result
    }

    pub(super) fn abandon(&self, queue: &Queue) {
        queue.push(Job::Abandon);
        self.join();
    }
}

/// A transaction that is ready to be stored.
#[derive(Debug)]
struct Pending {
    writes: Vec<Ready>,
    when_full: WhenFull,
    done: Done,
    refused: Option<StoreError>,
}

#[derive(Debug, Default)]
struct Group {
    pending: Vec<Pending>,
    rows: usize,
    bytes: usize,
    /// Bytes of output as they are stored.
    packed_bytes: u64,
    /// Whether it has what agents used.
    has_usage: bool,
}

impl Group {
    fn push(&mut self, pending: Pending) {
        self.rows += pending.writes.iter().map(Ready::rows).sum::<usize>();
        self.bytes += pending.writes.iter().map(Ready::raw_bytes).sum::<usize>();
        let packed = pending.writes.iter().map(Ready::packed_bytes);
        self.packed_bytes += packed.sum::<u64>();
        self.has_usage |= pending.writes.iter().any(Ready::is_usage);
        self.pending.push(pending);
    }

    fn is_worth_a_commit(&self) -> bool {
        self.rows >= ROWS_WORTH_A_COMMIT
    }

    fn is_large(&self) -> bool {
        self.rows >= COMMIT_ROWS_MAX || self.bytes >= COMMIT_BYTES_MAX
    }
}

/// What the thread works with.
#[derive(Debug)]
pub(super) struct Work {
    pub(super) database: Connection,
    pub(super) folder: PathBuf,
    pub(super) incarnation: Incarnation,
    pub(super) options: Options,
    pub(super) jobs: Receiver<Job>,
    pub(super) files: SyncSender<FileJob>,
    pub(super) health: watch::Sender<Health>,
    pub(super) counters: Arc<Counters>,
    pub(super) applier: Applier,
    pub(super) packer: Packer,
    /// Device and inode of the database: another file in its place is another host's.
    pub(super) file: (u64, u64),
    pub(super) state: State,
}

/// What the thread remembers between groups.
#[derive(Debug, Default)]
pub(super) struct State {
    last_begin: Option<Instant>,
    /// Transactions that wait for room, and why.
    backlog: VecDeque<Pending>,
    blocked: Option<StoreError>,
    /// When it is tried again, while something waits or nothing can be stored.
    retry_at: Option<Instant>,
    /// Whether room is kept for what makes room.
    room_is_kept: bool,
    /// Nobody knows whether a commit that failed is in the database's log; see `settle`.
    unsettled: bool,
    /// Transactions that were in such a commit and are not tried again, and what they are told once it is known.
    untold: Vec<(Done, StoreError)>,
    /// Nothing can be stored any more.
    fatal: Option<StoreError>,
    /// Sessions whose segment is being written or could not be.
    sealing: HashMap<SessionId, Sealing>,
    /// The larger of the last two groups, and the last.
    crowd: usize,
    last_size: usize,
    /// Pages in the database's log after the last commit.
    log_pages: Arc<AtomicI32>,
}

impl Work {
    fn run(mut self) {
        self.watch_log();
        loop {
            let mut group = Group::default();
            let next = self.gather(&mut group);
            if !group.pending.is_empty() {
                self.commit(group);
            }
            match next {
                None => {}
                Some(Job::Write(submitted)) => self.admit(submitted, &mut Group::default()),
                Some(Job::Reserve {
                    count,
                    reply,
                    permit,
                }) => {
                    // A caller that is gone needs no numbers.
                    reply.send(self.reserve(count)).ok();
                    drop(permit);
                }
                Some(Job::Sealed(sealed)) => self.take_segment(sealed),
                Some(Job::SealFailed(session)) => self.seal_later(session),
                Some(Job::MakeRoom(session)) => self.make_room(session),
                Some(Job::Close { reply }) => {
                    let result = self.close();
                    reply.send(result).ok();
                    return;
                }
                Some(Job::Abandon) => return,
            }
        }
    }

    /// Has it noted after each commit how long the database's log is.
    fn watch_log(&mut self) {
        let log_pages = Arc::clone(&self.state.log_pages);
        let hook = move |_: &mut Wal, pages: c_int| {
            log_pages.store(pages, Ordering::Relaxed);
            Ok(())
        };
        if let Err(error) = self.database.wal_hook(Some(hook)) {
            tracing::warn!(%error, "the database's log will grow until the store is closed");
        }
    }

    /// Gathers a group; returns a job that is not a transaction, to be done after it.
    fn gather(&mut self, group: &mut Group) -> Option<Job> {
        let good = self.health.borrow().problem().is_none() && !self.state.unsettled;
        let mut job = if good && self.state.backlog.is_empty() {
            self.state.retry_at = None;
            self.jobs.recv().unwrap_or(Job::Abandon)
        } else {
            self.next_or_retry()?
        };
        let pause = Duration::from_millis(COMMIT_MILLIS);
        let deadline = self.state.last_begin.map(|begin| begin + pause);
        loop {
            match job {
                Job::Write(submitted) => self.admit(submitted, group),
                other => return Some(other),
            }
            // While something waits nothing joins the group, and when it is tried again must not be missed.
            if group.is_large() || self.state.blocked.is_some() {
                return None;
            }
            let everyone_is_back = group.pending.len() >= self.state.crowd;
            let is_worth_it = group.is_worth_a_commit();
            job = match self.jobs.try_recv() {
                Ok(job) => job,
                Err(TryRecvError::Disconnected) => return Some(Job::Abandon),
                Err(TryRecvError::Empty) => {
                    if everyone_is_back || is_worth_it {
                        return None;
                    }
                    let left = deadline?
                        .checked_duration_since(Instant::now())
                        .filter(|_| !group.pending.is_empty())?;
                    match self.jobs.recv_timeout(left) {
                        Ok(job) => job,
                        Err(RecvTimeoutError::Timeout) => return None,
                        Err(RecvTimeoutError::Disconnected) => return Some(Job::Abandon),
                    }
                }
            };
        }
    }

    /// Returns what comes next while something waits for room or nothing can be stored; nothing when that was tried
    /// again, which is due by the clock: whoever is refused meanwhile and asks again must not put it off.
    fn next_or_retry(&mut self) -> Option<Job> {
        let now = Instant::now();
        let soon = now + self.options.full_retry;
        let due = *self.state.retry_at.get_or_insert(soon);
        if now < due {
            match self.jobs.recv_timeout(due - now) {
                Ok(job) => return Some(job),
                Err(RecvTimeoutError::Disconnected) => return Some(Job::Abandon),
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
        self.state.retry_at = None;
        if self.state.backlog.is_empty() {
            self.try_to_write();
        } else {
            self.retry_backlog();
        }
        None
    }

    /// Readies a transaction for the group, or for the line of those that wait for room.
    fn admit(&mut self, submitted: Submitted, group: &mut Group) {
        let Submitted { transaction, done } = submitted;
        let refusal = match (&self.state.fatal, &self.state.blocked) {
            (Some(error), _) => Some(error.clone()),
            (None, Some(error)) if transaction.when_full == WhenFull::Fail => Some(error.clone()),
            _ => None,
        };
        if let Some(error) = refusal {
            done.tell(Err(error));
            return;
        }
        let when_full = transaction.when_full;
        let writes: Result<Vec<_>, _> = transaction
            .writes
            .into_iter()
            .map(|write| self.packer.prepare(write))
            .collect();
        match writes {
            Err(error) => done.tell(Err(error)),
            Ok(writes) => {
                let pending = Pending {
                    writes,
                    when_full,
                    done,
                    refused: None,
                };
                if self.state.blocked.is_some() {
                    self.state.backlog.push_back(pending);
                } else {
                    group.push(pending);
                }
            }
        }
    }

    pub(super) fn retry_backlog(&mut self) {
        self.state.blocked = None;
        while self.state.blocked.is_none() && !self.state.backlog.is_empty() {
            let mut group = Group::default();
            while !group.is_large() {
                let Some(pending) = self.state.backlog.pop_front() else {
                    break;
                };
                group.push(pending);
            }
            self.commit(group);
        }
    }

    /// Looks whether anything can be stored again. Whoever sees that nothing can sends nothing, so
    /// nobody else would find out.
    fn try_to_write(&mut self) {
        // A number that no connection gets, since SQLite does not write what does not change. How it
        // went is told as the store's health.
        self.reserve(1).ok();
    }

    /// Stores a group and tells its senders.
    fn commit(&mut self, mut group: Group) {
        let begin = Instant::now();
        self.state.last_begin = Some(begin);
        let size = group.pending.len();
        self.state.crowd = size.max(self.state.last_size).max(CROWD_MIN);
        self.state.last_size = size;
        match self.transact(|work| work.apply(&mut group.pending)) {
            Ok(()) => {
                let micros = begin.elapsed().as_micros() as u64;
                self.counters.committed(group.rows as u64, micros);
                self.counters
                    .grouped(size, group.packed_bytes, group.has_usage);
                for pending in group.pending {
                    pending.done.tell(pending.refused.map_or(Ok(()), Err));
                    reach(Failpoint::Told);
                }
                self.tidy_log();
            }
            Err(error)
                if self.state.unsettled
                    || matches!(error, StoreError::Full | StoreError::Busy { .. }) =>
            {
                self.put_back(group.pending, &error);
                // What made it fail may be over. How this goes is told as the store's health.
                self.settle().ok();
            }
            Err(error) => {
                for pending in group.pending {
                    pending.done.tell(Err(error.clone()));
                }
            }
        }
    }

    /// Puts what waits of a group that failed before what waits already, and tells the rest that it failed, if that
    /// is known.
    fn put_back(&mut self, group: Vec<Pending>, error: &StoreError) {
        let mut waiting = Vec::new();
        for mut pending in group {
            if pending.when_full == WhenFull::Wait {
                pending.refused = None;
                waiting.push(pending);
            } else if self.state.unsettled {
                self.state.untold.push((pending.done, error.clone()));
            } else {
                pending.done.tell(Err(error.clone()));
            }
        }
        for pending in waiting.into_iter().rev() {
            self.state.backlog.push_front(pending);
        }
        // If nobody waits, the next transaction finds out whether there is room.
        let somebody_waits = !self.state.backlog.is_empty();
        self.state.blocked = somebody_waits.then(|| error.clone());
    }

    /// Applies each transaction; one that does not fit leaves its neighbours alone.
    fn apply(&mut self, group: &mut [Pending]) -> Result<(), Failure> {
        for pending in group {
            self.savepoint("SAVEPOINT one")?;
            let effects = self.applier.effects.len();
            let mut failure = None;
            for write in &pending.writes {
                if let Err(error) = self.applier.apply(&self.database, write) {
                    failure = Some(error);
                    break;
                }
                reach(Failpoint::Written);
            }
            match failure {
                None => self.applier.heads.keep(),
                Some(Failure::Refused(error)) => {
                    self.savepoint("ROLLBACK TO one")?;
                    self.applier.heads.undo();
                    self.applier.effects.truncate(effects);
                    pending.refused = Some(error);
                }
                Some(failure) => return Err(failure),
            }
            self.savepoint("RELEASE one")?;
        }
        Ok(())
    }

    fn savepoint(&self, sql: &str) -> rusqlite::Result<()> {
        self.database.prepare_cached(sql)?.execute([]).map(|_| ())
    }

    fn reserve(&mut self, count: u64) -> Result<ConnEpoch, StoreError> {
        self.transact(|work| work.take_numbers(count))
    }

    /// Takes numbers for connections, within a transaction.
    fn take_numbers(&self, count: u64) -> Result<ConnEpoch, Failure> {
        let first: i64 =
            self.database
                .query_row("SELECT next_conn_epoch FROM host", [], |row| row.get(0))?;
        self.database.execute(
            "UPDATE host SET next_conn_epoch = ?1",
            params![first.saturating_add(to_sql(count))],
        )?;
        Ok(ConnEpoch(from_sql(first)))
    }

    /// Moves the log into the database when it has grown, after the senders were told.
    fn tidy_log(&mut self) {
        if self.state.log_pages.load(Ordering::Relaxed) < LOG_PAGES_MAX {
            return;
        }
        self.state.log_pages.store(0, Ordering::Relaxed);
        let moved = self
            .database
            .query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()));
        if let Err(error) = moved {
            // The log goes on growing until this works, as on a full disk.
            tracing::debug!(%error, "the log was not moved into the database");
        }
        reach(Failpoint::LogMoved);
    }

    fn close(&mut self) -> Result<(), StoreError> {
        if !self.state.backlog.is_empty() {
            self.retry_backlog();
        }
        if let Some(error) = self.state.blocked.take() {
            for pending in self.state.backlog.drain(..) {
                // What may be stored all the same is not said to have failed: it hears that the store is closed.
                if !self.state.unsettled {
                    pending.done.tell(Err(error.clone()));
                }
            }
        }
        if self.counters.is_damaged() {
            return Err(StoreError::Damaged {
                what: self.folder.join(DATABASE).display().to_string(),
            });
        }
        self.transact(|work| {
            work.database.execute("UPDATE host SET clean = 1", [])?;
            Ok(())
        })?;
        let moved = self
            .database
            .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
        if let Err(error) = moved {
            // The next start reads it from the log.
            tracing::warn!(%error, "the log was not moved into the database");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commit_rows_max_and_commit_bytes_max_make_a_group_large() {
        let group = |rows, bytes| Group {
            pending: Vec::new(),
            rows,
            bytes,
            ..Group::default()
        };
        assert!(!group(COMMIT_ROWS_MAX - 1, COMMIT_BYTES_MAX - 1).is_large());
        assert!(group(COMMIT_ROWS_MAX, 0).is_large());
        assert!(group(1, COMMIT_BYTES_MAX).is_large());
    }
}
