//! A session's agent: what was observed of it goes to the machine that judges, what follows goes into
//! the journal and the list. Reads the record's clock for what came through the terminal, so
//! that folding again decides the same.

mod answer;
mod conversation;
mod screen;
mod terminal;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use agor_keeper::SpawnSpec;
use agor_proto::agent::{AgentEvent, AgentInfo, Conflict, Conversation, State};
use agor_proto::event::{Event, EventBody};
use agor_proto::ids::{LinePosition, SessionId};
use agor_proto::input::{Input, Key, KeyAction, KeyInput, Mods};
use agor_proto::limits::{REPORT_MAX, STATE_PACE_MILLIS, SYNC_UPDATE_MILLIS};
use agor_proto::message::{Explained, Part};
use agor_proto::screen::Modes;
use agor_term::ProgressState;

use super::{Effect, Now, Session, launch};
use crate::agents::claim::{Says, Source, asks, is_at_work};
use crate::agents::hooks::Hook;
use crate::agents::registry::Entry;
use crate::agents::{Change, Machine, Moment, Observation, Provider};
use crate::storage::UsageDay;
use screen::Reading;
use terminal::Watch;
pub use terminal::When;

/// How long after output the screen is looked at, and how long at most where output does not end: a state shows
/// within 100 ms of what it is seen by. A picture that takes longer to be drawn is seen in between.
const LOOK: Duration = Duration::from_millis(60);
const LOOK_AT_MOST: Duration = Duration::from_millis(90);

/// How long at most what is drawn is waited for if a synchronized frame is open when the screen is to be looked at:
/// half of one shows what is never seen. It may be held back for so long (`SYNC_UPDATE_MILLIS`); one that begins just
/// before the look is whole or given up by then.
const FRAME_AT_MOST: Duration =
    LOOK_AT_MOST.saturating_add(Duration::from_millis(SYNC_UPDATE_MILLIS));

/// How long an agent may take to begin with a prompt, before it is given the next.
const BEGINS: Duration = Duration::from_secs(5);

/// How long what the last host had not stored is waited for.
const CATCHING_UP: Duration = Duration::from_secs(1);

/// See the module.
#[derive(Debug, Default)]
#[cfg_attr(test, derive(Clone))]
pub struct Agent {
    pub(super) machine: Machine,
    /// A change that made no event yet, since there were too many.
    owed: Option<Change>,
    wake: Option<Instant>,
    standing: Standing,
    looks: Looks,
    /// What was read of its screen.
    screen: Reading,
    watch: Watch,
    /// The process whose registry is followed.
    registered: Option<u32>,
    /// The provider whose usage was counted last.
    counted: String,
    /// Until when a prompt that was given counts as not yet begun.
    given: Option<Instant>,
    /// Whether it was started to go on with a conversation.
    resumed: bool,
    /// The transcript that is being read, and whether there may be more by now.
    reading: Option<String>,
    read_again: bool,
    /// Whether its program has ended, and what it wrote down last is still to be read.
    reads_last: bool,
    /// Whether its conversation is looked for, and whether to look again since something has happened.
    seeking: bool,
    seek_again: bool,
    /// The database that has told what its conversation came to, and whether it is asked that for the last time, since
    /// its program has ended.
    database: Option<PathBuf>,
    counts_last: bool,
    /// The conversation that was known when it was looked for last.
    sought: Option<String>,
    /// When it is looked for again, since nothing was found, and how often it was since something has happened.
    seek_due: Option<Instant>,
    seeks: u32,
}

/// When the screen is looked at.
#[derive(Debug, Default)]
#[cfg_attr(test, derive(Clone))]
struct Looks {
    /// When it is due: a moment after the last output, so that it is whole.
    due: Option<Instant>,
    /// Since when it is due, should output not end.
    since: Option<Instant>,
    /// Whether it was put off, since what is drawn is not whole.
    put_off: bool,
}

