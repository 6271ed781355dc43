//! How host and link are, once a second, while a window shows it.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use agor_core::client::{Client, Figures};
use agor_core::load;
use agor_proto::message::{Part, Query, Stats};

use super::task::Shared;

/// Between two looks.
const PAUSE: Duration = Duration::from_secs(1);

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
        if let Some(before) = self.last.replace(Arc::clone(&look)) {
            let mut rates = VecDeque::clone(&self.rates);
            rates.extend(Rates::between(&before, &look));
            while rates.len() > RATES_KEPT {
                rates.pop_front();
            }
            self.rates = Arc::new(rates);
            self.before = Some(before);
        }
    }

    /// Returns bytes of output a second of the session that stands at this place of the last look.
    #[must_use]
    pub fn session_rate(&self, at: usize) -> Option<f32> {
        let (last, before) = (self.last.as_ref()?, self.before.as_ref()?);
        let now = last.host.sessions.get(at)?;
        let sessions = &before.host.sessions;
        let then = sessions.iter().find(|it| it.session == now.session)?;
        let seconds = last.at.saturating_duration_since(before.at).as_secs_f32();
        (seconds > 0.0).then(|| now.offset.saturating_sub(then.offset) as f32 / seconds)
    }
}

impl Rates {
    /// Returns the rates between two looks at the same life of a host.
    fn between(before: &Look, now: &Look) -> Option<Self> {
        let seconds = now.at.saturating_duration_since(before.at).as_secs_f32();
        if before.host.incarnation != now.host.incarnation || seconds <= 0.0 {
            return None;
        }
        let sent = |look: &Look| -> u64 { look.host.lanes.iter().map(|it| it.sent_bytes).sum() };
        let cpu = |look: &Look| look.host.cpu_micros + look.host.keeper_cpu_micros;
        let rate = |before: u64, now: u64| now.saturating_sub(before) as f32 / seconds;
        let window = now.window_cpu.saturating_sub(before.window_cpu);
        Some(Self {
            output_bytes: rate(before.host.output_bytes, now.host.output_bytes),
            sent_bytes: rate(sent(before), sent(now)),
            commits: rate(before.host.commits, now.host.commits),
            host_millis: rate(cpu(before), cpu(now)) / 1_000.0,
            window_millis: window.as_secs_f32() * 1_000.0 / seconds,
        })
    }
}

/// Looks until it is aborted.
pub async fn run(client: Client, shared: Shared) {
    let mut ticks = tokio::time::interval(PAUSE);
    // A host that was away is not asked for what was missed.
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        // Keys pass this thread, and the system takes its time to say what memory a process has.
        let memory = tokio::task::spawn_blocking(|| load::memory_of(std::process::id()));
        let stats = client.ask_one(Query::Stats);
        let (host, link, memory) = tokio::join!(stats, client.figures(), memory);
        let (Ok(Part::Stats(host)), Ok(link), Ok(window_memory_bytes)) = (host, link, memory)
        else {
            continue;
        };
        let look = Look {
            at: Instant::now(),
            host: *host,
            link,
            window_cpu: load::cpu(),
            window_memory_bytes,
        };
        shared.change(|snapshot| snapshot.diagnosis.look(look));
    }
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
        diagnosis.look(look(start + 2 * second, 201_000, 1));
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
    fn a_minute_of_rates_is_kept() {
        let start = Instant::now();
        let mut diagnosis = Diagnosis::default();
        for n in 0..200 {
            diagnosis.look(look(start + Duration::from_secs(n), n * 10, 1));
        }
        assert_eq!(diagnosis.rates.len(), RATES_KEPT);
    }
}
