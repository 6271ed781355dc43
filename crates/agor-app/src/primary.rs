//! The primary selection of X11: what is selected there is pasted by the middle button. A thread
//! does it, since another program may take its time to answer.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use agor_proto::ids::SessionId;
use agor_proto::input::Input;
use arboard::{Clipboard, GetExtLinux, LinuxClipboardKind, SetExtLinux};

use crate::link::{Link, Request};

/// Wishes that wait; one more is dropped, since the person makes a new one by then.
const WISHES_MAX: usize = 16;

#[derive(Debug)]
enum Wish {
    Own(String),
    PasteInto(SessionId),
}

/// A handle to the thread, which ends with it.
#[derive(Debug)]
pub struct Primary {
    wishes: Option<SyncSender<Wish>>,
    thread: Option<JoinHandle<()>>,
}

impl Primary {
    /// Starts the thread, which pastes over `link`.
    #[must_use]
    pub fn start(link: Link) -> Self {
        let (wishes, waiting) = sync_channel(WISHES_MAX);
        let thread = std::thread::Builder::new()
            .name("primary selection".into())
            .spawn(move || run(&waiting, &link));
        match thread {
            Ok(thread) => Self {
                wishes: Some(wishes),
                thread: Some(thread),
            },
            Err(error) => {
                tracing::warn!(%error, "there is no thread for the primary selection");
                Self::none()
            }
        }
    }

    /// Returns what does nothing, for pictures.
    #[must_use]
    pub fn none() -> Self {
        Self {
            wishes: None,
            thread: None,
        }
    }

    /// Makes text the primary selection.
    pub fn own(&self, text: String) {
        self.wish(Wish::Own(text));
    }

    /// Pastes the primary selection into a session.
    pub fn paste_into(&self, session: SessionId) {
        self.wish(Wish::PasteInto(session));
    }

    fn wish(&self, wish: Wish) {
        if let Some(wishes) = &self.wishes
            && wishes.try_send(wish).is_err()
        {
            tracing::warn!("the primary selection is busy");
        }
    }
}

impl Drop for Primary {
    fn drop(&mut self) {
        self.wishes = None;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the thread of the primary selection panicked");
        }
    }
}

fn run(waiting: &Receiver<Wish>, link: &Link) {
    // Opened with the first wish: a window that is only looked at needs no connection.
    let mut clipboard = None;
    while let Ok(wish) = waiting.recv() {
        if clipboard.is_none() {
            clipboard = Clipboard::new()
                .inspect_err(|error| tracing::debug!(%error, "there is no primary selection"))
                .ok();
        }
        let Some(clipboard) = &mut clipboard else {
            continue;
        };
        let kind = LinuxClipboardKind::Primary;
        let done = match wish {
            Wish::Own(text) => clipboard.set().clipboard(kind).text(text),
            Wish::PasteInto(session) => clipboard.get().clipboard(kind).text().map(|text| {
                let paste = Input::Paste {
                    text,
                    first: true,
                    last: true,
                };
                link.request(Request::Type(session, paste));
            }),
        };
        if let Err(error) = done {
            tracing::debug!(%error, "the primary selection was not used");
        }
    }
}
