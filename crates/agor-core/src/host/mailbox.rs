//! What comes back to a session from those whom it asked: the keeper and the store.
//!
//! Putting something in never waits, so keeper and store cannot be held up by a session. It is
//! bounded by what the session asked for: each request has at most one answer here, what an agent's registry
//! says comes when that changes, and that there is more in its transcript four times a second.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use agor_keeper::{Event as KeeperEvent, RingReader};
use agor_proto::event::Event;
use agor_proto::ids::ConnEpoch;
use tokio::sync::Notify;

use crate::agents::Foreground;
use crate::agents::here::Found;
use crate::agents::registry::Entry;
use crate::storage::StoreError;

/// Something that came back.
#[derive(Debug)]
pub enum Note {
    /// A piece of the agent's transcript was read.
    Transcript(Vec<u8>),
    /// There may be more in the agent's transcript.
    TranscriptGrew,
    /// The agent's conversation was looked for.
    Conversation(Found),
    /// It was looked who has the terminal of the session whose program it names.
    Foreground(u32, Option<Foreground>),
    /// The registry of an agent says something of the process of that number.
    Registry(u32, Entry),
    /// The keeper said something about the session.
    Keeper(KeeperEvent),
    /// The keeper has had a ring for the session since before this host.
    Kept(RingReader),
    /// The keeper has started the session's program.
    Started {
        /// The ring.
        ring: RingReader,
        /// The program.
        pid: u32,
    },
    /// The session could not be started, or its ring could not be mapped.
    StartFailed {
        /// Why, in a sentence.
        reason: String,
        /// What the system said of the folder, if it could not be started there.
        cwd_errno: Option<i32>,
    },
    /// The keeper is gone.
    KeeperLost,
    /// A transaction came to its end.
    Written(Result<(), StoreError>),
    /// Stored events were read.
    Replayed(ConnEpoch, Vec<Event>),
    /// Stored events could not be read, some time ago.
    Unreadable(ConnEpoch),
}

impl Note {
    /// Returns that a session could not be started, for a reason that has nothing to do with its
    /// folder.
    pub fn failed(reason: String) -> Self {
        Self::StartFailed {
            reason,
            cwd_errno: None,
        }
    }
}

/// See the module.
#[derive(Debug, Clone, Default)]
pub struct Mailbox(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    notes: Mutex<VecDeque<Note>>,
    came: Notify,
}

impl Mailbox {
    /// Puts a note in.
    pub fn put(&self, note: Note) {
        self.0
            .notes
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push_back(note);
        self.0.came.notify_one();
    }

    /// Returns the oldest note, once there is one.
    pub async fn take(&self) -> Note {
        loop {
            let came = self.0.came.notified();
            let note = self
                .0
                .notes
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .pop_front();
            if let Some(note) = note {
                // Others may have come with one notification.
                self.0.came.notify_one();
                return note;
            }
            came.await;
        }
    }
}
