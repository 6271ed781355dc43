//! `report-state`: a program in a session says what it does, as it could by OSC 7501.

use std::io::Write;

use agor_proto::agent::State;
use agor_term::encode_base64;

use super::super::agent_state;
use super::super::context::Context;
use super::super::exit::Exit;
use super::super::failure::Failure;
use super::super::report::{self, Reporter};

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// working, needs-permission, needs-answer, done, idle, error; or clear, to say nothing any more
    #[arg(value_parser = reported)]
    state: Reported,
    /// More about it: the question, what failed
    #[arg(long, value_name = "TEXT")]
    msg: Option<String>,
    /// The name of what says so
    #[arg(long, value_name = "NAME")]
    app: Option<String>,
}

/// A state, as OSC 7501 names it.
#[derive(Debug, Clone)]
struct Reported(&'static str);

fn reported(text: &str) -> Result<Reported, String> {
    if text == "clear" {
        return Ok(Reported("clear"));
    }
    Ok(Reported(match agent_state::parse(text)? {
        State::Working => "working",
        State::NeedsPermission => "blocked:kind=permission",
        State::NeedsAnswer => "blocked:kind=question",
        State::Done => "done",
        State::Idle => "idle",
        State::Error => "error",
        _ => return Err("that is for agor to find out; a program can say working, needs-permission, needs-answer, done, idle, error or clear".into()),
    }))
}

pub fn run(arguments: Arguments, _: &Context) -> Result<Exit, Failure> {
    let mut body = format!("state={}", arguments.state.0);
    if let Some(app) = &arguments.app {
        body.push_str(&format!(":app={app}"));
    }
    if let Some(msg) = &arguments.msg {
        body.push_str(&format!(":msg={}", encode_base64(msg.as_bytes())));
    }
    let heard = match Reporter::of_this_session() {
        Some(reporter) => reporter.report("status", body.clone().into_bytes(), report::PATIENCE),
        None => {
            return Err(Failure::usage(
                "this runs in no session of agor's: start it in one with `agord new`",
            ));
        }
    };
    if heard.is_ok() {
        return Ok(Exit::SUCCESS);
    }
    // The host is away: the terminal's record reaches the next one.
    let told = std::fs::File::options()
        .write(true)
        .open("/dev/tty")
        .and_then(|mut tty| tty.write_all(format!("\x1b]7501;{body}\x07").as_bytes()));
    told.map_err(|error| {
        Failure::new(
            Exit::NO_HOST,
            format!("the host is away, and the terminal cannot be written to: {error}"),
        )
    })?;
    Ok(Exit::SUCCESS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_is_reported_as_the_specification_names_it() {
        let of = |text| reported(text).map(|it| it.0);
        assert_eq!(of("needs-permission"), Ok("blocked:kind=permission"));
        assert_eq!(of("clear"), Ok("clear"));
        assert!(of("stalled").is_err());
        assert!(of("happy").is_err());
    }
}
