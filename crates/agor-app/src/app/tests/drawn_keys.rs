//! Keys of lists, fields and pages come from the table of keys, so that they can be others.

use agor_core::keybindings::Rule;
use egui::accesskit::{Role, Toggled};
use egui::{Key, Modifiers};
use egui_kittest::kittest::{NodeT, Queryable};

use super::attention::{asking, questioning, sent};
use super::world::World;
use crate::commands::Command;
use crate::keys::router::Route;
use crate::link::Request;
use crate::testing::{session_id, session_info};

fn world(rules: Vec<Rule>) -> World {
    let sessions = [
        session_info(1, "bash"),
        asking(2, 10),
        asking(3, 20),
        asking(4, 30),
    ];
    let mut world = World::new(World::layout(&[1, 2]), &sessions);
    world.change(|snapshot| {
        let settings = crate::link::settings::Settings {
            keys: rules,
            ..Default::default()
        };
        snapshot.settings = settings.into();
    });
    world.requests();
    world
}

/// Returns what the selected row of a list says, up to its first comma.
fn selected(world: &World) -> Vec<String> {
    let rows = world.harness.query_all_by_label_contains("");
    let is_option = |role| role == Role::ListBoxOption;
    let selected = rows.filter(|row| {
        let node = row.accesskit_node();
        is_option(node.role()) && node.toggled() == Some(Toggled::True)
    });
    let labels = selected.filter_map(|row| row.accesskit_node().label());
    // The sidebar's is none of a list that is gone through.
    let labels = labels.filter(|label| !label.starts_with("Session "));
    let first = labels.map(|label| label.split(',').next().unwrap_or_default().to_owned());
    first.collect()
}

fn press(world: &mut World, key: Key) {
    world.harness.key_press(key);
    world.harness.run();
}

#[test]
fn a_list_is_gone_through_by_the_keys_of_the_table_and_by_the_persons_own() {
    let mut usual = world(Vec::new());
    usual.command(Command::Attention);
    assert_eq!(selected(&usual), ["agent2"]);
    for (key, name) in [
        (Key::J, "agent3"),
        (Key::ArrowDown, "agent4"),
        (Key::ArrowDown, "agent2"),
        (Key::End, "agent4"),
        (Key::K, "agent3"),
        (Key::Home, "agent2"),
        (Key::PageDown, "agent4"),
    ] {
        press(&mut usual, key);
        assert_eq!(selected(&usual), [name], "{key:?}");
    }
    press(&mut usual, Key::Q);
    assert_eq!(usual.page(), None);
    let mut own = world(vec![
        Rule::new("n", "list.next"),
        Rule::new("ctrl+x", "list.close"),
        Rule {
            key: None,
            ..Rule::new("", "-list.previous")
        },
    ]);
    own.command(Command::Attention);
    press(&mut own, Key::J);
    press(&mut own, Key::K);
    assert_eq!(selected(&own), ["agent3"], "all of its keys, and no other");
    press(&mut own, Key::N);
    assert_eq!(selected(&own), ["agent4"]);
    own.harness.key_press_modifiers(Modifiers::CTRL, Key::X);
    own.harness.run();
    assert_eq!(own.page(), None);
}

#[test]
fn a_sequence_in_a_list_shows_what_can_follow_it_and_leads_there() {
    let mut world = world(Vec::new());
    world.command(Command::Attention);
    press(&mut world, Key::End);
    assert_eq!(world.press("g"), Route::Taken);
    world.harness.run();
    assert_eq!(selected(&world), ["agent4"], "more may follow");
    assert_eq!(world.press("g"), Route::Taken);
    world.harness.run();
    assert_eq!(selected(&world), ["agent2"]);
    // A command of the window's own in lists alone, by a letter.
    let rule = Rule {
        when: Some("list".into()),
        ..Rule::new("w", "view.wall")
    };
    let mut world = self::world(vec![rule]);
    world.command(Command::Attention);
    assert_eq!(world.press("w"), Route::Taken);
    world.harness.run();
    assert_eq!(world.page(), Some(Command::Wall));
    world.command(Command::Wall);
    // In a terminal the letter is the program's.
    world.requests();
    world.press("w");
    let typed = |it: &Request| matches!(it, Request::Type(..));
    assert!(world.requests().iter().any(typed));
}

