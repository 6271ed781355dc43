//! After damage: a database that is set aside and replaced, and sessions found again in their
//! folders. Also after a crash: files that the database does not know.

use std::fs;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use agor_proto::ids::{LogEpoch, Offset, SessionId};
use agor_proto::session::Life;
use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};

use super::apply::{Sealed, insert_segment};
use super::files::{BACKUP, TEMPORARY, remove_if_there, session_folder, sync_folder};
use super::open::{connect, is_whole};
use super::prepare::{Packer, Ready};
use super::segment::{Header, SegmentError, verify};
use super::{
    DATABASE, Notice, Options, SESSIONS, SessionRow, StoreError, Write, from_sql, schema, to_sql,
    unix_millis,
};

fn io(path: &Path) -> impl Fn(std::io::Error) -> StoreError + '_ {
    |error| StoreError::from_io("restoring in", path, &error)
}

/// Says whether an empty database stands where one with sessions should.
pub(super) fn is_missed(folder: &Path) -> Result<bool, StoreError> {
    let sessions = folder.join(SESSIONS);
    let has_sessions = fs::read_dir(&sessions)
        .map_err(io(&sessions))?
        .next()
        .is_some();
    Ok(has_sessions || folder.join(BACKUP).exists())
}

/// Sets the database aside and puts its last good backup, or a new one, in its place.
pub(super) fn replace_database(folder: &Path, options: &Options) -> Result<Notice, StoreError> {
    let database = folder.join(DATABASE);
    let now_secs = unix_millis() / 1_000;
    let damaged = free_name(folder, &format!("{DATABASE}.damaged-{now_secs}"));
    // Backups first: should this stop half-way, the damaged database is found again.
    let restoring = folder.join(format!("{DATABASE}.restoring"));
    let mut restored_from_millis = None;
    for (backup, made_millis) in backups(folder)? {
        if restore(folder, &backup, &restoring, options).is_ok() {
            restored_from_millis = Some(made_millis);
            break;
        }
    }
    if restored_from_millis.is_none() {
        remove_database(&restoring)?;
        fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&restoring)
            .map_err(io(&restoring))?;
        make_ready(folder, &restoring, options)?;
    }
    for suffix in ["-wal", "-shm"] {
        let from = with_suffix(&database, suffix);
        if from.exists() {
            fs::rename(&from, with_suffix(&damaged, suffix)).map_err(io(&from))?;
        }
    }
    fs::rename(&database, &damaged).map_err(io(&database))?;
    fs::rename(&restoring, &database).map_err(io(&restoring))?;
    sync_folder(folder)?;
    Ok(Notice::SetAside {
        damaged,
        restored_from_millis,
        sessions: 0,
    })
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

fn free_name(folder: &Path, name: &str) -> PathBuf {
    let mut path = folder.join(name);
    let mut n = 1;
    while path.exists() {
        n += 1;
        path = folder.join(format!("{name}.{n}"));
    }
    path
}

/// Returns the backups with the times of their making, the newest first.
fn backups(folder: &Path) -> Result<Vec<(PathBuf, u64)>, StoreError> {
    let before = format!("{DATABASE}.before-");
    let mut backups = Vec::new();
    for entry in fs::read_dir(folder).map_err(io(folder))? {
        let entry = entry.map_err(io(folder))?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let is_backup = name == BACKUP || (name.starts_with(&before) && !name.ends_with(TEMPORARY));
        if is_backup {
            let made = entry.metadata().and_then(|it| it.modified());
            let millis = made
                .ok()
                .and_then(|made| made.duration_since(std::time::UNIX_EPOCH).ok())
                .map_or(0, |time| time.as_millis() as u64);
            backups.push((entry.path(), millis));
        }
    }
    backups.sort_by_key(|(_, millis)| std::cmp::Reverse(*millis));
    Ok(backups)
}

fn restore(
    folder: &Path,
    backup: &Path,
    restoring: &Path,
    options: &Options,
) -> Result<(), StoreError> {
    remove_database(restoring)?;
    fs::copy(backup, restoring).map_err(io(backup))?;
    // A copy has the rights of what it is made from.
    fs::set_permissions(restoring, fs::Permissions::from_mode(0o600)).map_err(io(restoring))?;
    make_ready(folder, restoring, options)
}

fn remove_database(path: &Path) -> Result<(), StoreError> {
    for suffix in ["", "-wal", "-shm"] {
        remove_if_there(&with_suffix(path, suffix))?;
    }
    Ok(())
}

