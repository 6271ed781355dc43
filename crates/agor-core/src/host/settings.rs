//! Follows the person's file of settings while the host runs, and takes out of it what is said of sessions that are
//! gone. A damaged one leaves what held.

use std::sync::Arc;
use std::time::Duration;

use agor_proto::ids::ListRev;

use super::hub::Hub;
use crate::config::{Live, Loaded, forget};
use crate::folder_watch::FolderWatch;
use crate::paths::{CONFIG, Paths};

/// Between two looks at the list, however fast it changes.
const LOOK: Duration = Duration::from_secs(1);

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

/// Forgets what is said of sessions once they are gone, until the host ends. Other hosts' stay: the file is the person's,
/// for all their profiles.
pub async fn forget_sessions(paths: Paths, hub: Arc<Hub>) {
    let mut list = hub.list().watch();
    let (mut since, _) = hub.list().removed(ListRev(0));
    while list.changed().await.is_ok() {
        tokio::time::sleep(LOOK).await;
        let (now, gone) = hub.list().removed(since);
        since = now;
        if gone.is_empty() {
            continue;
        }
        let paths = paths.clone();
        let forgets = move || {
            for id in gone {
                if let Err(error) = forget::session(&paths, &id.to_string()) {
                    tracing::warn!(%error, "what is said of a session that is gone stays in the settings");
                }
            }
        };
        tokio::task::spawn_blocking(forgets).await.ok(); // The next is looked for whatever came of it.
    }
}
