//! Which claim holds, and what follows from it for the state.

use agor_proto::agent::State;

use super::super::claim::{Claim, Moment, Source, asks, is_at_work};
use super::{
    AFTER_DONE_MILLIS, Change, DRAWN_MILLIS, FIRST_MILLIS, FLICKER_MILLIS, INTERRUPT_MILLIS,
    INTERRUPTS_MILLIS, Judged, LEAVING_MILLIS, LOOK_MILLIS, LookFor, Machine,
    SETTLE_INTERRUPTED_MILLIS, SETTLE_MILLIS, STALL_MILLIS, STARTING_MILLIS, VAGUE_MILLIS,
};

impl Machine {
    /// Judges anew and says whether the state changed.
    pub(super) fn judge(&mut self, now: Moment) -> Option<Change> {
        (self.wake_millis, self.look) = (None, None);
        let judged = self.verdict(now);
        let (from, to) = (self.judged.state, judged.state);
        self.changed |= judged != self.judged;
        self.follow_question(&judged, now);
        self.judged = judged;
        if from == to {
            return None;
        }
        if !is_at_work(to) && !asks(to) {
            self.tools.clear();
        }
        self.choices.clear();
        self.menu.clear();
        let in_turn = |state| is_at_work(state) || asks(state);
        if is_at_work(to) && !in_turn(from) {
            // What the person interrupted was the turn before.
            self.interrupted_millis = None;
            self.begun_millis.get_or_insert(now.at_millis);
            self.prompted = true;
        }
        let rests = matches!(to, State::Done | State::Idle | State::Error);
        if in_turn(from) && rests && !self.ended {
            self.usage.turns += 1;
        }
        let source = self.source();
        let evidence = match self.claims.get(&source) {
            Some(claim) => claim.evidence(source),
            None => Claim {
                state: to,
                also: Vec::new(),
                reason: self.judged.reason.clone(),
                pending: None,
                since: now,
                at: now,
                ended: false,
            }
            .evidence(source),
        };
        Some(Change { from, to, evidence })
    }

    /// Says which question it is that follows from the state that was found.
    fn follow_question(&mut self, judged: &Judged, now: Moment) {
        if !asks(judged.state) {
            return;
        }
        let (told, former) = (judged.asked(), self.judged.asked());
        let same = told == former || self.is_being_drawn(former, told, now);
        // A key that answers a question may be yes to a request for permission.
        let goes_on = judged.state == self.judged.state && same;
        let lost = |due| now.at_millis >= due;
        if !goes_on || self.question.due_millis().is_some_and(lost) {
            self.question.begin(now.at_millis);
            self.changed = true;
        } else if let Some(due) = self.question.due_millis() {
            self.wake_at(due);
        }
    }

    /// Says whether a question that has just been asked reads otherwise only since its screen shows more of it by now.
    fn is_being_drawn(&self, former: &str, told: &str, now: Moment) -> bool {
        let screen = self.holding(Source::Screen);
        let drawn = screen.and_then(|it| it.pending.as_ref());
        let since = self.question.since_millis;
        drawn.is_some_and(|it| it.text == told)
            && told.starts_with(former)
            && now.at_millis < since.saturating_add(DRAWN_MILLIS)
            && !self.question.has_an_answer()
    }

    fn verdict(&mut self, now: Moment) -> Judged {
        let process = self.claims.get(&Source::Process);
        if let Some(end) = process.filter(|_| self.ended) {
            let state = match self.failed && self.unseen {
                true => State::Error,
                false => State::Exited,
            };
            return self.judged(state, Some(Source::Process), end.reason.clone(), now);
        }
        let Some(source) = self.strongest(now) else {
            return self.without_claims(now);
        };
        self.silent_millis = None;
        let shown = *self.shown_millis.get_or_insert(now.at_millis);
        if let Some(settles) = self.flickers_until(source, shown, now) {
            self.wake_at(settles);
            return self.judged.clone();
        }
        if let Some((since, until)) = self.vague(source, now) {
            let for_question = self.holding(source).is_some_and(|it| asks(it.state));
            let due_millis = since.saturating_add(LOOK_MILLIS);
            self.look = Some(LookFor {
                for_question,
                due_millis,
            });
            self.wake_at(until);
            return self.judged.clone();
        }
        self.follow(source, now)
    }

