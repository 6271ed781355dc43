//! What a person points at: words, lines, the text between two cells, and the motions of keyboard
//! selection against those of alacritty's vi mode.
//!
//! What differs on purpose is not asked:
//! - Small words: alacritty ends them at its separators, we where letters end, as vi does.
//! - `0` and `$`: alacritty goes to the ends of the row first and to those of the line when asked
//!   again; a line is one for us, however many rows it takes. `$` beyond the text is the last column
//!   there, and the end of the text here.
//! - Words at the end of a row that is full and does not wrap: alacritty joins them with the next.
//!   Lines end in a blank.
//! - `{` in the first row of a paragraph: alacritty passes over the paragraph before, vi stops between.
//! - Motions that lead behind the last text: alacritty goes to the last cell of the screen.

use std::sync::Arc;

use agor_proto::ids::Size;
use agor_proto::row::Row;
use agor_term::rows::motion::{self, At, Words};
use agor_term::rows::{Shape, line_at, text, word_between};
use alacritty_terminal::index::{Column, Line, Point};
use alacritty_terminal::term::SEMANTIC_ESCAPE_CHARS;
use alacritty_terminal::vi_mode::{ViModeCursor, ViMotion};
use proptest::prelude::*;

use crate::pair::{Heard, Pair};
use alacritty_terminal::grid::Dimensions;
use alacritty_terminal::term::Term;

/// A pair with text, its rows, and two cells of it.
struct Pointed {
    pair: Pair,
    rows: Vec<Arc<Row>>,
    cells: [(usize, u16); 2],
}

impl Pointed {
    fn new(size: Size, text: &str, cells: [(u16, u16); 2]) -> Self {
        let mut pair = Pair::new(size);
        pair.advance(text.as_bytes());
        let count = pair.ours.rows_len();
        let rows = pair.ours.rows_from(0, count);
        Self {
            rows: rows.into_iter().map(Arc::new).collect(),
            cells: cells.map(|(row, col)| (usize::from(row) % count, col % size.cols)),
            pair,
        }
    }

    /// Returns a cell as alacritty counts them: rows above the screen are negative.
    fn point(&self, (row, col): (usize, u16)) -> Point {
        let above = self.pair.theirs.grid().history_size();
        Point::new(Line(row as i32 - above as i32), Column(col.into()))
    }

    fn cell(&self, point: Point) -> (usize, u16) {
        let above = self.pair.theirs.grid().history_size() as i32;
        let row = usize::try_from(point.line.0 + above).unwrap();
        (row, point.column.0 as u16)
    }

    /// Returns the text of the cluster at a cell; a blank where there is none.
    fn at(&self, (row, col): (usize, u16)) -> &str {
        let mut clusters = self.rows[row].clusters();
        let covers = |cell: u16, width: u8| (cell..cell + u16::from(width)).contains(&col);
        clusters
            .find(|it| covers(it.cell, it.width))
            .map_or(" ", |it| it.text)
    }

    /// Returns the first cell of the cluster at a cell.
    fn snapped(&self, (row, col): (usize, u16)) -> (usize, u16) {
        (row, agor_term::rows::snap(&self.rows[row], col).start)
    }

    fn moved(&mut self, motion: ViMotion, from: (usize, u16)) -> (usize, u16) {
        let point = self.point(from);
        let theirs: &mut Term<Heard> = &mut self.pair.theirs;
        let point = ViModeCursor::new(point).motion(theirs, motion).point;
        let cell = self.snapped(self.cell(point));
        let row = &self.rows[cell.0];
        // It stops at a cell that was left free, which is no part of the text.
        let left_free = row.wraps() && cell.1 >= row.width();
        match motion {
            ViMotion::Left if left_free => self.moved(motion, cell),
            _ if left_free => (cell.0 + 1, 0),
            _ => cell,
        }
    }
}

