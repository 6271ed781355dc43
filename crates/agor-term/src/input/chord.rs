//! Keys as people write them: `ctrl+c`, `alt+x`, `f5`, `shift+tab`, `kp_5`, `+`.

use agor_proto::input::{Key, KeyInput, Mods};

use super::key_names::{ALIASES, NAMED, named};

/// The names of modifiers, the preferred one of each first.
const MODS: &[(&str, Mods)] = &[
    ("ctrl", Mods::CTRL),
    ("alt", Mods::ALT),
    ("shift", Mods::SHIFT),
    ("super", Mods::SUPER),
    ("hyper", Mods::HYPER),
    ("meta", Mods::META),
    ("control", Mods::CTRL),
    ("option", Mods::ALT),
    ("cmd", Mods::SUPER),
    ("win", Mods::SUPER),
];

/// Why a text is not a chord.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadChord {
    /// There is no key in it.
    #[error("{chord:?} names no key: write ctrl+c, alt+enter, f5 or a single character")]
    NoKey {
        /// The text.
        chord: String,
    },
    /// A part before the key is not a modifier.
    #[error("{part:?} in {chord:?} is not a modifier: ctrl, alt, shift, super, hyper and meta are")]
    UnknownModifier {
        /// The text.
        chord: String,
        /// The part.
        part: String,
    },
    /// The last part is not a key.
    #[error(
        "{part:?} in {chord:?} is not a key: write one character, or a name such as enter, tab, \
         escape, up, page_down, f5, kp_5 or space"
    )]
    UnknownKey {
        /// The text.
        chord: String,
        /// The part.
        part: String,
    },
    /// A modifier stands twice.
    #[error("{part:?} stands twice in {chord:?}")]
    RepeatedModifier {
        /// The text.
        chord: String,
        /// The part.
        part: String,
    },
}

/// Returns the press of a key that `chord` names. Modifiers and names are read in any case, a
/// single character as it is.
///
/// # Errors
/// What in `chord` is not known.
pub fn parse(chord: &str) -> Result<KeyInput, BadChord> {
    let text = || chord.chars().take(80).collect::<String>();
    let (mods_text, key_text) = match chord {
        "" => return Err(BadChord::NoKey { chord: text() }),
        // The plus that separates and the plus that is the key.
        _ if chord == "+" => ("", "+"),
        _ => match chord.strip_suffix("++") {
            Some(mods) => (mods, "+"),
            None => chord.rsplit_once('+').unwrap_or(("", chord)),
        },
    };
    if key_text.is_empty() {
        return Err(BadChord::NoKey { chord: text() });
    }
    let mut mods = Mods::default();
    for part in mods_text.split('+').filter(|_| !mods_text.is_empty()) {
        let known = MODS
            .iter()
            .find(|(name, _)| part.eq_ignore_ascii_case(name));
        let part = part.to_owned();
        match known {
            None => {
                return Err(BadChord::UnknownModifier {
                    chord: text(),
                    part,
                });
            }
            Some((_, mod_)) if mods.contains(*mod_) => {
                return Err(BadChord::RepeatedModifier {
                    chord: text(),
                    part,
                });
            }
            Some((_, mod_)) => mods = mods.with(*mod_),
        }
    }
    let Some(key) = key_from_name(key_text) else {
        return Err(BadChord::UnknownKey {
            chord: text(),
            part: key_text.to_owned(),
        });
    };
    Ok(press(key, mods))
}

/// Returns the press of `key`; a capital letter is its small letter with Shift, as a keyboard has
/// it.
fn press(key: Key, mods: Mods) -> KeyInput {
    let Key::Char(c) = key else {
        let mut input = KeyInput::press(key, mods);
        if let (Key::KeypadChar(c), true) = (key, mods == Mods::default()) {
            input.text = c.to_string();
        }
        return input;
    };
    let small = c
        .to_lowercase()
        .next()
        .filter(|_| c.to_lowercase().count() == 1)
        .unwrap_or(c);
    let shifted = small != c || (mods.contains(Mods::SHIFT) && c.is_alphabetic());
    if !shifted {
        return KeyInput::press(key, mods);
    }
    let large = small
        .to_uppercase()
        .next()
        .filter(|_| small.to_uppercase().count() == 1)
        .unwrap_or(c);
    let mods = mods.with(Mods::SHIFT);
    let mut input = KeyInput::press(Key::Char(small), mods);
    input.shifted = Some(large);
    if !input.text.is_empty() {
        input.text = large.to_string();
    }
    input
}

