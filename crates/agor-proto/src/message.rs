//! Every message of the protocol, in one table: its number, its lane, its type.
//!
//! Numbers are never used again for something else. A message that is not in the table is skipped
//! and counted by its receiver.

use serde::{Deserialize, Serialize};

use crate::command::{Command, Receipt};
use crate::error::WireError;
use crate::event::{Event, LogCursor};
use crate::frame::{self, Frame, FrameError, Lane};
use crate::ids::{
    ClientId, ConnEpoch, HostId, Incarnation, InputSeq, LeaseToken, LogEpoch, Offset, ScreenRev,
    Seq, SessionId, Size,
};
use crate::input::Input;
use crate::limits::{FRAME_BODY_MAX, Limits, OSC_LONG_MAX};
pub use crate::query::{
    Answer, Ask, Cancel, Excerpt, Explained, Followed, Hit, Part, PlacedMark, Query, Until,
    WindowAt,
};
use crate::screen::ScreenUpdate;
use crate::session::SessionList;
pub use crate::stats::{LaneStats, LinkStats, SessionStats, Spread, Stats, StepStats};

macro_rules! messages {
    ($($kind:literal $lane:ident $name:ident($type:ty);)+) => {
        /// A message, decoded.
        #[derive(Debug, Clone, PartialEq)]
        #[expect(missing_docs, reason = "the types that the variants hold say it")]
        pub enum Message {
            $($name($type),)+
        }

        $(impl From<$type> for Message {
            fn from(message: $type) -> Self {
                Self::$name(message)
            }
        })+

        impl Message {
            /// Number, lane and name of every message that this release knows.
            pub const TABLE: &[(u16, Lane, &str)] = &[$(($kind, Lane::$lane, stringify!($name))),+];

            /// Returns the number.
            #[must_use]
            pub fn kind(&self) -> u16 {
                match self { $(Self::$name(_) => $kind,)+ }
            }

            /// Returns the lane.
            #[must_use]
            pub fn lane(&self) -> Lane {
                match self { $(Self::$name(_) => Lane::$lane,)+ }
            }

            /// Appends the message as a frame to `out`, and returns how many bytes were copied for it: those of its
            /// body into a buffer, and those of the frame out of it.
            ///
            /// # Errors
            /// [`FrameError::TooLarge`] or [`FrameError::Encode`], with `out` unchanged.
            pub fn encode(&self, out: &mut Vec<u8>) -> Result<usize, FrameError> {
                let body = match self { $(Self::$name(body) => rmp_serde::to_vec_named(body),)+ };
                let encode = |error: rmp_serde::encode::Error| FrameError::Encode {
                    kind: self.kind(),
                    reason: error.to_string(),
                };
                let (body, before) = (body.map_err(encode)?, out.len());
                frame::write(self.lane(), self.kind(), &body, out)?;
                Ok(body.len() + out.len() - before)
            }

            /// Returns the message in `frame`; `None` if this release does not know its kind.
            ///
            /// # Errors
            /// [`FrameError::Decode`] if the body is not that message.
            pub fn decode(frame: &Frame) -> Result<Option<Self>, FrameError> {
                let decode = |error: rmp_serde::decode::Error| FrameError::Decode {
                    kind: frame.kind,
                    reason: error.to_string(),
                };
                Ok(Some(match frame.kind {
                    $($kind => Self::$name(rmp_serde::from_slice(&frame.body).map_err(decode)?),)+
                    _ => return Ok(None),
                }))
            }
        }

        impl Serialize for Message {
            /// Writes `{"message": name, "body": …}`, for `agor tap`.
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                use serde::ser::SerializeStruct;
                let mut message = serializer.serialize_struct("Message", 2)?;
                match self {
                    $(Self::$name(body) => {
                        message.serialize_field("message", stringify!($name))?;
                        message.serialize_field("body", body)?;
                    })+
                }
                message.end()
            }
        }
    };
}

messages! {
    0x0001 Control Hello(Hello);
    0x0002 Control Welcome(Welcome);
    0x0003 Control Refused(Refused);
    0x0004 Control Ping(Ping);
    0x0005 Control Pong(Pong);
    0x0006 Control Subscribe(Subscribe);
    0x0007 Control Unsubscribe(Unsubscribe);
    0x0008 Control Subscribed(Subscribed);
    0x0009 Control Live(Live);
    0x000a Control WatchList(WatchList);
    0x000b Control SessionList(SessionList);
    0x000c Control TakeLease(TakeLease);
    0x000d Control RenewLease(RenewLease);
    0x000e Control DropLease(DropLease);
    0x000f Control Lease(Lease);
    0x0010 Control Problem(Problem);
    0x0011 Control Report(Report);
    0x0012 Control Looks(Looks);
    0x0013 Control Show(Show);
    0x0020 Command Command(Command);
    0x0021 Command Receipt(Receipt);
    0x0030 Event Events(Events);
    0x0040 Screen ScreenUpdate(ScreenUpdate);
    0x0041 Screen ScreenAck(ScreenAck);
    0x0042 Screen View(View);
    0x0050 Input InputFrame(InputFrame);
    0x0051 Input InputAck(InputAck);
    0x0052 Input Resize(Resize);
    0x0060 Bulk Ask(Ask);
    0x0061 Bulk Answer(Answer);
    0x0062 Bulk Cancel(Cancel);
    0x0063 Bulk Clipboard(Clipboard);
}

