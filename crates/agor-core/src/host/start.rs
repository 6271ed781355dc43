//! How a host comes up: it takes the lock, opens the store, finds its keeper, and puts its sessions
//! back as they were.

use std::collections::HashMap;
use std::fs::File;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use agor_keeper::{KeeperLink, SessionState};
use agor_proto::PROTOCOL_VERSION;
use agor_proto::command::Outcome;
use agor_proto::ids::{ClientId, LogEpoch, Offset, SessionId, Size};
use agor_proto::message::{Hello, Message};
use agor_proto::session::{Life, SessionSpec};
use rustix::fs::{FlockOperation, flock};
use tokio::time::Instant;

use super::hub::Hub;
use super::keeper;
use super::mailbox::Note;
use super::now;
use super::session::Session;
use super::{HostError, PROGRAM};
use crate::config::Config;
use crate::link::{Dialer, HostLock, LinkError};
use crate::paths::Paths;
use crate::storage::{
    Opened, SessionRow, Store, StoreError, StoredReceipt, StoredSession, Transaction, Write,
};

/// How long a host that has taken a connection may take to answer before it is taken over.
const ANSWER: Duration = Duration::from_secs(3);

/// How long a host may hold the lock without taking connections before it is taken over. It starts,
/// has just ended, or was stopped in between.
const STARTING: Duration = Duration::from_secs(10);

/// How long a host is waited for that hangs up on everybody, as one does that ends.
const ENDING: Duration = Duration::from_secs(25);

/// How often a host that does not answer yet is tried again.
const REDIAL: Duration = Duration::from_millis(50);

/// How long the system may take to end a process that it was told to kill.
const DYING: Duration = Duration::from_secs(2);

/// The lock, and the process of the host it was taken over from.
type Locked = (HostLock, Option<u32>);

/// Takes the host's lock; from a host that holds it and does not answer, by taking over.
pub async fn lock(paths: &Paths) -> Result<Locked, HostError> {
    let mut met: Option<(Option<u32>, Instant)> = None;
    loop {
        let pid = match HostLock::take(paths) {
            Ok(lock) => return Ok((lock, None)),
            Err(LinkError::HostRunning { pid }) => pid,
            Err(error) => return Err(error.into()),
        };
        let since = match met {
            Some((known, since)) if known == pid => since,
            // Another one than before has its own time to start.
            _ => Instant::now(),
        };
        met = Some((pid, since));
        let gone = match greet(paths, pid).await {
            Greeted::Answered => return Err(HostError::Running { pid }),
            Greeted::Silence => true,
            Greeted::Absent => since.elapsed() >= STARTING,
            // It lives: it is not taken over, however long it takes.
            Greeted::HungUp if since.elapsed() >= ENDING => return Err(HostError::Running { pid }),
            Greeted::HungUp => false,
        };
        if gone && let Some(locked) = take_over(paths, pid)? {
            return Ok(locked);
        }
        tokio::time::sleep(REDIAL).await;
    }
}

