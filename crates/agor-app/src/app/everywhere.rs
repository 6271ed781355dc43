//! Finding a text in all sessions, and the way to the row in its pane.

use egui::Ui;

use super::{App, Moment, Overlay};
use crate::everywhere::{EverywherePage, Outcome, Shown, everywhere_ui};
use crate::link::Request;
use crate::text::now_millis;

impl App {
    /// Shows the page that finds a text in all sessions, with what was looked for there last; or what was shown
    /// before.
    pub(super) fn toggle_everywhere(&mut self) {
        let selected = self.selected_text();
        let selected = selected.filter(|text| !text.is_empty() && !text.contains('\n'));
        self.overlay = match self.overlay.take() {
            Some(Overlay::Everywhere(page)) => {
                self.leave_everywhere(page);
                None
            }
            _ => {
                let page = self.found_before.take().unwrap_or_default().again();
                Some(Overlay::Everywhere(Box::new(match selected {
                    Some(text) => page.with_text(text),
                    None => page,
                })))
            }
        };
    }

    /// Draws the page where panes are else.
    pub(super) fn everywhere_ui(&mut self, ui: &mut Ui, mut page: Box<EverywherePage>) {
        let outcome = everywhere_ui(ui, &mut page, &self.snapshot, &self.theme, now_millis());
        match outcome {
            Outcome::Open => {
                if let Some(wanted) = page.ask(&self.current_folder()) {
                    self.link.request(Request::Everywhere(wanted));
                    // What was found of another text goes with the next frame.
                    self.wake.now();
                }
                self.overlay = Some(Overlay::Everywhere(page));
            }
            Outcome::Closed => {
                self.leave_everywhere(page);
                self.wake.now();
            }
            Outcome::Show(shown) => {
                self.leave_everywhere(page);
                self.show_found(shown);
                self.wake.now();
            }
        }
    }

    /// Looks for nothing any more, and keeps what was looked for.
    fn leave_everywhere(&mut self, page: Box<EverywherePage>) {
        self.link.request(Request::Everywhere(None));
        self.found_before = Some(page);
    }

    fn show_found(&mut self, shown: Shown) {
        if self.snapshot.session(shown.session).is_none() {
            return self.note("That session is gone.");
        }
        self.show_session(shown.session);
        self.moment = Some(Moment {
            session: shown.session,
            place: shown.at,
            found: Some(shown),
        });
    }
}
