//! What agor's hosts and clients say to each other: identities, rows, screens, records, events,
//! commands, frames, errors and limits.
//!
//! Types and their encodings only. Nothing here does I/O, reads a clock or draws a random number;
//! who does what with these types is decided in `agor-core`. `README.md` beside this crate follows
//! one keystroke and one line of output through them.

pub mod agent;
pub mod command;
pub mod error;
pub mod event;
pub mod frame;
pub mod ids;
pub mod input;
pub mod limits;
pub mod message;
pub mod open;
pub mod query;
pub mod record;
pub mod row;
pub mod screen;
pub mod session;
pub mod stats;
pub mod usage;

/// The version of the frame header and of the rules in this crate that every peer of this release
/// speaks; what a peer can do beyond it is said by [`message::Hello::features`].
pub const PROTOCOL_VERSION: u8 = 1;
