//! Why a verb did not do what it was asked for: one sentence for a person and an exit code for a
//! script.

use std::io::{self, Write};

use agor_proto::error::{ErrorCode, WireError};

use super::exit::{self, Exit};
use crate::client::{ClientError, StartError};
use crate::link::LinkError;
use crate::paths::PathsError;

/// See the module.
#[derive(Debug)]
pub struct Failure {
    exit: Exit,
    name: &'static str,
    /// Empty if nothing is to be said: whoever read the output has gone.
    message: String,
}

impl Failure {
    /// Returns a failure with one of the command line's own exit codes.
    pub fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self {
            exit,
            name: exit::name(exit),
            message: message.into(),
        }
    }

    /// Returns a failure of arguments.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(Exit::USAGE, message)
    }

    /// Returns a failure with a host's code.
    pub fn host(code: ErrorCode, message: impl Into<String>) -> Self {
        WireError::new(code, message).into()
    }

    /// Returns what became of writing to standard output. A reader that has gone is no failure.
    pub fn output(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::new(Exit::SUCCESS, ""),
            _ => Self::new(
                Exit::OUTPUT,
                format!("the output cannot be written: {error}"),
            ),
        }
    }

    /// Returns the exit code.
    pub fn exit(&self) -> Exit {
        self.exit
    }

    /// Returns the sentence.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Says it on standard error.
    pub fn report(&self, program: &str, json: bool) {
        if self.message.is_empty() {
            return;
        }
        let mut stderr = io::stderr().lock();
        let said = if json {
            let error = serde_json::json!({
                "error": { "code": self.name, "exit": self.exit.0, "message": self.message }
            });
            writeln!(stderr, "{error}")
        } else {
            writeln!(stderr, "{program}: {}", self.message)
        };
        said.ok(); // Nobody reads; the exit code still tells.
    }
}

impl From<WireError> for Failure {
    fn from(error: WireError) -> Self {
        Self {
            exit: Exit(error.code.exit_code()),
            name: error.code.name(),
            message: error.message,
        }
    }
}

impl From<PathsError> for Failure {
    fn from(error: PathsError) -> Self {
        Self::new(Exit::FOLDER, error.to_string())
    }
}

impl From<StartError> for Failure {
    fn from(error: StartError) -> Self {
        let message = error.to_string();
        match error {
            // The host's own reason, and the code that its reason has.
            StartError::Failed { exit, .. } => Self::new(Exit(exit), message),
            StartError::Spawn { .. } | StartError::Died { .. } | StartError::Silent { .. } => {
                Self::new(Exit::START, message)
            }
        }
    }
}

impl From<LinkError> for Failure {
    fn from(error: LinkError) -> Self {
        let message = error.to_string();
        match error {
            LinkError::NotRunning { .. } => Self::new(Exit::NO_HOST, message),
            LinkError::HostRunning { .. } => Self::new(Exit::HOST_RUNNING, message),
            LinkError::LockLost => Self::host(ErrorCode::Fenced, message),
            LinkError::OtherUser { .. } => Self::host(ErrorCode::Forbidden, message),
            LinkError::Frame(agor_proto::frame::FrameError::Version { .. }) => {
                Self::host(ErrorCode::Version, message)
            }
            LinkError::Cut | LinkError::Frame(_) => Self::host(ErrorCode::Internal, message),
            LinkError::Io { .. } => Self::new(Exit::NO_HOST, message),
        }
    }
}

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Self {
        match error {
            ClientError::Paths(error) => error.into(),
            ClientError::Start(error) => error.into(),
            ClientError::Host(error) => error.into(),
            ClientError::NoHost { reason } => Self::new(Exit::NO_HOST, reason),
            ClientError::Uncertain { .. } => Self::new(Exit::UNCERTAIN, error.to_string()),
            ClientError::NotSent { .. } => Self::new(Exit::NO_HOST, error.to_string()),
            ClientError::TooSlow | ClientError::Closed => {
                Self::host(ErrorCode::Unavailable, error.to_string())
            }
        }
    }
}
