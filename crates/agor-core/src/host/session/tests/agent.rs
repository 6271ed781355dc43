//! An agent's state in its session: events, list, store, restarts.

use std::path::PathBuf;

use agor_proto::agent::{AgentEvent, Conflict};
use agor_proto::command::SignalTarget;
use agor_proto::input::{Input, Key, KeyInput, Mods};
use agor_proto::limits::{STATE_EVENTS_MAX, STATE_PACE_MILLIS};

use super::*;
use crate::agents::claim::Says;
use crate::agents::here::Found;
use crate::agents::machine::LOOK_MILLIS;
use crate::agents::registry::Entry;
use crate::agents::usage::{Counted, Tokens};

pub(super) fn status(world: &mut World, millis: u64, body: &str) {
    world.print_at(millis, &format!("\x1b]7501;{body}\x07"));
}

fn states(events: &[agor_proto::event::Event]) -> Vec<(State, State)> {
    let state = |event: &agor_proto::event::Event| match &event.body {
        EventBody::Agent(AgentEvent::State { from, to, .. }) => Some((*from, *to)),
        _ => None,
    };
    events.iter().filter_map(state).collect()
}

#[test]
fn any_program_that_reports_its_status_has_a_state_which_is_told_as_an_event_and_listed_at_once() {
    let mut world = World::running();
    assert_eq!(world.session.info().agent, None);
    world.listed = false;
    status(
        &mut world,
        1_000,
        "state=working:app=build:msg=Y29tcGlsaW5n",
    );
    world.read();
    assert!(world.listed, "it waits for nothing");
    let info = world.session.info();
    assert_eq!(info.state, State::Working);
    let agent = info.agent.expect("an agent");
    assert_eq!(
        (&agent.provider[..], &agent.reason[..]),
        ("build", "compiling")
    );
    assert_eq!(agent.since_millis, 1_000);
    world.commit();
    assert_eq!(
        states(&world.disk.events),
        [(State::Unknown, State::Working)]
    );
    status(&mut world, 2_000, "state=clear");
    world.read();
    assert_eq!(world.session.info().state, State::Unknown);
}

#[test]
fn those_who_follow_are_told_of_a_state_before_anything_else_is_made_of_it() {
    let mut world = World::running();
    world.subscribe(0, Visibility::Hidden);
    status(&mut world, 1_000, "state=blocked:kind=permission");
    world.read();
    world.sent.clear();
    assert_eq!(world.told, [0usize; 0], "it is not on disk yet");
    world.commit();
    let is_told = |(_, message): &(_, Message)| match message {
        Message::Events(events) => !states(&events.events).is_empty(),
        _ => false,
    };
    assert_eq!(world.told.len(), 1);
    assert!(world.sent[..world.told[0]].iter().any(is_told));
}

#[test]
fn a_known_agent_in_a_shell_is_told_by_the_name_that_it_reports() {
    let mut world = World::running();
    status(&mut world, 1_000, "state=idle:app=claude-code");
    world.read();
    let agent = world.session.info().agent.expect("an agent");
    assert_eq!(agent.provider, "claude");
    world.print_at(2_000, "\x1b]133;A\x07$ ");
    status(&mut world, 2_000, "state=clear");
    world.read();
    assert_eq!(world.session.info().state, State::Unknown);
}

#[test]
fn a_known_agents_title_is_read_and_its_end_ends_everything() {
    let mut world = World::running_program("/usr/bin/claude");
    assert_eq!(world.session.info().state, State::Starting);
    world.print_at(1_000, "\x1b]2;\u{25d0} Fix it\x07");
    world.read();
    assert_eq!(world.session.info().state, State::Working);
    world.print_at(5_000, "\x1b]2;\u{2733} Fix it\x07");
    world.read();
    assert_eq!(world.session.info().state, State::Done);
    world
        .keeper
        .write(RecordBody::Exited { code: 0, signal: 0 });
    world.read();
    let info = world.session.info();
    assert_eq!(info.state, State::Exited);
    let agent = info.agent.expect("an agent");
    assert_eq!(
        (&agent.provider[..], &agent.reason[..]),
        ("claude", "its program ended")
    );
    world.commit();
    use State::{Done, Exited, Starting, Unknown, Working};
    let told = [
        (Unknown, Starting),
        (Starting, Working),
        (Working, Done),
        (Done, Exited),
    ];
    assert_eq!(states(&world.disk.events), told);
}

