//! A client of a host: what the command line, the window and tests use to see sessions and to act
//! on them.
//!
//! [`connection`] decides what is said when, `driver.rs` does it, `start.rs` starts a host that
//! is not there. A client outlives its links: commands, questions and subscriptions go on over
//! the next one.

mod backoff;
pub mod connection;
mod driver;
mod figures;
mod follow;
mod following;
mod heartbeat;
mod heirs;
mod keeping;
pub mod launch;
mod list_watch;
pub(crate) mod outbox;
mod phase;
mod questions;
mod random;
pub mod search;
pub mod shell;
mod start;
mod subscription;
mod typing;
mod usage;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use agor_proto::command::{CommandBody, Outcome};
use agor_proto::error::{ErrorCode, WireError};
use agor_proto::event::LogCursor;
use agor_proto::ids::{AskId, ClientId, CommandId, Seq, SessionId};
use agor_proto::limits::INPUT_MAX;
use agor_proto::message::{Looks, Part, Query, Show, Visibility, Welcome};
use agor_proto::session::{SessionInfo, SessionList};
use tokio::sync::{mpsc, oneshot, watch};

use crate::link::{Dialer, LinkError};
use crate::paths::{Paths, PathsError};
use crate::storage::{Claim, Kept};
use connection::{Connection, End, Manner, State, Wish, Written};
use driver::{Driver, Request, Sink};
use keeping::Keeping;
use outbox::{Fate, Outbox};

pub use figures::Figures;
pub use following::Following;
pub use heirs::carry_on;
pub use list_watch::ListWatch;
pub use subscription::{Subscription, Told};
pub use usage::Usage;

pub use start::{ALREADY_RUNNING_EXIT, Report, StartError};

/// Starts a host; see [`Client::connect_or_start`].
pub use start::host as start_host;

/// Starts a host with a program of one's choice; as [`start_host`].
pub use start::host_of as start_host_of;

/// What waits for one follower of a session, where what is large counts for more than one
/// ([`FOLLOW_WAITING_BYTES_MAX`](agor_proto::limits::FOLLOW_WAITING_BYTES_MAX)); beyond it the host is asked to tell no
/// more until everything was taken.
pub const FOLLOW_WAITING_MAX: usize = 1_024;

/// Parts of one answer that wait to be taken; beyond it the answer ends early (see
/// [`Answers::next`]).
pub const ANSWER_PARTS_MAX: usize = 1_024;

/// A client that cannot do what it was asked for.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The folders cannot be used.
    #[error(transparent)]
    Paths(#[from] PathsError),
    /// No host answers, or not any more.
    #[error("{reason}")]
    NoHost {
        /// What the last attempt said.
        reason: String,
    },
    /// The host could not be started.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The host says no.
    #[error(transparent)]
    Host(#[from] WireError),
    /// A command was sent, and nobody will hear how it ended.
    #[error(
        "{reason}; `{name}` was sent, and may or may not have been carried out: look at the session before you do it again"
    )]
    Uncertain {
        /// The command's name.
        name: &'static str,
        /// Why its end is not heard.
        reason: String,
    },
    /// A command waited for so long for the host that it was not sent any more.
    #[error("the host was away and `{name}` was not sent: do it again if you still want it")]
    NotSent {
        /// The command's name.
        name: &'static str,
    },
    /// The answer came faster than it was taken and was cut off; ask again for the rest.
    #[error("the answer came faster than it was read")]
    TooSlow,
    /// The client was closed.
    #[error("the connection was closed")]
    Closed,
}

/// How a client behaves; see [`Manner`].
#[derive(Debug, Clone)]
pub struct ClientOptions {
    /// Its program and version, for diagnostics.
    pub program: String,
    /// How long to try before the first link; `None` is for ever.
    pub first_patience: Option<Duration>,
    /// How long to try after a link was lost; `None` is for ever.
    pub patience: Option<Duration>,
    /// Where its commands are written down until their end, if whoever comes after it is to carry on with them
    /// (see [`carry_on`]); its id is the claim's then.
    pub keeps: Option<Arc<Claim>>,
}

