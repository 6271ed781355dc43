//! Every bound of the keeper, and what happens at it.

use std::time::Duration;

/// Largest frame on the socket; a longer one is refused before anything is allocated for it.
pub const FRAME_BYTES: usize = 512 * 1024;

/// Most bytes in one `Input` request; the host splits longer pastes.
pub const INPUT_BYTES: usize = 256 * 1024;

/// Most bytes in one `Reply` request; what a terminal answers is far shorter.
pub const REPLY_BYTES: usize = 16 * 1024;

/// Most bytes of one `Configure` payload.
pub const CONFIGURE_BYTES: usize = 32 * 1024;

/// Input queued for one session (each chunk counts [`INPUT_CHUNK_OVERHEAD`] more); beyond it
/// input is refused with `Full`.
pub const INPUT_QUEUE_BYTES: usize = 1024 * 1024;

/// What a queued chunk costs beside its bytes, so that many tiny ones cannot take much memory.
pub const INPUT_CHUNK_OVERHEAD: usize = 64;

/// Replies queued for one session; beyond it a reply is dropped for good, since a program that
/// does not read its answers is not waiting for them.
pub const REPLY_QUEUE_BYTES: usize = 64 * 1024;

/// Sources of input remembered for one session; the one unused for longest is forgotten first.
pub const INPUT_SOURCES: usize = 1024;

/// Payload of the longest record that a writer makes and a reader believes.
pub const RECORD_BYTES: usize = 64 * 1024;

/// Bytes read from all children in one turn of the loop, divided among those that have said something:
/// what the host asks for waits for a turn.
pub const CHILDREN_PER_TURN_BYTES: usize = 128 * 1024;

/// The least that is read from one of them.
pub const CHILD_PER_TURN_MIN_BYTES: usize = 4 * 1024;

/// Bytes in a [`FLOOD_WINDOW`] from which on a child floods.
pub const FLOOD_BYTES: usize = 64 * 1024;

/// Over how long it is counted whether a child floods.
pub const FLOOD_WINDOW: Duration = Duration::from_millis(100);

/// Children that flood at once from which on they may be read less often.
pub const FLOODS_PACED: usize = 4;

/// How long at most a child that floods is not read.
pub const FLOOD_PAUSE: Duration = Duration::from_millis(64);

/// Smallest ring; a smaller wish is raised to it.
pub const RING_MIN_BYTES: usize = 256 * 1024;

/// Largest ring; a larger wish is lowered to it.
pub const RING_MAX_BYTES: usize = 256 * 1024 * 1024;

/// Room in a ring that output leaves for records of control, so that an exit or a size is not
/// delayed by a full ring.
pub const RING_RESERVE_BYTES: usize = 4096;

/// Consumed bytes of a busy ring after which their pages are given back.
pub const RING_GIVE_BACK_BYTES: u64 = 512 * 1024;

/// Touched bytes that an idle ring may keep; above it the keeper asks to be woken for tidying.
pub const RING_IDLE_BYTES: u64 = 64 * 1024;

/// Largest offset at which a session may start; leaves room for centuries of output.
pub const START_OFFSET: u64 = 1 << 62;

/// Records of control waiting for room in one ring; beyond it `Configure` is refused, and resizes
/// that follow each other become the last of them.
pub const PENDING_RECORDS: usize = 64;

/// Sessions in one keeper; beyond it a spawn fails with `EAGAIN`.
pub const SESSIONS: usize = 1024;

/// Connections that have not said Hello; the oldest makes room for a new one.
pub const GREETING_CONNECTIONS: usize = 8;

/// Bytes that such a connection may send before its Hello is whole.
pub const GREETING_BYTES: usize = 4096;

/// Bytes that wait for a host that does not read; beyond it the connection is dropped.
pub const OUT_QUEUE_BYTES: usize = 4 * 1024 * 1024;

/// Bytes waiting for the host above which the keeper reads no further request from it.
pub const OUT_QUEUE_PAUSE_BYTES: usize = 256 * 1024;

/// Bytes that a host's link queues for a keeper that does not read; beyond it `send` fails.
pub const LINK_QUEUE_BYTES: usize = 8 * 1024 * 1024;

/// Bytes taken from the host's connection in one turn of the loop.
pub const READ_PER_TURN_BYTES: usize = 512 * 1024;

/// Bytes written to one child in one turn of the loop.
pub const WRITE_PER_TURN_BYTES: usize = 256 * 1024;

/// How long `KeeperLink::connect` waits for the keeper's Hello.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Longest grace of a kill; a longer wish is lowered to it.
pub const KILL_GRACE: Duration = Duration::from_secs(60);

/// How long a kill repeats `SIGKILL` before it reports survivors.
pub const KILL_EFFORT: Duration = Duration::from_secs(5);

/// Kills under way at once; beyond it a kill is refused.
pub const KILLS: usize = 2 * SESSIONS;

/// Processes looked at in one turn of the loop while a kill looks for members.
pub const SCAN_PER_TURN: usize = 128;

/// Processes that one scan looks at before it is cut short.
pub const SCAN_PROCESSES: usize = 65_536;

/// Bytes of a process's environment searched for the marker of its session.
pub const ENVIRON_BYTES: usize = 256 * 1024;

/// How long a keeper that was told to stop waits for programs that are being started, and such a program
/// after a hang-up.
pub const START_FAREWELL: Duration = Duration::from_secs(2);

/// How long a keeper that was told to stop waits for its last words to be read.
pub const FAREWELL: Duration = Duration::from_secs(1);

/// How long a new program may take to say that it understands what a keeper would hand over to it.
/// Meanwhile children wait, as they do for a full ring.
pub const REHEARSAL: Duration = Duration::from_secs(5);

/// How long `update` waits for a keeper to have become another program.
pub const UPDATE_TIMEOUT: Duration = Duration::from_secs(15);

/// For how long `update` asks again a keeper that has a host, or starts or ends programs.
pub const UPDATE_PATIENCE: Duration = Duration::from_secs(3);

/// How long `update` waits before it asks again a keeper that was busy.
pub const UPDATE_RETRY: Duration = Duration::from_millis(50);

/// What a keeper hands over at most; enough for all sessions with full queues.
pub const HANDOVER_BYTES: usize = 2 * SESSIONS * INPUT_QUEUE_BYTES;
