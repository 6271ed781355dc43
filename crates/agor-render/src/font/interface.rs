//! Faces of the system for text that is no terminal's: what the interface's own fonts have not. They are looked for in
//! a thread that begins when the first character is missing, so that a window whose names need none pays nothing, and
//! nobody waits: until a face is found its signs are drawn as boxes. Files are mapped, not read.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use swash::FontRef;

use super::Variant;
use super::fallback::{SystemFont, SystemFonts};

/// Faces that are kept at the most; what other scripts are missing stays a box.
pub const INTERFACE_FACES_MAX: usize = 16;

/// Characters that are looked for at once, and that are remembered as missing.
const CHARS_MAX: usize = 4_096;

/// The bytes of a font's file.
pub type FontFile = Arc<dyn AsRef<[u8]> + Send + Sync>;

/// A face.
#[derive(Clone)]
pub struct InterfaceFace {
    /// A name that no other has.
    pub name: String,
    /// Its file.
    pub file: FontFile,
    /// Its place in that.
    pub index: u32,
}

/// See the module.
pub struct InterfaceFaces {
    shared: Arc<Shared>,
    worker: Mutex<Option<JoinHandle<()>>>,
}

struct Shared {
    known: Mutex<Known>,
    /// Called in the thread when something was found.
    found: Box<dyn Fn() + Send + Sync>,
}

#[derive(Default)]
struct Known {
    faces: Vec<InterfaceFace>,
    wanted: BTreeSet<char>,
    missing: BTreeSet<char>,
    /// Whether nothing but what was given is asked.
    given: bool,
    /// Whether a thread looks for what is wanted.
    at_work: bool,
    /// Faces that were added since they were last asked for.
    news: bool,
}

impl InterfaceFaces {
    /// Returns none yet; `found` is called in another thread when there are more.
    #[must_use]
    pub fn new(found: impl Fn() + Send + Sync + 'static) -> Self {
        Self {
            shared: Arc::new(Shared {
                known: Mutex::default(),
                found: Box::new(found),
            }),
            worker: Mutex::new(None),
        }
    }

    /// Returns the faces of these files alone, which are asked in place of the system's.
    #[must_use]
    pub fn of(files: Vec<Vec<u8>>) -> Self {
        let faces = Self::new(|| {});
        {
            let mut known = faces.shared.lock();
            for (at, file) in files.into_iter().enumerate() {
                known.faces.push(InterfaceFace {
                    name: format!("given {at}"),
                    file: Arc::new(file),
                    index: 0,
                });
            }
            known.given = true;
        }
        faces
    }

    /// Returns the face that has `c`, if it is at hand; else it is looked for.
    pub fn with_char(&self, c: char) -> Option<InterfaceFace> {
        let mut known = self.shared.lock();
        if let Some(face) = known.faces.iter().find(|face| has(face, c)) {
            return Some(face.clone());
        }
        let full = known.faces.len() >= INTERFACE_FACES_MAX || known.wanted.len() >= CHARS_MAX;
        if full || known.given || known.missing.contains(&c) {
            return None;
        }
        known.wanted.insert(c);
        if !known.at_work {
            known.at_work = true;
            drop(known);
            self.work();
        }
        None
    }

    /// Says whether there are faces that were not there when this was asked last.
    #[must_use]
    pub fn has_news(&self) -> bool {
        std::mem::take(&mut self.shared.lock().news)
    }

    /// Says whether some are looked for, so that a picture is not whole.
    #[must_use]
    pub fn looks(&self) -> bool {
        let known = self.shared.lock();
        !known.wanted.is_empty() || known.news
    }

    fn work(&self) {
        let shared = Arc::clone(&self.shared);
        let thread = std::thread::Builder::new().name("agor-ui-fonts".into());
        match thread.spawn(move || shared.look()) {
            Ok(handle) => {
                let mut worker = self.worker.lock().unwrap_or_else(PoisonError::into_inner);
                // The one before has ended, since nobody was at work.
                *worker = Some(handle);
            }
            Err(error) => tracing::warn!(%error, "no thread to look for fonts"),
        }
    }
}

