//! The keeper's state and its loop. All of it stands in [`Keeper`], so that it can be handed over to
//! another program image together with its descriptors (`server/handover.rs`).

mod errands;
mod requests;
mod starts;

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    os::fd::{AsFd, BorrowedFd, OwnedFd},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    io::Errno,
    net::{SocketFlags, accept_with},
    process::{Pid, Rlimit, WaitOptions, WaitStatus, geteuid, wait, waitpid},
};

use super::{
    handover::{self, Handing, Parts},
    host::{Guest, Host, HostChannel},
    pace::Pace,
    session::{Part, Session},
};
use crate::{
    ABI_VERSION, Event, Exit, KeeperError, NotUpdated, RefusedInput, Request, SessionKey, caps,
    protocol::{
        channel::{Channel, Descriptors},
        codec,
        greeting::{self, Greeting},
    },
    system::{self, Groups, Waited},
};
use errands::Errands;
use starts::Starts;

/// Connections taken and children reaped in one turn.
const PER_TURN: usize = 256;

/// How long no connection is taken after the system ran out of descriptors for one.
const ACCEPT_PAUSE: Duration = Duration::from_millis(500);

/// What a descriptor in the poll set stands for.
#[derive(Clone, Copy, Debug)]
enum Slot {
    Listener,
    ChildBell,
    Guest(usize),
    Host,
    Session(SessionKey, Part),
}

/// Everything that the process knows.
pub(super) struct Keeper {
    /// Where it listens; needed to say so to a program that takes over.
    socket: PathBuf,
    /// Held as long as the keeper lives.
    lock: OwnedFd,
    listener: OwnedFd,
    accept_from: Option<Instant>,
    child_bell: BorrowedFd<'static>,
    file_limit: Rlimit,
    /// Where sessions have control groups, if they can.
    groups: Option<Groups>,
    guests: VecDeque<Guest>,
    host: Option<Host>,
    /// The highest incarnation that ever attached.
    incarnation: u64,
    sessions: BTreeMap<SessionKey, Session>,
    /// The sessions of leaders that are not reaped.
    leaders: HashMap<i32, SessionKey>,
    errands: Errands,
    starts: Starts,
    pace: Pace,
    waited: Waited,
    /// When the first of those that rest is to be read again.
    rested: Option<Instant>,
    stopping: bool,
    /// Requests that have arrived wait, though the host is not paused.
    unserved: bool,
}

impl Keeper {
    /// Returns a keeper without sessions.
    pub(super) fn new(
        socket: PathBuf,
        (lock, listener): (OwnedFd, OwnedFd),
        child_bell: BorrowedFd<'static>,
        file_limit: Rlimit,
        groups: Option<Groups>,
    ) -> Self {
        Self {
            socket,
            lock,
            listener,
            accept_from: None,
            child_bell,
            file_limit,
            groups,
            guests: VecDeque::new(),
            host: None,
            incarnation: 0,
            sessions: BTreeMap::new(),
            leaders: HashMap::new(),
            errands: Errands::default(),
            starts: Starts::default(),
            pace: Pace::default(),
            waited: Waited::begin(),
            rested: None,
            stopping: false,
            unserved: false,
        }
    }

    /// Goes on with what another program image had, and tells who asked for that.
    pub(super) fn resume(
        socket: PathBuf,
        parts: Parts,
        child_bell: BorrowedFd<'static>,
        groups: Option<Groups>,
    ) -> Self {
        let ends = (parts.lock, parts.listener);
        let mut keeper = Self::new(socket, ends, child_bell, parts.file_limit, groups);
        keeper.incarnation = parts.incarnation;
        for mut session in parts.sessions {
            // The host may have made room while nobody heard its bell.
            session.on_space();
            if !session.exited() {
                let pid = session.number() as i32;
                keeper.leaders.insert(pid, session.key());
            }
            keeper.sessions.insert(session.key(), session);
        }
        let updated = Greeting::Updated {
            abi: ABI_VERSION,
            pid: std::process::id(),
            sessions: keeper.sessions.len() as u32,
        };
        say(Channel::new(parts.asker, Descriptors::Refused), &updated);
        // Children that ended meanwhile rang nothing.
        system::ring_bell(child_bell).ok();
        keeper
    }

