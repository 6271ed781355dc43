//! What clients ask a session for, apart from commands: to see, to drive, to be told.

use agor_keeper::{RefusedInput, Request};
use agor_proto::error::{ErrorCode, WireError};
use agor_proto::ids::{ClientId, ConnEpoch, Size};
use agor_proto::message::{InputAck, InputFrame, Lease, LeaseStanding};

use super::{Effect, Now, Session, Wish, agent, launch};
use crate::agents::Observation;

impl Session {
    pub(super) fn on_wish(
        &mut self,
        conn: ConnEpoch,
        client: ClientId,
        wish: Wish,
        now: Now,
        effects: &mut Vec<Effect>,
    ) {
        match wish {
            Wish::Command {
                command,
                digest,
                stored,
            } => {
                self.on_command(conn, client, command, digest, stored, now, effects);
            }
            Wish::Subscribe(subscribe) => {
                self.subscribers
                    .add(conn, self.id, &subscribe.cursor, &self.journal, effects);
                self.screens.view(conn, client, subscribe.view);
            }
            Wish::Unsubscribe => {
                self.subscribers.remove(conn);
                self.screens.remove(conn);
                self.rest();
            }
            Wish::View(view) => {
                self.screens.view(conn, client, view);
                self.rest();
            }
            Wish::ScreenAck(rev) => self.screens.acknowledged(conn, rev, now.instant),
            Wish::TakeLease { force, fresh } => {
                let former = self.lease.holder().filter(|&former| former != client);
                let standing = self.lease.take(client, force, fresh, now.instant);
                self.lease.speaks(client, conn);
                let lease = |standing| Lease {
                    session: self.id,
                    standing,
                };
                effects.push(Effect::Send(conn, lease(standing).into()));
                if let (Some(former), LeaseStanding::Held { .. }) = (former, standing) {
                    // Who drove so far is told before it types into the void.
                    let taken = lease(LeaseStanding::Taken { by: client });
                    let told = self.screens.conns_of(former);
                    effects.extend(told.map(|conn| Effect::Send(conn, taken.into())));
                }
            }
            Wish::RenewLease(token) => {
                self.lease.speaks(client, conn);
                if let Some(by) = self.lease.renew(client, token, now.instant) {
                    let standing = LeaseStanding::Taken { by };
                    effects.push(Effect::Send(
                        conn,
                        Lease {
                            session: self.id,
                            standing,
                        }
                        .into(),
                    ));
                }
            }
            Wish::Cancel(ask) => self.waits.cancel(conn, ask),
            Wish::DropLease(token) => self.lease.release(client, token),
            Wish::Type(frame) => self.on_typed(conn, client, frame, now, effects),
            Wish::Resize { token, size } => {
                let size = size.clamped();
                if !self.lease.holds(client, token, now.instant) {
                    let standing = self.lease.standing(client);
                    effects.push(Effect::Send(
                        conn,
                        Lease {
                            session: self.id,
                            standing,
                        }
                        .into(),
                    ));
                } else if self.ring && self.life.alive() {
                    if self.asked_size.unwrap_or(self.size) != size {
                        self.ask_size(size, effects);
                    }
                } else {
                    self.wanted_size = Some(size);
                }
            }
            Wish::Ask { ask, query } => self.on_query(conn, ask, query, now, effects),
        }
    }

    /// Asks the keeper for another size of the terminal.
    pub(super) fn ask_size(&mut self, size: Size, effects: &mut Vec<Effect>) {
        self.asked_size = Some(size);
        effects.push(Effect::Keeper(Request::Resize {
            session: self.key,
            size: launch::pty_size(size),
        }));
    }

    /// Encodes and forwards an input of the driver.
    pub(super) fn on_typed(
        &mut self,
        conn: ConnEpoch,
        client: ClientId,
        frame: InputFrame,
        now: Now,
        effects: &mut Vec<Effect>,
    ) {
        let refusal = if !self.life.alive() {
            Some(WireError::new(
                ErrorCode::Ended,
                "the session's program has ended",
            ))
        } else if !self.lease.holds(client, frame.token, now.instant) {
            Some(WireError::new(
                ErrorCode::Fenced,
                "another client drives this session",
            ))
        } else {
            None
        };
        if let Some(error) = refusal {
            let ack = InputAck {
                session: self.id,
                seq: frame.seq,
                refused: Some(error),
            };
            effects.push(Effect::Send(conn, ack.into()));
            return;
        }
        let mut bytes = Vec::new();
        if let Some(terminal) = self.fold.terminal() {
            terminal.encode(&frame.input, &mut bytes);
        }
        if bytes.len() > agor_keeper::caps::INPUT_BYTES {
            let message = "the input is too long; send it in pieces";
            let refused = Some(WireError::new(ErrorCode::BadRequest, message));
            let ack = InputAck {
                session: self.id,
                seq: frame.seq,
                refused,
            };
            effects.push(Effect::Send(conn, ack.into()));
            return;
        }
        if agent::interrupts(&frame.input) {
            self.observe_now(Observation::Interrupted, now);
        }
        self.screens.typed(conn, client);
        let source = u128::from_be_bytes(client.0);
        effects.push(Effect::Keeper(Request::Input {
            session: self.key,
            source,
            seq: frame.seq.0,
            bytes,
        }));
    }

    pub(super) fn on_input_done(
        &mut self,
        source: u128,
        seq: u64,
        now: Now,
        effects: &mut Vec<Effect>,
    ) {
        if source == self.launcher.source() {
            self.commands
                .input_done(seq, &mut self.journal, self.fold.offset(), now);
        } else {
            self.screens
                .input_done(ClientId(source.to_be_bytes()), seq, effects);
        }
    }

    pub(super) fn on_input_refused(
        &mut self,
        source: u128,
        seq: u64,
        reason: RefusedInput,
        now: Now,
        effects: &mut Vec<Effect>,
    ) {
        let error = match reason {
            RefusedInput::Full => WireError::new(
                ErrorCode::InputFull,
                "the program does not read its input; it was not taken and can be sent again",
            ),
            RefusedInput::NoSession | RefusedInput::Ended => {
                WireError::new(ErrorCode::Ended, "the session's program has ended")
            }
        };
        if source == self.launcher.source() {
            self.commands
                .input_refused(seq, error, &mut self.journal, self.fold.offset(), now);
        } else {
            self.screens
                .input_refused(ClientId(source.to_be_bytes()), seq, error, effects);
        }
    }
}
