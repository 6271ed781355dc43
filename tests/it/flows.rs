//! The list of flows in `flows.md`: each is driven by a test that is there.

use std::fs;
use std::path::{Path, PathBuf};

/// Flows that the list has at least.
const FLOWS_MIN: usize = 30;

/// Of them, those whose test presses keys of a real window's keyboard.
const REAL_MIN: usize = 30;

/// What presses those keys.
const PRESSES: [&str; 4] = [".act(", ".press(", ".press_and_rest(", ".type_text("];

/// Returns the flows: what a person does, by what, and the test.
fn flows() -> Vec<[String; 3]> {
    let list = include_str!("flows.md");
    let rows = list.lines().filter(|line| line.starts_with("| "));
    let cells = rows.skip(1).map(|row| {
        let cells: Vec<_> = row.trim_matches('|').split(" | ").map(str::trim).collect();
        let [flow, by, test] = cells.as_slice() else {
            panic!("a flow has three cells: {row}");
        };
        [flow, by, &test.trim_matches('`')].map(|cell| (*cell).to_owned())
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

/// Returns the body of a test, if it is in this source.
fn body_of<'text>(text: &'text str, name: &str) -> Option<&'text str> {
    let (_, rest) = text.split_once(&format!("#[test]\nfn {name}() {{"))?;
    rest.split_once("\n}\n").map(|(body, _)| body)
}

/// Returns the chords that a cell names in full, as a test writes them: what follows one in short, such as `E` after
/// `Ctrl+Shift+D`, is left to the reader.
fn chords_of(by: &str) -> impl Iterator<Item = String> {
    let chords = by.split(", ").filter(|chord| chord.starts_with("Ctrl+"));
    chords
        .filter(|chord| chord.ends_with(char::is_alphanumeric) && !chord.ends_with("arrows"))
        .map(str::to_lowercase)
}

#[test]
fn every_flow_is_driven_by_a_test_that_is_there() {
    let flows = flows();
    assert!(flows.len() >= FLOWS_MIN, "{}", flows.len());
    let mut real = 0;
    for [flow, by, test] in &flows {
        let path: Vec<_> = test.split("::").collect();
        let (name, module) = path.split_last().expect("a name");
        let source = source_of(module);
        let text = fs::read_to_string(&source)
            .unwrap_or_else(|error| panic!("{flow}: {}: {error}", source.display()));
        let body = body_of(&text, name);
        let body = body.unwrap_or_else(|| panic!("{flow}: there is no test {test}"));
        let others = flows.iter().filter(|[_, _, other]| other == test).count();
        assert_eq!(others, 1, "{test} drives two flows");
        if module.first() == Some(&"app") {
            continue;
        }
        // The pointer's flows may type too: they are none of the keyboard's.
        let pressed = PRESSES.iter().any(|press| body.contains(press));
        real += usize::from(pressed && by != "the mouse");
        for chord in chords_of(by) {
            assert!(
                body.to_lowercase().contains(&chord),
                "{flow}: {test} never presses {chord}"
            );
        }
    }
    assert!(real >= REAL_MIN, "{real} flows by real keys");
}
