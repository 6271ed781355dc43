//! Which keys mean which command: a trie of chords, without time-outs. A sequence of chords is a
//! command or the begin of longer ones, never both.

use std::collections::HashMap;
use std::fmt::Write as _;

use agor_proto::input::{Key, KeyInput, Mods};
use agor_term::input::chord;

use crate::commands::{Command, Context, FAMILIES, GROUPS, TABLE};
use crate::keys::presets::PRESETS;
use agor_core::config::KeyPreset;
use agor_core::keybindings::{Rule, When};

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

/// Keys of a command.
#[derive(Debug, Clone)]
struct Binding {
    /// As they are written.
    keys: String,
    chords: Vec<Chord>,
    command: Command,
    context: Context,
    source: Source,
}

/// Who says that keys mean a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The table of commands.
    Table,
    /// A preset.
    Preset(KeyPreset),
    /// The person's file, by its line.
    File(usize),
}

impl std::fmt::Display for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Table => f.write_str("built in"),
            Self::Preset(preset) => write!(f, "preset {}", preset.name()),
            Self::File(line) => write!(f, "keybindings.json line {line}"),
        }
    }
}

/// Keys that mean nothing any more.
#[derive(Debug, Clone)]
struct Shadowed {
    binding: Binding,
    /// By what, in a few words.
    by: String,
}

/// One line of what keys do, for lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// The keys, as they are shown.
    pub keys: String,
    /// Their chords.
    pub chords: Vec<Chord>,
    /// The command.
    pub command: Command,
    /// Where they mean it.
    pub context: Context,
    /// Who says so.
    pub source: Source,
    /// What took the keys away, if they are not used.
    pub shadowed_by: Option<String>,
}

/// See the module.
#[derive(Debug)]
pub struct Keymap {
    root: Node,
    /// In the order of the table; of a command's own, the person's first.
    bindings: Vec<Binding>,
    shadowed: Vec<Shadowed>,
    leader: KeyInput,
}

/// The first key of sequences, as the table has it.
const LEADER: &str = "ctrl+space";

impl Default for Keymap {
    fn default() -> Self {
        Self::new(&[], None, None).0
    }
}

impl Keymap {
    /// Returns the keys of the table as a preset and then `rules` change them, with `leader` in place of
    /// Ctrl+Space, and what is wrong with them, in sentences. A wrong rule changes nothing.
    #[must_use]
    pub fn new(
        rules: &[Rule],
        leader: Option<&str>,
        preset: Option<KeyPreset>,
    ) -> (Self, Vec<String>) {
        let mut complaints = Vec::new();
        let preset = PRESETS.iter().find(|it| Some(it.name) == preset);
        let usual = || KeyInput::press(Key::Char(' '), Mods::CTRL);
        let leader = leader.or(preset.map(|preset| preset.leader));
        let given = leader.map(|leader| (leader, chord::parse(leader)));
        let (leader, written) = match given {
            Some((written, Ok(leader))) if takes_no_text(&Chord::of(&leader)) => (leader, written),
            Some((written, wrong)) => {
                let why = wrong.map_or_else(|error| error.to_string(), |_| TEXT.to_owned());
                complaints.push(format!("window.leader {written:?}: {why}"));
                (usual(), LEADER)
            }
            None => (usual(), LEADER),
        };
        let mut keymap = Self {
            root: Node::default(),
            bindings: defaults(written),
            shadowed: Vec::new(),
            leader,
        };
        if let Some(preset) = preset {
            for (keys, command) in preset.keys {
                let source = Source::Preset(preset.name);
                if let Err(why) = keymap.apply(&Rule::new(keys, command), written, source) {
                    complaints.push(format!("window.keys, {command:?}: {why}"));
                }
            }
        }
        for rule in rules {
            if let Err(why) = keymap.apply(rule, written, Source::File(rule.line)) {
                complaints.push(format!("keybindings.json, {:?}: {why}", rule.command));
            }
        }
        keymap
            .bindings
            .sort_by_key(|binding| binding.command as usize);
        for binding in &keymap.bindings {
            let mut node = &mut keymap.root;
            for chord in &binding.chords {
                node = node.next.entry(*chord).or_default();
            }
            node.command = Some((binding.command, binding.context));
        }
        (keymap, complaints)
    }

