//! What the images of all sessions are made from, and the pixels of those that were looked at last.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use agor_proto::ids::{BlobHash, SessionId};
use agor_proto::limits::{
    DECODERS_MAX, IMAGE_DISK_MAX, IMAGE_PIXELS_KEPT_MAX, IMAGE_PIXELS_MAX, IMAGE_SOURCES_KEPT_MAX,
};
use agor_term::{Base, Composition, FileRequest, ImageFault, ImageKey, ImageSource, Medium};
use sha2::{Digest, Sha256};
use tokio::sync::Semaphore;

use super::kept::{self, Folder, ReadFile};
use super::{compose, decoder};

/// Images that could not be decoded and are not tried again.
const DAMAGED_KEPT: usize = 1_024;

/// Pixels that are moved for one frame of an animation, and pictures in pictures.
const COMPOSED_PIXELS_MAX: u64 = 16 * IMAGE_PIXELS_MAX as u64;
const COMPOSED_DEPTH_MAX: u8 = 8;

/// Images of a session that its program can place no more and that are kept all the same.
const DEAD_KEPT: usize = 8;

/// Why there are no pixels.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ImageError {
    /// Nobody has what the image was made from.
    #[error("the image is not kept any more")]
    Gone,
    /// It cannot be decoded.
    #[error("the image cannot be decoded: {0}")]
    Damaged(String),
    /// The decoder could not do its work.
    #[error("the image decoder failed: {0}")]
    Decoder(String),
}

/// See the module.
#[derive(Debug)]
pub struct ImageStore {
    folder: PathBuf,
    /// What is started as the decoder.
    program: PathBuf,
    state: Mutex<State>,
    decoders: Semaphore,
}

#[derive(Debug, Default)]
struct State {
    sessions: HashMap<SessionId, Kept>,
    /// Bytes of all sources in memory.
    memory_bytes: u64,
    /// Bytes of all sources on disk.
    disk_bytes: u64,
    /// Which source in memory came when.
    arrivals: VecDeque<(SessionId, BlobHash)>,
    pixels: Pixels,
    damaged: VecDeque<(BlobHash, String)>,
}

/// What is kept of one session.
#[derive(Debug, Default)]
struct Kept {
    memory: HashMap<BlobHash, Arc<ImageSource>>,
    disk: HashMap<BlobHash, u64>,
    read: BTreeMap<u64, ReadFile>,
    private: bool,
    /// Held while its files are written. Nobody waits for a disk under the lock of all sessions.
    writing: Arc<Mutex<()>>,
}

/// Pixels by hash, the one that was asked for last at the end.
#[derive(Debug, Default)]
struct Pixels {
    list: VecDeque<(BlobHash, Arc<[u8]>)>,
    bytes: u64,
}

impl Pixels {
    fn get(&mut self, hash: BlobHash) -> Option<Arc<[u8]>> {
        let at = self.list.iter().position(|(known, _)| *known == hash)?;
        let found = self.list.remove(at)?;
        let pixels = Arc::clone(&found.1);
        self.list.push_back(found);
        Some(pixels)
    }

    fn put(&mut self, hash: BlobHash, pixels: Arc<[u8]>) {
        self.bytes += pixels.len() as u64;
        self.list.push_back((hash, pixels));
        while self.bytes > IMAGE_PIXELS_KEPT_MAX && self.list.len() > 1 {
            if let Some((_, oldest)) = self.list.pop_front() {
                self.bytes -= oldest.len() as u64;
            }
        }
    }
}

impl State {
    /// Forgets a source in memory.
    fn let_go(&mut self, session: SessionId, hash: BlobHash) {
        let kept = self.sessions.get_mut(&session);
        if let Some(source) = kept.and_then(|kept| kept.memory.remove(&hash)) {
            self.memory_bytes -= source.data.len() as u64;
        }
    }

    /// Forgets images while there are too many on disk, those of the session with the most first, and
    /// returns them: their files are to be removed.
    fn surplus_on_disk(&mut self) -> Vec<(SessionId, BlobHash)> {
        let mut surplus = Vec::new();
        while self.disk_bytes > IMAGE_DISK_MAX {
            let size = |kept: &Kept| kept.disk.values().sum::<u64>();
            let most = self.sessions.iter_mut().max_by_key(|(_, kept)| size(kept));
            let Some((&session, kept)) = most else {
                break;
            };
            let Some(hash) = kept.disk.keys().next().copied() else {
                break;
            };
            self.disk_bytes -= kept.disk.remove(&hash).unwrap_or(0);
            surplus.push((session, hash));
        }
        surplus
    }
}

