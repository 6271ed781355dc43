//! The life of one client's connection to its host, over however many links. Decides; does no
//! I/O, reads no clock and draws no random number (the task that feeds it is `driver.rs`).
//!
//! Wishes only fill what is kept for the host; this machine alone decides when to dial
//! (FAILURES A2, A3). What was wished while no link was there is said over the next one.

use std::time::{Duration, Instant};

use agor_proto::command::{CommandBody, Outcome, Receipt};
use agor_proto::error::{ErrorCode, Retry, WireError};
use agor_proto::event::LogCursor;
use agor_proto::ids::{AskId, ClientId, CommandId, InputSeq, ScreenRev, SessionId, Size};
use agor_proto::input::Input;
use agor_proto::message::{
    Answer, Clipboard, Events, Hello, Lease, Live, Looks, Message, Ping, Pong, Problem, Query,
    Show, Subscribed, Visibility, WatchList, Welcome,
};
use agor_proto::screen::ScreenUpdate;
use agor_proto::session::SessionList;

use super::backoff;
use super::follow::Follows;
use super::outbox::{Fate, Out, Outbox};
use super::phase::{Greeting, Outgoing, Phase, Ready};
use super::questions::{self, Questions};
use super::typing::{Said, Typing};
use crate::storage::{Change, Stage};

/// The clock that runs while the machine sleeps may be ahead of the other by this much before it
/// counts as sleep.
const SLEPT: Duration = Duration::from_secs(5);

/// A link that lived this long was a good one: waits begin anew after it.
const GOOD_LINK: Duration = Duration::from_secs(5);

/// Everything of the outside that a decision may depend on.
#[derive(Debug, Clone, Copy)]
pub struct Moment {
    /// A clock that never goes back.
    pub instant: Instant,
    /// Microseconds since 1970, by a clock that goes on while the machine sleeps.
    pub unix_micros: u64,
    /// A random number from 0 to 1.
    pub jitter: f64,
}

/// How a client behaves.
#[derive(Debug, Clone)]
pub struct Manner {
    /// Which client.
    pub client: ClientId,
    /// Its program and version.
    pub program: String,
    /// How long to try before the first link; `None` is for ever.
    pub first_patience: Option<Duration>,
    /// How long to try after a link was lost; `None` is for ever.
    pub patience: Option<Duration>,
    /// Whether its commands are written down (see `client::outbox`).
    pub keeps: bool,
}

/// What happened.
#[derive(Debug)]
pub enum Event {
    /// The client begins.
    Start,
    /// The link that was asked for is there.
    Dialled,
    /// The link that was asked for could not be made.
    DialFailed {
        /// Why, in a sentence.
        reason: String,
    },
    /// The link is gone.
    LinkLost {
        /// Why, in a sentence.
        reason: String,
    },
    /// The host said something.
    Received(Message),
    /// The client wishes something.
    Wished(Wish),
    /// That a command is so far is on disk.
    Kept {
        /// Which command.
        id: CommandId,
        /// How far.
        stage: Stage,
    },
    /// [`Connection::next_wake`] has come.
    Tick,
}

/// What a client wishes.
#[derive(Debug)]
pub enum Wish {
    /// Have a command carried out once.
    Command {
        /// Its id, unique for ever.
        id: CommandId,
        /// What is to be done.
        body: CommandBody,
        /// Whether it may be written down.
        written: Written,
    },
    /// Have a question answered.
    Ask {
        /// Its number, unique within the client.
        ask: AskId,
        /// The question.
        query: Query,
    },
    /// Want no more of an answer.
    Unask(AskId),
    /// Have the list of sessions, and its changes if `follow`.
    List {
        /// Whether changes are wanted.
        follow: bool,
    },
    /// Follow a session.
    Follow {
        /// From where on.
        cursor: LogCursor,
        /// How its screen is wanted.
        view: Visibility,
    },
    /// Follow a session no longer, and give its lease back.
    Unfollow(SessionId),
    /// Interrupt what comes of a session.
    Pause(SessionId),
    /// Go on after [`Wish::Pause`].
    Resume(SessionId),
    /// See a session's screen in another way.
    View(SessionId, Visibility),
    /// Say that a screen is shown.
    Shown(SessionId, ScreenRev),
    /// Drive a session.
    Drive {
        /// Which session.
        session: SessionId,
        /// Whether to take it from another.
        force: bool,
    },
    /// Drive a session no longer.
    Release(SessionId),
    /// Type.
    Type(SessionId, Input),
    /// Give a session a size, while driving.
    Resize(SessionId, Size),
    /// Say whether what was typed offline is sent.
    Decide {
        /// Which session.
        session: SessionId,
        /// Whether it is sent.
        send: bool,
    },
    /// Say what the person looks at.
    Look(Looks),
    /// End.
    Close,
}

