//! What was closed, so that it comes back as it was: a pane into its tab, a tab whole, with its form, name and pin, a
//! window to where it stood.

use agor_proto::ids::SessionId;
use egui_tiles::LinearDir;

use super::document::{TabDocument, read_tab, tab_document};
use super::{Pane, Place, Spot, Workspace};

/// What can be opened again; the oldest is forgotten.
const CLOSED_MAX: usize = 32;

/// See the module.
#[derive(Debug)]
pub(super) enum Closed {
    /// One pane of several.
    Pane {
        /// Its tab, and the folder of its project, should the tab be gone.
        tab: u64,
        folder: String,
        /// Along which side it stood beside the others.
        direction: LinearDir,
        pane: Pane,
    },
    /// A tab.
    Tab {
        number: u64,
        folder: String,
        /// Its place in its project.
        at: usize,
        tab: TabDocument,
    },
    /// A tab's own window.
    Window { tab: u64, spot: Spot },
}

impl Workspace {
    /// Closes a pane, and its tab with the last.
    pub fn close(&mut self, place: Place) {
        let Some(project) = self.projects.get_mut(place.project) else {
            return;
        };
        let Some(tab) = project.tabs.get_mut(place.tab) else {
            return;
        };
        if tab.tiles.panes().nth(1).is_none() {
            return self.close_tab(place.project, place.tab);
        }
        let direction = tab.tiles.side_of(place.tile);
        let (number, folder) = (tab.number, project.folder.clone());
        if let Some(pane) = tab.tiles.close(place.tile) {
            self.remember(Closed::Pane {
                tab: number,
                folder,
                direction,
                pane,
            });
        }
    }

    /// Closes all panes of a tab.
    pub fn close_tab(&mut self, project: usize, tab: usize) {
        let Some(shown) = self.projects.get(project) else {
            return;
        };
        let Some(closed) = shown.tabs.get(tab) else {
            return;
        };
        self.remember(Closed::Tab {
            number: closed.number,
            folder: shown.folder.clone(),
            at: tab,
            tab: tab_document(closed),
        });
        self.remove_tab(project, tab);
    }

    /// Puts a tab whose window was closed back into the main one.
    pub fn close_window(&mut self, number: u64) {
        let place = self.tab_place(number);
        let spot = place.and_then(|(project, tab)| self.projects[project].tabs[tab].window);
        if let Some(spot) = spot {
            self.remember(Closed::Window { tab: number, spot });
        }
        self.attach(number);
    }

    fn remember(&mut self, closed: Closed) {
        if self.closed.len() == CLOSED_MAX {
            self.closed.remove(0);
        }
        self.closed.push(closed);
    }

    /// Opens again what was closed last, without sessions that are gone from the host or were opened elsewhere since;
    /// says whether anything was.
    pub fn reopen(&mut self, is_there: impl Fn(SessionId) -> bool) -> bool {
        while let Some(closed) = self.closed.pop() {
            let again = match closed {
                Closed::Pane {
                    tab,
                    folder,
                    direction,
                    pane,
                } => self.reopen_pane((tab, &folder), direction, pane, &is_there),
                Closed::Tab {
                    number,
                    folder,
                    at,
                    tab,
                } => self.reopen_tab(number, (&folder, at), tab, &is_there),
                Closed::Window { tab, spot } => self.reopen_window(tab, spot),
            };
            if again {
                return true;
            }
        }
        false
    }

    fn may_reopen(&self, pane: &Pane, is_there: &impl Fn(SessionId) -> bool) -> bool {
        let gone = pane.session().is_some_and(|session| !is_there(session));
        !gone && !self.panes().any(|(_, shown)| shown == *pane)
    }

    fn reopen_pane(
        &mut self,
        (tab, folder): (u64, &str),
        direction: LinearDir,
        pane: Pane,
        is_there: &impl Fn(SessionId) -> bool,
    ) -> bool {
        if !self.may_reopen(&pane, is_there) {
            return false;
        }
        match self.activate(tab) {
            true => self.split(folder, direction, pane),
            false => self.open_tab(folder, pane),
        }
        true
    }

    fn reopen_tab(
        &mut self,
        number: u64,
        (folder, at): (&str, usize),
        document: TabDocument,
        is_there: &impl Fn(SessionId) -> bool,
    ) -> bool {
        let document = document.keep(&|pane| self.may_reopen(pane, is_there));
        let new = self.next_tab + 1;
        let Some(tab) = read_tab(new, &document) else {
            return false;
        };
        self.next_tab = new;
        // What was closed of it before finds it again.
        for closed in &mut self.closed {
            if let Closed::Pane { tab, .. } | Closed::Window { tab, .. } = closed
                && *tab == number
            {
                *tab = new;
            }
        }
        let project = self.project_of(folder);
        let tabs = &mut self.projects[project];
        let pinned = tabs.pinned();
        let at = match tab.pinned {
            true => at.min(pinned),
            false => at.clamp(pinned, tabs.tabs.len()),
        };
        tabs.tabs.insert(at, tab);
        self.activate(new)
    }

    fn reopen_window(&mut self, number: u64, spot: Spot) -> bool {
        let Some((project, tab)) = self.tab_place(number) else {
            return false;
        };
        let tab = &mut self.projects[project].tabs[tab];
        if tab.window.is_some() {
            return false;
        }
        tab.window = Some(spot);
        self.activate(number)
    }
}