#[test]
fn esc_before_a_turn_ends_makes_it_idle() {
    let mut world = World::running_program("claude");
    world.clock = 10_000;
    world.print_at(10_000, "\x1b]2;\u{25d0} Fix it\x07");
    world.read();
    let escape = Input::Key(KeyInput::press(Key::Escape, Mods::default()));
    world.command(
        2,
        CommandBody::Send {
            session: id(),
            inputs: vec![escape],
        },
    );
    world.commit();
    world.print_at(10_500, "\x1b]2;\u{2733} Fix it\x07");
    world.read();
    let info = world.session.info();
    assert_eq!(info.state, State::Idle);
    assert_eq!(
        info.agent.map(|it| it.reason),
        Some("you interrupted it".into())
    );
}

#[test]
fn done_that_was_seen_is_idle_for_the_next_host_too_and_seeing_it_twice_is_once() {
    let mut world = World::running();
    status(&mut world, 1_000, "state=working");
    status(&mut world, 2_000, "state=done");
    world.read();
    world.commit();
    assert_eq!(world.session.info().state, State::Done);
    for n in [2, 3] {
        world.command(n, CommandBody::Seen { session: id() });
        world.commit();
        assert!(matches!(
            world.receipts(n).last(),
            Some(Outcome::Done { .. })
        ));
        assert_eq!(world.session.info().state, State::Idle);
    }
    world.crash(true);
    assert_eq!(world.session.info().state, State::Idle);
    assert_eq!(
        states(&world.disk.events).last(),
        Some(&(State::Done, State::Idle))
    );
    assert_eq!(states(&world.disk.events).len(), 3);
}

#[test]
fn an_agent_that_fails_by_itself_is_in_error_until_that_was_seen_or_it_is_started_again() {
    let ends = |world: &mut World, code, signal| {
        world.keeper.alive = false;
        world.keeper.write(RecordBody::Exited { code, signal });
        world.keeper.write(RecordBody::Closed);
        world.read();
        world.commit();
        let info = world.session.info();
        let reason = info.agent.as_ref().map(|it| it.reason.clone());
        (info.has_failed(), reason.unwrap_or_default())
    };
    let by_code = (true, "its program ended with exit code 1".to_owned());
    let by_signal = (true, "its program was killed by SIGSEGV".to_owned());
    let by_ctrl_c = "its program was killed by SIGINT".to_owned();
    let mut world = World::running_program("claude");
    assert_eq!(ends(&mut world, 1, 0), by_code);
    world.crash(true);
    assert!(world.session.info().has_failed(), "the next host knows");
    world.command(2, CommandBody::Seen { session: id() });
    world.commit();
    let info = world.session.info();
    assert_eq!((info.state, info.has_failed()), (State::Exited, false));

    let mut world = World::running_program("claude");
    assert_eq!(ends(&mut world, -1, 11), by_signal);
    world.command(2, CommandBody::Restart { session: id() });
    world.commit();
    world.read();
    assert_eq!(world.session.info().state, State::Starting);

    let mut world = World::running_program("claude");
    assert_eq!(ends(&mut world, -1, 2), (false, by_ctrl_c));
    let mut world = World::running_program("make");
    assert!(!ends(&mut world, 2, 0).0, "that is no agent");
}

