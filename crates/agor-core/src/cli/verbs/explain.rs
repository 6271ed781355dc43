//! `explain`: every piece of evidence for what a session's agent does, and which decides.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use agor_proto::message::{Explained, Part, Query};

use super::super::context::Context;
use super::super::exit::Exit;
use super::super::failure::Failure;
use super::super::{agent_state, output};
use super::ls::in_words;
use super::screen::unexpected;

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The session: its name, its id or the begin of its id
    session: String,
}

pub fn run(arguments: Arguments, context: &Context) -> Result<Exit, Failure> {
    context.block_on(async {
        let (client, session) = context.client_and_session(&arguments.session).await?;
        let part = client.ask_one(Query::Explain { session }).await?;
        let Part::Evidence {
            state,
            reason,
            pieces,
        } = part
        else {
            return Err(unexpected(&part));
        };
        if context.json {
            output::json(&serde_json::json!({
                "state": state, "reason": reason, "evidence": pieces,
            }))?;
            return Ok(Exit::SUCCESS);
        }
        let reason = output::harmless(&reason);
        output::line(format_args!("{}: {reason}", agent_state::words(state)))?;
        let heads = ["", "SOURCE", "SAYS", "SINCE", "LAST", "OFFSET", "WHY"];
        let rows = pieces.iter().map(row);
        let heads = heads.map(str::to_owned).to_vec();
        output::table(&std::iter::once(heads).chain(rows).collect::<Vec<_>>())?;
        if pieces.iter().any(|piece| piece.at.is_none()) {
            output::note(
                "of some, nothing is in the session's text any more: `screen SESSION --at OFFSET` prints what it \
                 showed then",
            );
        }
        Ok(Exit::SUCCESS)
    })
}

fn row(piece: &Explained) -> Vec<String> {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    let ago = |millis| in_words(now.saturating_sub(Duration::from_millis(millis)));
    let standing = match (piece.decides, piece.ended) {
        (true, _) => "decides",
        (_, true) => "ended",
        _ => "",
    };
    let evidence = &piece.evidence;
    let source = serde_json::to_value(evidence.source).unwrap_or_default();
    vec![
        standing.into(),
        source.as_str().unwrap_or_default().into(),
        agent_state::words(evidence.state).into(),
        ago(evidence.at_millis),
        ago(piece.last_millis),
        evidence.offset.0.to_string(),
        output::harmless(&evidence.reason),
    ]
}
