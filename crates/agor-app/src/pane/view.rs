//! Draws a pane: its header, its terminal by one paint callback, and what lies over it.

use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, Instant};

use agor_proto::ids::{SessionId, Size};
use agor_proto::row::Row;
use agor_proto::screen::Modes;
use agor_proto::session::{Life, SessionInfo};
use agor_render::{
    Colors, CursorStyle, CursorView, Highlight, HighlightKind, PaneDraw, PaneView, Renderer,
};
use egui::{Align2, Color32, CursorIcon, Event, FontId, Pos2, Rect, Sense, Stroke, StrokeKind, Ui};
use egui_wgpu::CallbackTrait;

use super::PaneState;
use super::geometry::Geometry;
use super::mouse::{self, Act, Seen};
use super::scroll::{Fetch, Sight};
use super::selection::Unit;
use crate::icons::{self, Mark};
use crate::link::snapshot::{Driving, Screen, Snapshot};
use crate::link::{Link, Request};
use crate::theme::{Theme, measure, medium};
use crate::wake::Wake;

/// Half a period of a blinking cursor.
const BLINK: Duration = Duration::from_millis(530);

/// A cursor that nothing has moved for so long stays lit: nobody looks at it.
const BLINK_FOR: Duration = Duration::from_secs(10);

/// What drawing a pane takes, beside the pane.
pub struct Painting<'a> {
    /// Colours and measures.
    pub theme: &'a Theme,
    /// The terminal's colours.
    pub colors: &'a Colors,
    /// What makes instances of rows.
    pub renderer: &'a mut Renderer,
    /// Where requests go.
    pub link: &'a Link,
    /// What is known of the host.
    pub snapshot: &'a Snapshot,
    /// Where frames are asked for.
    pub wake: &'a Wake,
    /// Text that an input method has not committed.
    pub preedit: Option<&'a str>,
    /// Whether the window has the keyboard.
    pub window_focused: bool,
    /// The time of the frame.
    pub now: Instant,
}

/// What a pane is in its tab.
#[derive(Debug, Clone, Copy)]
pub struct Role {
    /// Whether it has the keyboard.
    pub focused: bool,
    /// Whether it is one of several, so that it has a header and a border.
    pub one_of_several: bool,
}

/// What a person did in a pane.
#[derive(Debug, Clone, PartialEq)]
pub enum Did {
    /// Something that the mouse asks for.
    Mouse(Act),
    /// Its close button was pressed.
    Close,
}

/// Draws a pane into `ui`'s whole rectangle.
pub fn pane_ui(
    ui: &mut Ui,
    painting: &mut Painting<'_>,
    state: &mut PaneState,
    session: SessionId,
    role: Role,
) -> Vec<Did> {
    let mut did = Vec::new();
    let mut rect = ui.max_rect();
    let info = painting.snapshot.session(session);
    if role.one_of_several {
        let header = rect.with_max_y(rect.min.y + measure::PANE_HEADER);
        rect.min.y = header.max.y;
        if header_ui(ui, painting, header, info, role) {
            did.push(Did::Close);
        }
    }
    let cell = painting.renderer.metrics();
    let cell = [cell.width_px, cell.height_px];
    let geometry = Geometry::new(rect, ui.pixels_per_point(), cell);
    ui.painter()
        .rect_filled(geometry.rect, 0.0, painting.theme.pane);
    let screen = painting.snapshot.screens.get(&session).cloned();
    ask_for_size(painting, state, session, &geometry);
    let alive = info.is_none_or(|info| info.life.alive());
    match &screen {
        Some(screen) if screen.mirror.rev.0 > 0 => {
            let acts = terminal_ui(
                ui,
                painting,
                state,
                (session, screen, alive),
                role,
                &geometry,
            );
            did.extend(acts.into_iter().map(Did::Mouse));
        }
        _ => waiting_ui(ui, painting, &geometry, info, screen.as_deref()),
    }
    note_ui(ui, painting, &geometry, info, screen.as_deref());
    if role.focused && role.one_of_several {
        let inside = ui.max_rect().shrink(0.75);
        let stroke = Stroke::new(1.5, painting.theme.border_focus);
        ui.painter()
            .rect_stroke(inside, 0.0, stroke, StrokeKind::Middle);
    }
    did
}

