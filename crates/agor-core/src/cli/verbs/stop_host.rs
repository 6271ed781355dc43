//! `stop-host`: the end of the host, and of the sessions' programs unless told otherwise.

use std::pin::pin;
use std::time::Duration;

use agor_proto::command::CommandBody;
use agor_proto::error::ErrorCode;

use super::super::context::Context;
use super::super::exit::Exit;
use super::super::failure::Failure;
use super::super::output;
use crate::client::{Client, ClientError};
use crate::link::HostLock;
use crate::paths::Paths;

/// How long a host may take to write down everything and end, once it is told to.
const PATIENCE: Duration = Duration::from_secs(30);

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
    if end(context.client().await?, &paths, keep_sessions).await? {
        return Ok(());
    }
    let seconds = PATIENCE.as_secs();
    Err(Failure::host(
        ErrorCode::Timeout,
        format!(
            "the host was told to end and still runs after {seconds} seconds; its log is {}",
            paths.host_log().display()
        ),
    ))
}

/// Tells the host of `client` to end, and says whether it has ended within [`PATIENCE`].
///
/// # Errors
/// Why the host does not do so.
pub async fn end(mut client: Client, paths: &Paths, keep_sessions: bool) -> Result<bool, Failure> {
    let incarnation = Some(client.ready().await?.incarnation);
    let command = client.carry_out(CommandBody::StopHost {
        keep_sessions,
        incarnation,
    });
    let ending = async {
        let mut free = pin!(lock_is_free(paths));
        tokio::select! {
            done = command => match done {
                // The receipt may have gone down with the host.
                Ok(_)
                | Err(
                    ClientError::NoHost { .. }
                    | ClientError::Uncertain { .. }
                    | ClientError::Closed,
                ) => {}
                Err(error) => return Err(Failure::from(error)),
            },
            () = &mut free => return Ok(()),
        }
        free.await;
        Ok(())
    };
    match tokio::time::timeout(PATIENCE, ending).await {
        Ok(done) => done.map(|()| true),
        Err(_) => Ok(false),
    }
}

/// Waits until no host holds the lock.
async fn lock_is_free(paths: &Paths) {
    let paths = paths.clone();
    // On a thread that the system wakes. If nobody waits any more, it ends with this process.
    let waiting = tokio::task::spawn_blocking(move || HostLock::wait_until_free(&paths));
    waiting.await.ok(); // It fails if the runtime ends, and this with it.
}
