//! Which fields have drafts, and where these go when a field is opened again.

use agor_proto::ids::SessionId;

use super::{App, Overlay, Purpose};
use crate::drafts::{Drafts, Field};
use crate::link::Request;
use crate::palette::Scope;

impl App {
    /// Takes what was stored of fields, for sessions that are there.
    pub(super) fn take_drafts(&mut self) {
        let Some(json) = self.snapshot.drafts.clone() else {
            return;
        };
        self.drafts = Drafts::from_json(&json);
        let snapshot = &self.snapshot;
        self.drafts
            .retain(|session| snapshot.session(session).is_some());
        if !self.drafts.is_empty() {
            self.note(
                "What you had typed is kept: it stands in its field when you open that again.",
            );
        }
    }

    /// Stores what stands in the fields that are open, if it has changed.
    pub(super) fn note_drafts(&mut self) {
        if !self.begun || !matches!(self.purpose, Purpose::Workspace { .. }) {
            return;
        }
        let open = self.open_fields();
        if self.drafts.take(open) {
            self.link
                .request(Request::StoreDrafts(self.drafts.to_json()));
        }
    }

    fn open_fields(&self) -> Vec<(Field, String)> {
        let mut open = Vec::new();
        match &self.overlay {
            Some(Overlay::Palette(palette)) if palette.scope() == Scope::Prompt => {
                let (_, text) = palette.sought();
                if !self.keeps_nothing_of(&self.starting_folder()) {
                    open.push((Field::Prompt, text.to_owned()));
                }
            }
            // It goes on to be asked once that is chosen.
            Some(Overlay::Palette(palette)) if matches!(palette.scope(), Scope::Of(_)) => {
                let starting = self.starting.as_ref();
                if let Some(starting) =
                    starting.filter(|_| !self.keeps_nothing_of(&self.starting_folder()))
                {
                    open.push((Field::Prompt, starting.words.clone()));
                }
            }
            _ => {}
        }
        open.extend(self.page_drafts());
        for (place, pane) in self.workspace.panes() {
            let Some(session) = pane.session() else {
                continue;
            };
            let tab = &self.workspace.projects[place.project].tabs[place.tab];
            let state = self.panes.get(&(tab.number, place.tile));
            let finder = state.and_then(|state| state.finder.as_ref());
            if let Some(finder) = finder.filter(|it| !it.text.is_empty())
                && !self.is_private(session)
            {
                open.push((Field::Find(session), finder.text.clone()));
            }
        }
        open
    }

    /// Returns the folder of the agent that was chosen: with an earlier conversation it may be another project's.
    fn starting_folder(&self) -> String {
        let starting = self.starting.as_ref();
        starting.map_or_else(|| self.current_folder(), |it| it.folder.clone())
    }

    /// Says whether nothing of a session is kept.
    pub(super) fn is_private(&self, session: SessionId) -> bool {
        let info = self.snapshot.session(session);
        info.is_some_and(|info| info.private)
    }

    /// Says whether nothing of a folder's new sessions is kept.
    pub(super) fn keeps_nothing_of(&self, folder: &str) -> bool {
        self.settings.layers.yes("private", Some(folder))
    }

    /// Returns what was typed into a field and not sent.
    pub(super) fn draft_of(&self, field: &Field) -> Option<String> {
        self.drafts.of(field).map(str::to_owned)
    }
}
