//! Keeps the map of `crates/README.md` true: what each crate may depend on (`crates`), and where in the
//! sources things may stand (`sources`). Each failure says what to do about it.

mod crates;
mod rust;
mod sources;

use std::path::PathBuf;

/// Returns the root of the repository.
fn root() -> PathBuf {
    let mut root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    root.pop();
    root
}
