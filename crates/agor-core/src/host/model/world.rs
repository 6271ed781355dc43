//! Clients, links, one host with one session, its disk and its keeper; and every single thing that
//! can happen next. `world/host.rs` has the host's side, `world/door.rs` its ends of the links.

mod door;
mod host;
mod outlive;

use std::collections::VecDeque;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use agor_proto::command::CommandBody;
use agor_proto::event::{Event, EventBody, LogCursor};
use agor_proto::ids::{ClientId, CommandId, InputSeq, LogEpoch, Offset, Seq, SessionId, Size};
use agor_proto::input::Input;
use agor_proto::message::{LeaseStanding, Message, Visibility};
use agor_proto::session::{Life, SessionSpec};

use super::ledger::{Ledger, Wrong, must, up_to};
use super::print;
use crate::client::connection::{self, Connection, Manner, Moment, News, State};
use crate::client::outbox::Outbox;
use crate::storage::{Change, Kept, SessionRow};
pub use door::Stranger;
use door::{HostEnd, Link};
use host::{Disk, Keeper, Serving};

/// The session's epoch.
const EPOCH: LogEpoch = LogEpoch(7);

/// Where the session's record begins here: nothing before it has to be shown.
pub const RECORD_BEGIN: u64 = 1_000;

/// Something that a client does by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    Order(What),
    Follow,
    Type,
    Drive { force: bool },
    Release,
    Decide { send: bool },
}

/// What a command does. Each shows its own number where it takes effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// The keeper sends a signal; it would send it again.
    Signal,
    /// An event is stored.
    Rename,
    /// The keeper writes to the program, once for each number.
    Send,
}

/// How often what may fail.
#[derive(Debug, Clone, Copy, Default)]
pub struct Faults {
    /// A client loses its link.
    pub cuts: u8,
    /// The host loses a link.
    pub host_cuts: u8,
    /// A dial fails.
    pub dial_failures: u8,
    /// The host dies and another begins.
    pub crashes: u8,
    /// A client dies and another one goes on with its script. If it kept its commands, that one carries on with
    /// them under the dead one's id.
    pub client_deaths: u8,
    /// So much time passes for the host that a lease lapses.
    pub lapses: u8,
    /// A client reads nothing until it is let.
    pub lags: u8,
    /// The disk is full until it is not.
    pub full_disks: u8,
    /// The host hears a command, an input or an acknowledgement twice: a link does not do that, but whatever lies
    /// between may.
    pub duplicates: u8,
    /// A client greets again over the link that it has.
    pub greetings: u8,
    /// Somebody comes who is no client of ours.
    pub strangers: u8,
}

/// Parts of the world that a test makes wrong, to see that it is noticed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fake {
    /// The end of a connection takes what the client's newest one has.
    CloseTakesTheNewest,
    /// What is for a client goes to the link that greeted last.
    OneLinkForAClient,
    /// The keeper writes what comes again.
    KeeperWritesRepeats,
}

/// One thing that can happen. Clients and links by their place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// The client does the next thing of its script.
    Step(usize),
    /// The client's dial succeeds.
    Dial(usize),
    /// The host takes a link and numbers it.
    Accept(usize),
    /// The host takes the next message of a link.
    Hear(usize),
    /// A command that was looked up in the store reaches its session.
    Deliver(usize),
    /// The client takes the next message of its link.
    Tell(usize),
    /// The client notices that its link is gone.
    Lose(usize),
    /// The host notices that a link is gone.
    Close(usize),
    /// The host waits no longer for a greeting.
    Late(usize),
    /// The transaction under way reaches the disk.
    Store,
    /// The session hears of it.
    Commit,
    /// The keeper takes the next request.
    Keep,
    /// The session hears the keeper's next answer.
    Answer,
    /// Events that a subscriber asked for are read from the disk.
    Read(usize),
    /// The session is given them.
    Replay(usize),
    /// The session does what is due.
    Tick,
    /// The client does what is due.
    ClientTick(usize),
    /// What the client keeps of its commands reaches its disk.
    WriteDown(usize),
    /// The client reads again.
    CatchUp(usize),
    /// The disk has room again.
    FreeDisk,
    /// Time passes, in milliseconds.
    Pass(u64),
    FailDial(usize),
    Cut(usize),
    HostCut(usize),
    Duplicate(usize),
    GreetAgain(usize),
    Come(Stranger),
    Crash,
    Die(usize),
    Lapse,
    Lag(usize),
    FillDisk,
    /// The program prints.
    Print,
    /// The session reads what the program printed.
    ReadRing,
}

