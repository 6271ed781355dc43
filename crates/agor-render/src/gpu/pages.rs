//! The instances of all panes: buffers of a few MiB with a copy of each, in which panes hold
//! spans. A further buffer is added when one is full, so nothing that was handed out ever moves.

use std::ops::Range;
use std::sync::{Arc, Mutex};

use super::instance::Instance;
use super::staging::Staging;

/// Instances in a page, 4 MiB; a pane that needs more gets a page of its own.
const PAGE_INSTANCES: u32 = 1 << 18;
/// Changed spans so near to each other are sent in one write.
const GAP_INSTANCES: u32 = 8;
/// Up to so many changed spans are written through the queue: two microseconds each, but no
/// submission of their own. Measured with 64: 0.17 ms, against 0.23 through memory of ours.
const WRITES_MAX: usize = 160;
/// As long as they are small together.
const WRITE_BYTES_MAX: u64 = 160 << 10;

/// A part of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Span {
    pub page: usize,
    pub range: Range<u32>,
}

/// Free parts of something that is counted in units.
#[derive(Debug)]
pub(crate) struct Extents {
    free: Vec<Range<u32>>,
    len: u32,
}

impl Extents {
    pub fn new(len: u32) -> Self {
        Self {
            free: std::iter::once(0..len).collect(),
            len,
        }
    }

    pub fn len(&self) -> u32 {
        self.len
    }

    /// Adds units at the end.
    pub fn grow(&mut self, len: u32) {
        let added = self.len..len;
        self.len = len;
        self.give(added);
    }

    /// Takes `count` units side by side, from the first place with room.
    pub fn take(&mut self, count: u32) -> Option<Range<u32>> {
        let n = self.free.iter().position(|r| r.end - r.start >= count)?;
        let start = self.free[n].start;
        self.free[n].start += count;
        if self.free[n].is_empty() {
            self.free.remove(n);
        }
        Some(start..start + count)
    }

    /// Gives back what was taken.
    pub fn give(&mut self, range: Range<u32>) {
        let n = self.free.partition_point(|r| r.start < range.start);
        self.free.insert(n, range);
        if n + 1 < self.free.len() && self.free[n].end == self.free[n + 1].start {
            self.free[n].end = self.free[n + 1].end;
            self.free.remove(n + 1);
        }
        if n > 0 && self.free[n - 1].end == self.free[n].start {
            self.free[n - 1].end = self.free[n].end;
            self.free.remove(n);
        }
    }

    fn is_free(&self) -> bool {
        self.free.len() == 1 && self.free[0] == (0..self.len)
    }
}

/// What a pane's cache holds of the renderer's buffers; given back when it is dropped.
pub(crate) struct Lease {
    pub instances: Span,
    pub block: Range<u32>,
    pub returns: Arc<Returns>,
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.returns
            .push(self.instances.clone(), self.block.clone());
    }
}

/// What dropped caches gave back; the renderer takes it up when it begins a frame.
#[derive(Debug, Default)]
pub(crate) struct Returns(Mutex<Vec<(Span, Range<u32>)>>);

impl Returns {
    fn push(&self, span: Span, block: Range<u32>) {
        if let Ok(mut returned) = self.0.lock() {
            returned.push((span, block));
        }
    }

    /// Moves what was returned to the end of `into`.
    pub fn drain(&self, into: &mut Vec<(Span, Range<u32>)>) {
        if let Ok(mut returned) = self.0.lock() {
            into.append(&mut returned);
        }
    }
}

struct Page {
    buffer: wgpu::Buffer,
    copy: Vec<Instance>,
    extents: Extents,
    dirty: Vec<Range<u32>>,
}

/// See the head of this file.
pub(crate) struct Pages {
    device: wgpu::Device,
    pages: Vec<Option<Page>>,
    staging: Staging,
}

impl Pages {
    pub fn new(device: &wgpu::Device) -> Self {
        Self {
            device: device.clone(),
            pages: Vec::new(),
            staging: Staging::new(),
        }
    }

    /// Returns the buffer of a page that holds a span.
    pub fn buffer(&self, page: usize) -> Option<&wgpu::Buffer> {
        self.pages.get(page)?.as_ref().map(|page| &page.buffer)
    }

    /// Returns how many bytes of the device's memory the pages take.
    pub fn device_bytes(&self) -> u64 {
        let pages = self.pages.iter().flatten();
        pages.map(|page| page.buffer.size()).sum()
    }

    /// Takes `count` instances side by side.
    pub fn take(&mut self, count: u32) -> Span {
        for (n, page) in self.pages.iter_mut().enumerate() {
            if let Some(page) = page
                && let Some(range) = page.extents.take(count)
            {
                return Span { page: n, range };
            }
        }
        let len = PAGE_INSTANCES.max(count);
        let mut page = Page {
            buffer: self.device.create_buffer(&wgpu::BufferDescriptor {
                label: Some("agor instances"),
                size: u64::from(len) * 16,
                usage: wgpu::BufferUsages::VERTEX | wgpu::BufferUsages::COPY_DST,
                mapped_at_creation: false,
            }),
            copy: vec![[0; 4]; len as usize],
            extents: Extents::new(len),
            dirty: Vec::new(),
        };
        let range = page
            .extents
            .take(count)
            .expect("a new page has room for it");
        let place = self.pages.iter().position(Option::is_none);
        let n = place.unwrap_or_else(|| {
            self.pages.push(None);
            self.pages.len() - 1
        });
        self.pages[n] = Some(page);
        Span { page: n, range }
    }

