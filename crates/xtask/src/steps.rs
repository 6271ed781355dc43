//! Runs cargo commands one after another: shows all that they print while they print it, counts their
//! tests, holds each against its budget of minutes, and kills it when it is far over.

mod again;
mod guard;
mod output;
mod running;
mod supervise;

use std::io::{self, IsTerminal};
use std::process::Command;
use std::time::{Duration, Instant};

use crate::failure::Failure;
use crate::tally::Tally;
use crate::workspace;
use guard::Folder;
use supervise::{Ended, Limits, Outcome, supervise};

/// One cargo command with its budget.
#[derive(Clone, Copy, Debug)]
pub struct Step<'a> {
    /// What it checks, in a word or two.
    pub name: &'static str,
    /// Minutes that it may take, cold, on two cores. More is said; three times as much ends it.
    pub budget_minutes: u64,
    /// Arguments of cargo.
    pub cargo: &'a [&'a str],
    /// Environment on top of ours.
    pub environment: &'a [(&'static str, &'a str)],
    /// Whether it must have run tests.
    pub tests: Tests,
}

/// Whether a step runs tests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tests {
    /// It runs none.
    None,
    /// It runs at least one; a filter that matches nothing would otherwise look like success.
    Some,
}

/// A step is killed at so many times its budget …
const LIMIT_IN_BUDGETS: u64 = 3;

/// … but not before so many minutes, since a small budget is soon over on a busy machine.
const LIMIT_AT_LEAST_MINUTES: u64 = 5;

/// Tells the whole-program tests that the programs which they run are built.
pub const PROGRAMS_BUILT: (&str, &str) = ("AGOR_TEST_PROGRAMS", "built");

/// What came of steps that all succeeded, or of those up to the first that did not.
#[derive(Debug, Default)]
pub struct Report {
    tally: Tally,
    skipped: Vec<String>,
    /// Whether a few tests that failed are run again, alone.
    again: bool,
    /// Those that passed then.
    flaky: Vec<String>,
    times: Vec<(&'static str, Duration, u64)>,
    /// When everything must be done, and the minutes that it had.
    deadline: Option<(Instant, u64)>,
}

impl Report {
    /// Returns one whose steps must all be done in `minutes` from now.
    pub fn within(minutes: u64) -> Report {
        Report {
            deadline: Some((Instant::now() + minutes_long(minutes), minutes)),
            ..Report::default()
        }
    }

    /// Lets a few tests that failed be run again, alone, and says of those that pass then that they are flaky.
    ///
    /// A test that needs the clock of a busy machine should not hold up a change that has nothing to do with it; a test
    /// that fails because of the change fails again.
    pub fn tries_again(&mut self, again: bool) {
        self.again = again;
    }

    /// Notes that something other than a cargo command took `took`.
    pub fn note(&mut self, name: &'static str, took: Duration, budget_minutes: u64) {
        self.times.push((name, took, budget_minutes));
        say_if_over(name, took, budget_minutes);
    }

