//! Commands about one session, from their coming to their receipt.
//!
//! A command is stored before it is carried out and its outcome is stored before it is told. What
//! cannot be known after a crash is `Interrupted`; nothing is carried out twice.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use agor_keeper::{Request, SessionKey, SignalScope};
use agor_proto::command::{Command, CommandBody, Outcome, Receipt, SignalTarget};
use agor_proto::error::{ErrorCode, WireError};
use agor_proto::event::EventBody;
use agor_proto::ids::{ClientId, CommandId, ConnEpoch, Offset, Seq};
use agor_proto::input::Input;
use agor_proto::session::{Life, SessionSpec};

use super::journal::{Journal, Ticket};
use super::{Effect, Now, Session, agent, is_name, rejected};
use crate::agents::Observation;
use crate::latency::Latencies;
use crate::rules::{Rule, holds};
use crate::storage::StoredReceipt;

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
    signals: VecDeque<(CommandId, Option<&'static str>)>,
    /// The last commands that came to their end: a repeat that crossed its receipt is known by them.
    ended: VecDeque<(Ticket, Outcome)>,
    /// How long commands took, from their coming to their receipt.
    pub(super) latencies: Latencies,
    /// The number of the last input that the keeper was given. It takes a source's input by rising
    /// numbers, so one is given when the input is, not when its command came: a command that waited for its
    /// agent would else overtake one that waits for the disk, and that one would be taken for a repeat.
    inputs: u64,
}

