//! How large the interface is, from four fifths to twice what the desktop says, and text in any script.

use std::collections::BTreeSet;
use std::sync::Arc;

use agor_core::themes::{self, DARK, LIGHT};
use agor_render::InterfaceFaces;
use egui::accesskit::Toggled;
use egui::{Pos2, Rect, Vec2};
use egui_kittest::kittest::Queryable;
use egui_tiles::LinearDir;

use super::looks::{percent, settings};
use super::pictures::{compare, compare_sized, draw, draw_sized, sessions};
use super::world::{WINDOW, World};
use crate::app::App;
use crate::commands::Command;
use crate::link::snapshot::{KnownAgent, Stored};
use crate::testing::{session_id, session_info};
use crate::theme::Theme;
use crate::workspace::Workspace;

/// A part of Noto Sans CJK.
const CJK: &[u8] = include_bytes!("../../../../agor-render/tests/fonts/cjk.otf");

/// The least window for which the interface is made, and the largest.
const SMALL: (u32, u32) = (1_280, 720);
const LARGE: (u32, u32) = (3_840, 2_160);

/// Either with the least and the largest scale.
const CORNERS: [((u32, u32), f32); 4] =
    [(SMALL, 80.0), (SMALL, 200.0), (LARGE, 80.0), (LARGE, 200.0)];

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
fn panes_have_most_of_the_window_at_every_corner_in_a_dark_and_a_light_theme() {
    for theme in [DARK, LIGHT] {
        let colors = Theme::of(&themes::built_in(theme).unwrap());
        for (size, scale) in CORNERS {
            let rgba = draw_sized(theme, size, two(scale), |_, _| {});
            let pane = percent(&rgba, colors.pane);
            let panel = percent(&rgba, colors.panel);
            // A sidebar and bars, of which no more is to be seen in a larger window.
            assert!(pane >= 25, "{size:?} at {scale} in {theme}: {pane} %");
            assert!(panel >= 2, "{size:?} at {scale} in {theme}: {panel} %");
        }
    }
}

#[test]
fn what_stands_around_the_panes_is_whole_at_every_corner() {
    for ((width, height), scale) in CORNERS {
        let points = Vec2::new(width as f32, height as f32) * (100.0 / scale);
        let mut workspace = Workspace::default();
        two(scale)(&mut workspace);
        let sessions = [session_info(1, "vim"), session_info(2, "bash")];
        let mut world = World::new(Stored::Is(workspace.to_json().into()), &sessions);
        world.show_text(1, "left");
        world.show_text(2, "right");
        world.harness.set_size(points);
        world.harness.run();
        assert_eq!(world.harness.ctx.zoom_factor(), scale / 100.0);
        let window = Rect::from_min_size(Pos2::ZERO, points).expand(1.0);
        for label in [
            "Session vim, running",
            "Session bash, running",
            "Terminal of bash",
            "Commands",
            "Keys",
        ] {
            let rect = world.harness.get_by_label(label).rect();
            let whole = rect.is_positive() && window.contains_rect(rect);
            assert!(whole, "{label} of {points:?} is at {rect:?}");
        }
    }
}

#[test]
fn chips_and_buttons_of_heads_are_whole_and_apart_in_a_small_window_at_twice_the_size() {
    let levels = ["For all", "For group Shop", "For shop"];
    let presets = ["no program", "tmux", "vim", "Import…", "Export…"];
    let pages: [(Command, &[&[&str]]); 3] = [
        (Command::Settings, &[&levels, &["For session two"]]),
        (Command::Keys, &[&levels, &presets, &["Press keys"]]),
        (
            Command::Log,
            &[&["Host", "Window", "Warnings only", "Copy all", "Open file"]],
        ),
    ];
    let window = small_window().expand(1.0);
    for (command, labels) in pages {
        let mut workspace = Workspace::default();
        two(200.0)(&mut workspace);
        let sessions = [session_info(1, "one"), session_info(2, "two")];
        let mut world = World::new(Stored::Is(workspace.to_json().into()), &sessions);
        let set = "[groups.shop]\nname = \"Shop\"\nfolders = [\"/work/shop\"]";
        world.change(|snapshot| snapshot.settings = settings(set).into());
        world.harness.set_size(small_window().size());
        world.command(command);
        let mut seen: Vec<(&str, Rect)> = Vec::new();
        for label in labels.iter().copied().flatten().copied() {
            let rect = world.harness.get_by_label(label).rect();
            let whole = rect.is_positive() && window.contains_rect(rect);
            assert!(whole, "{command:?}: {label} is at {rect:?}");
            let over = seen
                .iter()
                .find(|(_, other)| other.shrink(0.5).intersects(rect));
            assert!(
                over.is_none(),
                "{command:?}: {label} at {rect:?} over {over:?}"
            );
            seen.push((label, rect));
        }
    }
}

