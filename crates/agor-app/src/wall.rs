//! The wall: every session of every project at once, each as its living screen in small. What needs
//! the person comes first, then group by group; a few letters choose by name, project or state.

mod lines;
mod view;

pub use lines::rank;
pub use view::{Outcome, WallPainting, wall_ui};

use std::collections::HashMap;

use agor_proto::ids::SessionId;
use agor_render::PaneCache;
use serde::{Deserialize, Serialize};

use crate::pane::player::Player;

/// Sessions that are shown at the most: what needs the person, what runs, then what has ended. The head says how many
/// there are beside these; a few letters find them.
pub const SESSIONS_MAX: usize = 256;

/// What sessions stand together by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Grouping {
    /// What they do.
    State,
    /// The provider of their agent.
    Agent,
    /// Their project; also for a word of a later release.
    #[default]
    #[serde(other)]
    Project,
}

impl Grouping {
    /// Returns the one that follows.
    #[must_use]
    pub fn following(self) -> Self {
        match self {
            Self::Project => Self::State,
            Self::State => Self::Agent,
            Self::Agent => Self::Project,
        }
    }

    /// Returns what the head of the wall says of it.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Project => "By project",
            Self::State => "By state",
            Self::Agent => "By agent",
        }
    }
}

/// See the module.
#[derive(Debug, Default)]
pub struct Wall {
    /// What was typed to choose among sessions.
    filter: String,
    /// What they stand together by.
    pub grouping: Grouping,
    selected: Option<SessionId>,
    /// Whether its field has been given the keyboard.
    focused: bool,
    /// The line at the upper edge.
    first: usize,
    /// Parts of wheel notches that were not a whole one.
    wheel: f32,
    caches: HashMap<SessionId, PaneCache>,
    /// What plays the images of the selected session.
    player: Option<(SessionId, Player)>,
}

impl Wall {
    /// Returns what was typed to choose among sessions.
    #[must_use]
    pub fn filter(&self) -> &str {
        &self.filter
    }

    /// Returns what was typed, and what they stand together by.
    fn chosen(&self) -> (&str, Grouping) {
        (&self.filter, self.grouping)
    }

    /// Chooses among sessions.
    pub fn choose(&mut self, filter: &str) {
        filter.clone_into(&mut self.filter);
    }

    /// Gives its field the keyboard with the next frame.
    pub fn ask_for_keyboard(&mut self) {
        self.focused = false;
    }

    /// Returns a wall on which `session` is selected.
    #[must_use]
    pub fn new(session: Option<SessionId>) -> Self {
        Self {
            selected: session,
            ..Self::default()
        }
    }

    /// Returns what plays the images of a session, which no other's do then.
    fn player_of(&mut self, session: SessionId) -> &mut Player {
        let other = self.player.take().filter(|(of, _)| *of == session);
        let (_, player) = self
            .player
            .insert(other.unwrap_or_else(|| (session, Player::default())));
        player
    }

    /// Returns the session that is selected, which is shown as it changes.
    #[must_use]
    pub fn selected(&self) -> Option<SessionId> {
        self.selected
    }
}
