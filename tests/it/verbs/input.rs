//! What reaches a program: text, pastes, keys, sizes and signals.

use std::fs;

use crate::agor::{Agor, runs, step_until};

/// Returns a session that writes every byte that it is given into the file `typed`, after it has
/// printed `modes` to its terminal.
fn recorder(agor: &Agor, modes: &str) -> String {
    let script = format!("stty raw -echo; printf '{modes}ready'; exec cat > typed");
    let session = agor.session(&script);
    agor.screen_with(&session, "ready");
    session
}

/// Waits until the program of [`recorder`] was given `expected`, and checks that it was nothing
/// else.
fn given(agor: &Agor, session: &str, expected: &[u8]) {
    // A last word tells that everything before it has come.
    agor.ok(&["send", session, "<end>"]);
    let file = agor.work().join("typed");
    let typed = step_until("everything has come", || {
        let typed = fs::read(&file).ok()?;
        typed.ends_with(b"<end>").then_some(typed)
    });
    let typed = &typed[..typed.len() - b"<end>".len()];
    assert_eq!(
        typed.escape_ascii().to_string(),
        expected.escape_ascii().to_string()
    );
}

/// Presses keys one after the other, with a bar between them, and checks the bytes of each.
fn pressed(modes: &str, expected: &[(&str, &str)]) {
    let agor = Agor::started();
    let session = recorder(&agor, modes);
    let mut args = vec!["key", session.as_str()];
    let mut bytes = String::new();
    for (key, sent) in expected {
        args.extend([*key, "|"]);
        bytes.push_str(sent);
        bytes.push('|');
    }
    agor.ok(&args);
    given(&agor, &session, bytes.as_bytes());
}

#[test]
fn text_reaches_the_program_byte_for_byte() {
    let agor = Agor::started();
    let session = recorder(&agor, "");
    let texts = [
        "héllo 日本 👩‍👩‍👧 e\u{301}",
        "-n --json",
        "\u{3}\u{1b}[A\ttab\u{7f}",
        "two\nlines",
        "",
        "\u{2028}\u{feff}\u{10ffff}",
    ];
    for text in texts {
        agor.ok(&["send", &session, "--", text]);
    }
    let long = "0123456789abcdef".repeat(4096);
    agor.ok(&["send", &session, &long, "--enter"]);
    let expected = format!("{}{long}\r", texts.concat());
    given(&agor, &session, expected.as_bytes());
    let too_long = agor.run(&["send", &session, &format!("{long}x")]);
    assert_eq!(too_long.code, 2, "{too_long:?}");
}

#[test]
fn a_paste_has_brackets_where_the_program_wants_them_and_cannot_leave_them() {
    let evil = "one\r\ntwo\n\u{1b}[201~three\u{3}\u{9b}ü";
    for (modes, expected) in [
        ("", "one\rtwo\r[201~threeü"),
        (r"\033[?2004h", "\x1b[200~one\ntwo\n[201~threeü\x1b[201~"),
        (r"\033[?2004h\033[?2004l", "one\rtwo\r[201~threeü"),
    ] {
        let agor = Agor::started();
        let session = recorder(&agor, modes);
        agor.ok(&["send", &session, "--paste", evil]);
        given(&agor, &session, expected.as_bytes());
    }
}

#[test]
fn a_paste_into_bash_runs_nothing_before_enter() {
    let agor = Agor::started();
    let bash = agor.program("80x24", &["env", "PS1=prompt> ", "bash", "--norc"]);
    agor.screen_with(&bash, "prompt>");
    agor.ok(&["send", &bash, "--paste", "touch pasted-1\ntouch pasted-2\n"]);
    agor.screen_with(&bash, "touch pasted-2");
    agor.ok(&["wait", &bash, "--idle", "100", "--timeout", "30"]);
    assert!(!agor.work().join("pasted-1").exists());
    agor.ok(&["key", &bash, "enter"]);
    step_until("both have run", || {
        let made = |name| agor.work().join(name).exists();
        (made("pasted-1") && made("pasted-2")).then_some(())
    });
}

