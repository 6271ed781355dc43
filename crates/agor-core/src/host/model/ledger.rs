//! What a model knows of what it did, beside the code that it drives: enough to say that something
//! was lost, doubled, out of order or done by somebody who may not.

use std::collections::BTreeMap;

use agor_proto::command::Outcome;
use agor_proto::event::{Event, EventBody};
use agor_proto::ids::{ClientId, CommandId, InputSeq, LeaseToken, Seq};
use agor_proto::message::{InputFrame, Subscribed};

use super::world::What;
use crate::client::outbox::Fate;

/// What is wrong, in a sentence.
pub type Wrong = String;

/// Says what is wrong unless `right`.
pub fn must(right: bool, wrong: impl FnOnce() -> Wrong) -> Result<(), Wrong> {
    if right { Ok(()) } else { Err(wrong()) }
}

/// A command that a client gave.
#[derive(Debug, Clone)]
pub struct Order {
    pub client: ClientId,
    pub what: What,
    /// How often it took effect.
    pub done: u32,
    /// What its client was told last.
    pub told: Option<Outcome>,
    /// What its client was told instead of its end.
    pub given_up: Option<Fate>,
    /// Whether its client kept its commands and died before this one was.
    pub never_given: bool,
    /// Whether it was refused on a full disk, by any host.
    pub refused: bool,
    /// Whether the host lives that refused it. When it has died, a client that did not hear of it asks again, and
    /// the command has its turn then.
    pub remembered: bool,
}

/// What a client was told and typed.
#[derive(Debug, Clone, Default)]
pub struct Account {
    /// Whether it follows the session.
    pub follows: bool,
    /// Whether its connection is up, as far as it was told.
    pub ready: bool,
    /// The next event that it must be told.
    pub next_event: u64,
    /// How many inputs it typed.
    pub typed: u64,
    /// Up to which its inputs need not arrive: refused, or given up by itself.
    pub void: u64,
    /// Whether it was told last that it drives.
    pub drives: bool,
}

impl Account {
    fn begun() -> Self {
        Self {
            next_event: 1,
            ..Self::default()
        }
    }
}

/// See the module.
#[derive(Debug, Clone, Default)]
pub struct Ledger {
    pub orders: BTreeMap<CommandId, Order>,
    pub accounts: BTreeMap<ClientId, Account>,
    /// Who holds the lease by the last word that was sent of it.
    pub driver: Option<(ClientId, LeaseToken)>,
    /// The last input of each source that the program was given.
    pub given: BTreeMap<u128, Vec<u64>>,
    /// Whether a host died.
    pub crashed: bool,
}

impl Ledger {
    /// Notes that a command took effect.
    pub fn done(&mut self, id: CommandId) -> Result<(), Wrong> {
        let Some(order) = self.orders.get_mut(&id) else {
            return Err(format!("command {id} was carried out and never given"));
        };
        order.done += 1;
        must(order.done == 1, || {
            format!("command {id} was carried out twice")
        })?;
        must(!order.never_given, || {
            format!("command {id} was carried out and nobody asks what became of it")
        })?;
        must(order.given_up != Some(Fate::NotSent), || {
            format!("command {id} was carried out after its client was told that it was not sent")
        })?;
        let rejected = matches!(order.told, Some(Outcome::Rejected { .. }));
        must(!rejected, || {
            format!("command {id} was carried out after its client was told that it was not")
        })?;
        must(!order.remembered, || {
            format!("command {id} was carried out after it was refused")
        })?;
        let (client, what, refused) = (order.client, order.what, order.refused);
        let later = self
            .orders
            .range(id..)
            .skip(1)
            .find(|(_, later)| later.client == client && later.what == what && later.done > 0);
        must(later.is_none() || refused, || {
            format!("command {id} was carried out after a later one")
        })
    }

    /// Returns the command that did something that shows its number.
    pub fn by_number(&self, number: u8) -> CommandId {
        CommandId([number; 16])
    }

    /// Checks events that go to disk behind `stored`.
    pub fn stored(&mut self, stored: &[Event], events: &[Event]) -> Result<(), Wrong> {
        for (next, event) in (stored.len() as u64 + 1..).zip(events) {
            must(event.seq.0 == next, || {
                format!("event {next} is stored as {}", event.seq)
            })?;
            if let EventBody::Renamed { name } = &event.body {
                let number = name.parse().map_err(|_| format!("renamed {name:?}"))?;
                self.done(self.by_number(number))?;
            }
        }
        Ok(())
    }

    /// Checks a receipt that the host sends, against what is on its disk.
    pub fn receipt_sent(
        &mut self,
        id: CommandId,
        outcome: &Outcome,
        stored: &[Event],
        full: bool,
    ) -> Result<(), Wrong> {
        let crashed = self.crashed;
        let Some(order) = self.orders.get_mut(&id) else {
            return Err(format!("a receipt for {id}, which was never given"));
        };
        let known =
            |event: &Event| matches!(event.body, EventBody::Command { id: it, .. } if it == id);
        let refused = matches!(outcome, Outcome::Rejected { .. });
        order.refused |= refused;
        order.remembered |= refused;
        match outcome {
            Outcome::Accepted { .. } => must(stored.iter().any(known), || {
                format!("command {id} is acknowledged and not stored")
            }),
            Outcome::Done { .. } => must(order.done == 1, || {
                format!(
                    "command {id} is said to be done, and {} times was",
                    order.done
                )
            }),
            Outcome::Rejected { .. } => must(order.done == 0 && full, || {
                format!(
                    "command {id} is rejected; it was carried out {} times",
                    order.done
                )
            }),
            Outcome::Interrupted => must(crashed || full, || {
                format!("command {id} was interrupted by nothing")
            }),
        }
    }

