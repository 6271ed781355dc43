//! What the person was told, the newest first, as a page: each with when it was told and, where one helps, the command
//! that is to be carried out next.

use std::sync::Arc;
use std::time::Instant;

use egui::{Align2, FontId, Painter, Pos2, Rect, ScrollArea, Sense, Stroke, Ui, UiBuilder, Vec2};

use super::{After, App, Page};
use crate::commands::{Command, context};
use crate::keys::drawn::{hints, pressed};
use crate::link::snapshot::{HostState, Notice, Weight};
use crate::text::age;
use crate::theme::{Theme, medium, semibold};
use crate::widgets::{chip_ui, hint_ui, nothing_ui, reveal_focus};

/// Height of the page's head.
const HEAD: f32 = 44.0;

/// Around everything.
const GAP: f32 = 12.0;

/// Width of the time, and of what can be done next.
const TIME: f32 = 56.0;
const NEXT: f32 = 180.0;

/// Above and below a sentence.
const INSET: f32 = 8.0;

struct Notices;

pub(super) fn open(_app: &mut App) -> Box<dyn Page> {
    Box::new(Notices)
}

/// What somebody says.
pub(super) fn sign(painter: &Painter, center: Pos2, stroke: Stroke) {
    let at = |x: f32, y: f32| center + Vec2::new(x, y);
    let bubble = [
        at(-5.0, -4.0),
        at(5.0, -4.0),
        at(5.0, 2.0),
        at(-1.0, 2.0),
        at(-3.5, 4.5),
        at(-3.5, 2.0),
        at(-5.0, 2.0),
        at(-5.0, -4.0),
    ];
    painter.add(egui::Shape::line(bubble.into(), stroke));
}

/// One line: a sentence that was told once or several times.
struct Line {
    weight: Weight,
    text: String,
    told: Option<Instant>,
    times: usize,
    /// What to do next.
    next: Vec<Command>,
}

/// Returns the lines: how the host is if that is no good, then the notices. What was told several times one after the
/// other is one line.
fn lines(host: &HostState, notices: &[Notice]) -> Vec<Line> {
    let mut lines = Vec::new();
    let troubled = match host {
        HostState::Ended { reason } => Some((reason, vec![Command::Reopen, Command::Log])),
        HostState::Away { reason } => Some((reason, vec![Command::Log])),
        HostState::Connecting | HostState::Ready => None,
    };
    lines.extend(troubled.map(|(reason, next)| Line {
        weight: Weight::Error,
        text: reason.clone(),
        told: None,
        times: 1,
        next,
    }));
    let first = lines.len();
    for notice in notices.iter().rev() {
        match lines.get_mut(first..).and_then(<[Line]>::last_mut) {
            Some(last) if last.text == notice.text && last.weight == notice.weight => {
                last.times += 1;
            }
            _ => lines.push(Line {
                weight: notice.weight,
                text: notice.text.clone(),
                told: Some(notice.at),
                times: 1,
                next: notice.next.into_iter().collect(),
            }),
        }
    }
    lines
}

impl Page for Notices {
    fn page_ui(&mut self, app: &mut App, ui: &mut Ui) -> After {
        let notices = Arc::clone(&app.snapshot.notices);
        let lines = lines(&app.snapshot.host, &notices);
        let area = ui.max_rect();
        let theme = &app.theme;
        ui.painter().rect_filled(area, 0.0, theme.window);
        let head = area.with_max_y(area.min.y + HEAD);
        head_ui(ui, theme, head);
        let closed = !pressed(ui, context::LIST, &[Command::ListClose]).is_empty();
        let below = area.with_min_y(head.max.y);
        if lines.is_empty() {
            let text = "What fails, and what is good to know, stands here";
            nothing_ui(ui, below, ("Nothing was told yet", text), theme);
        }
        let mut ui = ui.new_child(UiBuilder::new().max_rect(below).id_salt("lines"));
        let shown = ScrollArea::vertical()
            .auto_shrink(false)
            .show(&mut ui, |ui| {
                ui.spacing_mut().item_spacing = Vec2::ZERO;
                let now = Instant::now();
                let mut next = None;
                for (at, line) in lines.iter().enumerate() {
                    next = line_ui(ui, (at, line), now, theme).or(next);
                }
                reveal_focus(ui);
                next
            });
        if let Some(command) = shown.inner {
            app.commands.push(command);
            app.wake.now();
            return After::Done;
        }
        match closed {
            true => After::Closes,
            false => After::Stays,
        }
    }
}

