//! Many panes drawn by one call: they look as drawn one by one, and nobody else is drawn with them.

use std::sync::Arc;

use agor_proto::row::{Color, Row};
use agor_render::{
    FontSpec, ImageLayer, ImagePixels, ImageView, Offscreen, PaneCache, PaneDraw, PaneView,
};

use crate::scene::{Picture, RowText, Scene, bg, gpu, row};

const ACROSS: u32 = 8;
const COLUMNS: u16 = 6;
const ROWS: usize = 3;

/// Panes side by side in one picture.
struct Panes {
    scene: Scene,
    caches: Vec<PaneCache>,
    rows: Vec<Vec<Arc<Row>>>,
    images: Vec<Vec<ImageView>>,
}

impl Panes {
    fn new(count: usize) -> Self {
        let mut panes = Self {
            scene: Scene::new(FontSpec::default(), vec![row("M")]),
            caches: Vec::new(),
            rows: Vec::new(),
            images: Vec::new(),
        };
        for n in 0..count {
            panes.add(n);
        }
        panes
    }

    fn add(&mut self, n: usize) {
        self.caches.push(PaneCache::new());
        let rows = (0..ROWS).map(|at| text(n, at)).map(Arc::new);
        self.rows.push(rows.collect());
        self.images.push(Vec::new());
    }

    fn cell_px(&self) -> [u32; 2] {
        let metrics = self.scene.renderer.metrics();
        [
            metrics.width_px * u32::from(COLUMNS),
            metrics.height_px * ROWS as u32,
        ]
    }

    fn size_px(&self) -> [u32; 2] {
        let [width, height] = self.cell_px();
        let down = (self.caches.len() as u32).div_ceil(ACROSS).max(1);
        [width * ACROSS, height * down]
    }

    /// Names panes of a frame, those of `wanted`; `shared` says whether they stand in one viewport.
    fn name(&mut self, wanted: impl Fn(usize) -> bool, shared: bool) -> Vec<(PaneDraw, [u32; 4])> {
        let [width, height] = self.cell_px();
        let mut draws = Vec::new();
        for (n, cache) in self.caches.iter_mut().enumerate() {
            if !wanted(n) {
                continue;
            }
            let [x, y] = [n as u32 % ACROSS * width, n as u32 / ACROSS * height];
            let [left, top] = [x, y].map(u32::cast_signed);
            let clip = [
                left,
                top,
                left + width.cast_signed(),
                top + height.cast_signed(),
            ];
            let view = PaneView {
                rows: &self.rows[n],
                columns: COLUMNS,
                origin_px: if shared { [left, top] } else { [0, 0] },
                clip_px: shared.then_some(clip),
                size_px: [width, height],
                cursor: None,
                spans: &[],
                images: &self.images[n],
                colors: &self.scene.colors,
                palette: &[],
                reverse: n % 5 == 3,
                dim: n % 3 == 1,
                blink_on: true,
            };
            let draw = self.scene.renderer.pane(cache, &view);
            draws.push((draw, [x, y, width, height]));
        }
        draws
    }

    /// Draws panes by one call and returns how many calls it was.
    fn together(&mut self, wanted: impl Fn(usize) -> bool) -> (Picture, usize) {
        let [width, height] = self.size_px();
        self.scene.renderer.begin();
        let draws = self.name(wanted, true).into_iter().map(|(draw, _)| draw);
        let draws = self.scene.renderer.together(draws.collect());
        self.scene.renderer.finish();
        let offscreen = Offscreen::new(gpu(), [width, height]).unwrap();
        let pixels = offscreen.render_together(&draws).unwrap();
        let picture = Picture {
            width,
            height,
            pixels,
        };
        (picture, draws.calls())
    }

    /// Draws the same panes one by one, as if they were never drawn before.
    fn apart(&self, wanted: impl Fn(usize) -> bool) -> Picture {
        let mut fresh = Panes::new(0);
        fresh.rows.clone_from(&self.rows);
        fresh.images.clone_from(&self.images);
        fresh
            .caches
            .resize_with(self.caches.len(), PaneCache::default);
        let [width, height] = self.size_px();
        fresh.scene.renderer.begin();
        let draws = fresh.name(wanted, false);
        fresh.scene.renderer.finish();
        let offscreen = Offscreen::new(gpu(), [width, height]).unwrap();
        Picture {
            width,
            height,
            pixels: offscreen.render(&draws).unwrap(),
        }
    }
}

/// A row that is like no other; what is at its end overhangs, and some are wider than the pane.
fn text(n: usize, at: usize) -> Row {
    let text = format!("{n}:{at}Åfg");
    match at {
        0 => row(&text),
        1 => RowText::new()
            .text(&text, bg(Color::Indexed((n % 16) as u8)))
            .build(),
        _ => row("wider than a pane is"),
    }
}

#[test]
fn panes_drawn_together_look_as_drawn_one_by_one() {
    let mut panes = Panes::new(20);
    let (first, calls) = panes.together(|_| true);
    assert_eq!(calls, 1);
    assert!(first == panes.apart(|_| true));
    // More rows change than are sent one by one, and some panes need other places.
    for n in 0..20 {
        panes.rows[n][n % 2] = Arc::new(text(n + 100, 0));
    }
    let (second, _) = panes.together(|_| true);
    assert!(second == panes.apart(|_| true));
    assert!(second != first);
}

