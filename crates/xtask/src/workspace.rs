//! Where this repository lies and which cargo builds it.

use std::ffi::OsString;
use std::path::PathBuf;

/// Returns the root of the repository.
pub fn root() -> PathBuf {
    let mut root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    // crates/xtask
    root.pop();
    root.pop();
    root
}

/// Returns the cargo that started this program, so that the steps are built by the same one.
pub fn cargo() -> OsString {
    std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}
