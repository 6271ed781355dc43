//! What the mouse does in a pane: it goes to a program that asks for it, unless Shift is down;
//! else it selects, scrolls and follows links.

use std::sync::Arc;
use std::time::{Duration, Instant};

use agor_proto::ids::{LinePosition, SessionId, Size};
use agor_proto::input::{Input, Mods, MouseAction, MouseButton, MouseInput};
use agor_proto::row::Row;
use agor_proto::screen::Modes;
use agor_term::rows::HintKind;
use egui::{Event, Modifiers, MouseWheelUnit, PointerButton, Pos2};

use super::PaneState;
use super::geometry::{Cell, Geometry};
use super::hints;
use super::scroll::place;
use super::selection::{Selection, Span, Unit};
use crate::link::{Link, Request};

/// Clicks on one cell within this time are a double or triple click.
const MULTI_CLICK: Duration = Duration::from_millis(400);

/// Rows that a notch of the wheel moves the view.
const ROWS_PER_NOTCH: f32 = 3.0;

/// A button that is down.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Pressed {
    /// The program was told.
    ByProgram(MouseButton),
    /// The pane selects.
    Selecting,
}

/// A click, for telling double and triple ones.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Clicked {
    at: Instant,
    cell: (u16, u16),
    count: u8,
}

/// What a pane shows when the mouse acts on it.
#[derive(Debug, Clone, Copy)]
pub struct Seen<'a> {
    /// The session.
    pub session: SessionId,
    /// What the program switched on.
    pub modes: Modes,
    /// The size of what is shown.
    pub size: Size,
    /// The rows that are shown.
    pub rows: &'a [Arc<Row>],
    /// Rows of the screen above the first that is shown (a pane smaller than its session).
    pub first_row: u16,
    /// Whether the living screen is shown.
    pub live: bool,
    /// Whether the program runs.
    pub alive: bool,
}

/// What is to be done beyond the pane itself.
#[derive(Debug, Clone, PartialEq)]
pub enum Act {
    /// Give this pane the keyboard.
    Focus,
    /// Copy the selection to the primary selection.
    Selected,
    /// Paste the primary selection.
    PastePrimary,
    /// Open a link.
    Open(String),
    /// Pick something up that has letters.
    Pick(hints::Act, HintKind, String),
}

/// Applies an event to a pane; `inside` says whether it began there.
pub fn on_event(
    state: &mut PaneState,
    seen: Seen<'_>,
    geometry: &Geometry,
    link: &Link,
    event: &Event,
    now: Instant,
) -> Vec<Act> {
    match event {
        Event::PointerButton {
            pos,
            button,
            pressed: true,
            modifiers,
        } if geometry.rect.contains(*pos) => {
            let mut acts = vec![Act::Focus];
            acts.extend(press(
                state, seen, geometry, link, *pos, *button, *modifiers, now,
            ));
            acts
        }
        Event::PointerButton {
            pos,
            pressed: false,
            modifiers,
            ..
        } => release(state, seen, geometry, link, *pos, *modifiers),
        Event::PointerMoved(pos) => {
            moved(state, seen, geometry, link, *pos);
            Vec::new()
        }
        Event::PointerGone => {
            state.told_cell = None;
            Vec::new()
        }
        _ => Vec::new(),
    }
}

fn mouse_goes_to_program(seen: Seen<'_>, shift: bool) -> bool {
    let wants = [Modes::MOUSE_BUTTONS, Modes::MOUSE_DRAG, Modes::MOUSE_MOTION];
    seen.live && seen.alive && !shift && wants.iter().any(|mode| seen.modes.contains(*mode))
}