/// Whether a command is written down by a client that keeps its commands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// It is.
    Down,
    /// Nothing of it is: its session is private.
    Nowhere,
}

/// What is to be done.
#[derive(Debug, PartialEq)]
pub enum Effect {
    /// Make a link after a time.
    Dial {
        /// The time.
        after: Duration,
    },
    /// Send a message.
    Send(Outgoing),
    /// Drop the link.
    Hangup,
    /// Change what is kept of the commands. [`Event::Kept`] follows what is written down.
    Keep(Change),
    /// Tell the client.
    Tell(News),
}

/// What a client is told.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "the types that the variants hold say it")]
pub enum News {
    State(State),
    Receipt(Receipt),
    /// The end of a command will not be heard.
    GivenUp {
        id: CommandId,
        fate: Fate,
    },
    Answer(Answer),
    List(SessionList),
    Subscribed(Subscribed),
    Events(Events),
    Live(Live),
    Screen(Box<ScreenUpdate>),
    Clipboard(Clipboard),
    Lease(Lease),
    Problem(Problem),
    /// The program was given everything up to `seq`.
    InputTaken {
        session: SessionId,
        seq: InputSeq,
    },
    /// An input was not and will not be taken.
    InputRefused {
        session: SessionId,
        seq: InputSeq,
        error: WireError,
    },
    /// Inputs were typed too long ago to be sent without asking; see [`Wish::Decide`].
    InputHeld {
        session: SessionId,
        count: usize,
    },
    /// The client's window is to show a session.
    Show(Show),
}

/// How the client stands to its host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// No link yet.
    Connecting,
    /// The host answers.
    Ready(Box<Welcome>),
    /// The link is gone; another is being made.
    Away {
        /// Why, in a sentence.
        reason: String,
        /// Attempts since.
        attempt: u32,
    },
    /// Nothing more will be tried.
    Ended(End),
}

/// Why a client stopped trying.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// It was asked to.
    Closed,
    /// No host answered for as long as it was to be tried.
    Unreachable {
        /// What the last attempt said.
        reason: String,
    },
    /// The host does not take this client.
    Refused(WireError),
}

/// See the module.
#[derive(Debug)]
#[cfg_attr(test, derive(Clone))]
pub struct Connection {
    manner: Manner,
    phase: Phase,
    /// Attempts since the last good link.
    attempt: u32,
    /// Since when there is no link, once one was tried.
    away_since: Option<Instant>,
    was_ready: bool,
    clocks: Option<(Instant, u64)>,
    outbox: Outbox,
    questions: Questions,
    follows: Follows,
    typing: Typing,
    list: ListWish,
    /// What the person looks at, once that was said.
    looks: Option<Looks>,
    /// The parts of the list's change that have come.
    list_begun: Option<SessionList>,
}

/// Whether the list is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ListWish {
    No,
    Once,
    Always,
}

impl Connection {
    /// Returns a connection that has done nothing yet, with the commands that `outbox` has.
    #[must_use]
    pub fn new(manner: Manner, outbox: Outbox) -> Self {
        Self {
            manner,
            phase: Phase::Idle,
            attempt: 0,
            away_since: None,
            was_ready: false,
            clocks: None,
            outbox,
            questions: Questions::default(),
            follows: Follows::default(),
            typing: Typing::default(),
            list: ListWish::No,
            looks: None,
            list_begun: None,
        }
    }

