//! `cargo xtask check`: the quick part of `cargo xtask test`, for every commit. No whole program runs.

use super::take_no_arguments;
use super::test::{CEILINGS, DOCUMENTATION, FORMATTING, LINTS};
use crate::failure::Failure;
use crate::packages;
use crate::steps::{Report, Step, Tests};

const STEPS: &[Step<'static>] = &[
    FORMATTING,
    LINTS,
    CEILINGS,
    Step {
        name: "unit tests",
        budget_minutes: 5,
        cargo: &[
            "test",
            "--workspace",
            "--exclude",
            "tests",
            "--lib",
            "--bins",
            "--no-fail-fast",
        ],
        environment: &[],
        tests: Tests::Some,
    },
    DOCUMENTATION,
];

/// Runs it.
pub fn run(arguments: &[String]) -> Result<(), Failure> {
    take_no_arguments("check", arguments)?;
    packages::check_components()?;
    let mut report = Report::default();
    report.run(STEPS)?;
    report.finish();
    Ok(())
}
