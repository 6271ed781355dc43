//! What an agent used and how long it worked, by day. Counts what has come since it counted last; reads no clock.

use agor_proto::agent::{State, Usage};
use agor_proto::usage::Spent;
use serde::{Deserialize, Serialize};

use super::claim::asks;
use crate::zone::Day;

/// How often time is counted while it passes.
pub const COUNT_MILLIS: u64 = 60_000;

/// The longest time that is counted at once. Where more has passed no host was there to see what the agent did.
const UNSEEN_MILLIS: u64 = 5 * COUNT_MILLIS;

/// See the module. It is kept with its session, so that the next host goes on with it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Ledger {
    /// The day that is counted.
    day: i64,
    /// What it has come to.
    spent: Spent,
    /// What the agent had used when it was counted last.
    counted: Spent,
    /// What it did then, and when that was.
    state: State,
    at_millis: u64,
}

impl Ledger {
    /// Says whether there is something to count.
    #[must_use]
    pub fn is_due(&self, state: State, usage: &Usage, now_millis: u64) -> bool {
        self.state != state
            || self.counted != self.most(usage)
            || self.due_millis().is_some_and(|due| now_millis >= due)
    }

    /// Returns when time is to be counted, if it passes.
    #[must_use]
    pub fn due_millis(&self) -> Option<u64> {
        let passes = self.state == State::Working || asks(self.state);
        passes.then(|| self.at_millis.saturating_add(COUNT_MILLIS))
    }

    /// Counts up to now; returns the days whose sums changed, the oldest first. `day_of` says on which day a
    /// time is.
    pub fn count(
        &mut self,
        state: State,
        usage: &Usage,
        now_millis: u64,
        day_of: impl Fn(u64) -> Day,
    ) -> Vec<(i64, Spent)> {
        let mut changed = Vec::new();
        let seen = now_millis.saturating_sub(self.at_millis) <= UNSEEN_MILLIS;
        let mut from = if seen { self.at_millis } else { now_millis };
        loop {
            let day = day_of(from.min(now_millis));
            if day.number != self.day {
                self.day = day.number;
                self.spent = Spent::default();
            }
            let to = day.ends_millis.min(now_millis);
            let before = self.spent;
            let passed = to.saturating_sub(from);
            if self.state == State::Working {
                self.spent.working_millis += passed;
            } else if asks(self.state) {
                self.spent.waited_millis += passed;
            }
            if to >= now_millis || to <= from {
                self.spend(usage);
                if self.spent != before {
                    changed.push((self.day, self.spent));
                }
                break;
            }
            if self.spent != before {
                changed.push((self.day, self.spent));
            }
            from = to;
        }
        self.state = state;
        self.at_millis = now_millis;
        changed
    }

    /// Adds what was used since it was counted last.
    fn spend(&mut self, usage: &Usage) {
        let now = self.most(usage);
        let (then, spent) = (&self.counted, &mut self.spent);
        let more = |now: u64, then: u64| now.saturating_sub(then);
        spent.turns += more(now.turns, then.turns);
        spent.input_tokens += more(now.input_tokens, then.input_tokens);
        spent.output_tokens += more(now.output_tokens, then.output_tokens);
        spent.cached_tokens += more(now.cached_tokens, then.cached_tokens);
        if let Some(cost) = now.cost_micros {
            let cost = more(cost, then.cost_micros.unwrap_or(0));
            if cost > 0 {
                spent.cost_micros = Some(spent.cost_micros.unwrap_or(0) + cost);
                spent.estimated |= now.estimated;
            }
        }
        self.counted = now;
    }

    /// Returns the most that was ever used, by each figure. One that is smaller than it was (the agent tells less than
    /// was estimated) counts for nothing until it is more again: what was counted cannot be taken back.
    fn most(&self, usage: &Usage) -> Spent {
        let (now, then) = (totals(usage), &self.counted);
        Spent {
            turns: now.turns.max(then.turns),
            input_tokens: now.input_tokens.max(then.input_tokens),
            output_tokens: now.output_tokens.max(then.output_tokens),
            cached_tokens: now.cached_tokens.max(then.cached_tokens),
            cost_micros: now.cost_micros.max(then.cost_micros),
            ..now
        }
    }
}

