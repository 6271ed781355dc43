//! What lies over a pane's terminal: notes, a hovered link; and where its caret is.

use agor_proto::ids::Size;
use agor_proto::session::{Life, SessionInfo};
use agor_render::{Highlight, HighlightKind};
use egui::{Align2, CursorIcon, FontId, Pos2, Rect, Stroke, StrokeKind, Ui};

use super::geometry::Geometry;
use super::mouse::Seen;
use super::view::Painting;
use crate::link::snapshot::{Driving, Screen};
use crate::theme::{Theme, measure};
use crate::widgets::elided;

/// Marks the link under the pointer while Ctrl is held, and shows its real target.
pub(super) fn hovered_link(
    ui: &Ui,
    seen: Seen<'_>,
    geometry: &Geometry,
    highlights: &mut Vec<Highlight>,
) {
    let (pos, command) = ui.input(|input| (input.pointer.hover_pos(), input.modifiers.command));
    let Some(pos) = pos.filter(|pos| command && geometry.rect.contains(*pos)) else {
        return;
    };
    let cell = geometry.cell_at(pos, seen.size);
    let link = agor_term::rows::link_at(seen.rows, usize::from(cell.row), cell.col);
    let Some(link) = link.filter(|link| agor_term::rows::may_open(&link.uri)) else {
        return;
    };
    ui.ctx().set_cursor_icon(CursorIcon::PointingHand);
    highlights.extend(link.cells.iter().filter_map(|(row, cols)| {
        Some(Highlight {
            row: u16::try_from(*row).ok()?,
            cols: cols.clone(),
            kind: HighlightKind::HoveredLink,
        })
    }));
    // The real target, whatever its text says.
    let at = Pos2::new(geometry.rect.min.x + 8.0, geometry.rect.max.y - 8.0);
    let font = FontId::proportional(11.0);
    let (text, visuals) = (
        elided(
            ui,
            &link.uri,
            font,
            ui.visuals().text_color(),
            geometry.rect.width() - 32.0,
        ),
        ui.visuals(),
    );
    let area = Rect::from_min_size(
        at - egui::vec2(0.0, text.size().y + 8.0),
        text.size() + egui::vec2(16.0, 8.0),
    );
    let painter = ui.ctx().layer_painter(egui::LayerId::new(
        egui::Order::Tooltip,
        ui.scope_id().with("link"),
    ));
    painter.rect(
        area,
        4.0,
        visuals.window_fill,
        visuals.window_stroke,
        StrokeKind::Inside,
    );
    painter.galley(area.min + egui::vec2(8.0, 4.0), text, visuals.text_color());
}

/// Covers what lies beyond a session that is smaller than its pane.
pub(super) fn letterbox(ui: &Ui, theme: &Theme, geometry: &Geometry, size: Size) {
    let text = geometry.cells(0, 0, size.cols, size.rows).expand(2.0);
    let pane = geometry.rect;
    let painter = ui.painter();
    for beyond in [
        pane.with_min_x(text.max.x.min(pane.max.x)),
        pane.with_min_y(text.max.y.min(pane.max.y))
            .with_max_x(text.max.x.min(pane.max.x)),
    ] {
        painter.rect_filled(beyond, 0.0, theme.window);
    }
    let edge = Stroke::new(1.0, theme.border);
    painter.vline(text.max.x, pane.min.y..=text.max.y.min(pane.max.y), edge);
    painter.hline(pane.min.x..=text.max.x.min(pane.max.x), text.max.y, edge);
}

/// Lights a pane up: its program's bell has rung.
pub(super) fn flash_ui(ui: &Ui, theme: &Theme, pane: Rect) {
    let painter = ui.painter_at(pane);
    painter.rect_filled(pane, 0.0, theme.text.gamma_multiply(0.12));
    let edge = Stroke::new(2.0, theme.text.gamma_multiply(0.6));
    painter.rect_stroke(pane, 0.0, edge, StrokeKind::Inside);
}

/// Tells the input method where the caret is.
pub(super) fn input_method_ui(ui: &Ui, cell: Rect, geometry: &Geometry) {
    ui.ctx().output_mut(|output| {
        output.ime = Some(egui::output::IMEOutput {
            purpose: egui::IMEPurpose::Terminal,
            rect: geometry.rect,
            cursor_rect: cell,
            should_interrupt_composition: false,
        });
    });
}

