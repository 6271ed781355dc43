//! What a child says, as it stands in its ring.

use std::time::Duration;

use agor_keeper::{Event, Exit, Io, PtySize, Request, SpawnStep};

use crate::harness::{Entry, TestKeeper, command, key, shell};

#[test]
fn a_child_is_recorded_from_its_start_to_the_end_of_its_output() {
    let keeper = TestKeeper::start();
    let mut host = keeper.attach(1);
    let mut spec = shell(1, "printf hello; exit 7");
    spec.start_offset = 1_000_000;
    let pid = host.spawn(spec.clone());
    host.until_closed(key(1));
    let exit = host.until_exit(key(1));
    assert_eq!(exit, Exit { code: 7, signal: 0 });
    let tape = host.tape(key(1));
    assert_eq!(tape.offsets[0], 1_000_000);
    assert_eq!(tape.entries[0], Entry::Started(pid, spec.size));
    assert_eq!(tape.text(), "hello");
    assert_eq!(
        tape.entries
            .iter()
            .filter(|entry| **entry == Entry::Closed)
            .count(),
        1
    );
}

#[test]
fn the_signal_that_ended_a_child_is_recorded() {
    let keeper = TestKeeper::start();
    let mut host = keeper.attach(1);
    let session = host.shell(1, "kill -TERM $$");
    assert_eq!(
        host.until_exit(session),
        Exit {
            code: -1,
            signal: 15
        }
    );
}

#[test]
fn a_missing_program_or_directory_is_told_apart() {
    let keeper = TestKeeper::start();
    let mut host = keeper.attach(1);
    let mut nowhere = shell(3, "true");
    nowhere.cwd = "/does/not/exist".into();
    let mut no_program = shell(4, "true");
    no_program.argv.clear();
    let cases = [
        (command(1, &["/does/not/exist"]), SpawnStep::Exec, 2),
        (command(2, &["no-such-program"]), SpawnStep::Exec, 2),
        (nowhere, SpawnStep::Cwd, 2),
        (command(5, &["/etc/passwd"]), SpawnStep::Exec, 13),
        (no_program, SpawnStep::Request, 22),
    ];
    for (spec, step, errno) in cases {
        host.send(Request::Spawn(spec));
        let failed = host.until("the failure", |host| {
            host.take(|event| match event {
                Event::SpawnFailed { step, errno, .. } => Some((*step, *errno)),
                _ => None,
            })
        });
        assert_eq!(failed, (step, errno));
    }
    let session = host.shell(1, "echo the name is free again");
    host.until_text(session, "free again");
}

#[test]
fn a_session_that_exists_is_not_started_again() {
    let keeper = TestKeeper::start();
    let mut host = keeper.attach(1);
    let pid = host.spawn(shell(1, "read line"));
    host.send(Request::Spawn(shell(1, "echo not me")));
    let again = host.until("the answer", |host| {
        host.take(|event| match event {
            Event::Spawned {
                pid,
                existing: true,
                ..
            } => Some(*pid),
            _ => None,
        })
    });
    assert_eq!(again, pid);
}

