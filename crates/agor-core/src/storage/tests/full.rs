//! A full disk: output waits, commands fail, nothing is lost.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::mpsc;

use agor_proto::command::Outcome;
use agor_proto::ids::Seq;

use super::super::{Health, Options, StoreError, Transaction, WhenFull, Write};
use super::{
    append, append_event, open, options, out, read_all, receipt, row, session_id, store_now,
    wait_until, write,
};

/// A small file system of its own; none where we may not mount.
pub(super) struct SmallDisk {
    path: PathBuf,
    _folder: tempfile::TempDir,
}

impl SmallDisk {
    pub(super) fn mount(options: &str) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", options, "tmpfs"])
            .arg(folder.path())
            .output()
            .is_ok_and(|output| output.status.success());
        if !mounted {
            eprintln!("skipped: no file system can be mounted here");
        }
        mounted.then(|| Self {
            path: folder.path().to_owned(),
            _folder: folder,
        })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // A mount that stays behind is the machine's to clean up; the test has its result.
        Command::new("umount")
            .arg("-l")
            .arg(&self.path)
            .status()
            .ok();
    }
}

/// Returns a record that does not pack.
fn noise(seed: u64) -> Vec<u8> {
    let mut state = seed + 1;
    let text: Vec<u8> = (0..60_000)
        .map(|_| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            (state >> 56) as u8
        })
        .collect();
    out(&text)
}

/// Fills the store until output waits, then `make_room`s and sees that nothing was lost.
fn fill_and_free(folder: &Path, options: Options, make_room: impl FnOnce()) {
    let store = open(folder, options).store;
    let session = session_id();
    write(&store, vec![Write::PutSession(row(session))]).unwrap();
    let (sender, results) = mpsc::sync_channel(1_000);
    let mut all = Vec::new();
    let mut sent = 0;
    while store.health() == Health::Good {
        let bytes = noise(sent);
        let sender = sender.clone();
        let transaction = Transaction::new(vec![append(session, all.len() as u64, bytes.clone())]);
        let on_done = Box::new(move |result| sender.send(result).unwrap());
        store.submit(transaction, on_done).unwrap();
        all.extend_from_slice(&bytes);
        sent += 1;
        assert!(sent < 400, "the disk did not fill");
        // One at a time, until one is not acknowledged.
        wait_until("an end", || {
            store.stats().unwrap().queued_kib == 0 || store.health() != Health::Good
        });
    }
    assert!(matches!(store.health(), Health::Full { since_millis } if since_millis > 0));
    let acknowledged = results.try_iter().map(Result::unwrap).count() as u64;
    assert!(acknowledged < sent, "{acknowledged} of {sent}");

    // Events that happened wait in line behind the output; a command fails at once.
    let (event_sender, event_done) = mpsc::sync_channel(1_000);
    let on_done = Box::new(move |result| event_sender.send(result).unwrap());
    store.submit(append_event(session, 1), on_done).unwrap();
    let command = Write::PutReceipt(receipt(1, 1, Outcome::Accepted { seq: Seq(0) }));
    assert_eq!(write(&store, vec![command.clone()]), Err(StoreError::Full));
    let renamed = Write::PutSession(row(session));
    assert_eq!(write(&store, vec![renamed]), Err(StoreError::Full));
    let both = Transaction::new(append_event(session, 2).writes).when_full(WhenFull::Fail);
    assert_eq!(store_now(&store, both), Err(StoreError::Full));
    assert!(event_done.try_recv().is_err());
    // What is there can be read meanwhile.
    assert_eq!(store.sessions().unwrap().len(), 1);

    make_room();
    for _ in acknowledged..sent {
        results.recv().unwrap().unwrap();
    }
    event_done.recv().unwrap().unwrap();
    assert_eq!(store.health(), Health::Good);
    write(&store, vec![command]).unwrap();
    assert_eq!(read_all(&store, session, 1 << 20), all);
    assert_eq!(store.events(session, Seq(0), 10).unwrap().len(), 1);
    store.close().unwrap();
}

#[test]
fn on_a_full_disk_output_waits_and_commands_fail_and_nothing_is_lost() {
    let Some(disk) = SmallDisk::mount("size=6M") else {
        return;
    };
    let filler = disk.path().join("filler");
    fs::write(&filler, vec![1; 3 * 1024 * 1024]).unwrap();
    let data = disk.path().join("data");
    fill_and_free(&data, options(), || fs::remove_file(&filler).unwrap());
}

