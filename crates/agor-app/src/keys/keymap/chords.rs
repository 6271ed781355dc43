//! Keys with their modifiers, as commands are looked up by them.

use agor_proto::input::{Key, KeyInput, Mods};
use agor_term::input::chord;

/// Modifiers that tell chords apart; locks do not.
const TOLD_APART: u8 = Mods::SHIFT.0 | Mods::ALT.0 | Mods::CTRL.0 | Mods::SUPER.0;

/// A key with its modifiers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Chord {
    pub(super) key: Key,
    pub(super) mods: u8,
}

impl Chord {
    /// Returns the chord that a table means by `input`.
    #[must_use]
    pub fn of(input: &KeyInput) -> Self {
        Self::with_key(input, input.key)
    }

    /// Returns the chords that a press can mean, the likeliest first: what the key means in the
    /// person's layout, what sign it makes with Shift, and where it lies (for layouts without Latin
    /// letters and those that have digits on the shifted place). A sign of the third level is that sign alone.
    pub(super) fn candidates(input: &KeyInput) -> impl Iterator<Item = Self> {
        let sign = |sign| Self {
            mods: input.mods.0 & TOLD_APART & !Mods::SHIFT.0,
            ..Self::with_key(input, Key::Char(sign))
        };
        let third = third_level(input).map(sign);
        let own = third.is_none();
        let shifted = input.shifted.filter(|shifted| !shifted.is_alphabetic());
        let latin = matches!(input.key, Key::Char(key) if key.is_ascii());
        let by_place = input
            .base_layout
            .filter(|base| !latin || base.is_ascii_digit())
            .map(|base| Self::with_key(input, Key::Char(base)));
        [
            third,
            own.then(|| Self::of(input)),
            shifted.filter(|_| own).map(sign),
            by_place.filter(|_| own),
        ]
        .into_iter()
        .flatten()
    }

    fn with_key(input: &KeyInput, key: Key) -> Self {
        // Letters are lower case: Shift is a modifier.
        let key = match key {
            Key::Char(c) => Key::Char(c.to_lowercase().next().unwrap_or(c)),
            // Keypad and main block are one for commands.
            Key::KeypadEnter => Key::Enter,
            key => key,
        };
        Self {
            key,
            mods: input.mods.0 & TOLD_APART,
        }
    }
}

/// Returns the sign that a key makes on its third level, as with AltGr: neither its own nor the one with Shift.
#[must_use]
pub fn third_level(input: &KeyInput) -> Option<char> {
    let Key::Char(key) = input.key else {
        return None;
    };
    let mut typed = input.text.chars();
    let sign = typed.next().filter(|_| typed.next().is_none())?;
    let apart = sign.to_lowercase().ne(key.to_lowercase()) && Some(sign) != input.shifted;
    (apart && !sign.is_control()).then_some(sign)
}

/// Says whether a key can begin a command's keys.
#[must_use]
pub fn may_begin(pressed: &KeyInput) -> bool {
    takes_no_text(&Chord::of(pressed))
}

/// Why a key cannot begin a command's keys.
pub(super) const TEXT: &str = "a key that types text must be pressed with Ctrl, Alt or Super";

/// Says whether no text is typed by pressing it.
pub(super) fn takes_no_text(chord: &Chord) -> bool {
    !matches!(chord.key, Key::Char(_)) || chord.mods & !Mods::SHIFT.0 != 0
}

/// Reads chords with a space between two.
pub(super) fn parse(keys: &str) -> Result<Vec<Chord>, String> {
    keys.split(' ')
        .map(|key| {
            let input = chord::parse(key).map_err(|error| error.to_string())?;
            Ok(Chord::of(&input))
        })
        .collect()
}