impl Default for ClientOptions {
    fn default() -> Self {
        Self {
            program: concat!("agor ", env!("CARGO_PKG_VERSION")).into(),
            first_patience: Some(Duration::ZERO),
            patience: Some(Duration::from_secs(30)),
            keeps: None,
        }
    }
}

/// What the host asked this client's window to show last; an earlier one that was not yet shown is of no use.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Asked {
    /// Grows with each.
    pub number: u64,
    /// The last one.
    pub show: Option<Show>,
}

/// A running client. It ends when the last of its handles is dropped.
#[derive(Debug, Clone)]
pub struct Client {
    id: ClientId,
    requests: mpsc::UnboundedSender<Request>,
    state: watch::Receiver<State>,
    show: watch::Receiver<Asked>,
    complaint: watch::Receiver<Option<String>>,
    asks: Arc<AtomicU64>,
}

/// Returns an id for a client that begins.
#[must_use]
pub fn new_id() -> ClientId {
    ClientId(random::bytes())
}

/// Hears how a command ended.
type Waiter = oneshot::Receiver<Result<Outcome, Fate>>;

impl Client {
    /// Connects to the host of these folders.
    ///
    /// # Errors
    /// [`ClientError::NoHost`] if none answers, [`ClientError::Host`] if it does not take this
    /// client, [`ClientError::Paths`] if the folder of its socket cannot be trusted.
    pub async fn connect(paths: &Paths) -> Result<Self, ClientError> {
        Self::connect_with(paths, ClientOptions::default()).await
    }

    /// As [`Client::connect`], in a manner of one's own.
    ///
    /// # Errors
    /// As [`Client::connect`].
    pub async fn connect_with(paths: &Paths, options: ClientOptions) -> Result<Self, ClientError> {
        match paths.check_runtime() {
            // Nobody has run here yet.
            Err(PathsError::Io { source, .. })
                if source.kind() == std::io::ErrorKind::NotFound
                    && options.first_patience == Some(Duration::ZERO) =>
            {
                let socket = paths.host_socket();
                let reason = LinkError::NotRunning { socket }.to_string();
                return Err(ClientError::NoHost { reason });
            }
            Err(PathsError::Io { .. }) | Ok(()) => {}
            Err(error) => return Err(error.into()),
        }
        Self::over(Dialer::Socket(paths.host_socket()), options).await
    }

    /// Connects to the host of these folders, and starts it first if none answers. The host is a
    /// process of its own and outlives this one.
    ///
    /// # Errors
    /// As [`Client::connect`], and [`ClientError::Start`].
    pub async fn connect_or_start(paths: &Paths) -> Result<Self, ClientError> {
        match Self::connect(paths).await {
            Err(ClientError::NoHost { .. }) => {}
            result => return result,
        }
        start::host(paths).await?;
        let options = ClientOptions {
            first_patience: Some(Duration::from_secs(10)),
            ..ClientOptions::default()
        };
        Self::connect_with(paths, options).await
    }

    /// Connects to whoever `dialer` finds. Waits until the host has answered or the options'
    /// `first_patience` is over.
    ///
    /// # Errors
    /// [`ClientError::NoHost`] and [`ClientError::Host`].
    pub async fn over(dialer: Dialer, options: ClientOptions) -> Result<Self, ClientError> {
        let mut client = Self::begin(dialer, options);
        client.ready().await?;
        Ok(client)
    }

    /// Returns a client that begins to connect and need not have succeeded.
    #[must_use]
    pub fn begin(dialer: Dialer, options: ClientOptions) -> Self {
        Self::begin_with(dialer, options, Vec::new()).0
    }

