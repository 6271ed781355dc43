//! The theme editor: seen live, warned of what is hard to read, saved as a theme of one's own.

use std::sync::Arc;

use agor_core::themes::{self, Color};
use egui::{Key, Modifiers, Role};
use egui_kittest::kittest::{NodeT, Queryable};

use super::world::World;
use crate::commands::Command;
use crate::link::Request;
use crate::testing::session_info;

fn world() -> World {
    let mut world = World::new(World::layout(&[1]), &[session_info(1, "bash")]);
    world.change(|snapshot| snapshot.themes = Arc::new(themes::all_built_in()));
    world.command(Command::EditTheme);
    world.requests();
    world
}

fn click(world: &mut World, label: &str) {
    world.harness.get_by_label(label).click();
    world.harness.run();
}

/// Types a colour over that of an open picker.
fn write(world: &mut World, field: &str, text: &str) {
    let find = |world: &World| {
        let node = world.harness.get_by_role_and_label(Role::TextInput, field);
        node.focus();
    };
    find(world);
    world.harness.run();
    world
        .harness
        .key_press_modifiers(Modifiers::COMMAND, Key::A);
    world.harness.run();
    world
        .harness
        .get_by_role_and_label(Role::TextInput, field)
        .type_text(text);
    world.harness.run();
}

#[test]
fn every_colour_is_there_by_name() {
    let world = world();
    for (token, _) in themes::TOKENS {
        let start = format!("{}: #", token.replace('_', " "));
        let found = world.harness.query_all_by_role(Role::Button);
        let found = found
            .filter(|node| {
                node.accesskit_node()
                    .label()
                    .is_some_and(|it| it.starts_with(&start))
            })
            .count();
        assert_eq!(found, 1, "{token}");
    }
}

#[test]
fn a_colour_is_seen_at_once_warned_of_and_taken_back() {
    let mut world = world();
    click(&mut world, "muted: #A3ACB9");
    write(&mut world, "Value of muted", "#20242a");
    let muted = egui::Color32::from_rgb(0x20, 0x24, 0x2a);
    assert_eq!(world.app().theme.muted, muted);
    assert!(
        world
            .harness
            .query_by_label("muted: #20242A, hard to read")
            .is_some()
    );
    click(&mut world, "As it was");
    assert!(world.harness.query_by_label("muted: #A3ACB9").is_some());
    write(&mut world, "Value of muted", "#20242a");
    // The picker, then the editor: what was not saved is gone.
    for _ in 0..2 {
        world.harness.key_press(Key::Escape);
        world.harness.run();
    }
    assert!(world.harness.query_by_label("Theme editor").is_none());
    assert_eq!(&*world.app().theme.id, "dark");
    assert_ne!(world.app().theme.muted, muted);
    assert!(
        !world
            .requests()
            .iter()
            .any(|it| matches!(it, Request::SaveTheme { .. }))
    );
}

#[test]
fn what_is_saved_is_ones_own_theme_and_is_shown() {
    let mut world = world();
    click(&mut world, "accent: #6EA8FE");
    write(&mut world, "Value of accent", "#ff00aa");
    write(&mut world, "Name of the theme", "Dark Sea");
    world.harness.key_press_modifiers(Modifiers::CTRL, Key::S);
    world.harness.run();
    let saved = world
        .requests()
        .into_iter()
        .find_map(|request| match request {
            Request::SaveTheme { theme, replaces } => Some((theme, replaces)),
            _ => None,
        });
    let (theme, replaces) = saved.expect("a theme");
    assert_eq!(
        (&*theme.id, &*theme.name, replaces),
        ("dark_sea", "Dark Sea", false)
    );
    assert_eq!(theme.tokens.accent, "#ff00aa".parse::<Color>().unwrap());
    assert!(world.harness.query_by_label("Theme editor").is_none());
    let mut all = themes::all_built_in();
    all.push(*theme);
    world.change(|snapshot| snapshot.themes = Arc::new(all));
    assert_eq!(&*world.app().theme.id, "dark_sea");
    // Again it is that very theme which is edited.
    world.command(Command::EditTheme);
    assert!(
        world
            .harness
            .query_by_label("Saving replaces this theme of yours.")
            .is_some()
    );
}

#[test]
fn a_name_that_comes_with_agor_is_not_taken() {
    let mut world = world();
    write(&mut world, "Name of the theme", "Nord");
    let told = "It cannot be saved: a theme of this name comes with agor.";
    assert!(world.harness.query_by_label(told).is_some());
    world.harness.key_press_modifiers(Modifiers::CTRL, Key::S);
    world.harness.run();
    assert!(world.requests().is_empty());
}
