//! What a program asks of the world, and in which order.

use agor_proto::ids::{LinePosition, Size};
use agor_proto::row::MarkKind;
use agor_proto::screen::{Modes, PaletteSlot};
use agor_term::{BaseColors, ClipboardKind, Effect, Options, ProgressState, Terminal};

fn effects(input: &str) -> Vec<Effect> {
    let mut effects = Vec::new();
    Terminal::new(Options::default()).advance(input.as_bytes(), &mut effects);
    effects
}

#[test]
fn effects_come_in_the_order_of_the_output() {
    assert_eq!(
        effects("\x07\x1b[5n\x1b]2;t\x07\x1b[c"),
        [
            Effect::Bell,
            Effect::Reply(b"\x1b[0n".to_vec()),
            Effect::Title("t".into()),
            Effect::Reply(b"\x1b[?62;4;22;52c".to_vec()),
        ]
    );
}

#[test]
fn notifications_of_every_kind_are_understood() {
    let note = |title: &str, body: &str| Effect::Notification {
        title: title.into(),
        body: body.into(),
    };
    assert_eq!(effects("\x1b]9;done\x07"), [note("", "done")]);
    assert_eq!(
        effects("\x1b]777;notify;build;done; really\x1b\\"),
        [note("build", "done; really")]
    );
    assert_eq!(effects("\x1b]99;;hello\x1b\\"), [note("hello", "")]);
    assert_eq!(
        effects("\x1b]99;i=1:d=0:p=title;build\x1b\\\x1b]99;i=1:d=1:p=body:e=1;ZG9uZQ==\x1b\\"),
        [note("build", "done")]
    );
    assert_eq!(
        effects("\x1b]9;4;1;50\x07"),
        [Effect::Progress(ProgressState::Percent(50))]
    );
    assert_eq!(
        effects("\x1b]9;4;0\x07"),
        [Effect::Progress(ProgressState::None)]
    );
}

#[test]
fn marks_say_where_in_the_text_they_stand() {
    let mut terminal = Terminal::new(Options {
        size: Size::cells(10, 4),
        ..Options::default()
    });
    let mut effects = Vec::new();
    terminal.advance(
        b"\r\n\x1b]133;A\x07$ \x1b]133;B\x07a command that wraps\x1b]133;C\x07\r\n",
        &mut effects,
    );
    terminal.advance(b"\x1b]133;D;7\x07", &mut effects);
    let marks: Vec<_> = effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Mark { kind, at } => Some((*kind, *at)),
            _ => None,
        })
        .collect();
    let line = marks[0].1.line;
    assert_eq!(
        marks[0],
        (MarkKind::Prompt, LinePosition { line, column: 0 })
    );
    assert_eq!(
        marks[1],
        (MarkKind::Input, LinePosition { line, column: 2 })
    );
    assert_eq!(
        marks[2],
        (MarkKind::Output, LinePosition { line, column: 22 })
    );
    let end = MarkKind::End {
        code: Some(7),
        took_millis: None,
    };
    assert_eq!(marks[3].0, end, "nobody told the time");
    terminal.resize(Size::cells(40, 4), &mut Vec::new());
    let row = (0..4)
        .map(|at| terminal.row(at))
        .find(|row| row.line == line)
        .unwrap();
    let cells: Vec<_> = row.marks.iter().map(|mark| mark.cell).collect();
    assert_eq!(cells, [0, 2, 22], "marks move with their text");
}

#[test]
fn a_directory_of_another_machine_keeps_its_name() {
    assert_eq!(
        effects("\x1b]7;file://box/home/me\x1b\\"),
        [Effect::Cwd {
            host: Some("box".into()),
            path: "/home/me".into()
        }]
    );
}

#[test]
fn a_directory_named_after_another_machine_is_not_one_of_this() {
    let cwd = |host: Option<&str>, path: &str| Effect::Cwd {
        host: host.map(str::to_owned),
        path: path.into(),
    };
    assert_eq!(
        effects("\x1b]1337;RemoteHost=me@box\x07\x1b]1337;CurrentDir=/home/me\x07"),
        [cwd(Some("box"), "/home/me")]
    );
    // A name that is none is a stranger's, and one that is left out is this machine's.
    assert_eq!(
        effects("\x1b]1337;RemoteHost=me@b x\x07\x1b]1337;CurrentDir=/a\x07"),
        [cwd(Some("unknown"), "/a")]
    );
    assert_eq!(
        effects(
            "\x1b]1337;RemoteHost=me@box\x07\x1b]1337;RemoteHost=me@\x07\x1b]1337;CurrentDir=/b\x07"
        ),
        [cwd(None, "/b")]
    );
}

