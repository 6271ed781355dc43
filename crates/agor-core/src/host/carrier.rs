//! The task of one connection: carries what comes over its link to [`Connection`], and does what that says.
//! It decides nothing about who may say what.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use agor_proto::command::Command;
use agor_proto::error::{ErrorCode, WireError};
use agor_proto::frame::Lane;
use agor_proto::ids::{AskId, ClientId, CommandN, ConnEpoch, LeaseToken, ListRev, SessionId};
use agor_proto::message::{Message, Problem, Query, Refused, Report};
use agor_proto::session::SessionList;
use tokio::task::AbortHandle;

use super::connection::{Connection, Effect, End, Event, Known, Place};
use super::hub::{Counters, Hub, Letter};
use super::outbox::Outbox;
use super::session::Wish;
use super::{follow, now, query, tap};
use crate::link::{Link, LinkError, LinkReader, LinkWriter, Peer};
use crate::storage::StoreError;

/// How long a connection that ends is given to read its last messages.
const FAREWELL: Duration = Duration::from_secs(1);

/// Bytes that are queued before they are written.
const WRITTEN_TOGETHER_BYTES: usize = 256 * 1024;

/// Takes a connection and serves it to its end.
pub async fn serve(hub: Arc<Hub>, link: Link, conn: ConnEpoch) {
    Counters::add(&hub.counters().connections_total, 1);
    let others = hub.counters().connections.fetch_add(1, Ordering::Relaxed);
    let peer = link.peer();
    let (mut reader, writer) = link.split();
    let outbox = Outbox::new();
    let writing = tokio::spawn(write(Arc::clone(&hub), conn, outbox.clone(), writer));
    let place = Place {
        conn,
        host: hub.host(),
        incarnation: hub.incarnation(),
    };
    let (connection, effects) = Connection::accept(place, others, now());
    let mut carrier = Carrier {
        hub: Arc::clone(&hub),
        conn,
        peer,
        connection,
        outbox: outbox.clone(),
        asked: None,
        answering: BTreeMap::new(),
    };
    let end = carrier.carry(&mut reader, effects).await;
    carrier.end(&end);
    outbox.close();
    // What was queued last says why; a peer that does not read it is not waited for.
    let writer = writing.abort_handle();
    if tokio::time::timeout(FAREWELL, writing).await.is_err() {
        writer.abort();
    }
    if let End::Over { reason } = end {
        hub.links().closed(conn, &reason);
        hub.counters().ended(&reason);
        hub.counters().touch();
        tracing::info!(%conn, %reason, "a connection ended");
    }
    Counters::add(&hub.counters().unknown_frames, reader.unknown_frames());
    hub.counters().connections.fetch_sub(1, Ordering::Relaxed);
}

/// Writes what comes into the outbox until it is closed or the link fails.
async fn write(hub: Arc<Hub>, conn: ConnEpoch, outbox: Outbox, mut writer: LinkWriter) {
    let counters = hub.counters();
    // Bytes of screens that wait in the link.
    let mut screens = 0;
    while let Some(messages) = outbox.take().await {
        let waited = messages.len() as u64;
        counters.outbox_max.fetch_max(waited, Ordering::Relaxed);
        for message in messages {
            tap::show(&hub, conn, true, &message);
            let before = writer.queued_bytes();
            let encoded = writer.queue(&message);
            let bytes = writer.queued_bytes() - before;
            counters.sent(&outbox, &message, bytes);
            if message.lane() == Lane::Screen {
                let copied = encoded.as_ref().map_or(0, |&copied| copied as u64);
                Counters::add(&counters.frame_bytes, copied);
                screens += bytes as u64;
            }
            let queued = match encoded {
                Ok(_) if writer.queued_bytes() < WRITTEN_TOGETHER_BYTES => Ok(()),
                Ok(_) => writer.flush().await,
                Err(error) => {
                    tracing::error!(%conn, %error, "a message could not be sent");
                    let error = WireError::new(ErrorCode::Internal, error.to_string());
                    // Better no link than one on which something is missing.
                    outbox.close();
                    writer.queue(&Refused { error }.into()).map(drop)
                }
            };
            if queued.is_err() {
                return outbox.close();
            }
        }
        if writer.flush().await.is_err() {
            return outbox.close();
        }
        Counters::add(&counters.link_bytes, std::mem::take(&mut screens));
    }
    // What is left is for a peer that may be gone.
    writer.close().await.ok();
}

