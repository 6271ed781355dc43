//! The rail, which stands for the sidebar where that would take too much room: a sign for each project, with
//! the state in it that asks most for the person.

use egui::{Pos2, ScrollArea, Sense, Stroke, Ui, Vec2};

use super::{Did, shelves, sign_of, sign_ui};
use crate::icons::Mark;
use crate::link::snapshot::Snapshot;
use crate::theme::{Theme, measure};
use crate::widgets::focus_ui;
use crate::workspace::Workspace;

/// Height of a project.
const ROW: f32 = 40.0;

/// Draws the rail.
pub fn rail_ui(ui: &mut Ui, snapshot: &Snapshot, workspace: &Workspace, theme: &Theme) -> Vec<Did> {
    let mut did = Vec::new();
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        ui.spacing_mut().item_spacing = Vec2::ZERO;
        ui.add_space(6.0);
        for (at, shelf) in shelves(snapshot, workspace).iter().enumerate() {
            if at > 0 {
                let (_, line) = ui.allocate_space(Vec2::new(measure::RAIL, 9.0));
                let inside = line.shrink2(Vec2::new(12.0, 0.0));
                let stroke = Stroke::new(1.0, theme.border);
                ui.painter()
                    .hline(inside.x_range(), line.center().y, stroke);
            }
            for project in &shelf.projects {
                let size = Vec2::new(measure::RAIL, ROW);
                let (rect, response) = ui.allocate_exact_size(size, Sense::click());
                let mark = project.mark();
                let word = mark.map_or("empty", Mark::word);
                let label = format!("Project {}, {word}", project.name);
                response.widget_info(|| {
                    let role = egui::Role::ListBoxOption;
                    egui::WidgetInfo::selected(role, true, project.active, &label)
                });
                if response.hovered() && !project.active {
                    let inside = rect.shrink2(Vec2::new(4.0, 2.0));
                    ui.painter().rect_filled(inside, 6.0, theme.hover);
                }
                let sign = sign_of(snapshot, project.folder, &project.name);
                sign_ui(ui, theme, rect.center(), &sign, (28.0, project.active));
                let shown = mark.filter(|mark| !matches!(mark, Mark::Running | Mark::Idle));
                if let Some(mark) = shown {
                    let at = Pos2::new(rect.center().x + 13.0, rect.center().y + 11.0);
                    // The panel's ground around it, so that it is told from the sign.
                    ui.painter().circle_filled(at, 8.0, theme.panel);
                    mark.paint(ui.painter(), at, theme);
                }
                focus_ui(ui, &response, theme);
                if response.on_hover_text(&label).clicked() {
                    did.push(Did::Project(project.folder.into()));
                }
            }
        }
    });
    did
}
