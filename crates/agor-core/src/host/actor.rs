//! The task of one session: waits for what happens to it, asks [`Session`] what to do, does it.

use std::collections::BTreeMap;
use std::fs::{DirBuilder, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use agor_keeper::{Event as KeeperEvent, RingError, RingReader};
use agor_proto::agent::Conflict;
use agor_proto::command::{Outcome, Receipt};
use agor_proto::error::{ErrorCode, WireError};
use agor_proto::ids::{ConnEpoch, Offset, Seq, SessionId};
use agor_proto::limits::EVENT_BATCH_MAX;
use agor_proto::message::{Answer, Message, Part, Problem};
use rustix::fs::OFlags;
use tokio::io::Interest;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::sleep_until;

use super::hub::{Counters, Hub, Letter, Stop};
use super::mailbox::{Mailbox, Note};
use super::now;
use super::outbox::Outbox;
use super::query;
use super::rebuild::{self, Rebuilt};
use super::registry::Registries;
use super::session::{Cause, Effect, Figures, Session, Wish};
use super::watched::{self, Watched};
use crate::agents::{foreground, here};
use crate::images::ImageStore;
use crate::load;
use crate::storage::{Health, StoreError};

/// Records that are folded before anything else is looked at.
const RING_SLICE_BYTES: usize = 256 * 1024;

/// The least that is folded in one go, however many sessions flood: a record of the keeper's.
const RING_SLICE_MIN_BYTES: usize = 16 * 1024;

/// Before events are read again that could not be.
const READ_AGAIN: Duration = Duration::from_secs(5);

/// What is read of an agent's transcript at once; longer than its lines are.
const TRANSCRIPT_PIECE_BYTES: u64 = 16 * 1024 * 1024;

/// See the module.
#[derive(Debug)]
pub struct Actor {
    hub: Arc<Hub>,
    session: Session,
    inbox: mpsc::Receiver<Letter>,
    mailbox: Mailbox,
    health: watch::Receiver<Health>,
    /// Why the session's agent is in its state, for those who follow that.
    evidence: watch::Sender<Part>,
    ring: Option<Watched<RingReader>>,
    /// How far the ring was filled at the last look.
    filled: Offset,
    outboxes: BTreeMap<ConnEpoch, Outbox>,
    settling: Vec<(Offset, oneshot::Sender<Offset>)>,
    ending: Vec<oneshot::Sender<()>>,
    /// Whether the ring may hold more than was read.
    unread: bool,
    /// Whether it is counted among the sessions that flood.
    floods: bool,
    gone: bool,
}

impl Drop for Actor {
    fn drop(&mut self) {
        self.count_flood(false);
    }
}

impl Actor {
    /// Returns the task of `session`.
    #[must_use]
    pub fn new(
        hub: Arc<Hub>,
        session: Session,
        inbox: mpsc::Receiver<Letter>,
        mailbox: Mailbox,
    ) -> Self {
        let health = hub.store().watch_health();
        Self {
            hub,
            session,
            inbox,
            mailbox,
            health,
            evidence: watch::Sender::new(Part::Unknown),
            ring: None,
            filled: Offset(0),
            outboxes: BTreeMap::new(),
            settling: Vec::new(),
            ending: Vec::new(),
            unread: false,
            floods: false,
            gone: false,
        }
    }

    /// Runs until the session is removed or the host ends.
    pub async fn run(mut self) {
        // The first look at the store is due now.
        self.health.mark_changed();
        self.on(Cause::Tick).await;
        while !self.gone {
            if self.unread {
                self.read_ring().await;
                // Others have their turn between two slices of a flood.
                tokio::task::yield_now().await;
            }
            let wake = self.session.next_wake();
            let unread = self.unread;
            tokio::select! {
                letter = self.inbox.recv() => match letter {
                    Some(letter) => self.on_letter(letter).await,
                    None => return,
                },
                note = self.mailbox.take() => self.on_note(note).await,
                // It ends with the store, and the session before that.
                Ok(()) = self.health.changed() => {
                    let problem = self.health.borrow_and_update().problem();
                    self.on(Cause::Storage { problem }).await;
                    self.tell_settled();
                }
                rung = rung(self.ring.as_ref()) => match rung {
                    Ok(()) => self.unread = true,
                    Err(error) => {
                        tracing::error!(session_id = %self.session.id(), %error, "the ring cannot be watched");
                        self.ring = None;
                    }
                },
                () = sleep_until(wake.unwrap_or_else(|| now().instant).into()), if wake.is_some() => {
                    self.on(Cause::Tick).await;
                }
                () = std::future::ready(()), if unread => {}
            }
        }
        self.hub.forget(self.session.id());
        if let Some(images) = self.hub.launcher().images() {
            images.forget(self.session.id());
        }
        if let Some(reporting) = self.hub.launcher().reporting() {
            // Most sessions have no such folder.
            std::fs::remove_dir_all(reporting.folder_of(self.session.id())).ok();
        }
        // Who asked something of it in the meantime is told.
        self.inbox.close();
        while let Some(letter) = self.inbox.recv().await {
            if let Letter::Wish { outbox, wish, .. } = letter {
                refuse(&outbox, self.session.id(), *wish);
            }
        }
    }

    async fn on_letter(&mut self, letter: Letter) {
        match letter {
            Letter::Wish {
                conn,
                client,
                outbox,
                wish,
            } => {
                self.outboxes.insert(conn, outbox);
                self.on(Cause::Asked {
                    conn,
                    client,
                    what: wish,
                })
                .await;
            }
            Letter::ConnGone(conn) => {
                self.on(Cause::ConnGone { conn }).await;
                self.outboxes.remove(&conn);
            }
            Letter::Settle(done) => {
                self.settling.push((self.session.offset(), done));
                self.tell_settled();
            }
            Letter::WillEnd(heard) => {
                self.on(Cause::WillEnd).await;
                heard.send(()).ok(); // Who told it may have waited long enough.
            }
            Letter::WhenEnded(done) => {
                self.ending.push(done);
                self.tell_ended();
            }
            Letter::Reported { form, body, heard } => {
                self.on(Cause::Reported { form, body }).await;
                heard.send(()).ok(); // Who reported may have gone.
            }
            Letter::Evidence(given) => {
                self.evidence.send_replace(self.session.explain());
                given.send(self.evidence.subscribe()).ok(); // Who asked may have gone.
            }
            Letter::Spec(given) => {
                given.send(self.session.spec().clone()).ok(); // Who asked may have gone.
            }
            Letter::GiveUp => self.on(Cause::GivenUp).await,
            Letter::Conflicts(conflict) => self.on(Cause::Conflicts(conflict)).await,
            #[cfg(test)]
            Letter::Break => panic!("as a test asked"),
            Letter::Figures(figures) => {
                // Who asked may have gone.
                let ring_bytes = self.ring.as_ref().map_or(0, |ring| {
                    let ring = &ring.get_ref().0;
                    ring.head().saturating_sub(ring.tail())
                });
                let overtaken = self.session.overtaken().collect();
                let all = Figures {
                    ring_bytes,
                    ..self.session.figures()
                };
                figures.send((all, overtaken)).ok();
            }
        }
    }

    async fn on_note(&mut self, note: Note) {
        let cause = match note {
            Note::Keeper(event) => match self.cause_of(event).await {
                Some(cause) => cause,
                None => return,
            },
            Note::Kept(ring) => {
                self.take_ring(ring);
                Cause::RingKept
            }
            Note::Started { ring, pid } => {
                self.take_ring(ring);
                Cause::Spawned { pid }
            }
            Note::StartFailed { reason, cwd_errno } => Cause::SpawnFailed { reason, cwd_errno },
            Note::KeeperLost => {
                // The mapping outlives the keeper: what it left is still to be had.
                self.drain_ring().await;
                self.ring = None;
                Cause::KeeperLost
            }
            Note::Written(Ok(())) => Cause::Committed,
            Note::Written(Err(StoreError::Fenced)) => return self.hub.stop(Stop::Fenced),
            Note::Written(Err(error)) => {
                tracing::error!(session_id = %self.session.id(), %error, "the session cannot be stored");
                return self.hub.stop(Stop::StoreFailed);
            }
            Note::Transcript(bytes) => Cause::Transcript { bytes },
            Note::TranscriptGrew => Cause::TranscriptGrew,
            Note::Conversation(found) => Cause::Conversation { found },
            Note::Registry(pid, entry) => Cause::Registry { pid, entry },
            Note::Foreground(leader, found) => Cause::Foreground { leader, found },
            Note::Replayed(conn, events) => Cause::Replayed { conn, events },
            Note::Unreadable(conn) => Cause::Unreadable { conn },
        };
        self.on(cause).await;
        self.tell_settled();
        self.tell_ended();
    }

    async fn cause_of(&mut self, event: KeeperEvent) -> Option<Cause> {
        Some(match event {
            KeeperEvent::InputDone { source, seq, .. } => Cause::InputDone { source, seq },
            KeeperEvent::InputRefused {
                source,
                seq,
                reason,
                ..
            } => Cause::InputRefused {
                source,
                seq,
                reason,
            },
            KeeperEvent::InputState {
                source, written, ..
            } => Cause::InputState { source, written },
            KeeperEvent::Killed { survivors, .. } => {
                // What the program said last comes before the end of the kill.
                self.drain_ring().await;
                Cause::Killed { survivors }
            }
            KeeperEvent::Forgotten { .. } => {
                self.drain_ring().await;
                self.ring = None;
                Cause::Forgotten
            }
            KeeperEvent::State(_) => Cause::KeeperAnswered,
            KeeperEvent::Failed { fault, .. } => Cause::KeeperDeclined { fault },
            _ => return None,
        })
    }

    /// Takes a ring and begins to read it where the record ends.
    fn take_ring(&mut self, ring: RingReader) {
        match watched::watch(ring, Interest::READABLE) {
            Ok(ring) => {
                self.ring = Some(ring);
                self.unread = true;
            }
            Err(error) => {
                tracing::error!(session_id = %self.session.id(), %error, "the ring cannot be watched");
            }
        }
    }

    /// Folds what is in the ring now, and not what comes meanwhile.
    async fn drain_ring(&mut self) {
        let head = self.ring.as_ref().map_or(0, |ring| ring.get_ref().0.head());
        while self.session.offset().0 < head && self.read_ring().await {}
    }

    /// Folds a slice of what waits in the ring; says whether there was any.
    async fn read_ring(&mut self) -> bool {
        let any = self.read_slice().await;
        self.count_flood(self.unread);
        any
    }

    /// Counts this session among those that flood, or no more.
    fn count_flood(&mut self, floods: bool) {
        let flooding = &self.hub.counters().flooding;
        match (self.floods, floods) {
            (false, true) => flooding.fetch_add(1, Ordering::Relaxed),
            (true, false) => flooding.fetch_sub(1, Ordering::Relaxed),
            _ => return,
        };
        self.floods = floods;
    }

    /// Returns how much of a ring is folded in one go: others have their turn in between, and who types
    /// waits for all that flood.
    fn slice_bytes(&self) -> usize {
        let flooding = Counters::get(&self.hub.counters().flooding).max(1);
        let share = RING_SLICE_BYTES / usize::try_from(flooding).unwrap_or(usize::MAX);
        share.max(RING_SLICE_MIN_BYTES)
    }

    async fn read_slice(&mut self) -> bool {
        self.unread = false;
        let Some(ring) = &self.ring else {
            return false;
        };
        let ring = &ring.get_ref().0;
        let slice = self.slice_bytes();
        let from = self.session.offset();
        let mut bytes = Vec::new();
        // Cleared before reading: what comes after rings again.
        let read = ring
            .clear_bell()
            .and_then(|()| ring.read(from.0, slice, &mut bytes));
        match read {
            Ok(to) => {
                let head = Offset(ring.head());
                self.unread = to < head.0;
                // A ring says what it wants; it cannot have more in it than it holds.
                let put = head.0.saturating_sub(self.filled.max(from).0);
                let put = put.min(ring.capacity());
                self.filled = self.filled.max(head);
                Counters::add(&self.hub.counters().ring_bytes, put);
            }
            Err(RingError::OutOfRange { position, tail, .. }) if position < tail => {
                tracing::error!(session_id = %self.session.id(), position, tail, "output is missing: the keeper let go of it and the store does not have it");
                self.on(Cause::Gap { to: Offset(tail) }).await;
                self.unread = true;
                return true;
            }
            Err(error) => {
                tracing::error!(session_id = %self.session.id(), %error, "the ring cannot be read");
                self.ring = None;
                return false;
            }
        }
        if bytes.is_empty() {
            return false;
        }
        let counters = self.hub.counters();
        Counters::add(&counters.output_bytes, bytes.len() as u64);
        if !self.session.spec().private {
            Counters::add(&counters.record_bytes, bytes.len() as u64);
        }
        self.on(Cause::Ring { from, bytes }).await;
        true
    }

    /// Asks the session about `cause` and does what it says, and about what follows from that.
    async fn on(&mut self, cause: Cause) {
        if self.session.wants_terminal(&cause) {
            self.load_terminal().await;
        }
        let mut effects = Vec::new();
        let folds = matches!(cause, Cause::Ring { .. });
        let before = folds.then(load::thread_cpu);
        self.session.on(cause, now(), &mut effects);
        if let Some(before) = before {
            let took = load::thread_cpu().saturating_sub(before);
            let nanos = &self.hub.counters().fold_nanos;
            Counters::add(nanos, took.as_nanos() as u64);
        }
        while !effects.is_empty() {
            let mut causes = Vec::new();
            for effect in std::mem::take(&mut effects) {
                causes.extend(self.perform(effect).await);
            }
            for cause in causes {
                self.session.on(cause, now(), &mut effects);
            }
        }
        self.hub.counters().touch();
        if self.evidence.receiver_count() > 0 {
            let now = self.session.explain();
            self.evidence
                .send_if_modified(|told| std::mem::replace(told, now) != *told);
        }
    }

    async fn load_terminal(&mut self) {
        if self.session.spec().private {
            // Nothing of it is stored: its screen begins empty.
            return self.session.begin_terminal();
        }
        let hub = Arc::clone(&self.hub);
        let (id, size) = (self.session.id(), self.session.spec().size);
        let end = self.session.offset();
        let rebuilt = tokio::task::spawn_blocking(move || {
            rebuild::terminal(hub.store(), id, size, end, hub.launcher())
        });
        match rebuilt.await {
            Ok(it) => {
                let Rebuilt {
                    terminal,
                    checkpoint,
                    shelf,
                    left,
                } = it;
                self.session.set_terminal(terminal, checkpoint, shelf, left);
            }
            Err(error) => {
                tracing::error!(session_id = %id, %error, "the screen could not be rebuilt");
            }
        }
    }

    /// Does one thing; returns what follows from it at once.
    async fn perform(&mut self, effect: Effect) -> Option<Cause> {
        match effect {
            Effect::Keeper(request) => self.hub.keeper().ask(request).await,
            Effect::Write(transaction) => {
                let mailbox = self.mailbox.clone();
                let store = self.hub.store().clone();
                // One is under way at a time for each session, so nothing can overtake.
                tokio::spawn(async move {
                    mailbox.put(Note::Written(store.write(transaction).await));
                });
            }
            Effect::KeepRefusal(receipt) => self.hub.refusals().put(receipt),
            Effect::Send(conn, message) => {
                let untold = match &message {
                    Message::Events(events) => events.events.first().map(|event| event.seq),
                    _ => None,
                };
                let refused = self.outboxes.get(&conn)?.push(message).is_err();
                if refused && untold.is_some() {
                    Counters::add(&self.hub.counters().overflows, 1);
                    self.outboxes.get(&conn)?.counts().overflowed();
                }
                let untold = untold.filter(|_| refused)?;
                return Some(Cause::Overflowed { conn, untold });
            }
            Effect::Stream(conn, messages) => {
                let outbox = self.outboxes.get(&conn)?.clone();
                tokio::spawn(async move {
                    for message in messages {
                        if outbox.push_in_turn(message).await.is_err() {
                            return;
                        }
                    }
                });
            }
            Effect::Replay { conn, after } => self.replay(conn, after),
            Effect::ReadEvents {
                conn,
                ask,
                after,
                count,
            } => {
                let (outbox, id) = (self.outboxes.get(&conn)?.clone(), self.session.id());
                let hub = Arc::clone(&self.hub);
                tokio::spawn(query::events(hub, id, after, count, ask, outbox));
            }
            Effect::Look { conn, ask, look } => {
                let (outbox, id) = (self.outboxes.get(&conn)?.clone(), self.session.id());
                tokio::spawn(query::look(Arc::clone(&self.hub), id, *look, ask, outbox));
            }
            Effect::ReadRows {
                conn,
                ask,
                shelf,
                from,
                parts,
            } => {
                let (outbox, id) = (self.outboxes.get(&conn)?.clone(), self.session.id());
                let rest = (ask, parts);
                tokio::spawn(query::rows(
                    Arc::clone(&self.hub),
                    id,
                    shelf,
                    from,
                    rest,
                    outbox,
                ));
            }
            Effect::Release(to) => {
                let released = self
                    .ring
                    .as_ref()
                    .map(|ring| ring.get_ref().0.release(to.0));
                match released {
                    Some(Err(RingError::Fenced { by })) => {
                        tracing::warn!(by, "a newer host has taken over");
                        self.hub.stop(Stop::Fenced);
                    }
                    Some(Err(error)) => {
                        tracing::error!(session_id = %self.session.id(), %error, "the ring does not take its release");
                    }
                    Some(Ok(())) | None => {}
                }
            }
            Effect::Place { path, text } => {
                let placed = tokio::task::spawn_blocking(move || place(&path, &text)).await;
                // The agent then starts without hooks, and its state is judged by the rest.
                match placed {
                    Ok(Ok(())) => {}
                    Ok(Err(error)) => {
                        tracing::warn!(session_id = %self.session.id(), %error, "the agent's hooks could not be written");
                    }
                    Err(error) => {
                        tracing::warn!(session_id = %self.session.id(), %error, "the agent's hooks could not be written");
                    }
                }
            }
            Effect::ReadTranscript { path, from } => {
                let mailbox = self.mailbox.clone();
                tokio::task::spawn_blocking(move || {
                    // Without it there are no figures, and nothing else is missed.
                    let bytes = read_from(&path, from).unwrap_or_default();
                    mailbox.put(Note::Transcript(bytes));
                });
            }
            Effect::FindConversation { provider, sought } => {
                let (hub, mailbox) = (Arc::clone(&self.hub), self.mailbox.clone());
                tokio::task::spawn_blocking(move || {
                    let provider = hub.launcher().providers().get(&provider);
                    let find = |it| here::conversation(it, &sought);
                    mailbox.put(Note::Conversation(provider.map(find).unwrap_or_default()));
                });
            }
            Effect::FollowTranscript { path } => {
                let mailbox = self.mailbox.clone();
                let transcripts = self.hub.transcripts();
                transcripts.follow(self.session.id(), &path, mailbox);
            }
            Effect::FollowRegistry { provider, pid } => {
                let mailbox = self.mailbox.clone();
                Registries::follow(&self.hub, self.session.id(), &provider, pid, mailbox);
            }
            Effect::Wrote { file } => return self.wrote(file).await,
            Effect::FindForeground { leader } => {
                let (hub, mailbox) = (Arc::clone(&self.hub), self.mailbox.clone());
                tokio::task::spawn_blocking(move || {
                    let found =
                        foreground::look(hub.launcher().providers(), leader, now().unix_millis);
                    mailbox.put(Note::Foreground(leader, found));
                });
            }
            Effect::KeepImages { sources, live } => {
                let (id, private) = (self.session.id(), self.session.spec().private);
                // Memory may be full, so that others go to disk.
                self.with_images(move |images| {
                    for source in sources {
                        images.put(id, private, source);
                    }
                    images.forget_dead(id, &live);
                })
                .await;
            }
            Effect::StoreImages(live) => {
                let id = self.session.id();
                let persisted = self.with_images(move |images| images.persist(id, &live));
                let stored = match persisted.await {
                    Some(Err(error)) => {
                        tracing::warn!(session_id = %id, %error, "images could not be stored; the checkpoint that names them waits");
                        false
                    }
                    _ => true,
                };
                return Some(Cause::ImagesStored { stored });
            }
            Effect::MakeRoom => self.hub.store().make_room(self.session.id()),
            Effect::Listed(info) => self.hub.list().put(*info),
            Effect::StateTold => self.hub.told().put(self.session.id()),
            Effect::Gone => self.gone = true,
        }
        None
    }

    /// Notes that this session's agent has written a file, and tells it and those that have written it, too.
    async fn wrote(&self, file: String) -> Option<Cause> {
        let (id, at_millis) = (self.session.id(), now().unix_millis);
        let others = self.hub.note_written(id, &file, at_millis);
        let name = |session| self.hub.list().get(session).map(|info| info.name);
        let mut mine = None;
        for other in others {
            // One that has ended is in nobody's way.
            let running = self.hub.list().get(other).filter(|info| info.life.alive());
            let (Some(handle), Some(running)) = (self.hub.session(other), running) else {
                continue;
            };
            let conflict = Conflict {
                file: file.clone(),
                with: name(id).unwrap_or_default(),
                at_millis,
            };
            // A session that waits for this one is told nothing, rather than both waiting for ever.
            handle.letters.try_send(Letter::Conflicts(conflict)).ok();
            mine = Some(Conflict {
                file: file.clone(),
                with: running.name,
                at_millis,
            });
        }
        mine.map(Cause::Conflicts)
    }

    /// Does something with what images are made from, on a thread that may wait for the disk; `None` if
    /// nothing could be done.
    async fn with_images<T: Send + 'static>(
        &self,
        act: impl FnOnce(&ImageStore) -> T + Send + 'static,
    ) -> Option<T> {
        let images = self.hub.launcher().images().cloned()?;
        match tokio::task::spawn_blocking(move || act(&images)).await {
            Ok(done) => Some(done),
            Err(error) => {
                tracing::error!(session_id = %self.session.id(), %error, "images could not be kept");
                None
            }
        }
    }

    fn replay(&self, conn: ConnEpoch, after: Seq) {
        let Some(outbox) = self.outboxes.get(&conn).cloned() else {
            return;
        };
        let (hub, mailbox, id) = (
            Arc::clone(&self.hub),
            self.mailbox.clone(),
            self.session.id(),
        );
        tokio::spawn(async move {
            if outbox.room().await.is_err() {
                return;
            }
            let read =
                tokio::task::spawn_blocking(move || hub.store().events(id, after, EVENT_BATCH_MAX));
            let reason = match read.await {
                Ok(Ok(events)) => return mailbox.put(Note::Replayed(conn, events)),
                Ok(Err(StoreError::NoSession { .. })) => {
                    return mailbox.put(Note::Replayed(conn, Vec::new()));
                }
                Ok(Err(error)) => error.to_string(),
                Err(error) => error.to_string(),
            };
            unreadable(&outbox, id, &reason);
            tokio::time::sleep(READ_AGAIN).await;
            mailbox.put(Note::Unreadable(conn));
        });
    }

    /// Answers those who waited for the program's end.
    fn tell_ended(&mut self) {
        if !self.session.alive() {
            for done in self.ending.drain(..) {
                // Who asked may have gone.
                done.send(()).ok();
            }
        }
    }

    /// Answers those who waited for everything folded so far to be on disk.
    fn tell_settled(&mut self) {
        let committed = self.session.committed();
        // Nobody is kept waiting for a disk: what is on it is to be had.
        let stuck = self.health.borrow().problem().is_some() && !self.session.spec().private;
        for (offset, done) in std::mem::take(&mut self.settling) {
            if offset <= committed || stuck {
                // Who asked may have gone.
                done.send(offset.min(committed)).ok();
            } else {
                self.settling.push((offset, done));
            }
        }
    }
}

