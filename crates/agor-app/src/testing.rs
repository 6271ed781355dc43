//! What the tests of this crate share.

use std::time::{Duration, Instant};

use agor_core::client::Figures;
use agor_proto::agent::{AgentInfo, Choice, EvidenceSource, Pending, PermissionKind, State, Usage};
use agor_proto::ids::{LogEpoch, Offset, Seq, SessionId, Size};
use agor_proto::message::{LaneStats, SessionStats, Stats};
use agor_proto::session::{Life, SessionInfo};

use crate::link::diagnose::{Diagnosis, Look};

/// Returns a session's id that is the same in every test.
pub fn session_id(number: u8) -> SessionId {
    SessionId::from_parts(1_700_000_000_000 + u64::from(number), [number; 10])
}

/// Returns a running session as a list has it.
pub fn session_info(number: u8, name: &str) -> SessionInfo {
    SessionInfo {
        id: session_id(number),
        name: name.into(),
        argv: vec![name.into()],
        folder: "/work/project".into(),
        cwd: "/work/project".into(),
        title: String::new(),
        size: Size::cells(80, 24),
        life: Life::Running,
        state: State::Unknown,
        agent: None,
        pid: Some(4_000 + u32::from(number)),
        private: false,
        created_millis: 1_700_000_000_000 + u64::from(number),
        active_millis: 1_700_000_000_000,
        offset: Offset(0),
        epoch: LogEpoch(1),
        seq: Seq(1),
    }
}

/// Returns an agent that asks whether it may run something.
pub fn agent_info() -> AgentInfo {
    let choice = |name: &str, kind, key: &str| Choice {
        name: name.into(),
        kind,
        keys: vec![key.into()],
    };
    AgentInfo {
        provider: "claude".into(),
        conversation: None,
        since_millis: 1_700_000_000_000,
        reason: "asks to run Bash".into(),
        source: EvidenceSource::Hook,
        tools: 0,
        background: 0,
        pending: Some(Pending {
            text: "Bash: cargo test --workspace".into(),
            choices: vec![
                choice("Yes", PermissionKind::AllowOnce, "1"),
                choice("Yes, and don't ask again", PermissionKind::AllowAlways, "2"),
                choice("No", PermissionKind::RejectOnce, "escape"),
            ],
            id: 3,
            answered: false,
        }),
        usage: Usage::default(),
    }
}

/// Returns how a host and a link are, after a minute in which a program has said more and more.
pub fn diagnosis() -> Diagnosis {
    let start = Instant::now();
    let mut diagnosis = Diagnosis::default();
    let mut output_bytes = 0;
    for second in 0..61_u64 {
        // 60 of them make the last second's megabyte.
        output_bytes += second * 1_048_576 / 60;
        let session = |number: u8, offset: u64| SessionStats {
            session: session_id(number).to_string(),
            offset,
            committed: offset.saturating_sub(4_096),
            disk_bytes: offset / 7,
            updates: second * 20,
            coalesced: second * 3,
            ..SessionStats::default()
        };
        let lane = |lane: &str, bytes: u64| LaneStats {
            lane: lane.into(),
            sent_bytes: bytes,
            received_bytes: bytes,
            ..LaneStats::default()
        };
        diagnosis.look(Look {
            at: start + Duration::from_secs(second),
            host: Stats {
                program: "agord 0.1.0".into(),
                pid: 4_200,
                keeper_pid: 4_201,
                incarnation: 3,
                connections: 2,
                output_bytes,
                cpu_micros: output_bytes / 150,
                keeper_cpu_micros: output_bytes / 400,
                memory_bytes: 21 * 1_048_576,
                keeper_memory_bytes: 3 * 1_048_576,
                database_bytes: 1_572_864,
                log_bytes: 4_194_304,
                commits: second * (second % 7),
                commit_rows: second * (second % 7) * 4,
                commit_mean_micros: 1_900,
                commit_max_micros: 23_400,
                command_p50_micros: 2_100,
                command_p99_micros: 31_000,
                lanes: vec![lane("screen", output_bytes / 30)],
                sessions: vec![session(1, output_bytes), session(2, 52_000)],
                ..Stats::default()
            },
            link: Figures {
                round_trip_micros: Some(84),
                jitter_micros: Some(12),
                links: 1,
                lanes: vec![lane("screen", output_bytes / 30)],
                events: 420,
                new_events: 420,
                screens: 1_200,
                fitting_screens: 1_200,
                command_p50_micros: 2_400,
                command_p99_micros: 33_000,
                ..Figures::default()
            },
            window_cpu: Duration::from_millis(second * 6 + second % 5),
            window_memory_bytes: 61 * 1_048_576,
        });
    }
    diagnosis
}
