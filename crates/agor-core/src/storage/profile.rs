//! `client.db`: what the windows of a person keep of their own, such as their layout. Several
//! windows may write it at once; each write is one transaction. What cannot be stored never keeps a
//! window from working (FAILURES B14): then it is kept in memory, and that is said.

use std::fs;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, OptionalExtension, params};

use super::schema::{self, Migration};
use super::{StoreError, from_sql, unix_millis};

/// The file within the data folder.
pub(super) const FILE: &str = "client.db";

/// How long a window waits for another's write.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// A document larger than this is not stored: a layout is a few kilobytes.
const DOCUMENT_MAX_BYTES: usize = 4 * 1024 * 1024;

/// Every migration, in order; appended to, never edited.
const MIGRATIONS: &[Migration] = &[Migration {
    name: "documents",
    sql: include_str!("migrations/profile-0001-documents.sql"),
}];

/// See the module.
#[derive(Debug, Clone)]
pub struct Profile {
    database: Arc<Mutex<Connection>>,
    folder: Arc<Path>,
    complaint: Option<String>,
}

/// A document as it was stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// Its text.
    pub json: String,
    /// Its revision, from 1.
    pub rev: u64,
}

impl Profile {
    /// Opens the store in the data folder `folder`, which must exist. A damaged one is set aside
    /// and begun anew.
    #[must_use]
    pub fn open(folder: &Path) -> Self {
        let path = folder.join(FILE);
        let (database, complaint) = match open(folder, &path) {
            Ok(database) => (Ok(database), None),
            Err(StoreError::Damaged { .. }) => match set_aside(&path) {
                Ok(aside) => {
                    let complaint = format!(
                        "the stored layout was damaged; the file is kept as {}",
                        aside.display()
                    );
                    (open(folder, &path), Some(complaint))
                }
                Err(error) => (Err(StoreError::from_io("setting aside", &path, &error)), None),
            },
            Err(error) => (Err(error), None),
        };
        let (database, complaint) = match database {
            Ok(database) => (database, complaint),
            Err(error) => (
                in_memory(),
                Some(format!("the layout will not be stored: {error}")),
            ),
        };
        Self {
            database: Arc::new(Mutex::new(database)),
            folder: folder.into(),
            complaint,
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

    /// Stores a document in place of the one of that name, and returns its revision. Waits for the
    /// disk.
    ///
    /// # Errors
    /// A [`StoreError`] if it was not stored; the one before is still there then.
    pub fn store(&self, name: &str, json: &str) -> Result<u64, StoreError> {
        if json.len() > DOCUMENT_MAX_BYTES {
            return Err(StoreError::Damaged {
                what: format!("a document of {} bytes", json.len()),
            });
        }
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
    fs::rename(path, &aside)?;
    for log in ["-wal", "-shm"] {
        let mut name = path.as_os_str().to_owned();
        name.push(log);
        match fs::remove_file(&name) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(aside)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_there_when_the_store_is_opened_again() {
        let folder = tempfile::tempdir().unwrap();
        let profile = Profile::open(folder.path());
        assert_eq!(profile.complaint(), None);
        assert_eq!(profile.load("layout").unwrap(), None);
        assert_eq!(profile.store("layout", "{}").unwrap(), 1);
        assert_eq!(profile.store("layout", "{\"a\":1}").unwrap(), 2);
        drop(profile);
        let document = Profile::open(folder.path()).load("layout").unwrap().unwrap();
        assert_eq!((document.json.as_str(), document.rev), ("{\"a\":1}", 2));
    }

    #[test]
    fn two_windows_may_store_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let write = |window: usize| {
            let folder = folder.path().to_owned();
            std::thread::spawn(move || {
                let profile = Profile::open(&folder);
                for number in 0..50 {
                    let json = format!("{{\"window\":{window},\"number\":{number}}}");
                    profile.store("layout", &json).unwrap();
                }
            })
        };
        let windows = [write(1), write(2)];
        for window in windows {
            window.join().unwrap();
        }
        let document = Profile::open(folder.path()).load("layout").unwrap().unwrap();
        assert_eq!(document.rev, 100);
    }

    /// FAILURES B14: storage that cannot be opened never keeps a client from working.
    #[test]
    fn b14_a_damaged_store_is_set_aside_and_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE);
        fs::write(&path, vec![7; 8_192]).unwrap();
        let profile = Profile::open(folder.path());
        assert!(profile.complaint().unwrap().contains("damaged"));
        profile.store("layout", "{}").unwrap();
        drop(profile);
        let profile = Profile::open(folder.path());
        assert_eq!(profile.complaint(), None);
        assert!(profile.load("layout").unwrap().is_some());
        let kept = fs::read_dir(folder.path()).unwrap();
        let kept = kept.filter(|file| {
            let name = file.as_ref().unwrap().file_name();
            name.to_string_lossy().contains("damaged-")
        });
        assert_eq!(kept.count(), 1);
    }

    /// FAILURES B14, without a folder that can be written.
    #[test]
    fn b14_a_store_that_cannot_be_opened_is_kept_in_memory() {
        let profile = Profile::open(Path::new("/proc/no/such/folder"));
        assert!(profile.complaint().is_some());
        profile.store("layout", "{}").unwrap();
        assert!(profile.load("layout").unwrap().is_some());
    }

    #[test]
    fn a_store_of_a_later_release_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        Profile::open(folder.path()).store("layout", "{}").unwrap();
        let database = Connection::open(folder.path().join(FILE)).unwrap();
        let later = "INSERT INTO migrations SELECT 2, 'later', checksum, '9.0', 0 FROM migrations";
        database.execute_batch(later).unwrap();
        drop(database);
        let profile = Profile::open(folder.path());
        assert!(profile.complaint().unwrap().contains("9.0"));
        assert_eq!(profile.load("layout").unwrap(), None);
    }

    #[test]
    fn a_document_beyond_its_bound_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let profile = Profile::open(folder.path());
        let large = "x".repeat(DOCUMENT_MAX_BYTES + 1);
        assert!(profile.store("layout", &large).is_err());
    }
}
