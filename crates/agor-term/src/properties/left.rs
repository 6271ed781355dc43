//! What leaves a history: together with what stayed it is what one that keeps everything has, at
//! any width, however the output was cut, and after a restart.

use agor_proto::ids::Size;
use agor_proto::row::{Row, RowFlags, Style};
use proptest::prelude::*;

use super::rows;
use crate::history::{HistoryPage, LeftPage, rows_of};
use crate::terminal::{Options, Terminal};

const KEPT: usize = 300;

fn terminal(hands_pages_out: bool) -> Terminal {
    Terminal::new(Options {
        size: Size::cells(20, 6),
        scrollback_rows: if hands_pages_out { KEPT } else { 1_000_000 },
        hands_pages_out,
        ..Options::default()
    })
}

/// Lines of all kinds: short, long, wide, coloured, marked, and one that fills pages.
fn text(blocks: &[(u16, usize, u8)]) -> Vec<u8> {
    let mut text = Vec::new();
    for &(count, width, kind) in blocks {
        for number in 0..count {
            let line = match kind {
                0 => format!("{number}{}\r\n", "x".repeat(width)),
                1 => format!(
                    "\x1b[3{}m{number} {}\x1b[m\r\n",
                    number % 8,
                    "y ".repeat(width)
                ),
                2 => format!("{number}{}\r\n", "漢字e\u{301}".repeat(width / 3)),
                3 => format!(
                    "\x1b]133;A\x07$ {number}\x1b]133;C\x07\r\n{}\r\n",
                    "z".repeat(width)
                ),
                _ => "w".repeat(width * 40),
            };
            text.extend(line.bytes());
        }
    }
    text
}

fn blocks() -> impl Strategy<Value = Vec<(u16, usize, u8)>> {
    proptest::collection::vec((0_u16..900, 0_usize..50, 0_u8..4), 1..5)
}

fn all_rows(terminal: &Terminal, left: &[LeftPage]) -> Vec<Row> {
    let cols = terminal.size().cols;
    let mut all: Vec<Row> = left.iter().flat_map(|it| it.page.rows(cols)).collect();
    all.extend(terminal.history_rows(0, usize::MAX));
    all.extend(rows(terminal));
    all
}

fn bytes_of(left: &[LeftPage]) -> Vec<(u64, Vec<u8>)> {
    left.iter()
        .map(|it| (it.number, it.page.to_bytes()))
        .collect()
}

/// Returns rows without the colours behind their text, without rows that go on with blanks alone, and
/// without where exactly their marks stand, as a narrow screen takes these away or nearer for good: how
/// it is depends on how often a line was wrapped anew.
fn without_ends(all: Vec<Row>) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::with_capacity(all.len());
    for row in all {
        let ends_blank = row.start > 0 && !row.wraps() && row.clusters().all(|it| it.text == " ");
        match rows.last_mut().filter(|_| ends_blank) {
            Some(before) => before.flags = RowFlags::default(),
            None => rows.push(row),
        }
    }
    for row in &mut rows {
        row.marks.iter_mut().for_each(|mark| mark.cell = 0);
        let last = row.clusters().last();
        let mut left = last.map_or(0, |last| last.cell + u16::from(last.width));
        for run in &mut row.runs {
            run.cells = run.cells.min(left);
            left -= run.cells;
        }
        row.runs.retain(|run| run.cells > 0);
        let plain = |row: &Row| {
            row.runs
                .last()
                .is_some_and(|run| run.style == Style::default())
        };
        while plain(row) {
            row.runs.pop();
        }
    }
    rows
}

