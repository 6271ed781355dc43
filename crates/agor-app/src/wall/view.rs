//! Draws the wall.

use std::time::Instant;

use agor_core::config::Layers;
use agor_proto::ids::SessionId;
use agor_proto::screen::Modes;
use agor_proto::session::SessionInfo;
use agor_render::{Colors, FontSpec, PaneView, Renderer};
use egui::epaint::RectShape;
use egui::{Align2, FontId, Pos2, Rect, Sense, Stroke, StrokeKind, TextEdit, Ui, Vec2};

use super::lines::{Line, Step, find, lines, matching, step};
use super::{SESSIONS_MAX, Wall};
use crate::commands::{Command, context};
use crate::icons::{self, Mark};
use crate::keys::drawn::{hints, pressed};
use crate::link::snapshot::Snapshot;
use crate::pane::canvas::Canvas;
use crate::pane::header::detail;
use crate::pane::images;
use crate::theme::{Theme, medium, semibold};
use crate::wake::Wake;
use crate::widgets::{
    chip_at_ui, chip_width, elided, focus_ui, hint_ui, nothing_ui, offer_keyboard, read_ui,
};

/// Height of the field.
const HEAD: f32 = 44.0;

/// Height of a title.
const TITLE: f32 = 30.0;

/// Height of the line over a thumbnail.
const CAPTION: f32 = 26.0;

/// Between tiles, and around them.
const GAP: f32 = 12.0;

/// Around the text of a thumbnail.
const INSET: f32 = 6.0;

/// Columns and rows of a thumbnail: what a terminal has at the least.
const CELLS: [f32; 2] = [80.0, 24.0];

/// The narrowest cell in which letters can be told apart, in pixels.
const CELL_MIN_PX: f32 = 4.0;

/// The width of a character of the terminal's font, in sizes.
const ADVANCE: f32 = 0.6;

/// What drawing the wall takes.
pub struct WallPainting<'a> {
    /// Colours and measures.
    pub theme: &'a Theme,
    /// The terminal's colours.
    pub colors: &'a Colors,
    /// What makes instances of rows; its font is the terminal's before and after.
    pub renderer: &'a mut Renderer,
    /// Where thumbnails are drawn together.
    pub canvas: Canvas,
    /// The terminal's font.
    pub font: FontSpec,
    /// What is known of the host.
    pub snapshot: &'a Snapshot,
    /// Where the next frame is asked for.
    pub wake: &'a Wake,
    /// When this frame is drawn.
    pub now: Instant,
}

/// What the person did on the wall.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It stays.
    Open,
    /// It was closed.
    Closed,
    /// A session is to be shown.
    Show(SessionId),
}

/// The sizes of a wall in a room.
#[derive(Debug, Clone)]
struct Plan {
    columns: usize,
    tile: Vec2,
    font: FontSpec,
}

impl Plan {
    /// Plans for `count` sessions in a room of so many points, of which each has `scale` pixels: as large as all of
    /// them can be seen at once, but no larger than the terminal's text.
    fn new(room: Vec2, scale: f32, font: &FontSpec, count: usize) -> Self {
        let least = CELL_MIN_PX * CELLS[0] / scale + 2.0 * INSET + GAP;
        let most = (((room.x - GAP) / least).floor() as usize).max(1);
        let all_at_once = |plan: &Self| {
            let lines = count.div_ceil(plan.columns) as f32;
            let height = lines * (TITLE + plan.tile.y + GAP);
            height <= room.y && plan.font.size_points <= font.size_points
        };
        let plan = |columns| Self::of(columns, room.x, scale, font.clone());
        let larger = (1..most).map(plan).find(all_at_once);
        larger.unwrap_or_else(|| plan(most))
    }

    fn of(columns: usize, width: f32, scale: f32, font: FontSpec) -> Self {
        let across = (width - GAP) / columns as f32 - GAP;
        let cell_px = ((across - 2.0 * INSET) * scale / CELLS[0]).floor();
        let cell_px = cell_px.max(CELL_MIN_PX);
        let font = FontSpec {
            size_points: cell_px / font.scale / ADVANCE,
            ligatures: false,
            ..font
        };
        let row = (cell_px / ADVANCE * font.line_height).round() / scale;
        let tile = Vec2::new(across.floor(), CAPTION + CELLS[1] * row + 2.0 * INSET);
        Self {
            columns,
            tile,
            font,
        }
    }

    fn height(&self, line: &Line<'_>) -> f32 {
        let title = if line.titled() { TITLE } else { 0.0 };
        title + self.tile.y + GAP
    }
}

