//! Draws the page.

use std::ops::Range;
use std::sync::Arc;

use agor_core::client::search::FoundLine;
use agor_proto::session::SessionInfo;
use egui::text::{LayoutJob, TextFormat};
use egui::{
    Align2, Color32, FontId, Pos2, Rect, ScrollArea, Sense, Stroke, StrokeKind, TextEdit, Ui, Vec2,
};

use super::{EverywherePage, Outcome, Row};
use crate::commands::{Command, context};
use crate::icons::{self, Mark};
use crate::keys::drawn::{hints, pressed};
use crate::link::everywhere::FoundEverywhere;
use crate::link::snapshot::Snapshot;
use crate::text::age;
use crate::theme::{Theme, medium, semibold};
use crate::widgets::{elided, nothing_ui, offer_keyboard};

/// Height of the head.
const HEAD: f32 = 44.0;

/// Height of the line that says what was found.
const STATUS: f32 = 28.0;

/// Around everything.
const GAP: f32 = 12.0;

/// Height of a row of the list.
const ROW: f32 = 24.0;

/// Where the text of a line begins.
const TEXT_AT: f32 = 72.0;

/// Characters before a hit that are shown where there is no room for all.
const BEFORE: usize = 32;

/// Draws the page into `ui`'s whole rectangle and says what the person did. `now_millis` is the time since 1970.
pub fn everywhere_ui(
    ui: &mut Ui,
    page: &mut EverywherePage,
    snapshot: &Snapshot,
    theme: &Theme,
    now_millis: u64,
) -> Outcome {
    let area = ui.max_rect();
    ui.painter().rect_filled(area, 0.0, theme.window);
    page.take(snapshot.everywhere.as_ref());
    let mut outcome = keys(ui, page);
    head_ui(ui, page, theme, area.with_max_y(area.min.y + HEAD));
    let below = area.with_min_y(area.min.y + HEAD);
    let status = below.with_max_y(below.min.y + STATUS);
    status_ui(ui, page, theme, status);
    let list = below.with_min_y(status.max.y);
    if page.rows.is_empty() {
        empty_ui(ui, page, theme, list);
        return outcome;
    }
    let Some(found) = page.rows_of.clone() else {
        return outcome;
    };
    let selected = page.selected_row();
    let mut ui = ui.new_child(egui::UiBuilder::new().max_rect(list).id_salt("everywhere"));
    ui.spacing_mut().item_spacing.y = 0.0;
    let mut scroll = ScrollArea::vertical().auto_shrink(false);
    if std::mem::take(&mut page.reveal)
        && let Some(row) = selected
    {
        scroll = scroll.vertical_scroll_offset(revealed(page, row, list.height()));
    }
    let did = scroll.show_rows(&mut ui, ROW, page.rows.len(), |ui, range| {
        let mut pressed = None;
        for at in range {
            let size = Vec2::new(ui.available_width(), ROW);
            let (rect, _) = ui.allocate_exact_size(size, Sense::hover());
            match page.rows[at] {
                Row::Session(group) => {
                    session_ui(ui, (&found, group), snapshot, theme, rect, now_millis);
                }
                Row::Line(group, line) => {
                    let of = (&found, group, line);
                    if line_ui(ui, of, snapshot, theme, rect, selected == Some(at)) {
                        pressed = Some(at);
                    }
                }
                Row::More(_) => more_ui(ui, theme, rect),
            }
        }
        pressed
    });
    page.offset = did.state.clamped_offset().y;
    if let Some(row) = did.inner {
        page.selected = page.line_at(row);
        outcome = page.shown(row).map_or(outcome, Outcome::Show);
    }
    outcome
}

/// Returns how far the list is scrolled for a row to be in view, with its session's name if that is above it.
fn revealed(page: &EverywherePage, row: usize, height: f32) -> f32 {
    let above = row.checked_sub(1).map(|above| page.rows[above]);
    let first = row - usize::from(matches!(above, Some(Row::Session(_))));
    let (top, bottom) = (first as f32 * ROW, (row + 1) as f32 * ROW);
    page.offset.min(top).max(bottom - height).max(0.0)
}

/// What the keys can mean that the list has before the field.
const KEYS: &[Command] = &[
    Command::PaletteNext,
    Command::PalettePrevious,
    Command::PalettePageDown,
    Command::PalettePageUp,
    Command::PaletteChoose,
    Command::PaletteClose,
    Command::FindCase,
    Command::FindRegex,
    Command::FindProject,
];

