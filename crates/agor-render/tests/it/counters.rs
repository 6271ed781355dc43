//! What a frame costs, and rows that nobody should send.

use std::sync::Arc;

use agor_proto::row::{Attrs, Color, Row, Run, Shape, Style};
use agor_proto::screen::{CursorShape, PaletteEntry, PaletteSlot};
use agor_render::{
    Colors, CursorStyle, CursorView, FontSpec, Highlight, HighlightKind, Offscreen, PaneCache,
    PaneView, Rgb,
};

use crate::scene::{RowText, Scene, attrs, bg, gpu, row};

const COLUMNS: u16 = 80;

/// Returns a row of 80 columns that looks like what a program prints: words, a few colours.
fn printed(n: usize) -> Row {
    let mut text = RowText::new();
    let mut left = usize::from(COLUMNS);
    for word in 0.. {
        let letters = 3 + (n * 7 + word * 5) % 8;
        let piece: String = (0..letters)
            .map(|c| char::from(b'a' + ((n + word * 3 + c) % 26) as u8))
            .chain([' '])
            .take(left)
            .collect();
        left -= piece.len();
        let style = Style {
            fg: if word % 4 == 0 {
                Color::Indexed((n % 16) as u8)
            } else {
                Color::Default
            },
            ..Style::default()
        };
        text = text.text(&piece, style);
        if left == 0 {
            break;
        }
    }
    text.build()
}

fn scene() -> Scene {
    let mut scene = Scene::new(FontSpec::default(), (0..24).map(printed).collect());
    scene.columns = COLUMNS;
    // Twice: the first draws the glyphs.
    scene.frame();
    scene.frame();
    scene
}

#[test]
fn d9_a_pane_that_did_not_change_costs_nothing() {
    let mut scene = scene();
    scene.frame();
    let counters = scene.renderer.counters();
    assert_eq!(counters.rows_built, 0);
    assert_eq!(counters.bytes_uploaded, 0);
    assert_eq!(counters.draws, 1);
}

#[test]
fn one_row_that_changed_is_one_row_built_and_sent() {
    let mut scene = scene();
    scene.rows[7] = Arc::new(printed(99));
    scene.frame();
    let counters = scene.renderer.counters();
    assert_eq!(counters.rows_built, 1);
    assert!(counters.bytes_uploaded > 0);
    assert!(
        counters.bytes_uploaded <= 20 * u64::from(COLUMNS),
        "{counters:?}"
    );
}

#[test]
fn all_rows_that_changed_take_at_most_20_bytes_a_column() {
    let mut scene = scene();
    for (n, row) in scene.rows.iter_mut().enumerate() {
        *row = Arc::new(printed(n + 31));
    }
    scene.frame();
    let counters = scene.renderer.counters();
    assert_eq!(counters.rows_built, 24);
    assert!(
        counters.bytes_uploaded <= 24 * 20 * u64::from(COLUMNS),
        "{counters:?}"
    );
}

#[test]
fn many_panes_whose_rows_all_changed_take_at_most_20_bytes_a_column() {
    const PANES: usize = 64;
    let mut scene = scene();
    let size_px = scene.size_px();
    let mut caches: Vec<PaneCache> = (0..PANES).map(|_| PaneCache::new()).collect();
    // By the last of them rows have found their room, and what they left was emptied.
    for frame in 0..12 {
        for (n, row) in scene.rows.iter_mut().enumerate() {
            *row = Arc::new(printed(frame % 2 * 31 + n));
        }
        scene.renderer.begin();
        for cache in &mut caches {
            let view = plain(&scene.rows, size_px, &scene.colors);
            scene.renderer.pane(cache, &view);
        }
        scene.renderer.finish();
    }
    let counters = scene.renderer.counters();
    assert_eq!(counters.rows_built, PANES as u64 * 24);
    assert!(
        counters.bytes_uploaded <= PANES as u64 * 24 * 20 * u64::from(COLUMNS),
        "{counters:?}"
    );
}

