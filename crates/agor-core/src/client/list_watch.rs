//! The list of sessions as one of its watchers takes it: what it has not taken yet is one change that leads
//! from what it took to what is so, so that a watcher that takes nothing costs no more than the list.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use agor_proto::ids::{ListRev, SessionId};
use agor_proto::session::{SessionInfo, SessionList, StorageNotice};
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;

/// Returns the two ends of a list that is watched.
pub fn watch() -> (ListSink, ListWatch) {
    // One call is enough: who hears it takes all that waits.
    let (call, called) = mpsc::channel(1);
    let state = Arc::new(Mutex::new(State::default()));
    let sink = ListSink {
        state: Arc::clone(&state),
        call,
    };
    (sink, ListWatch { state, called })
}

/// Where changes of the list are put for one watcher.
pub struct ListSink {
    state: Arc<Mutex<State>>,
    call: mpsc::Sender<()>,
}

/// The list of sessions as it changes.
#[derive(Debug)]
pub struct ListWatch {
    state: Arc<Mutex<State>>,
    called: mpsc::Receiver<()>,
}

#[derive(Debug, Default)]
struct State {
    waiting: Option<Waiting>,
    /// The sessions that the watcher has been told of and not that they are gone.
    known: BTreeSet<SessionId>,
}

/// What the watcher has not taken yet: of each session no more than its newest state, or that it is gone.
#[derive(Debug)]
struct Waiting {
    rev: ListRev,
    whole: bool,
    changed: BTreeMap<SessionId, SessionInfo>,
    removed: BTreeSet<SessionId>,
    storage: Vec<StorageNotice>,
}

impl ListSink {
    /// Adds a change to what waits. Returns whether anybody still watches.
    pub fn put(&self, list: SessionList) -> bool {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.put(list);
        drop(state);
        !matches!(self.call.try_send(()), Err(TrySendError::Closed(())))
    }
}

impl ListWatch {
    /// Returns what has changed since it was asked before, in one change of which each session is a part once at
    /// most; `None` once the client has ended. What came and went meanwhile is not told.
    ///
    /// May be dropped while it waits.
    pub async fn next(&mut self) -> Option<SessionList> {
        loop {
            self.called.recv().await?;
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            // A change that came just after the call was taken with it, and its own call finds nothing.
            if let Some(list) = state.take() {
                return Some(list);
            }
        }
    }
}

impl State {
    fn put(&mut self, list: SessionList) {
        let before = self.waiting.take().filter(|_| !list.whole);
        let mut waiting = before.unwrap_or_else(|| Waiting {
            rev: list.rev,
            whole: list.whole,
            changed: BTreeMap::new(),
            removed: BTreeSet::new(),
            storage: Vec::new(),
        });
        waiting.rev = list.rev;
        waiting.storage = list.storage;
        for id in list.removed {
            waiting.changed.remove(&id);
            // A whole list says of what it does not have that it is gone.
            if !waiting.whole && self.known.contains(&id) {
                waiting.removed.insert(id);
            }
        }
        for info in list.changed {
            waiting.removed.remove(&info.id);
            waiting.changed.insert(info.id, info);
        }
        self.waiting = Some(waiting);
    }

    fn take(&mut self) -> Option<SessionList> {
        let waiting = self.waiting.take()?;
        if waiting.whole {
            self.known.clear();
        }
        self.known.retain(|id| !waiting.removed.contains(id));
        self.known.extend(waiting.changed.keys());
        Some(SessionList {
            rev: waiting.rev,
            whole: waiting.whole,
            changed: waiting.changed.into_values().collect(),
            removed: waiting.removed.into_iter().collect(),
            more: false,
            storage: waiting.storage,
        })
    }
}

#[cfg(test)]
mod tests {
    use agor_proto::agent::State as AgentState;
    use agor_proto::ids::{LogEpoch, Offset, Seq, Size};
    use agor_proto::session::{Life, StorageTrouble};

    use super::*;

    fn id(n: u64) -> SessionId {
        SessionId::from_parts(n, [0; 10])
    }

    fn info(n: u64, offset: u64) -> SessionInfo {
        SessionInfo {
            id: id(n),
            name: format!("s{n}"),
            argv: Vec::new(),
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
            offset: Offset(offset),
            epoch: LogEpoch(1),
            seq: Seq(0),
        }
    }

