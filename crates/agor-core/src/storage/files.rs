//! The thread that makes, deletes and backs up files, so that commits need not wait for them. Its
//! jobs come from the writer alone; there is at most one segment a session and what commits delete.

use std::fs;
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime};

use agor_proto::ids::{Incarnation, Offset, SessionId};
use rusqlite::backup::StepResult;
use rusqlite::{Connection, params};

use super::apply::{Effect, Sealed};
use super::failpoint::{Failpoint, reach};
use super::open::is_whole;
use super::prepare::{KEPT_LEVEL, PIECE_RAW_MAX, Packer, Packing, encode, unpack};
use super::queue::Job;
use super::read::{ReadError, open_reader, place, stored_session};
use super::segment::{Header, SegmentWriter};
use super::{DATABASE, Options, SESSIONS, StoreError, from_sql, to_sql};

/// The database's last backup within the data folder.
pub(super) const BACKUP: &str = "host.db.backup";
/// A file that was not finished.
pub(super) const TEMPORARY: &str = "tmp";
/// A chunk from this size on is taken into a segment as it is packed.
const COPY_MIN: u64 = 64 * 1024;
/// A data folder without a backup gets one after this.
const FIRST_BACKUP: Duration = Duration::from_secs(60);
/// How coarse the times of files may be.
const FILE_TIME_STEP: Duration = Duration::from_secs(1);
/// A disk with less room than this is full.
const ROOM_MIN: u64 = 64 * 1024;

/// Jobs that wait for the thread; beyond it a segment is tried again with the next output, and the
/// writer deletes by itself.
pub(super) const FILE_JOBS_MAX: usize = 256;

/// What the thread is asked to do.
#[derive(Debug)]
pub(super) enum FileJob {
    /// Write the oldest chunks of a session as a segment.
    Seal { session: SessionId },
    /// Delete what a commit gave up.
    Delete(Effect),
    /// End.
    Stop,
}

/// A handle on the thread.
#[derive(Debug)]
pub(super) struct Files {
    jobs: SyncSender<FileJob>,
    stopping: Arc<AtomicBool>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

/// What the thread works with.
#[derive(Debug)]
pub(super) struct FileWork {
    pub(super) folder: PathBuf,
    pub(super) incarnation: Incarnation,
    pub(super) options: Options,
    pub(super) jobs: Receiver<FileJob>,
    pub(super) writer: SyncSender<Job>,
}

impl Files {
    pub(super) fn spawn(work: FileWork, jobs: SyncSender<FileJob>) -> io::Result<Self> {
        let stopping = Arc::new(AtomicBool::new(false));
        let stop = Arc::clone(&stopping);
        let thread = std::thread::Builder::new()
            .name("agor-store-files".into())
            .spawn(move || work.run(&stop))?;
        Ok(Self {
            jobs,
            stopping,
            thread: Mutex::new(Some(thread)),
        })
    }

