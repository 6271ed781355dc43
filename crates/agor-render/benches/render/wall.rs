//! The wall: every session as a small picture of itself, most of which do not change.

use agor_render::{Colors, FontSpec, Gpu, Offscreen, PaneCache};

use crate::content::{Change, Content};
use crate::panes::{VIEWPORT_PX, pane, renderer};
use crate::{FRAMES, Times, WARM_UP, now};

const SESSIONS: usize = 256;
const CHANGING: usize = 10;

/// Three pixels a cell, which is less than letters take: blocks.
const SIZE_POINTS: f32 = 5.0;

/// Returns what frames of the wall cost.
pub fn measure(gpu: &Gpu) -> Times {
    let mut renderer = renderer(gpu);
    renderer.set_font(FontSpec {
        size_points: SIZE_POINTS,
        ..FontSpec::default()
    });
    let offscreen = Offscreen::new(gpu, [16, 16]).unwrap();
    let mut still = Content::new(SESSIONS - CHANGING, 80, 24, Change::Nothing);
    let mut changing = Content::new(CHANGING, 80, 24, Change::Everything);
    let mut caches: Vec<PaneCache> = (0..SESSIONS).map(|_| PaneCache::new()).collect();
    let colors = Colors::default();
    let mut times = Times {
        parts: &["build", "upload", "submit"],
        ..Times::default()
    };
    for frame in 0..FRAMES + WARM_UP {
        still.step(frame);
        changing.step(frame);
        let start = now();
        renderer.begin();
        let mut draws = renderer.list();
        let sessions = changing.panes.iter().chain(&still.panes);
        for (n, (cache, rows)) in caches.iter_mut().zip(sessions).enumerate() {
            draws.push(pane(&mut renderer, cache, rows, 80, n, &colors));
        }
        let built = now();
        let draws = renderer.together(draws);
        renderer.finish();
        let sent = now();
        offscreen.draw_together(&draws, VIEWPORT_PX);
        let done = now();
        if frame >= WARM_UP {
            times.add(&[start, built, sent, done]);
        }
        gpu.device
            .poll(wgpu::PollType::wait_indefinitely())
            .unwrap();
    }
    assert_eq!(renderer.counters().rows_built, (CHANGING * 24) as u64);
    times
}
