//! Rows that scrolled away, beside what they were on the screen.

#![allow(clippy::unwrap_used)] // all of it is tests

use agor_proto::ids::Size;
use agor_proto::row::Row;
use agor_term::{Options, Terminal};

/// Prints lines in colours that are all different, in runs of one to three cells, each with something before and
/// after them; returns the rows that history has of them, and what these were on the screen.
fn kept_and_shown(cols: u16, count: u32, (before, after): (&str, &str)) -> [Vec<Row>; 2] {
    let mut terminal = Terminal::new(Options {
        size: Size::cells(cols, 2),
        ..Options::default()
    });
    let mut shown: Vec<Row> = Vec::new();
    for line in 0..count {
        let mut text = String::from(before);
        for cell in 0..u32::from(cols) {
            let style = line * u32::from(cols) + cell / (1 + line % 3);
            text += &format!("\x1b[38;2;1;{};{}mx", style >> 8 & 0xff, style & 0xff);
        }
        text += after;
        terminal.advance(text.as_bytes(), &mut Vec::new());
        // The row above the cursor is finished; one of a line that goes on is so with the next.
        let row = terminal.row(0);
        let is_last = |last: &Row| (last.line, last.start) == (row.line, row.start);
        shown.pop_if(|last| is_last(last));
        shown.push(row);
    }
    let kept = terminal.history_rows(0, usize::MAX);
    shown.truncate(kept.len());
    [kept, shown]
}

#[test]
fn a_row_is_in_history_what_it_was_on_the_screen() {
    let link = "\x1b]8;;https://a.b\x1b\\";
    for (cols, count, around) in [
        // Runs that have one byte for their length, and others; the same with a link.
        (100, 60, ("", "\x1b[m\r\n")),
        (200, 60, ("", "\x1b[m\r\n")),
        (100, 60, (link, "\x1b]8;;\x1b\\\x1b[m\r\n")),
        // A line over many rows, which have a page together, with more styles than two bytes can number.
        (120, 260, ("", "")),
    ] {
        let [kept, shown] = kept_and_shown(cols, count, around);
        assert!(kept.len() as u32 >= count - 2, "{}", kept.len());
        assert!(kept.iter().any(|row| row.runs.len() > 90));
        assert_eq!(kept, shown, "{cols} {around:?}");
    }
}
