//! Values as D-Bus lays them out (D-Bus Specification 0.43, "Marshaling"): what notifications need of it.
//! Written in little endian; read in either, since the bus passes on what a peer wrote.

use super::BusError;

/// Appends values to a message's header or body.
#[derive(Debug, Default)]
pub struct Writer {
    out: Vec<u8>,
}

impl Writer {
    /// Returns what was written.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.out
    }

    /// Adds zeros until the length is a multiple of `to`.
    pub fn align(&mut self, to: usize) {
        self.out.resize(self.out.len().next_multiple_of(to), 0);
    }

    /// Writes a byte (`y`).
    pub fn byte(&mut self, value: u8) {
        self.out.push(value);
    }

    /// Writes a number (`u`).
    pub fn u32(&mut self, value: u32) {
        self.align(4);
        self.out.extend(value.to_le_bytes());
    }

    /// Writes a number (`i`).
    pub fn i32(&mut self, value: i32) {
        self.u32(value.cast_unsigned());
    }

    /// Writes a text or an object's path (`s`, `o`). A zero byte, which D-Bus cannot carry, ends it.
    pub fn text(&mut self, value: &str) {
        let value = value.split('\0').next().unwrap_or_default();
        self.u32(u32::try_from(value.len()).unwrap_or(u32::MAX));
        self.out.extend(value.as_bytes());
        self.out.push(0);
    }

    /// Writes a signature (`g`), of which ours have a few characters.
    pub fn signature(&mut self, value: &str) {
        self.out.push(u8::try_from(value.len()).unwrap_or(u8::MAX));
        self.out.extend(value.as_bytes());
        self.out.push(0);
    }

    /// Writes an array (`a`) whose elements are aligned to `to`, written by `elements`.
    pub fn array(&mut self, to: usize, elements: impl FnOnce(&mut Self)) {
        self.u32(0);
        let length_at = self.out.len() - 4;
        self.align(to);
        let begin = self.out.len();
        elements(self);
        let length = u32::try_from(self.out.len() - begin).unwrap_or(u32::MAX);
        self.out[length_at..length_at + 4].copy_from_slice(&length.to_le_bytes());
    }

    /// Writes an entry of a dictionary from texts to variants (`{sv}`).
    pub fn entry(&mut self, key: &str, signature: &str, value: impl FnOnce(&mut Self)) {
        self.align(8);
        self.text(key);
        self.signature(signature);
        value(self);
    }
}

/// Reads values, each checked against what is there.
#[derive(Debug)]
pub struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    big_endian: bool,
}

impl<'a> Reader<'a> {
    /// Returns a reader of `bytes` from `at` on; alignment counts from their begin.
    #[must_use]
    pub fn new(bytes: &'a [u8], at: usize, big_endian: bool) -> Self {
        Self {
            bytes,
            at,
            big_endian,
        }
    }

    /// Returns where the reader stands.
    #[must_use]
    pub fn at(&self) -> usize {
        self.at
    }

    /// Goes on to the next multiple of `to`.
    pub fn align(&mut self, to: usize) {
        self.at = self.at.next_multiple_of(to);
    }

    fn take(&mut self, count: usize) -> Result<&'a [u8], BusError> {
        let end = self.at.checked_add(count).ok_or(BusError::Malformed)?;
        let taken = self.bytes.get(self.at..end).ok_or(BusError::Malformed)?;
        self.at = end;
        Ok(taken)
    }

    /// Reads a byte (`y`).
    ///
    /// # Errors
    /// [`BusError::Malformed`] if there is none, as all others.
    pub fn byte(&mut self) -> Result<u8, BusError> {
        self.take(1).map(|byte| byte[0])
    }

    /// Reads a number (`u`).
    ///
    /// # Errors
    /// [`BusError::Malformed`].
    pub fn u32(&mut self) -> Result<u32, BusError> {
        self.align(4);
        let bytes = self.take(4)?;
        let bytes = <[u8; 4]>::try_from(bytes).map_err(|_| BusError::Malformed)?;
        Ok(if self.big_endian {
            u32::from_be_bytes(bytes)
        } else {
            u32::from_le_bytes(bytes)
        })
    }

    /// Reads a text or an object's path (`s`, `o`).
    ///
    /// # Errors
    /// [`BusError::Malformed`].
    pub fn text(&mut self) -> Result<&'a str, BusError> {
        let length = self.u32()? as usize;
        self.ended_text(length)
    }

    /// Reads a signature (`g`).
    ///
    /// # Errors
    /// [`BusError::Malformed`].
    pub fn signature(&mut self) -> Result<&'a str, BusError> {
        let length = usize::from(self.byte()?);
        self.ended_text(length)
    }

    fn ended_text(&mut self, length: usize) -> Result<&'a str, BusError> {
        let text = self.take(length)?;
        if self.byte()? != 0 {
            return Err(BusError::Malformed);
        }
        std::str::from_utf8(text).map_err(|_| BusError::Malformed)
    }

    /// Reads an array of texts (`as`).
    ///
    /// # Errors
    /// [`BusError::Malformed`].
    pub fn texts(&mut self) -> Result<Vec<&'a str>, BusError> {
        let length = self.u32()? as usize;
        let end = self.at.checked_add(length).ok_or(BusError::Malformed)?;
        let mut texts = Vec::new();
        while self.at < end {
            texts.push(self.text()?);
        }
        Ok(texts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_aligned_as_the_specification_says() {
        let mut writer = Writer::default();
        writer.byte(7);
        writer.text("ab");
        writer.array(8, |writer| {
            writer.entry("k", "y", |writer| writer.byte(1));
        });
        writer.i32(-1);
        let bytes = writer.into_bytes();
        let expected: &[u8] = &[
            7, 0, 0, 0, // a byte, and padding before a length
            2, 0, 0, 0, b'a', b'b', 0, 0, // a text and its end, padding
            10, 0, 0, 0, // the array's length, not counting the padding after it
            1, 0, 0, 0, b'k', 0, 1, b'y', 0, 1, // an entry, which is aligned to 8 already
            0, 0, // padding
            255, 255, 255, 255,
        ];
        assert_eq!(bytes, expected);
    }

    #[test]
    fn what_is_read_is_never_taken_from_beyond_the_end() {
        for bytes in [
            &[][..],
            &[1, 0, 0][..],
            &[9, 0, 0, 0, b'a', 0][..],
            &[255, 255, 255, 255, b'a'][..],
            &[1, 0, 0, 0, b'a', 1][..],
            &[1, 0, 0, 0, 0xff, 0][..],
        ] {
            let text = Reader::new(bytes, 0, false).text();
            assert!(matches!(text, Err(BusError::Malformed)), "{bytes:?}");
            assert!(Reader::new(bytes, 0, true).texts().is_err() || bytes.len() < 4);
        }
        let bytes = [0, 0, 0, 2, b'h', b'i', 0];
        assert_eq!(Reader::new(&bytes, 0, true).text().unwrap(), "hi");
    }
}
