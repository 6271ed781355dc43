//! The terminal of a pane: its rows, its cursor, its selection, its mouse.

use std::ops::Range;
use std::sync::Arc;

use agor_proto::ids::{SessionId, Size};
use agor_proto::row::Row;
use agor_proto::screen::{Mirror, Modes, PointerShape};
use agor_render::{CursorStyle, CursorView, Highlight, HighlightKind, PaneView};
use egui::{CursorIcon, Event, Sense, Stroke, StrokeKind, Ui};

use super::PaneState;
use super::geometry::Geometry;
use super::hints_view;
use super::images;
use super::mouse::{self, Act, Seen};
use super::overlays::{hovered_link, input_method_ui, letterbox, mode_ui};
use super::preedit::preedit_ui;
use super::prompt_marks::prompt_marks_ui;
use super::scroll::{Fetch, Sight};
use super::scroll_bar::{self, Marked, scroll_bar_ui};
use super::selection::Unit;
use super::spoken::spoken_ui;
use super::vi::{self, View};
use super::view::{Painting, Role};
use crate::keys::drawn::does;
use crate::link::Request;
use crate::link::snapshot::{Driving, Screen, Weight};
use crate::theme::Theme;

/// Draws a session's screen or history, and returns what the mouse asks for there.
pub(super) fn terminal_ui(
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
    find(painting, state, session, mirror);
    settle(painting, state, session, sight);
    let (first_row, shown_rows) = live_rows(mirror, geometry.fits);
    if let Some(vi) = &mut state.vi {
        let view = View::of(&state.scroll, sight, mirror, (first_row, shown_rows));
        vi.settle(view, sight, mirror, &mut state.scroll);
        if let Some(selection) = vi.selection(view) {
            state.selection = Some(selection);
        }
        // What it shows now may lie at the edge of what is at hand.
        settle(painting, state, session, sight);
    }
    let live = usize::from(first_row)..usize::from(first_row + shown_rows);
    let back = state.scroll.rows(sight);
    let rows = back.or_else(|| mirror.rows.get(live)).unwrap_or_default();
    let is_live = back.is_none();
    let hinting = hints(painting, state, role, rows);
    let rows = hinting.as_deref().unwrap_or(rows);
    state.shown_end = rows.last().map(|row| super::scroll::place(row));
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
    let mut acts = mouse_ui(ui, painting, state, (seen, role), geometry);
    let found = painting.snapshot.found.get(&session);
    let mut highlights = match (&state.finder, found) {
        (Some(finder), Some(found)) => match finder.of(Some(found)) {
            Some(found) => finder.highlights(found, rows, size.cols),
            None => Vec::new(),
        },
        _ => Vec::new(),
    };
    highlights.extend(selected(state, rows, size.cols));
    match &state.hints {
        Some(hints) => highlights = hints_view::highlights(hints),
        None => hovered_link(ui, seen, geometry, &mut highlights),
    }
    let (placements, first_image_row) = match (is_live, &window, rows.first()) {
        (false, Some(window), Some(first)) => {
            let at = window.rows.iter().position(|row| Arc::ptr_eq(row, first));
            let first_row = at.and_then(|at| i32::try_from(at).ok()).unwrap_or(0);
            (&window.placements, first_row)
        }
        _ => (&mirror.placements, first_row.into()),
    };
    let known = &painting.snapshot.images;
    let (moved, due) = state
        .player
        .placements(mirror, placements, known, painting.now);
    if let Some(due) = due {
        painting.wake.after(due);
    }
    let placements = moved.as_ref().unwrap_or(placements);
    let images = images::views(known, placements, first_image_row, geometry.cell_px);
    let shows_cursor = is_live && alive && hinting.is_none() && state.vi.is_none();
    let cursor = shows_cursor.then(|| cursor(painting, state, screen, role, first_row));
    let cursor = cursor.flatten();
    let focused = painting.window_focused;
    let (text_lit, text_due) = painting.blinking.text(focused, painting.now);
    let letterboxed = screen.driving != Driving::Yes && mirror.size != geometry.fits;
    let place = painting.canvas.place(ui, geometry.rect);
    let (corner, inset) = (place.corner_px, geometry.origin_px);
    let view = PaneView {
        rows,
        columns: mirror.size.cols,
        origin_px: [corner[0] + inset[0], corner[1] + inset[1]],
        clip_px: place.clip_px,
        size_px: geometry.text_px(),
        cursor,
        spans: &highlights,
        images: &images,
        colors: painting.colors,
        palette: &mirror.palette,
        reverse: mirror.modes.contains(Modes::REVERSE_SCREEN),
        dim: hinting.is_some(),
        blink_on: text_lit,
    };
    let draw = painting.renderer.pane(&mut state.cache, &view);
    if let Some(due) = text_due.filter(|_| state.cache.blinks()) {
        painting.wake.after(due);
    }
    painting.canvas.add(ui, geometry.rect, draw);
    if letterboxed && is_live {
        letterbox(ui, painting.theme, geometry, size);
    }
    prompt_marks_ui(ui, painting.theme, rows, geometry);
    bar(ui, painting, state, session, sight, geometry);
    vi_ui(ui, painting.theme, state, (sight, mirror), role, geometry);
    if let Some(hints) = &state.hints {
        let picked = hints_view::hints_ui(ui, painting.theme, hints, geometry);
        acts.extend(picked.map(|(act, kind, text)| Act::Pick(act, kind, text)));
    }
    if role.focused {
        let row = mirror.cursor.row.saturating_sub(first_row);
        let col = mirror.cursor.col;
        input_method_ui(ui, geometry.cells(col, row, 1, 1), geometry);
        let place = (col, row, mirror.size.cols);
        preedit_ui(ui, painting, &mut state.preedit, place, geometry);
    }
    acts
}

