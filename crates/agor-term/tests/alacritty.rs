//! Random output shown by us and by `alacritty_terminal`: the same text stands at the same places
//! in the same colours.
//!
//! Where the two differ on purpose, the generator leaves it out. Each with its reason:
//! - A control after the last column was written: alacritty keeps the pending wrap through LF, TAB
//!   and erasures and ignores EL 0 then; xterm, and so we, end it (`ResetWrap` in xterm's
//!   `util.c`). The cursor is put where it is before such a control.
//! - Zero-width joiner, variation selectors, flags and skin tones: we form clusters (mode 2027).
//! - ED 2 and 3: alacritty moves the screen to history first; xterm does not. Not compared.
//! - Cursor movement at margins: alacritty does not stop CUU and CUD at them; the VT510 manual
//!   says so. Left out while margins are set.
//! - IL and DL: alacritty leaves the cursor's column; the VT510 and xterm go to the left margin. A
//!   CR follows them.
//! - DECOM: alacritty leaves the cursor when origin mode ends; the VT510 homes it. CUP follows.
//! - CHA in origin mode: alacritty adds the top margin to the row again.
//! - ED 1 in the second row: alacritty does not erase the first.
//! - DCH of more than is left: alacritty erases cells before the cursor.
//! - REP after a change of the character set: alacritty repeats the key, we the character shown.
//!   REP follows a letter.
//! - A zero-width mark with nothing before it: alacritty keeps it; xterm and we drop it.
//! - A wide character where only one column is left, without auto-wrap: not generated.
//! - ECH, ICH, DCH and overwriting of a half of a wide character: alacritty leaves the other half;
//!   we never leave half a character. Such edits are generated on ASCII rows only.
//! - SU and SD with a scrolling region: the same; DL and IL outside of it: the same.

use agor_proto::ids::Size;
use agor_proto::row::{Attrs, Color};
use agor_term::{Options, Terminal};
use alacritty_terminal::event::VoidListener;
use alacritty_terminal::grid::Dimensions;
use alacritty_terminal::index::{Column, Line};
use alacritty_terminal::term::cell::Flags;
use alacritty_terminal::term::{Config, Term};
use alacritty_terminal::vte::ansi::{Color as TheirColor, NamedColor, Processor};
use proptest::prelude::*;

const COLS: u16 = 20;
const ROWS: u16 = 8;

struct Dims;

impl Dimensions for Dims {
    fn total_lines(&self) -> usize {
        ROWS.into()
    }

    fn screen_lines(&self) -> usize {
        ROWS.into()
    }

    fn columns(&self) -> usize {
        COLS.into()
    }
}

#[derive(Debug, Clone)]
enum Piece {
    Text(String),
    Control(String),
}

fn control() -> impl Strategy<Value = String> {
    let small = 0_u16..12;
    prop_oneof![
        4 => (small.clone(), 0_u16..24).prop_map(|(row, col)| format!("\x1b[{row};{col}H")),
        3 => (small.clone(), proptest::sample::select(b"CDG`ad".to_vec()))
            .prop_map(|(n, last)| format!("\x1b[{n}{}", char::from(last))),
        3 => (0_u16..3, proptest::sample::select(b"JK".to_vec()))
            .prop_filter("see above", |(n, last)| *n == 0 || *last != b'J')
            .prop_map(|(n, last)| format!("\x1b[{n}{}", char::from(last))),
        2 => (small.clone(), proptest::sample::select(b"LMST".to_vec()))
            .prop_map(|(n, last)| format!("\x1b[{n}{}\r", char::from(last))),
        3 => (small, proptest::sample::select(b"@PX".to_vec()))
            .prop_map(|(n, last)| format!("\x1b[{n}{}", char::from(last))),
        1 => (1_u16..5, 5_u16..9).prop_map(|(top, bottom)| format!("\x1b[{top};{bottom}r")),
        1 => Just("\x1b[r".to_owned()),
        2 => Just("\r\n".to_owned()),
        2 => proptest::sample::select(vec!["\r", "\n", "\t", "\x08", "\x1bM", "\x1bD", "\x1bE"])
            .prop_map(str::to_owned),
        1 => proptest::sample::select(vec!["\x1b7", "\x1b8", "\x1b(0", "\x1b(B", "\x1bH", "\x1b[3g"])
            .prop_map(str::to_owned),
        1 => (1_u16..40).prop_map(|n| format!("x\x1b[{n}b")),
        2 => proptest::sample::select(vec![
            "\x1b[1m", "\x1b[31m", "\x1b[42m", "\x1b[0m", "\x1b[38;5;99m", "\x1b[48;2;1;2;3m", "\x1b[7;3m",
            "\x1b[22;27m", "\x1b[94;39m", "\x1b[4m",
        ])
        .prop_map(str::to_owned),
        1 => proptest::sample::select(vec!["\x1b[4h", "\x1b[4l", "\x1b[?6h", "\x1b[?6l\x1b[H"])
            .prop_map(str::to_owned),
    ]
}

fn narrow() -> impl Strategy<Value = Vec<Piece>> {
    let text = "[a-zA-Z0-9 ~_]{1,30}";
    let piece = prop_oneof![
        text.prop_map(Piece::Text),
        control().prop_map(Piece::Control)
    ];
    proptest::collection::vec(piece, 1..60)
}

