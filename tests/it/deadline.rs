//! A test that hangs ends its binary, says which test it was and what its programs were doing, and leaves
//! none of them behind.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{RecvTimeoutError, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

/// How long a test may run; the longest takes a third of it on two busy cores.
pub const TEST_AT_MOST: Duration = Duration::from_secs(120);

/// How often a host dies in each of the three tests that kill it, which makes 102 kills in all; `cargo xtask
/// soak` asks for more.
pub const ROUNDS: u64 = 34;

/// Returns how often a host dies in each test.
pub fn rounds() -> u64 {
    std::env::var("AGOR_TEST_ROUNDS")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(ROUNDS)
}

/// Lines of a log that are shown.
const LOG_LINES: usize = 40;

/// A test's time. It begins when this is made and ends when it is dropped.
pub struct Deadline {
    end: Option<SyncSender<()>>,
    watch: Option<JoinHandle<()>>,
}

impl Deadline {
    /// Begins to watch the test of this thread, which may run for `limit`, and whose programs have `folder`
    /// in their environment.
    pub fn begin(folder: &Path, limit: Duration) -> Self {
        let test = std::thread::current().name().unwrap_or("?").to_owned();
        let folder = folder.to_owned();
        // A soak repeats what a test does.
        let limit = limit * u32::try_from(rounds().div_ceil(ROUNDS)).unwrap_or(1);
        let (end, ended) = sync_channel(0);
        let watch = std::thread::Builder::new()
            .name("deadline".into())
            .spawn(move || {
                if ended.recv_timeout(limit) == Err(RecvTimeoutError::Timeout) {
                    give_up(&test, limit, &folder);
                }
            });
        Self {
            end: Some(end),
            watch: Some(watch.expect("a thread")),
        }
    }
}

impl Drop for Deadline {
    fn drop(&mut self) {
        drop(self.end.take());
        if let Some(watch) = self.watch.take() {
            watch.join().ok(); // It does not panic.
        }
    }
}

/// Returns what every folder of this binary's tests begins with, and no other binary's.
pub fn prefix() -> String {
    format!("agor-it{}-", std::process::id())
}

fn give_up(test: &str, limit: Duration, folder: &Path) -> ! {
    let mut report = format!("\n{test} ran for {limit:?}, which no test may; its programs:\n");
    for pid in processes(|pid| is_below(pid) || has(pid, &folder.to_string_lossy())) {
        let read = |name| fs::read(format!("/proc/{pid}/{name}")).unwrap_or_default();
        let text = |name| String::from_utf8_lossy(&read(name)).replace('\0', " ");
        let state = text("stat");
        let state = state.rsplit(')').next().unwrap_or_default();
        let state = state.split_whitespace().next().unwrap_or_default();
        report += &format!("{pid} {state} {} {}\n", text("wchan"), text("cmdline"));
    }
    for log in logs_below(folder) {
        let text = fs::read_to_string(&log).unwrap_or_default();
        let lines: Vec<_> = text.lines().collect();
        let last = &lines[lines.len().saturating_sub(LOG_LINES)..];
        report += &format!("the end of {}:\n{}\n", log.display(), last.join("\n"));
    }
    // Past libtest, which would keep it until the test ends. Where it cannot be written, the end tells.
    std::io::stderr().write_all(report.as_bytes()).ok();
    // The other tests end with this binary and will not clean up either.
    for pid in processes(|pid| has(pid, &prefix())) {
        if let Some(pid) = rustix::process::Pid::from_raw(pid.cast_signed()) {
            // It may just have ended.
            rustix::process::kill_process(pid, rustix::process::Signal::KILL).ok();
        }
    }
    std::process::abort();
}

/// Returns the processes that have `folder` in their environment: a test's host and keeper, its clients, the
/// programs of its sessions and what those have started.
pub fn processes_of(folder: &Path) -> Vec<u32> {
    processes(|pid| has(pid, &folder.to_string_lossy()))
}

/// Returns the processes, but this one, that are `wanted`.
fn processes(wanted: impl Fn(u32) -> bool) -> Vec<u32> {
    let entries = fs::read_dir("/proc").expect("processes");
    let pids = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    pids.filter(|&pid| pid != std::process::id() && wanted(pid))
        .collect()
}

/// Says whether a process has `text` in the environment that it was started with.
fn has(pid: u32, text: &str) -> bool {
    let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
    String::from_utf8_lossy(&environment).contains(text)
}

/// Says whether a process is a child of this one, such as a command that a test waits for.
fn is_below(pid: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    after_name.split_whitespace().nth(1) == Some(&std::process::id().to_string())
}

/// Returns the logs of an agor's hosts and windows.
fn logs_below(folder: &Path) -> Vec<PathBuf> {
    let folder = folder.join("home/.local/state/agor");
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let paths = entries.map(|entry| entry.path());
    paths
        .filter(|path| path.extension().is_some_and(|extension| extension == "log"))
        .collect()
}