/// Returns the marks of all rows.
fn marks_of(terminal: &Terminal) -> Vec<MarkKind> {
    let rows = terminal.rows_from(0, usize::MAX);
    rows.iter()
        .flat_map(|row| row.marks.iter().map(|mark| mark.kind))
        .collect()
}

#[test]
fn a_command_is_told_how_long_it_took_also_from_history_and_over_a_checkpoint() {
    let mut terminal = Terminal::new(Options {
        size: Size::cells(20, 4),
        ..Options::default()
    });
    let at = |terminal: &mut Terminal, millis, text: &str| {
        terminal.set_time(millis);
        terminal.advance(text.as_bytes(), &mut Vec::new());
    };
    at(&mut terminal, 1_000, "\x1b]133;C\x07make\r\n");
    let kept = terminal.checkpoint();
    let mut terminal = Terminal::restore(&kept).unwrap();
    at(&mut terminal, 64_500, "\x1b]133;D;2\x07");
    at(&mut terminal, 64_501, "\r\n\x1b]133;C\x07x\r\n");
    at(&mut terminal, 64_600, "\x1b]133;D\x07");
    // One that did not begin, and one by a clock that was set back.
    at(
        &mut terminal,
        64_700,
        "\r\n\x1b]133;D;0\x07\r\n\x1b]133;C\x07y\r\n",
    );
    at(&mut terminal, 60_000, "\x1b]133;D;0\x07");
    at(&mut terminal, 70_000, &"\r\n".repeat(20));
    assert!(terminal.history_len() > 10);
    let end = |code, took_millis| MarkKind::End { code, took_millis };
    let expected = [
        MarkKind::Output,
        end(Some(2), Some(63_500)),
        MarkKind::Output,
        end(None, Some(99)),
        end(Some(0), None),
        MarkKind::Output,
        end(Some(0), None),
    ];
    assert_eq!(marks_of(&terminal), expected);
}

#[test]
fn a_mark_of_iterm2_is_a_place_to_go_back_to_and_no_event() {
    let mut terminal = Terminal::new(Options::default());
    let mut effects = Vec::new();
    terminal.advance(b"\r\nab\x1b]1337;SetMark\x07c", &mut effects);
    assert_eq!(effects, []);
    let mark = agor_proto::row::Mark {
        cell: 2,
        kind: MarkKind::Prompt,
    };
    assert_eq!(terminal.row(1).marks, [mark]);
}

#[test]
fn history_is_cleared_as_iterm2_asks_for_it() {
    let mut terminal = Terminal::new(Options::default());
    terminal.advance(b"\x1b[99Sab", &mut Vec::new());
    assert_eq!(terminal.history_len(), 24);
    terminal.advance(b"\x1b]1337;ClearScrollback\x07", &mut Vec::new());
    assert_eq!(
        (terminal.history_len(), terminal.row(0).text),
        (0, "ab".into())
    );
}

#[test]
fn the_clipboard_is_written_and_never_read() {
    assert_eq!(
        effects("\x1b]52;c;aGVsbG8=\x07\x1b]52;p;aGk=\x07\x1b]52;c;?\x07"),
        [
            Effect::ClipboardWrite {
                kind: ClipboardKind::Clipboard,
                text: "hello".into()
            },
            Effect::ClipboardWrite {
                kind: ClipboardKind::Primary,
                text: "hi".into()
            },
        ]
    );
}

#[test]
fn a_program_status_is_handed_on_as_it_is() {
    assert_eq!(
        effects("\x1b]7501;state=working:msg=aGk=\x07"),
        [Effect::ProgramStatus(b"state=working:msg=aGk=".to_vec())]
    );
}

#[test]
fn titles_have_no_controls_and_come_back_from_the_stack() {
    assert_eq!(
        effects("\x1b]2;a\u{9b}b\u{202e}c\x07\x1b[22t\x1b]2;other\x07\x1b[23t"),
        [
            Effect::Title("abc".into()),
            Effect::Title("other".into()),
            Effect::Title("abc".into())
        ]
    );
}

#[test]
fn colours_are_those_of_the_theme_until_a_program_changes_them() {
    let mut terminal = Terminal::new(Options::default());
    let mut effects = Vec::new();
    let light = BaseColors {
        foreground: (0, 0, 0),
        background: (255, 255, 255),
        ..BaseColors::default()
    };
    terminal.advance(b"\x1b[?2031h\x1b[?996n", &mut effects);
    terminal.set_base_colors(light, &mut effects);
    terminal.advance(b"\x1b]11;?\x07\x1b]11;#000080\x07", &mut effects);
    assert_eq!(
        effects,
        [
            Effect::Reply(b"\x1b[?997;1n".to_vec()),
            Effect::Reply(b"\x1b[?997;2n".to_vec()),
            Effect::Reply(b"\x1b]11;rgb:ffff/ffff/ffff\x07".to_vec()),
            Effect::Palette,
        ]
    );
    assert_eq!(terminal.palette()[0].slot, PaletteSlot::Background);
    assert_eq!(terminal.palette()[0].rgb, (0, 0, 128));
}

