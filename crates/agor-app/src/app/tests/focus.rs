//! Tab goes through every control of a page, from the upper left to the lower right, Shift+Tab back, and what has the
//! keyboard is named and in view. No page keeps either.

use std::sync::Arc;
use std::time::Instant;

use agor_proto::agent::State;
use egui::accesskit::Action;
use egui::{Key, Modifiers, Rect};
use egui_kittest::kittest::{NodeT, Queryable};
use egui_tiles::LinearDir;

use super::attention::asking;
use super::log::log;
use super::looks::settings;
use super::world::{WINDOW, World};
use crate::app::pages::{KINDS, Kind};
use crate::commands::Command;
use crate::link::log::Of;
use crate::link::snapshot::{Explanation, Notice, Stored, Weight};
use crate::testing::{diagnosis, explained, session_id, session_info, spending};
use crate::text::now_millis;
use crate::workspace::Workspace;

/// Steps after which a page must have been gone through; the longest has a line for each command.
const STEPS_MAX: usize = 400;

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
    goes_down(command, &from_the_top(stops));
}

/// Asserts that none of the stops is above the one before; where a list scrolls on the way it goes on at its end.
fn goes_down(command: Command, stops: &[Stop]) {
    for pair in stops.windows(2) {
        let (before, after) = (pair[0].rect.center(), pair[1].rect.center());
        let goes_on = after.y > before.y - LINE;
        let scrolled = before.y > page().max.y - 80.0;
        assert!(goes_on || scrolled, "{command:?}: {pair:#?}");
    }
}

/// Returns what of the window can have the keyboard and has no name.
fn unnamed(world: &World) -> Vec<String> {
    let harness = &world.harness;
    let controls = harness.query_all_by(|node| node.data().supports_action(Action::Focus));
    let unnamed = controls.filter_map(|node| {
        let of = node.accesskit_node();
        let name = of.label().or(of.value()).unwrap_or_default();
        let told = format!("{:?} at {:?}", of.role(), node.rect());
        name.trim().is_empty().then_some(told)
    });
    unnamed.collect()
}

/// Returns where the keyboard came by from the first of the page on, wherever the walk began.
fn from_the_top(mut stops: Vec<Stop>) -> Vec<Stop> {
    let top = |stop: &Stop| (stop.rect.center().y, stop.rect.min.x);
    let first = (0..stops.len()).min_by(|a, b| {
        let (a, b) = (top(&stops[*a]), top(&stops[*b]));
        match (a.0 - b.0).abs() < LINE {
            true => a.1.total_cmp(&b.1),
            false => a.0.total_cmp(&b.0),
        }
    });
    stops.rotate_left(first.unwrap_or(0));
    stops
}

/// Returns a world in which every page has something to show.
fn full() -> World {
    let sessions = [session_info(1, "bash"), asking(2, 10), asking(3, 20)];
    let mut world = World::new(World::layout(&[2]), &sessions);
    let set = "[groups.shop]\nname = \"Shop\"\nfolders = [\"/work/project\"]";
    let explanation = Explanation {
        session: session_id(2),
        state: State::NeedsPermission,
        reason: "it asks to use Bash: cargo test".into(),
        pieces: explained(now_millis()),
    };
    let notice = Notice {
        weight: Weight::Error,
        text: "The host could not be asked.".into(),
        at: Instant::now(),
        next: Some(Command::Log),
    };
    world.change(|snapshot| {
        snapshot.settings = settings(set).into();
        snapshot.explained = Some(Arc::new(explanation));
        snapshot.notices = Arc::new(vec![notice]);
        snapshot.log = Some(log(Of::Host));
        snapshot.diagnosis = diagnosis();
        snapshot.spending = Some(spending().into());
    });
    world
}

/// Presses Tab, with these modifiers, until the keyboard is where it was first, and returns where it came by.
fn round(world: &mut World, modifiers: Modifiers, kind: &Kind) -> Vec<Stop> {
    let mut stops: Vec<Stop> = Vec::new();
    for _ in 0..STEPS_MAX {
        world.harness.key_press_modifiers(modifiers, Key::Tab);
        world.harness.run();
        let Some(stop) = focused(world) else { continue };
        if stops.len() > 1 && stops.first() == Some(&stop) {
            return stops;
        }
        if stops.last() != Some(&stop) {
            stops.push(stop);
        }
    }
    panic!("{kind:?}: no end after {STEPS_MAX} steps: {stops:#?}");
}

fn labels(stops: &[Stop]) -> Vec<&str> {
    stops.iter().map(|stop| stop.label.as_str()).collect()
}

/// Goes through a page in both directions, and returns its controls from the top.
fn there_and_back(kind: &Kind) -> Vec<Stop> {
    let mut world = full();
    world.command(kind.command);
    if kind.command == Command::Keys {
        // A list that scrolls draws what is in view; a few of its lines are as good.
        world.harness.event(egui::Event::Text("zoom".into()));
        world.harness.run();
    }
    let on_page = |stop: &Stop| page().contains(stop.rect.center());
    let way = |world: &mut World, modifiers| {
        let all = round(world, modifiers, kind);
        for stop in &all {
            // What stands around the page too.
            assert!(!stop.label.is_empty(), "{kind:?}: {stop:?} has no name");
        }
        let there: Vec<_> = all.iter().filter(|stop| on_page(stop)).cloned().collect();
        assert!(there.len() < all.len(), "{kind:?} keeps {modifiers:?} Tab");
        there
    };
    let there = from_the_top(way(&mut world, Modifiers::NONE));
    goes_down(kind.command, &there);
    let mut back = way(&mut world, Modifiers::SHIFT);
    back.reverse();
    let begin = back.iter().position(|stop| Some(stop) == there.first());
    back.rotate_left(begin.unwrap_or(0));
    // The settings scroll on the way.
    if kind.command != Command::Settings {
        assert_eq!(labels(&there), labels(&back), "{kind:?}");
    }
    there
}

