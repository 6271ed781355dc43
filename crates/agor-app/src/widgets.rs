//! Small pieces of the interface that several places draw.

use std::sync::Arc;

use agor_proto::session::SessionInfo;
use egui::{Color32, FontId, Pos2, Rect, Sense, Stroke, StrokeKind, Ui};

use crate::icons::{self, Mark};
use crate::theme::{Theme, measure, medium, semibold};

/// Draws what closes a pane at the right of its head, or a pin in its place; says whether it was pressed.
pub fn close_or_pin_ui(ui: &mut Ui, theme: &Theme, at: Pos2, name: &str, pinned: bool) -> bool {
    if pinned {
        icons::pin(ui.painter(), at, theme.muted);
        let rect = Rect::from_center_size(at, egui::Vec2::splat(20.0));
        read_ui(ui, rect, &format!("Pane {name} is pinned"));
        return false;
    }
    let label = format!("Close pane {name}");
    icon_button(ui, theme, at, &label, |painter, center, stroke| {
        icons::cross(painter, center, 3.5, stroke);
    })
}

/// Draws a button with a sign, 20 points wide; says whether it was pressed.
pub fn icon_button(
    ui: &mut Ui,
    theme: &Theme,
    center: Pos2,
    label: &str,
    sign: impl FnOnce(&egui::Painter, Pos2, Stroke),
) -> bool {
    let rect = Rect::from_center_size(center, egui::Vec2::splat(20.0));
    let response = ui.interact(rect, ui.scope_id().with(("button", label)), Sense::click());
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, label));
    let color = if response.hovered() {
        ui.painter().rect_filled(rect, 4.0, theme.hover);
        theme.text
    } else {
        theme.faint
    };
    sign(ui.painter(), center, Stroke::new(1.5, color));
    focus_ui(ui, &response, theme);
    response.on_hover_text(label).clicked()
}

/// Draws the mark of a session's state, 20 points wide; says whether it was pressed, which asks why it is so.
pub fn badge_ui(
    ui: &Ui,
    painter: &egui::Painter,
    info: &SessionInfo,
    theme: &Theme,
    center: Pos2,
) -> bool {
    let rect = Rect::from_center_size(center, egui::Vec2::splat(20.0));
    let id = ui.scope_id().with(("badge", info.id));
    let response = ui.interact(rect, id, Sense::click());
    let mark = Mark::of(info);
    let beside = if icons::goes_on_beside(info) {
        ", more in the background"
    } else {
        ""
    };
    let label = format!("Explain {}, {}{beside}", info.name, mark.word());
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, &label));
    if response.hovered() {
        painter.rect_filled(rect, 4.0, theme.hover);
    }
    mark.paint(painter, center, theme);
    icons::beside(painter, center, info, theme);
    focus_ui(ui, &response, theme);
    response.on_hover_text(label).clicked()
}

/// Left and right of a chip's text, and above and below it.
const CHIP_INSET: egui::Vec2 = egui::Vec2::new(10.0, 5.0);

/// Height of a line of chips.
pub const CHIPS: f32 = 36.0;

/// Draws one of several words of which one counts; says whether it was pressed.
pub fn chip_ui(ui: &mut Ui, theme: &Theme, text: &str, shown: bool) -> bool {
    let color = chip_color(theme, shown);
    let galley = ui
        .painter()
        .layout_no_wrap(text.to_owned(), medium(12.0), color);
    let size = galley.size() + 2.0 * CHIP_INSET;
    let (_, response) = ui.allocate_exact_size(size, Sense::click());
    paint_chip(ui, theme, &response, galley, (text, shown))
}

/// Draws a chip that is as wide as its place, in the middle of that; says whether it was pressed.
pub fn chip_at_ui(ui: &Ui, theme: &Theme, place: Rect, text: &str, shown: bool) -> bool {
    let color = chip_color(theme, shown);
    // What was measured is not cut where its width was rounded.
    let room = place.width() - 2.0 * CHIP_INSET.x + 1.0;
    let galley = elided(ui, text, medium(12.0), color, room);
    let size = egui::Vec2::new(place.width(), galley.size().y + 2.0 * CHIP_INSET.y);
    let rect = Rect::from_center_size(place.center(), size);
    let response = ui.interact(rect, ui.scope_id().with(("chip", text)), Sense::click());
    paint_chip(ui, theme, &response, galley, (text, shown))
}

/// Returns how wide a chip is that has this text.
#[must_use]
pub fn chip_width(ui: &Ui, text: &str) -> f32 {
    let painter = ui.painter();
    let text = painter.layout_no_wrap(text.to_owned(), medium(12.0), Color32::PLACEHOLDER);
    text.size().x + 2.0 * CHIP_INSET.x
}

