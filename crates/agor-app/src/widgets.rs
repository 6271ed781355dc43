//! Small pieces of the interface that several places draw.

use std::sync::Arc;

use agor_proto::session::SessionInfo;
use egui::{Color32, FontId, Pos2, Rect, Sense, Stroke, Ui};

use crate::icons::Mark;
use crate::theme::Theme;

/// Draws a button with a sign, 20 points wide; says whether it was pressed.
pub fn icon_button(
    ui: &mut Ui,
    theme: &Theme,
    center: Pos2,
    label: &str,
    sign: impl FnOnce(&egui::Painter, Pos2, Stroke),
) -> bool {
    let rect = Rect::from_center_size(center, egui::Vec2::splat(20.0));
    let response = ui.interact(rect, ui.scope_id().with(("button", label)), Sense::click());
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, label));
    let color = if response.hovered() {
        ui.painter().rect_filled(rect, 4.0, theme.hover);
        theme.text
    } else {
        theme.faint
    };
    sign(ui.painter(), center, Stroke::new(1.5, color));
    response.on_hover_text(label).clicked()
}

/// Draws the mark of a session's state, 20 points wide; says whether it was pressed, which asks why it is so.
pub fn badge_ui(
    ui: &Ui,
    painter: &egui::Painter,
    info: &SessionInfo,
    theme: &Theme,
    center: Pos2,
) -> bool {
    let rect = Rect::from_center_size(center, egui::Vec2::splat(20.0));
    let id = ui.scope_id().with(("badge", info.id));
    let response = ui.interact(rect, id, Sense::click());
    let mark = Mark::of(info);
    let label = format!("Explain {}, {}", info.name, mark.word());
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, &label));
    if response.hovered() {
        painter.rect_filled(rect, 4.0, theme.hover);
    }
    mark.paint(painter, center, theme);
    response.on_hover_text(label).clicked()
}

/// Gives a field the keyboard, unless it has it. Whether the window has it is another matter: a field that
/// asked in each frame until then would draw without end.
pub fn hold_keyboard(response: &egui::Response) {
    let has = response.ctx.memory(|memory| memory.has_focus(response.id));
    if !has {
        response.request_focus();
    }
}

/// Returns one line of text that ends in an ellipsis where there is no room.
pub fn elided(ui: &Ui, text: &str, font: FontId, color: Color32, room: f32) -> Arc<egui::Galley> {
    let mut job = egui::text::LayoutJob::simple_singleline(text.to_owned(), font, color);
    job.wrap = egui::text::TextWrapping::truncate_at_width(room.max(0.0));
    ui.painter().layout_job(job)
}
