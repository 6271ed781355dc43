//! Draws the page.

use agor_core::cli::state_in_words;
use agor_proto::session::SessionInfo;
use egui::{Align2, FontId, Pos2, Rect, ScrollArea, Sense, Stroke, Ui, UiBuilder, Vec2};

use super::lines::{Line, lines};
use super::{Explain, Outcome};
use crate::commands::Command;
use crate::icons::Mark;
use crate::keys::drawn::{self, hints, pressed_in_list};
use crate::link::snapshot::Explanation;
use crate::theme::{Theme, medium, semibold};
use crate::widgets::{column, elided, focus_ui, hint_ui, nothing_ui, reveal_focus};

/// Height of the page's head.
const HEAD: f32 = 44.0;

/// Height of the reason below it.
const REASON: f32 = 34.0;

/// Height of a line.
const ROW: f32 = 48.0;

/// Width of the column of sources.
const SOURCE: f32 = 118.0;

/// Draws the page into `ui`'s whole rectangle and says what the person did. `now_millis` is the time since 1970.
pub fn explain_ui(
    ui: &mut Ui,
    state: &mut Explain,
    (info, explanation): (Option<&SessionInfo>, Option<&Explanation>),
    theme: &Theme,
    now_millis: u64,
) -> Outcome {
    let area = ui.max_rect();
    ui.painter().rect_filled(area, 0.0, theme.window);
    let known = explanation.filter(|known| Some(known.session) == state.session);
    let lines = known.map_or_else(Vec::new, |known| lines(&known.pieces, now_millis));
    let decides = lines.iter().position(|line| line.decides).unwrap_or(0);
    let at = state.selected.unwrap_or(decides);
    let mut outcome = state.keys(ui, &lines, at.min(lines.len().saturating_sub(1)));
    let at = state.selected.unwrap_or(at);
    let head = area.with_max_y(area.min.y + HEAD);
    head_ui(ui, theme, head, info, known);
    let mut below = area.with_min_y(head.max.y);
    if let (Some(info), Some(known)) = (info, known) {
        let rect = below.with_max_y(below.min.y + REASON);
        reason_ui(ui, theme, rect, (info, known));
        below.min.y = rect.max.y;
    }
    let message = match (info, known) {
        (None, _) => Some((
            "No session has the keyboard",
            "Give it to one to see why its badge is as it is",
        )),
        (_, None) => Some(("", "The host is asked…")),
        _ if lines.is_empty() => Some(("Nothing says what it does", "No agent was seen here")),
        _ => None,
    };
    if let Some(told) = message {
        nothing_ui(ui, below, told, theme);
        return outcome;
    }
    let moved = std::mem::take(&mut state.moved);
    let mut ui = ui.new_child(UiBuilder::new().max_rect(below).id_salt("evidence"));
    ScrollArea::vertical()
        .auto_shrink(false)
        .show(&mut ui, |ui| {
            ui.spacing_mut().item_spacing = Vec2::ZERO;
            ui.add_space(2.0);
            for (number, line) in lines.iter().enumerate() {
                let size = Vec2::new(ui.available_width(), ROW);
                let (rect, _) = ui.allocate_exact_size(size, Sense::hover());
                let selected = number == at;
                if line_ui(ui, line, (number, selected), theme, column(rect)) {
                    outcome = Outcome::GoTo(line.place, line.offset);
                }
                if selected && moved {
                    ui.scroll_to_rect(rect, None);
                }
            }
            reveal_focus(ui);
        });
    outcome
}

fn head_ui(
    ui: &Ui,
    theme: &Theme,
    rect: Rect,
    info: Option<&SessionInfo>,
    known: Option<&Explanation>,
) {
    let painter = ui.painter();
    painter.hline(rect.x_range(), rect.max.y, Stroke::new(1.0, theme.border));
    let middle = rect.center().y;
    let mut left = rect.min.x + 12.0;
    let title = match info {
        None => "Why a badge is as it is".to_owned(),
        Some(info) => {
            let mark = Mark::of(info);
            mark.paint(painter, Pos2::new(left + 6.0, middle), theme);
            left += 22.0;
            // The state and its reason are of one answer, so that they fit what is below.
            let word = known.map_or(mark.word(), |known| state_in_words(known.state));
            format!("Why {} is “{word}”", info.name)
        }
    };
    let room = rect.max.x - left - 12.0;
    let title = elided(ui, &title, semibold(15.0), theme.text, room);
    let end = left + title.size().x;
    let at = Pos2::new(left, middle - title.size().y / 2.0);
    painter.galley(at, title, theme.text);
    let keys = [
        (Command::ListOpen, "shows the moment"),
        (Command::ListClose, "closes"),
    ];
    let right = Pos2::new(rect.max.x - 12.0, middle);
    hint_ui(ui, right, end, &hints(ui, &keys), theme);
}

