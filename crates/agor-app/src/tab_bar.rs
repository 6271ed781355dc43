//! The tabs of the project that is shown.

use agor_proto::ids::SessionId;
use agor_proto::session::SessionInfo;
use egui::{FontId, Pos2, Rect, Sense, Stroke, Ui, Vec2};

use crate::app::pages;
use crate::icons::{self, Mark};
use crate::link::snapshot::Snapshot;
use crate::theme::Theme;
use crate::widgets::{badge_ui, elided, focus_ui, icon_button};
use crate::workspace::{Project, Tab};

/// The widest that a tab is.
const TAB_MAX: f32 = 220.0;

/// The narrowest that a tab is before tabs go out of sight.
const TAB_MIN: f32 = 72.0;

/// What a person did in the tab bar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Did {
    /// A tab is to be shown.
    Show(usize),
    /// A tab is to be closed.
    Close(usize),
    /// The state of a session of a tab is to be explained.
    Explain(SessionId),
    /// A new one is wanted.
    New,
}

/// Draws the tabs into `ui`'s whole rectangle.
pub fn tab_bar_ui(
    ui: &mut Ui,
    (project, shown): (&Project, usize),
    snapshot: &Snapshot,
    theme: &Theme,
) -> Option<Did> {
    let bar = ui.max_rect();
    ui.painter().rect_filled(bar, 0.0, theme.panel);
    ui.painter().hline(
        bar.x_range(),
        bar.max.y - 0.5,
        Stroke::new(1.0, theme.border),
    );
    let mut did = None;
    let count = project.tabs.len().max(1);
    let room = bar.width() - 40.0;
    let width = (room / count as f32).clamp(TAB_MIN, TAB_MAX);
    // Where not all fit, those around the one that is shown do.
    let fit = ((room / width).floor() as usize).max(1);
    let first = (shown + 1).saturating_sub(fit);
    for (line, at) in (first..project.tabs.len()).take(fit).enumerate() {
        let min = Pos2::new(bar.min.x + line as f32 * width, bar.min.y);
        let rect = Rect::from_min_size(min, Vec2::new(width, bar.height()));
        if let Some(act) = tab_ui(ui, rect, at, (project, shown), snapshot, theme) {
            did = Some(act);
        }
    }
    let shown = project.tabs.len().saturating_sub(first).min(fit);
    let plus = Pos2::new(bar.min.x + shown as f32 * width + 18.0, bar.center().y);
    if icon_button(ui, theme, plus, "New tab", |painter, center, stroke| {
        icons::plus(painter, center, 4.5, stroke);
    }) {
        did = Some(Did::New);
    }
    did
}

fn tab_ui(
    ui: &mut Ui,
    rect: Rect,
    at: usize,
    (project, shown): (&Project, usize),
    snapshot: &Snapshot,
    theme: &Theme,
) -> Option<Did> {
    let tab = &project.tabs[at];
    let active = at == shown;
    let response = ui.interact(
        rect,
        ui.scope_id().with(("tab", tab.number)),
        Sense::click(),
    );
    let (title, marked) = title(tab, snapshot);
    response.widget_info(|| {
        let pinned = if tab.pinned { ", pinned" } else { "" };
        let apart = if tab.window.is_some() {
            ", in a window of its own"
        } else {
            ""
        };
        let label = format!("Tab {title}{pinned}{apart}");
        egui::WidgetInfo::selected(egui::Role::Tab, true, active, label)
    });
    let painter = ui.painter_at(rect);
    if active {
        painter.rect_filled(rect, 0.0, theme.pane);
        painter.hline(
            rect.x_range(),
            rect.min.y + 0.75,
            Stroke::new(1.5, theme.accent),
        );
    } else if response.hovered() {
        painter.rect_filled(rect.with_max_y(rect.max.y - 1.0), 0.0, theme.hover);
    }
    focus_ui(ui, &response, theme);
    painter.vline(
        rect.max.x - 0.5,
        rect.y_range(),
        Stroke::new(1.0, theme.border),
    );
    let middle = rect.center().y;
    let mut x = rect.min.x + 12.0;
    let mut explain = None;
    if let Some(info) = marked {
        let badge = Pos2::new(x + 5.0, middle);
        explain = badge_ui(ui, &painter, info, theme, badge).then_some(Did::Explain(info.id));
        x += 18.0;
    }
    let color = if active { theme.text } else { theme.muted };
    if tab.window.is_some() {
        let at = Pos2::new(rect.max.x - 14.0, middle);
        icons::apart(&painter, at, 4.0, Stroke::new(1.2, theme.muted));
    } else if tab.pinned {
        icons::pin(&painter, Pos2::new(rect.max.x - 14.0, middle), theme.muted);
    }
    let signed = tab.pinned || tab.window.is_some();
    let closable = !signed && (active || response.hovered());
    let room = rect.max.x - x - if closable || signed { 30.0 } else { 12.0 };
    let galley = elided(ui, &title, FontId::proportional(13.0), color, room);
    painter.galley(Pos2::new(x, middle - galley.size().y / 2.0), galley, color);
    if closable {
        let center = Pos2::new(rect.max.x - 16.0, middle);
        let label = format!("Close tab {title}");
        if icon_button(ui, theme, center, &label, |painter, center, stroke| {
            icons::cross(painter, center, 3.5, stroke);
        }) {
            return Some(Did::Close(at));
        }
    }
    if response.middle_clicked() {
        return Some(Did::Close(at));
    }
    if explain.is_some() {
        return explain;
    }
    // At the press, as tabs everywhere: waiting for the release feels slow.
    let pressed =
        response.is_pointer_button_down_on() && ui.input(|input| input.pointer.primary_pressed());
    (response.clicked() || pressed).then_some(Did::Show(at))
}

/// Returns a tab's title and the session that asks most for the person.
fn title<'a>(tab: &Tab, snapshot: &'a Snapshot) -> (String, Option<&'a SessionInfo>) {
    let session = tab.tiles.focused_session();
    let info = session.and_then(|session| snapshot.session(session));
    let panes = tab.tiles.panes().count();
    let focused = tab.tiles.focused();
    let pane = focused.and_then(|tile| tab.tiles.tree.tiles.get_pane(&tile));
    let own = || match (info, pane) {
        (Some(info), _) => info.name.clone(),
        (None, pane) => pane.map_or_else(String::new, |pane| pages::name(pane).to_owned()),
    };
    let mut title = tab.name.clone().unwrap_or_else(own);
    if panes > 1 {
        title.push_str(&format!("  +{}", panes - 1));
    }
    let sessions = tab
        .tiles
        .panes()
        .filter_map(|(_, pane)| snapshot.session(pane.session()?));
    let marked = sessions.min_by_key(|info| Mark::of(info).urgency());
    (title, marked)
}
