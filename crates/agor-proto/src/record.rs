//! The output record: what a session's terminal was fed, byte for byte, as typed records.
//!
//! This is also the byte form in the ring between keeper and host and in segment files:
//! `u32 payload length | u8 kind | u8 0 | u16 0 | u64 microseconds since 1970 | payload`, numbers
//! in little-endian order since the ring is shared memory of one machine. The keeper writes it
//! without knowing this crate; `agor-core` holds the two against each other.

use serde::{Deserialize, Serialize};

use crate::ids::{Offset, Size};
use crate::limits::RECORD_PAYLOAD_MAX;

/// The bytes before a payload.
pub const HEADER_BYTES: usize = 16;

/// One record with its time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// Microseconds since 1970, by the keeper's clock. Not necessarily increasing.
    pub unix_micros: u64,
    /// What happened.
    pub body: RecordBody,
}

/// What happened to a session's program and terminal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecordBody {
    /// The program wrote to its terminal or its standard output.
    Out(#[serde(with = "crate::frame::bytes")] Vec<u8>),
    /// The program wrote to its standard error, where that is a pipe.
    Err(#[serde(with = "crate::frame::bytes")] Vec<u8>),
    /// The terminal got another size.
    Resized(Size),
    /// The host set what the fold depends on (see `agor-term`'s options), in MessagePack.
    Configured(#[serde(with = "crate::frame::bytes")] Vec<u8>),
    /// The program ended. Its children may go on and write.
    Exited {
        /// The exit code; -1 after a signal.
        code: i32,
        /// The signal that ended it, or 0.
        signal: i32,
    },
    /// A program was started in the session, for the first time or again.
    Started {
        /// Its process.
        pid: u32,
        /// The terminal's size.
        size: Size,
    },
    /// Nobody can write to the session any more.
    Closed,
    /// A record of a later release.
    Unknown {
        /// Its kind.
        kind: u8,
        /// Its payload.
        #[serde(with = "crate::frame::bytes")]
        payload: Vec<u8>,
    },
}

/// Bytes that are not a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// The bytes end inside the record.
    #[error("the record is cut off")]
    Cut,
    /// The header announces more than [`RECORD_PAYLOAD_MAX`].
    #[error("a record of {size_bytes} bytes was announced; the limit is {RECORD_PAYLOAD_MAX}")]
    TooLarge {
        /// What was announced.
        size_bytes: usize,
    },
    /// The payload is not that of its kind.
    #[error("the payload of a record of kind {kind} has {size_bytes} bytes")]
    Payload {
        /// The kind.
        kind: u8,
        /// The payload's length.
        size_bytes: usize,
    },
}

fn size_from(payload: &[u8]) -> Option<Size> {
    let [c0, c1, r0, r1, w0, w1, h0, h1] = *payload.first_chunk::<8>()?;
    Some(Size {
        cols: u16::from_le_bytes([c0, c1]),
        rows: u16::from_le_bytes([r0, r1]),
        width_px: u16::from_le_bytes([w0, w1]),
        height_px: u16::from_le_bytes([h0, h1]),
    })
}

fn push_size(size: Size, out: &mut Vec<u8>) {
    for number in [size.cols, size.rows, size.width_px, size.height_px] {
        out.extend_from_slice(&number.to_le_bytes());
    }
}

impl Record {
    /// Appends the record's byte form to `out`.
    pub fn encode(&self, out: &mut Vec<u8>) {
        let start = out.len();
        out.extend_from_slice(&[0; HEADER_BYTES]);
        let kind = match &self.body {
            RecordBody::Out(bytes) => {
                out.extend_from_slice(bytes);
                1
            }
            RecordBody::Err(bytes) => {
                out.extend_from_slice(bytes);
                2
            }
            RecordBody::Resized(size) => {
                push_size(*size, out);
                3
            }
            RecordBody::Configured(bytes) => {
                out.extend_from_slice(bytes);
                4
            }
            RecordBody::Exited { code, signal } => {
                out.extend_from_slice(&code.to_le_bytes());
                out.extend_from_slice(&signal.to_le_bytes());
                5
            }
            RecordBody::Started { pid, size } => {
                out.extend_from_slice(&pid.to_le_bytes());
                push_size(*size, out);
                6
            }
            RecordBody::Closed => 7,
            RecordBody::Unknown { kind, payload } => {
                out.extend_from_slice(payload);
                *kind
            }
        };
        let payload_bytes = (out.len() - start - HEADER_BYTES) as u32;
        out[start..start + 4].copy_from_slice(&payload_bytes.to_le_bytes());
        out[start + 4] = kind;
        out[start + 8..start + 16].copy_from_slice(&self.unix_micros.to_le_bytes());
    }
}

/// A record whose payload is still where it was read from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RawRecord<'a> {
    /// Where it begins.
    pub offset: Offset,
    /// Where the next begins.
    pub end: Offset,
    /// Its kind.
    pub kind: u8,
    /// Microseconds since 1970.
    pub unix_micros: u64,
    /// Its payload.
    pub payload: &'a [u8],
}

