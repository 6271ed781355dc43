//! Pages: the table of their kinds, and a page as a tile beside a terminal.

use std::collections::BTreeSet;

use agor_core::themes::{self, DARK, LIGHT};
use egui::Key;
use egui_kittest::kittest::Queryable;
use egui_tiles::LinearDir;

use super::looks::percent;
use super::pictures::{compare, draw, golden};
use super::world::{WINDOW, World};
use crate::app::App;
use crate::app::pages::{KINDS, Kind};
use crate::commands::Command;
use crate::link::Request;
use crate::link::snapshot::Stored;
use crate::testing::{diagnosis, session_id, session_info, spending};
use crate::theme::Theme;
use crate::workspace::{Pane, Workspace};

fn typed(world: &mut World) -> bool {
    let requests = world.requests();
    requests.iter().any(|it| matches!(it, Request::Type(..)))
}

/// A terminal, with a page beside it that has the keyboard.
fn beside(command: Command) -> World {
    let mut world = World::new(World::layout(&[1]), &[session_info(1, "vim")]);
    world.show_text(1, "text");
    world.command(command);
    world.command(Command::PageBeside);
    world
}

#[test]
fn every_kind_of_page_is_unique_documented_and_drawn_in_a_dark_and_a_light_theme() {
    let mut names = BTreeSet::new();
    for kind in KINDS {
        let row = kind.row();
        assert!(names.insert(row.id), "{} is there twice", row.id);
        assert!(
            row.doc.ends_with('.') && !row.title.is_empty(),
            "{}",
            row.id
        );
        assert_eq!(Kind::named(row.id), Some(kind));
        for theme in [DARK, LIGHT] {
            let arrange = |workspace: &mut Workspace| {
                workspace.open_tab("/work/shop", session_id(1));
                workspace.split("/work/shop", LinearDir::Horizontal, Pane::Page(kind));
            };
            let rgba = draw(theme, arrange, |_| {});
            let width = WINDOW.x as usize;
            let right = rgba.chunks_exact(4).enumerate();
            let right = right.filter(|(at, _)| at % width > width * 2 / 3);
            let colors: BTreeSet<_> = right.map(|(_, pixel)| pixel.to_vec()).collect();
            assert!(
                colors.len() > 20,
                "{} in {theme}: {} colours",
                row.id,
                colors.len()
            );
        }
    }
    assert_eq!(Kind::named("view.holograms"), None);
    assert_eq!(Kind::of(Command::Palette), None);
}

#[test]
fn every_page_has_a_picture_in_a_dark_and_a_light_theme() {
    let sources = sources();
    for kind in KINDS {
        for (theme, constant, suffix) in [(DARK, "DARK", ""), (LIGHT, "LIGHT", "_light")] {
            let name = format!("{}{suffix}", kind.file);
            let (pixels, size) = golden(&name);
            assert_eq!(size, (WINDOW.x as u32, WINDOW.y as u32), "{name}");
            let colors = Theme::of(&themes::built_in(theme).unwrap());
            let panels = percent(&pixels, colors.panel);
            assert!(panels >= 10, "{name} has panels on {panels} %");
            let right = pixels.chunks_exact(4).enumerate();
            let right = right.filter(|(at, _)| at % size.0 as usize > size.0 as usize / 2);
            let drawn: BTreeSet<_> = right.map(|(_, pixel)| pixel.to_vec()).collect();
            assert!(drawn.len() > 20, "{name}: {} colours", drawn.len());
            // One that no test compares would stay as it is for ever.
            let compared = sources.contains(&format!("(\"{name}\", {constant}"));
            assert!(compared, "no test compares {name}");
        }
    }
}

/// Returns the sources of these tests.
fn sources() -> String {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/app/tests");
    #[expect(clippy::disallowed_methods, reason = "a test reads tests")]
    let files = std::fs::read_dir(folder).unwrap();
    #[expect(clippy::disallowed_methods, reason = "a test reads tests")]
    let texts = files.map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap());
    texts.collect()
}

