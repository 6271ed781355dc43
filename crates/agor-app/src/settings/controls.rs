//! The controls of the page, each named for who cannot see it and worked by Tab, Space and Enter.

use egui::{FontId, Pos2, Rect, Response, Sense, Stroke, StrokeKind, TextEdit, Ui, Vec2};

use crate::theme::Theme;

/// The size of a switch.
const SWITCH: Vec2 = Vec2::new(34.0, 20.0);

/// Draws a switch; says whether it was changed.
pub fn switch_ui(ui: &mut Ui, theme: &Theme, label: &str, on: bool) -> bool {
    let (rect, response) = ui.allocate_exact_size(SWITCH, Sense::click());
    response.widget_info(|| egui::WidgetInfo::selected(egui::Role::CheckBox, true, on, label));
    let (ground, knob) = match on {
        true => (theme.accent, theme.on_accent),
        false => (theme.hover, theme.muted),
    };
    let painter = ui.painter();
    let edge = Stroke::new(1.0, if on { theme.accent } else { theme.faint });
    painter.rect(rect, 10.0, ground, edge, StrokeKind::Inside);
    let x = if on {
        rect.max.x - 10.0
    } else {
        rect.min.x + 10.0
    };
    painter.circle_filled(Pos2::new(x, rect.center().y), 6.0, knob);
    focus_ui(ui, theme, &response, rect);
    response.clicked()
}

/// Draws one of several names that can be on together; says whether it was changed.
pub fn check_ui(ui: &mut Ui, theme: &Theme, label: &str, text: &str, on: bool) -> bool {
    let color = if on { theme.text } else { theme.muted };
    let galley = ui
        .painter()
        .layout_no_wrap(text.to_owned(), FontId::proportional(12.0), color);
    let size = Vec2::new(22.0 + galley.size().x + 6.0, 22.0);
    let (rect, response) = ui.allocate_exact_size(size, Sense::click());
    response.widget_info(|| egui::WidgetInfo::selected(egui::Role::CheckBox, true, on, label));
    let middle = rect.center().y;
    let mark = Rect::from_center_size(Pos2::new(rect.min.x + 9.0, middle), Vec2::splat(14.0));
    let (fill, edge) = match on {
        true => (theme.accent, theme.accent),
        false => (theme.pane, theme.faint),
    };
    let painter = ui.painter();
    painter.rect(mark, 3.0, fill, Stroke::new(1.0, edge), StrokeKind::Inside);
    if on {
        let at = |x: f32, y: f32| mark.min + Vec2::new(x, y);
        let tick = vec![at(3.5, 7.0), at(6.0, 9.5), at(10.5, 4.5)];
        painter.line(tick, Stroke::new(1.5, theme.on_accent));
    }
    painter.galley(
        Pos2::new(rect.min.x + 22.0, middle - galley.size().y / 2.0),
        galley,
        color,
    );
    focus_ui(ui, theme, &response, rect);
    response.clicked()
}

/// Draws a button of a fixed width with what it stands at; says whether it was pressed.
pub fn choice_ui(ui: &mut Ui, theme: &Theme, label: &str, text: &str, width: f32) -> bool {
    let (rect, response) = ui.allocate_exact_size(Vec2::new(width, 26.0), Sense::click());
    response.widget_info(|| {
        egui::WidgetInfo::labeled(egui::Role::Button, true, format!("{label}: {text}"))
    });
    let fill = if response.hovered() {
        theme.hover
    } else {
        theme.raised
    };
    ui.painter().rect(
        rect,
        4.0,
        fill,
        Stroke::new(1.0, theme.border),
        StrokeKind::Inside,
    );
    let room = rect.width() - 36.0;
    let galley = crate::widgets::elided(ui, text, FontId::proportional(13.0), theme.text, room);
    let middle = rect.center().y;
    let at = Pos2::new(rect.min.x + 10.0, middle - galley.size().y / 2.0);
    ui.painter().galley(at, galley, theme.text);
    let center = Pos2::new(rect.max.x - 15.0, middle);
    crate::icons::chevron(ui.painter(), center, 1.0, Stroke::new(1.5, theme.muted));
    focus_ui(ui, theme, &response, rect);
    response.clicked()
}

/// Draws one of several of which one is chosen, by its label and the text that is shown; says whether it was
/// pressed.
pub fn option_ui(
    ui: &mut Ui,
    theme: &Theme,
    (label, text): (&str, &str),
    chosen: bool,
    width: f32,
) -> bool {
    let (rect, response) = ui.allocate_exact_size(Vec2::new(width, 24.0), Sense::click());
    response
        .widget_info(|| egui::WidgetInfo::selected(egui::Role::RadioButton, true, chosen, label));
    if chosen {
        ui.painter().rect_filled(rect, 4.0, theme.selected);
    } else if response.hovered() {
        ui.painter().rect_filled(rect, 4.0, theme.hover);
    }
    let color = if chosen { theme.text } else { theme.muted };
    let room = rect.width() - 20.0;
    let galley = crate::widgets::elided(ui, text, FontId::proportional(13.0), color, room);
    let at = Pos2::new(rect.min.x + 10.0, rect.center().y - galley.size().y / 2.0);
    ui.painter().galley(at, galley, color);
    focus_ui(ui, theme, &response, rect);
    response.clicked()
}

/// Draws a small button of words alone; says whether it was pressed.
pub fn word_ui(ui: &mut Ui, theme: &Theme, label: &str, text: &str) -> bool {
    let galley =
        ui.painter()
            .layout_no_wrap(text.to_owned(), FontId::proportional(11.0), theme.link);
    let (rect, response) =
        ui.allocate_exact_size(galley.size() + Vec2::new(8.0, 4.0), Sense::click());
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, label));
    if response.hovered() {
        ui.painter().rect_filled(rect, 4.0, theme.hover);
    }
    ui.painter()
        .galley(rect.min + Vec2::new(4.0, 2.0), galley, theme.link);
    focus_ui(ui, theme, &response, rect);
    response.clicked()
}

/// Draws a field.
pub fn field_ui(
    ui: &mut Ui,
    theme: &Theme,
    (label, hint): (&str, &str),
    text: &mut String,
    (width, lines): (f32, usize),
) -> Response {
    let field = match lines {
        1 => TextEdit::singleline(text),
        _ => TextEdit::multiline(text).desired_rows(lines),
    };
    let field = field
        .hint_text(hint)
        .font(FontId::proportional(13.0))
        .text_color(theme.text)
        .background_color(theme.pane)
        .margin(Vec2::new(8.0, 4.0))
        .desired_width(width);
    let response = ui.add(field);
    let label = label.to_owned();
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::TextInput, true, label.clone()));
    response
}

/// Shows that a control has the keyboard.
fn focus_ui(ui: &Ui, theme: &Theme, response: &Response, rect: Rect) {
    if response.has_focus() {
        let edge = Stroke::new(1.5, theme.border_focus);
        ui.painter()
            .rect_stroke(rect.expand(2.0), 5.0, edge, StrokeKind::Outside);
    }
}
