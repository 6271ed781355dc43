//! Finds where runs of text end, many bytes at a time.

/// Returns how many of eight bytes, from the first on, are from space to `~`.
#[inline]
fn printable_of_eight(bytes: [u8; 8]) -> usize {
    const EACH: u64 = u64::MAX / 0xff;
    let word = u64::from_le_bytes(bytes);
    // The highest bit of the first other byte is set, and of none before it: what is carried or borrowed goes
    // to later bytes, and begins in another one.
    let other = (word | word.wrapping_sub(0x20 * EACH) | word.wrapping_add(EACH)) & (0x80 * EACH);
    other.trailing_zeros() as usize / 8
}

/// Returns how many bytes at the beginning are from space to `~`.
#[inline]
pub(super) fn printable_run(bytes: &[u8]) -> usize {
    // Between control sequences runs are short.
    match bytes.first_chunk().map(|first| printable_of_eight(*first)) {
        Some(len @ 0..8) => len,
        _ => long_run(bytes),
    }
}

fn long_run(bytes: &[u8]) -> usize {
    let (chunks, _) = bytes.as_chunks::<16>();
    let is_other = |byte: &u8| byte.wrapping_sub(0x20) > 0x5e;
    // Folding without a branch lets the compiler look at all 16 bytes at once.
    let whole = chunks
        .iter()
        .take_while(|chunk| {
            !chunk
                .iter()
                .fold(false, |other, byte| other | is_other(byte))
        })
        .count();
    let start = whole * 16;
    let rest = &bytes[start..];
    start + rest.iter().position(is_other).unwrap_or(rest.len())
}

/// Returns where the first byte below space is, or the length.
pub(super) fn control_at(bytes: &[u8]) -> usize {
    let (chunks, _) = bytes.as_chunks::<16>();
    let whole = chunks
        .iter()
        .take_while(|chunk| {
            !chunk
                .iter()
                .fold(false, |other, &byte| other | (byte < 0x20))
        })
        .count();
    let start = whole * 16;
    let rest = &bytes[start..];
    start
        + rest
            .iter()
            .position(|&byte| byte < 0x20)
            .unwrap_or(rest.len())
}

/// Returns how many bytes at the beginning are whole lines of at most `max` characters from space
/// to `~`, each ended by CR LF, and how many lines those are.
pub(super) fn plain_lines(bytes: &[u8], max: usize) -> (usize, usize) {
    let (mut at, mut lines) = (0, 0);
    loop {
        let len = line_len(&bytes[at..]);
        match bytes.get(at + len..at + len + 2) {
            Some(b"\r\n") if len <= max => at += len + 2,
            _ => return (at, lines),
        }
        lines += 1;
    }
}

/// Returns the length of the run at the beginning; quicker than [`printable_run`] where it is
/// short.
#[inline]
pub(crate) fn line_len(bytes: &[u8]) -> usize {
    let is_other = |byte: &u8| byte.wrapping_sub(0x20) > 0x5e;
    match bytes.iter().take(4).position(is_other) {
        Some(len) => len,
        None => printable_run(bytes),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_ends_at_the_first_other_byte_wherever_it_stands() {
        for at in 0..70 {
            for other in [0x00, 0x1f, 0x7f, 0x80, 0xff] {
                let mut bytes = vec![b'~'; 70];
                bytes[at] = other;
                assert_eq!(printable_run(&bytes), at);
            }
            let mut bytes = vec![0xe4; 70];
            bytes[at] = 0x1b;
            assert_eq!(control_at(&bytes), at);
        }
        assert_eq!(printable_run(&[b' '; 33]), 33);
        assert_eq!(control_at(b""), 0);
    }
}
