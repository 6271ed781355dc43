//! Nothing of a session survives its end, and nothing dead is left lying about.

use std::{fs, path::PathBuf};

use agor_keeper::{Event, Request, RequestFault, SessionKey, SignalScope};

use crate::harness::{Host, TestKeeper, exists, is_alive, key, shell, step_until};

/// A child that leaves every kind of process behind it; each writes its number to a file.
const TROUBLE: &str = r#"
note() { echo $1 > "$DIR/$2.tmp"; mv "$DIR/$2.tmp" "$DIR/$2"; }
sleep 1000 & note $! background
(trap '' HUP TERM INT; while :; do sleep 0.05; done) & note $! deaf
setsid sh -c 'echo $$ > "$DIR/daemon.tmp"; mv "$DIR/daemon.tmp" "$DIR/daemon"; trap "" HUP; while :; do sleep 0.05; done' </dev/null >/dev/null 2>&1 &
(setsid sh -c '(echo $(exec sh -c "echo \$PPID") > "$DIR/double.tmp"; mv "$DIR/double.tmp" "$DIR/double"; exec sleep 1000) &' </dev/null >/dev/null 2>&1 &) &
sh -c 'kill -STOP $$; sleep 1000' & note $! stopped
set -m
sleep 1000 & note $! group
echo ready
trap '' HUP
while :; do sleep 0.05; done
"#;
const NAMES: [&str; 6] = ["background", "deaf", "daemon", "double", "stopped", "group"];

fn trouble(keeper: &TestKeeper, host: &mut Host, number: u8) -> (SessionKey, Vec<u32>) {
    let directory: PathBuf = keeper.directory.path().join(number.to_string());
    fs::create_dir(&directory).unwrap();
    let mut spec = shell(number, TROUBLE);
    spec.env.push(("DIR".into(), directory.clone().into()));
    let leader = host.spawn(spec);
    host.until_text(key(number), "ready");
    let mut pids = vec![leader];
    for name in NAMES {
        let file = directory.join(name);
        host.until(name, |_| file.exists().then_some(()));
        pids.push(fs::read_to_string(file).unwrap().trim().parse().unwrap());
    }
    assert!(pids.iter().all(|pid| is_alive(*pid)), "{pids:?}");
    (key(number), pids)
}

#[test]
fn a_kill_ends_daemons_deaf_stopped_and_grouped_processes_of_its_session_only() {
    let keeper = TestKeeper::start();
    let mut host = keeper.attach(1);
    let (session, pids) = trouble(&keeper, &mut host, 1);
    let (_, others) = trouble(&keeper, &mut host, 2);
    assert_eq!(host.kill(session, 100), 0);
    for (pid, name) in pids.iter().zip(["leader"].iter().chain(&NAMES)) {
        assert!(!is_alive(*pid), "{name} survived");
    }
    assert!(
        others.iter().all(|pid| is_alive(*pid)),
        "another session was hurt"
    );
    host.until_closed(session);
    assert_eq!(host.until_exit(session).signal, 9);
    // Asking again is no error: it says that nothing is left.
    assert_eq!(host.kill(session, 0), 0);
    assert_eq!(host.kill(key(2), 0), 0);
    assert!(others.iter().all(|pid| !is_alive(*pid)));
}

#[test]
fn a_child_that_heeds_the_hang_up_ends_by_itself_within_the_grace() {
    let keeper = TestKeeper::start();
    let mut host = keeper.attach(1);
    let session = host.shell(
        1,
        "trap 'echo bye; exit 6' HUP; echo ready; while :; do sleep 0.01; done",
    );
    host.until_text(session, "ready");
    assert_eq!(host.kill(session, 10_000), 0);
    assert_eq!(host.until_exit(session).code, 6);
    host.until_text(session, "bye");
}

