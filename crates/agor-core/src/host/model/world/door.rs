//! The links, the host's end of each with the [`Connection`] that serves it, and who else comes to the door.

use std::collections::VecDeque;
use std::time::Instant;

use agor_proto::command::{Command, CommandBody, SignalTarget};
use agor_proto::ids::{
    ClientId, CommandId, CommandN, ConnEpoch, HostId, Incarnation, InputSeq, LeaseToken,
};
use agor_proto::input::Input;
use agor_proto::message::{Hello, InputFrame, Message, Refused, TakeLease};

use super::super::ledger::Wrong;
use super::{Action, Fake, Faults, World, session_id};
use crate::host::connection::{Connection, Effect, End, Event, Known, Place};
use crate::host::session::{Cause, Wish};
use crate::storage::StoredReceipt;

/// The number of the command of somebody whom no client knows.
const STRANGE: u8 = 0x3f;

/// A link, for ever known by its place.
#[derive(Debug, Clone)]
pub(in super::super) struct Link {
    pub client: usize,
    /// On their way to the host.
    pub up: VecDeque<Message>,
    /// On their way to the client.
    pub down: VecDeque<Message>,
    /// Whether the client has its end.
    pub held: bool,
    pub host: HostEnd,
    /// What the client greeted with, if it may come again.
    pub hello: Option<Message>,
}

/// The host's end of a link.
#[derive(Debug, Clone)]
pub(in super::super) enum HostEnd {
    /// It was not taken yet.
    Waiting,
    /// It is served.
    Open {
        connection: Box<Connection>,
        /// A command that was looked up. Nothing more is heard until it is dealt with.
        pending: Option<Box<Pending>>,
    },
    /// It is forgotten.
    Gone,
}

/// A command with what was found of it.
#[derive(Debug, Clone)]
pub(in super::super) struct Pending {
    command: Box<Command>,
    digest: [u8; 32],
    stored: Option<StoredReceipt>,
}

/// Somebody who is no client of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stranger {
    /// It gives a command and does not say who it is.
    Nameless,
    /// It calls itself what the host is called at its keeper, and types.
    AsTheHost,
}

impl Link {
    /// Returns a link that a client has just made.
    pub fn new(client: usize) -> Self {
        Self {
            client,
            up: VecDeque::new(),
            down: VecDeque::new(),
            held: true,
            host: HostEnd::Waiting,
            hello: None,
        }
    }

    pub fn actions(&self, at: usize, faults: Faults, now: Instant, actions: &mut Vec<Action>) {
        match &self.host {
            HostEnd::Waiting => actions.push(Action::Accept(at)),
            HostEnd::Open {
                connection,
                pending,
            } => {
                if pending.is_some() {
                    actions.push(Action::Deliver(at));
                } else if let Some(next) = self.up.front() {
                    actions.push(Action::Hear(at));
                    if faults.duplicates > 0 && may_come_twice(next) {
                        actions.push(Action::Duplicate(at));
                    }
                }
                if connection.next_wake().is_some_and(|due| due <= now) {
                    actions.push(Action::Late(at));
                }
                if faults.greetings > 0 && self.held && self.hello.is_some() {
                    actions.push(Action::GreetAgain(at));
                }
                if !self.held {
                    // Late, or with something still on its way that never comes.
                    actions.push(Action::Close(at));
                } else if faults.host_cuts > 0 {
                    actions.push(Action::HostCut(at));
                }
            }
            HostEnd::Gone => {}
        }
    }
}

/// Says whether a message that comes twice is one that a peer sends again.
fn may_come_twice(message: &Message) -> bool {
    matches!(
        message,
        Message::Command(_) | Message::InputFrame(_) | Message::ScreenAck(_)
    )
}

impl HostEnd {
    pub fn is_gone(&self) -> bool {
        matches!(self, Self::Gone)
    }

    pub fn conn(&self) -> Option<ConnEpoch> {
        match self {
            Self::Open { connection, .. } => Some(connection.conn()),
            Self::Waiting | Self::Gone => None,
        }
    }

