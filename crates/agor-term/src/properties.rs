//! Properties that hold for any output, tested here because they compare whole states.

use agor_proto::ids::{InputSeq, Offset, SessionId, Size};
use agor_proto::row::Row;
use agor_proto::screen::Mirror;
use proptest::prelude::*;

use crate::effect::Effect;
use crate::terminal::{Options, Terminal};
use crate::update::Viewer;

mod left;
mod places;

fn terminal(cols: u16, rows: u16, scrollback_rows: usize) -> Terminal {
    Terminal::new(Options {
        size: Size::cells(cols, rows),
        scrollback_rows,
        ..Options::default()
    })
}

fn rows(terminal: &Terminal) -> Vec<Row> {
    (0..terminal.size().rows)
        .map(|at| terminal.row(at))
        .collect()
}

/// Everything but the stamps, which count observations.
fn state(terminal: &Terminal) -> Vec<u8> {
    terminal.fingerprint()
}

/// Output that prints itself readably when a property fails.
#[derive(Clone)]
struct Output(Vec<u8>);

impl std::fmt::Debug for Output {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "\"{}\"", self.0.escape_ascii())
    }
}

impl std::ops::Deref for Output {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

fn concat(pieces: &[Output]) -> Vec<u8> {
    pieces
        .iter()
        .flat_map(|piece| piece.0.iter().copied())
        .collect()
}

/// One piece of output that a program could write.
fn piece() -> impl Strategy<Value = Output> {
    let number = prop_oneof![4 => 0_u16..12, 1 => 12_u16..40, 1 => Just(65_535_u16)];
    let csi = (
        prop_oneof![8 => Just(""), 2 => Just("?"), 1 => Just(">"), 1 => Just("=")],
        proptest::collection::vec(number, 0..4),
        prop_oneof![10 => Just(""), 1 => Just(" "), 1 => Just("!"), 1 => Just("$"), 1 => Just("'"), 1 => Just("*")],
        proptest::sample::select(b"@ABCDEFGHIJKLMPSTXZ`abcdefghlmnpqrstuvxz{}~".to_vec()),
    )
        .prop_map(|(prefix, params, intermediate, last)| {
            let params: Vec<_> = params.iter().map(u16::to_string).collect();
            format!(
                "\x1b[{prefix}{}{intermediate}{}",
                params.join(";"),
                char::from(last)
            )
            .into_bytes()
        });
    let mode = (
        proptest::sample::select(vec![
            1_u16, 3, 5, 6, 7, 12, 25, 40, 45, 47, 66, 69, 95, 1000, 1003, 1006, 1047, 1048, 1049,
            2004, 2026, 2027, 2048,
        ]),
        any::<bool>(),
    )
        .prop_map(|(mode, on)| format!("\x1b[?{mode}{}", if on { 'h' } else { 'l' }).into_bytes());
    let text = prop_oneof![
        4 => "[a-z ]{1,40}",
        2 => "[äßπж漢字😀é\u{301}\u{200d}\u{fe0f}👩🚀🇩🇪한]{1,12}",
    ]
    .prop_map(String::into_bytes);
    let other = proptest::sample::select(vec![
        "\r\n",
        "\n",
        "\r",
        "\t",
        "\x08",
        "\x0e",
        "\x0f",
        "\x1b7",
        "\x1b8",
        "\x1bD",
        "\x1bE",
        "\x1bH",
        "\x1bM",
        "\x1bc",
        "\x1b(0",
        "\x1b(B",
        "\x1b)0",
        "\x1b#8",
        "\x1b[31;1m",
        "\x1b[48;2;1;2;3m",
        "\x1b[38:5:9m",
        "\x1b[4:3m",
        "\x1b[m",
        "\x1b]2;title\x07",
        "\x1b]8;;http://a.b\x1b\\",
        "\x1b]8;;\x07",
        "\x1b]133;A\x07",
        "\x1b]133;D;1\x1b\\",
        "\x1b]7501;?\x07",
        "\x1bP$qm\x1b\\",
        "\x1b]4;1;#123456\x07",
        "\x1b]52;c;aGk=\x07",
        "\x1bPzz\x1b\\",
        "\x1b_Gabc\x1b\\",
        "\x1b[?u",
        "\x1b[>1u",
        "\x1b[<u",
        "\x1b[3J",
        "\x1b[1\"q",
        "\x1b[0\"q",
        "\x1b[?2J",
        "\x1b[2*x",
        "\x1b[2;3;5;11;1;5$r",
        "\x1b[1;2;6;20;4;7$t",
        "\x1b[1;2;4;9;1;3;5$v",
        "\x1b[1;12;6;20;1;1;1$v",
        "\x1b[69;2;4;5;20$x",
        "\x1b[2;1;3;20$z",
        "\x1b[1;5;6;9${",
        "\x1b]66;s=2;big 漢\x07",
        "\x1b]66;w=2;x\x07",
        "\x1b]66;n=1:d=2:w=3;half 漢é\x07",
        "\x1b]22;>wait,help\x07",
        "\x1b]22;<\x1b\\",
        "\x1b]22;?__current__\x07",
        "\x1b[61\"p",
        "\x1bPtmux;\x1b\x1b[6n\x1b\\",
        // Images: sent whole and in pieces, placed, deleted, with placeholders, as sixels and files.
        "\x1b_Ga=T,i=1,f=24,s=1,v=1,c=3,r=2;AAAA\x1b\\",
        "\x1b_Ga=T,i=2,f=24,s=1,v=1,c=2,r=4,z=-1,m=1;AA\x1b\\",
        "\x1b_Gm=0;AA\x1b\\",
        "\x1b_Ga=p,i=1,p=5,X=3,Y=7,C=1\x1b\\",
        "\x1b_Ga=p,i=1,p=2,P=1,H=2,V=-1\x1b\\",
        "\x1b_Ga=p,i=2,U=1,c=3,r=2\x1b\\\x1b[38;5;2m\u{10eeee}\u{305}\u{305}\u{10eeee}\x1b[m",
        "\x1b_Ga=f,i=1,f=24,s=1,v=1,z=70;////\x1b\\",
        "\x1b_Ga=f,i=1,s=1,v=1,c=1;AAAAAA==\x1b\\",
        "\x1b_Ga=f,i=1,s=1,v=1,r=2,m=1;AAAA\x1b\\",
        "\x1b_Ga=c,i=1,r=1,c=2\x1b\\",
        "\x1b_Ga=a,i=1,s=3,v=3,c=2,r=1,z=40\x1b\\",
        "\x1b_Ga=d,d=f,i=1,r=2\x1b\\",
        "\x1b_Ga=d,d=I,i=1\x1b\\",
        "\x1b_Ga=d,d=c\x1b\\",
        "\x1b_Ga=q,i=9,f=24,s=1,v=1;AAAA\x1b\\",
        "\x1b_Ga=T,i=3,t=f,f=24,s=1,v=1;L3g=\x1b\\",
        "\x1bPq#1;2;9;9;9!9~-!30~-~\x1b\\",
        "\x1b]1337;File=inline=1;width=3:R0lGODlhKAAoAA==\x07",
        "\x1b]1337;MultipartFile=inline=1\x07\x1b]1337;FilePart=R0lGODlhKAAoAA==\x07",
        "\x1b]1337;FileEnd\x07",
        "\x1b[2J",
    ])
    .prop_map(|text| text.as_bytes().to_vec());
    prop_oneof![
        6 => text,
        5 => csi,
        3 => other,
        1 => mode,
        1 => proptest::collection::vec(any::<u8>(), 1..12),
        // Enough lines to be taken as a whole.
        1 => proptest::collection::vec("[a-z ]{0,22}", 13..40)
            .prop_map(|lines| (lines.join("\r\n") + "\r\n").into_bytes()),
    ]
    .prop_map(Output)
}

/// One piece that only a test suite's terminal acts on. Checksums are left out: which blanks were
/// drawn is not in a checkpoint, and suites run without any.
fn suite_piece() -> impl Strategy<Value = Output> {
    let number = prop_oneof![4 => 0_u16..30, 1 => Just(65_535_u16)];
    (
        proptest::sample::select(vec![
            "t", "t", "t", "#y", "8;4;9t", "9;1t", "9;0t", "10;2t", "20t", "21t", "22;1t",
        ]),
        proptest::collection::vec(number, 0..5),
    )
        .prop_map(|(last, params)| {
            let params: Vec<_> = params.iter().map(u16::to_string).collect();
            let params = if last.len() > 2 {
                String::new()
            } else {
                params.join(";")
            };
            Output(format!("\x1b[{params}{last}\x1b]1;icon\x07").into_bytes())
        })
}

fn output() -> impl Strategy<Value = Output> {
    proptest::collection::vec(piece(), 1..60).prop_map(|pieces| Output(concat(&pieces)))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..Default::default() })]

    #[test]
    fn d1_any_cutting_into_chunks_gives_the_same_state_and_effects(
        bytes in output(),
        cuts in proptest::collection::vec(1_usize..9, 1..20),
    ) {
        let (mut whole, mut cut) = (terminal(20, 6, 50), terminal(20, 6, 50));
        let (mut effects, mut cut_effects): (Vec<Effect>, Vec<Effect>) = Default::default();
        whole.advance(&bytes, &mut effects);
        let mut rest: &[u8] = &bytes;
        for len in cuts.iter().cycle() {
            if rest.is_empty() {
                break;
            }
            let (now, later) = rest.split_at((*len).min(rest.len()));
            cut.advance(now, &mut cut_effects);
            rest = later;
        }
        prop_assert_eq!(effects, cut_effects);
        prop_assert_eq!(rows(&whole), rows(&cut));
        prop_assert_eq!(whole.placements(), cut.placements());
        prop_assert_eq!(state(&whole), state(&cut));
    }

    #[test]
    fn a_checkpoint_anywhere_changes_nothing(bytes in output(), at in any::<proptest::sample::Index>()) {
        let at = at.index(bytes.len() + 1);
        let mut all = terminal(20, 6, 50);
        let mut head = terminal(20, 6, 50);
        let (mut effects, mut later) = (Vec::new(), Vec::new());
        head.advance(&bytes[..at], &mut Vec::new());
        all.advance(&bytes[..at], &mut Vec::new());
        let saved = head.checkpoint();
        let mut restored = Terminal::restore(&saved).unwrap();
        prop_assert_eq!(rows(&restored), rows(&head));
        prop_assert_eq!(state(&restored), state(&head));
        all.advance(&bytes[at..], &mut effects);
        restored.advance(&bytes[at..], &mut later);
        prop_assert_eq!(effects, later);
        prop_assert_eq!(rows(&all), rows(&restored));
        prop_assert_eq!(all.history_rows(0, 100), restored.history_rows(0, 100));
        prop_assert_eq!(all.placements(), restored.placements());
        prop_assert_eq!(state(&all), state(&restored));
    }

    #[test]
    fn what_test_suites_may_do_folds_as_well(
        pieces in proptest::collection::vec((piece(), suite_piece()), 1..12),
        cut in any::<proptest::sample::Index>(),
    ) {
        let bytes: Vec<u8> = pieces.iter().flat_map(|(a, b)| [&a[..], &b[..]].concat()).collect();
        let cut = cut.index(bytes.len() + 1);
        let suite = || Terminal::new(Options {
            size: Size::cells(20, 6),
            scrollback_rows: 50,
            conformance: true,
            ..Options::default()
        });
        let (mut all, mut head) = (suite(), suite());
        let (mut effects, mut later) = (Vec::new(), Vec::new());
        all.advance(&bytes, &mut effects);
        head.advance(&bytes[..cut], &mut later);
        let mut restored = Terminal::restore(&head.checkpoint()).unwrap();
        restored.advance(&bytes[cut..], &mut later);
        prop_assert_eq!(effects, later);
        prop_assert_eq!(rows(&all), rows(&restored));
        prop_assert_eq!(state(&all), state(&restored));
    }

    #[test]
    fn a_mirror_shows_what_the_terminal_shows(
        steps in proptest::collection::vec((proptest::collection::vec(piece(), 1..6), 1_u16..40, 1_u16..12, 0_u8..8), 1..20),
    ) {
        let mut terminal = terminal(20, 6, 50);
        let mut viewer = Viewer::new();
        let mut mirror = Mirror::default();
        let session = SessionId::from_parts(1, [0; 10]);
        for (pieces, cols, height, chance) in steps {
            if chance == 0 {
                terminal.resize(Size::cells(cols, height), &mut Vec::new());
            }
            terminal.advance(&concat(&pieces), &mut Vec::new());
            if chance < 6
                && let Some(update) = viewer.update(&terminal, session, InputSeq(0), Offset(0))
            {
                mirror.apply(update).unwrap();
                prop_assert!(mirror.rows.iter().map(AsRef::as_ref).eq(&rows(&terminal)));
                prop_assert_eq!(mirror.cursor, terminal.cursor());
                prop_assert_eq!(mirror.title.as_str(), terminal.title());
                prop_assert_eq!(mirror.palette.as_slice(), terminal.palette());
                prop_assert_eq!(mirror.history, terminal.history());
            }
        }
    }

    #[test]
    fn a_mirror_that_is_sent_little_at_once_catches_up(
        steps in proptest::collection::vec((proptest::collection::vec(piece(), 1..6), 1_u16..40, 1_u16..12, 0_u8..8, 0_usize..1_000), 1..20),
    ) {
        let mut terminal = terminal(20, 6, 50);
        let mut viewer = Viewer::new();
        let mut mirror = Mirror::default();
        let session = SessionId::from_parts(1, [0; 10]);
        for (pieces, cols, height, chance, bytes_max) in steps {
            if chance == 0 {
                terminal.resize(Size::cells(cols, height), &mut Vec::new());
            }
            terminal.advance(&concat(&pieces), &mut Vec::new());
            if chance == 1 {
                viewer.forget();
            }
            if let Some(update) = viewer.update_within(bytes_max, &terminal, session, InputSeq(0), Offset(0)) {
                mirror.apply(update).unwrap();
            }
            if !viewer.is_behind() {
                prop_assert!(mirror.rows.iter().map(AsRef::as_ref).eq(&rows(&terminal)));
            }
        }
        let mut updates = 0;
        while let Some(update) = viewer.update_within(0, &terminal, session, InputSeq(0), Offset(0)) {
            mirror.apply(update).unwrap();
            updates += 1;
        }
        prop_assert!(updates <= terminal.size().rows);
        prop_assert!(!viewer.is_behind());
        prop_assert!(mirror.rows.iter().map(AsRef::as_ref).eq(&rows(&terminal)));
    }

    #[test]
    fn rows_with_equal_stamps_are_equal(steps in proptest::collection::vec(proptest::collection::vec(piece(), 1..4), 1..20)) {
        let mut terminal = terminal(20, 6, 50);
        let mut seen = std::collections::HashMap::new();
        for pieces in steps {
            terminal.advance(&concat(&pieces), &mut Vec::new());
            for at in 0..terminal.size().rows {
                let row = terminal.row(at);
                let known = seen.entry(terminal.row_rev(at)).or_insert_with(|| row.clone());
                prop_assert_eq!(known, &row);
                let mut text = String::from("before ");
                terminal.push_row_text(at, &mut text);
                prop_assert_eq!(text.strip_prefix("before "), Some(&row.text[..]));
            }
        }
    }

    #[test]
    fn rows_of_one_line_follow_each_other(bytes in output(), sizes in proptest::collection::vec((1_u16..40, 1_u16..12), 0..3)) {
        let mut terminal = terminal(20, 6, 50);
        terminal.advance(&bytes, &mut Vec::new());
        for (cols, height) in sizes {
            terminal.resize(Size::cells(cols, height), &mut Vec::new());
        }
        if terminal.history().rows > 0 || terminal.history_len() == 0 {
            let mut all = terminal.history_rows(0, 100);
            all.extend(rows(&terminal));
            let on_screen = terminal.history_len();
            for (at, pair) in all.windows(2).enumerate() {
                let [above, below] = pair else { unreachable!() };
                if above.wraps() {
                    prop_assert_eq!(above.line, below.line, "row {} of {}", at, on_screen);
                    prop_assert_eq!(above.start + u32::from(above.width()), below.start);
                } else {
                    prop_assert_ne!(above.line, below.line);
                    prop_assert_eq!(below.start, 0);
                }
            }
        }
    }

    #[test]
    fn a_resize_keeps_the_text_and_the_cursor_in_it(
        lines in proptest::collection::vec("[a-z]{1,50}|[漢字a]{1,20}", 1..12),
        sizes in proptest::collection::vec((2_u16..40, 2_u16..12), 1..5),
    ) {
        let mut terminal = terminal(20, 6, 500);
        let text = lines.join("\r\n");
        terminal.advance(text.as_bytes(), &mut Vec::new());
        let all_text = |terminal: &Terminal| {
            let mut all = terminal.history_rows(0, 10_000);
            all.extend(rows(terminal));
            crate::text::plain(&all).trim_end().to_owned()
        };
        prop_assert_eq!(all_text(&terminal), lines.join("\n"));
        for (cols, height) in sizes {
            terminal.resize(Size::cells(cols, height), &mut Vec::new());
            prop_assert_eq!(all_text(&terminal), lines.join("\n"));
        }
        terminal.advance(b"END", &mut Vec::new());
        prop_assert_eq!(all_text(&terminal), lines.join("\n") + "END");
    }

    #[test]
    fn random_bytes_and_sizes_never_panic(
        chunks in proptest::collection::vec((proptest::collection::vec(any::<u8>(), 0..200).prop_map(Output), piece(), 0_u16..60, 0_u16..30), 1..12),
    ) {
        let mut terminal = terminal(20, 6, 50);
        for (bytes, piece, cols, height) in chunks {
            terminal.advance(&bytes, &mut Vec::new());
            terminal.advance(&piece, &mut Vec::new());
            terminal.resize(Size { cols, rows: height, width_px: cols, height_px: height }, &mut Vec::new());
            let restored = Terminal::restore(&terminal.checkpoint()).unwrap();
            prop_assert_eq!(rows(&restored), rows(&terminal));
        }
    }

    #[test]
    fn a_damaged_checkpoint_is_an_error_or_a_terminal(bytes in output(), at in any::<proptest::sample::Index>(), flip in 1_u8..255) {
        let mut terminal = terminal(20, 6, 50);
        terminal.advance(&bytes, &mut Vec::new());
        let mut saved = terminal.checkpoint();
        let at = at.index(saved.len());
        saved[at] ^= flip;
        if let Ok(mut restored) = Terminal::restore(&saved) {
            restored.advance(&bytes, &mut Vec::new());
            restored.resize(Size::cells(33, 9), &mut Vec::new());
            let _rows = (rows(&restored), restored.history_rows(0, 1_000));
        }
    }
}

/// Blanks at the end of a line that were written look like those that were not, in a checkpoint too:
/// a resize must treat them alike.
#[test]
fn blanks_at_the_end_make_no_difference_to_a_resize_after_a_checkpoint() {
    let mut all = terminal(20, 6, 50);
    all.advance(b" aaaaaa  ", &mut Vec::new());
    let mut restored = Terminal::restore(&all.checkpoint()).unwrap();
    for terminal in [&mut all, &mut restored] {
        terminal.resize(Size::cells(9, 4), &mut Vec::new());
        terminal.advance(b"a", &mut Vec::new());
    }
    assert_eq!(rows(&all), rows(&restored));
    assert_eq!(state(&all), state(&restored));
}