impl ImageStore {
    /// Returns the store in `folder`, with what an earlier life of the host left there. `program` is
    /// started as the decoder.
    #[must_use]
    pub fn open(folder: PathBuf, program: PathBuf) -> Self {
        let mut state = State::default();
        let entries = std::fs::read_dir(&folder).into_iter().flatten().flatten();
        for entry in entries {
            let name = entry.file_name();
            let Some(session) = name.to_str().and_then(|name| name.parse().ok()) else {
                continue;
            };
            let files = Folder::new(entry.path());
            let disk: HashMap<_, _> = files.list().into_iter().collect();
            state.disk_bytes += disk.values().sum::<u64>();
            let read = files.read_files();
            let kept = Kept {
                disk,
                read,
                ..Kept::default()
            };
            state.sessions.insert(session, kept);
        }
        Self {
            folder,
            program,
            state: Mutex::new(state),
            decoders: Semaphore::new(DECODERS_MAX),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn folder_of(&self, session: SessionId) -> Folder {
        Folder::new(self.folder.join(session.to_string()))
    }

    /// Keeps what an image of a session is made from, in memory until [`ImageStore::persist`]. What is
    /// too much for memory goes to disk, or for a private session nowhere.
    pub fn put(&self, session: SessionId, private: bool, source: Arc<ImageSource>) {
        let hash = source.key().hash;
        let mut surplus = Vec::new();
        {
            let mut state = self.state();
            let kept = state.sessions.entry(session).or_default();
            kept.private = private;
            if kept.memory.contains_key(&hash) || kept.disk.contains_key(&hash) {
                return;
            }
            let bytes = source.data.len() as u64;
            kept.memory.insert(hash, source);
            state.memory_bytes += bytes;
            state.arrivals.push_back((session, hash));
            let mut left = state.memory_bytes;
            while left > IMAGE_SOURCES_KEPT_MAX {
                let Some((session, hash)) = state.arrivals.pop_front() else {
                    break;
                };
                let kept = state.sessions.get(&session);
                let source = kept.and_then(|kept| kept.memory.get(&hash));
                left -= source.map_or(0, |source| source.data.len() as u64);
                surplus.push((session, hash));
            }
        }
        for (session, hash) in surplus {
            if let Err(error) = self.to_disk(session, hash) {
                tracing::warn!(session_id = %session, %error, "an image could not be stored; its place will be empty");
            }
            // Memory has a bound, whatever the disk says.
            self.state().let_go(session, hash);
        }
    }

    /// Forgets what the images of a session that are not `live` any more are made from, but for the
    /// newest of them, which a client may be about to ask for.
    pub fn forget_dead(&self, session: SessionId, live: &[BlobHash]) {
        let mut state = self.state();
        let State {
            sessions,
            memory_bytes,
            arrivals,
            ..
        } = &mut *state;
        let Some(kept) = sessions.get_mut(&session) else {
            return;
        };
        let live: HashSet<BlobHash> = live.iter().copied().collect();
        let dead = |(whose, hash): &(SessionId, BlobHash)| {
            *whose == session && kept.memory.contains_key(hash) && !live.contains(hash)
        };
        let mut surplus = arrivals.iter().filter(|it| dead(it)).count();
        surplus = surplus.saturating_sub(DEAD_KEPT);
        arrivals.retain(|(whose, hash)| {
            let goes = surplus > 0 && *whose == session && !live.contains(hash);
            if goes {
                surplus -= 1;
                if let Some(source) = kept.memory.remove(hash) {
                    *memory_bytes -= source.data.len() as u64;
                }
            }
            !goes
        });
    }

    /// Moves a source from memory to disk, and waits until it is safe there. It stays in memory if that
    /// fails, or if nothing of its session is written.
    fn to_disk(&self, session: SessionId, hash: BlobHash) -> io::Result<()> {
        let (source, writing) = {
            let state = self.state();
            let kept = state.sessions.get(&session).filter(|kept| !kept.private);
            let Some((kept, source)) = kept.and_then(|kept| Some((kept, kept.memory.get(&hash)?)))
            else {
                return Ok(());
            };
            (Arc::clone(source), Arc::clone(&kept.writing))
        };
        let folder = self.folder_of(session);
        let _turn = writing.lock().unwrap_or_else(PoisonError::into_inner);
        folder.put(hash, &source)?;
        let mut state = self.state();
        state.let_go(session, hash);
        let bytes = source.data.len() as u64;
        let Some(kept) = state.sessions.get_mut(&session) else {
            drop(state);
            // The session was forgotten meanwhile, and its folder with it.
            return std::fs::remove_dir_all(folder.path());
        };
        if kept.disk.insert(hash, bytes).is_none() {
            state.disk_bytes += bytes;
        }
        let surplus = state.surplus_on_disk();
        drop(state);
        for (session, hash) in surplus {
            self.folder_of(session).remove(hash);
        }
        Ok(())
    }

    /// Has on disk what the images `live` of a session are made from, and nothing else of it. Blocks
    /// until that is safe.
    ///
    /// # Errors
    /// Why it is not; what is not on disk is then still in memory.
    pub fn persist(&self, session: SessionId, live: &[BlobHash]) -> io::Result<()> {
        let live: HashSet<BlobHash> = live.iter().copied().collect();
        let fresh: Vec<BlobHash> = {
            let state = self.state();
            let Some(kept) = state.sessions.get(&session).filter(|kept| !kept.private) else {
                return Ok(());
            };
            let hashes = kept.memory.keys().copied();
            hashes.filter(|hash| live.contains(hash)).collect()
        };
        for hash in fresh {
            self.to_disk(session, hash)?;
        }
        let mut dead = Vec::new();
        {
            let mut state = self.state();
            let State {
                sessions,
                memory_bytes,
                disk_bytes,
                arrivals,
                ..
            } = &mut *state;
            let Some(kept) = sessions.get_mut(&session) else {
                return Ok(());
            };
            kept.memory.retain(|_, source| {
                *memory_bytes -= source.data.len() as u64;
                false
            });
            arrivals.retain(|(whose, _)| *whose != session);
            kept.disk.retain(|hash, bytes| {
                let stays = live.contains(hash);
                if !stays {
                    dead.push(*hash);
                    *disk_bytes -= *bytes;
                }
                stays
            });
        }
        let folder = self.folder_of(session);
        dead.into_iter().for_each(|hash| folder.remove(hash));
        Ok(())
    }

    /// Forgets everything of a session.
    pub fn forget(&self, session: SessionId) {
        let mut state = self.state();
        if let Some(kept) = state.sessions.remove(&session) {
            let memory: usize = kept.memory.values().map(|source| source.data.len()).sum();
            state.memory_bytes -= memory as u64;
            state.disk_bytes -= kept.disk.values().sum::<u64>();
            state.arrivals.retain(|(whose, _)| *whose != session);
        }
        drop(state);
        // Most sessions have no such folder.
        std::fs::remove_dir_all(self.folder_of(session).path()).ok();
    }

    /// Forgets the sessions that are not among `known`.
    pub fn forget_others(&self, known: &HashSet<SessionId>) {
        let sessions: Vec<SessionId> = self.state().sessions.keys().copied().collect();
        for session in sessions {
            if !known.contains(&session) {
                self.forget(session);
            }
        }
    }

    /// Returns the image that was read for this very request before.
    pub(super) fn read_before(
        &self,
        session: SessionId,
        request: &FileRequest,
    ) -> Option<ImageKey> {
        let state = self.state();
        let read = state.sessions.get(&session)?.read.get(&request.number)?;
        (read.request == digest(request)).then_some(read.key)
    }

    /// Keeps what was read for a request, on disk unless the session is private.
    pub(super) fn keep_read(
        &self,
        session: SessionId,
        private: bool,
        request: &FileRequest,
        source: ImageSource,
    ) -> Result<(), ImageFault> {
        let key = source.key();
        self.put(session, private, Arc::new(source));
        let failed = |error: io::Error| {
            tracing::warn!(session_id = %session, %error, "an image that was read could not be stored");
            ImageFault::BadFile
        };
        self.to_disk(session, key.hash).map_err(failed)?;
        let (read, writing) = {
            let mut state = self.state();
            let known = state.sessions.entry(session).or_default();
            let file = ReadFile {
                request: digest(request),
                key,
            };
            known.read.insert(request.number, file);
            kept::bound(&mut known.read);
            (known.read.clone(), Arc::clone(&known.writing))
        };
        if private {
            return Ok(());
        }
        let _turn = writing.lock().unwrap_or_else(PoisonError::into_inner);
        self.folder_of(session)
            .put_read_files(&read)
            .map_err(failed)
    }

    fn source(&self, session: SessionId, hash: BlobHash) -> Option<Arc<ImageSource>> {
        {
            let state = self.state();
            let kept = state.sessions.get(&session)?;
            if let Some(source) = kept.memory.get(&hash) {
                return Some(Arc::clone(source));
            }
            kept.disk.get(&hash)?;
        }
        self.folder_of(session).get(hash).map(Arc::new)
    }

    /// Returns the pixels of an image of a session as RGBA, decoded in a process of its own.
    ///
    /// # Errors
    /// Why there are none.
    pub async fn pixels(
        self: &Arc<Self>,
        session: SessionId,
        hash: BlobHash,
    ) -> Result<Arc<[u8]>, ImageError> {
        if let Some(known) = self.known(session, hash)? {
            return Ok(known);
        }
        let Ok(_turn) = self.decoders.acquire().await else {
            return Err(ImageError::Gone);
        };
        // Another may have decoded it meanwhile.
        if let Some(known) = self.known(session, hash)? {
            return Ok(known);
        }
        let store = Arc::clone(self);
        let made = tokio::task::spawn_blocking(move || {
            let mut left = COMPOSED_PIXELS_MAX;
            store.make(session, hash, 0, &mut left)
        });
        let made = match made.await {
            Ok(made) => made,
            Err(error) => Err(ImageError::Decoder(error.to_string())),
        };
        if let Err(ImageError::Damaged(sentence)) = &made {
            let mut state = self.state();
            state.damaged.push_back((hash, sentence.clone()));
            if state.damaged.len() > DAMAGED_KEPT {
                state.damaged.pop_front();
            }
        }
        made
    }

    /// Decodes or composes an image, and remembers its pixels. Blocks until they are there. `left` is
    /// how many pixels may be moved for it.
    fn make(
        &self,
        session: SessionId,
        hash: BlobHash,
        depth: u8,
        left: &mut u64,
    ) -> Result<Arc<[u8]>, ImageError> {
        if let Some(known) = self.known(session, hash)? {
            return Ok(known);
        }
        let source = self.source(session, hash).ok_or(ImageError::Gone)?;
        let (width, height) = source.pixels;
        let spend = |left: &mut u64, (width, height): (u32, u32)| {
            let rest = left.checked_sub(u64::from(width) * u64::from(height));
            *left = rest.filter(|_| depth < COMPOSED_DEPTH_MAX).ok_or_else(|| {
                ImageError::Damaged("it is made from more than one picture can be".into())
            })?;
            Ok::<_, ImageError>(())
        };
        spend(left, (width, height))?;
        let pixels = match Composition::read(&source) {
            None => decoder::decode(&self.program, &source)?,
            Some(made_of) => {
                let before = compose::below_last(&made_of).and_then(|(below, last)| {
                    let known = self.state().pixels.get(below.hash(source.pixels))?;
                    Some((known.to_vec(), vec![last]))
                });
                let (mut pixels, overlays) = match (before, made_of.base) {
                    (Some(before), _) => before,
                    (None, Base::Color(rgba)) => {
                        (compose::canvas(rgba, source.pixels), made_of.overlays)
                    }
                    (None, Base::Image(hash)) => {
                        let base = self.make(session, hash, depth + 1, left)?;
                        (base.to_vec(), made_of.overlays)
                    }
                };
                for overlay in &overlays {
                    spend(left, overlay.size)?;
                    let picture = self.make(session, overlay.image, depth + 1, left)?;
                    if !compose::lay(&mut pixels, source.pixels, overlay, &picture) {
                        return Err(ImageError::Damaged(compose::DAMAGED.into()));
                    }
                }
                pixels
            }
        };
        let pixels: Arc<[u8]> = pixels.into();
        self.state().pixels.put(hash, Arc::clone(&pixels));
        Ok(pixels)
    }

    /// Returns what is known of an image of a session without decoding it.
    fn known(&self, session: SessionId, hash: BlobHash) -> Result<Option<Arc<[u8]>>, ImageError> {
        let mut state = self.state();
        let kept = state.sessions.get(&session).ok_or(ImageError::Gone)?;
        if !kept.memory.contains_key(&hash) && !kept.disk.contains_key(&hash) {
            return Err(ImageError::Gone);
        }
        let damaged = state.damaged.iter().find(|(known, _)| *known == hash);
        if let Some((_, sentence)) = damaged {
            return Err(ImageError::Damaged(sentence.clone()));
        }
        Ok(state.pixels.get(hash))
    }

    /// Returns the folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }
}

/// Returns a digest of what a request asks for.
fn digest(request: &FileRequest) -> [u8; 8] {
    let medium = match request.medium {
        Medium::File => 0_u8,
        Medium::TemporaryFile => 1,
        Medium::SharedMemory => 2,
    };
    let flags = [medium, request.format as u8, request.zlib.into()];
    let digest = Sha256::new()
        .chain_update(flags)
        .chain_update(request.offset.to_le_bytes())
        .chain_update(request.size_bytes.to_le_bytes())
        .chain_update(request.pixels.0.to_le_bytes())
        .chain_update(request.pixels.1.to_le_bytes())
        .chain_update(&request.name)
        .finalize();
    let mut short = [0; 8];
    short.copy_from_slice(&digest[..8]);
    short
}

#[cfg(test)]
mod tests;
