//! The page of keys: commands are found by words and keys, others recorded for all or for a part, and reset.

use agor_core::config::{Value, Whose};
use agor_core::keybindings::{Change, Rule};
use agor_core::themes::{self, DARK, LIGHT};
use egui::Key;
use egui_kittest::kittest::{NodeT, Queryable};

use super::looks::settings;
use super::modes::typed_into;
use super::world::World;
use crate::commands::{Command, TABLE};
use crate::link::Request;
use crate::link::settings::Settings;
use crate::testing::session_info;

#[test]
fn the_page_of_keys_finds_records_and_resets() {
    let mut world = World::new(World::layout(&[1]), &[session_info(1, "bash")]);
    world.command(Command::Keys);
    let field = world
        .harness
        .get_by_label("Find a command by its name or keys");
    field.type_text("split ri");
    world.harness.run();
    world
        .harness
        .get_by_label("Split right: Ctrl+Shift+D  ·  Ctrl+Space d");
    assert!(
        world
            .harness
            .query_by_label_contains("Split down")
            .is_none()
    );
    // Enter records, and then every key is only a key.
    world.harness.key_press(egui::Key::Enter);
    world.harness.run();
    world
        .harness
        .get_by_label_contains("Keys for Split right: Press the keys");
    world.requests();
    world.press("ctrl+shift+t");
    world.harness.run();
    world
        .harness
        .get_by_label_contains("Keys for Split right: Now New tab");
    world.press("enter");
    world.harness.run();
    let changes = |world: &mut World| {
        let requests = world.requests().into_iter();
        let changes = requests.filter_map(|request| match request {
            Request::ChangeKeys(change) => Some(change),
            Request::Command(_) | Request::Type(..) => panic!("a key did something else"),
            _ => None,
        });
        changes.collect::<Vec<_>>()
    };
    let command = "pane.split_right".to_owned();
    let keys = "ctrl+shift+t".to_owned();
    let of = Whose::All;
    assert_eq!(changes(&mut world), [Change::Give { command, keys, of }]);
    // What the file then says is shown, with what it shadows, and taken back.
    let rule = Rule {
        line: 4,
        ..Rule::new("ctrl+shift+t", "pane.split_right")
    };
    world.change(|snapshot| {
        let settings = Settings {
            keys: vec![rule],
            ..Default::default()
        };
        snapshot.settings = settings.into();
    });
    world
        .harness
        .get_by_label("Split right: Ctrl+Shift+T  ·  Ctrl+Shift+D  ·  Ctrl+Space d");
    world.harness.get_by_label("Reset").click();
    world.harness.run();
    let command = "pane.split_right".to_owned();
    let of = Whose::All;
    assert_eq!(changes(&mut world), [Change::Reset { command, of }]);
    // By pressing keys.
    world.harness.get_by_label("Press keys").click();
    world.harness.run();
    world.press("ctrl+shift+g");
    world.harness.run();
    world.harness.get_by_label_contains("Wall of all sessions");
    assert!(
        world
            .harness
            .query_by_label_contains("Split right")
            .is_none()
    );
    world.press("escape");
    world.harness.run();
    world.harness.key_press(egui::Key::Escape);
    world.harness.run();
    world.harness.run();
    world.press("x");
    assert_eq!(
        typed_into(world.requests()).len(),
        1,
        "the pane has the keyboard again"
    );
}

#[test]
fn every_command_has_its_line_in_a_dark_and_a_light_theme() {
    for theme in [DARK, LIGHT] {
        let mut world = World::new(World::layout(&[1]), &[session_info(1, "bash")]);
        let set = settings(&format!("window.theme = \"{theme}\""));
        world.change(|snapshot| {
            snapshot.settings = set.into();
            snapshot.themes = themes::all_built_in().into();
        });
        assert_eq!(&*world.app().theme.id, theme);
        let color = world.app().theme.text;
        // All of them are in view.
        let height = 40.0 * TABLE.len() as f32;
        world.harness.set_size(egui::Vec2::new(1_000.0, height));
        world.command(Command::Keys);
        for row in TABLE {
            assert!(world.draws(row.title, color), "{} in {theme}", row.id);
            let label = format!("{}: ", row.title);
            let mut lines = world.harness.query_all_by_label_contains(&label);
            assert!(lines.next().is_some(), "{} has no name", row.id);
        }
    }
}

