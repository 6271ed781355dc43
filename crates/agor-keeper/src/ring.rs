//! A ring of records in shared memory: the keeper writes, one host reads, neither waits for the
//! other inside a call.
//!
//! The memory is one page of header, then `capacity` bytes of data. A position counts record bytes
//! since the session began (or since its `start_offset`), never wraps, and lies in the data at
//! `position % capacity`. `head` is where the next record will start, `tail` up to where the host
//! has stored everything durably. Bytes from `tail` to `head` belong to the reader, the rest to the
//! writer. Two bells go with it: the writer rings `data` after a burst, the reader rings `space`
//! once `tail` has reached the header's `wake_at`.

mod map;
mod reader;
#[cfg(test)]
mod tests;
mod writer;

use std::{fmt, io, os::fd::OwnedFd};

pub use reader::RingReader;
pub use writer::RingWriter;
pub(crate) use writer::{Position, Stop};

/// First word of a ring's header.
const MAGIC: u64 = u64::from_le_bytes(*b"agorring");

/// Version of a ring's layout.
const LAYOUT_VERSION: u64 = 1;

/// `wake_at` when the writer does not want to be woken.
const NEVER: u64 = u64::MAX;

/// The descriptors by which a host uses a ring.
#[derive(Debug)]
pub struct RingFds {
    /// The shared memory, sealed against changes of its size.
    pub memfd: OwnedFd,
    /// The bell that becomes readable when records were added.
    pub data: OwnedFd,
    /// The bell by which the host tells that it made room.
    pub space: OwnedFd,
}

impl RingFds {
    /// Returns further descriptors for the same ring.
    pub fn try_clone(&self) -> io::Result<Self> {
        Ok(Self {
            memfd: self.memfd.try_clone()?,
            data: self.data.try_clone()?,
            space: self.space.try_clone()?,
        })
    }
}

/// Why a host cannot use a ring.
#[derive(Debug)]
#[non_exhaustive]
pub enum RingError {
    /// The memory is not a ring of a layout that this version knows.
    Layout(&'static str),
    /// A later host has attached; this one must not touch the session any more.
    Fenced {
        /// The incarnation in the ring's header.
        by: u64,
    },
    /// The position is not one that the ring holds.
    OutOfRange {
        /// The position asked for.
        position: u64,
        /// The oldest position held.
        tail: u64,
        /// The position after the newest record.
        head: u64,
    },
    /// The shared memory contradicts itself at this position.
    Corrupt {
        /// Where it was noticed.
        position: u64,
    },
    /// The system refused an operation.
    Io(io::Error),
}

impl fmt::Display for RingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Layout(what) => write!(f, "not a usable ring: {what}"),
            Self::Fenced { by } => write!(f, "fenced by host incarnation {by}"),
            Self::OutOfRange {
                position,
                tail,
                head,
            } => {
                write!(
                    f,
                    "position {position} is outside of the ring's {tail}..{head}"
                )
            }
            Self::Corrupt { position } => write!(f, "the ring is corrupt at {position}"),
            Self::Io(source) => write!(f, "ring: {source}"),
        }
    }
}

impl std::error::Error for RingError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io(source) => Some(source),
            _ => None,
        }
    }
}

impl From<io::Error> for RingError {
    fn from(source: io::Error) -> Self {
        Self::Io(source)
    }
}