/// Returns a row without a space, of which no two neighbours look the same; with `lines`, in every way in which
/// cells can.
fn dense(n: usize, lines: bool) -> Row {
    let color = |cell: usize| Color::Indexed((16 + (n * 31 + cell * 7) % 200) as u8);
    (0..usize::from(COLUMNS))
        .fold(RowText::new(), |row, cell| {
            let mut style = Style {
                fg: color(cell),
                ..Style::default()
            };
            if lines {
                style = Style {
                    bg: color(cell + 3),
                    ..attrs(&[Attrs::STRIKETHROUGH, Attrs::OVERLINE])
                };
                style
                    .attrs
                    .set_underline(agor_proto::row::Underline::Double);
            }
            let letter = char::from(b'a' + ((n + cell) % 26) as u8);
            row.text(letter.encode_utf8(&mut [0; 4]), style)
        })
        .build()
}

#[test]
fn a_row_full_of_text_takes_20_bytes_a_column_and_one_of_all_there_is_100() {
    for (lines, instances, bytes) in [(false, 1, 20), (true, 6, 100)] {
        let mut scene = scene();
        let columns = u64::from(COLUMNS);
        // The first finds room for so much.
        for n in [3, 4] {
            scene.rows[7] = Arc::new(dense(n, lines));
            scene.frame();
        }
        let counters = scene.renderer.counters();
        assert_eq!(counters.rows_built, 1);
        assert_eq!(counters.instances_built, instances * columns);
        assert!(counters.bytes_uploaded <= bytes * columns, "{counters:?}");
    }
}

/// A pane in which there are rows and nothing else.
fn plain<'a>(rows: &'a [Arc<Row>], size_px: [u32; 2], colors: &'a Colors) -> PaneView<'a> {
    PaneView {
        rows,
        columns: COLUMNS,
        origin_px: [0, 0],
        clip_px: None,
        size_px,
        cursor: None,
        spans: &[],
        images: &[],
        colors,
        palette: &[],
        reverse: false,
        dim: false,
        blink_on: true,
    }
}

#[test]
fn building_a_frame_allocates_nothing_once_it_is_warm() {
    let mut scene = scene();
    let size_px = scene.size_px();
    let screens: Vec<Vec<Arc<Row>>> = (0..40)
        .map(|screen| {
            (0..24)
                .map(|n| Arc::new(printed(screen * 31 + n)))
                .collect()
        })
        .collect();
    let mut allocated = 0;
    for (n, rows) in screens.iter().cycle().take(80).enumerate() {
        scene.renderer.begin();
        let view = plain(rows, size_px, &scene.colors);
        let (renderer, cache) = (&mut scene.renderer, &mut scene.cache);
        let built = allocation_counter::measure(|| {
            renderer.pane(cache, &view);
        });
        scene.renderer.finish();
        assert_eq!(scene.renderer.counters().rows_built, 24);
        // By then it has seen every one of them.
        if n >= 40 {
            allocated += built.count_total;
        }
    }
    assert_eq!(allocated, 0);
}

#[test]
fn a_frame_of_panes_that_did_not_change_allocates_nothing_once_it_is_warm() {
    let mut scene = scene();
    let size_px = scene.size_px();
    let mut caches: Vec<PaneCache> = (0..16).map(|_| PaneCache::new()).collect();
    let mut allocated = 0;
    for frame in 0..20 {
        let renderer = &mut scene.renderer;
        let built = allocation_counter::measure(|| {
            renderer.begin();
            let mut panes = renderer.list();
            for cache in &mut caches {
                panes.push(renderer.pane(cache, &plain(&scene.rows, size_px, &scene.colors)));
            }
            let draws = renderer.together(panes);
            renderer.finish();
            assert_eq!(draws.calls(), 1);
        });
        // What a frame lends comes back with the next.
        if frame >= 4 {
            allocated += built.count_total;
        }
    }
    assert_eq!(allocated, 0);
}

