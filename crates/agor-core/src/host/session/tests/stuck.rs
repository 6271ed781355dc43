//! A store that can store nothing for a while: nobody waits for it, and nothing is lost.

use agor_proto::input::Input;

use super::*;

fn full(world: &mut World) {
    world.on(Cause::Storage {
        problem: Some(StoreError::Full),
    });
}

fn room(world: &mut World) {
    world.on(Cause::Storage { problem: None });
    world.commit();
}

fn send(text: &str) -> CommandBody {
    CommandBody::Send {
        session: id(),
        inputs: vec![Input::Text { text: text.into() }],
    }
}

fn is_refused_for_storage(outcomes: &[Outcome]) -> bool {
    matches!(outcomes, [Outcome::Rejected { error }] if error.code == ErrorCode::Storage)
}

#[test]
fn b14_on_a_full_disk_a_command_is_refused_at_once_and_one_given_later_is_carried_out() {
    let mut world = World::running();
    full(&mut world);
    let events = world.session.journal.last_seq();
    for n in 2..50 {
        world.command(n, send("too early"));
        assert!(is_refused_for_storage(&world.receipts(n)));
    }
    assert_eq!(
        world.session.journal.last_seq(),
        events,
        "refusing keeps nothing that would have to be stored"
    );
    room(&mut world);
    world.command(50, send("now"));
    world.commit();
    assert!(matches!(
        world.receipts(50).last(),
        Some(Outcome::Done { .. })
    ));
    assert_eq!(world.keeper.typed, [b"now".to_vec()]);
}

#[test]
fn b14_a_command_that_was_refused_on_a_full_disk_is_not_carried_out_when_it_comes_again() {
    let mut world = World::running();
    full(&mut world);
    world.command(2, send("too early"));
    let refused = world.receipts(2);
    assert!(is_refused_for_storage(&refused));
    assert_eq!(world.refusals.len(), 1, "for when the session is gone");
    room(&mut world);
    // The same id is the same command, and the same words under another are another one.
    world.command(2, send("too early"));
    world.commit();
    assert_eq!(world.receipts(2)[1..], refused[..]);
    world.ask(Wish::Command {
        command: Command {
            id: CommandId([2; 16]),
            n: CommandN(2),
            body: send("something else"),
        },
        digest: [9; 32],
        stored: None,
    });
    assert!(matches!(
        world.receipts(2).last(),
        Some(Outcome::Rejected { error }) if error.code == ErrorCode::IdReuse
    ));
    assert!(world.keeper.typed.is_empty());
    world.command(3, send("too early"));
    world.commit();
    assert_eq!(world.keeper.typed, [b"too early".to_vec()]);
}

#[test]
fn b14_a_kill_needs_no_disk() {
    let mut world = World::running();
    // Output waits for the disk already.
    world.print("the disk fills");
    world.read();
    full(&mut world);
    world.command(2, CommandBody::Kill { session: id() });
    assert!(!world.keeper.alive);
    assert!(matches!(
        world.receipts(2).last(),
        Some(Outcome::Done { .. })
    ));
    let told = world.receipts(2).len();
    room(&mut world);
    assert_eq!(world.receipts(2).len(), told, "told once");
    assert!(world.disk.receipts[&CommandId([2; 16])].outcome.is_final());
    let killed = Life::Exited {
        code: -1,
        signal: 9,
    };
    assert_eq!(world.disk.row.as_ref().map(|row| &row.life), Some(&killed));
}

#[test]
fn b14_a_command_on_its_way_when_the_disk_fills_is_refused_and_never_carried_out() {
    for stored in [true, false] {
        let mut world = World::running();
        world.command(2, send("under way"));
        world.command(3, send("behind it"));
        assert!(world.under_way.is_some());
        full(&mut world);
        for n in [2, 3] {
            assert!(is_refused_for_storage(&world.receipts(n)), "{n}");
        }
        if stored {
            room(&mut world);
        } else {
            world.crash(false);
            world.commit();
        }
        assert!(world.keeper.typed.is_empty());
        let ends = world.disk.receipts.values();
        assert!(ends.into_iter().all(|receipt| receipt.outcome.is_final()));
    }
}