/// Draws why a pane has no screen.
pub(super) fn waiting_ui(
    ui: &Ui,
    painting: &Painting<'_>,
    geometry: &Geometry,
    info: Option<&SessionInfo>,
    screen: Option<&Screen>,
) {
    let text = match (info.map(|info| &info.life), screen) {
        (
            _,
            Some(Screen {
                problem: Some(problem),
                ..
            }),
        ) => problem.clone(),
        (Some(Life::Failed { reason }), _) => reason.clone(),
        // Most screens are there at once: a word would only flicker.
        _ => return,
    };
    let font = FontId::proportional(13.0);
    let center = geometry.rect.center();
    ui.painter().text(
        center,
        Align2::CENTER_CENTER,
        text,
        font,
        painting.theme.muted,
    );
}

/// Draws what a person should know about the pane at its lower edge.
pub(super) fn note_ui(
    ui: &Ui,
    painting: &Painting<'_>,
    geometry: &Geometry,
    info: Option<&SessionInfo>,
    screen: Option<&Screen>,
) {
    let theme = painting.theme;
    let (text, color) = match (info.map(|info| &info.life), screen) {
        (_, Some(screen)) if screen.held > 0 => (
            "Typed while the host was away: Enter sends it, Escape drops it".to_owned(),
            theme.needs_you,
        ),
        (Some(Life::Exited { code, signal: 0 }), _) => (
            format!("Ended with exit code {code}  ·  Enter runs it again"),
            if *code == 0 { theme.muted } else { theme.error },
        ),
        (Some(Life::Exited { signal, .. }), _) => (
            format!("Ended by signal {signal}  ·  Enter runs it again"),
            theme.error,
        ),
        (Some(Life::Failed { reason }), _) => {
            (format!("{reason}  ·  Enter tries again"), theme.error)
        }
        (Some(Life::Lost), _) => (
            "Lost when its machine or keeper went down  ·  Enter runs it again".to_owned(),
            theme.stalled,
        ),
        (_, Some(screen))
            if screen.driving == Driving::Another && screen.mirror.size != geometry.fits =>
        {
            (
                "Another window drives this session  ·  type to take over".to_owned(),
                theme.muted,
            )
        }
        _ => return,
    };
    let font = FontId::proportional(12.0);
    let galley = elided(ui, &text, font, color, geometry.rect.width() - 40.0);
    let size = galley.size() + egui::vec2(20.0, 10.0);
    let area = Rect::from_center_size(
        Pos2::new(
            geometry.rect.center().x,
            geometry.rect.max.y - 12.0 - size.y / 2.0,
        ),
        size,
    );
    let painter = ui.painter();
    painter.rect(
        area,
        f32::from(measure::RADIUS),
        theme.raised,
        Stroke::new(1.0, theme.border),
        StrokeKind::Inside,
    );
    painter.galley(area.min + egui::vec2(10.0, 5.0), galley, color);
}

/// Draws at the lower edge of a pane in which mode it reads keys, and what they do there; a part that
/// applies now stands out.
pub fn mode_ui(ui: &Ui, theme: &Theme, pane: Rect, word: &str, parts: &[(&str, bool)]) {
    let mut job = egui::text::LayoutJob::default();
    let mut add = |text: &str, font: FontId, color| {
        job.append(text, 0.0, egui::text::TextFormat::simple(font, color));
    };
    add(word, crate::theme::semibold(12.0), theme.accent);
    for (at, (text, now)) in parts
        .iter()
        .filter(|(text, _)| !text.is_empty())
        .enumerate()
    {
        let before = if at == 0 { "   " } else { "  ·  " };
        add(before, FontId::proportional(12.0), theme.faint);
        let color = if *now { theme.text } else { theme.muted };
        add(text, FontId::proportional(12.0), color);
    }
    let room = (pane.width() - 32.0).max(0.0);
    job.wrap = egui::text::TextWrapping::truncate_at_width(room);
    let label = job.text.clone();
    let galley = ui.painter().layout_job(job);
    let size = galley.size() + egui::vec2(20.0, 10.0);
    let at = Pos2::new(pane.center().x - size.x / 2.0, pane.max.y - 12.0 - size.y);
    let area = Rect::from_min_size(at, size);
    let radius = f32::from(measure::RADIUS);
    let painter = ui.painter_at(pane);
    painter.add(theme.raised_shadow().as_shape(area, radius));
    let stroke = Stroke::new(1.0, theme.accent_muted);
    painter.rect(area, radius, theme.raised, stroke, StrokeKind::Inside);
    painter.galley(area.min + egui::vec2(10.0, 5.0), galley, theme.text);
    ui.interact(area, ui.scope_id().with("mode"), egui::Sense::hover())
        .widget_info(|| egui::WidgetInfo::labeled(egui::Role::Status, true, &label));
}

