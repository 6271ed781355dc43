//! The files of one session's images: a folder with a file for each image, named by its hash, and
//! one that says which image each file was that a program had read.

use std::collections::BTreeMap;
use std::fs::{self, DirBuilder, File};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use agor_proto::ids::BlobHash;
use agor_proto::limits::IMAGE_FILES_MAX;
use agor_term::{ImageKey, ImageSource};

/// The file that says what was read.
const READ: &str = "read";
/// What is not finished.
const UNFINISHED: &str = "tmp";
/// Bytes of one row of it: number, which request, hash, width, height, size.
const ROW_BYTES: usize = 8 + 8 + 32 + 4 + 4 + 8;

/// A file that a program had read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ReadFile {
    /// A digest of the request, by which another request of the same number is told apart.
    pub request: [u8; 8],
    pub key: ImageKey,
}

/// The folder of a session's images.
#[derive(Debug, Clone)]
pub(super) struct Folder(PathBuf);

impl Folder {
    pub fn new(path: PathBuf) -> Self {
        Self(path)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    fn create(&self) -> io::Result<()> {
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&self.0)
    }

    fn write(&self, name: &str, pieces: &[&[u8]]) -> io::Result<()> {
        self.create()?;
        let unfinished = self.0.join(UNFINISHED);
        let mut file = File::options()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&unfinished)?;
        for piece in pieces {
            file.write_all(piece)?;
        }
        file.sync_data()?;
        fs::rename(&unfinished, self.0.join(name))?;
        File::open(&self.0)?.sync_all()
    }

    /// Writes an image, so that it survives a crash.
    pub fn put(&self, hash: BlobHash, source: &ImageSource) -> io::Result<()> {
        self.write(&hash.to_string(), &[&source.head(), &source.data])
    }

    /// Reads an image; `None` if it is not there or not what it was.
    pub fn get(&self, hash: BlobHash) -> Option<ImageSource> {
        let bytes = fs::read(self.0.join(hash.to_string())).ok()?;
        let source = ImageSource::from_bytes(bytes)?;
        (source.key().hash == hash).then_some(source)
    }

    pub fn remove(&self, hash: BlobHash) {
        // One that is not there is as good as removed.
        fs::remove_file(self.0.join(hash.to_string())).ok();
    }

    /// Returns the images with their sizes in bytes.
    pub fn list(&self) -> Vec<(BlobHash, u64)> {
        let Ok(entries) = fs::read_dir(&self.0) else {
            return Vec::new();
        };
        let image = |entry: fs::DirEntry| {
            let hash = entry.file_name().to_str()?.parse().ok()?;
            Some((hash, entry.metadata().ok()?.len()))
        };
        entries.flatten().filter_map(image).collect()
    }

    /// Returns what was read.
    pub fn read_files(&self) -> BTreeMap<u64, ReadFile> {
        let bytes = fs::read(self.0.join(READ)).unwrap_or_default();
        let (rows, _) = bytes.as_chunks::<ROW_BYTES>();
        rows.iter().map(row_from).collect()
    }

    /// Writes what was read (see [`bound`]).
    pub fn put_read_files(&self, read: &BTreeMap<u64, ReadFile>) -> io::Result<()> {
        let rows: Vec<u8> = read
            .iter()
            .flat_map(|(number, file)| row(*number, file))
            .collect();
        self.write(READ, &[&rows])
    }
}

/// Leaves the oldest out of too many files that were read.
pub(super) fn bound(read: &mut BTreeMap<u64, ReadFile>) {
    while read.len() > IMAGE_FILES_MAX {
        read.pop_first();
    }
}

fn row(number: u64, file: &ReadFile) -> [u8; ROW_BYTES] {
    let mut row = [0; ROW_BYTES];
    row[..8].copy_from_slice(&number.to_le_bytes());
    row[8..16].copy_from_slice(&file.request);
    row[16..48].copy_from_slice(&file.key.hash.0);
    row[48..52].copy_from_slice(&file.key.pixels.0.to_le_bytes());
    row[52..56].copy_from_slice(&file.key.pixels.1.to_le_bytes());
    row[56..].copy_from_slice(&file.key.size_bytes.to_le_bytes());
    row
}

fn row_from(row: &[u8; ROW_BYTES]) -> (u64, ReadFile) {
    fn part<const N: usize>(row: &[u8; ROW_BYTES], at: usize) -> [u8; N] {
        let mut part = [0; N];
        part.copy_from_slice(&row[at..at + N]);
        part
    }
    let key = ImageKey {
        hash: BlobHash(part(row, 16)),
        pixels: (
            u32::from_le_bytes(part(row, 48)),
            u32::from_le_bytes(part(row, 52)),
        ),
        size_bytes: u64::from_le_bytes(part(row, 56)),
    };
    let request = part(row, 8);
    (u64::from_le_bytes(part(row, 0)), ReadFile { request, key })
}
