//! The person's settings and keys as this window uses them: read when it opens, and again when their
//! files change. A damaged file leaves the last good one in use, and says so.

use std::collections::BTreeSet;
use std::sync::Arc;

use agor_core::agents::{Provider, Providers, here};
use agor_core::config::{Layers, Loaded, Snippet, ThemeWish, Window};
use agor_core::desktop_look;
use agor_core::folder_watch::FolderWatch;
use agor_core::keybindings::{self, Rule};
use agor_core::paths::{CONFIG, KEYBINDINGS, PROVIDERS, Paths};
use agor_core::themes;

use super::snapshot::KnownAgent;
use super::task::Shared;
use crate::commands::Command;
use crate::starting::Ask;

/// What a person has set.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Settings {
    /// How windows look.
    pub window: Window,
    /// Their own keys.
    pub keys: Vec<Rule>,
    /// Texts that they often type.
    pub snippets: Vec<Snippet>,
    /// What was said at which level.
    pub layers: Arc<Layers>,
    /// What of the file of settings is not used, and why, in sentences.
    pub complaints: Vec<String>,
    /// Whether they were read.
    pub read: bool,
}

/// Reads the settings, and goes on reading them when they change.
pub async fn follow(paths: Paths, shared: Shared) {
    // Before the first reading, so that no change is missed between the two.
    let watch = FolderWatch::new(paths.config_folder(), &[CONFIG, KEYBINDINGS, PROVIDERS]);
    let themes = FolderWatch::whole(&paths.themes_folder());
    let mut settings = Settings::default();
    let mut told = BTreeSet::new();
    // Themes first, so that one of the person's own is there when it is asked for.
    read_themes(&paths, &settings, &mut told, &shared);
    read(&paths, &mut settings, &shared);
    read_themes(&paths, &settings, &mut told, &shared);
    read_agents(&paths, &shared);
    let (mut watch, mut themes) = match watch.and_then(|watch| Ok((watch, themes?))) {
        Ok(watches) => watches,
        Err(error) => {
            tracing::warn!(%error, "changed settings are used by the next window");
            return;
        }
    };
    loop {
        let changed = tokio::select! {
            changed = watch.changed() => {
                read(&paths, &mut settings, &shared);
                read_agents(&paths, &shared);
                changed
            }
            changed = themes.changed() => changed,
        };
        if changed.is_err() {
            return;
        }
        read_themes(&paths, &settings, &mut told, &shared);
    }
}

/// Tells what the desktop says of looks, for as long as it does.
pub async fn follow_desktop(shared: Shared) {
    let tell = |look| {
        shared.change_if(|snapshot| std::mem::replace(&mut snapshot.desktop, look) != look);
    };
    let addresses = desktop_look::session_addresses();
    let Err(error) = desktop_look::follow(&addresses, tell).await;
    // Many desktops, and all servers, have none: the theme for a dark one stays.
    tracing::info!(%error, "the desktop says nothing of looks");
}

/// Reads the themes; says what is wrong with a person's own, and which of those that are set are not there.
fn read_themes(paths: &Paths, settings: &Settings, told: &mut BTreeSet<String>, shared: &Shared) {
    let loaded = themes::Loaded::read(&paths.themes_folder());
    let wished = settings.layers.themes().flat_map(ThemeWish::names);
    let missing = wished.filter(|id| !loaded.themes.iter().any(|theme| *theme.id == **id));
    let missing = missing.map(|id| {
        let file = paths.config_file();
        let file = file.display();
        format!("{file}: there is no theme {id:?}; `agor theme list` lists them")
    });
    let complaints: BTreeSet<_> = loaded.complaints.iter().cloned().chain(missing).collect();
    for complaint in complaints.difference(told) {
        shared.advise(complaint.clone(), Command::Themes);
    }
    *told = complaints;
    shared.change(|snapshot| {
        if *snapshot.themes != loaded.themes {
            snapshot.themes = Arc::new(loaded.themes);
        }
    });
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
        models: provider.models.clone(),
        modes: provider.modes.clone(),
        cannot: cannot(provider),
    });
    let known = Arc::new(known.collect::<Vec<_>>());
    shared.change(|snapshot| snapshot.agents = known);
}

fn cannot(provider: &Provider) -> Vec<(Ask, String)> {
    let why = |ask: Ask| Some((ask, provider.why_not(ask.option())?));
    Ask::ALL.into_iter().filter_map(why).collect()
}

fn read(paths: &Paths, settings: &mut Settings, shared: &Shared) {
    let before = settings.clone();
    let loaded = Loaded::read(paths);
    let complaints = loaded.complaints();
    settings.read = true;
    settings.complaints = complaints.clone();
    if loaded.error.is_none() {
        settings.window = loaded.config.window;
        settings.snippets = loaded.config.snippets;
        settings.layers = loaded.config.layers;
    }
    let keys = keybindings::read(paths);
    for complaint in complaints {
        shared.advise(complaint, Command::Settings);
    }
    if let Err(complaint) = &keys {
        shared.advise(complaint.clone(), Command::Keys);
    }
    if let Ok(keys) = keys {
        settings.keys = keys;
    }
    if *settings != before {
        let settings = Arc::new(settings.clone());
        shared.change(|snapshot| snapshot.settings = settings);
    }
}