/// Tells a subscriber that its events cannot be read.
fn unreadable(outbox: &Outbox, session: SessionId, reason: &str) {
    tracing::error!(session_id = %session, reason, "stored events cannot be read");
    let message = format!("events cannot be read from the store: {reason}");
    let error = WireError::new(ErrorCode::Storage, message);
    // A connection that is gone is told nothing.
    outbox.push(Problem { session, error }.into()).ok();
}

/// Answers a wish that came to a session that is gone.
fn refuse(outbox: &Outbox, session: SessionId, wish: Wish) {
    let error = WireError::new(ErrorCode::NoSession, "the session was removed");
    let message: Message = match wish {
        Wish::Command { command, .. } => Receipt {
            id: command.id,
            outcome: Outcome::Rejected { error },
        }
        .into(),
        Wish::Ask { ask, .. } => Answer {
            ask,
            last: true,
            part: Part::Failed { error },
        }
        .into(),
        // Nothing of it is answered any more.
        Wish::Cancel(_) => return,
        _ => Problem { session, error }.into(),
    };
    // A connection that is gone is told nothing.
    outbox.push(message).ok();
}

/// Waits until the keeper rings; for ever without a ring.
async fn rung(ring: Option<&Watched<RingReader>>) -> io::Result<()> {
    match ring {
        Some(ring) => {
            let mut ready = ring.readable().await?;
            // The bell itself is cleared before the ring is read.
            ready.clear_ready();
            Ok(())
        }
        None => std::future::pending().await,
    }
}

/// Writes a file that nobody else may read, in a folder that nobody else may enter.
fn place(path: &Path, text: &str) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)?;
    }
    let mut file = File::options()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)?;
    file.write_all(text.as_bytes())
}

/// Reads a piece of a file from `from` on. What is no plain file is not waited for.
fn read_from(path: &Path, from: u64) -> io::Result<Vec<u8>> {
    let nonblocking = OFlags::NONBLOCK.bits().cast_signed();
    let mut file = File::options()
        .read(true)
        .custom_flags(nonblocking)
        .open(path)?;
    if !file.metadata()?.is_file() {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    file.seek(SeekFrom::Start(from))?;
    let mut bytes = Vec::new();
    file.take(TRANSCRIPT_PIECE_BYTES).read_to_end(&mut bytes)?;
    Ok(bytes)
}
