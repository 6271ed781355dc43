//! Draws the editor.

use agor_core::themes::{ANSI, Color, Faint, TOKENS};
use egui::ecolor::Hsva;
use egui::{
    Align2, Color32, FontId, Pos2, Rect, RichText, ScrollArea, Sense, Slider, Stroke, StrokeKind,
    TextEdit, Ui, Vec2,
};

use super::{Outcome, Part, ThemeEditor, ansi_name};
use crate::commands::{Command, context};
use crate::keys::drawn::{keys_of, pressed};
use crate::theme::{Theme, medium, semibold};
use crate::widgets::{elided, reveal_focus};

/// Height of a colour's line.
const ROW: f32 = 28.0;

/// Draws the editor into `ui`'s whole rectangle and says what the person did.
pub fn theme_editor_ui(ui: &mut Ui, editor: &mut ThemeEditor, theme: &Theme) -> Outcome {
    let mut outcome = Outcome::Open;
    let mut save = false;
    for command in pressed(
        ui,
        context::EDITOR,
        &[Command::EditorLeave, Command::EditorSave],
    ) {
        if command == Command::EditorSave {
            save = true;
        } else {
            // The picker first, then the editor.
            if editor.open.take().is_none() {
                return Outcome::Closed;
            }
            editor.typed = None;
        }
    }
    let area = ui.max_rect();
    ui.painter().vline(
        area.min.x + 0.5,
        area.y_range(),
        Stroke::new(1.0, theme.border),
    );
    ui.visuals_mut().selection.stroke = Stroke::new(1.0, theme.border_focus);
    let weak = editor.theme.hard_to_read();
    egui::Frame::NONE.inner_margin(12.0).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = 6.0;
        let width = ui.available_width();
        let title = RichText::new("Theme editor").font(semibold(15.0));
        ui.label(title.color(theme.text));
        let mut name = editor.theme.name.clone();
        let field = TextEdit::singleline(&mut name)
            .font(FontId::proportional(13.0))
            .text_color(theme.text)
            .background_color(theme.pane)
            .margin(Vec2::new(8.0, 5.0))
            .desired_width(width);
        let response = ui.add(field);
        response.widget_info(|| {
            egui::WidgetInfo::labeled(egui::Role::TextInput, true, "Name of the theme")
        });
        if name != editor.theme.name {
            editor.rename(name.chars().take(60).collect());
        }
        let wrong = editor.wrong();
        let (told, color) = match (wrong, weak.len(), editor.replaces()) {
            (Some(why), _, _) => (format!("It cannot be saved: {why}."), theme.error),
            (None, 0, true) => ("Saving replaces this theme of yours.".into(), theme.muted),
            (None, 0, false) => ("Saving makes a theme of your own.".into(), theme.muted),
            (None, 1, _) => ("1 pair is hard to read.".into(), theme.needs_you),
            (None, count, _) => (format!("{count} pairs are hard to read."), theme.needs_you),
        };
        ui.label(RichText::new(told).size(12.0).color(color));
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = 8.0;
            let pressed = action_ui(ui, theme, "Save theme", "Ctrl+S", wrong.is_none());
            if (pressed || save) && wrong.is_none() {
                outcome = Outcome::Save(Box::new(editor.theme.clone()));
            }
            if action_ui(ui, theme, "Leave", &keys_of(ui, Command::EditorLeave), true) {
                outcome = Outcome::Closed;
            }
        });
        ui.add_space(4.0);
        ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            for (at, (name, doc)) in TOKENS.iter().enumerate() {
                let weak: Vec<_> = weak.iter().filter(|weak| weak.token == *name).collect();
                part_ui(ui, editor, theme, Part::Token(at), (name, doc), &weak);
            }
            ui.add_space(14.0);
            let title = RichText::new("Terminal").font(semibold(13.0));
            ui.label(title.color(theme.text));
            ui.add_space(4.0);
            for at in 0..ANSI {
                let (name, doc) = (ansi_name(at), format!("colour {at}"));
                part_ui(ui, editor, theme, Part::Ansi(at), (&name, &doc), &[]);
            }
            ui.add_space(12.0);
            reveal_focus(ui);
        });
    });
    outcome
}

