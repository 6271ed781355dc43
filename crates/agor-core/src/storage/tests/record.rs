//! The output record: read back across chunks and segments, damaged, pruned, removed.

use std::fs;
use std::os::unix::fs::FileExt;

use agor_proto::command::Outcome;
use agor_proto::ids::{Offset, Seq, SessionId};
use agor_proto::record::records;
use proptest::prelude::*;

use super::super::files::session_folder;
use super::super::{Options, Store, StoreError, Write};
use super::{
    Crash, append, event, open, options, out, read_all, receipt, row, segment_files, session_id,
    small_segments, wait_until, write,
};

/// Appends records of `sizes`, a transaction each; returns the whole.
fn fill(store: &Store, session: SessionId, from: u64, sizes: &[usize]) -> Vec<u8> {
    let mut all = Vec::new();
    for (n, &size) in sizes.iter().enumerate() {
        // Neither all the same nor without any pattern, so that some pieces pack well.
        let text: Vec<u8> = (0..size).map(|at| (at * (n % 7) / 3) as u8).collect();
        let bytes = out(&text);
        write(
            store,
            vec![append(session, from + all.len() as u64, bytes.clone())],
        )
        .unwrap();
        all.extend_from_slice(&bytes);
    }
    all
}

pub(super) fn with_session(store: &Store) -> SessionId {
    let session = session_id();
    write(store, vec![Write::PutSession(row(session))]).unwrap();
    session
}

fn unsealed(store: &Store, session: SessionId) -> u64 {
    let end = store.session(session).unwrap().end.0;
    let sealed: i64 = store
        .0
        .readers
        .read("test", |database| {
            Ok(database.query_row(
                "SELECT COALESCE(SUM(segments.end_offset - start_offset), 0) FROM segments \
                 JOIN sessions ON key = segments.session WHERE id = ?1",
                [session.bytes()],
                |row| row.get(0),
            )?)
        })
        .unwrap();
    end - sealed.cast_unsigned()
}

/// Waits until all that makes whole segments of 4 KiB is in segments.
fn wait_for_segments(store: &Store, session: SessionId) {
    wait_until("sealing", || unsealed(store, session) < 4 * 1024);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn a_record_reads_back_across_chunks_and_segments(
        sizes in prop::collection::vec(prop_oneof![0_usize..200, 1_000..9_000_usize, 60_000..=65_536_usize], 1..40),
        page_bytes in prop_oneof![Just(1_usize), 100..5_000_usize, Just(1 << 20)],
        at in 0.0..1.0_f64,
    ) {
        let folder = tempfile::tempdir().unwrap();
        let store = open(folder.path(), small_segments()).store;
        let session = with_session(&store);
        let all = fill(&store, session, 0, &sizes);
        prop_assert_eq!(&read_all(&store, session, page_bytes), &all);
        wait_for_segments(&store, session);
        prop_assert_eq!(&read_all(&store, session, page_bytes), &all);

        // A page begins with the record that holds the byte asked for.
        let at = (all.len() as f64 * at) as u64;
        let holds = |it: &agor_proto::record::RawRecord<'_>| it.offset.0 <= at && at < it.end.0;
        let expected = records(&all, Offset(0)).flatten().find(holds).unwrap();
        let page = store.record(session, Offset(at), page_bytes).unwrap();
        prop_assert_eq!(page.from, expected.offset);
        prop_assert!(page.next >= expected.end);
        prop_assert!(page.bytes.len() <= page_bytes || page.next == expected.end);
        prop_assert_eq!(&page.bytes[..], &all[page.from.0 as usize..page.next.0 as usize]);
    }
}

