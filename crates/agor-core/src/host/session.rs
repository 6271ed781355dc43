//! What one session does about whatever happens to it. Decides; does no I/O and reads no clock
//! (the task that feeds it is `actor.rs`).
//!
//! Each concern keeps its own state in a module beside this file; this file routes causes to them
//! and holds what they share.

mod agent;
mod answers;
mod causes;
mod clipboard;
mod commands;
mod dispatch;
mod figures;
mod find;
mod fold;
mod journal;
mod launch;
mod lease;
mod manners;
mod marks;
mod record;
mod screens;
mod shelf;
mod shell;
mod stuck;
mod subscribers;
mod waits;
mod wishes;

use std::sync::Arc;
use std::time::{Duration, Instant};

use agor_keeper::{Request, RequestFault, SessionKey};
use agor_proto::agent::State;
use agor_proto::command::{CommandBody, Outcome};
use agor_proto::error::{ErrorCode, WireError};
use agor_proto::event::EventBody;
use agor_proto::ids::{LogEpoch, Offset, Seq, SessionId, Size};
use agor_proto::limits;
use agor_proto::message::{Part, Query, Until, Visibility};
use agor_proto::session::{Life, SessionInfo, SessionSpec};
use agor_term::{LeftPage, Terminal};

use crate::agents::Observation;
use crate::storage::{SessionRow, StoreError, StoredReceipt, StoredSession};

pub use answers::event_parts;
pub use causes::{Cause, Effect, Now, Wish};
pub use figures::Figures;
pub use fold::{Fold, Line, Rebuild, TerminalOptions, in_frames};
pub use launch::{Launcher, Reporting};
pub use shelf::{Look, Shelf};
pub use shell::ShellFiles;

use agent::{Agent, When};
use clipboard::Clipboards;
use commands::Commands;
use journal::Journal;
use lease::LeaseDesk;
use manners::Manners;
use screens::Screens;
use subscribers::Subscribers;
use waits::Waits;

/// How long a program may take after a hang-up before it is killed.
const KILL_GRACE: Duration = Duration::from_secs(1);

/// What the list shows of a command.
const LISTED_ARGV_BYTES: usize = 400;

/// Between two changes of a session's list entry that only say that it is active.
const ACTIVITY_INTERVAL: Duration = Duration::from_secs(1);

/// One session.
#[derive(Debug)]
#[cfg_attr(test, derive(Clone))]
pub struct Session {
    id: SessionId,
    key: SessionKey,
    spec: SessionSpec,
    name: String,
    life: Life,
    pid: Option<u32>,
    /// Whether the keeper has a ring for it.
    ring: bool,
    /// Whether the record said that nobody can write any more.
    closed: bool,
    created_millis: u64,
    active_millis: u64,
    size: Size,
    cwd: String,
    title: String,
    /// When the title was set, by the record's clock; 0 if that was before this host.
    titled_millis: u64,
    fold: Fold,
    /// What left the terminal's memory.
    shelf: Arc<Shelf>,
    journal: Journal,
    commands: Commands,
    subscribers: Subscribers,
    screens: Screens,
    lease: LeaseDesk,
    clipboards: Clipboards,
    waits: Waits,
    manners: Manners,
    agent: Agent,
    /// Where the last checkpoint stands.
    checkpoint_at: Offset,
    /// When it was made.
    checkpointed: Option<Instant>,
    /// One that waits until the images that it names are on disk, and where the one before it stands.
    checkpoint: Option<(Offset, Vec<u8>, Offset)>,
    launcher: Launcher,
    /// Whether a command has created it, now or in an earlier life of the host.
    born: bool,
    /// Whether the keeper is ending everything of it. What is started meanwhile would be ended too:
    /// processes are known by the session's mark.
    killing: bool,
    /// The size that the keeper was asked for last.
    asked_size: Option<Size>,
    /// The size that the driver wants of a program that does not run yet, or again.
    wanted_size: Option<Size>,
    /// When those who wait are told of the program's end, should its output not end before.
    end_due: Option<Instant>,
    listed_at: Option<Instant>,
    listing_changed: bool,
    removed: bool,
    /// Why nothing can be stored for now.
    storage_problem: Option<StoreError>,
    /// When those who wait for a removal on a full disk are told that it may take for ever.
    removal_due: Option<Instant>,
}

