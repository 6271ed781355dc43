//! The machine that judges what one agent does: evidence in, a state and its reason out. The rule
//! that it keeps is in `agents.rs`.

mod hear;
mod in_shell;
mod judge;
mod process;
pub mod question;

use std::collections::BTreeMap;

use agor_proto::agent::{
    AgentInfo, Choice, Conflict, Evidence, Pending, PermissionKind, State, Usage,
};
use agor_proto::ids::LinePosition;
use agor_proto::limits::{AGENT_QUESTION_MAX, AGENT_REASON_MAX};
use agor_proto::usage::Spent;
use serde::{Deserialize, Serialize};

use super::claim::{Claim, Moment, Says, Source, asks};
use super::foreground::{Foreground, Process};
use super::hooks::Hook;
use super::ledger::Ledger;
use super::program_status::{self, Doing, Kind, Record, Records};
use super::tasks::Tasks;
use super::transcript::names_one;
use super::usage::{Counted, Form, Meter};
use super::written::Written;
use crate::zone::Day;
use hear::Heard;
use question::Question;

/// How long a weaker claim that work has stopped must stand before it ends a stronger one.
pub const SETTLE_MILLIS: u64 = 600;

/// The same for what follows within a second on a person's Esc or Ctrl-C, of which no hook tells.
pub const SETTLE_INTERRUPTED_MILLIS: u64 = 60;
const INTERRUPTS_MILLIS: u64 = 1_000;

/// How long its screen must show work before that ends a hook's word that the turn has ended: what is on the screen
/// then is often the last picture of that turn (Copilot CLI, after a failure that it tried again).
pub const AFTER_DONE_MILLIS: u64 = 500;

/// How long an agent that was started may take to show itself.
pub const STARTING_MILLIS: u64 = 120_000;

/// How long the last state of an agent that took back all that it said still holds: it is leaving, which
/// takes a second on a busy machine.
pub const LEAVING_MILLIS: u64 = 5_000;

/// How long a program's own word that it works must stand in its first moments: on a busy machine it is taken back
/// some time later.
pub const FLICKER_MILLIS: u64 = 90;

/// How long those moments are.
pub const FIRST_MILLIS: u64 = 2_000;

/// How long at most a title that says one of several things waits for a look at the screen.
pub const VAGUE_MILLIS: u64 = 600;

/// When that look is due at the latest, even if the program prints on: what was drawn with the title is there by then.
pub const LOOK_MILLIS: u64 = 80;

/// For how long a question that has just been asked may come to be drawn: what its screen adds to it until then makes
/// no other question of it (OpenCode's command came 67 ms after the frame around it), unless somebody has chosen an
/// answer by then.
pub const DRAWN_MILLIS: u64 = 600;

/// How long after a person's Esc or Ctrl-C a turn that ends was ended by it.
const INTERRUPT_MILLIS: u64 = 5_000;

/// Without output for so long, work is stalled, unless the settings say otherwise.
pub const STALL_MILLIS: u64 = 300_000;

