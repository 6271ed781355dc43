//! What the tasks of a host share: who the sessions are and how to reach each, the store, the
//! keeper, the list, the figures. It decides nothing about a session.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Instant;

use agor_proto::agent::{Conflict, Conversation, State};
use agor_proto::command::CommandBody;
use agor_proto::frame::Lane;
use agor_proto::ids::{
    ClientId, CommandId, ConnEpoch, HostId, Incarnation, LogEpoch, Offset, SessionId,
};
use agor_proto::limits::SESSIONS_MAX;
use agor_proto::message::{Message, Part};
use agor_proto::session::{Life, SessionInfo, SessionSpec};
use tokio::sync::{broadcast, mpsc, oneshot, watch};

use super::actor::Actor;
use super::keeper::KeeperHandle;
use super::links::Links;
use super::list::List;
use super::lookers::Lookers;
use super::mailbox::Mailbox;
use super::notify::Told;
use super::outbox::Outbox;
use super::refusals::Refusals;
use super::registry::Registries;
use super::session::{Figures, Launcher, Session, Wish};
use super::tap::Tapped;
use super::transcripts::Transcripts;
use crate::agents::conversations;
use crate::agents::writes::Writes;
use crate::storage::Store;

/// Wishes that wait for one session. A connection that has one more waits.
const LETTERS_MAX: usize = 256;

/// Command ids whose sessions are remembered; older ones are in the store.
const CLAIMS_KEPT: usize = 1_024;

/// Frames that a tap may be behind before it misses some, which it is told.
const TAP_BACKLOG: usize = 1_024;

/// Something for a session's task.
#[derive(Debug)]
pub enum Letter {
    /// A client asks for something.
    Wish {
        /// On which connection.
        conn: ConnEpoch,
        /// Which client.
        client: ClientId,
        /// Where its answers go.
        outbox: Outbox,
        /// For what.
        wish: Box<Wish>,
    },
    /// A connection is gone.
    ConnGone(ConnEpoch),
    /// Answered once everything folded so far is on disk, with where that ends.
    Settle(oneshot::Sender<Offset>),
    /// Its program is about to be ended with the host, as the person wants it; answered when that was heard.
    WillEnd(oneshot::Sender<()>),
    /// Answered once the session's program has ended.
    WhenEnded(oneshot::Sender<()>),
    /// Something that runs in the session says something of itself; answered when it was heard.
    Reported {
        /// What `body` is.
        form: String,
        /// What is said.
        body: Vec<u8>,
        /// To be told.
        heard: oneshot::Sender<()>,
    },
    /// The session is not kept any longer, unless its program runs.
    GiveUp,
    /// Its agent and another have written the same file.
    Conflicts(Conflict),
    /// Answered with the evidence for its state, now and as it changes.
    Evidence(oneshot::Sender<watch::Receiver<Part>>),
    /// Answered with what the session was made from.
    Spec(oneshot::Sender<SessionSpec>),
    /// Statistics want figures, and of each link how many changes of the screen were overtaken.
    Figures(oneshot::Sender<(Figures, Vec<(ConnEpoch, u64)>)>),
    /// A test wants to see a bug.
    #[cfg(test)]
    Break,
}

/// How to reach a session.
#[derive(Debug, Clone)]
pub struct SessionHandle {
    /// Where to send letters.
    pub letters: mpsc::Sender<Letter>,
    mailbox: Mailbox,
}

/// Why a host ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// It was asked to, and the programs go on.
    Keep,
    /// It was asked to, and the programs end.
    EndSessions,
    /// Another host took over.
    Fenced,
    /// The store cannot be written any more.
    StoreFailed,
    /// The keeper runs and has hung up.
    KeeperLinkLost,
}

/// Counters of a host.
#[derive(Debug, Default)]
pub struct Counters {
    /// Connections at this moment.
    pub connections: AtomicU64,
    /// Connections so far.
    pub connections_total: AtomicU64,
    /// Frames of kinds that this release does not know.
    pub unknown_frames: AtomicU64,
    /// The most messages that waited for one client at once.
    pub outbox_max: AtomicU64,
    /// How often events did not fit a client's queue.
    pub overflows: AtomicU64,
    /// Sessions whose rings hold more than was read of them in one go.
    pub flooding: AtomicU64,
    /// Bytes that the keeper has put into rings, as far as they were looked at.
    pub ring_bytes: AtomicU64,
    /// Bytes of output that were read from rings.
    pub output_bytes: AtomicU64,
    /// Bytes of it that were put into what is stored.
    pub record_bytes: AtomicU64,
    /// Nanoseconds of processor time that folding it took.
    pub fold_nanos: AtomicU64,
    /// Bytes that were copied to make frames of screens.
    pub frame_bytes: AtomicU64,
    /// Bytes of those frames that the system has taken.
    pub link_bytes: AtomicU64,
    /// What was sent, by lane.
    pub sent: [Traffic; Lane::ALL.len()],
    /// What came, by lane.
    pub received: [Traffic; Lane::ALL.len()],
    /// Why connections ended.
    endings: Mutex<BTreeMap<String, u64>>,
    /// Changes when something was counted, while somebody looks.
    counted: watch::Sender<u64>,
}

