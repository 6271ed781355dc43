//! The connections that follow a session's events, each at its own place.
//!
//! A subscriber is either reading what is stored or live; it becomes live in the same step in
//! which its next event is the next that will be committed, so nothing is missed or told twice.

use std::collections::BTreeMap;

use agor_proto::event::{Event, LogCursor};
use agor_proto::ids::{ConnEpoch, Seq, SessionId};
use agor_proto::limits::{BULK_CHUNK_MAX, EVENT_BATCH_MAX, TAIL_MAX};
use agor_proto::message::{Events, Live, SnapshotReason, Start, Subscribed};

use super::Effect;
use super::journal::Journal;
use crate::rules::{Rule, holds};

/// See the module.
#[derive(Debug, Default)]
#[cfg_attr(test, derive(Clone))]
pub struct Subscribers {
    by_conn: BTreeMap<ConnEpoch, Subscriber>,
}

#[derive(Debug, Clone, Copy)]
struct Subscriber {
    /// The next event to tell it.
    next: Seq,
    /// Whether it gets events as they are committed.
    live: bool,
    /// Whether stored events were asked for and have not come.
    reading: bool,
}

impl Subscribers {
    /// Returns how many there are.
    pub fn len(&self) -> usize {
        self.by_conn.len()
    }

    /// Returns the connections that follow.
    #[cfg(test)]
    pub fn conns(&self) -> impl Iterator<Item = ConnEpoch> {
        self.by_conn.keys().copied()
    }

    /// Decides from where on `conn` is told events, and begins.
    pub fn add(
        &mut self,
        conn: ConnEpoch,
        session: SessionId,
        cursor: &LogCursor,
        journal: &Journal,
        effects: &mut Vec<Effect>,
    ) {
        let committed = journal.committed_seq();
        let snapshot = |reason| Start::Snapshot { reason };
        let first_kept = journal.first_kept();
        let pruned = cursor.applied.next() < first_kept;
        let start = if cursor.applied == Seq(0) {
            snapshot(SnapshotReason::Fresh)
        } else if cursor.epoch != journal.epoch() {
            snapshot(SnapshotReason::EpochChanged)
        } else if cursor.applied > committed {
            snapshot(SnapshotReason::CursorAhead)
        } else if pruned {
            snapshot(SnapshotReason::Pruned)
        } else if committed.0 - cursor.applied.0 > TAIL_MAX {
            snapshot(SnapshotReason::TooFar)
        } else {
            Start::Tail
        };
        let after = match start {
            Start::Tail => cursor.applied,
            Start::Snapshot { .. } => {
                let before_kept = Seq(first_kept.0.saturating_sub(1));
                before_kept.max(Seq(committed.0.saturating_sub(TAIL_MAX)))
            }
        };
        let from = after.next();
        let epoch = journal.epoch();
        effects.push(Effect::Send(
            conn,
            Subscribed {
                session,
                epoch,
                from,
                start,
            }
            .into(),
        ));
        self.by_conn.insert(
            conn,
            Subscriber {
                next: from,
                live: false,
                reading: false,
            },
        );
        match journal.recent_after(after) {
            Some(events) => self.replayed(conn, session, events, journal, effects),
            None => self.read(conn, effects),
        }
    }

    /// Ends a subscription.
    pub fn remove(&mut self, conn: ConnEpoch) {
        self.by_conn.remove(&conn);
    }

    /// Asks for the stored events from a subscriber's next one on, unless some are on their way.
    fn read(&mut self, conn: ConnEpoch, effects: &mut Vec<Effect>) {
        if let Some(subscriber) = self.by_conn.get_mut(&conn)
            && !subscriber.reading
        {
            subscriber.reading = true;
            effects.push(Effect::Replay {
                conn,
                after: Seq(subscriber.next.0 - 1),
            });
        }
    }

