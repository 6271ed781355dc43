//! What the keeper sets of its own process, and undoes in each child before its program runs.
#![allow(unsafe_code)] // signal dispositions and heaps have no safe form in std or rustix

use std::{
    os::fd::{BorrowedFd, FromRawFd, OwnedFd, RawFd},
    sync::atomic::{AtomicI32, Ordering},
};

use rustix::{
    io::FdFlags,
    process::{Resource, Rlimit, Signal, getrlimit, setrlimit},
};

use crate::{KeeperError, system};

const DEFAULT: usize = 0;
const IGNORE: usize = 1;
const SIG_SETMASK: i32 = system::SIG_SETMASK;

/// A buffer at least as large as any system's `sigset_t`.
#[repr(C, align(16))]
struct SignalSet([u8; 128]);

unsafe extern "C" {
    fn signal(signal: i32, handler: usize) -> usize;
    fn sigemptyset(set: *mut SignalSet) -> i32;
    fn sigprocmask(how: i32, set: *const SignalSet, old: *mut SignalSet) -> i32;
    #[cfg(target_env = "gnu")]
    fn mallopt(parameter: i32, value: i32) -> i32;
}

/// Has all threads of this process take memory from the same two heaps, where the system's library would make one for
/// each. In each of those stays what the largest segment or checkpoint took that its thread ever made: a host
/// grew by 24 MiB an hour so.
pub fn share_heaps() {
    // `malloc.h`.
    #[cfg(target_env = "gnu")]
    const M_ARENA_MAX: i32 = -8;
    // SAFETY: it sets a number of the allocator's, under the allocator's own lock.
    #[cfg(target_env = "gnu")]
    unsafe {
        mallopt(M_ARENA_MAX, 2)
    };
}

/// The bell that the handler of `SIGCHLD` rings.
static CHILD_BELL: AtomicI32 = AtomicI32::new(-1);

extern "C" fn on_child(_signal: i32) {
    let fd = CHILD_BELL.load(Ordering::Relaxed);
    if fd >= 0 {
        // SAFETY: `watch_children` stored a descriptor that it keeps open for ever. Writing to it
        // is a bare system call that touches no memory of the interrupted code.
        let bell = unsafe { BorrowedFd::borrow_raw(fd) };
        // Nothing can be done about a failure here; the next child rings again.
        system::ring_bell(bell).ok();
    }
}

/// Makes `bell` ring at each end of a child. The descriptor stays open for the process's life.
pub(super) fn watch_children(bell: OwnedFd) -> BorrowedFd<'static> {
    let fd: RawFd = std::os::fd::IntoRawFd::into_raw_fd(bell);
    CHILD_BELL.store(fd, Ordering::Relaxed);
    // SAFETY: the handler is async-signal-safe, see there.
    unsafe {
        signal(
            Signal::CHILD.as_raw(),
            on_child as extern "C" fn(i32) as usize,
        )
    };
    // SAFETY: nobody closes it, since it was taken out of its owner above.
    unsafe { BorrowedFd::borrow_raw(fd) }
}

/// Lets this process outlive its terminal and its readers, with no signal blocked.
pub(super) fn ignore_terminal_signals() {
    let ignored = [
        Signal::HUP,
        Signal::PIPE,
        Signal::INT,
        Signal::QUIT,
        Signal::TSTP,
        Signal::TTIN,
        Signal::TTOU,
    ];
    for ignored in ignored {
        // SAFETY: ignoring a signal runs no code of ours.
        unsafe { signal(ignored.as_raw(), IGNORE) };
    }
    let mut empty = SignalSet([0; 128]);
    // SAFETY: the set is a valid buffer of sufficient size and alignment, filled by the first call.
    unsafe {
        sigemptyset(&mut empty);
        sigprocmask(SIG_SETMASK, &empty, std::ptr::null_mut());
    }
}

/// Gives every signal its default disposition: a child inherits what was ignored. Called between
/// fork and exec, so it only makes system calls.
pub(super) fn reset_signals() {
    for number in 1..=64 {
        // SAFETY: the default disposition runs no code of ours; numbers that are no signals, or
        // cannot be changed, are refused without effect.
        unsafe { signal(number, DEFAULT) };
    }
}

/// Keeps descriptors that this process inherited from reaching the children.
pub(super) fn seal_inherited_descriptors() {
    let open = system::open_descriptors();
    for fd in open.into_iter().filter(|fd| *fd > 2) {
        // SAFETY: only a flag is set; a number that is no longer open is refused.
        let fd = unsafe { BorrowedFd::borrow_raw(fd) };
        // The listing's own descriptor is gone by now, which is the only failure there is.
        rustix::io::fcntl_setfd(fd, FdFlags::CLOEXEC).ok();
    }
}

/// Takes a descriptor by the number under which this process inherited it.
pub(super) fn claim(fd: RawFd) -> Result<OwnedFd, KeeperError> {
    if fd <= 2 {
        return Err(KeeperError::Protocol("a standard stream was handed over"));
    }
    // SAFETY: only asked whether it is open.
    let borrowed = unsafe { BorrowedFd::borrow_raw(fd) };
    let flags =
        rustix::io::fcntl_getfd(borrowed).map_err(KeeperError::io("taking over a descriptor"))?;
    if flags.contains(FdFlags::CLOEXEC) {
        // Claimed before, or opened by this image: what is handed over comes without the flag.
        return Err(KeeperError::Protocol("a descriptor was handed over twice"));
    }
    rustix::io::fcntl_setfd(borrowed, FdFlags::CLOEXEC)
        .map_err(KeeperError::io("taking over a descriptor"))?;
    // SAFETY: open, inherited, and by the flag nobody else's.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// Raises the limit of open files as far as allowed, and returns what it was for the children.
pub(super) fn raise_file_limit() -> Rlimit {
    let before = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: before.maximum,
        maximum: before.maximum,
    };
    // With the old limit fewer sessions fit, and a spawn beyond says so.
    setrlimit(Resource::Nofile, raised).ok();
    before
}
