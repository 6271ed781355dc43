//! Letters over what can be picked up of a pane: typing them copies, opens or inserts it. What the
//! pane showed when they were asked for stays until they go, so that nothing moves under the fingers.

use std::collections::HashMap;
use std::sync::Arc;

use agor_proto::input::{Key, KeyInput, Mods};
use agor_proto::row::Row;
use agor_term::rows::{Hint, HintKind, hints, may_open};

use crate::commands::Command;

/// Letters of labels, those under the fingers first.
const LETTERS: &[u8; 26] = b"asdfjklghqweruioptyzxcvbnm";

/// See the module.
#[derive(Debug, Default)]
pub struct Hints {
    /// What the pane showed; none until it was drawn with them.
    rows: Option<Vec<Arc<Row>>>,
    offered: Vec<Offered>,
    typed: String,
}

/// A hint and its letters. What stands several times on a screen has the same letters each time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offered {
    /// What it is.
    pub hint: Hint,
    /// Its letters.
    pub label: String,
}

/// What is done with a hint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// It goes to the clipboard.
    Copy,
    /// It is opened, if it is a link that may be.
    Open,
    /// It is given to the program as a paste.
    Insert,
}

impl Act {
    /// Returns what is done while these modifiers are down.
    #[must_use]
    pub fn with(mods: Mods) -> Self {
        if mods.intersects(Mods::CTRL.with(Mods::ALT).with(Mods::SUPER)) {
            Self::Insert
        } else if mods.contains(Mods::SHIFT) {
            Self::Open
        } else {
            Self::Copy
        }
    }
}

/// What a key did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Typed {
    /// More letters are waited for.
    More,
    /// The letters go, and nothing is picked.
    Ends,
    /// This is picked.
    Picked(Act, HintKind, String),
}

impl Hints {
    /// Says whether letters are shown, so that they can be typed.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.rows.is_some()
    }

    /// Puts letters on what can be picked up of `rows`; says whether there is something.
    pub fn fill(&mut self, rows: &[Arc<Row>]) -> bool {
        let mut found = hints(rows);
        for hint in &mut found {
            // A link's target is what its program chose: inserted into a shell it must be no key.
            hint.text.retain(|c| !c.is_control());
        }
        let mut texts: HashMap<&str, usize> = HashMap::new();
        // The nearest to the end first: that is where a person works, and gets the shortest.
        for hint in found.iter().rev() {
            let next = texts.len();
            texts.entry(&hint.text).or_insert(next);
        }
        let labels = labels(texts.len());
        let label = |hint: &Hint| texts.get(hint.text.as_str()).map(|at| labels[*at].clone());
        let labels = found.iter().map(label).collect::<Vec<_>>();
        self.offered = found
            .into_iter()
            .zip(labels)
            .filter_map(|(hint, label)| {
                Some(Offered {
                    hint,
                    label: label?,
                })
            })
            .collect();
        self.rows = Some(rows.to_vec());
        !self.offered.is_empty()
    }

    /// Returns the rows that the letters are over.
    #[must_use]
    pub fn rows(&self) -> Option<&[Arc<Row>]> {
        self.rows.as_deref()
    }

    /// Returns what can still be meant, with the letters that are still to be typed.
    pub fn left(&self) -> impl Iterator<Item = (&Offered, &str)> {
        let rest = |offered: &'_ Offered| offered.label.len() > self.typed.len();
        self.offered
            .iter()
            .filter(move |it| rest(it))
            .filter_map(|offered| {
                let rest = offered.label.strip_prefix(&self.typed)?;
                Some((offered, rest))
            })
    }

    /// Takes a key, and the command that it means over letters.
    pub fn on_key(&mut self, command: Option<Command>, key: &KeyInput) -> Typed {
        let latin = |key: Key| match key {
            Key::Char(c) if c.is_ascii_alphabetic() => Some(c.to_ascii_lowercase()),
            _ => None,
        };
        // Where the layout has no Latin letters, the key's place is meant.
        let place = key.base_layout.filter(|_| matches!(key.key, Key::Char(_)));
        let letter = latin(key.key).or(place.and_then(|place| latin(Key::Char(place))));
        match (command, letter) {
            (Some(Command::HintsBack), _) if self.typed.pop().is_some() => Typed::More,
            (None, Some(letter)) => self.letter(letter, Act::with(key.mods)),
            _ => Typed::Ends,
        }
    }

    fn letter(&mut self, letter: char, act: Act) -> Typed {
        self.typed.push(letter);
        let Some(first) = self
            .offered
            .iter()
            .find(|it| it.label.starts_with(&self.typed))
        else {
            // A letter that no label goes on with is a slip.
            self.typed.pop();
            return Typed::More;
        };
        if first.label != self.typed {
            return Typed::More;
        }
        Typed::Picked(act, first.hint.kind, first.hint.text.clone())
    }
}

/// Says whether a hint can be opened.
#[must_use]
pub fn opens(kind: HintKind, text: &str) -> bool {
    kind == HintKind::Link && may_open(text)
}