#[test]
fn a_pane_with_images_is_drawn_among_others() {
    let mut panes = Panes::new(9);
    let pixels = ImagePixels::new([200, 40, 40, 255].repeat(16), (4, 4)).unwrap();
    let pixels = Arc::new(pixels);
    for (n, layer) in [(2, ImageLayer::UnderText), (5, ImageLayer::OverText)] {
        panes.images[n].push(ImageView {
            name: [n as u8; 32],
            pixels: Arc::clone(&pixels),
            source: [0, 0, 4, 4],
            edges_px: [4, 4, 400, 30],
            layer,
        });
    }
    let (picture, _) = panes.together(|_| true);
    assert!(picture == panes.apart(|_| true));
}

#[test]
fn who_is_not_named_is_not_drawn_with_its_neighbours() {
    let mut panes = Panes::new(12);
    panes.together(|_| true);
    let odd = |n: usize| n % 2 == 1;
    let (picture, calls) = panes.together(odd);
    assert_eq!(calls, 6);
    assert!(picture == panes.apart(odd));
}

#[test]
fn what_a_dropped_pane_had_is_drawn_over_as_nothing_and_taken_by_nobody_meanwhile() {
    let mut panes = Panes::new(12);
    panes.together(|_| true);
    for n in [3, 4, 8] {
        panes.caches[n] = PaneCache::new();
    }
    let rest = |n: usize| ![3, 4, 8].contains(&n);
    // What is given back is free two frames later.
    for calls in [3, 3, 1] {
        let (picture, found) = panes.together(rest);
        assert!(picture == panes.apart(rest));
        assert_eq!(found, calls);
    }
    // A pane of another window that comes in the same frame takes none of the gaps that were drawn over.
    panes.scene.renderer.begin();
    let draws = panes.name(rest, true).into_iter().map(|(draw, _)| draw);
    let draws = panes.scene.renderer.together(draws.collect());
    panes.scene.renderer.finish();
    panes.name(|n| n == 3, true);
    panes.scene.renderer.finish();
    let [width, height] = panes.size_px();
    let offscreen = Offscreen::new(gpu(), [width, height]).unwrap();
    let pixels = offscreen.render_together(&draws).unwrap();
    assert!(pixels == panes.apart(rest).pixels);
}

#[test]
fn what_a_frame_that_nobody_drew_had_to_send_is_sent_with_the_next() {
    let mut panes = Panes::new(12);
    panes.together(|_| true);
    for n in 0..12 {
        panes.rows[n][0] = Arc::new(text(n + 50, 0));
    }
    panes.scene.renderer.begin();
    panes.name(|_| true, true);
    panes.scene.renderer.finish();
    let (picture, _) = panes.together(|_| true);
    assert_eq!(panes.scene.renderer.counters().rows_built, 0);
    assert!(picture == panes.apart(|_| true));
}

/// egui drops the commands of a frame for which its window has no surface to draw on.
#[test]
fn what_stood_in_commands_that_were_dropped_is_put_in_place_by_the_next_frame() {
    // So few rows that they are sent by a write, and so many that they are sent from mapped memory.
    for (count, rows) in [(12, 1), (900, ROWS)] {
        let mut panes = Panes::new(count);
        panes.together(|_| true);
        for n in 0..count {
            for at in 0..rows {
                panes.rows[n][at] = Arc::new(text(n + 50, at));
            }
        }
        panes.scene.renderer.begin();
        let draws = panes.name(|_| true, true).into_iter().map(|(draw, _)| draw);
        let draws = panes.scene.renderer.together(draws.collect());
        panes.scene.renderer.finish();
        let descriptor = wgpu::CommandEncoderDescriptor::default();
        let mut encoder = gpu().device.create_command_encoder(&descriptor);
        draws.prepare(&mut encoder);
        drop(encoder);
        let (picture, _) = panes.together(|_| true);
        assert_eq!(panes.scene.renderer.counters().rows_built, 0);
        assert!(picture == panes.apart(|_| true), "{count} panes");
    }
}

#[test]
fn panes_that_scroll_send_nothing_of_those_between_them() {
    let mut panes = Panes::new(200);
    panes.together(|_| true);
    // Two of them are neighbours in different rows of the table's texture.
    let scrolled = [0, 63, 64, 199];
    for n in scrolled {
        panes.rows[n].rotate_left(1);
    }
    let (picture, _) = panes.together(|_| true);
    let counters = panes.scene.renderer.counters();
    assert_eq!(counters.rows_built, 0);
    assert!(counters.bytes_uploaded <= 4 * 256, "{counters:?}");
    assert!(picture == panes.apart(|_| true));
}

#[test]
fn what_comes_at_once_looks_as_what_comes_by_and_by() {
    // More than is sent in pieces.
    const MUCH: u64 = 160 << 10;
    let mut panes = Panes::new(200);
    let (at_once, _) = panes.together(|_| true);
    assert!(panes.scene.renderer.counters().bytes_uploaded > MUCH);
    let mut others = Panes::new(0);
    for n in 0..200 {
        others.add(n);
        if n % 20 == 19 {
            let (picture, _) = others.together(|_| true);
            assert!(others.scene.renderer.counters().bytes_uploaded < MUCH);
            assert!(n < 199 || picture == at_once);
        }
    }
}

#[test]
fn more_panes_than_the_table_had_room_for_are_drawn() {
    // A block for each, and rows of a pane that has many slots reach into the next unit.
    let mut panes = Panes::new(200);
    let (picture, calls) = panes.together(|_| true);
    assert_eq!(calls, 1);
    assert!(picture == panes.apart(|_| true));
    panes.add(200);
    let (picture, _) = panes.together(|_| true);
    assert!(picture == panes.apart(|_| true));
}