#[test]
fn a_database_that_may_not_grow_is_a_full_disk_and_closing_it_loses_nothing_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let limited = Options {
        max_page_count: Some(200),
        ..options()
    };
    let store = open(folder.path(), limited).store;
    let session = session_id();
    write(&store, vec![Write::PutSession(row(session))]).unwrap();
    let (sender, results) = mpsc::sync_channel(1_000);
    let mut from = 0;
    for n in 0..20 {
        let bytes = noise(n);
        let transaction = Transaction::new(vec![append(session, from, bytes.clone())]);
        from += bytes.len() as u64;
        let sender = sender.clone();
        let on_done = Box::new(move |result| sender.send(result).unwrap());
        store.submit(transaction, on_done).unwrap();
    }
    wait_until("the end of room", || store.health() != Health::Good);
    store.close().unwrap();
    let results: Vec<_> = results.try_iter().collect();
    assert_eq!(results.len(), 20);
    let stored = results.iter().filter(|result| result.is_ok()).count();
    assert!(stored < 20, "{stored}");
    assert_eq!(results[stored..], vec![Err(StoreError::Full); 20 - stored]);
    let store = open(folder.path(), options()).store;
    let all: Vec<u8> = (0..stored as u64).flat_map(noise).collect();
    assert_eq!(read_all(&store, session, 1 << 20), all);
}

#[test]
fn a_segment_for_which_there_is_no_room_leaves_its_output_in_the_database() {
    let Some(disk) = SmallDisk::mount("size=2M") else {
        return;
    };
    let tight = Options {
        segment_bytes: 256 * 1024,
        ..options()
    };
    let data = disk.path().join("data");
    let store = open(&data, tight).store;
    let session = session_id();
    write(&store, vec![Write::PutSession(row(session))]).unwrap();
    let mut all = Vec::new();
    // Log and database have room for this once each, a segment beside them has not.
    for n in 0..5 {
        let bytes = noise(n);
        if n == 4 {
            let free = rustix::fs::statvfs(&data).unwrap();
            let free = (free.f_bavail * free.f_frsize) as usize;
            fs::write(disk.path().join("filler"), vec![1; free - 160 * 1024]).unwrap();
        }
        write(
            &store,
            vec![append(session, all.len() as u64, bytes.clone())],
        )
        .unwrap();
        all.extend_from_slice(&bytes);
    }
    assert_eq!(read_all(&store, session, 1 << 20), all);
    wait_until("sealing", || store.stats().unwrap().not_sealed > 0);
    let sealed = store.stats().unwrap().sealed;
    fs::remove_file(disk.path().join("filler")).unwrap();
    store.close().unwrap();
    assert_eq!(sealed, 0);
    let store = open(&data, options()).store;
    assert_eq!(read_all(&store, session, 1 << 20), all);
    assert_eq!(super::segment_files(&data, session), Vec::<String>::new());
}

#[test]
fn room_on_a_full_disk_is_found_though_nobody_asks_for_it() {
    let Some(disk) = SmallDisk::mount("size=2M") else {
        return;
    };
    let data = disk.path().join("data");
    let store = open(&data, options()).store;
    let filler = disk.path().join("filler");
    // As much as there is room for.
    fs::write(&filler, vec![1; 4 * 1024 * 1024]).unwrap_err();
    let put = || vec![Write::PutSession(row(session_id()))];
    wait_until("the end of room", || {
        matches!(write(&store, put()), Err(StoreError::Full))
    });
    assert!(matches!(store.health(), Health::Full { .. }));
    fs::remove_file(&filler).unwrap();
    wait_until("room", || store.health() == Health::Good);
    write(&store, put()).unwrap();
}

#[test]
fn b14_a_removal_is_stored_in_the_room_that_it_makes() {
    let Some(disk) = SmallDisk::mount("size=12M") else {
        return;
    };
    let data = disk.path().join("data");
    let store = open(&data, options()).store;
    let session = session_id();
    write(&store, vec![Write::PutSession(row(session))]).unwrap();
    assert!(data.join("reserve").exists(), "room is kept for it");
    fs::write(disk.path().join("filler"), vec![1; 16 * 1024 * 1024]).unwrap_err();
    let (sender, results) = mpsc::sync_channel(1_000);
    let submit = |writes| {
        let sender = sender.clone();
        let on_done = Box::new(move |result| sender.send(result).unwrap());
        let transaction = Transaction::new(writes).when_full(WhenFull::Wait);
        store.submit(transaction, on_done).unwrap();
    };
    submit(vec![append(session, 0, noise(1))]);
    wait_until("the end of room", || store.health() != Health::Good);
    submit(vec![Write::RemoveSession { session }]);
    assert!(results.try_recv().is_err());
    store.make_room(session);
    for _ in 0..2 {
        results.recv().unwrap().unwrap();
    }
    assert!(store.sessions().unwrap().is_empty());
    store.close().unwrap();
}
