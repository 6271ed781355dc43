//! Lists of sessions.

use super::*;

pub fn list() -> SessionList {
    let info = |life, state| SessionInfo {
        id: session(),
        name: "editor".into(),
        argv: vec!["vim".into()],
        folder: "/home/ann/project".into(),
        cwd: "/home/ann".into(),
        title: "vim".into(),
        size: Size::cells(80, 24),
        life,
        state,
        agent: Some(agent_info()),
        pid: Some(4_711),
        private: true,
        created_millis: 1,
        active_millis: 2,
        offset: Offset(3),
        epoch: LogEpoch(4),
        seq: Seq(5),
    };
    let lives = [
        (Life::Starting, State::Starting),
        (Life::Running, State::Idle),
        (Life::Exited { code: 0, signal: 0 }, State::Exited),
        (
            Life::Failed {
                reason: "no such folder".into(),
            },
            State::Error,
        ),
        (Life::Lost, State::Unknown),
    ];
    SessionList {
        rev: ListRev(6),
        whole: true,
        changed: lives
            .into_iter()
            .map(|(life, state)| info(life, state))
            .collect(),
        removed: vec![session()],
        more: false,
        storage: Vec::new(),
    }
}

pub fn list_of_one_who_lets_choose() -> SessionList {
    let mut list = list();
    list.changed.truncate(1);
    for info in &mut list.changed {
        let choice = |name: &str, key: &str| Choice {
            name: name.into(),
            kind: PermissionKind::Choose,
            keys: vec![key.into()],
        };
        info.state = State::NeedsAnswer;
        info.agent = Some(AgentInfo {
            conversation_empty: true,
            pending: Some(Pending {
                text: "Which of them?".into(),
                choices: vec![choice("The first", "1"), choice("The second", "2")],
                id: 8,
                answered: false,
            }),
            ..agent_info()
        });
    }
    list
}

pub fn list_of_a_host_in_trouble() -> SessionList {
    let notice = |is, text: &str| StorageNotice {
        is,
        text: text.into(),
    };
    SessionList {
        rev: ListRev(7),
        whole: false,
        changed: Vec::new(),
        removed: Vec::new(),
        more: false,
        storage: vec![
            notice(StorageTrouble::Full, "The disk is full."),
            notice(StorageTrouble::Busy, "Another process holds the database."),
            notice(StorageTrouble::Mended, "The database was damaged."),
        ],
    }
}
