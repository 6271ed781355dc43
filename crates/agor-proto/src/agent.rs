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
    /// How long the record was when it was seen: what showed it is before that.
    pub offset: Offset,
    /// Milliseconds since 1970 when it was seen.
    pub at_millis: u64,
}

/// How a session's agent is started.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentSpec {
    /// Which provider, by its id in the table of providers.
    pub provider: String,
    /// The model, if not the provider's own choice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// How it asks before it acts, by the provider's name for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<String>,
    /// What it is told first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompt: Option<String>,
    /// Which conversation it goes on with.
    #[serde(default, deserialize_with = "crate::open::deserialize")]
    pub conversation: Conversation,
    /// Whether the person has said that agents may start in the folder. A host that does not find that in the
    /// settings either refuses.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub trusted: bool,
}

/// Which conversation an agent begins or goes on with. Ids are the provider's own.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "how", content = "with")]
pub enum Conversation {
    /// A new one.
    #[default]
    New,
    /// An earlier one goes on.
    Resume {
        /// Its id.
        id: String,
    },
    /// A new one that begins as a copy of an earlier one.
    Fork {
        /// The earlier one's id.
        id: String,
    },
    /// A choice of a later release; a session with it is not started.
    #[serde(skip_deserializing)]
    Unknown,
}

impl Open for Conversation {
    fn unknown() -> Self {
        Self::Unknown
    }
}

/// What a list shows of a session's agent, beside its state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentInfo {
    /// Which provider, by its id in the table of providers.
    pub provider: String,
    /// The provider's own id of the conversation, once it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conversation: Option<String>,
    /// Whether nothing was said in that conversation so far: the provider may keep none that could go on.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub conversation_empty: bool,
    /// The model that it was asked to use, if one was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// How it was asked to ask before it acts, by the provider's own name for that, if it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<String>,
    /// Milliseconds since 1970 since when it is in its state.
    pub since_millis: u64,
    /// Why the state is believed, in words: what it asks, what failed.
    #[serde(default)]
    pub reason: String,
    /// Where the strongest evidence for the state came from.
    pub source: EvidenceSource,
    /// Tools that run, counted by their ids.
    #[serde(default)]
    pub tools: u32,
    /// Tasks and subagents that go on beside the turn.
    #[serde(default)]
    pub background: u32,
    /// What it asks the person, while it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pending: Option<Pending>,
    /// What it has used, as far as it says.
    #[serde(default)]
    pub usage: Usage,
    /// The file that it and another agent have written lately, until the person has seen that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conflict: Option<Conflict>,
}

/// A file that two agents have written.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conflict {
    /// The file.
    pub file: String,
    /// The name of the other agent's session.
    pub with: String,
    /// Milliseconds since 1970 when the later one wrote it.
    pub at_millis: u64,
}

/// A question that an agent waits for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pending {
    /// The question, as far as the provider tells it.
    pub text: String,
    /// Answers whose keys are known; none if the person has to look.
    #[serde(default)]
    pub choices: Vec<Choice>,
    /// Which question it is, by a number that no other of its session has; 0 of a host that has none.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub id: u64,
    /// Whether somebody has answered it and the agent has not yet gone on.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub answered: bool,
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// An answer that can be given by keys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    /// What a person reads.
    pub name: String,
    /// What it means.
    pub kind: PermissionKind,
    /// The chords that give it, in order, as `agor key` takes them. Shown before they are sent.
    pub keys: Vec<String>,
}

/// What an agent has used in its conversation.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Usage {
    /// The model that answered last.
    pub model: String,
    /// Tokens read that were in no cache.
    pub input_tokens: u64,
    /// Tokens written.
    pub output_tokens: u64,
    /// Tokens read from a cache.
    pub cached_tokens: u64,
    /// Millionths of a US dollar.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost_micros: Option<u64>,
    /// Whether the cost is ours by a table of prices, not the provider's own.
    pub estimated: bool,
    /// How full the model's context is, in percent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context_percent: Option<u8>,
    /// Turns that ended.
    pub turns: u32,
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

impl AgentEvent {
    /// Returns about how many bytes its texts take.
    pub(crate) fn text_bytes(&self) -> usize {
        match self {
            Self::Message { id, text, .. }
            | Self::Thought { id, text }
            | Self::Question { id, text } => id.len() + text.len(),
            Self::ToolCall {
                id, tool, title, ..
            } => id.len() + tool.len() + title.len(),
            Self::PermissionRequest { id, title, options } => {
                let options = options.iter();
                let options = options.map(|option| option.id.len() + option.name.len() + 64);
                id.len() + title.len() + options.sum::<usize>()
            }
            Self::Plan { steps } => steps.iter().map(|step| step.text.len() + 64).sum(),
            Self::State { evidence, .. } => evidence.reason.len(),
            Self::Error { message } => message.len(),
            Self::Marked { label, .. } => label.len(),
            Self::Usage { .. } | Self::Unknown => 0,
        }
    }
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

/// What an answer means, to a request for permission or to a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum PermissionKind {
    AllowOnce,
    AllowAlways,
    RejectOnce,
    RejectAlways,
    /// One of the answers from which the agent lets choose, to a question.
    Choose,
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
