//! Segment files: a stretch of a session's record as independent zstd frames, with an index and
//! checksums. A segment says what session it is of, so that it can be found again without the
//! database.
//!
//! Numbers are little-endian. Header: magic, `u32` version, `u32` length of the about part, session
//! (16), `u64` incarnation, `u64` start, `u64` end, the about part (a [`SessionRow`] in
//! MessagePack), `u32` CRC-32 of all that. Then the frames. Then for each frame `u64` start,
//! `u32` raw length, `u64` place in the file, `u32` length, `u32` CRC-32. Then `u64` place of that
//! index, `u32` number of frames, `u32` CRC-32 of the index, `u32` CRC-32 of everything before the
//! trailer, `u32` 0, magic.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write as _};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;

use agor_proto::ids::{Incarnation, SessionId};

use super::SessionRow;
use super::prepare::{PIECE_RAW_MAX, Packing, unpack};

const MAGIC: &[u8; 8] = b"AGORSEG\0";
const MAGIC_END: &[u8; 8] = b"AGOREND\0";
const VERSION: u32 = 1;
const HEADER_BYTES: usize = 56;
const INDEX_ROW_BYTES: usize = 28;
const TRAILER_BYTES: usize = 32;
/// The most frames that an index may announce; a segment of ours has some tens.
const FRAMES_MAX: usize = 65_536;
/// The longest about part that is read.
const ABOUT_MAX: usize = 1024 * 1024;

/// What a segment holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) session: SessionId,
    pub(super) incarnation: Incarnation,
    pub(super) start: u64,
    pub(super) end: u64,
    /// What was known of the session when the segment was written.
    pub(super) about: Vec<u8>,
}

impl Header {
    /// Returns the name of the segment's file.
    pub(super) fn file_name(&self) -> String {
        format!("{:020}-{}.seg", self.start, self.incarnation)
    }

    /// Returns what was known of the session.
    pub(super) fn row(&self) -> Option<SessionRow> {
        rmp_serde::from_slice(&self.about).ok()
    }

    fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(HEADER_BYTES + self.about.len() + 4);
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(&VERSION.to_le_bytes());
        bytes.extend_from_slice(&(self.about.len() as u32).to_le_bytes());
        bytes.extend_from_slice(&self.session.bytes());
        for number in [self.incarnation.0, self.start, self.end] {
            bytes.extend_from_slice(&number.to_le_bytes());
        }
        bytes.extend_from_slice(&self.about);
        bytes.extend_from_slice(&crc32fast::hash(&bytes).to_le_bytes());
        bytes
    }
}

/// One frame of a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Frame {
    /// Where in the record it begins.
    pub(super) start: u64,
    /// How much of the record it holds.
    pub(super) raw_bytes: u32,
    at: u64,
    size_bytes: u32,
    crc: u32,
}

impl Frame {
    pub(super) fn end(&self) -> u64 {
        self.start + u64::from(self.raw_bytes)
    }
}

/// A segment that is being written.
#[derive(Debug)]
pub(super) struct SegmentWriter {
    file: BufWriter<File>,
    whole: crc32fast::Hasher,
    at: u64,
    start: u64,
    index: Vec<Frame>,
}

