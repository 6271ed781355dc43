//! How heavy text is: coverage, weighted by the lightness of the ink, and strokes that are wider if one likes.

use agor_render::{FontSpec, Rgb};

use crate::scene::{Picture, Scene, row};

const BLACK: Rgb = Rgb(0, 0, 0);
const WHITE: Rgb = Rgb(255, 255, 255);
/// The exponent of white; that of black is 1.
const EXPONENT: f32 = 0.72;

/// Draws text whose letters do not touch.
fn drawn(text: &str, ink: Rgb, ground: Rgb) -> Picture {
    let font = FontSpec {
        scale: 2.0,
        ..FontSpec::default()
    };
    let mut scene = Scene::new(font, vec![row(text)]);
    (scene.colors.foreground, scene.colors.background) = (ink, ground);
    scene.picture()
}

/// Returns, of each pixel, how much of white the text covers as black on white, and as white on black.
fn both(text: &str) -> Vec<(u8, u8)> {
    let (dark, light) = (drawn(text, BLACK, WHITE), drawn(text, WHITE, BLACK));
    let pixels = (0..dark.height).flat_map(|y| (0..dark.width).map(move |x| (x, y)));
    pixels
        .map(|(x, y)| (255 - dark.at(x, y)[0], light.at(x, y)[0]))
        .collect()
}

#[test]
fn black_text_is_as_heavy_as_its_coverage_and_white_text_is_heavier() {
    let pixels = both("a b d e g p q Q 8 6 % W y k s @ S");
    for &(coverage, light) in &pixels {
        let weighted = (f32::from(coverage) / 255.0).powf(EXPONENT) * 255.0;
        assert!(
            (f32::from(light) - weighted).abs() <= 2.0,
            "{coverage} is {light}, not {weighted}"
        );
    }
    // White of half coverage is between what blending gives (128) and what linear light would (188).
    let half = pixels
        .iter()
        .filter(|(coverage, _)| (118..=138).contains(coverage));
    let half: Vec<_> = half.map(|(_, light)| *light).collect();
    assert!(half.len() > 10, "{}", half.len());
    assert!(
        half.iter().all(|light| (145..=168).contains(light)),
        "{half:?}"
    );
}

#[test]
fn a_shade_is_as_heavy_in_black_as_in_white() {
    for (coverage, light) in both("▒▒▒") {
        assert!((127..=129).contains(&coverage), "{coverage}");
        assert!(coverage.abs_diff(light) <= 1, "{coverage} is {light}");
    }
}

#[test]
fn strokes_are_as_much_wider_as_is_wished_and_no_higher() {
    let bar = |thicker_points: f32| {
        let font = FontSpec {
            scale: 2.0,
            thicker_points,
            ..FontSpec::default()
        };
        let mut scene = Scene::new(font, vec![row("|")]);
        (scene.colors.foreground, scene.colors.background) = (BLACK, WHITE);
        scene.picture()
    };
    let covered = |picture: &Picture, y: u32| -> f32 {
        let pixels = (0..picture.width).map(|x| f32::from(255 - picture.at(x, y)[0]));
        pixels.sum::<f32>() / 255.0
    };
    let (plain, thicker) = (bar(0.0), bar(0.5));
    let middle = plain.height / 2;
    let more = covered(&thicker, middle) - covered(&plain, middle);
    assert!((more - 1.0).abs() < 0.05, "{more} pixels wider, not 1");
    for y in 0..plain.height {
        let inked = |picture| covered(picture, y) > 0.0;
        assert_eq!(inked(&plain), inked(&thicker), "{y}");
    }
    // What nobody can mean.
    assert!(bar(-1.0) == plain && bar(f32::NAN) == plain);
}
