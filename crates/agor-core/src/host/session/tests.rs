//! A session between a keeper and a store that are simple enough to be obviously right, and that
//! can die at any moment.

mod bounds;

use std::collections::BTreeMap;

use agor_proto::command::{Command, CommandBody, Receipt};
use agor_proto::event::{Event, LogCursor};
use agor_proto::ids::{AskId, ClientId, CommandId, CommandN, ConnEpoch, LeaseToken};
use agor_proto::message::{InputAck, InputFrame, Message, Subscribe};
use agor_proto::record::{Record, RecordBody};
use agor_proto::screen::Mirror;
use proptest::prelude::*;

use super::*;
use crate::storage::{Transaction, Write};

const CLIENT: ClientId = ClientId([1; 16]);
const CONN: ConnEpoch = ConnEpoch(1);

fn id() -> SessionId {
    SessionId::from_parts(1, [3; 10])
}

fn launcher() -> Launcher {
    let options = TerminalOptions {
        scrollback_rows: 100,
    };
    Launcher::new(std::iter::empty(), None, "here".into(), options)
}

fn spec() -> SessionSpec {
    SessionSpec {
        argv: vec!["prog".into()],
        folder: "/tmp".into(),
        name: String::new(),
        env: Vec::new(),
        size: Size::cells(20, 5),
        private: false,
    }
}

/// What survives a host: the store and the keeper's ring.
#[derive(Debug, Default)]
struct Disk {
    row: Option<SessionRow>,
    events: Vec<Event>,
    record: Vec<u8>,
    receipts: BTreeMap<CommandId, StoredReceipt>,
    removed: bool,
}

impl Disk {
    fn apply(&mut self, transaction: Transaction) {
        for write in transaction.writes {
            match write {
                Write::PutSession(row) => self.row = Some(row),
                Write::AppendEvents { events, .. } => {
                    for event in events {
                        assert_eq!(
                            event.seq.0,
                            self.events.len() as u64 + 1,
                            "a gap in the events"
                        );
                        self.events.push(event);
                    }
                }
                Write::AppendRecord {
                    from, to, bytes, ..
                } => {
                    assert_eq!(
                        from.0,
                        self.record.len() as u64,
                        "output stored twice or skipped"
                    );
                    self.record.extend_from_slice(&bytes);
                    assert_eq!(to.0, self.record.len() as u64);
                }
                Write::PutReceipt(receipt) => {
                    self.receipts.insert(receipt.id, receipt);
                }
                Write::RemoveSession { .. } => self.removed = true,
                Write::AppendGap { .. } | Write::PutCheckpoint { .. } => {}
            }
        }
    }
}

/// What the keeper does, as far as a session can see it.
#[derive(Debug, Default)]
struct Keeper {
    ring: Vec<u8>,
    released: u64,
    last_reply: (u64, u32),
    replies: Vec<Vec<u8>>,
    inputs: BTreeMap<u128, u64>,
    typed: Vec<Vec<u8>>,
    spawned: u32,
    alive: bool,
    /// Whether a kill is answered later, by the test.
    kills_slowly: bool,
    killing: bool,
}

impl Keeper {
    fn write(&mut self, body: RecordBody) {
        Record {
            unix_micros: 1,
            body,
        }
        .encode(&mut self.ring);
    }
}

/// A host with one session, and what it is told.
struct World {
    disk: Disk,
    keeper: Keeper,
    session: Session,
    under_way: Option<Transaction>,
    sent: Vec<(ConnEpoch, Message)>,
    listed: bool,
    gone: bool,
    clock: u64,
    start: Instant,
}

impl World {
    fn new() -> Self {
        let start = Instant::now();
        let now = Now {
            instant: start,
            unix_millis: 1,
        };
        let session = Session::unborn(id(), LogEpoch(7), launcher(), now);
        Self {
            disk: Disk::default(),
            keeper: Keeper::default(),
            session,
            under_way: None,
            sent: Vec::new(),
            listed: false,
            gone: false,
            clock: 1,
            start,
        }
    }

