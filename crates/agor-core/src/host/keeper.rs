//! The host's one connection to its keeper: started when it is first needed, taken up again when a
//! host starts, and lost only with the keeper itself.

use std::io::{self, BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use agor_keeper::{
    Event, Hello, KeeperError, KeeperLink, Request, RequestFault, RingFds, RingReader, SpawnStep,
};
use agor_proto::ids::{Incarnation, SessionId};
use tokio::io::{AsyncReadExt, Interest};
use tokio::net::UnixStream;
use tokio::sync::mpsc;

use super::hub::{Hub, Stop};
use super::mailbox::Note;
use super::watched::{self, Watched};

/// Requests that wait for the keeper's task. A session that has one more waits.
const REQUESTS_MAX: usize = 1_024;

/// How long a keeper says nothing that is alive.
const SILENCE: Duration = Duration::from_millis(300);

/// Where the keeper is and who asks.
#[derive(Debug, Clone)]
pub struct KeeperAddress {
    /// Its socket.
    pub socket: PathBuf,
    /// This life of the host.
    pub incarnation: Incarnation,
    /// The program that is the keeper, with its first arguments.
    pub program: PathBuf,
}

/// Gives requests to the keeper's task.
#[derive(Debug, Clone)]
pub struct KeeperHandle(mpsc::Sender<Request>);

impl KeeperHandle {
    /// Returns a handle and the other end, for [`run`].
    #[must_use]
    pub fn new() -> (Self, mpsc::Receiver<Request>) {
        let (requests, queue) = mpsc::channel(REQUESTS_MAX);
        (Self(requests), queue)
    }

    /// Gives a request to the keeper, waiting while too many wait already. Its answer comes to the
    /// session's mailbox.
    pub async fn ask(&self, request: Request) {
        // The task ends only with the host.
        self.0.send(request).await.ok();
    }
}

/// Connects to the keeper that is running, if one is.
///
/// # Errors
/// Why the keeper that is there cannot be used.
pub fn attach(address: &KeeperAddress) -> Result<Option<(KeeperLink, Hello)>, KeeperError> {
    match KeeperLink::connect(&address.socket, address.incarnation.0) {
        Ok(attached) => Ok(Some(attached)),
        Err(KeeperError::NotRunning { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Starts a keeper and connects to it.
fn start(address: &KeeperAddress) -> Result<(KeeperLink, Hello), KeeperError> {
    let failed = |doing| move |source: io::Error| KeeperError::Io { doing, source };
    let mut child = Command::new(&address.program)
        .arg("keeper")
        .arg("--socket")
        .arg(&address.socket)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .current_dir("/")
        // A host that was started inside a session must not make the keeper one of that session's
        // processes: it would be ended with them.
        .env_remove("AGOR_SESSION_ID")
        .spawn()
        .map_err(failed("starting the keeper"))?;
    let mut said = String::new();
    if let Some(stdout) = child.stdout.take() {
        BufReader::new(stdout)
            .read_line(&mut said)
            .map_err(failed("starting the keeper"))?;
    }
    if said.trim() != "ready" {
        let output = child
            .wait_with_output()
            .map_err(failed("starting the keeper"))?;
        let reason = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        return Err(failed("starting the keeper")(io::Error::other(reason)));
    }
    tracing::info!(pid = child.id(), "started the keeper");
    // The keeper outlives us; whoever adopts it reaps it. Should it end before us, so do we.
    std::thread::Builder::new()
        .name("keeper-reaper".into())
        .spawn(move || child.wait().ok())
        .map_err(failed("watching the keeper"))?;
    KeeperLink::connect(&address.socket, address.incarnation.0)
}

type WatchedLink = Watched<KeeperLink>;

fn watch(link: KeeperLink) -> io::Result<WatchedLink> {
    watched::watch(link, Interest::READABLE | Interest::WRITABLE)
}

/// Carries requests to the keeper and its events to the sessions, until the host stops.
pub async fn run(
    hub: Arc<Hub>,
    address: KeeperAddress,
    first: Option<KeeperLink>,
    mut requests: mpsc::Receiver<Request>,
) {
    let mut link = first.and_then(|link| watch(link).ok());
    loop {
        let Some(live) = &mut link else {
            let Some(request) = requests.recv().await else {
                return;
            };
            link = without_keeper(&hub, &address, request).await;
            continue;
        };
        let asked = tokio::select! {
            // A request is taken when the one before is on its way: a keeper that does not read
            // makes sessions wait, and no queue here grows.
            request = requests.recv(), if !live.get_ref().0.wants_write() => match request {
                Some(request) => match ask(live, &request) {
                    Err(KeeperError::TooLarge { size_bytes, limit_bytes }) => {
                        tracing::error!(size_bytes, limit_bytes, "a request was too large for the keeper");
                        decline(&hub, &request);
                        Ok(())
                    }
                    asked => asked,
                },
                None => return,
            },
            told = next_event(live) => match told {
                Ok(Some(event)) => {
                    deliver(&hub, event);
                    Ok(())
                }
                Ok(None) => Ok(()),
                Err(error) => Err(error),
            },
        };
        match asked {
            Ok(()) => {}
            Err(KeeperError::Fenced { by }) => {
                tracing::warn!(by, "a newer host has taken over");
                hub.stop(Stop::Fenced);
                return;
            }
            Err(error) if still_runs(&address).await => {
                // It runs, and the programs with it; only the next life of the host may attach.
                tracing::error!(%error, "the link to the keeper is lost");
                return hub.stop(Stop::KeeperLinkLost);
            }
            Err(error) => {
                tracing::error!(%error, "the keeper is gone, and the programs with it");
                link = None;
                // What was asked before is not to be carried out by another keeper.
                while let Ok(request) = requests.try_recv() {
                    decline(&hub, &request);
                }
                hub.each_mailbox(|mailbox| mailbox.put(Note::KeeperLost));
            }
        }
    }
}

/// Says whether the keeper whose link failed runs on. One that is dying may still have its socket:
/// a live one waits in silence for what a connection says first, a dead one hangs up.
async fn still_runs(address: &KeeperAddress) -> bool {
    let greeting = async {
        let mut stream = UnixStream::connect(&address.socket).await?;
        stream.read(&mut [0]).await
    };
    tokio::time::timeout(SILENCE, greeting).await.is_err()
}

/// Deals with a request while no keeper runs: only a start is worth making one.
async fn without_keeper(
    hub: &Arc<Hub>,
    address: &KeeperAddress,
    request: Request,
) -> Option<WatchedLink> {
    let Request::Spawn(spec) = &request else {
        decline(hub, &request);
        return None;
    };
    let session = spec.session;
    let address = address.clone();
    let started = tokio::task::spawn_blocking(move || start(&address)).await;
    let result = match started {
        Ok(Ok((link, hello))) => {
            hub.set_keeper_pid(hello.pid);
            watch(link).map_err(|source| KeeperError::Io {
                doing: "watching the keeper",
                source,
            })
        }
        Ok(Err(error)) => Err(error),
        Err(error) => Err(KeeperError::Io {
            doing: "starting the keeper",
            source: io::Error::other(error),
        }),
    };
    match result {
        Ok(mut link) => match ask(&mut link, &request) {
            Ok(()) => Some(link),
            Err(error) => {
                put(hub, session.0, Note::failed(error.to_string()));
                None
            }
        },
        Err(error) => {
            tracing::error!(%error, "the keeper could not be started");
            put(hub, session.0, Note::failed(error.to_string()));
            None
        }
    }
}

/// Answers a request that no keeper will answer.
fn decline(hub: &Hub, request: &Request) {
    use agor_keeper::RefusedInput;
    let (session, event) = match request {
        Request::Spawn(spec) => {
            let reason = "the keeper could not be asked to start the command".into();
            return put(hub, spec.session.0, Note::failed(reason));
        }
        Request::Input {
            session,
            source,
            seq,
            ..
        } => {
            let (session, source, seq) = (*session, *source, *seq);
            let reason = RefusedInput::NoSession;
            (
                session,
                Event::InputRefused {
                    session,
                    source,
                    seq,
                    reason,
                },
            )
        }
        Request::Kill { session, .. } => (
            *session,
            Event::Killed {
                session: *session,
                survivors: 0,
            },
        ),
        Request::Forget { session } => (*session, Event::Forgotten { session: *session }),
        Request::AskInput { session, source } => {
            let (session, source) = (*session, *source);
            (
                session,
                Event::InputState {
                    session,
                    source,
                    accepted: 0,
                    written: 0,
                },
            )
        }
        Request::AskState { session } => {
            let fault = RequestFault::NoSession;
            (
                *session,
                Event::Failed {
                    session: *session,
                    fault,
                },
            )
        }
        _ => return,
    };
    put(hub, session.0, Note::Keeper(event));
}

fn ask(link: &mut WatchedLink, request: &Request) -> Result<(), KeeperError> {
    link.get_mut().0.send(request)
}

/// Returns the keeper's next event, or nothing when what waited was written.
async fn next_event(link: &mut WatchedLink) -> Result<Option<Event>, KeeperError> {
    if let Some(event) = link.get_mut().0.recv()? {
        return Ok(Some(event));
    }
    let io = |source| KeeperError::Io {
        doing: "waiting for the keeper",
        source,
    };
    let interest = if link.get_ref().0.wants_write() {
        Interest::READABLE | Interest::WRITABLE
    } else {
        Interest::READABLE
    };
    let mut ready = link.ready_mut(interest).await.map_err(io)?;
    ready.get_inner_mut().0.flush()?;
    let event = ready.get_inner_mut().0.recv()?;
    if event.is_none() {
        ready.clear_ready();
    }
    Ok(event)
}

/// Maps the ring that the keeper has for a session.
pub fn map(hub: &Hub, ring: RingFds) -> Result<RingReader, String> {
    RingReader::map(ring, hub.incarnation().0)
        .map_err(|error| format!("the session's ring cannot be used: {error}"))
}

fn put(hub: &Hub, session: [u8; 16], note: Note) {
    let Ok(session) = SessionId::from_bytes(session) else {
        return;
    };
    match hub.mailbox(session) {
        Some(mailbox) => mailbox.put(note),
        None => tracing::debug!(session_id = %session, "the keeper spoke of an unknown session"),
    }
}

/// Brings an event of the keeper to its session.
fn deliver(hub: &Hub, event: Event) {
    let session = match &event {
        Event::Spawned { session, .. }
        | Event::SpawnFailed { session, .. }
        | Event::InputDone { session, .. }
        | Event::InputRefused { session, .. }
        | Event::InputState { session, .. }
        | Event::ConfigureRefused { session, .. }
        | Event::Killed { session, .. }
        | Event::Forgotten { session }
        | Event::Failed { session, .. } => session.0,
        Event::State(state) => state.session.0,
        _ => return,
    };
    let note = match event {
        Event::Spawned { ring, pid, .. } => match map(hub, ring) {
            Ok(ring) => Note::Started { ring, pid },
            Err(reason) => Note::failed(reason),
        },
        Event::SpawnFailed { step, errno, .. } => Note::StartFailed {
            reason: why(step, errno),
            cwd_errno: (step == SpawnStep::Cwd).then_some(errno),
        },
        other => Note::Keeper(other),
    };
    put(hub, session, note);
}

/// Returns in one sentence why a program was not started.
fn why(step: SpawnStep, errno: i32) -> String {
    let error = io::Error::from_raw_os_error(errno);
    match step {
        SpawnStep::Cwd => format!("the folder cannot be entered: {error}"),
        SpawnStep::Exec if errno == rustix::io::Errno::NOENT.raw_os_error() => {
            "the command was not found: check its name and PATH".into()
        }
        SpawnStep::Exec => format!("the command cannot be run: {error}"),
        SpawnStep::Request => format!("the keeper refused to start the command: {error}"),
        SpawnStep::Ring | SpawnStep::Terminal | SpawnStep::Fork | SpawnStep::Session => {
            format!("the system would not give the command a process and a terminal: {error}")
        }
    }
}
