//! Which ended sessions are kept: so many of each project, for so long, of so much output. What is given
//! up goes as by `rm`, with everything. Programs that run are never ended for it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use agor_proto::ids::SessionId;
use agor_proto::limits::USAGE_DAYS_MAX;
use agor_proto::session::SessionInfo;

use super::hub::{Hub, Letter};
use super::now;
use crate::config::{Live, Retention};
use crate::storage::{Transaction, Write};

/// Between two looks at what is kept.
const LOOK: Duration = Duration::from_secs(600);

const DAY_MILLIS: u64 = 24 * 60 * 60 * 1_000;

/// What decides whether a session is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Kept {
    session: SessionId,
    project: String,
    /// Whether its program runs.
    alive: bool,
    active_millis: u64,
    size_bytes: u64,
}

/// Returns the sessions that are given up.
fn given_up(
    kept: Vec<Kept>,
    policy: impl Fn(&str) -> Retention,
    host_bytes: u64,
    now_millis: u64,
) -> Vec<SessionId> {
    let mut projects: BTreeMap<&str, Vec<&Kept>> = BTreeMap::new();
    for session in &kept {
        let project = projects.entry(&session.project).or_default();
        project.push(session);
    }
    let of_project =
        |(folder, sessions): (&str, Vec<&Kept>)| beyond(&sessions, policy(folder), now_millis);
    let mut gone: Vec<SessionId> = projects.into_iter().flat_map(of_project).collect();
    let of_host = Retention {
        sessions: 0,
        days: 0,
        bytes: host_bytes,
        host_bytes: 0,
    };
    let left: Vec<&Kept> = kept
        .iter()
        .filter(|session| !gone.contains(&session.session))
        .collect();
    gone.extend(beyond(&left, of_host, now_millis));
    gone
}

/// Returns those of `sessions` that are beyond `policy`, which bounds them together.
fn beyond(sessions: &[&Kept], policy: Retention, now_millis: u64) -> Vec<SessionId> {
    let mut size_bytes: u64 = sessions.iter().map(|session| session.size_bytes).sum();
    let mut ended: Vec<&Kept> = sessions
        .iter()
        .copied()
        .filter(|session| !session.alive)
        .collect();
    ended.sort_by_key(|session| (session.active_millis, session.session));
    let oldest_millis = match policy.days {
        0 => 0,
        days => now_millis.saturating_sub(days.saturating_mul(DAY_MILLIS)),
    };
    let beyond = |limit: u64, value: u64| limit > 0 && value > limit;
    let mut left = ended.len() as u64;
    let mut gone = Vec::new();
    for session in ended {
        let old = session.active_millis < oldest_millis;
        if !old && !beyond(policy.sessions, left) && !beyond(policy.bytes, size_bytes) {
            break;
        }
        left -= 1;
        size_bytes = size_bytes.saturating_sub(session.size_bytes);
        gone.push(session.session);
    }
    gone
}

/// Gives up what is beyond what the settings say, now and from time to time, until the host ends.
pub async fn run(hub: Arc<Hub>, settings: Live) {
    let mut looks = tokio::time::interval(LOOK);
    let mut day = None;
    loop {
        looks.tick().await;
        let today = hub.launcher().zone().day(now().unix_millis).number;
        if day.replace(today) != Some(today) {
            forget_usage(&hub).await;
        }
        look(&hub, &settings).await;
    }
}

/// Returns the first day of which it is kept what agents used.
fn first_day_kept(today: i64) -> i64 {
    today + 1 - USAGE_DAYS_MAX
}

/// Forgets what agents used longer ago than that is kept.
async fn forget_usage(hub: &Arc<Hub>) {
    let today = hub.launcher().zone().day(now().unix_millis).number;
    let before = first_day_kept(today);
    let forgets = Transaction::new(vec![Write::PruneUsage { before }]);
    if let Err(error) = hub.store().write(forgets).await {
        tracing::warn!(%error, "what was used long ago cannot be forgotten");
    }
}

/// Gives up what is beyond what the settings say.
pub async fn look(hub: &Arc<Hub>, settings: &Live) {
    let settings = settings.get();
    let store = hub.store().clone();
    let sizes = match tokio::task::spawn_blocking(move || store.stats()).await {
        Ok(Ok(stats)) => stats.session_bytes,
        Ok(Err(error)) => return tracing::warn!(%error, "what sessions take is not known"),
        Err(error) => return tracing::warn!(%error, "what sessions take is not known"),
    };
    let kept = |info: SessionInfo| Kept {
        session: info.id,
        project: settings.layers.project_of(&info.folder).to_owned(),
        alive: info.life.alive(),
        active_millis: info.active_millis,
        size_bytes: sizes.get(&info.id).copied().unwrap_or(0),
    };
    let stored = hub.list().all().into_iter().filter(|info| !info.private);
    let gone = given_up(
        stored.map(kept).collect(),
        |folder| settings.retention(folder),
        settings.layers.whole("retention.host_bytes", None),
        now().unix_millis,
    );
    for session in gone {
        if let Some(handle) = hub.session(session) {
            tracing::info!(session_id = %session, "a session is not kept any longer");
            // One that goes by itself needs no word.
            handle.letters.send(Letter::GiveUp).await.ok();
        }
    }
}

