//! Commits: groups, atomicity, order, receipts.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use agor_proto::command::Outcome;
use agor_proto::event::EventBody;
use agor_proto::ids::{ClientId, CommandId, CommandN, ConnEpoch, Offset, Seq, SessionId};
use agor_proto::limits::{
    COMMIT_BYTES_MAX, COMMIT_MILLIS, COMMIT_ROWS_MAX, RECEIPTS_PER_CLIENT, STORE_WAITING_KIB_MAX,
};

use super::super::{Options, SessionRow, Store, StoreError, Transaction, WhenFull, Write, read};
use super::{
    append, append_event, event, open, options, out, receipt, row, session_id, store_now, write,
};

#[test]
fn commit_millis_let_many_writers_share_few_commits() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path(), options()).store;
    let (sender, acknowledged) = mpsc::sync_channel(1_000);
    let sessions: Vec<_> = (0..64).map(|_| session_id()).collect();
    for &session in &sessions {
        write(&store, vec![Write::PutSession(row(session))]).unwrap();
    }
    let before = store.stats().unwrap().commits;
    for seq in 1..=10 {
        for &session in &sessions {
            let sender = sender.clone();
            let on_done = Box::new(move |result| sender.send(result).unwrap());
            store.submit(append_event(session, seq), on_done).unwrap();
        }
    }
    for _ in 0..640 {
        acknowledged.recv().unwrap().unwrap();
    }
    let commits = store.stats().unwrap().commits - before;
    assert!(commits <= 64, "{commits} commits for 640 transactions");
    for session in sessions {
        assert_eq!(store.events(session, Seq(0), 100).unwrap().len(), 10);
    }
}

#[test]
fn commit_millis_pass_between_two_commits_of_writes_that_come_one_by_one() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path(), options()).store;
    let session = session_id();
    write(&store, vec![Write::PutSession(row(session))]).unwrap();
    let mut times = vec![Instant::now()];
    for seq in 1..=21 {
        store_now(&store, append_event(session, seq)).unwrap();
        times.push(Instant::now());
    }
    // From the second on each comes soon after another, and is waited with for more.
    let millis = Duration::from_millis(COMMIT_MILLIS);
    let all = times[21] - times[0];
    assert!(all >= millis * 20, "{all:?}");
    // A disk may be slow, but is not each time.
    let least = times.windows(2).map(|pair| pair[1] - pair[0]).skip(1).min();
    assert!(least.unwrap() < millis * 10, "{least:?}");
}

/// Returns in how many commits `store` stores what has gathered before its writer looks again.
fn commits_of(store: &Store, session: SessionId, gathered: Vec<Transaction>) -> u64 {
    let (release, held) = mpsc::sync_channel::<()>(1);
    let (entered, is_held) = mpsc::sync_channel(1);
    let hold = Box::new(move |_: Result<(), StoreError>| {
        entered.send(()).unwrap();
        held.recv().unwrap();
    });
    let put = Transaction::new(vec![Write::PutSession(row(session))]);
    store.submit(put, hold).unwrap();
    is_held.recv().unwrap();
    let before = store.stats().unwrap().commits;
    let (sender, stored) = mpsc::sync_channel(gathered.len());
    let count = gathered.len();
    for transaction in gathered {
        let sender = sender.clone();
        let on_done = Box::new(move |result: Result<(), StoreError>| sender.send(result).unwrap());
        store.submit(transaction, on_done).unwrap();
    }
    release.send(()).unwrap();
    for _ in 0..count {
        stored.recv().unwrap().unwrap();
    }
    store.stats().unwrap().commits - before
}

#[test]
fn commit_rows_max_and_commit_bytes_max_end_a_group_though_more_waits() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options {
        // No segment is made meanwhile, whose own transaction would end a group.
        segment_bytes: 1 << 40,
        ..options()
    };
    let store = open(folder.path(), options).store;
    let session = session_id();
    let rows = 2 * COMMIT_ROWS_MAX as u64 + 1;
    let gathered = (1..=rows).map(|seq| append_event(session, seq)).collect();
    assert_eq!(commits_of(&store, session, gathered), 3);
    let record = out(&[0; 60_000]);
    let records = 2 * COMMIT_BYTES_MAX.div_ceil(record.len()) + 1;
    let gathered = (0..records)
        .map(|n| append(session, (n * record.len()) as u64, record.clone()))
        .map(|write| Transaction::new(vec![write]))
        .collect();
    assert_eq!(commits_of(&store, session, gathered), 3);
}

