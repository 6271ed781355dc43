//! Where in a session's text its agent's evidence was seen, and when a screen is looked at for it.

use agor_proto::ids::LinePosition;
use agor_proto::message::Part;

use super::*;

/// Returns where the evidence that decides was seen.
fn place(world: &World) -> Option<LinePosition> {
    let Part::Evidence { pieces, .. } = world.session.explain() else {
        panic!("evidence explains a state");
    };
    let mut pieces = pieces.into_iter();
    let decides = pieces.find(|piece| piece.decides);
    decides.expect("a piece decides").at
}

#[test]
fn an_evidence_has_the_place_where_it_was_seen() {
    let mut world = World::running();
    world.print_at(1_000, "before\r\nhere: ");
    world.print_at(1_000, "\x1b]7501;state=working:app=build\x07");
    world.print_at(1_000, "\r\nafter");
    world.read();
    assert_eq!(world.session.info().state, State::Working);
    let terminal = world.session.fold.terminal().expect("a terminal");
    let (row, below) = (terminal.row(1), terminal.row(2));
    assert_eq!((row.text.trim_end(), &below.text[..]), ("here:", "after"));
    let here = LinePosition {
        line: row.line,
        column: 6,
    };
    assert_eq!(place(&world), Some(here));

    // Also when the line has gone out of sight, and for the next host.
    for millis in 1_001..1_020 {
        world.print_at(millis, "\r\nmore");
    }
    world.read();
    assert_eq!(place(&world), Some(here));
    world.commit();
    world.crash(true);
    assert_eq!(place(&world), Some(here));
}

#[test]
fn an_evidence_on_an_alternate_screen_has_no_place_since_nothing_of_it_is_left() {
    let mut world = World::running();
    world.print_at(1_000, "before\x1b[?1049h");
    world.print_at(1_000, "\x1b]7501;state=working:app=build\x07");
    world.read();
    assert_eq!(world.session.info().state, State::Working);
    assert_eq!(place(&world), None);
}

/// What Claude Code's screen shows while it asks.
const ASKS: &str = "\x1b[2J\x1b[H\u{276f} 1. Yes\r\n  2. No\r\n";

#[test]
fn a_screen_is_looked_at_in_time_though_its_program_prints_on() {
    let mut world = World::running_program("claude");
    world.clock = 100_000;
    world.print_at(100_000, ASKS);
    world.read();
    let drawn = world.clock;
    while world.session.info().state != State::NeedsPermission {
        assert!(world.clock < drawn + 100, "it is late");
        // Time passes with whatever happens.
        world.print_at(world.clock, ".");
        world.read();
    }
}

#[test]
fn half_of_a_synchronized_frame_is_not_looked_at_unless_it_never_ends() {
    let half = format!("\x1b[?2026h{ASKS}");
    let mut world = World::running_program("claude");
    world.clock = 100_000;
    world.print_at(100_000, &half);
    world.read();
    let begun = world.clock;
    while world.clock < begun + 140 {
        world.on(Cause::Tick);
        assert_eq!(world.session.info().state, State::Starting);
    }
    world.print_at(world.clock, "\x1b[2J\x1b[H\u{276f} \x1b[?2026l");
    world.read();
    world.clock += 1_000;
    world.on(Cause::Tick);
    assert_ne!(world.session.info().state, State::NeedsPermission);

    let mut world = World::running_program("claude");
    world.clock = 100_000;
    world.print_at(100_000, &half);
    world.read();
    let begun = world.clock;
    while world.session.info().state != State::NeedsPermission {
        assert!(world.clock < begun + 250, "it is late");
        world.on(Cause::Tick);
    }
}

#[test]
fn a_screen_that_stands_still_is_read_once_however_often_it_is_looked_at() {
    let mut world = World::running_program("claude");
    world.clock = 100_000;
    world.print_at(100_000, ASKS);
    let look = |world: &mut World| {
        world.read();
        world.clock += 1_000;
        world.on(Cause::Tick);
        let Part::Evidence { state, pieces, .. } = world.session.explain() else {
            panic!("evidence explains a state");
        };
        let decides = pieces.iter().find(|piece| piece.decides);
        let seen_millis = decides.expect("a piece decides").last_millis;
        (world.session.agent.screens_read(), state, seen_millis)
    };
    let (read, state, mut last) = look(&mut world);
    assert_eq!((read, state), (1, State::NeedsPermission));
    for _ in 0..5 {
        world.print_at(world.clock, "\x1b]2;\x07\x1b[m");
        let (read, state, seen) = look(&mut world);
        assert_eq!((read, state), (1, State::NeedsPermission));
        assert!(seen > last, "what it says is seen anew: {seen}");
        last = seen;
    }
    world.print_at(world.clock, "\x1b[2J\x1b[H\u{276f} ");
    let (read, state, _) = look(&mut world);
    assert_eq!(read, 2);
    assert_ne!(state, State::NeedsPermission);
}
