//! History that left the terminal's memory: every answer is that of a terminal which has everything
//! in memory, before and after the host dies.

use agor_proto::ids::AskId;
use agor_proto::ids::{LineId, LinePosition};
use agor_proto::limits::{
    HISTORY_ROWS, SCROLLBACK_ROWS_DEFAULT, SESSION_HISTORY_MAX, WINDOW_ROWS_MAX,
};
use agor_proto::message::{Hit, Message, Part, PlacedMark, WindowAt};
use agor_proto::row::Row;
use agor_term::Options;

use super::*;
use crate::host::session::find::begins;
use crate::host::session::shelf::{Question, Within};
use crate::storage::PageHead;

const END: WindowAt = WindowAt::End { rows_back: 0 };

/// A session that printed `lines` lines, and the terminal that has all of them.
fn printed(lines: usize) -> (World, Terminal) {
    let mut world = World::running();
    let mut whole = Terminal::new(Options {
        size: spec().size,
        scrollback_rows: usize::MAX,
        ..Options::default()
    });
    let mut n = 0;
    while n < lines {
        let mut text = String::new();
        for _ in 0..500 {
            text += &match n % 50 {
                0 => format!("\x1b]133;A\x07$ run {n}\x1b]133;C\x07\r\n"),
                1 => format!("\x1b[3{}mcolour {n}\x1b[m and a line that wraps\r\n", n % 8),
                2 => format!("漢字 {n}\r\n"),
                _ => format!("line {n}\r\n"),
            };
            n += 1;
        }
        world.print(&text);
        whole.advance(text.as_bytes(), &mut Vec::new());
        world.read();
        world.commit();
    }
    (world, whole)
}

fn answer(world: &mut World, query: Query) -> Vec<Part> {
    world.sent.clear();
    world.ask(Wish::Ask {
        ask: AskId(1),
        query,
    });
    let parts = world
        .sent
        .drain(..)
        .filter_map(|(_, message)| match message {
            Message::Answer(answer) => Some(answer.part),
            _ => None,
        });
    parts.collect()
}

fn window(world: &mut World, at: WindowAt, before: u32, count: u32) -> (Vec<Row>, u32, u32) {
    let session = id();
    let query = Query::Window {
        session,
        at,
        before,
        count,
    };
    match answer(world, query).remove(0) {
        Part::Window {
            rows, above, below, ..
        } => (rows, above, below),
        part => panic!("{part:?}"),
    }
}

/// Checks windows around rows far and near, by number and by place.
fn check_windows(world: &mut World, whole: &Terminal) {
    let total = whole.rows_len();
    // Whoever looks makes the host load the screen.
    window(world, END, 1, 1);
    let memory = world.session.fold.terminal().unwrap().first_row();
    assert!(
        memory > 1_000 && memory < total - HISTORY_ROWS,
        "{memory} of {total}"
    );
    for row in [
        0,
        1,
        511,
        512,
        700,
        memory - 30,
        memory - 1,
        memory,
        memory + 5,
        total - 5,
    ] {
        for (before, count) in [(0, 1), (10, 30), (40, 90), (300, 700)] {
            let first = row.saturating_sub(before as usize);
            let expected = whole.rows_from(first, count as usize);
            let place = begins(&whole.rows_from(row, 1)[0]);
            let rows_back = (total - row) as u32;
            for at in [WindowAt::Line(place), WindowAt::End { rows_back }] {
                let (rows, above, below) = window(world, at, before, count);
                assert_eq!(above as usize, first, "{row} {before} {count}");
                assert_eq!(rows, expected, "{row} {before} {count}");
                assert_eq!(above as usize + rows.len() + below as usize, total);
            }
        }
    }
    // A column within a row; a place that is nowhere.
    let mut place = begins(&whole.rows_from(77, 1)[0]);
    place.column += 3;
    assert_eq!(window(world, WindowAt::Line(place), 0, 1).1, 77);
    place.column = 5_000;
    assert!(window(world, WindowAt::Line(place), 0, 1).1 >= 77);
    let (rows, ..) = window(world, END, u32::MAX, u32::MAX);
    assert_eq!(rows.len(), WINDOW_ROWS_MAX);
}

/// Asks until everything was told.
fn all<T>(
    mut from: WindowAt,
    mut ask: impl FnMut(WindowAt) -> (Vec<T>, Option<LinePosition>),
) -> Vec<T> {
    let mut all = Vec::new();
    for _ in 0..10_000 {
        let (more, goes_on) = ask(from);
        all.extend(more);
        match goes_on {
            Some(place) => from = WindowAt::Line(place),
            None => return all,
        }
    }
    panic!("it never ends");
}

