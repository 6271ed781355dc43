//! A key's echo: from the row that came of it to the submission of the frame that has it, which is the next one. Without
//! the interface around the panes; `bench app` has the frames of the whole window.

use std::sync::Arc;

use agor_proto::row::Row;
use agor_render::{Colors, CursorView, Gpu, Offscreen, PaneCache};

use crate::content::{Change, Content};
use crate::panes::{VIEWPORT_PX, pane, renderer, view};
use crate::{Times, WARM_UP, now};

/// Panes that print all the while, beside the one that is typed into.
pub const FLOODS: usize = 20;
/// Keys that are measured; of so many the 99th of a hundred says something.
const KEYS: usize = 400;
const COLUMNS: u16 = 80;
const ROWS: usize = 24;

/// Returns what the frames of keys cost with so many panes that print beside.
pub fn measure(gpu: &Gpu, floods: usize) -> Times {
    let mut renderer = renderer(gpu);
    let offscreen = Offscreen::new(gpu, [16, 16]).unwrap();
    let mut beside = Content::new(floods, COLUMNS, ROWS, Change::Everything);
    let mut typed = Content::new(1, COLUMNS, ROWS, Change::Nothing)
        .panes
        .remove(0);
    let mut own = PaneCache::new();
    let mut others: Vec<PaneCache> = (0..floods).map(|_| PaneCache::new()).collect();
    let colors = Colors::default();
    let mut times = Times {
        parts: &["build", "upload", "submit"],
        ..Times::default()
    };
    for key in 0..KEYS + WARM_UP {
        beside.step(key);
        let (row, col) = echo(key);
        let start = now();
        typed[ROWS - 1] = row;
        renderer.begin();
        let mut draws = renderer.list();
        let mut shown = view(renderer.metrics(), &typed, COLUMNS, 0, &colors);
        shown.cursor = shown.cursor.map(|cursor| CursorView { col, ..cursor });
        draws.push(renderer.pane(&mut own, &shown));
        for (n, (cache, rows)) in others.iter_mut().zip(&beside.panes).enumerate() {
            draws.push(pane(&mut renderer, cache, rows, COLUMNS, n + 1, &colors));
        }
        let built = now();
        let draws = renderer.together(draws);
        renderer.finish();
        let sent = now();
        offscreen.draw_together(&draws, VIEWPORT_PX);
        let done = now();
        if key >= WARM_UP {
            let rows = (1 + floods * ROWS) as u64;
            assert_eq!(renderer.counters().rows_built, rows, "it is in this frame");
            times.add(&[start, built, sent, done]);
        }
        gpu.device
            .poll(wgpu::PollType::wait_indefinitely())
            .unwrap();
    }
    times
}

/// Returns the row of a prompt behind which one key more was pressed, and the cursor's column.
fn echo(key: usize) -> (Arc<Row>, u16) {
    let letters = 1 + key % 70;
    let typed = (0..letters).map(|n| char::from(b'a' + (n % 26) as u8));
    let row = Row {
        text: "$ ".chars().chain(typed).collect(),
        ..Row::default()
    };
    (Arc::new(row), 2 + letters as u16)
}
