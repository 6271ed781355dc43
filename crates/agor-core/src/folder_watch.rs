//! Says when a file, or one in a folder, has changed, whoever changed it and however: editors write beside and
//! rename. By inotify, so on Linux alone.

use std::io;
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::path::Path;

use rustix::fs::inotify::{self, CreateFlags, ReadFlags, WatchFlags};
use tokio::io::Interest;

use crate::host::watched::{Watched, watch};

/// See the module.
#[derive(Debug)]
pub struct FolderWatch {
    fd: Watched<OwnedFd>,
    /// `None` for every file.
    names: Option<&'static [&'static str]>,
}

impl FolderWatch {
    /// Returns a watch on the files of these names in `folder`.
    ///
    /// # Errors
    /// What the system says, if the folder is not there or too many are watched.
    pub fn new(folder: &Path, names: &'static [&'static str]) -> io::Result<Self> {
        Self::of(folder, Some(names))
    }

    /// Returns a watch on every file in `folder`, which is made if it is not there.
    ///
    /// # Errors
    /// What the system says.
    pub fn whole(folder: &Path) -> io::Result<Self> {
        std::fs::create_dir_all(folder)?;
        Self::of(folder, None)
    }

    /// Returns a watch on every file in `folder`.
    ///
    /// # Errors
    /// What the system says, if the folder is not there or too many are watched.
    pub fn every(folder: &Path) -> io::Result<Self> {
        Self::of(folder, None)
    }

    /// Returns a watch on every file in `folder` that is written on, whether or not it is closed after that, and on those
    /// that come and go.
    ///
    /// # Errors
    /// What the system says, if the folder is not there or too many are watched.
    pub fn written(folder: &Path) -> io::Result<Self> {
        let of =
            WatchFlags::MODIFY | WatchFlags::CREATE | WatchFlags::MOVED_TO | WatchFlags::MOVED_FROM;
        Self::over(folder, None, of)
    }

    /// Returns a watch on one file that is written on, whether or not it is closed after that.
    ///
    /// # Errors
    /// What the system says, if the file is not there or too many are watched.
    pub fn growing(file: &Path) -> io::Result<Self> {
        Self::over(file, None, WatchFlags::MODIFY)
    }

    fn of(folder: &Path, names: Option<&'static [&'static str]>) -> io::Result<Self> {
        let of = WatchFlags::CLOSE_WRITE
            | WatchFlags::MOVED_TO
            | WatchFlags::MOVED_FROM
            | WatchFlags::DELETE;
        Self::over(folder, names, of)
    }

    fn over(
        path: &Path,
        names: Option<&'static [&'static str]>,
        of: WatchFlags,
    ) -> io::Result<Self> {
        let fd = inotify::init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK)?;
        inotify::add_watch(&fd, path, of)?;
        let fd = watch(fd, Interest::READABLE)?;
        Ok(Self { fd, names })
    }

    /// Returns when one of the files has changed. Dropped before, it loses nothing.
    ///
    /// # Errors
    /// What the system says; then nothing more will be said.
    pub async fn changed(&mut self) -> io::Result<()> {
        loop {
            let mut ready = self.fd.readable().await?;
            let mut buffer = [MaybeUninit::uninit(); 4_096];
            let mut reader = inotify::Reader::new(&ready.get_inner().0, &mut buffer);
            let mut changed = false;
            loop {
                match reader.next() {
                    Ok(event) => {
                        let name = event.file_name().and_then(|name| name.to_str().ok());
                        // Without a name it is the folder itself, or events were lost.
                        changed |= name.is_none_or(|name| {
                            self.names.is_none_or(|names| names.contains(&name))
                        }) || event.events().contains(ReadFlags::QUEUE_OVERFLOW);
                    }
                    Err(rustix::io::Errno::AGAIN) => break,
                    Err(error) => return Err(error.into()),
                }
            }
            ready.clear_ready();
            if changed {
                return Ok(());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // The clock is paused: a second passes at once, but not before the system was asked for news.
    #[tokio::test(start_paused = true)]
    async fn a_file_that_is_written_or_put_in_its_place_is_told_and_another_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let mut watch = FolderWatch::new(folder.path(), &["config.toml"]).unwrap();
        let file = folder.path().join("config.toml");
        std::fs::write(folder.path().join("other"), "x").unwrap();
        std::fs::write(&file, "x").unwrap();
        watch.changed().await.unwrap();
        std::fs::write(folder.path().join("new"), "y").unwrap();
        std::fs::rename(folder.path().join("new"), &file).unwrap();
        watch.changed().await.unwrap();
        std::fs::write(folder.path().join("other"), "z").unwrap();
        let another =
            tokio::time::timeout(std::time::Duration::from_secs(1), watch.changed()).await;
        assert!(another.is_err(), "nobody asked for the other file");
        std::fs::remove_file(&file).unwrap();
        watch.changed().await.unwrap();
    }

    #[tokio::test]
    async fn a_whole_folder_is_made_and_every_file_in_it_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let themes = folder.path().join("themes");
        let mut watch = FolderWatch::whole(&themes).unwrap();
        std::fs::write(themes.join("any"), "x").unwrap();
        watch.changed().await.unwrap();
    }

    #[tokio::test]
    async fn a_folder_that_is_not_there_is_an_error() {
        assert!(FolderWatch::new(Path::new("/nonexistent"), &[]).is_err());
    }
}
