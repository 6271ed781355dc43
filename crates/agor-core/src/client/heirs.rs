//! What becomes of the commands of a client that died before it heard their end: whoever carries on asks
//! again under its id and theirs, so that the host knows those that it has carried out already.

use std::sync::Arc;

use agor_proto::command::CommandBody;
use agor_proto::ids::Seq;
use tokio::task::JoinSet;

use super::{Client, ClientError, ClientOptions, Dialer};
use crate::storage::{Claim, StoreError};

/// Brings the commands of `claim` to their end, and tells how each ended. What was given too long ago is not
/// sent any more but told as [`ClientError::NotSent`] or [`ClientError::Uncertain`].
///
/// # Errors
/// A [`StoreError`] if what was kept cannot be read.
pub async fn carry_on(
    dialer: Dialer,
    options: ClientOptions,
    claim: Claim,
    tell: impl Fn(&CommandBody, Result<Seq, ClientError>),
) -> Result<(), StoreError> {
    let claim = Arc::new(claim);
    let reading = Arc::clone(&claim);
    let kept = tokio::task::spawn_blocking(move || reading.kept()).await;
    let kept = kept.expect("reading what is kept does not panic")?;
    let bodies = kept
        .iter()
        .map(|kept| kept.command.body.clone())
        .collect::<Vec<_>>();
    let options = ClientOptions {
        keeps: Some(claim),
        ..options
    };
    let (client, waiters) = Client::begin_with(dialer, options, kept);
    let mut ends = JoinSet::new();
    for (body, waiter) in bodies.into_iter().zip(waiters) {
        let client = client.clone();
        ends.spawn(async move {
            let name = body.name();
            let outcome = client.outcome(name, waiter).await;
            (
                body,
                outcome.and_then(|outcome| super::seq_of(name, outcome)),
            )
        });
    }
    while let Some(end) = ends.join_next().await {
        let (body, end) = end.expect("waiting for an end does not panic");
        tell(&body, end);
    }
    client.close().await;
    Ok(())
}
