//! The keys that are not characters: their names in chords, and their numbers in the three
//! encodings. One row a key.

use agor_proto::input::Key;

/// How a key is written without kitty's protocol, and in it where the key has an old form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Legacy {
    /// `CSI letter`, or `SS3 letter` with application cursor keys.
    Cursor(u8),
    /// `SS3 letter`; with modifiers `CSI 1 ; m letter`.
    Function(u8),
    /// `CSI number ~`.
    Tilde(u16),
    /// Nothing.
    None,
}

/// One key.
#[derive(Debug, Clone, Copy)]
pub(super) struct NamedKey {
    pub key: Key,
    pub name: &'static str,
    pub legacy: Legacy,
    /// The number in kitty's protocol; 0 if the old form is used there.
    pub number: u32,
}

const fn row(key: Key, name: &'static str, legacy: Legacy, number: u32) -> NamedKey {
    NamedKey {
        key,
        name,
        legacy,
        number,
    }
}

use Legacy::{Cursor, Function, None as Silent, Tilde};

/// All named keys but those that are made of a number.
pub(super) const NAMED: &[NamedKey] = &[
    row(Key::Enter, "enter", Silent, 13),
    row(Key::Tab, "tab", Silent, 9),
    row(Key::Backspace, "backspace", Silent, 127),
    row(Key::Escape, "escape", Silent, 27),
    row(Key::Up, "up", Cursor(b'A'), 0),
    row(Key::Down, "down", Cursor(b'B'), 0),
    row(Key::Right, "right", Cursor(b'C'), 0),
    row(Key::Left, "left", Cursor(b'D'), 0),
    row(Key::Home, "home", Cursor(b'H'), 0),
    row(Key::End, "end", Cursor(b'F'), 0),
    row(Key::PageUp, "page_up", Tilde(5), 0),
    row(Key::PageDown, "page_down", Tilde(6), 0),
    row(Key::Insert, "insert", Tilde(2), 0),
    row(Key::Delete, "delete", Tilde(3), 0),
    row(Key::F(1), "f1", Function(b'P'), 0),
    row(Key::F(2), "f2", Function(b'Q'), 0),
    row(Key::F(3), "f3", Function(b'R'), 0),
    row(Key::F(4), "f4", Function(b'S'), 0),
    row(Key::F(5), "f5", Tilde(15), 0),
    row(Key::F(6), "f6", Tilde(17), 0),
    row(Key::F(7), "f7", Tilde(18), 0),
    row(Key::F(8), "f8", Tilde(19), 0),
    row(Key::F(9), "f9", Tilde(20), 0),
    row(Key::F(10), "f10", Tilde(21), 0),
    row(Key::F(11), "f11", Tilde(23), 0),
    row(Key::F(12), "f12", Tilde(24), 0),
    row(Key::F(13), "f13", Tilde(25), 57376),
    row(Key::F(14), "f14", Tilde(26), 57377),
    row(Key::F(15), "f15", Tilde(28), 57378),
    row(Key::F(16), "f16", Tilde(29), 57379),
    row(Key::F(17), "f17", Tilde(31), 57380),
    row(Key::F(18), "f18", Tilde(32), 57381),
    row(Key::F(19), "f19", Tilde(33), 57382),
    row(Key::F(20), "f20", Tilde(34), 57383),
    row(Key::KeypadEnter, "kp_enter", Silent, 57414),
    row(Key::KeypadUp, "kp_up", Cursor(b'A'), 57419),
    row(Key::KeypadDown, "kp_down", Cursor(b'B'), 57420),
    row(Key::KeypadRight, "kp_right", Cursor(b'C'), 57418),
    row(Key::KeypadLeft, "kp_left", Cursor(b'D'), 57417),
    row(Key::KeypadHome, "kp_home", Cursor(b'H'), 57423),
    row(Key::KeypadEnd, "kp_end", Cursor(b'F'), 57424),
    row(Key::KeypadPageUp, "kp_page_up", Tilde(5), 57421),
    row(Key::KeypadPageDown, "kp_page_down", Tilde(6), 57422),
    row(Key::KeypadInsert, "kp_insert", Tilde(2), 57425),
    row(Key::KeypadDelete, "kp_delete", Tilde(3), 57426),
    row(Key::KeypadBegin, "kp_begin", Cursor(b'E'), 57427),
    row(Key::CapsLock, "caps_lock", Silent, 57358),
    row(Key::ScrollLock, "scroll_lock", Silent, 57359),
    row(Key::NumLock, "num_lock", Silent, 57360),
    row(Key::PrintScreen, "print_screen", Silent, 57361),
    row(Key::Pause, "pause", Silent, 57362),
    row(Key::Menu, "menu", Tilde(29), 57363),
    row(Key::ShiftLeft, "shift_left", Silent, 57441),
    row(Key::ControlLeft, "control_left", Silent, 57442),
    row(Key::AltLeft, "alt_left", Silent, 57443),
    row(Key::SuperLeft, "super_left", Silent, 57444),
    row(Key::HyperLeft, "hyper_left", Silent, 57445),
    row(Key::MetaLeft, "meta_left", Silent, 57446),
    row(Key::ShiftRight, "shift_right", Silent, 57447),
    row(Key::ControlRight, "control_right", Silent, 57448),
    row(Key::AltRight, "alt_right", Silent, 57449),
    row(Key::SuperRight, "super_right", Silent, 57450),
    row(Key::HyperRight, "hyper_right", Silent, 57451),
    row(Key::MetaRight, "meta_right", Silent, 57452),
    row(Key::AltGraph, "alt_graph", Silent, 57453),
];

/// Other names by which people know keys.
pub(super) const ALIASES: &[(&str, Key)] = &[
    ("return", Key::Enter),
    ("esc", Key::Escape),
    ("pageup", Key::PageUp),
    ("pgup", Key::PageUp),
    ("pagedown", Key::PageDown),
    ("pgdn", Key::PageDown),
    ("ins", Key::Insert),
    ("del", Key::Delete),
    ("bs", Key::Backspace),
    ("space", Key::Char(' ')),
    ("plus", Key::Char('+')),
    ("minus", Key::Char('-')),
    ("comma", Key::Char(',')),
];

/// Returns what is known of a key; `None` for those that make characters.
pub(super) fn named(key: Key) -> Option<NamedKey> {
    match key {
        Key::F(number @ 21..=35) => Some(row(key, "", Silent, 57376 - 13 + u32::from(number))),
        Key::Functional(number) => Some(row(key, "", Silent, number)),
        _ => NAMED.iter().find(|named| named.key == key).copied(),
    }
}

/// Returns the number of a keypad key that makes a character, and its letter after SS3.
pub(super) fn keypad(c: char) -> Option<(u32, u8)> {
    Some(match c {
        '0'..='9' => (
            57399 + (u32::from(c) - u32::from('0')),
            b'p' + (c as u8 - b'0'),
        ),
        '.' => (57409, b'n'),
        '/' => (57410, b'o'),
        '*' => (57411, b'j'),
        '-' => (57412, b'm'),
        '+' => (57413, b'k'),
        '=' => (57415, b'X'),
        ',' => (57416, b'l'),
        _ => return None,
    })
}
