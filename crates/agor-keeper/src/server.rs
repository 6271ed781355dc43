//! The keeper's process: how it begins, and how it stands apart from whoever started it. What it
//! then does is in `server/keeper.rs`.

mod handover;
mod host;
mod input;
mod keeper;
mod kill;
mod pace;
mod process;
mod session;
mod spawn;

pub use process::share_heaps;

use std::{
    fs::{self, File},
    io::{self, Write},
    os::{
        fd::{BorrowedFd, OwnedFd, RawFd},
        unix::fs::{MetadataExt, OpenOptionsExt},
    },
    path::{Path, PathBuf},
};

use rustix::{
    fs::{FlockOperation, Mode, flock},
    io::Errno,
    net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType, bind, listen, socket_with},
    process::{chdir, geteuid, setsid, umask},
    stdio::{dup2_stderr, dup2_stdin, dup2_stdout},
};

use crate::{
    KeeperError, SessionKey,
    system::{self, Groups},
};
use keeper::Keeper;

/// How a keeper is run.
#[derive(Clone, Debug)]
pub struct KeeperOptions {
    /// Where it listens. The directory exists, belongs to this user and has mode 0700; the lock
    /// file stands beside the socket, with `.lock` after its name.
    pub socket: PathBuf,
    /// How it begins.
    pub start: Start,
}

/// How a keeper begins. A keeper that becomes another program runs that as
/// `PROGRAM keeper --socket PATH --rehearse FD`, and then `--take-over FD` in its own place; both
/// are frozen for all versions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// As a new process without sessions.
    Afresh,
    /// As the program that the running keeper has become, by the state behind this descriptor.
    TakeOver(RawFd),
    /// Not at all: it only says whether it would understand that state.
    Rehearse(RawFd),
}

/// Runs a keeper in this process, which should have one thread, until it is told to shut down.
///
/// Once it listens it writes `ready\n` to standard output and lets go of all three standard
/// streams, of its terminal and of its working directory.
pub fn run(options: KeeperOptions) -> Result<(), KeeperError> {
    let socket = std::path::absolute(&options.socket)
        .map_err(KeeperError::io("resolving the socket's path"))?;
    let keeper = match options.start {
        Start::Afresh => begin(&socket)?,
        Start::TakeOver(state) => take_over(&socket, state)?,
        Start::Rehearse(state) => return handover::rehearsed(state),
    };
    let (lock, outcome) = keeper.run();
    let removed = fs::remove_file(&socket);
    // Only now may another keeper make its own socket there.
    drop(lock);
    outcome?;
    match removed {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(KeeperError::io("removing the socket")(error))
        }
        _ => Ok(()),
    }
}

fn begin(socket: &Path) -> Result<Keeper, KeeperError> {
    check_directory(socket)?;
    let lock = take_lock(socket)?;
    process::seal_inherited_descriptors();
    // Refused to the leader of a process group, which then lacks nothing but a session of its own:
    // the signals of its terminal are ignored below.
    setsid().ok();
    let child_bell = stand_apart()?;
    let file_limit = process::raise_file_limit();
    // Where it cannot, its own sessions are within that session's group, and end with it.
    system::leave_group().ok();
    let groups = Groups::of(std::process::id());
    if let Some(groups) = &groups {
        groups.tidy();
    }
    let listener = listen_on(socket)?;
    chdir("/").map_err(KeeperError::io("leaving the working directory"))?;
    let ends = (lock.into(), listener);
    let keeper = Keeper::new(socket.to_owned(), ends, child_bell, file_limit, groups);
    announce_and_detach()?;
    Ok(keeper)
}

/// Goes on as the keeper that this process was before it became this program.
fn take_over(socket: &Path, state: RawFd) -> Result<Keeper, KeeperError> {
    let groups = Groups::of(std::process::id());
    let parts = handover::take_over(state, groups.as_ref())?;
    process::seal_inherited_descriptors();
    let child_bell = stand_apart()?;
    Ok(Keeper::resume(socket.to_owned(), parts, child_bell, groups))
}

/// Sets up what a program image loses when another takes its place.
fn stand_apart() -> Result<BorrowedFd<'static>, KeeperError> {
    process::ignore_terminal_signals();
    system::adopt_orphans().map_err(KeeperError::io("adopting orphans"))?;
    let child_bell = system::bell().map_err(KeeperError::io("making a bell"))?;
    Ok(process::watch_children(child_bell))
}

/// Returns the folder of the control group that the keeper of process `pid` divides among its
/// sessions, if the system lets it.
#[must_use]
pub fn session_groups(pid: u32) -> Option<PathBuf> {
    Groups::of(pid).map(|groups| groups.folder().to_owned())
}

/// Returns the folder of a session's own control group, if its keeper, of process `pid`, can make one.
#[must_use]
pub fn session_group(pid: u32, session: SessionKey) -> Option<PathBuf> {
    Groups::of(pid).map(|groups| groups.of_session(session))
}

/// Moves this process out of the control group of the session in which it was started, so that it
/// outlives that one.
///
/// # Errors
/// What the system said: it would be ended with the session.
pub fn leave_session_group() -> io::Result<()> {
    system::leave_group()
}

fn check_directory(socket: &Path) -> Result<(), KeeperError> {
    let directory = socket.parent().unwrap_or(Path::new("/"));
    let safe = fs::metadata(directory).is_ok_and(|meta| {
        meta.is_dir() && meta.uid() == geteuid().as_raw() && meta.mode() & 0o077 == 0
    });
    if safe {
        Ok(())
    } else {
        Err(KeeperError::UnsafeDirectory {
            directory: directory.to_owned(),
        })
    }
}

fn take_lock(socket: &Path) -> Result<File, KeeperError> {
    let mut name = socket.as_os_str().to_owned();
    name.push(".lock");
    let path = PathBuf::from(name);
    let lock = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(0o600)
        .open(&path)
        .map_err(KeeperError::io("opening the lock file"))?;
    match flock(&lock, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(lock),
        Err(Errno::WOULDBLOCK) => Err(KeeperError::AlreadyRunning { lock: path }),
        Err(errno) => Err(KeeperError::io("locking the lock file")(errno)),
    }
}

fn listen_on(socket: &Path) -> Result<OwnedFd, KeeperError> {
    match fs::remove_file(socket) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return Err(KeeperError::io("removing a dead keeper's socket")(error));
        }
        _ => {}
    }
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let listener = socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None)
        .map_err(KeeperError::io("making a socket"))?;
    let address = SocketAddrUnix::new(socket).map_err(KeeperError::io("naming the socket"))?;
    let before = umask(Mode::from_raw_mode(0o177));
    let bound = bind(&listener, &address);
    umask(before);
    bound.map_err(KeeperError::io("binding the socket"))?;
    listen(&listener, 64).map_err(KeeperError::io("listening on the socket"))?;
    Ok(listener)
}

fn announce_and_detach() -> Result<(), KeeperError> {
    let mut stdout = io::stdout();
    // Whoever started us may have gone already, which is its right.
    stdout
        .write_all(b"ready\n")
        .and_then(|()| stdout.flush())
        .ok();
    let null = File::options()
        .read(true)
        .write(true)
        .open("/dev/null")
        .map_err(KeeperError::io("opening /dev/null"))?;
    dup2_stdin(&null)
        .and_then(|()| dup2_stdout(&null))
        .and_then(|()| dup2_stderr(&null))
        .map_err(KeeperError::io("letting go of the standard streams"))
}
