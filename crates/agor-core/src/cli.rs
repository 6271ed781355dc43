//! The command line, the same in `agor` and `agord`: each verb is one file in `verbs/` and one row
//! in the table of `verbs.rs`. What is done happens at the host; here are arguments, output and
//! exit codes.

mod again;
mod agent_state;
mod context;
mod exit;
mod failure;
mod output;
mod paint;
mod report;
mod session_name;
mod tty;
mod verbs;
mod window;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches, Parser};

pub use again::Again;
pub use agent_state::words as state_in_words;
pub use exit::Exit;
pub use failure::Failure;
pub use verbs::{micros_a_megabyte, size, times, what_was_lost};
pub use window::{Closed, KeyRow, KeySettings, Opening, Picture, Shot, ToldKeys, Window};

use crate::paths::Overrides;
use context::Context;
use verbs::Verb;

/// A program with this command line.
#[derive(Debug, Clone, Copy)]
pub struct Program {
    /// Its name, as it is typed.
    pub name: &'static str,
    /// Its window, which it opens without a verb; a program without one shows the list of verbs.
    pub window: Option<Window>,
}

/// Keeps agents and shells alive, and shows which one needs you.
#[derive(Debug, Parser)]
#[command(version, disable_help_subcommand = true)]
struct Arguments {
    /// Print results, and errors, as JSON
    #[arg(long, global = true)]
    json: bool,
    /// Read settings from this folder
    #[arg(long, global = true, value_name = "DIR")]
    config: Option<PathBuf>,
    /// Keep data, logs and sockets in this folder
    #[arg(long, global = true, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Keep logs in this folder
    #[arg(long, global = true, value_name = "DIR", hide = true)]
    logs: Option<PathBuf>,
    /// Keep sockets in this folder
    #[arg(long, global = true, value_name = "DIR", hide = true)]
    runtime: Option<PathBuf>,
    #[command(flatten)]
    opening: window::OpeningArguments,
    #[command(subcommand)]
    verb: Option<Verb>,
}

/// Returns the command line as clap has it.
fn command(program: Program) -> clap::Command {
    let command = Arguments::command()
        .name(program.name)
        .bin_name(program.name);
    match program.window {
        Some(_) => command,
        None => window::hide_arguments(command),
    }
}

/// Runs `program` with the arguments of this process.
#[must_use]
pub fn main(program: Program) -> ExitCode {
    if let Some(exit) = verbs::hook::early(std::env::args_os()) {
        return exit.into();
    }
    let parsed = command(program)
        .try_get_matches()
        .and_then(|mut matches| Arguments::from_arg_matches_mut(&mut matches));
    let arguments = match parsed {
        Ok(arguments) => arguments,
        Err(error) if error.exit_code() == 0 => {
            error.print().ok(); // Nobody reads; the exit code still tells.
            return ExitCode::SUCCESS;
        }
        Err(error) if asks_for_json(std::env::args_os()) => {
            let said = error.render().to_string();
            let said = said.strip_prefix("error: ").unwrap_or(&said).trim_end();
            Failure::usage(said).report(program.name, true);
            return Exit::USAGE.into();
        }
        Err(error) => {
            error.print().ok(); // Nobody reads; the exit code still tells.
            return Exit::USAGE.into();
        }
    };
    let json = arguments.json;
    match run(program, arguments) {
        Ok(exit) => exit.into(),
        Err(failure) => {
            failure.report(program.name, json);
            failure.exit().into()
        }
    }
}

/// Says whether arguments that cannot be read as such ask for JSON. What follows `--` is not ours.
fn asks_for_json(arguments: impl IntoIterator<Item = OsString>) -> bool {
    let mut ours = arguments
        .into_iter()
        .take_while(|argument| argument != "--");
    ours.any(|argument| argument == "--json")
}

fn run(program: Program, arguments: Arguments) -> Result<Exit, Failure> {
    let context = Context::new(
        program,
        arguments.json,
        Overrides {
            config: arguments.config,
            data: arguments.data,
            state: arguments.logs,
            runtime: arguments.runtime,
        },
    );
    match (arguments.verb, program.window) {
        (Some(verb), _) => verb.run(&context),
        (None, Some(window)) => {
            let opening = arguments.opening.read()?;
            context.check_theme(opening.theme.as_ref())?;
            match (window.open)(context.paths()?, opening)? {
                Closed::Exit(exit) => Ok(exit),
                Closed::Again(why) => Err(again::start(why)),
            }
        }
        (None, None) => {
            command(program).print_help().map_err(Failure::output)?;
            Ok(Exit::USAGE)
        }
    }
}

#[cfg(test)]
mod tests;
