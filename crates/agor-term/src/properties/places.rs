//! Rows are found by their place in the text, whatever moved them, and however many there are.

use agor_proto::ids::{LineId, LinePosition, Size};
use agor_proto::row::Row;
use proptest::prelude::*;

use super::{output, rows, terminal};
use crate::terminal::Terminal;

/// Every row, by folding everything: what windows are held against.
fn all_rows(terminal: &Terminal) -> Vec<Row> {
    let mut all = match terminal.history().rows {
        0 => Vec::new(),
        _ => terminal.history_rows(0, usize::MAX),
    };
    all.extend(rows(terminal));
    all
}

fn begins(row: &Row) -> LinePosition {
    LinePosition {
        line: row.line,
        column: row.start,
    }
}

/// Checks every row's place, and some windows.
fn check(terminal: &Terminal, windows: &[(usize, usize)]) {
    let all = all_rows(terminal);
    assert_eq!(terminal.rows_len(), all.len());
    for (at, row) in all.iter().enumerate() {
        let width = u32::from(row.width().max(1));
        for column in [row.start, row.start + width - 1] {
            let line = row.line;
            let found = terminal.row_of(LinePosition { line, column });
            assert_eq!(found, at, "{line:?} {column} of {} rows", all.len());
        }
    }
    for &(first, count) in windows {
        let end = first.saturating_add(count).min(all.len());
        let expected = all.get(first..end).unwrap_or_default();
        assert_eq!(
            terminal.rows_from(first, count),
            expected,
            "{first} {count}"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_window_is_a_part_of_all_rows(
        bytes in output(),
        sizes in proptest::collection::vec((2_u16..40, 1_u16..12), 0..3),
        windows in proptest::collection::vec((0_usize..80, 0_usize..80), 1..6),
    ) {
        let mut terminal = terminal(20, 6, 50);
        terminal.advance(&bytes, &mut Vec::new());
        check(&terminal, &windows);
        for (cols, height) in sizes {
            terminal.resize(Size::cells(cols, height), &mut Vec::new());
            check(&terminal, &windows);
        }
        check(&Terminal::restore(&terminal.checkpoint()).unwrap(), &windows);
    }

    #[test]
    fn a_window_over_many_pages_is_a_part_of_all_rows(
        blocks in proptest::collection::vec((0_u16..1_500, 1_usize..60, any::<bool>()), 1..6),
        max in 300_usize..3_000,
        cols in 5_u16..40,
        windows in proptest::collection::vec((0_usize..4_000, 0_usize..1_200), 1..6),
    ) {
        let mut terminal = terminal(20, 6, max);
        for (count, width, insert) in blocks {
            let text = "x".repeat(width);
            for number in 0..count {
                terminal.advance(format!("{number}{text}\r\n").as_bytes(), &mut Vec::new());
            }
            if insert {
                // Lines that are younger than those below them.
                terminal.advance(b"\x1b[H\x1b[2Lyoung\r\nyounger\x1b[6;1H\r\n", &mut Vec::new());
            }
        }
        check(&terminal, &windows);
        terminal.resize(Size::cells(cols, 7), &mut Vec::new());
        check(&terminal, &windows);
    }
}

#[test]
fn a_place_that_is_gone_is_the_row_made_after_it() {
    let mut terminal = terminal(20, 4, 600);
    let first = terminal.cursor_position();
    for number in 0..5_000 {
        terminal.advance(format!("{number}\r\n").as_bytes(), &mut Vec::new());
    }
    assert_eq!(terminal.row_of(first), 0);
    let newer = LinePosition {
        line: LineId(u64::MAX),
        column: 0,
    };
    assert_eq!(terminal.row_of(newer), terminal.rows_len() - 1);
    // What is erased below the last line that is left.
    let here = terminal.row_of(begins(&terminal.row(1)));
    let gone = begins(&terminal.row(2));
    terminal.advance(b"\x1b[3;1H\x1b[M", &mut Vec::new());
    assert_eq!(terminal.row_of(gone), here + 1);
}

#[test]
fn a_row_of_a_line_that_fills_pages_is_found() {
    let mut terminal = terminal(10, 3, 5_000);
    terminal.advance("x".repeat(40_000).as_bytes(), &mut Vec::new());
    let line = terminal.cursor_position().line;
    for row in [0, 1, 511, 512, 1_024, 3_000, 3_999] {
        let column = row as u32 * 10 + 9;
        assert_eq!(terminal.row_of(LinePosition { line, column }), row);
    }
    terminal.resize(Size::cells(20, 3), &mut Vec::new());
    let column = 30_010;
    assert_eq!(terminal.row_of(LinePosition { line, column }), 1_500);
}
