//! The folders in a folder, for a person who types a path.

use std::fs;
use std::path::Path;

/// Entries of a folder that are looked at; what lies behind them can be typed.
const LOOKED_MAX: usize = 10_000;

/// Whether folders count whose names begin with a dot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hidden {
    /// They are told too.
    With,
    /// They are left out.
    Without,
}

/// Returns the names of the folders in a folder, in their order; none of one that cannot be read. Waits for the disk.
#[must_use]
pub fn below(folder: &Path, hidden: Hidden) -> Vec<String> {
    below_among(folder, hidden, LOOKED_MAX)
}

fn below_among(folder: &Path, hidden: Hidden, looked_max: usize) -> Vec<String> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let names = entries.take(looked_max).filter_map(|entry| {
        let entry = entry.ok()?;
        // What is no text, or would change how others are shown, is none that is typed.
        let name = entry.file_name().into_string().ok()?;
        let is_shown = hidden == Hidden::With || !name.starts_with('.');
        if !is_shown || name.contains(char::is_control) {
            return None;
        }
        let kind = entry.file_type().ok()?;
        let is_folder = kind.is_dir() || (kind.is_symlink() && entry.path().is_dir());
        is_folder.then_some(name)
    });
    let mut names: Vec<String> = names.collect();
    names.sort_by_cached_key(|name| name.to_lowercase());
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_told_in_their_order_and_hidden_ones_only_if_they_are_wanted() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        for name in ["site", "Shop", ".cache", "two\nlines"] {
            fs::create_dir(at(name)).unwrap();
        }
        fs::write(at("notes"), "no folder").unwrap();
        std::os::unix::fs::symlink(at("site"), at("link")).unwrap();
        std::os::unix::fs::symlink(at("notes"), at("to a file")).unwrap();
        std::os::unix::fs::symlink(at("gone"), at("to nothing")).unwrap();
        let told = below(folder.path(), Hidden::Without);
        assert_eq!(told, ["link", "Shop", "site"]);
        let told = below(folder.path(), Hidden::With);
        assert_eq!(told, [".cache", "link", "Shop", "site"]);
        assert!(below(&at("gone"), Hidden::With).is_empty());
        assert!(below(&at("notes"), Hidden::With).is_empty());
    }

    #[test]
    fn of_a_large_folder_a_part_is_looked_at() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["a", "b", "c"] {
            fs::create_dir(folder.path().join(name)).unwrap();
        }
        assert_eq!(below_among(folder.path(), Hidden::Without, 2).len(), 2);
    }
}
