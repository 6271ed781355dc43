//! Opening: hosts that take over, formats, rights, and damage.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::mpsc;
use std::time::Duration;

use agor_proto::command::Outcome;
use agor_proto::ids::{ConnEpoch, Offset, Seq, SessionId};
use agor_proto::session::Life;

use super::super::schema::{MIGRATIONS, Migration};
use super::super::{Health, Notice, Opened, Options, Store, StoreError, Transaction, Write};
use super::full::SmallDisk;
use super::{
    append, append_event, event, open, options, out, read_all, receipt, row, segment_files,
    session_id, small_segments, store_now, wait_until, write,
};

#[test]
fn a_store_that_was_closed_is_found_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let first = open(folder.path(), options());
    let session = session_id();
    write(
        &first.store,
        vec![
            Write::PutSession(row(session)),
            append(session, 0, out(b"hello")),
        ],
    )
    .unwrap();
    store_now(&first.store, append_event(session, 1)).unwrap();
    let sessions = first.store.sessions().unwrap();
    first.store.close().unwrap();
    assert!(!folder.path().join("host.db-wal").exists());
    let second = open(folder.path(), options());
    assert_eq!(second.store.sessions().unwrap(), sessions);
    assert_eq!(read_all(&second.store, session, 100), out(b"hello"));
    assert_eq!(second.host_id, first.host_id);
    assert_eq!(second.incarnation, first.incarnation.next());
    assert_eq!(second.notices, []);
}

#[test]
fn nobody_else_may_read_what_is_stored() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("agor");
    let backing_up = Options {
        backup_every: Duration::from_millis(20),
        ..small_segments()
    };
    let store = open(&data, backing_up).store;
    let session = session_id();
    write(
        &store,
        vec![
            Write::PutSession(row(session)),
            append(session, 0, out(&[b'x'; 5_000])),
        ],
    )
    .unwrap();
    wait_until("sealing", || store.stats().unwrap().sealed == 1);
    wait_until("a backup", || data.join("host.db.backup").exists());
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let mut folders = vec![data];
    while let Some(folder) = folders.pop() {
        assert_eq!(mode(&folder), 0o700, "{}", folder.display());
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                assert_eq!(mode(&path), 0o600, "{}", path.display());
            }
        }
    }
}

#[test]
fn a_newer_host_fences_the_older() {
    let folder = tempfile::tempdir().unwrap();
    let old = open(folder.path(), options()).store;
    let session = session_id();
    write(&old, vec![Write::PutSession(row(session))]).unwrap();
    let new = open(folder.path(), options()).store;
    assert_eq!(
        store_now(&old, append_event(session, 1)),
        Err(StoreError::Fenced)
    );
    assert_eq!(old.health(), Health::Fenced);
    assert_eq!(
        write(&old, vec![Write::PutSession(row(session))]),
        Err(StoreError::Fenced)
    );
    store_now(&new, append_event(session, 1)).unwrap();
    assert_eq!(old.close(), Err(StoreError::Fenced));
    store_now(&new, append_event(session, 2)).unwrap();
    assert_eq!(new.session(session).unwrap().last_seq, Seq(2));
}

#[test]
fn a_database_put_in_the_place_of_ours_fences_us() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path(), options()).store;
    fs::rename(folder.path().join("host.db"), folder.path().join("aside")).unwrap();
    fs::write(folder.path().join("host.db"), b"").unwrap();
    let put = Write::PutSession(row(session_id()));
    assert_eq!(write(&store, vec![put]), Err(StoreError::Fenced));
}

#[test]
fn who_holds_the_database_is_named_and_output_waits_for_it() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path(), options()).store;
    let session = session_id();
    write(&store, vec![Write::PutSession(row(session))]).unwrap();
    let holder = rusqlite::Connection::open(folder.path().join("host.db")).unwrap();
    holder.execute_batch("BEGIN IMMEDIATE").unwrap();
    let busy = StoreError::Busy {
        holder: Some(std::process::id()),
    };
    assert_eq!(
        Store::open_with(folder.path(), options()).unwrap_err(),
        busy
    );
    let (sender, receiver) = mpsc::sync_channel(1_000);
    let on_done = Box::new(move |result| sender.send(result).unwrap());
    store.submit(append_event(session, 1), on_done).unwrap();
    let command = Write::PutReceipt(receipt(1, 1, Outcome::Interrupted));
    assert_eq!(write(&store, vec![command.clone()]), Err(busy));
    assert!(receiver.try_recv().is_err());
    assert!(
        matches!(store.health(), Health::Busy { holder } if holder == Some(std::process::id()))
    );
    holder.execute_batch("ROLLBACK").unwrap();
    receiver.recv().unwrap().unwrap();
    assert_eq!(store.health(), Health::Good);
    write(&store, vec![command]).unwrap();
}

