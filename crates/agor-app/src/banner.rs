//! Rows above everything else that say what is wrong with where the host stores things, for as long as it is so.

use std::collections::HashSet;
use std::sync::Arc;

use agor_proto::session::{StorageNotice, StorageTrouble};
use egui::text::LayoutJob;
use egui::{FontId, Galley, Pos2, Rect, Sense, Stroke, Ui, Vec2};

use crate::theme::{Theme, medium};

/// The least height of a row.
const ROW: f32 = 32.0;

/// Above and below what it says, and where that begins.
const INSET: f32 = 8.0;
const LEFT: f32 = 36.0;

/// Left and right of the button, and what it has around its text.
const GAP: f32 = 16.0;
const RIGHT: f32 = 12.0;
const BUTTON: Vec2 = Vec2::new(16.0, 8.0);

/// Lines of what it says; the rest of more is seen under the pointer.
const LINES_MAX: usize = 3;

/// Rows that are shown at once.
const ROWS_MAX: usize = 2;

/// What of it the person has read and sent away.
#[derive(Debug, Default)]
pub struct Banners {
    read: HashSet<String>,
}

/// What the person did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Did {
    /// Wants to see what takes the space.
    Look,
    /// Has read what is over.
    Read(String),
}

impl Banners {
    /// Returns what is shown of what the host says, the worst first as it says it.
    pub fn shown<'a>(&self, told: &'a [StorageNotice]) -> Vec<&'a StorageNotice> {
        let unread = told
            .iter()
            .filter(|notice| !self.read.contains(&notice.text));
        unread.take(ROWS_MAX).collect()
    }

    /// Notes that the person has read something, and forgets what the host says no more.
    pub fn read(&mut self, text: String, told: &[StorageNotice]) {
        self.read
            .retain(|read| told.iter().any(|notice| notice.text == *read));
        self.read.insert(text);
    }
}

/// Returns how high a row as wide as `ui` is that says all of it.
#[must_use]
pub fn height(ui: &Ui, notice: &StorageNotice, theme: &Theme) -> f32 {
    let button = button_text(ui, notice, theme).size().x + BUTTON.x;
    let room = ui.available_width() - RIGHT - button - GAP - LEFT;
    let text = laid_out(ui, notice, theme, room);
    (text.size().y + 2.0 * INSET).max(ROW)
}

fn laid_out(ui: &Ui, notice: &StorageNotice, theme: &Theme, room: f32) -> Arc<Galley> {
    let font = FontId::proportional(12.0);
    let text = notice.text.clone();
    let mut job = LayoutJob::simple(text, font, theme.text, room.max(80.0));
    job.wrap.max_rows = LINES_MAX;
    ui.painter().layout_job(job)
}

fn button_text(ui: &Ui, notice: &StorageNotice, theme: &Theme) -> Arc<Galley> {
    let label = label(notice).to_owned();
    ui.painter().layout_no_wrap(label, medium(11.0), theme.text)
}

/// Returns what stands on the button.
fn label(notice: &StorageNotice) -> &'static str {
    if notice.is == StorageTrouble::Mended {
        "Dismiss"
    } else {
        "What takes space"
    }
}

/// Draws one into `ui`'s whole rectangle; returns what the person did.
pub fn banner_ui(ui: &mut Ui, notice: &StorageNotice, theme: &Theme) -> Option<Did> {
    let bar = ui.max_rect();
    let over = notice.is == StorageTrouble::Mended;
    let color = if over { theme.needs_you } else { theme.error };
    let painter = ui.painter();
    painter.rect_filled(bar, 0.0, theme.raised);
    painter.rect_filled(bar.with_max_x(bar.min.x + 3.0), 0.0, color);
    let below = Stroke::new(1.0, theme.border);
    painter.hline(bar.x_range(), bar.max.y - 0.5, below);
    let middle = bar.center().y;
    painter.circle_filled(Pos2::new(bar.min.x + 20.0, middle), 4.0, color);
    let did = match over {
        true => Did::Read(notice.text.clone()),
        false => Did::Look,
    };
    let right = Pos2::new(bar.max.x - RIGHT, middle);
    let (left, pressed) = button_ui(ui, theme, notice, right);
    let at = bar.min.x + LEFT;
    let text = laid_out(ui, notice, theme, left - GAP - at);
    let rect = bar.with_min_x(at).with_max_x(left - 8.0);
    ui.painter().galley(
        Pos2::new(at, middle - text.size().y / 2.0),
        text,
        theme.text,
    );
    let response = ui.interact(rect, ui.scope_id().with("banner"), Sense::hover());
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Alert, true, &notice.text));
    response.on_hover_text(&notice.text);
    pressed.then_some(did)
}

/// Draws a button that ends at `right`; returns where it begins and whether it was pressed.
fn button_ui(ui: &Ui, theme: &Theme, notice: &StorageNotice, right: Pos2) -> (f32, bool) {
    let (label, text) = (label(notice), button_text(ui, notice, theme));
    let size = text.size() + BUTTON;
    let corner = Pos2::new(right.x - size.x, right.y - size.y / 2.0);
    let rect = Rect::from_min_size(corner, size);
    let response = ui.interact(rect, ui.scope_id().with(label), Sense::click());
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, label));
    let edge = if response.has_focus() {
        theme.border_focus
    } else {
        theme.border
    };
    if response.hovered() {
        ui.painter().rect_filled(rect, 4.0, theme.hover);
    }
    ui.painter()
        .rect_stroke(rect, 4.0, Stroke::new(1.0, edge), egui::StrokeKind::Inside);
    ui.painter().galley(corner + BUTTON / 2.0, text, theme.text);
    (corner.x, response.clicked())
}
