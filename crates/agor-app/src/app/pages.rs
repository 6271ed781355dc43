//! Pages: what a window shows beside sessions. One table has them all, each with the row of its command; from it come
//! the commands of the palette and of keys, what fills the window in place of its panes, and what a tile of a tab can be.
//! A page is a file in `pages/` and a row here. How the open ones are drawn, and where, is in `pages/show.rs`.

mod attention;
mod diagnostics;
mod everywhere;
mod explain;
mod keys;
mod log;
mod notices;
mod settings;
mod show;
mod usage;
mod wall;
mod welcome;

use agor_proto::ids::SessionId;
use agor_proto::input::KeyInput;
use egui::{Painter, Pos2, Stroke, Ui};

use super::App;
use crate::commands::context::{self, Chain};
use crate::commands::{Command, Row};
use crate::link::log::Of;

pub use show::name;
pub(super) use show::{Pages, Tile};

/// Gives a macro the table of pages, behind what it is given: the command, the page's file here, then as in the table
/// of commands.
macro_rules! with_pages {
    ($call:ident $($before:tt)*) => {
        $call! {
            $($before)*
            pages {
                Attention attention "attention.list" "What needs you" ["ctrl+shift+i", "ctrl+space i"] "List every agent that needs you, over all projects, and answer from the list.";
                Explain explain "agent.explain" "Why it is in this state" ["ctrl+space shift+i"] "Show every piece of evidence for what the focused session does, and go to the moment of each.";
                Wall wall "view.wall" "Wall of all sessions" ["ctrl+shift+g", "ctrl+space g"] "Show every session of every project at once; a few letters choose among them.";
                FindEverywhere everywhere "find.everywhere" "Find in all sessions" ["ctrl+shift+h", "ctrl+space shift+h"] "Look for a text in all that every session has said, also those that have ended, and go to its row.";
                Welcome welcome "help.welcome" "First steps" [] "Start an agent in three steps: its folder, which one, what it is to do.";
                Settings settings "settings.open" "Settings" ["ctrl+shift+,", "ctrl+space shift+s"] "Show every setting, what holds of it and where that was said, and change it.";
                Diagnostics diagnostics "view.diagnostics" "Diagnostics" ["ctrl+space shift+g"] "Show how link, host, store and window are, and what each session costs.";
                Usage usage "view.usage" "Usage and cost" ["ctrl+space shift+u"] "Show what agents used and how long they worked, by day, project and session.";
                Notices notices "view.notices" "Notices" ["ctrl+space shift+e"] "Show what you were told, the newest first, with what to do next.";
                Log log "view.log" "Log" ["ctrl+space shift+o"] "Show the last lines of the host's log and of the window's.";
                Keys keys "help.keys" "Keys" ["ctrl+space ?"] "Show every command with its keys.";
            }
        }
    };
}
pub(crate) use with_pages;

macro_rules! kinds {
    (pages { $($name:ident $file:ident $id:literal $title:literal $keys:tt $doc:literal;)+ }) => {
        /// Every kind of page.
        pub static KINDS: &[Kind] = &[$(Kind {
            command: Command::$name,
            #[cfg(test)]
            file: stringify!($file),
            sign: $file::sign,
            open: $file::open,
        }),+];

        /// The commands that open pages, as a pattern.
        macro_rules! page_command {
            () => { $(Command::$name)|+ };
        }
        pub(super) use page_command;
    };
}
with_pages! { kinds }

/// A kind of page.
pub struct Kind {
    /// The command that opens it. Its row has the page's title, and the name by which layouts know it.
    pub command: Command,
    /// Its file here, by which its pictures are called.
    #[cfg(test)]
    pub file: &'static str,
    /// Draws its sign, 10 points wide.
    pub sign: fn(&Painter, Pos2, Stroke),
    open: fn(&mut App) -> Box<dyn Page>,
}

impl Kind {
    /// Returns the kind that a command opens.
    #[must_use]
    pub fn of(command: Command) -> Option<&'static Self> {
        KINDS.iter().find(|kind| kind.command == command)
    }

    /// Returns the kind of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        KINDS.iter().find(|kind| kind.row().id == name)
    }

    /// Returns the row of its command.
    #[must_use]
    pub fn row(&self) -> &'static Row {
        self.command.row()
    }
}

impl PartialEq for Kind {
    fn eq(&self, other: &Self) -> bool {
        self.command == other.command
    }
}

impl Eq for Kind {}

impl std::fmt::Debug for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Kind({})", self.row().id)
    }
}

/// What becomes of a page after a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum After {
    /// It stays.
    Stays,
    /// Its person has what they wanted: one that fills the window gives way, a tile stays.
    Done,
    /// It is closed.
    Closes,
}

impl After {
    fn stays_if(stays: bool) -> Self {
        if stays { Self::Stays } else { Self::Closes }
    }
}

/// What a page wants while it is in view, beside being drawn.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Wants {
    /// How link and host are.
    pub diagnosis: bool,
    /// What was used in so many days.
    pub usage_days: Option<u32>,
    /// Every session in small, and this one as it changes.
    pub sessions: Option<Option<SessionId>>,
    /// The last lines of a log.
    pub log: Option<Of>,
    /// The evidence for what this session does.
    pub explained: Option<SessionId>,
    /// Keys themselves, whatever they mean elsewhere.
    pub keys: bool,
    /// To show text in a family that is not chosen yet.
    pub font: bool,
}

impl Wants {
    fn join(&mut self, other: Self) {
        self.diagnosis |= other.diagnosis;
        self.usage_days = self.usage_days.or(other.usage_days);
        self.sessions = self.sessions.or(other.sessions);
        self.log = self.log.or(other.log);
        self.explained = self.explained.or(other.explained);
        self.keys |= other.keys;
        self.font |= other.font;
    }
}

/// A page that is open.
pub(super) trait Page {
    /// Draws it into `ui`'s whole rectangle and does what was done there. It holds the keyboard.
    fn page_ui(&mut self, app: &mut App, ui: &mut Ui) -> After;

    /// Returns what it wants while it is in view.
    fn wants(&self) -> Wants {
        Wants::default()
    }

    /// Returns the contexts of keys that count in it, the deepest first.
    fn contexts(&self) -> Chain {
        context::LIST
    }

    /// Takes a key, while it wants keys themselves.
    fn on_key(&mut self, _app: &mut App, _key: &KeyInput) {}

    /// Has its field ask for the keyboard with the next frame.
    fn focus(&mut self) {}

    /// Returns what was typed into it and is worth keeping over a restart.
    fn draft(&self, _app: &App) -> Option<String> {
        None
    }

    /// Returns a reply that is being typed, and to which session: it is kept by that.
    fn reply(&self) -> Option<(SessionId, &str)> {
        None
    }

    /// Lets what was typed before a restart stand in it again.
    fn restore(&mut self, _draft: &str) {}

    /// Ends what it has begun elsewhere.
    fn close(self: Box<Self>, _app: &mut App) {}
}

/// A page with its kind.
pub(super) struct Open {
    pub kind: &'static Kind,
    pub page: Box<dyn Page>,
}

impl Open {
    /// Returns a page of a kind whose content the caller has chosen.
    pub fn with(command: Command, page: impl Page + 'static) -> Option<Self> {
        let kind = Kind::of(command)?;
        let page = Box::new(page);
        Some(Self { kind, page })
    }
}
