//! What clients follow beside sessions and their list: figures, the evidence for a state, what agents used.
//! Each is told at once and then again when it has changed, by a task that ends with its question or its
//! connection. Nothing is looked at while nothing happens, and a client that reads slowly is told what is
//! newest.

use std::sync::Arc;
use std::time::Duration;

use agor_proto::error::{ErrorCode, WireError};
use agor_proto::frame::Lane;
use agor_proto::ids::AskId;
use agor_proto::limits::{FOLLOW_PACE_MILLIS, FOLLOWS_MAX};
use agor_proto::message::{Answer, Followed, LaneStats, Part, Stats};
use agor_proto::usage::UsageBy;
use sha2::{Digest, Sha256};
use tokio::sync::oneshot;

use super::hub::{Hub, Letter};
use super::outbox::{Outbox, Refused};
use super::{now, query};

/// Between two tellings.
const PACE: Duration = Duration::from_millis(FOLLOW_PACE_MILLIS);

/// How long a clock is believed that may be set, or stood still while the machine slept.
const CLOCK: Duration = Duration::from_secs(600);

/// Tells what is followed until nobody wants to know any more.
pub async fn run(hub: Arc<Hub>, what: Followed, seen: Option<u64>, ask: AskId, outbox: Outbox) {
    let counts = outbox.counts().clone();
    let Some(_follows) = counts.follow() else {
        let message = format!("one client follows at most {FOLLOWS_MAX} things; end some first");
        let error = WireError::new(ErrorCode::TooMany, message);
        let (last, part) = (true, Part::Failed { error });
        // A connection that is gone is told nothing.
        let refusal = Answer { ask, last, part }.into();
        return outbox.push_in_turn(refusal).await.unwrap_or_default();
    };
    let mut teller = Teller { ask, seen, outbox };
    let ended = match what {
        Followed::Stats => stats(&hub, &mut teller).await,
        Followed::Usage { by, days } => usage(&hub, by, days, &mut teller).await,
        Followed::Explain { session } => match hub.session(session) {
            Some(handle) => {
                let (give, given) = oneshot::channel();
                // A session that goes meanwhile gives nothing.
                handle.letters.send(Letter::Evidence(give)).await.ok();
                let followed = evidence(given, &mut teller).await;
                followed.map(|()| {
                    let message = format!("session {session} is gone");
                    WireError::new(ErrorCode::NoSession, message)
                })
            }
            None => {
                let message = format!("there is no session {session}; see `agor ls`");
                Ok(WireError::new(ErrorCode::NoSession, message))
            }
        },
        Followed::Unknown => {
            let message = "this host cannot tell that";
            Ok(WireError::new(ErrorCode::Unsupported, message))
        }
    };
    if let Ok(error) = ended {
        let last = true;
        let part = Part::Failed { error };
        // A connection that is gone is told nothing.
        teller
            .outbox
            .push_in_turn(Answer { ask, last, part }.into())
            .await
            .ok();
    }
}

/// Whom to tell, and what it knows.
struct Teller {
    ask: AskId,
    seen: Option<u64>,
    outbox: Outbox,
}

impl Teller {
    /// Tells all of what is followed, unless it is known, and waits until it may be told again. `news` is
    /// what of it makes it another.
    async fn tell(&mut self, parts: Vec<Part>, news: &[Part]) -> Result<(), Refused> {
        let rev = revision(news);
        if self.seen.replace(rev) != Some(rev) {
            let (ask, last) = (self.ask, false);
            let answers = parts.into_iter().chain([Part::Told { rev }]);
            let answers = answers.map(|part| Answer { ask, last, part }.into());
            self.outbox.push_together(answers.collect())?;
        }
        tokio::time::sleep(PACE).await;
        // A client that reads slowly has one telling waiting, not one for each second.
        self.outbox.answers_went().await
    }
}

