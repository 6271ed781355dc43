//! A bad line between a client and its host, as TCP makes a stream of it: 50 ms of round trip, and every tenth packet
//! lost, those that are sent again too. A lost one comes once it was sent again, and what is behind it not before:
//!
//! - once an acknowledgement tells of a packet that was sent behind it and arrived, and a quarter of a round trip
//!   later, lest the lost one be late only (RACK, RFC 8985, 6.2);
//! - else, as where nothing follows it, when the sender's timer ends; so is one found that is lost again, and the timer
//!   is twice as long each time (RFC 6298, 5.5).
//!
//! Not modelled: a probe for the loss of the last packets, which comes before the timer where several are under way
//! (RFC 8985, 7); acknowledgements that are lost; a sender that slows down.

use std::collections::VecDeque;
use std::future;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{UnixListener, UnixStream};

/// How long a packet and its answer are under way.
pub const ROUND_TRIP: Duration = Duration::from_millis(50);

/// How long after a packet was sent one that was sent before it, and is lost, is sent again.
const TOLD: Duration = Duration::from_micros(62_500);

/// The sender's timer: a round trip and 200 ms, of which Linux takes no less (`TCP_RTO_MIN`).
const TIMER: Duration = Duration::from_millis(250);

/// Of so many packets one is lost.
const LOST_OF: u64 = 10;

/// Bytes of a packet.
const PACKET_BYTES: usize = 1_400;

/// Packets under way in one direction; nothing more is taken until one arrives.
const PACKETS_MAX: usize = 256;

/// A packet that was sent.
struct Packet {
    bytes: Vec<u8>,
    sent: Instant,
    /// How often it is lost.
    losses: u32,
    /// When the sender has been told by a packet behind it that it is lost.
    told: Option<Instant>,
}

impl Packet {
    /// Returns when it arrives.
    fn arrives(&self) -> Instant {
        let way = ROUND_TRIP / 2;
        let Some(losses_again) = self.losses.checked_sub(1) else {
            return self.sent + way;
        };
        let timer = self.sent + TIMER;
        let (again, timer) = match self.told {
            Some(told) if told < timer => (told, TIMER),
            _ => (timer, TIMER * 2),
        };
        // The timer, twice of it, four times …
        again + timer * ((1_u32 << losses_again) - 1) + way
    }
}

/// What is under way in one direction.
struct Way {
    packets: VecDeque<Packet>,
    random: u64,
}

impl Way {
    fn new(seed: u64) -> Self {
        Self {
            packets: VecDeque::new(),
            random: seed,
        }
    }

    /// Sends a packet, which may be lost.
    fn send(&mut self, bytes: Vec<u8>, now: Instant) {
        let mut losses = 0;
        while self.loses() {
            losses += 1;
        }
        self.send_lost(bytes, losses, now);
    }

    /// Sends a packet that is lost so often.
    fn send_lost(&mut self, bytes: Vec<u8>, losses: u32, now: Instant) {
        if losses == 0 {
            for before in &mut self.packets {
                before.told.get_or_insert(now + TOLD);
            }
        }
        self.packets.push_back(Packet {
            bytes,
            sent: now,
            losses,
            told: None,
        });
    }

    /// Says whether what is sent now is lost.
    fn loses(&mut self) -> bool {
        // Knuth's MMIX generator: the same losses in every run.
        self.random = self
            .random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.random >> 33).is_multiple_of(LOST_OF)
    }

    /// Returns when the next packet arrives, as what is under way now has it.
    fn next_arrives(&self) -> Option<Instant> {
        self.packets.front().map(Packet::arrives)
    }
}

/// Lays a line from `far` to the host at `near`; returns where is counted what comes from the host, in bytes.
pub fn lay(near: PathBuf, far: &Path) -> Arc<AtomicU64> {
    let listener = UnixListener::bind(far).expect("a socket");
    let carried = Arc::new(AtomicU64::new(0));
    tokio::spawn(carry(near, listener, Arc::clone(&carried)));
    carried
}

