//! An atlas that is full: nothing stops, and what had no room comes when there is some.

use std::sync::Arc;

use agor_proto::row::{Attrs, Style};
use agor_render::FontSpec;

use crate::scene::{RowText, Scene, attrs, row};

#[test]
fn an_atlas_that_is_full_empties_its_oldest_page_and_draws_on() {
    let font = |size_points| FontSpec {
        size_points,
        ..FontSpec::default()
    };
    let mut scene = Scene::new(font(13.0), vec![row("first")]);
    let first = scene.picture();
    // Each size draws its glyphs again: at 200 pixels about 30 of them fill a page.
    let text: Vec<_> = ('!'..='~').map(|c| row(&c.to_string())).collect();
    for step in 0..24 {
        scene.renderer.set_font(font(180.0 + step as f32));
        scene.rows = text.iter().cloned().map(Arc::new).collect();
        scene.columns = 1;
        scene.frame();
    }
    scene.renderer.set_font(font(13.0));
    scene.rows = vec![Arc::new(row("first"))];
    scene.columns = 5;
    assert!(scene.picture() == first);
    assert!(scene.renderer.counters().glyphs_rasterized > 0);
}

#[test]
fn what_an_overfull_atlas_had_no_room_for_comes_when_there_is_room() {
    // Larger than what the others leave at the ends of their shelves.
    let large = FontSpec {
        size_points: 360.0,
        ..FontSpec::default()
    };
    let mut under = Style::default();
    under.attrs.set_underline(agor_proto::row::Underline::Curly);
    let shown = vec![row("@W"), RowText::new().text("WÖ", under).build()];
    let whole = Scene::new(large.clone(), shown.clone()).picture();
    let mut scene = Scene::new(large.clone(), shown);
    let letters: Vec<_> = ('!'..='~').map(|c| row(&c.to_string())).collect();
    scene.crowd(&large, &letters);
    // Pages of the frame before are still in use.
    assert!(scene.picture() != whole, "there are blocks");
    assert!(scene.renderer.lacks_room(), "another frame is asked for");
    scene.picture();
    assert_eq!(scene.renderer.counters().rows_built, 2);
    assert!(!scene.renderer.lacks_room());
    assert!(scene.picture() == whole);
    assert_eq!(scene.renderer.counters().rows_built, 0);
}

#[test]
fn of_a_frame_that_is_too_large_for_the_atlas_no_more_than_two_are_asked_for() {
    // 285 letters in four faces take more than twice as many pages as there are.
    let letters: Vec<char> = ('!'..='~').chain('À'..='ž').collect();
    let faces = [
        vec![],
        vec![Attrs::BOLD],
        vec![Attrs::ITALIC],
        vec![Attrs::BOLD, Attrs::ITALIC],
    ];
    let rows = faces.iter().flat_map(|face| {
        letters.chunks(96).map(move |line| {
            let line: String = line.iter().collect();
            RowText::new().text(&line, attrs(face)).build()
        })
    });
    let large = FontSpec {
        size_points: 300.0,
        ..FontSpec::default()
    };
    let mut scene = Scene::new(large, rows.collect());
    scene.frame();
    let mut asked = 0;
    while scene.renderer.lacks_room() {
        scene.frame();
        asked += 1;
        assert!(asked <= 2, "{asked}");
    }
    assert_eq!(asked, 2);
    assert_eq!(scene.renderer.counters().rows_built, 0);
}
