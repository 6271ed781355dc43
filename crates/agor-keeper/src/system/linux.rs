//! Linux: sealed memfds, eventfds as bells, the subreaper, `/proc`.

use std::{
    io,
    os::fd::{AsFd, BorrowedFd, OwnedFd},
};

use rustix::{
    event::{EventfdFlags, eventfd},
    fs::{
        FallocateFlags, MemfdFlags, SealFlags, fallocate, fcntl_add_seals, fcntl_get_seals, fstat,
        ftruncate, memfd_create,
    },
    io::Errno,
    net::sockopt::socket_peercred,
    process::{getpid, set_child_subreaper},
    pty::{OpenptFlags, ioctl_tiocgptpeer, openpt, unlockpt},
    termios::{InputModes, OptionalActions, Winsize, tcgetattr, tcsetattr, tcsetwinsize},
};

use crate::PtySize;

mod groups;
mod processes;
pub(crate) use groups::{Group, Groups, Inside, leave_group};
pub(crate) use processes::{Process, Scan, signal_process, start_time};

/// How long this thread has waited for a processor although it had something to do.
#[derive(Debug)]
pub(crate) struct Waited(Option<std::fs::File>);

impl Waited {
    /// Begins to count; the system may not.
    pub(crate) fn begin() -> Self {
        Self(std::fs::File::open("/proc/thread-self/schedstat").ok())
    }

    /// Returns how long it was so far. (`Documentation/scheduler/sched-stats.rst`: the second number, in
    /// nanoseconds.)
    pub(crate) fn so_far(&self) -> Option<std::time::Duration> {
        use std::os::unix::fs::FileExt;
        let mut text = [0; 96];
        let read = self.0.as_ref()?.read_at(&mut text, 0).ok()?;
        let text = std::str::from_utf8(text.get(..read)?).ok()?;
        let nanos = text.split_ascii_whitespace().nth(1)?.parse().ok()?;
        Some(std::time::Duration::from_nanos(nanos))
    }
}

/// Makes shared memory of `size` bytes, all zero and untouched, whose size is fixed for ever.
pub(crate) fn shared_memory(size: u64) -> io::Result<OwnedFd> {
    let fd = memfd_create("agor-ring", MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING)?;
    ftruncate(&fd, size)?;
    fcntl_add_seals(&fd, SealFlags::SHRINK | SealFlags::GROW | SealFlags::SEAL)?;
    Ok(fd)
}

/// Returns the size of shared memory, or `None` if it could shrink under a mapping.
pub(crate) fn sealed_size(fd: BorrowedFd<'_>) -> io::Result<Option<u64>> {
    let seals = match fcntl_get_seals(fd) {
        Ok(seals) => seals,
        // Not memory at all.
        Err(Errno::INVAL) => return Ok(None),
        Err(errno) => return Err(errno.into()),
    };
    let size = u64::try_from(fstat(fd)?.st_size).ok();
    Ok(size.filter(|_| seals.contains(SealFlags::SHRINK)))
}

/// Gives the pages of a range back; it then reads as zeros.
pub(crate) fn punch_hole(fd: BorrowedFd<'_>, offset: u64, len: u64) -> io::Result<()> {
    Ok(fallocate(
        fd,
        FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE,
        offset,
        len,
    )?)
}

/// Makes a bell: a descriptor that is readable from a ring to a clearing.
pub(crate) fn bell() -> io::Result<OwnedFd> {
    Ok(eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?)
}

/// Rings a bell; ringing one that already rings changes nothing.
pub(crate) fn ring_bell(fd: BorrowedFd<'_>) -> io::Result<()> {
    loop {
        match rustix::io::write(fd.as_fd(), &1u64.to_ne_bytes()) {
            // The counter is at its limit, so the bell rings.
            Ok(_) | Err(Errno::AGAIN) => return Ok(()),
            Err(Errno::INTR) => {}
            Err(errno) => return Err(errno.into()),
        }
    }
}

/// Silences a bell.
pub(crate) fn clear_bell(fd: BorrowedFd<'_>) -> io::Result<()> {
    loop {
        match rustix::io::read(fd.as_fd(), &mut [0; 8]) {
            Ok(_) | Err(Errno::AGAIN) => return Ok(()),
            Err(Errno::INTR) => {}
            Err(errno) => return Err(errno.into()),
        }
    }
}

/// How `sigprocmask` is told to replace the mask.
pub(crate) const SIG_SETMASK: i32 = 2;

/// Returns the numbers of this process's open descriptors.
pub(crate) fn open_descriptors() -> Vec<i32> {
    let Ok(listing) = std::fs::read_dir("/proc/self/fd") else {
        return Vec::new();
    };
    listing
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .collect()
}

/// Makes orphans of this process's descendants its children, so that they are reaped.
pub(crate) fn adopt_orphans() -> io::Result<()> {
    // Any value that is not zero turns it on.
    Ok(set_child_subreaper(Some(getpid()))?)
}

/// Makes a terminal of this size; returns the master's and the other side. Neither becomes the
/// controlling terminal of this process.
pub(crate) fn open_terminal(size: PtySize) -> io::Result<(OwnedFd, OwnedFd)> {
    let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
    let master = openpt(flags)?;
    unlockpt(&master)?;
    let slave = ioctl_tiocgptpeer(&master, flags)?;
    let mut modes = tcgetattr(&slave)?;
    modes.input_modes |= InputModes::IUTF8;
    tcsetattr(&slave, OptionalActions::Now, &modes)?;
    set_terminal_size(master.as_fd(), size)?;
    Ok((master, slave))
}

/// Gives a terminal a size and tells its foreground group.
pub(crate) fn set_terminal_size(master: BorrowedFd<'_>, size: PtySize) -> io::Result<()> {
    let size = Winsize {
        ws_row: size.rows,
        ws_col: size.cols,
        ws_xpixel: size.xpix,
        ws_ypixel: size.ypix,
    };
    Ok(tcsetwinsize(master, size)?)
}

/// Returns the user at the other end of a Unix socket.
pub(crate) fn peer_uid(socket: BorrowedFd<'_>) -> io::Result<u32> {
    Ok(socket_peercred(socket)?.uid.as_raw())
}
