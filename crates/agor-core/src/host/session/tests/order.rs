//! Commands that meet each other, the disk and the program in an order that nobody wished for.

use agor_proto::input::Input;
use agor_proto::message::LeaseStanding;

use super::world::*;
use super::*;

fn send(text: &str) -> CommandBody {
    CommandBody::Send {
        session: id(),
        inputs: vec![Input::Text { text: text.into() }],
    }
}

fn kill() -> CommandBody {
    CommandBody::Kill { session: id() }
}

fn restart() -> CommandBody {
    CommandBody::Restart { session: id() }
}

fn remove() -> CommandBody {
    CommandBody::Remove { session: id() }
}

/// Returns a session whose program has ended, something that it started holding its terminal: a kill takes a
/// while.
fn ended() -> World {
    let mut world = World::running();
    world.keeper.kills_slowly = true;
    world.keeper.alive = false;
    world
        .keeper
        .write(RecordBody::Exited { code: 0, signal: 0 });
    world.read();
    world.commit();
    world
}

fn is_done(outcomes: &[Outcome]) -> bool {
    matches!(outcomes.last(), Some(Outcome::Done { .. }))
}

#[test]
fn what_waited_for_the_agent_does_not_overtake_what_waits_for_the_disk() {
    let mut world = World::running();
    world.clock = 10_000;
    let status = |world: &mut World, millis, state: &str| {
        world.print_at(millis, &format!("\x1b]7501;{state}:app=scripted\x07"));
        world.read();
    };
    status(&mut world, 10_000, "state=working");
    world.commit();
    world.command(
        2,
        CommandBody::SendWhenIdle {
            session: id(),
            inputs: vec![Input::Text {
                text: "when idle".into(),
            }],
        },
    );
    world.commit();
    // Accepted, and not on disk when the agent comes to rest.
    world.command(3, send("at once"));
    status(&mut world, 10_100, "state=idle");
    assert_eq!(world.keeper.typed, [b"when idle".to_vec()]);
    world.commit();
    assert!(is_done(&world.receipts(3)));
    assert_eq!(
        world.keeper.typed,
        [b"when idle".to_vec(), b"at once".to_vec()],
        "what is done was typed"
    );
}

#[test]
fn a_program_that_is_killed_before_it_is_there_is_killed_when_it_is() {
    let mut world = World::new();
    world.keeper.starts_slowly = true;
    world.create();
    world.commit();
    world.command(2, kill());
    world.commit();
    assert!(!is_done(&world.receipts(2)), "nothing has been killed yet");
    let started = world.keeper.start();
    world.on(started);
    world.read();
    world.commit();
    assert!(!world.keeper.alive);
    assert!(is_done(&world.receipts(2)));
    assert!(!world.session.alive());
}

#[test]
fn a_kill_of_a_program_that_cannot_be_started_has_nothing_to_do() {
    let mut world = World::new();
    world.keeper.starts_slowly = true;
    world.create();
    world.commit();
    world.command(2, kill());
    world.commit();
    world.on(Cause::SpawnFailed {
        reason: "no such program".into(),
        cwd_errno: None,
    });
    world.commit();
    assert!(is_done(&world.receipts(2)));
}

#[test]
fn a_kill_ends_the_restart_that_has_not_begun() {
    let mut world = ended();
    // Something that the program had started holds its terminal, so that its end takes a while.
    world.command(2, restart());
    world.commit();
    assert!(world.keeper.killing);
    world.command(3, kill());
    world.commit();
    world.keeper.killing = false;
    world.on(Cause::Killed { survivors: 0 });
    world.commit();
    assert!(is_done(&world.receipts(3)));
    assert!(matches!(
        world.receipts(2).last(),
        Some(Outcome::Rejected { error }) if error.code == ErrorCode::Ended
    ));
    assert_eq!(world.keeper.spawned, 1, "nothing runs that was killed");
}

#[test]
fn a_removal_ends_every_command_that_is_under_way() {
    let mut world = ended();
    world.command(2, kill());
    world.commit();
    world.command(3, restart());
    world.command(4, remove());
    world.commit();
    assert!(is_done(&world.receipts(4)));
    assert_eq!(world.receipts(2).last(), Some(&Outcome::Interrupted));
    assert!(matches!(
        world.receipts(3).last(),
        Some(Outcome::Rejected { error }) if error.code == ErrorCode::NoSession
    ));
    assert!(world.gone);
    assert_eq!(world.keeper.spawned, 1, "nothing runs that nobody lists");
    for receipt in world.disk.receipts.values() {
        assert!(receipt.outcome.is_final(), "{receipt:?}");
    }
}

