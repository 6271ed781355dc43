//! `cargo xtask upgrade`: builds the host of an earlier release and updates it to today's under running
//! programs. What an update in place promises is between two releases, so a copy of today's program
//! cannot show it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::test::BUILD;
use crate::failure::Failure;
use crate::steps::{Report, Step, Tests};
use crate::workspace;

/// What is updated from where no release is tagged (`v*`) and no revision is named: the first whose keeper
/// can become another program.
const FIRST: &str = "08bea4f42a8f9faffa2eb8dacf7d9177bc87926c";

/// Runs it.
pub fn run(arguments: &[String]) -> Result<(), Failure> {
    let revision = match arguments {
        [] => newest_release().unwrap_or_else(|| FIRST.to_owned()),
        [revision] => revision.clone(),
        _ => {
            return Err(Failure::Usage(
                "`cargo xtask upgrade` takes one revision".to_owned(),
            ));
        }
    };
    let commit = git(&["rev-parse", "--verify", &format!("{revision}^{{commit}}")])?;
    let folder = workspace::root().join("target/older");
    let source = folder.join(&commit);
    check_out(&commit, &source)?;
    println!("the older release is {revision} ({commit})");
    let manifest = source.join("Cargo.toml").display().to_string();
    let build_folder = folder.join("build");
    let target_folder = build_folder.display().to_string();
    let older = build_folder.join("debug/agord").display().to_string();
    let mut report = Report::default();
    report.run(&[
        BUILD,
        Step {
            name: "build of the older release",
            budget_minutes: 15,
            cargo: &[
                "build",
                "--locked",
                "--bin",
                "agord",
                "--manifest-path",
                &manifest,
                "--target-dir",
                &target_folder,
            ],
            environment: &[],
            tests: Tests::None,
        },
        Step {
            name: "update from it",
            budget_minutes: 5,
            cargo: &["test", "--workspace", "--test", "it", "--", "update::"],
            environment: &[("AGOR_TEST_OLDER_AGORD", &older)],
            tests: Tests::Some,
        },
    ])?;
    report.finish();
    Ok(())
}

/// Returns the newest tag of a release, if there is one.
fn newest_release() -> Option<String> {
    let tags = git(&["tag", "--list", "v*", "--sort=-version:refname"]).ok()?;
    tags.lines().next().map(str::to_owned)
}

fn git(arguments: &[&str]) -> Result<String, Failure> {
    let output = Command::new("git")
        .args(arguments)
        .current_dir(workspace::root())
        .output()
        .map_err(|error| Failure::SetUp(format!("git could not be started: {error}")))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        return Err(Failure::SetUp(format!(
            "git {}: {said}",
            arguments.join(" ")
        )));
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Writes the files of `commit` into `folder`, unless they are there.
fn check_out(commit: &str, folder: &Path) -> Result<(), Failure> {
    if folder.join("Cargo.toml").is_file() {
        return Ok(());
    }
    let failed = |what: &str| Failure::SetUp(format!("{commit} could not be unpacked: {what}"));
    let unfinished: PathBuf = folder.with_extension("unfinished");
    fs::remove_dir_all(&unfinished).ok(); // Only there after an end in the middle.
    fs::create_dir_all(&unfinished).map_err(|error| failed(&error.to_string()))?;
    let mut archive = Command::new("git")
        .args(["archive", "--format=tar", commit])
        .current_dir(workspace::root())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| failed(&error.to_string()))?;
    let stream = archive.stdout.take().ok_or_else(|| failed("no archive"))?;
    let unpacked = Command::new("tar")
        .args(["-x", "-C"])
        .arg(&unfinished)
        .stdin(stream)
        .status()
        .map_err(|error| failed(&error.to_string()))?;
    let archived = archive.wait().map_err(|error| failed(&error.to_string()))?;
    if !unpacked.success() || !archived.success() {
        return Err(failed("git archive or tar failed"));
    }
    fs::rename(&unfinished, folder).map_err(|error| failed(&error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_than_a_revision_and_what_is_none_are_refused() {
        assert!(matches!(
            run(&["a".into(), "b".into()]),
            Err(Failure::Usage(_))
        ));
        assert!(matches!(
            run(&["no-such-revision".into()]),
            Err(Failure::SetUp(_))
        ));
    }
}
