//! Agents that a person starts in a shell: known while they have the terminal, and no longer.

use super::*;
use crate::agents::Foreground;
use crate::agents::foreground::Process;
use crate::agents::here::Found;
use crate::agents::registry::Entry;

fn process(provider: &str, pid: u32, began_millis: u64) -> Foreground {
    let process = Process {
        provider: provider.into(),
        pid,
        started: 1,
    };
    Foreground::Agent {
        process,
        began_millis,
    }
}

/// A shell that prompts.
fn shell() -> World {
    let mut world = World::running_program("bash");
    world.keeper.foreground = Some(Foreground::Shell);
    pass(&mut world, 20_000);
    world
}

/// Lets time pass, with every look that is due.
fn pass(world: &mut World, millis: u64) {
    let end = world.clock + millis;
    while world.clock < end {
        world.clock += 20;
        world.on(Cause::Tick);
    }
}

/// The person starts an agent, which has shown nothing of itself yet but a line.
fn start(world: &mut World, provider: &str, pid: u32) {
    world.keeper.foreground = Some(process(provider, pid, world.clock));
    let now = world.clock;
    world.print_at(now, "\r\n");
    world.read();
    pass(world, 400);
}

fn provider(world: &World) -> Option<String> {
    world.session.info().agent.map(|agent| agent.provider)
}

#[test]
fn an_agent_in_a_shell_has_its_badge_its_rules_and_its_state_while_it_has_the_terminal() {
    let mut world = shell();
    assert_eq!(provider(&world), None);
    start(&mut world, "claude", 77);
    let info = world.session.info();
    assert_eq!(info.state, State::Starting);
    assert_eq!(provider(&world).as_deref(), Some("claude"));
    let now = world.clock;
    world.print_at(now, "\x1b]2;\u{25d0} Fix it\x07");
    world.read();
    assert_eq!(world.session.info().state, State::Working);
    pass(&mut world, 2_000);
    world.print_at(now + 2_000, "\x1b]2;\u{2733} Fix it\x07");
    world.read();
    pass(&mut world, 1_000);
    assert_eq!(world.session.info().state, State::Done);
    // It ends, and the shell prompts: without marks, as most do.
    world.keeper.foreground = Some(Foreground::Shell);
    world.print_at(now + 3_000, "$ ");
    world.read();
    pass(&mut world, 300);
    let info = world.session.info();
    assert_eq!((info.state, info.agent), (State::Unknown, None));
    // The title that it left says nothing of what comes after it.
    start(&mut world, "codex", 78);
    assert_eq!(world.session.info().state, State::Starting);
}

#[test]
fn what_an_agent_reported_before_it_was_seen_is_its_own() {
    let mut world = shell();
    world.keeper.foreground = Some(process("claude", 77, 0));
    let now = world.clock;
    world.print_at(now, "\x1b]7501;state=working:app=claude-code\x07");
    world.read();
    pass(&mut world, 100);
    assert_eq!(world.session.info().state, State::Working);
    // It is killed and takes nothing back.
    world.keeper.foreground = Some(Foreground::Shell);
    world.print_at(now + 1_000, "Killed\r\n$ ");
    world.read();
    pass(&mut world, 300);
    let info = world.session.info();
    assert_eq!((info.state, info.agent), (State::Unknown, None));
}

#[test]
fn a_prompts_mark_of_the_agents_own_does_not_end_it_and_a_shells_does_at_once() {
    let mut world = shell();
    start(&mut world, "claude", 77);
    let now = world.clock;
    world.print_at(
        now,
        "\x1b]7501;state=working:app=claude-code\x07\x1b]133;A\x07",
    );
    world.read();
    pass(&mut world, 100);
    assert_eq!(world.session.info().state, State::Working);
    world.keeper.foreground = Some(Foreground::Shell);
    world.print_at(now + 1_000, "\x1b]133;D\x07\x1b]133;A\x07$ ");
    world.read();
    world.on(Cause::Tick);
    assert_eq!(provider(&world), None);
}

#[test]
fn an_agent_at_the_far_end_of_a_link_is_known_by_its_report_until_the_prompt() {
    let mut world = shell();
    // ssh has the terminal.
    world.keeper.foreground = Some(Foreground::Other);
    let now = world.clock;
    world.print_at(now, "\x1b]7501;state=working:app=claude-code\x07");
    world.read();
    pass(&mut world, 10_000);
    assert_eq!(world.session.info().state, State::Working);
    assert_eq!(provider(&world).as_deref(), Some("claude"));
    world.keeper.foreground = Some(Foreground::Shell);
    world.print_at(now + 20_000, "Connection closed.\r\n$ ");
    world.read();
    pass(&mut world, 300);
    assert_eq!(provider(&world), None);
}