impl Action {
    /// Says whether it happens by itself, sooner or later, if nothing fails.
    pub fn is_progress(&self) -> bool {
        !matches!(
            self,
            Self::FailDial(_)
                | Self::Cut(_)
                | Self::HostCut(_)
                | Self::Duplicate(_)
                | Self::GreetAgain(_)
                | Self::Come(_)
                | Self::Crash
                | Self::Die(_)
                | Self::Lapse
                | Self::Lag(_)
                | Self::FillDisk
                | Self::Pass(_)
                | Self::Print
        )
    }
}

/// A client.
#[derive(Debug, Clone)]
pub(super) struct Client {
    id: ClientId,
    connection: Connection,
    script: VecDeque<Step>,
    /// When its dial is due.
    dial_at: Option<u64>,
    link: Option<usize>,
    /// Whether it reads nothing.
    lags: bool,
    /// What is on its disk of its commands, if it keeps them.
    kept: Option<Vec<Kept>>,
    /// What is on its way there.
    keeping: VecDeque<Change>,
    /// The number of its connection's state, which changes seldom.
    print: u64,
}

/// See the module.
#[derive(Debug, Clone)]
pub struct World {
    /// Milliseconds.
    pub(super) clock: u64,
    /// By how much the host's clock is ahead.
    host_ahead: u64,
    pub(super) clients: Vec<Client>,
    pub(super) links: Vec<Link>,
    serving: Serving,
    disk: Disk,
    keeper: Keeper,
    faults: Faults,
    fake: Option<Fake>,
    ledger: Ledger,
    /// The numbers of commands and clients that were given so far.
    numbers: u8,
    /// Whether pings are carried; a search leaves them out.
    heartbeats: bool,
    disk_was_full: bool,
}

/// Returns the moment from which time is counted.
fn beginning() -> Instant {
    static BEGINNING: OnceLock<Instant> = OnceLock::new();
    *BEGINNING.get_or_init(Instant::now)
}

pub(super) fn session_id() -> SessionId {
    SessionId::from_parts(1, [3; 10])
}

impl Client {
    fn new(number: u8, script: VecDeque<Step>, keeps: bool) -> Self {
        Self::of(ClientId([number; 16]), script, keeps.then(Vec::new))
    }

    fn of(id: ClientId, script: VecDeque<Step>, kept: Option<Vec<Kept>>) -> Self {
        let manner = Manner {
            client: id,
            program: String::new(),
            first_patience: None,
            patience: None,
            keeps: kept.is_some(),
        };
        let outbox = Outbox::of(kept.clone().unwrap_or_default());
        Self {
            id,
            connection: Connection::new(manner, outbox),
            script,
            dial_at: None,
            link: None,
            lags: false,
            kept,
            keeping: VecDeque::new(),
            print: 0,
        }
    }
}

impl World {
    /// Returns a world in which each script has its client and the session's program runs.
    pub fn new(scripts: &[&[Step]], faults: Faults) -> Self {
        Self::of(scripts, faults, false)
    }

    /// As [`World::new`], with clients that keep their commands.
    pub fn keeping(scripts: &[&[Step]], faults: Faults) -> Self {
        Self::of(scripts, faults, true)
    }

    fn of(scripts: &[&[Step]], faults: Faults, keeps: bool) -> Self {
        let spec = SessionSpec {
            argv: vec!["prog".into()],
            folder: "/".into(),
            cwd: None,
            agent: None,
            name: String::new(),
            env: Vec::new(),
            size: Size::cells(9, 3),
            private: false,
        };
        let row = SessionRow {
            id: session_id(),
            spec,
            name: String::new(),
            life: Life::Running,
            cwd: String::new(),
            title: String::new(),
            size: Size::cells(9, 3),
            created_millis: 0,
            active_millis: 0,
            epoch: EPOCH,
            agent: Vec::new(),
        };
        let first = Event {
            seq: Seq(1),
            at_millis: 0,
            offset: Offset(0),
            body: EventBody::Bell,
        };
        let disk = Disk::new(row, first);
        let mut world = Self {
            clock: 0,
            host_ahead: 0,
            clients: Vec::new(),
            links: Vec::new(),
            serving: Serving::begin(&disk, 1),
            disk,
            keeper: Keeper::default(),
            faults,
            fake: None,
            ledger: Ledger::default(),
            numbers: 0,
            heartbeats: false,
            disk_was_full: false,
        };
        for script in scripts {
            world.numbers += 1;
            let script = script.iter().copied().collect();
            let client = Client::new(0x80 + world.numbers, script, keeps);
            world.clients.push(client);
        }
        world.begin().expect("a world begins in order");
        world
    }