#[test]
fn an_agent_that_its_person_ends_has_not_failed() {
    let session = id();
    let to = SignalTarget::Foreground;
    let signal = |signal| CommandBody::Signal {
        session,
        signal,
        to,
    };
    for (body, fails) in [
        (CommandBody::Kill { session }, false),
        (signal(15), false),
        (signal(28), true),
    ] {
        let mut world = World::running_program("claude");
        world.command(2, body.clone());
        world.commit();
        if world.session.alive() {
            world.keeper.write(RecordBody::Exited {
                code: 143,
                signal: 0,
            });
            world.read();
        }
        assert!(!world.session.alive());
        assert_eq!(world.session.info().has_failed(), fails, "{body:?}");
    }
    let mut world = World::running_program("claude");
    world.on(Cause::WillEnd);
    world.on(Cause::KeeperLost);
    assert_eq!(world.session.info().state, State::Exited);
    let mut world = World::running_program("claude");
    world.on(Cause::KeeperLost);
    assert_eq!(world.session.info().state, State::Error);
}

#[test]
fn a_host_that_dies_at_any_moment_leaves_one_that_tells_the_same_states_once() {
    use State::{Done, Idle, NeedsPermission, Starting, Unknown, Working};
    let steps: [(u64, &str); 7] = [
        (1_000, "\x1b]7501;state=idle:app=claude-code\x07"),
        (2_000, "\x1b]7501;state=working\x07text"),
        (3_000, "\x1b]2;\u{25d0} Fix it\x07"),
        (
            4_000,
            "\x1b]7501;state=blocked:kind=permission:msg=bHM=\x07",
        ),
        (5_000, "\x1b]7501;state=working\x07"),
        (6_000, "\x1b]2;\u{2733} Fix it\x07"),
        (7_000, "\x1b]7501;state=done\x07"),
    ];
    let told = [
        (Unknown, Starting),
        (Starting, Idle),
        (Idle, Working),
        (Working, NeedsPermission),
        (NeedsPermission, Working),
        (Working, Done),
    ];
    for dies in 0..steps.len() {
        for (commits, stored) in [(false, false), (false, true), (true, true)] {
            let mut world = World::running_program("claude");
            for (n, (millis, text)) in steps.iter().enumerate() {
                world.print_at(*millis, text);
                world.read();
                if commits {
                    world.commit();
                }
                if n == dies {
                    let before = (world.session.info().state, world.session.info().agent);
                    world.crash(stored);
                    // What was folded and not stored is read again.
                    world.read();
                    let after = (world.session.info().state, world.session.info().agent);
                    assert_eq!(after, before, "after step {n}, {commits} {stored}");
                }
            }
            world.commit();
            assert_eq!(
                states(&world.disk.events),
                told,
                "{dies} {commits} {stored}"
            );
        }
    }
}

#[test]
fn state_events_max_are_made_at_once_and_the_last_state_is_told_after_state_pace_millis() {
    let mut world = World::running();
    world.clock = 1_000;
    for n in 0..10 * STATE_EVENTS_MAX {
        let state = if n % 2 == 0 { "working" } else { "idle" };
        status(&mut world, 1_000, &format!("state={state}"));
    }
    status(&mut world, 1_000, "state=error");
    world.read();
    world.commit();
    assert_eq!(world.session.info().state, State::Error);
    assert_eq!(states(&world.disk.events).len(), STATE_EVENTS_MAX);
    assert!(world.session.next_wake().is_some());
    world.clock += STATE_PACE_MILLIS;
    world.on(Cause::Tick);
    world.commit();
    let told = states(&world.disk.events);
    assert_eq!(told.len(), STATE_EVENTS_MAX + 1);
    assert_eq!(told.last().map(|it| it.1), Some(State::Error));
    for pair in told.windows(2) {
        assert_eq!(pair[0].1, pair[1].0, "a change from what was not told");
    }
}

