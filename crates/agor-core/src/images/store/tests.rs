//! What is kept, for how long, and what bounds it.

use agor_term::ImageFormat;

use super::*;

fn session(n: u8) -> SessionId {
    SessionId::from_parts(1, [n; 10])
}

/// An image of a column of pixels whose first byte is `n`.
fn source(n: u8, kib: usize) -> Arc<ImageSource> {
    let pixels = kib * 256;
    let mut data = vec![0; pixels * 4];
    data[0] = n;
    let width = pixels.min(8_192) as u32;
    let size = (width, (pixels as u32).div_ceil(width));
    Arc::new(ImageSource::new(ImageFormat::Rgba, false, size, data).unwrap())
}

fn hash(source: &ImageSource) -> BlobHash {
    source.key().hash
}

#[test]
fn images_are_on_disk_with_the_checkpoint_that_names_them_and_no_others() {
    let folder = tempfile::tempdir().unwrap();
    let store = ImageStore::open(folder.path().into(), "/nowhere".into());
    let (first, second) = (source(1, 1), source(2, 1));
    store.put(session(1), false, Arc::clone(&first));
    store.put(session(1), false, Arc::clone(&second));
    store.persist(session(1), &[hash(&first)]).expect("a disk");
    let later = ImageStore::open(folder.path().into(), "/nowhere".into());
    assert_eq!(later.source(session(1), hash(&first)), Some(first.clone()));
    assert_eq!(later.source(session(1), hash(&second)), None);
    assert_eq!(later.source(session(2), hash(&first)), None, "another's");
    later.persist(session(1), &[]).expect("a disk");
    assert_eq!(later.source(session(1), hash(&first)), None);
    later.put(session(1), false, first.clone());
    later.persist(session(1), &[hash(&first)]).expect("a disk");
    later.forget_others(&HashSet::new());
    assert_eq!(later.source(session(1), hash(&first)), None);
    assert!(!folder.path().join(session(1).to_string()).exists());
}

#[test]
fn nothing_of_a_private_session_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let store = ImageStore::open(folder.path().into(), "/nowhere".into());
    let image = source(1, 1);
    store.put(session(1), true, Arc::clone(&image));
    store.persist(session(1), &[hash(&image)]).expect("a disk");
    assert_eq!(
        store.source(session(1), hash(&image)),
        Some(image),
        "it is shown"
    );
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn a_damaged_file_is_no_image() {
    let folder = tempfile::tempdir().unwrap();
    let store = ImageStore::open(folder.path().into(), "/nowhere".into());
    let image = source(1, 1);
    store.put(session(1), false, Arc::clone(&image));
    store.persist(session(1), &[hash(&image)]).expect("a disk");
    let path = store
        .folder_of(session(1))
        .path()
        .join(hash(&image).to_string());
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[100] ^= 1;
    std::fs::write(&path, bytes).unwrap();
    assert_eq!(store.source(session(1), hash(&image)), None);
}

#[test]
fn image_sources_kept_max() {
    let folder = tempfile::tempdir().unwrap();
    let store = ImageStore::open(folder.path().into(), "/nowhere".into());
    let mib = 40;
    let count = (IMAGE_SOURCES_KEPT_MAX / 1024 / 1024 / mib) as u8 + 1;
    let images: Vec<_> = (0..count).map(|n| source(n, mib as usize * 1024)).collect();
    for image in &images {
        store.put(session(1), false, Arc::clone(image));
        assert!(store.state().memory_bytes <= IMAGE_SOURCES_KEPT_MAX);
    }
    assert_eq!(store.state().sessions[&session(1)].disk.len(), 1);
    for image in &images {
        assert!(store.source(session(1), hash(image)).is_some());
    }
    store.forget(session(1));
    assert_eq!(store.state().memory_bytes, 0);
}

