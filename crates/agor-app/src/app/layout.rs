//! What the commands do that arrange panes and tabs.

use egui_tiles::TileId;

use super::App;
use super::modes::WindowMode;
use crate::commands::Command;
use crate::link::Request;
use crate::link::snapshot::Weight;
use crate::palette::Scope;
use crate::workspace::arrange::{Form, Turn};
use crate::workspace::{Direction, Tiles};

impl App {
    /// Carries out a command that arranges panes or tabs.
    pub(super) fn rearrange(&mut self, command: Command) {
        match command {
            Command::SwapLeft => self.swap(Direction::Left),
            Command::SwapRight => self.swap(Direction::Right),
            Command::SwapUp => self.swap(Direction::Up),
            Command::SwapDown => self.swap(Direction::Down),
            Command::EdgeLeft => self.move_to_edge(Direction::Left),
            Command::EdgeRight => self.move_to_edge(Direction::Right),
            Command::EdgeUp => self.move_to_edge(Direction::Up),
            Command::EdgeDown => self.move_to_edge(Direction::Down),
            Command::ResizeLeft => self.resize(Direction::Left),
            Command::ResizeRight => self.resize(Direction::Right),
            Command::ResizeUp => self.resize(Direction::Up),
            Command::ResizeDown => self.resize(Direction::Down),
            Command::Resize => self.begin_mode(WindowMode::Resize),
            Command::Numbers => self.begin_mode(WindowMode::Numbers),
            Command::Columns => self.take_form(Form::Columns),
            Command::Rows => self.take_form(Form::Rows),
            Command::Grid => self.take_form(Form::Grid),
            Command::MainAndStack => self.take_form(Form::MainAndStack),
            Command::Balance => self.arrange_all(Tiles::balance),
            Command::Rotate | Command::RotateBack => {
                let turn = match command {
                    Command::Rotate => Turn::Forwards,
                    _ => Turn::Backwards,
                };
                self.arrange_all(|tiles| tiles.rotate(turn));
            }
            Command::ToNextTab | Command::ToPreviousTab => {
                let by = if command == Command::ToNextTab { 1 } else { -1 };
                if !self.workspace.move_to_tab(by) {
                    self.note("There is no other tab in this project.");
                }
            }
            Command::BreakOut => self.break_out(),
            Command::Detach => self.toggle_window(),
            Command::RenameTab => self.toggle_palette(Scope::RenameTab),
            Command::PinTab => self.workspace.toggle_pin(),
            Command::PinPane => self.toggle_pin(),
            _ => {}
        }
    }

    fn break_out(&mut self) {
        if !self.workspace.break_out() {
            self.note("The pane has a tab of its own.");
        }
    }

    fn swap(&mut self, direction: Direction) {
        if let Some(tab) = self.workspace.tab_mut() {
            tab.tiles.swap_towards(direction);
        }
    }

    fn move_to_edge(&mut self, direction: Direction) {
        if let Some(tab) = self.workspace.tab_mut() {
            tab.tiles.move_to_edge(direction);
        }
    }

    pub(super) fn resize(&mut self, direction: Direction) {
        if let Some(tab) = self.workspace.tab_mut() {
            tab.tiles.resize(direction);
        }
    }

    fn take_form(&mut self, form: Form) {
        self.arrange_all(|tiles| tiles.arrange(form));
    }

    /// Arranges all panes of the tab anew, unless one of them is pinned.
    fn arrange_all(&mut self, arrange: impl FnOnce(&mut Tiles)) {
        let Some(tab) = self.workspace.tab_mut() else {
            return;
        };
        if tab.tiles.pinned().is_empty() {
            arrange(&mut tab.tiles);
        } else {
            self.note("A pane of this tab is pinned: all are arranged once it is unpinned.");
        }
    }

    /// Pins the focused pane, or lets it go. One that is alone has no head that could say so: its tab is pinned.
    fn toggle_pin(&mut self) {
        let Some(tab) = self.workspace.tab_mut() else {
            return;
        };
        let Some(tile) = tab.tiles.focused() else {
            return;
        };
        let alone = tab.tiles.panes().nth(1).is_none();
        if alone && !tab.tiles.pinned().contains(&tile) {
            self.note("This pane is alone in its tab: pin the tab.");
        } else {
            tab.tiles.toggle_pin(tile);
        }
    }

    /// Closes the focused pane, unless it is pinned.
    pub(super) fn close_pane(&mut self) {
        let focused = self.workspace.tab().and_then(|tab| tab.tiles.focused());
        if !self.stays_pinned(focused) {
            self.workspace.close_focused();
        }
    }

    /// Says whether a pane of the tab that is shown is pinned, and tells the person that it stays.
    pub(super) fn stays_pinned(&self, tile: Option<TileId>) -> bool {
        let tab = self.workspace.tab().zip(tile);
        let pinned = tab.is_some_and(|(tab, tile)| tab.tiles.pinned().contains(&tile));
        if pinned {
            self.note("This pane is pinned: it is closed once it is unpinned.");
        }
        pinned
    }

    /// Closes a tab, unless it or a pane of it is pinned.
    pub(super) fn close_tab(&mut self, tab: usize) {
        let project = self.workspace.active;
        let shown = self.workspace.projects.get(project);
        let shown = shown.and_then(|project| project.tabs.get(tab));
        if shown.is_some_and(|tab| tab.pinned) {
            self.note("This tab is pinned: it is closed once it is unpinned.");
        } else if shown.is_some_and(|tab| !tab.tiles.pinned().is_empty()) {
            self.note("A pane of this tab is pinned: the tab is closed once it is unpinned.");
        } else {
            self.workspace.close_tab(project, tab);
        }
    }

    /// Tells the person something that is good to know.
    pub(super) fn note(&self, text: &str) {
        self.link
            .request(Request::Tell(Weight::Note, text.to_owned()));
    }
}
