//! What needs the person: gone to by key, answered from the list.

use std::sync::Arc;

use agor_proto::agent::{Choice, PermissionKind, State};
use agor_proto::command::CommandBody;
use agor_proto::ids::SessionId;
use agor_proto::input::Input;
use agor_proto::session::{Life, SessionInfo};
use egui_kittest::kittest::Queryable;

use super::world::World;
use crate::commands::Command;
use crate::link::Request;
use crate::testing::{agent_info, session_id, session_info};

pub(super) fn asking(number: u8, since_millis: u64) -> SessionInfo {
    let mut info = session_info(number, &format!("agent{number}"));
    info.state = State::NeedsPermission;
    let mut agent = agent_info();
    agent.since_millis = since_millis;
    if let Some(pending) = &mut agent.pending {
        pending.id = since_millis;
    }
    info.agent = Some(agent);
    info
}

/// Returns a session that asks something to which a text is an answer.
pub(super) fn questioning(number: u8, since_millis: u64) -> SessionInfo {
    SessionInfo {
        state: State::NeedsAnswer,
        ..asking(number, since_millis)
    }
}

/// Returns what was sent, each to whom and as the answer to which question.
pub(super) fn sent(requests: &[Request]) -> Vec<(SessionId, u64, Vec<Input>)> {
    let sent = requests.iter().filter_map(|request| match request {
        Request::Command(CommandBody::Send { session, inputs }) => {
            Some((*session, 0, inputs.clone()))
        }
        Request::Command(CommandBody::Answer {
            session,
            question,
            inputs,
        }) => Some((*session, *question, inputs.clone())),
        _ => None,
    });
    sent.collect()
}

#[test]
fn the_next_that_needs_you_is_shown_and_one_key_leads_back() {
    let sessions = [session_info(1, "bash"), asking(2, 20), asking(3, 10)];
    let mut world = World::new(World::layout(&[1]), &sessions);
    for longest_waiting_first in [3, 2, 3] {
        world.command(Command::AttentionNext);
        let focused = world.app().workspace.focused_session();
        assert_eq!(focused, Some(session_id(longest_waiting_first)));
    }
    for left_before in [2, 3, 1, 1] {
        world.command(Command::AttentionBack);
        let focused = world.app().workspace.focused_session();
        assert_eq!(focused, Some(session_id(left_before)));
    }
    assert!(world.harness.query_by_label("2 need you").is_some());
}

#[test]
fn a_question_is_answered_from_the_list_by_the_keys_that_it_shows_and_once() {
    let sessions = [session_info(1, "bash"), asking(2, 20), asking(3, 10)];
    let mut world = World::new(World::layout(&[1]), &sessions);
    world.command(Command::Attention);
    assert!(world.harness.query_by_label("No, sends Esc").is_some());
    world.requests();
    world.harness.key_press(egui::Key::Num3);
    world.harness.run();
    let escape = Input::Key(agor_term::input::chord::parse("escape").unwrap());
    assert_eq!(sent(&world.requests()), [(session_id(3), 10, vec![escape])]);
    // The agent has not read it yet: pressed again, it would answer the next question.
    world.harness.key_press(egui::Key::Num1);
    world.harness.run();
    assert_eq!(sent(&world.requests()), []);
    // A later question of the same agent is another one.
    world.set_sessions(&[session_info(1, "bash"), asking(2, 20), asking(3, 15)]);
    world.harness.key_press(egui::Key::Num1);
    world.harness.run();
    assert_eq!(sent(&world.requests())[0].1, 15);
    // One that was answered elsewhere is not answered again.
    let mut elsewhere = asking(3, 16);
    let pending = elsewhere.agent.as_mut().and_then(|it| it.pending.as_mut());
    pending.expect("it asks").answered = true;
    world.set_sessions(&[session_info(1, "bash"), asking(2, 20), elsewhere]);
    world.harness.key_press(egui::Key::Num1);
    world.harness.run();
    assert_eq!(sent(&world.requests()), []);
    // What was in the pane stays there.
    assert_eq!(world.app().workspace.focused_session(), Some(session_id(1)));
}

#[test]
fn a_digit_and_a_reply_answer_only_what_was_drawn_as_selected_before_them() {
    let bash = || session_info(1, "bash");
    let mut offers_others = asking(3, 10);
    let pending = offers_others.agent.as_mut();
    let pending = pending.and_then(|it| it.pending.as_mut());
    pending.expect("it asks").choices.reverse();
    // What was selected has gone, asks something else, or offers other answers.
    for now in [
        vec![bash(), asking(2, 20)],
        vec![bash(), asking(2, 20), asking(3, 11)],
        vec![bash(), asking(2, 20), offers_others],
    ] {
        let before = [bash(), asking(2, 20), asking(3, 10)];
        let mut world = World::new(World::layout(&[1]), &before);
        world.command(Command::Attention);
        world.requests();
        world.harness.key_press(egui::Key::Num1);
        world.change_once(|snapshot| snapshot.sessions = Some(Arc::new(now)));
        assert_eq!(sent(&world.requests()), []);
        world.harness.run();
        world.harness.key_press(egui::Key::Num1);
        world.harness.run();
        assert_eq!(sent(&world.requests()).len(), 1, "now it is read");
    }
    let before = [bash(), questioning(2, 10)];
    let mut world = World::new(World::layout(&[1]), &before);
    world.command(Command::Attention);
    world.harness.key_press(egui::Key::R);
    world.harness.run();
    world.harness.get_by_label("Reply").type_text("use pnpm");
    world.harness.run();
    world.requests();
    world.harness.key_press(egui::Key::Enter);
    let now = vec![bash(), questioning(2, 11)];
    world.change_once(|snapshot| snapshot.sessions = Some(Arc::new(now)));
    assert_eq!(sent(&world.requests()), []);
    world.harness.run();
    world.harness.key_press(egui::Key::Enter);
    world.harness.run();
    assert_eq!(sent(&world.requests())[0].1, 11);
}

