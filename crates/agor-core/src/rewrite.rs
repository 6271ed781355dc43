//! Files that a person writes too, changed by us.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Puts a text in the place of a file, whole or not at all, with the rights that it had.
///
/// # Errors
/// What the system says; the file is then as it was.
pub fn rewrite(path: &Path, text: &str) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    let beside = PathBuf::from(beside);
    fs::write(&beside, text)?;
    if let Ok(known) = fs::metadata(path) {
        fs::set_permissions(&beside, known.permissions())?;
    }
    fs::rename(&beside, path)
}
