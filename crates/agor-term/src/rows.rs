//! Questions about rows that a person points at: which word, which line, which link, and the text
//! of a selection. Pure functions over the rows that are at hand.

use std::ops::Range;
use std::sync::Arc;

use agor_proto::row::Row;

/// Characters that end a word beside blanks, as most terminals have them.
const SEPARATORS: &str = "\"'`()[]{}<>|│,;";

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
    let mut first = at;
    while first > 0 && rows[first - 1].wraps() && rows[first].start > 0 {
        first -= 1;
    }
    let mut last = at;
    while last + 1 < rows.len() && rows[last].wraps() {
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

fn is_word(text: &str) -> bool {
    let first = text.chars().next();
    first.is_some_and(|c| !c.is_whitespace() && !SEPARATORS.contains(c))
}

/// Returns the word at a cell: what stands between blanks and brackets, over wrapped rows. On a
/// separator or a blank it is the run of such.
#[must_use]
pub fn word_at(rows: &[Arc<Row>], row: usize, col: u16) -> Option<Cells> {
    let placed = placed(rows, line_at(rows, row));
    let Some(at) = index_at(&placed, row, col) else {
        // Beyond the text there are only blanks.
        return Some(Cells {
            start: (row, col),
            end: (row, col.saturating_add(1)),
        });
    };
    let word = is_word(placed[at].text);
    let alike = |cluster: &Placed<'_>| {
        if word {
            is_word(cluster.text)
        } else {
            cluster.text == placed[at].text
        }
    };
    let first = placed[..at].iter().rposition(|cluster| !alike(cluster));
    let first = first.map_or(0, |before| before + 1);
    let after = placed[at..].iter().position(|cluster| !alike(cluster));
    let last = after.map_or(placed.len(), |after| at + after) - 1;
    Some(Cells {
        start: (placed[first].row, placed[first].cells.start),
        end: (placed[last].row, placed[last].cells.end),
    })
}

/// Returns the text between two cells: rows of one logical line joined, blanks at the end of a
/// line left out. A cluster that is covered in part is taken whole.
#[must_use]
pub fn text(rows: &[Arc<Row>], start: (usize, u16), end: (usize, u16), shape: Shape) -> String {
    let mut text = String::new();
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
            text.truncate(text.trim_end_matches(' ').len());
            text.push('\n');
        }
        for cluster in row.clusters() {
            let end = cluster.cell.saturating_add(cluster.width.into());
            if cluster.cell < cols.end && end > cols.start {
                text.push_str(cluster.text);
            }
        }
    }
    text.truncate(text.trim_end_matches(' ').len());
    text
}

fn joins(above: &Row, below: &Row) -> bool {
    above.wraps() && below.start > 0
}

/// A link and the cells that it covers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkAt {
    /// Its target, as the program gave it or as it is written.
    pub uri: String,
    /// Its cells, row by row.
    pub cells: Vec<(usize, Range<u16>)>,
}

/// Schemes that a window may open. A link to anything else is text.
pub const SCHEMES: &[&str] = &["https://", "http://", "mailto:", "ftp://"];

/// Says whether a window may open a link: a known scheme, and nothing in it that could be more
/// than an address.
#[must_use]
pub fn may_open(uri: &str) -> bool {
    let known = SCHEMES.iter().any(|scheme| {
        let head = uri.get(..scheme.len());
        head.is_some_and(|head| head.eq_ignore_ascii_case(scheme))
    });
    known && !uri.chars().any(|c| c.is_control() || c.is_whitespace())
}

/// Returns the link at a cell: one that the program made (OSC 8), or an address in the text.
#[must_use]
pub fn link_at(rows: &[Arc<Row>], row: usize, col: u16) -> Option<LinkAt> {
    made_link_at(rows, row, col).or_else(|| written_link_at(rows, row, col))
}

fn made_link_at(rows: &[Arc<Row>], row: usize, col: u16) -> Option<LinkAt> {
    let link_of = |row: &Row, col: u16| {
        let number = usize::from(row.style_at(col).link);
        row.links.get(number.checked_sub(1)?).cloned()
    };
    let here = rows.get(row)?;
    let link = link_of(here, col)?;
    let mut cells = Vec::new();
    for at in line_at(rows, row) {
        let mut from = 0;
        for run in &rows[at].runs {
            let to = from + run.cells;
            if link_of(&rows[at], from).as_ref() == Some(&link) {
                cells.push((at, from..to));
            }
            from = to;
        }
    }
    Some(LinkAt {
        uri: link.uri,
        cells,
    })
}

