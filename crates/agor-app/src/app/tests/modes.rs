//! Modes of a pane and commands that arrange panes, by key and by the names of what is shown.

use std::sync::Arc;

use agor_core::keybindings::Rule;
use agor_proto::ids::{LineId, LinePosition};
use agor_proto::input::Input;
use agor_proto::row::Row;
use agor_proto::session::Life;
use egui_kittest::kittest::Queryable;

use super::world::World;
use crate::commands::Command;
use crate::link::settings::Settings;
use crate::link::snapshot::{HistoryWindow, Weight};
use crate::link::{OutputOf, Request};
use crate::testing::{session_id, session_info};

/// Returns what was put on the clipboard in the last frame.
fn clipboard(world: &mut World) -> Option<String> {
    let commands = &world.harness.output().platform_output.commands;
    commands.iter().find_map(|command| match command {
        egui::OutputCommand::CopyText(text) => Some(text.clone()),
        _ => None,
    })
}

#[test]
fn letters_over_what_can_be_picked_up_copy_open_and_insert_it() {
    let mut world = World::new(World::layout(&[1]), &[session_info(1, "bash")]);
    world.show_text(1, "see https://example.org/a\r\nin src/main.rs:10 4711");
    world.command(Command::Hints);
    world.harness.get_by_label("a: copy 4711");
    world.harness.get_by_label("s: copy src/main.rs:10");
    world.harness.get_by_label_contains("letters copy");
    world.requests();
    world.press("s");
    world.harness.step();
    assert_eq!(clipboard(&mut world).as_deref(), Some("src/main.rs:10"));
    assert!(world.harness.query_by_label("a: copy 4711").is_none());
    // Nothing of it was typed into the program; what is typed then is.
    let is_typed = |request: &Request| matches!(request, Request::Type(..));
    assert!(!world.requests().iter().any(is_typed));
    world.press("x");
    assert!(world.requests().iter().any(is_typed));
    // With Alt it is the program's, as a paste.
    world.command(Command::Hints);
    world.press("alt+s");
    world.harness.run();
    let pasted = world
        .requests()
        .into_iter()
        .find_map(|request| match request {
            Request::Type(_, Input::Paste { text, .. }) => Some(text),
            _ => None,
        });
    assert_eq!(pasted.as_deref(), Some("src/main.rs:10"));
    // With Shift a link is opened.
    world.command(Command::Hints);
    world.press("shift+d");
    world.harness.step();
    let opened = world.harness.output().platform_output.commands.iter().any(
        |command| matches!(command, egui::OutputCommand::OpenUrl(url) if url.url == "https://example.org/a"),
    );
    assert!(opened);
}

#[test]
fn letters_stay_over_what_was_there_whatever_the_program_prints() {
    let mut world = World::new(World::layout(&[1]), &[session_info(1, "bash")]);
    world.show_text(1, "src/main.rs");
    world.command(Command::Hints);
    world.show_text(1, "all is gone");
    world.harness.get_by_label("a: copy src/main.rs");
    world.press("escape");
    world.harness.run();
    assert!(
        world
            .harness
            .query_by_label("a: copy src/main.rs")
            .is_none()
    );
    // Where there is nothing, that is said and keys are the program's.
    world.requests();
    world.command(Command::Hints);
    let requests = world.requests();
    assert!(requests.iter().any(
        |request| matches!(request, Request::Tell(Weight::Note, text) if text.contains("no link"))
    ));
    world.harness.run();
    world.press("x");
    assert!(
        world
            .requests()
            .iter()
            .any(|request| matches!(request, Request::Type(..)))
    );
}

#[test]
fn keys_right_after_the_command_that_shows_letters_are_letters() {
    let mut world = World::new(World::layout(&[1]), &[session_info(1, "bash")]);
    world.show_text(1, "src/main.rs");
    world.requests();
    // All before any frame, and one more for the program.
    world.press("ctrl+shift+l");
    world.press("a");
    world.press("x");
    world.harness.step();
    world.harness.step();
    assert_eq!(clipboard(&mut world).as_deref(), Some("src/main.rs"));
    world.harness.run();
    let typed = world
        .requests()
        .into_iter()
        .filter_map(|request| match request {
            Request::Type(_, Input::Key(key)) => Some(key.text),
            _ => None,
        });
    assert_eq!(typed.collect::<Vec<_>>(), ["x"]);
}