    /// Checks a receipt that a client is told.
    pub fn receipt_told(&mut self, id: CommandId, outcome: Outcome) -> Result<(), Wrong> {
        let Some(order) = self.orders.get_mut(&id) else {
            return Err(format!("told of {id}, which was never given"));
        };
        let ended = order.told.as_ref().is_some_and(Outcome::is_final);
        must(!ended, || format!("told of {id} after its end"))?;
        order.told = Some(outcome);
        Ok(())
    }

    /// Checks what a client is told of a command whose end it will not hear.
    pub fn given_up(&mut self, id: CommandId, fate: Fate) -> Result<(), Wrong> {
        let Some(order) = self.orders.get_mut(&id) else {
            return Err(format!("told of {id}, which was never given"));
        };
        order.given_up = Some(fate);
        must(order.done == 0 || fate == Fate::Uncertain, || {
            format!("command {id} was carried out and is said not to have been sent")
        })
    }

    /// Notes that the host died.
    pub fn host_died(&mut self) {
        self.crashed = true;
        for order in self.orders.values_mut() {
            order.remembered = false;
        }
    }

    /// Notes that a client died, and of which of its commands somebody knows, if it kept them. Whoever carries on
    /// with those knows nothing else of it.
    pub fn died(&mut self, client: ClientId, kept: Option<&[CommandId]>) {
        let Some(kept) = kept else { return };
        self.accounts.insert(client, Account::begun());
        for (id, order) in &mut self.orders {
            let ended = order.told.as_ref().is_some_and(Outcome::is_final);
            if order.client != client {
                continue;
            }
            if kept.contains(id) {
                order.told = None;
            } else if !ended && order.given_up.is_none() {
                order.never_given = true;
            }
        }
    }

    /// Checks an input that the host hands to the keeper.
    pub fn typed_by(&self, client: ClientId, frame: Option<&InputFrame>) -> Result<(), Wrong> {
        let token = frame.map(|frame| frame.token);
        let drives =
            self.driver.map(|(driver, token)| (driver, Some(token))) == Some((client, token));
        must(drives, || {
            format!(
                "{client} types with {token:?} while {:?} drives",
                self.driver
            )
        })
    }

    /// Notes that the program was given an input.
    pub fn given(&mut self, source: u128, seq: u64) -> Result<(), Wrong> {
        let given = self.given.entry(source).or_default();
        let last = given.last().copied().unwrap_or(0);
        given.push(seq);
        must(seq > last, || {
            format!("input {seq} of {source:x} is given after {last}")
        })
    }

    /// Checks from where on a client is told events.
    pub fn subscribed(&mut self, client: ClientId, subscribed: &Subscribed) -> Result<(), Wrong> {
        let next = self.account(client).next_event;
        must(subscribed.from == Seq(next), || {
            format!(
                "{client} was told up to {next} and is told on from {}",
                subscribed.from
            )
        })
    }

    /// Checks events that a client is told, against those that are stored.
    pub fn events_told(
        &mut self,
        client: ClientId,
        events: &[Event],
        stored: &[Event],
    ) -> Result<(), Wrong> {
        for event in events {
            let next = self.account(client).next_event;
            must(event.seq == Seq(next), || {
                format!("{client} is told event {} where {next} follows", event.seq)
            })?;
            must(stored.get(event.seq.0 as usize - 1) == Some(event), || {
                format!(
                    "{client} is told event {}, which is not stored so",
                    event.seq
                )
            })?;
            self.account(client).next_event += 1;
        }
        Ok(())
    }

    /// Returns what is known of a client.
    pub fn account(&mut self, client: ClientId) -> &mut Account {
        self.accounts.entry(client).or_insert_with(Account::begun)
    }

    /// Notes a command as a client gives it.
    pub fn ordered(&mut self, id: CommandId, client: ClientId, what: What) {
        let order = Order {
            client,
            what,
            done: 0,
            told: None,
            given_up: None,
            never_given: false,
            refused: false,
            remembered: false,
        };
        self.orders.insert(id, order);
    }

    /// Checks what must be true of `client` when nothing more happens.
    pub fn at_rest(&self, client: ClientId, stored: &[Event]) -> Result<(), Wrong> {
        let Some(account) = self.accounts.get(&client) else {
            return Ok(());
        };
        must(account.ready, || format!("{client} is not connected"))?;
        let next = stored.len() as u64 + 1;
        must(!account.follows || account.next_event == next, || {
            format!(
                "{client} is told up to {} of {}",
                account.next_event - 1,
                next - 1
            )
        })?;
        let open = self.orders.iter().find(|(_, order)| {
            let told = order.told.as_ref().is_some_and(Outcome::is_final);
            let told = told || order.given_up.is_some() || order.never_given;
            order.client == client && !told
        });
        must(open.is_none(), || {
            format!("{client} never hears how this ended: {open:?}")
        })?;
        let given = self.given.get(&u128::from_be_bytes(client.0));
        let arrived = |seq: &u64| given.is_some_and(|given| given.contains(seq));
        let lost = (account.void + 1..=account.typed).find(|seq| !arrived(seq));
        must(!account.drives || lost.is_none(), || {
            format!("{client} drives and its input {lost:?} never arrived")
        })
    }
}

/// Returns the last input that a refusal or a gift speaks of.
pub fn up_to(void: u64, seq: InputSeq) -> u64 {
    void.max(seq.0)
}
