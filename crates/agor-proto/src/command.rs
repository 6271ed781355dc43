//! Commands: requests that are carried out once, however often they are sent.
//!
//! A client keeps each in its outbox until it has the receipt. The host writes command and outcome
//! into its store before it acknowledges them; the same id with the same contents gets the same
//! receipt, with other contents [`IdReuse`](crate::error::ErrorCode::IdReuse).

use serde::{Deserialize, Serialize};

use crate::error::WireError;
use crate::ids::{CommandId, CommandN, Incarnation, Seq, SessionId};
use crate::input::Input;
use crate::open::Open;
use crate::session::SessionSpec;

/// A command on its way to the host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Command {
    /// Chosen by the client, unique for ever.
    pub id: CommandId,
    /// Its place among the client's commands.
    pub n: CommandN,
    /// What is to be done.
    #[serde(deserialize_with = "crate::open::deserialize")]
    pub body: CommandBody,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "do", content = "with")]
pub enum CommandBody {
    /// Make a session and start its program.
    Create {
        /// Its id, chosen by the client, so that a repeat makes no second one.
        session: SessionId,
        /// What it is made from.
        spec: SessionSpec,
    },
    /// Give input to a session, without a lease.
    Send {
        /// Which session.
        session: SessionId,
        /// What to give it, in order.
        inputs: Vec<Input>,
    },
    /// Give input to a session once its agent waits for the next prompt. It is accepted while it waits
    /// for that, and done when it was given.
    SendWhenIdle {
        /// Which session.
        session: SessionId,
        /// What to give it, in order.
        inputs: Vec<Input>,
    },
    /// Answer what a session's agent asks, by input, if it is still that question: else, and if somebody has
    /// answered it, it is rejected as [`AlreadyAnswered`](crate::error::ErrorCode::AlreadyAnswered) and nothing
    /// is given. It is accepted while the agent cannot be expected yet to take keys for an answer.
    Answer {
        /// Which session.
        session: SessionId,
        /// Which question (`Pending::id`).
        question: u64,
        /// What answers it, in order.
        inputs: Vec<Input>,
    },
    /// Send a signal.
    Signal {
        /// Which session.
        session: SessionId,
        /// The signal's number.
        signal: i32,
        /// To whom.
        to: SignalTarget,
    },
    /// End everything that runs in a session.
    Kill {
        /// Which session.
        session: SessionId,
    },
    /// Start an ended session's command again, in the same session.
    Restart {
        /// Which session.
        session: SessionId,
    },
    /// Give a session another name.
    Rename {
        /// Which session.
        session: SessionId,
        /// The name.
        name: String,
    },
    /// Forget an ended session and delete its record.
    Remove {
        /// Which session.
        session: SessionId,
    },
    /// Note that a person has seen what the session's agent did: done becomes idle. Twice is once.
    Seen {
        /// Which session.
        session: SessionId,
    },
    /// End the host.
    StopHost {
        /// Whether the programs go on under their keeper.
        keep_sessions: bool,
        /// Which life of the host; any, if none is named. A repeat that reaches the next one ends
        /// nothing: the host has no receipt of its own end.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        incarnation: Option<Incarnation>,
    },
    /// A command of a later release; it is rejected as unsupported.
    #[serde(skip_deserializing)]
    Unknown,
}

impl Open for CommandBody {
    fn unknown() -> Self {
        Self::Unknown
    }
}

impl CommandBody {
    /// Returns the session that the command is about, if it is about one.
    #[must_use]
    pub fn session(&self) -> Option<SessionId> {
        match self {
            Self::Create { session, .. }
            | Self::Send { session, .. }
            | Self::SendWhenIdle { session, .. }
            | Self::Answer { session, .. }
            | Self::Signal { session, .. }
            | Self::Kill { session }
            | Self::Restart { session }
            | Self::Rename { session, .. }
            | Self::Seen { session }
            | Self::Remove { session } => Some(*session),
            Self::StopHost { .. } | Self::Unknown => None,
        }
    }

    /// Returns what a host must say that it can do to be given this; see
    /// [`Query::feature`](crate::message::Query::feature).
    #[must_use]
    pub fn feature(&self) -> Option<&'static str> {
        matches!(self, Self::Answer { .. }).then_some("answer")
    }

    /// Returns the command's name, which holds nothing of what a person typed.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Create { .. } => "create",
            Self::Send { .. } => "send",
            Self::SendWhenIdle { .. } => "send_when_idle",
            Self::Answer { .. } => "answer",
            Self::Signal { .. } => "signal",
            Self::Kill { .. } => "kill",
            Self::Restart { .. } => "restart",
            Self::Rename { .. } => "rename",
            Self::Remove { .. } => "remove",
            Self::Seen { .. } => "seen",
            Self::StopHost { .. } => "stop_host",
            Self::Unknown => "unknown",
        }
    }
}

/// Who gets a signal.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignalTarget {
    /// The group in the foreground of the terminal.
    #[default]
    Foreground,
    /// The session's first process.
    Leader,
    /// Everything that the session started.
    All,
}

/// How far a command is, as its host says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// Which command.
    pub id: CommandId,
    /// How far it is.
    pub outcome: Outcome,
}

/// How far a command is at the host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is", content = "with")]
pub enum Outcome {
    /// It is stored and will be carried out.
    Accepted {
        /// The session's event that records it, or 0.
        seq: Seq,
    },
    /// It was carried out.
    Done {
        /// The session's event that records it, or 0.
        seq: Seq,
    },
    /// It was not and will not be carried out.
    Rejected {
        /// Why.
        error: WireError,
    },
    /// The host went down while it was carried out: it may or may not have taken effect. It is
    /// never run again by itself.
    Interrupted,
}

impl Outcome {
    /// Says whether nothing more will come.
    #[must_use]
    pub fn is_final(&self) -> bool {
        !matches!(self, Self::Accepted { .. })
    }
}
