//! A theme becomes a file of the person's own.

use std::path::{Path, PathBuf};
use std::{fs, io};

use super::{BUILT_IN, ENDING, SYSTEM, Theme};

/// What happens to a theme of the person's own that has the name already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Present {
    /// It stays, and nothing is saved.
    Stays,
    /// It goes.
    Goes,
}

/// A theme that was not saved.
#[derive(Debug, thiserror::Error)]
pub enum SaveError {
    /// Its name makes no name for a file.
    #[error("{0:?} makes no name for a theme: choose another")]
    NoName(String),
    /// A theme of that name is there.
    #[error("{} is there already", .0.display())]
    Present(PathBuf),
    /// It cannot be written.
    #[error("{} cannot be written: {source}", path.display())]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// Returns the name that settings have for what is called `name`; empty if it makes none.
#[must_use]
pub fn id_of(name: &str) -> String {
    let mut id = String::new();
    for letter in name.chars().take(64) {
        if letter.is_alphanumeric() {
            id.extend(letter.to_lowercase());
        } else if !id.is_empty() && !id.ends_with('_') {
            id.push('_');
        }
    }
    id.trim_end_matches('_').to_owned()
}

/// Says whether a theme of this name comes with agor.
#[must_use]
pub fn comes_with_agor(id: &str) -> bool {
    BUILT_IN.iter().any(|(known, _)| *known == id)
}

/// Writes a theme into the folder of the person's own, and returns its file.
///
/// # Errors
/// [`SaveError`]; what was there stays then.
pub fn save(folder: &Path, theme: &Theme, present: Present) -> Result<PathBuf, SaveError> {
    let id = &*theme.id;
    if id.is_empty() || id == SYSTEM || id_of(id) != id {
        return Err(SaveError::NoName(theme.name.clone()));
    }
    let path = folder.join(format!("{id}.{ENDING}"));
    if path.exists() && present == Present::Stays {
        return Err(SaveError::Present(path));
    }
    // Beside it and then renamed, so that no window reads half of it.
    let beside = folder.join(format!(".{id}.new"));
    let written = fs::create_dir_all(folder)
        .and_then(|()| fs::write(&beside, theme.to_toml()))
        .and_then(|()| fs::rename(&beside, &path));
    match written {
        Ok(()) => Ok(path),
        Err(source) => Err(SaveError::Unwritable { path, source }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::themes::{DARK, Loaded, built_in};

    #[test]
    fn a_name_becomes_one_that_a_file_and_settings_can_have() {
        for (name, id) in [
            ("Gruvbox Dark, hard", "gruvbox_dark_hard"),
            ("../../etc/passwd", "etc_passwd"),
            ("Rosé-Pine", "rosé_pine"),
            ("///", ""),
        ] {
            assert_eq!(id_of(name), id);
        }
    }

    #[test]
    fn a_saved_theme_is_read_as_it_was_and_never_takes_anothers_place_unasked() {
        let folder = tempfile::tempdir().unwrap();
        let mut theme = Theme {
            id: "mine".into(),
            name: "Mine \"too\"".into(),
            ..built_in(DARK).unwrap()
        };
        theme.tokens.accent.r = 1;
        theme.ansi[3].g = 2;
        save(folder.path(), &theme, Present::Stays).unwrap();
        let loaded = Loaded::read(folder.path());
        assert!(loaded.complaints.is_empty(), "{:?}", loaded.complaints);
        let read = loaded.themes.iter().find(|known| &*known.id == "mine");
        assert_eq!(read, Some(&theme));
        let again = save(folder.path(), &theme, Present::Stays);
        assert!(matches!(again, Err(SaveError::Present(_))));
        save(folder.path(), &theme, Present::Goes).unwrap();
        for id in ["", "system", "../up", "a b"] {
            theme.id = id.into();
            let refused = save(folder.path(), &theme, Present::Goes);
            assert!(matches!(refused, Err(SaveError::NoName(_))), "{id}");
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
