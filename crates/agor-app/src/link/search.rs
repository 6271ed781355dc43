//! A search in one session: asks its host for one part after another, from the newest row back.

use std::sync::Arc;

use agor_core::client::Client;
use agor_core::client::search::{Search, Sought};
use agor_proto::ids::SessionId;
use agor_proto::limits::FIND_HITS_MAX;

use super::snapshot::Found;
use super::task::Shared;

/// Hits of one search; nobody steps through more, and a later text finds fewer.
const HITS_MAX: usize = 10 * FIND_HITS_MAX;

/// A search that is under way; dropping it ends it.
#[derive(Debug)]
pub struct Searching {
    task: tokio::task::JoinHandle<()>,
}

impl Searching {
    /// Begins to look for `sought` and publishes what was found after each part.
    pub fn start(
        client: Client,
        shared: Shared,
        session: SessionId,
        number: u64,
        sought: Sought,
    ) -> Self {
        let task = tokio::spawn(async move {
            let mut found = Found {
                number,
                ..Found::default()
            };
            let mut search = Search::new(client, session, sought);
            loop {
                match search.next().await {
                    Some(Ok((hits, _))) => found.hits.extend(hits),
                    Some(Err(error)) => found.problem = Some(error.to_string()),
                    None => {}
                }
                let ended = search.is_whole();
                let full = found.hits.len() >= HITS_MAX;
                found.whole = ended && !full;
                let shown = Arc::new(found.clone());
                shared.change(|snapshot| drop(snapshot.found.insert(session, shown)));
                if ended || full {
                    return;
                }
            }
        });
        Self { task }
    }
}

impl Drop for Searching {
    fn drop(&mut self) {
        self.task.abort();
    }
}
