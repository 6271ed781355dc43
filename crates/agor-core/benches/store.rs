//! The store under load: acknowledged events a second, how long an acknowledgement takes, and how
//! much output it takes in. The peer is a plain file on the same disk that is synced after each
//! write. Prints JSON lines.
//!
//! `cargo bench -p agor-core --bench store [-- CASE]`
#![expect(clippy::print_stdout, reason = "its results are read from there")]

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use agor_core::storage::{SessionRow, Store, Transaction, Write};
use agor_proto::event::{Event, EventBody};
use agor_proto::ids::{LogEpoch, Offset, Seq, SessionId, Size};
use agor_proto::record::{Record, RecordBody};
use agor_proto::session::{Life, SessionSpec};

const LOAD: Duration = Duration::from_secs(4);
const EVENT_BYTES: usize = 200;
/// What a host takes from a ring at once, at most.
const PIECE: usize = 64 * 1024;
const FLOODS: usize = 8;
/// Pieces of a flooding session that are on their way.
const WINDOW: usize = 4;

fn main() {
    let only = std::env::args().skip(1).find(|arg| !arg.starts_with('-'));
    let wanted = |name: &str| only.as_deref().is_none_or(|only| name.contains(only));
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .expect("a runtime starts");
    for writers in [1, 64, 256] {
        if wanted("events") {
            runtime.block_on(events(writers));
        }
    }
    for (name, text) in [("text", text()), ("noise", noise())] {
        if wanted(name) || wanted("output") {
            runtime.block_on(output(name, &text));
        }
    }
}

fn line(case: &str, value: f64, unit: &str, peer: Option<(&str, f64)>) {
    let peer = peer.map_or(String::new(), |(peer, value)| {
        format!(",\"peer\":\"{peer}\",\"peer_value\":{value:.1}")
    });
    println!("{{\"case\":\"{case}\",\"value\":{value:.1},\"unit\":\"{unit}\"{peer}}}");
}

fn open(folder: &Path) -> Store {
    Store::open(folder, agor_proto::limits::SESSION_RECORD_MAX)
        .expect("a store opens")
        .store
}

async fn new_session(store: &Store, n: usize) -> SessionId {
    let id = SessionId::from_parts(n as u64, [1; 10]);
    let row = SessionRow {
        id,
        spec: SessionSpec {
            argv: vec!["bash".into()],
            folder: "/tmp".into(),
            cwd: None,
            agent: None,
            name: String::new(),
            env: Vec::new(),
            size: Size::cells(80, 24),
            private: false,
        },
        name: "bench".into(),
        life: Life::Running,
        cwd: "/tmp".into(),
        title: String::new(),
        size: Size::cells(80, 24),
        created_millis: 0,
        active_millis: 0,
        epoch: LogEpoch(1),
        agent: Vec::new(),
    };
    let put = Transaction::new(vec![Write::PutSession(row)]);
    store.write(put).await.expect("a session is stored");
    id
}

/// `writers` clients, each with one event at a time: the next when the last is safe on disk.
async fn events(writers: usize) {
    let folder = tempfile::tempdir().expect("a folder");
    let store = open(folder.path());
    let stop = Arc::new(AtomicBool::new(false));
    let mut tasks = Vec::new();
    let begin = Instant::now();
    for n in 0..writers {
        let session = new_session(&store, n).await;
        let (store, stop) = (store.clone(), Arc::clone(&stop));
        tasks.push(tokio::spawn(async move {
            let mut micros = Vec::new();
            let mut seq = Seq(0);
            while !stop.load(Ordering::Relaxed) {
                seq = seq.next();
                let event = Event {
                    seq,
                    at_millis: 0,
                    offset: Offset(0),
                    body: EventBody::Renamed {
                        name: "x".repeat(EVENT_BYTES),
                    },
                };
                let events = vec![event];
                let append = Write::AppendEvents { session, events };
                let asked = Instant::now();
                store
                    .write(Transaction::new(vec![append]))
                    .await
                    .expect("an event is stored");
                micros.push(asked.elapsed().as_micros() as u64);
            }
            micros
        }));
    }
    tokio::time::sleep(LOAD).await;
    stop.store(true, Ordering::Relaxed);
    let mut micros = Vec::new();
    for task in tasks {
        micros.extend(task.await.expect("a writer ends"));
    }
    let secs = begin.elapsed().as_secs_f64();
    micros.sort_unstable();
    let percentile = |percent: usize| micros[(micros.len() - 1) * percent / 100] as f64 / 1_000.0;
    let stats = store.stats().expect("the store counts");
    let (peer_rate, peer_millis) = synced_appends(folder.path());
    let case = |what: &str| format!("store events, {writers} writers, {what}");
    let peer = "file, fdatasync each";
    line(
        &case("acknowledged"),
        micros.len() as f64 / secs,
        "1/s",
        Some((peer, peer_rate)),
    );
    line(
        &case("p50"),
        percentile(50),
        "ms",
        Some((peer, peer_millis)),
    );
    line(&case("p99"), percentile(99), "ms", None);
    line(
        &case("rows a commit"),
        stats.rows as f64 / stats.commits as f64,
        "rows",
        None,
    );
    line(
        &case("longest commit"),
        stats.commit_micros_max as f64 / 1_000.0,
        "ms",
        None,
    );
    store.close().expect("the store closes");
}

/// Returns how many events a plain file takes in a second, each synced, and the median time.
fn synced_appends(folder: &Path) -> (f64, f64) {
    let mut file = File::create(folder.join("peer")).expect("a file");
    let (begin, mut micros) = (Instant::now(), Vec::new());
    while begin.elapsed() < LOAD / 4 {
        let asked = Instant::now();
        file.write_all(&[b'x'; EVENT_BYTES]).expect("a write");
        file.sync_data().expect("a sync");
        micros.push(asked.elapsed().as_micros() as u64);
    }
    let rate = micros.len() as f64 / begin.elapsed().as_secs_f64();
    micros.sort_unstable();
    (rate, micros[micros.len() / 2] as f64 / 1_000.0)
}

