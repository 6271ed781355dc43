//! The first word on a connection: who is taken, and as whom.

use std::time::Instant;

use agor_proto::PROTOCOL_VERSION;
use agor_proto::error::{ErrorCode, WireError};
use agor_proto::ids::ClientId;
use agor_proto::limits::Limits;
use agor_proto::message::{Hello, Message, Subscribe, Visibility, Welcome};

use super::{Connection, Effect, End, Event, Open, Phase};
use crate::host::PROGRAM;
use crate::host::session::{Now, Wish};
use crate::rules::{Rule, holds};

/// What this host can do beyond the protocol's version.
const FEATURES: &[&str] = &["wait", "tap", "answer", "follow"];

impl Connection {
    /// Deals with what happens before the peer has said who it is.
    pub(super) fn on_greeting(
        &mut self,
        event: Event,
        deadline: Instant,
        now: Now,
        effects: &mut Vec<Effect>,
    ) {
        match event {
            Event::Said(Message::Hello(hello)) => match why_not(&hello) {
                None => self.greet(hello, effects),
                Some(error) => self.refuse(error.code, error.message, effects),
            },
            Event::Said(Message::Report(report)) => {
                // That the link ends says that it was heard.
                effects.push(Effect::Report(report));
                self.fall_silent(effects);
            }
            Event::Said(message) if !holds(Rule::NobodySpeaksBeforeGreeting) => {
                self.phase = Phase::Open(Open::new(ClientId([0; 16])));
                effects.extend(self.on(Event::Said(message), now));
            }
            Event::Said(_) => {
                let message = "the first message must be Hello".into();
                self.refuse(ErrorCode::BadRequest, message, effects);
            }
            Event::Garbled { reason } => self.refuse(ErrorCode::BadRequest, reason, effects),
            Event::Lost { .. } => self.fall_silent(effects),
            Event::Tick if now.instant >= deadline => self.fall_silent(effects),
            // Nothing was asked of anybody yet.
            Event::Tick
            | Event::LookedUp { .. }
            | Event::Unheard { .. }
            | Event::NotAnswering(_) => {}
        }
    }

    /// Takes the peer as who it says it is, and goes on where it was.
    pub(super) fn greet(&mut self, hello: Hello, effects: &mut Vec<Effect>) {
        let Hello {
            client,
            program,
            resume,
            visible,
            ..
        } = hello;
        let mut open = Open::new(client);
        effects.push(Effect::Greeted { client, program });
        let welcome = Welcome {
            version: PROTOCOL_VERSION,
            features: FEATURES.iter().map(|&feature| feature.to_owned()).collect(),
            conn_epoch: self.place.conn,
            host: self.place.host,
            incarnation: self.place.incarnation,
            program: PROGRAM.to_owned(),
            limits: Limits::default(),
        };
        effects.push(Effect::Say(welcome.into()));
        for cursor in resume {
            let session = cursor.session;
            let view = match visible.contains(&session) {
                true => Visibility::Visible,
                false => Visibility::Hidden,
            };
            let subscribe = Wish::Subscribe(Subscribe { cursor, view });
            effects.push(open.wish(session, subscribe));
        }
        self.phase = Phase::Open(open);
    }

    /// Ends the connection before it began, and tells the peer why.
    pub(super) fn refuse(&mut self, code: ErrorCode, message: String, effects: &mut Vec<Effect>) {
        self.phase = Phase::Over;
        let error = WireError::new(code, message);
        effects.push(Effect::End(End::Refused(error)));
    }

    fn fall_silent(&mut self, effects: &mut Vec<Effect>) {
        self.phase = Phase::Over;
        effects.push(Effect::End(End::Silent));
    }
}

/// Returns why who greets like this is not taken.
fn why_not(hello: &Hello) -> Option<WireError> {
    if hello.client.0.starts_with(&[0; 8]) && holds(Rule::NobodyIsTheHost) {
        // It would be taken for the host's own commands at the keeper.
        let message = "a client's id is random; this one is not";
        return Some(WireError::new(ErrorCode::BadId, message));
    }
    if !hello.versions.contains(&PROTOCOL_VERSION) {
        let message = format!(
            "this host speaks version {PROTOCOL_VERSION} of the protocol and the client {:?}; update the older one",
            hello.versions
        );
        return Some(WireError::new(ErrorCode::Version, message));
    }
    None
}
