//! Draws the list of fonts below its setting, while it is open.

use agor_core::config::{Value, Whose};
use egui::{Align2, FontId, Pos2, RichText, ScrollArea, Stroke, Ui, Vec2};

use super::{Did, SettingsPage};
use crate::commands::Command;
use crate::keys::drawn::hints;
use crate::theme::Theme;

/// Height of the list.
const FONTS: f32 = 196.0;

/// Draws the list of fonts, if it is open.
pub fn fonts_ui(ui: &mut Ui, page: &mut SettingsPage, theme: &Theme, width: f32) -> Option<Did> {
    let fonts = page.fonts.as_mut()?;
    let mut did = None;
    let frame = egui::Frame::NONE
        .fill(theme.raised)
        .stroke(Stroke::new(1.0, theme.border))
        .corner_radius(6.0)
        .inner_margin(4.0);
    frame.show(ui, |ui| {
        ui.set_width(width - 10.0);
        let keys = [
            (Command::PaletteChoose, "keeps it"),
            (Command::PaletteClose, "takes it back"),
        ];
        let text = format!(
            "Arrows show a font in the sample above  ·  {}",
            hints(ui, &keys)
        );
        ui.label(RichText::new(text).size(11.0).color(theme.faint));
        let row = 24.0;
        let mut list = ScrollArea::vertical()
            .id_salt("fonts")
            .max_height(FONTS)
            .auto_shrink(false);
        if std::mem::take(&mut fonts.moved) {
            // Else the wheel could not look elsewhere.
            list = list.vertical_scroll_offset((fonts.at as f32 * row - FONTS / 2.0).max(0.0));
        }
        list.show_rows(ui, row, fonts.families.len(), |ui, range| {
            ui.spacing_mut().item_spacing.y = 0.0;
            for at in range {
                let Some(family) = fonts.families.get(at) else {
                    continue;
                };
                let size = Vec2::new(ui.available_width(), row);
                let (rect, response) = ui.allocate_exact_size(size, egui::Sense::click());
                let on = at == fonts.at;
                response.widget_info(|| {
                    egui::WidgetInfo::selected(egui::Role::ListBoxOption, true, on, family)
                });
                if on {
                    ui.painter().rect_filled(rect, 4.0, theme.selected);
                } else if response.hovered() {
                    ui.painter().rect_filled(rect, 4.0, theme.hover);
                }
                let at_text = Pos2::new(rect.min.x + 8.0, rect.center().y);
                let font = FontId::proportional(13.0);
                ui.painter()
                    .text(at_text, Align2::LEFT_CENTER, family, font, theme.text);
                if response.clicked() {
                    did = Some(Did::Say {
                        key: "window.font_family",
                        of: Whose::All,
                        value: Some(Value::Text(family.clone())),
                    });
                }
            }
        });
    });
    if did.is_some() {
        page.fonts = None;
    }
    did
}