    /// Writes down what [`Keeper::resume`] needs.
    pub(super) fn hand_over<'a>(&'a self, over: &mut Handing<'a>) {
        over.descriptor(Some(&self.lock));
        over.descriptor(Some(&self.listener));
        handover::put_limit(&mut over.put, self.file_limit.current);
        handover::put_limit(&mut over.put, self.file_limit.maximum);
        over.put
            .u64(self.incarnation)
            .u32(self.sessions.len() as u32);
        for session in self.sessions.values() {
            session.hand_over(over);
        }
    }

    /// Returns the number of sessions, running or not forgotten.
    pub(super) fn session_count(&self) -> usize {
        self.sessions.len()
    }

    /// Runs until a shutdown was asked for and is done; returns the lock, too, which is to be held
    /// until the socket is gone.
    pub(super) fn run(mut self) -> (OwnedFd, Result<(), KeeperError>) {
        while !self.is_done() {
            if let Err(error) = self.turn() {
                return (self.lock, Err(error));
            }
        }
        let outcome = self.farewell();
        (self.lock, outcome)
    }

    /// Says whether it was told to stop and everything has ended. A start that hangs is not waited for: its
    /// child finds its terminal hung up.
    fn is_done(&mut self) -> bool {
        let hangs = |deadline: Instant| deadline <= Instant::now();
        self.stopping && self.errands.is_empty() && self.starts.deadline().is_none_or(hangs)
    }

    fn turn(&mut self) -> Result<(), KeeperError> {
        let deadline = self.next_deadline();
        let fired = self.wait(deadline)?;
        let speaks = |slot: &Slot| matches!(slot, Slot::Session(_, Part::Out | Part::Err));
        let speaking = fired.iter().filter(|(slot, _)| speaks(slot)).count();
        // Who types waits for a whole turn: many that print at once get a small share of it each.
        let share = caps::CHILDREN_PER_TURN_BYTES / speaking.max(1);
        let share = share.clamp(caps::CHILD_PER_TURN_MIN_BYTES, caps::RECORD_BYTES);
        for (slot, flags) in fired {
            match slot {
                Slot::Listener => self.accept(),
                Slot::ChildBell => self.reap(),
                Slot::Guest(index) => self.on_guest(index),
                Slot::Host => self.on_host(flags),
                Slot::Session(key, part) => self.on_session(key, part, flags, share),
            }
        }
        self.serve_host();
        self.run_errands();
        for session in self.sessions.values_mut() {
            session.finish_turn();
        }
        self.set_pace();
        self.flush_host();
        // Sending may have ended the pause with requests in hand, for which no descriptor fires.
        self.unserved &= self.host.as_ref().is_some_and(|host| !host.is_paused());
        Ok(())
    }

    /// Sees how eagerly those are to be read from now on that flood.
    fn set_pace(&mut self) {
        let now = Instant::now();
        self.rested = None;
        let mut flooding = 0;
        for session in self.sessions.values_mut() {
            let (until, floods) = session.rest(now);
            flooding += usize::from(floods);
            self.rested = self.rested.into_iter().chain(until).min();
        }
        let waited = (flooding >= caps::FLOODS_PACED).then(|| self.waited.so_far());
        self.pace.on_turn(flooding, waited.flatten(), now);
    }

    fn next_deadline(&mut self) -> Option<Instant> {
        if self.unserved {
            return Some(Instant::now());
        }
        let starts = self.stopping.then(|| self.starts.deadline()).flatten();
        [
            self.accept_from,
            self.errands.next_deadline(),
            starts,
            self.rested,
        ]
        .into_iter()
        .flatten()
        .min()
    }

    /// Waits for anything to do; the children's output comes first in the result, then their ends,
    /// then what the host wants.
    fn wait(&mut self, deadline: Option<Instant>) -> Result<Vec<(Slot, PollFlags)>, KeeperError> {
        let now = Instant::now();
        if self.accept_from.is_some_and(|from| from <= now) {
            self.accept_from = None;
        }
        let mut slots = Vec::new();
        let mut polled = Vec::new();
        for (key, session) in &self.sessions {
            session.interests(now, |part, fd, flags| {
                slots.push(Slot::Session(*key, part));
                polled.push(PollFd::from_borrowed_fd(fd, flags));
            });
        }
        slots.push(Slot::ChildBell);
        polled.push(PollFd::from_borrowed_fd(self.child_bell, PollFlags::IN));
        if let Some(host) = &self.host {
            let mut flags = PollFlags::empty();
            flags.set(PollFlags::IN, !host.is_paused());
            flags.set(PollFlags::OUT, host.channel.queued_bytes() > 0);
            slots.push(Slot::Host);
            polled.push(PollFd::from_borrowed_fd(host.channel.as_fd(), flags));
        }
        // From the last to the first, since handling one may remove it.
        for (index, guest) in self.guests.iter().enumerate().rev() {
            slots.push(Slot::Guest(index));
            polled.push(PollFd::from_borrowed_fd(
                guest.channel.as_fd(),
                PollFlags::IN,
            ));
        }
        if self.accept_from.is_none() {
            slots.push(Slot::Listener);
            polled.push(PollFd::new(&self.listener, PollFlags::IN));
        }
        let timeout = deadline.map(|deadline| timespec(deadline.saturating_duration_since(now)));
        match poll(&mut polled, timeout.as_ref()) {
            Ok(_) => {}
            // Want of memory passes; ending here would end every child.
            Err(Errno::INTR | Errno::NOMEM | Errno::AGAIN) => return Ok(Vec::new()),
            Err(errno) => return Err(KeeperError::io("waiting for events")(errno)),
        }
        let fired = slots.into_iter().zip(polled.iter().map(PollFd::revents));
        Ok(fired.filter(|(_, flags)| !flags.is_empty()).collect())
    }

    fn on_session(&mut self, key: SessionKey, part: Part, flags: PollFlags, share: usize) {
        let Some(session) = self.sessions.get_mut(&key) else {
            return;
        };
        match part {
            Part::Space => session.on_space(),
            Part::Input => self.write(key),
            Part::Out | Part::Err => {
                if flags.intersects(PollFlags::OUT) {
                    self.write(key);
                }
                self.read(key, part, flags, share);
            }
        }
    }

    fn read(&mut self, key: SessionKey, part: Part, flags: PollFlags, share: usize) {
        // A hang-up too is learnt by reading.
        let readable = PollFlags::IN | PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL;
        if let Some(session) = self.sessions.get_mut(&key)
            && flags.intersects(readable)
        {
            session.hear(part, share, self.pace.pause());
        }
    }

    /// Writes to a child what waits for it, and tells the host how far that came.
    fn write(&mut self, key: SessionKey) {
        if let Some(session) = self.sessions.get_mut(&key) {
            let written = session.write();
            if let Some(host) = &mut self.host {
                for done in written.done {
                    host.confirm(key, done.source, done.seq);
                }
            }
            self.tell_abandoned(key, written.abandoned);
        }
    }

    fn tell_abandoned(&mut self, session: SessionKey, abandoned: Vec<super::input::Done>) {
        for done in abandoned {
            self.tell(&Event::InputRefused {
                session,
                source: done.source,
                seq: done.seq,
                reason: RefusedInput::Ended,
            });
        }
    }

    /// Takes the end of every child that has ended: leaders and adopted orphans alike.
    fn reap(&mut self) {
        // A bell that could not be silenced rings again, no more.
        system::clear_bell(self.child_bell).ok();
        self.take_started();
        if !self.starts.is_empty() {
            // A child that is being started is its thread's to reap, should it fail; and one that has
            // ended at once is to be known before its end is.
            let leaders: Vec<i32> = self.leaders.keys().copied().collect();
            for pid in leaders.into_iter().filter_map(Pid::from_raw) {
                if let Ok(Some((_, status))) = waitpid(Some(pid), WaitOptions::NOHANG) {
                    self.on_end(pid, status);
                }
            }
            return;
        }
        for _ in 0..PER_TURN {
            match wait(WaitOptions::NOHANG) {
                Ok(Some((pid, status))) => self.on_end(pid, status),
                Err(Errno::INTR) => {}
                // None has ended, or there is none.
                Ok(None) | Err(_) => return,
            }
        }
        // There may be more; the others get their turn first.
        system::ring_bell(self.child_bell).ok();
    }

    fn on_end(&mut self, pid: Pid, status: WaitStatus) {
        self.errands.look_soon();
        let Some(key) = self.leaders.remove(&pid.as_raw_nonzero().get()) else {
            return;
        };
        let exit = Exit {
            code: status.exit_status().unwrap_or(-1),
            signal: status.terminating_signal().unwrap_or(0),
        };
        if let Some(session) = self.sessions.get_mut(&key) {
            let abandoned = session.on_exit(exit);
            self.tell_abandoned(key, abandoned);
        }
    }

    fn accept(&mut self) {
        for _ in 0..PER_TURN {
            let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
            let socket = match accept_with(&self.listener, flags) {
                Ok(socket) => socket,
                Err(Errno::INTR | Errno::CONNABORTED) => continue,
                Err(Errno::AGAIN) => return,
                // Out of descriptors or memory: the listener stays readable, so look away a while.
                Err(_) => {
                    self.accept_from = Some(Instant::now() + ACCEPT_PAUSE);
                    return;
                }
            };
            // Unknown counts as another user.
            let uid = system::peer_uid(socket.as_fd()).unwrap_or(u32::MAX);
            if uid != geteuid().as_raw() {
                let channel = Channel::new(socket, Descriptors::Refused);
                refuse(channel, greeting::REFUSED_USER, uid.into());
                continue;
            }
            if self.guests.len() >= caps::GREETING_CONNECTIONS {
                let oldest = self
                    .guests
                    .iter()
                    .enumerate()
                    .min_by_key(|(_, guest)| guest.since);
                if let Some((oldest, _)) = oldest {
                    self.guests.remove(oldest);
                }
            }
            self.guests.push_back(Guest::new(socket, Instant::now()));
        }
    }

    fn on_guest(&mut self, index: usize) {
        let Some(guest) = self.guests.get_mut(index) else {
            return;
        };
        // A greeting is short; more than it needs stays in the socket until the host is accepted.
        let arrived = guest.channel.fill(1);
        match (guest.channel.next(), arrived) {
            (Ok(Some(frame)), _) => {
                if let Some(guest) = self.guests.remove(index) {
                    self.greet(guest, Greeting::decode(&frame));
                }
            }
            (Ok(None), Ok(_)) if guest.channel.arrived() <= caps::GREETING_BYTES => {}
            // Gone, or no host at all.
            (Ok(None) | Err(_), _) => {
                self.guests.remove(index);
            }
        }
    }

    fn greet(&mut self, guest: Guest, greeting: Result<Greeting, KeeperError>) {
        let (abi, incarnation) = match greeting {
            Ok(Greeting::Attach { abi, incarnation }) => (abi, incarnation),
            Ok(Greeting::Update { program }) => return self.update(guest, &program),
            _ => return,
        };
        if abi != ABI_VERSION {
            return refuse(guest.channel, greeting::REFUSED_ABI, abi.into());
        }
        if self.stopping {
            return refuse(guest.channel, greeting::REFUSED_STOPPING, 0);
        }
        if incarnation <= self.incarnation {
            return refuse(guest.channel, greeting::REFUSED_FENCED, self.incarnation);
        }
        self.incarnation = incarnation;
        if let Some(mut former) = self.host.take() {
            // Best effort: it also learns of it from its rings and from the end of the connection.
            if former.tell(&Event::Fenced { by: incarnation }).is_ok() {
                former.channel.flush().ok();
            }
        }
        let mut host = Host::new(guest.channel);
        let welcome = Greeting::Welcome {
            abi: ABI_VERSION,
            pid: std::process::id(),
            sessions: self.sessions.len() as u32,
        };
        let mut queued = host.channel.queue(welcome.encode(), None);
        for session in self.sessions.values_mut() {
            session.fence(incarnation);
            queued = queued.and_then(|()| {
                host.lend(codec::encode_state(&session.state()), session.ring_fds())
            });
        }
        if queued.is_ok() {
            self.host = Some(host);
        }
    }

    /// Becomes another program, or says why not.
    fn update(&mut self, guest: Guest, program: &Path) {
        if self.stopping {
            return refuse(guest.channel, greeting::REFUSED_STOPPING, 0);
        }
        let why = if self.host.is_some() {
            NotUpdated::HostAttached
        } else if !self.errands.is_empty() {
            NotUpdated::Killing
        } else if !self.starts.is_empty() {
            NotUpdated::Starting
        } else {
            handover::replace(self, guest.channel.as_fd(), &self.socket, program)
        };
        // The rehearsal ended meanwhile, and others may have.
        system::ring_bell(self.child_bell).ok();
        refuse(guest.channel, greeting::REFUSED_UPDATE, why.detail());
    }

    fn on_host(&mut self, flags: PollFlags) {
        let Some(host) = &mut self.host else {
            return;
        };
        let ends = PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL;
        if !flags.intersects(PollFlags::IN | ends) {
            return;
        }
        if let Err(error) = host.channel.fill(caps::READ_PER_TURN_BYTES) {
            // What it said before it hung up is still carried out; garbage is not.
            if matches!(error, KeeperError::Closed) {
                self.serve_host();
            }
            self.host = None;
        }
    }

    /// Carries out the requests that have arrived, unless the host does not read the answers.
    fn serve_host(&mut self) {
        self.unserved = false;
        while let Some(host) = &mut self.host {
            if host.is_paused() {
                self.unserved = true;
                return;
            }
            let frame = host.channel.next();
            match frame.and_then(|frame| frame.as_ref().map(Request::decode).transpose()) {
                Ok(Some(request)) => self.on_request(request),
                Ok(None) => return,
                Err(_) => self.host = None,
            }
        }
    }

    fn flush_host(&mut self) {
        if self.host.as_mut().is_some_and(|host| host.flush().is_err()) {
            self.host = None;
        }
    }

    /// Tells the host, if there is one; one that does not read is dropped when the turn ends.
    fn tell(&mut self, event: &Event) {
        if let Some(host) = &mut self.host
            && host.tell(event).is_err()
        {
            self.host = None;
        }
    }

    /// Gives the host a moment to read the last events.
    fn farewell(&mut self) -> Result<(), KeeperError> {
        let deadline = Instant::now() + caps::FAREWELL;
        self.sessions.clear();
        self.flush_host();
        while let Some(host) = self
            .host
            .as_ref()
            .filter(|host| host.channel.queued_bytes() > 0)
        {
            let left = timespec(deadline.saturating_duration_since(Instant::now()));
            let mut polled = [PollFd::new(&host.channel, PollFlags::OUT)];
            match poll(&mut polled, Some(&left)) {
                Ok(0) => break,
                Ok(_) | Err(Errno::INTR) => self.flush_host(),
                Err(errno) => return Err(KeeperError::io("waiting for the host")(errno)),
            }
        }
        Ok(())
    }
}

/// Says why a connection is not taken, as far as its socket takes it, and drops it.
fn refuse(channel: HostChannel, reason: u8, detail: u64) {
    let refusal = Greeting::Refused {
        abi: ABI_VERSION,
        reason,
        detail,
    };
    say(channel, &refusal);
}

/// Says last words to a connection.
fn say(mut channel: HostChannel, greeting: &Greeting) {
    // Best effort: who does not read it sees the connection end.
    channel
        .queue(greeting.encode(), None)
        .and_then(|()| channel.flush())
        .ok();
}

fn timespec(duration: Duration) -> Timespec {
    // Rounded up to a millisecond: waking a little early would only poll again.
    let millis = duration.as_micros().div_ceil(1000).min(3_600_000) as i64;
    Timespec {
        tv_sec: millis / 1000,
        tv_nsec: millis % 1000 * 1_000_000,
    }
}
