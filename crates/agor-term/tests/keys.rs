//! Keys as programs expect them, in each of the encodings.

use agor_proto::input::{Input, Key, KeyAction, KeyInput, Mods};
use agor_term::input::chord;
use agor_term::{Options, Terminal};

fn sent(modes: &str, key: KeyInput) -> String {
    let mut terminal = Terminal::new(Options::default());
    terminal.advance(modes.as_bytes(), &mut Vec::new());
    let mut out = Vec::new();
    terminal.encode(&Input::Key(key), &mut out);
    String::from_utf8(out).expect("keys are UTF-8")
}

fn chord(text: &str) -> KeyInput {
    chord::parse(text).expect("a chord")
}

#[test]
fn keys_without_modes_are_a_vt220s_with_xterms_modifiers() {
    for (key, expected) in [
        ("a", "a"),
        ("A", "A"),
        ("+", "+"),
        ("ä", "ä"),
        ("alt+x", "\x1bx"),
        ("ctrl+c", "\x03"),
        ("ctrl+shift+c", "\x03"),
        ("ctrl+alt+a", "\x1b\x01"),
        ("ctrl+space", "\0"),
        ("ctrl+[", "\x1b"),
        ("ctrl+\\", "\x1c"),
        ("ctrl+/", "\x1f"),
        ("ctrl+?", "\x7f"),
        ("ctrl+2", "\0"),
        ("enter", "\r"),
        ("alt+enter", "\x1b\r"),
        ("tab", "\t"),
        ("shift+tab", "\x1b[Z"),
        ("backspace", "\x7f"),
        ("ctrl+backspace", "\x08"),
        ("alt+backspace", "\x1b\x7f"),
        ("escape", "\x1b"),
        ("up", "\x1b[A"),
        ("ctrl+left", "\x1b[1;5D"),
        ("ctrl+shift+left", "\x1b[1;6D"),
        ("home", "\x1b[H"),
        ("shift+end", "\x1b[1;2F"),
        ("page_up", "\x1b[5~"),
        ("ctrl+delete", "\x1b[3;5~"),
        ("f1", "\x1bOP"),
        ("shift+f1", "\x1b[1;2P"),
        ("f5", "\x1b[15~"),
        ("ctrl+f12", "\x1b[24;5~"),
        ("kp_5", "5"),
        ("kp_enter", "\r"),
        ("kp_up", "\x1b[A"),
        ("caps_lock", ""),
    ] {
        assert_eq!(sent("", chord(key)), expected, "{key}");
    }
}

#[test]
fn control_with_a_letter_of_another_script_is_that_of_its_place() {
    let at = |letter: char, place: char, mods: Mods| KeyInput {
        base_layout: Some(place),
        ..KeyInput::press(Key::Char(letter), mods)
    };
    let alt = Mods::CTRL.with(Mods::ALT);
    for (key, expected) in [
        (at('с', 'c', Mods::CTRL), "\x03"),
        (at('ф', 'a', alt), "\x1b\x01"),
        (at('с', 'c', Mods::default()), "с"),
        // A Latin layout says itself what a key is, and what is no letter there stays what it is.
        (at('a', 'q', Mods::CTRL), "\x01"),
        (at('ü', '[', Mods::CTRL), "ü"),
    ] {
        assert_eq!(sent("", key.clone()), expected, "{key:?}");
    }
    assert_eq!(sent("\x1b[>4;1m", at('с', 'c', Mods::CTRL)), "\x03");
}

#[test]
fn application_modes_change_cursor_and_keypad_keys() {
    assert_eq!(sent("\x1b[?1h", chord("up")), "\x1bOA");
    assert_eq!(sent("\x1b[?1h", chord("ctrl+up")), "\x1b[1;5A");
    assert_eq!(sent("\x1b[?1h\x1b[?1l", chord("up")), "\x1b[A");
    assert_eq!(sent("\x1b=", chord("kp_5")), "\x1bOu");
    assert_eq!(sent("\x1b=", chord("kp_enter")), "\x1bOM");
    assert_eq!(sent("\x1b=\x1b>", chord("kp_enter")), "\r");
    assert_eq!(sent("\x1b[20h", chord("enter")), "\r\n");
    assert_eq!(sent("\x1b[?67h", chord("backspace")), "\x08");
}