#[test]
fn text_is_selected_and_copied_by_keys_alone() {
    let mut world = World::new(World::layout(&[1]), &[session_info(1, "bash")]);
    world.show_text(1, "first line\r\nsecond line\r\n$ ");
    world.command(Command::SelectByKeyboard);
    world.harness.get_by_label_contains("Y copies the line");
    world.requests();
    for key in ["k", "0", "w", "v", "e"] {
        world.press(key);
    }
    world.harness.run();
    world.harness.get_by_label_contains("O other end");
    let selected = world.app().selected_text();
    assert_eq!(selected.as_deref(), Some("line"));
    world.press("y");
    world.press("x");
    world.harness.step();
    assert_eq!(clipboard(&mut world).as_deref(), Some("line"));
    world.harness.run();
    // It has ended, and what came after it is the program's.
    let typed = world
        .requests()
        .into_iter()
        .filter_map(|request| match request {
            Request::Type(_, Input::Key(key)) => Some(key.text),
            _ => None,
        });
    assert_eq!(typed.collect::<Vec<_>>(), ["x"]);
    assert!(
        world
            .harness
            .query_by_label_contains("Esc leaves")
            .is_none()
    );
    assert!(world.app().focused_pane().unwrap().scroll.is_live());
}

#[test]
fn what_is_looked_for_while_selecting_takes_the_cursor_there_and_the_keyboard_back() {
    use crate::link::snapshot::Found;
    let mut world = World::new(World::layout(&[1]), &[session_info(1, "bash")]);
    world.show_text(1, "one error\r\ntwo\r\nthree error\r\n$ ");
    world.command(Command::SelectByKeyboard);
    world.press("?");
    world.harness.run();
    world.requests();
    world
        .harness
        .get_by_label("Find in pane")
        .type_text("error");
    world.harness.run();
    let number = world
        .requests()
        .into_iter()
        .find_map(|request| match request {
            Request::Find { number, sought, .. } if sought.text == "error" => Some(number),
            _ => None,
        });
    let screen = world.app().snapshot.screens[&session_id(1)].clone();
    let hit = |row: usize, column: u32| {
        let place = crate::pane::scroll::place(&screen.mirror.rows[row]);
        agor_proto::message::Hit {
            start: agor_proto::ids::LinePosition { column, ..place },
            end_column: column + 5,
            row: 0,
        }
    };
    let found = Found {
        number: number.expect("it is looked for"),
        hits: vec![hit(2, 6), hit(0, 4)],
        whole: true,
        problem: None,
    };
    world.change(|snapshot| drop(snapshot.found.insert(session_id(1), found.into())));
    world.harness.key_press(egui::Key::Enter);
    world.harness.run();
    let cursor = |world: &mut World| {
        let pane = world.app().focused_pane().unwrap();
        pane.vi.as_ref().unwrap().cursor().unwrap()
    };
    assert_eq!(cursor(&mut world), hit(2, 6).start);
    for (key, expected) in [("n", hit(0, 4)), ("n", hit(2, 6)), ("N", hit(0, 4))] {
        world.press(key);
        world.harness.run();
        assert_eq!(cursor(&mut world), expected.start, "{key}");
    }
    // What was typed was no program's.
    let is_typed = |request: &Request| matches!(request, Request::Type(..));
    assert!(!world.requests().iter().any(is_typed));
    world.press("q");
    world.harness.run();
    assert!(
        world
            .requests()
            .iter()
            .any(|request| matches!(request, Request::DropFind(_)))
    );
}

#[test]
fn borders_move_by_arrows_until_escape_and_numbers_choose_panes() {
    let sessions = [session_info(1, "vim"), session_info(2, "claude")];
    let mut world = World::new(World::layout(&[1, 2]), &sessions);
    world.show_text(1, "one");
    world.show_text(2, "two");
    let before = world.app().workspace.to_json();
    world.command(Command::Resize);
    world.harness.get_by_label_contains("← → ↑ ↓ move a border");
    world.requests();
    world.press("left");
    world.press("h");
    world.harness.run();
    assert_ne!(world.app().workspace.to_json(), before);
    world.press("=");
    world.harness.run();
    world.press("escape");
    world.harness.run();
    assert!(
        world
            .harness
            .query_by_label_contains("move a border")
            .is_none()
    );
    let is_typed = |request: &Request| matches!(request, Request::Type(..));
    assert!(!world.requests().iter().any(is_typed));
    world.command(Command::Numbers);
    world.harness.get_by_label("Pane 2");
    world.press("1");
    world.harness.run();
    assert_eq!(world.app().workspace.focused_session(), Some(session_id(1)));
    assert!(world.harness.query_by_label("Pane 2").is_none());
}

