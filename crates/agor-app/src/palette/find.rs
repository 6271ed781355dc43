//! What the palette offers, and which of it a few letters mean.

use std::sync::Arc;

use agor_core::config::{For, Snippet};
use agor_core::themes;
use agor_proto::ids::SessionId;
use agor_proto::session::SessionInfo;
use egui::Color32;
use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

use super::Scope;
use super::used::Used;
use crate::app::pages;
use crate::commands::{Command, TABLE};
use crate::icons::Mark;
use crate::keys::keymap::Keymap;
use crate::link::folders::Below;
use crate::link::settings::Settings;
use crate::link::snapshot::{KnownAgent, Snapshot};
use crate::starting::Ask;
use crate::text::folder_shown;
use crate::theme::Theme;
use crate::workspace::Workspace;

/// Entries that are offered at the most; more are found by typing more.
const OFFERED_MAX: usize = 200;

/// What a choice that weighs 1 is worth beside a better match; a letter is worth about 20.
const USED_SCORE: f64 = 6.0;

/// What all uses are worth at the most.
const USED_SCORE_MAX: f64 = 40.0;

/// How it begins that a folder was chosen.
pub(super) const FOLDER: &str = "folder";

/// What can be chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Choice {
    /// Carry a command out.
    Command(Command),
    /// Show the page of this command beside the panes.
    Page(Command),
    /// Show a session.
    Session(SessionId),
    /// Show a project.
    Project(String),
    /// Start an agent of this provider, once it is said what it is to do.
    Agent(String),
    /// Start the chosen agent with this, or with nothing.
    Prompt(String),
    /// Let the agent that is started have this model or mode, or what it has without a choice.
    Said {
        /// Which of them.
        ask: Ask,
        /// What.
        value: Option<String>,
    },
    /// Let the agent that is started go on with the conversation of a session, begin with a copy of it, or begin a new
    /// one.
    Conversation {
        /// What becomes of it.
        ask: Ask,
        /// Whose it is.
        of: Option<SessionId>,
    },
    /// Show this theme.
    Theme(String),
    /// Put the project that is shown into this group, or into none.
    Group(Option<String>),
    /// Take keys from this file.
    ImportKeys(String),
    /// Write keys into this file.
    ExportKeys(String),
    /// Open the shell in a folder as one of those of the project that is shown.
    ProjectFolder(String),
    /// Open the shell in a folder.
    Folder(String),
    /// Give the focused session this name.
    Name(String),
    /// Give the tab this name, or none of its own.
    TabName(String),
    /// Insert this text.
    Snippet {
        /// What it is found by.
        name: String,
        /// The text.
        text: String,
    },
    /// Show a command on the page of keys.
    KeysOf(Command),
}

impl Choice {
    /// Returns by which name it is remembered that it was chosen; none for what comes once.
    #[must_use]
    pub fn remembered(&self) -> Option<String> {
        Some(match self {
            Self::Command(command) => format!("command {}", command.row().id),
            Self::Session(session) => format!("session {session}"),
            Self::Project(folder) => format!("project {folder}"),
            Self::Agent(provider) => format!("agent {provider}"),
            Self::Folder(folder) => match folder.trim_end_matches('/') {
                "" => format!("{FOLDER} /"),
                folder => format!("{FOLDER} {folder}"),
            },
            Self::Snippet { name, .. } => format!("snippet {name}"),
            _ => return None,
        })
    }
}

/// A part of what is known, which is the same as another if it is that very one. It is kept, so that none that comes
/// later can lie in its place.
#[derive(Debug)]
struct Part<T>(Arc<T>);

