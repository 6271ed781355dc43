//! What can go wrong in the store, told apart by what the caller can do about it.

use std::io;
use std::path::Path;

use agor_proto::error::ErrorCode;
use agor_proto::ids::{ClientId, CommandId, Offset, SessionId};

/// Why something was not stored or not read. Each says in one sentence what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// There is no room on the disk.
    #[error(
        "the disk that holds agor's data is full: free some space; running programs wait and nothing that was stored is lost"
    )]
    Full,
    /// A newer host took over.
    #[error(
        "another agor host has taken over this data folder: this one can store nothing more and should end"
    )]
    Fenced,
    /// The database was made by a later release.
    #[error(
        "the database has format {found}, written by agor {program}, and this agor knows formats up to {known}: start that release or a later one"
    )]
    NewerDatabase {
        /// The database's format.
        found: u32,
        /// The release that wrote it.
        program: String,
        /// The last format that this program knows.
        known: u32,
    },
    /// A migration is not the one with which the database was made.
    #[error(
        "migration {number} ({name}) of this agor differs from the one that made the database: install a released agor"
    )]
    MigrationEdited {
        /// Its number.
        number: u32,
        /// Its name in this program.
        name: String,
    },
    /// A file does not hold what was written to it.
    #[error("{what} is damaged: restart the host, which sets it aside and restores what it can")]
    Damaged {
        /// What is damaged.
        what: String,
    },
    /// A part of a session's record cannot be read; the rest can.
    #[error(
        "bytes {from} to {to} of the record of session {session} are missing or damaged: read on from {to}"
    )]
    DamagedRecord {
        /// Whose record.
        session: SessionId,
        /// Where the damaged part begins.
        from: Offset,
        /// Where the record can be read again.
        to: Offset,
    },
    /// That part of the record is not kept any more.
    #[error("the record of session {session} is kept from byte {first} on: read from there")]
    Pruned {
        /// Whose record.
        session: SessionId,
        /// Where what is kept begins.
        first: Offset,
    },
    /// There is no such session in the store.
    #[error("session {0} is not in the store: list the sessions to see those that are")]
    NoSession(SessionId),
    /// An event or a piece of the record does not follow the last one. Nothing was stored.
    #[error(
        "{what} of session {session} must go on at {expected}, not at {got}: read where it ends and repeat from there"
    )]
    Contiguity {
        /// Whose.
        session: SessionId,
        /// What does not follow, in words.
        what: &'static str,
        /// What would have followed.
        expected: u64,
        /// What came.
        got: u64,
    },
    /// A command id was used for two different commands.
    #[error("command {id} of client {client} was given before with other contents: use a new id")]
    IdReuse {
        /// Whose command.
        client: ClientId,
        /// Which command.
        id: CommandId,
    },
    /// A command that has its final outcome was to get another.
    #[error("command {id} of client {client} has its final outcome already: look it up")]
    Settled {
        /// Whose command.
        client: ClientId,
        /// Which command.
        id: CommandId,
    },
    /// Bytes for the record that are not whole records.
    #[error(
        "what was to be appended to the record of session {session} is not whole records ({reason})"
    )]
    BadRecord {
        /// Whose record.
        session: SessionId,
        /// What is wrong with them.
        reason: String,
    },
    /// Something of a private session was to be written.
    #[error("session {0} is private: nothing of it may be written to disk")]
    Private(SessionId),
    /// Another process holds the database.
    #[error(
        "another process{} holds agor's database and does not let go: end it and try again",
        .holder.map(|pid| format!(" ({pid})")).unwrap_or_default()
    )]
    Busy {
        /// The process, where the system says which.
        holder: Option<u32>,
    },
    /// We may not read or write there.
    #[error(
        "agor may not write in {path}: give your user the rights to it or choose another folder with --data"
    )]
    Permission {
        /// Where.
        path: String,
    },
    /// The system failed otherwise.
    #[error("{doing} failed ({reason}): check the disk and try again")]
    Io {
        /// What was being done.
        doing: String,
        /// What the system said.
        reason: String,
    },
    /// The store is closed or its thread is gone.
    #[error("the store is closed: the host is going down")]
    Closed,
    /// A mistake of this program.
    #[error("the store made a mistake while {doing} ({reason}): please report it")]
    Internal {
        /// What was being done.
        doing: String,
        /// What was said.
        reason: String,
    },
}

impl StoreError {
    /// Returns where the record can be read on, if a part of it cannot be read.
    #[must_use]
    pub fn readable_from(&self) -> Option<Offset> {
        match self {
            Self::DamagedRecord { to, .. } => Some(*to),
            Self::Pruned { first, .. } => Some(*first),
            _ => None,
        }
    }

    /// Returns the error of `error`, met while `doing` something with `path`.
    pub(super) fn from_io(doing: &str, path: &Path, error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::Full,
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                Self::Permission {
                    path: path.display().to_string(),
                }
            }
            _ => Self::Io {
                doing: format!("{doing} {}", path.display()),
                reason: error.to_string(),
            },
        }
    }

    /// Returns the error of `error`, met while `doing` something with the database in `folder`.
    pub(super) fn from_sql(doing: &str, folder: &Path, error: &rusqlite::Error) -> Self {
        use rusqlite::ErrorCode as Sql;
        use rusqlite::ffi;
        let extended = error.sqlite_error().map_or(0, |error| error.extended_code);
        match error.sqlite_error_code() {
            Some(Sql::DiskFull) => Self::Full,
            Some(Sql::DatabaseBusy | Sql::DatabaseLocked) => Self::Busy {
                holder: super::open::write_lock_holder(folder),
            },
            Some(Sql::DatabaseCorrupt | Sql::NotADatabase) => Self::Damaged {
                what: folder.join(super::DATABASE).display().to_string(),
            },
            Some(Sql::ReadOnly | Sql::PermissionDenied | Sql::CannotOpen) => Self::Permission {
                path: folder.display().to_string(),
            },
            // SQLite says FULL only for a failed write; a failed sync or growth of the shared
            // memory on a full disk is an I/O error like any other.
            Some(Sql::SystemIoFailure)
                if extended == ffi::SQLITE_IOERR_SHMSIZE || super::files::disk_is_full(folder) =>
            {
                Self::Full
            }
            Some(Sql::SystemIoFailure) => Self::Io {
                doing: doing.into(),
                reason: error.to_string(),
            },
            _ => Self::Internal {
                doing: doing.into(),
                reason: error.to_string(),
            },
        }
    }

    /// Returns what a client is told.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::NoSession(_) => ErrorCode::NoSession,
            Self::IdReuse { .. } => ErrorCode::IdReuse,
            Self::Pruned { .. } => ErrorCode::Pruned,
            Self::NewerDatabase { .. } => ErrorCode::Version,
            Self::Fenced | Self::Closed => ErrorCode::Unavailable,
            Self::Contiguity { .. }
            | Self::Settled { .. }
            | Self::BadRecord { .. }
            | Self::Private(_)
            | Self::Internal { .. } => ErrorCode::Internal,
            Self::Full
            | Self::MigrationEdited { .. }
            | Self::Damaged { .. }
            | Self::DamagedRecord { .. }
            | Self::Busy { .. }
            | Self::Permission { .. }
            | Self::Io { .. } => ErrorCode::Storage,
        }
    }
}
