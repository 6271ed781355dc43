//! What waits to be written to one connection.
//!
//! Nothing that fills an outbox ever waits for its client. Events are refused when it is full and
//! are taken up again from the store; long answers wait for room; screens are bounded by their
//! window, the rest by what the client itself asked for. A client that asks without reading until
//! [`HOPELESS`] messages wait is let go.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use agor_proto::limits::CLIENT_QUEUE_MAX;
use agor_proto::message::Message;
use tokio::sync::Notify;

/// Messages in an outbox whose client cannot be helped.
const HOPELESS: usize = 8 * CLIENT_QUEUE_MAX;

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
}

#[derive(Debug, Default)]
struct State {
    queue: VecDeque<Message>,
    closed: bool,
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
        }))
    }

    fn with<T>(&self, act: impl FnOnce(&mut State) -> T) -> T {
        act(&mut self.0.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Queues a message.
    ///
    /// # Errors
    /// [`Refused`] if the outbox is full and the message can be had again, or it is closed.
    pub fn push(&self, message: Message) -> Result<(), Refused> {
        let again = matches!(message, Message::Events(_));
        self.with(|state| {
            if state.closed || (again && state.queue.len() >= CLIENT_QUEUE_MAX) {
                return Err(Refused);
            }
            if state.queue.len() >= HOPELESS {
                state.closed = true;
                state.queue.clear();
            } else {
                state.queue.push_back(message);
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
            if state.queue.len() >= HOPELESS {
                state.closed = true;
                state.queue.clear();
            } else {
                state.queue.extend(messages);
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
        loop {
            let drained = self.0.drained.notified();
            let (closed, len) = self.with(|state| (state.closed, state.queue.len()));
            if closed {
                return Err(Refused);
            }
            if len <= CLIENT_QUEUE_MAX / 2 {
                return Ok(());
            }
            drained.await;
        }
    }

    /// Returns what waits, once something does; `None` when the outbox is closed and empty.
    pub async fn take(&self) -> Option<Vec<Message>> {
        loop {
            let filled = self.0.filled.notified();
            let (messages, closed) = self.with(|state| {
                let messages: Vec<Message> = state.queue.drain(..).collect();
                (messages, state.closed)
            });
            if !messages.is_empty() {
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
    use agor_proto::ids::{Seq, SessionId};
    use agor_proto::message::{Events, Live};

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
    async fn c4_a_client_that_asks_and_never_reads_is_let_go() {
        let outbox = Outbox::new();
        for _ in 0..=HOPELESS {
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
}
