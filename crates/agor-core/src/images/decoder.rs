//! Starting decoders and taking their pixels.

use std::io::{Read, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use agor_proto::limits::DECODER_SECS_MAX;
use agor_term::ImageSource;
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::decode::{FAULT_MAX, PIXELS};
use super::store::ImageError;

/// A decoder that has not ended after this is killed: it may use its time while others use the
/// processor.
const WALL_MAX: Duration = Duration::from_secs(4 * DECODER_SECS_MAX);

/// Kills a decoder that is not needed any more.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // One that has ended cannot be killed, and is waited for all the same.
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

/// Returns the pixels of an image. Blocks until they are there.
pub(super) fn decode(program: &Path, source: &ImageSource) -> Result<Vec<u8>, ImageError> {
    let failed = |error: std::io::Error| ImageError::Decoder(error.to_string());
    let mut child = Command::new(program)
        .arg("decode")
        .env_clear()
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map(Running)
        .map_err(failed)?;
    let (Some(mut input), Some(mut output)) = (child.0.stdin.take(), child.0.stdout.take()) else {
        return Err(ImageError::Decoder("it has no pipes".into()));
    };
    let (width, height) = source.pixels;
    let pixels_bytes = width as usize * height as usize * 4;
    std::thread::scope(|scope| {
        scope.spawn(move || {
            // A decoder that has failed reads no further, and its answer says why.
            let written = input.write_all(&source.head());
            written.and_then(|()| input.write_all(&source.data)).ok();
        });
        let deadline = Instant::now() + WALL_MAX;
        let mut answer = Vec::new();
        let mut piece = vec![0; 64 * 1024];
        let result = loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let wait = Timespec::try_from(left).ok();
            let ready = poll(&mut [PollFd::new(&output, PollFlags::IN)], wait.as_ref());
            match ready {
                Ok(0) => break Err(ImageError::Decoder("it took too long".into())),
                Err(rustix::io::Errno::INTR) => continue,
                Err(error) => break Err(failed(error.into())),
                Ok(_) => {}
            }
            match output.read(&mut piece) {
                Ok(0) => break Ok(()),
                Ok(count) => answer.extend_from_slice(&piece[..count]),
                Err(error) => break Err(failed(error)),
            }
            if answer.len() > 1 + pixels_bytes.max(FAULT_MAX) {
                break Err(ImageError::Decoder("it says more than there is".into()));
            }
        };
        // Ends the thread above too, should it still write.
        drop(output);
        drop(child);
        result?;
        match answer.first() {
            Some(&PIXELS) if answer.len() == 1 + pixels_bytes => {
                answer.remove(0);
                Ok(answer)
            }
            Some(&PIXELS) | None => Err(ImageError::Decoder("it ended without an answer".into())),
            Some(_) => {
                let sentence = String::from_utf8_lossy(&answer[1..]).into_owned();
                Err(ImageError::Damaged(sentence))
            }
        }
    })
}
