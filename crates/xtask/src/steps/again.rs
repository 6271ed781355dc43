//! A second chance for a few tests that failed, and what is said of those that do not take it.

use std::io;

use super::supervise::{Ended, Outcome};
use super::{Report, Step};
use crate::tally::Failed;

/// With more that fail it is not the machine.
const AGAIN_MAX: usize = 4;

impl Report {
    /// Runs the tests that failed in a step again by `run`, and returns whether they are all that was wrong with it.
    pub(super) fn passes_again(
        &mut self,
        step: &Step<'_>,
        outcome: &Outcome,
        run: impl FnOnce(&Step<'_>) -> io::Result<Outcome>,
    ) -> bool {
        let scanner = &outcome.heard.scanner;
        let failed = scanner.failed();
        let all_said = u64::try_from(failed.len()) == Ok(scanner.tally().failed)
            && scanner.results() == outcome.heard.running.begun();
        if failed.is_empty() || failed.len() > AGAIN_MAX || !all_said {
            return false;
        }
        let names = failed.iter().map(|failed| failed.test.as_str());
        let cargo: Vec<_> = step.cargo.iter().copied().chain(names).collect();
        let cargo = [cargo.as_slice(), &["--exact"]].concat();
        let step = Step {
            cargo: &cargo,
            ..*step
        };
        let Ok(second) = run(&step) else {
            return false;
        };
        let tally = second.heard.scanner.tally();
        let ended_well = matches!(second.ended, Ended::Itself(status) if status.success());
        if !ended_well || tally.passed < failed.len() as u64 {
            return false;
        }
        self.tally.failed -= failed.len() as u64;
        self.tally.passed += failed.len() as u64;
        print_failed(failed);
        for test in failed {
            println!(
                "warning: {} is flaky: it passed when it was run again",
                test.test
            );
            self.flaky.push(test.test.clone());
        }
        true
    }
}

/// Prints what tests said that failed.
pub(super) fn print_failed(failed: &[Failed]) {
    for Failed { test, said } in failed {
        println!("FAILED: {test}");
        for line in said {
            println!("    {line}");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt as _;
    use std::process::ExitStatus;

    use super::*;
    use crate::steps::Tests;
    use crate::steps::output::{Heard, Stream};

    const STEP: Step<'static> = Step {
        name: "tests",
        budget_minutes: 1,
        cargo: &["test", "--"],
        environment: &[],
        tests: Tests::Some,
    };
    const BEGUN: &str = "     Running tests/it.rs (target/it)";
    const FAILED: &[&str] = &[
        "test slow ... FAILED",
        "test other ... ok",
        "test result: FAILED. 1 passed; 1 failed; 0 ignored",
    ];
    const PASSED: &[&str] = &["test result: ok. 1 passed; 0 failed; 0 ignored"];

    fn outcome(lines: &[&str], status: i32) -> Outcome {
        let mut heard = Heard::default();
        heard.read_line(Stream::Error, BEGUN);
        for line in lines {
            heard.read_line(Stream::Output, line);
        }
        Outcome {
            ended: Ended::Itself(ExitStatus::from_raw(status << 8)),
            heard,
            leftovers: Vec::new(),
        }
    }

    /// Returns whether a step that said `first` is taken for one that passed if its second run says `second`.
    fn passes(first: &Outcome, second: Outcome) -> bool {
        Report::default().passes_again(&STEP, first, |_| Ok(second))
    }

    #[test]
    fn a_test_that_passes_alone_is_flaky_and_counts_as_passed() {
        let first = outcome(FAILED, 101);
        let mut report = Report {
            tally: first.heard.scanner.tally(),
            ..Report::default()
        };
        let passed = report.passes_again(&STEP, &first, |step| {
            assert_eq!(step.cargo, ["test", "--", "slow", "--exact"]);
            Ok(outcome(PASSED, 0))
        });
        assert!(passed);
        assert_eq!(report.flaky, ["slow"]);
        assert_eq!((report.tally.passed, report.tally.failed), (2, 0));
    }

    #[test]
    fn a_test_that_fails_again_has_failed() {
        assert!(!passes(&outcome(FAILED, 101), outcome(FAILED, 101)));
    }

    #[test]
    fn a_second_run_in_which_nothing_ran_shows_nothing() {
        let nothing = ["test result: ok. 0 passed; 0 failed; 0 ignored"];
        assert!(!passes(&outcome(FAILED, 101), outcome(&nothing, 0)));
    }

    #[test]
    fn a_binary_that_came_to_no_results_has_no_second_chance() {
        let mut crashed = outcome(FAILED, 101);
        crashed.heard.read_line(Stream::Error, BEGUN);
        assert!(!passes(&crashed, outcome(PASSED, 0)));
        // Nor where no test is named, as when the code cannot be compiled.
        assert!(!passes(&outcome(&[], 101), outcome(PASSED, 0)));
    }

    #[test]
    fn many_that_fail_have_no_second_chance() {
        let failed: Vec<_> = (0..=AGAIN_MAX)
            .map(|it| format!("test t{it} ... FAILED"))
            .chain(["test result: FAILED. 0 passed; 5 failed; 0 ignored".to_owned()])
            .collect();
        let failed: Vec<_> = failed.iter().map(String::as_str).collect();
        let all = ["test result: ok. 5 passed; 0 failed; 0 ignored"];
        assert!(!passes(&outcome(&failed, 101), outcome(&all, 0)));
    }
}
