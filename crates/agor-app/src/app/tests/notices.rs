//! What the person is told stands in the status bar for a while, and on a page for longer.

use agor_core::themes::{DARK, LIGHT};
use egui_kittest::kittest::Queryable;

use super::pictures::{compare, draw};
use super::world::World;
use crate::app::App;
use crate::commands::Command;
use crate::link::snapshot::{HostState, Weight};
use crate::testing::{session_id, session_info};
use crate::workspace::Workspace;

fn world() -> World {
    World::new(World::layout(&[1]), &[session_info(1, "vim")])
}

#[test]
fn what_failed_leads_to_where_it_is_mended_from_the_bar_and_from_the_page() {
    let told = "config.toml is damaged in line 3, column 9";
    let mut world = world();
    world.change(|snapshot| {
        snapshot.tell_with(Weight::Error, told, Some(Command::Settings));
    });
    world.harness.get_by_label(told);
    world.harness.get_by_label("Settings").click();
    world.harness.run();
    assert_eq!(world.page(), Some(Command::Settings));
    world.command(Command::Settings);
    // Something newer takes its place in the bar, and the page has both.
    world.change(|snapshot| snapshot.tell(Weight::Note, "Copied 3 lines."));
    assert!(world.harness.query_by_label("Settings").is_none());
    world.harness.get_by_label("Copied 3 lines.").click();
    world.harness.run();
    assert_eq!(world.page(), Some(Command::Notices));
    world.harness.get_by_label("Note, now: Copied 3 lines.");
    world.harness.get_by_label(&format!("Failed, now: {told}"));
    world.harness.get_by_label("Settings").click();
    world.harness.run();
    assert_eq!(world.page(), Some(Command::Settings));
}

#[test]
fn a_host_that_is_gone_for_good_leads_to_a_window_that_begins_anew() {
    let mut world = world();
    world.change(|snapshot| {
        snapshot.host = HostState::Ended {
            reason: "The host is of another release.".into(),
        };
    });
    world.command(Command::Notices);
    world
        .harness
        .get_by_label("Failed, now: The host is of another release.");
    let anew = world.harness.query_all_by_label("Open the window again");
    assert_eq!(anew.count(), 2, "on the page and in the bar");
    world.harness.get_by_label("Show log");
    world.harness.key_press(egui::Key::Escape);
    world.harness.run();
    assert_eq!(world.page(), None);
}

#[test]
fn as_many_notices_as_can_be_read_are_kept() {
    let mut world = world();
    world.change(|snapshot| {
        for number in 0..500 {
            snapshot.tell(Weight::Note, format!("notice {number}"));
        }
    });
    assert_eq!(world.app().snapshot.notices.len(), 200);
    assert_eq!(world.app().snapshot.notices[0].text, "notice 300");
    world.command(Command::Notices);
    world.harness.get_by_label("Note, now: notice 499");
}

#[test]
fn notices_look_as_they_did_in_a_dark_and_a_light_theme() {
    let arrange = |workspace: &mut Workspace| workspace.open_tab("/work/shop", session_id(1));
    for (name, theme) in [("notices", DARK), ("notices_light", LIGHT)] {
        let tell = |app: &mut App| {
            app.snapshot.tell(Weight::Note, "Copied 12 lines.");
            app.snapshot.tell_with(
                Weight::Error,
                "/home/ada/.config/agor/config.toml is damaged in line 3, column 9: a number belongs here. What held before holds on until it is mended.",
                Some(Command::Settings),
            );
            for _ in 0..3 {
                app.snapshot.tell(Weight::Note, "Nothing needs you.");
            }
            app.commands.push(Command::Notices);
        };
        compare(name, &draw(theme, arrange, tell));
    }
}
