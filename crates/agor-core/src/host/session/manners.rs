//! How often a program can make events: what changes with every line is no news, and the record has
//! it all. By the record's clock, so that folding again decides the same.

use std::time::Duration;

use agor_proto::limits::{
    EVENT_PACE_MILLIS, MARK_EVENTS_MAX, MARK_PACE_MILLIS, STATE_EVENTS_MAX, STATE_PACE_MILLIS,
};

/// What a program is still allowed of each kind of event.
#[derive(Debug)]
#[cfg_attr(test, derive(Clone))]
pub struct Manners {
    pub bell: Pace,
    pub title: Pace,
    pub notification: Pace,
    pub folder: Pace,
    pub clipboard: Pace,
    pub mark: Pace,
    pub state: Pace,
}

impl Default for Manners {
    fn default() -> Self {
        let rare = || Pace::new(Duration::from_millis(EVENT_PACE_MILLIS), 1);
        Self {
            bell: rare(),
            title: rare(),
            notification: rare(),
            folder: rare(),
            clipboard: rare(),
            // A shell makes four with each command, at once.
            mark: Pace::new(Duration::from_millis(MARK_PACE_MILLIS), MARK_EVENTS_MAX),
            state: Pace::new(Duration::from_millis(STATE_PACE_MILLIS), STATE_EVENTS_MAX),
        }
    }
}

/// So many events at once, and one more each time that a pause has passed.
#[derive(Debug)]
#[cfg_attr(test, derive(Clone))]
pub struct Pace {
    pause_micros: u64,
    /// How far [`Pace::full_micros`] can lie ahead.
    ahead_micros: u64,
    /// When everything is allowed again that is allowed at once.
    full_micros: u64,
}

impl Pace {
    fn new(pause: Duration, at_once: usize) -> Self {
        let pause_micros = pause.as_micros() as u64;
        Self {
            pause_micros,
            ahead_micros: pause_micros * at_once as u64,
            full_micros: 0,
        }
    }

    /// Says whether an event may be made at `now_micros`, and notes it.
    pub fn allows(&mut self, now_micros: u64) -> bool {
        let latest = now_micros.saturating_add(self.ahead_micros);
        // A clock that was set back holds nothing up for longer than a pause.
        let full = self.full_micros.clamp(now_micros, latest);
        let next = full.saturating_add(self.pause_micros);
        let allowed = next <= latest;
        self.full_micros = if allowed { next } else { full };
        allowed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(pace: &mut Pace, times: impl Iterator<Item = u64>) -> usize {
        times.filter(|&at| pace.allows(at)).count()
    }

    #[test]
    fn event_pace_millis_is_between_two_events_of_a_program_that_rings_all_the_time() {
        let times = (0..5 * EVENT_PACE_MILLIS).map(|at| 10_000_000 + at * 1_000);
        assert_eq!(allowed(&mut Manners::default().bell, times), 5);
    }

    #[test]
    fn mark_events_max_are_made_at_once_and_one_more_with_each_mark_pace_millis() {
        let mut pace = Manners::default().mark;
        let start = 10_000_000;
        let flood = || std::iter::repeat_n(start, 10 * MARK_EVENTS_MAX);
        assert_eq!(allowed(&mut pace, flood()), MARK_EVENTS_MAX);
        let later = (1..=100).map(|n| start + n * MARK_PACE_MILLIS * 1_000);
        assert_eq!(allowed(&mut pace, later.clone()), 100);
        let rested = start + 1_000 * MARK_PACE_MILLIS * 1_000;
        let flood = std::iter::repeat_n(rested, 10 * MARK_EVENTS_MAX);
        assert_eq!(allowed(&mut pace, flood), MARK_EVENTS_MAX);
    }

    #[test]
    fn a_clock_that_is_set_back_silences_nobody() {
        let mut pace = Manners::default().bell;
        assert!(pace.allows(1_000_000_000_000));
        let hour = 3_600_000_000;
        let times = (0..3).map(|n| 1_000_000_000_000 - hour + n * EVENT_PACE_MILLIS * 1_000);
        assert!(allowed(&mut pace, times) >= 2);
    }
}