#[test]
fn a_large_append_becomes_pieces_and_one_after_reopening_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let mut all: Vec<u8> = (0..40).flat_map(|n| out(&vec![n; 65_536])).collect();
    let session = session_id();
    let store = open(folder.path(), options()).store;
    write(
        &store,
        vec![
            Write::PutSession(row(session)),
            append(session, 0, all.clone()),
        ],
    )
    .unwrap();
    store.close().unwrap();
    let store = open(folder.path(), options()).store;
    let more = fill(&store, session, all.len() as u64, &[5, 70, 900]);
    all.extend_from_slice(&more);
    assert_eq!(read_all(&store, session, 100_000), all);
    assert_eq!(
        store.record(session, Offset(1 << 40), 10).unwrap().next.0,
        all.len() as u64
    );
}

#[test]
fn damage_in_a_segment_is_an_error_for_its_range_alone() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(
        folder.path(),
        Options {
            segment_bytes: 600_000,
            ..options()
        },
    )
    .store;
    let session = with_session(&store);
    let all = fill(&store, session, 0, &[60_000; 11]);
    wait_until("sealing", || unsealed(&store, session) < 600_000);
    let files = segment_files(folder.path(), session);
    let [file] = &files[..] else {
        panic!("{files:?}");
    };
    let path = session_folder(folder.path(), session).join(file);
    let middle = fs::metadata(&path).unwrap().len() / 2;
    let file = fs::OpenOptions::new()
        .read(true)
        .write(true)
        .open(&path)
        .unwrap();
    let mut byte = [0];
    file.read_exact_at(&mut byte, middle).unwrap();
    file.write_all_at(&[byte[0] ^ 0x55], middle).unwrap();

    let (mut at, mut read, mut damaged) = (Offset(0), 0, Vec::new());
    while at.0 < all.len() as u64 {
        match store.record(session, at, 1 << 20) {
            Ok(page) => {
                assert_eq!(page.bytes, all[at.0 as usize..page.next.0 as usize]);
                read += page.bytes.len() as u64;
                at = page.next;
            }
            Err(StoreError::DamagedRecord { from, to, .. }) => {
                assert_eq!(from, at);
                damaged.push((from.0, to.0));
                at = to;
            }
            Err(error) => panic!("{error}"),
        }
    }
    let [(from, to)] = damaged[..] else {
        panic!("{damaged:?}");
    };
    assert!(from > 0 && to < all.len() as u64 && to - from <= 256 * 1024);
    assert_eq!(read, all.len() as u64 - (to - from));
    // A file that is gone is a damaged range too.
    fs::remove_file(&path).unwrap();
    assert!(matches!(
        store.record(session, Offset(0), 10),
        Err(StoreError::DamagedRecord { from: Offset(0), to, .. }) if to.0 < all.len() as u64
    ));
}

#[test]
fn a_damaged_chunk_is_an_error_for_its_range_alone_and_is_not_sealed() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path(), options()).store;
    let session = with_session(&store);
    let sizes = [1_000, 1_000, 1_000];
    let all = fill(&store, session, 0, &sizes);
    let (from, to) = (1_016_u64, 2_032_u64);
    rusqlite::Connection::open(folder.path().join("host.db"))
        .unwrap()
        .execute(
            "UPDATE chunks SET crc = crc + 1 WHERE start_offset = ?1",
            [from.cast_signed()],
        )
        .unwrap();
    store.close().unwrap();
    let store = open(folder.path(), small_segments()).store;
    let more = fill(&store, session, all.len() as u64, &[1_000; 16]);
    wait_until("sealing", || {
        segment_files(folder.path(), session).len() >= 2
    });
    let first = store.record(session, Offset(0), 1 << 20).unwrap();
    assert_eq!(first.bytes, all[..from as usize]);
    assert_eq!(
        store.record(session, Offset(from), 1 << 20),
        Err(StoreError::DamagedRecord {
            session,
            from: Offset(from),
            to: Offset(to)
        })
    );
    let rest = store.record(session, Offset(to), 1 << 20).unwrap();
    assert_eq!(rest.bytes, [&all[to as usize..], &more[..]].concat());
}

