//! Draws the page.

use egui::{Align2, Color32, FontId, Pos2, Rect, ScrollArea, Sense, Stroke, StrokeKind, Ui, Vec2};

use super::figures::{self, Card, Table};
use crate::commands::{Command, context};
use crate::keys::drawn::{hints, pressed};
use crate::link::snapshot::Snapshot;
use crate::theme::{Theme, measure, medium, semibold};
use crate::widgets::{elided, hint_ui};

/// Height of the page's head.
const HEAD: f32 = 44.0;

/// Between cards, and around them.
const GAP: f32 = 12.0;

/// Within a card.
const INSET: f32 = 12.0;

/// The narrowest card in which its figures can be read.
const CARD_MIN: f32 = 260.0;

/// Height of a card's bars.
const BARS: f32 = 32.0;

/// Height of a figure's line.
const LINE: f32 = 20.0;

/// Height of a session's line.
const ROW: f32 = 24.0;

/// Height of a table's name.
const TITLE: f32 = 32.0;

/// The narrowest and the widest column of a table, and its first one. All tables have the same, so that
/// figures stand below each other.
const COLUMN_MIN: f32 = 88.0;
const COLUMN_MAX: f32 = 124.0;
const FIRST_COLUMN: f32 = 220.0;

/// What the person did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The page stays.
    Open,
    /// It was closed.
    Closed,
}

/// Draws the page into `ui`'s whole rectangle and says what the person did. `window` and `frames` are
/// what this window has drawn.
pub fn diagnostics_ui(
    ui: &mut Ui,
    snapshot: &Snapshot,
    window: agor_render::Counters,
    frames: u64,
    theme: &Theme,
) -> Outcome {
    let area = ui.max_rect();
    ui.painter().rect_filled(area, 0.0, theme.window);
    let head = area.with_max_y(area.min.y + HEAD);
    head_ui(ui, theme, head);
    let closed = !pressed(ui, context::LIST, &[Command::ListClose]).is_empty();
    let cards = figures::cards(&snapshot.diagnosis, &snapshot.host, window, frames);
    let tables = figures::tables(&snapshot.diagnosis, |id| {
        let known = snapshot.sessions.iter().flat_map(|all| all.iter());
        let info = known.into_iter().find(|info| info.id.to_string() == id);
        info.map_or_else(|| id.to_owned(), |info| info.name.clone())
    });
    let below = area.with_min_y(head.max.y);
    if cards.is_empty() {
        let font = FontId::proportional(13.0);
        let text = "The host is asked how it is…";
        ui.painter().text(
            below.center(),
            Align2::CENTER_CENTER,
            text,
            font,
            theme.muted,
        );
    } else {
        let mut ui = ui.new_child(egui::UiBuilder::new().max_rect(below).id_salt("figures"));
        ScrollArea::vertical()
            .auto_shrink(false)
            .show(&mut ui, |ui| page_ui(ui, &cards, &tables, theme));
    }
    if closed {
        Outcome::Closed
    } else {
        Outcome::Open
    }
}

fn head_ui(ui: &Ui, theme: &Theme, rect: Rect) {
    let painter = ui.painter();
    painter.hline(rect.x_range(), rect.max.y, Stroke::new(1.0, theme.border));
    let at = Pos2::new(rect.min.x + GAP, rect.center().y);
    let name = painter.text(
        at,
        Align2::LEFT_CENTER,
        "Diagnostics",
        semibold(15.0),
        theme.text,
    );
    let at = Pos2::new(rect.max.x - GAP, rect.center().y);
    let closes = hints(ui, &[(Command::ListClose, "closes")]);
    let keys = format!("agor doctor --report FILE writes it down  ·  {closes}");
    hint_ui(ui, at, name.max.x, &keys, theme);
}

