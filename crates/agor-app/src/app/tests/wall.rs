//! The wall of more sessions than it shows by themselves.

use agor_proto::ids::SessionId;
use agor_proto::message::Visibility;
use agor_proto::session::SessionInfo;
use egui::{Key, Modifiers};
use egui_kittest::kittest::Queryable;

use super::world::World;
use crate::commands::Command;
use crate::link::Request;
use crate::testing::session_info;
use crate::wall::{Grouping, SESSIONS_MAX};
use crate::workspace::Workspace;

/// Returns a shell and so many sessions more than the wall shows by themselves.
fn too_many(beyond: usize) -> Vec<SessionInfo> {
    let far = |number: usize| SessionInfo {
        id: SessionId::from_parts(1_700_000_001_000 + number as u64, [1; 10]),
        ..session_info(1, &format!("far{number}"))
    };
    let mut sessions = vec![session_info(1, "bash")];
    sessions.extend((0..SESSIONS_MAX + beyond - 1).map(far));
    sessions
}

#[test]
fn where_not_all_sessions_are_shown_the_wall_says_how_many_there_are() {
    let mut world = World::new(World::layout(&[1]), &too_many(56));
    world.command(Command::Wall);
    let told = "256 of 312 sessions are shown, those that run first; type to find the others";
    world.harness.get_by_label(told);
    let color = world.app().theme.muted;
    assert!(world.draws(told, color));
    world.harness.get_by_label("Choose").type_text("far31");
    world.harness.run();
    let left_out = |world: &World| {
        let told = world
            .harness
            .query_all_by_label_contains("sessions are shown");
        told.count()
    };
    assert_eq!(left_out(&world), 0, "what letters choose is shown whole");
    let mut world = World::new(World::layout(&[1]), &too_many(0));
    world.command(Command::Wall);
    assert_eq!(
        left_out(&world),
        0,
        "and so is as much as there is room for"
    );
}

#[test]
fn the_wall_says_by_what_it_groups_and_keeps_what_was_chosen() {
    let sessions = [session_info(1, "bash"), session_info(2, "vim")];
    let mut world = World::new(World::layout(&[1]), &sessions);
    world.command(Command::Wall);
    world.harness.get_by_label("By project");
    world.harness.key_press_modifiers(Modifiers::ALT, Key::G);
    world.harness.run();
    world.harness.get_by_label("By state");
    let stored = world.app().workspace.to_json();
    let read = |json: &str| Workspace::from_json(json).unwrap().wall;
    assert_eq!(read(&stored), Grouping::State);
    assert_eq!(read(r#"{"wall":"of a later release"}"#), Grouping::Project);
    // Another wall of this window is grouped as the last was.
    world.command(Command::Wall);
    world.command(Command::Wall);
    world.harness.get_by_label("By state").click();
    world.harness.run();
    world.harness.get_by_label("By agent");
}

#[test]
fn an_arrow_right_after_the_wall_opened_leads_to_a_session_and_not_to_the_word_beside_the_field() {
    let sessions = [session_info(1, "bash"), session_info(2, "vim")];
    let mut world = World::new(World::layout(&[1]), &sessions);
    world.app().commands.push(Command::Wall);
    world.harness.step();
    world.harness.key_press(Key::ArrowRight);
    world.harness.run();
    let field = world.harness.get_by_label("Choose");
    assert!(field.is_focused());
}

#[test]
fn a_session_that_letters_find_is_shown_as_it_changes_however_many_there_are() {
    let sessions = too_many(41);
    let last = sessions.last().unwrap().clone();
    let mut world = World::new(World::layout(&[1]), &sessions);
    world.command(Command::Wall);
    world.harness.get_by_label("Choose").type_text(&last.name);
    world.harness.run();
    world.harness.run();
    let shown = world.requests().into_iter().rev().find_map(|it| match it {
        Request::Show(shown) => Some(shown),
        _ => None,
    });
    let shown = shown.expect("screens are asked for");
    assert!(shown.contains(&(last.id, Visibility::Visible)));
    assert_eq!(shown.len(), SESSIONS_MAX);
}