#[test]
fn figures_tell_how_commits_were_and_who_looks_is_told_of_them() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path(), options()).store;
    let (mut commits, mut usage) = (store.watch_commits(), store.watch_usage());
    let session = session_id();
    write(&store, vec![Write::PutSession(row(session))]).unwrap();
    let mut record = Vec::new();
    for _ in 0..100 {
        record.extend(out(b"the same again and again"));
    }
    let bytes = record.len() as u64;
    write(&store, vec![append(session, 0, record)]).unwrap();
    let stats = store.stats().unwrap();
    assert_eq!(stats.group_size.count, stats.commits);
    assert_eq!((stats.group_size.p50, stats.group_size.max), (1, 1));
    assert!(stats.sync_micros.count >= stats.commits);
    assert!(stats.sync_micros.p99 <= stats.sync_micros.max);
    assert!((1..bytes / 2).contains(&stats.packed_bytes), "{stats:?}");
    assert!(commits.has_changed().unwrap());
    assert!(!usage.has_changed().unwrap(), "nobody used anything");
    commits.mark_unchanged();
    write(&store, vec![Write::PruneUsage { before: 1 }]).unwrap();
    assert!(commits.has_changed().unwrap() && usage.has_changed().unwrap());
    usage.mark_unchanged();
}

#[test]
fn a_write_is_acknowledged_after_its_commit() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path(), options()).store;
    let session = session_id();
    write(&store, vec![Write::PutSession(row(session))]).unwrap();
    for seq in 1..=50 {
        let path = folder.path().to_owned();
        let (sender, receiver) = mpsc::sync_channel(1_000);
        let on_done = Box::new(move |result: Result<(), StoreError>| {
            result.unwrap();
            // What another connection sees is committed.
            let reader = read::open_reader(&path).unwrap();
            let last: u64 = reader
                .query_row("SELECT MAX(seq) FROM events", [], |row| {
                    row.get::<_, i64>(0)
                })
                .unwrap()
                .cast_unsigned();
            sender.send(last).unwrap();
        });
        store.submit(append_event(session, seq), on_done).unwrap();
        assert_eq!(receiver.recv().unwrap(), seq);
    }
}

#[test]
fn a_transaction_is_stored_whole_or_not_at_all_and_leaves_its_neighbours_alone() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path(), options()).store;
    let (good, bad) = (session_id(), session_id());
    let put = |session| Write::PutSession(row(session));
    write(&store, vec![put(good), put(bad)]).unwrap();
    let (sender, acknowledged) = mpsc::sync_channel(1_000);
    let submit = |name: &'static str, transaction| {
        let sender = sender.clone();
        let on_done = Box::new(move |result| sender.send((name, result)).unwrap());
        store.submit(transaction, on_done).unwrap();
    };
    let renamed = SessionRow {
        name: "half".into(),
        ..row(bad)
    };
    submit("before", append_event(good, 1));
    submit(
        "refused",
        Transaction::new(vec![
            Write::PutSession(renamed),
            append(bad, 0, out(b"half")),
            Write::PutReceipt(receipt(1, 1, Outcome::Interrupted)),
            Write::AppendEvents {
                session: bad,
                events: vec![event(1), event(3)],
            },
        ]),
    );
    submit("after", append_event(good, 2));
    for _ in 0..3 {
        let (name, result) = acknowledged.recv().unwrap();
        assert_eq!(result.is_ok(), name != "refused", "{name}: {result:?}");
    }
    assert_eq!(store.session(good).unwrap().last_seq, Seq(2));
    let stored = store.session(bad).unwrap();
    assert_eq!((stored.last_seq, stored.end), (Seq(0), Offset(0)));
    assert_eq!(stored.row.name, "shell");
    let asked = receipt(1, 1, Outcome::Interrupted);
    assert_eq!(store.receipt(asked.client, asked.id).unwrap(), None);
    // The writer's own idea of where the records end was taken back too.
    write(&store, vec![append(bad, 0, out(b"whole"))]).unwrap();
    store_now(&store, append_event(bad, 1)).unwrap();
}