/// Draws the key over a pane that gives it the keyboard.
pub fn number_ui(ui: &Ui, theme: &Theme, pane: Rect, key: char, focused: bool) {
    let points = (pane.height().min(pane.width()) * 0.4).clamp(18.0, 72.0);
    let size = egui::Vec2::splat(points * 1.4);
    let area = Rect::from_center_size(pane.center(), size).intersect(pane);
    let painter = ui.painter_at(pane);
    let (fill, color) = match focused {
        true => (theme.accent, theme.on_accent),
        false => (theme.raised, theme.text),
    };
    let radius = f32::from(measure::RADIUS);
    painter.add(theme.raised_shadow().as_shape(area, radius));
    let stroke = Stroke::new(1.0, theme.border);
    painter.rect(area, radius, fill, stroke, StrokeKind::Inside);
    let font = crate::theme::semibold(points);
    painter.text(area.center(), Align2::CENTER_CENTER, key, font, color);
    ui.interact(area, ui.scope_id().with("number"), egui::Sense::hover())
        .widget_info(|| egui::WidgetInfo::labeled(egui::Role::Label, true, format!("Pane {key}")));
}

#[cfg(test)]
mod tests {
    use std::ops::Range;
    use std::sync::Arc;

    use agor_proto::screen::Modes;
    use agor_term::{Options, Terminal};
    use egui::{Event, Modifiers, Shape};
    use egui_kittest::Harness;

    use super::*;
    use crate::testing::session_id;

    /// What is seen of a link.
    #[derive(Debug, PartialEq)]
    struct Shown {
        marked: Vec<(u16, Range<u16>)>,
        texts: Vec<String>,
        icon: CursorIcon,
    }

    /// Returns what is seen with the pointer over a cell.
    fn over(col: u16, row: u16, modifiers: Modifiers) -> Shown {
        let size = Size::cells(60, 3);
        let mut terminal = Terminal::new(Options {
            size,
            ..Options::default()
        });
        let text = "see https://example.org/a\r\n\
            \x1b]8;;https://example.org/real\x1b\\here\x1b]8;;\x1b\\ it is\r\n\
            \x1b]8;;file:///etc/passwd\x1b\\a file\x1b]8;;\x1b\\";
        terminal.advance(text.as_bytes(), &mut Vec::new());
        let rows: Vec<_> = (0..3).map(|at| Arc::new(terminal.row(at))).collect();
        let pane = Rect::from_min_size(Pos2::ZERO, egui::vec2(600.0, 200.0));
        let geometry = Geometry::new(pane, 1.0, [8, 16]);
        let mut harness = Harness::builder().with_size(pane.size()).build_ui_state(
            move |ui, highlights: &mut Vec<Highlight>| {
                highlights.clear();
                let seen = Seen {
                    session: session_id(1),
                    modes: Modes::default(),
                    size,
                    rows: &rows,
                    first_row: 0,
                    live: true,
                    alive: true,
                };
                hovered_link(ui, seen, &geometry, highlights);
            },
            Vec::new(),
        );
        harness.event(Event::ModifiersChanged(modifiers));
        harness.event(Event::PointerMoved(geometry.cells(col, row, 1, 1).center()));
        harness.step();
        let links = harness.state().iter();
        let links = links.filter(|it| matches!(it.kind, HighlightKind::HoveredLink));
        let shapes = harness.output().shapes.iter();
        Shown {
            marked: links.map(|it| (it.row, it.cols.clone())).collect(),
            texts: shapes
                .filter_map(|clipped| match &clipped.shape {
                    Shape::Text(text) => Some(text.galley.text().to_owned()),
                    _ => None,
                })
                .collect(),
            icon: harness.output().platform_output.cursor_icon,
        }
    }

    #[test]
    fn with_ctrl_a_link_under_the_pointer_is_marked_and_says_where_it_leads() {
        let link = |row: u16, cols: Range<u16>, target: &str| Shown {
            marked: vec![(row, cols)],
            texts: vec![target.to_owned()],
            icon: CursorIcon::PointingHand,
        };
        let nothing = Shown {
            marked: Vec::new(),
            texts: Vec::new(),
            icon: CursorIcon::Default,
        };
        let ctrl = Modifiers::COMMAND;
        assert_eq!(over(6, 0, ctrl), link(0, 4..25, "https://example.org/a"));
        // Its target, whatever its text says.
        assert_eq!(over(2, 1, ctrl), link(1, 0..4, "https://example.org/real"));
        assert_eq!(over(6, 0, Modifiers::NONE), nothing);
        assert_eq!(over(1, 0, ctrl), nothing, "there is no link");
        assert_eq!(over(2, 2, ctrl), nothing, "a window does not open it");
    }
}