    /// Returns the client that has greeted there.
    pub fn client(&self) -> Option<ClientId> {
        match self {
            Self::Open { connection, .. } => connection.client(),
            Self::Waiting | Self::Gone => None,
        }
    }
}

impl World {
    pub(super) fn door_act(&mut self, action: Action) -> Result<(), Wrong> {
        match action {
            Action::Accept(at) => self.accept(at),
            Action::Hear(at) => match self.links[at].up.pop_front() {
                Some(message) => self.happens(at, Event::Said(message)),
                None => Ok(()),
            },
            Action::Deliver(at) => self.deliver(at),
            Action::Close(at) => self.close(at),
            Action::HostCut(at) => {
                self.faults.host_cuts -= 1;
                self.close(at)
            }
            Action::Late(at) => self.happens(at, Event::Tick),
            Action::Duplicate(at) => {
                self.faults.duplicates -= 1;
                let up = &mut self.links[at].up;
                let next = up.front().cloned();
                up.extend(next);
                up.rotate_right(1);
                Ok(())
            }
            Action::GreetAgain(at) => {
                self.faults.greetings -= 1;
                let hello = self.links[at].hello.take();
                self.links[at].up.extend(hello);
                Ok(())
            }
            Action::Come(stranger) => {
                self.faults.strangers -= 1;
                self.come(stranger);
                Ok(())
            }
            other => Err(format!("nobody does {other:?}")),
        }
    }

    fn accept(&mut self, at: usize) -> Result<(), Wrong> {
        let serving = &mut self.serving;
        serving.conns += 1;
        let place = Place {
            // Numbers go on over every life of the host.
            conn: ConnEpoch(serving.incarnation * 1_000 + serving.conns),
            host: HostId([9; 32]),
            incarnation: Incarnation(serving.incarnation),
        };
        let (connection, effects) = Connection::accept(place, 0, self.now());
        self.links[at].host = HostEnd::Open {
            connection: Box::new(connection),
            pending: None,
        };
        self.carry_out(at, effects)
    }

    /// The host hears that a link has ended.
    fn close(&mut self, at: usize) -> Result<(), Wrong> {
        let reason = "closed by the client".into();
        self.happens(at, Event::Lost { reason })
    }

    /// What was looked up is there.
    fn deliver(&mut self, at: usize) -> Result<(), Wrong> {
        let HostEnd::Open { pending, .. } = &mut self.links[at].host else {
            return Ok(());
        };
        let Some(pending) = pending.take() else {
            return Ok(());
        };
        let Pending {
            command,
            digest,
            stored,
        } = *pending;
        let known = Ok(Known {
            stored,
            ..Known::default()
        });
        let found = Event::LookedUp {
            command,
            digest,
            known,
        };
        self.happens(at, found)
    }

    /// Tells a connection what happened, and does what it says, as its task does.
    fn happens(&mut self, at: usize, event: Event) -> Result<(), Wrong> {
        let now = self.now();
        let HostEnd::Open { connection, .. } = &mut self.links[at].host else {
            return Ok(());
        };
        let effects = connection.on(event, now);
        self.carry_out(at, effects)
    }

    fn carry_out(&mut self, at: usize, effects: Vec<Effect>) -> Result<(), Wrong> {
        for effect in effects {
            let Some(conn) = self.links[at].host.conn() else {
                return Err(format!("a connection does {effect:?} after its end"));
            };
            match effect {
                Effect::Say(message) => self.send(conn, message),
                Effect::Greeted { .. } => {}
                Effect::Wish { client, wish, .. } => self.wish(conn, client, wish)?,
                Effect::TakeLease { client, force, .. } => {
                    self.serving.tokens += 1;
                    let fresh = LeaseToken(u128::from(self.serving.tokens).to_be_bytes());
                    self.wish(conn, client, Box::new(Wish::TakeLease { force, fresh }))?;
                }
                Effect::LookUp {
                    command, digest, ..
                } => {
                    let refusals = self.serving.refusals.iter();
                    let refused = refusals.rev().find(|receipt| receipt.id == command.id);
                    let stored = refused.or_else(|| self.disk.receipts.get(&command.id));
                    let stored = stored.cloned();
                    if let HostEnd::Open { pending, .. } = &mut self.links[at].host {
                        *pending = Some(Box::new(Pending {
                            command,
                            digest,
                            stored,
                        }));
                    }
                }
                Effect::Leave(_) => {
                    let newest = match self.fake {
                        Some(Fake::CloseTakesTheNewest) => self.newest(self.links[at].client),
                        _ => None,
                    };
                    let conn = newest.unwrap_or(conn);
                    self.session_on(Cause::ConnGone { conn })?;
                }
                Effect::End(end) => {
                    if let End::Refused(error) = end {
                        self.send(conn, Refused { error }.into());
                    }
                    let link = &mut self.links[at];
                    link.host = HostEnd::Gone;
                    link.up.clear();
                }
                other => return Err(format!("a connection wants {other:?}")),
            }
        }
        Ok(())
    }

