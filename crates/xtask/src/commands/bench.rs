//! `cargo xtask bench`: runs benchmarks and lays their results beside those of their peers.
//!
//! A benchmark is a target `<package>/benches/<name>.rs` with `harness = false` that prints one JSON
//! object a line for each case: `case`, `value`, `unit`, and `peer` with `peer_value` where something else
//! did the same work in the same run. What else it prints is passed on as it is.

mod results;

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::failure::Failure;
use crate::steps::{PROGRAMS_BUILT, command_line};
use crate::workspace;
use results::{Measured, table};

/// One benchmark target.
#[derive(Debug)]
struct Bench {
    /// The word that a person types.
    name: &'static str,
    /// What it measures, in one line.
    doc: &'static str,
    /// The file in `benches/`, without its extension; or, of a program, which has no library that a bench could use,
    /// the path of an ignored test.
    target: &'static str,
    /// Programs of ours that it runs, built as it is: to be fast.
    programs: &'static [&'static str],
    /// A program that it measures itself beside: the folder of its package, which is none of the
    /// workspace's, and its name. The benchmark finds it by `AGOR_BENCH_PEER`.
    peer: Option<(&'static str, &'static str)>,
}

impl Bench {
    fn is_test(&self) -> bool {
        self.target.contains("::")
    }

    /// Returns what cargo is to do. It is selected from the whole workspace: a package alone would have other features,
    /// and all it needs be built once more.
    fn cargo(&self) -> Vec<&'static str> {
        if !self.is_test() {
            return vec!["bench", "--workspace", "--bench", self.target];
        }
        let of = ["test", "--release", "--workspace", "--bin", "agor"];
        let test = ["--", "--ignored", "--nocapture", "--exact", self.target];
        [&of[..], &test].concat()
    }
}

/// Every benchmark. A new one is a target and a row.
const BENCHES: &[Bench] = &[
    Bench {
        name: "term",
        doc: "Output to a screen and to differences, and the memory of a terminal",
        target: "parse",
        programs: &[],
        peer: Some(("crates/agor-term/peers", "agor-term-peers")),
    },
    Bench {
        name: "render",
        doc: "Rows to instances, and frames as the drawing thread pays for them",
        target: "render",
        programs: &[],
        peer: None,
    },
    Bench {
        name: "store",
        doc: "Events and output that the store has safely on disk",
        target: "store",
        programs: &[],
        peer: None,
    },
    Bench {
        name: "host",
        doc: "Echoes, resumptions and a bad line, with a real host; beside tmux",
        target: "host",
        programs: &["agord"],
        peer: None,
    },
    Bench {
        name: "app",
        doc: "A real window: 100 sessions at rest and as it opens, commands and echoes while panes flood",
        target: "app",
        programs: &["agord", "agor"],
        peer: None,
    },
    Bench {
        name: "palette",
        doc: "What a letter finds among 10,000 entries, in 5 ms at most",
        target: "palette::find::tests::palette_cost",
        programs: &[],
        peer: None,
    },
];

/// Runs it.
pub fn run(arguments: &[String]) -> Result<(), Failure> {
    let wanted = Wanted::parse(arguments)?;
    let benches = matching(BENCHES, wanted.name.as_deref())?;
    let mut all = Vec::new();
    for bench in benches {
        all.extend(measure(bench, wanted.form)?);
    }
    if wanted.form == Form::Table {
        println!("\n{}", table(&all));
    }
    Ok(())
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Table,
    Json,
}

#[derive(Debug, PartialEq, Eq)]
struct Wanted {
    name: Option<String>,
    form: Form,
}

impl Wanted {
    fn parse(arguments: &[String]) -> Result<Wanted, Failure> {
        let mut wanted = Wanted {
            name: None,
            form: Form::Table,
        };
        for argument in arguments {
            match argument.as_str() {
                "--json" => wanted.form = Form::Json,
                name if !name.starts_with('-') && wanted.name.is_none() => {
                    wanted.name = Some(name.to_owned());
                }
                other => {
                    return Err(Failure::Usage(format!(
                        "`cargo xtask bench` takes no {other:?}"
                    )));
                }
            }
        }
        Ok(wanted)
    }
}

fn matching<'a>(benches: &'a [Bench], name: Option<&str>) -> Result<Vec<&'a Bench>, Failure> {
    let matching: Vec<_> = benches
        .iter()
        .filter(|bench| name.is_none_or(|name| bench.name.contains(name)))
        .collect();
    if !matching.is_empty() {
        return Ok(matching);
    }
    let asked = name
        .map(|name| format!("no benchmark is named {name:?}"))
        .unwrap_or_default();
    if benches.is_empty() {
        return Err(Failure::Usage(if asked.is_empty() {
            "there are no benchmarks yet".to_owned()
        } else {
            format!("{asked}; there are none yet")
        }));
    }
    let lines = benches
        .iter()
        .map(|bench| format!("\n  {:<16} {}", bench.name, bench.doc));
    Err(Failure::Usage(format!(
        "{asked}; there are:{}",
        lines.collect::<String>()
    )))
}

/// Tells a benchmark where the program of its peer is.
const PEER_VARIABLE: &str = "AGOR_BENCH_PEER";