    /// Makes a part of it wrong.
    pub fn with_fake(mut self, fake: Fake) -> Self {
        self.fake = Some(fake);
        self
    }

    /// Carries heartbeats too.
    pub fn with_heartbeats(mut self) -> Self {
        self.heartbeats = true;
        self
    }

    fn begin(&mut self) -> Result<(), Wrong> {
        self.restore()?;
        for client in 0..self.clients.len() {
            self.client_on(client, connection::Event::Start)?;
        }
        Ok(())
    }

    fn moment(&self) -> Moment {
        let passed = Duration::from_millis(self.clock);
        Moment {
            instant: beginning() + passed,
            unix_micros: passed.as_micros() as u64,
            jitter: 0.5,
        }
    }

    /// Returns the number of everything that decides what can still happen.
    pub fn print(&self) -> u64 {
        let client = |client: &Client| {
            let (script, dials) = (client.script.len(), client.dial_at.is_some());
            (
                client.id,
                client.print,
                script,
                dials,
                client.link,
                client.lags,
            )
        };
        let clients: Vec<_> = self.clients.iter().map(client).collect();
        let host = (self.serving.print(), self.disk.print(), &self.keeper);
        let rest = (self.faults, self.host_ahead, &self.ledger, self.numbers);
        print::of(&(clients, &self.links, host, rest))
    }

    /// Returns everything that can happen next.
    pub fn actions(&self) -> Vec<Action> {
        let mut actions = Vec::new();
        for (at, client) in self.clients.iter().enumerate() {
            self.actions_of(at, client, &mut actions);
        }
        for (at, link) in self.links.iter().enumerate() {
            link.actions(at, self.faults, self.now().instant, &mut actions);
        }
        self.host_actions(&mut actions);
        let mut may = |left: u8, action| actions.extend((left > 0).then_some(action));
        may(self.faults.crashes, Action::Crash);
        may(self.faults.lapses, Action::Lapse);
        may(self.faults.full_disks, Action::FillDisk);
        for stranger in [Stranger::Nameless, Stranger::AsTheHost] {
            may(self.faults.strangers, Action::Come(stranger));
        }
        actions
    }

    fn actions_of(&self, at: usize, client: &Client, actions: &mut Vec<Action>) {
        if !client.script.is_empty() {
            actions.push(Action::Step(at));
        }
        // Where no time passes, a dial need not wait for it.
        if client
            .dial_at
            .is_some_and(|due| due <= self.clock || !self.heartbeats)
        {
            actions.push(Action::Dial(at));
            if self.faults.dial_failures > 0 {
                actions.push(Action::FailDial(at));
            }
        }
        if let Some(link) = client.link {
            let link = &self.links[link];
            let gone = link.host.is_gone();
            if !link.down.is_empty() && !client.lags {
                actions.push(Action::Tell(at));
            }
            if gone && (link.down.is_empty() || client.lags) {
                actions.push(Action::Lose(at));
            } else if self.faults.cuts > 0 {
                actions.push(Action::Cut(at));
            }
            if self.faults.lags > 0 && !client.lags {
                actions.push(Action::Lag(at));
            }
        }
        if client.lags {
            actions.push(Action::CatchUp(at));
        }
        if !client.keeping.is_empty() {
            actions.push(Action::WriteDown(at));
        }
        let wake = client.connection.next_wake();
        if wake.is_some_and(|due| due <= self.moment().instant) {
            actions.push(Action::ClientTick(at));
        }
        if self.faults.client_deaths > 0 {
            actions.push(Action::Die(at));
        }
    }

