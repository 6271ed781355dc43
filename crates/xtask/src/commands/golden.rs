//! `cargo xtask golden`: writes the protocol's golden files anew from the code. The tests that compare
//! them live in agor-proto; this only sets the variable that makes them write.

use super::take_no_arguments;
use crate::failure::Failure;
use crate::steps::{Report, Step, Tests};

const STEPS: &[Step<'static>] = &[Step {
    name: "golden files",
    budget_minutes: 3,
    cargo: &["test", "--package", "agor-proto"],
    environment: &[("UPDATE_GOLDEN", "1")],
    tests: Tests::Some,
}];

/// Runs it.
pub fn run(arguments: &[String]) -> Result<(), Failure> {
    take_no_arguments("golden", arguments)?;
    let mut report = Report::default();
    report.run(STEPS)?;
    println!(
        "\nThe golden files are written anew. Read `git diff crates/agor-proto` line by line before you \
         commit it:\na line that changed is a message that a host of yesterday no longer understands."
    );
    Ok(())
}