/// Does what the keys of this frame mean that the list has before the field.
fn keys(ui: &Ui, page: &mut EverywherePage) -> Outcome {
    let mut outcome = Outcome::Open;
    for command in pressed(ui, context::FIND, KEYS) {
        match command {
            Command::FindCase => page.match_case = !page.match_case,
            Command::FindRegex => page.regex = !page.regex,
            Command::FindProject => page.project_only = !page.project_only,
            Command::PaletteNext => page.step(1),
            Command::PalettePrevious => page.step(-1),
            Command::PalettePageDown => page.step(10),
            Command::PalettePageUp => page.step(-10),
            Command::PaletteChoose => {
                let row = page.selected_row();
                if let Some(shown) = row.and_then(|row| page.shown(row)) {
                    page.selected = Some((shown.session, shown.at));
                    outcome = Outcome::Show(shown);
                }
            }
            _ => outcome = Outcome::Closed,
        }
    }
    outcome
}

fn head_ui(ui: &mut Ui, page: &mut EverywherePage, theme: &Theme, rect: Rect) {
    let middle = rect.center().y;
    let painter = ui.painter();
    painter.hline(rect.x_range(), rect.max.y, Stroke::new(1.0, theme.border));
    let at = Pos2::new(rect.min.x + GAP, middle);
    let title = "Find in all sessions";
    let title = painter.text(at, Align2::LEFT_CENTER, title, semibold(15.0), theme.text);
    let mut right = rect.max.x - GAP;
    for (label, sign, width, on) in [
        (
            "This project only",
            "This project",
            92.0,
            &mut page.project_only,
        ),
        ("Regular expression", ".*", 30.0, &mut page.regex),
        ("Match case", "Aa", 30.0, &mut page.match_case),
    ] {
        let min = Pos2::new(right - width, middle - 12.0);
        let button = Rect::from_min_size(min, Vec2::new(width, 24.0));
        toggle_ui(ui, theme, button, (label, sign), on);
        right = button.min.x - 4.0;
    }
    let field = Rect::from_min_max(
        Pos2::new(title.max.x + 20.0, rect.min.y + 6.0),
        Pos2::new(right - 8.0, rect.max.y - 6.0),
    );
    let hint = "What was said";
    let edit = TextEdit::singleline(&mut page.text)
        .hint_text(hint)
        .font(FontId::proportional(15.0))
        .text_color(theme.text)
        .frame(egui::Frame::NONE)
        .align(Align2::LEFT_CENTER)
        .desired_width(f32::INFINITY);
    let response = ui.put(field, edit);
    response.widget_info(|| {
        egui::WidgetInfo::labeled(egui::Role::TextInput, true, "Find in all sessions")
    });
    if !page.focused {
        select_all(ui, &response, &page.text);
    }
    offer_keyboard(&response, &mut page.focused);
}

/// What was looked for before is typed over.
fn select_all(ui: &Ui, response: &egui::Response, text: &str) {
    use egui::text::{CCursor, CCursorRange};
    let end = CCursor::new(text.chars().count());
    let mut state = egui::text_edit::TextEditState::default();
    let range = CCursorRange::two(CCursor::new(0), end);
    state.cursor.set_char_range(Some(range));
    state.store(ui.ctx(), response.id);
}

fn toggle_ui(ui: &Ui, theme: &Theme, rect: Rect, (label, sign): (&str, &str), on: &mut bool) {
    let response = ui.interact(rect, ui.scope_id().with(("toggle", label)), Sense::click());
    let shown = *on;
    response.widget_info(|| egui::WidgetInfo::selected(egui::Role::CheckBox, true, shown, label));
    let (fill, color) = match (shown, response.hovered()) {
        (true, _) => (theme.selected, theme.accent),
        (false, true) => (theme.hover, theme.text),
        (false, false) => (Color32::TRANSPARENT, theme.muted),
    };
    ui.painter().rect_filled(rect, 4.0, fill);
    if response.has_focus() {
        let edge = Stroke::new(1.5, theme.border_focus);
        ui.painter()
            .rect_stroke(rect, 4.0, edge, StrokeKind::Inside);
    }
    let font = FontId::proportional(12.0);
    ui.painter()
        .text(rect.center(), Align2::CENTER_CENTER, sign, font, color);
    if response.clicked() {
        *on = !*on;
    }
    response.on_hover_text(label);
}