    /// Returns what to do about `event`, which happened at `now`.
    pub fn on(&mut self, event: Event, now: Moment) -> Vec<Effect> {
        let mut effects = Vec::new();
        self.look_for_sleep(now, &mut effects);
        match event {
            Event::Start => {
                if matches!(self.phase, Phase::Idle) {
                    self.phase = Phase::Dialling;
                    self.away_since = Some(now.instant);
                    effects.push(Effect::Tell(News::State(State::Connecting)));
                    let after = Duration::ZERO;
                    effects.push(Effect::Dial { after });
                }
            }
            Event::Dialled => self.on_dialled(now, &mut effects),
            Event::DialFailed { reason } => {
                if matches!(self.phase, Phase::Dialling) {
                    self.try_again(reason, Duration::ZERO, now, &mut effects);
                }
            }
            Event::LinkLost { reason } => {
                if matches!(self.phase, Phase::Greeting(_) | Phase::Ready(_)) {
                    self.lose(reason, Duration::ZERO, now, &mut effects);
                }
            }
            Event::Received(message) => self.on_message(message, now, &mut effects),
            Event::Wished(wish) => self.on_wish(wish, now, &mut effects),
            Event::Kept { id, stage } => {
                let ready = matches!(self.phase, Phase::Ready(_));
                let out = self.outbox.written(id, stage, ready);
                self.put_out(out, &mut effects);
            }
            Event::Tick => self.on_tick(now, &mut effects),
        }
        effects
    }

    /// Returns when [`Event::Tick`] is due.
    #[must_use]
    pub fn next_wake(&self) -> Option<Instant> {
        match &self.phase {
            Phase::Greeting(greeting) => Some(greeting.deadline()),
            Phase::Ready(ready) => {
                let beat = ready.heartbeat.next_wake();
                Some(self.typing.next_wake().map_or(beat, |at| at.min(beat)))
            }
            Phase::Idle | Phase::Dialling | Phase::Ended => None,
        }
    }

    /// Returns the smoothed round trip to the host and how much it varies, if one was measured over
    /// this link.
    #[must_use]
    pub fn round_trip(&self) -> Option<(Duration, Duration)> {
        match &self.phase {
            Phase::Ready(ready) => ready.heartbeat.round_trip(),
            _ => None,
        }
    }

    fn on_dialled(&mut self, now: Moment, effects: &mut Vec<Effect>) {
        if !matches!(self.phase, Phase::Dialling) {
            effects.push(Effect::Hangup);
            return;
        }
        self.list_begun = None;
        let (resume, visible) = self.follows.hello();
        let hello = Hello {
            versions: vec![agor_proto::PROTOCOL_VERSION],
            features: Vec::new(),
            client: self.manner.client,
            program: self.manner.program.clone(),
            resume,
            visible,
        };
        let (greeting, hello) = Greeting::begin(hello, now.instant);
        self.phase = Phase::Greeting(greeting);
        effects.push(Effect::Send(hello));
    }

    fn on_message(&mut self, message: Message, now: Moment, effects: &mut Vec<Effect>) {
        match &mut self.phase {
            Phase::Greeting(_) => match message {
                Message::Welcome(welcome) => self.on_welcome(welcome, now, effects),
                Message::Refused(refused) => self.on_refused(refused.error, now, effects),
                // The host speaks first about itself; anything else is not a host.
                other => {
                    let reason = format!("the peer began with message {:#06x}", other.kind());
                    effects.push(Effect::Hangup);
                    self.lose(reason, Duration::ZERO, now, effects);
                }
            },
            Phase::Ready(ready) => {
                ready.heartbeat.heard(now.instant);
                self.on_said(message, now, effects);
            }
            Phase::Idle | Phase::Dialling | Phase::Ended => {}
        }
    }

    fn on_welcome(&mut self, welcome: Welcome, now: Moment, effects: &mut Vec<Effect>) {
        let ready = match Greeting::welcomed(welcome, now.instant) {
            Ok(ready) => ready,
            Err(error) => {
                effects.push(Effect::Hangup);
                return self.end(End::Refused(error), effects);
            }
        };
        let offline = match self.away_since.take() {
            Some(since) if self.was_ready => now.instant.saturating_duration_since(since),
            _ => Duration::ZERO,
        };
        self.was_ready = true;
        let state = State::Ready(Box::new(ready.welcome.clone()));
        effects.push(Effect::Tell(News::State(state)));
        let (asks, lost) = self.questions.greeted(now.instant, &ready.welcome);
        let lease = Duration::from_millis(ready.welcome.limits.lease_millis);
        let typed = self.typing.greeted(offline, lease, now.instant);
        let mut messages = self.follows.greeted();
        let out = self.outbox.greeted(now.unix_micros);
        messages.extend(out.messages);
        messages.extend(asks);
        messages.extend(self.list.message());
        messages.extend(self.looks.map(Message::from));
        messages.extend(typed.send);
        let mut ready = ready;
        messages.extend(ready.heartbeat.tick(now.instant).map(Message::from));
        effects.extend(out.changes.into_iter().map(Effect::Keep));
        effects.extend(messages.into_iter().map(|m| Effect::Send(ready.send(m))));
        effects.extend(given_up(out.given_up));
        effects.extend(lost.into_iter().chain(typed.news).map(Effect::Tell));
        self.phase = Phase::Ready(ready);
    }

