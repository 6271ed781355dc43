//! The pixels of the images that screens show: fetched once by their hash, kept while there is room.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use agor_core::client::{Client, ClientError};
use agor_proto::error::ErrorCode;
use agor_proto::ids::{BlobHash, SessionId};
use agor_proto::limits::{IMAGE_PIXELS_MAX, WINDOW_IMAGE_BYTES_MAX};
use agor_proto::message::{Part, Query};
use agor_proto::screen::{Animation, Placement};
use agor_render::ImagePixels;
use tokio::sync::Semaphore;

use super::snapshot::Snapshot;
use super::task::Shared;

/// Images that are fetched at once.
const FETCHES: usize = 4;
/// Images that could not be had, of which so many are not asked for again.
const FAILED_KEPT: usize = 4_096;

/// The wait before an image that did not come is asked for again; each is twice the one before.
const AGAIN: Duration = Duration::from_millis(50);
/// How often that is done, in 51 seconds all in all. Then the next change of a screen that shows it asks.
const TRIES: u32 = 10;

/// What a window has of images, by hash.
pub type Images = Arc<HashMap<BlobHash, Arc<ImagePixels>>>;

/// Fetches images for all sessions of a window.
#[derive(Debug, Clone)]
pub struct Fetcher(Arc<State>);

#[derive(Debug)]
struct State {
    /// What is on its way, and what could not be had.
    known: Mutex<Known>,
    turns: Semaphore,
}

/// What came of fetching an image.
#[derive(Debug)]
enum Fetched {
    Image(Arc<ImagePixels>),
    /// The host does not have it, or it is none.
    Never,
    /// The link failed, or what decodes.
    NotNow,
}

#[derive(Debug, Default)]
struct Known {
    coming: HashSet<BlobHash>,
    failed: HashSet<BlobHash>,
}

impl Default for Fetcher {
    fn default() -> Self {
        Self(Arc::new(State {
            known: Mutex::default(),
            turns: Semaphore::new(FETCHES),
        }))
    }
}