#[test]
fn what_a_frame_that_changed_allocates_does_not_grow_with_its_panes() {
    let least = |panes: usize| {
        let mut scene = scene();
        let size_px = scene.size_px();
        let mut caches: Vec<PaneCache> = (0..panes).map(|_| PaneCache::new()).collect();
        let mut least = u64::MAX;
        for frame in 0..40 {
            scene.rows[3] = Arc::new(printed(frame));
            let renderer = &mut scene.renderer;
            let mut together = None;
            let made = allocation_counter::measure(|| {
                renderer.begin();
                let mut panes = renderer.list();
                for cache in &mut caches {
                    panes.push(renderer.pane(cache, &plain(&scene.rows, size_px, &scene.colors)));
                }
                together = Some(renderer.together(panes));
                renderer.finish();
            });
            if frame > 0 {
                assert_eq!(renderer.counters().rows_built, panes as u64);
            }
            // As the pass that draws would.
            let descriptor = wgpu::CommandEncoderDescriptor::default();
            let mut encoder = gpu().device.create_command_encoder(&descriptor);
            together.unwrap().prepare(&mut encoder);
            gpu().queue.submit([encoder.finish()]);
            let waiting = wgpu::PollType::wait_indefinitely();
            gpu().device.poll(waiting).unwrap();
            // By then rows have found their room.
            if frame >= 20 {
                least = least.min(made.count_total);
            }
        }
        least
    };
    // What wgpu takes for one write and one pass of commands; so much either way.
    let (few, many) = (least(16), least(64));
    assert!(many <= few + 16, "{few} for 16 panes, {many} for 64");
}

#[test]
fn a_pane_takes_at_most_200_kib_of_memory() {
    const PANES: usize = 64;
    let mut scene = scene();
    let size_px = scene.size_px();
    let mut caches = Vec::new();
    let heap = allocation_counter::measure(|| {
        caches.resize_with(PANES, PaneCache::new);
        scene.renderer.begin();
        for cache in &mut caches {
            let view = plain(&scene.rows, size_px, &scene.colors);
            scene.renderer.pane(cache, &view);
        }
    });
    scene.renderer.finish();
    let device = scene.renderer.device_bytes();
    // The copy of the device's memory is here from the first pane on.
    let all = u64::try_from(heap.bytes_current).unwrap() + 2 * device;
    let each = all / PANES as u64;
    assert!(device > 0 && each <= 200 * 1024, "{each}");
}

#[test]
fn a_screen_that_scrolled_builds_only_the_new_row() {
    let mut scene = scene();
    for n in 0..100 {
        scene.rows.remove(0);
        scene.rows.push(Arc::new(printed(n + 24)));
        let drawn = scene.picture();
        let counters = scene.renderer.counters();
        assert_eq!(counters.rows_built, 1, "step {n}");
        if n % 20 == 0 {
            assert!(
                drawn == fresh(&mut scene),
                "step {n} looks unlike a new pane"
            );
        }
    }
}

/// Draws the scene with a cache that knows nothing.
fn fresh(scene: &mut Scene) -> crate::scene::Picture {
    let kept = std::mem::take(&mut scene.cache);
    let picture = scene.picture();
    scene.cache = kept;
    picture
}

#[test]
fn rows_that_change_places_are_not_built_and_those_of_another_font_stand_at_its_heights() {
    let mut scene = scene();
    scene.rows.swap(3, 17);
    let swapped = scene.picture();
    assert_eq!(scene.renderer.counters().rows_built, 0);
    assert!(swapped == fresh(&mut scene));
    scene.renderer.set_font(FontSpec {
        scale: 2.0,
        ..FontSpec::default()
    });
    let larger = scene.picture();
    assert_eq!(scene.renderer.counters().rows_built, 24);
    assert!(larger == fresh(&mut scene));
}

#[test]
fn whatever_changed_the_picture_is_that_of_a_new_pane() {
    let mut scene = scene();
    let mut random = 12_345_u64;
    let mut next = move |below: usize| {
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (random >> 33) as usize % below
    };
    for step in 0..120 {
        match next(9) {
            0 => scene.rows.rotate_left(1),
            1 => scene.rows[3..17].rotate_right(2),
            2 => {
                let copied = Arc::clone(&scene.rows[next(24)]);
                scene.rows[next(24)] = copied;
            }
            3 => scene.rows[next(24)] = Arc::default(),
            4 => {
                let style = attrs(&[Attrs::BLINK, Attrs::BOLD]);
                let text = RowText::new()
                    .text("blinking", style)
                    .text("x", bg(Color::Indexed(3)));
                scene.rows[next(24)] = Arc::new(text.build());
            }
            5 => {
                let start = next(80) as u16;
                scene.spans = vec![Highlight {
                    row: next(24) as u16,
                    cols: start..start + 5,
                    kind: HighlightKind::Selection,
                }];
            }
            6 => scene.blink_on = !scene.blink_on,
            7 => {
                scene.cursor = Some(CursorView {
                    col: next(80) as u16,
                    row: next(24) as u16,
                    shape: CursorShape::Block,
                    style: CursorStyle::Focused,
                });
            }
            _ => {
                for _ in 0..next(8) {
                    scene.rows[next(24)] = Arc::new(printed(next(1000)));
                }
            }
        }
        let kept = scene.picture();
        assert!(kept == fresh(&mut scene), "step {step}");
    }
}

