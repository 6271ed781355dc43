//! What agents used, as a host has counted it.

use agor_proto::message::{Part, Query};
use agor_proto::usage::{UsageBy, UsageRow};

use super::{Client, ClientError};

/// What agents used.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Usage {
    /// Today: days since 1970-01-01 in the host's time zone.
    pub today: i64,
    /// The sums, the newest first.
    pub rows: Vec<UsageRow>,
}

impl Client {
    /// Returns what agents used in the last `days`, today included, or in all that are kept if it is 0.
    ///
    /// # Errors
    /// The host's; one of an earlier release cannot tell.
    pub async fn usage(&self, by: UsageBy, days: u32) -> Result<Usage, ClientError> {
        let mut answers = self.ask(Query::Usage { by, days })?;
        let mut usage = Usage::default();
        while let Some(part) = answers.next().await {
            if let Part::Usage { today, rows } = part? {
                usage.today = today;
                usage.rows.extend(rows);
            }
        }
        Ok(usage)
    }
}