#[test]
fn every_page_is_opened_by_its_command_and_left_by_it_in_the_window_and_as_a_tile() {
    for kind in KINDS {
        let mut world = World::new(World::layout(&[1]), &[session_info(1, "vim")]);
        world.command(kind.command);
        assert_eq!(world.page(), Some(kind.command));
        world.command(kind.command);
        assert_eq!(world.page(), None);
        assert_eq!(world.app().workspace.panes().count(), 1);
        // Beside the terminal it has the keyboard, its command gives that back and takes it again.
        world.command(kind.command);
        world.command(Command::PageBeside);
        assert_eq!(world.page(), None);
        let title = format!("Close pane {}", kind.row().title);
        world.harness.get_by_label(&title);
        assert_eq!(world.app().workspace.focused_session(), None);
        world.command(kind.command);
        assert_eq!(world.app().workspace.focused_session(), Some(session_id(1)));
        world.command(kind.command);
        assert_eq!(world.app().workspace.focused_session(), None);
        // It fills the window again, and there is one of it.
        world.command(Command::PageBeside);
        assert_eq!(world.page(), Some(kind.command));
        assert_eq!(world.app().workspace.panes().count(), 1);
    }
}

#[test]
fn keys_go_to_the_page_or_to_the_program_whichever_has_the_keyboard() {
    let mut world = beside(Command::FindEverywhere);
    world.requests();
    let field = "Find in all sessions";
    world.press("x");
    assert!(!typed(&mut world), "the page has the keyboard");
    world.harness.get_by_label(field).type_text("needle");
    world.harness.run();
    let asks = |it: &Request| matches!(it, Request::Everywhere(Some(_)));
    assert!(world.requests().iter().any(asks));
    world.command(Command::FocusLeft);
    world.press("y");
    assert!(typed(&mut world));
    // What egui hears all the same is not the page's.
    world.harness.key_press(Key::Escape);
    world.harness.run();
    world.harness.get_by_label(field);
    assert!(
        world
            .harness
            .ctx
            .memory(|memory| memory.focused())
            .is_none()
    );
    world.command(Command::FocusRight);
    assert!(
        world
            .harness
            .ctx
            .memory(|memory| memory.focused())
            .is_some()
    );
    world.harness.key_press(Key::Escape);
    world.harness.run();
    assert!(world.harness.query_by_label(field).is_none(), "it closes");
    let ends = |it: &Request| matches!(it, Request::Everywhere(None));
    assert!(world.requests().iter().any(ends), "and looks no more");
    world.command(Command::UndoClose);
    world.harness.get_by_label(field);
}

#[test]
fn of_two_pages_side_by_side_one_hears_keys_and_a_press_gives_them_to_the_other() {
    let mut world = beside(Command::Settings);
    world.command(Command::Keys);
    world.command(Command::PageBeside);
    let value = |world: &World, label: &str| {
        let field = world.harness.get_by_label(label);
        egui_kittest::kittest::NodeT::accesskit_node(&field).value()
    };
    let (settings, keys) = ("Search settings", "Find a command by its name or keys");
    let text = |world: &mut World, text: &str| {
        world.harness.event(egui::Event::Text(text.into()));
        world.harness.run();
    };
    text(&mut world, "tab");
    assert_eq!(value(&world, keys).as_deref(), Some("tab"));
    assert_eq!(value(&world, settings).unwrap_or_default(), "");
    world.harness.get_by_label(settings).click();
    world.harness.run();
    text(&mut world, "font");
    assert_eq!(value(&world, settings).as_deref(), Some("font"));
    assert_eq!(value(&world, keys).as_deref(), Some("tab"));
}

