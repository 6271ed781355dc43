//! A client at the end of a bad line: 50 ms of round trip, and every tenth piece lost once, as a
//! stream sees that: it and all behind it come later.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use agor_core::client::Told;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::mpsc;

use crate::echo::follow;
use crate::{Times, client, client_at, result, socket, started};

const ROUND_TRIP: Duration = Duration::from_millis(50);
/// How much later a lost piece comes than one that is not: the acknowledgement of what was sent behind it tells
/// of it after a round trip, RACK waits a quarter of one more lest it be late only (RFC 8985, 6.2), and then it
/// is sent again. The loss of a piece that nothing follows costs more, two round trips (7.2 there); that is not
/// modelled.
const LOSS: Duration = Duration::from_micros(62_500);
const LOST_OF: u64 = 10;
const FLOODS: usize = 10;
/// Bytes of a packet.
const PIECE: usize = 1_400;

pub async fn run() {
    let agor = started();
    let far = agor.path("far.sock");
    let carried = Arc::new(AtomicU64::new(0));
    tokio::spawn(carry(socket(&agor), far.clone(), Arc::clone(&carried)));
    tokio::time::sleep(Duration::from_millis(100)).await;
    let mut late = Times::default();
    let (mut sent, mut raw) = (0, 0);
    for flood in 0..FLOODS {
        let end = format!("the-end-{flood}");
        let script = format!("read go; seq 1 400000; echo {end}; exec cat");
        let session = agor.session(&script);
        let (near, remote) = (client(&agor).await, client_at(far.clone()).await);
        let near_end = seen(&near, &session, &end).await;
        let remote_end = seen(&remote, &session, &end).await;
        let before = carried.load(Ordering::Relaxed);
        agor.ok(&["send", &session, "go", "--enter"]);
        let near_at = near_end.await.expect("it is seen");
        let remote_at = remote_end.await.expect("it is seen");
        late.add(remote_at.saturating_duration_since(near_at));
        sent += carried.load(Ordering::Relaxed) - before;
        raw += agor.raw(&session).len() as u64;
        near.close().await;
        remote.close().await;
        agor.ok(&["kill", &session]);
    }
    let trip = ROUND_TRIP.as_secs_f64() * 1e6;
    let trips = |times: &mut Times, percent| times.percentile(percent) / trip;
    result(
        "newest screen after a flood, half",
        trips(&mut late, 50),
        "round trips",
        None,
    );
    result(
        "newest screen after a flood, worst",
        trips(&mut late, 100),
        "round trips",
        None,
    );
    let peer = ("the raw stream", raw as f64 / 1e3);
    result("bytes over the line", sent as f64 / 1e3, "kB", Some(peer));
}

/// Watches a session; the task ends when its screen shows `text`, with when that was.
async fn seen(
    client: &agor_core::client::Client,
    session: &str,
    text: &str,
) -> tokio::task::JoinHandle<Instant> {
    let (mut subscription, mut mirror) = follow(client, session).await;
    let text = text.to_owned();
    tokio::spawn(async move {
        loop {
            let shown = mirror.rows.iter().any(|row| row.text.contains(&text));
            if shown {
                return Instant::now();
            }
            if let Told::Screen(update) = subscription.next().await.expect("news")
                && mirror.apply(*update).is_err()
            {
                subscription.ask_whole_screen();
            }
        }
    })
}

/// Carries every connection to `far` on to `near`, over the bad line.
async fn carry(near: PathBuf, far: PathBuf, carried: Arc<AtomicU64>) {
    let listener = UnixListener::bind(&far).expect("a socket");
    loop {
        let (here, _) = listener.accept().await.expect("a connection");
        let there = connect(&near).await;
        let (here_read, here_write) = here.into_split();
        let (there_read, there_write) = there.into_split();
        tokio::spawn(one_way(here_read, there_write, Arc::default(), 1));
        tokio::spawn(one_way(there_read, here_write, Arc::clone(&carried), 2));
    }
}

async fn connect(path: &Path) -> UnixStream {
    UnixStream::connect(path).await.expect("the host listens")
}

/// Carries pieces one way: each arrives half a round trip later, a lost one later still, none before
/// the one ahead of it. As much is under way as a line of that length holds.
async fn one_way(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin + Send + 'static,
    carried: Arc<AtomicU64>,
    seed: u64,
) {
    let (sender, mut under_way) = mpsc::channel::<(Instant, Vec<u8>)>(256);
    tokio::spawn(async move {
        while let Some((due, piece)) = under_way.recv().await {
            tokio::time::sleep_until(due.into()).await;
            if to.write_all(&piece).await.is_err() {
                return;
            }
        }
        to.shutdown().await.ok();
    });
    let mut random = seed;
    let mut last = Instant::now();
    let mut bytes = vec![0; PIECE];
    while let Ok(count) = from.read(&mut bytes).await {
        if count == 0 {
            return;
        }
        carried.fetch_add(count as u64, Ordering::Relaxed);
        // Knuth's MMIX generator: the same losses in every run.
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let lost = (random >> 33).is_multiple_of(LOST_OF);
        let way = ROUND_TRIP / 2 + if lost { LOSS } else { Duration::ZERO };
        last = last.max(Instant::now() + way);
        if sender.send((last, bytes[..count].to_vec())).await.is_err() {
            return;
        }
    }
}
