//! The little formats inside operating system commands.

use agor_proto::limits::FOLDER_MAX;

/// Splits at the first `separator`; what follows is empty if there is none.
pub(crate) fn split(bytes: &[u8], separator: u8) -> (&[u8], &[u8]) {
    match memchr::memchr(separator, bytes) {
        Some(at) => (&bytes[..at], &bytes[at + 1..]),
        None => (bytes, &[]),
    }
}

/// Returns what follows the last `separator`; everything if there is none.
pub(super) fn split_last(bytes: &[u8], separator: u8) -> &[u8] {
    match memchr::memrchr(separator, bytes) {
        Some(at) => &bytes[at + 1..],
        None => bytes,
    }
}

/// Reads a number of at most six digits.
pub(crate) fn number(bytes: &[u8]) -> Option<u32> {
    if bytes.is_empty() || bytes.len() > 6 {
        return None;
    }
    bytes.iter().try_fold(0, |value, byte| {
        byte.is_ascii_digit()
            .then(|| value * 10 + u32::from(byte - b'0'))
    })
}

/// Returns text that may be shown outside the terminal: no controls, nothing that changes the
/// direction of writing, at most `max` bytes.
#[must_use]
pub fn shown_text(bytes: &[u8], max: usize) -> String {
    let mut text = String::new();
    for c in String::from_utf8_lossy(bytes).chars() {
        let hidden = c.is_control()
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{61c}' | '\u{2028}' | '\u{2029}'
                | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        if hidden {
            continue;
        }
        if text.len() + c.len_utf8() > max {
            break;
        }
        text.push(c);
    }
    text
}

/// A host's name in the domain name system.
const HOST_NAME_MAX: usize = 255;

/// Reads `file://host/path`: the host, if one is named, and the absolute path.
pub(super) fn file_url(bytes: &[u8]) -> Option<(Option<String>, String)> {
    let rest = bytes
        .strip_prefix(b"file://")
        .or_else(|| bytes.strip_prefix(b"kitty-shell-cwd://"))?;
    let slash = memchr::memchr(b'/', rest)?;
    let host = host_name(&rest[..slash])?;
    let path = String::from_utf8(percent_decoded(&rest[slash..])).ok()?;
    if path.len() > FOLDER_MAX || path.chars().any(char::is_control) {
        return None;
    }
    Some(((!host.is_empty()).then_some(host), path))
}

/// Reads the name of a machine, perhaps an empty one.
pub(super) fn host_name(bytes: &[u8]) -> Option<String> {
    let host = std::str::from_utf8(bytes).ok()?;
    let good = |c: char| c.is_ascii_alphanumeric() || "-._:[]".contains(c);
    (host.len() <= HOST_NAME_MAX && host.chars().all(good)).then(|| host.into())
}

fn percent_decoded(bytes: &[u8]) -> Vec<u8> {
    let digit = |byte: &u8| char::from(*byte).to_digit(16);
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        match (byte, after) {
            (b'%', [a, b, tail @ ..]) if digit(a).is_some() && digit(b).is_some() => {
                let value = digit(a).unwrap_or(0) << 4 | digit(b).unwrap_or(0);
                decoded.push(value as u8);
                rest = tail;
            }
            _ => decoded.push(byte),
        }
    }
    decoded
}

/// Reads base64 (RFC 4648) with or without padding; blanks are skipped.
#[must_use]
pub fn decode_base64(text: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let (mut bits, mut count) = (0_u32, 0);
    let text = text.trim_ascii_end();
    let body = text
        .strip_suffix(b"==")
        .or_else(|| text.strip_suffix(b"="))
        .unwrap_or(text);
    for &c in body.iter().filter(|c| !c.is_ascii_whitespace()) {
        let value = match c {
            b'A'..=b'Z' => c - b'A',
            b'a'..=b'z' => c - b'a' + 26,
            b'0'..=b'9' => c - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => return None,
        };
        bits = bits << 6 | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count) as u8);
        }
    }
    // A single digit at the end is no byte.
    (count < 6).then_some(bytes)
}

/// Writes base64 (RFC 4648) with padding.
#[must_use]
pub fn encode_base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let byte = |at: usize| u32::from(group.get(at).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for at in 0..4 {
            let digit = DIGITS[(bits >> (18 - 6 * at) & 63) as usize];
            text.push(if at <= group.len() { digit.into() } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_read_with_and_without_padding() {
        assert_eq!(decode_base64(b"aGVsbG8=").unwrap(), b"hello");
        assert_eq!(decode_base64(b"aGVsbG8").unwrap(), b"hello");
        assert_eq!(decode_base64(b"aGk=").unwrap(), b"hi");
        assert_eq!(decode_base64(b"").unwrap(), b"");
        for bad in [b"a".as_slice(), b"a=b", b"!!!!"] {
            assert_eq!(decode_base64(bad), None);
        }
    }

    #[test]
    fn base64_is_read_as_it_was_written() {
        for text in ["", "a", "ab", "abc", "abcd\u{e4}\u{1f600}"] {
            let written = encode_base64(text.as_bytes());
            assert_eq!(decode_base64(written.as_bytes()).unwrap(), text.as_bytes());
        }
        assert_eq!(encode_base64(b"hello"), "aGVsbG8=");
        assert_eq!(encode_base64(b"\xff\xfe\xfd"), "//79");
    }

    #[test]
    fn a_directory_keeps_its_host_apart() {
        let parsed = |text: &str| file_url(text.as_bytes());
        assert_eq!(parsed("file:///tmp/a%20b"), Some((None, "/tmp/a b".into())));
        assert_eq!(
            parsed("file://box/tmp"),
            Some((Some("box".into()), "/tmp".into()))
        );
        for bad in [
            "/tmp",
            "file://",
            "file://b x/tmp",
            "file:///%0a",
            "http://box/tmp",
            "file:///%ff",
        ] {
            assert_eq!(parsed(bad), None, "{bad}");
        }
    }

    #[test]
    fn text_for_outside_has_no_controls_and_a_cap() {
        assert_eq!(
            shown_text("a\u{1b}[31m\u{9b}\u{202e}b\n".as_bytes(), 100),
            "a[31mb"
        );
        assert_eq!(shown_text("äää".as_bytes(), 5), "ää");
    }
}
