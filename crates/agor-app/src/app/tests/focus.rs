//! Tab goes through every control of a page, from the upper left to the lower right, and what has the keyboard is
//! named and in view.

use egui::{Key, Rect};
use egui_kittest::kittest::{NodeT, Queryable};

use super::looks::settings;
use super::world::{WINDOW, World};
use crate::commands::Command;
use crate::testing::{session_id, session_info};

/// Steps after which a page must have been gone through.
const STEPS_MAX: usize = 220;

/// A line of controls: of two whose middles are nearer than this neither is above the other.
const LINE: f32 = 16.0;

/// What the keyboard was on.
#[derive(Debug, Clone, PartialEq)]
struct Stop {
    label: String,
    rect: Rect,
}

/// Returns what of the page has the keyboard.
fn focused(world: &World) -> Option<Stop> {
    let mut nodes = world.harness.query_all_by(|node| node.is_focused());
    let node = nodes.find(|node| node.accesskit_node().parent().is_some())?;
    let label = node.accesskit_node().label().unwrap_or_default();
    Some(Stop {
        label,
        rect: node.rect(),
    })
}

/// Presses Tab until the keyboard is where it was before, and returns where it came by within `area`.
fn walk(world: &mut World, area: Rect) -> Vec<Stop> {
    let mut stops: Vec<Stop> = Vec::new();
    for _ in 0..STEPS_MAX {
        world.harness.key_press(Key::Tab);
        world.harness.run();
        let Some(stop) = focused(world) else { continue };
        if !area.contains(stop.rect.center()) {
            continue;
        }
        if stops.first() == Some(&stop) {
            return stops;
        }
        if stops.last() != Some(&stop) {
            stops.push(stop);
        }
    }
    panic!("no end after {STEPS_MAX} steps: {stops:#?}");
}

/// The part of the window in which pages are.
fn page() -> Rect {
    Rect::from_min_max(
        egui::pos2(254.0, 0.0),
        egui::pos2(WINDOW.x, WINDOW.y - 34.0),
    )
}

fn world() -> World {
    let mut world = World::new(World::layout(&[1]), &[session_info(1, "bash")]);
    let set = "[groups.shop]\nname = \"Shop\"\nfolders = [\"/work/project\"]";
    world.change(|snapshot| snapshot.settings = settings(set).into());
    world
}

/// Goes through what `command` opens; `least` is how many controls it has at least.
fn goes_through(command: Command, least: usize) {
    let mut world = world();
    world.command(command);
    let stops = walk(&mut world, page());
    let labels: Vec<_> = stops.iter().map(|stop| stop.label.as_str()).collect();
    assert!(stops.len() >= least, "{command:?}: {labels:?}");
    for stop in &stops {
        assert!(!stop.label.is_empty(), "{command:?}: {stop:?} has no name");
    }
    // From the first of the page, wherever the walk began.
    let top = |stop: &Stop| (stop.rect.center().y, stop.rect.min.x);
    let first = (0..stops.len()).min_by(|a, b| {
        let (a, b) = (top(&stops[*a]), top(&stops[*b]));
        match (a.0 - b.0).abs() < LINE {
            true => a.1.total_cmp(&b.1),
            false => a.0.total_cmp(&b.0),
        }
    });
    let mut stops = stops;
    stops.rotate_left(first.unwrap_or(0));
    for pair in stops.windows(2) {
        let (before, after) = (pair[0].rect.center(), pair[1].rect.center());
        let goes_on = after.y > before.y - LINE;
        let scrolled = before.y > page().max.y - 80.0;
        assert!(goes_on || scrolled, "{command:?}: {pair:#?}");
    }
}

#[test]
fn tab_goes_through_the_settings() {
    goes_through(Command::Settings, 20);
}

#[test]
fn tab_goes_through_the_keys() {
    goes_through(Command::Keys, 12);
}

#[test]
fn tab_goes_through_the_first_steps() {
    goes_through(Command::Welcome, 1);
}

#[test]
fn tab_goes_through_the_theme_editor() {
    goes_through(Command::EditTheme, 26);
}

#[test]
fn tab_goes_through_what_was_used() {
    goes_through(Command::Usage, 3);
}

#[test]
fn tab_goes_through_the_inspector() {
    goes_through(Command::Inspector, 5);
}

#[test]
fn the_answers_to_the_question_of_trust_are_reached_and_pressed_by_keyboard() {
    use super::super::Overlay;
    use crate::starting::Starting;
    use crate::trust::Trust;
    let mut world = world();
    world.app().overlay = Some(Overlay::Trust(Trust {
        folder: "/work/shop/cart".into(),
        name: "Claude Code".into(),
        starting: Starting::new("claude".into(), "/work/shop/cart".into()),
    }));
    world.harness.run();
    let labels: Vec<_> = walk(&mut world, page())
        .into_iter()
        .map(|stop| stop.label)
        .collect();
    for answer in ["Not now", "Trust and start"] {
        assert!(labels.iter().any(|label| label == answer), "{labels:?}");
    }
    while focused(&world).is_none_or(|stop| stop.label != "Not now") {
        world.harness.key_press(Key::Tab);
        world.harness.run();
    }
    world.harness.key_press(Key::Enter);
    world.harness.run();
    assert!(
        world.app().overlay.is_none(),
        "Enter pressed what had the keyboard"
    );
    assert_eq!(world.app().workspace.focused_session(), Some(session_id(1)));
}