impl<T> PartialEq for Part<T> {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

/// What the entries were made from: entries of the same are the same.
#[derive(Debug, PartialEq)]
pub struct Offer {
    sessions: Option<Part<Vec<SessionInfo>>>,
    projects: Vec<String>,
    agents: Option<Part<Vec<KnownAgent>>>,
    settings: Part<Settings>,
    themes: Option<Part<Vec<themes::Theme>>>,
    /// The project's folder.
    folder: Option<String>,
    /// What lies in the folder that is typed.
    below: Option<Arc<Below>>,
}

impl Offer {
    /// Returns what entries are made from now, of what is looked for: what changes elsewhere, as sessions do all the
    /// time, is no reason to make them anew.
    #[must_use]
    pub fn of(scope: Scope, snapshot: &Snapshot, workspace: &Workspace) -> Self {
        let of_agent = matches!(scope, Scope::Of(_));
        let recent = scope == Scope::Recent;
        let lists_sessions =
            of_agent || recent || matches!(scope, Scope::Everything | Scope::Sessions);
        let lists_agents = of_agent || recent || scope == Scope::Agents;
        let sessions = snapshot.sessions.as_ref().filter(|_| lists_sessions);
        let folders = workspace.projects.iter().map(|it| it.folder.clone());
        Self {
            sessions: sessions.map(|it| Part(Arc::clone(it))),
            projects: folders.collect(),
            agents: lists_agents.then(|| Part(Arc::clone(&snapshot.agents))),
            settings: Part(Arc::clone(&snapshot.settings)),
            themes: (scope == Scope::Themes).then(|| Part(Arc::clone(&snapshot.themes))),
            folder: workspace.project().map(|project| project.folder.clone()),
            below: None,
        }
    }

    /// Returns what entries are made from where a folder is typed in which these lie.
    #[must_use]
    pub fn with(self, below: Option<Arc<Below>>) -> Self {
        Self { below, ..self }
    }
}

/// Where an entry stands, whatever matches better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    /// It is the path that is typed, which is found whatever it is.
    Path,
    /// It is a folder that is known.
    Known,
    /// By how well it matches.
    Usual,
}

/// One line of the palette.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// What it is.
    pub choice: Choice,
    /// Its name.
    pub title: String,
    /// What is said beside it.
    pub detail: String,
    /// Its keys, as they are shown.
    pub keys: String,
    /// Its state, if it is a session.
    pub mark: Option<Mark>,
    /// Its colours, if it is a theme: the ground first.
    pub colors: Vec<Color32>,
    /// Whether it is not there yet, and stands back.
    pub absent: bool,
    /// Name and what is said beside it, which are looked through if the name does not match.
    whole: String,
    /// Which letters and digits are in the name, and in both.
    letters: (u64, u64),
    /// What it is worth that it was chosen before.
    used: f64,
    /// Whether it is what was typed.
    typed: bool,
    place: Place,
}

impl Entry {
    /// Returns an entry of this name.
    #[must_use]
    pub fn new(choice: Choice, title: String, detail: String) -> Self {
        let whole = format!("{title} {detail}");
        Self {
            choice,
            letters: (signature(&title), signature(&whole)),
            whole,
            title,
            detail,
            keys: String::new(),
            mark: None,
            colors: Vec::new(),
            absent: false,
            used: 0.0,
            typed: false,
            place: Place::Usual,
        }
    }

    /// Returns the entry of a folder that is known, which is found by its whole path too.
    pub(super) fn of_folder(folder: &str, name: String) -> Self {
        let folder = match folder.trim_end_matches('/') {
            "" => "/",
            folder => folder,
        };
        let mut entry = Self::new(
            Choice::Folder(folder.to_owned()),
            folder_shown(folder),
            name,
        );
        entry.whole = format!("{} {} {folder}", entry.title, entry.detail);
        entry.letters.1 = signature(&entry.whole);
        entry.place = Place::Known;
        entry
    }

    /// Returns the entry of the path that is typed.
    pub(super) fn of_path(choice: Choice, path: &str, does: &str) -> Self {
        let mut entry = Self::new(choice, path.to_owned(), does.to_owned());
        (entry.typed, entry.place) = (true, Place::Path);
        entry
    }

    /// Says whether it is what was typed.
    #[must_use]
    pub fn is_typed(&self) -> bool {
        self.typed
    }
}

/// Lets the last entry be what is typed, unless one of the others has that name; says whether that changes anything.
pub(super) fn offer_typed(entries: &mut Vec<Entry>, ask: Ask, text: &str) -> bool {
    let last = entries.last().filter(|entry| entry.typed);
    let before = last.map(|entry| entry.title.clone());
    let mut others = entries.iter().filter(|entry| !entry.typed);
    let is_known = others.any(|entry| entry.title == text);
    let wanted = (!text.is_empty() && !is_known).then(|| text.to_owned());
    if before == wanted {
        return false;
    }
    entries.retain(|entry| !entry.typed);
    if let Some(text) = wanted {
        let value = Some(text.clone());
        let mut entry = Entry::new(Choice::Said { ask, value }, text, "as it is typed".into());
        entry.typed = true;
        entries.push(entry);
    }
    true
}

