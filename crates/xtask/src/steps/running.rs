//! Which tests have begun and have no result yet, as far as libtest and cargo say.
//!
//! With several threads libtest names a test only when it ends, or when it has run for a minute; with
//! one thread it names it before it runs, in a line that its result completes. Every limit is longer than
//! a minute, so that a test that hangs is among those named.

use std::collections::BTreeSet;

use crate::tally::without_colours;

/// See the module.
#[derive(Debug, Default)]
pub struct Running {
    /// The binary, as cargo announces it.
    binary: Option<String>,
    /// Binaries that were begun.
    begun: u64,
    /// Tests that have run for a minute.
    long: BTreeSet<String>,
    /// The test that ended last.
    last: Option<String>,
}

impl Running {
    /// Reads a line that libtest printed.
    pub fn read_line(&mut self, line: &str) {
        if line.starts_with("test result: ") {
            self.long.clear();
            self.last = None;
            return;
        }
        let Some(rest) = line.strip_prefix("test ") else {
            return;
        };
        if let Some((test, _)) = rest.split_once(" has been running for over ") {
            self.long.insert(test.to_owned());
        } else if let Some((test, _)) = rest.split_once(" ... ") {
            self.long.remove(test);
            self.last = Some(test.to_owned());
        }
    }

    /// Reads a line that cargo printed.
    pub fn read_cargo_line(&mut self, line: &str) {
        let plain = without_colours(line);
        let plain = plain.trim_start();
        if plain.starts_with("Running ") || plain.starts_with("Doc-tests ") {
            self.binary = Some(plain.to_owned());
            self.begun += 1;
        }
    }

    /// Returns how many binaries were begun.
    pub fn begun(&self) -> u64 {
        self.begun
    }

    /// Returns in a few words what runs, given the line of libtest that has no end yet.
    pub fn describe(&self, unended: &str) -> String {
        let begun = unended
            .strip_prefix("test ")
            .and_then(|rest| rest.split_once(" ... "))
            .map(|(test, _)| test.to_owned());
        let tests: BTreeSet<_> = self.long.iter().cloned().chain(begun).collect();
        let what = if !tests.is_empty() {
            let tests: Vec<_> = tests.into_iter().collect();
            format!("running then: {}", tests.join(", "))
        } else if let Some(last) = &self.last {
            format!("no test had run for a minute; the last that ended was {last}")
        } else {
            "no test had run for a minute".to_owned()
        };
        match &self.binary {
            Some(binary) => format!("{what} ({binary})"),
            None => what,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(lines: &[&str]) -> Running {
        let mut running = Running::default();
        for line in lines {
            running.read_line(line);
        }
        running
    }

    #[test]
    fn a_test_that_ran_for_a_minute_is_named_until_its_result() {
        let long = "test a::b has been running for over 60 seconds";
        let running = after(&["test c ... ok", long]);
        assert_eq!(running.describe(""), "running then: a::b");
        let running = after(&[long, "test a::b ... FAILED"]);
        assert_eq!(
            running.describe(""),
            "no test had run for a minute; the last that ended was a::b"
        );
    }

    #[test]
    fn of_one_thread_the_test_that_began_is_named() {
        assert_eq!(after(&[]).describe("test a::b ... "), "running then: a::b");
    }

    #[test]
    fn the_next_binary_begins_with_no_test_running() {
        let mut running = after(&[
            "test a has been running for over 60 seconds",
            "test result: ok. 1 passed",
        ]);
        running.read_cargo_line("\u{1b}[1m     Running\u{1b}[0m tests/it/main.rs (target/it-1)");
        assert_eq!(
            running.describe(""),
            "no test had run for a minute (Running tests/it/main.rs (target/it-1))"
        );
    }
}
