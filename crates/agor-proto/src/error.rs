//! Errors that cross a link: a code, a sentence for a person, and whether trying again helps.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What went wrong at the peer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct WireError {
    /// What kind of failure it was.
    pub code: ErrorCode,
    /// One sentence: what happened, what was kept, what to do.
    pub message: String,
}

impl WireError {
    /// Returns an error of `code` with `message`.
    #[must_use]
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
        }
    }
}

/// Whether and when the same request may succeed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Retry {
    /// Not without a change of the request or of the world.
    Never,
    /// After so many milliseconds.
    After(u32),
    /// After authenticating anew, once.
    AfterAuth,
    /// After subscribing anew.
    AfterResync,
}

/// Declares the codes with their names on the wire, their retry classes and the exit codes of the
/// command line, in one table.
macro_rules! error_codes {
    ($($(#[doc = $doc:literal])+ $name:ident, $wire:literal, $retry:expr, $exit:literal;)+) => {
        /// The kinds of failure.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum ErrorCode {
            $($(#[doc = $doc])+ $name,)+
            /// A code of a later release. It is never retried (FAILURES B11).
            Unknown,
        }

        impl ErrorCode {
            /// Every code that this release knows.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// Returns the name on the wire.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$name => $wire,)+
                    Self::Unknown => "unknown",
                }
            }

            /// Returns the code with this name on the wire.
            #[must_use]
            pub fn from_name(name: &str) -> Self {
                match name {
                    $($wire => Self::$name,)+
                    _ => Self::Unknown,
                }
            }

            /// Returns whether trying again helps.
            #[must_use]
            pub fn retry(self) -> Retry {
                match self {
                    $(Self::$name => $retry,)+
                    Self::Unknown => Retry::Never,
                }
            }

            /// Returns the exit code with which the command line ends for it.
            #[must_use]
            pub fn exit_code(self) -> u8 {
                match self {
                    $(Self::$name => $exit,)+
                    Self::Unknown => 1,
                }
            }
        }
    };
}

error_codes! {
    /// The request is not well formed or breaks a limit.
    BadRequest, "bad_request", Retry::Never, 2;
    /// An identity is not written as it must be.
    BadId, "bad_id", Retry::Never, 2;
    /// The peer speaks no version that this program speaks.
    Version, "version", Retry::Never, 20;
    /// The peer may not do this.
    Forbidden, "forbidden", Retry::AfterAuth, 21;
    /// There is no such session.
    NoSession, "no_session", Retry::Never, 3;
    /// The session has ended.
    Ended, "ended", Retry::Never, 4;
    /// The session is still running.
    Running, "running", Retry::Never, 5;
    /// The command or its folder could not be started.
    SpawnFailed, "spawn_failed", Retry::Never, 6;
    /// The lease is not this client's any more.
    Fenced, "fenced", Retry::Never, 7;
    /// A command id was used for two different commands, or is too old to be told apart.
    IdReuse, "id_reuse", Retry::Never, 8;
    /// The session's program does not read its input; nothing of this input was taken.
    InputFull, "input_full", Retry::After(100), 9;
    /// A limit on a number of things is reached.
    TooMany, "too_many", Retry::Never, 10;
    /// The cursor does not fit the log.
    Resync, "resync", Retry::AfterResync, 11;
    /// The request was answered already, by another client.
    AlreadyAnswered, "already_answered", Retry::Never, 12;
    /// The disk is full or cannot be written; running programs wait, nothing is lost.
    Storage, "storage", Retry::After(1_000), 13;
    /// The keeper cannot be reached.
    Keeper, "keeper", Retry::After(1_000), 14;
    /// The host is going down or not up yet.
    Unavailable, "unavailable", Retry::After(200), 15;
    /// What was asked for is no longer kept.
    Pruned, "pruned", Retry::Never, 16;
    /// No agent may start in the folder: the person has not said that they trust it.
    Untrusted, "untrusted", Retry::Never, 30;
    /// A wait ran out of time.
    Timeout, "timeout", Retry::Never, 124;
    /// The peer does not know this request.
    Unsupported, "unsupported", Retry::Never, 17;
    /// A mistake of this program; the log says more.
    Internal, "internal", Retry::Never, 70;
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Serialize for ErrorCode {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for ErrorCode {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        Ok(Self::from_name(&name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Any name, and such as begin as a known one does.
        #[test]
        fn b11_whatever_is_not_known_is_never_retried(
            at in 0..ErrorCode::ALL.len(),
            cut in 0..20_usize,
            end in "[a-z_]{0,3}",
            other in any::<String>(),
        ) {
            let known = ErrorCode::ALL[at].name();
            let near = format!("{}{end}", &known[..cut.min(known.len())]);
            for name in [near, other] {
                let json = serde_json::to_string(&name).unwrap();
                let code: ErrorCode = serde_json::from_str(&json).unwrap();
                if ErrorCode::ALL.iter().all(|known| known.name() != name) {
                    prop_assert_eq!(code.retry(), Retry::Never, "{}", name);
                }
            }
        }
    }

    #[test]
    fn b11_a_code_of_a_later_release_is_never_retried() {
        let code: ErrorCode = serde_json::from_str("\"quota_of_2031\"").unwrap();
        assert_eq!(code.retry(), Retry::Never);
    }

    #[test]
    fn every_code_keeps_its_name_and_an_exit_code_of_its_own() {
        let mut exits = std::collections::HashMap::new();
        for &code in ErrorCode::ALL {
            assert_eq!(ErrorCode::from_name(code.name()), code);
            assert_ne!(code.exit_code(), 0);
            exits
                .entry(code.exit_code())
                .or_insert_with(Vec::new)
                .push(code);
        }
        let shared: Vec<_> = exits
            .into_iter()
            .filter(|(exit, codes)| *exit != 2 && codes.len() > 1)
            .collect();
        assert!(
            shared.is_empty(),
            "codes that scripts cannot tell apart: {shared:?}"
        );
    }
}
