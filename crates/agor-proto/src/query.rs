//! Questions, which change nothing, and their answers.

use serde::{Deserialize, Serialize};

use crate::agent::{Evidence, State};
use crate::error::WireError;
use crate::event::Event;
use crate::frame;
use crate::ids::{AskId, BlobHash, ConnEpoch, LineId, LinePosition, Offset, Seq, SessionId};
use crate::open::Open;
use crate::row::{MarkKind, Row};
use crate::screen::{Placement, ScreenUpdate};
use crate::stats::Stats;
use crate::usage::{UsageBy, UsageRow};

/// A question. It changes nothing and can be asked again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ask {
    /// The number that its answers carry.
    pub ask: AskId,
    /// The question.
    #[serde(deserialize_with = "crate::open::deserialize")]
    pub query: Query,
}

/// Wants no more of the answer to a question: a wait ends, a tap stops. What is on its way may
/// still come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cancel {
    /// The question's number.
    pub ask: AskId,
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
    /// A blob: the pixels of an image.
    Blob {
        /// Its hash.
        hash: BlobHash,
        /// The session whose image it is.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        session: Option<SessionId>,
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
    /// Rows of history and screen around a place, at the present width; history goes on into the
    /// screen. While the alternate screen is shown there is only that.
    Window {
        /// Which session.
        session: SessionId,
        /// The place.
        at: WindowAt,
        /// Rows wanted before the row of that place.
        before: u32,
        /// Rows wanted in all; at most [`WINDOW_ROWS_MAX`](crate::limits::WINDOW_ROWS_MAX) come.
        count: u32,
    },
    /// Places of a text in history and screen, a part of them at a time: what is looked at for one
    /// question is bounded, and the answer says where the next goes on.
    Find {
        /// Which session.
        session: SessionId,
        /// What to look for within logical lines.
        pattern: String,
        /// Whether that is a regular expression.
        regex: bool,
        /// Whether upper and lower case are the same.
        ignore_case: bool,
        /// Where to begin.
        from: WindowAt,
        /// Whether to find what begins there or later, in order; else what begins before, the last
        /// first.
        forwards: bool,
        /// Hits wanted; at most [`FIND_HITS_MAX`](crate::limits::FIND_HITS_MAX) come.
        count: u32,
        /// Bytes of text wanted around each hit, at most
        /// [`EXCERPT_MAX`](crate::limits::EXCERPT_MAX); none if 0.
        #[serde(default, skip_serializing_if = "is_zero")]
        excerpt: u32,
    },
    /// Where parts of a shell's conversation begin (OSC 133), in history and screen, a part of them at a
    /// time, as [`Query::Find`].
    Marks {
        /// Which session.
        session: SessionId,
        /// Where to begin.
        from: WindowAt,
        /// Whether to find what is there or later, in order; else what is before, the last first.
        forwards: bool,
        /// Marks wanted; at most [`FIND_HITS_MAX`](crate::limits::FIND_HITS_MAX) come.
        count: u32,
    },
    /// Events that are kept, also those that a subscription would leave out.
    Events {
        /// Which session.
        session: SessionId,
        /// The first wanted; the oldest that is kept if that is later.
        from: Seq,
        /// How many at the most.
        count: u64,
    },
    /// Answered when the session's agent is in one of these states, or with
    /// [`Timeout`](crate::error::ErrorCode::Timeout).
    WaitState {
        /// Which session.
        session: SessionId,
        /// The states.
        states: Vec<State>,
        /// For how long.
        timeout_millis: Option<u64>,
    },
    /// Every piece of evidence for what the session's agent does.
    Explain {
        /// Which session.
        session: SessionId,
    },
    /// What agents used and how long they worked, also in sessions that are gone.
    Usage {
        /// By what it is summed up.
        by: UsageBy,
        /// How many days back, today included; 0 for all that is kept.
        days: u32,
    },
    /// How the host is.
    Stats,
    /// Something that is told at once, and again when it has changed, until the question is cancelled: at
    /// most once in [`FOLLOW_PACE_MILLIS`](crate::limits::FOLLOW_PACE_MILLIS), and only what is newest.
    /// Each time the parts of the whole come, and then [`Part::Told`].
    Follow {
        /// What.
        #[serde(deserialize_with = "crate::open::deserialize")]
        what: Followed,
        /// The revision that was told last, on whichever connection: it is not told again.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        seen: Option<u64>,
    },
    /// Every frame of the host's other links, as JSON, until the connection ends.
    Tap,
    /// A question of a later release; it is answered as unsupported.
    #[serde(skip_deserializing)]
    Unknown,
}

