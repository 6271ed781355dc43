//! The list of sessions, as every connection that watches it must see it.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use agor_proto::ids::{ListRev, SessionId};
use agor_proto::limits::BULK_CHUNK_MAX;
use agor_proto::session::{SessionInfo, SessionList, StorageNotice};
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
    storage: Vec<StorageNotice>,
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

    /// Says what a person should know of the store, in place of what was said before.
    pub fn set_storage(&self, storage: Vec<StorageNotice>) {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let known = state.storage == storage;
        drop(state);
        if !known {
            self.change(|state, _| state.storage = storage);
        }
    }

    /// Returns the list's revision, and the sessions that were taken off it after another, as far as that is
    /// remembered.
    #[must_use]
    pub fn removed(&self, since: ListRev) -> (ListRev, Vec<SessionId>) {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let removed = state.removed.iter().filter(|(rev, _)| *rev > since);
        (state.rev, removed.map(|&(_, id)| id).collect())
    }

    /// Returns a watch on the list's revision.
    #[must_use]
    pub fn watch(&self) -> watch::Receiver<ListRev> {
        self.rev.subscribe()
    }

    /// Returns a session that is listed.
    #[must_use]
    pub fn get(&self, id: SessionId) -> Option<SessionInfo> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.sessions.get(&id).map(|(_, info)| info.clone())
    }

    /// Returns every session that is listed.
    #[must_use]
    pub fn all(&self) -> Vec<SessionInfo> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let infos = state.sessions.values().map(|(_, info)| info.clone());
        infos.collect()
    }

    /// Returns what changed after `since`, in as many parts as it takes for each to fit a frame;
    /// everything if `since` is 0 or too long ago.
    #[must_use]
    pub fn changes(&self, since: ListRev) -> Vec<SessionList> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let whole = since == ListRev(0) || since < state.forgotten;
        let newer = |rev: &ListRev| whole || *rev > since;
        let changed = state.sessions.values().filter(|(rev, _)| newer(rev));
        let changed: Vec<SessionInfo> = changed.map(|(_, info)| info.clone()).collect();
        let removed = state.removed.iter().filter(|(rev, _)| !whole && newer(rev));
        let first = SessionList {
            rev: state.rev,
            whole,
            changed: Vec::new(),
            removed: removed.map(|&(_, id)| id).collect(),
            more: false,
            storage: state.storage.clone(),
        };
        drop(state);
        in_parts(first, changed)
    }
}

/// Puts entries into as many parts as it takes for each to fit a frame, beginning with `first`.
fn in_parts(first: SessionList, entries: Vec<SessionInfo>) -> Vec<SessionList> {
    let rev = first.rev;
    let mut done = Vec::new();
    let (mut part, mut part_bytes) = (first, 0);
    for entry in entries {
        // One that could not be encoded would end the connection that it is sent on, alone too.
        let entry_bytes = rmp_serde::to_vec_named(&entry).map_or(0, |bytes| bytes.len());
        if part_bytes > 0 && part_bytes + entry_bytes > BULK_CHUNK_MAX {
            part.more = true;
            let next = SessionList {
                rev,
                whole: false,
                changed: Vec::new(),
                removed: Vec::new(),
                more: false,
                storage: Vec::new(),
            };
            done.push(std::mem::replace(&mut part, next));
            part_bytes = 0;
        }
        part_bytes += entry_bytes;
        part.changed.push(entry);
    }
    done.push(part);
    done
}

#[cfg(test)]
mod tests {
    use super::*;
    use agor_proto::agent::State as AgentState;
    use agor_proto::ids::{LogEpoch, Offset, Seq, Size};
    use agor_proto::session::Life;

    /// Returns the only part of what changed.
    fn changes(list: &List, since: ListRev) -> SessionList {
        let mut parts = list.changes(since);
        assert_eq!(parts.len(), 1);
        parts.remove(0)
    }

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
        let first = changes(&list, ListRev(0));
        assert!(first.whole);
        assert_eq!(first.changed.len(), 2);
        list.put(info(2));
        list.remove(info(1).id);
        let second = changes(&list, first.rev);
        assert!(!second.whole);
        assert_eq!(second.changed, [info(2)]);
        assert_eq!(second.removed, [info(1).id]);
        assert!(changes(&list, second.rev).changed.is_empty());
    }

    #[test]
    fn a_watcher_that_was_away_too_long_gets_the_whole_list() {
        let list = List::default();
        list.put(info(1));
        let first = changes(&list, ListRev(0));
        for n in 0..=REMOVALS_KEPT {
            list.put(info(2 + (n % 100) as u8));
            list.remove(info(2 + (n % 100) as u8).id);
        }
        let later = changes(&list, first.rev);
        assert!(later.whole);
        assert_eq!(later.changed, [info(1)]);
    }

    #[test]
    fn what_the_store_has_is_told_with_every_change_until_it_has_it_no_more() {
        let list = List::default();
        let notice = |text: &str| StorageNotice {
            is: agor_proto::session::StorageTrouble::Full,
            text: text.into(),
        };
        list.put(info(1));
        let first = changes(&list, ListRev(0));
        assert!(first.storage.is_empty());
        list.set_storage(vec![notice("full")]);
        let second = changes(&list, first.rev);
        assert_eq!(second.storage, [notice("full")]);
        assert!(second.changed.is_empty() && second.rev > first.rev);
        list.set_storage(vec![notice("full")]);
        assert_eq!(changes(&list, second.rev).rev, second.rev, "nothing new");
        list.put(info(2));
        assert_eq!(changes(&list, second.rev).storage, [notice("full")]);
        list.set_storage(Vec::new());
        let last = changes(&list, second.rev);
        assert!(last.storage.is_empty() && last.rev > second.rev);
    }

    #[test]
    fn a_list_that_is_larger_than_a_frame_comes_in_parts() {
        let list = List::default();
        for n in 0..1_024_u64 {
            let title = "t".repeat(4_000);
            let id = SessionId::from_parts(n, [0; 10]);
            list.put(SessionInfo {
                id,
                title,
                ..info(1)
            });
        }
        let parts = list.changes(ListRev(0));
        assert!(parts.len() > 10, "{}", parts.len());
        let last = parts.len() - 1;
        let mut sessions = 0;
        for (at, part) in parts.iter().enumerate() {
            assert_eq!((part.whole, part.more), (at == 0, at < last));
            let mut frame = Vec::new();
            agor_proto::message::Message::from(part.clone())
                .encode(&mut frame)
                .unwrap();
            sessions += part.changed.len();
        }
        assert_eq!(sessions, 1_024);
    }
}
