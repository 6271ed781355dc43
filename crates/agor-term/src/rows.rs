//! Questions about rows that a person points at: which word, which line, which link, and the text
//! of a selection. Pure functions over the rows that are at hand.

mod hints;
mod links;
pub mod motion;

use std::ops::Range;
use std::sync::Arc;

use agor_proto::row::Row;

pub use hints::{Hint, HintKind, hints};
pub use links::{LinkAt, SCHEMES, link_at, may_open};

/// Characters that end a word beside blanks, for a person who does not say.
pub const SEPARATORS: &str = "\"'`()[]{}<>|│,;";

/// How a selection lies over rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// From its first cell to its last, as text runs.
    Linear,
    /// The same columns of every row.
    Block,
}

/// Cells of text: from row and column to row and column, the last not included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cells {
    /// The first.
    pub start: (usize, u16),
    /// The one after the last.
    pub end: (usize, u16),
}

/// Returns the cells of the cluster that covers `col`; one cell where there is no text.
#[must_use]
pub fn snap(row: &Row, col: u16) -> Range<u16> {
    row.clusters()
        .map(|cluster| cluster.cell..cluster.cell.saturating_add(cluster.width.into()))
        .find(|cells| cells.contains(&col))
        .unwrap_or(col..col.saturating_add(1))
}

/// Returns the rows of the logical line that row `at` is a part of, as far as they are there.
#[must_use]
pub fn line_at(rows: &[Arc<Row>], at: usize) -> Range<usize> {
    if at >= rows.len() {
        return at..at;
    }
    let mut first = at;
    while first > 0 && joins(&rows[first - 1], &rows[first]) {
        first -= 1;
    }
    let mut last = at;
    while last + 1 < rows.len() && joins(&rows[last], &rows[last + 1]) {
        last += 1;
    }
    first..last + 1
}

/// One cluster of a logical line, with its place.
struct Placed<'a> {
    text: &'a str,
    row: usize,
    cells: Range<u16>,
}

fn placed(rows: &[Arc<Row>], lines: Range<usize>) -> Vec<Placed<'_>> {
    let mut placed = Vec::new();
    for at in lines {
        placed.extend(rows[at].clusters().map(|cluster| Placed {
            text: cluster.text,
            row: at,
            cells: cluster.cell..cluster.cell.saturating_add(cluster.width.into()),
        }));
    }
    placed
}

fn index_at(placed: &[Placed<'_>], row: usize, col: u16) -> Option<usize> {
    placed
        .iter()
        .position(|cluster| cluster.row == row && cluster.cells.contains(&col))
}

/// Returns the word at a cell: what stands between blanks and [`SEPARATORS`], over wrapped rows. On
/// a separator or a blank it is the run of such; a link is one word.
#[must_use]
pub fn word_at(rows: &[Arc<Row>], row: usize, col: u16) -> Option<Cells> {
    word_between(rows, row, col, SEPARATORS)
}

/// Does [`word_at`] with other separators; blanks always separate.
#[must_use]
pub fn word_between(rows: &[Arc<Row>], row: usize, col: u16, separators: &str) -> Option<Cells> {
    if row >= rows.len() {
        return None;
    }
    if let Some(link) = links::written_at(rows, row, col) {
        let (first, last) = (link.cells.first()?, link.cells.last()?);
        return Some(Cells {
            start: (first.0, first.1.start),
            end: (last.0, last.1.end),
        });
    }
    let placed = placed(rows, line_at(rows, row));
    let Some(at) = index_at(&placed, row, col) else {
        // Beyond the text there are only blanks.
        return Some(Cells {
            start: (row, col),
            end: (row, col.saturating_add(1)),
        });
    };
    let is_word = |text: &str| {
        let first = text.chars().next();
        first.is_some_and(|c| !c.is_whitespace() && !separators.contains(c))
    };
    let word = is_word(placed[at].text);
    let alike = |cluster: &Placed<'_>| {
        if word {
            is_word(cluster.text)
        } else {
            cluster.text == placed[at].text
        }
    };
    let (first, after) = run_around(&placed, at, alike);
    let last = &placed[after - 1];
    Some(Cells {
        start: (placed[first].row, placed[first].cells.start),
        end: (last.row, last.cells.end),
    })
}

