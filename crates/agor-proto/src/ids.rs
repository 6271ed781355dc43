//! Identities and positions. Each is a newtype that is parsed once, at the border; a malformed one
//! is a [`BadId`], never a fallback (FAILURES B4).
//!
//! On the wire an identity of 16 or 32 bytes is a MessagePack `bin`; where a person reads it (JSON,
//! the command line) it is text.
//!
//! One is never taken for another: this does not compile.
//!
//! ```compile_fail,E0308
//! # use agor_proto::ids::{ClientId, SessionId};
//! fn b12_a_session_is_not_a_client(session: SessionId) -> ClientId {
//!     session
//! }
//! ```

use std::fmt;
use std::str::FromStr;

use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An identity that is not written as it must be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not a {kind}: {expected}")]
pub struct BadId {
    /// What was asked for, in words.
    pub kind: &'static str,
    /// What a good one looks like.
    pub expected: &'static str,
    /// What was given, cut at 80 characters.
    pub text: String,
}

impl BadId {
    fn new(kind: &'static str, expected: &'static str, text: &str) -> Self {
        Self {
            kind,
            expected,
            text: text.chars().take(80).collect(),
        }
    }
}

/// Appends `bytes` as lower-case hexadecimal digits.
fn write_hex(f: &mut fmt::Formatter<'_>, bytes: &[u8]) -> fmt::Result {
    bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
}

/// Returns the bytes that `text` spells in lower-case hexadecimal digits, and nothing else.
fn parse_hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digits = text.as_bytes();
    if digits.len() != N * 2 {
        return None;
    }
    let nibble = |digit: u8| match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    };
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = nibble(pair[0])? << 4 | nibble(pair[1])?;
    }
    Some(bytes)
}

struct BytesVisitor<const N: usize>;

impl<const N: usize> Visitor<'_> for BytesVisitor<N> {
    type Value = [u8; N];

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{N} bytes")
    }

    fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<[u8; N], E> {
        bytes
            .try_into()
            .map_err(|_| E::invalid_length(bytes.len(), &self))
    }
}

/// Gives a newtype over `[u8; N]` its two encodings, from its `Display` and `FromStr`.
macro_rules! encode_as_bytes_or_text {
    ($name:ident, $size:literal) => {
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                if serializer.is_human_readable() {
                    serializer.collect_str(self)
                } else {
                    serializer.serialize_bytes(&self.0)
                }
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                if deserializer.is_human_readable() {
                    let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                    text.parse().map_err(de::Error::custom)
                } else {
                    deserializer
                        .deserialize_bytes(BytesVisitor::<$size>)
                        .map($name)
                }
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }
    };
}

/// An identity of `$size` bytes, written as hexadecimal digits.
macro_rules! hex_id {
    ($(#[$doc:meta])* $name:ident, $size:literal, $expected:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub [u8; $size]);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write_hex(f, &self.0)
            }
        }

        impl FromStr for $name {
            type Err = BadId;

            fn from_str(text: &str) -> Result<Self, BadId> {
                parse_hex(text).map($name).ok_or_else(|| BadId::new(stringify!($name), $expected, text))
            }
        }

        encode_as_bytes_or_text!($name, $size);
    };
}

hex_id! {
    /// The hash of a device's public key: the only thing that authenticates.
    DeviceId, 32, "64 hexadecimal digits"
}
hex_id! {
    /// One host, made from its key when its data folder is made.
    HostId, 32, "64 hexadecimal digits"
}
hex_id! {
    /// One running client. It groups what that client does and grants nothing.
    ClientId, 16, "32 hexadecimal digits"
}
hex_id! {
    /// One command, chosen by its client; a repeat of it is the same command.
    CommandId, 16, "32 hexadecimal digits"
}
hex_id! {
    /// The right to type into a session and to set its size, until it lapses or another takes it.
    LeaseToken, 16, "32 hexadecimal digits"
}
hex_id! {
    /// The SHA-256 of a blob's bytes.
    BlobHash, 32, "64 hexadecimal digits"
}

/// A session: a UUID of version 7 (RFC 9562), so that ids sort by the time of their making.
///
/// Outside its host a session is `(HostId, SessionId)`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId([u8; 16]);

impl SessionId {
    const EXPECTED: &str =
        "a version 7 UUID such as 019aa3c4-5b6d-7e8f-9a0b-1c2d3e4f5a6b, in lower case";

    /// Returns the id made at `unix_millis` with `random` bits; version and variant are set here.
    #[must_use]
    pub fn from_parts(unix_millis: u64, random: [u8; 10]) -> Self {
        let mut bytes = [0; 16];
        bytes[..6].copy_from_slice(&unix_millis.to_be_bytes()[2..]);
        bytes[6..].copy_from_slice(&random);
        bytes[6] = 0x70 | bytes[6] & 0x0f;
        bytes[8] = 0x80 | bytes[8] & 0x3f;
        Self(bytes)
    }