fn find_all(world: &mut World, pattern: &str, forwards: bool, count: u32) -> Vec<Hit> {
    let from = match forwards {
        true => WindowAt::Line(LinePosition {
            line: LineId(0),
            column: 0,
        }),
        false => END,
    };
    all(from, |from| {
        let query = Query::Find {
            session: id(),
            pattern: pattern.into(),
            regex: true,
            ignore_case: pattern.contains("LINE"),
            from,
            forwards,
            count,
            excerpt: u32::MAX,
        };
        match answer(world, query).remove(0) {
            Part::Found {
                hits,
                goes_on,
                excerpts,
            } => {
                assert_eq!(excerpts.len(), hits.len(), "each has its text");
                (hits, goes_on)
            }
            part => panic!("{part:?}"),
        }
    })
}

fn marks_of(rows: &[Row]) -> Vec<PlacedMark> {
    (0..)
        .zip(rows)
        .flat_map(crate::host::session::marks::on_row)
        .collect()
}

fn find_marks(world: &mut World, forwards: bool, count: u32) -> Vec<PlacedMark> {
    let from = match forwards {
        true => WindowAt::End {
            rows_back: u32::MAX,
        },
        false => END,
    };
    all(from, |from| {
        let query = Query::Marks {
            session: id(),
            from,
            forwards,
            count,
        };
        match answer(world, query).remove(0) {
            Part::Marks { marks, goes_on } => (marks, goes_on),
            part => panic!("{part:?}"),
        }
    })
}

fn check(world: &mut World, whole: &Terminal) {
    check_windows(world, whole);
    let rows = whole.rows_from(0, usize::MAX);
    for (pattern, text) in [
        ("line 17\\d\\d$", "line 17"),
        ("a LINE that", "a line that"),
        ("nowhere", "nowhere"),
    ] {
        let regex = regex::Regex::new(&format!("(?i){pattern}")).unwrap();
        let expected: Vec<Hit> = super::super::find::lines(&rows)
            .into_iter()
            .flat_map(|line| super::super::find::hits_in(&regex, line.start, &rows[line]).1)
            .map(|(hit, _)| hit)
            .collect();
        assert!(
            expected.len() > 50 || text == "nowhere",
            "{pattern}: {}",
            expected.len()
        );
        for count in [7, 1_000] {
            assert_eq!(find_all(world, pattern, true, count), expected, "{pattern}");
            let mut back = find_all(world, pattern, false, count);
            back.reverse();
            assert_eq!(back, expected, "{pattern}");
        }
    }
    let expected = marks_of(&rows);
    for count in [10, 1_000] {
        assert_eq!(find_marks(world, true, count), expected);
        let mut back = find_marks(world, false, count);
        back.reverse();
        assert_eq!(back, expected);
    }
    let query = Query::Rows {
        session: id(),
        from: LineId(0),
        screen: true,
    };
    let parts = answer(world, query).into_iter();
    let all = parts.flat_map(|part| match part {
        Part::Rows { rows } => rows,
        part => panic!("{part:?}"),
    });
    assert_eq!(all.collect::<Vec<_>>(), rows);
}

#[test]
fn every_row_is_found_wherever_it_is() {
    let (mut world, whole) = printed(20_000);
    assert!(world.session.shelf.rows() > 8_000);
    assert_eq!(
        world.disk.pages.len() as u64,
        world.session.shelf.last().unwrap() + 1
    );
    check(&mut world, &whole);
    // The host dies, with its last transaction on disk or not.
    for stored in [true, false] {
        world.print("the last words\r\n");
        world.read();
        world.crash(stored);
        world.read();
        world.commit();
        let mut again = Terminal::restore(&whole.checkpoint()).unwrap();
        let words = if stored { 1 } else { 2 };
        again.advance(
            "the last words\r\n".repeat(words).as_bytes(),
            &mut Vec::new(),
        );
        check(&mut world, &again);
    }
}

#[test]
fn rows_that_left_are_wrapped_for_the_width_at_which_they_are_shown() {
    let (mut world, mut whole) = printed(16_000);
    for cols in [13, 50] {
        let size = Size::cells(cols, 5);
        world
            .keeper
            .write(agor_proto::record::RecordBody::Resized(size));
        world.read();
        world.commit();
        whole.resize(size, &mut Vec::new());
        let total = whole.rows_len() as u32;
        // Wide letters may make a row of one count as none.
        let shown = world.session.info();
        let history = world.session.fold.terminal().unwrap().history().rows;
        assert!(
            total.abs_diff(history + 5) <= total / 50,
            "{history} of {total} {}",
            shown.name
        );
        for row in [0, 100, 3_000] {
            let expected = whole.rows_from(row, 40);
            let at = WindowAt::Line(begins(&expected[0]));
            let (rows, ..) = window(&mut world, at, 0, 40);
            let texts =
                |rows: &[Row]| -> Vec<String> { rows.iter().map(|row| row.text.clone()).collect() };
            assert_eq!(texts(&rows), texts(&expected));
        }
    }
}

