//! A session between a keeper and a store that are simple enough to be obviously right, and that
//! can die at any moment.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use agor_proto::agent::{AgentSpec, Conversation};
use agor_proto::command::{Command, CommandBody, Receipt};
use agor_proto::event::{Event, LogCursor};
use agor_proto::ids::{ClientId, CommandId, CommandN, ConnEpoch};
use agor_proto::message::{Answer, Message, Part, Subscribe};
use agor_proto::record::{Record, RecordBody};

use agor_term::HistoryPage;

use super::super::shelf::Pages;
use super::super::*;
use crate::agents::here::Sought;
use crate::agents::{Foreground, Providers};
use crate::storage::{Filter, PageHead, Required, Transaction, UsageDay, Write};

pub(super) const CLIENT: ClientId = ClientId([1; 16]);
pub(super) const CONN: ConnEpoch = ConnEpoch(1);

pub(super) fn id() -> SessionId {
    SessionId::from_parts(1, [3; 10])
}

pub(super) fn launcher() -> Launcher {
    let options = TerminalOptions {
        scrollback_rows: 1_000_000,
    };
    Launcher::new(
        std::iter::empty(),
        "here".into(),
        options,
        agor_proto::ids::Incarnation(1),
    )
    .with_providers(Arc::new(Providers::built_in()))
}

pub(super) fn spec() -> SessionSpec {
    SessionSpec {
        argv: vec!["prog".into()],
        folder: "/tmp".into(),
        cwd: None,
        agent: None,
        name: String::new(),
        env: Vec::new(),
        size: Size::cells(20, 5),
        private: false,
    }
}

/// What survives a host: the store and the keeper's ring.
#[derive(Debug, Default)]
pub(super) struct Disk {
    pub(super) row: Option<SessionRow>,
    pub(super) events: Vec<Event>,
    pub(super) record: Vec<u8>,
    pub(super) receipts: BTreeMap<CommandId, StoredReceipt>,
    pub(super) removed: bool,
    pub(super) usage: BTreeMap<i64, UsageDay>,
    pub(super) pages: BTreeMap<u64, LeftPage>,
}

impl Disk {
    pub(super) fn apply(&mut self, transaction: Transaction) {
        for write in transaction.writes {
            match write {
                Write::PutSession(row) => self.row = Some(row),
                Write::AppendEvents { events, .. } => {
                    for event in events {
                        assert_eq!(
                            event.seq.0,
                            self.events.len() as u64 + 1,
                            "a gap in the events"
                        );
                        self.events.push(event);
                    }
                }
                Write::AppendRecord {
                    from, to, bytes, ..
                } => {
                    assert_eq!(
                        from.0,
                        self.record.len() as u64,
                        "output stored twice or skipped"
                    );
                    self.record.extend_from_slice(&bytes);
                    assert_eq!(to.0, self.record.len() as u64);
                }
                Write::PutReceipt(receipt) => {
                    let settled = self.receipts.get(&receipt.id).map(|it| &it.outcome);
                    let settled = settled.filter(|outcome| outcome.is_final());
                    assert!(settled.is_none_or(|outcome| *outcome == receipt.outcome));
                    self.receipts.insert(receipt.id, receipt);
                }
                Write::RemoveSession { .. } => self.removed = true,
                Write::PutUsage(day) => {
                    assert!(!self.removed);
                    self.usage.insert(day.day, day);
                }
                Write::PruneUsage { .. }
                | Write::AppendGap { .. }
                | Write::PutCheckpoint { .. }
                | Write::PruneEvents { .. } => {}
                Write::PutPage { page, .. } => {
                    self.pages.insert(page.number, page);
                }
                Write::PrunePages { kept, .. } => {
                    self.pages.retain(|number, _| kept.contains(number));
                }
            }
        }
    }
}

impl Pages for Disk {
    fn page(&self, number: u64) -> Option<HistoryPage> {
        let bytes = self.pages.get(&number)?.page.to_bytes();
        HistoryPage::from_bytes(&bytes).ok()
    }

