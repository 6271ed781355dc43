//! A session's agent: what was observed of it goes to the machine that judges, what follows goes into
//! the journal and the list. Reads the record's clock for what came through the terminal, so
//! that folding again decides the same.

use std::time::{Duration, Instant};

use agor_proto::agent::{AgentEvent, AgentInfo, State};
use agor_proto::event::EventBody;
use agor_proto::ids::SessionId;
use agor_proto::input::{Input, Key, KeyAction, KeyInput, Mods};
use agor_proto::limits::STATE_PACE_MILLIS;
use agor_term::ProgressState;

use super::{Now, Session};
use crate::agents::claim::{Says, Source};
use crate::agents::{Change, Machine, Moment, Observation};

/// How long what the last host had not stored is waited for.
const CATCHING_UP: Duration = Duration::from_secs(1);

/// See the module.
#[derive(Debug, Default)]
pub struct Agent {
    machine: Machine,
    /// A change that made no event yet, since there were too many.
    owed: Option<Change>,
    wake: Option<Instant>,
    standing: Standing,
}

/// Whether what time has made of the evidence may be judged.
#[derive(Debug, Default)]
enum Standing {
    #[default]
    Current,
    /// It is as the last host left it. What that one had not stored is read from the ring first:
    /// it is older than now.
    Restored,
    /// As before, until then at the latest.
    Waits(Instant),
}

impl Agent {
    /// Returns a session's agent as the store has it.
    pub fn from_store(session: SessionId, kept: &[u8]) -> Self {
        let machine = if kept.is_empty() {
            Machine::default()
        } else {
            rmp_serde::from_slice(kept).unwrap_or_else(|error| {
                tracing::warn!(session_id = %session, %error, "what its agent did last cannot be read");
                Machine::default()
            })
        };
        Self {
            standing: if kept.is_empty() {
                Standing::Current
            } else {
                Standing::Restored
            },
            machine,
            ..Self::default()
        }
    }

    /// Says that what the last host had not stored has been read.
    pub fn caught_up(&mut self) {
        self.standing = Standing::Current;
    }

    /// Says whether a look at the clock is due.
    fn is_due(&mut self, now: Now) -> bool {
        match self.standing {
            Standing::Current => {
                let due = self.machine.wake_millis();
                due.is_some_and(|due| now.unix_millis >= due)
            }
            Standing::Restored => {
                self.standing = Standing::Waits(now.instant + CATCHING_UP);
                false
            }
            Standing::Waits(until) if now.instant < until => false,
            Standing::Waits(_) => {
                self.standing = Standing::Current;
                true
            }
        }
    }

    /// Returns what the store keeps.
    pub fn kept(&self) -> Vec<u8> {
        if self.machine == Machine::default() {
            return Vec::new();
        }
        // It is plain data, which always encodes.
        rmp_serde::to_vec_named(&self.machine).unwrap_or_default()
    }

    /// Returns what it does.
    pub fn state(&self) -> State {
        self.machine.state()
    }

    /// Returns what a list shows of it, if there is an agent.
    pub fn info(&self) -> Option<AgentInfo> {
        self.machine.is_agent().then(|| self.machine.info())
    }

    /// Returns when [`Session::attend`] is due.
    pub fn next_wake(&self) -> Option<Instant> {
        self.wake
    }
}

impl Session {
    /// Takes notice of something that happened at `at`.
    pub(super) fn observe(&mut self, observation: Observation<'_>, at: Moment, now: Now) {
        let Some(change) = self.agent.machine.on(observation, at) else {
            return;
        };
        // It goes out at once, whatever else the list has to say.
        self.change();
        let from = match self.agent.owed.take() {
            Some(owed) => owed.from,
            None => change.from,
        };
        let change = Change { from, ..change };
        if from == change.to {
            return;
        }
        if self
            .manners
            .state
            .allows(at.at_millis.saturating_mul(1_000))
        {
            self.tell_state(change, now);
        } else {
            self.agent.owed = Some(change);
        }
    }

    /// As [`Session::observe`], for what did not come through the terminal.
    pub(super) fn observe_now(&mut self, observation: Observation<'_>, now: Now) {
        self.observe(observation, self.moment(now), now);
    }

