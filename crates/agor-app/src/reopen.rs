//! Whether the window is to be opened again: its graphics device was lost (a driver that was updated or
//! has crashed, a graphics card that was taken out), or its person asked. What it shows is the host's, so a new one
//! shows the same.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};

use agor_core::cli::Again;

use crate::wake::Wake;

const ASKED: u8 = 1;
const LOST: u8 = 2;

/// A handle, which whatever notices sets and the event loop reads. Clones are equal.
#[derive(Debug, Clone, Default)]
pub struct Reopen(Arc<AtomicU8>);

impl Reopen {
    /// Returns why the window is to be opened again, if it is.
    #[must_use]
    pub fn wanted(&self) -> Option<Again> {
        match self.0.load(Ordering::Acquire) {
            0 => None,
            ASKED => Some(Again::Asked),
            _ => Some(Again::DeviceLost),
        }
    }

    /// Has it opened again.
    pub fn ask(&self) {
        self.0.fetch_max(ASKED, Ordering::AcqRel);
    }

    /// Has it opened again when `device` is lost or has no memory left; `wake` is how the event loop learns of it.
    pub fn watch(&self, device: &wgpu::Device, wake: &Wake) {
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
        self.0.store(LOST, Ordering::Release);
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