    fn without(&self, numbers: std::ops::Range<u64>, required: &Required) -> Vec<u64> {
        let pages = self.pages.range(numbers);
        let without = pages.filter(|(_, it)| !Filter::of(&it.page).may_have(required));
        without.map(|(number, _)| *number).collect()
    }
}

/// What the keeper does, as far as a session can see it.
#[derive(Debug, Default)]
pub(super) struct Keeper {
    pub(super) ring: Vec<u8>,
    pub(super) released: u64,
    pub(super) last_reply: (u64, u32),
    pub(super) replies: Vec<Vec<u8>>,
    pub(super) inputs: BTreeMap<u128, u64>,
    pub(super) typed: Vec<Vec<u8>>,
    pub(super) spawned: u32,
    /// Folders that are not there.
    pub(super) gone: Vec<&'static str>,
    /// Where the last program was started.
    pub(super) cwd: String,
    pub(super) alive: bool,
    /// Whether a program is there later, when the test says so.
    pub(super) starts_slowly: bool,
    /// The sizes that its terminal was given, the last one at the end.
    pub(super) sizes: Vec<(u16, u16)>,
    /// Whether a kill is answered later, by the test.
    pub(super) kills_slowly: bool,
    pub(super) killing: bool,
    /// Who has the terminal.
    pub(super) foreground: Option<Foreground>,
}

impl Keeper {
    /// The program that was asked for is there.
    pub(super) fn start(&mut self) -> Cause {
        let (cols, rows) = self.sizes.last().copied().unwrap_or((20, 5));
        self.alive = true;
        self.write(RecordBody::Started {
            pid: 9,
            size: Size::cells(cols, rows),
        });
        Cause::Spawned { pid: 9 }
    }

    pub(super) fn write(&mut self, body: RecordBody) {
        Record {
            unix_micros: 1,
            body,
        }
        .encode(&mut self.ring);
    }
}

/// A host with one session, and what it is told.
pub(super) struct World {
    pub(super) disk: Disk,
    pub(super) keeper: Keeper,
    pub(super) session: Session,
    pub(super) under_way: Option<Transaction>,
    pub(super) sent: Vec<(ConnEpoch, Message)>,
    pub(super) listed: bool,
    /// How much had been sent when it was said that everybody was told of a state.
    pub(super) told: Vec<usize>,
    /// How often the agent's conversation was looked for, and which it was last.
    pub(super) sought: u32,
    pub(super) sought_last: Option<Sought>,
    /// Which transcripts were to be followed, and from where on pieces were to be read.
    pub(super) followed: Vec<PathBuf>,
    pub(super) read_from: Vec<u64>,
    /// The processes whose registries were to be followed.
    pub(super) registered: Vec<u32>,
    /// The files that its agent has written.
    pub(super) wrote: Vec<String>,
    /// How often it was looked who has the terminal.
    pub(super) looked: u32,
    /// What is kept of commands that were refused and are not stored.
    pub(super) refusals: Vec<StoredReceipt>,
    pub(super) gone: bool,
    /// Whether the session's files were deleted before its removal was stored.
    pub(super) made_room: bool,
    pub(super) clock: u64,
    pub(super) start: Instant,
    pub(super) program: &'static str,
}

impl World {
    pub(super) fn new() -> Self {
        let start = Instant::now();
        let now = Now {
            instant: start,
            unix_millis: 1,
        };
        let session = Session::unborn(id(), LogEpoch(7), launcher(), now);
        Self {
            disk: Disk::default(),
            keeper: Keeper::default(),
            session,
            under_way: None,
            sent: Vec::new(),
            listed: false,
            told: Vec::new(),
            sought: 0,
            sought_last: None,
            followed: Vec::new(),
            read_from: Vec::new(),
            registered: Vec::new(),
            wrote: Vec::new(),
            looked: 0,
            refusals: Vec::new(),
            gone: false,
            made_room: false,
            clock: 1,
            start,
            program: "prog",
        }
    }

