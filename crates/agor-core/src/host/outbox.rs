//! What waits to be written to one connection.
//!
//! Nothing that fills an outbox ever waits for its client. Events are refused when it is full, by their number or by
//! what they take, and are taken up again from the store; long answers wait for room; screens are bounded by their
//! window. A client that asks without reading is not listened to while [`CLIENT_ANSWERS_MAX`] answers
//! wait, and is let go when [`CLIENT_MESSAGES_MAX`] messages do.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use agor_proto::event::Event;
use agor_proto::limits::{
    CLIENT_ANSWERS_MAX, CLIENT_EVENT_BYTES_MAX, CLIENT_MESSAGES_MAX, CLIENT_QUEUE_MAX,
};
use agor_proto::message::Message;
use tokio::sync::Notify;

use super::links::LinkCounts;

/// The outbox is full, or its connection gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refused;

/// See the module.
#[derive(Debug, Clone)]
pub struct Outbox(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    filled: Notify,
    drained: Notify,
    counts: LinkCounts,
}

#[derive(Debug, Default)]
struct State {
    queue: VecDeque<Message>,
    /// How many of them are answers, which may be long.
    answers: usize,
    /// About how many bytes their events take.
    event_bytes: usize,
    closed: bool,
}

impl State {
    fn add(&mut self, message: Message) {
        self.answers += usize::from(matches!(message, Message::Answer(_)));
        self.event_bytes += event_bytes(&message).unwrap_or(0);
        self.queue.push_back(message);
    }

    fn has_room_for_events(&self, bytes: usize) -> bool {
        self.queue.len() < CLIENT_QUEUE_MAX && self.event_bytes + bytes <= CLIENT_EVENT_BYTES_MAX
    }

    fn give_up(&mut self) {
        self.closed = true;
        self.take();
    }

    fn take(&mut self) -> Vec<Message> {
        self.answers = 0;
        self.event_bytes = 0;
        self.queue.drain(..).collect()
    }
}

/// Returns about how many bytes the events of a message take; nothing for one that has none.
fn event_bytes(message: &Message) -> Option<usize> {
    match message {
        Message::Events(told) => Some(told.events.iter().map(Event::size_bytes_about).sum()),
        _ => None,
    }
}

impl Outbox {
    /// Returns an empty outbox.
    #[must_use]
    pub fn new() -> Self {
        let state = Mutex::new(State::default());
        Self(Arc::new(Shared {
            state,
            filled: Notify::new(),
            drained: Notify::new(),
            counts: LinkCounts::default(),
        }))
    }

    /// Returns what is counted of the connection.
    #[must_use]
    pub fn counts(&self) -> &LinkCounts {
        &self.0.counts
    }

    /// Returns how many messages wait.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.with(|state| state.queue.len())
    }

    fn with<T>(&self, act: impl FnOnce(&mut State) -> T) -> T {
        act(&mut self.0.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Queues a message.
    ///
    /// # Errors
    /// [`Refused`] if the outbox is full and the message can be had again, or it is closed.
    pub fn push(&self, message: Message) -> Result<(), Refused> {
        // What the store has can be had again.
        let again = event_bytes(&message);
        self.with(|state| {
            if state.closed || again.is_some_and(|bytes| !state.has_room_for_events(bytes)) {
                return Err(Refused);
            }
            if state.queue.len() >= CLIENT_MESSAGES_MAX {
                state.give_up();
            } else {
                state.add(message);
            }
            Ok(())
        })?;
        self.0.filled.notify_one();
        Ok(())
    }

    /// Queues messages that belong together, with nothing between them.
    ///
    /// # Errors
    /// [`Refused`] if the outbox is closed.
    pub fn push_together(&self, messages: Vec<Message>) -> Result<(), Refused> {
        self.with(|state| {
            if state.closed {
                return Err(Refused);
            }
            if state.queue.len() >= CLIENT_MESSAGES_MAX {
                state.give_up();
            } else {
                messages.into_iter().for_each(|message| state.add(message));
            }
            Ok(())
        })?;
        self.0.filled.notify_one();
        Ok(())
    }

    /// Queues a message once there is room for it.
    ///
    /// # Errors
    /// [`Refused`] if the connection is gone.
    pub async fn push_in_turn(&self, message: Message) -> Result<(), Refused> {
        self.room().await?;
        self.push(message)
    }

    /// Waits until the outbox is at most half full.
    ///
    /// # Errors
    /// [`Refused`] if the connection is gone.
    pub async fn room(&self) -> Result<(), Refused> {
        self.until(|state| {
            state.queue.len() <= CLIENT_QUEUE_MAX / 2
                && state.event_bytes <= CLIENT_EVENT_BYTES_MAX / 2
        })
        .await
    }

    /// Waits until few enough answers wait that another can be asked for.
    ///
    /// # Errors
    /// [`Refused`] if the connection is gone.
    pub async fn room_for_answers(&self) -> Result<(), Refused> {
        self.until(|state| state.answers < CLIENT_ANSWERS_MAX).await
    }

    /// Waits until no answer waits.
    ///
    /// # Errors
    /// [`Refused`] if the connection is gone.
    pub async fn answers_went(&self) -> Result<(), Refused> {
        self.until(|state| state.answers == 0).await
    }

    async fn until(&self, holds: impl Fn(&State) -> bool) -> Result<(), Refused> {
        loop {
            let drained = self.0.drained.notified();
            let (closed, holds) = self.with(|state| (state.closed, holds(state)));
            if closed {
                return Err(Refused);
            }
            if holds {
                return Ok(());
            }
            drained.await;
        }
    }

    /// Returns what waits, once something does; `None` when the outbox is closed and empty.
    pub async fn take(&self) -> Option<Vec<Message>> {
        loop {
            let filled = self.0.filled.notified();
            let (messages, closed) = self.with(|state| (state.take(), state.closed));
            if !messages.is_empty() {
                self.0.counts.waited(messages.len() as u64);
                self.0.drained.notify_waiters();
                return Some(messages);
            }
            if closed {
                return None;
            }
            filled.await;
        }
    }

    /// Ends the connection after what waits.
    pub fn close(&self) {
        self.with(|state| state.closed = true);
        self.0.filled.notify_one();
        self.0.drained.notify_waiters();
    }

    /// Says whether the connection is gone or going.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.with(|state| state.closed)
    }
}

