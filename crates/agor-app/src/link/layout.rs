//! The stored layout: read once, written by the link's thread as it changes, so that a window
//! that is killed finds its panes again.

use agor_core::paths::Paths;
use agor_core::storage::Profile;
use tokio::sync::watch;

use super::LayoutUse;
use super::snapshot::{Stored, Weight};
use super::task::Shared;

/// The layout's name in the profile's store.
const KEY: &str = "layout";

/// The name there of what was chosen in the palette.
const USED: &str = "palette";

/// Where the layout goes.
#[derive(Debug)]
pub struct Layout {
    newest: watch::Sender<Option<String>>,
    newest_used: watch::Sender<Option<String>>,
    writers: Vec<tokio::task::JoinHandle<()>>,
    profile: Option<Profile>,
}

impl Layout {
    /// Reads the stored layout into the snapshot.
    pub async fn open(paths: &Paths, layout: LayoutUse, shared: &Shared) -> Self {
        let (newest, layouts) = watch::channel(None);
        let (newest_used, used) = watch::channel(None);
        let missing = || shared.change(|snapshot| snapshot.layout = Stored::Missing);
        if layout == LayoutUse::None {
            missing();
            return Self {
                newest,
                newest_used,
                writers: Vec::new(),
                profile: None,
            };
        }
        // Off this thread, which also carries keys.
        let folder = paths.data().to_owned();
        let opened = tokio::task::spawn_blocking(move || {
            let profile = Profile::open(&folder);
            let stored = profile.load(KEY);
            // What cannot be read is learned anew.
            let used = profile.load(USED).ok().flatten();
            (profile, stored, used)
        });
        let Ok((profile, stored, last_used)) = opened.await else {
            missing();
            return Self {
                newest,
                newest_used,
                writers: Vec::new(),
                profile: None,
            };
        };
        if let Some(complaint) = profile.complaint() {
            shared.tell(Weight::Error, complaint);
        }
        if let Some(document) = last_used {
            let text = document.json.into();
            shared.change(|snapshot| snapshot.used = Some(text));
        }
        match stored {
            Ok(Some(document)) => {
                let text = document.json.into();
                shared.change(|snapshot| snapshot.layout = Stored::Is(text));
            }
            Ok(None) => missing(),
            Err(error) => {
                shared.tell(Weight::Error, error.to_string());
                missing();
            }
        }
        let mut writers = Vec::new();
        let kept = (layout == LayoutUse::Keep).then_some(profile);
        if let Some(profile) = kept.clone() {
            let other = profile.clone();
            writers.push(tokio::spawn(write(KEY, profile, layouts, shared.clone())));
            writers.push(tokio::spawn(write(USED, other, used, shared.clone())));
        }
        Self {
            newest,
            newest_used,
            writers,
            profile: kept,
        }
    }

    /// Returns the store, if this window writes into it.
    pub fn profile(&self) -> Option<&Profile> {
        self.profile.as_ref()
    }

    /// Stores what was chosen in the palette soon; of several only the newest.
    pub fn store_used(&self, text: String) {
        self.newest_used.send_replace(Some(text));
    }

    /// Stores `text` soon; of several only the newest.
    pub fn store(&self, text: String) {
        self.newest.send_replace(Some(text));
    }

    /// Waits until the newest layout is stored.
    pub async fn finish(self) {
        drop((self.newest, self.newest_used));
        for writer in self.writers {
            writer.await.ok(); // It has said what went wrong.
        }
    }
}

/// Several windows share one layout: the one that a person changed last holds.
async fn write(
    name: &'static str,
    profile: Profile,
    mut layouts: watch::Receiver<Option<String>>,
    shared: Shared,
) {
    let mut told = false;
    // A last layout is still delivered after its sender is gone.
    while layouts.changed().await.is_ok() {
        let Some(text) = layouts.borrow_and_update().clone() else {
            continue;
        };
        let profile = profile.clone();
        let stored = tokio::task::spawn_blocking(move || profile.store(name, &text)).await;
        match stored {
            Ok(Err(error)) if !told => {
                told = true;
                let text = format!("the {name} could not be stored: {error}");
                shared.tell(Weight::Error, text);
            }
            Ok(Ok(_)) => told = false,
            _ => {}
        }
    }
}