#[test]
fn orphans_are_reaped_without_taking_the_leaders_exit() {
    let keeper = TestKeeper::start();
    let mut host = keeper.attach(1);
    let script = "for i in 1 2 3 4 5 6 7 8 9; do (sh -c 'echo orphan $$; exit 3' & ) ; done; sleep 0.2; exit 9";
    let session = host.shell(1, script);
    assert_eq!(host.until_exit(session).code, 9);
    host.until_closed(session);
    let text = host.tape(session).text();
    let pids: Vec<u32> = text
        .lines()
        .filter_map(|line| line.strip_prefix("orphan ")?.parse().ok())
        .collect();
    assert_eq!(pids.len(), 9, "{text}");
    step_until("the orphans to be reaped", || {
        pids.iter().all(|pid| !exists(*pid))
    });
}

#[test]
fn a_running_session_cannot_be_forgotten_and_an_ended_one_can_even_if_its_terminal_is_held() {
    let keeper = TestKeeper::start();
    let mut host = keeper.attach(1);
    let session = host.shell(1, "trap '' HUP; sleep 1000 & echo pid $!; read line");
    host.until_text(session, "pid ");
    host.send(Request::Forget { session });
    host.until("the refusal", |host| {
        host.take(|event| match event {
            Event::Failed {
                fault: RequestFault::StillRunning,
                ..
            } => Some(()),
            _ => None,
        })
    });
    host.input(session, 1, "\n");
    host.until_exit(session);
    assert!(!host.tape(session).closed());
    let text = host.tape(session).text();
    let sleeper: u32 = text
        .lines()
        .find_map(|line| line.strip_prefix("pid "))
        .unwrap()
        .parse()
        .unwrap();
    host.send(Request::Forget { session });
    host.until("the session to be forgotten", |host| {
        host.take(|event| matches!(event, Event::Forgotten { .. }).then_some(()))
    });
    drop(host);
    assert_eq!(keeper.attach(2).hello.sessions.len(), 0);
    let pid = rustix::process::Pid::from_raw(sleeper as i32).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
    step_until("the keeper to reap what outlived its session", || {
        !exists(sleeper)
    });
}

#[test]
fn a_signal_to_all_reaches_daemons_too() {
    let keeper = TestKeeper::start();
    let mut host = keeper.attach(1);
    let script = "setsid sh -c 'trap \"echo daemon heard\" USR1; echo daemon ready; \
                  while :; do sleep 0.01; done' & trap 'echo leader heard' USR1; \
                  while :; do sleep 0.01; done";
    let session = host.shell(1, script);
    host.until_text(session, "daemon ready");
    host.send(Request::Signal {
        session,
        signal: 10,
        scope: SignalScope::All,
    });
    host.until_text(session, "daemon heard");
    host.until_text(session, "leader heard");
    assert_eq!(host.kill(session, 0), 0);
}

#[test]
fn a_kill_ends_also_what_hid_from_every_other_look_where_there_are_control_groups() {
    let keeper = TestKeeper::start();
    let Some(group) = agor_keeper::session_group(keeper.process.id(), key(1)) else {
        eprintln!("skipped: this user cannot make control groups here");
        return;
    };
    let mut host = keeper.attach(1);
    // Out of session, group and descent, and without the marker, before any look.
    let hidden = "env -i setsid sh -c 'trap \"\" HUP; (echo hidden $(exec sh -c \"echo \\$PPID\"); \
                  exec sleep 1000) &' & wait; echo left; read line";
    let session = host.shell(1, hidden);
    host.until_text(session, "hidden ");
    host.until_text(session, "left");
    let text = host.tape(session).text();
    let pid = text.lines().find_map(|line| line.strip_prefix("hidden "));
    let pid: u32 = pid.unwrap().trim().parse().unwrap();
    step_until("it is nobody's child", || {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
        let parent = stat.rsplit(')').next().unwrap().split_whitespace().nth(1);
        parent == Some(&keeper.process.id().to_string())
    });
    assert!(group.is_dir());
    assert_eq!(host.kill(session, 100), 0);
    assert!(!is_alive(pid), "it survived");
    host.send(Request::Forget { session });
    host.until("the session to be forgotten", |host| {
        host.take(|event| matches!(event, Event::Forgotten { .. }).then_some(()))
    });
    assert!(!group.exists(), "its group is left");
}
