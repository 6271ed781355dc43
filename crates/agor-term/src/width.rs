//! How many cells a character takes, and which characters join the one before them.

use std::sync::LazyLock;

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Returns the cells that a character takes by itself: 0 if it joins the one before it, 1 or 2.
#[inline]
#[must_use]
pub fn char_width(c: char) -> u8 {
    match u32::from(c) {
        0x20..0x7f | 0xa0..=0xac | 0xae..0x300 | 0x370..0x483 | 0x2500..0x25a0 | 0x2800..0x2900 => {
            1
        }
        0x3041..0x3097 | 0x30a1..0x3100 | 0x4e00..0xa000 | 0xac00..0xd7a4 => 2,
        _ if counts_as_one(c) => 1,
        _ => c.width().unwrap_or(0).min(2) as u8,
    }
}

/// Says whether `c` takes a cell although the tables of [`unicode_width`] say otherwise. Programs
/// count with wcwidth's, and what they count has to be what they see.
fn counts_as_one(c: char) -> bool {
    // Marks that belong to what follows, and two signs of Khmer.
    matches!(
        u32::from(c),
        0x605
            | 0x70f
            | 0x890
            | 0x891
            | 0x8e2
            | 0xd4e
            | 0x17a4
            | 0x17d8
            | 0xa8fa
            | 0x111c2
            | 0x111c3
            | 0x113d1
            | 0x1193f
            | 0x11941
            | 0x11a84..=0x11a89 | 0x11d46 | 0x11f02
    ) || is_spacing_sign(c)
}

/// Says whether `c` is a vowel sign that stands beside its consonant and is, for the rules of
/// clusters alone, an extension (general category Mc, `Other_Grapheme_Extend`).
fn is_spacing_sign(c: char) -> bool {
    matches!(
        u32::from(c),
        0x9be
            | 0x9d7
            | 0xb3e
            | 0xb57
            | 0xbbe
            | 0xbd7
            | 0xcc0
            | 0xcc2
            | 0xcc7
            | 0xcc8
            | 0xcca
            | 0xccb
            | 0xcd5
            | 0xcd6
            | 0xd3e
            | 0xd57
            | 0xdcf
            | 0xddf
            | 0x1133e
            | 0x11357
    )
}

/// Says whether `c` is half a flag. One alone is as wide as a flag in mode 2027, so that the other
/// half changes nothing.
#[inline]
pub(crate) fn is_regional_indicator(c: char) -> bool {
    matches!(c, '\u{1f1e6}'..='\u{1f1ff}')
}

/// What a character is for the cells, as bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Class(u8);

impl Class {
    const WIDTH: u8 = 0b11;
    const STARTS: u8 = 1 << 2;
    const ONLY_AFTER_JOINER: u8 = 1 << 3;

    fn new(c: char) -> Self {
        let starts = if always_starts(c) { Self::STARTS } else { 0 };
        let joined = if only_after_joiner(c) {
            Self::ONLY_AFTER_JOINER
        } else {
            0
        };
        Self(char_width(c) | starts | joined)
    }

    /// Returns the class of a character.
    #[inline]
    pub fn of(c: char) -> Self {
        match CLASSES.get(u32::from(c) as usize) {
            Some(class) => Self(*class),
            None => Self::new(c),
        }
    }

    /// Returns the cells that the character takes by itself.
    #[inline]
    pub fn width(self) -> u8 {
        self.0 & Self::WIDTH
    }

    /// Says whether the character never joins what stands before it.
    #[inline]
    pub fn always_starts(self) -> bool {
        self.0 & Self::STARTS != 0
    }

    /// Says whether the character joins only a cluster of several characters.
    #[inline]
    pub fn only_after_joiner(self) -> bool {
        self.0 & Self::ONLY_AFTER_JOINER != 0
    }
}

/// The classes of the first two planes, in which nearly all text is: one load instead of a search.
static CLASSES: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let class = |code| char::from_u32(code).map_or(0, |c| Class::new(c).0);
    (0..0x2_0000).map(class).collect()
});

