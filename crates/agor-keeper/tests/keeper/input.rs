//! What a child is told: each input once, each reply once, whole and in order.

use agor_keeper::{Event, Io, RefusedInput, Request};

use crate::harness::{Host, TestKeeper, key, shell};

/// Starts a child that says in hexadecimal what it reads, `count` bytes.
fn reader(host: &mut Host, number: u8, count: usize) {
    let script = format!(
        "stty raw -echo; echo ready; head -c {count} | od -An -v -tx1 | tr -d ' \\n'; echo ."
    );
    let session = host.shell(number, &script);
    host.until_text(session, "ready");
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn inputs_sent_again_and_again_arrive_once_and_in_order() {
    let keeper = TestKeeper::start();
    let mut host = keeper.attach(1);
    let parts: Vec<Vec<u8>> = (0..50u8)
        .map(|n| vec![n; 1 + usize::from(n) * 40])
        .collect();
    let whole = parts.concat();
    reader(&mut host, 1, whole.len());
    for (index, _) in parts.iter().enumerate() {
        // Each with everything unconfirmed before it, as a host does after a reconnect.
        for (earlier, part) in parts[..=index]
            .iter()
            .enumerate()
            .skip(index.saturating_sub(5))
        {
            host.input(key(1), earlier as u64 * 3 + 1, part);
        }
    }
    host.until_done(key(1), 49 * 3 + 1);
    host.until_text(key(1), ".");
    assert_eq!(
        host.tape(key(1)).text(),
        format!("ready\n{}.\n", hex(&whole))
    );
    assert_eq!(host.ask_input(key(1), 1), (148, 148));
    host.input(key(1), 4, "again");
    host.until_done(key(1), 148);
}

#[test]
fn replies_are_written_once_for_each_key_also_after_a_new_host_folds_again() {
    let keeper = TestKeeper::start();
    let mut host = keeper.attach(1);
    reader(&mut host, 1, 6);
    let reply = |host: &mut Host, offset, ordinal, bytes: &[u8]| {
        host.send(Request::Reply {
            session: key(1),
            offset,
            ordinal,
            bytes: bytes.to_vec(),
        });
    };
    reply(&mut host, 10, 0, b"a");
    reply(&mut host, 10, 1, b"b");
    reply(&mut host, 10, 0, b"x");
    host.ask_input(key(1), 1);
    let tape = host.tapes.remove(&key(1)).unwrap();
    drop(host);
    let mut host = keeper.attach(2);
    host.tapes.get_mut(&key(1)).unwrap().position = tape.position;
    for (offset, ordinal, bytes) in [(10, 0, b"x"), (10, 1, b"x"), (12, 0, b"c"), (9, 9, b"x")] {
        reply(&mut host, offset, ordinal, bytes);
    }
    host.input(key(1), 1, "def");
    host.until_text(key(1), ".");
    assert_eq!(host.tape(key(1)).text(), format!("{}.\n", hex(b"abcdef")));
}

#[test]
fn input_that_a_child_does_not_read_is_refused_at_input_queue_max_and_may_come_again() {
    let keeper = TestKeeper::start();
    let mut host = keeper.attach(1);
    let mut spec = shell(1, "sleep 1000");
    spec.io = Io::Pipes;
    host.spawn(spec);
    let chunk = vec![b'z'; 100_000];
    for seq in 1..=30 {
        host.input(key(1), seq, &chunk);
    }
    let refused = host.until("a refusal", |host| {
        host.take(|event| match event {
            Event::InputRefused {
                seq,
                reason: RefusedInput::Full,
                ..
            } => Some(*seq),
            _ => None,
        })
    });
    let (accepted, written) = host.ask_input(key(1), 1);
    assert_eq!(accepted + 1, refused);
    assert!(written < accepted);
    assert!(refused > 5, "a megabyte fits");
    host.kill(key(1), 0);
    let abandoned = host.until("what was never written", |host| {
        host.take(|event| match event {
            Event::InputRefused {
                seq,
                reason: RefusedInput::Ended,
                ..
            } => Some(*seq),
            _ => None,
        })
    });
    assert_eq!(abandoned, accepted);
}

#[test]
fn a_long_paste_reaches_a_slow_reader_whole() {
    let keeper = TestKeeper::start();
    let mut host = keeper.attach(1);
    let script = "stty raw -echo; echo ready; head -c 600000 | cksum";
    let session = host.shell(1, script);
    host.until_text(session, "ready");
    let paste: Vec<u8> = (0..600_000u32).map(|n| (n % 251) as u8).collect();
    for (index, part) in paste.chunks(200_000).enumerate() {
        host.input(session, index as u64 + 1, part);
    }
    host.until_done(session, 3);
    host.until_exit(session);
    host.until_closed(session);
    let mut cksum = std::process::Command::new("cksum")
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    std::io::Write::write_all(&mut cksum.stdin.take().unwrap(), &paste).unwrap();
    let expected = cksum.wait_with_output().unwrap().stdout;
    assert_eq!(
        host.tape(session).text(),
        format!("ready\n{}", String::from_utf8_lossy(&expected))
    );
}

#[test]
fn input_for_a_session_that_is_not_there_is_refused() {
    let keeper = TestKeeper::start();
    let mut host = keeper.attach(1);
    host.input(key(9), 1, "x");
    host.until("the refusal", |host| {
        host.take(|event| match event {
            Event::InputRefused {
                reason: RefusedInput::NoSession,
                ..
            } => Some(()),
            _ => None,
        })
    });
}

#[test]
fn an_interrupt_reaches_the_foreground_of_the_terminal() {
    let keeper = TestKeeper::start();
    let mut host = keeper.attach(1);
    let script = "set -m; (trap 'echo caught; exit 5' USR1; echo ready; while :; do sleep 0.01; done); \
                  echo inner $?";
    let session = host.shell(1, script);
    host.until_text(session, "ready");
    host.send(Request::Signal {
        session,
        signal: 10,
        scope: agor_keeper::SignalScope::Foreground,
    });
    host.until_text(session, "caught\ninner 5");
    assert_eq!(host.until_exit(session).code, 0);
}
