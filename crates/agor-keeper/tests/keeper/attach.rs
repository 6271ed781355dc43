//! Hosts come and go; what they miss waits for them.

use std::time::Instant;

use agor_keeper::{Event, KeeperError, KeeperLink, Request, RingError, SessionKey};

use crate::harness::{TestKeeper, expect_error, key, shell};

#[test]
fn only_a_later_host_is_accepted_and_it_fences_the_former() {
    let keeper = TestKeeper::start();
    let mut old = keeper.attach(5);
    let session = old.shell(1, "echo one; read line; echo two");
    old.until_text(session, "one");
    for incarnation in [4, 5] {
        let refused = expect_error(KeeperLink::connect(&keeper.socket(), incarnation));
        assert!(
            matches!(refused, KeeperError::Fenced { by: 5 }),
            "{refused}"
        );
    }
    old.ask_input(session, 1);
    let mut new = keeper.attach(9);
    let deadline = Instant::now() + std::time::Duration::from_secs(10);
    assert!(matches!(
        old.link.recv_until(deadline),
        Ok(Event::Fenced { by: 9 })
    ));
    assert!(matches!(
        old.link.recv_until(deadline),
        Err(KeeperError::Fenced { by: 9 })
    ));
    let tape = old.tape(session);
    assert!(matches!(
        tape.reader.release(tape.position),
        Err(RingError::Fenced { by: 9 })
    ));
    new.input(session, 1, "\n");
    new.until_text(session, "two");
    assert!(matches!(
        expect_error(KeeperLink::connect(&keeper.socket(), 9)),
        KeeperError::Fenced { by: 9 }
    ));
}

#[test]
fn children_counting_while_hosts_come_and_go_lose_and_repeat_nothing() {
    const CHILDREN: u8 = 8;
    const COUNT: usize = 150_000;
    let keeper = TestKeeper::start();
    let mut host = keeper.attach(1);
    for number in 1..=CHILDREN {
        let mut spec = shell(number, &format!("seq 1 {COUNT}"));
        spec.ring_bytes = 0;
        host.spawn(spec);
    }
    // What a host's store would hold: output and the position after it, committed together.
    let mut committed: Vec<(Vec<u8>, u64)> = vec![(Vec::new(), 0); usize::from(CHILDREN)];
    let mut incarnation = 1u64;
    let mut hosts = 0;
    while !(1..=CHILDREN).all(|number| host.tape(key(number)).closed()) {
        // Each host lives until it has read a little more, and dies without a word: in some lives
        // between storing and releasing.
        let goal: u64 = committed.iter().map(|(_, position)| position).sum::<u64>() + 400_000;
        let releases = !incarnation.is_multiple_of(3);
        for tape in host.tapes.values_mut() {
            tape.releasing = false;
        }
        host.until("some progress", |host| {
            for (number, (output, position)) in (1..).zip(&mut committed) {
                let tape = host.tapes.get_mut(&key(number)).unwrap();
                let taken = std::mem::take(&mut tape.entries);
                tape.entries = taken.iter().filter(|e| !is_output(e)).cloned().collect();
                for entry in taken {
                    if let crate::harness::Entry::Out(bytes) = entry {
                        output.extend_from_slice(&bytes);
                    }
                }
                *position = tape.position;
                if releases {
                    tape.reader.release(tape.position).unwrap();
                }
            }
            let all_full = host.tapes.values().all(|tape| {
                tape.closed() || tape.position - tape.reader.tail() > tape.reader.capacity() / 2
            });
            let sum: u64 = committed.iter().map(|(_, position)| position).sum();
            let closed = (1..=CHILDREN).all(|number| host.tape(key(number)).closed());
            (closed || sum >= goal || all_full).then_some(())
        });
        if (1..=CHILDREN).all(|number| host.tape(key(number)).closed()) {
            break;
        }
        incarnation += 1;
        hosts += 1;
        let closed: Vec<SessionKey> = host
            .tapes
            .iter()
            .filter(|(_, tape)| tape.closed())
            .map(|(key, _)| *key)
            .collect();
        drop(host);
        host = keeper.attach(incarnation);
        assert_eq!(host.hello.sessions.len(), usize::from(CHILDREN));
        for (number, (_, position)) in (1..).zip(&committed) {
            let tape = host.tapes.get_mut(&key(number)).unwrap();
            assert!(tape.reader.tail() <= *position && *position <= tape.reader.head());
            tape.position = *position;
            if closed.contains(&key(number)) {
                tape.entries.push(crate::harness::Entry::Closed);
            }
        }
    }
    let expected: String = (1..=COUNT).map(|number| format!("{number}\r\n")).collect();
    for (output, _) in &committed {
        assert!(
            output == expected.as_bytes(),
            "{} of {} bytes",
            output.len(),
            expected.len()
        );
    }
    assert!(hosts >= 3, "the hosts did not change: {hosts}");
}

