//! Every command with its keys, as a page.

use agor_core::config::{For, KeyPreset, Value, Whose};
use agor_proto::input::KeyInput;
use egui::{Painter, Pos2, Rect, Stroke, StrokeKind, Ui, Vec2};

use super::{After, App, Page, Wants};
use crate::commands::context::{self, Chain};
use crate::keys_page::{KeysPage, Known, Outcome, keys_page_ui};
use crate::link::Request;

pub(super) fn open(_app: &mut App) -> Box<dyn Page> {
    Box::new(KeysPage::default())
}

/// A key.
pub(super) fn sign(painter: &Painter, center: Pos2, stroke: Stroke) {
    let cap = Rect::from_center_size(center, Vec2::splat(10.0));
    painter.rect_stroke(cap, 2.5, stroke, StrokeKind::Middle);
    painter.hline(center.x - 2.0..=center.x + 2.0, center.y + 2.0, stroke);
}

impl Page for KeysPage {
    fn contexts(&self) -> Chain {
        context::SETTINGS
    }

    fn page_ui(&mut self, app: &mut App, ui: &mut Ui) -> After {
        let keyboard = app.keyboard.borrow();
        let keymap = keyboard.router.keymap();
        let settings = app.settings.clone();
        let known = Known {
            rules: &settings.keys,
            parts: app.parts_of_keys(),
            preset: settings.window.keys.unwrap_or(KeyPreset::Default),
        };
        let outcome = keys_page_ui(ui, self, (keymap, &known), &app.theme);
        drop(keyboard);
        match outcome {
            Outcome::Closed => After::Closes,
            Outcome::Change(change) => {
                app.link.request(Request::ChangeKeys(change));
                After::Stays
            }
            Outcome::Preset(preset) => {
                app.link.request(Request::Say {
                    key: "window.keys",
                    of: Whose::All,
                    value: match preset {
                        KeyPreset::Default => None,
                        preset => Some(Value::Text(preset.name().into())),
                    },
                });
                After::Stays
            }
            Outcome::Command(command) => {
                app.commands.push(command);
                app.wake.now();
                After::Done
            }
            Outcome::Open => After::Stays,
        }
    }

    fn wants(&self) -> Wants {
        Wants {
            keys: self.captures(),
            ..Wants::default()
        }
    }

    fn on_key(&mut self, app: &mut App, key: &KeyInput) {
        let keyboard = app.keyboard.borrow();
        let change = KeysPage::on_key(self, key, keyboard.router.keymap());
        if let Some(change) = change {
            app.link.request(Request::ChangeKeys(change));
        }
    }

    fn focus(&mut self) {
        self.ask_for_keyboard();
    }

    fn draft(&self, _app: &App) -> Option<String> {
        Some(self.text().to_owned())
    }

    fn restore(&mut self, draft: &str) {
        self.look_for(draft);
    }
}

impl App {
    /// Returns for what keys can be recorded: for all, and for the group and the project that are shown.
    fn parts_of_keys(&self) -> Vec<(Whose, String)> {
        let mut parts = vec![(Whose::All, "For all".to_owned())];
        let layers = &self.settings.layers;
        let Some(project) = self.workspace.project() else {
            return parts;
        };
        if let Some(id) = layers.group_of(&project.folder) {
            let name = layers.name(For::Group(id)).unwrap_or(id);
            parts.push((Whose::Group(id.to_owned()), format!("For group {name}")));
        }
        let name = self.snapshot.project_name(&project.folder);
        let of = Whose::Project(project.folder.clone());
        parts.push((of, format!("For {name}")));
        parts
    }
}