    fn on_refused(&mut self, error: WireError, now: Moment, effects: &mut Vec<Effect>) {
        effects.push(Effect::Hangup);
        match error.code.retry() {
            // On a link of one machine there is nothing to authenticate anew with.
            Retry::Never | Retry::AfterAuth => self.end(End::Refused(error), effects),
            Retry::After(millis) => {
                let at_least = Duration::from_millis(millis.into());
                self.lose(error.message, at_least, now, effects);
            }
            Retry::AfterResync => self.lose(error.message, Duration::ZERO, now, effects),
        }
    }

    fn on_said(&mut self, message: Message, now: Moment, effects: &mut Vec<Effect>) {
        let (news, send) = match message {
            Message::Ping(Ping { nonce, micros, .. }) => {
                let pong = Pong {
                    nonce,
                    micros,
                    peer_unix_micros: now.unix_micros,
                };
                (None, Some(pong.into()))
            }
            Message::Pong(pong) => {
                if let Phase::Ready(ready) = &mut self.phase {
                    ready.heartbeat.answered(pong, now.instant);
                }
                (None, None)
            }
            Message::Refused(refused) => return self.on_refused(refused.error, now, effects),
            Message::Receipt(receipt) => {
                let (ours, change) = self.outbox.on_receipt(&receipt);
                effects.extend(change.map(Effect::Keep));
                (ours.then_some(News::Receipt(receipt)), None)
            }
            Message::Answer(answer) => {
                let said = Said {
                    send: Vec::new(),
                    news: self.questions.on_answer(answer),
                };
                return self.say(said, effects);
            }
            Message::SessionList(list) => (self.on_list(list).map(News::List), None),
            Message::Subscribed(subscribed) => (self.follows.on_subscribed(subscribed), None),
            Message::Events(events) => self.follows.on_events(events),
            Message::Live(live) => self.follows.on_live(live),
            Message::ScreenUpdate(update) => self.follows.on_screen(update),
            Message::Show(show) => (Some(News::Show(show)), None),
            Message::Clipboard(clipboard) => (self.follows.on_clipboard(clipboard), None),
            Message::Lease(lease) => {
                let said = self.typing.on_lease(lease, self.manner.client, now.instant);
                return self.say(said, effects);
            }
            Message::InputAck(ack) => {
                let said = self.typing.on_ack(ack, now.instant);
                return self.say(said, effects);
            }
            Message::Problem(problem) => {
                if problem.error.code == ErrorCode::NoSession {
                    // There is nothing to unsubscribe from, nor to ask for again.
                    self.follows.gone(problem.session);
                    self.typing.release(problem.session);
                }
                (Some(News::Problem(problem)), None)
            }
            // A second one, or what only clients say.
            Message::Welcome(_)
            | Message::Hello(_)
            | Message::Subscribe(_)
            | Message::Unsubscribe(_)
            | Message::Report(_)
            | Message::Looks(_)
            | Message::WatchList(_)
            | Message::TakeLease(_)
            | Message::RenewLease(_)
            | Message::DropLease(_)
            | Message::Command(_)
            | Message::ScreenAck(_)
            | Message::View(_)
            | Message::InputFrame(_)
            | Message::Resize(_)
            | Message::Ask(_)
            | Message::Cancel(_) => {
                tracing::debug!(kind = message.kind(), "the host said what only clients say");
                (None, None)
            }
        };
        self.say(
            Said {
                send: send.into_iter().collect(),
                news: news.into_iter().collect(),
            },
            effects,
        );
    }

