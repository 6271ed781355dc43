//! What keys mean which command, and what a person can make of that.

use agor_proto::input::Key;

use super::chords::parse;
use super::*;
use crate::commands::context::{EDITOR, FIND, LIST, PALETTE, SETTINGS, SIZES, TERMINAL, VI};

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
            // Elsewhere the deeper context decides; a terminal's keys are to mean one thing alone.
            let apart = binding.context != other.context
                && (binding.context.is_own() || other.context.is_own());
            if apart {
                continue;
            }
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
        found = keymap.find(&before, &press(key), TERMINAL);
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
    // What is drawn has the keyboard then, and not a program.
    for row in TABLE.iter().filter(|row| !row.context.is_own()) {
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
    // Where text is typed a letter is text.
    for row in TABLE.iter().filter(|row| !row.context.takes_letters()) {
        let types = |keys: &&str| !takes_no_text(&parse(keys).unwrap()[0]);
        assert_eq!(row.keys.iter().find(|it| types(it)), None, "{}", row.id);
    }
}

#[test]
fn a_sequence_is_found_chord_by_chord() {
    let keymap = Keymap::default();
    let leader = press("ctrl+space");
    assert_eq!(keymap.find(&[], &leader, TERMINAL), Found::Prefix);
    let before = [Chord::of(&leader)];
    assert_eq!(
        keymap.find(&before, &press("d"), TERMINAL),
        Found::Command(Command::SplitRight)
    );
    assert_eq!(keymap.find(&before, &press("'"), TERMINAL), Found::Nothing);
}

#[test]
fn modifiers_match_exactly_and_locks_do_not_count() {
    let keymap = Keymap::default();
    let mut key = press("ctrl+shift+d");
    key.mods = key.mods.with(Mods::CAPS_LOCK).with(Mods::NUM_LOCK);
    assert_eq!(
        keymap.find(&[], &key, TERMINAL),
        Found::Command(Command::SplitRight)
    );
    key.mods = key.mods.with(Mods::ALT);
    assert_eq!(keymap.find(&[], &key, TERMINAL), Found::Nothing);
}

#[test]
fn a_key_of_another_script_is_found_by_its_place() {
    let keymap = Keymap::default();
    let mut key = press("ctrl+shift+d");
    key.key = Key::Char('в');
    assert_eq!(keymap.find(&[], &key, TERMINAL), Found::Nothing);
    key.base_layout = Some('d');
    assert_eq!(
        keymap.find(&[], &key, TERMINAL),
        Found::Command(Command::SplitRight)
    );
}

#[test]
fn a_shifted_sign_is_found_by_what_it_is() {
    let keymap = Keymap::default();
    let before = [Chord::of(&press("ctrl+space"))];
    let mut key = press("shift+/");
    assert_eq!(keymap.find(&before, &key, TERMINAL), Found::Nothing);
    key.shifted = Some('?');
    assert_eq!(
        keymap.find(&before, &key, TERMINAL),
        Found::Command(Command::Keys)
    );
}

#[test]
fn a_sign_of_the_third_level_is_that_sign_and_a_latin_letter_no_other() {
    let keymap = Keymap::default();
    let paragraph = Found::Command(Command::ViParagraphBefore);
    // AltGr and 7 on a German keyboard.
    let mut key = press("7");
    key.text = "{".into();
    assert_eq!(keymap.find(&[], &key, VI), paragraph);
    // AltGr and q there is no q.
    let mut key = press("q");
    key.text = "@".into();
    assert_eq!(keymap.find(&[], &key, VI), Found::Nothing);
    // z, where others have y.
    let mut key = press("z");
    key.base_layout = Some('y');
    assert_eq!(keymap.find(&[], &key, VI), Found::Nothing);
    // A digit's place is the digit whatever it makes.
    let mut key = press("&");
    key.base_layout = Some('1');
    let before = [Chord::of(&press("ctrl+space"))];
    let tab = Found::Command(Command::Tab1);
    assert_eq!(keymap.find(&before, &key, TERMINAL), tab);
    // Shift makes another chord of a letter.
    assert_eq!(keymap.find(&[], &press("shift+j"), LIST), Found::Nothing);
}

