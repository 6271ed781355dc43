//! An instance: a rectangle of one row, 16 bytes.
//!
//! ```text
//! 0  x, signed 16 bits, from the pane's left edge | row slot << 16
//! 1  y + 512, 10 bits, from the row's top | height << 10, 9 bits | width << 19, 13 bits
//! 2  x in the page, 11 bits | y in the page << 11, 11 bits | layer << 22
//! 3  red | green << 8 | blue << 16 | kind << 24
//! ```
//! A row's instances know only its slot, and the pane's block says where a slot stands: rows that
//! scroll are not sent again.

use crate::color::Rgb;

/// See the head of this file. All zero draws nothing.
pub(crate) type Instance = [u32; 4];

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
pub(crate) fn instance(slot: u16, rect: Rect, color: Rgb) -> Instance {
    [place(slot, rect.x), rect.extent(), 0, color.packed()]
}

/// Returns the first word.
pub(crate) fn place(slot: u16, x: i32) -> u32 {
    let x = x.clamp(i32::from(i16::MIN), i32::from(i16::MAX)) as i16;
    u32::from(x as u16) | u32::from(slot) << 16
}
