//! Which keys mean which command: a trie of chords, without time-outs. A sequence of chords is a
//! command or the begin of longer ones, never both.

use std::collections::HashMap;
use std::fmt::Write as _;

use agor_proto::input::{Key, KeyInput, Mods};
use agor_term::input::chord;

use crate::commands::{Command, Context, TABLE};

/// Modifiers that tell chords apart; locks do not.
const TOLD_APART: u8 = Mods::SHIFT.0 | Mods::ALT.0 | Mods::CTRL.0 | Mods::SUPER.0;

/// A key with its modifiers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Chord {
    key: Key,
    mods: u8,
}

impl Chord {
    /// Returns the chord that a table means by `input`.
    #[must_use]
    pub fn of(input: &KeyInput) -> Self {
        Self::with_key(input, input.key)
    }

    /// Returns the chords that a press can mean, the likeliest first: what the key means in the
    /// person's layout, what it makes with Shift, and where it lies (for layouts without Latin
    /// letters and those that have digits on the shifted place).
    fn candidates(input: &KeyInput) -> impl Iterator<Item = Self> {
        let shifted = input.shifted.map(|shifted| Self {
            mods: input.mods.0 & TOLD_APART & !Mods::SHIFT.0,
            ..Self::with_key(input, Key::Char(shifted))
        });
        let by_place = input
            .base_layout
            .map(|base| Self::with_key(input, Key::Char(base)));
        [Some(Self::of(input)), shifted, by_place]
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

/// What a sequence of chords is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// A command.
    Command(Command),
    /// The begin of commands.
    Prefix,
    /// Nothing of ours.
    Nothing,
}

#[derive(Debug, Default)]
struct Node {
    command: Option<(Command, Context)>,
    next: HashMap<Chord, Node>,
}

/// See the module.
#[derive(Debug)]
pub struct Keymap {
    root: Node,
}

/// A table of keys that contradicts itself.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeymapError {
    /// A key is not written as chords are.
    #[error("{id}: {reason}")]
    BadChord {
        /// The command.
        id: &'static str,
        /// What is wrong.
        reason: String,
    },
    /// Two commands have the same keys, or one's are the begin of the other's.
    #[error("{id}: {keys:?} is taken by {other}, or begins or goes on from its keys")]
    Taken {
        /// The command.
        id: &'static str,
        /// Its keys.
        keys: &'static str,
        /// Who had them.
        other: &'static str,
    },
}

impl Keymap {
    /// Returns the keys of the table of commands.
    ///
    /// # Errors
    /// [`KeymapError`], which a test excludes for the table.
    pub fn defaults() -> Result<Self, KeymapError> {
        let mut keymap = Self {
            root: Node::default(),
        };
        for row in TABLE {
            for keys in row.keys {
                let chords =
                    parse(keys).map_err(|reason| KeymapError::BadChord { id: row.id, reason })?;
                keymap
                    .add(&chords, row.command, row.context)
                    .map_err(|other| KeymapError::Taken {
                        id: row.id,
                        keys,
                        other: other.row().id,
                    })?;
            }
        }
        Ok(keymap)
    }

    fn add(&mut self, chords: &[Chord], command: Command, context: Context) -> Result<(), Command> {
        let mut node = &mut self.root;
        for chord in chords {
            if let Some((other, _)) = node.command {
                return Err(other);
            }
            node = node.next.entry(*chord).or_default();
        }
        if let Some((other, _)) = node.command {
            return Err(other);
        }
        if let Some(other) = first_command(node) {
            return Err(other);
        }
        node.command = Some((command, context));
        Ok(())
    }

    /// Returns what `pressed`, after `before`, is while a pane has the keyboard or not.
    #[must_use]
    pub fn find(&self, before: &[Chord], pressed: &KeyInput, in_pane: bool) -> Found {
        let Some(node) = self.node(before) else {
            return Found::Nothing;
        };
        match Chord::candidates(pressed).find_map(|chord| node.next.get(&chord)) {
            None => Found::Nothing,
            Some(Node {
                command: Some((command, context)),
                ..
            }) => match context {
                Context::Pane if !in_pane => Found::Nothing,
                _ => Found::Command(*command),
            },
            Some(_) => Found::Prefix,
        }
    }

    /// Returns the chord by which [`Keymap::find`] found something.
    #[must_use]
    pub fn meant(&self, before: &[Chord], pressed: &KeyInput) -> Chord {
        let is_known = |chord: &Chord| {
            let node = self.node(before);
            node.is_some_and(|node| node.next.contains_key(chord))
        };
        Chord::candidates(pressed)
            .find(is_known)
            .unwrap_or_else(|| Chord::of(pressed))
    }

    /// Returns what can follow `before`, as it is shown: the keys and what they do, in the order of
    /// the table.
    #[must_use]
    pub fn after(&self, before: &[Chord]) -> Vec<(String, &'static str)> {
        let mut rows = Vec::new();
        for row in TABLE {
            let mut keys: Vec<String> = Vec::new();
            for sequence in row.keys {
                let chords = parse(sequence).unwrap_or_default();
                if chords.len() > before.len() && chords.starts_with(before) {
                    let rest = shown(sequence);
                    let rest = rest.split(' ').skip(before.len());
                    keys.push(rest.collect::<Vec<_>>().join(" "));
                }
            }
            if let Some(first) = keys.into_iter().next() {
                rows.push((first, row.title));
            }
        }
        fold_numbers(rows)
    }

