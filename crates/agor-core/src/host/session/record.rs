//! What follows from a session's output records: events, answers of the terminal, its end.

use std::sync::Arc;
use std::time::Duration;

use agor_keeper::Request;
use agor_proto::event::EventBody;
use agor_proto::ids::Offset;
use agor_proto::limits::{CHECKPOINT_BYTES, FOLDER_MAX, HISTORY_BYTES_MAX, SESSION_HISTORY_MAX};
use agor_proto::message::{Clipboard, ClipboardKind};
use agor_proto::record::{self, RawRecord, RecordBody};
use agor_proto::row::MarkKind;
use agor_proto::session::Life;
use agor_term::{Effect as Asked, LeftPage};

use super::{Effect, Now, Session, When, agent};
use crate::agents::{Moment, Observation};
use crate::images::SessionFiles;

/// How long after a program's end its last output may come: the keeper tells the end at once, also
/// while a full ring holds output back, and something that the program started may keep its
/// terminal open for ever.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// Between two checkpoints of a session that floods.
const CHECKPOINT_REST: Duration = Duration::from_secs(1);

/// Output after which there is a checkpoint all the same.
const CHECKPOINT_FAR: u64 = 64 * CHECKPOINT_BYTES;

impl Session {
    /// Folds records that begin at `from` and does what follows.
    pub(super) fn on_records(
        &mut self,
        from: Offset,
        bytes: &[u8],
        now: Now,
        effects: &mut Vec<Effect>,
    ) {
        if from != self.fold.offset() {
            // A second reading of what was folded: nothing new.
            return;
        }
        if from == Offset(0) && self.fold.terminal().is_none() {
            self.fold.begin(self.size);
        }
        let (mut exited, mut printed, mut images) = (false, None, Vec::new());
        let kept = self.launcher.images().cloned();
        let mut files = SessionFiles {
            store: kept.as_ref(),
            session: self.id,
            private: self.spec.private,
            live: true,
            leader: self.pid.filter(|_| self.life.alive()),
        };
        for record in record::records(bytes, from) {
            let Ok(record) = record else {
                tracing::error!(session_id = %self.id, offset = self.fold.offset().0, "a damaged record came through the ring");
                break;
            };
            if matches!(record.kind, RawRecord::OUT | RawRecord::ERR) {
                printed = Some(record);
            }
            let want_text = self.waits.want_text();
            let mut folded = self.fold.fold(record, want_text, &mut files);
            images.extend(folded.effects.extract_if(.., is_image));
            self.waits.look(&folded.lines, effects);
            self.answer(record, folded.effects, now, effects);
            exited |= self.on_control(record, now);
        }
        let to = self.fold.offset();
        let taken = (to.0 - from.0) as usize;
        self.journal.record(from, to, &bytes[..taken]);
        self.shelve(Vec::new());
        self.keep_images(images, effects);
        self.checkpoint_if_due(to, now, effects);
        self.active_millis = now.unix_millis;
        self.listing_changed = true;
        self.agent.caught_up();
        if let Some(printed) = printed {
            self.observe(Observation::Output, self.moment_of(printed), now);
            self.look_after(now);
            self.look_at_terminal(When::Printed, now);
        }
        self.waits.active(now.instant);
        self.screens.changed(&self.fold, now.instant);
        if exited {
            if self.commands.has_input() {
                let (session, source) = (self.key, self.launcher.source());
                effects.push(Effect::Keeper(Request::AskInput { session, source }));
            }
            self.end_due = Some(now.instant + LAST_WORDS);
        }
        if self.closed && self.end_due.is_some() {
            self.screens.pump(&self.fold, now.instant, effects);
            self.tell_end(effects);
        }
    }

