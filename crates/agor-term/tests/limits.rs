//! What a hostile program can make a terminal keep and do. Each test has the name of its limit in
//! `agor-proto/src/limits.rs`.

use agor_proto::ids::Size;
use agor_proto::limits;
use agor_proto::row::{Attrs, Color};
use agor_term::{Effect, Options, Terminal};

fn terminal(cols: u16, rows: u16) -> Terminal {
    Terminal::new(Options {
        size: Size::cells(cols, rows),
        ..Options::default()
    })
}

fn feed(terminal: &mut Terminal, bytes: &[u8]) -> Vec<Effect> {
    let mut effects = Vec::new();
    terminal.advance(bytes, &mut effects);
    effects
}

fn replies(effects: &[Effect]) -> Vec<u8> {
    let bytes = effects.iter().filter_map(|effect| match effect {
        Effect::Reply(bytes) => Some(bytes.as_slice()),
        _ => None,
    });
    bytes.collect::<Vec<_>>().concat()
}

#[test]
fn osc_max() {
    let mut terminal = terminal(80, 24);
    let mut long = b"\x1b]2;".to_vec();
    long.resize(limits::OSC_MAX + 100, b'x');
    feed(&mut terminal, &long);
    feed(&mut terminal, &vec![b'x'; 10 * limits::OSC_MAX]);
    assert!(
        terminal.checkpoint().len() < limits::OSC_MAX,
        "what is too long is not kept"
    );
    assert_eq!(feed(&mut terminal, b"\x07after"), []);
    assert_eq!(terminal.title(), "");
    assert_eq!(terminal.row(0).text, "after");
    let mut titled = |len: usize| {
        let title = "x".repeat(len - "2;".len());
        feed(&mut terminal, format!("\x1b]2;{title}\x07").as_bytes());
        let len = terminal.title().len();
        feed(&mut terminal, b"\x1b]2;\x07");
        len
    };
    assert_eq!(titled(limits::OSC_MAX), limits::TITLE_MAX);
    assert_eq!(titled(limits::OSC_MAX + 1), 0);
}

#[test]
fn osc_long_max() {
    let copy = |len: usize| {
        let mut bytes = b"\x1b]52;c;".to_vec();
        bytes.resize(bytes.len() + len, b'A');
        bytes.push(0x07);
        feed(&mut terminal(80, 24), &bytes).len()
    };
    assert_eq!(
        copy(limits::OSC_MAX * 2),
        1,
        "a clipboard may be longer than other commands"
    );
    assert_eq!(copy(limits::OSC_LONG_MAX + 4), 0);
}

#[test]
fn dcs_max() {
    let mut terminal = terminal(80, 24);
    for begin in [
        "\x1bPq",
        "\x1b_G",
        "\x1b]1337;",
        "\x1bP$q",
        "\x1bX",
        "\x1b^",
    ] {
        feed(&mut terminal, begin.as_bytes());
        feed(&mut terminal, &vec![b'x'; 8 * 1024 * 1024]);
        assert!(terminal.checkpoint().len() < 64 * 1024, "{begin:?}");
        assert_eq!(replies(&feed(&mut terminal, b"\x1b\\")), b"", "{begin:?}");
    }
    feed(&mut terminal, b"after");
    assert_eq!(terminal.row(0).text, "after");
}

#[test]
fn dcs_query_max() {
    let mut terminal = terminal(80, 24);
    let mut ask = |len: usize| {
        let query = [b"\x1bP$q".as_slice(), &vec![b'x'; len], b"\x1b\\"].concat();
        replies(&feed(&mut terminal, &query))
    };
    assert_eq!(ask(limits::DCS_QUERY_MAX), b"\x1bP0$r\x1b\\");
    assert_eq!(ask(limits::DCS_QUERY_MAX + 1), b"");
    assert_eq!(ask(1), b"\x1bP0$r\x1b\\");
}

