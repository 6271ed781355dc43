//! The last lines of the host's log and of the window's, as a page: what a notice has no room for.

use egui::text::{LayoutJob, TextFormat};
use egui::{
    Align2, FontId, Label, Painter, Pos2, Rect, RichText, ScrollArea, Stroke, Ui, UiBuilder, Vec2,
};

use super::{After, App, Page, Wants};
use crate::commands::Command;
use crate::keys::drawn::{hints, pressed_in_list};
use crate::link::Request;
use crate::link::log::{Log, Of};
use crate::link::snapshot::Weight;
use crate::text::folder_shown;
use crate::theme::{Theme, semibold};
use crate::widgets::{
    chip_at_ui, chip_width, elided, hint_ui, in_lines, nothing_ui, read_ui, reveal_focus,
};

/// Height of the page's head.
const HEAD: f32 = 44.0;

/// Around everything.
const GAP: f32 = 12.0;

/// How far arrows scroll.
const STEP: f32 = 54.0;

/// From which width on times stand in a column of their own.
const BESIDE: f32 = 560.0;

/// Characters of that column: a time, and the word of a level.
const WHEN_CHARS: usize = "2026-11-30T20:27:58 ERROR".len();

/// The page, while it is open.
#[derive(Debug, Default)]
struct LogPage {
    of: Of,
    /// Whether only warnings and errors are shown.
    warnings: bool,
}

pub(super) fn open(_app: &mut App) -> Box<dyn Page> {
    Box::new(LogPage::default())
}

/// Lines on a sheet.
pub(super) fn sign(painter: &Painter, center: Pos2, stroke: Stroke) {
    for (y, right) in [(-4.0, 5.0), (-1.3, 2.0), (1.3, 5.0), (4.0, 0.0)] {
        let y = center.y + y;
        painter.hline(center.x - 5.0..=center.x + right, y, stroke);
    }
}

/// How much a line matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Level {
    Error,
    Warning,
    Info,
    Less,
}

/// Returns a line's time, its level by its word, and what it says; a line that has none of it says all of itself.
fn parts(line: &str) -> (&str, Level, &str, &str) {
    let whole = ("", Level::Info, "", line);
    let Some((time, rest)) = line.split_once(' ') else {
        return whole;
    };
    let (word, said) = rest
        .trim_start()
        .split_once(' ')
        .unwrap_or((rest.trim_start(), ""));
    let level = match word {
        "ERROR" => Level::Error,
        "WARN" => Level::Warning,
        "INFO" => Level::Info,
        "DEBUG" | "TRACE" => Level::Less,
        _ => return whole,
    };
    // To the second; in it the lines stand in their order.
    let time = match time.split_once('.') {
        Some((time, _)) => time,
        None => time,
    };
    (time, level, word, said)
}

/// Says whether a line is shown: what follows an error without a level of its own belongs to it.
fn is_warning(line: &str, before: bool) -> bool {
    match parts(line) {
        (_, Level::Error | Level::Warning, ..) => true,
        (_, _, "", _) => before,
        _ => false,
    }
}

impl LogPage {
    /// Returns the lines that are shown, the newest last.
    fn lines<'a>(&self, log: &'a Log) -> Vec<&'a str> {
        let mut before = false;
        let lines = log.tail.lines.iter().map(String::as_str);
        let is_shown = |line: &&str| {
            before = is_warning(line, before);
            before || !self.warnings
        };
        lines.filter(is_shown).collect()
    }
}