#[expect(
    clippy::too_many_arguments,
    reason = "the parts of one event and what it acts on"
)]
fn press(
    state: &mut PaneState,
    seen: Seen<'_>,
    geometry: &Geometry,
    link: &Link,
    pos: Pos2,
    button: PointerButton,
    modifiers: Modifiers,
    now: Instant,
) -> Option<Act> {
    let cell = geometry.cell_at(pos, seen.size);
    if mouse_goes_to_program(seen, modifiers.shift) {
        let button = button_of(button);
        state.pressed = Some(Pressed::ByProgram(button));
        state.selection = None;
        tell(
            seen,
            geometry,
            link,
            pos,
            MouseAction::Press(button),
            modifiers,
        );
        return None;
    }
    match button {
        PointerButton::Primary => {
            let count = count_clicks(state, (cell.col, cell.row), now);
            if modifiers.command
                && let Some(target) = link_at(seen, cell)
            {
                return Some(Act::Open(target));
            }
            let unit = match count {
                _ if modifiers.alt => Unit::Block,
                1 => Unit::Cell,
                2 => Unit::Word,
                _ => Unit::Line,
            };
            state.pressed = Some(Pressed::Selecting);
            if modifiers.shift
                && let Some(selection) = &mut state.selection
            {
                // Shift goes on from where the selection was begun.
                if let Some(head) = unit_at(seen, cell, selection.unit) {
                    selection.head = head;
                }
                return None;
            }
            state.selection = unit_at(seen, cell, unit).map(|span| Selection {
                anchor: span,
                head: span,
                unit,
            });
            None
        }
        PointerButton::Middle => Some(Act::PastePrimary),
        _ => None,
    }
}

fn release(
    state: &mut PaneState,
    seen: Seen<'_>,
    geometry: &Geometry,
    link: &Link,
    pos: Pos2,
    modifiers: Modifiers,
) -> Vec<Act> {
    match state.pressed.take() {
        Some(Pressed::ByProgram(button)) => {
            tell(
                seen,
                geometry,
                link,
                pos,
                MouseAction::Release(button),
                modifiers,
            );
            Vec::new()
        }
        Some(Pressed::Selecting) => {
            if state
                .selection
                .is_some_and(|selection| selection.is_empty())
            {
                state.selection = None;
            }
            if state.selection.is_some() {
                vec![Act::Selected]
            } else {
                Vec::new()
            }
        }
        None => Vec::new(),
    }
}

fn moved(state: &mut PaneState, seen: Seen<'_>, geometry: &Geometry, link: &Link, pos: Pos2) {
    let cell = geometry.cell_at(pos, seen.size);
    match state.pressed {
        Some(Pressed::Selecting) => {
            // Beyond an edge the view follows, so that more can be selected than is shown.
            if cell.above {
                state.scroll.by(1);
            } else if cell.below {
                state.scroll.by(-1);
            }
            if let Some(selection) = &mut state.selection
                && let Some(head) = unit_at(seen, cell, selection.unit)
            {
                selection.head = head;
            }
        }
        pressed => {
            let button = match pressed {
                Some(Pressed::ByProgram(button)) => Some(button),
                _ => None,
            };
            let inside = geometry.rect.contains(pos);
            let wanted = button.is_some() && seen.modes.contains(Modes::MOUSE_DRAG)
                || seen.modes.contains(Modes::MOUSE_MOTION) && (inside || button.is_some());
            let pixels = seen.modes.contains(Modes::MOUSE_PIXELS);
            let is_new = state.told_cell != Some((cell.col, cell.row)) || pixels;
            if wanted && is_new && mouse_goes_to_program(seen, false) {
                state.told_cell = Some((cell.col, cell.row));
                tell(
                    seen,
                    geometry,
                    link,
                    pos,
                    MouseAction::Move(button),
                    Modifiers::NONE,
                );
            }
        }
    }
}

/// A turn of the wheel.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Turn {
    /// What `delta` counts.
    pub unit: MouseWheelUnit,
    /// How far, positive back in the text.
    pub delta: egui::Vec2,
}

/// Applies a turn of the wheel over the pane.
pub fn on_wheel(
    state: &mut PaneState,
    seen: Seen<'_>,
    geometry: &Geometry,
    link: &Link,
    pos: Pos2,
    turn: Turn,
    modifiers: Modifiers,
) {
    let Turn { unit, delta } = turn;
    let cell_height = geometry.cell_px[1] as f32 / geometry.scale;
    // In notches; positive goes back in the text.
    let notches = match unit {
        MouseWheelUnit::Line => delta.y,
        MouseWheelUnit::Point => delta.y / (cell_height * ROWS_PER_NOTCH),
        MouseWheelUnit::Page => delta.y * f32::from(seen.size.rows) / ROWS_PER_NOTCH,
    };
    let to_program = mouse_goes_to_program(seen, modifiers.shift);
    let by_keys = seen.live
        && seen.alive
        && !to_program
        && seen.modes.contains(Modes::ALT_SCREEN)
        && seen.modes.contains(Modes::ALTERNATE_SCROLL);
    let steps_per_notch = if to_program || by_keys {
        1.0
    } else {
        ROWS_PER_NOTCH
    };
    if state.wheel.signum() != notches.signum() {
        state.wheel = 0.0;
    }
    state.wheel += notches * steps_per_notch;
    let whole = state.wheel.trunc();
    if whole == 0.0 {
        return;
    }
    state.wheel -= whole;
    if to_program || by_keys {
        let action = MouseAction::Wheel {
            lines: -(whole as i16),
            columns: 0,
        };
        tell(seen, geometry, link, pos, action, modifiers);
    } else {
        state.scroll.by(whole as i64);
    }
}

