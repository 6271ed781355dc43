//! Themes: chosen from the palette, seen before they are chosen, followed when settings or desktop change.

use std::collections::BTreeSet;
use std::sync::Arc;

use agor_core::config::Config;
use agor_core::themes;
use agor_proto::row::Row;
use agor_render::{Colors, FontSpec, PaneCache, PaneView};
use egui::Key;
use egui_kittest::kittest::Queryable;

use super::pictures::draw;
use super::world::World;
use crate::app::App;
use crate::commands::Command;
use crate::link::Request;
use crate::link::settings::Settings;
use crate::testing::{session_id, session_info};
use crate::theme::Theme;
use crate::workspace::Workspace;

/// Returns a window that knows the themes that come with agor.
fn world() -> World {
    let mut world = World::new(World::layout(&[1]), &[session_info(1, "bash")]);
    world.change(|snapshot| snapshot.themes = Arc::new(themes::all_built_in()));
    world
}

fn theme(world: &mut World) -> String {
    world.app().theme.id.to_string()
}

fn set(world: &mut World, text: &str) {
    let settings = settings(text);
    world.change(|snapshot| snapshot.settings = settings.into());
}

/// Returns how many of a hundred pixels have a colour.
pub fn percent(rgba: &[u8], color: egui::Color32) -> usize {
    // Drivers round differently.
    let is_near = |pixel: &[u8]| {
        let channels = pixel.iter().zip(color.to_array());
        channels.take(3).all(|(is, of)| is.abs_diff(of) <= 2)
    };
    // As many as are enough, in every row.
    let pixels = || rgba.chunks_exact(4).step_by(7);
    pixels().filter(|pixel| is_near(pixel)).count() * 100 / pixels().count()
}

/// Returns what a file of settings says.
pub fn settings(text: &str) -> Settings {
    let config = Config::read(text).expect("a text of settings");
    Settings {
        window: config.window,
        layers: config.layers,
        read: true,
        ..Settings::default()
    }
}

#[test]
fn a_theme_is_seen_while_the_chooser_stands_at_it_and_escape_takes_it_back() {
    let mut world = world();
    world.command(Command::Themes);
    assert!(world.harness.query_by_label("Agor Dark").is_some());
    assert_eq!(theme(&mut world), "dark");
    world.harness.key_press(Key::ArrowDown);
    world.harness.run();
    assert_eq!(theme(&mut world), "light");
    world
        .harness
        .get_by_label("Choose a theme")
        .type_text("nord");
    world.harness.run();
    assert_eq!(theme(&mut world), "nord");
    world.harness.key_press(Key::Escape);
    world.harness.run();
    assert_eq!(theme(&mut world), "dark");
    assert_eq!(world.app().workspace.look.theme, None);
}

#[test]
fn every_theme_is_drawn_in_its_colours() {
    let arrange = |workspace: &mut Workspace| workspace.open_tab("/work/shop", session_id(1));
    let know = |app: &mut App| app.snapshot.themes = Arc::new(themes::all_built_in());
    for known in themes::all_built_in() {
        let theme = Theme::of(&known);
        let rgba = draw(&known.id, arrange, know);
        let percent = |color| percent(&rgba, color);
        let (pane, panel) = (percent(theme.pane), percent(theme.panel));
        assert!(pane >= 40, "{}: panes on {pane} %", known.id);
        assert!(panel >= 10, "{}: panels on {panel} %", known.id);
        let colors: BTreeSet<_> = rgba.chunks_exact(4).map(<[u8]>::to_vec).collect();
        assert!(colors.len() > 20, "{}: text in its colours", known.id);
    }
}

#[test]
fn the_chosen_theme_is_remembered_and_the_chooser_opens_at_it() {
    let mut world = world();
    world.command(Command::Themes);
    world
        .harness
        .get_by_label("Choose a theme")
        .type_text("dawn");
    world.harness.run();
    world.harness.key_press(Key::Enter);
    world.harness.run();
    assert_eq!(theme(&mut world), "rose_pine_dawn");
    let mut stored = world
        .requests()
        .into_iter()
        .filter_map(|request| match request {
            Request::StoreLayout(json) => Some(json),
            _ => None,
        });
    let stored = stored.next_back().unwrap();
    let again = crate::workspace::Workspace::from_json(&stored).unwrap();
    assert_eq!(again.look.theme.unwrap().id, "rose_pine_dawn");
    world.command(Command::Themes);
    assert_eq!(
        theme(&mut world),
        "rose_pine_dawn",
        "it stands at what is shown"
    );
}

