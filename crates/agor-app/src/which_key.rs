//! After a key that begins sequences: what can follow it.

use egui::{Align2, FontId, Pos2, Rect, Sense, Stroke, StrokeKind, Ui, Vec2};

use crate::commands::context::Chain;
use crate::keys::keymap::{Chord, Keymap};
use crate::theme::{Theme, measure, medium};
use crate::widgets::elided;

/// Width of a column in points, and where in it keys end and titles begin.
const COLUMN: f32 = 264.0;
const KEYS: f32 = 72.0;
const TITLE: f32 = 84.0;

/// Height of a line.
const LINE: f32 = 22.0;

/// Between it and the window's edges.
const MARGIN: f32 = 16.0;

/// Draws what can follow the chords of an unfinished sequence, over the window's lower part.
pub fn which_key_ui(ui: &Ui, (before, keymap, chain): (&[Chord], &Keymap, Chain), theme: &Theme) {
    let rows = keymap.after(before, chain);
    if rows.is_empty() {
        return;
    }
    let screen = ui.ctx().content_rect();
    let columns = ((screen.width() - 48.0) / COLUMN).floor().clamp(1.0, 4.0) as usize;
    // What has no room in a small window is counted: the page of keys has all of it.
    let height = screen.height() - measure::STATUS_BAR - 2.0 * MARGIN - 24.0;
    let most = ((height / LINE).floor() as usize).max(1);
    let lines = rows.len().div_ceil(columns).min(most);
    let room = columns * lines;
    let shown = if rows.len() > room {
        room - 1
    } else {
        rows.len()
    };
    let size = Vec2::new(columns as f32 * COLUMN + 24.0, lines as f32 * LINE + 24.0);
    let area = Rect::from_min_size(
        Pos2::new(
            screen.center().x - size.x / 2.0,
            screen.max.y - measure::STATUS_BAR - MARGIN - size.y,
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
    let place = |at: usize| {
        let (column, line) = (at / lines, at % lines);
        let left = area.min.x + 12.0 + column as f32 * COLUMN;
        let middle = area.min.y + 12.0 + (line as f32 + 0.5) * LINE;
        (left, middle)
    };
    for (at, (keys, title)) in rows.iter().take(shown).enumerate() {
        let (left, middle) = place(at);
        let keys_at = Pos2::new(left + KEYS, middle);
        painter.text(
            keys_at,
            Align2::RIGHT_CENTER,
            keys,
            medium(12.0),
            theme.accent,
        );
        let font = FontId::proportional(12.0);
        let title = elided(ui, title, font, theme.text, COLUMN - TITLE - 12.0);
        let title_at = Pos2::new(left + TITLE, middle - title.size().y / 2.0);
        painter.galley(title_at, title, theme.text);
    }
    if shown < rows.len() {
        let (left, middle) = place(shown);
        let more = format!("and {} more", rows.len() - shown);
        let at = Pos2::new(left + TITLE, middle);
        let font = FontId::proportional(12.0);
        painter.text(at, Align2::LEFT_CENTER, more, font, theme.muted);
    }
    let read = ui.interact(area, ui.scope_id().with("which-key"), Sense::hover());
    read.widget_info(|| {
        let rows = rows.iter().map(|(keys, title)| format!("{keys} {title}"));
        let told = format!("Then {}", rows.collect::<Vec<_>>().join(", "));
        egui::WidgetInfo::labeled(egui::Role::Status, true, told)
    });
}
