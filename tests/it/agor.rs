//! One agor of its own for each test: its own folders, host and keeper, real processes, and nothing
//! left behind.

use std::fs;
use std::io::Write;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use crate::deadline::{self, Deadline};

/// How long anything that a test waits for may take. Generous, since it only matters on failure.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Returns the program without a window, built from the sources that are tested.
pub fn agord() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| built("agor-core", "agord"))
}

/// Returns the program with a window, built from the sources that are tested.
pub fn agor() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| built("agor-app", "agor"))
}

fn built(package: &str, program: &str) -> PathBuf {
    // `cargo xtask` has built it, with features that this selection would not have.
    if std::env::var_os("AGOR_TEST_PROGRAMS").is_none() {
        // A bench is built to be fast, and so is what it measures.
        let release = (!cfg!(debug_assertions)).then_some("--release");
        let built = Command::new(env!("CARGO"))
            .args(["build", "--quiet", "--package", package, "--bin", program])
            .args(release)
            .status()
            .expect("cargo runs");
        assert!(built.success(), "{program} does not build");
    }
    let test = std::env::current_exe().expect("a test knows where it is");
    let profile = test
        .parent()
        .and_then(Path::parent)
        .expect("target/PROFILE/deps/it");
    profile.join(program)
}

/// Waits until `condition` gives something, and returns it; fails after [`PATIENCE`].
pub fn step_until<T>(what: &str, condition: impl FnMut() -> Option<T>) -> T {
    look_until(PATIENCE, condition)
        .unwrap_or_else(|| panic!("waited {PATIENCE:?} in vain until {what}"))
}

/// Waits until `condition` gives something, and returns it; returns nothing after `patience`.
pub fn look_until<T>(patience: Duration, mut condition: impl FnMut() -> Option<T>) -> Option<T> {
    let start = Instant::now();
    let mut pause = Duration::from_millis(2);
    loop {
        let value = condition();
        if value.is_some() || start.elapsed() >= patience {
            return value;
        }
        std::thread::park_timeout(pause);
        pause = (pause * 2).min(Duration::from_millis(50));
    }
}

/// What a command line came to.
#[derive(Debug)]
pub struct Done {
    /// Its exit code; -1 after a signal.
    pub code: i32,
    /// What it printed.
    pub stdout: String,
    /// What it complained of.
    pub stderr: String,
}

impl From<Output> for Done {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

/// See the module.
pub struct Agor {
    folder: TempDir,
    hosts: Vec<Child>,
    /// Held until everything is cleaned up, which may hang too.
    _deadline: Deadline,
}

impl Agor {
    /// Returns an agor that does not run yet.
    pub fn new() -> Self {
        Self::patient(deadline::TEST_AT_MOST)
    }

    /// Returns an agor that does not run yet, for a test that may take so long.
    pub fn patient(limit: Duration) -> Self {
        // Building takes as long as it takes; the test's time begins after it.
        agord();
        let folder = tempfile::Builder::new()
            .prefix(&deadline::prefix())
            .tempdir()
            .expect("a folder");
        for name in ["home", "run", "work"] {
            let path = folder.path().join(name);
            fs::create_dir(&path).expect("a folder");
            let private = std::os::unix::fs::PermissionsExt::from_mode(0o700);
            fs::set_permissions(&path, private).expect("a private folder");
        }
        Self {
            _deadline: Deadline::begin(folder.path(), limit),
            folder,
            hosts: Vec::new(),
        }
    }

    /// Returns an agor whose host runs.
    pub fn started() -> Self {
        let mut agor = Self::new();
        agor.start_host();
        agor
    }

    /// Returns a folder or file of this agor.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Returns the folder in which sessions start.
    pub fn work(&self) -> PathBuf {
        self.path("work")
    }

    /// Returns a command line of this agor, with nothing of the caller's environment but `PATH`.
    pub fn command(&self, args: &[&str]) -> Command {
        self.command_of(agord(), args)
    }