#[test]
fn scrollback_rows_default() {
    let said_nothing = crate::config::Config::default();
    assert_eq!(said_nothing.scrollback_rows, SCROLLBACK_ROWS_DEFAULT);
    let (world, _) = printed(12_000);
    assert_eq!(
        launcher().terminal_options().rows_on_disk(),
        1_000_000 - HISTORY_ROWS
    );
    let mut shelf = Shelf::clone(&world.session.shelf);
    let (rows, first) = (shelf.rows(), shelf.first().unwrap());
    assert!(!shelf.bound(rows, u64::MAX));
    assert!(shelf.bound(rows - 1, u64::MAX));
    assert_eq!(shelf.first(), Some(first + 1));
    assert!(shelf.rows() >= rows - 4 * 512);
    assert!(shelf.bound(0, u64::MAX) && shelf.is_empty());
}

#[test]
fn session_history_max() {
    let (mut world, _) = printed(14_000);
    let first = world.session.shelf.first().unwrap();
    // As if the oldest page were so large that all have so much together, when one more leaves.
    let mut one_more_at = |size_bytes: u64| {
        let pages = world.disk.pages.values().map(PageHead::of);
        let mut heads: Vec<_> = pages.collect();
        let all: u64 = heads.iter().map(|head| head.size_bytes).sum();
        heads[0].size_bytes += size_bytes - all;
        let shelf = Shelf::stored(heads, spec().size.cols);
        world.session.shelf = Arc::new(shelf);
        let last = world.session.shelf.last();
        while world.session.shelf.last() == last {
            world.print(&"one more line\r\n".repeat(100));
            world.read();
            world.commit();
        }
        world.disk.pages.keys().next().copied()
    };
    let mebibyte = 1024 * 1024;
    assert_eq!(one_more_at(SESSION_HISTORY_MAX - mebibyte), Some(first));
    assert_eq!(one_more_at(SESSION_HISTORY_MAX), Some(first + 1));
}

#[test]
fn a_million_lines_are_all_reachable_in_120_mebibytes() {
    let mut terminal = Terminal::new(Options {
        size: Size::cells(120, 40),
        scrollback_rows: HISTORY_ROWS,
        hands_pages_out: true,
        ..Options::default()
    });
    let (mut shelf, mut disk) = (Shelf::default(), Disk::default());
    shelf.fit(120);
    for n in (0..1_000_000).step_by(1_000) {
        let lines = (n..n + 1_000)
            .map(|n| format!("   Compiling package-{n} v0.1.{n} (/home/me/work)\r\n"));
        terminal.advance(lines.collect::<String>().as_bytes(), &mut Vec::new());
        for page in terminal.take_pages() {
            let number = page.number;
            assert!(shelf.put(page.clone()));
            shelf.release(number);
            // Of a million lines a test keeps the oldest.
            if number == 0 {
                disk.pages.insert(0, page);
            }
        }
    }
    assert_eq!(shelf.rows() + terminal.history_len() + 39, 1_000_000);
    let kept = terminal.history_bytes() + shelf.memory_bytes();
    assert!(kept < 12 * 1024 * 1024, "{kept}");
    let look = Look {
        shelf: Arc::new(shelf),
        question: Question::Window {
            at: Within::Row(0),
            before: 0,
            count: 2,
            total: 1_000_000,
            below: Vec::new(),
            placements: Vec::new(),
        },
    };
    match look.answer(&disk) {
        Part::Window { rows, .. } => {
            assert!(rows[1].text.starts_with("   Compiling package-1 v0.1.1 "))
        }
        part => panic!("{part:?}"),
    }
}

#[test]
fn clearing_the_history_forgets_what_left() {
    let (mut world, _) = printed(14_000);
    assert!(!world.disk.pages.is_empty());
    world.print("\x1b[3J");
    world.read();
    world.commit();
    assert!(world.session.shelf.is_empty());
    assert!(world.disk.pages.is_empty());
    let (rows, above, below) = window(&mut world, END, 1_000, 1_000);
    assert_eq!((rows.len(), above, below), (5, 0, 0));
}

#[test]
fn the_alternate_screen_has_no_history_and_the_primary_its_own_after_it() {
    let (mut world, whole) = printed(14_000);
    world.print("\x1b[?1049h");
    world.read();
    let (rows, above, _) = window(&mut world, END, 1_000, 1_000);
    assert_eq!((rows.len(), above), (5, 0));
    assert!(find_all(&mut world, "line 17", false, 10).is_empty());
    world.print("\x1b[?1049l");
    world.read();
    world.commit();
    check_windows(&mut world, &whole);
}