    /// Runs `steps` in order until one fails.
    pub fn run(&mut self, steps: &[Step<'_>]) -> Result<(), Failure> {
        for step in steps {
            println!(
                "\n== {}: {}",
                step.name,
                command_line(step.cargo, step.environment)
            );
            let started = Instant::now();
            let limits = limits(step.budget_minutes, self.deadline, started);
            if limits.hard.is_zero() {
                self.print_times();
                return Err(Failure::Step(format!(
                    "{} was not begun: there was no time left for it",
                    step.name
                )));
            }
            let outcome = run_one(step, limits);
            let took = started.elapsed();
            self.times.push((step.name, took, step.budget_minutes));
            let outcome = outcome.map_err(|error| {
                Failure::SetUp(format!(
                    "cargo could not be started for {}: {error}",
                    step.name
                ))
            })?;
            for process in &outcome.leftovers {
                println!(
                    "warning: {} left a process behind, now killed: {process}",
                    step.name
                );
            }
            let tally = outcome.heard.scanner.tally();
            self.tally += tally;
            let skipped = outcome.heard.scanner.skipped().iter().cloned();
            self.skipped.extend(skipped);
            say_if_over(step.name, took, step.budget_minutes);
            let deadline = self.deadline;
            let again = |step: &Step<'_>| {
                let command = command_line(step.cargo, step.environment);
                println!("\n== again, {}: {command}", step.name);
                run_one(
                    step,
                    self::limits(step.budget_minutes, deadline, Instant::now()),
                )
            };
            let why = match outcome.ended {
                Ended::Killed => self.why_killed(&outcome, step, limits),
                Ended::Itself(status) if !status.success() => {
                    if self.again && self.passes_again(step, &outcome, again) {
                        continue;
                    }
                    status.to_string()
                }
                Ended::Itself(_) if step.tests == Tests::Some && tally.ran() == 0 => {
                    "no test ran".to_owned()
                }
                Ended::Itself(_) => continue,
            };
            self.print_times();
            again::print_failed(outcome.heard.scanner.failed());
            let counted = if self.tally.ran() > 0 {
                format!(": {}", self.tally)
            } else {
                String::new()
            };
            return Err(Failure::Step(format!(
                "failed at {} ({why}){counted}; to repeat it: {}",
                step.name,
                command_line(step.cargo, step.environment)
            )));
        }
        Ok(())
    }

    /// Prints the end of what a step said, and returns why it was killed and over what.
    fn why_killed(&self, outcome: &Outcome, step: &Step<'_>, limits: Limits) -> String {
        let heard = &outcome.heard;
        println!("\n== the last {} lines of {}", heard.tail.len(), step.name);
        for line in &heard.tail {
            println!("{line}");
        }
        let limit = match self.deadline {
            Some((_, minutes)) if limits.hard < limit(step.budget_minutes) => {
                format!("what was left of {minutes} minutes for everything")
            }
            _ => "its limit".to_owned(),
        };
        let hard = clock(limits.hard);
        format!("killed after {hard}, {limit}; {}", heard.going_on())
    }

    /// Prints how long each step took, which tests were skipped and why, then the count of tests as the
    /// last line.
    pub fn finish(&self) {
        self.print_times();
        for test in &self.skipped {
            println!("skipped: {test}");
        }
        for test in &self.flaky {
            println!("flaky: {test} failed, and passed when it was run again alone");
        }
        println!("{}", self.tally);
    }

