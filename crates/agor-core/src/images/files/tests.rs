//! What is read for a program, and what is not.

use std::os::unix::fs::symlink;

use agor_term::ImageFormat;

use super::*;

fn request(medium: Medium, name: &Path) -> FileRequest {
    FileRequest {
        number: 1,
        medium,
        name: name.as_os_str().as_bytes().to_vec(),
        offset: 0,
        size_bytes: 0,
        format: ImageFormat::Rgb,
        zlib: false,
        pixels: (2, 1),
        query: false,
    }
}

fn session() -> SessionId {
    SessionId::from_parts(1, [0; 10])
}

struct Room {
    folder: tempfile::TempDir,
    store: Arc<ImageStore>,
}

impl Room {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = ImageStore::open(folder.path().join("images"), "/nowhere".into());
        Self {
            folder,
            store: Arc::new(store),
        }
    }

    fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.folder.path().canonicalize().unwrap().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }

    fn fetch(&self, request: &FileRequest, live: bool) -> Result<ImageKey, ImageFault> {
        let mut files = SessionFiles {
            store: Some(&self.store),
            session: session(),
            private: false,
            live,
            leader: None,
        };
        files.fetch(request)
    }
}

#[test]
fn a_plain_file_is_read_from_its_offset_and_stays() {
    let room = Room::new();
    let path = room.file("plain", b"..123456..");
    let asked = FileRequest {
        offset: 2,
        size_bytes: 6,
        ..request(Medium::File, &path)
    };
    let key = room.fetch(&asked, true).unwrap();
    let same = ImageSource::new(ImageFormat::Rgb, false, (2, 1), b"123456".to_vec());
    assert_eq!(key, same.unwrap().key());
    assert!(path.exists());
    let short = FileRequest {
        offset: 6,
        number: 2,
        ..asked
    };
    assert_eq!(room.fetch(&short, true), Err(ImageFault::TooShort));
}

#[test]
fn output_that_is_folded_again_reads_nothing_and_gives_the_same() {
    let room = Room::new();
    let path = room.file("x-tty-graphics-protocol-y", b"123456");
    let asked = request(Medium::TemporaryFile, &path);
    assert_eq!(room.fetch(&asked, false), Err(ImageFault::Missing));
    assert!(path.exists(), "only new output removes it");
    let key = room.fetch(&asked, true).unwrap();
    assert!(!path.exists());
    assert_eq!(room.fetch(&asked, false), Ok(key));
    assert_eq!(room.fetch(&asked, true), Ok(key), "after a crash");
    // A later life of the host knows as well.
    let later = ImageStore::open(room.store.folder().into(), "/nowhere".into());
    assert_eq!(later.read_before(session(), &asked), Some(key));
    let other = FileRequest {
        pixels: (1, 2),
        ..asked
    };
    assert_eq!(room.fetch(&other, false), Err(ImageFault::Missing));
}

#[test]
fn what_is_no_plain_file_of_its_own_is_refused() {
    let room = Room::new();
    let file = room.file("file", b"123456");
    let folder = file.parent().unwrap();
    let link = folder.join("link");
    symlink(&file, &link).unwrap();
    symlink(folder, folder.join("linked")).unwrap();
    let fifo = folder.join("fifo-tty-graphics-protocol");
    rustix::fs::mkfifoat(rustix::fs::CWD, &fifo, Mode::RWXU).unwrap();
    let named = room.file("named", b"123456");
    for (medium, path) in [
        (Medium::File, link),
        (Medium::File, folder.join("linked/file")),
        (Medium::File, folder.join("../x/file")),
        (Medium::File, folder.to_path_buf()),
        (Medium::File, fifo.clone()),
        (Medium::TemporaryFile, fifo),
        (Medium::TemporaryFile, named),
        (Medium::TemporaryFile, "/etc/tty-graphics-protocol".into()),
        (Medium::File, "relative".into()),
        (Medium::File, "/proc/self/environ".into()),
        (Medium::File, "/dev/zero".into()),
        (Medium::File, "/sys/kernel/notes".into()),
        (Medium::SharedMemory, "../etc/passwd".into()),
        (Medium::SharedMemory, "/a/b".into()),
        (Medium::SharedMemory, "..".into()),
        (Medium::SharedMemory, "/".into()),
    ] {
        let asked = request(medium, &path);
        assert_eq!(
            room.fetch(&asked, true),
            Err(ImageFault::BadFile),
            "{medium:?} {}",
            path.display()
        );
    }
    let missing = request(Medium::File, &folder.join("missing"));
    assert_eq!(room.fetch(&missing, true), Err(ImageFault::Missing));
}

#[test]
fn shared_memory_is_gone_once_it_was_read() {
    let room = Room::new();
    let name = format!("agor-test-{}", std::process::id());
    let path = Path::new(SHARED_MEMORY).join(&name);
    if std::fs::write(&path, b"123456").is_err() {
        return; // A system without shared memory by name.
    }
    let asked = request(Medium::SharedMemory, Path::new(&format!("/{name}")));
    let shown = room.fetch(&asked, true);
    let left = path.exists();
    std::fs::remove_file(&path).ok();
    assert!(shown.is_ok(), "{shown:?}");
    assert!(!left);
}

#[test]
fn image_files_max_bounds_what_is_remembered() {
    use agor_proto::limits::IMAGE_FILES_MAX;
    let room = Room::new();
    let mut read: std::collections::BTreeMap<_, _> = Default::default();
    let key = ImageSource::new(ImageFormat::Rgb, false, (1, 1), vec![1, 2, 3]);
    let file = super::super::kept::ReadFile {
        request: [7; 8],
        key: key.unwrap().key(),
    };
    for number in 0..IMAGE_FILES_MAX as u64 + 10 {
        read.insert(number, file);
    }
    let folder = super::super::kept::Folder::new(room.folder.path().join("s"));
    super::super::kept::bound(&mut read);
    folder.put_read_files(&read).unwrap();
    let again = folder.read_files();
    assert_eq!(again.len(), IMAGE_FILES_MAX);
    assert_eq!(again.first_key_value(), Some((&10, &file)));
}