impl Session {
    /// Returns a session that a command is about to create.
    #[must_use]
    pub fn unborn(id: SessionId, epoch: LogEpoch, launcher: Launcher, now: Now) -> Self {
        let spec = SessionSpec {
            argv: Vec::new(),
            folder: "/".into(),
            cwd: None,
            agent: None,
            name: String::new(),
            env: Vec::new(),
            size: Size::cells(80, 24),
            private: false,
        };
        let row = SessionRow {
            id,
            spec,
            name: String::new(),
            life: Life::Starting,
            cwd: String::new(),
            title: String::new(),
            size: Size::cells(80, 24),
            created_millis: now.unix_millis,
            active_millis: now.unix_millis,
            epoch,
            agent: Vec::new(),
        };
        let stored = StoredSession::begun(row, Offset(0));
        let mut session = Self::from_store(stored, launcher);
        session.born = false;
        session
    }

    /// Returns a session as the store has it. Its terminal comes later (see
    /// [`Session::wants_terminal`]).
    #[must_use]
    pub fn from_store(stored: StoredSession, launcher: Launcher) -> Self {
        let StoredSession {
            row,
            first_seq,
            last_seq,
            end,
            ..
        } = stored;
        let journal = Journal::new(&row, first_seq, last_seq, end);
        let mut agent = Agent::from_store(row.id, &row.agent);
        agent.set_stall_millis(launcher.stall_millis(&row.spec.folder));
        Self {
            id: row.id,
            key: SessionKey(row.id.bytes()),
            name: row.name,
            life: row.life,
            pid: None,
            ring: false,
            closed: false,
            created_millis: row.created_millis,
            active_millis: row.active_millis,
            size: row.size,
            cwd: row.cwd,
            title: row.title,
            titled_millis: 0,
            fold: Fold::new(end, launcher.terminal_options()),
            shelf: Arc::default(),
            journal,
            commands: Commands::default(),
            subscribers: Subscribers::default(),
            screens: Screens::new(row.id),
            lease: LeaseDesk::default(),
            clipboards: Clipboards::default(),
            waits: Waits::default(),
            manners: Manners::default(),
            agent,
            checkpoint_at: end,
            checkpointed: None,
            checkpoint: None,
            launcher,
            born: true,
            killing: false,
            asked_size: None,
            wanted_size: None,
            end_due: None,
            listed_at: None,
            listing_changed: true,
            removed: false,
            storage_problem: None,
            removal_due: None,
            spec: row.spec,
        }
    }

    /// Says that the keeper still has this session's program or what it left, as a host finds it
    /// when it starts. `drained` says that its output has ended and all of it is stored.
    pub fn adopt(&mut self, pid: u32, alive: bool, drained: bool) {
        self.ring = true;
        self.closed = drained;
        self.pid = alive.then_some(pid);
        if alive {
            self.life = Life::Running;
        }
        self.listing_changed = true;
    }

    /// Says that no keeper has this session's program, as a host finds it when it starts.
    pub fn orphan(&mut self, now: Now) {
        if self.life.alive() {
            self.lose(now);
        }
    }

    /// Ends the commands that an earlier life of the host had accepted and not finished.
    pub fn interrupt(&mut self, receipts: Vec<StoredReceipt>, now: Now) {
        for receipt in receipts {
            self.journal
                .finish_unknown(receipt, self.fold.offset(), now);
        }
    }

    /// Returns the session's id.
    #[must_use]
    pub fn id(&self) -> SessionId {
        self.id
    }

    /// Returns what the session was made from.
    #[must_use]
    pub fn spec(&self) -> &SessionSpec {
        &self.spec
    }

    /// Returns the offset up to which records were folded; reading of the ring goes on there.
    #[must_use]
    pub fn offset(&self) -> Offset {
        self.fold.offset()
    }

