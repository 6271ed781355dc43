//! What letters find, and what they cost.

use super::super::Palette;
use super::*;
use crate::testing::{session_id, session_info};

fn offered(scope: Scope, used: &Used) -> Vec<Entry> {
    let snapshot = Snapshot {
        sessions: Some(Arc::new(vec![
            session_info(1, "claude"),
            session_info(2, "vim notes"),
        ])),
        ..Snapshot::default()
    };
    let (workspace, keymap) = (Workspace::default(), Keymap::default());
    entries(scope, &snapshot, &workspace, &keymap, (used, 0))
}

fn find(entries: &[Entry], text: &str) -> Vec<Found> {
    let mut finder = Finder::default();
    finder.find(entries, text);
    finder.found().to_vec()
}

fn first(text: &str) -> Entry {
    let entries = offered(Scope::Everything, &Used::default());
    entries[find(&entries, text)[0].entry].clone()
}

#[test]
fn a_session_that_changes_makes_anew_only_what_lists_sessions() {
    let mut snapshot = Snapshot::default();
    let workspace = Workspace::default();
    for (scope, made_again) in [
        (Scope::Folder, false),
        (Scope::FurtherFolder, false),
        (Scope::Commands, false),
        (Scope::Agents, false),
        (Scope::Themes, false),
        (Scope::Sessions, true),
        (Scope::Everything, true),
        (Scope::Recent, true),
        (Scope::Of(Ask::Resume), true),
    ] {
        let mut palette = Palette::new(scope, String::new());
        let mut made = 0;
        for _ in 0..3 {
            snapshot.sessions = Some(Arc::new(vec![session_info(1, "claude")]));
            // Two frames of the same list.
            for _ in 0..2 {
                palette.offer(Offer::of(scope, &snapshot, &workspace), |_| {
                    made += 1;
                    Vec::new()
                });
            }
        }
        assert_eq!(made, if made_again { 3 } else { 1 }, "{scope:?}");
    }
}

#[test]
fn what_is_offered_is_made_anew_when_what_it_is_made_from_changes() {
    let mut snapshot = Snapshot::default();
    let mut workspace = Workspace::default();
    let mut palette = Palette::new(Scope::Folder, String::new());
    let mut made = 0;
    let mut offer = |snapshot: &Snapshot, workspace: &Workspace, below: Option<Arc<Below>>| {
        let offer = Offer::of(Scope::Folder, snapshot, workspace).with(below);
        palette.offer(offer, |_| {
            made += 1;
            Vec::new()
        });
        made
    };
    assert_eq!(offer(&snapshot, &workspace, None), 1);
    snapshot.settings = Arc::default();
    assert_eq!(offer(&snapshot, &workspace, None), 2);
    workspace.open_tab("/work/shop", session_id(1));
    assert_eq!(offer(&snapshot, &workspace, None), 3);
    let below = |names: &[&str]| {
        let of = super::super::folders::wanted((Scope::Folder, "/srv/"))?;
        let names = names.iter().map(|&name| name.to_owned()).collect();
        Some(Arc::new(Below { of, names }))
    };
    for (names, times) in [(&["a"][..], 4), (&["a"][..], 4), (&["a", "b"][..], 5)] {
        assert_eq!(offer(&snapshot, &workspace, below(names)), times);
    }
}

#[test]
fn a_few_letters_find_a_command_or_a_session() {
    assert_eq!(first("spri").choice, Choice::Command(Command::SplitRight));
    assert_eq!(first("clau").title, "claude");
    assert_eq!(first("notes").title, "vim notes");
}

#[test]
fn what_is_typed_is_offered_as_it_is_unless_it_is_known() {
    let choice = |value: &str| Choice::Said {
        ask: Ask::Model,
        value: Some(value.into()),
    };
    let mut entries = vec![Entry::new(choice("opus"), "opus".into(), String::new())];
    for (text, last) in [("op", "op"), ("opu", "opu"), ("opus", "opus"), ("", "opus")] {
        offer_typed(&mut entries, Ask::Model, text);
        assert!(
            !offer_typed(&mut entries, Ask::Model, text),
            "once is enough"
        );
        assert_eq!(entries.last().unwrap().choice, choice(last));
    }
    assert_eq!(entries.len(), 1);
}

#[test]
fn what_is_typed_is_meant_where_no_known_name_has_its_letters() {
    let (ask, value) = (Ask::Model, None);
    let choice = Choice::Said { ask, value };
    let named = |name: &str, detail: &str| Entry::new(choice.clone(), name.into(), detail.into());
    for (text, titles) in [
        ("sonnet", &["claude-sonnet-4-5", "sonnet", "Default"][..]),
        ("sonnet,", &["sonnet,", "Default"][..]),
    ] {
        let default = named("Default", "sonnet, as before");
        let mut entries = vec![default, named("claude-sonnet-4-5", "")];
        offer_typed(&mut entries, ask, text);
        let found = find(&entries, text).into_iter();
        let found: Vec<_> = found.map(|it| &entries[it.entry].title[..]).collect();
        assert_eq!(found, titles, "{text}");
    }
}