    pub(super) fn now(&mut self) -> Now {
        self.clock += 10;
        Now {
            instant: self.start + Duration::from_millis(self.clock),
            unix_millis: self.clock,
        }
    }

    pub(super) fn on(&mut self, cause: Cause) {
        let mut causes = std::collections::VecDeque::from([cause]);
        while let Some(cause) = causes.pop_front() {
            if self.session.wants_terminal(&cause) {
                let mut rebuild = Rebuild::begin(
                    Offset(0),
                    None,
                    Size::cells(20, 5),
                    launcher().terminal_options(),
                );
                rebuild.feed(&self.disk.record, &mut agor_term::NoFiles);
                let (terminal, left) = rebuild.finish();
                let heads = self.disk.pages.values().map(PageHead::of);
                let shelf = Shelf::stored(heads.collect(), terminal.size().cols);
                self.session.set_terminal(terminal, Offset(0), shelf, left);
            }
            let now = self.now();
            let mut effects = Vec::new();
            self.session.on(cause, now, &mut effects);
            for effect in effects {
                self.perform(effect, &mut causes);
            }
        }
    }

    pub(super) fn perform(
        &mut self,
        effect: Effect,
        causes: &mut std::collections::VecDeque<Cause>,
    ) {
        match effect {
            Effect::Keeper(Request::Spawn(spec)) => {
                assert!(
                    !self.keeper.killing,
                    "started while everything of it is ended"
                );
                self.keeper.cwd = spec.cwd.display().to_string();
                if self.keeper.gone.contains(&&self.keeper.cwd[..]) {
                    let reason = "the folder cannot be entered".into();
                    let cwd_errno = Some(rustix::io::Errno::NOENT.raw_os_error());
                    return causes.push_back(Cause::SpawnFailed { reason, cwd_errno });
                }
                self.keeper.spawned += 1;
                self.keeper.sizes.push((spec.size.cols, spec.size.rows));
                assert_eq!(spec.start_offset, self.keeper.ring.len() as u64);
                if !self.keeper.starts_slowly {
                    causes.push_back(self.keeper.start());
                }
            }
            Effect::Keeper(Request::Resize { size, .. }) => {
                self.keeper.sizes.push((size.cols, size.rows));
            }
            Effect::Keeper(Request::Input {
                source, seq, bytes, ..
            }) => {
                if !self.keeper.alive {
                    let reason = agor_keeper::RefusedInput::Ended;
                    return causes.push_back(Cause::InputRefused {
                        source,
                        seq,
                        reason,
                    });
                }
                let last = self.keeper.inputs.entry(source).or_default();
                if seq > *last {
                    *last = seq;
                    self.keeper.typed.push(bytes);
                }
                causes.push_back(Cause::InputDone { source, seq });
            }
            Effect::Keeper(Request::Reply {
                offset,
                ordinal,
                bytes,
                ..
            }) => {
                if (offset, ordinal) > self.keeper.last_reply {
                    self.keeper.last_reply = (offset, ordinal);
                    self.keeper.replies.push(bytes);
                }
            }
            Effect::Keeper(Request::Kill { .. }) => {
                if std::mem::take(&mut self.keeper.alive) {
                    self.keeper.write(RecordBody::Exited {
                        code: -1,
                        signal: 9,
                    });
                    self.keeper.write(RecordBody::Closed);
                }
                self.read();
                self.keeper.killing = true;
                if !self.keeper.kills_slowly {
                    self.keeper.killing = false;
                    causes.push_back(Cause::Killed { survivors: 0 });
                }
            }
            Effect::Keeper(Request::AskInput { source, .. }) => {
                let written = self.keeper.inputs.get(&source).copied().unwrap_or(0);
                causes.push_back(Cause::InputState { source, written });
            }
            Effect::Keeper(Request::Forget { .. }) => causes.push_back(Cause::Forgotten),
            Effect::Keeper(_) => {}
            Effect::Listed(_) => self.listed = true,
            Effect::FindConversation { sought, .. } => {
                self.sought += 1;
                self.sought_last = Some(sought);
            }
            Effect::FollowTranscript { path } => self.followed.push(path),
            Effect::ReadTranscript { from, .. } => self.read_from.push(from),
            Effect::FollowRegistry { pid, .. } => self.registered.push(pid),
            Effect::Wrote { file } => self.wrote.push(file),
            Effect::FindForeground { leader } => {
                self.looked += 1;
                let found = self.keeper.foreground.clone();
                causes.push_back(Cause::Foreground { leader, found });
            }
            Effect::Place { .. } | Effect::KeepImages { .. } | Effect::StoreImages(_) => {}
            Effect::Write(transaction) => {
                assert!(self.under_way.is_none(), "two transactions under way");
                self.under_way = Some(transaction);
            }
            Effect::KeepRefusal(receipt) => self.refusals.push(receipt),
            Effect::Send(conn, message) => self.sent.push((conn, message)),
            Effect::Stream(conn, messages) => {
                self.sent
                    .extend(messages.into_iter().map(|message| (conn, message)));
            }
            Effect::Replay { conn, after } => {
                let events = self
                    .disk
                    .events
                    .iter()
                    .filter(|e| e.seq > after)
                    .cloned()
                    .collect();
                causes.push_back(Cause::Replayed { conn, events });
            }
            Effect::ReadEvents {
                conn, ask, after, ..
            } => {
                let stored = self.disk.events.iter();
                let events = stored.filter(|e| e.seq > after).cloned().collect();
                let part = Part::Events { events };
                let last = true;
                self.sent.push((conn, Answer { ask, last, part }.into()));
            }
            Effect::Look { conn, ask, look } => {
                let (part, last) = (look.answer(&self.disk), true);
                self.sent.push((conn, Answer { ask, last, part }.into()));
            }
            Effect::ReadRows {
                conn,
                ask,
                shelf,
                from,
                parts,
            } => {
                let mut next = Some(0);
                while let Some(at) = next {
                    let (rows, goes_on) = shelf.rows_of_page(at, from, &self.disk);
                    let (part, last) = (Part::Rows { rows }, false);
                    self.sent.push((conn, Answer { ask, last, part }.into()));
                    next = goes_on;
                }
                for part in parts {
                    let last = false;
                    self.sent.push((conn, Answer { ask, last, part }.into()));
                }
            }
            Effect::MakeRoom => self.made_room = true,
            Effect::Release(to) => {
                let stored = self.disk.record.len() as u64;
                // Of a private session nothing is stored.
                let private = self.session.spec.private;
                assert!(private || to.0 <= stored, "released before it was stored");
                self.keeper.released = self.keeper.released.max(to.0);
            }
            Effect::StateTold => self.told.push(self.sent.len()),
            Effect::Gone => {
                assert!(self.disk.removed || self.disk.row.is_none());
                self.gone = true;
            }
        }
    }

