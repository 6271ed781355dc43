//! Agents at work for minutes or hours, in several projects, under storms of resizes, of clients that come
//! and go, of sessions that end and of hosts that die: nothing grows that should not, and nothing is lost.
//!
//! `cargo xtask soak` asks for it by `AGOR_TEST_SOAK_MINUTES`; without that it runs for some seconds.

use std::fs;
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::agor::{Agor, signal_process, step_until};
use crate::deadline::processes_of;
use crate::processes::pss_kib;

const PROJECTS: usize = 3;
const AGENTS: usize = 6;
const CLIENTS: usize = 4;

/// How long a soak is that nobody asked for.
const SHORT: Duration = Duration::from_secs(12);

/// From this on memory may not grow from minute to minute; before, caches and histories fill.
const LONG: Duration = Duration::from_secs(3_600);

/// The database's log is folded in at a few MiB; beyond this it is not.
const LOG_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// What a host or keeper may have more of than in its first moments: what a storm has open at once.
const SLACK: usize = 24;

/// Programs of sessions that the keeper may have: the agents, one more that is ending, and what a killed one
/// has left for a moment (`sleep`), which the keeper adopts.
const CHILDREN_MAX: usize = AGENTS + 4;

/// All processes: host and keeper, each agent and its `sleep`, the clients, and as many as may be ending.
const PROCESSES_MAX: usize = 2 + 2 * AGENTS + CLIENTS + 8;

/// Growth of memory that is none, in KiB an hour: what a page here and there makes in the noise.
const GROWTH_KIB_MAX: f64 = 2_048.0;

/// An agent: it says what it does, redraws all that one sees in one frame, and leaves a numbered line.
const AGENT: &str = r#"
n=0
while :; do
  n=$((n+1))
  printf '\033]7501;state=working:app=scripted\007\033]0;turn %d\007' $n
  for frame in 1 2 3 4; do
    printf '\033[?2026h\033[H'
    for row in 1 2 3 4 5 6 7 8; do printf '\033[2K\033[3%dm frame %d of turn %d row %d\033[0m\r\n' $row $frame $n $row; done
    printf '\033[?2026l'
    sleep 0.02
  done
  printf '\033[20H\nline %d\n' $n
  printf '\033]7501;state=idle:app=scripted\007'
  sleep 0.05
done
"#;

/// What is counted of a process.
#[derive(Debug, Clone, Copy)]
struct Cost {
    files: usize,
    threads: usize,
    kib: u64,
}

fn cost(pid: u32) -> Cost {
    let entries = |what: &str| {
        let folder = fs::read_dir(format!("/proc/{pid}/{what}"));
        folder.map_or(0, Iterator::count)
    };
    Cost {
        files: entries("fd"),
        threads: entries("task"),
        kib: pss_kib(pid),
    }
}

/// A host's or keeper's life so far.
struct Life {
    pid: u32,
    first: Cost,
    /// Seconds since the soak began, and KiB.
    memory: Vec<(f64, f64)>,
}

impl Life {
    fn begin(pid: u32) -> Self {
        Self {
            pid,
            first: cost(pid),
            memory: Vec::new(),
        }
    }

    fn look(&mut self, whose: &str, at: Duration) {
        let now = cost(self.pid);
        assert!(
            now.files <= self.first.files + SLACK,
            "{whose}: {now:?} after {:?}",
            self.first
        );
        assert!(
            now.threads <= self.first.threads + SLACK,
            "{whose}: {now:?} after {:?}",
            self.first
        );
        self.memory.push((at.as_secs_f64(), now.kib as f64));
    }

    /// Returns KiB an hour by which memory grew, as a line through the later half of what was seen.
    fn growth(&self) -> f64 {
        let later = &self.memory[self.memory.len() / 2..];
        let count = later.len() as f64;
        let mean = |of: fn(&(f64, f64)) -> f64| later.iter().map(of).sum::<f64>() / count;
        let (time, kib) = (mean(|it| it.0), mean(|it| it.1));
        let together: f64 = later.iter().map(|it| (it.0 - time) * (it.1 - kib)).sum();
        let spread: f64 = later.iter().map(|it| (it.0 - time).powi(2)).sum();
        if spread > 0.0 {
            together / spread * 3_600.0
        } else {
            0.0
        }
    }
}

fn minutes() -> Option<u64> {
    std::env::var("AGOR_TEST_SOAK_MINUTES").ok()?.parse().ok()
}

