//! What becomes of a session when connections come, go, lag and lie.

use std::collections::BTreeSet;

use agor_proto::message::{Events, LeaseStanding};

use super::*;

impl Session {
    /// Returns the connections that the session knows.
    pub(in crate::host) fn conns(&self) -> BTreeSet<ConnEpoch> {
        let commands = self.commands.in_flight.values();
        let commands = commands.flat_map(|command| command.conns.iter().copied());
        let screens = self.screens.conns().chain(self.subscribers.conns());
        commands.chain(screens).chain(self.lease.conn()).collect()
    }
}

const FIRST: ConnEpoch = ConnEpoch(1);
const SECOND: ConnEpoch = ConnEpoch(2);

fn ask_as(world: &mut World, conn: ConnEpoch, client: ClientId, what: Wish) {
    let what = Box::new(what);
    world.on(Cause::Asked { conn, client, what });
}

fn subscribe_as(world: &mut World, conn: ConnEpoch, client: ClientId, applied: u64) {
    let cursor = LogCursor {
        session: id(),
        epoch: LogEpoch(7),
        applied: Seq(applied),
    };
    let view = Visibility::Hidden;
    ask_as(
        world,
        conn,
        client,
        Wish::Subscribe(Subscribe { cursor, view }),
    );
}

/// Returns the numbers of the events that a connection was told.
fn told(world: &World, to: ConnEpoch) -> Vec<u64> {
    let events = world.sent.iter().filter(|(conn, _)| *conn == to);
    let seqs = events.filter_map(|(_, message)| match message {
        Message::Events(Events { events, .. }) => Some(events.iter().map(|event| event.seq.0)),
        _ => None,
    });
    seqs.flatten().collect()
}

/// Makes the program ring, a second after the last time: one event.
fn ring(world: &mut World) {
    let at = world.keeper.ring.len() as u64 * 1_000_000;
    Record {
        unix_micros: at,
        body: RecordBody::Out(b"\x07".to_vec()),
    }
    .encode(&mut world.keeper.ring);
    world.read();
    world.commit();
}

#[test]
fn b1_a_late_close_takes_only_what_its_own_connection_made() {
    let mut world = World::running();
    let fresh = |n| LeaseToken([n; 16]);
    let take = |n| Wish::TakeLease {
        force: false,
        fresh: fresh(n),
    };
    subscribe_as(&mut world, FIRST, CLIENT, 0);
    ask_as(&mut world, FIRST, CLIENT, take(5));
    // The client is back before the host has noticed that its first connection is gone.
    let applied = world.disk.events.len() as u64;
    subscribe_as(&mut world, SECOND, CLIENT, applied);
    ask_as(&mut world, SECOND, CLIENT, take(6));
    world.on(Cause::ConnGone { conn: FIRST });
    ring(&mut world);
    assert_eq!(told(&world, SECOND), [applied + 1]);
    assert_eq!(world.session.lease.conn(), Some(SECOND));
    let now = world.now().instant;
    assert!(world.session.lease.holds(CLIENT, fresh(6), now));
}

#[test]
fn b3_ten_thousand_connections_leave_no_subscriber() {
    let mut world = World::running();
    for n in 1..=10_000 {
        let conn = ConnEpoch(n);
        subscribe_as(&mut world, conn, CLIENT, 0);
        ask_as(&mut world, conn, CLIENT, Wish::View(Visibility::Visible));
        assert_eq!(world.session.figures().subscribers, 1);
        world.on(Cause::ConnGone { conn });
        world.sent.clear();
    }
    assert_eq!(world.session.figures().subscribers, 0);
    assert!(world.session.screens.nobody_looks());
    subscribe_as(&mut world, ConnEpoch(10_001), CLIENT, 0);
    let before = told(&world, ConnEpoch(10_001)).len();
    ring(&mut world);
    assert_eq!(told(&world, ConnEpoch(10_001)).len(), before + 1);
}

