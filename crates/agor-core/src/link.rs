//! Links: byte streams that carry frames between a host and its clients. A link knows messages and
//! nothing of what they mean; who may say what when is decided in `client/connection.rs` and in
//! the host.
//!
//! All links are of one type, whatever they run over: `link/socket.rs` for Unix sockets,
//! `link/memory.rs` for tests.

mod lock;
mod memory;
mod socket;

use std::io;
use std::path::PathBuf;

use agor_proto::frame::{FrameError, FrameReader};
use agor_proto::message::Message;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::mpsc;

pub use lock::HostLock;

/// Bytes asked of the stream at once.
const READ_BYTES: usize = 16 * 1024;

/// Buffers larger than this are given back once they are empty.
const BUFFER_KEPT_BYTES: usize = 256 * 1024;

/// What a link runs over, as logs name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Over {
    /// A Unix socket.
    Socket,
    /// The memory of this process.
    Memory,
}

impl std::fmt::Display for Over {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Socket => "socket",
            Self::Memory => "memory",
        })
    }
}

/// Who is at the other end, and of what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peer {
    /// What the link runs over.
    pub over: Over,
    /// Its user.
    pub uid: u32,
    /// Its process, if the system says.
    pub pid: Option<i32>,
}

/// A link that failed, or that could not be made.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    /// Nobody listens.
    #[error("no host answers at {}", socket.display())]
    NotRunning {
        /// The socket that was tried.
        socket: PathBuf,
    },
    /// A host holds the lock.
    #[error("a host is running already{}", pid.map_or(String::new(), |pid| format!(" (process {pid})")))]
    HostRunning {
        /// Its process, if it has written it down.
        pid: Option<u32>,
    },
    /// The lock was taken over by another host.
    #[error("another host has taken over")]
    LockLost,
    /// The other end runs as another user.
    #[error("the other end of the link runs as user {uid}, not as you")]
    OtherUser {
        /// The other user.
        uid: u32,
    },
    /// The stream ended inside a frame.
    #[error("the link ended in the middle of a frame")]
    Cut,
    /// The stream does not hold what the protocol says.
    #[error(transparent)]
    Frame(#[from] FrameError),
    /// The system refused.
    #[error("{doing}: {source}")]
    Io {
        /// What was being done.
        doing: &'static str,
        /// What the system said.
        source: io::Error,
    },
}

impl LinkError {
    fn io(doing: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { doing, source }
    }
}

type ReadHalf = Box<dyn AsyncRead + Send + Unpin>;
type WriteHalf = Box<dyn AsyncWrite + Send + Unpin>;

/// A link to a peer that has been looked at.
#[derive(Debug)]
pub struct Link {
    peer: Peer,
    reader: LinkReader,
    writer: LinkWriter,
}

impl Link {
    /// Returns a link over a stream's two halves.
    #[must_use]
    pub fn new(
        peer: Peer,
        read: impl AsyncRead + Send + Unpin + 'static,
        write: impl AsyncWrite + Send + Unpin + 'static,
    ) -> Self {
        Self {
            peer,
            reader: LinkReader {
                half: Box::new(read),
                bytes: vec![0; READ_BYTES].into_boxed_slice(),
                frames: FrameReader::default(),
                unknown_frames: 0,
                last_bytes: 0,
                ended: false,
            },
            writer: LinkWriter {
                half: Box::new(write),
                queued: Vec::new(),
                written: 0,
            },
        }
    }

    /// Returns the two ends of a link within this process. A side that does not read stops the
    /// other once `buffer_bytes` wait.
    #[must_use]
    pub fn pair(buffer_bytes: usize) -> (Self, Self) {
        memory::pair(buffer_bytes)
    }

    /// Returns who is at the other end.
    #[must_use]
    pub fn peer(&self) -> Peer {
        self.peer
    }

    /// Returns the two directions.
    #[must_use]
    pub fn split(self) -> (LinkReader, LinkWriter) {
        (self.reader, self.writer)
    }
}

/// The direction in which messages come.
pub struct LinkReader {
    half: ReadHalf,
    /// What was read last; kept, since clearing one for each message would cost more than most messages.
    bytes: Box<[u8]>,
    frames: FrameReader,
    unknown_frames: u64,
    /// Bytes of the last message's body.
    last_bytes: usize,
    ended: bool,
}

impl LinkReader {
    /// Returns the next message, or `None` once the peer has ended the link between two frames.
    /// Frames of kinds that this release does not know are skipped and counted.
    ///
    /// May be dropped while it waits: nothing that has arrived is lost.
    ///
    /// # Errors
    /// [`LinkError::Frame`] for bytes that are no frame or a body that is not its message,
    /// [`LinkError::Cut`], and [`LinkError::Io`]. The link is of no further use.
    pub async fn next(&mut self) -> Result<Option<Message>, LinkError> {
        loop {
            while let Some(frame) = self.frames.next_frame()? {
                self.last_bytes = frame.body.len();
                match Message::decode(&frame)? {
                    Some(message) => return Ok(Some(message)),
                    None => {
                        self.unknown_frames += 1;
                        tracing::debug!(kind = frame.kind, "skipped a frame of an unknown kind");
                    }
                }
            }
            if self.ended {
                return match self.frames.pending_bytes() {
                    0 => Ok(None),
                    _ => Err(LinkError::Cut),
                };
            }
            match self.half.read(&mut self.bytes).await {
                Ok(0) => self.ended = true,
                Ok(count) => self.frames.push(&self.bytes[..count]),
                Err(error) if error.kind() == io::ErrorKind::ConnectionReset => self.ended = true,
                Err(error) => return Err(LinkError::io("reading from the link")(error)),
            }
        }
    }

