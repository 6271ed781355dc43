//! The scroll bar: how far back a pane looks, and marks for prompts, for commands that failed and for what
//! is looked for. It is there while the pane looks back or something was found. Where the marks are is
//! worked out when they change, not in each frame.

use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, Instant};

use agor_proto::ids::LinePosition;
use egui::{Color32, Mesh, Pos2, Rect, Sense, Shape, Ui};

use super::PaneState;
use super::geometry::Geometry;
use super::scroll::Sight;
use crate::link::outline::Outline;
use crate::link::snapshot::Found;
use crate::theme::Theme;

/// Where the pointer is the bar's.
const WIDTH: f32 = 12.0;
/// How far from a mark a click on it may be.
const REACH: f32 = 4.0;
/// Commands are not asked for more often.
const PAUSE: Duration = Duration::from_secs(2);

/// What a pane remembers of its bar.
#[derive(Debug, Default)]
pub struct ScrollBar {
    /// When the commands were asked for, and how many rows of history there were.
    asked: Option<(Instant, u32)>,
    drawn: Option<Drawn>,
}

/// The marks as they were drawn last.
#[derive(Debug)]
struct Drawn {
    of: Of,
    shape: Arc<Mesh>,
    /// Height and place of each, from the top.
    places: Vec<(f32, LinePosition)>,
}

/// What marks depend on.
#[derive(Debug, Clone, PartialEq)]
struct Of {
    outline: Option<u64>,
    found: Option<(u64, usize)>,
    total: u32,
    track: Rect,
    colors: [Color32; 3],
}

/// What is marked.
#[derive(Debug, Clone, Copy, Default)]
pub struct Marked<'a> {
    /// The commands.
    pub outline: Option<&'a Outline>,
    /// What was found, if something is looked for.
    pub found: Option<&'a Found>,
}

impl ScrollBar {
    /// Says whether the commands are to be asked for.
    pub fn wants_outline(&mut self, history_rows: u32, now: Instant) -> bool {
        let due = match self.asked {
            None => true,
            Some((at, rows)) => rows != history_rows && now - at >= PAUSE,
        };
        if due {
            self.asked = Some((now, history_rows));
        }
        due
    }
}

/// Says whether a pane has a bar now.
pub fn is_shown(state: &PaneState, sight: Sight<'_>, found: Option<&Found>) -> bool {
    let something = found.is_some_and(|found| !found.hits.is_empty());
    sight.history_rows > 0 && (!state.scroll.is_live() || something)
}

/// Draws the bar, and goes where it is clicked or dragged to.
pub fn scroll_bar_ui(
    ui: &Ui,
    theme: &Theme,
    state: &mut PaneState,
    sight: Sight<'_>,
    marked: Marked<'_>,
    geometry: &Geometry,
) {
    if !is_shown(state, sight, marked.found) {
        return;
    }
    let extent = state.scroll.extent(sight);
    if extent.total <= sight.screen_rows {
        return;
    }
    let track = track(geometry.rect);
    let thumb = Thumb::new(track, extent.above, sight.screen_rows, extent.total);
    let of = Of {
        outline: marked.outline.map(|outline| outline.generation),
        found: marked.found.map(|found| (found.number, found.hits.len())),
        total: extent.total,
        track,
        colors: [theme.accent, theme.search_current, theme.error],
    };
    let bar = &mut state.bar;
    if bar.drawn.as_ref().is_none_or(|drawn| drawn.of != of) {
        bar.drawn = Some(draw(of, marked));
    }
    let area = track.with_min_x(track.max.x - WIDTH);
    let id = ui.scope_id().with("scroll bar");
    let response = ui.interact(area, id, Sense::click_and_drag());
    response.widget_info(|| {
        let failed = marked.outline.map_or(0, |outline| {
            outline.commands.iter().filter(|it| it.failed()).count()
        });
        let commands = marked.outline.map_or(0, |outline| outline.commands.len());
        let text = format!("Scroll bar: {commands} commands, {failed} failed");
        egui::WidgetInfo::labeled(egui::Role::ScrollBar, true, text)
    });
    let painter = ui.painter();
    if let Some(drawn) = &bar.drawn {
        painter.add(Shape::mesh(Arc::clone(&drawn.shape)));
    }
    let over = response.contains_pointer() || response.dragged();
    let fill = if over { theme.muted } else { theme.faint };
    let body = Rect::from_x_y_ranges(track.max.x - 7.0..=track.max.x - 3.0, thumb.body);
    painter.rect_filled(body, 2.0, fill.gamma_multiply(0.7));
    if over {
        ui.ctx().set_cursor_icon(egui::CursorIcon::Default);
    }
    let places = bar.drawn.as_ref().map_or(&[][..], |drawn| &drawn.places);
    let hovered = response.hover_pos().filter(|_| !response.dragged());
    let place = hovered.and_then(|pointer| nearest(places, pointer.y));
    let commands = marked.outline.map_or(&[][..], |outline| &outline.commands);
    let command = place.and_then(|place| commands.iter().find(|command| command.at == place));
    let response = match command {
        Some(command) => response.on_hover_text_at_pointer(command.words()),
        None => response,
    };
    let Some(pointer) = response.interact_pointer_pos() else {
        return;
    };
    match nearest(places, pointer.y) {
        Some(place) if response.clicked() => {
            state.look_at(place);
            let is_prompt = commands.iter().any(|command| command.at == place);
            state.prompt = is_prompt.then_some(place);
        }
        Some(_) if response.is_pointer_button_down_on() && !response.dragged() => {}
        _ if response.dragged() || response.clicked() => {
            let above = thumb.above_at(pointer.y);
            state.scroll.by(i64::from(extent.above) - i64::from(above));
        }
        _ => {}
    }
}

