//! The only place that touches a ring's shared memory: its mapping, its words and its bytes.
//!
//! Everything here may change under our feet, since another process maps the same pages. So words
//! are atomics, bytes are only ever copied, and no reference to them is handed out.
//!
//! The data is mapped twice, one copy behind the other, so that a run of bytes that wraps around
//! the end is contiguous: a `read` goes straight into the ring.
#![allow(unsafe_code)] // mapping memory and addressing it by offset has no safe form

use std::{
    io,
    mem::MaybeUninit,
    os::fd::{AsFd, BorrowedFd},
    ptr::{self, NonNull},
    sync::atomic::AtomicU64,
};

use rustix::mm::{MapFlags, ProtFlags, mmap, mmap_anonymous, munmap};

/// A word of the header, by its offset; each hot one has a cache line of its own.
#[derive(Clone, Copy, Debug)]
#[repr(usize)]
pub(super) enum Word {
    Magic = 0,
    Abi = 8,
    Capacity = 16,
    Epoch = 64,
    Head = 128,
    Tail = 192,
    WakeAt = 256,
}

/// Who maps the ring: a reader cannot write its data, by its page tables.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Writer,
    Reader,
}

/// A mapped ring: one page of header, then the data twice.
pub(super) struct Map {
    base: NonNull<u8>,
    header: usize,
    capacity: usize,
}

// SAFETY: the mapping belongs to this value alone and is not tied to a thread; all access through
// `&self` is by atomics or by copying bytes that the protocol of head and tail assigns to one side.
unsafe impl Send for Map {}
// SAFETY: as above; the two methods that write bytes are reached only through `&mut RingWriter`.
unsafe impl Sync for Map {}

impl Map {
    /// Maps `fd`, which the caller has checked to hold exactly a header page and `capacity` bytes
    /// (a multiple of the page) and to be sealed against shrinking.
    pub(super) fn new(fd: BorrowedFd<'_>, capacity: usize, role: Role) -> io::Result<Self> {
        let header = rustix::param::page_size();
        let whole = capacity
            .checked_mul(2)
            .and_then(|twice| twice.checked_add(header))
            .ok_or(io::ErrorKind::InvalidInput)?;
        let data = match role {
            Role::Writer => ProtFlags::READ | ProtFlags::WRITE,
            Role::Reader => ProtFlags::READ,
        };
        // SAFETY: a fresh anonymous mapping at an address of the kernel's choice.
        let base = unsafe {
            mmap_anonymous(
                ptr::null_mut(),
                whole,
                ProtFlags::empty(),
                MapFlags::PRIVATE,
            )?
        };
        let base = NonNull::new(base.cast::<u8>()).ok_or(io::ErrorKind::OutOfMemory)?;
        // From here on dropping the map unmaps the reservation and whatever was put over it.
        let map = Self {
            base,
            header,
            capacity,
        };
        let parts = [
            (0, header, ProtFlags::READ | ProtFlags::WRITE, 0),
            (header, capacity, data, header as u64),
            (header + capacity, capacity, data, header as u64),
        ];
        for (at, len, prot, offset) in parts {
            // SAFETY: `at..at + len` lies inside the reservation made above, which nobody uses.
            unsafe {
                mmap(
                    base.as_ptr().add(at).cast(),
                    len,
                    prot,
                    MapFlags::SHARED | MapFlags::FIXED,
                    fd,
                    offset,
                )?;
            }
        }
        Ok(map)
    }

    /// Returns the number of data bytes.
    pub(super) fn capacity(&self) -> usize {
        self.capacity
    }

    /// Returns a word of the header.
    pub(super) fn word(&self, word: Word) -> &AtomicU64 {
        // SAFETY: every `Word` is a multiple of 8 inside the header page, which is mapped readable
        // and writable for as long as `self` lives and is only ever accessed atomically.
        unsafe { AtomicU64::from_ptr(self.base.as_ptr().add(word as usize).cast()) }
    }

    /// Appends to `out` the `len` bytes at `position`.
    pub(super) fn copy_out(&self, position: u64, len: usize, out: &mut Vec<u8>) {
        let at = self.at(position, len);
        out.reserve(len);
        // SAFETY: `at` checked that source bytes are mapped; `reserve` made room for `len` bytes,
        // which are initialised by the copy before the length says so. Another process may write
        // to the source meanwhile only by breaking the protocol, and then the bytes are garbage,
        // which every user of them expects.
        unsafe {
            ptr::copy_nonoverlapping(at, out.as_mut_ptr().add(out.len()), len);
            out.set_len(out.len() + len);
        }
    }

    /// Writes `bytes` at `position`; only for a [`Role::Writer`].
    pub(super) fn copy_in(&self, position: u64, bytes: &[u8]) {
        let at = self.at(position, bytes.len());
        // SAFETY: `at` checked that the target is mapped; a writer's data is writable, and a
        // private slice of this process cannot overlap it.
        unsafe { ptr::copy_nonoverlapping(bytes.as_ptr(), at, bytes.len()) }
    }

    /// Reads from `fd` straight to `position`, at most `len` bytes; only for a [`Role::Writer`].
    pub(super) fn read_in(
        &self,
        position: u64,
        len: usize,
        fd: impl AsFd,
    ) -> rustix::io::Result<usize> {
        let at = self.at(position, len);
        // SAFETY: `at` checked that the target is mapped and a writer's data is writable; the bytes
        // lie outside of what readers may look at, so nobody else uses them during the call.
        let target = unsafe { std::slice::from_raw_parts_mut(at.cast::<MaybeUninit<u8>>(), len) };
        rustix::io::read(fd, target).map(|(filled, _)| filled.len())
    }

    /// Returns the address of `position` after checking that `len` bytes from it are mapped.
    fn at(&self, position: u64, len: usize) -> *mut u8 {
        assert!(
            len <= self.capacity,
            "a run of ring bytes is never longer than the ring"
        );
        let index = (position % self.capacity as u64) as usize;
        // SAFETY: index < capacity and len <= capacity, so the run ends within the second copy.
        unsafe { self.base.as_ptr().add(self.header + index) }
    }
}

impl Drop for Map {
    fn drop(&mut self) {
        let whole = self.header + 2 * self.capacity;
        // SAFETY: exactly the reservation made in `new`; no reference into it outlives `self`.
        unsafe { munmap(self.base.as_ptr().cast(), whole) }
            .expect("unmapping our own whole mapping cannot fail");
    }
}
