//! The names of the tests in the sources, and the limits that they hold: a test holds a limit whose name is in its
//! own. `crates/agor-proto/LIMITS.md` names them with each limit.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use agor_proto::limits;

/// Adds the names of the tests in the sources below `folder`.
fn tests_below(folder: &Path, names: &mut Vec<String>) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for path in entries.flatten().map(|entry| entry.path()) {
        let is_built = path.file_name().is_some_and(|name| name == "target");
        if path.is_dir() && !is_built {
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

/// Returns the tests that hold each limit, by its name, of all sources below the repository's `root`.
pub fn tests_of_limits(root: &Path) -> BTreeMap<&'static str, Vec<String>> {
    let mut names = Vec::new();
    tests_below(&root.join("crates"), &mut names);
    tests_below(&root.join("tests"), &mut names);
    assert!(names.len() > 300, "{}", names.len());
    names.sort();
    names.dedup();
    // A name, and what is left of it without the limits that were found in it.
    let mut names: Vec<(String, String)> =
        names.iter().map(|it| (it.clone(), it.clone())).collect();
    let mut limits: Vec<&'static str> = limits::ALL.iter().map(|row| row.name).collect();
    // One whose name is a part of another's needs a test of its own.
    limits.sort_by_key(|limit| std::cmp::Reverse(limit.len()));
    let mut tests = BTreeMap::new();
    for limit in limits {
        let in_names = limit.to_lowercase();
        let holding = names
            .iter_mut()
            .filter(|(_, left)| left.contains(&in_names));
        let holding = holding.map(|(name, left)| {
            *left = left.replace(&in_names, "");
            name.clone()
        });
        tests.insert(limit, holding.collect());
    }
    tests
}