#[cfg(test)]
mod tests {
    use agor_proto::limits::{HOST_BYTES_KEPT, PROJECT_BYTES_KEPT, PROJECT_SESSIONS_KEPT};

    use super::*;

    const NONE: Retention = Retention {
        sessions: 0,
        days: 0,
        bytes: 0,
        host_bytes: 0,
    };

    fn kept(n: u64, project: &str, alive: bool) -> Kept {
        Kept {
            session: SessionId::from_parts(n, [0; 10]),
            project: project.to_owned(),
            alive,
            active_millis: n * DAY_MILLIS,
            size_bytes: 100,
        }
    }

    #[test]
    fn usage_days_max_days_are_kept_today_included() {
        let today = 20_787;
        let kept = first_day_kept(today)..=today;
        assert_eq!(kept.count() as i64, USAGE_DAYS_MAX);
    }

    fn ten(project: &str) -> Vec<Kept> {
        (1..=10).map(|n| kept(n, project, n == 1)).collect()
    }

    fn given_up_by(kept: Vec<Kept>, policy: Retention, now_millis: u64) -> Vec<SessionId> {
        given_up(kept, |_| policy, policy.host_bytes, now_millis)
    }

    fn days(gone: Vec<SessionId>) -> Vec<u64> {
        gone.into_iter().map(SessionId::unix_millis).collect()
    }

    #[test]
    fn c12_nothing_is_given_up_where_nothing_is_limited() {
        assert!(given_up_by(ten("/a"), NONE, 100 * DAY_MILLIS).is_empty());
    }

    #[test]
    fn c12_project_sessions_kept_are_the_newest_of_each_project_and_none_that_runs_goes() {
        let policy = Retention {
            sessions: 7,
            ..NONE
        };
        let both: Vec<Kept> = ten("/a").into_iter().chain(ten("/b")).collect();
        let now = 11 * DAY_MILLIS;
        assert_eq!(days(given_up_by(both, policy, now)), [2, 3, 2, 3]);
        // Where no setting says how many.
        let many = (1..=PROJECT_SESSIONS_KEPT + 2).map(|n| kept(n, "/a", false));
        let gone = given_up_by(many.collect(), Retention::default(), now);
        assert_eq!(days(gone), [1, 2]);
    }

    /// Returns ended sessions of a project that together take so much.
    fn taking(project: &str, count: u64, size_bytes: u64) -> Vec<Kept> {
        let one = |n| Kept {
            size_bytes: size_bytes / count,
            ..kept(n, project, false)
        };
        (1..=count).map(one).collect()
    }

    #[test]
    fn c12_each_project_keeps_what_its_own_settings_say() {
        let both: Vec<Kept> = ten("/a").into_iter().chain(ten("/b")).collect();
        let policy = |folder: &str| Retention {
            sessions: if folder == "/a" { 8 } else { 0 },
            ..NONE
        };
        assert_eq!(days(given_up(both, policy, 0, 11 * DAY_MILLIS)), [2]);
    }

    #[test]
    fn c12_what_was_not_active_for_so_many_days_goes() {
        let policy = Retention { days: 5, ..NONE };
        assert_eq!(
            days(given_up_by(ten("/a"), policy, 10 * DAY_MILLIS)),
            [2, 3, 4]
        );
    }

    #[test]
    fn c12_project_bytes_kept_bound_a_project_with_what_its_running_sessions_take() {
        let policy = Retention { bytes: 750, ..NONE };
        assert_eq!(
            days(given_up_by(ten("/a"), policy, 11 * DAY_MILLIS)),
            [2, 3, 4]
        );
        let running: Vec<Kept> = (1..=10).map(|n| kept(n, "/a", true)).collect();
        assert!(given_up_by(running, policy, 0).is_empty());
        // Where no setting says how much.
        let mut full = taking("/a", 8, PROJECT_BYTES_KEPT);
        assert!(given_up_by(full.clone(), Retention::default(), 0).is_empty());
        full[7].size_bytes += 1;
        assert_eq!(days(given_up_by(full, Retention::default(), 0)), [1]);
    }

    #[test]
    fn c12_host_bytes_kept_bound_all_projects_together_and_the_oldest_of_any_go_first() {
        let policy = Retention {
            host_bytes: 1_500,
            ..NONE
        };
        let both: Vec<Kept> = ten("/a").into_iter().chain(ten("/b")).collect();
        // Two thousand bytes in all; day 1 runs in both.
        assert_eq!(
            days(given_up_by(both.clone(), policy, 11 * DAY_MILLIS)),
            [2, 2, 3, 3, 4]
        );
        // What a project gives up counts before the host looks.
        let policy = Retention {
            sessions: 7,
            ..policy
        };
        assert_eq!(
            days(given_up_by(both, policy, 11 * DAY_MILLIS)),
            [2, 3, 2, 3, 4]
        );
        // Where no setting says how much, with projects that have as much as they may.
        let each = HOST_BYTES_KEPT / 4;
        let mut full: Vec<Kept> = ["/a", "/b", "/c", "/d"]
            .iter()
            .flat_map(|project| taking(project, 8, each))
            .collect();
        assert!(given_up_by(full.clone(), Retention::default(), 0).is_empty());
        full[7].size_bytes += 1;
        assert_eq!(days(given_up_by(full, Retention::default(), 0)), [1]);
    }
}
