//! The inspector, by key and by the names of what is in it.

use agor_core::config::Whose;
use agor_proto::agent::{AgentInfo, State};
use agor_proto::session::SessionInfo;
use egui::Role;
use egui_kittest::kittest::Queryable;

use super::world::{WINDOW, World};
use crate::commands::Command;
use crate::keys::router::Route;
use crate::link::Request;
use crate::link::snapshot::Weight;
use crate::testing::{agent_info, session_id, session_info};

fn sessions() -> Vec<SessionInfo> {
    let mut agent = session_info(1, "claude");
    agent.state = State::NeedsPermission;
    agent.agent = Some(AgentInfo {
        conversation: Some("0b6f2c1e".into()),
        ..agent_info()
    });
    vec![agent, session_info(2, "bash")]
}

fn world() -> World {
    let mut world = World::new(World::layout(&[1, 2]), &sessions());
    for chord in ["ctrl+space", "shift+b"] {
        assert_eq!(world.press(chord), Route::Taken);
    }
    world.harness.run();
    world
}

#[test]
fn a_key_shows_all_of_the_focused_session_and_another_pane_shows_another() {
    let mut world = world();
    // The last of the layout's panes has the keyboard.
    world.harness.get_by_label("Inspector of bash");
    world.command(Command::FocusLeft);
    world.harness.get_by_label("Inspector of claude");
    world
        .harness
        .get_by_label_contains("State: needs permission");
    world
        .harness
        .get_by_label("Asks: Bash: cargo test --workspace");
    world.press("ctrl+space");
    world.press("shift+b");
    world.harness.run();
    assert!(
        world
            .harness
            .query_by_label("Inspector of claude")
            .is_none()
    );
}

#[test]
fn what_is_in_it_is_copied_and_leads_to_evidence_use_and_settings() {
    let mut world = world();
    // High enough for all of it.
    world.harness.set_size(WINDOW + egui::vec2(0.0, 450.0));
    world.command(Command::FocusLeft);
    world
        .harness
        .get_by_label_contains("Copy Conversation: 0b6f2c1e")
        .click();
    world.harness.run();
    let told = world.requests().into_iter().any(
        |request| matches!(request, Request::Tell(Weight::Note, text) if text == "Copied 0b6f2c1e"),
    );
    assert!(told);
    world.harness.get_by_label("Why this state").click();
    world.harness.run();
    assert_eq!(world.page(), Some(Command::Explain));
    world.app().overlay = None;
    world.harness.run();
    world.harness.get_by_label("Usage and cost").click();
    world.harness.run();
    assert_eq!(world.page(), Some(Command::Usage));
    world.app().overlay = None;
    world.harness.run();
    world
        .harness
        .get_by_label("Settings of this session")
        .click();
    world.harness.run();
    world.requests();
    // What is said there is said for the session.
    world
        .harness
        .get_by_role_and_label(Role::CheckBox, "Notify")
        .click();
    world.harness.run();
    let said = world
        .requests()
        .into_iter()
        .find_map(|request| match request {
            Request::Say { key, of, .. } => Some((key, of)),
            _ => None,
        });
    let of = Whose::Session {
        session: session_id(1).to_string(),
        folder: "/work/project".into(),
    };
    assert_eq!(said, Some(("notifications.enabled", of)));
}

#[test]
fn it_gives_way_where_the_window_is_narrow_and_comes_back() {
    let mut world = world();
    world.harness.get_by_label("Inspector of bash");
    world.harness.set_size(WINDOW - egui::vec2(100.0, 0.0));
    world.harness.run();
    assert!(world.harness.query_by_label("Inspector of bash").is_none());
    world.harness.set_size(WINDOW);
    world.harness.run();
    world.harness.get_by_label("Inspector of bash");
}