fn reason_ui(ui: &Ui, theme: &Theme, rect: Rect, (info, known): (&SessionInfo, &Explanation)) {
    let inside = column(rect).shrink2(Vec2::new(12.0, 0.0));
    let font = FontId::proportional(13.0);
    let shown = elided(ui, &known.reason, font, theme.muted, inside.width());
    let at = Pos2::new(inside.min.x, inside.center().y - shown.size().y / 2.0 + 3.0);
    ui.painter().galley(at, shown, theme.muted);
    let response = ui.interact(rect, ui.scope_id().with("head"), Sense::hover());
    response.widget_info(|| {
        let word = state_in_words(known.state);
        let said = format!("{}, {word}: {}", info.name, known.reason);
        egui::WidgetInfo::labeled(egui::Role::Label, true, said)
    });
}

fn line_ui(
    ui: &mut Ui,
    line: &Line,
    (number, selected): (usize, bool),
    theme: &Theme,
    rect: Rect,
) -> bool {
    let response = ui.interact(rect, ui.scope_id().with(("line", number)), Sense::click());
    response.widget_info(|| {
        egui::WidgetInfo::selected(egui::Role::ListBoxOption, true, selected, line.spoken())
    });
    let painter = ui.painter();
    if selected {
        painter.rect_filled(rect, 4.0, theme.selected);
    } else if response.hovered() {
        painter.rect_filled(rect, 4.0, theme.hover);
    }
    focus_ui(ui, &response, theme);
    let strong = if line.ended { theme.faint } else { theme.text };
    let weak = if line.ended { theme.faint } else { theme.muted };
    let upper = rect.min.y + 15.0;
    let lower = rect.min.y + 32.0;
    Mark::of_state(line.state).paint(painter, Pos2::new(rect.min.x + 16.0, upper), theme);
    let left = rect.min.x + 32.0;
    let small = |size| FontId::proportional(size);
    let at = Pos2::new(left, upper);
    painter.text(at, Align2::LEFT_CENTER, &line.source, small(12.0), weak);
    let at = Pos2::new(left + SOURCE, upper);
    let word = state_in_words(line.state);
    let says = painter.text(at, Align2::LEFT_CENTER, word, medium(13.0), strong);
    if line.ended {
        painter.hline(says.x_range(), upper, Stroke::new(1.0, theme.faint));
    }
    let right = rect.max.x - 12.0;
    let age = painter.text(
        Pos2::new(right, upper),
        Align2::RIGHT_CENTER,
        &line.age,
        small(11.0),
        theme.faint,
    );
    let color = if line.decides {
        theme.accent
    } else {
        theme.faint
    };
    let at = Pos2::new(age.min.x - 12.0, upper);
    painter.text(at, Align2::RIGHT_CENTER, line.standing, medium(11.0), color);
    let room = right - left - SOURCE;
    let reason = elided(ui, &line.reason, small(12.0), weak, room);
    let at = Pos2::new(left + SOURCE, lower - reason.size().y / 2.0);
    ui.painter().galley(at, reason, weak);
    response.clicked()
}

impl Explain {
    /// Does what the keys of this frame mean.
    fn keys(&mut self, ui: &Ui, lines: &[Line], mut at: usize) -> Outcome {
        for command in pressed_in_list(ui, &[Command::ListOpen]) {
            if command == Command::ListClose {
                return Outcome::Closed;
            }
            let to = drawn::moved(command, at, lines.len());
            let Some(line) = lines.get(to) else { continue };
            if command == Command::ListOpen {
                return Outcome::GoTo(line.place, line.offset);
            }
            at = to;
            self.selected = Some(to);
            self.moved = true;
        }
        Outcome::Open
    }
}
