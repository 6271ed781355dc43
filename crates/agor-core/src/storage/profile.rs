//! `client.db`: what the windows of a person keep of their own, such as their layout, and in `outbox.rs` the
//! commands that wait for their end. Several
//! windows may write it at once; each write is one transaction. What cannot be stored never keeps a
//! window from working (FAILURES B14): then it is kept in memory, and that is said.

use std::fs;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, OptionalExtension, params};

use super::schema::{self, Migration};
use super::{StoreError, from_sql, to_sql, unix_millis};

mod outbox;

pub use outbox::{Change, Claim, Kept, Stage};

/// The file within the data folder.
pub(super) const FILE: &str = "client.db";

/// Held by whoever opens the store, and by one alone while a damaged file is set aside or rows are claimed.
const LOCK_FILE: &str = "client.db.lock";

/// How long a window waits for another's write.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// A document larger than this is not stored: a layout is a few kilobytes.
const DOCUMENT_MAX_BYTES: usize = 4 * 1024 * 1024;

/// Every migration, in order; appended to, never edited.
const MIGRATIONS: &[Migration] = &[
    Migration {
        name: "documents",
        sql: include_str!("migrations/profile-0001-documents.sql"),
    },
    Migration {
        name: "outbox",
        sql: include_str!("migrations/profile-0002-outbox.sql"),
    },
];

/// See the module.
#[derive(Debug, Clone)]
pub struct Profile {
    database: Arc<Mutex<Connection>>,
    folder: Arc<Path>,
    complaint: Option<String>,
    /// Whether nothing of it outlives the process.
    in_memory: bool,
}

/// A document as it was stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// Its text.
    pub json: String,
    /// Its revision, from 1.
    pub rev: u64,
}

/// How a [`Profile::store_if`] went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoredIf {
    /// It is stored.
    Stored {
        /// Its revision.
        rev: u64,
    },
    /// Another window was faster; this is what it stored.
    Another(Option<Document>),
}

impl Profile {
    /// Opens the store in the data folder `folder`, which must exist. A damaged one is set aside
    /// and begun anew.
    #[must_use]
    pub fn open(folder: &Path) -> Self {
        let path = folder.join(FILE);
        let (database, complaint) = match open_unmoved(folder, &path) {
            Ok(database) => (Ok(database), None),
            Err(StoreError::Damaged { .. }) => begin_anew(folder, &path),
            Err(error) => (Err(error), None),
        };
        let (database, complaint, in_memory) = match database {
            Ok(database) => (database, complaint, false),
            Err(error) => {
                let complaint = format!("nothing of this window will be stored: {error}");
                (in_memory(), Some(complaint), true)
            }
        };
        Self {
            database: Arc::new(Mutex::new(database)),
            folder: folder.into(),
            complaint,
            in_memory,
        }
    }

    /// Returns what the person should be told about the store, in one sentence.
    #[must_use]
    pub fn complaint(&self) -> Option<&str> {
        self.complaint.as_deref()
    }

    /// Returns a document, if there is one. Waits for the disk.
    ///
    /// # Errors
    /// A [`StoreError`] if the store cannot be read.
    pub fn load(&self, name: &str) -> Result<Option<Document>, StoreError> {
        let database = self.database.lock().unwrap_or_else(PoisonError::into_inner);
        database
            .query_row(
                "SELECT json, rev FROM documents WHERE name = ?1",
                [name],
                |row| {
                    Ok(Document {
                        json: row.get(0)?,
                        rev: from_sql(row.get(1)?),
                    })
                },
            )
            .optional()
            .map_err(|error| StoreError::from_sql("reading the profile", &self.folder, &error))
    }

    /// Stores a document if the one of that name still is the revision `expected` (0 for none), for
    /// who would rather look at what another window stored than put its own in place of it. Waits
    /// for the disk.
    ///
    /// # Errors
    /// A [`StoreError`] if it was not stored for another reason.
    pub fn store_if(&self, name: &str, json: &str, expected: u64) -> Result<StoredIf, StoreError> {
        check_size(json)?;
        let stored = {
            let database = self.database.lock().unwrap_or_else(PoisonError::into_inner);
            let sql = if expected == 0 {
                "INSERT INTO documents (name, json, rev, at_millis) VALUES (?1, ?2, ?4 + 1, ?3) \
                 ON CONFLICT (name) DO NOTHING RETURNING rev"
            } else {
                "UPDATE documents SET json = ?2, rev = rev + 1, at_millis = ?3 \
                 WHERE name = ?1 AND rev = ?4 RETURNING rev"
            };
            let (now, expected) = (unix_millis() as i64, to_sql(expected));
            database
                .query_row(sql, params![name, json, now, expected], |row| {
                    Ok(from_sql(row.get(0)?))
                })
                .optional()
                .map_err(|error| {
                    StoreError::from_sql("writing the profile", &self.folder, &error)
                })?
        };
        match stored {
            Some(rev) => Ok(StoredIf::Stored { rev }),
            None => Ok(StoredIf::Another(self.load(name)?)),
        }
    }

