//! The list of flows in `flows.md`: each is driven by a test that is there.

use std::fs;
use std::path::{Path, PathBuf};

/// Flows that the list has at least.
const FLOWS_MIN: usize = 30;

/// Of them, those that are driven by real key events.
const REAL_MIN: usize = 30;

/// Returns the flows, each with its test.
fn flows() -> Vec<(String, String)> {
    let list = include_str!("flows.md");
    let rows = list.lines().filter(|line| line.starts_with("| "));
    let cells = rows.skip(1).map(|row| {
        let cells: Vec<_> = row.trim_matches('|').split(" | ").map(str::trim).collect();
        let [flow, _, test] = cells.as_slice() else {
            panic!("a flow has three cells: {row}");
        };
        ((*flow).to_owned(), test.trim_matches('`').to_owned())
    });
    cells.collect()
}

/// Returns the source that holds the tests of a module such as `window::life`.
fn source_of(module: &[&str]) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    match module {
        ["app"] => root.join("crates/agor-app/src/app/tests.rs"),
        ["app", rest @ ..] => root
            .join("crates/agor-app/src/app/tests")
            .join(format!("{}.rs", rest.join("/"))),
        here => root.join("tests/it").join(format!("{}.rs", here.join("/"))),
    }
}

#[test]
fn every_flow_is_driven_by_a_test_that_is_there() {
    let flows = flows();
    assert!(flows.len() >= FLOWS_MIN, "{}", flows.len());
    let real = flows.iter().filter(|(_, test)| !test.starts_with("app::"));
    assert!(real.count() >= REAL_MIN);
    for (flow, test) in &flows {
        let path: Vec<_> = test.split("::").collect();
        let (name, module) = path.split_last().expect("a name");
        let source = source_of(module);
        let text = fs::read_to_string(&source)
            .unwrap_or_else(|error| panic!("{flow}: {}: {error}", source.display()));
        let is_there = text.contains(&format!("#[test]\nfn {name}() {{"));
        assert!(is_there, "{flow}: there is no test {test}");
        let others = flows.iter().filter(|(_, other)| other == test).count();
        assert_eq!(others, 1, "{test} drives two flows");
    }
}