#[test]
fn a_program_that_is_started_again_begins_anew() {
    let mut world = World::running_program("claude");
    status(&mut world, 1_000, "state=error");
    world.read();
    world.command(2, CommandBody::Kill { session: id() });
    world.commit();
    assert_eq!(world.session.info().state, State::Exited);
    world.command(3, CommandBody::Restart { session: id() });
    world.commit();
    world.read();
    assert_eq!(world.session.info().state, State::Starting);
}

#[test]
fn a_program_that_is_started_again_shows_itself_by_the_title_that_the_one_before_had() {
    let mut world = World::running_program("gemini");
    world.print_at(1_000, "\x1b]2;\u{25c7} Ready\x07");
    world.read();
    assert_eq!(world.session.info().state, State::Idle);
    world.command(2, CommandBody::Kill { session: id() });
    world.commit();
    world.command(3, CommandBody::Restart { session: id() });
    world.commit();
    world.read();
    assert_eq!(world.session.info().state, State::Starting);
    world.print_at(9_000, "\x1b]2;\u{25c7} Ready\x07");
    world.read();
    assert_eq!(world.session.info().state, State::Idle);
}

#[test]
fn a_title_that_waits_for_a_look_at_the_screen_gets_it_in_time_though_the_program_prints_on() {
    let mut world = World::running_program("gemini");
    world.clock = 10_000;
    world.print_at(10_000, "\x1b]2;\u{2726} Working\x07");
    world.read();
    world.clock = 20_000;
    world.on(Cause::Tick);
    assert_eq!(world.session.info().state, State::Working);
    // Time passes with whatever happens.
    world.clock = 20_100;
    world.print_at(20_100, "\x1b]2;\u{25c7} Ready\x07");
    world.read();
    while world.clock + 10 < 20_100 + LOOK_MILLIS {
        world.print_at(world.clock, ".");
        world.read();
        let state = world.session.info().state;
        assert_eq!(state, State::Working, "{}", world.clock);
    }
    world.on(Cause::Tick);
    assert_eq!(world.session.info().state, State::Done);
}

#[test]
fn who_waits_for_a_state_is_told_when_it_comes_and_at_once_if_it_is_there() {
    let mut world = World::running();
    let wait = |states| Wish::Ask {
        ask: AskId(1),
        query: Query::WaitState {
            session: id(),
            states,
            timeout_millis: None,
        },
    };
    let reached = |world: &World| {
        let told = world.sent.iter().filter_map(|(_, message)| match message {
            Message::Answer(answer) => Some(answer.part.clone()),
            _ => None,
        });
        told.collect::<Vec<_>>()
    };
    world.ask(wait(vec![State::Done, State::Error]));
    status(&mut world, 1_000, "state=working");
    world.read();
    assert_eq!(reached(&world), []);
    status(&mut world, 2_000, "state=error:msg=NDAw");
    world.read();
    let told = [agor_proto::message::Part::Reached {
        state: State::Error,
        reason: "400".into(),
    }];
    assert_eq!(reached(&world), told);
    world.ask(wait(vec![State::Error]));
    assert_eq!(reached(&world).len(), 2);
}

#[test]
fn who_waits_for_an_error_or_for_the_end_is_told_of_an_agent_that_fails() {
    for awaited in [State::Error, State::Exited] {
        let mut world = World::running_program("claude");
        let query = Query::WaitState {
            session: id(),
            states: vec![awaited],
            timeout_millis: None,
        };
        let ask = AskId(1);
        world.ask(Wish::Ask { ask, query });
        world
            .keeper
            .write(RecordBody::Exited { code: 1, signal: 0 });
        world.keeper.write(RecordBody::Closed);
        world.read();
        let told = agor_proto::message::Part::Reached {
            state: awaited,
            reason: "its program ended with exit code 1".into(),
        };
        let is_told = |(_, message): &(ConnEpoch, Message)| match message {
            Message::Answer(answer) => answer.part == told,
            _ => false,
        };
        assert!(world.sent.iter().any(is_told), "{awaited:?}");
    }
}

