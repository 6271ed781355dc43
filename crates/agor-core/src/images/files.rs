//! Images that programs leave in files and in shared memory (kitty graphics protocol, "The transmission medium").
//! Only plain files are read, reached through no link, and none for a program on another machine, as far as that
//! can be told; what is removed was made for it. The record has none of it, so what was read is remembered, and
//! output that is folded again reads nothing.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use agor_proto::ids::SessionId;
use agor_proto::limits::IMAGE_BYTES_MAX;
use agor_term::{FileRequest, ImageFault, ImageFiles, ImageKey, ImageSource, Medium};
use rustix::fs::{Mode, OFlags};

use super::store::ImageStore;
use crate::agents::foreground;

/// What the name of a file must hold that is removed once it was read, as the protocol says.
const TEMPORARY_NAME: &str = "tty-graphics-protocol";
/// Where such files may be, beside the host's own `TMPDIR`.
const TEMPORARY_FOLDERS: [&str; 3] = ["/tmp", "/var/tmp", "/dev/shm"];
/// Where nothing is a file of a program's making.
const NO_FILES: [&str; 3] = ["/proc", "/sys", "/dev"];
/// Where Linux keeps shared memory objects by name.
const SHARED_MEMORY: &str = "/dev/shm";

/// Reads files for one session while its output is folded.
#[derive(Debug)]
pub struct SessionFiles<'a> {
    /// Where what was read is kept; without it nothing is read.
    pub store: Option<&'a Arc<ImageStore>>,
    /// Whose program asks.
    pub session: SessionId,
    /// Whether nothing of the session is written.
    pub private: bool,
    /// Whether the output is new: what is folded again reads nothing.
    pub live: bool,
    /// The session's process, if it runs.
    pub leader: Option<u32>,
}

impl ImageFiles for SessionFiles<'_> {
    fn fetch(&mut self, request: &FileRequest) -> Result<ImageKey, ImageFault> {
        let store = self.store.ok_or(ImageFault::BadFile)?;
        // Asked when it is wanted: what the name of a file means depends on who prints it.
        if self.live && self.leader.is_some_and(foreground::is_elsewhere) {
            return Err(ImageFault::BadFile);
        }
        if let Some(key) = store.read_before(self.session, request) {
            return Ok(key);
        }
        if !self.live {
            return Err(ImageFault::Missing);
        }
        aside(|| self.read(store, request))
    }
}

impl SessionFiles<'_> {
    fn read(&self, store: &ImageStore, request: &FileRequest) -> Result<ImageKey, ImageFault> {
        let found = Found::open(request)?;
        let data = found.read(request)?;
        let source = ImageSource::new(request.format, request.zlib, request.pixels, data)?;
        let key = source.key();
        if !request.query {
            store.keep_read(self.session, self.private, request, source)?;
        }
        // Only once it is safe.
        found.remove();
        Ok(key)
    }
}

/// Does what may wait for a disk, for ever where a file system hangs, so that this session alone waits:
/// what else the thread had to do goes to another.
fn aside<T>(wait: impl FnOnce() -> T) -> T {
    use tokio::runtime::{Handle, RuntimeFlavor};
    let flavor = Handle::try_current().map(|runtime| runtime.runtime_flavor());
    match flavor {
        Ok(RuntimeFlavor::MultiThread) => tokio::task::block_in_place(wait),
        _ => wait(),
    }
}

/// A file that may be read.
struct Found {
    file: File,
    /// Where it is, if it is to be removed.
    removed: Option<PathBuf>,
}

