//! What the pages say that the program says too: they are held against it.

use std::fs;

use crate::agor::Agor;

#[test]
fn the_readme_has_the_verbs_of_the_program() {
    let readme = concat!(env!("CARGO_MANIFEST_DIR"), "/../README.md");
    let readme = fs::read_to_string(readme).expect("a README");
    let pages = Agor::new().ok(&["help", "--markdown"]);
    let verbs = pages.split("\n\n").next().expect("a table");
    assert!(
        readme.contains(verbs.trim()),
        "README.md must hold this table:\n{verbs}"
    );
}
