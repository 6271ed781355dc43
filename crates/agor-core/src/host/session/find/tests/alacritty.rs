//! What is found beside what `alacritty_terminal` finds in the same output, forwards and backwards.
//!
//! `what_differs` shows where they do not, and why. The generators leave that out.

use std::collections::BTreeSet;

use alacritty_terminal::event::VoidListener;
use alacritty_terminal::grid::Dimensions;
use alacritty_terminal::index::{Column, Direction, Point};
use alacritty_terminal::term::cell::Flags;
use alacritty_terminal::term::search::{RegexIter, RegexSearch};
use alacritty_terminal::term::{Config, Term};
use alacritty_terminal::vte::ansi::Processor;
use proptest::sample::select;

use super::*;

/// The row and the cell of the first and of the last cell of a hit.
type Cells = [(usize, usize); 2];

struct Dims(Size);

impl Dimensions for Dims {
    fn total_lines(&self) -> usize {
        self.0.rows.into()
    }

    fn screen_lines(&self) -> usize {
        self.0.rows.into()
    }

    fn columns(&self) -> usize {
        self.0.cols.into()
    }
}

/// Returns what both find in an output: everything, by the rows from the oldest on. Like alacritty's, an
/// expression without a capital letter means all.
fn found(size: Size, output: &str, pattern: &str, direction: Direction) -> [Vec<Cells>; 2] {
    let mut ours = Terminal::new(Options {
        size,
        scrollback_rows: 1_000,
        ..Options::default()
    });
    ours.advance(output.as_bytes(), &mut Vec::new());
    let regex = compile(pattern, true, !pattern.chars().any(char::is_uppercase)).unwrap();
    let (from, forwards) = match direction {
        Direction::Right => (BEGIN, true),
        Direction::Left => (END, false),
    };
    let rows = ours.rows_from(0, usize::MAX);
    let place = |row: usize, column: u32| (row, (column - rows[row].start) as usize);
    let hits = all(&ours, &regex, from, forwards, 3);
    let hits = hits.into_iter().map(|hit| {
        let last = LinePosition {
            line: hit.start.line,
            column: hit.end_column - 1,
        };
        let first = place(hit.row as usize, hit.start.column);
        [first, place(ours.row_of(last), last.column)]
    });

    let config = Config {
        scrolling_history: 1_000,
        ..Config::default()
    };
    let mut theirs = Term::new(config, &Dims(size), VoidListener);
    Processor::<alacritty_terminal::vte::ansi::StdSyncHandler>::new()
        .advance(&mut theirs, output.as_bytes());
    let begin = Point::new(theirs.topmost_line(), Column(0));
    let end = Point::new(theirs.bottommost_line(), theirs.last_column());
    let (from, to) = match direction {
        Direction::Right => (begin, end),
        Direction::Left => (end, begin),
    };
    let cell = |point: &Point| {
        let row = point.line - begin.line;
        (usize::try_from(row.0).unwrap(), point.column.0)
    };
    // A hit that begins with a wide character begins there in the cell that was left free for it.
    let first = |point: &Point| {
        let flags = theirs.grid()[*point].flags;
        let (row, col) = cell(point);
        match flags.contains(Flags::LEADING_WIDE_CHAR_SPACER) {
            true => (row + 1, 0),
            false => (row, col),
        }
    };
    let mut regex = RegexSearch::new(pattern).unwrap();
    let their_hits = RegexIter::new(from, to, direction, &theirs, &mut regex);
    let their_hits = their_hits.map(|hit| [first(hit.start()), cell(hit.end())]);
    // Theirs begins anew, without end, where a wide character stands at the grid's edge.
    let mut seen = BTreeSet::new();
    let their_hits = their_hits.take_while(|hit| seen.insert(*hit));
    [hits.collect(), their_hits.collect()]
}

/// Says whether a line fills its last row and ends with a wide character. Theirs does not see that it ends, backwards;
/// forwards it does not where a line begins with one, which the generator leaves out.
fn hides_the_end_of_a_line(size: Size, output: &str) -> bool {
    let terminal = terminal(size.cols, 1_000, output);
    let rows = terminal.rows_from(0, usize::MAX);
    rows.iter().any(|row| {
        let last = row.clusters().last();
        !row.wraps() && row.width() == size.cols && last.is_some_and(|last| last.width == 2)
    })
}

/// Says whether no hit of a text may overlap another: no beginning of it is an end of it.
fn stands_alone(text: &str) -> bool {
    let mut cuts = text.char_indices().map(|(at, _)| at).skip(1);
    let text = text.to_lowercase();
    cuts.all(|at| !text.ends_with(&text[..at]))
}

fn pattern() -> impl Strategy<Value = String> {
    let literal = "[abAB日c]([abAB日 c]{0,3}[abAB日c])?"
        .prop_filter("it may overlap itself", |text| stands_alone(text));
    let expressions = [
        "a+b",
        "[ab]c",
        "日|c",
        "a(b|日)+c",
        "B?日c",
        "[a-c]+日",
        "c *a",
        "[^ab日]b",
    ];
    prop_oneof![
        3 => literal,
        2 => select(expressions.to_vec()).prop_map(str::to_owned),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn both_find_the_same_in_the_same_output_in_both_directions(
        lines in proptest::collection::vec("([abABc ][abABc日 ]{0,69})?", 1..30),
        pattern in pattern(),
        cols in 5_u16..30,
        rows in 3_u16..9,
    ) {
        let output = lines.join("\r\n");
        prop_assume!(!hides_the_end_of_a_line(Size::cells(cols, rows), &output));
        for direction in [Direction::Right, Direction::Left] {
            let [ours, theirs] = found(Size::cells(cols, rows), &output, &pattern, direction);
            prop_assert_eq!(ours, theirs, "{:?}", direction);
        }
    }
}

/// Each with its reason. Where the two agree, a row is not needed.
#[test]
fn what_differs() {
    use Direction::{Left, Right};
    for (output, pattern, direction, our_cells, reason) in [
        (
            "ab",
            "b +",
            Right,
            vec![],
            "a line ends where its text does, not with the screen's columns",
        ),
        (
            "aaa",
            "aa",
            Left,
            vec![[0, 1]],
            "both directions have the same hits; theirs begins at the end",
        ),
        (
            "e\u{301}x",
            "ex",
            Right,
            vec![],
            "a letter and its mark are one sign; theirs leaves marks out",
        ),
        (
            "ae\u{301}x",
            "e\u{301}",
            Right,
            vec![[1, 1]],
            "a mark can be looked for",
        ),
        ("🇩🇪", "🇩", Right, vec![], "half a flag is no flag"),
        (
            "a\tb",
            "a {7}b",
            Right,
            vec![[0, 8]],
            "a tab is the blanks that it moved over; theirs keeps it",
        ),
        (
            "this line was full a\r\n日b日",
            "[ab]日",
            Right,
            vec![[2, 4]],
            "a line ends before one that begins with a wide character, too",
        ),
    ] {
        let [ours, theirs] = found(Size::cells(20, 3), output, pattern, direction);
        assert_ne!(ours, theirs, "{pattern:?}: it does not differ: {reason}");
        let in_row: Vec<_> = ours.iter().map(|[begin, end]| [begin.1, end.1]).collect();
        assert_eq!(in_row, our_cells, "{pattern:?}: {reason}");
    }
}
