//! Opening a store: the folder, the database's format and health, this host's life, and threads.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc;

use agor_proto::ids::{HostId, Incarnation};
use rusqlite::{Connection, OpenFlags, TransactionBehavior, params};
use tokio::sync::watch;

use super::apply::Applier;
use super::files::{FILE_JOBS_MAX, FileWork, Files, back_up, make_folder, sync_folder};
use super::known::Known;
use super::prepare::Packer;
use super::queue::{JOBS_MAX, Queue};
use super::read::Readers;
use super::stats::Counters;
use super::writer::{State, Work, Writer};
use super::{
    DATABASE, Health, Inner, Notice, Opened, Options, SESSIONS, Store, StoreError, from_sql,
    recover, schema, to_sql,
};

/// The file with the host's id within the data folder, apart from the database, which may be lost.
const HOST_ID: &str = "host.id";

impl Store {
    pub(super) fn open_with(folder: &Path, options: Options) -> Result<Opened, StoreError> {
        make_folder(&folder.join(SESSIONS))?;
        let host_id = host_id(folder)?;
        let mut notices = Vec::new();
        let (database, incarnation) = match take_over(folder, &options, &mut notices) {
            Err(StoreError::Damaged { .. }) => {
                notices = vec![recover::replace_database(folder, &options)?];
                take_over(folder, &options, &mut notices)?
            }
            result => result?,
        };
        let store = start(folder, options, database, incarnation)?;
        Ok(Opened {
            store,
            host_id,
            incarnation,
            notices,
        })
    }
}

/// Opens the database and begins this host's life with it.
fn take_over(
    folder: &Path,
    options: &Options,
    notices: &mut Vec<Notice>,
) -> Result<(Connection, Incarnation), StoreError> {
    let mut database = open_database(folder, options)?;
    let incarnation = begin_life(&mut database, folder)?;
    recover::reconcile(&mut database, folder, notices)?;
    Ok((database, incarnation))
}

/// Returns the host's id, which is made with its data folder.
fn host_id(folder: &Path) -> Result<HostId, StoreError> {
    let path = folder.join(HOST_ID);
    let io = |error: std::io::Error| StoreError::from_io("keeping the host's id in", &path, &error);
    match fs::read_to_string(&path) {
        Ok(text) => text.trim_end().parse().map_err(|_| StoreError::Damaged {
            what: path.display().to_string(),
        }),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let mut bytes = [0; 32];
            getrandom::fill(&mut bytes)
                .map_err(|error| io(std::io::Error::other(error.to_string())))?;
            let id = HostId(bytes);
            let temporary = path.with_extension(super::files::TEMPORARY);
            let mut file = create_private(&temporary).map_err(io)?;
            writeln!(file, "{id}")
                .and_then(|()| file.sync_all())
                // Linked, not renamed: of two hosts that start at once, both use the first's.
                .and_then(|()| match fs::hard_link(&temporary, &path) {
                    Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
                    result => result,
                })
                .and_then(|()| fs::remove_file(&temporary))
                .map_err(io)?;
            sync_folder(folder)?;
            host_id(folder)
        }
        Err(error) => Err(io(error)),
    }
}

fn create_private(path: &Path) -> std::io::Result<fs::File> {
    fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)
}

/// Opens a database for writing, with all that makes a commit durable.
pub(super) fn connect(path: &Path, options: &Options) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let database = Connection::open_with_flags(path, flags)?;
    database.busy_timeout(options.busy_timeout)?;
    database.set_prepared_statement_cache_capacity(64);
    database.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(()))?;
    database.pragma_update(None, "synchronous", "FULL")?;
    database.pragma_update(None, "foreign_keys", true)?;
    // Savepoints copy pages aside: never to a file.
    database.pragma_update(None, "temp_store", "MEMORY")?;
    // The writer moves the log itself, after it has told who waits.
    database.pragma_update(None, "wal_autocheckpoint", 0)?;
    database.pragma_update(None, "journal_size_limit", 16 * 1024 * 1024)?;
    #[cfg(test)]
    if let Some(pages) = options.max_page_count {
        database.query_row(&format!("PRAGMA max_page_count = {pages}"), [], |_| Ok(()))?;
    }
    Ok(database)
}

/// Opens the database, checks it if the last host did not close it, and brings it to our format.
fn open_database(folder: &Path, options: &Options) -> Result<Connection, StoreError> {
    let path = folder.join(DATABASE);
    let sql = |error: rusqlite::Error| StoreError::from_sql("opening the database", folder, &error);
    // Created by us, since what SQLite creates is readable for everybody.
    fs::OpenOptions::new()
        .append(true)
        .create(true)
        .mode(0o600)
        .open(&path)
        .map_err(|error| StoreError::from_io("opening", &path, &error))?;
    let mut database = connect(&path, options).map_err(sql)?;
    let done = schema::check(&database, folder, options.migrations)?;
    if done == 0 {
        if recover::is_missed(folder)? {
            return Err(damaged(&path));
        }
    } else {
        if !is_clean(&database).map_err(sql)? && !is_whole(&database).map_err(sql)? {
            return Err(damaged(&path));
        }
        if done < options.migrations.len() {
            let backup = folder.join(format!("{DATABASE}.before-{}", done + 1));
            back_up(&database, folder, &backup)?;
        }
    }
    schema::migrate(&mut database, folder, options.migrations)?;
    Ok(database)
}

