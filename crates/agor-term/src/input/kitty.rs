//! Kitty's keyboard protocol (sw.kovidgoyal.net/kitty/keyboard-protocol), all five flags.

use agor_proto::input::{Key, KeyAction, KeyInput, Mods};

use super::InputModes;
use super::key::encode_legacy;
use super::key_names::{Legacy, keypad, named};
use crate::terminal::keyboard::{ALL_AS_ESCAPES, ALTERNATE_KEYS, DISAMBIGUATE, EVENT_TYPES, TEXT};

/// Appends text that no key made.
pub(super) fn encode_text(text: &str, modes: InputModes, out: &mut Vec<u8>) {
    let as_escape = modes.keyboard & ALL_AS_ESCAPES != 0 && modes.keyboard & TEXT != 0;
    if as_escape && !text.is_empty() && !text.chars().any(char::is_control) {
        out.extend_from_slice(format!("\x1b[0;;{}u", code_points(text)).as_bytes());
    } else {
        out.extend_from_slice(text.as_bytes());
    }
}

fn code_points(text: &str) -> String {
    let codes: Vec<String> = text.chars().map(|c| u32::from(c).to_string()).collect();
    codes.join(":")
}

/// Appends a key while the program has set at least one flag.
pub(super) fn encode(input: &KeyInput, modes: InputModes, out: &mut Vec<u8>) {
    let flags = modes.keyboard;
    let all = flags & ALL_AS_ESCAPES != 0;
    if input.action == KeyAction::Release && flags & EVENT_TYPES == 0 {
        return;
    }
    if input.key.is_modifier() && !all {
        return;
    }
    let (code, last, name_less) = match input.key {
        Key::Char(c) => {
            if !all && is_text(input) {
                if input.action != KeyAction::Release {
                    encode_legacy(input, modes, out);
                }
                return;
            }
            if flags & (DISAMBIGUATE | ALL_AS_ESCAPES) == 0 && input.action != KeyAction::Release {
                encode_legacy(input, modes, out);
                return;
            }
            (u32::from(c), b'u', false)
        }
        Key::KeypadChar(c) => {
            if !all && flags & DISAMBIGUATE == 0 {
                if input.action != KeyAction::Release {
                    encode_legacy(input, modes, out);
                }
                return;
            }
            (
                keypad(c).map_or(u32::from(c), |(number, _)| number),
                b'u',
                false,
            )
        }
        key => {
            if is_plain_control(input, flags) {
                if input.action != KeyAction::Release {
                    encode_legacy(input, modes, out);
                }
                return;
            }
            let Some(named) = named(key) else {
                return;
            };
            if named.number != 0 {
                (named.number, b'u', false)
            } else {
                match (key, named.legacy) {
                    // `CSI R` is the answer to a question for the cursor's place.
                    (Key::F(3), _) => (13, b'~', false),
                    (_, Legacy::Cursor(letter) | Legacy::Function(letter)) => (1, letter, true),
                    (_, Legacy::Tilde(number)) => (number.into(), b'~', false),
                    (_, Legacy::None) => return,
                }
            }
        }
    };
    write(input, flags, (code, last, name_less), out);
}

/// Says whether a key just types: no modifier but Shift and locks.
fn is_text(input: &KeyInput) -> bool {
    let others = Mods::CTRL
        .with(Mods::ALT)
        .with(Mods::SUPER)
        .with(Mods::HYPER)
        .with(Mods::META);
    !input.mods.intersects(others)
}

/// Enter, Tab and Backspace stay what they are without modifiers, so that a shell is usable after
/// a program has crashed; so does Escape until the program asked for the difference.
fn is_plain_control(input: &KeyInput, flags: u8) -> bool {
    if flags & ALL_AS_ESCAPES != 0 {
        return false;
    }
    let no_modifiers = super::key::modifier_number(input.mods) == 1;
    match input.key {
        Key::Enter | Key::Tab | Key::Backspace => no_modifiers || flags & DISAMBIGUATE == 0,
        Key::Escape => flags & DISAMBIGUATE == 0,
        Key::KeypadEnter => flags & DISAMBIGUATE == 0,
        _ => false,
    }
}

/// Writes `CSI code : shifted : base ; modifiers : event ; text last`, as short as it can be.
fn write(input: &KeyInput, flags: u8, (code, last, is_letter): (u32, u8, bool), out: &mut Vec<u8>) {
    let modifiers = 1 + u16::from(input.mods.0);
    let event = match input.action {
        KeyAction::Press => 1,
        KeyAction::Repeat => 2,
        KeyAction::Release => 3,
    };
    let event = if flags & EVENT_TYPES != 0 { event } else { 1 };
    let mut keys = code.to_string();
    if flags & ALTERNATE_KEYS != 0 && matches!(input.key, Key::Char(_)) {
        let shifted = input.shifted.filter(|_| input.mods.contains(Mods::SHIFT));
        let base = input.base_layout.filter(|base| u32::from(*base) != code);
        if let Some(shifted) = shifted {
            keys.push_str(&format!(":{}", u32::from(shifted)));
        }
        if let Some(base) = base {
            keys.push_str(if shifted.is_none() { "::" } else { ":" });
            keys.push_str(&u32::from(base).to_string());
        }
    }
    let wants_text = flags & TEXT != 0 && flags & ALL_AS_ESCAPES != 0;
    let has_text = wants_text
        && input.action != KeyAction::Release
        && !input.text.is_empty()
        && !input.text.chars().any(char::is_control);
    let mut text = String::from("\x1b[");
    let has_modifiers = modifiers > 1 || event > 1;
    if !is_letter || has_modifiers || has_text {
        text.push_str(&keys);
    }
    if has_modifiers || has_text {
        text.push(';');
        if has_modifiers {
            text.push_str(&modifiers.to_string());
        }
        if event > 1 {
            text.push_str(&format!(":{event}"));
        }
    }
    if has_text {
        text.push(';');
        text.push_str(&code_points(&input.text));
    }
    text.push(char::from(last));
    out.extend_from_slice(text.as_bytes());
}
