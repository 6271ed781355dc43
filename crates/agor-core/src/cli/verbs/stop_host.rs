//! `stop-host`: the end of the host, and of the sessions' programs unless told otherwise.

use std::time::Duration;

use agor_proto::command::CommandBody;
use agor_proto::error::ErrorCode;

use super::super::context::Context;
use super::super::exit::Exit;
use super::super::failure::Failure;
use super::super::output;
use crate::client::ClientError;
use crate::link::HostLock;
use crate::paths::Paths;

/// How long a host may take to write down everything and end.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// How often it is looked whether it has ended.
const LOOK: Duration = Duration::from_millis(20);

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Let the sessions' programs go on; the next host finds them as they are
    #[arg(long)]
    keep_sessions: bool,
}

pub fn run(arguments: Arguments, context: &Context) -> Result<Exit, Failure> {
    let keep_sessions = arguments.keep_sessions;
    context.block_on(async {
        stop(context, keep_sessions).await?;
        if context.json {
            output::json(&serde_json::json!({ "kept_sessions": keep_sessions }))?;
        }
        Ok(Exit::SUCCESS)
    })
}

/// Ends the host, and waits until it has ended.
pub async fn stop(context: &Context, keep_sessions: bool) -> Result<(), Failure> {
    let paths = context.paths()?;
    let mut client = context.client().await?;
    let incarnation = Some(client.ready().await?.incarnation);
    let command = client.carry_out(CommandBody::StopHost {
        keep_sessions,
        incarnation,
    });
    tokio::select! {
        done = command => match done {
            // The receipt may have gone down with the host.
            Ok(_)
            | Err(
                ClientError::NoHost { .. } | ClientError::Uncertain { .. } | ClientError::Closed,
            ) => {}
            Err(error) => return Err(error.into()),
        },
        () = ended(&paths) => {}
    }
    let waited = tokio::time::timeout(PATIENCE, ended(&paths)).await;
    waited.map_err(|_| {
        let seconds = PATIENCE.as_secs();
        Failure::host(
            ErrorCode::Timeout,
            format!(
                "the host was told to end and still runs after {seconds} seconds; its log is {}",
                paths.host_log().display()
            ),
        )
    })
}

/// Waits until no host holds the lock.
pub async fn ended(paths: &Paths) {
    while HostLock::is_taken(paths) {
        tokio::time::sleep(LOOK).await;
    }
}
