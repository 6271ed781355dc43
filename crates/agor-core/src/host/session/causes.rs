//! What can happen to a session, and what it can want done.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use agor_keeper::{RefusedInput, Request, RequestFault};
use agor_proto::agent::Conflict;
use agor_proto::command::Command;
use agor_proto::event::Event;
use agor_proto::ids::{
    AskId, BlobHash, ClientId, ConnEpoch, LeaseToken, LineId, Offset, ScreenRev, Seq, Size,
};
use agor_proto::message::{InputFrame, Message, Part, Query, Subscribe, Visibility};
use agor_proto::session::SessionInfo;
use agor_term::ImageSource;

use super::shelf::{Look, Shelf};
use crate::agents::Foreground;
use crate::agents::here::{Found, Sought};
use crate::agents::registry::Entry;
use crate::storage::{StoreError, StoredReceipt, Transaction};

/// One moment, by both clocks.
#[derive(Debug, Clone, Copy)]
pub struct Now {
    /// For durations.
    pub instant: Instant,
    /// For people: milliseconds since 1970.
    pub unix_millis: u64,
}

/// Something that happened.
#[derive(Debug)]
pub enum Cause {
    /// Records came through the ring.
    Ring {
        /// Where the first begins.
        from: Offset,
        /// The records in their byte form.
        bytes: Vec<u8>,
    },
    /// The ring that the keeper kept is there. What an earlier life of the host stored and did not
    /// release is still in it.
    RingKept,
    /// Records before `to` are lost: the keeper let go of them and the store does not have them.
    Gap {
        /// Where the record goes on.
        to: Offset,
    },
    /// The keeper started the program, or had it already.
    Spawned {
        /// Its process.
        pid: u32,
    },
    /// The keeper could not start it.
    SpawnFailed {
        /// One sentence.
        reason: String,
        /// What the system said of the folder, if the program could not be started there.
        cwd_errno: Option<i32>,
    },
    /// Input was written to the program.
    InputDone {
        /// Whose.
        source: u128,
        /// Up to which.
        seq: u64,
    },
    /// Input was not taken.
    InputRefused {
        /// Whose.
        source: u128,
        /// Which.
        seq: u64,
        /// Why.
        reason: RefusedInput,
    },
    /// How much of a source's input the program was given.
    InputState {
        /// Whose.
        source: u128,
        /// Up to which.
        written: u64,
    },
    /// A kill is over.
    Killed {
        /// Processes that it could not end.
        survivors: u32,
    },
    /// The keeper dropped the ended program's ring.
    Forgotten,
    /// The keeper carried out what was asked before.
    KeeperAnswered,
    /// The keeper did not carry out what was asked before.
    KeeperDeclined {
        /// Why.
        fault: RequestFault,
    },
    /// The keeper is gone, and with it the program; what it left in the ring was read.
    KeeperLost,
    /// The transaction that was under way is on disk.
    Committed,
    /// The store can store nothing for now, or it can again.
    Storage {
        /// Why not.
        problem: Option<StoreError>,
    },
    /// Events that a subscriber asked for were read.
    Replayed {
        /// For whom.
        conn: ConnEpoch,
        /// The events, without gaps.
        events: Vec<Event>,
    },
    /// The images that a checkpoint names are on disk, or cannot be.
    ImagesStored {
        /// Whether they are.
        stored: bool,
    },
    /// Events that a subscriber asked for could not be read, some time ago.
    Unreadable {
        /// For whom.
        conn: ConnEpoch,
    },
    /// A connection could not take events.
    Overflowed {
        /// Which.
        conn: ConnEpoch,
        /// The first event that it was not told.
        untold: Seq,
    },
    /// A connection is gone.
    ConnGone {
        /// Which.
        conn: ConnEpoch,
    },
    /// A client asks for something.
    Asked {
        /// On which connection.
        conn: ConnEpoch,
        /// Which client.
        client: ClientId,
        /// For what.
        what: Box<Wish>,
    },
    /// Something that runs in it says something of itself, with the session's token.
    Reported {
        /// What `body` is.
        form: String,
        /// What is said.
        body: Vec<u8>,
    },
    /// A piece of its agent's transcript was read.
    Transcript {
        /// The piece; empty if there was nothing new, or no such file.
        bytes: Vec<u8>,
    },
    /// There may be more in its agent's transcript.
    TranscriptGrew,
    /// The agent's conversation was looked for.
    Conversation {
        /// What was found.
        found: Found,
    },
    /// It was looked who has the terminal.
    Foreground {
        /// The session's program then.
        leader: u32,
        /// Who; `None` if that cannot be told.
        found: Option<Foreground>,
    },
    /// Its agent's own registry says something.
    Registry {
        /// Of which process.
        pid: u32,
        /// What.
        entry: Entry,
    },
    /// Its agent and another have written the same file.
    Conflicts(Conflict),
    /// The session is not kept any longer, unless its program runs.
    GivenUp,
    /// The host is about to end its program, since the person has ended the host.
    WillEnd,
    /// Time passed; see [`Session::next_wake`].
    Tick,
}

