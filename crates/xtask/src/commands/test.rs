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

/// Makes properties try the same cases in each run: a run that fails says that the change before it is
/// wrong, and not that a case came up that nobody had tried. Other cases are tried with `--new-cases`.
const SAME_CASES: &[(&str, &str)] = &[("PROPTEST_RNG_SEED", "1")];

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
        environment: SAME_CASES,
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

/// What the person asked for.
#[derive(Debug, PartialEq, Eq)]
struct Wanted {
    consent: Consent,
    /// Whether properties try cases that no run had, and a test that fails has no second chance.
    new_cases: bool,
}

/// Runs it.
pub fn run(arguments: &[String]) -> Result<(), Failure> {
    let wanted = wanted(arguments)?;
    let mut report = Report::within(LIMIT_MINUTES);
    // Who looks for what fails now and then wants to see it.
    report.tries_again(!wanted.new_cases);
    let started = Instant::now();
    let users = [User::Build, User::Window, User::Tests, User::Fuzz];
    packages::set_up(wanted.consent, &users)?;
    packages::check_components()?;
    report.note("set-up", started.elapsed(), SET_UP_MINUTES);
    let mut steps = STEPS.to_vec();
    for step in &mut steps {
        if wanted.new_cases && step.environment == SAME_CASES {
            step.environment = &[];
        }
    }
    report.run(&steps)?;
    fuzz::smoke(&mut report)?;
    report.finish();
    Ok(())
}

fn wanted(arguments: &[String]) -> Result<Wanted, Failure> {
    let mut wanted = Wanted {
        consent: Consent::Ask,
        new_cases: false,
    };
    for argument in arguments {
        match argument.as_str() {
            "--yes" | "-y" => wanted.consent = Consent::Given,
            "--new-cases" => wanted.new_cases = true,
            other => {
                return Err(Failure::Usage(format!(
                    "`cargo xtask test` takes only --yes and --new-cases, not {other:?}"
                )));
            }
        }
    }
    Ok(wanted)
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
    fn consent_and_new_cases_are_understood_and_nothing_else() {
        let of = |words: &[&str]| {
            let words: Vec<String> = words.iter().map(|word| (*word).into()).collect();
            wanted(&words).map(|it| (it.consent, it.new_cases)).ok()
        };
        assert_eq!(of(&[]), Some((Consent::Ask, false)));
        assert_eq!(of(&["--yes"]), Some((Consent::Given, false)));
        assert_eq!(of(&["--new-cases", "-y"]), Some((Consent::Given, true)));
        assert_eq!(of(&["--no"]), None);
        assert_eq!(of(&["--yes", "more"]), None);
    }

    #[test]
    fn properties_try_the_same_cases_in_each_run() {
        assert!(STEPS.iter().any(|step| step.environment == SAME_CASES));
    }
}
