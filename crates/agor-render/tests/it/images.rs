//! Images between the layers of text.

use std::sync::Arc;

use agor_proto::row::{Color, Row};
use agor_render::{FontSpec, ImageLayer, ImagePixels, ImageView, TEXTURE_BYTES_MAX};

use crate::scene::{RowText, Scene, bg, gpu, row};

fn view(name: u8, pixels: ImagePixels, edges_px: [i32; 4], layer: ImageLayer) -> ImageView {
    let (width, height) = pixels.size();
    ImageView {
        name: [name; 32],
        pixels: Arc::new(pixels),
        source: [0, 0, width, height],
        edges_px,
        layer,
    }
}

/// Returns an image of one colour, premultiplied.
fn plain(color: [u8; 4], (width, height): (u32, u32)) -> ImagePixels {
    let pixels = color.repeat(width as usize * height as usize);
    ImagePixels::new(pixels, (width, height)).unwrap()
}

/// A gradient that fades out downwards.
fn gradient(side: u32) -> ImagePixels {
    let mut pixels = Vec::new();
    for y in 0..side {
        for x in 0..side {
            let alpha = 255 - y * 255 / side;
            let part = |value: u32| (value * alpha / 255) as u8;
            pixels.extend([
                part(x * 255 / side),
                part(255 - x * 255 / side),
                part(200),
                alpha as u8,
            ]);
        }
    }
    ImagePixels::new(pixels, (side, side)).unwrap()
}

/// Images in all layers, enlarged, made small, in part and cut off by the pane.
pub fn examples(scene: &Scene) -> Vec<ImageView> {
    let [width, height] = scene.size_px().map(|side| side as i32);
    let part = ImageView {
        source: [64, 0, 64, 64],
        ..view(2, gradient(128), [90, 2, 122, 34], ImageLayer::OverText)
    };
    vec![
        view(1, gradient(8), [0, 0, 80, height], ImageLayer::UnderCells),
        view(2, gradient(128), [40, 10, 104, 74], ImageLayer::UnderText),
        view(
            3,
            plain([90, 0, 0, 128], (4, 4)),
            [130, 5, 190, 60],
            ImageLayer::OverText,
        ),
        view(4, gradient(1000), [200, 4, 240, 44], ImageLayer::OverText),
        view(
            2,
            gradient(128),
            [width - 30, height - 30, width + 34, height + 34],
            ImageLayer::OverText,
        ),
        part,
    ]
}

fn rows() -> Vec<Row> {
    vec![
        row("text"),
        RowText::new()
            .text("cell", bg(Color::Rgb(0, 0, 255)))
            .build(),
    ]
}

const RED: [u8; 3] = [255, 0, 0];

/// Draws a red image over the whole pane, and returns the picture.
fn covered(layer: ImageLayer) -> crate::scene::Picture {
    let mut scene = Scene::new(FontSpec::default(), rows());
    let [width, height] = scene.size_px().map(|side| side as i32);
    let red = plain([255, 0, 0, 255], (4, 4));
    scene.images = vec![view(1, red, [0, 0, width, height], layer)];
    scene.picture()
}

#[test]
fn an_image_lies_between_the_layers_that_it_names() {
    let count = |picture: &crate::scene::Picture, color: [u8; 3]| {
        let (width, height) = (picture.width, picture.height);
        let all = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
        all.filter(|&(x, y)| picture.at(x, y) == color).count()
    };
    let over = covered(ImageLayer::OverText);
    let all = (over.width * over.height) as usize;
    assert_eq!(count(&over, RED), all);
    let under_text = covered(ImageLayer::UnderText);
    let red = count(&under_text, RED);
    assert!(
        red > all / 2 && red < all,
        "text lies over it: {red} of {all}"
    );
    assert_eq!(
        count(&under_text, [0, 0, 255]),
        0,
        "backgrounds lie under it"
    );
    let under_cells = covered(ImageLayer::UnderCells);
    let (red, blue) = (count(&under_cells, RED), count(&under_cells, [0, 0, 255]));
    assert!(red > all / 4 && blue > all / 4, "{red} and {blue} of {all}");
}

#[test]
fn an_image_is_sent_once_however_often_it_is_shown() {
    let mut scene = Scene::new(FontSpec::default(), rows());
    let red = plain([255, 0, 0, 255], (64, 64));
    let first = view(1, red, [0, 0, 10, 10], ImageLayer::OverText);
    scene.images = vec![first.clone(), first.clone()];
    scene.frame();
    let counters = scene.renderer.counters();
    assert_eq!(counters.images_uploaded, 1);
    assert!(counters.bytes_uploaded >= 64 * 64 * 4);
    scene.frame();
    assert_eq!(
        scene.renderer.counters().bytes_uploaded,
        0,
        "nothing changed"
    );
    scene.images[0].edges_px = [5, 5, 20, 20];
    scene.frame();
    let counters = scene.renderer.counters();
    assert_eq!(counters.images_uploaded, 0);
    assert!(
        (1..1_000).contains(&counters.bytes_uploaded),
        "{counters:?}"
    );
    scene.images.clear();
    scene.frame();
    assert_eq!(scene.renderer.counters().bytes_uploaded, 0);
}

#[test]
fn a_frame_with_images_that_did_not_change_allocates_nothing() {
    let mut scene = Scene::new(FontSpec::default(), rows());
    scene.images = examples(&scene);
    for _ in 0..4 {
        scene.frame();
    }
    let made = allocation_counter::measure(|| {
        scene.frame();
    });
    assert_eq!(made.count_total, 0);
}

#[test]
fn texture_bytes_max() {
    let mut scene = Scene::new(FontSpec::default(), rows());
    let side = 2_048;
    let each = u64::from(side * side) * 4;
    let count = (TEXTURE_BYTES_MAX / each) as u8 + 1;
    let image = |name: u8| {
        let pixels = plain([name, 0, 0, 255], (side, side));
        view(name, pixels, [0, 0, 10, 10], ImageLayer::OverText)
    };
    let mut show = |name: u8| {
        scene.images = vec![image(name)];
        let draw = scene.frame();
        let offscreen = agor_render::Offscreen::new(gpu(), [10, 10]).unwrap();
        offscreen.render(&[(draw, [0, 0, 10, 10])]).unwrap();
        scene.renderer.counters().images_uploaded
    };
    assert!((0..count).all(|name| show(name) == 1));
    assert_eq!(show(count - 1), 0, "the newest is there");
    assert_eq!(show(0), 1, "the oldest had to go");
}