#[test]
fn a_record_goes_on_behind_a_gap() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path(), small_segments()).store;
    let session = with_session(&store);
    let before = fill(&store, session, 0, &[100]);
    let (from, to) = (before.len() as u64, 10_000);
    write(
        &store,
        vec![Write::AppendGap {
            session,
            from: Offset(from),
            to: Offset(to),
        }],
    )
    .unwrap();
    let after = fill(&store, session, to, &[3_000, 3_000]);
    let check = || {
        assert_eq!(
            store.record(session, Offset(0), 1 << 20).unwrap().bytes,
            before
        );
        assert_eq!(
            store.record(session, Offset(from + 1), 1 << 20),
            Err(StoreError::DamagedRecord {
                session,
                from: Offset(from + 1),
                to: Offset(to)
            })
        );
        assert_eq!(
            store.record(session, Offset(to), 1 << 20).unwrap().bytes,
            after
        );
    };
    check();
    // What is before the gap is a segment of its own, however small.
    wait_until("sealing", || store.stats().unwrap().sealed == 2);
    check();
}

#[test]
fn c12_the_oldest_segments_are_given_up_only_after_a_checkpoint() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options {
        record_max: 20_000,
        ..small_segments()
    };
    let store = open(folder.path(), options).store;
    let session = with_session(&store);
    // Bytes that do not pack, so that the files have the size of the record.
    let mut state = 1_u64;
    let noise: Vec<u8> = (0..100_000)
        .map(|_| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            (state >> 56) as u8
        })
        .collect();
    let mut end = 0;
    for part in noise.chunks(2_000) {
        let bytes = out(part);
        write(&store, vec![append(session, end, bytes.clone())]).unwrap();
        end += bytes.len() as u64;
    }
    wait_for_segments(&store, session);
    assert_eq!(store.session(session).unwrap().first, Offset(0));
    assert_eq!(read_all(&store, session, 10_000).len() as u64, end);

    let checkpoint = |offset| Write::PutCheckpoint {
        session,
        offset: Offset(offset),
        data: vec![1; 10],
    };
    write(&store, vec![checkpoint(30_000)]).unwrap();
    let first = store.session(session).unwrap().first.0;
    assert!((20_000..=30_000).contains(&first), "{first}");
    write(&store, vec![checkpoint(end)]).unwrap();
    let first = store.session(session).unwrap().first.0;
    assert!(first > 70_000, "{first}");
    assert!(matches!(
        store.record(session, Offset(0), 10),
        Err(StoreError::Pruned { first: kept, .. }) if kept.0 == first
    ));
    assert_eq!(read_all(&store, session, 10_000).len() as u64, end - first);
    wait_until("deletion", || {
        segment_files(folder.path(), session).len() <= 6
    });
    let kept = store.stats().unwrap().session_bytes[&session];
    assert!(kept < 25_000, "{kept}");
}

