//! The person's settings and keys as this window uses them: read when it opens, and again when their
//! files change. A damaged file leaves the last good one in use, and says so.

use std::sync::Arc;

use agor_core::config::{Loaded, Window};
use agor_core::folder_watch::FolderWatch;
use agor_core::keybindings::{self, Rule};
use agor_core::paths::{CONFIG, KEYBINDINGS, Paths};

use super::snapshot::Weight;
use super::task::Shared;

/// What a person has set.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Settings {
    /// How windows look.
    pub window: Window,
    /// Their own keys.
    pub keys: Vec<Rule>,
}

/// Reads the settings, and goes on reading them when they change.
pub async fn follow(paths: Paths, shared: Shared) {
    // Before the first reading, so that no change is missed between the two.
    let watch = FolderWatch::new(paths.config_folder(), &[CONFIG, KEYBINDINGS]);
    let mut settings = Settings::default();
    read(&paths, &mut settings, &shared);
    let mut watch = match watch {
        Ok(watch) => watch,
        Err(error) => {
            tracing::warn!(%error, "changed settings are used by the next window");
            return;
        }
    };
    while let Ok(()) = watch.changed().await {
        read(&paths, &mut settings, &shared);
    }
}

fn read(paths: &Paths, settings: &mut Settings, shared: &Shared) {
    let before = settings.clone();
    let loaded = Loaded::read(paths);
    let complaints = loaded.complaints();
    if loaded.error.is_none() {
        settings.window = loaded.config.window;
    }
    let keys = keybindings::read(paths);
    let complaints = complaints.into_iter().chain(keys.as_ref().err().cloned());
    for complaint in complaints {
        shared.tell(Weight::Error, complaint);
    }
    if let Ok(keys) = keys {
        settings.keys = keys;
    }
    if *settings != before {
        let settings = Arc::new(settings.clone());
        shared.change(|snapshot| snapshot.settings = settings);
    }
}