/// Returns where things stand in lines of chips, by the gap before each and its width: one for which there is no room
/// begins the next line, and none is wider than a line.
#[must_use]
pub fn in_lines(things: &[(f32, f32)], area: Rect) -> Vec<Rect> {
    let mut at = area.min;
    let places = things.iter().map(|(gap, width)| {
        let width = width.min(area.width());
        if at.x > area.min.x {
            at.x += gap;
            if at.x + width > area.max.x {
                at = Pos2::new(area.min.x, at.y + CHIPS);
            }
        }
        let place = Rect::from_min_size(at, egui::Vec2::new(width, CHIPS));
        at.x = place.max.x;
        place
    });
    places.collect()
}

fn chip_color(theme: &Theme, shown: bool) -> Color32 {
    if shown { theme.text } else { theme.muted }
}

fn paint_chip(
    ui: &Ui,
    theme: &Theme,
    response: &egui::Response,
    galley: Arc<egui::Galley>,
    (text, shown): (&str, bool),
) -> bool {
    let rect = response.rect;
    response.widget_info(|| egui::WidgetInfo::selected(egui::Role::RadioButton, true, shown, text));
    if shown {
        ui.painter().rect_filled(rect, 4.0, theme.selected);
    } else if response.hovered() {
        ui.painter().rect_filled(rect, 4.0, theme.hover);
    }
    focus_ui(ui, response, theme);
    let color = chip_color(theme, shown);
    ui.painter().galley(rect.min + CHIP_INSET, galley, color);
    response.clicked()
}

/// Draws a raised surface over the window with what is in it; says whether the person pressed beside it.
pub fn popup_ui(
    ui: &Ui,
    name: &'static str,
    area: Rect,
    theme: &Theme,
    contents: impl FnOnce(&mut Ui),
) -> bool {
    egui::Area::new(egui::Id::unique(name))
        .order(egui::Order::Foreground)
        .fixed_pos(area.min)
        .show(ui.ctx(), |ui| {
            ui.set_min_size(area.size());
            let radius = f32::from(measure::RADIUS);
            let painter = ui.painter();
            painter.add(theme.raised_shadow().as_shape(area, radius));
            let border = Stroke::new(1.0, theme.border);
            painter.rect(area, radius, theme.raised, border, StrokeKind::Inside);
            contents(ui);
        });
    ui.input(|input| {
        let at = input.pointer.interact_pos();
        input.pointer.any_pressed() && at.is_some_and(|at| !area.contains(at))
    })
}

/// The widest that the rows of a page are read well.
const COLUMN: f32 = 920.0;

/// Returns the part of a row of a page in which its content stands: all of it, or its middle where that is wide.
#[must_use]
pub fn column(row: Rect) -> Rect {
    let width = (row.width() - 16.0).min(COLUMN);
    Rect::from_center_size(row.center(), egui::Vec2::new(width, row.height()))
}

/// Returns where a popup stands that is so high: in the middle, below the upper edge of what `ui` is in.
#[must_use]
pub fn popup_area(ui: &Ui, height: f32) -> Rect {
    let screen = ui.ctx().content_rect();
    let width = measure::PALETTE.min(screen.width() - 32.0);
    let at = Pos2::new(
        screen.center().x - width / 2.0,
        screen.min.y + screen.height() * 0.14,
    );
    Rect::from_min_size(at, egui::Vec2::new(width, height))
}

/// Brings what the keyboard came to by Tab into view, at the end of what a list scrolls.
pub fn reveal_focus(ui: &Ui) {
    let Some(id) = ui.memory(|memory| memory.focused()) else {
        return;
    };
    let last = egui::Id::unique("revealed");
    if ui.data(|data| data.get_temp::<egui::Id>(last)) == Some(id) {
        return;
    }
    let Some(response) = ui.ctx().read_response(id) else {
        return;
    };
    let (rect, content) = (response.rect, ui.min_rect());
    if content.contains(rect.center()) {
        ui.data_mut(|data| data.insert_temp(last, id));
        // With what comes next: a list may draw no more than what is in view.
        ui.scroll_to_rect(rect.expand2(egui::Vec2::new(0.0, 36.0)), None);
    }
}

/// Draws an edge around a control that has the keyboard.
pub fn focus_ui(ui: &Ui, response: &egui::Response, theme: &Theme) {
    if response.has_focus() {
        let edge = Stroke::new(1.5, theme.border_focus);
        ui.painter()
            .rect_stroke(response.rect, 4.0, edge, egui::StrokeKind::Inside);
    }
}

