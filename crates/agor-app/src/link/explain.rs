//! What the evidence for a session's state is, once a second, while the window shows it.

use std::sync::Arc;
use std::time::Duration;

use agor_core::client::Client;
use agor_proto::ids::SessionId;
use agor_proto::message::{Part, Query};

use super::snapshot::Explanation;
use super::task::Shared;

/// Between two looks.
const PAUSE: Duration = Duration::from_secs(1);

/// Looks until it is aborted.
pub async fn run(client: Client, shared: Shared, session: SessionId) {
    let mut ticks = tokio::time::interval(PAUSE);
    // A host that was away is not asked for what was missed.
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let Ok(Part::Evidence {
            state,
            reason,
            pieces,
        }) = client.ask_one(Query::Explain { session }).await
        else {
            continue;
        };
        let explained = Some(Arc::new(Explanation {
            session,
            state,
            reason,
            pieces,
        }));
        // Also where nothing changed: what is shown grows older.
        shared.change(|snapshot| snapshot.explained = explained);
    }
}