/// Brings the database at `path`, which takes the place of a lost one, to our format and makes its
/// numbers go on beyond all that the lost one can have given: those count lives and connections
/// from 1, so the time in seconds and milliseconds is ahead of them. Sessions get another epoch,
/// since what clients have seen of them may be lost.
fn make_ready(folder: &Path, path: &Path, options: &Options) -> Result<(), StoreError> {
    let sql =
        |error: rusqlite::Error| StoreError::from_sql("restoring the database", folder, &error);
    let mut database = connect(path, options).map_err(sql)?;
    if !is_whole(&database).map_err(sql)? {
        return Err(StoreError::Damaged {
            what: path.display().to_string(),
        });
    }
    schema::migrate(&mut database, folder, options.migrations)?;
    let millis = to_sql(unix_millis());
    let seconds = millis / 1_000;
    let mut jump = || {
        let transaction = database.transaction()?;
        transaction.execute(
            "INSERT OR IGNORE INTO host (one, incarnation, next_conn_epoch, clean, recovering) \
             VALUES (1, 0, 1, 0, 1)",
            [],
        )?;
        transaction.execute(
            "UPDATE host SET incarnation = MAX(incarnation, ?1), \
             next_conn_epoch = MAX(next_conn_epoch, ?2), clean = 0, recovering = 1",
            params![seconds, millis],
        )?;
        transaction.execute(
            "UPDATE sessions SET epoch = MAX(epoch + 1, ?1)",
            params![seconds],
        )?;
        transaction.commit()?;
        database.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
    };
    jump().map_err(sql)?;
    database.close().map_err(|(_, error)| sql(error))?;
    // Closing removes the log; what is left of it must not meet another database.
    remove_if_there(&with_suffix(path, "-wal"))?;
    remove_if_there(&with_suffix(path, "-shm"))
}

/// A file of a session's folder that the database does not know.
enum Stray {
    /// What it holds is in the database too, or was given up.
    Delete(PathBuf),
    /// It is not what was written.
    SetAside(SessionId, PathBuf),
}

/// Makes sessions' folders and database agree: after a crash by deleting what was not finished or
/// was given up, after a restore by taking in what the database does not know.
pub(super) fn reconcile(
    database: &mut Connection,
    folder: &Path,
    notices: &mut Vec<Notice>,
) -> Result<(), StoreError> {
    let sql = |error: rusqlite::Error| StoreError::from_sql("looking for sessions", folder, &error);
    let sessions = folder.join(SESSIONS);
    let transaction = database
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(sql)?;
    let recovering: bool = transaction
        .query_row("SELECT recovering FROM host", [], |row| row.get(0))
        .map_err(sql)?;
    let mut strays = Vec::new();
    let mut gone = Vec::new();
    for entry in fs::read_dir(&sessions).map_err(io(&sessions))? {
        let entry = entry.map_err(io(&sessions))?;
        let name = entry.file_name();
        let Some(session) = name
            .to_str()
            .and_then(|name| name.parse::<SessionId>().ok())
        else {
            continue;
        };
        let key: Option<i64> = transaction
            .query_row(
                "SELECT key FROM sessions WHERE id = ?1",
                [session.bytes()],
                |row| row.get(0),
            )
            .optional()
            .map_err(sql)?;
        if key.is_none() && !recovering {
            gone.push(entry.path());
            continue;
        }
        let mut visit = Visit {
            database: &transaction,
            folder,
            session,
            key,
            strays: &mut strays,
            notices,
        };
        visit.files()?;
    }
    if recovering {
        let found: u32 = transaction
            .query_row("SELECT COUNT(*) FROM sessions", [], |row| row.get(0))
            .map_err(sql)?;
        for notice in &mut *notices {
            if let Notice::SetAside { sessions, .. } = notice {
                *sessions = found;
            }
        }
        transaction
            .execute("UPDATE host SET recovering = 0", [])
            .map_err(sql)?;
    }
    transaction.commit().map_err(sql)?;
    for path in gone {
        fs::remove_dir_all(&path).map_err(io(&path))?;
    }
    for stray in strays {
        match stray {
            Stray::Delete(path) => remove_if_there(&path)?,
            Stray::SetAside(session, path) => {
                let damaged = path.with_extension("seg.damaged");
                fs::rename(&path, &damaged).map_err(io(&path))?;
                notices.push(Notice::SegmentSetAside { session, damaged });
            }
        }
    }
    Ok(())
}

/// One session's folder.
struct Visit<'a> {
    database: &'a Connection,
    folder: &'a Path,
    session: SessionId,
    /// Its key in the database, once it is there.
    key: Option<i64>,
    strays: &'a mut Vec<Stray>,
    notices: &'a mut Vec<Notice>,
}