#[test]
fn an_event_that_does_not_follow_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path(), options()).store;
    let session = session_id();
    write(&store, vec![Write::PutSession(row(session))]).unwrap();
    store_now(&store, append_event(session, 1)).unwrap();
    for seq in [0, 1, 3, u64::MAX] {
        let refused = store_now(&store, append_event(session, seq));
        assert!(
            matches!(refused, Err(StoreError::Contiguity { expected: 2, got, .. }) if got == seq),
            "{refused:?}"
        );
    }
    let stranger = session_id();
    assert_eq!(
        store_now(&store, append_event(stranger, 1)),
        Err(StoreError::NoSession(stranger))
    );
}

#[test]
fn a_record_that_does_not_follow_or_is_not_whole_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path(), options()).store;
    let session = session_id();
    let first = out(b"first");
    let end = first.len() as u64;
    write(
        &store,
        vec![Write::PutSession(row(session)), append(session, 0, first)],
    )
    .unwrap();
    for from in [0, end - 1, end + 1] {
        assert!(matches!(
            write(&store, vec![append(session, from, out(b"x"))]),
            Err(StoreError::Contiguity { expected, .. }) if expected == end
        ));
    }
    let mut cut = out(b"cut");
    cut.pop();
    assert!(matches!(
        write(&store, vec![append(session, end, cut)]),
        Err(StoreError::BadRecord { .. })
    ));
    let checkpoint = Write::PutCheckpoint {
        session,
        offset: Offset(end + 1),
        data: vec![1],
    };
    assert!(matches!(
        write(&store, vec![checkpoint]),
        Err(StoreError::Contiguity { .. })
    ));
    assert_eq!(store.session(session).unwrap().end, Offset(end));
}

#[test]
fn events_come_back_as_they_were_and_a_later_kind_as_unknown() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path(), options()).store;
    let session = session_id();
    let events: Vec<_> = (1..=300).map(event).collect();
    write(
        &store,
        vec![
            Write::PutSession(row(session)),
            Write::AppendEvents {
                session,
                events: events.clone(),
            },
        ],
    )
    .unwrap();
    assert_eq!(store.events(session, Seq(0), 1_000).unwrap(), events);
    assert_eq!(
        store.events(session, Seq(100), 5).unwrap(),
        events[100..105]
    );
    assert_eq!(store.events(session, Seq(300), 5).unwrap(), []);
    assert_eq!(store.first_seq(session).unwrap(), Seq(1));
    let later =
        rmp_serde::to_vec_named(&serde_json::json!({"kind": "levitated", "with": {"m": 3}}));
    rusqlite::Connection::open(folder.path().join("host.db"))
        .unwrap()
        .execute(
            "UPDATE events SET body = ?1 WHERE seq = 2",
            [later.unwrap()],
        )
        .unwrap();
    let read = store.events(session, Seq(1), 2).unwrap();
    assert_eq!(read[0].body, EventBody::Unknown);
    assert_eq!(read[1], events[2]);
}

#[test]
fn a_session_is_replaced_without_touching_its_records() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path(), options()).store;
    let session = session_id();
    write(
        &store,
        vec![
            Write::PutSession(row(session)),
            append(session, 0, out(b"kept")),
        ],
    )
    .unwrap();
    let mut changed = row(session);
    changed.title = "vim".into();
    changed.spec.argv = vec!["vim".into()];
    write(&store, vec![Write::PutSession(changed.clone())]).unwrap();
    let stored = store.session(session).unwrap();
    assert_eq!(stored.row, changed);
    assert_eq!(stored.end.0, out(b"kept").len() as u64);
    assert_eq!(store.sessions().unwrap(), [stored]);
}

#[test]
fn nothing_of_a_private_session_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path(), options()).store;
    let session = session_id();
    let mut private = row(session);
    private.spec.private = true;
    assert_eq!(
        write(&store, vec![Write::PutSession(private)]),
        Err(StoreError::Private(session))
    );
    assert_eq!(
        write(&store, vec![append(session, 0, out(b"secret"))]),
        Err(StoreError::NoSession(session))
    );
    assert!(store.sessions().unwrap().is_empty());
}