#[test]
fn keys_are_recorded_for_all_for_the_group_or_for_the_project() {
    let set = "[groups.shop]\nname = \"Shop\"\nfolders = [\"/work/project\"]";
    let mut world = World::new(World::layout(&[1]), &[session_info(1, "bash")]);
    world.change(|snapshot| snapshot.settings = settings(set).into());
    let parts = [
        ("For group Shop", Whose::Group("shop".into())),
        ("For project", Whose::Project("/work/project".into())),
        ("For all", Whose::All),
    ];
    for (label, of) in parts {
        world.command(Command::Keys);
        world.harness.get_by_label(label).click();
        world.harness.run();
        let field = world
            .harness
            .get_by_label("Find a command by its name or keys");
        field.type_text("split ri");
        world.harness.run();
        world.harness.key_press(egui::Key::Enter);
        world.harness.run();
        world.requests();
        world.press("ctrl+shift+t");
        world.harness.run();
        world.press("enter");
        world.harness.run();
        let given = world
            .requests()
            .into_iter()
            .find_map(|request| match request {
                Request::ChangeKeys(Change::Give { of, .. }) => Some(of),
                _ => None,
            });
        assert_eq!(given, Some(of), "{label}");
        world.command(Command::Keys);
    }
    world.command(Command::Keys);
    // What holds of another part is not reset from this one.
    let rule = Rule::of("ctrl+shift+y", "pane.zoom", &Whose::Group("shop".into()));
    let set = Settings {
        keys: vec![rule],
        ..settings(set)
    };
    world.change(|snapshot| snapshot.settings = set.into());
    assert!(world.harness.query_by_label("Reset").is_none());
}

/// Goes by Tab from the field to a control of the page, and presses it.
fn press_by_keyboard(world: &mut World, label: &str) {
    let is_there = |world: &World| {
        let mut focused = world.harness.query_all_by(|node| node.is_focused());
        focused.any(|node| node.accesskit_node().label().as_deref() == Some(label))
    };
    for _ in 0..10 {
        world.harness.key_press(Key::Tab);
        world.harness.run();
        if is_there(world) {
            world.harness.key_press(Key::Enter);
            world.harness.run();
            return;
        }
    }
    panic!("{label} is not reached by Tab");
}

#[test]
fn files_of_keys_are_reached_by_keyboard_asked_for_and_go_to_the_link() {
    let mut world = World::new(World::layout(&[1]), &[session_info(1, "bash")]);
    for (label, asks) in [
        ("Import…", "File with keys"),
        ("Export…", "File for your keys"),
    ] {
        world.command(Command::Keys);
        press_by_keyboard(&mut world, label);
        world.harness.run();
        world.harness.get_by_label(asks).type_text(".mine");
        world.harness.run();
        world.requests();
        world.harness.key_press(Key::Enter);
        world.harness.run();
        let files: Vec<_> = world
            .requests()
            .into_iter()
            .filter_map(|request| match (request, label) {
                (Request::ImportKeys(file), "Import…") => Some(file),
                (Request::ExportKeys(file), "Export…") => Some(file),
                _ => None,
            })
            .collect();
        assert_eq!(files.len(), 1, "{label}");
        assert!(files[0].ends_with("/keybindings.json.mine"), "{files:?}");
    }
}

#[test]
fn the_keys_of_another_program_are_chosen_by_keyboard_and_left_again() {
    let mut world = World::new(World::layout(&[1]), &[session_info(1, "bash")]);
    let said = |world: &mut World| {
        let requests = world.requests().into_iter();
        let mut said = requests.filter_map(|request| match request {
            Request::Say { key, of, value } => Some((key, of, value)),
            _ => None,
        });
        said.next()
    };
    world.command(Command::Keys);
    world.requests();
    press_by_keyboard(&mut world, "tmux");
    let tmux = Some(Value::Text("tmux".into()));
    assert_eq!(said(&mut world), Some(("window.keys", Whose::All, tmux)));
    let set = settings("window.keys = \"tmux\"");
    world.change(|snapshot| snapshot.settings = set.into());
    // What holds is not said again.
    world.harness.get_by_label("tmux").click();
    world.harness.run();
    assert_eq!(said(&mut world), None);
    world.harness.get_by_label("no program").click();
    world.harness.run();
    assert_eq!(said(&mut world), Some(("window.keys", Whose::All, None)));
}
