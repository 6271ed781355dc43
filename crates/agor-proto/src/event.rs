//! The events of a session: what happened in it, numbered from 1 without gaps.

use serde::{Deserialize, Serialize};

use crate::agent::AgentEvent;
use crate::command::Outcome;
use crate::ids::{ClientId, CommandId, LinePosition, LogEpoch, Offset, Seq, SessionId, Size};
use crate::open::Open;
use crate::row::MarkKind;
use crate::session::SessionSpec;

/// One event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Its number.
    pub seq: Seq,
    /// Milliseconds since 1970.
    pub at_millis: u64,
    /// Where in the output record it happened.
    pub offset: Offset,
    /// What happened.
    #[serde(deserialize_with = "crate::open::deserialize")]
    pub body: EventBody,
}

impl Event {
    /// Returns about how many bytes it takes on the wire and in memory; too many rather than too few.
    #[must_use]
    pub fn size_bytes_about(&self) -> usize {
        256 + self.body.text_bytes()
    }
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind", content = "with")]
pub enum EventBody {
    /// The session was made.
    Created {
        /// What it was made from.
        spec: SessionSpec,
    },
    /// A program was started in it.
    Started {
        /// Its process.
        pid: u32,
        /// The terminal's size.
        size: Size,
    },
    /// The program ended.
    Exited {
        /// The exit code; -1 after a signal.
        code: i32,
        /// The signal that ended it, or 0.
        signal: i32,
    },
    /// The program could not be started.
    Failed {
        /// Why, in one sentence.
        reason: String,
    },
    /// Keeper or machine went down under the program.
    Lost,
    /// A client gave a command. What was typed is in the output record, if the program echoed it.
    Command {
        /// Which command.
        id: CommandId,
        /// Whose.
        client: ClientId,
        /// Its name.
        name: String,
    },
    /// A command came to its end.
    CommandEnded {
        /// Which command.
        id: CommandId,
        /// How.
        outcome: Outcome,
    },
    /// The session got another name.
    Renamed {
        /// The name.
        name: String,
    },
    /// The terminal got another size.
    Resized {
        /// The size.
        size: Size,
    },
    /// The program set its title.
    Titled {
        /// The title.
        title: String,
    },
    /// The shell went to another folder (OSC 7).
    Folder {
        /// The folder.
        path: String,
    },
    /// The folder in which the program was to start cannot be entered; it starts in its project's.
    FolderGone {
        /// The folder.
        path: String,
    },
    /// The program rang the bell.
    Bell,
    /// The program asked for a notification (OSC 9, 777).
    Notified {
        /// Its title, or empty.
        title: String,
        /// Its text.
        body: String,
    },
    /// The program put text on the clipboard (OSC 52). The text is not recorded here.
    ClipboardWritten {
        /// Its length.
        size_bytes: u64,
    },
    /// Shell integration marked a place (OSC 133).
    Marked {
        /// The place.
        at: LinePosition,
        /// What begins there.
        mark: MarkKind,
    },
    /// The agent said or did something.
    Agent(#[serde(deserialize_with = "crate::open::deserialize")] AgentEvent),
    /// An event of a later release.
    #[serde(skip_deserializing)]
    Unknown,
}

impl EventBody {
    /// Returns about how many bytes its texts take.
    fn text_bytes(&self) -> usize {
        match self {
            Self::Created { spec } => {
                let env = spec.env.iter();
                let env = env.map(|(name, value)| name.len() + value.len() + 8);
                let argv = spec.argv.iter().map(|word| word.len() + 4);
                let cwd = spec.cwd.as_ref().map_or(0, String::len);
                let prompt = spec.agent.as_ref().and_then(|agent| agent.prompt.as_ref());
                env.chain(argv).sum::<usize>()
                    + spec.folder.len()
                    + spec.name.len()
                    + cwd
                    + prompt.map_or(0, String::len)
            }
            Self::Failed { reason } => reason.len(),
            Self::CommandEnded { outcome, .. } => match outcome {
                Outcome::Rejected { error } => error.message.len(),
                _ => 0,
            },
            Self::Command { name, .. } | Self::Renamed { name } => name.len(),
            Self::Titled { title } => title.len(),
            Self::Folder { path } | Self::FolderGone { path } => path.len(),
            Self::Notified { title, body } => title.len() + body.len(),
            Self::Agent(event) => event.text_bytes(),
            Self::Started { .. }
            | Self::Exited { .. }
            | Self::Lost
            | Self::Resized { .. }
            | Self::Bell
            | Self::ClipboardWritten { .. }
            | Self::Marked { .. }
            | Self::Unknown => 0,
        }
    }
}

impl Open for EventBody {
    fn unknown() -> Self {
        Self::Unknown
    }
}

/// Where a client is in a session's events: everything up to `applied` is in its state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct LogCursor {
    /// Which session.
    pub session: SessionId,
    /// The history in which `applied` means something.
    pub epoch: LogEpoch,
    /// The last event applied.
    pub applied: Seq,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_taken_to_be_as_large_as_its_texts() {
        let text = "x".repeat(100_000);
        let (id, from_person) = (String::new(), false);
        let bodies = [
            EventBody::Titled {
                title: text.clone(),
            },
            EventBody::Notified {
                title: String::new(),
                body: text.clone(),
            },
            EventBody::Agent(AgentEvent::Message {
                id,
                from_person,
                text,
            }),
            EventBody::Bell,
        ];
        for body in bodies {
            let event = Event {
                seq: Seq(1),
                at_millis: 0,
                offset: Offset(0),
                body,
            };
            let wire = rmp_serde::to_vec_named(&event).unwrap().len();
            let about = event.size_bytes_about();
            assert!((wire..wire + 512).contains(&about), "{about} for {wire}");
        }
    }
}
