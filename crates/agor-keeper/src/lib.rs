//! The keeper: a tiny process with one thread that starts children, alone touches their terminals
//! and pipes, and puts what they say into shared-memory rings, so that the host above it can be
//! killed, crash or be updated under running children.
//!
//! [`run`] is the process, [`link`] the host's connection to it, [`ring`] the shared memory and
//! [`record`] what stands in it. What the bytes mean, where they are stored and who may see them
//! is the host's business.

pub mod caps;
mod error;
pub mod link;
mod protocol;
pub mod record;
pub mod ring;
mod server;
mod system;
mod update;

pub use error::{KeeperError, NotUpdated};
pub use link::{Hello, KeeperLink};
pub use protocol::{
    ABI_VERSION, Event, Exit, Io, PtySize, RefusedConfigure, RefusedInput, Request, RequestFault,
    SessionKey, SessionState, SignalScope, SpawnSpec, SpawnStep,
};
pub use ring::{RingError, RingFds, RingReader, RingWriter};
pub use server::{
    KeeperOptions, Start, leave_session_group, run, session_group, session_groups, share_heaps,
};
pub use update::{Updated, update};
