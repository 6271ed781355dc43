//! `usage`: what agents used and how long they worked, by session, project or day, also in sessions that are
//! gone.

use std::time::Duration;

use agor_proto::session::SessionInfo;
use agor_proto::usage::{Spent, UsageBy, UsageRow};

use super::super::context::Context;
use super::super::exit::Exit;
use super::super::failure::Failure;
use super::super::{output, session_name};
use super::ls::in_words;
use crate::config::Loaded;
use crate::zone::date;

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// By what it is summed up
    #[arg(long, value_enum, default_value_t = By::Session)]
    by: By,
    /// How many days back, today included; 0 for all that is kept
    #[arg(long, default_value_t = 30)]
    days: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum By {
    Session,
    Project,
    Day,
}

impl By {
    fn on_wire(self) -> UsageBy {
        match self {
            Self::Session => UsageBy::Session,
            Self::Project => UsageBy::Project,
            Self::Day => UsageBy::Day,
        }
    }

    fn heads(self) -> Vec<String> {
        let first: &[&str] = match self {
            Self::Session => &["ID", "NAME", "PROJECT", "MODEL"],
            Self::Project => &["PROJECT"],
            Self::Day => &["DAY"],
        };
        let sums = ["TURNS", "IN", "CACHED", "OUT", "COST", "WORKED", "WAITED"];
        first
            .iter()
            .chain(&sums)
            .map(|&head| head.to_owned())
            .collect()
    }
}

pub fn run(arguments: Arguments, context: &Context) -> Result<Exit, Failure> {
    let layers = Loaded::read(&context.paths()?).config.layers;
    context.block_on(async {
        let client = context.client().await?;
        let by = arguments.by;
        let mut usage = client.usage(by.on_wire(), arguments.days).await?;
        // The host counts folders, of which a project may have several.
        match by {
            By::Project => usage.rows = usage.by_project(&layers),
            By::Session => {
                for row in &mut usage.rows {
                    row.project = layers.project_of(&row.project).to_owned();
                }
            }
            By::Day => {}
        }
        if context.json {
            let rows: Vec<_> = usage.rows.iter().map(json).collect();
            output::json(&serde_json::json!({
                "by": by.on_wire(), "today": date(usage.today), "rows": rows,
            }))?;
            return Ok(Exit::SUCCESS);
        }
        let mut sessions = client.list().await?;
        sessions.sort_by_key(|session| session.id);
        let short = session_name::short_ids(&sessions);
        let known: Vec<_> = sessions.iter().zip(short).collect();
        let mut table = vec![by.heads()];
        let mut all = Spent::default();
        for row in &usage.rows {
            all.add(&row.spent);
            table.push(cells(row, by, &known));
        }
        if usage.rows.len() > 1 {
            let mut sum = vec![String::new(); by.heads().len() - 7];
            if let Some(first) = sum.first_mut() {
                "all".clone_into(first);
            }
            sum.extend(sums(&all));
            table.push(sum);
        }
        output::table(&table)?;
        Ok(Exit::SUCCESS)
    })
}

fn json(row: &UsageRow) -> serde_json::Value {
    let mut json = serde_json::json!({ "last_day": date(row.day), "usage": row.spent });
    if let Some(session) = row.session {
        json["session"] = serde_json::json!(session);
        json["name"] = serde_json::json!(row.name);
        json["provider"] = serde_json::json!(row.provider);
        json["model"] = serde_json::json!(row.model);
    }
    if !row.project.is_empty() {
        json["project"] = serde_json::json!(row.project);
    }
    json
}

fn cells(row: &UsageRow, by: By, known: &[(&SessionInfo, String)]) -> Vec<String> {
    let mut cells = match by {
        By::Session => {
            let short = known.iter().find(|(info, _)| Some(info.id) == row.session);
            let name = output::harmless(&row.name);
            vec![
                // One that is gone cannot be named any more.
                short.map_or_else(|| "gone".to_owned(), |(_, short)| short.clone()),
                name,
                output::harmless(&row.project),
                output::harmless(&row.model),
            ]
        }
        By::Project => vec![output::harmless(&row.project)],
        By::Day => vec![date(row.day)],
    };
    cells.extend(sums(&row.spent));
    cells
}

fn sums(spent: &Spent) -> [String; 7] {
    let cost = spent.cost_micros.map(|micros| {
        let mark = if spent.estimated { "~" } else { "" };
        format!("{mark}${:.2}", micros as f64 / 1e6)
    });
    let time = |millis| match millis {
        0 => String::new(),
        millis => in_words(Duration::from_millis(millis)),
    };
    [
        spent.turns.to_string(),
        spent.input_tokens.to_string(),
        spent.cached_tokens.to_string(),
        spent.output_tokens.to_string(),
        cost.unwrap_or_default(),
        time(spent.working_millis),
        time(spent.waited_millis),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cost_says_if_some_of_it_is_estimated_and_each_row_has_a_cell_for_each_head() {
        let spent = Spent {
            cost_micros: Some(1_520_000),
            estimated: true,
            working_millis: 61_000,
            ..Spent::default()
        };
        let row = UsageRow {
            day: 20_787,
            project: "/work/a\x1b[31m".into(),
            spent,
            ..UsageRow::default()
        };
        for by in [By::Session, By::Project, By::Day] {
            let cells = cells(&row, by, &[]);
            assert_eq!(cells.len(), by.heads().len());
            assert!(cells.contains(&"~$1.52".to_owned()), "{cells:?}");
            assert!(cells.iter().all(|cell| !cell.contains('\x1b')), "{cells:?}");
        }
        assert_eq!(cells(&row, By::Day, &[])[0], "2026-11-30");
        let own = Spent {
            estimated: false,
            ..spent
        };
        assert_eq!(sums(&own)[4], "$1.52");
        assert_eq!(sums(&Spent::default())[4], "");
    }
}
