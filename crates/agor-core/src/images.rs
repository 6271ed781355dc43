//! Images of sessions: what they are made from is kept here, by session and hash, and turned into
//! pixels in a process of its own. Which images there are, and where they stand, is the terminal's
//! business.
//!
//! What came in the output is in the record, so it is written to disk only together with a
//! checkpoint that names it. What came from a file is in no record and is written at once.

mod compose;
pub mod confine;
pub mod decode;
mod decoder;
mod files;
mod kept;
mod pixels;
mod store;

pub use files::SessionFiles;
pub use store::{ImageError, ImageStore};