    fn print_times(&self) {
        println!("\n{:<24} {:>8} {:>8}", "step", "took", "budget");
        for (name, took, budget_minutes) in &self.times {
            println!("{name:<24} {:>8} {budget_minutes:>5}:00", clock(*took));
        }
        let total = self.times.iter().map(|(_, took, _)| *took).sum();
        println!("{:<24} {:>8}\n", "all", clock(total));
    }
}

/// Returns the command as a person would type it.
pub fn command_line(cargo: &[&str], environment: &[(&str, &str)]) -> String {
    let quoted = |word: &str| {
        if word.contains([' ', '*', '[', '!']) {
            format!("'{word}'")
        } else {
            word.to_owned()
        }
    };
    let variables = environment
        .iter()
        .map(|(name, value)| format!("{name}={}", quoted(value)));
    let words = cargo.iter().map(|word| quoted(word));
    variables
        .chain(["cargo".to_owned()])
        .chain(words)
        .collect::<Vec<_>>()
        .join(" ")
}

fn minutes_long(minutes: u64) -> Duration {
    Duration::from_secs(minutes * 60)
}

/// Returns after how long a step with this budget is killed.
fn limit(budget_minutes: u64) -> Duration {
    minutes_long((budget_minutes * LIMIT_IN_BUDGETS).max(LIMIT_AT_LEAST_MINUTES))
}

/// Returns what a step that starts `now` may take, with everything to be done at the deadline.
fn limits(budget_minutes: u64, deadline: Option<(Instant, u64)>, now: Instant) -> Limits {
    let own = limit(budget_minutes);
    let left = deadline.map(|(at, _)| at.saturating_duration_since(now));
    Limits {
        budget: minutes_long(budget_minutes),
        hard: left.map_or(own, |left| left.min(own)),
    }
}

fn run_one(step: &Step<'_>, limits: Limits) -> io::Result<Outcome> {
    let mut command = Command::new(workspace::cargo());
    command
        .args(step.cargo)
        .envs(step.environment.iter().copied())
        .current_dir(workspace::root());
    // It prints into a pipe, whose end we copy to the terminal.
    if io::stderr().is_terminal() && std::env::var_os("CARGO_TERM_COLOR").is_none() {
        command.env("CARGO_TERM_COLOR", "always");
    }
    let folder = match step.tests {
        Tests::Some => {
            command.env(PROGRAMS_BUILT.0, PROGRAMS_BUILT.1);
            Some(Folder::make()?)
        }
        Tests::None => None,
    };
    supervise(step.name, command, folder, limits)
}

fn say_if_over(name: &str, took: Duration, budget_minutes: u64) {
    if took > Duration::from_secs(budget_minutes * 60) {
        println!(
            "warning: {name} took {}, its budget is {budget_minutes}:00",
            clock(took)
        );
    }
}

/// Returns a duration as minutes and seconds.
pub fn clock(duration: Duration) -> String {
    // Rounded up, so that nothing took no time.
    let seconds = duration.as_millis().div_ceil(1000);
    format!("{}:{:02}", seconds / 60, seconds % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_line_can_be_typed_again() {
        assert_eq!(
            command_line(&["doc", "--no-deps"], &[("RUSTDOCFLAGS", "-D warnings")]),
            "RUSTDOCFLAGS='-D warnings' cargo doc --no-deps"
        );
    }

    #[test]
    fn times_are_minutes_and_seconds_rounded_up() {
        assert_eq!(clock(Duration::ZERO), "0:00");
        assert_eq!(clock(Duration::from_millis(1)), "0:01");
        assert_eq!(clock(Duration::from_secs(61)), "1:01");
    }

    #[test]
    fn a_step_that_should_run_tests_and_runs_none_fails() {
        let step = Step {
            name: "nothing",
            budget_minutes: 1,
            cargo: &["--version"],
            environment: &[],
            tests: Tests::Some,
        };
        let failure = Report::default().run(&[step]).unwrap_err();
        assert!(failure.to_string().contains("no test ran"), "{failure}");
    }

    #[test]
    fn nothing_runs_after_a_step_that_failed() {
        let fails = Step {
            name: "fails",
            budget_minutes: 1,
            cargo: &["no-such-command"],
            environment: &[],
            tests: Tests::None,
        };
        let mut report = Report::default();
        let failure = report
            .run(&[
                fails,
                Step {
                    name: "after",
                    ..fails
                },
            ])
            .unwrap_err();
        assert!(
            failure
                .to_string()
                .starts_with("failed at fails (exit status: 101)"),
            "{failure}"
        );
        assert_eq!(report.times.len(), 1);
    }

    #[test]
    fn a_step_has_three_budgets_five_minutes_at_least_and_no_more_than_is_left() {
        let now = Instant::now();
        let hard = |budget, left: Option<u64>| {
            let deadline = left.map(|left| (now + minutes_long(left), 70));
            limits(budget, deadline, now).hard
        };
        assert_eq!(hard(4, None), minutes_long(12));
        assert_eq!(hard(1, None), minutes_long(5));
        assert_eq!(hard(4, Some(7)), minutes_long(7));
        assert_eq!(hard(4, Some(0)), Duration::ZERO);
    }

    #[test]
    fn when_no_time_is_left_no_step_begins() {
        let step = Step {
            name: "late",
            budget_minutes: 1,
            cargo: &["--version"],
            environment: &[],
            tests: Tests::None,
        };
        let failure = Report::within(0).run(&[step]).unwrap_err().to_string();
        assert!(failure.starts_with("late was not begun"), "{failure}");
    }
}
