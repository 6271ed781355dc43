//! Whether the peer is still there: pings with nonce and time, the round trip that they measure,
//! and the moment from which silence means death (FAILURES C8).

use std::time::{Duration, Instant};

use agor_proto::message::{self, Ping, Pong};

/// Silence shorter than this is never death.
const DEAD_AT_LEAST: Duration = Duration::from_secs(10);

/// After the machine slept, how soon a living peer must answer.
const PROBE_AT_LEAST: Duration = Duration::from_secs(2);

/// The timeout before a round trip was measured (RFC 6298).
const FIRST_TIMEOUT: Duration = Duration::from_secs(1);

/// See the module.
#[derive(Debug)]
#[cfg_attr(test, derive(Clone))]
pub struct Heartbeat {
    interval: Duration,
    started: Instant,
    heard: Instant,
    /// When silence since `heard` means death.
    dead_at: Instant,
    ping_at: Instant,
    asked: Option<u64>,
    nonce: u64,
    round_trip: Option<RoundTrip>,
}

#[derive(Debug, Clone, Copy)]
struct RoundTrip {
    smoothed: Duration,
    variation: Duration,
}

impl Heartbeat {
    /// Returns the heartbeat of a connection that came to life at `now`.
    pub fn new(interval: Duration, now: Instant) -> Self {
        let mut heartbeat = Self {
            interval,
            started: now,
            heard: now,
            dead_at: now,
            ping_at: now,
            asked: None,
            nonce: 0,
            round_trip: None,
        };
        heartbeat.heard(now);
        heartbeat
    }

    /// Notes that anything came from the peer.
    pub fn heard(&mut self, now: Instant) {
        self.heard = now;
        let silence = (self.interval * 3)
            .max(self.timeout() * 4)
            .max(DEAD_AT_LEAST);
        self.dead_at = now + silence;
    }

    /// Returns a ping if one is due.
    pub fn tick(&mut self, now: Instant) -> Option<Ping> {
        (now >= self.ping_at).then(|| self.ping(now))
    }

    /// Returns a ping that a living peer must answer soon: the machine slept, and nobody knows
    /// what became of the link.
    pub fn probe(&mut self, now: Instant) -> Ping {
        self.dead_at = now + PROBE_AT_LEAST.max(self.timeout() * 4);
        self.ping(now)
    }

    fn ping(&mut self, now: Instant) -> Ping {
        self.ping_at = now + self.interval;
        self.nonce += 1;
        self.asked = Some(self.nonce);
        Ping {
            nonce: self.nonce,
            micros: self.micros(now),
            // The host cannot measure it: it asks nothing.
            round_trip: self.round_trip.map(|trip| message::RoundTrip {
                micros: trip.smoothed.as_micros() as u64,
                jitter_micros: trip.variation.as_micros() as u64,
            }),
        }
    }

    /// Measures the round trip by the answer to the last ping.
    pub fn answered(&mut self, pong: Pong, now: Instant) {
        if self.asked != Some(pong.nonce) {
            return;
        }
        self.asked = None;
        let sample = Duration::from_micros(self.micros(now).saturating_sub(pong.micros));
        self.round_trip = Some(match self.round_trip {
            None => RoundTrip {
                smoothed: sample,
                variation: sample / 2,
            },
            Some(RoundTrip {
                smoothed,
                variation,
            }) => RoundTrip {
                variation: (variation * 3 + smoothed.abs_diff(sample)) / 4,
                smoothed: (smoothed * 7 + sample) / 8,
            },
        });
    }

    /// Says whether the peer must be given up.
    pub fn dead(&self, now: Instant) -> bool {
        now >= self.dead_at
    }

    /// Returns when [`Heartbeat::tick`] or [`Heartbeat::dead`] will say something new.
    pub fn next_wake(&self) -> Instant {
        self.ping_at.min(self.dead_at)
    }

    /// Returns the smoothed round trip and how much it varies, if one was measured.
    pub fn round_trip(&self) -> Option<(Duration, Duration)> {
        self.round_trip.map(|trip| (trip.smoothed, trip.variation))
    }

    fn timeout(&self) -> Duration {
        match self.round_trip {
            None => FIRST_TIMEOUT,
            Some(trip) => trip.smoothed + trip.variation * 4,
        }
    }

    fn micros(&self, now: Instant) -> u64 {
        now.saturating_duration_since(self.started).as_micros() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INTERVAL: Duration = Duration::from_millis(agor_proto::limits::HEARTBEAT_MILLIS);

    fn answer(ping: Ping) -> Pong {
        Pong {
            nonce: ping.nonce,
            micros: ping.micros,
            peer_unix_micros: 0,
        }
    }

    #[test]
    fn c8_an_answer_measures_the_round_trip_and_only_its_own_ping_counts() {
        let start = Instant::now();
        let mut heartbeat = Heartbeat::new(INTERVAL, start);
        let first = heartbeat.tick(start).unwrap();
        assert_eq!(heartbeat.tick(start), None);
        let second = heartbeat.tick(start + INTERVAL).unwrap();
        assert_ne!(first.nonce, second.nonce);
        heartbeat.answered(answer(first), start + INTERVAL);
        assert_eq!(heartbeat.round_trip(), None);
        let later = start + INTERVAL + Duration::from_millis(30);
        heartbeat.answered(answer(second), later);
        let trip = (Duration::from_millis(30), Duration::from_millis(15));
        assert_eq!(heartbeat.round_trip(), Some(trip));
        assert_eq!(second.round_trip, None);
        let third = heartbeat.tick(later + INTERVAL).unwrap();
        let told = message::RoundTrip {
            micros: 30_000,
            jitter_micros: 15_000,
        };
        assert_eq!(third.round_trip, Some(told), "the host learns it so");
    }

    #[test]
    fn heartbeat_millis_are_missed_three_times_before_death_and_any_message_is_life() {
        let start = Instant::now();
        let mut heartbeat = Heartbeat::new(INTERVAL, start);
        assert!(!heartbeat.dead(start + INTERVAL * 3 - Duration::from_millis(1)));
        assert!(heartbeat.dead(start + INTERVAL * 3));
        heartbeat.heard(start + INTERVAL * 2);
        assert!(!heartbeat.dead(start + INTERVAL * 4));
    }

    #[test]
    fn short_heartbeats_still_leave_ten_seconds() {
        let start = Instant::now();
        let heartbeat = Heartbeat::new(Duration::from_millis(100), start);
        assert!(!heartbeat.dead(start + Duration::from_secs(9)));
        assert!(heartbeat.dead(start + Duration::from_secs(10)));
    }

    #[test]
    fn after_sleep_a_peer_must_answer_soon() {
        let start = Instant::now();
        let mut heartbeat = Heartbeat::new(INTERVAL, start);
        heartbeat.probe(start);
        assert!(heartbeat.dead(start + FIRST_TIMEOUT * 4));
        heartbeat.heard(start + Duration::from_secs(1));
        assert!(!heartbeat.dead(start + FIRST_TIMEOUT * 4));
    }
}
