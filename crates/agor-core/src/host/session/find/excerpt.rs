//! The text around a hit.

use std::ops::Range;

use agor_proto::limits::EXCERPT_MAX;
use agor_proto::message::Excerpt;

/// Returns the text of a line around the hit at these bytes of it: the whole line if it has at most `room`
/// bytes, else what is before the hit for a third of the room, and what is behind it.
pub fn excerpt(line: &str, hit: Range<usize>, room: u32) -> Excerpt {
    let line = line.trim_end();
    let room = EXCERPT_MAX.min(room as usize);
    // The blanks at the end can be what was looked for.
    let hit = hit.start.min(line.len())..hit.end.min(line.len());
    let before = (room.saturating_sub(hit.len()) / 3).min(hit.start);
    let first = match line.len() <= room {
        true => 0,
        // What is not needed behind the hit is shown before it.
        false => (hit.start - before).min(line.len() - room),
    };
    let first = line.floor_char_boundary(first);
    let last = line.floor_char_boundary((first + room).min(line.len()));
    let byte = |at: usize| u32::try_from(at.clamp(first, last) - first).unwrap_or(u32::MAX);
    Excerpt {
        begin: byte(hit.start),
        end: byte(hit.end),
        cut_before: first > 0,
        cut_after: last < line.len(),
        text: line.get(first..last).unwrap_or_default().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_short_line_is_told_whole_without_the_blanks_at_its_end() {
        let told = excerpt("the error was   ", 4..9, 100);
        let expected = Excerpt {
            text: "the error was".into(),
            begin: 4,
            end: 9,
            ..Excerpt::default()
        };
        assert_eq!(told, expected);
    }

    #[test]
    fn of_a_long_line_most_is_told_of_what_follows_the_hit() {
        let line = format!("{}needle{}", "b".repeat(1_000), "a".repeat(1_000));
        let told = excerpt(&line, 1_000..1_006, 36);
        assert_eq!(
            told.text,
            format!("{}needle{}", "b".repeat(10), "a".repeat(20))
        );
        assert!(told.cut_before && told.cut_after);
        // At the end of the line there is nothing to follow.
        let told = excerpt(&line[..1_006], 1_000..1_006, 36);
        assert_eq!(told.text, format!("{}needle", "b".repeat(30)));
        assert!(told.cut_before && !told.cut_after);
    }

    proptest! {
        #[test]
        fn excerpt_max_bounds_what_is_told_and_the_hit_is_in_it(
            line in "[a日é ]{0,700}",
            at in 0_usize..2_100,
            length in 1_usize..900,
            room in 1_u32..2_000,
        ) {
            let begin = line.floor_char_boundary(at.min(line.len()));
            let end = line.floor_char_boundary((begin + length).min(line.len()));
            let told = excerpt(&line, begin..end, room);
            prop_assert!(told.text.len() <= EXCERPT_MAX.min(room as usize));
            let (from, to) = (told.begin as usize, told.end as usize);
            prop_assert!(from <= to && to <= told.text.len());
            prop_assert!(told.text.is_char_boundary(from));
            prop_assert!(line[begin..].starts_with(&told.text[from..to]));
            if !told.cut_before && !told.cut_after {
                prop_assert_eq!(told.text.as_str(), line.trim_end());
            }
        }
    }
}
