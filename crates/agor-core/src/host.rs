//! The host: the one process of a machine that knows what its sessions are and were, and tells
//! its clients. Closing or losing it ends no session: the programs are the keeper's.
//!
//! `session.rs` decides what a session does, `actor.rs` feeds it; `connection.rs` decides what is done
//! for a client, `carrier.rs` feeds it; `keeper.rs` talks to the keeper; `hub.rs` is how they find each
//! other; `start.rs` is how a host comes up.

mod actor;
mod awake;
mod carrier;
mod connection;
mod follow;
mod hub;
mod keeper;
mod links;
mod list;
mod lookers;
mod mailbox;
mod notify;
mod outbox;
mod query;
mod rebuild;
mod refusals;
mod registry;
mod retention;
mod session;
mod settings;
mod start;
mod tap;
mod transcripts;
mod trouble;
pub(crate) mod watched;

use std::convert::Infallible;
use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use agor_keeper::{KeeperError, Request};
use agor_proto::error::WireError;
use agor_proto::ids::ConnEpoch;
use agor_proto::message::Refused;
use tokio::task::JoinHandle;

use crate::agents::Providers;
use crate::config::{Config, Live};
use crate::images::ImageStore;
use crate::link::{Link, LinkError, Listener};
use crate::paths::Paths;
use crate::storage::{Health, Store, StoreError};
use crate::zone::Zone;

use hub::{Hub, Stop};
use keeper::{KeeperAddress, KeeperHandle};
pub(crate) use session::{Fold, TerminalOptions};
use session::{Launcher, Now, Reporting, ShellFiles};

/// The name and version under which a host introduces itself.
pub const PROGRAM: &str = concat!("agord ", env!("CARGO_PKG_VERSION"));

/// Connections whose numbers are reserved in the store at once: so many that a host whose disk is full
/// goes on taking connections.
const CONN_EPOCHS: u64 = 1_000_000;

/// How often a host looks whether it is still the one that its lock names.
const LOCK_CHECK: Duration = Duration::from_secs(5);

/// How long a client that is refused may take to read why.
const FAREWELL: Duration = Duration::from_secs(1);

/// How long programs may take to end when the host is told to end them.
const END_GRACE: Duration = Duration::from_secs(2);

/// Why a host did not come up, or ended.
#[derive(Debug, thiserror::Error)]
pub enum HostError {
    /// Another one runs and answers.
    #[error("a host is running already{}; use it, or end it with `agor stop-host`", of(*.pid))]
    Running {
        /// Its process.
        pid: Option<u32>,
    },
    /// Another one took over.
    #[error("another host has taken over")]
    Fenced,
    /// The store failed while it was used.
    #[error(
        "the host's store cannot be written any more; the log says why. Programs go on; start the host again once that is mended"
    )]
    StoreFailed,
    /// The keeper hung up and runs on.
    #[error("the link to the keeper was lost. Programs go on; start the host again to find them")]
    KeeperLinkLost,
    /// The store cannot be opened.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The socket or the lock cannot be used.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// The keeper that runs cannot be used.
    #[error("the keeper that runs cannot be used: {0}")]
    Keeper(#[from] KeeperError),
    /// Something that should not happen.
    #[error("{0}")]
    Internal(String),
}

fn of(pid: Option<u32>) -> String {
    pid.map_or_else(String::new, |pid| format!(" (process {pid})"))
}

/// Returns this moment.
fn now() -> Now {
    let since_1970 = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    Now {
        instant: Instant::now(),
        unix_millis: since_1970.as_millis() as u64,
    }
}

/// Runs a host until it is stopped. `ready` is called once clients can connect.
///
/// # Errors
/// Why it did not come up, or why it ended without being asked to.
pub async fn serve(paths: &Paths, config: &Config, ready: impl FnOnce()) -> Result<(), HostError> {
    raise_descriptor_limit();
    let (lock, former) = start::lock(paths).await?;
    // Who comes meanwhile is hung up on, and comes again: a large store takes long to check, and one that
    // takes no connections would look like a host that hangs.
    let mut listener = Listener::bind(paths, lock)?;
    let up = tokio::select! {
        up = come_up(paths, config, former) => up?,
        never = hang_up(&mut listener) => match never {},
    };
    let Up {
        hub,
        retaining,
        keeping,
        notifying,
        waking,
        following,
        telling,
        forgetting,
    } = up;
    tracing::info!(incarnation = hub.incarnation().0, "the host is up");
    ready();
    let stop = tokio::select! {
        stop = hub.stopped() => stop,
        stop = accept(&hub, &mut listener) => {
            hub.stop(stop);
            hub.stopped().await
        }
    };
    tracing::info!(?stop, "the host ends");
    retaining.abort();
    notifying.abort();
    waking.abort();
    following.abort();
    telling.abort();
    forgetting.abort();
    let result = tokio::select! {
        result = end(&hub, stop, keeping) => result,
        never = hang_up(&mut listener) => match never {},
    };
    // With it goes the lock: the next host begins where everything is written and closed.
    drop(listener);
    result
}