    /// Returns a command line of a program with the environment of this agor.
    pub fn command_of(&self, program: &Path, args: &[&str]) -> Command {
        let mut command = Command::new(program);
        command
            .args(args)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.path("home"))
            .env("XDG_RUNTIME_DIR", self.path("run"))
            .env("SHELL", "/bin/bash")
            .env("LANG", "C.UTF-8")
            // The machine's own is not bothered.
            .env(
                "DBUS_SYSTEM_BUS_ADDRESS",
                format!("unix:path={}", self.path("run/system-bus").display()),
            )
            .current_dir(self.work())
            .stdin(Stdio::null());
        command
    }

    /// Runs a command line to its end.
    pub fn run(&self, args: &[&str]) -> Done {
        self.command(args).output().expect("agord runs").into()
    }

    /// Runs a command line that must succeed, and returns what it printed.
    pub fn ok(&self, args: &[&str]) -> String {
        let done = self.run(args);
        assert_eq!(
            done.code, 0,
            "agord {args:?} failed: {}{}",
            done.stdout, done.stderr
        );
        done.stdout
    }

    /// Runs a command line that must succeed and print JSON.
    pub fn json(&self, args: &[&str]) -> Value {
        let text = self.ok(args);
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{args:?}: {error}: {text}"))
    }

    /// Starts a host in the foreground and waits until it answers.
    pub fn start_host(&mut self) -> u32 {
        let pid = self.spawn_host(&[]);
        step_until("the host answers", || {
            (self.host_pid() == Some(pid)).then_some(())
        });
        pid
    }

    /// Starts a host in the foreground that is killed at a failpoint of its store (`Committed 3`: when it comes there
    /// for the fourth time), perhaps before it answers.
    pub fn start_host_killed_at(&mut self, failpoint: &str) {
        self.spawn_host(&[("AGOR_TEST_KILL_AT", failpoint)]);
    }

    fn spawn_host(&mut self, environment: &[(&str, &str)]) -> u32 {
        let log = fs::File::options()
            .create(true)
            .append(true)
            .open(self.path("host.stderr"))
            .expect("a log");
        let host = self
            .command(&["serve", "--foreground"])
            .envs(environment.iter().copied())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .expect("agord runs");
        let pid = host.id();
        self.hosts.push(host);
        pid
    }

    /// Says whether the host that was started last has been killed; one that ends in another way is a failure.
    pub fn host_was_killed(&mut self) -> bool {
        let host = self.hosts.last_mut().expect("a host was started");
        let Some(status) = host.try_wait().expect("a child") else {
            return false;
        };
        self.hosts.pop();
        assert_eq!(status.signal(), Some(9), "the host ended with {status}");
        true
    }

    /// Returns the process of the host that answers.
    pub fn host_pid(&self) -> Option<u32> {
        self.stat("pid")
    }

    /// Returns the process of the keeper.
    pub fn keeper_pid(&self) -> Option<u32> {
        self.stat("keeper_pid").filter(|&pid| pid > 0)
    }

    fn stat(&self, name: &str) -> Option<u32> {
        let done = self.run(&["stats", "--json"]);
        let stats: Value = serde_json::from_str(&done.stdout).ok()?;
        u32::try_from(stats.get(name)?.as_u64()?).ok()
    }

    /// Kills the host that was started last, as a crash would, and waits until it is gone.
    pub fn crash_host(&mut self) {
        let mut host = self.hosts.pop().expect("a host was started");
        host.kill().expect("the host can be killed");
        host.wait().expect("the host can be reaped");
    }

    /// Sends a signal to the host that was started last.
    pub fn signal_host(&self, signal: &str) {
        let host = self.hosts.last().expect("a host was started");
        signal_process(host.id(), signal);
    }

