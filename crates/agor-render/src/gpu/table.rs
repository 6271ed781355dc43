//! The table of panes: where each stands, where its rows stand, its cursor. One texture for all, because every
//! device has textures of integers and not every one buffers that a vertex may read anywhere.
//!
//! A pane has a block of units; a unit is 64 words. The first 16 words are the pane's head, and each further
//! one says of a slot where its row stands and how many units it is back to the head:
//! ```text
//! top, signed 16 bits, in pixels from the pane's first row | units back to the head << 16
//! ```
//! A slot's number is the number of its word, so whoever has it finds everything.

use std::ops::Range;

use super::Slot;
use super::instance::SLOTS_MAX;
use super::pages::Extents;

/// Words of a unit.
const UNIT: usize = 64;
/// Words before those of the slots.
const HEAD: usize = 16;
/// Words of a texel.
const TEXEL: usize = 4;
/// Texels of a row of the texture.
const WIDTH: usize = 1024;
/// Units of a row of the texture.
const ROW_UNITS: u32 = (WIDTH * TEXEL / UNIT) as u32;
/// Changed words so near to each other are sent in one write: two units, so that what panes of changed rows send
/// together is less than their rows take.
const GAP: usize = 2 * UNIT;
/// More parts than this are sent as one, with what lies between them: each write takes memory of its own.
const WRITES_MAX: usize = 16;
/// Rows of the texture at first.
const ROWS: u32 = 2;
/// The most rows of a pane that are drawn.
pub(crate) const ROWS_MAX: usize = 1012;
/// Where a slot stands that no row on the screen uses.
pub(crate) const NOWHERE: i32 = i16::MIN as i32;

/// What a pane's block says, apart from its slots.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct PaneHead {
    pub origin: [i32; 2],
    pub cell: [i32; 2],
    pub cursor_min: [i32; 2],
    pub cursor_max: [i32; 2],
    pub cursor_text: u32,
    pub veil: u32,
    pub size: [i32; 2],
    /// Left, top, right and bottom of what may be drawn, in the viewport.
    pub clip: [i32; 4],
}

impl PaneHead {
    fn words(&self) -> [i32; HEAD] {
        let mut words = [0; HEAD];
        let pairs = [self.origin, self.cell, self.cursor_min, self.cursor_max];
        words[..8].copy_from_slice(pairs.as_flattened());
        words[8] = self.cursor_text.cast_signed();
        words[9] = self.veil.cast_signed();
        words[10..12].copy_from_slice(&self.size);
        words[12..].copy_from_slice(&self.clip);
        words
    }
}

/// Returns a slot of a block: 0 is the pane's own, those of rows follow.
pub(crate) fn slot(block: &Range<u32>, number: usize) -> Slot {
    Slot::new(block.start * UNIT as u32 + (HEAD + number) as u32)
}

/// Says whether a block has room for `slots` slots.
pub(crate) fn holds(block: &Range<u32>, slots: usize) -> bool {
    units(slots) <= block.end - block.start
}

fn units(slots: usize) -> u32 {
    (HEAD + slots).div_ceil(UNIT) as u32
}

/// The texture and its copy.
pub(crate) struct Table {
    device: wgpu::Device,
    texture: wgpu::Texture,
    words: Vec<i32>,
    units: Extents,
    /// Words that differ from the texture's, in no order.
    dirty: Vec<Range<usize>>,
    /// The texture was replaced by a larger one since this was last cleared.
    pub grown: bool,
}

impl Table {
    pub fn new(device: &wgpu::Device) -> Self {
        Self {
            texture: texture(device, ROWS),
            device: device.clone(),
            words: vec![0; words(ROWS)],
            units: Extents::new(ROWS * ROW_UNITS),
            dirty: Vec::new(),
            grown: false,
        }
    }

    pub fn view(&self) -> wgpu::TextureView {
        self.texture
            .create_view(&wgpu::TextureViewDescriptor::default())
    }

    /// Returns the bytes of the texture.
    pub fn device_bytes(&self) -> u64 {
        self.words.len() as u64 * 4
    }

    /// Returns a block for `slots` slots; `None` if an instance could not say where it is.
    pub fn take(&mut self, slots: usize) -> Option<Range<u32>> {
        let units = units(slots);
        if let Some(taken) = self.units.take(units) {
            return Some(taken);
        }
        let most = (SLOTS_MAX / UNIT as u32).min(
            self.device
                .limits()
                .max_texture_dimension_2d
                .saturating_mul(ROW_UNITS),
        );
        let wanted = (self.units.len() + units).max(self.units.len() * 2);
        let rows = wanted.min(most).div_ceil(ROW_UNITS);
        if rows * ROW_UNITS < self.units.len() + units {
            return None;
        }
        self.units.grow(rows * ROW_UNITS);
        self.words.resize(words(rows), 0);
        self.texture = texture(&self.device, rows);
        self.dirty.clear();
        self.dirty.push(0..self.words.len());
        self.grown = true;
        self.units.take(units)
    }

    pub fn give(&mut self, block: Range<u32>) {
        self.units.give(block);
    }

