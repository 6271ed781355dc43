//! Hosts that start, end and follow each other at the same time.

use std::fs;
use std::io::Read;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use agor_core::client::{Client, ClientOptions};
use agor_core::link::Dialer;
use agor_proto::command::CommandBody;
use agor_proto::ids::Incarnation;
use serde_json::Value;

use crate::agor::{Agor, Done, runs, signal_process, step_until};

/// Starts `count` sessions at once, each by a command line of its own.
fn start_at_once(agor: &Agor, count: usize) -> Vec<Child> {
    let start = |_| {
        let mut command = agor.command(&["new", "--", "sleep", "600"]);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().expect("agord runs")
    };
    (0..count).map(start).collect()
}

/// Waits for command lines that must all succeed.
fn all_succeed(children: Vec<Child>) {
    for child in children {
        let done = Done::from(child.wait_with_output().expect("a child"));
        assert_eq!(done.code, 0, "{done:?}");
    }
}

/// Returns how many sessions are listed, and how many of them run.
fn listed(agor: &Agor) -> (usize, usize) {
    let list = agor.json(&["ls", "--json"]);
    let sessions: &Vec<Value> = list.as_array().expect("a list");
    let running = sessions.iter().filter(|info| info["life"] == "running");
    (sessions.len(), running.count())
}

/// Returns the hosts that run for these folders, by what they were started with.
fn hosts(agor: &Agor) -> Vec<u32> {
    let home = format!("HOME={}", agor.path("home").display());
    let serves = |pid: &u32| {
        let read = |name| fs::read(format!("/proc/{pid}/{name}")).unwrap_or_default();
        let (arguments, environment) = (read("cmdline"), read("environ"));
        arguments
            .split(|&byte| byte == 0)
            .any(|word| word == b"serve")
            && environment
                .split(|&byte| byte == 0)
                .any(|variable| variable == home.as_bytes())
    };
    let entries = fs::read_dir("/proc").expect("processes");
    entries
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter(|&pid| runs(pid))
        .filter(serves)
        .collect()
}

#[test]
fn hosts_that_are_started_at_once_leave_one_with_every_session() {
    let agor = Agor::new();
    all_succeed(start_at_once(&agor, 8));
    assert_eq!(listed(&agor), (8, 8));
    let host = agor.host_pid().expect("a host answers");
    step_until("the other hosts have ended", || {
        (hosts(&agor) == [host]).then_some(())
    });
    assert!(!agor.log().contains("taking over"), "{}", agor.log());
    assert_eq!(agor.host_pid(), Some(host));
}

#[test]
fn a_stopped_host_is_taken_over_once_however_many_start() {
    let agor = Agor::started();
    let former = agor.host_pid().expect("a host answers");
    agor.signal_host("STOP");
    all_succeed(start_at_once(&agor, 4));
    assert_eq!(listed(&agor), (4, 4));
    let log = agor.log();
    assert_eq!(log.matches("taking over").count(), 1, "{log}");
    assert_ne!(agor.host_pid(), Some(former));
    if runs(former) {
        signal_process(former, "CONT");
    }
    step_until("the former host has ended", || {
        (!hosts(&agor).contains(&former)).then_some(())
    });
    assert_eq!(listed(&agor), (4, 4));
}

#[test]
fn a_host_follows_one_that_was_told_to_end_without_losing_a_session() {
    const ROUNDS: usize = 6;
    let agor = Agor::new();
    for round in 1..=ROUNDS {
        agor.ok(&["new", "--", "sleep", "600"]);
        assert_eq!(listed(&agor), (round, 1));
        agor.ok(&["stop-host"]);
    }
    agor.ok(&["new", "--", "sleep", "600"]);
    let list = agor.json(&["ls", "--json"]);
    let sessions = list.as_array().expect("a list");
    let ended = sessions
        .iter()
        .filter(|info| info["life"]["exited"].is_object());
    assert_eq!(ended.count(), ROUNDS, "every end is known: {list}");
}

#[test]
fn a_session_that_is_started_while_a_host_ends_waits_for_the_next_one() {
    let agor = Agor::new();
    // Takes as long to end as it is given.
    let stubborn = agor.session("trap '' HUP TERM; echo deaf; while :; do sleep 1; done");
    agor.screen_with(&stubborn, "deaf");
    let host = agor.host_pid().expect("a host answers");
    let stopping = agor.command(&["stop-host"]).spawn().expect("agord runs");
    step_until("the host is about to end", || {
        agor.log().contains("the host ends").then_some(())
    });
    assert!(runs(host), "it waits for the program");
    agor.ok(&["new", "--", "sleep", "600"]);
    assert_eq!(listed(&agor), (2, 1));
    assert!(agor.info(&stubborn)["life"]["exited"].is_object());
    assert!(!agor.log().contains("taking over"), "{}", agor.log());
    drop(stopping);
}