/// Draws the wall into `ui`'s whole rectangle and says what the person did.
pub fn wall_ui(ui: &mut Ui, wall: &mut Wall, painting: &mut WallPainting<'_>) -> Outcome {
    let area = ui.max_rect();
    let ground = RectShape::filled(area, 0.0, painting.theme.window);
    painting.canvas.ground(ui, ground);
    let sessions = painting.snapshot.sessions.clone().unwrap_or_default();
    let snapshot = painting.snapshot;
    let layers = &*snapshot.settings.layers;
    let (font, scale) = (painting.font.clone(), ui.pixels_per_point());
    let room = Vec2::new(area.width(), area.height() - HEAD);
    let planned = |wall: &Wall| {
        let count = lines(&sessions, layers, wall.chosen(), 1).len();
        Plan::new(room, scale, &font, count)
    };
    // Arrows lead through what the last frame showed.
    let columns = planned(wall).columns;
    let mut outcome = keys(ui, wall, (&sessions, layers), columns);
    let head = area.with_max_y(area.min.y + HEAD);
    field_ui(ui, wall, painting.theme, head);
    let plan = planned(wall);
    let lines = lines(&sessions, layers, wall.chosen(), plan.columns);
    if wall.selected.is_none_or(|id| find(&lines, id).is_none()) {
        wall.selected = step(&lines, None, Step::Down);
    }
    let mut shown = area.with_min_y(head.max.y);
    ui.set_clip_rect(ui.clip_rect().intersect(area));
    if let Some(text) = left_out(&sessions, layers, &wall.filter) {
        let rect = shown.with_max_y(shown.min.y + TITLE);
        shown.min.y = rect.max.y;
        left_out_ui(ui, rect, &text, painting.theme);
    }
    scroll(ui, wall, &lines, &plan, shown);
    if lines.is_empty() {
        let begins = [
            (Command::NewTab, "opens your shell"),
            (Command::NewAgent, "starts an agent"),
        ];
        let begins = hints(ui, &begins);
        let told = if wall.filter.is_empty() {
            ("No sessions yet", begins.as_str())
        } else {
            ("Nothing matches", "Type fewer letters")
        };
        nothing_ui(ui, shown, told, painting.theme);
    }
    painting.renderer.set_font(plan.font.clone());
    let mut top = shown.min.y;
    let first = wall.first;
    for line in lines.iter().skip(first) {
        if top >= shown.max.y {
            break;
        }
        let tiles_top = top + if line.titled() { TITLE } else { 0.0 };
        for (place, tile) in line.tiles.iter().enumerate() {
            let left = shown.min.x + GAP + place as f32 * (plan.tile.x + GAP);
            if let Some(title) = &tile.title {
                let color = painting.theme.muted;
                let title = elided(ui, title, semibold(12.0), color, plan.tile.x);
                let at = Pos2::new(left, top + (TITLE - title.size().y) / 2.0);
                ui.painter().galley(at, title, color);
            }
            let rect = Rect::from_min_size(Pos2::new(left, tiles_top), plan.tile);
            if tile_ui(ui, wall, painting, tile.info, rect) {
                outcome = Outcome::Show(tile.info.id);
            }
        }
        top += plan.height(line);
    }
    painting.renderer.set_font(painting.font.clone());
    let kept = |session: &SessionId| sessions.iter().any(|info| info.id == *session);
    wall.caches.retain(|session, _| kept(session));
    outcome
}

/// What the keys can mean that the wall has before its field.
const KEYS: &[Command] = &[
    Command::WallLeft,
    Command::WallRight,
    Command::WallGrouping,
    Command::PaletteNext,
    Command::PalettePrevious,
    Command::PaletteChoose,
    Command::PaletteClose,
];

fn keys(
    ui: &Ui,
    wall: &mut Wall,
    (sessions, layers): (&[SessionInfo], &Layers),
    columns: usize,
) -> Outcome {
    let mut outcome = Outcome::Open;
    for command in pressed(ui, context::WALL, KEYS) {
        let by = match command {
            Command::WallLeft => Step::Left,
            Command::WallRight => Step::Right,
            Command::PaletteNext => Step::Down,
            Command::PalettePrevious => Step::Up,
            Command::WallGrouping => {
                wall.grouping = wall.grouping.following();
                continue;
            }
            Command::PaletteChoose => {
                outcome = wall.selected.map_or(outcome, Outcome::Show);
                continue;
            }
            _ if wall.filter.is_empty() => return Outcome::Closed,
            _ => {
                wall.filter.clear();
                continue;
            }
        };
        let lines = lines(sessions, layers, wall.chosen(), columns);
        wall.selected = step(&lines, wall.selected, by);
    }
    outcome
}

