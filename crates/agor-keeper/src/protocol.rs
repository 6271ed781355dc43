//! What host and keeper say to each other: the messages. Their bytes are in `protocol/codec.rs`,
//! how frames and descriptors travel in `protocol/channel.rs`.

pub(crate) mod bytes;
pub(crate) mod channel;
pub(crate) mod codec;
pub(crate) mod greeting;

use std::{ffi::OsString, fmt, path::PathBuf};

use crate::RingFds;

/// Version of the protocol and of the rings; both sides must speak the same one.
pub const ABI_VERSION: u16 = 1;

/// Names a session; the host's 128-bit session id, of which the keeper knows nothing more.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionKey(pub [u8; 16]);

impl fmt::Display for SessionKey {
    /// Writes the key as a hyphenated UUID.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, byte) in self.0.iter().enumerate() {
            if matches!(index, 4 | 6 | 8 | 10) {
                f.write_str("-")?;
            }
            write!(f, "{byte:02x}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for SessionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SessionKey({self})")
    }
}

/// The size of a terminal in cells and pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PtySize {
    /// Cells in a row.
    pub cols: u16,
    /// Rows.
    pub rows: u16,
    /// Width in pixels, 0 if unknown.
    pub xpix: u16,
    /// Height in pixels, 0 if unknown.
    pub ypix: u16,
}

/// What a child is connected to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Io {
    /// A terminal of its own, as its controlling one.
    Pty,
    /// Three pipes: `Out` and `Err` records tell standard output and error apart.
    Pipes,
}

/// How a leader ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exit {
    /// Its exit code, or -1 if a signal ended it.
    pub code: i32,
    /// The signal that ended it, or 0.
    pub signal: i32,
}

/// What to start, and where its output goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpawnSpec {
    /// The new session's name.
    pub session: SessionKey,
    /// Program and arguments; a program without a slash is looked up in `PATH` of `env`.
    pub argv: Vec<OsString>,
    /// The complete environment, to which the keeper adds only `AGOR_SESSION_ID`.
    pub env: Vec<(OsString, OsString)>,
    /// The absolute working directory.
    pub cwd: PathBuf,
    /// The terminal's first size.
    pub size: PtySize,
    /// What the child is connected to.
    pub io: Io,
    /// How much output may wait for the host; bounded by [`crate::caps`].
    pub ring_bytes: u32,
    /// The position of the first record.
    pub start_offset: u64,
}

/// To whom a signal goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignalScope {
    /// The foreground process group of the terminal; with pipes, the leader's group.
    Foreground,
    /// The leader alone.
    Leader,
    /// The leader's process group and session.
    All,
}

/// What a host asks of the keeper.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// Starts a session; one that exists already is answered as `existing`.
    Spawn(SpawnSpec),
    /// Writes bytes to the child, once for each `(source, seq)`.
    Input {
        /// To whom.
        session: SessionKey,
        /// Who typed.
        source: u128,
        /// Strictly increasing for the source, from 1; gaps are allowed.
        seq: u64,
        /// What, at most [`crate::caps::INPUT_BYTES`].
        bytes: Vec<u8>,
    },
    /// Closes the child's standard input once everything queued is written; only with pipes.
    EndInput {
        /// Whose.
        session: SessionKey,
    },
    /// Writes what the terminal answers, once for each `(offset, ordinal)`.
    Reply {
        /// To whom.
        session: SessionKey,
        /// Position of the record that asked.
        offset: u64,
        /// Which of the answers to that record.
        ordinal: u32,
        /// The answer, at most [`crate::caps::REPLY_BYTES`].
        bytes: Vec<u8>,
    },
    /// Gives the terminal a size and records it.
    Resize {
        /// Whose.
        session: SessionKey,
        /// The new size.
        size: PtySize,
    },
    /// Puts a note among the output.
    Configure {
        /// Whose.
        session: SessionKey,
        /// Opaque, at most [`crate::caps::CONFIGURE_BYTES`].
        payload: Vec<u8>,
    },
    /// Sends a signal.
    Signal {
        /// Whose.
        session: SessionKey,
        /// The signal's number.
        signal: i32,
        /// To whom of them.
        scope: SignalScope,
    },
    /// Ends everything that belongs to the session: a hang-up, then after the grace `SIGKILL`
    /// until nothing is left; answered by `Killed`. Asked again meanwhile it only gets faster, and
    /// is answered once.
    Kill {
        /// Whose.
        session: SessionKey,
        /// Time between the two.
        grace_millis: u32,
    },
    /// Asks how far the input of one source has come; answered by `InputState`.
    AskInput {
        /// Whose.
        session: SessionKey,
        /// Which source.
        source: u128,
    },
    /// Drops an ended session with its ring and terminal; answered by `Forgotten`.
    Forget {
        /// Which.
        session: SessionKey,
    },
    /// Asks for a session's state; answered by `State`.
    AskState {
        /// Which.
        session: SessionKey,
    },
    /// Kills all sessions, removes the socket and ends the keeper.
    Shutdown {
        /// Time between hang-up and `SIGKILL`.
        grace_millis: u32,
    },
}

