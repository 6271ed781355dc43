//! What the window knows of its host at one moment. The link's task changes it, the window reads
//! copies: everything in it is shared, so that a copy costs a few reference counts.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

use agor_core::config::{For, Layers};
use agor_core::desktop_look::DesktopLook;
use agor_core::themes::Theme;
use agor_proto::agent::State;
use agor_proto::ids::{LinePosition, SessionId};
use agor_proto::message::{Explained, Hit};
use agor_proto::row::Row;
use agor_proto::screen::{Mirror, Placement};
use agor_proto::session::{SessionInfo, StorageNotice};
use agor_proto::usage::Spent;

use super::diagnose::Diagnosis;
use super::everywhere::FoundEverywhere;
use super::folders::Below;
use super::images::Images;
use super::log::Log;
use super::outline::Outline;
use super::settings::Settings;
use super::usage::Spending;
use crate::attention::Need;
use crate::commands::Command;
use crate::starting::Ask;
use crate::text;

/// Notices kept for the window to show; older ones are dropped.
const NOTICES_MAX: usize = 200;

/// Texts for a clipboard that are kept until the window takes them, with its next frame.
const COPIED_MAX: usize = 8;

/// See the module.
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    /// How the link to the host stands.
    pub host: HostState,
    /// The sessions, oldest first; `None` before the first list.
    pub sessions: Option<Arc<Vec<SessionInfo>>>,
    /// What the host says of where it stores things; nothing if all is well.
    pub storage: Arc<Vec<StorageNotice>>,
    /// Screens of the sessions that panes show.
    pub screens: HashMap<SessionId, Arc<Screen>>,
    /// Parts of histories that panes have scrolled to.
    pub histories: HashMap<SessionId, Arc<HistoryWindow>>,
    /// The agents that can be started, those that are installed and the others.
    pub agents: Arc<Vec<KnownAgent>>,
    /// What the person has set.
    pub settings: Arc<Settings>,
    /// The themes that can be chosen.
    pub themes: Arc<Vec<Theme>>,
    /// What the desktop says of looks, as far as it does.
    pub desktop: DesktopLook,
    /// What was found in sessions in which something is looked for.
    pub found: HashMap<SessionId, Arc<Found>>,
    /// What was found last of a text that is looked for in all sessions.
    pub everywhere: Option<Arc<FoundEverywhere>>,
    /// Where commands begin in sessions whose panes have a scroll bar.
    pub outlines: HashMap<SessionId, Arc<Outline>>,
    /// The prompt that was looked for last.
    pub prompt: Option<Prompt>,
    /// The layout as it was stored, once it was read.
    pub layout: Stored,
    /// What was chosen in the palette, as it was stored.
    pub used: Option<Arc<str>>,
    /// What was typed and not sent, as it was stored.
    pub drafts: Option<Arc<str>>,
    /// What programs put on a clipboard, the newest last.
    pub copied: Arc<Vec<Copied>>,
    /// How often the bell of any session has rung.
    pub bells: u64,
    /// What the host asked to be shown last.
    pub asked: Option<Asked>,
    /// Images that screens show, as far as they have come.
    pub images: Images,
    /// How many are on their way.
    pub images_awaited: usize,
    /// What the person is told, the newest last.
    pub notices: Arc<Vec<Notice>>,
    /// How host and link are, while the window wants to know.
    pub diagnosis: Diagnosis,
    /// What agents used today.
    pub spent_today: Spent,
    /// What they used by day, project and session, while the window shows it.
    pub spending: Option<Arc<Spending>>,
    /// What a log says last, while the window shows it.
    pub log: Option<Arc<Log>>,
    /// The folders in the one that is typed.
    pub folders: Option<Arc<Below>>,
    /// The evidence for a session's state, while the window wants to know.
    pub explained: Option<Arc<Explanation>>,
}

/// The evidence for a session's state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// Whose.
    pub session: SessionId,
    /// The state that follows.
    pub state: State,
    /// Why.
    pub reason: String,
    /// The pieces, the strongest first.
    pub pieces: Vec<Explained>,
}

/// A session that the host asks this window to show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// Grows with each.
    pub number: u64,
    /// Which session.
    pub session: SessionId,
}

/// A prompt that was looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Prompt {
    /// Grows with each.
    pub number: u64,
    /// In which session.
    pub session: SessionId,
    /// Where it is, if there is one.
    pub at: Option<LinePosition>,
    /// Whether it was looked for behind a place.
    pub forwards: bool,
}

/// What a program put on a clipboard (OSC 52).
#[derive(Clone)]
pub struct Copied {
    /// Grows with each.
    pub number: u64,
    /// Whose program.
    pub session: SessionId,
    /// Whether it goes to the primary selection.
    pub primary: bool,
    /// The text.
    pub text: Arc<str>,
}

impl std::fmt::Debug for Copied {
    /// Leaves the text out: it may be a secret, and nothing may log it by accident.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Copied {{ number: {}, .. }}", self.number)
    }
}

/// How the link to the host stands.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum HostState {
    /// It is looked for, and started if need be.
    #[default]
    Connecting,
    /// It answers.
    Ready,
    /// It went away and is looked for.
    Away {
        /// Why, in a sentence.
        reason: String,
    },
    /// It will not be looked for again.
    Ended {
        /// Why, in a sentence.
        reason: String,
    },
}

/// The stored layout.
#[derive(Debug, Clone, Default)]
pub enum Stored {
    /// It was not read yet.
    #[default]
    Unread,
    /// There is none.
    Missing,
    /// This is it.
    Is(Arc<str>),
}

