//! `kill -9` at any moment, and at each place where the store's work has a seam: nothing that was acknowledged is
//! lost, and nothing is half there.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Write as _};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use agor_proto::command::Outcome;
use agor_proto::ids::{Offset, Seq, SessionId};
use agor_proto::record::{RecordBody, records};

use super::super::failpoint::{Failpoint, KILL_AT};
use super::super::{Options, SESSIONS as FOLDERS, SessionRow, Store, Transaction, Write};
use super::{append, event, open, out, read_all, receipt, row, small_segments, write};

const CHILD: &str = "AGOR_STORE_TEST_CHILD";
const SESSIONS: u64 = 6;
const KILLS: usize = 12;

/// Acknowledgements after which a child has passed every place that it passes at all.
const PASSED_ALL: usize = 20_000;

/// What was acknowledged: of each session the last.
type Acknowledged = BTreeMap<u64, u64>;

fn session(n: u64) -> SessionId {
    SessionId::from_parts(n, [1; 10])
}

/// Returns the record that says `seq`, long enough that there are segments.
fn said(seq: u64) -> Vec<u8> {
    out(format!("{seq:0>300}").as_bytes())
}

/// Stores what happens to session `n` together, a command's receipt, output, event and state that say `seq`, and
/// the next when they are safe.
fn count_on(store: Store, n: u64, seq: u64, acknowledged: mpsc::SyncSender<(u64, u64)>) {
    let bytes = said(seq);
    let transaction = Transaction::new(vec![
        Write::PutReceipt(receipt(n as u8, seq, Outcome::Done { seq: Seq(seq) })),
        append(session(n), (seq - 1) * bytes.len() as u64, bytes),
        Write::AppendEvents {
            session: session(n),
            events: vec![event(seq)],
        },
        Write::PutSession(SessionRow {
            title: seq.to_string(),
            ..row(session(n))
        }),
    ]);
    let again = store.clone();
    let on_done = Box::new(move |result: Result<(), _>| {
        result.unwrap();
        acknowledged.send((n, seq)).unwrap();
        count_on(again, n, seq + 1, acknowledged);
    });
    store.submit(transaction, on_done).unwrap();
}