#[test]
fn modify_other_keys_tells_apart_what_used_to_be_one() {
    assert_eq!(sent("\x1b[>4;1m", chord("ctrl+enter")), "\x1b[27;5;13~");
    assert_eq!(sent("\x1b[>4;1m", chord("shift+enter")), "\x1b[27;2;13~");
    assert_eq!(sent("\x1b[>4;1m", chord("ctrl+c")), "\x03");
    assert_eq!(sent("\x1b[>4;2m", chord("ctrl+c")), "\x1b[27;5;99~");
    assert_eq!(sent("\x1b[>4;2m", chord("alt+x")), "\x1b[27;3;120~");
    assert_eq!(sent("\x1b[>4;2m", chord("a")), "a");
    assert_eq!(sent("\x1b[>4;2m\x1b[>4m", chord("alt+x")), "\x1bx");
}

#[test]
fn kittys_protocol_disambiguates() {
    let one = "\x1b[>1u";
    for (key, expected) in [
        ("a", "a"),
        ("A", "A"),
        ("ctrl+c", "\x1b[99;5u"),
        ("ctrl+shift+c", "\x1b[99;6u"),
        ("alt+x", "\x1b[120;3u"),
        ("escape", "\x1b[27u"),
        ("enter", "\r"),
        ("shift+enter", "\x1b[13;2u"),
        ("tab", "\t"),
        ("shift+tab", "\x1b[9;2u"),
        ("backspace", "\x7f"),
        ("ctrl+backspace", "\x1b[127;5u"),
        ("up", "\x1b[A"),
        ("ctrl+up", "\x1b[1;5A"),
        ("f1", "\x1b[P"),
        ("f3", "\x1b[13~"),
        ("f13", "\x1b[57376u"),
        ("page_up", "\x1b[5~"),
        ("kp_5", "\x1b[57404u"),
        ("kp_enter", "\x1b[57414u"),
        ("kp_up", "\x1b[57419u"),
        ("shift_left", ""),
    ] {
        assert_eq!(sent(one, chord(key)), expected, "{key}");
    }
    assert_eq!(sent("\x1b[>1u\x1b[<u", chord("ctrl+c")), "\x03");
}

#[test]
fn kittys_protocol_reports_events_alternates_and_text() {
    let with = |text: &str, action: KeyAction| KeyInput {
        action,
        ..chord(text)
    };
    assert_eq!(
        sent("\x1b[>3u", with("ctrl+c", KeyAction::Release)),
        "\x1b[99;5:3u"
    );
    assert_eq!(
        sent("\x1b[>3u", with("up", KeyAction::Repeat)),
        "\x1b[1;1:2A"
    );
    assert_eq!(sent("\x1b[>1u", with("ctrl+c", KeyAction::Release)), "");
    assert_eq!(sent("\x1b[>3u", with("a", KeyAction::Release)), "");
    assert_eq!(sent("\x1b[>8u", chord("a")), "\x1b[97u");
    assert_eq!(sent("\x1b[>8u", chord("enter")), "\x1b[13u");
    assert_eq!(sent("\x1b[>9u", chord("shift_left")), "\x1b[57441u");
    assert_eq!(sent("\x1b[>24u", chord("A")), "\x1b[97;2;65u");
    assert_eq!(sent("\x1b[>24u", chord("a")), "\x1b[97;;97u");
    assert_eq!(sent("\x1b[>12u", chord("A")), "\x1b[97:65;2u");
    let cyrillic = KeyInput {
        base_layout: Some('c'),
        ..KeyInput::press(Key::Char('с'), Mods::CTRL)
    };
    assert_eq!(sent("\x1b[>5u", cyrillic), "\x1b[1089::99;5u");
}

#[test]
fn text_pastes_and_focus_follow_the_modes() {
    let encode = |modes: &str, input: Input| {
        let mut terminal = Terminal::new(Options::default());
        terminal.advance(modes.as_bytes(), &mut Vec::new());
        let mut out = Vec::new();
        terminal.encode(&input, &mut out);
        String::from_utf8(out).expect("keys are UTF-8")
    };
    let paste = |first, last| Input::Paste {
        text: "x\n".into(),
        first,
        last,
    };
    assert_eq!(encode("", paste(true, true)), "x\r");
    assert_eq!(encode("\x1b[?2004h", paste(true, false)), "\x1b[200~x\n");
    assert_eq!(encode("\x1b[?2004h", paste(false, true)), "x\n\x1b[201~");
    assert_eq!(encode("", Input::Focus { gained: true }), "");
    assert_eq!(
        encode("\x1b[?1004h", Input::Focus { gained: false }),
        "\x1b[O"
    );
    assert_eq!(
        encode(
            "",
            Input::Text {
                text: "日本".into()
            }
        ),
        "日本"
    );
    assert_eq!(
        encode(
            "\x1b[>24u",
            Input::Text {
                text: "日本".into()
            }
        ),
        "\x1b[0;;26085:26412u"
    );
    assert_eq!(encode("", Input::Raw { bytes: vec![27, 1] }), "\x1b\x01");
}
