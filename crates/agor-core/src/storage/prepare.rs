//! Turns a transaction into what its statements bind: encoding and compression, done while a group
//! is gathered, so that the database's write lock is held for a short time.

use std::cell::RefCell;
use std::ops::Range;

use agor_proto::event::{Event, EventBody};
use agor_proto::ids::{ClientId, CommandId, LogEpoch, Offset, SessionId, Size};
use agor_proto::record::records;
use agor_proto::session::{Life, SessionSpec};
use serde::{Deserialize, Serialize};

use super::pages::PageRow;
use super::{SessionRow, StoreError, StoredReceipt, UsageDay, Write};

/// The most raw bytes in a chunk or in a frame of a segment, so that reading a page unpacks little
/// more than it returns.
pub(super) const PIECE_RAW_MAX: usize = 256 * 1024;
/// Below this zstd makes output larger, or hardly smaller.
const PACK_MIN: usize = 96;
/// The level of what is packed on the way to the disk.
const CHUNK_LEVEL: i32 = 1;
/// The level of what is packed once and kept.
pub(super) const KEPT_LEVEL: i32 = 3;
/// The largest state of a terminal that is unpacked.
const CHECKPOINT_RAW_MAX: usize = 256 * 1024 * 1024;

/// How the bytes of a chunk are packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Packing {
    None,
    Zstd,
}

impl Packing {
    pub(super) fn number(self) -> i64 {
        match self {
            Self::None => 0,
            Self::Zstd => 1,
        }
    }

    pub(super) fn from_number(number: i64) -> Option<Self> {
        match number {
            0 => Some(Self::None),
            1 => Some(Self::Zstd),
            _ => None,
        }
    }
}

/// A piece of a record as it is stored.
#[derive(Debug)]
pub(super) struct Chunk {
    pub(super) start: u64,
    pub(super) end: u64,
    pub(super) packing: Packing,
    pub(super) crc: u32,
    pub(super) body: Vec<u8>,
}

/// An event as it is stored.
#[derive(Debug)]
pub(super) struct EventRow {
    pub(super) seq: u64,
    pub(super) at_millis: u64,
    pub(super) offset: u64,
    pub(super) body: Vec<u8>,
}

/// A receipt as it is stored.
#[derive(Debug)]
pub(super) struct ReceiptRow {
    pub(super) client: ClientId,
    pub(super) id: CommandId,
    pub(super) n: u64,
    pub(super) digest: [u8; 32],
    pub(super) session: Option<SessionId>,
    pub(super) seq: u64,
    /// Whether its outcome is final.
    pub(super) settled: bool,
    pub(super) outcome: Vec<u8>,
}

/// A write as its statements bind it.
#[derive(Debug)]
pub(super) enum Ready {
    Session {
        session: SessionId,
        epoch: u64,
        body: Vec<u8>,
        spec: Vec<u8>,
    },
    Events {
        session: SessionId,
        rows: Vec<EventRow>,
    },
    Record {
        session: SessionId,
        from: u64,
        to: u64,
        chunks: Vec<Chunk>,
    },
    Gap {
        session: SessionId,
        from: u64,
        to: u64,
    },
    Checkpoint {
        session: SessionId,
        offset: u64,
        raw_bytes: u64,
        crc: u32,
        body: Vec<u8>,
    },
    Page {
        session: SessionId,
        row: Box<PageRow>,
    },
    PrunePages {
        session: SessionId,
        kept: Range<u64>,
    },
    Usage(UsageDay),
    PruneUsage {
        before: i64,
    },
    Receipt(ReceiptRow),
    Prune {
        session: SessionId,
        before: u64,
    },
    Remove {
        session: SessionId,
    },
}

impl Ready {
    /// Returns how many rows it writes, roughly.
    pub(super) fn rows(&self) -> usize {
        match self {
            Self::Events { rows, .. } => rows.len(),
            Self::Record { chunks, .. } => chunks.len(),
            _ => 1,
        }
    }

    /// Returns how many bytes of output it stores.
    pub(super) fn raw_bytes(&self) -> usize {
        match self {
            Self::Record { from, to, .. } => (to - from) as usize,
            _ => 0,
        }
    }

    /// Returns how many bytes that output takes as it is stored.
    pub(super) fn packed_bytes(&self) -> u64 {
        match self {
            Self::Record { chunks, .. } => chunks.iter().map(|it| it.body.len() as u64).sum(),
            _ => 0,
        }
    }

    /// Says whether it changes what agents used.
    pub(super) fn is_usage(&self) -> bool {
        matches!(self, Self::Usage(_) | Self::PruneUsage { .. })
    }
}

