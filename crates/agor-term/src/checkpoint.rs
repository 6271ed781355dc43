//! The whole state of a terminal as bytes, for a place in its output: feeding the rest of the
//! output to what is restored gives what feeding all of it would have given.
//!
//! Layout: `AGTC`, the version as two bytes (little-endian), and MessagePack with named
//! fields. A version is never changed once released; its reader is kept.

mod state;

use agor_proto::row::{Link, Style};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::sync::Arc;

use crate::history::{style_from_numbers, style_numbers};
use crate::parser::Parser;
use crate::terminal::Terminal;
use state::SavedState;

const MAGIC: &[u8; 4] = b"AGTC";
const VERSION: u16 = 1;

/// Why bytes are not a checkpoint of a terminal.
#[derive(Debug, thiserror::Error)]
pub enum CheckpointError {
    /// They do not begin as one.
    #[error("these bytes are not a checkpoint of a terminal")]
    NotACheckpoint,
    /// A later release wrote them.
    #[error("the checkpoint has version {0}, and this release reads up to {VERSION}")]
    LaterVersion(u16),
    /// They are damaged.
    #[error("the checkpoint is damaged: {0}")]
    Damaged(#[from] rmp_serde::decode::Error),
    /// A part is outside what a terminal can be.
    #[error("the checkpoint is damaged: {0} is out of range")]
    OutOfRange(&'static str),
}

#[derive(Serialize)]
struct Written<'a>(&'a Parser, SavedState);

#[derive(Deserialize)]
struct Read(Parser, SavedState);

impl Terminal {
    /// Returns the whole state as bytes.
    #[must_use]
    pub fn checkpoint(&self) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        bytes.extend(VERSION.to_le_bytes());
        let written = Written(&self.parser, SavedState::of(&self.state));
        // Writing plain data to memory has no way to fail.
        rmp_serde::encode::write_named(&mut bytes, &written).expect("a checkpoint is plain data");
        bytes
    }

    /// Returns a checkpoint without the stamps, which count how often the terminal was looked at.
    #[cfg(test)]
    pub(crate) fn fingerprint(&self) -> Vec<u8> {
        let mut saved = SavedState::of(&self.state);
        saved.forget_stamps();
        rmp_serde::to_vec_named(&Written(&self.parser, saved)).expect("a checkpoint is plain data")
    }

    /// Returns the terminal that [`Terminal::checkpoint`] was called on.
    ///
    /// # Errors
    /// The bytes are of a later release, or damaged.
    pub fn restore(bytes: &[u8]) -> Result<Self, CheckpointError> {
        let rest = bytes
            .strip_prefix(MAGIC)
            .ok_or(CheckpointError::NotACheckpoint)?;
        let (version, body) = rest
            .split_first_chunk()
            .ok_or(CheckpointError::NotACheckpoint)?;
        let version = u16::from_le_bytes(*version);
        match version {
            1 => {
                let Read(parser, saved) = rmp_serde::from_slice(body)?;
                Ok(Self {
                    parser,
                    state: saved.into_state()?,
                })
            }
            _ => Err(CheckpointError::LaterVersion(version)),
        }
    }
}

/// Writes `Vec<u8>` as a byte string and not as a list of numbers.
pub(crate) mod byte_string {
    use super::{Deserializer, Serializer};
    use serde::de::{Error, SeqAccess, Visitor};

    pub fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(bytes)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        struct Bytes;
        impl<'de> Visitor<'de> for Bytes {
            type Value = Vec<u8>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("bytes")
            }

            fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Vec<u8>, E> {
                Ok(bytes.to_vec())
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Vec<u8>, A::Error> {
                let mut bytes = Vec::new();
                while let Some(byte) = seq.next_element()? {
                    bytes.push(byte);
                }
                Ok(bytes)
            }
        }
        deserializer.deserialize_bytes(Bytes)
    }
}

/// Writes styles as numbers, whatever becomes of their form on the wire.
pub(crate) mod style_list {
    use super::*;

    pub fn serialize<S: Serializer>(styles: &[Style], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(styles.iter().map(style_numbers))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Style>, D::Error> {
        let numbers = Vec::<(u32, u32, u16, u32)>::deserialize(deserializer)?;
        Ok(numbers.into_iter().map(style_from_numbers).collect())
    }
}

/// Writes links as pairs of texts.
pub(crate) mod link_list {
    use super::*;

    pub fn serialize<S: Serializer>(links: &[Arc<Link>], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(links.iter().map(|link| (&link.uri, &link.id)))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<Arc<Link>>, D::Error> {
        let pairs = Vec::<(String, String)>::deserialize(deserializer)?;
        Ok(pairs
            .into_iter()
            .map(|(uri, id)| Arc::new(Link { uri, id }))
            .collect())
    }
}