#[test]
fn the_letters_that_matched_are_told() {
    let entries = offered(Scope::Commands, &Used::default());
    let found = find(&entries, "zoom");
    assert_eq!(entries[found[0].entry].title, "Zoom pane");
    assert_eq!(found[0].letters, 0b1111);
}

#[test]
fn nothing_typed_offers_everything_in_order() {
    let entries = offered(Scope::Commands, &Used::default());
    let offered = TABLE.iter().filter(|row| !row.context.is_own());
    assert_eq!(find(&entries, "  ").len(), offered.count());
    assert!(find(&entries, "qqqzzz").is_empty());
}

#[test]
fn what_was_chosen_comes_first_and_goes_before_what_matches_as_well() {
    let mut used = Used::default();
    used.note("command pane.split_down", 0);
    used.note("command pane.split_down", 0);
    let entries = offered(Scope::Commands, &used);
    assert_eq!(entries[0].title, "Split down");
    assert_eq!(
        entries[find(&entries, "split")[0].entry].title,
        "Split down"
    );
    // A better match goes before it.
    assert_eq!(
        entries[find(&entries, "split r")[0].entry].title,
        "Split right"
    );
    let usual = offered(Scope::Commands, &Used::default());
    assert_eq!(usual[find(&usual, "split")[0].entry].title, "Split right");
}

#[test]
fn what_was_chosen_lately_stands_there_alone_the_last_first() {
    let mut used = Used::default();
    assert!(offered(Scope::Recent, &used).is_empty());
    let session = Choice::Session(session_info(2, "").id)
        .remembered()
        .unwrap();
    used.note("command pane.zoom", 10);
    used.note("command pane.zoom", 20);
    used.note(&session, 40);
    used.note("folder /srv/shop", 30);
    used.note("session of another time", 50);
    let recent = offered(Scope::Recent, &used);
    let titles: Vec<_> = recent.iter().map(|entry| entry.title.as_str()).collect();
    assert_eq!(titles, ["vim notes", "shop", "Zoom pane"]);
    assert_eq!(recent[1].choice, Choice::Folder("/srv/shop".into()));
    // Once more, however often others were.
    used.note("command pane.zoom", 60);
    assert_eq!(offered(Scope::Recent, &used)[0].title, "Zoom pane");
    assert_eq!(find(&recent, "vim").len(), 1);
}

#[test]
fn letters_with_marks_are_found_by_those_without() {
    let entry =
        |title: &str| Entry::new(Choice::Folder(String::new()), title.into(), String::new());
    let entries = [entry("Größe"), entry("none"), entry("Cafe")];
    assert_eq!(
        find(&entries, "grosse").len() + find(&entries, "gro").len(),
        1
    );
    assert_eq!(find(&entries, "caf")[0].entry, 2);
}

fn many(count: usize) -> Vec<Entry> {
    const WORDS: [&str; 8] = [
        "claude", "bash", "tests of", "build", "server", "notes on", "review", "deploy",
    ];
    let entry = |number: usize| {
        let title = format!("{} {number}", WORDS[number % 8]);
        let detail = format!(
            "project{}  Mend the {} thing",
            number % 50,
            WORDS[number / 8 % 8]
        );
        Entry::new(Choice::Folder(number.to_string()), title, detail)
    };
    (0..count).map(entry).collect()
}

#[test]
fn ten_thousand_entries_are_bounded_and_letter_by_letter_finds_the_same() {
    let entries = many(10_000);
    assert_eq!(find(&entries, "bash").len(), OFFERED_MAX);
    let mut finder = Finder::default();
    for text in [
        "d",
        "de",
        "dep",
        "depl",
        "deploy",
        "deploy 77",
        "deploy",
        "x!",
    ] {
        finder.find(&entries, text);
        assert_eq!(finder.found(), find(&entries, text), "{text}");
    }
}

/// What a letter may cost at most, among 10,000 entries.
const LETTER_MAX: std::time::Duration = std::time::Duration::from_millis(5);

/// Prints what a letter costs, and holds a release build to it: `cargo xtask bench palette`.
#[test]
#[ignore = "prints a measurement"]
fn palette_cost() {
    let entries = many(10_000);
    let mut costs = Vec::new();
    for word in ["deploy 77", "claude mend", "project7 notes", "zzz"] {
        let mut finder = Finder::default();
        for end in 1..=word.len() {
            let begun = agor_core::load::thread_cpu();
            finder.find(&entries, &word[..end]);
            costs.push(agor_core::load::thread_cpu() - begun);
        }
    }
    costs.sort();
    let most = costs[costs.len() - 1];
    // Behind what the test's frame has begun a line with.
    println!();
    for (case, cost) in [("half", costs[costs.len() / 2]), ("most", most)] {
        let millis = cost.as_secs_f64() * 1e3;
        println!(
            "{{\"case\":\"a letter, 10,000 entries, {case}\",\"value\":{millis:.2},\"unit\":\"ms CPU\"}}"
        );
    }
    let is_held = cfg!(debug_assertions) || most < LETTER_MAX;
    assert!(is_held, "{most:?} for a letter");
}
