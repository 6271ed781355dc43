//! The keeper becomes another program under its children.

use std::{fs, path::Path};

use agor_keeper::{Event, Exit, Io, KeeperError, NotUpdated, Request, Updated, update};

use crate::harness::{
    Entry, Host, KILL_VARIABLE, TestKeeper, expect_error, key, next_program, shell,
};

/// Says whether a keeper has become the next program, which alone has that in its environment.
fn is_next_program(pid: u32) -> bool {
    let environment = fs::read(format!("/proc/{pid}/environ")).unwrap();
    String::from_utf8_lossy(&environment).contains("--take-over")
}

/// Says whether a session's output has ended, to this host or to one before.
fn has_closed(host: &Host, number: u8) -> bool {
    let session = key(number);
    let mut states = host.hello.sessions.iter();
    host.tape(session).closed() || states.any(|state| state.session == session && state.closed)
}

/// Ends a host and waits for nothing else.
fn end(host: Host) {
    drop(host);
}

#[test]
fn children_that_count_lose_and_repeat_nothing_while_the_keeper_becomes_another_program() {
    const CHILDREN: u8 = 8;
    const COUNT: usize = 60_000;
    let keeper = TestKeeper::start();
    let program = next_program(keeper.directory.path(), "next", "");
    let pid = keeper.process.id();
    let mut host = keeper.attach(1);
    let mut leaders = Vec::new();
    for number in 1..=CHILDREN {
        let mut spec = shell(number, &format!("seq 1 {COUNT}"));
        spec.ring_bytes = 0;
        leaders.push(host.spawn(spec));
    }
    let mut outputs = vec![Vec::new(); usize::from(CHILDREN)];
    for incarnation in 2..12 {
        let goal: usize = outputs.iter().map(Vec::len).sum::<usize>() + 100_000;
        host.until("some progress", |host| {
            for (number, output) in (1..).zip(&mut outputs) {
                let entries = &mut host.tapes.get_mut(&key(number)).unwrap().entries;
                for entry in std::mem::take(entries) {
                    match entry {
                        Entry::Out(bytes) => output.extend_from_slice(&bytes),
                        other => entries.push(other),
                    }
                }
            }
            let so_far: usize = outputs.iter().map(Vec::len).sum();
            (so_far >= goal || (1..=CHILDREN).all(|n| has_closed(host, n))).then_some(())
        });
        end(host);
        let updated = update(&keeper.socket(), &program).unwrap();
        assert_eq!((updated.pid, updated.sessions), (pid, u32::from(CHILDREN)));
        host = keeper.attach(incarnation);
    }
    host.until("the end", |host| {
        (1..=CHILDREN).all(|n| has_closed(host, n)).then_some(())
    });
    let all: String = (1..=COUNT).map(|n| format!("{n}\n")).collect();
    for (number, mut output) in (1..).zip(outputs) {
        output.extend(host.tape(key(number)).output());
        let text = String::from_utf8(output).unwrap().replace('\r', "");
        assert!(text == all, "child {number} said {} bytes", text.len());
    }
}

#[test]
fn input_on_its_way_sizes_pipes_and_ends_pass_to_the_next_program() {
    let keeper = TestKeeper::start();
    let program = next_program(keeper.directory.path(), "next", "");
    let mut host = keeper.attach(1);
    let reader = host.shell(
        1,
        "stty raw -echo; echo ready; sleep 1; head -c 200000 | cksum; read x",
    );
    host.until_text(reader, "ready");
    // Far more than the terminal takes while nobody reads it.
    for seq in 1..=4 {
        host.input(reader, seq, vec![b'0' + seq as u8; 50_000]);
    }
    let ended = host.shell(2, "echo said; exit 7");
    host.until("an end", |host| host.tape(ended).exit());
    let mut spec = shell(3, "cat; echo oops >&2; exit 3");
    spec.io = Io::Pipes;
    host.spawn(spec);
    host.input(key(3), 1, "through a pipe\n");
    host.until_text(key(3), "through a pipe");
    end(host);

    assert!(!is_next_program(keeper.process.id()));
    let updated = update(&keeper.socket(), &program).unwrap();
    assert_eq!(
        updated,
        Updated {
            pid: keeper.process.id(),
            abi: agor_keeper::ABI_VERSION,
            sessions: 3
        }
    );
    let mut host = keeper.attach(2);
    assert!(is_next_program(keeper.process.id()));
    // What came before is known; what comes again is not written again.
    for seq in 1..=4 {
        host.input(reader, seq, vec![b'0' + seq as u8; 50_000]);
    }
    let expected: Vec<u8> = (1..=4u8).flat_map(|n| vec![b'0' + n; 50_000]).collect();
    let sum = cksum(&expected);
    host.until_text(reader, &sum);
    let state = host.hello.sessions.iter().find(|s| s.session == ended);
    let exit = state.unwrap().exit;
    assert_eq!(exit, Some(Exit { code: 7, signal: 0 }));
    host.send(Request::EndInput { session: key(3) });
    let exit = host.until("the pipes' end", |host| host.tape(key(3)).exit());
    assert_eq!(exit, Exit { code: 3, signal: 0 });
    host.until("the pipes' last words", |host| {
        (host.tape(key(3)).errors() == b"oops\n").then_some(())
    });
    // The programs are still its children: they are killed and reaped.
    host.send(Request::Kill {
        session: reader,
        grace_millis: 0,
    });
    host.until("a kill", |host| {
        host.take(|event| matches!(event, Event::Killed { survivors: 0, .. }).then_some(()))
    });
    let exit = host.until("an end", |host| host.tape(reader).exit());
    assert_ne!(exit.signal, 0);
}

