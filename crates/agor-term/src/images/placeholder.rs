//! Images that stand where a program wrote placeholders (kitty graphics protocol, "Unicode
//! placeholders"): the character U+10EEEE, whose colour names the image, whose underline's colour
//! names the placement, and whose combining marks say which row and column of the image it is.

use std::sync::LazyLock;

use agor_proto::row::{Color, Row, Style};

/// The character.
pub const PLACEHOLDER: char = '\u{10eeee}';

/// The marks that stand for the numbers from 0 on, as runs: the first, and how many. They are the
/// non-spacing marks of combining class 230 of Unicode 6.0 that no normalisation changes.
const MARKS: &[(u32, u32)] = &[
    (0x305, 1),
    (0x30D, 2),
    (0x310, 1),
    (0x312, 1),
    (0x33D, 3),
    (0x346, 1),
    (0x34A, 3),
    (0x350, 3),
    (0x357, 1),
    (0x35B, 1),
    (0x363, 13),
    (0x483, 5),
    (0x592, 4),
    (0x597, 3),
    (0x59C, 6),
    (0x5A8, 2),
    (0x5AB, 2),
    (0x5AF, 1),
    (0x5C4, 1),
    (0x610, 8),
    (0x657, 5),
    (0x65D, 2),
    (0x6D6, 7),
    (0x6DF, 4),
    (0x6E4, 1),
    (0x6E7, 2),
    (0x6EB, 2),
    (0x730, 1),
    (0x732, 2),
    (0x735, 2),
    (0x73A, 1),
    (0x73D, 1),
    (0x73F, 3),
    (0x743, 1),
    (0x745, 1),
    (0x747, 1),
    (0x749, 2),
    (0x7EB, 7),
    (0x7F3, 1),
    (0x816, 4),
    (0x81B, 9),
    (0x825, 3),
    (0x829, 5),
    (0x951, 1),
    (0x953, 2),
    (0xF82, 2),
    (0xF86, 2),
    (0x135D, 3),
    (0x17DD, 1),
    (0x193A, 1),
    (0x1A17, 1),
    (0x1A75, 8),
    (0x1B6B, 1),
    (0x1B6D, 7),
    (0x1CD0, 3),
    (0x1CDA, 2),
    (0x1CE0, 1),
    (0x1DC0, 2),
    (0x1DC3, 7),
    (0x1DCB, 2),
    (0x1DD1, 22),
    (0x1DFE, 1),
    (0x20D0, 2),
    (0x20D4, 4),
    (0x20DB, 2),
    (0x20E1, 1),
    (0x20E7, 1),
    (0x20E9, 1),
    (0x20F0, 1),
    (0x2CEF, 3),
    (0x2DE0, 32),
    (0xA66F, 1),
    (0xA67C, 2),
    (0xA6F0, 2),
    (0xA8E0, 18),
    (0xAAB0, 1),
    (0xAAB2, 2),
    (0xAAB7, 2),
    (0xAABE, 2),
    (0xAAC1, 1),
    (0xFE20, 7),
    (0x10A0F, 1),
    (0x10A38, 1),
    (0x1D185, 5),
    (0x1D1AA, 4),
    (0x1D242, 3),
];

static BY_MARK: LazyLock<Vec<(u32, u16)>> = LazyLock::new(|| {
    let marks = MARKS
        .iter()
        .flat_map(|(first, count)| *first..first + count);
    marks.zip(0..).collect()
});

/// Returns the number that a mark stands for.
fn number(mark: char) -> Option<u16> {
    let found = BY_MARK.binary_search_by_key(&u32::from(mark), |(mark, _)| *mark);
    Some(BY_MARK[found.ok()?].1)
}

/// Placeholders side by side that show neighbouring parts of one image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stretch {
    /// The first cell.
    pub cell: u16,
    /// How many cells.
    pub len: u16,
    /// The image's number.
    pub image: u32,
    /// The placement's number; 0 is any.
    pub placement: u32,
    /// The part of the image, in its cells.
    pub image_row: u16,
    pub image_col: u16,
}

/// The number that a colour stands for.
fn color_number(color: Color) -> u32 {
    match color {
        Color::Default => 0,
        Color::Indexed(index) => index.into(),
        Color::Rgb(r, g, b) => u32::from_be_bytes([0, r, g, b]),
    }
}

/// Returns the placeholders of a row, those that belong together as one.
pub(crate) fn stretches(row: &Row) -> Vec<Stretch> {
    let mut found: Vec<Stretch> = Vec::new();
    if !row.text.contains(PLACEHOLDER) {
        return found;
    }
    let mut runs = row.runs.iter();
    let (mut style, mut run_end) = (Style::default(), 0_u32);
    // The highest byte of the image's number, as the cell before has it.
    let mut last_high = 0;
    for cluster in row.clusters() {
        let cell = u32::from(cluster.cell);
        while run_end <= cell {
            match runs.next() {
                Some(run) => {
                    style = run.style;
                    run_end += u32::from(run.cells);
                }
                None => {
                    style = Style::default();
                    run_end = u32::MAX;
                }
            }
        }
        let mut chars = cluster.text.chars();
        if chars.next() != Some(PLACEHOLDER) {
            continue;
        }
        let mut marks = chars.map(number);
        let (at_row, at_col, high) = (
            marks.next().flatten(),
            marks.next().flatten(),
            marks.next().flatten(),
        );
        let low = color_number(style.fg);
        let placement = color_number(style.underline_color);
        // What is not said goes on from the cell to the left.
        let left = found.last().copied().filter(|left| {
            left.cell + left.len == cluster.cell
                && left.image & 0xff_ffff == low
                && left.placement == placement
        });
        let next_col = left.map(|left| left.image_col.saturating_add(left.len));
        let follows = left.is_some_and(|left| {
            at_row.is_none_or(|row| row == left.image_row)
                && at_col.is_none_or(|col| Some(col) == next_col)
        });
        let high = match high {
            Some(high) => u32::from(high) & 0xff,
            None if follows => last_high,
            None => 0,
        };
        last_high = high;
        let image = high << 24 | low;
        if let Some(left) = found
            .last_mut()
            .filter(|left| follows && left.image == image)
        {
            left.len += 1;
            continue;
        }
        let same_row = left.filter(|left| at_row.is_none_or(|row| row == left.image_row));
        let image_col = at_col.or_else(|| next_col.filter(|_| same_row.is_some()));
        let image_row = at_row.or_else(|| left.map(|left| left.image_row));
        found.push(Stretch {
            cell: cluster.cell,
            len: 1,
            image,
            placement,
            image_row: image_row.unwrap_or(0),
            image_col: image_col.unwrap_or(0),
        });
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_as_many_marks_as_the_protocol_has() {
        assert_eq!(BY_MARK.len(), 297);
        assert!(BY_MARK.is_sorted());
        assert_eq!(number('\u{305}'), Some(0));
        assert_eq!(number('\u{30d}'), Some(1));
        assert_eq!(number('\u{1d244}'), Some(296));
        assert_eq!(number('\u{301}'), None);
    }
}
