//! An instance: a rectangle of one row, 16 bytes.
//!
//! ```text
//! 0  x, signed 16 bits, from the pane's left edge | row slot, its lower 16 bits << 16
//! 1  y + 512, 10 bits, from the row's top | height << 10, 9 bits | width << 19, 13 bits
//! 2  x in the page, 11 bits | y in the page << 11, 11 bits | layer << 22, 4 bits | row slot, its upper 6 bits << 26
//! 3  red | green << 8 | blue << 16 | kind << 24
//! ```
//! A row's instances know only its slot, and the table of panes says where a slot stands and whose it is: rows that
//! scroll are not sent again, and one draw does for many panes.

use crate::color::Rgb;

/// See the head of this file. All zero draws nothing.
pub(crate) type Instance = [u32; 4];

/// The slot of a row, as the words of its instances have it.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Slot {
    first: u32,
    third: u32,
}

impl Slot {
    /// Returns the slot of a number below [`SLOTS_MAX`].
    pub fn new(number: u32) -> Self {
        Self {
            first: number << 16,
            third: number >> 16 << 26,
        }
    }

    /// Puts the slot into an instance that has none.
    #[inline]
    pub fn of(self, [place, extent, source, paint]: Instance) -> Instance {
        [place | self.first, extent, source | self.third, paint]
    }
}

/// How many slots there can be.
pub(crate) const SLOTS_MAX: u32 = 1 << 22;

/// How a rectangle is filled, as the shader's numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// With its colour.
    Fill = 0,
    /// With its colour where a glyph is.
    Glyph = 1,
    /// With its colour where a shape of ours is.
    Shape = 2,
    /// The same, with a shape as wide as a cell that repeats.
    Tile = 3,
    /// With a picture.
    Picture = 4,
}

/// A rectangle in a row, in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rect {
    pub x: i32,
    pub y: i32,
    pub width: u32,
    pub height: u32,
}

/// The greatest height of an instance.
pub(crate) const HEIGHT_MAX: u32 = 511;
/// The greatest width.
pub(crate) const WIDTH_MAX: u32 = 8191;

impl Rect {
    /// Returns the second word.
    pub fn extent(self) -> u32 {
        let y = (self.y.clamp(-512, 511) + 512) as u32;
        y | self.height.min(HEIGHT_MAX) << 10 | self.width.min(WIDTH_MAX) << 19
    }
}

/// Returns an instance that needs no texture.
pub(crate) fn instance(slot: Slot, rect: Rect, color: Rgb) -> Instance {
    let x = rect.x.clamp(i32::from(i16::MIN), i32::from(i16::MAX)) as i16;
    slot.of([u32::from(x as u16), rect.extent(), 0, color.packed()])
}
