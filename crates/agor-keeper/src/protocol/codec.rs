//! The bytes of requests and events; those of their fields are in `protocol/bytes.rs`. A message
//! that does not decode to its last byte is no message.

use std::{os::unix::ffi::OsStrExt, path::PathBuf};

use super::{
    Event, Exit, Io, RefusedConfigure, RefusedInput, Request, RequestFault, SessionKey,
    SessionState, SignalScope, SpawnSpec, SpawnStep,
    bytes::{BAD, Put, Take},
    channel::Frame,
};
use crate::{KeeperError, RingFds, caps};

#[cfg(test)]
mod tests;

impl Request {
    pub(crate) fn encode(&self) -> (u8, Vec<u8>) {
        let mut put = Put(Vec::new());
        let tag = match self {
            Self::Spawn(spec) => {
                put.key(spec.session).u32(spec.argv.len() as u32);
                for word in &spec.argv {
                    put.bytes(word.as_bytes());
                }
                put.u32(spec.env.len() as u32);
                for (name, value) in &spec.env {
                    put.bytes(name.as_bytes()).bytes(value.as_bytes());
                }
                put.bytes(spec.cwd.as_os_str().as_bytes()).size(spec.size);
                put.u8(spec.io.number())
                    .u32(spec.ring_bytes)
                    .u64(spec.start_offset);
                16
            }
            Self::Input {
                session,
                source,
                seq,
                bytes,
            } => {
                put.key(*session).u128(*source).u64(*seq).bytes(bytes);
                17
            }
            Self::EndInput { session } => {
                put.key(*session);
                18
            }
            Self::Reply {
                session,
                offset,
                ordinal,
                bytes,
            } => {
                put.key(*session).u64(*offset).u32(*ordinal).bytes(bytes);
                19
            }
            Self::Resize { session, size } => {
                put.key(*session).size(*size);
                20
            }
            Self::Configure { session, payload } => {
                put.key(*session).bytes(payload);
                21
            }
            Self::Signal {
                session,
                signal,
                scope,
            } => {
                put.key(*session).u32(*signal as u32).u8(match scope {
                    SignalScope::Foreground => 0,
                    SignalScope::Leader => 1,
                    SignalScope::All => 2,
                });
                22
            }
            Self::Kill {
                session,
                grace_millis,
            } => {
                put.key(*session).u32(*grace_millis);
                23
            }
            Self::AskInput { session, source } => {
                put.key(*session).u128(*source);
                24
            }
            Self::Forget { session } => {
                put.key(*session);
                25
            }
            Self::AskState { session } => {
                put.key(*session);
                26
            }
            Self::Shutdown { grace_millis } => {
                put.u32(*grace_millis);
                27
            }
        };
        (tag, put.0)
    }

    pub(crate) fn decode(frame: &Frame) -> Result<Self, KeeperError> {
        let mut take = Take(&frame.body);
        let request = match frame.tag {
            16 => Self::Spawn(take_spec(&mut take)?),
            17 => Self::Input {
                session: take.key()?,
                source: take.u128()?,
                seq: take.u64()?,
                bytes: take.bytes(caps::INPUT_BYTES)?.to_vec(),
            },
            18 => Self::EndInput {
                session: take.key()?,
            },
            19 => Self::Reply {
                session: take.key()?,
                offset: take.u64()?,
                ordinal: take.u32()?,
                bytes: take.bytes(caps::REPLY_BYTES)?.to_vec(),
            },
            20 => Self::Resize {
                session: take.key()?,
                size: take.size()?,
            },
            21 => Self::Configure {
                session: take.key()?,
                payload: take.bytes(caps::CONFIGURE_BYTES)?.to_vec(),
            },
            22 => Self::Signal {
                session: take.key()?,
                signal: take.u32()? as i32,
                scope: match take.u8()? {
                    0 => SignalScope::Foreground,
                    1 => SignalScope::Leader,
                    2 => SignalScope::All,
                    _ => return Err(BAD),
                },
            },
            23 => Self::Kill {
                session: take.key()?,
                grace_millis: take.u32()?,
            },
            24 => Self::AskInput {
                session: take.key()?,
                source: take.u128()?,
            },
            25 => Self::Forget {
                session: take.key()?,
            },
            26 => Self::AskState {
                session: take.key()?,
            },
            27 => Self::Shutdown {
                grace_millis: take.u32()?,
            },
            _ => return Err(BAD),
        };
        take.end()?;
        Ok(request)
    }
}