/// What comes of an effect.
enum Next {
    /// Nothing.
    Nothing,
    /// This happened.
    Event(Event),
    /// The connection is over.
    End(End),
}

/// See the module.
struct Carrier {
    hub: Arc<Hub>,
    conn: ConnEpoch,
    peer: Peer,
    connection: Connection,
    outbox: Outbox,
    /// The newest command that was looked up, and how often receipts had been forgotten when the store was
    /// asked last: a newer one of which the store certainly knows nothing is new.
    asked: Option<(CommandN, u64)>,
    /// The tasks that answer questions.
    answering: BTreeMap<AskId, AbortHandle>,
}

impl Carrier {
    /// Does `effects` and what follows from them and from what is said, to the end.
    async fn carry(&mut self, reader: &mut LinkReader, effects: Vec<Effect>) -> End {
        let mut effects = VecDeque::from(effects);
        loop {
            let event = match effects.pop_front() {
                Some(effect) => match self.perform(effect).await {
                    Next::Nothing => continue,
                    Next::Event(event) => event,
                    Next::End(end) => return end,
                },
                None => self.next(reader).await,
            };
            // What follows from one effect comes before the next.
            for effect in self.connection.on(event, now()).into_iter().rev() {
                effects.push_front(effect);
            }
        }
    }

    /// Waits for what happens next.
    async fn next(&self, reader: &mut LinkReader) -> Event {
        loop {
            if self.outbox.is_closed() {
                let reason = "it does not read".into();
                return Event::Lost { reason };
            }
            let read = match self.connection.next_wake() {
                Some(wake) => match tokio::time::timeout_at(wake.into(), reader.next()).await {
                    Ok(read) => read,
                    Err(_) => return Event::Tick,
                },
                None => reader.next().await,
            };
            let message = match read {
                Ok(Some(message)) => message,
                Ok(None) => {
                    let reason = "closed by the client".into();
                    return Event::Lost { reason };
                }
                Err(LinkError::Frame(error)) => {
                    let reason = error.to_string();
                    return Event::Garbled { reason };
                }
                Err(error) => {
                    let reason = error.to_string();
                    return Event::Lost { reason };
                }
            };
            let (bytes, unknown) = (reader.last_bytes(), reader.unknown_frames());
            let counters = self.hub.counters();
            counters.received(&self.outbox, &message, bytes, unknown);
            tap::show(&self.hub, self.conn, false, &message);
            let asks = matches!(message, Message::Ask(_));
            if !asks || self.outbox.room_for_answers().await.is_ok() {
                return Event::Said(message);
            }
        }
    }

    /// Leaves nothing behind that only the host has.
    fn end(&mut self, end: &End) {
        match end {
            End::Silent => {}
            End::Refused(error) => {
                let Peer { over, pid, .. } = self.peer;
                tracing::warn!(%over, pid, code = %error.code, %error, "refused a connection");
                let error = error.clone();
                self.say(Refused { error }.into());
            }
            End::Over { .. } => self.hub.lookers().gone(self.conn),
        }
        for task in std::mem::take(&mut self.answering).into_values() {
            task.abort();
        }
    }

    fn say(&self, message: Message) {
        // A connection that is gone is told nothing.
        self.outbox.push(message).ok();
    }

