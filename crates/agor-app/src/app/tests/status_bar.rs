//! The status bar: how the host is, and whose keys count where the keyboard is.

use egui::Key;
use egui_kittest::kittest::Queryable;

use super::world::World;
use crate::commands::Command;
use crate::link::snapshot::HostState;
use crate::testing::session_info;

fn world() -> World {
    let mut world = World::new(World::layout(&[1]), &[session_info(1, "bash")]);
    world.show_text(1, "text");
    world
}

#[test]
fn the_bar_says_whose_keys_count_where_the_keyboard_is() {
    let mut world = world();
    let says = |world: &World, word: &str| {
        world.harness.get_by_label(&format!("Keys: {word}"));
    };
    says(&world, "in a terminal");
    world.command(Command::Palette);
    says(&world, "in the palette");
    world.harness.key_press(Key::Escape);
    world.harness.run();
    says(&world, "in a terminal");
    for (page, word) in [
        (Command::Attention, "in a list"),
        (Command::Wall, "on the wall"),
        (Command::Settings, "in settings"),
    ] {
        world.command(page);
        says(&world, word);
        world.command(page);
        says(&world, "in a terminal");
    }
    world.command(Command::SelectByKeyboard);
    says(&world, "while selecting");
    world.press("escape");
    world.harness.run();
    says(&world, "in a terminal");
    // While keys themselves are waited for, they mean nothing else.
    world.command(Command::Keys);
    says(&world, "on the page of keys");
    world.harness.get_by_label("Press keys").click();
    world.harness.run();
    says(&world, "no command");
}

#[test]
fn what_has_the_keys_of_a_context_that_is_called_after_something_else_has_its_own_name() {
    for (page, word) in [
        (Command::Welcome, "in the first steps"),
        (Command::EditTheme, "in the theme editor"),
        (Command::Keys, "on the page of keys"),
    ] {
        let mut world = world();
        world.command(page);
        world.harness.get_by_label(&format!("Keys: {word}"));
    }
}

#[test]
fn the_dot_has_a_word_for_how_the_host_is() {
    let mut world = world();
    world.harness.get_by_label("Host: ready");
    let reason = || "no answer".to_owned();
    for (host, word) in [
        (HostState::Connecting, "starting"),
        (HostState::Away { reason: reason() }, "reconnecting"),
        (HostState::Ended { reason: reason() }, "gone"),
        (HostState::Ready, "ready"),
    ] {
        world.change(|snapshot| snapshot.host = host);
        world.harness.get_by_label(&format!("Host: {word}"));
    }
}
