//! Sessions as a list shows them, and what one is made from.

use serde::{Deserialize, Serialize};

use crate::agent::{AgentInfo, AgentSpec, State};
use crate::ids::{ListRev, LogEpoch, Offset, Seq, SessionId, Size};

/// What a session is made from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionSpec {
    /// The command and its arguments; empty is the person's login shell.
    #[serde(default)]
    pub argv: Vec<String>,
    /// The folder of the project that it belongs to, in which it starts.
    pub folder: String,
    /// Where it starts if elsewhere, as long as that is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cwd: Option<String>,
    /// The name; empty is made from the command.
    #[serde(default)]
    pub name: String,
    /// Variables of the caller's environment that the program gets, and behind them those that it asked for. What
    /// has a name that came before was asked for, and goes before what the settings say.
    #[serde(default)]
    pub env: Vec<(String, String)>,
    /// The first size of the terminal.
    pub size: Size,
    /// Whether nothing of it is written to disk.
    #[serde(default)]
    pub private: bool,
    /// The agent that it is for. Its provider then decides the command; `argv` is put after it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<Box<AgentSpec>>,
}

/// A session, as a list shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionInfo {
    /// Which session.
    pub id: SessionId,
    /// Its name.
    pub name: String,
    /// The command and its arguments.
    pub argv: Vec<String>,
    /// The folder of its project.
    pub folder: String,
    /// Where its shell is now, if it says so (OSC 7), else where it started.
    pub cwd: String,
    /// The title that its program set.
    pub title: String,
    /// The size of its terminal.
    pub size: Size,
    /// Whether its program runs.
    pub life: Life,
    /// What its agent does.
    pub state: State,
    /// More of its agent, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<AgentInfo>,
    /// Its process while it runs.
    pub pid: Option<u32>,
    /// Whether nothing of it is written to disk.
    pub private: bool,
    /// Milliseconds since 1970 of its making.
    pub created_millis: u64,
    /// Milliseconds since 1970 of its last output.
    pub active_millis: u64,
    /// How far its record goes.
    pub offset: Offset,
    /// The history of its events.
    pub epoch: LogEpoch,
    /// Its last event.
    pub seq: Seq,
}

impl SessionInfo {
    /// Says whether its agent has ended with a failure, or could not be started, and nobody has seen that.
    #[must_use]
    pub fn has_failed(&self) -> bool {
        !self.life.alive() && self.agent.is_some() && self.state == State::Error
    }
}

/// Whether a session's program runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Life {
    /// It was asked for and does not run yet.
    Starting,
    /// It runs.
    Running,
    /// It ended by itself or by a signal.
    Exited {
        /// The exit code; -1 after a signal.
        code: i32,
        /// The signal that ended it, or 0.
        signal: i32,
    },
    /// It could not be started.
    Failed {
        /// Why, in one sentence.
        reason: String,
    },
    /// Its keeper or its machine went down with it; how it ended is not known.
    Lost,
}

impl Life {
    /// Says whether the program may still write.
    #[must_use]
    pub fn alive(&self) -> bool {
        matches!(self, Self::Starting | Self::Running)
    }
}

/// A change of the list of sessions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionList {
    /// The list's revision afterwards.
    pub rev: ListRev,
    /// Whether `changed` is the whole list.
    pub whole: bool,
    /// Sessions that are new or different.
    pub changed: Vec<SessionInfo>,
    /// Sessions that are gone.
    #[serde(default)]
    pub removed: Vec<SessionId>,
    /// Whether this is a part of the change and the next message goes on with it: a change that is
    /// larger than a frame comes in parts.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub more: bool,
    /// What a person should know of where the host stores things: all of it with every change (with its
    /// first part), and nothing if all is well.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub storage: Vec<StorageNotice>,
}

/// What a person should know of where a host stores things.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StorageNotice {
    /// What it is about.
    pub is: StorageTrouble,
    /// It, and what to do, in a sentence.
    pub text: String,
}

/// What a host's storage has, or had.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StorageTrouble {
    /// There is no room: output waits, commands fail.
    Full,
    /// Another process holds the database: output waits, commands fail.
    Busy,
    /// It was damaged when the host began, and was mended as far as it could be.
    Mended,
    /// Something of a later release.
    #[serde(other)]
    Unknown,
}

impl StorageTrouble {
    /// Returns its name, as it is on the wire.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Busy => "busy",
            Self::Mended => "mended",
            Self::Unknown => "unknown",
        }
    }
}
