//! How long a graphics card takes for a frame: by the clock, from when it is submitted until it is drawn, on a screen
//! that has all of it in view.

use std::time::Instant;

use agor_render::{Colors, Gpu, Offscreen, PaneCache};

use crate::content::{Change, Content};
use crate::panes::{VIEWPORT_PX, pane, renderer};
use crate::{FRAMES, Times, WARM_UP};

const PANES: usize = 64;
/// Larger than any screen: eight panes beside each other, in eight rows.
const SCREEN_PX: [u32; 2] = [VIEWPORT_PX[0], 3200];

/// Returns what frames take of which every row changed.
pub fn measure(gpu: &Gpu) -> Times {
    let mut renderer = renderer(gpu);
    let offscreen = Offscreen::new(gpu, SCREEN_PX).unwrap();
    let mut content = Content::new(PANES, 80, 24, Change::Everything);
    let mut caches: Vec<PaneCache> = (0..PANES).map(|_| PaneCache::new()).collect();
    let colors = Colors::default();
    let mut times = Times {
        parts: &["submit", "draw"],
        ..Times::default()
    };
    let clock = Instant::now();
    for frame in 0..FRAMES + WARM_UP {
        content.step(frame);
        renderer.begin();
        let mut draws = renderer.list();
        for (n, (cache, rows)) in caches.iter_mut().zip(&content.panes).enumerate() {
            draws.push(pane(&mut renderer, cache, rows, 80, n, &colors));
        }
        let draws = renderer.together(draws);
        renderer.finish();
        let ready = clock.elapsed();
        offscreen.draw_together(&draws, SCREEN_PX);
        let submitted = clock.elapsed();
        gpu.device
            .poll(wgpu::PollType::wait_indefinitely())
            .unwrap();
        if frame >= WARM_UP {
            times.add(&[ready, submitted, clock.elapsed()]);
        }
    }
    times
}
