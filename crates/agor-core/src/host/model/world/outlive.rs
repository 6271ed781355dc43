//! What of a client outlives it: the commands that it has written down.

use std::collections::VecDeque;

use super::super::ledger::Wrong;
use super::{Client, World};
use crate::client::connection;
use crate::storage::{Change, Kept};

impl World {
    pub(super) fn write_down(&mut self, at: usize) -> Result<(), Wrong> {
        let client = &mut self.clients[at];
        let (Some(change), Some(kept)) = (client.keeping.pop_front(), &mut client.kept) else {
            return Ok(());
        };
        match change {
            Change::Strike(id) => {
                kept.retain(|kept| kept.command.id != id);
                self.print_client(at);
                Ok(())
            }
            Change::Write(new) => {
                let (id, stage) = (new.command.id, new.stage);
                match kept.iter_mut().find(|kept| kept.command.id == id) {
                    Some(known) => *known = new,
                    None => kept.push(new),
                }
                self.client_on(at, connection::Event::Kept { id, stage })
            }
        }
    }

    /// Ends a client whatever it was doing. Another goes on with its script, and one carries on with what it kept
    /// (in its place, if there is nothing else to do there).
    pub(super) fn die(&mut self, at: usize) -> Result<(), Wrong> {
        self.let_go(at);
        let client = &mut self.clients[at];
        let (id, kept) = (client.id, client.kept.take());
        let script = std::mem::take(&mut client.script);
        let orders = |kept: &Vec<Kept>| kept.iter().map(|kept| kept.command.id).collect::<Vec<_>>();
        self.ledger.died(id, kept.as_ref().map(orders).as_deref());
        let keeps = kept.is_some();
        let left = kept.filter(|kept| !kept.is_empty());
        let heir = left.map(|kept| Client::of(id, VecDeque::new(), Some(kept)));
        let mut begin = vec![at];
        match heir {
            Some(heir) if script.is_empty() => self.clients[at] = heir,
            heir => {
                self.numbers += 1;
                self.clients[at] = Client::new(0x80 + self.numbers, script, keeps);
                begin.extend(heir.as_ref().map(|_| self.clients.len()));
                self.clients.extend(heir);
            }
        }
        for at in begin {
            self.client_on(at, connection::Event::Start)?;
        }
        Ok(())
    }
}
