//! The way to the writer: a bounded queue of transactions, and its own work beside it.
//!
//! The queue is bounded by what its transactions weigh, until they are stored or failed: while the
//! disk is full, those that wait for room fill their part and their senders wait, which is the
//! backpressure that agents feel. Those that fail on a full disk have a part of their own.

use std::sync::Arc;
use std::sync::mpsc::SyncSender;

use agor_proto::ids::{ConnEpoch, SessionId};
use agor_proto::limits::STORE_WAITING_KIB_MAX;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use super::apply::Sealed;
use super::{OnDone, QueueFull, StoreError, Transaction, WhenFull, Write};

/// What transactions that fail on a full disk may weigh together, in KiB.
const FAILING_KIB_MAX: u32 = 8 * 1024;
/// What a small transaction weighs, in KiB, so that there are not too many of them.
const WEIGHT_MIN_KIB: u32 = 32;
/// What the channel holds: as many jobs as there can be places taken, what the files' thread hands
/// back (one at a time) and the last job. So no sender ever waits for the channel itself.
pub(super) const JOBS_MAX: usize =
    ((STORE_WAITING_KIB_MAX + FAILING_KIB_MAX) / WEIGHT_MIN_KIB) as usize + 8;

/// What the writer is asked to do.
#[derive(Debug)]
pub(super) enum Job {
    /// Store a transaction.
    Write(Submitted),
    /// Reserve numbers for connections.
    Reserve {
        count: u64,
        reply: oneshot::Sender<Result<ConnEpoch, StoreError>>,
        /// Its place in the queue.
        permit: OwnedSemaphorePermit,
    },
    /// Take in a segment that is safe on disk.
    Sealed(Sealed),
    /// A session's segment could not be written for now.
    SealFailed(SessionId),
    /// Delete a session's files and try again what waits for room.
    MakeRoom(SessionId),
    /// Mark the store as closed in order and end.
    Close {
        reply: SyncSender<Result<(), StoreError>>,
    },
    /// End.
    Abandon,
}

/// A transaction on its way.
#[derive(Debug)]
pub(super) struct Submitted {
    pub(super) transaction: Transaction,
    pub(super) done: Done,
}

/// Tells the sender of a transaction how it ended, exactly once: if it is dropped, that the store
/// is closed.
pub(super) struct Done {
    on_done: Option<OnDone>,
    /// Its place in the queue.
    _permit: OwnedSemaphorePermit,
}

impl Done {
    pub(super) fn tell(mut self, result: Result<(), StoreError>) {
        if let Some(on_done) = self.on_done.take() {
            on_done(result);
        }
    }
}

impl Drop for Done {
    fn drop(&mut self) {
        if let Some(on_done) = self.on_done.take() {
            on_done(Err(StoreError::Closed));
        }
    }
}

impl std::fmt::Debug for Done {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Done")
    }
}

/// The senders' side.
#[derive(Debug)]
pub(super) struct Queue {
    jobs: SyncSender<Job>,
    waiting: Arc<Semaphore>,
    failing: Arc<Semaphore>,
}

impl Queue {
    pub(super) fn new(jobs: SyncSender<Job>) -> Self {
        Self {
            jobs,
            waiting: Arc::new(Semaphore::new(STORE_WAITING_KIB_MAX as usize)),
            failing: Arc::new(Semaphore::new(FAILING_KIB_MAX as usize)),
        }
    }

    fn part(&self, transaction: &Transaction) -> (Arc<Semaphore>, u32) {
        let (part, max) = match transaction.when_full {
            WhenFull::Wait => (&self.waiting, STORE_WAITING_KIB_MAX),
            WhenFull::Fail => (&self.failing, FAILING_KIB_MAX),
        };
        (Arc::clone(part), weight_kib(transaction).min(max))
    }

    pub(super) fn submit(
        &self,
        transaction: Transaction,
        on_done: OnDone,
    ) -> Result<(), QueueFull> {
        let (part, weight) = self.part(&transaction);
        match part.try_acquire_many_owned(weight) {
            Ok(permit) => {
                self.push_write(transaction, on_done, permit);
                Ok(())
            }
            Err(_) => Err(QueueFull(transaction, on_done)),
        }
    }

    pub(super) async fn submit_waiting(&self, transaction: Transaction, on_done: OnDone) {
        let (part, weight) = self.part(&transaction);
        match part.acquire_many_owned(weight).await {
            Ok(permit) => self.push_write(transaction, on_done, permit),
            Err(_) => on_done(Err(StoreError::Closed)),
        }
    }

    fn push_write(&self, transaction: Transaction, on_done: OnDone, permit: OwnedSemaphorePermit) {
        let done = Done {
            on_done: Some(on_done),
            _permit: permit,
        };
        self.push(Job::Write(Submitted { transaction, done }));
    }

    pub(super) async fn reserve(&self, count: u64) -> Result<ConnEpoch, StoreError> {
        let permit = Arc::clone(&self.failing)
            .acquire_many_owned(WEIGHT_MIN_KIB)
            .await
            .map_err(|_| StoreError::Closed)?;
        let (reply, reserved) = oneshot::channel();
        self.push(Job::Reserve {
            count,
            reply,
            permit,
        });
        reserved.await.unwrap_or(Err(StoreError::Closed))
    }

    /// Hands the writer a job. If the writer is gone, the job's sender hears so by its drop.
    pub(super) fn push(&self, job: Job) {
        drop(self.jobs.send(job));
    }

    /// Hands the writer a job if the channel has room for one more than it was made for.
    pub(super) fn push_if_room(&self, job: Job) -> bool {
        self.jobs.try_send(job).is_ok()
    }

    /// Returns how much waits or is being stored, in KiB.
    pub(super) fn waiting_kib(&self) -> u64 {
        let free = self.waiting.available_permits() + self.failing.available_permits();
        u64::from(STORE_WAITING_KIB_MAX + FAILING_KIB_MAX).saturating_sub(free as u64)
    }
}

fn weight_kib(transaction: &Transaction) -> u32 {
    let kib: usize = transaction
        .writes
        .iter()
        .map(|write| match write {
            Write::AppendRecord { bytes, .. } => bytes.len() / 1024,
            Write::PutCheckpoint { data, .. } => data.len() / 1024,
            Write::PutPage { page, .. } => page.page.size_bytes() / 1024,
            Write::AppendEvents { events, .. } => events.len(),
            _ => 1,
        })
        .sum();
    u32::try_from(kib).unwrap_or(u32::MAX).max(WEIGHT_MIN_KIB)
}
