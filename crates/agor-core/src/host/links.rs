//! The links that are open: whose each is, and what is counted of it. All of that is seen from what goes over
//! it; what sessions count of a link (screens that were overtaken) is added when figures are wanted.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use agor_proto::frame::{HEADER_BYTES, Lane};
use agor_proto::ids::{ClientId, CommandId, ConnEpoch, ScreenRev, SessionId};
use agor_proto::limits::{FOLLOWS_MAX, SESSIONS_MAX};
use agor_proto::message::{LaneStats, LinkStats, Message, RoundTrip};

use super::outbox::Outbox;
use crate::latency::Latencies;

/// Clients of which it is known how their earlier links ended; older ones are forgotten.
const FORMER_MAX: usize = 256;

/// Reasons for which one client's links ended that are told apart; further ones are counted together.
const REASONS_MAX: usize = 8;

/// Commands of one link whose time is taken at once; of more, some are measured.
const TIMED_MAX: usize = 1_024;

/// See the module.
#[derive(Debug, Default)]
pub struct Links {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    open: BTreeMap<ConnEpoch, Open>,
    /// How earlier links ended, by client; the one that ended last is the last.
    former: VecDeque<(ClientId, BTreeMap<String, u64>)>,
}

#[derive(Debug)]
struct Open {
    client: ClientId,
    program: String,
    pid: Option<i32>,
    since: Instant,
    outbox: Outbox,
}

impl Links {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes that a client was taken.
    pub fn opened(
        &self,
        conn: ConnEpoch,
        (client, program): (ClientId, &str),
        pid: Option<i32>,
        outbox: &Outbox,
    ) {
        let open = Open {
            client,
            program: program.chars().take(200).collect(),
            pid,
            since: Instant::now(),
            outbox: outbox.clone(),
        };
        self.state().open.insert(conn, open);
    }

    /// Notes that a link is gone, and why.
    pub fn closed(&self, conn: ConnEpoch, reason: &str) {
        let mut state = self.state();
        let Some(Open { client, .. }) = state.open.remove(&conn) else {
            return;
        };
        let known = state.former.iter().position(|(known, _)| *known == client);
        let known = known.and_then(|at| state.former.remove(at));
        let (_, mut reasons) = known.unwrap_or((client, BTreeMap::new()));
        let told = reasons.len() < REASONS_MAX || reasons.contains_key(reason);
        let reason = if told { reason } else { "other reasons" };
        *reasons.entry(reason.to_owned()).or_default() += 1;
        state.former.push_back((client, reasons));
        let excess = state.former.len().saturating_sub(FORMER_MAX);
        state.former.drain(..excess);
    }

    /// Returns how each link is, the oldest first.
    #[must_use]
    pub fn figures(&self) -> Vec<LinkStats> {
        let state = self.state();
        let figures = state.open.iter().map(|(conn, open)| {
            let former = state.former.iter().find(|it| it.0 == open.client);
            let ended = former.map(|it| it.1.clone()).unwrap_or_default();
            LinkStats {
                conn: conn.0,
                client: open.client.to_string(),
                program: open.program.clone(),
                pid: open.pid,
                open_millis: open.since.elapsed().as_millis() as u64,
                before: ended.values().sum(),
                ended,
                queued: open.outbox.waiting() as u64,
                ..open.outbox.counts().figures()
            }
        });
        figures.collect()
    }
}

/// What is counted of one link.
#[derive(Debug, Clone, Default)]
pub struct LinkCounts(Arc<Mutex<Counted>>);

#[derive(Debug, Default)]
struct Counted {
    lanes: [LaneStats; Lane::ALL.len()],
    round_trip: Option<RoundTrip>,
    queued_max: u64,
    updates: u64,
    gaps: u64,
    whole_screens: u64,
    replayed_events: u64,
    overflows: u64,
    unknown_frames: u64,
    /// Sessions that the client follows.
    followed: BTreeSet<SessionId>,
    /// Those of which it is told what it missed.
    behind: BTreeSet<SessionId>,
    /// How many other things it follows.
    follows: usize,
    begun: BTreeMap<CommandId, Instant>,
    commands: Latencies,
}

/// One thing that a client follows.
#[derive(Debug)]
pub struct Follows(LinkCounts);

impl Drop for Follows {
    fn drop(&mut self) {
        self.0.counted().follows -= 1;
    }
}

impl LinkCounts {
    /// Has the client follow one thing more, for as long as the value lives; `None` if it follows as many as it may.
    pub fn follow(&self) -> Option<Follows> {
        let mut counted = self.counted();
        let may = counted.follows < FOLLOWS_MAX;
        counted.follows += usize::from(may);
        may.then(|| Follows(self.clone()))
    }