    /// Returns until when a claim of work may be nothing: a title that is drawn for the first time may flicker, and
    /// so may a program's own word (Codex says that it works and that it is ready within a millisecond).
    /// Nobody has asked for anything yet.
    fn flickers_until(&self, source: Source, shown: u64, now: Moment) -> Option<u64> {
        let claim = self.holding(source).filter(|it| is_at_work(it.state))?;
        let first = shown.saturating_add(FIRST_MILLIS);
        let until = match (source, self.judged.state) {
            (Source::Protocol, State::Idle | State::Starting)
                if self.has_a_process() && claim.since.at_millis < first =>
            {
                claim.since.at_millis.saturating_add(FLICKER_MILLIS)
            }
            (Source::Protocol | Source::Hook | Source::Registry, _) => return None,
            (_, State::Idle) => shown.saturating_add(SETTLE_MILLIS),
            _ => return None,
        };
        (now.at_millis < until).then_some(until)
    }

    /// Returns since and until when a claim waits for a look at the screen, which may say it more precisely: a title
    /// that is the same for two kinds of question, or for an end and a failure.
    fn vague(&self, source: Source, now: Moment) -> Option<(u64, u64)> {
        let claim = self.holding(source)?;
        let looked = self.looked_millis.filter(|_| source < Source::Screen)?;
        let former = self.judged.state;
        let vague = match claim.state {
            state if asks(state) => !asks(former) && claim.also.iter().any(|it| asks(*it)),
            State::Idle => is_at_work(former) && claim.also.contains(&State::Error),
            _ => false,
        };
        let since = claim.since.at_millis;
        let until = since.saturating_add(VAGUE_MILLIS);
        (vague && looked <= since && now.at_millis < until).then_some((since, until))
    }

    /// Returns the source whose claim holds.
    fn strongest(&mut self, now: Moment) -> Option<Source> {
        // Each round ends a claim or is the last.
        for _ in Source::ALL {
            match self.round(now) {
                Ok(holder) => return holder,
                Err(ended) => {
                    if let Some(claim) = self.claims.get_mut(&ended) {
                        claim.ended = true;
                        self.changed = true;
                    }
                }
            }
        }
        None
    }

    /// Goes down the ranks once; the error is a claim that something weaker ends.
    fn round(&mut self, now: Moment) -> Result<Option<Source>, Source> {
        let mut held: Option<Source> = None;
        let mut wake = None;
        for source in Source::ALL {
            if source == Source::Process {
                break;
            }
            let Some(claim) = self.holding(source) else {
                continue;
            };
            let Some((holder, strong)) = held.and_then(|it| Some((it, self.holding(it)?))) else {
                held = Some(source);
                continue;
            };
            if claim.allows(strong.state) {
                continue;
            }
            if strong.also.contains(&claim.state) {
                held = Some(source);
                continue;
            }
            if holder.is_complete() || claim.since.at_millis <= strong.at.at_millis {
                continue;
            }
            let settle = self.settle_millis((holder, strong), (source, claim));
            let stands = claim.since.at_millis.saturating_add(settle);
            if now.at_millis >= stands {
                return Err(holder);
            }
            wake = wake.into_iter().chain([stands]).min();
        }
        if let Some(stands) = wake {
            self.wake_at(stands);
        }
        Ok(held)
    }

    /// Returns how long a claim must stand before it ends a stronger one.
    fn settle_millis(
        &self,
        (stronger, strong): (Source, &Claim),
        (source, claim): (Source, &Claim),
    ) -> u64 {
        let since = claim.since.at_millis;
        let follows = |at: u64| at <= since && since - at <= INTERRUPTS_MILLIS;
        let drawn = (stronger, source) == (Source::Hook, Source::Screen);
        match claim.state {
            state if is_at_work(state) && drawn && strong.state == State::Done => AFTER_DONE_MILLIS,
            state if is_at_work(state) => 0,
            // Not every question and failure has a hook; they are drawn once they are there.
            state if (asks(state) || state == State::Error) && drawn => 0,
            _ if self.interrupted_millis.is_some_and(follows) => SETTLE_INTERRUPTED_MILLIS,
            _ => SETTLE_MILLIS,
        }
    }

