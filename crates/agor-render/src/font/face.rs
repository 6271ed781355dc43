//! One face: its bytes, and what has to be done to it to look bold or slanted.

use std::sync::Arc;

use fontique::Blob;
use swash::{CacheKey, FontRef};
use vello_cpu::peniko::FontData;

use super::fallback::SystemFont;
use super::is_ignorable;
use super::raster::unharmed;

/// Regular, bold, italic or both.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub(crate) struct Variant {
    pub bold: bool,
    pub italic: bool,
}

impl Variant {
    /// All four, in the order of [`Variant::index`].
    pub const ALL: [Self; 4] = [
        Self::new(false, false),
        Self::new(true, false),
        Self::new(false, true),
        Self::new(true, true),
    ];

    pub const fn new(bold: bool, italic: bool) -> Self {
        Self { bold, italic }
    }

    pub fn index(self) -> usize {
        usize::from(self.bold) | usize::from(self.italic) << 1
    }
}

/// How a face comes to be slanted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Slant {
    /// It is what it is.
    #[default]
    Own,
    /// Its outlines are sheared.
    Sheared,
}

enum Data {
    Bundled(&'static [u8]),
    System(Blob<u8>),
}

/// See the head of this file.
pub(crate) struct Face {
    data: Data,
    /// Its place in a collection file.
    index: u32,
    offset: u32,
    key: CacheKey,
    /// Outlines are made bolder.
    pub embolden: bool,
    pub slant: Slant,
    /// Settings of a variable font, as its normalized coordinates.
    pub coords: Vec<i16>,
}

impl Face {
    pub fn bundled(data: &'static [u8]) -> Option<Self> {
        let font = FontRef::from_index(data, 0)?;
        Some(Self {
            index: 0,
            offset: font.offset,
            key: font.key,
            data: Data::Bundled(data),
            embolden: false,
            slant: Slant::Own,
            coords: Vec::new(),
        })
    }

    pub fn system(font: SystemFont, variant: Variant) -> Option<Self> {
        // A font of the person's may be damaged in any way.
        unharmed(|| Self::read(font, variant)).flatten()
    }

    fn read(font: SystemFont, variant: Variant) -> Option<Self> {
        let reference = FontRef::from_index(font.blob.data(), font.index as usize)?;
        // What every size of it is made from is read once, so that it is known whether that can be.
        reference.metrics(&[]);
        let (offset, key) = (reference.offset, reference.key);
        let mut coords = Vec::new();
        if !font.settings.is_empty() {
            for axis in reference.variations() {
                let tag = axis.tag().to_be_bytes();
                let set = font.settings.iter().find(|(name, _)| *name == tag);
                coords.push(axis.normalize(set.map_or(axis.default_value(), |(_, value)| *value)));
            }
        }
        Some(Self {
            data: Data::System(font.blob),
            index: font.index,
            offset,
            key,
            embolden: font.embolden && variant.bold,
            slant: if font.shear && variant.italic {
                Slant::Sheared
            } else {
                Slant::Own
            },
            coords,
        })
    }

    /// Returns the font as swash takes it; its key keeps what swash cached of it.
    pub fn font(&self) -> FontRef<'_> {
        FontRef {
            data: match &self.data {
                Data::Bundled(data) => data,
                Data::System(blob) => blob.data(),
            },
            offset: self.offset,
            key: self.key,
        }
    }

    /// Returns the font for who draws its pictures, if they are painted in layers with gradients
    /// (COLR version 1); swash draws those of version 0 and pictures of pixels.
    pub fn painted(&self) -> Option<FontData> {
        let table = self.font().table(swash::tag_from_bytes(b"COLR"))?;
        let version = u16::from_be_bytes([*table.first()?, *table.get(1)?]);
        let blob = match &self.data {
            Data::Bundled(data) => Blob::new(Arc::new(*data)),
            Data::System(blob) => blob.clone(),
        };
        (version > 0).then(|| FontData::new(blob, self.index))
    }

    /// Returns the glyph of `c`, 0 if the face has none.
    pub fn glyph(&self, c: char) -> u16 {
        unharmed(|| self.font().charmap().map(c)).unwrap_or(0)
    }

    /// Returns how far the pen goes on after a glyph.
    pub fn advance(&self, size_px: f32, glyph: u16) -> f32 {
        let advance = || {
            let metrics = self.font().glyph_metrics(&self.coords);
            metrics.scale(size_px).advance_width(glyph)
        };
        unharmed(advance).unwrap_or(0.0)
    }

    /// Says whether the face has every character of `text` that is something by itself.
    pub fn has_all(&self, text: &str) -> bool {
        text.chars().all(|c| is_ignorable(c) || self.has(c))
    }

    pub fn has(&self, c: char) -> bool {
        self.glyph(c) != 0
    }
}