#[test]
fn a_child_has_a_terminal_the_given_environment_and_default_signals() {
    let keeper = TestKeeper::start();
    let mut host = keeper.attach(1);
    let script = "env | sort; tty; stty size; stty -a | grep -o -- '-*iutf8'; ulimit -n; \
                  ls /proc/self/fd | wc -l; grep -E 'Sig(Blk|Ign)' /proc/self/status; \
                  ps -o sid= -p $$ | tr -d ' '; echo $$; pwd; exit";
    let mut spec = shell(1, script);
    spec.env.push(("AGOR_TEST".into(), "yes".into()));
    spec.env.push(("AGOR_SESSION_ID".into(), "forged".into()));
    spec.cwd = "/usr".into();
    let pid = host.spawn(spec);
    host.until_closed(key(1));
    let text = host.tape(key(1)).text();
    let lines: Vec<_> = text.lines().collect();
    let mut limit = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
    let limit = limit
        .take()
        .map_or("unlimited".into(), |limit| limit.to_string());
    let wanted = [
        &format!("AGOR_SESSION_ID={}", key(1)),
        "AGOR_TEST=yes",
        "24 80",
        "iutf8",
        &limit,
        "4",
        "SigBlk:\t0000000000000000",
        "/usr",
    ];
    for line in wanted {
        assert!(lines.contains(&line), "{line:?} is missing in {text}");
    }
    let ignored = lines
        .iter()
        .find_map(|line| line.strip_prefix("SigIgn:\t"))
        .unwrap();
    let ignored = u64::from_str_radix(ignored, 16).unwrap();
    // Signals 32 and 33 belong to the C library, which lets nobody change them.
    assert_eq!(ignored & !0x1_8000_0000, 0, "{ignored:x}");
    assert!(text.contains("/dev/pts/"));
    assert_eq!(
        lines
            .iter()
            .filter(|line| **line == pid.to_string())
            .count(),
        2,
        "{text}"
    );
    assert!(!text.contains("HOME="), "{text}");
    assert!(!text.contains("forged"), "{text}");
}

#[test]
fn pipes_keep_output_and_errors_apart_and_end_with_their_input() {
    let keeper = TestKeeper::start();
    let mut host = keeper.attach(1);
    let mut spec = shell(1, "echo to-err >&2; cat; echo done; exit 3");
    spec.io = Io::Pipes;
    host.spawn(spec);
    host.input(key(1), 1, "first\n");
    host.until_text(key(1), "first");
    host.input(key(1), 2, vec![b'x'; 200_000]);
    host.send(Request::EndInput { session: key(1) });
    host.until_done(key(1), 2);
    host.until_closed(key(1));
    assert_eq!(host.until_exit(key(1)).code, 3);
    let tape = host.tape(key(1));
    assert_eq!(tape.errors(), b"to-err\n");
    assert_eq!(
        tape.output().len(),
        "first\n".len() + 200_000 + "done\n".len()
    );
    host.input(key(1), 3, "late");
    host.until("the refusal", |host| {
        host.take(|event| match event {
            Event::InputRefused {
                seq: 3,
                reason: agor_keeper::RefusedInput::Ended,
                ..
            } => Some(()),
            _ => None,
        })
    });
}

#[test]
fn a_size_stands_between_what_was_said_before_and_after_it() {
    let keeper = TestKeeper::start();
    let mut host = keeper.attach(1);
    let script = "trap 'echo now $(stty size)' WINCH; echo ready $(stty size); \
                  while :; do read line && echo $line; done";
    let session = host.shell(1, script);
    host.until_text(session, "ready 24 80");
    for cols in 100..110 {
        let size = PtySize {
            cols,
            rows: 30,
            xpix: 1,
            ypix: 2,
        };
        host.send(Request::Resize { session, size });
        host.send(Request::Configure {
            session,
            payload: cols.to_string().into_bytes(),
        });
        host.until_text(session, &format!("now 30 {cols}"));
    }
    let mut size = 80;
    let mut sizes = 0;
    for entry in &host.tape(session).entries {
        match entry {
            Entry::Resized(resized) => {
                assert_eq!(resized.ypix, 2);
                size = resized.cols;
                sizes += 1;
            }
            Entry::Configured(note) => assert_eq!(*note, size.to_string().into_bytes()),
            Entry::Out(bytes) => {
                let text = String::from_utf8_lossy(bytes);
                if let Some((_, said)) = text.split_once("now 30 ") {
                    assert!(said.starts_with(&size.to_string()), "{said} at {size}");
                }
            }
            _ => {}
        }
    }
    assert_eq!(sizes, 10);
    host.kill(session, 0);
}