#[test]
fn style_stack_max() {
    let mut terminal = terminal(80, 24);
    let most = limits::STYLE_STACK_MAX;
    let pushes: String = (0..most + 100)
        .map(|n| format!("\x1b[38;5;{}m\x1b[#{{", 16 + n))
        .collect();
    feed(&mut terminal, pushes.as_bytes());
    assert!(terminal.checkpoint().len() < 4 * 1024);
    feed(&mut terminal, "\x1b[#}".repeat(most).as_bytes());
    // The oldest that was kept, and then nothing.
    for _ in 0..2 {
        let style = replies(&feed(&mut terminal, b"\x1bP$qm\x1b\\\x1b[#}"));
        let oldest = 16 + 100;
        assert_eq!(style, format!("\x1bP1$r0;38:5:{oldest}m\x1b\\").as_bytes());
    }
}

#[test]
fn capability_names_max() {
    let names = vec!["436F"; 10 * limits::CAPABILITY_NAMES_MAX].join(";");
    let effects = feed(
        &mut terminal(80, 24),
        format!("\x1bP+q{names}\x1b\\").as_bytes(),
    );
    assert_eq!(effects.len(), limits::CAPABILITY_NAMES_MAX);
}

#[test]
fn program_status_max() {
    let status = |len: usize| {
        let body = "x".repeat(len);
        feed(
            &mut terminal(80, 24),
            format!("\x1b]7501;{body}\x07").as_bytes(),
        )
    };
    let longest = limits::PROGRAM_STATUS_MAX;
    assert_eq!(
        status(longest),
        [Effect::ProgramStatus(vec![b'x'; longest])]
    );
    assert_eq!(status(longest + 1), []);
}

#[test]
fn row_marks_max() {
    let mut terminal = terminal(80, 24);
    let marks: String = (0..10_000).map(|n| format!("\x1b]133;D;{n}\x07")).collect();
    assert_eq!(feed(&mut terminal, marks.as_bytes()).len(), 10_000);
    assert_eq!(terminal.row(0).marks.len(), limits::ROW_MARKS_MAX);
}

#[test]
fn row_link_bytes_max() {
    let mut terminal = terminal(200, 4);
    for n in 0..150 {
        let link = format!("http://x/{n:0>1900}");
        feed(&mut terminal, format!("\x1b]8;;{link}\x07y").as_bytes());
    }
    let bytes = |row: &agor_proto::row::Row| row.links.iter().map(|link| link.uri.len()).sum();
    let on_screen: usize = bytes(&terminal.row(0));
    assert!(on_screen > limits::ROW_LINK_BYTES_MAX / 2 && on_screen <= limits::ROW_LINK_BYTES_MAX);
    assert_eq!(terminal.row(0).text, "y".repeat(150));
    feed(&mut terminal, b"\x1b]8;;\x07\r\n\n\n\n");
    let in_history: usize = bytes(&terminal.history_rows(0, 1)[0]);
    assert!(in_history <= limits::ROW_LINK_BYTES_MAX);
}

#[test]
fn wheel_notches_max() {
    use agor_proto::input::{Input, Mods, MouseAction, MouseInput};
    let mut terminal = terminal(80, 24);
    feed(&mut terminal, b"\x1b[?1000h\x1b[?1006h");
    let far = Input::Mouse(MouseInput {
        action: MouseAction::Wheel {
            lines: i16::MIN,
            columns: 0,
        },
        col: 0,
        row: 0,
        x_px: 0,
        y_px: 0,
        mods: Mods::default(),
    });
    let mut out = Vec::new();
    terminal.encode(&far, &mut out);
    let notch = b"\x1b[<64;1;1M";
    assert_eq!(out, notch.repeat(limits::WHEEL_NOTCHES_MAX.into()));
}

