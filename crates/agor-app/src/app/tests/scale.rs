//! How large the interface is, from four fifths to twice what the desktop says, and text in any script.

use std::sync::Arc;

use agor_core::themes::{DARK, LIGHT};
use agor_render::InterfaceFaces;
use egui_kittest::kittest::Queryable;
use egui_tiles::LinearDir;

use super::looks::settings;
use super::pictures::{compare, compare_sized, draw, draw_sized, sessions};
use super::world::{WINDOW, World};
use crate::app::App;
use crate::commands::Command;
use crate::link::snapshot::Stored;
use crate::testing::{session_id, session_info};
use crate::workspace::Workspace;

/// A part of Noto Sans CJK.
const CJK: &[u8] = include_bytes!("../../../../agor-render/tests/fonts/cjk.otf");

/// The least window for which the interface is made, and the largest.
const SMALL: (u32, u32) = (1_280, 720);
const LARGE: (u32, u32) = (3_840, 2_160);

fn two(percent: f32) -> impl FnOnce(&mut Workspace) {
    move |workspace| {
        workspace.open_tab("/work/shop", session_id(1));
        workspace.split("/work/shop", LinearDir::Horizontal, session_id(2));
        workspace.look.scale_percent = Some(percent);
    }
}

#[test]
fn the_main_window_the_wall_and_the_settings_look_as_they_did_small_and_large() {
    let open = |command| move |app: &mut App, _: &egui::Context| app.commands.extend(command);
    let pages = [
        ("window", None),
        ("wall", Some(Command::Wall)),
        ("settings", Some(Command::Settings)),
    ];
    for (name, command) in pages {
        let name = |size| format!("scale_{name}_{size}");
        let small = draw_sized(DARK, SMALL, two(80.0), open(command));
        compare_sized(&name("720p_80"), &small, SMALL);
        let large = draw_sized(LIGHT, LARGE, two(200.0), open(command));
        compare_sized(&name("4k_200"), &large, LARGE);
    }
}

#[test]
fn the_interface_grows_by_key_and_by_setting_and_the_terminals_text_keeps_its_size() {
    let mut world = World::new(World::layout(&[1]), &[session_info(1, "vim")]);
    world.show_text(1, "text");
    let zoom = |world: &World| world.harness.ctx.zoom_factor();
    let cell = |world: &mut World| {
        let metrics = world.app().renderer.metrics();
        (metrics.width_px, metrics.height_px)
    };
    let before = cell(&mut world);
    assert_eq!(zoom(&world), 1.0);
    world.command(Command::ScaleLarger);
    assert_eq!(zoom(&world), 1.1);
    assert_eq!(cell(&mut world), before);
    for _ in 0..20 {
        world.command(Command::ScaleLarger);
    }
    assert_eq!(zoom(&world), 2.0, "not beyond what can be used");
    world.harness.get_by_label("Session vim, running");
    for _ in 0..20 {
        world.command(Command::ScaleSmaller);
    }
    assert_eq!(zoom(&world), 0.8);
    // It is there after a restart.
    let stored = world.app().workspace.to_json();
    let sessions = [session_info(1, "vim")];
    let mut world = World::new(Stored::Is(stored.into()), &sessions);
    assert_eq!(zoom(&world), 0.8);
    world.command(Command::ScaleReset);
    assert_eq!(zoom(&world), 1.0);
    // What is set holds until something is chosen in the window, and again once it is set anew.
    let set = |world: &mut World, text: &str| {
        let known = Arc::new(settings(text));
        world.change(|snapshot| snapshot.settings = known);
        world.harness.run();
    };
    set(&mut world, "window.scale_percent = 150");
    assert_eq!(zoom(&world), 1.5);
    world.command(Command::ScaleSmaller);
    assert_eq!(zoom(&world), 1.4);
    set(&mut world, "window.scale_percent = 120");
    assert_eq!(zoom(&world), 1.2);
    assert_eq!(cell(&mut world), before);
}

#[test]
fn every_page_is_drawn_in_a_small_window_at_twice_the_size() {
    for kind in crate::app::pages::KINDS {
        let open = |app: &mut App, _: &egui::Context| app.commands.push(kind.command);
        draw_sized(DARK, SMALL, two(200.0), open);
    }
}

#[test]
fn names_in_any_script_are_drawn_with_the_systems_fonts() {
    let named = |app: &mut App| {
        let mut sessions = sessions();
        sessions[0].name = "日本語".into();
        sessions[1].name = "한글".into();
        sessions[1].title = "中文字，漢字「かな」".into();
        app.snapshot.sessions = Some(Arc::new(sessions));
    };
    let arrange = |workspace: &mut Workspace| {
        workspace.open_tab("/work/shop", session_id(1));
        workspace.split("/work/shop", LinearDir::Horizontal, session_id(2));
        workspace.tab_mut().unwrap().name = Some("漢字".into());
    };
    for (name, theme) in [("scripts", DARK), ("scripts_light", LIGHT)] {
        let boxes = draw(theme, arrange, named);
        let size = (WINDOW.x as u32, WINDOW.y as u32);
        let drawn = draw_sized(theme, size, arrange, |app, context| {
            named(app);
            app.use_faces(context, InterfaceFaces::of(vec![CJK.to_vec()]));
        });
        assert_ne!(boxes, drawn);
        compare(name, &drawn);
    }
}
