//! The host's side of a model: the session that runs, disk and keeper.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use agor_keeper::Request;
use agor_proto::command::Outcome;
use agor_proto::event::{Event, EventBody};
use agor_proto::ids::{ClientId, CommandId, ConnEpoch, Incarnation, Offset, Seq};
use agor_proto::message::{InputFrame, Lease, LeaseStanding, Message};
use agor_proto::record::{Record, RecordBody};

use super::super::ledger::{Wrong, must};
use super::super::print;
use super::door::HostEnd;
use super::{Action, Fake, RECORD_BEGIN, World, beginning};
use crate::host::session::{Cause, Effect, Launcher, Now, Session, TerminalOptions};
use crate::storage::{SessionRow, StoreError, StoredReceipt, StoredSession, Transaction, Write};

/// What the disk has.
#[derive(Debug, Clone)]
pub struct Disk {
    row: SessionRow,
    pub events: Vec<Event>,
    pub receipts: BTreeMap<CommandId, StoredReceipt>,
    record: Vec<u8>,
    full: bool,
    /// The number of all of it.
    print: u64,
}

/// What the keeper has, and what is between it and the host.
#[derive(Debug, Clone, Default)]
pub(super) struct Keeper {
    asked: VecDeque<Job>,
    answers: VecDeque<Heard>,
    written: BTreeMap<u128, u64>,
    ring: Vec<u8>,
    released: u64,
}

#[derive(Debug, Clone, Copy)]
enum Job {
    /// What a command types is its number.
    Input {
        source: u128,
        seq: u64,
        number: Option<u8>,
    },
    Signal(i32),
    State,
}

#[derive(Debug, Clone, Copy)]
enum Heard {
    InputDone { source: u128, seq: u64 },
    State,
}

/// A host that runs.
#[derive(Debug, Clone)]
pub(super) struct Serving {
    pub session: Session,
    pub incarnation: u64,
    /// Connections so far.
    pub conns: u64,
    /// Leases so far.
    pub tokens: u64,
    under_way: Option<Transaction>,
    /// Whether it is on disk.
    stored: bool,
    /// Events that subscribers asked for: after which, and what was read.
    reads: Vec<(ConnEpoch, Seq, Option<Vec<Event>>)>,
    /// The commands that were refused and are not stored.
    pub refusals: Vec<StoredReceipt>,
    /// The input that is being dealt with.
    pub typing: Option<InputFrame>,
    /// The number of the session's state and of the transaction under way.
    print: u64,
}

impl Disk {
    pub fn new(row: SessionRow, first: Event) -> Self {
        Self {
            row,
            events: vec![first],
            receipts: BTreeMap::new(),
            record: Vec::new(),
            full: false,
            print: 0,
        }
    }

    pub fn print(&self) -> (u64, bool) {
        (self.print, self.full)
    }

    fn after(&self, after: Seq) -> Vec<Event> {
        self.events
            .iter()
            .filter(|event| event.seq > after)
            .cloned()
            .collect()
    }
}

impl Serving {
    /// Returns a host that begins with what `disk` has.
    pub fn begin(disk: &Disk, incarnation: u64) -> Self {
        let options = TerminalOptions { scrollback_rows: 1 };
        let launcher = Launcher::new(
            std::iter::empty(),
            "here".into(),
            options,
            Incarnation(incarnation),
        );
        let stored = StoredSession {
            row: disk.row.clone(),
            first_seq: Seq(1),
            last_seq: Seq(disk.events.len() as u64),
            first: Offset(RECORD_BEGIN),
            end: Offset(RECORD_BEGIN + disk.record.len() as u64),
        };
        Self {
            session: Session::from_store(stored, launcher),
            incarnation,
            conns: 0,
            tokens: 0,
            under_way: None,
            stored: false,
            reads: Vec::new(),
            refusals: Vec::new(),
            typing: None,
            print: 0,
        }
    }