    async fn perform(&mut self, effect: Effect) -> Next {
        match effect {
            Effect::Say(message) => self.say(message),
            Effect::Greeted { client, program } => {
                let (conn, Peer { over, pid, .. }) = (self.conn, self.peer);
                tracing::info!(%conn, %over, %client, pid, %program, "accepted a connection");
                let links = self.hub.links();
                links.opened(conn, (client, &program), pid, &self.outbox);
                self.hub.counters().touch();
            }
            Effect::Wish {
                session,
                client,
                wish,
                make,
            } => return self.wish(session, client, wish, make).await,
            Effect::TakeLease {
                session,
                client,
                force,
            } => match fresh_token() {
                Ok(fresh) => {
                    let wish = Box::new(Wish::TakeLease { force, fresh });
                    return self.wish(session, client, wish, false).await;
                }
                Err(error) => self.say(Problem { session, error }.into()),
            },
            Effect::LookUp {
                client,
                command,
                session,
                digest,
            } => {
                let known = match self.look_up(client, &command, session).await {
                    Ok(known) => Ok(Known {
                        held_by: self.hub.held_by(&command.body).await,
                        ..known
                    }),
                    refused => refused,
                };
                return Next::Event(Event::LookedUp {
                    command,
                    digest,
                    known,
                });
            }
            Effect::Answer { ask, query } => return self.answer(ask, query),
            Effect::Cancel(ask) => match self.answering.remove(&ask) {
                Some(task) => task.abort(),
                None => return Next::Event(Event::NotAnswering(ask)),
            },
            Effect::List { follow } => self.list(follow),
            Effect::Look(session) => {
                let lookers = self.hub.lookers();
                lookers.look(self.conn, session, &self.outbox);
            }
            Effect::Report(report) => take(&self.hub, report).await,
            Effect::Stop(stop) => self.hub.stop(stop),
            Effect::Leave(session) => {
                if let Some(handle) = self.hub.session(session) {
                    // The session may be going as well.
                    handle.letters.send(Letter::ConnGone(self.conn)).await.ok();
                }
            }
            Effect::End(end) => return Next::End(end),
        }
        Next::Nothing
    }

    /// Gives a wish to its session.
    async fn wish(
        &self,
        session: SessionId,
        client: ClientId,
        wish: Box<Wish>,
        make: bool,
    ) -> Next {
        let handle = match make {
            true => self.hub.add_unborn(session),
            false => self.hub.session(session),
        };
        let unheard = |wish| Next::Event(Event::Unheard { session, wish });
        let Some(handle) = handle else {
            return unheard(wish);
        };
        let letter = Letter::Wish {
            conn: self.conn,
            client,
            outbox: self.outbox.clone(),
            wish,
        };
        match handle.letters.send(letter).await {
            Ok(()) => Next::Nothing,
            // It ended meanwhile.
            Err(tokio::sync::mpsc::error::SendError(Letter::Wish { wish, .. })) => unheard(wish),
            Err(_) => Next::Nothing,
        }
    }

    /// Returns what the host knows of a command, apart from its session.
    async fn look_up(
        &mut self,
        client: ClientId,
        command: &Command,
        session: SessionId,
    ) -> Result<Known, WireError> {
        let (id, n) = (command.id, command.n);
        if !self.hub.claim(client, id, session) {
            let elsewhere = true;
            return Ok(Known {
                elsewhere,
                ..Known::default()
            });
        }
        if let Some(stored) = self.hub.refusals().get(client, id) {
            return Ok(Known {
                stored: Some(stored),
                ..Known::default()
            });
        }
        let store = self.hub.store();
        let forgets = store.forgets();
        if let Some((newest, asked)) = &mut self.asked
            && n > *newest
            && *asked == forgets
            && !store.may_have_receipt(id)
        {
            *newest = n;
            return Ok(Known::default());
        }
        let hub = Arc::clone(&self.hub);
        let read = tokio::task::spawn_blocking(move || {
            let stored = hub.store().receipt(client, id)?;
            Ok::<_, StoreError>((stored, hub.store().forgotten_commands(client)?))
        });
        match read.await {
            Ok(Ok((stored, forgotten))) => {
                let newest = self.asked.map_or(n, |(newest, _)| newest.max(n));
                self.asked = Some((newest.max(forgotten), forgets));
                Ok(Known {
                    elsewhere: false,
                    stored,
                    forgotten,
                    ..Known::default()
                })
            }
            Ok(Err(error)) => Err(WireError::new(ErrorCode::Storage, error.to_string())),
            Err(error) => Err(WireError::new(ErrorCode::Internal, error.to_string())),
        }
    }