#[test]
fn report_max_bounds_what_a_hook_tells_and_an_unknown_form_changes_nothing() {
    let mut world = World::running_program("claude");
    let report = |form: &str, body: Vec<u8>| Cause::Reported {
        form: form.into(),
        body,
    };
    let hook = |padding: usize| {
        let message = "x".repeat(padding);
        serde_json::json!({ "hook_event_name": "UserPromptSubmit", "session_id": "c", "message": message })
            .to_string()
            .into_bytes()
    };
    world.on(report("later", hook(0)));
    world.on(report("claude", b"{".to_vec()));
    world.on(report("claude", hook(agor_proto::limits::REPORT_MAX)));
    assert_eq!(world.session.info().state, State::Starting);
    world.on(report("claude", hook(0)));
    let info = world.session.info();
    assert_eq!(info.state, State::Working);
    assert_eq!(info.agent.and_then(|it| it.conversation), Some("c".into()));
}

#[test]
fn the_conversation_of_an_agent_that_chooses_its_id_is_looked_for_when_it_does_something() {
    let mut world = World::running_program("codex");
    assert_eq!(world.sought, 1, "it was started");
    status(&mut world, 1_000, "state=idle:app=codex");
    world.read();
    assert_eq!(world.sought, 1, "it is still being looked for");
    let found = Found::default();
    world.on(Cause::Conversation { found });
    assert_eq!(world.sought, 2, "it has shown itself meanwhile");
    let file = PathBuf::from("/c/rollout-01a2.jsonl");
    let found = Found {
        id: Some("01a2".to_owned()),
        transcript: Some(file.clone()),
        ..Found::default()
    };
    world.on(Cause::Conversation { found });
    assert_eq!(world.followed, std::slice::from_ref(&file));
    let conversation = |world: &World| world.session.info().agent.and_then(|it| it.conversation);
    assert_eq!(conversation(&world).as_deref(), Some("01a2"));
    assert_eq!(world.sought, 2, "nothing has happened since");
    // It is stored with the session.
    world.commit();
    world.crash(true);
    assert_eq!(conversation(&world).as_deref(), Some("01a2"));
    assert_eq!(
        world.followed,
        [file.clone(), file],
        "also by the next host"
    );
    let mut other = World::running_program("claude");
    status(&mut other, 1_000, "state=working");
    other.read();
    assert_eq!(other.sought, 0);
}

#[test]
fn a_conversation_that_is_written_down_late_is_found_and_one_that_never_is_is_looked_for_a_few_times()
 {
    let mut world = World::running_program("claude");
    let entry = Entry {
        says: None,
        conversation: Some("c-1".to_owned()),
    };
    world.on(Cause::Registry { pid: 9, entry });
    assert_eq!(world.sought, 1);
    let look = |world: &mut World, millis: u64, found: Found| {
        let before = world.sought;
        world.on(Cause::Conversation { found });
        // Time passes with whatever happens.
        world.clock += millis - 20;
        world.on(Cause::Tick);
        assert_eq!(world.sought, before, "not so soon");
        world.on(Cause::Tick);
        world.sought - before
    };
    assert_eq!(look(&mut world, 200, Found::default()), 1);
    assert_eq!(look(&mut world, 400, Found::default()), 1);
    let file = PathBuf::from("/c/c-1.jsonl");
    let found = Found {
        id: None,
        transcript: Some(file.clone()),
        ..Found::default()
    };
    assert_eq!(look(&mut world, 800, found), 0);
    assert_eq!(world.followed, [file]);

    let mut world = World::running_program("codex");
    for millis in [200, 400, 800, 1_600, 3_200, 6_400] {
        assert_eq!(look(&mut world, millis, Found::default()), 1);
    }
    assert_eq!(look(&mut world, 12_800, Found::default()), 0);
}