    /// Ends the thread after the deletions that it was asked for.
    pub(super) fn stop(&self) {
        self.stopping.store(true, Ordering::Relaxed);
        // A thread that is gone needs no word.
        self.jobs.send(FileJob::Stop).ok();
        let thread = self
            .thread
            .lock()
            .expect("the lock is never held across a panic")
            .take();
        if let Some(thread) = thread {
            // A panic was printed by its thread.
            thread.join().ok();
        }
    }
}

/// Has the thread see to `effect`, or does so itself if the thread has ended or is far behind: the
/// writer never waits for this thread, which may be waiting for the writer.
pub(super) fn hand_over(files: &SyncSender<FileJob>, folder: &Path, effect: Effect) {
    if let Err(
        TrySendError::Full(FileJob::Delete(effect))
        | TrySendError::Disconnected(FileJob::Delete(effect)),
    ) = files.try_send(FileJob::Delete(effect))
    {
        delete(folder, &effect);
    }
}

/// Deletes what a commit gave up. What stays behind is found by the next start.
fn delete(folder: &Path, effect: &Effect) {
    let (result, session) = match effect {
        Effect::DeleteSegment { session, file } => (
            fs::remove_file(session_folder(folder, *session).join(file)),
            session,
        ),
        Effect::DeleteFolder { session } => (
            fs::remove_dir_all(session_folder(folder, *session)),
            session,
        ),
    };
    if let Err(error) = result
        && error.kind() != io::ErrorKind::NotFound
    {
        tracing::warn!(session_id = %session, %error, "files of a session were not deleted");
    }
}

/// Returns the folder of a session's segments.
pub(super) fn session_folder(folder: &Path, session: SessionId) -> PathBuf {
    folder.join(SESSIONS).join(session.to_string())
}

/// Makes a folder for its owner alone, and those above it.
pub(super) fn make_folder(path: &Path) -> Result<(), StoreError> {
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .map_err(|error| StoreError::from_io("making the folder", path, &error))
}

/// Makes the names in a folder safe on disk.
pub(super) fn sync_folder(path: &Path) -> Result<(), StoreError> {
    fs::File::open(path)
        .and_then(|folder| folder.sync_all())
        .map_err(|error| StoreError::from_io("syncing the folder", path, &error))
}

/// Says whether the disk of `folder` has no room left.
pub(super) fn disk_is_full(folder: &Path) -> bool {
    rustix::fs::statvfs(folder)
        .is_ok_and(|disk| disk.f_bavail.saturating_mul(disk.f_frsize) < ROOM_MIN)
}

/// Writes a copy of the database that `source` sees at one moment to `path`, all or nothing: a copy that is
/// not whole, or not in order, never takes the place of an earlier one.
pub(super) fn back_up(source: &Connection, folder: &Path, path: &Path) -> Result<(), StoreError> {
    let temporary = path.with_extension(TEMPORARY);
    let copy = || {
        let mut copy = Connection::open(&temporary)?;
        // All pages in one step, so that it is one snapshot however much is written meanwhile.
        let copied = rusqlite::backup::Backup::new(source, &mut copy)?.step(-1)?;
        // Pages are copied unread: one that has gone bad is in the copy too.
        let whole = copied == StepResult::Done && is_whole(&copy)?;
        copy.close().map_err(|(_, error)| error)?;
        Ok::<bool, rusqlite::Error>(whole)
    };
    let io = |error: io::Error| StoreError::from_io("writing the backup", path, &error);
    remove_if_there(&temporary)?;
    // Made by us, since what SQLite makes is readable for everybody.
    fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&temporary)
        .map_err(io)?;
    let sql = |error| StoreError::from_sql("backing the database up", folder, &error);
    if !copy().map_err(sql)? {
        remove_if_there(&temporary)?;
        let what = format!("a copy of {}", folder.join(super::DATABASE).display());
        return Err(StoreError::Damaged { what });
    }
    reach(Failpoint::BackedUp);
    fs::rename(&temporary, path).map_err(io)?;
    sync_folder(folder)
}

/// Deletes a file that may not be there.
pub(super) fn remove_if_there(path: &Path) -> Result<(), StoreError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(StoreError::from_io("deleting", path, &error))
        }
        _ => Ok(()),
    }
}

impl FileWork {
    fn run(self, stopping: &AtomicBool) {
        let mut reader = None;
        let mut backed_up = None;
        let mut next_backup = Instant::now() + self.until_first_backup();
        loop {
            let due = next_backup.saturating_duration_since(Instant::now());
            match self.jobs.recv_timeout(due) {
                Ok(FileJob::Stop) | Err(RecvTimeoutError::Disconnected) => return,
                Ok(FileJob::Delete(effect)) => {
                    #[cfg(test)]
                    if self.options.crash == Some(super::tests::Crash::BeforeDelete) {
                        return;
                    }
                    reach(Failpoint::GivenUp);
                    delete(&self.folder, &effect);
                }
                Ok(FileJob::Seal { .. }) if stopping.load(Ordering::Relaxed) => {}
                Ok(FileJob::Seal { session }) => {
                    let job = match self.seal(&mut reader, session) {
                        Ok(Some(sealed)) => Job::Sealed(sealed),
                        Ok(None) => Job::SealFailed(session),
                        Err(error) => {
                            tracing::warn!(session_id = %session, %error, "no segment was written; its output stays in the database");
                            Job::SealFailed(session)
                        }
                    };
                    #[cfg(test)]
                    if self.options.crash.is_some() {
                        return;
                    }
                    // A writer that is gone leaves the file to the next start.
                    self.writer.send(job).ok();
                }
                Err(RecvTimeoutError::Timeout) => {
                    self.back_up_if_changed(&mut reader, &mut backed_up);
                    next_backup = Instant::now() + self.options.backup_every;
                }
            }
        }
    }

