//! `serve`: the host, as a process of its own or in this one.

use std::fs::OpenOptions;
use std::io::{self, Write};

use agor_proto::error::ErrorCode;

use super::super::context::Context;
use super::super::exit::Exit;
use super::super::failure::Failure;
use super::super::output;
use crate::client::{self, Report};
use crate::config::Loaded;
use crate::host::{self, HostError};
use crate::link::HostLock;
use crate::logging;
use crate::paths::Paths;

/// Threads that do a host's work; what waits for the disk has threads of its own.
const WORKERS: usize = 2;

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Run the host in this process, until it is stopped
    #[arg(long)]
    foreground: bool,
    /// Be the process that `serve` starts
    #[arg(long, hide = true, conflicts_with = "foreground")]
    detached: bool,
}

pub fn run(arguments: Arguments, context: &Context) -> Result<Exit, Failure> {
    let paths = context.paths()?;
    if arguments.detached {
        return detached(&paths);
    }
    if arguments.foreground {
        serve(&paths, true, || {})?;
        return Ok(Exit::SUCCESS);
    }
    for complaint in Loaded::read(&paths).complaints() {
        output::note(complaint);
    }
    context.block_on(async {
        // Whether one runs already, it is this that says so.
        client::start_host(&paths).await?;
        let pid = HostLock::holder(&paths);
        if context.json {
            output::json(&serde_json::json!({ "pid": pid }))?;
        } else if let Some(pid) = pid {
            output::line(format_args!("the host runs as process {pid}"))?;
        }
        Ok(Exit::SUCCESS)
    })
}

/// Runs the host away from whoever started it; standard output tells that one how it went.
fn detached(paths: &Paths) -> Result<Exit, Failure> {
    // Refused only to a leader of a process group, which nobody has made of this process.
    rustix::process::setsid().ok();
    // Else it ends with the session in which it is started; there is nobody to tell yet.
    agor_keeper::leave_session_group().ok();
    let say = |report: Report| {
        let mut stdout = io::stdout().lock();
        // Whoever started it may have run out of patience; then nobody is told.
        writeln!(stdout, "{report}")
            .and_then(|()| stdout.flush())
            .ok();
        drop(stdout);
        if let Ok(nowhere) = OpenOptions::new().write(true).open("/dev/null") {
            rustix::stdio::dup2_stdout(&nowhere).ok(); // It stays open at worst.
        }
    };
    match serve(paths, false, || say(Report::Ready)) {
        Ok(()) => Ok(Exit::SUCCESS),
        Err(failure) => {
            let (exit, reason) = (failure.exit(), failure.message().to_owned());
            tracing::error!(reason, "the host ended");
            say(Report::Failed {
                exit: exit.0,
                reason,
            });
            Ok(exit)
        }
    }
}

fn serve(paths: &Paths, aloud: bool, ready: impl FnOnce()) -> Result<(), Failure> {
    paths.create()?;
    let loaded = Loaded::read(paths);
    logging::start(paths, logging::Whose::Host { aloud }).map_err(|error| {
        let log = paths.host_log();
        Failure::new(
            Exit::FOLDER,
            format!("the log {} cannot be written: {error}", log.display()),
        )
    })?;
    for complaint in loaded.complaints() {
        tracing::warn!("{complaint}");
    }
    agor_keeper::share_heaps();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(WORKERS)
        .thread_name("host")
        .enable_all()
        .build()
        .map_err(|error| {
            let message = format!("the system gives no event queue: {error}");
            Failure::host(ErrorCode::Internal, message)
        })?;
    runtime
        .block_on(host::serve(paths, &loaded.config, ready))
        .map_err(failure)
}

fn failure(error: HostError) -> Failure {
    let message = error.to_string();
    match error {
        HostError::Running { .. } => Failure::new(Exit::HOST_RUNNING, message),
        HostError::Fenced => Failure::host(ErrorCode::Fenced, message),
        HostError::StoreFailed => Failure::host(ErrorCode::Storage, message),
        HostError::Store(error) => Failure::host(error.code(), message),
        HostError::Link(error) => error.into(),
        HostError::Keeper(error) => super::keeper::failure(&error),
        HostError::KeeperLinkLost => Failure::host(ErrorCode::Keeper, message),
        HostError::Internal(_) => Failure::host(ErrorCode::Internal, message),
    }
}