#[test]
fn a_resize_is_reported_to_a_program_that_asked() {
    let mut terminal = Terminal::new(Options::default());
    let mut effects = Vec::new();
    terminal.advance(b"\x1b[?2048h", &mut effects);
    let size = Size {
        width_px: 1000,
        height_px: 600,
        ..Size::cells(100, 30)
    };
    terminal.resize(size, &mut effects);
    assert_eq!(
        effects,
        [
            Effect::Reply(b"\x1b[48;24;80;0;0t".to_vec()),
            Effect::Reply(b"\x1b[48;30;100;600;1000t".to_vec()),
        ]
    );
}

#[test]
fn clients_are_told_the_modes_that_they_act_on() {
    let mut terminal = Terminal::new(Options::default());
    terminal.advance(
        b"\x1b[?1049h\x1b[?1002h\x1b[?2004h\x1b[>2u\x1b[?2026h",
        &mut Vec::new(),
    );
    let modes = terminal.modes();
    for mode in [
        Modes::ALT_SCREEN,
        Modes::MOUSE_BUTTONS,
        Modes::MOUSE_DRAG,
        Modes::BRACKETED_PASTE,
        Modes::KEY_RELEASES,
    ] {
        assert!(modes.contains(mode), "{mode:?}");
    }
    assert!(!modes.contains(Modes::MOUSE_MOTION));
    assert!(terminal.sync_update_open());
    terminal.advance(b"\x1b[?2026l", &mut Vec::new());
    assert!(!terminal.sync_update_open());
}

#[test]
fn the_primary_screen_is_wrapped_while_the_alternate_one_is_shown() {
    let mut terminal = Terminal::new(Options {
        size: Size::cells(10, 4),
        ..Options::default()
    });
    terminal.advance(
        b"a long line of text\x1b[?1049hfull screen",
        &mut Vec::new(),
    );
    terminal.resize(Size::cells(30, 4), &mut Vec::new());
    terminal.advance(b"\x1b[?1049l!", &mut Vec::new());
    assert_eq!(terminal.row(0).text, "a long line of text!");
}

#[test]
fn a_test_suite_has_the_screen_resized_and_the_pty_told() {
    let resized = |conformance, input: &str| {
        let mut terminal = Terminal::new(Options {
            size: Size {
                width_px: 800,
                height_px: 480,
                ..Size::cells(80, 24)
            },
            conformance,
            ..Options::default()
        });
        let mut effects = Vec::new();
        terminal.advance(input.as_bytes(), &mut effects);
        (terminal.size(), effects)
    };
    let size = Size {
        width_px: 1_000,
        height_px: 600,
        ..Size::cells(100, 30)
    };
    assert_eq!(
        resized(true, "\x1b[8;30;100t"),
        (size, vec![Effect::ResizeRequest { size }])
    );
    assert_eq!(resized(true, "\x1b[8;24;80t").1, []);
    assert_eq!(resized(false, "\x1b[8;30;100t").1, []);
    let most = resized(true, "\x1b[8;65535;65535t").0;
    assert_eq!((most.cols, most.rows), (1_000, 1_000));
}

#[test]
fn what_the_cursor_looks_like_is_a_choice_from_decscusr_to_its_taking_back() {
    let mut terminal = Terminal::new(Options::default());
    let mut chosen = |input: &str| {
        terminal.advance(input.as_bytes(), &mut Vec::new());
        let cursor = terminal.cursor();
        (cursor.chosen, cursor.blinking)
    };
    assert_eq!(chosen(""), (false, false));
    // What `tput cnorm` and `tput cvvis` say.
    assert_eq!(chosen("\x1b[?12l\x1b[?25h"), (false, false));
    assert_eq!(chosen("\x1b[?12;25h"), (false, true));
    assert_eq!(chosen("\x1b[2 q"), (true, false));
    assert_eq!(chosen("\x1b[9 q"), (true, false), "it is none");
    assert_eq!(chosen("\x1b[0 q"), (false, false));
    assert_eq!(chosen("\x1b[5 q"), (true, true));
    assert_eq!(chosen("\x1bc"), (false, false));
}
