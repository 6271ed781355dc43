//! Which contexts of keys count for what has the keyboard: the same keys can be one command in a list and another in a
//! terminal. And what a person reads of them.

use agor_core::keybindings::Context;

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
/// While a pane's text is selected by keyboard.
pub const VI: Chain = &[Context::Vi, Context::Anywhere];
/// While letters lie over what can be picked up: every other letter is one of theirs, or ends them.
pub const HINTS: Chain = &[Context::Hints];
/// While borders are moved: every other key ends that.
pub const SIZES: Chain = &[Context::Sizes];
/// Where a key is the sign that is printed on it, and means no command.
pub const PRINTED: Chain = &[];

/// Every place with keys of its own beside a terminal, with its words: what is drawn, then modes.
pub const PLACES: &[(&str, Chain)] = &[
    ("In a list", LIST),
    ("In the palette", PALETTE),
    ("In a field", EDITOR),
    ("Where a text is looked for", FIND),
    ("On the wall", WALL),
    ("In settings", SETTINGS),
    ("While selecting by keyboard", VI),
    ("Over letters", HINTS),
    ("While borders are moved", SIZES),
];

/// Returns in a few words where a context is.
#[must_use]
pub fn place(context: Context) -> &'static str {
    match context {
        Context::Anywhere => "anywhere",
        Context::Terminal => "in a terminal",
        Context::Editor => "in a field",
        Context::Palette => "in the palette",
        Context::Find => "in a search",
        Context::Wall => "on the wall",
        Context::Settings => "in settings",
        Context::List => "in a list",
        Context::Vi => "while selecting",
        Context::Hints => "over letters",
        Context::Sizes => "while borders are moved",
    }
}
