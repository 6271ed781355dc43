//! A disk that fails to make safe what was written: nobody is told how a commit ended while nobody knows.

use std::fs;
use std::path::Path;
use std::sync::mpsc;

use agor_proto::command::Outcome;
use agor_proto::ids::Seq;
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule, apply_filter,
};

use super::super::{DATABASE, Health, Store, StoreError, Transaction, Write};
use super::{
    append, append_event, event, open, options, out, read_all, receipt, row, segment_files,
    session_id, small_segments, store_now, wait_until, write,
};
use crate::images::confine::can_filter;

/// Says whether syncs can be made to fail here.
fn can_break() -> bool {
    let can = can_filter();
    if !can {
        eprintln!("skipped: no system calls can be filtered here");
    }
    can
}

/// Has this thread fail from now on to sync what these descriptors name, or anything if there are none.
fn break_syncs(descriptors: &[u64]) {
    let is_one = |descriptor: &u64| {
        let length = SeccompCmpArgLen::Dword;
        let is_it = SeccompCondition::new(0, length, SeccompCmpOp::Eq, *descriptor).unwrap();
        SeccompRule::new(vec![is_it]).unwrap()
    };
    let calls = [libc::SYS_fsync, libc::SYS_fdatasync].into_iter();
    let rules = calls.map(|call| (call, descriptors.iter().map(is_one).collect::<Vec<_>>()));
    let filter = SeccompFilter::new(
        rules.collect(),
        SeccompAction::Allow,
        SeccompAction::Errno(libc::EIO.unsigned_abs()),
        std::env::consts::ARCH.try_into().unwrap(),
    );
    let program: BpfProgram = filter.unwrap().try_into().unwrap();
    apply_filter(&program).unwrap();
}

/// Returns the descriptors by which this process has the log of the database in `folder` open.
fn descriptors_of_log(folder: &Path) -> Vec<u64> {
    let log = folder.join(DATABASE).with_extension("db-wal");
    let log = log.canonicalize().unwrap();
    let open = fs::read_dir("/proc/self/fd").unwrap().map(Result::unwrap);
    let of_log = open.filter(|entry| fs::read_link(entry.path()).is_ok_and(|path| path == log));
    let numbers = of_log.map(|entry| entry.file_name().to_str().unwrap().parse::<u64>().unwrap());
    numbers.collect()
}

/// Stores something; from then on the thread that stores fails to sync the descriptors that `which` returns.
fn write_and_break(store: &Store, last: Write, which: impl FnOnce() -> Vec<u64> + Send + 'static) {
    let (sender, broken) = mpsc::sync_channel(1);
    let on_done = Box::new(move |result: Result<(), StoreError>| {
        result.unwrap();
        break_syncs(&which());
        sender.send(()).unwrap();
    });
    store.submit(Transaction::new(vec![last]), on_done).unwrap();
    broken.recv().unwrap();
}

/// Returns what is on disk if the machine goes down now and nothing is lost of what was written.
fn crashed(folder: &Path) -> tempfile::TempDir {
    let after = tempfile::tempdir().unwrap();
    for name in [DATABASE.to_owned(), format!("{DATABASE}-wal")] {
        fs::copy(folder.join(&name), after.path().join(&name)).unwrap();
    }
    after
}

#[test]
fn a_commit_that_was_told_as_failed_does_not_come_back_after_a_crash() {
    if !can_break() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path(), options()).store;
    let session = session_id();
    let path = folder.path().to_owned();
    let which = move || descriptors_of_log(&path);
    write_and_break(&store, Write::PutSession(row(session)), which);
    let command = receipt(1, 1, Outcome::Accepted { seq: Seq(0) });
    let told = write(&store, vec![Write::PutReceipt(command.clone())]);
    assert!(matches!(told, Err(StoreError::Io { .. })), "{told:?}");
    let after = crashed(folder.path());
    let found = open(after.path(), options()).store;
    let is_there = found.receipt(command.client, command.id).unwrap();
    assert_eq!(is_there, None, "it was told that it failed");
    // Through another descriptor all goes on.
    store_now(&store, append_event(session, 1)).unwrap();
    assert_eq!(store.health(), Health::Good);
    store.close().unwrap();
}

#[test]
fn what_waits_is_stored_once_though_its_commit_failed_to_sync() {
    if !can_break() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path(), options()).store;
    let session = session_id();
    let path = folder.path().to_owned();
    let which = move || descriptors_of_log(&path);
    write_and_break(&store, Write::PutSession(row(session)), which);
    store_now(&store, append_event(session, 1)).unwrap();
    assert_eq!(store.health(), Health::Good);
    assert_eq!(store.events(session, Seq(0), 10).unwrap(), [event(1)]);
    let after = crashed(folder.path());
    let found = open(after.path(), options()).store;
    assert_eq!(found.events(session, Seq(0), 10).unwrap(), [event(1)]);
    store.close().unwrap();
}

#[test]
fn while_nobody_knows_whether_a_commit_is_stored_nobody_is_told_how_it_ended() {
    if !can_break() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path(), options()).store;
    let session = session_id();
    write_and_break(&store, Write::PutSession(row(session)), Vec::new);
    let (sender, results) = mpsc::sync_channel(10);
    let command = receipt(1, 1, Outcome::Accepted { seq: Seq(0) });
    let command = Transaction::new(vec![Write::PutReceipt(command)]);
    for transaction in [command, append_event(session, 1)] {
        let sender = sender.clone();
        let on_done = Box::new(move |result| sender.send(result).unwrap());
        store.submit(transaction, on_done).unwrap();
        wait_until("an error", || store.health() == Health::Failing);
    }
    let failed = store.stats().unwrap().failed_groups;
    wait_until("another attempt", || {
        store.stats().unwrap().failed_groups > failed + 1
    });
    assert!(results.try_recv().is_err(), "somebody was told");
    store.close().unwrap_err();
    let results: Vec<_> = results.try_iter().collect();
    assert_eq!(results, vec![Err(StoreError::Closed); 2]);
    let store = open(folder.path(), options()).store;
    // Whatever is found is whole and can be gone on with.
    let last = store.session(session).unwrap().last_seq;
    store_now(&store, append_event(session, last.0 + 1)).unwrap();
    store.close().unwrap();
}

#[test]
fn a_segment_that_was_perhaps_taken_in_is_not_deleted() {
    if !can_break() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path(), small_segments()).store;
    let session = session_id();
    write(&store, vec![Write::PutSession(row(session))]).unwrap();
    let bytes = out(&[b'x'; 8 * 1024]);
    write_and_break(&store, append(session, 0, bytes.clone()), Vec::new);
    wait_until("an error", || store.health() == Health::Failing);
    // Closing ends the deletions that were asked for, too.
    store.close().unwrap_err();
    assert_eq!(segment_files(folder.path(), session).len(), 1);
    let store = open(folder.path(), small_segments()).store;
    assert_eq!(read_all(&store, session, 100_000), bytes);
    store.close().unwrap();
}
