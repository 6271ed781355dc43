//! Trust, files that are dropped, images that are pasted.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use agor_core::config::{TRUSTED, Value, Whose};
use agor_proto::input::Input;
use egui::Key;
use egui_kittest::kittest::Queryable;

use super::looks::settings;
use super::world::{World, asked};
use crate::commands::Command;
use crate::link::Request;
use crate::testing::{session_id, session_info};

fn world(text: &str) -> World {
    let mut world = World::new(World::layout(&[1]), &[session_info(1, "bash")]);
    let set = settings(text);
    world.change(|snapshot| snapshot.settings = set.into());
    world.requests();
    world
}

fn start(world: &mut World) {
    world
        .app()
        .start_agent_in("/work/project".into(), "claude".into(), "go on".into());
    world.harness.run();
}

const QUESTION: &str = "Trust this folder and start claude?";

#[test]
fn an_agent_starts_at_once_where_it_may_and_below() {
    let mut world = world("[projects.\"/work\"]\ntrusted = true");
    start(&mut world);
    assert!(asked(&world.requests(), "create"));
    assert!(world.harness.query_by_label(QUESTION).is_none());
}

#[test]
fn elsewhere_it_is_asked_first_and_no_key_by_itself_says_yes() {
    let mut world = world("");
    start(&mut world);
    assert!(world.harness.query_by_label(QUESTION).is_some());
    for key in [Key::Enter, Key::Space] {
        world.harness.key_press(key);
        world.harness.run();
    }
    assert!(world.harness.query_by_label(QUESTION).is_some());
    world.harness.key_press(Key::Escape);
    world.harness.run();
    assert!(world.harness.query_by_label(QUESTION).is_none());
    let requests = world.requests();
    assert!(!asked(&requests, "create"), "{requests:?}");
}

#[test]
fn a_yes_is_remembered_and_starts_the_agent() {
    let mut world = world("");
    start(&mut world);
    world.harness.key_press(Key::T);
    world.harness.run();
    let requests = world.requests();
    assert!(asked(&requests, "create"));
    let said = requests.iter().any(|request| {
        let of = Whose::Project("/work/project".into());
        matches!(request, Request::Say { key: TRUSTED, of: said, value: Some(Value::Bool(true)) } if *said == of)
    });
    assert!(said, "{requests:?}");
    start(&mut world);
    world.harness.get_by_label("Trust all in /work").click();
    world.harness.run();
    let requests = world.requests();
    assert!(requests.iter().any(|request| {
        matches!(request, Request::Say { of: Whose::Project(folder), .. } if folder == "/work")
    }));
}

#[derive(Debug)]
struct File(PathBuf);

impl egui::DroppedFile for File {
    fn path(&self) -> &Path {
        &self.0
    }

    fn bytes(&self) -> Result<Vec<u8>, String> {
        Err("nobody reads it".into())
    }
}

fn drop_files(world: &mut World, files: &[&str]) {
    let files = files.iter().map(|file| {
        let file: egui::DroppedFileHandle = Arc::new(File(PathBuf::from(file)));
        file
    });
    world.harness.input_mut().dropped_files = files.collect();
    world.harness.run();
}

fn pasted(world: &mut World) -> Vec<String> {
    let requests = world.requests().into_iter();
    let pasted = requests.filter_map(|request| match request {
        Request::Type(session, Input::Paste { text, .. }) if session == session_id(1) => Some(text),
        _ => None,
    });
    pasted.collect()
}

#[test]
fn files_that_are_dropped_are_pasted_as_paths_that_a_shell_takes() {
    let mut world = world("");
    drop_files(&mut world, &["/work/a.png", "/work/a $(b).txt"]);
    assert_eq!(pasted(&mut world), ["/work/a.png '/work/a $(b).txt' "]);
    // What has the keyboard then is no program.
    world.command(Command::Palette);
    drop_files(&mut world, &["/work/a.png"]);
    assert_eq!(pasted(&mut world), [""; 0]);
}

#[test]
fn files_that_are_held_over_the_window_are_told_where_they_go() {
    let mut world = world("");
    let told = "Drop files   their paths are inserted into the focused pane";
    assert!(world.harness.query_by_label(told).is_none());
    world.harness.input_mut().hovered_files = vec![egui::HoveredFile::default()];
    // egui draws on for as long as they are held.
    world.harness.step();
    assert!(world.harness.query_by_label(told).is_some());
}

#[test]
fn pasted_pixels_max_are_pasted_and_no_more() {
    let mut world = world("");
    let mut paste = |size: [usize; 2], pixels: usize| {
        let image = egui::ColorImage {
            size,
            source_size: egui::Vec2::ONE,
            pixels: vec![egui::Color32::RED; pixels],
        };
        let event = egui::Event::PasteImage(Arc::new(image));
        world.harness.event(event);
        world.harness.run();
        world.requests()
    };
    let requests = paste([2, 1], 2);
    assert!(requests.iter().any(|request| {
        matches!(request, Request::PasteImage { sessions, image } if *sessions == [session_id(1)] && image.size == [2, 1])
    }));
    // No pixels need be there for it to be refused.
    let requests = paste([64 * 1024, 1024 + 1], 0);
    let is_image = |request: &Request| matches!(request, Request::PasteImage { .. });
    assert!(!requests.iter().any(is_image));
    assert!(
        requests
            .iter()
            .any(|request| matches!(request, Request::Tell(..)))
    );
}
