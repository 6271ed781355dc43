//! The queue of what needs the person, over all projects: what blocks an agent first, the oldest
//! before the newer. Its page takes answers without leaving what one is doing.
//!
//! Nothing is answered by default or by time: an answer is a digit pressed at a question that the
//! list shows, and the row says which keys that sends.

mod queue;
#[cfg(test)]
mod tests;
mod view;

pub use queue::{CONTEXT_FULL_PERCENT, Need, next, queue, since};
pub use view::attention_ui;

use std::collections::HashMap;

use agor_proto::agent::Choice;
use agor_proto::ids::SessionId;

use crate::long_list::Heights;

/// The page, while it is open.
#[derive(Debug, Default)]
pub struct Attention {
    /// The row that was brought into view.
    shown: Option<SessionId>,
    /// Whether it is on its way there.
    reveals: bool,
    heights: Heights<SessionId>,
    /// Which session's row is selected; the first row if it is not in the queue any more.
    selected: Option<SessionId>,
    /// What the last frame showed as selected: keys are pressed at that and at nothing else.
    drawn: Option<Drawn>,
    /// A reply that is being typed to the selected session.
    reply: Option<String>,
    /// What was answered, in words, and by what the question is known again: its number, or its age.
    answered: HashMap<SessionId, (u64, String)>,
}

/// A question, as a frame showed it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Drawn {
    /// Who asks it.
    session: SessionId,
    /// By what it is known again.
    question: u64,
    /// Its answers, in the order of their digits.
    choices: Vec<Choice>,
}

impl Attention {
    /// Returns the reply that is being typed, and to which session.
    #[must_use]
    pub fn reply(&self) -> Option<(SessionId, &str)> {
        Some((self.selected?, self.reply.as_deref()?))
    }

    /// Lets a text stand in the field of the reply.
    pub fn begin_reply(&mut self, text: String) {
        self.reply = Some(text);
    }
}

/// When a reply goes to its agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Goes {
    /// As the answer to the question of this number.
    AsAnswer(u64),
    /// Once it takes a prompt: what it may ask until then is not answered by it.
    WhenIdle,
    /// At once.
    AtOnce,
}

/// What the person did with the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It stays open.
    Open,
    /// It was closed.
    Closed,
    /// A session is to be shown.
    Show(SessionId),
    /// A question is answered by keys; the list stays open.
    Answer {
        /// Whose question.
        session: SessionId,
        /// Which question, so that a later one is not answered by mistake.
        question: u64,
        /// The answer.
        choice: Choice,
    },
    /// An agent that ended with a failure is started again; the list stays open.
    Restart(SessionId),
    /// An agent is given a text and Enter; the list stays open.
    Reply {
        /// Which session's.
        session: SessionId,
        /// When it goes.
        goes: Goes,
        /// The text.
        text: String,
    },
}
