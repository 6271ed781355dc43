//! What agents used, as a host has counted it.

use agor_proto::message::{Part, Query};
use agor_proto::usage::{UsageBy, UsageRow};

use super::{Client, ClientError};
use crate::config::Layers;

/// What agents used.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Usage {
    /// Today: days since 1970-01-01 in the host's time zone.
    pub today: i64,
    /// The sums, the newest first.
    pub rows: Vec<UsageRow>,
}

impl Usage {
    /// Returns the sums of folders as one for each project, whose folders may be several, in the order of their first.
    #[must_use]
    pub fn by_project(&self, layers: &Layers) -> Vec<UsageRow> {
        let mut sums: Vec<UsageRow> = Vec::new();
        for row in &self.rows {
            let project = layers.project_of(&row.project);
            match sums.iter_mut().find(|sum| sum.project == project) {
                Some(sum) => {
                    sum.spent.add(&row.spent);
                    sum.day = sum.day.max(row.day);
                }
                None => sums.push(UsageRow {
                    project: project.to_owned(),
                    ..row.clone()
                }),
            }
        }
        sums
    }
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

#[cfg(test)]
mod tests {
    use agor_proto::usage::Spent;

    use super::*;

    #[test]
    fn the_folders_of_a_project_are_one_sum() {
        let said = "[projects.\"/w/shop\"]\nfolders = [\"/w/prices\"]";
        let (layers, _) = Layers::read(said).unwrap();
        let row = |project: &str, day, turns| UsageRow {
            project: project.into(),
            day,
            spent: Spent {
                turns,
                ..Spent::default()
            },
            ..UsageRow::default()
        };
        let usage = Usage {
            today: 9,
            rows: vec![
                row("/w/prices", 7, 6),
                row("/w/site", 5, 1),
                row("/w/shop", 8, 2),
            ],
        };
        let sums = usage.by_project(&layers);
        let told: Vec<_> = sums
            .iter()
            .map(|sum| (sum.project.as_str(), sum.day, sum.spent.turns))
            .collect();
        assert_eq!(told, [("/w/shop", 8, 8), ("/w/site", 5, 1)]);
    }
}