fn header_ui(
    ui: &mut Ui,
    painting: &Painting<'_>,
    rect: Rect,
    info: Option<&SessionInfo>,
    role: Role,
) -> bool {
    let theme = painting.theme;
    let painter = ui.painter_at(rect);
    painter.rect_filled(rect, 0.0, theme.panel);
    painter.hline(
        rect.x_range(),
        rect.max.y - 0.5,
        Stroke::new(1.0, theme.border),
    );
    let middle = rect.center().y;
    let Some(info) = info else { return false };
    let mark = Mark::of(info);
    mark.paint(&painter, Pos2::new(rect.min.x + 15.0, middle), theme);
    let (name, font) = (info.name.as_str(), medium(12.0));
    let color = if role.focused {
        theme.text
    } else {
        theme.muted
    };
    let close_at = Pos2::new(rect.max.x - 14.0, middle);
    let name_at = Pos2::new(rect.min.x + 28.0, middle);
    let room = close_at.x - 14.0 - name_at.x;
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
    icon_button(ui, theme, close_at, &label, |painter, center, stroke| {
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
    response.on_hover_text(label).clicked()
}

/// Returns one line of text that ends in an ellipsis where there is no room.
pub fn elided(ui: &Ui, text: &str, font: FontId, color: Color32, room: f32) -> Arc<egui::Galley> {
    let mut job = egui::text::LayoutJob::simple_singleline(text.to_owned(), font, color);
    job.wrap = egui::text::TextWrapping::truncate_at_width(room.max(0.0));
    ui.painter().layout_job(job)
}

/// Returns what a session does beside its name: its title, or its folder.
#[must_use]
pub fn detail(info: &SessionInfo) -> String {
    let title = info.title.trim();
    if title.is_empty() || title == info.name {
        crate::text::folder_shown(&info.cwd)
    } else {
        title.to_owned()
    }
}

fn ask_for_size(
    painting: &Painting<'_>,
    state: &mut PaneState,
    session: SessionId,
    geometry: &Geometry,
) {
    if state.asked != Some(geometry.fits) && painting.snapshot.screens.contains_key(&session) {
        state.asked = Some(geometry.fits);
        painting
            .link
            .request(Request::Resize(session, geometry.fits));
    }
}

fn terminal_ui(
    ui: &mut Ui,
    painting: &mut Painting<'_>,
    state: &mut PaneState,
    (session, screen, alive): (SessionId, &Screen, bool),
    role: Role,
    geometry: &Geometry,
) -> Vec<Act> {
    let mirror = &screen.mirror;
    let window = painting.snapshot.histories.get(&session).cloned();
    let sight = Sight {
        screen_rows: u32::from(mirror.size.rows),
        history_rows: mirror.history.rows,
        window: window.as_deref(),
    };
    if mirror.modes.contains(Modes::ALT_SCREEN) {
        state.scroll.go_to_end();
    }
    settle(painting, state, session, sight);
    // A pane smaller than its session shows the rows around the cursor.
    let shown_rows = mirror.size.rows.min(geometry.fits.rows.max(1));
    let first_row = (mirror.cursor.row + 1).saturating_sub(shown_rows);
    let live = usize::from(first_row)..usize::from(first_row + shown_rows);
    let back = state.scroll.rows(sight);
    let rows = back.or_else(|| mirror.rows.get(live)).unwrap_or_default();
    let is_live = back.is_none();
    let size = Size {
        rows: shown_rows,
        ..mirror.size
    };
    let seen = Seen {
        session,
        modes: mirror.modes,
        size,
        rows,
        first_row: if is_live { first_row } else { 0 },
        live: is_live,
        alive,
    };
    let acts = mouse_ui(ui, painting, state, seen, geometry);
    let mut highlights = selected(state, rows, size.cols);
    hovered_link(ui, seen, geometry, &mut highlights);
    let cursor = (is_live && alive).then(|| cursor(painting, state, screen, role, first_row));
    let cursor = cursor.flatten();
    let letterboxed = screen.driving != Driving::Yes && mirror.size != geometry.fits;
    let view = PaneView {
        rows,
        columns: mirror.size.cols,
        origin_px: geometry.origin_px,
        size_px: geometry.text_px(),
        cursor,
        spans: &highlights,
        colors: painting.colors,
        palette: &mirror.palette,
        reverse: mirror.modes.contains(Modes::REVERSE_SCREEN),
        dim: false,
        blink_on: true,
    };
    let draw = painting.renderer.pane(&mut state.cache, &view);
    ui.painter().add(egui_wgpu::Callback::new_paint_callback(
        geometry.rect,
        Terminal(draw),
    ));
    if letterboxed && is_live {
        letterbox(ui, painting.theme, geometry, size);
    }
    scroll_bar(ui, painting.theme, state, sight, geometry);
    if role.focused {
        let row = mirror.cursor.row.saturating_sub(first_row);
        input_method_ui(
            ui,
            painting,
            geometry.cells(mirror.cursor.col, row, 1, 1),
            geometry,
        );
    }
    acts
}

fn settle(painting: &Painting<'_>, state: &mut PaneState, session: SessionId, sight: Sight<'_>) {
    let was_live = state.scroll.is_live();
    if let Some(Fetch { at, before, count }) = state.scroll.settle(sight) {
        painting.link.request(Request::History {
            session,
            at,
            before,
            count,
        });
    }
    if state.scroll.is_live() && (!was_live || sight.window.is_some()) {
        painting.link.request(Request::DropHistory(session));
    }
}

fn mouse_ui(
    ui: &Ui,
    painting: &Painting<'_>,
    state: &mut PaneState,
    seen: Seen<'_>,
    geometry: &Geometry,
) -> Vec<Act> {
    let id = ui.scope_id().with("terminal");
    let response = ui.interact(geometry.rect, id, Sense::click_and_drag());
    response.widget_info(|| {
        let text = agor_term::text::plain(seen.rows.iter().map(AsRef::as_ref));
        egui::WidgetInfo::labeled(egui::Role::Terminal, true, text)
    });
    let over = response.contains_pointer();
    if over {
        ui.ctx().set_cursor_icon(CursorIcon::Text);
    }
    let mut acts = Vec::new();
    // A frame that egui lays out twice has the same events twice.
    let first_pass = ui.ctx().current_pass_index() == 0;
    let events = ui.input(|input| {
        let ours = |event: &&Event| {
            matches!(
                event,
                Event::PointerButton { .. }
                    | Event::PointerMoved(_)
                    | Event::PointerGone
                    | Event::MouseWheel { .. }
            )
        };
        let events = input.events.iter().filter(|_| first_pass);
        events.filter(ours).cloned().collect::<Vec<_>>()
    });
    for event in &events {
        match event {
            Event::MouseWheel {
                unit,
                delta,
                modifiers,
                ..
            } => {
                let pos = ui.input(|input| input.pointer.latest_pos());
                if let Some(pos) = pos.filter(|_| over) {
                    let turn = mouse::Turn {
                        unit: *unit,
                        delta: *delta,
                    };
                    mouse::on_wheel(state, seen, geometry, painting.link, pos, turn, *modifiers);
                }
            }
            // A press on something that lies over the pane is not the pane's.
            Event::PointerButton { pressed: true, .. } if !over => {}
            event => acts.extend(mouse::on_event(
                state,
                seen,
                geometry,
                painting.link,
                event,
                painting.now,
            )),
        }
    }
    // What the events changed is shown in this frame where it can be, else in the next.
    if !events.is_empty() && over && !state.scroll.is_live() {
        painting.wake.now();
    }
    acts
}

fn selected(state: &PaneState, rows: &[Arc<Row>], columns: u16) -> Vec<Highlight> {
    let Some(selection) = state.selection else {
        return Vec::new();
    };
    let block = match selection.unit {
        Unit::Block => selection.block_columns(rows),
        _ => None,
    };
    let on_row = |row: &Row| -> Option<Range<u16>> {
        match (&block, selection.unit) {
            (Some(block), _) => {
                let span = selection.ends();
                let (first, last) = (span.start.line, span.end.line);
                (first <= row.line && row.line <= last).then(|| block.clone())
            }
            (None, Unit::Block) => None,
            (None, _) => selection.on_row(row, columns),
        }
    };
    rows.iter()
        .enumerate()
        .filter_map(|(at, row)| {
            Some(Highlight {
                row: u16::try_from(at).ok()?,
                cols: on_row(row)?,
                kind: HighlightKind::Selection,
            })
        })
        .collect()
}

fn hovered_link(ui: &Ui, seen: Seen<'_>, geometry: &Geometry, highlights: &mut Vec<Highlight>) {
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

fn cursor(
    painting: &Painting<'_>,
    state: &mut PaneState,
    screen: &Screen,
    role: Role,
    first_row: u16,
) -> Option<CursorView> {
    let cursor = screen.mirror.cursor;
    let now = (cursor.col, cursor.row, screen.mirror.echo_ack);
    if state.cursor_seen.replace(now) != Some(now) {
        state.lively = Some(painting.now);
    }
    if !cursor.visible {
        return None;
    }
    let focused = role.focused && painting.window_focused;
    let mut lit = true;
    if focused && cursor.blinking {
        let quiet = state.lively.map_or(BLINK_FOR, |at| painting.now - at);
        if quiet < BLINK_FOR {
            let phase = quiet.as_millis() / BLINK.as_millis();
            lit = phase.is_multiple_of(2);
            let next = BLINK.as_millis() * (phase + 1) - quiet.as_millis();
            let next = u64::try_from(next).unwrap_or(u64::MAX);
            painting.wake.after(Duration::from_millis(next));
        }
    }
    lit.then(|| CursorView {
        col: cursor.col,
        row: cursor.row.saturating_sub(first_row),
        shape: cursor.shape,
        style: if focused {
            CursorStyle::Focused
        } else {
            CursorStyle::Unfocused
        },
    })
}

fn letterbox(ui: &Ui, theme: &Theme, geometry: &Geometry, size: Size) {
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

fn scroll_bar(ui: &Ui, theme: &Theme, state: &PaneState, sight: Sight<'_>, geometry: &Geometry) {
    if state.scroll.is_live() {
        return;
    }
    let extent = state.scroll.extent(sight);
    let total = extent.total.max(1) as f32;
    let track = geometry.rect.shrink2(egui::vec2(0.0, 4.0));
    let length = (sight.screen_rows as f32 / total * track.height()).max(24.0);
    let room = track.height() - length;
    let hidden = (total - sight.screen_rows as f32).max(1.0);
    let top = track.min.y + (extent.above as f32 / hidden).min(1.0) * room;
    let bar = Rect::from_min_size(Pos2::new(track.max.x - 7.0, top), egui::vec2(4.0, length));
    ui.painter()
        .rect_filled(bar, 2.0, theme.faint.gamma_multiply(0.7));
}

fn input_method_ui(ui: &Ui, painting: &Painting<'_>, cell: Rect, geometry: &Geometry) {
    ui.ctx().output_mut(|output| {
        output.ime = Some(egui::output::IMEOutput {
            purpose: egui::IMEPurpose::Terminal,
            rect: geometry.rect,
            cursor_rect: cell,
            should_interrupt_composition: false,
        });
    });
    let Some(preedit) = painting.preedit else {
        return;
    };
    let theme = painting.theme;
    let font = FontId::monospace(cell.height() * 0.75);
    let text = ui
        .painter()
        .layout_no_wrap(preedit.to_owned(), font, theme.text);
    let area = Rect::from_min_size(cell.min, egui::vec2(text.size().x, cell.height()));
    ui.painter().rect_filled(area, 0.0, theme.selected);
    ui.painter().galley(area.min, text, theme.text);
    ui.painter().hline(
        area.x_range(),
        area.max.y - 1.0,
        Stroke::new(1.0, theme.accent),
    );
}

fn waiting_ui(
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
fn note_ui(
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

/// One pane's draw call, on its way through egui.
struct Terminal(PaneDraw);

impl CallbackTrait for Terminal {
    fn paint(
        &self,
        info: egui::PaintCallbackInfo,
        pass: &mut wgpu::RenderPass<'static>,
        _resources: &egui_wgpu::CallbackResources,
    ) {
        let viewport = info.viewport_in_pixels();
        let pixels = |side: i32| u32::try_from(side).unwrap_or(0);
        self.0.draw(
            pass,
            [pixels(viewport.width_px), pixels(viewport.height_px)],
        );
    }
}
