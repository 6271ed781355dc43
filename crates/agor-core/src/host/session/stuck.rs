//! What becomes of commands while the store can store nothing: nobody is kept waiting for a disk.
//!
//! What would have to be stored before it is carried out is refused at once and leaves no trace on the disk; that
//! it was refused is kept in memory (`refusals.rs`), so that its repeat is not carried out when there is room.
//! A removal deletes the session's files first and is then stored in the room that they leave.
//! Ending programs needs no disk, so a kill is carried out, and told before it is stored: a host
//! that dies meanwhile finds the program ended or still there to be ended. Output waits in the ring.

use std::time::{Duration, Instant};

use agor_proto::command::{CommandBody, Outcome, Receipt};
use agor_proto::error::{ErrorCode, WireError};
use agor_proto::event::EventBody;
use agor_proto::ids::{CommandId, ConnEpoch, Seq};
use agor_proto::session::Life;

use super::commands::Stage;
use super::journal::Ticket;
use super::{Effect, Now, Session};
use crate::rules::{Rule, holds};
use crate::storage::{StoreError, StoredReceipt};

/// How long a removal may wait for the room that it makes.
const REMOVAL_PATIENCE: Duration = Duration::from_secs(2);

impl Session {
    /// Says that the store cannot store for now, or that it can again.
    pub(super) fn on_storage(
        &mut self,
        problem: Option<StoreError>,
        now: Now,
        effects: &mut Vec<Effect>,
    ) {
        self.storage_problem = problem;
        let Some(error) = self.why_stuck(false) else {
            return;
        };
        for id in self.commands.not_begun() {
            self.give_up(id, &error, now, effects);
        }
    }

    /// Returns why a command for which something must be stored cannot be carried out now.
    /// `private` says that it makes a private session.
    pub(super) fn why_stuck(&self, private: bool) -> Option<WireError> {
        let problem = self.storage_problem.as_ref()?;
        if private || self.spec.private {
            return None;
        }
        let message = format!("the command was not carried out: {problem}");
        Some(WireError::new(ErrorCode::Storage, message))
    }

    /// Returns why a new command cannot be taken now, if nothing of it must be stored to say so.
    pub(super) fn why_unstored(&self, body: &CommandBody) -> Option<WireError> {
        let private =
            matches!(body, CommandBody::Create { spec, .. } if self.launcher.is_private(spec));
        let stuck = self.why_stuck(private)?;
        match self.check(body) {
            Err(error) => Some(error),
            // One needs no disk, the other makes room.
            Ok(()) if matches!(body, CommandBody::Kill { .. } | CommandBody::Remove { .. }) => None,
            Ok(()) => Some(stuck),
        }
    }

    /// Has the session's files deleted first, so that there is room to store that it is removed: its
    /// person wants neither any more.
    pub(super) fn make_room_if_stuck(&mut self, now: Now, effects: &mut Vec<Effect>) {
        if self.why_stuck(false).is_some() {
            effects.push(Effect::MakeRoom);
            self.removal_due = Some(now.instant + REMOVAL_PATIENCE);
        }
    }

    /// Tells who waits for a removal for which there is no room all the same that nobody can say when
    /// it happens.
    pub(super) fn tell_late_removal(&mut self, now: Now) {
        if self.removal_due.is_none_or(|due| now.instant < due) {
            return;
        }
        self.removal_due = None;
        if self.why_stuck(false).is_some() {
            for id in self.commands.not_begun() {
                self.commands.end_unstored(id, Outcome::Interrupted);
            }
        }
    }

    /// Tells the outcomes that would wait for the disk.
    pub(super) fn tell_unstored(&mut self, now: Now, effects: &mut Vec<Effect>) {
        if self.why_stuck(false).is_some() {
            self.commands.report_unstored(now.instant, effects);
        }
    }