impl Drop for InterfaceFaces {
    fn drop(&mut self) {
        let mut worker = self.worker.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(worker) = worker.take() {
            worker.join().ok(); // What it has found is wanted no more.
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks for what is wanted until nothing is.
    fn look(&self) {
        let mut fonts = SystemFonts::load();
        loop {
            let wanted = {
                let mut known = self.lock();
                let wanted = known.wanted.clone();
                if wanted.is_empty() {
                    known.at_work = false;
                    return;
                }
                wanted
            };
            let mut found = false;
            for c in &wanted {
                let at_hand = self.lock().faces.iter().any(|face| has(face, *c));
                if !at_hand {
                    let face = fonts.with_char(*c, Variant::default(), false, is_wide(*c));
                    found |= self.keep(*c, face);
                }
            }
            let mut known = self.lock();
            known.wanted.retain(|c| !wanted.contains(c));
            known.news |= found;
            drop(known);
            if found {
                (self.found)();
            }
        }
    }

    /// Keeps a face that was found for a character; says whether there is one more.
    fn keep(&self, c: char, face: Option<SystemFont>) -> bool {
        let mut known = self.lock();
        let full = known.faces.len() >= INTERFACE_FACES_MAX;
        let Some(face) = face.filter(|_| !full) else {
            if known.missing.len() < CHARS_MAX {
                known.missing.insert(c);
            }
            return false;
        };
        let face = InterfaceFace {
            name: format!("system {}", known.faces.len()),
            file: Arc::new(face.blob),
            index: face.index,
        };
        known.faces.push(face);
        true
    }
}

fn has(face: &InterfaceFace, c: char) -> bool {
    let index = usize::try_from(face.index).unwrap_or(usize::MAX);
    let font = FontRef::from_index((*face.file).as_ref(), index);
    font.is_some_and(|font| font.charmap().map(c) != 0)
}

/// Says whether a sign of no script belongs to those of East Asia, as full stops and brackets there do.
fn is_wide(c: char) -> bool {
    matches!(c, '\u{2e80}'..='\u{303f}' | '\u{31c0}'..='\u{33ff}' | '\u{fe30}'..='\u{fe4f}' | '\u{ff00}'..='\u{ffef}')
}

#[cfg(test)]
mod tests {
    use super::*;

    const CJK: &[u8] = include_bytes!("../../tests/fonts/cjk.otf");

    #[test]
    fn given_faces_are_asked_and_nobody_looks_for_others() {
        let faces = InterfaceFaces::of(vec![CJK.to_vec()]);
        let face = faces.with_char('漢').expect("the file has it");
        assert_eq!((face.name.as_str(), face.index), ("given 0", 0));
        assert!(faces.with_char('\u{e0001}').is_none());
        assert!(faces.worker.lock().unwrap().is_none());
    }

    #[test]
    fn what_the_system_has_comes_with_news_and_what_it_has_not_is_not_looked_for_again() {
        let (told, heard) = std::sync::mpsc::sync_channel(8);
        let faces = InterfaceFaces::new(move || {
            told.send(()).ok(); // The test may have ended.
        });
        assert!(
            faces.worker.lock().unwrap().is_none(),
            "nothing is done yet"
        );
        assert!(faces.with_char('漢').is_none(), "it is looked for");
        // A private sign that no font of a test machine has.
        assert!(faces.with_char('\u{10fffd}').is_none());
        let until = std::time::Instant::now() + std::time::Duration::from_secs(30);
        while faces.looks() && !faces.has_news() {
            assert!(std::time::Instant::now() < until, "it ends");
            std::thread::yield_now();
        }
        let missing = faces.shared.lock().missing.clone();
        match faces.with_char('漢') {
            Some(face) => {
                heard.recv().expect("it was told");
                assert_eq!(face.name, "system 0");
            }
            None => assert!(missing.contains(&'漢'), "there are no such fonts here"),
        }
    }
}
