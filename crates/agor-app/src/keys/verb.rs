//! What `agor keys` says: what keys do, in words, for a command line that has no window to look at.

use agor_core::cli::{KeyRow, KeySettings, ToldKeys};
use agor_core::keybindings::Rule;

use super::keymap::{Chord, Keymap, Told};
use crate::commands::TABLE;
use crate::commands::context::{Chain, ELSEWHERE, PLACES, Places, TERMINAL, place};

/// Returns what all keys do, or those that are asked for.
///
/// # Errors
/// What in the keys that are asked for is not known, in a sentence.
pub fn keys(settings: &KeySettings, asked: Option<&str>) -> Result<ToldKeys, String> {
    let window = &settings.window;
    let leader = window.leader.as_deref();
    let (keymap, complaints) = Keymap::new(&settings.rules, leader, window.keys);
    let all = keymap.told();
    let (sentences, rows) = match asked {
        None => (Vec::new(), list(&all)),
        Some(keys) => {
            let chords = keymap.read(keys)?;
            let outside = keymap.outside(&chords);
            let touches = |told: &&Told| {
                [&chords, &outside]
                    .iter()
                    .any(|it| told.chords.starts_with(it) || it.starts_with(&told.chords))
            };
            let rows: Vec<_> = all.iter().filter(touches).collect();
            let sentences = explain(&rows, &chords, &outside);
            (sentences, rows.into_iter().map(row).collect())
        }
    };
    Ok(ToldKeys {
        complaints,
        sentences,
        rows,
    })
}

/// Refuses a rule that means nothing here.
///
/// # Errors
/// Why, in a sentence.
pub fn check(rule: &Rule) -> Result<(), String> {
    let (_, complaints) = Keymap::new(std::slice::from_ref(rule), None, None);
    complaints.into_iter().next().map_or(Ok(()), Err)
}

/// Returns every command with its keys, and those without.
fn list(all: &[Told]) -> Vec<KeyRow> {
    let of = |command| {
        let told = all.iter().filter(move |told| told.command == command);
        told.map(row)
    };
    let rows = TABLE.iter().flat_map(|command| {
        let mut rows: Vec<_> = of(command.command).collect();
        if rows.is_empty() {
            rows.push(KeyRow {
                keys: String::new(),
                command: command.id.into(),
                title: command.title.into(),
                place: place(command.context).into(),
                from: "no keys".into(),
                shadowed_by: None,
            });
        }
        rows
    });
    rows.collect()
}

fn row(told: &Told) -> KeyRow {
    let command = told.command.row();
    KeyRow {
        keys: told.keys.clone(),
        command: command.id.into(),
        title: command.title.into(),
        place: told.place(),
        from: told.source.to_string(),
        shadowed_by: told.shadowed_by.clone(),
    }
}

/// Returns what keys do in each place where they can be pressed; of those with keys of their own, where they do
/// something else than elsewhere.
fn explain(rows: &[&Told], chords: &[Chord], outside: &[Chord]) -> Vec<String> {
    let used: Vec<_> = rows
        .iter()
        .copied()
        .filter(|told| told.shadowed_by.is_none())
        .collect();
    let terminal = meaning(&used, chords, TERMINAL).unwrap_or_else(|| "the program's".into());
    let mut sentences = vec![format!("In a terminal: {terminal}.")];
    let elsewhere = meaning(&used, outside, ELSEWHERE);
    for (place, chain) in PLACES {
        let there = meaning(&used, outside, chain);
        if there != elsewhere
            && let Some(what) = there
        {
            sentences.push(format!("{place}: {what}."));
        }
    }
    let elsewhere = elsewhere.unwrap_or_else(|| "the text field's or the list's".into());
    sentences.push(format!("Elsewhere: {elsewhere}."));
    sentences
}

