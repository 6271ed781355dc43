//! Which sessions people look at, in which windows: each connection of a window says so. A notification is not
//! made of what is in front of its person, and a click on one comes to the window used last.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use agor_proto::ids::{ConnEpoch, SessionId};
use agor_proto::message::Show;
use tokio::sync::watch;

use super::outbox::Outbox;

/// See the module.
#[derive(Debug)]
pub struct Lookers {
    windows: Mutex<Windows>,
    changes: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct Windows {
    /// Grows with each that a window says.
    count: u64,
    of: BTreeMap<ConnEpoch, Window>,
}

#[derive(Debug)]
struct Window {
    session: Option<SessionId>,
    outbox: Outbox,
    /// When it had the desktop's keyboard last, as a count; 0 if never.
    used: u64,
}

impl Default for Lookers {
    fn default() -> Self {
        Self {
            windows: Mutex::default(),
            changes: watch::channel(0).0,
        }
    }
}

impl Lookers {
    fn change<T>(&self, act: impl FnOnce(&mut Windows) -> T) -> T {
        let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        windows.count += 1;
        let done = act(&mut windows);
        drop(windows);
        self.changes.send_modify(|changes| *changes += 1);
        done
    }

    /// Notes what the person looks at in the window of a connection.
    pub fn look(&self, conn: ConnEpoch, session: Option<SessionId>, outbox: &Outbox) {
        self.change(|windows| {
            let now = windows.count;
            let window = windows.of.entry(conn).or_insert_with(|| Window {
                session: None,
                outbox: outbox.clone(),
                used: 0,
            });
            if session.is_some() {
                window.used = now;
            }
            window.session = session;
        });
    }

    /// Notes that a connection is gone.
    pub fn gone(&self, conn: ConnEpoch) {
        let known = |windows: &Windows| windows.of.contains_key(&conn);
        let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        if known(&windows) {
            windows.of.remove(&conn);
            drop(windows);
            self.changes.send_modify(|changes| *changes += 1);
        }
    }

    /// Returns the sessions that are looked at.
    #[must_use]
    pub fn looked_at(&self) -> BTreeSet<SessionId> {
        let windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        windows.of.values().filter_map(|it| it.session).collect()
    }

    /// Returns a watch that changes whenever somebody looks elsewhere.
    #[must_use]
    pub fn watch(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// Asks the window that was used last to show a session; says whether there was one.
    #[must_use]
    pub fn show(&self, session: SessionId, activation: Option<&str>) -> bool {
        let windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        let mut by_use: Vec<_> = windows.of.iter().collect();
        by_use.sort_by_key(|(conn, window)| std::cmp::Reverse((window.used, **conn)));
        let show = Show {
            session,
            activation: activation.map(ToOwned::to_owned),
        };
        by_use
            .into_iter()
            .any(|(_, window)| window.outbox.push(show.clone().into()).is_ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use agor_proto::message::Message;

    fn session(number: u8) -> SessionId {
        SessionId::from_parts(1, [number; 10])
    }

    async fn shown(outbox: &Outbox) -> Vec<SessionId> {
        let messages = outbox.take().await.unwrap_or_default();
        let shows = messages.into_iter().map(|message| match message {
            Message::Show(show) => show.session,
            other => panic!("{other:?}"),
        });
        shows.collect()
    }

    #[tokio::test]
    async fn the_window_used_last_is_asked_and_without_one_nobody_is() {
        let lookers = Lookers::default();
        assert!(!lookers.show(session(1), None));
        let (first, second) = (Outbox::new(), Outbox::new());
        lookers.look(ConnEpoch(1), Some(session(1)), &first);
        lookers.look(ConnEpoch(2), Some(session(2)), &second);
        lookers.look(ConnEpoch(1), None, &first);
        assert_eq!(lookers.looked_at(), BTreeSet::from([session(2)]));
        assert!(lookers.show(session(3), None));
        assert_eq!(shown(&second).await, [session(3)]);
        lookers.gone(ConnEpoch(2));
        assert!(lookers.looked_at().is_empty());
        assert!(lookers.show(session(4), None));
        assert_eq!(shown(&first).await, [session(4)]);
        first.close();
        assert!(!lookers.show(session(4), None), "it takes nothing any more");
    }

    #[tokio::test]
    async fn b1_a_connection_that_ends_late_takes_nothing_of_another() {
        let lookers = Lookers::default();
        let outbox = Outbox::new();
        lookers.look(ConnEpoch(2), Some(session(1)), &outbox);
        lookers.gone(ConnEpoch(1));
        assert_eq!(lookers.looked_at(), BTreeSet::from([session(1)]));
    }
}
