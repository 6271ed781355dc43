//! A glyph that is in the atlas: an instance but for its place and colour.

use crate::gpu::{Instance, Kind, Slot};

/// A drawn glyph: an instance that lacks its cell, its slot and its colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Glyph {
    /// From the cell's left edge, signed 16 bits | page << 16, 5 bits | [`AWAITED`] | [`UNKNOWN`]
    head: u32,
    extent: u32,
    source: u32,
    /// The kind, where an instance has it.
    kind: u32,
}

/// A glyph that was not drawn yet.
const UNKNOWN: u32 = 1 << 31;
/// A glyph that is being drawn elsewhere, or for which there is no room yet.
const AWAITED: u32 = 1 << 30;
/// Of no page. There is one bit more than the atlas has pages.
const NO_PAGE: u8 = 31;

impl Glyph {
    pub const UNKNOWN: Self = Self {
        head: UNKNOWN | (NO_PAGE as u32) << 16,
        extent: 0,
        source: 0,
        kind: 0,
    };
    /// Draws nothing.
    pub const BLANK: Self = Self {
        head: (NO_PAGE as u32) << 16,
        ..Self::UNKNOWN
    };

    /// Draws nothing until it is there.
    pub const AWAITED: Self = Self {
        head: AWAITED | (NO_PAGE as u32) << 16,
        ..Self::UNKNOWN
    };

    /// Draws nothing, and has to be asked for again: too many are being drawn.
    pub const REFUSED: Self = Self {
        head: UNKNOWN | Self::AWAITED.head,
        ..Self::UNKNOWN
    };

    pub fn new(x: i32, extent: u32, source: u32, kind: Kind, page: u8) -> Self {
        let x = x.clamp(i16::MIN.into(), i16::MAX.into()) as i16;
        Self {
            head: u32::from(x as u16) | u32::from(page) << 16,
            extent,
            source,
            kind: (kind as u32) << 24,
        }
    }

    /// Returns what stands for a glyph that the atlas has no room for: a block, until there is room.
    pub fn without_room(x: i32, extent: u32) -> Self {
        let block = Self::block(x, extent);
        Self {
            head: block.head | AWAITED,
            ..block
        }
    }

    /// Returns what stands for a glyph that no page can hold: a block.
    pub fn block(x: i32, extent: u32) -> Self {
        Self::new(x, extent, 0, Kind::Fill, NO_PAGE)
    }

    pub fn is_known(self) -> bool {
        self.head & UNKNOWN == 0
    }

    /// Says whether it stays what it is until its page is emptied.
    #[inline]
    pub fn is_settled(self) -> bool {
        self.head & (UNKNOWN | AWAITED) == 0
    }

    /// Returns a bit if the glyph was not drawn yet; it is blank then.
    #[inline]
    pub fn unknown_bit(self) -> u32 {
        self.head & UNKNOWN
    }

    /// Returns a bit if the glyph is being drawn elsewhere, and is blank until then, or if there is no room for
    /// it, and it is a block.
    #[inline]
    pub fn awaited_bit(self) -> u32 {
        self.head & AWAITED
    }

    #[inline]
    pub fn is_blank(self) -> bool {
        self.extent == 0
    }

    /// Says whether it was drawn here and joins its neighbours: boxes, blocks and the like.
    pub fn is_shape(self) -> bool {
        self.kind == (Kind::Shape as u32) << 24
    }

    /// Returns the bit of its page; nothing if it is of none.
    #[inline]
    pub fn page_bit(self) -> u32 {
        1 << (self.head >> 16 & 31) & !(1 << NO_PAGE)
    }

    /// Returns the instance of the glyph in the cell that begins at `x`, which is on the screen.
    #[inline]
    pub fn instance(self, slot: Slot, x: i32, packed_color: u32) -> Instance {
        slot.of([
            (x as u32).wrapping_add(self.head) & 0xffff,
            self.extent,
            self.source,
            packed_color | self.kind,
        ])
    }

    /// Returns the instance of a shape that repeats from `x` over `width` pixels.
    pub fn tiled(self, slot: Slot, x: i32, width: u32, packed_color: u32) -> Instance {
        let [place, extent, source, paint] = self.instance(slot, x, packed_color);
        let extent = extent & 0x7_ffff | width.min(8191) << 19;
        [place, extent, source, paint]
    }
}
