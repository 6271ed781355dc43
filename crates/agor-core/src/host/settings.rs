//! Follows the person's file of settings while the host runs. A damaged one leaves what held.

use crate::config::{Live, Loaded};
use crate::folder_watch::FolderWatch;
use crate::paths::{CONFIG, Paths};

/// Reads the settings whenever their file is saved, until the host ends.
pub async fn follow(paths: Paths, settings: Live) {
    let watch = FolderWatch::new(paths.config_folder(), &[CONFIG])
        .inspect_err(|error| tracing::debug!(%error, "settings are read when the host starts"));
    let Ok(mut watch) = watch else {
        return;
    };
    while watch.changed().await.is_ok() {
        let loaded = Loaded::read(&paths);
        for complaint in loaded.complaints() {
            tracing::warn!(%complaint, "the settings");
        }
        if loaded.error.is_none() {
            settings.set(loaded.config);
        }
    }
}
