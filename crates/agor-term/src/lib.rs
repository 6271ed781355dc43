//! Bytes of a program to a screen, and input of a person to bytes: the parser, the grid, the rows
//! above it, checkpoints, the difference between two moments of a screen, and the encoding of
//! keys, mouse and pastes; and where images stand, which the host keeps.
//!
//! Nothing here does I/O or reads a clock. What happens with an [`Effect`] is the host's business;
//! how a row is drawn is the renderer's.

mod cell;
mod charset;
mod checkpoint;
mod color;
mod effect;
mod grid;
mod hash;
mod history;
mod images;
pub mod input;
mod modes;
mod parser;
mod pen;
#[cfg(test)]
mod properties;
mod reflow;
pub mod rows;
mod tables;
mod terminal;
pub mod text;
pub mod update;
mod width;

pub use checkpoint::CheckpointError;
pub use color::BaseColors;
pub use effect::{ClipboardKind, Effect, ProgressState};
pub use history::{HistoryPage, LeftPage, PageError, rows_of};
pub use images::{
    Base, Composition, FileRequest, ImageFault, ImageFiles, ImageFormat, ImageKey, ImageSource,
    Medium, NoFiles, Overlay, PLACEHOLDER, decode_sixel,
};
pub use terminal::osc::text::{decode_base64, encode_base64, shown_text};
pub use terminal::{Options, Terminal};
pub use width::char_width;
