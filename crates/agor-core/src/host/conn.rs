//! One connection: the handshake, then every message to where it belongs.
//!
//! A connection owns nothing. When it ends, each session that it spoke to is told so and forgets
//! what that connection, by its [`ConnEpoch`], had there; nothing else changes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use agor_proto::PROTOCOL_VERSION;
use agor_proto::command::{Command, CommandBody, Outcome, Receipt};
use agor_proto::error::{ErrorCode, WireError};
use agor_proto::event::LogCursor;
use agor_proto::ids::{AskId, ClientId, CommandN, ConnEpoch, LeaseToken, ListRev, Seq, SessionId};
use agor_proto::limits::{CONNECTIONS_MAX, HANDSHAKE_MILLIS, Limits};
use agor_proto::message::{
    Answer, Ask, Cancel, Hello, Message, Part, Pong, Problem, Query, Refused, Report, Subscribe,
    Visibility, Welcome,
};
use agor_proto::session::SessionList;
use sha2::{Digest, Sha256};
use tokio::task::AbortHandle;

use super::hub::{Counters, Hub, Letter, SessionHandle, Stop};
use super::outbox::Outbox;
use super::session::Wish;
use super::{now, query, tap};
use crate::link::{Link, LinkError, LinkReader, LinkWriter};
use crate::storage::{StoreError, StoredReceipt};

const HANDSHAKE: Duration = Duration::from_millis(HANDSHAKE_MILLIS);

/// How long a connection that ends is given to read its last messages.
const FAREWELL: Duration = Duration::from_secs(1);

/// What this host can do beyond the protocol's version.
const FEATURES: &[&str] = &["wait", "tap", "answer"];

/// Takes a connection and serves it to its end.
pub async fn serve(hub: Arc<Hub>, link: Link, conn: ConnEpoch) {
    Counters::add(&hub.counters().connections_total, 1);
    let open = hub.counters().connections.fetch_add(1, Ordering::Relaxed);
    let peer = link.peer();
    let (mut reader, mut writer) = link.split();
    if open >= CONNECTIONS_MAX as u64 {
        let message = format!("the host has {CONNECTIONS_MAX} connections; close one first");
        refuse(&mut writer, ErrorCode::TooMany, message).await;
    } else if let Some(hello) = greet(&hub, conn, &mut reader, &mut writer).await {
        tracing::info!(%conn, client = %hello.client, pid = peer.pid, program = %hello.program, "accepted a connection");
        let outbox = Outbox::new();
        let writing = tokio::spawn(write(Arc::clone(&hub), conn, outbox.clone(), writer));
        let mut connection = Connection::new(Arc::clone(&hub), conn, hello.client, outbox.clone());
        let end = connection.read(&mut reader, hello).await;
        connection.end().await;
        outbox.close();
        // What was queued last says why; a peer that does not read it is not waited for.
        let writer = writing.abort_handle();
        if tokio::time::timeout(FAREWELL, writing).await.is_err() {
            writer.abort();
        }
        hub.counters().ended(&end);
        tracing::info!(%conn, reason = %end, "a connection ended");
    }
    Counters::add(&hub.counters().unknown_frames, reader.unknown_frames());
    hub.counters().connections.fetch_sub(1, Ordering::Relaxed);
}

async fn refuse(writer: &mut LinkWriter, code: ErrorCode, message: String) {
    tracing::warn!(%code, %message, "refused a connection");
    let refused = Refused {
        error: WireError::new(code, message),
    };
    // The peer may be gone; there is nothing more to say to it either way.
    writer.send(&refused.into()).await.ok();
    writer.close().await.ok();
}

