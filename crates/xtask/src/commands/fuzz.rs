//! `cargo xtask fuzz`: hostile bytes for every decoder, by libFuzzer. What it finds interesting is kept
//! in `target/fuzz/<target>/corpus` and goes on from there the next time; what it breaks is written
//! beside it, with the command that repeats it.
//!
//! The targets are in `tests/fuzz/`, a package of its own. Coverage needs no nightly compiler, only
//! passes that the stable one has; the address sanitizer does, and is left out: unsafe code is in
//! the keeper and the renderer alone, which read no bytes of strangers.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::failure::Failure;
use crate::packages::{self, Consent, User};
use crate::steps::{Report, Step, Tests};
use crate::workspace;

/// One target.
#[derive(Debug)]
struct Target {
    /// The word that a person types, and the file in `tests/fuzz/`.
    name: &'static str,
    /// Folders with inputs to begin from.
    seeds: &'static [&'static str],
}

/// Every target. A new one is a file, its lines in `tests/fuzz/Cargo.toml` and a row.
const TARGETS: &[Target] = &[
    Target {
        name: "terminal",
        seeds: &["crates/agor-term/tests/cases"],
    },
    Target {
        name: "checkpoint",
        seeds: &["crates/agor-term/tests/cases"],
    },
    Target {
        name: "frames",
        seeds: &["crates/agor-proto/tests/golden/files"],
    },
    Target {
        name: "records",
        seeds: &["crates/agor-proto/tests/golden/files"],
    },
    Target {
        name: "images",
        seeds: &["crates/agor-term/tests/cases"],
    },
    Target {
        name: "decoders",
        seeds: &["tests/fuzz/seeds/decoders", "crates/agor-term/tests/cases"],
    },
    Target {
        name: "input",
        seeds: &["crates/agor-term/tests/cases"],
    },
];

/// Seconds for each target unless the person says otherwise.
const SECONDS: u64 = 60;

/// Seconds of all targets together when everything is tested.
const SMOKE_SECONDS: u64 = 60;

/// Minutes of that with the build, for the sum of all budgets.
#[cfg(test)]
pub const SMOKE_MINUTES: u64 = 5;

/// What cargo-fuzz passes too, without what only a nightly compiler takes.
const COVERAGE: &str = "-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares --cfg fuzzing";

/// What was asked for.
#[derive(Debug, PartialEq, Eq)]
struct Wanted<'a> {
    target: Option<&'a str>,
    seconds: u64,
}

/// Runs it.
pub fn run(arguments: &[String]) -> Result<(), Failure> {
    let wanted = wanted(arguments)?;
    packages::set_up(Consent::Ask, &[User::Build, User::Fuzz])?;
    let mut report = Report::default();
    run_in(&mut report, &wanted)?;
    report.finish();
    Ok(())
}

/// Runs every target for some seconds, as a part of all tests: what the seeds, and what is near to them,
/// break is found before a change is accepted.
pub fn smoke(report: &mut Report) -> Result<(), Failure> {
    let seconds = SMOKE_SECONDS / TARGETS.len() as u64;
    let wanted = Wanted {
        target: None,
        seconds,
    };
    run_in(report, &wanted)
}

fn run_in(report: &mut Report, wanted: &Wanted<'_>) -> Result<(), Failure> {
    let host = host()?;
    let build = build(&host);
    let build: Vec<&str> = build.iter().map(String::as_str).collect();
    let environment = [("RUSTFLAGS", COVERAGE)];
    report.run(&[Step {
        name: "build of the fuzz targets",
        budget_minutes: 4,
        cargo: &build,
        environment: &environment,
        tests: Tests::None,
    }])?;
    let chosen = |target: &&Target| wanted.target.is_none_or(|name| name == target.name);
    for target in TARGETS.iter().filter(chosen) {
        let words = words(target, &host, wanted.seconds)?;
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        report.run(&[Step {
            name: target.name,
            budget_minutes: wanted.seconds.div_ceil(60) + 1,
            cargo: &words,
            environment: &environment,
            tests: Tests::None,
        }])?;
    }
    Ok(())
}