/// Something that was observed of an agent.
#[derive(Debug)]
pub enum Observation<'a> {
    /// A program was started.
    Started {
        /// If it is a known agent: its provider's id, and whether it will show itself by something.
        agent: Option<(&'a str, bool)>,
    },
    /// It reported its status (OSC 7501): the body of the report.
    Status(&'a [u8]),
    /// The terminal was reset (RIS): what was said through it no longer holds.
    Reset,
    /// Somebody has the terminal: the shell, something else, or an agent.
    Foreground {
        /// Who.
        found: &'a Foreground,
        /// If it is an agent: its name, and whether it will show itself by something.
        agent: Option<(&'a str, bool)>,
    },
    /// The shell prompts.
    Prompted,
    /// The shell runs a command.
    CommandBegan,
    /// A source says something, or nothing any more.
    Said(Source, Option<Says>),
    /// A hook told something.
    Hook(&'a Hook),
    /// A tool began.
    ToolBegan {
        /// Its id.
        id: &'a str,
        /// Its name.
        tool: &'a str,
    },
    /// A tool ended, however.
    ToolEnded {
        /// Its id.
        id: &'a str,
    },
    /// A task beside the turn began.
    TaskBegan {
        /// Its id.
        id: &'a str,
        /// What it is.
        what: &'a str,
    },
    /// A task beside the turn ended, however.
    TaskEnded {
        /// Its id.
        id: &'a str,
    },
    /// The person pressed what interrupts a turn.
    Interrupted,
    /// It printed something.
    Output,
    /// A client showed its person the state.
    Seen,
    /// The person has asked for the process's end.
    AskedToEnd,
    /// The process ended, in words.
    Ended {
        /// How.
        reason: String,
        /// Whether a program that nobody has ended fails so.
        failed: bool,
    },
    /// A program could not be started.
    NotStarted {
        /// The agent that it was to be: its provider's id.
        agent: &'a str,
        /// Why, in words.
        reason: String,
    },
    /// Time passed; see [`Machine::wake_millis`].
    Tick,
}

/// A change of state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// What it was.
    pub from: State,
    /// What it is.
    pub to: State,
    /// Why.
    pub evidence: Evidence,
}

/// What an agent is believed to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Judged {
    state: State,
    source: Option<Source>,
    reason: String,
    pending: Option<Pending>,
    /// Since when it is in the state.
    since: Moment,
}

impl Default for Judged {
    fn default() -> Self {
        Self {
            state: State::Unknown,
            source: None,
            reason: "nothing says what it does".into(),
            pending: None,
            since: Moment::default(),
        }
    }
}

impl Judged {
    /// Returns what is asked, as far as it is told.
    fn asked(&self) -> &str {
        self.pending.as_ref().map_or("", |pending| &pending.text)
    }
}

/// See the module. It is kept with its session, so that the next host goes on with it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Machine {
    provider: Option<String>,
    /// Whether the provider is the session's own, not that of a program which a shell runs.
    launched: bool,
    /// The agent that was seen to have the terminal of a shell.
    in_shell: Option<Process>,
    conversation: Option<String>,
    /// The file with the conversation.
    transcript: String,
    /// Whether the conversation holds a prompt, so that there is something to resume.
    prompted: bool,
    heard: Heard,
    claims: BTreeMap<Source, Claim>,
    records: Records,
    /// The name that the program gives itself (OSC 7501).
    app: String,
    tools: Tasks,
    background: Tasks,
    judged: Judged,
    /// The answers that the screen offers, and what the menu says that they are of, if they are.
    choices: Vec<Choice>,
    menu: String,
    /// Which question is asked, or was last.
    question: Question,
    ended: bool,
    /// Whether its person has asked for its end, and whether it ended with a failure for which they had not.
    asked_to_end: bool,
    failed: bool,
    /// Whether nobody has seen yet that it is done, or that it ended with a failure.
    unseen: bool,
    /// The claim of being done that was last taken notice of.
    done_since: Option<Moment>,
    interrupted_millis: Option<u64>,
    output_millis: u64,
    /// When its screen was looked at last; none if nobody can read it.
    looked_millis: Option<u64>,
    /// When it first showed itself.
    shown_millis: Option<u64>,
    /// When its first turn began.
    begun_millis: Option<u64>,
    /// Since when nothing is said any more.
    silent_millis: Option<u64>,
    usage: Usage,
    meter: Meter,
    ledger: Ledger,
    conflict: Option<Conflict>,
    #[serde(skip)]
    stall_millis: Option<u64>,
    #[serde(skip)]
    wake_millis: Option<u64>,
    #[serde(skip)]
    look: Option<LookFor>,
    #[serde(skip)]
    changed: bool,
}

/// A look at the screen that a claim waits for, since it says one of several things.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LookFor {
    /// Whether it is to tell which question is asked.
    pub for_question: bool,
    /// When it is due, in milliseconds since 1970.
    pub due_millis: u64,
}

/// A piece of evidence, as it is explained.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// What it says.
    pub evidence: Evidence,
    /// When its source said so last, in milliseconds since 1970.
    pub last_millis: u64,
    /// Where in the text its source began to say so.
    pub place: Option<LinePosition>,
    /// Whether it decides.
    pub decides: bool,
    /// Whether something newer ended it.
    pub ended: bool,
}

