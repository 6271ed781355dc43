//! Glyphs that are drawn in threads: no frame waits for them, and none is without them for long.

use std::sync::mpsc::{Receiver, TryRecvError, sync_channel};
use std::time::Duration;

use agor_proto::row::{Row, Style};
use agor_render::FontSpec;

use crate::scene::{Picture, RowText, Scene};

/// How long a glyph may take before a test fails.
const PATIENCE: Duration = Duration::from_secs(60);

/// A row of letters, of signs of other scripts and of a picture.
fn mixed() -> Row {
    let style = Style::default();
    RowText::new()
        .text("ab é", style)
        .cluster("日", 2, style)
        .cluster("本", 2, style)
        .cluster("🦀", 2, style)
        .cluster("e\u{301}", 1, style)
        .build()
}

fn at_once(font: FontSpec, rows: Vec<Row>) -> Picture {
    Scene::new(font, rows).picture()
}

/// Returns a scene whose glyphs come from a thread, and what tells when they are there.
fn in_thread(font: FontSpec, rows: Vec<Row>) -> (Scene, Receiver<()>) {
    let mut scene = Scene::new(font, rows);
    let (tell, told) = sync_channel(1);
    scene.renderer.draw_glyphs_in_thread(move || {
        // One that was not heard yet says enough, and a test that has ended listens no more.
        tell.try_send(()).ok();
    });
    (scene, told)
}

/// Draws frames, each when the thread asks for it, until one lacks nothing; returns it.
fn settled(scene: &mut Scene, told: &Receiver<()>) -> Picture {
    loop {
        let picture = scene.picture();
        if !scene.renderer.awaits_glyphs() {
            return picture;
        }
        told.recv_timeout(PATIENCE).unwrap();
    }
}

#[test]
fn a_frame_waits_for_no_glyph_and_one_that_is_asked_for_then_has_them_all() {
    let whole = at_once(FontSpec::default(), vec![mixed()]);
    let (mut scene, told) = in_thread(FontSpec::default(), vec![mixed()]);
    let first = scene.picture();
    assert!(scene.renderer.awaits_glyphs());
    let drawn = scene.renderer.counters().glyphs_rasterized;
    assert_eq!(
        drawn, 2,
        "letters of ASCII are drawn at once, and only they"
    );
    let width = scene.renderer.metrics().width_px;
    let letters = |picture: &Picture| -> Vec<_> {
        let rows = 0..picture.height;
        rows.flat_map(|y| (0..width * 2).map(move |x| (x, y)))
            .map(|(x, y)| picture.at(x, y))
            .collect()
    };
    assert!(letters(&first) == letters(&whole));
    assert!(first != whole, "the others are not there yet");
    assert!(settled(&mut scene, &told) == whole);
    scene.picture();
    let counters = scene.renderer.counters();
    assert_eq!((counters.rows_built, counters.bytes_uploaded), (0, 0));
}

#[test]
fn until_a_sequence_is_drawn_its_characters_stand_for_it() {
    let font = |ligatures| FontSpec {
        ligatures,
        ..FontSpec::default()
    };
    let rows = || vec![crate::scene::row("a -> b !== c")];
    let (apart, joined) = (at_once(font(false), rows()), at_once(font(true), rows()));
    assert!(apart != joined);
    let (mut scene, told) = in_thread(font(true), rows());
    assert!(scene.picture() == apart);
    assert!(scene.renderer.awaits_glyphs());
    assert!(settled(&mut scene, &told) == joined);
}

#[test]
fn more_glyphs_than_may_be_waited_for_come_all_the_same() {
    // 5,000 of them, where 4,096 may be waited for.
    let row = |n: u32| {
        let first = 0x4e00 + n * 50;
        let signs = (first..first + 50).filter_map(char::from_u32);
        signs
            .fold(RowText::new(), |row, c| {
                row.cluster(c.encode_utf8(&mut [0; 4]), 2, Style::default())
            })
            .build()
    };
    let rows: Vec<Row> = (0..100).map(row).collect();
    let whole = at_once(FontSpec::default(), rows.clone());
    let (mut scene, told) = in_thread(FontSpec::default(), rows);
    assert!(settled(&mut scene, &told) == whole);
}

#[test]
fn what_comes_for_a_font_that_is_no_longer_kept_is_asked_for_again() {
    let size = |points: f32| FontSpec {
        size_points: points,
        ..FontSpec::default()
    };
    let whole = at_once(size(13.0), vec![mixed()]);
    let (mut scene, told) = in_thread(size(13.0), vec![mixed()]);
    scene.picture();
    for n in 0..8 {
        scene.renderer.set_font(size(20.0 + n as f32));
        scene.frame();
    }
    scene.renderer.set_font(size(13.0));
    assert!(settled(&mut scene, &told) == whole);
}

#[test]
fn without_one_of_its_threads_glyphs_are_drawn_at_once() {
    let whole = at_once(FontSpec::default(), vec![mixed()]);
    let mut scene = Scene::new(FontSpec::default(), vec![mixed()]);
    let (tell, told) = sync_channel::<()>(1);
    scene.renderer.draw_glyphs_in_thread(move || {
        let _ends_with_the_threads = &tell;
        panic!("what is called when glyphs are there fails");
    });
    scene.picture();
    // The others end when a frame has found that one is gone.
    let began = std::time::Instant::now();
    while told.try_recv() != Err(TryRecvError::Disconnected) {
        assert!(began.elapsed() < PATIENCE, "the threads end");
        scene.frame();
    }
    // What else it held goes a moment later.
    while scene.renderer.awaits_glyphs() && began.elapsed() < PATIENCE {
        scene.frame();
    }
    assert!(scene.picture() == whole);
    assert!(!scene.renderer.awaits_glyphs());
}