    /// Adds a person's keys, which take the place of all that they contradict, or takes keys away.
    fn apply(&mut self, rule: &Rule, leader: &str, source: Source) -> Result<(), String> {
        let (id, removes) = match rule.command.strip_prefix('-') {
            Some(id) => (id, true),
            None => (rule.command.as_str(), false),
        };
        let row = TABLE.iter().find(|row| row.id == id);
        let row =
            row.ok_or_else(|| "there is no such command; the README lists them".to_owned())?;
        let keys = rule.key.as_deref().map(|keys| with_leader(keys, leader));
        let chords = keys.as_deref().map(parse).transpose()?;
        if removes {
            let is_meant = |binding: &Binding| {
                let chords = chords.as_ref();
                binding.command == row.command
                    && chords.is_none_or(|chords| *chords == binding.chords)
            };
            self.shadow(is_meant, &format!("taken away in {source}"));
            return Ok(());
        }
        let (Some(keys), Some(chords)) = (keys, chords) else {
            return Err("there is no \"key\"".into());
        };
        if !chords.first().is_some_and(takes_no_text) {
            return Err(TEXT.into());
        }
        // A sequence is a command or the begin of longer ones, never both.
        let contradicts = |other: &Binding| {
            other.chords.starts_with(&chords) || chords.starts_with(&other.chords)
        };
        self.shadow(contradicts, &format!("{} by {source}", row.id));
        let binding = Binding {
            keys,
            chords,
            command: row.command,
            context: match rule.when {
                Some(When::Pane) => Context::Pane,
                Some(When::Anywhere) => Context::Anywhere,
                None => row.context,
            },
            source,
        };
        self.bindings.insert(0, binding);
        Ok(())
    }

    fn shadow(&mut self, is_meant: impl Fn(&Binding) -> bool, by: &str) {
        let (gone, left) = std::mem::take(&mut self.bindings)
            .into_iter()
            .partition::<Vec<_>, _>(|binding| is_meant(binding));
        self.bindings = left;
        let by = |binding| Shadowed {
            binding,
            by: by.to_owned(),
        };
        self.shadowed.extend(gone.into_iter().map(by));
    }

    /// Returns all keys, those that mean nothing any more behind the others of their command.
    #[must_use]
    pub fn told(&self) -> Vec<Told> {
        let told = |binding: &Binding, shadowed_by: Option<&str>| Told {
            keys: shown(&binding.keys),
            chords: binding.chords.clone(),
            command: binding.command,
            context: binding.context,
            source: binding.source,
            shadowed_by: shadowed_by.map(str::to_owned),
        };
        let used = self.bindings.iter().map(|binding| told(binding, None));
        let unused = self.shadowed.iter();
        let unused = unused.map(|shadowed| told(&shadowed.binding, Some(&shadowed.by)));
        let mut all: Vec<_> = used.chain(unused).collect();
        all.sort_by_key(|told| told.command as usize);
        all
    }

    /// Reads chords as the settings write them; `leader` is the leader.
    ///
    /// # Errors
    /// What in them is not known.
    pub fn read(&self, keys: &str) -> Result<Vec<Chord>, String> {
        let leader = chord::display(&self.leader);
        let words = keys.split_whitespace().collect::<Vec<_>>().join(" ");
        parse(&words.replace("leader", &leader))
    }

    /// Returns a command's first keys as they are shown; none is an empty text.
    #[must_use]
    pub fn keys_of(&self, command: Command) -> String {
        let of = |binding: &&Binding| binding.command == command;
        let binding = self.bindings.iter().find(of);
        binding
            .map(|binding| shown(&binding.keys))
            .unwrap_or_default()
    }

