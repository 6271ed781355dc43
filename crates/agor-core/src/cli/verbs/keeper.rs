//! `keeper`: the process that keeps a host's children. The host starts it; nobody types it.

use std::os::fd::RawFd;
use std::path::PathBuf;

use agor_keeper::{KeeperError, KeeperOptions, Start};
use agor_proto::error::ErrorCode;

use super::super::context::Context;
use super::super::exit::Exit;
use super::super::failure::Failure;

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Where it listens
    #[arg(long, value_name = "PATH")]
    socket: PathBuf,

    /// Goes on as the keeper that this process was, by the state behind this descriptor
    #[arg(long, value_name = "FD", conflicts_with = "rehearse")]
    take_over: Option<RawFd>,

    /// Only says whether it understands that state
    #[arg(long, value_name = "FD")]
    rehearse: Option<RawFd>,
}

pub fn run(arguments: Arguments, _: &Context) -> Result<Exit, Failure> {
    // No runtime: a keeper has one thread.
    let start = match (arguments.take_over, arguments.rehearse) {
        (Some(state), _) => Start::TakeOver(state),
        (None, Some(state)) => Start::Rehearse(state),
        (None, None) => Start::Afresh,
    };
    agor_keeper::run(KeeperOptions {
        socket: arguments.socket,
        start,
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