#[test]
fn csi_params_max() {
    let mut terminal = terminal(80, 24);
    let params = vec!["99999999999"; 10_000].join(";");
    feed(&mut terminal, format!("\x1b[{params}Hx").as_bytes());
    assert_eq!(terminal.row(0).text, "x");
    let mut bold_by = |count: usize| {
        let params = "0;".repeat(count - 1);
        feed(
            &mut terminal,
            format!("\r\x1b[m\x1b[{params}1mx").as_bytes(),
        );
        terminal.row(0).style_at(0).attrs.contains(Attrs::BOLD)
    };
    assert!(bold_by(limits::CSI_PARAMS_MAX));
    assert!(!bold_by(limits::CSI_PARAMS_MAX + 1));
}

#[test]
fn title_max_and_title_stack_max() {
    let mut terminal = terminal(80, 24);
    let title = "ä".repeat(30_000);
    feed(&mut terminal, format!("\x1b]2;{title}\x07").as_bytes());
    assert_eq!(terminal.title().len(), limits::TITLE_MAX);
    feed(&mut terminal, "\x1b[22t".repeat(100_000).as_bytes());
    assert!(terminal.checkpoint().len() < 32 * 1024);
    let mut changes = 0;
    for n in 0..limits::TITLE_STACK_MAX + 10 {
        feed(&mut terminal, format!("\x1b]2;{n}\x07").as_bytes());
        changes += usize::from(!feed(&mut terminal, b"\x1b[23t").is_empty());
    }
    assert_eq!(changes, limits::TITLE_STACK_MAX);
}

#[test]
fn keyboard_stack_max() {
    let mut terminal = terminal(80, 24);
    feed(&mut terminal, "\x1b[>1u".repeat(5_000).as_bytes());
    assert_eq!(replies(&feed(&mut terminal, b"\x1b[?u")), b"\x1b[?1u");
    let all = format!("\x1b[<{}u\x1b[?u", limits::KEYBOARD_STACK_MAX);
    assert_eq!(replies(&feed(&mut terminal, all.as_bytes())), b"\x1b[?1u");
    assert_eq!(
        replies(&feed(&mut terminal, b"\x1b[<u\x1b[?u")),
        b"\x1b[?0u"
    );
    feed(&mut terminal, "\x1b[>1u".repeat(9).as_bytes());
    feed(&mut terminal, b"\x1b[<65535u");
    assert_eq!(replies(&feed(&mut terminal, b"\x1b[?u")), b"\x1b[?0u");
}

#[test]
fn pointer_stack_max_and_pointer_names_max() {
    let mut terminal = terminal(80, 24);
    let names = "wait,help,".repeat(5_000);
    feed(&mut terminal, format!("\x1b]22;>{names}\x07").as_bytes());
    for _ in 0..100 {
        feed(&mut terminal, b"\x1b]22;>grab,copy\x07");
    }
    assert!(terminal.checkpoint().len() < 8 * 1024);
    feed(
        &mut terminal,
        "\x1b]22;<\x07"
            .repeat(limits::POINTER_STACK_MAX - 1)
            .as_bytes(),
    );
    let current = b"\x1b]22;?__current__\x07";
    assert_eq!(replies(&feed(&mut terminal, current)), b"\x1b]22;grab\x07");
    feed(&mut terminal, b"\x1b]22;<\x07");
    assert_eq!(replies(&feed(&mut terminal, current)), b"\x1b]22;0\x07");
    let many = format!("\x1b]22;?{names}\x07");
    let said = replies(&feed(&mut terminal, many.as_bytes()));
    let ones = said.iter().filter(|byte| **byte == b'1').count();
    assert_eq!(ones, limits::POINTER_NAMES_MAX);
}

#[test]
fn sized_text_max() {
    let mut terminal = terminal(80, 24);
    let text = |len: usize| format!("\x1b]66;w=1;{}\x07", "x".repeat(len));
    feed(&mut terminal, text(limits::SIZED_TEXT_MAX + 1).as_bytes());
    assert_eq!(terminal.cursor().col, 0);
    feed(&mut terminal, text(limits::SIZED_TEXT_MAX).as_bytes());
    assert_eq!(terminal.cursor().col, 1);
    assert_eq!(terminal.row(0).text.len(), limits::CLUSTER_MAX);
}

