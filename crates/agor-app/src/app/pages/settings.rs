//! Every setting, as a page.

use std::time::Duration;

use egui::{Painter, Pos2, Stroke, Ui};

use super::{After, App, Page, Wants};
use crate::app::Overlay;
use crate::commands::context::{self, Chain};
use crate::link::Request;
use crate::palette::{Palette, Scope};
use crate::settings::{Did, Known, Painting, SettingsPage, settings_ui};

/// Parts of the names of families whose letters are of equal width.
const EQUAL_WIDTHS: [&str; 8] = [
    "mono", "code", "courier", "console", "consolas", "terminal", "term", "fixed",
];

/// How soon the system's list of fonts is looked for again.
const FONTS_PAUSE: Duration = Duration::from_millis(30);

pub(super) fn open(_app: &mut App) -> Box<dyn Page> {
    Box::new(SettingsPage::default())
}

/// Sliders.
pub(super) fn sign(painter: &Painter, center: Pos2, stroke: Stroke) {
    for (y, at) in [(-3.5, 2.0), (0.0, -2.0), (3.5, 1.0)] {
        let y = center.y + y;
        painter.hline(center.x - 5.0..=center.x + 5.0, y, stroke);
        painter.circle_filled(Pos2::new(center.x + at, y), 1.75, stroke.color);
    }
}

impl Page for SettingsPage {
    fn contexts(&self) -> Chain {
        context::SETTINGS
    }

    fn page_ui(&mut self, app: &mut App, ui: &mut Ui) -> After {
        app.list_fonts(self);
        let agents = app.snapshot.agents.iter();
        let agents: Vec<_> = agents
            .map(|agent| (agent.id.clone(), agent.name.clone()))
            .collect();
        let chosen = app.chosen_theme().map(|chosen| chosen.id.clone());
        let project = app
            .workspace
            .project()
            .map(|project| project.folder.clone());
        let settings = app.settings.clone();
        let focused = app.workspace.focused_session();
        let focused = focused.and_then(|session| app.snapshot.session(session));
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
            theme: &app.theme,
            colors: &app.colors,
            renderer: &mut app.renderer,
        };
        let did = settings_ui(ui, self, &known, &mut painting);
        if did.is_some() {
            app.wake.now();
        }
        match did {
            Some(Did::Close) => return After::Closes,
            Some(Did::ChooseTheme(of)) => {
                app.choosing_for = Some((None, of));
                let palette = Palette::new(Scope::Themes, String::new());
                let place = app.place_of_theme();
                app.overlay = Some(Overlay::Palette(palette.standing_at(place)));
            }
            Some(Did::ListFonts) => {
                self.awaits_fonts = true;
                app.list_fonts(self);
            }
            Some(Did::TryFont(family)) => app.try_font(family),
            Some(Did::Say { key, of, value }) => {
                if key == "window.theme" {
                    // What is said here is the newer wish.
                    app.workspace.look.theme = None;
                }
                app.tried_font = app
                    .tried_font
                    .take()
                    .filter(|_| key == "window.font_family");
                app.link.request(Request::Say { key, of, value });
            }
            None => {}
        }
        After::Stays
    }

    fn wants(&self) -> Wants {
        Wants {
            font: true,
            ..Wants::default()
        }
    }

    fn focus(&mut self) {
        self.ask_for_keyboard();
    }

    fn draft(&self, _app: &App) -> Option<String> {
        Some(self.search().to_owned())
    }

    fn restore(&mut self, draft: &str) {
        self.look_for(draft);
    }
}

impl App {
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

    /// Shows text in another family; `None` for what the settings say.
    pub(in crate::app) fn try_font(&mut self, family: Option<String>) {
        self.tried_font = family;
        self.renderer.set_font(self.font());
        self.wake.now();
    }
}