/// A [`SessionRow`] without id, epoch and spec, which have places of their own.
#[derive(Debug, Serialize, Deserialize)]
struct SessionBody {
    name: String,
    life: Life,
    cwd: String,
    title: String,
    size: Size,
    created_millis: u64,
    active_millis: u64,
    #[serde(default, with = "agor_proto::frame::bytes")]
    agent: Vec<u8>,
}

pub(super) fn encode<T: Serialize>(what: &str, value: &T) -> Result<Vec<u8>, StoreError> {
    rmp_serde::to_vec_named(value).map_err(|error| StoreError::Internal {
        doing: format!("encoding {what}"),
        reason: error.to_string(),
    })
}

pub(super) fn decode<'a, T: Deserialize<'a>>(
    what: impl FnOnce() -> String,
    bytes: &'a [u8],
) -> Result<T, StoreError> {
    rmp_serde::from_slice(bytes).map_err(|_| StoreError::Damaged { what: what() })
}

/// Returns the session that `body` and `spec` describe.
pub(super) fn decode_session(
    id: SessionId,
    epoch: u64,
    body: &[u8],
    spec: &[u8],
) -> Result<SessionRow, StoreError> {
    let body: SessionBody = decode(|| format!("the row of session {id}"), body)?;
    let spec: SessionSpec = decode(|| format!("the spec of session {id}"), spec)?;
    Ok(SessionRow {
        id,
        spec,
        name: body.name,
        life: body.life,
        cwd: body.cwd,
        title: body.title,
        size: body.size,
        created_millis: body.created_millis,
        active_millis: body.active_millis,
        epoch: LogEpoch(epoch),
        agent: body.agent,
    })
}

/// Returns what happened, as stored; a kind of a later release reads as unknown.
pub(super) fn decode_event(
    session: SessionId,
    seq: u64,
    body: &[u8],
) -> Result<EventBody, StoreError> {
    let mut deserializer = rmp_serde::Deserializer::from_read_ref(body);
    agor_proto::open::deserialize::<EventBody, _>(&mut deserializer).map_err(|_| {
        StoreError::Damaged {
            what: format!("event {seq} of session {session}"),
        }
    })
}

/// Packs and unpacks, keeping its working memory.
pub(super) struct Packer {
    compressor: zstd::bulk::Compressor<'static>,
}

impl std::fmt::Debug for Packer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Packer")
    }
}

impl Packer {
    /// Returns a packer for what is stored at once.
    pub(super) fn for_chunks() -> Result<Self, StoreError> {
        Self::with_level(CHUNK_LEVEL)
    }

    /// Returns a packer of `level`.
    pub(super) fn with_level(level: i32) -> Result<Self, StoreError> {
        let compressor =
            zstd::bulk::Compressor::new(level).map_err(|error| StoreError::Internal {
                doing: "setting up compression".into(),
                reason: error.to_string(),
            })?;
        Ok(Self { compressor })
    }

    /// Returns `raw` as a zstd frame.
    pub(super) fn pack(&mut self, raw: &[u8]) -> Result<Vec<u8>, StoreError> {
        self.compressor
            .compress(raw)
            .map_err(|error| StoreError::Internal {
                doing: "compressing".into(),
                reason: error.to_string(),
            })
    }

    fn chunk(&mut self, start: u64, raw: &[u8]) -> Result<Chunk, StoreError> {
        let packed = if raw.len() < PACK_MIN {
            None
        } else {
            Some(self.pack(raw)?).filter(|packed| packed.len() < raw.len())
        };
        let (packing, body) = match packed {
            Some(packed) => (Packing::Zstd, packed),
            None => (Packing::None, raw.to_vec()),
        };
        Ok(Chunk {
            start,
            end: start + raw.len() as u64,
            packing,
            crc: crc32fast::hash(&body),
            body,
        })
    }

    /// Returns `write` as its statements bind it.
    pub(super) fn prepare(&mut self, write: Write) -> Result<Ready, StoreError> {
        Ok(match write {
            Write::PutSession(row) => prepare_session(row)?,
            Write::AppendEvents { session, events } => Ready::Events {
                session,
                rows: events.iter().map(prepare_event).collect::<Result<_, _>>()?,
            },
            Write::AppendRecord {
                session,
                from,
                to,
                bytes,
            } => Ready::Record {
                session,
                from: from.0,
                to: to.0,
                chunks: self.chunks(session, from, to, &bytes)?,
            },
            Write::AppendGap { session, from, to } => Ready::Gap {
                session,
                from: from.0,
                to: to.0,
            },
            Write::PutCheckpoint {
                session,
                offset,
                data,
            } => {
                let body = self.pack(&data)?;
                Ready::Checkpoint {
                    session,
                    offset: offset.0,
                    raw_bytes: data.len() as u64,
                    crc: crc32fast::hash(&body),
                    body,
                }
            }
            Write::PutPage { session, page } => Ready::Page {
                session,
                row: Box::new(PageRow::prepare(self, &page)?),
            },
            Write::PrunePages { session, kept } => Ready::PrunePages { session, kept },
            Write::PutUsage(day) => Ready::Usage(day),
            Write::PruneUsage { before } => Ready::PruneUsage { before },
            Write::PutReceipt(receipt) => prepare_receipt(&receipt)?,
            Write::PruneEvents { session, before } => Ready::Prune {
                session,
                before: before.0,
            },
            Write::RemoveSession { session } => Ready::Remove { session },
        })
    }

