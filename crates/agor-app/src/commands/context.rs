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

/// Every place, each of which is a part of [`Places`].
const EVERY: &[Chain] = &[
    TERMINAL, ELSEWHERE, LIST, EDITOR, PALETTE, FIND, WALL, SETTINGS, VI, HINTS, SIZES,
];

/// In which of the places keys mean something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Places(u16);

impl Places {
    /// All of them.
    pub const ALL: Self = Self(u16::MAX);

    /// Returns those whose contexts are as wanted.
    #[must_use]
    pub fn of(is_wanted: impl Fn(Chain) -> bool) -> Self {
        let every = EVERY.iter().enumerate();
        let wanted = every.filter(|(_, chain)| is_wanted(chain));
        Self(wanted.fold(0, |places, (at, _)| places | (1_u16 << at)))
    }

    /// Returns those in which a context counts.
    #[must_use]
    pub fn with_context(context: Context) -> Self {
        Self::of(|chain| chain.contains(&context))
    }

    /// Returns the place in which just these contexts count; all if it is none of them.
    #[must_use]
    pub fn at(chain: Chain) -> Self {
        let at = EVERY.iter().position(|of| *of == chain);
        at.map_or(Self::ALL, |at| Self(1 << at))
    }

    /// Says whether there are none.
    #[must_use]
    pub fn is_none(self) -> bool {
        self.0 == 0
    }

    /// Says whether some are among others.
    #[must_use]
    pub fn overlaps(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Returns them and others.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Returns them but for others.
    #[must_use]
    pub fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Returns in a few words where they are, of a context whose keys mean something in some of its places alone.
    #[must_use]
    pub fn shown(self, context: Context) -> Option<String> {
        let names = |of: Self| {
            let every = EVERY.iter().enumerate();
            let there = every.filter(move |(at, _)| of.0 & (1_u16 << *at) != 0);
            let names = there.filter_map(|(_, chain)| match chain.first() {
                Some(Context::Anywhere) => Some("elsewhere"),
                first => first.copied().map(place),
            });
            names.collect::<Vec<_>>()
        };
        let missing = Self::with_context(context).without(self);
        let (there, missing) = (names(self), names(missing));
        match missing.len() {
            0 => None,
            count if count < there.len() => {
                Some(format!("{}, not {}", place(context), missing.join(", ")))
            }
            _ => Some(there.join(", ")),
        }
    }
}

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