#[test]
fn a_command_id_with_other_contents_is_refused_and_a_settled_outcome_stays() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path(), options()).store;
    let put = |receipt| write(&store, vec![Write::PutReceipt(receipt)]);
    let accepted = receipt(1, 7, Outcome::Accepted { seq: Seq(4) });
    put(accepted.clone()).unwrap();
    assert_eq!(
        store.receipt(accepted.client, accepted.id).unwrap(),
        Some(accepted.clone())
    );
    assert_eq!(
        store.unfinished_receipts().unwrap(),
        std::slice::from_ref(&accepted)
    );
    let mut other = accepted.clone();
    other.digest = [9; 32];
    assert!(matches!(put(other), Err(StoreError::IdReuse { .. })));
    let done = receipt(1, 7, Outcome::Done { seq: Seq(4) });
    put(done.clone()).unwrap();
    put(done.clone()).unwrap();
    assert!(matches!(put(accepted), Err(StoreError::Settled { .. })));
    assert_eq!(store.receipt(done.client, done.id).unwrap(), Some(done));
    assert_eq!(store.unfinished_receipts().unwrap(), []);
}

#[test]
fn receipts_per_client_are_kept_and_the_forgotten_ones_are_known() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path(), options()).store;
    let total = RECEIPTS_PER_CLIENT as u64 + 1_024;
    let unfinished = receipt(1, 1, Outcome::Accepted { seq: Seq(0) });
    write(&store, vec![Write::PutReceipt(unfinished.clone())]).unwrap();
    for first in (2..=total).step_by(1_000) {
        let some = (first..(first + 1_000).min(total + 1))
            .map(|n| Write::PutReceipt(receipt(1, n, Outcome::Done { seq: Seq(0) })))
            .collect();
        write(&store, some).unwrap();
    }
    let client = ClientId([1; 16]);
    let CommandN(forgotten) = store.forgotten_commands(client).unwrap();
    assert!(
        (total - RECEIPTS_PER_CLIENT as u64 - 512..=total - RECEIPTS_PER_CLIENT as u64)
            .contains(&forgotten),
        "{forgotten}"
    );
    let id = |n: u64| receipt(1, n, Outcome::Interrupted).id;
    assert_eq!(store.receipt(client, id(forgotten)).unwrap(), None);
    assert!(store.receipt(client, id(forgotten + 1)).unwrap().is_some());
    assert_eq!(store.unfinished_receipts().unwrap(), [unfinished]);
    assert_eq!(
        store.forgotten_commands(ClientId([2; 16])).unwrap(),
        CommandN(0)
    );
}

#[test]
fn the_last_two_checkpoints_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path(), options()).store;
    let session = session_id();
    let record = out(&[b'x'; 1_000]);
    write(
        &store,
        vec![Write::PutSession(row(session)), append(session, 0, record)],
    )
    .unwrap();
    assert_eq!(store.latest_checkpoint(session, None).unwrap(), None);
    for offset in [10, 20, 30] {
        let data = vec![offset as u8; 5_000];
        write(
            &store,
            vec![Write::PutCheckpoint {
                session,
                offset: Offset(offset),
                data,
            }],
        )
        .unwrap();
    }
    let latest = |at| store.latest_checkpoint(session, at).unwrap();
    assert_eq!(latest(None), Some((Offset(30), vec![30; 5_000])));
    assert_eq!(
        latest(Some(Offset(29))),
        Some((Offset(20), vec![20; 5_000]))
    );
    assert_eq!(latest(Some(Offset(19))), None);
    rusqlite::Connection::open(folder.path().join("host.db"))
        .unwrap()
        .execute(
            "UPDATE checkpoints SET crc = crc + 1 WHERE record_offset = 30",
            [],
        )
        .unwrap();
    assert_eq!(latest(None), Some((Offset(20), vec![20; 5_000])));
}

#[tokio::test]
async fn a_number_of_a_connection_is_given_once() {
    let folder = tempfile::tempdir().unwrap();
    let mut next = ConnEpoch(0);
    for _ in 0..3 {
        // Dropped, not closed: as after a crash.
        let store = open(folder.path(), options()).store;
        for count in [1, 10] {
            let first = store.reserve_conn_epochs(count).await.unwrap();
            assert!(first > next);
            next = ConnEpoch(first.0 + count - 1);
        }
    }
}

