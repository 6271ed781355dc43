//! The connections that follow a session's events, each at its own place.
//!
//! A subscriber is either reading what is stored or live; it becomes live in the same step in
//! which its next event is the next that will be committed, so nothing is missed or told twice.

use std::collections::BTreeMap;

use agor_proto::event::{Event, LogCursor};
use agor_proto::ids::{ConnEpoch, Seq, SessionId};
use agor_proto::limits::{EVENT_BATCH_MAX, TAIL_MAX};
use agor_proto::message::{Events, Live, SnapshotReason, Start, Subscribed};

use super::Effect;
use super::journal::Journal;

/// See the module.
#[derive(Debug, Default)]
pub struct Subscribers {
    by_conn: BTreeMap<ConnEpoch, Subscriber>,
}

#[derive(Debug, Clone, Copy)]
struct Subscriber {
    /// The next event to tell it.
    next: Seq,
    /// Whether it gets events as they are committed.
    live: bool,
}

impl Subscribers {
    /// Returns how many there are.
    pub fn len(&self) -> usize {
        self.by_conn.len()
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
            },
        );
        match journal.recent_after(after) {
            Some(events) => self.replayed(conn, session, events, journal, effects),
            None => effects.push(Effect::Replay { conn, after }),
        }
    }

    /// Ends a subscription.
    pub fn remove(&mut self, conn: ConnEpoch) {
        self.by_conn.remove(&conn);
    }

    /// Tells stored events, and makes the subscriber live if they were the last.
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
        let fresh: Vec<Event> = events
            .into_iter()
            .filter(|event| event.seq >= subscriber.next)
            .collect();
        let came = !fresh.is_empty();
        if let Some(last) = fresh.last() {
            subscriber.next = last.seq.next();
        }
        tell(conn, session, &fresh, effects);
        if subscriber.next > journal.committed_seq() {
            subscriber.live = true;
            let seq = Seq(subscriber.next.0 - 1);
            effects.push(Effect::Send(conn, Live { session, seq }.into()));
        } else if came {
            effects.push(Effect::Replay {
                conn,
                after: Seq(subscriber.next.0 - 1),
            });
        }
        // Otherwise the store has less than it said: the subscriber stays where it is, and its
        // client asks again when it misses something.
    }

    /// Makes a subscriber whose queue did not take the events from `untold` on read them from the
    /// store once there is room.
    pub fn overflowed(&mut self, conn: ConnEpoch, untold: Seq, effects: &mut Vec<Effect>) {
        let Some(subscriber) = self.by_conn.get_mut(&conn) else {
            return;
        };
        subscriber.next = subscriber.next.min(untold);
        if subscriber.live {
            subscriber.live = false;
            effects.push(Effect::Replay {
                conn,
                after: Seq(subscriber.next.0 - 1),
            });
        }
    }

    /// Tells the live subscribers events that were committed just now.
    pub fn publish(&mut self, session: SessionId, events: &[Event], effects: &mut Vec<Effect>) {
        let Some(last) = events.last() else {
            return;
        };
        for (&conn, subscriber) in self.by_conn.iter_mut().filter(|(_, s)| s.live) {
            subscriber.next = last.seq.next();
            tell(conn, session, events, effects);
        }
    }
}

fn tell(conn: ConnEpoch, session: SessionId, events: &[Event], effects: &mut Vec<Effect>) {
    for batch in events.chunks(EVENT_BATCH_MAX) {
        let events = batch.to_vec();
        effects.push(Effect::Send(conn, Events { session, events }.into()));
    }
}
