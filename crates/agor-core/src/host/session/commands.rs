//! Commands about one session, from their coming to their receipt: how far each of them is. They are taken and
//! carried out in `dispatch.rs`.
//!
//! A command is stored before it is carried out, or with its effect where that is in the store alone, and its
//! outcome is stored before it is told. What cannot be known after a crash is `Interrupted`; nothing is carried
//! out twice.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use agor_keeper::{Request, SessionKey};
use agor_proto::command::{CommandBody, Outcome, Receipt};
use agor_proto::error::{ErrorCode, WireError};
use agor_proto::ids::{ClientId, CommandId, ConnEpoch, Offset, Seq};

use super::journal::{Journal, Ticket};
use super::{Effect, Now, rejected};
use crate::latency::Latencies;

/// Ended commands that are kept in memory.
const ENDED_KEPT: usize = 256;

/// Before input that a program had no room for is offered again.
const INPUT_RETRY: Duration = Duration::from_millis(100);

/// See the module.
#[derive(Debug, Default)]
#[cfg_attr(test, derive(Clone))]
pub struct Commands {
    pub(super) in_flight: BTreeMap<CommandId, InFlight>,
    /// Signals that the keeper was given and has not answered, in order, with what went wrong.
    pub(super) signals: VecDeque<(CommandId, Option<&'static str>)>,
    /// The last commands that came to their end: a repeat that crossed its receipt is known by them.
    pub(super) ended: VecDeque<(Ticket, Outcome)>,
    /// How long commands took, from their coming to their receipt.
    pub(super) latencies: Latencies,
    /// The number of the last input that the keeper was given. It takes a source's input by rising
    /// numbers, so one is given when the input is, not when its command came: a command that waited for its
    /// agent would else overtake one that waits for the disk, and that one would be taken for a repeat.
    pub(super) inputs: u64,
}

/// A command that has come and has not ended.
#[derive(Debug)]
#[cfg_attr(test, derive(Clone))]
pub(super) struct InFlight {
    pub(super) ticket: Ticket,
    pub(super) conns: Vec<ConnEpoch>,
    pub(super) came: Instant,
    pub(super) body: CommandBody,
    pub(super) seq: Seq,
    pub(super) stage: Stage,
}

impl InFlight {
    fn is_input(&self) -> bool {
        matches!(
            self.stage,
            Stage::Typing { .. } | Stage::Waiting | Stage::Until(_)
        )
    }
}

/// How far a command is.
#[derive(Debug)]
#[cfg_attr(test, derive(Clone))]
pub(super) enum Stage {
    /// It is on its way to the disk.
    Accepting,
    /// It came to its end, which is on its way to the disk.
    Ended(Outcome),
    /// The keeper was asked to start the program.
    Starting,
    /// A kill waits until the program that the keeper was asked to start is there.
    UntilStarted,
    /// It waits until the agent takes a prompt.
    Waiting,
    /// It waits until the agent takes keys for an answer.
    Until(Instant),
    /// An ended program's remains are cleared away before it is started again.
    Clearing,
    /// The keeper was given input; kept until it is written, in case it must be offered again.
    Typing {
        number: u64,
        bytes: Vec<u8>,
        retry_at: Option<Instant>,
    },
    /// The keeper was asked to send a signal.
    Signalling,
    /// The keeper was asked to end everything.
    Killing,
}

impl Commands {
    /// Says whether no command is under way.
    pub fn is_empty(&self) -> bool {
        self.in_flight.is_empty()
    }

    /// Ends `id` and everything that is kept of it but its connections, who wait for the receipt.
    pub(super) fn finish(
        &mut self,
        id: CommandId,
        outcome: Outcome,
        journal: &mut Journal,
        at: Offset,
        now: Now,
    ) {
        if let Some(command) = self.in_flight.get_mut(&id) {
            let outcome = journal.finish(command.ticket, outcome, at, now);
            command.stage = Stage::Ended(outcome);
        }
    }

    fn ids(&self, wanted: impl Fn(&InFlight) -> bool) -> Vec<CommandId> {
        self.in_flight
            .iter()
            .filter(|(_, c)| wanted(c))
            .map(|(&id, _)| id)
            .collect()
    }

    /// The keeper started the program. Says whether a kill has waited for it.
    pub fn started(&mut self, journal: &mut Journal, at: Offset, now: Now) -> bool {
        for id in self.ids(|command| matches!(command.stage, Stage::Starting)) {
            self.finish(id, Outcome::Done { seq: Seq(0) }, journal, at, now);
        }
        let kills = self.ids(|command| matches!(command.stage, Stage::UntilStarted));
        for id in &kills {
            if let Some(command) = self.in_flight.get_mut(id) {
                command.stage = Stage::Killing;
            }
        }
        !kills.is_empty()
    }