    /// Has a question answered by a task that ends with its answer, or when the question is
    /// cancelled or the connection gone.
    fn answer(&mut self, ask: AskId, query: Query) -> Next {
        let (hub, outbox) = (Arc::clone(&self.hub), self.outbox.clone());
        match query {
            Query::Record { session, from } => match self.hub.session(session) {
                Some(handle) => {
                    let record = query::record(hub, handle, session, from, ask, outbox);
                    self.answering(ask, record);
                }
                None => {
                    let wish = Box::new(Wish::Ask { ask, query });
                    return Next::Event(Event::Unheard { session, wish });
                }
            },
            Query::Usage { by, days } => {
                self.answering(ask, query::usage(hub, by, days, ask, outbox));
            }
            Query::Follow { what, seen } => {
                self.answering(ask, follow::run(hub, what, seen, ask, outbox));
            }
            Query::Stats => self.answering(ask, query::stats(hub, ask, outbox)),
            Query::Tap => self.answering(ask, tap::run(hub, self.conn, ask, outbox)),
            Query::Blob {
                hash,
                session: Some(session),
            } => self.answering(ask, query::blob(hub, session, hash, ask, outbox)),
            // The connection answers the rest itself, or has a session do it.
            _ => {}
        }
        Next::Nothing
    }

    fn answering(&mut self, ask: AskId, answer: impl Future<Output = ()> + Send + 'static) {
        self.answering.retain(|_, task| !task.is_finished());
        let task = tokio::spawn(answer).abort_handle();
        if let Some(former) = self.answering.insert(ask, task) {
            former.abort();
        }
    }

    fn list(&self, follow: bool) {
        let first = self.hub.list().changes(ListRev(0));
        let mut seen = rev_of(&first);
        // A connection that is gone is told nothing.
        self.outbox.push_together(messages(first)).ok();
        if !follow {
            return;
        }
        let (hub, outbox) = (Arc::clone(&self.hub), self.outbox.clone());
        tokio::spawn(async move {
            let mut watch = hub.list().watch();
            // Ends with the host, or when the connection takes no more.
            while watch.wait_for(|&rev| rev > seen).await.is_ok() {
                let changes = hub.list().changes(seen);
                seen = rev_of(&changes);
                let told = match outbox.room().await {
                    Ok(()) => outbox.push_together(messages(changes)),
                    gone => gone,
                };
                if told.is_err() {
                    return;
                }
            }
        });
    }
}

/// Gives a report to its session, if it comes from there, and waits until it was heard.
async fn take(hub: &Hub, report: Report) {
    let Report {
        session,
        token,
        form,
        body,
    } = report;
    let known = hub.launcher().reporting();
    if known.is_none_or(|known| known.token(session) != token) {
        return tracing::warn!(%session, "ignored a report without the session's token");
    }
    let Some(handle) = hub.session(session) else {
        return;
    };
    let (heard, hearing) = tokio::sync::oneshot::channel();
    let letter = Letter::Reported { form, body, heard };
    if handle.letters.send(letter).await.is_ok() {
        // A session that is removed meanwhile hears nothing more.
        hearing.await.ok();
    }
}

/// Returns the revision of a list's change, which all parts of it have.
fn rev_of(parts: &[SessionList]) -> ListRev {
    parts.last().map_or(ListRev(0), |part| part.rev)
}

fn messages(parts: Vec<SessionList>) -> Vec<Message> {
    parts.into_iter().map(Message::from).collect()
}

fn fresh_token() -> Result<LeaseToken, WireError> {
    let mut token = [0; 16];
    getrandom::fill(&mut token).map_err(|error| {
        WireError::new(
            ErrorCode::Internal,
            format!("the system gives no random numbers: {error}"),
        )
    })?;
    Ok(LeaseToken(token))
}
