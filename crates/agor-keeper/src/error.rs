//! What goes wrong between a host and a keeper, told apart as far as a caller can act on it.

use std::{fmt, io, path::PathBuf};

/// A failure of the keeper's process or of the host's link to it.
#[derive(Debug)]
#[non_exhaustive]
pub enum KeeperError {
    /// Another keeper holds the lock beside the socket.
    AlreadyRunning {
        /// The lock file that is held.
        lock: PathBuf,
    },
    /// Nobody listens on the socket; the caller may start a keeper.
    NotRunning {
        /// The socket that was tried.
        socket: PathBuf,
    },
    /// The socket's directory is missing, not ours, or open to others.
    UnsafeDirectory {
        /// The directory that was refused.
        directory: PathBuf,
    },
    /// The other side speaks another version of the protocol.
    AbiMismatch {
        /// The version spoken here.
        ours: u16,
        /// The version spoken there.
        theirs: u16,
    },
    /// A host of this or a later incarnation has attached.
    Fenced {
        /// The incarnation that holds the keeper.
        by: u64,
    },
    /// The other side runs as another user.
    OtherUser {
        /// The user of the other side.
        uid: u32,
    },
    /// The keeper is shutting down and takes no host.
    Stopping,
    /// The keeper did not become another program, and goes on as it was.
    NotUpdated(NotUpdated),
    /// The other side sent what the protocol does not allow.
    Protocol(&'static str),
    /// A message is larger than a frame may be.
    TooLarge {
        /// The size of the message.
        size_bytes: usize,
        /// The largest allowed.
        limit_bytes: usize,
    },
    /// The other side does not read, and the queue to it is full.
    Backlog {
        /// What waits in the queue.
        queued_bytes: usize,
    },
    /// The other side closed the connection.
    Closed,
    /// The other side did not answer in time.
    TimedOut,
    /// The system refused an operation.
    Io {
        /// What was being done.
        doing: &'static str,
        /// What the system said.
        source: io::Error,
    },
}

/// Why a keeper did not become another program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NotUpdated {
    /// It is of a version that knows no updates.
    TooOld,
    /// A host is attached to it.
    HostAttached,
    /// It is ending programs.
    Killing,
    /// It is starting programs.
    Starting,
    /// The new program does not take over what the running one has.
    Declined,
    /// The new program could not be run, and what the system said.
    NotRun(i32),
}

impl NotUpdated {
    /// Returns the number that stands for it in a refusal. Frozen.
    pub(crate) fn detail(self) -> u64 {
        match self {
            Self::TooOld => 0,
            Self::HostAttached => 1,
            Self::Killing => 2,
            Self::Declined => 3,
            Self::Starting => 4,
            Self::NotRun(errno) => 1 << 32 | u64::from(errno.unsigned_abs()),
        }
    }

    /// Returns what a number in a refusal stands for.
    pub(crate) fn from_detail(detail: u64) -> Self {
        match detail {
            0 => Self::TooOld,
            1 => Self::HostAttached,
            2 => Self::Killing,
            4 => Self::Starting,
            _ if detail >> 32 == 1 => Self::NotRun(detail as u32 as i32),
            _ => Self::Declined,
        }
    }
}

impl fmt::Display for NotUpdated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooOld => f.write_str("it is of a version that knows no updates"),
            Self::HostAttached => f.write_str("a host is attached to it"),
            Self::Killing => f.write_str("it is ending programs"),
            Self::Starting => f.write_str("it is starting programs"),
            Self::Declined => {
                f.write_str("the new program does not understand what it would take over")
            }
            Self::NotRun(errno) => write!(
                f,
                "the new program cannot be run: {}",
                io::Error::from_raw_os_error(*errno)
            ),
        }
    }
}

impl KeeperError {
    /// Returns a function that wraps what the system said about `doing`.
    pub(crate) fn io<E: Into<io::Error>>(doing: &'static str) -> impl FnOnce(E) -> Self {
        move |source| Self::Io {
            doing,
            source: source.into(),
        }
    }
}

impl fmt::Display for KeeperError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AlreadyRunning { lock } => {
                write!(f, "another keeper holds {}", lock.display())
            }
            Self::NotRunning { socket } => {
                write!(f, "no keeper listens on {}", socket.display())
            }
            Self::UnsafeDirectory { directory } => write!(
                f,
                "{} must exist, belong to this user and have mode 0700",
                directory.display()
            ),
            Self::AbiMismatch { ours, theirs } => {
                write!(
                    f,
                    "this side speaks version {ours} of the keeper's protocol, the other {theirs}"
                )
            }
            Self::Fenced { by } => write!(f, "fenced by host incarnation {by}"),
            Self::OtherUser { uid } => write!(f, "the other side runs as user {uid}"),
            Self::Stopping => write!(f, "the keeper is shutting down"),
            Self::NotUpdated(why) => write!(f, "the keeper goes on as it was: {why}"),
            Self::Protocol(what) => write!(f, "protocol violated: {what}"),
            Self::TooLarge {
                size_bytes,
                limit_bytes,
            } => {
                write!(
                    f,
                    "a message of {size_bytes} bytes exceeds the limit of {limit_bytes}"
                )
            }
            Self::Backlog { queued_bytes } => {
                write!(
                    f,
                    "{queued_bytes} bytes wait for the other side, which does not read"
                )
            }
            Self::Closed => write!(f, "the other side closed the connection"),
            Self::TimedOut => write!(f, "the other side did not answer in time"),
            Self::Io { doing, source } => write!(f, "{doing}: {source}"),
        }
    }
}

impl std::error::Error for KeeperError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io { source, .. } => Some(source),
            _ => None,
        }
    }
}
