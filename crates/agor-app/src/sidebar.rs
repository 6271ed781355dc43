//! The sidebar: projects, and in each the sessions that the host has, whether a pane shows them or
//! not.

use agor_proto::ids::SessionId;
use agor_proto::session::SessionInfo;
use egui::{Align2, FontId, Pos2, Rect, ScrollArea, Sense, Stroke, Ui, Vec2};

use crate::icons::{self, Mark};
use crate::link::snapshot::Snapshot;
use crate::text::{age, folder_shown, now_millis, project_name};
use crate::theme::{Theme, measure, semibold};
use crate::widgets::{badge_ui, elided, icon_button};
use crate::workspace::Workspace;

/// What a person did in the sidebar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Did {
    /// A session is to be shown.
    Show(SessionId),
    /// Its state is to be explained.
    Explain(SessionId),
    /// A project is to be shown.
    Project(String),
    /// The shell is to be opened in a project.
    NewIn(String),
}

/// One project as the sidebar has it.
struct Group<'a> {
    folder: &'a str,
    sessions: Vec<&'a SessionInfo>,
    active: bool,
}

/// Draws the sidebar.
pub fn sidebar_ui(
    ui: &mut Ui,
    snapshot: &Snapshot,
    workspace: &Workspace,
    theme: &Theme,
) -> Vec<Did> {
    let mut did = Vec::new();
    let groups = groups(snapshot, workspace);
    let now = now_millis();
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        ui.spacing_mut().item_spacing = Vec2::ZERO;
        ui.add_space(8.0);
        for group in &groups {
            project_ui(ui, group, theme, &mut did);
            for info in &group.sessions {
                let focused = workspace.focused_session() == Some(info.id) && group.active;
                let shown = workspace.place_of(info.id).is_some();
                did.extend(session_ui(ui, info, theme, (focused, shown), now));
            }
            ui.add_space(12.0);
        }
        if groups.is_empty() {
            let text = "No sessions yet";
            let font = FontId::proportional(12.0);
            let at = ui.cursor().min + Vec2::new(16.0, 4.0);
            ui.painter()
                .text(at, Align2::LEFT_TOP, text, font, theme.faint);
        }
    });
    did
}

/// Projects in the window's order, then those that no pane shows, each with its sessions: first
/// those that run.
fn groups<'a>(snapshot: &'a Snapshot, workspace: &'a Workspace) -> Vec<Group<'a>> {
    let mut groups: Vec<Group<'a>> = Vec::new();
    for (at, project) in workspace.projects.iter().enumerate() {
        groups.push(Group {
            folder: &project.folder,
            sessions: Vec::new(),
            active: at == workspace.active,
        });
    }
    for info in snapshot
        .sessions
        .iter()
        .flat_map(|sessions| sessions.iter())
    {
        // A pane's project goes before the session's own folder: the person put it there.
        let place = workspace.place_of(info.id);
        let folder = place.map_or(info.folder.as_str(), |place| {
            workspace.projects[place.project].folder.as_str()
        });
        match groups.iter_mut().find(|group| group.folder == folder) {
            Some(group) => group.sessions.push(info),
            None => groups.push(Group {
                folder,
                sessions: vec![info],
                active: false,
            }),
        }
    }
    for group in &mut groups {
        group.sessions.sort_by_key(|info| !info.life.alive());
    }
    groups
}

fn project_ui(ui: &mut Ui, group: &Group<'_>, theme: &Theme, did: &mut Vec<Did>) {
    let (rect, response) = row(ui, measure::ROW);
    let name = project_name(group.folder);
    let label = format!("Project {name}");
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, &label));
    let middle = rect.center().y;
    let color = if group.active {
        theme.text
    } else {
        theme.muted
    };
    let needs = group
        .sessions
        .iter()
        .filter(|info| Mark::of(info).needs_you())
        .count();
    let right = rect.max.x - 40.0;
    let galley = elided(ui, &name, semibold(12.0), color, right - rect.min.x - 12.0);
    let at = Pos2::new(rect.min.x + 12.0, middle - galley.size().y / 2.0);
    ui.painter().galley(at, galley, color);
    if needs > 0 {
        let text = needs.to_string();
        let at = Pos2::new(right, middle);
        ui.painter().text(
            at,
            Align2::RIGHT_CENTER,
            text,
            semibold(11.0),
            theme.needs_you,
        );
    }
    let plus = Pos2::new(rect.max.x - 18.0, middle);
    let tip = format!("New tab in {name}");
    if icon_button(ui, theme, plus, &tip, |painter, center, stroke| {
        icons::plus(painter, center, 4.5, stroke);
    }) {
        did.push(Did::NewIn(group.folder.into()));
    } else if response.clicked() {
        did.push(Did::Project(group.folder.into()));
    }
    response.on_hover_text(folder_shown(group.folder));
}

fn session_ui(
    ui: &mut Ui,
    info: &SessionInfo,
    theme: &Theme,
    (focused, shown): (bool, bool),
    now: u64,
) -> Option<Did> {
    let (rect, response) = row(ui, measure::ROW);
    let mark = Mark::of(info);
    let label = format!("Session {}, {}", info.name, mark.word());
    response.widget_info(|| {
        egui::WidgetInfo::selected(egui::Role::ListBoxOption, true, focused, &label)
    });
    let inside = rect.shrink2(Vec2::new(6.0, 1.0));
    let painter = ui.painter();
    if focused {
        painter.rect_filled(inside, 5.0, theme.selected);
    } else if response.hovered() {
        painter.rect_filled(inside, 5.0, theme.hover);
    }
    let middle = rect.center().y;
    let badge = Pos2::new(rect.min.x + 20.0, middle);
    let explain = badge_ui(ui, painter, info, theme, badge);
    let alive = info.life.alive();
    let color = match (focused, alive && shown) {
        (true, _) => theme.text,
        (false, true) => theme.text,
        (false, false) => theme.muted,
    };
    let age = if alive {
        String::new()
    } else {
        age(now.saturating_sub(info.active_millis))
    };
    let age = painter.layout_no_wrap(age, FontId::proportional(11.0), theme.faint);
    let right = rect.max.x - 16.0 - age.size().x;
    let left = rect.min.x + 34.0;
    painter.galley(
        Pos2::new(right, middle - age.size().y / 2.0),
        age,
        theme.faint,
    );
    let name = elided(
        ui,
        &info.name,
        FontId::proportional(13.0),
        color,
        right - left - 8.0,
    );
    let width = name.size().x;
    painter.galley(Pos2::new(left, middle - name.size().y / 2.0), name, color);
    let detail = crate::pane::header::detail(info);
    let room = right - left - width - 20.0;
    if room > 30.0 && detail != info.name {
        let detail = elided(ui, &detail, FontId::proportional(11.0), theme.faint, room);
        let at = Pos2::new(left + width + 8.0, middle - detail.size().y / 2.0 + 0.5);
        painter.galley(at, detail, theme.faint);
    }
    match (explain, response.clicked()) {
        (true, _) => Some(Did::Explain(info.id)),
        (_, true) => Some(Did::Show(info.id)),
        _ => None,
    }
}

fn row(ui: &mut Ui, height: f32) -> (Rect, egui::Response) {
    let size = Vec2::new(ui.available_width(), height);
    ui.allocate_exact_size(size, Sense::click())
}

/// Draws the sidebar's edge.
pub fn edge_ui(ui: &Ui, theme: &Theme) {
    let rect = ui.max_rect();
    ui.painter().vline(
        rect.max.x - 0.5,
        rect.y_range(),
        Stroke::new(1.0, theme.border),
    );
}