/// A host that is ready to take connections.
struct Up {
    hub: Arc<Hub>,
    retaining: JoinHandle<()>,
    keeping: JoinHandle<()>,
    notifying: JoinHandle<()>,
    waking: JoinHandle<()>,
    following: JoinHandle<()>,
    telling: JoinHandle<()>,
    forgetting: JoinHandle<()>,
}

/// Opens the store, finds the keeper, and puts the sessions back.
async fn come_up(paths: &Paths, config: &Config, former: Option<u32>) -> Result<Up, HostError> {
    let (place, settings) = (paths.clone(), config.clone());
    let opening = move || start::open_store(&place, &settings, former);
    let opened = tokio::task::spawn_blocking(opening)
        .await
        .map_err(|error| HostError::Internal(error.to_string()))??;
    for notice in &opened.notices {
        tracing::error!(%notice, "the store was mended");
    }
    let mended = trouble::mended(&opened.notices);
    let address = KeeperAddress {
        socket: paths.keeper_socket(),
        incarnation: opened.incarnation,
        program: start::program()?,
    };
    let (link, kept, keeper_pid) = start::attach(&address)?;
    let options = TerminalOptions {
        scrollback_rows: config.scrollback_rows,
    };
    let environment = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    let host_name = rustix::system::uname()
        .nodename()
        .to_string_lossy()
        .into_owned();
    let live = Live::new(config.clone());
    let launcher = Launcher::new(environment, host_name, options, opened.incarnation)
        .with_images(images(paths, &address.program))
        .with_zone(Zone::here())
        .with_providers(providers(paths))
        .with_settings(live.clone())
        .with_shell_files(shell_files(paths))
        .with_reporting(reporting(paths));
    let (keeper, requests) = KeeperHandle::new();
    let hub = Arc::new(Hub::new(
        opened.store,
        keeper,
        launcher,
        opened.host_id,
        opened.incarnation,
    ));
    hub.set_keeper_pid(keeper_pid);
    start::restore(&hub, kept).await?;
    let retaining = tokio::spawn(retention::run(Arc::clone(&hub), live.clone()));
    let keeping = tokio::spawn(keeper::run(Arc::clone(&hub), address, link, requests));
    let following = tokio::spawn(settings::follow(paths.clone(), live.clone()));
    let telling = tokio::spawn(trouble::run(Arc::clone(&hub), mended));
    let forgetting = settings::forget_sessions(paths.clone(), Arc::clone(&hub));
    let forgetting = tokio::spawn(forgetting);
    let waking = tokio::spawn(awake::run(Arc::clone(&hub), live.clone()));
    let notifying = tokio::spawn(notify::run(Arc::clone(&hub), paths.clone(), live));
    Ok(Up {
        hub,
        retaining,
        keeping,
        notifying,
        waking,
        following,
        telling,
        forgetting,
    })
}

/// Returns where images are kept.
fn images(paths: &Paths, program: &Path) -> Arc<ImageStore> {
    Arc::new(ImageStore::open(
        paths.data().join("images"),
        program.to_path_buf(),
    ))
}

/// Reads the table of known agents.
fn providers(paths: &Paths) -> Arc<Providers> {
    let loaded = Providers::load(&paths.providers_file());
    for complaint in &loaded.complaints {
        tracing::warn!(%complaint, "the table of agents");
    }
    Arc::new(loaded.providers)
}

/// Writes the files to which shells are led.
fn shell_files(paths: &Paths) -> Option<ShellFiles> {
    ShellFiles::write(paths.shell_files())
        .inspect_err(|error| tracing::warn!(%error, "shells will not mark their prompts"))
        .ok()
}

/// Returns how what runs in a session can tell the host something.
fn reporting(paths: &Paths) -> Reporting {
    Reporting {
        socket: paths.host_socket(),
        folder: paths.launches(),
        // Without itself it has no hooks; the rest of the evidence is there.
        program: std::env::current_exe().unwrap_or_default(),
        key: token_key(&paths.token_key()),
    }
}

/// Returns the key that sessions' tokens are made from: the same for the next host, if it can be stored.
fn token_key(path: &Path) -> [u8; 32] {
    if let Some(key) = std::fs::read(path).ok().and_then(|key| key.try_into().ok()) {
        return key;
    }
    let mut key = [0; 32];
    let stored = getrandom::fill(&mut key)
        .map_err(|error| io::Error::other(error.to_string()))
        .and_then(|()| {
            let mut options = File::options();
            options.write(true).create(true).truncate(true).mode(0o600);
            options.open(path)?.write_all(&key)
        });
    if let Err(error) = stored {
        tracing::warn!(%error, "agents that run now cannot tell the next host anything by hooks");
    }
    key
}

