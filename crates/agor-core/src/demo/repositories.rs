//! Real repositories, made by git with nobody's configuration, hooks or signatures.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use super::DemoError;
use super::contents::Project;

/// When the first commit was made; each later one a day after.
const FIRST_SECS: u64 = 1_767_600_000;

/// Makes a project's repository in `folder`.
pub fn make(folder: &Path, project: &Project) -> Result<(), DemoError> {
    for (name, text) in project.files {
        write(&folder.join(name), text)?;
    }
    git(folder, 0, &["init", "--quiet", "--initial-branch=main"])?;
    commit(folder, 0, "Begin")?;
    let last = project.commits.len().saturating_sub(1);
    for (at, said) in project.commits.iter().enumerate() {
        if at == last && project.branch != "main" {
            git(
                folder,
                0,
                &["switch", "--quiet", "--create", project.branch],
            )?;
        }
        let said_so_far: String = project.commits[..=at]
            .iter()
            .map(|said| format!("- {said}\n"))
            .collect();
        write(&folder.join("CHANGES.md"), &said_so_far)?;
        commit(folder, at as u64 + 1, said)?;
    }
    // Something that is not committed yet, as there always is.
    let (name, text) = project.files[project.files.len() - 1];
    write(&folder.join(name), &format!("{text}\n"))
}

fn commit(folder: &Path, day: u64, said: &str) -> Result<(), DemoError> {
    git(folder, day, &["add", "--all"])?;
    git(folder, day, &["commit", "--quiet", "--message", said])
}

fn git(folder: &Path, day: u64, words: &[&str]) -> Result<(), DemoError> {
    let at = format!("{} +0000", FIRST_SECS + day * 86_400);
    let output = Command::new("git")
        .args(["-c", "user.name=Ada", "-c", "user.email=ada@example.com"])
        .args(words)
        .current_dir(folder)
        // A repository of the caller's, if this runs in a hook of one, is not meant.
        .env_remove("GIT_DIR")
        .env_remove("GIT_WORK_TREE")
        .env_remove("GIT_INDEX_FILE")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_AUTHOR_DATE", &at)
        .env("GIT_COMMITTER_DATE", &at)
        .stdin(Stdio::null())
        .output()
        .map_err(DemoError::NoGit)?;
    if output.status.success() {
        return Ok(());
    }
    Err(DemoError::Git {
        words: words.join(" "),
        folder: folder.to_owned(),
        said: String::from_utf8_lossy(&output.stderr).trim().to_owned(),
    })
}

fn write(path: &Path, text: &str) -> Result<(), DemoError> {
    let unwritable = |source| DemoError::Unwritable {
        path: path.to_owned(),
        source,
    };
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(unwritable)?;
    }
    fs::write(path, text).map_err(unwritable)
}
