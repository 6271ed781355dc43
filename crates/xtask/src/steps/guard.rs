//! Sees to it that nothing which a step started outlives it: not its process group, not the processes of
//! its tests that made groups and sessions of their own, not its temporary files.
//!
//! The work is done by a shell that waits beside the step, so that it is done also when this program is
//! interrupted or killed.

use std::fs;
use std::io::{self, Read};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

const SCRIPT: &str = include_str!("guard.sh");

/// A folder for the temporary files of one step. The processes that its tests start are known by it,
/// since each has it in its environment.
#[derive(Debug)]
pub struct Folder(PathBuf);

impl Folder {
    /// Makes one that no other step has.
    pub fn make() -> io::Result<Folder> {
        static MADE: AtomicU32 = AtomicU32::new(0);
        loop {
            let number = MADE.fetch_add(1, Ordering::Relaxed);
            // Short, since paths of sockets may have 107 bytes, and ended, since 12-3 begins 12-34.
            let name = format!("xtask-{}-{number}-", std::process::id());
            let path = std::env::temp_dir().join(name);
            match fs::create_dir(&path) {
                Ok(()) => return Ok(Folder(path)),
                // A process of the same number had it, and was killed.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Returns where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

/// See the module. Dropped without [`Guard::end`], it works all the same, unheard.
#[derive(Debug)]
pub struct Guard(Child);

impl Guard {
    /// Begins to guard a process group and, where tests have one, their folder.
    pub fn over(group: u32, folder: Option<Folder>) -> io::Result<Guard> {
        let folder = folder.map(|folder| folder.0).unwrap_or_default();
        let shell = Command::new("sh")
            .args(["-c", SCRIPT, "guard"])
            .arg(group.to_string())
            .arg(folder)
            // An interrupt from the keyboard goes to our group, not to this one.
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        Ok(Guard(shell))
    }

    /// Ends what is left, and returns a line for each process that was not of the step's own group:
    /// its number and its command line.
    pub fn end(mut self) -> io::Result<Vec<String>> {
        drop(self.0.stdin.take());
        let mut said = String::new();
        if let Some(mut stdout) = self.0.stdout.take() {
            stdout.read_to_string(&mut said)?;
        }
        self.0.wait()?;
        Ok(said.lines().map(str::to_owned).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::BufRead;

    /// Starts a shell that leads a group, and a process in a session of its own below it that neither
    /// a signal to the group nor the end of the shell ends; returns the shell and the other's number.
    fn family(folder: &Folder) -> (Child, u32) {
        let script = "setsid sh -c 'echo $$; trap \"\" HUP; while :; do sleep 60; done' & wait";
        let mut shell = Command::new("sh")
            .args(["-c", script])
            .env("TMPDIR", folder.path())
            .process_group(0)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let stdout = shell.stdout.take().unwrap();
        io::BufReader::new(stdout).read_line(&mut line).unwrap();
        (shell, line.trim().parse().unwrap())
    }

    fn runs(pid: u32) -> bool {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        // A zombie waits for whoever adopted it.
        !stat.is_empty() && !stat.contains(") Z ")
    }

    #[test]
    fn what_left_the_group_is_ended_and_named_and_the_folder_removed() {
        let folder = Folder::make().unwrap();
        let path = folder.path().to_owned();
        fs::write(path.join("left-behind"), "").unwrap();
        let (mut shell, other) = family(&folder);
        let guard = Guard::over(shell.id(), Some(folder)).unwrap();
        assert!(runs(other));
        let ended = guard.end().unwrap();
        assert!(
            ended
                .iter()
                .any(|line| line.starts_with(&format!("{other} sh -c"))),
            "{ended:?}"
        );
        assert!(!runs(other) && !path.exists());
        assert!(!shell.wait().unwrap().success());
    }

    #[test]
    fn a_guard_whose_owner_is_gone_ends_the_group_all_the_same() {
        let mut sleeper = Command::new("sleep")
            .arg("60")
            .process_group(0)
            .spawn()
            .unwrap();
        let mut guard = Guard::over(sleeper.id(), None).unwrap();
        // What the system does when a process ends: it closes what that had open.
        drop(guard.0.stdin.take());
        assert!(!sleeper.wait().unwrap().success());
        guard.0.wait().unwrap();
    }

    #[test]
    fn two_folders_differ_and_neither_path_begins_the_other() {
        let [one, other] = [Folder::make().unwrap(), Folder::make().unwrap()];
        let text = |folder: &Folder| folder.path().to_str().unwrap().to_owned();
        assert!(!text(&one).starts_with(&text(&other)) && !text(&other).starts_with(&text(&one)));
        for folder in [one, other] {
            fs::remove_dir(folder.path()).unwrap();
        }
    }
}