#[test]
fn what_waits_for_the_database_is_tried_again_though_others_ask_all_the_time() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path(), options()).store;
    let session = session_id();
    write(&store, vec![Write::PutSession(row(session))]).unwrap();
    let holder = rusqlite::Connection::open(folder.path().join("host.db")).unwrap();
    holder.execute_batch("BEGIN IMMEDIATE").unwrap();
    let (sender, receiver) = mpsc::sync_channel(1);
    let on_done = Box::new(move |result| sender.send(result).unwrap());
    store.submit(append_event(session, 1), on_done).unwrap();
    wait_until("the database is missed", || store.health() != Health::Good);
    holder.execute_batch("ROLLBACK").unwrap();
    wait_until("it is stored", || {
        // It is refused at once as long as something waits.
        let command = Write::PutReceipt(receipt(1, 1, Outcome::Interrupted));
        write(&store, vec![command]).ok();
        receiver.try_recv().is_ok_and(|stored| stored.is_ok())
    });
}

const EDITED: &[Migration] = &[Migration {
    name: "first",
    sql: "CREATE TABLE other (a INTEGER)",
}];
const SECOND: Migration = Migration {
    name: "colour",
    sql: "ALTER TABLE sessions ADD COLUMN colour TEXT",
};
const BROKEN: Migration = Migration {
    name: "broken",
    sql: "CREATE TABLE half (a INTEGER); ALTER TABLE nothing ADD COLUMN b TEXT",
};

/// Returns the options of a release with one more migration.
fn and_then(migration: Migration) -> Options {
    let migrations = [MIGRATIONS, &[migration]].concat();
    with_migrations(migrations.leak())
}

fn with_migrations(migrations: &'static [Migration]) -> Options {
    Options {
        migrations,
        ..options()
    }
}

#[test]
fn a5_an_edited_migration_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    open(folder.path(), options()).store.close().unwrap();
    assert_eq!(
        Store::open_with(folder.path(), with_migrations(EDITED)).unwrap_err(),
        StoreError::MigrationEdited {
            number: 1,
            name: "first".into()
        }
    );
    open(folder.path(), options());
}

#[test]
fn a_newer_database_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path(), and_then(SECOND)).store;
    store.close().unwrap();
    let before = fs::read(folder.path().join("host.db")).unwrap();
    assert_eq!(
        Store::open_with(folder.path(), options()).unwrap_err(),
        StoreError::NewerDatabase {
            found: MIGRATIONS.len() as u32 + 1,
            program: env!("CARGO_PKG_VERSION").into(),
            known: MIGRATIONS.len() as u32
        }
    );
    assert_eq!(fs::read(folder.path().join("host.db")).unwrap(), before);
}

#[test]
fn a_migration_is_preceded_by_a_backup_and_happens_whole_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path(), options()).store;
    let session = session_id();
    write(&store, vec![Write::PutSession(row(session))]).unwrap();
    store.close().unwrap();
    assert!(matches!(
        Store::open_with(folder.path(), and_then(BROKEN)).unwrap_err(),
        StoreError::Internal { .. }
    ));
    let store = open(folder.path(), and_then(SECOND)).store;
    assert_eq!(store.sessions().unwrap().len(), 1);
    let backup = format!("host.db.before-{}", MIGRATIONS.len() + 1);
    let backup = folder.path().join(backup);
    let sessions: i64 = rusqlite::Connection::open(backup)
        .unwrap()
        .query_row("SELECT COUNT(*) FROM sessions", [], |row| row.get(0))
        .unwrap();
    assert_eq!(sessions, 1);
}

