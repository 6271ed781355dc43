//! A commit that fails once all of it was written to the database's log, as when the disk fails to sync it. SQLite takes
//! it for one that never was, but whoever reads the log after a crash finds it whole: it is stored or not, and nobody
//! knows which.
//!
//! Nobody is told how it ended until that is known. The database is opened again, since what the system still has of
//! a file after a sync that failed need not be what the disk has, and a commit of our own is made safe in the place of
//! the one that failed, which then cannot come back. What waits is tried again after that, and begins with what it
//! finds stored; all else is told that it failed. If the host ends before, its senders hear that the store is closed,
//! and the next host finds what is there.

use super::super::open::connect;
use super::super::{DATABASE, StoreError};
use super::Work;

/// Says whether a commit that failed with `error`, which is told as `told`, may be found in the log after a crash.
/// Errors of other kinds end the host, and the next one finds what is there.
pub(super) fn may_be_in_log(error: &rusqlite::Error, told: &StoreError) -> bool {
    // What makes a transaction whole is written last: without room for it there is nothing to be found.
    let had_room = error.sqlite_error_code() != Some(rusqlite::ErrorCode::DiskFull);
    had_room && matches!(told, StoreError::Full | StoreError::Io { .. })
}

/// Says whether what failed so may go well later.
fn passes(error: &StoreError) -> bool {
    matches!(
        error,
        StoreError::Full | StoreError::Busy { .. } | StoreError::Io { .. }
    )
}

impl Work {
    /// Sees to it that a commit of which nobody knows whether it is stored is not, if there is one.
    ///
    /// # Errors
    /// That could not be done, and nothing can be stored meanwhile.
    pub(super) fn settle(&mut self) -> Result<(), StoreError> {
        if !self.state.unsettled {
            return Ok(());
        }
        let settled = self.reopen().and_then(|()| {
            // A number that no connection gets, since SQLite does not write what does not change.
            self.try_transact(|work| work.take_numbers(1)).map(drop)
        });
        let error = settled.err();
        self.tell_how(error.as_ref());
        match error {
            Some(error) if passes(&error) => Err(error),
            error => {
                self.state.unsettled = false;
                for (done, error) in std::mem::take(&mut self.state.untold) {
                    done.tell(Err(error));
                }
                error.map_or(Ok(()), Err)
            }
        }
    }

    fn reopen(&mut self) -> Result<(), StoreError> {
        // Before the former connection is closed: the last one to be closed would have the log read again.
        let opened = connect(&self.folder.join(DATABASE), &self.options);
        self.database = opened.map_err(|error| {
            StoreError::from_sql("opening the database again", &self.folder, &error)
        })?;
        self.watch_log();
        Ok(())
    }
}