fn status_ui(ui: &Ui, page: &EverywherePage, theme: &Theme, rect: Rect) {
    let words = page.words();
    let bad = page.rows_of.as_ref().is_some_and(|it| it.problem.is_some());
    let color = if bad { theme.error } else { theme.muted };
    let middle = rect.center().y;
    let font = FontId::proportional(11.0);
    let keys = hints(
        ui,
        &[
            (Command::PaletteChoose, "shows"),
            (Command::FindCase, "case"),
            (Command::FindRegex, "expression"),
            (Command::FindProject, "this project"),
            (Command::PaletteClose, "closes"),
        ],
    );
    let at = Pos2::new(rect.max.x - GAP, middle);
    let mut room = rect.width() - 2.0 * GAP;
    if rect.width() > 720.0 {
        let keys = ui
            .painter()
            .text(at, Align2::RIGHT_CENTER, keys, font, theme.faint);
        room -= keys.width() + 20.0;
    }
    let shown = elided(ui, &words, FontId::proportional(12.0), color, room);
    let at = Pos2::new(rect.min.x + GAP, middle - shown.size().y / 2.0);
    ui.painter().galley(at, shown, color);
    let response = ui.interact(rect, ui.scope_id().with("status"), Sense::hover());
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Status, true, &words));
}

fn empty_ui(ui: &Ui, page: &EverywherePage, theme: &Theme, rect: Rect) {
    let ended = page.rows_of.as_ref().is_some_and(|found| found.ended);
    let looks = "looks through those of all projects";
    let more = hints(ui, &[(Command::FindProject, looks)]);
    let (title, hint) = match (page.text.is_empty(), ended) {
        (true, _) => (
            "What was it that an agent said?",
            "A word, a path or an error: every session is looked through, also those that have ended",
        ),
        (false, true) if page.project_only => {
            ("No session of this project has said that", more.as_str())
        }
        (false, true) if page.match_case || page.text.chars().any(char::is_uppercase) => (
            "No session has said that",
            "In lower case, upper case is found as well",
        ),
        (false, true) => ("No session has said that", "Fewer letters may be found"),
        (false, false) => return,
    };
    nothing_ui(ui, rect, (title, hint), theme);
}

fn session_ui(
    ui: &Ui,
    (found, group): (&Arc<FoundEverywhere>, usize),
    snapshot: &Snapshot,
    theme: &Theme,
    rect: Rect,
    now_millis: u64,
) {
    let Some(group) = found.groups.get(group) else {
        return;
    };
    let info = snapshot.session(group.session);
    let name = info.map_or("A session that is gone", |info| info.name.as_str());
    let middle = rect.center().y + 2.0;
    let painter = ui.painter();
    if let Some(info) = info {
        let at = Pos2::new(rect.min.x + GAP + 7.0, middle);
        Mark::of(info).paint(painter, at, theme);
        icons::beside(painter, at, info, theme);
    }
    let name_shown = elided(ui, name, medium(13.0), theme.text, rect.width() * 0.4);
    let left = rect.min.x + GAP + 22.0;
    let width = name_shown.size().x;
    let at = Pos2::new(left, middle - name_shown.size().y / 2.0);
    painter.galley(at, name_shown, theme.text);
    let more = if group.more { "+" } else { "" };
    let count = format!("{}{more}", group.lines.len());
    let font = FontId::proportional(11.0);
    let at = Pos2::new(rect.max.x - GAP - 6.0, middle);
    let count = painter.text(at, Align2::RIGHT_CENTER, count, font, theme.faint);
    let place = info.map_or_else(String::new, |info| place(info, snapshot, now_millis));
    let room = count.min.x - left - width - 24.0;
    let shown = elided(ui, &place, FontId::proportional(12.0), theme.muted, room);
    let at = Pos2::new(left + width + 10.0, middle - shown.size().y / 2.0);
    painter.galley(at, shown, theme.muted);
    let id = ui.scope_id().with(("session", group.session));
    let response = ui.interact(rect, id, Sense::hover());
    response.widget_info(|| {
        let label = format!("{name}, {place}: {} lines", group.lines.len());
        egui::WidgetInfo::labeled(egui::Role::Label, true, label)
    });
}

/// Returns of a session its project, how it is, and when it said something last.
fn place(info: &SessionInfo, snapshot: &Snapshot, now_millis: u64) -> String {
    let project = snapshot.project_name(&info.folder);
    let word = Mark::of(info).word();
    match age(now_millis.saturating_sub(info.active_millis)).as_str() {
        "now" => format!("{project}  ·  {word}"),
        age => format!("{project}  ·  {word}  ·  {age} ago"),
    }
}

