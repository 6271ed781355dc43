//! A session's terminal from what is stored: the last checkpoint and the output after it.

use agor_proto::ids::{Offset, SessionId, Size};
use agor_term::{LeftPage, Terminal};

use super::session::{Launcher, Rebuild, Shelf, TerminalOptions};
use crate::images::SessionFiles;
use crate::storage::{Store, StoreError};

/// Output that is read from the store at once.
const PAGE_BYTES: usize = 1024 * 1024;

/// A terminal that was rebuilt, and what stands above it.
#[derive(Debug)]
pub struct Rebuilt {
    /// The terminal.
    pub terminal: Terminal,
    /// The offset of the checkpoint that it was rebuilt from.
    pub checkpoint: Offset,
    /// What is stored of the pages that left it.
    pub shelf: Shelf,
    /// The pages that left it on the way; most of them are stored.
    pub left: Vec<LeftPage>,
}

/// Returns the terminal of `session` at `end`. What is damaged is left out and logged: a screen with
/// a gap is better than none.
#[must_use]
pub fn terminal(
    store: &Store,
    session: SessionId,
    size: Size,
    end: Offset,
    launcher: &Launcher,
) -> Rebuilt {
    let options = launcher.terminal_options();
    // What was folded before reads no files.
    let mut files = SessionFiles {
        store: launcher.images(),
        session,
        private: false,
        live: false,
        leader: None,
    };
    let mut rebuild = begin(store, session, size, end, options);
    let checkpoint = rebuild.offset();
    while rebuild.offset() < end {
        let from = rebuild.offset();
        match store.record(session, from, PAGE_BYTES) {
            Ok(page) if page.bytes.is_empty() => break,
            Ok(page) => {
                if page.from != from {
                    rebuild.skip_to(page.from);
                }
                let came = rebuild.feed(&page.bytes, &mut files);
                if let Some(images) = launcher.images() {
                    came.into_iter()
                        .for_each(|source| images.put(session, false, source));
                }
                if rebuild.offset() < page.next {
                    rebuild.skip_to(page.next);
                }
            }
            Err(error) => {
                tracing::error!(session_id = %session, %error, offset = from.0, "output cannot be read; the screen has a gap");
                match error.readable_from().filter(|&next| next > from) {
                    Some(next) => rebuild.skip_to(next),
                    None => break,
                }
            }
        }
    }
    let (terminal, left) = rebuild.finish();
    if let Some(images) = launcher.images() {
        images.forget_dead(session, &terminal.image_hashes());
    }
    let heads = match store.pages(session) {
        Ok(heads) => heads,
        // It has just begun, and is on its way to the store.
        Err(StoreError::NoSession(_)) if end == Offset(0) => Vec::new(),
        Err(error) => {
            tracing::error!(session_id = %session, %error, "older history cannot be read");
            Vec::new()
        }
    };
    Rebuilt {
        checkpoint,
        shelf: Shelf::stored(heads, terminal.size().cols),
        left,
        terminal,
    }
}

/// Returns the newest checkpoint that can be used, or an empty terminal at the beginning.
fn begin(
    store: &Store,
    session: SessionId,
    size: Size,
    end: Offset,
    options: TerminalOptions,
) -> Rebuild {
    let mut before = Some(end);
    while let Some((offset, data)) = newest(store, session, before) {
        match Terminal::restore(&data) {
            Ok(terminal) => return Rebuild::begin(offset, Some(terminal), size, options),
            Err(error) => {
                tracing::warn!(session_id = %session, offset = offset.0, %error, "a checkpoint cannot be used; an older one is tried");
            }
        }
        if offset == Offset(0) {
            break;
        }
        before = Some(Offset(offset.0 - 1));
    }
    Rebuild::begin(Offset(0), None, size, options)
}

fn newest(store: &Store, session: SessionId, before: Option<Offset>) -> Option<(Offset, Vec<u8>)> {
    match store.latest_checkpoint(session, before) {
        Ok(found) => found,
        // It has just begun, and is on its way to the store.
        Err(StoreError::NoSession(_)) if before == Some(Offset(0)) => None,
        Err(error) => {
            tracing::warn!(session_id = %session, %error, "checkpoints cannot be read");
            None
        }
    }
}
