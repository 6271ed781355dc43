//! What the tests of this crate share.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use agor_core::client::Figures;
use agor_core::link::{LinkReader, LinkWriter, Listener};
use agor_proto::agent::{
    AgentInfo, Choice, Evidence, EvidenceSource, Pending, PermissionKind, State, Usage,
};
use agor_proto::ids::{
    ConnEpoch, HostId, Incarnation, LineId, LinePosition, LogEpoch, Offset, Seq, SessionId, Size,
};
use agor_proto::limits::Limits;
use agor_proto::message::{
    Explained, LaneStats, LinkStats, Message, SessionStats, Spread, Stats, StepStats, Welcome,
};
use agor_proto::session::{Life, SessionInfo};
use agor_proto::usage::{Spent, UsageRow};

use crate::link::diagnose::{Diagnosis, Look};
use crate::link::usage::Spending;

/// Takes the next client as a host with these features does, whose further part a test plays by hand.
pub async fn accept(listener: &mut Listener, features: &[&str]) -> (LinkReader, LinkWriter) {
    let (mut reader, mut writer) = listener.accept().await.expect("a client").split();
    assert!(matches!(reader.next().await, Ok(Some(Message::Hello(_)))));
    let welcome = Welcome {
        version: 1,
        features: features.iter().map(|&name| name.to_owned()).collect(),
        conn_epoch: ConnEpoch(1),
        host: HostId([9; 32]),
        incarnation: Incarnation(1),
        program: "test".into(),
        limits: Limits::default(),
    };
    let sent = writer.send(&welcome.into()).await;
    sent.expect("the client hears");
    (reader, writer)
}

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
        conflict: None,
        provider: "claude".into(),
        conversation: None,
        conversation_empty: false,
        model: None,
        mode: None,
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

/// Returns what agents used in a month, the last days the most.
pub fn spending() -> Spending {
    let today = 20_787;
    let spent = |n: u64| Spent {
        turns: n,
        input_tokens: n * 2_000,
        output_tokens: n * 1_000,
        cached_tokens: n * 40_000,
        cost_micros: Some(n * 100_000),
        estimated: true,
        working_millis: n * 150_000,
        waited_millis: n * 40_000,
    };
    let day = |back: i64| UsageRow {
        day: today - back,
        spent: spent(match back % 7 {
            // On some days nobody works.
            1 | 2 => 0,
            _ => 31_u64.saturating_sub(back.unsigned_abs()),
        }),
        ..UsageRow::default()
    };
    let project = |folder: &str, n| UsageRow {
        day: today,
        project: folder.into(),
        spent: spent(n),
        ..UsageRow::default()
    };
    let session = |number, name: &str, folder: &str, n| UsageRow {
        session: Some(session_id(number)),
        name: name.into(),
        provider: name.into(),
        ..project(folder, n)
    };
    let rows = |rows| agor_core::client::Usage { today, rows };
    Spending {
        days: rows((0..30).map(day).collect()),
        projects: rows(vec![
            project("/work/shop", 170),
            project("/work/prices", 64),
        ]),
        sessions: rows(vec![
            session(2, "claude", "/work/shop", 120),
            session(3, "codex", "/work/prices", 64),
            session(9, "claude", "/work/shop", 50),
        ]),
    }
}

/// Returns evidence that an agent asks for permission, seen at `at_millis` and before.
pub fn explained(at_millis: u64) -> Vec<Explained> {
    let piece = |source, state, reason: &str, before_millis| Explained {
        evidence: Evidence {
            source,
            state,
            reason: reason.into(),
            offset: Offset(48_211),
            at_millis: at_millis.saturating_sub(before_millis),
        },
        last_millis: at_millis.saturating_sub(before_millis),
        at: Some(LinePosition {
            line: LineId(2),
            column: 0,
        }),
        decides: source == EvidenceSource::Hook,
        ended: source == EvidenceSource::Title,
    };
    let screen = Explained {
        at: None,
        ..piece(
            EvidenceSource::Screen,
            State::NeedsPermission,
            "its screen asks for you",
            0,
        )
    };
    vec![
        piece(
            EvidenceSource::Hook,
            State::NeedsPermission,
            "it asks to use Bash: cargo test",
            0,
        ),
        piece(
            EvidenceSource::Title,
            State::Working,
            "its title shows it at work",
            95_000,
        ),
        screen,
        piece(
            EvidenceSource::Process,
            State::Starting,
            "Claude Code has the terminal (process 4242)",
            4_000_000,
        ),
    ]
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
            sent_frames: second * 20,
            ..LaneStats::default()
        };
        let step = |step: &str, copied_bytes: u64, cpu_micros: u64| StepStats {
            step: step.into(),
            copied_bytes,
            cpu_micros,
        };
        let spread = |p50: u64, p99: u64| Spread {
            count: second,
            p50,
            p99,
            max: p99 * 2,
        };
        let link = |client: &str, program: &str, pid: i32, part: u64| LinkStats {
            conn: 40 + part,
            client: client.into(),
            program: program.into(),
            pid: Some(pid),
            round_trip_micros: Some(84 * part),
            jitter_micros: Some(12 * part),
            lanes: vec![lane("screen", output_bytes / (60 * part))],
            queued_max: 7 * part,
            updates: second * 20 / part,
            coalesced: second * 3 * (part - 1),
            replayed_events: 420,
            command_micros: spread(2_400, 31_000),
            before: part - 1,
            ended: match part {
                1 => BTreeMap::new(),
                _ => [("it does not read".to_owned(), part - 1)].into(),
            },
            ..LinkStats::default()
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
                sync_micros: spread(1_700, 8_900),
                group_size: spread(2, 11),
                way: vec![
                    step("ring", output_bytes, output_bytes / 400),
                    step("host", output_bytes, output_bytes / 210),
                    step("record", output_bytes, 0),
                    step("disk", output_bytes / 7, output_bytes / 900),
                    step("frames", output_bytes / 15, output_bytes / 1_300),
                    step("link", output_bytes / 30, 0),
                ],
                links: vec![
                    link("other", "agor 0.1.0", 5_120, 2),
                    link("own", "agor 0.1.0", 4_300, 1),
                ],
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
            own: "own".into(),
            window_cpu: Duration::from_millis(second * 6 + second % 5),
            window_memory_bytes: 61 * 1_048_576,
        });
    }
    diagnosis
}