fn key_from_name(name: &str) -> Option<Key> {
    let mut chars = name.chars();
    if let (Some(c), None) = (chars.next(), chars.next()) {
        return (!c.is_control()).then_some(Key::Char(c));
    }
    let lower = name.to_ascii_lowercase();
    if let Some(named) = NAMED.iter().find(|named| named.name == lower) {
        return Some(named.key);
    }
    if let Some((_, key)) = ALIASES.iter().find(|(alias, _)| *alias == lower) {
        return Some(*key);
    }
    if let Some(number) = lower
        .strip_prefix('f')
        .and_then(|number| number.parse::<u8>().ok())
    {
        return (1..=35).contains(&number).then_some(Key::F(number));
    }
    if lower == "kp_plus" {
        return Some(Key::KeypadChar('+'));
    }
    let mut rest = lower.strip_prefix("kp_")?.chars();
    match (rest.next(), rest.next()) {
        (Some(c), None) if "0123456789.,/*-+=".contains(c) => Some(Key::KeypadChar(c)),
        _ => None,
    }
}

/// Returns `key` as [`parse`] reads it.
#[must_use]
pub fn display(key: &KeyInput) -> String {
    let mut text = String::new();
    for (name, mod_) in MODS.iter().take(6) {
        if key.mods.contains(*mod_) {
            text.push_str(name);
            text.push('+');
        }
    }
    match key.key {
        Key::Char(' ') => text.push_str("space"),
        Key::Char(c) => text.push(c),
        Key::KeypadChar('+') => text.push_str("kp_plus"),
        Key::KeypadChar(c) => text.push_str(&format!("kp_{c}")),
        Key::F(number) => text.push_str(&format!("f{number}")),
        other => match named(other) {
            Some(named) if !named.name.is_empty() => text.push_str(named.name),
            _ => text.push_str("unnamed"),
        },
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_displayed_is_read_as_the_same_key() {
        for chord in [
            "a",
            "+",
            "ctrl+c",
            "alt+x",
            "f5",
            "f35",
            "shift+tab",
            "ctrl+shift+left",
            "enter",
            "kp_5",
            "kp_enter",
            "ctrl++",
            "space",
            "ctrl+alt+shift+super+hyper+meta+page_up",
            "ä",
            "kp_plus",
            "ctrl+space",
            "-",
            "alt_graph",
        ] {
            let key = parse(chord).unwrap_or_else(|error| panic!("{chord}: {error}"));
            assert_eq!(display(&key), chord);
            assert_eq!(parse(&display(&key)).unwrap(), key);
        }
        for named in NAMED {
            assert_eq!(parse(named.name).unwrap().key, named.key);
        }
    }

    #[test]
    fn names_are_read_in_any_case_and_capitals_are_shifted_keys() {
        assert_eq!(parse("Ctrl+C").unwrap(), parse("ctrl+shift+c").unwrap());
        assert_eq!(parse("CONTROL+ESC").unwrap(), parse("ctrl+escape").unwrap());
        let capital = parse("A").unwrap();
        assert_eq!((capital.key, capital.text.as_str()), (Key::Char('a'), "A"));
        assert_eq!(capital.mods, Mods::SHIFT);
    }

    #[test]
    fn a_bad_chord_says_which_part_is_bad() {
        let message = |chord: &str| parse(chord).unwrap_err().to_string();
        assert!(message("").contains("names no key"));
        assert!(message("ctrl+").contains("names no key"));
        assert!(message("strg+c").contains("\"strg\""));
        assert!(message("ctrl+ctrl+c").contains("twice"));
        assert!(message("ctrl+entr").contains("\"entr\""));
        assert!(message("f36").contains("\"f36\""));
        assert!(message("kp_x").contains("\"kp_x\""));
    }
}