impl Page for LogPage {
    fn page_ui(&mut self, app: &mut App, ui: &mut Ui) -> After {
        let theme = &app.theme;
        let area = ui.max_rect();
        ui.painter().rect_filled(area, 0.0, theme.window);
        let log = app.snapshot.log.clone().filter(|log| log.of == self.of);
        let mut scroll = 0.0;
        for command in pressed_in_list(ui, &[]) {
            scroll += match command {
                Command::ListNext => -STEP,
                Command::ListPrevious => STEP,
                Command::ListPageDown => -area.height() * 0.8,
                Command::ListPageUp => area.height() * 0.8,
                Command::ListFirst => f32::MAX,
                Command::ListLast => f32::MIN,
                _ => return After::Closes,
            };
        }
        head_ui(ui, theme, area.with_max_y(area.min.y + HEAD));
        let below = area.with_min_y(area.min.y + HEAD);
        let (bottom, did) = self.bar_ui(ui, theme, below, log.as_deref());
        let below = area.with_min_y(bottom);
        let lines = log.as_deref().map(|log| self.lines(log));
        let message = match (log.as_deref(), &lines) {
            (None, _) => Some(("", "The log is read…")),
            (Some(log), _) if log.tail.problem.is_some() => {
                let problem = log.tail.problem.as_deref().unwrap_or_default();
                Some(("", problem))
            }
            (_, Some(lines)) if lines.is_empty() && self.warnings => {
                Some(("", "Neither a warning nor an error is in its last lines"))
            }
            (_, Some(lines)) if lines.is_empty() => {
                Some(("Nothing was logged yet", "AGOR_LOG=debug logs more"))
            }
            _ => None,
        };
        if let Some(told) = message {
            nothing_ui(ui, below, told, theme);
        } else {
            let lines = lines.unwrap_or_default();
            lines_ui(ui, (self.of, &lines), theme, below, scroll);
        }
        if let (Some(did), Some(log)) = (did, &log) {
            let path = log.tail.path.display().to_string();
            match did {
                Did::Open => {
                    let url = format!("file://{}", encoded(&path));
                    ui.ctx().open_url(egui::OpenUrl::new_tab(url));
                }
                Did::Copy => {
                    ui.ctx().copy_text(self.lines(log).join("\n"));
                    let text = "Copied what is shown of the log.".to_owned();
                    app.link.request(Request::Tell(Weight::Note, text));
                }
            }
        }
        After::Stays
    }

    fn wants(&self) -> Wants {
        Wants {
            log: Some(self.of),
            ..Wants::default()
        }
    }
}

/// What is to be done with the log.
#[derive(Debug, Clone, Copy)]
enum Did {
    Open,
    Copy,
}

fn head_ui(ui: &Ui, theme: &Theme, rect: Rect) {
    let painter = ui.painter();
    painter.hline(rect.x_range(), rect.max.y, Stroke::new(1.0, theme.border));
    let at = Pos2::new(rect.min.x + GAP, rect.center().y);
    let name = painter.text(at, Align2::LEFT_CENTER, "Log", semibold(15.0), theme.text);
    let right = Pos2::new(rect.max.x - GAP, rect.center().y);
    let closes = hints(ui, &[(Command::ListClose, "closes")]);
    let keys = format!("AGOR_LOG says what is logged  ·  {closes}");
    hint_ui(ui, right, name.max.x, &keys, theme);
}

impl LogPage {
    /// Draws whose log it is, and what can be done with it, at the right end if there is room; returns where that ends,
    /// and what was pressed.
    fn bar_ui(
        &mut self,
        ui: &Ui,
        theme: &Theme,
        below: Rect,
        log: Option<&Log>,
    ) -> (f32, Option<Did>) {
        let chips = [
            (0.0, "Host"),
            (4.0, "Window"),
            (12.0, "Warnings only"),
            (12.0, "Copy all"),
            (4.0, "Open file"),
        ];
        let things = chips.map(|(gap, name)| (gap, chip_width(ui, name)));
        let inside = below.shrink2(Vec2::new(GAP, 0.0));
        let &[host, window, warnings, copy, open] = &in_lines(&things, inside)[..] else {
            return (below.min.y, None);
        };
        let bottom = open.max.y;
        let one_line = open.min.y <= host.min.y;
        let further = if one_line {
            inside.max.x - open.max.x
        } else {
            0.0
        };
        let [copy, open] = [copy, open].map(|place| place.translate(Vec2::new(further, 0.0)));
        for (of, name, place) in [(Of::Host, "Host", host), (Of::Window, "Window", window)] {
            if chip_at_ui(ui, theme, place, name, self.of == of) {
                self.of = of;
            }
        }
        if chip_at_ui(ui, theme, warnings, "Warnings only", self.warnings) {
            self.warnings = !self.warnings;
        }
        let room = copy.min.x - warnings.max.x - 20.0;
        if let Some(log) = log.filter(|_| one_line && room > 120.0) {
            let path = folder_shown(&log.tail.path.display().to_string());
            let shown = elided(ui, &path, FontId::proportional(11.0), theme.faint, room);
            let right = Pos2::new(copy.min.x - 8.0, copy.center().y);
            let at = Align2::RIGHT_CENTER.anchor_size(right, shown.size());
            ui.painter().galley(at.min, shown, theme.faint);
            read_ui(ui, at, &path);
        }
        let mut did = None;
        if chip_at_ui(ui, theme, copy, "Copy all", false) {
            did = Some(Did::Copy);
        }
        if chip_at_ui(ui, theme, open, "Open file", false) {
            did = Some(Did::Open);
        }
        let edge = Stroke::new(1.0, theme.border);
        ui.painter().hline(below.x_range(), bottom, edge);
        (bottom, did)
    }
}

