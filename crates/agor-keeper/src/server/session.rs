//! One child with its ring: what it says goes in, what it is told goes out, in the order in which
//! the keeper did it.

use std::{
    collections::VecDeque,
    os::fd::{AsFd, BorrowedFd, OwnedFd},
    rc::Rc,
    time::{Duration, Instant},
};

use rustix::{
    event::PollFlags,
    io::Errno,
    process::{Pid, Signal, getsid, kill_process, kill_process_group},
    termios::tcgetpgrp,
};

use super::{
    handover::{self, Handing},
    input::{Done, InputQueue, Offer, Progress},
    kill::Family,
    pace::Speech,
    spawn::{Child, Streams},
};
use crate::{
    Exit, Io, KeeperError, PtySize, RefusedConfigure, RefusedInput, RequestFault, RingFds,
    RingWriter, SessionKey, SessionState, SignalScope, SpawnSpec, caps,
    protocol::bytes::{BAD, Take},
    record::{self, Record},
    ring::{Position, Stop},
    system::{self, Group, Groups},
};

/// Readings before a leader's end is recorded, so that its last words usually stand before it.
const READS_BEFORE_EXIT: usize = 4;

/// A descriptor of a session that the loop waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// The terminal, or standard output.
    Out,
    /// Standard error.
    Err,
    /// Standard input.
    Input,
    /// The bell by which the host says that it made room.
    Space,
}

/// Something that happened but waits for room in the ring.
#[derive(Debug)]
enum Pending {
    Resize(PtySize),
    Configured(Vec<u8>),
    Exited(Exit),
    Closed,
}

fn take_exit(take: &mut Take<'_>) -> Result<Exit, KeeperError> {
    Ok(Exit {
        code: take.u32()? as i32,
        signal: take.u32()? as i32,
    })
}

/// What one turn of writing came to.
#[derive(Debug, Default)]
pub(super) struct Written {
    pub(super) done: Vec<Done>,
    /// Nobody reads any more; these were dropped.
    pub(super) abandoned: Vec<Done>,
}

/// A session, running or ended but not forgotten.
pub(super) struct Session {
    key: SessionKey,
    io: Io,
    pid: Pid,
    started: u64,
    size: PtySize,
    exit: Option<Exit>,
    /// `Closed` is written or waits to be.
    closed: bool,
    input_ended: bool,
    streams: Streams,
    ring: RingWriter,
    pending: VecDeque<Pending>,
    /// Output waits for room.
    full: bool,
    /// The host will ring once it has consumed everything.
    tidying: bool,
    rang_at: u64,
    input: InputQueue,
    group: Option<Rc<Group>>,
    speech: Speech,
}

impl Session {
    /// Takes a child that was just started, and records that first of all.
    pub(super) fn new(
        spec: &SpawnSpec,
        child: Child,
        ring: RingWriter,
        group: Option<Group>,
    ) -> Self {
        let number = child.pid.as_raw_nonzero().get().unsigned_abs();
        let mut session = Self {
            key: spec.session,
            io: spec.io,
            pid: child.pid,
            // Not reaped yet, so it is there even if it is dead.
            started: system::start_time(number).unwrap_or_default(),
            size: spec.size,
            exit: None,
            closed: false,
            input_ended: false,
            streams: child.streams,
            rang_at: ring.head(),
            ring,
            pending: VecDeque::new(),
            full: false,
            tidying: false,
            input: InputQueue::default(),
            group: group.map(Rc::new),
            speech: Speech::default(),
        };
        let fits = session.ring.push(Record::Started {
            pid: number,
            size: spec.size,
        });
        debug_assert!(fits, "an empty ring has room for its first record");
        session
    }