impl Query {
    /// Returns what a host must say that it can do ([`Welcome::features`](crate::message::Welcome::features)) to
    /// be asked this, if that is not in every release of the protocol's version.
    #[must_use]
    pub fn feature(&self) -> Option<&'static str> {
        match self {
            Self::Wait { .. } | Self::WaitState { .. } => Some("wait"),
            Self::Tap => Some("tap"),
            Self::Follow { .. } => Some("follow"),
            _ => None,
        }
    }
}

/// What can be followed (see [`Query::Follow`]).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "followed", content = "with")]
pub enum Followed {
    /// As [`Query::Stats`]. That time passes is no news of it, and neither is what following costs.
    Stats,
    /// As [`Query::Explain`].
    Explain {
        /// Which session.
        session: SessionId,
    },
    /// As [`Query::Usage`].
    Usage {
        /// By what it is summed up.
        by: UsageBy,
        /// How many days back, today included; 0 for all that is kept.
        days: u32,
    },
    /// Something of a later release; it is answered as unsupported.
    #[serde(skip_deserializing)]
    Unknown,
}

impl Open for Followed {
    fn unknown() -> Self {
        Self::Unknown
    }
}

impl Open for Query {
    fn unknown() -> Self {
        Self::Unknown
    }
}

/// A place in the rows of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WindowAt {
    /// Rows back from the end: 0 is after the last row of the screen.
    End {
        /// How many.
        rows_back: u32,
    },
    /// The row that holds a place of the text. Where that is gone, it is the first row that was
    /// made after it, so the oldest if it left the history.
    Line(LinePosition),
}

/// A place of a text that was looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hit {
    /// Where it begins.
    pub start: LinePosition,
    /// The column after it, on the same logical line.
    pub end_column: u32,
    /// The row in which it begins, counted from the oldest that there was when it was found.
    #[serde(default)]
    pub row: u32,
}

/// The text around a hit: its logical line, or as much of that as was wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Excerpt {
    /// The text.
    pub text: String,
    /// The byte of it at which the hit begins.
    pub begin: u32,
    /// The byte after the hit, or after the text if the hit goes on.
    pub end: u32,
    /// Whether the line has more before the text.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub cut_before: bool,
    /// Whether the line has more behind the text.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub cut_after: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_zero(number: &u32) -> bool {
    *number == 0
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

/// A mark of a shell's conversation, and where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlacedMark {
    /// Where.
    pub at: LinePosition,
    /// Which part begins there.
    pub kind: MarkKind,
    /// The row, as that of a [`Hit`].
    #[serde(default)]
    pub row: u32,
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
    /// A screen, or what goes on from the part before: a large one does not fit a frame.
    Screen(Box<ScreenUpdate>),
    /// Rows in order.
    Rows {
        /// The rows.
        rows: Vec<Row>,
    },
    /// Rows of history and screen, fewer than wanted where there are no more or they would not
    /// fit a frame; the row of the wanted place is among them if it is there.
    Window {
        /// The rows.
        rows: Vec<Row>,
        /// How many rows are above the first.
        above: u32,
        /// How many rows are below the last, those of the screen included.
        below: u32,
        /// Images on these rows.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        placements: Vec<Placement>,
    },
    /// Hits of a search, in its direction.
    Found {
        /// The hits.
        hits: Vec<Hit>,
        /// Where a further question goes on; nothing once everything was looked at.
        goes_on: Option<LinePosition>,
        /// The text around each hit, in their order, if it was asked for.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        excerpts: Vec<Excerpt>,
    },
    /// Marks, in the direction in which they were looked for.
    Marks {
        /// The marks.
        marks: Vec<PlacedMark>,
        /// Where a further question goes on; nothing once everything was looked at.
        goes_on: Option<LinePosition>,
    },
    /// Events in order, without gaps.
    Events {
        /// The events.
        events: Vec<Event>,
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
    /// The agent is in one of the states that were waited for.
    Reached {
        /// Which.
        state: State,
        /// Why that is believed.
        reason: String,
    },
    /// The evidence for what an agent does, the strongest first.
    Evidence {
        /// What it is believed to do.
        state: State,
        /// Why.
        reason: String,
        /// The pieces.
        pieces: Vec<Explained>,
    },
    /// What agents used, the newest first; it may take several parts.
    Usage {
        /// Today: days since 1970-01-01 in the host's time zone.
        today: i64,
        /// The sums.
        rows: Vec<UsageRow>,
    },
    /// How the host is.
    Stats(Box<Stats>),
    /// The parts before are all of what is followed.
    Told {
        /// Names what was told: another revision says something else.
        rev: u64,
    },
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

/// A piece of evidence, as it is explained.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Explained {
    /// What it says, and since when.
    pub evidence: Evidence,
    /// Milliseconds since 1970 when its source said so last.
    pub last_millis: u64,
    /// Where in the session's text it was seen; none if that is text that is not kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<LinePosition>,
    /// Whether it decides.
    pub decides: bool,
    /// Whether something weaker and newer has ended it.
    pub ended: bool,
}