/// Brings the selected session into sight, unless the wheel was turned.
fn scroll(ui: &Ui, wall: &mut Wall, lines: &[Line<'_>], plan: &Plan, shown: Rect) {
    let last = lines.len().saturating_sub(1);
    let turned = ui.input(|input| input.smooth_scroll_delta().y);
    if turned != 0.0 && ui.rect_contains_pointer(shown) {
        // By whole lines: a thumbnail is shown whole or not at its upper edge.
        wall.wheel -= turned / 60.0;
        let by = wall.wheel.trunc();
        wall.wheel -= by;
        let first = wall.first as f32 + by;
        wall.first = (first.max(0.0) as usize).min(last);
        return;
    }
    wall.first = wall.first.min(last);
    let at = wall.selected.and_then(|selected| find(lines, selected));
    let Some((at, _)) = at else { return };
    let moved = ui.input(|input| {
        input
            .events
            .iter()
            .any(|event| matches!(event, egui::Event::Key { .. } | egui::Event::Text(_)))
    });
    if !moved && wall.first > 0 {
        return;
    }
    wall.first = wall.first.min(at);
    let height = |first: usize| -> f32 {
        let between = lines.get(first..=at).unwrap_or_default();
        between.iter().map(|line| plan.height(line)).sum()
    };
    while wall.first < at && height(wall.first) > shown.height() {
        wall.first += 1;
    }
}

/// Returns in words how many of the chosen sessions are shown, unless all of them are.
fn left_out(sessions: &[SessionInfo], layers: &Layers, filter: &str) -> Option<String> {
    if sessions.len() <= SESSIONS_MAX {
        return None;
    }
    let count = matching(sessions, layers, filter);
    (count > SESSIONS_MAX).then(|| {
        format!(
            "{SESSIONS_MAX} of {count} sessions are shown, those that run first; type to find the others"
        )
    })
}

fn left_out_ui(ui: &Ui, rect: Rect, text: &str, theme: &Theme) {
    let font = FontId::proportional(12.0);
    let shown = elided(ui, text, font, theme.muted, rect.width() - 2.0 * GAP);
    let at = Pos2::new(rect.min.x + GAP, rect.center().y - shown.size().y / 2.0);
    ui.painter().galley(at, shown, theme.muted);
    read_ui(ui, rect, text);
}

fn field_ui(ui: &mut Ui, wall: &mut Wall, theme: &Theme, rect: Rect) {
    let field = TextEdit::singleline(&mut wall.filter)
        .hint_text("All sessions: type a name, project or state")
        .font(FontId::proportional(15.0))
        .text_color(theme.text)
        .frame(egui::Frame::NONE)
        .align(Align2::LEFT_CENTER)
        .desired_width(f32::INFINITY);
    let keys = hints(
        ui,
        &[
            (Command::WallGrouping, "groups"),
            (Command::PaletteChoose, "shows"),
            (Command::PaletteClose, "closes"),
        ],
    );
    let text = format!("Arrows choose  ·  {keys}");
    let words = wall.grouping.words();
    let chip = rect.with_min_x(rect.max.x - GAP - chip_width(ui, words));
    let chip = chip.with_max_x(rect.max.x - GAP);
    let right = Pos2::new(chip.min.x - GAP, rect.center().y);
    let end = hint_ui(ui, right, rect.min.x + 200.0, &text, theme);
    let inside = Rect::from_min_max(
        rect.min + Vec2::new(GAP, 4.0),
        Pos2::new(end - GAP, rect.max.y - 4.0),
    );
    let response = ui.put(inside, field);
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::TextInput, true, "Choose"));
    offer_keyboard(&response, &mut wall.focused);
    // Behind the field, as Tab goes.
    if chip_at_ui(ui, theme, chip, words, true) {
        wall.grouping = wall.grouping.following();
    }
    let edge = Stroke::new(1.0, theme.border);
    ui.painter().hline(rect.x_range(), rect.max.y - 0.5, edge);
}