/// Returns `count` labels of which none begins another, the shortest first.
fn labels(count: usize) -> Vec<String> {
    let letters = LETTERS.iter().copied().map(char::from);
    let mut labels: Vec<String> = letters.clone().map(String::from).collect();
    // The last one-letter label becomes the begin of longer ones, until there are enough.
    let mut first_long = labels.len();
    while labels.len() < count {
        if first_long == 0 {
            // Two letters are as many as there are bounds for; see `HINTS_MAX`.
            break;
        }
        first_long -= 1;
        let begin = labels.remove(first_long);
        labels.extend(letters.clone().map(|letter| format!("{begin}{letter}")));
    }
    labels.truncate(count);
    labels
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::context::HINTS;
    use crate::keys::keymap::{Found, Keymap};
    use agor_proto::limits::HINTS_MAX;
    use agor_term::input::chord;

    fn rows(lines: &[&str]) -> Vec<Arc<Row>> {
        let row = |(at, text): (usize, &&str)| {
            Arc::new(Row {
                line: agor_proto::ids::LineId(at as u64 + 1),
                text: (*text).into(),
                ..Row::default()
            })
        };
        lines.iter().enumerate().map(row).collect()
    }

    fn press(hints: &mut Hints, keys: &str) -> Typed {
        let key = chord::parse(keys).unwrap();
        let command = match Keymap::default().find(&[], &key, HINTS) {
            Found::Command(command) => Some(command),
            Found::Prefix | Found::Nothing => None,
        };
        hints.on_key(command, &key)
    }

    #[test]
    fn as_many_labels_as_hints_and_none_begins_another() {
        for count in [0, 1, 26, 27, 100, HINTS_MAX] {
            let labels = labels(count);
            assert_eq!(labels.len(), count);
            for (at, label) in labels.iter().enumerate() {
                let begins = |other: &String| other.starts_with(label.as_str());
                assert!(!labels[at + 1..].iter().any(begins), "{count}: {label}");
                assert!(!labels[..at].iter().any(begins), "{count}: {label}");
            }
        }
    }

    #[test]
    fn the_last_on_the_screen_has_the_first_letter_and_the_same_text_the_same() {
        let mut hints = Hints::default();
        assert!(hints.fill(&rows(&["/a/one 4711", "/b/two 4711"])));
        let label = |text: &str| {
            let of = hints.left().filter(|(it, _)| it.hint.text == text);
            of.map(|(it, _)| it.label.as_str()).collect::<Vec<_>>()
        };
        assert_eq!(label("4711"), ["a", "a"]);
        assert_eq!(label("/b/two"), ["s"]);
        assert_eq!(label("/a/one"), ["d"]);
    }

    #[test]
    fn modifiers_say_what_is_done_and_other_keys_end_it() {
        let mut hints = Hints::default();
        hints.fill(&rows(&["https://a.b"]));
        for (keys, act) in [
            ("a", Act::Copy),
            ("shift+a", Act::Open),
            ("alt+a", Act::Insert),
            ("ctrl+a", Act::Insert),
        ] {
            let mut hints = Hints::default();
            hints.fill(&rows(&["https://a.b"]));
            let picked = Typed::Picked(act, HintKind::Link, "https://a.b".into());
            assert_eq!(press(&mut hints, keys), picked, "{keys}");
        }
        assert_eq!(press(&mut hints, "q"), Typed::More, "a slip");
        assert_eq!(press(&mut hints, "escape"), Typed::Ends);
        assert_eq!(press(&mut hints, "backspace"), Typed::Ends);
        assert_eq!(press(&mut hints, "1"), Typed::Ends);
    }

    #[test]
    fn longer_labels_are_typed_letter_by_letter_and_taken_back() {
        let mut hints = Hints::default();
        let lines: Vec<String> = (0..40).map(|at| format!("/tmp/{at}")).collect();
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        hints.fill(&rows(&lines));
        assert_eq!(press(&mut hints, "m"), Typed::More);
        assert_eq!(hints.left().count(), 15);
        assert!(hints.left().all(|(_, rest)| rest.len() == 1));
        assert_eq!(press(&mut hints, "backspace"), Typed::More);
        assert_eq!(hints.left().count(), 40);
        press(&mut hints, "m");
        let Typed::Picked(Act::Copy, HintKind::Path, text) = press(&mut hints, "a") else {
            panic!("two letters pick one");
        };
        assert_eq!(text, "/tmp/14");
    }

    #[test]
    fn a_layout_without_latin_letters_means_the_place_of_the_key() {
        let mut hints = Hints::default();
        hints.fill(&rows(&["/tmp/x"]));
        let mut key = KeyInput::press(Key::Char('ф'), Mods::default());
        key.base_layout = Some('a');
        let picked = hints.on_key(None, &key);
        assert!(matches!(picked, Typed::Picked(Act::Copy, ..)));
    }

    #[test]
    fn a_links_target_is_inserted_without_what_could_be_keys() {
        let mut row = Row {
            text: "docs".into(),
            ..Row::default()
        };
        row.links.push(agor_proto::row::Link {
            uri: "https://a.b/\r\u{3}rm -r x\u{9b}".into(),
            id: String::new(),
        });
        row.runs.push(agor_proto::row::Run {
            cells: 4,
            style: agor_proto::row::Style {
                link: 1,
                ..Default::default()
            },
        });
        let mut hints = Hints::default();
        hints.fill(&[Arc::new(row)]);
        let Typed::Picked(Act::Insert, HintKind::Link, text) = press(&mut hints, "alt+a") else {
            panic!("the link is picked");
        };
        assert_eq!(text, "https://a.b/rm -r x");
    }

    #[test]
    fn where_there_is_nothing_that_is_said() {
        let mut hints = Hints::default();
        assert!(!hints.is_ready());
        assert!(!hints.fill(&rows(&["nothing here"])));
    }
}