#[test]
fn a_database_is_asked_what_a_conversation_came_to_after_each_change_and_a_few_times_more() {
    let mut world = World::running_program("opencode");
    assert_eq!(world.sought, 0, "nothing was said in it");
    let shows = |world: &mut World, text: &str| {
        let now = world.clock;
        world.print_at(now, &format!("\x1b[2J\x1b[H{text}"));
        world.read();
        world.clock += 1_000;
        world.on(Cause::Tick);
    };
    shows(&mut world, "esc interrupt");
    assert_eq!(world.sought, 1);
    let counted = |id: Option<&str>, input| Found {
        id: id.map(str::to_owned),
        counted: Some((
            "ses_a".to_owned(),
            Counted {
                tokens: Tokens {
                    input,
                    ..Tokens::default()
                },
                ..Counted::default()
            },
        )),
        ..Found::default()
    };
    let input = |world: &World| world.session.info().agent.unwrap().usage.input_tokens;
    let found = counted(Some("ses_a"), 100);
    world.on(Cause::Conversation { found });
    assert_eq!((input(&world), world.sought), (100, 1));
    world.clock += 400;
    world.on(Cause::Tick);
    world.on(Cause::Tick);
    assert_eq!(world.sought, 2, "it may have written more");
    let found = counted(None, 300);
    world.on(Cause::Conversation { found });
    assert_eq!(input(&world), 300, "in place of what it said before");
    // What was asked of another conversation comes late.
    let mut found = counted(None, 900);
    if let Some((conversation, _)) = &mut found.counted {
        *conversation = "ses_former".to_owned();
    }
    world.on(Cause::Conversation { found });
    assert_eq!(input(&world), 300);
    shows(&mut world, "\u{25a3} Build");
    assert_eq!(world.sought, 3, "its turn has ended");
}

#[test]
fn what_an_agent_writes_down_is_read_as_it_grows_and_its_turns_end() {
    let mut world = World::running_program("codex");
    let found = Found {
        id: Some("01a2".to_owned()),
        transcript: Some("/c/rollout-01a2.jsonl".into()),
        ..Found::default()
    };
    world.on(Cause::Conversation { found });
    assert_eq!(world.read_from, [0]);
    let line = r#"{"type":"event_msg","payload":{"type":"token_count","info":{"total_token_usage":
        {"input_tokens":150,"cached_input_tokens":50,"output_tokens":20},"last_token_usage":
        {"input_tokens":150,"output_tokens":20},"model_context_window":1000}}}"#;
    let bytes = (line.replace('\n', "") + "\n").into_bytes();
    let end = bytes.len() as u64;
    world.on(Cause::TranscriptGrew);
    assert_eq!(world.read_from, [0], "one piece after the other");
    world.on(Cause::Transcript { bytes });
    assert_eq!(world.read_from, [0, end], "there was more");
    let bytes = Vec::new();
    world.on(Cause::Transcript { bytes });
    let usage = world.session.info().agent.unwrap().usage;
    assert_eq!((usage.input_tokens, usage.cached_tokens), (100, 50));
    assert_eq!((usage.output_tokens, usage.context_percent), (20, Some(17)));
    world.on(Cause::TranscriptGrew);
    assert_eq!(world.read_from, [0, end, end]);
    let bytes = Vec::new();
    world.on(Cause::Transcript { bytes });
    status(&mut world, 1_000, "state=idle:app=codex");
    world.read();
    assert_eq!(world.read_from.len(), 4, "its state changed");
}