fn head_ui(ui: &Ui, theme: &Theme, rect: Rect) {
    let painter = ui.painter();
    painter.hline(rect.x_range(), rect.max.y, Stroke::new(1.0, theme.border));
    let at = Pos2::new(rect.min.x + GAP, rect.center().y);
    let font = semibold(15.0);
    let name = painter.text(at, Align2::LEFT_CENTER, "Notices", font, theme.text);
    let right = Pos2::new(rect.max.x - GAP, rect.center().y);
    let closes = hints(ui, &[(Command::ListClose, "closes")]);
    let keys = format!("Tab goes on  ·  {closes}");
    hint_ui(ui, right, name.max.x, &keys, theme);
}

/// Draws a line; returns the command that is to be carried out next, once it was pressed.
fn line_ui(
    ui: &mut Ui,
    (at, line): (usize, &Line),
    now: Instant,
    theme: &Theme,
) -> Option<Command> {
    let width = ui.available_width();
    let left = GAP + TIME;
    let right = NEXT * line.next.len() as f32 + GAP;
    let color = match line.weight {
        Weight::Error => theme.error,
        Weight::Note => theme.text,
    };
    // Not by colour alone: what failed has a sign, too.
    let sign = if line.weight == Weight::Error {
        "⚠  "
    } else {
        ""
    };
    let times = match line.times {
        1 => String::new(),
        times => format!("   {times} times"),
    };
    let text = format!("{sign}{}{times}", line.text);
    let room = (width - left - right).max(80.0);
    let font = FontId::proportional(13.0);
    let shown = ui.painter().layout(text, font, color, room);
    let height = (shown.size().y + 2.0 * INSET).max(34.0);
    let (rect, response) = ui.allocate_exact_size(Vec2::new(width, height), Sense::hover());
    let told = line.told.map_or_else(
        || "now".to_owned(),
        |told| age(now.saturating_duration_since(told).as_millis() as u64),
    );
    response.widget_info(|| {
        let word = match line.weight {
            Weight::Error => "Failed",
            Weight::Note => "Note",
        };
        let said = format!("{word}, {told}: {}{times}", line.text);
        egui::WidgetInfo::labeled(egui::Role::Label, true, said)
    });
    let middle = rect.center().y;
    let font = medium(11.0);
    let time_at = Pos2::new(rect.min.x + GAP, middle);
    ui.painter()
        .text(time_at, Align2::LEFT_CENTER, told, font, theme.faint);
    let text_at = Pos2::new(rect.min.x + left, middle - shown.size().y / 2.0);
    ui.painter().galley(text_at, shown, color);
    let stroke = Stroke::new(1.0, theme.border);
    ui.painter().hline(rect.x_range(), rect.max.y - 0.5, stroke);
    let buttons = Rect::from_min_max(
        Pos2::new(rect.max.x - right + GAP, middle - 13.0),
        Pos2::new(rect.max.x - GAP, middle + 13.0),
    );
    let layout = egui::Layout::right_to_left(egui::Align::Center);
    let builder = UiBuilder::new().max_rect(buttons).layout(layout);
    let mut ui = ui.new_child(builder.id_salt(("next", at)));
    ui.spacing_mut().item_spacing.x = 8.0;
    let pressed = |command: &&Command| chip_ui(&mut ui, theme, command.offered(), true);
    // All of them are drawn.
    let pressed: Vec<_> = line.next.iter().rev().filter(pressed).collect();
    pressed.first().map(|command| **command)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_told_several_times_is_one_line_and_the_host_comes_first() {
        let now = Instant::now();
        let notice = |text: &str, next| Notice {
            weight: Weight::Error,
            text: text.into(),
            at: now,
            next,
        };
        let notices = [
            notice("a", None),
            notice("b", Some(Command::Settings)),
            notice("b", Some(Command::Settings)),
            notice("a", None),
        ];
        let ended = HostState::Ended {
            reason: "it is gone".into(),
        };
        let lines = lines(&ended, &notices);
        let told: Vec<_> = lines
            .iter()
            .map(|line| (line.text.as_str(), line.times, line.next.as_slice()))
            .collect();
        let expected = [
            ("it is gone", 1, &[Command::Reopen, Command::Log][..]),
            ("a", 1, &[]),
            ("b", 2, &[Command::Settings]),
            ("a", 1, &[]),
        ];
        assert_eq!(told, expected);
    }
}
