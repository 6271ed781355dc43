//! Links in rows: those that a program made (OSC 8), and addresses in the text.

use std::ops::Range;
use std::sync::Arc;

use agor_proto::row::{Link, Row};

use super::{Placed, index_at, line_at, placed, run_around};

/// What addresses in a text begin with.
const WRITTEN: &[&str] = &["https://", "http://", "file://", "ftp://", "mailto:"];

/// Schemes that a window may open. A link to anything else is text: what opens a file, say, may
/// run it.
pub const SCHEMES: &[&str] = &["https://", "http://", "mailto:", "ftp://"];

/// A link and the cells that it covers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkAt {
    /// Its target, as the program gave it or as it is written.
    pub uri: String,
    /// Its cells, row by row.
    pub cells: Vec<(usize, Range<u16>)>,
}

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
    made_at(rows, row, col).or_else(|| written_at(rows, row, col))
}

fn made_at(rows: &[Arc<Row>], row: usize, col: u16) -> Option<LinkAt> {
    let link = link_of(rows.get(row)?, col)?;
    // A name joins cells wherever they are; without one a link is within its line.
    let within = if link.id.is_empty() {
        line_at(rows, row)
    } else {
        0..rows.len()
    };
    let mut cells: Vec<(usize, Range<u16>)> = Vec::new();
    for at in within {
        let mut from = 0_u16;
        for run in &rows[at].runs {
            let to = from.saturating_add(run.cells);
            if from < to && link_of(&rows[at], from) == Some(link) {
                add(&mut cells, at, from..to);
            }
            from = to;
        }
    }
    let uri = link.uri.clone();
    Some(LinkAt { uri, cells })
}

fn link_of(row: &Row, col: u16) -> Option<&Link> {
    let number = usize::from(row.style_at(col).link);
    row.links.get(number.checked_sub(1)?)
}

/// Adds cells to those before, which end where these begin if they touch.
pub(super) fn add(cells: &mut Vec<(usize, Range<u16>)>, row: usize, cols: Range<u16>) {
    match cells.last_mut() {
        Some((last, before)) if *last == row && before.end == cols.start => before.end = cols.end,
        _ => cells.push((row, cols)),
    }
}

/// Returns the address in the text at a cell.
pub(super) fn written_at(rows: &[Arc<Row>], row: usize, col: u16) -> Option<LinkAt> {
    let placed = placed(rows, line_at(rows, row));
    let at = index_at(&placed, row, col)?;
    let belongs = |cluster: &Placed<'_>| belongs(cluster.text);
    if !belongs(&placed[at]) {
        return None;
    }
    let (first, after) = run_around(&placed, at, belongs);
    let run = &placed[first..after];
    let text: String = run.iter().map(|cluster| cluster.text).collect();
    let before: usize = run[..at - first].iter().map(|c| c.text.len()).sum();
    let found = addresses(&text).find(|found| found.contains(&before))?;
    let (mut cells, mut bytes) = (Vec::new(), 0);
    for cluster in run {
        if found.contains(&bytes) {
            add(&mut cells, cluster.row, cluster.cells.clone());
        }
        bytes += cluster.text.len();
    }
    let uri = text[found].to_owned();
    Some(LinkAt { uri, cells })
}

/// Says whether a cluster can be a part of an address.
pub(super) fn belongs(cluster: &str) -> bool {
    let c = cluster.chars().next().unwrap_or(' ');
    !c.is_whitespace() && !c.is_control() && !"\"'`<>│|".contains(c)
}

/// Returns where the addresses in a text without blanks are, in order.
pub(super) fn addresses(text: &str) -> impl Iterator<Item = Range<usize>> {
    let lower = text.to_ascii_lowercase();
    let mut from = 0;
    std::iter::from_fn(move || {
        loop {
            let rest = lower.get(from..)?;
            let found = |scheme: &'static str| Some((from + rest.find(scheme)?, scheme));
            let (begin, scheme) = WRITTEN.iter().copied().filter_map(found).min()?;
            from = begin + scheme.len();
            let before = text[..begin].chars().next_back();
            let address = whole(&text[begin..]);
            if address.len() > scheme.len() && !before.is_some_and(|c| c.is_ascii_alphanumeric()) {
                from = begin + address.len();
                return Some(begin..from);
            }
        }
    })
}

