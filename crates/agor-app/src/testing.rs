//! What the tests of this crate share.

use agor_proto::agent::{AgentInfo, Choice, EvidenceSource, Pending, PermissionKind, State, Usage};
use agor_proto::ids::{LogEpoch, Offset, Seq, SessionId, Size};
use agor_proto::session::{Life, SessionInfo};

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
        }),
        usage: Usage::default(),
    }
}
