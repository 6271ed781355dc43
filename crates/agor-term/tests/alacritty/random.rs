//! Random output, on screens of many sizes; the generators leave out what is known to differ
//! (`main.rs` says what and why).

use agor_proto::ids::Size;
use proptest::prelude::*;
use proptest::sample::select;

use crate::pair::Pair;

#[derive(Debug, Clone)]
enum Piece {
    Text(String),
    Control(String),
    Resize(Size),
}

fn size() -> impl Strategy<Value = Size> {
    let small = (8_u16..40, 8_u16..16);
    let large = (40_u16..200, 16_u16..60);
    prop_oneof![4 => small, 1 => large].prop_map(|(cols, rows)| Size::cells(cols, rows))
}

fn color() -> impl Strategy<Value = String> {
    prop_oneof![
        (0_u16..8, select(vec![30, 40, 90, 100])).prop_map(|(n, base)| format!("{}", n + base)),
        (0_u16..256, select(vec![38, 48, 58])).prop_map(|(n, what)| format!("{what};5;{n}")),
        (any::<(u8, u8, u8)>(), select(vec![38, 48, 58]))
            .prop_map(|((r, g, b), what)| format!("{what};2;{r};{g};{b}")),
        select(vec!["39", "49", "59"]).prop_map(str::to_owned),
    ]
}

fn style() -> impl Strategy<Value = String> {
    let attribute = select(vec![
        "0", "1", "2", "3", "4", "4:0", "4:1", "4:2", "4:3", "4:4", "4:5", "7", "8", "9", "22",
        "23", "24", "27", "28", "29",
    ]);
    let one = prop_oneof![color(), attribute.prop_map(str::to_owned)];
    proptest::collection::vec(one, 1..4).prop_map(|all| format!("\x1b[{}m", all.join(";")))
}

fn link() -> impl Strategy<Value = String> {
    let links = [
        "\x1b]8;;http://a.b/c\x07",
        "\x1b]8;id=1;http://x\x1b\\",
        "\x1b]8;;\x07",
    ];
    select(links.to_vec()).prop_map(str::to_owned)
}

fn mode() -> impl Strategy<Value = String> {
    let private = select(vec![1, 25, 1004, 1005, 1006, 1007, 2004]);
    let set = select(vec!['h', 'l']);
    prop_oneof![
        (private, set).prop_map(|(mode, set)| format!("\x1b[?{mode}{set}")),
        select(vec![1000, 1002, 1003]).prop_map(|mode| format!("\x1b[?{mode}h")),
        Just("\x1b[?1000;1002;1003l".to_owned()),
        select(vec!["\x1b=", "\x1b>", "\x1b[>5u", "\x1b[<u"]).prop_map(str::to_owned),
        (0_u16..7).prop_map(|n| format!("\x1b[{n} q")),
        (0_u16..16, 0_u16..256).prop_map(|(n, c)| format!("\x1b]4;{n};rgb:{c:02x}/00/ff\x07")),
        select(vec![
            "\x1b]2;a title\x07",
            "\x1b]0;another\x1b\\",
            "\x1b]11;#102030\x07",
            "\x1b]111\x07",
            "\x1b]104\x07",
            "\x1b]12;#ff0000\x07",
            "\x1b]112\x07",
        ])
        .prop_map(str::to_owned),
    ]
}

fn control(size: Size) -> impl Strategy<Value = String> {
    let Size { cols, rows, .. } = size;
    let small = 0_u16..12;
    let letters = |letters: &'static [u8]| select(letters.to_vec()).prop_map(char::from);
    prop_oneof![
        4 => (0..rows + 4, 0..cols + 4).prop_map(|(row, col)| format!("\x1b[{row};{col}H")),
        3 => (small.clone(), letters(b"CDG`ad")).prop_map(|(n, last)| format!("\x1b[{n}{last}")),
        3 => (0_u16..3, letters(b"JK"))
            .prop_filter("see above", |(n, last)| *n == 0 || *last != 'J')
            .prop_map(|(n, last)| format!("\x1b[{n}{last}")),
        2 => (small.clone(), letters(b"LMST")).prop_map(|(n, last)| format!("\x1b[{n}{last}\r")),
        3 => (small, letters(b"@PX")).prop_map(|(n, last)| format!("\x1b[{n}{last}")),
        1 => (1..rows / 2, rows / 2 + 1..=rows)
            .prop_map(|(top, bottom)| format!("\x1b[{top};{bottom}r")),
        1 => Just("\x1b[r".to_owned()),
        2 => Just("\r\n".to_owned()),
        2 => select(vec!["\r", "\n", "\t", "\x08", "\x1bM", "\x1bD", "\x1bE"])
            .prop_map(str::to_owned),
        1 => select(vec!["\x1b7", "\x1b8", "\x1b(0", "\x1b(B", "\x1bH", "\x1b[3g"])
            .prop_map(str::to_owned),
        1 => (1_u16..40).prop_map(|n| format!("x\x1b[{n}b")),
        3 => style(),
        1 => link(),
        1 => mode(),
        1 => select(vec!["\x1b[4h", "\x1b[4l", "\x1b[?6h", "\x1b[?6l\x1b[H"])
            .prop_map(str::to_owned),
    ]
}