    /// Returns the number of what decides what it still does.
    pub fn print(&self) -> impl std::fmt::Debug + '_ {
        let counts = (self.incarnation, self.conns, self.tokens);
        (self.print, self.stored, counts, &self.reads, &self.refusals)
    }

    pub fn next_wake(&self) -> Option<Instant> {
        self.session.next_wake()
    }
}

impl World {
    pub(super) fn now(&self) -> Now {
        let unix_millis = self.clock + self.host_ahead;
        Now {
            instant: beginning() + Duration::from_millis(unix_millis),
            unix_millis,
        }
    }

    /// Puts the session back as a host that starts does.
    pub(super) fn restore(&mut self) -> Result<(), Wrong> {
        self.serving.session.adopt(9, true, false);
        self.session_on(Cause::RingKept)?;
        let unfinished = self.disk.receipts.values();
        let unfinished = unfinished.filter(|receipt| !receipt.outcome.is_final());
        let unfinished: Vec<_> = unfinished.cloned().collect();
        let now = self.now();
        self.serving.session.interrupt(unfinished, now);
        let full = self.disk.full;
        if full {
            self.session_on(Cause::Storage {
                problem: Some(StoreError::Full),
            })?;
        }
        self.session_on(Cause::Tick)
    }

    pub(super) fn host_actions(&self, actions: &mut Vec<Action>) {
        let serving = &self.serving;
        let mut can = |can: bool, action| actions.extend(can.then_some(action));
        let under_way = serving.under_way.is_some();
        can(
            under_way && !serving.stored && !self.disk.full,
            Action::Store,
        );
        can(under_way && serving.stored, Action::Commit);
        can(self.disk.full, Action::FreeDisk);
        can(!self.keeper.asked.is_empty(), Action::Keep);
        can(!self.keeper.answers.is_empty(), Action::Answer);
        for (at, (conn, _, read)) in serving.reads.iter().enumerate() {
            let ready = read.is_none() && !self.is_full(*conn);
            can(ready, Action::Read(at));
            can(read.is_some(), Action::Replay(at));
        }
        let printed = RECORD_BEGIN + self.keeper.ring.len() as u64;
        can(serving.session.offset().0 < printed, Action::ReadRing);
        let due = serving.next_wake();
        can(
            due.is_some_and(|due| due <= self.now().instant),
            Action::Tick,
        );
    }

    pub(super) fn host_act(&mut self, action: Action) -> Result<(), Wrong> {
        match action {
            Action::Store => self.store(),
            Action::Commit => {
                self.serving.under_way = None;
                self.serving.stored = false;
                self.session_on(Cause::Committed)
            }
            Action::Keep => self.keep(),
            Action::Answer => match self.keeper.answers.pop_front() {
                Some(Heard::InputDone { source, seq }) => {
                    self.session_on(Cause::InputDone { source, seq })
                }
                Some(Heard::State) => self.session_on(Cause::KeeperAnswered),
                None => Ok(()),
            },
            Action::Read(at) => {
                let after = self.serving.reads[at].1;
                self.serving.reads[at].2 = Some(self.disk.after(after));
                Ok(())
            }
            Action::Replay(at) => {
                let (conn, _, events) = self.serving.reads.remove(at);
                let events = events.unwrap_or_default();
                self.session_on(Cause::Replayed { conn, events })
            }
            Action::Crash => {
                self.faults.crashes -= 1;
                self.crash()
            }
            Action::FillDisk => {
                self.faults.full_disks -= 1;
                self.disk.full = true;
                self.disk_was_full = true;
                self.session_on(Cause::Storage {
                    problem: Some(StoreError::Full),
                })
            }
            Action::FreeDisk => {
                self.disk.full = false;
                self.session_on(Cause::Storage { problem: None })
            }
            Action::Print => {
                let unix_micros = self.clock * 1_000 + 1;
                let body = RecordBody::Out(b"x".to_vec());
                Record { unix_micros, body }.encode(&mut self.keeper.ring);
                Ok(())
            }
            Action::ReadRing => {
                let from = self.serving.session.offset();
                let bytes = self.keeper.ring[(from.0 - RECORD_BEGIN) as usize..].to_vec();
                self.session_on(Cause::Ring { from, bytes })
            }
            Action::Tick => self.session_on(Cause::Tick),
            _ => self.door_act(action),
        }
    }