/// Draws the lines, the newest in view until somebody looks further back.
fn lines_ui(ui: &mut Ui, (of, lines): (Of, &[&str]), theme: &Theme, rect: Rect, scroll: f32) {
    let mut ui = ui.new_child(UiBuilder::new().max_rect(rect).id_salt(("lines", of as u8)));
    ScrollArea::vertical()
        .auto_shrink(false)
        .stick_to_bottom(true)
        .show(&mut ui, |ui| {
            if scroll != 0.0 {
                let far = scroll.clamp(-1.0e6, 1.0e6);
                ui.scroll_with_delta(Vec2::new(0.0, far));
            }
            egui::Frame::NONE
                .inner_margin(egui::Margin::symmetric(12, 8))
                .show(ui, |ui| {
                    ui.spacing_mut().item_spacing = Vec2::new(8.0, 3.0);
                    for line in lines {
                        line_ui(ui, theme, line);
                    }
                });
            reveal_focus(ui);
        });
}

/// Draws a line; where there is room, what it says has a column of its own.
fn line_ui(ui: &mut Ui, theme: &Theme, line: &str) {
    let (time, level, word, said) = parts(line);
    let (sign, color) = match level {
        Level::Error => (theme.error, theme.text),
        Level::Warning => (theme.needs_you, theme.text),
        Level::Info => (theme.muted, theme.text),
        Level::Less => (theme.faint, theme.muted),
    };
    let format = |color| TextFormat::simple(FontId::monospace(12.0), color);
    let mut when = LayoutJob::default();
    if !word.is_empty() {
        when.append(time, 0.0, format(theme.faint));
        when.append(&format!(" {word:<5}"), 0.0, format(sign));
    }
    let beside = ui.available_width() > BESIDE;
    if !beside {
        let gap = if word.is_empty() { 0.0 } else { 8.0 };
        when.append(said, gap, format(color));
        ui.add(Label::new(when).wrap().selectable(true));
        return;
    }
    ui.horizontal_top(|ui| {
        if word.is_empty() {
            // Below what it belongs to.
            let font = FontId::monospace(12.0);
            let column = "0".repeat(WHEN_CHARS);
            let column = ui.painter().layout_no_wrap(column, font, theme.text);
            ui.add_space(column.size().x + ui.spacing().item_spacing.x);
        } else {
            ui.add(Label::new(when).extend().selectable(true));
        }
        let said = RichText::new(said).font(FontId::monospace(12.0));
        ui.add(Label::new(said.color(color)).wrap().selectable(true));
    });
}

/// Returns a path as it stands in an address.
fn encoded(path: &str) -> String {
    let mut encoded = String::new();
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_taken_apart_and_one_without_a_level_says_all_of_itself() {
        let line = "2026-11-30T20:27:58.123456Z  WARN agor_core::host: a peer was refused uid=1000";
        let said = "agor_core::host: a peer was refused uid=1000";
        let time = "2026-11-30T20:27:58";
        assert_eq!(parts(line), (time, Level::Warning, "WARN", said));
        let error = "2026-11-30T20:27:58.123456Z ERROR it ended";
        assert_eq!(parts(error), (time, Level::Error, "ERROR", "it ended"));
        for other in ["", "   at src/main.rs:3", "thread 'main' panicked"] {
            assert_eq!(parts(other), ("", Level::Info, "", other));
        }
    }

    #[test]
    fn what_follows_an_error_without_a_level_belongs_to_it() {
        let lines = [
            "2026-11-30T20:27:58Z  INFO a",
            "more of a",
            "2026-11-30T20:27:59Z ERROR b",
            "more of b",
            "2026-11-30T20:28:00Z DEBUG c",
        ];
        let log = Log {
            of: Of::Host,
            tail: agor_core::logging::Tail {
                path: "/x/host.log".into(),
                lines: lines.map(str::to_owned).to_vec(),
                problem: None,
            },
        };
        let page = |warnings| LogPage {
            warnings,
            ..LogPage::default()
        };
        assert_eq!(page(false).lines(&log), lines);
        assert_eq!(page(true).lines(&log), lines[2..4]);
    }

    #[test]
    fn a_path_is_an_address_whatever_is_in_it() {
        assert_eq!(encoded("/home/a b/ü#.log"), "/home/a%20b/%C3%BC%23.log");
    }
}
