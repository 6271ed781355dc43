//! The one vocabulary for what agents do, whatever protocol or screen it was read from.

use serde::{Deserialize, Serialize};

use crate::ids::{LinePosition, Offset};
use crate::open::Open;

/// What an agent does, by the best evidence.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It was started and has not shown itself.
    Starting,
    /// It thinks or runs tools.
    Working,
    /// It asks whether it may do something.
    NeedsPermission,
    /// It asks the person something.
    NeedsAnswer,
    /// It finished a turn that nobody has looked at.
    Done,
    /// It waits for the next prompt.
    Idle,
    /// It failed.
    Error,
    /// It should be working and nothing moves.
    Stalled,
    /// Its process ended.
    Exited,
    /// Nothing says; also a state of a later release.
    #[default]
    #[serde(other)]
    Unknown,
}

/// Where a piece of evidence came from, the strongest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EvidenceSource {
    /// A structured protocol, or OSC 7501.
    Protocol,
    /// A hook that was injected for this launch.
    Hook,
    /// The agent's own registry of sessions.
    Registry,
    /// The terminal's title.
    Title,
    /// A rule over the screen.
    Screen,
    /// The process itself.
    Process,
    /// A source of a later release: the weakest.
    #[serde(other)]
    Unknown,
}

/// Why a state is believed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// Where it came from.
    pub source: EvidenceSource,
    /// What it says.
    pub state: State,
    /// In words, for a person.
    pub reason: String,
    /// Where in the record it was seen.
    pub offset: Offset,
    /// Milliseconds since 1970 when it was seen.
    pub at_millis: u64,
}

/// Something that an agent said or did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "what", content = "with")]
pub enum AgentEvent {
    /// A message, whole or a piece that continues the last of the same id.
    Message {
        /// Its id within the session.
        id: String,
        /// Whether the person said it.
        from_person: bool,
        /// The text.
        text: String,
    },
    /// A thought that it shows.
    Thought {
        /// Its id within the session.
        id: String,
        /// The text.
        text: String,
    },
    /// A tool that it runs; later events of the same id bring its outcome.
    ToolCall {
        /// Its id within the session.
        id: String,
        /// The tool's name.
        tool: String,
        /// What it is about to do, in words.
        title: String,
        /// How far it is.
        status: ToolStatus,
    },
    /// It asks whether it may.
    PermissionRequest {
        /// Its id within the session.
        id: String,
        /// What it asks for, in words.
        title: String,
        /// The answers that it takes.
        options: Vec<PermissionOption>,
    },
    /// It asks something.
    Question {
        /// Its id within the session.
        id: String,
        /// The question.
        text: String,
    },
    /// Its plan, whole.
    Plan {
        /// The steps in order.
        steps: Vec<PlanStep>,
    },
    /// What it has used so far.
    Usage {
        /// Tokens read.
        input_tokens: u64,
        /// Tokens written.
        output_tokens: u64,
        /// Millionths of a US dollar, if it says.
        cost_micros: Option<u64>,
    },
    /// Its state changed.
    State {
        /// What it was.
        from: State,
        /// What it is.
        to: State,
        /// Why that is believed.
        evidence: Evidence,
    },
    /// It failed.
    Error {
        /// What it said.
        message: String,
    },
    /// A place on the screen or in history that the person or a rule marked.
    Marked {
        /// The place.
        at: LinePosition,
        /// A label.
        label: String,
    },
    /// Something of a later release.
    #[serde(skip_deserializing)]
    Unknown,
}

impl Open for AgentEvent {
    fn unknown() -> Self {
        Self::Unknown
    }
}

/// How far a tool is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum ToolStatus {
    Pending,
    Running,
    Done,
    Failed,
    Cancelled,
    #[serde(other)]
    Unknown,
}

/// An answer that a permission request takes. Chosen by kind; ids differ between agents.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PermissionOption {
    /// What the agent calls it.
    pub id: String,
    /// What a person reads.
    pub name: String,
    /// What it means.
    pub kind: PermissionKind,
}

/// What an answer to a permission request means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum PermissionKind {
    AllowOnce,
    AllowAlways,
    RejectOnce,
    RejectAlways,
    #[serde(other)]
    Unknown,
}

/// A step of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanStep {
    /// What is to be done.
    pub text: String,
    /// How far it is.
    pub status: ToolStatus,
}