impl SegmentWriter {
    /// Begins a segment in a new file at `path`.
    pub(super) fn create(path: &Path, header: &Header) -> io::Result<Self> {
        let file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(path)?;
        let mut writer = Self {
            file: BufWriter::with_capacity(128 * 1024, file),
            whole: crc32fast::Hasher::new(),
            at: 0,
            start: header.start,
            index: Vec::new(),
        };
        writer.put(&header.encode())?;
        Ok(writer)
    }

    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.whole.update(bytes);
        self.at += bytes.len() as u64;
        self.file.write_all(bytes)
    }

    /// Appends a zstd frame that holds the next `raw_bytes` bytes of the record.
    pub(super) fn frame(&mut self, raw_bytes: u32, packed: &[u8]) -> io::Result<()> {
        self.index.push(Frame {
            start: self.start,
            raw_bytes,
            at: self.at,
            size_bytes: packed.len() as u32,
            crc: crc32fast::hash(packed),
        });
        self.start += u64::from(raw_bytes);
        self.put(packed)
    }

    /// Writes index and trailer and makes the file safe on disk; returns its length and the
    /// checksum of everything before its trailer.
    pub(super) fn finish(mut self) -> io::Result<(u64, u32)> {
        let mut index = Vec::with_capacity(self.index.len() * INDEX_ROW_BYTES);
        for frame in &self.index {
            index.extend_from_slice(&frame.start.to_le_bytes());
            index.extend_from_slice(&frame.raw_bytes.to_le_bytes());
            index.extend_from_slice(&frame.at.to_le_bytes());
            index.extend_from_slice(&frame.size_bytes.to_le_bytes());
            index.extend_from_slice(&frame.crc.to_le_bytes());
        }
        let index_at = self.at;
        self.put(&index)?;
        let whole = self.whole.clone().finalize();
        let mut trailer = Vec::with_capacity(TRAILER_BYTES);
        trailer.extend_from_slice(&index_at.to_le_bytes());
        trailer.extend_from_slice(&(self.index.len() as u32).to_le_bytes());
        trailer.extend_from_slice(&crc32fast::hash(&index).to_le_bytes());
        trailer.extend_from_slice(&whole.to_le_bytes());
        trailer.extend_from_slice(&[0; 4]);
        trailer.extend_from_slice(MAGIC_END);
        self.file.write_all(&trailer)?;
        self.file.flush()?;
        self.file.get_ref().sync_all()?;
        Ok((self.at + TRAILER_BYTES as u64, whole))
    }
}

/// A segment that is read.
#[derive(Debug)]
pub(super) struct Segment {
    file: File,
    index: Vec<Frame>,
}

/// Why a segment or a frame of it cannot be read.
#[derive(Debug)]
pub(super) enum SegmentError {
    /// The system failed.
    Io(io::Error),
    /// It is not what was written.
    Damaged,
}

impl From<io::Error> for SegmentError {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::UnexpectedEof {
            Self::Damaged
        } else {
            Self::Io(error)
        }
    }
}

impl Segment {
    /// Opens the segment at `path` and reads its index.
    pub(super) fn open(path: &Path) -> Result<Self, SegmentError> {
        let file = File::open(path)?;
        let (index_at, index) = read_index(&file)?;
        let frames: Vec<Frame> = index
            .chunks_exact(INDEX_ROW_BYTES)
            .map_while(|mut row| {
                Some(Frame {
                    start: take_u64(&mut row)?,
                    raw_bytes: take_u32(&mut row)?,
                    at: take_u64(&mut row)?,
                    size_bytes: take_u32(&mut row)?,
                    crc: take_u32(&mut row)?,
                })
            })
            .collect();
        let lies_inside = frames.iter().all(|frame| {
            frame.raw_bytes as usize <= PIECE_RAW_MAX
                && frame
                    .at
                    .checked_add(u64::from(frame.size_bytes))
                    .is_some_and(|end| end <= index_at)
        });
        let follows = frames.windows(2).all(|pair| {
            pair[0].start.checked_add(u64::from(pair[0].raw_bytes)) == Some(pair[1].start)
        });
        if !lies_inside || !follows {
            return Err(SegmentError::Damaged);
        }
        Ok(Self {
            file,
            index: frames,
        })
    }

    /// Returns the frames from the one on that holds `offset`.
    pub(super) fn frames_from(&self, offset: u64) -> &[Frame] {
        let before = self.index.partition_point(|frame| frame.end() <= offset);
        &self.index[before..]
    }

    /// Returns the part of the record that `frame` holds.
    pub(super) fn read(&self, frame: &Frame) -> Result<Vec<u8>, SegmentError> {
        let mut packed = vec![0; frame.size_bytes as usize];
        self.file.read_exact_at(&mut packed, frame.at)?;
        let raw_bytes = u64::from(frame.raw_bytes);
        unpack(Packing::Zstd, &packed, frame.crc, raw_bytes, PIECE_RAW_MAX)
            .ok_or(SegmentError::Damaged)
    }
}