    /// Lets one thing happen.
    ///
    /// # Errors
    /// What must not be.
    pub fn act(&mut self, action: Action) -> Result<(), Wrong> {
        match action {
            Action::Step(at) => match self.clients[at].script.pop_front() {
                Some(step) => self.step(at, step),
                None => Ok(()),
            },
            Action::Dial(at) => {
                self.clients[at].dial_at = None;
                self.clients[at].link = Some(self.links.len());
                self.links.push(Link::new(at));
                self.client_on(at, connection::Event::Dialled)
            }
            Action::FailDial(at) => {
                self.faults.dial_failures -= 1;
                self.clients[at].dial_at = None;
                let reason = "nobody there".into();
                self.client_on(at, connection::Event::DialFailed { reason })
            }
            Action::Tell(at) => {
                let link = self.clients[at].link.expect("a link to be told over");
                match self.links[link].down.pop_front() {
                    Some(message) => self.client_on(at, connection::Event::Received(message)),
                    None => Ok(()),
                }
            }
            Action::Cut(at) => {
                self.faults.cuts -= 1;
                self.lose(at)
            }
            Action::Lose(at) => self.lose(at),
            Action::ClientTick(at) => self.client_on(at, connection::Event::Tick),
            Action::Lag(at) => {
                self.faults.lags -= 1;
                self.clients[at].lags = true;
                Ok(())
            }
            Action::CatchUp(at) => {
                self.clients[at].lags = false;
                Ok(())
            }
            Action::WriteDown(at) => self.write_down(at),
            Action::Die(at) => {
                self.faults.client_deaths -= 1;
                self.die(at)
            }
            Action::Lapse => {
                self.faults.lapses -= 1;
                self.host_ahead += agor_proto::limits::LEASE_MILLIS + 1;
                Ok(())
            }
            Action::Pass(millis) => {
                self.clock += millis;
                Ok(())
            }
            _ => self.host_act(action),
        }
    }

    fn print_client(&mut self, at: usize) {
        if !self.heartbeats {
            let client = &mut self.clients[at];
            client.print = print::of(&(&client.connection, &client.kept, &client.keeping));
        }
    }

    fn lose(&mut self, at: usize) -> Result<(), Wrong> {
        self.let_go(at);
        let reason = "cut".into();
        self.client_on(at, connection::Event::LinkLost { reason })
    }

    /// Lets the client's end of its link go; what it sent is still on its way.
    fn let_go(&mut self, at: usize) {
        self.clients[at].lags = false;
        if let Some(link) = self.clients[at].link.take() {
            self.links[link].held = false;
            self.links[link].down.clear();
        }
    }

    fn step(&mut self, at: usize, step: Step) -> Result<(), Wrong> {
        let (session, id) = (session_id(), self.clients[at].id);
        let wish = match step {
            Step::Order(what) => {
                self.numbers += 1;
                let number = self.numbers;
                let command = CommandId([number; 16]);
                self.ledger.ordered(command, id, what);
                let body = match what {
                    What::Signal => CommandBody::Signal {
                        session,
                        signal: i32::from(number),
                        to: agor_proto::command::SignalTarget::All,
                    },
                    What::Rename => CommandBody::Rename {
                        session,
                        name: number.to_string(),
                    },
                    What::Send => CommandBody::Send {
                        session,
                        inputs: vec![Input::Raw {
                            bytes: vec![number],
                        }],
                    },
                };
                let written = connection::Written::Down;
                connection::Wish::Command {
                    id: command,
                    body,
                    written,
                }
            }
            Step::Follow => {
                let account = self.ledger.account(id);
                account.follows = true;
                account.next_event = 1;
                let applied = Seq(0);
                let cursor = LogCursor {
                    session,
                    epoch: EPOCH,
                    applied,
                };
                let view = Visibility::Hidden;
                connection::Wish::Follow { cursor, view }
            }
            Step::Type => {
                self.ledger.account(id).typed += 1;
                let text = String::new();
                connection::Wish::Type(session, Input::Text { text })
            }
            Step::Drive { force } => connection::Wish::Drive { session, force },
            Step::Release => {
                let account = self.ledger.account(id);
                account.void = account.typed;
                account.drives = false;
                connection::Wish::Release(session)
            }
            Step::Decide { send } => {
                if !send {
                    let account = self.ledger.account(id);
                    account.void = account.typed;
                }
                connection::Wish::Decide { session, send }
            }
        };
        self.client_on(at, connection::Event::Wished(wish))
    }

    fn client_on(&mut self, at: usize, event: connection::Event) -> Result<(), Wrong> {
        let now = self.moment();
        let effects = self.clients[at].connection.on(event, now);
        for effect in effects {
            match effect {
                connection::Effect::Dial { after } => {
                    // So there is one for each link that is lost and each dial that fails, and no more.
                    let client = &self.clients[at];
                    must(client.dial_at.is_none() && client.link.is_none(), || {
                        format!("{} dials beside a dial or a link", client.id)
                    })?;
                    self.clients[at].dial_at = Some(self.clock + after.as_millis() as u64);
                }
                connection::Effect::Send(outgoing) => {
                    let message = outgoing.message().clone();
                    let carried = self.heartbeats || !matches!(message, Message::Ping(_));
                    if let (Some(link), true) = (self.clients[at].link, carried) {
                        let link = &mut self.links[link];
                        if self.faults.greetings > 0 && matches!(message, Message::Hello(_)) {
                            link.hello = Some(message.clone());
                        }
                        link.up.push_back(message);
                    }
                }
                connection::Effect::Hangup => self.let_go(at),
                connection::Effect::Keep(change) => self.clients[at].keeping.push_back(change),
                connection::Effect::Tell(news) => self.told(at, news)?,
            }
        }
        self.print_client(at);
        Ok(())
    }