    fn now(&mut self) -> Now {
        self.clock += 10;
        Now {
            instant: self.start + Duration::from_millis(self.clock),
            unix_millis: self.clock,
        }
    }

    fn on(&mut self, cause: Cause) {
        let mut causes = std::collections::VecDeque::from([cause]);
        while let Some(cause) = causes.pop_front() {
            if self.session.wants_terminal(&cause) {
                let mut rebuild = Rebuild::begin(
                    Offset(0),
                    None,
                    Size::cells(20, 5),
                    launcher().terminal_options(),
                );
                rebuild.feed(&self.disk.record);
                self.session.set_terminal(rebuild.finish(), Offset(0));
            }
            let now = self.now();
            let mut effects = Vec::new();
            self.session.on(cause, now, &mut effects);
            for effect in effects {
                self.perform(effect, &mut causes);
            }
        }
    }

    fn perform(&mut self, effect: Effect, causes: &mut std::collections::VecDeque<Cause>) {
        match effect {
            Effect::Keeper(Request::Spawn(spec)) => {
                assert!(
                    !self.keeper.killing,
                    "started while everything of it is ended"
                );
                self.keeper.spawned += 1;
                self.keeper.alive = true;
                assert_eq!(spec.start_offset, self.keeper.ring.len() as u64);
                self.keeper.write(RecordBody::Started {
                    pid: 9,
                    size: Size::cells(20, 5),
                });
                causes.push_back(Cause::Spawned { pid: 9 });
            }
            Effect::Keeper(Request::Input {
                source, seq, bytes, ..
            }) => {
                let last = self.keeper.inputs.entry(source).or_default();
                if seq > *last {
                    *last = seq;
                    self.keeper.typed.push(bytes);
                }
                causes.push_back(Cause::InputDone { source, seq });
            }
            Effect::Keeper(Request::Reply {
                offset,
                ordinal,
                bytes,
                ..
            }) => {
                if (offset, ordinal) > self.keeper.last_reply {
                    self.keeper.last_reply = (offset, ordinal);
                    self.keeper.replies.push(bytes);
                }
            }
            Effect::Keeper(Request::Kill { .. }) => {
                if std::mem::take(&mut self.keeper.alive) {
                    self.keeper.write(RecordBody::Exited {
                        code: -1,
                        signal: 9,
                    });
                    self.keeper.write(RecordBody::Closed);
                }
                self.read();
                self.keeper.killing = true;
                if !self.keeper.kills_slowly {
                    self.keeper.killing = false;
                    causes.push_back(Cause::Killed { survivors: 0 });
                }
            }
            Effect::Keeper(Request::Forget { .. }) => causes.push_back(Cause::Forgotten),
            Effect::Keeper(_) => {}
            Effect::Listed(_) => self.listed = true,
            Effect::Write(transaction) => {
                assert!(self.under_way.is_none(), "two transactions under way");
                self.under_way = Some(transaction);
            }
            Effect::Send(conn, message) => self.sent.push((conn, message)),
            Effect::Stream(conn, messages) => {
                self.sent
                    .extend(messages.into_iter().map(|message| (conn, message)));
            }
            Effect::Replay { conn, after } => {
                let events = self
                    .disk
                    .events
                    .iter()
                    .filter(|e| e.seq > after)
                    .cloned()
                    .collect();
                causes.push_back(Cause::Replayed { conn, events });
            }
            Effect::Release(to) => {
                let stored = self.disk.record.len() as u64;
                // Of a private session nothing is stored.
                let private = self.session.spec.private;
                assert!(private || to.0 <= stored, "released before it was stored");
                self.keeper.released = self.keeper.released.max(to.0);
            }
            Effect::Gone => {
                assert!(self.disk.removed || self.disk.row.is_none());
                self.gone = true;
            }
        }
    }