#[test]
fn a_database_of_every_earlier_format_is_brought_to_todays_with_all_that_is_in_it() {
    for known in 1..MIGRATIONS.len() {
        let folder = tempfile::tempdir().unwrap();
        let store = open(folder.path(), with_migrations(&MIGRATIONS[..known])).store;
        let session = session_id();
        let done = receipt(1, 7, Outcome::Done { seq: Seq(1) });
        let record = out(b"printed");
        let end = Offset(record.len() as u64);
        let screen = b"a screen".to_vec();
        let mut writes = vec![
            Write::PutSession(row(session)),
            append(session, 0, record.clone()),
            Write::PutCheckpoint {
                session,
                offset: end,
                data: screen.clone(),
            },
        ];
        // Today's writer counts receipts by a column that the first format has not.
        let has_receipt = known > 1;
        writes.extend(has_receipt.then(|| Write::PutReceipt(done.clone())));
        write(&store, writes).unwrap();
        store_now(&store, append_event(session, 1)).unwrap();
        let sessions = store.sessions().unwrap();
        store.close().unwrap();

        let opened = open(folder.path(), options());
        assert_eq!(opened.notices, []);
        let store = opened.store;
        assert_eq!(store.sessions().unwrap(), sessions, "format {known}");
        assert_eq!(read_all(&store, session, 100), record);
        let checkpoint = store.latest_checkpoint(session, None).unwrap();
        assert_eq!(checkpoint, Some((end, screen)));
        let found = store.receipt(done.client, done.id).unwrap();
        assert_eq!(found, has_receipt.then_some(done));
        assert_eq!(store.events(session, Seq(0), 10).unwrap(), [event(1)]);
        // What later formats have is there to be written and read.
        write(&store, vec![Write::PruneUsage { before: 0 }]).unwrap();
        assert_eq!(store.stats().unwrap().session_bytes.len(), 1);
    }
}

#[test]
fn a_folder_without_rights_is_said_to_be_one() {
    if rustix::process::geteuid().is_root() {
        let Some(disk) = SmallDisk::mount("size=1M") else {
            return;
        };
        let data = disk.path().join("data");
        open(&data, options()).store.close().unwrap();
        let remounted = std::process::Command::new("mount")
            .args(["-o", "remount,ro"])
            .arg(disk.path())
            .status()
            .unwrap();
        assert!(remounted.success());
        for folder in [&data, &disk.path().join("new")] {
            let refused = Store::open_with(folder, options()).unwrap_err();
            assert!(
                matches!(refused, StoreError::Permission { .. }),
                "{refused:?}"
            );
        }
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o500)).unwrap();
    let refused = Store::open_with(folder.path(), options()).unwrap_err();
    assert!(
        matches!(refused, StoreError::Permission { .. }),
        "{refused:?}"
    );
}

#[test]
fn a_path_that_is_no_folder_and_a_damaged_host_id_are_said() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, b"x").unwrap();
    assert!(matches!(
        Store::open_with(&file, options()).unwrap_err(),
        StoreError::Io { .. }
    ));
    let data = folder.path().join("data");
    open(&data, options()).store.close().unwrap();
    fs::write(data.join("host.id"), b"not an id").unwrap();
    assert!(matches!(
        Store::open_with(&data, options()).unwrap_err(),
        StoreError::Damaged { what } if what.ends_with("host.id")
    ));
}

/// Fills a store with a session of four segments and a tail, the first two of them in a backup.
fn store_with_backup(folder: &Path) -> (SessionId, Vec<u8>, Opened) {
    let opened = open(
        folder,
        Options {
            backup_every: Duration::from_millis(20),
            ..small_segments()
        },
    );
    let session = session_id();
    let store = &opened.store;
    write(store, vec![Write::PutSession(row(session))]).unwrap();
    let mut all = Vec::new();
    for n in 1..=4 {
        let bytes = out(&[b'0' + n; 5_000]);
        write(
            store,
            vec![append(session, all.len() as u64, bytes.clone())],
        )
        .unwrap();
        all.extend_from_slice(&bytes);
        let seq = u64::from(n);
        store_now(store, append_event(session, seq)).unwrap();
        wait_until("sealing", || {
            segment_files(folder, session).len() == usize::from(n)
        });
        if n == 2 {
            let backed_up = || {
                rusqlite::Connection::open(folder.join("host.db.backup"))
                    .and_then(|it| {
                        it.query_row("SELECT MAX(seq) FROM events", [], |row| row.get(0))
                    })
                    .is_ok_and(|last: Option<i64>| last == Some(2))
            };
            wait_until("a backup", backed_up);
            fs::copy(folder.join("host.db.backup"), folder.join("kept")).unwrap();
        }
    }
    (session, all, opened)
}