impl Event {
    /// Returns tag and body; the ring's descriptors travel beside them.
    pub(crate) fn encode(&self) -> (u8, Vec<u8>) {
        match self {
            Self::Spawned {
                session,
                pid,
                existing,
                ..
            } => encode_spawned(*session, *pid, *existing),
            Self::State(state) => encode_state(state),
            _ => self.encode_plain(),
        }
    }

    fn encode_plain(&self) -> (u8, Vec<u8>) {
        let mut put = Put(Vec::new());
        let tag = match self {
            Self::SpawnFailed {
                session,
                step,
                errno,
            } => {
                put.key(*session).u8(step.number()).u32(*errno as u32);
                17
            }
            Self::InputDone {
                session,
                source,
                seq,
            } => {
                put.key(*session).u128(*source).u64(*seq);
                18
            }
            Self::InputRefused {
                session,
                source,
                seq,
                reason,
            } => {
                put.key(*session).u128(*source).u64(*seq).u8(match reason {
                    RefusedInput::Full => 0,
                    RefusedInput::NoSession => 1,
                    RefusedInput::Ended => 2,
                });
                19
            }
            Self::InputState {
                session,
                source,
                accepted,
                written,
            } => {
                put.key(*session).u128(*source).u64(*accepted).u64(*written);
                20
            }
            Self::ConfigureRefused { session, reason } => {
                put.key(*session).u8(match reason {
                    RefusedConfigure::Full => 0,
                    RefusedConfigure::NoSession => 1,
                    RefusedConfigure::Closed => 2,
                });
                21
            }
            Self::Killed { session, survivors } => {
                put.key(*session).u32(*survivors);
                22
            }
            Self::Forgotten { session } => {
                put.key(*session);
                23
            }
            Self::Failed { session, fault } => {
                put.key(*session).u8(match fault {
                    RequestFault::NoSession => 0,
                    RequestFault::StillRunning => 1,
                    RequestFault::NotDelivered => 2,
                    RequestFault::Busy => 3,
                });
                25
            }
            Self::Fenced { by } => {
                put.u64(*by);
                26
            }
            Self::Spawned { .. } | Self::State(_) => unreachable!("encoded by their own functions"),
        };
        (tag, put.0)
    }

    pub(crate) fn decode(frame: Frame) -> Result<Self, KeeperError> {
        let Frame { tag, body, fds } = frame;
        let mut take = Take(&body);
        let mut ring = RingFds::from_list(fds)?;
        let event = match tag {
            16 => Self::Spawned {
                session: take.key()?,
                pid: take.u32()?,
                existing: take.flag()?,
                ring: ring.take().ok_or(BAD)?,
            },
            17 => Self::SpawnFailed {
                session: take.key()?,
                step: SpawnStep::from_number(take.u8()?)?,
                errno: take.u32()? as i32,
            },
            18 => Self::InputDone {
                session: take.key()?,
                source: take.u128()?,
                seq: take.u64()?,
            },
            19 => Self::InputRefused {
                session: take.key()?,
                source: take.u128()?,
                seq: take.u64()?,
                reason: match take.u8()? {
                    0 => RefusedInput::Full,
                    1 => RefusedInput::NoSession,
                    2 => RefusedInput::Ended,
                    _ => return Err(BAD),
                },
            },
            20 => Self::InputState {
                session: take.key()?,
                source: take.u128()?,
                accepted: take.u64()?,
                written: take.u64()?,
            },
            21 => Self::ConfigureRefused {
                session: take.key()?,
                reason: match take.u8()? {
                    0 => RefusedConfigure::Full,
                    1 => RefusedConfigure::NoSession,
                    2 => RefusedConfigure::Closed,
                    _ => return Err(BAD),
                },
            },
            22 => Self::Killed {
                session: take.key()?,
                survivors: take.u32()?,
            },
            23 => Self::Forgotten {
                session: take.key()?,
            },
            24 => Self::State(SessionState {
                session: take.key()?,
                pid: take.u32()?,
                io: Io::from_number(take.u8()?)?,
                size: take.size()?,
                alive: take.flag()?,
                exit: match take.flag()? {
                    true => Some(Exit {
                        code: take.u32()? as i32,
                        signal: take.u32()? as i32,
                    }),
                    false => None,
                },
                closed: take.flag()?,
                head: take.u64()?,
                tail: take.u64()?,
                ring: ring.take(),
            }),
            25 => Self::Failed {
                session: take.key()?,
                fault: match take.u8()? {
                    0 => RequestFault::NoSession,
                    1 => RequestFault::StillRunning,
                    2 => RequestFault::NotDelivered,
                    3 => RequestFault::Busy,
                    _ => return Err(BAD),
                },
            },
            26 => Self::Fenced { by: take.u64()? },
            _ => return Err(BAD),
        };
        take.end()?;
        match ring {
            None => Ok(event),
            Some(_) => Err(KeeperError::Protocol(
                "descriptors with a message that has none",
            )),
        }
    }
}