    /// Writes down the session for another image of this process; its descriptors by their numbers.
    pub(super) fn hand_over<'a>(&'a self, over: &mut Handing<'a>) {
        let put = &mut over.put;
        put.key(self.key)
            .u8(match self.io {
                Io::Pty => 0,
                Io::Pipes => 1,
            })
            .u32(self.number())
            .u64(self.started)
            .size(self.size);
        put.u8(self.exit.is_some().into());
        if let Some(exit) = self.exit {
            put.u32(exit.code as u32).u32(exit.signal as u32);
        }
        put.u8(self.closed.into())
            .u8(self.input_ended.into())
            .u8(self.full.into())
            .u8(self.group.is_some().into());
        let at = self.ring.position();
        put.u64(at.head).u64(at.tail).u64(at.given_back);
        put.u32(self.pending.len() as u32);
        for pending in &self.pending {
            match pending {
                Pending::Resize(size) => put.u8(0).size(*size),
                Pending::Configured(payload) => put.u8(1).bytes(payload),
                Pending::Exited(exit) => put.u8(2).u32(exit.code as u32).u32(exit.signal as u32),
                Pending::Closed => put.u8(3),
            };
        }
        self.input.hand_over(put);
        let fds = self.ring.fds();
        for fd in [&fds.memfd, &fds.data, &fds.space] {
            over.descriptor(Some(fd));
        }
        let Streams {
            out,
            err,
            input,
            slave,
        } = &self.streams;
        for fd in [out, err, input, slave] {
            over.descriptor(fd.as_ref());
        }
    }

    /// Reads what [`Session::hand_over`] wrote, and goes on with it.
    pub(super) fn take_over(
        take: &mut Take<'_>,
        groups: Option<&Groups>,
    ) -> Result<Self, KeeperError> {
        let key = take.key()?;
        let io = match take.u8()? {
            0 => Io::Pty,
            1 => Io::Pipes,
            _ => return Err(BAD),
        };
        let pid = i32::try_from(take.u32()?).ok().and_then(Pid::from_raw);
        let started = take.u64()?;
        let size = take.size()?;
        let exit = take.flag()?.then(|| take_exit(take)).transpose()?;
        let (closed, input_ended, full) = (take.flag()?, take.flag()?, take.flag()?);
        let group = take.flag()?;
        let at = Position {
            head: take.u64()?,
            tail: take.u64()?,
            given_back: take.u64()?,
        };
        let mut pending = VecDeque::new();
        for _ in 0..take.count(1)? {
            pending.push_back(match take.u8()? {
                0 => Pending::Resize(take.size()?),
                1 => Pending::Configured(take.bytes(caps::CONFIGURE_BYTES)?.to_vec()),
                2 => Pending::Exited(take_exit(take)?),
                3 => Pending::Closed,
                _ => return Err(BAD),
            });
        }
        let input = InputQueue::take_over(take)?;
        let mut ring_fd = || handover::take_descriptor(take)?.ok_or(BAD);
        let ring = RingFds {
            memfd: ring_fd()?,
            data: ring_fd()?,
            space: ring_fd()?,
        };
        let ring = RingWriter::resume(ring, at)
            .map_err(KeeperError::io("taking over a session's ring"))?;
        let streams = Streams {
            out: handover::take_descriptor(take)?,
            err: handover::take_descriptor(take)?,
            input: handover::take_descriptor(take)?,
            slave: handover::take_descriptor(take)?,
        };
        Ok(Self {
            key,
            io,
            pid: pid.ok_or(BAD)?,
            started,
            size,
            exit,
            closed,
            input_ended,
            streams,
            rang_at: at.head,
            ring,
            pending,
            full,
            tidying: false,
            input,
            group: groups
                .filter(|_| group)
                .and_then(|groups| groups.make(key))
                .map(Rc::new),
            speech: Speech::default(),
        })
    }

    /// Returns what can be told about the session, without its ring.
    pub(super) fn state(&self) -> SessionState {
        SessionState {
            session: self.key,
            pid: self.number(),
            io: self.io,
            size: self.size,
            alive: self.exit.is_none(),
            exit: self.exit,
            closed: self.closed,
            head: self.ring.head(),
            tail: self.ring.tail(),
            ring: None,
        }
    }

    /// Returns the descriptors of the session's ring.
    pub(super) fn ring_fds(&self) -> &Rc<RingFds> {
        self.ring.fds()
    }

    /// Returns the session's name.
    pub(super) fn key(&self) -> SessionKey {
        self.key
    }

    /// Returns the leader's process id.
    pub(super) fn number(&self) -> u32 {
        self.pid.as_raw_nonzero().get().unsigned_abs()
    }

    /// Returns by what the session's processes are recognised.
    pub(super) fn family(&self) -> Family {
        Family {
            session: self.key,
            leader: self.number(),
            leader_started: self.started,
        }
    }

    /// Returns the control group in which the session's processes are, if there is one.
    pub(super) fn group(&self) -> Option<&Rc<Group>> {
        self.group.as_ref()
    }

    /// Returns whether the leader has ended.
    pub(super) fn exited(&self) -> bool {
        self.exit.is_some()
    }

    /// Returns until when its output is not read, since it floods; and says whether it does.
    pub(super) fn rest(&mut self, now: Instant) -> (Option<Instant>, bool) {
        (self.speech.rests_until(now), self.speech.floods(now))
    }

    /// Calls `add` for each descriptor that the loop must wait for.
    pub(super) fn interests<'a>(
        &'a self,
        now: Instant,
        mut add: impl FnMut(Part, BorrowedFd<'a>, PollFlags),
    ) {
        let rests = self.speech.rests_until(now).is_some();
        let read = !self.full && self.pending.is_empty() && !rests;
        let write = !self.input.is_empty();
        let mut both = |part, fd: &'a Option<_>, read, write| {
            let mut flags = PollFlags::empty();
            flags.set(PollFlags::IN, read);
            flags.set(PollFlags::OUT, write);
            // A descriptor with nothing to wait for still reports hang-ups, over and over.
            if let (Some(fd), false) = (fd, flags.is_empty()) {
                let fd: &'a OwnedFd = fd;
                add(part, fd.as_fd(), flags);
            }
        };
        both(
            Part::Out,
            &self.streams.out,
            read,
            write && self.io == Io::Pty,
        );
        both(Part::Err, &self.streams.err, read, false);
        both(Part::Input, &self.streams.input, false, write);
        if self.waits_for_space() {
            add(Part::Space, self.ring.fds().space.as_fd(), PollFlags::IN);
        }
    }

    fn waits_for_space(&self) -> bool {
        self.full || !self.pending.is_empty() || self.tidying
    }

    /// Reads what the child says from one of its outputs, up to `limit` bytes; one that floods then rests
    /// for `pause`.
    pub(super) fn hear(&mut self, part: Part, limit: usize, pause: Duration) {
        let before = self.ring.head();
        self.read(part, limit);
        let bytes = self.ring.head().saturating_sub(before) as usize;
        self.speech.heard(bytes, pause, Instant::now());
    }

    /// As [`Session::hear`], whether or not it rests.
    fn read(&mut self, part: Part, limit: usize) -> Option<Stop> {
        if self.full || !self.pending.is_empty() {
            return Some(Stop::Full);
        }
        let (kind, stream) = match part {
            Part::Err => (record::ERR, &mut self.streams.err),
            _ => (record::OUT, &mut self.streams.out),
        };
        let filled = self.ring.fill(kind, limit, stream.as_ref()?);
        // What cannot be read will never be: that is its end, as far as the record goes.
        let stop = filled.map_or(Stop::Ended, |filled| filled.stop);
        match stop {
            Stop::Ended => {
                *stream = None;
                self.check_closed();
            }
            Stop::Full => self.full = !self.ring.wake_when_half_free(),
            Stop::Drained | Stop::Long => {}
        }
        Some(stop)
    }

    fn check_closed(&mut self) {
        if !self.closed && self.streams.out.is_none() && self.streams.err.is_none() {
            self.closed = true;
            self.pending.push_back(Pending::Closed);
            self.write_pending();
        }
    }

    /// Looks at what the host has released and goes on with what waited for that.
    pub(super) fn on_space(&mut self) {
        // A bell that could not be silenced rings again, no more.
        self.ring.clear_space_bell().ok();
        self.ring.look();
        self.tidying = false;
        if self.full {
            self.full = !self.ring.wake_when_half_free();
        }
        self.write_pending();
    }

    /// Writes what waits for room, in order.
    fn write_pending(&mut self) {
        while let Some(first) = self.pending.front() {
            let written = match first {
                Pending::Resize(size) => self.try_resize(*size),
                Pending::Configured(payload) => self.ring.push(Record::Configured(payload)),
                Pending::Exited(exit) => self.ring.push(Record::Exited(*exit)),
                Pending::Closed => self.ring.push(Record::Closed),
            };
            if written {
                self.pending.pop_front();
            } else if !self.ring.wake_when_half_free() {
                return;
            }
        }
    }

    /// Applies a size and records it, if the record has room: neither is ever without the other.
    fn try_resize(&mut self, size: PtySize) -> bool {
        if !self.ring.push(Record::Resized(size)) {
            return false;
        }
        self.size = size;
        if let (Io::Pty, Some(master)) = (self.io, &self.streams.out) {
            // A terminal whose other side is gone has no size, and nobody to see it.
            system::set_terminal_size(master.as_fd(), size).ok();
        }
        true
    }

    /// Gives the terminal a size, after what it has said at the former one.
    pub(super) fn resize(&mut self, size: PtySize) {
        if self.closed {
            return;
        }
        self.read(Part::Out, caps::RECORD_BYTES);
        if let Some(Pending::Resize(last)) = self.pending.back_mut() {
            *last = size;
        } else {
            self.pending.push_back(Pending::Resize(size));
        }
        self.write_pending();
    }

    /// Puts a note among the output.
    pub(super) fn configure(&mut self, payload: Vec<u8>) -> Result<(), RefusedConfigure> {
        if self.closed {
            return Err(RefusedConfigure::Closed);
        }
        if self.pending.len() >= caps::PENDING_RECORDS {
            return Err(RefusedConfigure::Full);
        }
        self.read(Part::Out, caps::RECORD_BYTES);
        self.pending.push_back(Pending::Configured(payload));
        self.write_pending();
        Ok(())
    }

    /// Records the leader's end; returns the inputs that it will never read.
    pub(super) fn on_exit(&mut self, exit: Exit) -> Vec<Done> {
        for _ in 0..READS_BEFORE_EXIT {
            if self.read(Part::Out, caps::RECORD_BYTES) != Some(Stop::Long) {
                break;
            }
        }
        self.exit = Some(exit);
        self.pending.push_back(Pending::Exited(exit));
        self.write_pending();
        // From now on the terminal ends when the last of those that the leader left behind ends.
        self.streams.slave = None;
        self.stop_input()
    }

    fn stop_input(&mut self) -> Vec<Done> {
        self.input_ended = true;
        self.streams.input = None;
        self.input.abandon()
    }

    /// Queues an input.
    pub(super) fn offer(
        &mut self,
        source: u128,
        seq: u64,
        bytes: Vec<u8>,
    ) -> Result<Offer, RefusedInput> {
        // What was written before the end is still confirmed after it.
        let progress = self.input.progress(source);
        if seq <= progress.written {
            return Ok(Offer::Repeated {
                written: progress.written,
            });
        }
        if self.input_ended {
            return Err(RefusedInput::Ended);
        }
        match self.input.offer(source, seq, bytes) {
            Offer::Full => Err(RefusedInput::Full),
            offer => Ok(offer),
        }
    }

    /// Queues a reply of the terminal.
    pub(super) fn reply(&mut self, offset: u64, ordinal: u32, bytes: Vec<u8>) {
        if !self.input_ended {
            self.input.offer_reply(offset, ordinal, bytes);
        }
    }

    /// Returns how far a source's input has come.
    pub(super) fn ask_input(&mut self, source: u128) -> Progress {
        self.input.ask(source)
    }

    /// Closes standard input after what is queued; a terminal has no such end.
    pub(super) fn end_input(&mut self) {
        if self.io == Io::Pipes {
            self.input_ended = true;
            self.close_drained_input();
        }
    }

    fn close_drained_input(&mut self) {
        if self.io == Io::Pipes && self.input_ended && self.input.is_empty() {
            self.streams.input = None;
        }
    }

    /// Writes what waits for the child, as much as it takes and a bounded amount.
    pub(super) fn write(&mut self) -> Written {
        let mut written = Written::default();
        let mut left = caps::WRITE_PER_TURN_BYTES;
        while left > 0 {
            let stream = match self.io {
                Io::Pty => self.streams.out.as_ref(),
                Io::Pipes => self.streams.input.as_ref(),
            };
            let Some(stream) = stream else {
                written.abandoned = self.stop_input();
                break;
            };
            let Some(bytes) = self.input.front() else {
                break;
            };
            let most = &bytes[..bytes.len().min(left)];
            // Nothing is written for an empty input, which is done when its turn comes.
            let count = if most.is_empty() {
                Ok(0)
            } else {
                rustix::io::write(stream, most)
            };
            match count {
                Ok(count) => {
                    left -= count;
                    written.done.extend(self.input.advance(count));
                }
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => break,
                Err(_) => {
                    written.abandoned = self.stop_input();
                    break;
                }
            }
        }
        self.close_drained_input();
        written
    }

    /// Sends a signal to the foreground or the leader; `All` is for a look at all processes.
    pub(super) fn signal(&self, signal: Signal, scope: SignalScope) -> Result<(), RequestFault> {
        // The leader is not reaped while this is false, so its numbers are still its own.
        if self.exit.is_some() {
            return Err(RequestFault::NotDelivered);
        }
        let sent = match (scope, self.foreground()) {
            (SignalScope::Leader, _) => kill_process(self.pid, signal),
            (_, Some(group)) => kill_process_group(group, signal),
            (_, None) => kill_process_group(self.pid, signal),
        };
        sent.map_err(|_| RequestFault::NotDelivered)
    }

    fn foreground(&self) -> Option<Pid> {
        let group = match (self.io, &self.streams.out) {
            (Io::Pty, Some(master)) => tcgetpgrp(master).ok()?,
            _ => return None,
        };
        // A group that has ended leaves its number in the terminal, and a stranger may get it.
        match getsid(Some(group)) {
            Ok(session) if session != self.pid => None,
            _ => Some(group),
        }
    }

    /// Hands the session to the host of this incarnation.
    pub(super) fn fence(&mut self, incarnation: u64) {
        self.ring.fence(incarnation);
        self.input.forget_refusals();
        // The former host may have died between releasing and ringing.
        self.on_space();
    }

    /// Ends a turn: tells the host what was added and tidies the ring.
    pub(super) fn finish_turn(&mut self) {
        if self.ring.head() != self.rang_at {
            self.rang_at = self.ring.head();
            // A bell has no way to fail but a closed descriptor, and this one is ours.
            self.ring.ring_bell().ok();
        } else if self.tidying {
            return;
        }
        self.give_back();
        if !self.full && self.pending.is_empty() && !self.tidying {
            self.tidying = self.ring.wake_to_tidy();
            if !self.tidying {
                // Either there is little to tidy, or the host has just consumed everything.
                self.give_back();
            }
        }
    }

    fn give_back(&mut self) {
        self.ring.look();
        // Pages that could not be given back now are given back later.
        self.ring.give_back().ok();
    }
}