/// What went over all links in one lane and direction.
#[derive(Debug, Default)]
pub struct Traffic {
    /// Frames.
    pub frames: AtomicU64,
    /// Their bytes.
    pub bytes: AtomicU64,
}

impl Traffic {
    /// Counts a frame.
    pub fn count(&self, bytes: usize) {
        Counters::add(&self.frames, 1);
        Counters::add(&self.bytes, bytes as u64);
    }
}

/// Reasons for which connections ended that are told apart; further ones are counted together.
const ENDINGS_MAX: usize = 32;

impl Counters {
    /// Adds to a counter.
    pub fn add(counter: &AtomicU64, n: u64) {
        counter.fetch_add(n, Ordering::Relaxed);
    }

    /// Says that something was counted, to those who look.
    pub fn touch(&self) {
        if self.counted.receiver_count() > 0 {
            self.counted
                .send_modify(|times| *times = times.wrapping_add(1));
        }
    }

    /// Returns what changes whenever something was counted that is news.
    #[must_use]
    pub fn watch(&self) -> watch::Receiver<u64> {
        self.counted.subscribe()
    }

    /// Counts a message that was sent as a frame of so many bytes.
    pub fn sent(&self, outbox: &Outbox, message: &Message, bytes: usize) {
        self.sent[message.lane() as usize].count(bytes);
        outbox.counts().sent(message, bytes);
        self.touch_for(message.lane());
    }

    /// Counts a message that came in a body of so many bytes, behind so many frames that nobody understands.
    pub fn received(&self, outbox: &Outbox, message: &Message, bytes: usize, unknown: u64) {
        self.received[message.lane() as usize].count(bytes);
        outbox.counts().received(message, bytes, unknown);
        self.touch_for(message.lane());
    }

    /// Heartbeats, leases and answers are no news of how a host is: telling it would be news again.
    fn touch_for(&self, lane: Lane) {
        if !matches!(lane, Lane::Control | Lane::Bulk) {
            self.touch();
        }
    }

    /// Counts a connection that ended for `reason`.
    pub fn ended(&self, reason: &str) {
        let mut endings = self.endings.lock().unwrap_or_else(PoisonError::into_inner);
        let known = endings.len() < ENDINGS_MAX || endings.contains_key(reason);
        let reason = if known { reason } else { "other reasons" };
        *endings.entry(reason.to_owned()).or_default() += 1;
    }

    /// Returns why connections ended, and how many for each reason.
    #[must_use]
    pub fn endings(&self) -> BTreeMap<String, u64> {
        let endings = self.endings.lock().unwrap_or_else(PoisonError::into_inner);
        endings.clone()
    }

    /// Reads a counter.
    #[must_use]
    pub fn get(counter: &AtomicU64) -> u64 {
        counter.load(Ordering::Relaxed)
    }
}

/// See the module.
#[derive(Debug)]
pub struct Hub {
    sessions: RwLock<HashMap<SessionId, SessionHandle>>,
    store: Store,
    keeper: KeeperHandle,
    keeper_pid: AtomicU64,
    list: List,
    lookers: Lookers,
    links: Links,
    told: Told,
    writes: Mutex<Writes>,
    registries: Registries,
    transcripts: Transcripts,
    launcher: Launcher,
    host: HostId,
    incarnation: Incarnation,
    since: Instant,
    counters: Counters,
    tap: broadcast::Sender<Tapped>,
    stop: watch::Sender<Option<Stop>>,
    /// The sessions for which command ids were used last.
    claims: Mutex<VecDeque<(ClientId, CommandId, SessionId)>>,
    /// Sessions that are being started to go on with a conversation.
    starting: Mutex<conversations::Starting>,
    refusals: Refusals,
}

impl Hub {
    /// Returns the hub of a host without sessions.
    #[must_use]
    pub fn new(
        store: Store,
        keeper: KeeperHandle,
        launcher: Launcher,
        host: HostId,
        incarnation: Incarnation,
    ) -> Self {
        Self {
            sessions: RwLock::default(),
            store,
            keeper,
            keeper_pid: AtomicU64::new(0),
            list: List::default(),
            lookers: Lookers::default(),
            links: Links::default(),
            told: Told::default(),
            writes: Mutex::default(),
            registries: Registries::default(),
            transcripts: Transcripts::default(),
            launcher,
            host,
            incarnation,
            since: Instant::now(),
            counters: Counters::default(),
            tap: broadcast::channel(TAP_BACKLOG).0,
            stop: watch::channel(None).0,
            claims: Mutex::default(),
            starting: Mutex::default(),
            refusals: Refusals::default(),
        }
    }