fn tell(
    seen: Seen<'_>,
    geometry: &Geometry,
    link: &Link,
    pos: Pos2,
    action: MouseAction,
    modifiers: Modifiers,
) {
    let cell = geometry.cell_at(pos, seen.size);
    let [x, y] = geometry.pixel_at(pos);
    let mut mods = Mods::default();
    for (down, bit) in [
        (modifiers.shift, Mods::SHIFT),
        (modifiers.alt, Mods::ALT),
        (modifiers.ctrl, Mods::CTRL),
    ] {
        if down {
            mods = mods.with(bit);
        }
    }
    let mouse = MouseInput {
        action,
        col: cell.col,
        row: cell.row + seen.first_row,
        x_px: x.max(0.0) as u32,
        y_px: y.max(0.0) as u32 + u32::from(seen.first_row) * geometry.cell_px[1],
        mods,
    };
    link.request(Request::Type(seen.session, Input::Mouse(mouse)));
}

fn button_of(button: PointerButton) -> MouseButton {
    match button {
        PointerButton::Primary => MouseButton::Left,
        PointerButton::Secondary => MouseButton::Right,
        PointerButton::Middle => MouseButton::Middle,
        PointerButton::Extra1 => MouseButton::Extra(8),
        PointerButton::Extra2 => MouseButton::Extra(9),
    }
}

fn count_clicks(state: &mut PaneState, cell: (u16, u16), now: Instant) -> u8 {
    let again = state.clicked.filter(|clicked| {
        clicked.cell == cell && now.saturating_duration_since(clicked.at) < MULTI_CLICK
    });
    let count = again.map_or(1, |clicked| clicked.count % 3 + 1);
    state.clicked = Some(Clicked {
        at: now,
        cell,
        count,
    });
    count
}

fn position(row: &Row, col: u16) -> LinePosition {
    let start = place(row);
    LinePosition {
        column: start.column + u32::from(col),
        ..start
    }
}

/// Returns the unit of text that is hit.
fn unit_at(seen: Seen<'_>, cell: Cell, unit: Unit) -> Option<Span> {
    let index = usize::from(cell.row);
    let row = seen.rows.get(index)?;
    match unit {
        Unit::Cell => {
            let snapped = agor_term::rows::snap(row, cell.col);
            let wide = snapped.end - snapped.start;
            let after = if wide > 1 {
                cell.col > snapped.start || cell.right_half
            } else {
                cell.right_half
            };
            let at = position(row, if after { snapped.end } else { snapped.start });
            Some(Span { start: at, end: at })
        }
        Unit::Block => {
            let at = position(row, cell.col);
            Some(Span { start: at, end: at })
        }
        Unit::Word => {
            let word = agor_term::rows::word_at(seen.rows, index, cell.col)?;
            Some(Span {
                start: position(seen.rows.get(word.start.0)?, word.start.1),
                end: position(seen.rows.get(word.end.0)?, word.end.1),
            })
        }
        Unit::Line => {
            let lines = agor_term::rows::line_at(seen.rows, index);
            let (first, last) = (seen.rows.get(lines.start)?, seen.rows.get(lines.end - 1)?);
            Some(Span {
                start: place(first),
                end: position(last, seen.size.cols),
            })
        }
    }
}

/// Returns the target of the link at a cell, if it may be opened.
#[must_use]
pub fn link_at(seen: Seen<'_>, cell: Cell) -> Option<String> {
    let link = agor_term::rows::link_at(seen.rows, usize::from(cell.row), cell.col)?;
    agor_term::rows::may_open(&link.uri).then_some(link.uri)
}