#[test]
fn what_an_agent_used_and_how_long_it_worked_is_stored_by_day_with_its_session_and_counted_once() {
    let mut world = World::running_program("claude");
    world.clock = 10 * 86_400_000 - 45_000;
    let now = world.clock;
    status(&mut world, now, "state=idle:app=claude-code");
    world.read();
    world.clock += 5_000;
    let now = world.clock;
    status(&mut world, now, "state=working");
    world.read();
    // The minute is counted while it passes, and midnight divides it.
    for _ in 0..7 {
        world.clock += 10_000;
        world.on(Cause::Tick);
        world.commit();
    }
    world.crash(true);
    let now = world.clock;
    status(&mut world, now, "state=blocked:kind=permission");
    world.read();
    world.clock += 5_000;
    let now = world.clock;
    status(&mut world, now, "state=done");
    world.read();
    world.commit();
    let days: Vec<_> = world.disk.usage.values().collect();
    let numbers: Vec<_> = days.iter().map(|it| it.day).collect();
    assert_eq!(numbers, [9, 10]);
    let near = |millis: u64, expected: u64| millis.abs_diff(expected) < 500;
    assert!(near(days[0].spent.working_millis, 40_000), "{days:?}");
    assert!(near(days[1].spent.working_millis, 30_000), "{days:?}");
    assert!(near(days[1].spent.waited_millis, 5_000), "{days:?}");
    assert_eq!((days[0].spent.turns, days[1].spent.turns), (0, 1));
    let named = (&days[1].provider[..], &days[1].project[..]);
    assert_eq!(named, ("claude", "/tmp"));
    // Nothing more is counted once it does nothing more.
    let before = world.disk.usage.clone();
    world.clock += 600_000;
    world.on(Cause::Tick);
    world.commit();
    assert_eq!(world.disk.usage, before);
}

#[test]
fn an_agents_own_registry_tells_of_an_interrupt_that_no_hook_tells_and_only_of_its_own_process() {
    let mut world = World::running_program("claude");
    assert_eq!(world.registered, [9], "the session's program");
    let says = |state: State| Entry {
        says: Some(Says {
            also: vec![State::Done, State::Error],
            ..Says::just(state, "its registry says so")
        }),
        conversation: Some("c-7".into()),
    };
    let hook = |world: &mut World, event: &str| {
        let body = format!(r#"{{"hook_event_name":"{event}","session_id":"c-7"}}"#);
        let form = "claude".into();
        world.on(Cause::Reported {
            form,
            body: body.into_bytes(),
        });
    };
    hook(&mut world, "UserPromptSubmit");
    assert_eq!(world.session.info().state, State::Working);
    world.clock += 5_000;
    let (pid, entry) = (8, says(State::Idle));
    world.on(Cause::Registry { pid, entry });
    world.clock += 5_000;
    world.on(Cause::Tick);
    assert_eq!(
        world.session.info().state,
        State::Working,
        "another process"
    );
    let escape = Input::Key(KeyInput::press(Key::Escape, Mods::default()));
    let session = id();
    let inputs = vec![escape];
    world.command(2, CommandBody::Send { session, inputs });
    world.commit();
    let (pid, entry) = (9, says(State::Idle));
    world.on(Cause::Registry { pid, entry });
    world.clock += 700;
    world.on(Cause::Tick);
    let info = world.session.info();
    assert_eq!(info.state, State::Idle);
    let agent = info.agent.expect("an agent");
    assert_eq!(agent.reason, "you interrupted it");
    assert_eq!(agent.conversation.as_deref(), Some("c-7"));
}

#[test]
fn two_agents_that_write_the_same_file_say_so_until_that_was_seen() {
    let mut world = World::running_program("claude");
    let body = br#"{"hook_event_name":"PostToolUse","session_id":"c","tool_name":"Edit","tool_input":{"file_path":"/a/x"}}"#;
    let form = "claude".into();
    world.on(Cause::Reported {
        form,
        body: body.to_vec(),
    });
    assert_eq!(world.wrote, ["/a/x"]);
    let conflict = Conflict {
        file: "/a/x".into(),
        with: "codex".into(),
        at_millis: 5,
    };
    world.on(Cause::Conflicts(conflict.clone()));
    let told = |world: &World| world.session.info().agent.and_then(|agent| agent.conflict);
    assert_eq!(told(&world), Some(conflict));
    world.command(2, CommandBody::Seen { session: id() });
    world.commit();
    assert_eq!(told(&world), None);
}
