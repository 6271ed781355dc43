//! Commands on their way: kept until their final receipt, sent again over every new connection
//! with the same id, in the order in which they were given.
//!
//! Those of a client that is to outlive its process (a window) are written down before they are sent, and
//! struck out with their end; whoever carries on when it dies (`heirs.rs`) begins with what is written.
//! Such a client may also be away for hours: what has waited too long then is not sent any more, but told.

use std::collections::VecDeque;
use std::time::Duration;

use agor_proto::command::{Command, CommandBody, Outcome, Receipt};
use agor_proto::error::{ErrorCode, WireError};
use agor_proto::ids::{CommandId, CommandN};
use agor_proto::limits::OUTBOX_MAX;
use agor_proto::message::Message;

use super::typing::REPLAY_WITHOUT_ASKING;
use crate::rules::{Rule, holds};
use crate::storage::{Change, Kept, Stage};

/// How long ago a command that the host has not accepted may have been given to be sent over another link, if its
/// client may be away for longer than a person waits. What is typed makes sense for
/// [`REPLAY_WITHOUT_ASKING`] alone.
pub const SENT_AGAIN_WITHIN: Duration = Duration::from_mins(10);

/// See the module.
#[derive(Debug, Default)]
#[cfg_attr(test, derive(Clone))]
pub struct Outbox {
    entries: VecDeque<Entry>,
    last: CommandN,
}

#[derive(Debug)]
#[cfg_attr(test, derive(Clone))]
struct Entry {
    kept: Kept,
    /// Whether it is written down.
    written_down: bool,
    /// Whether its stage is on its way to the disk, and it waits for that to be sent.
    writing: bool,
    /// Whether it was sent over this link.
    sent_here: bool,
}

/// What a client knows of a command whose end it will not hear.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It never left the client.
    NotSent,
    /// It was sent, or a client that died may have sent it.
    Uncertain,
}

/// What is to be done.
#[derive(Debug, Default)]
pub struct Out {
    /// Written down, in this order.
    pub changes: Vec<Change>,
    /// Sent, in this order.
    pub messages: Vec<Message>,
    /// Told: what is not kept any more.
    pub given_up: Vec<(CommandId, Fate)>,
}

impl Outbox {
    /// Returns one that goes on with what a client that died had written down.
    pub fn of(kept: Vec<Kept>) -> Self {
        let last = kept.iter().map(|kept| kept.command.n).max();
        let entry = |kept| Entry {
            kept,
            written_down: true,
            writing: false,
            sent_here: false,
        };
        Self {
            entries: kept.into_iter().map(entry).collect(),
            last: last.unwrap_or_default(),
        }
    }

    /// Takes a command that is given now, or says why not. One that is `written_down` is sent when it is.
    pub fn add(
        &mut self,
        id: CommandId,
        body: CommandBody,
        written_down: bool,
        now_micros: u64,
        ready: bool,
    ) -> Result<Out, Receipt> {
        if self.entries.len() >= OUTBOX_MAX {
            let error = WireError::new(
                ErrorCode::TooMany,
                format!("{OUTBOX_MAX} commands wait for the host already"),
            );
            return Err(Receipt {
                id,
                outcome: Outcome::Rejected { error },
            });
        }
        self.last = self.last.next();
        let n = self.last;
        let kept = Kept {
            command: Command { id, n, body },
            given_micros: now_micros,
            stage: Stage::Queued,
        };
        let mut out = Out::default();
        if written_down && !ready {
            out.changes.push(Change::Write(kept.clone()));
        }
        self.entries.push_back(Entry {
            kept,
            written_down,
            writing: written_down && !ready,
            sent_here: false,
        });
        if ready {
            self.send(&mut out);
        }
        Ok(out)
    }

    /// Notes that a stage of a command is on disk.
    pub fn written(&mut self, id: CommandId, stage: Stage, ready: bool) -> Out {
        let mut out = Out::default();
        let mut entries = self.entries.iter_mut();
        if let Some(entry) = entries.find(|entry| entry.kept.command.id == id)
            && entry.kept.stage == stage
        {
            entry.writing = false;
        }
        if ready {
            self.send(&mut out);
        }
        out
    }

    /// Returns what a new connection begins with.
    pub fn greeted(&mut self, now_micros: u64) -> Out {
        let mut out = Out::default();
        self.entries.retain(|entry| {
            let keeps = !entry.is_too_old(now_micros);
            if !keeps {
                let id = entry.kept.command.id;
                out.changes.push(Change::Strike(id));
                out.given_up.push((id, entry.fate()));
            }
            keeps
        });
        for entry in &mut self.entries {
            entry.sent_here &= !holds(Rule::SendAgain);
        }
        self.send(&mut out);
        if !holds(Rule::SendInOrder) {
            out.messages.reverse();
        }
        out
    }

    /// Sends, in order, what was not sent over this link and need not be written down first.
    fn send(&mut self, out: &mut Out) {
        let mut waits = false;
        for entry in &mut self.entries {
            if entry.sent_here {
                continue;
            }
            if !entry.writing && entry.kept.stage == Stage::Queued {
                entry.kept.stage = Stage::Sent;
                if entry.written_down {
                    out.changes.push(Change::Write(entry.kept.clone()));
                    entry.writing = holds(Rule::WriteDownBeforeSending);
                }
            }
            waits |= entry.writing;
            if !waits {
                entry.sent_here = true;
                out.messages.push(entry.kept.command.clone().into());
            }
        }
    }

    /// Takes a receipt; says whether it is about a command that waits for one, and what to do.
    pub fn on_receipt(&mut self, receipt: &Receipt) -> (bool, Option<Change>) {
        let of = |entry: &Entry| entry.kept.command.id == receipt.id;
        let Some(at) = self.entries.iter().position(of) else {
            return (false, None);
        };
        let entry = &mut self.entries[at];
        let was = std::mem::replace(&mut entry.kept.stage, Stage::Accepted);
        let is_final = receipt.outcome.is_final();
        let change = match entry.written_down {
            true if is_final || !holds(Rule::StrikeOutAtTheEnd) => Some(Change::Strike(receipt.id)),
            true if was != Stage::Accepted => Some(Change::Write(entry.kept.clone())),
            _ => None,
        };
        if is_final {
            self.entries.remove(at);
        }
        (true, change)
    }

    /// Returns how those stand whose end nobody hears any more. What is written down stays so.
    pub fn end(&self) -> Vec<(CommandId, Fate)> {
        let fate = |entry: &Entry| (entry.kept.command.id, entry.fate());
        self.entries.iter().map(fate).collect()
    }
}

impl Entry {
    fn fate(&self) -> Fate {
        match self.kept.stage {
            Stage::Sent | Stage::Accepted if !self.writing => Fate::Uncertain,
            _ => Fate::NotSent,
        }
    }

    /// Says whether it makes no sense any more to begin with it. What the host has accepted is begun with.
    fn is_too_old(&self, now_micros: u64) -> bool {
        let age = Duration::from_micros(now_micros.saturating_sub(self.kept.given_micros));
        let limit = match self.kept.command.body {
            CommandBody::Send { .. } | CommandBody::SendWhenIdle { .. } => REPLAY_WITHOUT_ASKING,
            _ => SENT_AGAIN_WITHIN,
        };
        self.written_down && self.kept.stage != Stage::Accepted && age > limit
    }
}