fn track(pane: Rect) -> Rect {
    pane.shrink2(egui::vec2(0.0, 4.0))
}

/// The part of the bar that stands for what is shown.
struct Thumb {
    body: egui::Rangef,
    track: Rect,
    /// Rows that are not shown.
    hidden: f32,
}

impl Thumb {
    fn new(track: Rect, above: u32, shown: u32, total: u32) -> Self {
        let length = (shown as f32 / total.max(1) as f32 * track.height()).max(24.0);
        let hidden = (total.saturating_sub(shown) as f32).max(1.0);
        let room = (track.height() - length).max(0.0);
        let top = track.min.y + (above as f32 / hidden).min(1.0) * room;
        Self {
            body: egui::Rangef::new(top, top + length),
            track,
            hidden,
        }
    }

    /// Returns how many rows are above where a pointer drags the middle of it.
    fn above_at(&self, y: f32) -> u32 {
        let room = (self.track.height() - self.body.span()).max(1.0);
        let part = (y - self.track.min.y - self.body.span() / 2.0) / room;
        (part.clamp(0.0, 1.0) * self.hidden).round() as u32
    }
}

/// Returns the place whose mark is nearest to a height, if one is near.
fn nearest(places: &[(f32, LinePosition)], y: f32) -> Option<LinePosition> {
    let at = places.partition_point(|(mark, _)| *mark < y);
    let around = places.get(at.saturating_sub(1)..(at + 1).min(places.len()))?;
    let away = |mark: &(f32, LinePosition)| (mark.0 - y).abs();
    let near = around.iter().min_by(|a, b| away(a).total_cmp(&away(b)))?;
    (away(near) <= REACH).then_some(near.1)
}

/// Works out where marks are: at most one of a kind in each line of pixels.
fn draw(of: Of, marked: Marked<'_>) -> Drawn {
    let track = of.track;
    let height = |row: u32| {
        let part = row as f32 / of.total.max(1) as f32;
        (track.min.y + part.min(1.0) * track.height()).round()
    };
    let mut shape = Mesh::default();
    let mut places = Vec::new();
    let mut last = f32::NAN;
    let mut mark = |row: u32, at: LinePosition, x: Range<f32>, thick: f32, color: Color32| {
        let y = height(row);
        if y == last {
            return;
        }
        last = y;
        let min = Pos2::new(track.max.x - x.end, y);
        let max = Pos2::new(track.max.x - x.start, y + thick);
        shape.add_colored_rect(Rect::from_min_max(min, max), color);
        places.push((y + thick / 2.0, at));
    };
    let [prompt, hit, error] = of.colors;
    let commands = marked.outline.map_or(&[][..], |outline| &outline.commands);
    for command in commands.iter().filter(|command| !command.failed()) {
        let faint = prompt.gamma_multiply(0.6);
        mark(command.row, command.at, 8.0..12.0, 1.0, faint);
    }
    for found in marked.found.map_or(&[][..], |found| &found.hits) {
        mark(found.row, found.start, 1.0..9.0, 2.0, hit);
    }
    // Last, so that nothing lies over them.
    for command in commands.iter().filter(|command| command.failed()) {
        mark(command.row, command.at, 6.0..12.0, 2.0, error);
    }
    places.sort_by(|a, b| a.0.total_cmp(&b.0));
    Drawn {
        of,
        shape: Arc::new(shape),
        places,
    }
}

