//! `cargo xtask run`: from a fresh checkout to an open window, or where there is no display to a picture
//! of one.

pub mod demo;
mod display;

use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Instant;

use crate::failure::Failure;
use crate::packages::{self, Consent, User};
use crate::steps::{clock, command_line};
use crate::workspace;

/// What builds the window. Of all selections this is the one that compiles nothing else.
const BUILD: &[&str] = &[
    "build",
    "--release",
    "--package",
    "agor-app",
    "--bin",
    "agor",
];

/// Makes cargo say where it put the program, which settings of the person's may change.
const WHERE: &str = "--message-format=json-render-diagnostics";

/// Runs it.
pub fn run(arguments: &[String]) -> Result<(), Failure> {
    let wanted = Wanted::parse(arguments)?;
    packages::set_up(wanted.consent, &[User::Build, User::Window])?;
    let program = build()?;
    // What was asked for in words may need no display, and says itself what it lacks.
    if !wanted.arguments.is_empty() {
        return become_it(program, &wanted.arguments);
    }
    match display::reachable() {
        Some(display) => {
            println!("opening the window on {display}");
            become_it(program, &wanted.arguments)
        }
        None => {
            println!(
                "no display can be reached (neither DISPLAY nor WAYLAND_DISPLAY leads to one): \
                 drawing a demonstration into a file"
            );
            demo::run(&program, &workspace::root().join("target/demo"))
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
struct Wanted {
    consent: Consent,
    /// What agor gets.
    arguments: Vec<String>,
}

impl Wanted {
    fn parse(arguments: &[String]) -> Result<Wanted, Failure> {
        let mut wanted = Wanted {
            consent: Consent::Ask,
            arguments: Vec::new(),
        };
        let mut arguments = arguments.iter();
        for argument in arguments.by_ref() {
            match argument.as_str() {
                "--" => break,
                "--yes" | "-y" => wanted.consent = Consent::Given,
                other => {
                    return Err(Failure::Usage(format!(
                        "`cargo xtask run` takes no {other:?}; what agor should get stands after `--`"
                    )));
                }
            }
        }
        wanted.arguments.extend(arguments.cloned());
        Ok(wanted)
    }
}

/// Builds the window and returns where it is.
pub fn build() -> Result<PathBuf, Failure> {
    println!(
        "== {} (the first time some minutes)",
        command_line(BUILD, &[])
    );
    let failed = |what: String| {
        Failure::Step(format!(
            "{what}; to repeat it: {}",
            command_line(BUILD, &[])
        ))
    };
    let started = Instant::now();
    let mut cargo = Command::new(workspace::cargo())
        .args(BUILD)
        .arg(WHERE)
        .current_dir(workspace::root())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| failed(format!("cargo could not be started: {error}")))?;
    let output = cargo.stdout.take().into_iter();
    let lines = output.flat_map(|output| BufReader::new(output).lines().map_while(Result::ok));
    let program = lines.filter_map(|line| executable(&line)).last();
    let status = cargo
        .wait()
        .map_err(|error| failed(format!("cargo could not be waited for: {error}")))?;
    match program {
        Some(program) if status.success() => {
            println!(
                "built {} in {}",
                program.display(),
                clock(started.elapsed())
            );
            Ok(program)
        }
        _ => Err(failed(format!("agor was not built ({status})"))),
    }
}

/// Returns the path in a line of cargo's that says where a program is.
fn executable(line: &str) -> Option<PathBuf> {
    let (_, rest) = line.split_once("\"executable\":\"")?;
    let (path, _) = rest.split_once('"')?;
    // A name with a quote or a backslash is written with more of them.
    (!path.contains('\\')).then(|| path.into())
}

/// Makes this process that program, so that signals, terminal and exit code are the program's.
fn become_it(program: PathBuf, arguments: &[String]) -> Result<(), Failure> {
    let error = Command::new(&program).args(arguments).exec();
    Err(Failure::SetUp(format!(
        "{} could not be started: {error}",
        program.display()
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_follows_two_dashes_is_agors() {
        let words =
            |text: &str| -> Vec<String> { text.split_whitespace().map(str::to_owned).collect() };
        let wanted = Wanted::parse(&words("--yes -- -e vim --yes --")).unwrap();
        assert_eq!(wanted.consent, Consent::Given);
        assert_eq!(wanted.arguments, words("-e vim --yes --"));
        assert_eq!(Wanted::parse(&[]).unwrap().consent, Consent::Ask);
        let failure = Wanted::parse(&words("-e vim")).unwrap_err();
        assert!(failure.to_string().contains("after `--`"), "{failure}");
    }

    #[test]
    fn cargo_says_where_the_program_is() {
        let line =
            r#"{"reason":"compiler-artifact","filenames":["/t/agor"],"executable":"/t/agor"}"#;
        assert_eq!(executable(line), Some("/t/agor".into()));
        assert_eq!(executable(r#"{"executable":null,"fresh":true}"#), None);
    }
}