/// Returns tag and body of [`Event::Spawned`], whose ring the keeper only lends.
pub(crate) fn encode_spawned(session: SessionKey, pid: u32, existing: bool) -> (u8, Vec<u8>) {
    let mut put = Put(Vec::new());
    put.key(session).u32(pid).u8(existing.into());
    (16, put.0)
}

/// Returns tag and body of [`Event::State`].
pub(crate) fn encode_state(state: &SessionState) -> (u8, Vec<u8>) {
    let mut put = Put(Vec::new());
    put.key(state.session)
        .u32(state.pid)
        .u8(state.io.number())
        .size(state.size);
    put.u8(state.alive.into()).u8(state.exit.is_some().into());
    if let Some(exit) = state.exit {
        put.u32(exit.code as u32).u32(exit.signal as u32);
    }
    put.u8(state.closed.into()).u64(state.head).u64(state.tail);
    (24, put.0)
}

impl Io {
    fn number(self) -> u8 {
        match self {
            Self::Pty => 0,
            Self::Pipes => 1,
        }
    }

    fn from_number(number: u8) -> Result<Self, KeeperError> {
        match number {
            0 => Ok(Self::Pty),
            1 => Ok(Self::Pipes),
            _ => Err(BAD),
        }
    }
}

impl SpawnStep {
    const ALL: [Self; 7] = [
        Self::Request,
        Self::Ring,
        Self::Terminal,
        Self::Fork,
        Self::Session,
        Self::Cwd,
        Self::Exec,
    ];

    /// Returns the step's number on the wire.
    pub(crate) fn number(self) -> u8 {
        self as u8
    }

    /// Returns the step with this number.
    pub(crate) fn from_number(number: u8) -> Result<Self, KeeperError> {
        Self::ALL.get(usize::from(number)).copied().ok_or(BAD)
    }
}

impl RingFds {
    fn from_list(fds: Vec<std::os::fd::OwnedFd>) -> Result<Option<Self>, KeeperError> {
        if fds.is_empty() {
            return Ok(None);
        }
        let [memfd, data, space] = <[_; 3]>::try_from(fds).map_err(|_| BAD)?;
        Ok(Some(Self { memfd, data, space }))
    }
}

fn take_spec(take: &mut Take<'_>) -> Result<SpawnSpec, KeeperError> {
    let session = take.key()?;
    let argv = (0..take.count(4)?)
        .map(|_| take.string())
        .collect::<Result<_, _>>()?;
    let env = (0..take.count(8)?)
        .map(|_| Ok((take.string()?, take.string()?)))
        .collect::<Result<_, KeeperError>>()?;
    Ok(SpawnSpec {
        session,
        argv,
        env,
        cwd: PathBuf::from(take.string()?),
        size: take.size()?,
        io: Io::from_number(take.u8()?)?,
        ring_bytes: take.u32()?,
        start_offset: take.u64()?,
    })
}