#[test]
fn a_cursor_that_moves_builds_no_row() {
    let mut scene = scene();
    for (shape, style) in [
        (CursorShape::Block, CursorStyle::Focused),
        (CursorShape::Bar, CursorStyle::Focused),
        (CursorShape::Block, CursorStyle::Unfocused),
        (CursorShape::Block, CursorStyle::BlinkedOff),
    ] {
        for row in [3, 4, 23] {
            scene.cursor = Some(CursorView {
                col: row,
                row,
                shape,
                style,
            });
            scene.frame();
            let counters = scene.renderer.counters();
            assert_eq!(counters.rows_built, 0);
            assert!(counters.bytes_uploaded < 300, "{counters:?}");
        }
    }
}

#[test]
fn only_rows_that_blink_are_built_when_it_blinks() {
    let mut scene = scene();
    let blinking = RowText::new().text("blink", attrs(&[Attrs::BLINK]));
    scene.rows[5] = Arc::new(blinking.build());
    scene.frame();
    for _ in 0..3 {
        scene.blink_on = !scene.blink_on;
        scene.frame();
        assert_eq!(scene.renderer.counters().rows_built, 1);
        assert!(scene.cache.blinks());
    }
    scene.rows[5] = Arc::new(printed(5));
    scene.frame();
    assert!(!scene.cache.blinks());
}

#[test]
fn colours_and_sizes_build_everything_again_and_nothing_afterwards() {
    let mut scene = scene();
    scene.colors.foreground = Rgb(1, 2, 3);
    scene.frame();
    assert_eq!(scene.renderer.counters().rows_built, 24);
    let larger = FontSpec {
        scale: 2.0,
        ..FontSpec::default()
    };
    scene.renderer.set_font(larger.clone());
    scene.frame();
    assert_eq!(scene.renderer.counters().rows_built, 24);
    scene.renderer.set_font(FontSpec::default());
    scene.frame();
    let counters = scene.renderer.counters();
    assert_eq!((counters.rows_built, counters.glyphs_rasterized), (24, 0));
    scene.frame();
    assert_eq!(scene.renderer.counters().bytes_uploaded, 0);
}

#[test]
fn panes_of_two_themes_and_colours_that_a_program_changes_are_built_when_these_change() {
    let mut scene = scene();
    let size_px = scene.size_px();
    let light = Colors {
        background: Rgb(250, 250, 250),
        ..Colors::default()
    };
    let none: &[PaletteEntry] = &[];
    let changed: &[PaletteEntry] = &[PaletteEntry {
        slot: PaletteSlot::Foreground,
        rgb: (9, 9, 9),
    }];
    let mut caches = [PaneCache::new(), PaneCache::new()];
    let Scene { renderer, rows, .. } = &mut scene;
    let mut built = |themes: [&Colors; 2], palette: &[PaletteEntry], reverse: bool| {
        renderer.begin();
        for (cache, colors) in caches.iter_mut().zip(themes) {
            let view = PaneView {
                palette,
                reverse,
                ..plain(rows, size_px, colors)
            };
            renderer.pane(cache, &view);
        }
        renderer.finish();
        renderer.counters().rows_built
    };
    let dark = Colors::default();
    for (themes, palette, reverse, rows) in [
        ([&dark, &light], none, false, 48),
        ([&dark, &light], none, false, 0),
        ([&dark, &light], changed, false, 48),
        ([&dark, &light], changed, false, 0),
        ([&dark, &light], none, false, 48),
        ([&dark, &light], none, true, 48),
        ([&dark, &light], none, true, 0),
        ([&dark, &dark], none, true, 24),
        ([&light, &dark], none, true, 24),
        ([&light, &dark], none, true, 0),
    ] {
        assert_eq!(built(themes, palette, reverse), rows);
    }
}

