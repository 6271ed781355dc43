//! Runs cargo commands one after another: shows all that they print while they print it, counts their
//! tests, and holds each against its budget of minutes.

use std::io::{self, Read, Write};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::mpsc::{RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::failure::Failure;
use crate::tally::{Scanner, Tally};
use crate::workspace;

/// One cargo command with its budget.
#[derive(Clone, Copy, Debug)]
pub struct Step<'a> {
    /// What it checks, in a word or two.
    pub name: &'static str,
    /// Minutes that it may take, cold, on two cores. More is said, not failed.
    pub budget_minutes: u64,
    /// Arguments of cargo.
    pub cargo: &'static [&'static str],
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

/// What came of steps that all succeeded, or of those up to the first that did not.
#[derive(Debug, Default)]
pub struct Report {
    tally: Tally,
    skipped: Vec<String>,
    times: Vec<(&'static str, Duration, u64)>,
}

/// How long output may still come after the process that was started has ended. Whatever holds it open
/// for longer is a process that outlived its test.
const OUTPUT_GRACE: Duration = Duration::from_secs(5);

impl Report {
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
            let outcome = run_one(step);
            let took = started.elapsed();
            self.times.push((step.name, took, step.budget_minutes));
            let (status, tally, skipped) = outcome.map_err(|error| {
                Failure::SetUp(format!(
                    "cargo could not be started for {}: {error}",
                    step.name
                ))
            })?;
            self.tally += tally;
            self.skipped.extend(skipped);
            say_if_over(step.name, took, step.budget_minutes);
            let why = if !status.success() {
                status.to_string()
            } else if step.tests == Tests::Some && tally.ran() == 0 {
                "no test ran".to_owned()
            } else {
                continue;
            };
            self.print_times();
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

    /// Prints how long each step took, which tests were skipped and why, then the count of tests as the
    /// last line.
    pub fn finish(&self) {
        self.print_times();
        for test in &self.skipped {
            println!("skipped: {test}");
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

fn run_one(step: &Step<'_>) -> io::Result<(ExitStatus, Tally, Vec<String>)> {
    let mut child = Command::new(workspace::cargo())
        .args(step.cargo)
        .envs(step.environment.iter().copied())
        .current_dir(workspace::root())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()?;
    let scanner = Arc::new(Mutex::new(Scanner::default()));
    let (output_ended, output_end) = sync_channel::<()>(1);
    let copier = match child.stdout.take() {
        Some(output) => Some(copy_output(output, Arc::clone(&scanner), output_ended)?),
        None => None,
    };
    let status = wait(&mut child, step)?;
    // The copier drops its end of the channel at the end of the output.
    match output_end.recv_timeout(OUTPUT_GRACE) {
        Err(RecvTimeoutError::Timeout) => println!(
            "warning: a process that {} started still runs and holds its output open",
            step.name
        ),
        Ok(()) | Err(RecvTimeoutError::Disconnected) => {
            if let Some(copier) = copier
                && copier.join().is_err()
            {
                println!(
                    "warning: the output of {} could not be copied to its end",
                    step.name
                );
            }
        }
    }
    let scanner = scanner.lock().unwrap_or_else(PoisonError::into_inner);
    Ok((status, scanner.tally(), scanner.skipped().to_vec()))
}

/// Waits for `child` and says once, while it still runs, that it is over its budget.
fn wait(child: &mut Child, step: &Step<'_>) -> io::Result<ExitStatus> {
    let (finish, finished) = sync_channel::<()>(0);
    let (name, budget_minutes) = (step.name, step.budget_minutes);
    let watch = thread::Builder::new()
        .name("budget".into())
        .spawn(move || {
            let budget = Duration::from_secs(budget_minutes * 60);
            if finished.recv_timeout(budget) == Err(RecvTimeoutError::Timeout) {
                println!(
                    "warning: {name} is over its budget of {budget_minutes} minutes and still runs"
                );
            }
        })?;
    let status = child.wait();
    drop(finish);
    if watch.join().is_err() {
        println!("warning: the budget of {name} was not watched");
    }
    status
}

fn copy_output(
    mut output: ChildStdout,
    scanner: Arc<Mutex<Scanner>>,
    ended: SyncSender<()>,
) -> io::Result<JoinHandle<()>> {
    thread::Builder::new().name("output".into()).spawn(move || {
        let _ended = ended;
        let mut buffer = [0; 8192];
        loop {
            let bytes = match output.read(&mut buffer) {
                Ok(0) => break,
                Ok(count) => buffer.get(..count).unwrap_or_default(),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => {
                    println!("warning: the output ended early: {error}");
                    break;
                }
            };
            let mut stdout = io::stdout().lock();
            // A reader of ours that went away must not stop the count.
            stdout.write_all(bytes).and_then(|()| stdout.flush()).ok();
            scanner
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .read(bytes);
        }
    })
}

fn say_if_over(name: &str, took: Duration, budget_minutes: u64) {
    if took > Duration::from_secs(budget_minutes * 60) {
        println!(
            "warning: {name} took {}, its budget is {budget_minutes}:00",
            clock(took)
        );
    }
}

fn clock(duration: Duration) -> String {
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
}
