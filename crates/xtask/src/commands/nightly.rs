//! `cargo xtask nightly`: everything that takes long, one after the other. What fails holds up nothing
//! of the rest; all failures are said again at the end.

use super::{bench, fuzz, real_agents, soak, take_no_arguments, test, upgrade};
use crate::failure::Failure;

/// One part.
struct Part {
    /// What a person types to run it alone, after `cargo xtask`.
    typed: &'static str,
    run: fn(&[String]) -> Result<(), Failure>,
}

/// Every part, in order.
const PARTS: &[Part] = &[
    Part {
        typed: "test --yes --new-cases",
        run: test::run,
    },
    Part {
        typed: "upgrade",
        run: upgrade::run,
    },
    Part {
        typed: "soak 500",
        run: soak::run,
    },
    Part {
        typed: "soak --minutes 240",
        run: soak::run,
    },
    Part {
        typed: "fuzz 900",
        run: fuzz::run,
    },
    Part {
        typed: "real-agents",
        run: real_agents::run,
    },
    Part {
        typed: "bench",
        run: bench::run,
    },
];

/// Runs it.
pub fn run(arguments: &[String]) -> Result<(), Failure> {
    take_no_arguments("nightly", arguments)?;
    let failed = run_parts(PARTS);
    if failed.is_empty() {
        return Ok(());
    }
    Err(Failure::Step(format!(
        "{} of {} parts failed:\n{}",
        failed.len(),
        PARTS.len(),
        failed.join("\n")
    )))
}

fn run_parts(parts: &[Part]) -> Vec<String> {
    let mut failed = Vec::new();
    for part in parts {
        println!("\n==== cargo xtask {}", part.typed);
        let words = part.typed.split(' ').skip(1);
        let words: Vec<String> = words.map(str::to_owned).collect();
        if let Err(failure) = (part.run)(&words) {
            println!("{failure}");
            failed.push(format!("cargo xtask {}: {failure}", part.typed));
        }
    }
    failed
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::find;

    #[test]
    fn every_part_is_a_command_that_a_person_can_type() {
        for part in PARTS {
            let id = part.typed.split(' ').next().unwrap();
            assert!(find(id).is_ok(), "{id}");
        }
    }

    #[test]
    fn a_part_that_fails_holds_up_nothing_and_is_named() {
        fn fails(words: &[String]) -> Result<(), Failure> {
            Err(Failure::Step(words.join("-")))
        }
        fn succeeds(_: &[String]) -> Result<(), Failure> {
            Ok(())
        }
        let parts = [
            Part {
                typed: "one with words",
                run: fails,
            },
            Part {
                typed: "two",
                run: succeeds,
            },
            Part {
                typed: "three",
                run: fails,
            },
        ];
        let failed = run_parts(&parts);
        assert_eq!(failed.len(), 2);
        assert!(failed[0].starts_with("cargo xtask one with words: with-words"));
        assert!(failed[1].starts_with("cargo xtask three"));
    }
}
