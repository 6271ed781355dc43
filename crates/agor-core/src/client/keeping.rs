//! Writes down what a client keeps of its commands, off its task, and says when that is done. What cannot
//! be stored never keeps a command from being sent (FAILURES B14): then it is in memory alone, and that is told.

use std::sync::Arc;

use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::storage::{Change, Claim};

/// See the module. What waits is bounded by the outbox, since nothing is sent before it is written.
pub struct Keeping {
    claim: Arc<Claim>,
    waiting: Vec<Change>,
    under_way: Option<UnderWay>,
    complaint: watch::Sender<Option<String>>,
}

struct UnderWay {
    changes: Arc<[Change]>,
    task: JoinHandle<Result<(), String>>,
}

impl Keeping {
    /// Returns what writes into the rows of `claim` and says on `complaint` why it cannot.
    pub fn new(claim: Arc<Claim>, complaint: watch::Sender<Option<String>>) -> Self {
        Self {
            claim,
            waiting: Vec::new(),
            under_way: None,
            complaint,
        }
    }

    /// Has a change stored, after those before it.
    pub fn put(&mut self, change: Change) {
        self.waiting.push(change);
        self.begin();
    }

    /// Says whether everything is stored.
    pub fn is_done(&self) -> bool {
        self.under_way.is_none()
    }

    /// Stores together what has gathered.
    fn begin(&mut self) {
        if self.under_way.is_some() || self.waiting.is_empty() {
            return;
        }
        let changes: Arc<[Change]> = std::mem::take(&mut self.waiting).into();
        let (claim, batch) = (Arc::clone(&self.claim), Arc::clone(&changes));
        let task = tokio::task::spawn_blocking(move || {
            claim.write(&batch).map_err(|error| error.to_string())
        });
        self.under_way = Some(UnderWay { changes, task });
    }

    /// Waits until changes were stored and returns them; for ever if there are none.
    pub async fn stored(&mut self) -> Arc<[Change]> {
        let Some(UnderWay { changes, task }) = &mut self.under_way else {
            return std::future::pending().await;
        };
        let stored = task.await.map_err(|error| error.to_string());
        let changes = Arc::clone(changes);
        self.under_way = None;
        let complaint = stored.and_then(|stored| stored).err();
        if let Some(error) = &complaint {
            tracing::warn!(error, "commands on their way are not written down");
        }
        self.complaint.send_if_modified(|told| {
            let differs = *told != complaint;
            *told = complaint;
            differs
        });
        self.begin();
        changes
    }
}
