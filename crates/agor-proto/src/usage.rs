//! What agents used and how long they worked, as the host has counted it.

use serde::{Deserialize, Serialize};

use crate::ids::SessionId;

/// By what usage is summed up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UsageBy {
    /// By session.
    Session,
    /// By project.
    Project,
    /// By day, in the host's time zone.
    Day,
}

/// What agents used and how long they worked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Spent {
    /// Turns that ended.
    pub turns: u64,
    /// Tokens read that were in no cache.
    pub input_tokens: u64,
    /// Tokens written.
    pub output_tokens: u64,
    /// Tokens read from a cache.
    pub cached_tokens: u64,
    /// Millionths of a US dollar; none if no price is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost_micros: Option<u64>,
    /// Whether some of the cost is ours by a table of prices, not the provider's own.
    pub estimated: bool,
    /// Milliseconds of work.
    pub working_millis: u64,
    /// Milliseconds in which an agent waited for the person's word within a turn.
    pub waited_millis: u64,
}

impl Spent {
    /// Adds what another sum has.
    pub fn add(&mut self, more: &Self) {
        self.turns += more.turns;
        self.input_tokens += more.input_tokens;
        self.output_tokens += more.output_tokens;
        self.cached_tokens += more.cached_tokens;
        let costs = [self.cost_micros, more.cost_micros];
        self.cost_micros = costs.into_iter().flatten().reduce(|a, b| a + b);
        self.estimated |= more.estimated;
        self.working_millis += more.working_millis;
        self.waited_millis += more.waited_millis;
    }
}

/// A sum, and of what it is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct UsageRow {
    /// The last day of it that counts: days since 1970-01-01 in the host's time zone.
    pub day: i64,
    /// Which session, if it is one's. It may be gone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session: Option<SessionId>,
    /// That session's name.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// The project's folder, if it is of one.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub project: String,
    /// The agent's provider, if it is one's.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub provider: String,
    /// The model that answered last, if it is one session's.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub model: String,
    /// The sum.
    pub spent: Spent,
}
