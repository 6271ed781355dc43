//! Where in a pane's span the instances of its rows are.

use super::{Built, Context, PaneCache, RowSlot, Scratch, cursor};
use crate::gpu::{Instance, Pages, Span};

/// A row's instances, counted from the span's beginning.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Part {
    pub at: u32,
    pub len: u32,
    pub room: u32,
}

/// The parts of all rows of one kind.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Region {
    pub at: u32,
    pub used: u32,
    pub room: u32,
}

impl Region {
    pub fn end(self) -> u32 {
        self.at + self.room
    }

    pub fn take(&mut self, count: u32) -> Option<u32> {
        let at = self.at + self.used;
        (self.used + count <= self.room).then(|| {
            self.used += count;
            at
        })
    }
}

/// Returns how much room a row should have that has `room` and needs `len`: what it once needed,
/// so that rows of varying length do not move all the time, but not much more than it needs now.
fn roomy(room: u32, len: u32) -> u32 {
    room.min(2 * len + 16).max(len.next_multiple_of(4))
}

/// Puts the instances of a row in their place, and nothing where it had more of them.
fn put(pages: &mut Pages, span: &Span, part: &mut Part, new: &[Instance]) {
    let len = new.len() as u32;
    let written = pages.write(span, part.at..part.at + len.max(part.len));
    if let Some((head, tail)) = written.split_at_mut_checked(new.len()) {
        head.copy_from_slice(new);
        tail.fill([0; 4]);
    }
    part.len = len;
}

impl PaneCache {
    /// Puts what was built where it belongs.
    pub(super) fn place(&mut self, cx: &mut Context<'_>) {
        let scratch = &mut *cx.scratch;
        let fits = self.has_place() && self.make_room(scratch);
        if !fits {
            self.lay_out(cx);
            return;
        }
        let span = self
            .lease
            .as_ref()
            .and_then(|lease| lease.instances.as_ref());
        let Some(span) = span else { return };
        // One region after the other: rows of one region mostly lie side by side.
        for built in &scratch.built {
            let part = &mut self.slots[usize::from(built.slot)].under;
            put(cx.pages, span, part, &scratch.under[built.under.clone()]);
        }
        for built in &scratch.built {
            let part = &mut self.slots[usize::from(built.slot)].over;
            put(
                cx.pages,
                span,
                part,
                &scratch.over.as_slice()[built.over.clone()],
            );
        }
        scratch.built.clear();
    }

    /// Finds room for what was built within the span; says whether there is. Where a row moves to
    /// a larger place its old one becomes part of what is zeroed.
    fn make_room(&mut self, scratch: &Scratch) -> bool {
        // A row that grew out of its place would leave a hole; a new layout fills all of them.
        let grows = |slot: &RowSlot, built: &Built| {
            built.under.len() as u32 > slot.under.room || built.over.len() as u32 > slot.over.room
        };
        for built in &scratch.built {
            let slot = &mut self.slots[usize::from(built.slot)];
            if !grows(slot, built) {
                continue;
            }
            if slot.under.len > 0 || slot.over.len > 0 {
                return false;
            }
            for (part, region, len) in [
                (&mut slot.under, &mut self.under, built.under.len()),
                (&mut slot.over, &mut self.over, built.over.len()),
            ] {
                let room = (len as u32).next_multiple_of(4);
                if room > part.room {
                    let Some(at) = region.take(room) else {
                        return false;
                    };
                    *part = Part { at, len: 0, room };
                }
            }
        }
        true
    }

    /// Takes a span that holds everything, with room to grow, and moves all rows there.
    fn lay_out(&mut self, cx: &mut Context<'_>) {
        let Some(lease) = &mut self.lease else { return };
        let scratch = &mut *cx.scratch;
        for built in &scratch.built {
            let slot = &mut self.slots[usize::from(built.slot)];
            for (part, len) in [
                (&mut slot.under, built.under.len()),
                (&mut slot.over, built.over.len()),
            ] {
                part.room = roomy(part.room, len as u32);
                // What it was is overwritten: nothing of it has to move.
                part.len = 0;
            }
        }
        for slot in &self.order {
            self.slots[usize::from(*slot)].stamp = self.stamp;
        }
        let mut rooms = [0_u32; 2];
        for slot in &mut self.slots {
            for part in [&mut slot.under, &mut slot.over] {
                if part.len > 0 {
                    part.room = roomy(part.room, part.len);
                }
            }
            if slot.stamp == self.stamp {
                rooms[0] += slot.under.room;
                rooms[1] += slot.over.room;
            }
        }
        let [under, over] = rooms.map(|room| room + room / 4 + 16);
        let count = 1 + under + 1 + over + cursor::OVERLAYS;
        let span = cx.pages.take(count);
        cx.pages.write(&span, 0..count).fill([0; 4]);
        let old = lease.instances.take();
        self.under = Region {
            at: 1,
            used: 0,
            room: under,
        };
        self.over = Region {
            at: 2 + under,
            used: 0,
            room: over,
        };
        for slot in &mut self.slots {
            if slot.stamp != self.stamp {
                (slot.under, slot.over) = (Part::default(), Part::default());
                continue;
            }
            for (part, region) in [
                (&mut slot.under, &mut self.under),
                (&mut slot.over, &mut self.over),
            ] {
                let from = part.at;
                part.at = region.take(part.room).unwrap_or(region.at);
                if let Some(old) = &old {
                    let (from, to) = ((old, from), (&span, part.at));
                    cx.pages.copy(from, to, part.len, &mut scratch.copied);
                }
            }
        }
        lease.instances = Some(span);
        if old.is_some() {
            // Frames under way may still draw it; see `Renderer::begin`.
            cx.retired.push((old, None));
        }
        self.cursor = cursor::Drawn::default();
        self.place(cx);
    }
}