/// Draws one colour: its swatch, its name, its value, what is wrong with it, and its picker while that is open.
fn part_ui(
    ui: &mut Ui,
    editor: &mut ThemeEditor,
    theme: &Theme,
    part: Part,
    (name, doc): (&str, &str),
    weak: &[&Faint],
) {
    let name = name.replace('_', " ");
    let color = editor.color(part);
    let open = editor.open == Some(part);
    let size = Vec2::new(ui.available_width(), ROW);
    let (rect, response) = ui.allocate_exact_size(size, Sense::click());
    let warned = if weak.is_empty() {
        ""
    } else {
        ", hard to read"
    };
    let label = format!("{name}: {color}{warned}");
    response.widget_info(|| egui::WidgetInfo::selected(egui::Role::Button, true, open, &label));
    let painter = ui.painter();
    if open || response.hovered() {
        let fill = if open { theme.selected } else { theme.hover };
        painter.rect_filled(rect, 4.0, fill);
    }
    if response.has_focus() {
        let edge = Stroke::new(1.5, theme.border_focus);
        painter.rect_stroke(rect, 4.0, edge, StrokeKind::Inside);
    }
    let middle = rect.center().y;
    let at = Pos2::new(rect.min.x + 18.0, middle);
    let swatch = Rect::from_center_size(at, Vec2::new(22.0, 16.0));
    let edge = Stroke::new(1.0, theme.faint);
    painter.rect(swatch, 3.0, shown(color), edge, StrokeKind::Inside);
    let value = painter.layout_no_wrap(color.to_string(), FontId::monospace(12.0), theme.muted);
    let right = rect.max.x - 10.0 - value.size().x;
    let at = Pos2::new(right, middle - value.size().y / 2.0);
    painter.galley(at, value, theme.muted);
    let left = rect.min.x + 38.0;
    let title = elided(ui, &name, medium(13.0), theme.text, right - left - 24.0);
    let width = title.size().x;
    let at = Pos2::new(left, middle - title.size().y / 2.0);
    ui.painter().galley(at, title, theme.text);
    let room = right - left - width - 20.0;
    if !weak.is_empty() {
        let at = Pos2::new(right - 12.0, middle);
        ui.painter().circle_filled(at, 6.0, theme.needs_you);
        ui.painter()
            .text(at, Align2::CENTER_CENTER, "!", semibold(11.0), theme.panel);
    } else if room > 40.0 {
        let doc = elided(ui, doc, FontId::proportional(11.0), theme.faint, room);
        let at = Pos2::new(left + width + 8.0, middle - doc.size().y / 2.0);
        ui.painter().galley(at, doc, theme.faint);
    }
    if response.clicked() {
        editor.open = (!open).then_some(part);
        editor.typed = None;
    }
    if !open {
        return;
    }
    ui.indent(("picker", &name), |ui| {
        ui.spacing_mut().item_spacing.y = 6.0;
        ui.add_space(6.0);
        picker_ui(ui, editor, theme, part, &name);
        for weak in weak {
            let text = format!(
                "On {} {:.1}:1; {}:1 is the least that reads well.",
                weak.ground.replace('_', " "),
                weak.contrast,
                weak.least
            );
            ui.label(RichText::new(text).size(12.0).color(theme.needs_you));
        }
        ui.add_space(8.0);
    });
}

fn picker_ui(ui: &mut Ui, editor: &mut ThemeEditor, theme: &Theme, part: Part, name: &str) {
    let color = editor.color(part);
    ui.horizontal(|ui| {
        let mut typed = editor.typed.clone().unwrap_or_else(|| color.to_string());
        let field = TextEdit::singleline(&mut typed)
            .font(FontId::monospace(12.0))
            .text_color(theme.text)
            .background_color(theme.pane)
            .margin(Vec2::new(8.0, 4.0))
            .desired_width(110.0);
        let response = ui.add(field);
        let label = format!("Value of {name}");
        response
            .widget_info(|| egui::WidgetInfo::labeled(egui::Role::TextInput, true, label.clone()));
        if response.changed() {
            // Half a colour changes nothing yet.
            if let Ok(color) = typed.trim().parse() {
                editor.set(part, color);
            }
            editor.typed = Some(typed);
        } else if response.lost_focus() {
            editor.typed = None;
        }
        if editor.is_changed(part) && action_ui(ui, theme, "As it was", "", true) {
            editor.reset(part);
        }
    });
    let color = editor.color(part);
    // egui's own picker has a sign that our fonts do not have, and no names.
    let mut picked = Hsva::from(shown(color));
    let before = picked;
    ui.spacing_mut().slider_width = (ui.available_width() - 110.0).clamp(100.0, 220.0);
    let parts = [
        ("Hue", &mut picked.h),
        ("Saturation", &mut picked.s),
        ("Brightness", &mut picked.v),
    ];
    for (word, value) in parts {
        ui.add(Slider::new(value, 0.0..=1.0).show_value(false).text(word));
    }
    if color.a < 255 {
        let opacity = Slider::new(&mut picked.a, 0.0..=1.0).show_value(false);
        ui.add(opacity.text("Opacity"));
    }
    if picked != before {
        let [r, g, b, a] = Color32::from(picked).to_srgba_unmultiplied();
        let a = if color.a == 255 { 255 } else { a };
        editor.set(part, Color { r, g, b, a });
        editor.typed = None;
    }
}

/// Draws a button with its key; says whether it was pressed.
fn action_ui(ui: &mut Ui, theme: &Theme, text: &str, key: &str, enabled: bool) -> bool {
    let color = if enabled { theme.text } else { theme.faint };
    let painter = ui.painter();
    let words = painter.layout_no_wrap(text.to_owned(), medium(12.0), color);
    let cap = painter.layout_no_wrap(key.to_owned(), FontId::proportional(11.0), theme.muted);
    let gap = if key.is_empty() { 0.0 } else { 8.0 };
    let size = Vec2::new(words.size().x + cap.size().x + gap + 20.0, 26.0);
    let (rect, response) = ui.allocate_exact_size(size, Sense::click());
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, enabled, text));
    let fill = match enabled && response.hovered() {
        true => theme.hover,
        false => theme.raised,
    };
    let edge = match response.has_focus() {
        true => Stroke::new(1.5, theme.border_focus),
        false => Stroke::new(1.0, theme.border),
    };
    let painter = ui.painter();
    painter.rect(rect, 4.0, fill, edge, StrokeKind::Inside);
    let middle = rect.center().y;
    let at = Pos2::new(rect.min.x + 10.0, middle - words.size().y / 2.0);
    let right = at.x + words.size().x + gap;
    painter.galley(at, words, color);
    let at = Pos2::new(right, middle - cap.size().y / 2.0);
    painter.galley(at, cap, theme.muted);
    enabled && response.clicked()
}

fn shown(color: Color) -> Color32 {
    Color32::from_rgba_unmultiplied(color.r, color.g, color.b, color.a)
}
