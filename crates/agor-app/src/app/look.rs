//! How the window looks and which keys mean what: what the command line says goes before what the person
//! chose in the window, that before the settings, unless they have changed since.

use std::collections::HashMap;
use std::sync::Arc;

use agor_core::config::{Bell, FONT_SIZES, SCALES_PERCENT, ThemeWish, Value, Whose};
use agor_core::keybindings::counting;
use agor_core::themes::{self, DARK, LIGHT};
use agor_proto::ids::SessionId;
use agor_render::{Colors, FontSpec};

use super::{App, Overlay, Purpose};
use crate::commands::Command;
use crate::keys::keymap::Keymap;
use crate::link::Request;
use crate::palette::{Choice, Entry, Scope};
use crate::pane::blink::Blinking;
use crate::theme::{FONT_SIZE, Theme};
use crate::theme_editor::{Outcome, ThemeEditor, theme_editor_ui};
use crate::workspace::ChosenTheme;

impl App {
    /// Takes the settings over if they have changed.
    pub(super) fn take_settings(&mut self, context: &egui::Context) {
        let (held, known) = (&self.settings, &self.snapshot.settings);
        if Arc::ptr_eq(held, known) || held == known {
            return;
        }
        let before = std::mem::replace(&mut self.settings, self.snapshot.settings.clone());
        self.tried_font = None;
        if before.read && before.window.font_size != self.settings.window.font_size {
            // What changed last holds.
            self.workspace.look.font_size = None;
        }
        if before.read && before.window.scale_percent != self.settings.window.scale_percent {
            self.workspace.look.scale_percent = None;
        }
        self.keys_told = None;
        if before.layers != self.settings.layers {
            self.gather_folders();
        }
        self.take_look(context);
    }

    /// Lets keys mean what the settings say for the project that is shown.
    pub(super) fn follow_keys(&mut self) {
        let folder = self.workspace.project().map(|it| it.folder.as_str());
        let keys = &self.settings.keys;
        // Mostly no project has any of its own.
        let differ = keys.iter().any(|rule| !rule.is_for_all());
        let of = folder.filter(|_| differ).unwrap_or_default();
        if self.keys_told.as_deref() == Some(of) {
            return;
        }
        let counting = counting(keys, &self.settings.layers, folder);
        let leader = self.settings.window.leader.as_deref();
        let preset = self.settings.window.keys;
        let (keymap, complaints) = Keymap::new(&counting, leader, preset);
        self.keys_told = Some(of.to_owned());
        self.keyboard.borrow_mut().router.set_keymap(keymap);
        for complaint in complaints {
            self.link.request(Request::Advise(complaint, Command::Keys));
        }
    }

