//! The page of keys: every command with what leads to it, looked for by name or by pressing the keys
//! themselves; what shadows what; and keys recorded for a command, or reset.

mod view;

pub use view::keys_page_ui;

use agor_core::config::{KeyPreset, Whose};
use agor_core::keybindings::{Change, Context, Rule};
use agor_proto::input::{Key, KeyInput, Mods};
use agor_term::input::chord;

use crate::commands::{Command, TABLE, context};
use crate::keys::keymap::{Keymap, Source, Told, begins, may_begin, third_level};

/// Chords of one sequence that are recorded.
const CHORDS_MAX: usize = 4;

/// See the module.
#[derive(Debug, Default)]
pub struct KeysPage {
    /// What was typed to find a command.
    text: String,
    /// What keys are for, if not for the field.
    keys: Keys,
    /// The keys that were pressed for that.
    pressed: Vec<KeyInput>,
    /// The command that is chosen, by its place among those that are shown.
    selected: usize,
    /// Whether it must come into view.
    reveal: bool,
    /// Whether the field has been given the keyboard.
    focused: bool,
    /// How far the list is scrolled, in points.
    offset: f32,
    /// For what part of the person's projects keys are recorded and reset.
    of: Whose,
}

/// What the page shows, beside what keys mean.
#[derive(Debug)]
pub struct Known<'a> {
    /// The rules of the person's file.
    pub rules: &'a [Rule],
    /// What keys can be recorded for, with its words: all first.
    pub parts: Vec<(Whose, String)>,
    /// The program whose keys mean our commands too.
    pub preset: KeyPreset,
}

/// What keys on the page are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Keys {
    /// They are typed into the field.
    #[default]
    Typed,
    /// They are looked for.
    Sought,
    /// They are to mean a command.
    Recorded(Command),
}

/// What the person did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The page stays.
    Open,
    /// It was closed.
    Closed,
    /// A command that has to do with all keys is to be carried out.
    Command(Command),
    /// The file of keys is to be changed.
    Change(Change),
    /// The keys of this program are to mean our commands too.
    Preset(KeyPreset),
}

/// One command on the page.
#[derive(Debug, Clone, PartialEq)]
struct Line {
    command: Command,
    /// Keys that mean it.
    used: Vec<Told>,
    /// Keys that would mean it.
    shadowed: Vec<Told>,
}

impl Line {
    /// Says whether the person's file says something of the command for this part.
    fn is_own(&self, known: &Known<'_>, of: &Whose) -> bool {
        let id = self.command.row().id;
        let is_its = |rule: &&Rule| rule.command.strip_prefix('-').unwrap_or(&rule.command) == id;
        known
            .rules
            .iter()
            .filter(is_its)
            .any(|rule| rule.is_for(of))
    }

    /// Returns the keys as they are shown.
    fn keys(&self) -> String {
        let keys: Vec<_> = self.used.iter().map(|told| told.keys.as_str()).collect();
        keys.join("  ·  ")
    }

    /// Returns who gave the keys, where that is not the table alone, and what is not used.
    fn remark(&self) -> String {
        let own = self.used.iter().find(|told| told.source != Source::Table);
        let own = own.map(|told| match told.places.shown(told.context) {
            Some(places) => format!("{}, {places}", told.source),
            None => told.source.to_string(),
        });
        let shadowed = self.shadowed.iter().map(|told| {
            let by = told.shadowed_by.as_deref().unwrap_or_default();
            format!("{} not used: {by}", told.keys)
        });
        own.into_iter()
            .chain(shadowed)
            .collect::<Vec<_>>()
            .join("  ·  ")
    }
}

impl KeysPage {
    /// Returns what was typed to find a command.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Finds commands.
    pub fn look_for(&mut self, text: &str) {
        text.clone_into(&mut self.text);
    }

    /// Gives its field the keyboard with the next frame.
    pub fn ask_for_keyboard(&mut self) {
        self.focused = false;
    }

    /// Returns the page with a command on it.
    #[must_use]
    pub fn at(command: Command) -> Self {
        Self {
            text: command.row().id.into(),
            ..Self::default()
        }
    }

    /// Says whether keys themselves are waited for, rather than text.
    #[must_use]
    pub fn captures(&self) -> bool {
        self.keys != Keys::Typed
    }

