//! The sidebar: groups of projects, and in each project the sessions that the host has, whether a pane shows them or
//! not.

pub mod rail;

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use agor_core::config::{For, Layers, Whose};
use agor_proto::ids::SessionId;
use agor_proto::session::SessionInfo;
use egui::{Align2, FontId, Pos2, Rect, ScrollArea, Sense, Stroke, Ui, Vec2};

use crate::icons::{self, Mark};
use crate::link::snapshot::Snapshot;
use crate::text::{age, folder_shown, now_millis};
use crate::theme::{Theme, measure, semibold};
use crate::widgets::{badge_ui, elided, focus_ui, icon_button, read_ui, reveal_focus};
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
    /// A group or project is to be folded, or unfolded.
    Fold(Whose),
}

/// One project as the sidebar has it.
struct Shown<'a> {
    folder: &'a str,
    name: String,
    sessions: Vec<&'a SessionInfo>,
    active: bool,
    folded: bool,
}

/// A group as the sidebar has it, or the projects that are in none.
struct Shelf<'a> {
    /// Its id; none for the projects in no group.
    id: Option<&'a str>,
    projects: Vec<Shown<'a>>,
}

/// Draws the sidebar.
pub fn sidebar_ui(
    ui: &mut Ui,
    snapshot: &Snapshot,
    workspace: &Workspace,
    theme: &Theme,
) -> Vec<Did> {
    let mut did = Vec::new();
    let shelves = shelves(snapshot, workspace);
    let now = now_millis();
    let focused = workspace.focused_session();
    let in_panes: HashSet<_> = workspace.sessions().collect();
    let has_groups = shelves.iter().any(|shelf| shelf.id.is_some());
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        ui.spacing_mut().item_spacing = Vec2::ZERO;
        ui.add_space(8.0);
        for shelf in &shelves {
            if has_groups {
                let folded = group_ui(ui, shelf, (snapshot, workspace), theme, &mut did);
                if folded {
                    ui.add_space(8.0);
                    continue;
                }
            }
            for project in &shelf.projects {
                project_ui(ui, project, (snapshot, theme), &mut did);
                if !project.folded {
                    let count = project.sessions.len();
                    let rows = rows_in_view(ui, count);
                    ui.add_space(rows.start as f32 * measure::ROW);
                    for info in &project.sessions[rows.clone()] {
                        let focused = focused == Some(info.id) && project.active;
                        let shown = in_panes.contains(&info.id);
                        did.extend(session_ui(ui, info, theme, (focused, shown), now));
                    }
                    ui.add_space((count - rows.end) as f32 * measure::ROW);
                }
                ui.add_space(if project.folded { 2.0 } else { 8.0 });
            }
            ui.add_space(4.0);
        }
        if shelves.is_empty() {
            let text = "No sessions yet";
            let font = FontId::proportional(12.0);
            let at = ui.cursor().min + Vec2::new(16.0, 4.0);
            let painter = ui.painter();
            let rect = painter.text(at, Align2::LEFT_TOP, text, font, theme.faint);
            read_ui(ui, rect, text);
        }
        reveal_focus(ui);
    });
    did
}

/// Sorts what has folders by their groups, in the order of these; what is in no group comes last. Within a
/// group the order stays.
pub fn by_group<T>(layers: &Layers, list: &mut [T], folder: impl Fn(&T) -> &str) {
    let groups = layers.groups_in_order();
    if groups.is_empty() {
        return;
    }
    list.sort_by_cached_key(|item| {
        let group = layers.group_of(folder(item));
        let place = group.and_then(|id| groups.iter().position(|(known, _)| *known == id));
        place.unwrap_or(groups.len())
    });
}

/// Returns groups with their projects, each with its sessions: first those that run.
fn shelves<'a>(snapshot: &'a Snapshot, workspace: &'a Workspace) -> Vec<Shelf<'a>> {
    let layers = &*snapshot.settings.layers;
    let mut projects = projects(snapshot, workspace);
    by_group(layers, &mut projects, |project| project.folder);
    let mut shelves: Vec<Shelf<'a>> = Vec::new();
    for project in projects {
        let id = layers.group_of(project.folder);
        match shelves.last_mut() {
            Some(shelf) if shelf.id == id => shelf.projects.push(project),
            _ => shelves.push(Shelf {
                id,
                projects: vec![project],
            }),
        }
    }
    shelves
}

