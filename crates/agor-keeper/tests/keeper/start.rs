//! How a keeper begins, whom it accepts and how it ends.

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    os::unix::{fs::PermissionsExt, net::UnixStream},
    path::Path,
    process::Stdio,
};

use agor_keeper::{Event, KeeperError, KeeperLink, Request};

use crate::harness::{
    Host, TestKeeper, exists, expect_error, is_alive, keeper_command, key, shell, step_until,
};

/// Starts a keeper that does not come up, and returns what it said.
fn refusal_of(socket: &Path) -> String {
    let output = keeper_command(socket)
        .stderr(Stdio::piped())
        .output()
        .unwrap();
    assert!(!output.status.success());
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn a_second_keeper_on_the_same_path_is_told_that_one_is_running() {
    let keeper = TestKeeper::start();
    let said = refusal_of(&keeper.socket());
    assert!(said.contains("AlreadyRunning"), "{said}");
    keeper.attach(1);
}

#[test]
fn a_directory_open_to_others_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o750)).unwrap();
    let said = refusal_of(&directory.path().join("keeper"));
    assert!(said.contains("UnsafeDirectory"), "{said}");
}

#[test]
fn only_the_user_can_reach_the_socket() {
    let keeper = TestKeeper::start();
    let mode = fs::metadata(keeper.socket()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn the_socket_of_a_dead_keeper_is_replaced() {
    let mut keeper = TestKeeper::start();
    keeper.process.kill().unwrap();
    keeper.process.wait().unwrap();
    let missing = expect_error(KeeperLink::connect(&keeper.socket(), 1));
    assert!(
        matches!(missing, KeeperError::NotRunning { .. }),
        "{missing}"
    );
    let mut second = keeper_command(&keeper.socket()).spawn().unwrap();
    let stdout = BufReader::new(second.stdout.take().unwrap());
    assert!(stdout.lines().any(|line| line.unwrap().ends_with("ready")));
    keeper.attach(1);
    second.kill().unwrap();
    second.wait().unwrap();
}

#[test]
fn a_peer_that_sends_garbage_is_dropped_and_nothing_else_happens() {
    let keeper = TestKeeper::start();
    let mut host = keeper.attach(1);
    let session = host.shell(1, "echo still; read line; echo $line");
    let long = u32::MAX.to_le_bytes();
    let garbage: [&[u8]; 5] = [
        b"GET / HTTP/1.1\r\n\r\n",
        &[long.as_slice(), &[1; 100]].concat(),
        &[0; 64],
        &[&20u32.to_le_bytes()[..], &[1, 0], b"not agor's magic!!"].concat(),
        &[&20u32.to_le_bytes()[..], &[1, 9], b"agorkeep12345678901"].concat(),
    ];
    for bytes in garbage {
        let mut peer = UnixStream::connect(keeper.socket()).unwrap();
        peer.write_all(bytes).unwrap();
        assert_eq!(peer.read(&mut [0; 16]).unwrap_or(0), 0, "{bytes:?}");
    }
    host.until_text(session, "still");
    host.input(session, 1, "here\n");
    host.until_text(session, "here\nhere");
}

#[test]
fn peers_that_say_nothing_do_not_keep_a_host_out() {
    let keeper = TestKeeper::start();
    let silent: Vec<_> = (0..100)
        .map(|_| UnixStream::connect(keeper.socket()).unwrap())
        .collect();
    keeper.attach(1);
    drop(silent);
}

#[test]
fn a_host_that_turns_to_garbage_is_dropped_while_sessions_go_on() {
    let keeper = TestKeeper::start();
    let mut host = keeper.attach(1);
    let session = host.shell(1, "read line; echo got $line");
    // A shutdown with bytes behind it: no message.
    let socket = std::os::fd::AsFd::as_fd(&host.link)
        .try_clone_to_owned()
        .unwrap();
    UnixStream::from(socket)
        .write_all(&[9, 0, 0, 0, 27, 0, 1, 2, 3, 4, 5, 6, 7])
        .unwrap();
    step_until("the keeper to hang up", || {
        matches!(host.link.recv(), Err(KeeperError::Closed))
    });
    let mut next = keeper.attach(2);
    assert_eq!(next.hello.sessions.len(), 1);
    next.input(session, 1, "it\n");
    next.until_text(session, "got it");
}

#[test]
fn another_version_is_refused_and_both_versions_are_named() {
    let keeper = TestKeeper::start();
    let mut peer = UnixStream::connect(keeper.socket()).unwrap();
    let mut hello = b"\x14\0\0\0\x01\0agorkeep".to_vec();
    hello.extend_from_slice(&99u16.to_le_bytes());
    hello.extend_from_slice(&1u64.to_le_bytes());
    peer.write_all(&hello).unwrap();
    let mut answer = Vec::new();
    peer.read_to_end(&mut answer).unwrap();
    // The tag of a refusal, the keeper's version, the reason, the host's version.
    assert_eq!(answer[4], 3);
    assert_eq!(answer[14..17], [agor_keeper::ABI_VERSION as u8, 0, 0]);
    assert_eq!(answer[17], 99);
}

#[test]
fn shutdown_ends_every_session_and_removes_the_socket() {
    let mut keeper = TestKeeper::start();
    let mut host = keeper.attach(1);
    let ready = "trap '' HUP; echo ready; while :; do sleep 100; done";
    let pids: Vec<_> = (1..=3).map(|n| host.spawn(shell(n, ready))).collect();
    for number in 1..=3 {
        host.until_text(key(number), "ready");
    }
    host.send(Request::Shutdown { grace_millis: 50 });
    let mut killed = 0;
    let ended = loop {
        match host
            .link
            .recv_until(std::time::Instant::now() + std::time::Duration::from_secs(10))
        {
            Ok(Event::Killed { survivors, .. }) => {
                assert_eq!(survivors, 0);
                killed += 1;
            }
            Ok(_) => {}
            Err(error) => break error,
        }
    };
    assert!(matches!(ended, KeeperError::Closed), "{ended}");
    assert_eq!(killed, 3);
    assert!(keeper.process.wait().unwrap().success());
    assert!(!keeper.socket().exists());
    assert!(pids.iter().all(|pid| !exists(*pid)));
    for tape in host.tapes.values_mut() {
        tape.pump();
        assert_eq!(
            tape.exit().unwrap().signal,
            9,
            "the record outlives the keeper"
        );
    }
}

#[test]
fn a_keeper_without_hosts_and_sessions_stays() {
    let keeper = TestKeeper::start();
    drop(keeper.attach(1));
    let host: Host = keeper.attach(2);
    assert_eq!(host.hello.pid, keeper.process.id());
    assert!(is_alive(keeper.process.id()));
}

/// A file system that answers nothing until it is dropped, and then fails.
struct Hanging {
    folder: tempfile::TempDir,
    connection: Option<fs::File>,
}

impl Hanging {
    /// Mounts one; `None` where this user may not.
    fn mount() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let connection = fs::File::options()
            .read(true)
            .write(true)
            .open("/dev/fuse")
            .ok()?;
        let mounted = std::process::Command::new("mount")
            .args(["-i", "-t", "fuse", "-o"])
            .arg("fd=0,rootmode=40000,user_id=0,group_id=0")
            .arg("hanging")
            .arg(folder.path())
            .stdin(connection.try_clone().unwrap())
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success());
        let connection = Some(connection);
        mounted.then_some(Self { folder, connection })
    }

    fn fail(&mut self) {
        self.connection = None;
    }
}

