//! What a frame costs the thread that draws: building, sending, encoding and submitting, without
//! waiting for the device.
//!
//! `cargo bench -p agor-render --bench render [-- PART OF A NAME]`. Times are what the thread
//! itself spent on the processor, the median of many frames with the fastest beside it. Between
//! frames the device finishes, so that a software driver's threads do not take caches and
//! processor meanwhile; other programs still do.
#![allow(clippy::print_stdout, clippy::unwrap_used, missing_docs)]

use std::sync::Arc;
use std::time::Duration;

use agor_proto::row::{Attrs, Color, Row, Run, Style};
use agor_proto::screen::CursorShape;
use agor_render::{
    Colors, Counters, CursorStyle, CursorView, FontSpec, Gpu, Offscreen, PaneCache, PaneDraw,
    PaneView, Renderer,
};

const FRAMES: usize = 80;

/// What changes from one frame to the next.
#[derive(Clone, Copy, PartialEq)]
enum Change {
    Everything,
    OneRow,
    Scrolled,
    Nothing,
}

struct Pane {
    cache: PaneCache,
    rows: Vec<Arc<Row>>,
}

fn main() {
    let gpu = pollster::block_on(Gpu::open(true)).unwrap();
    println!("{}", gpu.name);
    println!(
        "{:<34} {:>8} {:>8} {:>8} {:>8} {:>9} {:>8}  {:>6}",
        "ms of this thread, median", "build", "upload", "submit", "all", "(fastest)", "KiB", "bar"
    );
    let table = [
        (1, 80, 24, Change::Nothing, None),
        (64, 80, 24, Change::Everything, Some(1.5)),
        (64, 80, 24, Change::OneRow, Some(0.4)),
        (64, 80, 24, Change::Scrolled, None),
        (64, 80, 24, Change::Nothing, Some(0.1)),
        (16, 200, 50, Change::Everything, Some(1.7)),
        (16, 200, 50, Change::OneRow, None),
        (1, 200, 50, Change::Everything, None),
    ];
    let only: Option<String> = std::env::args().skip(1).find(|arg| !arg.starts_with("--"));
    for (panes, columns, rows, change, bar) in table {
        let name = name(panes, columns, rows, change);
        if only.as_ref().is_some_and(|only| !name.contains(only)) {
            continue;
        }
        measure(&gpu, panes, columns, rows, change, bar);
    }
}

/// Returns how long this thread was on the processor.
fn now() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