/// Keys that are the same in every mode.
const PLAIN: &[(&str, &str)] = &[
    ("a", "a"),
    ("A", "A"),
    ("shift+a", "A"),
    ("é", "é"),
    ("日", "日"),
    ("space", " "),
    ("+", "+"),
    ("ctrl+a", "\x01"),
    ("ctrl+C", "\x03"),
    ("ctrl+space", "\0"),
    ("ctrl+[", "\x1b"),
    ("ctrl+\\", "\x1c"),
    ("ctrl+]", "\x1d"),
    ("alt+x", "\x1bx"),
    ("alt+X", "\x1bX"),
    ("ctrl+alt+c", "\x1b\x03"),
    ("alt+é", "\x1bé"),
    ("enter", "\r"),
    ("alt+enter", "\x1b\r"),
    ("tab", "\t"),
    ("shift+tab", "\x1b[Z"),
    ("escape", "\x1b"),
    ("backspace", "\x7f"),
    ("alt+backspace", "\x1b\x7f"),
    ("ctrl+backspace", "\x08"),
    ("insert", "\x1b[2~"),
    ("delete", "\x1b[3~"),
    ("pageup", "\x1b[5~"),
    ("page_down", "\x1b[6~"),
    ("ctrl+delete", "\x1b[3;5~"),
    ("f1", "\x1bOP"),
    ("f4", "\x1bOS"),
    ("f5", "\x1b[15~"),
    ("f10", "\x1b[21~"),
    ("f12", "\x1b[24~"),
    ("shift+f1", "\x1b[1;2P"),
    ("ctrl+f5", "\x1b[15;5~"),
    ("ctrl+up", "\x1b[1;5A"),
    ("shift+right", "\x1b[1;2C"),
    ("alt+left", "\x1b[1;3D"),
    ("ctrl+alt+shift+end", "\x1b[1;8F"),
];

#[test]
fn keys_are_the_bytes_that_xterm_sends() {
    let normal = [
        ("up", "\x1b[A"),
        ("down", "\x1b[B"),
        ("right", "\x1b[C"),
        ("left", "\x1b[D"),
        ("home", "\x1b[H"),
        ("end", "\x1b[F"),
        ("kp_5", "5"),
        ("kp_plus", "+"),
        ("kp_enter", "\r"),
    ];
    pressed("", &[PLAIN, &normal].concat());
}

#[test]
fn keys_follow_application_cursor_keys_and_keypad() {
    let application = [
        ("up", "\x1bOA"),
        ("down", "\x1bOB"),
        ("right", "\x1bOC"),
        ("left", "\x1bOD"),
        ("home", "\x1bOH"),
        ("end", "\x1bOF"),
        ("kp_5", "\x1bOu"),
        ("kp_plus", "\x1bOk"),
        ("kp_enter", "\x1bOM"),
    ];
    pressed(r"\033[?1h\033=", &[PLAIN, &application].concat());
}

#[test]
fn keys_are_normal_again_after_a_program_has_reset_them() {
    let normal = [("up", "\x1b[A"), ("home", "\x1b[H"), ("kp_5", "5")];
    pressed(r"\033[?1h\033=\033[?1l\033>", &normal);
}

#[test]
fn keys_follow_the_keyboard_protocol_that_a_program_switches_on() {
    let kitty = [
        ("a", "a"),
        ("escape", "\x1b[27u"),
        ("ctrl+c", "\x1b[99;5u"),
        ("alt+x", "\x1b[120;3u"),
        ("ctrl+shift+a", "\x1b[97;6u"),
        ("enter", "\r"),
        ("up", "\x1b[A"),
    ];
    pressed(r"\033[>1u", &kitty);
}

