//! The focused terminal for who cannot see it: a line for each row, and what is new said aloud, seldom enough to be
//! listened to. Made only while assistive technology is on.

use std::sync::Arc;
use std::time::{Duration, Instant};

use agor_proto::row::Row;
use egui::accesskit::Live;
use egui::{Id, Role, Sense, Ui, UiBuilder, WidgetInfo};

use super::geometry::Geometry;
use crate::wake::Wake;

/// The shortest time between two announcements.
const EVERY: Duration = Duration::from_millis(1_000);

/// Characters that are said at once; who wants to hear all reads the lines.
const SAID_MAX: usize = 400;

/// What was said of a pane.
#[derive(Debug, Default)]
pub struct Spoken {
    /// The lines when something was said last.
    lines: Vec<String>,
    /// When that was.
    at: Option<Instant>,
    /// What was said.
    said: String,
}

impl Spoken {
    /// Takes the lines that are shown; returns what is said now, and how long it is until the next announcement if
    /// something new waits for it.
    fn take(&mut self, lines: &[String], now: Instant) -> (&str, Option<Duration>) {
        let Some(at) = self.at else {
            // What was there before anybody listened is read, not announced.
            self.lines = lines.to_vec();
            self.at = Some(now);
            return (&self.said, None);
        };
        if self.lines == lines {
            return (&self.said, None);
        }
        let since = now.saturating_duration_since(at);
        if let Some(left) = EVERY.checked_sub(since).filter(|left| !left.is_zero()) {
            return (&self.said, Some(left));
        }
        let new = lines.iter().filter(|line| {
            let line = line.as_str();
            !line.trim().is_empty() && !self.lines.iter().any(|known| known == line)
        });
        let new = new.map(String::as_str).collect::<Vec<_>>().join("\n");
        if !new.is_empty() {
            // The end is what is newest.
            let skipped = new.chars().count().saturating_sub(SAID_MAX);
            self.said = new.chars().skip(skipped).collect();
        }
        self.lines = lines.to_vec();
        self.at = Some(now);
        (&self.said, None)
    }
}

/// Adds the rows of a terminal and what is new in it below the node `terminal`.
pub fn spoken_ui(
    ui: &mut Ui,
    terminal: Id,
    (rows, cols): (&[Arc<Row>], u16),
    geometry: &Geometry,
    spoken: &mut Spoken,
    (wake, now): (&Wake, Instant),
) {
    if !ui.ctx().has_accesskit_node(terminal) {
        return;
    }
    let lines: Vec<_> = rows
        .iter()
        .map(|row| row.text.trim_end().to_owned())
        .collect();
    let inside = UiBuilder::new()
        .max_rect(geometry.rect)
        .id_salt("lines")
        .accessibility_parent(terminal);
    let child = ui.new_child(inside);
    for (at, line) in lines.iter().enumerate() {
        let row = u16::try_from(at).unwrap_or(u16::MAX);
        let rect = geometry.cells(0, row, cols, 1);
        let response = child.interact(rect, child.scope_id().with(("line", at)), Sense::hover());
        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, line));
    }
    let (said, next) = spoken.take(&lines, now);
    if let Some(next) = next {
        wake.after(next);
    }
    let id = child.scope_id().with("news");
    let response = child.interact(geometry.cells(0, 0, 1, 1), id, Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Status, true, said));
    child
        .ctx()
        .accesskit_node_builder(id, |node| node.set_live(Live::Polite));
}

#[cfg(test)]
mod tests {
    use egui::{Context, Pos2, RawInput, Rect, Vec2, ViewportId};

    use super::*;

