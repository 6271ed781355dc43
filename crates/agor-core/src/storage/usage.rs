//! What agents used, by day and session: written with the session's other changes, read as sums.

use agor_proto::ids::SessionId;
use agor_proto::limits::USAGE_ROWS_MAX;
use agor_proto::usage::{Spent, UsageBy, UsageRow};
use rusqlite::{Connection, Row, params};

use super::read::{ReadError, session_id};
use super::{Store, StoreError, from_sql, to_sql};

/// What a session's agent used and how long it worked on one day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsageDay {
    /// The day: days since 1970-01-01 in the host's time zone.
    pub day: i64,
    /// Which session.
    pub session: SessionId,
    /// Its name.
    pub name: String,
    /// Its project's folder.
    pub project: String,
    /// Its agent's provider.
    pub provider: String,
    /// The model that answered last.
    pub model: String,
    /// What it came to.
    pub spent: Spent,
}

/// Stores a day, in place of what was stored of it.
pub(super) fn put(database: &Connection, row: &UsageDay) -> Result<(), rusqlite::Error> {
    let spent = &row.spent;
    database
        .prepare_cached(
            "INSERT OR REPLACE INTO usage (day, session, name, project, provider, model, turns, \
             input_tokens, output_tokens, cached_tokens, cost_micros, estimated, working_millis, waited_millis) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
        )?
        .execute(params![
            row.day,
            row.session.bytes(),
            row.name,
            row.project,
            row.provider,
            row.model,
            to_sql(spent.turns),
            to_sql(spent.input_tokens),
            to_sql(spent.output_tokens),
            to_sql(spent.cached_tokens),
            spent.cost_micros.map(to_sql),
            spent.estimated,
            to_sql(spent.working_millis),
            to_sql(spent.waited_millis),
        ])?;
    Ok(())
}

/// Forgets the days before `before`.
pub(super) fn prune(database: &Connection, before: i64) -> Result<(), rusqlite::Error> {
    database
        .prepare_cached("DELETE FROM usage WHERE day < ?1")?
        .execute([before])?;
    Ok(())
}

/// The sums, as [`sum`] reads them.
const SUMS: &str = "MAX(day), SUM(turns), SUM(input_tokens), SUM(output_tokens), SUM(cached_tokens), \
     SUM(cost_micros), SUM(estimated) > 0, SUM(working_millis), SUM(waited_millis)";

fn sum(row: &Row<'_>) -> Result<UsageRow, ReadError> {
    let number = |at: usize| row.get::<_, i64>(at).map(from_sql);
    let cost: Option<i64> = row.get(5)?;
    Ok(UsageRow {
        day: row.get(0)?,
        spent: Spent {
            turns: number(1)?,
            input_tokens: number(2)?,
            output_tokens: number(3)?,
            cached_tokens: number(4)?,
            cost_micros: cost.map(from_sql),
            estimated: row.get(6)?,
            working_millis: number(7)?,
            waited_millis: number(8)?,
        },
        ..UsageRow::default()
    })
}

impl Store {
    /// Returns what was used since the day `from`, the newest first: at most [`USAGE_ROWS_MAX`] sums.
    ///
    /// # Errors
    /// [`StoreError`]. Blocks.
    pub fn usage(&self, by: UsageBy, from: i64) -> Result<Vec<UsageRow>, StoreError> {
        // SQLite takes the columns beside a MAX, if that is the only one, from the row that has it.
        let (columns, group) = match by {
            UsageBy::Session => (", session, name, project, provider, model", "session"),
            UsageBy::Project => (", NULL, '', project, '', ''", "project"),
            UsageBy::Day => (", NULL, '', '', '', ''", "day"),
        };
        let query = format!(
            "SELECT {SUMS}{columns} FROM usage WHERE day >= ?1 GROUP BY {group} \
             ORDER BY MAX(day) DESC, {group} DESC LIMIT ?2"
        );
        self.0.readers.read("reading what was used", |database| {
            let mut statement = database.prepare_cached(&query)?;
            let mut rows = statement.query(params![from, USAGE_ROWS_MAX as i64])?;
            let mut sums = Vec::new();
            while let Some(row) = rows.next()? {
                let session: Option<[u8; 16]> = row.get(9)?;
                sums.push(UsageRow {
                    session: session.map(session_id).transpose()?,
                    name: row.get(10)?,
                    project: row.get(11)?,
                    provider: row.get(12)?,
                    model: row.get(13)?,
                    ..sum(row)?
                });
            }
            Ok(sums)
        })
    }
}
