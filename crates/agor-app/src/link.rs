//! The window's side of its host: a thread that follows sessions, carries requests out and keeps
//! a [`Snapshot`] that the window reads. The window never waits for it, and it never waits for
//! the window.

mod advice;
pub mod diagnose;
pub mod everywhere;
mod explain;
pub mod folders;
mod follower;
mod following;
pub mod images;
mod layout;
pub mod log;
mod outbox;
pub mod outline;
mod prompts;
mod search;
pub mod settings;
pub mod snapshot;
mod task;
pub mod usage;

use std::io;
use std::sync::Arc;
use std::thread::JoinHandle;

pub use agor_core::client::search::Sought;
use agor_core::config::{Value, Whose};
use agor_core::keybindings::Change;
use agor_core::paths::Paths;
use agor_core::themes::Theme;
use agor_proto::command::CommandBody;
use agor_proto::ids::{LinePosition, SessionId, Size};
use agor_proto::input::Input;
use agor_proto::message::Visibility;
use tokio::sync::{mpsc, watch};

use crate::commands::Command;
use crate::pane::selection::Selection;
use crate::wake::Wake;
use snapshot::Snapshot;

/// Requests that wait for the link's thread. It takes each without waiting for the host, so that a
/// full queue means that the machine is overloaded: then the request is refused and the window says
/// so, rather than keys being lost silently.
const REQUESTS_MAX: usize = 16_384;

/// Which command of a shell is meant when its output is copied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutputOf {
    /// The last one.
    Last,
    /// The last one whose output begins before a place.
    LastBefore(LinePosition),
    /// The one whose prompt is at a place.
    Prompt(LinePosition),
}

/// What the window wants of its host.
#[derive(Debug)]
pub enum Request {
    /// Follow these sessions, and no others.
    Show(Vec<(SessionId, Visibility)>),
    /// Type into a session; whoever types drives.
    Type(SessionId, Input),
    /// Give a session the size of its pane, if this window drives it.
    Resize(SessionId, Size),
    /// Drive a session, even if another does.
    Drive(SessionId),
    /// Send, or drop, what was typed while the host was away.
    Decide {
        /// Which session.
        session: SessionId,
        /// Whether it is sent.
        send: bool,
    },
    /// Have a command carried out; a failure becomes a notice.
    Command(CommandBody),
    /// Fetch rows of a session's history.
    History {
        /// Which session.
        session: SessionId,
        /// Around which place; the end of the history if none.
        at: Option<LinePosition>,
        /// Rows wanted above that place.
        before: u32,
        /// Rows wanted in all.
        count: u32,
    },
    /// Look for a text in a session's screen and history.
    Find {
        /// Which session.
        session: SessionId,
        /// The search's number; a later one ends it.
        number: u64,
        /// What to look for.
        sought: Sought,
    },
    /// Look for the prompt behind a place (the end of all if none), or before it.
    Prompt {
        /// Which session.
        session: SessionId,
        /// The place.
        from: Option<LinePosition>,
        /// Whether the one behind it is wanted.
        forwards: bool,
    },
    /// Copy what a command has said.
    CopyOutput {
        /// Which session.
        session: SessionId,
        /// Which of its commands.
        of: OutputOf,
    },
    /// Copy what is selected, however far it goes.
    CopySelection {
        /// Which session.
        session: SessionId,
        /// What is selected.
        selection: Selection,
    },
    /// Ask where a session's commands begin, and which of them failed.
    Outline(SessionId),
    /// Look for a text in all sessions, or for nothing any more; what was found stays.
    Everywhere(Option<everywhere::Wanted>),
    /// Look for nothing in a session any more.
    DropFind(SessionId),
    /// Forget what was fetched of a session's history.
    DropHistory(SessionId),
    /// Follow how host and link are, or no more.
    Diagnose(bool),
    /// Follow what the evidence for a session's state is, or no more.
    Explain(Option<SessionId>),
    /// Read the folders in this one, or forget what was read.
    Folders(Option<folders::Wanted>),
    /// Follow the last lines of a log, or of none any more.
    Log(Option<log::Of>),
    /// Follow what was used in so many days, or no more.
    Usage(Option<u32>),
    /// Change the person's file of keys, which is followed then.
    ChangeKeys(Change),
    /// Add the keys of this file to the person's own; what became of it is told.
    ImportKeys(String),
    /// Write the person's keys into this file.
    ExportKeys(String),
    /// Store the layout, in place of the one stored before.
    StoreLayout(String),
    /// Store what was chosen in the palette, in place of what was stored before.
    StoreUsed(String),
    /// Store what is typed and not sent, in place of what was stored before.
    StoreDrafts(String),
    /// Say a setting, or unsay it. A failure becomes a notice.
    Say {
        /// Which.
        key: &'static str,
        /// For whom.
        of: Whose,
        /// Its value.
        value: Option<Value>,
    },
    /// Make a file of an image and give these sessions' programs its path.
    PasteImage {
        /// Which.
        sessions: Vec<SessionId>,
        /// The image.
        image: Arc<egui::ColorImage>,
    },
    /// Save a theme as the person's own, in place of the one that it was made from or as a new one.
    SaveTheme {
        /// The theme.
        theme: Box<Theme>,
        /// Whether it takes the place of one of that name.
        replaces: bool,
    },
    /// Follow whether the desktop is light or dark.
    FollowDesktop,
    /// Tell the host what the person looks at.
    Look(Option<SessionId>),
    /// Say this to the person.
    Tell(snapshot::Weight, String),
    /// Say to the person what failed, and the command that helps.
    Advise(String, Command),
}