    fn crash(&mut self) -> Result<(), Wrong> {
        self.ledger.host_died();
        self.ledger.driver = None;
        for link in &mut self.links {
            link.host = HostEnd::Gone;
            link.up.clear();
            if !link.held {
                link.down.clear();
            }
        }
        // What was in the old host's socket is not read any more.
        self.keeper.asked.clear();
        self.keeper.answers.clear();
        let tokens = self.serving.tokens;
        self.serving = Serving::begin(&self.disk, self.serving.incarnation + 1);
        self.serving.tokens = tokens;
        self.restore()
    }

    fn store(&mut self) -> Result<(), Wrong> {
        let Some(transaction) = self.serving.under_way.clone() else {
            return Ok(());
        };
        self.serving.stored = true;
        for write in transaction.writes {
            match write {
                Write::PutSession(row) => self.disk.row = row,
                Write::AppendEvents { events, .. } => {
                    self.ledger.stored(&self.disk.events, &events)?;
                    self.disk.events.extend(events);
                }
                Write::AppendRecord { from, bytes, .. } => {
                    let end = RECORD_BEGIN + self.disk.record.len() as u64;
                    must(from.0 == end, || {
                        format!("the record goes on at {from}, not at {end}")
                    })?;
                    self.disk.record.extend(bytes);
                }
                Write::PutReceipt(receipt) => {
                    self.disk.receipts.insert(receipt.id, receipt);
                }
                Write::PutUsage(_) => {}
                other => return Err(format!("the session stores {other:?}")),
            }
        }
        if !self.heartbeats {
            self.disk.print = print::of(&self.disk);
        }
        Ok(())
    }