fn narrow() -> impl Strategy<Value = (Size, Vec<Piece>)> {
    size().prop_flat_map(|size| {
        let piece = prop_oneof![
            "[a-zA-Z0-9 ~_]{1,30}".prop_map(Piece::Text),
            control(size).prop_map(Piece::Control)
        ];
        (Just(size), proptest::collection::vec(piece, 1..60))
    })
}

fn wide() -> impl Strategy<Value = (Size, Vec<Piece>)> {
    let text = || "([a-z漢字かな한äж😀🚀 ]|e\u{301}){1,30}".prop_map(Piece::Text);
    let line_feed = || Just(Piece::Control("\r\n".into()));
    let erased = prop_oneof![
        3 => text(),
        1 => (0_u16..9).prop_map(|row| Piece::Control(format!("\x1b[{row};1H\x1b[K"))),
        1 => line_feed(),
    ];
    // Not both: what a cell is that was left free is forgotten when what follows is erased.
    let styled = prop_oneof![3 => text(), 1 => line_feed(), 1 => style().prop_map(Piece::Control)];
    let pieces = prop_oneof![
        proptest::collection::vec(erased, 1..30),
        proptest::collection::vec(styled, 1..30),
    ];
    (size(), pieces)
}

/// Lines of a shell, and a window that takes other sizes. Which of them stand above the screen
/// afterwards is each one's own choice; what the lines are is not.
fn resized() -> impl Strategy<Value = (Size, Vec<Piece>)> {
    let piece = prop_oneof![
        4 => "[a-z0-9]{1,12}( [a-z0-9]{1,12}){0,8}\r\n".prop_map(Piece::Text),
        1 => select(vec!["\x1b[1;31m", "\x1b[4:3;3m", "\x1b[7;38;5;200m", "\x1b[0m"])
            .prop_map(|style| Piece::Control(style.into())),
        1 => size().prop_map(Piece::Resize),
    ];
    (size(), proptest::collection::vec(piece, 1..30))
}

fn compare_lines(size: Size, pieces: &[Piece]) -> Result<(), TestCaseError> {
    let mut pair = Pair::new(size);
    for (at, piece) in pieces.iter().enumerate() {
        match piece {
            Piece::Text(text) | Piece::Control(text) => pair.advance(text.as_bytes()),
            Piece::Resize(size) => pair.resize(*size),
        }
        let [ours, theirs] = pair.lines();
        let mut lines = ours.lines.iter().zip(&theirs.lines);
        let different = lines.find(|(ours, theirs)| ours != theirs);
        let after = &pieces[..=at];
        prop_assert!(
            different.is_none(),
            "{:?} after {:?} on {}",
            different,
            after,
            size
        );
        let places = (ours.lines.len(), ours.cursor);
        let their_places = (theirs.lines.len(), theirs.cursor);
        prop_assert_eq!(places, their_places, "after {:?} on {}", after, size);
    }
    Ok(())
}

fn compare(size: Size, pieces: &[Piece]) -> Result<(), TestCaseError> {
    let mut pair = Pair::new(size);
    let mut all = String::new();
    let (mut margins, mut origin) = (false, false);
    for (at, piece) in pieces.iter().enumerate() {
        let text = match piece {
            Piece::Text(text) => text.clone(),
            Piece::Control(control) => {
                let cursor = pair.ours.cursor();
                let mut text = String::new();
                if cursor.col + 1 == size.cols {
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
                let linked = all.contains("\x1b]8;");
                let to_column = control.ends_with('G') || control.ends_with('`');
                // DL at the top of the screen moves rows to history there.
                let deletes = control.ends_with("M\r") && cursor.row == 0;
                let near_end = control.ends_with('P') && cursor.col + 12 >= size.cols;
                if restores && (margins || origin || linked)
                    || to_column && origin
                    || near_end
                    || deletes
                {
                    continue;
                }
                text + control
            }
            Piece::Resize(_) => String::new(),
        };
        all.push_str(&text);
        pair.advance(text.as_bytes());
        // A large screen takes long to look at.
        if size.cols > 40 && at + 1 < pieces.len() {
            continue;
        }
        let said = pair.differences();
        prop_assert!(said.is_empty(), "after {:?} on {}:\n{}", all, size, said);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..Default::default() })]

    #[test]
    fn narrow_text_and_controls_are_shown_as_alacritty_shows_them((size, pieces) in narrow()) {
        compare(size, &pieces)?;
    }

    #[test]
    fn wide_text_is_shown_as_alacritty_shows_it((size, pieces) in wide()) {
        compare(size, &pieces)?;
    }

    #[test]
    fn lines_are_wrapped_anew_as_alacritty_wraps_them((size, pieces) in resized()) {
        compare_lines(size, &pieces)?;
    }
}