#[test]
fn a_row_at_the_address_of_one_that_is_gone_is_built() {
    let mut scene = scene();
    for n in 0..200 {
        // The allocator gives the new row the old one's memory as soon as nobody holds that.
        scene.rows[2] = Arc::default();
        scene.rows[2] = Arc::new(printed(n));
        scene.frame();
        assert_eq!(scene.renderer.counters().rows_built, 1);
    }
}

#[test]
fn more_than_is_visible_is_not_built() {
    let mut scene = Scene::new(FontSpec::default(), vec![row(&"x".repeat(10_000))]);
    scene.rows = vec![Arc::clone(&scene.rows[0]); 3000];
    scene.frame_of([400, 320]);
    let counters = scene.renderer.counters();
    assert_eq!(counters.rows_built, 20);
    assert_eq!(counters.instances_built, 20 * 50);
}

#[test]
fn hostile_rows_are_drawn_as_well_as_they_can_be() {
    let shape = |cell, clusters, chars, width| Shape {
        cell,
        clusters,
        chars,
        width,
    };
    let run = |cells| Run {
        cells,
        style: attrs(&[Attrs::REVERSE]),
    };
    let rows = vec![
        Row {
            text: "abc".into(),
            shapes: vec![shape(0, u16::MAX, 0, 255), shape(7, 9, 255, 9)],
            runs: vec![run(u16::MAX), run(u16::MAX), run(0)],
            ..Row::default()
        },
        Row {
            text: "\0\u{1}\u{7f}\u{9b}\n\r\t\u{202e}\u{feff}x\u{301}\u{e0001}".into(),
            runs: vec![run(0), run(0), run(3)],
            ..Row::default()
        },
        Row {
            text: format!("e{}", "\u{301}".repeat(400)),
            shapes: vec![shape(0, 1, 255, 2)],
            ..Row::default()
        },
        Row {
            text: "é".repeat(10_000),
            ..Row::default()
        },
        Row {
            text: "\u{10ffff}\u{e000}\u{fdd0}".into(),
            ..Row::default()
        },
        Row {
            text: "日".repeat(5000),
            shapes: vec![shape(0, 5000, 1, 2)],
            ..Row::default()
        },
    ];
    for ligatures in [false, true] {
        let font = FontSpec {
            ligatures,
            ..FontSpec::default()
        };
        let mut scene = Scene::new(font, rows.clone());
        for columns in [0, 1, 80, 10_000, u16::MAX] {
            scene.columns = columns;
            scene.cursor = Some(CursorView {
                col: columns,
                row: u16::MAX,
                shape: CursorShape::Bar,
                style: CursorStyle::Focused,
            });
            scene.spans = vec![
                Highlight {
                    row: u16::MAX,
                    cols: 0..9,
                    kind: HighlightKind::Selection,
                },
                Highlight {
                    row: 1,
                    cols: std::ops::Range { start: 9, end: 3 },
                    kind: HighlightKind::SearchHit,
                },
                Highlight {
                    row: 0,
                    cols: 0..u16::MAX,
                    kind: HighlightKind::Preedit,
                },
            ];
            for size in [[0, 0], [1, 1], [640, 400], [u32::MAX, u32::MAX]] {
                scene.frame_of(size);
            }
            scene.cursor = scene.cursor.map(|cursor| CursorView { row: 0, ..cursor });
            let draw = scene.frame_of([640, 400]);
            let offscreen = Offscreen::new(gpu(), [640, 400]).unwrap();
            offscreen.render(&[(draw, [0, 0, 640, 400])]).unwrap();
        }
    }
}

#[test]
fn fonts_of_absurd_sizes_have_cells() {
    for size_points in [0.0, -5.0, f32::NAN, f32::INFINITY, 1.0, 5000.0] {
        for line_height in [0.0, f32::NAN, 100.0] {
            let font = FontSpec {
                size_points,
                line_height,
                ..FontSpec::default()
            };
            let mut scene = Scene::new(font, vec![row("A─█gÅ")]);
            let metrics = scene.renderer.metrics();
            assert!(metrics.width_px > 0 && metrics.height_px > 0);
            assert!(metrics.baseline_px <= metrics.height_px);
            scene.frame_of([600, 600]);
        }
    }
}