    fn moment(&self, now: Now) -> Moment {
        Moment {
            at_millis: now.unix_millis,
            offset: self.fold.offset(),
        }
    }

    fn tell_state(&mut self, change: Change, now: Now) {
        let Change { from, to, evidence } = change;
        self.event(
            EventBody::Agent(AgentEvent::State { from, to, evidence }),
            now,
        );
    }

    /// A program was started.
    pub(super) fn observe_start(&mut self, at: Moment, now: Now) {
        let agent = self.launcher.agent(&self.spec);
        let agent = agent.map(|provider| (provider.id.clone(), provider.shows_itself()));
        let agent = agent
            .as_ref()
            .map(|(id, shows_itself)| (&id[..], *shows_itself));
        self.observe(Observation::Started { agent }, at, now);
    }

    /// The program reported its status.
    pub(super) fn observe_status(&mut self, body: &[u8], at: Moment, now: Now) {
        self.observe(Observation::Status(body), at, now);
        if self.agent.machine.provider().is_some() {
            return;
        }
        let app = self.agent.machine.app();
        if let Some(provider) = self.launcher.providers().of_app(app) {
            self.agent.machine.recognized(&provider.id);
            self.observe_title(at, now);
        }
    }

    /// The title changed, or there is now a provider that can read it.
    pub(super) fn observe_title(&mut self, at: Moment, now: Now) {
        let provider = self.agent.machine.provider();
        let Some(provider) = provider.and_then(|id| self.launcher.providers().get(id)) else {
            return;
        };
        let says = provider.title(&self.title);
        self.observe(Observation::Said(Source::Title, says), at, now);
    }

    /// The program said how far it is.
    pub(super) fn observe_progress(&mut self, progress: ProgressState, at: Moment, now: Now) {
        if self.agent.machine.provider().is_none() {
            return;
        }
        let working = |what: String| Some(Says::just(State::Working, what));
        let says = match progress {
            ProgressState::Percent(percent) => working(format!("it shows progress ({percent} %)")),
            ProgressState::Indeterminate => working("it shows progress".into()),
            // That it ended or waits is told better by anything else.
            _ => None,
        };
        self.observe(Observation::Said(Source::Progress, says), at, now);
    }

    /// Does what is due, and keeps what changed.
    pub(super) fn attend(&mut self, now: Now) {
        if self.agent.is_due(now) {
            self.observe_now(Observation::Tick, now);
        }
        if self.agent.owed.is_some() && self.manners.state.allows(now.unix_millis * 1_000) {
            let owed = self.agent.owed.take();
            owed.into_iter().for_each(|owed| self.tell_state(owed, now));
        }
        if self.agent.machine.take_changed() && self.born {
            self.listing_changed = true;
            self.store_row();
        }
        let due = self.agent.machine.wake_millis();
        let owed = self.agent.owed.as_ref();
        let wake = due.map(|due| due.saturating_sub(now.unix_millis).max(1));
        let wake = wake
            .into_iter()
            .chain(owed.map(|_| STATE_PACE_MILLIS))
            .min();
        let wake = wake.map(|millis| now.instant + Duration::from_millis(millis));
        self.agent.wake = match self.agent.standing {
            Standing::Waits(until) => Some(until),
            _ => wake,
        };
    }
}

/// Says in words how a process ended.
pub fn ending(code: i32, signal: i32) -> String {
    match (code, signal) {
        (0, 0) => "its program ended".into(),
        (code, 0) => format!("its program ended with exit code {code}"),
        (_, signal) => format!("signal {signal} ended its program"),
    }
}

/// Says whether an input is what interrupts a turn: Esc or Ctrl-C.
pub fn interrupts(input: &Input) -> bool {
    match input {
        Input::Key(KeyInput {
            key, mods, action, ..
        }) => {
            let pressed = *action != KeyAction::Release;
            let escape = *key == Key::Escape && *mods == Mods::default();
            let ctrl_c = *key == Key::Char('c') && *mods == Mods::CTRL;
            pressed && (escape || ctrl_c)
        }
        Input::Text { text } => matches!(text.as_bytes(), [0x1b | 0x03]),
        Input::Raw { bytes } => matches!(bytes[..], [0x1b | 0x03]),
        _ => false,
    }
}
