//! The question whether agents may start in a folder, asked once for each. Nothing is said by default: Enter means
//! what has the keyboard, and at first nothing has.

use std::path::{Component, Path};

use agor_core::config::{Layers, TRUSTED};
use egui::{FontId, Pos2, Rect, RichText, Sense, Stroke, StrokeKind, Ui, Vec2};

use crate::commands::{Command, context};
use crate::keys::drawn::{keys_of, pressed};
use crate::starting::Starting;
use crate::text::folder_shown;
use crate::theme::{Theme, measure, medium, semibold};

/// The card's width.
const WIDTH: f32 = 520.0;

/// An agent that waits for the answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trust {
    /// The folder.
    pub folder: String,
    /// The folders that are asked about after it.
    pub further: Vec<String>,
    /// The agent's name.
    pub name: String,
    /// The agent.
    pub starting: Starting,
    /// Whether a frame has shown it: a key or click that came before says nothing of a folder that nobody has read.
    pub drawn: bool,
}

/// What the person did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing yet.
    Open,
    /// The agent is not started.
    Closed,
    /// Agents may start in this folder and those in it, and the one that waits does.
    Trusted(String),
}

/// What keys can mean here.
const KEYS: &[Command] = &[
    Command::ListClose,
    Command::TrustFolder,
    Command::TrustAbove,
];

/// Draws the question over the window and says what the person did.
pub fn trust_ui(ui: &mut Ui, trust: &Trust, theme: &Theme) -> Outcome {
    let screen = ui.ctx().content_rect();
    let folder = folder_shown(&trust.folder);
    let above = above(&trust.folder);
    // The first key answers.
    let keys = pressed(ui, context::LIST, KEYS);
    match keys.first().filter(|_| trust.drawn) {
        Some(Command::TrustFolder) => return Outcome::Trusted(trust.folder.clone()),
        Some(Command::TrustAbove) => {
            if let Some(above) = above {
                return Outcome::Trusted(above);
            }
        }
        Some(_) => return Outcome::Closed,
        None => {}
    }
    let key = |command| keys_of(ui, command);
    let [closes, trusts, trusts_above] = [
        key(Command::ListClose),
        key(Command::TrustFolder),
        key(Command::TrustAbove),
    ];
    let width = WIDTH.min(screen.width() - 32.0);
    let at = Pos2::new(
        screen.center().x - width / 2.0,
        screen.min.y + screen.height() * 0.2,
    );
    let mut outcome = Outcome::Open;
    egui::Area::new(egui::Id::unique("trust"))
        .order(egui::Order::Foreground)
        .fixed_pos(at)
        .show(ui.ctx(), |ui| {
            egui::Frame::NONE
                .fill(theme.raised)
                .stroke(Stroke::new(1.0, theme.border))
                .corner_radius(f32::from(measure::RADIUS))
                .shadow(theme.raised_shadow())
                .inner_margin(20.0)
                .show(ui, |ui| {
                    ui.set_width(width - 40.0);
                    ui.spacing_mut().item_spacing.y = 8.0;
                    let title = format!("Trust this folder and start {}?", trust.name);
                    ui.label(RichText::new(title).font(semibold(15.0)).color(theme.text));
                    let shown = RichText::new(&folder).font(FontId::monospace(12.0));
                    ui.label(shown.color(theme.text));
                    let text = "No agent has started here yet. What is in the folder can make one act: settings, hooks \
                                and instructions that somebody else may have written. Trust it if you know where it \
                                comes from.";
                    ui.label(RichText::new(text).size(13.0).color(theme.muted));
                    ui.add_space(6.0);
                    ui.horizontal_wrapped(|ui| {
                        ui.spacing_mut().item_spacing.x = 8.0;
                        if button_ui(ui, theme, "Not now", &closes) {
                            outcome = Outcome::Closed;
                        }
                        if button_ui(ui, theme, "Trust and start", &trusts) {
                            outcome = Outcome::Trusted(trust.folder.clone());
                        }
                        if let Some(above) = &above {
                            let text = format!("Trust all in {}", folder_shown(above));
                            if button_ui(ui, theme, &text, &trusts_above) {
                                outcome = Outcome::Trusted(above.clone());
                            }
                        }
                    });
                });
        });
    match trust.drawn {
        true => outcome,
        false => Outcome::Open,
    }
}