#[test]
fn a_click_elsewhere_takes_the_tried_theme_back() {
    let mut world = world();
    world.command(Command::Themes);
    world.harness.key_press(Key::ArrowDown);
    world.harness.run();
    assert_eq!(theme(&mut world), "light");
    // Another page takes the chooser's place.
    world.command(Command::Wall);
    world.harness.run();
    assert_eq!(theme(&mut world), "dark");
}

#[test]
fn what_changed_last_holds_the_choice_in_the_window_or_the_settings() {
    let mut world = world();
    set(&mut world, "window.theme = \"nord\"");
    assert_eq!(theme(&mut world), "nord");
    world.command(Command::Theme);
    assert_eq!(theme(&mut world), "light", "it has no light relative");
    set(&mut world, "window.theme = \"gruvbox_dark\"");
    assert_eq!(theme(&mut world), "gruvbox_dark");
    world.command(Command::Theme);
    assert_eq!(theme(&mut world), "gruvbox_light", "its family has one");
    set(&mut world, "");
    assert_eq!(theme(&mut world), "dark");
}

#[test]
fn each_project_has_the_theme_that_was_said_for_it() {
    let mut world = world();
    set(&mut world, "[projects.\"/work\"]\nwindow.theme = \"nord\"");
    assert_eq!(theme(&mut world), "nord", "the project is /work/project");
    let elsewhere = crate::testing::session_info(2, "vim");
    let elsewhere = agor_proto::session::SessionInfo {
        folder: "/home/ada".into(),
        ..elsewhere
    };
    world.set_sessions(&[session_info(1, "bash"), elsewhere]);
    world.harness.get_by_label("Session vim, running").click();
    world.harness.run();
    assert_eq!(theme(&mut world), "dark");
    world.command(Command::NextProject);
    assert_eq!(theme(&mut world), "nord");
}

#[test]
fn the_theme_follows_the_desktop_where_settings_say_so() {
    let mut world = world();
    let asks = |world: &mut World| {
        let requests = world.requests();
        requests
            .iter()
            .filter(|request| matches!(request, Request::FollowDesktop))
            .count()
    };
    assert_eq!(asks(&mut world), 1, "it may want no motion, too");
    let pair = "window.theme = { light = \"one_light\", dark = \"dracula\" }";
    set(&mut world, pair);
    assert_eq!(theme(&mut world), "dracula");
    world.change(|snapshot| snapshot.desktop.light = Some(true));
    assert_eq!(theme(&mut world), "one_light");
    world.change(|snapshot| snapshot.desktop.light = Some(false));
    assert_eq!(theme(&mut world), "dracula");
    assert_eq!(asks(&mut world), 0, "it has been asked");
}

#[test]
fn a_theme_whose_file_changes_is_shown_anew() {
    let mut world = world();
    set(&mut world, "window.theme = \"nord\"");
    world.change(|snapshot| {
        let mut themes = (*snapshot.themes).clone();
        for theme in themes.iter_mut().filter(|theme| &*theme.id == "nord") {
            theme.tokens.pane = themes::Color::BLACK;
        }
        snapshot.themes = Arc::new(themes);
    });
    assert_eq!(world.app().theme.pane, egui::Color32::BLACK);
}

#[test]
fn a_theme_that_is_not_there_leaves_the_dark_one() {
    let mut world = world();
    set(&mut world, "window.theme = \"none\"");
    assert_eq!(theme(&mut world), "dark");
}

#[test]
fn another_theme_draws_no_glyph_anew() {
    let mut world = world();
    world.show_text(1, "the quick brown fox \x1b[31mjumps\x1b[0m");
    let drawn = world.app().drawn;
    assert!(drawn.glyphs_rasterized > 0 && drawn.rows_built > 0);
    for id in ["light", "nord", "one_light"] {
        set(&mut world, &format!("window.theme = {id:?}"));
        assert_eq!(theme(&mut world), id);
    }
    let now = world.app().drawn;
    assert_eq!(now.glyphs_rasterized, drawn.glyphs_rasterized);
    assert!(
        now.rows_built > drawn.rows_built,
        "the rows have other colours"
    );
}

