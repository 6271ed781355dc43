//! What a client types: the lease that lets it, and inputs kept until the program was given them.
//!
//! An input is sent again with the same number until it is acknowledged; the host's keeper writes
//! each once. What was typed longer than [`REPLAY_WITHOUT_ASKING`] ago, or before so long a time offline,
//! is not sent over another connection before the person was asked: what made sense then may do harm now.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use agor_proto::error::{ErrorCode, Retry, WireError};
use agor_proto::ids::{ClientId, InputSeq, LeaseToken, SessionId, Size};
use agor_proto::input::Input;
use agor_proto::limits::{LEASE_RENEW_MILLIS, UNACKNOWLEDGED_MAX};
use agor_proto::message::{
    DropLease, InputAck, InputFrame, Lease, LeaseStanding, Message, RenewLease, Resize, TakeLease,
};

use super::connection::News;
use crate::rules::{Rule, holds};

/// How long a client may have been offline to send again what was typed without asking.
pub const REPLAY_WITHOUT_ASKING: Duration = Duration::from_secs(2);

/// Between two renewals of a lease, unless the host's lapse too soon for that.
const RENEW: Duration = Duration::from_millis(LEASE_RENEW_MILLIS);

/// A host whose leases hold for no time at all would be asked without pause.
const RENEW_AT_LEAST: Duration = Duration::from_millis(100);

/// See the module.
#[derive(Debug, Default)]
#[cfg_attr(test, derive(Clone))]
pub struct Typing {
    by_session: BTreeMap<SessionId, Typist>,
    /// For how long the host's leases hold, as it says.
    lease: Option<Duration>,
}

#[derive(Debug)]
#[cfg_attr(test, derive(Clone))]
struct Typist {
    session: SessionId,
    standing: Standing,
    /// Leases that were asked for and not answered. Only the last answer counts: each makes the token
    /// of the one before stale.
    awaited: u32,
    last: InputSeq,
    unacknowledged: VecDeque<Typed>,
    /// The size that is wanted, once this client drives.
    size: Option<Size>,
    /// When refused input is offered again.
    retry_at: Option<Instant>,
    /// Whether the person must say first what becomes of what was typed offline.
    held: bool,
}

/// An input that was typed and is not acknowledged.
#[derive(Debug)]
#[cfg_attr(test, derive(Clone))]
struct Typed {
    seq: InputSeq,
    at: Instant,
    input: Input,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    /// Neither asked for nor wanted.
    None,
    /// Asked for, or to be asked for over the next connection.
    Asked,
    /// This client drives.
    Held {
        token: LeaseToken,
        renew_at: Instant,
    },
    /// Another client drives.
    Taken,
}

/// Messages for the host and news for the client.
#[derive(Debug, Default)]
pub struct Said {
    /// For the host.
    pub send: Vec<Message>,
    /// For the client.
    pub news: Vec<News>,
}

impl Typing {
    fn typist(&mut self, session: SessionId) -> &mut Typist {
        self.by_session
            .entry(session)
            .or_insert_with(|| Typist::new(session, InputSeq(0)))
    }

    /// Asks for the lease.
    pub fn drive(&mut self, session: SessionId, force: bool) -> Said {
        let typist = self.typist(session);
        typist.take(force)
    }

    /// Gives the lease back and forgets what was not acknowledged.
    pub fn release(&mut self, session: SessionId) -> Said {
        let Some(typist) = self.by_session.get_mut(&session) else {
            return Said::default();
        };
        // Numbers go on: one that was used is a repeat to the keeper, which writes it no more.
        let last = if holds(Rule::NumbersGoOn) {
            typist.last
        } else {
            InputSeq(0)
        };
        let former = std::mem::replace(typist, Typist::new(session, last));
        typist.awaited = former.awaited;
        match former.standing {
            Standing::Held { token, .. } => Said::send(DropLease { session, token }),
            Standing::None | Standing::Asked | Standing::Taken => Said::default(),
        }
    }