impl RawRecord<'_> {
    /// The kind of [`RecordBody::Out`].
    pub const OUT: u8 = 1;
    /// The kind of [`RecordBody::Err`].
    pub const ERR: u8 = 2;

    /// Returns the record with a payload of its own.
    ///
    /// # Errors
    /// [`RecordError::Payload`].
    pub fn to_record(self) -> Result<Record, RecordError> {
        let bad = RecordError::Payload {
            kind: self.kind,
            size_bytes: self.payload.len(),
        };
        let number = |at: usize| {
            let bytes = self.payload.get(at..at + 4)?.first_chunk::<4>()?;
            Some(i32::from_le_bytes(*bytes))
        };
        let body = match self.kind {
            Self::OUT => RecordBody::Out(self.payload.to_vec()),
            Self::ERR => RecordBody::Err(self.payload.to_vec()),
            3 => RecordBody::Resized(size_from(self.payload).ok_or(bad)?),
            4 => RecordBody::Configured(self.payload.to_vec()),
            5 => RecordBody::Exited {
                code: number(0).ok_or(bad)?,
                signal: number(4).ok_or(bad)?,
            },
            6 => RecordBody::Started {
                pid: number(0).ok_or(bad)?.cast_unsigned(),
                size: self.payload.get(4..).and_then(size_from).ok_or(bad)?,
            },
            7 => RecordBody::Closed,
            kind => RecordBody::Unknown {
                kind,
                payload: self.payload.to_vec(),
            },
        };
        Ok(Record {
            unix_micros: self.unix_micros,
            body,
        })
    }
}

/// Returns the records in `bytes`, which begin at `offset`. Ends after the first that is damaged.
pub fn records(
    bytes: &[u8],
    offset: Offset,
) -> impl Iterator<Item = Result<RawRecord<'_>, RecordError>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let rest = &bytes[at..];
        if rest.is_empty() {
            return None;
        }
        let result = first(rest, Offset(offset.0 + at as u64));
        at = match &result {
            Ok(record) => (record.end.0 - offset.0) as usize,
            Err(_) => bytes.len(),
        };
        Some(result)
    })
}

fn first(bytes: &[u8], offset: Offset) -> Result<RawRecord<'_>, RecordError> {
    let (header, rest) = bytes
        .split_first_chunk::<HEADER_BYTES>()
        .ok_or(RecordError::Cut)?;
    let [l0, l1, l2, l3, kind, _, _, _, time @ ..] = *header;
    let size_bytes = u32::from_le_bytes([l0, l1, l2, l3]) as usize;
    if size_bytes > RECORD_PAYLOAD_MAX {
        return Err(RecordError::TooLarge { size_bytes });
    }
    Ok(RawRecord {
        offset,
        end: Offset(offset.0 + (HEADER_BYTES + size_bytes) as u64),
        kind,
        unix_micros: u64::from_le_bytes(time),
        payload: rest.get(..size_bytes).ok_or(RecordError::Cut)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_read_back_at_their_offsets() {
        let bodies = [
            RecordBody::Started {
                pid: 7,
                size: Size::cells(80, 24),
            },
            RecordBody::Out(b"hello".to_vec()),
            RecordBody::Err(vec![]),
            RecordBody::Resized(Size {
                width_px: 800,
                ..Size::cells(1, 2)
            }),
            RecordBody::Configured(vec![0x80]),
            RecordBody::Exited {
                code: -1,
                signal: 9,
            },
            RecordBody::Closed,
            RecordBody::Unknown {
                kind: 99,
                payload: vec![1],
            },
        ];
        let mut bytes = Vec::new();
        for (n, body) in bodies.iter().enumerate() {
            Record {
                unix_micros: n as u64,
                body: body.clone(),
            }
            .encode(&mut bytes);
        }
        let mut end = Offset(100);
        for (n, raw) in records(&bytes, Offset(100)).enumerate() {
            let raw = raw.unwrap();
            assert_eq!(raw.offset, end);
            end = raw.end;
            let record = raw.to_record().unwrap();
            assert_eq!(
                record,
                Record {
                    unix_micros: n as u64,
                    body: bodies[n].clone()
                }
            );
        }
        assert_eq!(end, Offset(100 + bytes.len() as u64));
        let cut = records(&bytes[..bytes.len() - 1], Offset(0)).last();
        assert_eq!(cut, Some(Err(RecordError::Cut)));
    }

    #[test]
    fn record_payload_max_is_checked_before_the_payload() {
        let first = |size_bytes: usize| {
            let mut bytes = (size_bytes as u32).to_le_bytes().to_vec();
            bytes.resize(HEADER_BYTES, 0);
            let first = records(&bytes, Offset(0)).next();
            first.and_then(Result::err)
        };
        assert_eq!(first(RECORD_PAYLOAD_MAX), Some(RecordError::Cut));
        for size_bytes in [RECORD_PAYLOAD_MAX + 1, u32::MAX as usize] {
            let too_large = RecordError::TooLarge { size_bytes };
            assert_eq!(first(size_bytes), Some(too_large));
        }
    }
}
