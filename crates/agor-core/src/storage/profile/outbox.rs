//! The commands of windows that wait for their end, in `client.db`. A window's rows are under the id of its
//! client, which is its own for as long as it holds a lock file: the system lets that go however the
//! window ends, and the next one takes over what it left.

use std::fs;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use agor_proto::command::{Command, CommandBody};
use agor_proto::ids::{ClientId, CommandId};
use rusqlite::{TransactionBehavior, params};

use super::{PoisonError, Profile, StoreError, from_sql, lock_file, to_sql, unix_millis};

/// The folder of the lock files within the data folder.
const FOLDER: &str = "windows";

/// What the names of documents begin with in which commands are kept that cannot be read.
const UNREAD: &str = "unread/";

/// Commands that cannot be read and are kept; of more the oldest are forgotten.
const UNREAD_KEPT: usize = 100;

/// How far a command is on its way, as its client knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// It was not sent.
    Queued,
    /// It was sent, or is about to be.
    Sent,
    /// The host has stored it and will carry it out.
    Accepted,
}

/// A command that waits for its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// The command.
    pub command: Command,
    /// When it was given, in microseconds since 1970.
    pub given_micros: u64,
    /// How far it is.
    pub stage: Stage,
}

/// A change of what is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Write it down, in place of what was written of it before.
    Write(Kept),
    /// Forget it.
    Strike(CommandId),
}

/// The right to a client's rows, until it is dropped or its process ends.
#[derive(Debug)]
pub struct Claim {
    client: ClientId,
    profile: Profile,
    /// None where nothing outlives the process.
    _lock: Option<fs::File>,
}

impl Profile {
    /// Claims the rows of a client that begins. Waits for the disk.
    ///
    /// # Errors
    /// A [`StoreError`] if there is no lock to be had.
    pub fn claim(&self, client: ClientId) -> Result<Claim, StoreError> {
        let lock = match self.in_memory {
            true => None,
            false => {
                let _alone = self.alone()?;
                self.lock(client)?
            }
        };
        Ok(Claim {
            client,
            profile: self.clone(),
            _lock: lock,
        })
    }

    /// Claims the rows of every client that has died with commands on their way. Waits for the disk.
    ///
    /// # Errors
    /// A [`StoreError`] if that cannot be told.
    pub fn adopt(&self) -> Result<Vec<Claim>, StoreError> {
        if self.in_memory {
            return Ok(Vec::new());
        }
        let _alone = self.alone()?;
        let mut claims = Vec::new();
        for client in self.clients()? {
            if let Some(lock) = self.lock(client)? {
                claims.push(Claim {
                    client,
                    profile: self.clone(),
                    _lock: Some(lock),
                });
            }
        }
        self.sweep();
        Ok(claims)
    }

    /// Puts aside what dead clients left and this release cannot read, as documents for whoever looks into it, and
    /// returns how many commands that were: each is counted once. Waits for the disk.
    ///
    /// # Errors
    /// A [`StoreError`] if that cannot be told or stored.
    pub fn set_aside_unread(&self) -> Result<usize, StoreError> {
        if self.in_memory {
            return Ok(0);
        }
        let _alone = self.alone()?;
        let mut count = 0;
        for client in self.clients_as_stored()? {
            let _lock = match <[u8; 16]>::try_from(&client[..]) {
                Ok(id) => match self.lock(ClientId(id))? {
                    Some(lock) => Some(lock),
                    // It lives, and may be of a release that can read them.
                    None => continue,
                },
                // Nobody's id.
                Err(_) => None,
            };
            let set_aside = self.set_aside_unread_of(&client);
            count += set_aside.map_err(|error| {
                StoreError::from_sql("setting commands aside", &self.folder, &error)
            })?;
        }
        Ok(count)
    }

