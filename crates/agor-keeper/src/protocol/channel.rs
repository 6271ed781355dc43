//! Frames over a Unix stream socket that never blocks, with the descriptors that go with them.
//!
//! `u32 length of what follows | u8 tag | u8 number of descriptors | body`. Frozen, like the
//! greetings. Descriptors are sent together with a frame's first bytes, so they have arrived when
//! the frame has; they are assigned to frames in order, by the numbers that the frames state.

use std::{
    collections::VecDeque,
    io::{IoSlice, IoSliceMut},
    mem::MaybeUninit,
    os::fd::{AsFd, BorrowedFd, OwnedFd},
    rc::Rc,
    sync::Arc,
};

use rustix::{
    io::Errno,
    net::{
        RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
        SendAncillaryMessage, SendFlags, recvmsg, sendmsg,
    },
};

use crate::{KeeperError, RingFds, caps};

const PREFIX: usize = 6;
/// Descriptors in one frame; the receiving side has room for a few frames of them.
const FRAME_FDS: usize = 3;
const RECV_FDS: usize = 4 * FRAME_FDS;

/// A whole frame that has arrived.
#[derive(Debug)]
pub(crate) struct Frame {
    pub(crate) tag: u8,
    pub(crate) body: Vec<u8>,
    pub(crate) fds: Vec<OwnedFd>,
}

/// Whether a side of the connection takes descriptors; the keeper does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Descriptors {
    Taken,
    Refused,
}

/// One end of the socket with what waits on its way in and out.
#[derive(Debug)]
pub(crate) struct Channel<L> {
    socket: OwnedFd,
    descriptors: Descriptors,
    incoming: Vec<u8>,
    /// How much of `incoming` was taken already.
    taken: usize,
    incoming_fds: VecDeque<OwnedFd>,
    outgoing: VecDeque<Outgoing<L>>,
    queued_bytes: usize,
    /// How much of the first frame in `outgoing` was sent.
    sent: usize,
}

#[derive(Debug)]
struct Outgoing<L> {
    bytes: Vec<u8>,
    lent: Option<L>,
}

/// Descriptors that a frame lends to the socket while it waits.
pub(crate) trait Lend {
    /// Returns them in the order of [`RingFds`].
    fn fds(&self) -> [BorrowedFd<'_>; FRAME_FDS];
}

impl Lend for Rc<RingFds> {
    fn fds(&self) -> [BorrowedFd<'_>; FRAME_FDS] {
        [self.memfd.as_fd(), self.data.as_fd(), self.space.as_fd()]
    }
}

impl Lend for Arc<RingFds> {
    fn fds(&self) -> [BorrowedFd<'_>; FRAME_FDS] {
        [self.memfd.as_fd(), self.data.as_fd(), self.space.as_fd()]
    }
}

impl<L: Lend> Channel<L> {
    /// Wraps a socket that is non-blocking already.
    pub(crate) fn new(socket: OwnedFd, descriptors: Descriptors) -> Self {
        Self {
            socket,
            descriptors,
            incoming: Vec::new(),
            taken: 0,
            incoming_fds: VecDeque::new(),
            outgoing: VecDeque::new(),
            queued_bytes: 0,
            sent: 0,
        }
    }

    /// Puts a frame into the queue; the caller bounds it by [`Channel::queued_bytes`].
    pub(crate) fn queue(
        &mut self,
        (tag, body): (u8, Vec<u8>),
        lent: Option<L>,
    ) -> Result<(), KeeperError> {
        let len = body.len() + 2;
        if len > caps::FRAME_BYTES {
            return Err(KeeperError::TooLarge {
                size_bytes: len,
                limit_bytes: caps::FRAME_BYTES,
            });
        }
        let fds = if lent.is_some() { FRAME_FDS as u8 } else { 0 };
        let mut bytes = Vec::with_capacity(PREFIX + body.len());
        bytes.extend_from_slice(&(len as u32).to_le_bytes());
        bytes.extend_from_slice(&[tag, fds]);
        bytes.extend_from_slice(&body);
        self.queued_bytes += bytes.len();
        self.outgoing.push_back(Outgoing { bytes, lent });
        Ok(())
    }

    /// Returns how much waits to be sent.
    pub(crate) fn queued_bytes(&self) -> usize {
        self.queued_bytes
    }

    /// Sends as much as the socket takes.
    pub(crate) fn flush(&mut self) -> Result<(), KeeperError> {
        while let Some(first) = self.outgoing.front() {
            let sent = match self.send_some(first) {
                Ok(sent) => sent,
                Err(Errno::INTR) => continue,
                Err(Errno::AGAIN) => return Ok(()),
                Err(Errno::PIPE | Errno::CONNRESET) => return Err(KeeperError::Closed),
                Err(errno) => return Err(KeeperError::io("sending on the keeper's socket")(errno)),
            };
            self.sent += sent;
            self.queued_bytes -= sent;
            if self.sent == first.bytes.len() {
                self.outgoing.pop_front();
                self.sent = 0;
            }
        }
        Ok(())
    }

