//! How many files an addition touches: the row of a table, and where it is carried out. Each registry is read whole, and
//! half of its entries or more stand in as few files as one should; where they no longer do, a table has stopped being
//! the one place. Tests are not counted.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use super::super::root;
use super::{Source, sources};

/// A table to which things are added.
struct Registry {
    /// What is added.
    what: &'static str,
    /// Where the table stands.
    table: &'static str,
    /// Files that an addition touches, the table's among them.
    files: usize,
    /// Returns the entries that the table's text has.
    entries: fn(&str) -> Vec<&str>,
    /// Returns what in a source may be the name of an entry.
    names: fn(&Source) -> Vec<&str>,
    /// The folder and the ending of the file that each entry has of its own, if it has one.
    own: Option<(&'static str, &'static str)>,
}

const REGISTRIES: &[Registry] = &[
    Registry {
        what: "a command",
        table: "crates/agor-app/src/commands.rs",
        files: 2,
        entries: commands,
        names: commands_named,
        own: None,
    },
    Registry {
        what: "a pane",
        table: "crates/agor-app/src/app/pages.rs",
        files: 2,
        entries: pages,
        names: |source| words_behind(code(source), "pages::"),
        own: Some(("crates/agor-app/src/app/pages", "rs")),
    },
    Registry {
        what: "a setting",
        table: "crates/agor-core/src/config/schema.rs",
        files: 2,
        entries: settings,
        names: texts,
        own: None,
    },
    Registry {
        what: "a theme",
        table: "crates/agor-core/src/themes.rs",
        files: 2,
        entries: |table| words_behind(table, "assets/themes/"),
        names: texts,
        own: Some(("assets/themes", "toml")),
    },
];

/// Where a file's tests begin.
const TESTS: &str = "#[cfg(test)]\nmod tests";

fn before_tests(text: &str) -> &str {
    text.split(TESTS).next().unwrap_or_default()
}

fn code(source: &Source) -> &str {
    before_tests(&source.layers.code)
}

/// Returns the words that stand right behind a text.
fn words_behind<'a>(text: &'a str, before: &str) -> Vec<&'a str> {
    let is_end = |sign: char| !sign.is_alphanumeric() && sign != '_';
    let behind = text.split(before).skip(1);
    behind
        .map(|rest| rest.split(is_end).next().unwrap_or_default())
        .filter(|word| !word.is_empty())
        .collect()
}

/// Returns the variants of rows such as `NewTab "tab.new" "New tab" …;`.
fn commands(table: &str) -> Vec<&str> {
    let rows = before_tests(table)
        .lines()
        .filter(|line| line.ends_with("\";"));
    let names = rows.filter_map(|row| row.trim_start().split_once(" \""));
    let is_name = |name: &&str| name.chars().all(char::is_alphanumeric);
    names.map(|(name, _)| name).filter(is_name).collect()
}

/// Returns the commands that are named, but for those in arms that do nothing: these are there to be complete.
fn commands_named(source: &Source) -> Vec<&str> {
    let arms: Vec<&str> = code(source).split("=>").collect();
    let does = |at: &usize| {
        let body = arms.get(at + 1);
        body.is_none_or(|body| !body.trim_start().starts_with("{}"))
    };
    let patterns = (0..arms.len()).filter(does);
    patterns
        .flat_map(|at| words_behind(arms[at], "Command::"))
        .collect()
}

/// Returns the files of rows such as `Wall wall "view.wall" …;`.
fn pages(table: &str) -> Vec<&str> {
    let rows = table.lines().filter(|line| line.ends_with("\";"));
    let heads = rows.filter_map(|row| row.trim_start().split_once(" \""));
    heads
        .filter_map(|(head, _)| head.split_once(' '))
        .map(|(_, file)| file)
        .collect()
}

/// Returns the keys of rows such as `"shell" "Shell" …;`.
fn settings(table: &str) -> Vec<&str> {
    let rows = table.lines().filter(|line| line.ends_with("\";"));
    let rows = rows.filter_map(|row| row.trim_start().strip_prefix('"'));
    let keys = rows.filter_map(|row| row.split_once("\" \""));
    keys.map(|(key, _)| key).collect()
}