    /// Returns the id with these bytes.
    ///
    /// # Errors
    /// Version or variant are not those of a version 7 UUID.
    pub fn from_bytes(bytes: [u8; 16]) -> Result<Self, BadId> {
        if bytes[6] >> 4 == 7 && bytes[8] >> 6 == 0b10 {
            Ok(Self(bytes))
        } else {
            Err(BadId::new(
                "SessionId",
                Self::EXPECTED,
                &format!("{:032x}", u128::from_be_bytes(bytes)),
            ))
        }
    }

    /// Returns the 16 bytes, most significant first.
    #[must_use]
    pub fn bytes(self) -> [u8; 16] {
        self.0
    }

    /// Returns when the id was made, in milliseconds since 1970.
    #[must_use]
    pub fn unix_millis(self) -> u64 {
        let mut time = [0; 8];
        time[2..].copy_from_slice(&self.0[..6]);
        u64::from_be_bytes(time)
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, byte) in self.0.iter().enumerate() {
            if matches!(index, 4 | 6 | 8 | 10) {
                f.write_str("-")?;
            }
            write!(f, "{byte:02x}")?;
        }
        Ok(())
    }
}

impl FromStr for SessionId {
    type Err = BadId;

    fn from_str(text: &str) -> Result<Self, BadId> {
        let bad = || BadId::new("SessionId", Self::EXPECTED, text);
        let hyphens_stand_right = text.len() == 36
            && text
                .bytes()
                .enumerate()
                .all(|(at, c)| (c == b'-') == matches!(at, 8 | 13 | 18 | 23));
        if !hyphens_stand_right {
            return Err(bad());
        }
        let bytes = parse_hex(&text.replace('-', "")).ok_or_else(bad)?;
        Self::from_bytes(bytes).map_err(|_| bad())
    }
}

impl Serialize for SessionId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.collect_str(self)
        } else {
            serializer.serialize_bytes(&self.0)
        }
    }
}

impl<'de> Deserialize<'de> for SessionId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
            text.parse().map_err(de::Error::custom)
        } else {
            let bytes = deserializer.deserialize_bytes(BytesVisitor::<16>)?;
            Self::from_bytes(bytes).map_err(de::Error::custom)
        }
    }
}

impl fmt::Debug for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SessionId({self})")
    }
}

/// A number that only counts up within its owner.
macro_rules! counter {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(
            Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
        )]
        #[serde(transparent)]
        pub struct $name(pub u64);

        impl $name {
            /// Returns the one after this.
            #[must_use]
            pub fn next(self) -> Self {
                Self(self.0 + 1)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

counter! {
    /// One accepted connection of a host: strictly increasing over the host's whole life, and the
    /// key of everything that belongs to a connection.
    ConnEpoch
}
counter! {
    /// One life of a host process: strictly increasing, persisted; a newer one fences the older.
    Incarnation
}
counter! {
    /// The history of one session's events; a cursor means something only inside the epoch in
    /// which it was given.
    LogEpoch
}
counter! {
    /// The number of an event within its session and [`LogEpoch`], from 1 and without gaps.
    /// As a cursor it means *applied*; 0 means nothing yet.
    Seq
}
counter! {
    /// A position in a session's output record: bytes of records, headers included, since the
    /// session began. It goes on over restarts of host and command.
    Offset
}
counter! {
    /// The number of a command within its client, in the order in which the person gave them.
    CommandN
}
counter! {
    /// The number of an input within its client and session.
    InputSeq
}
counter! {
    /// The state of a screen: two updates with the same revision show the same.
    ScreenRev
}
counter! {
    /// A logical line of a session, numbered when it is made; it keeps its number through reflow,
    /// history and restart.
    LineId
}
counter! {
    /// The state of the list of sessions at a host.
    ListRev
}
counter! {
    /// The number of a question that a connection asked; its answers carry it.
    AskId
}

/// A place in a session's text that outlives frames and reflow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct LinePosition {
    /// The logical line.
    pub line: LineId,
    /// The cell within that line, counted over all the rows that it takes.
    pub column: u32,
}

/// A number of columns and rows, and of pixels where they are known (else 0).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Size {
    /// Cells in a row.
    pub cols: u16,
    /// Rows on the screen.
    pub rows: u16,
    /// Pixels across the whole screen, or 0.
    #[serde(default)]
    pub width_px: u16,
    /// Pixels down the whole screen, or 0.
    #[serde(default)]
    pub height_px: u16,
}

impl Size {
    /// Returns a size in cells whose pixels are unknown, held within
    /// [`limits::COLS_MAX`](crate::limits::COLS_MAX) and
    /// [`limits::ROWS_MAX`](crate::limits::ROWS_MAX).
    #[must_use]
    pub fn cells(cols: u16, rows: u16) -> Self {
        Self {
            cols,
            rows,
            width_px: 0,
            height_px: 0,
        }
        .clamped()
    }

