//! Finding a text in all sessions, as a page, and the way from there to the row in its pane.

use egui::{Painter, Pos2, Stroke, Ui, Vec2};

use super::{After, App, Page};
use crate::app::Moment;
use crate::commands::context::{self, Chain};
use crate::everywhere::{EverywherePage, Outcome, Shown, everywhere_ui};
use crate::link::Request;
use crate::text::now_millis;

/// Opens it with what was looked for there last, or with what is selected.
pub(super) fn open(app: &mut App) -> Box<dyn Page> {
    let selected = app.selected_text();
    let selected = selected.filter(|text| !text.is_empty() && !text.contains('\n'));
    let page = app.found_before.take().unwrap_or_default().again();
    Box::new(match selected {
        Some(text) => page.with_text(text),
        None => page,
    })
}

/// A glass.
pub(super) fn sign(painter: &Painter, center: Pos2, stroke: Stroke) {
    let glass = center - Vec2::splat(1.25);
    painter.circle_stroke(glass, 3.5, stroke);
    painter.line_segment(
        [glass + Vec2::splat(2.5), center + Vec2::splat(5.0)],
        stroke,
    );
}

impl Page for EverywherePage {
    fn contexts(&self) -> Chain {
        context::FIND
    }

    fn page_ui(&mut self, app: &mut App, ui: &mut Ui) -> After {
        match everywhere_ui(ui, self, &app.snapshot, &app.theme, now_millis()) {
            Outcome::Open => {
                if let Some(wanted) = self.ask(&app.current_folder()) {
                    app.link.request(Request::Everywhere(wanted));
                    // What was found of another text goes with the next frame.
                    app.wake.now();
                }
                After::Stays
            }
            Outcome::Closed => After::Closes,
            Outcome::Show(shown) => {
                app.show_found(shown);
                After::Done
            }
        }
    }

    fn focus(&mut self) {
        self.ask_for_keyboard();
    }

    /// Looks for nothing any more, and keeps what was looked for.
    fn close(self: Box<Self>, app: &mut App) {
        app.link.request(Request::Everywhere(None));
        app.found_before = Some(self);
    }

    fn draft(&self, _app: &App) -> Option<String> {
        Some(self.text().to_owned())
    }

    fn restore(&mut self, draft: &str) {
        *self = std::mem::take(self).with_text(draft.to_owned());
    }
}

impl App {
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
