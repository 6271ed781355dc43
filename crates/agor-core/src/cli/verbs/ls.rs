//! `ls`: the sessions, newest last.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use agor_proto::agent::State;
use agor_proto::session::{Life, SessionInfo};

use super::super::context::Context;
use super::super::exit::Exit;
use super::super::failure::Failure;
use super::super::{agent_state, output, session_name};

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Show only sessions whose program runs
    #[arg(long)]
    running: bool,
    /// Show only sessions whose agent is in one of these states, like needs-permission,error
    #[arg(id = "agent_state", long = "state", value_name = "STATES", value_delimiter = ',', value_parser = agent_state::parse)]
    state: Vec<State>,
}

pub fn run(arguments: Arguments, context: &Context) -> Result<Exit, Failure> {
    context.block_on(async {
        let client = context.client().await?;
        let list = client.whole_list().await?;
        for notice in &list.storage {
            // Beside the result, which is the list.
            if context.json {
                let notice = serde_json::json!({ "notice": { "code": notice.is.name(), "message": notice.text } });
                output::note(notice);
            } else {
                output::note(output::harmless(&notice.text));
            }
        }
        let mut sessions = list.changed;
        sessions.sort_by_key(|session| session.id);
        let short = session_name::short_ids(&sessions);
        let shown = sessions.iter().zip(short);
        let shown = shown.filter(|(session, _)| !arguments.running || session.life.alive());
        let wanted = &arguments.state;
        let in_state = |state| wanted.is_empty() || wanted.contains(&state);
        let shown = shown.filter(|(session, _)| in_state(session.state));
        if context.json {
            let shown: Vec<_> = shown.map(|(session, _)| session).collect();
            output::json(&shown)?;
        } else {
            let heads = [
                "ID", "NAME", "STATE", "AGENT", "SIZE", "AGE", "FOLDER", "COMMAND",
            ];
            let heads = heads.map(str::to_owned).to_vec();
            let rows = shown.map(|(session, id)| row(session, id));
            output::table(&std::iter::once(heads).chain(rows).collect::<Vec<_>>())?;
        }
        Ok(Exit::SUCCESS)
    })
}

fn row(session: &SessionInfo, id: String) -> Vec<String> {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    let age = now.saturating_sub(Duration::from_millis(session.created_millis));
    vec![
        id,
        output::harmless(&session.name),
        life(&session.life),
        agent_state::line(session),
        session.size.to_string(),
        in_words(age),
        output::harmless(&session.cwd),
        output::harmless(&session.argv.join(" ")),
    ]
}

/// Returns a life in a word or two.
pub fn life(life: &Life) -> String {
    match life {
        Life::Starting => "starting".into(),
        Life::Running => "running".into(),
        Life::Exited { code, signal: 0 } => format!("exited {code}"),
        Life::Exited { signal, .. } => format!("killed {signal}"),
        Life::Failed { .. } => "failed".into(),
        Life::Lost => "lost".into(),
    }
}

/// Returns a time in its largest unit.
pub fn in_words(time: Duration) -> String {
    match time.as_secs() {
        seconds @ 0..60 => format!("{seconds}s"),
        seconds @ 60..3_600 => format!("{}m", seconds / 60),
        seconds @ 3_600..86_400 => format!("{}h", seconds / 3_600),
        seconds => format!("{}d", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_age_is_shown_in_its_largest_unit() {
        let words = [0, 59, 60, 3_599, 3_600, 86_399, 86_400, 864_000]
            .map(|seconds| in_words(Duration::from_secs(seconds)));
        assert_eq!(words, ["0s", "59s", "1m", "59m", "1h", "23h", "1d", "10d"]);
    }
}
