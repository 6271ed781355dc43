//! Panes as the program draws them.

use std::sync::Arc;

use agor_proto::row::Row;
use agor_proto::screen::CursorShape;
use agor_render::{
    CellMetrics, Colors, Counters, CursorStyle, CursorView, FontSpec, Gpu, Offscreen, PaneCache,
    PaneDraw, PaneView, Renderer,
};
use allocation_counter::AllocationInfo;

use crate::content::{Change, Content};
use crate::{FRAMES, Times, WARM_UP, now};

/// What the panes lie in, side by side.
pub const VIEWPORT_PX: [u32; 2] = [5200, 6400];

/// Returns what frames of `content` cost.
pub fn measure(gpu: &Gpu, content: &mut Content, columns: u16, font: FontSpec) -> Times {
    let mut renderer = renderer(gpu);
    renderer.set_font(font);
    // A corner of the panes: how long a software driver fills pixels is not the question, and its
    // work between frames would leave nothing of ours in the caches.
    let offscreen = Offscreen::new(gpu, [16, 16]).unwrap();
    let mut caches: Vec<PaneCache> = content.panes.iter().map(|_| PaneCache::new()).collect();
    let colors = Colors::default();
    let mut times = Times {
        parts: &["build", "upload", "submit"],
        ..Times::default()
    };
    let (mut counters, mut calls) = (Counters::default(), 0);
    let mut allocated = AllocationInfo::default();
    for frame in 0..FRAMES + WARM_UP {
        content.step(frame);
        let start = now();
        renderer.begin();
        let mut draws = renderer.list();
        let building = allocation_counter::measure(|| {
            for (n, (cache, rows)) in caches.iter_mut().zip(&content.panes).enumerate() {
                draws.push(pane(&mut renderer, cache, rows, columns, n, &colors));
            }
        });
        let built = now();
        let mut together = None;
        let gathering = allocation_counter::measure(|| {
            together = Some(renderer.together(std::mem::take(&mut draws)));
        });
        let draws = together.unwrap();
        renderer.finish();
        let sent = now();
        offscreen.draw_together(&draws, VIEWPORT_PX);
        let done = now();
        if frame >= WARM_UP {
            times.add(&[start, built, sent, done]);
            counters = renderer.counters();
            calls = draws.calls();
            allocated += building;
            allocated += gathering;
        }
        gpu.device
            .poll(wgpu::PollType::wait_indefinitely())
            .unwrap();
    }
    assert_eq!(counters.rows_built, content.new_rows() as u64);
    assert_eq!(allocated.count_total, 0, "building allocates nothing");
    let kib = counters.bytes_uploaded as f64 / 1024.0;
    times.words = format!("; {kib:.1} KiB uploaded, {calls} calls, nothing allocated by building");
    times
}

/// Prints what a pane takes of memory, on both sides.
pub fn memory(gpu: &Gpu) {
    const PANES: usize = 64;
    let content = Content::new(PANES, 80, 24, Change::Nothing);
    let mut renderer = renderer(gpu);
    let colors = Colors::default();
    // With what all panes share, of which each is given its part.
    let mut draw = |caches: &mut [PaneCache]| {
        renderer.begin();
        for (n, (cache, rows)) in caches.iter_mut().zip(&content.panes).enumerate() {
            pane(&mut renderer, cache, rows, 80, n, &colors);
        }
        renderer.finish();
        renderer.device_bytes()
    };
    let (mut caches, mut device) = (Vec::new(), 0);
    let heap = allocation_counter::measure(|| {
        caches.resize_with(PANES, PaneCache::new);
        device = draw(&mut caches);
    });
    let kib = |bytes: u64| bytes as f64 / PANES as f64 / 1024.0;
    let (heap, device) = (kib(heap.bytes_current.max(0) as u64), kib(device));
    println!("  {heap:.1} KiB of ours and {device:.1} KiB of the device's");
    let value = heap + device;
    println!("{{\"case\":\"memory of a pane 80x24\",\"value\":{value:.1},\"unit\":\"KiB\"}}");
}

pub fn renderer(gpu: &Gpu) -> Renderer {
    let (device, queue) = (gpu.device.clone(), gpu.queue.clone());
    Renderer::new(device, queue, Offscreen::FORMAT, FontSpec::default()).unwrap()
}

/// Names a pane of the frame.
pub fn pane(
    renderer: &mut Renderer,
    cache: &mut PaneCache,
    rows: &[Arc<Row>],
    columns: u16,
    n: usize,
    colors: &Colors,
) -> PaneDraw {
    let view = view(renderer.metrics(), rows, columns, n, colors);
    renderer.pane(cache, &view)
}

/// Returns pane `n` of those that lie side by side.
pub fn view<'a>(
    metrics: CellMetrics,
    rows: &'a [Arc<Row>],
    columns: u16,
    n: usize,
    colors: &'a Colors,
) -> PaneView<'a> {
    let size_px = [
        metrics.width_px * u32::from(columns),
        metrics.height_px * rows.len() as u32,
    ];
    let across = (VIEWPORT_PX[0] / size_px[0]).max(1);
    let n = n as u32;
    let origin_px = [n % across * size_px[0], n / across * size_px[1]];
    PaneView {
        rows,
        columns,
        origin_px: origin_px.map(u32::cast_signed),
        size_px,
        clip_px: None,
        cursor: Some(CursorView {
            col: n as u16 % columns,
            row: rows.len() as u16 - 1,
            shape: CursorShape::Block,
            style: CursorStyle::Focused,
        }),
        spans: &[],
        images: &[],
        colors,
        palette: &[],
        reverse: false,
        dim: n > 0,
        blink_on: true,
    }
}