fn line_ui(
    ui: &Ui,
    (found, group, line): (&Arc<FoundEverywhere>, usize, usize),
    snapshot: &Snapshot,
    theme: &Theme,
    rect: Rect,
    selected: bool,
) -> bool {
    let group = &found.groups[group];
    let line = &group.lines[line];
    let id = ui
        .scope_id()
        .with((group.session, line.at.line.0, line.at.column));
    let response = ui.interact(rect, id, Sense::click());
    response.widget_info(|| {
        let info = snapshot.session(group.session);
        let name = info.map_or("gone", |info| info.name.as_str());
        let label = format!("{name}, line {}: {}", u64::from(line.row) + 1, line.text);
        egui::WidgetInfo::selected(egui::Role::ListBoxOption, true, selected, label)
    });
    let painter = ui.painter();
    let inside = rect.shrink2(Vec2::new(4.0, 0.5));
    if selected {
        painter.rect_filled(inside, 4.0, theme.selected);
    } else if response.hovered() || response.has_focus() {
        painter.rect_filled(inside, 4.0, theme.hover);
    }
    let middle = rect.center().y;
    let font = FontId::proportional(11.0);
    let number = (u64::from(line.row) + 1).to_string();
    let at = Pos2::new(rect.min.x + TEXT_AT - 12.0, middle);
    painter.text(at, Align2::RIGHT_CENTER, number, font, theme.faint);
    let room = rect.max.x - GAP - rect.min.x - TEXT_AT;
    let job = text_job(line, theme, selected, room);
    let galley = painter.layout_job(job);
    let at = Pos2::new(rect.min.x + TEXT_AT, middle - galley.size().y / 2.0);
    painter.galley(at, galley, theme.text);
    response.clicked()
}

/// Returns the text of a line with its hits marked, as it is laid out.
fn text_job(line: &FoundLine, theme: &Theme, selected: bool, room: f32) -> LayoutJob {
    let font = FontId::monospace(12.0);
    let plain = TextFormat::simple(font, theme.text);
    let hit = TextFormat {
        background: match selected {
            true => theme.search_current,
            false => theme.search_hit,
        },
        color: match selected {
            true => theme.search_text(),
            false => theme.text,
        },
        ..plain.clone()
    };
    let faint = TextFormat {
        color: theme.faint,
        ..plain.clone()
    };
    // A monospaced character is not narrower than that.
    let characters = (room / 6.0).max(20.0) as usize;
    let (from, before) = shown_from(line, characters);
    let mut job = LayoutJob::default();
    if before {
        job.append("…", 0.0, faint.clone());
    }
    let mut done = from;
    let part = |range: Range<usize>| line.text.get(range).unwrap_or_default();
    for range in &line.hits {
        let begin = range.start.max(done);
        job.append(part(done..begin), 0.0, plain.clone());
        job.append(part(begin..range.end.max(begin)), 0.0, hit.clone());
        done = range.end.max(done);
    }
    job.append(part(done..line.text.len()), 0.0, plain);
    if line.cut_after {
        job.append("…", 0.0, faint);
    }
    job.wrap = egui::text::TextWrapping::truncate_at_width(room);
    job
}

/// Returns the byte of a line's text from which on it is shown, so that its first hit is in view, and whether
/// something but blanks is before it.
fn shown_from(line: &FoundLine, characters: usize) -> (usize, bool) {
    let first = line.hits.first().map_or(0, |hit| hit.start);
    let blanks = line.text.len() - line.text.trim_start().len();
    let blanks = blanks.min(first);
    let before = line.text.get(blanks..first).unwrap_or_default();
    let end = line.hits.first().map_or(0, |hit| hit.end);
    let hit = line.text.get(first..end).unwrap_or_default();
    if before.chars().count() + hit.chars().count() <= characters {
        return (blanks, line.cut_before);
    }
    let kept = before.char_indices().rev().nth(BEFORE - 1);
    (blanks + kept.map_or(0, |(at, _)| at), true)
}

fn more_ui(ui: &Ui, theme: &Theme, rect: Rect) {
    let at = Pos2::new(rect.min.x + TEXT_AT, rect.center().y);
    let font = FontId::proportional(11.0);
    let text = "There is more: Find in pane looks through all of it";
    ui.painter()
        .text(at, Align2::LEFT_CENTER, text, font, theme.faint);
}

#[cfg(test)]
mod tests {
    use agor_proto::ids::{LineId, LinePosition};

    use super::*;

    fn line(text: &str, hit: Range<usize>) -> FoundLine {
        FoundLine {
            at: LinePosition {
                line: LineId(1),
                column: 0,
            },
            row: 0,
            text: text.into(),
            hits: vec![hit],
            cut_before: false,
            cut_after: false,
        }
    }

    #[test]
    fn a_hit_far_in_its_line_is_in_view() {
        let text = format!("   é{}needle", "x".repeat(300));
        let hit = text.len() - 6..text.len();
        let (from, before) = shown_from(&line(&text, hit.clone()), 80);
        assert_eq!((from, before), (hit.start - BEFORE, true));
        // Where there is room all is shown but the blanks.
        assert_eq!(shown_from(&line(&text, hit), 400), (3, false));
        assert_eq!(shown_from(&line("   ", 1..2), 80), (1, false));
        assert_eq!(shown_from(&line("", 0..0), 80), (0, false));
    }
}
