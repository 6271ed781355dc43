//! The list of sessions, as every connection that watches it must see it.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use agor_proto::ids::{ListRev, SessionId};
use agor_proto::session::{SessionInfo, SessionList};
use tokio::sync::watch;

/// Removals that are remembered; who is further behind gets the whole list.
const REMOVALS_KEPT: usize = 256;

/// See the module.
#[derive(Debug)]
pub struct List {
    state: Mutex<State>,
    rev: watch::Sender<ListRev>,
}

#[derive(Debug, Default)]
struct State {
    rev: ListRev,
    sessions: BTreeMap<SessionId, (ListRev, SessionInfo)>,
    removed: Vec<(ListRev, SessionId)>,
    /// Removals up to this revision are forgotten.
    forgotten: ListRev,
}

impl Default for List {
    fn default() -> Self {
        Self {
            state: Mutex::default(),
            rev: watch::channel(ListRev(0)).0,
        }
    }
}

impl List {
    fn change(&self, act: impl FnOnce(&mut State, ListRev)) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.rev = state.rev.next();
        let rev = state.rev;
        act(&mut state, rev);
        drop(state);
        self.rev.send_replace(rev);
    }

    /// Puts a session into the list, or its newest state.
    pub fn put(&self, info: SessionInfo) {
        self.change(|state, rev| {
            state.sessions.insert(info.id, (rev, info));
        });
    }

    /// Takes a session off the list.
    pub fn remove(&self, id: SessionId) {
        self.change(|state, rev| {
            state.sessions.remove(&id);
            state.removed.push((rev, id));
            if state.removed.len() > REMOVALS_KEPT {
                state.forgotten = state.removed.remove(0).0;
            }
        });
    }

    /// Returns a watch on the list's revision.
    #[must_use]
    pub fn watch(&self) -> watch::Receiver<ListRev> {
        self.rev.subscribe()
    }

    /// Returns what changed after `since`; everything if `since` is 0 or too long ago.
    #[must_use]
    pub fn changes(&self, since: ListRev) -> SessionList {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let whole = since == ListRev(0) || since < state.forgotten;
        let newer = |rev: &ListRev| whole || *rev > since;
        let changed = state.sessions.values().filter(|(rev, _)| newer(rev));
        let removed = state.removed.iter().filter(|(rev, _)| !whole && newer(rev));
        SessionList {
            rev: state.rev,
            whole,
            changed: changed.map(|(_, info)| info.clone()).collect(),
            removed: removed.map(|&(_, id)| id).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use agor_proto::agent::State as AgentState;
    use agor_proto::ids::{LogEpoch, Offset, Seq, Size};
    use agor_proto::session::Life;

    fn info(n: u8) -> SessionInfo {
        SessionInfo {
            id: SessionId::from_parts(u64::from(n), [n; 10]),
            name: format!("s{n}"),
            argv: vec![],
            folder: "/".into(),
            cwd: "/".into(),
            title: String::new(),
            size: Size::cells(80, 24),
            life: Life::Running,
            state: AgentState::Unknown,
            agent: None,
            pid: None,
            private: false,
            created_millis: 0,
            active_millis: 0,
            offset: Offset(0),
            epoch: LogEpoch(1),
            seq: Seq(0),
        }
    }

    #[test]
    fn a_watcher_gets_what_changed_since_it_looked() {
        let list = List::default();
        list.put(info(1));
        list.put(info(2));
        let first = list.changes(ListRev(0));
        assert!(first.whole);
        assert_eq!(first.changed.len(), 2);
        list.put(info(2));
        list.remove(info(1).id);
        let second = list.changes(first.rev);
        assert!(!second.whole);
        assert_eq!(second.changed, [info(2)]);
        assert_eq!(second.removed, [info(1).id]);
        assert!(list.changes(second.rev).changed.is_empty());
    }

    #[test]
    fn a_watcher_that_was_away_too_long_gets_the_whole_list() {
        let list = List::default();
        list.put(info(1));
        let first = list.changes(ListRev(0));
        for n in 0..=REMOVALS_KEPT {
            list.put(info(2 + (n % 100) as u8));
            list.remove(info(2 + (n % 100) as u8).id);
        }
        let later = list.changes(first.rev);
        assert!(later.whole);
        assert_eq!(later.changed, [info(1)]);
    }
}
