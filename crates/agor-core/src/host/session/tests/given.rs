//! What an agent is given: prompts that wait for it, and answers to what it asks.

use agor_proto::input::{Input, Key, KeyInput, Mods};

use super::agent::status;
use super::*;

#[test]
fn a_prompt_that_waits_is_given_when_the_agent_is_idle_and_the_next_when_it_is_again() {
    let mut world = World::running();
    world.clock = 10_000;
    status(&mut world, 10_000, "state=working");
    world.read();
    let prompt = |text: &str| CommandBody::SendWhenIdle {
        session: id(),
        inputs: vec![Input::Text { text: text.into() }],
    };
    for (n, text) in [(2, "one"), (3, "two")] {
        world.command(n, prompt(text));
        world.commit();
        assert!(matches!(world.receipts(n)[..], [Outcome::Accepted { .. }]));
    }
    // What is typed meanwhile takes nothing from what waits.
    world.command(
        9,
        CommandBody::Send {
            session: id(),
            inputs: vec![Input::Text { text: "now".into() }],
        },
    );
    world.commit();
    assert_eq!(world.keeper.typed.drain(..).count(), 1);
    status(&mut world, 10_100, "state=done");
    world.read();
    world.commit();
    assert_eq!(world.keeper.typed, [b"one".to_vec()]);
    assert!(matches!(
        world.receipts(2).last(),
        Some(Outcome::Done { .. })
    ));
    status(&mut world, 10_200, "state=working");
    world.read();
    world.commit();
    assert_eq!(world.keeper.typed.len(), 1);
    status(&mut world, 10_300, "state=idle");
    world.read();
    world.commit();
    assert_eq!(world.keeper.typed, [b"one".to_vec(), b"two".to_vec()]);
    world.command(4, prompt("late"));
    world.commit();
    assert!(
        matches!(world.receipts(4)[..], [Outcome::Accepted { .. }]),
        "it has just been prompted"
    );
    world
        .keeper
        .write(RecordBody::Exited { code: 0, signal: 0 });
    world.read();
    world.commit();
    assert_eq!(world.keeper.typed.len(), 2);
}

fn answer(world: &World, keys: &str) -> CommandBody {
    let pending = world.session.info().agent.and_then(|agent| agent.pending);
    CommandBody::Answer {
        session: id(),
        question: pending.map_or(0, |pending| pending.id),
        inputs: vec![Input::Text { text: keys.into() }],
    }
}

fn refused(world: &World, n: u8) -> bool {
    let last = world.receipts(n).pop();
    matches!(last, Some(Outcome::Rejected { error }) if error.code == ErrorCode::AlreadyAnswered)
}

#[test]
fn a_text_and_enter_are_no_answer_to_a_request_for_permission() {
    let reply = |world: &World| {
        let CommandBody::Answer {
            session,
            question,
            mut inputs,
        } = answer(world, "y")
        else {
            unreachable!("an answer");
        };
        inputs.push(Input::Key(KeyInput::press(Key::Enter, Mods::default())));
        CommandBody::Answer {
            session,
            question,
            inputs,
        }
    };
    let mut world = World::running();
    status(&mut world, 1_000, "state=blocked:kind=permission:msg=bHM=");
    world.read();
    world.command(2, reply(&world));
    world.commit();
    let last = world.receipts(2).pop();
    assert!(
        matches!(&last, Some(Outcome::Rejected { error }) if error.code == ErrorCode::BadRequest),
        "{last:?}"
    );
    assert!(world.keeper.typed.is_empty());
    // A question takes one.
    status(&mut world, 2_000, "state=blocked:kind=question:msg=bHM=");
    world.read();
    world.command(3, reply(&world));
    world.commit();
    assert_eq!(world.keeper.typed.concat(), b"y\r");
}

#[test]
fn of_two_answers_to_one_question_the_first_is_given_and_the_other_refused() {
    let mut world = World::running();
    status(&mut world, 1_000, "state=blocked:kind=permission:msg=bHM=");
    world.read();
    // Both windows have seen the question before either has answered.
    let (first, second) = (answer(&world, "1"), answer(&world, "2"));
    let third = answer(&world, "3");
    world.command(2, first);
    world.command(3, second);
    world.commit();
    assert_eq!(world.keeper.typed, [b"1".to_vec()]);
    assert!(matches!(
        world.receipts(2).last(),
        Some(Outcome::Done { .. })
    ));
    assert!(refused(&world, 3));
    world.command(4, third);
    world.commit();
    assert!(refused(&world, 4));
    assert_eq!(world.keeper.typed.len(), 1);
}

#[test]
fn an_answer_to_a_question_that_has_changed_meanwhile_is_not_given() {
    let mut world = World::running();
    status(&mut world, 1_000, "state=blocked:kind=permission:msg=bHM=");
    world.read();
    let late = answer(&world, "1");
    status(&mut world, 2_000, "state=blocked:kind=permission:msg=cm0=");
    world.command(2, late);
    // The program asks something else before the command is on disk.
    world.read();
    world.commit();
    world.commit();
    assert!(refused(&world, 2));
    assert_eq!(world.keeper.typed, [[0u8; 0]; 0]);
    world.command(3, answer(&world, "2"));
    world.commit();
    assert_eq!(world.keeper.typed, [b"2".to_vec()]);
}

#[test]
fn an_agent_that_takes_no_keys_yet_gets_its_answer_when_it_does() {
    let mut world = World::running_program("claude");
    world.clock = 100_000;
    status(
        &mut world,
        100_000,
        "state=blocked:kind=permission:msg=bHM=",
    );
    world.read();
    world.command(2, answer(&world, "1"));
    world.commit();
    assert!(matches!(world.receipts(2)[..], [Outcome::Accepted { .. }]));
    assert_eq!(world.keeper.typed.len(), 0);
    assert!(world.session.next_wake().is_some());
    world.clock += 2_000;
    world.on(Cause::Tick);
    world.commit();
    assert_eq!(world.keeper.typed, [b"1".to_vec()]);
    assert!(matches!(
        world.receipts(2).last(),
        Some(Outcome::Done { .. })
    ));
    // One whose question goes while it waits is refused.
    status(
        &mut world,
        103_000,
        "state=blocked:kind=permission:msg=cm0=",
    );
    world.read();
    world.command(3, answer(&world, "1"));
    world.commit();
    status(&mut world, 103_100, "state=working");
    world.read();
    world.commit();
    assert!(refused(&world, 3));
    assert_eq!(world.keeper.typed.len(), 1);
}

#[test]
fn an_answer_is_looked_at_with_the_screen_that_has_just_come() {
    let mut world = World::running_program("claude");
    world.clock = 100_000;
    let prompt = |what: &str| format!("\x1b[2J\x1b[H{what}\r\n\u{276f} 1. Yes\r\n  2. No\r\n");
    world.print_at(100_000, &prompt("ls"));
    world.read();
    world.clock += 1_000;
    world.on(Cause::Tick);
    assert_eq!(world.session.info().state, State::NeedsPermission);
    let late = answer(&world, "1");
    // The agent goes on by itself; nobody has looked yet.
    world.print_at(101_000, "\x1b[2J\x1b[H\u{276f} ");
    world.read();
    world.clock += 1;
    world.command(2, late);
    world.commit();
    world.clock += 2_000;
    world.on(Cause::Tick);
    world.commit();
    assert!(refused(&world, 2));
    assert_eq!(world.keeper.typed.len(), 0);
}