#[test]
fn tab_and_shift_tab_go_through_every_page_and_out_of_it_again() {
    for kind in KINDS {
        there_and_back(kind);
    }
}

#[test]
fn every_control_has_a_name_around_panes_on_pages_and_in_the_palette() {
    let mut world = full();
    assert!(unnamed(&world).is_empty(), "{:?}", unnamed(&world));
    let over = [
        Command::Palette,
        Command::OpenProject,
        Command::NewTabIn,
        Command::Rename,
        Command::Find,
        // The rail in the place of the sidebar.
        Command::Sidebar,
        Command::Inspector,
    ];
    let pages = KINDS.iter().map(|kind| kind.command);
    for command in over.into_iter().chain(pages) {
        world.command(command);
        assert!(
            unnamed(&world).is_empty(),
            "{command:?}: {:?}",
            unnamed(&world)
        );
    }
}

#[test]
fn borders_between_panes_have_a_name_that_says_which_keys_move_them() {
    let mut workspace = Workspace::default();
    workspace.open_tab("/work/project", session_id(1));
    workspace.split("/work/project", LinearDir::Horizontal, session_id(2));
    workspace.split("/work/project", LinearDir::Vertical, session_id(3));
    let sessions = [1, 2, 3].map(|number| session_info(number, "bash"));
    let world = World::new(Stored::Is(workspace.to_json().into()), &sessions);
    assert!(unnamed(&world).is_empty(), "{:?}", unnamed(&world));
    let name = "Border between panes, Ctrl+Space x moves it";
    let borders = world.harness.query_all_by_label(name);
    assert_eq!(borders.count(), 2);
}

/// Says whether something is drawn around what stands here.
fn has_edge(world: &World, rect: Rect, color: egui::Color32) -> bool {
    let mut shapes = world.harness.output().shapes.iter();
    shapes.any(|clipped| match &clipped.shape {
        egui::Shape::Rect(edge) => {
            edge.stroke.color == color && rect.expand(3.0).contains_rect(edge.rect)
        }
        _ => false,
    })
}

#[test]
fn what_has_the_keyboard_around_a_page_is_seen_to_have_it() {
    let mut world = full();
    world.command(Command::Usage);
    let color = world.app().theme.border_focus;
    let mut seen = Vec::new();
    for _ in 0..60 {
        world.harness.key_press(Key::Tab);
        world.harness.run();
        let Some(stop) = focused(&world) else {
            continue;
        };
        // egui draws its own sign for that of the sidebar's width.
        if page().contains(stop.rect.center()) || stop.label == "Resize panel" {
            continue;
        }
        assert!(has_edge(&world, stop.rect, color), "{stop:?}");
        seen.push(stop.label);
    }
    for around in [
        "Project project",
        "Explain agent2",
        "Commands",
        "2 need you",
    ] {
        let is_there = seen.iter().any(|label| label.starts_with(around));
        assert!(is_there, "{around}: {seen:?}");
    }
}

#[test]
fn what_can_follow_a_key_that_begins_sequences_is_read() {
    let mut world = world();
    let follows = |world: &World| {
        let told = world.harness.query_all_by_label_contains("d Split right");
        told.count()
    };
    assert_eq!(follows(&world), 0);
    world.press("ctrl+space");
    world.harness.run();
    assert_eq!(follows(&world), 1);
    world.press("escape");
    world.harness.run();
    assert_eq!(follows(&world), 0);
}

#[test]
fn what_is_painted_where_there_is_nothing_can_be_read() {
    for (command, letters, told) in [
        (
            Command::Attention,
            "",
            "An agent that asks, waits or is done stands here",
        ),
        (
            Command::FindEverywhere,
            "",
            "What was it that an agent said?",
        ),
        (Command::Wall, "zzqq", "Nothing matches"),
        (Command::Keys, "zzqq", "Nothing matches"),
        (Command::Palette, "zzqq", "Nothing matches"),
        (Command::ClosePane, "", "Nothing is open"),
    ] {
        let mut world = world();
        world.command(command);
        if !letters.is_empty() {
            world.harness.event(egui::Event::Text(letters.into()));
            world.harness.run();
        }
        let read = world.harness.query_all_by_label_contains(told).count();
        assert_eq!(read, 1, "{command:?}: {told}");
    }
}

#[test]
fn tab_comes_by_every_line_and_answer_of_what_needs_you_why_and_the_log() {
    let stops = |command| there_and_back(Kind::of(command).unwrap());
    let attention = stops(Command::Attention);
    let attention = labels(&attention);
    for agent in ["agent2, ", "agent3, "] {
        let lines = attention.iter().filter(|label| label.starts_with(agent));
        assert_eq!(lines.count(), 1, "{attention:?}");
    }
    assert!(
        attention.iter().any(|label| label.contains(", sends ")),
        "{attention:?}"
    );
    let explain = stops(Command::Explain);
    let lines = explain.iter().filter(|stop| stop.label.contains(" says "));
    let pieces = explained(now_millis()).len();
    assert_eq!(lines.count(), pieces, "{:?}", labels(&explain));
    let log = stops(Command::Log);
    for control in ["Host", "Window", "Warnings only", "Open file", "Copy all"] {
        assert!(labels(&log).contains(&control), "{:?}", labels(&log));
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
        further: Vec::new(),
        name: "Claude Code".into(),
        starting: Starting::new("claude".into(), "/work/shop/cart".into()),
        drawn: false,
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