#[test]
fn notification_max() {
    let long = "x".repeat(limits::OSC_MAX - 100);
    for command in [
        format!("9;{long}"),
        format!("777;notify;{long};{long}"),
        format!("99;;{long}"),
    ] {
        let command = &command[..command.len().min(limits::OSC_MAX)];
        let effects = feed(
            &mut terminal(80, 24),
            format!("\x1b]{command}\x07").as_bytes(),
        );
        let [Effect::Notification { title, body }] = effects.as_slice() else {
            panic!("{effects:?}");
        };
        assert!(title.len() <= limits::TITLE_MAX && body.len() <= limits::NOTIFICATION_MAX);
    }
    let mut terminal = terminal(80, 24);
    for _ in 0..100 {
        feed(
            &mut terminal,
            format!("\x1b]99;i=1:d=0:p=body;{long}\x07").as_bytes(),
        );
    }
    assert!(terminal.checkpoint().len() < 16 * 1024);
}

#[test]
fn notification_id_max() {
    let (short, long) = (terminal(80, 24), "x".repeat(limits::OSC_MAX / 2));
    let mut terminal = terminal(80, 24);
    feed(
        &mut terminal,
        format!("\x1b]99;i={long}:d=0;hi\x07").as_bytes(),
    );
    let grown = terminal.checkpoint().len() - short.checkpoint().len();
    assert!((limits::NOTIFICATION_ID_MAX..limits::NOTIFICATION_ID_MAX + 64).contains(&grown));
}

#[test]
fn reply_queue_max() {
    let mut terminal = terminal(80, 24);
    let effects = feed(
        &mut terminal,
        &b"\x1b[c\x1b[6n\x1b]4;1;?\x07".repeat(100_000),
    );
    assert!(replies(&effects).len() <= limits::REPLY_QUEUE_MAX);
    assert!(terminal.replies_dropped() > 100_000);
    assert_eq!(
        replies(&feed(&mut terminal, b"\x1b[5n")),
        b"\x1b[0n",
        "later questions are answered"
    );
}

#[test]
fn cluster_max() {
    let mut terminal = terminal(80, 24);
    feed(&mut terminal, "e".as_bytes());
    feed(&mut terminal, "\u{301}".repeat(1_000_000).as_bytes());
    let row = terminal.row(0);
    assert!(row.text.len() <= limits::CLUSTER_MAX);
    assert!(row.text.len() > limits::CLUSTER_MAX - 2);
}

#[test]
fn clusters_max() {
    let mut terminal = terminal(300, 300);
    let marks = |n: u32| char::from_u32(0x300 + n % 112).unwrap();
    let clusters: String = (0..80_000_u32)
        .flat_map(|n| {
            [
                char::from(b'a' + (n / 12_544) as u8),
                marks(n),
                marks(n / 112),
            ]
        })
        .collect();
    feed(&mut terminal, clusters.as_bytes());
    let shown: std::collections::HashSet<String> = (0..300)
        .flat_map(|at| {
            let row = terminal.row(at);
            let long = row.clusters().filter(|cluster| cluster.text.len() > 1);
            long.map(|cluster| cluster.text.to_owned())
                .collect::<Vec<_>>()
        })
        .collect();
    assert!(shown.len() <= limits::CLUSTERS_MAX);
    assert!(
        shown.len() > limits::CLUSTERS_MAX - 1_024,
        "{}",
        shown.len()
    );
    feed(&mut terminal, "\x1b[2J\x1b[H".as_bytes());
    feed(&mut terminal, "e\u{301}".repeat(2_000).as_bytes());
    assert!(
        terminal.row(5).text.starts_with("e\u{301}"),
        "unused clusters made room"
    );
}