#[test]
fn image_disk_max() {
    let folder = tempfile::tempdir().unwrap();
    let store = ImageStore::open(folder.path().into(), "/nowhere".into());
    let (much, little) = (source(1, 1), source(2, 1));
    for (number, image) in [(1, &much), (2, &little)] {
        store.put(session(number), false, Arc::clone(image));
        store
            .persist(session(number), &[hash(image)])
            .expect("a disk");
    }
    {
        // As if the first were as large as all may be.
        let mut state = store.state();
        let kept = state.sessions.get_mut(&session(1)).unwrap();
        kept.disk.insert(hash(&much), IMAGE_DISK_MAX);
        state.disk_bytes = IMAGE_DISK_MAX + 1024;
    }
    let one_more = source(3, 1);
    store.put(session(3), false, Arc::clone(&one_more));
    store
        .persist(session(3), &[hash(&one_more)])
        .expect("a disk");
    assert!(store.state().disk_bytes <= IMAGE_DISK_MAX);
    assert_eq!(store.source(session(1), hash(&much)), None);
    assert!(store.source(session(2), hash(&little)).is_some());
    assert!(
        !store
            .folder_of(session(1))
            .path()
            .join(hash(&much).to_string())
            .exists()
    );
}

#[test]
fn image_pixels_kept_max() {
    let mut pixels = Pixels::default();
    let large: Arc<[u8]> = vec![0; 40 * 1024 * 1024].into();
    let name = |n: u8| BlobHash([n; 32]);
    for n in 0..6 {
        pixels.put(name(n), Arc::clone(&large));
    }
    assert!(pixels.get(name(0)).is_some(), "now it was asked for last");
    pixels.put(name(6), Arc::clone(&large));
    assert!(pixels.bytes <= IMAGE_PIXELS_KEPT_MAX);
    assert!(pixels.get(name(0)).is_some());
    assert!(pixels.get(name(1)).is_none());
}

#[tokio::test]
async fn decoders_max() {
    let folder = tempfile::tempdir().unwrap();
    let store = ImageStore::open(folder.path().into(), "/nowhere".into());
    let store = Arc::new(store);
    let image = source(1, 1);
    store.put(session(1), false, Arc::clone(&image));
    let turns: Vec<_> = (0..DECODERS_MAX)
        .map(|_| store.decoders.try_acquire().unwrap())
        .collect();
    assert_eq!(store.decoders.available_permits(), 0);
    let mut waiting = std::pin::pin!(store.pixels(session(1), hash(&image)));
    let early = std::future::poll_fn(|cx| std::task::Poll::Ready(waiting.as_mut().poll(cx))).await;
    assert!(early.is_pending(), "it has no turn yet");
    drop(turns);
    // Its turn comes; there is no program to start.
    assert!(matches!(waiting.await, Err(ImageError::Decoder(_))));
    let other = store.pixels(session(2), hash(&image)).await;
    assert_eq!(other, Err(ImageError::Gone), "another session's image");
}

#[test]
fn images_that_are_gone_are_forgotten_but_for_the_newest() {
    let folder = tempfile::tempdir().unwrap();
    let store = ImageStore::open(folder.path().into(), "/nowhere".into());
    let images: Vec<_> = (0..30).map(|n| source(n, 1)).collect();
    for image in &images {
        store.put(session(1), false, Arc::clone(image));
        store.forget_dead(session(1), &[hash(&images[0])]);
    }
    let left = |n: usize| store.source(session(1), hash(&images[n])).is_some();
    assert!(left(0) && left(29) && left(30 - DEAD_KEPT));
    assert!(!left(1) && !left(29 - DEAD_KEPT));
    assert_eq!(
        store.state().memory_bytes,
        (DEAD_KEPT as u64 + 1) * 1024,
        "bytes are counted"
    );
}

#[test]
fn an_image_that_cannot_be_stored_stays_in_memory_and_is_stored_later() {
    let folder = tempfile::tempdir().unwrap();
    let store = ImageStore::open(folder.path().into(), "/nowhere".into());
    let image = source(1, 1);
    store.put(session(1), false, Arc::clone(&image));
    let place = store.folder_of(session(1)).path().to_owned();
    // As on a full disk: nothing can be made there.
    std::fs::write(&place, b"").unwrap();
    assert!(store.persist(session(1), &[hash(&image)]).is_err());
    assert!(store.source(session(1), hash(&image)).is_some());
    std::fs::remove_file(&place).unwrap();
    store.persist(session(1), &[hash(&image)]).expect("a disk");
    let later = ImageStore::open(folder.path().into(), "/nowhere".into());
    assert!(later.source(session(1), hash(&image)).is_some());
    assert_eq!(store.state().memory_bytes, 0);
}