/// Whether what time has made of the evidence may be judged.
#[derive(Debug, Default)]
#[cfg_attr(test, derive(Clone))]
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
            seek_again: !kept.is_empty(),
            machine,
            ..Self::default()
        }
    }

    /// Returns how many lines of what it writes down were too long to be read.
    pub fn long_lines(&self) -> u64 {
        self.machine.long_lines()
    }

    /// Sets without how much output work is stalled.
    pub fn set_stall_millis(&mut self, millis: u64) {
        self.machine.set_stall_millis(millis);
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

    /// Notes that it and another agent have written the same file.
    pub fn conflicts(&mut self, conflict: Conflict) {
        self.machine.conflicts(conflict);
    }

    /// Returns what it does.
    pub fn state(&self) -> State {
        self.machine.state()
    }

    /// Returns what a list shows of it, if there is an agent.
    pub fn info(&self) -> Option<AgentInfo> {
        self.machine.is_agent().then(|| self.machine.info())
    }

    /// Says whether it waits for the next prompt, as far as anybody knows.
    pub fn takes_a_prompt(&self, now: Now) -> bool {
        let given = self.given.is_some_and(|until| now.instant < until);
        matches!(self.state(), State::Idle | State::Done) && !given
    }

    /// Notes that it was given a prompt: it takes no other until it has begun with that.
    pub fn prompted(&mut self, now: Now) {
        self.given = Some(now.instant + BEGINS);
    }

    /// Returns the evidence for what it does.
    pub fn explain(&self) -> Part {
        let pieces = self.machine.evidence().into_iter().map(|shown| Explained {
            evidence: shown.evidence,
            last_millis: shown.last_millis,
            at: shown.place,
            decides: shown.decides,
            ended: shown.ended,
        });
        Part::Evidence {
            state: self.state(),
            reason: self.machine.info().reason,
            pieces: pieces.collect(),
        }
    }

    /// Says whether it has ended with a failure for which nobody had asked.
    pub fn has_failed(&self) -> bool {
        self.machine.has_failed()
    }

    /// Returns a state and why it is in it, for those who wait for it.
    fn reached(&self, state: State) -> Part {
        Part::Reached {
            state,
            reason: self.machine.info().reason,
        }
    }

    /// Returns how often the expressions over its screen were run.
    #[cfg(test)]
    pub fn screens_read(&self) -> usize {
        self.screen.times()
    }

    /// Returns when [`Session::attend`] is due.
    pub fn next_wake(&self) -> Option<Instant> {
        self.wake
    }
}

