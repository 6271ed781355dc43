//! What a person can do next about what failed: the command that a notice offers beside its words.

use agor_core::client::ClientError;
use agor_proto::error::ErrorCode;

use crate::commands::Command;

/// Returns the command that helps after a failure, if one does.
#[must_use]
pub fn of(error: &ClientError) -> Option<Command> {
    match error {
        ClientError::Host(error) => of_code(error.code),
        ClientError::Paths(_) | ClientError::Start(_) | ClientError::NoHost { .. } => {
            Some(Command::Log)
        }
        // Whether the host is there, and what is on its way to it.
        ClientError::Uncertain { .. } | ClientError::NotSent { .. } | ClientError::TooSlow => {
            Some(Command::Diagnostics)
        }
        ClientError::Closed => Some(Command::Reopen),
    }
}

/// Returns the command that helps after what a host refused; every code is considered here.
fn of_code(code: ErrorCode) -> Option<Command> {
    match code {
        // More stands in the host's log than in its answer.
        ErrorCode::Internal
        | ErrorCode::Keeper
        | ErrorCode::Storage
        | ErrorCode::Unavailable
        | ErrorCode::BadRequest
        | ErrorCode::BadId
        | ErrorCode::IdReuse => Some(Command::Log),
        // The window is of another release than the host: the program that is installed now is taken.
        ErrorCode::Version | ErrorCode::Unsupported | ErrorCode::Unknown => Some(Command::Reopen),
        ErrorCode::Fenced => Some(Command::Drive),
        ErrorCode::NoSession | ErrorCode::Running => Some(Command::GoToSession),
        // The shell and the environment; which folders are trusted; how much is kept.
        ErrorCode::SpawnFailed | ErrorCode::Untrusted | ErrorCode::Pruned => {
            Some(Command::Settings)
        }
        ErrorCode::AlreadyAnswered => Some(Command::Attention),
        // How many there are of what, and how far programs are behind.
        ErrorCode::TooMany | ErrorCode::InputFull | ErrorCode::Timeout => {
            Some(Command::Diagnostics)
        }
        // It is done by itself, or its words say all that there is to do.
        ErrorCode::Resync | ErrorCode::Ended | ErrorCode::Forbidden => None,
    }
}

#[cfg(test)]
mod tests {
    use agor_proto::error::WireError;

    use super::*;

    #[test]
    fn whatever_a_host_refuses_is_told_with_what_to_do_next() {
        let without: Vec<_> = ErrorCode::ALL
            .iter()
            .chain([&ErrorCode::Unknown])
            .filter(|code| of(&WireError::new(**code, "so").into()).is_none())
            .collect();
        let expected = [ErrorCode::Forbidden, ErrorCode::Ended, ErrorCode::Resync];
        assert_eq!(without, expected.iter().collect::<Vec<_>>());
    }

    #[test]
    fn whatever_else_fails_between_window_and_host_is_told_with_what_to_do_next() {
        let reason = String::new;
        let failures = [
            ClientError::NoHost { reason: reason() },
            ClientError::Uncertain {
                name: "kill",
                reason: reason(),
            },
            ClientError::NotSent { name: "kill" },
            ClientError::TooSlow,
            ClientError::Closed,
        ];
        for error in failures {
            assert!(of(&error).is_some(), "{error}");
        }
    }
}
