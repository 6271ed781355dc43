//! One client's connection as its host sees it, from the first word to the end: who may speak, and where what is
//! said belongs. Decides; does no I/O, reads no clock and draws no random number (the task that carries it is
//! `carrier.rs`).
//!
//! A connection owns nothing. When it ends, each session that it spoke to is told so and forgets what that
//! connection, by its [`ConnEpoch`], had there; nothing else changes.

mod commands;
mod greeting;

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use agor_proto::command::Command;
use agor_proto::error::{ErrorCode, WireError};
use agor_proto::ids::{AskId, ClientId, ConnEpoch, HostId, Incarnation, SessionId};
use agor_proto::limits::{CONNECTIONS_MAX, HANDSHAKE_MILLIS};
use agor_proto::message::{
    Answer, Ask, Cancel, Message, Part, Pong, Problem, Query, Refused, Report,
};

use super::hub::Stop;
use super::session::{Now, Wish};
use crate::rules::{Rule, holds};

pub use commands::Known;

const HANDSHAKE: Duration = Duration::from_millis(HANDSHAKE_MILLIS);

/// What is told to who greets, beside what every host of this release is.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    /// Which connection.
    pub conn: ConnEpoch,
    /// Of which host.
    pub host: HostId,
    /// In which life of it.
    pub incarnation: Incarnation,
}

/// Something that happened.
#[derive(Debug)]
pub enum Event {
    /// The peer says something.
    Said(Message),
    /// The peer sends what is no message.
    Garbled {
        /// What is wrong with it, in a sentence.
        reason: String,
    },
    /// The link is gone, or of no further use.
    Lost {
        /// Why, in a sentence.
        reason: String,
    },
    /// What [`Effect::LookUp`] found.
    LookedUp {
        /// Which command.
        command: Box<Command>,
        /// The digest of its body.
        digest: [u8; 32],
        /// What is known of it.
        known: Result<Known, WireError>,
    },
    /// There is no session to hear a wish, nor one that could be made for it.
    Unheard {
        /// Which session was meant.
        session: SessionId,
        /// The wish.
        wish: Box<Wish>,
    },
    /// No task answers the question that was taken back.
    NotAnswering(AskId),
    /// [`Connection::next_wake`] has come.
    Tick,
}

/// What is to be done, in this order. The next message is handed over after all of it was.
#[derive(Debug)]
pub enum Effect {
    /// Say something.
    Say(Message),
    /// Note who has greeted.
    Greeted {
        /// Which client.
        client: ClientId,
        /// Its program and version.
        program: String,
    },
    /// Have a session hear a wish; [`Event::Unheard`] follows where there is none.
    Wish {
        /// Which session.
        session: SessionId,
        /// Which client wishes.
        client: ClientId,
        /// What.
        wish: Box<Wish>,
        /// Whether the session is made if there is none.
        make: bool,
    },
    /// As [`Effect::Wish`], for a session's lease, with a token that nobody can guess.
    TakeLease {
        /// Which session.
        session: SessionId,
        /// Which client wishes.
        client: ClientId,
        /// Whether to take it from another.
        force: bool,
    },
    /// See what is known of a command; [`Event::LookedUp`] follows.
    LookUp {
        /// Whose it is.
        client: ClientId,
        /// The command.
        command: Box<Command>,
        /// The session that it is about.
        session: SessionId,
        /// The digest of its body.
        digest: [u8; 32],
    },
    /// Have a question about the host answered by a task of its own.
    Answer {
        /// The question's number.
        ask: AskId,
        /// The question.
        query: Query,
    },
    /// End the task that answers a question; [`Event::NotAnswering`] follows if there is none.
    Cancel(AskId),
    /// Say the list of sessions, and its changes from then on if `follow`.
    List {
        /// Whether changes are wanted.
        follow: bool,
    },
    /// Note what the person looks at in this client's window.
    Look(Option<SessionId>),
    /// Give a report to its session if it comes from there, and wait until it was heard.
    Report(Report),
    /// End the host.
    Stop(Stop),
    /// Tell a session that this connection is gone.
    Leave(SessionId),
    /// End the link. It is the last effect of a connection.
    End(End),
}

/// How a connection ends.
#[derive(Debug, PartialEq, Eq)]
pub enum End {
    /// Without a word: nobody greeted, or what was to be heard was.
    Silent,
    /// Before it began. The peer is told why.
    Refused(WireError),
    /// After it began.
    Over {
        /// Why, in a sentence.
        reason: String,
    },
}

