//! Says of a page which texts cannot be in it: a set of the trigrams of its lines, kept as bits, as
//! Bloom did it with one hash. A text whose trigrams are all there may be in the page.

use agor_term::HistoryPage;

/// Bits of a filter. A page of 64 KiB of a build's output has some 5,000 trigrams, which set a
/// quarter of them: of the pages without a text of eight letters one of some thousand is read.
const BITS: usize = 16 * 1024;

/// Three bytes of folded text.
pub type Trigram = [u8; 3];

/// A set of trigrams.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter(Box<[u8]>);

impl Filter {
    /// Returns the filter of a page.
    #[must_use]
    pub fn of(page: &HistoryPage) -> Self {
        let mut bits = vec![0_u8; BITS / 8].into_boxed_slice();
        let mut folded = Vec::new();
        page.look_at_lines(|line| {
            fold(line, &mut folded);
            for trigram in folded.array_windows::<3>() {
                let bit = bit(trigram);
                bits[bit / 8] |= 1 << (bit % 8);
            }
            false
        });
        Self(bits)
    }

    /// Returns the filter as bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Returns the filter of these bytes; one that excludes nothing if they are none.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Self {
        match bytes.len() == BITS / 8 {
            true => Self(bytes.into()),
            false => Self(vec![0xff; BITS / 8].into_boxed_slice()),
        }
    }

    /// Says whether a text with these trigrams may be in the page.
    #[must_use]
    pub fn may_have(&self, trigrams: &[Trigram]) -> bool {
        let is_set = |trigram| {
            let bit = bit(trigram);
            self.0[bit / 8] & 1 << (bit % 8) != 0
        };
        trigrams.iter().all(is_set)
    }
}

/// Returns the trigrams that a page has which has `text`, in any case of its letters if
/// `ignore_case`.
pub fn trigrams(text: &str, ignore_case: bool) -> impl Iterator<Item = Trigram> {
    let mut folded = Vec::new();
    fold(text, &mut folded);
    let known = move |trigram: &Trigram| !ignore_case || trigram.is_ascii();
    let all: Vec<Trigram> = folded.array_windows().copied().filter(known).collect();
    all.into_iter()
}

/// Writes text so that ASCII letters of either case, and the two letters that Unicode's case folding
/// makes ASCII of, are the same.
fn fold(text: &str, folded: &mut Vec<u8>) {
    folded.clear();
    if text.is_ascii() {
        folded.extend(text.bytes().map(|byte| byte.to_ascii_lowercase()));
        return;
    }
    for c in text.chars() {
        match c {
            '\u{212a}' => folded.push(b'k'),
            '\u{17f}' => folded.push(b's'),
            c => {
                let c = c.to_ascii_lowercase();
                folded.extend(c.encode_utf8(&mut [0; 4]).bytes());
            }
        }
    }
}

fn bit(trigram: &Trigram) -> usize {
    let [a, b, c] = *trigram;
    let number = u32::from_le_bytes([a, b, c, 0]);
    // Fibonacci hashing: the high bits of the product depend on all of the number.
    (number.wrapping_mul(0x9e37_79b1) >> 18) as usize
}

#[cfg(test)]
mod tests {
    use agor_term::{Options, Terminal};
    use proptest::prelude::*;

    use super::*;

    fn page(text: &str) -> HistoryPage {
        let mut terminal = Terminal::new(Options {
            scrollback_rows: 1,
            hands_pages_out: true,
            ..Options::default()
        });
        terminal.advance(text.as_bytes(), &mut Vec::new());
        terminal.advance(&b"\r\n".repeat(1_200), &mut Vec::new());
        let first = terminal.take_pages().remove(0);
        std::sync::Arc::into_inner(first.page).unwrap()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn every_text_of_a_page_may_be_in_it(
            line in "[a-zA-Z0-9 \u{212a}\u{17f}äÄßé漢]{1,300}",
            from in any::<proptest::sample::Index>(),
            len in 1_usize..40,
            ignore_case in any::<bool>(),
        ) {
            let filter = Filter::of(&page(&line));
            let chars: Vec<char> = line.trim_end().chars().collect();
            prop_assume!(!chars.is_empty());
            let from = from.index(chars.len());
            let text: String = chars[from..].iter().take(len).collect();
            let asked = if ignore_case { text.to_uppercase() } else { text };
            // What has no other case of one letter is not found without case either.
            prop_assume!(!ignore_case || !asked.contains("SS"));
            let all: Vec<Trigram> = trigrams(&asked, ignore_case).collect();
            prop_assert!(filter.may_have(&all), "{asked:?}");
        }
    }

    #[test]
    fn most_texts_that_are_not_there_are_excluded() {
        let mut text = String::new();
        for n in 0..500 {
            text += &format!("   Compiling crate-{n} v0.{n}.1 (/home/somebody/project/{n})\r\n");
        }
        let filter = Filter::of(&page(&text));
        let wrong = (0..1_000).filter(|n| {
            let all: Vec<Trigram> = trigrams(&format!("needle {n} zw"), false).collect();
            filter.may_have(&all)
        });
        assert!(wrong.count() < 10);
        assert!(filter.may_have(&[]));
        assert!(Filter::from_bytes(b"short").may_have(&[*b"abc"]));
        assert_eq!(Filter::from_bytes(filter.as_bytes()), filter);
    }
}