fn reserve(store: &Store) -> ConnEpoch {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime.block_on(store.reserve_conn_epochs(100)).unwrap()
}

/// Overwrites the database behind its first page.
fn overwrite(path: &Path) {
    let mut bytes = fs::read(path).unwrap();
    let to = bytes.len();
    bytes[4_096..to].fill(0xa5);
    fs::write(path, bytes).unwrap();
}

#[test]
fn a_damaged_database_is_set_aside_and_restored_with_what_the_folders_hold() {
    let folder = tempfile::tempdir().unwrap();
    let (session, all, opened) = store_with_backup(folder.path());
    let tail = out(b"only in the database");
    let from = all.len() as u64;
    write(&opened.store, vec![append(session, from, tail)]).unwrap();
    let given = reserve(&opened.store);
    opened.store.close().unwrap();
    fs::rename(
        folder.path().join("kept"),
        folder.path().join("host.db.backup"),
    )
    .unwrap();
    // A clean mark in a damaged database is worth nothing.
    overwrite(&folder.path().join("host.db"));

    let again = open(folder.path(), small_segments());
    let [
        Notice::SetAside {
            damaged,
            restored_from_millis: Some(_),
            sessions: 1,
        },
        ..,
    ] = &again.notices[..]
    else {
        panic!("{:?}", again.notices);
    };
    assert!(damaged.exists());
    assert!(again.notices[0].to_string().contains("host.db.damaged-"));
    assert_eq!(again.host_id, opened.host_id);
    assert!(again.incarnation > opened.incarnation);
    assert!(reserve(&again.store) > given);
    let stored = again.store.session(session).unwrap();
    assert!(stored.row.epoch > row(session).epoch);
    assert_eq!(
        stored.end.0, from,
        "segments later than the backup were taken in"
    );
    assert_eq!(stored.last_seq, Seq(2));
    assert_eq!(read_all(&again.store, session, 1 << 20), all);
    write(&again.store, vec![append(session, from, out(b"on"))]).unwrap();
    again.store.close().unwrap();
    assert_eq!(open(folder.path(), small_segments()).notices, []);
}

#[test]
fn a_copy_that_is_not_in_order_takes_no_backups_place() {
    let folder = tempfile::tempdir().unwrap();
    let (_, _, opened) = store_with_backup(folder.path());
    opened.store.close().unwrap();
    let backup = folder.path().join("host.db.backup");
    let good = fs::read(&backup).unwrap();
    let path = folder.path().join("host.db");
    let source = rusqlite::Connection::open(&path).unwrap();
    let mut bytes = fs::read(&path).unwrap();
    // A page of a table, whose tree then leads nowhere.
    bytes[2 * 4_096..].fill(0xa5);
    fs::write(&path, bytes).unwrap();
    let made = super::super::files::back_up(&source, folder.path(), &backup);
    assert!(made.is_err(), "a damaged database was backed up");
    assert!(fs::read(&backup).unwrap() == good, "the backup is another");
}

