//! Pastes. Text that someone else wrote must not become keys: no escape and no control character
//! of it reaches the program, so it cannot end its own brackets either.

/// Appends a piece of a paste.
pub(super) fn encode(text: &str, first: bool, last: bool, bracketed: bool, out: &mut Vec<u8>) {
    if first && bracketed {
        out.extend_from_slice(b"\x1b[200~");
    }
    let mut chars = text.chars().peekable();
    let mut buffer = [0; 4];
    while let Some(c) = chars.next() {
        let c = match c {
            '\r' if chars.peek() == Some(&'\n') => continue,
            // What Return sends; inside brackets programs expect the line feed that was copied.
            '\n' if !bracketed => '\r',
            '\n' | '\r' | '\t' => c,
            _ if c.is_control() => continue,
            _ => c,
        };
        out.extend_from_slice(c.encode_utf8(&mut buffer).as_bytes());
    }
    if last && bracketed {
        out.extend_from_slice(b"\x1b[201~");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(text: &str, bracketed: bool) -> String {
        let mut out = Vec::new();
        encode(text, true, true, bracketed, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_paste_cannot_end_its_brackets() {
        for evil in [
            "\x1b[201~rm -rf\n",
            "\u{9b}201~x",
            "\x1b\x1b[201~[201~",
            "a\x03b\x7f",
        ] {
            let bytes = encoded(evil, true);
            let inside = bytes
                .strip_prefix("\x1b[200~")
                .unwrap()
                .strip_suffix("\x1b[201~")
                .unwrap();
            assert!(
                !inside.chars().any(|c| c.is_control() && c != '\n'),
                "{inside:?}"
            );
        }
    }

    #[test]
    fn lines_of_a_paste_end_as_if_they_were_typed() {
        assert_eq!(encoded("a\r\nb\nc\td", false), "a\rb\rc\td");
        assert_eq!(encoded("a\r\nb", true), "\x1b[200~a\nb\x1b[201~");
    }
}