    /// Returns how the terminal's text is set.
    pub(super) fn font(&self) -> FontSpec {
        let mut font = super::font(self.font_size, self.scale, &self.settings.window);
        if let Some(tried) = &self.tried_font {
            font.family = Some(tried.clone());
        }
        font
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

    /// Looks as the person chose last, unless the command line says otherwise.
    pub(super) fn take_look(&mut self, context: &egui::Context) {
        let points = self.given.font_size.or(self.workspace.look.font_size);
        self.show_font_size(points.unwrap_or(self.set_size()));
        self.show_scale(context);
        self.keep_contrast();
        self.follow_look(context);
    }

    /// Returns how large the interface is, in percent.
    fn scale_percent(&self) -> f32 {
        let set = self.settings.window.scale_percent;
        let percent = self.workspace.look.scale_percent.or(set);
        let (least, most) = (*SCALES_PERCENT.start(), *SCALES_PERCENT.end());
        percent.unwrap_or(100.0).clamp(least, most)
    }

    /// Makes the interface larger by so many percent.
    pub(super) fn set_scale(&mut self, by: f32, context: &egui::Context) {
        let (least, most) = (*SCALES_PERCENT.start(), *SCALES_PERCENT.end());
        let percent = (self.scale_percent() + by).clamp(least, most);
        self.workspace.look.scale_percent = Some(percent);
        self.show_scale(context);
        self.note(&format!("The interface is at {percent} %."));
    }

    /// Makes the interface as large as it is to be; the terminal's text keeps its own size.
    pub(super) fn show_scale(&self, context: &egui::Context) {
        let factor = self.scale_percent() / 100.0;
        if context.zoom_factor() != factor {
            context.set_zoom_factor(factor);
            self.wake.now();
        }
    }

    /// Shows the theme that is wished for, if it is not the one that is shown: the wish, the desktop, the
    /// theme's file or the project may have changed.
    pub(super) fn follow_look(&mut self, context: &egui::Context) {
        let is_tried = matches!(&self.overlay, Some(Overlay::Palette(palette)) if palette.scope() == Scope::Themes);
        if let Some(Overlay::ThemeEditor(editor)) = &self.overlay {
            let drawn = editor.drawn();
            return self.draw_in(drawn, context);
        }
        if self.trying && is_tried {
            return;
        }
        self.trying = false;
        if !is_tried {
            self.choosing_for = None;
        }
        if self.tried_font.is_some() && !self.page_wants().font {
            self.try_font(None);
        }
        let wish = self.wish();
        if !self.follows_desktop && !matches!(self.purpose, Purpose::Picture) {
            self.follows_desktop = self.link.request(Request::FollowDesktop);
        }
        let desktop = self.snapshot.desktop.light.or(desktop_is_light(context));
        let id = wish.for_desktop(desktop).to_owned();
        self.show_theme(&id, context);
    }

    /// Returns which theme is wished for.
    fn wish(&self) -> ThemeWish {
        if let Some(given) = &self.given.theme {
            return given.clone();
        }
        let chosen = self.chosen_theme();
        let set = || self.set_theme().cloned();
        let chosen = chosen.map(|chosen| ThemeWish::Always(chosen.id.clone()));
        chosen
            .or_else(set)
            .unwrap_or_else(|| ThemeWish::Always(DARK.to_owned()))
    }

    /// Returns the theme that was chosen in a window, unless the settings have changed since.
    pub(super) fn chosen_theme(&self) -> Option<&ChosenTheme> {
        let chosen = self.workspace.look.theme.as_ref()?;
        let said = self.said_theme();
        let holds = chosen.over.as_ref().is_none_or(|over| *over == said);
        holds.then_some(chosen)
    }

    /// Returns what the settings say of the theme, for the project that is shown.
    fn set_theme(&self) -> Option<&ThemeWish> {
        let project = self.workspace.project();
        self.settings
            .layers
            .theme(project.map(|project| project.folder.as_str()))
    }

    /// Returns it as a text, empty for nothing.
    fn said_theme(&self) -> String {
        self.set_theme()
            .map(ToString::to_string)
            .unwrap_or_default()
    }

    /// Switches to the theme's counterpart of the other appearance: that of its family, if it has one.
    pub(super) fn switch_theme(&mut self, context: &egui::Context) {
        let light = !self.theme.light;
        let family = |id: &str| id.split('_').next().unwrap_or(id).to_owned();
        let own = family(&self.theme.id);
        let known = self.snapshot.themes.iter();
        let mut others = known.filter(|other| other.light == light && family(&other.id) == own);
        let id = match others.next() {
            Some(other) => other.id.to_string(),
            None => (if light { LIGHT } else { DARK }).to_owned(),
        };
        self.choose_theme(id);
        self.follow_look(context);
    }

    /// Keeps to a theme until another is chosen, or the settings change.
    pub(super) fn choose_theme(&mut self, id: String) {
        if let Some((page, of)) = self.choosing_for.take() {
            let of_session = matches!(of, Whose::Session { .. });
            self.link.request(Request::Say {
                key: "window.theme",
                of,
                value: Some(Value::Theme(ThemeWish::Always(id.clone()))),
            });
            self.overlay = page.map(Overlay::Page);
            if of_session {
                // The window stays as it is.
                self.trying = false;
                return self.wake.now();
            }
        }
        // Whoever chooses in the window has seen what the command line said.
        self.given.theme = None;
        let over = Some(self.said_theme());
        self.workspace.look.theme = Some(ChosenTheme { id, over });
        self.trying = false;
        self.wake.now();
    }

    /// Returns the terminal's colours of sessions that have a theme of their own.
    pub(super) fn own_colors(&self) -> HashMap<SessionId, Colors> {
        let sessions = self.settings.layers.sessions.iter();
        let own = sessions.filter_map(|(id, said)| {
            let Value::Theme(wish) = &said.get("window.theme")?.value else {
                return None;
            };
            let desktop = self.snapshot.desktop.light;
            let theme = wish.for_desktop(desktop);
            let mut known = self.snapshot.themes.iter();
            let theme = Theme::of(known.find(|known| *known.id == *theme)?);
            let colors = Colors {
                minimum_contrast_tenths: self.colors.minimum_contrast_tenths,
                ..theme.terminal()
            };
            Some((id.parse().ok()?, colors))
        });
        own.collect()
    }

    /// Returns where the theme that is shown stands among all.
    pub(super) fn place_of_theme(&self) -> usize {
        let mut known = self.snapshot.themes.iter();
        let place = known.position(|theme| theme.id == self.theme.id);
        place.unwrap_or(0)
    }

    /// Shows the theme that the palette stands at.
    pub(super) fn try_theme(&mut self, entry: Option<&Entry>, context: &egui::Context) {
        let Some(Choice::Theme(id)) = entry.map(|entry| &entry.choice) else {
            return;
        };
        self.trying = true;
        if *self.theme.id != **id {
            self.show_theme(&id.clone(), context);
            // This frame was drawn in the other's colours.
            self.wake.now();
        }
    }

    /// Has the terminal's text stand out from its ground as much as the settings say.
    fn keep_contrast(&mut self) {
        let ratio = self.settings.window.minimum_contrast.unwrap_or(1.0);
        // Colours that programs choose have no less than 1 to 1.
        let asked = if ratio > 1.0 { ratio } else { 0.0 };
        self.colors.minimum_contrast_tenths = (asked * 10.0).round() as u16;
    }

    /// Returns how what blinks in panes does.
    pub(super) fn blinking(&self) -> Blinking {
        let window = &self.settings.window;
        Blinking {
            // What is in a picture does not depend on when it was taken.
            allowed: !self.keeps_still() && !matches!(self.purpose, Purpose::Picture),
            since: self.since,
            shape: window.cursor_shape,
            cursor: window.cursor_blink,
        }
    }

    /// Says whether nothing is to move: as the settings say, else as the desktop does.
    fn keeps_still(&self) -> bool {
        let said = self.settings.window.reduced_motion;
        said.unwrap_or(self.snapshot.desktop.still)
    }

    /// Says whether the rings turn of agents that work: only where somebody looks, and a frame costs little or
    /// the person said that things are to move.
    pub(super) fn rings_turn(&self) -> bool {
        let wanted = self.settings.window.reduced_motion == Some(false);
        self.blinking().allowed && self.window_focused && (wanted || !self.draws_by_software)
    }

    /// Says whether a bell lights its pane up.
    pub(super) fn flashes(&self) -> bool {
        self.settings.window.bell == Bell::Flash && self.blinking().allowed
    }

    fn show_theme(&mut self, id: &str, context: &egui::Context) {
        let themes = &self.snapshot.themes;
        if *self.theme.id == *id && Arc::ptr_eq(&self.shown_from, themes) {
            return;
        }
        self.shown_from = Arc::clone(themes);
        let known = self.shown_from.iter().find(|theme| *theme.id == *id);
        let theme = match known {
            Some(known) => Theme::of(known),
            None if *self.theme.id == *id => return,
            None => Theme::built_in(id),
        };
        self.draw_in(theme, context);
    }

    fn draw_in(&mut self, theme: Theme, context: &egui::Context) {
        if theme != self.theme {
            self.colors = theme.terminal();
            self.keep_contrast();
            theme.apply(context);
            self.theme = theme;
        }
    }

    /// Opens the editor of the theme that is shown, or leaves it.
    pub(super) fn toggle_theme_editor(&mut self, context: &egui::Context) {
        if matches!(self.overlay, Some(Overlay::ThemeEditor(_))) {
            self.overlay = None;
            return;
        }
        // The one that is chosen, even if another is being tried.
        self.overlay = None;
        self.follow_look(context);
        let mut known = self.snapshot.themes.iter();
        let known = known.find(|known| known.id == self.theme.id).cloned();
        let theme = known.or_else(|| themes::built_in(&self.theme.id));
        if let Some(theme) = theme.or_else(|| themes::built_in(DARK)) {
            self.overlay = Some(Overlay::ThemeEditor(Box::new(ThemeEditor::new(theme))));
        }
    }

    /// Draws the editor beside what is drawn in its colours, and does what was done there.
    pub(super) fn theme_editor_ui(&mut self, ui: &mut egui::Ui, mut editor: Box<ThemeEditor>) {
        match theme_editor_ui(ui, &mut editor, &self.theme) {
            Outcome::Open => {
                if editor.drawn() != self.theme {
                    // This frame was drawn in the colours before.
                    self.wake.now();
                }
                self.overlay = Some(Overlay::ThemeEditor(editor));
            }
            Outcome::Closed => self.wake.now(),
            Outcome::Save(theme) => {
                let replaces = editor.replaces();
                let id = theme.id.to_string();
                self.link.request(Request::SaveTheme { theme, replaces });
                self.choose_theme(id);
            }
        }
    }
}

/// Says whether the desktop is light, where the window system tells; on Linux the link asks the desktop.
pub(super) fn desktop_is_light(context: &egui::Context) -> Option<bool> {
    let theme = context.input(|input| input.raw.system_theme)?;
    Some(theme == egui::Theme::Light)
}
