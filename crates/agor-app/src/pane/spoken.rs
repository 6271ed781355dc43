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