/// Carries every connection on to `near`, each with losses of its own.
async fn carry(near: PathBuf, listener: UnixListener, carried: Arc<AtomicU64>) {
    for connection in 0.. {
        let (here, _) = listener.accept().await.expect("a connection");
        let there = UnixStream::connect(&near).await;
        let there = there.expect("the host listens");
        let (here_read, here_write) = here.into_split();
        let (there_read, there_write) = there.into_split();
        let (seed, carried) = (2 * connection + 1, Arc::clone(&carried));
        tokio::spawn(one_way(here_read, there_write, Arc::default(), seed));
        tokio::spawn(one_way(there_read, here_write, carried, seed + 1));
    }
}

/// Carries bytes one way, until their sender ends and all have arrived.
async fn one_way(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    carried: Arc<AtomicU64>,
    seed: u64,
) {
    let mut way = Way::new(seed);
    let mut bytes = vec![0; PACKET_BYTES];
    let mut ended = false;
    while !(ended && way.packets.is_empty()) {
        let due = way.next_arrives();
        let arrival = async {
            match due {
                Some(due) => tokio::time::sleep_until(due.into()).await,
                None => future::pending().await,
            }
        };
        tokio::select! {
            read = from.read(&mut bytes), if !ended && way.packets.len() < PACKETS_MAX => {
                let count = read.unwrap_or(0);
                ended = count == 0;
                if !ended {
                    carried.fetch_add(count as u64, Ordering::Relaxed);
                    way.send(bytes[..count].to_vec(), Instant::now());
                }
            }
            () = arrival => {
                let packet = way.packets.pop_front().expect("it has arrived");
                if to.write_all(&packet.bytes).await.is_err() {
                    return;
                }
            }
        }
    }
    to.shutdown().await.ok(); // The other end may be gone.
}

/// Returns how long after it is sent a packet arrives that is lost so often; `behind` later one is sent behind it.
fn after(losses: u32, behind: Option<Duration>) -> Duration {
    let (mut way, now) = (Way::new(1), Instant::now());
    way.send_lost(Vec::new(), losses, now);
    if let Some(behind) = behind {
        way.send_lost(Vec::new(), 0, now + behind);
    }
    way.next_arrives().expect("it is under way") - now
}

#[test]
fn a_packet_comes_after_half_a_round_trip_and_a_lost_one_once_one_behind_it_tells() {
    let at_once = Some(Duration::ZERO);
    assert_eq!(after(0, None), ROUND_TRIP / 2);
    assert_eq!(after(1, at_once), TOLD + ROUND_TRIP / 2);
    let later = Duration::from_millis(100);
    assert_eq!(after(1, Some(later)), later + TOLD + ROUND_TRIP / 2);
    assert_eq!(after(2, at_once), TOLD + TIMER + ROUND_TRIP / 2);
    assert_eq!(after(3, at_once), TOLD + TIMER * 3 + ROUND_TRIP / 2);
}

#[test]
fn a_lost_packet_that_nothing_follows_comes_by_the_timer_which_is_doubled() {
    let too_late = Some(TIMER);
    assert_eq!(after(1, None), TIMER + ROUND_TRIP / 2);
    assert_eq!(after(1, too_late), TIMER + ROUND_TRIP / 2);
    assert_eq!(after(2, None), TIMER * 3 + ROUND_TRIP / 2);
    assert_eq!(after(3, None), TIMER * 7 + ROUND_TRIP / 2);
}

#[test]
fn a_packet_that_is_lost_too_tells_of_none_before_it() {
    let (mut way, now) = (Way::new(1), Instant::now());
    way.send_lost(Vec::new(), 1, now);
    way.send_lost(Vec::new(), 1, now);
    assert_eq!(way.next_arrives(), Some(now + TIMER + ROUND_TRIP / 2));
}
