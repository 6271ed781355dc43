//! The keeper's side of a ring. Its own memory of head and tail is the truth; the header is how
//! the reader learns of the first and what it claims about the second.

use std::{
    io,
    os::fd::AsFd,
    rc::Rc,
    sync::atomic::{Ordering, fence},
    time::{SystemTime, UNIX_EPOCH},
};

use rustix::io::Errno;

use super::{
    LAYOUT_VERSION, MAGIC, NEVER, RingFds,
    map::{Map, Role, Word},
};
use crate::{
    caps,
    record::{self, HEADER_BYTES, Header, Record},
    system,
};

/// Writes the records of one session.
pub struct RingWriter {
    map: Map,
    fds: Rc<RingFds>,
    head: u64,
    /// The highest believable tail that was ever seen.
    tail: u64,
    /// Up to where pages were given back.
    given_back: u64,
    scratch: Vec<u8>,
}

/// How far a ring has come, by its writer's own memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Position {
    pub(crate) head: u64,
    pub(crate) tail: u64,
    pub(crate) given_back: u64,
}

/// Why reading into a ring stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// Nothing more to read now.
    Drained,
    /// All writers are gone.
    Ended,
    /// The record is as long as asked for; there may be more to read.
    Long,
    /// The ring has no room for output.
    Full,
}

/// What one reading into a ring came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Filled {
    pub(crate) bytes: usize,
    pub(crate) stop: Stop,
}