    /// Returns how long the last backup is still young enough.
    fn until_first_backup(&self) -> Duration {
        let age = modified(&self.folder.join(BACKUP))
            .and_then(|made| SystemTime::now().duration_since(made).ok());
        match age {
            Some(age) => self.options.backup_every.saturating_sub(age),
            None => self.options.backup_every.min(FIRST_BACKUP),
        }
    }

    /// Backs the database up, unless it has not changed since that was begun the last time.
    fn back_up_if_changed(
        &self,
        reader: &mut Option<Connection>,
        backed_up: &mut Option<SystemTime>,
    ) {
        let database = self.folder.join(DATABASE);
        let changed = modified(&database).max(modified(&database.with_extension("db-wal")));
        let is_older =
            |begun: SystemTime| changed.is_some_and(|changed| changed + FILE_TIME_STEP < begun);
        if backed_up.is_some_and(is_older) {
            return;
        }
        let begun = SystemTime::now();
        let result = self
            .reader(reader)
            .and_then(|reader| back_up(reader, &self.folder, &self.folder.join(BACKUP)));
        match result {
            Ok(()) => *backed_up = Some(begun),
            Err(error) => tracing::warn!(%error, "the database was not backed up"),
        }
    }

    fn reader<'a>(&self, reader: &'a mut Option<Connection>) -> Result<&'a Connection, StoreError> {
        if reader.is_none() {
            *reader = Some(open_reader(&self.folder)?);
        }
        Ok(reader.as_ref().expect("it was opened above"))
    }

    /// Writes a segment of the oldest chunks of `session`, if there is enough for one.
    fn seal(
        &self,
        reader: &mut Option<Connection>,
        session: SessionId,
    ) -> Result<Option<Sealed>, StoreError> {
        let reader = self.reader(reader)?;
        let read = |error: ReadError| error.into_store("reading output", &self.folder);
        let snapshot = reader
            .unchecked_transaction()
            .map_err(|error| read(error.into()))?;
        let Some((start, end)) = self.run_of_chunks(&snapshot, session).map_err(read)? else {
            return Ok(None);
        };
        let about = stored_session(&snapshot, session).map_err(read)?.row;
        let header = Header {
            session,
            incarnation: self.incarnation,
            start,
            end,
            about: encode("a session", &about)?,
        };
        let folder = session_folder(&self.folder, session);
        if !folder.exists() {
            make_folder(&folder)?;
            sync_folder(&self.folder.join(SESSIONS))?;
        }
        let path = folder.join(header.file_name());
        let temporary = path.with_extension(TEMPORARY);
        let written = write_segment(&snapshot, &temporary, &header);
        if written.is_err() {
            remove_if_there(&temporary)?;
        }
        let (size_bytes, crc) = written.map_err(read)?;
        #[cfg(test)]
        if self.options.crash == Some(super::tests::Crash::BeforeRename) {
            return Ok(None);
        }
        reach(Failpoint::SegmentWritten);
        fs::rename(&temporary, &path)
            .map_err(|error| StoreError::from_io("renaming", &temporary, &error))?;
        sync_folder(&folder)?;
        reach(Failpoint::SegmentNamed);
        Ok(Some(Sealed {
            session,
            start,
            end,
            file: header.file_name(),
            size_bytes,
            crc,
        }))
    }

    /// Returns where the oldest chunks that follow each other begin and end, as far as one segment
    /// goes.
    fn run_of_chunks(
        &self,
        database: &Connection,
        session: SessionId,
    ) -> Result<Option<(u64, u64)>, ReadError> {
        let place = match place(database, session) {
            Err(ReadError::Store(StoreError::NoSession(_))) => return Ok(None),
            place => place?,
        };
        let mut statement = database.prepare_cached(
            "SELECT start_offset, end_offset, crc, body FROM chunks WHERE session = ?1 \
             ORDER BY start_offset",
        )?;
        let mut rows = statement.query([place.key])?;
        let mut run: Option<(u64, u64)> = None;
        while let Some(row) = rows.next()? {
            let (from, to) = (from_sql(row.get(0)?), from_sql(row.get(1)?));
            let packed = row.get_ref(3)?.as_blob().map_err(rusqlite::Error::from)?;
            let is_whole = crc32fast::hash(packed) == row.get::<_, u32>(2)?;
            match run {
                // A gap or a damaged chunk follows, so this run grows no more.
                Some((_, end)) if end != from || !is_whole => return Ok(run),
                // A damaged chunk stays where it is.
                None if !is_whole => continue,
                _ => {}
            }
            let start = run.map_or(from, |(start, _)| start);
            run = Some((start, to));
            if to - start >= self.options.segment_bytes {
                return Ok(run);
            }
        }
        Ok(None)
    }
}

