//! The last lines of the host's log or of the window's, while the window shows them.

use std::sync::Arc;

use agor_core::logging::{Tail, follow};
use agor_core::paths::Paths;

use super::task::Shared;

/// Whose log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Of {
    /// The host's.
    #[default]
    Host,
    /// The window's.
    Window,
}

/// What a log says last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Log {
    /// Whose it is.
    pub of: Of,
    /// Its last lines.
    pub tail: Tail,
}

/// Reads the log that is wanted, with or without a host: that one does not start is what a log is read for.
#[derive(Debug)]
pub struct Following {
    paths: Paths,
    shared: Shared,
    task: Option<tokio::task::JoinHandle<()>>,
}

impl Following {
    /// Returns one that reads no log yet.
    #[must_use]
    pub fn new(paths: Paths, shared: Shared) -> Self {
        Self {
            paths,
            shared,
            task: None,
        }
    }

    /// Follows a log, or none any more.
    pub fn follow(&mut self, wanted: Option<Of>) {
        if let Some(task) = self.task.take() {
            task.abort();
            self.shared.change(|snapshot| snapshot.log = None);
        }
        self.task = wanted.map(|of| {
            let path = match of {
                Of::Host => self.paths.host_log(),
                Of::Window => self.paths.window_log(),
            };
            let shared = self.shared.clone();
            let tell = move |tail| {
                let log = Some(Arc::new(Log { of, tail }));
                shared.change(|snapshot| snapshot.log = log);
            };
            tokio::spawn(follow(path, tell))
        });
    }
}

impl Drop for Following {
    fn drop(&mut self) {
        if let Some(task) = self.task.take() {
            task.abort();
        }
    }
}
