//! What agents used: today's sum, always; all of it by day, project and session, while the window shows that.

use std::sync::{Arc, Mutex, PoisonError};

use agor_core::client::{Client, Usage};
use agor_proto::message::{Followed, Part};
use agor_proto::usage::UsageBy;

use super::following::follow;
use super::task::Shared;

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

/// What has come of it.
#[derive(Debug, Default)]
struct Coming {
    days: Option<Usage>,
    projects: Option<Usage>,
    sessions: Option<Usage>,
}

impl Coming {
    fn whole(&self) -> Option<Spending> {
        Some(Spending {
            days: self.days.clone()?,
            projects: self.projects.clone()?,
            sessions: self.sessions.clone()?,
        })
    }
}

/// Follows it until it is aborted.
pub async fn run(client: Client, shared: Shared, days: u32) {
    let coming = Mutex::new(Coming::default());
    let by = |by, put: fn(&mut Coming, Usage)| {
        let (client, shared, coming) = (&client, &shared, &coming);
        let take = move |parts| {
            let mut coming = coming.lock().unwrap_or_else(PoisonError::into_inner);
            put(&mut coming, sums(parts));
            if let Some(spending) = coming.whole() {
                let spending = Some(Arc::new(spending));
                shared.change(|snapshot| snapshot.spending = spending);
            }
        };
        follow(client, Followed::Usage { by, days }, take)
    };
    tokio::join!(
        by(UsageBy::Day, |coming, usage| coming.days = Some(usage)),
        by(UsageBy::Project, |coming, usage| {
            coming.projects = Some(usage);
        }),
        by(UsageBy::Session, |coming, usage| {
            coming.sessions = Some(usage);
        }),
    );
}

fn sums(parts: Vec<Part>) -> Usage {
    let mut usage = Usage::default();
    for part in parts {
        if let Part::Usage { today, rows } = part {
            usage.today = today;
            usage.rows.extend(rows);
        }
    }
    usage
}

/// Keeps today's sum.
pub async fn follow_today(client: Client, shared: Shared) {
    let (by, days) = (UsageBy::Day, 1);
    let take = |parts| {
        let spent = sums(parts).rows.first().map(|row| row.spent);
        let spent = spent.unwrap_or_default();
        shared.change_if(|snapshot| {
            let news = snapshot.spent_today != spent;
            snapshot.spent_today = spent;
            news
        });
    };
    follow(&client, Followed::Usage { by, days }, take).await;
}