    /// Says whether the session runs, as far as is known.
    #[must_use]
    pub fn alive(&self) -> bool {
        self.life.alive()
    }

    /// Says whether `cause` can only be dealt with once the terminal is there.
    #[must_use]
    pub fn wants_terminal(&self, cause: &Cause) -> bool {
        if self.fold.terminal().is_some() {
            return false;
        }
        match cause {
            Cause::Ring { .. } => true,
            Cause::Asked { what, .. } => match &**what {
                Wish::Subscribe(subscribe) => subscribe.view != Visibility::Hidden,
                Wish::View(view) => *view != Visibility::Hidden,
                Wish::Ask { query, .. } => !matches!(
                    query,
                    Query::Record { .. }
                        | Query::Events { .. }
                        | Query::Explain { .. }
                        | Query::WaitState { .. }
                        | Query::Wait {
                            until: Until::Exit | Until::Idle { .. },
                            ..
                        }
                ),
                Wish::Type(_) => true,
                Wish::Command { command, .. } => matches!(
                    command.body,
                    CommandBody::Send { .. }
                        | CommandBody::SendWhenIdle { .. }
                        | CommandBody::Answer { .. }
                        | CommandBody::Restart { .. }
                ),
                _ => false,
            },
            _ => false,
        }
    }

    /// Gives the session its terminal, as the store's record folds to from `checkpoint` on, with what
    /// is stored of the pages that left it, and those that left it since the checkpoint.
    pub fn set_terminal(
        &mut self,
        terminal: Terminal,
        checkpoint: Offset,
        shelf: Shelf,
        left: Vec<LeftPage>,
    ) {
        self.checkpoint_at = checkpoint;
        self.fold.set_terminal(terminal);
        self.shelf = Arc::new(shelf);
        self.shelve(left);
    }

    /// Gives the session an empty terminal.
    pub fn begin_terminal(&mut self) {
        self.fold.begin(self.size);
    }

    /// Returns how the list shows the session.
    #[must_use]
    pub fn info(&self) -> SessionInfo {
        let mut argv = self.launcher.argv(&self.spec);
        let name = self.shown_name(&argv);
        // A list shows what fits a line, and must fit a frame with a thousand sessions.
        let mut room = LISTED_ARGV_BYTES;
        argv.retain_mut(|word| {
            let kept = word.floor_char_boundary(room);
            word.truncate(kept);
            room -= kept;
            kept > 0
        });
        SessionInfo {
            id: self.id,
            name,
            argv,
            folder: self.spec.folder.clone(),
            cwd: self.folder_now().to_owned(),
            title: self.title.clone(),
            size: self.size,
            state: match &self.life {
                Life::Starting => State::Starting,
                Life::Running => self.agent.state(),
                _ if self.agent.has_failed() => self.agent.state(),
                Life::Failed { .. } => State::Error,
                Life::Exited { .. } | Life::Lost => State::Exited,
            },
            agent: self.agent_info(),
            life: self.life.clone(),
            pid: self.pid,
            private: self.spec.private,
            created_millis: self.created_millis,
            active_millis: self.active_millis,
            offset: self.fold.offset(),
            epoch: self.journal.epoch(),
            seq: self.journal.last_seq(),
        }
    }

    fn shown_name(&self, argv: &[String]) -> String {
        if !self.name.is_empty() {
            return self.name.clone();
        }
        let program = argv.first().map_or("", String::as_str);
        program.rsplit('/').next().unwrap_or(program).to_owned()
    }

    /// Returns how far its record is on disk.
    #[must_use]
    pub fn committed(&self) -> Offset {
        self.journal.committed_offset()
    }

    /// Returns the evidence for what its agent does.
    #[must_use]
    pub fn explain(&self) -> Part {
        self.agent.explain()
    }