#[test]
fn c11_who_follows_no_more_is_sent_nothing_until_it_follows_again_where_it_was() {
    let mut world = World::running();
    let applied = world.disk.events.len() as u64;
    subscribe_as(&mut world, FIRST, CLIENT, applied);
    ask_as(&mut world, FIRST, CLIENT, Wish::View(Visibility::Visible));
    ask_as(&mut world, FIRST, CLIENT, Wish::Unsubscribe);
    assert_eq!(world.session.figures().subscribers, 0);
    assert!(world.session.screens.nobody_looks());
    world.sent.clear();
    ring(&mut world);
    assert!(world.sent.is_empty(), "{:?}", world.sent);
    subscribe_as(&mut world, FIRST, CLIENT, applied);
    ring(&mut world);
    assert_eq!(told(&world, FIRST), [applied + 1, applied + 2]);
}

#[test]
fn b5_an_id_that_is_claimed_gives_none_of_its_rights() {
    let mut world = World::running();
    let fresh = LeaseToken([5; 16]);
    ask_as(
        &mut world,
        FIRST,
        CLIENT,
        Wish::TakeLease {
            force: false,
            fresh,
        },
    );
    // Another process says the same id and guesses the token.
    for guess in [LeaseToken([0; 16]), LeaseToken([4; 16])] {
        let frame = InputFrame {
            session: id(),
            token: guess,
            seq: agor_proto::ids::InputSeq(1),
            input: agor_proto::input::Input::Text { text: "x".into() },
        };
        ask_as(&mut world, SECOND, CLIENT, Wish::Type(frame));
        let size = Size::cells(99, 9);
        ask_as(
            &mut world,
            SECOND,
            CLIENT,
            Wish::Resize { token: guess, size },
        );
        ask_as(&mut world, SECOND, CLIENT, Wish::DropLease(guess));
    }
    assert!(world.keeper.typed.is_empty());
    assert_eq!(world.session.asked_size, None);
    let now = world.now().instant;
    assert!(
        world.session.lease.holds(CLIENT, fresh, now),
        "it still drives"
    );
    let knows = |(conn, message): &(ConnEpoch, Message)| {
        *conn == SECOND
            && matches!(message, Message::Lease(lease)
                if matches!(lease.standing, LeaseStanding::Held { .. }))
    };
    assert!(!world.sent.iter().any(knows), "it was told no token");
}

#[test]
fn c1_a_program_that_ended_is_not_started_by_who_comes_and_looks() {
    let mut world = World::running();
    world.keeper.alive = false;
    world
        .keeper
        .write(RecordBody::Exited { code: 0, signal: 0 });
    world.keeper.write(RecordBody::Closed);
    world.read();
    world.commit();
    for n in 1..100 {
        let conn = ConnEpoch(n);
        subscribe_as(&mut world, conn, CLIENT, n % 3);
        ask_as(&mut world, conn, CLIENT, Wish::View(Visibility::Visible));
        world.on(Cause::ConnGone { conn });
        if n % 10 == 0 {
            world.crash(true);
        }
        world.on(Cause::Tick);
        world.commit();
    }
    assert_eq!(world.keeper.spawned, 1);
    assert_eq!(world.session.life, Life::Exited { code: 0, signal: 0 });
    let exits = world.disk.events.iter();
    let exits = exits.filter(|event| matches!(event.body, EventBody::Exited { .. }));
    assert_eq!(exits.count(), 1, "it ended once");
}

#[test]
fn c3_what_a_connection_could_not_take_is_told_from_the_store_in_order() {
    let mut world = World::running();
    subscribe_as(&mut world, FIRST, CLIENT, 0);
    (0..5).for_each(|_| ring(&mut world));
    let last = world.disk.events.len() as u64;
    assert_eq!(told(&world, FIRST), (1..=last).collect::<Vec<_>>());
    // Its queue was full from the third event from the end on.
    world.sent.clear();
    let untold = Seq(last - 2);
    world.on(Cause::Overflowed {
        conn: FIRST,
        untold,
    });
    ring(&mut world);
    assert_eq!(
        told(&world, FIRST),
        (untold.0..=last + 1).collect::<Vec<_>>()
    );
}
