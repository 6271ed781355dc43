//! Marks beside a shell's prompts (OSC 133), in the pane's padding: where each command begins and whether it
//! failed. Rows carry what the shell said of them, so nothing is asked of the host.

use std::sync::Arc;

use agor_proto::row::{MarkKind, Row};
use egui::{Pos2, Rect, Ui};

use super::geometry::Geometry;
use crate::theme::Theme;

/// How wide a mark is.
const WIDTH: f32 = 2.0;
/// How far it stays away from the pane's edge, which may have a border, and from the rows above and below.
const INSET: egui::Vec2 = egui::vec2(4.0, 2.0);

/// What became of a command, as far as the rows that are shown say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// It was not given yet, is running, or ends below.
    Open,
    Ended,
    Failed,
}

/// Returns the rows with a prompt, from the top, and what became of its command.
fn fates(rows: &[Arc<Row>]) -> Vec<(u16, Fate)> {
    let mut prompts: Vec<(u16, Fate)> = Vec::new();
    for (at, row) in (0..).zip(rows) {
        for mark in &row.marks {
            match (mark.kind, prompts.last_mut()) {
                // A shell that draws its prompt again says so again.
                (MarkKind::Prompt, Some((last, fate))) if *last == at => *fate = Fate::Open,
                (MarkKind::Prompt, _) => prompts.push((at, Fate::Open)),
                (MarkKind::End { code, .. }, Some((_, fate))) => {
                    *fate = match code {
                        None | Some(0) => Fate::Ended,
                        Some(_) => Fate::Failed,
                    };
                }
                _ => {}
            }
        }
    }
    prompts
}

/// Draws the marks of the rows that a pane shows.
pub fn prompt_marks_ui(ui: &Ui, theme: &Theme, rows: &[Arc<Row>], geometry: &Geometry) {
    let painter = ui.painter_at(geometry.rect);
    for (row, fate) in fates(rows) {
        let color = match fate {
            Fate::Open => theme.accent,
            Fate::Ended => theme.faint,
            Fate::Failed => theme.error,
        };
        let cells = geometry.cells(0, row, 1, 1);
        let corner = Pos2::new(geometry.rect.min.x, cells.min.y) + INSET;
        let end = Pos2::new(corner.x + WIDTH, cells.max.y - INSET.y);
        painter.rect_filled(Rect::from_min_max(corner, end), 1.0, color);
    }
}

#[cfg(test)]
mod tests {
    use agor_proto::row::Mark;

    use super::*;

    fn row(kinds: &[MarkKind]) -> Arc<Row> {
        let marks = kinds.iter().map(|&kind| Mark { cell: 0, kind });
        Arc::new(Row {
            marks: marks.collect(),
            ..Row::default()
        })
    }

    fn end(code: Option<i32>) -> MarkKind {
        MarkKind::End {
            code,
            took_millis: None,
        }
    }

    #[test]
    fn a_prompt_has_the_fate_of_the_command_that_was_given_at_it() {
        use MarkKind::{Input, Output, Prompt};
        let rows = [
            // Of a command whose prompt is above.
            row(&[end(Some(1)), Prompt, Input]),
            row(&[Output]),
            row(&[end(Some(0)), Prompt, Input]),
            row(&[end(Some(130)), Prompt, Prompt]),
            row(&[]),
            row(&[end(None), Prompt]),
        ];
        let expected = [
            (0, Fate::Ended),
            (2, Fate::Failed),
            (3, Fate::Ended),
            (5, Fate::Open),
        ];
        assert_eq!(fates(&rows), expected);
        assert!(fates(&[]).is_empty());
    }
}