fn words(target: &Target, host: &str, seconds: u64) -> Result<Vec<String>, Failure> {
    let folder = workspace::root().join("target/fuzz").join(target.name);
    let corpus = folder.join("corpus");
    fs::create_dir_all(&corpus)
        .map_err(|error| Failure::SetUp(format!("{} cannot be made: {error}", corpus.display())))?;
    let mut words = build(host);
    words[0] = "run".into();
    words.extend(["--bin".into(), target.name.into(), "--".into()]);
    words.extend([
        format!("-max_total_time={seconds}"),
        "-max_len=4096".into(),
        // Seconds for one input, and mebibytes in all: more is a bug.
        "-timeout=10".into(),
        "-rss_limit_mb=1024".into(),
        "-print_final_stats=1".into(),
        "-verbosity=0".into(),
        format!("-artifact_prefix={}/", folder.display()),
        corpus.display().to_string(),
    ]);
    words.extend(target.seeds.iter().map(|seeds| {
        let seeds: &Path = &workspace::root().join(seeds);
        seeds.display().to_string()
    }));
    Ok(words)
}

/// Returns cargo's words for building every target. The compiler's target is named, so that build scripts and
/// macros, which are of the host, are compiled without coverage.
fn build(host: &str) -> Vec<String> {
    let words =
        "build --release --manifest-path tests/fuzz/Cargo.toml --target-dir target/fuzz/build";
    let words = words.split(' ').map(str::to_owned);
    words.chain(["--target".into(), host.into()]).collect()
}

fn host() -> Result<String, Failure> {
    let output = Command::new("rustc").arg("-vV").output();
    let output =
        output.map_err(|error| Failure::SetUp(format!("rustc could not be started: {error}")))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned)
        .ok_or_else(|| Failure::SetUp("rustc does not say for which system it compiles".into()))
}

fn wanted(arguments: &[String]) -> Result<Wanted<'_>, Failure> {
    let usage = |what: String| {
        let names: Vec<_> = TARGETS.iter().map(|target| target.name).collect();
        Failure::Usage(format!(
            "{what}; `cargo xtask fuzz` takes one of {} and seconds",
            names.join(", ")
        ))
    };
    let mut wanted = Wanted {
        target: None,
        seconds: SECONDS,
    };
    for word in arguments {
        if let Some(target) = TARGETS.iter().find(|target| target.name == word) {
            wanted.target = Some(target.name);
        } else if let Some(seconds) = word.parse().ok().filter(|seconds| *seconds > 0) {
            wanted.seconds = seconds;
        } else {
            return Err(usage(format!("{word:?} is neither a target nor seconds")));
        }
    }
    Ok(wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_and_seconds_are_understood_in_any_order() {
        let typed = |words: &[&str]| words.iter().map(ToString::to_string).collect::<Vec<_>>();
        let all = typed(&[]);
        assert_eq!(wanted(&all).unwrap().seconds, SECONDS);
        let both = typed(&["5", "frames"]);
        let both = wanted(&both).unwrap();
        assert_eq!((both.target, both.seconds), (Some("frames"), 5));
        for wrong in ["0", "-1", "frame"] {
            assert!(wanted(&typed(&[wrong])).is_err(), "{wrong}");
        }
    }

    #[test]
    fn every_target_is_in_the_package_and_has_seeds() {
        let folder = workspace::root().join("tests/fuzz");
        let manifest = fs::read_to_string(folder.join("Cargo.toml")).unwrap();
        assert_eq!(manifest.matches("[[bin]]").count(), TARGETS.len());
        for target in TARGETS {
            let file = format!("path = \"{}.rs\"", target.name);
            assert!(manifest.contains(&file), "{file}");
            assert!(folder.join(format!("{}.rs", target.name)).is_file());
            for seeds in target.seeds {
                assert!(workspace::root().join(seeds).is_dir(), "{seeds}");
            }
        }
    }
}
