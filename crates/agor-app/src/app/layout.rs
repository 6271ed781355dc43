//! What the commands do that arrange panes and tabs.

use super::App;
use super::modes::WindowMode;
use crate::commands::Command;
use crate::link::Request;
use crate::link::snapshot::Weight;
use crate::palette::Scope;
use crate::workspace::Direction;
use crate::workspace::arrange::{Form, Turn};

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
            Command::Balance => {
                if let Some(tab) = self.workspace.tab_mut() {
                    tab.tiles.balance();
                }
            }
            Command::Rotate | Command::RotateBack => {
                let turn = match command {
                    Command::Rotate => Turn::Forwards,
                    _ => Turn::Backwards,
                };
                if let Some(tab) = self.workspace.tab_mut() {
                    tab.tiles.rotate(turn);
                }
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
        if let Some(tab) = self.workspace.tab_mut() {
            tab.tiles.arrange(form);
        }
    }

    /// Closes a tab, unless it is pinned.
    pub(super) fn close_tab(&mut self, tab: usize) {
        let project = self.workspace.active;
        let shown = self.workspace.projects.get(project);
        let pinned = shown.and_then(|project| project.tabs.get(tab));
        if pinned.is_some_and(|tab| tab.pinned) {
            self.note("This tab is pinned: it is closed once it is unpinned.");
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