#[test]
fn a_full_ring_stops_its_own_child_only_and_the_keeper_sleeps() {
    let keeper = TestKeeper::start();
    let mut host = keeper.attach(1);
    host.send(Request::Spawn(shell(
        1,
        "yes | head -c 3000000; echo; echo end",
    )));
    host.until("the flood to begin", |host| {
        let tape = host.tapes.get_mut(&key(1))?;
        tape.reading = false;
        Some(())
    });
    let full = host.until("the ring to fill", |host| {
        let reader = &host.tape(key(1)).reader;
        let used = reader.head() - reader.tail();
        (used + 8192 > reader.capacity()).then(|| reader.head())
    });
    // While it is full, sizes and notes still find room or wait, and others run.
    for cols in 1..=200 {
        let size = PtySize {
            cols,
            rows: 5,
            xpix: 0,
            ypix: 0,
        };
        host.send(Request::Resize {
            session: key(1),
            size,
        });
    }
    let other = host.shell(2, "echo other; read line; sleep 0.3; echo late");
    host.until_text(other, "other");
    let (cpu_time, sleeps) = (keeper.cpu_time(), keeper.sleeps());
    for seq in 1..=20 {
        host.input(other, seq, "x");
        host.until_done(other, seq);
    }
    host.input(other, 21, "\n");
    host.until_text(other, "late");
    let (cpu_time, sleeps) = (keeper.cpu_time() - cpu_time, keeper.sleeps() - sleeps);
    assert!(sleeps < 500, "{sleeps} wake-ups");
    assert!(
        cpu_time < Duration::from_millis(100),
        "{cpu_time:?} of processor time"
    );
    assert!(host.tape(key(1)).reader.head() - full < 4096 + 8192);
    host.tapes.get_mut(&key(1)).unwrap().reading = true;
    host.until_closed(key(1));
    let tape = host.tape(key(1));
    let text = tape.text();
    assert_eq!(text.matches('y').count(), 1_500_000);
    assert!(text.ends_with("end\n"));
    assert_eq!(tape.exit(), Some(Exit { code: 0, signal: 0 }));
    let last = tape.entries.iter().rev().find_map(|entry| match entry {
        Entry::Resized(size) => Some(size.cols),
        _ => None,
    });
    assert_eq!(last, Some(200), "the last size is never lost");
}

#[test]
fn the_exit_is_recorded_while_the_ring_is_full_and_a_background_process_holds_the_terminal() {
    let keeper = TestKeeper::start();
    let mut host = keeper.attach(1);
    host.send(Request::Spawn(shell(
        1,
        "trap '' HUP; yes & echo $!; sleep 0.2; exit 4",
    )));
    host.until("the session", |host| {
        host.tapes.get_mut(&key(1))?.reading = false;
        Some(())
    });
    host.send(Request::AskState { session: key(1) });
    host.until("the exit to be known", |host| {
        let alive = host.take(|event| match event {
            Event::State(state) => Some(state.alive),
            _ => None,
        })?;
        if alive {
            host.send(Request::AskState { session: key(1) });
        }
        (!alive).then_some(())
    });
    let tape = host.tapes.get_mut(&key(1)).unwrap();
    tape.reading = true;
    tape.releasing = false;
    tape.pump();
    assert_eq!(tape.exit(), Some(Exit { code: 4, signal: 0 }));
    assert!(!tape.closed());
    tape.reader.release(tape.position).unwrap();
    tape.releasing = true;
    assert_eq!(host.kill(key(1), 0), 0);
    host.until_closed(key(1));
}

#[test]
fn a_leader_that_closes_and_opens_its_terminal_again_is_still_heard() {
    let keeper = TestKeeper::start();
    let mut host = keeper.attach(1);
    let script = "exec 3</dev/tty 0</dev/null 1>/dev/null 2>/dev/null 3<&-; sleep 0.1; \
                  echo back >/dev/tty; sleep 0.1; echo twice >/dev/tty";
    let session = host.shell(1, script);
    host.until_closed(session);
    assert_eq!(host.tape(session).text(), "back\ntwice\n");
}