#[tokio::test]
async fn every_transaction_hears_how_it_ended_also_when_the_store_closes() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path(), options()).store;
    let told = Arc::new(AtomicUsize::new(0));
    let session = session_id();
    for seq in 0..200 {
        let told = Arc::clone(&told);
        let transaction = match seq {
            0 => Transaction::new(vec![Write::PutSession(row(session))]),
            _ => append_event(session, seq),
        };
        let on_done = Box::new(move |_| {
            told.fetch_add(1, Ordering::Relaxed);
        });
        store.submit_waiting(transaction, on_done).await;
    }
    let other = store.clone();
    tokio::task::spawn_blocking(|| store.close())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(told.load(Ordering::Relaxed), 200);
    assert_eq!(
        other.write(append_event(session, 200)).await,
        Err(StoreError::Closed)
    );
    assert_eq!(other.sessions(), Err(StoreError::Closed));
    drop(other);
    let again: Store = open(folder.path(), options()).store;
    assert_eq!(again.session(session).unwrap().last_seq, Seq(199));
}

#[test]
fn store_waiting_kib_max_is_what_a_queue_takes_before_it_gives_a_transaction_back() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path(), options()).store;
    let session = session_id();
    write(&store, vec![Write::PutSession(row(session))]).unwrap();
    // The writer is held in a callback while the queue fills.
    let (release, held) = mpsc::sync_channel::<()>(1);
    let (entered, is_held) = mpsc::sync_channel(1_000);
    let hold = Box::new(move |_| {
        entered.send(()).unwrap();
        held.recv().unwrap();
    });
    store.submit(append_event(session, 1), hold).unwrap();
    is_held.recv().unwrap();
    let record = out(&[0; 60_000]);
    let mut queued = 0;
    let refused = loop {
        let from = queued * record.len() as u64;
        let transaction = Transaction::new(vec![append(session, from, record.clone())]);
        match store.submit(transaction, Box::new(|_| ())) {
            Ok(()) => queued += 1,
            Err(full) => break full,
        }
    };
    let each = record.len() as u64 / 1_024;
    let (kib, most) = (queued * each, u64::from(STORE_WAITING_KIB_MAX));
    assert!(kib <= most, "{kib}");
    // Beside them the one that holds the writer may still have its place.
    assert!(kib + 2 * each > most, "{kib}");
    assert_eq!(refused.0.when_full, WhenFull::Wait);
    // Commands have a part of the queue of their own.
    let command = Write::PutReceipt(receipt(1, 1, Outcome::Interrupted));
    let (sender, receiver) = mpsc::sync_channel(1_000);
    store
        .submit(
            Transaction::new(vec![command]),
            Box::new(move |result| sender.send(result).unwrap()),
        )
        .unwrap();
    release.send(()).unwrap();
    receiver.recv().unwrap().unwrap();
    let end = store.session(session).unwrap().end.0;
    assert_eq!(end, queued * record.len() as u64);
    assert!(CommandId([0; 16]) < CommandId([1; 16]));
}

#[test]
fn events_that_were_given_up_are_gone_and_the_rest_is_found_again() {
    let folder = tempfile::tempdir().unwrap();
    let session = session_id();
    let store = open(folder.path(), options()).store;
    write(&store, vec![Write::PutSession(row(session))]).unwrap();
    let events = (1..=10).map(event).collect();
    let prune = |before| Write::PruneEvents {
        session,
        before: Seq(before),
    };
    write(
        &store,
        vec![Write::AppendEvents { session, events }, prune(7)],
    )
    .unwrap();
    // One that was given up before, and one that is not there yet.
    write(&store, vec![prune(3)]).unwrap();
    let kept = |store: &Store| -> Vec<u64> {
        let events = store.events(session, Seq(0), 100).unwrap();
        events.iter().map(|event| event.seq.0).collect()
    };
    assert_eq!(kept(&store), [7, 8, 9, 10]);
    store.close().unwrap();
    let store = open(folder.path(), options()).store;
    assert_eq!(kept(&store), [7, 8, 9, 10]);
    let stored = store.session(session).unwrap();
    assert_eq!((stored.first_seq, stored.last_seq), (Seq(7), Seq(10)));
    write(&store, vec![prune(99)]).unwrap();
    assert!(kept(&store).is_empty());
    write(&store, append_event(session, 11).writes).unwrap();
    assert_eq!(kept(&store), [11]);
}
