//! Which signs a font has for sequences of operators, and of letters that it joins. Every run of them on the screen is
//! looked up by its text.

use std::ops::Range;

use super::{Glyph, Variant};
use crate::quick_hash::QuickMap;

/// Beside which others a character may be drawn as one sign with them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    /// Beside none.
    Alone,
    /// Beside operators.
    Operator,
    /// Beside letters that the family joins.
    Letter,
    /// Between digits: an `x` that the family draws otherwise there.
    Between,
}

/// The class of each byte, of a family that joins no letters.
pub(super) const CLASSES: [Class; 256] = {
    let mut classes = [Class::Alone; 256];
    let mut byte = 0_u8;
    while byte.is_ascii() {
        if byte.is_ascii_punctuation() && !matches!(byte, b'"' | b'\'' | b',' | b'`') {
            classes[byte as usize] = Class::Operator;
        }
        byte += 1;
    }
    classes
};

/// Words that families are known to draw as one sign. If one does, its letters are looked up where they stand beside
/// each other, as operators are; to look up all letters, every word on the screen would have to be shaped.
pub(super) const WORDS: [&str; 8] = ["www", "ff", "fi", "fj", "fl", "ft", "Fl", "Tl"];

/// A text in which an `x` stands between digits, in base 16 after it: of a number or of a size.
pub(super) const NUMBER: &str = "0x0";

/// Returns how many bytes from the first, a digit, are looked up together: up to `most`, digits with an `x` between
/// each. It is 1 if nothing is.
pub(crate) fn number(bytes: &[u8], most: usize) -> usize {
    if !bytes.first().is_some_and(u8::is_ascii_digit) {
        return 1;
    }
    let pairs = bytes[1..]
        .chunks_exact(2)
        .take_while(|pair| pair[0] == b'x' && pair[1].is_ascii_hexdigit());
    1 + 2 * pairs.take(most.saturating_sub(1) / 2).count()
}

/// A sign of a sequence.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sign {
    /// The glyph of the family's own face, and the variant above its 16 bits.
    pub key: u32,
    /// The cell in which it stands, from the sequence's first.
    pub cell: u16,
    /// What it was when it was last looked at.
    pub glyph: Glyph,
}

/// Where the signs of a sequence are among all; an empty part if each of its characters stays what it is.
type Part = Range<u32>;

/// The longest sequence that is known by a number; nearly all are as short.
const SHORT_MAX: usize = 7;

/// See the head of this file.
#[derive(Default)]
pub(super) struct Sequences {
    short: QuickMap<u64, Part>,
    /// By variant.
    long: [QuickMap<Box<str>, Part>; 4],
    signs: Vec<Sign>,
}

impl Sequences {
    /// Returns where the signs of a sequence are among all, if it is known.
    #[inline]
    pub fn get(&self, text: &str, variant: Variant) -> Option<Range<usize>> {
        let part = match short(text, variant) {
            Some(key) => self.short.get(&key),
            None => self.long[variant.index()].get(text),
        };
        part.map(|part| part.start as usize..part.end as usize)
    }

    /// Keeps the signs of a sequence, and returns where they are among all.
    pub fn insert(
        &mut self,
        text: &str,
        variant: Variant,
        signs: impl Iterator<Item = Sign>,
    ) -> Range<usize> {
        let start = self.signs.len();
        self.signs.extend(signs);
        let end = self.signs.len();
        let part = start as u32..end as u32;
        match short(text, variant) {
            Some(key) => self.short.insert(key, part),
            None => self.long[variant.index()].insert(text.into(), part),
        };
        start..end
    }

    /// Returns the signs of all sequences.
    #[inline]
    pub fn signs(&mut self) -> &mut [Sign] {
        &mut self.signs
    }

    /// Returns how many sequences or signs are kept, whichever are more.
    pub fn len(&self) -> usize {
        let long: usize = self.long.iter().map(|map| map.len()).sum();
        (self.short.len() + long).max(self.signs.len())
    }

    pub fn clear(&mut self) {
        self.short.clear();
        self.long.iter_mut().for_each(QuickMap::clear);
        self.signs.clear();
    }
}

/// Returns the number of a short sequence: its bytes, and above them the variant, which also tells how many they are.
#[inline]
fn short(text: &str, variant: Variant) -> Option<u64> {
    let first = variant.index() as u64 + 1;
    let number = |key: u64, byte: u8| key << 8 | u64::from(byte);
    (text.len() <= SHORT_MAX).then(|| text.bytes().fold(first, number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_digits_with_an_x_between_each() {
        let of = |text: &str| number(text.as_bytes(), 6);
        for (text, len) in [
            ("0x1F", 3),
            ("0xF", 3),
            ("10", 1),
            ("1x2x3", 5),
            ("1x2x3x4x5", 5),
            ("0x", 1),
            ("0xg", 1),
            ("x1", 1),
            ("axa", 1),
            ("", 1),
        ] {
            assert_eq!(of(text), len, "{text}");
        }
    }

    #[test]
    fn sequences_of_every_length_and_variant_are_told_apart() {
        let longest = "=".repeat(32);
        let cases: Vec<(&str, Variant)> = (1..=longest.len())
            .flat_map(|len| Variant::ALL.map(|variant| (&longest[..len], variant)))
            .collect();
        let mut sequences = Sequences::default();
        for (n, &(text, variant)) in cases.iter().enumerate() {
            let sign = Sign {
                key: n as u32,
                cell: 0,
                glyph: Glyph::UNKNOWN,
            };
            assert_eq!(sequences.get(text, variant), None);
            let count = n % 3;
            let kept = sequences.insert(text, variant, std::iter::repeat_n(sign, count));
            assert_eq!(kept.len(), count);
        }
        for (n, &(text, variant)) in cases.iter().enumerate() {
            let part = sequences.get(text, variant).unwrap();
            assert_eq!(part.len(), n % 3);
            for sign in &sequences.signs()[part] {
                assert_eq!(sign.key, n as u32);
            }
        }
        assert_eq!(sequences.len(), cases.len());
        sequences.clear();
        assert_eq!(sequences.len(), 0);
        assert_eq!(sequences.get("==", Variant::ALL[0]), None);
    }
}