impl Found {
    fn open(request: &FileRequest) -> Result<Self, ImageFault> {
        let name = Path::new(std::ffi::OsStr::from_bytes(&request.name));
        let path = match request.medium {
            Medium::SharedMemory => shared_memory(name)?,
            Medium::File => plain(name)?,
            Medium::TemporaryFile => temporary(name)?,
        };
        let file = open(&path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => ImageFault::Missing,
            _ => ImageFault::BadFile,
        })?;
        let metadata = file.metadata().map_err(|_| ImageFault::BadFile)?;
        if !metadata.is_file() {
            return Err(ImageFault::BadFile);
        }
        let goes = request.medium != Medium::File;
        if goes && metadata.uid() != rustix::process::getuid().as_raw() {
            return Err(ImageFault::BadFile);
        }
        Ok(Self {
            file,
            removed: goes.then_some(path),
        })
    }

    fn read(&self, request: &FileRequest) -> Result<Vec<u8>, ImageFault> {
        let most = IMAGE_BYTES_MAX as u64 + 1;
        let wanted = match request.size_bytes {
            0 => most,
            wanted => wanted.min(most),
        };
        let mut file = &self.file;
        let mut data = Vec::new();
        let read = file
            .seek(SeekFrom::Start(request.offset))
            .and_then(|_| file.take(wanted).read_to_end(&mut data));
        match read {
            Ok(_) if data.len() > IMAGE_BYTES_MAX => Err(ImageFault::TooLarge),
            Ok(_) => Ok(data),
            Err(_) => Err(ImageFault::BadFile),
        }
    }

    fn remove(self) {
        if let Some(path) = self.removed
            && let Err(error) = std::fs::remove_file(&path)
        {
            tracing::warn!(%error, "an image's temporary file was not removed");
        }
    }
}

/// Says whether a path is written as what it is: absolute, and without detours.
fn is_straight(path: &Path) -> bool {
    let mut parts = path.components();
    parts.next() == Some(Component::RootDir)
        && parts.all(|part| matches!(part, Component::Normal(_)))
}

fn plain(path: &Path) -> Result<PathBuf, ImageFault> {
    let shared = path.starts_with(SHARED_MEMORY);
    if !is_straight(path) || (NO_FILES.iter().any(|folder| path.starts_with(folder)) && !shared) {
        return Err(ImageFault::BadFile);
    }
    Ok(path.to_path_buf())
}

fn temporary(path: &Path) -> Result<PathBuf, ImageFault> {
    let own = std::env::var_os("TMPDIR").map(PathBuf::from);
    let own = own.filter(|folder| is_straight(folder) && folder != Path::new("/"));
    let folders = TEMPORARY_FOLDERS.iter().map(Path::new);
    let name = path.file_name().map(|name| name.to_string_lossy());
    let good = is_straight(path)
        && name.is_some_and(|name| name.contains(TEMPORARY_NAME))
        && folders
            .chain(own.as_deref())
            .any(|folder| path.starts_with(folder));
    if good {
        Ok(path.to_path_buf())
    } else {
        Err(ImageFault::BadFile)
    }
}

fn shared_memory(name: &Path) -> Result<PathBuf, ImageFault> {
    let name = name.strip_prefix("/").unwrap_or(name);
    let mut parts = name.components();
    match (parts.next(), parts.next()) {
        (Some(Component::Normal(name)), None) => Ok(Path::new(SHARED_MEMORY).join(name)),
        _ => Err(ImageFault::BadFile),
    }
}

/// Opens a file without following links anywhere on the way to it, and without waiting.
#[cfg(target_os = "linux")]
fn open(path: &Path) -> io::Result<File> {
    use rustix::fs::{CWD, ResolveFlags, openat2};
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY;
    let resolve = ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
    let file = openat2(CWD, path, flags, Mode::empty(), resolve)?;
    Ok(File::from(file))
}

/// Opens a file without following a link in its place, and without waiting.
#[cfg(not(target_os = "linux"))]
fn open(path: &Path) -> io::Result<File> {
    let flags =
        OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::NOFOLLOW;
    let file = rustix::fs::open(path, flags, Mode::empty())?;
    Ok(File::from(file))
}

#[cfg(test)]
mod tests;