    /// Returns the store.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Returns the way to the keeper.
    #[must_use]
    pub fn keeper(&self) -> &KeeperHandle {
        &self.keeper
    }

    /// Returns the keeper's process, if one is known.
    #[must_use]
    pub fn keeper_pid(&self) -> u32 {
        self.keeper_pid.load(Ordering::Relaxed) as u32
    }

    /// Notes the keeper's process.
    pub fn set_keeper_pid(&self, pid: u32) {
        self.keeper_pid.store(u64::from(pid), Ordering::Relaxed);
    }

    /// Returns the list of sessions.
    #[must_use]
    pub fn list(&self) -> &List {
        &self.list
    }

    /// Returns which sessions people look at.
    #[must_use]
    pub fn lookers(&self) -> &Lookers {
        &self.lookers
    }

    /// Returns the links that are open.
    #[must_use]
    pub fn links(&self) -> &Links {
        &self.links
    }

    /// Returns where sessions go whose agents came into another state.
    #[must_use]
    pub fn told(&self) -> &Told {
        &self.told
    }

    /// Returns what programs are started with.
    #[must_use]
    pub fn launcher(&self) -> &Launcher {
        &self.launcher
    }

    /// Returns which host this is.
    #[must_use]
    pub fn host(&self) -> HostId {
        self.host
    }

    /// Returns which life of the host this is.
    #[must_use]
    pub fn incarnation(&self) -> Incarnation {
        self.incarnation
    }

    /// Returns since when the host runs.
    #[must_use]
    pub fn since(&self) -> Instant {
        self.since
    }

    /// Returns the counters.
    #[must_use]
    pub fn counters(&self) -> &Counters {
        &self.counters
    }

    /// Returns where frames go that are tapped.
    #[must_use]
    pub fn tap(&self) -> &broadcast::Sender<Tapped> {
        &self.tap
    }

    /// Ends the host. The first reason counts.
    pub fn stop(&self, reason: Stop) {
        self.stop.send_if_modified(|stop| {
            let first = stop.is_none();
            if first {
                *stop = Some(reason);
            }
            first
        });
    }

    /// Waits until the host ends.
    pub async fn stopped(&self) -> Stop {
        let mut stop = self.stop.subscribe();
        match stop.wait_for(Option::is_some).await {
            Ok(reason) => reason.unwrap_or(Stop::Keep),
            Err(_) => Stop::Keep,
        }
    }