    /// Lets the session read what is in the ring.
    fn read(&mut self) {
        let from = self.session.offset();
        let bytes = self.keeper.ring[from.0 as usize..].to_vec();
        if !bytes.is_empty() {
            self.on(Cause::Ring { from, bytes });
        }
    }

    /// Stores what is under way, and what gathers behind it.
    fn commit(&mut self) {
        while let Some(transaction) = self.under_way.take() {
            self.disk.apply(transaction);
            self.on(Cause::Committed);
        }
    }

    /// Kills the host and starts another. `stored` says whether the transaction that was under
    /// way had reached the disk.
    fn crash(&mut self, stored: bool) {
        if let Some(transaction) = self.under_way.take()
            && stored
        {
            self.disk.apply(transaction);
        }
        let Some(row) = self.disk.row.clone() else {
            // The creating command was not acknowledged: its client sends it again.
            *self = Self::new();
            self.create();
            return;
        };
        let stored = StoredSession {
            row,
            first_seq: Seq(1),
            last_seq: Seq(self.disk.events.len() as u64),
            first: Offset(0),
            end: Offset(self.disk.record.len() as u64),
        };
        self.session = Session::from_store(stored, launcher());
        let now = self.now();
        if self.keeper.spawned > 0 {
            self.session.adopt(9, self.keeper.alive, false);
            self.on(Cause::RingKept);
        } else {
            self.session.orphan(now);
        }
        let unfinished = self
            .disk
            .receipts
            .values()
            .filter(|receipt| !receipt.outcome.is_final())
            .cloned()
            .collect();
        self.session.interrupt(unfinished, now);
        self.on(Cause::Tick);
    }

    fn ask(&mut self, what: Wish) {
        self.on(Cause::Asked {
            conn: CONN,
            client: CLIENT,
            what: Box::new(what),
        });
    }

    fn command(&mut self, n: u8, body: CommandBody) {
        let id = CommandId([n; 16]);
        let command = Command {
            id,
            n: CommandN(u64::from(n)),
            body,
        };
        let stored = self.disk.receipts.get(&id).cloned();
        self.ask(Wish::Command {
            command,
            digest: [n; 32],
            stored,
        });
    }

    fn create(&mut self) {
        self.command(
            1,
            CommandBody::Create {
                session: id(),
                spec: spec(),
            },
        );
    }

    /// Brings up the session with its program.
    fn running() -> Self {
        let mut world = Self::new();
        world.create();
        world.commit();
        world.read();
        world.commit();
        assert_eq!(world.session.life, Life::Running);
        world
    }

    fn print(&mut self, text: &str) {
        self.keeper.write(RecordBody::Out(text.as_bytes().to_vec()));
    }

    fn receipts(&self, n: u8) -> Vec<Outcome> {
        let wanted = |message: &Message| match message {
            Message::Receipt(Receipt { id, outcome }) if *id == CommandId([n; 16]) => {
                Some(outcome.clone())
            }
            _ => None,
        };
        self.sent
            .iter()
            .filter_map(|(_, message)| wanted(message))
            .collect()
    }
}

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
fn a_stale_driver_never_types() {
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
    assert_eq!(world.session.fold.screen_lines()[..2], ["first", "second"]);
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
fn a_command_that_crosses_its_receipt_is_not_carried_out_again() {
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
    let cursor = LogCursor {
        session: id(),
        epoch: LogEpoch(0),
        applied: Seq(0),
    };
    world.ask(Wish::Subscribe(Subscribe {
        cursor,
        view: Visibility::Visible,
    }));
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
    let text = agor_term::text::plain(&mirror.rows);
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
        undisturbed.feed(&world.keeper.ring);
        let mut expected = Fold::new(Offset(0), options);
        expected.set_terminal(undisturbed.finish());
        prop_assert_eq!(world.session.fold.screen_lines(), expected.screen_lines());
        for receipt in world.disk.receipts.values() {
            prop_assert!(receipt.outcome.is_final(), "a command without an end");
        }
    }
}
