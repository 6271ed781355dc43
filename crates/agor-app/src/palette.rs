//! The palette: one field that finds commands, sessions and projects by a few letters of their
//! names, and asks for a folder or a name.

mod find;
mod view;

pub use find::{Choice, entries};
pub use view::palette_ui;

/// What the palette is opened for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Commands, sessions and projects.
    Everything,
    /// Sessions.
    Sessions,
    /// Commands, in the order of their table.
    Commands,
    /// An agent to be started.
    Agents,
    /// What the chosen agent is told first, typed.
    Prompt,
    /// A folder, typed.
    Folder,
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
    /// What was found for which text, so that a frame in which nothing was typed finds nothing anew.
    found: Option<(String, Vec<find::Found>)>,
}

/// What the person did with the palette.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// It stays open.
    Open,
    /// It was closed.
    Closed,
    /// Something was chosen.
    Chosen(Choice),
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
            found: None,
        }
    }

    /// Returns what it was opened for.
    #[must_use]
    pub fn scope(&self) -> Scope {
        self.scope
    }
}