    /// Gives the program what its terminal answers, and keeps what it asked of the person.
    fn answer(
        &mut self,
        record: RawRecord<'_>,
        asked: Vec<Asked>,
        now: Now,
        effects: &mut Vec<Effect>,
    ) {
        let (mut ordinal, mut copied) = (0, 0);
        let micros = record.unix_micros;
        for asked in asked {
            match asked {
                Asked::Reply(bytes) => {
                    ordinal += 1;
                    effects.push(Effect::Keeper(Request::Reply {
                        session: self.key,
                        offset: record.offset.0,
                        ordinal,
                        bytes,
                    }));
                }
                Asked::Bell => {
                    if self.manners.bell.allows(micros) {
                        self.event(EventBody::Bell, now);
                    }
                }
                Asked::Title(title) => {
                    if self.manners.title.allows(micros) {
                        self.event(
                            EventBody::Titled {
                                title: title.clone(),
                            },
                            now,
                        );
                    }
                    self.title = title;
                    self.titled_millis = micros / 1_000;
                    self.listing_changed = true;
                    self.observe_title(self.moment_of(record), now);
                }
                Asked::Cwd { host, path } => {
                    let here = host.is_none_or(|host| self.launcher.is_this_host(&host));
                    if here && path != self.cwd && path.len() <= FOLDER_MAX {
                        self.cwd.clone_from(&path);
                        if self.manners.folder.allows(micros) {
                            self.event(EventBody::Folder { path }, now);
                        }
                        self.listing_changed = true;
                        self.store_row();
                    }
                }
                Asked::Notification { title, body } => {
                    if self.manners.notification.allows(micros) {
                        self.event(EventBody::Notified { title, body }, now);
                    }
                }
                Asked::ClipboardWrite { kind, text } => {
                    copied += 1;
                    if self.manners.clipboard.allows(micros) {
                        let size_bytes = text.len() as u64;
                        self.event(EventBody::ClipboardWritten { size_bytes }, now);
                    }
                    self.clipboards.put(Clipboard {
                        session: self.id,
                        offset: record.offset,
                        ordinal: copied,
                        kind: match kind {
                            agor_term::ClipboardKind::Clipboard => ClipboardKind::Clipboard,
                            agor_term::ClipboardKind::Primary => ClipboardKind::Primary,
                        },
                        text,
                    });
                }
                Asked::Mark { kind, at } => {
                    if self.manners.mark.allows(micros) {
                        self.event(EventBody::Marked { at, mark: kind }, now);
                    }
                    self.look_at_terminal(When::Soon, now);
                    match kind {
                        MarkKind::Prompt => {
                            self.observe(Observation::Prompted, self.moment_of(record), now);
                        }
                        MarkKind::Output => {
                            self.observe(Observation::CommandBegan, self.moment_of(record), now);
                        }
                        _ => {}
                    }
                }
                Asked::ProgramStatus(body) => {
                    self.look_at_terminal(When::Soon, now);
                    self.observe_status(&body, self.moment_of(record), now);
                }
                Asked::Progress(progress) => {
                    self.observe_progress(progress, self.moment_of(record), now)
                }
                Asked::Reset => self.observe(Observation::Reset, self.moment_of(record), now),
                // Kept before: see `keep_images`.
                Asked::Palette | Asked::Image(_) => {}
                // Only a terminal for test suites asks it; a session has the size of its driver.
                Asked::ResizeRequest { .. } => {}
            }
        }
    }

    /// Follows a record that is not output; says whether the program ended.
    fn on_control(&mut self, record: RawRecord<'_>, now: Now) -> bool {
        if matches!(record.kind, RawRecord::OUT | RawRecord::ERR) {
            return false;
        }
        match record.to_record().map(|record| record.body) {
            Ok(RecordBody::Started { pid, size }) => {
                self.life = Life::Running;
                self.pid = Some(pid);
                self.size = size;
                self.event(EventBody::Started { pid, size }, now);
                self.observe_start(self.moment_of(record), now);
                self.look_at_terminal(When::Soon, now);
                self.store_session();
            }
            Ok(RecordBody::Resized(size)) if size != self.size => {
                self.size = size;
                self.event(EventBody::Resized { size }, now);
                self.store_session();
            }
            Ok(RecordBody::Exited { code, signal }) => {
                self.life = Life::Exited { code, signal };
                self.pid = None;
                self.event(EventBody::Exited { code, signal }, now);
                let reason = agent::ending(code, signal);
                // One that was killed before it had begun was asked to end then.
                let failed = agent::is_failure(code, signal) && !self.killing;
                let ended = Observation::Ended { reason, failed };
                self.observe(ended, self.moment_of(record), now);
                if code > 0 {
                    self.on_failed_agent();
                }
                self.store_session();
                return true;
            }
            Ok(RecordBody::Closed) => self.closed = true,
            _ => {}
        }
        false
    }