/// A session's screen as this window mirrors it.
#[derive(Debug, Clone)]
pub struct Screen {
    /// The screen.
    pub mirror: Mirror,
    /// Whether this window drives the session, so that its size and keys are the session's.
    pub driving: Driving,
    /// How often its program has rung the bell since this window follows it.
    pub bells: u64,
    /// How many inputs that were typed while the host was away wait for a decision.
    pub held: usize,
    /// Why the session cannot be followed, in a sentence.
    pub problem: Option<String>,
}

/// How this window stands to a session's lease.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Driving {
    /// Nobody has said yet.
    #[default]
    Asking,
    /// This window drives.
    Yes,
    /// Another client drives.
    Another,
}

/// Rows of a session's history, and of its screen where they reach it.
#[derive(Debug, Clone)]
pub struct HistoryWindow {
    /// The rows, from top to bottom.
    pub rows: Vec<Arc<Row>>,
    /// Rows of history above the first.
    pub above: u32,
    /// Rows below the last, down to the end of the screen.
    pub below: u32,
    /// Images on them; their rows are counted from the first.
    pub placements: Vec<Placement>,
    /// Grows with each window of the session.
    pub generation: u64,
}

/// What was found of a text so far.
#[derive(Debug, Clone, Default)]
pub struct Found {
    /// The search's number.
    pub number: u64,
    /// The hits, the newest first.
    pub hits: Vec<Hit>,
    /// Whether everything was looked at.
    pub whole: bool,
    /// Why nothing can be found, in a few words.
    pub problem: Option<String>,
}

/// An agent that can be started.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KnownAgent {
    /// Its provider's id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Whether its program is installed.
    pub here: bool,
    /// How to get it.
    pub get: String,
    /// Models that its table names.
    pub models: Vec<String>,
    /// The ways in which it can ask before it acts; none if they are not known.
    pub modes: Vec<String>,
    /// What cannot be chosen when it is started, and why.
    pub cannot: Vec<(Ask, String)>,
}

impl KnownAgent {
    /// Returns why something cannot be chosen when it is started, in a sentence; none if it can.
    #[must_use]
    pub fn why_not(&self, ask: Ask) -> Option<&str> {
        let mut cannot = self.cannot.iter();
        let (_, why) = cannot.find(|(of, _)| *of == ask)?;
        Some(why)
    }
}

/// One sentence to the person.
#[derive(Debug, Clone)]
pub struct Notice {
    /// How much it matters.
    pub weight: Weight,
    /// The sentence.
    pub text: String,
    /// When it came.
    pub at: Instant,
    /// What to do next, where a command helps.
    pub next: Option<Command>,
}

/// How much a notice matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    /// Good to know.
    Note,
    /// Something that was asked for was not done.
    Error,
}

impl Snapshot {
    /// Adds a notice.
    pub fn tell(&mut self, weight: Weight, text: impl Into<String>) {
        self.tell_with(weight, text, None);
    }

    /// Adds a notice, with what to do next.
    pub fn tell_with(&mut self, weight: Weight, text: impl Into<String>, next: Option<Command>) {
        let notice = Notice {
            weight,
            text: text.into(),
            at: Instant::now(),
            next,
        };
        let notices = Arc::make_mut(&mut self.notices);
        if notices.len() >= NOTICES_MAX {
            notices.remove(0);
        }
        notices.push(notice);
    }

    /// Notes where a prompt was found.
    pub fn found_prompt(&mut self, session: SessionId, at: Option<LinePosition>, forwards: bool) {
        let number = self.prompt.map_or(0, |prompt| prompt.number) + 1;
        self.prompt = Some(Prompt {
            number,
            session,
            at,
            forwards,
        });
    }

    /// Notes what a program put on a clipboard.
    pub fn copied(&mut self, session: SessionId, primary: bool, text: Arc<str>) {
        let number = self.copied.last().map_or(0, |copied| copied.number) + 1;
        let copied = Arc::make_mut(&mut self.copied);
        if copied.len() >= COPIED_MAX {
            copied.remove(0);
        }
        copied.push(Copied {
            number,
            session,
            primary,
            text,
        });
    }

    /// Returns how many sessions can do nothing until the person answers.
    #[must_use]
    pub fn waiting(&self) -> usize {
        let sessions = self.sessions.iter().flat_map(|sessions| sessions.iter());
        sessions
            .filter(|info| Need::of(info).is_some_and(Need::blocks))
            .count()
    }

    /// Returns what a folder's project is called.
    #[must_use]
    pub fn project_name(&self, folder: &str) -> String {
        named(&self.settings.layers, folder)
    }

    /// Returns the folder by which the project of a session in `folder` is known.
    #[must_use]
    pub fn project_of<'a>(&'a self, folder: &'a str) -> &'a str {
        self.settings.layers.project_of(folder)
    }

    /// Returns a known agent by its provider's id.
    #[must_use]
    pub fn agent(&self, provider: &str) -> Option<&KnownAgent> {
        self.agents.iter().find(|known| known.id == provider)
    }

    /// Returns a session of the list.
    #[must_use]
    pub fn session(&self, id: SessionId) -> Option<&SessionInfo> {
        self.sessions.as_ref()?.iter().find(|info| info.id == id)
    }
}

/// Returns what a folder's project is called: as its person named it, or by its folder.
#[must_use]
pub fn named(layers: &Layers, folder: &str) -> String {
    let project = layers.project_of(folder);
    let given = layers.name(For::Project(project));
    given.map_or_else(|| text::project_name(project), str::to_owned)
}

impl Default for Screen {
    fn default() -> Self {
        Self {
            mirror: Mirror::default(),
            driving: Driving::Asking,
            bells: 0,
            held: 0,
            problem: None,
        }
    }
}