/// A command that has come and has not ended.
#[derive(Debug)]
#[cfg_attr(test, derive(Clone))]
pub(super) struct InFlight {
    ticket: Ticket,
    conns: Vec<ConnEpoch>,
    came: Instant,
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
    fn is_starting(&self) -> bool {
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
        let mut waiting: Vec<_> = self.in_flight.iter().collect();
        waiting.sort_by_key(|(_, command)| command.seq);
        let answers = waiting
            .into_iter()
            .filter_map(|(id, command)| match command.stage {
                Stage::Until(due) => Some((*id, command.ticket.client, command.body.clone(), due)),
                _ => None,
            });
        answers.collect()
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
    fn end_with_session(&mut self, journal: &mut Journal, at: Offset, now: Now) {
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

    /// Tells a receipt that is on disk.
    pub fn report(&mut self, receipt: &Receipt, now: Instant, effects: &mut Vec<Effect>) {
        let conns = if receipt.outcome.is_final() {
            self.in_flight.remove(&receipt.id).map(|command| {
                self.latencies
                    .add(now.saturating_duration_since(command.came));
                self.ended
                    .push_back((command.ticket, receipt.outcome.clone()));
                let excess = self.ended.len().saturating_sub(ENDED_KEPT);
                self.ended.drain(..excess);
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
    fn clearing(&self) -> Option<CommandId> {
        self.ids(|command| matches!(command.stage, Stage::Clearing))
            .first()
            .copied()
    }
}

impl Session {
    /// Takes a command: refuses it, repeats its receipt, or stores it to be carried out.
    #[expect(clippy::too_many_arguments, reason = "what a command comes with")]
    pub(super) fn on_command(
        &mut self,
        conn: ConnEpoch,
        client: ClientId,
        command: Command,
        digest: [u8; 32],
        stored: Option<StoredReceipt>,
        now: Now,
        effects: &mut Vec<Effect>,
    ) {
        let Command { id, n, body } = command;
        let tell = |outcome| Effect::Send(conn, Receipt { id, outcome }.into());
        let reused = || {
            rejected(
                ErrorCode::IdReuse,
                "this command id was used for another command",
            )
        };
        let known = self.commands.in_flight.get_mut(&id);
        if let Some(known) = known.filter(|_| holds(Rule::KnowWhatIsUnderWay)) {
            if known.ticket.digest != digest {
                effects.push(tell(reused()));
            } else if !known.conns.contains(&conn) {
                known.conns.push(conn);
            }
            return;
        }
        let ended = self.commands.ended.iter().find(|(t, _)| t.id == id);
        if let Some((ended, outcome)) = ended.filter(|_| holds(Rule::KnowWhatHasEnded)) {
            let same = ended.digest == digest;
            effects.push(tell(if same { outcome.clone() } else { reused() }));
            return;
        }
        let is_known = |stored: &StoredReceipt| {
            holds(if stored.outcome.is_final() {
                Rule::KnowWhatIsStored
            } else {
                Rule::NeverBeginAgain
            })
        };
        if let Some(stored) = stored.filter(is_known) {
            let outcome = match stored.outcome {
                _ if stored.digest != digest => reused(),
                // Accepted by a host that is no more, and not under way here.
                Outcome::Accepted { .. } => Outcome::Interrupted,
                known => known,
            };
            effects.push(tell(outcome));
            return;
        }
        let ticket = Ticket {
            client,
            id,
            n,
            digest,
        };
        if let Some(error) = self.refuse_unstored(&body) {
            return self.refuse_and_forget(conn, id, error, effects);
        }
        let mut in_flight = InFlight {
            ticket,
            conns: vec![conn],
            came: now.instant,
            body,
            seq: Seq(0),
            stage: Stage::Accepting,
        };
        if let Err(error) = self.check(&in_flight.body) {
            let outcome = Outcome::Rejected { error };
            self.journal.refuse(ticket, outcome.clone());
            in_flight.stage = Stage::Ended(outcome);
            self.commands.in_flight.insert(id, in_flight);
            return;
        }
        if let CommandBody::Create { spec, .. } = &in_flight.body {
            self.be_born(spec.clone(), now);
        }
        if matches!(in_flight.body, CommandBody::Remove { .. }) {
            self.remove(Some(ticket), now, effects);
            self.commands.in_flight.insert(id, in_flight);
            self.make_room_if_stuck(now, effects);
            return;
        }
        let name = in_flight.body.name().to_owned();
        in_flight.seq = self.event(EventBody::Command { id, client, name }, now);
        self.journal.accept(ticket, in_flight.seq);
        self.commands.in_flight.insert(id, in_flight);
        if !holds(Rule::StoreBeforeTelling) {
            let seq = Seq(0);
            effects.push(tell(Outcome::Accepted { seq }));
        }
        if self.why_stuck(false).is_some() || !holds(Rule::StoreBeforeCarryingOut) {
            self.dispatch(id, now, effects);
        }
    }

    /// Says whether a command can be carried out, as far as can be known before.
    pub(super) fn check(&self, body: &CommandBody) -> Result<(), WireError> {
        let error = |code, message: &str| Err(WireError::new(code, message));
        let born = self.born;
        if self.removed || (!born && !matches!(body, CommandBody::Create { .. })) {
            return error(ErrorCode::NoSession, "there is no such session");
        }
        match body {
            CommandBody::Create { .. } if born => {
                error(ErrorCode::BadRequest, "there is a session with this id")
            }
            CommandBody::Create { spec, .. } => self.launcher.check(spec),
            CommandBody::Restart { .. } | CommandBody::Remove { .. } if self.life.alive() => error(
                ErrorCode::Running,
                "the session is running; end it first with `kill`",
            ),
            CommandBody::Restart { .. } if self.commands.clearing().is_some() => error(
                ErrorCode::Running,
                "the session is being started again already",
            ),
            CommandBody::Send { .. }
            | CommandBody::SendWhenIdle { .. }
            | CommandBody::Answer { .. }
            | CommandBody::Signal { .. }
                if !self.life.alive() =>
            {
                error(
                    ErrorCode::Ended,
                    "the session's program has ended; `restart` starts it again",
                )
            }
            CommandBody::Answer { question, .. } => self.check_answer(*question),
            CommandBody::Signal { signal, .. } if !(1..=64).contains(signal) => {
                error(ErrorCode::BadRequest, "a signal is a number from 1 to 64")
            }
            CommandBody::Rename { name, .. } if !is_name(name) => error(
                ErrorCode::BadRequest,
                "the name is too long or holds control characters",
            ),
            CommandBody::StopHost { .. } | CommandBody::Unknown => error(
                ErrorCode::Unsupported,
                "this host does not know that command",
            ),
            _ => Ok(()),
        }
    }

    /// Removes the session with everything, by a command or by itself.
    fn remove(&mut self, ticket: Option<Ticket>, now: Now, effects: &mut Vec<Effect>) {
        self.removed = true;
        let at = self.fold.offset();
        self.commands.end_with_session(&mut self.journal, at, now);
        if self.ring {
            // Something that the program started may still run.
            self.ask_kill(effects);
        }
        self.journal.remove(ticket);
    }

    /// Removes the session unless its program runs, or somebody is about to do something with it.
    pub(super) fn give_itself_up(&mut self, now: Now, effects: &mut Vec<Effect>) {
        let busy = self.life.alive() || !self.commands.is_empty();
        if self.born && !self.removed && !busy && self.why_stuck(false).is_none() {
            self.remove(None, now, effects);
        }
    }

    fn be_born(&mut self, spec: SessionSpec, now: Now) {
        let spec = self.launcher.completed(spec);
        self.born = true;
        self.journal.set_private(spec.private);
        self.name.clone_from(&spec.name);
        self.size = spec.size.clamped();
        self.spec = spec.clone();
        let stall_millis = self.launcher.stall_millis(&self.spec.folder);
        self.agent.set_stall_millis(stall_millis);
        self.life = Life::Starting;
        self.event(EventBody::Created { spec }, now);
        self.store_session();
    }

    /// Carries out a command that is on disk, unless something was done about it before that.
    pub(super) fn dispatch(&mut self, id: CommandId, now: Now, effects: &mut Vec<Effect>) {
        let begins = |it: &&InFlight| {
            matches!(
                it.stage,
                Stage::Accepting | Stage::Waiting | Stage::Until(_)
            )
        };
        let Some(command) = self.commands.in_flight.get(&id).filter(begins) else {
            return;
        };
        if let CommandBody::Answer { question, .. } = command.body
            && !self.may_answer(id, question, now)
        {
            return;
        }
        let is_under_way = self.life.alive() || self.commands.clearing().is_some();
        let Some(command) = self.commands.in_flight.get_mut(&id) else {
            return;
        };
        let at = self.fold.offset();
        let session = self.key;
        match command.body.clone() {
            CommandBody::Create { .. } => {
                command.stage = Stage::Starting;
                self.spawn(effects);
            }
            // Another that came in the same breath was first.
            CommandBody::Restart { .. } if is_under_way => {
                let reason = "the session is being started again already";
                let outcome = rejected(ErrorCode::Running, reason);
                self.commands
                    .finish(id, outcome, &mut self.journal, at, now);
            }
            CommandBody::Restart { .. } => {
                command.stage = Stage::Clearing;
                if self.ring && !self.killing {
                    // Something of the old program may still hold its terminal.
                    self.ask_kill(effects);
                } else {
                    self.go_on_restarting(effects);
                }
            }
            // It ended while the command was on its way to the disk.
            CommandBody::Send { .. }
            | CommandBody::SendWhenIdle { .. }
            | CommandBody::Answer { .. }
                if !self.life.alive() =>
            {
                let reason = "the program ended before it took the input";
                let outcome = rejected(ErrorCode::Ended, reason);
                self.commands
                    .finish(id, outcome, &mut self.journal, at, now);
            }
            CommandBody::SendWhenIdle { .. } if !self.agent.takes_a_prompt(now) => {
                command.stage = Stage::Waiting;
            }
            CommandBody::Send { inputs, .. }
            | CommandBody::SendWhenIdle { inputs, .. }
            | CommandBody::Answer { inputs, .. } => {
                let mut bytes = Vec::new();
                for input in &inputs {
                    match (input, self.fold.terminal()) {
                        // No mode changes what they are.
                        (Input::Raw { bytes: raw }, _) => bytes.extend_from_slice(raw),
                        (input, Some(terminal)) => terminal.encode(input, &mut bytes),
                        (_, None) => {}
                    }
                }
                if bytes.len() > agor_keeper::caps::INPUT_BYTES {
                    let reason = format!(
                        "the text takes {} bytes; the limit of one `send` is {}",
                        bytes.len(),
                        agor_keeper::caps::INPUT_BYTES
                    );
                    let outcome = rejected(ErrorCode::BadRequest, reason);
                    self.commands
                        .finish(id, outcome, &mut self.journal, at, now);
                    return;
                }
                self.commands.inputs += 1;
                let (source, seq) = (self.launcher.source(), self.commands.inputs);
                command.stage = Stage::Typing {
                    number: seq,
                    bytes: bytes.clone(),
                    retry_at: None,
                };
                if matches!(command.body, CommandBody::SendWhenIdle { .. }) {
                    self.agent.prompted(now);
                }
                if inputs.iter().any(agent::interrupts) {
                    self.observe_now(Observation::Interrupted, now);
                }
                effects.push(Effect::Keeper(Request::Input {
                    session,
                    source,
                    seq,
                    bytes,
                }));
            }
            CommandBody::Signal { signal, to, .. } => {
                command.stage = Stage::Signalling;
                self.commands.signals.push_back((id, None));
                let scope = match to {
                    SignalTarget::Foreground => SignalScope::Foreground,
                    SignalTarget::Leader => SignalScope::Leader,
                    SignalTarget::All => SignalScope::All,
                };
                effects.push(Effect::Keeper(Request::Signal {
                    session,
                    signal,
                    scope,
                }));
                // The keeper says nothing about a signal that it sent; it answers in order.
                effects.push(Effect::Keeper(Request::AskState { session }));
            }
            CommandBody::Kill { .. } => {
                // What would start behind its back is not what was asked for last.
                if let Some(restart) = self.commands.clearing() {
                    let reason = "the session was killed before its command was started again";
                    let outcome = rejected(ErrorCode::Ended, reason);
                    self.commands
                        .finish(restart, outcome, &mut self.journal, at, now);
                }
                let starting = self.commands.is_starting();
                let Some(command) = self.commands.in_flight.get_mut(&id) else {
                    return;
                };
                if self.ring {
                    command.stage = Stage::Killing;
                    self.ask_kill(effects);
                } else if starting {
                    command.stage = Stage::UntilStarted;
                } else {
                    let done = Outcome::Done { seq: Seq(0) };
                    self.commands.finish(id, done, &mut self.journal, at, now);
                }
            }
            CommandBody::Rename { name, .. } => {
                self.name.clone_from(&name);
                self.event(EventBody::Renamed { name }, now);
                self.store_session();
                let done = Outcome::Done { seq: Seq(0) };
                self.commands.finish(id, done, &mut self.journal, at, now);
            }
            CommandBody::Seen { .. } => {
                self.observe_now(Observation::Seen, now);
                let done = Outcome::Done { seq: Seq(0) };
                self.commands.finish(id, done, &mut self.journal, at, now);
            }
            CommandBody::Remove { .. } | CommandBody::StopHost { .. } | CommandBody::Unknown => {}
        }
    }

    /// Takes the next step of a restart: the old ring goes first, with everything in it on disk.
    pub(super) fn go_on_restarting(&mut self, effects: &mut Vec<Effect>) {
        let Some(id) = self.commands.clearing() else {
            return;
        };
        if self.ring || self.killing {
            // `Closed` comes with what is left in the ring; the ring is forgotten after it.
            return;
        }
        if let Some(command) = self.commands.in_flight.get_mut(&id) {
            command.stage = Stage::Starting;
        }
        self.life = Life::Starting;
        self.spawn(effects);
    }

    pub(super) fn spawn(&mut self, effects: &mut Vec<Effect>) {
        // One that is wanted from now on is asked for when the program is there.
        let size = self.wanted_size.take().unwrap_or(self.size);
        let (at, cwd) = (self.fold.offset(), self.start_folder());
        let mut spec = self.launcher.spawn(self.key, &self.spec, cwd, size, at);
        self.prepare_agent(&mut spec, effects);
        effects.push(Effect::Keeper(Request::Spawn(spec)));
        self.change();
    }
}