fn measure(gpu: &Gpu, panes: usize, columns: u16, rows: usize, change: Change, bar: Option<f64>) {
    let (device, queue) = (gpu.device.clone(), gpu.queue.clone());
    let mut renderer =
        Renderer::new(device, queue, Offscreen::FORMAT, FontSpec::default()).unwrap();
    let metrics = renderer.metrics();
    let size_px = [
        metrics.width_px * u32::from(columns),
        metrics.height_px * rows as u32,
    ];
    // A corner of the panes: how long a software driver fills pixels is not the question, and its
    // work between frames would leave nothing of ours in the caches.
    let offscreen = Offscreen::new(gpu, [16, 16]).unwrap();
    // Rows come decoded from the host; making them is not measured.
    let kinds: [Vec<Vec<Arc<Row>>>; 2] = [0, 1].map(|kind| {
        (0..panes)
            .map(|pane| {
                (0..rows)
                    .map(|row| Arc::new(printed(kind * 7919 + pane * 131 + row, columns)))
                    .collect()
            })
            .collect()
    });
    let mut all: Vec<Pane> = (0..panes)
        .map(|pane| Pane {
            cache: PaneCache::new(),
            rows: kinds[0][pane].clone(),
        })
        .collect();
    let colors = Colors::default();
    let mut draws: Vec<(PaneDraw, [u32; 4])> = Vec::new();
    let mut times: Vec<[Duration; 3]> = Vec::new();
    let mut counters = Counters::default();
    for frame in 0..FRAMES + 10 {
        for (n, pane) in all.iter_mut().enumerate() {
            let other = &kinds[(frame + 1) % 2][n];
            match change {
                Change::Everything => pane.rows.clone_from(other),
                Change::OneRow => {
                    pane.rows[(frame / 2) % rows] = Arc::clone(&other[(frame / 2) % rows])
                }
                Change::Scrolled => {
                    pane.rows.remove(0);
                    pane.rows
                        .push(Arc::clone(&kinds[frame / rows % 2][n][frame % rows]));
                }
                Change::Nothing => {}
            }
        }
        draws.clear();
        let start = now();
        renderer.begin();
        for (n, pane) in all.iter_mut().enumerate() {
            let view = PaneView {
                rows: &pane.rows,
                columns,
                origin_px: [0, 0],
                size_px,
                cursor: Some(CursorView {
                    col: n as u16 % columns,
                    row: rows as u16 - 1,
                    shape: CursorShape::Block,
                    style: CursorStyle::Focused,
                }),
                spans: &[],
                images: &[],
                colors: &colors,
                palette: &[],
                reverse: false,
                dim: n > 0,
                blink_on: true,
            };
            let draw = renderer.pane(&mut pane.cache, &view);
            draws.push((draw, [0, 0, size_px[0], size_px[1]]));
        }
        let built = now();
        renderer.finish();
        let sent = now();
        offscreen.draw(&draws);
        let done = now();
        if frame >= 10 {
            times.push([built - start, sent - built, done - sent]);
            counters = renderer.counters();
        }
        gpu.device
            .poll(wgpu::PollType::wait_indefinitely())
            .unwrap();
    }
    let expected = match change {
        Change::Everything => panes * rows,
        Change::OneRow | Change::Scrolled => panes,
        Change::Nothing => 0,
    };
    assert_eq!(counters.rows_built, expected as u64);
    let median = |part: &dyn Fn(&[Duration; 3]) -> Duration| {
        let mut sorted: Vec<Duration> = times.iter().map(part).collect();
        sorted.sort_unstable();
        let millis = |n: usize| sorted[n].as_secs_f64() * 1000.0;
        (millis(sorted.len() / 2), millis(0))
    };
    let (whole, fastest) = median(&|t| t.iter().sum());
    let name = name(panes, columns, rows, change);
    println!(
        "{name:<34} {:>8.3} {:>8.3} {:>8.3} {whole:>8.3} {fastest:>9.3} {:>8.1}  {:>6}",
        median(&|t| t[0]).0,
        median(&|t| t[1]).0,
        median(&|t| t[2]).0,
        counters.bytes_uploaded as f64 / 1024.0,
        bar.map(|bar| format!("{bar}")).unwrap_or_default(),
    );
}

fn name(panes: usize, columns: u16, rows: usize, change: Change) -> String {
    let change = match change {
        Change::Everything => "every row changed",
        Change::OneRow => "one row each",
        Change::Scrolled => "scrolled by one",
        Change::Nothing => "nothing changed",
    };
    format!("{panes} x {columns}x{rows} {change}")
}

/// Returns a full row that looks like what a program prints: words, some in colour.
fn printed(seed: usize, columns: u16) -> Row {
    let mut row = Row::default();
    let mut left = usize::from(columns);
    for word in 0.. {
        let cells = (3 + (seed * 7 + word * 5) % 8).min(left);
        for n in 0..cells {
            let letter = (seed + word * 3 + n) % 94;
            let last = n + 1 == cells;
            row.text.push(if last {
                ' '
            } else {
                char::from(b'!' + letter as u8)
            });
        }
        let mut style = Style::default();
        if word % 4 == 0 {
            style.fg = Color::Indexed((seed % 16) as u8);
        }
        if word % 7 == 3 {
            style.attrs.insert(Attrs::BOLD);
        }
        if word % 11 == 5 {
            style.bg = Color::Indexed((seed % 8) as u8);
        }
        match row.runs.last_mut() {
            Some(run) if run.style == style => run.cells += cells as u16,
            _ => row.runs.push(Run {
                cells: cells as u16,
                style,
            }),
        }
        left -= cells;
        if left == 0 {
            return row;
        }
    }
    row
}