/// Exchanges Hello and Welcome; `None` if the connection was refused or failed.
async fn greet(
    hub: &Hub,
    conn: ConnEpoch,
    reader: &mut LinkReader,
    writer: &mut LinkWriter,
) -> Option<Hello> {
    let first = tokio::time::timeout(HANDSHAKE, reader.next()).await;
    let hello = match first {
        Ok(Ok(Some(Message::Hello(hello)))) => hello,
        Ok(Ok(Some(Message::Report(report)))) => {
            take(hub, report).await;
            // That the connection ends says that it was heard.
            writer.close().await.ok();
            return None;
        }
        Ok(Ok(Some(_))) => {
            refuse(
                writer,
                ErrorCode::BadRequest,
                "the first message must be Hello".into(),
            )
            .await;
            return None;
        }
        Ok(Err(LinkError::Frame(error))) => {
            refuse(writer, ErrorCode::BadRequest, error.to_string()).await;
            return None;
        }
        Ok(Ok(None) | Err(_)) | Err(_) => return None,
    };
    if hello.client.0.starts_with(&[0; 8]) {
        // It would be taken for the host's own commands at the keeper.
        refuse(
            writer,
            ErrorCode::BadId,
            "a client's id is random; this one is not".into(),
        )
        .await;
        return None;
    }
    if !hello.versions.contains(&PROTOCOL_VERSION) {
        let message = format!(
            "this host speaks version {PROTOCOL_VERSION} of the protocol and the client {:?}; update the older one",
            hello.versions
        );
        refuse(writer, ErrorCode::Version, message).await;
        return None;
    }
    let welcome = Welcome {
        version: PROTOCOL_VERSION,
        features: FEATURES.iter().map(|&feature| feature.to_owned()).collect(),
        conn_epoch: conn,
        host: hub.host(),
        incarnation: hub.incarnation(),
        program: super::PROGRAM.to_owned(),
        limits: Limits::default(),
    };
    writer.send(&welcome.into()).await.ok()?;
    Some(hello)
}

