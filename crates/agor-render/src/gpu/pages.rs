//! The instances of all panes: buffers of a few MiB with a copy of each, in which panes hold
//! spans. A further buffer is added when one is full, so nothing that was handed out ever moves.

use std::ops::Range;
use std::sync::{Arc, Mutex};

use super::instance::Instance;
use super::owed::{Owed, Part, Put};
use super::scatter::{Delta, Scatter};
use super::staging::Staging;

/// Instances in a page, 4 MiB; a pane that needs more gets a page of its own.
const PAGE_INSTANCES: u32 = 1 << 18;
/// Changed spans so near to each other are sent in one write.
const GAP_INSTANCES: u32 = 8;
/// The same where more than [`PIECES_BYTES_MAX`] are sent and the device cannot put them in place by itself: one more
/// command that copies costs as much as so many instances more. It is the room that a pane has for more rectangles below its text.
const GAP_STAGED_INSTANCES: u32 = 96;
/// Up to so many changed spans are written through the queue, at some 3.5 µs each but without a submission of
/// their own; where the device cannot put them in place by itself, up to [`WRITES_MAX`].
const WRITES_FEW: usize = 8;
/// See [`WRITES_FEW`].
const WRITES_MAX: usize = 160;
/// More than so much is not sent in pieces.
const PIECES_BYTES_MAX: u64 = 160 << 10;

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
        self.take_from(0, count)
    }

    /// Takes `count` units side by side, from the first place with room that lies at `floor` or behind it.
    pub fn take_from(&mut self, floor: u32, count: u32) -> Option<Range<u32>> {
        let room = |free: &Range<u32>| free.end.saturating_sub(free.start.max(floor));
        let n = self.free.iter().position(|free| room(free) >= count)?;
        let Range { start: free, end } = self.free[n];
        let start = free.max(floor);
        let left = [free..start, start + count..end];
        self.free
            .splice(n..=n, left.into_iter().filter(|part| !part.is_empty()));
        Some(start..start + count)
    }

    /// Says whether nothing of a range is taken.
    fn has(&self, range: &Range<u32>) -> bool {
        let n = self.free.partition_point(|free| free.end < range.end);
        let free = self.free.get(n);
        range.is_empty() || free.is_some_and(|free| free.start <= range.start)
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
    /// Where its instances are, once there are any.
    pub instances: Option<Span>,
    /// Its block of the table of panes.
    pub block: Range<u32>,
    pub returns: Arc<Returns>,
}

impl Drop for Lease {
    fn drop(&mut self) {
        if let Ok(mut returned) = self.returns.0.lock() {
            returned.push((self.instances.take(), Some(self.block.clone())));
        }
    }
}

/// A span and a block that nobody uses any more.
pub(crate) type Unused = (Option<Span>, Option<Range<u32>>);

/// What dropped caches gave back; the renderer takes it up when it begins a frame.
#[derive(Debug, Default)]
pub(crate) struct Returns(Mutex<Vec<Unused>>);

