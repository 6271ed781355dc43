//! What a session promises, from its causes to its effects.

mod agent;
mod answers;
mod bounds;
mod connections;
mod counts;
mod evidence;
mod given;
mod in_pages;
mod in_shell;
mod menus;
mod order;
mod stuck;
mod world;

use agor_proto::command::{Command, CommandBody};
use agor_proto::event::LogCursor;
use agor_proto::ids::{AskId, ClientId, CommandId, CommandN, ConnEpoch, LeaseToken};
use agor_proto::message::{InputAck, InputFrame, Message, Subscribe};
use agor_proto::record::{Record, RecordBody};
use agor_proto::screen::Mirror;
use proptest::prelude::*;

use super::*;

use world::*;

#[test]
fn a_command_is_acknowledged_after_it_is_stored_and_carried_out_after_that() {
    let mut world = World::new();
    world.create();
    assert_eq!(world.keeper.spawned, 0, "carried out before it was stored");
    assert!(
        world.receipts(1).is_empty(),
        "acknowledged before it was stored"
    );
    world.commit();
    assert_eq!(world.keeper.spawned, 1);
    assert!(matches!(
        world.receipts(1)[..],
        [Outcome::Accepted { .. }, Outcome::Done { .. }]
    ));
}

#[test]
fn c5_an_id_that_a_session_has_makes_no_other() {
    let mut world = World::running();
    let (session, name) = (id(), "another".to_owned());
    let spec = SessionSpec { name, ..spec() };
    world.command(2, CommandBody::Create { session, spec });
    world.commit();
    assert!(matches!(
        &world.receipts(2)[..],
        [Outcome::Rejected { error }] if error.code == ErrorCode::BadRequest
    ));
    assert_eq!(world.keeper.spawned, 1);
    assert_ne!(world.session.name, "another");
    let events = world.disk.events.iter();
    let created = events.filter(|event| matches!(event.body, EventBody::Created { .. }));
    assert_eq!(created.count(), 1);
}

#[test]
fn what_changes_the_store_alone_is_stored_with_its_effect_and_its_end_in_one_transaction() {
    let mut world = World::running();
    let rename = |name: &str| CommandBody::Rename {
        session: id(),
        name: name.into(),
    };
    world.command(2, rename("once"));
    assert!(world.receipts(2).is_empty(), "told before it was stored");
    let stored = world.under_way.take().expect("a transaction");
    world.disk.apply(stored);
    world.on(Cause::Committed);
    assert!(world.under_way.is_none(), "a second transaction");
    assert!(matches!(world.receipts(2)[..], [Outcome::Done { .. }]));
    // Behind one that is to be carried out when it is stored, it waits for its turn.
    world.command(3, CommandBody::Kill { session: id() });
    world.command(4, rename("twice"));
    assert_eq!(world.session.name, "once");
    world.commit();
    assert!(matches!(
        world.receipts(4)[..],
        [Outcome::Accepted { .. }, Outcome::Done { .. }]
    ));
    assert_eq!(world.session.name, "twice");
}

#[test]
fn b10_a_repeated_command_is_not_carried_out_again_and_gets_the_same_receipt() {
    let mut world = World::running();
    let send = || CommandBody::Send {
        session: id(),
        inputs: vec![agor_proto::input::Input::Text { text: "hi".into() }],
    };
    world.command(2, send());
    world.command(2, send());
    world.commit();
    let first = world.receipts(2);
    assert!(matches!(first.last(), Some(Outcome::Done { .. })));
    world.command(2, send());
    world.commit();
    assert_eq!(world.receipts(2).last(), first.last());
    assert_eq!(world.keeper.typed, [b"hi".to_vec()]);
}

