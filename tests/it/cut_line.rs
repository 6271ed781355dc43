//! Clients and a host over links that are cut at any byte, or fall silent and stay open. The model of both ends cuts
//! between messages; here the tasks that feed them are cut within a frame, too.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use agor_core::client::{Client, ClientOptions, Subscription, Told};
use agor_core::link::Dialer;
use agor_proto::command::CommandBody;
use agor_proto::event::LogCursor;
use agor_proto::ids::{LogEpoch, Seq, SessionId};
use agor_proto::input::Input;
use agor_proto::message::Visibility;
use tokio::io::AsyncReadExt;
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::watch;

use crate::agor::{Agor, PATIENCE};

const CLIENTS: u64 = 6;

/// Lines that each client types: more than its first links carry.
const LINES: u64 = 120;

/// Links of each client that end early. After one that was not good for long it waits twice as long for the next.
const CUTS: usize = 8;

/// The one of them that falls silent instead, which takes three heartbeats to notice.
const SILENT: usize = 3;

/// Bytes to the host and from it after which such a link ends, at the most: those of ten commands, or of the events of
/// all clients meanwhile.
const BYTES_MAX: [u64; 2] = [1_500, 12_000];

/// Knuth's MMIX generator: the same cuts in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}

/// Lays a line from `far` to the host at `near`; returns where is counted how many of its links ended early.
fn lay(near: PathBuf, far: &Path, seed: u64) -> Arc<AtomicUsize> {
    let listener = UnixListener::bind(far).expect("a socket");
    let cuts = Arc::new(AtomicUsize::new(0));
    tokio::spawn(carry(near, listener, Random(seed), Arc::clone(&cuts)));
    cuts
}

async fn carry(near: PathBuf, listener: UnixListener, mut random: Random, cuts: Arc<AtomicUsize>) {
    for number in 0.. {
        let (here, _) = listener.accept().await.expect("a connection");
        let there = UnixStream::connect(&near).await;
        let there = there.expect("the host listens");
        let bytes = match number < CUTS {
            true => BYTES_MAX.map(|most| random.below(most)),
            false => [u64::MAX; 2],
        };
        tokio::spawn(link(here, there, bytes, number, Arc::clone(&cuts)));
    }
}

/// Carries so many bytes to the host and from it, and then no more of either.
async fn link(
    here: UnixStream,
    there: UnixStream,
    bytes: [u64; 2],
    number: usize,
    cuts: Arc<AtomicUsize>,
) {
    let (here_read, mut here_write) = here.into_split();
    let (there_read, mut there_write) = there.into_split();
    let mut to_host = here_read.take(bytes[0]);
    let mut from_host = there_read.take(bytes[1]);
    let is_cut = tokio::select! {
        carried = tokio::io::copy(&mut to_host, &mut there_write) => carried.ok() == Some(bytes[0]),
        carried = tokio::io::copy(&mut from_host, &mut here_write) => carried.ok() == Some(bytes[1]),
    };
    if is_cut {
        cuts.fetch_add(1, Ordering::Relaxed);
        if number == SILENT {
            // Both ends are still open when the test ends.
            std::future::pending::<()>().await;
        }
    }
}

/// Types the lines of a client, each once the one before is acknowledged.
async fn type_lines(client: Client, session: SessionId, number: u64) {
    for line in 0..LINES {
        let bytes = format!("{number} {line}\n").into_bytes();
        let inputs = vec![Input::Raw { bytes }];
        let typed = client.carry_out(CommandBody::Send { session, inputs });
        typed.await.expect("acknowledged");
    }
}

/// Returns the numbers of the events that are told, once the one that `last` names is among them.
async fn told(mut subscription: Subscription, mut last: watch::Receiver<Option<Seq>>) -> Vec<Seq> {
    let mut told: Vec<Seq> = Vec::new();
    loop {
        let last_seq = *last.borrow_and_update();
        if last_seq.is_some_and(|seq| told.last() >= Some(&seq)) {
            return told;
        }
        tokio::select! {
            news = subscription.next() => if let Told::Events(events) = news.expect("news") {
                told.extend(events.iter().map(|event| event.seq));
            },
            changed = last.changed() => changed.expect("a test that waits"),
        }
    }
}

#[test]
fn over_links_that_are_cut_at_any_byte_each_line_is_typed_once_and_each_event_told_once() {
    let agor = Agor::started();
    let script = "stty -echo; echo ready; while read -r line; do echo \"got $line\"; done";
    let session = agor.session(script);
    agor.screen_with(&session, "ready");
    let id: SessionId = session.parse().expect("an id");
    let shown = |name: &str| agor.info(&session)[name].as_u64().expect("a number");
    let cursor = LogCursor {
        session: id,
        epoch: LogEpoch(shown("epoch")),
        applied: Seq(0),
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime");
    let (sender, last) = watch::channel(None);
    let (cuts, all_told) = runtime.block_on(async {
        let (mut cuts, mut typing, mut telling) = (Vec::new(), Vec::new(), Vec::new());
        for number in 0..CLIENTS {
            let far = agor.path(&format!("far-{number}.sock"));
            cuts.push(lay(agor.path("run/agor/host.sock"), &far, number + 1));
            let options = ClientOptions {
                first_patience: None,
                patience: None,
                ..ClientOptions::default()
            };
            let client = Client::begin(Dialer::Socket(far), options);
            let subscription = client.subscribe(cursor, Visibility::Hidden);
            let subscription = subscription.expect("a client");
            telling.push(tokio::spawn(told(subscription, last.clone())));
            typing.push(tokio::spawn(type_lines(client, id, number)));
        }
        for typing in typing {
            let typed = tokio::time::timeout(PATIENCE, typing).await;
            typed.expect("all is acknowledged").expect("no panic");
        }
        sender.send_replace(Some(Seq(shown("seq"))));
        let mut all_told = Vec::new();
        for telling in telling {
            let told = tokio::time::timeout(PATIENCE, telling).await;
            all_told.push(told.expect("all is told").expect("no panic"));
        }
        (cuts, all_told)
    });
    for (cuts, told) in cuts.iter().zip(all_told) {
        assert_eq!(cuts.load(Ordering::Relaxed), CUTS, "links that ended early");
        let each: Vec<Seq> = (1..=told.len() as u64).map(Seq).collect();
        assert!(told == each, "an event is missing or there twice: {told:?}");
    }
    agor.ok(&["send", &session, "the end", "--enter"]);
    agor.ok(&["wait", &session, "--text", "got the end", "--timeout", "60"]);
    let record = String::from_utf8_lossy(&agor.raw(&session)).into_owned();
    for number in 0..CLIENTS {
        let of_client = format!("got {number} ");
        let got: Vec<u64> = record
            .lines()
            .filter_map(|line| line.trim().strip_prefix(&of_client)?.parse().ok())
            .collect();
        let each: Vec<u64> = (0..LINES).collect();
        assert_eq!(got, each, "of client {number}, each once and in order");
    }
}
