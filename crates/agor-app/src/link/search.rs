//! A search in one session: asks its host for one part after another, from the newest row back.

use std::sync::Arc;

use agor_core::client::Client;
use agor_proto::ids::SessionId;
use agor_proto::limits::FIND_HITS_MAX;
use agor_proto::message::{Part, Query, WindowAt};

use super::Sought;
use super::snapshot::Found;
use super::task::Shared;

/// Hits of one search; nobody steps through more, and a later text finds fewer.
const HITS_MAX: usize = 10 * FIND_HITS_MAX;

/// A search that is under way; dropping it ends it.
#[derive(Debug)]
pub struct Search {
    task: tokio::task::JoinHandle<()>,
}

impl Search {
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
            let mut from = WindowAt::End { rows_back: 0 };
            loop {
                let query = Query::Find {
                    session,
                    pattern: sought.text.clone(),
                    regex: sought.regex,
                    ignore_case: sought.ignore_case,
                    from,
                    forwards: false,
                    count: u32::try_from(FIND_HITS_MAX).unwrap_or(u32::MAX),
                };
                let goes_on = match client.ask_one(query).await {
                    Ok(Part::Found { hits, goes_on }) => {
                        found.hits.extend(hits);
                        goes_on.filter(|_| found.hits.len() < HITS_MAX)
                    }
                    Ok(_) => None,
                    Err(error) => {
                        found.problem = Some(error.to_string());
                        None
                    }
                };
                found.whole = goes_on.is_none() && found.hits.len() < HITS_MAX;
                let shown = Arc::new(found.clone());
                shared.change(|snapshot| drop(snapshot.found.insert(session, shown)));
                match goes_on {
                    Some(place) => from = WindowAt::Line(place),
                    None => return,
                }
            }
        });
        Self { task }
    }
}

impl Drop for Search {
    fn drop(&mut self) {
        self.task.abort();
    }
}