    /// Returns when [`Cause::Tick`] is due.
    #[must_use]
    pub fn next_wake(&self) -> Option<Instant> {
        let listed = self.listing_changed && self.born && !self.removed;
        let activity = match (listed, self.listed_at) {
            (true, Some(at)) => Some(at + ACTIVITY_INTERVAL),
            _ => None,
        };
        [
            self.screens.next_wake(&self.fold),
            self.waits.next_wake(),
            self.clipboards.next_wake(),
            self.commands.next_wake(),
            activity,
            self.end_due,
            self.agent.next_wake(),
            self.removal_due,
        ]
        .into_iter()
        .flatten()
        .min()
    }

    /// Does what follows from `cause`, which happened at `now`.
    pub fn on(&mut self, cause: Cause, now: Now, effects: &mut Vec<Effect>) {
        match cause {
            Cause::Ring { from, bytes } => self.on_records(from, &bytes, now, effects),
            Cause::RingKept => {
                self.look_at_terminal(When::Soon, now);
                effects.push(Effect::Release(self.fold.offset()));
            }
            Cause::Gap { to } => {
                let from = self.fold.offset();
                self.fold.skip_to(to);
                self.journal.gap(from, to);
            }
            Cause::Spawned { pid } => {
                self.ring = true;
                self.closed = false;
                self.pid = Some(pid);
                self.asked_size = None;
                let at = self.fold.offset();
                if self.commands.started(&mut self.journal, at, now) {
                    self.ask_kill(effects);
                }
                if let Some(size) = self.wanted_size.take() {
                    self.ask_size(size, effects);
                }
                self.change();
            }
            Cause::SpawnFailed { reason, cwd_errno } => {
                if cwd_errno.is_some() && self.fall_back_to_project(now, effects) {
                    return self.settle(now, effects);
                }
                let reason = match (cwd_errno, self.launcher.how_to_get(&self.spec)) {
                    (Some(errno), _) => launch::no_folder(self.start_folder(), errno),
                    (None, Some(get)) => format!("{reason}; {get}"),
                    (None, None) => reason,
                };
                self.life = Life::Failed {
                    reason: reason.clone(),
                };
                self.pid = None;
                self.event(
                    EventBody::Failed {
                        reason: reason.clone(),
                    },
                    now,
                );
                self.observe_no_start(reason.clone(), now);
                self.commands
                    .start_failed(reason, &mut self.journal, self.fold.offset(), now);
                self.tell_end(effects);
                self.store_session();
            }
            Cause::InputState { source, written } if source == self.launcher.source() => {
                let at = self.fold.offset();
                self.commands
                    .input_done(written, &mut self.journal, at, now);
                if !self.life.alive() {
                    self.commands.input_void(&mut self.journal, at, now);
                }
            }
            Cause::InputState { .. } => {}
            Cause::InputDone { source, seq } => self.on_input_done(source, seq, now, effects),
            Cause::InputRefused {
                source,
                seq,
                reason,
            } => {
                self.on_input_refused(source, seq, reason, now, effects);
            }
            Cause::Killed { survivors } => {
                self.commands
                    .killed(survivors, &mut self.journal, self.fold.offset(), now);
                self.killing = false;
                // Should something still hold the terminal, it loses it.
                self.closed |= !self.life.alive();
                self.go_on_restarting(effects);
            }
            Cause::Forgotten => {
                self.ring = false;
                self.go_on_restarting(effects);
            }
            Cause::KeeperAnswered => {
                self.commands
                    .signalled(&mut self.journal, self.fold.offset(), now);
            }
            Cause::KeeperDeclined { fault } => self.on_declined(fault, now, effects),
            Cause::KeeperLost => self.on_keeper_lost(now, effects),
            Cause::Committed => self.on_committed(now, effects),
            Cause::Storage { problem } => self.on_storage(problem, now, effects),
            Cause::Replayed { conn, events } => {
                self.subscribers
                    .replayed(conn, self.id, events, &self.journal, effects);
            }
            Cause::ImagesStored { stored } => self.on_images_stored(stored),
            Cause::Unreadable { conn } => self.subscribers.read_again(conn, effects),
            Cause::Overflowed { conn, untold } => {
                self.subscribers.overflowed(conn, untold, effects);
            }
            Cause::ConnGone { conn } => {
                self.subscribers.remove(conn);
                self.screens.remove(conn);
                self.waits.remove(conn);
                self.lease.remove_conn(conn);
                self.commands.remove_conn(conn);
                self.rest();
            }
            Cause::Asked { conn, client, what } => self.on_wish(conn, client, *what, now, effects),
            Cause::Reported { form, body } => {
                self.observe_report(&form, &body, now, effects);
            }
            Cause::Conversation { found } => self.on_conversation(found, now, effects),
            Cause::Registry { pid, entry } => self.on_registry(pid, entry, now),
            Cause::Conflicts(conflict) => {
                if self.life.alive() {
                    self.agent.conflicts(conflict);
                    self.change();
                }
            }
            Cause::Foreground { leader, found } => self.on_foreground(leader, found, now),
            Cause::Transcript { bytes } => self.on_transcript(&bytes, effects),
            Cause::TranscriptGrew => self.read_transcript(effects),
            Cause::GivenUp => self.give_itself_up(now, effects),
            Cause::WillEnd => self.observe_now(Observation::AskedToEnd, now),
            Cause::Tick => {}
        }
        if self.end_due.is_some_and(|due| now.instant >= due) {
            self.tell_end(effects);
        }
        self.tell_late_removal(now);
        self.waits.tick(now.instant, effects);
        self.commands
            .retry_inputs(self.key, self.launcher.source(), now.instant, effects);
        self.screens.pump(&self.fold, now.instant, effects);
        self.clipboards
            .pump(self.lease.conn(), now.instant, effects);
        self.attend(now, effects);
        self.settle(now, effects);
    }