/// Sessions that print without end, each with a few pieces on their way.
async fn output(name: &str, text: &[u8]) {
    let folder = tempfile::tempdir().expect("a folder");
    let store = open(folder.path());
    let pieces: Arc<Vec<Vec<u8>>> = Arc::new(
        text.chunks(PIECE - 16)
            .map(|text| {
                let mut bytes = Vec::new();
                Record {
                    unix_micros: 0,
                    body: RecordBody::Out(text.to_vec()),
                }
                .encode(&mut bytes);
                bytes
            })
            .collect(),
    );
    let stop = Arc::new(AtomicBool::new(false));
    let behind = Arc::new(Behind::default());
    let mut tasks = Vec::new();
    let cpu_before = cpu_secs();
    let begin = Instant::now();
    for n in 0..FLOODS {
        let session = new_session(&store, n).await;
        let (store, stop, pieces) = (store.clone(), Arc::clone(&stop), Arc::clone(&pieces));
        let behind = Arc::clone(&behind);
        tasks.push(tokio::spawn(async move {
            let window = Arc::new(tokio::sync::Semaphore::new(WINDOW));
            let (mut from, mut at) = (0, n);
            while !stop.load(Ordering::Relaxed) {
                let permit = Arc::clone(&window).acquire_owned().await.expect("open");
                let bytes = pieces[at % pieces.len()].clone();
                let to = from + bytes.len() as u64;
                behind.given(to - from);
                let append = Write::AppendRecord {
                    session,
                    from: Offset(from),
                    to: Offset(to),
                    bytes,
                };
                let (stored, given) = (Arc::clone(&behind), to - from);
                let on_done = Box::new(move |result: Result<(), _>| {
                    result.expect("output is stored");
                    stored.stored(given);
                    drop(permit);
                });
                store
                    .submit_waiting(Transaction::new(vec![append]), on_done)
                    .await;
                (from, at) = (to, at + 1);
            }
            let all = window.acquire_many(WINDOW as u32).await.expect("open");
            drop(all);
            from
        }));
    }
    tokio::time::sleep(LOAD).await;
    stop.store(true, Ordering::Relaxed);
    let mut bytes = 0;
    for task in tasks {
        bytes += task.await.expect("a writer ends");
    }
    let secs = begin.elapsed().as_secs_f64();
    let megabytes = bytes as f64 / 1e6;
    let cpu_millis = (cpu_secs() - cpu_before) * 1_000.0 / megabytes;
    let stats = store.stats().expect("the store counts");
    let kept: u64 = stats.session_bytes.values().sum();
    let peer = synced_output(folder.path(), text);
    let case = |what: &str| format!("store output, {name}, {FLOODS} sessions, {what}");
    line(
        &case("acknowledged"),
        megabytes / secs,
        "MB/s",
        Some(("file, fdatasync a MiB", peer)),
    );
    let most = behind.most.load(Ordering::Relaxed) as f64 / 1e6;
    line(&case("behind at most"), most, "MB", None);
    line(&case("CPU"), cpu_millis, "ms/MB", None);
    line(&case("on disk"), kept as f64 / bytes as f64, "of raw", None);
    line(
        &case("longest commit"),
        stats.commit_micros_max as f64 / 1_000.0,
        "ms",
        None,
    );
    line(&case("log"), stats.log_bytes as f64 / 1e6, "MB", None);
    store.close().expect("the store closes");
}

/// Bytes that were given to the store and are not acknowledged, of all sessions; each keeps [`WINDOW`] pieces under
/// way, so that no more than all of these ever are.
#[derive(Default)]
struct Behind {
    now: AtomicU64,
    most: AtomicU64,
}

impl Behind {
    fn given(&self, bytes: u64) {
        let now = self.now.fetch_add(bytes, Ordering::Relaxed) + bytes;
        self.most.fetch_max(now, Ordering::Relaxed);
    }

    fn stored(&self, bytes: u64) {
        self.now.fetch_sub(bytes, Ordering::Relaxed);
    }
}

fn synced_output(folder: &Path, text: &[u8]) -> f64 {
    let mut file = File::create(folder.join("peer")).expect("a file");
    let (begin, mut bytes) = (Instant::now(), 0);
    while begin.elapsed() < LOAD / 4 {
        file.write_all(&text[..1024 * 1024]).expect("a write");
        file.sync_data().expect("a sync");
        bytes += 1024 * 1024;
    }
    f64::from(bytes) / 1e6 / begin.elapsed().as_secs_f64()
}

fn cpu_secs() -> f64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        self.0 >> 33
    }
}

/// Returns what a verbose build prints: colours, paths, numbers.
fn text() -> Vec<u8> {
    let mut random = Random(1);
    let mut text = Vec::new();
    while text.len() < 8 * 1024 * 1024 {
        let (a, b, c) = (random.next() % 5_000, random.next() % 90, random.next());
        text.extend_from_slice(
            format!(
                "\x1b[1;32m   Compiling\x1b[0m module-{a} v0.{b}.1 (/home/person/src/project/crates/{c:x}) \
                 [{b}%] in {}.{:03}s\r\n",
                c % 60,
                c % 1_000
            )
            .as_bytes(),
        );
    }
    text
}

/// Returns bytes that do not pack.
fn noise() -> Vec<u8> {
    let mut random = Random(2);
    (0..8 * 1024 * 1024).map(|_| random.next() as u8).collect()
}
