//! `tap`: every message between the host and its other clients, as JSON, for whoever looks for a
//! mistake. It shows what is typed.

use agor_proto::message::{Part, Query};

use super::super::context::Context;
use super::super::exit::Exit;
use super::super::failure::Failure;
use super::super::output;
use super::screen::unexpected;

#[derive(Debug, clap::Args)]
pub struct Arguments {}

pub fn run(_: Arguments, context: &Context) -> Result<Exit, Failure> {
    context.block_on(async {
        let client = context.client().await?;
        let mut frames = client.ask(Query::Tap)?;
        while let Some(part) = frames.next().await {
            match part? {
                Part::Tapped {
                    conn,
                    from_host,
                    json,
                } => {
                    let from = if from_host { "host" } else { "client" };
                    let frame: serde_json::Value =
                        serde_json::from_str(&json).unwrap_or(json.into());
                    let line = serde_json::json!({ "conn": conn, "from": from, "frame": frame });
                    output::json(&line)?;
                }
                part => return Err(unexpected(&part)),
            }
        }
        Ok(Exit::SUCCESS)
    })
}
