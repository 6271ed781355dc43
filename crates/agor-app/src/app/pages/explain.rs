//! Why a session is in its state, as a page: beside terminals it goes with the one that has the keyboard.

use egui::{Painter, Pos2, Stroke, Ui};

use super::{After, App, Page, Wants};
use crate::app::Moment;
use crate::explain::{Explain, Outcome, age_lasts, explain_ui};
use crate::link::Request;
use crate::link::snapshot::Weight;
use crate::text::now_millis;

pub(super) fn open(app: &mut App) -> Box<dyn Page> {
    let mut page = Explain::default();
    page.follow(app.session_in_view());
    Box::new(page)
}

/// Lines of which one leads to the next.
pub(super) fn sign(painter: &Painter, center: Pos2, stroke: Stroke) {
    for (y, left) in [(-4.0, -5.0), (0.0, -2.0), (4.0, 1.0)] {
        let y = center.y + y;
        painter.hline(center.x + left..=center.x + 5.0, y, stroke);
        painter.circle_stroke(Pos2::new(center.x + left - 0.5, y), 0.5, stroke);
    }
}

impl Page for Explain {
    fn page_ui(&mut self, app: &mut App, ui: &mut Ui) -> After {
        self.follow(app.session_in_view());
        let info = self.session().and_then(|it| app.snapshot.session(it));
        let known = app.snapshot.explained.as_deref();
        let outcome = explain_ui(ui, self, (info, known), &app.theme, now_millis());
        // What is shown grows older, though nobody tells anything.
        let lasts = known.and_then(|known| age_lasts(&known.pieces, now_millis()));
        if let Some(lasts) = lasts {
            app.wake.after(lasts);
        }
        let (place, offset, session) = match (outcome, self.session()) {
            (Outcome::Closed, _) => return After::Closes,
            (Outcome::Open, _) | (_, None) => return After::Stays,
            (Outcome::GoTo(place, offset), Some(session)) => (place, offset, session),
        };
        app.show_session(session);
        app.moment = place.map(|place| Moment {
            session,
            place,
            found: None,
        });
        if place.is_none() {
            let text = format!(
                "Nothing of it is in the pane's text any more. \
                 `agor screen {session} --at {offset}` prints what it showed then.",
                offset = offset.0
            );
            app.link.request(Request::Tell(Weight::Note, text));
        }
        After::Done
    }

    fn wants(&self) -> Wants {
        Wants {
            explained: self.session(),
            ..Wants::default()
        }
    }
}
