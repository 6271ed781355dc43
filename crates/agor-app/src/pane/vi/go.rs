//! Where the cursor goes, and that it stays in view.

use agor_term::rows::motion::{self, At};

use super::super::scroll::{Scroll, Sight};
use super::{Jump, Vi, View};

impl Vi {
    /// Repeats a motion, until it leads nowhere.
    pub(super) fn step(&mut self, view: View<'_>, counted: Option<u32>, step: impl Fn(At) -> At) {
        let Some(cursor) = self.cursor else {
            return;
        };
        let mut at = view.at(cursor);
        for _ in 0..counted.unwrap_or(1) {
            let next = step(at);
            if next == at {
                break;
            }
            at = next;
        }
        self.goal = at.col;
        self.go(view, at);
    }

    pub(super) fn go(&mut self, view: View<'_>, at: At) {
        self.owed = 0;
        self.jump = None;
        self.cursor = view.place(at).or(self.cursor);
    }

    /// Goes down by rows, or up; what is not at hand yet is owed.
    pub(super) fn go_rows(&mut self, view: View<'_>, by: i64) {
        let Some(cursor) = self.cursor else {
            return;
        };
        let at = view.at(cursor);
        let row = i64::try_from(at.row).unwrap_or(0);
        // One before the last, while there are more: it has rows on both sides, which are fetched anew.
        let last = view.rows.len() - usize::from(view.below > 0 && view.rows.len() > 1);
        let last = i64::try_from(last).unwrap_or(1) - 1;
        let wanted = row.saturating_add(by).saturating_add(self.owed);
        let reached = wanted.clamp(0, last);
        let more = match wanted < reached {
            true => view.above > 0,
            false => view.below > 0,
        };
        let target = At {
            row: usize::try_from(reached).unwrap_or(0),
            col: self.goal.min(view.columns.saturating_sub(1)),
        };
        let target = match self.goal {
            u16::MAX => motion::line_end(view.rows, target),
            _ => target,
        };
        self.go(view, target);
        self.owed = if more { wanted - reached } else { 0 };
    }

    /// Goes by rows, and what is shown with it.
    pub(super) fn page(&mut self, view: View<'_>, scroll: &mut Scroll, by: i64) {
        self.go_rows(view, by);
        if view.has_history {
            scroll.by(-by);
        }
    }

    pub(super) fn in_view(&mut self, view: View<'_>, row: usize) {
        let row = (view.top + row).min(view.rows.len().saturating_sub(1));
        self.step(view, None, |_| {
            motion::line_text(view.rows, At { row, col: 0 })
        });
    }

    pub(super) fn go_to_start(&mut self, view: View<'_>, scroll: &mut Scroll) {
        if !view.has_history {
            return self.go(view, At { row: 0, col: 0 });
        }
        self.owed = 0;
        self.jump = Some(Jump::Start);
        scroll.go_to_start();
    }

    pub(super) fn go_to_end(&mut self, view: View<'_>, scroll: &mut Scroll) {
        if view.has_history {
            self.owed = 0;
            self.jump = Some(Jump::End(view.generation));
            scroll.go_to_newest(view.generation);
        } else {
            let last = self.last_text(view);
            self.go(view, last);
        }
    }

    /// Returns the last row that is not blank.
    pub(super) fn last_text(&self, view: View<'_>) -> At {
        let row = view
            .rows
            .iter()
            .rposition(|row| !row.text.trim().is_empty());
        let row = row.unwrap_or(view.rows.len().saturating_sub(1));
        At { row, col: 0 }
    }

    /// Lets the pane show the cursor.
    pub(super) fn show(&self, view: View<'_>, sight: Sight<'_>, scroll: &mut Scroll) {
        if let Some(cursor) = self
            .cursor
            .filter(|_| self.jump.is_none() && view.has_history)
        {
            scroll.reveal(cursor, view.shown, sight);
            // What is still to be gone is fetched at once, not page by page.
            if self.owed != 0 {
                scroll.by(-self.owed);
            }
        }
    }
}
