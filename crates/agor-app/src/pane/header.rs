//! The line over a pane that is one of several.

use agor_proto::agent::Usage;
use agor_proto::session::SessionInfo;
use agor_proto::usage::Spent;
use egui::{FontId, Pos2, Rect, Sense, Stroke, Ui, Vec2};

use super::view::{Did, Painting, Role};
use crate::attention::{CONTEXT_FULL_PERCENT, Need};
use crate::theme::{Theme, medium, semibold};
use crate::usage::money;
use crate::widgets::{badge_ui, close_or_pin_ui, elided};

/// So much is kept for the name before what its agent used is drawn.
const NAME_MIN: f32 = 120.0;

/// The bar that says how full a context is.
const METER: Vec2 = Vec2::new(36.0, 3.0);

/// Less is no cost that is worth a look: half a cent.
const COST_MIN: u64 = 5_000;

/// Draws the line over a pane: how its session is, its name, what it does; says what was pressed.
pub(super) fn header_ui(
    ui: &mut Ui,
    painting: &Painting<'_>,
    rect: Rect,
    info: Option<&SessionInfo>,
    role: Role,
) -> Option<Did> {
    let theme = painting.theme;
    let painter = ui.painter_at(rect);
    painter.rect_filled(rect, 0.0, theme.panel);
    painter.hline(
        rect.x_range(),
        rect.max.y - 0.5,
        Stroke::new(1.0, theme.border),
    );
    let middle = rect.center().y;
    let info = info?;
    let mark_at = Pos2::new(rect.min.x + 15.0, middle);
    let explain = badge_ui(ui, &painter, info, theme, mark_at);
    let (name, font) = (info.name.as_str(), medium(12.0));
    let color = if role.focused {
        theme.text
    } else {
        theme.muted
    };
    let close_at = Pos2::new(rect.max.x - 14.0, middle);
    let mut right = close_at.x - 14.0;
    if let Some(panes) = role.broadcast {
        let word = match panes {
            1 => "Broadcast: one pane so far".to_owned(),
            panes => format!("Broadcast to {panes} panes"),
        };
        let word = painter.layout_no_wrap(word, semibold(11.0), theme.panel);
        let size = word.size() + egui::vec2(12.0, 2.0);
        let center = Pos2::new(right - size.x / 2.0, middle);
        let area = Rect::from_center_size(center, size);
        painter.rect_filled(area, 3.0, theme.needs_you);
        painter.galley(area.min + egui::vec2(6.0, 1.0), word, theme.panel);
        let label = format!("{} is typed into with others", info.name);
        ui.interact(area, ui.scope_id().with("broadcast"), egui::Sense::hover())
            .widget_info(|| egui::WidgetInfo::labeled(egui::Role::Label, true, &label));
        right = area.min.x - 8.0;
    }
    let name_at = Pos2::new(rect.min.x + 28.0, middle);
    if let Some(agent) = &info.agent {
        let room = Rect::from_min_max(
            Pos2::new(name_at.x + NAME_MIN, rect.min.y),
            Pos2::new(right, rect.max.y),
        );
        right = used_ui(ui, theme, &agent.usage, room);
    }
    let room = right - name_at.x;
    let galley = elided(ui, name, font, color, room);
    let name_width = galley.size().x;
    painter.galley(
        name_at - egui::vec2(0.0, galley.size().y / 2.0),
        galley,
        color,
    );
    let title = detail(info);
    let left = room - name_width - 12.0;
    if left > 40.0 && !title.is_empty() {
        let galley = elided(ui, &title, FontId::proportional(11.0), theme.faint, left);
        let at = Pos2::new(
            name_at.x + name_width + 10.0,
            middle - galley.size().y / 2.0,
        );
        painter.galley(at, galley, theme.faint);
    }
    let close = close_or_pin_ui(ui, theme, close_at, name, role.pinned);
    match (close, explain) {
        (true, _) => Some(Did::Close),
        (_, true) => Some(Did::Explain(info.id)),
        _ => None,
    }
}