/// Ends what `stop` says, writes down what is left, and closes the store.
async fn end(hub: &Hub, stop: Stop, keeping: JoinHandle<()>) -> Result<(), HostError> {
    let result = match stop {
        Stop::Keep => Ok(()),
        Stop::EndSessions => {
            end_sessions(hub, keeping).await;
            Ok(())
        }
        Stop::Fenced => Err(HostError::Fenced),
        Stop::StoreFailed => Err(HostError::StoreFailed),
        Stop::KeeperLinkLost => Err(HostError::KeeperLinkLost),
    };
    // A store that takes nothing more settles nothing.
    if !matches!(stop, Stop::Fenced | Stop::StoreFailed) {
        settle(hub).await;
    }
    let store = hub.store().clone();
    match tokio::task::spawn_blocking(move || store.close()).await {
        Ok(Err(error)) if result.is_ok() => {
            tracing::warn!(%error, "the store was not closed in order; the next start checks it");
        }
        _ => {}
    }
    result
}

/// Closes every connection that comes: one that waited would look like a host that hangs.
async fn hang_up(listener: &mut Listener) -> Infallible {
    while let Ok(link) = listener.accept().await {
        drop(link);
    }
    std::future::pending().await
}

/// Takes the descriptors that the system allows: each session needs three.
fn raise_descriptor_limit() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    if let Err(error) = setrlimit(
        Resource::Nofile,
        Rlimit {
            current: maximum,
            maximum,
        },
    ) {
        tracing::warn!(%error, "the limit on open files stays as it is");
    }
}

/// Takes connections until it cannot any more, and returns what the host is to do then.
async fn accept(hub: &Arc<Hub>, listener: &mut Listener) -> Stop {
    let mut epochs = 0..0;
    let mut checks = tokio::time::interval(LOCK_CHECK);
    loop {
        let link = tokio::select! {
            link = listener.accept() => match link {
                Ok(link) => link,
                Err(error) => {
                    tracing::error!(%error, "no connections can be taken any more");
                    return Stop::Keep;
                }
            },
            _ = checks.tick() => {
                if !listener.holds_lock() {
                    return Stop::Fenced;
                }
                continue;
            }
        };
        match next_epoch(hub.store(), &mut epochs).await {
            Ok(epoch) => {
                tokio::spawn(carrier::serve(Arc::clone(hub), link, epoch));
            }
            Err(error)
                if matches!(error, StoreError::Full | StoreError::Busy { .. })
                    || hub.store().health() == Health::Failing =>
            {
                let over = link.peer().over;
                tracing::warn!(%over, %error, "refused a connection, which cannot be numbered");
                tokio::spawn(refuse(link, error));
            }
            Err(StoreError::Fenced) => return Stop::Fenced,
            Err(error) => {
                tracing::error!(%error, "connections cannot be numbered");
                return Stop::StoreFailed;
            }
        }
    }
}

/// Returns the number of the next connection.
async fn next_epoch(
    store: &Store,
    epochs: &mut std::ops::Range<u64>,
) -> Result<ConnEpoch, StoreError> {
    if let Some(epoch) = epochs.next() {
        return Ok(ConnEpoch(epoch));
    }
    let ConnEpoch(first) = store.reserve_conn_epochs(CONN_EPOCHS).await?;
    *epochs = first + 1..first + CONN_EPOCHS;
    Ok(ConnEpoch(first))
}

/// Tells a client why it cannot be served now.
async fn refuse(link: Link, error: StoreError) {
    let (_, mut writer) = link.split();
    let error = WireError::new(error.code(), error.to_string());
    let farewell = async {
        writer.send(&Refused { error }.into()).await?;
        writer.close().await
    };
    // It may be gone; there is nothing more to say to it either way.
    tokio::time::timeout(FAREWELL, farewell).await.ok();
}

/// Ends all programs, and the keeper after them.
async fn end_sessions(hub: &Hub, keeping: JoinHandle<()>) {
    // An agent that ends by this has not failed.
    let told = async {
        for (_, handle) in hub.sessions() {
            let (heard, told) = tokio::sync::oneshot::channel();
            if handle
                .letters
                .send(hub::Letter::WillEnd(heard))
                .await
                .is_ok()
            {
                told.await.ok();
            }
        }
    };
    tokio::time::timeout(END_GRACE, told).await.ok();
    let grace_millis = END_GRACE.as_millis() as u32;
    hub.keeper().ask(Request::Shutdown { grace_millis }).await;
    let ended = async {
        for (_, handle) in hub.sessions() {
            let (done, gone) = tokio::sync::oneshot::channel();
            if handle
                .letters
                .send(hub::Letter::WhenEnded(done))
                .await
                .is_ok()
            {
                gone.await.ok();
            }
        }
    };
    if tokio::time::timeout(END_GRACE * 4, ended).await.is_err() {
        tracing::warn!("some programs did not end in time");
    }
    keeping.abort();
}

/// Waits until everything that came so far is on disk.
async fn settle(hub: &Hub) {
    let settled = async {
        for (_, handle) in hub.sessions() {
            let (done, settled) = tokio::sync::oneshot::channel();
            if handle.letters.send(hub::Letter::Settle(done)).await.is_ok() {
                settled.await.ok();
            }
        }
    };
    // What is not stored by then waits in the rings.
    tokio::time::timeout(END_GRACE, settled).await.ok();
}

#[cfg(test)]
mod model;
#[cfg(test)]
mod tests;