    /// Stores a document in place of the one of that name, and returns its revision. Waits for the
    /// disk.
    ///
    /// # Errors
    /// A [`StoreError`] if it was not stored; the one before is still there then.
    pub fn store(&self, name: &str, json: &str) -> Result<u64, StoreError> {
        check_size(json)?;
        let database = self.database.lock().unwrap_or_else(PoisonError::into_inner);
        database
            .query_row(
                "INSERT INTO documents (name, json, rev, at_millis) VALUES (?1, ?2, 1, ?3) \
                 ON CONFLICT (name) DO UPDATE SET json = excluded.json, rev = rev + 1, \
                 at_millis = excluded.at_millis RETURNING rev",
                params![name, json, unix_millis() as i64],
                |row| Ok(from_sql(row.get(0)?)),
            )
            .map_err(|error| StoreError::from_sql("writing the profile", &self.folder, &error))
    }
}

fn check_size(json: &str) -> Result<(), StoreError> {
    if json.len() <= DOCUMENT_MAX_BYTES {
        return Ok(());
    }
    Err(StoreError::Damaged {
        what: format!("a document of {} bytes", json.len()),
    })
}

/// Sets a damaged store aside and opens a new one. Of windows that find the damage at once the first
/// does it, and the others open what it made.
fn begin_anew(folder: &Path, path: &Path) -> (Result<Connection, StoreError>, Option<String>) {
    let locked = lock_file(folder).and_then(|lock| lock.lock().map(|()| lock));
    let _lock = match locked {
        Ok(lock) => lock,
        Err(error) => {
            let lock_path = folder.join(LOCK_FILE);
            return (
                Err(StoreError::from_io("locking", &lock_path, &error)),
                None,
            );
        }
    };
    match open(folder, path) {
        Err(StoreError::Damaged { .. }) => {}
        result => return (result, None),
    }
    match set_aside(path) {
        Ok(aside) => {
            let aside = aside.display();
            let complaint = format!(
                "what windows had stored (the layout, commands on their way) was damaged; the file is kept as {aside}"
            );
            (open(folder, path), Some(complaint))
        }
        Err(error) => (
            Err(StoreError::from_io("setting aside", path, &error)),
            None,
        ),
    }
}

/// Opens the store while nobody can set it aside: a window that had opened the damaged file would find
/// the new one's log beside it, take both for a whole, and write into what was set aside. And while nobody else makes
/// it: of two that turn a new database's log on at once SQLite refuses one without waiting.
fn open_unmoved(folder: &Path, path: &Path) -> Result<Connection, StoreError> {
    // A folder in which nothing can be made has no damage that could be set aside either.
    let _lock = lock_file(folder).and_then(|lock| lock.lock().map(|()| lock));
    open(folder, path)
}

fn lock_file(folder: &Path) -> std::io::Result<fs::File> {
    fs::OpenOptions::new()
        .append(true)
        .create(true)
        .mode(0o600)
        .open(folder.join(LOCK_FILE))
}

fn open(folder: &Path, path: &Path) -> Result<Connection, StoreError> {
    let sql = |error: rusqlite::Error| StoreError::from_sql("opening the profile", folder, &error);
    // Created by us, since what SQLite creates is readable for everybody.
    fs::OpenOptions::new()
        .append(true)
        .create(true)
        .mode(0o600)
        .open(path)
        .map_err(|error| StoreError::from_io("opening", path, &error))?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut database = Connection::open_with_flags(path, flags).map_err(sql)?;
    database.busy_timeout(BUSY_TIMEOUT).map_err(sql)?;
    database
        .query_row("PRAGMA journal_mode = WAL", [], |_| Ok(()))
        .and_then(|()| database.pragma_update(None, "synchronous", "NORMAL"))
        .map_err(sql)?;
    schema::migrate(&mut database, folder, MIGRATIONS)?;
    let found: String = database
        .query_row("PRAGMA quick_check(1)", [], |row| row.get(0))
        .map_err(sql)?;
    if found == "ok" {
        Ok(database)
    } else {
        Err(StoreError::Damaged {
            what: path.display().to_string(),
        })
    }
}

fn in_memory() -> Connection {
    let database = Connection::open_in_memory().expect("SQLite works in memory");
    for migration in MIGRATIONS {
        let made = database.execute_batch(migration.sql);
        made.expect("a migration that a test applies");
    }
    database
}

/// Renames a damaged store, with its log, so that nothing of it is lost.
fn set_aside(path: &Path) -> std::io::Result<PathBuf> {
    let aside = path.with_extension(format!("damaged-{}", unix_millis()));
    let with = |path: &Path, end: &str| {
        let mut name = path.as_os_str().to_owned();
        name.push(end);
        PathBuf::from(name)
    };
    // The log first: a new database must never be opened with an old one's.
    for log in ["-wal", "-shm"] {
        match fs::rename(with(path, log), with(&aside, log)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    fs::rename(path, &aside)?;
    Ok(aside)
}

#[cfg(test)]
mod tests;