/// A small file system of its own; none where we may not mount.
struct SmallDisk(PathBuf);

impl SmallDisk {
    fn mount(path: PathBuf) -> Option<Self> {
        fs::create_dir_all(&path).expect("a folder");
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=8m,mode=0700", "tmpfs"])
            .arg(&path)
            .output();
        if !mounted.is_ok_and(|output| output.status.success()) {
            println!("skipped: no file system can be mounted here");
            return None;
        }
        Some(Self(path))
    }

    /// Leaves no room at all.
    fn fill(&self) -> PathBuf {
        let filler = self.0.join("filler");
        let mut file = fs::File::create(&filler).expect("a file");
        let zeros = [0; 4_096];
        while std::io::Write::write_all(&mut file, &zeros).is_ok() {}
        filler
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let mut unmount = Command::new("umount");
        // A mount that stays behind is the machine's to clean up; the test has its result.
        unmount.arg("-l").arg(&self.0).status().ok();
    }
}

#[test]
fn a_host_whose_disk_is_full_refuses_clients_in_words_and_serves_them_once_there_is_room() {
    let folders = Agor::new();
    let Some(disk) = SmallDisk::mount(folders.path("home/.local/share/agor")) else {
        return;
    };
    // Dropped first, so that its host ends while the disk is there.
    let agor = folders;
    agor.ok(&["serve"]);
    let [host] = hosts(&agor)[..] else {
        panic!("one host runs");
    };
    let filler = disk.fill();
    for verb in [&["ls"][..], &["new", "--", "sleep", "600"]] {
        let refused = agor.run(verb);
        assert_ne!(refused.code, 0);
        assert!(refused.stderr.contains("full"), "{refused:?}");
    }
    assert_eq!(hosts(&agor), [host], "it goes on, and is not taken over");
    fs::remove_file(filler).expect("the filler");
    assert_eq!(agor.host_pid(), Some(host));
    agor.ok(&["new", "--", "sleep", "600"]);
    assert_eq!(listed(&agor), (1, 1));
}

#[test]
fn a_repeat_of_an_end_that_was_meant_for_the_host_before_ends_nothing() {
    let mut agor = Agor::new();
    let host = agor.start_host();
    let session = agor.session("echo here; exec cat");
    agor.screen_with(&session, "here");
    let socket = agor.path("run/agor/host.sock");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let stop = CommandBody::StopHost {
        keep_sessions: false,
        incarnation: Some(Incarnation(u64::MAX)),
    };
    let done = runtime.block_on(async {
        let client = Client::over(Dialer::Socket(socket), ClientOptions::default())
            .await
            .expect("the host answers");
        client.carry_out(stop).await
    });
    assert!(
        done.is_ok(),
        "who asked is told that it has ended: {done:?}"
    );
    agor.ok(&["send", &session, "still there", "--enter"]);
    agor.screen_with(&session, "still there");
    assert_eq!(agor.host_pid(), Some(host));
}

#[test]
fn a_host_that_takes_long_to_come_up_takes_connections_and_hangs_up() {
    let agor = Agor::new();
    // A database that never opens: whoever looks sees a host that starts, not one that is gone.
    let data = agor.path("home/.local/share/agor");
    fs::create_dir_all(&data).expect("a folder");
    let made = Command::new("mkfifo").arg(data.join("host.db")).status();
    assert!(made.expect("mkfifo runs").success());
    let mut starting = agor
        .command(&["serve", "--foreground"])
        .stderr(Stdio::null())
        .spawn()
        .expect("agord runs");
    let socket = agor.path("run/agor/host.sock");
    let mut connection = step_until("it takes connections", || {
        std::os::unix::net::UnixStream::connect(&socket).ok()
    });
    let mut said = Vec::new();
    connection.read_to_end(&mut said).expect("an end");
    assert!(said.is_empty(), "nobody is greeted yet");
    assert!(starting.try_wait().expect("a child").is_none());
    starting.kill().expect("a child");
    starting.wait().expect("a child");
}
