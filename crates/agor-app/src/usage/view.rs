//! Draws the page.

use agor_core::agents::usage::prices_dated;
use agor_core::config::Layers;
use agor_proto::usage::UsageRow;
use egui::{
    Align2, Color32, FontId, Key, Modifiers, Pos2, Rect, ScrollArea, Sense, Stroke, StrokeKind, Ui,
    Vec2,
};

use super::figures::{self, HEADS, Measure, Plot, line, plots};
use super::{RANGES, UsagePage};
use crate::commands::{Command, context};
use crate::keys::drawn::{hints, pressed};
use crate::link::usage::Spending;
use crate::theme::{Theme, measure, medium, semibold};
use crate::widgets::{elided, focus_ui, hint_ui};

/// Height of the page's head.
const HEAD: f32 = 44.0;

/// Between cards, and around them; within one.
const GAP: f32 = 12.0;

/// Height of a plot's bars, and of its card.
const BARS: f32 = 92.0;
const CARD: f32 = 12.0 + 44.0 + BARS + 22.0 + 10.0;

/// The narrowest card in which its figures can be read.
const CARD_MIN: f32 = 300.0;

/// Height of a line of a table, and width of its columns.
const ROW: f32 = 24.0;
const COLUMN: f32 = 84.0;

/// Lines of the table of sessions; who wants all asks `agor usage`.
const SESSIONS_MAX: usize = 30;

/// What the person did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The page stays.
    Open,
    /// It was closed.
    Closed,
}

/// Draws the page into `ui`'s whole rectangle and says what the person did.
pub fn usage_ui(
    ui: &mut Ui,
    page: &mut UsagePage,
    (spending, layers): (Option<&Spending>, &Layers),
    theme: &Theme,
) -> Outcome {
    let area = ui.max_rect();
    ui.painter().rect_filled(area, 0.0, theme.window);
    let head = area.with_max_y(area.min.y + HEAD);
    let estimated =
        spending.is_some_and(|known| known.days.rows.iter().any(|row| row.spent.estimated));
    head_ui(ui, page, estimated, theme, head);
    for (key, days) in [Key::Num1, Key::Num2, Key::Num3].into_iter().zip(RANGES) {
        if ui.input_mut(|input| input.consume_key(Modifiers::NONE, key)) {
            page.days = days;
        }
    }
    let closed = !pressed(ui, context::LIST, &[Command::ListClose]).is_empty();
    let below = area.with_min_y(head.max.y);
    let message = match spending {
        None => Some("The host is asked what was used…"),
        Some(known) if known.days.rows.is_empty() => {
            Some("No agent has used anything yet that it told.")
        }
        Some(_) => None,
    };
    if let Some(text) = message {
        let font = FontId::proportional(13.0);
        let center = below.center();
        ui.painter()
            .text(center, Align2::CENTER_CENTER, text, font, theme.muted);
    } else if let Some(known) = spending {
        let mut ui = ui.new_child(egui::UiBuilder::new().max_rect(below).id_salt("figures"));
        ScrollArea::vertical()
            .auto_shrink(false)
            .show(&mut ui, |ui| page_ui(ui, (known, layers), page.days, theme));
    }
    if closed {
        Outcome::Closed
    } else {
        Outcome::Open
    }
}

fn head_ui(ui: &mut Ui, page: &mut UsagePage, estimated: bool, theme: &Theme, rect: Rect) {
    let painter = ui.painter();
    painter.hline(rect.x_range(), rect.max.y, Stroke::new(1.0, theme.border));
    let middle = rect.center().y;
    let at = Pos2::new(rect.min.x + GAP, middle);
    let name = painter.text(at, Align2::LEFT_CENTER, "Usage", semibold(15.0), theme.text);
    let mut x = name.max.x + 20.0;
    for (number, days) in RANGES.into_iter().enumerate() {
        let chosen = page.days == days;
        let color = if chosen { theme.text } else { theme.muted };
        let text = format!("{}  {days} days", number + 1);
        let shown = ui.painter().layout_no_wrap(text, medium(12.0), color);
        let chip = Rect::from_min_size(
            Pos2::new(x, middle - 12.0),
            Vec2::new(shown.size().x + 18.0, 24.0),
        );
        x = chip.max.x + 6.0;
        let response = ui.interact(chip, ui.scope_id().with(("range", days)), Sense::click());
        response.widget_info(|| {
            let label = format!("Last {days} days");
            egui::WidgetInfo::selected(egui::Role::RadioButton, true, chosen, label)
        });
        let fill = match (chosen, response.hovered()) {
            (true, _) => theme.selected,
            (_, true) => theme.hover,
            _ => Color32::TRANSPARENT,
        };
        ui.painter().rect_filled(chip, 5.0, fill);
        focus_ui(ui, &response, theme);
        let at = Pos2::new(chip.min.x + 9.0, middle - shown.size().y / 2.0);
        ui.painter().galley(at, shown, color);
        if response.clicked() {
            page.days = days;
        }
    }
    let closes = hints(ui, &[(Command::ListClose, "closes")]);
    let keys = format!("agor usage --by session|project|day  ·  {closes}");
    let left = hint_ui(ui, Pos2::new(rect.max.x - GAP, middle), x, &keys, theme);
    if estimated {
        let text = format!("~ estimate, prices of {}", prices_dated());
        let right = Pos2::new(left - 2.0 * GAP, middle);
        let left = hint_ui(ui, right, x, &text, theme);
        let shown = Rect::from_min_max(Pos2::new(left, rect.min.y), Pos2::new(right.x, rect.max.y));
        let id = ui.scope_id().with("estimate");
        ui.interact(shown, id, Sense::hover())
            .widget_info(|| egui::WidgetInfo::labeled(egui::Role::Label, true, text.as_str()));
    }
}

