//! Keys as they are shown beside a command.

use std::fmt::Write as _;

/// Returns keys as they stand beside a command: `Ctrl+Shift+P`, `Ctrl+Space d`.
#[must_use]
pub fn shown(keys: &str) -> String {
    let mut text = String::new();
    // A letter alone is a key cap, in a sequence it is what is typed.
    let sequence = keys.contains(' ');
    for (at, chord) in keys.split(' ').enumerate() {
        if at > 0 {
            text.push(' ');
        }
        // The plus that separates and the plus that is the key.
        let (mods, key) = match chord.strip_suffix("++") {
            Some(mods) => (Some(mods), "+"),
            None => chord
                .rsplit_once('+')
                .map_or((None, chord), |(mods, key)| (Some(mods), key)),
        };
        let parts = mods.into_iter().flat_map(|mods| mods.split('+'));
        let mut parts = parts.chain([key]).peekable();
        while let Some(part) = parts.next() {
            let last = parts.peek().is_none();
            text.push_str(&shown_part(
                part,
                last && sequence && chord.len() == part.len(),
            ));
            if !last {
                text.push('+');
            }
        }
    }
    text
}

fn shown_part(part: &str, plain: bool) -> String {
    let name = match part {
        "escape" => "Esc",
        "page_up" => "PgUp",
        "page_down" => "PgDn",
        "left" => "←",
        "right" => "→",
        "up" => "↑",
        "down" => "↓",
        _ if plain && part.chars().count() == 1 => part,
        _ => {
            let mut chars = part.chars();
            let mut name = String::new();
            if let Some(first) = chars.next() {
                name.extend(first.to_uppercase());
                // Writing to a string cannot fail.
                write!(name, "{}", chars.as_str()).ok();
            }
            return name;
        }
    };
    name.to_owned()
}