#[test]
fn a_command_id_that_was_used_for_another_command_is_refused() {
    let mut world = World::running();
    world.command(
        2,
        CommandBody::Rename {
            session: id(),
            name: "a".into(),
        },
    );
    let command = Command {
        id: CommandId([2; 16]),
        n: CommandN(2),
        body: CommandBody::Kill { session: id() },
    };
    world.ask(Wish::Command {
        command,
        digest: [99; 32],
        stored: None,
    });
    let refused = world.receipts(2).into_iter().any(|outcome| {
        matches!(outcome, Outcome::Rejected { error } if error.code == ErrorCode::IdReuse)
    });
    assert!(refused);
    assert!(world.keeper.alive);
}

#[test]
fn b2_a_connection_that_ends_takes_nothing_with_it() {
    let mut world = World::running();
    let fresh = LeaseToken([5; 16]);
    world.ask(Wish::TakeLease {
        force: false,
        fresh,
    });
    world.on(Cause::ConnGone { conn: CONN });
    assert!(world.keeper.alive);
    let typed = |seq| InputFrame {
        session: id(),
        token: LeaseToken([5; 16]),
        seq: agor_proto::ids::InputSeq(seq),
        input: agor_proto::input::Input::Text { text: "x".into() },
    };
    world.on(Cause::Asked {
        conn: ConnEpoch(2),
        client: CLIENT,
        what: Box::new(Wish::Type(typed(1))),
    });
    world.on(Cause::Asked {
        conn: ConnEpoch(2),
        client: CLIENT,
        what: Box::new(Wish::Type(typed(1))),
    });
    assert_eq!(
        world.keeper.typed.len(),
        1,
        "the lease is the client's; a repeat is not typed"
    );
}

#[test]
fn b2_a_stale_driver_never_types() {
    let mut world = World::running();
    world.ask(Wish::TakeLease {
        force: false,
        fresh: LeaseToken([5; 16]),
    });
    let other = ClientId([2; 16]);
    let what = Wish::TakeLease {
        force: true,
        fresh: LeaseToken([6; 16]),
    };
    world.on(Cause::Asked {
        conn: ConnEpoch(2),
        client: other,
        what: Box::new(what),
    });
    let frame = InputFrame {
        session: id(),
        token: LeaseToken([5; 16]),
        seq: agor_proto::ids::InputSeq(1),
        input: agor_proto::input::Input::Text {
            text: "rm -rf".into(),
        },
    };
    world.ask(Wish::Type(frame));
    assert!(world.keeper.typed.is_empty());
    let fenced = world.sent.iter().any(|(_, message)| {
        matches!(message, Message::InputAck(InputAck { refused: Some(error), .. })
            if error.code == ErrorCode::Fenced)
    });
    assert!(fenced);
}

#[test]
fn c13_the_exit_code_is_stored_and_a_restart_goes_on_in_the_same_record() {
    let mut world = World::running();
    world.print("first\r\n");
    world.keeper.alive = false;
    world
        .keeper
        .write(RecordBody::Exited { code: 3, signal: 0 });
    world.keeper.write(RecordBody::Closed);
    world.read();
    world.commit();
    let life = world.disk.row.as_ref().map(|row| row.life.clone());
    assert_eq!(life, Some(Life::Exited { code: 3, signal: 0 }));
    world.command(2, CommandBody::Restart { session: id() });
    world.commit();
    world.read();
    world.commit();
    assert_eq!(world.keeper.spawned, 2);
    assert_eq!(world.session.life, Life::Running);
    world.print("second");
    world.read();
    let lines = world.session.fold.screen_lines();
    assert_eq!([&lines[0].text, &lines[1].text], ["first", "second"]);
}