/// Gives a field the keyboard, unless it has it. Whether the window has it is another matter: a field that
/// asked in each frame until then would draw without end.
pub fn hold_keyboard(response: &egui::Response) {
    if keyboard_is_elsewhere(&response.ctx) {
        return;
    }
    let has = response.ctx.memory(|memory| memory.has_focus(response.id));
    if !has {
        response.request_focus();
    }
}

/// Gives a field the keyboard if it was not given it yet, and whenever nothing has it: what Tab leads to keeps it.
pub fn offer_keyboard(response: &egui::Response, given: &mut bool) {
    if !*given {
        *given = take_keyboard(response);
    } else if response.ctx.memory(|memory| memory.focused().is_none()) {
        hold_keyboard(response);
    }
}

/// Gives a field the keyboard; says whether it is where the field is.
pub fn take_keyboard(response: &egui::Response) -> bool {
    let here = !keyboard_is_elsewhere(&response.ctx);
    if here {
        response.request_focus();
    }
    here
}

/// Says whether what is drawn from now on is beside what has the keyboard, and must not take it.
pub fn keyboard_elsewhere(context: &egui::Context, elsewhere: bool) {
    context.data_mut(|data| data.insert_temp(egui::Id::unique("keyboard elsewhere"), elsewhere));
}

/// Says whether what is drawn is beside what has the keyboard.
#[must_use]
pub fn keyboard_is_elsewhere(context: &egui::Context) -> bool {
    context.data(|data| data.get_temp(egui::Id::unique("keyboard elsewhere"))) == Some(true)
}

/// Draws what keys do at the right end of a page's head, if there is room for it behind `left`; returns where it begins.
pub fn hint_ui(ui: &Ui, right: Pos2, left: f32, text: &str, theme: &Theme) -> f32 {
    let painter = ui.painter();
    let font = FontId::proportional(11.0);
    let shown = painter.layout_no_wrap(text.to_owned(), font, theme.faint);
    let at = right - egui::vec2(shown.size().x, shown.size().y / 2.0);
    if at.x < left + 12.0 {
        return right.x;
    }
    painter.galley(at, shown, theme.faint);
    at.x
}

/// Lets assistive technology read a text that is painted in `rect`.
pub fn read_ui(ui: &Ui, rect: Rect, text: &str) {
    let response = ui.interact(rect, ui.scope_id().with(("read", text)), Sense::hover());
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Label, true, text));
}

/// Draws what stands where there is nothing yet: what is missing and what there is to do, in the middle, each in as
/// many lines as it takes and left out if it is empty. Assistive technology reads both.
pub fn nothing_ui(ui: &Ui, rect: Rect, (title, text): (&str, &str), theme: &Theme) {
    let room = (rect.width() - 48.0).max(80.0);
    let mut at = Pos2::new(rect.center().x, rect.min.y + rect.height() * 0.36);
    let mut read = String::new();
    for (part, font, color) in [
        (title, semibold(15.0), theme.text),
        (text, FontId::proportional(13.0), theme.muted),
    ] {
        if part.is_empty() {
            continue;
        }
        let mut job = egui::text::LayoutJob::simple(part.to_owned(), font, color, room);
        job.halign = egui::Align::Center;
        let galley = ui.painter().layout_job(job);
        let below = galley.size().y + 8.0;
        ui.painter().galley(at, galley, color);
        at.y += below;
        let gap = if read.is_empty() { "" } else { ". " };
        read.extend([gap, part]);
    }
    read_ui(ui, rect, &read);
}

/// Returns one line of text that ends in an ellipsis where there is no room.
pub fn elided(ui: &Ui, text: &str, font: FontId, color: Color32, room: f32) -> Arc<egui::Galley> {
    let mut job = egui::text::LayoutJob::simple_singleline(text.to_owned(), font, color);
    job.wrap = egui::text::TextWrapping::truncate_at_width(room.max(0.0));
    ui.painter().layout_job(job)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chips_for_which_there_is_no_room_begin_the_next_line_and_none_is_wider_than_one() {
        let area = Rect::from_min_max(Pos2::new(12.0, 40.0), Pos2::new(112.0, 40.0));
        let places = in_lines(&[(8.0, 40.0), (8.0, 52.0), (8.0, 1.0), (8.0, 300.0)], area);
        let corners: Vec<_> = places.iter().map(|place| place.min).collect();
        let expected = [
            Pos2::new(12.0, 40.0),
            Pos2::new(60.0, 40.0),
            Pos2::new(12.0, 76.0),
            Pos2::new(12.0, 112.0),
        ];
        assert_eq!(corners, expected);
        let widths: Vec<_> = places.iter().map(|place| place.width()).collect();
        assert_eq!(widths, [40.0, 52.0, 1.0, 100.0]);
    }
}