    /// Tells stored events, and makes the subscriber live if they were the last. Events that do not
    /// go on where it is (it was set back meanwhile) are read again. Those whose commit was not heard
    /// of yet are told with it: a client that came back with them before that would be taken for one
    /// that is ahead.
    pub fn replayed(
        &mut self,
        conn: ConnEpoch,
        session: SessionId,
        events: Vec<Event>,
        journal: &Journal,
        effects: &mut Vec<Effect>,
    ) {
        let Some(subscriber) = self.by_conn.get_mut(&conn) else {
            return;
        };
        subscriber.reading = false;
        if subscriber.next < journal.first_kept() {
            // What it was to be told next was given up meanwhile: it begins at what is kept.
            let cursor = LogCursor {
                session,
                epoch: journal.epoch(),
                applied: Seq(subscriber.next.0 - 1),
            };
            return self.add(conn, session, &cursor, journal, effects);
        }
        let mut fresh: Vec<Event> = events
            .into_iter()
            .filter(|event| event.seq >= subscriber.next)
            .filter(|event| event.seq <= journal.committed_seq() || !holds(Rule::TellWithTheCommit))
            .collect();
        if fresh
            .first()
            .is_some_and(|first| first.seq > subscriber.next)
        {
            return self.read(conn, effects);
        }
        if fresh.is_empty() && subscriber.next <= journal.committed_seq() {
            // What was just committed, and all that a private session has, is in memory.
            let after = Seq(subscriber.next.0 - 1);
            match journal.recent_after(after) {
                Some(recent) => fresh = recent,
                // The store has less than it said: the client misses something and asks again.
                None => return,
            }
        }
        if let Some(last) = fresh.last() {
            subscriber.next = last.seq.next();
        }
        let caught_up = subscriber.next > journal.committed_seq();
        subscriber.live = caught_up;
        let seq = Seq(subscriber.next.0 - 1);
        tell(conn, session, &fresh, effects);
        if caught_up {
            effects.push(Effect::Send(conn, Live { session, seq }.into()));
        } else {
            self.read(conn, effects);
        }
    }

    /// Asks again for what could not be read: a subscriber goes without nothing that is stored.
    pub fn read_again(&mut self, conn: ConnEpoch, effects: &mut Vec<Effect>) {
        if let Some(subscriber) = self.by_conn.get_mut(&conn)
            && std::mem::take(&mut subscriber.reading)
        {
            self.read(conn, effects);
        }
    }

    /// Makes a subscriber whose queue did not take the events from `untold` on read them from the
    /// store once there is room.
    pub fn overflowed(&mut self, conn: ConnEpoch, untold: Seq, effects: &mut Vec<Effect>) {
        let subscriber = self.by_conn.get_mut(&conn);
        if let Some(subscriber) = subscriber.filter(|_| holds(Rule::TellWhatDidNotFit)) {
            subscriber.next = subscriber.next.min(untold);
            subscriber.live = false;
            self.read(conn, effects);
        }
    }

    /// Tells the live subscribers events that were committed just now.
    pub fn publish(&mut self, session: SessionId, events: &[Event], effects: &mut Vec<Effect>) {
        let Some(last) = events.last() else {
            return;
        };
        for (&conn, subscriber) in self.by_conn.iter_mut().filter(|(_, s)| s.live) {
            subscriber.next = subscriber.next.max(last.seq.next());
            tell(conn, session, events, effects);
        }
    }
}

fn tell(conn: ConnEpoch, session: SessionId, events: &[Event], effects: &mut Vec<Effect>) {
    effects.extend(batches(events).map(|batch| {
        let events = batch.to_vec();
        Effect::Send(conn, Events { session, events }.into())
    }));
}

/// Cuts events into batches that fit a frame.
pub fn batches(events: &[Event]) -> impl Iterator<Item = &[Event]> {
    let mut rest = events;
    std::iter::from_fn(move || {
        let mut size_bytes = 0;
        let fits = rest.iter().take(EVENT_BATCH_MAX).take_while(|event| {
            size_bytes += event.size_bytes_about();
            size_bytes <= BULK_CHUNK_MAX
        });
        // One that is larger than a batch goes alone.
        let count = fits.count().max(1).min(rest.len());
        let (batch, after) = rest.split_at(count);
        rest = after;
        (!batch.is_empty()).then_some(batch)
    })
}