#[test]
fn a_soak_in_which_everything_storms_grows_nothing_and_loses_nothing() {
    let whole = minutes().map_or(SHORT, |minutes| Duration::from_secs(minutes * 60));
    let mut agor = Agor::patient(whole + Duration::from_secs(120));
    agor.start_host();
    let agents: Vec<String> = (0..AGENTS).map(|n| agent(&agor, n % PROJECTS)).collect();
    for session in &agents {
        agor.screen_with(session, "line");
    }
    let keeper = agor.keeper_pid().expect("a keeper");
    let mut keeper = Life::begin(keeper);
    let mut host = Life::begin(agor.host_pid().expect("a host"));
    let began = Instant::now();
    let mut clients: Vec<Child> = Vec::new();
    let mut round = 0_usize;
    while began.elapsed() < whole {
        storm(&agor, &agents, &mut clients, round);
        // Hosts die in the first half; in the second, one grows old.
        let young = began.elapsed() < whole / 2;
        if young && round % 40 == 20 {
            agor.crash_host();
            agor.start_host();
            host = Life::begin(agor.host_pid().expect("a host"));
        }
        if round.is_multiple_of(8) {
            look(&agor);
            host.look("the host", began.elapsed());
            keeper.look("the keeper", began.elapsed());
            look_at_processes(&agor, keeper.pid);
        }
        round += 1;
    }
    for mut client in clients {
        end(&mut client);
    }
    look(&agor);
    assert_eq!(agor.keeper_pid(), Some(keeper.pid), "one keeper all along");
    let growth = (host.growth(), keeper.growth());
    println!("{round} rounds; memory grew by {growth:?} KiB an hour (host, keeper)");
    if whole >= LONG {
        assert!(
            growth.0 < GROWTH_KIB_MAX && growth.1 < GROWTH_KIB_MAX,
            "{growth:?}"
        );
    }
    for session in &agents {
        agor.ok(&["kill", session]);
        assert_whole(session, &agor.raw(session));
    }
    step_until("only the keeper and the host are left", || {
        let left = children_of(keeper.pid);
        (left == 0).then_some(())
    });
}

fn agent(agor: &Agor, project: usize) -> String {
    let folder = agor.path(&format!("work/project-{project}"));
    fs::create_dir_all(&folder).expect("a folder");
    let folder = folder.to_str().expect("UTF-8");
    let session = agor.ok(&["new", "--project", folder, "--", "bash", "-c", AGENT]);
    session.trim().to_owned()
}

/// A little of everything at once.
fn storm(agor: &Agor, agents: &[String], clients: &mut Vec<Child>, round: usize) {
    let session = &agents[round % agents.len()];
    let size = format!("{}x{}", 80 + round % 60, 24 + round % 20);
    agor.ok(&["resize", session, &size]);
    agor.ok(&["send", session, &format!("typed {round}"), "--enter"]);
    if clients.len() >= CLIENTS {
        let mut client = clients.remove(round % CLIENTS);
        // Some are cut off, some are stopped first, so that they do not read.
        if round.is_multiple_of(3) {
            signal_process(client.id(), "STOP");
        }
        end(&mut client);
    }
    let follow = agor
        .command(&["log", session, "--follow", "--json"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    clients.push(follow.expect("agord runs"));
    if round.is_multiple_of(5) {
        let short = agent(agor, round % PROJECTS);
        agor.screen_with(&short, "line");
        agor.ok(&["kill", &short]);
        agor.ok(&["rm", &short]);
    }
}

fn end(client: &mut Child) {
    client.kill().ok(); // It may have ended with its host.
    client.wait().expect("it can be reaped");
}

/// Sees that no record has a hole and that the log is folded in.
fn look(agor: &Agor) {
    let stats: Value = agor.json(&["stats", "--json"]);
    let log_bytes = stats["log_bytes"].as_u64().expect("a number");
    assert!(log_bytes < LOG_BYTES_MAX, "{stats}");
    for session in stats["sessions"].as_array().expect("sessions") {
        assert_eq!(session["gaps"], 0, "{session}");
    }
}

/// Sees that what has ended is gone, below the keeper or elsewhere.
fn look_at_processes(agor: &Agor, keeper: u32) {
    let children = children_of(keeper);
    assert!(children <= CHILDREN_MAX, "the keeper has {children}");
    let all = processes_of(&agor.path(""));
    assert!(
        all.len() <= PROCESSES_MAX,
        "{} processes: {all:?}",
        all.len()
    );
}

/// Sees that an agent's numbered lines follow each other, from the first that is kept on.
fn assert_whole(session: &str, raw: &[u8]) {
    let text = String::from_utf8_lossy(raw);
    let number = |line: &str| line.trim_end().strip_prefix("line ")?.parse::<u64>().ok();
    let numbers: Vec<u64> = text.lines().filter_map(number).collect();
    assert!(numbers.len() > 5, "{session} said {} lines", numbers.len());
    let broken = numbers.windows(2).find(|pair| pair[1] != pair[0] + 1);
    assert_eq!(broken, None, "{session}");
}

fn children_of(keeper: u32) -> usize {
    let file = format!("/proc/{keeper}/task/{keeper}/children");
    let children = fs::read_to_string(Path::new(&file)).unwrap_or_default();
    children.split_whitespace().count()
}
