//! Programs that write the clipboard: at once where the person looks, else after a question.

use agor_core::config::{CLIPBOARD_WRITE, Value, Whose};
use egui_kittest::kittest::Queryable;

use super::looks::settings;
use super::world::World;
use crate::commands::Command;
use crate::link::Request;
use crate::testing::{session_id, session_info};

/// Returns a window on two panes, of which the second has the keyboard.
fn world() -> World {
    let sessions = [session_info(1, "vim"), session_info(2, "claude")];
    let mut world = World::new(World::layout(&[1, 2]), &sessions);
    world.requests();
    world
}

/// Lets a program copy a text; returns what is on the clipboard then.
fn copies(world: &mut World, session: u8, text: &str) -> Vec<String> {
    world.change_once(|snapshot| snapshot.copied(session_id(session), false, text.into()));
    copied(world)
}

/// Returns what the last frame put on the clipboard.
fn copied(world: &World) -> Vec<String> {
    let commands = &world.harness.output().platform_output.commands;
    let texts = commands.iter().filter_map(|command| match command {
        egui::OutputCommand::CopyText(text) => Some(text.clone()),
        _ => None,
    });
    texts.collect()
}

fn act(world: &mut World, command: Command) -> Vec<String> {
    world.app().commands.push(command);
    world.harness.step();
    let copied = copied(world);
    world.harness.run();
    copied
}

const ASKS: &str = "vim wants to put 6 characters on the clipboard: “secret”";

#[test]
fn the_focused_program_writes_at_once_and_another_waits_for_the_answer_as_long_as_it_takes() {
    let mut world = world();
    assert_eq!(copies(&mut world, 2, "seen"), ["seen"]);
    assert!(world.harness.query_by_label("Allow once").is_none());
    assert!(copies(&mut world, 1, "secret").is_empty());
    world.harness.run();
    world.harness.get_by_label(ASKS);
    // It takes no key from the program that is typed into, and looking at the other is no answer.
    assert!(!world.app().ui_has_keyboard());
    world.command(Command::FocusLeft);
    assert!(copied(&world).is_empty());
    world.harness.get_by_label(ASKS);
    assert_eq!(act(&mut world, Command::ClipboardAllow), ["secret"]);
    assert!(world.harness.query_by_label(ASKS).is_none());
    assert!(
        act(&mut world, Command::ClipboardAllow).is_empty(),
        "it was once"
    );
    world.command(Command::FocusRight);
    assert!(
        copies(&mut world, 1, "secret").is_empty(),
        "and it asks again"
    );
}

#[test]
fn a_refusal_writes_nothing_and_a_session_that_is_gone_asks_no_more() {
    let mut world = world();
    copies(&mut world, 1, "secret");
    world.harness.run();
    world.harness.get_by_label("Refuse").click();
    world.harness.step();
    assert!(copied(&world).is_empty());
    world.harness.run();
    assert!(world.harness.query_by_label(ASKS).is_none());
    copies(&mut world, 1, "secret");
    world.harness.run();
    world.set_sessions(&[session_info(2, "claude")]);
    assert!(world.harness.query_by_label(ASKS).is_none());
}

#[test]
fn always_is_said_of_the_session_and_holds_from_then_on() {
    let mut world = world();
    copies(&mut world, 1, "secret");
    assert_eq!(act(&mut world, Command::ClipboardAlways), ["secret"]);
    let said = world
        .requests()
        .into_iter()
        .find_map(|request| match request {
            Request::Say { key, of, value } => Some((key, of, value)),
            _ => None,
        });
    let id = session_id(1).to_string();
    let of = Whose::Session {
        session: id.clone(),
        folder: "/work/project".into(),
    };
    let allow = Some(Value::Text("allow".into()));
    assert_eq!(said, Some((CLIPBOARD_WRITE, of, allow)));
    let text = format!("[sessions.{id}]\nwindow.clipboard_write = \"allow\"");
    world.change(|snapshot| snapshot.settings = settings(&text).into());
    assert_eq!(copies(&mut world, 1, "more"), ["more"]);
    world.change(|snapshot| {
        snapshot.settings = settings("window.clipboard_write = \"refuse\"").into();
    });
    assert!(
        copies(&mut world, 2, "seen").is_empty(),
        "not even who is looked at"
    );
    world.harness.run();
    assert!(
        world.harness.query_by_label("Refuse").is_none(),
        "and nobody is asked"
    );
}

#[test]
fn two_programs_that_copy_between_two_frames_are_both_heard() {
    let mut world = world();
    world.change_once(|snapshot| {
        snapshot.copied(session_id(2), false, "seen".into());
        snapshot.copied(session_id(1), false, "secret".into());
    });
    assert_eq!(copied(&world), ["seen"]);
    world.harness.run();
    world.harness.get_by_label(ASKS);
}
