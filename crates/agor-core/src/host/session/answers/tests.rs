//! Answers that come in parts, and screens larger than a frame.

use std::time::Duration;

use agor_proto::ids::{LineId, LinePosition, Size};
use agor_proto::row::Row;
use agor_proto::screen::Mirror;
use agor_term::Options;
use proptest::prelude::*;
use rustix::time::{ClockId, clock_gettime};

use super::*;

fn terminal(cols: u16, rows: u16, scrollback_rows: usize) -> Terminal {
    Terminal::new(Options {
        size: Size::cells(cols, rows),
        scrollback_rows,
        ..Options::default()
    })
}

fn print(terminal: &mut Terminal, text: &str) {
    terminal.advance(text.as_bytes(), &mut Vec::new());
}

fn ask(terminal: &Terminal, at: WindowAt, before: u32, count: u32) -> (Vec<Row>, usize, usize) {
    match window(terminal, at, before, count) {
        Part::Window {
            rows, above, below, ..
        } => (rows, above as usize, below as usize),
        part => panic!("{part:?}"),
    }
}

fn place(row: &Row) -> LinePosition {
    LinePosition {
        line: row.line,
        column: row.start,
    }
}

/// Checks that a part of an answer can be sent.
fn assert_fits(part: Part) {
    let (ask, last) = (AskId(1), true);
    let message = Message::from(Answer { ask, last, part });
    message.encode(&mut Vec::new()).expect("it fits a frame");
}

/// A row in which every cell has a style of its own.
fn colourful(cols: u16, number: usize) -> String {
    let cell = |col: u16| format!("\x1b[38;2;{};{};{}mx", col % 256, col / 256, number % 256);
    (0..cols).map(cell).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_window_is_what_all_rows_say_there(
        lines in proptest::collection::vec("[a-z日 ]{0,70}", 0..60),
        asked in proptest::collection::vec((any::<bool>(), 0_usize..90, 0_u32..90, 0_u32..90), 1..8),
        cols in 10_u16..40,
    ) {
        let mut terminal = terminal(20, 5, 40);
        print(&mut terminal, &lines.join("\r\n"));
        terminal.resize(Size::cells(cols, 6), &mut Vec::new());
        let all = terminal.rows_from(0, usize::MAX);
        prop_assert_eq!(all.len(), terminal.history_rows(0, usize::MAX).len() + 6);
        for (from_end, number, before, count) in asked {
            let (index, at) = if from_end {
                let rows_back = number as u32;
                (all.len().saturating_sub(number), WindowAt::End { rows_back })
            } else {
                let index = number.min(all.len() - 1);
                (index, WindowAt::Line(place(&all[index])))
            };
            let (rows, above, below) = ask(&terminal, at, before, count);
            let first = index.saturating_sub(before as usize);
            prop_assert_eq!(above, first);
            prop_assert_eq!(above + rows.len() + below, all.len());
            prop_assert_eq!(rows.len(), (count as usize).min(all.len() - first));
            prop_assert_eq!(&rows[..], &all[above..above + rows.len()]);
        }
    }
}

#[test]
fn window_rows_max_are_sent_those_nearest_to_the_place() {
    let mut terminal = terminal(20, 5, 6_000);
    (0..6_000).for_each(|n| print(&mut terminal, &format!("{n}\r\n")));
    let all = terminal.rows_from(0, usize::MAX);
    let at = WindowAt::Line(place(&all[3_000]));
    for (before, first) in [(3_000, 2_500), (100, 2_900), (5_999, 2_500)] {
        let (rows, above, below) = ask(&terminal, at, before, 6_000);
        assert_eq!((rows.len(), above), (WINDOW_ROWS_MAX, first), "{before}");
        assert_eq!(above + rows.len() + below, all.len());
        assert_eq!(rows[0], all[above]);
    }
    let (rows, above, _) = ask(&terminal, at, 3_000, 3_001);
    assert_eq!((rows.len(), above), (WINDOW_ROWS_MAX, 2_001));
    let end = WindowAt::End { rows_back: 0 };
    let (rows, _, below) = ask(&terminal, end, u32::MAX, u32::MAX);
    assert_eq!((rows.len(), below), (WINDOW_ROWS_MAX, 0));
}

#[test]
fn a_window_of_large_rows_fits_a_frame_and_has_its_place() {
    let mut terminal = terminal(1_000, 20, 200);
    (0..120).for_each(|n| print(&mut terminal, &(colourful(1_000, n) + "\r\n")));
    let all = terminal.rows_from(0, usize::MAX);
    for index in [0, 50, all.len() - 21] {
        let at = WindowAt::Line(place(&all[index]));
        let (rows, above, below) = ask(&terminal, at, 60, 120);
        assert!(rows.len() > 5, "{}", rows.len());
        assert!(
            (above..above + rows.len()).contains(&index),
            "{above} {index}"
        );
        assert_eq!(above + rows.len() + below, all.len());
        assert_eq!(rows[..], all[above..above + rows.len()]);
        let (above, below) = (0, 0);
        assert_fits(Part::Window {
            rows,
            above,
            below,
            placements: Vec::new(),
        });
    }
}

#[test]
fn a_line_that_left_the_history_is_answered_with_the_oldest_rows() {
    let mut terminal = terminal(20, 5, 50);
    let gone = WindowAt::Line(LinePosition {
        line: LineId(1),
        column: 0,
    });
    (0..500).for_each(|n| print(&mut terminal, &format!("{n}\r\n")));
    let (rows, above, _) = ask(&terminal, gone, 10, 20);
    assert_eq!((above, rows.len()), (0, 20));
    assert_eq!(rows, terminal.rows_from(0, 20));
}

/// Returns the processor time of this thread: what else the machine does is not in it.
fn cpu() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), time.tv_nsec as u32)
}

#[test]
fn a_window_takes_no_longer_in_a_million_lines() {
    let time = |lines: usize| {
        let mut terminal = terminal(80, 24, lines);
        let text: String = (0..1_000).map(|n| format!("line {n}\r\n")).collect();
        (0..lines / 1_000 + 1).for_each(|_| print(&mut terminal, &text));
        let total = terminal.rows_len();
        assert!(total >= lines);
        let places: Vec<LinePosition> = (0..100)
            .map(|n| place(&terminal.rows_from(total * n / 100, 1)[0]))
            .collect();
        let begun = cpu();
        for at in places {
            let (rows, ..) = ask(&terminal, WindowAt::Line(at), 0, 20);
            assert_eq!(place(&rows[0]), at);
        }
        cpu() - begun
    };
    let (short, long) = (time(2_000), time(1_000_000));
    // Reading every row before it would take some hundred times as long.
    assert!(
        long < short * 10,
        "{short:?} in 2,000 lines, {long:?} in 1,000,000"
    );
}

#[test]
fn a_screen_as_large_and_colourful_as_can_be_comes_in_parts() {
    let mut terminal = terminal(1_000, 1_000, 0);
    (0..1_000).for_each(|n| {
        print(
            &mut terminal,
            &format!("\x1b[{}H{}", n + 1, colourful(1_000, n)),
        )
    });
    let session = SessionId::from_parts(1, [1; 10]);
    let updates = whole_screen(&terminal, session, Offset(7));
    assert!(updates.len() > 1);
    let mut mirror = Mirror::default();
    for update in updates {
        assert_fits(Part::Screen(Box::new(update.clone())));
        mirror
            .apply(update)
            .expect("it goes on from the one before");
    }
    let rows = terminal.rows_from(0, usize::MAX);
    assert!(mirror.rows.iter().map(AsRef::as_ref).eq(&rows));
}