    /// Takes a key that is waited for.
    pub fn on_key(&mut self, key: &KeyInput, keymap: &Keymap) -> Option<Change> {
        let plain = key.mods.0 & (Mods::SHIFT.0 | Mods::ALT.0 | Mods::CTRL.0 | Mods::SUPER.0) == 0;
        match (key.key, self.keys) {
            (Key::Escape, _) if plain => {
                self.keys = Keys::Typed;
                self.pressed.clear();
            }
            (Key::Backspace, _) if plain && !self.pressed.is_empty() => {
                self.pressed.pop();
            }
            (Key::Enter, Keys::Recorded(command)) if plain && self.may_mean(keymap) => {
                let keys = self.pressed.iter().map(|key| written(key, keymap));
                let keys = keys.collect::<Vec<_>>().join(" ");
                self.keys = Keys::Typed;
                self.pressed.clear();
                let (command, of) = (command.row().id.into(), self.of.clone());
                return Some(Change::Give { command, keys, of });
            }
            _ if self.pressed.len() < CHORDS_MAX => self.pressed.push(key.clone()),
            _ => {}
        }
        self.selected = 0;
        None
    }

    /// Keeps to a part of the person's projects that is there.
    fn keep_to(&mut self, parts: &[(Whose, String)]) {
        if !parts.iter().any(|(part, _)| *part == self.of) {
            self.of = Whose::All;
        }
    }

    /// Goes on to the next part.
    fn next_part(&mut self, parts: &[(Whose, String)]) {
        let at = parts.iter().position(|(part, _)| *part == self.of);
        let next = at.map_or(0, |at| (at + 1) % parts.len().max(1));
        self.of = parts.get(next).map_or(Whose::All, |(part, _)| part.clone());
    }

    fn record(&mut self, command: Command) {
        self.keys = Keys::Recorded(command);
        self.pressed.clear();
    }

    /// Returns where the keys that are recorded will mean their command.
    fn recorded(&self) -> Option<Context> {
        match self.keys {
            Keys::Recorded(command) => Some(command.row().context),
            Keys::Typed | Keys::Sought => None,
        }
    }

    /// Says whether the pressed keys can mean a command.
    fn may_mean(&self, keymap: &Keymap) -> bool {
        let first = self.pressed.first();
        let letters = self.recorded().is_some_and(Context::takes_letters);
        first.is_some_and(|first| {
            keymap.read(&written(first, keymap)).is_ok() && (letters || may_begin(first))
        })
    }

    /// Returns the commands that are shown.
    fn lines(&self, keymap: &Keymap) -> Vec<Line> {
        let told = keymap.told();
        let words: Vec<_> = self
            .text
            .split_whitespace()
            .map(str::to_lowercase)
            .collect();
        let line = |command: Command| {
            let of = told.iter().filter(|told| told.command == command).cloned();
            let (used, shadowed) = of.partition(|told| told.shadowed_by.is_none());
            Line {
                command,
                used,
                shadowed,
            }
        };
        let lines = TABLE.iter().map(|row| line(row.command));
        let is_meant = |line: &Line| match self.keys {
            Keys::Sought if !self.pressed.is_empty() => {
                let mut all = line.used.iter().chain(&line.shadowed);
                all.any(|told| begins(told, &self.pressed))
            }
            _ => {
                let row = line.command.row();
                let text = format!("{} {} {} {}", row.title, row.id, line.keys(), row.doc);
                let text = text.to_lowercase();
                words.iter().all(|word| text.contains(word))
            }
        };
        lines.filter(is_meant).collect()
    }

    /// Returns what the recorded keys mean now, in a sentence.
    fn meaning(&self, keymap: &Keymap) -> String {
        if self.pressed.is_empty() {
            return "Press the keys, then Enter; Escape leaves it as it is".into();
        }
        if !self.may_mean(keymap) {
            return "The first key must not type text: hold Ctrl, Alt or Super".into();
        }
        let told = keymap.told();
        let used = told.iter().filter(|told| told.shadowed_by.is_none());
        let context = self.recorded().unwrap_or(Context::Anywhere);
        let contradicts = |told: &&Told| {
            let there = context == Context::Anywhere || context == told.context;
            there && (begins(told, &self.pressed) || self.goes_on(told))
        };
        let titles: Vec<_> = used
            .filter(contradicts)
            .map(|told| told.command.row().title)
            .collect();
        match titles.as_slice() {
            [] => "Free: Enter takes them".into(),
            [title] => format!("Now {title}: Enter takes them from it"),
            [title, rest @ ..] => {
                let others = rest.len();
                format!("Now {title} and {others} more: Enter takes them from all")
            }
        }
    }

