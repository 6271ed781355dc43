//! What an image is made from: bytes as a program sent them, with what has to be known to decode
//! them. Nothing here looks further into them than to find the size.

mod composition;

use agor_proto::ids::BlobHash;
use agor_proto::limits;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::sniff;
pub use composition::{Base, Composition, Overlay};

/// How the bytes of an image are to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[repr(u8)]
pub enum ImageFormat {
    /// Red, green, blue, 8 bits each, row by row.
    Rgb = 1,
    /// Red, green, blue, alpha, 8 bits each, row by row.
    Rgba = 2,
    /// PNG.
    Png = 3,
    /// JPEG.
    Jpeg = 4,
    /// GIF; its first picture.
    Gif = 5,
    /// WebP; its first picture.
    Webp = 6,
    /// The data of a DEC sixel string, after its `q`.
    Sixel = 7,
    /// A frame that is made from other images: a [`Composition`].
    Composed = 8,
}

impl ImageFormat {
    fn from_number(number: u8) -> Option<Self> {
        Some(match number {
            1 => Self::Rgb,
            2 => Self::Rgba,
            3 => Self::Png,
            4 => Self::Jpeg,
            5 => Self::Gif,
            6 => Self::Webp,
            7 => Self::Sixel,
            8 => Self::Composed,
            _ => return None,
        })
    }

    /// Returns the bytes of a pixel, if the pixels lie there as they are.
    #[must_use]
    pub fn pixel_bytes(self) -> Option<usize> {
        match self {
            Self::Rgb => Some(3),
            Self::Rgba => Some(4),
            _ => None,
        }
    }
}

/// An image as a program sent it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageSource {
    /// How to read it.
    pub format: ImageFormat,
    /// Whether the data is compressed once more (RFC 1950).
    pub zlib: bool,
    /// Width and height in pixels.
    pub pixels: (u32, u32),
    /// The data.
    pub data: Vec<u8>,
}

/// What a terminal keeps of an image: the rest is the host's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImageKey {
    /// The SHA-256 of [`ImageSource::to_bytes`].
    pub hash: BlobHash,
    /// Width and height in pixels.
    pub pixels: (u32, u32),
    /// Bytes that it is made from.
    pub size_bytes: u64,
}

/// Why something is not an image. The names are those of the kitty graphics protocol's answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum ImageFault {
    /// The request says something that cannot be.
    #[error("EINVAL")]
    Invalid,
    /// There are fewer bytes than the size needs.
    #[error("ENODATA")]
    TooShort,
    /// It is larger than an image may be.
    #[error("EFBIG")]
    TooLarge,
    /// It is no PNG.
    #[error("EBADPNG")]
    BadPng,
    /// There is no such image or file.
    #[error("ENOENT")]
    Missing,
    /// The file may not be read.
    #[error("EBADF")]
    BadFile,
    /// There is no such parent placement.
    #[error("ENOPARENT")]
    NoParent,
    /// There are as many frames, or pictures in a frame, as there may be.
    #[error("ENOSPC")]
    NoRoom,
    /// It is not known how to do that.
    #[error("ENOTSUP")]
    Unsupported,
}

const MAGIC: &[u8; 4] = b"AGIM";

impl ImageSource {
    /// Bytes before the data in the form of [`ImageSource::to_bytes`].
    pub const HEAD_BYTES: usize = 14;

    /// Returns the image that `data` is. Raw pixels need a size; of others it is found in the data.
    ///
    /// # Errors
    /// The data cannot be an image, or is too large for one.
    pub fn new(
        format: ImageFormat,
        zlib: bool,
        pixels: (u32, u32),
        mut data: Vec<u8>,
    ) -> Result<Self, ImageFault> {
        if data.len() > limits::IMAGE_BYTES_MAX {
            return Err(ImageFault::TooLarge);
        }
        let pixels = match format.pixel_bytes() {
            Some(pixel_bytes) => {
                check_size(pixels)?;
                let needed = pixels.0 as usize * pixels.1 as usize * pixel_bytes;
                if !zlib {
                    if data.len() < needed {
                        return Err(ImageFault::TooShort);
                    }
                    data.truncate(needed);
                }
                pixels
            }
            None if format == ImageFormat::Sixel => super::sixel::size(&data),
            // What is compressed is not looked into.
            None if zlib => pixels,
            None => match sniff::format_and_size(&data) {
                Some((found, pixels)) if found == format => pixels,
                _ if format == ImageFormat::Png => return Err(ImageFault::BadPng),
                _ => return Err(ImageFault::Invalid),
            },
        };
        check_size(pixels)?;
        Ok(Self {
            format,
            zlib,
            pixels,
            data,
        })
    }

    /// Returns the image that a file's bytes are, whatever its format.
    ///
    /// # Errors
    /// They are of no format that is known, or too large.
    pub fn of_file(data: Vec<u8>) -> Result<Self, ImageFault> {
        let (format, pixels) = sniff::format_and_size(&data).ok_or(ImageFault::Invalid)?;
        Self::new(format, false, pixels, data)
    }

    /// Returns what the terminal keeps.
    #[must_use]
    pub fn key(&self) -> ImageKey {
        let hash = Sha256::new()
            .chain_update(self.head())
            .chain_update(&self.data)
            .finalize();
        ImageKey {
            hash: BlobHash(hash.into()),
            pixels: self.pixels,
            size_bytes: self.data.len() as u64,
        }
    }

    /// Returns what stands before the data.
    #[must_use]
    pub fn head(&self) -> [u8; Self::HEAD_BYTES] {
        let mut head = [0; Self::HEAD_BYTES];
        head[..4].copy_from_slice(MAGIC);
        head[4] = self.format as u8;
        head[5] = u8::from(self.zlib);
        head[6..10].copy_from_slice(&self.pixels.0.to_le_bytes());
        head[10..].copy_from_slice(&self.pixels.1.to_le_bytes());
        head
    }

    /// Returns the image as bytes: `AGIM`, the format's number, whether it is compressed, width and
    /// height (little-endian), the data.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        [&self.head()[..], &self.data].concat()
    }

    /// Reads what [`ImageSource::to_bytes`] wrote; `None` if it is something else.
    #[must_use]
    pub fn from_bytes(mut bytes: Vec<u8>) -> Option<Self> {
        let head: [u8; Self::HEAD_BYTES] = *bytes.first_chunk()?;
        let rest = head.strip_prefix(MAGIC)?;
        let format = ImageFormat::from_number(rest[0])?;
        let side = |at: usize| -> Option<u32> {
            Some(u32::from_le_bytes(rest.get(at..at + 4)?.try_into().ok()?))
        };
        let pixels = (side(2)?, side(6)?);
        if check_size(pixels).is_err() || bytes.len() > limits::IMAGE_BYTES_MAX + head.len() {
            return None;
        }
        bytes.drain(..Self::HEAD_BYTES);
        Some(Self {
            format,
            zlib: rest[1] != 0,
            pixels,
            data: bytes,
        })
    }
}

/// Says whether an image can have this size.
fn check_size((width, height): (u32, u32)) -> Result<(), ImageFault> {
    if width == 0 || height == 0 {
        return Err(ImageFault::Invalid);
    }
    let held = width <= limits::IMAGE_SIDE_MAX
        && height <= limits::IMAGE_SIDE_MAX
        && u64::from(width) * u64::from(height) <= limits::IMAGE_PIXELS_MAX.into();
    if held {
        Ok(())
    } else {
        Err(ImageFault::TooLarge)
    }
}
