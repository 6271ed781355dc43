//! What a window shows where: projects, their tabs, the tiles of a tab and which pane has the
//! keyboard. Ids only; what the sessions are is the host's business.

pub mod arrange;
mod closed;
pub mod document;
pub mod tiles;
pub mod windows;

use std::collections::BTreeSet;

use agor_core::config::Whose;
use agor_proto::ids::{LinePosition, SessionId};
use egui_tiles::{LinearDir, TileId};
use serde::{Deserialize, Serialize};

use crate::pane::selection::Selection;
use crate::wall::Grouping;

use closed::Closed;
pub use tiles::{Direction, Pane, Tiles};
pub use windows::Spot;

/// See the module.
#[derive(Debug, Default)]
pub struct Workspace {
    /// The projects, in the order in which they are shown.
    pub projects: Vec<Project>,
    /// Which of them is shown.
    pub active: usize,
    /// The sidebar.
    pub sidebar: Sidebar,
    /// Whether the inspector is shown, where there is room.
    pub inspector: bool,
    /// What sessions stand together by on the wall.
    pub wall: Grouping,
    /// Groups and projects whose content the sidebar leaves out.
    pub folded: BTreeSet<Whose>,
    /// How it looks, as far as the person has chosen.
    pub look: Look,
    /// Where panes look back, and what is selected in them.
    pub views: Vec<View>,
    closed: Vec<Closed>,
    next_tab: u64,
    /// The tab that had the keyboard last in the main window.
    main: u64,
}

/// The sidebar.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sidebar {
    /// Whether it is shown.
    pub shown: bool,
    /// Its width in points.
    pub width: f32,
}

impl Default for Sidebar {
    fn default() -> Self {
        Self {
            shown: true,
            width: 240.0,
        }
    }
}

/// What a person chose of a window's looks.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Look {
    /// The theme.
    pub theme: Option<ChosenTheme>,
    /// Points of the terminal's text.
    pub font_size: Option<f32>,
    /// How large all else is, in percent.
    pub scale_percent: Option<f32>,
}

/// Where a pane looks back, and what is selected in it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct View {
    /// The session.
    pub session: SessionId,
    /// The first row that is shown, unless it is the living screen's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub top: Option<LinePosition>,
    /// What is selected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub selection: Option<Selection>,
}

/// A theme that a person chose in a window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChosenTheme {
    /// Its name.
    pub id: String,
    /// What the settings said then, empty for nothing: once they say something else, that is the newer
    /// wish. `None` if it is not known.
    pub over: Option<String>,
}

/// A folder and its tabs.
#[derive(Debug)]
pub struct Project {
    /// The folder.
    pub folder: String,
    /// Its tabs.
    pub tabs: Vec<Tab>,
    /// Which of them is shown.
    pub active: usize,
}

/// A tab.
#[derive(Debug)]
pub struct Tab {
    /// Its number, unique in the window.
    pub number: u64,
    /// Its panes.
    pub tiles: Tiles,
    /// Its name, if a person gave it one.
    pub name: Option<String>,
    /// Whether it stays at the left and is not closed by accident.
    pub pinned: bool,
    /// Where its own window is, if it is not in the main one.
    pub window: Option<Spot>,
}

/// Where a pane is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The project, by its place.
    pub project: usize,
    /// The tab within the project.
    pub tab: usize,
    /// The tile within the tab.
    pub tile: TileId,
}

impl Workspace {
    /// Returns the project that is shown.
    #[must_use]
    pub fn project(&self) -> Option<&Project> {
        self.projects.get(self.active)
    }

    /// Returns the tab that is shown.
    #[must_use]
    pub fn tab(&self) -> Option<&Tab> {
        let project = self.project()?;
        project.tabs.get(project.active)
    }

    /// Returns the tab that is shown.
    pub fn tab_mut(&mut self) -> Option<&mut Tab> {
        let project = self.projects.get_mut(self.active)?;
        project.tabs.get_mut(project.active)
    }

    /// Returns the session of the pane that has the keyboard.
    #[must_use]
    pub fn focused_session(&self) -> Option<SessionId> {
        self.tab()?.tiles.focused_session()
    }

    /// Returns every pane, with its place.
    pub fn panes(&self) -> impl Iterator<Item = (Place, Pane)> {
        self.projects
            .iter()
            .enumerate()
            .flat_map(|(project, Project { tabs, .. })| {
                tabs.iter().enumerate().flat_map(move |(tab, shown)| {
                    let place = move |(tile, pane)| (Place { project, tab, tile }, pane);
                    shown.tiles.panes().map(place)
                })
            })
    }

