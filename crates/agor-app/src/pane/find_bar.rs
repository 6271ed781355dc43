//! The field in which a text to be found is typed, at the upper edge of its pane.

use egui::{Align2, Color32, FontId, Pos2, Rect, Sense, Stroke, StrokeKind, TextEdit, Ui, Vec2};

use super::find::{Finder, Step};
use crate::commands::{Command, context};
use crate::icons;
use crate::keys::drawn::pressed;
use crate::link::snapshot::Found;
use crate::theme::{Theme, measure};
use crate::widgets::{elided, focus_ui, hold_keyboard, icon_button};

/// Its size where there is room.
const SIZE: Vec2 = Vec2::new(380.0, 34.0);

/// What a person did in the bar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Did {
    /// Another hit is wanted.
    Step(Step),
    /// It is to be closed.
    Close,
}

/// Draws the bar over the pane `pane`; returns what was done.
pub fn find_bar_ui(
    ui: &mut Ui,
    finder: &mut Finder,
    found: Option<&Found>,
    theme: &Theme,
    pane: Rect,
    focused: bool,
) -> Option<Did> {
    let mut did = (finder.typing && focused)
        .then(|| keys(ui, finder))
        .flatten();
    let size = Vec2::new(SIZE.x.min(pane.width() - 16.0), SIZE.y);
    let min = Pos2::new(pane.max.x - size.x - 8.0, pane.min.y + 4.0);
    let area = Rect::from_min_size(min, size);
    let radius = f32::from(measure::RADIUS);
    let border = if finder.typing && focused {
        theme.border_focus
    } else {
        theme.border
    };
    // What lies under it is not clicked.
    let under = ui.interact(area, ui.scope_id().with("find"), Sense::CLICK | Sense::DRAG);
    if under.clicked() {
        finder.typing = true;
    }
    let painter = ui.painter();
    painter.add(theme.raised_shadow().as_shape(area, radius));
    let stroke = Stroke::new(1.0, border);
    painter.rect(area, radius, theme.raised, stroke, StrokeKind::Inside);
    let middle = area.center().y;
    let mut right = area.max.x - 16.0;
    let mut button = |ui: &mut Ui, label: &str, sign: fn(&egui::Painter, Pos2, Stroke)| {
        let center = Pos2::new(right, middle);
        right -= 22.0;
        icon_button(ui, theme, center, label, sign)
    };
    if button(ui, "Close find", |painter, center, stroke| {
        icons::cross(painter, center, 3.5, stroke);
    }) {
        did = Some(Did::Close);
    }
    if button(ui, "Newer hit", |painter, center, stroke| {
        icons::chevron(painter, center, 1.0, stroke);
    }) {
        did = Some(Did::Step(Step::Newer));
    }
    if button(ui, "Older hit", |painter, center, stroke| {
        icons::chevron(painter, center, -1.0, stroke);
    }) {
        did = Some(Did::Step(Step::Older));
    }
    right -= 4.0;
    for (label, sign, on) in [
        ("Regular expression", ".*", &mut finder.regex),
        ("Match case", "Aa", &mut finder.match_case),
    ] {
        toggle_ui(ui, theme, Pos2::new(right, middle), label, sign, on);
        right -= 26.0;
    }
    let words = finder.words(found);
    let bad = found.is_some_and(|found| found.problem.is_some()) || words == "None";
    let color = if bad { theme.error } else { theme.muted };
    let room = (right - area.min.x - 150.0).max(40.0);
    let words = elided(ui, &words, FontId::proportional(11.0), color, room);
    let words_at = Pos2::new(right + 8.0 - words.size().x, middle - words.size().y / 2.0);
    let field = Rect::from_min_max(
        Pos2::new(area.min.x + 10.0, area.min.y + 3.0),
        Pos2::new(words_at.x - 6.0, area.max.y - 3.0),
    );
    ui.painter().galley(words_at, words, color);
    field_ui(ui, finder, theme, field, focused);
    did
}

/// What its keys can mean.
const KEYS: &[Command] = &[
    Command::FindCase,
    Command::FindRegex,
    Command::FindNewer,
    Command::PaletteNext,
    Command::PalettePrevious,
    Command::PaletteChoose,
    Command::PaletteClose,
];

fn keys(ui: &Ui, finder: &mut Finder) -> Option<Did> {
    let mut did = None;
    for command in pressed(ui, context::FIND, KEYS) {
        match command {
            Command::FindCase => finder.match_case = !finder.match_case,
            Command::FindRegex => finder.regex = !finder.regex,
            // The keyboard goes back to who selects.
            Command::PaletteChoose if finder.origin.is_some() => finder.typing = false,
            Command::FindNewer | Command::PaletteNext => did = Some(Did::Step(Step::Newer)),
            Command::PaletteChoose | Command::PalettePrevious => {
                did = Some(Did::Step(Step::Older));
            }
            _ => did = Some(Did::Close),
        }
    }
    did
}

fn field_ui(ui: &mut Ui, finder: &mut Finder, theme: &Theme, rect: Rect, focused: bool) {
    let field = TextEdit::singleline(&mut finder.text)
        .hint_text("Find")
        .font(FontId::proportional(13.0))
        .text_color(theme.text)
        .frame(egui::Frame::NONE)
        .align(Align2::LEFT_CENTER)
        .desired_width(f32::INFINITY);
    let response = ui.put(rect, field);
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::TextInput, true, "Find in pane"));
    if response.gained_focus() || response.clicked() {
        finder.typing = true;
    }
    if finder.typing && focused {
        hold_keyboard(&response);
    } else if response.has_focus() {
        response.surrender_focus();
    }
}

fn toggle_ui(ui: &Ui, theme: &Theme, center: Pos2, label: &str, sign: &str, on: &mut bool) {
    let rect = Rect::from_center_size(center, Vec2::new(24.0, 20.0));
    let response = ui.interact(rect, ui.scope_id().with(("find", label)), Sense::click());
    let shown = *on;
    response.widget_info(|| egui::WidgetInfo::selected(egui::Role::CheckBox, true, shown, label));
    let (fill, color) = match (shown, response.hovered()) {
        (true, _) => (theme.selected, theme.accent),
        (false, true) => (theme.hover, theme.text),
        (false, false) => (Color32::TRANSPARENT, theme.faint),
    };
    ui.painter().rect_filled(rect, 4.0, fill);
    let font = FontId::proportional(11.0);
    ui.painter()
        .text(center, Align2::CENTER_CENTER, sign, font, color);
    focus_ui(ui, &response, theme);
    if response.clicked() {
        *on = !*on;
    }
    response.on_hover_text(label);
}
