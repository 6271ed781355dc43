//! How the process that an agent is begins and ends.

use agor_proto::agent::State;

use super::super::claim::{Moment, Says, Source};
use super::{INTERRUPT_MILLIS, Machine};

impl Machine {
    /// Says whether it has ended with a failure for which nobody had asked.
    #[must_use]
    pub fn has_failed(&self) -> bool {
        self.ended && self.failed
    }

    /// Another program begins in the session: nothing that was said of the last one holds.
    pub(super) fn started(&mut self, agent: Option<(&str, bool)>, now: Moment) {
        let kept = std::mem::take(self);
        *self = Self {
            launched: agent.is_some(),
            provider: agent.map(|(id, _)| id.to_owned()),
            conversation: kept.conversation,
            transcript: kept.transcript,
            prompted: kept.prompted,
            question: kept.question,
            usage: kept.usage,
            meter: kept.meter,
            ledger: kept.ledger,
            judged: kept.judged,
            stall_millis: kept.stall_millis,
            output_millis: now.at_millis,
            changed: true,
            ..Self::default()
        };
        if let Some((agent, true)) = agent {
            let reason = format!("{agent} was started and has not shown itself yet");
            self.say(
                Source::Process,
                Some(Says::just(State::Starting, reason)),
                now,
            );
        }
    }

    /// Its person ends it. What is no agent cannot fail here, and what has ended is not asked to.
    pub(super) fn asked_to_end(&mut self) {
        let runs = self.launched && !self.ended;
        self.changed |= runs && !self.asked_to_end;
        self.asked_to_end |= runs;
    }

    /// The process ended; `failed` if a program that nobody has ended fails so.
    pub(super) fn ended(&mut self, reason: String, failed: bool, now: Moment) {
        let interrupted = self
            .interrupted_millis
            .is_some_and(|at| now.at_millis.abs_diff(at) <= INTERRUPT_MILLIS);
        let by_itself = self.launched && !self.asked_to_end && !interrupted;
        self.end(reason, failed && by_itself, now);
    }

    /// The process is not there any more.
    pub(super) fn end(&mut self, reason: String, failed: bool, now: Moment) {
        self.ended = true;
        self.failed = failed;
        self.unseen = failed;
        self.conflict = None;
        self.tools.clear();
        self.background.clear();
        let state = match failed {
            true => State::Error,
            false => State::Exited,
        };
        self.say(Source::Process, Some(Says::just(state, reason)), now);
    }
}
