//! The task that feeds a [`Connection`]: it alone dials, reads, writes and tells the time.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use agor_proto::command::{Outcome, Receipt};
use agor_proto::error::{ErrorCode, WireError};
use agor_proto::ids::{AskId, CommandId, SessionId};
use agor_proto::message::{Answer, Message, Part};
use agor_proto::session::SessionList;
use tokio::sync::{mpsc, oneshot, watch};

use super::connection::{Connection, Effect, Event, Moment, News, State, Wish};
use super::figures::{Counts, Figures};
use super::keeping::Keeping;
use super::list_watch::ListSink;
use super::outbox::Fate;
use super::{ANSWER_PARTS_MAX, Asked, ClientError, FOLLOW_WAITING_MAX, Told};
use crate::link::{Dialer, Link, LinkError, LinkReader, LinkWriter};
use crate::storage::Change;

/// Requests are gathered into one write until it has so many bytes.
const WRITE_SHARED_MAX: usize = 64 * 1024;

/// What the handles of a client ask of its task.
pub enum Request {
    /// A wish that nobody waits for.
    Wish(Wish),
    /// A command, and who waits for its end.
    Command(Wish, CommandId, oneshot::Sender<Result<Outcome, Fate>>),
    /// A question, and who takes the answer.
    Ask(Wish, AskId, Sink<Result<Part, ClientError>>),
    /// The list, once.
    List(oneshot::Sender<SessionList>),
    /// The list and its changes.
    WatchList(ListSink),
    /// A session, and who follows it.
    Follow(Wish, SessionId, Sink<Told>),
    /// What was counted.
    Figures(oneshot::Sender<Figures>),
    /// A follower, known by its counter, is gone.
    Unfollow(SessionId, Arc<AtomicUsize>),
}

/// Where something goes that its taker may take later. The taker counts `waiting` down.
pub struct Sink<T> {
    /// The queue.
    pub queue: mpsc::UnboundedSender<T>,
    /// What all in it weighs.
    pub waiting: Arc<AtomicUsize>,
}

impl<T> Sink<T> {
    /// Puts `item` into the queue and returns what all in it weighs; `None` if nobody takes it.
    fn put(&self, item: T, weight: usize) -> Option<usize> {
        let waiting = self.waiting.fetch_add(weight, Ordering::AcqRel) + weight;
        self.queue.send(item).ok().map(|()| waiting)
    }
}

/// A link that is being made, from the wait before it on. It is kept over everything else that happens: made anew
/// with each event it would not come to its end while events come.
type Dialing = Pin<Box<dyn Future<Output = Result<Link, LinkError>> + Send>>;

/// See the module.
pub struct Driver {
    connection: Connection,
    dialer: Dialer,
    requests: mpsc::UnboundedReceiver<Request>,
    state: watch::Sender<State>,
    show: watch::Sender<Asked>,
    link: Option<(LinkReader, LinkWriter)>,
    dialing: Option<Dialing>,
    keeping: Option<Keeping>,
    commands: BTreeMap<CommandId, oneshot::Sender<Result<Outcome, Fate>>>,
    answers: BTreeMap<AskId, Sink<Result<Part, ClientError>>>,
    lists: Vec<oneshot::Sender<SessionList>>,
    list_watchers: Vec<ListSink>,
    follows: BTreeMap<SessionId, Sink<Told>>,
    counts: Counts,
    ended: bool,
}

/// What the task woke up for.
enum Woke {
    Request(Option<Request>),
    Read(Result<Option<agor_proto::message::Message>, LinkError>),
    Written(Result<(), LinkError>),
    Dialled(Result<Link, LinkError>),
    Kept(Arc<[Change]>),
    Tick,
}

impl Driver {
    /// Returns the task's state; `state` begins as [`State::Connecting`].
    pub fn new(
        connection: Connection,
        dialer: Dialer,
        requests: mpsc::UnboundedReceiver<Request>,
        state: watch::Sender<State>,
        show: watch::Sender<Asked>,
        keeping: Option<Keeping>,
    ) -> Self {
        Self {
            connection,
            dialer,
            requests,
            state,
            show,
            link: None,
            dialing: None,
            keeping,
            commands: BTreeMap::new(),
            answers: BTreeMap::new(),
            lists: Vec::new(),
            list_watchers: Vec::new(),
            follows: BTreeMap::new(),
            counts: Counts::default(),
            ended: false,
        }
    }

