//! Says of a page which texts cannot be in it: a set of the trigrams of its lines and one of their
//! shapes, kept as bits, as Bloom did it with one hash. A text whose trigrams and shapes are all there
//! may be in the page.

use agor_term::HistoryPage;

use super::shape::{self, Kinds, Shape};

/// Bits for trigrams. A page of 64 KiB of a build's output has some 5,000 trigrams, which set a
/// quarter of them: of the pages without a text of eight letters one of some thousand is read.
const BITS: usize = 16 * 1024;

/// The bytes of both: of shapes each has a bit of its own, since an expression with `\d` allows dozens.
const BYTES: usize = (BITS + shape::COUNT).div_ceil(8);

/// Three bytes of folded text.
pub type Trigram = [u8; 3];

/// What a page has if a text, or a match of an expression, is in it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Required {
    trigrams: Vec<Trigram>,
    /// Of each at least one.
    shapes: Vec<Vec<Shape>>,
}

impl Required {
    /// Adds what a page has which has `text`, in any case of its letters if `ignore_case`.
    pub fn text(&mut self, text: &str, ignore_case: bool) {
        for trigram in trigrams(text, ignore_case) {
            if !self.trigrams.contains(&trigram) {
                self.trigrams.push(trigram);
            }
        }
    }

    /// Adds what a page has in which characters of these kinds follow each other.
    pub fn run(&mut self, run: &[Kinds]) {
        for one in shape::of_run(run) {
            if !self.shapes.contains(&one) {
                self.shapes.push(one);
            }
        }
    }

    /// Says whether every page has it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.trigrams.is_empty() && self.shapes.is_empty()
    }
}

/// What is in a page, as far as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter(Box<[u8]>);

impl Filter {
    /// Returns the filter of a page.
    #[must_use]
    pub fn of(page: &HistoryPage) -> Self {
        let mut filter = Self(vec![0; BYTES].into_boxed_slice());
        let mut folded = Vec::new();
        page.look_at_lines(|line| {
            filter.add(line, &mut folded);
            false
        });
        filter
    }

    /// Returns the filter of a page with these lines.
    #[cfg(test)]
    pub(crate) fn of_lines<'a>(lines: impl IntoIterator<Item = &'a str>) -> Self {
        let mut filter = Self(vec![0; BYTES].into_boxed_slice());
        for line in lines {
            filter.add(line, &mut Vec::new());
        }
        filter
    }

    /// Adds what a line has; `folded` is room for it.
    fn add(&mut self, line: &str, folded: &mut Vec<u8>) {
        fold(line, folded);
        for trigram in folded.array_windows::<3>() {
            self.set(bit(trigram));
        }
        shape::of_line(line, |shape| self.set(shape_bit(shape)));
    }

    fn set(&mut self, bit: usize) {
        self.0[bit / 8] |= 1 << (bit % 8);
    }

    /// Returns the filter as bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Returns the filter of these bytes; one that excludes nothing if they are none. One that was made
    /// before there were shapes excludes by trigrams alone.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Self {
        let mut all = vec![0xff; BYTES].into_boxed_slice();
        if bytes.len() == BYTES || bytes.len() == BITS / 8 {
            all[..bytes.len()].copy_from_slice(bytes);
        }
        Self(all)
    }

    /// Says whether what is required may be in the page.
    #[must_use]
    pub fn may_have(&self, required: &Required) -> bool {
        let is_set = |bit: usize| self.0[bit / 8] & 1 << (bit % 8) != 0;
        let mut shapes = required.shapes.iter();
        required.trigrams.iter().all(|it| is_set(bit(it)))
            && shapes.all(|one| one.iter().any(|it| is_set(shape_bit(*it))))
    }
}

/// Returns the trigrams that a page has which has `text`, in any case of its letters if
/// `ignore_case`.
fn trigrams(text: &str, ignore_case: bool) -> impl Iterator<Item = Trigram> {
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

fn shape_bit(shape: Shape) -> usize {
    BITS + shape as usize
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
            let mut required = Required::default();
            required.text(&asked, ignore_case);
            let kinds: Vec<Kinds> = chars[from..].iter().take(len).copied().map(Kinds::of).collect();
            required.run(&kinds);
            prop_assert!(filter.may_have(&required), "{asked:?}");
        }
    }

    #[test]
    fn most_texts_that_are_not_there_are_excluded() {
        let mut text = String::new();
        for n in 0..500 {
            text += &format!("   Compiling crate-{n} v0.{n}.1 (/home/somebody/project/{n})\r\n");
        }
        let filter = Filter::of(&page(&text));
        let wrong = (0..1_000).filter(|n| filter.may_have(&text_of(&format!("needle {n} zw"))));
        assert!(wrong.count() < 10);
        assert!(filter.may_have(&Required::default()));
        assert!(Filter::from_bytes(b"short").may_have(&text_of("abc")));
        assert_eq!(Filter::from_bytes(filter.as_bytes()), filter);
    }

    #[test]
    fn shapes_that_are_not_there_are_excluded_but_of_filters_that_have_none() {
        let filter = Filter::of(&page(
            "   Compiling crate-12 v0.12.1 (/home/somebody/12345)\r\n",
        ));
        let run = |text: &str| {
            let mut required = Required::default();
            required.run(&text.chars().map(Kinds::of).collect::<Vec<_>>());
            required
        };
        for there in ["9.99.9", "77777)", "77", "(/x"] {
            assert!(filter.may_have(&run(there)), "{there}");
        }
        for not_there in ["777777", "12:34", "漢字漢", "1 1"] {
            assert!(!filter.may_have(&run(not_there)), "{not_there}");
        }
        let older = Filter::from_bytes(&filter.as_bytes()[..BITS / 8]);
        assert!(older.may_have(&run("777777")));
        assert!(older.may_have(&text_of("compiling")));
        assert!(!older.may_have(&text_of("needle in the oldest")));
    }

    fn text_of(text: &str) -> Required {
        let mut required = Required::default();
        required.text(text, false);
        required
    }
}