/// Returns where the clusters around `at` that are alike begin and end.
fn run_around(
    placed: &[Placed<'_>],
    at: usize,
    alike: impl Fn(&Placed<'_>) -> bool,
) -> (usize, usize) {
    let before = placed[..at].iter().rposition(|cluster| !alike(cluster));
    let after = placed[at + 1..].iter().position(|cluster| !alike(cluster));
    let after = after.map_or(placed.len(), |after| at + 1 + after);
    (before.map_or(0, |before| before + 1), after)
}

/// Returns the text between two cells: rows of one logical line joined, blanks at the end of a
/// line left out. A cluster that is covered in part is taken whole.
#[must_use]
pub fn text(rows: &[Arc<Row>], start: (usize, u16), end: (usize, u16), shape: Shape) -> String {
    let mut text = String::new();
    // Blanks before this are within a line.
    let mut kept = 0;
    let last = end.0.min(rows.len().saturating_sub(1));
    for at in start.0..=last {
        let Some(row) = rows.get(at) else { break };
        let cols = match shape {
            Shape::Block => start.1.min(end.1)..start.1.max(end.1),
            Shape::Linear => {
                let first = if at == start.0 { start.1 } else { 0 };
                let after = if at == end.0 { end.1 } else { u16::MAX };
                first..after
            }
        };
        if at > start.0 && (shape == Shape::Block || !joins(&rows[at - 1], row)) {
            trim(&mut text, kept);
            text.push('\n');
        }
        for cluster in row.clusters() {
            let end = cluster.cell.saturating_add(cluster.width.into());
            if cluster.cell < cols.end && end > cols.start {
                text.push_str(cluster.text);
            } else if cluster.cell >= cols.end && shape == Shape::Linear && cluster.text != " " {
                kept = text.len();
                break;
            }
        }
    }
    trim(&mut text, kept);
    text
}

/// Drops blanks at the end of `text`, but none of its first `kept` bytes.
fn trim(text: &mut String, kept: usize) {
    text.truncate(text.trim_end_matches(' ').len().max(kept));
}

fn joins(above: &Row, below: &Row) -> bool {
    above.wraps() && below.start > 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::terminal::{Options, Terminal};
    use agor_proto::ids::Size;

    pub(super) fn rows(cols: u16, input: &str) -> Vec<Arc<Row>> {
        let size = Size::cells(cols, 8);
        let mut terminal = Terminal::new(Options {
            size,
            ..Options::default()
        });
        terminal.advance(input.as_bytes(), &mut Vec::new());
        (0..size.rows)
            .map(|at| Arc::new(terminal.row(at)))
            .collect()
    }

    fn word(rows: &[Arc<Row>], row: usize, col: u16) -> String {
        let cells = word_at(rows, row, col).unwrap();
        text(rows, cells.start, cells.end, Shape::Linear)
    }

    #[test]
    fn a_word_ends_at_blanks_and_brackets() {
        let rows = rows(40, "cp (src/main.rs) ~/x-1.txt  end");
        assert_eq!(word(&rows, 0, 6), "src/main.rs");
        assert_eq!(word(&rows, 0, 3), "(");
        assert_eq!(word(&rows, 0, 20), "~/x-1.txt");
        assert_eq!(word_at(&rows, 0, 27).unwrap().start, (0, 26));
        assert_eq!(word(&rows, 0, 39), "");
    }

    #[test]
    fn a_word_goes_on_in_a_wrapped_row() {
        let rows = rows(10, "say abcdefghijkl now");
        assert_eq!(word(&rows, 0, 8), "abcdefghijkl");
        assert_eq!(word(&rows, 1, 2), "abcdefghijkl");
        assert_eq!(line_at(&rows, 1), 0..2);
    }

    #[test]
    fn wide_clusters_are_never_halved() {
        let rows = rows(20, "a日本e\u{301}👩‍👩‍👧z");
        assert_eq!(snap(&rows[0], 2), 1..3);
        assert_eq!(text(&rows, (0, 2), (0, 4), Shape::Linear), "日本");
        assert_eq!(text(&rows, (0, 5), (0, 7), Shape::Linear), "e\u{301}👩‍👩‍👧");
    }

    #[test]
    fn signs_of_several_characters_are_selected_whole() {
        let signs = [
            "🇩🇪",
            "👩\u{200d}👩\u{200d}👧",
            "❤\u{fe0f}",
            "⌚\u{fe0e}",
            "👍🏽",
            "1\u{fe0f}\u{20e3}",
            "e\u{301}",
        ];
        let rows = rows(40, &signs.join(" "));
        let mut col = 0;
        for sign in signs {
            let cells = snap(&rows[0], col);
            assert_eq!(cells.start, col, "{sign}");
            for cell in cells.clone() {
                assert_eq!(text(&rows, (0, cell), (0, cell + 1), Shape::Linear), sign);
                assert_eq!(text(&rows, (0, cell), (0, cell + 1), Shape::Block), sign);
                assert_eq!(word(&rows, 0, cell), sign);
            }
            col = cells.end + 1;
        }
        assert_eq!(text(&rows, (0, 0), (0, 40), Shape::Linear), signs.join(" "));
    }

    #[test]
    fn text_joins_wrapped_rows_and_leaves_blanks_at_ends_out() {
        let rows = rows(10, "abcdefghijkl  \r\nsecond   \r\nthird");
        let all = text(&rows, (0, 0), (3, 5), Shape::Linear);
        assert_eq!(all, "abcdefghijkl\nsecond\nthird");
        assert_eq!(text(&rows, (0, 2), (2, 4), Shape::Block), "cd\n\nco");
    }

    #[test]
    fn a_word_is_what_a_persons_separators_leave() {
        let rows = rows(40, "one.two/three four");
        let between = |separators| {
            let cells = word_between(&rows, 0, 5, separators).unwrap();
            text(&rows, cells.start, cells.end, Shape::Linear)
        };
        assert_eq!(between("/"), "one.two");
        assert_eq!(between("./"), "two");
        assert_eq!(between(""), "one.two/three");
    }

    #[test]
    fn an_address_and_a_path_are_words_over_rows() {
        let rows = rows(16, "(https://a.b/c_(d),e;f) ~/日本/src/main.rs:10:5");
        assert_eq!(word(&rows, 0, 3), "https://a.b/c_(d),e;f");
        assert_eq!(word(&rows, 1, 4), "https://a.b/c_(d),e;f");
        assert_eq!(word(&rows, 2, 3), "~/日本/src/main.rs:10:5");
    }

    #[test]
    fn blanks_before_what_is_not_selected_stay() {
        let rows = rows(20, "one   two\r\nthree   ");
        assert_eq!(text(&rows, (0, 0), (0, 5), Shape::Linear), "one  ");
        assert_eq!(text(&rows, (0, 0), (0, 12), Shape::Linear), "one   two");
        assert_eq!(text(&rows, (0, 6), (1, 7), Shape::Linear), "two\nthree");
        assert_eq!(text(&rows, (0, 0), (1, 5), Shape::Block), "one\nthree");
    }

    #[test]
    fn places_outside_the_rows_are_nothing_and_no_panic() {
        let rows = rows(10, "x");
        assert_eq!(line_at(&rows, 99), 99..99);
        assert_eq!(word_at(&rows, 99, 0), None);
        assert_eq!(text(&rows, (50, 0), (60, 3), Shape::Linear), "");
        assert_eq!(text(&rows, (1, 5), (0, 3), Shape::Linear), "");
        assert_eq!(text(&[], (0, 0), (0, 3), Shape::Block), "");
        assert_eq!(snap(&rows[0], u16::MAX), u16::MAX..u16::MAX);
    }
}