/// Returns what keys do where these contexts count: of the deepest that has them.
fn meaning(used: &[&Told], chords: &[Chord], chain: Chain) -> Option<String> {
    let at = Places::at(chain);
    chain.iter().find_map(|context| {
        let is_there = |told: &&&Told| told.context == *context && told.places.overlaps(at);
        let mut there = used.iter().filter(is_there);
        let exact = there.clone().find(|told| told.chords == chords);
        let goes_on =
            |told: &&&Told| told.chords.len() > chords.len() && told.chords.starts_with(chords);
        let longer = there.clone().filter(goes_on).count();
        let shorter =
            there.find(|told| told.chords.len() < chords.len() && chords.starts_with(&told.chords));
        match (exact, longer, shorter) {
            (Some(told), _, _) => {
                let row = told.command.row();
                Some(format!("{} ({}), {}", row.title, row.id, told.source))
            }
            (None, 1.., _) => Some(format!("the begin of {longer} longer sequences")),
            (None, 0, Some(told)) => {
                let row = told.command.row();
                let (title, keys, source) = (row.title, &told.keys, told.source);
                Some(format!("{title} already at {keys} ({source})"))
            }
            (None, 0, None) => None,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use agor_core::config::{KeyPreset, Window};
    use agor_core::keybindings::Rule;

    fn told(settings: &KeySettings, keys: &str) -> ToldKeys {
        keys_of(settings, Some(keys))
    }

    fn keys_of(settings: &KeySettings, asked: Option<&str>) -> ToldKeys {
        keys(settings, asked).unwrap()
    }

    fn tmux() -> KeySettings {
        KeySettings {
            window: Window {
                keys: Some(KeyPreset::Tmux),
                ..Window::default()
            },
            rules: Vec::new(),
        }
    }

    #[test]
    fn a_key_is_explained_in_each_place() {
        let usual = KeySettings::default();
        let free = told(&usual, "ctrl+g");
        assert_eq!(
            free.sentences,
            [
                "In a terminal: the program's.",
                "Elsewhere: the text field's or the list's."
            ]
        );
        assert!(free.rows.is_empty());
        let split = told(&usual, "ctrl+space d");
        assert_eq!(
            split.sentences[0],
            "In a terminal: Split right (pane.split_right), built in."
        );
        let find = told(&usual, "leader /");
        assert!(find.sentences[0].contains("find.open"), "{find:?}");
        assert!(find.sentences[1].contains("text field"), "{find:?}");
        assert!(keys(&usual, Some("ctrl+nonsense")).is_err());
    }

    #[test]
    fn a_preset_says_what_it_shadows_and_a_persons_rule_goes_before_it() {
        let begin = told(&tmux(), "ctrl+b");
        assert!(begin.sentences[0].contains("the begin of"), "{begin:?}");
        let mut settings = tmux();
        settings.rules = vec![Rule {
            line: 7,
            ..Rule::new("leader c", "pane.split_down")
        }];
        let told = told(&settings, "ctrl+b c");
        assert_eq!(
            told.sentences[0],
            "In a terminal: Split down (pane.split_down), keybindings.json line 7."
        );
        let shadowed: Vec<_> = told
            .rows
            .iter()
            .filter_map(|row| Some((row.command.as_str(), row.shadowed_by.as_deref()?)))
            .collect();
        assert!(
            shadowed.contains(&("tab.new", "pane.split_down by keybindings.json line 7")),
            "{shadowed:?}"
        );
        assert!(
            shadowed.contains(&("broadcast.pane", "tab.new by preset tmux")),
            "{shadowed:?}"
        );
    }

    #[test]
    fn the_list_has_every_command() {
        let list = keys_of(&KeySettings::default(), None);
        for row in TABLE {
            assert!(list.rows.iter().any(|told| told.command == row.id));
        }
        assert!(list.rows.iter().any(|told| told.from == "no keys"));
    }

    #[test]
    fn presets_give_every_key_that_they_name_and_contradict_themselves_nowhere() {
        for preset in super::super::presets::PRESETS {
            let (keymap, complaints) = Keymap::new(&[], None, Some(preset.name));
            assert!(complaints.is_empty(), "{complaints:?}");
            for (keys, command) in preset.keys {
                let chords = keymap.read(keys).unwrap();
                let told = keymap.told();
                let used = told.iter().filter(|told| told.shadowed_by.is_none());
                let meant = meaning(&used.collect::<Vec<_>>(), &chords, TERMINAL);
                let meant = meant.is_some_and(|it| it.contains(&format!("({command})")));
                assert!(meant, "{:?} {keys}", preset.name);
            }
            // Keys twice, and the leader is given to the program.
            let twice = keymap.read("leader leader").unwrap();
            assert!(keymap.told().iter().any(|told| told.chords == twice));
        }
    }

    #[test]
    fn keys_of_lists_and_fields_are_explained_where_they_mean_something() {
        let told = keys(&KeySettings::default(), Some("escape")).unwrap();
        let expected = [
            "In a terminal: the program's.",
            "In a list: List: close (list.close), built in.",
            "In the palette: Palette: close (palette.close), built in.",
            "In a field: Field: leave (editor.leave), built in.",
            "Where a text is looked for: Palette: close (palette.close), built in.",
            "On the wall: Palette: close (palette.close), built in.",
            "In settings: Palette: close (palette.close), built in.",
            "While selecting by keyboard: Select: drop (vi.drop), built in.",
            "Over letters: Letters: leave (hints.leave), built in.",
            "While borders are moved: Sizes: leave (sizes.leave), built in.",
            "Elsewhere: the text field's or the list's.",
        ];
        assert_eq!(told.sentences, expected);
        let rule = Rule {
            line: 3,
            ..Rule::new("j", "list.last")
        };
        let settings = KeySettings {
            rules: vec![rule],
            ..KeySettings::default()
        };
        let told = keys(&settings, Some("j")).unwrap();
        let list = "In a list: List: last line (list.last), keybindings.json line 3.";
        assert_eq!(told.sentences[1], list);
        let shadowed = told.rows.iter().find(|row| row.command == "list.next");
        let by = shadowed.and_then(|row| row.shadowed_by.as_deref());
        assert_eq!(by, Some("list.last by keybindings.json line 3"));
    }

    #[test]
    fn control_k_is_the_begin_of_sequences_outside_terminals_alone() {
        let told = keys(&KeySettings::default(), Some("ctrl+k g")).unwrap();
        assert_eq!(told.sentences[0], "In a terminal: the program's.");
        assert!(
            told.sentences[1].starts_with("Elsewhere: Wall of all sessions"),
            "{told:?}"
        );
    }
}
