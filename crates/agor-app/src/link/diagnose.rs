//! How host and link are, while a window shows it: the host tells when something has changed, at most once a
//! second. What this window counts of itself is looked at then.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use agor_core::client::{Client, Figures};
use agor_core::load;
use agor_proto::limits::FOLLOW_PACE_MILLIS;
use agor_proto::message::{Followed, Part, Stats};
use tokio::sync::watch;

use super::following::follow;
use super::task::Shared;

/// Between two looks while something happens.
const PACE: Duration = Duration::from_millis(FOLLOW_PACE_MILLIS);

/// After so long without news nothing has happened in a second of it.
const QUIET: Duration = Duration::from_millis(2 * FOLLOW_PACE_MILLIS);

/// Looks of which the rates are kept.
pub const RATES_KEPT: usize = 60;

/// How host and link are, and how that went lately.
#[derive(Debug, Clone, Default)]
pub struct Diagnosis {
    /// The last look.
    pub last: Option<Arc<Look>>,
    /// The one before, for rates.
    pub before: Option<Arc<Look>>,
    /// Rates between looks, the newest last; at most [`RATES_KEPT`].
    pub rates: Arc<VecDeque<Rates>>,
    /// Whether nothing has happened since the last look.
    pub rests: bool,
    /// When this window's processor time was looked at last, and what it was.
    window_cpu: Option<(Instant, Duration)>,
}

/// What one look saw.
#[derive(Debug, Clone)]
pub struct Look {
    /// When.
    pub at: Instant,
    /// What the host says of itself.
    pub host: Stats,
    /// What this window counted of its link.
    pub link: Figures,
    /// Which of the host's links this window's is, by its client.
    pub own: String,
    /// Processor time that this window has used.
    pub window_cpu: Duration,
    /// Bytes of memory of this window (PSS).
    pub window_memory_bytes: u64,
}

/// What happened in a second.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Rates {
    /// Bytes of output that programs said.
    pub output_bytes: f32,
    /// Bytes that the host sent over all links.
    pub sent_bytes: f32,
    /// Commits of the store.
    pub commits: f32,
    /// Milliseconds of processor time of host and keeper together.
    pub host_millis: f32,
    /// Milliseconds of processor time of this window.
    pub window_millis: f32,
}

impl Diagnosis {
    /// Takes another look.
    pub fn look(&mut self, look: Look) {
        let look = Arc::new(look);
        let window_millis = self.window_millis(look.at, look.window_cpu);
        self.rests = false;
        if let Some(before) = self.last.replace(Arc::clone(&look)) {
            self.add(Rates::between(&before, &look, window_millis));
            self.before = Some(before);
        }
    }

    /// Notes that a second has passed in which the host had nothing to tell.
    pub fn rest(&mut self, now: Instant, window_cpu: Duration) {
        let window_millis = self.window_millis(now, window_cpu);
        self.rests = true;
        self.add(Some(Rates {
            window_millis,
            ..Rates::default()
        }));
    }

    /// Says whether nothing of the host is left that time would move.
    #[must_use]
    pub fn is_still(&self) -> bool {
        let of_host = |rates: &Rates| Rates {
            window_millis: 0.0,
            ..*rates
        };
        self.rates
            .iter()
            .all(|rates| of_host(rates) == Rates::default())
    }

    fn add(&mut self, more: Option<Rates>) {
        let mut rates = VecDeque::clone(&self.rates);
        rates.extend(more);
        while rates.len() > RATES_KEPT {
            rates.pop_front();
        }
        self.rates = Arc::new(rates);
    }

    /// Returns the milliseconds of a second that this window has used a processor since it was asked last.
    fn window_millis(&mut self, now: Instant, cpu: Duration) -> f32 {
        let Some((then, before)) = self.window_cpu.replace((now, cpu)) else {
            return 0.0;
        };
        let seconds = now.saturating_duration_since(then).as_secs_f32();
        let used = cpu.saturating_sub(before).as_secs_f32() * 1_000.0;
        if seconds > 0.0 { used / seconds } else { 0.0 }
    }

    /// Returns bytes of output a second of the session that stands at this place of the last look.
    #[must_use]
    pub fn session_rate(&self, at: usize) -> Option<f32> {
        let (last, before) = (self.last.as_ref()?, self.before.as_ref()?);
        let now = last.host.sessions.get(at)?;
        let sessions = &before.host.sessions;
        let then = sessions.iter().find(|it| it.session == now.session)?;
        if self.rests {
            return Some(0.0);
        }
        let seconds = seconds_between(before, last)?;
        Some(now.offset.saturating_sub(then.offset) as f32 / seconds)
    }
}

/// Returns in how many seconds happened what differs between two looks. The host tells at once when
/// something happens after quiet: however long that was, it is news of a moment.
fn seconds_between(before: &Look, now: &Look) -> Option<f32> {
    let passed = now.at.saturating_duration_since(before.at);
    let passed = if passed < QUIET { passed } else { PACE };
    (!passed.is_zero()).then_some(passed.as_secs_f32())
}