impl Returns {
    /// Moves what was returned to the end of `into`.
    pub fn drain(&self, into: &mut Vec<Unused>) {
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
    delta: Option<Delta>,
    /// What lies before it and is free was drawn as nothing, together with its neighbours: in this frame, and
    /// in the one before, which a window may still have to draw. Nobody takes it meanwhile.
    drawn_to: [u32; 2],
}

/// See the head of this file.
pub(crate) struct Pages {
    device: wgpu::Device,
    pages: Vec<Option<Page>>,
    staging: Staging,
    scatter: Option<Scatter>,
}

impl Pages {
    pub fn new(device: &wgpu::Device) -> Self {
        Self {
            device: device.clone(),
            pages: Vec::new(),
            staging: Staging::new(),
            scatter: Scatter::new(device),
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
                && let Some(range) = {
                    let [this, last] = page.drawn_to;
                    page.extents.take_from(this.max(last), count)
                }
            {
                return Span { page: n, range };
            }
        }
        let len = PAGE_INSTANCES.max(count);
        let mut page = Page {
            buffer: self.device.create_buffer(&wgpu::BufferDescriptor {
                label: Some("agor instances"),
                size: u64::from(len) * 16,
                usage: match self.scatter {
                    Some(_) => wgpu::BufferUsages::STORAGE,
                    None => wgpu::BufferUsages::empty(),
                } | wgpu::BufferUsages::VERTEX
                    | wgpu::BufferUsages::COPY_DST,
                mapped_at_creation: false,
            }),
            copy: vec![[0; 4]; len as usize],
            extents: Extents::new(len),
            dirty: Vec::new(),
            delta: None,
            drawn_to: [0; 2],
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

    /// Begins a frame.
    pub fn begin(&mut self) {
        for page in self.pages.iter_mut().flatten() {
            page.drawn_to = [0, page.drawn_to[0]];
        }
    }

    /// Says whether what lies between two spans can be drawn with them, since nobody has it; then nobody
    /// takes it before this frame was drawn.
    pub fn joins(&mut self, page: usize, gap: Range<u32>) -> bool {
        let Some(Some(page)) = self.pages.get_mut(page) else {
            return false;
        };
        let joins = page.extents.has(&gap);
        if joins {
            page.drawn_to[0] = page.drawn_to[0].max(gap.end);
        }
        joins
    }

    /// Gives a span back, empty. A page that nobody uses goes, unless it is the only one.
    pub fn give(&mut self, span: Span) {
        self.write(&span, 0..span.range.end - span.range.start)
            .fill([0; 4]);
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
            _ if range.is_empty() => {}
            // As `upload` would join them; what rows have written side by side needs no sorting then.
            Some(last)
                if range.start <= last.end + GAP_INSTANCES
                    && range.end + GAP_INSTANCES >= last.start =>
            {
                *last = last.start.min(range.start)..last.end.max(range.end);
            }
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

    /// Sends what changed, of which some is `owed` then; returns its bytes.
    pub fn upload(&mut self, queue: &wgpu::Queue, owed: &Owed) -> u64 {
        let (mut spans, mut bytes) = (0, 0);
        for page in self.pages.iter_mut().flatten() {
            page.dirty.sort_unstable_by_key(|range| range.start);
            bytes += join(&mut page.dirty, GAP_INSTANCES);
            spans += page.dirty.len();
        }
        let scatters = |scatter: &Scatter| scatter.takes(spans, bytes);
        if bytes > PIECES_BYTES_MAX {
            if !self.scatter.as_ref().is_some_and(scatters) {
                return self.upload_staged(owed);
            }
            // Each span goes with an instance that says where it belongs.
            let bytes = bytes + spans as u64 * 16;
            self.upload_scattered(owed, bytes);
            return bytes;
        }
        if spans > WRITES_FEW
            && let Some(scatter) = &mut self.scatter
            && scatters(scatter)
        {
            for page in self.pages.iter_mut().flatten() {
                if page.dirty.is_empty() {
                    continue;
                }
                let changed = (&page.copy[..], &page.dirty[..]);
                if let Some(put) = scatter.send(queue, &page.buffer, &mut page.delta, changed) {
                    owed.add(put);
                }
                page.dirty.clear();
            }
            return bytes + spans as u64 * 16;
        }
        if spans > WRITES_MAX {
            return self.upload_staged(owed);
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

    /// Sends what changed, `bytes` of it with what says where it belongs, in one piece, from which the device puts it
    /// into place.
    fn upload_scattered(&mut self, owed: &Owed, bytes: u64) {
        let Some(scatter) = &mut self.scatter else {
            return;
        };
        let buffer = self.staging.take(&self.device, bytes);
        let (mut parts, mut puts, mut from) = (Vec::new(), Vec::new(), 0);
        if let Ok(mut mapped) = buffer.get_mapped_range_mut(..bytes) {
            for page in self.pages.iter_mut().flatten() {
                if page.dirty.is_empty() {
                    continue;
                }
                let first = from;
                let changed = (&page.copy[..], &page.dirty[..]);
                let stage = |piece: &[u8]| {
                    mapped
                        .slice(from..from + piece.len())
                        .copy_from_slice(piece);
                    from += piece.len();
                };
                let staged = scatter.stage(&page.buffer, &mut page.delta, changed, stage);
                if let Some((to, put)) = staged {
                    parts.push(Part {
                        from: first as u64,
                        to,
                        at: 0,
                        len: (from - first) as u64,
                    });
                    puts.push(put);
                }
                page.dirty.clear();
            }
        }
        buffer.unmap();
        owed.add(Put::Copy {
            from: buffer,
            parts,
            back: self.staging.back(),
        });
        puts.into_iter().for_each(|put| owed.add(put));
    }

    /// Sends what changed in one piece, of which the device copies each part to its place; returns its bytes.
    fn upload_staged(&mut self, owed: &Owed) -> u64 {
        let pages = self.pages.iter_mut().flatten();
        let bytes = pages.map(|page| join(&mut page.dirty, GAP_STAGED_INSTANCES));
        let bytes: u64 = bytes.sum();
        let buffer = self.staging.take(&self.device, bytes);
        let (mut parts, mut from) = (Vec::new(), 0);
        if let Ok(mut mapped) = buffer.get_mapped_range_mut(..bytes) {
            for page in self.pages.iter_mut().flatten() {
                for range in page.dirty.drain(..) {
                    let part = &page.copy[range.start as usize..range.end as usize];
                    let part: &[u8] = bytemuck::cast_slice(part);
                    mapped.slice(from..from + part.len()).copy_from_slice(part);
                    parts.push(Part {
                        from: from as u64,
                        to: page.buffer.clone(),
                        at: u64::from(range.start) * 16,
                        len: part.len() as u64,
                    });
                    from += part.len();
                }
            }
        }
        buffer.unmap();
        owed.add(Put::Copy {
            from: buffer,
            parts,
            back: self.staging.back(),
        });
        bytes
    }
}

/// Joins neighbours with at most `gap` instances between them; returns the bytes of all.
fn join(ranges: &mut Vec<Range<u32>>, gap: u32) -> u64 {
    ranges.dedup_by(|next, last| {
        let near = next.start <= last.end + gap;
        if near {
            last.end = last.end.max(next.end);
        }
        near
    });
    let bytes = |range: &Range<u32>| u64::from(range.end - range.start) * 16;
    ranges.iter().map(bytes).sum()
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
