//! The person's settings and keys as this window uses them: read when it opens, and again when their
//! files change. A damaged file leaves the last good one in use, and says so.

use std::sync::Arc;

use agor_core::agents::{Providers, here};
use agor_core::config::{Loaded, Snippet, Window};
use agor_core::folder_watch::FolderWatch;
use agor_core::keybindings::{self, Rule};
use agor_core::paths::{CONFIG, KEYBINDINGS, PROVIDERS, Paths};

use super::snapshot::{KnownAgent, Weight};
use super::task::Shared;

/// What a person has set.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Settings {
    /// How windows look.
    pub window: Window,
    /// Their own keys.
    pub keys: Vec<Rule>,
    /// Texts that they often type.
    pub snippets: Vec<Snippet>,
}

/// Reads the settings, and goes on reading them when they change.
pub async fn follow(paths: Paths, shared: Shared) {
    // Before the first reading, so that no change is missed between the two.
    let watch = FolderWatch::new(paths.config_folder(), &[CONFIG, KEYBINDINGS, PROVIDERS]);
    let mut settings = Settings::default();
    read(&paths, &mut settings, &shared);
    read_agents(&paths, &shared);
    let mut watch = match watch {
        Ok(watch) => watch,
        Err(error) => {
            tracing::warn!(%error, "changed settings are used by the next window");
            return;
        }
    };
    while let Ok(()) = watch.changed().await {
        read(&paths, &mut settings, &shared);
        read_agents(&paths, &shared);
    }
}

/// Reads which agents are known and which of them are here. The host says the complaints, and reads the
/// table anew when it starts one.
fn read_agents(paths: &Paths, shared: &Shared) {
    let loaded = Providers::load(&paths.providers_file());
    let known = loaded.providers.iter().map(|provider| KnownAgent {
        id: provider.id.clone(),
        name: provider.name.clone(),
        here: here::program(provider).is_some(),
        get: provider.get.clone(),
    });
    let known = Arc::new(known.collect::<Vec<_>>());
    shared.change(|snapshot| snapshot.agents = known);
}

fn read(paths: &Paths, settings: &mut Settings, shared: &Shared) {
    let before = settings.clone();
    let loaded = Loaded::read(paths);
    let complaints = loaded.complaints();
    if loaded.error.is_none() {
        settings.window = loaded.config.window;
        settings.snippets = loaded.config.snippets;
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
