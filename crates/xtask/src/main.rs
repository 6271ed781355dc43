//! `cargo xtask`: what a person types to run this program and to check this repository. Owns no rule and no
//! test of its own: it runs those of the crates, in order, and says what came of it.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "talking to the person who typed the command is what this program does"
)]

mod commands;
mod failure;
mod packages;
mod steps;
mod tally;
mod workspace;

use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args_os()
        .skip(1)
        .map(|argument| argument.to_string_lossy().into_owned())
        .collect();
    let (id, rest) = match arguments.split_first() {
        Some((id, rest)) => (id.as_str(), rest),
        None => ("help", &[][..]),
    };
    match commands::find(id).and_then(|command| (command.run)(rest)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("{failure}");
            failure.exit_code()
        }
    }
}