fn take<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
    let (taken, rest) = bytes.split_first_chunk::<N>()?;
    *bytes = rest;
    Some(*taken)
}

fn take_u32(bytes: &mut &[u8]) -> Option<u32> {
    take(bytes).map(u32::from_le_bytes)
}

fn take_u64(bytes: &mut &[u8]) -> Option<u64> {
    take(bytes).map(u64::from_le_bytes)
}

/// What the end of a segment says.
struct Trailer {
    index_at: u64,
    frames: usize,
    index_crc: u32,
    whole_crc: u32,
}

impl Trailer {
    fn decode(mut bytes: &[u8]) -> Option<Self> {
        let trailer = Self {
            index_at: take_u64(&mut bytes)?,
            frames: take_u32(&mut bytes)? as usize,
            index_crc: take_u32(&mut bytes)?,
            whole_crc: take_u32(&mut bytes)?,
        };
        let _reserved: [u8; 4] = take(&mut bytes)?;
        (bytes == MAGIC_END && trailer.frames <= FRAMES_MAX).then_some(trailer)
    }
}

fn read_index(file: &File) -> Result<(u64, Vec<u8>), SegmentError> {
    let trailer_at = file
        .metadata()?
        .len()
        .checked_sub(TRAILER_BYTES as u64)
        .ok_or(SegmentError::Damaged)?;
    let mut trailer = [0; TRAILER_BYTES];
    file.read_exact_at(&mut trailer, trailer_at)?;
    let trailer = Trailer::decode(&trailer).ok_or(SegmentError::Damaged)?;
    let mut index = vec![0; trailer.frames * INDEX_ROW_BYTES];
    if trailer.index_at.checked_add(index.len() as u64) != Some(trailer_at) {
        return Err(SegmentError::Damaged);
    }
    file.read_exact_at(&mut index, trailer.index_at)?;
    if crc32fast::hash(&index) != trailer.index_crc {
        return Err(SegmentError::Damaged);
    }
    Ok((trailer.index_at, index))
}

/// Reads a whole segment and returns what it holds, its length and its checksum, if every byte is
/// as it was written.
pub(super) fn verify(path: &Path) -> Result<(Header, u64, u32), SegmentError> {
    let bytes = std::fs::read(path)?;
    let (body, trailer) = bytes
        .split_last_chunk::<TRAILER_BYTES>()
        .ok_or(SegmentError::Damaged)?;
    let trailer = Trailer::decode(trailer).ok_or(SegmentError::Damaged)?;
    let crc = crc32fast::hash(body);
    if trailer.whole_crc != crc {
        return Err(SegmentError::Damaged);
    }
    let header = decode_header(body).ok_or(SegmentError::Damaged)?;
    Ok((header, bytes.len() as u64, crc))
}

fn decode_header(bytes: &[u8]) -> Option<Header> {
    let mut rest = bytes;
    let magic: [u8; 8] = take(&mut rest)?;
    let version = take_u32(&mut rest)?;
    let about_bytes = take_u32(&mut rest)? as usize;
    let session = SessionId::from_bytes(take(&mut rest)?).ok()?;
    let incarnation = Incarnation(take_u64(&mut rest)?);
    let (start, end) = (take_u64(&mut rest)?, take_u64(&mut rest)?);
    if &magic != MAGIC || version != VERSION || about_bytes > ABOUT_MAX || end < start {
        return None;
    }
    let (about, mut rest) = rest.split_at_checked(about_bytes)?;
    if crc32fast::hash(&bytes[..HEADER_BYTES + about_bytes]) != take_u32(&mut rest)? {
        return None;
    }
    Some(Header {
        session,
        incarnation,
        start,
        end,
        about: about.to_vec(),
    })
}
