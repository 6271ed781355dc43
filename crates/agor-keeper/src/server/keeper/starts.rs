//! Children that are being started. Each start has a thread until the program runs or has failed to: a
//! folder or program on a file system that hangs holds up itself and nobody else.

use std::{
    collections::BTreeMap,
    os::fd::BorrowedFd,
    sync::mpsc::{self, Receiver, SyncSender},
    thread,
    time::Instant,
};

use rustix::io::Errno;
use rustix::process::Pid;

use super::Keeper;
use crate::{
    Event, RingWriter, SessionKey, SpawnSpec, SpawnStep, caps,
    protocol::codec,
    server::{
        kill::Errand,
        session::Session,
        spawn::{self, Child, SpawnError, Streams},
    },
    system::{self, Group},
};

/// What a thread needs besides what the child is made from.
const STACK_BYTES: usize = 256 * 1024;

/// Starts that have ended and wait to be taken; a thread that has one more to tell waits.
const TOLD_MAX: usize = 64;

/// The starts under way.
pub(super) struct Starts {
    under_way: BTreeMap<SessionKey, Start>,
    tell: SyncSender<Started>,
    told: Receiver<Started>,
    /// Since when the keeper stops and waits for them.
    stopping: Option<Instant>,
}

/// What waits for a child.
struct Start {
    spec: SpawnSpec,
    ring: RingWriter,
    group: Option<Group>,
    streams: Streams,
}

/// How a start ended.
struct Started {
    session: SessionKey,
    outcome: Result<Pid, SpawnError>,
}

impl Default for Starts {
    fn default() -> Self {
        let (tell, told) = mpsc::sync_channel(TOLD_MAX);
        Self {
            under_way: BTreeMap::new(),
            tell,
            told,
            stopping: None,
        }
    }
}

impl Starts {
    /// Returns how many are under way.
    pub(super) fn len(&self) -> usize {
        self.under_way.len()
    }

    /// Says whether none is under way.
    pub(super) fn is_empty(&self) -> bool {
        self.under_way.is_empty()
    }

    /// Says whether this session is being started.
    pub(super) fn has(&self, session: SessionKey) -> bool {
        self.under_way.contains_key(&session)
    }

    /// Returns until when a keeper that stops waits for them, while there are any.
    pub(super) fn deadline(&mut self) -> Option<Instant> {
        let since = *self.stopping.get_or_insert_with(Instant::now);
        (!self.is_empty()).then(|| since + caps::START_FAREWELL)
    }

    fn begin(
        &mut self,
        mut child: spawn::Prepared,
        start: Start,
        bell: BorrowedFd<'static>,
    ) -> Result<(), SpawnError> {
        let (tell, session) = (self.tell.clone(), start.spec.session);
        let run = move || {
            let outcome = child.run();
            // Closes this side's copies of what the child is connected to.
            drop(child);
            // A keeper that is gone hears neither.
            tell.send(Started { session, outcome }).ok();
            system::ring_bell(bell).ok();
        };
        thread::Builder::new()
            .name("start".into())
            .stack_size(STACK_BYTES)
            .spawn(run)
            .map_err(SpawnError::at(SpawnStep::Fork))?;
        self.under_way.insert(session, start);
        Ok(())
    }
}

impl Keeper {
    /// Begins to start what `spec` says, unless it is there or on its way.
    pub(super) fn on_spawn(&mut self, spec: SpawnSpec) {
        let session = spec.session;
        if self.sessions.contains_key(&session) {
            return self.tell_spawned(session, true);
        }
        if self.starts.has(session) {
            return;
        }
        if let Err(error) = self.spawn(spec) {
            self.tell_not_spawned(session, error);
        }
    }

    fn spawn(&mut self, spec: SpawnSpec) -> Result<(), SpawnError> {
        if self.stopping || self.sessions.len() + self.starts.len() >= caps::SESSIONS {
            return Err(SpawnError::new(SpawnStep::Request, Errno::AGAIN));
        }
        let ring = RingWriter::create(spec.ring_bytes, spec.start_offset, self.incarnation)
            .map_err(SpawnError::at(SpawnStep::Ring))?;
        let groups = self.groups.as_ref();
        let group = groups.and_then(|groups| groups.make(spec.session));
        let (child, streams) = spawn::prepare(&spec, self.file_limit, group.as_ref())?;
        let start = Start {
            spec,
            ring,
            group,
            streams,
        };
        self.starts.begin(child, start, self.child_bell)
    }

    /// Takes the children that have been started since the last time, and tells the host.
    pub(super) fn take_started(&mut self) {
        while let Ok(Started { session, outcome }) = self.starts.told.try_recv() {
            let Some(start) = self.starts.under_way.remove(&session) else {
                continue;
            };
            let Start {
                spec,
                mut ring,
                group,
                streams,
            } = start;
            let pid = match outcome {
                Ok(pid) => pid,
                Err(error) => {
                    self.tell_not_spawned(session, error);
                    continue;
                }
            };
            // Another host may have attached meanwhile.
            ring.fence(self.incarnation);
            let child = Child { pid, streams };
            self.leaders.insert(pid.as_raw_nonzero().get(), session);
            self.sessions
                .insert(session, Session::new(&spec, child, ring, group));
            self.tell_spawned(session, false);
            if let (true, Some(known)) = (self.stopping, self.sessions.get(&session)) {
                let grace = caps::START_FAREWELL;
                self.errands.begin(known, Errand::Kill { grace });
            }
        }
    }

    fn tell_spawned(&mut self, session: SessionKey, existing: bool) {
        if let (Some(known), Some(host)) = (self.sessions.get(&session), &mut self.host) {
            let message = codec::encode_spawned(session, known.number(), existing);
            if host.lend(message, known.ring_fds()).is_err() {
                self.host = None;
            }
        }
    }

    fn tell_not_spawned(&mut self, session: SessionKey, error: SpawnError) {
        let SpawnError { step, errno } = error;
        self.tell(&Event::SpawnFailed {
            session,
            step,
            errno,
        });
    }
}
