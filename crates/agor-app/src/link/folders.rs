//! The folders in one that a person types, read beside everything else: a disk that hangs holds nothing up but them.

use std::path::PathBuf;
use std::sync::Arc;

use agor_core::folders::{self, Hidden};
use tokio::sync::watch;

use super::task::Shared;

/// A folder whose folders are wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// Its path.
    pub folder: String,
    /// Its path as it was typed, with the slash at its end.
    pub typed: String,
    /// Whether the hidden ones are wanted too.
    pub hidden: Hidden,
}

/// The folders in a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Below {
    /// In which.
    pub of: Wanted,
    /// Their names, in their order.
    pub names: Vec<String>,
}

/// Reads the folder that was wanted last, one at a time: what was typed over meanwhile is never read.
#[derive(Debug)]
pub struct Reading {
    wanted: watch::Sender<Option<Wanted>>,
    task: tokio::task::JoinHandle<()>,
}

impl Reading {
    /// Returns one that reads nothing yet.
    #[must_use]
    pub fn new(shared: Shared) -> Self {
        let (wanted, asked) = watch::channel(None);
        let task = tokio::spawn(run(asked, shared));
        Self { wanted, task }
    }

    /// Has a folder read, or what was read forgotten.
    pub fn read(&self, wanted: Option<Wanted>) {
        self.wanted.send_replace(wanted);
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn run(mut asked: watch::Receiver<Option<Wanted>>, shared: Shared) {
    while asked.changed().await.is_ok() {
        let wanted = asked.borrow_and_update().clone();
        let below = match wanted {
            None => None,
            Some(of) => {
                let (folder, hidden) = (PathBuf::from(&of.folder), of.hidden);
                let names = tokio::task::spawn_blocking(move || folders::below(&folder, hidden));
                let Ok(names) = names.await else { return };
                Some(Arc::new(Below { of, names }))
            }
        };
        shared.change_if(|snapshot| {
            let differs = snapshot.folders != below;
            snapshot.folders = below;
            differs
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link::snapshot::Snapshot;
    use crate::wake::Wake;

    #[tokio::test]
    async fn the_folders_of_the_one_that_is_wanted_are_told_and_forgotten_again() {
        let folder = tempfile::tempdir().unwrap();
        let shop = tempfile::tempdir_in(folder.path()).unwrap();
        let shared = Shared::new(watch::Sender::new(Snapshot::default()), Wake::default());
        let reading = Reading::new(shared.clone());
        let of = Wanted {
            folder: folder.path().to_str().unwrap().into(),
            typed: "~/".into(),
            hidden: Hidden::With,
        };
        reading.read(Some(of.clone()));
        assert!(shared.until(|snapshot| snapshot.folders.is_some()).await);
        let told = shared.look(|snapshot| snapshot.folders.clone()).unwrap();
        assert_eq!(told.of, of);
        let name = shop.path().file_name().unwrap().to_str();
        assert_eq!(told.names.first().map(String::as_str), name);
        assert_eq!(told.names.len(), 1);
        reading.read(None);
        assert!(shared.until(|snapshot| snapshot.folders.is_none()).await);
    }
}
