//! Tests of the store. Each promise of `DURABILITY.md` is one of them.

mod commit;
mod format;
mod full;
mod kill;
mod pages;
mod record;
mod recover;
#[cfg(target_os = "linux")]
mod sync;
mod usage;

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use agor_proto::command::Outcome;
use agor_proto::event::{Event, EventBody};
use agor_proto::ids::{ClientId, CommandId, CommandN, LogEpoch, Offset, Seq, SessionId, Size};
use agor_proto::record::{Record, RecordBody};
use agor_proto::session::{Life, SessionSpec};

use super::{Opened, Options, SessionRow, Store, StoreError, StoredReceipt, Transaction, Write};

/// Where a test has the store stop as if the machine had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Crash {
    /// A segment is written under its temporary name.
    BeforeRename,
    /// A segment has its name, and the database does not know it.
    AfterRename,
    /// A commit gave files up, and they are still there.
    BeforeDelete,
}

fn options() -> Options {
    Options {
        backup_every: Duration::from_secs(3600),
        full_retry: Duration::from_millis(20),
        busy_timeout: Duration::from_millis(200),
        ..Options::default()
    }
}

/// Options under which a few KiB make a segment.
fn small_segments() -> Options {
    Options {
        segment_bytes: 4 * 1024,
        ..options()
    }
}

fn open(folder: &Path, options: Options) -> Opened {
    Store::open_with(folder, options).unwrap()
}

fn session_id() -> SessionId {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    SessionId::from_parts(NEXT.fetch_add(1, Ordering::Relaxed), [7; 10])
}

fn row(id: SessionId) -> SessionRow {
    SessionRow {
        id,
        spec: SessionSpec {
            argv: vec!["bash".into()],
            folder: "/tmp".into(),
            cwd: None,
            agent: None,
            name: "shell".into(),
            env: vec![("LANG".into(), "C.UTF-8".into())],
            size: Size::cells(80, 24),
            private: false,
        },
        name: "shell".into(),
        life: Life::Running,
        cwd: "/tmp".into(),
        title: String::new(),
        size: Size::cells(80, 24),
        created_millis: 1,
        active_millis: 2,
        epoch: LogEpoch(1),
        agent: Vec::new(),
    }
}

fn event(seq: u64) -> Event {
    Event {
        seq: Seq(seq),
        at_millis: 5,
        offset: Offset(0),
        body: EventBody::Notified {
            title: "t".into(),
            body: format!("event {seq}"),
        },
    }
}

fn append_event(session: SessionId, seq: u64) -> Transaction {
    Transaction::new(vec![Write::AppendEvents {
        session,
        events: vec![event(seq)],
    }])
}

/// Returns a record whose text is `text`, in its byte form.
fn out(text: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    Record {
        unix_micros: 9,
        body: RecordBody::Out(text.to_vec()),
    }
    .encode(&mut bytes);
    bytes
}

fn append(session: SessionId, from: u64, bytes: Vec<u8>) -> Write {
    Write::AppendRecord {
        session,
        from: Offset(from),
        to: Offset(from + bytes.len() as u64),
        bytes,
    }
}

fn receipt(client: u8, n: u64, outcome: Outcome) -> StoredReceipt {
    let mut id = [0; 16];
    id[..8].copy_from_slice(&n.to_be_bytes());
    StoredReceipt {
        client: ClientId([client; 16]),
        id: CommandId(id),
        n: CommandN(n),
        digest: [3; 32],
        session: None,
        seq: Seq(0),
        outcome,
    }
}

/// Stores and waits.
fn write(store: &Store, writes: Vec<Write>) -> Result<(), StoreError> {
    store_now(store, Transaction::new(writes))
}

fn store_now(store: &Store, transaction: Transaction) -> Result<(), StoreError> {
    let (sender, receiver) = std::sync::mpsc::sync_channel(1_000);
    store
        .submit(
            transaction,
            Box::new(move |result| sender.send(result).unwrap()),
        )
        .unwrap();
    receiver.recv().unwrap()
}

/// Returns the whole record, read in pages of `page_bytes`.
fn read_all(store: &Store, session: SessionId, page_bytes: usize) -> Vec<u8> {
    let mut all = Vec::new();
    let mut at = store.session(session).unwrap().first;
    loop {
        let page = store.record(session, at, page_bytes).unwrap();
        assert_eq!(page.from, at);
        assert_eq!(page.next.0, at.0 + page.bytes.len() as u64);
        if page.bytes.is_empty() {
            return all;
        }
        all.extend_from_slice(&page.bytes);
        at = page.next;
    }
}

/// Waits for what other threads do; there is no clock to turn here.
fn wait_until(what: &str, mut condition: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(10);
    while !condition() {
        assert!(Instant::now() < deadline, "{what} did not happen");
        std::thread::yield_now();
    }
}

fn segment_files(folder: &Path, session: SessionId) -> Vec<String> {
    let folder = super::files::session_folder(folder, session);
    let mut names: Vec<_> = std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}
