//! Desktop notifications, from the host, so that they come with no window open. `desk.rs` decides, `server.rs`
//! talks to the desktop, this task feeds both; a click leads to the session, in the window that was used last or
//! in a new one.

mod desk;
mod open;
mod server;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use agor_proto::ids::SessionId;
use tokio::sync::Notify;

use super::hub::{Hub, Letter};
use crate::bus;
use crate::config::Live;
use crate::paths::Paths;
use desk::{Desk, Effect, Now};
use server::{Did, Server};

/// Sessions whose agents came into another state, of which everybody who follows them has been told. A session
/// waits here once however often it changes.
#[derive(Debug, Default)]
pub struct Told {
    sessions: Mutex<BTreeSet<SessionId>>,
    bell: Notify,
}

impl Told {
    /// Notes that everybody was told of a session's state.
    pub fn put(&self, session: SessionId) {
        let mut sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        sessions.insert(session);
        drop(sessions);
        self.bell.notify_one();
    }

    fn taken(&self) -> BTreeSet<SessionId> {
        let mut sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *sessions)
    }

    /// Returns what was put since the last time, waiting for it. Dropped before, it loses nothing.
    async fn take(&self) -> BTreeSet<SessionId> {
        loop {
            let taken = self.taken();
            if !taken.is_empty() {
                return taken;
            }
            self.bell.notified().await;
        }
    }
}

/// Notifies the person until the host ends.
pub async fn run(hub: Arc<Hub>, paths: Paths, settings: Live) {
    let mut settings = settings.watch();
    let mut desk = Desk::new(settings.borrow_and_update().notifications.clone());
    let mut server = Server::new(bus::session_addresses());
    let mut looks = hub.lookers().watch();
    let begun = std::time::Instant::now();
    loop {
        let now = now(begun, &desk);
        let due = desk.due(now).map(Duration::from_millis);
        let effects = tokio::select! {
            sessions = hub.told().take() => {
                let changed = sessions.into_iter().flat_map(|id| {
                    desk.changed(id, hub.list().get(id).as_ref(), now)
                });
                changed.collect()
            }
            Ok(()) = looks.changed() => desk.look(hub.lookers().looked_at()),
            did = server.did() => {
                match did {
                    Did::Clicked { key, activation } => {
                        if let Some(session) = desk.clicked(key) {
                            show(&hub, &paths, session, activation).await;
                        }
                    }
                    Did::Closed(key) => desk.closed(key),
                }
                Vec::new()
            }
            () = tokio::time::sleep(due.unwrap_or_default()), if due.is_some() => Vec::new(),
            Ok(()) = settings.changed() => {
                desk.set(settings.borrow_and_update().notifications.clone());
                tracing::info!("notifications follow the settings");
                Vec::new()
            }
        };
        let now = self::now(begun, &desk);
        for effect in effects.into_iter().chain(desk.tick(now)) {
            match effect {
                Effect::Show(key, notice) => {
                    if !server.show(key, &notice).await {
                        desk.closed(key);
                    }
                }
                Effect::Close(key) => server.close(key).await,
            }
        }
    }
}

fn now(begun: std::time::Instant, desk: &Desk) -> Now {
    Now {
        millis: u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX),
        minute: match desk.has_quiet_hours() {
            true => minute_of_day(),
            false => 0,
        },
    }
}

/// Returns the minute of the person's day, as their time zone has it.
fn minute_of_day() -> u16 {
    let millis = super::now().unix_millis;
    let seconds = i64::try_from(millis / 1_000).unwrap_or(i64::MAX);
    let offset = crate::zone::offset_seconds(seconds);
    let minute = (seconds + i64::from(offset))
        .div_euclid(60)
        .rem_euclid(24 * 60);
    u16::try_from(minute).unwrap_or(0)
}

/// Brings a session in front of the person.
async fn show(hub: &Hub, paths: &Paths, session: SessionId, activation: Option<String>) {
    if hub.lookers().show(session, activation.as_deref()) {
        return;
    }
    let Some(handle) = hub.session(session) else {
        return;
    };
    let (given, spec) = tokio::sync::oneshot::channel();
    if handle.letters.send(Letter::Spec(given)).await.is_err() {
        return;
    }
    // It may be removed meanwhile; then there is nothing to show.
    if let Ok(spec) = spec.await {
        open::window(paths, session, &spec, activation);
    }
}
