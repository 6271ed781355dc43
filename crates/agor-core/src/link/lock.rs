//! The lock that says which host process is the one of its folders.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};

use super::LinkError;
use crate::paths::Paths;

/// Held by the running host; it ends with the process, however that ends.
#[derive(Debug)]
pub struct HostLock {
    file: File,
    path: PathBuf,
}

impl HostLock {
    /// Takes the lock.
    ///
    /// # Errors
    /// [`LinkError::HostRunning`] if a living process holds it, even one that is stopped.
    pub fn take(paths: &Paths) -> Result<Self, LinkError> {
        loop {
            let path = paths.host_lock();
            let mut file = open(&path)?;
            match flock(&file, FlockOperation::NonBlockingLockExclusive) {
                Ok(()) => {}
                Err(rustix::io::Errno::WOULDBLOCK) => {
                    return Err(LinkError::HostRunning {
                        pid: holder(&mut file),
                    });
                }
                Err(errno) => return Err(LinkError::io("locking host.lock")(errno.into())),
            }
            let mut lock = Self { file, path };
            // Another host may have put a new file here between opening and locking this one.
            if lock.is_held() {
                lock.sign()?;
                return Ok(lock);
            }
        }
    }

    /// Takes the lock from a host that does not answer. That one notices by
    /// [`HostLock::is_held`], and by its keeper at the latest, and ends.
    ///
    /// # Errors
    /// [`LinkError::Io`].
    pub fn take_over(paths: &Paths) -> Result<Self, LinkError> {
        let path = paths.host_lock();
        let new = paths
            .runtime
            .join(format!(".host.lock.{}", std::process::id()));
        let file = open(&new)?;
        flock(&file, FlockOperation::NonBlockingLockExclusive)
            .map_err(|errno| LinkError::io("locking host.lock")(errno.into()))?;
        let mut lock = Self { file, path };
        lock.sign()?;
        fs::rename(&new, &lock.path).map_err(LinkError::io("replacing host.lock"))?;
        Ok(lock)
    }

    /// Returns the process that holds the lock, if one does and has written it down.
    #[must_use]
    pub fn holder(paths: &Paths) -> Option<u32> {
        let mut file = File::open(paths.host_lock()).ok()?;
        match flock(&file, FlockOperation::NonBlockingLockShared) {
            Err(rustix::io::Errno::WOULDBLOCK) => holder(&mut file),
            _ => None,
        }
    }

    /// Waits until no living process holds the lock: the system wakes this thread when it is let go, however its holder
    /// ends. Returns at once where there is no such file.
    pub fn wait_until_free(paths: &Paths) {
        let Ok(file) = File::open(paths.host_lock()) else {
            return;
        };
        // Shared, and given back at once: several may wait. Where the system has no locks there is none to wait for.
        rustix::io::retry_on_intr(|| flock(&file, FlockOperation::LockShared)).ok();
    }

    /// Says whether the lock is still this process's.
    #[must_use]
    pub fn is_held(&self) -> bool {
        match (self.file.metadata(), fs::metadata(&self.path)) {
            (Ok(ours), Ok(there)) => ours.ino() == there.ino() && ours.dev() == there.dev(),
            _ => false,
        }
    }

    fn sign(&mut self) -> Result<(), LinkError> {
        let sign = |file: &mut File| {
            file.set_len(0)?;
            write!(file, "{}", std::process::id())
        };
        sign(&mut self.file).map_err(LinkError::io("writing host.lock"))
    }
}

fn open(path: &Path) -> Result<File, LinkError> {
    let opened: io::Result<File> = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path);
    opened.map_err(LinkError::io("opening host.lock"))
}

fn holder(file: &mut File) -> Option<u32> {
    let mut text = String::new();
    file.take(20).read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}
