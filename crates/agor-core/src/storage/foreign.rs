//! Other programs' databases, of which a line is read where nothing else tells it: an agent that keeps its
//! conversations, and what they came to, in one. Nothing is ever written.

use std::ops::RangeInclusive;
use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use super::to_sql;
use crate::agents::usage::{Counted, Tokens};
use crate::agents::written::Written;

/// How long one that is being written is waited for.
const PATIENCE: Duration = Duration::from_millis(200);

/// How many ids are read: whoever asks wants to know whether there are several.
const IDS_MAX: usize = 2;

/// How many files are read that were written: others are read the next time.
const WRITTEN_MAX: usize = 256;

/// Returns the ids that `question` finds in the database at `path`, given a folder and two times in milliseconds.
///
/// # Errors
/// What SQLite says.
pub fn ids(
    path: &Path,
    question: &str,
    folder: &str,
    between: RangeInclusive<u64>,
) -> rusqlite::Result<Vec<String>> {
    let connection = open(path)?;
    let mut question = connection.prepare(question)?;
    let given = (folder, to_sql(*between.start()), to_sql(*between.end()));
    let rows = question.query_map(given, |row| row.get(0))?;
    rows.take(IDS_MAX).collect()
}

/// Returns what `question` says that a conversation came to in the database at `path`; none if it says nothing of it.
///
/// # Errors
/// What SQLite says.
pub fn counted(
    path: &Path,
    question: &str,
    conversation: &str,
) -> rusqlite::Result<Option<Counted>> {
    let connection = open(path)?;
    connection.query_row(question, [conversation], |row| {
        // Sums of no row at all are null.
        let Some(input) = row.get::<_, Option<i64>>(1)? else {
            return Ok(None);
        };
        let number = |number: Option<i64>| number.map_or(0, |it| u64::try_from(it).unwrap_or(0));
        let cost: Option<f64> = row.get(5)?;
        let tokens = Tokens {
            input: number(Some(input)),
            output: number(row.get(2)?),
            cache_read: number(row.get(3)?),
            cache_write: number(row.get(4)?),
        };
        Ok(Some(Counted {
            model: row.get::<_, Option<String>>(0)?.unwrap_or_default(),
            tokens,
            cost_nanos: (cost.unwrap_or(0.0) * 1e9) as u64,
            filled: number(row.get(6)?),
        }))
    })
}

/// Returns which files `question` says were written in a conversation after a time in milliseconds, in the database at
/// `path`.
///
/// # Errors
/// What SQLite says.
pub fn written(
    path: &Path,
    question: &str,
    (conversation, millis): (&str, u64),
) -> rusqlite::Result<Vec<Written>> {
    let connection = open(path)?;
    let mut question = connection.prepare(question)?;
    let rows = question.query_map((conversation, to_sql(millis)), |row| {
        let at: i64 = row.get(1)?;
        Ok(Written {
            file: row.get(0)?,
            at_millis: u64::try_from(at).unwrap_or(0),
        })
    })?;
    rows.take(WRITTEN_MAX).collect()
}

fn open(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(PATIENCE)?;
    Ok(connection)
}

/// Makes a database with a table of conversations.
#[cfg(test)]
pub fn make(path: &Path, table: &str, rows: &[(&str, &str, &str, u64)]) {
    let connection = Connection::open(path).unwrap();
    connection.execute_batch(table).unwrap();
    for (id, parent, folder, at) in rows {
        let row = format!("INSERT INTO session VALUES ('{id}', {parent}, '{folder}', {at})");
        connection.execute_batch(&row).unwrap();
    }
}
