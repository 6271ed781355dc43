//! Images of sessions where they are drawn small, beside their panes.

use std::sync::Arc;
use std::time::Duration;

use agor_core::themes::{DARK, LIGHT};
use agor_proto::ids::{BlobHash, LineId, LinePosition};
use agor_proto::screen::{Animation, AnimationFrame, Placement, Play};
use agor_render::ImagePixels;
use egui::Key;

use super::blinking::next_frame;
use super::pictures::{compare, draw};
use super::world::World;
use crate::app::App;
use crate::commands::Command;
use crate::testing::{session_id, session_info};
use crate::workspace::Workspace;

const STILL: BlobHash = BlobHash([1; 32]);
const FIRST: BlobHash = BlobHash([2; 32]);
const SECOND: BlobHash = BlobHash([3; 32]);

/// Returns a picture that goes from one colour at the left to another at the right.
fn picture(from: [u8; 3], to: [u8; 3]) -> Arc<ImagePixels> {
    let (width, height) = (96_u32, 64_u32);
    let mut rgba = Vec::new();
    for _ in 0..height {
        for x in 0..width {
            let mix = |n: usize| {
                let (a, b) = (u32::from(from[n]), u32::from(to[n]));
                ((a * (width - x) + b * x) / width) as u8
            };
            rgba.extend([mix(0), mix(1), mix(2), 255]);
        }
    }
    Arc::new(ImagePixels::new(rgba, (width, height)).unwrap())
}

fn placement(image: u32, blob: BlobHash, row: i32) -> Placement {
    Placement {
        image,
        placement: 0,
        blob,
        pixels: (96, 64),
        source: (0, 0, 96, 64),
        at: LinePosition {
            line: LineId(1),
            column: 0,
        },
        offset_px: (0, 0),
        cells: (24, 8),
        z: 0,
        row,
        col: 40,
        inset: (0, 0),
        extent: (24_000, 8_000),
    }
}

/// Lets one session show an image, and another one of two frames of which the program chose the second.
fn show_images(app: &mut App) {
    let images = Arc::make_mut(&mut app.snapshot.images);
    images.insert(STILL, picture([220, 60, 40], [250, 220, 60]));
    images.insert(FIRST, picture([0, 0, 0], [0, 0, 0]));
    images.insert(SECOND, picture([40, 120, 230], [60, 220, 160]));
    let screens = &mut app.snapshot.screens;
    let still = Arc::make_mut(screens.get_mut(&session_id(1)).unwrap());
    still.mirror.placements.push(placement(1, STILL, 1));
    let moving = Arc::make_mut(screens.get_mut(&session_id(2)).unwrap());
    moving.mirror.placements.push(placement(2, SECOND, 1));
    let frame = |blob| AnimationFrame {
        blob,
        gap_millis: 3_600_000,
    };
    moving.mirror.animations.push(Animation {
        image: 2,
        frames: vec![frame(FIRST), frame(SECOND)],
        current: 1,
        jumps: 0,
        play: Play::Running,
        starts: 1,
        rounds: 0,
    });
    app.commands.push(Command::Wall);
}

#[test]
fn images_of_sessions_look_on_the_wall_as_they_did() {
    let arrange = |workspace: &mut Workspace| workspace.open_tab("/work/shop", session_id(1));
    for (name, theme) in [("wall_images", DARK), ("wall_images_light", LIGHT)] {
        compare(name, &draw(theme, arrange, show_images));
    }
}

#[test]
fn on_the_wall_the_images_of_the_selected_session_move_and_no_others() {
    let sessions = [session_info(1, "bash"), session_info(2, "viewer")];
    let mut world = World::new(World::layout(&[1, 2]), &sessions);
    for session in [1, 2] {
        world.show_text(session, "\x1b[?25l");
    }
    let context = world.harness.ctx.clone();
    world.app().wake.attach(context);
    world.change(|snapshot| {
        let images = Arc::make_mut(&mut snapshot.images);
        images.insert(FIRST, picture([0, 0, 0], [0, 0, 0]));
        images.insert(SECOND, picture([40, 120, 230], [60, 220, 160]));
        let screen = snapshot.screens.get_mut(&session_id(2)).unwrap();
        let mirror = &mut Arc::make_mut(screen).mirror;
        mirror.placements.push(placement(2, FIRST, 1));
        let frame = |blob| AnimationFrame {
            blob,
            gap_millis: 5_000,
        };
        mirror.animations.push(Animation {
            image: 2,
            frames: vec![frame(FIRST), frame(SECOND)],
            current: 0,
            jumps: 0,
            play: Play::Running,
            starts: 1,
            rounds: 0,
        });
    });
    world.command(Command::Wall);
    world.harness.key_press(Key::ArrowRight);
    assert_eq!(
        next_frame(&mut world),
        None,
        "a session without any is selected"
    );
    world.harness.key_press(Key::ArrowLeft);
    let next = next_frame(&mut world).expect("they move");
    assert!(next <= Duration::from_secs(5), "{next:?}");
    world.harness.key_press(Key::ArrowRight);
    assert_eq!(next_frame(&mut world), None);
}
