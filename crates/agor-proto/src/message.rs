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
    AskId, BlobHash, ClientId, ConnEpoch, HostId, Incarnation, InputSeq, LeaseToken, LineId,
    LogEpoch, Offset, ScreenRev, Seq, SessionId, Size,
};
use crate::input::Input;
use crate::limits::Limits;
use crate::open::Open;
use crate::row::Row;
use crate::screen::ScreenUpdate;
use crate::session::SessionList;

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

            /// Appends the message as a frame to `out`.
            ///
            /// # Errors
            /// [`FrameError::TooLarge`] or [`FrameError::Encode`], with `out` unchanged.
            pub fn encode(&self, out: &mut Vec<u8>) -> Result<(), FrameError> {
                let body = match self { $(Self::$name(body) => rmp_serde::to_vec_named(body),)+ };
                let encode = |error: rmp_serde::encode::Error| FrameError::Encode {
                    kind: self.kind(),
                    reason: error.to_string(),
                };
                frame::write(self.lane(), self.kind(), &body.map_err(encode)?, out)
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
}

/// The first message of a client.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// Protocol versions that it speaks.
    pub versions: Vec<u8>,
    /// What it can do beyond that, by name.
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ping {
    /// Chosen by the sender.
    pub nonce: u64,
    /// The sender's clock in microseconds; only the sender reads it.
    pub micros: u64,
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

/// A question. It changes nothing and can be asked again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ask {
    /// The number that its answers carry.
    pub ask: AskId,
    /// The question.
    #[serde(deserialize_with = "crate::open::deserialize")]
    pub query: Query,
}

/// A question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "query", content = "with")]
pub enum Query {
    /// The screen, whole, with nothing held back.
    Screen {
        /// Which session.
        session: SessionId,
    },
    /// Rows of history and screen.
    Rows {
        /// Which session.
        session: SessionId,
        /// The oldest logical line wanted.
        from: LineId,
        /// Whether the rows on the screen are wanted too.
        screen: bool,
    },
    /// The output record, as records.
    Record {
        /// Which session.
        session: SessionId,
        /// Where to begin.
        from: Offset,
    },
    /// A blob.
    Blob {
        /// Its hash.
        hash: BlobHash,
    },
    /// Answered when the condition holds, or with [`Timeout`](crate::error::ErrorCode::Timeout).
    Wait {
        /// Which session.
        session: SessionId,
        /// For what.
        until: Until,
        /// For how long.
        timeout_millis: Option<u64>,
    },
    /// How the host is.
    Stats,
    /// Every frame of the host's other links, as JSON, until the connection ends.
    Tap,
    /// A question of a later release; it is answered as unsupported.
    #[serde(skip_deserializing)]
    Unknown,
}

impl Open for Query {
    fn unknown() -> Self {
        Self::Unknown
    }
}

/// What to wait for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Until {
    /// The program has ended and all its output is in the record.
    Exit,
    /// A row of the screen or of what scrolled off it since matches.
    Text {
        /// A regular expression.
        regex: String,
    },
    /// No output came for so long.
    Idle {
        /// Milliseconds.
        millis: u64,
    },
}

/// A piece of the answer to an [`Ask`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// The question's number.
    pub ask: AskId,
    /// Whether this is the last piece.
    pub last: bool,
    /// The piece.
    #[serde(deserialize_with = "crate::open::deserialize")]
    pub part: Part,
}

/// A piece of an answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "part", content = "with")]
pub enum Part {
    /// A screen.
    Screen(Box<ScreenUpdate>),
    /// Rows in order.
    Rows {
        /// The rows.
        rows: Vec<Row>,
    },
    /// Records in order.
    Record {
        /// Where the first begins.
        from: Offset,
        /// The records in their byte form.
        #[serde(with = "frame::bytes")]
        bytes: Vec<u8>,
    },
    /// A piece of a blob.
    Blob {
        /// The piece.
        #[serde(with = "frame::bytes")]
        bytes: Vec<u8>,
    },
    /// The condition holds.
    Happened {
        /// The exit code, if the program has ended.
        code: Option<i32>,
        /// The signal that ended it, or 0.
        signal: i32,
        /// The row that matched, if text was waited for.
        text: Option<String>,
    },
    /// How the host is.
    Stats(Box<Stats>),
    /// A frame of another link.
    Tapped {
        /// Which link.
        conn: ConnEpoch,
        /// Whether the host sent it.
        from_host: bool,
        /// The frame, as JSON.
        json: String,
    },
    /// The question cannot be answered.
    Failed {
        /// Why.
        error: WireError,
    },
    /// A piece of a later release.
    #[serde(skip_deserializing)]
    Unknown,
}

impl Open for Part {
    fn unknown() -> Self {
        Self::Unknown
    }
}

/// How a host is.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Stats {
    /// Its program and version.
    pub program: String,
    /// Its process.
    pub pid: u32,
    /// Which life of it.
    pub incarnation: u64,
    /// Milliseconds since it began.
    pub uptime_millis: u64,
    /// The keeper's process.
    pub keeper_pid: u32,
    /// Connections at this moment.
    pub connections: u64,
    /// Connections so far.
    pub connections_total: u64,
    /// Frames of kinds that this release does not know.
    pub unknown_frames: u64,
    /// Bytes of the database and its log.
    pub database_bytes: u64,
    /// Commits of the store.
    pub commits: u64,
    /// Rows written in them.
    pub commit_rows: u64,
    /// Microseconds of the slowest of the last commits.
    pub commit_max_micros: u64,
    /// Each session.
    pub sessions: Vec<SessionStats>,
}

/// How a session is.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SessionStats {
    /// Which session.
    pub session: String,
    /// Bytes of its record so far.
    pub offset: u64,
    /// How far of it is committed.
    pub committed: u64,
    /// Bytes that wait in its ring.
    pub ring_bytes: u64,
    /// Clients that follow it.
    pub subscribers: u64,
    /// Screen updates sent.
    pub updates: u64,
    /// Rows of history in memory.
    pub history_rows: u64,
    /// Bytes of its record on disk.
    pub disk_bytes: u64,
    /// Answers of its terminal that were dropped since the program does not read.
    pub replies_dropped: u64,
}