impl Default for Outbox {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use agor_proto::event::EventBody;
    use agor_proto::ids::AskId;
    use agor_proto::ids::{Offset, Seq, SessionId};
    use agor_proto::message::{Answer, Events, Live, Part};

    fn session() -> SessionId {
        SessionId::from_parts(1, [0; 10])
    }

    #[tokio::test]
    async fn client_queue_max_refuses_events_and_lets_receipts_through() {
        let outbox = Outbox::new();
        let events = || Events {
            session: session(),
            events: Vec::new(),
        };
        for _ in 0..CLIENT_QUEUE_MAX {
            outbox.push(events().into()).unwrap();
        }
        assert_eq!(outbox.push(events().into()), Err(Refused));
        outbox
            .push(
                Live {
                    session: session(),
                    seq: Seq(1),
                }
                .into(),
            )
            .unwrap();
        assert_eq!(outbox.take().await.unwrap().len(), CLIENT_QUEUE_MAX + 1);
        outbox.room().await.unwrap();
    }

    #[tokio::test]
    async fn client_event_bytes_max_refuses_large_events_of_which_there_are_few() {
        let outbox = Outbox::new();
        let events = || {
            let title = "t".repeat(200 * 1024);
            Events {
                session: session(),
                events: vec![Event {
                    seq: Seq(1),
                    at_millis: 0,
                    offset: Offset(0),
                    body: EventBody::Titled { title },
                }],
            }
        };
        let mut taken = 0;
        while outbox.push(events().into()).is_ok() {
            taken += 1;
        }
        assert_eq!(taken, CLIENT_EVENT_BYTES_MAX / (200 * 1024 + 256));
        let room = tokio::time::timeout(std::time::Duration::ZERO, outbox.room());
        assert!(room.await.is_err(), "there is no room until some are read");
        assert_eq!(outbox.take().await.unwrap().len(), taken);
        outbox.push_in_turn(events().into()).await.unwrap();
    }

    #[tokio::test]
    async fn c4_client_messages_max_let_a_client_go_that_asks_and_never_reads() {
        let outbox = Outbox::new();
        for _ in 0..=CLIENT_MESSAGES_MAX {
            outbox
                .push(
                    Live {
                        session: session(),
                        seq: Seq(1),
                    }
                    .into(),
                )
                .ok();
        }
        assert!(outbox.is_closed());
        assert_eq!(outbox.take().await, None);
        assert_eq!(outbox.room().await, Err(Refused));
    }

    #[tokio::test]
    async fn client_answers_max_wait_and_no_more_is_asked_until_some_are_read() {
        let outbox = Outbox::new();
        for n in 0..CLIENT_ANSWERS_MAX {
            outbox.room_for_answers().await.unwrap();
            let answer = Answer {
                ask: AskId(n as u64),
                last: true,
                part: Part::Events { events: Vec::new() },
            };
            outbox.push(answer.into()).unwrap();
        }
        let patience = std::time::Duration::from_millis(20);
        let waits = tokio::time::timeout(patience, outbox.room_for_answers());
        assert!(waits.await.is_err(), "another was asked for");
        let waiting = outbox.clone();
        let asking = tokio::spawn(async move { waiting.room_for_answers().await });
        outbox.take().await.unwrap();
        asking.await.unwrap().unwrap();
    }
}