    #[test]
    fn what_is_new_is_said_once_a_second_at_the_most_and_what_was_there_is_not() {
        let mut spoken = Spoken::default();
        let start = Instant::now();
        let mut take = |lines: &[&str], millis: u64| {
            let lines: Vec<_> = lines.iter().map(ToString::to_string).collect();
            let (said, next) = spoken.take(&lines, start + Duration::from_millis(millis));
            (said.to_owned(), next.map(|next| next.as_millis()))
        };
        assert_eq!(take(&["$ make", ""], 0), (String::new(), None));
        assert_eq!(take(&["$ make", "cc a.c"], 400), (String::new(), Some(600)));
        // What has come meanwhile is said together.
        let said = take(&["$ make", "cc a.c", "cc b.c"], 1_000);
        assert_eq!(said, ("cc a.c\ncc b.c".into(), None));
        let same = take(&["$ make", "cc a.c", "cc b.c"], 5_000);
        assert_eq!(same, ("cc a.c\ncc b.c".into(), None));
        // Lines that only moved up are not said again.
        let said = take(&["cc a.c", "cc b.c", "done"], 6_000);
        assert_eq!(said.0, "done");
    }

    /// Draws a terminal with these rows; returns how many of its lines can be read, and when the next frame is due.
    fn frame(
        context: &Context,
        (spoken, wake): (&mut Spoken, &Wake),
        (lines, now): (&[&str], Instant),
    ) -> (usize, Duration) {
        let rect = Rect::from_min_size(Pos2::ZERO, Vec2::new(400.0, 200.0));
        let row = |text: &&str| {
            Arc::new(Row {
                text: (*text).into(),
                ..Row::default()
            })
        };
        let rows: Vec<_> = lines.iter().map(row).collect();
        let geometry = Geometry::new(rect, 1.0, [8, 16]);
        let input = RawInput {
            screen_rect: Some(rect),
            ..RawInput::default()
        };
        let mut output = context.run_ui(input, |ui| {
            let id = ui.scope_id().with("terminal");
            let response = ui.interact(rect, id, Sense::click());
            response.widget_info(|| WidgetInfo::labeled(Role::Terminal, true, "Terminal of bash"));
            spoken_ui(
                ui,
                id,
                (rows.as_slice(), 40),
                &geometry,
                spoken,
                (wake, now),
            );
        });
        output.textures_delta.clear();
        let update = output.platform_output.accesskit_update;
        let nodes = update.map(|update| update.nodes).unwrap_or_default();
        let labels = nodes.iter().filter(|(_, node)| node.role() == Role::Label);
        let delay = output.viewport_output[&ViewportId::ROOT].repaint_delay;
        (labels.count(), delay)
    }

    /// Returns what of a terminal can be read in which something new comes soon, and when a frame is due for that.
    fn read(listens: bool) -> (Option<Instant>, usize, Duration) {
        let context = Context::default();
        if listens {
            context.enable_accesskit();
        }
        let (mut spoken, wake) = (Spoken::default(), Wake::default());
        wake.attach(context.clone());
        let begun = Instant::now();
        let mut draw = |lines: &[&str], millis: u64| {
            let now = begun + Duration::from_millis(millis);
            frame(&context, (&mut spoken, &wake), (lines, now))
        };
        // Until egui has no reason of its own for another.
        for _ in 0..5 {
            draw(&["$ make", ""], 0);
        }
        let (lines, delay) = draw(&["$ make", "cc a.c"], 400);
        (spoken.at, lines, delay)
    }

    #[test]
    fn a_terminal_is_read_line_by_line_only_while_somebody_listens() {
        let (at, lines, delay) = read(true);
        assert!(at.is_some());
        assert_eq!(lines, 2);
        assert!(delay <= EVERY, "what is new waits to be said: {delay:?}");
        let (at, lines, delay) = read(false);
        assert_eq!((at, lines), (None, 0), "nothing is taken");
        assert!(delay > EVERY, "no frame comes for nobody: {delay:?}");
    }

    #[test]
    fn of_a_flood_the_end_is_said() {
        let mut spoken = Spoken::default();
        let start = Instant::now();
        spoken.take(&[], start);
        let lines: Vec<_> = (0..100).map(|line| format!("line number {line}")).collect();
        let (said, _) = spoken.take(&lines, start + EVERY);
        assert!(said.chars().count() <= SAID_MAX && said.ends_with("line number 99"));
    }
}
