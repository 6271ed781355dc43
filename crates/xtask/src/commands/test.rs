//! `cargo xtask test`: everything that has to hold before a change is accepted, with its set-up.

use std::time::Instant;

use super::fuzz;
use crate::failure::Failure;
use crate::packages::{self, Consent, User};
use crate::steps::{Report, Step, Tests};

/// Minutes for installing packages, on top of those of the steps.
const SET_UP_MINUTES: u64 = 3;

/// Minutes after which it ends in any case.
const LIMIT_MINUTES: u64 = 70;

/// Every step, cheapest first where one does not need another.
///
/// Cargo unites the features of all that is selected and would compile the dependencies that are drawn with
/// again where a selection differs. So all select the whole workspace with its tests, whose
/// dev-dependencies count too, and choose among its targets. Each budget is about twice what the step
/// took on a bare Debian 12 with two cores that others used too.
const STEPS: &[Step<'static>] = &[
    FORMATTING,
    LINTS,
    BUILD,
    CEILINGS,
    Step {
        name: "tests of the crates",
        budget_minutes: 6,
        cargo: &[
            "test",
            "--workspace",
            "--exclude",
            "tests",
            "--no-fail-fast",
            "--",
            // Where a test says that it was skipped, and why.
            "--show-output",
        ],
        environment: &[],
        tests: Tests::Some,
    },
    Step {
        name: "whole-program tests",
        budget_minutes: 10,
        cargo: &[
            "test",
            "--workspace",
            "--test",
            "it",
            "--",
            "--skip",
            "ceilings::",
            "--show-output",
        ],
        environment: &[],
        tests: Tests::Some,
    },
    DOCUMENTATION,
];

/// Formatting as rustfmt has it.
pub const FORMATTING: Step<'static> = Step {
    name: "formatting",
    budget_minutes: 1,
    cargo: &["fmt", "--all", "--check"],
    environment: &[],
    tests: Tests::None,
};

/// Every lint, in every target.
pub const LINTS: Step<'static> = Step {
    name: "lints",
    budget_minutes: 8,
    cargo: &[
        "clippy",
        "--workspace",
        "--all-targets",
        "--",
        "-D",
        "warnings",
    ],
    environment: &[],
    tests: Tests::None,
};

/// Every program and test, so that the steps after it only run.
pub const BUILD: Step<'static> = Step {
    name: "build",
    budget_minutes: 14,
    cargo: &["build", "--workspace", "--all-targets"],
    environment: &[],
    tests: Tests::None,
};

/// What each crate may depend on and where things may stand.
pub const CEILINGS: Step<'static> = Step {
    name: "ceilings",
    budget_minutes: 1,
    cargo: &["test", "--workspace", "--test", "it", "--", "ceilings::"],
    environment: &[],
    tests: Tests::Some,
};

/// The documentation of every crate, without a link that leads nowhere.
pub const DOCUMENTATION: Step<'static> = Step {
    name: "documentation",
    budget_minutes: 2,
    // There are no examples; that they are asked for lets dev-dependencies count, as above.
    cargo: &[
        "doc",
        "--workspace",
        "--no-deps",
        "--lib",
        "--bins",
        "--examples",
    ],
    environment: &[("RUSTDOCFLAGS", "-D warnings")],
    tests: Tests::None,
};

/// Runs it.
pub fn run(arguments: &[String]) -> Result<(), Failure> {
    let consent = consent(arguments)?;
    let mut report = Report::within(LIMIT_MINUTES);
    let started = Instant::now();
    let users = [User::Build, User::Window, User::Tests, User::Fuzz];
    packages::set_up(consent, &users)?;
    packages::check_components()?;
    report.note("set-up", started.elapsed(), SET_UP_MINUTES);
    report.run(STEPS)?;
    fuzz::smoke(&mut report)?;
    report.finish();
    Ok(())
}

fn consent(arguments: &[String]) -> Result<Consent, Failure> {
    match arguments {
        [] => Ok(Consent::Ask),
        [yes] if yes == "--yes" || yes == "-y" => Ok(Consent::Given),
        _ => Err(Failure::Usage(format!(
            "`cargo xtask test` takes only --yes, not {:?}",
            arguments.join(" ")
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn the_budgets_are_50_minutes_at_most() {
        let steps: u64 = STEPS.iter().map(|step| step.budget_minutes).sum();
        let rest = SET_UP_MINUTES + fuzz::SMOKE_MINUTES;
        assert!(steps + rest <= 50, "{steps} + {rest}");
    }

    #[test]
    fn every_step_has_a_name_of_its_own() {
        let names: BTreeSet<_> = STEPS.iter().map(|step| step.name).collect();
        assert_eq!(names.len(), STEPS.len());
    }

    #[test]
    fn only_yes_is_understood() {
        assert_eq!(consent(&[]).unwrap(), Consent::Ask);
        assert_eq!(consent(&["--yes".into()]).unwrap(), Consent::Given);
        assert!(consent(&["--no".into()]).is_err());
        assert!(consent(&["--yes".into(), "more".into()]).is_err());
    }
}
