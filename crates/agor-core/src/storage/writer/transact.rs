//! One transaction of the database, made only while this host is the one that may, and what follows
//! from it.

use std::os::unix::fs::MetadataExt;
use std::time::Instant;

use super::super::apply::Failure;
use super::super::failpoint::{Failpoint, reach};
use super::super::files::hand_over;
use super::super::{DATABASE, Health, StoreError, from_sql, room, unix_millis};
use super::Work;
use super::settle::may_be_in_log;

impl Work {
    /// Does `work` in a transaction that is ours to make, and what follows from it once it is safe
    /// on disk.
    pub(super) fn transact<T>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<T, Failure>,
    ) -> Result<T, StoreError> {
        self.settle()?;
        let result = self.try_transact(work);
        self.tell_how(result.as_ref().err());
        result
    }

    /// Tells as the store's health how a transaction went: well, or with `error`.
    pub(super) fn tell_how(&mut self, error: Option<&StoreError>) {
        let Some(error) = error else {
            return self.tell_health(Health::Good);
        };
        self.counters.group_failed();
        match error {
            StoreError::Full => {
                let since_millis = unix_millis();
                if !matches!(*self.health.borrow(), Health::Full { .. }) {
                    self.tell_health(Health::Full { since_millis });
                }
            }
            StoreError::Busy { holder } => {
                self.tell_health(Health::Busy { holder: *holder });
            }
            StoreError::Io { .. } if self.state.unsettled => self.tell_health(Health::Failing),
            StoreError::Fenced => {
                self.state.fatal = Some(StoreError::Fenced);
                self.tell_health(Health::Fenced);
            }
            StoreError::Damaged { .. } => {
                self.counters.damage_was_met();
                self.tell_health(Health::Damaged);
            }
            _ => {}
        }
    }

    fn tell_health(&mut self, health: Health) {
        self.health.send_if_modified(|now| {
            // Once damaged, a later success does not make it whole.
            let changes = *now != health && *now != Health::Damaged;
            if changes {
                *now = health;
            }
            changes
        });
        if health == Health::Good && !self.state.room_is_kept {
            self.state.room_is_kept = true;
            room::reserve(&self.folder);
        } else if health != Health::Good {
            self.state.room_is_kept = false;
        }
    }

    /// As [`Work::transact`], whatever became of an earlier commit, and without a word of how it went.
    pub(super) fn try_transact<T>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<T, Failure>,
    ) -> Result<T, StoreError> {
        if let Some(error) = &self.state.fatal {
            return Err(error.clone());
        }
        let result = self.begin().and_then(|()| {
            reach(Failpoint::Begun);
            let value = work(self)?;
            let heads = self.applier.heads.flush(&self.database)?;
            reach(Failpoint::Applied);
            let begin = Instant::now();
            self.savepoint("COMMIT").map_err(Failure::Commit)?;
            self.counters.synced(begin.elapsed());
            reach(Failpoint::Committed);
            Ok((value, heads))
        });
        match result {
            Ok((value, heads)) => {
                self.applier.heads.keep();
                if let Err(error) = self.applier.renew_known(&self.database) {
                    // What is known goes on to be more than there is.
                    tracing::debug!(%error, "the receipts were not read again");
                }
                for effect in self.applier.effects.drain(..) {
                    hand_over(&self.files, &self.folder, effect);
                }
                for (session, head) in heads {
                    self.seal_if_due(session, head.unsealed);
                }
                Ok(value)
            }
            Err(failure) => {
                // Some failures have rolled everything back already.
                if !self.database.is_autocommit() {
                    self.savepoint("ROLLBACK").ok();
                }
                self.applier.heads.clear();
                self.applier.effects.clear();
                Err(match failure {
                    Failure::Refused(error) => error,
                    Failure::Sql(error) => self.error_of(&error),
                    Failure::Commit(error) => {
                        let told = self.error_of(&error);
                        if may_be_in_log(&error, &told) {
                            tracing::warn!(%error, "nobody knows whether a commit is stored");
                            self.state.unsettled = true;
                        }
                        told
                    }
                })
            }
        }
    }

    fn error_of(&self, error: &rusqlite::Error) -> StoreError {
        StoreError::from_sql("writing to the database", &self.folder, error)
    }

    /// Takes the write lock, if this host is still the one that may.
    fn begin(&self) -> Result<(), Failure> {
        let file = std::fs::metadata(self.folder.join(DATABASE))
            .map(|metadata| (metadata.dev(), metadata.ino()));
        if file.ok() != Some(self.file) {
            return Err(Failure::Refused(StoreError::Fenced));
        }
        self.savepoint("BEGIN IMMEDIATE")?;
        let incarnation: i64 = self
            .database
            .prepare_cached("SELECT incarnation FROM host")?
            .query_row([], |row| row.get(0))?;
        if from_sql(incarnation) != self.incarnation.0 {
            return Err(Failure::Refused(StoreError::Fenced));
        }
        Ok(())
    }
}