impl Machine {
    /// Takes notice of something and says whether the state changed by it.
    pub fn on(&mut self, observation: Observation<'_>, now: Moment) -> Option<Change> {
        self.note(observation, now);
        self.judge(now)
    }

    /// Returns what the agent does.
    #[must_use]
    pub fn state(&self) -> State {
        self.judged.state
    }

    /// Returns the provider, by its id.
    #[must_use]
    pub fn provider(&self) -> Option<&str> {
        self.provider.as_deref()
    }

    /// Returns the name that the program gives itself.
    #[must_use]
    pub fn app(&self) -> &str {
        &self.app
    }

    /// Notes which known agent a program has turned out to be.
    pub fn recognized(&mut self, provider: &str) {
        if self.provider.is_none() {
            self.provider = Some(provider.to_owned());
            self.changed = true;
        }
    }

    /// Notes the answers that the screen offers, as far as they answer what is asked, and what the menu says if they
    /// are one.
    pub fn offers(&mut self, mut choices: Vec<Choice>, menu: &str, now: Moment) {
        let state = self.judged.state;
        choices.retain(|choice| match choice.kind {
            PermissionKind::Choose => state == State::NeedsAnswer,
            _ => state == State::NeedsPermission,
        });
        let menu = if choices.iter().any(chooses) {
            menu
        } else {
            ""
        };
        if self.choices == choices && self.menu == menu {
            return;
        }
        self.changed = true;
        // Other answers are another question's, though it may read the same, and so is a menu with the same answers
        // and other words. Where a menu has gone, a digit that was one of its answers is a letter of something else.
        let others = !self.choices.is_empty() && !choices.is_empty();
        let gone = self.offers_menu() && choices.is_empty() && !self.question.is_answered();
        if others || gone {
            self.question.begin(now.at_millis);
        }
        self.choices = choices;
        menu.clone_into(&mut self.menu);
    }

    /// Says whether the question that is asked is answered by choosing from a menu.
    #[must_use]
    pub fn offers_menu(&self) -> bool {
        self.choices.iter().any(chooses)
    }

    /// Returns since when a question is asked, in milliseconds since 1970; `None` if it is not asked any more,
    /// or is answered.
    #[must_use]
    pub fn unanswered(&self, question: u64) -> Option<u64> {
        let known = &self.question;
        let open = asks(self.judged.state) && known.id == question && !known.is_answered();
        open.then_some(known.since_millis)
    }

    /// Notes that somebody has chosen an answer to a question. If more of it is told before that is given, it is
    /// another.
    pub fn answer_comes(&mut self, question: u64) {
        if self.question.id == question {
            self.question.answer_comes();
        }
    }

    /// Notes that the question that is asked is being answered.
    pub fn answered(&mut self, now: Moment) {
        self.question.answer(now.at_millis);
        self.changed = true;
    }

    /// Returns the provider's id of the conversation.
    #[must_use]
    pub fn conversation(&self) -> Option<&str> {
        self.conversation.as_deref()
    }

    /// Notes the provider's id of the conversation.
    pub fn converses(&mut self, conversation: &str) {
        if self.conversation.as_deref() != Some(conversation) {
            self.conversation = Some(conversation.to_owned());
            self.transcript.clear();
            self.prompted = false;
            self.changed = true;
        }
    }

    /// Notes the provider's id of a conversation that holds something already.
    pub fn goes_on_with(&mut self, conversation: &str) {
        self.converses(conversation);
        self.prompted = true;
    }

    /// Notes that the provider knows no such conversation: it was never kept, or it is gone.
    pub fn has_no_conversation(&mut self) {
        self.conversation = None;
        self.transcript.clear();
        self.prompted = false;
        self.changed = true;
    }

    /// Returns the conversation that can be resumed: one in which something was said.
    #[must_use]
    pub fn resumable(&self) -> Option<&str> {
        // An earlier release kept whatever it was told.
        self.conversation()
            .filter(|id| self.prompted && names_one(id))
    }

