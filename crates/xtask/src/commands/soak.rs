//! `cargo xtask soak`: the whole-program tests whose names say that something survives, for many rounds.
//! The tests themselves read how many from `AGOR_TEST_ROUNDS`; before them the simulated network runs as
//! many times 400 seeds. `--minutes N` instead lets agents work for so long while everything storms around
//! them, and fails if anything grows or is lost; from an hour on also if memory grows at all.

use super::test::BUILD;
use crate::failure::Failure;
use crate::steps::{Report, Step, Tests};

const DEFAULT_ROUNDS: u64 = 500;

/// Runs it.
pub fn run(arguments: &[String]) -> Result<(), Failure> {
    if let Some(minutes) = minutes(arguments)? {
        return run_for(minutes);
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
            "survives",
            "--nocapture",
        ],
        environment: &[("AGOR_TEST_ROUNDS", &rounds)],
        tests: Tests::Some,
    };
    let seeds = seeds(&rounds).to_string();
    let random_orders = Step {
        name: "random orders",
        budget_minutes: 60,
        cargo: &[
            "test",
            "--workspace",
            "--lib",
            "--",
            "host::model::walk",
            "--nocapture",
        ],
        environment: &[("AGOR_TEST_SEEDS", &seeds)],
        tests: Tests::Some,
    };
    let mut report = Report::default();
    report.run(&[BUILD, random_orders, survival])?;
    report.finish();
    Ok(())
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

/// Returns for how long storms are asked for, if they are.
fn minutes(arguments: &[String]) -> Result<Option<u64>, Failure> {
    match arguments {
        [word, minutes] if word == "--minutes" => minutes
            .parse()
            .ok()
            .filter(|minutes| *minutes > 0)
            .map(Some)
            .ok_or_else(|| Failure::Usage(format!("{minutes:?} is no number of minutes"))),
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
    fn minutes_are_a_positive_number_after_their_word() {
        let typed = |words: &[&str]| words.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(minutes(&typed(&["--minutes", "240"])).unwrap(), Some(240));
        assert_eq!(minutes(&typed(&["500"])).unwrap(), None);
        for wrong in ["0", "-1", "x"] {
            assert!(minutes(&typed(&["--minutes", wrong])).is_err(), "{wrong}");
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
