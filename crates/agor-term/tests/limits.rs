//! What a hostile program can make a terminal keep and do. Each test has the name of its limit in
//! `agor-proto/src/limits.rs`.

use agor_proto::ids::Size;
use agor_proto::limits;
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
    for begin in ["\x1bPq", "\x1b_G", "\x1bP$q", "\x1bX", "\x1b^"] {
        feed(&mut terminal, begin.as_bytes());
        feed(&mut terminal, &vec![b'x'; 8 * 1024 * 1024]);
        assert!(terminal.checkpoint().len() < 64 * 1024, "{begin:?}");
        assert_eq!(replies(&feed(&mut terminal, b"\x1b\\")), b"", "{begin:?}");
    }
    feed(&mut terminal, b"after");
    assert_eq!(terminal.row(0).text, "after");
}

#[test]
fn csi_params_max() {
    let mut terminal = terminal(80, 24);
    let params = vec!["99999999999"; 10_000].join(";");
    feed(&mut terminal, format!("\x1b[{params}Hx").as_bytes());
    assert_eq!(terminal.row(0).text, "x");
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
    feed(&mut terminal, b"\x1b[<65535u");
    assert_eq!(replies(&feed(&mut terminal, b"\x1b[?u")), b"\x1b[?0u");
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
fn styles_max() {
    let mut terminal = terminal(80, 24);
    for red in 0..=255_u32 {
        let line: String = (0..512)
            .map(|n| format!("\x1b[38;2;{red};{};{}mx", n % 256, n / 256))
            .collect();
        feed(&mut terminal, line.as_bytes());
    }
    feed(&mut terminal, b"\x1b[H\x1b[38;2;9;8;7;1mlast");
    let style = terminal.row(0).style_at(0);
    assert_eq!(
        style.fg,
        agor_proto::row::Color::Rgb(9, 8, 7),
        "unused styles made room"
    );
}

#[test]
fn links_max_and_link_max() {
    let mut terminal = terminal(80, 24);
    for n in 0..40_000 {
        feed(
            &mut terminal,
            format!("\x1b]8;;http://x/{n}\x07y").as_bytes(),
        );
    }
    let row = terminal.row(23);
    assert_eq!(
        row.links.last().unwrap().uri,
        "http://x/39999",
        "unused links made room"
    );
    let long = "x".repeat(limits::LINK_MAX + 1);
    feed(
        &mut terminal,
        format!("\x1b[2J\x1b[H\x1b]8;;{long}\x07y").as_bytes(),
    );
    assert_eq!(terminal.row(0).links, []);
    assert_eq!(terminal.row(0).text, "y");
}

#[test]
fn scrollback_rows_default() {
    let mut terminal = terminal(80, 24);
    feed(&mut terminal, &b"line of text\r\n".repeat(100_000));
    assert_eq!(
        terminal.history().rows as usize,
        limits::SCROLLBACK_ROWS_DEFAULT
    );
    assert!(terminal.history_bytes() < 1024 * 1024);
    assert_eq!(
        terminal.history_rows(0, usize::MAX).len(),
        limits::SCROLLBACK_ROWS_DEFAULT
    );
}

#[test]
fn history_has_a_cap_in_bytes_too() {
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
    assert!(terminal.history_bytes() < 70 * 1024 * 1024);
}

#[test]
fn repeating_a_character_costs_at_most_a_screen() {
    let mut terminal = terminal(120, 40);
    let begin = std::time::Instant::now();
    feed(
        &mut terminal,
        &[b"x".as_slice(), &b"\x1b[65535b".repeat(1_024)].concat(),
    );
    // 1.6 s in alacritty_terminal 0.26, optimised; the bound leaves room for a busy machine.
    assert!(begin.elapsed().as_millis() < 1_500);
}

#[test]
fn large_counts_cost_no_more_than_the_screen() {
    let mut terminal = terminal(120, 40);
    for last in "@ABCDEFGHIJKLMPSTXZ`adefgr".chars() {
        let sequence = format!("\x1b[65535;65535{last}");
        feed(&mut terminal, sequence.repeat(2_000).as_bytes());
    }
    for last in ["'}", "'~", " @", " A"] {
        feed(
            &mut terminal,
            format!("\x1b[65535{last}").repeat(2_000).as_bytes(),
        );
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
