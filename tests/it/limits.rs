//! Each limit is held by a test that bears its name.

use std::fs;
use std::path::Path;

use agor_proto::limits;

/// Adds the names of the tests in the sources below `folder`.
fn tests_below(folder: &Path, names: &mut Vec<String>) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for path in entries.flatten().map(|entry| entry.path()) {
        if path.is_dir() {
            tests_below(&path, names);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            tests_in(&fs::read_to_string(&path).expect("a source"), names);
        }
    }
}

/// Adds the names of the tests in a source.
pub fn tests_in(source: &str, names: &mut Vec<String>) {
    let mut is_test = false;
    for line in source.lines().map(str::trim) {
        is_test |= line == "#[test]" || line.starts_with("#[tokio::test");
        let function = line.trim_start_matches("async ").strip_prefix("fn ");
        if let Some((name, _)) = function.and_then(|rest| rest.split_once('(')) {
            if is_test {
                names.push(name.to_owned());
            }
            is_test = false;
        }
    }
}

#[test]
fn every_limit_is_held_by_a_test_of_its_name() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut names = Vec::new();
    tests_below(&root.join("crates"), &mut names);
    tests_below(&root.join("tests"), &mut names);
    assert!(names.len() > 300, "{}", names.len());
    let mut wanted: Vec<String> = limits::ALL
        .iter()
        .map(|row| row.name.to_lowercase())
        .collect();
    // One whose name is a part of another's needs a test of its own.
    wanted.sort_by_key(|name| std::cmp::Reverse(name.len()));
    let mut without = Vec::new();
    for limit in wanted {
        let mut held = false;
        for name in &mut names {
            if name.contains(&limit) {
                held = true;
                *name = name.replace(&limit, "");
            }
        }
        if !held {
            without.push(limit);
        }
    }
    assert!(
        without.is_empty(),
        "no test has these limits in its name: {without:?}"
    );
}
