//! What statistics show of a session.

use agor_proto::ids::{ConnEpoch, Offset};
use agor_term::Terminal;

use super::Session;
use crate::latency::Latencies;

/// What statistics show of a session.
#[derive(Debug, Clone, Copy)]
pub struct Figures {
    /// How far its record goes.
    pub offset: Offset,
    /// Bytes of it that wait in the ring.
    pub ring_bytes: u64,
    /// How far its record is on disk.
    pub committed: Offset,
    /// Connections that follow it.
    pub subscribers: usize,
    /// Screen updates sent so far.
    pub updates: u64,
    /// Rows of history in memory.
    pub history_rows: u32,
    /// Answers of its terminal that were dropped.
    pub replies_dropped: u64,
    /// Changes of the screen that a later one overtook before they were sent.
    pub coalesced: u64,
    /// Holes in its record since the host began.
    pub gaps: u64,
    /// Lines of its agent's transcript that were too long to be read.
    pub long_lines: u64,
    /// How long its commands took.
    pub latencies: Latencies,
}

impl Session {
    /// Returns the sizes that statistics show: committed offset, subscribers, updates sent, rows
    /// of history in memory.
    #[must_use]
    pub fn figures(&self) -> Figures {
        Figures {
            offset: self.fold.offset(),
            committed: self.journal.committed_offset(),
            subscribers: self.subscribers.len(),
            updates: self.screens.updates_sent(),
            history_rows: self.fold.terminal().map_or(0, |t| t.history().rows),
            replies_dropped: self.fold.terminal().map_or(0, Terminal::replies_dropped),
            ring_bytes: 0,
            coalesced: self.screens.coalesced(),
            gaps: self.journal.gaps(),
            long_lines: self.agent.long_lines(),
            latencies: self.commands.latencies,
        }
    }

    /// Returns how many changes of the screen a later one overtook before they were sent, for each connection.
    pub fn overtaken(&self) -> impl Iterator<Item = (ConnEpoch, u64)> {
        self.screens.coalesced_of_each()
    }
}
