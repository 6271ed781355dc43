//! Draws the panel.

use agor_proto::session::SessionInfo;
use egui::{Align2, FontId, Pos2, Rect, ScrollArea, Sense, Stroke, Ui, Vec2};

use super::Did;
use super::facts::{Fact, Section, sections};
use crate::commands::Command;
use crate::icons::{self, Mark};
use crate::keys::keymap::Keymap;
use crate::link::snapshot::Snapshot;
use crate::theme::{Theme, measure, medium, semibold};
use crate::widgets::{elided, reveal_focus};

/// Between the panel's edge and what is in it.
const INSET: f32 = 16.0;

/// Width of the column of labels.
const LABELS: f32 = 92.0;

/// What leads elsewhere: the words, and the command.
const LINKS: &[(&str, Command)] = &[
    ("Why this state", Command::Explain),
    ("Usage and cost", Command::Usage),
    ("Begin of its history", Command::ScrollTop),
];

/// Draws the panel into `ui`'s whole rectangle and says what the person did.
pub fn inspector_ui(
    ui: &mut Ui,
    info: Option<&SessionInfo>,
    snapshot: &Snapshot,
    keymap: &Keymap,
    theme: &Theme,
    now_millis: u64,
) -> Option<Did> {
    let area = ui.max_rect();
    let edge = Stroke::new(1.0, theme.border);
    ui.painter().vline(area.min.x + 0.5, area.y_range(), edge);
    let head = area.with_max_y(area.min.y + measure::TAB_BAR);
    ui.painter().hline(head.x_range(), head.max.y - 0.5, edge);
    let Some(info) = info else {
        let at = head.left_center() + Vec2::new(INSET, 0.0);
        let (text, font) = ("No session has the keyboard", FontId::proportional(12.0));
        ui.painter()
            .text(at, Align2::LEFT_CENTER, text, font, theme.muted);
        return None;
    };
    head_ui(ui, info, theme, head);
    let below = area.with_min_y(head.max.y);
    let mut ui = ui.new_child(egui::UiBuilder::new().max_rect(below).id_salt("inspector"));
    let mut did = None;
    ScrollArea::vertical()
        .auto_shrink(false)
        .show(&mut ui, |ui| {
            ui.spacing_mut().item_spacing = Vec2::ZERO;
            for section in sections(info, snapshot, now_millis) {
                let done = section_ui(ui, &section, theme);
                did = did.take().or(done);
            }
            ui.add_space(12.0);
            for (words, command) in LINKS {
                if link_ui(ui, theme, words, &keymap.keys_of(*command)) {
                    did = Some(Did::Command(*command));
                }
            }
            if link_ui(ui, theme, "Settings of this session", "") {
                did = Some(Did::Settings(info.id));
            }
            ui.add_space(12.0);
            reveal_focus(ui);
        });
    did
}

fn head_ui(ui: &Ui, info: &SessionInfo, theme: &Theme, rect: Rect) {
    let middle = rect.center().y;
    let mark = Pos2::new(rect.min.x + INSET + 6.0, middle);
    Mark::of(info).paint(ui.painter(), mark, theme);
    icons::beside(ui.painter(), mark, info, theme);
    let left = rect.min.x + INSET + 20.0;
    let room = rect.max.x - INSET - left;
    let name = elided(ui, &info.name, semibold(13.0), theme.text, room);
    let at = Pos2::new(left, middle - name.size().y / 2.0);
    ui.painter().galley(at, name, theme.text);
    ui.interact(rect, ui.scope_id().with("inspected"), Sense::hover())
        .widget_info(|| {
            let label = format!("Inspector of {}", info.name);
            egui::WidgetInfo::labeled(egui::Role::Label, true, label)
        });
}