    /// The keeper did not carry out a request.
    fn on_declined(&mut self, fault: RequestFault, now: Now, effects: &mut Vec<Effect>) {
        let at = self.fold.offset();
        match fault {
            RequestFault::NoSession => {
                // Nothing of the session is left that could be ended.
                self.commands.no_signals(&mut self.journal, at, now);
                self.commands.killed(0, &mut self.journal, at, now);
                self.killing = false;
                self.go_on_restarting(effects);
            }
            RequestFault::NotDelivered => {
                self.commands
                    .signal_failed("nobody is there to get the signal");
            }
            RequestFault::Busy => {
                self.commands
                    .signal_failed("too many sessions are being ended");
                self.commands.kill_declined(&mut self.journal, at, now);
                self.killing = false;
            }
            // The ring is kept as long as something uses it.
            RequestFault::StillRunning => {}
        }
    }

    fn on_keeper_lost(&mut self, now: Now, effects: &mut Vec<Effect>) {
        self.ring = false;
        self.killing = false;
        if self.life.alive() {
            self.lose(now);
            let reason = "the keeper went down".to_owned();
            self.commands
                .start_failed(reason, &mut self.journal, self.fold.offset(), now);
        }
        if self.end_due.is_some() || !self.waits.is_empty() {
            self.tell_end(effects);
        }
        self.commands
            .interrupt_all(&mut self.journal, self.fold.offset(), now);
    }

    fn on_committed(&mut self, now: Now, effects: &mut Vec<Effect>) {
        let Some(committed) = self.journal.committed() else {
            return;
        };
        if let Some(to) = committed.to {
            effects.push(Effect::Release(to));
        }
        if let Some(page) = committed.page {
            Arc::make_mut(&mut self.shelf).release(page);
        }
        self.subscribers
            .publish(self.id, &committed.events, effects);
        if committed.events.iter().any(agent::is_change) {
            effects.push(Effect::StateTold);
        }
        for id in committed.accepted {
            self.dispatch(id, now, effects);
        }
        for receipt in committed.receipts {
            self.commands.report(&receipt, now.instant, effects);
        }
        // A session whose creation was refused has nothing that could be asked for.
        let unborn = !self.born && self.commands.is_empty();
        if committed.removed || unborn {
            if self.ring {
                effects.push(Effect::Keeper(Request::Forget { session: self.key }));
            }
            effects.push(Effect::Gone);
        }
    }