impl Session {
    /// Takes notice of something that happened at `at`.
    pub(super) fn observe(&mut self, observation: Observation<'_>, at: Moment, now: Now) {
        self.agent.reads_last |= matches!(observation, Observation::Ended { .. });
        let Some(change) = self.agent.machine.on(observation, at) else {
            return;
        };
        // It goes out at once, whatever else the list has to say.
        self.change();
        self.agent.seek_again = true;
        self.agent.seeks = 0;
        self.agent.given = None;
        if is_at_work(change.to) {
            // It has the conversation: whatever it says when it ends is of something else.
            self.agent.resumed = false;
        }
        if matches!(change.to, State::NeedsPermission | State::NeedsAnswer) {
            // The answers are on the screen.
            self.look_after(now);
        }
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
            self.note_change(change, now);
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
            place: self.cursor_place(),
        }
    }

    /// Returns where in the text the cursor is, if that is text that is kept.
    pub(super) fn cursor_place(&self) -> Option<LinePosition> {
        let terminal = self.fold.terminal()?;
        let kept = !terminal.modes().contains(Modes::ALT_SCREEN);
        kept.then(|| terminal.cursor_position())
    }

    fn note_change(&mut self, change: Change, now: Now) {
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
        // What a command of its person's goes on with is known to nobody before its file is found.
        if agent.is_some() && self.spec.agent.is_none() {
            self.count_since(at);
        }
    }

    /// The program could not be started.
    pub(super) fn observe_no_start(&mut self, reason: String, now: Now) {
        let agent = self.launcher.agent(&self.spec);
        if let Some(agent) = agent.map(|provider| provider.id.clone()) {
            let agent = agent.as_str();
            self.observe_now(Observation::NotStarted { agent, reason }, now);
        }
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

    /// Something that runs in the session says something of itself.
    pub(super) fn observe_report(
        &mut self,
        form: &str,
        body: &[u8],
        now: Now,
        effects: &mut Vec<Effect>,
    ) {
        if body.len() > REPORT_MAX || !self.life.alive() {
            return;
        }
        let provider = self.launcher.providers().get(form);
        match form {
            _ if provider.is_some_and(Provider::takes_hooks) => {
                if let Some(hook) = Hook::read(body) {
                    self.observe_now(Observation::Hook(&hook), now);
                    if let Some(file) = hook.wrote() {
                        let file = file.to_owned();
                        effects.push(Effect::Wrote { file });
                    }
                    if hook.ends_something() {
                        self.read_transcript(effects);
                    }
                }
            }
            "status" => self.observe_status(body, self.moment(now), now),
            _ => {
                tracing::debug!(session_id = %self.id, form, "a report in a form that is not known")
            }
        }
    }

    /// Has the agent's own registry followed, if it keeps one and another process is the agent now.
    fn follow_registry(&mut self, effects: &mut Vec<Effect>) {
        let pid = self.agent_pid().filter(|_| self.life.alive());
        if pid == self.agent.registered {
            return;
        }
        self.agent.registered = pid;
        let provider = self.agent.machine.provider();
        let provider = provider.and_then(|id| self.launcher.providers().get(id));
        if let (Some(provider), Some(pid)) = (provider.filter(|it| it.registry.is_some()), pid) {
            let provider = provider.id.clone();
            effects.push(Effect::FollowRegistry { provider, pid });
        }
    }

    /// Returns what a list shows of the agent, with what it was started with.
    pub(super) fn agent_info(&self) -> Option<AgentInfo> {
        let started = self.spec.agent.as_deref();
        let info = self.agent.info()?;
        Some(AgentInfo {
            model: started.and_then(|agent| agent.model.clone()),
            mode: started.and_then(|agent| agent.mode.clone()),
            ..info
        })
    }

    /// Returns the agent's process: the session's own, or one in its shell.
    fn agent_pid(&self) -> Option<u32> {
        let machine = &self.agent.machine;
        match machine.is_launched() {
            true => self.pid,
            false => machine.in_shell().map(|process| process.pid),
        }
    }

    /// The agent's own registry says something of a process.
    pub(super) fn on_registry(&mut self, pid: u32, entry: Entry, now: Now) {
        // One that has gone meanwhile says nothing any more.
        if self.agent_pid() != Some(pid) || !self.life.alive() {
            return;
        }
        self.observe_now(Observation::Said(Source::Registry, entry.says), now);
        if let Some(id) = entry.conversation {
            self.agent.seek_again |= self.agent.machine.conversation() != Some(&id[..]);
            self.agent.machine.converses(&id);
        }
    }

    /// Starts the agent as its provider says, if the session is for one.
    pub(super) fn prepare_agent(&mut self, spawn: &mut SpawnSpec, effects: &mut Vec<Effect>) {
        let again = self.agent.machine.resumable().map(str::to_owned);
        let planned = self.launcher.plan(self.id, &self.spec, again.as_deref());
        let (plan, folder) = match planned {
            Ok(Some(planned)) => planned,
            Ok(None) => return,
            // It was checked when the session was made; the table has changed since.
            Err(error) => {
                tracing::warn!(session_id = %self.id, error, "the agent is started without its arguments");
                return;
            }
        };
        launch::follow(&plan, spawn);
        self.agent.resumed = again.is_some();
        let files = plan.files.into_iter();
        effects.extend(files.map(|(name, text)| {
            let path = folder.join(name);
            Effect::Place { path, text }
        }));
        let agent = self.spec.agent.as_ref();
        let asked = agent.map(|agent| agent.conversation.clone());
        if again.is_some() || asked.as_ref().is_some_and(|it| *it != Conversation::New) {
            self.count_from_here();
        }
        match (&plan.conversation, asked) {
            (Some(id), Some(Conversation::Resume { .. })) => self.agent.machine.goes_on_with(id),
            (Some(id), _) if again.is_none() => self.agent.machine.converses(id),
            _ => {}
        }
    }

    /// Notes that the agent ended with a failure. If it says that it has no conversation such as it was to go on with,
    /// the next start begins another: else every start would end like this one.
    pub(super) fn on_failed_agent(&mut self) {
        if !std::mem::take(&mut self.agent.resumed) {
            return;
        }
        let provider = self.spec.agent.as_ref().map(|agent| &agent.provider);
        let provider = provider.and_then(|id| self.launcher.providers().get(id));
        if let (Some(provider), Some(terminal)) = (provider, self.fold.terminal())
            && provider.knows_no_conversation(&screen::last_rows(terminal))
        {
            self.agent.machine.has_no_conversation();
        }
    }

    /// Keeps what the agent has used and how long it has worked, if that has to be counted.
    fn count_usage(&mut self, now: Now) {
        if !matches!(self.agent.standing, Standing::Current) {
            return;
        }
        let zone = self.launcher.zone();
        let days = self
            .agent
            .machine
            .count(now.unix_millis, |millis| zone.day(millis));
        if days.is_empty() {
            return;
        }
        let (info, argv) = (self.agent.machine.info(), self.launcher.argv(&self.spec));
        // What one in a shell has done last is counted when it has gone.
        let known = &mut self.agent.counted;
        if !info.provider.is_empty() {
            known.clone_from(&info.provider);
        }
        let provider = known.clone();
        for (day, spent) in days {
            self.journal.usage(UsageDay {
                day,
                session: self.id,
                name: self.shown_name(&argv),
                project: self.spec.folder.clone(),
                provider: provider.clone(),
                model: info.usage.model.clone(),
                spent,
            });
        }
    }

    /// Answers those who wait for the state that the agent is in. One that has failed has ended, too.
    pub(super) fn tell_state(&mut self, effects: &mut Vec<Effect>) {
        let agent = &self.agent;
        let ended = agent.has_failed().then_some(State::Exited);
        for state in [agent.state()].into_iter().chain(ended) {
            self.waits.reached(state, || agent.reached(state), effects);
        }
    }

    /// Looks at the screen a moment after output.
    pub(super) fn look_after(&mut self, now: Now) {
        let provider = self.agent.machine.provider();
        let provider = provider.and_then(|id| self.launcher.providers().get(id));
        if !provider.is_some_and(Provider::reads_screens) {
            return;
        }
        let looks = &mut self.agent.looks;
        let since = *looks.since.get_or_insert(now.instant);
        looks.due = Some((now.instant + LOOK).min(since + LOOK_AT_MOST));
    }

    /// Has the screen looked at sooner, if something that was said waits for it.
    fn look_in_time(&mut self, now: Now) {
        let look = self.agent.machine.look_for();
        let looks = &mut self.agent.looks;
        if let Some(look) = look.filter(|_| !looks.put_off) {
            let millis = look.due_millis.saturating_sub(now.unix_millis);
            let due = now.instant + Duration::from_millis(millis);
            looks.due = looks.due.into_iter().chain([due]).min();
        }
    }

    fn look(&mut self, now: Now) {
        self.look_in_time(now);
        let looks = &mut self.agent.looks;
        if looks.due.is_none_or(|due| now.instant < due) {
            return;
        }
        let Some(terminal) = self.fold.terminal() else {
            *looks = Looks::default();
            return;
        };
        let waited = looks
            .since
            .map_or(Duration::ZERO, |since| now.instant - since);
        if terminal.sync_update_open() && waited < FRAME_AT_MOST {
            looks.due = Some(now.instant + LOOK);
            looks.since.get_or_insert(now.instant);
            looks.put_off = true;
            return;
        }
        let put_off = Looks {
            due: Some(now.instant + LOOK),
            since: Some(looks.since.unwrap_or(now.instant)),
            put_off: true,
        };
        *looks = Looks::default();
        let id = self.agent.machine.provider();
        let Some(provider) = id.and_then(|id| self.launcher.providers().get(id)) else {
            return;
        };
        let number = self.fold.terminal_number();
        let (says, choices, menu) = self.agent.screen.read((terminal, number), provider);
        // A question that is not drawn yet is waited for.
        let look = self.agent.machine.look_for();
        let waits = look.is_some_and(|it| it.for_question) && provider.shows_requests();
        if waits && !says.as_ref().is_some_and(|it| asks(it.state)) {
            self.agent.looks = put_off;
            return;
        }
        self.observe_now(Observation::Said(Source::Screen, says), now);
        let at = self.moment(now);
        self.agent.machine.offers(choices, &menu, at);
    }

    /// Does what is due, and keeps what changed.
    pub(super) fn attend(&mut self, now: Now, effects: &mut Vec<Effect>) {
        self.look(now);
        if self.agent.is_due(now) {
            self.observe_now(Observation::Tick, now);
        }
        if self.agent.owed.is_some() && self.manners.state.allows(now.unix_millis * 1_000) {
            let owed = self.agent.owed.take();
            owed.into_iter()
                .for_each(|owed| self.note_change(owed, now));
        }
        self.count_usage(now);
        if self.agent.machine.take_changed() && self.born {
            self.listing_changed = true;
            self.store_row();
        }
        self.tell_state(effects);
        if self.agent.takes_a_prompt(now)
            && let Some((id, client, name)) = self.commands.waiting()
        {
            // Who reads the events sees where its turn begins.
            self.event(EventBody::Command { id, client, name }, now);
            self.dispatch(id, now, effects);
        }
        self.attend_answers(now, effects);
        self.seek_conversation(now, effects);
        self.follow_registry(effects);
        self.watch_terminal(now, effects);
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
        self.look_in_time(now);
        let looks = self.agent.looks.due;
        let given = self
            .agent
            .given
            .filter(|_| self.commands.waiting().is_some());
        let counts = self.agent.machine.count_millis();
        let counts = counts.filter(|_| matches!(self.agent.standing, Standing::Current));
        let counts = counts.map(|due| {
            let millis = due.saturating_sub(now.unix_millis).max(1);
            now.instant + Duration::from_millis(millis)
        });
        let more = looks
            .into_iter()
            .chain(counts)
            .chain(given)
            .chain(self.agent.seek_due)
            .chain(self.terminal_due());
        self.agent.wake = self.agent.wake.into_iter().chain(more).min();
    }
}