#[test]
fn a_database_whose_log_is_lost_is_not_taken_for_one_that_was_closed() {
    let folder = tempfile::tempdir().unwrap();
    let copy = tempfile::tempdir().unwrap();
    open(folder.path(), small_segments()).store.close().unwrap();
    let second = open(folder.path(), small_segments());
    fs::copy(folder.path().join("host.db"), copy.path().join("host.db")).unwrap();
    let database = rusqlite::Connection::open(copy.path().join("host.db")).unwrap();
    let (clean, incarnation): (bool, i64) = database
        .query_row("SELECT clean, incarnation FROM host", [], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .unwrap();
    assert!(!clean, "it would not be checked");
    assert_eq!(
        incarnation, second.incarnation.0 as i64,
        "it would be given again"
    );
}

#[test]
fn a_cut_database_without_a_backup_is_begun_anew_from_the_folders() {
    let folder = tempfile::tempdir().unwrap();
    let (session, all, opened) = store_with_backup(folder.path());
    drop(opened.store);
    fs::remove_file(folder.path().join("host.db.backup")).unwrap();
    let database = folder.path().join("host.db");
    let length = fs::metadata(&database).unwrap().len();
    for length in [length / 2 + 100, 0] {
        fs::OpenOptions::new()
            .write(true)
            .open(&database)
            .unwrap()
            .set_len(length)
            .unwrap();
        for log in ["host.db-wal", "host.db-shm"] {
            fs::remove_file(folder.path().join(log)).ok();
        }
        let again = open(folder.path(), small_segments());
        assert!(
            matches!(
                again.notices[0],
                Notice::SetAside {
                    restored_from_millis: None,
                    sessions: 1,
                    ..
                }
            ),
            "{:?}",
            again.notices
        );
        assert!(again.incarnation > opened.incarnation);
        let stored = again.store.session(session).unwrap();
        assert_eq!(stored.row.life, Life::Lost);
        assert_eq!(stored.row.name, "shell");
        assert_eq!(stored.row.spec, row(session).spec);
        assert_eq!((stored.first, stored.last_seq), (Offset(0), Seq(0)));
        assert_eq!(read_all(&again.store, session, 1 << 20), all);
        again.store.close().unwrap();
    }
}

#[test]
fn damage_that_is_met_while_reading_is_seen_to_at_the_next_start() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path(), options()).store;
    let session = session_id();
    write(&store, vec![Write::PutSession(row(session))]).unwrap();
    for seq in 1..=500 {
        let transaction = Transaction::new(append_event(session, seq).writes);
        store
            .submit(transaction, Box::new(|result| result.unwrap()))
            .unwrap();
    }
    store.close().unwrap();
    let path = folder.path().join("host.db");
    let root: u64 = {
        let database = rusqlite::Connection::open(&path).unwrap();
        database
            .query_row(
                "SELECT rootpage FROM sqlite_schema WHERE name = 'events'",
                [],
                |row| row.get::<_, i64>(0),
            )
            .unwrap()
            .cast_unsigned()
    };
    let file = fs::OpenOptions::new().write(true).open(&path).unwrap();
    std::os::unix::fs::FileExt::write_all_at(&file, &[0xff; 4_096], (root - 1) * 4_096).unwrap();
    let opened = open(folder.path(), options());
    assert_eq!(opened.notices, []);
    let met = opened.store.events(session, Seq(0), 10);
    assert!(matches!(met, Err(StoreError::Damaged { .. })), "{met:?}");
    assert!(opened.store.close().is_err());
    let again = open(folder.path(), options());
    assert!(matches!(again.notices[..], [Notice::SetAside { .. }]));
}

#[test]
fn a_damaged_segment_that_the_database_does_not_know_is_set_aside() {
    let folder = tempfile::tempdir().unwrap();
    let (session, all, opened) = store_with_backup(folder.path());
    opened.store.close().unwrap();
    fs::rename(
        folder.path().join("kept"),
        folder.path().join("host.db.backup"),
    )
    .unwrap();
    overwrite(&folder.path().join("host.db"));
    let sessions = super::super::files::session_folder(folder.path(), session);
    let third = sessions.join(&segment_files(folder.path(), session)[2]);
    let mut bytes = fs::read(&third).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&third, bytes).unwrap();
    let again = open(folder.path(), small_segments());
    let set_aside = |notice: &Notice| matches!(notice, Notice::SegmentSetAside { .. });
    assert!(again.notices.iter().any(set_aside), "{:?}", again.notices);
    let piece = all.len() as u64 / 4;
    assert_eq!(
        again.store.record(session, Offset(2 * piece), 1 << 20),
        Err(StoreError::DamagedRecord {
            session,
            from: Offset(2 * piece),
            to: Offset(3 * piece)
        })
    );
    let rest = again
        .store
        .record(session, Offset(3 * piece), 1 << 20)
        .unwrap();
    assert_eq!(rest.bytes, all[3 * piece as usize..]);
}
