//! The palette: what a sign before the letters looks for, and snippets.

use agor_core::folders::Hidden;
use egui_kittest::kittest::Queryable;

use super::looks::settings;
use super::modes::typed_into;
use super::world::World;
use crate::app::Overlay;
use crate::commands::Command;
use crate::link::Request;
use crate::link::folders::Below;
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

#[test]
fn a_folder_is_found_as_its_path_is_typed_and_completed_by_tab() {
    let mut world = World::new(World::layout(&[1]), &[session_info(1, "bash")]);
    let read = |world: &mut World| {
        let wanted = world.requests().into_iter().filter_map(|it| match it {
            Request::Folders(wanted) => Some(wanted),
            _ => None,
        });
        wanted.last()
    };
    world.command(Command::OpenProject);
    // It begins in the folder of what is shown, below which others are.
    let of = read(&mut world).flatten().expect("a folder is read");
    assert_eq!(
        (of.folder.as_str(), of.hidden),
        ("/work/project", Hidden::Without)
    );
    let names = ["docs", "src"].map(str::to_owned).to_vec();
    let below = Below { of, names };
    world.change(|snapshot| snapshot.folders = Some(below.into()));
    world.harness.get_by_label("/work/project/docs");
    let typed = |world: &mut World| match &world.app().overlay {
        Some(Overlay::Palette(open)) => open.sought().1.to_owned(),
        _ => String::new(),
    };
    let field = |world: &mut World, letters: &str| {
        world.harness.get_by_label("Folder").type_text(letters);
        world.harness.run();
    };
    field(&mut world, "sr");
    assert!(world.harness.query_by_label("/work/project/docs").is_none());
    assert!(read(&mut world).is_none(), "the same folder is read once");
    world.harness.key_press(egui::Key::Tab);
    world.harness.run();
    assert_eq!(typed(&mut world), "/work/project/src/");
    // What is typed next stands behind it; a dot asks for hidden ones.
    field(&mut world, ".c");
    assert_eq!(typed(&mut world), "/work/project/src/.c");
    let of = read(&mut world).flatten().expect("another folder is read");
    assert_eq!(
        (of.folder.as_str(), of.hidden),
        ("/work/project/src", Hidden::With)
    );
    let names = vec![".cargo".to_owned()];
    let below = Below { of, names };
    world.change(|snapshot| snapshot.folders = Some(below.into()));
    // The path itself is selected, and the one below it is a step away.
    world.harness.key_press(egui::Key::ArrowDown);
    world.harness.run();
    world.harness.key_press(egui::Key::Enter);
    world.harness.run();
    assert_eq!(world.app().current_folder(), "/work/project/src/.cargo");
    assert_eq!(read(&mut world), Some(None), "nothing is read any more");
}
