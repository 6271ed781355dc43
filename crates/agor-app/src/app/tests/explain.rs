//! Why a session is in its state: by its badge and by key, and from a piece of evidence to its moment.

use std::sync::Arc;

use agor_proto::agent::State;
use agor_proto::ids::{LineId, LinePosition};
use agor_proto::session::SessionInfo;
use egui::Key;
use egui::accesskit::Toggled;
use egui_kittest::kittest::{NodeT, Queryable};

use super::world::World;
use crate::commands::Command;
use crate::link::Request;
use crate::link::snapshot::Explanation;
use crate::testing::{agent_info, explained, session_id, session_info};
use crate::text::now_millis;

fn asking(number: u8) -> SessionInfo {
    SessionInfo {
        state: State::NeedsPermission,
        agent: Some(agent_info()),
        ..session_info(number, "claude")
    }
}

fn world() -> World {
    let mut world = World::new(World::layout(&[1]), &[session_info(1, "bash"), asking(2)]);
    world.requests();
    world
}

fn wanted(world: &mut World) -> Vec<Option<agor_proto::ids::SessionId>> {
    let requests = world.requests().into_iter();
    let wanted = requests.filter_map(|request| match request {
        Request::Explain(wanted) => Some(wanted),
        _ => None,
    });
    wanted.collect()
}

fn tell(world: &mut World, session: u8) {
    let explanation = Explanation {
        session: session_id(session),
        state: State::NeedsPermission,
        reason: "it asks to use Bash: cargo test".into(),
        pieces: explained(now_millis()),
    };
    world.change(|snapshot| snapshot.explained = Some(Arc::new(explanation)));
}

#[test]
fn a_click_on_a_badge_explains_it_and_a_line_leads_to_its_moment_in_the_pane() {
    let mut world = world();
    let badge = "Explain claude, needs permission";
    world.harness.get_by_label(badge).click();
    world.harness.run();
    assert_eq!(wanted(&mut world), [Some(session_id(2))]);
    tell(&mut world, 2);
    world
        .harness
        .get_by_label("claude, needs permission: it asks to use Bash: cargo test");
    let line = "4  title says working: its title shows it at work";
    world.harness.get_by_label_contains(line).click();
    world.harness.run();
    assert_eq!(wanted(&mut world), [None], "nobody is asked any more");
    let app = world.app();
    assert_eq!(app.workspace.focused_session(), Some(session_id(2)));
    let place = LinePosition {
        line: LineId(2),
        column: 0,
    };
    let pane = app.focused_pane().expect("a pane");
    assert!(!pane.scroll.is_live(), "it looks back");
    assert_eq!(pane.selection.map(|it| it.anchor.start), Some(place));
}

#[test]
fn the_list_is_opened_and_gone_through_by_keys() {
    let mut world = world();
    world.command(Command::Explain);
    assert_eq!(wanted(&mut world), [Some(session_id(1))]);
    assert!(world.harness.query_by_label_contains("hook says").is_none());
    tell(&mut world, 1);
    let selected = |world: &World| {
        let lines = world.harness.query_all_by_label_contains(" says ");
        let selected = lines.filter(|line| line.accesskit_node().toggled() == Some(Toggled::True));
        let labels = selected.filter_map(|line| line.accesskit_node().label());
        labels.map(|it| it[..7].to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(selected(&world), ["2  hook"], "the one that decides");
    world.harness.key_press(Key::ArrowUp);
    world.harness.run();
    assert_eq!(selected(&world), ["6  proc"]);
    world.harness.key_press(Key::ArrowUp);
    world.harness.run();
    // Its text was not kept: what leads to it is said.
    world.harness.key_press(Key::Enter);
    world.harness.run();
    let leads = format!("agor screen {} --at 48211", session_id(1));
    let told = world
        .requests()
        .into_iter()
        .find_map(|request| match request {
            Request::Tell(_, text) if text.contains(&leads) => Some(text),
            _ => None,
        });
    // Which of the reasons it is that it was not kept, nobody knows.
    let told = told.expect("it is told");
    assert!(!told.contains("full-screen"), "{told}");
    assert!(world.app().overlay.is_none());
    world.command(Command::Explain);
    world.harness.key_press(Key::Escape);
    world.harness.run();
    assert!(world.app().overlay.is_none());
}

#[test]
fn a_session_of_which_nothing_is_known_says_so() {
    let mut world = world();
    world.command(Command::Explain);
    let explanation = Explanation {
        session: session_id(1),
        state: State::Unknown,
        reason: "nothing says what it does".into(),
        pieces: Vec::new(),
    };
    world.change(|snapshot| snapshot.explained = Some(Arc::new(explanation)));
    world
        .harness
        .get_by_label("bash, unknown: nothing says what it does");
}