#[test]
fn a_removed_session_leaves_nothing_but_its_receipts() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path(), small_segments()).store;
    let (session, other) = (with_session(&store), with_session(&store));
    for session in [session, other] {
        fill(&store, session, 0, &[3_000, 3_000, 100]);
        wait_for_segments(&store, session);
        let mut command = receipt(
            1,
            u64::from(session == other),
            Outcome::Done { seq: Seq(1) },
        );
        command.session = Some(session);
        write(
            &store,
            vec![
                Write::AppendEvents {
                    session,
                    events: vec![event(1)],
                },
                Write::PutCheckpoint {
                    session,
                    offset: Offset(100),
                    data: vec![1],
                },
                Write::PutPage {
                    session,
                    page: super::pages::left(2_000).remove(0),
                },
                Write::PutReceipt(command),
            ],
        )
        .unwrap();
    }
    let counts = || {
        let database = rusqlite::Connection::open(folder.path().join("host.db")).unwrap();
        let tables: Vec<String> = database
            .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
            .unwrap()
            .query_map([], |row| row.get(0))
            .unwrap()
            .map(Result::unwrap)
            .collect();
        let count = |table: &String| -> i64 {
            database
                .query_row(&format!("SELECT COUNT(*) FROM {table}"), [], |row| {
                    row.get(0)
                })
                .unwrap()
        };
        tables
            .iter()
            .filter(|table| {
                !["host", "migrations", "receipts", "forgotten", "usage"].contains(&&table[..])
            })
            .map(|table| (table.clone(), count(table)))
            .collect::<Vec<_>>()
    };
    let both = counts();
    assert!(both.iter().all(|(_, rows)| *rows >= 2), "{both:?}");
    write(&store, vec![Write::RemoveSession { session }]).unwrap();
    let one = counts();
    for ((table, before), (_, after)) in both.iter().zip(&one) {
        assert_eq!(after * 2, *before, "{table}");
    }
    wait_until("deletion", || {
        !session_folder(folder.path(), session).exists()
    });
    assert!(session_folder(folder.path(), other).exists());
    assert_eq!(store.session(session), Err(StoreError::NoSession(session)));
    assert_eq!(
        write(&store, vec![append(session, 0, out(b"late"))]),
        Err(StoreError::NoSession(session))
    );
    let command = receipt(1, 0, Outcome::Interrupted);
    assert!(store.receipt(command.client, command.id).unwrap().is_some());
}

#[test]
fn a_crash_at_any_point_of_sealing_loses_nothing_and_leaves_nothing() {
    for crash in [Crash::BeforeRename, Crash::AfterRename] {
        let folder = tempfile::tempdir().unwrap();
        let options = Options {
            crash: Some(crash),
            ..small_segments()
        };
        let store = open(folder.path(), options).store;
        let session = with_session(&store);
        let all = fill(&store, session, 0, &[3_000, 3_000, 100]);
        wait_until("a file", || {
            !segment_files(folder.path(), session).is_empty()
        });
        drop(store);
        let left = segment_files(folder.path(), session);
        assert_eq!(left.len(), 1, "{crash:?}");
        assert_eq!(left[0].ends_with(".tmp"), crash == Crash::BeforeRename);
        let opened = open(folder.path(), small_segments());
        assert_eq!(opened.notices, []);
        assert_eq!(segment_files(folder.path(), session), Vec::<String>::new());
        let more = fill(&opened.store, session, all.len() as u64, &[10]);
        wait_for_segments(&opened.store, session);
        assert_eq!(
            read_all(&opened.store, session, 1_000),
            [all, more].concat()
        );
    }
}

#[test]
fn files_that_a_commit_gave_up_before_a_crash_are_deleted_at_the_next_start() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path(), small_segments()).store;
    let session = with_session(&store);
    fill(&store, session, 0, &[3_000, 3_000]);
    wait_for_segments(&store, session);
    store.close().unwrap();
    let options = Options {
        crash: Some(Crash::BeforeDelete),
        ..small_segments()
    };
    let store = open(folder.path(), options).store;
    write(&store, vec![Write::RemoveSession { session }]).unwrap();
    drop(store);
    assert_eq!(segment_files(folder.path(), session).len(), 1);
    let opened = open(folder.path(), small_segments());
    assert_eq!(opened.notices, []);
    assert!(!session_folder(folder.path(), session).exists());
}

#[test]
fn segment_bytes_of_output_become_a_segment() {
    use agor_proto::limits::SEGMENT_BYTES;
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path(), Options::default()).store;
    let session = session_id();
    write(&store, vec![Write::PutSession(row(session))]).unwrap();
    let record = out(&[b'x'; 60_000]);
    let mut end = 0;
    while end + (record.len() as u64) < SEGMENT_BYTES {
        write(&store, vec![append(session, end, record.clone())]).unwrap();
        end += record.len() as u64;
    }
    assert_eq!(store.stats().unwrap().sealed, 0);
    write(&store, vec![append(session, end, record)]).unwrap();
    wait_until("a segment", || store.stats().unwrap().sealed == 1);
    assert_eq!(super::segment_files(folder.path(), session).len(), 1);
}
