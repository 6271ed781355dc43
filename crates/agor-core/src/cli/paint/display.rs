//! Paints a mirror as often as the caller's terminal takes it. A terminal that stands still (a
//! person who reads, a slow line) holds up nothing but its own picture.

use std::io;
use std::time::Duration;

use agor_proto::ids::Size;
use agor_proto::input::MouseInput;
use agor_proto::screen::Mirror;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::super::tty;
use super::Painter;

/// How long a note is shown that says nothing lasting.
const NOTE: Duration = Duration::from_secs(3);

/// See the module.
#[derive(Debug)]
pub struct Display {
    painter: Painter,
    stale: bool,
    writing: Option<JoinHandle<io::Result<()>>>,
    note: Option<(String, Option<Instant>)>,
}

impl Display {
    /// Returns a display for the caller's terminal, which has `size` and is empty.
    pub fn new(size: Size) -> Self {
        Self {
            painter: Painter::new(size),
            stale: true,
            writing: None,
            note: None,
        }
    }

    /// Says that the mirror has changed.
    pub fn changed(&mut self) {
        self.stale = true;
    }

    /// Says that the terminal has another size and shows anything.
    pub fn resize(&mut self, size: Size) {
        self.painter.resize(size);
        self.stale = true;
    }

    /// Shows a note, for a while or until the next.
    pub fn note(&mut self, note: impl Into<String>, lasting: bool) {
        let until = (!lasting).then(|| Instant::now() + NOTE);
        self.note = Some((note.into(), until));
        self.stale = true;
    }

    /// Takes the note away.
    pub fn clear_note(&mut self) {
        self.stale |= self.note.take().is_some();
    }

    /// Returns where on the screen the mouse did something.
    pub fn mouse(&self, mouse: MouseInput, mirror: &Mirror) -> Option<MouseInput> {
        self.painter.mouse(mouse, mirror)
    }

    /// Begins to paint if something has changed and the terminal has taken what was painted.
    pub fn paint(&mut self, mirror: &Mirror) {
        if !self.stale || self.writing.is_some() {
            return;
        }
        self.stale = false;
        let note = self.note.as_ref().map(|(note, _)| note.as_str());
        let painted = self.painter.paint(mirror, note);
        if !painted.is_empty() {
            self.writing = Some(tokio::task::spawn_blocking(move || {
                tty::write(painted.as_bytes())
            }));
        }
    }

    /// Waits until there may be something to paint: the terminal has taken what was painted, or a
    /// note's time is over. May be dropped while it waits.
    ///
    /// # Errors
    /// What the system said about the terminal.
    pub async fn ready(&mut self) -> io::Result<()> {
        let until = self.note.as_ref().and_then(|(_, until)| *until);
        let note_over = async {
            match until {
                Some(until) => tokio::time::sleep_until(until).await,
                None => std::future::pending().await,
            }
        };
        let written = async {
            match &mut self.writing {
                Some(writing) => writing.await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            written = written => {
                self.writing = None;
                written.unwrap_or_else(|panicked| Err(io::Error::other(panicked)))
            }
            () = note_over => {
                self.clear_note();
                Ok(())
            }
        }
    }

    /// Paints the last state and waits until the terminal has taken it.
    pub async fn finish(&mut self, mirror: &Mirror) {
        self.note = None;
        for _ in 0..2 {
            if let Some(writing) = self.writing.take() {
                writing.await.ok(); // A terminal that is gone shows nothing more.
            }
            self.paint(mirror);
        }
    }
}
