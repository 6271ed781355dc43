//! How far a connection is. Only a phase that may speak can make something to send, so nothing is
//! sent before the handshake (FAILURES B13).

use std::time::{Duration, Instant};

use agor_proto::PROTOCOL_VERSION;
use agor_proto::error::{ErrorCode, WireError};
use agor_proto::limits::HANDSHAKE_MILLIS;
use agor_proto::message::{Hello, Message, Welcome};

use super::heartbeat::Heartbeat;

/// A message that may be sent: only a [`Greeting`] and a [`Ready`] make one.
#[derive(Debug, Clone, PartialEq)]
pub struct Outgoing(Message);

impl Outgoing {
    /// Returns the message.
    #[must_use]
    pub fn message(&self) -> &Message {
        &self.0
    }
}

/// How far a connection is.
#[derive(Debug)]
#[cfg_attr(test, derive(Clone))]
pub enum Phase {
    /// Nothing was done yet.
    Idle,
    /// A link is awaited.
    Dialling,
    /// A link is there; the host has not answered.
    Greeting(Greeting),
    /// The host has answered.
    Ready(Box<Ready>),
    /// Nothing more will be done.
    Ended,
}

/// A link whose host has not answered.
#[derive(Debug)]
#[cfg_attr(test, derive(Clone))]
pub struct Greeting {
    deadline: Instant,
}

/// A link whose host has answered.
#[derive(Debug)]
#[cfg_attr(test, derive(Clone))]
pub struct Ready {
    /// What the host said.
    pub welcome: Welcome,
    /// Since when.
    pub since: Instant,
    /// Whether the host is there.
    pub heartbeat: Heartbeat,
}

impl Greeting {
    /// Returns the phase and its only message.
    pub fn begin(hello: Hello, now: Instant) -> (Self, Outgoing) {
        let deadline = now + Duration::from_millis(HANDSHAKE_MILLIS);
        (Self { deadline }, Outgoing(hello.into()))
    }

    /// Returns when the host must have answered.
    pub fn deadline(&self) -> Instant {
        self.deadline
    }

    /// Takes the host's answer.
    pub fn welcomed(welcome: Welcome, now: Instant) -> Result<Box<Ready>, WireError> {
        if welcome.version != PROTOCOL_VERSION {
            let theirs = welcome.version;
            return Err(WireError::new(
                ErrorCode::Version,
                format!(
                    "the host speaks version {theirs} of the protocol and this program \
                     {PROTOCOL_VERSION}: update the older of the two"
                ),
            ));
        }
        // A host that asks for none at all would be asked without pause.
        let millis = welcome.limits.heartbeat_millis.max(100);
        let interval = Duration::from_millis(millis);
        Ok(Box::new(Ready {
            welcome,
            since: now,
            heartbeat: Heartbeat::new(interval, now),
        }))
    }
}

impl Ready {
    /// Returns `message` as one that may be sent.
    pub fn send(&self, message: Message) -> Outgoing {
        Outgoing(message)
    }
}
