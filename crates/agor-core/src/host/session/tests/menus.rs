//! Menus of answers: read from the screen while an agent asks a question, and chosen from by their digits.

use agor_proto::agent::{Pending, PermissionKind};
use agor_proto::input::{Input, Key, KeyInput, Mods};
use agor_term::input::chord;

use super::*;

/// What Claude Code's screen shows while it lets choose.
const MENU: &str = "\x1b[2J\x1b[H \u{2610} Choice\r\n\r\nWhich\r\n\r\n\u{276f} 1. The first\r\n     As it is\r\n  \
    2. The second\r\n  3. Type something.\r\n\u{2500}\u{2500}\r\n  4. Chat about this\r\n\r\nEnter to select\r\n";

/// Returns a running agent with a screen that the menu fits.
fn world() -> World {
    let mut world = World::running_program("claude");
    let size = Size::cells(60, 16);
    world.keeper.write(RecordBody::Resized(size));
    world.read();
    world.clock = 100_000;
    world
}

/// Has the program say a state, draw the menu and be looked at.
fn draws(world: &mut World, status: &str) -> Option<Pending> {
    let now = world.clock;
    world.print_at(now, &format!("\x1b]7501;{status}\x07{MENU}"));
    world.read();
    world.clock += 2_000;
    world.on(Cause::Tick);
    world.session.info().agent?.pending
}

fn answer(question: u64, inputs: Vec<Input>) -> CommandBody {
    CommandBody::Answer {
        session: id(),
        question,
        inputs,
    }
}

#[test]
fn a_menu_is_one_while_a_question_is_asked_and_its_digit_is_the_answer() {
    let mut world = world();
    // What a program prints while the agent works, or what a command holds, is no menu.
    assert_eq!(draws(&mut world, "state=working"), None);
    let asks = draws(&mut world, "state=blocked:kind=permission:msg=bHM=");
    assert_eq!(asks.expect("it asks").choices, []);

    let asks = draws(&mut world, "state=blocked:kind=question:msg=V2hpY2g=");
    let asks = asks.expect("it asks");
    let offered = asks
        .choices
        .iter()
        .map(|it| (&it.name[..], it.kind, &it.keys[..]));
    let offered: Vec<_> = offered.collect();
    let (first, second) = (["1".to_owned()], ["2".to_owned()]);
    let wanted = [
        ("The first", PermissionKind::Choose, &first[..]),
        ("The second", PermissionKind::Choose, &second[..]),
    ];
    assert_eq!(offered, wanted);
    // Enter after a text would take the first.
    let text = Input::Text { text: "no".into() };
    let enter = Input::Key(KeyInput::press(Key::Enter, Mods::default()));
    world.command(2, answer(asks.id, vec![text, enter]));
    world.commit();
    let last = world.receipts(2).pop();
    assert!(
        matches!(&last, Some(Outcome::Rejected { error }) if error.code == ErrorCode::BadRequest),
        "{last:?}"
    );
    assert!(world.keeper.typed.is_empty());
    let digit = Input::Key(chord::parse("2").expect("a chord"));
    world.command(3, answer(asks.id, vec![digit]));
    world.commit();
    assert_eq!(world.keeper.typed.concat(), b"2");
}

#[test]
fn a_digit_is_not_given_where_the_menu_takes_a_text_by_now() {
    let mut world = world();
    let asks = draws(&mut world, "state=blocked:kind=question:msg=V2hpY2g=");
    let asks = asks.expect("it asks");
    assert_eq!(asks.choices.len(), 2);
    // The person went down to the row that takes a text; nobody has looked yet.
    let now = world.clock;
    world.print_at(now, "\x1b[5;1H \x1b[8;1H\u{276f}");
    world.read();
    let digit = Input::Key(chord::parse("1").expect("a chord"));
    world.command(2, answer(asks.id, vec![digit]));
    world.commit();
    assert!(world.keeper.typed.is_empty());
    let last = world.receipts(2).pop();
    assert!(
        matches!(&last, Some(Outcome::Rejected { error }) if error.code == ErrorCode::AlreadyAnswered),
        "{last:?}"
    );
}

#[test]
fn a_text_and_enter_that_wait_are_not_given_to_a_menu_that_is_drawn_meanwhile() {
    let text = |text: &str| Input::Text { text: text.into() };
    let enter = Input::Key(KeyInput::press(Key::Enter, Mods::default()));
    let raw = Input::Raw {
        bytes: b"no\n".to_vec(),
    };
    for reply in [
        vec![text("no"), enter],
        vec![text("no\r")],
        vec![text("no"), text("\n")],
        vec![raw],
    ] {
        let mut world = world();
        let now = world.clock;
        world.print_at(
            now,
            "\x1b]7501;state=blocked:kind=question:msg=V2hpY2g=\x07",
        );
        world.read();
        let asks = world.session.info().agent.and_then(|agent| agent.pending);
        let asks = asks.expect("it asks");
        assert_eq!(asks.choices, []);
        // Nothing is to be chosen yet, and the program takes no keys so soon.
        world.command(2, answer(asks.id, reply));
        world.commit();
        assert!(!matches!(
            world.receipts(2).pop(),
            Some(Outcome::Rejected { .. })
        ));
        let now = world.clock;
        world.print_at(now, MENU);
        world.read();
        world.clock += 2_000;
        world.on(Cause::Tick);
        world.commit();
        assert!(world.keeper.typed.is_empty(), "{:?}", world.keeper.typed);
        let last = world.receipts(2).pop();
        assert!(
            matches!(&last, Some(Outcome::Rejected { error }) if error.code == ErrorCode::BadRequest),
            "{last:?}"
        );
    }
}