    /// As [`Client::begin`], with commands that another gave, and who hears how each of them ends.
    fn begin_with(dialer: Dialer, options: ClientOptions, kept: Vec<Kept>) -> (Self, Vec<Waiter>) {
        let claimed = options.keeps.as_ref().map(|claim| claim.client());
        let id = claimed.unwrap_or_else(new_id);
        let (senders, waiters): (Vec<_>, Vec<_>) = kept
            .iter()
            .map(|kept| {
                let (sender, waiter) = oneshot::channel();
                ((kept.command.id, sender), waiter)
            })
            .unzip();
        let manner = Manner {
            client: id,
            program: options.program,
            first_patience: options.first_patience,
            patience: options.patience,
            keeps: options.keeps.is_some(),
        };
        let connection = Connection::new(manner, Outbox::of(kept));
        #[expect(
            clippy::disallowed_methods,
            reason = "the task takes every request without waiting for anything, and what it keeps of \
                      them is bounded there: OUTBOX_MAX, UNACKNOWLEDGED_MAX"
        )]
        let (requests, receiver) = mpsc::unbounded_channel();
        let (sender, state) = watch::channel(State::Connecting);
        let (shows, show) = watch::channel(Asked::default());
        let (complaints, complaint) = watch::channel(None);
        let keeping = options.keeps.map(|claim| Keeping::new(claim, complaints));
        let mut driver = Driver::new(connection, dialer, receiver, sender, shows, keeping);
        driver.wait_for(senders);
        // The task ends with the last handle, which is what owns it.
        tokio::spawn(driver.run());
        let client = Self {
            id,
            requests,
            state,
            show,
            complaint,
            asks: Arc::default(),
        };
        (client, waiters)
    }

    /// Returns what the host said when it took this client, waiting for a link if there is none.
    ///
    /// # Errors
    /// Why no link was made.
    pub async fn ready(&mut self) -> Result<Welcome, ClientError> {
        let settled = |state: &State| matches!(state, State::Ready(_) | State::Ended(_));
        let ended = match self.state.wait_for(settled).await.as_deref() {
            Ok(State::Ready(welcome)) => return Ok((**welcome).clone()),
            Ok(State::Ended(end)) => Some(end.clone()),
            _ => None,
        };
        Err(ended.map_or(ClientError::Closed, ClientError::from))
    }

    /// Returns this client's id.
    #[must_use]
    pub fn id(&self) -> ClientId {
        self.id
    }

    /// Returns how the client stands to its host, now and as it changes.
    #[must_use]
    pub fn state(&self) -> watch::Receiver<State> {
        self.state.clone()
    }

    /// Says what the person looks at: the session with the keyboard in the window that has the desktop's. From
    /// then on the host may ask for something to be shown (see [`Client::asked_to_show`]).
    pub fn looks(&self, session: Option<SessionId>) {
        self.wish(Wish::Look(Looks { session }));
    }

    /// Returns what the host asked to be shown, now and as it asks anew.
    #[must_use]
    pub fn asked_to_show(&self) -> watch::Receiver<Asked> {
        self.show.clone()
    }

    /// Returns why commands on their way are not written down, if they are to be and are not; now and as it
    /// changes.
    #[must_use]
    pub fn keeping_complaint(&self) -> watch::Receiver<Option<String>> {
        self.complaint.clone()
    }

    /// Has a command carried out once and returns how it ended, also over a restart of the host.
    ///
    /// # Errors
    /// If the host stays away for longer than the options' `patience`: [`ClientError::Uncertain`] if the command
    /// was sent, else [`ClientError::NoHost`].
    pub async fn command(&self, body: CommandBody) -> Result<Outcome, ClientError> {
        self.give(body, Written::Down).await
    }

    /// As [`Client::command`], but nothing of it is written down.
    ///
    /// # Errors
    /// As [`Client::command`].
    pub async fn command_in_memory(&self, body: CommandBody) -> Result<Outcome, ClientError> {
        self.give(body, Written::Nowhere).await
    }

    async fn give(&self, body: CommandBody, written: Written) -> Result<Outcome, ClientError> {
        let id = CommandId(random::bytes());
        let name = body.name();
        let (waiter, outcome) = oneshot::channel();
        let wish = Wish::Command { id, body, written };
        self.request(Request::Command(wish, id, waiter))?;
        self.outcome(name, outcome).await
    }

    /// Waits for the end of a command of that name.
    async fn outcome(&self, name: &'static str, outcome: Waiter) -> Result<Outcome, ClientError> {
        let ended = || match &*self.state.borrow() {
            State::Ended(end) => Some(ClientError::from(end.clone())),
            _ => None,
        };
        match outcome.await {
            Ok(Ok(outcome)) => Ok(outcome),
            Ok(Err(Fate::NotSent)) => Err(ended().unwrap_or(ClientError::NotSent { name })),
            Ok(Err(Fate::Uncertain)) => {
                let reason = ended().map_or("the host was away".into(), |end| end.to_string());
                Err(ClientError::Uncertain { name, reason })
            }
            Err(_) => Err(self.why_ended()),
        }
    }

    /// As [`Client::command`], with everything but [`Outcome::Done`] as an error.
    ///
    /// # Errors
    /// As [`Client::command`], [`ClientError::Host`] if it was rejected or interrupted.
    pub async fn carry_out(&self, body: CommandBody) -> Result<Seq, ClientError> {
        let name = body.name();
        seq_of(name, self.command(body).await?)
    }

    /// As [`Client::carry_out`], but nothing of it is written down.
    ///
    /// # Errors
    /// As [`Client::carry_out`].
    pub async fn carry_out_in_memory(&self, body: CommandBody) -> Result<Seq, ClientError> {
        let name = body.name();
        seq_of(name, self.command_in_memory(body).await?)
    }

    /// Has a question answered, in parts.
    ///
    /// # Errors
    /// Why there is no connection any more.
    pub fn ask(&self, query: Query) -> Result<Answers, ClientError> {
        let ask = AskId(self.asks.fetch_add(1, Ordering::Relaxed) + 1);
        let (sink, parts, waiting) = sink();
        self.request(Request::Ask(Wish::Ask { ask, query }, ask, sink))?;
        Ok(Answers {
            client: self.clone(),
            ask,
            parts,
            waiting,
            ended: false,
        })
    }

    /// Has a question answered that has one part.
    ///
    /// # Errors
    /// The host's, or why there is no connection any more.
    pub async fn ask_one(&self, query: Query) -> Result<Part, ClientError> {
        let mut answers = self.ask(query)?;
        answers.next().await.unwrap_or(Err(ClientError::Closed))
    }

    /// Returns what this client has counted of its links.
    ///
    /// # Errors
    /// Why there is no connection any more.
    pub async fn figures(&self) -> Result<Figures, ClientError> {
        let (waiter, figures) = oneshot::channel();
        self.request(Request::Figures(waiter))?;
        figures.await.map_err(|_| self.why_ended())
    }

    /// Returns the sessions.
    ///
    /// # Errors
    /// Why there is no connection any more.
    pub async fn list(&self) -> Result<Vec<SessionInfo>, ClientError> {
        Ok(self.whole_list().await?.changed)
    }

    /// Returns the sessions with all that the host says with them.
    ///
    /// # Errors
    /// Why there is no connection any more.
    pub async fn whole_list(&self) -> Result<SessionList, ClientError> {
        let (waiter, list) = oneshot::channel();
        self.request(Request::List(waiter))?;
        list.await.map_err(|_| self.why_ended())
    }

    /// Returns the list of sessions and its changes, from the whole list on. After a new link the
    /// whole list comes again. What is not taken waits as one change; see [`ListWatch::next`].
    ///
    /// # Errors
    /// Why there is no connection any more.
    pub fn watch_list(&self) -> Result<ListWatch, ClientError> {
        let (sink, watch) = list_watch::watch();
        self.request(Request::WatchList(sink))?;
        Ok(watch)
    }

    /// Follows a session's events after `cursor`, and its screen as `view` says. A client follows
    /// a session once; a second subscription ends the first.
    ///
    /// # Errors
    /// Why there is no connection any more.
    pub fn subscribe(
        &self,
        cursor: LogCursor,
        view: Visibility,
    ) -> Result<Subscription, ClientError> {
        let session = cursor.session;
        let (sink, told, waiting) = sink();
        self.request(Request::Follow(
            Wish::Follow { cursor, view },
            session,
            sink,
        ))?;
        Ok(Subscription::new(self.clone(), session, told, waiting))
    }

    /// Ends the client, whatever its other handles still wait for.
    pub async fn close(mut self) {
        if self.request(Request::Wish(Wish::Close)).is_ok() {
            let ended = |state: &State| matches!(state, State::Ended(_));
            self.state.wait_for(ended).await.ok(); // The task is gone: so it has ended.
        }
    }

    /// Returns how many bytes of input the host takes at once, by its own word if it has given it.
    fn input_max(&self) -> usize {
        match &*self.state.borrow() {
            State::Ready(welcome) => INPUT_MAX.min(welcome.limits.input_max as usize),
            _ => INPUT_MAX,
        }
    }

    fn request(&self, request: Request) -> Result<(), ClientError> {
        self.requests.send(request).map_err(|_| self.why_ended())
    }

    fn wish(&self, wish: Wish) {
        // A client that has ended fulfils no wish; who waits for something learns it there.
        self.request(Request::Wish(wish)).ok();
    }

    fn why_ended(&self) -> ClientError {
        match &*self.state.borrow() {
            State::Ended(end) => end.clone().into(),
            _ => ClientError::Closed,
        }
    }
}