/// Returns the cells that a cluster takes, 1 or 2.
pub(crate) fn cluster_width(cluster: &str) -> u8 {
    if cluster.chars().skip(1).any(is_spacing_sign) {
        return 2;
    }
    cluster.width().clamp(1, 2) as u8
}

/// Says whether `c`, which takes cells of its own, never joins what stands before it.
#[inline]
fn always_starts(c: char) -> bool {
    matches!(u32::from(c),
        0x20..0x7f | 0xa1..=0xa8 | 0xaa..=0xac | 0xaf..0x300 | 0x370..0x483 | 0x2010..0x2028
        | 0x2030..0x203c | 0x2200..0x2300 | 0x2400..0x24c2 | 0x2500..0x25a0 | 0x2800..0x2900
        | 0x3001..0x302a | 0x3041..0x3097 | 0x30a1..0x3100 | 0x4e00..0xa000 | 0xe000..0xf900)
}

/// Says whether `c`, an emoji, joins only a cluster of several characters (one that ends with a
/// zero-width joiner).
#[inline]
fn only_after_joiner(c: char) -> bool {
    matches!(u32::from(c), 0x2300..0x2400 | 0x2600..0x27c0 | 0x1f300..0x1f3fb | 0x1f400..0x1fb00)
}

/// Says whether `c`, which takes no cell, is not kept: marks of direction and invisible spaces,
/// which would let text look like other text.
pub(crate) fn is_dropped(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}')
        || c.is_control()
}

/// Says whether `c` belongs to the cluster that ends the text `before` (UAX 29).
pub(crate) fn joins(before: &str, c: char) -> bool {
    let mut text = String::with_capacity(before.len() + 4);
    text.push_str(before);
    text.push(c);
    text.graphemes(true)
        .next_back()
        .is_some_and(|last| last.len() > c.len_utf8())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_short_cuts_agree_with_the_tables() {
        for c in ('\u{20}'..=char::MAX).filter(|c| !c.is_control()) {
            let table = match counts_as_one(c) {
                true => 1,
                false => c.width().unwrap_or(0).min(2) as u8,
            };
            assert_eq!(char_width(c), table, "{c:?} {:x}", u32::from(c));
            if always_starts(c) {
                for before in [
                    "a",
                    "\u{1f469}\u{200d}",
                    "\u{1f1e6}",
                    "\u{1100}",
                    "\u{915}\u{94d}",
                ] {
                    assert!(!joins(before, c), "{c:?} joins {before:?}");
                }
            }
        }
    }

    #[test]
    fn emoji_join_as_people_see_them() {
        assert!(joins("\u{1f469}\u{200d}", '\u{1f680}'));
        assert!(joins("\u{1f1e9}", '\u{1f1ea}'));
        assert!(!joins("\u{1f1e9}\u{1f1ea}", '\u{1f1eb}'));
        assert!(joins("\u{1f44d}", '\u{1f3fd}'));
        assert_eq!(cluster_width("\u{26a0}\u{fe0f}"), 2);
        assert_eq!(cluster_width("e\u{301}"), 1);
        assert_eq!(cluster_width("\u{995}\u{9be}"), 2);
        assert_eq!(cluster_width("\u{231a}\u{fe0e}"), 1);
    }

    #[test]
    fn widths_and_clusters_are_those_of_unicode_17_or_later() {
        assert!(unicode_width::UNICODE_VERSION >= (17, 0, 0));
        assert!(unicode_segmentation::UNICODE_VERSION >= (17, 0, 0));
        // Characters that are new in it: an orca, a hairy creature, a letter of Tolong Siki, an
        // ideograph of extension J, and a sign of a script of that release that takes no cell.
        assert_eq!(char_width('\u{1facd}'), 2);
        assert_eq!(char_width('\u{1fac8}'), 2);
        assert_eq!(char_width('\u{11db0}'), 1);
        assert_eq!(char_width('\u{323b0}'), 2);
        assert_eq!(char_width('\u{11b60}'), 0);
        assert!(joins("\u{1facd}", '\u{fe0f}'));
    }
}