/// See the module.
#[derive(Debug)]
#[cfg_attr(test, derive(Clone))]
pub struct Connection {
    place: Place,
    phase: Phase,
}

#[derive(Debug)]
#[cfg_attr(test, derive(Clone))]
enum Phase {
    /// The peer has not said who it is. Nothing is done for it.
    Greeting { deadline: Instant },
    /// The peer has greeted.
    Open(Open),
    /// Nothing more is heard.
    Over,
}

/// What a connection knows whose client has greeted.
#[derive(Debug)]
#[cfg_attr(test, derive(Clone))]
struct Open {
    client: ClientId,
    /// The sessions that it spoke to, which are told of its end.
    spoken_to: BTreeSet<SessionId>,
    /// Whether changes of the list are said.
    follows_list: bool,
}

impl Open {
    fn new(client: ClientId) -> Self {
        Self {
            client,
            spoken_to: BTreeSet::new(),
            follows_list: false,
        }
    }

    /// Has a session hear a wish, and of this connection's end.
    fn wish(&mut self, session: SessionId, wish: Wish) -> Effect {
        self.spoken_to.insert(session);
        Effect::Wish {
            session,
            client: self.client,
            wish: Box::new(wish),
            make: false,
        }
    }
}

impl Connection {
    /// Returns the connection of a link that was taken while there were `others`, and what to do about it.
    #[must_use]
    pub fn accept(place: Place, others: u64, now: Now) -> (Self, Vec<Effect>) {
        let deadline = now.instant + HANDSHAKE;
        let mut connection = Self {
            place,
            phase: Phase::Greeting { deadline },
        };
        let mut effects = Vec::new();
        if others >= CONNECTIONS_MAX as u64 {
            let message = format!("the host has {CONNECTIONS_MAX} connections; close one first");
            connection.refuse(ErrorCode::TooMany, message, &mut effects);
        }
        (connection, effects)
    }

    /// Returns what to do about `event`, which happened at `now`.
    pub fn on(&mut self, event: Event, now: Now) -> Vec<Effect> {
        let mut effects = Vec::new();
        match &mut self.phase {
            Phase::Greeting { deadline } => {
                let deadline = *deadline;
                self.on_greeting(event, deadline, now, &mut effects);
            }
            Phase::Open(open) => match event {
                Event::Said(Message::Hello(hello)) if !holds(Rule::TheFirstGreetingCounts) => {
                    self.greet(hello, &mut effects);
                }
                Event::Said(message) => open.on_message(message, self.place, now, &mut effects),
                Event::LookedUp {
                    command,
                    digest,
                    known,
                } => open.on_looked_up(*command, digest, known, &mut effects),
                Event::Unheard { session, wish } => {
                    // There is nobody to be told of its end.
                    open.spoken_to.remove(&session);
                    unheard(session, *wish, &mut effects);
                }
                Event::NotAnswering(ask) => open.cancel(ask, &mut effects),
                Event::Garbled { reason } => {
                    let error = WireError::new(ErrorCode::BadRequest, reason.clone());
                    effects.push(Effect::Say(Refused { error }.into()));
                    self.end(reason, &mut effects);
                }
                Event::Lost { reason } => self.end(reason, &mut effects),
                Event::Tick => {}
            },
            Phase::Over => {}
        }
        effects
    }

    /// Returns when [`Event::Tick`] is due.
    #[must_use]
    pub fn next_wake(&self) -> Option<Instant> {
        match self.phase {
            Phase::Greeting { deadline } => Some(deadline),
            Phase::Open(_) | Phase::Over => None,
        }
    }

    /// Returns which connection it is.
    #[cfg(test)]
    pub fn conn(&self) -> ConnEpoch {
        self.place.conn
    }

    /// Returns the client that has greeted.
    #[cfg(test)]
    pub fn client(&self) -> Option<ClientId> {
        match &self.phase {
            Phase::Open(open) => Some(open.client),
            Phase::Greeting { .. } | Phase::Over => None,
        }
    }

    /// Ends a connection that was one.
    fn end(&mut self, reason: String, effects: &mut Vec<Effect>) {
        let was = std::mem::replace(&mut self.phase, Phase::Over);
        if let Phase::Open(open) = was
            && holds(Rule::WhatALinkHadEndsWithIt)
        {
            effects.extend(open.spoken_to.into_iter().map(Effect::Leave));
        }
        effects.push(Effect::End(End::Over { reason }));
    }
}