/// What a client asks a session for.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "a wish travels in a box")]
pub enum Wish {
    /// To carry out a command.
    Command {
        /// The command.
        command: Command,
        /// The digest of its body.
        digest: [u8; 32],
        /// What the store knows of it.
        stored: Option<StoredReceipt>,
    },
    /// To follow.
    Subscribe(Subscribe),
    /// To follow no more.
    Unsubscribe,
    /// To see the screen in another way.
    View(Visibility),
    /// To go on after a screen update.
    ScreenAck(ScreenRev),
    /// To drive.
    TakeLease {
        /// Whether to take it from another.
        force: bool,
        /// The token of the lease, if it is given.
        fresh: LeaseToken,
    },
    /// To go on driving.
    RenewLease(LeaseToken),
    /// To drive no more.
    DropLease(LeaseToken),
    /// To type.
    Type(InputFrame),
    /// To set the size.
    Resize {
        /// The driver's lease.
        token: LeaseToken,
        /// The size.
        size: Size,
    },
    /// To have a question answered no more.
    Cancel(AskId),
    /// To be told something.
    Ask {
        /// The question's number.
        ask: AskId,
        /// The question.
        query: Query,
    },
}

/// Something to do, in order.
#[derive(Debug)]
pub enum Effect {
    /// Ask the keeper for something.
    Keeper(Request),
    /// Write to the store; answered by [`Cause::Committed`].
    Write(Transaction),
    /// Keep in memory how a command ended of which nothing can be stored, for when it comes again.
    KeepRefusal(StoredReceipt),
    /// Send a message. Events may not fit: then [`Cause::Overflowed`] follows.
    Send(ConnEpoch, Message),
    /// Send these one after the other, as the connection takes them.
    Stream(ConnEpoch, Vec<Message>),
    /// Read events after `after` once the connection has room; answered by [`Cause::Replayed`].
    Replay {
        /// For whom.
        conn: ConnEpoch,
        /// After which.
        after: Seq,
    },
    /// Answer a question for events with up to `count` stored ones after `after`.
    ReadEvents {
        /// For whom.
        conn: ConnEpoch,
        /// The question's number.
        ask: AskId,
        /// After which.
        after: Seq,
        /// How many.
        count: u64,
    },
    /// Answer a question for rows some of which left the terminal.
    Look {
        /// For whom.
        conn: ConnEpoch,
        /// The question's number.
        ask: AskId,
        /// The question.
        look: Box<Look>,
    },
    /// Answer a question for all rows from a line on: those that left, and then these parts.
    ReadRows {
        /// For whom.
        conn: ConnEpoch,
        /// The question's number.
        ask: AskId,
        /// What left.
        shelf: Arc<Shelf>,
        /// The line.
        from: LineId,
        /// The rest of the answer.
        parts: Vec<Part>,
    },
    /// Write a file for the next launch, before the keeper is asked for anything further.
    Place {
        /// Where.
        path: PathBuf,
        /// What is in it.
        text: String,
    },
    /// Read on in the agent's transcript; answered by [`Cause::Transcript`].
    ReadTranscript {
        /// The file.
        path: PathBuf,
        /// Where to begin.
        from: u64,
    },
    /// Look for the conversation of an agent; answered by [`Cause::Conversation`].
    FindConversation {
        /// Its provider's id.
        provider: String,
        /// Whose conversation it is.
        sought: Sought,
    },
    /// Follow the agent's transcript, in place of another; [`Cause::TranscriptGrew`] tells of more in it.
    FollowTranscript {
        /// The file.
        path: PathBuf,
    },
    /// Follow the agent's own registry; answered by [`Cause::Registry`], again and again.
    FollowRegistry {
        /// Its provider's id.
        provider: String,
        /// Its process.
        pid: u32,
    },
    /// Note that the session's agent has written a file; [`Cause::Conflicts`] follows if another has, too.
    Wrote {
        /// The file.
        file: String,
    },
    /// Look who has the terminal; answered by [`Cause::Foreground`].
    FindForeground {
        /// The session's program.
        leader: u32,
    },
    /// Keep what images are made from that came in the output.
    KeepImages {
        /// The images.
        sources: Vec<Arc<ImageSource>>,
        /// All that the session's program can place now.
        live: Vec<BlobHash>,
    },
    /// Have these images of the session on disk, and no others, before anything else is done; answered by
    /// [`Cause::ImagesStored`].
    StoreImages(Vec<BlobHash>),
    /// Delete the session's files before its removal is stored, which there is no room for.
    MakeRoom,
    /// Records before this are on disk: the ring may forget them.
    Release(Offset),
    /// The session's list entry changed.
    Listed(Box<SessionInfo>),
    /// Everybody who follows the session was told that its agent came into another state.
    StateTold,
    /// The session is removed, with everything.
    Gone,
}