#[test]
fn the_terminals_text_stands_out_as_much_as_the_settings_say() {
    let mut world = world();
    let tenths = |world: &mut World| world.app().colors.minimum_contrast_tenths;
    assert_eq!(tenths(&mut world), 0);
    set(&mut world, "window.minimum_contrast = 7");
    assert_eq!(tenths(&mut world), 70);
    // Another theme keeps it.
    set(
        &mut world,
        "window = { minimum_contrast = 4.5, theme = \"nord\" }",
    );
    assert_eq!(
        (theme(&mut world).as_str(), tenths(&mut world)),
        ("nord", 45)
    );
    set(&mut world, "window.minimum_contrast = 1");
    assert_eq!(tenths(&mut world), 0);
}

/// Moves the window to a screen of so many pixels a point.
fn screen(world: &mut World, scale: f32) {
    let viewports = &mut world.harness.input_mut().viewports;
    let root = viewports.entry(egui::ViewportId::ROOT).or_default();
    root.native_pixels_per_point = Some(scale);
}

#[test]
fn a_window_that_moves_between_screens_draws_its_text_as_large_and_as_sharp_as_each_has_it() {
    let mut world = world();
    world.show_text(1, "between two screens");
    let (first, drawn) = (world.app().renderer.metrics(), world.app().drawn);
    for scale in [2.0, 1.25] {
        screen(&mut world, scale);
        world.harness.run();
        let app = world.app();
        let (now, there) = (app.renderer.metrics(), app.drawn);
        let off = now.width_px as f32 - first.width_px as f32 * scale;
        assert!(off.abs() <= 1.0, "{} at {scale}", now.width_px);
        assert!(
            there.glyphs_rasterized > drawn.glyphs_rasterized,
            "in its own pixels"
        );
    }
    let there = world.app().drawn;
    screen(&mut world, 1.0);
    world.harness.run();
    let app = world.app();
    assert_eq!(app.renderer.metrics(), first);
    assert_eq!(
        app.drawn.glyphs_rasterized, there.glyphs_rasterized,
        "what is known is kept"
    );
    assert!(app.drawn.rows_built > there.rows_built);
}

/// Draws, in one frame of the renderer, letters in more sizes than the atlas has room for.
fn crowd(world: &mut World) {
    let app = world.app();
    let letter = |c: char| Row {
        text: c.to_string(),
        ..Row::default()
    };
    let rows: Vec<_> = ('!'..='~').map(|c| Arc::new(letter(c))).collect();
    let font = app.font();
    let mut caches: Vec<_> = (0..24).map(|_| PaneCache::new()).collect();
    app.renderer.begin();
    for (n, cache) in caches.iter_mut().enumerate() {
        app.renderer.set_font(FontSpec {
            size_points: 180.0 + n as f32,
            scale: 1.0,
            ..font.clone()
        });
        let metrics = app.renderer.metrics();
        app.renderer.pane(
            cache,
            &PaneView {
                rows: &rows,
                columns: 1,
                origin_px: [0, 0],
                clip_px: None,
                size_px: [metrics.width_px, metrics.height_px * rows.len() as u32],
                cursor: None,
                spans: &[],
                images: &[],
                colors: &Colors::default(),
                palette: &[],
                reverse: false,
                dim: false,
                blink_on: true,
            },
        );
    }
    app.renderer.finish();
    app.renderer.set_font(font);
}

#[test]
fn while_an_atlas_has_no_room_a_frame_is_asked_for_and_none_once_it_has() {
    let mut world = World::new(World::layout(&[1]), &[session_info(1, "bash")]);
    world.show_text(1, "what is shown");
    let context = world.harness.ctx.clone();
    world.app().wake.attach(context);
    world.harness.run();
    let asks = |world: &World| {
        let mut windows = world.harness.output().viewport_output.iter();
        windows.any(|(_, output)| output.repaint_delay.is_zero())
    };
    assert!(!asks(&world));
    crowd(&mut world);
    world.harness.step();
    assert!(asks(&world));
    for _ in 0..8 {
        world.harness.step();
    }
    assert!(!asks(&world));
}