    fn wish(&mut self, conn: ConnEpoch, client: ClientId, what: Box<Wish>) -> Result<(), Wrong> {
        match &*what {
            Wish::Type(frame) => self.serving.typing = Some(frame.clone()),
            Wish::DropLease(token) if self.ledger.driver == Some((client, *token)) => {
                self.ledger.driver = None;
            }
            _ => {}
        }
        let done = self.session_on(Cause::Asked { conn, client, what });
        self.serving.typing = None;
        done
    }

    /// Returns the newest connection of a client.
    fn newest(&self, client: usize) -> Option<ConnEpoch> {
        let open = self.links.iter().filter(|link| link.client == client);
        open.filter_map(|link| link.host.conn()).max()
    }

    /// Somebody dials who is no client of ours, speaks and goes.
    fn come(&mut self, stranger: Stranger) {
        let session = session_id();
        let up: Vec<Message> = match stranger {
            Stranger::Nameless => {
                let command = Command {
                    id: CommandId([STRANGE; 16]),
                    n: CommandN(1),
                    body: CommandBody::Signal {
                        session,
                        signal: i32::from(STRANGE),
                        to: SignalTarget::All,
                    },
                };
                vec![command.into()]
            }
            Stranger::AsTheHost => {
                let host = ClientId(u128::from(self.serving.incarnation).to_be_bytes());
                let hello = Hello {
                    versions: vec![agor_proto::PROTOCOL_VERSION],
                    features: Vec::new(),
                    client: host,
                    program: String::new(),
                    resume: Vec::new(),
                    visible: Vec::new(),
                };
                let take = TakeLease {
                    session,
                    force: true,
                };
                let next = u128::from(self.serving.tokens) + 1;
                let frame = InputFrame {
                    session,
                    token: LeaseToken(next.to_be_bytes()),
                    seq: InputSeq(1),
                    input: Input::Text { text: "x".into() },
                };
                vec![hello.into(), take.into(), frame.into()]
            }
        };
        self.links.push(Link {
            up: up.into(),
            held: false,
            ..Link::new(usize::MAX)
        });
    }

    /// Returns the link that a connection serves.
    pub(super) fn link_of(&self, conn: ConnEpoch) -> Option<usize> {
        let mut links = self.links.iter();
        links.position(|link| link.host.conn() == Some(conn))
    }

    /// Says whether a connection's client reads nothing.
    pub(super) fn is_full(&self, conn: ConnEpoch) -> bool {
        let link = self.link_of(conn).map(|at| &self.links[at]);
        link.is_some_and(|link| link.held && self.clients[link.client].lags)
    }

    pub(super) fn send(&mut self, conn: ConnEpoch, message: Message) {
        let mut to = self.link_of(conn);
        if let (Some(Fake::OneLinkForAClient), Some(at)) = (self.fake, to) {
            let client = self.links[at].client;
            let greeted = |link: &Link| link.client == client && link.host.client().is_some();
            to = self.links.iter().rposition(greeted);
        }
        if let Some(link) = to.map(|at| &mut self.links[at])
            && link.held
        {
            link.down.push_back(message);
        }
    }
}