#[test]
fn a_question_stands_there_whole_where_it_is_selected_and_in_three_lines_elsewhere() {
    let heights = |text: &str| {
        let asks = |number, since_millis| {
            let mut info = asking(number, since_millis);
            let pending = info.agent.as_mut().and_then(|it| it.pending.as_mut());
            pending.expect("it asks").text = text.to_owned();
            info
        };
        // The one that waits longest is selected.
        let sessions = [session_info(1, "bash"), asks(2, 20), asks(3, 10)];
        let mut world = World::new(World::layout(&[1]), &sessions);
        world.command(Command::Attention);
        [3, 2].map(|number| {
            let label = format!("agent{number}, needs permission: {text}");
            world.harness.get_by_label(&label).rect().height()
        })
    };
    let short = heights("Bash: ls");
    let long = heights(&["Bash: rm -r target"; 50].join(" && "));
    let [selected, elsewhere] = [long[0] - short[0], long[1] - short[1]];
    assert!((20.0..45.0).contains(&elsewhere), "two lines: {elsewhere}");
    assert!(selected > 60.0, "all lines: {selected}");
}

#[test]
fn the_title_of_the_window_begins_with_how_many_wait_for_the_person() {
    let bash = || session_info(1, "bash");
    let mut world = World::new(World::layout(&[1]), &[bash()]);
    let mut titled = |sessions: Vec<SessionInfo>| {
        world.change_once(|snapshot| snapshot.sessions = Some(Arc::new(sessions)));
        let windows = world.harness.output().viewport_output.iter();
        let commands = windows.flat_map(|(_, window)| &window.commands);
        let titles = commands.filter_map(|command| match command {
            egui::ViewportCommand::Title(title) => Some(title.clone()),
            _ => None,
        });
        titles.collect::<Vec<_>>()
    };
    let asks = vec![bash(), asking(2, 20), questioning(3, 10)];
    assert_eq!(titled(asks.clone()), ["(2) bash - agor"]);
    assert_eq!(titled(asks), [""; 0], "it is told once");
    let mut done = asking(2, 20);
    done.state = State::Done;
    assert_eq!(titled(vec![bash(), done]), ["bash - agor"]);
}

#[test]
fn enter_in_the_list_answers_nothing_and_shows_the_session() {
    let sessions = [session_info(1, "bash"), asking(2, 20)];
    let mut world = World::new(World::layout(&[1]), &sessions);
    world.command(Command::Attention);
    world.requests();
    world.harness.key_press(egui::Key::Enter);
    world.harness.run();
    assert_eq!(sent(&world.requests()), []);
    assert_eq!(world.app().workspace.focused_session(), Some(session_id(2)));
}

#[test]
fn a_reply_is_typed_in_the_list_and_goes_with_enter_to_whom_it_was_begun_for() {
    let sessions = [
        session_info(1, "bash"),
        questioning(2, 10),
        questioning(3, 20),
    ];
    let mut world = World::new(World::layout(&[1]), &sessions);
    world.command(Command::Attention);
    world.harness.key_press(egui::Key::R);
    world.harness.run();
    world.harness.get_by_label("Reply").type_text("use pnpm 2");
    world.harness.run();
    world.requests();
    world.harness.key_press(egui::Key::Enter);
    world.harness.run();
    let sent = sent(&world.requests());
    let text = Input::Text {
        text: "use pnpm 2".into(),
    };
    assert_eq!(sent.len(), 1);
    assert_eq!(
        (sent[0].0, sent[0].1, &sent[0].2[0]),
        (session_id(2), 10, &text)
    );
}