    /// Takes an input; asks for the lease first if need be.
    pub fn add(&mut self, session: SessionId, input: Input, now: Instant) -> Said {
        let typist = self.typist(session);
        if typist.unacknowledged.len() >= UNACKNOWLEDGED_MAX {
            let error = WireError::new(
                ErrorCode::InputFull,
                "the program does not read its input; this was not taken",
            );
            return Said::news(News::InputRefused {
                session,
                seq: typist.last.next(),
                error,
            });
        }
        typist.last = typist.last.next();
        let seq = typist.last;
        typist.unacknowledged.push_back(Typed {
            seq,
            at: now,
            input: input.clone(),
        });
        match typist.standing {
            Standing::Held { token, .. } if typist.retry_at.is_none() && !typist.held => {
                Said::send(InputFrame {
                    session,
                    token,
                    seq,
                    input,
                })
            }
            Standing::None => self.drive(session, false),
            _ => Said::default(),
        }
    }

    /// Wants a size, now or as soon as this client drives.
    pub fn resize(&mut self, session: SessionId, size: Size) -> Said {
        let typist = self.typist(session);
        typist.size = Some(size);
        match typist.standing {
            Standing::Held { token, .. } => Said::send(Resize {
                session,
                token,
                size,
            }),
            _ => Said::default(),
        }
    }

    /// Sends what was held back after a time offline, or forgets it.
    pub fn decide(&mut self, session: SessionId, send: bool) -> Said {
        let typist = self.typist(session);
        typist.held = false;
        if !send {
            typist.unacknowledged.clear();
        }
        typist.send_all()
    }

    /// Returns what a new connection begins with, after `offline` without one. `lease` is for how long its host's
    /// leases hold.
    pub fn greeted(&mut self, offline: Duration, lease: Duration, now: Instant) -> Said {
        self.lease = Some(lease);
        let mut said = Said::default();
        for (&session, typist) in &mut self.by_session {
            typist.retry_at = None;
            typist.awaited = 0;
            // A host that hangs has been away for longer than the link that it was met over.
            let first = typist.unacknowledged.front();
            let age = first.map(|typed| now.saturating_duration_since(typed.at).max(offline));
            if age.is_some_and(|age| age > REPLAY_WITHOUT_ASKING) && !typist.held {
                typist.held = true;
                said.news.push(News::InputHeld {
                    session,
                    count: typist.unacknowledged.len(),
                });
            }
            if matches!(typist.standing, Standing::Asked | Standing::Held { .. }) {
                said.join(typist.take(false));
            }
        }
        said
    }

    /// Returns how long after another a lease is renewed, so that it holds over a renewal that is lost.
    fn renew_after(&self) -> Duration {
        let third = self.lease.map_or(RENEW, |lease| lease / 3);
        third.clamp(RENEW_AT_LEAST, RENEW)
    }

    /// Takes the host's word about a lease.
    pub fn on_lease(&mut self, lease: Lease, client: ClientId, now: Instant) -> Said {
        let renew_at = now + self.renew_after();
        let Some(typist) = self.by_session.get_mut(&lease.session) else {
            return Said::default();
        };
        let is_ours = matches!(lease.standing, LeaseStanding::Taken { by } if by == client);
        if !is_ours {
            typist.awaited = typist.awaited.saturating_sub(1);
        }
        match lease.standing {
            // It was given back before it came.
            LeaseStanding::Held { token } if typist.standing == Standing::None => {
                let session = lease.session;
                Said::send(DropLease { session, token })
            }
            LeaseStanding::Taken { .. } if typist.standing == Standing::None => Said::default(),
            LeaseStanding::Held { .. } if typist.awaited > 0 && holds(Rule::TheLastLeaseCounts) => {
                Said::default()
            }
            LeaseStanding::Held { token } => {
                typist.standing = Standing::Held { token, renew_at };
                let mut said = Said::news(News::Lease(lease));
                if let Some(size) = typist.size {
                    let session = lease.session;
                    let resize = Resize {
                        session,
                        token,
                        size,
                    };
                    said.send.push(resize.into());
                }
                said.join(typist.send_all());
                said
            }
            // It lapsed and nobody has it.
            LeaseStanding::Taken { .. } if is_ours && typist.awaited > 0 => Said::default(),
            LeaseStanding::Taken { .. } if is_ours => typist.take(false),
            LeaseStanding::Taken { .. } => typist.lose(lease),
        }
    }