/// Returns a small window at twice the size, in points.
fn small_window() -> Rect {
    let size = Vec2::new(SMALL.0 as f32, SMALL.1 as f32) / 2.0;
    Rect::from_min_size(Pos2::ZERO, size)
}

/// Returns a world in it, with two sessions.
fn small_world() -> World {
    let mut workspace = Workspace::default();
    two(200.0)(&mut workspace);
    let sessions = [session_info(1, "vim"), session_info(2, "bash")];
    let mut world = World::new(Stored::Is(workspace.to_json().into()), &sessions);
    world.harness.set_size(small_window().size());
    world
}

#[test]
fn the_palette_stays_in_a_small_window_at_twice_the_size_with_what_is_selected() {
    let mut world = small_world();
    world.command(Command::Palette);
    let window = small_window();
    for _ in 0..3 {
        let rows = world.harness.query_all_by_role(egui::Role::ListBoxOption);
        let rows: Vec<_> = rows.map(|row| row.rect()).collect();
        assert!(rows.len() >= 6, "{rows:?}");
        assert!(
            rows.iter().all(|row| window.contains_rect(*row)),
            "{rows:?}"
        );
        let selected = world.harness.query_all_by(|node| {
            node.role() == egui::Role::ListBoxOption && node.toggled() == Some(Toggled::True)
        });
        // The session with the keyboard in the sidebar, too.
        assert_eq!(selected.count(), 2);
        world.harness.key_press(egui::Key::PageDown);
        world.harness.run();
    }
}

#[test]
fn the_selected_agent_of_the_first_steps_stays_in_a_small_window_at_twice_the_size() {
    let mut world = small_world();
    let agent = |number: u8| KnownAgent {
        id: format!("agent{number}"),
        name: format!("Agent {number}"),
        here: true,
        ..KnownAgent::default()
    };
    let agents: Vec<_> = (1..=6).map(agent).collect();
    world.change(|snapshot| snapshot.agents = agents.into());
    world.command(Command::Welcome);
    world.harness.key_press(egui::Key::Enter);
    world.harness.run();
    let window = small_window();
    for number in 1..=6 {
        let name = format!("Agent {number}");
        let rect = world.harness.get_by_label(&name).rect();
        assert!(window.contains_rect(rect), "{name} is at {rect:?}");
        world.harness.key_press(egui::Key::ArrowDown);
        world.harness.run();
    }
}

#[test]
fn what_can_follow_a_key_stays_in_a_small_window_at_twice_the_size() {
    let mut world = small_world();
    world.harness.run();
    world.press("ctrl+space");
    world.harness.run();
    let told = world.harness.get_by_label_contains("d Split right");
    let window = small_window();
    let rect = told.rect();
    assert!(window.contains_rect(rect), "it is at {rect:?}");
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
fn every_page_is_drawn_in_a_small_window_at_twice_the_size_in_a_dark_and_a_light_theme() {
    for kind in crate::app::pages::KINDS {
        for theme in [DARK, LIGHT] {
            let open = |app: &mut App, _: &egui::Context| app.commands.push(kind.command);
            let rgba = draw_sized(theme, SMALL, two(200.0), open);
            let width = SMALL.0 as usize;
            let right = rgba.chunks_exact(4).enumerate();
            let right = right.filter(|(at, _)| at % width > width / 2);
            let colors: BTreeSet<_> = right.map(|(_, pixel)| pixel.to_vec()).collect();
            assert!(colors.len() > 20, "{kind:?} in {theme}: {}", colors.len());
        }
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