    /// Has these hear of the ends of commands that the connection began with.
    pub fn wait_for(&mut self, waiters: Vec<(CommandId, oneshot::Sender<Result<Outcome, Fate>>)>) {
        self.commands.extend(waiters);
    }

    /// Runs until every handle is gone or the connection has ended for good.
    pub async fn run(mut self) {
        self.feed(Event::Start);
        while !self.ended {
            let woke = self.sleep().await;
            match woke {
                Woke::Request(None) => self.feed(Event::Wished(Wish::Close)),
                Woke::Request(Some(request)) => {
                    self.on_request(request);
                    self.take_more_requests();
                }
                Woke::Read(Ok(Some(message))) => {
                    if let Some((reader, _)) = &self.link {
                        self.counts.received(&message, reader.last_bytes());
                    }
                    self.feed(Event::Received(message));
                }
                Woke::Read(Ok(None)) => self.lost("the host closed the link".into()),
                Woke::Read(Err(error)) => self.lost(error.to_string()),
                Woke::Written(Err(error)) => {
                    // A host that refuses says why before it hangs up.
                    if let Some(message) = self.last_words().await {
                        self.feed(Event::Received(message));
                    }
                    if !self.ended {
                        self.lost(error.to_string());
                    }
                }
                Woke::Written(Ok(())) => {}
                Woke::Dialled(Ok(link)) => {
                    self.link = Some(link.split());
                    self.feed(Event::Dialled);
                }
                Woke::Dialled(Err(error)) => {
                    let reason = error.to_string();
                    self.counts.lost(&reason);
                    self.feed(Event::DialFailed { reason });
                }
                Woke::Kept(changes) => self.on_kept(&changes),
                Woke::Tick => self.feed(Event::Tick),
            }
        }
        if let Some(keeping) = &mut self.keeping {
            // What is not struck out is asked for again by the next, and found to be done.
            let last = async {
                while !keeping.is_done() {
                    keeping.stored().await;
                }
            };
            tokio::time::timeout(Duration::from_secs(1), last)
                .await
                .ok();
        }
        if let Some((_, mut writer)) = self.link.take() {
            // Whoever closes has nothing left that a lost link could lose.
            let bye = tokio::time::timeout(Duration::from_secs(1), writer.close());
            bye.await.ok();
        }
    }

    async fn sleep(&mut self) -> Woke {
        let wake = self
            .connection
            .next_wake()
            .map(tokio::time::Instant::from_std);
        let tick = async {
            match wake {
                Some(at) => tokio::time::sleep_until(at).await,
                None => std::future::pending().await,
            }
        };
        let dialing = &mut self.dialing;
        let dial = async {
            match dialing {
                Some(dialing) => dialing.await,
                None => std::future::pending().await,
            }
        };
        let (read, write) = match &mut self.link {
            Some((reader, writer)) => (Some(reader), Some(writer)),
            None => (None, None),
        };
        let read = async {
            match read {
                Some(reader) => reader.next().await,
                None => std::future::pending().await,
            }
        };
        let write = async {
            match write {
                Some(writer) if writer.queued_bytes() > 0 => writer.flush().await,
                _ => std::future::pending().await,
            }
        };
        let keeping = &mut self.keeping;
        let kept = async {
            match keeping {
                Some(keeping) => keeping.stored().await,
                None => std::future::pending().await,
            }
        };
        let woke = tokio::select! {
            biased;
            result = write => Woke::Written(result),
            result = read => Woke::Read(result),
            request = self.requests.recv() => Woke::Request(request),
            changes = kept => Woke::Kept(changes),
            result = dial => Woke::Dialled(result),
            () = tick => Woke::Tick,
        };
        if matches!(woke, Woke::Dialled(_)) {
            self.dialing = None;
        }
        woke
    }

    fn dial(&mut self, after: Duration) {
        let at = tokio::time::Instant::now() + after;
        let dialer = self.dialer.clone();
        self.dialing = Some(Box::pin(async move {
            tokio::time::sleep_until(at).await;
            dialer.dial().await
        }));
    }

    /// Takes what else is asked already, so that many small messages share a write to the link.
    fn take_more_requests(&mut self) {
        let room = |link: &Option<(LinkReader, LinkWriter)>| {
            let queued = link.as_ref().map_or(0, |(_, writer)| writer.queued_bytes());
            queued < WRITE_SHARED_MAX
        };
        while !self.ended && room(&self.link) {
            let Ok(request) = self.requests.try_recv() else {
                return;
            };
            self.on_request(request);
        }
    }

