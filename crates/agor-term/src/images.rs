//! Images that a program has sent: which there are, and by which numbers the program knows them.
//! Where they stand is kept with the rows ([`placed`]); their pixels are the host's business, which
//! is given what they are made from as [`crate::Effect::Image`].

pub(crate) mod control;
pub(crate) mod frames;
pub(crate) mod placed;
pub(crate) mod placeholder;
mod sixel;
mod sniff;
mod source;

use agor_proto::ids::BlobHash;
use agor_proto::limits;
use serde::{Deserialize, Serialize};

pub use placeholder::PLACEHOLDER;
pub(crate) use sixel::COLORS as SIXEL_COLORS;
pub use sixel::decode_sixel;
pub(crate) use sixel::end_row as sixel_end_row;
pub use source::{Base, Composition, ImageFault, ImageFormat, ImageKey, ImageSource, Overlay};

use control::Control;
use frames::Frames;

/// The first number that is given to an image whose program did not choose one.
const FIRST_OWN_ID: u32 = 0x4000_0001;

/// Reads images that a program left in a file or in shared memory. The terminal itself does no I/O
/// and remembers only what it was told; who folds the same output again must be told the same.
pub trait ImageFiles {
    /// Returns what the image is that a program asks to be read.
    ///
    /// # Errors
    /// Why there is none.
    fn fetch(&mut self, request: &FileRequest) -> Result<ImageKey, ImageFault>;
}

/// No file is read.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoFiles;

impl ImageFiles for NoFiles {
    fn fetch(&mut self, _: &FileRequest) -> Result<ImageKey, ImageFault> {
        Err(ImageFault::BadFile)
    }
}

/// An image in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileRequest {
    /// How many files the session's programs have asked for, this one included.
    pub number: u64,
    /// Where it is.
    pub medium: Medium,
    /// The path, or the name of the shared memory; as the program wrote it.
    pub name: Vec<u8>,
    /// Where in it the image begins, in bytes.
    pub offset: u64,
    /// How many bytes it has; 0 is all that follow.
    pub size_bytes: u64,
    /// What it is.
    pub format: ImageFormat,
    /// Whether it is compressed once more.
    pub zlib: bool,
    /// Its width and height, if the program gave them.
    pub pixels: (u32, u32),
    /// Whether the program only asks if it could be read.
    pub query: bool,
}

/// Where a program left an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Medium {
    /// In a file that stays.
    File,
    /// In a file that goes once it was read.
    TemporaryFile,
    /// In a shared memory object, which goes once it was read.
    SharedMemory,
}

/// One image.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Image {
    /// Counts the images of a terminal's life.
    pub serial: u64,
    /// The program's number (`i`), or one of ours; 0 if nobody can name it.
    pub id: u32,
    /// The program's other number (`I`); 0 is none.
    pub number: u32,
    pub key: ImageKey,
    /// If a program has added frames to it or changed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frames: Option<Box<Frames>>,
}

impl Image {
    /// Returns what is shown of it now.
    pub fn shown(&self) -> BlobHash {
        let frame = self.frames.as_ref().and_then(|frames| frames.current());
        frame.map_or(self.key.hash, |frame| frame.hash)
    }

    fn size_bytes(&self) -> u64 {
        let frames = self.frames.as_ref().map_or(0, |frames| frames.size_bytes());
        self.key.size_bytes.saturating_add(frames)
    }
}

/// A placement that stands nowhere but where placeholders are.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Virtual {
    pub image: u64,
    pub id: u32,
    pub source: (u32, u32, u32, u32),
    pub cells: (u16, u16),
    pub z: i32,
}

/// A transmission that has begun.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Pending {
    pub control: Control,
    #[serde(with = "crate::checkpoint::byte_string")]
    pub data: Vec<u8>,
    pub fault: Option<ImageFault>,
}