fn written_link_at(rows: &[Arc<Row>], row: usize, col: u16) -> Option<LinkAt> {
    if row >= rows.len() {
        return None;
    }
    let placed = placed(rows, line_at(rows, row));
    let at = index_at(&placed, row, col)?;
    let belongs = |cluster: &Placed<'_>| {
        let c = cluster.text.chars().next().unwrap_or(' ');
        !c.is_whitespace() && !c.is_control() && !"\"'`<>│|".contains(c)
    };
    if !belongs(&placed[at]) {
        return None;
    }
    let first = placed[..at].iter().rposition(|cluster| !belongs(cluster));
    let first = first.map_or(0, |before| before + 1);
    let after = placed[at..].iter().position(|cluster| !belongs(cluster));
    let after = after.map_or(placed.len(), |after| at + after);
    let word: String = placed[first..after].iter().map(|cluster| cluster.text).collect();
    let lower = word.to_ascii_lowercase();
    // The scheme nearest before the cell: an address may stand in brackets or after a word.
    let offset: usize = placed[first..=at].iter().map(|cluster| cluster.text.len()).sum();
    let begin = SCHEMES
        .iter()
        .filter_map(|scheme| lower.get(..offset.min(lower.len()))?.rfind(scheme).or_else(|| {
            // The cell may be within the scheme itself.
            let found = lower.find(scheme)?;
            (found < offset).then_some(found)
        }))
        .max()?;
    let uri = trimmed(&word[begin..]);
    let (mut cells, mut bytes) = (Vec::<(usize, Range<u16>)>::new(), 0);
    for cluster in &placed[first..after] {
        let inside = bytes >= begin && bytes < begin + uri.len();
        bytes += cluster.text.len();
        if !inside {
            continue;
        }
        match cells.last_mut() {
            Some((row, cols)) if *row == cluster.row && cols.end == cluster.cells.start => {
                cols.end = cluster.cells.end;
            }
            _ => cells.push((cluster.row, cluster.cells.clone())),
        }
    }
    let covers = cells.iter().any(|(at, cols)| *at == row && cols.contains(&col));
    let says_something = SCHEMES.iter().all(|scheme| uri.len() != scheme.len());
    (covers && says_something).then(|| LinkAt {
        uri: uri.to_owned(),
        cells,
    })
}

/// Drops what belongs to the sentence around an address: punctuation at its end, and a closing
/// bracket that was not opened in it.
fn trimmed(uri: &str) -> &str {
    let mut uri = uri;
    loop {
        let Some(last) = uri.chars().next_back() else {
            return uri;
        };
        let opened = |open: char, close: char| {
            uri.matches(open).count() < uri.matches(close).count()
        };
        let drop = match last {
            '.' | ',' | ';' | ':' | '!' | '?' | '*' => true,
            ')' => opened('(', ')'),
            ']' => opened('[', ']'),
            '}' => opened('{', '}'),
            _ => false,
        };
        if !drop {
            return uri;
        }
        uri = &uri[..uri.len() - last.len_utf8()];
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::terminal::{Options, Terminal};
    use agor_proto::ids::Size;

    fn rows(cols: u16, input: &str) -> Vec<Arc<Row>> {
        let size = Size::cells(cols, 8);
        let mut terminal = Terminal::new(Options {
            size,
            ..Options::default()
        });
        terminal.advance(input.as_bytes(), &mut Vec::new());
        (0..size.rows).map(|at| Arc::new(terminal.row(at))).collect()
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
    fn text_joins_wrapped_rows_and_leaves_blanks_at_ends_out() {
        let rows = rows(10, "abcdefghijkl  \r\nsecond   \r\nthird");
        let all = text(&rows, (0, 0), (3, 5), Shape::Linear);
        assert_eq!(all, "abcdefghijkl\nsecond\nthird");
        assert_eq!(text(&rows, (0, 2), (2, 4), Shape::Block), "cd\n\nco");
    }

    #[test]
    fn an_address_in_a_sentence_is_a_link_without_the_sentence() {
        let line = "see (https://example.org/a_(b)), or <http://x.y/?q=1>.";
        let rows = rows(80, line);
        let link = link_at(&rows, 0, 12).unwrap();
        assert_eq!(link.uri, "https://example.org/a_(b)");
        assert_eq!(link.cells, [(0, 5..30)]);
        assert_eq!(link_at(&rows, 0, 6).unwrap().uri, link.uri);
        assert_eq!(link_at(&rows, 0, 4), None);
        assert_eq!(link_at(&rows, 0, 31), None);
        assert_eq!(link_at(&rows, 0, 45).unwrap().uri, "http://x.y/?q=1");
        assert_eq!(link_at(&rows, 0, 0), None);
    }

    #[test]
    fn an_address_goes_on_in_a_wrapped_row() {
        let rows = rows(16, "go https://example.org/path/to now");
        let link = link_at(&rows, 1, 3).unwrap();
        assert_eq!(link.uri, "https://example.org/path/to");
        assert_eq!(link.cells, [(0, 3..16), (1, 0..14)]);
    }

    #[test]
    fn a_made_link_goes_before_its_text() {
        let rows = rows(
            40,
            "\x1b]8;;https://real.example\x1b\\https://other.example\x1b]8;;\x1b\\ x",
        );
        let link = link_at(&rows, 0, 3).unwrap();
        assert_eq!(link.uri, "https://real.example");
        assert_eq!(link.cells, [(0, 0..21)]);
        assert_eq!(link_at(&rows, 0, 22), None);
    }

    #[test]
    fn only_harmless_schemes_are_opened() {
        assert!(may_open("https://example.org"));
        assert!(may_open("MAILTO:a@b.c"));
        for bad in ["file:///etc/passwd", "javascript:alert(1)", "ssh://x", "https://a\nb", "", "日"] {
            assert!(!may_open(bad), "{bad}");
        }
    }

    #[test]
    fn places_outside_the_rows_are_no_link_and_no_panic() {
        let rows = rows(10, "x");
        assert_eq!(link_at(&rows, 99, 0), None);
        assert_eq!(text(&rows, (50, 0), (60, 3), Shape::Linear), "");
    }
}