impl From<End> for ClientError {
    fn from(end: End) -> Self {
        match end {
            End::Closed => Self::Closed,
            End::Unreachable { reason } => Self::NoHost { reason },
            End::Refused(error) => Self::Host(error),
        }
    }
}

/// Returns the event of a command of that name that was carried out, or why it was not.
fn seq_of(name: &'static str, outcome: Outcome) -> Result<Seq, ClientError> {
    match outcome {
        Outcome::Done { seq } | Outcome::Accepted { seq } => Ok(seq),
        Outcome::Rejected { error } => Err(error.into()),
        Outcome::Interrupted => Err(ClientError::Host(WireError::new(
            ErrorCode::Unavailable,
            format!(
                "the host went down while it carried out `{name}`, which may or may not have \
                 taken effect: look at the session before you do it again"
            ),
        ))),
    }
}

fn sink<T>() -> (Sink<T>, mpsc::UnboundedReceiver<T>, Arc<AtomicUsize>) {
    #[expect(
        clippy::disallowed_methods,
        reason = "`waiting` bounds it: at FOLLOW_WAITING_MAX the host is asked to pause, at \
                  ANSWER_PARTS_MAX the answer ends; a bounded one would lose what came meanwhile"
    )]
    let (queue, receiver) = mpsc::unbounded_channel();
    let waiting = Arc::new(AtomicUsize::new(0));
    let sink = Sink {
        queue,
        waiting: Arc::clone(&waiting),
    };
    (sink, receiver, waiting)
}

/// The parts of an answer as they come.
#[derive(Debug)]
pub struct Answers {
    client: Client,
    ask: AskId,
    parts: mpsc::UnboundedReceiver<Result<Part, ClientError>>,
    waiting: Arc<AtomicUsize>,
    ended: bool,
}

impl Answers {
    /// Returns the next part, or `None` after the last.
    ///
    /// # Errors
    /// [`ClientError::Host`] if the host cannot answer, [`ClientError::TooSlow`] if more than
    /// [`ANSWER_PARTS_MAX`] parts waited to be taken, or why there is no connection any more.
    pub async fn next(&mut self) -> Option<Result<Part, ClientError>> {
        if self.ended {
            return None;
        }
        let part = self.parts.recv().await?;
        self.waiting.fetch_sub(1, Ordering::AcqRel);
        let part = match part {
            Ok(Part::Failed { error }) => Err(error.into()),
            part => part,
        };
        self.ended = part.is_err();
        Some(part)
    }
}

impl Drop for Answers {
    fn drop(&mut self) {
        self.client.wish(Wish::Unask(self.ask));
    }
}

#[cfg(test)]
mod tests;