/// Returns what stands between quotation marks, and what stands between two of such.
fn texts(source: &Source) -> Vec<&str> {
    before_tests(&source.text).split('"').collect()
}

fn is_test(path: &str) -> bool {
    let beside = ["/tests/", "/benches/"];
    let is_below = beside.iter().any(|folder| path.contains(folder));
    is_below || path.starts_with("tests/") || path.ends_with("tests.rs")
}

/// Returns for each entry of a table the files that it touches.
fn touched<'a>(
    registry: &Registry,
    table: &'a str,
    sources: &[Source],
) -> BTreeMap<&'a str, BTreeSet<String>> {
    let entries = (registry.entries)(table).into_iter().map(|entry| {
        let own = registry.own;
        let own = own.map(|(folder, ending)| format!("{folder}/{entry}.{ending}"));
        let files = own.into_iter().chain([registry.table.to_owned()]);
        (entry, files.collect::<BTreeSet<_>>())
    });
    let mut touched: BTreeMap<_, _> = entries.collect();
    for source in sources.iter().filter(|source| !is_test(&source.path)) {
        for name in (registry.names)(source) {
            if let Some(files) = touched.get_mut(name) {
                files.insert(source.path.clone());
            }
        }
    }
    touched
}

/// Returns the median of how many files the entries touch.
fn median(touched: &BTreeMap<&str, BTreeSet<String>>) -> usize {
    let mut counts: Vec<_> = touched.values().map(BTreeSet::len).collect();
    counts.sort_unstable();
    counts.get(counts.len() / 2).copied().unwrap_or_default()
}

#[test]
fn an_addition_to_a_registry_touches_few_files() {
    let sources = sources();
    for registry in REGISTRIES {
        let path = root().join(registry.table);
        let table = fs::read_to_string(path).expect("the table is there");
        let touched = touched(registry, &table, &sources);
        assert!(touched.len() > 5, "{}: {:?}", registry.what, touched.keys());
        if let Some((folder, _)) = registry.own {
            let files = touched.values().flatten();
            for file in files.filter(|file| file.starts_with(folder)) {
                assert!(root().join(file).is_file(), "{file} is missing");
            }
        }
        assert!(
            median(&touched) <= registry.files,
            "{} touches more than {} files: what more than its row in {} and the place that carries it out is named \
             should follow from the row: {touched:#?}",
            registry.what,
            registry.files,
            registry.table
        );
    }
}

#[test]
fn the_files_that_an_entry_touches_are_counted_without_tests_and_arms_that_do_nothing() {
    let [command, ..] = REGISTRIES else {
        panic!("there is a registry of commands");
    };
    let table = "    Quit \"a.b\" \"Quit\" List [] \"Ends.\";\n    Copy \"a.c\" \"Copy\" List [] \"Copies.\";\n";
    let sources = [
        (
            "crates/a/src/act.rs",
            "match it {\n    Command::Quit => end(),\n    Command::Copy => {}\n}",
        ),
        ("crates/a/src/view.rs", "//! Command::Copy\nCommand::Quit"),
        ("crates/a/src/view/tests.rs", "f(Command::Copy);"),
        (
            "crates/a/src/list.rs",
            "f(Command::Quitting);\n#[cfg(test)]\nmod tests {\n    f(Command::Copy);\n}",
        ),
    ];
    let sources = sources.map(|(path, text)| Source::new(path, text));
    let touched = touched(command, table, &sources);
    let counts: Vec<_> = touched.iter().map(|(name, it)| (*name, it.len())).collect();
    assert_eq!(counts, [("Copy", 1), ("Quit", 3)]);
    assert_eq!(median(&touched), 3);
}

#[test]
fn rows_of_the_tables_are_told_from_what_stands_beside_them() {
    let row = "                Wall wall \"view.wall\" \"Wall\" [] \"Shows.\";\n";
    assert_eq!(pages(row), ["wall"]);
    let rows = "    \"Sessions\" {\n        \"shell\" \"Shell\" Kind::Text, Project ForNew (None, \"x\") \"It.\";\n    }";
    assert_eq!(settings(rows), ["shell"]);
    let row = "    (\"nord\", include_str!(\"../../../assets/themes/nord.toml\")),";
    assert_eq!(words_behind(row, "assets/themes/"), ["nord"]);
}