    fn set_aside_unread_of(&self, client: &[u8]) -> rusqlite::Result<usize> {
        let mut database = self.database.lock().unwrap_or_else(PoisonError::into_inner);
        let transaction = database.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let rows = {
            let mut statement = transaction.prepare(
                "SELECT id, n, given_micros, stage, command FROM outbox WHERE client = ?1",
            )?;
            let rows = statement.query_map([client], |row| {
                let (id, command): (Vec<u8>, Vec<u8>) = (row.get(0)?, row.get(4)?);
                let numbers: [i64; 3] = [row.get(1)?, row.get(2)?, row.get(3)?];
                Ok((id, numbers, command))
            })?;
            rows.collect::<rusqlite::Result<Vec<_>>>()?
        };
        let mut count = 0;
        for (id, [n, given_micros, stage], bytes) in rows {
            let is_readable = read(&bytes).is_some_and(|command| command.id.0[..] == id[..]);
            if client.len() == 16 && is_readable {
                continue;
            }
            let (client_hex, id_hex) = (hex(client), hex(&id));
            tracing::error!(client = %client_hex, command = %id_hex, "a command that was kept cannot be read");
            let json = serde_json::json!({
                "client": client_hex,
                "id": id_hex,
                "n": n,
                "given_micros": given_micros,
                "stage": stage,
                "command": hex(&bytes),
            });
            transaction.execute(
                "INSERT INTO documents (name, json, rev, at_millis) VALUES (?1, ?2, 1, ?3) \
                 ON CONFLICT (name) DO UPDATE SET json = excluded.json, rev = rev + 1, \
                 at_millis = excluded.at_millis",
                params![
                    format!("{UNREAD}{client_hex}/{id_hex}"),
                    json.to_string(),
                    unix_millis() as i64
                ],
            )?;
            transaction.execute(
                "DELETE FROM outbox WHERE client = ?1 AND id = ?2",
                params![client, id],
            )?;
            count += 1;
        }
        transaction.execute(
            "DELETE FROM documents WHERE name IN (SELECT name FROM documents \
             WHERE substr(name, 1, ?1) = ?2 ORDER BY at_millis DESC, name LIMIT -1 OFFSET ?3)",
            params![UNREAD.len() as i64, UNREAD, UNREAD_KEPT as i64],
        )?;
        transaction.commit()?;
        Ok(count)
    }

    /// Returns what keeps others from claiming meanwhile.
    fn alone(&self) -> Result<fs::File, StoreError> {
        let locked = lock_file(&self.folder).and_then(|lock| lock.lock().map(|()| lock));
        locked.map_err(|error| StoreError::from_io("locking", &self.folder, &error))
    }

    /// Returns the lock of a client, unless a living one has it.
    fn lock(&self, client: ClientId) -> Result<Option<fs::File>, StoreError> {
        let folder = self.folder.join(FOLDER);
        let path = folder.join(client.to_string());
        let made = fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&folder);
        let opened = made.and_then(|()| {
            fs::OpenOptions::new()
                .append(true)
                .create(true)
                .mode(0o600)
                .open(&path)
        });
        let error = |error: &_| StoreError::from_io("locking", &path, error);
        let file = opened.map_err(|why| error(&why))?;
        match file.try_lock() {
            Ok(()) => Ok(Some(file)),
            Err(fs::TryLockError::WouldBlock) => Ok(None),
            Err(fs::TryLockError::Error(why)) => Err(error(&why)),
        }
    }

    /// Deletes the lock files of clients that have ended and left nothing.
    fn sweep(&self) {
        let files: Vec<PathBuf> = match fs::read_dir(self.folder.join(FOLDER)) {
            Ok(files) => files.flatten().map(|file| file.path()).collect(),
            Err(_) => return,
        };
        let is_free = |path: &Path| {
            let file = fs::File::open(path);
            file.is_ok_and(|file| file.try_lock().is_ok())
        };
        for path in files.iter().filter(|path| is_free(path)) {
            // One that stays is an empty file.
            fs::remove_file(path).ok();
        }
    }

    fn clients(&self) -> Result<Vec<ClientId>, StoreError> {
        let stored = self.clients_as_stored()?;
        // What is no id is nobody's; see `set_aside_unread`.
        let ids = stored
            .iter()
            .filter_map(|id| <[u8; 16]>::try_from(&id[..]).ok());
        Ok(ids.map(ClientId).collect())
    }

    fn clients_as_stored(&self) -> Result<Vec<Vec<u8>>, StoreError> {
        let database = self.database.lock().unwrap_or_else(PoisonError::into_inner);
        let read = database
            .prepare("SELECT DISTINCT client FROM outbox")
            .and_then(|mut statement| {
                let clients = statement.query_map([], |row| row.get(0))?;
                clients.collect()
            });
        read.map_err(|error| StoreError::from_sql("reading the profile", &self.folder, &error))
    }
}