#[cfg(test)]
mod tests {
    use agor_proto::ids::LineId;
    use agor_proto::message::Hit;

    use super::*;
    use agor_core::client::shell::ShellCommand;

    fn place(line: u64) -> LinePosition {
        LinePosition {
            line: LineId(line),
            column: 0,
        }
    }

    fn of(total: u32) -> Of {
        let track = Rect::from_min_max(Pos2::new(0.0, 0.0), Pos2::new(100.0, 200.0));
        Of {
            outline: None,
            found: None,
            total,
            track,
            colors: [Color32::BLUE, Color32::YELLOW, Color32::RED],
        }
    }

    fn outline(rows: impl IntoIterator<Item = (u32, bool)>) -> Outline {
        let command = |(row, failed): (u32, bool)| ShellCommand {
            code: Some(failed.into()),
            ..ShellCommand::waiting(place(row.into()), row)
        };
        Outline {
            commands: rows.into_iter().map(command).collect(),
            generation: 1,
        }
    }

    #[test]
    fn marks_stand_where_their_rows_are_and_a_click_near_one_is_on_it() {
        let outline = outline([(900, false), (500, true), (100, false)]);
        let found = Found {
            hits: vec![Hit {
                start: place(700),
                end_column: 3,
                row: 700,
            }],
            ..Found::default()
        };
        let marked = Marked {
            outline: Some(&outline),
            found: Some(&found),
        };
        let drawn = draw(of(1_000), marked);
        let heights: Vec<_> = drawn.places.iter().map(|(y, _)| *y).collect();
        assert_eq!(heights, [20.5, 101.0, 141.0, 180.5]);
        // Each is painted in the colour of its kind, four corners of a rectangle.
        for (color, height) in [
            (Color32::YELLOW, 140.0..=142.0),
            (Color32::RED, 100.0..=102.0),
        ] {
            let corners = drawn.shape.vertices.iter().filter(|it| it.color == color);
            let inside = corners.filter(|it| height.contains(&it.pos.y));
            assert_eq!(inside.count(), 4);
        }
        assert_eq!(nearest(&drawn.places, 104.0), Some(place(500)));
        assert_eq!(nearest(&drawn.places, 139.0), Some(place(700)));
        assert_eq!(nearest(&drawn.places, 184.0), Some(place(900)));
        assert_eq!(nearest(&drawn.places, 60.0), None);
        assert_eq!(nearest(&[], 60.0), None);
    }

    #[test]
    fn many_marks_cost_no_more_than_there_are_lines_of_pixels() {
        let outline = outline((0..100_000).rev().map(|row| (row, row % 2 == 0)));
        let marked = Marked {
            outline: Some(&outline),
            found: None,
        };
        let drawn = draw(of(100_000), marked);
        assert!(drawn.places.len() <= 2 * 201, "{}", drawn.places.len());
    }

    #[test]
    fn what_the_thumb_is_dragged_to_is_what_is_shown() {
        let track = of(1).track;
        for above in [0, 1, 250, 970, 976] {
            let thumb = Thumb::new(track, above, 24, 1_000);
            let middle = (thumb.body.min + thumb.body.max) / 2.0;
            assert_eq!(thumb.above_at(middle), above);
        }
        let thumb = Thumb::new(track, 0, 24, 1_000);
        assert_eq!((thumb.above_at(-50.0), thumb.above_at(1e6)), (0, 976));
    }

    #[test]
    fn commands_are_asked_for_once_and_again_when_there_is_more() {
        let (mut bar, now) = (ScrollBar::default(), Instant::now());
        assert!(bar.wants_outline(10, now));
        assert!(!bar.wants_outline(10, now + 10 * PAUSE));
        assert!(!bar.wants_outline(11, now + PAUSE / 2));
        assert!(bar.wants_outline(11, now + PAUSE));
    }
}
