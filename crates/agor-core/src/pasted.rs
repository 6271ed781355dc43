//! Images that a person pasted into a pane: files of their own, for their owner alone, whose paths programs are
//! given. Old ones go when a new one comes.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use agor_proto::limits::{PASTED_BYTES_KEPT, PASTED_IMAGES_KEPT};

use crate::client::launch;
use crate::paths::Paths;

/// The folder within that of the logs.
const FOLDER: &str = "pasted";

/// What the names of its files end with; nothing else in the folder is touched.
const END: &str = ".png";

/// How long a pasted image is of use to a program that was told of it.
const KEPT_FOR: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// Writes a PNG into a file of its own and returns where it is.
///
/// # Errors
/// What the system says; nothing is left then.
pub fn save(paths: &Paths, png: &[u8]) -> io::Result<PathBuf> {
    let folder = paths.state.join(FOLDER);
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(&folder)?;
    // In the order of their time, and never one that is there.
    let path = folder.join(format!("{}{END}", launch::session_id()));
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&path)?;
    if let Err(error) = file.write_all(png) {
        fs::remove_file(&path).ok(); // The disk is full: what there is of it helps nobody.
        return Err(error);
    }
    if let Err(error) = tidy(&folder, &path, SystemTime::now()) {
        tracing::warn!(folder = %folder.display(), %error, "old images were not removed");
    }
    Ok(path)
}

/// Removes what is too old or too much, the oldest first, but never `newest`.
fn tidy(folder: &Path, newest: &Path, now: SystemTime) -> io::Result<()> {
    let mut images = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let (path, about) = (entry.path(), entry.metadata()?);
        let is_ours = path.to_str().is_some_and(|path| path.ends_with(END));
        if about.is_file() && is_ours && path != newest {
            images.push((about.modified()?, about.len(), path));
        }
    }
    images.sort();
    let (mut count, mut bytes) = (1, fs::metadata(newest)?.len());
    for (at, size, path) in images.into_iter().rev() {
        (count, bytes) = (count + 1, bytes.saturating_add(size));
        let old = now.duration_since(at).is_ok_and(|age| age > KEPT_FOR);
        if old || count > PASTED_IMAGES_KEPT || bytes > PASTED_BYTES_KEPT {
            fs::remove_file(path)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::paths::Overrides;
    use std::os::unix::fs::PermissionsExt;

    fn paths(folder: &Path) -> Paths {
        let overrides = Overrides {
            config: Some(folder.join("config")),
            data: Some(folder.join("data")),
            ..Overrides::default()
        };
        Paths::resolve(&overrides).unwrap()
    }

    fn images(paths: &Paths) -> Vec<PathBuf> {
        let entries = fs::read_dir(paths.state.join(FOLDER)).unwrap();
        let mut images: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
        images.sort();
        images
    }

    #[test]
    fn an_image_is_a_file_for_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let paths = paths(folder.path());
        let first = save(&paths, b"one").unwrap();
        let second = save(&paths, b"two").unwrap();
        assert_ne!(first, second);
        assert_eq!(fs::read(&first).unwrap(), b"one");
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&first), 0o600);
        assert_eq!(mode(first.parent().unwrap()), 0o700);
    }

    #[test]
    fn of_more_than_pasted_images_kept_the_oldest_go_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let paths = paths(folder.path());
        let first = save(&paths, b"x").unwrap();
        let theirs = paths.state.join(FOLDER).join("notes.txt");
        fs::write(&theirs, "").unwrap();
        for _ in 0..PASTED_IMAGES_KEPT {
            save(&paths, b"x").unwrap();
        }
        assert!(!first.exists() && theirs.exists());
        assert_eq!(images(&paths).len(), PASTED_IMAGES_KEPT + 1);
    }

    #[test]
    fn of_more_than_pasted_bytes_kept_the_newest_stays() {
        let folder = tempfile::tempdir().unwrap();
        let paths = paths(folder.path());
        let first = save(&paths, b"x").unwrap();
        // A file with a hole: long, and of no weight.
        let file = OpenOptions::new().write(true).open(&first).unwrap();
        file.set_len(PASTED_BYTES_KEPT).unwrap();
        let second = save(&paths, b"y").unwrap();
        assert_eq!(images(&paths), [second]);
    }

    #[test]
    fn what_is_older_than_a_month_goes() {
        let folder = tempfile::tempdir().unwrap();
        let paths = paths(folder.path());
        let old = save(&paths, b"x").unwrap();
        let new = save(&paths, b"y").unwrap();
        let later = SystemTime::now() + KEPT_FOR + Duration::from_secs(60);
        tidy(&paths.state.join(FOLDER), &new, later).unwrap();
        assert!(!old.exists() && new.exists());
    }
}