/// An entry that matches, with the letters of its title that do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found {
    /// The entry's place.
    pub entry: usize,
    /// Which of the first 128 characters of the title matched, as bits.
    pub letters: u128,
}

/// Returns everything that the palette offers, what was chosen often and lately first.
#[must_use]
pub fn entries(
    scope: Scope,
    snapshot: &Snapshot,
    workspace: &Workspace,
    keymap: &Keymap,
    (used, now_millis): (&Used, u64),
) -> Vec<Entry> {
    let mut entries = Vec::new();
    let all = matches!(scope, Scope::Everything | Scope::Recent);
    if all || matches!(scope, Scope::Commands | Scope::Keys) {
        // What most open the palette for comes first.
        entries.extend(commands(scope, keymap));
    }
    if scope == Scope::Pages {
        entries.extend(pages::KINDS.iter().map(|kind| {
            let row = kind.row();
            Entry::new(Choice::Page(kind.command), row.title.into(), row.doc.into())
        }));
    }
    if all || scope == Scope::Sessions {
        let sessions = snapshot.sessions.iter().flat_map(|it| it.iter());
        // The newest first: it is the one that is looked for.
        entries.extend(sessions.rev().map(|info| session(info, snapshot)));
    }
    if all || scope == Scope::Projects {
        entries.extend(workspace.projects.iter().map(|project| {
            let folder = &project.folder;
            let choice = Choice::Project(folder.clone());
            Entry::new(choice, snapshot.project_name(folder), folder_shown(folder))
        }));
    }
    if all || scope == Scope::Snippets {
        entries.extend(snapshot.settings.snippets.iter().map(snippet));
    }
    if scope == Scope::Recent {
        entries.extend(folders(workspace, used));
    }
    if scope == Scope::Folder {
        entries.extend(super::folders::known(snapshot, workspace, used));
    }
    if matches!(scope, Scope::Agents | Scope::Recent) {
        // Those that are here first, and of them the one that the settings name.
        let folder = workspace.project().map(|project| project.folder.as_str());
        let default = snapshot.settings.layers.text("agents.provider", folder);
        let mut known: Vec<_> = snapshot.agents.iter().collect();
        known.sort_by_key(|agent| (!agent.here, Some(agent.id.as_str()) != default));
        entries.extend(known.into_iter().map(|agent| {
            let detail = match agent.here {
                true => String::new(),
                false => format!("not installed: {}", agent.get),
            };
            let choice = Choice::Agent(agent.id.clone());
            Entry {
                absent: !agent.here,
                ..Entry::new(choice, agent.name.clone(), detail)
            }
        }));
    }
    if scope == Scope::Groups {
        let layers = &snapshot.settings.layers;
        let groups = layers.groups_in_order().into_iter();
        entries.extend(groups.map(|(id, group)| {
            let name = layers.name(For::Group(id)).unwrap_or(id);
            let projects = group.folders().iter();
            let projects: Vec<_> = projects.map(|it| snapshot.project_name(it)).collect();
            let choice = Choice::Group(Some(id.to_owned()));
            Entry::new(choice, name.to_owned(), projects.join(", "))
        }));
        entries.push(Entry::new(
            Choice::Group(None),
            "No group".into(),
            String::new(),
        ));
    }
    if let (Scope::ProjectFolders, Some(project)) = (scope, workspace.project()) {
        let folders = snapshot.settings.layers.folders_of(&project.folder);
        entries.extend(folders.into_iter().map(|folder| {
            let choice = Choice::ProjectFolder(folder.trim_end_matches('/').to_owned());
            Entry::new(
                choice,
                crate::text::project_name(folder),
                folder_shown(folder),
            )
        }));
    }
    if scope == Scope::Themes {
        entries.extend(snapshot.themes.iter().map(theme));
    }
    for entry in &mut entries {
        let remembered = entry.choice.remembered();
        entry.used = remembered.map_or(0.0, |choice| used.weight(&choice, now_millis));
    }
    if scope == Scope::Recent {
        return lately(entries, used);
    }
    if !matches!(
        scope,
        Scope::Agents | Scope::Keys | Scope::Groups | Scope::Pages | Scope::ProjectFolders
    ) {
        // Stable: of those that were not chosen the order stays.
        entries.sort_by(|a, b| b.used.total_cmp(&a.used));
    }
    entries
}