    /// Returns every session that is shown.
    pub fn sessions(&self) -> impl Iterator<Item = SessionId> {
        self.panes().filter_map(|(_, pane)| pane.session())
    }

    /// Returns the pane at a place.
    #[must_use]
    pub fn pane(&self, place: Place) -> Option<Pane> {
        let tab = self.projects.get(place.project)?.tabs.get(place.tab)?;
        tab.tiles.tree.tiles.get_pane(&place.tile).cloned()
    }

    /// Returns where a session is shown.
    #[must_use]
    pub fn place_of(&self, session: SessionId) -> Option<Place> {
        let mut panes = self.panes();
        panes
            .find(|(_, pane)| pane.session() == Some(session))
            .map(|(place, _)| place)
    }

    /// Returns the place of a folder's project among the projects, adding it if need be.
    pub fn project_of(&mut self, folder: &str) -> usize {
        let known = self
            .projects
            .iter()
            .position(|project| project.folder == folder);
        known.unwrap_or_else(|| {
            self.projects.push(Project {
                folder: folder.into(),
                tabs: Vec::new(),
                active: 0,
            });
            self.projects.len() - 1
        })
    }

    /// Shows a pane in a new tab of a folder's project.
    pub fn open_tab(&mut self, folder: &str, pane: impl Into<Pane>) {
        let at = self.project_of(folder);
        self.next_tab += 1;
        let number = self.next_tab;
        self.active = at;
        let project = &mut self.projects[at];
        let after = if project.tabs.is_empty() {
            0
        } else {
            (project.active + 1).max(project.pinned())
        };
        let tab = Tab::new(number, Tiles::new(number, pane.into()));
        project.tabs.insert(after, tab);
        project.active = after;
    }

    /// Moves the focused pane to the next tab of the project, or to the one before, and shows it there;
    /// says whether there is another.
    pub fn move_to_tab(&mut self, by: isize) -> bool {
        let Some(place) = self.focused_place() else {
            return false;
        };
        let tabs = self.projects[place.project].tabs.len();
        let to = stepped(place.tab, by, tabs);
        if to == place.tab {
            return false;
        }
        let number = self.projects[place.project].tabs[to].number;
        let Some(pane) = self.take(place) else {
            return false;
        };
        let project = &mut self.projects[place.project];
        if let Some(to) = project.tabs.iter().position(|tab| tab.number == number) {
            project.active = to;
            project.tabs[to].tiles.split(LinearDir::Horizontal, pane);
        }
        true
    }

    /// Moves the focused pane to a new tab; says whether it was one of several.
    pub fn break_out(&mut self) -> bool {
        let several = self
            .tab()
            .is_some_and(|tab| tab.tiles.panes().nth(1).is_some());
        let Some(place) = self.focused_place().filter(|_| several) else {
            return false;
        };
        let folder = self.projects[place.project].folder.clone();
        match self.take(place) {
            Some(pane) => self.open_tab(&folder, pane),
            None => return false,
        }
        true
    }

    /// Takes a pane out of its tab, and the tab away with its last.
    pub fn take(&mut self, place: Place) -> Option<Pane> {
        let project = self.projects.get_mut(place.project)?;
        let tab = project.tabs.get_mut(place.tab)?;
        let pane = tab.tiles.close(place.tile)?;
        if tab.tiles.is_empty() {
            self.remove_tab(place.project, place.tab);
        }
        Some(pane)
    }

    /// Pins the tab that is shown, so that it stands at the left, or lets it go.
    pub fn toggle_pin(&mut self) {
        let Some(project) = self.projects.get_mut(self.active) else {
            return;
        };
        if project.active >= project.tabs.len() {
            return;
        }
        let mut tab = project.tabs.remove(project.active);
        tab.pinned = !tab.pinned;
        // Before the first that is not pinned: the last of the pinned, or the first of the others.
        let at = project.pinned();
        project.tabs.insert(at, tab);
        project.active = at;
    }

    /// Shows a pane beside the focused one, or in a new tab where there is none.
    pub fn split(&mut self, folder: &str, direction: LinearDir, pane: impl Into<Pane>) {
        match self.tab_mut() {
            Some(tab) => tab.tiles.split(direction, pane.into()),
            None => self.open_tab(folder, pane),
        }
    }

    /// Gives the keyboard to a pane and shows its tab.
    pub fn focus(&mut self, place: Place) {
        self.active = place.project;
        if let Some(project) = self.projects.get_mut(place.project) {
            project.active = place.tab;
        }
        if let Some(tab) = self.tab_mut() {
            tab.tiles.focus(place.tile);
        }
    }

