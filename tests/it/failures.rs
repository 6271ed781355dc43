//! Each way in which systems like this one have failed has a number, and a test whose name begins
//! with it (`b10_…`, or `a4_d3_…` for two). What must not compile is an example in the
//! documentation, named in the same way.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::test_names::tests_in;

/// How many there are of each letter.
const ROWS: &[(char, u32)] = &[('a', 13), ('b', 15), ('c', 13), ('d', 11)];

/// Those that can only happen between machines: they wait for hosts that are reached over a network. The
/// limit on handshakes, which is half of a1, waits with them.
const WAIT_FOR_REMOTE_HOSTS: &[&str] = &["a7", "d7", "d8"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Calls `look` with the text of every source below `folder`.
fn each_source(folder: &Path, look: &mut impl FnMut(&Path, &str)) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for path in entries.flatten().map(|entry| entry.path()) {
        if path.is_dir() {
            each_source(&path, look);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            look(&path, &fs::read_to_string(&path).expect("a source"));
        }
    }
}

/// Returns the rows with which the name of a function begins.
fn rows_of(name: &str) -> Vec<String> {
    let is_row = |word: &&str| {
        let mut chars = word.chars();
        chars
            .next()
            .is_some_and(|letter| matches!(letter, 'a'..='d'))
            && !chars.as_str().is_empty()
            && chars.all(|digit| digit.is_ascii_digit())
    };
    name.split('_')
        .take_while(is_row)
        .map(str::to_owned)
        .collect()
}

/// Returns the rows that the tests of a source name, and the examples in its documentation.
fn rows_in(source: &str) -> Vec<String> {
    let mut names = Vec::new();
    tests_in(source, &mut names);
    let example = |line: &str| {
        let line = line.trim();
        let text = line
            .strip_prefix("///")
            .or(line.strip_prefix("//!"))?
            .trim();
        let name = text.trim_start_matches("async ").strip_prefix("fn ")?;
        Some(name.split(['(', '<']).next()?.to_owned())
    };
    names.extend(source.lines().filter_map(example));
    names.iter().flat_map(|name| rows_of(name)).collect()
}

#[test]
fn every_way_to_fail_has_a_test_of_its_number() {
    let mut tested = BTreeSet::new();
    for folder in ["crates", "tests"] {
        each_source(&root().join(folder), &mut |_, source| {
            tested.extend(rows_in(source));
        });
    }
    let known: BTreeSet<String> = ROWS
        .iter()
        .flat_map(|(letter, count)| (1..=*count).map(move |n| format!("{letter}{n}")))
        .collect();
    let waiting: BTreeSet<&str> = WAIT_FOR_REMOTE_HOSTS.iter().copied().collect();
    let without: Vec<&String> = known
        .iter()
        .filter(|row| !tested.contains(*row) && !waiting.contains(row.as_str()))
        .collect();
    assert!(without.is_empty(), "no test has these numbers: {without:?}");
    let invented: Vec<&String> = tested.difference(&known).collect();
    assert!(invented.is_empty(), "there are no such rows: {invented:?}");
    let done: Vec<&&str> = waiting
        .iter()
        .filter(|row| tested.contains(**row))
        .collect();
    assert!(
        done.is_empty(),
        "these wait no more; take them off the list: {done:?}"
    );
}

#[test]
fn numbers_are_read_from_names_and_from_nothing_else() {
    assert_eq!(rows_of("a4_d3_a_host_that_dies"), ["a4", "d3"]);
    assert!(rows_of("a_c4_in_the_middle").is_empty());
    assert!(rows_of("dial2_is_no_row").is_empty());
    let source = "/// fn b12_in_an_example() {\n#[tokio::test]\n    async fn c4_waits() {\n\
        fn b9_is_no_test() {\n// b9_ is in a comment\n#[test]\n#[ignore]\nfn d3_is_one() {";
    assert_eq!(rows_in(source), ["c4", "d3", "b12"]);
}

/// Who shares a session behind a lock forgets the lock once; who owns it cannot.
#[test]
fn c9_a_session_belongs_to_its_task_and_stands_behind_no_lock() {
    let mut owners = Vec::new();
    each_source(&root().join("crates/agor-core/src"), &mut |path, source| {
        for shared in [
            "Mutex<Session>",
            "RwLock<Session>",
            "Arc<Session>",
            "RefCell<Session>",
        ] {
            assert!(!source.contains(shared), "{}: {shared}", path.display());
        }
        if source.lines().any(|line| line == "    session: Session,") {
            owners.push(path.file_name().expect("a name").to_owned());
        }
    });
    owners.retain(|name| name != "world.rs");
    assert_eq!(owners, ["actor.rs"], "one owner in the program");
}

/// What is sent is an `Outgoing`, whose field is its module's own: the compiler refuses one to whoever has no link that
/// greets or has greeted, as long as these lines stand.
#[test]
fn b13_only_a_link_that_greets_or_has_greeted_can_make_what_is_sent() {
    let client = root().join("crates/agor-core/src/client");
    let read = |name: &str| fs::read_to_string(client.join(name)).expect("a source");
    let phase = read("phase.rs");
    assert!(phase.contains("pub struct Outgoing(Message);"));
    let blocks = phase.split("\nimpl ").skip(1);
    let makers: Vec<&str> = blocks
        .filter(|block| block.contains(" Outgoing("))
        .filter_map(|block| block.split(' ').next())
        .collect();
    assert_eq!(makers, ["Greeting", "Ready"]);
    assert!(read("connection.rs").contains("    Send(Outgoing),"));
}