    /// Returns `bytes` in pieces that begin and end with records.
    fn chunks(
        &mut self,
        session: SessionId,
        from: Offset,
        to: Offset,
        bytes: &[u8],
    ) -> Result<Vec<Chunk>, StoreError> {
        let bad = |reason: String| StoreError::BadRecord { session, reason };
        if to.0.checked_sub(from.0) != Some(bytes.len() as u64) {
            return Err(bad(format!(
                "{} bytes were given for {from} to {to}",
                bytes.len()
            )));
        }
        let (mut chunks, mut start, mut end) = (Vec::new(), 0, 0);
        for record in records(bytes, Offset(0)) {
            let record_end = record.map_err(|error| bad(error.to_string()))?.end.0 as usize;
            if record_end - start > PIECE_RAW_MAX {
                chunks.push(self.chunk(from.0 + start as u64, &bytes[start..end])?);
                start = end;
            }
            end = record_end;
        }
        if end > start {
            chunks.push(self.chunk(from.0 + start as u64, &bytes[start..end])?);
        }
        Ok(chunks)
    }
}

fn prepare_session(row: SessionRow) -> Result<Ready, StoreError> {
    if row.spec.private {
        return Err(StoreError::Private(row.id));
    }
    Ok(Ready::Session {
        session: row.id,
        epoch: row.epoch.0,
        spec: encode("a session's spec", &row.spec)?,
        body: encode(
            "a session",
            &SessionBody {
                name: row.name,
                life: row.life,
                cwd: row.cwd,
                title: row.title,
                size: row.size,
                created_millis: row.created_millis,
                active_millis: row.active_millis,
                agent: row.agent,
            },
        )?,
    })
}

fn prepare_event(event: &Event) -> Result<EventRow, StoreError> {
    Ok(EventRow {
        seq: event.seq.0,
        at_millis: event.at_millis,
        offset: event.offset.0,
        body: encode("an event", &event.body)?,
    })
}

fn prepare_receipt(receipt: &StoredReceipt) -> Result<Ready, StoreError> {
    Ok(Ready::Receipt(ReceiptRow {
        client: receipt.client,
        id: receipt.id,
        n: receipt.n.0,
        digest: receipt.digest,
        session: receipt.session,
        seq: receipt.seq.0,
        settled: receipt.outcome.is_final(),
        outcome: encode("an outcome", &receipt.outcome)?,
    }))
}

/// Returns the `raw_bytes` bytes that `packed` holds, if they are those that were packed.
pub(super) fn unpack(
    packing: Packing,
    packed: &[u8],
    crc: u32,
    raw_bytes: u64,
    raw_max: usize,
) -> Option<Vec<u8>> {
    let raw_bytes = usize::try_from(raw_bytes)
        .ok()
        .filter(|&bytes| bytes <= raw_max)?;
    if crc32fast::hash(packed) != crc {
        return None;
    }
    let raw = match packing {
        Packing::None => packed.to_vec(),
        Packing::Zstd => inflate(packed, raw_bytes)?,
    };
    (raw.len() == raw_bytes).then_some(raw)
}

thread_local! {
    /// What unpacking needs; to make it anew for a page of history is a quarter of the time that unpacking takes.
    static INFLATER: RefCell<Option<zstd::bulk::Decompressor<'static>>> = const { RefCell::new(None) };
}

/// Returns what a zstd frame holds, of at most so many bytes.
fn inflate(packed: &[u8], raw_max: usize) -> Option<Vec<u8>> {
    INFLATER.with_borrow_mut(|inflater| {
        if inflater.is_none() {
            *inflater = zstd::bulk::Decompressor::new().ok();
        }
        inflater.as_mut()?.decompress(packed, raw_max).ok()
    })
}

/// Returns a checkpoint's bytes, if they are those that were stored.
pub(super) fn unpack_checkpoint(packed: &[u8], crc: u32, raw_bytes: u64) -> Option<Vec<u8>> {
    unpack(Packing::Zstd, packed, crc, raw_bytes, CHECKPOINT_RAW_MAX)
}