fn wide() -> impl Strategy<Value = Vec<Piece>> {
    let text = "([a-z漢字かな한äж😀🚀 ]|e\u{301}){1,30}";
    let piece = prop_oneof![
        3 => text.prop_map(Piece::Text),
        1 => (0_u16..9).prop_map(|row| Piece::Control(format!("\x1b[{row};1H\x1b[K"))),
        1 => Just(Piece::Control("\r\n".into())),
    ];
    proptest::collection::vec(piece, 1..30)
}

#[derive(Debug, Clone, PartialEq)]
struct Seen {
    text: String,
    fg: Color,
    bg: Color,
    bold: bool,
    reverse: bool,
}

fn color(color: TheirColor) -> Color {
    match color {
        TheirColor::Named(NamedColor::Foreground | NamedColor::Background) => Color::Default,
        TheirColor::Named(named) => Color::Indexed(named as usize as u8),
        TheirColor::Indexed(index) => Color::Indexed(index),
        TheirColor::Spec(rgb) => Color::Rgb(rgb.r, rgb.g, rgb.b),
    }
}

fn theirs(term: &Term<VoidListener>) -> Vec<Vec<Seen>> {
    let row = |line: u16| {
        let row = &term.grid()[Line(line.into())];
        let cells = (0..usize::from(COLS)).map(|col| &row[Column(col)]);
        cells
            .filter(|cell| !cell.flags.contains(Flags::WIDE_CHAR_SPACER))
            .map(|cell| {
                let mut text = String::from(if cell.c == '\t' { ' ' } else { cell.c });
                text.extend(cell.zerowidth().unwrap_or_default());
                Seen {
                    text,
                    fg: color(cell.fg),
                    bg: color(cell.bg),
                    bold: cell.flags.contains(Flags::BOLD),
                    reverse: cell.flags.contains(Flags::INVERSE),
                }
            })
            .collect()
    };
    (0..ROWS).map(row).collect()
}

fn ours(terminal: &Terminal) -> Vec<Vec<Seen>> {
    let row = |at: u16| {
        let row = terminal.row(at);
        let seen = |cell: u16, text: &str| {
            let style = row.style_at(cell);
            Seen {
                text: text.into(),
                fg: style.fg,
                bg: style.bg,
                bold: style.attrs.contains(Attrs::BOLD),
                reverse: style.attrs.contains(Attrs::REVERSE),
            }
        };
        let mut cells: Vec<_> = row.clusters().map(|c| seen(c.cell, c.text)).collect();
        let end = row
            .clusters()
            .last()
            .map_or(0, |c| c.cell + u16::from(c.width));
        cells.extend((end..COLS).map(|cell| seen(cell, " ")));
        cells
    };
    (0..ROWS).map(row).collect()
}

fn compare(pieces: &[Piece]) -> Result<(), TestCaseError> {
    let size = Size::cells(COLS, ROWS);
    let mut ours_ = Terminal::new(Options {
        size,
        ..Options::default()
    });
    let mut term = Term::new(Config::default(), &Dims, VoidListener);
    let mut processor: Processor = Processor::new();
    let mut effects = Vec::new();
    let mut all = String::new();
    let (mut margins, mut origin) = (false, false);
    for piece in pieces {
        let text = match piece {
            Piece::Text(text) => text.clone(),
            Piece::Control(control) => {
                let cursor = ours_.cursor();
                let mut text = String::new();
                if cursor.col + 1 == COLS {
                    text.push_str("\x1b[D\x1b[C");
                }
                if control.starts_with("\x1b[") && control.ends_with('r') {
                    margins = control != "\x1b[r";
                }
                origin = match control.as_str() {
                    "\x1b[?6h" => true,
                    "\x1b[?6l\x1b[H" => false,
                    _ => origin,
                };
                let restores = control == "\x1b8" || control == "\x1b7";
                let to_column = control.ends_with('G') || control.ends_with('`');
                let near_end = control.ends_with('P') && cursor.col + 12 >= COLS;
                if restores && (margins || origin) || to_column && origin || near_end {
                    continue;
                }
                text + control
            }
        };
        all.push_str(&text);
        ours_.advance(text.as_bytes(), &mut effects);
        processor.advance(&mut term, text.as_bytes());
        let point = term.grid().cursor.point;
        let cursor = ours_.cursor();
        let shown = format!("{:?}", all);
        prop_assert_eq!(
            (cursor.row, cursor.col),
            (point.line.0 as u16, point.column.0 as u16),
            "cursor after {}",
            shown
        );
        for (at, (ours, theirs)) in ours(&ours_).iter().zip(theirs(&term)).enumerate() {
            let text = |row: &[Seen]| {
                row.iter()
                    .map(|seen| seen.text.as_str())
                    .collect::<String>()
            };
            prop_assert_eq!(text(ours), text(&theirs), "row {} after {}", at, shown);
            prop_assert_eq!(ours, &theirs, "row {} after {}", at, shown);
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..Default::default() })]

    #[test]
    fn narrow_text_and_controls_are_shown_as_alacritty_shows_them(pieces in narrow()) {
        compare(&pieces)?;
    }

    #[test]
    fn wide_text_is_shown_as_alacritty_shows_it(pieces in wide()) {
        compare(&pieces)?;
    }
}