/// Projects in the window's order, then those that no pane shows.
fn projects<'a>(snapshot: &'a Snapshot, workspace: &'a Workspace) -> Vec<Shown<'a>> {
    let shown = |folder: &'a str, active: bool| Shown {
        folder,
        name: snapshot.project_name(folder),
        sessions: Vec::new(),
        active,
        folded: workspace
            .folded
            .contains(&Whose::Project(folder.to_owned())),
    };
    let known = workspace.projects.iter().enumerate();
    let known = known.map(|(at, project)| shown(&project.folder, at == workspace.active));
    let mut projects: Vec<_> = known.collect();
    // Looked up for each session: a person may have thousands.
    let places = workspace.panes();
    let places: HashMap<_, _> = places
        .filter_map(|(place, pane)| Some((pane.session()?, place.project)))
        .collect();
    let folders = projects.iter().enumerate();
    let mut folders: HashMap<_, _> = folders.map(|(at, it)| (it.folder, at)).collect();
    let sessions = snapshot.sessions.iter();
    for info in sessions.flat_map(|sessions| sessions.iter()) {
        // A pane's project goes before the session's own folder: the person put it there.
        let at = places.get(&info.id).copied();
        let at = at.unwrap_or_else(|| {
            let folder = snapshot.project_of(&info.folder);
            *folders.entry(folder).or_insert_with(|| {
                projects.push(shown(folder, false));
                projects.len() - 1
            })
        });
        projects[at].sessions.push(info);
    }
    for project in &mut projects {
        project.sessions.sort_by_key(|info| !info.life.alive());
    }
    projects
}

impl Shown<'_> {
    /// Returns what asks most for the person in it.
    fn mark(&self) -> Option<Mark> {
        let marks = self.sessions.iter().map(|info| Mark::of(info));
        marks.min_by_key(|mark| mark.urgency())
    }

    fn needs(&self) -> usize {
        let sessions = self.sessions.iter();
        sessions.filter(|info| Mark::of(info).needs_you()).count()
    }
}

/// Draws a group's heading; says whether its projects are left out.
fn group_ui(
    ui: &mut Ui,
    shelf: &Shelf<'_>,
    (snapshot, workspace): (&Snapshot, &Workspace),
    theme: &Theme,
    did: &mut Vec<Did>,
) -> bool {
    let layers = &snapshot.settings.layers;
    let of = Whose::Group(shelf.id.unwrap_or_default().to_owned());
    let folded = workspace.folded.contains(&of);
    let name = match shelf.id {
        Some(id) => layers.name(For::Group(id)).unwrap_or(id),
        None => "Other projects",
    };
    let sign = shelf.id.and_then(|id| layers.icon(For::Group(id)));
    let (rect, response) = row(ui, 24.0);
    let middle = rect.center().y;
    let label = match folded {
        true => format!("Group {name}, folded"),
        false => format!("Group {name}"),
    };
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, &label));
    focus_ui(ui, &response, theme);
    let color = match response.hovered() {
        true => theme.text,
        false => theme.muted,
    };
    icons::fold(
        ui.painter(),
        Pos2::new(rect.min.x + 14.0, middle),
        folded,
        color,
    );
    let text = match sign {
        Some(sign) => format!("{sign}  {}", name.to_uppercase()),
        None => name.to_uppercase(),
    };
    let mut format = egui::TextFormat::simple(semibold(11.0), color);
    format.extra_letter_spacing = 0.6;
    let mut job = egui::text::LayoutJob::default();
    job.append(&text, 0.0, format);
    job.wrap = egui::text::TextWrapping::truncate_at_width(rect.width() - 70.0);
    let galley = ui.painter().layout_job(job);
    let at = Pos2::new(rect.min.x + 24.0, middle - galley.size().y / 2.0);
    ui.painter().galley(at, galley, color);
    if folded {
        let needs = shelf.projects.iter().map(Shown::needs).sum();
        let marks = shelf.projects.iter().filter_map(Shown::mark);
        let mark = marks.min_by_key(|mark| mark.urgency());
        inside_ui(ui, theme, rect, mark, needs);
    }
    if response.clicked() {
        did.push(Did::Fold(of));
    }
    folded
}

/// Draws what is in what is folded: the strongest mark, and how many need the person.
fn inside_ui(ui: &Ui, theme: &Theme, rect: Rect, mark: Option<Mark>, needs: usize) {
    let middle = rect.center().y;
    let Some(mark) = mark else { return };
    mark.paint(ui.painter(), Pos2::new(rect.max.x - 46.0, middle), theme);
    if needs > 1 {
        let at = Pos2::new(rect.max.x - 56.0, middle);
        let font = semibold(11.0);
        let color = theme.needs_you;
        ui.painter()
            .text(at, Align2::RIGHT_CENTER, needs.to_string(), font, color);
    }
}

