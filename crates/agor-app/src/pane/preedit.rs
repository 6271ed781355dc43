//! What an input method is composing: text of any script, so it is drawn as the terminal's is, over the cells at
//! the cursor.

use std::sync::Arc;

use agor_proto::ids::Size;
use agor_proto::row::Row;
use agor_proto::screen::CursorShape;
use agor_render::{CursorStyle, CursorView, Highlight, HighlightKind, PaneCache, PaneView};
use agor_term::{Options, Terminal};
use egui::Ui;

use super::canvas::callback;
use super::geometry::Geometry;
use super::view::Painting;

/// Draws it from the cell at `col` and `row` on, or so far left of it that its end is in view.
pub(super) fn preedit_ui(
    ui: &Ui,
    painting: &mut Painting<'_>,
    cache: &mut PaneCache,
    (col, row, columns): (u16, u16, u16),
    geometry: &Geometry,
) {
    let Some((text, caret)) = painting.preedit else {
        return;
    };
    let Some((line, cells)) = line(text, columns) else {
        return;
    };
    // One cell more, for a caret behind it.
    let taken = cells.saturating_add(1).min(columns);
    let area = geometry.cells(col.min(columns - taken), row, taken, 1);
    let [width, height] = geometry.cell_px;
    let rows = [Arc::new(line)];
    let spans = [Highlight {
        row: 0,
        cols: 0..cells,
        kind: HighlightKind::Preedit,
    }];
    let view = PaneView {
        rows: &rows,
        columns: taken,
        origin_px: [0, 0],
        clip_px: None,
        size_px: [width * u32::from(taken), height],
        cursor: caret.map(|caret| CursorView {
            col: caret_cell(text, caret, columns),
            row: 0,
            shape: CursorShape::Bar,
            style: CursorStyle::Focused,
        }),
        spans: &spans,
        images: &[],
        colors: painting.colors,
        palette: &[],
        reverse: false,
        dim: false,
        blink_on: true,
    };
    let draw = painting.renderer.pane(cache, &view);
    ui.painter().add(callback(area, draw));
}

/// Returns the cell before which a caret stands that stands before this byte of the text; one within a character
/// is no place, and the end takes it.
fn caret_cell(text: &str, caret: usize, columns: u16) -> u16 {
    let before = text.get(..caret).unwrap_or(text);
    line(before, columns).map_or(0, |(_, cells)| cells)
}

/// Returns a text as a row, as much of it as there are columns for, and the cells that it takes; nothing if it
/// takes none.
fn line(text: &str, columns: u16) -> Option<(Row, u16)> {
    let mut terminal = Terminal::new(Options {
        size: Size::cells(columns, 1),
        ..Options::default()
    });
    let shown: String = text.chars().filter(|c| !c.is_control()).collect();
    // What does not fit is left out, rather than the beginning of it.
    terminal.advance(b"\x1b[?7l", &mut Vec::new());
    terminal.advance(shown.as_bytes(), &mut Vec::new());
    let row = terminal.row(0);
    let cells = row.width().max(terminal.cursor().col).min(columns);
    (cells > 0).then_some((row, cells))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(text: &str, columns: u16) -> Option<(String, u16)> {
        line(text, columns).map(|(row, cells)| (row.text.trim_end().to_owned(), cells))
    }

    #[test]
    fn a_text_of_any_script_takes_the_cells_that_a_terminal_gives_it() {
        assert_eq!(cells("", 80), None);
        assert_eq!(cells("nihao", 80), Some(("nihao".into(), 5)));
        assert_eq!(cells("にほn", 80), Some(("にほn".into(), 5)));
        assert_eq!(cells("한글", 80), Some(("한글".into(), 4)));
        assert_eq!(cells("e\u{301} ", 80), Some(("e\u{301}".into(), 2)));
        // It is no program's output.
        assert_eq!(cells("a\x1b[2Jb\n", 80), Some(("a[2Jb".into(), 5)));
        let (_, taken) = cells(&"あ".repeat(100), 10).unwrap();
        assert!(taken <= 10);
    }

    #[test]
    fn the_caret_stands_before_the_cell_of_its_character() {
        let text = "にほ n";
        let carets = [0, 3, 6, 7, 8].map(|caret| caret_cell(text, caret, 80));
        assert_eq!(carets, [0, 2, 4, 5, 6]);
        // Within a character, and behind the end.
        assert_eq!(caret_cell(text, 1, 80), 6);
        assert_eq!(caret_cell(text, 99, 80), 6);
    }
}