impl Fetcher {
    fn known<T>(&self, act: impl FnOnce(&mut Known) -> T) -> T {
        act(&mut self.0.known.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Has those images of `placements`, and those frames of images that move, fetched that are not
    /// there.
    pub fn want(
        &self,
        client: &Client,
        shared: &Shared,
        session: SessionId,
        placements: &[Placement],
        animations: &[Animation],
    ) {
        let have = shared.images();
        for (hash, size) in blobs(placements, animations) {
            if have.contains_key(&hash) {
                continue;
            }
            self.want_one(shared, hash, || {
                let (fetcher, client) = (self.clone(), client.clone());
                move || {
                    let (fetcher, client) = (fetcher.clone(), client.clone());
                    async move { fetcher.fetch(&client, session, hash, size).await }
                }
            });
        }
    }

    /// Has an image that is not there fetched in the way that `how` makes, if it is not on its way; again, ever
    /// later, while it does not come and something shows it. A screen that stands still asks only once.
    fn want_one<Ask, Answer>(&self, shared: &Shared, hash: BlobHash, how: impl FnOnce() -> Ask)
    where
        Ask: FnMut() -> Answer + Send + 'static,
        Answer: Future<Output = Fetched> + Send,
    {
        let fresh = self.known(|known| !known.failed.contains(&hash) && known.coming.insert(hash));
        if !fresh {
            return;
        }
        shared.change(|snapshot| snapshot.images_awaited += 1);
        let (fetcher, shared, mut ask) = (self.clone(), shared.clone(), how());
        // Ends with its answer, or when nobody waits for one any more.
        tokio::spawn(async move {
            let mut fetched = ask().await;
            for attempt in 0..TRIES {
                if !matches!(fetched, Fetched::NotNow) {
                    break;
                }
                tokio::time::sleep(AGAIN * 2_u32.pow(attempt)).await;
                if !shared.look(|snapshot| shown(snapshot).any(|blob| blob == hash)) {
                    break;
                }
                fetched = ask().await;
            }
            fetcher.known(|known| {
                known.coming.remove(&hash);
                if matches!(fetched, Fetched::Never) {
                    if known.failed.len() >= FAILED_KEPT {
                        known.failed.clear();
                    }
                    known.failed.insert(hash);
                }
            });
            shared.change(|snapshot| {
                snapshot.images_awaited -= 1;
                if let Fetched::Image(image) = fetched {
                    keep(snapshot, hash, image);
                }
            });
        });
    }

    async fn fetch(
        &self,
        client: &Client,
        session: SessionId,
        hash: BlobHash,
        size: (u32, u32),
    ) -> Fetched {
        let Ok(_turn) = self.0.turns.acquire().await else {
            return Fetched::NotNow;
        };
        let count = u64::from(size.0) * u64::from(size.1);
        if count > IMAGE_PIXELS_MAX.into() {
            return Fetched::Never;
        }
        let session = Some(session);
        let Ok(mut parts) = client.ask(Query::Blob { hash, session }) else {
            return Fetched::NotNow;
        };
        let mut rgba = Vec::new();
        while let Some(part) = parts.next().await {
            match part {
                Ok(Part::Blob { bytes }) if (rgba.len() + bytes.len()) as u64 <= count * 4 => {
                    rgba.extend_from_slice(&bytes);
                }
                Ok(_) => return Fetched::Never,
                Err(ClientError::Host(error)) if error.code == ErrorCode::Pruned => {
                    tracing::warn!(%error, "an image is not shown");
                    return Fetched::Never;
                }
                Err(error) => {
                    tracing::debug!(%error, "an image did not come");
                    return Fetched::NotNow;
                }
            }
        }
        // Making the smaller copies takes a while, and other screens go on.
        let made = tokio::task::spawn_blocking(move || ImagePixels::new(rgba, size));
        match made.await {
            Ok(Some(image)) => Fetched::Image(Arc::new(image)),
            _ => Fetched::Never,
        }
    }
}

/// Returns what is shown of placements, and of those of them that move, with its size.
fn blobs<'a>(
    placements: &'a [Placement],
    animations: &'a [Animation],
) -> impl Iterator<Item = (BlobHash, (u32, u32))> + 'a {
    let still = placements.iter().map(|it| (it.blob, it.pixels));
    let moving = animations.iter().flat_map(|animation| {
        let placed = placements.iter().find(|it| it.image == animation.image);
        placed.into_iter().flat_map(|placed| {
            let frames = animation.frames.iter();
            let shown = frames.filter(|frame| frame.gap_millis > 0);
            shown.map(|frame| (frame.blob, placed.pixels))
        })
    });
    still.chain(moving)
}

/// Returns the images of all screens and histories that are at hand.
fn shown(snapshot: &Snapshot) -> impl Iterator<Item = BlobHash> + '_ {
    let screens = snapshot.screens.values();
    let on_screens = screens.flat_map(|it| blobs(&it.mirror.placements, &it.mirror.animations));
    let histories = snapshot.histories.values();
    let in_histories = histories.flat_map(|it| blobs(&it.placements, &[]));
    on_screens.chain(in_histories).map(|(blob, _)| blob)
}

