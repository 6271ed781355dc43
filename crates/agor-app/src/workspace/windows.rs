//! Tabs that have a window of their own. Each stays a tab of its project, so that everything that is done to
//! tabs and panes is done to it too; only where it is drawn differs.

use serde::{Deserialize, Serialize};

use super::{Tab, Workspace};

/// Where a tab's own window is on the desktop, in points.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Spot {
    /// Its left upper corner, where the desktop says it: Wayland does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<[f32; 2]>,
    /// Width and height of what is in it.
    pub size: [f32; 2],
}

impl Default for Spot {
    fn default() -> Self {
        Self {
            position: None,
            size: [960.0, 640.0],
        }
    }
}

impl Spot {
    /// Returns it, unless no window can be there: a document can be damaged.
    #[must_use]
    pub fn sane(self) -> Option<Self> {
        let fits = |side: &f32| (100.0..=20_000.0).contains(side);
        let is_near = |at: &f32| (-50_000.0..=50_000.0).contains(at);
        let position = self.position.filter(|at| at.iter().all(is_near));
        let sane = self.size.iter().all(fits);
        sane.then_some(Self { position, ..self })
    }
}

impl Workspace {
    /// Gives the focused pane a window of its own: its tab, or a new one if it is one of several in its tab.
    /// Says whether it has one now that it had not.
    pub fn detach(&mut self) -> bool {
        if self.tab().is_none_or(|tab| tab.window.is_some()) {
            return false;
        }
        // One that is alone in its tab takes it with it.
        self.break_out();
        let Some(tab) = self.tab_mut() else {
            return false;
        };
        tab.window = Some(Spot::default());
        true
    }

    /// Puts a tab that has a window of its own back into the main window.
    pub fn attach(&mut self, number: u64) {
        if let Some((project, tab)) = self.tab_place(number) {
            self.projects[project].tabs[tab].window = None;
        }
    }

    /// Notes where the window of a tab is.
    pub fn put_window(&mut self, number: u64, spot: Spot) {
        if let Some((project, tab)) = self.tab_place(number)
            && let Some(window) = &mut self.projects[project].tabs[tab].window
        {
            *window = spot;
        }
    }

    /// Returns the tabs that have windows of their own.
    pub fn apart(&self) -> impl Iterator<Item = &Tab> {
        let tabs = self.projects.iter().flat_map(|project| &project.tabs);
        tabs.filter(|tab| tab.window.is_some())
    }

    /// Returns the places of a tab's project and of the tab in it.
    #[must_use]
    pub fn tab_place(&self, number: u64) -> Option<(usize, usize)> {
        let mut projects = self.projects.iter().enumerate();
        projects.find_map(|(at, project)| {
            let tab = project.tabs.iter().position(|tab| tab.number == number)?;
            Some((at, tab))
        })
    }

    /// Gives the keyboard to a tab; says whether there is one of that number.
    pub fn activate(&mut self, number: u64) -> bool {
        let Some((project, tab)) = self.tab_place(number) else {
            return false;
        };
        self.active = project;
        self.projects[project].active = tab;
        true
    }

    /// Returns the places of the tab that the main window shows and of its project: the one with the keyboard,
    /// or the last that had it there.
    #[must_use]
    pub fn in_main(&self) -> Option<(usize, usize)> {
        let is_here = |&(project, tab): &(usize, usize)| {
            let tab = self.projects.get(project).and_then(|it| it.tabs.get(tab));
            tab.is_some_and(|tab| tab.window.is_none())
        };
        let active = (self.active, self.project().map_or(0, |it| it.active));
        let all = self.projects.iter().enumerate().flat_map(|(at, project)| {
            // Those of the project that is shown first.
            let tabs = 0..project.tabs.len();
            tabs.map(move |tab| (at, tab))
        });
        let near = (0..self.project().map_or(0, |it| it.tabs.len())).map(|tab| (self.active, tab));
        std::iter::once(active)
            .chain(self.tab_place(self.main))
            .chain(near)
            .chain(all)
            .find(is_here)
    }

    /// Remembers the tab with the keyboard if it is in the main window.
    pub fn note_main(&mut self) {
        if let Some(tab) = self.tab().filter(|tab| tab.window.is_none()) {
            self.main = tab.number;
        }
    }
}