#[test]
fn shift_selects_on_the_way_unless_it_means_something_and_the_leader_leads_in_modes() {
    let keymap = Keymap::default();
    let sought = |keymap: &Keymap, keys| keymap.in_mode(&[], &press(keys), VI);
    assert_eq!(sought(&keymap, "shift+left"), press("left"));
    assert_eq!(sought(&keymap, "shift+f5"), press("shift+f5"));
    assert_eq!(sought(&keymap, "shift+j"), press("shift+j"));
    let rules = [rule("shift+left", "vi.first"), rule("x", "sizes.left")];
    let (own, complaints) = Keymap::new(&rules, None, None);
    assert!(complaints.is_empty(), "{complaints:?}");
    assert_eq!(sought(&own, "shift+left"), press("shift+left"));
    assert_eq!(
        own.find(&[], &press("x"), SIZES),
        Found::Command(Command::SizesLeft)
    );
    assert_eq!(own.find(&[], &press("x"), VI), Found::Nothing);
    let up = Found::Command(Command::ViPageUp);
    assert_eq!(keymap.find(&[], &press("ctrl+b"), VI), up);
    let (led, _) = Keymap::new(&[], Some("ctrl+b"), None);
    assert_eq!(led.find(&[], &press("ctrl+b"), VI), Found::Prefix);
}

#[test]
fn a_command_of_panes_means_nothing_elsewhere() {
    let keymap = Keymap::default();
    let copy = press("ctrl+shift+c");
    assert_eq!(
        keymap.find(&[], &copy, TERMINAL),
        Found::Command(Command::Copy)
    );
    assert_eq!(keymap.find(&[], &copy, ELSEWHERE), Found::Nothing);
}

#[test]
fn keys_are_shown_as_people_write_them() {
    assert_eq!(shown("ctrl+shift+page_up"), "Ctrl+Shift+PgUp");
    assert_eq!(shown("ctrl+space d"), "Ctrl+Space d");
    assert_eq!(shown("ctrl+space shift+w"), "Ctrl+Space Shift+W");
    assert_eq!(shown("ctrl+-"), "Ctrl+-");
    assert_eq!(shown("ctrl++"), "Ctrl++");
}

#[test]
fn the_deepest_context_that_has_keys_decides_and_the_others_go_on_below_it() {
    let rules = [
        Rule {
            when: Some("list".into()),
            ..rule("x", "attention.next")
        },
        rule("ctrl+space d", "list.first"),
        rule("ctrl+n", "tab.new"),
    ];
    let (keymap, complaints) = Keymap::new(&rules, None, None);
    assert!(complaints.is_empty(), "{complaints:?}");
    let find = |keys: &str, chain| {
        let mut before = Vec::new();
        let mut found = Found::Nothing;
        for key in keys.split(' ') {
            found = keymap.find(&before, &press(key), chain);
            before.push(Chord::of(&press(key)));
        }
        found
    };
    // A letter is a key where nothing is typed, of a list's command and of any other.
    assert_eq!(find("j", LIST), Found::Command(Command::ListNext));
    assert_eq!(find("x", LIST), Found::Command(Command::AttentionNext));
    assert_eq!(find("j", PALETTE), Found::Nothing);
    assert_eq!(find("x", TERMINAL), Found::Nothing);
    assert_eq!(find("g g", LIST), Found::Command(Command::ListFirst));
    // The list has one of the sequences that begin alike, the window all others.
    assert_eq!(
        find("ctrl+space d", LIST),
        Found::Command(Command::ListFirst)
    );
    let split = Found::Command(Command::SplitRight);
    assert_eq!(find("ctrl+space d", TERMINAL), split);
    assert_eq!(
        find("ctrl+space e", LIST),
        Found::Command(Command::SplitDown)
    );
    // Deeper of two fields' contexts.
    let escape = Found::Command(Command::PaletteClose);
    assert_eq!(find("escape", PALETTE), escape);
    let level = Found::Command(Command::SettingsLevel);
    assert_eq!(find("ctrl+p", SETTINGS), level);
    // What is said of everywhere holds there too.
    assert_eq!(find("ctrl+n", PALETTE), Found::Command(Command::NewTab));
}

#[test]
fn a_command_of_what_is_drawn_means_nothing_elsewhere() {
    let elsewhere = Rule {
        when: Some("anywhere".into()),
        ..rule("f5", "list.next")
    };
    let rules = [
        elsewhere,
        rule("x", "palette.next"),
        rule("f6", "list.next"),
    ];
    let (keymap, complaints) = Keymap::new(&rules, None, None);
    assert_eq!(complaints.len(), 2, "{complaints:?}");
    assert!(complaints[0].contains("in a list alone"), "{complaints:?}");
    assert!(complaints[1].contains(TEXT), "{complaints:?}");
    let next = Found::Command(Command::ListNext);
    assert_eq!(keymap.find(&[], &press("f6"), LIST), next);
    assert_eq!(keymap.find(&[], &press("f5"), LIST), Found::Nothing);
}