    /// Returns when its first turn began, in milliseconds since 1970.
    #[must_use]
    pub fn begun_millis(&self) -> Option<u64> {
        self.begun_millis
    }

    /// Returns when the session's own agent was started, in milliseconds since 1970, as far as that is known.
    #[must_use]
    pub fn started_millis(&self) -> Option<u64> {
        let process = self.claims.get(&Source::Process);
        let process = process.filter(|_| self.launched && !self.ended)?;
        Some(process.since.at_millis)
    }

    /// Notes the file with the conversation.
    pub fn is_written_to(&mut self, transcript: &str) {
        if self.transcript != transcript {
            transcript.clone_into(&mut self.transcript);
            // One that is there cannot be begun again.
            self.prompted = true;
            self.changed = true;
        }
    }

    /// Returns the file with the conversation, if it is known, and from where on it is to be read.
    pub fn transcript(&mut self) -> Option<(String, u64)> {
        if self.transcript.is_empty() {
            return None;
        }
        let from = self.meter.begin(&self.transcript);
        Some((self.transcript.clone(), from))
    }

    /// Notes that another session has counted what the conversation holds that it goes on with, or is a copy of.
    pub fn counts_from_here(&mut self) {
        self.meter.skip_what_is_there();
        self.changed = true;
    }

    /// Notes when the program began that may go on with any conversation: what was written before is not its own.
    pub fn counts_since(&mut self, millis: u64) {
        self.meter.counts_since(millis);
        self.changed = true;
    }

    /// Notes that the transcript was read to its end.
    pub fn transcript_is_read(&mut self) {
        self.meter.reached_the_end();
        self.show_usage();
    }

    /// Returns how many lines of its transcripts were too long to be read.
    #[must_use]
    pub fn long_lines(&self) -> u64 {
        self.meter.long_lines()
    }

    /// Takes in what follows in the transcript.
    pub fn read_transcript(&mut self, form: Form, bytes: &[u8]) {
        self.meter.read(form, bytes);
        self.show_usage();
    }

    /// Takes in what a conversation came to, as the agent's database says, if it is still the one: it was asked a while
    /// ago.
    pub fn counts(&mut self, conversation: &str, counted: &Counted) {
        if self.conversation() == Some(conversation) {
            self.meter.take_whole(conversation, counted);
            self.show_usage();
        }
    }

    /// Takes in which files its database says that it has written.
    pub fn note_written(&mut self, written: Vec<Written>) {
        self.meter.note_written(written);
    }

    /// Returns when the last file was written that its transcript or its database has told of, in milliseconds since
    /// 1970.
    #[must_use]
    pub fn written_millis(&self) -> u64 {
        self.meter.written_millis()
    }

    /// Takes the files that it has written since this was asked last, each once. What its conversation says of the time
    /// before it was started or seen counts no more; one with hooks tells by them.
    pub fn take_written(&mut self) -> Vec<String> {
        let written = self.meter.take_written();
        let process = self.claims.get(&Source::Process).filter(|_| !self.ended);
        let Some(process) = process.filter(|_| !self.claims.contains_key(&Source::Hook)) else {
            return Vec::new();
        };
        let mut files = Vec::new();
        for Written { file, at_millis } in written {
            if at_millis >= process.since.at_millis && !files.contains(&file) {
                files.push(file);
            }
        }
        files
    }

    fn show_usage(&mut self) {
        if self.meter.has_read() && !self.prompted {
            self.prompted = true;
            self.changed = true;
        }
        let former = self.usage.clone();
        self.meter.show(&mut self.usage);
        self.changed |= self.usage != former;
    }

    /// Counts what was used and how long it worked up to now, if that is due; returns the days whose sums
    /// changed.
    pub fn count(&mut self, now_millis: u64, day_of: impl Fn(u64) -> Day) -> Vec<(i64, Spent)> {
        let state = self.judged.state;
        if !self.ledger.is_due(state, &self.usage, now_millis) {
            return Vec::new();
        }
        self.changed = true;
        self.ledger.count(state, &self.usage, now_millis, day_of)
    }