/// Builds a peer's program beside the workspace's and returns where it is.
fn build_peer(folder: &str, name: &str) -> Result<PathBuf, Failure> {
    let manifest = format!("{folder}/Cargo.toml");
    let target = workspace::root().join("target/peers");
    build(&[
        "build",
        "--release",
        "--locked",
        "--manifest-path",
        &manifest,
        "--target-dir",
        &target.to_string_lossy(),
    ])?;
    Ok(target.join("release").join(name))
}

/// Builds a program of ours to be fast.
fn build_program(name: &str) -> Result<(), Failure> {
    build(&["build", "--release", "--workspace", "--bin", name])
}

fn build(cargo: &[&str]) -> Result<(), Failure> {
    let status = Command::new(workspace::cargo())
        .args(cargo)
        .current_dir(workspace::root())
        .stdin(Stdio::null())
        .status();
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(Failure::Step(format!(
            "{} failed ({status})",
            command_line(cargo, &[])
        ))),
        Err(error) => Err(Failure::Step(format!(
            "cargo could not be started: {error}"
        ))),
    }
}

fn measure(bench: &Bench, form: Form) -> Result<Vec<Measured>, Failure> {
    let cargo = bench.cargo();
    let repeat = || command_line(&cargo, &[]);
    let failed = |what: String| Failure::Step(format!("{what}; to repeat it: {}", repeat()));
    eprintln!("== {}: {}", bench.name, bench.doc);
    for program in bench.programs {
        build_program(program)?;
    }
    let peer = bench.peer.map(|(folder, name)| build_peer(folder, name));
    let mut child = Command::new(workspace::cargo())
        .args(&cargo)
        .envs((!bench.programs.is_empty()).then_some(PROGRAMS_BUILT))
        .envs(peer.transpose()?.map(|program| (PEER_VARIABLE, program)))
        .current_dir(workspace::root())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| failed(format!("cargo could not be started: {error}")))?;
    let mut all = Vec::new();
    for line in child
        .stdout
        .take()
        .into_iter()
        .flat_map(|output| BufReader::new(output).lines())
    {
        let line = line.map_err(|error| failed(format!("its output ended early: {error}")))?;
        match Measured::from_line(bench.name, &line) {
            Some(measured) => {
                match form {
                    Form::Json => println!("{}", measured.to_json()),
                    // Progress; the table comes when all are done.
                    Form::Table => {
                        println!("{}: {} {}", measured.case, measured.value, measured.unit)
                    }
                }
                all.push(measured);
            }
            None => eprintln!("{line}"),
        }
    }
    let status = child
        .wait()
        .map_err(|error| failed(format!("it could not be waited for: {error}")))?;
    if !status.success() {
        return Err(failed(format!(
            "benchmark {} failed ({status})",
            bench.name
        )));
    }
    if all.is_empty() {
        return Err(failed(format!(
            "benchmark {} printed no result",
            bench.name
        )));
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::fs;

    const TWO: &[Bench] = &[
        Bench {
            name: "parse",
            doc: "Bytes to cells",
            target: "parse",
            programs: &[],
            peer: None,
        },
        Bench {
            name: "wire",
            doc: "Rows to frames",
            target: "wire",
            programs: &[],
            peer: None,
        },
    ];

    #[test]
    fn every_benchmark_in_the_crates_has_a_row_and_every_row_a_benchmark() {
        let mut found = BTreeSet::new();
        let crates = fs::read_dir(workspace::root().join("crates")).unwrap();
        let packages = crates.map(|folder| folder.unwrap().path());
        for package in packages.chain([workspace::root().join("tests")]) {
            let Ok(files) = fs::read_dir(package.join("benches")) else {
                continue;
            };
            for file in files {
                let path = file.unwrap().path();
                if path.extension().is_some_and(|extension| extension == "rs") {
                    let target = path.file_stem().unwrap().to_string_lossy().into_owned();
                    assert!(found.insert(target), "two have the name of {path:?}");
                }
            }
        }
        let rows: BTreeSet<_> = BENCHES
            .iter()
            .filter(|bench| !bench.is_test())
            .map(|bench| bench.target.to_owned())
            .collect();
        assert_eq!(
            rows, found,
            "BENCHES in crates/xtask/src/commands/bench.rs beside */benches"
        );
        let names: BTreeSet<_> = BENCHES.iter().map(|bench| bench.name).collect();
        assert_eq!(names.len(), BENCHES.len());
    }

    #[test]
    fn a_part_of_a_name_finds_a_benchmark_and_no_name_finds_all() {
        assert_eq!(matching(TWO, None).unwrap().len(), 2);
        assert_eq!(matching(TWO, Some("par")).unwrap().len(), 1);
    }

    #[test]
    fn a_name_that_finds_nothing_is_told_what_exists() {
        let failure = matching(TWO, Some("paint")).unwrap_err().to_string();
        assert!(
            failure.contains("\"paint\"") && failure.contains("parse") && failure.contains("wire")
        );
        assert!(
            matching(&[], None)
                .unwrap_err()
                .to_string()
                .contains("no benchmarks yet")
        );
    }

    #[test]
    fn the_form_and_the_name_come_in_any_order() {
        let expected = Wanted {
            name: Some("parse".into()),
            form: Form::Json,
        };
        assert_eq!(
            Wanted::parse(&["--json".into(), "parse".into()]).unwrap(),
            expected
        );
        assert_eq!(
            Wanted::parse(&["parse".into(), "--json".into()]).unwrap(),
            expected
        );
        assert!(Wanted::parse(&["--jsn".into()]).is_err());
        assert!(Wanted::parse(&["one".into(), "two".into()]).is_err());
    }
}