/// Says in words how a process ended.
pub fn ending(code: i32, signal: i32) -> String {
    match (code, signal) {
        (0, 0) => "its program ended".into(),
        (code, 0) => format!("its program ended with exit code {code}"),
        (_, signal) => match SIGNALS.iter().find(|(number, _)| *number == signal) {
            Some((_, name)) => format!("its program was killed by {name}"),
            None => format!("its program was killed by signal {signal}"),
        },
    }
}

/// The signals that end programs, by their numbers on Linux.
const SIGNALS: &[(i32, &str)] = &[
    (1, "SIGHUP"),
    (2, "SIGINT"),
    (3, "SIGQUIT"),
    (4, "SIGILL"),
    (5, "SIGTRAP"),
    (6, "SIGABRT"),
    (7, "SIGBUS"),
    (8, "SIGFPE"),
    (9, "SIGKILL"),
    (11, "SIGSEGV"),
    (13, "SIGPIPE"),
    (15, "SIGTERM"),
    (24, "SIGXCPU"),
    (31, "SIGSYS"),
];

/// Says whether a program that nobody has ended fails so. Ctrl-C ends it in order, whether it leaves by itself then
/// (130, as shells say it) or not.
pub fn is_failure(code: i32, signal: i32) -> bool {
    !matches!((code, signal), (0, 0) | (130, 0) | (_, 2))
}

/// Says whether a signal is sent to end a program.
pub fn is_to_end(signal: i32) -> bool {
    matches!(signal, 1 | 3 | 9 | 15)
}

/// Says whether an event tells of another state.
pub fn is_change(event: &Event) -> bool {
    matches!(event.body, EventBody::Agent(AgentEvent::State { .. }))
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