/// The first message of a client. A further one on the same connection is ignored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// Protocol versions that it speaks.
    pub versions: Vec<u8>,
    /// What it can do beyond that, by name. A host of this release wants none.
    #[serde(default)]
    pub features: Vec<String>,
    /// Which client.
    pub client: ClientId,
    /// Its program and version, for diagnostics.
    #[serde(default)]
    pub program: String,
    /// The sessions that it follows, and how far it is.
    #[serde(default)]
    pub resume: Vec<LogCursor>,
    /// The sessions whose screens it shows.
    #[serde(default)]
    pub visible: Vec<SessionId>,
}

/// The host takes the connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Welcome {
    /// The version that both speak from here on.
    pub version: u8,
    /// What the host can do beyond it, by name.
    #[serde(default)]
    pub features: Vec<String>,
    /// This connection.
    pub conn_epoch: ConnEpoch,
    /// Which host.
    pub host: HostId,
    /// Which life of it.
    pub incarnation: Incarnation,
    /// Its program and version, for diagnostics.
    #[serde(default)]
    pub program: String,
    /// What the client must respect.
    pub limits: Limits,
}

/// The host does not take the connection, or ends it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// Why.
    pub error: WireError,
}

/// Asks whether the peer is there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ping {
    /// Chosen by the sender.
    pub nonce: u64,
    /// The sender's clock in microseconds; only the sender reads it.
    pub micros: u64,
    /// What the sender has measured by the pings before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub round_trip: Option<RoundTrip>,
}

/// How far away a peer is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct RoundTrip {
    /// Microseconds of the smoothed round trip (RFC 6298).
    pub micros: u64,
    /// Microseconds by which it varies (RFC 6298's RTTVAR).
    pub jitter_micros: u64,
}

/// Answers a [`Ping`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pong {
    /// The ping's.
    pub nonce: u64,
    /// The ping's.
    pub micros: u64,
    /// The answerer's clock in microseconds since 1970.
    pub peer_unix_micros: u64,
}

/// Asks for a session's events from a cursor on, and its screen if wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subscribe {
    /// How far the client is; `applied` 0 in any epoch asks for everything that is kept.
    pub cursor: LogCursor,
    /// How its screen is wanted.
    pub view: Visibility,
}

/// A request about a session that has no answer of its own could not be carried out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// Which session.
    pub session: SessionId,
    /// Why.
    pub error: WireError,
}

/// What something that runs in a session says of itself: a hook of its agent, or `report-state`. It takes the
/// place of Hello; the host takes notice and closes the connection.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// Which session.
    pub session: SessionId,
    /// What the session's programs were given to say so with.
    pub token: String,
    /// What `body` is: `claude` (a payload of its hooks), `codex` (of its notifications), or `status` (the body of an
    /// OSC 7501). One that is not known is ignored.
    pub form: String,
    /// What is said.
    #[serde(with = "frame::bytes")]
    pub body: Vec<u8>,
}

impl std::fmt::Debug for Report {
    /// Leaves out what was said, and the token.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Report")
            .field("session", &self.session)
            .field("form", &self.form)
            .field("body_bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// What the person looks at in this client: a window says it whenever it changes. Who has said so can be
/// asked to [`Show`] something, and is not notified of what it shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Looks {
    /// The session with the keyboard in a window that has the desktop's; none if there is no such.
    pub session: Option<SessionId>,
}

/// The host asks a window to come to the front and show a session: the person clicked a notification.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Show {
    /// Which session.
    pub session: SessionId,
    /// What the desktop gave for it (xdg-activation, or a startup id of X11), if it gave something.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub activation: Option<String>,
}

/// Ends a subscription.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unsubscribe {
    /// Which session.
    pub session: SessionId,
}

/// The host's decision about a [`Subscribe`]. Events from `from` on follow in order, without a gap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subscribed {
    /// Which session.
    pub session: SessionId,
    /// The history that is told.
    pub epoch: LogEpoch,
    /// The first event that will follow.
    pub from: Seq,
    /// Whether the client's own state goes on or begins anew.
    pub start: Start,
}

