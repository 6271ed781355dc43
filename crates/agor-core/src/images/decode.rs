//! The decoder's process (`agor decode`): reads one image from its input, writes its pixels to its
//! output, and ends. It reads hostile bytes, so it can do nothing else (`confine.rs`).
//!
//! Input: [`ImageSource::to_bytes`] up to the end. Output: a byte 0 and the pixels as RGBA, multiplied
//! by their alpha, row by row; or a byte 1 and a sentence.

use std::io::{self, Read, Write};

use agor_proto::limits::IMAGE_BYTES_MAX;
use agor_term::ImageSource;

use super::confine::confine;
use super::pixels::{pixels, premultiply};

/// The first byte of an answer that is pixels.
pub const PIXELS: u8 = 0;
/// The first byte of an answer that is a sentence.
pub const FAULT: u8 = 1;
/// A sentence is cut here.
pub const FAULT_MAX: usize = 200;

/// Runs the process.
///
/// # Errors
/// The system refused a limit, or input or output failed.
pub fn run() -> io::Result<()> {
    confine()?;
    let mut bytes = Vec::new();
    let most = (IMAGE_BYTES_MAX + ImageSource::HEAD_BYTES) as u64;
    io::stdin().lock().take(most + 1).read_to_end(&mut bytes)?;
    let decoded = match ImageSource::from_bytes(bytes) {
        Some(source) => pixels(source),
        None => Err("this is no image's source".into()),
    };
    let mut output = io::stdout().lock();
    match decoded {
        Ok(mut rgba) => {
            premultiply(&mut rgba);
            output.write_all(&[PIXELS])?;
            output.write_all(&rgba)?;
        }
        Err(mut sentence) => {
            sentence.truncate(sentence.floor_char_boundary(FAULT_MAX));
            output.write_all(&[FAULT])?;
            output.write_all(sentence.as_bytes())?;
        }
    }
    output.flush()
}