/// A handle for requests and for what is known. Clones are equal.
#[derive(Debug, Clone)]
pub struct Link {
    requests: mpsc::Sender<Request>,
    snapshot: watch::Receiver<Snapshot>,
}

/// The link's thread, to be joined when the window closes.
#[derive(Debug)]
pub struct LinkThread {
    handle: JoinHandle<()>,
}

/// Starts the link's thread. `wake` is called after each change of the snapshot.
///
/// # Errors
/// What the system says if it has no thread or event queue to give.
pub fn start(paths: Paths, wake: Wake, layout: LayoutUse) -> io::Result<(Link, LinkThread)> {
    let (requests, inbox) = mpsc::channel(REQUESTS_MAX);
    let (sender, snapshot) = watch::channel(Snapshot::default());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let handle = std::thread::Builder::new()
        .name("link".into())
        .spawn(move || {
            let shared = task::Shared::new(sender, wake);
            runtime.block_on(task::run(paths, layout, inbox, shared));
            // Questions that nobody waits for any more end with their task.
            runtime.shutdown_background();
        })?;
    Ok((Link { requests, snapshot }, LinkThread { handle }))
}

/// What becomes of the layout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LayoutUse {
    /// It is read, and stored as it changes.
    Keep,
    /// It is read only (a picture is drawn of it).
    Read,
    /// There is none (`agor -e`).
    None,
}

impl Link {
    /// Hands a request over. Says whether it was taken; one that was not is lost.
    pub fn request(&self, request: Request) -> bool {
        let taken = self.requests.try_send(request).is_ok();
        if !taken {
            tracing::error!("the link's queue is full or its thread is gone: a request was lost");
        }
        taken
    }

    /// Returns what is known now.
    #[must_use]
    pub fn snapshot(&mut self) -> Snapshot {
        self.snapshot.borrow_and_update().clone()
    }

    /// Says whether something has changed since [`Link::snapshot`].
    #[must_use]
    pub fn has_changed(&self) -> bool {
        self.snapshot.has_changed().unwrap_or(false)
    }

    /// Returns a link without a host, whose snapshot a test sets and whose requests it reads.
    #[cfg(test)]
    pub fn for_tests() -> (Self, watch::Sender<Snapshot>, mpsc::Receiver<Request>) {
        let (requests, inbox) = mpsc::channel(REQUESTS_MAX);
        let (sender, snapshot) = watch::channel(Snapshot::default());
        (Self { requests, snapshot }, sender, inbox)
    }
}

impl LinkThread {
    /// Waits until everything that was asked for was handed to the host. All clones of the link
    /// must have been dropped.
    pub fn join(self) {
        if self.handle.join().is_err() {
            tracing::error!("the link's thread panicked");
        }
    }
}
