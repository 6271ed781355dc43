//! Draws a pane: its header, its terminal and what lies over it, each by a module of its own.

use std::time::Instant;

use agor_proto::ids::SessionId;
use agor_render::{Colors, Renderer, Rgb};
use egui::epaint::RectShape;
use egui::{Color32, Stroke, StrokeKind, Ui};

use super::PaneState;
use super::blink::Blinking;
use super::canvas::Canvas;
use super::find_bar::{self, find_bar_ui};
use super::geometry::Geometry;
use super::header::header_ui;
use super::mouse::Act;
use super::overlays::{flash_ui, note_ui, waiting_ui};
use super::terminal::terminal_ui;
use crate::link::snapshot::Snapshot;
use crate::link::{Link, Request};
use crate::theme::{Theme, measure};
use crate::wake::Wake;

/// What drawing a pane takes, beside the pane.
pub struct Painting<'a> {
    /// Colours and measures.
    pub theme: &'a Theme,
    /// The terminal's colours.
    pub colors: &'a Colors,
    /// What makes instances of rows.
    pub renderer: &'a mut Renderer,
    /// Where the panes of the tab are drawn together.
    pub canvas: Canvas,
    /// Where requests go.
    pub link: &'a Link,
    /// What is known of the host.
    pub snapshot: &'a Snapshot,
    /// Where frames are asked for.
    pub wake: &'a Wake,
    /// Text that an input method has not committed, and the byte before which its caret stands, unless it is hidden.
    pub preedit: Option<(&'a str, Option<usize>)>,
    /// Whether the window has the keyboard.
    pub window_focused: bool,
    /// How what blinks does.
    pub blinking: Blinking,
    /// Whether a program's bell lights its pane up.
    pub flashes: bool,
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
    /// Whether it is not to be closed by accident.
    pub pinned: bool,
    /// How many panes what is typed into it goes to, if it is typed into with others.
    pub broadcast: Option<usize>,
}

/// What a person did in a pane.
#[derive(Debug, Clone, PartialEq)]
pub enum Did {
    /// Something that the mouse asks for.
    Mouse(Act),
    /// Its close button was pressed.
    Close,
    /// Its find bar was clicked.
    Find,
    /// Its state is to be explained.
    Explain(SessionId),
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
        did.extend(header_ui(ui, painting, header, info, role));
    }
    let cell = painting.renderer.metrics();
    let cell = [cell.width_px, cell.height_px];
    let geometry = Geometry::new(rect, ui.pixels_per_point(), cell);
    // A session can have a theme of its own.
    let Rgb(red, green, blue) = painting.colors.background;
    let ground = Color32::from_rgb(red, green, blue);
    let ground = RectShape::filled(geometry.rect, 0.0, ground);
    painting.canvas.ground(ui, ground);
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
    let rung = screen.as_ref().map_or(0, |screen| screen.bells);
    if let Some(left) = state.bell.flash(rung, painting.flashes, painting.now) {
        painting.wake.after(left);
        flash_ui(ui, painting.theme, geometry.rect);
    }
    if let Some(step) = find_ui(ui, painting, state, session, role, &geometry) {
        did.push(step);
    }
    note_ui(ui, painting, &geometry, info, screen.as_deref());
    if role.broadcast.is_some() {
        let inside = ui.max_rect().shrink(1.5);
        let stroke = Stroke::new(3.0, painting.theme.needs_you);
        ui.painter()
            .rect_stroke(inside, 0.0, stroke, StrokeKind::Middle);
    } else if role.focused && role.one_of_several {
        let inside = ui.max_rect().shrink(0.75);
        let stroke = Stroke::new(1.5, painting.theme.border_focus);
        ui.painter()
            .rect_stroke(inside, 0.0, stroke, StrokeKind::Middle);
    }
    did
}

/// Draws the find bar, if there is one; says whether the keyboard goes back to the program.
fn find_ui(
    ui: &mut Ui,
    painting: &Painting<'_>,
    state: &mut PaneState,
    session: SessionId,
    role: Role,
    geometry: &Geometry,
) -> Option<Did> {
    let finder = state.finder.as_mut()?;
    let found = painting.snapshot.found.get(&session).map(AsRef::as_ref);
    let (theme, rect) = (painting.theme, geometry.rect);
    let was_typing = finder.typing;
    let did = find_bar_ui(ui, finder, found, theme, rect, role.focused);
    let typing = finder.typing;
    match did {
        Some(find_bar::Did::Close) => {
            let origin = finder.origin;
            state.finder = None;
            if let (Some((place, _)), Some(_)) = (origin, &state.vi) {
                state.look_at(place);
            }
            painting.link.request(Request::DropFind(session));
            painting.wake.now();
        }
        Some(find_bar::Did::Step(step)) => {
            let found = finder.of(found);
            let place = found.and_then(|found| finder.step(found, step));
            if let Some(place) = place {
                state.look_at(place);
                painting.wake.now();
            }
        }
        None => {}
    }
    if was_typing && !typing {
        painting.wake.now();
    }
    (typing && !was_typing && !role.focused).then_some(Did::Find)
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