/// At which step a spawn failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpawnStep {
    /// The request itself: no program, a byte 0 in a string, too many sessions, shutting down.
    Request,
    /// Making the ring.
    Ring,
    /// Making the terminal or the pipes.
    Terminal,
    /// Starting a process.
    Fork,
    /// Making the child a session of its own, with its terminal.
    Session,
    /// Entering the working directory.
    Cwd,
    /// Running the program.
    Exec,
}

/// Why input was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefusedInput {
    /// The session's queue is full, or an earlier input of this source was refused and not sent
    /// again: order is kept.
    Full,
    /// The keeper knows no such session.
    NoSession,
    /// Nobody is there to read it.
    Ended,
}

/// Why a note was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefusedConfigure {
    /// Too many wait for room in the ring.
    Full,
    /// The keeper knows no such session.
    NoSession,
    /// The record has ended.
    Closed,
}

/// Why a request about a session was not carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestFault {
    /// The keeper knows no such session.
    NoSession,
    /// The session still runs.
    StillRunning,
    /// The signal is none, or nobody is there to get it.
    NotDelivered,
    /// Too many kills are under way.
    Busy,
}

/// What the keeper tells the host.
#[derive(Debug)]
#[non_exhaustive]
pub enum Event {
    /// A session exists and this is its ring.
    Spawned {
        /// Which.
        session: SessionKey,
        /// The leader's process id.
        pid: u32,
        /// Whether it had been started before.
        existing: bool,
        /// By which to read its record.
        ring: RingFds,
    },
    /// A session was not started.
    SpawnFailed {
        /// Which.
        session: SessionKey,
        /// At which step.
        step: SpawnStep,
        /// What the system said.
        errno: i32,
    },
    /// Every input of the source up to `seq` has been written, to its last byte.
    InputDone {
        /// Whose.
        session: SessionKey,
        /// Which source.
        source: u128,
        /// The last one written.
        seq: u64,
    },
    /// An input was not taken.
    InputRefused {
        /// Whose.
        session: SessionKey,
        /// Which source.
        source: u128,
        /// Which input.
        seq: u64,
        /// Why.
        reason: RefusedInput,
    },
    /// How far the input of a source has come.
    InputState {
        /// Whose.
        session: SessionKey,
        /// Which source.
        source: u128,
        /// The last one taken, 0 if none.
        accepted: u64,
        /// The last one written, 0 if none.
        written: u64,
    },
    /// A note was not taken.
    ConfigureRefused {
        /// Whose.
        session: SessionKey,
        /// Why.
        reason: RefusedConfigure,
    },
    /// A kill is over.
    Killed {
        /// Whose.
        session: SessionKey,
        /// How many processes it could not end; 0 is success.
        survivors: u32,
    },
    /// An ended session was dropped, or was not known.
    Forgotten {
        /// Which.
        session: SessionKey,
    },
    /// The state of a session.
    State(SessionState),
    /// A request was not carried out.
    Failed {
        /// About which session.
        session: SessionKey,
        /// Why.
        fault: RequestFault,
    },
    /// A later host has attached; the connection ends.
    Fenced {
        /// Its incarnation.
        by: u64,
    },
}

/// What the keeper knows of a session.
#[derive(Debug)]
pub struct SessionState {
    /// Which.
    pub session: SessionKey,
    /// The leader's process id.
    pub pid: u32,
    /// What the child is connected to.
    pub io: Io,
    /// The terminal's size.
    pub size: PtySize,
    /// Whether the leader runs.
    pub alive: bool,
    /// How the leader ended.
    pub exit: Option<Exit>,
    /// Whether output has ended.
    pub closed: bool,
    /// Position after the newest record.
    pub head: u64,
    /// Position up to which records were released.
    pub tail: u64,
    /// By which to read its record; only in a [`crate::Hello`].
    pub ring: Option<RingFds>,
}
