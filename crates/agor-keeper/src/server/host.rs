//! The connections of hosts: the one that holds the keeper, and those that have not said Hello.

use std::{collections::BTreeMap, os::fd::OwnedFd, rc::Rc, time::Instant};

use crate::{
    Event, KeeperError, RingFds, SessionKey, caps,
    protocol::channel::{Channel, Descriptors},
};

/// The keeper's end of a connection.
pub(super) type HostChannel = Channel<Rc<RingFds>>;

/// A connection that has not said Hello.
pub(super) struct Guest {
    pub(super) channel: HostChannel,
    pub(super) since: Instant,
}

impl Guest {
    pub(super) fn new(socket: OwnedFd, now: Instant) -> Self {
        Self {
            channel: Channel::new(socket, Descriptors::Refused),
            since: now,
        }
    }
}

/// The host that holds the keeper.
pub(super) struct Host {
    pub(super) channel: HostChannel,
    /// Inputs written but not yet confirmed: the last of each source says it all, so a host that
    /// does not read makes this no longer than there are sources.
    done: BTreeMap<(SessionKey, u128), u64>,
}

impl Host {
    pub(super) fn new(channel: HostChannel) -> Self {
        Self {
            channel,
            done: BTreeMap::new(),
        }
    }

    /// Queues an event that carries no ring.
    pub(super) fn tell(&mut self, event: &Event) -> Result<(), KeeperError> {
        self.channel.queue(event.encode(), None)
    }

    /// Queues a message that lends a ring.
    pub(super) fn lend(
        &mut self,
        message: (u8, Vec<u8>),
        ring: &Rc<RingFds>,
    ) -> Result<(), KeeperError> {
        self.channel.queue(message, Some(Rc::clone(ring)))
    }

    /// Notes that every input of the source up to `seq` was written.
    pub(super) fn confirm(&mut self, session: SessionKey, source: u128, seq: u64) {
        let last = self.done.entry((session, source)).or_default();
        *last = seq.max(*last);
    }

    /// Returns whether the host reads so slowly that no more is taken from it.
    pub(super) fn is_paused(&self) -> bool {
        self.channel.queued_bytes() > caps::OUT_QUEUE_PAUSE_BYTES
    }

    /// Sends what waits; fails if the connection is to be dropped.
    pub(super) fn flush(&mut self) -> Result<(), KeeperError> {
        self.channel.flush()?;
        if !self.is_paused() && !self.done.is_empty() {
            for ((session, source), seq) in std::mem::take(&mut self.done) {
                self.tell(&Event::InputDone {
                    session,
                    source,
                    seq,
                })?;
            }
            self.channel.flush()?;
        }
        let queued_bytes = self.channel.queued_bytes();
        if queued_bytes > caps::OUT_QUEUE_BYTES {
            return Err(KeeperError::Backlog { queued_bytes });
        }
        Ok(())
    }
}
