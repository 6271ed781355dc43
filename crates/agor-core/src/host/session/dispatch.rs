//! What a session does about a command: takes it, sees whether it can be, carries it out. How far each is, is kept
//! in `commands.rs`.

use agor_keeper::{Request, SignalScope};
use agor_proto::command::{Command, CommandBody, Outcome, Receipt, SignalTarget};
use agor_proto::error::{ErrorCode, WireError};
use agor_proto::event::EventBody;
use agor_proto::ids::{ClientId, CommandId, ConnEpoch, Seq};
use agor_proto::input::Input;
use agor_proto::session::{Life, SessionSpec};

use super::commands::{InFlight, Stage};
use super::journal::Ticket;
use super::{Effect, Now, Session, agent, is_name, rejected};
use crate::agents::Observation;
use crate::rules::{Rule, holds};
use crate::storage::StoredReceipt;

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
        if let Some(error) = self.why_unstored(&body) {
            return self.refuse_unstored(conn, ticket, error, effects);
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
        let by_storing = self.is_carried_out_by_storing_it(&in_flight.body);
        if !by_storing {
            self.journal.accept(ticket, in_flight.seq);
        }
        self.commands.in_flight.insert(id, in_flight);
        if !holds(Rule::StoreBeforeTelling) {
            let seq = Seq(0);
            effects.push(tell(Outcome::Accepted { seq }));
        }
        let unstored = self.why_stuck(false).is_some() || !holds(Rule::StoreBeforeCarryingOut);
        if by_storing || unstored {
            self.dispatch(id, now, effects);
        }
    }

    /// Says whether a command changes nothing but what is stored: then the transaction that stores it can have
    /// its effect and its end too, and it is either done or was never heard of. What came before it and
    /// is still to be begun goes first.
    fn is_carried_out_by_storing_it(&self, body: &CommandBody) -> bool {
        changes_the_store_alone(body) && !self.journal.is_accepting()
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
            CommandBody::Answer {
                question, inputs, ..
            } => self.check_answer(*question, inputs),
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
        if let CommandBody::Answer {
            question, inputs, ..
        } = &command.body
        {
            let (question, inputs) = (*question, inputs.clone());
            if !self.may_answer(id, (question, &inputs[..]), now) {
                return;
            }
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
                let ends = agent::is_to_end(signal);
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
                if ends {
                    self.observe_now(Observation::AskedToEnd, now);
                }
            }
            CommandBody::Kill { .. } => {
                self.observe_now(Observation::AskedToEnd, now);
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

/// Says whether all that a command does is stored: no program hears of it.
pub(super) fn changes_the_store_alone(body: &CommandBody) -> bool {
    matches!(body, CommandBody::Rename { .. } | CommandBody::Seen { .. })
}