prop_compose! {
    /// Screens with lines that wrap, words, brackets, wide characters and empty lines.
    fn pointed()(
        cols in 8_u16..40,
        rows in 3_u16..12,
        text in "(([a-z0-9_(\\[)\\]\"日本]{1,9} {1,3}){1,8}\r\n(\r\n)?){1,10}",
        cells in any::<[(u16, u16); 2]>(),
    ) -> (Size, String, [(u16, u16); 2]) {
        (Size::cells(cols, rows), text, cells)
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..Default::default() })]

    #[test]
    fn a_word_and_its_line_are_what_alacritty_selects((size, written, cells) in pointed()) {
        let it = Pointed::new(size, &written, cells);
        let cell = it.cells[0];
        let point = it.point(cell);
        let lines = line_at(&it.rows, cell.0);
        let theirs = &it.pair.theirs;
        let their_lines = it.cell(theirs.line_search_left(point)).0..it.cell(theirs.line_search_right(point)).0 + 1;
        prop_assert_eq!(lines, their_lines, "of {:?} on {} {:?}", cell, size, written);

        let separates = |text: &str| text.chars().all(|c| SEMANTIC_ESCAPE_CHARS.contains(c));
        if separates(it.at(cell)) {
            return Ok(());
        }
        let word = word_between(&it.rows, cell.0, cell.1, SEMANTIC_ESCAPE_CHARS).unwrap();
        let first = it.cell(theirs.semantic_search_left(point));
        let last = it.cell(theirs.semantic_search_right(point));
        prop_assert_eq!(word.start, it.snapped(first), "of {:?} on {} {:?}", cell, size, written);
        let last_of_ours = it.snapped((word.end.0, word.end.1 - 1));
        prop_assert_eq!(last_of_ours, it.snapped(last), "of {:?} on {} {:?}", cell, size, written);
    }

    #[test]
    fn the_text_between_two_cells_is_what_alacritty_copies((size, written, cells) in pointed()) {
        let mut it = Pointed::new(size, &written, cells);
        it.cells.sort_unstable();
        let [start, end] = it.cells;
        // Alacritty adds the character that did not fit, but from the row before.
        let last = &it.rows[end.0];
        if last.wraps() && end.1 >= last.width() {
            return Ok(());
        }
        let ours = text(&it.rows, start, (end.0, end.1 + 1), Shape::Linear);
        let theirs = it.pair.theirs.bounds_to_string(it.point(start), it.point(end));
        // Blanks at the end of a line are no text, where it wraps too; alacritty drops a last line feed.
        let trimmed = |text: &str| text.split('\n').map(str::trim_end).collect::<Vec<_>>().join("\n").trim_end().to_owned();
        prop_assert_eq!(trimmed(&ours), trimmed(&theirs), "of {:?} on {} {:?}", it.cells, size, written);
    }

    #[test]
    fn motions_lead_where_those_of_alacritty_lead((size, written, cells) in pointed()) {
        let mut it = Pointed::new(size, &written, cells);
        let from = it.snapped(it.cells[0]);
        if it.rows[from.0].wraps() && from.1 >= it.rows[from.0].width() {
            return Ok(());
        }
        let at = At { row: from.0, col: from.1 };
        let place = |at: At| (at.row, at.col);
        let rows = it.rows.clone();
        let said = format!("from {from:?} on {size} {written:?}");
        let text_ends = rows.iter().rposition(|row| !row.text.trim().is_empty()).unwrap_or(0);

        prop_assert_eq!(place(motion::left(&rows, at, size.cols)), it.moved(ViMotion::Left, from), "left {}", said);
        prop_assert_eq!(place(motion::right(&rows, at, size.cols)), it.moved(ViMotion::Right, from), "right {}", said);
        let mut first = from;
        while first != it.moved(ViMotion::First, first) {
            first = it.moved(ViMotion::First, first);
        }
        prop_assert_eq!(place(motion::line_start(&rows, at)), first, "line start {}", said);
        let blank = |row: usize| rows[row].text.trim().is_empty();
        if blank(from.0) || from.0 == 0 || !blank(from.0 - 1) { prop_assert_eq!(
            place(motion::paragraph(&rows, at, false)), it.moved(ViMotion::ParagraphUp, from), "paragraph up {}", said
        ); }
        prop_assert_eq!(
            place(motion::paragraph(&rows, at, true)), it.moved(ViMotion::ParagraphDown, from), "paragraph down {}", said
        );
        prop_assert_eq!(
            place(motion::word_before(&rows, at, Words::Large)), it.moved(ViMotion::WordLeft, from), "B {}", said
        );
        if "()[]{}<>".contains(it.at(from)) {
            prop_assert_eq!(place(motion::bracket(&rows, at)), it.moved(ViMotion::Bracket, from), "% {}", said);
        }
        for (name, ours, motion) in [
            ("W", motion::word_after(&rows, at, Words::Large), ViMotion::WordRight),
            ("E", motion::word_end(&rows, at, Words::Large), ViMotion::WordRightEnd),
            ("gE", motion::word_end_before(&rows, at, Words::Large), ViMotion::WordLeftEnd),
        ] {
            let theirs = it.moved(motion, from);
            if theirs.0 <= text_ends && !it.at(theirs).trim().is_empty() {
                prop_assert_eq!(place(ours), theirs, "{} {}", name, said);
            }
        }
    }
}