    /// Tells those who wait that the program has ended, and all that it said was seen.
    pub(super) fn tell_end(&mut self, effects: &mut Vec<Effect>) {
        self.end_due = None;
        self.tell_state(effects);
        self.waits.ended(&self.life, effects);
    }

    /// Asks the keeper to end everything of the session.
    pub(super) fn ask_kill(&mut self, effects: &mut Vec<Effect>) {
        self.killing = true;
        let (session, grace_millis) = (self.key, KILL_GRACE.as_millis() as u32);
        effects.push(Effect::Keeper(Request::Kill {
            session,
            grace_millis,
        }));
    }

    /// Gives an ended program's ring back once everything in it is on disk.
    fn forget_ring_if_drained(&mut self, effects: &mut Vec<Effect>) {
        let ended = self.closed && !self.life.alive() && !self.killing;
        if self.ring && ended && self.journal.is_quiet() {
            self.closed = false;
            effects.push(Effect::Keeper(Request::Forget { session: self.key }));
        }
    }

    fn lose(&mut self, now: Now) {
        self.life = Life::Lost;
        self.pid = None;
        self.observe_now(
            Observation::Ended {
                reason: "its keeper or its machine went down with it".into(),
                failed: true,
            },
            now,
        );
        self.event(EventBody::Lost, now);
        self.store_session();
    }

    fn event(&mut self, body: EventBody, now: Now) -> Seq {
        self.listing_changed = true;
        self.journal
            .event(body, self.fold.offset(), now.unix_millis)
    }

    /// Makes the list entry go out with what is done next.
    fn change(&mut self) {
        self.listing_changed = true;
        self.listed_at = None;
    }

    fn store_session(&mut self) {
        self.change();
        self.store_row();
    }

    /// As [`Session::store_session`], for a change that the list need not show at once.
    fn store_row(&mut self) {
        if self.removed {
            return;
        }
        let row = SessionRow {
            id: self.id,
            spec: self.spec.clone(),
            name: self.name.clone(),
            life: self.life.clone(),
            cwd: self.cwd.clone(),
            title: self.title.clone(),
            size: self.size,
            created_millis: self.created_millis,
            active_millis: self.active_millis,
            epoch: self.journal.epoch(),
            agent: self.agent.kept(),
        };
        self.journal.session(row);
    }

    /// Lets go of an ended session's terminal that nobody looks at.
    fn rest(&mut self) {
        let unused = self.screens.nobody_looks() && self.waits.is_empty();
        // A private session's terminal is nowhere else.
        let ended = !self.life.alive() && !self.ring && !self.spec.private;
        if ended && unused && self.journal.is_quiet() {
            self.fold.drop_terminal();
            self.shelf = Arc::default();
        }
    }

    /// Hands what has gathered to the store, and the list entry to the list.
    fn settle(&mut self, now: Now, effects: &mut Vec<Effect>) {
        // What is carried out may gather more to store.
        while self.journal.commits_itself() {
            self.on_committed(now, effects);
        }
        if let Some(transaction) = self.journal.next_transaction() {
            effects.push(Effect::Write(transaction));
        }
        self.tell_unstored(now, effects);
        self.forget_ring_if_drained(effects);
        self.rest();
        let due = self
            .listed_at
            .is_none_or(|at| now.instant >= at + ACTIVITY_INTERVAL);
        if self.listing_changed && due && self.born && !self.removed {
            self.listing_changed = false;
            self.listed_at = Some(now.instant);
            effects.push(Effect::Listed(Box::new(self.info())));
        }
    }
}

/// Returns the outcome of a command that was refused for `code`.
fn rejected(code: ErrorCode, message: impl Into<String>) -> Outcome {
    Outcome::Rejected {
        error: WireError::new(code, message),
    }
}

/// Says whether `name` can be a session's name.
fn is_name(name: &str) -> bool {
    name.len() <= limits::NAME_MAX && !name.chars().any(char::is_control)
}

#[cfg(test)]
mod tests;