    /// Lets the session read what is in the ring.
    pub(super) fn read(&mut self) {
        let from = self.session.offset();
        let bytes = self.keeper.ring[from.0 as usize..].to_vec();
        if !bytes.is_empty() {
            self.on(Cause::Ring { from, bytes });
        }
    }

    /// Stores what is under way, and what gathers behind it.
    pub(super) fn commit(&mut self) {
        while let Some(transaction) = self.under_way.take() {
            self.disk.apply(transaction);
            self.on(Cause::Committed);
        }
    }

    /// Kills the host and starts another. `stored` says whether the transaction that was under
    /// way had reached the disk.
    pub(super) fn crash(&mut self, stored: bool) {
        if let Some(transaction) = self.under_way.take()
            && stored
        {
            self.disk.apply(transaction);
        }
        let Some(row) = self.disk.row.clone() else {
            // The creating command was not acknowledged: its client sends it again.
            let program = self.program;
            *self = Self::new();
            self.program = program;
            self.create();
            return;
        };
        let stored = StoredSession {
            row,
            first_seq: Seq(1),
            last_seq: Seq(self.disk.events.len() as u64),
            first: Offset(0),
            end: Offset(self.disk.record.len() as u64),
        };
        self.session = Session::from_store(stored, launcher());
        let now = self.now();
        if self.keeper.spawned > 0 {
            self.session.adopt(9, self.keeper.alive, false);
            self.on(Cause::RingKept);
        } else {
            self.session.orphan(now);
        }
        let unfinished = self
            .disk
            .receipts
            .values()
            .filter(|receipt| !receipt.outcome.is_final())
            .cloned()
            .collect();
        self.session.interrupt(unfinished, now);
        self.on(Cause::Tick);
    }

