//! Draws the list over the window.

use agor_core::cli::state_in_words;
use agor_proto::session::SessionInfo;
use egui::{Align2, FontId, Key, Modifiers, Pos2, Rect, Sense, Stroke, Ui, Vec2};

use super::lines::{Line, lines};
use super::{Explain, Outcome};
use crate::icons::Mark;
use crate::link::snapshot::Explanation;
use crate::theme::{Theme, medium, semibold};
use crate::widgets::{elided, popup_area, popup_ui};

/// Height of the list's head.
const HEAD: f32 = 52.0;

/// Height of a line.
const ROW: f32 = 46.0;

/// Width of the column of sources.
const SOURCE: f32 = 118.0;

/// Draws the list over the window and says what the person did. `now_millis` is the time since 1970.
pub fn explain_ui(
    ui: &mut Ui,
    state: &mut Explain,
    (info, explanation): (&SessionInfo, Option<&Explanation>),
    theme: &Theme,
    now_millis: u64,
) -> Outcome {
    let known = explanation.filter(|known| known.session == state.session);
    let lines = known.map_or_else(Vec::new, |known| lines(&known.pieces, now_millis));
    let decides = lines.iter().position(|line| line.decides).unwrap_or(0);
    let at = state
        .selected
        .unwrap_or(decides)
        .min(lines.len().saturating_sub(1));
    let mut outcome = state.keys(ui, &lines, at);
    let at = state.selected.unwrap_or(at);
    let rows = lines.len().max(1) as f32;
    let area = popup_area(ui, HEAD + rows * ROW + 8.0);
    let outside = popup_ui(ui, "explain", area, theme, |ui| {
        let head = area.with_max_y(area.min.y + HEAD);
        head_ui(ui, theme, head, info, known);
        let top = head.max.y + 4.0;
        let row = |at: usize| {
            Rect::from_min_size(
                Pos2::new(area.min.x + 4.0, top + at as f32 * ROW),
                Vec2::new(area.width() - 8.0, ROW),
            )
        };
        for (number, line) in lines.iter().enumerate() {
            if line_ui(ui, line, (number, number == at), theme, row(number)) {
                outcome = Outcome::GoTo(line.place);
            }
        }
        if lines.is_empty() {
            let text = match known {
                None => "The host is asked…",
                Some(_) => "Nothing says what it does: no agent was seen here.",
            };
            let font = FontId::proportional(12.0);
            let center = row(0).center();
            ui.painter()
                .text(center, Align2::CENTER_CENTER, text, font, theme.muted);
        }
    });
    if outside && outcome == Outcome::Open {
        outcome = Outcome::Closed;
    }
    outcome
}

fn head_ui(
    ui: &mut Ui,
    theme: &Theme,
    rect: Rect,
    info: &SessionInfo,
    known: Option<&Explanation>,
) {
    let mark = Mark::of(info);
    let painter = ui.painter();
    painter.hline(rect.x_range(), rect.max.y, Stroke::new(1.0, theme.border));
    let upper = rect.min.y + 17.0;
    mark.paint(painter, Pos2::new(rect.min.x + 20.0, upper), theme);
    let keys = "Enter shows the moment  ·  Esc closes";
    let at = Pos2::new(rect.max.x - 14.0, upper);
    let font = FontId::proportional(11.0);
    let keys = painter.text(at, Align2::RIGHT_CENTER, keys, font, theme.faint);
    let left = rect.min.x + 36.0;
    // The state and its reason are of one answer, so that they fit what is below.
    let (word, reason) = match known {
        Some(known) => (state_in_words(known.state), known.reason.as_str()),
        None => (mark.word(), ""),
    };
    let title = format!("Why {} is “{word}”", info.name);
    let title = elided(
        ui,
        &title,
        semibold(13.0),
        theme.text,
        keys.min.x - left - 12.0,
    );
    let at = Pos2::new(left, upper - title.size().y / 2.0);
    ui.painter().galley(at, title, theme.text);
    let room = rect.max.x - left - 14.0;
    let shown = elided(ui, reason, FontId::proportional(12.0), theme.muted, room);
    let at = Pos2::new(left, rect.min.y + 36.0 - shown.size().y / 2.0);
    ui.painter().galley(at, shown, theme.muted);
    let response = ui.interact(rect, ui.scope_id().with("head"), Sense::hover());
    response.widget_info(|| {
        let said = format!("{}, {word}: {reason}", info.name);
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
    let says = painter.text(at, Align2::LEFT_CENTER, word, medium(12.5), strong);
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
    fn keys(&mut self, ui: &Ui, lines: &[Line], at: usize) -> Outcome {
        let pressed = |key| ui.input_mut(|input| input.consume_key(Modifiers::NONE, key));
        if pressed(Key::Escape) || pressed(Key::Q) {
            return Outcome::Closed;
        }
        let down = pressed(Key::ArrowDown) || pressed(Key::J);
        let up = pressed(Key::ArrowUp) || pressed(Key::K);
        let enter = pressed(Key::Enter);
        let Some(line) = lines.get(at) else {
            return Outcome::Open;
        };
        if down != up {
            let step = if down { 1 } else { lines.len() - 1 };
            self.selected = Some((at + step) % lines.len());
        }
        if enter {
            return Outcome::GoTo(line.place);
        }
        Outcome::Open
    }
}
