//! What the evidence for a session's state is, while the window shows it.

use std::sync::Arc;

use agor_core::client::Client;
use agor_proto::ids::SessionId;
use agor_proto::message::{Followed, Part};

use super::following::follow;
use super::snapshot::Explanation;
use super::task::Shared;

/// Follows it until it is aborted.
pub async fn run(client: Client, shared: Shared, session: SessionId) {
    let take = |parts: Vec<Part>| {
        for part in parts {
            if let Part::Evidence {
                state,
                reason,
                pieces,
            } = part
            {
                let explained = Some(Arc::new(Explanation {
                    session,
                    state,
                    reason,
                    pieces,
                }));
                shared.change(|snapshot| snapshot.explained = explained);
            }
        }
    };
    follow(&client, Followed::Explain { session }, take).await;
}