    /// Returns when [`Machine::count`] is due, if time passes that counts.
    #[must_use]
    pub fn count_millis(&self) -> Option<u64> {
        self.ledger.due_millis()
    }

    /// Sets without how much output work is stalled.
    pub fn set_stall_millis(&mut self, millis: u64) {
        self.stall_millis = Some(millis);
    }

    /// Returns when [`Observation::Tick`] is due, in milliseconds since 1970.
    #[must_use]
    pub fn wake_millis(&self) -> Option<u64> {
        self.wake_millis
    }

    /// Returns the look at the screen that a claim waits for, if one does.
    #[must_use]
    pub fn look_for(&self) -> Option<LookFor> {
        self.look
    }

    /// Says whether there is something to keep since the last call.
    pub fn take_changed(&mut self) -> bool {
        std::mem::take(&mut self.changed)
    }

    /// Says whether anything is known that a list could show.
    #[must_use]
    pub fn is_agent(&self) -> bool {
        let said = |source: &Source| *source != Source::Process;
        self.provider.is_some() || !self.app.is_empty() || self.claims.keys().any(said)
    }

    /// Returns what a list shows.
    #[must_use]
    pub fn info(&self) -> AgentInfo {
        let count = |tasks: usize| u32::try_from(tasks).unwrap_or(u32::MAX);
        let provider = self.provider.clone();
        AgentInfo {
            provider: provider.unwrap_or_else(|| self.app.clone()),
            conversation: self.conversation.clone(),
            conversation_empty: self.conversation.is_some() && !self.prompted,
            // Of what it was started with; the session knows.
            model: None,
            mode: None,
            since_millis: self.judged.since.at_millis,
            reason: cut(&self.judged.reason, AGENT_REASON_MAX),
            source: self.source().on_wire(),
            tools: count(self.tools.len()),
            background: count(self.background.len() + self.records.working_beside()),
            pending: self.pending(),
            usage: self.usage.clone(),
            conflict: self.conflict.clone(),
        }
    }

    /// Notes that another agent has written a file that this one has written, or this one that of another.
    pub fn conflicts(&mut self, conflict: Conflict) {
        self.conflict = Some(conflict);
        self.changed = true;
    }

    fn pending(&self) -> Option<Pending> {
        if !asks(self.judged.state) {
            return None;
        }
        Some(Pending {
            text: cut(self.judged.asked(), AGENT_QUESTION_MAX),
            choices: self.choices.clone(),
            id: self.question.id,
            answered: self.question.is_answered(),
        })
    }

    /// Returns every piece of evidence, the strongest first.
    #[must_use]
    pub fn evidence(&self) -> Vec<Shown> {
        let shown = |(&source, claim): (&Source, &Claim)| Shown {
            evidence: claim.evidence(source),
            last_millis: claim.at.at_millis,
            place: claim.since.place,
            decides: self.judged.source == Some(source),
            ended: claim.ended,
        };
        self.claims.iter().map(shown).collect()
    }

    fn source(&self) -> Source {
        self.judged.source.unwrap_or(Source::Process)
    }

    fn note(&mut self, observation: Observation<'_>, now: Moment) {
        match observation {
            Observation::Started { agent } => self.started(agent, now),
            Observation::Status(body) => {
                let Some(report) = program_status::parse(body, now) else {
                    return;
                };
                self.records.take(report);
                self.read_records(now);
                let decisive = self.records.decisive();
                if decisive.is_some_and(|record| record.doing == Doing::Blocked) {
                    self.question.asked_anew(now.at_millis);
                }
            }
            Observation::Reset => {
                self.records.clear();
                self.read_records(now);
                for source in [Source::Title, Source::Progress] {
                    self.say(source, None, now);
                }
            }
            Observation::Foreground { found, agent } => self.in_foreground(found, agent, now),
            Observation::Prompted => self.shell_prompted(now),
            Observation::CommandBegan => self.command_began(now),
            Observation::Said(source, says) => {
                if source == Source::Screen {
                    self.looked_millis = Some(now.at_millis);
                }
                self.say(source, says, now);
            }
            Observation::Hook(hook) => self.hear(hook, now),
            Observation::ToolBegan { id, tool } => {
                self.tools.begin(id, tool);
                self.changed = true;
            }
            Observation::ToolEnded { id } => {
                self.tools.end(id);
                self.changed = true;
            }
            Observation::TaskBegan { id, what } => {
                self.background.begin(id, what);
                self.changed = true;
            }
            Observation::TaskEnded { id } => {
                self.background.end(id);
                self.changed = true;
            }
            Observation::Interrupted => self.interrupted_millis = Some(now.at_millis),
            Observation::Output => self.output_millis = now.at_millis,
            Observation::Seen => {
                self.changed |= self.unseen || self.conflict.is_some();
                self.unseen = false;
                self.conflict = None;
            }
            Observation::AskedToEnd => self.asked_to_end(),
            Observation::Ended { reason, failed } => self.ended(reason, failed, now),
            Observation::NotStarted { agent, reason } => {
                self.started(Some((agent, false)), now);
                // Another failure than one that is known.
                self.judged.since = now;
                self.end(reason, true, now);
            }
            Observation::Tick => {}
        }
    }