impl RingWriter {
    /// Makes a ring of about `ring_bytes` (see [`caps`]) that starts at `start_offset`, for the
    /// host of incarnation `epoch`.
    pub fn create(ring_bytes: u32, start_offset: u64, epoch: u64) -> io::Result<Self> {
        if start_offset > caps::START_OFFSET {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        let page = rustix::param::page_size();
        let capacity = (ring_bytes as usize)
            .clamp(caps::RING_MIN_BYTES, caps::RING_MAX_BYTES)
            .next_multiple_of(page);
        let fds = RingFds {
            memfd: system::shared_memory((page + capacity) as u64)?,
            data: system::bell()?,
            space: system::bell()?,
        };
        let map = Map::new(fds.memfd.as_fd(), capacity, Role::Writer)?;
        let words = [
            (Word::Magic, MAGIC),
            (Word::Abi, LAYOUT_VERSION),
            (Word::Capacity, capacity as u64),
            (Word::Epoch, epoch),
            (Word::Head, start_offset),
            (Word::Tail, start_offset),
            (Word::WakeAt, NEVER),
        ];
        for (word, value) in words {
            map.word(word).store(value, Ordering::Release);
        }
        Ok(Self {
            map,
            fds: Rc::new(fds),
            head: start_offset,
            tail: start_offset,
            given_back: start_offset,
            scratch: Vec::new(),
        })
    }

    /// Goes on with a ring that another image of this process wrote.
    pub(crate) fn resume(fds: RingFds, at: Position) -> io::Result<Self> {
        let contradiction = || io::Error::from(io::ErrorKind::InvalidData);
        let page = rustix::param::page_size();
        let capacity = system::sealed_size(fds.memfd.as_fd())?
            .and_then(|size| usize::try_from(size).ok())
            .and_then(|size| size.checked_sub(page))
            .filter(|capacity| (caps::RING_MIN_BYTES..=caps::RING_MAX_BYTES).contains(capacity))
            .filter(|capacity| capacity % page == 0)
            .ok_or_else(contradiction)?;
        let map = Map::new(fds.memfd.as_fd(), capacity, Role::Writer)?;
        let is = |word, value| map.word(word).load(Ordering::Acquire) == value;
        let same = is(Word::Magic, MAGIC)
            && is(Word::Abi, LAYOUT_VERSION)
            && is(Word::Capacity, capacity as u64)
            && is(Word::Head, at.head);
        let held = at.head.checked_sub(at.tail).ok_or_else(contradiction)?;
        if !same || held > capacity as u64 || at.given_back > at.tail {
            return Err(contradiction());
        }
        Ok(Self {
            map,
            fds: Rc::new(fds),
            head: at.head,
            tail: at.tail,
            given_back: at.given_back,
            scratch: Vec::new(),
        })
    }

    /// Returns what [`RingWriter::resume`] needs beside the descriptors.
    pub(crate) fn position(&self) -> Position {
        Position {
            head: self.head,
            tail: self.tail,
            given_back: self.given_back,
        }
    }

    /// Returns the descriptors that a host needs to read.
    pub fn fds(&self) -> &Rc<RingFds> {
        &self.fds
    }

    /// Returns the position after the newest record.
    pub fn head(&self) -> u64 {
        self.head
    }

    /// Returns the position up to which the host has released, as far as was seen.
    pub fn tail(&self) -> u64 {
        self.tail
    }

    /// Looks at what the host has released. A tail that goes back or beyond the head is a lie or
    /// came late, and is ignored.
    pub fn look(&mut self) {
        let claimed = self.map.word(Word::Tail).load(Ordering::Acquire);
        if claimed > self.tail && claimed <= self.head {
            self.tail = claimed;
        }
    }

    /// Appends a record if it fits, and says whether it did.
    pub fn push(&mut self, record: Record<'_>) -> bool {
        self.look();
        let mut payload = std::mem::take(&mut self.scratch);
        payload.clear();
        record.encode_payload(&mut payload);
        let fits = payload.len() <= caps::RECORD_BYTES
            && (HEADER_BYTES + payload.len()) as u64 <= self.room();
        if fits {
            self.map.copy_in(self.head + HEADER_BYTES as u64, &payload);
            self.publish(record.kind(), payload.len());
        }
        // Notes can be large and are rare; an idle session keeps no buffer for them.
        if payload.capacity() <= 64 {
            self.scratch = payload;
        }
        fits
    }

    /// Reads what `fd` has, up to `limit` bytes and to the room that output may take, as one
    /// record of `kind`.
    pub(crate) fn fill(
        &mut self,
        kind: u8,
        limit: usize,
        fd: impl AsFd,
    ) -> rustix::io::Result<Filled> {
        self.look();
        let overhead = (HEADER_BYTES + caps::RING_RESERVE_BYTES) as u64;
        let room = self.room().saturating_sub(overhead) as usize;
        let most = room.min(limit).min(caps::RECORD_BYTES);
        if most == 0 {
            return Ok(Filled {
                bytes: 0,
                stop: Stop::Full,
            });
        }
        let payload = self.head + HEADER_BYTES as u64;
        let mut bytes = 0;
        let outcome = loop {
            if bytes == most {
                break Ok(if most == room { Stop::Full } else { Stop::Long });
            }
            match self
                .map
                .read_in(payload + bytes as u64, most - bytes, fd.as_fd())
            {
                Ok(0) => break Ok(Stop::Ended),
                Ok(read) => bytes += read,
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => break Ok(Stop::Drained),
                // What Linux says on a terminal whose last other side was closed.
                Err(Errno::IO) => break Ok(Stop::Ended),
                Err(errno) => break Err(errno),
            }
        };
        if bytes > 0 {
            self.publish(kind, bytes);
        }
        outcome.map(|stop| Filled { bytes, stop })
    }

    /// Tells the host that there are records; once a burst.
    pub fn ring_bell(&self) -> io::Result<()> {
        system::ring_bell(self.fds.data.as_fd())
    }

    /// Forgets the rings of the space bell.
    pub(crate) fn clear_space_bell(&self) -> io::Result<()> {
        system::clear_bell(self.fds.space.as_fd())
    }

    /// Asks for the space bell once half of the ring is free, unless it already is; says whether
    /// it is.
    pub fn wake_when_half_free(&mut self) -> bool {
        self.wake_at(self.head.saturating_sub(self.map.capacity() as u64 / 2))
    }

    /// Asks for the space bell once everything now in the ring is consumed, if enough pages were
    /// touched to make tidying worth it; says whether a bell is to be expected.
    pub fn wake_to_tidy(&mut self) -> bool {
        let wanted = self.head - self.given_back > caps::RING_IDLE_BYTES;
        wanted && !self.wake_at(self.head)
    }

    fn wake_at(&mut self, position: u64) -> bool {
        let word = self.map.word(Word::WakeAt);
        word.store(position, Ordering::Release);
        // Pairs with the fence in `RingReader::release`.
        fence(Ordering::SeqCst);
        self.look();
        let reached = self.tail >= position;
        if reached {
            self.map.word(Word::WakeAt).store(NEVER, Ordering::Release);
        }
        reached
    }

    /// Gives pages whose records were consumed back to the system, if they are worth the call.
    pub fn give_back(&mut self) -> io::Result<()> {
        let page = rustix::param::page_size() as u64;
        let capacity = self.map.capacity() as u64;
        let end = self.tail - self.tail % page;
        // Older positions share their place in the ring with records written since.
        let oldest = self.head.saturating_sub(capacity).next_multiple_of(page);
        let start = (self.given_back - self.given_back % page).max(oldest);
        let consumed = end.saturating_sub(start);
        let idle = self.tail == self.head && consumed >= caps::RING_IDLE_BYTES;
        if consumed < caps::RING_GIVE_BACK_BYTES && !idle {
            return Ok(());
        }
        let (from, to) = (start % capacity, start % capacity + consumed);
        system::punch_hole(self.fds.memfd.as_fd(), page + from, to.min(capacity) - from)?;
        if to > capacity {
            system::punch_hole(self.fds.memfd.as_fd(), page, to - capacity)?;
        }
        self.given_back = end;
        Ok(())
    }

    /// Hands the ring to the host of incarnation `epoch`: whoever had it before can release no
    /// more.
    pub fn fence(&mut self, epoch: u64) {
        self.map.word(Word::Epoch).store(epoch, Ordering::SeqCst);
        self.look();
        // Repairs a tail that a broken host left behind.
        self.map
            .word(Word::Tail)
            .store(self.tail, Ordering::Release);
    }

    fn room(&self) -> u64 {
        self.map.capacity() as u64 - (self.head - self.tail)
    }

    fn publish(&mut self, kind: u8, payload_len: usize) {
        // A clock before 1970 is nobody's; records then carry 0.
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        let header = Header {
            payload_len: payload_len as u32,
            kind,
            unix_micros: now.as_micros() as u64,
        };
        self.map.copy_in(self.head, &header.encode());
        self.head += header.record_len();
        debug_assert!(payload_len <= record::HEADER_BYTES + caps::RECORD_BYTES);
        self.map
            .word(Word::Head)
            .store(self.head, Ordering::Release);
    }
}