fn section_ui(ui: &mut Ui, section: &Section, theme: &Theme) -> Option<Did> {
    let size = Vec2::new(ui.available_width(), 30.0);
    let (rect, _) = ui.allocate_exact_size(size, Sense::hover());
    let mut format = egui::TextFormat::simple(semibold(11.0), theme.muted);
    format.extra_letter_spacing = 0.6;
    let mut job = egui::text::LayoutJob::default();
    job.append(&section.title.to_uppercase(), 0.0, format);
    let title = ui.painter().layout_job(job);
    let at = Pos2::new(rect.min.x + INSET, rect.max.y - 6.0 - title.size().y);
    ui.painter().galley(at, title, theme.muted);
    let mut did = None;
    for (at, fact) in section.facts.iter().enumerate() {
        if fact_ui(ui, (section.title, at), fact, theme) {
            did = Some(Did::Copy(fact.copied.clone()));
        }
    }
    did
}

/// Draws a line; says whether it was pressed so that its value is copied.
fn fact_ui(ui: &mut Ui, id: (&str, usize), fact: &Fact, theme: &Theme) -> bool {
    let width = ui.available_width();
    let room = width - LABELS - 2.0 * INSET;
    let font = FontId::proportional(12.0);
    let copies = !fact.copied.is_empty();
    // What is copied is known by its begin; what is read is shown whole.
    let value = match copies {
        true => elided(ui, &fact.value, font, theme.text, room),
        false => ui
            .painter()
            .layout(fact.value.clone(), font, theme.text, room),
    };
    let small = FontId::proportional(11.0);
    let remark = (!fact.remark.is_empty()).then(|| {
        ui.painter()
            .layout(fact.remark.clone(), small.clone(), theme.faint, room)
    });
    // Beside the value where there is room, else below it.
    let beside = remark.as_ref().is_some_and(|remark| {
        value.rows.len() == 1 && value.size().x + 8.0 + remark.size().x <= room
    });
    let below = match &remark {
        Some(remark) if !beside => remark.size().y,
        _ => 0.0,
    };
    let height = (value.size().y + below + 6.0).max(22.0);
    let sense = if copies {
        Sense::click()
    } else {
        Sense::hover()
    };
    let (rect, _) = ui.allocate_exact_size(Vec2::new(width, height), Sense::hover());
    let response = ui.interact(rect, ui.scope_id().with(("fact", id)), sense);
    response.widget_info(|| {
        let told = format!("{}: {} {}", fact.label, fact.value, fact.remark);
        match copies {
            true => {
                egui::WidgetInfo::labeled(egui::Role::Button, true, format!("Copy {}", told.trim()))
            }
            false => egui::WidgetInfo::labeled(egui::Role::Label, true, told.trim()),
        }
    });
    let painter = ui.painter();
    if copies && (response.hovered() || response.has_focus()) {
        painter.rect_filled(rect.shrink2(Vec2::new(8.0, 0.0)), 4.0, theme.hover);
    }
    let left = rect.min.x + INSET;
    let top = rect.min.y + 3.0;
    let label = Pos2::new(left, top + 1.0);
    painter.text(label, Align2::LEFT_TOP, fact.label, small, theme.muted);
    let at = Pos2::new(left + LABELS, top);
    let (wide, high) = (value.size().x, value.size().y);
    painter.galley(at, value, theme.text);
    if let Some(remark) = remark {
        let at = match beside {
            true => at + Vec2::new(wide + 8.0, high - remark.size().y - 0.5),
            false => at + Vec2::new(0.0, high),
        };
        painter.galley(at, remark, theme.faint);
    }
    match copies {
        true => response.on_hover_text("Click to copy").clicked(),
        false => false,
    }
}

/// Draws a line that leads elsewhere, with its keys; says whether it was pressed.
fn link_ui(ui: &mut Ui, theme: &Theme, words: &str, keys: &str) -> bool {
    let size = Vec2::new(ui.available_width(), measure::ROW);
    let (rect, response) = ui.allocate_exact_size(size, Sense::click());
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, words));
    let painter = ui.painter();
    if response.hovered() || response.has_focus() {
        painter.rect_filled(rect.shrink2(Vec2::new(8.0, 1.0)), 5.0, theme.hover);
    }
    let left = rect.left_center() + Vec2::new(INSET, 0.0);
    painter.text(left, Align2::LEFT_CENTER, words, medium(12.0), theme.link);
    let right = rect.right_center() - Vec2::new(INSET, 0.0);
    let font = FontId::proportional(11.0);
    painter.text(right, Align2::RIGHT_CENTER, keys, font, theme.faint);
    response.clicked()
}