/// Draws a session; says whether it was clicked.
fn tile_ui(
    ui: &mut Ui,
    wall: &mut Wall,
    painting: &mut WallPainting<'_>,
    info: &SessionInfo,
    rect: Rect,
) -> bool {
    let theme = painting.theme;
    let selected = wall.selected == Some(info.id);
    let response = ui.interact(rect, ui.scope_id().with(info.id), Sense::click());
    let mark = Mark::of(info);
    response.widget_info(|| {
        let label = format!("{}, {}", info.name, mark.word());
        egui::WidgetInfo::selected(egui::Role::ListBoxOption, true, selected, label)
    });
    // The mouse selects when it moves, not when it happens to lie where a tile appears.
    if response.hovered() && ui.input(|input| input.pointer.delta() != Vec2::ZERO) {
        wall.selected = Some(info.id);
    }
    let painter = ui.painter_at(rect.expand(1.0));
    let ground = RectShape::filled(rect, 4.0, theme.pane);
    painting.canvas.ground(ui, ground);
    let caption = rect.with_max_y(rect.min.y + CAPTION);
    let top = egui::CornerRadius {
        nw: 4,
        ne: 4,
        ..egui::CornerRadius::ZERO
    };
    painter.rect_filled(caption, top, theme.panel);
    let middle = caption.center().y;
    let mark_at = Pos2::new(rect.min.x + 14.0, middle);
    mark.paint(&painter, mark_at, theme);
    icons::beside(&painter, mark_at, info, theme);
    let (left, right) = (rect.min.x + 28.0, rect.max.x - 10.0);
    let name = elided(ui, &info.name, medium(12.0), theme.text, right - left);
    let width = name.size().x;
    painter.galley(
        Pos2::new(left, middle - name.size().y / 2.0),
        name,
        theme.text,
    );
    let room = right - left - width - 10.0;
    if room > 40.0 {
        let font = FontId::proportional(11.0);
        let detail = elided(ui, &detail(info), font, theme.faint, room);
        let at = Pos2::new(left + width + 10.0, middle - detail.size().y / 2.0);
        painter.galley(at, detail, theme.faint);
    }
    thumbnail(ui, wall, painting, info, rect.with_min_y(caption.max.y));
    let edge = |rect: Rect, width: f32, color| {
        let stroke = Stroke::new(width, color);
        ui.painter()
            .rect_stroke(rect, 4.0, stroke, StrokeKind::Outside);
    };
    match (selected, mark.needs_you()) {
        (true, true) => {
            // What needs the person is seen to, selected or not.
            edge(rect, 1.0, theme.needs_you);
            edge(rect.expand(1.0), 1.5, theme.border_focus);
        }
        (true, false) => edge(rect, 1.5, theme.border_focus),
        (false, true) => edge(rect, 1.0, theme.needs_you),
        (false, false) => edge(rect, 1.0, theme.border),
    }
    focus_ui(ui, &response, theme);
    response.clicked()
}

fn thumbnail(
    ui: &Ui,
    wall: &mut Wall,
    painting: &mut WallPainting<'_>,
    info: &SessionInfo,
    rect: Rect,
) {
    let Some(screen) = painting.snapshot.screens.get(&info.id) else {
        return;
    };
    let mirror = &screen.mirror;
    if mirror.rev.0 == 0 {
        return;
    }
    let scale = ui.pixels_per_point();
    let inside = rect.shrink(INSET);
    let pixels = |points: f32| (points * scale).round();
    let size = inside.size();
    let cell = painting.renderer.metrics();
    let fit = (pixels(size.y) as u32 / cell.height_px.max(1)) as usize;
    // The rows around the cursor: there something happens.
    let count = mirror.rows.len().min(fit.max(1));
    let first = (usize::from(mirror.cursor.row) + 1).saturating_sub(count);
    let rows = mirror.rows.get(first..first + count).unwrap_or_default();
    // What moves does so where the cursor is: a hundred that move would be looked at by nobody.
    let plays = wall.selected == Some(info.id);
    let (moving, next) = match plays {
        true => wall.player_of(info.id).placements(
            mirror,
            &mirror.placements,
            &painting.snapshot.images,
            painting.now,
        ),
        false => (None, None),
    };
    if let Some(next) = next {
        painting.wake.after(next);
    }
    let images = images::views(
        &painting.snapshot.images,
        moving.as_deref().unwrap_or(&mirror.placements),
        i32::try_from(first).unwrap_or(i32::MAX),
        [cell.width_px, cell.height_px],
    );
    let snapped = Rect::from_min_size(
        Pos2::new(pixels(inside.min.x) / scale, pixels(inside.min.y) / scale),
        size,
    );
    let place = painting.canvas.place(ui, snapped);
    let view = PaneView {
        rows,
        columns: mirror.size.cols,
        origin_px: place.corner_px,
        clip_px: place.clip_px,
        size_px: [pixels(size.x) as u32, pixels(size.y) as u32],
        cursor: None,
        spans: &[],
        images: &images,
        colors: painting.colors,
        palette: &mirror.palette,
        reverse: mirror.modes.contains(Modes::REVERSE_SCREEN),
        dim: !info.life.alive(),
        blink_on: true,
    };
    let cache = wall.caches.entry(info.id).or_default();
    let draw = painting.renderer.pane(cache, &view);
    painting.canvas.add(ui, snapped, draw);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiles_are_as_large_as_all_of_them_can_be_seen_at_once_up_to_the_terminals_text() {
        let font = FontSpec::default();
        let room = Vec2::new(1_700.0, 1_000.0);
        let columns = [1, 6, 7, 200].map(|count| Plan::new(room, 1.0, &font, count).columns);
        assert_eq!(columns, [3, 3, 4, 4]);
        let larger = FontSpec {
            size_points: 26.0,
            ..font
        };
        assert_eq!(Plan::new(room, 1.0, &larger, 2).columns, 2);
    }
}