fn driving(world: &mut World) -> agor_proto::ids::LeaseToken {
    let fresh = agor_proto::ids::LeaseToken([4; 16]);
    world.ask(Wish::TakeLease { force: true, fresh });
    let held = world.sent.iter().any(|(_, message)| {
        matches!(message, Message::Lease(lease) if matches!(lease.standing, LeaseStanding::Held { .. }))
    });
    assert!(held);
    fresh
}

#[test]
fn a_size_that_is_wanted_before_the_program_is_there_is_its_size() {
    let mut world = World::new();
    world.keeper.starts_slowly = true;
    world.create();
    world.commit();
    let token = driving(&mut world);
    let size = Size::cells(97, 31);
    world.ask(Wish::Resize { token, size });
    let started = world.keeper.start();
    world.on(started);
    assert_eq!(world.keeper.sizes.last(), Some(&(97, 31)));
}

#[test]
fn a_size_that_is_wanted_of_an_ended_program_is_that_of_the_next() {
    let mut world = World::running();
    let token = driving(&mut world);
    world.command(2, kill());
    world.commit();
    let size = Size::cells(97, 31);
    world.ask(Wish::Resize { token, size });
    world.command(3, restart());
    world.commit();
    world.read();
    world.commit();
    assert_eq!(world.keeper.sizes, [(20, 5), (97, 31)]);
    assert_eq!(world.session.size, size);
}

#[test]
fn a_subscriber_whose_events_could_not_be_read_is_told_them_later() {
    let mut world = World::running();
    let conn = ConnEpoch(5);
    // More than is kept in memory.
    for n in 0..600 {
        world.print_at(n * 2_000, "\x07");
        world.read();
        world.commit();
    }
    world.session.subscribers.add(
        conn,
        id(),
        &agor_proto::event::LogCursor {
            session: id(),
            epoch: LogEpoch(7),
            applied: Seq(0),
        },
        &world.session.journal,
        &mut Vec::new(),
    );
    let mut effects = Vec::new();
    let now = world.now();
    world
        .session
        .on(Cause::Unreadable { conn }, now, &mut effects);
    let again =
        |effect: &Effect| matches!(effect, Effect::Replay { conn: asked, .. } if *asked == conn);
    assert_eq!(effects.iter().filter(|effect| again(effect)).count(), 1);
}

#[test]
fn a_checkpoint_waits_for_the_images_that_it_names() {
    let mut world = World::running();
    let before = world.session.checkpoint_at;
    world.session.checkpoint = Some((Offset(900), vec![1], before));
    world.session.checkpoint_at = Offset(900);
    world.session.on_images_stored(false);
    assert_eq!(world.session.checkpoint_at, before, "it is due again");
    assert!(world.session.journal.is_quiet(), "and none is stored");
}

#[test]
fn typed_input_is_still_numbered_by_its_client() {
    let mut world = World::running();
    let token = driving(&mut world);
    world.command(2, send("by command"));
    world.commit();
    world.ask(Wish::Type(InputFrame {
        session: id(),
        token,
        seq: agor_proto::ids::InputSeq(1),
        input: Input::Text {
            text: "by key".into(),
        },
    }));
    let typed = [b"by command".to_vec(), b"by key".to_vec()];
    assert_eq!(world.keeper.typed, typed);
}

/// What happens to a session, in any order.
#[derive(Debug, Clone, Copy)]
enum Step {
    Send,
    SendWhenIdle,
    Kill,
    Restart,
    Remove,
    AgentWorks,
    AgentRests,
    ProgramEnds,
    ProgramIsThere,
    KillIsOver,
    Commit,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        3 => Just(Step::Send),
        3 => Just(Step::SendWhenIdle),
        2 => Just(Step::Kill),
        2 => Just(Step::Restart),
        1 => Just(Step::Remove),
        2 => Just(Step::AgentWorks),
        3 => Just(Step::AgentRests),
        1 => Just(Step::ProgramEnds),
        3 => Just(Step::ProgramIsThere),
        2 => Just(Step::KillIsOver),
        4 => Just(Step::Commit),
    ];
    proptest::collection::vec(step, 1..40)
}