    /// Says whether the keeper was asked to start the program.
    pub(super) fn is_starting(&self) -> bool {
        let mut stages = self.in_flight.values().map(|command| &command.stage);
        stages.any(|stage| matches!(stage, Stage::Starting))
    }

    /// The keeper could not start the program.
    pub fn start_failed(&mut self, reason: String, journal: &mut Journal, at: Offset, now: Now) {
        for id in self.ids(|c| matches!(c.stage, Stage::Starting | Stage::Clearing)) {
            let outcome = rejected(ErrorCode::SpawnFailed, reason.clone());
            self.finish(id, outcome, journal, at, now);
        }
        for id in self.ids(|command| matches!(command.stage, Stage::UntilStarted)) {
            self.finish(id, Outcome::Done { seq: Seq(0) }, journal, at, now);
        }
    }

    /// Input of the host was written to the program, up to number `written`.
    pub fn input_done(&mut self, written: u64, journal: &mut Journal, at: Offset, now: Now) {
        for id in self.ids(|c| matches!(c.stage, Stage::Typing { number, .. } if number <= written))
        {
            self.finish(id, Outcome::Done { seq: Seq(0) }, journal, at, now);
        }
    }

    /// Says whether input of the host is on its way to the program, or waits for it.
    pub fn has_input(&self) -> bool {
        self.in_flight.values().any(InFlight::is_input)
    }

    /// Returns the oldest command that waits until the agent takes a prompt: its id, whose it is, its name.
    pub(super) fn waiting(&self) -> Option<(CommandId, ClientId, String)> {
        let waits = self.in_flight.iter();
        let waits = waits.filter(|(_, command)| matches!(command.stage, Stage::Waiting));
        let (id, command) = waits.min_by_key(|(_, command)| command.seq)?;
        Some((*id, command.ticket.client, command.body.name().to_owned()))
    }

    /// Returns the answers that wait, the oldest first: ids, whose they are, what they are, until when.
    pub(super) fn waiting_answers(&self) -> Vec<(CommandId, ClientId, CommandBody, Instant)> {
        let waits = self
            .in_flight
            .iter()
            .filter_map(|(id, command)| match command.stage {
                Stage::Until(due) => Some((command.seq, (*id, command, due))),
                _ => None,
            });
        let mut waiting: Vec<_> = waits.collect();
        waiting.sort_by_key(|(seq, _)| *seq);
        let answer = |(id, command, due): (CommandId, &InFlight, Instant)| {
            (id, command.ticket.client, command.body.clone(), due)
        };
        waiting
            .into_iter()
            .map(|(_, waits)| answer(waits))
            .collect()
    }

    /// Lets an answer wait.
    pub(super) fn wait_until(&mut self, id: CommandId, due: Instant) {
        if let Some(command) = self.in_flight.get_mut(&id) {
            command.stage = Stage::Until(due);
        }
    }

    /// The program ended; what it was not given by then it will never be.
    pub fn input_void(&mut self, journal: &mut Journal, at: Offset, now: Now) {
        for id in self.ids(InFlight::is_input) {
            let outcome = rejected(
                ErrorCode::Ended,
                "the program ended before it took the input",
            );
            self.finish(id, outcome, journal, at, now);
        }
    }

    /// Input of the host was not taken.
    pub fn input_refused(
        &mut self,
        refused: u64,
        error: WireError,
        journal: &mut Journal,
        at: Offset,
        now: Now,
    ) {
        for id in self.ids(|c| matches!(c.stage, Stage::Typing { number, .. } if number == refused))
        {
            if error.code != ErrorCode::InputFull {
                let outcome = Outcome::Rejected {
                    error: error.clone(),
                };
                self.finish(id, outcome, journal, at, now);
            } else if let Some(InFlight {
                stage: Stage::Typing { retry_at, .. },
                ..
            }) = self.in_flight.get_mut(&id)
            {
                *retry_at = Some(now.instant + INPUT_RETRY);
            }
        }
    }

    /// Offers input again that the program had no room for, the oldest first.
    pub fn retry_inputs(
        &mut self,
        key: SessionKey,
        source: u128,
        now: Instant,
        effects: &mut Vec<Effect>,
    ) {
        let mut due: Vec<(u64, &[u8])> = Vec::new();
        for command in self.in_flight.values_mut() {
            if let Stage::Typing {
                number,
                bytes,
                retry_at,
            } = &mut command.stage
                && retry_at.is_some_and(|at| at <= now)
            {
                *retry_at = None;
                due.push((*number, bytes));
            }
        }
        due.sort_unstable();
        effects.extend(due.into_iter().map(|(seq, bytes)| {
            Effect::Keeper(Request::Input {
                session: key,
                source,
                seq,
                bytes: bytes.to_vec(),
            })
        }));
    }

