//! What agents used: today's sum, always; all of it by day, project and session, while the window shows that.

use std::sync::Arc;
use std::time::Duration;

use agor_core::client::{Client, ClientError, Usage};
use agor_proto::session::SessionInfo;
use agor_proto::usage::UsageBy;
use tokio::sync::watch;

use super::task::Shared;

/// Between two looks while it is shown.
const PAUSE: Duration = Duration::from_secs(5);

/// How long after a session's figures changed today's sum is asked for: by then they are stored.
const STORED: Duration = Duration::from_secs(1);

/// How long today's sum is believed: then there may be another day.
const TODAY: Duration = Duration::from_secs(600);

/// What agents used.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Spending {
    /// By day.
    pub days: Usage,
    /// By project.
    pub projects: Usage,
    /// By session.
    pub sessions: Usage,
}

async fn look(client: &Client, days: u32) -> Result<Spending, ClientError> {
    Ok(Spending {
        days: client.usage(UsageBy::Day, days).await?,
        projects: client.usage(UsageBy::Project, days).await?,
        sessions: client.usage(UsageBy::Session, days).await?,
    })
}

/// Looks until it is aborted.
pub async fn run(client: Client, shared: Shared, days: u32) {
    let mut ticks = tokio::time::interval(PAUSE);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        if let Ok(spending) = look(&client, days).await {
            shared.change_if(|snapshot| {
                let known = snapshot.spending.as_deref();
                let news = known != Some(&spending);
                if news {
                    snapshot.spending = Some(Arc::new(spending));
                }
                news
            });
        }
    }
}

/// Returns a number that changes when what the sessions have used does.
pub fn used(sessions: &[SessionInfo]) -> u64 {
    let agents = sessions.iter().filter_map(|info| info.agent.as_ref());
    let figures = agents.map(|agent| {
        let usage = &agent.usage;
        usage.cost_micros.unwrap_or(0) + usage.output_tokens + u64::from(usage.turns)
    });
    figures.fold(0, u64::wrapping_add)
}

/// Keeps today's sum, as often as what sessions have used changes.
pub async fn follow_today(client: Client, shared: Shared, mut used: watch::Receiver<u64>) {
    loop {
        if let Ok(usage) = client.usage(UsageBy::Day, 1).await {
            let spent = usage.rows.first().map(|row| row.spent).unwrap_or_default();
            shared.change_if(|snapshot| {
                let news = snapshot.spent_today != spent;
                snapshot.spent_today = spent;
                news
            });
        }
        match tokio::time::timeout(TODAY, used.changed()).await {
            Ok(Err(_)) => return,
            Ok(Ok(())) => tokio::time::sleep(STORED).await,
            Err(_) => {}
        }
    }
}