    fn node(&self, before: &[Chord]) -> Option<&Node> {
        before
            .iter()
            .try_fold(&self.root, |node, chord| node.next.get(chord))
    }
}

/// Makes one line of those that differ by a number alone: nobody reads nine of them.
fn fold_numbers(rows: Vec<(String, &'static str)>) -> Vec<(String, &'static str)> {
    let is_number = |keys: &str| keys.len() == 1 && keys.starts_with(|c: char| c.is_ascii_digit());
    let mut folded: Vec<(String, &'static str)> = Vec::new();
    for (keys, title) in rows {
        match folded.last_mut() {
            Some((before, what)) if is_number(&keys) && before.starts_with('1') => {
                *before = format!("1…{keys}");
                *what = "Tab by number";
            }
            _ => folded.push((keys, title)),
        }
    }
    folded
}

fn first_command(node: &Node) -> Option<Command> {
    node.next.values().find_map(|next| {
        next.command
            .map(|(command, _)| command)
            .or_else(|| first_command(next))
    })
}

fn parse(keys: &str) -> Result<Vec<Chord>, String> {
    keys.split(' ')
        .map(|key| {
            let input = chord::parse(key).map_err(|error| error.to_string())?;
            Ok(Chord::of(&input))
        })
        .collect()
}

/// Returns keys as they stand beside a command: `Ctrl+Shift+P`, `Ctrl+Space d`.
#[must_use]
pub fn shown(keys: &str) -> String {
    let mut text = String::new();
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
                last && at > 0 && chord.len() == part.len(),
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

#[cfg(test)]
mod tests {
    use super::*;

    fn press(keys: &str) -> KeyInput {
        chord::parse(keys).unwrap()
    }

    #[test]
    fn the_table_of_commands_contradicts_itself_nowhere() {
        Keymap::defaults().unwrap();
    }

    /// FAILURES D5: the shell gets its keys.
    #[test]
    fn d5_no_command_takes_a_plain_control_or_alt_letter_from_a_program() {
        for row in TABLE {
            for keys in row.keys {
                let first = parse(keys).unwrap()[0];
                let Key::Char(c) = first.key else { continue };
                let shift = first.mods & Mods::SHIFT.0 != 0;
                assert!(
                    shift || !c.is_alphabetic(),
                    "{}: {keys} belongs to the program",
                    row.id
                );
                assert!(first.mods != 0, "{}: {keys} is text", row.id);
            }
        }
    }

    #[test]
    fn a_sequence_is_found_chord_by_chord() {
        let keymap = Keymap::defaults().unwrap();
        let leader = press("ctrl+space");
        assert_eq!(keymap.find(&[], &leader, true), Found::Prefix);
        let before = [Chord::of(&leader)];
        assert_eq!(
            keymap.find(&before, &press("d"), true),
            Found::Command(Command::SplitRight)
        );
        assert_eq!(keymap.find(&before, &press("x"), true), Found::Nothing);
    }

    #[test]
    fn modifiers_match_exactly_and_locks_do_not_count() {
        let keymap = Keymap::defaults().unwrap();
        let mut key = press("ctrl+shift+d");
        key.mods = key.mods.with(Mods::CAPS_LOCK).with(Mods::NUM_LOCK);
        assert_eq!(
            keymap.find(&[], &key, true),
            Found::Command(Command::SplitRight)
        );
        key.mods = key.mods.with(Mods::ALT);
        assert_eq!(keymap.find(&[], &key, true), Found::Nothing);
    }

    #[test]
    fn a_key_of_another_script_is_found_by_its_place() {
        let keymap = Keymap::defaults().unwrap();
        let mut key = press("ctrl+shift+d");
        key.key = Key::Char('в');
        assert_eq!(keymap.find(&[], &key, true), Found::Nothing);
        key.base_layout = Some('d');
        assert_eq!(
            keymap.find(&[], &key, true),
            Found::Command(Command::SplitRight)
        );
    }

    #[test]
    fn a_shifted_sign_is_found_by_what_it_is() {
        let keymap = Keymap::defaults().unwrap();
        let before = [Chord::of(&press("ctrl+space"))];
        let mut key = press("shift+/");
        assert_eq!(keymap.find(&before, &key, true), Found::Nothing);
        key.shifted = Some('?');
        assert_eq!(
            keymap.find(&before, &key, true),
            Found::Command(Command::Keys)
        );
    }

    #[test]
    fn a_command_of_panes_means_nothing_elsewhere() {
        let keymap = Keymap::defaults().unwrap();
        let copy = press("ctrl+shift+c");
        assert_eq!(keymap.find(&[], &copy, true), Found::Command(Command::Copy));
        assert_eq!(keymap.find(&[], &copy, false), Found::Nothing);
    }

    #[test]
    fn keys_are_shown_as_people_write_them() {
        assert_eq!(shown("ctrl+shift+page_up"), "Ctrl+Shift+PgUp");
        assert_eq!(shown("ctrl+space d"), "Ctrl+Space d");
        assert_eq!(shown("ctrl+space shift+w"), "Ctrl+Space Shift+W");
        assert_eq!(shown("ctrl+-"), "Ctrl+-");
        assert_eq!(shown("ctrl++"), "Ctrl++");
    }
}
