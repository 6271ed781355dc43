//! Characters that the bundled font has not. What they look like is up to the system; where they
//! stand and that they are there is not.

use std::ops::Range;

use agor_proto::row::{Row, Style};
use agor_render::{FontSpec, Rgb};

use crate::scene::{Picture, RowText, Scene};

/// Draws clusters with a cell's space around each, and returns the picture and a cell's width.
fn drawn(clusters: &[(&str, u8)], scale: f32) -> (Picture, u32) {
    let mut text = RowText::new().text(" ", Style::default());
    for (cluster, width) in clusters {
        text = text
            .cluster(cluster, *width, Style::default())
            .text(" ", Style::default());
    }
    let font = FontSpec {
        scale,
        ..FontSpec::default()
    };
    let mut scene = Scene::new(font, vec![text.build()]);
    let width = scene.renderer.metrics().width_px;
    (scene.picture(), width)
}

fn background() -> [u8; 3] {
    let Rgb(r, g, b) = agor_render::Colors::default().background;
    [r, g, b]
}

fn ink(picture: &Picture, columns: Range<u32>) -> Vec<[u8; 3]> {
    (0..picture.height)
        .flat_map(|y| columns.clone().map(move |x| (x, y)))
        .map(|(x, y)| picture.at(x, y))
        .filter(|pixel| *pixel != background())
        .collect()
}

fn is_colored(pixels: &[[u8; 3]]) -> bool {
    let colored = |p: &&[u8; 3]| p[0].abs_diff(p[1]) > 60 || p[1].abs_diff(p[2]) > 60;
    pixels.iter().filter(colored).count() * 4 > pixels.len()
}

/// Returns how a character looks that no font has, `width` cells wide.
fn tofu(width: u8, scale: f32) -> Vec<[u8; 3]> {
    let (picture, cell) = drawn(&[("\u{10fffd}", width)], scale);
    ink(&picture, cell..cell * (1 + u32::from(width)))
}

fn check_place(clusters: &[(&str, u8)], scale: f32) -> Vec<Vec<[u8; 3]>> {
    let (picture, cell) = drawn(clusters, scale);
    let inked = picture.inked_columns(background(), 0..picture.height);
    let mut from = cell;
    let mut found = Vec::new();
    for (cluster, width) in clusters {
        let to = from + cell * u32::from(*width);
        let gap = to..to + cell;
        assert!(
            !inked.iter().any(|x| gap.contains(x)),
            "{cluster} at {scale} reaches out of its cells"
        );
        let pixels = ink(&picture, from..to);
        assert!(!pixels.is_empty(), "{cluster} at {scale} draws nothing");
        let (first, second) = (
            ink(&picture, from..from + (to - from) / 2),
            ink(&picture, from + (to - from) / 2..to),
        );
        assert!(
            !first.is_empty() && !second.is_empty(),
            "{cluster} at {scale} is not in the middle of its cells"
        );
        assert_ne!(
            pixels,
            tofu(*width, scale),
            "{cluster} at {scale} is missing"
        );
        found.push(pixels);
        from = to + cell;
    }
    found
}

#[test]
fn wide_characters_stand_in_exactly_two_cells() {
    for scale in [1.0, 1.25, 1.5, 2.0] {
        check_place(
            &[("日", 2), ("本", 2), ("語", 2), ("한", 2), ("ｗ", 2)],
            scale,
        );
    }
}

#[test]
fn emoji_are_pictures_in_two_cells() {
    for scale in [1.0, 1.25, 1.5, 2.0] {
        let clusters = [("🦀", 2), ("👩‍💻", 2), ("🇩🇪", 2), ("👍🏽", 2), ("❤\u{fe0f}", 2)];
        for (pixels, (cluster, _)) in check_place(&clusters, scale).iter().zip(clusters) {
            // Skin and clothes have little colour.
            assert!(
                is_colored(pixels) || cluster.chars().count() > 1,
                "{cluster}"
            );
        }
    }
}

#[test]
fn signs_of_other_fonts_stay_in_their_cell() {
    for scale in [1.0, 1.5, 2.0] {
        let clusters = [("✓", 1), ("★", 1), ("→", 1), ("⠋", 1), ("Ж", 1), ("ש", 1)];
        for pixels in check_place(&clusters, scale) {
            assert!(!is_colored(&pixels));
        }
    }
}

#[test]
fn marks_join_the_letter_before_them() {
    let marked = ["e\u{301}", "n\u{303}", "a\u{308}"].map(|text| (text, 1));
    for (cluster, pixels) in marked.iter().zip(check_place(&marked, 2.0)) {
        let letter = &cluster.0[..1];
        let (plain, cell) = drawn(&[(letter, 1)], 2.0);
        assert!(
            pixels.len() > ink(&plain, cell..2 * cell).len() + 2,
            "{}",
            cluster.0
        );
    }
}

#[test]
fn a_stroke_through_a_letter_leaves_the_letter() {
    for (struck, letter) in [("x\u{336}", "x"), ("n\u{337}", "n")] {
        let (picture, cell) = drawn(&[(struck, 1)], 2.0);
        let (plain, _) = drawn(&[(letter, 1)], 2.0);
        let (struck, plain) = (ink(&picture, cell..2 * cell), ink(&plain, cell..2 * cell));
        assert!(struck.len() > plain.len(), "{letter}");
    }
}

#[test]
fn what_no_font_has_is_a_frame_and_what_is_invisible_is_nothing() {
    assert!(tofu(1, 1.0).len() > 10);
    assert!(tofu(2, 1.0).len() > tofu(1, 1.0).len());
    let (picture, _) = drawn(&[("\u{200b}", 1), ("\u{ad}", 1)], 1.0);
    assert!(
        picture
            .inked_columns(background(), 0..picture.height)
            .is_empty()
    );
}

#[test]
fn a_family_that_is_not_installed_is_replaced_by_the_bundled_one() {
    let font = |family: Option<&str>| FontSpec {
        family: family.map(str::to_owned),
        ..FontSpec::default()
    };
    let rows = || -> Vec<Row> { vec![crate::scene::row("abc WMi")] };
    let missing = Scene::new(font(Some("No Such Family 5417")), rows()).picture();
    let bundled = Scene::new(font(None), rows()).picture();
    assert!(missing == bundled);
    let other = Scene::new(font(Some("DejaVu Sans Mono")), rows()).picture();
    assert!(other != bundled);
}
