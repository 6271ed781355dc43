//! Keys in the encodings of old: what a VT220 sent, xterm's modifiers, and modifyOtherKeys.

use agor_proto::input::{Key, KeyAction, KeyInput, Mods};

use super::InputModes;
use super::key_names::{Legacy, keypad, named};
use super::kitty;

/// Appends the bytes of a key.
pub(super) fn encode(input: &KeyInput, modes: InputModes, out: &mut Vec<u8>) {
    if modes.keyboard != 0 {
        kitty::encode(input, modes, out);
    } else if input.action != KeyAction::Release {
        encode_legacy(input, modes, out);
    }
}

/// Returns xterm's number for modifiers: 1 and a bit for each. Locks do not count.
pub(super) fn modifier_number(mods: Mods) -> u8 {
    1 + (mods.0 & 0b11_1111)
}

fn has_modifiers(mods: Mods) -> bool {
    modifier_number(mods) > 1
}

/// Appends a key as it is sent without kitty's protocol.
pub(super) fn encode_legacy(input: &KeyInput, modes: InputModes, out: &mut Vec<u8>) {
    let KeyInput { key, mods, .. } = *input;
    let alt = mods.intersects(Mods::ALT.with(Mods::META));
    let ctrl = mods.contains(Mods::CTRL);
    let shift = mods.contains(Mods::SHIFT);
    match key {
        Key::Char(c) => encode_char(c, input, modes, out),
        Key::KeypadChar(c) => match keypad(c) {
            Some((_, letter)) if modes.keypad => out.extend_from_slice(&[0x1b, b'O', letter]),
            _ => encode_char(c, input, modes, out),
        },
        Key::KeypadEnter if modes.keypad => out.extend_from_slice(b"\x1bOM"),
        Key::Enter | Key::KeypadEnter => {
            if modes.modify_other_keys > 0 && has_modifiers(mods) {
                other_key(13, mods, out);
            } else {
                escape_if(alt, out);
                out.push(b'\r');
                if modes.line_feed_new_line {
                    out.push(b'\n');
                }
            }
        }
        Key::Tab if modes.modify_other_keys > 1 && has_modifiers(mods) => other_key(9, mods, out),
        Key::Tab if modes.modify_other_keys > 0 && ctrl => other_key(9, mods, out),
        Key::Tab => {
            escape_if(alt, out);
            out.extend_from_slice(if shift { b"\x1b[Z" } else { b"\t" });
        }
        Key::Backspace if modes.modify_other_keys > 1 && has_modifiers(mods) => {
            other_key(127, mods, out);
        }
        Key::Backspace => {
            escape_if(alt, out);
            // Control gives the other of the two characters that have been used for this key.
            out.push(if ctrl == modes.backspace_sends_backspace {
                0x7f
            } else {
                0x08
            });
        }
        Key::Escape if modes.modify_other_keys > 1 && has_modifiers(mods) => {
            other_key(27, mods, out);
        }
        Key::Escape => {
            escape_if(alt, out);
            out.push(0x1b);
        }
        _ => {
            if let Some(named) = named(key) {
                encode_function(named.legacy, mods, modes, out);
            }
        }
    }
}

fn escape_if(alt: bool, out: &mut Vec<u8>) {
    if alt {
        out.push(0x1b);
    }
}

fn encode_function(legacy: Legacy, mods: Mods, modes: InputModes, out: &mut Vec<u8>) {
    let number = modifier_number(mods);
    let text = match legacy {
        Legacy::None => return,
        Legacy::Cursor(letter) | Legacy::Function(letter) if number > 1 => {
            format!("\x1b[1;{number}{}", char::from(letter))
        }
        Legacy::Cursor(letter) if modes.cursor_keys => format!("\x1bO{}", char::from(letter)),
        Legacy::Cursor(letter) => format!("\x1b[{}", char::from(letter)),
        Legacy::Function(letter) => format!("\x1bO{}", char::from(letter)),
        Legacy::Tilde(code) if number > 1 => format!("\x1b[{code};{number}~"),
        Legacy::Tilde(code) => format!("\x1b[{code}~"),
    };
    out.extend_from_slice(text.as_bytes());
}

/// `CSI 27 ; modifiers ; code ~`, xterm's modifyOtherKeys.
fn other_key(code: u32, mods: Mods, out: &mut Vec<u8>) {
    let number = modifier_number(mods);
    out.extend_from_slice(format!("\x1b[27;{number};{code}~").as_bytes());
}

fn encode_char(c: char, input: &KeyInput, modes: InputModes, out: &mut Vec<u8>) {
    let mods = input.mods;
    let ctrl = mods.contains(Mods::CTRL);
    let alt = mods.intersects(Mods::ALT.with(Mods::META));
    // The character that Shift makes, where the window did not say.
    let shifted = input.shifted.filter(|_| mods.contains(Mods::SHIFT));
    let typed = shifted.unwrap_or_else(|| match mods.contains(Mods::SHIFT) {
        true => c
            .to_uppercase()
            .next()
            .filter(|_| c.is_alphabetic())
            .unwrap_or(c),
        false => c,
    });
    // A letter of another script, or with a mark, is for Control the letter of its place: no other could be had there.
    let place = input.base_layout.filter(char::is_ascii_alphabetic);
    let place = place.filter(|_| !c.is_ascii());
    let control = control_byte(c, typed).or_else(|| control_byte(place?, place?));
    let beyond_shift = mods.intersects(
        Mods::CTRL
            .with(Mods::ALT)
            .with(Mods::META)
            .with(Mods::SUPER),
    );
    let only_shift_or_alt = !ctrl && !mods.contains(Mods::SUPER);
    let as_other_key = match modes.modify_other_keys {
        0 => false,
        1 => ctrl && (control.is_none() || mods.contains(Mods::SHIFT)),
        _ => beyond_shift,
    };
    if as_other_key && (ctrl || !only_shift_or_alt || modes.modify_other_keys > 1) {
        other_key(u32::from(typed), mods, out);
        return;
    }
    match control {
        Some(byte) if ctrl => {
            escape_if(alt, out);
            out.push(byte);
        }
        _ if !input.text.is_empty() && !ctrl => {
            escape_if(alt, out);
            out.extend_from_slice(input.text.as_bytes());
        }
        _ => {
            escape_if(alt, out);
            out.extend_from_slice(typed.encode_utf8(&mut [0; 4]).as_bytes());
        }
    }
}

/// Returns what Control makes of a key: the VT220's table, and xterm's digits.
fn control_byte(c: char, typed: char) -> Option<u8> {
    let from = |c: char| {
        Some(match c {
            'a'..='z' => c as u8 - b'a' + 1,
            'A'..='Z' => c as u8 - b'A' + 1,
            ' ' | '@' | '2' => 0,
            '[' | '3' => 0x1b,
            '\\' | '4' => 0x1c,
            ']' | '5' => 0x1d,
            '^' | '6' | '~' | '`' => 0x1e,
            '_' | '7' | '/' | '-' => 0x1f,
            '?' | '8' => 0x7f,
            _ => return None,
        })
    };
    from(typed).or_else(|| from(c))
}
