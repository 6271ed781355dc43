//! Questions to a session, and what its driver is told.

use agor_proto::limits::EVENTS_ASKED_MAX;
use agor_proto::message::{Clipboard, ClipboardKind, Part, Query, Until};

use super::*;

const OTHER: (ConnEpoch, ClientId) = (ConnEpoch(2), ClientId([2; 16]));

fn take_lease(force: bool) -> Box<Wish> {
    Box::new(Wish::TakeLease {
        force,
        fresh: LeaseToken([7; 16]),
    })
}

impl World {
    fn parts(&self, ask: u64) -> Vec<Part> {
        let part = |(_, message): &(ConnEpoch, Message)| match message {
            Message::Answer(answer) if answer.ask == AskId(ask) => Some(answer.part.clone()),
            _ => None,
        };
        self.sent.iter().filter_map(part).collect()
    }

    fn clipboards(&mut self) -> Vec<(ConnEpoch, Clipboard)> {
        let sent = std::mem::take(&mut self.sent).into_iter();
        sent.filter_map(|(conn, message)| match message {
            Message::Clipboard(clipboard) => Some((conn, clipboard)),
            _ => None,
        })
        .collect()
    }
}

#[test]
fn a_wait_that_is_cancelled_is_forgotten() {
    let mut world = World::running();
    for ask in [1, 2] {
        let query = Query::Wait {
            session: id(),
            until: Until::Exit,
            timeout_millis: None,
        };
        let ask = AskId(ask);
        world.ask(Wish::Ask { ask, query });
    }
    // Another connection's question of the same number is another.
    let (conn, client) = OTHER;
    let what = Box::new(Wish::Cancel(AskId(2)));
    world.on(Cause::Asked { conn, client, what });
    world.ask(Wish::Cancel(AskId(1)));
    world.command(3, CommandBody::Kill { session: id() });
    world.commit();
    assert_eq!(world.parts(1), []);
    assert!(matches!(world.parts(2)[..], [Part::Happened { .. }]));
}

#[test]
fn a_text_for_the_clipboard_is_told_to_the_driver_and_to_nobody_else() {
    let mut world = World::running();
    let (conn, client) = OTHER;
    let view = Wish::View(Visibility::Visible);
    world.on(Cause::Asked {
        conn,
        client,
        what: Box::new(view),
    });
    world.subscribe(1, Visibility::Visible);
    world.print("\x1b]52;c;bm9ib2R5\x1b\\");
    world.read();
    assert_eq!(world.clipboards(), [], "nobody drives");

    let what = take_lease(false);
    world.on(Cause::Asked { conn, client, what });
    world.print("\x1b]52;c;c2VjcmV0\x1b\\\x1b]52;p;c2VsZWN0ZWQ=\x1b\\");
    world.read();
    world.commit();
    let told = world.clipboards();
    let texts: Vec<_> = told
        .iter()
        .map(|(conn, told)| (*conn, told.kind, &told.text[..], told.ordinal))
        .collect();
    assert_eq!(
        texts,
        [
            (conn, ClipboardKind::Clipboard, "secret", 1),
            (conn, ClipboardKind::Primary, "selected", 2)
        ]
    );
    assert!(
        !format!("{told:?}").contains("secret"),
        "it could be logged"
    );
    let written = |event: &&agor_proto::event::Event| {
        matches!(event.body, EventBody::ClipboardWritten { .. })
    };
    assert!(world.disk.events.iter().any(|event| written(&event)));
    let stored = format!("{:?}", world.disk.events);
    assert!(!stored.contains("secret") && !stored.contains("c2Vj"));

    // Another takes over, and with it what is copied from then on.
    let what = take_lease(true);
    world.on(Cause::Asked {
        conn: CONN,
        client: CLIENT,
        what,
    });
    world.clock += 10_000;
    world.print("\x1b]52;;bmV3\x1b\\");
    world.read();
    let told = world.clipboards();
    assert_eq!(told.len(), 1);
    assert_eq!((told[0].0, &told[0].1.text[..]), (CONN, "new"));
    world.on(Cause::ConnGone { conn: CONN });
    world.clock += 10_000;
    world.print("\x1b]52;;bmV3\x1b\\");
    world.read();
    assert_eq!(world.clipboards(), [], "the driver is away");
}

#[test]
fn events_asked_max_and_fewer_are_answered_from_memory_and_from_the_store() {
    let mut world = World::running();
    for n in 0..600_u16 {
        let size = Size::cells(20 + n % 2, 5);
        world.keeper.write(RecordBody::Resized(size));
    }
    world.read();
    world.commit();
    let last = world.disk.events.len() as u64;
    assert!(last > 600);
    let query = |from, count| Query::Events {
        session: id(),
        from: Seq(from),
        count,
    };
    for (ask, (from, count)) in [(last - 9, 5), (3, 1_000), (last + 1, 9)]
        .into_iter()
        .enumerate()
    {
        let ask = ask as u64 + 1;
        let query = query(from, count);
        world.ask(Wish::Ask {
            ask: AskId(ask),
            query,
        });
        let mut told = Vec::new();
        for part in world.parts(ask) {
            match part {
                Part::Events { events } => told.extend(events.into_iter().map(|e| e.seq.0)),
                part => panic!("{part:?}"),
            }
        }
        let expected: Vec<u64> = (from..=last).take(count as usize).collect();
        assert_eq!(told, expected);
    }
    let now = world.now();
    let mut effects = Vec::new();
    let what = Box::new(Wish::Ask {
        ask: AskId(9),
        query: query(0, u64::MAX),
    });
    let cause = Cause::Asked {
        conn: CONN,
        client: CLIENT,
        what,
    };
    world.session.on(cause, now, &mut effects);
    let asked = |effect: &Effect| match effect {
        Effect::ReadEvents { after, count, .. } => Some((*after, *count)),
        _ => None,
    };
    let events_asked_max = effects.iter().find_map(asked);
    assert_eq!(events_asked_max, Some((Seq(0), EVENTS_ASKED_MAX)));
}
