//! `cargo xtask soak`: the whole-program tests whose names say that something survives, for many rounds.
//! The tests themselves read how many from `AGOR_TEST_ROUNDS`; before them the simulated network runs as
//! many times 400 seeds. `--minutes N` instead lets agents work for so long while everything storms around
//! them, and fails if anything grows or is lost; from an hour on also if memory grows at all. `--seeds N` runs the
//! simulated network alone, for millions of them.

use super::test::BUILD;
use crate::failure::Failure;
use crate::steps::{Report, Step, Tests};

const DEFAULT_ROUNDS: u64 = 500;

/// What tells the simulated network how many seeds to run.
const SEEDS: &str = "AGOR_TEST_SEEDS";

/// Seeds that two slow cores run in a minute, at the least.
const SEEDS_A_MINUTE: u64 = 20_000;

/// Runs it.
pub fn run(arguments: &[String]) -> Result<(), Failure> {
    if let Some(minutes) = number_after("--minutes", arguments)? {
        return run_for(minutes);
    }
    if let Some(seeds) = number_after("--seeds", arguments)? {
        let mut report = Report::default();
        let words = seeds.to_string();
        let environment = [(SEEDS, words.as_str())];
        report.run(&[random_orders(&environment, seeds)])?;
        report.finish();
        return Ok(());
    }
    let rounds = rounds(arguments)?.to_string();
    let survival = Step {
        name: "survival",
        budget_minutes: 120,
        cargo: &[
            "test",
            "--workspace",
            "--test",
            "it",
            "--",
            "survival::",
            "--nocapture",
        ],
        environment: &[("AGOR_TEST_ROUNDS", &rounds)],
        tests: Tests::Some,
    };
    let seeds = seeds(&rounds);
    let words = seeds.to_string();
    let environment = [(SEEDS, words.as_str())];
    let mut report = Report::default();
    report.run(&[BUILD, random_orders(&environment, seeds), survival])?;
    report.finish();
    Ok(())
}

/// Returns the step that runs the simulated network with this environment, for so many seeds.
fn random_orders<'a>(environment: &'a [(&'static str, &'a str)], seeds: u64) -> Step<'a> {
    Step {
        name: "random orders",
        budget_minutes: 15 + seeds / SEEDS_A_MINUTE,
        cargo: &[
            "test",
            "--workspace",
            "--lib",
            "--",
            "host::model::walk",
            "--nocapture",
        ],
        environment,
        tests: Tests::Some,
    }
}

fn run_for(minutes: u64) -> Result<(), Failure> {
    let words = minutes.to_string();
    let mut report = Report::default();
    report.run(&[
        BUILD,
        Step {
            name: "storms",
            budget_minutes: minutes + 5,
            cargo: &[
                "test",
                "--workspace",
                "--test",
                "it",
                "--",
                "soak::",
                "--nocapture",
            ],
            environment: &[("AGOR_TEST_SOAK_MINUTES", &words)],
            tests: Tests::Some,
        },
    ])?;
    report.finish();
    Ok(())
}

/// Returns the number that is typed after a word, if that is what is typed.
fn number_after(word: &str, arguments: &[String]) -> Result<Option<u64>, Failure> {
    match arguments {
        [typed, number] if typed == word => number
            .parse()
            .ok()
            .filter(|number| *number > 0)
            .map(Some)
            .ok_or_else(|| Failure::Usage(format!("{number:?} is no number for {word}"))),
        _ => Ok(None),
    }
}

/// Returns how many seeds the simulated network runs: about as long as a kill takes, for each round.
fn seeds(rounds: &str) -> u64 {
    rounds
        .parse::<u64>()
        .unwrap_or(DEFAULT_ROUNDS)
        .saturating_mul(400)
}

fn rounds(arguments: &[String]) -> Result<u64, Failure> {
    match arguments {
        [] => Ok(DEFAULT_ROUNDS),
        [rounds] => rounds
            .parse()
            .ok()
            .filter(|rounds| *rounds > 0)
            .ok_or_else(|| {
                Failure::Usage(format!(
                    "{rounds:?} is no number of rounds; try `cargo xtask soak 500`"
                ))
            }),
        _ => Err(Failure::Usage(
            "`cargo xtask soak` takes one number of rounds".to_owned(),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn minutes_and_seeds_are_a_positive_number_after_their_word() {
        let typed = |words: &[&str]| words.iter().map(ToString::to_string).collect::<Vec<_>>();
        for word in ["--minutes", "--seeds"] {
            let number = |typed: &[String]| number_after(word, typed);
            assert_eq!(number(&typed(&[word, "240"])).unwrap(), Some(240));
            assert_eq!(number(&typed(&["500"])).unwrap(), None);
            for wrong in ["0", "-1", "x"] {
                assert!(number(&typed(&[word, wrong])).is_err(), "{wrong}");
            }
        }
    }

    #[test]
    fn rounds_are_a_positive_number_or_left_out() {
        assert_eq!(rounds(&[]).unwrap(), DEFAULT_ROUNDS);
        assert_eq!(rounds(&["7".into()]).unwrap(), 7);
        for wrong in [
            vec!["0".into()],
            vec!["-1".into()],
            vec!["many".into()],
            vec!["1".into(), "2".into()],
        ] {
            assert!(rounds(&wrong).is_err(), "{wrong:?}");
        }
    }
}