impl Drop for Hanging {
    fn drop(&mut self) {
        self.fail();
        std::process::Command::new("umount")
            .arg("-l")
            .arg(self.folder.path())
            .status()
            .ok(); // The folder is then left behind.
    }
}

#[test]
fn a_folder_that_hangs_holds_up_its_own_session_and_no_other() {
    let Some(mut hanging) = Hanging::mount() else {
        println!("skipped: this user may not mount a file system that hangs");
        return;
    };
    let keeper = TestKeeper::start();
    let mut host = keeper.attach(1);
    let stuck = |folder: &Path| {
        let mut spec = shell(1, "echo here");
        spec.cwd = folder.into();
        Request::Spawn(spec)
    };
    host.send(stuck(hanging.folder.path()));
    let other = host.shell(2, "read line; echo got $line; exit 3");
    host.input(other, 1, "it\n");
    host.until_text(other, "got it");
    assert_eq!(host.until_exit(other).code, 3, "its end was noticed");
    let third = host.shell(3, "sleep 100");
    assert_eq!(host.kill(third, 50), 0);
    // What is on its way is not asked for twice.
    host.send(stuck(hanging.folder.path()));
    let mut next = keeper.attach(2);
    hanging.fail();
    let (step, failures) = next.until("the start to fail", |host| {
        host.take(|event| match event {
            Event::SpawnFailed { session, step, .. } if *session == key(1) => Some(*step),
            _ => None,
        })
        .map(|step| (step, host.events.len()))
    });
    assert_eq!(step, agor_keeper::SpawnStep::Cwd);
    assert_eq!(failures, 0, "it failed once");
    next.shell(4, "echo and goes on");
    next.until_text(key(4), "and goes on");
}

#[test]
fn a_keeper_that_is_told_to_end_waits_for_no_folder_that_hangs() {
    let Some(mut hanging) = Hanging::mount() else {
        println!("skipped: this user may not mount a file system that hangs");
        return;
    };
    let mut keeper = TestKeeper::start();
    let mut host = keeper.attach(1);
    let mut spec = shell(1, "echo here");
    spec.cwd = hanging.folder.path().into();
    host.send(Request::Spawn(spec));
    host.send(Request::Shutdown { grace_millis: 50 });
    step_until("the keeper to end", || {
        keeper.process.try_wait().unwrap().is_some()
    });
    hanging.fail();
}
