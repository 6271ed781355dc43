//! The byte form of a record in a ring, and only that.
//!
//! A record is a header of 16 bytes, all little-endian, then its payload:
//! `u32 payload length | u8 kind | u8 flags = 0 | u16 reserved = 0 | u64 unix microseconds`.
//! The position of a record is the number of record bytes (headers included) before it.

use crate::{Exit, PtySize, caps};

/// Length of the header before each payload.
pub const HEADER_BYTES: usize = 16;

/// Number of the kind `Out`.
pub const OUT: u8 = 1;
/// Number of the kind `Err`.
pub const ERR: u8 = 2;
/// Number of the kind `Resized`.
pub const RESIZED: u8 = 3;
/// Number of the kind `Configured`.
pub const CONFIGURED: u8 = 4;
/// Number of the kind `Exited`.
pub const EXITED: u8 = 5;
/// Number of the kind `Started`.
pub const STARTED: u8 = 6;
/// Number of the kind `Closed`.
pub const CLOSED: u8 = 7;

/// What happened, as one record tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Record<'a> {
    /// The child wrote to its terminal or standard output.
    Out(&'a [u8]),
    /// The child wrote to its standard error, which is a pipe of its own.
    Err(&'a [u8]),
    /// The terminal got a size; output after this record was read after that.
    Resized(PtySize),
    /// The host put an opaque note among the output.
    Configured(&'a [u8]),
    /// The leader ended; output of others may follow.
    Exited(Exit),
    /// The leader was started with this process id and size.
    Started {
        /// The leader's process id.
        pid: u32,
        /// The size that the terminal had before the leader ran.
        size: PtySize,
    },
    /// All writers are gone: no output follows.
    Closed,
    /// A kind that this version does not know, or a payload of a length it does not know.
    Unknown {
        /// The number of the kind.
        kind: u8,
        /// The payload as it stands.
        payload: &'a [u8],
    },
}

/// A record with the position at which it starts and the time at which it was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Positioned<'a> {
    /// Position of the record's first byte.
    pub offset: u64,
    /// Position after the record: where the next one starts.
    pub end: u64,
    /// When the keeper wrote it.
    pub unix_micros: u64,
    /// What it says.
    pub record: Record<'a>,
}

/// The fields of a record's header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// Length of the payload that follows.
    pub payload_len: u32,
    /// Number of the kind.
    pub kind: u8,
    /// When the keeper wrote it.
    pub unix_micros: u64,
}

impl Header {
    /// Returns the header's bytes.
    pub fn encode(self) -> [u8; HEADER_BYTES] {
        let mut bytes = [0; HEADER_BYTES];
        bytes[..4].copy_from_slice(&self.payload_len.to_le_bytes());
        bytes[4] = self.kind;
        bytes[8..].copy_from_slice(&self.unix_micros.to_le_bytes());
        bytes
    }

    /// Returns the header that `bytes` hold, or `None` if no writer makes such a length.
    pub fn decode(bytes: [u8; HEADER_BYTES]) -> Option<Self> {
        let [a, b, c, d, kind, _, _, _, micros @ ..] = bytes;
        let payload_len = u32::from_le_bytes([a, b, c, d]);
        let unix_micros = u64::from_le_bytes(micros);
        (payload_len as usize <= caps::RECORD_BYTES).then_some(Self {
            payload_len,
            kind,
            unix_micros,
        })
    }

    /// Returns the length of the record: header and payload.
    pub fn record_len(self) -> u64 {
        HEADER_BYTES as u64 + u64::from(self.payload_len)
    }
}

impl<'a> Record<'a> {
    /// Returns what `payload` says under `kind`; never fails, since a later keeper may say more.
    pub fn decode(kind: u8, payload: &'a [u8]) -> Self {
        let known = match kind {
            OUT => Some(Self::Out(payload)),
            ERR => Some(Self::Err(payload)),
            CONFIGURED => Some(Self::Configured(payload)),
            RESIZED => size_from(payload).map(Self::Resized),
            STARTED => payload.split_first_chunk().and_then(|(pid, size)| {
                Some(Self::Started {
                    pid: u32::from_le_bytes(*pid),
                    size: size_from(size)?,
                })
            }),
            EXITED => payload.split_first_chunk().and_then(|(code, signal)| {
                Some(Self::Exited(Exit {
                    code: i32::from_le_bytes(*code),
                    signal: i32::from_le_bytes(signal.try_into().ok()?),
                }))
            }),
            CLOSED if payload.is_empty() => Some(Self::Closed),
            _ => None,
        };
        known.unwrap_or(Self::Unknown { kind, payload })
    }

    /// Returns the number of the record's kind.
    pub fn kind(&self) -> u8 {
        match self {
            Self::Out(_) => OUT,
            Self::Err(_) => ERR,
            Self::Resized(_) => RESIZED,
            Self::Configured(_) => CONFIGURED,
            Self::Exited(_) => EXITED,
            Self::Started { .. } => STARTED,
            Self::Closed => CLOSED,
            Self::Unknown { kind, .. } => *kind,
        }
    }