/// Not a test of its own: what the others run in a process that is killed.
#[test]
fn a_child_that_counts_until_it_is_killed() {
    let Ok(folder) = std::env::var(CHILD) else {
        return;
    };
    let options = Options {
        backup_every: Duration::from_millis(200),
        ..small_segments()
    };
    let opened = open(Path::new(&folder), options);
    let store = opened.store;
    // One that goes again, and leaves a segment to be deleted.
    let passing = session(1_000 + opened.incarnation.0);
    write(&store, vec![Write::PutSession(row(passing))]).unwrap();
    write(&store, vec![append(passing, 0, out(&[b'x'; 8 * 1024]))]).unwrap();
    write(&store, vec![Write::RemoveSession { session: passing }]).unwrap();
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

/// Runs a child until it is killed: at `kill_at` if that is a place, and at the latest when it has acknowledged
/// `most`. Returns how much it acknowledged.
fn run_until_killed(
    folder: &Path,
    kill_at: Option<(Failpoint, u64)>,
    most: usize,
    acknowledged: &mut Acknowledged,
) -> usize {
    let (_, name) = concat!(module_path!(), "::a_child_that_counts_until_it_is_killed")
        .split_once("::")
        .unwrap();
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", "--nocapture", name])
        .env(CHILD, folder)
        .stdout(Stdio::piped());
    if let Some((point, often)) = kill_at {
        command.env(KILL_AT, format!("{point:?} {often}"));
    }
    let mut child = command.spawn().unwrap();
    let stdout = BufReader::new(child.stdout.take().unwrap());
    let mut seen = 0;
    for line in stdout.lines() {
        let line = line.unwrap();
        let words: Vec<&str> = line.split(' ').collect();
        if let ["acknowledged", n, seq] = words[..] {
            acknowledged.insert(n.parse().unwrap(), seq.parse().unwrap());
            seen += 1;
        }
        // Killed, it has written more than is read here; what it said counts all the same.
        if seen == most {
            child.kill().unwrap();
        }
    }
    let status = child.wait().unwrap();
    assert_eq!(status.signal(), Some(9), "{kill_at:?}: {status}");
    seen
}

/// Sees that what was acknowledged is there, and all that is there is whole. Returns the number of the host's life.
fn assert_whole(folder: &Path, acknowledged: &Acknowledged) -> u64 {
    let opened = open(folder, small_segments());
    assert_eq!(opened.notices, []);
    let store = &opened.store;
    for n in 0..SESSIONS {
        let acknowledged = acknowledged.get(&n).copied().unwrap_or(0);
        let Ok(stored) = store.session(session(n)) else {
            assert_eq!(acknowledged, 0, "session {n} is gone");
            continue;
        };
        let last = stored.last_seq.0;
        assert!(
            last >= acknowledged,
            "session {n}: {acknowledged} was acknowledged, {last} is the last"
        );
        let title = if last == 0 {
            String::new()
        } else {
            last.to_string()
        };
        assert_eq!(stored.row.title, title, "state and events of session {n}");
        let receipt_of = |seq| {
            let wanted = receipt(n as u8, seq, Outcome::Done { seq: Seq(seq) });
            let found = store.receipt(wanted.client, wanted.id).unwrap();
            found.is_some_and(|found| found == wanted)
        };
        assert!(last == 0 || receipt_of(last), "session {n} at {last}");
        assert!(!receipt_of(last + 1), "session {n} at {last}");
        assert_eq!(stored.end.0, last * said(1).len() as u64);
        let events = store.events(session(n), Seq(0), usize::MAX).unwrap();
        let expected: Vec<_> = (1..=last).map(event).collect();
        assert_eq!(events, expected);
        let all = read_all(store, session(n), 100_000);
        let texts = records(&all, Offset(0)).map(|it| it.unwrap().to_record().unwrap().body);
        let mut count = 0;
        for body in texts {
            count += 1;
            let expected = format!("{count:0>300}").into_bytes();
            assert_eq!(body, RecordBody::Out(expected));
        }
        assert_eq!(count, last);
    }
    for entry in fs::read_dir(folder.join(FOLDERS)).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let session: SessionId = name.parse().unwrap();
        assert!(store.session(session).is_ok(), "{name} was given up");
    }
    opened.incarnation.0
}

#[test]
fn a4_d11_a_kill_at_any_moment_loses_nothing_that_was_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let mut acknowledged = Acknowledged::new();
    let mut last_incarnation = 0;
    for round in 0..KILLS {
        let most = 60 + round * 37;
        let seen = run_until_killed(folder.path(), None, most, &mut acknowledged);
        assert!(seen >= most, "the child did not count");
        let incarnation = assert_whole(folder.path(), &acknowledged);
        assert!(incarnation > last_incarnation);
        last_incarnation = incarnation;
    }
    assert_eq!(acknowledged.len() as u64, SESSIONS);
}

#[test]
fn a4_d11_a_kill_at_each_failpoint_leaves_every_transaction_whole_or_not_there() {
    for point in Failpoint::ALL {
        // Some are passed once in a while, the others with every commit or segment.
        let passes: &[u64] = match point {
            Failpoint::LogMoved | Failpoint::GivenUp | Failpoint::BackedUp => &[0],
            _ => &[0, 3, 50],
        };
        let folder = tempfile::tempdir().unwrap();
        let mut acknowledged = Acknowledged::new();
        for &often in passes {
            let kill_at = Some((point, often));
            let seen = run_until_killed(folder.path(), kill_at, PASSED_ALL, &mut acknowledged);
            assert!(seen < PASSED_ALL, "{point:?} is not reached");
            assert_whole(folder.path(), &acknowledged);
        }
    }
}