    /// Takes a part of the list; returns the whole change with its last part.
    fn on_list(&mut self, part: SessionList) -> Option<SessionList> {
        let list = match self.list_begun.take() {
            Some(mut begun) => {
                begun.changed.extend(part.changed);
                begun.removed.extend(part.removed);
                SessionList {
                    rev: part.rev,
                    more: part.more,
                    ..begun
                }
            }
            None => part,
        };
        if list.more {
            self.list_begun = Some(list);
            return None;
        }
        if self.list == ListWish::Once {
            self.list = ListWish::No;
        }
        Some(list)
    }

    fn on_wish(&mut self, wish: Wish, now: Moment, effects: &mut Vec<Effect>) {
        if matches!(self.phase, Phase::Ended) {
            return self.decline(wish, effects);
        }
        let mut said = Said::default();
        match wish {
            Wish::Command { id, body, written } => {
                let ready = matches!(self.phase, Phase::Ready(_));
                let down = self.manner.keeps && written == Written::Down;
                let missing = self.missing(body.feature());
                let added = match missing.map(|error| Outcome::Rejected { error }) {
                    Some(outcome) => Err(Receipt { id, outcome }),
                    None => self.outbox.add(id, body, down, now.unix_micros, ready),
                };
                match added {
                    Ok(out) => self.put_out(out, effects),
                    Err(receipt) => said.news.push(News::Receipt(receipt)),
                }
            }
            Wish::Ask { ask, query } => match self.missing(query.feature()) {
                Some(error) => said.news.push(questions::unable(ask, error)),
                None => said.send.push(self.questions.add(ask, query, now.instant)),
            },
            Wish::Unask(ask) => said.send.extend(self.questions.remove(ask)),
            Wish::List { follow } => {
                if self.list != ListWish::Always {
                    self.list = if follow {
                        ListWish::Always
                    } else {
                        ListWish::Once
                    };
                }
                said.send.extend(self.list.message());
            }
            Wish::Follow { cursor, view } => said.send.extend(self.follows.add(cursor, view)),
            Wish::Unfollow(session) => {
                said = self.typing.release(session);
                said.send.extend(self.follows.remove(session));
            }
            Wish::Pause(session) => said.send.extend(self.follows.pause(session)),
            Wish::Resume(session) => said.send.extend(self.follows.resume(session)),
            Wish::View(session, view) => said.send.extend(self.follows.view(session, view)),
            Wish::Shown(session, rev) => said.send.extend(self.follows.shown(session, rev)),
            Wish::Drive { session, force } => said = self.typing.drive(session, force),
            Wish::Release(session) => said = self.typing.release(session),
            Wish::Type(session, input) => said = self.typing.add(session, input, now.instant),
            Wish::Resize(session, size) => said = self.typing.resize(session, size),
            Wish::Decide { session, send } => said = self.typing.decide(session, send),
            Wish::Look(looks) => {
                if self.looks.replace(looks) != Some(looks) {
                    said.send.push(looks.into());
                }
            }
            // What was sent before still goes; then the link ends with the task.
            Wish::Close => return self.end(End::Closed, effects),
        }
        self.say(said, effects);
    }

    /// Returns why the host that is there cannot be asked for what takes this feature.
    fn missing(&self, feature: Option<&str>) -> Option<WireError> {
        match &self.phase {
            Phase::Ready(ready) => questions::missing(feature, &ready.welcome),
            _ => None,
        }
    }

    /// Answers a wish that nobody will fulfil any more.
    fn decline(&self, wish: Wish, effects: &mut Vec<Effect>) {
        let error = || {
            WireError::new(
                ErrorCode::Unavailable,
                "the connection to the host has ended",
            )
        };
        let news = match wish {
            Wish::Command { id, .. } => News::Receipt(Receipt {
                id,
                outcome: Outcome::Rejected { error: error() },
            }),
            Wish::Ask { ask, .. } => News::Answer(Answer {
                ask,
                last: true,
                part: agor_proto::message::Part::Failed { error: error() },
            }),
            _ => return,
        };
        effects.push(Effect::Tell(news));
    }