    fn goes_on(&self, told: &Told) -> bool {
        let begun = self.pressed.get(..told.chords.len());
        begun.is_some_and(|begun| begins(told, begun))
    }
}

/// Returns a key as the file has it: the leader by its name, signs without the Shift that makes them.
fn written(key: &KeyInput, keymap: &Keymap) -> String {
    let leader = keymap.leader();
    let told_apart =
        Mods(key.mods.0 & (Mods::SHIFT.0 | Mods::ALT.0 | Mods::CTRL.0 | Mods::SUPER.0));
    let mut key = KeyInput {
        mods: told_apart,
        ..key.clone()
    };
    if (key.key, key.mods) == (leader.key, leader.mods) {
        return "leader".into();
    }
    if let Some(sign) = third_level(&key) {
        key.key = Key::Char(sign);
        key.mods = Mods(key.mods.0 & !Mods::SHIFT.0);
        return chord::display(&key);
    }
    match (key.shifted, key.key, key.base_layout) {
        (Some(sign), Key::Char(_), _) if !sign.is_alphabetic() => {
            key.key = Key::Char(sign);
            key.mods = Mods(key.mods.0 & !Mods::SHIFT.0);
        }
        // Where the layout has no Latin letters, the key's place is meant.
        (_, Key::Char(letter), Some(place)) if !letter.is_ascii() => key.key = Key::Char(place),
        _ => {}
    }
    chord::display(&key)
}

/// Returns in a word where a command's keys mean it.
fn place(context: Context) -> &'static str {
    match context {
        Context::Anywhere => "",
        other => context::place(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn press(page: &mut KeysPage, keys: &str) -> Option<Change> {
        let keymap = Keymap::default();
        let mut change = None;
        for key in keys.split(' ') {
            change = page.on_key(&chord::parse(key).unwrap(), &keymap);
        }
        change
    }

    fn titles(page: &KeysPage) -> Vec<&'static str> {
        let lines = page.lines(&Keymap::default());
        lines.iter().map(|line| line.command.row().title).collect()
    }

    #[test]
    fn commands_are_found_by_words_and_by_pressing_their_keys() {
        let mut page = KeysPage::default();
        assert_eq!(titles(&page).len(), TABLE.len());
        page.text = "zoom".into();
        assert_eq!(titles(&page), ["Zoom pane"]);
        page.keys = Keys::Sought;
        press(&mut page, "ctrl+space m");
        assert!(
            titles(&page).contains(&"Panes in a grid"),
            "{:?}",
            titles(&page)
        );
        assert!(!titles(&page).contains(&"Zoom pane"));
        press(&mut page, "backspace z");
        assert_eq!(titles(&page), ["Zoom pane"]);
        press(&mut page, "escape");
        assert!(!page.captures());
    }

    #[test]
    fn keys_are_recorded_as_the_file_has_them_and_may_not_type_text() {
        let mut page = KeysPage::default();
        page.record(Command::Zoom);
        assert_eq!(press(&mut page, "x enter"), None);
        assert!(page.meaning(&Keymap::default()).contains("type text"));
        press(&mut page, "backspace backspace");
        let change = press(&mut page, "ctrl+space shift+d enter");
        let expected = Change::Give {
            command: "pane.zoom".into(),
            keys: "leader shift+d".into(),
            of: Whose::All,
        };
        assert_eq!(change, Some(expected));
        assert!(!page.captures());
        page.record(Command::Zoom);
        press(&mut page, "ctrl+shift+d");
        let meaning = page.meaning(&Keymap::default());
        assert_eq!(meaning, "Now Split right: Enter takes them from it");
        let before = page.meaning(&Keymap::default());
        press(&mut page, "backspace ctrl+space");
        assert_ne!(page.meaning(&Keymap::default()), before);
        assert!(page.meaning(&Keymap::default()).contains("more"));
    }

    #[test]
    fn signs_are_written_without_the_shift_that_makes_them() {
        let keymap = Keymap::default();
        let mut key = KeyInput::press(Key::Char('5'), Mods::CTRL.with(Mods::SHIFT));
        key.shifted = Some('%');
        assert_eq!(written(&key, &keymap), "ctrl+%");
        let mut key = KeyInput::press(Key::Char('ф'), Mods::CTRL);
        key.base_layout = Some('a');
        assert_eq!(written(&key, &keymap), "ctrl+a");
    }
}
