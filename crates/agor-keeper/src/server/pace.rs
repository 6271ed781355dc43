//! How eagerly children are read that print without end.
//!
//! Each of them wants a processor for as long as it is read, and so does the system that carries its output:
//! where there are many, whoever types waits for all of them at every process that a key passes. A child
//! whose terminal is full sleeps. So when many flood and this thread itself has to wait for a processor,
//! they are read less often, until it hardly has to. One that floods alone is read as fast as it prints.

use std::time::{Duration, Instant};

use crate::caps;

/// How long is measured before the pause is changed.
const PERIOD: Duration = Duration::from_millis(20);

/// The first pause, and the last before there is none.
const PAUSE_MIN: Duration = Duration::from_millis(1);

/// How long to wait before a child that floods is read again.
#[derive(Debug, Default)]
pub(super) struct Pace {
    pause: Duration,
    since: Option<(Instant, Duration)>,
}

impl Pace {
    /// Returns the pause between two readings of a child that floods.
    pub(super) fn pause(&self) -> Duration {
        self.pause
    }

    /// Takes note of a turn that ended at `now`. `flooding` children flood; this thread has waited
    /// `waited` for a processor so far, if the system says so.
    pub(super) fn on_turn(&mut self, flooding: usize, waited: Option<Duration>, now: Instant) {
        let Some(waited) = waited.filter(|_| flooding >= caps::FLOODS_PACED) else {
            self.pause = Duration::ZERO;
            self.since = None;
            return;
        };
        let (since, before) = *self.since.get_or_insert((now, waited));
        let passed = now.saturating_duration_since(since);
        if passed < PERIOD {
            return;
        }
        self.since = Some((now, waited));
        let waited = waited.saturating_sub(before);
        if waited * 8 > passed {
            self.pause = (self.pause * 2).clamp(PAUSE_MIN, caps::FLOOD_PAUSE);
        } else if waited * 32 < passed {
            self.pause = self.pause * 3 / 4;
            if self.pause < PAUSE_MIN {
                self.pause = Duration::ZERO;
            }
        }
    }
}

/// How much one child has printed of late.
#[derive(Debug, Default)]
pub(super) struct Speech {
    since: Option<Instant>,
    bytes: usize,
    /// Whether it printed too much in the window before.
    floods: bool,
    /// Before then it is not read.
    next: Option<Instant>,
}

impl Speech {
    /// Takes note of `bytes` that were read at `now`; one that floods then rests for `pause`.
    pub(super) fn heard(&mut self, bytes: usize, pause: Duration, now: Instant) {
        self.roll(now);
        self.bytes += bytes;
        let floods = self.floods || self.bytes >= caps::FLOOD_BYTES;
        self.next = (floods && !pause.is_zero()).then(|| now + pause);
    }

    /// Says whether it has flooded of late.
    pub(super) fn floods(&mut self, now: Instant) -> bool {
        self.roll(now);
        self.floods
    }

    /// Returns until when it is not read.
    pub(super) fn rests_until(&self, now: Instant) -> Option<Instant> {
        self.next.filter(|&next| next > now)
    }

    fn roll(&mut self, now: Instant) {
        let since = *self.since.get_or_insert(now);
        let passed = now.saturating_duration_since(since);
        if passed >= caps::FLOOD_WINDOW {
            // One that was silent for another window has ceased.
            self.floods = self.bytes >= caps::FLOOD_BYTES && passed < caps::FLOOD_WINDOW * 2;
            self.bytes = 0;
            self.since = Some(now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MILLIS: Duration = Duration::from_millis(1);

    struct Course {
        pace: Pace,
        now: Instant,
        waited: Duration,
    }

    impl Course {
        fn new() -> Self {
            Self {
                pace: Pace::default(),
                now: Instant::now(),
                waited: Duration::ZERO,
            }
        }

        /// Passes a second of turns in which this thread waits for a share of the time that `share` says of
        /// the pause, in thousandths; returns the pause then.
        fn settle(&mut self, flooding: usize, share: impl Fn(Duration) -> u32) -> Duration {
            for _ in 0..1_000 {
                self.now += MILLIS;
                self.waited += MILLIS * share(self.pace.pause()) / 1_000;
                self.pace.on_turn(flooding, Some(self.waited), self.now);
            }
            self.pace.pause()
        }
    }

    #[test]
    fn many_that_flood_are_read_less_often_the_longer_a_processor_is_waited_for() {
        let mut course = Course::new();
        // Half of the time without a pause, the less the longer it is.
        let settled = course.settle(20, |pause| 500 / (1 + pause.as_millis() as u32));
        assert!(settled > MILLIS * 2 && settled < MILLIS * 24, "{settled:?}");
        let longest = course.settle(20, |_| 900);
        assert_eq!(longest, caps::FLOOD_PAUSE, "it has a bound");
        let none = course.settle(20, |_| 0);
        assert_eq!(none, Duration::ZERO, "nobody is in the way");
    }

    #[test]
    fn few_that_flood_are_read_as_they_print() {
        let mut course = Course::new();
        assert!(!course.settle(20, |_| 900).is_zero());
        let few = course.settle(caps::FLOODS_PACED - 1, |_| 900);
        assert_eq!(few, Duration::ZERO);
    }

    #[test]
    fn only_a_child_that_floods_rests() {
        let start = Instant::now();
        let mut speech = Speech::default();
        speech.heard(100, MILLIS * 8, start);
        assert_eq!(speech.rests_until(start), None);
        speech.heard(caps::FLOOD_BYTES, MILLIS * 8, start);
        assert_eq!(speech.rests_until(start), Some(start + MILLIS * 8));
        assert_eq!(
            speech.rests_until(start + MILLIS * 8),
            None,
            "then it is read"
        );
        let later = start + caps::FLOOD_WINDOW;
        assert!(speech.floods(later));
        speech.heard(10, MILLIS * 8, later);
        assert!(speech.rests_until(later).is_some(), "it has just flooded");
        let much_later = later + caps::FLOOD_WINDOW * 3;
        assert!(!speech.floods(much_later));
        speech.heard(10, MILLIS * 8, much_later);
        assert_eq!(speech.rests_until(much_later), None);
    }
}
