//! A bad line between a client and its host: 50 ms of round trip, and every tenth piece lost once, as a
//! stream sees that: it and all behind it come later.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::mpsc;

/// How long a piece and its answer are under way.
pub const ROUND_TRIP: Duration = Duration::from_millis(50);

/// How much later a lost piece comes than one that is not: the acknowledgement of what was sent behind it tells
/// of it after a round trip, RACK waits a quarter of one more lest it be late only (RFC 8985, 6.2), and then it
/// is sent again. The loss of a piece that nothing follows costs more, two round trips (7.2 there); that is not
/// modelled.
const LOSS: Duration = Duration::from_micros(62_500);
const LOST_OF: u64 = 10;

/// Bytes of a packet.
const PIECE: usize = 1_400;

/// Lays a line from `far` to the host at `near`; returns where is counted what comes from the host, in bytes.
pub fn lay(near: PathBuf, far: &Path) -> Arc<AtomicU64> {
    let listener = UnixListener::bind(far).expect("a socket");
    let carried = Arc::new(AtomicU64::new(0));
    tokio::spawn(carry(near, listener, Arc::clone(&carried)));
    carried
}

/// Carries every connection on to `near`.
async fn carry(near: PathBuf, listener: UnixListener, carried: Arc<AtomicU64>) {
    loop {
        let (here, _) = listener.accept().await.expect("a connection");
        let there = UnixStream::connect(&near).await;
        let there = there.expect("the host listens");
        let (here_read, here_write) = here.into_split();
        let (there_read, there_write) = there.into_split();
        tokio::spawn(one_way(here_read, there_write, Arc::default(), 1));
        tokio::spawn(one_way(there_read, here_write, Arc::clone(&carried), 2));
    }
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
        to.shutdown().await.ok(); // The other end may be gone.
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