    pub(super) fn ask(&mut self, what: Wish) {
        self.on(Cause::Asked {
            conn: CONN,
            client: CLIENT,
            what: Box::new(what),
        });
    }

    pub(super) fn command(&mut self, n: u8, body: CommandBody) {
        let id = CommandId([n; 16]);
        let command = Command {
            id,
            n: CommandN(u64::from(n)),
            body,
        };
        let stored = self.disk.receipts.get(&id).cloned();
        self.ask(Wish::Command {
            command,
            digest: [n; 32],
            stored,
        });
    }

    /// Follows the session's events after `applied`, and its screen as `view` says.
    pub(super) fn subscribe(&mut self, applied: u64, view: Visibility) {
        let cursor = LogCursor {
            session: id(),
            epoch: LogEpoch(7),
            applied: Seq(applied),
        };
        self.ask(Wish::Subscribe(Subscribe { cursor, view }));
    }

    pub(super) fn create(&mut self) {
        let spec = SessionSpec {
            argv: vec![self.program.into()],
            ..spec()
        };
        self.command(
            1,
            CommandBody::Create {
                session: id(),
                spec,
            },
        );
    }

    /// Brings up the session with its program.
    pub(super) fn running() -> Self {
        Self::running_program("prog")
    }

    /// As [`World::running`], with another program.
    pub(super) fn running_program(program: &'static str) -> Self {
        let mut world = Self::new();
        world.program = program;
        world.create();
        world.commit();
        world.read();
        world.commit();
        assert_eq!(world.session.life, Life::Running);
        world
    }

    /// Brings up a session whose agent begins with a conversation.
    pub(super) fn with_agent(provider: &str, conversation: Conversation) -> Self {
        let agent = AgentSpec {
            provider: provider.into(),
            model: None,
            mode: None,
            prompt: None,
            conversation,
            trusted: true,
        };
        let spec = SessionSpec {
            agent: Some(Box::new(agent)),
            argv: Vec::new(),
            ..spec()
        };
        let mut world = Self::new();
        let session = id();
        world.command(1, CommandBody::Create { session, spec });
        world.commit();
        world.read();
        world.commit();
        world
    }

    pub(super) fn print(&mut self, text: &str) {
        self.keeper.write(RecordBody::Out(text.as_bytes().to_vec()));
    }

    /// As [`World::print`], at a time of the record's clock.
    pub(super) fn print_at(&mut self, millis: u64, text: &str) {
        Record {
            unix_micros: millis * 1_000,
            body: RecordBody::Out(text.as_bytes().to_vec()),
        }
        .encode(&mut self.keeper.ring);
    }

    pub(super) fn receipts(&self, n: u8) -> Vec<Outcome> {
        let wanted = |message: &Message| match message {
            Message::Receipt(Receipt { id, outcome }) if *id == CommandId([n; 16]) => {
                Some(outcome.clone())
            }
            _ => None,
        };
        self.sent
            .iter()
            .filter_map(|(_, message)| wanted(message))
            .collect()
    }
}
