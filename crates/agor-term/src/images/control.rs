//! The control data of a graphics command (kitty graphics protocol, "The graphics escape code"):
//! `key=value` pairs between commas, each key one letter.

use serde::{Deserialize, Serialize};

/// The keys of a command and their values. Letters are their codes; negative numbers are kept in
/// two's complement.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Control {
    keys: Vec<(u8, u32)>,
}

impl Control {
    /// Reads control data; `None` if it is malformed.
    pub fn parse(text: &[u8]) -> Option<Self> {
        let mut control = Self::default();
        for pair in text.split(|byte| *byte == b',') {
            if pair.is_empty() {
                continue;
            }
            let [key, b'=', value @ ..] = pair else {
                return None;
            };
            if !key.is_ascii_alphabetic() {
                return None;
            }
            let value = match (key, value) {
                (b'a' | b't' | b'o' | b'd', [letter]) if letter.is_ascii_graphic() => {
                    u32::from(*letter)
                }
                (b'a' | b't' | b'o' | b'd', _) => return None,
                (_, value) => number(value)?,
            };
            control.set(*key, value);
        }
        Some(control)
    }

    /// Gives a key a value.
    pub fn set(&mut self, key: u8, value: u32) {
        match self.keys.iter_mut().find(|(known, _)| *known == key) {
            Some((_, known)) => *known = value,
            // There are 52 letters.
            None => self.keys.push((key, value)),
        }
    }

    /// Returns a key's value, if it was given.
    pub fn given(&self, key: u8) -> Option<u32> {
        let found = self.keys.iter().find(|(known, _)| *known == key);
        found.map(|(_, value)| *value)
    }

    /// Returns a key's value, or 0.
    pub fn get(&self, key: u8) -> u32 {
        self.given(key).unwrap_or(0)
    }

    /// Returns a key's letter, or `default`.
    pub fn letter(&self, key: u8, default: u8) -> u8 {
        self.given(key)
            .and_then(|value| u8::try_from(value).ok())
            .unwrap_or(default)
    }

    /// Returns a key's value as a number that may be negative, or 0.
    pub fn signed(&self, key: u8) -> i32 {
        self.get(key).cast_signed()
    }

    /// Returns what is to be done.
    pub fn action(&self) -> u8 {
        self.letter(b'a', b't')
    }

    /// Returns the image's number.
    pub fn id(&self) -> u32 {
        self.get(b'i')
    }

    /// Returns the image's other number, of which there may be several.
    pub fn number(&self) -> u32 {
        self.get(b'I')
    }

    /// Returns the placement's number.
    pub fn placement(&self) -> u32 {
        self.get(b'p')
    }

    /// Says whether a transmission begins with this: pieces that go on say nothing of the image.
    pub fn begins(&self) -> bool {
        b"fsvtIO".iter().any(|key| self.given(*key).is_some())
    }
}

/// Reads a number of at most ten digits, perhaps negative.
fn number(text: &[u8]) -> Option<u32> {
    let (negative, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        digits => (false, digits),
    };
    if digits.is_empty() || digits.len() > 10 || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let value = digits
        .iter()
        .fold(0_i64, |value, digit| value * 10 + i64::from(digit - b'0'));
    if negative {
        Some(i32::try_from(-value).ok()?.cast_unsigned())
    } else {
        u32::try_from(value).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_have_numbers_or_letters() {
        let control = Control::parse(b"a=T,f=32,s=10,v=2,z=-1,i=4294967295").unwrap();
        assert_eq!(control.action(), b'T');
        assert_eq!(control.get(b's'), 10);
        assert_eq!(control.signed(b'z'), -1);
        assert_eq!(control.id(), u32::MAX);
        assert!(control.begins());
        assert!(!Control::parse(b"m=1,q=2").unwrap().begins());
        assert_eq!(Control::parse(b"").unwrap().action(), b't');
    }

    #[test]
    fn malformed_data_is_no_command() {
        for bad in [
            &b"a"[..],
            b"a=",
            b"a=TT",
            b"s=1x",
            b"s=",
            b"i=4294967296",
            b"z=-9999999999",
            b"1=2",
            b"aa=b",
            b"i=\x80",
        ] {
            assert_eq!(Control::parse(bad), None, "{}", bad.escape_ascii());
        }
    }
}