/// A world in which everything takes as long as the test says.
struct Course {
    world: World,
    /// Programs that were asked for and are there.
    started: u32,
    /// The texts of commands, by number.
    texts: Vec<(u8, String)>,
    next: u8,
    millis: u64,
}

impl Course {
    fn new() -> Self {
        let mut world = World::new();
        world.keeper.starts_slowly = true;
        world.keeper.kills_slowly = true;
        world.clock = 100_000;
        world.create();
        Self {
            world,
            started: 0,
            texts: Vec::new(),
            next: 2,
            millis: 100_000,
        }
    }

    fn command(&mut self, body: CommandBody) {
        let n = self.next;
        self.next += 1;
        self.world.command(n, body);
    }

    fn text(&mut self, when_idle: bool) {
        let text = format!("text {}", self.next);
        self.texts.push((self.next, text.clone()));
        let (session, inputs) = (id(), vec![Input::Text { text }]);
        self.command(match when_idle {
            true => CommandBody::SendWhenIdle { session, inputs },
            false => CommandBody::Send { session, inputs },
        });
    }

    fn says(&mut self, state: &str) {
        if self.world.keeper.alive {
            self.millis += 2_000;
            self.world
                .print_at(self.millis, &format!("\x1b]7501;state={state}:app=x\x07"));
            self.world.read();
        }
    }

    fn take(&mut self, step: Step) {
        match step {
            Step::Send => self.text(false),
            Step::SendWhenIdle => self.text(true),
            Step::Kill => self.command(kill()),
            Step::Restart => self.command(restart()),
            Step::Remove => self.command(remove()),
            Step::AgentWorks => self.says("working"),
            Step::AgentRests => self.says("idle"),
            Step::ProgramEnds if self.world.keeper.alive => {
                self.world.keeper.alive = false;
                self.world
                    .keeper
                    .write(RecordBody::Exited { code: 0, signal: 0 });
                self.world.keeper.write(RecordBody::Closed);
                self.world.read();
            }
            Step::ProgramIsThere if self.started < self.world.keeper.spawned => {
                self.started = self.world.keeper.spawned;
                let started = self.world.keeper.start();
                self.world.on(started);
                self.world.read();
            }
            Step::KillIsOver if std::mem::take(&mut self.world.keeper.killing) => {
                self.world.on(Cause::Killed { survivors: 0 });
            }
            Step::Commit => self.world.commit(),
            _ => {}
        }
    }

    /// Lets everything that is under way come to its end.
    fn settle(&mut self) {
        for _ in 0..8 {
            for step in [Step::Commit, Step::ProgramIsThere, Step::KillIsOver] {
                self.take(step);
            }
        }
        // Whoever waits for an agent that never rests waits for its end.
        self.take(Step::ProgramEnds);
        self.take(Step::Commit);
    }

    fn outcome(&self, n: u8) -> Option<Outcome> {
        let stored = self.world.disk.receipts.get(&CommandId([n; 16]));
        stored.map(|receipt| receipt.outcome.clone())
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn what_is_done_was_done_and_everything_comes_to_an_end(steps in steps()) {
        let mut course = Course::new();
        for step in steps {
            course.take(step);
            if course.world.gone {
                break;
            }
        }
        if !course.world.gone {
            course.settle();
        }
        for n in 1..course.next {
            let outcome = course.outcome(n);
            let ended = outcome.as_ref().is_none_or(Outcome::is_final);
            prop_assert!(ended, "command {} never ends: {:?}", n, outcome);
        }
        for (n, text) in &course.texts {
            let typed = &course.world.keeper.typed;
            let times = typed.iter().filter(|it| *it == text.as_bytes()).count();
            match course.outcome(*n) {
                Some(Outcome::Done { .. }) => prop_assert_eq!(times, 1, "command {} is done", n),
                Some(Outcome::Rejected { .. }) => prop_assert_eq!(times, 0, "command {}", n),
                _ => prop_assert!(times <= 1),
            }
        }
        if course.world.gone || course.world.session.removed {
            prop_assert!(!course.world.keeper.alive, "a program runs that nobody lists");
        }
    }
}