fn cksum(bytes: &[u8]) -> String {
    use std::io::Write;
    let mut child = std::process::Command::new("cksum")
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(bytes).unwrap();
    let output = child.wait_with_output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

#[test]
fn a_child_that_ends_during_the_change_is_reaped_by_the_next_program() {
    let keeper = TestKeeper::start();
    let pid_file = keeper.directory.path().join("child");
    let kill = format!("export {KILL_VARIABLE}='{}'", pid_file.display());
    let program = next_program(keeper.directory.path(), "kills", &kill);
    let mut host = keeper.attach(1);
    let pid = host.spawn(shell(1, "echo runs; sleep 600"));
    fs::write(&pid_file, format!("{pid}\n")).unwrap();
    let session = key(1);
    host.until_text(session, "runs");
    end(host);
    update(&keeper.socket(), &program).unwrap();
    let mut host = keeper.attach(2);
    let exit = host.until("the end", |host| host.tape(session).exit());
    assert_eq!(
        exit,
        Exit {
            code: -1,
            signal: 9
        }
    );
}

/// Asserts that the keeper did not become `program`, and that its child goes on.
fn assert_declined(keeper: &TestKeeper, host: Host, program: &Path) -> (Host, NotUpdated) {
    let next = host.link.incarnation() + 1;
    end(host);
    let why = match expect_error(update(&keeper.socket(), program)) {
        KeeperError::NotUpdated(why) => why,
        other => panic!("{other}"),
    };
    let mut host = keeper.attach(next);
    host.input(key(1), next, format!("go {next}\n"));
    host.until_text(key(1), &format!("heard go {next}"));
    (host, why)
}

#[test]
fn a_program_that_is_none_or_understands_nothing_leaves_all_as_it_was() {
    let keeper = TestKeeper::start();
    let folder = keeper.directory.path();
    let mut host = keeper.attach(1);
    let session = host.shell(1, "while read line; do echo heard $line; done");
    host.until("a start", |host| {
        (host.tape(session).position > 0).then_some(())
    });

    let missing = folder.join("missing");
    let (host, why) = assert_declined(&keeper, host, &missing);
    assert_eq!(why, NotUpdated::NotRun(2));
    let (host, why) = assert_declined(&keeper, host, folder);
    assert_eq!(why, NotUpdated::NotRun(13));
    // Ends well and knows nothing of it.
    let (host, why) = assert_declined(&keeper, host, Path::new("/bin/true"));
    assert_eq!(why, NotUpdated::Declined);
    // Says too much, and does not end.
    let (host, why) = assert_declined(&keeper, host, Path::new("/usr/bin/yes"));
    assert_eq!(why, NotUpdated::Declined);
    // Understands another number of sessions.
    let liar = next_program(folder, "liar", "echo agor keeper understands 2; exit 0");
    let (host, why) = assert_declined(&keeper, host, &liar);
    assert_eq!(why, NotUpdated::Declined);
    // Crashes at once.
    let crash = next_program(folder, "crash", "kill -SEGV $$");
    let (_, why) = assert_declined(&keeper, host, &crash);
    assert_eq!(why, NotUpdated::Declined);
    let open = fs::read_dir(format!("/proc/{}/fd", keeper.process.id())).unwrap();
    assert!(open.count() < 24, "descriptors are left over");
}

#[test]
fn a_program_that_says_nothing_is_given_up_and_children_have_waited() {
    let keeper = TestKeeper::start();
    let silent = next_program(keeper.directory.path(), "silent", "exec sleep 60");
    let mut host = keeper.attach(1);
    let session = host.shell(1, "while read line; do echo heard $line; done");
    host.until("a start", |host| {
        (host.tape(session).position > 0).then_some(())
    });
    let (_, why) = assert_declined(&keeper, host, &silent);
    assert_eq!(why, NotUpdated::Declined);
}

#[test]
fn a_keeper_whose_host_is_there_does_not_change() {
    let keeper = TestKeeper::start();
    let program = next_program(keeper.directory.path(), "next", "");
    let mut host = keeper.attach(1);
    let why = expect_error(update(&keeper.socket(), &program));
    assert!(
        matches!(why, KeeperError::NotUpdated(NotUpdated::HostAttached)),
        "{why}"
    );
    let session = host.shell(1, "echo still here");
    host.until_text(session, "still here");
}