    fn on_tick(&mut self, now: Moment, effects: &mut Vec<Effect>) {
        match &mut self.phase {
            Phase::Greeting(greeting) if now.instant >= greeting.deadline() => {
                effects.push(Effect::Hangup);
                let reason = "the host did not answer".to_owned();
                self.lose(reason, Duration::ZERO, now, effects);
            }
            Phase::Ready(ready) if ready.heartbeat.dead(now.instant) => {
                effects.push(Effect::Hangup);
                let reason = "the host has fallen silent".to_owned();
                self.lose(reason, Duration::ZERO, now, effects);
            }
            Phase::Ready(ready) => {
                let ping = ready.heartbeat.tick(now.instant).map(Message::from);
                let mut said = self.typing.tick(now.instant);
                said.send.extend(ping);
                self.say(said, effects);
            }
            _ => {}
        }
    }

    /// Probes the link if the machine has slept: nobody knows what became of it meanwhile.
    fn look_for_sleep(&mut self, now: Moment, effects: &mut Vec<Effect>) {
        let before = self.clocks.replace((now.instant, now.unix_micros));
        let (Some((instant, unix_micros)), Phase::Ready(ready)) = (before, &mut self.phase) else {
            return;
        };
        let awake = now.instant.saturating_duration_since(instant);
        let passed = Duration::from_micros(now.unix_micros.saturating_sub(unix_micros));
        if passed > awake + SLEPT {
            let ping = ready.heartbeat.probe(now.instant);
            effects.push(Effect::Send(ready.send(ping.into())));
        }
    }

    /// Does what the outbox wants, in an order in which nothing is sent before it is kept.
    fn put_out(&self, out: Out, effects: &mut Vec<Effect>) {
        effects.extend(out.changes.into_iter().map(Effect::Keep));
        let said = Said {
            send: out.messages,
            news: Vec::new(),
        };
        self.say(said, effects);
        effects.extend(given_up(out.given_up));
    }

    /// Sends over a link that is ready, and tells. What is not sent is kept where it came from
    /// and said over the next link.
    fn say(&self, said: Said, effects: &mut Vec<Effect>) {
        if let Phase::Ready(ready) = &self.phase {
            effects.extend(
                said.send
                    .into_iter()
                    .map(|m| Effect::Send(Ready::send(ready, m))),
            );
        }
        effects.extend(said.news.into_iter().map(Effect::Tell));
    }

    fn lose(&mut self, reason: String, at_least: Duration, now: Moment, effects: &mut Vec<Effect>) {
        if let Phase::Ready(ready) = &self.phase
            && now.instant.saturating_duration_since(ready.since) >= GOOD_LINK
        {
            self.attempt = 0;
        }
        self.away_since.get_or_insert(now.instant);
        self.try_again(reason, at_least, now, effects);
    }

    fn try_again(
        &mut self,
        reason: String,
        at_least: Duration,
        now: Moment,
        effects: &mut Vec<Effect>,
    ) {
        let patience = if self.was_ready {
            self.manner.patience
        } else {
            self.manner.first_patience
        };
        let since = *self.away_since.get_or_insert(now.instant);
        let tried = now.instant.saturating_duration_since(since);
        if patience.is_some_and(|patience| tried >= patience) {
            return self.end(End::Unreachable { reason }, effects);
        }
        let after = backoff::wait(self.attempt, now.jitter).max(at_least);
        self.attempt = self.attempt.saturating_add(1);
        self.phase = Phase::Dialling;
        let attempt = self.attempt;
        effects.push(Effect::Tell(News::State(State::Away { reason, attempt })));
        effects.push(Effect::Dial { after });
    }

    fn end(&mut self, end: End, effects: &mut Vec<Effect>) {
        self.phase = Phase::Ended;
        let lost = self
            .questions
            .give_up("the connection to the host has ended");
        effects.extend(lost.into_iter().map(Effect::Tell));
        effects.push(Effect::Tell(News::State(State::Ended(end))));
        // Behind the state, in which is said why.
        effects.extend(given_up(self.outbox.end()));
    }
}

fn given_up(commands: Vec<(CommandId, Fate)>) -> impl Iterator<Item = Effect> {
    let tell = |(id, fate)| Effect::Tell(News::GivenUp { id, fate });
    commands.into_iter().map(tell)
}

impl ListWish {
    fn message(self) -> Option<Message> {
        match self {
            Self::No => None,
            Self::Once => Some(WatchList { follow: false }.into()),
            Self::Always => Some(WatchList { follow: true }.into()),
        }
    }
}

#[cfg(test)]
mod tests;
