//! What the palette offers, and which of it a few letters mean.

use agor_proto::ids::SessionId;
use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

use super::Scope;
use crate::commands::{Command, TABLE};
use crate::icons::Mark;
use crate::keys::keymap::Keymap;
use crate::link::snapshot::Snapshot;
use crate::text::{folder_shown, project_name};
use crate::workspace::Workspace;

/// Entries that are offered at the most; more are found by typing more.
const OFFERED_MAX: usize = 200;

/// What can be chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Choice {
    /// Carry a command out.
    Command(Command),
    /// Show a session.
    Session(SessionId),
    /// Show a project.
    Project(String),
    /// Start an agent of this provider, once it is said what it is to do.
    Agent(String),
    /// Start the chosen agent with this, or with nothing.
    Prompt(String),
    /// Open the shell in a folder.
    Folder(String),
    /// Give the focused session this name.
    Name(String),
    /// Give the tab this name, or none of its own.
    TabName(String),
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
}

/// An entry that matches, with the letters of its title that do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found {
    /// The entry's place.
    pub entry: usize,
    /// Which of the first 128 characters of the title matched, as bits.
    pub letters: u128,
}

/// Returns everything that the palette offers.
#[must_use]
pub fn entries(
    scope: Scope,
    snapshot: &Snapshot,
    workspace: &Workspace,
    keymap: &Keymap,
) -> Vec<Entry> {
    let mut entries = Vec::new();
    if matches!(scope, Scope::Everything | Scope::Sessions)
        && let Some(sessions) = &snapshot.sessions
    {
        // The newest first: it is the one that is looked for.
        entries.extend(sessions.iter().rev().map(|info| Entry {
            choice: Choice::Session(info.id),
            title: info.name.clone(),
            detail: format!("{}  {}", project_name(&info.folder), info.title),
            keys: String::new(),
            mark: Some(Mark::of(info)),
        }));
    }
    if scope == Scope::Agents {
        // Those that are here first.
        let mut known: Vec<_> = snapshot.agents.iter().collect();
        known.sort_by_key(|agent| !agent.here);
        entries.extend(known.into_iter().map(|agent| Entry {
            choice: Choice::Agent(agent.id.clone()),
            title: agent.name.clone(),
            detail: match agent.here {
                true => String::new(),
                false => format!("not installed: {}", agent.get),
            },
            keys: String::new(),
            mark: None,
        }));
    }
    if scope == Scope::Everything {
        entries.extend(workspace.projects.iter().map(|project| Entry {
            choice: Choice::Project(project.folder.clone()),
            title: project_name(&project.folder),
            detail: folder_shown(&project.folder),
            keys: String::new(),
            mark: None,
        }));
    }
    if matches!(scope, Scope::Everything | Scope::Commands) {
        let commands = TABLE.iter().map(|row| Entry {
            choice: Choice::Command(row.command),
            title: row.title.into(),
            detail: row.doc.into(),
            keys: keymap.keys_of(row.command),
            mark: None,
        });
        if scope == Scope::Commands {
            entries.extend(commands);
        } else {
            // What most open the palette for comes first.
            let sessions = std::mem::replace(&mut entries, commands.collect());
            entries.extend(sessions);
        }
    }
    entries
}

/// Returns the entries that `text` means, the best first; all of them, in their order, for none.
pub fn find(matcher: &mut Matcher, entries: &[Entry], text: &str) -> Vec<Found> {
    let text = text.trim();
    if text.is_empty() {
        let all = (0..entries.len()).map(|entry| Found { entry, letters: 0 });
        return all.take(OFFERED_MAX).collect();
    }
    let pattern = Pattern::parse(text, CaseMatching::Smart, Normalization::Smart);
    let (mut buffer, mut indices) = (Vec::new(), Vec::new());
    let mut found: Vec<(u32, Found)> = Vec::new();
    for (at, entry) in entries.iter().enumerate() {
        indices.clear();
        let title = Utf32Str::new(&entry.title, &mut buffer);
        let by_title = pattern.indices(title, matcher, &mut indices);
        let (score, letters) = match by_title {
            Some(score) => {
                let letters = indices
                    .iter()
                    .filter(|index| **index < 128)
                    .fold(0, |bits, index| bits | 1 << *index);
                // A name goes before a description.
                (score.saturating_mul(2), letters)
            }
            None => {
                let both = format!("{} {}", entry.title, entry.detail);
                let both = Utf32Str::new(&both, &mut buffer);
                match pattern.score(both, matcher) {
                    Some(score) => (score / 2, 0),
                    None => continue,
                }
            }
        };
        found.push((score, Found { entry: at, letters }));
    }
    found.sort_by_key(|(score, found)| (std::cmp::Reverse(*score), found.entry));
    found.truncate(OFFERED_MAX);
    found.into_iter().map(|(_, found)| found).collect()
}

/// Returns what finds.
#[must_use]
pub fn matcher() -> Matcher {
    Matcher::new(Config::DEFAULT)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::session_info;
    use std::sync::Arc;

    fn first(text: &str) -> Entry {
        let mut snapshot = Snapshot::default();
        let sessions = vec![session_info(1, "claude"), session_info(2, "vim notes")];
        snapshot.sessions = Some(Arc::new(sessions));
        let entries = entries(
            Scope::Everything,
            &snapshot,
            &Workspace::default(),
            &Keymap::default(),
        );
        let found = find(&mut matcher(), &entries, text);
        entries[found[0].entry].clone()
    }

    #[test]
    fn a_few_letters_find_a_command_or_a_session() {
        assert_eq!(first("spri").choice, Choice::Command(Command::SplitRight));
        assert_eq!(first("clau").title, "claude");
        assert_eq!(first("notes").title, "vim notes");
    }

    #[test]
    fn the_letters_that_matched_are_told() {
        let entries = entries(
            Scope::Commands,
            &Snapshot::default(),
            &Workspace::default(),
            &Keymap::default(),
        );
        let found = find(&mut matcher(), &entries, "zoom");
        assert_eq!(entries[found[0].entry].title, "Zoom pane");
        assert_eq!(found[0].letters, 0b1111);
    }

    #[test]
    fn nothing_typed_offers_everything_in_order() {
        let entries = entries(
            Scope::Commands,
            &Snapshot::default(),
            &Workspace::default(),
            &Keymap::default(),
        );
        let found = find(&mut matcher(), &entries, "  ");
        assert_eq!(found.len(), TABLE.len());
        assert!(find(&mut matcher(), &entries, "qqqzzz").is_empty());
    }

    #[test]
    fn ten_thousand_entries_are_bounded() {
        let entry = |number: usize| Entry {
            choice: Choice::Folder(number.to_string()),
            title: format!("entry number {number}"),
            detail: String::new(),
            keys: String::new(),
            mark: None,
        };
        let entries: Vec<_> = (0..10_000).map(entry).collect();
        assert_eq!(find(&mut matcher(), &entries, "entry").len(), OFFERED_MAX);
    }
}
