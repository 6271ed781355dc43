//! `wait`: for the end of a session's program, for a text, or for silence.

use std::time::Duration;

use agor_proto::agent::State;
use agor_proto::message::{Part, Query, Until};

use super::super::context::Context;
use super::super::exit::Exit;
use super::super::failure::Failure;
use super::super::{agent_state, output};
use super::screen::unexpected;

#[derive(Debug, clap::Args)]
#[group(skip)]
pub struct Arguments {
    /// The session: its name, its id or the begin of its id
    session: String,
    #[command(flatten)]
    until: Condition,
    /// Give up after so many seconds, with exit code 124
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    timeout: Option<Duration>,
    /// With --exit: end with the program's own exit code, or 128 and its signal's number
    #[arg(long, conflicts_with_all = ["text", "idle", "agent_state"])]
    mirror: bool,
}

#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
pub struct Condition {
    /// Until its program has ended; prints the exit code
    #[arg(long)]
    exit: bool,
    /// Until a line matches this regular expression; prints the line
    #[arg(long, value_name = "REGEX")]
    text: Option<String>,
    /// Until no output came for so many milliseconds
    #[arg(long, value_name = "MILLIS")]
    idle: Option<u64>,
    /// Until its agent is in one of these states, like done,needs-permission,error; prints it
    #[arg(id = "agent_state", long = "state", value_name = "STATES", value_delimiter = ',', value_parser = agent_state::parse)]
    state: Vec<State>,
}

/// Reads a time.
pub(super) fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text
        .parse()
        .map_err(|_| "write a number of seconds".to_owned())?;
    Duration::try_from_secs_f64(seconds).map_err(|_| "write a number of seconds".into())
}

pub fn run(arguments: Arguments, context: &Context) -> Result<Exit, Failure> {
    if !arguments.until.state.is_empty() {
        return wait_state(arguments, context);
    }
    let until = match arguments.until {
        Condition {
            text: Some(regex), ..
        } => Until::Text { regex },
        Condition {
            idle: Some(millis), ..
        } => Until::Idle { millis },
        Condition { .. } => Until::Exit,
    };
    let is_exit = until == Until::Exit;
    context.block_on(async {
        let (client, session) = context.client_and_session(&arguments.session).await?;
        let timeout_millis = arguments.timeout.map(|timeout| timeout.as_millis() as u64);
        let query = Query::Wait {
            session,
            until,
            timeout_millis,
        };
        let (code, signal, text) = match client.ask_one(query).await? {
            Part::Happened { code, signal, text } => (code, signal, text),
            part => return Err(unexpected(&part)),
        };
        if context.json {
            let happened = serde_json::json!({ "code": code, "signal": signal, "text": text });
            output::json(&happened)?;
        } else if let Some(text) = &text {
            output::line(output::harmless(text))?;
        } else if is_exit {
            match code {
                Some(code) if signal == 0 => output::line(code)?,
                Some(_) => output::line(format_args!("signal {signal}"))?,
                None => output::line("lost")?,
            }
        }
        Ok(if arguments.mirror {
            Exit::mirrored(code, signal)
        } else {
            Exit::SUCCESS
        })
    })
}

fn wait_state(arguments: Arguments, context: &Context) -> Result<Exit, Failure> {
    context.block_on(async {
        let (client, session) = context.client_and_session(&arguments.session).await?;
        let query = Query::WaitState {
            session,
            states: arguments.until.state,
            timeout_millis: arguments.timeout.map(|timeout| timeout.as_millis() as u64),
        };
        let (state, reason) = match client.ask_one(query).await? {
            Part::Reached { state, reason } => (state, reason),
            part => return Err(unexpected(&part)),
        };
        if context.json {
            output::json(&serde_json::json!({ "state": state, "reason": reason }))?;
        } else {
            let reason = output::harmless(&reason);
            output::line(format_args!("{}: {reason}", agent_state::words(state)))?;
        }
        Ok(Exit::SUCCESS)
    })
}