/// Draws the scroll bar, and asks for what is marked on it while it is there.
fn bar(
    ui: &Ui,
    painting: &Painting<'_>,
    state: &mut PaneState,
    session: SessionId,
    sight: Sight<'_>,
    geometry: &Geometry,
) {
    let found = painting.snapshot.found.get(&session);
    let finder = state.finder.as_ref();
    let found = finder.and_then(|finder| finder.of(found.map(AsRef::as_ref)));
    if !scroll_bar::is_shown(state, sight, found) {
        return;
    }
    if state.bar.wants_outline(sight.history_rows, painting.now) {
        painting.link.request(Request::Outline(session));
    }
    let outline = painting.snapshot.outlines.get(&session);
    let marked = Marked {
        outline: outline.map(AsRef::as_ref),
        found,
    };
    let was = state.scroll.clone();
    scroll_bar_ui(ui, painting.theme, state, sight, marked, geometry);
    if state.scroll != was {
        painting.wake.now();
    }
}

/// Returns the first row of the living screen that a pane shows, and how many: one smaller than its
/// session shows the rows around the cursor.
#[must_use]
pub fn live_rows(mirror: &Mirror, fits: Size) -> (u16, u16) {
    let shown = mirror.size.rows.min(fits.rows.max(1));
    ((mirror.cursor.row + 1).saturating_sub(shown), shown)
}

