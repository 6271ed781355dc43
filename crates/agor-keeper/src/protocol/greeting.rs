//! What is said first, in a form that every version understands: frozen.

use std::{os::unix::ffi::OsStrExt, path::PathBuf};

use super::{
    bytes::{Put, Take},
    channel::Frame,
};
use crate::KeeperError;

/// Opens every greeting, so that a stranger on the socket is recognised. Frozen.
const MAGIC: [u8; 8] = *b"agorkeep";

/// What is said first, in a form that every version understands. Frozen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Greeting {
    /// Host to keeper.
    Attach { abi: u16, incarnation: u64 },
    /// Keeper to host; the states of so many sessions follow.
    Welcome { abi: u16, pid: u32, sessions: u32 },
    /// Keeper to host, which then is disconnected.
    Refused { abi: u16, reason: u8, detail: u64 },
    /// Anybody of this user to keeper: become this program, and keep everything.
    Update { program: PathBuf },
    /// The new program to who asked for it, who then is disconnected.
    Updated { abi: u16, pid: u32, sessions: u32 },
}

/// Reasons of a refusal.
pub(crate) const REFUSED_ABI: u8 = 0;
pub(crate) const REFUSED_FENCED: u8 = 1;
pub(crate) const REFUSED_USER: u8 = 2;
pub(crate) const REFUSED_STOPPING: u8 = 3;
pub(crate) const REFUSED_UPDATE: u8 = 4;

const TAG_ATTACH: u8 = 1;
const TAG_WELCOME: u8 = 2;
const TAG_REFUSED: u8 = 3;
const TAG_UPDATE: u8 = 4;
const TAG_UPDATED: u8 = 5;

impl Greeting {
    pub(crate) fn encode(&self) -> (u8, Vec<u8>) {
        let mut put = Put(MAGIC.to_vec());
        let tag = match *self {
            Self::Update { ref program } => {
                put.bytes(program.as_os_str().as_bytes());
                TAG_UPDATE
            }
            Self::Updated { abi, pid, sessions } => {
                put.u16(abi).u32(pid).u32(sessions);
                TAG_UPDATED
            }
            Self::Attach { abi, incarnation } => {
                put.u16(abi).u64(incarnation);
                TAG_ATTACH
            }
            Self::Welcome { abi, pid, sessions } => {
                put.u16(abi).u32(pid).u32(sessions);
                TAG_WELCOME
            }
            Self::Refused {
                abi,
                reason,
                detail,
            } => {
                put.u16(abi).u8(reason).u64(detail);
                TAG_REFUSED
            }
        };
        (tag, put.0)
    }

    /// Returns the greeting in `frame`. Bytes beyond the known fields are a later version's.
    pub(crate) fn decode(frame: &Frame) -> Result<Self, KeeperError> {
        let mut take = Take(&frame.body);
        if take.array::<8>()? != MAGIC {
            return Err(KeeperError::Protocol("no keeper's protocol"));
        }
        Ok(match frame.tag {
            TAG_ATTACH => Self::Attach {
                abi: take.u16()?,
                incarnation: take.u64()?,
            },
            TAG_WELCOME => Self::Welcome {
                abi: take.u16()?,
                pid: take.u32()?,
                sessions: take.u32()?,
            },
            TAG_REFUSED => Self::Refused {
                abi: take.u16()?,
                reason: take.u8()?,
                detail: take.u64()?,
            },
            TAG_UPDATE => Self::Update {
                program: take.string()?.into(),
            },
            TAG_UPDATED => Self::Updated {
                abi: take.u16()?,
                pid: take.u32()?,
                sessions: take.u32()?,
            },
            _ => return Err(KeeperError::Protocol("no greeting")),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_greeting_of_a_later_version_is_understood_far_enough_to_be_refused() {
        let (tag, mut body) = Greeting::Attach {
            abi: 9,
            incarnation: 4,
        }
        .encode();
        body.extend_from_slice(b"something new");
        let read = Greeting::decode(&Frame {
            tag,
            body,
            fds: Vec::new(),
        })
        .unwrap();
        assert_eq!(
            read,
            Greeting::Attach {
                abi: 9,
                incarnation: 4
            }
        );
    }
}