    /// Returns what the host said before it hung up.
    async fn last_words(&mut self) -> Option<Message> {
        let (reader, _) = self.link.as_mut()?;
        let heard = tokio::time::timeout(Duration::from_secs(1), reader.next()).await;
        heard.ok()?.ok()?
    }

    fn lost(&mut self, reason: String) {
        self.counts.lost(&reason);
        self.hang_up();
        self.feed(Event::LinkLost { reason });
    }

    fn hang_up(&mut self) {
        if let Some((reader, _)) = self.link.take() {
            self.counts.unknown(reader.unknown_frames());
        }
    }

    fn figures(&self) -> Figures {
        let link = self.link.as_ref();
        let queued_bytes = link.map_or(0, |(_, writer)| writer.queued_bytes());
        let unknown_frames = link.map_or(0, |(reader, _)| reader.unknown_frames());
        let round_trip = self.connection.round_trip();
        self.counts
            .figures(round_trip, queued_bytes, unknown_frames)
    }

    fn on_request(&mut self, request: Request) {
        match request {
            Request::Wish(wish) => {
                if let Wish::Unask(ask) = &wish {
                    self.answers.remove(ask);
                }
                self.feed(Event::Wished(wish));
            }
            Request::Figures(waiter) => {
                waiter.send(self.figures()).ok(); // Nobody may wait any more.
            }
            Request::Command(wish, id, waiter) => {
                self.counts.begun(id, now().instant);
                self.commands.insert(id, waiter);
                self.feed(Event::Wished(wish));
            }
            Request::Ask(wish, ask, sink) => {
                self.answers.insert(ask, sink);
                self.feed(Event::Wished(wish));
            }
            Request::List(waiter) => {
                self.lists.push(waiter);
                self.feed(Event::Wished(Wish::List { follow: false }));
            }
            Request::WatchList(sink) => {
                self.list_watchers.push(sink);
                self.feed(Event::Wished(Wish::List { follow: true }));
            }
            Request::Follow(wish, session, sink) => {
                self.follows.insert(session, sink);
                self.feed(Event::Wished(wish));
            }
            Request::Unfollow(session, waiting) => {
                let ours = |sink: &Sink<Told>| Arc::ptr_eq(&sink.waiting, &waiting);
                // A later follower of the same session goes on.
                if self.follows.get(&session).is_some_and(ours) {
                    self.follows.remove(&session);
                    self.feed(Event::Wished(Wish::Unfollow(session)));
                }
            }
        }
    }

    fn on_kept(&mut self, changes: &[Change]) {
        for change in changes {
            if let Change::Write(kept) = change {
                let (id, stage) = (kept.command.id, kept.stage);
                self.feed(Event::Kept { id, stage });
            }
        }
    }

    fn feed(&mut self, event: Event) {
        let mut events = vec![event];
        // A wish that follows from news is fed after the news' siblings.
        while let Some(event) = events.pop() {
            for effect in self.connection.on(event, now()) {
                match effect {
                    Effect::Dial { after } => self.dial(after),
                    Effect::Send(outgoing) => {
                        let Some((_, writer)) = &mut self.link else {
                            continue;
                        };
                        let before = writer.queued_bytes();
                        match writer.queue(outgoing.message()) {
                            Ok(_) => {
                                let bytes = writer.queued_bytes() - before;
                                self.counts.sent(outgoing.message(), bytes);
                            }
                            Err(error) => events.extend(unsendable(outgoing.message(), &error)),
                        }
                    }
                    Effect::Hangup => self.hang_up(),
                    Effect::Keep(change) => {
                        if let Some(keeping) = &mut self.keeping {
                            keeping.put(change);
                        }
                    }
                    Effect::Tell(news) => events.extend(self.tell(news)),
                }
            }
        }
    }