#[test]
fn keys_of_modes_are_the_persons_own_in_their_lines_too() {
    let sessions = [session_info(1, "vim"), session_info(2, "claude")];
    let mut world = World::new(World::layout(&[1, 2]), &sessions);
    world.show_text(1, "one");
    world.show_text(2, "src/main.rs and src/lib.rs");
    world.change(|snapshot| {
        let keys = vec![
            Rule::new("w", "sizes.left"),
            Rule::new("f9", "sizes.leave"),
            Rule::new("f8", "hints.leave"),
            Rule::new("r", "vi.leave"),
        ];
        let settings = Settings {
            keys,
            ..Settings::default()
        };
        snapshot.settings = settings.into();
    });
    world.command(Command::Resize);
    world.harness.get_by_label_contains("W → ↑ ↓ move a border");
    world.harness.get_by_label_contains("F9 leaves");
    let before = world.app().workspace.to_json();
    world.press("w");
    world.harness.run();
    assert_ne!(world.app().workspace.to_json(), before);
    world.press("f9");
    world.harness.run();
    assert!(world.app().mode.is_none());
    world.command(Command::Hints);
    world.harness.get_by_label_contains("F8 leaves");
    world.press("f8");
    world.harness.run();
    assert!(world.app().focused_pane().unwrap().hints.is_none());
    // A sequence shows what can follow, and a letter that was given to something is that.
    world.command(Command::SelectByKeyboard);
    world.press("g");
    world.harness.run();
    let begun = world.app().keyboard.borrow().router.sequence().0.len();
    assert_eq!(begun, 1);
    world.press("g");
    world.press("r");
    world.harness.run();
    assert!(world.app().focused_pane().unwrap().vi.is_none());
}

#[test]
fn a_tab_has_the_name_that_it_was_given_and_a_pinned_one_is_not_closed_by_accident() {
    let mut world = World::new(World::layout(&[1]), &[session_info(1, "vim")]);
    world.command(Command::RenameTab);
    world
        .harness
        .get_by_label("Name of the tab")
        .type_text("servers");
    world.harness.run();
    world.harness.key_press(egui::Key::Enter);
    world.harness.run();
    world.harness.get_by_label("Tab servers");
    world.command(Command::PinTab);
    world.harness.get_by_label("Tab servers, pinned");
    assert!(world.harness.query_by_label_contains("Close tab").is_none());
    world.requests();
    world.command(Command::CloseTab);
    world.harness.get_by_label("Tab servers, pinned");
    let told = world.requests().into_iter().any(
        |request| matches!(request, Request::Tell(Weight::Note, text) if text.contains("pinned")),
    );
    assert!(told);
    world.command(Command::PinTab);
    world.command(Command::CloseTab);
    assert!(world.harness.query_by_label("Tab servers").is_none());
}

#[test]
fn a_pinned_pane_is_not_closed_by_accident_and_keeps_its_place() {
    let sessions = [session_info(1, "vim"), session_info(2, "bash")];
    let mut world = World::new(World::layout(&[1, 2]), &sessions);
    world.command(Command::PinPane);
    world.harness.get_by_label("Pane bash is pinned");
    world.harness.get_by_label("Close pane vim");
    assert!(world.harness.query_by_label("Close pane bash").is_none());
    let told = |it: &Request| matches!(it, Request::Tell(_, text) if text.contains("pinned"));
    for command in [
        Command::ClosePane,
        Command::CloseTab,
        Command::Columns,
        Command::Balance,
        Command::Rotate,
    ] {
        let before = world.app().workspace.to_json();
        world.requests();
        world.command(command);
        assert_eq!(world.app().workspace.to_json(), before, "{command:?}");
        assert!(world.requests().iter().any(told), "{command:?}");
    }
    world.command(Command::PinPane);
    world.command(Command::ClosePane);
    assert_eq!(world.app().workspace.sessions().count(), 1);
    // One that is alone has no head: its tab is what is pinned.
    world.command(Command::PinPane);
    let pinned = world.app().workspace.tab().unwrap().tiles.pinned();
    assert!(pinned.is_empty());
}

/// Returns into which sessions something was typed, and what.
pub(super) fn typed_into(requests: Vec<Request>) -> Vec<(agor_proto::ids::SessionId, String)> {
    let typed = requests.into_iter().filter_map(|request| match request {
        Request::Type(session, Input::Key(key)) => Some((session, key.text)),
        Request::Type(session, Input::Text { text } | Input::Paste { text, .. }) => {
            Some((session, text))
        }
        _ => None,
    });
    typed.collect()
}

