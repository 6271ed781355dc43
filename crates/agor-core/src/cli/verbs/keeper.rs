//! `keeper`: the process that keeps a host's children. The host starts it; nobody types it.

use std::path::PathBuf;

use agor_keeper::{KeeperError, KeeperOptions};
use agor_proto::error::ErrorCode;

use super::super::context::Context;
use super::super::exit::Exit;
use super::super::failure::Failure;

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Where it listens
    #[arg(long, value_name = "PATH")]
    socket: PathBuf,
}

pub fn run(arguments: Arguments, _: &Context) -> Result<Exit, Failure> {
    // No runtime: a keeper has one thread.
    agor_keeper::run(KeeperOptions {
        socket: arguments.socket,
    })
    .map_err(|error| failure(&error))?;
    Ok(Exit::SUCCESS)
}

/// Returns what a keeper's error means to whoever called for it.
pub fn failure(error: &KeeperError) -> Failure {
    let message = format!("the keeper cannot be used: {error}");
    match error {
        KeeperError::AbiMismatch { .. } => Failure::host(ErrorCode::Version, message),
        KeeperError::Fenced { .. } => Failure::host(ErrorCode::Fenced, message),
        KeeperError::OtherUser { .. } => Failure::host(ErrorCode::Forbidden, message),
        KeeperError::UnsafeDirectory { .. } => Failure::new(Exit::FOLDER, message),
        KeeperError::AlreadyRunning { .. } => Failure::new(Exit::HOST_RUNNING, message),
        _ => Failure::host(ErrorCode::Keeper, message),
    }
}
