//! When a session's chunks become a segment, as the writer sees it; `files` writes it.

use std::time::{Duration, Instant};

use agor_proto::ids::SessionId;

use super::super::apply::{Effect, Sealed};
use super::super::failpoint::{Failpoint, reach};
use super::super::files::{FileJob, hand_over};
use super::Work;

/// A session's segment is tried again after this, if it could not be written.
const SEAL_RETRY: Duration = Duration::from_secs(5);

/// How a session's segment fares that was begun with so many bytes outside of segments.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sealing {
    unsealed: u64,
    /// When to try again; none while it is being written.
    again: Option<Instant>,
}

impl Work {
    pub(super) fn seal_if_due(&mut self, session: SessionId, unsealed: u64) {
        if unsealed < self.options.segment_bytes {
            return;
        }
        let may_try = match self.state.sealing.get(&session) {
            None => true,
            Some(Sealing { again: None, .. }) => false,
            Some(Sealing {
                unsealed: then,
                again: Some(again),
            }) => {
                // With more output there may be a segment where there was none, as behind a gap.
                *again <= Instant::now() || unsealed >= then + self.options.segment_bytes
            }
        };
        if may_try && self.files.try_send(FileJob::Seal { session }).is_ok() {
            let sealing = Sealing {
                unsealed,
                again: None,
            };
            self.state.sealing.insert(session, sealing);
        }
    }

    pub(super) fn seal_later(&mut self, session: SessionId) {
        self.counters.not_sealed();
        if let Some(sealing) = self.state.sealing.get_mut(&session) {
            sealing.again = Some(Instant::now() + SEAL_RETRY);
        }
    }

    pub(super) fn take_segment(&mut self, sealed: Sealed) {
        // Removed first, since the commit may find that the next one is due.
        let sealing = self.state.sealing.remove(&sealed.session);
        let taken = self.transact(|work| work.applier.seal(&work.database, &sealed));
        match &taken {
            Ok(true) => {
                self.counters.sealed();
                reach(Failpoint::SegmentTaken);
                return;
            }
            Ok(false) => {}
            Err(error) => {
                tracing::warn!(session_id = %sealed.session, %error, "a segment was not taken in");
                let sealing = sealing.map(|sealing| (sealed.session, sealing));
                self.state.sealing.extend(sealing);
                self.seal_later(sealed.session);
            }
        }
        if self.state.unsettled {
            // The next host may find that it was taken in, and else deletes it.
            return;
        }
        // Its chunks are still in the database, or its session is gone.
        let effect = Effect::DeleteSegment {
            session: sealed.session,
            file: sealed.file,
        };
        hand_over(&self.files, &self.folder, effect);
    }
}
