//! Other programs' databases, of which a line is read where nothing else tells it: an agent that keeps its
//! conversations in one. Nothing is ever written.

use std::ops::RangeInclusive;
use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use super::to_sql;

/// How long one that is being written is waited for.
const PATIENCE: Duration = Duration::from_millis(200);

/// How many ids are read: whoever asks wants to know whether there are several.
const IDS_MAX: usize = 2;

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
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(PATIENCE)?;
    let mut question = connection.prepare(question)?;
    let given = (folder, to_sql(*between.start()), to_sql(*between.end()));
    let rows = question.query_map(given, |row| row.get(0))?;
    rows.take(IDS_MAX).collect()
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
