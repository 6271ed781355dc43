//! `resize`: another size for a session's terminal. Whoever drives the session gives it its size,
//! so this takes the lease for a moment.

use std::time::Duration;

use agor_proto::error::ErrorCode;
use agor_proto::event::{EventBody, LogCursor};
use agor_proto::ids::Size;
use agor_proto::message::Visibility;

use super::super::context::Context;
use super::super::exit::Exit;
use super::super::failure::Failure;
use super::super::output;
use crate::client::{Subscription, Told};

/// How long a session may take to get its size.
const PATIENCE: Duration = Duration::from_secs(10);

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The session: its name, its id or the begin of its id
    session: String,
    /// Columns and rows, such as 120x40
    #[arg(value_name = "COLSxROWS")]
    size: Size,
}

pub fn run(arguments: Arguments, context: &Context) -> Result<Exit, Failure> {
    let wanted = arguments.size;
    context.block_on(async {
        let client = context.client().await?;
        let info = context.session(&client, &arguments.session).await?;
        if !info.life.alive() {
            return Err(Failure::host(
                ErrorCode::Ended,
                "the session's program has ended: `agor restart` runs it again",
            ));
        }
        if (info.size.cols, info.size.rows) != (wanted.cols, wanted.rows) {
            let cursor = LogCursor {
                session: info.id,
                epoch: info.epoch,
                applied: info.seq,
            };
            let mut told = client.subscribe(cursor, Visibility::Hidden)?;
            told.drive(true);
            told.resize(wanted);
            let resized = tokio::time::timeout(PATIENCE, resized(&mut told, wanted)).await;
            resized.map_err(|_| {
                Failure::host(
                    ErrorCode::Timeout,
                    "the session did not get its size in time",
                )
            })??;
            drop(told);
            client.close().await;
        }
        if context.json {
            output::json(&serde_json::json!({ "session": info.id, "size": wanted }))?;
        }
        Ok(Exit::SUCCESS)
    })
}

async fn resized(told: &mut Subscription, wanted: Size) -> Result<(), Failure> {
    while let Some(told) = told.next().await {
        let events = match told {
            Told::Events(events) => events,
            Told::Problem(error) => return Err(error.into()),
            _ => continue,
        };
        for event in events {
            match event.body {
                EventBody::Resized { size }
                    if (size.cols, size.rows) == (wanted.cols, wanted.rows) =>
                {
                    return Ok(());
                }
                EventBody::Exited { .. } | EventBody::Lost => {
                    let message = "the session's program ended meanwhile";
                    return Err(Failure::host(ErrorCode::Ended, message));
                }
                _ => {}
            }
        }
    }
    Err(Failure::new(Exit::NO_HOST, "the host went away"))
}