fn damaged(path: &Path) -> StoreError {
    StoreError::Damaged {
        what: path.display().to_string(),
    }
}

fn is_clean(database: &Connection) -> rusqlite::Result<bool> {
    database.query_row("SELECT COALESCE(MAX(clean), 0) FROM host", [], |row| {
        row.get(0)
    })
}

/// Says whether SQLite finds the database in order.
pub(super) fn is_whole(database: &Connection) -> rusqlite::Result<bool> {
    let verdict: String = database.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    Ok(verdict == "ok")
}

/// Begins a life of the host; every older one is fenced from here on.
fn begin_life(database: &mut Connection, folder: &Path) -> Result<Incarnation, StoreError> {
    let mut begin = || {
        let transaction = database.transaction_with_behavior(TransactionBehavior::Immediate)?;
        transaction.execute(
            "INSERT OR IGNORE INTO host (one, incarnation, next_conn_epoch, clean, recovering) \
             VALUES (1, 0, 1, 0, 0)",
            [],
        )?;
        let last: i64 =
            transaction.query_row("SELECT incarnation FROM host", [], |row| row.get(0))?;
        let incarnation = Incarnation(from_sql(last)).next();
        transaction.execute(
            "UPDATE host SET incarnation = ?1, clean = 0",
            params![to_sql(incarnation.0)],
        )?;
        transaction.commit()?;
        // In the database itself: should its log be lost, it is known that the log is missed, and no later
        // life gets this one's number.
        database.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
        Ok(incarnation)
    };
    begin().map_err(|error: rusqlite::Error| {
        StoreError::from_sql("beginning this host's life", folder, &error)
    })
}

fn start(
    folder: &Path,
    options: Options,
    database: Connection,
    incarnation: Incarnation,
) -> Result<Store, StoreError> {
    let path = folder.join(DATABASE);
    let io = |error: std::io::Error| StoreError::from_io("opening", &path, &error);
    let metadata = fs::metadata(&path).map_err(io)?;
    let known = Known::of(&database)
        .map_err(|error| StoreError::from_sql("reading receipts", folder, &error))?;
    let known = Arc::new(known);
    let (jobs, writer_jobs) = mpsc::sync_channel(JOBS_MAX);
    let (file_jobs, files_jobs) = mpsc::sync_channel(FILE_JOBS_MAX);
    let (health_sender, health) = watch::channel(Health::Good);
    let counters = Arc::<Counters>::default();
    let files = Files::spawn(
        FileWork {
            folder: folder.to_owned(),
            incarnation,
            options: options.clone(),
            jobs: files_jobs,
            writer: jobs.clone(),
        },
        file_jobs.clone(),
    )
    .map_err(io)?;
    let work = Work {
        database,
        folder: folder.to_owned(),
        incarnation,
        applier: Applier::new(options.record_max, Arc::clone(&known)),
        options,
        jobs: writer_jobs,
        files: file_jobs,
        health: health_sender,
        counters: Arc::clone(&counters),
        packer: Packer::for_chunks()?,
        file: (metadata.dev(), metadata.ino()),
        state: State::default(),
    };
    Ok(Store(Arc::new(Inner {
        folder: folder.to_owned(),
        known,
        queue: Queue::new(jobs),
        readers: Readers::new(folder, Arc::clone(&counters)),
        counters,
        health,
        files,
        writer: Writer::spawn(work).map_err(io)?,
    })))
}

/// Returns the process that holds the database's write lock, where the system says so.
pub(super) fn write_lock_holder(folder: &Path) -> Option<u32> {
    // SQLite locks this byte of the shared memory's file to write to the log (os_unix.c).
    const WRITE_LOCK_BYTE: &str = "120";
    let memory = folder.join(DATABASE).with_extension("db-shm");
    // Not asked of the file itself: closing it would drop this process's own locks on it.
    let inode = fs::metadata(memory).ok()?.ino().to_string();
    let locks = fs::read_to_string("/proc/locks").ok()?;
    locks.lines().find_map(|line| {
        let mut words = line.split_whitespace().skip_while(|word| *word != "WRITE");
        let (pid, file, start) = (words.nth(1)?, words.next()?, words.next()?);
        let is_ours = file.rsplit(':').next() == Some(&inode) && start == WRITE_LOCK_BYTE;
        is_ours.then(|| pid.parse().ok()).flatten()
    })
}