fn totals(usage: &Usage) -> Spent {
    Spent {
        turns: u64::from(usage.turns),
        input_tokens: usage.input_tokens,
        output_tokens: usage.output_tokens,
        cached_tokens: usage.cached_tokens,
        cost_micros: usage.cost_micros,
        estimated: usage.estimated,
        ..Spent::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: u64 = 86_400_000;

    fn day(millis: u64) -> Day {
        Day {
            number: (millis / DAY) as i64,
            ends_millis: (millis / DAY + 1) * DAY,
        }
    }

    fn usage(turns: u32, output_tokens: u64, cost_micros: Option<u64>) -> Usage {
        Usage {
            turns,
            output_tokens,
            cost_micros,
            estimated: cost_micros.is_some(),
            ..Usage::default()
        }
    }

    fn count(ledger: &mut Ledger, state: State, usage: &Usage, at: u64) -> Vec<(i64, Spent)> {
        ledger.count(state, usage, at, day)
    }

    #[test]
    fn work_and_waiting_are_counted_by_the_state_that_held() {
        let mut ledger = Ledger::default();
        let none = Usage::default();
        assert_eq!(count(&mut ledger, State::Working, &none, 10 * DAY), []);
        count(
            &mut ledger,
            State::NeedsPermission,
            &none,
            10 * DAY + 30_000,
        );
        count(&mut ledger, State::Working, &none, 10 * DAY + 50_000);
        let last = count(&mut ledger, State::Done, &none, 10 * DAY + 51_000);
        let expected = Spent {
            working_millis: 31_000,
            waited_millis: 20_000,
            ..Spent::default()
        };
        assert_eq!(last, [(10, expected)]);
        assert_eq!(
            count(&mut ledger, State::Idle, &none, 10 * DAY + 90_000),
            []
        );
    }

    #[test]
    fn a_day_that_ends_while_the_agent_works_has_its_part_of_it() {
        let mut ledger = Ledger::default();
        let none = Usage::default();
        count(&mut ledger, State::Working, &none, 11 * DAY - 20_000);
        let days = count(
            &mut ledger,
            State::Idle,
            &usage(1, 7, None),
            11 * DAY + 5_000,
        );
        let numbers: Vec<_> = days
            .iter()
            .map(|(day, it)| (*day, it.working_millis))
            .collect();
        assert_eq!(numbers, [(10, 20_000), (11, 5_000)]);
        assert_eq!((days[0].1.output_tokens, days[1].1.output_tokens), (0, 7));
        assert_eq!((days[0].1.turns, days[1].1.turns), (0, 1));
    }

    #[test]
    fn what_was_used_is_counted_once_and_goes_on_the_next_day_from_nothing() {
        let mut ledger = Ledger::default();
        let first = count(&mut ledger, State::Idle, &usage(2, 10, Some(500)), 10 * DAY);
        assert_eq!(first[0].1.cost_micros, Some(500));
        assert!(!ledger.is_due(State::Idle, &usage(2, 10, Some(500)), 20 * DAY));
        let more = usage(3, 15, Some(800));
        assert!(ledger.is_due(State::Idle, &more, 10 * DAY));
        let next = count(&mut ledger, State::Idle, &more, 11 * DAY);
        let (day, spent) = next[0];
        assert_eq!((day, spent.turns, spent.output_tokens), (11, 1, 5));
        assert_eq!((spent.cost_micros, spent.estimated), (Some(300), true));
        // The agent tells less than was estimated, or nothing for a while: what was counted is not counted again.
        for less in [usage(3, 15, Some(100)), usage(0, 4, None)] {
            let told = Usage {
                estimated: true,
                ..less
            };
            assert!(!ledger.is_due(State::Idle, &told, 11 * DAY + 1));
            assert_eq!(count(&mut ledger, State::Idle, &told, 11 * DAY + 1), []);
        }
        let again = count(
            &mut ledger,
            State::Idle,
            &usage(3, 16, Some(900)),
            11 * DAY + 2,
        );
        assert_eq!(
            (again[0].1.output_tokens, again[0].1.cost_micros),
            (6, Some(400))
        );
    }

    #[test]
    fn time_that_no_host_has_seen_is_not_counted() {
        let mut ledger = Ledger::default();
        let none = Usage::default();
        count(&mut ledger, State::Working, &none, 10 * DAY);
        assert_eq!(ledger.due_millis(), Some(10 * DAY + COUNT_MILLIS));
        let late = 10 * DAY + UNSEEN_MILLIS + 1;
        assert_eq!(count(&mut ledger, State::Working, &none, late), []);
        let next = count(&mut ledger, State::Idle, &none, late + 1_000);
        assert_eq!(next[0].1.working_millis, 1_000);
        assert_eq!(ledger.due_millis(), None);
        // A clock that was set back counts nothing.
        count(&mut ledger, State::Working, &none, 10 * DAY);
        assert_eq!(count(&mut ledger, State::Idle, &none, 9 * DAY), []);
    }
}