fn page_ui(ui: &mut Ui, (spending, layers): (&Spending, &Layers), days: u32, theme: &Theme) {
    let plots = plots(spending, days);
    let width = ui.available_width();
    let across = (((width - GAP) / (CARD_MIN + GAP)) as usize).clamp(1, plots.len());
    let card = Vec2::new(((width - GAP) / across as f32 - GAP).floor(), CARD);
    let lines = plots.len().div_ceil(across) as f32;
    let line = |row: &UsageRow| line(row, layers);
    let projects = spending.projects.by_project(layers);
    let projects: Vec<_> = projects.iter().map(line).collect();
    let sessions = spending.sessions.rows.iter().take(SESSIONS_MAX);
    let sessions: Vec<_> = sessions.map(line).collect();
    let table = |lines: usize| ROW * (lines + 1) as f32 + 2.0 * GAP;
    let height = GAP + lines * (CARD + GAP) + table(projects.len()) + table(sessions.len());
    let (area, _) = ui.allocate_exact_size(Vec2::new(width, height), Sense::hover());
    for (at, plot) in plots.iter().enumerate() {
        let place = Vec2::new((at % across) as f32, (at / across) as f32);
        let corner = area.min + Vec2::splat(GAP) + place * (card + Vec2::splat(GAP));
        plot_ui(ui, plot, theme, Rect::from_min_size(corner, card));
    }
    let mut top = area.min.y + GAP + lines * (CARD + GAP) + GAP;
    for (name, rows) in [("Project", projects), ("Session", sessions)] {
        let size = Vec2::new(width - 2.0 * GAP, table(rows.len()));
        let rect = Rect::from_min_size(Pos2::new(area.min.x + GAP, top), size);
        table_ui(ui, name, &rows, theme, rect);
        top += size.y;
    }
}

/// Returns the colours of a bar's parts: of states where the parts are states, else shades of one.
fn colors(measure: Measure, theme: &Theme) -> [Color32; 3] {
    match measure {
        Measure::Time => [theme.working, theme.needs_you, theme.faint],
        // Each is seen on the ground of a card, in any theme.
        Measure::Cost | Measure::Tokens => [
            theme.accent,
            theme.panel.lerp_to_gamma(theme.accent, 0.7),
            theme.panel.lerp_to_gamma(theme.faint, 0.8),
        ],
    }
}

fn plot_ui(ui: &mut Ui, plot: &Plot, theme: &Theme, rect: Rect) {
    let radius = f32::from(measure::RADIUS);
    let border = Stroke::new(1.0, theme.border);
    ui.painter()
        .rect(rect, radius, theme.panel, border, StrokeKind::Inside);
    let inner = rect.shrink(12.0);
    let (name, parts) = plot.measure.names();
    let small = FontId::proportional(11.0);
    let title = semibold(13.0);
    let painter = ui.painter();
    let named = painter.text(inner.min, Align2::LEFT_TOP, name, title, theme.text);
    let room = inner.width() - named.width() - 12.0;
    let sum = elided(ui, &plot.sum, medium(12.0), theme.text, room);
    let at = Pos2::new(inner.max.x - sum.size().x, inner.min.y);
    ui.painter().galley(at, sum, theme.text);
    let colors = colors(plot.measure, theme);
    let mut x = inner.min.x;
    let legend = inner.min.y + 27.0;
    if parts.len() > 1 {
        for (part, color) in parts.iter().zip(colors) {
            let swatch = Rect::from_center_size(Pos2::new(x + 4.0, legend), Vec2::splat(8.0));
            ui.painter().rect_filled(swatch, 2.0, color);
            let at = Pos2::new(x + 12.0, legend);
            let said = ui
                .painter()
                .text(at, Align2::LEFT_CENTER, part, small.clone(), theme.muted);
            x = said.max.x + 12.0;
        }
    }
    let at = Pos2::new(inner.max.x, legend);
    let highest = format!("up to {} a day", plot.highest);
    ui.painter().text(
        at,
        Align2::RIGHT_CENTER,
        highest,
        small.clone(),
        theme.faint,
    );
    let bars = Rect::from_min_size(
        Pos2::new(inner.min.x, inner.min.y + 44.0),
        Vec2::new(inner.width(), BARS),
    );
    bars_ui(ui, plot, &colors, theme, bars);
    let foot = bars.max.y + 12.0;
    let (first, last) = &plot.ends;
    let ends = [
        (inner.min.x, Align2::LEFT_CENTER, first),
        (inner.max.x, Align2::RIGHT_CENTER, last),
    ];
    for (x, align, text) in ends {
        ui.painter()
            .text(Pos2::new(x, foot), align, text, small.clone(), theme.faint);
    }
}

