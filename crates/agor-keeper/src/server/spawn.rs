//! Makes a child ready with its terminal or pipes, and starts it.
#![allow(unsafe_code)] // `pre_exec` is unsafe, since it runs between fork and exec

use std::{
    ffi::CString,
    io,
    os::{
        fd::OwnedFd,
        unix::{ffi::OsStrExt, process::CommandExt},
    },
    process::{Command, Stdio},
};

use rustix::{
    fs::{OFlags, fcntl_getfl, fcntl_setfl},
    io::Errno,
    pipe::{PipeFlags, pipe_with},
    process::{Pid, Resource, Rlimit, chdir, ioctl_tiocsctty, setrlimit, setsid},
    stdio::stdin,
};

use super::process;
use crate::{
    Io, SpawnSpec, SpawnStep,
    system::{self, Group},
};

/// Name of the variable by which every process of a session is recognised.
pub(crate) const MARKER: &str = "AGOR_SESSION_ID";

/// A child that runs, with the keeper's ends of what it is connected to.
pub(super) struct Child {
    pub(super) pid: Pid,
    pub(super) streams: Streams,
}

/// The keeper's ends; each is dropped when it has ended.
#[derive(Debug)]
pub(super) struct Streams {
    /// The terminal's master, or the pipe of standard output.
    pub(super) out: Option<OwnedFd>,
    /// The pipe of standard error.
    pub(super) err: Option<OwnedFd>,
    /// The pipe of standard input; a terminal is written to by `out`.
    pub(super) input: Option<OwnedFd>,
    /// The terminal's other side, held while the leader lives: a leader that closes its terminal
    /// and opens it again must not find it hung up.
    pub(super) slave: Option<OwnedFd>,
}

/// Why no child runs.
#[derive(Clone, Copy, Debug)]
pub(super) struct SpawnError {
    pub(super) step: SpawnStep,
    pub(super) errno: i32,
}

impl SpawnError {
    pub(super) fn new(step: SpawnStep, errno: Errno) -> Self {
        Self {
            step,
            errno: errno.raw_os_error(),
        }
    }

    pub(super) fn at<E: Into<io::Error>>(step: SpawnStep) -> impl FnOnce(E) -> Self {
        move |error| {
            let errno = error
                .into()
                .raw_os_error()
                .unwrap_or(Errno::INVAL.raw_os_error());
            Self { step, errno }
        }
    }
}

/// A child that can be started.
pub(super) struct Prepared(Command);

impl Prepared {
    /// Starts it. Waits until the program runs or has failed to, which may be as long as a file system
    /// takes to answer.
    pub(super) fn run(&mut self) -> Result<Pid, SpawnError> {
        let child = self.0.spawn().map_err(untagged)?;
        i32::try_from(child.id())
            .ok()
            .and_then(Pid::from_raw)
            .ok_or_else(|| SpawnError::new(SpawnStep::Request, Errno::INVAL))
    }
}

/// Makes ready to start what `spec` says; returns the keeper's ends, too. Without a group it runs all the
/// same.
pub(super) fn prepare(
    spec: &SpawnSpec,
    file_limit: Rlimit,
    group: Option<&Group>,
) -> Result<(Prepared, Streams), SpawnError> {
    let invalid = || SpawnError::new(SpawnStep::Request, Errno::INVAL);
    let (program, arguments) = spec.argv.split_first().ok_or_else(invalid)?;
    let cwd = CString::new(spec.cwd.as_os_str().as_bytes()).map_err(|_| invalid())?;
    let mut command = Command::new(program);
    command
        .args(arguments)
        .env_clear()
        .envs(spec.env.iter().map(|(name, value)| (name, value)))
        .env(MARKER, spec.session.to_string());
    let streams = match spec.io {
        Io::Pty => connect_terminal(spec, &mut command),
        Io::Pipes => connect_pipes(&mut command),
    }
    .map_err(SpawnError::at(SpawnStep::Terminal))?;
    let with_terminal = spec.io == Io::Pty;
    let door = group.and_then(Group::door);
    let prepare = move || {
        if let Some(door) = &door {
            // Refused where groups may not have processes of their own: it then stays outside.
            rustix::io::write(door, b"0").ok();
        }
        setsid().map_err(tagged(SpawnStep::Session))?;
        if with_terminal {
            ioctl_tiocsctty(stdin()).map_err(tagged(SpawnStep::Session))?;
        }
        setrlimit(Resource::Nofile, file_limit).map_err(tagged(SpawnStep::Session))?;
        process::reset_signals();
        chdir(&cwd).map_err(tagged(SpawnStep::Cwd))
    };
    // SAFETY: the closure makes system calls only: it allocates nothing and takes no lock.
    unsafe { command.pre_exec(prepare) };
    Ok((Prepared(command), streams))
}

/// Puts the step above the error's number: a number is all that std brings back from the child.
fn tagged(step: SpawnStep) -> impl FnOnce(Errno) -> io::Error {
    move |errno| {
        io::Error::from_raw_os_error((i32::from(step.number()) << 16) | errno.raw_os_error())
    }
}

fn untagged(error: io::Error) -> SpawnError {
    let Some(number) = error.raw_os_error() else {
        return SpawnError::new(SpawnStep::Request, Errno::INVAL);
    };
    let errno = number & 0xffff;
    let step = match u8::try_from(number >> 16).unwrap_or(0) {
        // std does not say which of the two failed; only fork does so for want of resources.
        0 if errno == Errno::AGAIN.raw_os_error() || errno == Errno::NOMEM.raw_os_error() => {
            SpawnStep::Fork
        }
        0 => SpawnStep::Exec,
        tag => SpawnStep::from_number(tag).unwrap_or(SpawnStep::Exec),
    };
    SpawnError { step, errno }
}

fn connect_terminal(spec: &SpawnSpec, command: &mut Command) -> io::Result<Streams> {
    let (master, slave) = system::open_terminal(spec.size)?;
    set_nonblocking(&master)?;
    command
        .stdin(Stdio::from(slave.try_clone()?))
        .stdout(Stdio::from(slave.try_clone()?))
        .stderr(Stdio::from(slave.try_clone()?));
    Ok(Streams {
        out: Some(master),
        err: None,
        input: None,
        slave: Some(slave),
    })
}

fn connect_pipes(command: &mut Command) -> io::Result<Streams> {
    let (child_in, input) = pipe_with(PipeFlags::CLOEXEC)?;
    let (out, child_out) = pipe_with(PipeFlags::CLOEXEC)?;
    let (err, child_err) = pipe_with(PipeFlags::CLOEXEC)?;
    for ours in [&input, &out, &err] {
        set_nonblocking(ours)?;
    }
    command
        .stdin(Stdio::from(child_in))
        .stdout(Stdio::from(child_out))
        .stderr(Stdio::from(child_err));
    Ok(Streams {
        out: Some(out),
        err: Some(err),
        input: Some(input),
        slave: None,
    })
}

fn set_nonblocking(fd: &OwnedFd) -> io::Result<()> {
    Ok(fcntl_setfl(fd, fcntl_getfl(fd)? | OFlags::NONBLOCK)?)
}