    /// Returns how many bytes the body of the last message took.
    #[must_use]
    pub fn last_bytes(&self) -> usize {
        self.last_bytes
    }

    /// Returns how many frames of unknown kinds were skipped.
    #[must_use]
    pub fn unknown_frames(&self) -> u64 {
        self.unknown_frames
    }
}

impl std::fmt::Debug for LinkReader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LinkReader")
            .field("pending_bytes", &self.frames.pending_bytes())
            .field("unknown_frames", &self.unknown_frames)
            .finish_non_exhaustive()
    }
}

/// The direction in which messages go.
pub struct LinkWriter {
    half: WriteHalf,
    queued: Vec<u8>,
    written: usize,
}

impl LinkWriter {
    /// Sends `message` and everything queued before it.
    ///
    /// # Errors
    /// As [`LinkWriter::queue`] and [`LinkWriter::flush`].
    pub async fn send(&mut self, message: &Message) -> Result<(), LinkError> {
        self.queue(message)?;
        self.flush().await
    }

    /// Puts `message` behind what waits to be sent, and returns how many bytes were copied for that. The caller
    /// bounds the queue by [`LinkWriter::queued_bytes`].
    ///
    /// # Errors
    /// [`LinkError::Frame`] if the message is too large, with the queue unchanged.
    pub fn queue(&mut self, message: &Message) -> Result<usize, LinkError> {
        Ok(message.encode(&mut self.queued)?)
    }

    /// Sends everything that waits.
    ///
    /// May be dropped while it waits and called again: no byte is sent twice or left out.
    ///
    /// # Errors
    /// [`LinkError::Io`]; the link is of no further use.
    pub async fn flush(&mut self) -> Result<(), LinkError> {
        let failed = LinkError::io("writing to the link");
        while self.written < self.queued.len() {
            match self.half.write(&self.queued[self.written..]).await {
                Ok(0) => return Err(failed(io::ErrorKind::WriteZero.into())),
                Ok(count) => self.written += count,
                Err(error) => return Err(failed(error)),
            }
        }
        self.queued.clear();
        self.written = 0;
        if self.queued.capacity() > BUFFER_KEPT_BYTES {
            self.queued = Vec::new();
        }
        self.half.flush().await.map_err(failed)
    }

    /// Returns how many bytes wait to be sent.
    #[must_use]
    pub fn queued_bytes(&self) -> usize {
        self.queued.len() - self.written
    }

    /// Sends what waits and ends this direction.
    ///
    /// # Errors
    /// [`LinkError::Io`].
    pub async fn close(&mut self) -> Result<(), LinkError> {
        self.flush().await?;
        self.half
            .shutdown()
            .await
            .map_err(LinkError::io("closing the link"))
    }
}

impl std::fmt::Debug for LinkWriter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LinkWriter")
            .field("queued_bytes", &self.queued_bytes())
            .finish_non_exhaustive()
    }
}

/// Where a client finds its host.
#[derive(Debug, Clone)]
pub enum Dialer {
    /// At a Unix socket.
    Socket(PathBuf),
    /// Within this process.
    Memory(mpsc::Sender<Link>),
    /// Nowhere: no dial comes to its end, and each adds a permit.
    #[cfg(test)]
    Silent(std::sync::Arc<tokio::sync::Semaphore>),
}

impl Dialer {
    /// Returns a new link to the host.
    ///
    /// # Errors
    /// [`LinkError::NotRunning`], [`LinkError::OtherUser`] and [`LinkError::Io`].
    pub async fn dial(&self) -> Result<Link, LinkError> {
        match self {
            Self::Socket(path) => socket::dial(path).await,
            Self::Memory(host) => memory::dial(host).await,
            #[cfg(test)]
            Self::Silent(dials) => {
                dials.add_permits(1);
                std::future::pending().await
            }
        }
    }
}

/// Where a host is found by its clients.
#[derive(Debug)]
pub struct Listener(Source);

#[derive(Debug)]
enum Source {
    Socket(socket::Socket),
    Memory(mpsc::Receiver<Link>),
}

impl Listener {
    /// Listens at the host's socket, for this user alone. What a dead host has left there is
    /// replaced; `lock` says that it is dead.
    ///
    /// # Errors
    /// [`LinkError::LockLost`] and [`LinkError::Io`].
    pub fn bind(paths: &crate::paths::Paths, lock: HostLock) -> Result<Self, LinkError> {
        socket::Socket::bind(&paths.host_socket(), lock).map(|socket| Self(Source::Socket(socket)))
    }

    /// Returns a listener within this process, and how to find it.
    #[must_use]
    pub fn memory() -> (Self, Dialer) {
        let (dialer, listener) = mpsc::channel(memory::WAITING_MAX);
        (Self(Source::Memory(listener)), Dialer::Memory(dialer))
    }

    /// Returns the next client's link. Clients of other users are refused and logged; shortages of
    /// the system are waited out.
    ///
    /// May be dropped while it waits.
    ///
    /// # Errors
    /// [`LinkError::Io`] if the socket is of no further use; [`LinkError::Cut`] once every dialer
    /// in this process is gone.
    pub async fn accept(&mut self) -> Result<Link, LinkError> {
        match &mut self.0 {
            Source::Socket(socket) => socket.accept().await,
            Source::Memory(links) => links.recv().await.ok_or(LinkError::Cut),
        }
    }

    /// Says whether this host still holds the lock; one that does not must end.
    #[must_use]
    pub fn holds_lock(&self) -> bool {
        match &self.0 {
            Source::Socket(socket) => socket.holds_lock(),
            Source::Memory(_) => true,
        }
    }
}

#[cfg(test)]
mod tests;
