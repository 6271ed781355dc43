//! What the host asks for.

use std::time::Duration;

use rustix::process::Signal;

use super::Keeper;
use crate::{
    Event, PtySize, RefusedConfigure, RefusedInput, Request, RequestFault, SessionKey, SignalScope,
    server::{input::Offer, kill::Errand, session::Session},
};

impl Keeper {
    /// Carries out one request.
    pub(super) fn on_request(&mut self, request: Request) {
        match request {
            Request::Spawn(spec) => self.on_spawn(spec),
            Request::Input {
                session,
                source,
                seq,
                bytes,
            } => {
                self.on_input(session, source, seq, bytes);
            }
            Request::EndInput { session } => self.with(session, |session| {
                session.end_input();
                Ok(())
            }),
            Request::Reply {
                session,
                offset,
                ordinal,
                bytes,
            } => {
                // A reply to a session that is gone has nobody to miss it.
                if let Some(known) = self.sessions.get_mut(&session) {
                    known.reply(offset, ordinal, bytes);
                    self.write(session);
                }
            }
            Request::Resize { session, size } => self.on_resize(session, size),
            Request::Configure { session, payload } => self.on_configure(session, payload),
            Request::Signal {
                session,
                signal,
                scope,
            } => self.on_signal(session, signal, scope),
            Request::Kill {
                session,
                grace_millis,
            } => self.on_kill(session, grace_millis),
            Request::AskInput { session, source } => self.on_ask_input(session, source),
            Request::Forget { session } => self.on_forget(session),
            Request::AskState { session } => match self.sessions.get(&session) {
                Some(known) => self.tell(&Event::State(known.state())),
                None => self.fail(session, RequestFault::NoSession),
            },
            Request::Shutdown { grace_millis } => self.on_shutdown(grace_millis),
        }
    }

    fn fail(&mut self, session: SessionKey, fault: RequestFault) {
        self.tell(&Event::Failed { session, fault });
    }

    fn with(
        &mut self,
        key: SessionKey,
        act: impl FnOnce(&mut Session) -> Result<(), RequestFault>,
    ) {
        let outcome = self
            .sessions
            .get_mut(&key)
            .ok_or(RequestFault::NoSession)
            .and_then(act);
        if let Err(fault) = outcome {
            self.fail(key, fault);
        }
    }

    fn on_input(&mut self, session: SessionKey, source: u128, seq: u64, bytes: Vec<u8>) {
        let offer = match self.sessions.get_mut(&session) {
            Some(known) => known.offer(source, seq, bytes),
            None => Err(RefusedInput::NoSession),
        };
        match offer {
            Ok(Offer::Queued) => self.write(session),
            Ok(Offer::Repeated { written }) => {
                // Not yet written: its own turn will confirm it.
                if let (true, Some(host)) = (seq <= written, &mut self.host) {
                    host.confirm(session, source, written);
                }
            }
            Ok(Offer::Full) => self.refuse_input(session, source, seq, RefusedInput::Full),
            Err(reason) => self.refuse_input(session, source, seq, reason),
        }
    }

    fn refuse_input(&mut self, session: SessionKey, source: u128, seq: u64, reason: RefusedInput) {
        self.tell(&Event::InputRefused {
            session,
            source,
            seq,
            reason,
        });
    }

    fn on_resize(&mut self, session: SessionKey, size: PtySize) {
        self.with(session, |session| {
            session.resize(size);
            Ok(())
        });
    }

    fn on_configure(&mut self, session: SessionKey, payload: Vec<u8>) {
        let outcome = match self.sessions.get_mut(&session) {
            Some(known) => known.configure(payload),
            None => Err(RefusedConfigure::NoSession),
        };
        if let Err(reason) = outcome {
            self.tell(&Event::ConfigureRefused { session, reason });
        }
    }

    fn on_signal(&mut self, session: SessionKey, signal: i32, scope: SignalScope) {
        let Some(signal) = Signal::from_named_raw(signal) else {
            return self.fail(session, RequestFault::NotDelivered);
        };
        if scope == SignalScope::All {
            self.begin_errand(session, Errand::Signal(signal));
        } else {
            self.with(session, |session| session.signal(signal, scope));
        }
    }

    fn on_kill(&mut self, session: SessionKey, grace_millis: u32) {
        let grace = Duration::from_millis(grace_millis.into());
        self.begin_errand(session, Errand::Kill { grace });
    }

    fn begin_errand(&mut self, session: SessionKey, errand: Errand) {
        match self.sessions.get(&session) {
            None => self.fail(session, RequestFault::NoSession),
            Some(known) if self.errands.begin(known, errand) => {}
            Some(_) => self.fail(session, RequestFault::Busy),
        }
    }

    fn on_ask_input(&mut self, session: SessionKey, source: u128) {
        match self
            .sessions
            .get_mut(&session)
            .map(|known| known.ask_input(source))
        {
            None => self.fail(session, RequestFault::NoSession),
            Some(progress) => self.tell(&Event::InputState {
                session,
                source,
                accepted: progress.accepted,
                written: progress.written,
            }),
        }
    }

    /// Drops a session that has ended. That closes its terminal, so a daemon that still holds the
    /// other side is hung up.
    fn on_forget(&mut self, session: SessionKey) {
        if self
            .sessions
            .get(&session)
            .is_some_and(|known| !known.exited())
        {
            return self.fail(session, RequestFault::StillRunning);
        }
        self.sessions.remove(&session);
        self.tell(&Event::Forgotten { session });
    }

    fn on_shutdown(&mut self, grace_millis: u32) {
        self.stopping = true;
        let grace = Duration::from_millis(grace_millis.into());
        for session in self.sessions.values() {
            // As many as there may be sessions, so there is room; wide signals may take some of it,
            // and what they push out is hung up when its terminal closes.
            self.errands.begin(session, Errand::Kill { grace });
        }
    }
}