impl Rates {
    /// Returns the rates between two looks at the same life of a host.
    fn between(before: &Look, now: &Look, window_millis: f32) -> Option<Self> {
        if before.host.incarnation != now.host.incarnation {
            return None;
        }
        let seconds = seconds_between(before, now)?;
        let sent = |look: &Look| -> u64 { look.host.lanes.iter().map(|it| it.sent_bytes).sum() };
        let cpu = |look: &Look| look.host.cpu_micros + look.host.keeper_cpu_micros;
        let rate = |before: u64, now: u64| now.saturating_sub(before) as f32 / seconds;
        Some(Self {
            output_bytes: rate(before.host.output_bytes, now.host.output_bytes),
            sent_bytes: rate(sent(before), sent(now)),
            commits: rate(before.host.commits, now.host.commits),
            host_millis: rate(cpu(before), cpu(now)) / 1_000.0,
            window_millis,
        })
    }
}

/// Follows how the host is until it is aborted.
pub async fn run(client: Client, shared: Shared) {
    let (told, mut news) = watch::channel(None);
    let take = |parts: Vec<Part>| {
        for part in parts {
            if let Part::Stats(host) = part {
                told.send_replace(Some(host));
            }
        }
    };
    let following = follow(&client, Followed::Stats, take);
    let showing = async {
        let mut rests = 0;
        loop {
            // The host says nothing while nothing happens. Bars move on until none is left to move.
            let still = shared.look(|snapshot| snapshot.diagnosis.is_still());
            let wait = if rests == 0 { QUIET } else { PACE };
            let changed = tokio::select! {
                changed = news.changed() => changed.is_ok(),
                () = tokio::time::sleep(wait), if !still => {
                    rests += 1;
                    let cpu = load::cpu();
                    shared.change(|snapshot| snapshot.diagnosis.rest(Instant::now(), cpu));
                    continue;
                }
            };
            let host = news.borrow_and_update().clone();
            let Some(host) = host.filter(|_| changed) else {
                return;
            };
            rests = 0;
            // Keys pass this thread, and the system takes its time to say what memory a process has.
            let memory = tokio::task::spawn_blocking(|| load::memory_of(std::process::id()));
            let (Ok(link), Ok(window_memory_bytes)) = tokio::join!(client.figures(), memory) else {
                continue;
            };
            let look = Look {
                at: Instant::now(),
                host: *host,
                link,
                own: client.id().to_string(),
                window_cpu: load::cpu(),
                window_memory_bytes,
            };
            shared.change(|snapshot| snapshot.diagnosis.look(look));
        }
    };
    tokio::join!(following, showing);
}

#[cfg(test)]
mod tests {
    use agor_proto::message::SessionStats;

    use super::*;

    fn look(at: Instant, output_bytes: u64, incarnation: u64) -> Look {
        Look {
            at,
            host: Stats {
                output_bytes,
                incarnation,
                cpu_micros: output_bytes / 100,
                sessions: vec![SessionStats {
                    session: "a".into(),
                    offset: output_bytes,
                    ..Default::default()
                }],
                ..Default::default()
            },
            link: Figures::default(),
            own: String::new(),
            window_cpu: Duration::from_millis(output_bytes / 1_000),
            window_memory_bytes: 0,
        }
    }

    #[test]
    fn rates_are_between_two_looks_at_the_same_host() {
        let start = Instant::now();
        let second = Duration::from_secs(1);
        let mut diagnosis = Diagnosis::default();
        diagnosis.look(look(start, 1_000, 1));
        assert!(diagnosis.rates.is_empty());
        diagnosis.look(look(start + second, 101_000, 1));
        let rates = diagnosis.rates[0];
        assert_eq!(rates.output_bytes, 100_000.0);
        assert_eq!(rates.host_millis, 1.0);
        assert_eq!(rates.window_millis, 100.0);
        assert_eq!(diagnosis.session_rate(0), Some(100_000.0));
        assert_eq!(diagnosis.session_rate(1), None);
        // Another life counts from nothing.
        diagnosis.look(look(start + 3 * second, 5, 2));
        assert_eq!(diagnosis.rates.len(), 1);
    }

    #[test]
    fn quiet_moves_the_bars_until_none_is_left_and_news_after_it_is_of_a_moment() {
        let start = Instant::now();
        let second = Duration::from_secs(1);
        let mut diagnosis = Diagnosis::default();
        assert!(diagnosis.is_still(), "nothing is drawn for nothing");
        diagnosis.look(look(start, 0, 1));
        diagnosis.look(look(start + second, 50_000, 1));
        let mut passed = 0_u32;
        while !diagnosis.is_still() {
            passed += 1;
            let cpu = Duration::from_millis(50 + 10 * u64::from(passed));
            diagnosis.rest(start + (1 + passed) * second, cpu);
            assert_eq!(diagnosis.session_rate(0), Some(0.0));
            assert_eq!(
                diagnosis.rates.back().map(|it| it.window_millis),
                Some(10.0)
            );
        }
        assert_eq!(passed as usize, RATES_KEPT);
        diagnosis.look(look(start + 300 * second, 60_000, 1));
        let newest = diagnosis.rates.back().map(|it| it.output_bytes);
        assert_eq!(newest, Some(10_000.0));
    }

    #[test]
    fn a_minute_of_rates_is_kept() {
        let start = Instant::now();
        let mut diagnosis = Diagnosis::default();
        for n in 0..200 {
            diagnosis.look(look(start + Duration::from_secs(n), n * 10, 1));
        }
        assert_eq!(diagnosis.rates.len(), RATES_KEPT);
    }
}