/// Returns those of the entries that were chosen before, the last first.
fn lately(entries: Vec<Entry>, used: &Used) -> Vec<Entry> {
    let chosen = entries.into_iter().filter_map(|entry| {
        let millis = used.last_millis(&entry.choice.remembered()?)?;
        Some((millis, entry))
    });
    let mut chosen: Vec<_> = chosen.collect();
    chosen.sort_by_key(|(millis, _)| std::cmp::Reverse(*millis));
    chosen.into_iter().map(|(_, entry)| entry).collect()
}

/// Returns the folders that were typed, but for those that are projects now and stand there as these.
fn folders(workspace: &Workspace, used: &Used) -> Vec<Entry> {
    let is_project = |folder: &str| workspace.projects.iter().any(|it| it.folder == folder);
    let folders = used.of_kind(FOLDER).filter(|folder| !is_project(folder));
    let folders = folders.map(|folder| {
        let name = crate::text::project_name(folder);
        let choice = Choice::Folder(folder.to_owned());
        Entry::new(choice, name, folder_shown(folder))
    });
    folders.collect()
}

fn commands(scope: Scope, keymap: &Keymap) -> impl Iterator<Item = Entry> {
    // Those of what is drawn are carried out there alone.
    let rows = TABLE.iter().filter(|row| !row.context.is_own());
    rows.map(move |row| {
        let choice = match scope {
            Scope::Keys => Choice::KeysOf(row.command),
            _ => Choice::Command(row.command),
        };
        let mut entry = Entry::new(choice, row.title.into(), row.doc.into());
        entry.keys = keymap.keys_of(row.command);
        if scope == Scope::Keys {
            // Found by its keys too.
            entry.whole = format!("{} {} {}", entry.title, row.id, entry.keys);
            entry.letters.1 = signature(&entry.whole);
        }
        entry
    })
}

fn theme(theme: &themes::Theme) -> Entry {
    let choice = Choice::Theme(theme.id.to_string());
    let detail = if theme.light { "light" } else { "dark" };
    let mut entry = Entry::new(choice, theme.name.clone(), detail.into());
    entry.colors = chip(theme);
    entry
}

/// Returns the colours by which a theme is known: its ground, its text, and the terminal's six hues.
fn chip(theme: &themes::Theme) -> Vec<Color32> {
    let shown = Theme::of(theme);
    let mut colors = vec![shown.pane, shown.text];
    colors.extend(&shown.ansi[1..7]);
    colors
}

fn session(info: &SessionInfo, snapshot: &Snapshot) -> Entry {
    let project = snapshot.project_name(&info.folder);
    let detail = format!("{project}  {}", info.title);
    let mut entry = Entry::new(Choice::Session(info.id), info.name.clone(), detail);
    entry.mark = Some(Mark::of(info));
    entry
}

fn snippet(snippet: &Snippet) -> Entry {
    let text = snippet.text.trim_end_matches(['\n', '\r']);
    let lines = text.lines().count();
    let first = text.lines().next().unwrap_or_default();
    let detail = match lines {
        0 | 1 => first.to_owned(),
        lines => format!("{first}  … {lines} lines"),
    };
    let choice = Choice::Snippet {
        name: snippet.name.clone(),
        text: snippet.text.clone(),
    };
    let mut entry = Entry::new(choice, snippet.name.clone(), detail);
    if text.len() < snippet.text.len() {
        entry.keys = "presses Enter".into();
    }
    entry
}

/// Finds entries, and keeps what is worth keeping from one letter to the next.
#[derive(Default)]
pub struct Finder {
    matcher: Option<Matcher>,
    /// What was looked for last, all that matched, and what of it is offered.
    last: Option<(String, Vec<usize>, Vec<Found>)>,
}

impl std::fmt::Debug for Finder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Finder").field("last", &self.last).finish()
    }
}

impl Finder {
    /// Returns what was found last.
    #[must_use]
    pub fn found(&self) -> &[Found] {
        self.last.as_ref().map_or(&[], |(_, _, found)| found)
    }