#[test]
fn styles_max() {
    let mut terminal = terminal(300, 300);
    let color = |n: u32| {
        let [_, red, green, blue] = (n + 1).to_be_bytes();
        (red, green, blue)
    };
    let cells = 300 * 300;
    for n in 0..cells {
        let (red, green, blue) = color(n);
        let one = format!("\x1b[38;2;{red};{green};{blue}mx");
        assert_eq!(feed(&mut terminal, one.as_bytes()), []);
    }
    // Each cell has the colour that it was given, or none where there was no room.
    let mut kept = 0;
    for at in 0..300_u16 {
        let row = terminal.row(at);
        assert_eq!(row.text, "x".repeat(300));
        for col in 0..300 {
            let (red, green, blue) = color(u32::from(at) * 300 + u32::from(col));
            match row.style_at(col).fg {
                Color::Default => {}
                fg => {
                    assert_eq!(fg, Color::Rgb(red, green, blue), "row {at}, column {col}");
                    kept += 1;
                }
            }
        }
    }
    // The default is one of them.
    assert_eq!(kept, limits::STYLES_MAX - 1);
    feed(&mut terminal, b"\x1b[2J\x1b[H");
    for n in 0..2_000 {
        let (red, green, blue) = color(cells + n);
        feed(
            &mut terminal,
            format!("\x1b[38;2;{red};{green};{blue}mx").as_bytes(),
        );
    }
    let (red, green, blue) = color(cells + 1_999);
    let last = terminal.row(6).style_at(199).fg;
    assert_eq!(
        last,
        Color::Rgb(red, green, blue),
        "unused styles made room"
    );
}

#[test]
fn links_max_and_link_max() {
    let mut terminal = terminal(200, 60);
    let links = 200 * 60;
    for n in 0..links {
        let one = format!("\x1b]8;;http://x/{n}\x07y");
        assert_eq!(feed(&mut terminal, one.as_bytes()), []);
    }
    let mut kept = Vec::new();
    for at in 0..60_u16 {
        let row = terminal.row(at);
        assert_eq!(row.text, "y".repeat(200));
        let numbers = (0..200).map(|col| row.style_at(col).link);
        let linked = numbers.filter(|link| *link != 0);
        kept.extend(linked.map(|link| row.links[usize::from(link) - 1].uri.clone()));
    }
    let first: Vec<_> = (0..limits::LINKS_MAX)
        .map(|n| format!("http://x/{n}"))
        .collect();
    assert_eq!(kept.len(), limits::LINKS_MAX);
    assert!(kept == first, "each cell has its own link, or none");
    // What is kept is all there is: a checkpoint holds nothing else that grows.
    assert!(terminal.checkpoint().len() < 64 * limits::LINKS_MAX);

    feed(&mut terminal, b"\x1b]8;;\x07\x1b[2J\x1b[H");
    for n in 0..2_000 {
        let one = format!("\x1b]8;;http://z/{n}\x07y");
        feed(&mut terminal, one.as_bytes());
    }
    let row = terminal.row(9);
    assert_eq!(
        row.links.last().unwrap().uri,
        "http://z/1999",
        "unused links made room"
    );

    for len in [limits::LINK_MAX, limits::LINK_MAX + 1] {
        let long = "x".repeat(len);
        feed(&mut terminal, b"\x1b]8;;\x07\x1b[2J\x1b[H");
        feed(&mut terminal, format!("\x1b]8;;{long}\x07y").as_bytes());
        let row = terminal.row(0);
        assert_eq!(row.text, "y");
        assert_eq!(row.links.len(), usize::from(len == limits::LINK_MAX));
    }
}

#[test]
fn history_rows() {
    let mut terminal = terminal(80, 24);
    feed(&mut terminal, &b"line of text\r\n".repeat(100_000));
    assert_eq!(terminal.history().rows as usize, limits::HISTORY_ROWS);
    assert!(terminal.history_bytes() < 1024 * 1024);
    assert_eq!(
        terminal.history_rows(0, usize::MAX).len(),
        limits::HISTORY_ROWS
    );
}

