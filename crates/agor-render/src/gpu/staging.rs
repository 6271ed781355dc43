//! Memory that the device reads changes from. Buffers stay mapped between frames: a write through
//! the queue gets fresh memory each time, and having the system clear that takes longer than
//! filling it.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

/// Buffers kept for later frames; more are dropped when the device is done with them.
const KEPT_MAX: usize = 6;
/// The smallest buffer.
const SIZE_MIN: u64 = 1 << 16;

/// See the head of this file.
pub(super) struct Staging {
    ready: Vec<wgpu::Buffer>,
    sender: SyncSender<wgpu::Buffer>,
    receiver: Receiver<wgpu::Buffer>,
}

impl Staging {
    pub fn new() -> Self {
        let (sender, receiver) = sync_channel(KEPT_MAX);
        Self {
            ready: Vec::with_capacity(KEPT_MAX),
            sender,
            receiver,
        }
    }

    /// Returns a mapped buffer of at least `size` bytes.
    pub fn take(&mut self, device: &wgpu::Device, size: u64) -> wgpu::Buffer {
        while let Ok(buffer) = self.receiver.try_recv() {
            if self.ready.len() == KEPT_MAX {
                // The smallest: a pane that was large once will be so again.
                self.ready.remove(0);
            }
            let place = self.ready.partition_point(|b| b.size() < buffer.size());
            self.ready.insert(place, buffer);
        }
        if let Some(fitting) = self.ready.iter().position(|b| b.size() >= size) {
            return self.ready.remove(fitting);
        }
        device.create_buffer(&wgpu::BufferDescriptor {
            label: Some("agor changed instances"),
            size: size.next_power_of_two().max(SIZE_MIN),
            usage: wgpu::BufferUsages::COPY_SRC | wgpu::BufferUsages::MAP_WRITE,
            mapped_at_creation: true,
        })
    }

    /// Returns where a buffer goes back when it was read and is mapped again.
    pub fn back(&self) -> SyncSender<wgpu::Buffer> {
        self.sender.clone()
    }
}