    fn holding(&self, source: Source) -> Option<&Claim> {
        self.claims.get(&source).filter(|claim| !claim.ended)
    }

    /// Returns the state that the claim of `source` makes.
    fn follow(&mut self, source: Source, now: Moment) -> Judged {
        let Some(claim) = self.holding(source).cloned() else {
            return self.without_claims(now);
        };
        let mut reason = claim.reason.clone();
        let former = self.judged.state;
        let state = match claim.state {
            State::Idle if claim.also.contains(&State::Done) => {
                let interrupted = self
                    .interrupted_millis
                    .is_some_and(|at| claim.since.at_millis.abs_diff(at) <= INTERRUPT_MILLIS);
                if is_at_work(former) && !interrupted {
                    self.unseen = true;
                }
                if is_at_work(former) && interrupted {
                    reason = "you interrupted it".into();
                } else if is_at_work(former) {
                    reason = format!("it stopped working: {reason}");
                } else if self.judged.source == Some(source) {
                    reason.clone_from(&self.judged.reason);
                }
                let done = is_at_work(former) || former == State::Done;
                if done && self.unseen {
                    State::Done
                } else {
                    State::Idle
                }
            }
            State::Done => {
                if self.done_since != Some(claim.since) {
                    self.done_since = Some(claim.since);
                    self.unseen = true;
                }
                if self.unseen {
                    State::Done
                } else {
                    State::Idle
                }
            }
            State::Working => {
                let stall = self.stall_millis.unwrap_or(STALL_MILLIS);
                let quiet_since = self.output_millis.max(claim.at.at_millis);
                let due = quiet_since.saturating_add(stall);
                if now.at_millis >= due {
                    reason = format!(
                        "it should be working, and printed nothing for {}",
                        span(now.at_millis - quiet_since)
                    );
                    State::Stalled
                } else {
                    self.wake_at(due);
                    State::Working
                }
            }
            state => state,
        };
        if state != State::Done {
            self.unseen = false;
        }
        let mut judged = self.judged(state, Some(source), reason, now);
        if asks(state) {
            let asked = |source: &Source| self.holding(*source)?.pending.clone();
            let mut told = Source::ALL.iter().filter_map(asked);
            let first = told.next();
            // The strongest that tells the question; an empty text tells none.
            judged.pending = match first {
                Some(first) if first.text.is_empty() => {
                    told.find(|it| !it.text.is_empty()).or(Some(first))
                }
                first => first,
            };
        }
        judged
    }

    fn without_claims(&mut self, now: Moment) -> Judged {
        if self.has_a_process() && self.shown_millis.is_some() {
            let since = *self.silent_millis.get_or_insert(now.at_millis);
            let due = since.saturating_add(LEAVING_MILLIS);
            if now.at_millis < due {
                self.wake_at(due);
                return self.judged.clone();
            }
        }
        self.unseen = false;
        let starting = self.holding(Source::Process).cloned();
        let starting = starting.filter(|claim| claim.state == State::Starting);
        if let Some(claim) = starting.filter(|_| self.shown_millis.is_none()) {
            let due = claim.since.at_millis.saturating_add(STARTING_MILLIS);
            if now.at_millis < due {
                self.wake_at(due);
                return self.judged(State::Starting, Some(Source::Process), claim.reason, now);
            }
        }
        let nothing = Judged::default();
        self.judged(State::Unknown, None, nothing.reason, now)
    }

    fn judged(&self, state: State, source: Option<Source>, reason: String, now: Moment) -> Judged {
        Judged {
            state,
            source,
            reason,
            pending: None,
            since: if state == self.judged.state {
                self.judged.since
            } else {
                now
            },
        }
    }

    fn wake_at(&mut self, millis: u64) {
        self.wake_millis = self.wake_millis.into_iter().chain([millis]).min();
    }
}

fn span(millis: u64) -> String {
    match millis / 1_000 {
        seconds @ 0..=119 => format!("{seconds} s"),
        seconds => format!("{} min", seconds / 60),
    }
}
