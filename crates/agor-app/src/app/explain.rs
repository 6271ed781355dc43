//! Why a session is in its state, and the way from a piece of evidence to its moment.

use agor_proto::ids::{LinePosition, SessionId};
use egui::Ui;

use super::{App, Moment, Overlay};
use crate::explain::{Explain, Outcome, age_lasts, explain_ui};
use crate::link::Request;
use crate::link::snapshot::Weight;
use crate::pane::selection::{Selection, Span, Unit};
use crate::text::now_millis;

impl App {
    /// Explains the focused session's state, or does so no more.
    pub(super) fn toggle_explain(&mut self) {
        self.overlay = match self.overlay.take() {
            Some(Overlay::Explain(_)) => None,
            _ => self
                .workspace
                .focused_session()
                .map(|session| Overlay::Explain(Explain::new(session))),
        };
    }

    /// Explains a session's state.
    pub(super) fn explain(&mut self, session: SessionId) {
        self.overlay = Some(Overlay::Explain(Explain::new(session)));
        self.wake.now();
    }

    /// Asks for the evidence of the session whose state is explained, and of no other.
    pub(super) fn follow_explained(&mut self) {
        let wanted = match &self.overlay {
            Some(Overlay::Explain(open)) => Some(open.session),
            _ => None,
        };
        if wanted != self.explained && self.link.request(Request::Explain(wanted)) {
            self.explained = wanted;
        }
    }

    /// Draws the list of evidence and does what was done in it.
    pub(super) fn show_explain(&mut self, ui: &mut Ui, mut open: Explain) {
        let Some(info) = self.snapshot.session(open.session) else {
            return self.wake.now();
        };
        let known = self.snapshot.explained.as_deref();
        let outcome = explain_ui(ui, &mut open, (info, known), &self.theme, now_millis());
        // What is shown grows older, though nobody tells anything.
        let lasts = known.and_then(|known| age_lasts(&known.pieces, now_millis()));
        if let Some(lasts) = lasts {
            self.wake.after(lasts);
        }
        match outcome {
            Outcome::Open => self.overlay = Some(Overlay::Explain(open)),
            Outcome::Closed => self.wake.now(),
            Outcome::GoTo(place) => {
                self.show_session(open.session);
                self.moment = place.map(|place| Moment {
                    session: open.session,
                    place,
                    found: None,
                });
                if place.is_none() {
                    let text =
                        "It was seen on a full-screen program, of whose screen nothing is kept.";
                    self.link.request(Request::Tell(Weight::Note, text.into()));
                }
                self.wake.now();
            }
        }
    }

    /// Scrolls the pane to the moment that was asked for, once it is drawn, and selects its line or lights what was
    /// found there.
    pub(super) fn go_to_moment(&mut self) {
        let Some(moment) = self.moment.take() else {
            return;
        };
        if self.workspace.focused_session() != Some(moment.session) {
            return;
        }
        let Some(pane) = self.focused_pane() else {
            self.moment = Some(moment);
            return;
        };
        pane.look_at(moment.place);
        match moment.found {
            Some(found) => {
                pane.selection = None;
                pane.finder.get_or_insert_default().show(&found);
            }
            None => pane.selection = Some(line(moment.place)),
        }
        self.wake.now();
    }
}

fn line(place: LinePosition) -> Selection {
    let at = Span {
        start: place,
        end: place,
    };
    Selection {
        anchor: at,
        head: at,
        unit: Unit::Line,
    }
}
