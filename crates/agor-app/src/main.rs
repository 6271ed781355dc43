//! `agor`: the window, and every verb of the command line.

use std::process::ExitCode;

use agor_core::cli::{self, Program};

fn main() -> ExitCode {
    cli::main(Program {
        name: "agor",
        without_verb: Some(
            "the window comes with the next release; `agor help` lists what works without it",
        ),
    })
}