    fn send_some(&self, first: &Outgoing<L>) -> rustix::io::Result<usize> {
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(FRAME_FDS))];
        let mut control = SendAncillaryBuffer::new(&mut space);
        let fds = first.lent.as_ref().map(Lend::fds);
        if let (Some(fds), 0) = (&fds, self.sent) {
            let fits = control.push(SendAncillaryMessage::ScmRights(fds));
            debug_assert!(fits, "the buffer was sized for exactly these");
        }
        let rest = IoSlice::new(&first.bytes[self.sent..]);
        sendmsg(
            &self.socket,
            &[rest],
            &mut control,
            SendFlags::NOSIGNAL | SendFlags::DONTWAIT,
        )
    }

    /// Takes from the socket what is there, at most `limit` bytes, and says whether it may have
    /// more. An end of the connection is told only after every whole frame was taken.
    pub(crate) fn fill(&mut self, limit: usize) -> Result<bool, KeeperError> {
        self.incoming.drain(..self.taken);
        self.taken = 0;
        let mut got = 0;
        let mut chunk = [0; 16 * 1024];
        while got < limit {
            let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(RECV_FDS))];
            let mut control = match self.descriptors {
                Descriptors::Taken => RecvAncillaryBuffer::new(&mut space),
                // With no room for them the kernel drops them at once.
                Descriptors::Refused => RecvAncillaryBuffer::default(),
            };
            let received = recvmsg(
                &self.socket,
                &mut [IoSliceMut::new(&mut chunk)],
                &mut control,
                RecvFlags::CMSG_CLOEXEC | RecvFlags::DONTWAIT,
            );
            let received = match received {
                Ok(received) => received,
                Err(Errno::INTR) => continue,
                Err(Errno::AGAIN) => return Ok(false),
                Err(Errno::CONNRESET) => return Err(KeeperError::Closed),
                Err(errno) => {
                    return Err(KeeperError::io("receiving on the keeper's socket")(errno));
                }
            };
            for message in control.drain() {
                if let RecvAncillaryMessage::ScmRights(fds) = message {
                    self.incoming_fds.extend(fds);
                }
            }
            let cut = received.flags.contains(rustix::net::ReturnFlags::CTRUNC);
            if cut && self.descriptors == Descriptors::Refused {
                return Err(KeeperError::Protocol("descriptors where none are taken"));
            }
            if cut {
                // Frames never bring more than there is room for, so this process has no more free.
                return Err(KeeperError::io("taking a ring's descriptors")(Errno::MFILE));
            }
            if received.bytes == 0 {
                return Err(KeeperError::Closed);
            }
            got += received.bytes;
            self.incoming.extend_from_slice(&chunk[..received.bytes]);
            if self.incoming_fds.len() > 64 * RECV_FDS {
                return Err(KeeperError::Protocol("descriptors without frames"));
            }
        }
        Ok(true)
    }

    /// Returns the next whole frame that has arrived.
    pub(crate) fn next(&mut self) -> Result<Option<Frame>, KeeperError> {
        let waiting = &self.incoming[self.taken..];
        let Some((prefix, rest)) = waiting.split_first_chunk::<PREFIX>() else {
            if waiting.is_empty() {
                self.shrink();
            }
            return Ok(None);
        };
        let [a, b, c, d, tag, fds] = *prefix;
        let len = u32::from_le_bytes([a, b, c, d]) as usize;
        if len > caps::FRAME_BYTES {
            return Err(KeeperError::TooLarge {
                size_bytes: len,
                limit_bytes: caps::FRAME_BYTES,
            });
        }
        let body = len
            .checked_sub(2)
            .ok_or(KeeperError::Protocol("a frame without a tag"))?;
        if self.descriptors == Descriptors::Refused && fds != 0 {
            return Err(KeeperError::Protocol("descriptors where none are taken"));
        }
        let Some((body, _)) = rest.split_at_checked(body) else {
            return Ok(None);
        };
        let fds = usize::from(fds);
        if fds > self.incoming_fds.len() {
            return Err(KeeperError::Protocol("a frame without its descriptors"));
        }
        let frame = Frame {
            tag,
            body: body.to_vec(),
            fds: self.incoming_fds.drain(..fds).collect(),
        };
        self.taken += PREFIX + frame.body.len();
        Ok(Some(frame))
    }

    /// Returns how many bytes have arrived and were not taken.
    pub(crate) fn arrived(&self) -> usize {
        self.incoming.len() - self.taken
    }

    /// Lets go of the buffers that a burst left behind.
    fn shrink(&mut self) {
        self.incoming = Vec::new();
        self.taken = 0;
    }
}

impl<L> AsFd for Channel<L> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}