/// Adds an image; those that nothing shows go if there are too many, then any.
fn keep(snapshot: &mut Snapshot, hash: BlobHash, image: Arc<ImagePixels>) {
    let shown: HashSet<BlobHash> = shown(snapshot).collect();
    let images = Arc::make_mut(&mut snapshot.images);
    images.insert(hash, image);
    let mut bytes: u64 = images.values().map(|image| image.bytes()).sum();
    for unshown in [true, false] {
        if bytes <= WINDOW_IMAGE_BYTES_MAX {
            return;
        }
        images.retain(|other, image| {
            let goes = bytes > WINDOW_IMAGE_BYTES_MAX
                && *other != hash
                && (!unshown || !shown.contains(other));
            if goes {
                bytes -= image.bytes();
            }
            !goes
        });
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use agor_proto::ids::{LineId, LinePosition};
    use tokio::sync::watch;

    use super::*;
    use crate::link::snapshot::Screen;
    use crate::wake::Wake;

    fn image(mib: u32) -> Arc<ImagePixels> {
        let side = (1024, 256 * mib);
        let rgba = vec![0; side.0 as usize * side.1 as usize * 4];
        Arc::new(ImagePixels::new(rgba, side).unwrap())
    }

    fn name(n: u8) -> BlobHash {
        BlobHash([n; 32])
    }

    /// What is known while a screen shows the image `n`.
    fn showing(n: u8) -> Snapshot {
        let mut screen = Screen::default();
        screen.mirror.placements.push(Placement {
            image: 1,
            placement: 0,
            blob: name(n),
            pixels: (1, 1),
            source: (0, 0, 1, 1),
            at: LinePosition {
                line: LineId(1),
                column: 0,
            },
            offset_px: (0, 0),
            cells: (1, 1),
            z: 0,
            row: 0,
            col: 0,
            inset: (0, 0),
            extent: (1000, 1000),
        });
        let mut snapshot = Snapshot::default();
        let session = SessionId::from_parts(1, [0; 10]);
        snapshot.screens.insert(session, Arc::new(screen));
        snapshot
    }

    #[test]
    fn window_image_bytes_max() {
        let mut snapshot = showing(0);
        let large = image(40);
        for n in 0..12 {
            keep(&mut snapshot, name(n), Arc::clone(&large));
            let bytes: u64 = snapshot.images.values().map(|it| it.bytes()).sum();
            assert!(bytes <= WINDOW_IMAGE_BYTES_MAX);
            assert!(snapshot.images.contains_key(&name(n)), "the newest");
        }
        assert!(snapshot.images.contains_key(&name(0)), "what is shown");
        assert!(snapshot.images.len() >= 3);
    }

    /// Wants the image 0 of a host that fails so often; returns how often it was asked when nobody waits
    /// any more, and how long that took.
    async fn fetched(failures: u32, fetcher: &Fetcher, shared: &Shared) -> (u32, Duration) {
        let asked = Arc::new(AtomicU32::new(0));
        let began = tokio::time::Instant::now();
        fetcher.want_one(shared, name(0), || {
            let asked = Arc::clone(&asked);
            move || {
                let fails = asked.fetch_add(1, Ordering::Relaxed) < failures;
                let answer = match fails {
                    true => Fetched::NotNow,
                    false => Fetched::Image(image(1)),
                };
                std::future::ready(answer)
            }
        });
        while shared.look(|snapshot| snapshot.images_awaited > 0) {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        (asked.load(Ordering::Relaxed), began.elapsed())
    }

    fn shared(snapshot: Snapshot) -> Shared {
        Shared::new(watch::Sender::new(snapshot), Wake::default())
    }

    #[tokio::test(start_paused = true)]
    async fn an_image_that_did_not_come_is_asked_for_again_though_its_screen_stands_still() {
        let (fetcher, shared) = (Fetcher::default(), shared(showing(0)));
        let (asked, took) = fetched(3, &fetcher, &shared).await;
        assert_eq!(asked, 4);
        assert!(shared.images().contains_key(&name(0)));
        assert!(took < Duration::from_millis(400), "{took:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn an_image_that_never_comes_is_asked_for_so_often_and_then_with_the_next_change() {
        let (fetcher, shared) = (Fetcher::default(), shared(showing(0)));
        let (asked, took) = fetched(u32::MAX, &fetcher, &shared).await;
        assert_eq!(asked, 1 + TRIES);
        assert_eq!(took.as_secs(), 51);
        assert_eq!(fetched(0, &fetcher, &shared).await.0, 1);
        assert!(shared.images().contains_key(&name(0)));
    }

    #[tokio::test(start_paused = true)]
    async fn an_image_that_nothing_shows_any_more_is_not_asked_for_again() {
        let (fetcher, shared) = (Fetcher::default(), shared(showing(7)));
        assert_eq!(fetched(u32::MAX, &fetcher, &shared).await.0, 1);
    }
}