/// Returns the folder above, if it is one that a person would trust as a whole: not the root, nor the home folder
/// or what holds it.
fn above(folder: &str) -> Option<String> {
    let (above, _) = folder.trim_end_matches('/').rsplit_once('/')?;
    let home = crate::text::HOME.get().map_or("", String::as_str);
    let holds_home = home == above || home.starts_with(&format!("{above}/"));
    (!above.is_empty() && !holds_home).then(|| above.to_owned())
}

/// Says whether it holds for `folder`, too, that the person has just trusted another, which the settings do not say yet.
#[must_use]
pub fn holds_for(layers: &Layers, trusted: &str, folder: &str) -> bool {
    // A path that leads up again could leave the folder that it seems to be in.
    let leads_up = Path::new(folder)
        .components()
        .any(|it| it == Component::ParentDir);
    let is_below = !leads_up && Path::new(folder).starts_with(trusted);
    is_below && layers.said(TRUSTED, Some(folder)).is_none()
}

/// Draws a button with its key; says whether it was pressed. The second press of a double click is none: the first has
/// answered, and what stands there now is about another folder.
fn button_ui(ui: &mut Ui, theme: &Theme, text: &str, key: &str) -> bool {
    let words = ui
        .painter()
        .layout_no_wrap(text.to_owned(), medium(13.0), theme.text);
    let cap = ui
        .painter()
        .layout_no_wrap(key.to_owned(), FontId::proportional(11.0), theme.muted);
    let size = Vec2::new(words.size().x + cap.size().x + 38.0, 30.0);
    let (rect, response) = ui.allocate_exact_size(size, Sense::click());
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, text));
    let (fill, edge) = match (response.hovered(), response.has_focus()) {
        (_, true) => (theme.hover, Stroke::new(1.5, theme.border_focus)),
        (true, _) => (theme.hover, Stroke::new(1.0, theme.border)),
        _ => (theme.panel, Stroke::new(1.0, theme.border)),
    };
    let painter = ui.painter();
    painter.rect(rect, 5.0, fill, edge, StrokeKind::Inside);
    let middle = rect.center().y;
    let at = Pos2::new(rect.min.x + 12.0, middle - words.size().y / 2.0);
    let right = at.x + words.size().x + 8.0;
    painter.galley(at, words, theme.text);
    let ground = Rect::from_min_size(
        Pos2::new(right, middle - 8.0),
        Vec2::new(cap.size().x + 10.0, 16.0),
    );
    let edge = Stroke::new(1.0, theme.border);
    painter.rect(ground, 4.0, theme.raised, edge, StrokeKind::Inside);
    let at = Pos2::new(right + 5.0, middle - cap.size().y / 2.0);
    painter.galley(at, cap, theme.muted);
    response.clicked() && !response.double_clicked() && !response.triple_clicked()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_root_is_never_offered() {
        assert_eq!(above("/work/cart/"), Some("/work".to_owned()));
        assert_eq!(above("/work"), None);
        assert_eq!(above("/"), None);
    }

    #[test]
    fn a_yes_holds_for_what_is_below_of_which_nothing_was_said() {
        let text = "[projects.\"/work/alien\"]\ntrusted = false";
        let (layers, _) = Layers::read(text).unwrap();
        for (folder, holds) in [
            ("/work", true),
            ("/work/deep/er", true),
            ("/workshop", false),
            ("/work/../etc", false),
            ("/work/alien/x", false),
        ] {
            assert_eq!(holds_for(&layers, "/work", folder), holds, "{folder}");
        }
    }
}