#[test]
fn a_new_size_reaches_the_program_with_a_signal() {
    let agor = Agor::started();
    let session = agor.program(
        "80x24",
        &[
            "bash",
            "-c",
            "trap 'echo now $(stty size)' WINCH; echo first $(stty size); \
             while :; do sleep 1000 & wait $!; done",
        ],
    );
    agor.screen_with(&session, "first 24 80");
    agor.ok(&["resize", &session, "100x30"]);
    agor.screen_with(&session, "now 30 100");
    assert_eq!(agor.info(&session)["size"]["cols"], 100);
    agor.ok(&["resize", &session, "40x10"]);
    let screen = agor.screen_with(&session, "now 10 40");
    assert!(
        screen.contains("first 24 80"),
        "what was shown stays: {screen}"
    );
    // The same again is done already.
    agor.ok(&["resize", &session, "40x10"]);
    for wrong in ["0x10", "40", "40x", "x", "99999999x1"] {
        assert_eq!(agor.run(&["resize", &session, wrong]).code, 2, "{wrong}");
    }
    assert_eq!(agor.info(&session)["size"]["cols"], 40);
}

#[test]
fn a_signal_goes_to_the_foreground_and_to_nothing_else_unless_told_otherwise() {
    let agor = Agor::started();
    let bash = agor.program("80x24", &["env", "PS1=$ ", "bash", "--norc"]);
    agor.ok(&[
        "send",
        &bash,
        "sleep 1000 & echo $! > background",
        "--enter",
    ]);
    agor.ok(&[
        "send",
        &bash,
        "bash -c 'echo $$ > foreground; exec sleep 1001'; echo ended with $?",
        "--enter",
    ]);
    let pid = |name: &str| {
        step_until("the pid is written", || {
            let text = fs::read_to_string(agor.work().join(name)).ok()?;
            text.strip_suffix('\n')?.parse::<u32>().ok()
        })
    };
    let (background, foreground) = (pid("background"), pid("foreground"));
    agor.ok(&["signal", &bash, "USR1"]);
    agor.screen_with(&bash, "ended with 138");
    assert!(!runs(foreground) && runs(background));
    assert_eq!(agor.info(&bash)["life"], "running");
    let leader = agor.info(&bash)["pid"].as_u64().expect("a pid") as u32;
    agor.ok(&["signal", &bash, "9", "--to", "leader"]);
    let waited = agor.run(&["wait", &bash, "--exit", "--mirror", "--timeout", "30"]);
    assert_eq!((waited.code, waited.stdout.as_str()), (137, "signal 9\n"));
    assert!(!runs(leader));
}

#[test]
fn a_signal_to_all_reaches_what_hides_in_the_background() {
    let agor = Agor::started();
    let session = agor.session(
        "set -m; sh -c 'echo $$ > background; exec sleep 1000' & \
         trap 'echo leader heard it' USR1; echo up; while :; do sleep 1001 & wait $!; done",
    );
    agor.screen_with(&session, "up");
    let background = step_until("the pid is written", || {
        let text = fs::read_to_string(agor.work().join("background")).ok()?;
        text.strip_suffix('\n')?.parse::<u32>().ok()
    });
    agor.ok(&["signal", &session, "SIGUSR1", "--to", "all"]);
    agor.screen_with(&session, "leader heard it");
    step_until("the background is gone", || {
        (!runs(background)).then_some(())
    });
}

#[test]
fn two_clients_that_type_at_once_are_each_heard_in_order_and_never_within_a_line() {
    const LINES: usize = 40;
    let agor = Agor::started();
    let session = agor.session("stty -echo; echo ready; exec cat > typed");
    agor.screen_with(&session, "ready");
    std::thread::scope(|scope| {
        for client in ["left", "right"] {
            let (agor, session) = (&agor, &session);
            scope.spawn(move || {
                for n in 0..LINES {
                    agor.ok(&["send", session, &format!("{client} {n}"), "--enter"]);
                }
            });
        }
    });
    let file = agor.work().join("typed");
    let text = step_until("every line has come", || {
        let text = fs::read_to_string(&file).ok()?;
        (text.lines().count() >= 2 * LINES).then_some(text)
    });
    for client in ["left", "right"] {
        let lines = text.lines().filter(|line| line.starts_with(client));
        let expected: Vec<String> = (0..LINES).map(|n| format!("{client} {n}")).collect();
        assert_eq!(lines.collect::<Vec<_>>(), expected);
    }
    assert_eq!(text.lines().count(), 2 * LINES, "{text}");
}
