//! `usage`: what agents have used, by session, with a sum for each project.

use std::collections::BTreeMap;

use agor_proto::agent::Usage;
use agor_proto::session::SessionInfo;

use super::super::context::Context;
use super::super::exit::Exit;
use super::super::failure::Failure;
use super::super::{output, session_name};

#[derive(Debug, clap::Args)]
pub struct Arguments {}

pub fn run(_: Arguments, context: &Context) -> Result<Exit, Failure> {
    context.block_on(async {
        let client = context.client().await?;
        let mut sessions = client.list().await?;
        sessions.sort_by_key(|session| session.id);
        let short = session_name::short_ids(&sessions);
        let known = |session: &SessionInfo| Some(session.agent.as_ref()?.usage.clone());
        let used: Vec<_> = sessions
            .iter()
            .zip(short)
            .filter_map(|(session, short)| Some((session, short, known(session)?)))
            .collect();
        let mut projects: BTreeMap<&str, Usage> = BTreeMap::new();
        for (session, _, usage) in &used {
            add(projects.entry(&session.folder).or_default(), usage);
        }
        if context.json {
            let sessions = used.iter().map(|(session, _, usage)| {
                serde_json::json!({
                    "session": session.id, "project": session.folder, "usage": usage,
                })
            });
            let sessions: Vec<_> = sessions.collect();
            let all = serde_json::json!({ "sessions": sessions, "projects": projects });
            output::json(&all)?;
            return Ok(Exit::SUCCESS);
        }
        let heads = [
            "ID", "NAME", "MODEL", "TURNS", "IN", "CACHED", "OUT", "COST", "CONTEXT",
        ];
        let mut rows = vec![heads.map(str::to_owned).to_vec()];
        for (session, short, usage) in &used {
            rows.push(row(short, &output::harmless(&session.name), usage));
        }
        for (folder, usage) in &projects {
            rows.push(row("", &output::harmless(folder), usage));
        }
        output::table(&rows)?;
        Ok(Exit::SUCCESS)
    })
}

fn add(sum: &mut Usage, usage: &Usage) {
    sum.input_tokens += usage.input_tokens;
    sum.output_tokens += usage.output_tokens;
    sum.cached_tokens += usage.cached_tokens;
    sum.turns += usage.turns;
    sum.estimated |= usage.estimated;
    let costs = [sum.cost_micros, usage.cost_micros];
    sum.cost_micros = costs.into_iter().flatten().reduce(|a, b| a + b);
}

fn row(id: &str, name: &str, usage: &Usage) -> Vec<String> {
    let cost = usage.cost_micros.map(|micros| {
        let mark = if usage.estimated { "~" } else { "" };
        format!("{mark}${:.2}", micros as f64 / 1e6)
    });
    let context = usage.context_percent.map(|percent| format!("{percent} %"));
    vec![
        id.to_owned(),
        name.to_owned(),
        output::harmless(&usage.model),
        usage.turns.to_string(),
        usage.input_tokens.to_string(),
        usage.cached_tokens.to_string(),
        usage.output_tokens.to_string(),
        cost.unwrap_or_default(),
        context.unwrap_or_default(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_project_costs_what_its_sessions_cost_and_says_if_that_is_estimated() {
        let usage = |cost_micros, estimated| Usage {
            cost_micros,
            estimated,
            input_tokens: 5,
            ..Usage::default()
        };
        let mut sum = Usage::default();
        add(&mut sum, &usage(None, false));
        assert_eq!(sum.cost_micros, None);
        add(&mut sum, &usage(Some(1_500_000), true));
        add(&mut sum, &usage(Some(20_000), false));
        assert_eq!((sum.cost_micros, sum.input_tokens), (Some(1_520_000), 15));
        assert!(row("", "", &sum).contains(&"~$1.52".to_owned()));
    }
}