    /// Appends the payload's bytes to `out`.
    pub fn encode_payload(&self, out: &mut Vec<u8>) {
        match self {
            Self::Out(bytes) | Self::Err(bytes) | Self::Configured(bytes) => {
                out.extend_from_slice(bytes);
            }
            Self::Unknown { payload, .. } => out.extend_from_slice(payload),
            Self::Resized(size) => put_size(out, *size),
            Self::Exited(exit) => {
                out.extend_from_slice(&exit.code.to_le_bytes());
                out.extend_from_slice(&exit.signal.to_le_bytes());
            }
            Self::Started { pid, size } => {
                out.extend_from_slice(&pid.to_le_bytes());
                put_size(out, *size);
            }
            Self::Closed => {}
        }
    }
}

/// Returns the records in `bytes`, the first of which starts at `offset`; stops at the first byte
/// that is not a whole record.
pub fn iter(offset: u64, bytes: &[u8]) -> Iter<'_> {
    Iter { offset, bytes }
}

/// The records in a run of bytes that [`crate::RingReader::read`] returned; see [`iter`].
#[derive(Clone, Debug)]
pub struct Iter<'a> {
    offset: u64,
    bytes: &'a [u8],
}

impl<'a> Iterator for Iter<'a> {
    type Item = Positioned<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        let (header, rest) = self.bytes.split_first_chunk::<HEADER_BYTES>()?;
        let header = Header::decode(*header)?;
        let (payload, rest) = rest.split_at_checked(header.payload_len as usize)?;
        let offset = self.offset;
        self.offset = offset.checked_add(header.record_len())?;
        self.bytes = rest;
        Some(Positioned {
            offset,
            end: self.offset,
            unix_micros: header.unix_micros,
            record: Record::decode(header.kind, payload),
        })
    }
}

fn size_from(payload: &[u8]) -> Option<PtySize> {
    let bytes: [u8; 8] = payload.try_into().ok()?;
    let [a, b, c, d, e, f, g, h] = bytes;
    Some(PtySize {
        cols: u16::from_le_bytes([a, b]),
        rows: u16::from_le_bytes([c, d]),
        xpix: u16::from_le_bytes([e, f]),
        ypix: u16::from_le_bytes([g, h]),
    })
}

fn put_size(out: &mut Vec<u8>, size: PtySize) {
    for side in [size.cols, size.rows, size.xpix, size.ypix] {
        out.extend_from_slice(&side.to_le_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes_of(records: &[Record<'_>]) -> Vec<u8> {
        let mut all = Vec::new();
        for record in records {
            let mut payload = Vec::new();
            record.encode_payload(&mut payload);
            let header = Header {
                payload_len: payload.len() as u32,
                kind: record.kind(),
                unix_micros: 7,
            };
            all.extend_from_slice(&header.encode());
            all.extend_from_slice(&payload);
        }
        all
    }

    #[test]
    fn every_kind_survives_its_byte_form() {
        let size = PtySize {
            cols: 80,
            rows: 24,
            xpix: 640,
            ypix: 480,
        };
        let records = [
            Record::Started { pid: 77, size },
            Record::Out(b"out"),
            Record::Err(b""),
            Record::Resized(size),
            Record::Configured(b"note"),
            Record::Exited(Exit {
                code: -1,
                signal: 9,
            }),
            Record::Closed,
            Record::Unknown {
                kind: 200,
                payload: b"later",
            },
        ];
        let bytes = bytes_of(&records);
        let read: Vec<_> = iter(100, &bytes).collect();
        assert_eq!(read.iter().map(|p| p.record).collect::<Vec<_>>(), records);
        assert_eq!(read[0].offset, 100);
        assert_eq!(read[1].offset, read[0].end);
        assert_eq!(read.last().unwrap().end, 100 + bytes.len() as u64);
    }

    #[test]
    fn a_record_that_is_cut_off_or_absurdly_long_ends_the_run() {
        let bytes = bytes_of(&[Record::Out(b"whole"), Record::Out(b"cut")]);
        for cut in 1..19 {
            assert_eq!(iter(0, &bytes[..bytes.len() - cut]).count(), 1, "cut {cut}");
        }
        let long = Header {
            payload_len: u32::MAX,
            kind: OUT,
            unix_micros: 0,
        }
        .encode();
        assert_eq!(iter(0, &long).count(), 0);
    }

    #[test]
    fn a_known_kind_with_a_payload_of_another_length_is_unknown() {
        for kind in [RESIZED, EXITED, STARTED, CLOSED] {
            let payload = [1, 2, 3];
            assert_eq!(
                Record::decode(kind, &payload),
                Record::Unknown {
                    kind,
                    payload: &payload
                }
            );
        }
    }
}