    fn counted(&self) -> MutexGuard<'_, Counted> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a message that came in a body of so many bytes, and how many frames that nobody here understands
    /// came before it.
    pub fn received(&self, message: &Message, body_bytes: usize, unknown_frames: u64) {
        let mut counted = self.counted();
        counted.unknown_frames = unknown_frames;
        let lane = &mut counted.lanes[message.lane() as usize];
        lane.received_frames += 1;
        lane.received_bytes += (HEADER_BYTES + body_bytes) as u64;
        match message {
            Message::Ping(ping) => counted.round_trip = ping.round_trip.or(counted.round_trip),
            Message::Subscribe(subscribe) => {
                // There can be no more sessions than that, but names of them.
                let session = subscribe.cursor.session;
                let room = counted.followed.len() < SESSIONS_MAX;
                let again = counted.followed.contains(&session);
                counted.gaps += u64::from(again);
                if room {
                    counted.followed.insert(session);
                }
            }
            Message::Unsubscribe(message) => {
                counted.followed.remove(&message.session);
                counted.behind.remove(&message.session);
            }
            Message::ScreenAck(ack) => {
                counted.whole_screens += u64::from(ack.rev == ScreenRev(0));
            }
            Message::Command(command) if counted.begun.len() < TIMED_MAX => {
                counted.begun.entry(command.id).or_insert_with(Instant::now);
            }
            _ => {}
        }
    }

    /// Counts a message that was put behind what is sent, as a frame of so many bytes.
    pub fn sent(&self, message: &Message, bytes: usize) {
        let mut counted = self.counted();
        let lane = &mut counted.lanes[message.lane() as usize];
        lane.sent_frames += 1;
        lane.sent_bytes += bytes as u64;
        match message {
            Message::ScreenUpdate(_) => counted.updates += 1,
            Message::Subscribed(subscribed) if counted.followed.contains(&subscribed.session) => {
                counted.behind.insert(subscribed.session);
            }
            Message::Events(events) if counted.behind.contains(&events.session) => {
                counted.replayed_events += events.events.len() as u64;
            }
            Message::Live(live) => {
                counted.behind.remove(&live.session);
            }
            Message::Problem(problem) => {
                counted.followed.remove(&problem.session);
                counted.behind.remove(&problem.session);
            }
            Message::Receipt(receipt) if receipt.outcome.is_final() => {
                if let Some(begun) = counted.begun.remove(&receipt.id) {
                    counted.commands.add(begun.elapsed());
                }
            }
            _ => {}
        }
    }

    /// Notes how many messages waited at once.
    pub fn waited(&self, messages: u64) {
        let mut counted = self.counted();
        counted.queued_max = counted.queued_max.max(messages);
    }

    /// Counts that events found no room.
    pub fn overflowed(&self) {
        self.counted().overflows += 1;
    }