/// A store with everything that `output` makes images of; raw pixels are there as if a decoder had
/// read them.
fn store_of(output: &str) -> (tempfile::TempDir, ImageStore, agor_term::Terminal) {
    let folder = tempfile::tempdir().unwrap();
    let store = ImageStore::open(folder.path().into(), "/nowhere".into());
    let mut terminal = agor_term::Terminal::new(agor_term::Options::default());
    let mut effects = Vec::new();
    terminal.advance(output.as_bytes(), &mut effects);
    for effect in effects {
        if let agor_term::Effect::Image(source) = effect {
            if source.format != ImageFormat::Composed {
                let rgba = super::super::pixels::pixels((*source).clone()).unwrap();
                store.state().pixels.put(hash(&source), rgba.into());
            }
            store.put(session(1), false, source);
        }
    }
    (folder, store, terminal)
}

fn frames(store: &ImageStore, terminal: &agor_term::Terminal) -> Vec<Vec<u8>> {
    let animations = terminal.animations();
    let pixels = |frame: &agor_proto::screen::AnimationFrame| {
        let mut left = COMPOSED_PIXELS_MAX;
        let made = store.make(session(1), frame.blob, 0, &mut left);
        made.unwrap().to_vec()
    };
    animations[0].frames.iter().map(pixels).collect()
}

/// Two pixels: red, green. Then a frame with its second pixel white, one on blue with its first pixel
/// white, and in the first frame the white pixel of the second in the first place.
const MOVING: &str = "\x1b_Ga=T,i=1,f=24,s=2,v=1,q=2;/wAAAP8A\x1b\\\
    \x1b_Ga=f,i=1,f=24,s=1,v=1,x=1,c=1,q=2;////\x1b\\\
    \x1b_Ga=f,i=1,f=24,s=1,v=1,Y=65535,q=2;////\x1b\\\
    \x1b_Ga=c,i=1,r=2,c=1,w=1,X=1,q=2\x1b\\";

#[test]
fn frames_are_composed_of_what_they_are_made_from() {
    let (_folder, store, terminal) = store_of(MOVING);
    let (red, green) = ([255, 0, 0, 255], [0, 255, 0, 255]);
    let (blue, white) = ([0, 0, 255, 255], [255; 4]);
    let expected = vec![
        [white, green].concat(),
        [red, white].concat(),
        [white, blue].concat(),
    ];
    assert_eq!(frames(&store, &terminal), expected);
    // The same from disk alone, where the decoder cannot be asked for what is known.
    store
        .persist(session(1), &terminal.image_hashes())
        .expect("a disk");
    assert_eq!(frames(&store, &terminal), expected);
    for frame in &terminal.animations()[0].frames {
        store
            .state()
            .pixels
            .list
            .retain(|(hash, _)| *hash != frame.blob);
    }
    assert_eq!(frames(&store, &terminal), expected);
}

#[test]
fn a_frame_that_lost_a_part_has_no_pixels() {
    let (_folder, store, terminal) = store_of(MOVING);
    let live: Vec<_> = terminal.image_hashes();
    // The image itself is not kept.
    store.persist(session(1), &live[1..2]).expect("a disk");
    let mut left = COMPOSED_PIXELS_MAX;
    let blob = terminal.animations()[0].frames[0].blob;
    let made = store.make(session(1), blob, 0, &mut left);
    assert_eq!(made, Err(ImageError::Gone));
}

#[test]
fn a_frame_of_more_than_can_be_composed_has_no_pixels() {
    let (_folder, store, terminal) = store_of(MOVING);
    let blob = terminal.animations()[0].frames[0].blob;
    let made = store.make(session(1), blob, 0, &mut 3);
    assert!(matches!(made, Err(ImageError::Damaged(_))), "{made:?}");
    let made = store.make(session(1), blob, COMPOSED_DEPTH_MAX, &mut 100);
    assert!(matches!(made, Err(ImageError::Damaged(_))), "{made:?}");
}