#[test]
fn what_is_typed_goes_to_the_chosen_panes_until_another_tab_is_shown() {
    let sessions = [1, 2, 3, 4].map(|number| session_info(number, &format!("host{number}")));
    let mut world = World::new(World::layout(&[1, 2, 3]), &sessions);
    for session in [1, 2, 3] {
        world.show_text(session, "$ ");
    }
    let to = |numbers: &[u8], text: &str| {
        let to = numbers
            .iter()
            .map(|number| (session_id(*number), text.to_owned()));
        to.collect::<Vec<_>>()
    };
    world.command(Command::BroadcastAll);
    for host in ["host1", "host2", "host3"] {
        world
            .harness
            .get_by_label(&format!("{host} is typed into with others"));
    }
    world.requests();
    world.press("x");
    assert_eq!(typed_into(world.requests()), to(&[3, 1, 2], "x"));
    world.app().paste("pasted".into());
    assert_eq!(typed_into(world.requests()), to(&[3, 1, 2], "pasted"));
    world.app().keyboard.borrow_mut().router.on_text("é".into());
    assert_eq!(typed_into(world.requests()), to(&[3, 1, 2], "é"));
    // One is taken out: what is typed there is its alone, and it gets nothing of the others.
    world.command(Command::Broadcast);
    world.requests();
    world.press("y");
    assert_eq!(typed_into(world.requests()), to(&[3], "y"));
    let first = world.app().workspace.place_of(session_id(1)).unwrap();
    world.app().workspace.focus(first);
    world.harness.run();
    world.press("z");
    assert_eq!(typed_into(world.requests()), to(&[1, 2], "z"));
    // What is not in view is not typed into.
    world.command(Command::Zoom);
    world.press("a");
    assert_eq!(typed_into(world.requests()), to(&[1], "a"));
    assert!(
        world
            .harness
            .query_by_label("host1 is typed into with others")
            .is_none()
    );
    world.command(Command::Zoom);
    world.press("b");
    assert_eq!(typed_into(world.requests()), to(&[1, 2], "b"));
    // A program that has ended is typed nothing.
    let mut ended = sessions.clone();
    ended[1].life = Life::Exited { code: 1, signal: 0 };
    world.set_sessions(&ended);
    world.press("c");
    assert_eq!(typed_into(world.requests()), to(&[1], "c"));
    world.set_sessions(&sessions);
    // Another tab ends it, also when the person comes back.
    world.app().show_session(session_id(4));
    world.harness.run();
    world.app().show_session(session_id(1));
    world.harness.run();
    world.requests();
    world.press("d");
    assert_eq!(typed_into(world.requests()), to(&[1], "d"));
    // It is nowhere in what is stored.
    world.command(Command::BroadcastAll);
    assert!(!world.app().workspace.to_json().contains("broadcast"));
}

#[test]
fn keys_after_a_paste_come_behind_it() {
    let mut world = World::new(World::layout(&[1]), &[session_info(1, "cat")]);
    world.show_text(1, "");
    world.requests();
    world.press("ctrl+shift+v");
    world.press("x");
    world.harness.step();
    world.press("y");
    // The window system's answer.
    world.harness.event(egui::Event::Paste("text".into()));
    world.harness.step();
    world.harness.step();
    let typed: Vec<_> = typed_into(world.requests())
        .into_iter()
        .map(|it| it.1)
        .collect();
    assert_eq!(typed, ["text", "x", "y"]);
}

#[test]
fn a_pane_looks_where_it_did_and_has_selected_what_it_had() {
    let sessions = [session_info(1, "bash")];
    let mut world = World::new(World::layout(&[1]), &sessions);
    world.show_text(1, "one\r\ntwo");
    world.command(Command::SelectAll);
    let place = {
        let screen = &world.app().snapshot.screens[&session_id(1)];
        crate::pane::scroll::place(&screen.mirror.rows[0])
    };
    let pane = world.app().focused_pane().unwrap();
    pane.scroll.go_to_as_top(place);
    world.harness.run();
    let window = HistoryWindow {
        rows: world.app().snapshot.screens[&session_id(1)]
            .mirror
            .rows
            .clone(),
        above: 3,
        below: 90,
        placements: Vec::new(),
        generation: 1,
    };
    world.change(|snapshot| drop(snapshot.histories.insert(session_id(1), window.into())));
    world.harness.run();
    let selection = world.app().focused_pane().unwrap().selection;
    assert!(selection.is_some());
    let stored = world
        .requests()
        .into_iter()
        .rev()
        .find_map(|request| match request {
            Request::StoreLayout(json) => Some(json),
            _ => None,
        });
    let layout = crate::link::snapshot::Stored::Is(stored.expect("it is stored").into());
    let mut again = World::new(layout, &sessions);
    again.show_text(1, "one\r\ntwo");
    let pane = again.app().focused_pane().unwrap();
    assert!(!pane.scroll.is_live());
    assert_eq!(pane.selection, selection);
}

