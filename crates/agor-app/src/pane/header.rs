//! The line over a pane that is one of several.

use agor_proto::session::SessionInfo;
use egui::{FontId, Pos2, Rect, Stroke, Ui};

use super::view::{Did, Painting, Role};
use crate::attention::Need;
use crate::icons;
use crate::theme::{medium, semibold};
use crate::widgets::{badge_ui, elided, icon_button};

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
    let label = format!("Close pane {name}");
    let close = icon_button(ui, theme, close_at, &label, |painter, center, stroke| {
        icons::cross(painter, center, 3.5, stroke);
    });
    match (close, explain) {
        (true, _) => Some(Did::Close),
        (_, true) => Some(Did::Explain(info.id)),
        _ => None,
    }
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
    use super::*;
    use crate::testing::session_info;

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