fn page_ui(ui: &mut Ui, cards: &[Card], tables: &[Table], theme: &Theme) {
    let width = ui.available_width();
    let across = (((width - GAP) / (CARD_MIN + GAP)) as usize).clamp(1, cards.len());
    // Rather two lines of two than three and a single one.
    let across = cards.len().div_ceil(cards.len().div_ceil(across));
    let card_width = ((width - GAP) / across as f32 - GAP).floor();
    let rows = cards.iter().map(|card| card.rows.len()).max().unwrap_or(0);
    let height = INSET + 20.0 + BARS + 8.0 + rows as f32 * LINE + INSET;
    let lines = cards.len().div_ceil(across);
    let height_of = |table: &Table| TITLE + ROW * (table.lines.len() + 1) as f32 + GAP;
    let below: f32 = tables.iter().map(height_of).sum();
    let all = Vec2::new(width, GAP + lines as f32 * (height + GAP) + below);
    let (area, _) = ui.allocate_exact_size(all, Sense::hover());
    for (at, card) in cards.iter().enumerate() {
        let place = Vec2::new((at % across) as f32, (at / across) as f32);
        let step = Vec2::new(card_width + GAP, height + GAP);
        let corner = area.min + Vec2::splat(GAP) + place * step;
        let rect = Rect::from_min_size(corner, Vec2::new(card_width, height));
        card_ui(ui, card, theme, rect);
    }
    let mut top = area.min.y + GAP + lines as f32 * (height + GAP);
    let widest = tables.iter().map(|table| table.heads.len()).max();
    let room = area.width() - 2.0 * GAP - FIRST_COLUMN;
    let step = room / widest.unwrap_or(2).saturating_sub(1).max(1) as f32;
    let step = step.clamp(COLUMN_MIN, COLUMN_MAX);
    for table in tables {
        let rect = Rect::from_min_max(
            Pos2::new(area.min.x + GAP, top),
            Pos2::new(area.max.x - GAP, top + height_of(table) - GAP),
        );
        table_ui(ui, table, step, theme, rect);
        top += height_of(table);
    }
}

fn card_ui(ui: &mut Ui, card: &Card, theme: &Theme, rect: Rect) {
    let radius = f32::from(measure::RADIUS);
    let border = Stroke::new(1.0, theme.border);
    ui.painter()
        .rect(rect, radius, theme.panel, border, StrokeKind::Inside);
    let inner = rect.shrink(INSET);
    let small = FontId::proportional(11.0);
    let name = ui.painter().text(
        inner.min,
        Align2::LEFT_TOP,
        card.name,
        semibold(13.0),
        theme.text,
    );
    let room = inner.width() - name.width() - 8.0;
    let says = elided(ui, &card.bars_say, small, theme.muted, room);
    let at = Pos2::new(inner.max.x - says.size().x, inner.min.y + 2.0);
    ui.painter().galley(at, says, theme.muted);
    let bars = Rect::from_min_size(
        inner.min + Vec2::new(0.0, 20.0),
        Vec2::new(inner.width(), BARS),
    );
    bars_ui(ui, &card.bars, theme, bars);
    let mut top = bars.max.y + 8.0;
    for (at, (name, value)) in card.rows.iter().enumerate() {
        let line = Rect::from_min_size(Pos2::new(inner.min.x, top), Vec2::new(inner.width(), LINE));
        top += LINE;
        let wrong = card.wrong.iter().find(|(place, _)| *place == at);
        figure_ui(ui, name, value, wrong.map(|(_, why)| *why), theme, line);
    }
}

fn figure_ui(ui: &mut Ui, name: &str, value: &str, wrong: Option<&str>, theme: &Theme, rect: Rect) {
    let middle = rect.center().y;
    let label = ui.painter().text(
        Pos2::new(rect.min.x, middle),
        Align2::LEFT_CENTER,
        name,
        FontId::proportional(12.0),
        theme.muted,
    );
    // Not by colour alone: what is wrong has a sign, too.
    let (color, value) = match wrong {
        Some(_) => (theme.error, format!("⚠ {value}")),
        None => (theme.text, value.to_owned()),
    };
    let room = rect.width() - label.width() - 12.0;
    let shown = elided(ui, &value, medium(12.0), color, room);
    let at = Pos2::new(rect.max.x - shown.size().x, middle - shown.size().y / 2.0);
    ui.painter().galley(at, shown, color);
    let response = ui.interact(rect, ui.scope_id().with(("figure", name)), Sense::hover());
    response.widget_info(|| {
        let said = format!("{name}: {value}");
        egui::WidgetInfo::labeled(egui::Role::Label, true, said)
    });
    if let Some(why) = wrong {
        response.on_hover_text(why);
    }
}

