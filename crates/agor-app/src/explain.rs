//! Why a session is in its state: every piece of evidence, which one decides, and where in the session's text each
//! was seen. A list over the window; a line of it leads to its moment.

mod lines;
mod view;

pub use lines::age_lasts;
pub use view::explain_ui;

use agor_proto::ids::{LinePosition, SessionId};

/// The list, while it is open.
#[derive(Debug)]
pub struct Explain {
    /// Whose state is explained.
    pub session: SessionId,
    /// The line that is selected; the one that decides, until the person has moved.
    selected: Option<usize>,
}

impl Explain {
    /// Returns the list for a session.
    #[must_use]
    pub fn new(session: SessionId) -> Self {
        Self {
            session,
            selected: None,
        }
    }
}

/// What the person did with the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It stays open.
    Open,
    /// It was closed.
    Closed,
    /// The moment of a piece is to be shown; none if its text was not kept.
    GoTo(Option<LinePosition>),
}
