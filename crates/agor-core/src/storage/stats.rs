//! Numbers about the store, for people and for the tests of its promises.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use agor_proto::ids::SessionId;
use agor_proto::message::Spread;
use tokio::sync::watch;

use super::read::session_id;
use super::{DATABASE, Store, StoreError, from_sql};
use crate::latency::Latencies;
use crate::load;

/// What the writer counts.
#[derive(Debug, Default)]
pub(super) struct Counters {
    commits: AtomicU64,
    rows: AtomicU64,
    commit_micros: AtomicU64,
    commit_micros_max: AtomicU64,
    failed_groups: AtomicU64,
    sealed: AtomicU64,
    not_sealed: AtomicU64,
    damaged: AtomicBool,
    /// Microseconds of processor time that the writer's thread has used.
    cpu_micros: AtomicU64,
    /// Bytes of output as they were stored.
    packed_bytes: AtomicU64,
    spreads: Mutex<Spreads>,
    /// Changes with every commit, and with those of what agents used.
    changes: watch::Sender<u64>,
    usage_changes: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct Spreads {
    sync: Latencies,
    group: Latencies,
}

/// Tells those who look, if there are any.
fn touch(changes: &watch::Sender<u64>) {
    if changes.receiver_count() > 0 {
        changes.send_modify(|times| *times = times.wrapping_add(1));
    }
}

impl Counters {
    pub(super) fn committed(&self, rows: u64, micros: u64) {
        self.commits.fetch_add(1, Ordering::Relaxed);
        self.rows.fetch_add(rows, Ordering::Relaxed);
        self.commit_micros.fetch_add(micros, Ordering::Relaxed);
        self.commit_micros_max.fetch_max(micros, Ordering::Relaxed);
        let cpu_micros = load::thread_cpu().as_micros() as u64;
        self.cpu_micros.store(cpu_micros, Ordering::Relaxed);
    }

    fn spreads(&self) -> MutexGuard<'_, Spreads> {
        self.spreads.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts how long it took until a commit was safe on disk.
    pub(super) fn synced(&self, took: Duration) {
        self.spreads().sync.add(took);
    }

    /// Counts a group: how many transactions it had, bytes of output that it stored, and whether it has what
    /// agents used.
    pub(super) fn grouped(&self, transactions: usize, packed_bytes: u64, usage: bool) {
        self.spreads().group.add_number(transactions as u64);
        self.packed_bytes.fetch_add(packed_bytes, Ordering::Relaxed);
        touch(&self.changes);
        if usage {
            touch(&self.usage_changes);
        }
    }

    pub(super) fn group_failed(&self) {
        self.failed_groups.fetch_add(1, Ordering::Relaxed);
    }

    /// Notes that SQLite found the database damaged, so that it is not marked as closed in order.
    pub(super) fn damage_was_met(&self) {
        self.damaged.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_damaged(&self) -> bool {
        self.damaged.load(Ordering::Relaxed)
    }

    pub(super) fn not_sealed(&self) {
        self.not_sealed.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn sealed(&self) {
        self.sealed.fetch_add(1, Ordering::Relaxed);
        touch(&self.changes);
    }
}

/// Numbers about the store since it was opened, and its sizes now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stats {
    /// Bytes of the database.
    pub database_bytes: u64,
    /// Bytes of the database's log.
    pub log_bytes: u64,
    /// Commits.
    pub commits: u64,
    /// Rows in all commits.
    pub rows: u64,
    /// Microseconds of a commit on average, from taking the write lock until it was safe on disk.
    pub commit_micros_mean: u64,
    /// Microseconds of the longest commit.
    pub commit_micros_max: u64,
    /// Microseconds until a commit was safe on disk.
    pub sync_micros: Spread,
    /// Transactions in a commit.
    pub group_size: Spread,
    /// Microseconds of processor time that storing has taken.
    pub cpu_micros: u64,
    /// Bytes of output as they were stored: compressed, where that makes them smaller.
    pub packed_bytes: u64,
    /// Groups that failed as a whole, such as on a full disk.
    pub failed_groups: u64,
    /// Segments written.
    pub sealed: u64,
    /// Segments that could not be written when they were due, such as on a full disk.
    pub not_sealed: u64,
    /// KiB of transactions that wait or are being stored.
    pub queued_kib: u64,
    /// Bytes of each session's segments, chunks and pages of history on disk.
    pub session_bytes: BTreeMap<SessionId, u64>,
}

fn file_bytes(path: &Path) -> u64 {
    // A log that is not there yet has no bytes.
    std::fs::metadata(path).map_or(0, |metadata| metadata.len())
}

impl Store {
    /// Returns what changes with every commit.
    #[must_use]
    pub fn watch_commits(&self) -> watch::Receiver<u64> {
        self.0.counters.changes.subscribe()
    }

    /// Returns what changes when it was stored, or forgotten, what agents used.
    #[must_use]
    pub fn watch_usage(&self) -> watch::Receiver<u64> {
        self.0.counters.usage_changes.subscribe()
    }

    /// Returns numbers about the store.
    ///
    /// # Errors
    /// [`StoreError`]. Blocks.
    pub fn stats(&self) -> Result<Stats, StoreError> {
        let session_bytes = self.0.readers.read("reading sizes", |database| {
            let mut statement = database.prepare_cached(
                "SELECT id, \
                 (SELECT COALESCE(SUM(size_bytes), 0) FROM segments WHERE session = key) + \
                 (SELECT COALESCE(SUM(LENGTH(body)), 0) FROM chunks WHERE session = key) + \
                 (SELECT COALESCE(SUM(LENGTH(body)), 0) FROM pages WHERE session = key) \
                 FROM sessions ORDER BY id",
            )?;
            let mut rows = statement.query([])?;
            let mut sessions = BTreeMap::new();
            while let Some(row) = rows.next()? {
                sessions.insert(session_id(row.get(0)?)?, from_sql(row.get(1)?));
            }
            Ok(sessions)
        })?;
        let counters = &self.0.counters;
        let (sync_micros, group_size) = {
            let spreads = counters.spreads();
            (spreads.sync.spread(), spreads.group.spread())
        };
        let commits = counters.commits.load(Ordering::Relaxed);
        let database = self.0.folder.join(DATABASE);
        Ok(Stats {
            database_bytes: file_bytes(&database),
            log_bytes: file_bytes(&database.with_extension("db-wal")),
            commits,
            rows: counters.rows.load(Ordering::Relaxed),
            commit_micros_mean: counters
                .commit_micros
                .load(Ordering::Relaxed)
                .checked_div(commits)
                .unwrap_or(0),
            commit_micros_max: counters.commit_micros_max.load(Ordering::Relaxed),
            sync_micros,
            group_size,
            cpu_micros: counters.cpu_micros.load(Ordering::Relaxed),
            packed_bytes: counters.packed_bytes.load(Ordering::Relaxed),
            failed_groups: counters.failed_groups.load(Ordering::Relaxed),
            sealed: counters.sealed.load(Ordering::Relaxed),
            not_sealed: counters.not_sealed.load(Ordering::Relaxed),
            queued_kib: self.0.queue.waiting_kib(),
            session_bytes,
        })
    }
}
