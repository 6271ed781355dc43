//! Runs one command to its end or to its limit, and lets nothing of it live on.

use std::io;
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use super::guard::{Folder, Guard};
use super::output::{Heard, Stream, copy};

/// How long output may still come, and an end be reported, after everything was killed.
const GRACE: Duration = Duration::from_secs(5);

/// How long a command may take.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// After this it is said that it takes long.
    pub budget: Duration,
    /// After this it is killed.
    pub hard: Duration,
}

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// By itself.
    Itself(ExitStatus),
    /// It was killed at its limit.
    Killed,
}

/// What came of a command.
#[derive(Debug)]
pub struct Outcome {
    /// How it ended.
    pub ended: Ended,
    /// What it said.
    pub heard: Heard,
    /// Processes that its tests left behind, now killed.
    pub leftovers: Vec<String>,
}

/// Runs `command` with all that it starts, `folder` being its tests' folder for temporary files.
pub fn supervise(
    name: &str,
    mut command: Command,
    folder: Option<Folder>,
    limits: Limits,
) -> io::Result<Outcome> {
    if let Some(folder) = &folder {
        command.env("TMPDIR", folder.path());
    }
    let mut child = command
        .process_group(0)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let guard = match Guard::over(child.id(), folder) {
        Ok(guard) => guard,
        Err(error) => {
            child.kill()?;
            child.wait()?;
            return Err(error);
        }
    };
    let heard = Arc::new(Mutex::new(Heard::default()));
    let (output_ended, output_end) = sync_channel(1);
    if let Some(output) = child.stdout.take() {
        copy(
            output,
            Stream::Output,
            Arc::clone(&heard),
            output_ended.clone(),
        )?;
    }
    if let Some(errors) = child.stderr.take() {
        copy(errors, Stream::Error, Arc::clone(&heard), output_ended)?;
    }
    let (tell, told) = sync_channel(1);
    thread::Builder::new()
        .name("wait".into())
        // Nobody listens when even the kill had no effect in time.
        .spawn(move || tell.send(child.wait()).ok())?;
    let status = match told.recv_timeout(limits.budget.min(limits.hard)) {
        Err(RecvTimeoutError::Timeout) => {
            if let Some(more) = limits.hard.checked_sub(limits.budget) {
                println!("warning: {name} is over its budget and still runs");
                told.recv_timeout(more)
            } else {
                Err(RecvTimeoutError::Timeout)
            }
        }
        sooner => sooner,
    };
    // Also after an orderly end, since tests may leave processes behind.
    let leftovers = guard.end()?;
    let ended = match status {
        Ok(status) => Ended::Itself(status?),
        Err(_) => {
            if told.recv_timeout(GRACE).is_err() {
                println!("warning: {name} was killed and has not ended yet");
            }
            Ended::Killed
        }
    };
    // The copiers drop their ends of the channel at the end of the output.
    if output_end.recv_timeout(GRACE) == Err(RecvTimeoutError::Timeout) {
        println!("warning: something that {name} started still holds its output open");
    }
    let heard = std::mem::take(&mut *heard.lock().unwrap_or_else(PoisonError::into_inner));
    Ok(Outcome {
        ended,
        heard,
        leftovers,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Instant;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    fn within(hard: Duration) -> Limits {
        Limits { budget: hard, hard }
    }

    #[test]
    fn a_command_that_hangs_is_killed_with_its_children_and_what_it_said_is_kept() {
        let started = Instant::now();
        let script = "echo begun; echo 'test slow has been running for over 60 seconds'; \
                      echo 'Running slow things' >&2; sleep 60 & sleep 60";
        let limits = within(Duration::from_secs(2));
        let outcome = supervise("it", shell(script), None, limits).unwrap();
        assert_eq!(outcome.ended, Ended::Killed);
        // A child that still lived would hold the output open for longer.
        assert!(started.elapsed() < Duration::from_secs(2) + GRACE);
        assert!(outcome.heard.tail.contains(&"begun".to_owned()));
        assert_eq!(
            outcome.heard.going_on(),
            "running then: slow (Running slow things)"
        );
    }

    #[test]
    fn a_command_that_ends_keeps_its_result_and_its_leftovers_end_too() {
        let script = "setsid sh -c ': > \"$TMPDIR/up\"; exec sleep 60' > /dev/null 2>&1 & \
                      until [ -e \"$TMPDIR/up\" ]; do sleep 0.01; done; \
                      echo 'test result: ok. 3 passed;'; exit 4";
        let folder = Folder::make().unwrap();
        let limits = within(Duration::from_secs(60));
        let outcome = supervise("it", shell(script), Some(folder), limits).unwrap();
        let Ended::Itself(status) = outcome.ended else {
            unreachable!("it was killed");
        };
        assert_eq!(status.code(), Some(4));
        assert_eq!(outcome.heard.scanner.tally().passed, 3);
        assert!(
            matches!(&outcome.leftovers[..], [line] if line.contains("sleep 60")),
            "{:?}",
            outcome.leftovers
        );
    }
}
