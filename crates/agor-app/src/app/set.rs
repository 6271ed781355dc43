//! The page of settings and the first steps: what they show, and what becomes of what is said there.

use std::time::Duration;

use egui::Ui;

use super::draw::whole_folder;
use super::{App, Overlay};
use crate::link::Request;
use crate::palette::{Palette, Scope};
use crate::settings::{Did, Known, Painting, SettingsPage, settings_ui};
use crate::welcome::{self, Welcome, welcome_ui};

/// Parts of the names of families whose letters are of equal width.
const EQUAL_WIDTHS: [&str; 8] = [
    "mono", "code", "courier", "console", "consolas", "terminal", "term", "fixed",
];

/// How soon the system's list of fonts is looked for again.
const FONTS_PAUSE: Duration = Duration::from_millis(30);

impl App {
    /// Shows every setting, or what was shown before.
    pub(super) fn toggle_settings(&mut self) {
        self.overlay = match self.overlay.take() {
            Some(Overlay::Settings(_)) => None,
            _ => Some(Overlay::Settings(Box::default())),
        };
    }

    /// Opens the list of fonts that is awaited, once the system has told which there are.
    fn list_fonts(&mut self, page: &mut SettingsPage) {
        if !page.awaits_fonts {
            return;
        }
        let Some(mut families) = self.renderer.font_families() else {
            self.wake.after(FONTS_PAUSE);
            return;
        };
        families.sort_by_key(|family| {
            let name = family.to_lowercase();
            let equal = EQUAL_WIDTHS.iter().any(|part| name.contains(part));
            (!equal, name)
        });
        page.list_fonts(families, self.settings.window.font_family.as_deref());
        self.wake.now();
    }

    /// Draws the settings where panes are else, and does what was done there.
    pub(super) fn settings_ui(&mut self, ui: &mut Ui, mut page: Box<SettingsPage>) {
        self.list_fonts(&mut page);
        let agents = self.snapshot.agents.iter();
        let agents: Vec<_> = agents
            .map(|agent| (agent.id.clone(), agent.name.clone()))
            .collect();
        let chosen = self.chosen_theme().map(|chosen| chosen.id.clone());
        let project = self
            .workspace
            .project()
            .map(|project| project.folder.clone());
        let settings = self.settings.clone();
        let focused = self.workspace.focused_session();
        let focused = focused.and_then(|session| self.snapshot.session(session));
        let session = focused.map(|info| (info.id.to_string(), &info.folder, &info.name));
        let known = Known {
            session: session
                .as_ref()
                .map(|(id, folder, name)| (&id[..], &folder[..], &name[..])),
            layers: &settings.layers,
            complaints: &settings.complaints,
            project: project.as_deref(),
            group: project
                .as_deref()
                .and_then(|folder| settings.layers.group_of(folder)),
            chosen_theme: chosen.as_deref(),
            agents: &agents,
        };
        let mut painting = Painting {
            theme: &self.theme,
            colors: &self.colors,
            renderer: &mut self.renderer,
        };
        let did = settings_ui(ui, &mut page, &known, &mut painting);
        if did.is_some() {
            self.wake.now();
        }
        match did {
            Some(Did::Close) => return,
            Some(Did::ChooseTheme(of)) => {
                self.choosing_for = Some((page, of));
                let palette = Palette::new(Scope::Themes, String::new());
                self.overlay = Some(Overlay::Palette(palette.standing_at(self.place_of_theme())));
                return;
            }
            Some(Did::ListFonts) => {
                page.awaits_fonts = true;
                self.list_fonts(&mut page);
            }
            Some(Did::TryFont(family)) => self.try_font(family),
            Some(Did::Say { key, of, value }) => {
                if key == "window.theme" {
                    // What is said here is the newer wish.
                    self.workspace.look.theme = None;
                }
                self.tried_font = self
                    .tried_font
                    .take()
                    .filter(|_| key == "window.font_family");
                self.link.request(Request::Say { key, of, value });
            }
            None => {}
        }
        self.overlay = Some(Overlay::Settings(page));
    }

    /// Shows the first steps.
    pub(super) fn open_welcome(&mut self) {
        let folder = self.current_folder();
        self.overlay = Some(Overlay::Welcome(Welcome::new(folder)));
    }

    /// Draws the first steps where panes are else, and does what they lead to.
    pub(super) fn welcome_ui(&mut self, ui: &mut Ui, mut welcome: Welcome) {
        let agents = self.snapshot.agents.clone();
        let folder = self.current_folder();
        let settings = self.settings.clone();
        let default = settings
            .layers
            .text("agents.provider", Some(folder.as_str()));
        let keyboard = self.keyboard.borrow();
        let keymap = keyboard.router.keymap();
        let did = welcome_ui(ui, &mut welcome, (&agents, default), keymap, &self.theme);
        drop(keyboard);
        match did {
            None => {
                self.overlay = Some(Overlay::Welcome(welcome));
                return;
            }
            Some(welcome::Did::Shell(folder)) => self.open_shell(&whole_folder(&folder)),
            Some(welcome::Did::Agent {
                folder,
                provider,
                words,
            }) => self.start_agent_in(whole_folder(&folder), provider, words),
        }
        self.wake.now();
    }

    /// Shows text in another family; `None` for what the settings say.
    pub(super) fn try_font(&mut self, family: Option<String>) {
        self.tried_font = family;
        self.renderer.set_font(self.font());
        self.wake.now();
    }
}