/// Draws the cursor by which a person selects, and what keys do to it.
fn vi_ui(
    ui: &Ui,
    theme: &Theme,
    state: &PaneState,
    (sight, mirror): (Sight<'_>, &Mirror),
    role: Role,
    geometry: &Geometry,
) {
    let Some(vi) = &state.vi else {
        return;
    };
    let view = View::of(
        &state.scroll,
        sight,
        mirror,
        live_rows(mirror, geometry.fits),
    );
    let cursor = vi.cursor();
    if let Some((row, col, cells)) = cursor.and_then(|cursor| vi::cell(view, cursor)) {
        let cell = geometry.cells(col, row, cells, 1);
        let fill = if role.focused { 0.4 } else { 0.15 };
        let painter = ui.painter_at(geometry.rect);
        painter.rect(
            cell,
            1.0,
            theme.accent.gamma_multiply(fill),
            Stroke::new(1.5, theme.accent),
            StrokeKind::Outside,
        );
    }
    let typing = state.finder.as_ref().is_some_and(|finder| finder.typing);
    if !role.focused || typing {
        return;
    }
    let (word, waits, keys) = vi.words();
    let (at, of) = cursor.map_or((0, 0), |cursor| vi::numbers(view, cursor));
    let line = format!("{at} of {of}");
    let keys = keys
        .iter()
        .map(|(command, words)| does(ui, *command, words));
    let keys: Vec<String> = keys.collect();
    let mut parts = vec![(waits.as_str(), true), (line.as_str(), false)];
    parts.extend(keys.iter().map(|keys| (keys.as_str(), false)));
    mode_ui(ui, theme, geometry.rect, word, &parts);
}

/// Returns the rows that letters are over, if there are letters; they go with the keyboard.
fn hints(
    painting: &Painting<'_>,
    state: &mut PaneState,
    role: Role,
    rows: &[Arc<Row>],
) -> Option<Vec<Arc<Row>>> {
    let hints = state.hints.as_mut()?;
    let found = hints.is_ready() || hints.fill(rows);
    if !found {
        let text = "There is no link, path, hash, id, address or number here.".to_owned();
        painting.link.request(Request::Tell(Weight::Note, text));
    }
    if !found || !role.focused {
        state.hints = None;
        painting.wake.now();
        return None;
    }
    hints.rows().map(<[_]>::to_vec)
}

/// Asks for what is looked for, and goes to the first hit when there is one.
fn find(painting: &Painting<'_>, state: &mut PaneState, session: SessionId, mirror: &Mirror) {
    let Some(finder) = &mut state.finder else {
        return;
    };
    let end = || mirror.rows.last().map(|row| super::scroll::place(row));
    let bottom = state.shown_end.or_else(end);
    if let Some(request) = finder.ask(session, bottom) {
        painting.link.request(request);
    }
    let found = painting.snapshot.found.get(&session);
    if let Some(found) = finder.of(found.map(AsRef::as_ref))
        && let Some(place) = finder.settle(found)
    {
        state.look_at(place);
    }
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
    ui: &mut Ui,
    painting: &Painting<'_>,
    state: &mut PaneState,
    (seen, role): (Seen<'_>, Role),
    geometry: &Geometry,
) -> Vec<Act> {
    let id = ui.scope_id().with("terminal");
    let response = ui.interact(geometry.rect, id, Sense::click_and_drag());
    response.widget_info(|| {
        // Of the focused one there is a line for each row.
        let name = || {
            let info = painting.snapshot.session(seen.session);
            let named = info.map(|info| format!("Terminal of {}", info.name));
            named.unwrap_or_else(|| "terminal".to_owned())
        };
        let text = match role.focused {
            true => name(),
            false => agor_term::text::plain(seen.rows.iter().map(AsRef::as_ref)),
        };
        let text = match text.trim().is_empty() {
            true => name(),
            false => text,
        };
        egui::WidgetInfo::labeled(egui::Role::Terminal, true, text)
    });
    if role.focused {
        let (rows, cols) = (seen.rows, seen.size.cols);
        let clock = (painting.wake, painting.now);
        spoken_ui(ui, id, (rows, cols), geometry, &mut state.spoken, clock);
    }
    let over = response.contains_pointer();
    if over {
        let wished = seen.modes.pointer().filter(|_| seen.live && seen.alive);
        let icon = wished.map_or(CursorIcon::Text, pointer_icon);
        ui.ctx().set_cursor_icon(icon);
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
    let (lit, due) = painting
        .blinking
        .cursor(&cursor, focused, state.lively, painting.now);
    if let Some(due) = due {
        painting.wake.after(due);
    }
    Some(CursorView {
        col: cursor.col,
        row: cursor.row.saturating_sub(first_row),
        shape: painting.blinking.shape(&cursor),
        style: match (focused, lit) {
            (true, true) => CursorStyle::Focused,
            (true, false) => CursorStyle::BlinkedOff,
            (false, _) => CursorStyle::Unfocused,
        },
    })
}

/// Returns the pointer that a program wishes.
fn pointer_icon(shape: PointerShape) -> CursorIcon {
    match shape {
        PointerShape::Alias => CursorIcon::Alias,
        PointerShape::Copy => CursorIcon::Copy,
        PointerShape::Crosshair => CursorIcon::Crosshair,
        PointerShape::Default => CursorIcon::Default,
        PointerShape::EResize => CursorIcon::ResizeEast,
        PointerShape::EwResize => CursorIcon::ResizeHorizontal,
        PointerShape::Grab => CursorIcon::Grab,
        PointerShape::Grabbing => CursorIcon::Grabbing,
        PointerShape::Help => CursorIcon::Help,
        PointerShape::Move => CursorIcon::Move,
        PointerShape::NResize => CursorIcon::ResizeNorth,
        PointerShape::NeResize => CursorIcon::ResizeNorthEast,
        PointerShape::NeswResize => CursorIcon::ResizeNeSw,
        PointerShape::NoDrop => CursorIcon::NoDrop,
        PointerShape::NotAllowed => CursorIcon::NotAllowed,
        PointerShape::NsResize => CursorIcon::ResizeVertical,
        PointerShape::NwResize => CursorIcon::ResizeNorthWest,
        PointerShape::NwseResize => CursorIcon::ResizeNwSe,
        PointerShape::Pointer => CursorIcon::PointingHand,
        PointerShape::Progress => CursorIcon::Progress,
        PointerShape::SResize => CursorIcon::ResizeSouth,
        PointerShape::SeResize => CursorIcon::ResizeSouthEast,
        PointerShape::SwResize => CursorIcon::ResizeSouthWest,
        PointerShape::Text => CursorIcon::Text,
        PointerShape::VerticalText => CursorIcon::VerticalText,
        PointerShape::WResize => CursorIcon::ResizeWest,
        PointerShape::Wait => CursorIcon::Wait,
        PointerShape::ZoomIn => CursorIcon::ZoomIn,
        PointerShape::ZoomOut => CursorIcon::ZoomOut,
    }
}