    /// Returns how to reach a session.
    #[must_use]
    pub fn session(&self, id: SessionId) -> Option<SessionHandle> {
        self.sessions
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&id)
            .cloned()
    }

    /// Returns how to reach every session.
    #[must_use]
    pub fn sessions(&self) -> Vec<(SessionId, SessionHandle)> {
        let sessions = self.sessions.read().unwrap_or_else(PoisonError::into_inner);
        sessions
            .iter()
            .map(|(&id, handle)| (id, handle.clone()))
            .collect()
    }

    /// Returns where keeper and store put what a session asked for.
    #[must_use]
    pub fn mailbox(&self, id: SessionId) -> Option<Mailbox> {
        self.session(id).map(|handle| handle.mailbox)
    }

    /// Does something with every session's mailbox.
    pub fn each_mailbox(&self, act: impl Fn(&Mailbox)) {
        let sessions = self.sessions.read().unwrap_or_else(PoisonError::into_inner);
        sessions.values().for_each(|handle| act(&handle.mailbox));
    }

    /// Starts the task of `session` and returns how to reach it.
    pub fn add(self: &Arc<Self>, session: Session) -> SessionHandle {
        let mut sessions = self
            .sessions
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        self.start(session, &mut sessions)
    }

    fn start(
        self: &Arc<Self>,
        session: Session,
        sessions: &mut HashMap<SessionId, SessionHandle>,
    ) -> SessionHandle {
        let (letters, inbox) = mpsc::channel(LETTERS_MAX);
        let mailbox = Mailbox::default();
        let handle = SessionHandle {
            letters,
            mailbox: mailbox.clone(),
        };
        let id = session.id();
        sessions.insert(id, handle.clone());
        let task = tokio::spawn(Actor::new(Arc::clone(self), session, inbox, mailbox).run());
        let hub = Arc::clone(self);
        tokio::spawn(async move {
            if task.await.is_err_and(|error| error.is_panic()) {
                hub.broken(id);
            }
        });
        handle
    }

    /// Notes that a session's task met a bug of ours. The others go on; of this one the next host finds
    /// what is stored and what waits in its ring.
    fn broken(&self, id: SessionId) {
        tracing::error!(session_id = %id, "a bug has ended what followed this session");
        self.sessions
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&id);
        if let Some(info) = self.list.get(id) {
            let reason = "a bug in agor has ended what followed this session; its program runs on, and \
                          `agor stop-host --keep-sessions` lets the next host find it";
            let life = Life::Failed {
                reason: reason.into(),
            };
            let state = State::Error;
            self.list.put(SessionInfo {
                life,
                state,
                ..info
            });
        }
    }

    /// Returns how to reach the session that a command is about to create; `None` if there are as
    /// many as there can be.
    #[must_use]
    pub fn add_unborn(self: &Arc<Self>, id: SessionId) -> Option<SessionHandle> {
        let mut sessions = self
            .sessions
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(handle) = sessions.get(&id) {
            return Some(handle.clone());
        }
        if sessions.len() >= SESSIONS_MAX {
            return None;
        }
        let now = super::now();
        // A new history has a number that none before it had.
        let epoch = LogEpoch(now.unix_millis);
        let session = Session::unborn(id, epoch, self.launcher.clone(), now);
        Some(self.start(session, &mut sessions))
    }

    /// Notes that a client uses a command's id for `session`; says whether it may: an id that was
    /// used for another session just now may not have reached the store.
    #[must_use]
    pub fn claim(&self, client: ClientId, id: CommandId, session: SessionId) -> bool {
        let mut claims = self.claims.lock().unwrap_or_else(PoisonError::into_inner);
        let earlier = claims
            .iter()
            .rev()
            .find(|claim| (claim.0, claim.1) == (client, id));
        if let Some(&(_, _, other)) = earlier {
            return other == session;
        }
        claims.push_back((client, id, session));
        let excess = claims.len().saturating_sub(CLAIMS_KEPT);
        claims.drain(..excess);
        true
    }

    /// Returns the name of the session that has the conversation with which a command would have another session's
    /// agent go on; none if nobody has it, or the command asks for no such thing.
    pub async fn held_by(&self, body: &CommandBody) -> Option<String> {
        let (provider, id) = match body {
            CommandBody::Create { spec, .. } => {
                let agent = spec.agent.as_deref()?;
                let Conversation::Resume { id } = &agent.conversation else {
                    return None;
                };
                (agent.provider.clone(), id.clone())
            }
            CommandBody::Restart { session } => {
                let agent = self.list.get(*session)?.agent?;
                let id = agent.conversation.filter(|_| !agent.conversation_empty)?;
                (agent.provider, id)
            }
            _ => return None,
        };
        let session = body.session()?;
        let all = self.list.all();
        let others = all.iter().filter(|info| info.id != session);
        let holder = conversations::holder(others, &provider, &id);
        let name = holder.map(|holder| holder.name.clone()).or_else(|| {
            let may = self.may_start_with((&provider, &id), session);
            (!may).then(|| "another session that is being started".to_owned())
        })?;
        if matches!(body, CommandBody::Restart { .. }) {
            // What a shell was once used for does not go on when it is started again.
            let (given, spec) = oneshot::channel();
            let letters = self.session(session)?.letters;
            letters.send(Letter::Spec(given)).await.ok()?;
            spec.await.ok()?.agent?;
        }
        Some(name)
    }

    fn may_start_with(&self, conversation: (&str, &str), session: SessionId) -> bool {
        let mut starting = self.starting.lock().unwrap_or_else(PoisonError::into_inner);
        // A session is listed before its agent has it.
        let has_started = |it| {
            let info = self.list.get(it);
            info.is_some_and(|info| info.life.alive() && info.agent.is_some())
        };
        starting.note(conversation, session, Instant::now(), has_started)
    }

    /// Returns the refusals of which nothing is stored.
    pub fn refusals(&self) -> &Refusals {
        &self.refusals
    }

    /// Notes that a session's agent has written a file; returns the others that did so lately.
    pub fn note_written(&self, id: SessionId, file: &str, now_millis: u64) -> Vec<SessionId> {
        self.writes().note(id, file, now_millis)
    }

    /// Returns the transcripts that are followed.
    pub fn transcripts(&self) -> &Transcripts {
        &self.transcripts
    }

    /// Returns the agents whose own registries are followed.
    pub fn registries(&self) -> &Registries {
        &self.registries
    }

    fn writes(&self) -> MutexGuard<'_, Writes> {
        self.writes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Forgets a session whose task has ended.
    pub fn forget(&self, id: SessionId) {
        self.sessions
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&id);
        self.list.remove(id);
        self.writes().forget(id);
        self.registries.forget(id);
        self.transcripts.forget(id);
        // Nobody needs to be told of it any more.
        self.told.put(id);
    }
}
