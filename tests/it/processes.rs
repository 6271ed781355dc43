//! Everything that a session started is gone after `kill`, however it hides; and an idle session
//! costs little.

use std::collections::BTreeSet;
use std::fs;

use crate::agor::{Agor, runs, step_until};

/// A program that leaves children behind which are hard to find: one that became a daemon, one
/// that is stopped, one that leads a group of its own, one that ignores being hung up on.
const FAMILY: &str = r#"
setsid sh -c 'echo $$ >> pids; trap "" HUP TERM; while :; do sleep 1000; done' </dev/null >/dev/null 2>&1 &
( setsid sh -c '( echo $(cut -d" " -f4 /proc/self/stat) >> pids; exec sleep 1001 ) & ' ) </dev/null >/dev/null 2>&1 &
sh -c 'echo $$ >> pids; kill -STOP $$; sleep 1002' &
set -m
sh -c 'echo $$ >> pids; sleep 1003' &
set +m
sh -c 'trap "" HUP TERM INT; echo $$ >> pids; while :; do sleep 1004; done' &
echo $$ >> pids
wait
"#;

#[test]
fn d2_a_daemon_a_stopped_child_and_a_group_leader_are_all_gone_after_kill() {
    let agor = Agor::started();
    let session = agor.session(FAMILY);
    let pids = step_until("the family is complete", || {
        let text = fs::read_to_string(agor.work().join("pids")).ok()?;
        let pids: BTreeSet<u32> = text.lines().filter_map(|line| line.parse().ok()).collect();
        (pids.len() == 6).then_some(pids)
    });
    let neighbour = agor.session("sleep 600");
    agor.ok(&["kill", &session]);
    for &pid in &pids {
        step_until(&format!("{pid} is gone"), || (!runs(pid)).then_some(()));
    }
    let leftover = processes_of(&session);
    assert!(leftover.is_empty(), "still there: {leftover:?}");
    assert_eq!(
        agor.info(&neighbour)["life"],
        "running",
        "kill ends one session only"
    );
}

/// Returns the processes that carry a session's mark.
fn processes_of(session: &str) -> Vec<u32> {
    let mark = format!("AGOR_SESSION_ID={session}");
    let processes = fs::read_dir("/proc").expect("proc");
    processes
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter(|&pid| {
            let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
            environment
                .split(|&byte| byte == 0)
                .any(|variable| variable == mark.as_bytes())
        })
        .filter(|&pid| runs(pid))
        .collect()
}

/// Returns the proportional set size of a process, in KiB.
pub fn pss_kib(pid: u32) -> u64 {
    let rollup = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).expect("a process");
    let line = rollup
        .lines()
        .find_map(|line| line.strip_prefix("Pss:"))
        .expect("a Pss");
    line.trim()
        .trim_end_matches(" kB")
        .trim()
        .parse()
        .expect("a number")
}

#[test]
fn two_hundred_idle_shells_cost_at_most_1_mib_each_over_a_base_of_25() {
    const SESSIONS: u64 = 200;
    let agor = Agor::started();
    let ids: Vec<String> = (0..SESSIONS)
        .map(|_| agor.program("120x40", &["bash", "--norc"]))
        .collect();
    for id in &ids {
        agor.ok(&["wait", id, "--idle", "50", "--timeout", "60"]);
    }
    let (host, keeper) = (
        agor.host_pid().expect("a host"),
        agor.keeper_pid().expect("a keeper"),
    );
    let total_kib = pss_kib(host) + pss_kib(keeper);
    println!("PSS of host and keeper with {SESSIONS} idle sessions: {total_kib} KiB");
    assert!(total_kib <= 1024 * (25 + SESSIONS), "{total_kib} KiB");
    let threads = fs::read_dir(format!("/proc/{host}/task"))
        .expect("proc")
        .count();
    assert!(
        threads < 64,
        "{threads} threads: sessions must not have one each"
    );
    let descriptors = fs::read_dir(format!("/proc/{host}/fd"))
        .expect("proc")
        .count() as u64;
    assert!(
        descriptors < 4 * SESSIONS + 100,
        "{descriptors} descriptors"
    );
}

#[test]
fn a_hosts_threads_share_their_heaps() {
    let agor = Agor::started();
    // Enough that every thread takes memory.
    for _ in 0..8 {
        let session = agor.session("seq 1 200000; echo the-end");
        agor.screen_with(&session, "the-end");
    }
    let host = agor.host_pid().expect("a host");
    let maps = fs::read_to_string(format!("/proc/{host}/maps")).expect("its memory");
    // glibc reserves 64 MiB for each heap beside the first, at a multiple of that (malloc/arena.c).
    let is_heap = |line: &&str| {
        let start = line
            .split('-')
            .next()
            .and_then(|it| u64::from_str_radix(it, 16).ok());
        line.contains(" rw-p 00000000 00:00 0")
            && start.is_some_and(|start| start.is_multiple_of(64 << 20))
    };
    let heaps = maps.lines().filter(is_heap).count();
    assert!(heaps <= 2, "{heaps} heaps beside the first: {maps}");
}

#[test]
fn an_idle_host_does_nothing() {
    let agor = Agor::started();
    let session = agor.session("sleep 600");
    agor.ok(&["wait", &session, "--idle", "50", "--timeout", "60"]);
    let switches = |pid: u32| -> u64 {
        let status = |task: &fs::DirEntry| {
            let text = fs::read_to_string(task.path().join("status")).unwrap_or_default();
            let count = text
                .lines()
                .find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"));
            count
                .and_then(|count| count.trim().parse::<u64>().ok())
                .unwrap_or(0)
        };
        let tasks = fs::read_dir(format!("/proc/{pid}/task")).expect("proc");
        tasks.filter_map(Result::ok).map(|task| status(&task)).sum()
    };
    let (host, keeper) = (
        agor.host_pid().expect("a host"),
        agor.keeper_pid().expect("a keeper"),
    );
    // Who has the terminal is looked at three more times after the last output, within four seconds.
    agor_sleep(5);
    // Asking for the pids woke the host; it is quiet again once two looks agree.
    let mut before = switches(host);
    step_until("the host is quiet", || {
        let now = switches(host);
        let quiet = now == before;
        before = now;
        quiet.then_some(())
    });
    let (host_before, keeper_before) = (switches(host), switches(keeper));
    agor_sleep(3);
    let host_woke = switches(host) - host_before;
    assert!(
        host_woke <= 10,
        "an idle host woke {host_woke} times in 3 s"
    );
    assert_eq!(switches(keeper) - keeper_before, 0, "an idle keeper sleeps");
}

/// Lets the clock go on: what is tested is that nothing happens meanwhile.
fn agor_sleep(seconds: u64) {
    std::process::Command::new("sleep")
        .arg(seconds.to_string())
        .status()
        .expect("sleep runs");
}