impl Open {
    fn on_message(&mut self, message: Message, place: Place, now: Now, effects: &mut Vec<Effect>) {
        let client = self.client;
        let (session, wish) = match message {
            Message::Ping(ping) => {
                let pong = Pong {
                    nonce: ping.nonce,
                    micros: ping.micros,
                    peer_unix_micros: now.unix_millis * 1_000,
                };
                return effects.push(Effect::Say(pong.into()));
            }
            Message::Subscribe(subscribe) => (subscribe.cursor.session, Wish::Subscribe(subscribe)),
            Message::Unsubscribe(message) => (message.session, Wish::Unsubscribe),
            Message::View(message) => (message.session, Wish::View(message.view)),
            Message::ScreenAck(ack) => (ack.session, Wish::ScreenAck(ack.rev)),
            Message::TakeLease(take) => {
                self.spoken_to.insert(take.session);
                return effects.push(Effect::TakeLease {
                    session: take.session,
                    client,
                    force: take.force,
                });
            }
            Message::RenewLease(renew) => (renew.session, Wish::RenewLease(renew.token)),
            Message::DropLease(drop) => (drop.session, Wish::DropLease(drop.token)),
            Message::InputFrame(frame) => (frame.session, Wish::Type(frame)),
            Message::Resize(resize) => {
                let (token, size) = (resize.token, resize.size);
                (resize.session, Wish::Resize { token, size })
            }
            Message::Looks(looks) => return effects.push(Effect::Look(looks.session)),
            Message::WatchList(watch) => {
                let follow = watch.follow && !self.follows_list;
                self.follows_list |= follow;
                return effects.push(Effect::List { follow });
            }
            Message::Command(command) => return self.on_command(command, place, effects),
            Message::Ask(ask) => return self.on_ask(ask, effects),
            Message::Cancel(Cancel { ask }) => return effects.push(Effect::Cancel(ask)),
            // A second Hello, answers to what the host never asks, and what only a host says.
            other => {
                let (conn, kind) = (place.conn, other.kind());
                return tracing::debug!(%conn, kind, "ignored a message");
            }
        };
        effects.push(self.wish(session, wish));
    }

    fn on_ask(&mut self, Ask { ask, query }: Ask, effects: &mut Vec<Effect>) {
        let effect = match query {
            Query::Screen { session }
            | Query::Rows { session, .. }
            | Query::Window { session, .. }
            | Query::Find { session, .. }
            | Query::Marks { session, .. }
            | Query::Events { session, .. }
            | Query::Wait { session, .. }
            | Query::WaitState { session, .. }
            | Query::Explain { session } => self.wish(session, Wish::Ask { ask, query }),
            Query::Record { .. }
            | Query::Usage { .. }
            | Query::Follow { .. }
            | Query::Stats
            | Query::Tap
            | Query::Blob {
                session: Some(_), ..
            } => Effect::Answer { ask, query },
            Query::Blob { session: None, .. } => {
                fail(ask, ErrorCode::Pruned, "there is no such blob")
            }
            Query::Unknown => fail(ask, ErrorCode::Unsupported, "this host cannot answer that"),
        };
        effects.push(effect);
    }

    /// Takes a question back from the sessions. Which of them has it is not kept: any may.
    fn cancel(&mut self, ask: AskId, effects: &mut Vec<Effect>) {
        for session in self.spoken_to.clone() {
            effects.push(self.wish(session, Wish::Cancel(ask)));
        }
    }
}

/// Says that there is no session to hear a wish.
fn unheard(session: SessionId, wish: Wish, effects: &mut Vec<Effect>) {
    let error = no_session(session);
    effects.push(match wish {
        Wish::Command {
            command,
            digest,
            stored,
        } => commands::unheard(&command, digest, stored, error),
        Wish::Ask { ask, .. } => fail(ask, error.code, error.message),
        // Nobody has the question that is taken back.
        Wish::Cancel(_) => return,
        _ => Effect::Say(Problem { session, error }.into()),
    });
}

fn fail(ask: AskId, code: ErrorCode, message: impl Into<String>) -> Effect {
    let error = WireError::new(code, message);
    let answer = Answer {
        ask,
        last: true,
        part: Part::Failed { error },
    };
    Effect::Say(answer.into())
}

fn no_session(session: SessionId) -> WireError {
    let message = format!("there is no session {session}; see `agor ls`");
    WireError::new(ErrorCode::NoSession, message)
}

#[cfg(test)]
mod tests;