/// An inline file (OSC 1337) that comes in parts.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Multipart {
    #[serde(with = "crate::checkpoint::byte_string")]
    pub arguments: Vec<u8>,
    #[serde(with = "crate::checkpoint::byte_string")]
    pub data: Vec<u8>,
    pub failed: bool,
}

/// The images of a terminal.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Images {
    /// From the oldest on.
    pub list: Vec<Image>,
    pub virtuals: Vec<Virtual>,
    pub last_serial: u64,
    /// Files that were asked for.
    pub files: u64,
    pub pending: Option<Pending>,
    pub multipart: Option<Multipart>,
}

impl Images {
    /// Returns the image that the program knows by a number.
    pub fn by_id(&self, id: u32) -> Option<&Image> {
        self.list.iter().rfind(|image| image.id == id && id != 0)
    }

    /// Returns the newest image that the program gave this number (`I`).
    pub fn by_number(&self, number: u32) -> Option<&Image> {
        let named = |image: &&Image| image.number == number && number != 0;
        self.list.iter().rfind(named)
    }

    pub fn by_serial(&self, serial: u64) -> Option<&Image> {
        let at = self
            .list
            .binary_search_by_key(&serial, |image| image.serial);
        Some(&self.list[at.ok()?])
    }

    pub fn by_serial_mut(&mut self, serial: u64) -> Option<&mut Image> {
        let at = self
            .list
            .binary_search_by_key(&serial, |image| image.serial);
        self.list.get_mut(at.ok()?)
    }

    /// Returns the image that a command names.
    pub fn named(&self, control: &Control) -> Option<&Image> {
        match (control.id(), control.number()) {
            (0, number) => self.by_number(number),
            (id, _) => self.by_id(id),
        }
    }

    /// Returns a number that no image has.
    pub fn free_id(&self) -> u32 {
        let own = self.list.iter().map(|image| image.id);
        let last = own.filter(|id| *id >= FIRST_OWN_ID).max();
        match last.and_then(|last| last.checked_add(1)) {
            Some(next) => next,
            // The program chose the highest itself: the lowest free one, of which there is one
            // among more than there can be images.
            None => (FIRST_OWN_ID..)
                .find(|id| self.by_id(*id).is_none())
                .unwrap_or(FIRST_OWN_ID),
        }
    }

    /// Forgets an image and its virtual placements.
    pub fn remove(&mut self, serial: u64) {
        self.list.retain(|image| image.serial != serial);
        self.virtuals.retain(|it| it.image != serial);
    }

    /// Returns how many bytes the images are made from.
    pub fn size_bytes(&self) -> u64 {
        self.list
            .iter()
            .map(Image::size_bytes)
            .fold(0, u64::saturating_add)
    }

    /// Says whether there are more, or larger, images than there may be.
    pub fn too_many(&self) -> bool {
        self.list.len() > limits::SESSION_IMAGES_MAX
            || self.size_bytes() > limits::SESSION_IMAGE_BYTES_MAX
    }

    /// Says whether what was read from a checkpoint can be a terminal's.
    pub fn is_consistent(&self) -> bool {
        let held = |key: &ImageKey| {
            let (width, height) = key.pixels;
            (1..=limits::IMAGE_SIDE_MAX).contains(&width)
                && (1..=limits::IMAGE_SIDE_MAX).contains(&height)
        };
        self.list.is_sorted_by(|a, b| a.serial < b.serial)
            && self
                .list
                .last()
                .is_none_or(|last| last.serial <= self.last_serial)
            && self.list.iter().all(|image| {
                let frames = image.frames.as_ref();
                held(&image.key) && frames.is_none_or(|frames| frames.is_consistent())
            })
            && self.list.len() <= limits::SESSION_IMAGES_MAX
            && self.virtuals.len() <= limits::SESSION_PLACEMENTS_MAX
            && self.last_serial < u64::MAX / 2
            && self.files < u64::MAX / 2
    }
}