/// Writes the segment of `header` to a new file and makes it safe on disk.
fn write_segment(
    database: &Connection,
    path: &Path,
    header: &Header,
) -> Result<(u64, u32), ReadError> {
    let io = |error: io::Error| ReadError::Store(StoreError::from_io("writing", path, &error));
    let place = place(database, header.session)?;
    let mut packer = Packer::with_level(KEPT_LEVEL)?;
    let mut writer = SegmentWriter::create(path, header).map_err(io)?;
    let mut small = Vec::new();
    let mut statement = database.prepare_cached(
        "SELECT start_offset, end_offset, packing, crc, body FROM chunks \
         WHERE session = ?1 AND start_offset >= ?2 AND end_offset <= ?3 ORDER BY start_offset",
    )?;
    let mut rows = statement.query(params![place.key, to_sql(header.start), to_sql(header.end)])?;
    while let Some(row) = rows.next()? {
        let (from, to) = (from_sql(row.get(0)?), from_sql(row.get(1)?));
        let packing = Packing::from_number(row.get(2)?);
        let packed = row.get_ref(4)?.as_blob().map_err(rusqlite::Error::from)?;
        let crc: u32 = row.get(3)?;
        let raw_bytes = to.saturating_sub(from);
        let fits = small.len() as u64 + raw_bytes <= PIECE_RAW_MAX as u64;
        let is_copied = raw_bytes >= COPY_MIN && packing == Some(Packing::Zstd);
        if (is_copied || !fits) && !small.is_empty() {
            let frame = packer.pack(&small)?;
            writer.frame(small.len() as u32, &frame).map_err(io)?;
            small.clear();
        }
        let damaged = || StoreError::DamagedRecord {
            session: header.session,
            from: Offset(from),
            to: Offset(to),
        };
        if is_copied {
            if crc32fast::hash(packed) != crc {
                return Err(damaged().into());
            }
            writer.frame(raw_bytes as u32, packed).map_err(io)?;
        } else {
            let raw = packing
                .and_then(|packing| unpack(packing, packed, crc, raw_bytes, PIECE_RAW_MAX))
                .ok_or_else(damaged)?;
            small.extend_from_slice(&raw);
        }
    }
    if !small.is_empty() {
        let frame = packer.pack(&small)?;
        writer.frame(small.len() as u32, &frame).map_err(io)?;
    }
    writer.finish().map_err(io)
}

fn modified(path: &Path) -> Option<SystemTime> {
    fs::metadata(path).and_then(|it| it.modified()).ok()
}
