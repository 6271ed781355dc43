//! `kill -9` at any moment: nothing that was acknowledged is lost or half there.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc;

use agor_proto::ids::{Offset, Seq, SessionId};
use agor_proto::record::{RecordBody, records};

use super::super::{Store, Transaction, Write};
use super::{append, event, open, out, read_all, row, small_segments, write};

const CHILD: &str = "AGOR_STORE_TEST_CHILD";
const SESSIONS: u64 = 6;
const KILLS: usize = 12;

fn session(n: u64) -> SessionId {
    SessionId::from_parts(n, [1; 10])
}

/// Returns the record that says `seq`, long enough that there are segments.
fn said(seq: u64) -> Vec<u8> {
    out(format!("{seq:0>300}").as_bytes())
}

/// Stores event and record `seq` of session `n` together, and the next when they are safe.
fn count_on(store: Store, n: u64, seq: u64, acknowledged: mpsc::SyncSender<(u64, u64)>) {
    let bytes = said(seq);
    let transaction = Transaction::new(vec![
        append(session(n), (seq - 1) * bytes.len() as u64, bytes),
        Write::AppendEvents {
            session: session(n),
            events: vec![event(seq)],
        },
    ]);
    let again = store.clone();
    let on_done = Box::new(move |result: Result<(), _>| {
        result.unwrap();
        acknowledged.send((n, seq)).unwrap();
        count_on(again, n, seq + 1, acknowledged);
    });
    store.submit(transaction, on_done).unwrap();
}

/// Not a test of its own: what the other runs in a process that it kills.
#[test]
fn a_child_that_counts_until_it_is_killed() {
    let Ok(folder) = std::env::var(CHILD) else {
        return;
    };
    let store = open(Path::new(&folder), small_segments()).store;
    let (sender, acknowledged) = mpsc::sync_channel(1_000);
    for n in 0..SESSIONS {
        if store.session(session(n)).is_err() {
            write(&store, vec![Write::PutSession(row(session(n)))]).unwrap();
        }
        let next = store.session(session(n)).unwrap().last_seq.next();
        count_on(store.clone(), n, next.0, sender.clone());
    }
    let mut stdout = std::io::stdout();
    for (n, seq) in acknowledged {
        writeln!(stdout, "acknowledged {n} {seq}").unwrap();
    }
}

#[test]
fn a4_d11_a_kill_at_any_moment_loses_nothing_that_was_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let mut acknowledged = BTreeMap::new();
    let mut last_incarnation = 0;
    for round in 0..KILLS {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "--nocapture"])
            .arg(
                concat!(module_path!(), "::a_child_that_counts_until_it_is_killed")
                    .split_once("::")
                    .unwrap()
                    .1,
            )
            .env(CHILD, folder.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let mut seen = 0;
        for line in stdout.lines() {
            let line = line.unwrap();
            let words: Vec<&str> = line.split(' ').collect();
            if let ["acknowledged", n, seq] = words[..] {
                acknowledged.insert(n.parse::<u64>().unwrap(), seq.parse::<u64>().unwrap());
                seen += 1;
            }
            // Killed, it has written more than is read here; what it said counts all the same.
            if seen == 60 + round * 37 {
                child.kill().unwrap();
            }
        }
        child.wait().unwrap();
        assert!(seen > 0, "the child did not count");

        let opened = open(folder.path(), small_segments());
        assert_eq!(opened.notices, []);
        assert!(opened.incarnation.0 > last_incarnation);
        last_incarnation = opened.incarnation.0;
        for (&n, &seq) in &acknowledged {
            let stored = opened.store.session(session(n)).unwrap();
            let last = stored.last_seq.0;
            assert!(
                last >= seq,
                "session {n}: {seq} was acknowledged, {last} is the last"
            );
            assert_eq!(stored.end.0, last * said(1).len() as u64);
            let events = opened.store.events(session(n), Seq(0), usize::MAX).unwrap();
            let expected: Vec<_> = (1..=last).map(event).collect();
            assert_eq!(events, expected);
            let all = read_all(&opened.store, session(n), 100_000);
            let texts = records(&all, Offset(0)).map(|it| it.unwrap().to_record().unwrap().body);
            for (number, body) in texts.enumerate() {
                let expected = format!("{:0>300}", number + 1).into_bytes();
                assert_eq!(body, RecordBody::Out(expected));
            }
        }
    }
    assert_eq!(acknowledged.len() as u64, SESSIONS);
}