    fn say(&mut self, source: Source, says: Option<Says>, now: Moment) {
        let former = self.claims.remove(&source);
        let claim = says.map(|says| Claim::follow(former.as_ref(), says, now));
        let same = |a: &Claim, b: &Claim| {
            (a.state, a.ended, &a.reason, &a.pending) == (b.state, b.ended, &b.reason, &b.pending)
        };
        self.changed |= match (&former, &claim) {
            (Some(former), Some(claim)) => !same(former, claim),
            (None, None) => false,
            _ => true,
        };
        self.claims.extend(claim.map(|claim| (source, claim)));
    }

    /// Makes the protocol's claim from what the program reported.
    fn read_records(&mut self, now: Moment) {
        self.changed = true;
        let Some(record) = self.records.decisive() else {
            if let Some(former) = self.claims.remove(&Source::Protocol) {
                self.supersede(&former);
            }
            return;
        };
        let app = self.records.app(record);
        if !app.is_empty() {
            self.app = app.to_owned();
        }
        let mut claim = Claim::follow(None, says(record), now);
        claim.since = record.since;
        claim.at = record.at;
        self.claims.insert(Source::Protocol, claim);
    }

    /// What the strongest source said last outlives it: weaker claims that were older and other do
    /// not come back.
    fn supersede(&mut self, former: &Claim) {
        for claim in self.claims.values_mut() {
            if claim.at.at_millis <= former.at.at_millis && !claim.allows(former.state) {
                claim.ended = true;
            }
        }
    }
}

/// Returns what a record says of the agent.
fn says(record: &Record) -> Says {
    let (state, plain) = match (record.doing, record.kind) {
        (Doing::Idle, _) => (State::Idle, "it says that it is ready"),
        (Doing::Working, _) => (State::Working, "it says that it works"),
        (Doing::Done, _) => (State::Done, "it says that it is done"),
        (Doing::Error, _) => (State::Error, "it says that it failed"),
        (Doing::Blocked, Some(Kind::Permission)) => {
            (State::NeedsPermission, "it asks for permission")
        }
        (Doing::Blocked, Some(Kind::Auth)) => (State::NeedsAnswer, "it asks to be logged in"),
        (Doing::Blocked, _) => (State::NeedsAnswer, "it waits for you"),
    };
    let told = [&record.message, &record.title]
        .into_iter()
        .find(|text| !text.is_empty());
    let mut reason = told.map_or_else(|| plain.to_owned(), String::clone);
    if let Some(percent) = record.progress {
        reason = format!("{reason} ({percent} %)");
    }
    let pending = (record.doing == Doing::Blocked).then(|| Pending {
        text: told.cloned().unwrap_or_default(),
        ..Pending::default()
    });
    Says {
        pending,
        ..Says::just(state, reason)
    }
}

fn chooses(choice: &Choice) -> bool {
    choice.kind == PermissionKind::Choose
}

fn cut(text: &str, max: usize) -> String {
    text[..text.floor_char_boundary(max)].to_owned()
}

#[cfg(test)]
mod tests;
