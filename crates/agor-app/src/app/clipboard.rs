//! What programs put on the clipboard: the one that the person looks at at once, another when they allow it.

use agor_core::config::{CLIPBOARD_WRITE, ClipboardWrite, For, Value, Whose};
use agor_proto::ids::SessionId;
use egui::{Frame, Panel, Ui};

use super::App;
use crate::clipboard::{self, question_ui};
use crate::commands::Command;
use crate::link::Request;
use crate::link::snapshot::Copied;

impl App {
    /// Puts what programs copied on the clipboard, or asks the person.
    pub(super) fn take_clipboard(&mut self, context: &egui::Context) {
        let (copied, seen) = (self.snapshot.copied.clone(), self.copied_seen);
        for copied in copied.iter().filter(|it| it.number > seen) {
            match self.may_write(copied.session) {
                ClipboardWrite::Allow => self.put_on_clipboard(copied, context),
                // Only the program that the person looks at: another could wait for the moment before a paste.
                ClipboardWrite::Ask if self.is_looked_at(copied.session) => {
                    self.put_on_clipboard(copied, context);
                }
                ClipboardWrite::Ask => {
                    if !self.clipboard_questions.ask(copied.clone()) {
                        let text =
                            "Too many programs want to write the clipboard: one was refused.";
                        let next = Command::Settings;
                        self.link.request(Request::Advise(text.to_owned(), next));
                    }
                }
                ClipboardWrite::Refuse => {}
            }
        }
        if let Some(last) = copied.last() {
            self.copied_seen = self.copied_seen.max(last.number);
        }
        let snapshot = &self.snapshot;
        self.clipboard_questions
            .retain(|session| snapshot.session(session).is_some());
    }

    fn is_looked_at(&self, session: SessionId) -> bool {
        self.window_focused && self.workspace.focused_session() == Some(session)
    }

    /// Returns what the settings say of a session's program.
    fn may_write(&self, session: SessionId) -> ClipboardWrite {
        let layers = &self.settings.layers;
        let folder = self.snapshot.session(session).map(|info| &info.folder);
        let id = session.to_string();
        let of = For::Session {
            session: &id,
            folder: folder.map_or("", String::as_str),
        };
        let said = layers.text(CLIPBOARD_WRITE, of);
        said.and_then(ClipboardWrite::named).unwrap_or_default()
    }

    fn put_on_clipboard(&mut self, copied: &Copied, context: &egui::Context) {
        if copied.primary {
            self.primary.own(copied.text.to_string());
        } else {
            context.copy_text(copied.text.to_string());
        }
    }

    /// Answers the question that waits longest.
    pub(super) fn answer_clipboard(&mut self, answer: Command, context: &egui::Context) {
        let Some(copied) = self.clipboard_questions.take() else {
            return self.note("No program waits to write the clipboard.");
        };
        match answer {
            Command::ClipboardAllow => self.put_on_clipboard(&copied, context),
            Command::ClipboardAlways => {
                self.put_on_clipboard(&copied, context);
                for more in self.clipboard_questions.take_of(copied.session) {
                    self.put_on_clipboard(&more, context);
                }
                let info = self.snapshot.session(copied.session);
                self.link.request(Request::Say {
                    key: CLIPBOARD_WRITE,
                    of: Whose::Session {
                        session: copied.session.to_string(),
                        folder: info.map_or_else(String::new, |info| info.folder.clone()),
                    },
                    value: Some(Value::Text(ClipboardWrite::Allow.name().to_owned())),
                });
            }
            _ => {}
        }
        self.wake.now();
    }

    /// Draws the question that waits longest at the lower edge of what is left of `ui`.
    pub(super) fn clipboard_ui(&mut self, ui: &mut Ui) {
        let Some(copied) = self.clipboard_questions.first() else {
            return;
        };
        let info = self.snapshot.session(copied.session);
        let name = info.map_or("A program", |info| info.name.as_str());
        let words = clipboard::words(copied, name);
        let more = self.clipboard_questions.count() - 1;
        let keyboard = self.keyboard.borrow();
        let keymap = keyboard.router.keymap();
        let shown = Panel::bottom("clipboard question")
            .exact_size(clipboard::HEIGHT)
            .resizable(false)
            .show_separator_line(false)
            .frame(Frame::NONE)
            .show(ui, |ui| {
                question_ui(ui, (&words, more), keymap, &self.theme)
            });
        drop(keyboard);
        if let Some(command) = shown.inner {
            self.commands.push(command);
            self.wake.now();
        }
    }
}
