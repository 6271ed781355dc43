//! Where keys mean a command. What has the keyboard says which contexts count there, the deepest first: the same keys
//! can be one command in a list and another in a terminal.

use agor_core::keybindings::When;

/// Where a command's keys mean it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Context {
    /// Everywhere, whatever has the keyboard.
    Anywhere,
    /// While a terminal has the keyboard.
    Terminal,
    /// In a field that takes text.
    Editor,
    /// In a field that has a list of what it finds.
    Palette,
    /// Where a text is looked for.
    Find,
    /// On the wall of all sessions.
    Wall,
    /// On the pages of settings and of keys.
    Settings,
    /// In a list or on a page that takes no text, so that letters are keys.
    List,
}

/// The contexts that count for what has the keyboard, the deepest first.
pub type Chain = &'static [Context];

/// In a terminal.
pub const TERMINAL: Chain = &[Context::Terminal, Context::Anywhere];
/// Where nothing of ours has keys of its own.
pub const ELSEWHERE: Chain = &[Context::Anywhere];
/// In a list or on a page that takes no text.
pub const LIST: Chain = &[Context::List, Context::Anywhere];
/// In a field alone.
pub const EDITOR: Chain = &[Context::Editor, Context::Anywhere];
/// In the palette, and in what is like it.
pub const PALETTE: Chain = &[Context::Palette, Context::Editor, Context::Anywhere];
/// Where a text is looked for.
pub const FIND: Chain = &[
    Context::Find,
    Context::Palette,
    Context::Editor,
    Context::Anywhere,
];
/// On the wall.
pub const WALL: Chain = &[
    Context::Wall,
    Context::Palette,
    Context::Editor,
    Context::Anywhere,
];
/// On the pages of settings and of keys.
pub const SETTINGS: Chain = &[
    Context::Settings,
    Context::Palette,
    Context::Editor,
    Context::Anywhere,
];

/// Every place with keys of its own beside a terminal, with its words.
pub const PLACES: &[(&str, Chain)] = &[
    ("In a list", LIST),
    ("In the palette", PALETTE),
    ("In a field", EDITOR),
    ("Where a text is looked for", FIND),
    ("On the wall", WALL),
    ("In settings", SETTINGS),
];

impl Context {
    /// How many there are.
    pub const COUNT: usize = 8;

    /// Returns the context that the file of keys means.
    #[must_use]
    pub fn of(when: When) -> Self {
        match when {
            When::Anywhere => Self::Anywhere,
            When::Terminal => Self::Terminal,
            When::Editor => Self::Editor,
            When::Palette => Self::Palette,
            When::Find => Self::Find,
            When::Wall => Self::Wall,
            When::Settings => Self::Settings,
            When::List => Self::List,
        }
    }

    /// Returns in a few words where that is.
    #[must_use]
    pub fn place(self) -> &'static str {
        match self {
            Self::Anywhere => "anywhere",
            Self::Terminal => "in a terminal",
            Self::Editor => "in a field",
            Self::Palette => "in the palette",
            Self::Find => "in a search",
            Self::Wall => "on the wall",
            Self::Settings => "in settings",
            Self::List => "in a list",
        }
    }

    /// Says whether its commands are carried out by what is drawn there, rather than by the window.
    #[must_use]
    pub fn is_drawn(self) -> bool {
        !matches!(self, Self::Anywhere | Self::Terminal)
    }

    /// Says whether nothing is typed there, so that a letter can be a key.
    #[must_use]
    pub fn takes_letters(self) -> bool {
        self == Self::List
    }
}
