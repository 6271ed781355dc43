//! The block of each pane: where it stands, where its rows stand, its cursor. One buffer for all.

use std::ops::Range;

use super::pages::Extents;

/// Bytes that a draw binds: the shader's `Pane`.
pub(crate) const BLOCK_BYTES: u64 = 4096;
/// Bytes before the tops of the rows.
const HEAD_BYTES: usize = 48;
/// The most rows of a pane that are drawn.
pub(crate) const ROWS_MAX: usize = (BLOCK_BYTES as usize - HEAD_BYTES) / 4;
/// Blocks begin at multiples of what every device allows.
const UNIT_BYTES: usize = 256;

/// What a pane's block says, apart from the tops of its rows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct PaneUniform {
    pub origin: [i32; 2],
    pub cell: [i32; 2],
    pub cursor_min: [i32; 2],
    pub cursor_max: [i32; 2],
    pub cursor_text: u32,
    pub veil: u32,
    pub size: [i32; 2],
}

impl PaneUniform {
    fn words(&self) -> [i32; 12] {
        let [a, b, c, d] = [self.origin, self.cell, self.cursor_min, self.cursor_max];
        [
            a[0],
            a[1],
            b[0],
            b[1],
            c[0],
            c[1],
            d[0],
            d[1],
            self.cursor_text.cast_signed(),
            self.veil.cast_signed(),
            self.size[0],
            self.size[1],
        ]
    }
}

/// The buffer and its copy.
pub(crate) struct Uniforms {
    device: wgpu::Device,
    buffer: wgpu::Buffer,
    /// The copy, in words of 32 bits.
    words: Vec<i32>,
    units: Extents,
    dirty: Option<Range<usize>>,
    /// The buffer was replaced by a larger one since this was last cleared.
    pub grown: bool,
}

impl Uniforms {
    pub fn new(device: &wgpu::Device) -> Self {
        let units = 96;
        Self {
            buffer: buffer(device, units),
            device: device.clone(),
            words: vec![0; words(units)],
            units: Extents::new(units as u32),
            dirty: None,
            grown: false,
        }
    }

    pub fn buffer(&self) -> &wgpu::Buffer {
        &self.buffer
    }

    /// Returns the units of a block for `rows` rows.
    pub fn take(&mut self, rows: usize) -> Range<u32> {
        let units = (HEAD_BYTES + rows.min(ROWS_MAX) * 4).div_ceil(UNIT_BYTES) as u32;
        if let Some(taken) = self.units.take(units) {
            return taken;
        }
        let all = (self.units.len() * 2).max(self.units.len() + units);
        self.units.grow(all);
        self.words.resize(words(all as usize), 0);
        self.buffer = buffer(&self.device, all as usize);
        self.dirty = Some(0..self.words.len());
        self.grown = true;
        self.units
            .take(units)
            .expect("what was added has room for it")
    }

    /// Says whether a block has room for `rows` rows.
    pub fn holds(units: &Range<u32>, rows: usize) -> bool {
        HEAD_BYTES + rows.min(ROWS_MAX) * 4 <= units.len() * UNIT_BYTES
    }

    pub fn give(&mut self, units: Range<u32>) {
        self.units.give(units);
    }

    /// Returns the offset at which a draw binds the block.
    pub fn offset(units: &Range<u32>) -> u32 {
        units.start * UNIT_BYTES as u32
    }

    /// Writes a block; only what differs is sent.
    pub fn write(&mut self, units: &Range<u32>, pane: &PaneUniform, tops: &[i32]) {
        let start = units.start as usize * UNIT_BYTES / 4;
        let room = units.len() * UNIT_BYTES / 4;
        let head = pane.words();
        let tops = &tops[..tops.len().min(room - head.len())];
        let Some(block) = self.words.get_mut(start..start + head.len() + tops.len()) else {
            return;
        };
        let (old_head, old_tops) = block.split_at_mut(head.len());
        let changed = match (*old_head != head, *old_tops != *tops) {
            (false, false) => return,
            (true, false) => 0..head.len(),
            (false, true) => head.len()..head.len() + tops.len(),
            (true, true) => 0..head.len() + tops.len(),
        };
        old_head.copy_from_slice(&head);
        old_tops.copy_from_slice(tops);
        let changed = start + changed.start..start + changed.end;
        self.dirty = Some(match self.dirty.take() {
            Some(dirty) => dirty.start.min(changed.start)..dirty.end.max(changed.end),
            None => changed,
        });
    }

    /// Sends what changed, in one write; returns its bytes.
    pub fn upload(&mut self, queue: &wgpu::Queue) -> u64 {
        let Some(dirty) = self.dirty.take() else {
            return 0;
        };
        let words = &self.words[dirty.clone()];
        queue.write_buffer(
            &self.buffer,
            dirty.start as u64 * 4,
            bytemuck::cast_slice(words),
        );
        words.len() as u64 * 4
    }
}

/// A draw binds as many bytes for a small pane as for a large one: the buffer goes on behind the
/// last block.
fn words(units: usize) -> usize {
    (units * UNIT_BYTES + BLOCK_BYTES as usize) / 4
}

fn buffer(device: &wgpu::Device, units: usize) -> wgpu::Buffer {
    device.create_buffer(&wgpu::BufferDescriptor {
        label: Some("agor panes"),
        size: words(units) as u64 * 4,
        usage: wgpu::BufferUsages::UNIFORM | wgpu::BufferUsages::COPY_DST,
        mapped_at_creation: false,
    })
}