fn is_output(entry: &crate::harness::Entry) -> bool {
    matches!(entry, crate::harness::Entry::Out(_))
}

#[test]
fn a_host_learns_of_everything_that_ended_while_there_was_none() {
    let keeper = TestKeeper::start();
    let mut host = keeper.attach(1);
    let session = host.shell(1, "read line; echo said $line; exit 5");
    // What it still reads before it dies stays in the ring for its successor.
    host.tapes.get_mut(&session).unwrap().releasing = false;
    host.input(session, 1, "it\n");
    host.until_done(session, 1);
    drop(host);
    let mut host = keeper.attach(2);
    host.until_text(session, "said it");
    assert_eq!(host.until_exit(session).code, 5);
    host.until_closed(session);
    drop(host);
    let host = keeper.attach(3);
    let state = &host.hello.sessions[0];
    assert_eq!(state.exit.map(|exit| exit.code), Some(5));
    assert!(state.closed && !state.alive);
}

#[test]
fn a_host_that_asks_without_reading_is_held_back_and_then_gets_every_answer() {
    let keeper = TestKeeper::start();
    let mut host = keeper.attach(1);
    let session = host.shell(1, "echo up; read line; echo on");
    host.until_text(session, "up");
    // Answers to these are never read: the keeper stops taking requests, and takes them again once
    // the answers are read.
    let mut sent = 0;
    while host.link.send(&Request::AskState { session }).is_ok() {
        sent += 1;
    }
    let mut answered = 0;
    host.until("every answer", |host| {
        answered += host.events.len();
        host.events.clear();
        (answered == sent).then_some(())
    });
    host.input(session, 1, "\n");
    host.until_text(session, "on");
}

#[test]
fn a_child_whose_host_died_at_once_is_neither_lost_nor_started_twice() {
    let keeper = TestKeeper::start();
    for incarnation in 1..=20u8 {
        let mut host = keeper.attach(incarnation.into());
        for number in 1..=incarnation {
            // As a host does that does not know whether its predecessor's request was carried out.
            host.send(Request::Spawn(shell(number, "echo once; read line")));
        }
    }
    let mut host = keeper.attach(21);
    for number in 1..=20 {
        host.spawn(shell(number, "echo once; read line"));
        host.until_text(key(number), "once\n");
        assert_eq!(host.tape(key(number)).text(), "once\n");
    }
}

#[test]
fn many_sessions_are_handed_over_with_the_right_ring_each() {
    let keeper = TestKeeper::start();
    let mut host = keeper.attach(1);
    for number in 1..=60 {
        let script = format!("echo child {number} up; read line; echo child {number} heard $line");
        host.send(Request::Spawn(shell(number, &script)));
    }
    for number in 1..=60 {
        host.until("the session", |host| {
            host.tapes.contains_key(&key(number)).then_some(())
        });
        host.until_text(key(number), &format!("child {number} up"));
    }
    drop(host);
    let mut host = keeper.attach(2);
    assert_eq!(host.hello.sessions.len(), 60);
    for number in 1..=60 {
        host.input(key(number), 1, format!("of {number}\n"));
        host.until_text(key(number), &format!("child {number} heard of {number}"));
    }
}