    /// Shows a session: where it is shown already, else in a new tab.
    pub fn show(&mut self, folder: &str, session: SessionId) {
        match self.place_of(session) {
            Some(place) => self.focus(place),
            None => self.open_tab(folder, session),
        }
    }

    /// Closes the pane that has the keyboard.
    pub fn close_focused(&mut self) {
        if let Some(place) = self.focused_place() {
            self.close(place);
        }
    }

    /// Returns where the pane is that has the keyboard.
    #[must_use]
    pub fn focused_place(&self) -> Option<Place> {
        let project = self.project()?;
        let tile = project.tabs.get(project.active)?.tiles.focused()?;
        Some(Place {
            project: self.active,
            tab: project.active,
            tile,
        })
    }

    /// Shows another tab of the project, counted from the one that is shown, around the end.
    pub fn step_tab(&mut self, by: isize) {
        if let Some(project) = self.projects.get_mut(self.active) {
            project.active = stepped(project.active, by, project.tabs.len());
        }
    }

    /// Shows a tab of the project by its place; one beyond the last shows the last.
    pub fn go_to_tab(&mut self, tab: usize) {
        if let Some(project) = self.projects.get_mut(self.active) {
            project.active = tab.min(project.tabs.len().saturating_sub(1));
        }
    }

    /// Shows another project, counted from the one that is shown through their `order`.
    pub fn step_project(&mut self, by: isize, order: &[&str]) {
        let shown = self.project().map(|project| project.folder.as_str());
        let at = order.iter().position(|folder| Some(*folder) == shown);
        let to = order.get(stepped(at.unwrap_or(0), by, order.len()));
        let place = to.and_then(|to| self.projects.iter().position(|it| it.folder == **to));
        self.active = place.unwrap_or(self.active);
    }

    /// Moves the tabs of each project to the one whose folder `project_of` names, behind those that it has.
    pub fn gather(&mut self, project_of: impl Fn(&str) -> String) {
        let shown = self.tab().map(|tab| tab.number);
        for at in 0..self.projects.len() {
            let owner = project_of(&self.projects[at].folder);
            if owner == self.projects[at].folder {
                continue;
            }
            let tabs = std::mem::take(&mut self.projects[at].tabs);
            let to = self.project_of(&owner);
            self.projects[to].tabs.extend(tabs);
            self.projects[to].tabs.sort_by_key(|tab| !tab.pinned);
        }
        self.projects.retain(|project| !project.tabs.is_empty());
        let last = self.projects.len().saturating_sub(1);
        self.active = self.active.min(last);
        if let Some(shown) = shown {
            self.activate(shown);
        }
    }

    /// Leaves the content of a group or project out of the sidebar, or shows it again.
    pub fn toggle_fold(&mut self, of: Whose) {
        if !self.folded.remove(&of) {
            self.folded.insert(of);
        }
    }

    /// Drops panes whose sessions are gone from the host.
    pub fn retain(&mut self, is_there: impl Fn(SessionId) -> bool) {
        let gone: Vec<_> = self.sessions().filter(|it| !is_there(*it)).collect();
        for session in gone {
            // Places move as panes go.
            while let Some(place) = self.place_of(session) {
                self.take(place);
            }
        }
    }

    fn remove_tab(&mut self, at: usize, tab: usize) {
        let project = &mut self.projects[at];
        project.tabs.remove(tab);
        if project.active > tab || project.active == project.tabs.len() {
            project.active = project.active.saturating_sub(1);
        }
        if project.tabs.is_empty() {
            self.projects.remove(at);
            if self.active > at || self.active == self.projects.len() {
                self.active = self.active.saturating_sub(1);
            }
        }
    }
}

impl Project {
    /// Returns how many tabs are pinned; they are the first.
    #[must_use]
    pub fn pinned(&self) -> usize {
        self.tabs.iter().take_while(|tab| tab.pinned).count()
    }
}

impl Tab {
    fn new(number: u64, tiles: Tiles) -> Self {
        Self {
            number,
            tiles,
            name: None,
            pinned: false,
            window: None,
        }
    }
}

fn stepped(at: usize, by: isize, len: usize) -> usize {
    let len = isize::try_from(len).unwrap_or(isize::MAX);
    let at = isize::try_from(at).unwrap_or(0);
    usize::try_from((at + by).rem_euclid(len.max(1))).unwrap_or(0)
}

#[cfg(test)]
mod tests;
