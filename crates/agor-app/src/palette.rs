//! The palette: one field that finds commands, sessions, projects and snippets by a few letters of
//! their names, and asks for a folder (`folders.rs`) or a name. A sign before the letters says what is looked for.

mod find;
pub mod folders;
pub mod used;
mod view;

pub use find::{Choice, Entry, Offer, entries};
pub use view::palette_ui;

use find::{Finder, offer_typed};

use crate::starting::{Ask, Offered};

/// What the palette is opened for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Commands, sessions and projects.
    Everything,
    /// Sessions.
    Sessions,
    /// Projects.
    Projects,
    /// Texts that are often typed.
    Snippets,
    /// What was chosen lately: commands, sessions, projects, folders and the like, the last first.
    Recent,
    /// Keys, of which the page shows more.
    Keys,
    /// Commands, in the order of their table.
    Commands,
    /// An agent to be started.
    Agents,
    /// What the chosen agent is told first, typed.
    Prompt,
    /// What else is said of that agent: a model, a mode, a conversation.
    Of(Ask),
    /// A theme, each shown while the palette stands at it.
    Themes,
    /// A group for the project that is shown, chosen or named anew.
    Groups,
    /// The file from which keys are taken, typed.
    ImportKeys,
    /// The file into which keys are written, typed.
    ExportKeys,
    /// One of the folders of the project that is shown.
    ProjectFolders,
    /// A folder that becomes one of that project's: typed, or found below what is typed.
    FurtherFolder,
    /// A folder: typed, known, or found below what is typed.
    Folder,
    /// A page that is to stand beside the panes.
    Pages,
    /// The focused session's name, typed.
    Rename,
    /// The tab's name, typed.
    RenameTab,
}

/// See the module.
#[derive(Debug)]
pub struct Palette {
    scope: Scope,
    text: String,
    selected: usize,
    /// Whether the field has been given the keyboard.
    focused: bool,
    /// What is offered, as long as nothing of it has changed, so that a frame makes nothing anew.
    offered: Option<(Scope, Offer, Vec<Entry>)>,
    finder: Finder,
    /// The letters that were looked for last.
    letters: Option<String>,
    /// What can be chosen for the agent that is told what to do, with what was.
    asks: Vec<Offered>,
    /// Whether what is typed can be chosen as it is.
    typed: bool,
    /// Whether the cursor goes to the end of the field, into which something was written.
    to_end: bool,
}

/// What a sign before the letters looks for.
const SIGNS: &[(char, Scope)] = &[
    ('>', Scope::Commands),
    ('@', Scope::Sessions),
    ('#', Scope::Projects),
    ('?', Scope::Keys),
    ('<', Scope::Recent),
    ('/', Scope::Folder),
    ('~', Scope::Folder),
];

/// What the person did with the palette.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// It stays open.
    Open,
    /// It was closed.
    Closed,
    /// Something was chosen.
    Chosen(Choice),
    /// Something else is to be chosen for the agent first.
    Asks(Ask),
}

impl Palette {
    /// Returns a palette with `text` in its field.
    #[must_use]
    pub fn new(scope: Scope, text: String) -> Self {
        Self {
            scope,
            text,
            selected: 0,
            focused: false,
            offered: None,
            finder: Finder::default(),
            letters: None,
            asks: Vec::new(),
            typed: false,
            to_end: false,
        }
    }

    /// Lets it lead to what can be chosen for an agent.
    #[must_use]
    pub fn leading_to(mut self, asks: Vec<Offered>) -> Self {
        self.asks = asks;
        self
    }

    /// Lets what is typed be chosen as it is.
    #[must_use]
    pub fn taking_text(mut self, typed: bool) -> Self {
        self.typed = typed;
        self
    }

    /// Returns what is looked for, and by which letters.
    #[must_use]
    pub fn sought(&self) -> (Scope, &str) {
        let sign = self.text.chars().next();
        let signed = SIGNS.iter().find(|(of, _)| Some(*of) == sign);
        match (self.scope, signed) {
            // The sign is a part of the folder.
            (Scope::Everything, Some((_, Scope::Folder))) => (Scope::Folder, &self.text),
            (Scope::ProjectFolders, Some((_, Scope::Folder))) => (Scope::FurtherFolder, &self.text),
            (Scope::Everything, Some((of, scope))) => (*scope, &self.text[of.len_utf8()..]),
            _ => (self.scope, &self.text),
        }
    }

    /// Offers what `entries` makes, unless it is the same as before.
    pub fn offer(&mut self, offer: Offer, entries: impl FnOnce(Scope) -> Vec<Entry>) {
        let (scope, _) = self.sought();
        let same = |(of, before, _): &(Scope, Offer, Vec<Entry>)| *of == scope && *before == offer;
        if !self.offered.as_ref().is_some_and(same) {
            self.offered = Some((scope, offer, entries(scope)));
            self.finder = Finder::default();
        }
    }

    /// Lets it stand at an entry.
    #[must_use]
    pub fn standing_at(mut self, entry: usize) -> Self {
        self.selected = entry;
        self
    }

    /// Returns what it was opened for.
    #[must_use]
    pub fn scope(&self) -> Scope {
        self.scope
    }

    /// Returns the entry at which it stands.
    #[must_use]
    pub fn entry(&self) -> Option<&Entry> {
        let (_, _, entries) = self.offered.as_ref()?;
        entries.get(self.finder.found().get(self.selected)?.entry)
    }
}
