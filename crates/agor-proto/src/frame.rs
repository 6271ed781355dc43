//! Frames: how messages are cut on every link.
//!
//! `u32 length of the body | u8 version | u8 lane | u16 kind | body`, numbers in network order. The
//! length is checked before anything is allocated. Bodies are MessagePack with named fields; a
//! frame of an unknown kind is skipped and counted, an unknown field is ignored.

use serde::{Deserialize, Serialize};

use crate::PROTOCOL_VERSION;
use crate::limits::FRAME_BODY_MAX;

/// The bytes before a body.
pub const HEADER_BYTES: usize = 8;

/// What a frame is for: lanes have their own order and their own rule for a full queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum Lane {
    /// The connection itself: handshake, heartbeat, subscriptions, leases.
    Control = 0,
    /// Commands and their receipts.
    Command = 1,
    /// Events of sessions.
    Event = 2,
    /// Screens; the newest state replaces what was not sent.
    Screen = 3,
    /// What a person types.
    Input = 4,
    /// Questions with large answers: rows of history, records, blobs.
    Bulk = 5,
}

impl Lane {
    /// Every lane, in the order of their numbers.
    pub const ALL: [Self; 6] = [
        Self::Control,
        Self::Command,
        Self::Event,
        Self::Screen,
        Self::Input,
        Self::Bulk,
    ];

    /// Returns its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Control => "control",
            Self::Command => "command",
            Self::Event => "event",
            Self::Screen => "screen",
            Self::Input => "input",
            Self::Bulk => "bulk",
        }
    }

    fn from_byte(byte: u8) -> Option<Self> {
        [
            Self::Control,
            Self::Command,
            Self::Event,
            Self::Screen,
            Self::Input,
            Self::Bulk,
        ]
        .into_iter()
        .find(|&lane| lane as u8 == byte)
    }
}

/// A frame with its body still encoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// The protocol version of the sender's header.
    pub version: u8,
    /// The lane; `None` is a lane of a later release.
    pub lane: Option<Lane>,
    /// The kind of the message, see [`message`](crate::message).
    pub kind: u16,
    /// The message in MessagePack.
    pub body: Vec<u8>,
}

/// A stream of bytes that is not a stream of frames. The link is of no further use.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// The header announces more than [`FRAME_BODY_MAX`].
    #[error("a frame of {size_bytes} bytes was announced; the limit is {FRAME_BODY_MAX}")]
    TooLarge {
        /// What was announced.
        size_bytes: usize,
    },
    /// The peer speaks a version that cannot be read.
    #[error("the peer sent a frame of version {version}; this program speaks {PROTOCOL_VERSION}")]
    Version {
        /// The peer's version.
        version: u8,
    },
    /// A body that cannot be encoded.
    #[error("a message of kind {kind:#06x} could not be encoded: {reason}")]
    Encode {
        /// The message's kind.
        kind: u16,
        /// Why.
        reason: String,
    },
    /// A known kind whose body is not that message.
    #[error("a message of kind {kind:#06x} could not be read: {reason}")]
    Decode {
        /// The message's kind.
        kind: u16,
        /// Why.
        reason: String,
    },
}

/// Appends a frame to `out`.
///
/// # Errors
/// [`FrameError::TooLarge`], with `out` unchanged.
pub fn write(lane: Lane, kind: u16, body: &[u8], out: &mut Vec<u8>) -> Result<(), FrameError> {
    if body.len() > FRAME_BODY_MAX {
        return Err(FrameError::TooLarge {
            size_bytes: body.len(),
        });
    }
    out.extend_from_slice(&(body.len() as u32).to_be_bytes());
    out.extend_from_slice(&[PROTOCOL_VERSION, lane as u8]);
    out.extend_from_slice(&kind.to_be_bytes());
    out.extend_from_slice(body);
    Ok(())
}

/// Cuts a stream of bytes into frames, however the bytes are split on their way.
#[derive(Debug, Default)]
pub struct FrameReader {
    buffer: Vec<u8>,
    read: usize,
}

impl FrameReader {
    /// Takes bytes as they came.
    pub fn push(&mut self, bytes: &[u8]) {
        if self.read == self.buffer.len() {
            self.buffer.clear();
            self.read = 0;
        } else if self.read > 64 * 1024 {
            self.buffer.drain(..self.read);
            self.read = 0;
        }
        self.buffer.extend_from_slice(bytes);
    }

    /// Returns the next whole frame, or `None` if more bytes are needed.
    ///
    /// # Errors
    /// [`FrameError::TooLarge`] or [`FrameError::Version`]; the stream cannot be read on.
    pub fn next_frame(&mut self) -> Result<Option<Frame>, FrameError> {
        let pending = &self.buffer[self.read..];
        let Some((header, rest)) = pending.split_first_chunk::<HEADER_BYTES>() else {
            return Ok(None);
        };
        let [l0, l1, l2, l3, version, lane, k0, k1] = *header;
        let size_bytes = u32::from_be_bytes([l0, l1, l2, l3]) as usize;
        if size_bytes > FRAME_BODY_MAX {
            return Err(FrameError::TooLarge { size_bytes });
        }
        if version == 0 {
            return Err(FrameError::Version { version });
        }
        let Some(body) = rest.get(..size_bytes) else {
            return Ok(None);
        };
        let frame = Frame {
            version,
            lane: Lane::from_byte(lane),
            kind: u16::from_be_bytes([k0, k1]),
            body: body.to_vec(),
        };
        self.read += HEADER_BYTES + size_bytes;
        Ok(Some(frame))
    }

