//! Painted screens, shown by our own terminal: it must show what the mirror shows.

use agor_proto::ids::{InputSeq, Offset, SessionId};
use agor_proto::input::{Mods, MouseButton};
use agor_term::update::Viewer;
use agor_term::{Options, Terminal};
use proptest::prelude::*;

use super::*;

/// A program's terminal with its mirror, and the caller's terminal.
struct Bench {
    program: Terminal,
    viewer: Viewer,
    mirror: Mirror,
    painter: Painter,
    caller: Terminal,
}

impl Bench {
    fn new(program: Size, caller: Size) -> Self {
        let terminal = |size| {
            Terminal::new(Options {
                size,
                ..Options::default()
            })
        };
        let mut bench = Self {
            program: terminal(program),
            viewer: Viewer::new(),
            mirror: Mirror::default(),
            painter: Painter::new(caller),
            caller: terminal(caller),
        };
        bench.show(b"", None);
        bench
    }

    fn show(&mut self, output: &[u8], note: Option<&str>) {
        self.program.advance(output, &mut Vec::new());
        let session = SessionId::from_parts(1, [0; 10]);
        let update = self
            .viewer
            .update(&self.program, session, InputSeq(0), Offset(0));
        if let Some(update) = update {
            self.mirror.apply(update).unwrap();
        }
        let painted = self.painter.paint(&self.mirror, note);
        self.caller.advance(painted.as_bytes(), &mut Vec::new());
    }

    fn caller_row(&self, at: u16) -> Row {
        self.caller.row(at)
    }
}

fn size(cols: u16, rows: u16) -> Size {
    Size::cells(cols, rows)
}

#[test]
fn what_a_program_shows_the_caller_sees() {
    let mut bench = Bench::new(size(20, 4), size(20, 4));
    let output =
        "\x1b[31mred\x1b[0m 宽字 e\u{301}\r\n\x1b[48;5;20mbg\x1b[K\x1b[0m\r\n01234567890123456789X";
    bench.show(output.as_bytes(), None);
    for at in 0..4 {
        let (seen, meant) = (bench.caller_row(at), bench.program.row(at));
        assert_eq!(
            (seen.text.trim_end(), &seen.runs),
            (meant.text.trim_end(), &meant.runs),
            "{at}"
        );
    }
    assert_eq!(bench.caller.cursor(), bench.program.cursor());
}

#[test]
fn what_did_not_change_is_not_painted_again() {
    let mut bench = Bench::new(size(20, 4), size(20, 4));
    bench.show(b"one\r\ntwo", None);
    let again = bench.painter.paint(&bench.mirror, None);
    assert!(
        !again.contains("one") && !again.contains("?2026"),
        "{again:?}"
    );
}

#[test]
fn a_smaller_screen_has_a_border_and_a_larger_one_is_shown_around_its_cursor() {
    let mut bench = Bench::new(size(5, 2), size(8, 4));
    bench.show(b"ab", None);
    assert_eq!(bench.caller_row(0).text, "ab   │");
    assert_eq!(bench.caller_row(2).text, "─────┘");
    let mut bench = Bench::new(size(8, 6), size(5, 2));
    bench.show(b"1234567\r\n2\r\n3\r\n4", None);
    assert_eq!(bench.caller_row(0).text, "3");
    assert_eq!(bench.caller_row(1).text, "4");
    bench.show(b"\x1b[H", None);
    assert_eq!(bench.caller_row(0).text, "12345");
    assert_eq!(bench.caller.cursor().row, 0);
}

#[test]
fn a_note_takes_the_last_line_and_gives_it_back() {
    let mut bench = Bench::new(size(10, 2), size(10, 2));
    bench.show(b"a\r\nb", Some("hello\x1b[2J there, you"));
    assert_eq!(bench.caller_row(0).text, "a");
    assert_eq!(bench.caller_row(1).text, " hello[2J");
    bench.show(b"", None);
    assert_eq!(bench.caller_row(1).text, "b");
}

#[test]
fn modes_title_and_cursor_follow() {
    let mut bench = Bench::new(size(10, 2), size(10, 2));
    bench.show(b"\x1b[?1002h\x1b[?1004h\x1b]2;hi\x07\x1b[5 q", None);
    let modes = bench.caller.modes();
    assert!(modes.contains(Modes::MOUSE_DRAG) && modes.contains(Modes::FOCUS));
    assert_eq!(bench.caller.title(), "hi");
    assert_eq!(bench.caller.cursor().shape, CursorShape::Bar);
    assert!(bench.caller.cursor().chosen);
    // What the terminal around us likes is its business again.
    bench.show(b"\x1b[0 q", None);
    assert!(!bench.caller.cursor().chosen);
    bench.show(b"\x1b[?1002l\x1b[?25l", None);
    assert!(!bench.caller.modes().contains(Modes::MOUSE_DRAG));
    assert!(!bench.caller.cursor().visible);
}

#[test]
fn a_click_beside_the_screen_is_not_the_programs() {
    let bench = Bench::new(size(5, 2), size(8, 4));
    let click = |col, row| {
        let mouse = MouseInput {
            action: MouseAction::Press(MouseButton::Left),
            col,
            row,
            x_px: 0,
            y_px: 0,
            mods: Mods::default(),
        };
        bench.painter.mouse(mouse, &bench.mirror)
    };
    assert!(click(4, 1).is_some());
    assert!(click(5, 1).is_none());
    assert!(click(0, 2).is_none());
}

proptest! {
    #[test]
    fn hostile_rows_act_on_nothing(text in "\\PC*|[\\x00-\\x1f\\x7f-\\x9fa-z]{0,30}") {
        let mut bench = Bench::new(size(12, 2), size(12, 2));
        std::sync::Arc::make_mut(&mut bench.mirror.rows[0]).text = text;
        let painted = bench.painter.paint(&bench.mirror, None);
        bench.caller.advance(painted.as_bytes(), &mut Vec::new());
        prop_assert_eq!(bench.caller.title(), "");
        prop_assert_eq!(bench.caller_row(1).text, "");
    }
}
