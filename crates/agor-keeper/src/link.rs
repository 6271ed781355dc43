//! The host's connection to a keeper. Never blocks after [`KeeperLink::connect`]; the caller waits
//! for its descriptor ([`AsFd`]) to become readable, or writable while [`KeeperLink::wants_write`].

use std::{
    io,
    os::fd::{AsFd, BorrowedFd, OwnedFd},
    path::Path,
    sync::Arc,
    time::Instant,
};

use rustix::{
    event::{PollFd, PollFlags, poll},
    io::{Errno, ioctl_fionbio},
    net::{
        AddressFamily, SocketAddrUnix, SocketFlags, SocketType, connect, socket_with,
        sockopt::{Timeout, set_socket_timeout},
    },
    process::geteuid,
};

use crate::{
    ABI_VERSION, Event, KeeperError, NotUpdated, Request, RingFds, SessionState, caps,
    protocol::{
        channel::{Channel, Descriptors, Frame},
        greeting::{self, Greeting},
    },
    system,
};

/// What a keeper says to the host that it accepts.
#[derive(Debug)]
pub struct Hello {
    /// The keeper's process id.
    pub pid: u32,
    /// The version that both speak.
    pub abi: u16,
    /// Every session with its ring.
    pub sessions: Vec<SessionState>,
}

/// A connection to a keeper that has accepted this host.
#[derive(Debug)]
pub struct KeeperLink {
    channel: Channel<Arc<RingFds>>,
    incarnation: u64,
    ended: Option<Ended>,
}

#[derive(Clone, Copy, Debug)]
enum Ended {
    Closed,
    Fenced { by: u64 },
}

impl KeeperLink {
    /// Attaches to the keeper at `path` as the host of this `incarnation`, which must be higher
    /// than any before; waits at most [`caps::CONNECT_TIMEOUT`] for its answer.
    pub fn connect(path: &Path, incarnation: u64) -> Result<(Self, Hello), KeeperError> {
        let deadline = Instant::now() + caps::CONNECT_TIMEOUT;
        let attach = Greeting::Attach {
            abi: ABI_VERSION,
            incarnation,
        };
        let mut link = Self {
            channel: greet(path, &attach, deadline)?,
            incarnation,
            ended: None,
        };
        let answer = next_frame(&mut link.channel, deadline)?;
        let (abi, pid, count) = match Greeting::decode(&answer)? {
            Greeting::Welcome { abi, pid, sessions } => (abi, pid, sessions as usize),
            other => return Err(refusal(other)),
        };
        if abi != ABI_VERSION {
            return Err(KeeperError::AbiMismatch {
                ours: ABI_VERSION,
                theirs: abi,
            });
        }
        if count > caps::SESSIONS {
            return Err(KeeperError::Protocol("more sessions than a keeper has"));
        }
        let mut sessions = Vec::with_capacity(count);
        while sessions.len() < count {
            match Event::decode(next_frame(&mut link.channel, deadline)?)? {
                Event::State(state) if state.ring.is_some() => sessions.push(state),
                Event::Fenced { by } => return Err(KeeperError::Fenced { by }),
                _ => return Err(KeeperError::Protocol("no state where one was promised")),
            }
        }
        Ok((link, Hello { pid, abi, sessions }))
    }

    /// Returns the incarnation under which this host attached.
    pub fn incarnation(&self) -> u64 {
        self.incarnation
    }

    /// Queues a request and sends as much of the queue as the socket takes. Fails, with nothing
    /// queued, if the request is larger than a frame or the queue is full.
    pub fn send(&mut self, request: &Request) -> Result<(), KeeperError> {
        check_size(request)?;
        let queued_bytes = self.channel.queued_bytes();
        if queued_bytes > caps::LINK_QUEUE_BYTES {
            return Err(KeeperError::Backlog { queued_bytes });
        }
        self.channel.queue(request.encode(), None)?;
        self.flush()
    }

    /// Sends as much of the queue as the socket takes.
    pub fn flush(&mut self) -> Result<(), KeeperError> {
        match self.channel.flush() {
            // What the keeper said before it hung up, such as why, is still to be received.
            Err(KeeperError::Closed) => Ok(()),
            other => other,
        }
    }

    /// Returns whether something waits for the socket to become writable.
    pub fn wants_write(&self) -> bool {
        self.ended.is_none() && self.channel.queued_bytes() > 0
    }

    /// Returns the next event, or `None` if none has arrived yet. Fails with
    /// [`KeeperError::Closed`] or [`KeeperError::Fenced`] once the keeper has ended the connection.
    pub fn recv(&mut self) -> Result<Option<Event>, KeeperError> {
        loop {
            if let Some(frame) = self.channel.next()? {
                let event = Event::decode(frame)?;
                if let Event::Fenced { by } = event {
                    self.ended = Some(Ended::Fenced { by });
                }
                return Ok(Some(event));
            }
            match self.ended {
                Some(Ended::Closed) => return Err(KeeperError::Closed),
                Some(Ended::Fenced { by }) => return Err(KeeperError::Fenced { by }),
                None => {}
            }
            let before = self.channel.arrived();
            match self.channel.fill(caps::READ_PER_TURN_BYTES) {
                Ok(_) => {}
                Err(KeeperError::Closed) => self.ended = Some(Ended::Closed),
                Err(error) => return Err(error),
            }
            if self.ended.is_none() && self.channel.arrived() == before {
                return Ok(None);
            }
        }
    }