#[test]
fn b14_a_kill_on_its_way_when_the_disk_fills_is_carried_out_once() {
    let mut world = World::running();
    world.command(2, CommandBody::Kill { session: id() });
    assert!(world.keeper.alive);
    full(&mut world);
    assert!(!world.keeper.alive);
    assert!(matches!(
        world.receipts(2).last(),
        Some(Outcome::Done { .. })
    ));
    room(&mut world);
    assert!(!world.keeper.killing);
}

#[test]
fn b14_a_session_cannot_be_made_on_a_full_disk_unless_nothing_of_it_is_stored() {
    let mut world = World::new();
    full(&mut world);
    world.create();
    assert!(is_refused_for_storage(&world.receipts(1)));
    assert!(world.gone && !world.listed && world.keeper.spawned == 0);

    // One whose making was on its way says what became of it.
    let mut world = World::new();
    world.create();
    full(&mut world);
    assert!(is_refused_for_storage(&world.receipts(1)));
    room(&mut world);
    assert_eq!(world.keeper.spawned, 0);
    assert!(matches!(world.session.life, Life::Failed { .. }));
    assert!(world.disk.row.is_some());

    let mut world = World::new();
    full(&mut world);
    let spec = SessionSpec {
        private: true,
        ..spec()
    };
    world.command(
        1,
        CommandBody::Create {
            session: id(),
            spec,
        },
    );
    assert_eq!(world.keeper.spawned, 1);
}

#[test]
fn b14_a_restart_that_waits_for_the_disk_is_refused_and_can_be_asked_again() {
    let mut world = World::running();
    world.command(2, CommandBody::Kill { session: id() });
    world.commit();
    world.keeper.kills_slowly = true;
    world.session.ring = true;
    world.command(3, CommandBody::Restart { session: id() });
    world.commit();
    full(&mut world);
    assert!(matches!(
        world.receipts(3).last(),
        Some(Outcome::Rejected { error }) if error.code == ErrorCode::Storage
    ));
    world.keeper.killing = false;
    world.on(Cause::Killed { survivors: 0 });
    room(&mut world);
    assert_eq!(world.keeper.spawned, 1);
    world.keeper.kills_slowly = false;
    world.command(4, CommandBody::Restart { session: id() });
    world.commit();
    assert_eq!(world.keeper.spawned, 2);
}

#[test]
fn b14_a_removal_on_a_full_disk_makes_room_and_one_without_room_says_so_in_time() {
    for there_is_room in [true, false] {
        let mut world = World::running();
        // What it said waits for the disk already, and that it was ended does so too.
        world.print("the disk fills");
        world.read();
        full(&mut world);
        world.command(2, CommandBody::Kill { session: id() });
        assert!(matches!(
            world.receipts(2).last(),
            Some(Outcome::Done { .. })
        ));
        world.command(4, CommandBody::Remove { session: id() });
        assert!(world.made_room, "its files go first");
        assert!(world.receipts(4).is_empty());
        if there_is_room {
            room(&mut world);
            assert!(world.disk.removed && world.gone);
            assert!(matches!(world.receipts(4)[..], [Outcome::Done { .. }]));
        } else {
            world.clock += 2_000;
            world.on(Cause::Tick);
            assert_eq!(world.receipts(4), [Outcome::Interrupted]);
            assert!(!world.gone);
        }
    }
}

#[test]
fn b14_what_takes_effect_in_the_store_alone_is_not_said_to_be_done_before_it_is_there() {
    let name = || "renamed".into();
    for body in [
        CommandBody::Rename {
            session: id(),
            name: name(),
        },
        CommandBody::Seen { session: id() },
    ] {
        let mut world = World::running();
        world.command(2, body.clone());
        assert!(world.under_way.is_some(), "{body:?} is on its way");
        full(&mut world);
        assert_eq!(
            world.receipts(2).last(),
            Some(&Outcome::Interrupted),
            "{body:?}"
        );
    }
}