#[test]
fn one_agent_after_another_has_nothing_of_the_first() {
    let mut world = shell();
    start(&mut world, "claude", 77);
    let now = world.clock;
    world.print_at(
        now,
        "\x1b]7501;state=blocked:kind=permission:app=claude-code\x07",
    );
    world.read();
    assert_eq!(world.session.info().state, State::NeedsPermission);
    // The same program again, as in `claude; claude`.
    start(&mut world, "claude", 78);
    assert_eq!(world.session.info().state, State::Starting);
    start(&mut world, "goose", 79);
    assert_eq!(provider(&world).as_deref(), Some("goose"));
    assert_eq!(world.session.info().state, State::Unknown);
}

#[test]
fn the_next_host_knows_the_agent_in_the_shell_and_sees_when_it_has_gone_meanwhile() {
    let mut world = shell();
    start(&mut world, "claude", 77);
    let now = world.clock;
    world.print_at(now, "\x1b]7501;state=working:app=claude-code\x07");
    world.read();
    pass(&mut world, 200);
    world.commit();
    world.crash(true);
    assert_eq!(provider(&world).as_deref(), Some("claude"));
    assert_eq!(world.session.info().state, State::Working);
    pass(&mut world, 3_000);
    assert_eq!(world.session.info().state, State::Working);
    world.commit();
    world.keeper.foreground = Some(Foreground::Shell);
    world.crash(true);
    pass(&mut world, 3_000);
    assert_eq!(provider(&world), None);
}

#[test]
fn where_nothing_is_printed_nothing_is_looked_at_and_a_flood_is_looked_at_now_and_then() {
    let mut world = shell();
    let before = world.looked;
    pass(&mut world, 60_000);
    assert_eq!(world.looked, before);
    assert_eq!(world.session.next_wake(), None);
    let began = world.clock;
    while world.clock < began + 10_000 {
        world.print("y\r\n");
        world.read();
        world.on(Cause::Tick);
    }
    let looks = world.looked - before;
    assert!((30..=50).contains(&looks), "{looks}");
    // A session's own agent needs no look.
    let mut world = World::running_program("claude");
    world.keeper.foreground = Some(Foreground::Shell);
    world.print("text");
    world.read();
    pass(&mut world, 10_000);
    assert_eq!(world.looked, 0);
    assert_eq!(provider(&world).as_deref(), Some("claude"));
}

#[test]
fn an_agent_that_starts_without_a_word_is_found_within_seconds() {
    let mut world = shell();
    world.print("\r\n");
    world.read();
    pass(&mut world, 100);
    assert_eq!(provider(&world), None);
    world.keeper.foreground = Some(process("aider", 77, 0));
    pass(&mut world, 5_500);
    assert_eq!(provider(&world).as_deref(), Some("aider"));
}

#[test]
fn what_a_conversation_came_to_before_it_went_on_in_a_shell_is_not_counted() {
    let mut world = shell();
    start(&mut world, "claude", 77);
    assert!((10_000..60_000).contains(&world.clock), "{}", world.clock);
    let entry = Entry {
        says: None,
        conversation: Some("c-1".to_owned()),
    };
    world.on(Cause::Registry { pid: 77, entry });
    let found = Found {
        transcript: Some("/c/c-1.jsonl".into()),
        ..Found::default()
    };
    world.on(Cause::Conversation { found });
    assert_eq!(world.read_from, [0]);
    let message = |id: &str, time: &str, output: u64| {
        let line = serde_json::json!({ "type": "assistant", "timestamp": time, "message": {
            "id": id, "model": "claude-opus-4-5", "usage": { "output_tokens": output } } });
        format!("{line}\n")
    };
    let before = message("m1", "1970-01-01T00:00:10.000Z", 7);
    let since = message("m2", "1970-01-01T00:01:00.000Z", 5);
    let bytes = (before + &since).into_bytes();
    world.on(Cause::Transcript { bytes });
    let agent = world.session.info().agent.expect("an agent");
    assert_eq!(agent.usage.output_tokens, 5);
}

#[test]
fn an_answer_about_a_program_that_has_ended_says_nothing() {
    let mut world = shell();
    let found = Some(process("claude", 77, 0));
    world.on(Cause::Foreground { leader: 8, found });
    assert_eq!(provider(&world), None);
}
