//! Where a session's commands begin and which of them failed (OSC 133), for its scroll bar: the newest of
//! them, with the rows in which they stand.

use std::sync::Arc;

use agor_core::client::Client;
use agor_core::client::shell::{ShellCommand, commands};
use agor_proto::ids::SessionId;

use super::task::Shared;

/// Questions that are asked at the most: what is older than that has no marks.
const QUESTIONS_MAX: usize = 8;

/// See the module.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outline {
    /// From the newest on.
    pub commands: Vec<ShellCommand>,
    /// Grows with each answer.
    pub generation: u64,
}

/// Asks for the commands of a session and publishes them.
pub async fn fetch(client: Client, shared: Shared, session: SessionId, generation: u64) {
    match commands(&client, session, QUESTIONS_MAX).await {
        Ok(commands) => shared.change(|snapshot| {
            let outline = Outline {
                commands,
                generation,
            };
            snapshot.outlines.insert(session, Arc::new(outline));
        }),
        // The bar has no marks; what else failed is told elsewhere.
        Err(error) => tracing::debug!(%error, "a session's commands did not come"),
    }
}