/// Returns a name for what parts say.
fn revision(parts: &[Part]) -> u64 {
    let mut digest = Sha256::new();
    for part in parts {
        // What could not be encoded would not be sent.
        digest.update(rmp_serde::to_vec_named(part).unwrap_or_default());
    }
    let digest: [u8; 32] = digest.finalize().into();
    let mut first = [0; 8];
    first.copy_from_slice(&digest[..8]);
    u64::from_be_bytes(first)
}

/// Tells how the host is; returns why that cannot be told any more.
async fn stats(hub: &Arc<Hub>, teller: &mut Teller) -> Result<WireError, Refused> {
    let (mut counted, mut stored) = (hub.counters().watch(), hub.store().watch_commits());
    loop {
        counted.mark_unchanged();
        stored.mark_unchanged();
        let stats = match query::figures(hub).await {
            Ok(stats) => stats,
            Err(error) => return Ok(error),
        };
        let news = Part::Stats(Box::new(lasting(&stats)));
        teller
            .tell(vec![Part::Stats(Box::new(stats))], &[news])
            .await?;
        let ended = tokio::select! {
            changed = counted.changed() => changed.is_err(),
            changed = stored.changed() => changed.is_err(),
        };
        if ended {
            return Ok(WireError::new(ErrorCode::Unavailable, "the host ends"));
        }
    }
}

/// Returns figures without those that change though nothing happens: time, and what looking, heartbeats
/// and leases cost.
fn lasting(stats: &Stats) -> Stats {
    let idle =
        |lane: &LaneStats| lane.lane == Lane::Control.name() || lane.lane == Lane::Bulk.name();
    let mut stats = Stats {
        uptime_millis: 0,
        outbox_max: 0,
        cpu_micros: 0,
        keeper_cpu_micros: 0,
        memory_bytes: 0,
        keeper_memory_bytes: 0,
        ..stats.clone()
    };
    stats.lanes.retain(|lane| !idle(lane));
    stats.way.iter_mut().for_each(|step| step.cpu_micros = 0);
    for link in &mut stats.links {
        link.open_millis = 0;
        link.round_trip_micros = None;
        link.jitter_micros = None;
        link.queued = 0;
        link.queued_max = 0;
        link.lanes.retain(|lane| !idle(lane));
    }
    stats
}

/// Tells what agents used; returns why that cannot be told any more.
async fn usage(
    hub: &Arc<Hub>,
    by: UsageBy,
    days: u32,
    teller: &mut Teller,
) -> Result<WireError, Refused> {
    let mut stored = hub.store().watch_usage();
    loop {
        stored.mark_unchanged();
        let zone = hub.launcher().zone();
        let today = zone.day(now().unix_millis);
        let parts = match query::used(hub, by, days).await {
            Ok(parts) => parts,
            Err(error) => return Ok(error),
        };
        let news = parts.clone();
        teller.tell(parts, &news).await?;
        // Another day has other days before it.
        loop {
            let left = today.ends_millis.saturating_sub(now().unix_millis);
            let left = Duration::from_millis(left).min(CLOCK);
            let changed = tokio::select! {
                changed = stored.changed() => Some(changed),
                () = tokio::time::sleep(left) => None,
            };
            match changed {
                Some(Ok(())) => break,
                Some(Err(_)) => {
                    return Ok(WireError::new(ErrorCode::Unavailable, "the host ends"));
                }
                None if zone.day(now().unix_millis) != today => break,
                None => {}
            }
        }
    }
}

/// Tells what the evidence for a session's state is, until the session is gone.
async fn evidence(
    given: oneshot::Receiver<tokio::sync::watch::Receiver<Part>>,
    teller: &mut Teller,
) -> Result<(), Refused> {
    let Ok(mut evidence) = given.await else {
        return Ok(());
    };
    loop {
        let part = evidence.borrow_and_update().clone();
        let news = [part.clone()];
        teller.tell(vec![part], &news).await?;
        if evidence.changed().await.is_err() {
            return Ok(());
        }
    }
}