/// Draws the sign that stands for a project: what the person chose, or the first letter of its name.
fn sign_ui(ui: &Ui, theme: &Theme, center: Pos2, sign: &str, (size, active): (f32, bool)) {
    let rect = Rect::from_center_size(center, Vec2::splat(size));
    let (fill, color) = match active {
        true => (theme.accent_muted, theme.text),
        false => (theme.hover, theme.muted),
    };
    ui.painter().rect_filled(rect, size * 0.25, fill);
    let font = semibold((size * 0.56).max(11.0));
    let galley = ui.painter().layout_no_wrap(sign.to_owned(), font, color);
    let at = center - galley.size() / 2.0;
    ui.painter().galley(at, galley, color);
}

/// Returns the sign of a project of this name.
fn sign_of(snapshot: &Snapshot, folder: &str, name: &str) -> String {
    let chosen = snapshot.settings.layers.icon(For::Project(folder));
    let letters = |text: &str, most| text.chars().take(most).collect::<String>();
    match chosen {
        Some(sign) => letters(sign, 2),
        None => letters(name.trim_start_matches(['.', '~']), 1).to_uppercase(),
    }
}

fn project_ui(
    ui: &mut Ui,
    project: &Shown<'_>,
    (snapshot, theme): (&Snapshot, &Theme),
    did: &mut Vec<Did>,
) {
    let (rect, response) = row(ui, measure::ROW);
    let name = &project.name;
    let label = format!("Project {name}");
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, &label));
    focus_ui(ui, &response, theme);
    let middle = rect.center().y;
    let color = if project.active {
        theme.text
    } else {
        theme.muted
    };
    let needs = project.needs();
    let right = rect.max.x - 40.0;
    let fold = Pos2::new(rect.min.x + 14.0, middle);
    let sign = sign_of(snapshot, project.folder, name);
    let left = rect.min.x + 46.0;
    sign_ui(
        ui,
        theme,
        Pos2::new(rect.min.x + 32.0, middle),
        &sign,
        (18.0, project.active),
    );
    let galley = elided(ui, name, semibold(12.0), color, right - left - 16.0);
    let at = Pos2::new(left, middle - galley.size().y / 2.0);
    ui.painter().galley(at, galley, color);
    if project.folded {
        inside_ui(ui, theme, rect, project.mark(), needs);
    } else if needs > 0 {
        let text = needs.to_string();
        let at = Pos2::new(right, middle);
        let font = semibold(11.0);
        let color = theme.needs_you;
        ui.painter()
            .text(at, Align2::RIGHT_CENTER, text, font, color);
    }
    let tip = match project.folded {
        true => format!("Unfold {name}"),
        false => format!("Fold {name}"),
    };
    let folded = project.folded;
    if icon_button(ui, theme, fold, &tip, |painter, center, stroke| {
        icons::fold(painter, center, folded, stroke.color);
    }) {
        did.push(Did::Fold(Whose::Project(project.folder.into())));
        return;
    }
    let plus = Pos2::new(rect.max.x - 18.0, middle);
    let tip = format!("New tab in {name}");
    if icon_button(ui, theme, plus, &tip, |painter, center, stroke| {
        icons::plus(painter, center, 4.5, stroke);
    }) {
        did.push(Did::NewIn(project.folder.into()));
    } else if response.clicked() {
        did.push(Did::Project(project.folder.into()));
    }
    response.on_hover_text(folder_shown(project.folder));
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
    response.widget_info(|| {
        let label = format!("Session {}, {}", info.name, mark.word());
        egui::WidgetInfo::selected(egui::Role::ListBoxOption, true, focused, label)
    });
    if !ui.is_rect_visible(rect) {
        return response.clicked().then_some(Did::Show(info.id));
    }
    let inside = rect.shrink2(Vec2::new(6.0, 1.0));
    let painter = ui.painter();
    if focused {
        painter.rect_filled(inside, 5.0, theme.selected);
    } else if response.hovered() {
        painter.rect_filled(inside, 5.0, theme.hover);
    }
    focus_ui(ui, &response, theme);
    let middle = rect.center().y;
    let badge = Pos2::new(rect.min.x + 32.0, middle);
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
    let left = rect.min.x + 46.0;
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
    let detail = crate::pane::header::detail_in(info, Some(&info.folder));
    let room = right - left - width - 20.0;
    if room > 30.0 && !detail.is_empty() && detail != info.name {
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

/// Returns which of so many rows from the cursor on are in view, with one more at either end so that Tab comes to it
/// and brings it into view: of thousands no others are laid out.
fn rows_in_view(ui: &Ui, count: usize) -> Range<usize> {
    let (top, clip) = (ui.cursor().min.y, ui.clip_rect());
    let row = |y: f32| (y - top) / measure::ROW;
    let first = (row(clip.min.y).floor() - 1.0).max(0.0) as usize;
    let end = (row(clip.max.y).ceil() + 1.0).max(0.0) as usize;
    let first = first.min(count);
    first..end.clamp(first, count)
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