/// Whether a client's state goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Start {
    /// It goes on; the missing events follow.
    Tail,
    /// It begins anew.
    Snapshot {
        /// Why.
        reason: SnapshotReason,
    },
}

/// Why a client's state begins anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SnapshotReason {
    /// It had none.
    Fresh,
    /// Its cursor is of another history.
    EpochChanged,
    /// Its cursor is after the end of the log.
    CursorAhead,
    /// Events after its cursor are no longer kept.
    Pruned,
    /// It is so far behind that a snapshot is shorter.
    TooFar,
    /// A reason of a later release.
    #[serde(other)]
    Unknown,
}

/// Everything up to `seq` has been sent; what follows is new.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Live {
    /// Which session.
    pub session: SessionId,
    /// The last event sent.
    pub seq: Seq,
}

/// Asks for the list of sessions and its changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct WatchList {
    /// Whether changes are wanted after the list.
    pub follow: bool,
}

/// Events of a session, in order and without gaps after those sent before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Events {
    /// Which session.
    pub session: SessionId,
    /// The events.
    pub events: Vec<Event>,
}

/// Asks for the right to type into a session and to set its size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TakeLease {
    /// Which session.
    pub session: SessionId,
    /// Whether to take it from another client that holds it.
    pub force: bool,
}

/// Keeps a lease.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RenewLease {
    /// Which session.
    pub session: SessionId,
    /// The lease.
    pub token: LeaseToken,
}

/// Gives a lease back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct DropLease {
    /// Which session.
    pub session: SessionId,
    /// The lease.
    pub token: LeaseToken,
}

/// How a client stands to a session's lease.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lease {
    /// Which session.
    pub session: SessionId,
    /// How it stands.
    pub standing: LeaseStanding,
}

/// How a client stands to a lease.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LeaseStanding {
    /// It drives.
    Held {
        /// What its input must carry.
        token: LeaseToken,
    },
    /// Another client drives.
    Taken {
        /// Which.
        by: ClientId,
    },
}

/// How a session's screen is wanted. Hidden screens are not sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct View {
    /// Which session.
    pub session: SessionId,
    /// How.
    pub view: Visibility,
}

/// How a session's screen is wanted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Visibility {
    /// As fast as the client takes it.
    Visible,
    /// At most once a second.
    Thumbnail,
    /// Not at all.
    #[default]
    Hidden,
}

/// A screen update was applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScreenAck {
    /// Which session.
    pub session: SessionId,
    /// The revision that the client shows; 0 asks for the whole screen.
    pub rev: ScreenRev,
}

/// An input of the driver.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InputFrame {
    /// Which session.
    pub session: SessionId,
    /// The driver's lease.
    pub token: LeaseToken,
    /// Its number; a repeat is acknowledged and ignored.
    pub seq: InputSeq,
    /// The input.
    pub input: Input,
}

/// Everything up to `seq` was given to the program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InputAck {
    /// Which session.
    pub session: SessionId,
    /// The last input given.
    pub seq: InputSeq,
    /// Why the input with this number was not taken, if so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<WireError>,
}

/// The driver's pane has another size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resize {
    /// Which session.
    pub session: SessionId,
    /// The driver's lease.
    pub token: LeaseToken,
    /// The size.
    pub size: Size,
}

/// The program of a session put text on a clipboard (OSC 52). Only its driver is told, and only of
/// the newest: it is no event, and nothing keeps it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clipboard {
    /// Which session.
    pub session: SessionId,
    /// Where the record that says it ends.
    pub offset: Offset,
    /// Its place among those of that record: what is told twice is known by both.
    pub ordinal: u32,
    /// Which of the clipboards.
    pub kind: ClipboardKind,
    /// The text; empty to clear it.
    pub text: String,
}

// Base64 takes four bytes for three.
const _: () = assert!(OSC_LONG_MAX / 4 * 3 + 1_024 <= FRAME_BODY_MAX);

impl std::fmt::Debug for Clipboard {
    /// Leaves the text out: it may be a secret, and nothing may log it by accident.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Clipboard")
            .field("session", &self.session)
            .field("offset", &self.offset)
            .field("ordinal", &self.ordinal)
            .field("kind", &self.kind)
            .field("text_bytes", &self.text.len())
            .finish()
    }
}

/// The clipboards of a desktop.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClipboardKind {
    /// What is pasted by a command.
    Clipboard,
    /// What is pasted by the middle button.
    Primary,
    /// One of a later release.
    #[default]
    #[serde(other)]
    Unknown,
}
