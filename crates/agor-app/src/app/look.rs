//! How the window looks and which keys mean what: what the command line says goes before what the person
//! chose in the window, that before the settings.

use agor_core::cli::Theme as ThemeName;
use agor_core::config::FONT_SIZES;
use agor_render::FontSpec;

use super::App;
use crate::keys::keymap::Keymap;
use crate::link::Request;
use crate::link::snapshot::Weight;
use crate::theme::{FONT_SIZE, Theme};

impl App {
    /// Takes the settings over if they have changed.
    pub(super) fn take_settings(&mut self, context: &egui::Context) {
        if self.settings == self.snapshot.settings {
            return;
        }
        self.settings = self.snapshot.settings.clone();
        let leader = self.settings.window.leader.as_deref();
        let preset = self.settings.window.keys;
        let (keymap, complaints) = Keymap::new(&self.settings.keys, leader, preset);
        self.keyboard.borrow_mut().router.set_keymap(keymap);
        for complaint in complaints {
            self.link.request(Request::Tell(Weight::Error, complaint));
        }
        self.take_look(context);
    }

    /// Returns how the terminal's text is set.
    pub(super) fn font(&self) -> FontSpec {
        super::font(self.font_size, self.scale, &self.settings.window)
    }

    /// Returns the points that text measures unless the person changes that in the window.
    pub(super) fn set_size(&self) -> f32 {
        let set = self.given.font_size.or(self.settings.window.font_size);
        set.unwrap_or(FONT_SIZE)
    }

    pub(super) fn set_font_size(&mut self, points: f32) {
        self.show_font_size(points);
        self.workspace.look.font_size = Some(self.font_size);
    }

    pub(super) fn show_font_size(&mut self, points: f32) {
        self.font_size = points.clamp(*FONT_SIZES.start(), *FONT_SIZES.end());
        self.renderer.set_font(self.font());
    }

    pub(super) fn switch_theme(&mut self, context: &egui::Context) {
        let light = self.theme.name == ThemeName::Dark;
        self.workspace.look.light = Some(light);
        self.show_theme(light, context);
    }

    /// Looks as the person chose last, unless the command line says otherwise.
    pub(super) fn take_look(&mut self, context: &egui::Context) {
        let look = self.workspace.look;
        let points = self.given.font_size.or(look.font_size);
        self.show_font_size(points.unwrap_or(self.set_size()));
        let set = self.settings.window.theme.unwrap_or(ThemeName::Dark);
        let chosen = look.light.map(|light| match light {
            true => ThemeName::Light,
            false => ThemeName::Dark,
        });
        let theme = self.given.theme.or(chosen).unwrap_or(set);
        if theme != self.theme.name {
            self.show_theme(theme == ThemeName::Light, context);
        }
    }

    fn show_theme(&mut self, light: bool, context: &egui::Context) {
        self.theme = Theme::named(if light {
            ThemeName::Light
        } else {
            ThemeName::Dark
        });
        self.colors = self.theme.terminal();
        self.theme.apply(context);
    }
}
