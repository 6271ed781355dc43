//! Commands on their way: kept until their final receipt, sent again over every new connection
//! with the same id, in the order in which they were given.

use std::collections::VecDeque;

use agor_proto::command::{Command, CommandBody, Outcome, Receipt};
use agor_proto::error::{ErrorCode, WireError};
use agor_proto::ids::{CommandId, CommandN};
use agor_proto::message::Message;

use crate::rules::{Rule, holds};

/// Commands without a final receipt; beyond it one is rejected at once with `TooMany`.
pub const OUTBOX_MAX: usize = 1_024;

/// See the module.
#[derive(Debug, Default)]
#[cfg_attr(test, derive(Clone))]
pub struct Outbox {
    commands: VecDeque<Command>,
    last: CommandN,
}

impl Outbox {
    /// Takes a command, or says why not.
    pub fn add(&mut self, id: CommandId, body: CommandBody) -> Result<Message, Receipt> {
        if self.commands.len() >= OUTBOX_MAX {
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
        let command = Command {
            id,
            n: self.last,
            body,
        };
        self.commands.push_back(command.clone());
        Ok(command.into())
    }

    /// Returns everything that a new connection must carry.
    pub fn all(&self) -> Vec<Message> {
        let all = || self.commands.iter().cloned().map(Message::from);
        match (holds(Rule::SendAgain), holds(Rule::SendInOrder)) {
            (true, true) => all().collect(),
            (true, false) => all().rev().collect(),
            (false, _) => Vec::new(),
        }
    }

    /// Takes a receipt; says whether it is about a command that waits for one.
    pub fn on_receipt(&mut self, receipt: &Receipt) -> bool {
        let Some(at) = self.commands.iter().position(|c| c.id == receipt.id) else {
            return false;
        };
        if receipt.outcome.is_final() {
            self.commands.remove(at);
        }
        true
    }
}