/// Draws how full an agent's context is and what it has cost, as far as that is known, at the right of `room` if there
/// is room for it; returns where it begins.
fn used_ui(ui: &Ui, theme: &Theme, usage: &Usage, room: Rect) -> f32 {
    let spent = Spent {
        cost_micros: usage.cost_micros.filter(|micros| *micros >= COST_MIN),
        estimated: usage.estimated,
        ..Spent::default()
    };
    let cost = match spent.cost_micros {
        Some(_) => money(&spent),
        None => String::new(),
    };
    let full = usage.context_percent.map(|percent| percent.min(100));
    let parts = [
        full.map(|percent| format!("context {percent} % full")),
        Some(cost.clone()).filter(|cost| !cost.is_empty()),
    ];
    let parts: Vec<_> = parts.into_iter().flatten().collect();
    let font = FontId::proportional(11.0);
    let cost = ui.painter().layout_no_wrap(cost, font, theme.faint);
    let meter = full.map_or(0.0, |_| METER.x + 8.0);
    let width = cost.size().x + meter;
    let left = room.max.x - width;
    if parts.is_empty() || left < room.min.x {
        return room.max.x;
    }
    let area = room.with_min_x(left);
    let cost_at = Pos2::new(left + meter, area.center().y - cost.size().y / 2.0);
    ui.painter().galley(cost_at, cost, theme.faint);
    if let Some(percent) = full {
        let at = Pos2::new(left, area.center().y - METER.y / 2.0);
        let ground = Rect::from_min_size(at, METER);
        let share = f32::from(percent) / 100.0;
        let filled = ground.with_max_x(at.x + METER.x * share);
        let color = if percent >= CONTEXT_FULL_PERCENT {
            theme.needs_you
        } else {
            theme.muted
        };
        ui.painter().rect_filled(ground, 1.5, theme.border);
        ui.painter().rect_filled(filled, 1.5, color);
    }
    let told = parts.join(", ");
    let response = ui.interact(area, ui.scope_id().with("used"), Sense::hover());
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Label, true, &told));
    response.on_hover_text(told);
    left - 8.0
}

/// Returns what a session does beside its name: why it needs the person, its title, or its folder.
#[must_use]
pub fn detail(info: &SessionInfo) -> String {
    detail_in(info, None)
}

/// As [`detail`], beside what names `project`, a folder: a folder in it is told by the way from there.
#[must_use]
pub fn detail_in(info: &SessionInfo, project: Option<&str>) -> String {
    let reason = info.agent.as_ref().map_or("", |agent| agent.reason.trim());
    if Need::of(info).is_some() && !reason.is_empty() {
        return reason.to_owned();
    }
    let title = info.title.trim();
    if title.is_empty() || title == info.name {
        let inner = project.and_then(|project| {
            let rest = info.cwd.strip_prefix(project.trim_end_matches('/'))?;
            (rest.is_empty() || rest.starts_with('/')).then(|| rest.trim_matches('/'))
        });
        inner.map_or_else(|| crate::text::folder_shown(&info.cwd), str::to_owned)
    } else {
        title.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use agor_core::themes::DARK;
    use egui_kittest::Harness;
    use egui_kittest::kittest::Queryable;

    use super::*;
    use crate::testing::session_info;

    /// Says whether this is told of what an agent used, in a room of this width.
    fn tells(usage: &Usage, width: f32, told: &str) -> bool {
        let theme = Theme::built_in(DARK);
        let usage = usage.clone();
        let mut harness = Harness::builder().build_ui(move |ui| {
            let room = Rect::from_min_size(Pos2::ZERO, Vec2::new(width, 26.0));
            used_ui(ui, &theme, &usage, room);
        });
        harness.run();
        harness.query_by_label(told).is_some()
    }

    #[test]
    fn how_full_a_context_is_and_what_it_has_cost_is_told_where_there_is_room() {
        let mut usage = Usage {
            context_percent: Some(93),
            cost_micros: Some(1_200_000),
            estimated: true,
            ..Usage::default()
        };
        let both = "context 93 % full, ~$1.20";
        assert!(tells(&usage, 300.0, both));
        assert!(!tells(&usage, 40.0, both), "the name goes before");
        usage.cost_micros = Some(900);
        assert!(tells(&usage, 300.0, "context 93 % full"));
        usage.context_percent = None;
        assert!(!tells(&usage, 300.0, "context 93 % full"));
    }

    #[test]
    fn a_folder_is_told_by_the_way_from_its_project() {
        let at = |cwd: &str| SessionInfo {
            cwd: cwd.into(),
            ..session_info(1, "bash")
        };
        let beside = |cwd| detail_in(&at(cwd), Some("/work/shop/"));
        assert_eq!(beside("/work/shop"), "");
        assert_eq!(beside("/work/shop/src/cart"), "src/cart");
        assert_eq!(beside("/work/shopping"), "/work/shopping");
        assert_eq!(detail(&at("/work/shop")), "/work/shop");
    }
}