    fn told(&mut self, at: usize, news: News) -> Result<(), Wrong> {
        let id = self.clients[at].id;
        match news {
            News::State(state) => {
                self.ledger.account(id).ready = matches!(state, State::Ready(_));
                must(!matches!(state, State::Ended(_)), || {
                    format!("{id} gives up: {state:?}")
                })
            }
            News::Receipt(receipt) => self.ledger.receipt_told(receipt.id, receipt.outcome),
            News::GivenUp { id, fate } => self.ledger.given_up(id, fate),
            News::Subscribed(subscribed) => self.ledger.subscribed(id, &subscribed),
            News::Events(events) => self
                .ledger
                .events_told(id, &events.events, &self.disk.events),
            News::Lease(lease) => {
                let held = matches!(lease.standing, LeaseStanding::Held { .. });
                self.ledger.account(id).drives = held;
                Ok(())
            }
            News::InputTaken { seq, .. } => {
                let given = self.ledger.given.get(&u128::from_be_bytes(id.0));
                let was = given.is_some_and(|given| given.contains(&seq.0));
                must(was, || format!("{id} is told that input {seq} was taken"))
            }
            News::InputRefused { seq, .. } => {
                self.give_up(id, seq);
                Ok(())
            }
            News::InputHeld { .. } => {
                // Every other client says yes.
                let send = id.0[0].is_multiple_of(2);
                self.clients[at].script.push_front(Step::Decide { send });
                Ok(())
            }
            News::Problem(problem) => Err(format!("{id} has a problem: {problem:?}")),
            News::Answer(_)
            | News::List(_)
            | News::Live(_)
            | News::Screen(_)
            | News::Clipboard(_)
            | News::Show(_) => Ok(()),
        }
    }

    fn give_up(&mut self, client: ClientId, seq: InputSeq) {
        let account = self.ledger.account(client);
        account.void = up_to(account.void, seq);
    }

    /// Says what is wrong when nothing more happens.
    ///
    /// # Errors
    /// What should have happened.
    pub fn check_at_rest(&self) -> Result<(), Wrong> {
        for client in &self.clients {
            self.ledger.at_rest(client.id, &self.disk.events)?;
        }
        self.host_at_rest()
    }

    /// Says whether everything that was wanted has come to its end.
    pub fn is_at_rest(&self) -> bool {
        self.check_at_rest().is_ok() && self.clients.iter().all(|client| client.script.is_empty())
    }

    /// Returns what an action is about, for people.
    pub fn about(&self, action: Action) -> String {
        let about = match action {
            Action::Step(at) => format!("{:?}", self.clients[at].script.front()),
            Action::Hear(at) => format!("{:?}", self.links[at].up.front()),
            Action::Tell(at) => {
                let link = self.clients[at].link.map(|link| &self.links[link]);
                format!("{:?}", link.and_then(|link| link.down.front()))
            }
            _ => String::new(),
        };
        format!("{action:?} {about}")
    }

    /// Returns the client that has its end of a link.
    pub fn clients_on(&self, link: usize) -> Option<usize> {
        self.links
            .get(link)
            .filter(|link| link.held)
            .map(|link| link.client)
    }

    /// Returns when something happens next that waits for its time.
    pub fn next_wake(&self) -> Option<u64> {
        let since = |at: Instant, ahead: u64| {
            let passed = at.saturating_duration_since(beginning());
            (passed.as_micros().div_ceil(1_000) as u64).saturating_sub(ahead)
        };
        let clients = self.clients.iter().flat_map(|client| {
            let wake = client.connection.next_wake().map(|at| since(at, 0));
            [client.dial_at, wake]
        });
        let session = self
            .serving
            .next_wake()
            .map(|at| since(at, self.host_ahead));
        let connections = self.links.iter().filter_map(|link| match &link.host {
            HostEnd::Open { connection, .. } => connection.next_wake(),
            HostEnd::Waiting | HostEnd::Gone => None,
        });
        let connections = connections.map(|at| since(at, self.host_ahead));
        clients.flatten().chain(session).chain(connections).min()
    }
}
