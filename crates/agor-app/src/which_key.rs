//! After a key that begins sequences: what can follow it.

use egui::{Align2, FontId, Pos2, Rect, Stroke, StrokeKind, Ui, Vec2};

use crate::commands::context::Chain;
use crate::keys::keymap::{Chord, Keymap};
use crate::theme::{Theme, measure, medium};

/// Width of a column in points.
const COLUMN: f32 = 248.0;

/// Height of a line.
const LINE: f32 = 22.0;

/// Draws what can follow the chords of an unfinished sequence, over the window's lower part.
pub fn which_key_ui(ui: &Ui, (before, keymap, chain): (&[Chord], &Keymap, Chain), theme: &Theme) {
    let rows = keymap.after(before, chain);
    if rows.is_empty() {
        return;
    }
    let screen = ui.ctx().content_rect();
    let columns = ((screen.width() - 48.0) / COLUMN).floor().clamp(1.0, 4.0) as usize;
    let lines = rows.len().div_ceil(columns);
    let size = Vec2::new(columns as f32 * COLUMN + 24.0, lines as f32 * LINE + 24.0);
    let area = Rect::from_min_size(
        Pos2::new(
            screen.center().x - size.x / 2.0,
            screen.max.y - measure::STATUS_BAR - 16.0 - size.y,
        ),
        size,
    );
    let layer = egui::LayerId::new(egui::Order::Foreground, egui::Id::unique("which-key"));
    let painter = ui.ctx().layer_painter(layer);
    let radius = f32::from(measure::RADIUS);
    painter.add(theme.raised_shadow().as_shape(area, radius));
    painter.rect(
        area,
        radius,
        theme.raised,
        Stroke::new(1.0, theme.border),
        StrokeKind::Inside,
    );
    for (at, (keys, title)) in rows.iter().enumerate() {
        let (column, line) = (at / lines, at % lines);
        let left = area.min.x + 12.0 + column as f32 * COLUMN;
        let middle = area.min.y + 12.0 + (line as f32 + 0.5) * LINE;
        let keys_at = Pos2::new(left + 72.0, middle);
        painter.text(
            keys_at,
            Align2::RIGHT_CENTER,
            keys,
            medium(12.0),
            theme.accent,
        );
        let title_at = Pos2::new(left + 84.0, middle);
        let font = FontId::proportional(12.0);
        painter.text(title_at, Align2::LEFT_CENTER, title, font, theme.text);
    }
}
