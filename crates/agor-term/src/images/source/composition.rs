//! What a frame of an animation is made from: an image or a colour, and parts of images over it. Its
//! bytes are the data of an [`ImageSource`] of [`ImageFormat::Composed`].

use agor_proto::ids::BlobHash;
use agor_proto::limits;
use serde::{Deserialize, Serialize};

use super::{ImageFormat, ImageSource};

/// A picture made from others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Composition {
    /// What lies below.
    pub base: Base,
    /// What lies over it, the lowest first.
    pub overlays: Vec<Overlay>,
}

/// What lies below everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Base {
    /// Red, green, blue, alpha, from the highest byte on; not multiplied.
    Color(u32),
    /// An image of the same size.
    Image(BlobHash),
}

/// A part of an image over what is below it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Overlay {
    /// The image.
    pub image: BlobHash,
    /// Its width and height.
    pub image_size: (u32, u32),
    /// The corner of the part in it.
    pub source: (u32, u32),
    /// The part's width and height.
    pub size: (u32, u32),
    /// Where the corner goes.
    pub at: (u32, u32),
    /// Whether it replaces what is below rather than being mixed with it.
    pub replace: bool,
}

const BASE_BYTES: usize = 1 + 32;
const OVERLAY_BYTES: usize = 32 + 8 * 4 + 1;

impl Overlay {
    /// Says whether nothing of `below` is seen under it, if it replaces.
    pub(crate) fn hides(&self, below: &Self) -> bool {
        let inside = |at: u32, len: u32, below: u32, below_len: u32| {
            below >= at && u64::from(below) + u64::from(below_len) <= u64::from(at) + u64::from(len)
        };
        inside(self.at.0, self.size.0, below.at.0, below.size.0)
            && inside(self.at.1, self.size.1, below.at.1, below.size.1)
    }
}

impl Composition {
    /// Returns the image that it is, if it is nothing else.
    #[must_use]
    pub fn image(&self) -> Option<BlobHash> {
        match self.base {
            Base::Image(hash) if self.overlays.is_empty() => Some(hash),
            _ => None,
        }
    }

    /// Returns the hash under which it is known as a picture of a size.
    #[must_use]
    pub fn hash(&self, pixels: (u32, u32)) -> BlobHash {
        match self.image() {
            Some(hash) => hash,
            None => ImageSource::composed(self, pixels).key().hash,
        }
    }

    /// Returns the images that it is made from.
    pub fn parts(&self) -> impl Iterator<Item = BlobHash> {
        let base = match self.base {
            Base::Image(hash) => Some(hash),
            Base::Color(_) => None,
        };
        let overlays = self.overlays.iter().map(|overlay| overlay.image);
        base.into_iter().chain(overlays)
    }

    /// Returns how many bytes say what it is made from.
    pub(crate) fn size_bytes(&self) -> u64 {
        (BASE_BYTES + self.overlays.len() * OVERLAY_BYTES) as u64
    }

    fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(BASE_BYTES + self.overlays.len() * OVERLAY_BYTES);
        match self.base {
            Base::Color(rgba) => {
                bytes.push(0);
                bytes.extend(rgba.to_be_bytes());
                bytes.extend([0; 28]);
            }
            Base::Image(hash) => {
                bytes.push(1);
                bytes.extend(hash.0);
            }
        }
        for overlay in &self.overlays {
            bytes.extend(overlay.image.0);
            let Overlay {
                image_size,
                source,
                size,
                at,
                ..
            } = *overlay;
            for (x, y) in [image_size, source, size, at] {
                bytes.extend(x.to_le_bytes());
                bytes.extend(y.to_le_bytes());
            }
            bytes.push(overlay.replace.into());
        }
        bytes
    }

    /// Reads what an image of [`ImageFormat::Composed`] is made from; `None` if that is something
    /// else.
    #[must_use]
    pub fn read(source: &ImageSource) -> Option<Self> {
        if source.format != ImageFormat::Composed || source.zlib {
            return None;
        }
        let (base, overlays) = source.data.split_first_chunk::<BASE_BYTES>()?;
        let base = match *base {
            [0, r, g, b, a, ..] => Base::Color(u32::from_be_bytes([r, g, b, a])),
            [1, ref hash @ ..] => Base::Image(BlobHash(*hash)),
            _ => return None,
        };
        let (overlays, rest) = overlays.as_chunks::<OVERLAY_BYTES>();
        if !rest.is_empty() || overlays.len() > limits::FRAME_OVERLAYS_MAX {
            return None;
        }
        let overlay = |bytes: &[u8; OVERLAY_BYTES]| {
            let (hash, rest) = bytes.split_first_chunk::<32>()?;
            let (numbers, replace) = rest.as_chunks::<4>();
            let number = |at: usize| Some(u32::from_le_bytes(*numbers.get(at)?));
            let pair = |at: usize| Some((number(2 * at)?, number(2 * at + 1)?));
            Some(Overlay {
                image: BlobHash(*hash),
                image_size: pair(0)?,
                source: pair(1)?,
                size: pair(2)?,
                at: pair(3)?,
                replace: replace != [0],
            })
        };
        Some(Self {
            base,
            overlays: overlays.iter().map(overlay).collect::<Option<_>>()?,
        })
    }
}

impl ImageSource {
    /// Returns the picture that is made from others.
    #[must_use]
    pub(crate) fn composed(made_of: &Composition, pixels: (u32, u32)) -> Self {
        Self {
            format: ImageFormat::Composed,
            zlib: false,
            pixels,
            data: made_of.to_bytes(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_frame_is_made_from_reads_back() {
        let overlay = Overlay {
            image: BlobHash([3; 32]),
            image_size: (9, 8),
            source: (1, 2),
            size: (7, 6),
            at: (4, 5),
            replace: true,
        };
        let clear = Overlay {
            replace: false,
            ..overlay
        };
        for base in [Base::Color(0x1122_3344), Base::Image(BlobHash([9; 32]))] {
            let made_of = Composition {
                base,
                overlays: vec![overlay, clear],
            };
            let source = ImageSource::composed(&made_of, (20, 10));
            let again = ImageSource::from_bytes(source.to_bytes()).unwrap();
            assert_eq!(Composition::read(&again), Some(made_of.clone()));
            assert_eq!(source.data.len() as u64, made_of.size_bytes());
            for cut in 0..source.data.len() {
                let cut = ImageSource {
                    data: source.data[..cut].to_vec(),
                    ..source.clone()
                };
                let whole = cut.data.len() >= BASE_BYTES
                    && (cut.data.len() - BASE_BYTES).is_multiple_of(OVERLAY_BYTES);
                assert_eq!(Composition::read(&cut).is_some(), whole);
            }
        }
    }
}