    /// Keeps what the images are made from that came.
    fn keep_images(&mut self, images: Vec<Asked>, effects: &mut Vec<Effect>) {
        let Some(terminal) = self.fold.terminal().filter(|_| !images.is_empty()) else {
            return;
        };
        let sources = images.into_iter().filter_map(|asked| match asked {
            Asked::Image(source) => Some(source),
            _ => None,
        });
        effects.push(Effect::KeepImages {
            sources: sources.collect(),
            live: terminal.image_hashes(),
        });
    }

    /// Takes in pages that left the terminal, these first, and tells it what stands above it.
    pub(super) fn shelve(&mut self, mut left: Vec<LeftPage>) {
        let on_disk = self.fold.options().rows_on_disk();
        let Some(terminal) = self.fold.terminal_mut() else {
            return;
        };
        left.extend(terminal.take_pages());
        let (cols, numbers) = (terminal.size().cols, terminal.pages_left());
        let is_same = self.shelf.is_within(&numbers) && !self.shelf.is_of_other_width(cols);
        if left.is_empty() && is_same && terminal.history_above() == self.shelf.rows() {
            return;
        }
        let shelf = Arc::make_mut(&mut self.shelf);
        if shelf.is_of_other_width(cols) {
            shelf.fit(cols);
        }
        for page in left {
            if shelf.put(page.clone()) {
                self.journal.page(page);
            }
        }
        let bytes = match self.spec.private {
            true => HISTORY_BYTES_MAX as u64,
            false => SESSION_HISTORY_MAX,
        };
        // Both, whatever the first did.
        if shelf.keep(&numbers) | shelf.bound(on_disk, bytes) {
            let first = shelf.first().unwrap_or(numbers.end);
            self.journal.keep_pages(first..numbers.end);
        }
        terminal.set_above(shelf.rows(), shelf.first_line());
    }

    /// A checkpoint holds the history that is in memory, so a flood makes one a second rather than one for
    /// each of its megabytes: folding what came since takes less time than that.
    fn checkpoint_if_due(&mut self, at: Offset, now: Now, effects: &mut Vec<Effect>) {
        let since_bytes = at.0 - self.checkpoint_at.0;
        let rested = self
            .checkpointed
            .is_none_or(|last| now.instant >= last + CHECKPOINT_REST);
        let due = since_bytes >= CHECKPOINT_BYTES && (rested || since_bytes >= CHECKPOINT_FAR);
        if self.spec.private || !due {
            return;
        }
        self.checkpointed = Some(now.instant);
        if let Some(terminal) = self.fold.terminal() {
            let before = std::mem::replace(&mut self.checkpoint_at, at);
            let images = terminal.image_hashes();
            if images.is_empty() {
                self.journal.checkpoint(at, terminal.checkpoint());
            } else {
                // On disk before the checkpoint is, which names them.
                self.checkpoint = Some((at, terminal.checkpoint(), before));
            }
            effects.push(Effect::StoreImages(images));
        }
    }

    /// Keeps the checkpoint that has waited for its images. Without them it is put off: the output that
    /// has them is folded again until there is room.
    pub(super) fn on_images_stored(&mut self, stored: bool) {
        match self.checkpoint.take() {
            Some((at, data, _)) if stored => self.journal.checkpoint(at, data),
            Some((_, _, before)) => self.checkpoint_at = before,
            None => {}
        }
    }
}

fn is_image(asked: &mut Asked) -> bool {
    matches!(asked, Asked::Image(_))
}

impl Session {
    /// Returns when and where a record was made that was folded last.
    fn moment_of(&self, record: RawRecord<'_>) -> Moment {
        Moment {
            at_millis: record.unix_micros / 1_000,
            offset: record.end,
            place: self.cursor_place(),
        }
    }
}
