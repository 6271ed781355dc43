//! The inspector: where it is drawn, and what is done in it.

use std::time::Duration;

use egui::{Frame, Panel, Ui};

use super::App;
use super::pages::Open;
use crate::commands::Command;
use crate::inspector::{Did, inspector_ui};
use crate::settings::SettingsPage;
use crate::text::now_millis;
use crate::theme::measure;

/// How often what tells a time in minutes is drawn anew.
const AGES: Duration = Duration::from_secs(60);

impl App {
    /// Draws the inspector at the right, if it is wanted and panes keep enough room.
    pub(super) fn show_inspector(&mut self, ui: &mut Ui) {
        let room = ui.available_width() - measure::INSPECTOR;
        if !self.workspace.inspector || room < measure::INSPECTED_MIN {
            return;
        }
        // Times in it grow.
        self.wake.after(AGES);
        let focused = self.workspace.focused_session();
        let info = focused.and_then(|session| self.snapshot.session(session));
        let keyboard = self.keyboard.borrow();
        let keymap = keyboard.router.keymap();
        let shown = Panel::right("inspector")
            .exact_size(measure::INSPECTOR)
            .resizable(false)
            .show_separator_line(false)
            .frame(Frame::NONE.fill(self.theme.panel))
            .show(ui, |ui| {
                let (snapshot, theme) = (&self.snapshot, &self.theme);
                inspector_ui(ui, info, snapshot, keymap, theme, now_millis())
            });
        drop(keyboard);
        let Some(did) = shown.inner else {
            return;
        };
        match did {
            Did::Command(command) => self.commands.push(command),
            Did::Settings(_) => {
                self.open_page(Open::with(Command::Settings, SettingsPage::of_session()));
            }
            Did::Copy(text) => {
                self.note(&format!("Copied {text}"));
                ui.ctx().copy_text(text);
            }
        }
        self.wake.now();
    }

    /// Shows the inspector, or no more; says where it cannot be.
    pub(super) fn toggle_inspector(&mut self, context: &egui::Context) {
        self.workspace.inspector = !self.workspace.inspector;
        let sidebar = match self.workspace.sidebar.shown {
            true => self.workspace.sidebar.width,
            false => measure::RAIL,
        };
        let room = context.content_rect().width() - sidebar - measure::INSPECTOR;
        if self.workspace.inspector && room < measure::INSPECTED_MIN {
            self.note("The inspector is shown as soon as the window is wider.");
        }
    }
}