fn bars_ui(ui: &mut Ui, plot: &Plot, colors: &[Color32], theme: &Theme, rect: Rect) {
    let step = rect.width() / plot.bars.len().max(1) as f32;
    let gap = (step * 0.2).clamp(1.0, 6.0);
    for (at, bar) in plot.bars.iter().enumerate() {
        let left = rect.min.x + at as f32 * step;
        let slot = Rect::from_min_max(
            Pos2::new(left, rect.min.y),
            Pos2::new(left + step, rect.max.y),
        );
        let id = ui.scope_id().with((plot.measure.names().0, at));
        let response = ui.interact(slot, id, Sense::hover());
        let (name, _) = plot.measure.names();
        response.widget_info(|| {
            let said = format!("{name} on {}", bar.says);
            egui::WidgetInfo::labeled(egui::Role::Label, true, said)
        });
        if response.hovered() {
            ui.painter().rect_filled(slot, 0.0, theme.hover);
        }
        let mut bottom = rect.max.y;
        for (part, color) in bar.parts.iter().zip(colors) {
            if *part <= 0.0 {
                continue;
            }
            // What is there at all can be seen.
            let height = (part * rect.height()).max(1.0);
            let shape = Rect::from_min_max(
                Pos2::new(left + gap / 2.0, bottom - height),
                Pos2::new(left + step - gap / 2.0, bottom),
            );
            ui.painter().rect_filled(shape, 0.0, *color);
            bottom -= height;
        }
        response.on_hover_text(&bar.says);
    }
    ui.painter()
        .hline(rect.x_range(), rect.max.y, Stroke::new(1.0, theme.border));
}

fn table_ui(ui: &mut Ui, first: &str, rows: &[[String; 7]], theme: &Theme, rect: Rect) {
    // Columns that have no room are left out, the last ones first.
    let columns = (((rect.width() - 200.0) / COLUMN) as usize).min(HEADS.len());
    let named = rect.width() - columns as f32 * COLUMN;
    let mut heads = vec![first];
    heads.extend(HEADS);
    let line_ui = |ui: &mut Ui, at: usize, cells: &[&str], head: bool| {
        let top = rect.min.y + at as f32 * ROW;
        let middle = top + ROW / 2.0;
        let (font, color) = match head {
            true => (FontId::proportional(11.0), theme.faint),
            false => (FontId::proportional(12.0), theme.text),
        };
        for (column, text) in cells.iter().take(columns + 1).enumerate() {
            let width = if column == 0 { named } else { COLUMN };
            let shown = elided(ui, text, font.clone(), color, width - 8.0);
            let x = match column {
                0 => rect.min.x,
                _ => rect.min.x + named + column as f32 * COLUMN - shown.size().x,
            };
            let at = Pos2::new(x, middle - shown.size().y / 2.0);
            ui.painter().galley(at, shown, color);
        }
        let stroke = Stroke::new(1.0, theme.border);
        ui.painter().hline(rect.x_range(), top + ROW, stroke);
    };
    line_ui(ui, 0, &heads, true);
    for (at, cells) in rows.iter().enumerate() {
        let cells: Vec<&str> = cells.iter().map(String::as_str).collect();
        line_ui(ui, at + 1, &cells, false);
        let top = rect.min.y + (at + 1) as f32 * ROW;
        let row = Rect::from_min_size(Pos2::new(rect.min.x, top), Vec2::new(rect.width(), ROW));
        let said = heads
            .iter()
            .zip(&cells)
            .map(|(head, cell)| format!("{head} {cell}"));
        let said = said.collect::<Vec<_>>().join(", ");
        let id = ui.scope_id().with((first, at));
        ui.interact(row, id, Sense::hover())
            .widget_info(|| egui::WidgetInfo::labeled(egui::Role::Label, true, &said));
    }
}

/// Returns what the status bar says of today's cost, if there is one.
#[must_use]
pub fn today(spent: &agor_proto::usage::Spent) -> Option<String> {
    let worth = spent.cost_micros.is_some_and(|micros| micros >= 5_000);
    worth.then(|| format!("{} today", figures::money(spent)))
}
