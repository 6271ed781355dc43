//! What the cursor goes over: the rows at hand, and where in them a place of the text is.

use std::sync::Arc;

use agor_proto::ids::LinePosition;
use agor_proto::row::Row;
use agor_proto::screen::{Mirror, Modes};
use agor_term::rows::motion::At;
use agor_term::rows::snap;

use super::super::scroll::{Scroll, Sight, place};

/// What the cursor goes over.
#[derive(Debug, Clone, Copy)]
pub struct View<'a> {
    /// The rows that are at hand.
    pub rows: &'a [Arc<Row>],
    /// Rows of the history above them.
    pub above: u32,
    /// Rows below them.
    pub below: u32,
    /// Grows with each fetch; 0 for the living screen.
    pub generation: u64,
    /// Columns of the session.
    pub columns: u16,
    /// The first of the rows that is shown.
    pub top: usize,
    /// How many are shown.
    pub shown: usize,
    /// Whether there is a history that can be fetched.
    pub has_history: bool,
}

impl<'a> View<'a> {
    /// Returns what a pane's cursor goes over: what was fetched while it looks back, else the living
    /// screen, of which the pane shows `shown` rows from `first` on.
    #[must_use]
    pub fn of(
        scroll: &Scroll,
        sight: Sight<'a>,
        mirror: &'a Mirror,
        (first, shown): (u16, u16),
    ) -> Self {
        let has_history = !mirror.modes.contains(Modes::ALT_SCREEN);
        let fetched = sight.window.filter(|window| !window.rows.is_empty());
        match (fetched, scroll.index(sight)) {
            (Some(window), Some(top)) => Self {
                rows: &window.rows,
                above: window.above,
                below: window.below,
                generation: window.generation,
                columns: mirror.size.cols,
                top,
                shown: usize::from(shown),
                has_history,
            },
            _ => Self {
                rows: &mirror.rows,
                above: if has_history { mirror.history.rows } else { 0 },
                below: 0,
                generation: 0,
                columns: mirror.size.cols,
                top: usize::from(first),
                shown: usize::from(shown),
                has_history,
            },
        }
    }

    pub(super) fn at(&self, place_of: LinePosition) -> At {
        let row = self.rows.iter().rposition(|row| place(row) <= place_of);
        let row = row.unwrap_or(0);
        let start = self.rows.get(row).map_or(0, |row| row.start);
        let col = place_of.column.saturating_sub(start);
        let last = self.columns.saturating_sub(1);
        At {
            row,
            col: u16::try_from(col).unwrap_or(last).min(last),
        }
    }

    pub(super) fn place(&self, at: At) -> Option<LinePosition> {
        let row = self.rows.get(at.row)?;
        Some(LinePosition {
            line: row.line,
            column: row.start + u32::from(snap(row, at.col).start),
        })
    }

    pub(super) fn covers(&self, at: LinePosition) -> bool {
        let (Some(first), Some(last)) = (self.rows.first(), self.rows.last()) else {
            return false;
        };
        (self.above == 0 || place(first) <= at) && (self.below == 0 || at < place(last))
    }
}

/// Returns on which row of those that are shown, and where, the cursor is.
#[must_use]
pub fn cell(view: View<'_>, cursor: LinePosition) -> Option<(u16, u16, u16)> {
    if !view.covers(cursor) {
        return None;
    }
    let at = view.at(cursor);
    let row = at
        .row
        .checked_sub(view.top)
        .filter(|row| *row < view.shown)?;
    let cells = snap(view.rows.get(at.row)?, at.col);
    Some((
        u16::try_from(row).ok()?,
        cells.start,
        cells.end - cells.start,
    ))
}

/// Returns the number of the cursor's row, from 1, and how many there are.
#[must_use]
pub fn numbers(view: View<'_>, cursor: LinePosition) -> (u64, u64) {
    let at = u64::try_from(view.at(cursor).row).unwrap_or(0);
    let rows = u64::try_from(view.rows.len()).unwrap_or(0);
    let above = u64::from(view.above);
    (above + at + 1, above + rows + u64::from(view.below))
}