    /// Returns how many bytes wait for the rest of their frame.
    #[must_use]
    pub fn pending_bytes(&self) -> usize {
        self.buffer.len() - self.read
    }
}

/// Encodes bytes as a MessagePack `bin`, and as hexadecimal text in JSON.
pub mod bytes {
    use serde::de::{self, SeqAccess, Visitor};
    use serde::{Deserialize, Deserializer, Serializer};

    /// Writes `bytes`.
    ///
    /// # Errors
    /// The serializer's.
    pub fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        if !serializer.is_human_readable() {
            return serializer.serialize_bytes(bytes);
        }
        let text: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        serializer.serialize_str(&text)
    }

    /// Reads what [`serialize`] wrote.
    ///
    /// # Errors
    /// The deserializer's, or text that is not hexadecimal.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        if !deserializer.is_human_readable() {
            return deserializer.deserialize_byte_buf(Buffer);
        }
        let text = String::deserialize(deserializer)?;
        if !text.len().is_multiple_of(2) || !text.bytes().all(|c| c.is_ascii_hexdigit()) {
            return Err(de::Error::custom(
                "expected an even number of hexadecimal digits",
            ));
        }
        let byte = |at| u8::from_str_radix(&text[at..at + 2], 16).map_err(de::Error::custom);
        (0..text.len()).step_by(2).map(byte).collect()
    }

    struct Buffer;

    impl<'de> Visitor<'de> for Buffer {
        type Value = Vec<u8>;

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("bytes")
        }

        fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<Vec<u8>, E> {
            Ok(bytes.to_vec())
        }

        fn visit_byte_buf<E: de::Error>(self, bytes: Vec<u8>) -> Result<Vec<u8>, E> {
            Ok(bytes)
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Vec<u8>, A::Error> {
            let mut bytes = Vec::new();
            while let Some(byte) = seq.next_element()? {
                bytes.push(byte);
            }
            Ok(bytes)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn frames_are_the_same_however_the_stream_is_cut(
            bodies in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..300), 1..8),
            cut in 1..50_usize,
        ) {
            let mut stream = Vec::new();
            for body in &bodies {
                write(Lane::Event, 0x30, body, &mut stream).unwrap();
            }
            let mut reader = FrameReader::default();
            let mut seen = Vec::new();
            for piece in stream.chunks(cut) {
                reader.push(piece);
                while let Some(frame) = reader.next_frame().unwrap() {
                    seen.push(frame.body);
                }
            }
            prop_assert_eq!(seen, bodies);
            prop_assert_eq!(reader.pending_bytes(), 0);
        }

        #[test]
        fn c6_no_frame_over_the_limit_is_waited_for_whatever_came_before(
            before in proptest::collection::vec(any::<u8>(), 0..300),
            size in FRAME_BODY_MAX as u32 + 1..=u32::MAX,
            after in proptest::collection::vec(any::<u8>(), 4..300),
            cut in 1..50_usize,
        ) {
            let mut stream = Vec::new();
            write(Lane::Event, 0x30, &before, &mut stream).unwrap();
            stream.extend(size.to_be_bytes());
            stream.extend(&after);
            let mut reader = FrameReader::default();
            let (mut seen, mut refused) = (Vec::new(), None);
            for piece in stream.chunks(cut) {
                reader.push(piece);
                while refused.is_none() {
                    match reader.next_frame() {
                        Ok(Some(frame)) => seen.push(frame.body),
                        Ok(None) => break,
                        Err(error) => refused = Some(error),
                    }
                }
            }
            prop_assert_eq!(seen, [before]);
            let size_bytes = size as usize;
            prop_assert_eq!(refused, Some(FrameError::TooLarge { size_bytes }));
        }

        #[test]
        fn a12_garbage_never_panics_or_allocates_what_it_announces(garbage: Vec<u8>) {
            let mut reader = FrameReader::default();
            reader.push(&garbage);
            while let Ok(Some(_)) = reader.next_frame() {}
            prop_assert!(reader.pending_bytes() <= garbage.len());
        }
    }

    #[test]
    fn c6_frame_body_max_is_checked_before_the_body_comes() {
        let mut reader = FrameReader::default();
        reader.push(&(FRAME_BODY_MAX as u32 + 1).to_be_bytes());
        reader.push(&[PROTOCOL_VERSION, 0, 0, 1]);
        assert_eq!(
            reader.next_frame(),
            Err(FrameError::TooLarge {
                size_bytes: FRAME_BODY_MAX + 1
            })
        );
        assert!(write(Lane::Bulk, 1, &vec![0; FRAME_BODY_MAX + 1], &mut Vec::new()).is_err());
    }
}
