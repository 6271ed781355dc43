//! `agord`: everything of agor but the window, for servers.

use std::process::ExitCode;

use agor_core::cli::{self, Program};

fn main() -> ExitCode {
    cli::main(Program {
        name: "agord",
        window: None,
    })
}