#[test]
fn ten_thousand_full_lines_of_a_build_take_less_than_2_mebibytes() {
    let mut terminal = terminal(120, 40);
    for n in 0..limits::HISTORY_ROWS + 40 {
        let package = format!("package-{n} v0.{}.{}", n % 40, n % 7);
        let line = format!("   \x1b[1m\x1b[32mCompiling\x1b[0m {package:a<107}\r\n");
        feed(&mut terminal, line.as_bytes());
    }
    assert_eq!(terminal.history().rows as usize, limits::HISTORY_ROWS);
    assert_eq!(terminal.history_rows(0, 1)[0].width(), 120);
    let bytes = terminal.history_bytes();
    assert!(bytes < 2 * 1024 * 1024, "{bytes}");
}

#[test]
fn history_bytes_max() {
    let mut terminal = Terminal::new(Options {
        size: Size::cells(1_000, 2),
        scrollback_rows: 100_000,
        ..Options::default()
    });
    let wide_row: String = (0..1_000)
        .map(|n| format!("\x1b[38;5;{}m\u{e000}", n % 256))
        .collect();
    for _ in 0..20_000 {
        feed(&mut terminal, format!("{wide_row}\r\n").as_bytes());
    }
    let bytes = terminal.history_bytes();
    assert!(bytes > limits::HISTORY_BYTES_MAX / 2, "{bytes}");
    // The pages at both ends are never dropped in part.
    assert!(bytes < limits::HISTORY_BYTES_MAX + 1024 * 1024, "{bytes}");
}

#[test]
fn sizes_in_pixels_never_overflow() {
    for px in [0, 1, 999, u16::MAX] {
        for (cols, rows) in [(1, 1), (80, 24), (limits::COLS_MAX, limits::ROWS_MAX)] {
            let mut terminal = Terminal::new(Options {
                size: Size {
                    cols,
                    rows,
                    width_px: px,
                    height_px: px,
                },
                ..Options::default()
            });
            let asked = feed(&mut terminal, b"\x1b[14t\x1b[16t\x1b[18t\x1b[?2048h");
            let pixels = match px {
                0 => String::new(),
                _ => format!("\x1b[4;{px};{px}t\x1b[6;{};{}t", px / rows, px / cols),
            };
            let cells = format!("\x1b[8;{rows};{cols}t\x1b[48;{rows};{cols};{px};{px}t");
            assert_eq!(replies(&asked), (pixels + &cells).as_bytes());
            // Images are as large as their pixels and the cell's say, and at most the screen.
            feed(
                &mut terminal,
                b"\x1bPq\"1;1;8000;8000#0!8000~\x1b\\\x1b_Ga=T,f=24,s=1,v=1,c=65535,r=65535;AAAA\x1b\\x",
            );
            let cursor = terminal.cursor();
            assert!(cursor.row < rows && cursor.col < cols);
        }
    }
}

#[test]
fn answers_never_hold_bytes_that_the_program_chose() {
    let mut terminal = terminal(80, 24);
    let secret = "rm -rf";
    let effects = feed(
        &mut terminal,
        format!(
            "\x1b]2;{secret}\x07\x1b]0;{secret}\x07\x1b[21t\x1b[20t\x1bP$q{secret}\x1b\\\
             \x1bP+q{secret}\x1b\\\x1bP+q726d202d7266\x1b\\\x1b]4;{secret};?\x07\x1b]52;c;?\x07\
             \x1b]10;{secret}\x07\x1b]7501;?{secret}\x07\x1b]8;;{secret}\x07\x1b]133;A;{secret}\x07\
             \x1b[{secret}\x05\x1b[?26n\x1b[>q\x1b]1337;ReportCellSize\x07"
        )
        .as_bytes(),
    );
    let text = String::from_utf8(replies(&effects)).unwrap();
    assert!(
        !text.contains("rm") && !text.to_lowercase().contains("726d"),
        "{text:?}"
    );
}
