//! Asking why a session is in its state, and the way from a piece of evidence to its moment.

use agor_proto::ids::{LinePosition, SessionId};

use super::App;
use super::pages::Open;
use crate::commands::Command;
use crate::explain::Explain;
use crate::link::Request;
use crate::pane::selection::{Selection, Span, Unit};

impl App {
    /// Explains a session's state.
    pub(super) fn explain(&mut self, session: SessionId) {
        self.open_page(Open::with(Command::Explain, Explain::of(session)));
        self.wake.now();
    }

    /// Returns the session that has the keyboard, or where a page has it the first beside that.
    pub(super) fn session_in_view(&self) -> Option<SessionId> {
        let tab = self.workspace.tab()?;
        let focused = tab.tiles.focused_session();
        focused.or_else(|| tab.tiles.panes().find_map(|(_, pane)| pane.session()))
    }

    /// Asks for the evidence of the session whose state is explained, and of no other.
    pub(super) fn follow_explained(&mut self, wanted: Option<SessionId>) {
        if wanted != self.explained && self.link.request(Request::Explain(wanted)) {
            self.explained = wanted;
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
