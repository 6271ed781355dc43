//! The fields of messages: fixed ones in order, little-endian; strings as `u32` length and bytes.

use std::{ffi::OsString, os::unix::ffi::OsStringExt};

use super::{PtySize, SessionKey};
use crate::{KeeperError, caps};

/// Says that a message ends too early, too late, or says what no message says.
pub(crate) const BAD: KeeperError = KeeperError::Protocol("a message that does not decode");

/// A message under construction.
pub(crate) struct Put(pub(crate) Vec<u8>);

impl Put {
    pub(crate) fn raw(&mut self, bytes: &[u8]) -> &mut Self {
        self.0.extend_from_slice(bytes);
        self
    }
    pub(crate) fn u8(&mut self, value: u8) -> &mut Self {
        self.raw(&[value])
    }
    pub(crate) fn u16(&mut self, value: u16) -> &mut Self {
        self.raw(&value.to_le_bytes())
    }
    pub(crate) fn u32(&mut self, value: u32) -> &mut Self {
        self.raw(&value.to_le_bytes())
    }
    pub(crate) fn u64(&mut self, value: u64) -> &mut Self {
        self.raw(&value.to_le_bytes())
    }
    pub(crate) fn u128(&mut self, value: u128) -> &mut Self {
        self.raw(&value.to_le_bytes())
    }
    pub(crate) fn key(&mut self, key: SessionKey) -> &mut Self {
        self.raw(&key.0)
    }
    pub(crate) fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        // A length beyond u32 is far beyond a frame, which is refused by its own length.
        self.u32(bytes.len().try_into().unwrap_or(u32::MAX))
            .raw(bytes)
    }
    pub(crate) fn size(&mut self, size: PtySize) -> &mut Self {
        self.u16(size.cols)
            .u16(size.rows)
            .u16(size.xpix)
            .u16(size.ypix)
    }
}

/// The part of a message that was not read yet.
pub(crate) struct Take<'a>(pub(crate) &'a [u8]);

impl<'a> Take<'a> {
    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], KeeperError> {
        let (array, rest) = self.0.split_first_chunk::<N>().ok_or(BAD)?;
        self.0 = rest;
        Ok(*array)
    }
    pub(crate) fn u8(&mut self) -> Result<u8, KeeperError> {
        self.array().map(|[byte]| byte)
    }
    pub(crate) fn flag(&mut self) -> Result<bool, KeeperError> {
        match self.u8()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(BAD),
        }
    }
    pub(crate) fn u16(&mut self) -> Result<u16, KeeperError> {
        self.array().map(u16::from_le_bytes)
    }
    pub(crate) fn u32(&mut self) -> Result<u32, KeeperError> {
        self.array().map(u32::from_le_bytes)
    }
    pub(crate) fn u64(&mut self) -> Result<u64, KeeperError> {
        self.array().map(u64::from_le_bytes)
    }
    pub(crate) fn u128(&mut self) -> Result<u128, KeeperError> {
        self.array().map(u128::from_le_bytes)
    }
    pub(crate) fn key(&mut self) -> Result<SessionKey, KeeperError> {
        self.array().map(SessionKey)
    }
    pub(crate) fn bytes(&mut self, limit: usize) -> Result<&'a [u8], KeeperError> {
        let len = self.u32()? as usize;
        if len > limit {
            return Err(KeeperError::TooLarge {
                size_bytes: len,
                limit_bytes: limit,
            });
        }
        let (bytes, rest) = self.0.split_at_checked(len).ok_or(BAD)?;
        self.0 = rest;
        Ok(bytes)
    }
    pub(crate) fn string(&mut self) -> Result<OsString, KeeperError> {
        Ok(OsString::from_vec(self.bytes(caps::FRAME_BYTES)?.to_vec()))
    }
    pub(crate) fn size(&mut self) -> Result<PtySize, KeeperError> {
        Ok(PtySize {
            cols: self.u16()?,
            rows: self.u16()?,
            xpix: self.u16()?,
            ypix: self.u16()?,
        })
    }
    /// Returns a count of items of at least `least` bytes each, all of which must still follow.
    pub(crate) fn count(&mut self, least: usize) -> Result<usize, KeeperError> {
        let count = self.u32()? as usize;
        if count > self.0.len() / least {
            Err(BAD)
        } else {
            Ok(count)
        }
    }
    pub(crate) fn end(self) -> Result<(), KeeperError> {
        if self.0.is_empty() { Ok(()) } else { Err(BAD) }
    }
}