    /// Returns the press of the leader key.
    #[must_use]
    pub fn leader(&self) -> KeyInput {
        self.leader.clone()
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
    /// the table. What more keys follow is one line, and so is a family.
    #[must_use]
    pub fn after(&self, before: &[Chord]) -> Vec<(String, &'static str)> {
        let mut rows: Vec<(String, &'static str)> = Vec::new();
        let mut last = None;
        for binding in &self.bindings {
            let goes_on = binding.chords.len() > before.len() && binding.chords.starts_with(before);
            if !goes_on || last == Some(binding.command) {
                continue;
            }
            let shown = shown(&binding.keys);
            let mut rest = shown.split(' ').skip(before.len());
            let next = rest.next().unwrap_or_default().to_owned();
            let row = if rest.next().is_some() {
                let group = GROUPS.iter().find(|(key, _)| *key == next);
                (next, group.map_or("More…", |(_, title)| title))
            } else {
                last = Some(binding.command);
                in_family(binding.command, &next)
                    .unwrap_or_else(|| (next, binding.command.row().title))
            };
            if !rows.contains(&row) {
                rows.push(row);
            }
        }
        rows
    }

    fn node(&self, before: &[Chord]) -> Option<&Node> {
        before
            .iter()
            .try_fold(&self.root, |node, chord| node.next.get(chord))
    }
}

/// Returns the line of a command's family, if its key is one by which families differ.
fn in_family(command: Command, keys: &str) -> Option<(String, &'static str)> {
    let family = FAMILIES.iter().find(|it| it.commands.contains(&command))?;
    let key = keys.chars().next_back()?;
    let differs = key.is_ascii_digit() || "←→↑↓".contains(key);
    let mods = keys.strip_suffix(key).filter(|_| differs)?;
    Some((format!("{mods}{}", family.keys), family.title))
}

/// Says whether keys begin with those that are pressed.
#[must_use]
pub fn begins(told: &Told, pressed: &[KeyInput]) -> bool {
    let same = |(chord, pressed): (&Chord, &KeyInput)| {
        Chord::candidates(pressed).any(|candidate| candidate == *chord)
    };
    told.chords.len() >= pressed.len() && told.chords.iter().zip(pressed).all(same)
}

/// Says whether a key can begin a command's keys.
#[must_use]
pub fn may_begin(pressed: &KeyInput) -> bool {
    takes_no_text(&Chord::of(pressed))
}

/// Why a key cannot begin a command's keys.
const TEXT: &str = "a key that types text must be pressed with Ctrl, Alt or Super";

/// Says whether no text is typed by pressing it.
fn takes_no_text(chord: &Chord) -> bool {
    !matches!(chord.key, Key::Char(_)) || chord.mods & !Mods::SHIFT.0 != 0
}

fn defaults(leader: &str) -> Vec<Binding> {
    let bindings = TABLE.iter().flat_map(|row| {
        row.keys.iter().filter_map(move |keys| {
            let keys = with_leader(keys, leader);
            Some(Binding {
                // A test reads all of them.
                chords: parse(&keys).ok()?,
                keys,
                command: row.command,
                context: row.context,
                source: Source::Table,
            })
        })
    });
    bindings.collect()
}

/// Returns keys with the person's leader in place of the table's, and of the word `leader`.
fn with_leader(keys: &str, leader: &str) -> String {
    let words = keys.split_whitespace();
    let words = words.map(|word| match word {
        LEADER | "leader" => leader,
        word => word,
    });
    words.collect::<Vec<_>>().join(" ")
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
        let bindings = defaults(LEADER);
        let written: usize = TABLE.iter().map(|row| row.keys.len()).sum();
        assert_eq!(bindings.len(), written, "keys that cannot be read");
        for (at, binding) in bindings.iter().enumerate() {
            for other in &bindings[at + 1..] {
                let begins = binding.chords.starts_with(&other.chords)
                    || other.chords.starts_with(&binding.chords);
                assert!(!begins, "{} and {}", binding.keys, other.keys);
            }
        }
    }

    fn rule(key: &str, command: &str) -> Rule {
        Rule::new(key, command)
    }

    fn find(keymap: &Keymap, keys: &str) -> Found {
        let mut before = Vec::new();
        let mut found = Found::Nothing;
        for key in keys.split(' ') {
            found = keymap.find(&before, &press(key), true);
            before.push(Chord::of(&press(key)));
        }
        found
    }

    #[test]
    fn a_persons_keys_take_the_place_of_what_they_contradict() {
        let rules = [
            rule("ctrl+shift+d", "tab.new"),
            rule("ctrl+space", "view.sidebar"),
        ];
        let (keymap, complaints) = Keymap::new(&rules, None, None);
        assert!(complaints.is_empty(), "{complaints:?}");
        assert_eq!(
            find(&keymap, "ctrl+shift+d"),
            Found::Command(Command::NewTab)
        );
        assert_eq!(keymap.keys_of(Command::NewTab), "Ctrl+Shift+D");
        assert_eq!(
            find(&keymap, "ctrl+space"),
            Found::Command(Command::Sidebar)
        );
        assert_eq!(
            keymap.keys_of(Command::SplitRight),
            "",
            "both its keys are taken"
        );
        assert_eq!(
            find(&keymap, "ctrl+shift+e"),
            Found::Command(Command::SplitDown)
        );
    }

    #[test]
    fn keys_are_taken_away_one_or_all_of_a_command() {
        let rules = [
            rule("ctrl+shift+t", "-tab.new"),
            Rule {
                key: None,
                ..rule("", "-pane.close")
            },
        ];
        let (keymap, complaints) = Keymap::new(&rules, None, None);
        assert!(complaints.is_empty(), "{complaints:?}");
        assert_eq!(find(&keymap, "ctrl+shift+t"), Found::Nothing);
        assert_eq!(
            find(&keymap, "ctrl+space t"),
            Found::Command(Command::NewTab)
        );
        assert_eq!(find(&keymap, "ctrl+shift+w"), Found::Nothing);
        assert_eq!(find(&keymap, "ctrl+space w"), Found::Nothing);
    }

    #[test]
    fn a_wrong_rule_changes_nothing_and_says_why() {
        let rules = [
            rule("ctrl+shift+d", "tab.nwe"),
            rule("x", "tab.new"),
            rule("shift+x", "tab.new"),
            rule("ctrl+nokey", "tab.new"),
            Rule {
                key: None,
                ..rule("", "tab.new")
            },
        ];
        let (keymap, complaints) = Keymap::new(&rules, None, None);
        assert_eq!(complaints.len(), rules.len(), "{complaints:?}");
        assert_eq!(
            find(&keymap, "ctrl+shift+d"),
            Found::Command(Command::SplitRight)
        );
        assert_eq!(find(&keymap, "x"), Found::Nothing);
    }

    #[test]
    fn another_leader_begins_every_sequence() {
        let rules = [rule("leader c", "tab.new")];
        let (keymap, complaints) = Keymap::new(&rules, Some("ctrl+b"), None);
        assert!(complaints.is_empty(), "{complaints:?}");
        assert_eq!(
            find(&keymap, "ctrl+b d"),
            Found::Command(Command::SplitRight)
        );
        assert_eq!(find(&keymap, "ctrl+b c"), Found::Command(Command::NewTab));
        assert_eq!(
            find(&keymap, "ctrl+b ctrl+b"),
            Found::Command(Command::SendLeader)
        );
        assert_eq!(find(&keymap, "ctrl+space"), Found::Nothing);
        assert_eq!(keymap.leader(), press("ctrl+b"));
        let (keymap, complaints) = Keymap::new(&[], Some("b"), None);
        assert_eq!(complaints.len(), 1, "text cannot be a leader");
        assert_eq!(
            find(&keymap, "ctrl+space d"),
            Found::Command(Command::SplitRight)
        );
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
        let keymap = Keymap::default();
        let leader = press("ctrl+space");
        assert_eq!(keymap.find(&[], &leader, true), Found::Prefix);
        let before = [Chord::of(&leader)];
        assert_eq!(
            keymap.find(&before, &press("d"), true),
            Found::Command(Command::SplitRight)
        );
        assert_eq!(keymap.find(&before, &press("'"), true), Found::Nothing);
    }

    #[test]
    fn modifiers_match_exactly_and_locks_do_not_count() {
        let keymap = Keymap::default();
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
        let keymap = Keymap::default();
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
        let keymap = Keymap::default();
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
        let keymap = Keymap::default();
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