/// Checks that both have the same rows, and says of which only the first that differs.
fn same_rows(parted: &[Row], whole: &[Row]) {
    let differs = parted.iter().zip(whole).position(|(a, b)| a != b);
    if let Some(at) = differs {
        panic!("row {at}: {:?}\ninstead of {:?}", parted[at], whole[at]);
    }
    assert_eq!(parted.len(), whole.len());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn what_left_and_what_stayed_are_everything_at_any_width(
        blocks in blocks(),
        widths in proptest::collection::vec(3_u16..60, 0..3),
    ) {
        let (mut whole, mut parted) = (terminal(false), terminal(true));
        let mut left = Vec::new();
        let text = text(&blocks);
        for terminal in [&mut whole, &mut parted] {
            terminal.advance(&text, &mut Vec::new());
        }
        left.extend(parted.take_pages());
        prop_assert!(parted.history_len() <= KEPT + 4 * 512);
        same_rows(&all_rows(&parted, &left), &all_rows(&whole, &[]));
        for cols in widths {
            for terminal in [&mut whole, &mut parted] {
                terminal.resize(Size::cells(cols, 6), &mut Vec::new());
            }
            left.extend(parted.take_pages());
            let (parted, whole) = (all_rows(&parted, &left), all_rows(&whole, &[]));
            same_rows(&without_ends(parted), &without_ends(whole));
        }
        let numbers: Vec<u64> = left.iter().map(|it| it.number).collect();
        prop_assert_eq!(numbers, parted.pages_left().collect::<Vec<_>>());
    }

    #[test]
    fn the_same_pages_leave_however_the_output_is_cut_and_after_a_restart(
        blocks in blocks(),
        piece in 1_usize..5_000,
        restart in 0_usize..8,
    ) {
        let text = text(&blocks);
        let mut once = terminal(true);
        once.advance(&text, &mut Vec::new());
        let expected = bytes_of(&once.take_pages());
        let mut cut = terminal(true);
        let mut left = Vec::new();
        for (at, piece) in text.chunks(piece).enumerate() {
            if at == restart {
                cut = Terminal::restore(&cut.checkpoint()).unwrap();
            }
            cut.advance(piece, &mut Vec::new());
            left.extend(cut.take_pages());
        }
        prop_assert_eq!(bytes_of(&left), expected);
    }

    #[test]
    fn a_page_comes_back_from_its_bytes_and_knows_its_height(
        blocks in blocks(),
        cols in 2_u16..60,
    ) {
        let mut terminal = terminal(true);
        terminal.advance(&text(&blocks), &mut Vec::new());
        for LeftPage { page, .. } in terminal.take_pages() {
            let again = HistoryPage::from_bytes(&page.to_bytes()).unwrap();
            let rows = page.rows(cols);
            prop_assert_eq!(&again.rows(cols), &rows);
            prop_assert_eq!(again.lines(), page.lines());
            let cells = page.line_cells();
            let height: u32 = cells.iter().map(|cells| rows_of(*cells, cols)).sum();
            // At its own width a page has the rows that it had, also one that holds a blank alone.
            let is_wrapped_anew = cols != terminal.size().cols;
            if is_wrapped_anew && rows.iter().all(|row| row.shapes.is_empty()) {
                prop_assert_eq!(height as usize, rows.len());
            }
            let mut lines = String::new();
            page.look_at_lines(|line| {
                lines += line.trim_end_matches(' ');
                lines.push('\n');
                false
            });
            prop_assert_eq!(lines, crate::text::plain(&rows));
        }
    }

    #[test]
    fn a_damaged_page_is_an_error_or_wrong_rows(
        at in 0_usize..4_000,
        value in any::<u8>(),
        cols in 1_u16..60,
    ) {
        let mut terminal = terminal(true);
        terminal.advance(&text(&[(200, 30, 2), (900, 9, 3)]), &mut Vec::new());
        let page = terminal.take_pages().remove(0).page;
        let mut bytes = page.to_bytes();
        let at = at % bytes.len();
        bytes[at] = value;
        if let Ok(page) = HistoryPage::from_bytes(&bytes) {
            drop(page.rows(cols));
            drop(page.line_cells());
            page.look_at_lines(|_| false);
        }
    }
}

#[test]
fn a_line_that_fills_pages_leaves_in_parts_that_go_on() {
    let mut terminal = terminal(true);
    terminal.advance(&vec![b'x'; 20 * 8_000], &mut Vec::new());
    let left = terminal.take_pages();
    assert!(left.len() >= 2, "{}", left.len());
    for LeftPage { page, .. } in &left {
        assert!(page.rows_len() <= 4 * 512);
        for cols in [20, 33] {
            let rows = page.rows(cols);
            assert!(rows.iter().all(Row::wraps));
        }
    }
    let text: String = all_rows(&terminal, &left)
        .iter()
        .map(|row| row.text.as_str())
        .collect();
    assert_eq!(text.len(), 20 * 8_000);
}

#[test]
fn clearing_the_history_clears_what_left() {
    let mut terminal = terminal(true);
    terminal.advance(&text(&[(3_000, 5, 0)]), &mut Vec::new());
    let left = terminal.pages_left();
    assert!(left.end >= 4 && left.start == 0, "{left:?}");
    terminal.advance(b"\x1b[3J", &mut Vec::new());
    assert_eq!(terminal.pages_left(), left.end..left.end);
    terminal.advance(&text(&[(3_000, 5, 0)]), &mut Vec::new());
    let pages = terminal.take_pages();
    assert_eq!(terminal.pages_left().start, left.end);
    assert!(pages.iter().any(|page| page.number >= left.end));
}

#[test]
fn rows_are_numbered_from_the_oldest_that_left() {
    let mut terminal = terminal(true);
    terminal.advance(&text(&[(3_000, 5, 0)]), &mut Vec::new());
    let pages = terminal.take_pages();
    let above: usize = pages.iter().map(|it| it.page.rows_len()).sum();
    let first = pages[0].page.lines().0;
    let rows = terminal.history().rows;
    terminal.set_above(above, Some(first));
    assert_eq!(terminal.history().rows as usize, rows as usize + above);
    assert_eq!(terminal.history().first_line, first);
    assert_eq!(terminal.first_row(), above);
    assert!(terminal.rows_from(above - 1, 3).is_empty());
    let row = terminal.rows_from(above + 7, 1).remove(0);
    let at = agor_proto::ids::LinePosition {
        line: row.line,
        column: row.start,
    };
    assert_eq!(terminal.row_of(at), above + 7);
    assert!(terminal.has_place(at));
    let gone = agor_proto::ids::LinePosition {
        line: first,
        column: 0,
    };
    assert_eq!(terminal.row_of(gone), above);
    assert!(!terminal.has_place(gone));
    terminal.advance(b"\x1b[?1049h", &mut Vec::new());
    assert_eq!((terminal.first_row(), terminal.history().rows), (0, 0));
}
