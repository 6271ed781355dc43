//! What a window stores: its layout, what was chosen in its palette, what is typed and not sent. Read once, written by
//! the link's thread as it changes, so that a window that is killed finds all of it again.

use std::time::Duration;

use agor_core::paths::Paths;
use agor_core::storage::Profile;
use tokio::sync::watch;

use super::LayoutUse;
use super::snapshot::Stored;
use super::task::Shared;
use crate::commands::Command;

/// The layout's name in the profile's store.
const KEY: &str = "layout";

/// The name there of what was chosen in the palette.
const USED: &str = "palette";

/// The name there of what is typed and not sent.
const DRAFTS: &str = "drafts";

/// How long what is typed waits for more of it before it is written.
const DRAFTS_REST: Duration = Duration::from_millis(300);

/// Where all of it goes.
#[derive(Debug, Default)]
pub struct Layout {
    layout: Slot,
    used: Slot,
    drafts: Slot,
    profile: Option<Profile>,
}

/// A document that is written as it changes.
#[derive(Debug, Default)]
struct Slot {
    newest: Option<watch::Sender<Option<String>>>,
    writer: Option<tokio::task::JoinHandle<()>>,
}

impl Slot {
    fn open(name: &'static str, rest: Duration, profile: &Profile, shared: &Shared) -> Self {
        let (newest, texts) = watch::channel(None);
        let writes = write((name, rest), profile.clone(), texts, shared.clone());
        Self {
            newest: Some(newest),
            writer: Some(tokio::spawn(writes)),
        }
    }

    /// Stores `text` soon; of several only the newest.
    fn store(&self, text: String) {
        if let Some(newest) = &self.newest {
            newest.send_replace(Some(text));
        }
    }

    async fn finish(self) {
        drop(self.newest);
        if let Some(writer) = self.writer {
            writer.await.ok(); // It has said what went wrong.
        }
    }
}

impl Layout {
    /// Reads what is stored into the snapshot.
    pub async fn open(paths: &Paths, layout: LayoutUse, shared: &Shared) -> Self {
        let missing = || shared.change(|snapshot| snapshot.layout = Stored::Missing);
        if layout == LayoutUse::None {
            missing();
            return Self::default();
        }
        // Off this thread, which also carries keys.
        let folder = paths.data().to_owned();
        let opened = tokio::task::spawn_blocking(move || {
            let profile = Profile::open(&folder);
            let stored = profile.load(KEY);
            // What cannot be read of these is begun anew.
            let used = profile.load(USED).ok().flatten();
            let drafts = profile.load(DRAFTS).ok().flatten();
            (profile, stored, used, drafts)
        });
        let Ok((profile, stored, used, drafts)) = opened.await else {
            missing();
            return Self::default();
        };
        if let Some(complaint) = profile.complaint() {
            shared.advise(complaint, Command::Diagnostics);
        }
        shared.change(|snapshot| {
            snapshot.used = used.map(|document| document.json.into());
            snapshot.drafts = drafts.map(|document| document.json.into());
        });
        match stored {
            Ok(Some(document)) => {
                let text = document.json.into();
                shared.change(|snapshot| snapshot.layout = Stored::Is(text));
            }
            Ok(None) => missing(),
            Err(error) => {
                shared.advise(error.to_string(), Command::Log);
                missing();
            }
        }
        if layout != LayoutUse::Keep {
            return Self::default();
        }
        let slot = |name, rest| Slot::open(name, rest, &profile, shared);
        Self {
            layout: slot(KEY, Duration::ZERO),
            used: slot(USED, Duration::ZERO),
            drafts: slot(DRAFTS, DRAFTS_REST),
            profile: Some(profile),
        }
    }

    /// Returns the store, if this window writes into it.
    pub fn profile(&self) -> Option<&Profile> {
        self.profile.as_ref()
    }

    /// Stores what was chosen in the palette.
    pub fn store_used(&self, text: String) {
        self.used.store(text);
    }

    /// Stores what is typed and not sent.
    pub fn store_drafts(&self, text: String) {
        self.drafts.store(text);
    }

    /// Stores the layout.
    pub fn store(&self, text: String) {
        self.layout.store(text);
    }

    /// Waits until the newest of all is stored.
    pub async fn finish(self) {
        for slot in [self.layout, self.used, self.drafts] {
            slot.finish().await;
        }
    }
}

/// Several windows share one layout: the one that a person changed last holds.
async fn write(
    (name, rest): (&'static str, Duration),
    profile: Profile,
    mut layouts: watch::Receiver<Option<String>>,
    shared: Shared,
) {
    let mut told = false;
    // A last layout is still delivered after its sender is gone.
    while layouts.changed().await.is_ok() {
        if !rest.is_zero() {
            tokio::time::sleep(rest).await;
        }
        let Some(text) = layouts.borrow_and_update().clone() else {
            continue;
        };
        let profile = profile.clone();
        let stored = tokio::task::spawn_blocking(move || profile.store(name, &text)).await;
        match stored {
            Ok(Err(error)) if !told => {
                told = true;
                let text = format!("the {name} could not be stored: {error}");
                shared.advise(text, Command::Diagnostics);
            }
            Ok(Ok(_)) => told = false,
            _ => {}
        }
    }
}