    /// Writes a block; only what differs is sent. `tops` has the top of each slot.
    pub fn write(&mut self, block: &Range<u32>, head: &PaneHead, tops: &[i32]) {
        let start = block.start as usize * UNIT;
        let end = block.end as usize * UNIT;
        let Some(words) = self.words.get_mut(start..end) else {
            return;
        };
        let (mut first, mut last) = (usize::MAX, 0);
        let mut set = |at: usize, word: &mut i32, wanted: i32| {
            if *word != wanted {
                *word = wanted;
                first = first.min(at);
                last = at + 1;
            }
        };
        let Some((heads, slots)) = words.split_at_mut_checked(HEAD) else {
            return;
        };
        // Mostly a pane stays where it is, and so does its cursor.
        let wanted = head.words();
        if *heads != wanted {
            for (at, (word, wanted)) in heads.iter_mut().zip(wanted).enumerate() {
                set(at, word, wanted);
            }
        }
        for (at, (word, top)) in (HEAD..).zip(slots.iter_mut().zip(tops)) {
            let top = (*top).clamp(NOWHERE, i16::MAX.into()) & 0xffff;
            set(at, word, top | ((at / UNIT) as i32) << 16);
        }
        if last > 0 {
            self.dirty.push(start + first..start + last);
        }
    }

    /// Sends what changed, in one write where it lies together or is in more than [`WRITES_MAX`] parts; returns its
    /// bytes.
    pub fn upload(&mut self, queue: &wgpu::Queue) -> u64 {
        self.dirty.sort_unstable_by_key(|part| part.start);
        self.dirty.dedup_by(|next, last| {
            let near = next.start <= last.end + GAP;
            if near {
                last.end = last.end.max(next.end);
            }
            near
        });
        if let ([first, .., last], true) = (&self.dirty[..], self.dirty.len() > WRITES_MAX) {
            let all = first.start..last.end;
            self.dirty.clear();
            self.dirty.push(all);
        }
        let mut bytes = 0;
        for part in self.dirty.drain(..) {
            let mut texels = part.start / TEXEL..part.end.div_ceil(TEXEL);
            while !texels.is_empty() {
                let x = texels.start % WIDTH;
                let width = texels.len().min(WIDTH - x);
                // Whole rows go at once.
                let rows = if x == 0 { texels.len() / WIDTH } else { 1 }.max(1);
                let count = (rows - 1) * WIDTH + width;
                let words = &self.words[texels.start * TEXEL..][..count * TEXEL];
                let origin = [x, texels.start / WIDTH];
                send(queue, &self.texture, words, origin, [width, rows]);
                bytes += words.len() as u64 * 4;
                texels.start += count;
            }
        }
        bytes
    }
}

/// Writes the rectangle of `size` texels at `origin`.
fn send(
    queue: &wgpu::Queue,
    texture: &wgpu::Texture,
    words: &[i32],
    origin: [usize; 2],
    size: [usize; 2],
) {
    let [x, y] = origin.map(|value| value as u32);
    let [width, height] = size.map(|value| value as u32);
    queue.write_texture(
        wgpu::TexelCopyTextureInfo {
            texture,
            mip_level: 0,
            origin: wgpu::Origin3d { x, y, z: 0 },
            aspect: wgpu::TextureAspect::All,
        },
        bytemuck::cast_slice(words),
        wgpu::TexelCopyBufferLayout {
            offset: 0,
            bytes_per_row: Some((WIDTH * TEXEL * 4) as u32),
            rows_per_image: None,
        },
        wgpu::Extent3d {
            width,
            height,
            depth_or_array_layers: 1,
        },
    );
}

fn words(rows: u32) -> usize {
    rows as usize * WIDTH * TEXEL
}

fn texture(device: &wgpu::Device, rows: u32) -> wgpu::Texture {
    device.create_texture(&wgpu::TextureDescriptor {
        label: Some("agor panes"),
        size: wgpu::Extent3d {
            width: WIDTH as u32,
            height: rows,
            depth_or_array_layers: 1,
        },
        mip_level_count: 1,
        sample_count: 1,
        dimension: wgpu::TextureDimension::D2,
        format: wgpu::TextureFormat::Rgba32Sint,
        usage: wgpu::TextureUsages::TEXTURE_BINDING | wgpu::TextureUsages::COPY_DST,
        view_formats: &[],
    })
}

#[cfg(test)]
mod tests {
    use super::super::Instance;
    use super::*;

    #[test]
    fn a_slot_leads_to_the_head_of_its_block() {
        let block = 70..73;
        for number in [0, 47, 48, 150] {
            let words = slot(&block, number).of(Instance::default());
            let index = (words[0] >> 16 | words[2] >> 26 << 16) as usize;
            let back = (HEAD + number) / UNIT;
            assert_eq!(index / UNIT - back, 70);
            assert_eq!(index - 70 * UNIT - HEAD, number);
        }
        assert!(holds(&block, 3 * UNIT - HEAD) && !holds(&block, 3 * UNIT - HEAD + 1));
    }
}