    fn figures(&self) -> LinkStats {
        let counted = self.counted();
        let named = |(lane, counted): (&Lane, &LaneStats)| LaneStats {
            lane: lane.name().to_owned(),
            ..counted.clone()
        };
        LinkStats {
            round_trip_micros: counted.round_trip.map(|trip| trip.micros),
            jitter_micros: counted.round_trip.map(|trip| trip.jitter_micros),
            lanes: Lane::ALL.iter().zip(&counted.lanes).map(named).collect(),
            queued_max: counted.queued_max,
            updates: counted.updates,
            gaps: counted.gaps,
            whole_screens: counted.whole_screens,
            replayed_events: counted.replayed_events,
            overflows: counted.overflows,
            command_micros: counted.commands.spread(),
            unknown_frames: counted.unknown_frames,
            ..LinkStats::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use agor_proto::command::{Command, CommandBody, Outcome, Receipt};
    use agor_proto::event::{Event, EventBody, LogCursor};
    use agor_proto::ids::{CommandN, LogEpoch, Offset, Seq};
    use agor_proto::message::{
        Events, Live, Ping, ScreenAck, Start, Subscribe, Subscribed, Visibility,
    };

    use super::*;

    fn session() -> SessionId {
        SessionId::from_parts(1, [1; 10])
    }

    fn client(client: u8) -> (ClientId, &'static str) {
        (ClientId([client; 16]), "agor 1")
    }

    fn subscribe() -> Message {
        let cursor = LogCursor {
            session: session(),
            epoch: LogEpoch(1),
            applied: Seq(0),
        };
        let view = Visibility::Visible;
        Subscribe { cursor, view }.into()
    }

    fn events(count: usize) -> Message {
        let event = Event {
            seq: Seq(1),
            at_millis: 0,
            offset: Offset(0),
            body: EventBody::Bell,
        };
        Events {
            session: session(),
            events: vec![event; count],
        }
        .into()
    }

    #[test]
    fn what_goes_over_a_link_tells_how_it_is() {
        let (links, outbox) = (Links::default(), Outbox::new());
        links.opened(ConnEpoch(3), client(1), Some(42), &outbox);
        let counts = outbox.counts();
        counts.received(&subscribe(), 40, 0);
        let subscribed = Subscribed {
            session: session(),
            epoch: LogEpoch(1),
            from: Seq(1),
            start: Start::Tail,
        };
        let seq = Seq(5);
        let live = Live {
            session: session(),
            seq,
        };
        counts.sent(&subscribed.into(), 50);
        counts.sent(&events(5), 500);
        counts.sent(&live.into(), 30);
        counts.sent(&events(2), 200);
        // It missed something, and a screen did not fit.
        counts.received(&subscribe(), 40, 2);
        let rev = ScreenRev(0);
        let ack = ScreenAck {
            session: session(),
            rev,
        };
        counts.received(&ack.into(), 20, 2);
        let ping = Ping {
            round_trip: Some(RoundTrip {
                micros: 84,
                jitter_micros: 12,
            }),
            ..Ping::default()
        };
        counts.received(&ping.into(), 20, 2);
        counts.received(&Ping::default().into(), 20, 2);
        let id = CommandId([1; 16]);
        let n = CommandN(1);
        let body = CommandBody::Kill { session: session() };
        counts.received(&Command { id, n, body }.into(), 60, 2);
        let receipt = |outcome| Message::from(Receipt { id, outcome });
        counts.sent(&receipt(Outcome::Accepted { seq }), 30);
        counts.sent(&receipt(Outcome::Done { seq }), 30);
        counts.overflowed();
        outbox.push(events(1)).unwrap();
        let all = links.figures();
        let [link] = &all[..] else {
            panic!("{all:?}");
        };
        assert_eq!((link.conn, link.pid), (3, Some(42)));
        assert_eq!((link.replayed_events, link.overflows), (5, 1));
        assert_eq!((link.gaps, link.whole_screens), (1, 1));
        assert_eq!(
            (link.round_trip_micros, link.jitter_micros),
            (Some(84), Some(12))
        );
        assert_eq!(link.command_micros.count, 1);
        assert_eq!((link.queued, link.unknown_frames), (1, 2));
        let lane = link.lanes.iter().find(|lane| lane.lane == "event");
        assert_eq!(
            lane.map(|lane| (lane.sent_frames, lane.sent_bytes)),
            Some((2, 700))
        );
    }

    #[test]
    fn b1_each_link_has_its_own_row_and_remembers_how_its_clients_earlier_ones_ended() {
        let (links, outbox) = (Links::default(), Outbox::new());
        links.opened(ConnEpoch(1), client(1), None, &outbox);
        links.opened(ConnEpoch(2), client(2), None, &Outbox::new());
        links.opened(ConnEpoch(3), client(1), None, &Outbox::new());
        outbox.counts().sent(&events(1), 100);
        assert_eq!(links.figures().len(), 3);
        // The older link of the same client ends late: the newer stays.
        links.closed(ConnEpoch(1), "it fell silent");
        links.closed(ConnEpoch(1), "twice");
        let all = links.figures();
        assert_eq!(all.iter().map(|it| it.conn).collect::<Vec<_>>(), [2, 3]);
        assert_eq!((all[0].before, all[1].before), (0, 1));
        assert_eq!(all[1].ended, [("it fell silent".to_owned(), 1)].into());
        assert!(all[1].lanes.iter().all(|lane| lane.sent_frames == 0));
    }

    #[test]
    fn clients_reasons_and_commands_without_end_take_no_memory_without_end() {
        let links = Links::default();
        for n in 0..2_000_u64 {
            let client = ClientId(u128::from(n % 500).to_le_bytes());
            links.opened(ConnEpoch(n), (client, "agor 1"), None, &Outbox::new());
            links.closed(ConnEpoch(n), &format!("reason {n}"));
        }
        assert_eq!(links.state().former.len(), FORMER_MAX);
        let counts = LinkCounts::default();
        for n in 0..10_000_u64 {
            let id = CommandId(u128::from(n).to_le_bytes());
            let body = CommandBody::Kill { session: session() };
            let n = CommandN(n);
            counts.received(&Command { id, n, body }.into(), 60, 0);
            let session = SessionId::from_parts(n.0, [2; 10]);
            let cursor = LogCursor {
                session,
                epoch: LogEpoch(1),
                applied: Seq(0),
            };
            let view = Visibility::Hidden;
            counts.received(&Subscribe { cursor, view }.into(), 40, 0);
        }
        assert_eq!(counts.counted().begun.len(), TIMED_MAX);
        assert_eq!(counts.counted().followed.len(), SESSIONS_MAX);
    }
}
