//! The palette: what a sign before the letters looks for, and snippets.

use egui_kittest::kittest::Queryable;

use super::looks::settings;
use super::modes::typed_into;
use super::world::World;
use crate::commands::Command;
use crate::link::Request;
use crate::testing::{session_id, session_info};

#[test]
fn a_snippet_is_inserted_and_enter_is_pressed_only_if_it_ends_in_a_line_break() {
    use agor_core::config::Snippet;
    let mut world = World::new(World::layout(&[1]), &[session_info(1, "bash")]);
    let snippet = |name: &str, text: &str| Snippet {
        name: name.into(),
        text: text.into(),
    };
    world.change(|snapshot| {
        let settings = crate::link::settings::Settings {
            snippets: vec![
                snippet("draft", "git commit -m "),
                snippet("state", "git status\n"),
            ],
            ..Default::default()
        };
        snapshot.settings = settings.into();
    });
    for (letters, expected) in [
        ("draft", vec!["git commit -m "]),
        ("state", vec!["git status", ""]),
    ] {
        world.command(Command::Snippets);
        world
            .harness
            .get_by_label("Insert a snippet")
            .type_text(letters);
        world.harness.run();
        world.requests();
        world.harness.key_press(egui::Key::Enter);
        world.harness.run();
        let typed: Vec<_> = typed_into(world.requests())
            .into_iter()
            .map(|it| it.1)
            .collect();
        assert_eq!(typed, expected);
    }
}

#[test]
fn a_folder_is_remembered_by_its_whole_path_and_not_if_nothing_of_it_is_kept() {
    let mut world = World::new(World::layout(&[1]), &[session_info(1, "bash")]);
    let private = "[projects.\"/private\"]\nprivate = true";
    world.change(|snapshot| snapshot.settings = settings(private).into());
    let choose = |world: &mut World, folder: &str| {
        world.command(Command::Palette);
        let field = "Find a command, session or project";
        world.harness.get_by_label(field).type_text(folder);
        world.harness.run();
        world.requests();
        world.harness.key_press(egui::Key::Enter);
        world.harness.run();
        let requests = world.requests().into_iter();
        let mut stored = requests.filter_map(|request| match request {
            Request::StoreUsed(json) => Some(json),
            _ => None,
        });
        stored.next()
    };
    let stored = choose(&mut world, "~/shop").expect("it is stored");
    assert!(
        stored.contains("/shop\"") && !stored.contains('~'),
        "{stored}"
    );
    assert_eq!(choose(&mut world, "/private"), None);
    assert_eq!(world.app().current_folder(), "/private");
}

#[test]
fn signs_before_the_letters_say_what_is_looked_for_and_choices_are_remembered() {
    let sessions = [session_info(1, "bash"), session_info(2, "zoom server")];
    let mut world = World::new(World::layout(&[1]), &sessions);
    let open = |world: &mut World, letters: &str| {
        world.command(Command::Palette);
        let field = world
            .harness
            .get_by_label("Find a command, session or project");
        field.type_text(letters);
        world.harness.run();
    };
    open(&mut world, ">zoom");
    world.harness.get_by_label("Zoom pane");
    assert!(world.harness.query_by_label("zoom server").is_none());
    world.requests();
    world.harness.key_press(egui::Key::Enter);
    world.harness.run();
    let stored = world
        .requests()
        .into_iter()
        .find_map(|request| match request {
            Request::StoreUsed(json) => Some(json),
            _ => None,
        });
    assert!(stored.is_some_and(|json| json.contains("command pane.zoom")));
    open(&mut world, "@zoom");
    world.harness.get_by_label("zoom server");
    assert!(world.harness.query_by_label("Zoom pane").is_none());
    world.harness.key_press(egui::Key::Enter);
    world.harness.run();
    assert_eq!(world.app().workspace.focused_session(), Some(session_id(2)));
    // A folder is typed, as by the command for it.
    open(&mut world, "/srv/new");
    world.requests();
    world.harness.key_press(egui::Key::Enter);
    world.harness.run();
    assert_eq!(world.app().current_folder(), "/srv/new");
    // What was chosen is there by its sign.
    open(&mut world, "<zoom");
    world.harness.get_by_label("Zoom pane");
    world.harness.get_by_label("zoom server");
    assert!(world.harness.query_by_label("Rotate panes").is_none());
    world.harness.key_press(egui::Key::Escape);
    world.harness.run();
    open(&mut world, "?zoom");
    world.harness.key_press(egui::Key::Enter);
    world.harness.run();
    world
        .harness
        .get_by_label_contains("Zoom pane: Ctrl+Shift+Enter");
}