#[test]
fn an_agent_that_ended_with_a_failure_is_started_again_from_the_list_by_one_key_and_once() {
    let mut failed = asking(2, 10);
    failed.state = State::Error;
    failed.life = Life::Exited {
        code: -1,
        signal: 11,
    };
    let agent = failed.agent.as_mut().expect("an agent");
    agent.pending = None;
    agent.reason = "its program was killed by SIGSEGV".into();
    let sessions = [session_info(1, "bash"), failed];
    let mut world = World::new(World::layout(&[1]), &sessions);
    world.command(Command::Attention);
    let label = "agent2, failed: its program was killed by SIGSEGV";
    assert!(world.harness.query_by_label(label).is_some());
    world.requests();
    for restarts in [1, 0] {
        world.harness.key_press(egui::Key::R);
        world.harness.run();
        let requests = world.requests();
        let sent = requests.iter().filter(|request| {
            matches!(request, Request::Command(CommandBody::Restart { session }) if *session == session_id(2))
        });
        assert_eq!(sent.count(), restarts);
    }
    assert!(world.harness.query_by_label("Reply").is_none());
}

#[test]
fn a_reply_to_what_asks_nothing_waits_until_its_agent_takes_a_prompt() {
    for (state, waits) in [
        (State::Done, true),
        (State::Stalled, true),
        (State::Error, false),
    ] {
        let mut info = asking(2, 10);
        info.state = state;
        info.agent.as_mut().expect("an agent").pending = None;
        let mut world = World::new(World::layout(&[1]), &[session_info(1, "bash"), info]);
        world.command(Command::Attention);
        world.harness.key_press(egui::Key::R);
        world.harness.run();
        world.harness.get_by_label("Reply").type_text("go on");
        world.harness.run();
        world.requests();
        world.harness.key_press(egui::Key::Enter);
        world.harness.run();
        let requests = world.requests();
        let queued = requests.iter().any(|request| {
            let Request::Command(CommandBody::SendWhenIdle { session, inputs }) = request else {
                return false;
            };
            *session == session_id(2) && inputs.len() == 2
        });
        assert_eq!(queued, waits, "{state:?}");
        let at_once = sent(&requests);
        assert_eq!(at_once.is_empty(), waits, "{state:?}: {at_once:?}");
    }
}

#[test]
fn a_reply_is_dropped_when_its_question_is_gone() {
    let mut world = World::new(
        World::layout(&[1]),
        &[
            session_info(1, "bash"),
            questioning(2, 10),
            questioning(3, 20),
        ],
    );
    world.command(Command::Attention);
    world.harness.key_press(egui::Key::R);
    world.harness.run();
    assert!(world.harness.query_by_label("Reply").is_some());
    world.set_sessions(&[session_info(1, "bash"), questioning(3, 20)]);
    assert!(world.harness.query_by_label("Reply").is_none());
}

#[test]
fn a_request_for_permission_takes_no_text() {
    let sessions = [session_info(1, "bash"), asking(2, 10)];
    let mut world = World::new(World::layout(&[1]), &sessions);
    world.command(Command::Attention);
    world.requests();
    world.harness.key_press(egui::Key::R);
    world.harness.run();
    assert!(world.harness.query_by_label("Reply").is_none());
    assert_eq!(sent(&world.requests()), []);
}

#[test]
fn a_menu_is_chosen_from_by_digits_that_are_all_shown_and_takes_no_text() {
    let mut asks = questioning(2, 10);
    let pending = asks.agent.as_mut().and_then(|it| it.pending.as_mut());
    pending.expect("it asks").choices = (1..=9)
        .map(|digit| Choice {
            name: format!("A long way number {digit} to pay in the shop"),
            kind: PermissionKind::Choose,
            keys: vec![digit.to_string()],
        })
        .collect();
    let mut world = World::new(World::layout(&[1]), &[session_info(1, "bash"), asks]);
    world.command(Command::Attention);
    let shown = |digit: u8| format!("A long way number {digit} to pay in the shop, sends {digit}");
    let top = |digit| world.harness.get_by_label(&shown(digit)).rect().min.y;
    let tops: Vec<f32> = (1..=9).map(top).collect();
    assert!(tops[0] < tops[8], "nine do not stand in one line");
    world.requests();
    world.harness.key_press(egui::Key::R);
    world.harness.run();
    assert!(world.harness.query_by_label("Reply").is_none());
    world.harness.key_press(egui::Key::Num9);
    world.harness.run();
    let digit = Input::Key(agor_term::input::chord::parse("9").unwrap());
    assert_eq!(sent(&world.requests()), [(session_id(2), 10, vec![digit])]);
}

#[test]
fn the_head_of_the_list_counts_who_needs_you_as_the_bar_does_and_what_is_to_be_looked_at() {
    let done = |number| SessionInfo {
        state: State::Done,
        ..asking(number, 30)
    };
    for (sessions, head, bar) in [
        (vec![asking(2, 10)], "1 session needs you", "1 needs you"),
        (
            vec![asking(2, 10), asking(3, 20), done(4)],
            "2 sessions need you, 1 more to look at",
            "2 need you",
        ),
        (vec![done(4)], "1 session to look at", "Keys"),
    ] {
        let shell = std::iter::once(session_info(1, "bash"));
        let sessions: Vec<_> = shell.chain(sessions).collect();
        let mut world = World::new(World::layout(&[1]), &sessions);
        world.command(Command::Attention);
        for label in [head, bar] {
            let count = world.harness.query_all_by_label(label).count();
            assert_eq!(count, 1, "{label}");
        }
    }
}