impl Visit<'_> {
    fn sql(&self) -> impl Fn(rusqlite::Error) -> StoreError + use<'_> {
        |error| StoreError::from_sql("looking for sessions", self.folder, &error)
    }

    fn files(&mut self) -> Result<(), StoreError> {
        let folder = session_folder(self.folder, self.session);
        let mut names = Vec::new();
        for entry in fs::read_dir(&folder).map_err(io(&folder))? {
            let entry = entry.map_err(io(&folder))?;
            names.extend(entry.file_name().into_string());
        }
        // By name is by offset, and then by the life of the host that wrote it.
        names.sort();
        for name in names {
            let path = folder.join(&name);
            if name.ends_with(TEMPORARY) {
                self.strays.push(Stray::Delete(path));
            } else if name.ends_with(".seg") && !self.is_known(&name)? {
                self.stray(path, name)?;
            }
        }
        Ok(())
    }

    fn is_known(&self, name: &str) -> Result<bool, StoreError> {
        let found = self
            .database
            .prepare_cached("SELECT 1 FROM segments WHERE session = ?1 AND file = ?2")
            .and_then(|mut statement| {
                statement
                    .query_row(params![self.key, name], |_| Ok(()))
                    .optional()
            })
            .map_err(self.sql())?;
        Ok(found.is_some())
    }

    /// Decides about a segment that the database does not know.
    fn stray(&mut self, path: PathBuf, name: String) -> Result<(), StoreError> {
        let (header, size_bytes, crc) = match verify(&path) {
            Ok(verified) if verified.0.session == self.session => verified,
            Ok(_) | Err(SegmentError::Damaged) => {
                self.strays.push(Stray::SetAside(self.session, path));
                return Ok(());
            }
            Err(SegmentError::Io(error)) => {
                return Err(StoreError::from_io("reading", &path, &error));
            }
        };
        let Some(key) = self.key_for(&header)? else {
            self.strays.push(Stray::SetAside(self.session, path));
            return Ok(());
        };
        if self
            .is_covered(key, header.start, header.end)
            .map_err(self.sql())?
        {
            self.strays.push(Stray::Delete(path));
            return Ok(());
        }
        let sealed = Sealed {
            session: self.session,
            start: header.start,
            end: header.end,
            file: name,
            size_bytes,
            crc,
        };
        self.adopt(key, &sealed).map_err(self.sql())?;
        self.notices.push(Notice::Adopted {
            session: self.session,
            from: Offset(header.start),
            to: Offset(header.end),
        });
        Ok(())
    }

    /// Returns the session's key, after making the session from what a segment says of it.
    fn key_for(&mut self, header: &Header) -> Result<Option<i64>, StoreError> {
        if self.key.is_some() {
            return Ok(self.key);
        }
        let Some(row) = header.row().filter(|row| row.id == self.session) else {
            return Ok(None);
        };
        let life = if row.life.alive() {
            Life::Lost
        } else {
            row.life
        };
        let epoch = LogEpoch((row.epoch.0 + 1).max(unix_millis() / 1_000));
        let row = SessionRow { life, epoch, ..row };
        let ready = Packer::for_chunks()?.prepare(Write::PutSession(row))?;
        self.key = Some(self.insert(&ready, header.start).map_err(self.sql())?);
        Ok(self.key)
    }

    fn insert(&self, ready: &Ready, first: u64) -> rusqlite::Result<i64> {
        let Ready::Session {
            session,
            epoch,
            body,
            spec,
        } = ready
        else {
            return Err(rusqlite::Error::InvalidQuery);
        };
        self.database.execute(
            "INSERT INTO sessions (id, epoch, body) VALUES (?1, ?2, ?3)",
            params![session.bytes(), to_sql(*epoch), body],
        )?;
        let key = self.database.last_insert_rowid();
        self.database.execute(
            "INSERT INTO specs (session, body) VALUES (?1, ?2)",
            params![key, spec],
        )?;
        self.database.execute(
            "INSERT INTO heads (session, first_seq, last_seq, first_offset, end_offset) \
             VALUES (?1, 1, 0, ?2, ?2)",
            params![key, to_sql(first)],
        )?;
        Ok(key)
    }

    /// Says whether a stretch of the record was given up or is in the database, all of it.
    fn is_covered(&self, key: i64, start: u64, end: u64) -> rusqlite::Result<bool> {
        let first: i64 = self.database.query_row(
            "SELECT first_offset FROM heads WHERE session = ?1",
            [key],
            |row| row.get(0),
        )?;
        // Segments that a write of another life of the host overlaps are whole ones.
        let covered: i64 = self.database.query_row(
            "SELECT COALESCE(SUM(MIN(end_offset, ?3) - MAX(start_offset, ?2)), 0) FROM ( \
             SELECT start_offset, end_offset FROM segments WHERE session = ?1 UNION ALL \
             SELECT start_offset, end_offset FROM chunks WHERE session = ?1) \
             WHERE start_offset < ?3 AND end_offset > ?2",
            params![key, to_sql(start), to_sql(end)],
            |row| row.get(0),
        )?;
        Ok(end <= from_sql(first) || from_sql(covered) >= end - start)
    }

    fn adopt(&self, key: i64, sealed: &Sealed) -> rusqlite::Result<()> {
        self.database.execute(
            "DELETE FROM chunks WHERE session = ?1 AND start_offset >= ?2 AND end_offset <= ?3",
            params![key, to_sql(sealed.start), to_sql(sealed.end)],
        )?;
        insert_segment(self.database, key, sealed)?;
        self.database.execute(
            "UPDATE heads SET end_offset = MAX(end_offset, ?2) WHERE session = ?1",
            params![key, to_sql(sealed.end)],
        )?;
        Ok(())
    }
}
