//! The exit codes of every verb, in one table: those of the host's errors are in
//! `agor_proto::error`, the others here.

use std::process::ExitCode;

use agor_proto::error::ErrorCode;

/// What a verb ends with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Exit(pub u8);

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        exit.0.into()
    }
}

/// Declares the codes that are not an error of the host's.
macro_rules! exits {
    ($($name:ident, $code:literal, $wire:literal, $doc:literal;)+) => {
        impl Exit {
            $(#[doc = $doc] pub const $name: Self = Self($code);)+
        }

        /// Code, name in JSON and meaning of each.
        const OWN: &[(Exit, &str, &str)] = &[$((Exit::$name, $wire, $doc)),+];
    };
}

exits! {
    SUCCESS, 0, "ok", "It was done.";
    PROBLEM, 1, "problem", "It was done and something is wrong (`doctor`), nothing was found (`search`), or the error is of a kind that this release does not know.";
    USAGE, 2, "usage", "The arguments cannot be used; nothing was done.";
    NO_HOST, 18, "no_host", "No host runs, or it stays away; nothing was done.";
    FOLDER, 19, "folder", "A folder of agor's cannot be used.";
    START, 22, "start", "The host could not be started.";
    HOST_RUNNING, 23, "host_running", "A host runs already (`serve --foreground`).";
    AMBIGUOUS, 24, "ambiguous", "Several sessions have this name or begin of an id.";
    TERMINAL, 25, "terminal", "This needs a terminal (`attach`).";
    OUTPUT, 26, "output", "The output cannot be written.";
    DISPLAY, 27, "display", "There is no display that a window can be opened on (`agor`).";
    GRAPHICS, 28, "graphics", "No graphics driver can draw (`agor`, `shot`).";
    FONT, 29, "font", "A font cannot be used (`agor`, `shot`).";
    UNCERTAIN, 31, "uncertain", "It was sent and the host went away: it may or may not have been done.";
    CANNOT_RUN, 126, "cannot_run", "The command is there and cannot be run (`run`).";
    NOT_FOUND, 127, "not_found", "The command is not there (`run`).";
}

impl Exit {
    /// Returns the exit code that a shell would give a program that ended so.
    #[must_use]
    pub fn mirrored(code: Option<i32>, signal: i32) -> Self {
        match (code, signal) {
            (_, 1..) => Self(128_u8.saturating_add(u8::try_from(signal).unwrap_or(u8::MAX))),
            (Some(code), _) => Self(code.to_le_bytes()[0]),
            (None, _) => Self::PROBLEM,
        }
    }
}

/// One row of `help exit-codes`.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Row {
    /// The code.
    pub code: u8,
    /// Its name in JSON.
    pub name: &'static str,
    /// What it means.
    pub meaning: &'static str,
}

/// Returns every exit code, in order.
pub fn table() -> Vec<Row> {
    let own = OWN.iter().map(|&(exit, name, meaning)| Row {
        code: exit.0,
        name,
        meaning,
    });
    let of_host = ErrorCode::ALL.iter().map(|&code| Row {
        code: code.exit_code(),
        name: code.name(),
        meaning: meaning(code),
    });
    let mut rows: Vec<Row> = own.chain(of_host).collect();
    rows.sort_by_key(|row| row.code);
    rows
}

/// Returns the name that JSON has for one of the table's own codes.
pub fn name(exit: Exit) -> &'static str {
    let own = OWN.iter().find(|(own, ..)| *own == exit);
    own.map_or("problem", |&(_, name, _)| name)
}

fn meaning(code: ErrorCode) -> &'static str {
    match code {
        ErrorCode::BadRequest => "The request is not well formed or breaks a limit.",
        ErrorCode::Untrusted => "No agent may start in the folder yet (`new --trust`).",
        ErrorCode::BadId => "An id is not written as it must be.",
        ErrorCode::NoSession => "There is no such session.",
        ErrorCode::Ended => "The session's program has ended.",
        ErrorCode::Running => "The session's program still runs.",
        ErrorCode::SpawnFailed => "The command or its folder cannot be used.",
        ErrorCode::Fenced => "Another client drives the session.",
        ErrorCode::IdReuse => "A command's id was used twice.",
        ErrorCode::InputFull => "The program does not read its input.",
        ErrorCode::TooMany => "A limit is reached.",
        ErrorCode::Resync => "The place in the log is not one of this host's.",
        ErrorCode::AlreadyAnswered => "Another client has answered.",
        ErrorCode::Storage => "The disk is full or cannot be written, or the database is damaged.",
        ErrorCode::Keeper => "The keeper cannot be reached or is of another version.",
        ErrorCode::Unavailable => "The host is going down, or went down in the middle.",
        ErrorCode::Pruned => "What was asked for is no longer kept.",
        ErrorCode::Unsupported => "The host does not know this request.",
        ErrorCode::Version => "Host and program are of versions that do not understand each other.",
        ErrorCode::Forbidden => "The host does not allow it.",
        ErrorCode::Internal => "A mistake of agor; the host's log says more.",
        ErrorCode::Timeout => "What was waited for did not come in time (`wait`).",
        ErrorCode::Unknown => "An error of a later release.",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_exit_code_but_that_of_bad_arguments_means_one_thing() {
        let rows = table();
        for pair in rows.windows(2) {
            assert!(
                pair[0].code != pair[1].code || pair[0].code == Exit::USAGE.0,
                "{pair:?}"
            );
        }
        assert!(rows.iter().all(|row| row.meaning.ends_with('.')));
    }

    #[test]
    fn an_end_is_mirrored_as_shells_do() {
        assert_eq!(Exit::mirrored(Some(0), 0), Exit(0));
        assert_eq!(Exit::mirrored(Some(3), 0), Exit(3));
        assert_eq!(Exit::mirrored(Some(-1), 9), Exit(137));
        assert_eq!(Exit::mirrored(None, 0), Exit::PROBLEM);
    }

    #[test]
    fn codes_that_shells_give_a_meaning_are_kept_free() {
        for row in table() {
            assert!(row.code <= 127, "{row:?} reads as a signal");
        }
    }
}