fn when(when: &str, key: &str, command: &str) -> Rule {
    Rule {
        when: Some(when.into()),
        ..rule(key, command)
    }
}

#[test]
fn keys_mean_a_command_where_their_condition_holds() {
    let rules = [
        when("!terminal", "ctrl+g", "view.wall"),
        when("editor && !palette", "f5", "tab.new"),
        when("list || terminal", "f6", "tab.new"),
        when("!find", "f7", "palette.next"),
    ];
    let (keymap, complaints) = Keymap::new(&rules, None, None);
    assert!(complaints.is_empty(), "{complaints:?}");
    let (tab, wall) = (Some(Command::NewTab), Some(Command::Wall));
    let next = Some(Command::PaletteNext);
    for (keys, chain, command) in [
        ("ctrl+g", TERMINAL, None),
        ("ctrl+g", LIST, wall),
        ("ctrl+g", PALETTE, wall),
        ("ctrl+g", ELSEWHERE, wall),
        ("f5", EDITOR, tab),
        ("f5", PALETTE, None),
        ("f5", TERMINAL, None),
        ("f6", LIST, tab),
        ("f6", TERMINAL, tab),
        ("f6", EDITOR, None),
        ("f7", PALETTE, next),
        ("f7", SETTINGS, next),
        ("f7", FIND, None),
    ] {
        let expected = command.map_or(Found::Nothing, Found::Command);
        assert_eq!(keymap.find(&[], &press(keys), chain), expected, "{keys}");
    }
    let told = keymap.told();
    let place = |command| {
        told.iter()
            .find(|it| it.command == command)
            .map(Told::place)
    };
    assert_eq!(
        place(Command::Wall).as_deref(),
        Some("anywhere, not in a terminal")
    );
}

#[test]
fn a_condition_takes_keys_from_others_only_where_it_holds() {
    let rules = [
        when("!list", "ctrl+shift+t", "view.wall"),
        when("terminal", "ctrl+shift+d", "-pane.split_right"),
        when("list", "ctrl+space", "view.sidebar"),
    ];
    let (keymap, complaints) = Keymap::new(&rules, None, None);
    assert!(complaints.is_empty(), "{complaints:?}");
    let find = |keys, chain| keymap.find(&[], &press(keys), chain);
    assert_eq!(
        find("ctrl+shift+t", TERMINAL),
        Found::Command(Command::Wall)
    );
    assert_eq!(find("ctrl+shift+t", LIST), Found::Command(Command::NewTab));
    assert_eq!(find("ctrl+shift+d", TERMINAL), Found::Nothing);
    assert_eq!(
        find("ctrl+shift+d", LIST),
        Found::Command(Command::SplitRight)
    );
    // The same key is a command in one place and the begin of sequences in another.
    assert_eq!(find("ctrl+space", LIST), Found::Command(Command::Sidebar));
    assert_eq!(find("ctrl+space", TERMINAL), Found::Prefix);
    let told = keymap.told();
    let tab = told
        .iter()
        .find(|it| it.keys == "Ctrl+Shift+T" && it.command == Command::NewTab);
    assert_eq!(tab.map(Told::place).as_deref(), Some("in a list"));
}

#[test]
fn a_condition_that_is_not_understood_spoils_its_rule_alone() {
    let rules = [
        when("editorTextFocus", "f5", "tab.new"),
        when("terminal && list", "f5", "tab.new"),
        when("palette", "f5", "list.next"),
        when("list", "f6", "tab.new"),
    ];
    let (keymap, complaints) = Keymap::new(&rules, None, None);
    assert_eq!(complaints.len(), 3, "{complaints:?}");
    assert!(
        complaints[0].contains("no context \"editorTextFocus\""),
        "{complaints:?}"
    );
    assert!(complaints[1].contains("nowhere"), "{complaints:?}");
    let tab = Found::Command(Command::NewTab);
    assert_eq!(keymap.find(&[], &press("f6"), LIST), tab);
    assert_eq!(keymap.find(&[], &press("f5"), LIST), Found::Nothing);
}
