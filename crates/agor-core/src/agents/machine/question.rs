//! Which question is asked. Two windows may answer at once, and a question may change in the moment of the key:
//! an answer names its question, and is given if that is still the one.

use serde::{Deserialize, Serialize};

/// How long an answer may take to show. A question that is still there then has lost its answer, and is one
/// that can be answered anew.
pub const ANSWER_MILLIS: u64 = 5_000;

/// See the module.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Question {
    /// Its number: no other of the session has it.
    pub id: u64,
    /// Since when it is asked, in milliseconds since 1970.
    pub since_millis: u64,
    /// When it was answered, if it was.
    answered_millis: Option<u64>,
    /// Whether somebody has chosen an answer to it, which may wait until its agent takes keys.
    #[serde(skip)]
    answer_comes: bool,
}

impl Question {
    /// Another question is asked.
    pub fn begin(&mut self, now_millis: u64) {
        self.id += 1;
        self.since_millis = now_millis;
        self.answered_millis = None;
        self.answer_comes = false;
    }

    /// Notes that somebody has chosen an answer to it.
    pub fn answer_comes(&mut self) {
        self.answer_comes = true;
    }

    /// Says whether somebody has chosen an answer to it, given yet or not: what is told of it from then on is what that
    /// person has not read.
    #[must_use]
    pub fn has_an_answer(&self) -> bool {
        self.answer_comes || self.is_answered()
    }

    /// A source asks anew: after an answer that is another question, even in the same words.
    pub fn asked_anew(&mut self, now_millis: u64) {
        if self.is_answered() {
            self.begin(now_millis);
        }
    }

    /// Notes that it is answered.
    pub fn answer(&mut self, now_millis: u64) {
        self.answered_millis = Some(now_millis);
    }

    /// Says whether it is answered.
    #[must_use]
    pub fn is_answered(&self) -> bool {
        self.answered_millis.is_some()
    }

    /// Returns when an answer that shows no effect is given up.
    #[must_use]
    pub fn due_millis(&self) -> Option<u64> {
        self.answered_millis
            .map(|at| at.saturating_add(ANSWER_MILLIS))
    }
}