#[test]
fn what_dropped_panes_held_is_used_again() {
    let mut scene = scene();
    for _ in 0..400 {
        scene.cache = PaneCache::new();
        scene.frame();
    }
    // 400 panes would have filled several pages; the picture would be wrong if two shared a span.
    let picture = scene.picture();
    assert!(picture == fresh(&mut scene));
}

#[test]
fn draws_can_go_to_other_threads() {
    fn check<T: Clone + Send + Sync + 'static>() {}
    check::<agor_render::PaneDraw>();
}

#[test]
fn sequences_are_one_sign_except_under_the_cursor() {
    let font = FontSpec {
        ligatures: true,
        ..FontSpec::default()
    };
    let plain = Scene::new(FontSpec::default(), vec![row("a -> b")]).picture();
    let mut scene = Scene::new(font, vec![row("a -> b"), row("plain")]);
    let joined = scene.picture();
    let differs = |picture: &crate::scene::Picture, columns: std::ops::Range<u32>| {
        (0..16).any(|y| columns.clone().any(|x| picture.at(x, y) != plain.at(x, y)))
    };
    assert!(differs(&joined, 16..32));
    let cursor = |col, row| {
        Some(CursorView {
            col,
            row,
            shape: CursorShape::Bar,
            style: CursorStyle::BlinkedOff,
        })
    };
    scene.cursor = cursor(2, 0);
    let split = scene.picture();
    assert_eq!(scene.renderer.counters().rows_built, 1);
    assert!(!differs(&split, 0..48));
    scene.cursor = cursor(2, 1);
    assert!(scene.picture() == joined);
    // A row without sequences does not care where the cursor is.
    scene.cursor = cursor(3, 1);
    scene.frame();
    assert_eq!(scene.renderer.counters().rows_built, 0);
}

#[test]
fn two_panes_stand_where_their_viewports_are() {
    let mut scene = Scene::new(FontSpec::default(), vec![row("left")]);
    let mut other = PaneCache::new();
    scene.renderer.begin();
    let rows = [vec![Arc::new(row("left"))], vec![Arc::new(row("right"))]];
    let mut draws = Vec::new();
    for (n, cache) in [&mut scene.cache, &mut other].into_iter().enumerate() {
        let view = agor_render::PaneView {
            rows: &rows[n],
            columns: 5,
            origin_px: [4, 3],
            clip_px: None,
            size_px: [40, 16],
            cursor: None,
            spans: &[],
            images: &[],
            colors: &scene.colors,
            palette: &[],
            reverse: n == 1,
            dim: false,
            blink_on: true,
        };
        let draw = scene.renderer.pane(cache, &view);
        draws.push((draw, [n as u32 * 50, 0, 50, 20]));
    }
    scene.renderer.finish();
    let offscreen = Offscreen::new(gpu(), [100, 20]).unwrap();
    let pixels = offscreen.render(&draws).unwrap();
    let picture = crate::scene::Picture {
        width: 100,
        height: 20,
        pixels,
    };
    let Rgb(r, g, b) = scene.colors.background;
    let background = [r, g, b];
    let Rgb(r, g, b) = scene.colors.foreground;
    assert_eq!(picture.at(0, 0), [0, 0, 0]);
    assert_eq!(picture.at(4, 3), background);
    assert_eq!(picture.at(43, 18), background);
    assert_eq!(picture.at(44, 3), [0, 0, 0]);
    assert_eq!(picture.at(54, 3), [r, g, b]);
    assert_eq!(picture.at(53, 3), [0, 0, 0]);
}

#[test]
fn a_target_of_linear_light_has_a_pipeline_too() {
    let gpu = gpu();
    let format = wgpu::TextureFormat::Rgba8UnormSrgb;
    let scope = gpu.device.push_error_scope(wgpu::ErrorFilter::Validation);
    let font = FontSpec::default();
    agor_render::Renderer::new(gpu.device.clone(), gpu.queue.clone(), format, font).unwrap();
    assert!(pollster::block_on(scope.pop()).is_none());
}
