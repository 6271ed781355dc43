//! What one source of evidence says, and for how long it has.

use agor_proto::agent::{Evidence, EvidenceSource, Pending, State};
use agor_proto::ids::{LinePosition, Offset};
use serde::{Deserialize, Serialize};

/// When and where something was observed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moment {
    /// Milliseconds since 1970, by the record's clock if it came through the terminal.
    pub at_millis: u64,
    /// How long the record was: what showed it is before that.
    pub offset: Offset,
    /// Where in the text: at the cursor, as it was then; none while a program has the alternate screen, of which
    /// nothing is left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<LinePosition>,
}

/// A source of evidence, the strongest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// A structured protocol, or OSC 7501.
    Protocol,
    /// A hook.
    Hook,
    /// The agent's own registry of sessions.
    Registry,
    /// The terminal's title.
    Title,
    /// A progress report (OSC 9;4).
    Progress,
    /// A rule over the screen.
    Screen,
    /// The process.
    Process,
}

impl Source {
    /// Every source, in order.
    pub const ALL: [Self; 7] = [
        Self::Protocol,
        Self::Hook,
        Self::Registry,
        Self::Title,
        Self::Progress,
        Self::Screen,
        Self::Process,
    ];

    /// Says whether the source hears of everything, so that nothing weaker may end what it said.
    #[must_use]
    pub fn is_complete(self) -> bool {
        self == Self::Protocol
    }

    /// Returns how the wire names it. Progress is shown where a title is, and counts as one.
    #[must_use]
    pub fn on_wire(self) -> EvidenceSource {
        match self {
            Self::Protocol => EvidenceSource::Protocol,
            Self::Hook => EvidenceSource::Hook,
            Self::Registry => EvidenceSource::Registry,
            Self::Title | Self::Progress => EvidenceSource::Title,
            Self::Screen => EvidenceSource::Screen,
            Self::Process => EvidenceSource::Process,
        }
    }
}

/// What a source says, before it is known since when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Says {
    /// The state.
    pub state: State,
    /// Further states for which the evidence would look the same.
    pub also: Vec<State>,
    /// Why, for a person.
    pub reason: String,
    /// What the agent asks, if the source tells it.
    pub pending: Option<Pending>,
}

impl Says {
    /// Returns that a source says `state` and nothing else.
    #[must_use]
    pub fn just(state: State, reason: impl Into<String>) -> Self {
        Self {
            state,
            also: Vec::new(),
            reason: reason.into(),
            pending: None,
        }
    }
}

/// What a source says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// The state.
    pub state: State,
    /// Further states for which the evidence would look the same.
    #[serde(default)]
    pub also: Vec<State>,
    /// Why, for a person.
    pub reason: String,
    /// What the agent asks, if the source tells it.
    #[serde(default)]
    pub pending: Option<Pending>,
    /// When the source began to say so.
    pub since: Moment,
    /// When it said so last.
    pub at: Moment,
    /// Whether something weaker and newer has ended it.
    #[serde(default)]
    pub ended: bool,
}

impl Claim {
    /// Returns the claim that follows when the source says `says` at `now` after `former`.
    #[must_use]
    pub fn follow(former: Option<&Self>, says: Says, now: Moment) -> Self {
        let goes_on = former.is_some_and(|former| former.state == says.state && !former.ended);
        Self {
            state: says.state,
            also: says.also,
            reason: says.reason,
            pending: says.pending,
            since: match former {
                Some(former) if goes_on => former.since,
                _ => now,
            },
            at: now,
            ended: false,
        }
    }

    /// Says whether the claim can be true while the agent is in `state`.
    #[must_use]
    pub fn allows(&self, state: State) -> bool {
        self.state == state || self.also.contains(&state)
    }

    /// Returns the claim as evidence.
    #[must_use]
    pub fn evidence(&self, source: Source) -> Evidence {
        Evidence {
            source: source.on_wire(),
            state: self.state,
            reason: self.reason.clone(),
            offset: self.since.offset,
            at_millis: self.since.at_millis,
        }
    }
}

/// Says whether an agent in this state does something by itself.
#[must_use]
pub fn is_at_work(state: State) -> bool {
    matches!(state, State::Working | State::Stalled)
}

/// Says whether an agent in this state waits for a person's word within its turn.
#[must_use]
pub fn asks(state: State) -> bool {
    matches!(state, State::NeedsPermission | State::NeedsAnswer)
}
