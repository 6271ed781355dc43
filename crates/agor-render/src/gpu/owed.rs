//! What has to happen before a pass that draws: changes that were sent go where they belong. It goes into the commands
//! of whoever draws first, since commands of its own cost as much as all else of sending. Commands may be dropped
//! instead of submitted, as egui's are for a window that has no surface to draw on; then it is still owed.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::SyncSender;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Changes that were sent, on the way to their places.
#[derive(Debug)]
pub(crate) enum Put {
    /// Spans of instances, each with its place beside it; the device does it (`scatter.wgsl`).
    Scatter {
        pipeline: wgpu::ComputePipeline,
        group: wgpu::BindGroup,
        spans: u32,
    },
    /// Parts of a buffer, which then is mapped again and goes back.
    Copy {
        from: wgpu::Buffer,
        parts: Vec<Part>,
        back: SyncSender<wgpu::Buffer>,
    },
}

/// A part of a buffer and its place, in bytes.
#[derive(Debug)]
pub(crate) struct Part {
    pub from: u64,
    pub to: wgpu::Buffer,
    pub at: u64,
    pub len: u64,
}

impl Put {
    fn record(&self, encoder: &mut wgpu::CommandEncoder) {
        match self {
            Self::Scatter {
                pipeline,
                group,
                spans,
            } => {
                let descriptor = wgpu::ComputePassDescriptor::default();
                let mut pass = encoder.begin_compute_pass(&descriptor);
                pass.set_pipeline(pipeline);
                pass.set_bind_group(0, group, &[]);
                pass.dispatch_workgroups(*spans, 1, 1);
            }
            Self::Copy { from, parts, back } => {
                for part in parts {
                    encoder.copy_buffer_to_buffer(from, part.from, &part.to, part.at, part.len);
                }
                let (mapped, back) = (from.clone(), back.clone());
                encoder.map_buffer_on_submit(from, wgpu::MapMode::Write, .., move |result| {
                    if result.is_ok() {
                        // Full: there are enough. Closed: the renderer is gone.
                        back.try_send(mapped).ok();
                    }
                });
            }
        }
    }
}

/// See the head of this file.
#[derive(Debug, Default)]
pub(crate) struct Owed(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// In the order in which they were sent.
    puts: Vec<Put>,
    /// How many of them, from the first, stand in somebody's commands.
    recorded: usize,
    /// Whether these were dropped.
    dropped: Arc<AtomicBool>,
}

/// Goes with commands; if they are not submitted it is dropped without having been told.
struct Token {
    dropped: Arc<AtomicBool>,
    submitted: bool,
}

impl Token {
    fn submitted(mut self) {
        self.submitted = true;
    }
}

impl Drop for Token {
    fn drop(&mut self) {
        if !self.submitted {
            self.dropped.store(true, Ordering::Release);
        }
    }
}

impl Owed {
    pub fn add(&self, put: Put) {
        self.state().puts.push(put);
    }

    /// Does what stands in nobody's commands, in some of its own. Who sends by the same way does this before.
    pub fn pay(&self, device: &wgpu::Device, queue: &wgpu::Queue) {
        let mut state = self.state();
        let recorded = state.recorded;
        if recorded == state.puts.len() {
            return;
        }
        let descriptor = wgpu::CommandEncoderDescriptor::default();
        let mut encoder = device.create_command_encoder(&descriptor);
        for put in state.puts.drain(recorded..) {
            put.record(&mut encoder);
        }
        drop(state);
        queue.submit([encoder.finish()]);
    }

    /// Puts what stands in nobody's commands yet into these.
    pub fn record(&self, encoder: &mut wgpu::CommandEncoder) {
        let mut state = self.state();
        if state.recorded == state.puts.len() {
            return;
        }
        for put in &state.puts[state.recorded..] {
            put.record(encoder);
        }
        state.recorded = state.puts.len();
        let token = Token {
            dropped: Arc::clone(&state.dropped),
            submitted: false,
        };
        encoder.on_submitted_work_done(move || token.submitted());
    }

    /// Forgets what was submitted. To be called when it is known what became of all commands that something was put
    /// into: nobody makes some in which a later frame draws.
    pub fn settle(&self) {
        let mut state = self.state();
        let recorded = std::mem::take(&mut state.recorded);
        if state.dropped.load(Ordering::Acquire) {
            // What is recorded from now on is another matter.
            state.dropped = Arc::default();
        } else {
            state.puts.drain(..recorded);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