    /// Wakes the host before the last one, which was stopped, and waits until it has ended.
    pub fn wake_former_host(&mut self) {
        let at = self.hosts.len() - 2;
        let mut former = self.hosts.remove(at);
        signal_process(former.id(), "CONT");
        step_until("the former host ends", || {
            former.try_wait().expect("a child")
        });
    }

    /// Starts a session that runs `script` in bash, and returns its id.
    pub fn session(&self, script: &str) -> String {
        self.ok(&["new", "--", "bash", "-c", script])
            .trim()
            .to_owned()
    }

    /// Starts a session that runs a command, and returns its id.
    pub fn program(&self, size: &str, command: &[&str]) -> String {
        let mut args = vec!["new", "--size", size, "--"];
        args.extend(command);
        self.ok(&args).trim().to_owned()
    }

    /// Returns the rows of a session's screen.
    pub fn screen(&self, session: &str) -> String {
        self.ok(&["screen", session])
    }

    /// Waits until a session's screen holds `text`, and returns the screen.
    pub fn screen_with(&self, session: &str, text: &str) -> String {
        step_until(&format!("the screen shows {text:?}"), || {
            let screen = self.screen(session);
            screen.contains(text).then_some(screen)
        })
    }

    /// Returns a session as the list shows it.
    pub fn info(&self, session: &str) -> Value {
        let list = self.json(&["ls", "--json"]);
        let sessions = list.as_array().expect("a list");
        let found = sessions.iter().find(|info| info["id"] == session);
        found
            .unwrap_or_else(|| panic!("{session} is not in {list}"))
            .clone()
    }

    /// Returns what a session's program printed, byte for byte.
    pub fn raw(&self, session: &str) -> Vec<u8> {
        let output = self
            .command(&["export", session, "--raw"])
            .output()
            .expect("agord runs");
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        output.stdout
    }

    /// Writes a file into the folder in which sessions start.
    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.work().join(name);
        let mut file = fs::File::create(&path).expect("a file");
        file.write_all(text.as_bytes())
            .expect("a file that can be written");
        path
    }

    /// Returns what the hosts of this agor logged.
    pub fn log(&self) -> String {
        let path = self.path("home/.local/state/agor/host.log");
        fs::read_to_string(path).unwrap_or_default()
    }
}

/// Sends a signal to a process.
pub fn signal_process(pid: u32, signal: &str) {
    let sent = Command::new("kill")
        .args([&format!("-{signal}"), &pid.to_string()])
        .status();
    assert!(
        sent.expect("kill runs").success(),
        "{pid} cannot be sent {signal}"
    );
}

/// Says whether a process runs (and is no zombie).
pub fn runs(pid: u32) -> bool {
    let status = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let state = status
        .rsplit(')')
        .next()
        .and_then(|rest| rest.split_whitespace().next());
    state.is_some_and(|state| state != "Z" && state != "X")
}

/// Returns the end of a log: a test that runs for minutes fills pages.
fn end_of(log: &str) -> String {
    const LINES: usize = 300;
    let lines: Vec<_> = log.lines().collect();
    lines[lines.len().saturating_sub(LINES)..].join("\n")
}

impl Drop for Agor {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let stderr = fs::read_to_string(self.path("host.stderr")).unwrap_or_default();
            let (stderr, log) = (end_of(&stderr), self.log());
            println!(
                "--- the hosts said\n{stderr}\n--- the log\n{}",
                end_of(&log)
            );
        }
        for host in &mut self.hosts {
            // One that a test left stopped must go on to be told.
            Command::new("kill")
                .args(["-CONT", &host.id().to_string()])
                .output()
                .ok();
        }
        let keeper = self.keeper_pid();
        self.run(&["stop-host"]);
        for host in &mut self.hosts {
            host.kill().ok(); // It has ended by itself, mostly.
            host.wait().ok();
        }
        if let Some(keeper) = keeper.filter(|&pid| runs(pid)) {
            Command::new("kill")
                .args(["-KILL", &keeper.to_string()])
                .output()
                .ok();
        }
    }
}
