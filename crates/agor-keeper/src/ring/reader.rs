//! The host's side of a ring. Believes nothing that stands in shared memory.

use std::{
    os::fd::{AsFd, BorrowedFd},
    sync::atomic::{AtomicU64, Ordering, fence},
};

use super::{
    LAYOUT_VERSION, MAGIC, NEVER, RingError, RingFds,
    map::{Map, Role, Word},
};
use crate::{caps, record, system};

/// A host's view of one session's ring.
///
/// Its descriptor ([`AsFd`]) becomes readable when records were added; call
/// [`RingReader::clear_bell`] *before* reading, so that no later record goes unnoticed.
pub struct RingReader {
    map: Map,
    fds: RingFds,
    incarnation: u64,
}

impl RingReader {
    /// Maps the ring behind `fds` for the host of this `incarnation`.
    pub fn map(fds: RingFds, incarnation: u64) -> Result<Self, RingError> {
        let size = system::sealed_size(fds.memfd.as_fd())?
            .ok_or(RingError::Layout("its size could change under the mapping"))?;
        let page = rustix::param::page_size();
        let capacity = usize::try_from(size)
            .ok()
            .and_then(|size| size.checked_sub(page))
            .filter(|capacity| {
                (page..=caps::RING_MAX_BYTES).contains(capacity) && capacity.is_multiple_of(page)
            })
            .ok_or(RingError::Layout("a size that no keeper makes"))?;
        let map = Map::new(fds.memfd.as_fd(), capacity, Role::Reader)?;
        if map.word(Word::Magic).load(Ordering::Relaxed) != MAGIC {
            return Err(RingError::Layout("wrong magic"));
        }
        if map.word(Word::Abi).load(Ordering::Relaxed) != LAYOUT_VERSION {
            return Err(RingError::Layout("a layout of another version"));
        }
        if map.word(Word::Capacity).load(Ordering::Relaxed) != capacity as u64 {
            return Err(RingError::Layout("its capacity is not its size"));
        }
        Ok(Self {
            map,
            fds,
            incarnation,
        })
    }

    /// Returns the position after the newest whole record.
    pub fn head(&self) -> u64 {
        self.load(Word::Head)
    }

    /// Returns the position up to which records were released.
    pub fn tail(&self) -> u64 {
        self.load(Word::Tail)
    }

    /// Returns how many bytes of records the ring can hold.
    pub fn capacity(&self) -> u64 {
        self.map.capacity() as u64
    }

    /// Makes the descriptor unreadable until records are added again.
    pub fn clear_bell(&self) -> Result<(), RingError> {
        Ok(system::clear_bell(self.fds.data.as_fd())?)
    }

    /// Appends to `out` the whole records from `from` on (see [`record::iter`]), as many as fit
    /// `max_bytes` but at least one if there is one, and returns the position after them.
    pub fn read(&self, from: u64, max_bytes: usize, out: &mut Vec<u8>) -> Result<u64, RingError> {
        let head = self.head();
        let tail = self.tail();
        if tail > head || head - tail > self.capacity() {
            return Err(RingError::Corrupt { position: head });
        }
        if from < tail || from > head {
            return Err(RingError::OutOfRange {
                position: from,
                tail,
                head,
            });
        }
        let mut position = from;
        let mut taken = 0usize;
        while position < head {
            let corrupt = RingError::Corrupt { position };
            if head - position < record::HEADER_BYTES as u64 {
                return Err(corrupt);
            }
            // The header is copied once and judged by that copy, which is also what is returned:
            // the shared one may change between two looks.
            let before = out.len();
            self.map.copy_out(position, record::HEADER_BYTES, out);
            let header = out[before..]
                .try_into()
                .ok()
                .and_then(record::Header::decode);
            let Some(header) = header.filter(|h| h.record_len() <= head - position) else {
                out.truncate(before);
                return Err(corrupt);
            };
            let len = header.record_len() as usize;
            if taken > 0 && taken + len > max_bytes {
                out.truncate(before);
                break;
            }
            self.map.copy_out(
                position + record::HEADER_BYTES as u64,
                header.payload_len as usize,
                out,
            );
            position += header.record_len();
            taken += len;
        }
        Ok(position)
    }

    /// Gives the records before `up_to` back to the keeper, once the host has stored them.
    pub fn release(&self, up_to: u64) -> Result<(), RingError> {
        let by = self.load(Word::Epoch);
        if by != self.incarnation {
            return Err(RingError::Fenced { by });
        }
        let (tail, head) = (self.tail(), self.head());
        if up_to > head {
            return Err(RingError::OutOfRange {
                position: up_to,
                tail,
                head,
            });
        }
        // Never lowers it: a store that comes late, from a host that was fenced meanwhile, must not
        // take back what its successor released.
        self.map.word(Word::Tail).fetch_max(up_to, Ordering::AcqRel);
        // Pairs with the fence in `RingWriter::wake_at`: either the writer sees this tail, or this
        // sees what the writer waits for.
        fence(Ordering::SeqCst);
        let wake_at = self.map.word(Word::WakeAt);
        let wanted = wake_at.load(Ordering::Acquire);
        let claimed = up_to >= wanted
            && wake_at
                .compare_exchange(wanted, NEVER, Ordering::AcqRel, Ordering::Relaxed)
                .is_ok();
        if claimed {
            system::ring_bell(self.fds.space.as_fd())?;
        }
        Ok(())
    }

    fn load(&self, word: Word) -> u64 {
        AtomicU64::load(self.map.word(word), Ordering::Acquire)
    }
}

impl AsFd for RingReader {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fds.data.as_fd()
    }
}

impl std::fmt::Debug for RingReader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RingReader")
            .field("incarnation", &self.incarnation)
            .field("capacity", &self.capacity())
            .field("tail", &self.tail())
            .field("head", &self.head())
            .finish()
    }
}
