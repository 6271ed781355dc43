//! Shapes of text: which kinds of characters follow each other, for expressions that name no letters.
//!
//! `[0-9]{4}-[0-9]{2}` has no trigram that every match has, but each match has six characters of which
//! the first four are digits, the fifth is a mark and the sixth is a digit.

use std::iter;

/// Characters of a shape. With six, numbers of six digits and more, dates and times are told from the
/// short numbers that most pages have.
pub(super) const WIDTH: usize = 6;

/// How many shapes there are.
pub(super) const COUNT: usize = (Kinds::ALL as usize).pow(WIDTH as u32);

/// The alternatives of a shape that are looked up at most: one with more is in nearly every page.
const ALTERNATIVES_MAX: usize = 128;

/// Kinds of characters that may stand at one place, as bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kinds(u8);

impl Kinds {
    const ALL: u8 = 5;
    /// Any character.
    const ANY: Self = Self((1 << Self::ALL) - 1);
    /// None.
    pub const NONE: Self = Self(0);
    /// What is beyond ASCII, whatever it is.
    pub const BEYOND_ASCII: Self = Self(1 << 4);

    /// Returns the kind of a character.
    #[must_use]
    pub fn of(c: char) -> Self {
        Self(1 << number(c))
    }

    /// Returns these and `other`.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    fn len(self) -> usize {
        self.0.count_ones() as usize
    }

    fn numbers(self) -> impl Iterator<Item = u32> {
        (0..u32::from(Self::ALL)).filter(move |number| self.0 & 1 << number != 0)
    }
}

/// Returns the number of a character's kind.
fn number(c: char) -> u32 {
    match c {
        '0'..='9' => 0,
        'a'..='z' | 'A'..='Z' => 1,
        '\0'..=' ' => SPACE,
        '!'..='\u{7f}' => 3,
        _ => 4,
    }
}

/// What counts as standing behind a line's end, too.
const SPACE: u32 = 2;

/// The shape of six characters: the numbers of their kinds as digits, the first the highest; below [`COUNT`].
pub(super) type Shape = u32;

/// Calls `take` with each shape of a line. A line goes on as if spaces were behind its end, so that
/// there is one for each of its characters.
pub(super) fn of_line(line: &str, mut take: impl FnMut(Shape)) {
    let behind = iter::repeat_n(SPACE, WIDTH - 1);
    let mut shape = 0;
    for (at, kind) in line.chars().map(number).chain(behind).enumerate() {
        shape = pushed(shape, kind);
        if at >= WIDTH - 1 {
            take(shape);
        }
    }
}

/// Returns what each text has that matches characters of these kinds, one after the other: of each
/// element at least one shape.
pub(super) fn of_run(run: &[Kinds]) -> Vec<Vec<Shape>> {
    let mut padded = run.to_vec();
    padded.resize(run.len().max(WIDTH), Kinds::ANY);
    let alternatives = |window: &[Kinds; WIDTH]| {
        let count: usize = window.iter().map(|kinds| kinds.len()).product();
        if count > ALTERNATIVES_MAX {
            return None;
        }
        let mut shapes = vec![0];
        for kinds in window {
            let longer = |kind| shapes.iter().map(move |shape| pushed(*shape, kind));
            shapes = kinds.numbers().flat_map(longer).collect();
        }
        Some(shapes)
    };
    padded.array_windows().filter_map(alternatives).collect()
}

fn pushed(shape: Shape, kind: u32) -> Shape {
    (shape * u32::from(Kinds::ALL) + kind) % COUNT as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shapes(line: &str) -> Vec<Shape> {
        let mut all = Vec::new();
        of_line(line, |shape| all.push(shape));
        all
    }

    #[test]
    fn a_line_has_a_shape_for_each_of_its_characters() {
        for line in ["", "a", "12 ab", "2026-11-29 漢", "\u{7f}\t!~"] {
            assert_eq!(shapes(line).len(), line.chars().count(), "{line:?}");
        }
        assert_eq!(shapes("a1 -漢z"), shapes("b2 +é\u{5a}"));
        assert_ne!(shapes("a1"), shapes("1a"));
    }

    #[test]
    fn of_a_run_every_text_of_it_has_one_shape_of_each() {
        let run: Vec<Kinds> = "12:34:56".chars().map(Kinds::of).collect();
        let all = of_run(&run);
        assert_eq!(all.len(), 3);
        let line = shapes("at 12:34:56");
        for one in &all {
            assert!(one.iter().any(|shape| line.contains(shape)));
        }
        let other = shapes("at 12:34-ab");
        assert!(
            all.iter()
                .any(|one| !one.iter().any(|shape| other.contains(shape)))
        );
    }

    #[test]
    fn a_short_run_may_be_followed_by_anything_and_too_many_alternatives_say_nothing() {
        let run: Vec<Kinds> = "12:34".chars().map(Kinds::of).collect();
        let [one] = &of_run(&run)[..] else {
            panic!("one shape");
        };
        for line in ["12:34", "12:34 ", "12:345", "12:34é", "12:34a", "12:34:"] {
            assert!(one.contains(&shapes(line)[0]), "{line:?}");
        }
        assert_eq!(of_run(&[Kinds::ANY; 9]), Vec::<Vec<Shape>>::new());
        assert_eq!(of_run(&[]), Vec::<Vec<Shape>>::new());
    }
}