/// Returns a world in which a program was to start in a folder of its own; the named ones are gone.
fn started_in(cwd: &str, gone: &[&'static str]) -> World {
    let mut world = World::new();
    world.keeper.gone = gone.to_vec();
    let spec = SessionSpec {
        cwd: Some(cwd.into()),
        ..spec()
    };
    world.command(
        1,
        CommandBody::Create {
            session: id(),
            spec,
        },
    );
    world.commit();
    world.read();
    world.commit();
    world
}

#[test]
fn a_program_starts_where_it_was_asked_to_and_again_where_its_shell_was() {
    let mut world = started_in("/tmp/src", &[]);
    assert_eq!(world.keeper.cwd, "/tmp/src");
    let shown = world.session.info();
    assert_eq!((&shown.folder[..], &shown.cwd[..]), ("/tmp", "/tmp/src"));
    world.command(2, CommandBody::Kill { session: id() });
    world.commit();
    world.command(3, CommandBody::Restart { session: id() });
    world.commit();
    assert_eq!(world.keeper.cwd, "/tmp/src");
    world.read();
    world.print("\x1b]7;file:///tmp/deeper\x07");
    world.read();
    world.command(4, CommandBody::Kill { session: id() });
    world.commit();
    world.command(5, CommandBody::Restart { session: id() });
    world.commit();
    assert_eq!(world.keeper.cwd, "/tmp/deeper");
}

#[test]
fn an_agent_starts_again_where_it_may_wherever_its_output_says_that_it_is() {
    let mut world = World::with_agent("codex", agor_proto::agent::Conversation::New);
    world.print("\x1b]7;file:///elsewhere\x07");
    world.read();
    assert_eq!(world.session.info().cwd, "/elsewhere");
    world.command(2, CommandBody::Kill { session: id() });
    world.commit();
    world.command(3, CommandBody::Restart { session: id() });
    world.commit();
    assert_eq!((world.keeper.spawned, &world.keeper.cwd[..]), (2, "/tmp"));
}

#[test]
fn a_program_whose_folder_is_gone_starts_in_its_projects_and_that_is_told() {
    let world = started_in("/tmp/src", &["/tmp/src"]);
    assert_eq!(world.keeper.cwd, "/tmp");
    assert_eq!(world.session.life, Life::Running);
    assert!(matches!(
        world.receipts(1).last(),
        Some(Outcome::Done { .. })
    ));
    let told = world.disk.events.iter().any(|event| {
        event.body
            == EventBody::FolderGone {
                path: "/tmp/src".into(),
            }
    });
    assert!(told);
    assert_eq!(world.session.info().cwd, "/tmp");
}

#[test]
fn a_session_whose_project_is_gone_says_so_and_names_it() {
    let world = started_in("/tmp/src", &["/tmp/src", "/tmp"]);
    assert_eq!(world.keeper.spawned, 0);
    let Life::Failed { reason } = &world.session.life else {
        panic!("{:?}", world.session.life);
    };
    assert!(reason.starts_with("the folder /tmp is gone"), "{reason}");
    let receipts = world.receipts(1);
    assert!(matches!(
        receipts.last(),
        Some(Outcome::Rejected { error })
            if error.code == ErrorCode::SpawnFailed && error.message == *reason
    ));
}

#[test]
fn d2_a_restarted_program_is_not_taken_for_what_is_still_being_ended() {
    let mut world = World::running();
    world.keeper.kills_slowly = true;
    world.keeper.alive = false;
    world
        .keeper
        .write(RecordBody::Exited { code: 0, signal: 0 });
    world.keeper.write(RecordBody::Closed);
    world.read();
    // Asked for while the end is still being stored.
    world.command(2, CommandBody::Restart { session: id() });
    world.commit();
    assert_eq!(
        world.keeper.spawned, 1,
        "its mark is the old program's: it would be ended"
    );
    world.keeper.killing = false;
    world.on(Cause::Killed { survivors: 0 });
    world.commit();
    assert_eq!(world.keeper.spawned, 2);
    assert!(matches!(
        world.receipts(2).last(),
        Some(Outcome::Done { .. })
    ));
}

#[test]
fn b10_a_command_that_crosses_its_receipt_is_not_carried_out_again() {
    let mut world = World::running();
    let send = || CommandBody::Send {
        session: id(),
        inputs: vec![agor_proto::input::Input::Text { text: "hi".into() }],
    };
    world.command(2, send());
    world.commit();
    // Looked up before the receipt was stored, and delivered after.
    let command = Command {
        id: CommandId([2; 16]),
        n: CommandN(2),
        body: send(),
    };
    world.ask(Wish::Command {
        command,
        digest: [2; 32],
        stored: None,
    });
    world.commit();
    assert_eq!(world.keeper.typed, [b"hi".to_vec()]);
    assert!(matches!(
        world.receipts(2).last(),
        Some(Outcome::Done { .. })
    ));
}

#[test]
fn c13_the_end_is_told_after_the_last_output() {
    let mut world = World::running();
    let wait = |until| Query::Wait {
        session: id(),
        until,
        timeout_millis: None,
    };
    let query = wait(Until::Text {
        regex: "last words".into(),
    });
    world.ask(Wish::Ask {
        ask: AskId(1),
        query,
    });
    world.ask(Wish::Ask {
        ask: AskId(2),
        query: wait(Until::Exit),
    });
    // A full ring holds output back while the end is told.
    world
        .keeper
        .write(RecordBody::Exited { code: 0, signal: 0 });
    world.read();
    world.print("last words");
    world.keeper.write(RecordBody::Closed);
    world.read();
    let happened = world.sent.iter().filter(|(_, message)| {
        matches!(message, Message::Answer(answer)
            if matches!(answer.part, agor_proto::message::Part::Happened { .. }))
    });
    assert_eq!(happened.count(), 2, "{:?}", world.sent);
}

#[test]
fn a_lost_commit_is_never_taken_for_a_stored_one() {
    let mut world = World::running();
    world.print("not stored yet");
    world.read();
    assert!(world.session.figures().committed < world.session.offset());
    world.commit();
    assert_eq!(world.session.figures().committed, world.session.offset());
}

#[test]
fn an_ended_session_can_be_removed_and_a_running_one_cannot() {
    let mut world = World::running();
    world.command(2, CommandBody::Remove { session: id() });
    world.commit();
    assert!(matches!(world.receipts(2)[..], [Outcome::Rejected { .. }]));
    world.command(3, CommandBody::Kill { session: id() });
    world.commit();
    world.command(4, CommandBody::Remove { session: id() });
    world.commit();
    assert!(matches!(
        world.receipts(4).last(),
        Some(Outcome::Done { .. })
    ));
    assert!(world.disk.removed);
}

#[test]
fn c4_a_viewer_that_does_not_acknowledge_gets_no_more_than_its_window_and_then_the_newest() {
    let mut world = World::running();
    world.subscribe(0, Visibility::Visible);
    for n in 0..50 {
        world.print(&format!("{n}\r\n"));
        world.read();
        world.on(Cause::Tick);
    }
    let updates = |world: &World| {
        let update = |message: &Message| match message {
            Message::ScreenUpdate(update) => Some(update.clone()),
            _ => None,
        };
        world
            .sent
            .iter()
            .filter_map(|(_, m)| update(m))
            .collect::<Vec<_>>()
    };
    let seen = updates(&world);
    assert_eq!(seen.len(), limits::SCREEN_WINDOW);
    let mut mirror = Mirror::default();
    for update in seen {
        mirror.apply(update).unwrap();
    }
    world.ask(Wish::ScreenAck(mirror.rev));
    for update in updates(&world).into_iter().skip(limits::SCREEN_WINDOW) {
        mirror.apply(update).unwrap();
    }
    let text = agor_term::text::plain(mirror.rows.iter().map(AsRef::as_ref));
    assert!(
        text.contains("49"),
        "the newest screen comes after the acknowledgement: {text}"
    );
}

#[test]
fn a_session_that_is_removed_while_it_is_written_is_gone_after_its_removal_is_stored() {
    let mut world = World::running();
    world.command(2, CommandBody::Kill { session: id() });
    world.commit();
    // A transaction is under way when the removal comes.
    world.command(
        3,
        CommandBody::Rename {
            session: id(),
            name: "last".into(),
        },
    );
    world.command(4, CommandBody::Remove { session: id() });
    world.commit();
    assert!(world.disk.removed && world.gone);
    assert!(matches!(
        world.receipts(4).last(),
        Some(Outcome::Done { .. })
    ));
}

#[test]
fn a_session_whose_creation_is_refused_leaves_nothing() {
    let mut world = World::new();
    let spec = SessionSpec {
        folder: "not absolute".into(),
        ..spec()
    };
    world.command(
        1,
        CommandBody::Create {
            session: id(),
            spec,
        },
    );
    assert!(!world.listed, "it is not on the list");
    world.commit();
    assert!(matches!(world.receipts(1)[..], [Outcome::Rejected { .. }]));
    assert!(world.gone);
}

#[test]
fn a_private_session_needs_no_store_for_its_commands() {
    let mut world = World::new();
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
    world.read();
    world.command(
        2,
        CommandBody::Rename {
            session: id(),
            name: "quiet".into(),
        },
    );
    assert!(matches!(
        world.receipts(2).last(),
        Some(Outcome::Done { .. })
    ));
    assert!(world.under_way.is_none() && world.disk.row.is_none());
}

/// One thing that happens in the property below.
#[derive(Debug, Clone)]
enum Step {
    Print(u8),
    AskPosition,
    Read,
    Commit,
    Crash { stored: bool },
    Type,
    Subscribe,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => any::<u8>().prop_map(Step::Print),
        2 => Just(Step::AskPosition),
        4 => Just(Step::Read),
        3 => Just(Step::Commit),
        2 => any::<bool>().prop_map(|stored| Step::Crash { stored }),
        1 => Just(Step::Type),
        1 => Just(Step::Subscribe),
    ];
    proptest::collection::vec(step, 1..60)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    /// Whatever is printed and whenever the host dies: output, events and screen are those of a
    /// host that never died, and the program got each answer and each input once.
    #[test]
    fn a4_d3_a_host_that_dies_anywhere_loses_and_doubles_nothing(steps in steps()) {
        let mut world = World::running();
        let mut asked = 0;
        let mut typed = 10;
        for step in steps {
            match step {
                Step::Print(n) => world.print(&format!("line {n}\r\n\x07")),
                Step::AskPosition => {
                    asked += 1;
                    world.print("\x1b[6n");
                }
                Step::Read => world.read(),
                Step::Commit => world.commit(),
                Step::Crash { stored } => world.crash(stored),
                Step::Type => {
                    typed += 1;
                    let inputs = vec![agor_proto::input::Input::Text { text: format!("{typed}") }];
                    world.command(typed, CommandBody::Send { session: id(), inputs });
                }
                Step::Subscribe => {
                    let applied = Seq(world.disk.events.len() as u64 / 2);
                    let cursor = LogCursor { session: id(), epoch: LogEpoch(7), applied };
                    world.ask(Wish::Subscribe(Subscribe { cursor, view: Visibility::Hidden }));
                }
            }
        }
        world.read();
        world.commit();

        prop_assert_eq!(&world.disk.record, &world.keeper.ring, "the record is what was printed");
        prop_assert_eq!(world.keeper.released, world.keeper.ring.len() as u64);
        prop_assert_eq!(world.keeper.replies.len(), asked, "each question has one answer");
        let mut unique = world.keeper.typed.clone();
        unique.dedup();
        prop_assert_eq!(&unique, &world.keeper.typed, "an input was typed twice");

        // Whoever looks makes the host load the screen.
        world.ask(Wish::Ask { ask: AskId(1), query: Query::Screen { session: id() } });
        let options = launcher().terminal_options();
        let mut undisturbed = Rebuild::begin(Offset(0), None, Size::cells(20, 5), options);
        undisturbed.feed(&world.keeper.ring, &mut agor_term::NoFiles);
        let mut expected = Fold::new(Offset(0), options);
        expected.set_terminal(undisturbed.finish().0);
        prop_assert_eq!(world.session.fold.screen_lines(), expected.screen_lines());
        for receipt in world.disk.receipts.values() {
            prop_assert!(receipt.outcome.is_final(), "a command without an end");
        }
    }
}