/// Returns a command that was written down; nothing if this release cannot read it: it is damaged, or of a release
/// that has more commands.
fn read(bytes: &[u8]) -> Option<Command> {
    let command = rmp_serde::from_slice::<Command>(bytes).ok()?;
    (command.body != CommandBody::Unknown).then_some(command)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Claim {
    /// Returns whose rows these are.
    #[must_use]
    pub fn client(&self) -> ClientId {
        self.client
    }

    /// Returns what is kept and can be read, in the order in which it was given; of the rest see
    /// [`Profile::set_aside_unread`]. Waits for the disk.
    ///
    /// # Errors
    /// A [`StoreError`] if it cannot be read.
    pub fn kept(&self) -> Result<Vec<Kept>, StoreError> {
        let error =
            |error| StoreError::from_sql("reading the profile", &self.profile.folder, &error);
        let database = self.profile.database.lock();
        let database = database.unwrap_or_else(PoisonError::into_inner);
        let mut statement = database
            .prepare("SELECT command, given_micros, stage FROM outbox WHERE client = ?1 ORDER BY n")
            .map_err(error)?;
        let rows = statement.query_map([self.client.0], |row| {
            let command: Vec<u8> = row.get(0)?;
            let stage = match row.get(2)? {
                0 => Stage::Queued,
                1 => Stage::Sent,
                _ => Stage::Accepted,
            };
            Ok((command, from_sql(row.get(1)?), stage))
        });
        let mut kept = Vec::new();
        for row in rows.map_err(error)? {
            let (command, given_micros, stage) = row.map_err(error)?;
            kept.extend(read(&command).map(|command| Kept {
                command,
                given_micros,
                stage,
            }));
        }
        Ok(kept)
    }

    /// Stores changes together. Waits for the disk.
    ///
    /// # Errors
    /// A [`StoreError`] if none of them was stored.
    pub fn write(&self, changes: &[Change]) -> Result<(), StoreError> {
        let error =
            |error| StoreError::from_sql("writing the profile", &self.profile.folder, &error);
        let database = self.profile.database.lock();
        let mut database = database.unwrap_or_else(PoisonError::into_inner);
        let transaction = database
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(error)?;
        for change in changes {
            let done = match change {
                Change::Write(kept) => {
                    let Kept {
                        command,
                        given_micros,
                        stage,
                    } = kept;
                    let body = rmp_serde::to_vec_named(command);
                    let body = body.map_err(|error| StoreError::Damaged {
                        what: format!("a command that cannot be written ({error})"),
                    })?;
                    transaction.execute(
                        "INSERT INTO outbox (client, id, n, given_micros, stage, command) \
                         VALUES (?1, ?2, ?3, ?4, ?5, ?6) \
                         ON CONFLICT (client, id) DO UPDATE SET stage = excluded.stage",
                        params![
                            self.client.0,
                            command.id.0,
                            to_sql(command.n.0),
                            to_sql(*given_micros),
                            *stage as i64,
                            body
                        ],
                    )
                }
                Change::Strike(id) => transaction.execute(
                    "DELETE FROM outbox WHERE client = ?1 AND id = ?2",
                    params![self.client.0, id.0],
                ),
            };
            done.map_err(error)?;
        }
        transaction.commit().map_err(error)
    }
}
