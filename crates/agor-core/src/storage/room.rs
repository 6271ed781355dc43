//! Room on a full disk for what makes room: the removal of a session must be stored too. A file takes a
//! little of the disk until then, and a removal deletes it together with the session's own files.

use std::fs::{self, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use agor_proto::ids::SessionId;
use rustix::fs::{FallocateFlags, fallocate};

use super::Store;
use super::files::session_folder;
use super::queue::Job;
use super::writer::Work;

/// The file that holds room.
pub(super) const RESERVE: &str = "reserve";

/// What it takes: enough to store that a session is gone.
const RESERVE_BYTES: u64 = 1024 * 1024;

/// Takes the room, unless it is taken or there is little. Without it all else works as well.
pub(super) fn reserve(folder: &Path) {
    let path = folder.join(RESERVE);
    let is_taken = |path| fs::metadata(path).is_ok_and(|file| file.len() == RESERVE_BYTES);
    let room =
        rustix::fs::statvfs(folder).map_or(0, |disk| disk.f_bavail.saturating_mul(disk.f_frsize));
    if is_taken(&path) || room < 4 * RESERVE_BYTES {
        return;
    }
    let file = OpenOptions::new()
        .create(true)
        .write(true)
        .truncate(true)
        .mode(0o600)
        .open(&path);
    let taken = file.and_then(|file| {
        let all = fallocate(&file, FallocateFlags::empty(), 0, RESERVE_BYTES);
        all.map_err(std::io::Error::from)
    });
    if let Err(error) = taken {
        tracing::debug!(%error, "no room is kept for a full disk");
    }
}

impl Store {
    /// Deletes the files of a session that is being removed, before that is stored, and tries again
    /// what waits for room. The caller has said that it wants none of them any more.
    pub fn make_room(&self, session: SessionId) {
        if !self.0.queue.push_if_room(Job::MakeRoom(session)) {
            tracing::warn!(session_id = %session, "too much waits for the store: no room is made");
        }
    }
}

impl Work {
    /// See [`Store::make_room`].
    pub(super) fn make_room(&mut self, session: SessionId) {
        for result in [
            fs::remove_dir_all(session_folder(&self.folder, session)),
            fs::remove_file(self.folder.join(RESERVE)),
        ] {
            if let Err(error) = result {
                // Either may not be there.
                tracing::debug!(%error, "nothing was deleted to make room");
            }
        }
        self.retry_backlog();
    }
}
