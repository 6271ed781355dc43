//! Starting a host that is not there: a process of its own that outlives whoever starts it.
//!
//! The new process says on its standard output how its start went, in one line ([`Report`]), and
//! then lets go of it.

use std::fmt;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::str::FromStr;
use std::time::Duration;

use tokio::sync::oneshot;

use crate::paths::Paths;

/// How long a host may take to start; a large database is checked after an unclean stop.
const PATIENCE: Duration = Duration::from_secs(30);

/// The exit code of a host that found another one running.
pub const ALREADY_RUNNING_EXIT: u8 = 23;

/// A host that could not be started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The program could not be run.
    #[error("the host could not be started: {source}")]
    Spawn {
        /// What the system said.
        source: io::Error,
    },
    /// It ran and gave up.
    #[error("the host could not start: {reason}")]
    Failed {
        /// The exit code that stands for the failure.
        exit: u8,
        /// Why, in a sentence.
        reason: String,
    },
    /// It ended without a word.
    #[error("the host ended while it started; its log is {}", log.display())]
    Died {
        /// Its log.
        log: PathBuf,
    },
    /// It neither starts nor ends.
    #[error(
        "the host has not started within {} seconds and goes on trying; its log is {}",
        PATIENCE.as_secs(), log.display()
    )]
    Silent {
        /// Its log.
        log: PathBuf,
    },
}

/// What a starting host says, in one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Report {
    /// It answers clients.
    Ready,
    /// It has given up.
    Failed {
        /// The exit code that stands for the failure.
        exit: u8,
        /// Why, in a sentence.
        reason: String,
    },
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ready => f.write_str("ready"),
            Self::Failed { exit, reason } => {
                write!(f, "failed {exit} {}", reason.replace('\n', " "))
            }
        }
    }
}

impl FromStr for Report {
    type Err = ();

    fn from_str(line: &str) -> Result<Self, ()> {
        match line.trim_end().split_once(' ') {
            None if line.trim_end() == "ready" => Ok(Self::Ready),
            Some(("failed", rest)) => {
                let (exit, reason) = rest.split_once(' ').ok_or(())?;
                Ok(Self::Failed {
                    exit: exit.parse().map_err(|_| ())?,
                    reason: reason.into(),
                })
            }
            _ => Err(()),
        }
    }
}

/// Starts a host for these folders with this program and returns once it answers, or once another
/// one turned out to run already.
///
/// # Errors
/// [`StartError`].
pub async fn host(paths: &Paths) -> Result<(), StartError> {
    let program = std::env::current_exe().map_err(|source| StartError::Spawn { source })?;
    host_of(&program, paths).await
}

/// As [`host`], with another program.
///
/// # Errors
/// [`StartError`].
pub async fn host_of(program: &Path, paths: &Paths) -> Result<(), StartError> {
    let spawn = |source| StartError::Spawn { source };
    let mut child = Command::new(program)
        .args(["serve", "--detached"])
        .args(paths.as_arguments())
        .current_dir("/")
        // The host is none of the processes of the session in which it is started, and outlives it.
        .env_remove("AGOR_SESSION_ID")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(spawn)?;
    let (sender, report) = oneshot::channel();
    let output = child.stdout.take();
    // Joined by nobody: it ends with the host, which it keeps from becoming a zombie.
    std::thread::Builder::new()
        .name("host-watch".into())
        .spawn(move || {
            let mut line = String::new();
            if let Some(output) = output {
                // A host that says nothing is told apart by the empty line.
                BufReader::new(output).read_line(&mut line).ok();
            }
            sender.send(line).ok(); // Whoever asked has run out of patience.
            child.wait().ok(); // Nobody asks how it ended.
        })
        .map_err(spawn)?;
    let log = paths.host_log();
    match tokio::time::timeout(PATIENCE, report).await {
        Err(_) => Err(StartError::Silent { log }),
        Ok(line) => match line.unwrap_or_default().parse() {
            Ok(Report::Ready) => Ok(()),
            Ok(Report::Failed { exit, .. }) if exit == ALREADY_RUNNING_EXIT => Ok(()),
            Ok(Report::Failed { exit, reason }) => Err(StartError::Failed { exit, reason }),
            Err(()) => Err(StartError::Died { log }),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_is_one_line_and_reads_back() {
        let failed = Report::Failed {
            exit: 13,
            reason: "the disk is full:\nfree some".into(),
        };
        let line = failed.to_string();
        assert!(!line.contains('\n'));
        let reason = "the disk is full: free some".into();
        assert_eq!(line.parse(), Ok(Report::Failed { exit: 13, reason }));
        assert_eq!(format!("{}\n", Report::Ready).parse(), Ok(Report::Ready));
        assert_eq!("".parse::<Report>(), Err(()));
        assert_eq!("failed x y".parse::<Report>(), Err(()));
    }
}