    fn change(rev: u64, changed: Vec<SessionInfo>, removed: Vec<SessionId>) -> SessionList {
        SessionList {
            rev: ListRev(rev),
            whole: false,
            changed,
            removed,
            more: false,
            storage: Vec::new(),
        }
    }

    fn whole(rev: u64, changed: Vec<SessionInfo>) -> SessionList {
        SessionList {
            whole: true,
            ..change(rev, changed, Vec::new())
        }
    }

    #[tokio::test]
    async fn of_10_000_changes_that_nobody_takes_the_newest_of_each_session_waits() {
        let (sink, mut watch) = watch();
        assert!(sink.put(whole(1, vec![info(0, 0)])));
        for n in 0..10_000 {
            assert!(sink.put(change(2 + n, vec![info(n % 7, n)], Vec::new())));
            let state = watch.state.lock().unwrap();
            let waiting = state.waiting.as_ref().unwrap();
            assert!(waiting.changed.len() <= 7, "{}", waiting.changed.len());
        }
        let list = watch.next().await.unwrap();
        assert_eq!((list.rev, list.whole), (ListRev(10_001), true));
        let newest = |n: u64| info(n, (9_993..10_000).find(|at| at % 7 == n).unwrap());
        assert_eq!(list.changed, (0..7).map(newest).collect::<Vec<_>>());
        drop(sink);
        assert_eq!(watch.next().await, None, "nothing else waited");
    }

    #[tokio::test]
    async fn what_came_and_went_meanwhile_takes_no_room() {
        let (sink, mut watch) = watch();
        sink.put(whole(1, vec![info(0, 0), info(1, 0)]));
        watch.next().await.unwrap();
        for n in 2..10_002 {
            sink.put(change(2 * n, vec![info(n, 0)], Vec::new()));
            sink.put(change(2 * n + 1, Vec::new(), vec![id(n)]));
        }
        sink.put(change(30_000, Vec::new(), vec![id(1)]));
        assert_eq!(
            watch.next().await.unwrap(),
            change(30_000, Vec::new(), vec![id(1)])
        );
    }

    #[tokio::test]
    async fn a_session_that_was_removed_and_is_there_again_is_told_as_changed() {
        let (sink, mut watch) = watch();
        sink.put(whole(1, vec![info(0, 0)]));
        watch.next().await.unwrap();
        sink.put(change(2, Vec::new(), vec![id(0)]));
        sink.put(change(3, vec![info(0, 5)], Vec::new()));
        assert_eq!(
            watch.next().await.unwrap(),
            change(3, vec![info(0, 5)], Vec::new())
        );
        sink.put(change(4, Vec::new(), vec![id(0)]));
        assert_eq!(watch.next().await.unwrap().removed, [id(0)]);
    }

    #[tokio::test]
    async fn a_whole_list_takes_the_place_of_what_waits() {
        let (sink, mut watch) = watch();
        sink.put(whole(1, vec![info(0, 0), info(1, 0)]));
        sink.put(change(2, vec![info(2, 0)], vec![id(1)]));
        sink.put(whole(9, vec![info(3, 0)]));
        assert_eq!(watch.next().await.unwrap(), whole(9, vec![info(3, 0)]));
        // Changes that come on top of a whole list leave it whole.
        sink.put(whole(10, vec![info(3, 0), info(4, 0)]));
        sink.put(change(11, vec![info(5, 0)], vec![id(3)]));
        assert_eq!(
            watch.next().await.unwrap(),
            whole(11, vec![info(4, 0), info(5, 0)])
        );
    }

    #[tokio::test]
    async fn what_was_said_last_of_the_store_is_told() {
        let (sink, mut watch) = watch();
        let full = StorageNotice {
            is: StorageTrouble::Full,
            text: "full".into(),
        };
        let mut list = change(1, Vec::new(), Vec::new());
        list.storage = vec![full.clone()];
        sink.put(list.clone());
        sink.put(change(2, Vec::new(), Vec::new()));
        assert!(watch.next().await.unwrap().storage.is_empty());
        sink.put(change(3, Vec::new(), Vec::new()));
        list.rev = ListRev(4);
        sink.put(list);
        assert_eq!(watch.next().await.unwrap().storage, [full]);
    }

    #[tokio::test]
    async fn a_watcher_that_is_gone_is_noticed() {
        let (sink, watch) = watch();
        assert!(sink.put(whole(1, Vec::new())));
        drop(watch);
        assert!(!sink.put(whole(2, Vec::new())));
    }
}
