//! Why a session is in its state: every piece of evidence, which one decides, and where in the session's text each
//! was seen. A page; a line of it leads to its moment.

mod lines;
mod view;

pub use lines::age_lasts;
pub use view::explain_ui;

use agor_proto::ids::{LinePosition, Offset, SessionId};

/// The page, while it is open.
#[derive(Debug, Default)]
pub struct Explain {
    /// Whose state is explained.
    session: Option<SessionId>,
    /// Whether it stays with that session, whichever has the keyboard.
    stays: bool,
    /// The line that is selected; the one that decides, until the person has moved.
    selected: Option<usize>,
    /// Whether that has to be brought into view.
    moved: bool,
}

impl Explain {
    /// Returns the page that explains a session, and no other.
    #[must_use]
    pub fn of(session: SessionId) -> Self {
        Self {
            session: Some(session),
            stays: true,
            ..Self::default()
        }
    }

    /// Returns whose state is explained.
    #[must_use]
    pub fn session(&self) -> Option<SessionId> {
        self.session
    }

    /// Explains the session that has the keyboard now, unless it stays with another.
    pub fn follow(&mut self, focused: Option<SessionId>) {
        if !self.stays && focused.is_some() && focused != self.session {
            self.session = focused;
            self.selected = None;
        }
    }
}

/// What the person did with the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It stays open.
    Open,
    /// It was closed.
    Closed,
    /// The moment of a piece is to be shown: its place in the text, none if that was not kept, and in the record.
    GoTo(Option<LinePosition>, Offset),
}