fn place(line: u64) -> LinePosition {
    LinePosition {
        line: LineId(line),
        column: 0,
    }
}

/// Gives the session a thousand rows of history, each of which is a line.
fn give_history(world: &mut World) {
    let row = |line: u64| {
        Arc::new(Row {
            line: LineId(line),
            ..Row::default()
        })
    };
    let window = HistoryWindow {
        rows: (0..1_010).map(row).collect(),
        above: 0,
        below: 0,
        placements: Vec::new(),
        generation: 1,
    };
    world.change(|snapshot| {
        let screen = snapshot.screens.get_mut(&session_id(1)).unwrap();
        Arc::make_mut(screen).mirror.history.rows = 1_000;
        snapshot.histories.insert(session_id(1), window.into());
    });
}

#[test]
fn the_output_of_the_command_is_copied_whose_prompt_was_gone_to_while_that_is_in_view() {
    let mut world = World::new(World::layout(&[1]), &[session_info(1, "bash")]);
    world.show_text(1, "one\r\ntwo");
    give_history(&mut world);
    world.requests();
    let meant = |world: &mut World| {
        world.command(Command::CopyOutput);
        let requests = world.requests().into_iter();
        let of_these = requests.filter_map(|request| match request {
            Request::CopyOutput { of, .. } => Some(of),
            _ => None,
        });
        of_these.collect::<Vec<_>>()
    };
    assert_eq!(meant(&mut world), [OutputOf::Last]);
    world.change(|snapshot| snapshot.found_prompt(session_id(1), Some(place(300)), false));
    assert_eq!(meant(&mut world), [OutputOf::Prompt(place(300))]);
    world.app().focused_pane().unwrap().scroll.by(-50);
    world.harness.run();
    assert_eq!(meant(&mut world), [OutputOf::LastBefore(place(360))]);
    world.command(Command::ScrollBottom);
    assert_eq!(meant(&mut world), [OutputOf::Last]);
}

#[test]
fn a_click_on_a_mark_of_the_scroll_bar_goes_there_and_one_beside_it_scrolls() {
    use crate::link::outline::Outline;
    use agor_core::client::shell::ShellCommand;
    let mut world = World::new(World::layout(&[1]), &[session_info(1, "bash")]);
    world.show_text(1, "one\r\ntwo");
    assert!(
        world
            .harness
            .query_by_label_contains("Scroll bar")
            .is_none()
    );
    give_history(&mut world);
    world.requests();
    world.app().focused_pane().unwrap().scroll.by(100);
    world.harness.run();
    let asked = |request: &Request| matches!(request, Request::Outline(id) if *id == session_id(1));
    assert_eq!(world.requests().iter().filter(|it| asked(it)).count(), 1);
    // The middle of the bar is where a click on it goes.
    let outline = |row: u32| Outline {
        commands: vec![ShellCommand {
            code: Some(2),
            ended: true,
            took_millis: Some(64_000),
            ..ShellCommand::waiting(place(row.into()), row)
        }],
        generation: row.into(),
    };
    world.change(|snapshot| drop(snapshot.outlines.insert(session_id(1), outline(505).into())));
    let bar = "Scroll bar: 1 commands, 1 failed";
    world.harness.get_by_label(bar).hover();
    world.harness.run_steps(8);
    world.harness.get_by_label("failed with 2 after 1m 04s");
    world.harness.get_by_label(bar).click();
    world.harness.run();
    let top = |world: &mut World| world.app().focused_pane().unwrap().scroll.top().unwrap();
    let shown = top(&mut world).line.0;
    assert!((495..=505).contains(&shown), "{shown}");
    assert_ne!(shown, 500);
    let gone_to = world.app().focused_pane().unwrap().prompt;
    assert_eq!(gone_to, Some(place(505)));
    world.change(|snapshot| drop(snapshot.outlines.insert(session_id(1), outline(30).into())));
    world.app().focused_pane().unwrap().scroll.by(300);
    world.harness.run();
    world.harness.get_by_label(bar).click();
    world.harness.run();
    assert_eq!(
        top(&mut world).line.0,
        500,
        "half of the rows that are not shown"
    );
    let requests = world.requests();
    assert!(!requests.iter().any(asked), "nothing has changed");
}