/// Returns the address at the beginning of `text` without the sentence around it: it ends before a
/// bracket that closes nothing in it, and before punctuation at its end.
fn whole(text: &str) -> &str {
    let mut open = Vec::new();
    let closing = text.char_indices().find(|&(_, c)| match c {
        '(' | '[' | '{' | '（' | '【' | '「' => {
            open.push(c);
            false
        }
        ')' => open.pop_if(|c| *c == '(').is_none(),
        ']' => open.pop_if(|c| *c == '[').is_none(),
        '}' => open.pop_if(|c| *c == '{').is_none(),
        '）' => open.pop_if(|c| *c == '（').is_none(),
        '】' => open.pop_if(|c| *c == '【').is_none(),
        '」' => open.pop_if(|c| *c == '「').is_none(),
        _ => false,
    });
    let address = closing.map_or(text, |(end, _)| &text[..end]);
    address.trim_end_matches(|c| ".,;:!?*。，、；：！？([{（【「".contains(c))
}

#[cfg(test)]
mod tests {
    use super::super::tests::rows;
    use super::super::{Shape, text};
    use super::*;

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
        for bad in [
            "file:///etc/passwd",
            "javascript:alert(1)",
            "ssh://x",
            "https://a\nb",
            "",
            "日",
        ] {
            assert!(!may_open(bad), "{bad}");
        }
    }

    #[test]
    fn places_outside_the_rows_are_no_link_and_no_panic() {
        let rows = rows(10, "x");
        assert_eq!(link_at(&rows, 99, 0), None);
        assert_eq!(text(&rows, (50, 0), (60, 3), Shape::Linear), "");
    }

    fn uris(line: &str) -> Vec<&str> {
        addresses(line).map(|found| &line[found]).collect()
    }

    #[test]
    fn addresses_end_where_their_sentences_go_on() {
        for (line, expected) in [
            ("file:///tmp/a.txt:", &["file:///tmp/a.txt"][..]),
            (
                "mailto:ann@example.org?subject=x!",
                &["mailto:ann@example.org?subject=x"],
            ),
            ("(HTTPS://a.b),(http://c.d)", &["HTTPS://a.b", "http://c.d"]),
            (
                "https://a.b/?u=https://c.d",
                &["https://a.b/?u=https://c.d"],
            ),
            ("见https://a.b/路径。", &["https://a.b/路径"]),
            ("（https://a.b/路径）。", &["https://a.b/路径"]),
            ("[x](https://a.b/c_(d)[e])", &["https://a.b/c_(d)[e]"]),
            ("https://a.b/(", &["https://a.b/"]),
            ("xhttps://a.b", &[]),
            ("https://", &[]),
            ("https://http://x", &["https://http://x"]),
            ("https://)https://x.y", &["https://x.y"]),
        ] {
            assert_eq!(uris(line), expected, "{line}");
        }
    }

    #[test]
    fn an_address_in_wide_text_covers_whole_cells() {
        let rows = rows(14, "（https://a.b/日本/x）");
        let link = link_at(&rows, 1, 2).unwrap();
        assert_eq!(link.uri, "https://a.b/日本/x");
        // A wide character that does not fit leaves the last cell of the row free.
        assert_eq!(link.cells, [(0, 2..14), (1, 0..6)]);
        assert_eq!(link_at(&rows, 0, 1), None);
        assert_eq!(link_at(&rows, 1, 6), None);
    }

    #[test]
    fn a_made_link_with_a_name_is_one_over_rows() {
        let rows = rows(
            20,
            "\x1b]8;id=1;https://a.b\x1b\\one\x1b]8;;\x1b\\ |\r\n\x1b]8;id=1;https://a.b\x1b\\two\x1b]8;;\x1b\\\r\n\x1b]8;;https://a.b\x1b\\other\x1b]8;;\x1b\\",
        );
        let named = [(0, 0..3), (1, 0..3)];
        assert_eq!(link_at(&rows, 0, 1).unwrap().cells, named);
        assert_eq!(link_at(&rows, 1, 1).unwrap().cells, named);
        assert_eq!(link_at(&rows, 2, 1).unwrap().cells, [(2, 0..5)]);
    }

    #[test]
    fn a_damaged_row_does_no_harm() {
        let mut row = Row::clone(&rows(10, "\x1b]8;;https://a.b\x1b\\x")[0]);
        row.runs[0].cells = u16::MAX;
        let run = row.runs[0];
        row.runs.push(run);
        let rows = [Arc::new(row)];
        assert!(link_at(&rows, 0, u16::MAX - 1).is_some());
        assert_eq!(link_at(&rows, 0, u16::MAX), None);
    }
}