fn bars_ui(ui: &Ui, bars: &[f32], theme: &Theme, rect: Rect) {
    let painter = ui.painter();
    painter.hline(rect.x_range(), rect.max.y, Stroke::new(1.0, theme.border));
    let most = bars.iter().copied().fold(0.0, f32::max);
    if most <= 0.0 {
        return;
    }
    let step = rect.width() / crate::link::diagnose::RATES_KEPT as f32;
    // The newest stands at the right edge.
    for (back, value) in bars.iter().rev().enumerate() {
        let right = rect.max.x - back as f32 * step;
        let height = (value / most * (rect.height() - 2.0)).max(0.0);
        let bar = Rect::from_min_max(
            Pos2::new(right - step + 1.0, rect.max.y - height),
            Pos2::new(right, rect.max.y),
        );
        painter.rect_filled(bar, 0.0, theme.accent);
    }
}

fn table_ui(ui: &mut Ui, table: &Table, step: f32, theme: &Theme, rect: Rect) {
    let at = Pos2::new(rect.min.x, rect.min.y + TITLE / 2.0);
    let font = semibold(13.0);
    ui.painter()
        .text(at, Align2::LEFT_CENTER, table.name, font, theme.text);
    let body = rect.with_min_y(rect.min.y + TITLE);
    // Columns that have no room are left out, the last ones first.
    let room = rect.width() - FIRST_COLUMN;
    let columns = 1 + ((room / step) as usize).min(table.heads.len() - 1);
    let line = |ui: &mut Ui, at: usize, cells: &mut dyn Iterator<Item = (&str, Color32)>, size| {
        let top = body.min.y + at as f32 * ROW;
        for (column, (text, color)) in cells.take(columns).enumerate() {
            let width = if column == 0 { FIRST_COLUMN } else { step };
            let shown = elided(ui, text, FontId::proportional(size), color, width - 8.0);
            let x = match column {
                0 => body.min.x,
                _ => body.min.x + FIRST_COLUMN + column as f32 * step - shown.size().x,
            };
            let at = Pos2::new(x, top + (ROW - shown.size().y) / 2.0);
            ui.painter().galley(at, shown, color);
        }
        let stroke = Stroke::new(1.0, theme.border);
        ui.painter().hline(body.x_range(), top + ROW, stroke);
        Rect::from_min_size(Pos2::new(body.min.x, top), Vec2::new(body.width(), ROW))
    };
    let mut heads = table.heads.iter().map(|head| (*head, theme.faint));
    line(ui, 0, &mut heads, 11.0);
    for (at, row) in table.lines.iter().enumerate() {
        // Not by colour alone: what is wrong has a sign, too.
        let marked = row.wrong.and_then(|column| row.cells.get(column));
        let marked = marked.map(|cell| format!("⚠ {cell}"));
        let mut cells = row.cells.iter().enumerate().map(|(column, cell)| {
            match marked.as_deref().filter(|_| row.wrong == Some(column)) {
                Some(marked) => (marked, theme.error),
                None => (cell.as_str(), theme.text),
            }
        });
        let rect = line(ui, at + 1, &mut cells, 12.0);
        let id = ui.scope_id().with((table.name, at));
        let response = ui.interact(rect, id, Sense::hover());
        response.widget_info(|| {
            let cells = table.heads.iter().zip(&row.cells);
            let cells = cells.map(|(head, cell)| format!("{head} {cell}"));
            let mut said = cells.collect::<Vec<_>>().join(", ");
            for more in row.more.lines() {
                said.push_str(", ");
                said.push_str(more);
            }
            egui::WidgetInfo::labeled(egui::Role::Label, true, said)
        });
        if !row.more.is_empty() {
            response.on_hover_text(&row.more);
        }
    }
}