    /// Hands news to whoever waits for it; returns what follows from that.
    fn tell(&mut self, news: News) -> Option<Event> {
        let (session, told) = match news {
            News::State(state) => {
                self.on_state(state);
                return None;
            }
            News::Receipt(receipt) => {
                if receipt.outcome.is_final() {
                    self.counts.ended(receipt.id, now().instant);
                }
                if receipt.outcome.is_final()
                    && let Some(waiter) = self.commands.remove(&receipt.id)
                {
                    // Nobody may wait any more; the command was carried out all the same.
                    waiter.send(Ok(receipt.outcome)).ok();
                }
                return None;
            }
            News::GivenUp { id, fate } => {
                self.counts.given_up(id);
                if let Some(waiter) = self.commands.remove(&id) {
                    waiter.send(Err(fate)).ok(); // Nobody may wait any more.
                }
                return None;
            }
            News::Answer(answer) => return self.on_answer(answer),
            News::List(list) => {
                if list.whole {
                    for waiter in self.lists.drain(..) {
                        waiter.send(list.clone()).ok(); // Nobody may wait any more.
                    }
                }
                self.list_watchers.retain(|sink| sink.put(list.clone()));
                return None;
            }
            News::Show(show) => {
                self.show.send_modify(|asked| {
                    asked.number += 1;
                    asked.show = Some(show);
                });
                return None;
            }
            News::Subscribed(told) => (told.session, Told::Subscribed(told)),
            News::Events(told) => {
                self.counts.told_events(told.events.len());
                (told.session, Told::Events(told.events))
            }
            News::Live(told) => (told.session, Told::Live(told.seq)),
            News::Screen(told) => {
                self.counts.told_screen();
                (told.session, Told::Screen(told))
            }
            News::Clipboard(told) => (told.session, Told::Clipboard(told)),
            News::Lease(told) => (told.session, Told::Lease(told.standing)),
            News::Problem(told) => (told.session, Told::Problem(told.error)),
            News::InputTaken { session, seq } => (session, Told::InputTaken { seq }),
            News::InputRefused {
                session,
                seq,
                error,
            } => (session, Told::InputRefused { seq, error }),
            News::InputHeld { session, count } => (session, Told::InputHeld { count }),
        };
        let sink = self.follows.get(&session)?;
        let weight = told.weight();
        match sink.put(told, weight) {
            None => {
                self.follows.remove(&session);
                Some(Event::Wished(Wish::Unfollow(session)))
            }
            // Changes of the connection count too, and may be what reaches it.
            Some(waiting) if waiting >= FOLLOW_WAITING_MAX => {
                Some(Event::Wished(Wish::Pause(session)))
            }
            Some(_) => None,
        }
    }

    fn on_answer(&mut self, answer: Answer) -> Option<Event> {
        let sink = self.answers.get(&answer.ask)?;
        let waiting = sink.waiting.load(Ordering::Acquire);
        let unask = if waiting >= ANSWER_PARTS_MAX {
            // Memory is not the place for what nobody takes.
            sink.put(Err(ClientError::TooSlow), 1);
            true
        } else {
            sink.put(Ok(answer.part), 1).is_none()
        };
        if answer.last || unask {
            self.answers.remove(&answer.ask);
        }
        unask.then_some(Event::Wished(Wish::Unask(answer.ask)))
    }

    fn on_state(&mut self, state: State) {
        match &state {
            State::Connecting => {}
            State::Ready(welcome) => {
                self.counts.welcomed();
                tracing::debug!(conn = %welcome.conn_epoch, "connected");
            }
            State::Away { reason, attempt } => tracing::info!(reason, attempt, "reconnecting"),
            State::Ended(_) => self.ended = true,
        }
        for sink in self.follows.values() {
            let told = Told::Connection(state.clone());
            let weight = told.weight();
            sink.put(told, weight); // Who is gone is noticed at the next news.
        }
        // Before what waits is let go, since it looks there for the reason.
        self.state.send_replace(state);
        if self.ended {
            self.lists.clear();
            self.list_watchers.clear();
            self.follows.clear();
        }
    }
}

/// Returns the answer to what fits no frame: no host ever hears of it, and who asked would wait for ever.
fn unsendable(message: &Message, why: &LinkError) -> Option<Event> {
    tracing::warn!(error = %why, "a message was not sent");
    let error = WireError::new(ErrorCode::BadRequest, format!("it cannot be sent: {why}"));
    let answer: Message = match message {
        Message::Command(command) => Receipt {
            id: command.id,
            outcome: Outcome::Rejected { error },
        }
        .into(),
        Message::Ask(asked) => Answer {
            ask: asked.ask,
            last: true,
            part: Part::Failed { error },
        }
        .into(),
        _ => return None,
    };
    Some(Event::Received(answer))
}

fn now() -> Moment {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH);
    Moment {
        // Tokio's clock, so that tests can pause it.
        instant: Instant::from(tokio::time::Instant::now()),
        unix_micros: since_1970.map_or(0, |time| time.as_micros() as u64),
        jitter: super::random::fraction(),
    }
}
