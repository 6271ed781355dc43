//! Keeps the machine from going to sleep by itself while agents work, by an inhibitor of logind
//! (`org.freedesktop.login1.Manager.Inhibit`).
//!
//! What is inhibited is `idle`, in mode `block`: the machine does not suspend because nobody types. Not `sleep`: that
//! would refuse the person who closes the lid or says "suspend", which is theirs to decide. An agent that asks
//! keeps nothing awake: it waits for a person who is not there. The inhibitor is a descriptor; it ends when that is
//! closed, and so with the host, however that ends.

use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::time::{Duration, Instant};

use agor_proto::agent::State;

use super::hub::Hub;
use crate::bus::message::Message;
use crate::bus::{self, Bus, BusError};
use crate::config::Live;

const NAME: &str = "org.freedesktop.login1";
const PATH: &str = "/org/freedesktop/login1";
const MANAGER: &str = "org.freedesktop.login1.Manager";

/// Between two looks at the list, however fast it changes.
const LOOK: Duration = Duration::from_secs(1);

/// How long after the last agent stopped working the machine may sleep: turns follow each other.
const LINGER: Duration = Duration::from_secs(30);

/// How long logind may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long after a failure logind is asked again.
const RETRY: Duration = Duration::from_secs(300);

/// What is to be done about the inhibitor. Decides; does no I/O and reads no clock.
#[derive(Debug, Default)]
struct Wakefulness {
    held: bool,
    /// When work was seen last.
    worked: Option<Instant>,
    /// Not before then logind is asked again.
    retry: Option<Instant>,
}

#[derive(Debug, PartialEq, Eq)]
enum Act {
    Nothing,
    Hold,
    Release,
}

impl Wakefulness {
    /// Returns what is to be done; `works` says whether an agent works and may keep the machine awake.
    fn look(&mut self, works: bool, wanted: bool, now: Instant) -> Act {
        if works {
            self.worked = Some(now);
        }
        let lately = self.worked.is_some_and(|at| now < at + LINGER);
        match (wanted && lately, self.held) {
            (true, false) if works && self.retry.is_none_or(|at| now >= at) => Act::Hold,
            (false, true) => Act::Release,
            _ => Act::Nothing,
        }
    }

    fn asked(&mut self, held: bool, now: Instant) {
        self.held = held;
        self.retry = (!held).then_some(now + RETRY);
    }

    fn released(&mut self) {
        self.held = false;
    }

    /// Returns when to look though nothing changed.
    fn due(&self) -> Option<Instant> {
        let until = self.worked.filter(|_| self.held);
        until.map(|at| at + LINGER)
    }
}

/// Keeps the machine awake while agents work, until the host ends.
pub async fn run(hub: Arc<Hub>, settings: Live) {
    let mut list = hub.list().watch();
    let mut changes = settings.watch();
    let mut wakefulness = Wakefulness::default();
    let mut inhibitor: Option<OwnedFd> = None;
    loop {
        let sessions = hub.list().all();
        let working = sessions.iter().filter(|info| info.state == State::Working);
        let working = working.count();
        let wanted = settings.get().layers.yes("agents.keep_awake", None);
        match wakefulness.look(working > 0, wanted, Instant::now()) {
            Act::Hold => {
                inhibitor = match tokio::time::timeout(PATIENCE, inhibit(working)).await {
                    Ok(Ok(inhibitor)) => {
                        tracing::info!(working, "the machine does not go to sleep by itself");
                        Some(inhibitor)
                    }
                    // Many systems have no logind, and servers do not sleep.
                    Ok(Err(error)) => {
                        tracing::debug!(%error, "nothing keeps the machine awake");
                        None
                    }
                    Err(_) => {
                        tracing::debug!("logind does not answer: nothing keeps the machine awake");
                        None
                    }
                };
                wakefulness.asked(inhibitor.is_some(), Instant::now());
            }
            Act::Release => {
                inhibitor = None;
                wakefulness.released();
                tracing::info!("the machine may go to sleep");
            }
            Act::Nothing => {}
        }
        let due = wakefulness.due();
        let until = due.map_or(Duration::ZERO, |due| {
            due.saturating_duration_since(Instant::now())
        });
        tokio::select! {
            changed = list.changed() => {
                if changed.is_err() {
                    return drop(inhibitor);
                }
                tokio::time::sleep(LOOK).await;
            }
            Ok(()) = changes.changed() => {}
            () = tokio::time::sleep(until), if due.is_some() => {}
        }
    }
}

/// Asks logind; the descriptor holds until it is closed.
async fn inhibit(working: usize) -> Result<OwnedFd, BusError> {
    let mut bus = Bus::connect(&bus::system_addresses()).await?;
    let why = match working {
        1 => "an agent works".to_owned(),
        count => format!("{count} agents work"),
    };
    let call = Message::call(NAME, PATH, MANAGER, "Inhibit");
    let call = call.with("ssss", |writer| {
        for text in ["idle", "agor", &why, "block"] {
            writer.text(text);
        }
    });
    bus.call_for_descriptor(call).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_held_is_held_a_while_after_the_last_turn_and_no_longer() {
        let mut wakefulness = Wakefulness::default();
        let start = Instant::now();
        let at = |secs| start + Duration::from_secs(secs);
        assert_eq!(wakefulness.look(false, true, start), Act::Nothing);
        assert_eq!(wakefulness.look(true, true, start), Act::Hold);
        wakefulness.asked(true, start);
        assert_eq!(wakefulness.look(true, true, at(10)), Act::Nothing);
        assert_eq!(wakefulness.look(false, true, at(39)), Act::Nothing);
        assert_eq!(wakefulness.due(), Some(at(40)));
        assert_eq!(wakefulness.look(false, true, at(40)), Act::Release);
        wakefulness.released();
        assert_eq!(wakefulness.due(), None);
        assert_eq!(wakefulness.look(false, true, at(41)), Act::Nothing);
    }

    #[test]
    fn who_does_not_want_it_is_heard_at_once_and_one_that_cannot_is_not_asked_all_the_time() {
        let mut wakefulness = Wakefulness::default();
        let start = Instant::now();
        let at = |secs| start + Duration::from_secs(secs);
        assert_eq!(wakefulness.look(true, false, start), Act::Nothing);
        assert_eq!(wakefulness.look(true, true, start), Act::Hold);
        wakefulness.asked(false, start);
        assert_eq!(wakefulness.look(true, true, at(1)), Act::Nothing);
        assert_eq!(wakefulness.look(true, true, at(301)), Act::Hold);
        wakefulness.asked(true, at(301));
        assert_eq!(wakefulness.look(true, false, at(302)), Act::Release);
    }
}
