//! Frames that are asked for because something blinks, and none where nothing does.

use std::time::Duration;

use agor_core::config::Bell;
use agor_proto::agent::State;
use agor_proto::session::SessionInfo;
use egui::ViewportId;

use super::looks::settings;
use super::world::World;
use crate::commands::Command;
use crate::pane::bell::BellSeen;
use crate::testing::session_info;

/// Returns a window that shows what a program has written, with a way to ask for frames.
fn world(output: &str) -> World {
    let mut world = World::new(World::layout(&[1]), &[session_info(1, "vim")]);
    world.show_text(1, output);
    let context = world.harness.ctx.clone();
    world.app().wake.attach(context);
    world
}

/// Draws frames until none is wanted at once; returns after how long the next is wanted.
pub fn next_frame(world: &mut World) -> Option<Duration> {
    for _ in 0..20 {
        world.harness.step();
        let viewports = &world.harness.output().viewport_output;
        let delay = viewports[&ViewportId::ROOT].repaint_delay;
        if !delay.is_zero() {
            return Some(delay).filter(|delay| *delay < Duration::from_secs(3_600));
        }
    }
    panic!("a frame follows the other");
}

fn focus(world: &mut World, focused: bool) {
    let viewports = &mut world.harness.input_mut().viewports;
    viewports.get_mut(&ViewportId::ROOT).unwrap().focused = Some(focused);
}

const BLINKING: &str = "\x1b[?25l\x1b[5mslow\x1b[0m \x1b[6mrapid\x1b[0m";

#[test]
fn a_frame_is_wanted_for_text_that_blinks_and_none_where_nothing_does() {
    assert_eq!(next_frame(&mut world("\x1b[?25lplain")), None);
    let next = next_frame(&mut world(BLINKING)).expect("it blinks");
    assert!(next <= Duration::from_millis(560), "{next:?}");
}

#[test]
fn d9_no_frame_is_wanted_where_nobody_looks_or_who_looks_wants_no_motion() {
    let mut world = world(BLINKING);
    assert!(next_frame(&mut world).is_some());
    focus(&mut world, false);
    assert_eq!(next_frame(&mut world), None, "another window is typed into");
    focus(&mut world, true);
    assert!(next_frame(&mut world).is_some());
    world.app().commands.push(Command::Palette);
    assert_eq!(next_frame(&mut world), None, "something lies over it");
    world.app().commands.push(Command::Palette);
    assert!(next_frame(&mut world).is_some());
    world.change(|snapshot| {
        snapshot.settings = settings("window.reduced_motion = true").into();
    });
    assert_eq!(next_frame(&mut world), None, "no motion is wanted");
}

#[test]
fn a_cursor_blinks_if_its_program_or_else_its_person_says_so() {
    assert_eq!(next_frame(&mut world("$ ")), None);
    assert!(next_frame(&mut world("\x1b[5 q$ ")).is_some());
    let blink = |snapshot: &mut crate::link::snapshot::Snapshot| {
        snapshot.settings = settings("window.cursor_blink = true").into();
    };
    let mut likes = world("$ ");
    likes.change(blink);
    assert!(next_frame(&mut likes).is_some());
    let mut steady = world("\x1b[2 q$ ");
    steady.change(blink);
    assert_eq!(next_frame(&mut steady), None);
}

#[test]
fn a_bell_lights_its_pane_up_for_a_moment_if_that_is_wished_for() {
    let ring = |world: &mut World| {
        world.change(|snapshot| {
            let screen = snapshot.screens.values_mut().next().unwrap();
            std::sync::Arc::make_mut(screen).bells += 1;
            snapshot.bells += 1;
        });
    };
    let mut world = world("$ ");
    let flashed = |world: &mut World| world.app().focused_pane().unwrap().bell.has_flashed();
    ring(&mut world);
    assert!(!flashed(&mut world), "nothing is the default");
    world.change(|snapshot| snapshot.settings = settings("window.bell = \"flash\"").into());
    assert_eq!(world.app().settings.window.bell, Bell::Flash);
    next_frame(&mut world);
    assert!(!flashed(&mut world), "what rang before is over");
    ring(&mut world);
    assert!(flashed(&mut world));
    world.app().focused_pane().unwrap().bell = BellSeen::lit();
    let left = next_frame(&mut world).expect("it goes out");
    assert!(left <= Duration::from_millis(120), "{left:?}");
}

#[test]
fn a_bell_asks_for_attention_where_the_window_has_not_the_keyboard() {
    let mut world = world("$ ");
    world.change(|snapshot| snapshot.settings = settings("window.bell = \"attention\"").into());
    let mut asks = |focused| {
        focus(&mut world, focused);
        next_frame(&mut world);
        world.change_once(|snapshot| snapshot.bells += 1);
        let viewports = &world.harness.output().viewport_output;
        let commands = &viewports[&ViewportId::ROOT].commands;
        commands
            .iter()
            .any(|it| matches!(it, egui::ViewportCommand::RequestUserAttention(_)))
    };
    assert!(!asks(true));
    assert!(asks(false));
}

#[test]
fn the_ring_of_an_agent_that_works_turns_while_somebody_looks_at_it() {
    let working = |number, name| SessionInfo {
        state: State::Working,
        ..session_info(number, name)
    };
    let mut world = world("$ ");
    world.app().draws_by_software = false;
    assert_eq!(next_frame(&mut world), None, "nobody works");
    world.set_sessions(&[session_info(1, "vim"), working(2, "claude")]);
    let next = next_frame(&mut world).expect("its badge in the sidebar turns");
    assert!(next <= Duration::from_millis(425), "{next:?}");
    focus(&mut world, false);
    assert_eq!(next_frame(&mut world), None, "another window is typed into");
    focus(&mut world, true);
    world.change_once(|snapshot| snapshot.desktop.still = true);
    assert_eq!(next_frame(&mut world), None, "the desktop wants no motion");
    world.change_once(|snapshot| {
        snapshot.settings = settings("window.reduced_motion = false").into();
    });
    assert!(next_frame(&mut world).is_some(), "the person does");
    world.app().draws_by_software = true;
    assert!(next_frame(&mut world).is_some(), "also where it costs more");
    world.change_once(|snapshot| {
        snapshot.settings = settings("").into();
        snapshot.desktop.still = false;
    });
    assert_eq!(next_frame(&mut world), None, "each frame would take long");
    world.app().draws_by_software = false;
    world.app().workspace.sidebar.shown = false;
    world.set_sessions(&[session_info(1, "vim")]);
    assert_eq!(next_frame(&mut world), None, "it is not there");
}
