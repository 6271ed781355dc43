//! Asking a keeper to become another program under its running children. How it does so is in
//! `server/handover.rs`.

use std::{path::Path, thread, time::Instant};

use crate::{
    KeeperError, NotUpdated, caps,
    link::{dial, greet, next_frame, refusal},
    protocol::greeting::Greeting,
};

/// What a keeper is after it became another program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Updated {
    /// Its process id, which is what it was.
    pub pid: u32,
    /// The version of the protocol that it speaks now.
    pub abi: u16,
    /// The sessions that it has.
    pub sessions: u32,
}

/// Puts `program`, an absolute path, in the place of the keeper at `socket`; its children run on.
/// No host may be attached to it. Waits at most [`caps::UPDATE_TIMEOUT`].
///
/// # Errors
/// [`KeeperError::NotUpdated`] says why the keeper goes on as it was; [`KeeperError::Closed`] and
/// [`KeeperError::TimedOut`] that nobody knows.
pub fn update(socket: &Path, program: &Path) -> Result<Updated, KeeperError> {
    let deadline = Instant::now() + caps::UPDATE_TIMEOUT;
    let patience = Instant::now() + caps::UPDATE_PATIENCE;
    loop {
        match ask(socket, program, deadline) {
            // The keeper may not have noticed yet that its host is gone.
            Err(KeeperError::NotUpdated(
                NotUpdated::HostAttached | NotUpdated::Killing | NotUpdated::Starting,
            )) if Instant::now() < patience => {
                thread::park_timeout(caps::UPDATE_RETRY);
            }
            answer => return answer,
        }
    }
}

fn ask(socket: &Path, program: &Path, deadline: Instant) -> Result<Updated, KeeperError> {
    let question = Greeting::Update {
        program: program.to_owned(),
    };
    let mut channel = greet(socket, &question, deadline)?;
    match next_frame(&mut channel, deadline) {
        Ok(frame) => match Greeting::decode(&frame)? {
            Greeting::Updated { abi, pid, sessions } => Ok(Updated { pid, abi, sessions }),
            other => Err(refusal(other)),
        },
        // One that does not know the question hangs up and listens on.
        Err(KeeperError::Closed) => Err(match dial(socket, deadline) {
            Err(error @ KeeperError::NotRunning { .. }) => error,
            _ => KeeperError::NotUpdated(NotUpdated::TooOld),
        }),
        Err(error) => Err(error),
    }
}
