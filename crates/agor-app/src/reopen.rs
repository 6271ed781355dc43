//! Whether the window is to be opened again: its graphics device was lost (a driver that was updated or
//! has crashed, a graphics card that was taken out), or its person asked. What it shows is the host's, so a new one
//! shows the same.

use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::sync::{Arc, OnceLock};

use agor_core::cli::Again;

use crate::wake::Wake;

const TO_LOSE: u8 = 1;
const ASKED: u8 = 2;
const LOST: u8 = 3;

/// With this variable a debug build loses its device where it is asked to open its window again, within a frame if
/// its value is `drawing`: no test can have a driver crash.
const LOSES: &str = "AGOR_TEST_LOSE_DEVICE";

/// When a device is lost that a test asked to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// When a frame was submitted, which is when a driver is mostly found to have crashed.
    BetweenFrames,
    /// When it is known what a frame shows, and nothing of it was sent.
    Drawing,
}

/// A handle, which whatever notices sets and the event loop reads. Clones are equal.
#[derive(Debug, Clone, Default)]
pub struct Reopen {
    why: Arc<AtomicU8>,
    /// The device that is lost when it is asked for, and when then.
    to_lose: Arc<OnceLock<(wgpu::Device, Moment)>>,
}

impl Reopen {
    /// Returns why the window is to be opened again, if it is.
    #[must_use]
    pub fn wanted(&self) -> Option<Again> {
        match self.why.load(Ordering::Acquire) {
            0 | TO_LOSE => None,
            ASKED => Some(Again::Asked),
            _ => Some(Again::DeviceLost),
        }
    }

    /// Has it opened again.
    pub fn ask(&self) {
        let why = self.to_lose.get().map_or(ASKED, |_| TO_LOSE);
        self.why.fetch_max(why, Ordering::AcqRel);
    }

    /// Loses the device if a test asked for that, at such a moment.
    pub fn lose_if_asked(&self, now: Moment) {
        if self.why.load(Ordering::Acquire) == TO_LOSE
            && let Some((device, moment)) = self.to_lose.get()
            && *moment == now
        {
            device.destroy();
            // It tells of its loss when all that was submitted is done.
            device.poll(wgpu::PollType::wait_indefinitely()).ok(); // It is lost.
        }
    }

    /// Has it opened again when `device` is lost or has no memory left; `wake` is how the event loop learns of it.
    pub fn watch(&self, device: &wgpu::Device, wake: &Wake) {
        if cfg!(debug_assertions)
            && let Some(value) = std::env::var_os(LOSES)
        {
            let moment = match value == "drawing" {
                true => Moment::Drawing,
                false => Moment::BetweenFrames,
            };
            // A process opens one window, with one device.
            self.to_lose.set((device.clone(), moment)).ok();
        }
        let (reopen, waking) = (self.clone(), wake.clone());
        device.set_device_lost_callback(move |reason, message| {
            tracing::error!(
                ?reason,
                message,
                "the graphics device is lost: opening the window again"
            );
            reopen.lost(&waking);
        });
        let (reopen, waking) = (self.clone(), wake.clone());
        let told = AtomicBool::new(false);
        device.on_uncaptured_error(Arc::new(move |error: wgpu::Error| match error {
            wgpu::Error::OutOfMemory { .. } => {
                tracing::error!(%error, "graphics memory is full: opening the window again");
                reopen.lost(&waking);
            }
            // A mistake of ours. What it was to draw is missing; the window goes on. One that is made in each
            // frame is told once.
            _ if !told.swap(true, Ordering::AcqRel) => {
                tracing::error!(%error, "the graphics driver refused something");
            }
            _ => {}
        }));
    }

    fn lost(&self, wake: &Wake) {
        self.why.store(LOST, Ordering::Release);
        wake.now();
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use agor_render::{Colors, FontSpec, Gpu, Offscreen, PaneCache, PaneView, Renderer};

    use super::*;

    #[test]
    fn a_device_that_is_lost_has_the_window_opened_again_and_what_still_draws_on_it_does_not_fail()
    {
        let gpu = pollster::block_on(Gpu::open(true)).expect("software Vulkan");
        let (reopen, wake) = (Reopen::default(), Wake::default());
        reopen.watch(&gpu.device, &wake);
        let (device, queue) = (gpu.device.clone(), gpu.queue.clone());
        let mut renderer =
            Renderer::new(device, queue, Offscreen::FORMAT, FontSpec::default()).unwrap();
        let mut cache = PaneCache::new();
        let mut draw = |text: &str| {
            let row = agor_proto::row::Row {
                text: text.into(),
                ..Default::default()
            };
            let rows = [Arc::new(row)];
            renderer.begin();
            renderer.pane(
                &mut cache,
                &PaneView {
                    rows: &rows,
                    columns: 80,
                    origin_px: [0, 0],
                    clip_px: None,
                    size_px: [640, 16],
                    cursor: None,
                    spans: &[],
                    images: &[],
                    colors: &Colors::default(),
                    palette: &[],
                    reverse: false,
                    dim: false,
                    blink_on: true,
                },
            );
            renderer.finish();
            gpu.device.poll(wgpu::PollType::Poll).ok(); // It may be lost.
        };
        draw("before");
        assert_eq!(reopen.wanted(), None);
        gpu.device.destroy();
        draw("after");
        assert_eq!(reopen.wanted(), Some(Again::DeviceLost));
        // Whoever waits for something to happen is woken.
        let waited = std::time::Instant::now();
        wake.wait(Duration::from_secs(60));
        assert!(waited.elapsed() < Duration::from_secs(30));
    }

    #[test]
    fn a_loss_counts_for_more_than_a_wish() {
        let reopen = Reopen::default();
        reopen.ask();
        assert_eq!(reopen.wanted(), Some(Again::Asked));
        reopen.lost(&Wake::default());
        reopen.ask();
        assert_eq!(reopen.wanted(), Some(Again::DeviceLost));
    }
}
