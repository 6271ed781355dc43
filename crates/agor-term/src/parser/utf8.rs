//! One character of UTF-8. What is malformed is replaced as Unicode recommends ("maximal
//! subparts", The Unicode Standard 3.9), however the bytes were cut.

/// What stands at the beginning of some bytes.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Decoded {
    /// A character and its length.
    Char(char, usize),
    /// So many bytes that become one replacement character.
    Invalid(usize),
    /// All the bytes are the beginning of a character.
    Incomplete,
}

/// Decodes the character at the beginning of `bytes`, whose first byte is `first`, at least 0x80.
#[inline]
pub(crate) fn decode(first: u8, bytes: &[u8]) -> Decoded {
    let tail = |byte: u8| byte & 0xc0 == 0x80;
    let low = |byte: u8| u32::from(byte & 0x3f);
    let decoded = match (first, bytes) {
        (0xc2..=0xdf, &[a, b, ..]) if tail(b) => Some((u32::from(a & 0x1f) << 6 | low(b), 2)),
        (0xe0..=0xef, &[a, b, c, ..]) if tail(b) && tail(c) => {
            let code = u32::from(a & 0xf) << 12 | low(b) << 6 | low(c);
            (code >= 0x800).then_some((code, 3))
        }
        (0xf0..=0xf4, &[a, b, c, d, ..]) if tail(b) && tail(c) && tail(d) => {
            let code = u32::from(a & 7) << 18 | low(b) << 12 | low(c) << 6 | low(d);
            (code >= 0x1_0000).then_some((code, 4))
        }
        _ => None,
    };
    match decoded.and_then(|(code, len)| Some((char::from_u32(code)?, len))) {
        Some((c, len)) => Decoded::Char(c, len),
        None => decode_malformed(bytes),
    }
}

#[cold]
fn decode_malformed(bytes: &[u8]) -> Decoded {
    let head = &bytes[..bytes.len().min(4)];
    match std::str::from_utf8(head) {
        // Only reached if `decode` was wrong to refuse it.
        Ok(text) => text
            .chars()
            .next()
            .map_or(Decoded::Invalid(1), |c| Decoded::Char(c, c.len_utf8())),
        Err(error) => match error.error_len() {
            _ if error.valid_up_to() > 0 => Decoded::Invalid(1),
            Some(len) => Decoded::Invalid(len),
            None => Decoded::Incomplete,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lossy(mut bytes: &[u8]) -> String {
        let mut text = String::new();
        while let Some(&first) = bytes.first() {
            let len = match first {
                0..0x80 => {
                    text.push(first.into());
                    1
                }
                _ => match decode(first, bytes) {
                    Decoded::Char(c, len) => {
                        text.push(c);
                        len
                    }
                    Decoded::Invalid(len) => {
                        text.push('\u{fffd}');
                        len
                    }
                    Decoded::Incomplete => {
                        text.push('\u{fffd}');
                        bytes.len()
                    }
                },
            };
            bytes = &bytes[len..];
        }
        text
    }

    #[test]
    fn malformed_text_is_replaced_as_the_standard_library_does() {
        let pieces: [&[u8]; 12] = [
            b"a",
            b"\xc3\xa4",
            b"\xe2\x82\xac",
            b"\xf0\x9f\x98\x80",
            b"\x80",
            b"\xc0",
            b"\xed\xa0\x80",
            b"\xe2\x82",
            b"\xf0\x9f",
            b"\xf4\x90\x80\x80",
            b"\xff",
            b"\xe0\x80",
        ];
        for a in pieces {
            for b in pieces {
                for c in pieces {
                    let bytes = [a, b, c].concat();
                    assert_eq!(lossy(&bytes), String::from_utf8_lossy(&bytes), "{bytes:x?}");
                }
            }
        }
    }
}