    /// Returns the next event, waiting for it until `deadline`; for tools and tests without a
    /// reactor.
    pub fn recv_until(&mut self, deadline: Instant) -> Result<Event, KeeperError> {
        loop {
            self.flush()?;
            if let Some(event) = self.recv()? {
                return Ok(event);
            }
            let write = if self.wants_write() {
                PollFlags::OUT
            } else {
                PollFlags::empty()
            };
            wait(&self.channel, PollFlags::IN | write, deadline)?;
        }
    }
}

impl AsFd for KeeperLink {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.channel.as_fd()
    }
}

/// Connects to the keeper at `path`, makes sure that it is this user's, and says the first words.
pub(crate) fn greet(
    path: &Path,
    greeting: &Greeting,
    deadline: Instant,
) -> Result<Channel<Arc<RingFds>>, KeeperError> {
    let socket = dial(path, deadline)?;
    let uid = system::peer_uid(socket.as_fd()).map_err(KeeperError::io("asking who listens"))?;
    if uid != geteuid().as_raw() {
        return Err(KeeperError::OtherUser { uid });
    }
    let mut channel = Channel::new(socket, Descriptors::Taken);
    channel.queue(greeting.encode(), None)?;
    channel.flush()?;
    Ok(channel)
}

/// Waits for the keeper's next words.
pub(crate) fn next_frame(
    channel: &mut Channel<Arc<RingFds>>,
    deadline: Instant,
) -> Result<Frame, KeeperError> {
    let mut ended = false;
    loop {
        if let Some(frame) = channel.next()? {
            return Ok(frame);
        }
        if ended {
            return Err(KeeperError::Closed);
        }
        wait(&*channel, PollFlags::IN, deadline)?;
        match channel.fill(caps::READ_PER_TURN_BYTES) {
            Ok(_) => {}
            Err(KeeperError::Closed) => ended = true,
            Err(error) => return Err(error),
        }
    }
}

/// Returns what it means that the keeper answered with this and not with what was asked for.
pub(crate) fn refusal(answer: Greeting) -> KeeperError {
    let Greeting::Refused {
        abi,
        reason,
        detail,
    } = answer
    else {
        return KeeperError::Protocol("not what a keeper says first");
    };
    match reason {
        greeting::REFUSED_ABI => KeeperError::AbiMismatch {
            ours: ABI_VERSION,
            theirs: abi,
        },
        greeting::REFUSED_FENCED => KeeperError::Fenced { by: detail },
        greeting::REFUSED_USER => KeeperError::OtherUser { uid: detail as u32 },
        greeting::REFUSED_STOPPING => KeeperError::Stopping,
        greeting::REFUSED_UPDATE => KeeperError::NotUpdated(NotUpdated::from_detail(detail)),
        _ => KeeperError::Protocol("a refusal for a reason of its own"),
    }
}

/// Refuses what the keeper would disconnect this host for.
fn check_size(request: &Request) -> Result<(), KeeperError> {
    let (size_bytes, limit_bytes) = match request {
        Request::Input { bytes, .. } => (bytes.len(), caps::INPUT_BYTES),
        Request::Reply { bytes, .. } => (bytes.len(), caps::REPLY_BYTES),
        Request::Configure { payload, .. } => (payload.len(), caps::CONFIGURE_BYTES),
        _ => return Ok(()),
    };
    if size_bytes > limit_bytes {
        return Err(KeeperError::TooLarge {
            size_bytes,
            limit_bytes,
        });
    }
    Ok(())
}

pub(crate) fn dial(path: &Path, deadline: Instant) -> Result<OwnedFd, KeeperError> {
    let socket = socket_with(
        AddressFamily::UNIX,
        SocketType::STREAM,
        SocketFlags::CLOEXEC,
        None,
    )
    .map_err(KeeperError::io("making a socket"))?;
    let address = SocketAddrUnix::new(path).map_err(KeeperError::io("naming the socket"))?;
    // While the keeper's backlog is full, connecting waits as long as sending may.
    set_socket_timeout(&socket, Timeout::Send, Some(caps::CONNECT_TIMEOUT))
        .map_err(KeeperError::io("limiting the wait for the keeper"))?;
    loop {
        match connect(&socket, &address) {
            Ok(()) => break,
            Err(Errno::NOENT | Errno::CONNREFUSED) => {
                return Err(KeeperError::NotRunning {
                    socket: path.to_owned(),
                });
            }
            Err(Errno::INTR) if Instant::now() < deadline => {}
            Err(Errno::INTR | Errno::AGAIN) => return Err(KeeperError::TimedOut),
            Err(errno) => return Err(KeeperError::io("connecting to the keeper")(errno)),
        }
    }
    ioctl_fionbio(&socket, true).map_err(KeeperError::io("making the socket non-blocking"))?;
    Ok(socket)
}

fn wait(fd: impl AsFd, flags: PollFlags, deadline: Instant) -> Result<(), KeeperError> {
    let left = deadline
        .checked_duration_since(Instant::now())
        .ok_or(KeeperError::TimedOut)?;
    let left = left.try_into().map_err(|_| KeeperError::TimedOut)?;
    match poll(&mut [PollFd::new(&fd, flags)], Some(&left)) {
        Ok(0) => Err(KeeperError::TimedOut),
        Ok(_) | Err(Errno::INTR) => Ok(()),
        Err(errno) => Err(KeeperError::io("waiting for the keeper")(io::Error::from(
            errno,
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_may_use_its_link_and_rings_from_any_thread() {
        fn anywhere<T: Send + Sync>() {}
        anywhere::<KeeperLink>();
        anywhere::<crate::RingReader>();
    }
}