    /// Returns the nearest size that a terminal can have.
    #[must_use]
    pub fn clamped(self) -> Self {
        Self {
            cols: self.cols.clamp(1, crate::limits::COLS_MAX),
            rows: self.rows.clamp(1, crate::limits::ROWS_MAX),
            ..self
        }
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}x{}", self.cols, self.rows)
    }
}

impl FromStr for Size {
    type Err = BadId;

    fn from_str(text: &str) -> Result<Self, BadId> {
        let bad = || BadId::new("size", "COLUMNSxROWS, such as 120x40", text);
        let (cols, rows) = text.split_once('x').ok_or_else(bad)?;
        let number = |text: &str| text.parse::<u16>().ok().filter(|&n| n > 0).ok_or_else(bad);
        let size = Self {
            cols: number(cols)?,
            rows: number(rows)?,
            width_px: 0,
            height_px: 0,
        };
        if size == size.clamped() {
            Ok(size)
        } else {
            Err(bad())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn cols_max_and_rows_max_clamp_a_size() {
        use crate::limits::{COLS_MAX, ROWS_MAX};
        let largest = Size::cells(COLS_MAX, ROWS_MAX);
        assert_eq!(Size::cells(COLS_MAX + 1, u16::MAX).clamped(), largest);
        assert_eq!(Size::cells(u16::MAX, ROWS_MAX + 1).clamped(), largest);
        assert_eq!(Size::cells(0, 0).clamped(), Size::cells(1, 1));
        assert!("1001x1".parse::<Size>().is_err());
    }

    #[test]
    fn a_session_id_reads_back_as_it_was_written() {
        let id = SessionId::from_parts(1_763_683_200_123, [0xff; 10]);
        assert_eq!(id.to_string().parse::<SessionId>().unwrap(), id);
        assert_eq!(id.unix_millis(), 1_763_683_200_123);
        assert_eq!(SessionId::from_bytes(id.bytes()).unwrap(), id);
    }

    #[test]
    fn b4_a_malformed_id_is_an_error_and_never_another_id() {
        let good = SessionId::from_parts(1, [0; 10]).to_string();
        for bad in [
            String::new(),
            good.to_uppercase().replace('0', "A"),
            good.replace('-', ""),
            format!("{good}0"),
            good.replace("-7", "-4"),
            good.replace("-8", "-0"),
            "../../../etc/passwd".into(),
        ] {
            assert!(bad.parse::<SessionId>().is_err(), "{bad:?} was taken");
        }
        assert!("0".repeat(31).parse::<ClientId>().is_err());
        assert!("g".repeat(32).parse::<ClientId>().is_err());
        assert!("0".repeat(32).parse::<ClientId>().is_ok());
    }

    proptest! {
        /// Any text, and such as are one character away from an id.
        #[test]
        fn b4_a_text_is_an_id_only_if_the_id_is_written_so(
            bytes in any::<[u8; 16]>(),
            at in 0..37_usize,
            put in "[0-9a-gA-G-]?",
            removed in 0..2_usize,
            other in any::<String>(),
        ) {
            let mut random = [0; 10];
            random.copy_from_slice(&bytes[6..]);
            let session = SessionId::from_parts(1_763_683_200_123, random).to_string();
            for good in [session, ClientId(bytes).to_string()] {
                let (head, tail) = good.split_at(at.min(good.len()));
                let tail = tail.get(removed..).unwrap_or_default();
                for text in [good.clone(), format!("{head}{put}{tail}"), other.clone()] {
                    if let Ok(id) = text.parse::<SessionId>() {
                        prop_assert_eq!(&id.to_string(), &text);
                    }
                    if let Ok(id) = text.parse::<ClientId>() {
                        prop_assert_eq!(&id.to_string(), &text);
                    }
                }
            }
        }
    }

    #[test]
    fn ids_are_bytes_on_the_wire_and_text_in_json() {
        let id = CommandId([7; 16]);
        let wire = rmp_serde::to_vec_named(&id).unwrap();
        assert_eq!(wire.len(), 18);
        assert_eq!(rmp_serde::from_slice::<CommandId>(&wire).unwrap(), id);
        let json = serde_json::to_string(&id).unwrap();
        assert_eq!(json, format!("\"{}\"", "07".repeat(16)));
        assert_eq!(serde_json::from_str::<CommandId>(&json).unwrap(), id);
    }

    #[test]
    fn a_size_is_columns_x_rows_within_the_limits() {
        assert_eq!("120x40".parse::<Size>().unwrap(), Size::cells(120, 40));
        for bad in [
            "",
            "120",
            "0x40",
            "120x0",
            "120x40x1",
            "-1x5",
            "65535x65535",
        ] {
            assert!(bad.parse::<Size>().is_err(), "{bad:?} was taken");
        }
    }
}
