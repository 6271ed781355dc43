//! The database's format: numbered migrations, each stored with the checksum of its text. A
//! migration is appended, never edited.

use std::path::Path;

use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};
use sha2::{Digest, Sha256};

use super::StoreError;

/// One step of the format.
#[derive(Debug, Clone, Copy)]
pub(super) struct Migration {
    /// Its name, for people.
    pub(super) name: &'static str,
    /// What it does.
    pub(super) sql: &'static str,
}

/// Every migration, in order; the first has number 1.
pub(super) const MIGRATIONS: &[Migration] = &[
    Migration {
        name: "first",
        sql: include_str!("migrations/0001-first.sql"),
    },
    Migration {
        name: "oldest-receipts",
        sql: include_str!("migrations/0002-oldest-receipts.sql"),
    },
    Migration {
        name: "usage",
        sql: include_str!("migrations/0003-usage.sql"),
    },
    Migration {
        name: "pages",
        sql: include_str!("migrations/0004-pages.sql"),
    },
];

fn checksum(migration: &Migration) -> [u8; 32] {
    Sha256::digest(migration.sql.as_bytes()).into()
}

/// Returns how many of `migrations` the database has.
///
/// # Errors
/// It has one that this program does not know, or another of the same number.
pub(super) fn check(
    database: &Connection,
    folder: &Path,
    migrations: &[Migration],
) -> Result<usize, StoreError> {
    let sql = |error: rusqlite::Error| {
        StoreError::from_sql("reading the database's format", folder, &error)
    };
    let present = database
        .query_row(
            "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'migrations'",
            [],
            |_| Ok(()),
        )
        .optional()
        .map_err(sql)?;
    if present.is_none() {
        return Ok(0);
    }
    let mut statement = database
        .prepare("SELECT number, checksum, program FROM migrations ORDER BY number")
        .map_err(sql)?;
    let rows = statement
        .query_map([], |row| {
            Ok((
                row.get::<_, u32>(0)?,
                row.get::<_, Vec<u8>>(1)?,
                row.get::<_, String>(2)?,
            ))
        })
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(sql)?;
    for (index, (number, stored, _)) in rows.iter().enumerate() {
        let Some(migration) = migrations.get(index) else {
            break;
        };
        if *number as usize != index + 1 || stored[..] != checksum(migration) {
            return Err(StoreError::MigrationEdited {
                number: index as u32 + 1,
                name: migration.name.into(),
            });
        }
    }
    match rows.last() {
        Some((number, _, program)) if rows.len() > migrations.len() => {
            Err(StoreError::NewerDatabase {
                found: *number,
                program: program.clone(),
                known: migrations.len() as u32,
            })
        }
        _ => Ok(rows.len()),
    }
}

/// Brings the database to the format of `migrations`, each step in a transaction of its own.
pub(super) fn migrate(
    database: &mut Connection,
    folder: &Path,
    migrations: &[Migration],
) -> Result<(), StoreError> {
    let sql =
        |error: rusqlite::Error| StoreError::from_sql("migrating the database", folder, &error);
    loop {
        let transaction = database
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(sql)?;
        // Read inside the transaction, since two hosts may start at once.
        let done = check(&transaction, folder, migrations)?;
        let Some(migration) = migrations.get(done) else {
            return Ok(());
        };
        transaction
            .execute_batch(
                "CREATE TABLE IF NOT EXISTS migrations (number INTEGER PRIMARY KEY, name TEXT NOT NULL, \
                 checksum BLOB NOT NULL, program TEXT NOT NULL, at_millis INTEGER NOT NULL) STRICT",
            )
            .and_then(|()| transaction.execute_batch(migration.sql))
            .and_then(|()| {
                transaction.execute(
                    "INSERT INTO migrations (number, name, checksum, program, at_millis) VALUES (?1, ?2, ?3, ?4, ?5)",
                    params![
                        done as i64 + 1,
                        migration.name,
                        checksum(migration),
                        env!("CARGO_PKG_VERSION"),
                        super::unix_millis() as i64
                    ],
                )
            })
            .map_err(sql)?;
        transaction.commit().map_err(sql)?;
    }
}