    /// Returns when [`Commands::retry_inputs`] is due.
    pub fn next_wake(&self) -> Option<Instant> {
        let due = |command: &InFlight| match command.stage {
            Stage::Typing { retry_at, .. } => retry_at,
            Stage::Until(due) => Some(due),
            _ => None,
        };
        self.in_flight.values().filter_map(due).min()
    }

    /// The keeper has dealt with the oldest signal.
    pub fn signalled(&mut self, journal: &mut Journal, at: Offset, now: Now) {
        let Some((id, problem)) = self.signals.pop_front() else {
            return;
        };
        let outcome = match problem {
            None => Outcome::Done { seq: Seq(0) },
            Some(reason) => rejected(ErrorCode::Ended, reason),
        };
        self.finish(id, outcome, journal, at, now);
    }

    /// The oldest signal was not sent; the keeper's answer to it is still to come.
    pub fn signal_failed(&mut self, problem: &'static str) {
        if let Some(signal) = self.signals.front_mut() {
            signal.1 = Some(problem);
        }
    }

    /// The keeper does not know the session: no signal reaches anybody.
    pub fn no_signals(&mut self, journal: &mut Journal, at: Offset, now: Now) {
        while !self.signals.is_empty() {
            self.signal_failed("the session's program has ended");
            self.signalled(journal, at, now);
        }
    }

    /// The keeper cannot end the session now.
    pub fn kill_declined(&mut self, journal: &mut Journal, at: Offset, now: Now) {
        let killing =
            |command: &InFlight| matches!(command.stage, Stage::Killing | Stage::Clearing);
        for id in self.ids(killing) {
            let reason = "too many sessions are being ended at once; try again";
            self.finish(id, rejected(ErrorCode::TooMany, reason), journal, at, now);
        }
    }

    /// A kill is over.
    pub fn killed(&mut self, survivors: u32, journal: &mut Journal, at: Offset, now: Now) {
        for id in self.ids(|command| matches!(command.stage, Stage::Killing)) {
            let outcome = match survivors {
                0 => Outcome::Done { seq: Seq(0) },
                n => rejected(
                    ErrorCode::Running,
                    format!("{n} processes of the session could not be ended"),
                ),
            };
            self.finish(id, outcome, journal, at, now);
        }
    }

    /// Nobody can know any more how the commands under way ended.
    pub fn interrupt_all(&mut self, journal: &mut Journal, at: Offset, now: Now) {
        self.signals.clear();
        for id in self.ids(|c| !matches!(c.stage, Stage::Accepting | Stage::Ended(_))) {
            self.finish(id, Outcome::Interrupted, journal, at, now);
        }
    }

    /// The session is removed: what was not begun never is, and how the rest ends nobody will know.
    pub(super) fn end_with_session(&mut self, journal: &mut Journal, at: Offset, now: Now) {
        self.signals.clear();
        for id in self.ids(|command| !matches!(command.stage, Stage::Ended(_))) {
            let begun = self.in_flight.get(&id).is_some_and(|command| {
                !matches!(
                    command.stage,
                    Stage::Accepting
                        | Stage::Waiting
                        | Stage::Until(_)
                        | Stage::Clearing
                        | Stage::UntilStarted
                )
            });
            let outcome = match begun {
                true => Outcome::Interrupted,
                false => rejected(ErrorCode::NoSession, "the session was removed"),
            };
            self.finish(id, outcome, journal, at, now);
        }
    }

    /// Forgets a connection: it is told no receipts.
    pub fn remove_conn(&mut self, conn: ConnEpoch) {
        self.in_flight
            .values_mut()
            .for_each(|command| command.conns.retain(|&c| c != conn));
    }

    /// Keeps how a command ended for a repeat that crosses its receipt.
    pub(super) fn remember(&mut self, ticket: Ticket, outcome: Outcome) {
        self.ended.push_back((ticket, outcome));
        let excess = self.ended.len().saturating_sub(ENDED_KEPT);
        self.ended.drain(..excess);
    }

    /// Tells a receipt that is on disk.
    pub fn report(&mut self, receipt: &Receipt, now: Instant, effects: &mut Vec<Effect>) {
        let conns = if receipt.outcome.is_final() {
            self.in_flight.remove(&receipt.id).map(|command| {
                self.latencies
                    .add(now.saturating_duration_since(command.came));
                self.remember(command.ticket, receipt.outcome.clone());
                command.conns
            })
        } else {
            let command = self.in_flight.get(&receipt.id);
            command.map(|command| command.conns.clone())
        };
        for conn in conns.unwrap_or_default() {
            effects.push(Effect::Send(conn, receipt.clone().into()));
        }
    }

    /// Returns the restart that waits for the old program's remains to go, if there is one.
    pub(super) fn clearing(&self) -> Option<CommandId> {
        self.ids(|command| matches!(command.stage, Stage::Clearing))
            .first()
            .copied()
    }
}