    /// Takes the host's word about an input.
    pub fn on_ack(&mut self, ack: InputAck, now: Instant) -> Said {
        let session = ack.session;
        let wanted = |typist: &&mut Typist| typist.standing != Standing::None;
        let Some(typist) = self.by_session.get_mut(&session).filter(wanted) else {
            return Said::default();
        };
        let Some(error) = ack.refused else {
            while typist
                .unacknowledged
                .front()
                .is_some_and(|typed| typed.seq <= ack.seq)
            {
                typist.unacknowledged.pop_front();
            }
            let seq = ack.seq;
            return Said::news(News::InputTaken { session, seq });
        };
        if error.code == ErrorCode::Fenced {
            // One question at a time, however many inputs were refused.
            return match typist.standing {
                Standing::Held { .. } => typist.take(false),
                _ => Said::default(),
            };
        }
        match error.code.retry() {
            Retry::After(millis) => {
                let at = now + Duration::from_millis(millis.into());
                typist.retry_at.get_or_insert(at);
                Said::default()
            }
            Retry::Never | Retry::AfterAuth | Retry::AfterResync => {
                // Of a program that has ended the last one is named that it was not given.
                let ended = error.code == ErrorCode::Ended;
                let lost = |seq: InputSeq| seq == ack.seq || (ended && seq < ack.seq);
                typist.unacknowledged.retain(|typed| !lost(typed.seq));
                Said::news(News::InputRefused {
                    session,
                    seq: ack.seq,
                    error,
                })
            }
        }
    }

    /// Does what is due.
    pub fn tick(&mut self, now: Instant) -> Said {
        let renew_after = self.renew_after();
        let mut said = Said::default();
        for (&session, typist) in &mut self.by_session {
            if let Standing::Held { token, renew_at } = &mut typist.standing
                && now >= *renew_at
            {
                *renew_at = now + renew_after;
                let token = *token;
                said.send.push(RenewLease { session, token }.into());
            }
            if typist.retry_at.is_some_and(|at| now >= at) {
                typist.retry_at = None;
                said.join(typist.send_all());
            }
        }
        said
    }

    /// Returns when [`Typing::tick`] is due.
    pub fn next_wake(&self) -> Option<Instant> {
        let renewals = self.by_session.values().filter_map(|t| match t.standing {
            Standing::Held { renew_at, .. } => Some(renew_at),
            _ => None,
        });
        let retries = self.by_session.values().filter_map(|t| t.retry_at);
        renewals.chain(retries).min()
    }
}

impl Typist {
    /// Returns one who does not drive and whose next input has the number after `last`.
    fn new(session: SessionId, last: InputSeq) -> Self {
        Self {
            session,
            standing: Standing::None,
            awaited: 0,
            last,
            unacknowledged: VecDeque::new(),
            size: None,
            retry_at: None,
            held: false,
        }
    }

    fn send_all(&self) -> Said {
        let Standing::Held { token, .. } = self.standing else {
            return Said::default();
        };
        if self.held {
            return Said::default();
        }
        let frame = |typed: &Typed| {
            let (session, seq, input) = (self.session, typed.seq, typed.input.clone());
            InputFrame {
                session,
                token,
                seq,
                input,
            }
            .into()
        };
        let all = self.unacknowledged.iter().map(frame);
        Said {
            send: all.filter(|_| holds(Rule::TypeAgain)).collect(),
            news: Vec::new(),
        }
    }

    fn take(&mut self, force: bool) -> Said {
        self.standing = Standing::Asked;
        self.awaited += 1;
        let session = self.session;
        Said::send(TakeLease { session, force })
    }

    /// Another drives: what was typed for this client's turn is not typed into the other's.
    fn lose(&mut self, lease: Lease) -> Said {
        self.standing = Standing::Taken;
        let lost = std::mem::take(&mut self.unacknowledged);
        self.held = false;
        self.retry_at = None;
        let mut said = Said::news(News::Lease(lease));
        if let Some(typed) = lost.back() {
            said.news.push(News::InputRefused {
                session: self.session,
                seq: typed.seq,
                error: WireError::new(ErrorCode::Fenced, "another client drives this session"),
            });
        }
        said
    }
}

impl Said {
    fn send(message: impl Into<Message>) -> Self {
        Self {
            send: vec![message.into()],
            news: Vec::new(),
        }
    }

    fn news(news: News) -> Self {
        Self {
            send: Vec::new(),
            news: vec![news],
        }
    }

    fn join(&mut self, other: Self) {
        self.send.extend(other.send);
        self.news.extend(other.news);
    }
}
