//! What is selected in a pane: two places in the session's text, so that a selection stays on its
//! words while rows scroll and wrap anew.

use std::ops::Range;
use std::sync::Arc;

use agor_proto::ids::LinePosition;
use agor_proto::row::Row;
use serde::{Deserialize, Serialize};

use super::scroll::place;

/// How far a selection grows at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Cell by cell.
    Cell,
    /// Word by word.
    Word,
    /// Line by line, over all rows of each.
    Line,
    /// A rectangle.
    Block,
}

/// See the module.
#[derive(Debug, Clone, Copy, PartialEq, Hash, Serialize, Deserialize)]
pub struct Selection {
    /// Where it was begun.
    pub anchor: Span,
    /// Where it goes to.
    pub head: Span,
    /// How it grows.
    pub unit: Unit,
}

/// Cells of the text, from the first to the one after the last.
#[derive(Debug, Clone, Copy, PartialEq, Hash, Serialize, Deserialize)]
pub struct Span {
    /// The first cell.
    pub start: LinePosition,
    /// The cell after the last.
    pub end: LinePosition,
}

impl Selection {
    /// Returns its ends.
    #[must_use]
    pub fn ends(&self) -> Span {
        Span {
            start: self.anchor.start.min(self.head.start),
            end: self.anchor.end.max(self.head.end),
        }
    }

    /// Says whether nothing is selected.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let Span { start, end } = self.ends();
        start == end
    }

    /// Returns the cells of a row that are selected, given the columns that a block spans.
    #[must_use]
    pub fn on_row(&self, row: &Row, columns: u16) -> Option<Range<u16>> {
        let Span { start, end } = self.ends();
        let here = place(row);
        let after = LinePosition {
            column: here.column.saturating_add(u32::from(columns)),
            ..here
        };
        if end <= here || after <= start {
            return None;
        }
        let first = if start <= here {
            0
        } else {
            cells(start.column - here.column)
        };
        let last = if end.line > here.line {
            columns
        } else {
            cells(end.column.saturating_sub(here.column)).min(columns)
        };
        (first < last).then_some(first..last)
    }

    /// Returns the text that is selected of `rows`.
    #[must_use]
    pub fn text(&self, rows: &[Arc<Row>]) -> Option<String> {
        let span = self.ends();
        let index = |at: LinePosition| rows.iter().rposition(|row| place(row) <= at);
        let first = index(span.start).unwrap_or(0);
        let last = index(span.end)?;
        let cell = |row: usize, at: LinePosition| {
            let start = place(&rows[row]);
            let inside = start.line == at.line && at.column >= start.column;
            if inside {
                cells(at.column - start.column)
            } else {
                0
            }
        };
        let (shape, start, end) = match self
            .block_columns(rows)
            .filter(|_| self.unit == Unit::Block)
        {
            Some(columns) => (
                agor_term::rows::Shape::Block,
                (first, columns.start),
                (last, columns.end),
            ),
            None => (
                agor_term::rows::Shape::Linear,
                (first, cell(first, span.start)),
                (last, cell(last, span.end)),
            ),
        };
        Some(agor_term::rows::text(rows, start, end, shape))
    }

    /// Returns the columns that a block spans, as places within their rows.
    #[must_use]
    pub fn block_columns(&self, rows: &[Arc<Row>]) -> Option<Range<u16>> {
        let column = |at: LinePosition| {
            let row = rows.iter().rev().find(|row| place(row) <= at)?;
            Some(cells(at.column.saturating_sub(row.start)))
        };
        let (a, b) = (column(self.anchor.start)?, column(self.head.start)?);
        Some(a.min(b)..a.max(b).saturating_add(1))
    }
}

fn cells(column: u32) -> u16 {
    u16::try_from(column).unwrap_or(u16::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use agor_proto::ids::LineId;

    fn at(line: u64, column: u32) -> LinePosition {
        LinePosition {
            line: LineId(line),
            column,
        }
    }

    fn selection(start: LinePosition, end: LinePosition) -> Selection {
        let cell = |at: LinePosition| Span { start: at, end: at };
        Selection {
            anchor: cell(end),
            head: cell(start),
            unit: Unit::Cell,
        }
    }

    fn row(line: u64, start: u32) -> Row {
        Row {
            line: LineId(line),
            start,
            ..Row::default()
        }
    }

    #[test]
    fn a_selection_covers_rows_between_its_ends_whole() {
        let selection = selection(at(5, 3), at(7, 2));
        assert_eq!(selection.on_row(&row(4, 0), 10), None);
        assert_eq!(selection.on_row(&row(5, 0), 10), Some(3..10));
        assert_eq!(selection.on_row(&row(6, 0), 10), Some(0..10));
        assert_eq!(selection.on_row(&row(7, 0), 10), Some(0..2));
        assert_eq!(selection.on_row(&row(8, 0), 10), None);
    }

    #[test]
    fn a_selection_goes_over_rows_of_one_line() {
        let selection = selection(at(5, 8), at(5, 23));
        assert_eq!(selection.on_row(&row(5, 0), 10), Some(8..10));
        assert_eq!(selection.on_row(&row(5, 10), 10), Some(0..10));
        assert_eq!(selection.on_row(&row(5, 20), 10), Some(0..3));
        assert_eq!(selection.on_row(&row(5, 30), 10), None);
    }

    #[test]
    fn an_end_at_a_rows_edge_covers_nothing_of_the_next() {
        let selection = selection(at(5, 0), at(5, 10));
        assert_eq!(selection.on_row(&row(5, 10), 10), None);
        let beyond = super::tests::selection(at(5, 10), at(6, 1));
        assert_eq!(beyond.on_row(&row(5, 0), 10), None);
        assert_eq!(beyond.on_row(&row(6, 0), 10), Some(0..1));
    }
}
