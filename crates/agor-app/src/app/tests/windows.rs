//! Panes in windows of their own, by the names of what is shown. Here they lie over the main window.

use agor_proto::message::Visibility;
use egui_kittest::kittest::Queryable;

use super::world::World;
use crate::app::windows::Front;
use crate::commands::Command;
use crate::link::Request;
use crate::testing::{session_id, session_info};

#[test]
fn a_pane_in_a_window_of_its_own_is_seen_beside_the_others_and_has_the_keyboard() {
    let sessions = [session_info(1, "left"), session_info(2, "right")];
    let mut world = World::new(World::layout(&[1, 2]), &sessions);
    world.show_text(1, "one");
    world.show_text(2, "two");
    world.requests();
    world.command(Command::Detach);
    world
        .harness
        .get_by_label("Tab right, in a window of its own");
    world.harness.get_by_label("Tab left");
    let visible = |session: u8| {
        let shown = &world.harness.state().as_ref().unwrap().shown;
        shown.contains(&(session_id(session), Visibility::Visible))
    };
    assert!(visible(1) && visible(2), "both are in view");
    world.requests();
    world.press("x");
    let typed = world
        .requests()
        .into_iter()
        .find_map(|request| match request {
            Request::Type(session, _) => Some(session),
            _ => None,
        });
    assert_eq!(typed, Some(session_id(2)));
    world.command(Command::Detach);
    world.harness.get_by_label("Tab right");
    assert_eq!(world.app().workspace.apart().count(), 0);
}

#[test]
fn what_lies_over_panes_is_in_their_window_and_a_page_is_in_the_main_one() {
    let sessions = [session_info(1, "left"), session_info(2, "right")];
    let mut world = World::new(World::layout(&[1, 2]), &sessions);
    world.command(Command::Detach);
    for (command, in_main) in [
        (Command::Palette, false),
        (Command::Attention, true),
        (Command::Explain, true),
        (Command::Settings, true),
    ] {
        world.app().overlay = None;
        world.command(command);
        assert!(world.app().overlay.is_some(), "{command:?}");
        let wanted = world.app().wanted_front();
        assert_eq!(wanted == Front::Main, in_main, "{command:?}");
    }
}
