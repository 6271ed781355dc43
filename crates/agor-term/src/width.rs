//! How many cells a character takes, and which characters join the one before them.

use std::sync::LazyLock;

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Returns the cells that a character takes by itself: 0 if it joins the one before it, 1 or 2.
#[inline]
pub(crate) fn char_width(c: char) -> u8 {
    match u32::from(c) {
        0x20..0x7f | 0xa0..=0xac | 0xae..0x300 | 0x370..0x483 | 0x2500..0x25a0 | 0x2800..0x2900 => {
            1
        }
        0x3041..0x3097 | 0x30a1..0x3100 | 0x4e00..0xa000 | 0xac00..0xd7a4 => 2,
        _ => c.width().unwrap_or(0).min(2) as u8,
    }
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
            assert_eq!(
                char_width(c),
                c.width().unwrap_or(0).min(2) as u8,
                "{c:?} {:x}",
                u32::from(c)
            );
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
    }
}