    /// Gives a span back. A page that nobody uses goes, unless it is the only one.
    pub fn give(&mut self, span: Span) {
        let several = self.pages.iter().flatten().count() > 1;
        if let Some(place) = self.pages.get_mut(span.page)
            && let Some(page) = place
        {
            page.extents.give(span.range);
            if several && page.extents.is_free() {
                *place = None;
            }
        }
    }

    /// Returns the instances `range` of `span`, to be overwritten.
    pub fn write(&mut self, span: &Span, range: Range<u32>) -> &mut [Instance] {
        let range = span.range.start + range.start..span.range.start + range.end;
        let Some(Some(page)) = self.pages.get_mut(span.page) else {
            return &mut [];
        };
        match page.dirty.last_mut() {
            Some(last) if range.start <= last.end && range.end >= last.start => {
                *last = last.start.min(range.start)..last.end.max(range.end);
            }
            _ if range.is_empty() => {}
            _ => page.dirty.push(range.clone()),
        }
        page.copy
            .get_mut(range.start as usize..range.end as usize)
            .unwrap_or_default()
    }

    /// Copies instances from one span to another.
    pub fn copy(
        &mut self,
        from: (&Span, u32),
        to: (&Span, u32),
        count: u32,
        scratch: &mut Vec<Instance>,
    ) {
        scratch.clear();
        let start = (from.0.range.start + from.1) as usize;
        if let Some(Some(page)) = self.pages.get(from.0.page)
            && let Some(old) = page.copy.get(start..start + count as usize)
        {
            scratch.extend_from_slice(old);
        }
        let new = self.write(to.0, to.1..to.1 + count);
        if new.len() == scratch.len() {
            new.copy_from_slice(scratch);
        }
    }

    /// Sends what changed; returns its bytes.
    pub fn upload(&mut self, queue: &wgpu::Queue) -> u64 {
        let (mut spans, mut bytes) = (0, 0);
        for page in self.pages.iter_mut().flatten() {
            page.dirty.sort_unstable_by_key(|range| range.start);
            page.dirty.dedup_by(|next, last| {
                let near = next.start <= last.end + GAP_INSTANCES;
                if near {
                    last.end = last.end.max(next.end);
                }
                near
            });
            spans += page.dirty.len();
            bytes += page
                .dirty
                .iter()
                .map(|range| u64::from(range.end - range.start) * 16)
                .sum::<u64>();
        }
        if spans > WRITES_MAX || bytes > WRITE_BYTES_MAX {
            self.upload_staged(queue, bytes);
            return bytes;
        }
        for page in self.pages.iter_mut().flatten() {
            for range in page.dirty.drain(..) {
                let part = &page.copy[range.start as usize..range.end as usize];
                let to = u64::from(range.start) * 16;
                queue.write_buffer(&page.buffer, to, bytemuck::cast_slice(part));
            }
        }
        bytes
    }

    /// Sends `bytes` in one piece, to be copied to their places by the device.
    fn upload_staged(&mut self, queue: &wgpu::Queue, bytes: u64) {
        let buffer = self.staging.take(&self.device, bytes);
        let descriptor = wgpu::CommandEncoderDescriptor::default();
        let mut encoder = self.device.create_command_encoder(&descriptor);
        let mut from = 0;
        if let Ok(mut mapped) = buffer.get_mapped_range_mut(..bytes) {
            for page in self.pages.iter_mut().flatten() {
                for range in page.dirty.drain(..) {
                    let part = &page.copy[range.start as usize..range.end as usize];
                    let part: &[u8] = bytemuck::cast_slice(part);
                    mapped.slice(from..from + part.len()).copy_from_slice(part);
                    encoder.copy_buffer_to_buffer(
                        &buffer,
                        from as u64,
                        &page.buffer,
                        u64::from(range.start) * 16,
                        part.len() as u64,
                    );
                    from += part.len();
                }
            }
        }
        buffer.unmap();
        self.staging.give(&encoder, buffer);
        queue.submit([encoder.finish()]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_given_back_joins_its_neighbours() {
        let mut extents = Extents::new(100);
        let parts: Vec<_> = (0..10).map(|_| extents.take(10).unwrap()).collect();
        assert_eq!(extents.take(1), None);
        for n in [3, 5, 4, 0, 9, 8, 1, 2, 7, 6] {
            extents.give(parts[n].clone());
        }
        assert!(extents.is_free());
        extents.grow(150);
        assert_eq!(extents.take(150), Some(0..150));
    }
}
