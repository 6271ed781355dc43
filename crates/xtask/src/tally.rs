//! Counts of tests, read from what libtest prints.

use std::fmt;
use std::ops::AddAssign;

/// How many tests passed, failed and were skipped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Tests that passed.
    pub passed: u64,
    /// Tests that failed.
    pub failed: u64,
    /// Tests that were marked as ignored, or passed by saying `skipped: ` and why.
    pub skipped: u64,
}

impl Tally {
    /// Returns the counts of a line such as `test result: ok. 3 passed; 0 failed; 1 ignored; …`.
    pub fn from_line(line: &str) -> Option<Tally> {
        let plain = without_colours(line);
        let counts = plain.strip_prefix("test result: ")?.split_once(". ")?.1;
        let mut tally = Tally::default();
        for part in counts.split(';') {
            let Some((number, what)) = part.trim().split_once(' ') else {
                continue;
            };
            let Ok(number) = number.parse() else { continue };
            match what {
                "passed" => tally.passed = number,
                "failed" => tally.failed = number,
                "ignored" => tally.skipped = number,
                _ => {}
            }
        }
        Some(tally)
    }

    /// Returns how many tests ran.
    pub fn ran(&self) -> u64 {
        self.passed + self.failed
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Tally) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} passed, {} failed", self.passed, self.failed)?;
        if self.skipped > 0 {
            write!(formatter, ", {} skipped", self.skipped)?;
        }
        Ok(())
    }
}

/// Adds up the results in the lines that libtest prints.
///
/// libtest knows no test that finds out while it runs that it cannot: such a test prints a line
/// `skipped: why` and returns. With `--show-output` that line follows the test's name and comes before
/// the result of its binary, which counts it as passed.
#[derive(Debug, Default)]
pub struct Scanner {
    tally: Tally,
    /// The test whose output is being read.
    test: String,
    /// Tests of this binary that said why they were skipped.
    skipping: Vec<String>,
    skipped: Vec<String>,
    failed: Vec<Failed>,
    /// Whether lines are what a test that failed said last.
    saying: bool,
    /// Binaries that came to their results.
    results: u64,
}

/// A test that failed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Failed {
    /// Its name.
    pub test: String,
    /// What it said of why, from where it panicked on.
    pub said: Vec<String>,
}

/// Lines that are kept of what a test said that failed.
const SAID_MAX: usize = 24;

impl Scanner {
    /// Reads the line that follows what was read before.
    pub fn read_line(&mut self, line: &str) {
        self.hear_why(line);
        if let Some(test) = line
            .strip_prefix("---- ")
            .and_then(|rest| rest.strip_suffix(" stdout ----"))
        {
            test.clone_into(&mut self.test);
        } else if let Some(test) = failed(line) {
            self.failed.push(Failed {
                test,
                said: Vec::new(),
            });
        } else if let Some(why) = line.strip_prefix("skipped: ") {
            let test = format!("{}: ", self.test);
            // A test may say it for each of its parts.
            if !self.skipping.iter().any(|said| said.starts_with(&test)) {
                self.skipping.push(test + why);
            }
        } else if let Some((test, why)) = line
            .strip_prefix("test ")
            .and_then(|rest| rest.split_once(" ... ignored"))
        {
            let why = why.trim_start_matches([',', ' ']);
            self.skipped.push(format!("{test}: {why}"));
        } else if let Some(mut tally) = Tally::from_line(line) {
            let skipped = tally.passed.min(self.skipping.len() as u64);
            tally.passed -= skipped;
            tally.skipped += skipped;
            self.tally += tally;
            self.results += 1;
            self.skipped.append(&mut self.skipping);
        }
    }

    /// Keeps what a test that failed says of why, up to where it lists the functions that were called.
    fn hear_why(&mut self, line: &str) {
        let ends = ["stack backtrace:", "---- ", "note: run with"];
        if ends.iter().any(|end| line.starts_with(end)) {
            self.saying = false;
        }
        let Some(failed) = self.failed.iter_mut().rfind(|it| it.test == self.test) else {
            return;
        };
        self.saying |= line.starts_with("thread '") && line.contains(" panicked at ");
        if self.saying && failed.said.len() < SAID_MAX {
            failed.said.push(line.to_owned());
        }
    }

    /// Returns what was counted so far.
    pub fn tally(&self) -> Tally {
        self.tally
    }

    /// Returns the tests that failed so far.
    pub fn failed(&self) -> &[Failed] {
        &self.failed
    }

    /// Returns how many binaries came to their results so far.
    pub fn results(&self) -> u64 {
        self.results
    }

    /// Returns the tests that were skipped so far, each with why.
    pub fn skipped(&self) -> &[String] {
        &self.skipped
    }
}

