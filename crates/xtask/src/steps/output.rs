//! What a step prints: shown while it comes, counted, and its end kept for when the step has to be killed.

use std::collections::VecDeque;
use std::io::{self, Read, Write};
use std::sync::mpsc::SyncSender;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use super::running::Running;
use crate::tally::Scanner;

/// Lines of the end that are kept.
pub const TAIL_LINES: usize = 200;

/// More of a line than this is not kept: no line of results is longer.
const LINE_LIMIT_BYTES: usize = 4096;

/// What was heard of a step so far.
#[derive(Debug, Default)]
pub struct Heard {
    /// Counts of tests.
    pub scanner: Scanner,
    /// Which tests have no result yet.
    pub running: Running,
    /// The last lines, of both streams as they came.
    pub tail: VecDeque<String>,
    /// The line of standard output that has no end yet.
    line: Line,
}

/// The two things that a process prints to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// Standard output, where results of tests come.
    Output,
    /// Standard error, where cargo says what it does.
    Error,
}

impl Heard {
    /// Reads a line that follows what was read before.
    pub fn read_line(&mut self, stream: Stream, line: &str) {
        match stream {
            Stream::Output => {
                self.scanner.read_line(line);
                self.running.read_line(line);
            }
            Stream::Error => self.running.read_cargo_line(line),
        }
        if self.tail.len() == TAIL_LINES {
            self.tail.pop_front();
        }
        self.tail.push_back(line.to_owned());
    }

    /// Returns in a few words what was going on when the last byte came.
    pub fn going_on(&self) -> String {
        self.running.describe(&self.line.text())
    }
}

/// Cuts bytes that arrive in pieces of any size into lines.
#[derive(Debug, Default)]
struct Line(Vec<u8>);

impl Line {
    /// Reads `bytes`, which follow what was read before, and returns the lines that end in them.
    fn read(&mut self, bytes: &[u8]) -> Vec<String> {
        let mut lines = Vec::new();
        for &byte in bytes {
            if byte == b'\n' {
                lines.push(self.text());
                self.0.clear();
            } else if self.0.len() < LINE_LIMIT_BYTES {
                self.0.push(byte);
            }
        }
        lines
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0).into_owned()
    }
}

/// Copies what `from` prints to our own stream of the kind and tells `heard`, in a thread that drops
/// `ended` at the end of the output.
pub fn copy(
    mut from: impl Read + Send + 'static,
    stream: Stream,
    heard: Arc<Mutex<Heard>>,
    ended: SyncSender<()>,
) -> io::Result<()> {
    let copier = move || {
        let _ended = ended;
        let mut buffer = [0; 8192];
        let mut errors = Line::default();
        loop {
            let bytes = match from.read(&mut buffer) {
                Ok(0) => break,
                Ok(count) => buffer.get(..count).unwrap_or_default(),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => {
                    println!("warning: the output ended early: {error}");
                    break;
                }
            };
            // A reader of ours that went away must not stop the count.
            match stream {
                Stream::Output => show(io::stdout().lock(), bytes),
                Stream::Error => show(io::stderr().lock(), bytes),
            }
            .ok();
            let mut heard = heard.lock().unwrap_or_else(PoisonError::into_inner);
            let lines = match stream {
                Stream::Output => heard.line.read(bytes),
                Stream::Error => errors.read(bytes),
            };
            for line in lines {
                heard.read_line(stream, &line);
            }
        }
    };
    thread::Builder::new().name("output".into()).spawn(copier)?;
    Ok(())
}

fn show(mut to: impl Write, bytes: &[u8]) -> io::Result<()> {
    // What the commands of our own unit tests print must not be counted by who counts those.
    if cfg!(test) {
        return Ok(());
    }
    to.write_all(bytes)?;
    to.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_the_same_however_the_bytes_are_cut() {
        let text = "one\n\nthree ünd\ntail without end";
        for size in 1..text.len() {
            let mut line = Line::default();
            let pieces = text.as_bytes().chunks(size);
            let lines: Vec<_> = pieces.flat_map(|piece| line.read(piece)).collect();
            assert_eq!(lines, ["one", "", "three ünd"]);
            assert_eq!(line.text(), "tail without end");
        }
    }

    #[test]
    fn a_line_without_end_is_kept_in_part() {
        let mut line = Line::default();
        line.read(&vec![b'x'; 3 * LINE_LIMIT_BYTES]);
        assert_eq!(line.read(b"\n"), ["x".repeat(LINE_LIMIT_BYTES)]);
    }

    #[test]
    fn only_the_end_of_the_output_is_kept() {
        let mut heard = Heard::default();
        for number in 0..=TAIL_LINES {
            heard.read_line(Stream::Error, &number.to_string());
        }
        assert_eq!(heard.tail.len(), TAIL_LINES);
        assert_eq!(heard.tail.front().map(String::as_str), Some("1"));
    }
}
