//! Keys of the keyboard reach the program in a window byte for byte.

use std::fs;

use super::stage::{Stage, Window};
use crate::agor::step_until;

/// Opens a window whose program writes every byte that it is sent into a file, once `modes` are set.
fn recording(stage: &mut Stage, modes: &str) -> Window {
    let script = format!("stty raw -echo; printf '{modes}'; exec cat > keys");
    let window = stage.open(&["-e", "sh", "-c", &script]);
    step_until("the program listens", || {
        stage.agor.work().join("keys").exists().then_some(())
    });
    window
}

fn recorded(stage: &Stage) -> Vec<u8> {
    fs::read(stage.agor.work().join("keys")).unwrap_or_default()
}

/// Presses each chord and checks what the program got for it.
fn each_is(stage: &Stage, expected: &[(&str, &[u8])]) {
    for &(chord, bytes) in expected {
        let before = recorded(stage).len();
        stage.press(&[chord]);
        let got = step_until(&format!("{chord} arrives"), || {
            let all = recorded(stage);
            let got = all.get(before..).unwrap_or_default().to_vec();
            (got.len() >= bytes.len()).then_some(got)
        });
        assert_eq!(
            got.escape_ascii().to_string(),
            bytes.escape_ascii().to_string(),
            "{chord}"
        );
    }
}

#[test]
fn letters_signs_and_control_characters_arrive_as_their_bytes() {
    let mut stage = Stage::new();
    let _window = recording(&mut stage, "");
    each_is(
        &stage,
        &[
            ("a", b"a"),
            ("shift+a", b"A"),
            ("7", b"7"),
            ("exclam", b"!"),
            ("asciitilde", b"~"),
            ("space", b" "),
            ("Return", b"\r"),
            ("Tab", b"\t"),
            ("BackSpace", b"\x7f"),
            ("Escape", b"\x1b"),
            ("ctrl+a", b"\x01"),
            ("ctrl+b", b"\x02"),
            ("ctrl+c", b"\x03"),
            ("ctrl+d", b"\x04"),
            ("ctrl+h", b"\x08"),
            ("ctrl+i", b"\t"),
            ("ctrl+k", b"\x0b"),
            ("ctrl+m", b"\r"),
            ("ctrl+p", b"\x10"),
            ("ctrl+v", b"\x16"),
            ("ctrl+w", b"\x17"),
            ("ctrl+x", b"\x18"),
            ("ctrl+z", b"\x1a"),
            ("ctrl+bracketleft", b"\x1b"),
            ("ctrl+backslash", b"\x1c"),
            ("ctrl+bracketright", b"\x1d"),
            ("alt+x", b"\x1bx"),
            ("alt+shift+x", b"\x1bX"),
            ("alt+BackSpace", b"\x1b\x7f"),
            ("ctrl+alt+a", b"\x1b\x01"),
        ],
    );
    stage.type_text("The quick brown fox -- jumps; over 'it'!");
    step_until("a sentence arrives", || {
        recorded(&stage)
            .ends_with(b"The quick brown fox -- jumps; over 'it'!")
            .then_some(())
    });
}

#[test]
fn keys_that_move_function_keys_and_the_keypad_arrive_as_their_sequences() {
    let mut stage = Stage::new();
    let _window = recording(&mut stage, "");
    each_is(
        &stage,
        &[
            ("Up", b"\x1b[A"),
            ("Down", b"\x1b[B"),
            ("Right", b"\x1b[C"),
            ("Left", b"\x1b[D"),
            ("Home", b"\x1b[H"),
            ("End", b"\x1b[F"),
            ("Prior", b"\x1b[5~"),
            ("Next", b"\x1b[6~"),
            ("Insert", b"\x1b[2~"),
            ("Delete", b"\x1b[3~"),
            ("shift+Tab", b"\x1b[Z"),
            ("ctrl+Left", b"\x1b[1;5D"),
            ("alt+Up", b"\x1b[1;3A"),
            ("F1", b"\x1bOP"),
            ("F2", b"\x1bOQ"),
            ("F3", b"\x1bOR"),
            ("F4", b"\x1bOS"),
            ("F5", b"\x1b[15~"),
            ("F6", b"\x1b[17~"),
            ("F10", b"\x1b[21~"),
            ("F12", b"\x1b[24~"),
            ("shift+F5", b"\x1b[15;2~"),
            ("KP_Enter", b"\r"),
            ("KP_Add", b"+"),
            ("KP_Multiply", b"*"),
            ("KP_Home", b"\x1b[H"),
            ("KP_Up", b"\x1b[A"),
        ],
    );
}

#[test]
fn a_program_that_asked_for_application_modes_gets_its_own_sequences() {
    let mut stage = Stage::new();
    let _window = recording(&mut stage, r"\033[?1h\033=");
    each_is(
        &stage,
        &[
            ("Up", b"\x1bOA"),
            ("Left", b"\x1bOD"),
            ("Home", b"\x1bOH"),
            ("KP_Enter", b"\x1bOM"),
            ("KP_Add", b"\x1bOk"),
        ],
    );
}

#[test]
fn letters_of_a_layout_without_latin_ones_arrive_and_control_goes_by_their_place() {
    let mut stage = Stage::new();
    stage.ok("setxkbmap", &["ru"]);
    let _window = recording(&mut stage, "");
    each_is(
        &stage,
        &[
            ("Cyrillic_es", "с".as_bytes()),
            ("alt+Cyrillic_ef", "\x1bф".as_bytes()),
            ("ctrl+Cyrillic_es", b"\x03"),
            ("ctrl+Cyrillic_ve", b"\x04"),
            ("ctrl+alt+Cyrillic_ef", b"\x1b\x01"),
        ],
    );
}

#[test]
fn commands_go_by_the_place_of_their_keys_on_a_layout_without_latin_letters() {
    let mut stage = Stage::new();
    stage.ok("setxkbmap", &["ru"]);
    let window = stage.open(&[]);
    stage.running_are(1);
    // Where D and T are.
    stage.act(&window, &["ctrl+shift+Cyrillic_ve"], "pane.split_right");
    stage.running_are(2);
    stage.act(&window, &["ctrl+space", "Cyrillic_ie"], "tab.new");
    stage.running_are(3);
}

#[test]
fn composed_characters_and_dead_keys_arrive_as_text() {
    let mut stage = Stage::new();
    // Before the window, which reads the keyboard's layout when it opens.
    stage.ok(
        "setxkbmap",
        &["us", "-variant", "intl", "-option", "compose:menu"],
    );
    let _window = recording(&mut stage, "");
    for (chords, text) in [
        (&["Multi_key", "o", "e"][..], "œ"),
        (&["Multi_key", "equal", "e"], "€"),
        (&["dead_acute", "e"], "é"),
        (&["dead_diaeresis", "u"], "ü"),
    ] {
        let before = recorded(&stage).len();
        stage.press(chords);
        let got = step_until(&format!("{text} arrives"), || {
            let got = recorded(&stage).split_off(before);
            (got.len() >= text.len()).then_some(got)
        });
        assert_eq!(String::from_utf8_lossy(&got), text, "{chords:?}");
    }
}
