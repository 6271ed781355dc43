//! How a host is, in figures. All of them have a default, so that what an earlier release does not say
//! reads as nothing.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

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
    /// Microseconds of a commit on average, from taking the write lock until it is safe on disk.
    pub commit_mean_micros: u64,
    /// Microseconds of commits: until what was written is safe on disk, which is one `fsync`.
    #[serde(skip_serializing_if = "Spread::is_nothing")]
    pub sync_micros: Spread,
    /// Transactions that one commit stored.
    #[serde(skip_serializing_if = "Spread::is_nothing")]
    pub group_size: Spread,
    /// Groups of transactions that failed as a whole, such as on a full disk.
    pub failed_groups: u64,
    /// Bytes of the database's log.
    pub log_bytes: u64,
    /// KiB of transactions that wait or are being stored.
    pub queued_kib: u64,
    /// Commands that came to their end since the host began, and how long half of them and all but
    /// one in a hundred took at most, from their coming to their receipt.
    pub commands: u64,
    /// See [`Stats::commands`].
    pub command_p50_micros: u64,
    /// See [`Stats::commands`].
    pub command_p99_micros: u64,
    /// The most messages that waited for one client at once.
    pub outbox_max: u64,
    /// How often events did not fit a client's queue and were told from the store instead.
    pub overflows: u64,
    /// Bytes of output that programs have said since the host began, in their records. How often each is copied on
    /// its way, [`Stats::way`] says.
    pub output_bytes: u64,
    /// What happens to output on its way from the terminal of its program to the windows, step by step.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub way: Vec<StepStats>,
    /// Microseconds of processor time that the host has used.
    pub cpu_micros: u64,
    /// Microseconds of processor time that the keeper has used.
    pub keeper_cpu_micros: u64,
    /// Bytes of memory of the host (PSS).
    pub memory_bytes: u64,
    /// Bytes of memory of the keeper (PSS).
    pub keeper_memory_bytes: u64,
    /// What went over all links, lane by lane.
    pub lanes: Vec<LaneStats>,
    /// Why connections ended, and how many for each reason.
    pub ended_connections: BTreeMap<String, u64>,
    /// Each link that is open.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<LinkStats>,
    /// Each session.
    pub sessions: Vec<SessionStats>,
}

/// What went over the links of a host in one lane.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct LaneStats {
    /// Which lane.
    pub lane: String,
    /// Frames that were sent.
    pub sent_frames: u64,
    /// Their bytes.
    pub sent_bytes: u64,
    /// Frames that came.
    pub received_frames: u64,
    /// Their bytes.
    pub received_bytes: u64,
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
    /// Its project's folder.
    pub project: String,
    /// Changes of the screen that a later one overtook before they were sent.
    pub coalesced: u64,
    /// Holes in its record.
    pub gaps: u64,
    /// Lines of its agent's transcript that were too long to be read.
    #[serde(skip_serializing_if = "is_zero")]
    pub long_lines: u64,
}

/// How a figure that was taken often is spread.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Spread {
    /// How often it was taken.
    pub count: u64,
    /// What half of them were at most.
    pub p50: u64,
    /// What all but one in a hundred were at most.
    pub p99: u64,
    /// The largest.
    pub max: u64,
}

impl Spread {
    /// Says whether the figure was never taken.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        self.count == 0
    }
}

/// What one step of the way from a terminal to the windows has done with output.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct StepStats {
    /// Which: `ring` (from the terminal into the ring in shared memory, by the keeper), `host` (from there
    /// into the host, and folded), `record` (into what is stored), `disk` (compressed, for the database),
    /// `frames` (rows of screens as they are sent, and all else that the host does), `link` (that, into
    /// the system's buffers).
    pub step: String,
    /// Bytes that it has copied, each counted where that is done: of `ring` what the host has seen of it, of `frames`
    /// and `link` what screens took. What the system and SQLite copy within is in none.
    pub copied_bytes: u64,
    /// Microseconds of processor time that it took; 0 where a step before or behind it has its share.
    pub cpu_micros: u64,
}

/// How the link to one client is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct LinkStats {
    /// The connection.
    pub conn: u64,
    /// Which client.
    pub client: String,
    /// Its program and version.
    pub program: String,
    /// Its process, where the system says.
    pub pid: Option<i32>,
    /// Milliseconds since it was connected.
    pub open_millis: u64,
    /// Connections of the same client before this one, as far as the host remembers.
    pub before: u64,
    /// Why they ended, and how many for each reason.
    pub ended: BTreeMap<String, u64>,
    /// Microseconds of the smoothed round trip, as the client has measured it.
    pub round_trip_micros: Option<u64>,
    /// Microseconds by which round trips vary.
    pub jitter_micros: Option<u64>,
    /// What went over it, lane by lane.
    pub lanes: Vec<LaneStats>,
    /// Messages that wait to be sent, and the most that did at once.
    pub queued: u64,
    /// See [`LinkStats::queued`].
    pub queued_max: u64,
    /// Screen updates that were sent.
    pub updates: u64,
    /// Changes of screens that a later one overtook before they were sent.
    pub coalesced: u64,
    /// Sessions that the client asked for anew since it missed something.
    pub gaps: u64,
    /// Whole screens that it asked for.
    pub whole_screens: u64,
    /// Events that were told again from what is kept, before those that were new.
    pub replayed_events: u64,
    /// How often events did not fit its queue and were told from the store instead.
    pub overflows: u64,
    /// Microseconds that its commands took, from their coming to the receipt of their end.
    pub command_micros: Spread,
    /// Frames of kinds that this release does not know.
    pub unknown_frames: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}