#[test]
fn what_a_page_wants_of_the_host_is_asked_for_while_it_is_in_view() {
    let mut world = beside(Command::Diagnostics);
    let asks = |world: &mut World| {
        let requests = world.requests().into_iter();
        let asked = requests.filter_map(|it| match it {
            Request::Diagnose(asked) => Some(asked),
            _ => None,
        });
        asked.collect::<Vec<_>>()
    };
    assert_eq!(asks(&mut world), [true], "once, though it moved");
    world.command(Command::NewTab);
    assert_eq!(asks(&mut world), [false], "another tab hides it");
    world.command(Command::PreviousTab);
    assert_eq!(asks(&mut world), [true]);
    world.command(Command::FocusLeft);
    world.command(Command::Zoom);
    assert_eq!(asks(&mut world), [false], "the terminal fills the tab");
}

#[test]
fn a_page_is_chosen_from_the_palette_and_stands_there_after_a_restart() {
    let mut world = World::new(World::layout(&[1]), &[session_info(1, "vim")]);
    world.command(Command::PageBeside);
    world.harness.get_by_label("Usage and cost").click();
    world.harness.run();
    world.harness.get_by_label("Close pane Usage and cost");
    let stored = world.requests().into_iter().rev().find_map(|it| match it {
        Request::StoreLayout(json) => Some(json),
        _ => None,
    });
    let stored = stored.expect("the layout is stored");
    let mut world = World::new(Stored::Is(stored.into()), &[session_info(1, "vim")]);
    world
        .harness
        .get_by_label("Close pane Usage and cost")
        .click();
    world.harness.run();
    assert_eq!(world.app().workspace.panes().count(), 1);
    assert_eq!(world.app().workspace.focused_session(), Some(session_id(1)));
}

#[test]
fn a_pane_of_a_later_release_has_a_place_that_says_so() {
    let mut workspace = Workspace::default();
    workspace.open_tab("/work/project", session_id(1));
    let kind = Kind::of(Command::Usage).unwrap();
    workspace.split("/work/project", LinearDir::Horizontal, Pane::Page(kind));
    let json = workspace.to_json().replace("view.usage", "view.holograms");
    let mut world = World::new(Stored::Is(json.into()), &[session_info(1, "vim")]);
    world
        .harness
        .get_by_label_contains("no pane of the kind “view.holograms”");
    world.command(Command::Balance);
    let stored = world.app().workspace.to_json();
    assert!(stored.contains(r#""page":"view.holograms""#), "{stored}");
    world.press("x");
    assert!(!typed(&mut world));
    world
        .harness
        .get_by_label("Close pane view.holograms")
        .click();
    world.harness.run();
    assert_eq!(world.app().workspace.focused_session(), Some(session_id(1)));
}

#[test]
fn a_mode_of_the_tab_reads_keys_while_a_page_has_the_keyboard() {
    let mut world = beside(Command::Keys);
    world.command(Command::Numbers);
    world.press("1");
    world.harness.run();
    assert_eq!(world.app().workspace.focused_session(), Some(session_id(1)));
    world.command(Command::BroadcastAll);
    let told = |it: &Request| matches!(it, Request::Tell(_, text) if text.contains("one terminal"));
    assert!(
        world.requests().iter().any(told),
        "a page is not typed into"
    );
}

#[test]
fn a_page_beside_a_terminal_looks_as_it_did_in_a_dark_and_a_light_theme() {
    let page = |command| Pane::Page(Kind::of(command).unwrap());
    let arrange = |workspace: &mut Workspace| {
        workspace.open_tab("/work/shop", session_id(1));
        let right = LinearDir::Horizontal;
        workspace.split("/work/shop", right, page(Command::Diagnostics));
        let below = LinearDir::Vertical;
        workspace.split("/work/shop", below, page(Command::Usage));
    };
    for (name, theme) in [("page_beside", DARK), ("page_beside_light", LIGHT)] {
        let known = |app: &mut App| {
            app.snapshot.diagnosis = diagnosis();
            app.snapshot.spending = Some(spending().into());
        };
        compare(name, &draw(theme, arrange, known));
    }
}