    /// Finds the entries that `text` means, the best first; all of them, in their order, for none. Says
    /// whether something else was looked for than before.
    pub fn find(&mut self, entries: &[Entry], text: &str) -> bool {
        let text = text.trim();
        if self.last.as_ref().is_some_and(|(last, ..)| last == text) {
            return false;
        }
        let before = self.last.take();
        if text.is_empty() {
            let all = (0..entries.len()).map(|entry| Found { entry, letters: 0 });
            let found = all.take(OFFERED_MAX).collect();
            self.last = Some((String::new(), (0..entries.len()).collect(), found));
            return true;
        }
        // What did not match fewer letters does not match more, but for signs that turn a match around.
        let narrows =
            |last: &str| text.starts_with(last) && !text.contains(['!', '^', '$', '\'', '\\']);
        let among = match before {
            Some((last, all, _)) if narrows(&last) => all,
            _ => (0..entries.len()).collect(),
        };
        let matcher = self
            .matcher
            .get_or_insert_with(|| Matcher::new(Config::DEFAULT));
        let pattern = Pattern::parse(text, CaseMatching::Smart, Normalization::Smart);
        // Most do not have all letters, which is seen without a look at the text.
        let wanted = match text.is_ascii() && !text.contains('!') {
            true => signature(text),
            false => 0,
        };
        // A path that is typed is not offered beside itself.
        let is_path = entries.last().is_some_and(|it| it.place == Place::Path);
        let path = is_path.then(|| text.trim_end_matches('/'));
        let is_again = |entry: &Entry| path == Some(entry.title.trim_end_matches('/'));
        let mut buffer = Vec::new();
        let mut scored: Vec<(u32, usize, bool)> = Vec::new();
        for at in among {
            let Some(entry) = entries.get(at) else {
                continue;
            };
            if entry.place == Place::Path {
                scored.push((0, at, false));
                continue;
            }
            if is_again(entry) {
                continue;
            }
            let mut score = |text: &str, has: u64| match wanted & !has {
                0 => pattern.score(Utf32Str::new(text, &mut buffer), matcher),
                _ => None,
            };
            // A name goes before a description.
            let (score, by_title) = match score(&entry.title, entry.letters.0) {
                Some(score) => (score.saturating_mul(2), true),
                None => match score(&entry.whole, entry.letters.1) {
                    Some(score) => (score / 2, false),
                    None => continue,
                },
            };
            let used = (entry.used * USED_SCORE).min(USED_SCORE_MAX);
            scored.push((score.saturating_add(used as u32), at, by_title));
        }
        let all = scored.iter().map(|(_, at, _)| *at).collect();
        let place = |at: usize| entries.get(at).map(|entry| entry.place);
        // What is typed matches itself best, and is meant where no name that is known has its letters.
        let typed = entries.len().wrapping_sub(1);
        let said = |entry: &Entry| entry.typed && matches!(entry.choice, Choice::Said { .. });
        let takes_text = entries.last().is_some_and(said);
        let rank = |at: usize, by_title: bool| match takes_text {
            true if at == typed => 1,
            true if !by_title => 2,
            _ => 0,
        };
        scored.sort_by_key(|(score, at, by_title)| {
            let rank = rank(*at, *by_title);
            (rank, place(*at), std::cmp::Reverse(*score), *at)
        });
        scored.truncate(OFFERED_MAX);
        let found = scored.into_iter().map(|(_, entry, by_title)| Found {
            entry,
            letters: match by_title {
                true => letters(&pattern, matcher, &entries[entry].title),
                false => 0,
            },
        });
        let found = found.collect();
        self.last = Some((text.to_owned(), all, found));
        true
    }
}

/// Returns which letters and digits are in a text, as bits; all where it has others, which may match
/// letters too.
fn signature(text: &str) -> u64 {
    let bit = |byte: u8| match byte {
        b'a'..=b'z' => 1 << (byte - b'a'),
        b'A'..=b'Z' => 1 << (byte - b'A'),
        b'0'..=b'9' => 1 << (26 + byte - b'0'),
        128.. => u64::MAX,
        _ => 0,
    };
    text.bytes().fold(0, |bits, byte| bits | bit(byte))
}

/// Returns which of the first 128 characters of a title matched, as bits.
fn letters(pattern: &Pattern, matcher: &mut Matcher, title: &str) -> u128 {
    let (mut buffer, mut indices) = (Vec::new(), Vec::new());
    pattern.indices(Utf32Str::new(title, &mut buffer), matcher, &mut indices);
    let shown = indices.iter().filter(|index| **index < 128);
    shown.fold(0, |bits, index| bits | 1 << *index)
}

#[cfg(test)]
mod tests;