/// Returns the test that failed by a line such as `test some::name ... FAILED`.
fn failed(line: &str) -> Option<String> {
    let plain = without_colours(line);
    let (test, result) = plain.strip_prefix("test ")?.rsplit_once(" ... ")?;
    (result.trim_end() == "FAILED").then(|| test.to_owned())
}

/// Returns `line` without control sequences.
pub fn without_colours(line: &str) -> String {
    let mut plain = String::with_capacity(line.len());
    let mut characters = line.chars();
    while let Some(character) = characters.next() {
        if character != '\u{1b}' {
            plain.push(character);
        } else if characters.next() == Some('[') {
            // Everything up to the final byte of the control sequence.
            characters
                .by_ref()
                .find(|character| ('@'..='~').contains(character));
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    const OK: &str = "test result: ok. 12 passed; 0 failed; 3 ignored; 0 measured; 7 filtered out; finished in 0.01s";

    #[test]
    fn a_line_of_results_is_read_and_filtered_tests_are_not_counted() {
        assert_eq!(
            Tally::from_line(OK),
            Some(Tally {
                passed: 12,
                failed: 0,
                skipped: 3
            })
        );
        let failed =
            "test result: FAILED. 1 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out";
        assert_eq!(
            Tally::from_line(failed),
            Some(Tally {
                passed: 1,
                failed: 2,
                skipped: 0
            })
        );
    }

    #[test]
    fn colours_do_not_hide_a_result() {
        let line = "test result: \u{1b}[32mok\u{1b}(B. 1 passed";
        assert_eq!(Tally::from_line(line).map(|tally| tally.passed), Some(1));
        let line = "test result: \u{1b}[1;31mFAILED\u{1b}[0m. 1 passed; 4 failed;";
        assert_eq!(Tally::from_line(line).map(|tally| tally.failed), Some(4));
    }

    #[test]
    fn other_lines_are_not_results() {
        for line in [
            "",
            "running 3 tests",
            "test a ... ok",
            " test result: ok. 1 passed",
            "12 passed",
        ] {
            assert_eq!(Tally::from_line(line), None, "{line:?}");
        }
    }

    #[test]
    fn results_of_several_binaries_add_up() {
        let mut scanner = Scanner::default();
        for line in ["running", OK, "", OK, "tail"] {
            scanner.read_line(line);
        }
        assert_eq!(
            scanner.tally(),
            Tally {
                passed: 24,
                failed: 0,
                skipped: 6
            }
        );
    }

    #[test]
    fn a_test_that_says_why_it_was_skipped_did_not_pass() {
        let text = "\
test a ... ok
test d ... ignored, no test

successes:

---- a stdout ----
skipped: no disk can be mounted
skipped: nor another

---- b stdout ----
skipped is not what this says
---- c stdout ----
skipped: no root
successes:
    a

test result: ok. 5 passed; 0 failed; 1 ignored
test result: ok. 2 passed; 0 failed; 0 ignored
";
        let mut scanner = Scanner::default();
        for line in text.lines() {
            scanner.read_line(line);
        }
        assert_eq!(
            scanner.tally(),
            Tally {
                passed: 5,
                failed: 0,
                skipped: 3
            }
        );
        assert_eq!(
            scanner.skipped(),
            ["d: no test", "a: no disk can be mounted", "c: no root"]
        );
    }

    #[test]
    fn a_test_that_failed_is_named_with_what_it_said() {
        let text = "\
test a ... ok
test b::c ... FAILED

---- a stdout ----
thread 'a' panicked at one.rs:1:1: which is caught
---- b::c stdout ----
it begins
thread 'b::c' (12) panicked at two.rs:3:5:
assertion failed: group.is_dir()
stack backtrace:
   0: begin
---- d stdout ----
failures:
    b::c

test result: FAILED. 2 passed; 1 failed; 0 ignored
";
        let mut scanner = Scanner::default();
        for line in text.lines() {
            scanner.read_line(line);
        }
        let said = [
            "thread 'b::c' (12) panicked at two.rs:3:5:",
            "assertion failed: group.is_dir()",
        ];
        let failed = Failed {
            test: "b::c".into(),
            said: said.map(str::to_owned).into(),
        };
        assert_eq!(scanner.failed(), [failed]);
        assert_eq!(scanner.results(), 1);
    }

    #[test]
    fn the_last_line_names_skipped_tests_only_when_there_are_some() {
        assert_eq!(
            Tally {
                passed: 3,
                failed: 1,
                skipped: 0
            }
            .to_string(),
            "3 passed, 1 failed"
        );
        assert_eq!(
            Tally {
                passed: 3,
                failed: 0,
                skipped: 2
            }
            .to_string(),
            "3 passed, 0 failed, 2 skipped"
        );
    }
}