    fn keep(&mut self) -> Result<(), Wrong> {
        match self.keeper.asked.pop_front() {
            Some(Job::Input {
                source,
                seq,
                number,
            }) => {
                let last = self.keeper.written.entry(source).or_default();
                if seq > *last || self.fake == Some(Fake::KeeperWritesRepeats) {
                    *last = seq.max(*last);
                    self.ledger.given(source, seq)?;
                    if source == u128::from(self.serving.incarnation) {
                        let id = number.map(|number| self.ledger.by_number(number));
                        let is_stored = |event: &Event| matches!(event.body, EventBody::Command { id: stored, .. } if Some(stored) == id);
                        let Some(id) = id.filter(|_| self.disk.events.iter().any(is_stored)) else {
                            return Err(format!("input {seq} of the host is no stored command"));
                        };
                        self.ledger.done(id)?;
                    }
                }
                self.keeper
                    .answers
                    .push_back(Heard::InputDone { source, seq });
                Ok(())
            }
            Some(Job::Signal(signal)) => {
                let id = self.ledger.by_number(signal as u8);
                self.ledger.done(id)
            }
            Some(Job::State) => {
                self.keeper.answers.push_back(Heard::State);
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// Asks the session and does what it says, as its task does.
    pub(super) fn session_on(&mut self, cause: Cause) -> Result<(), Wrong> {
        let now = self.now();
        let mut effects = Vec::new();
        self.serving.session.on(cause, now, &mut effects);
        while !effects.is_empty() {
            let mut overflowed = Vec::new();
            for effect in std::mem::take(&mut effects) {
                overflowed.extend(self.perform(effect)?);
            }
            for (conn, untold) in overflowed {
                let cause = Cause::Overflowed { conn, untold };
                self.serving.session.on(cause, now, &mut effects);
            }
        }
        if !self.heartbeats {
            let serving = &self.serving;
            self.serving.print = print::of(&(&serving.session, &serving.under_way));
        }
        Ok(())
    }

    fn perform(&mut self, effect: Effect) -> Result<Option<(ConnEpoch, Seq)>, Wrong> {
        match effect {
            Effect::Keeper(request) => self.ask_keeper(request)?,
            Effect::Write(transaction) => {
                must(self.serving.under_way.is_none(), || {
                    "two transactions".into()
                })?;
                self.serving.under_way = Some(transaction);
            }
            Effect::KeepRefusal(receipt) => self.serving.refusals.push(receipt),
            Effect::Send(conn, message) => return self.session_sends(conn, message),
            Effect::Replay { conn, after } => self.serving.reads.push((conn, after, None)),
            Effect::Release(to) => {
                let stored = RECORD_BEGIN + self.disk.record.len() as u64;
                must(to.0 <= stored, || {
                    format!("{to} is released, {stored} is stored")
                })?;
                self.keeper.released = self.keeper.released.max(to.0);
            }
            // Nothing here is an agent.
            Effect::Listed(_)
            | Effect::Place { .. }
            | Effect::ReadTranscript { .. }
            | Effect::FollowTranscript { .. }
            | Effect::FindConversation { .. }
            | Effect::FindForeground { .. }
            | Effect::Wrote { .. }
            | Effect::FollowRegistry { .. }
            | Effect::StateTold
            | Effect::KeepImages { .. }
            | Effect::StoreImages(_) => {}
            other @ (Effect::Stream(..)
            | Effect::ReadEvents { .. }
            | Effect::Look { .. }
            | Effect::ReadRows { .. }
            | Effect::MakeRoom
            | Effect::Gone) => {
                return Err(format!("the session wants {other:?}"));
            }
        }
        Ok(None)
    }

    fn ask_keeper(&mut self, request: Request) -> Result<(), Wrong> {
        let job = match request {
            Request::Input {
                source, seq, bytes, ..
            } => {
                let number = bytes.first().copied();
                if source != u128::from(self.serving.incarnation) {
                    let client = ClientId(source.to_be_bytes());
                    self.ledger.typed_by(client, self.serving.typing.as_ref())?;
                }
                Job::Input {
                    source,
                    seq,
                    number,
                }
            }
            Request::Signal { signal, .. } => Job::Signal(signal),
            Request::AskState { .. } => Job::State,
            other => return Err(format!("the keeper is asked for {other:?}")),
        };
        self.keeper.asked.push_back(job);
        Ok(())
    }

    fn session_sends(
        &mut self,
        conn: ConnEpoch,
        message: Message,
    ) -> Result<Option<(ConnEpoch, Seq)>, Wrong> {
        match &message {
            Message::Receipt(receipt) => {
                let (events, full) = (&self.disk.events, self.disk_was_full);
                self.ledger
                    .receipt_sent(receipt.id, &receipt.outcome, events, full)?;
            }
            Message::Lease(Lease {
                standing: LeaseStanding::Held { token },
                ..
            }) => {
                let client = self
                    .link_of(conn)
                    .and_then(|at| self.links[at].host.client());
                self.ledger.driver = client.map(|client| (client, *token));
            }
            Message::Events(events) if self.is_full(conn) => {
                return Ok(events.events.first().map(|event| (conn, event.seq)));
            }
            _ => {}
        }
        self.send(conn, message);
        Ok(None)
    }

    /// Says what the host should have done when nothing more happens.
    pub(super) fn host_at_rest(&self) -> Result<(), Wrong> {
        must(self.disk.record == self.keeper.ring, || {
            "the record is not what was printed".into()
        })?;
        let open = self
            .disk
            .receipts
            .values()
            .find(|receipt| matches!(receipt.outcome, Outcome::Accepted { .. }));
        must(open.is_none(), || {
            format!("a command without an end: {open:?}")
        })?;
        let mut known = self.serving.session.conns().into_iter();
        let gone = known.find(|&conn| self.link_of(conn).is_none());
        must(gone.is_none(), || {
            format!("the session still knows connection {gone:?}, which is gone")
        })
    }
}
