//! Each limit is held by a test that bears its name.

use std::path::Path;

use crate::test_names::tests_of_limits;

#[test]
fn every_limit_is_held_by_a_test_of_its_name() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let tests = tests_of_limits(&root);
    let without: Vec<&str> = tests
        .iter()
        .filter(|(_, tests)| tests.is_empty())
        .map(|(limit, _)| *limit)
        .collect();
    assert!(
        without.is_empty(),
        "no test has these limits in its name: {without:?}"
    );
}
