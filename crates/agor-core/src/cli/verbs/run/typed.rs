//! What a command is given to read: keys of a person, or what is piped into us.

use std::collections::VecDeque;
use std::io;

use tokio::sync::mpsc::Receiver;
use tokio::time::Instant;

use super::super::super::tty;

/// Input that waits for the command; beyond it a pipe is not read on.
const WAITING_BYTES: usize = 256 * 1024;

/// The character by which a terminal in its usual mode is told that there is no more.
const END_OF_INPUT: u8 = 4;

/// Input that the command was not given yet, in order.
#[derive(Debug, Default)]
pub struct Typed {
    last: u64,
    unwritten: VecDeque<(u64, Vec<u8>)>,
    unwritten_bytes: usize,
    /// When what the command had no room for is offered again.
    pub retry_at: Option<Instant>,
}

impl Typed {
    /// Keeps an input until it is written, and returns its number.
    pub fn add(&mut self, bytes: Vec<u8>) -> u64 {
        self.last += 1;
        self.unwritten_bytes += bytes.len();
        self.unwritten.push_back((self.last, bytes));
        self.last
    }

    /// Returns what is not written yet.
    pub fn unwritten(&self) -> impl Iterator<Item = (u64, &[u8])> {
        self.unwritten.iter().map(|(seq, bytes)| (*seq, &bytes[..]))
    }

    /// Forgets what was written.
    pub fn written(&mut self, up_to: u64) {
        while let Some((seq, bytes)) = self.unwritten.front()
            && *seq <= up_to
        {
            self.unwritten_bytes -= bytes.len();
            self.unwritten.pop_front();
        }
    }

    /// Forgets everything: nobody will read it.
    pub fn clear(&mut self) {
        self.unwritten.clear();
        self.unwritten_bytes = 0;
    }

    /// Says whether more may come.
    pub fn has_room(&self) -> bool {
        self.unwritten_bytes < WAITING_BYTES
    }
}

/// Standard input that is a pipe or a file: typed as it is, and ended as a person ends it.
#[derive(Debug)]
pub struct Piped {
    pieces: Receiver<Vec<u8>>,
    /// Whether something stands in the line that is being typed.
    in_line: bool,
}

impl Piped {
    /// Returns standard input if something is piped into it.
    pub fn find() -> io::Result<Option<Self>> {
        if !tty::is_piped() {
            return Ok(None);
        }
        Ok(Some(Self {
            pieces: tty::typed()?,
            in_line: false,
        }))
    }

    /// Returns what comes next, and the end of input as the last; then never anything.
    pub async fn next(piped: &mut Option<Self>, has_room: bool) -> Vec<u8> {
        let Some(from) = piped.as_mut().filter(|_| has_room) else {
            return std::future::pending().await;
        };
        if let Some(bytes) = from.pieces.recv().await {
            from.in_line = bytes.last().is_some_and(|&last| last != b'\n');
            return bytes;
        }
        let end = end_of_input(from.in_line);
        *piped = None;
        end
    }
}

/// Returns what ends input. In a line that is not empty the first only gives that away as it is.
fn end_of_input(in_line: bool) -> Vec<u8> {
    vec![END_OF_INPUT; 1 + usize::from(in_line)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_piped_is_typed_and_ended_once_with_its_line_given_away() {
        for (text, end) in [("a\nb", &[4, 4][..]), ("a\n", &[4]), ("", &[4])] {
            let (sender, pieces) = tokio::sync::mpsc::channel(4);
            if !text.is_empty() {
                sender.send(text.as_bytes().to_vec()).await.unwrap();
            }
            drop(sender);
            let mut piped = Some(Piped {
                pieces,
                in_line: false,
            });
            if !text.is_empty() {
                assert_eq!(Piped::next(&mut piped, true).await, text.as_bytes());
            }
            assert_eq!(Piped::next(&mut piped, true).await, end);
            assert!(piped.is_none());
        }
    }

    #[test]
    fn a_command_that_does_not_read_stops_the_pipe_and_not_more() {
        let mut typed = Typed::default();
        let mut count = 0;
        while typed.has_room() {
            count = typed.add(vec![b'x'; 4_096]);
        }
        assert_eq!(count as usize, WAITING_BYTES / 4_096);
        typed.written(count - 1);
        assert!(typed.has_room());
        assert_eq!(
            typed.unwritten().map(|(seq, _)| seq).collect::<Vec<_>>(),
            [count]
        );
    }
}