/// Writes what comes into the outbox until it is closed or the link fails.
async fn write(hub: Arc<Hub>, conn: ConnEpoch, outbox: Outbox, mut writer: LinkWriter) {
    let counters = hub.counters();
    while let Some(messages) = outbox.take().await {
        let waited = messages.len() as u64;
        counters.outbox_max.fetch_max(waited, Ordering::Relaxed);
        for message in messages {
            tap::show(&hub, conn, true, &message);
            let before = writer.queued_bytes();
            let encoded = writer.queue(&message);
            let bytes = writer.queued_bytes() - before;
            counters.sent[message.lane() as usize].count(bytes);
            let queued = match encoded {
                Ok(()) if writer.queued_bytes() < 256 * 1024 => Ok(()),
                Ok(()) => writer.flush().await,
                Err(error) => {
                    tracing::error!(%conn, %error, "a message could not be sent");
                    let error = WireError::new(ErrorCode::Internal, error.to_string());
                    // Better no link than one on which something is missing.
                    outbox.close();
                    writer.queue(&Refused { error }.into())
                }
            };
            if queued.is_err() {
                return outbox.close();
            }
        }
        if writer.flush().await.is_err() {
            return outbox.close();
        }
    }
    // What is left is for a peer that may be gone.
    writer.close().await.ok();
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

/// What a connection knows.
struct Connection {
    hub: Arc<Hub>,
    conn: ConnEpoch,
    client: ClientId,
    outbox: Outbox,
    /// The sessions that it spoke to, which are told of its end.
    spoken_to: BTreeSet<SessionId>,
    watching_list: bool,
    /// The newest command that came, and how often receipts had been forgotten when the store was asked
    /// last: a newer one of which the store certainly knows nothing is new.
    asked: Option<(CommandN, u64)>,
    /// The tasks that answer questions.
    answering: BTreeMap<AskId, AbortHandle>,
}

impl Connection {
    fn new(hub: Arc<Hub>, conn: ConnEpoch, client: ClientId, outbox: Outbox) -> Self {
        Self {
            hub,
            conn,
            client,
            outbox,
            spoken_to: BTreeSet::new(),
            watching_list: false,
            asked: None,
            answering: BTreeMap::new(),
        }
    }

    /// Serves the peer's messages; returns why that ended.
    async fn read(&mut self, reader: &mut LinkReader, hello: Hello) -> String {
        for cursor in hello.resume {
            let visible = hello.visible.contains(&cursor.session);
            let view = if visible {
                Visibility::Visible
            } else {
                Visibility::Hidden
            };
            self.on(Subscribe { cursor, view }.into()).await;
        }
        loop {
            if self.outbox.is_closed() {
                return "it does not read".into();
            }
            match reader.next().await {
                Ok(Some(message)) => {
                    let received = &self.hub.counters().received;
                    received[message.lane() as usize].count(reader.last_bytes());
                    tap::show(&self.hub, self.conn, false, &message);
                    self.on(message).await;
                }
                Ok(None) => return "closed by the client".into(),
                Err(LinkError::Frame(error)) => {
                    let error = WireError::new(ErrorCode::BadRequest, error.to_string());
                    let reason = error.message.clone();
                    self.say(Refused { error });
                    return reason;
                }
                Err(error) => return error.to_string(),
            }
        }
    }

    /// Tells every session that it spoke to that it is gone.
    async fn end(&mut self) {
        self.hub.lookers().gone(self.conn);
        for task in std::mem::take(&mut self.answering).into_values() {
            task.abort();
        }
        for session in std::mem::take(&mut self.spoken_to) {
            if let Some(handle) = self.hub.session(session) {
                // The session may be going as well.
                handle.letters.send(Letter::ConnGone(self.conn)).await.ok();
            }
        }
    }

    fn say(&self, message: impl Into<Message>) {
        // A connection that is gone is told nothing.
        self.outbox.push(message.into()).ok();
    }

    async fn on(&mut self, message: Message) {
        match message {
            Message::Ping(ping) => {
                let peer_unix_micros = now().unix_millis * 1_000;
                let (nonce, micros) = (ping.nonce, ping.micros);
                self.say(Pong {
                    nonce,
                    micros,
                    peer_unix_micros,
                });
            }
            Message::Subscribe(subscribe) => {
                let LogCursor { session, .. } = subscribe.cursor;
                self.wish(session, Wish::Subscribe(subscribe)).await;
            }
            Message::Unsubscribe(message) => {
                self.wish(message.session, Wish::Unsubscribe).await;
            }
            Message::View(message) => {
                self.wish(message.session, Wish::View(message.view)).await;
            }
            Message::ScreenAck(ack) => {
                self.wish(ack.session, Wish::ScreenAck(ack.rev)).await;
            }
            Message::TakeLease(take) => match fresh_token() {
                Ok(fresh) => {
                    let wish = Wish::TakeLease {
                        force: take.force,
                        fresh,
                    };
                    self.wish(take.session, wish).await;
                }
                Err(error) => self.say(Problem {
                    session: take.session,
                    error,
                }),
            },
            Message::RenewLease(renew) => {
                self.wish(renew.session, Wish::RenewLease(renew.token))
                    .await;
            }
            Message::DropLease(drop) => {
                self.wish(drop.session, Wish::DropLease(drop.token)).await;
            }
            Message::InputFrame(frame) => {
                self.wish(frame.session, Wish::Type(frame)).await;
            }
            Message::Resize(resize) => {
                let wish = Wish::Resize {
                    token: resize.token,
                    size: resize.size,
                };
                self.wish(resize.session, wish).await;
            }
            Message::Looks(looks) => {
                let lookers = self.hub.lookers();
                lookers.look(self.conn, looks.session, &self.outbox);
            }
            Message::WatchList(watch) => self.watch_list(watch.follow),
            Message::Command(command) => self.on_command(command).await,
            Message::Ask(ask) => self.on_ask(ask).await,
            Message::Cancel(Cancel { ask }) => self.cancel(ask).await,
            // Answers to what the host never asks, and what only a host says.
            _ => tracing::debug!(conn = %self.conn, kind = message.kind(), "ignored a message"),
        }
    }

    /// Gives a wish to its session, or says that there is none.
    async fn wish(&mut self, session: SessionId, wish: Wish) {
        match self.hub.session(session) {
            Some(handle) => self.send(&handle, session, wish).await,
            None => self.say(Problem {
                session,
                error: no_session(session),
            }),
        }
    }

    async fn send(&mut self, handle: &SessionHandle, session: SessionId, wish: Wish) {
        self.spoken_to.insert(session);
        let letter = Letter::Wish {
            conn: self.conn,
            client: self.client,
            outbox: self.outbox.clone(),
            wish: Box::new(wish),
        };
        if handle.letters.send(letter).await.is_err() {
            self.say(Problem {
                session,
                error: no_session(session),
            });
        }
    }

    /// Has a question answered by a task that ends with its answer, or when the question is
    /// cancelled or the connection gone.
    fn answering(&mut self, ask: AskId, answer: impl Future<Output = ()> + Send + 'static) {
        self.answering.retain(|_, task| !task.is_finished());
        let task = tokio::spawn(answer).abort_handle();
        if let Some(former) = self.answering.insert(ask, task) {
            former.abort();
        }
    }

    /// Ends what is done for a question. Which session has it is not kept: any may.
    async fn cancel(&mut self, ask: AskId) {
        if let Some(task) = self.answering.remove(&ask) {
            return task.abort();
        }
        for session in self.spoken_to.clone() {
            if let Some(handle) = self.hub.session(session) {
                self.send(&handle, session, Wish::Cancel(ask)).await;
            }
        }
    }

    fn watch_list(&mut self, follow: bool) {
        let first = self.hub.list().changes(ListRev(0));
        let mut seen = rev_of(&first);
        // A connection that is gone is told nothing.
        self.outbox.push_together(messages(first)).ok();
        if !follow || self.watching_list {
            return;
        }
        self.watching_list = true;
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

    async fn on_command(&mut self, command: Command) {
        let id = command.id;
        let reject = |error| Receipt {
            id,
            outcome: Outcome::Rejected { error },
        };
        let digest = match rmp_serde::to_vec_named(&command.body) {
            Ok(body) => <[u8; 32]>::from(Sha256::digest(&body)),
            Err(error) => {
                let error = WireError::new(ErrorCode::BadRequest, error.to_string());
                return self.say(reject(error));
            }
        };
        let Some(session) = command.body.session() else {
            return self.on_host_command(&command);
        };
        if !self.hub.claim(self.client, id, session) {
            let message = "this command id was used for another session";
            return self.say(reject(WireError::new(ErrorCode::IdReuse, message)));
        }
        let stored = match self.stored_receipt(&command).await {
            Ok(stored) => stored,
            Err(error) => return self.say(reject(error)),
        };
        let handle = match &command.body {
            // One that was carried out, or refused, makes no session again.
            CommandBody::Create { .. } if stored.is_none() => self.hub.add_unborn(session),
            _ => self.hub.session(session),
        };
        match (handle, stored) {
            (Some(handle), stored) => {
                self.send(
                    &handle,
                    session,
                    Wish::Command {
                        command,
                        digest,
                        stored,
                    },
                )
                .await;
            }
            // The session is gone, and its receipt says how this command ended.
            (None, Some(stored)) if stored.digest == digest => {
                let outcome = match stored.outcome {
                    // It was gone before it ended.
                    Outcome::Accepted { .. } => Outcome::Interrupted,
                    known => known,
                };
                self.say(Receipt { id, outcome });
            }
            (None, Some(_)) => {
                let message = "this command id was used for another command";
                self.say(reject(WireError::new(ErrorCode::IdReuse, message)));
            }
            (None, _) if matches!(command.body, CommandBody::Create { .. }) => {
                let message = "the host has as many sessions as it can; remove ended ones first";
                self.say(reject(WireError::new(ErrorCode::TooMany, message)));
            }
            (None, _) => self.say(reject(no_session(session))),
        }
    }

    /// Returns what the store knows of a command. One so old that its receipt is forgotten cannot
    /// be told from a new one with its number: it is refused.
    async fn stored_receipt(
        &mut self,
        command: &Command,
    ) -> Result<Option<StoredReceipt>, WireError> {
        let store = self.hub.store();
        let forgets = store.forgets();
        if let Some((newest, asked)) = &mut self.asked
            && command.n > *newest
            && *asked == forgets
            && !store.may_have_receipt(command.id)
        {
            *newest = command.n;
            return Ok(None);
        }
        let newest = self
            .asked
            .map_or(command.n, |(newest, _)| newest.max(command.n));
        let (hub, client, id) = (Arc::clone(&self.hub), self.client, command.id);
        let read = tokio::task::spawn_blocking(move || {
            let stored = hub.store().receipt(client, id)?;
            Ok::<_, StoreError>((stored, hub.store().forgotten_commands(client)?))
        });
        match read.await {
            Ok(Ok((None, forgotten))) if command.n <= forgotten => Err(WireError::new(
                ErrorCode::IdReuse,
                "the command is older than the receipts that are kept",
            )),
            Ok(Ok((stored, _))) => {
                self.asked = Some((newest, forgets));
                Ok(stored)
            }
            Ok(Err(error)) => Err(WireError::new(ErrorCode::Storage, error.to_string())),
            Err(error) => Err(WireError::new(ErrorCode::Internal, error.to_string())),
        }
    }

    /// Carries out a command that is about no session.
    fn on_host_command(&self, command: &Command) {
        let outcome = match &command.body {
            // The one that was meant has ended, and its receipt was lost with it.
            CommandBody::StopHost {
                incarnation: Some(meant),
                ..
            } if *meant != self.hub.incarnation() => Outcome::Done { seq: Seq(0) },
            CommandBody::StopHost { keep_sessions, .. } => {
                let stop = if *keep_sessions {
                    Stop::Keep
                } else {
                    Stop::EndSessions
                };
                self.hub.stop(stop);
                Outcome::Done { seq: Seq(0) }
            }
            _ => Outcome::Rejected {
                error: WireError::new(
                    ErrorCode::Unsupported,
                    "this host does not know that command",
                ),
            },
        };
        self.say(Receipt {
            id: command.id,
            outcome,
        });
    }

    async fn on_ask(&mut self, question: Ask) {
        if self.outbox.room_for_answers().await.is_err() {
            return;
        }
        let Ask { ask, query } = question;
        let fail = |code, message: String| Answer {
            ask,
            last: true,
            part: Part::Failed {
                error: WireError::new(code, message),
            },
        };
        let (hub, outbox) = (Arc::clone(&self.hub), self.outbox.clone());
        match query {
            Query::Screen { session }
            | Query::Rows { session, .. }
            | Query::Window { session, .. }
            | Query::Find { session, .. }
            | Query::Marks { session, .. }
            | Query::Events { session, .. }
            | Query::Wait { session, .. }
            | Query::WaitState { session, .. }
            | Query::Explain { session } => match self.hub.session(session) {
                Some(handle) => self.send(&handle, session, Wish::Ask { ask, query }).await,
                None => self.say(fail(ErrorCode::NoSession, no_session(session).message)),
            },
            Query::Record { session, from } => match self.hub.session(session) {
                Some(handle) => {
                    let record = query::record(hub, handle, session, from, ask, outbox);
                    self.answering(ask, record);
                }
                None => self.say(fail(ErrorCode::NoSession, no_session(session).message)),
            },
            Query::Usage { by, days } => {
                self.answering(ask, query::usage(hub, by, days, ask, outbox));
            }
            Query::Stats => {
                self.answering(ask, query::stats(hub, ask, outbox));
            }
            Query::Tap => {
                self.answering(ask, tap::run(hub, self.conn, ask, outbox));
            }
            Query::Blob {
                hash,
                session: Some(session),
            } => {
                self.answering(ask, query::blob(hub, session, hash, ask, outbox));
            }
            Query::Blob { session: None, .. } => {
                self.say(fail(ErrorCode::Pruned, "there is no such blob".into()));
            }
            Query::Unknown => {
                self.say(fail(
                    ErrorCode::Unsupported,
                    "this host cannot answer that".into(),
                ));
            }
        }
    }
}

/// Returns the revision of a list's change, which all parts of it have.
fn rev_of(parts: &[SessionList]) -> ListRev {
    parts.last().map_or(ListRev(0), |part| part.rev)
}

fn messages(parts: Vec<SessionList>) -> Vec<Message> {
    parts.into_iter().map(Message::from).collect()
}

fn no_session(session: SessionId) -> WireError {
    WireError::new(
        ErrorCode::NoSession,
        format!("there is no session {session}; see `agor ls`"),
    )
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