    /// Deals with a command that was on its way to the disk, or waits for it.
    fn give_up(&mut self, id: CommandId, error: &WireError, now: Now, effects: &mut Vec<Effect>) {
        let refused = Outcome::Rejected {
            error: error.clone(),
        };
        let at = self.fold.offset();
        match self.commands.body(id) {
            Some(CommandBody::Kill { .. }) => self.dispatch(id, now, effects),
            // It happens as soon as there is room, and not before; nobody can say when.
            Some(CommandBody::Remove { .. }) => {
                self.commands.end_unstored(id, Outcome::Interrupted)
            }
            Some(CommandBody::Create { .. }) => {
                let reason = error.message.clone();
                self.life = Life::Failed {
                    reason: reason.clone(),
                };
                self.event(EventBody::Failed { reason }, now);
                self.store_session();
                self.waits.ended(&self.life, effects);
                self.commands
                    .finish(id, refused, &mut self.journal, at, now);
            }
            Some(_) => {
                self.commands
                    .finish(id, refused, &mut self.journal, at, now);
            }
            None => {}
        }
    }

    /// Tells a connection that its command was refused, of which nothing can be stored. Of a session that was to
    /// be made by it nothing is left.
    pub(super) fn refuse_unstored(
        &mut self,
        conn: ConnEpoch,
        ticket: Ticket,
        error: WireError,
        effects: &mut Vec<Effect>,
    ) {
        let (id, outcome) = (ticket.id, Outcome::Rejected { error });
        if holds(Rule::KnowWhatWasRefused) {
            // A repeat may be behind it already, and one may come when this session is long gone.
            self.commands.remember(ticket, outcome.clone());
            effects.push(Effect::KeepRefusal(StoredReceipt {
                client: ticket.client,
                id,
                n: ticket.n,
                digest: ticket.digest,
                session: Some(self.id),
                seq: Seq(0),
                outcome: outcome.clone(),
            }));
        }
        effects.push(Effect::Send(conn, Receipt { id, outcome }.into()));
        if !self.born && self.commands.is_empty() {
            effects.push(Effect::Gone);
        }
    }
}

impl Stage {
    /// Says whether nothing was done for the command yet that the store does not know of.
    fn not_begun(&self) -> bool {
        matches!(self, Self::Accepting | Self::Clearing)
    }
}

impl super::Commands {
    /// Returns the commands for which nothing was done yet, in the order in which they came.
    fn not_begun(&self) -> Vec<CommandId> {
        let mut commands: Vec<_> = self
            .in_flight
            .iter()
            .filter(|(_, command)| command.stage.not_begun())
            .map(|(&id, command)| (command.seq, id))
            .collect();
        commands.sort_unstable();
        commands.into_iter().map(|(_, id)| id).collect()
    }

    fn body(&self, id: CommandId) -> Option<CommandBody> {
        self.in_flight.get(&id).map(|command| command.body.clone())
    }

    /// Gives a command an outcome that is told and not stored.
    fn end_unstored(&mut self, id: CommandId, outcome: Outcome) {
        if let Some(command) = self.in_flight.get_mut(&id) {
            command.stage = Stage::Ended(outcome);
        }
    }

    /// Tells every outcome that is on its way to the disk. What took effect in the store alone has
    /// not taken effect: nobody can say whether it will.
    fn report_unstored(&mut self, now: Instant, effects: &mut Vec<Effect>) {
        let ended = |(&id, command): (&CommandId, &super::commands::InFlight)| match &command.stage
        {
            Stage::Ended(Outcome::Done { .. })
                if super::dispatch::changes_the_store_alone(&command.body) =>
            {
                Some((id, Outcome::Interrupted))
            }
            Stage::Ended(outcome) => Some((id, outcome.clone())),
            _ => None,
        };
        let ended: Vec<_> = self.in_flight.iter().filter_map(ended).collect();
        for (id, outcome) in ended {
            self.report(&Receipt { id, outcome }, now, effects);
        }
    }
}
