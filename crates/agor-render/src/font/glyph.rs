//! A glyph that is in the atlas: an instance but for its place and colour.

use crate::atlas::PAGES_MAX;
use crate::gpu::{Instance, Kind, Slot};

/// A drawn glyph: an instance that lacks its cell, its slot and its colour, as two pairs of its words. What else is
/// known of it stands in bits that an instance has for those, so that a letter of a text takes few instructions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Glyph {
    /// From the cell's left edge, signed 16 bits | [`AWAITED`] | [`UNKNOWN`]; above them the extent.
    place: u64,
    /// The source; above it a bit for its page, of [`PAGES`], and the kind, where an instance has it.
    look: u64,
}

/// A glyph that was not drawn yet.
const UNKNOWN: u64 = 1 << 31;
/// A glyph that is being drawn elsewhere, or for which there is no room yet.
const AWAITED: u64 = 1 << 30;
/// The bits of pages.
const PAGES: u32 = 0xff_ffff;
const _: () = assert!(PAGES_MAX <= PAGES.count_ones() as usize);
/// Where the kind is.
const KIND_SHIFT: u32 = 56;
/// What an instance takes of either pair.
const TAKEN: [u64; 2] = [0xffff_ffff_0000_ffff, 0xff00_0000_ffff_ffff];

impl Glyph {
    /// Draws nothing.
    pub const BLANK: Self = Self { place: 0, look: 0 };

    pub const UNKNOWN: Self = Self {
        place: UNKNOWN,
        look: 0,
    };

    /// Draws nothing until it is there.
    pub const AWAITED: Self = Self {
        place: AWAITED,
        look: 0,
    };

    /// Draws nothing, and has to be asked for again: too many are being drawn.
    pub const REFUSED: Self = Self {
        place: UNKNOWN | AWAITED,
        look: 0,
    };

    pub fn new(x: i32, extent: u32, source: u32, kind: Kind, page: u8) -> Self {
        let pageless = Self::pageless(x, extent, source, kind);
        Self {
            look: pageless.look | 1_u64 << (32 + page),
            ..pageless
        }
    }

    fn pageless(x: i32, extent: u32, source: u32, kind: Kind) -> Self {
        let x = x.clamp(i16::MIN.into(), i16::MAX.into()) as u16;
        Self {
            place: pair(x.into(), extent),
            look: pair(source, 0) | (kind as u64) << KIND_SHIFT,
        }
    }

    /// Returns what stands for a glyph that the atlas has no room for: a block, until there is room.
    pub fn without_room(x: i32, extent: u32) -> Self {
        let block = Self::block(x, extent);
        Self {
            place: block.place | AWAITED,
            ..block
        }
    }

    /// Returns what stands for a glyph that no page can hold: a block.
    pub fn block(x: i32, extent: u32) -> Self {
        Self::pageless(x, extent, 0, Kind::Fill)
    }

    pub fn is_known(self) -> bool {
        self.place & UNKNOWN == 0
    }

    /// Says whether it stays what it is until its page is emptied.
    #[inline]
    pub fn is_settled(self) -> bool {
        self.place & (UNKNOWN | AWAITED) == 0
    }

    /// Says whether the glyph is being drawn elsewhere, and is blank until then, or there is no room for it, and it is
    /// a block.
    #[inline]
    pub fn is_awaited(self) -> bool {
        self.place & AWAITED != 0
    }

    #[inline]
    pub fn is_blank(self) -> bool {
        self.place >> 32 == 0
    }

    /// Says whether it was drawn here and joins its neighbours: boxes, blocks and the like.
    pub fn is_shape(self) -> bool {
        self.look >> KIND_SHIFT == Kind::Shape as u64
    }

    /// Returns the bit of its page; nothing if it is of none.
    #[inline]
    pub fn page_bit(self) -> u32 {
        (self.look >> 32) as u32 & PAGES
    }

    /// Returns what is true of one of two: whether one is not known or awaited, and the pages of both.
    #[inline]
    pub fn either(self, other: Self) -> Self {
        Self {
            place: self.place | other.place,
            look: self.look | other.look,
        }
    }

    /// Returns the instance of the glyph in the cell that begins at `x`, which is on the screen.
    #[inline]
    pub fn instance(self, slot: Slot, x: i32, packed_color: u32) -> Instance {
        Pen::new(slot).instance(self, x, packed_color)
    }

    /// Returns the instance of a shape that repeats from `x` over `width` pixels.
    pub fn tiled(self, slot: Slot, x: i32, width: u32, packed_color: u32) -> Instance {
        let [place, extent, source, paint] = self.instance(slot, x, packed_color);
        let extent = extent & 0x7_ffff | width.min(8191) << 19;
        [place, extent, source, paint]
    }
}

/// What glyphs of one row lack but for their cells and colours, as the two pairs of an instance's words.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pen([u64; 2]);

impl Pen {
    pub fn new(slot: Slot) -> Self {
        let [place, extent, source, paint] = slot.of([0; 4]);
        Self([pair(place, extent), pair(source, paint)])
    }

    /// Returns the instance of a glyph in the cell that begins at `x`, which is on the screen.
    #[inline]
    pub fn instance(self, glyph: Glyph, x: i32, packed_color: u32) -> Instance {
        let Self([first, third]) = self;
        // What is carried goes where only bits are that are not taken.
        let place = (glyph.place + u64::from(x as u16)) & TAKEN[0] | first;
        let look = glyph.look & TAKEN[1] | third | pair(0, packed_color);
        [
            place as u32,
            (place >> 32) as u32,
            look as u32,
            (look >> 32) as u32,
        ]
    }
}

fn pair(low: u32, high: u32) -> u64 {
    u64::from(low) | u64::from(high) << 32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instance_has_what_the_glyph_and_the_pen_say_and_nothing_else() {
        let slot = Slot::new(0x2a_0007);
        for page in 0..PAGES_MAX as u8 {
            let glyph = Glyph::new(-3, 0x0123_4567, 0x02ab_cdef, Kind::Shape, page);
            assert_eq!(glyph.page_bit(), 1 << page);
            assert!(glyph.is_known() && glyph.is_settled() && glyph.is_shape());
            let instance = glyph.instance(slot, 0x1002, 0x0033_2211);
            let kind = (Kind::Shape as u32) << 24;
            let (place, source) = (0x0fff, 0x02ab_cdef);
            let wanted = slot.of([place, 0x0123_4567, source, 0x0033_2211 | kind]);
            assert_eq!(instance, wanted);
        }
        let waiting = Glyph::without_room(-1, 7);
        let [place, extent, _, paint] = waiting.instance(Slot::new(0), 1, 5);
        assert_eq!([place, extent, paint], [0, 7, 5]);
        assert!(waiting.is_awaited() && waiting.is_known() && !waiting.is_blank());
        let both = Glyph::UNKNOWN.either(Glyph::new(0, 1, 0, Kind::Glyph, 23));
        assert_eq!((both.is_known(), both.page_bit()), (false, 1 << 23));
    }
}