/// Takes the lock from `former`; `None` if that is not the one that holds it any more.
fn take_over(paths: &Paths, former: Option<u32>) -> Result<Option<Locked>, HostError> {
    let folder = File::open(&paths.runtime)
        .map_err(|error| HostError::Internal(format!("the runtime folder: {error}")))?;
    // One at a time, so that two that waited for the same host do not take over each other.
    if flock(&folder, FlockOperation::NonBlockingLockExclusive).is_err() {
        return Ok(None);
    }
    match HostLock::take(paths) {
        Ok(lock) => Ok(Some((lock, None))),
        Err(LinkError::HostRunning { pid }) if pid == former => {
            tracing::warn!(?pid, "the host that runs does not answer; taking over");
            Ok(Some((HostLock::take_over(paths)?, pid)))
        }
        Err(LinkError::HostRunning { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// What became of a greeting.
enum Greeted {
    /// A host answered.
    Answered,
    /// The holder of the lock has the connection and says nothing.
    Silence,
    /// The holder of the lock takes no connections.
    Absent,
    /// The connection was taken and closed again.
    HungUp,
}

/// Greets the host at the socket, where `holder` should be.
async fn greet(paths: &Paths, holder: Option<u32>) -> Greeted {
    let Ok(link) = Dialer::Socket(paths.host_socket()).dial().await else {
        return Greeted::Absent;
    };
    let listener = link.peer().pid.and_then(|pid| u32::try_from(pid).ok());
    let (mut reader, mut writer) = link.split();
    let hello = Hello {
        versions: vec![PROTOCOL_VERSION],
        features: Vec::new(),
        client: ClientId([0; 16]),
        program: PROGRAM.to_owned(),
        resume: Vec::new(),
        visible: Vec::new(),
    };
    let exchange = async {
        writer.send(&hello.into()).await?;
        reader.next().await
    };
    match tokio::time::timeout(ANSWER, exchange).await {
        Ok(Ok(Some(Message::Welcome(_) | Message::Refused(_)))) => Greeted::Answered,
        Ok(_) => Greeted::HungUp,
        Err(_) if listener == holder => Greeted::Silence,
        // The socket is still the one of the host before it.
        Err(_) => Greeted::Absent,
    }
}

/// Opens the store. A former host that was stopped in the middle of a write holds the database;
/// it is ended, since it can do nothing more and its programs are the keeper's.
pub fn open_store(
    paths: &Paths,
    config: &Config,
    former: Option<u32>,
) -> Result<Opened, HostError> {
    let open = || Store::open(paths.data(), config.record.session_max_bytes);
    match (open(), former) {
        (Err(StoreError::Busy { .. }), Some(pid)) => {
            end_former(pid);
            Ok(open()?)
        }
        (opened, _) => Ok(opened?),
    }
}

fn end_former(pid: u32) {
    use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};
    let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) else {
        return;
    };
    // The descriptor names the process that is looked at now, whatever the number is used for later.
    let Ok(process) = pidfd_open(pid, PidfdFlags::empty()) else {
        return;
    };
    let name = std::fs::read_to_string(format!("/proc/{}/comm", pid.as_raw_nonzero()));
    if !name.is_ok_and(|name| name.trim().starts_with("agor")) {
        return;
    }
    tracing::warn!(
        pid = pid.as_raw_nonzero(),
        "ending a former host that holds the database"
    );
    if pidfd_send_signal(&process, Signal::KILL).is_ok() {
        use rustix::event::{PollFd, PollFlags, Timespec, poll};
        let patience = Timespec {
            tv_sec: DYING.as_secs().cast_signed(),
            tv_nsec: 0,
        };
        // What follows fails with a clear error if it is still there.
        poll(&mut [PollFd::new(&process, PollFlags::IN)], Some(&patience)).ok();
    }
}

/// Puts every stored session back, and gives each what the keeper still has of it.
pub async fn restore(hub: &Arc<Hub>, kept: Vec<SessionState>) -> Result<(), HostError> {
    let store = hub.store().clone();
    let (stored, unfinished) = tokio::task::spawn_blocking(move || {
        Ok::<_, StoreError>((store.sessions()?, store.unfinished_receipts()?))
    })
    .await
    .map_err(|error| HostError::Internal(error.to_string()))??;
    let mut receipts: HashMap<SessionId, Vec<StoredReceipt>> = HashMap::new();
    for receipt in unfinished {
        if let Some(session) = receipt.session {
            receipts.entry(session).or_default().push(receipt);
        }
    }
    let mut kept: HashMap<SessionId, SessionState> = kept
        .into_iter()
        .filter_map(|state| Some((SessionId::from_bytes(state.session.0).ok()?, state)))
        .collect();
    for session in stored {
        let id = session.row.id;
        let session = Session::from_store(session, hub.launcher().clone());
        put_back(
            hub,
            session,
            kept.remove(&id),
            receipts.remove(&id).unwrap_or_default(),
        );
    }
    for receipt in receipts.into_values().flatten() {
        // Its session was removed before it ended.
        let ended = StoredReceipt {
            outcome: Outcome::Interrupted,
            ..receipt
        };
        let transaction = Transaction::new(vec![Write::PutReceipt(ended)]);
        if let Err(error) = hub.store().write(transaction).await {
            tracing::warn!(%error, "a command of a removed session stays without an end");
        }
    }
    for (id, state) in kept {
        // Not in the store: a private session, or one that a damaged database lost.
        put_back(hub, unknown(hub, id, &state), Some(state), Vec::new());
    }
    if let Some(images) = hub.launcher().images() {
        // A crash may have come between a session's end and that of its images.
        images.forget_others(&hub.sessions().into_iter().map(|(id, _)| id).collect());
    }
    Ok(())
}

fn put_back(
    hub: &Arc<Hub>,
    mut session: Session,
    kept: Option<SessionState>,
    receipts: Vec<StoredReceipt>,
) {
    let id = session.id();
    let ring = match kept {
        Some(SessionState {
            ring: Some(fds),
            pid,
            alive,
            closed,
            head,
            ..
        }) => {
            session.adopt(pid, alive, closed && Offset(head) == session.offset());
            match keeper::map(hub, fds) {
                Ok(ring) => Some(Note::Kept(ring)),
                Err(reason) => {
                    tracing::error!(session_id = %id, reason, "output cannot be read on");
                    None
                }
            }
        }
        _ => {
            session.orphan(now());
            None
        }
    };
    session.interrupt(receipts, now());
    hub.add(session);
    if let (Some(note), Some(mailbox)) = (ring, hub.mailbox(id)) {
        mailbox.put(note);
    }
}

/// Returns a session that only the keeper knows. Nothing of it is written.
fn unknown(hub: &Hub, id: SessionId, state: &SessionState) -> Session {
    let size = Size {
        cols: state.size.cols,
        rows: state.size.rows,
        width_px: state.size.xpix,
        height_px: state.size.ypix,
    };
    let spec = SessionSpec {
        argv: Vec::new(),
        folder: "/".into(),
        cwd: None,
        agent: None,
        name: "private".into(),
        env: Vec::new(),
        size,
        private: true,
    };
    let now = now();
    let row = SessionRow {
        id,
        name: spec.name.clone(),
        spec,
        life: match &state.exit {
            // The record that says so may have been released.
            Some(exit) if !state.alive => Life::Exited {
                code: exit.code,
                signal: exit.signal,
            },
            _ => Life::Running,
        },
        cwd: String::new(),
        title: String::new(),
        size,
        created_millis: id.unix_millis(),
        active_millis: now.unix_millis,
        epoch: LogEpoch(now.unix_millis),
        agent: Vec::new(),
    };
    let stored = StoredSession::begun(row, Offset(state.tail));
    Session::from_store(stored, hub.launcher().clone())
}

/// Returns the program that can be the keeper: this one.
pub fn program() -> Result<PathBuf, HostError> {
    std::env::current_exe()
        .map_err(|error| HostError::Internal(format!("this program cannot find itself: {error}")))
}

/// What a keeper that was found has.
pub type Attached = (Option<KeeperLink>, Vec<SessionState>, u32);

/// Connects to the keeper of an earlier life of the host, if it is there.
pub fn attach(address: &keeper::KeeperAddress) -> Result<Attached, HostError> {
    Ok(match keeper::attach(address)? {
        Some((link, hello)) => (Some(link), hello.sessions, hello.pid),
        None => (None, Vec::new(), 0),
    })
}