#[test]
fn fields_have_keys_of_the_table_and_letters_are_typed_into_them() {
    let rules = vec![
        Rule::new("ctrl+j", "palette.next"),
        Rule::new("f9", "palette.choose"),
    ];
    let mut world = world(rules);
    world.command(Command::GoToSession);
    let field = "Go to session";
    world.harness.get_by_label(field).type_text("agent");
    world.harness.run();
    assert_eq!(selected(&world).len(), 1);
    let first = selected(&world);
    world.harness.key_press_modifiers(Modifiers::CTRL, Key::J);
    world.harness.run();
    assert_ne!(selected(&world), first);
    let second = selected(&world);
    press(&mut world, Key::F9);
    let focused = world.app().workspace.focused_session();
    let name = focused.and_then(|it| world.app().snapshot.session(it).map(|it| it.name.clone()));
    assert_eq!(name.as_ref(), second.first());
}

#[test]
fn what_needs_you_stands_beside_a_terminal_and_is_answered_there() {
    let mut world = world(Vec::new());
    world.command(Command::Attention);
    world.command(Command::PageBeside);
    world.harness.get_by_label("Close pane What needs you");
    world.requests();
    press(&mut world, Key::Num1);
    let answered = sent(&world.requests());
    assert_eq!(answered.len(), 1);
    assert_eq!(answered[0].0, session_id(2));
    // The terminal beside it has the keyboard back by one key, and the list hears nothing then.
    world.command(Command::FocusLeft);
    world.requests();
    press(&mut world, Key::ArrowDown);
    press(&mut world, Key::Num1);
    assert_eq!(sent(&world.requests()), []);
    world.press("x");
    let typed = |it: &Request| matches!(it, Request::Type(..));
    assert!(world.requests().iter().any(typed));
    // A reply in a tile is typed there.
    world.set_sessions(&[session_info(1, "bash"), questioning(3, 20)]);
    world.command(Command::Attention);
    press(&mut world, Key::R);
    world.harness.get_by_label("Reply").type_text("go on");
    world.harness.run();
    press(&mut world, Key::Enter);
    let replied = sent(&world.requests());
    assert_eq!(replied[0].0, session_id(3));
    world.harness.get_by_label("Close pane What needs you");
}

#[test]
fn why_a_badge_is_as_it_is_goes_beside_terminals_with_the_one_that_has_the_keyboard() {
    let mut world = world(Vec::new());
    let wanted = |world: &mut World| {
        let requests = world.requests().into_iter();
        let wanted = requests.filter_map(|request| match request {
            Request::Explain(wanted) => Some(wanted),
            _ => None,
        });
        wanted.collect::<Vec<_>>()
    };
    let first = session_id(1);
    let place = world.app().workspace.place_of(first).unwrap();
    world.app().workspace.focus(place);
    world.command(Command::Explain);
    assert_eq!(wanted(&mut world), [Some(first)]);
    world.command(Command::PageBeside);
    let title = "Close pane Why it is in this state";
    world.harness.get_by_label(title);
    let second = session_id(2);
    let place = world.app().workspace.place_of(second).unwrap();
    world.app().workspace.focus(place);
    world.harness.run();
    assert_eq!(wanted(&mut world), [Some(second)]);
    // By a badge it is about that one, and stays so.
    let badge = "Explain agent4, needs permission";
    world.harness.get_by_label(badge).click();
    world.harness.run();
    assert_eq!(wanted(&mut world), [Some(session_id(4))]);
    world.app().workspace.focus(place);
    world.harness.run();
    assert_eq!(wanted(&mut world), []);
    world.harness.get_by_label(title).click();
    world.harness.run();
    assert_eq!(wanted(&mut world), [None]);
}
