//! Selecting by keyboard: a cursor of the pane's own that goes over screen and history by vi's keys,
//! or by arrows, while what is looked at stays where it is. Which key means what is in the table of commands; counts
//! and the signs that are gone to are read here. Keeps places in the session's text, so that output moves nothing; rows
//! that are not at hand are waited for.

mod go;
mod keys;
mod view;

pub use view::{View, cell, numbers};

use agor_proto::ids::LinePosition;
use agor_proto::screen::Mirror;
use agor_term::rows::motion::{At, Sought};
use agor_term::rows::snap;

use super::find::Step;
use super::scroll::{Scroll, Sight};
use super::selection::{Selection, Span, Unit};
use crate::commands::Command;

/// The largest count before a key.
const COUNT_MAX: u32 = 1_000_000;

/// See the module.
#[derive(Debug, Default)]
pub struct Vi {
    /// Where the cursor is, once the pane was drawn with it.
    cursor: Option<LinePosition>,
    /// The column that it wants where rows are long enough.
    goal: u16,
    count: Option<u32>,
    /// Where it goes with the sign that is typed next.
    waits: Option<Waits>,
    /// The sign that was gone to last.
    sought: Option<Sought>,
    anchor: Option<Anchor>,
    /// Where it goes as soon as rows are there.
    jump: Option<Jump>,
    /// Rows that it still goes down, or up if negative, as soon as rows are there.
    owed: i64,
}

/// The way to a sign that is still to be typed.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Waits {
    forwards: bool,
    /// Whether it ends before the sign.
    short: bool,
}

impl Waits {
    /// Returns the letter that vi has for it.
    fn letter(self) -> char {
        match (self.forwards, self.short) {
            (true, false) => 'f',
            (false, false) => 'F',
            (true, true) => 't',
            (false, true) => 'T',
        }
    }
}

/// Where a selection began.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Anchor {
    at: LinePosition,
    unit: Unit,
    /// Whether it lasts only while Shift is held.
    by_shift: bool,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Jump {
    /// To the first row.
    Start,
    /// To the last row, once rows newer than this generation are there.
    End(u64),
    /// To a place.
    To(LinePosition),
}

/// What a key asks for beyond the cursor.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Effect {
    /// Nothing.
    None,
    /// The mode ends.
    Leave,
    /// This is copied, and the mode ends.
    Copy(Selection),
    /// A text is to be typed that is looked for in a direction.
    Find(Step),
    /// The hit after the one before, in its direction or against it.
    Again {
        /// Whether against it.
        back: bool,
    },
}

impl Vi {
    /// Says whether it knows where its cursor is, so that keys can move it.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.cursor.is_some()
    }

    /// Says whether the next key is the sign that is gone to.
    #[must_use]
    pub fn waits_for_sign(&self) -> bool {
        self.waits.is_some()
    }

    /// Returns where the cursor is.
    #[must_use]
    pub fn cursor(&self) -> Option<LinePosition> {
        self.cursor
    }

    /// Returns what is selected.
    #[must_use]
    pub fn selection(&self, view: View<'_>) -> Option<Selection> {
        let (anchor, cursor) = (self.anchor?, self.cursor?);
        Some(Selection {
            anchor: span(view, anchor.at, anchor.unit),
            head: span(view, cursor, anchor.unit),
            unit: anchor.unit,
        })
    }

    /// Goes where it was to go as far as rows are there now, and where it was first; `scroll` follows.
    pub fn settle(
        &mut self,
        view: View<'_>,
        sight: Sight<'_>,
        mirror: &Mirror,
        scroll: &mut Scroll,
    ) {
        if view.has_history {
            scroll.hold();
        }
        if view.rows.is_empty() {
            return;
        }
        let Some(cursor) = self.cursor else {
            let cursor = mirror.rows.get(usize::from(mirror.cursor.row));
            let cursor = cursor.map(|row| LinePosition {
                line: row.line,
                column: row.start + u32::from(mirror.cursor.col),
            });
            let shown = view.top..view.top + view.shown;
            let here = cursor.filter(|it| view.covers(*it) && shown.contains(&view.at(*it).row));
            // Where a person looks back, the cursor is where they look.
            let last = shown.end.min(view.rows.len()) - 1;
            let last = At { row: last, col: 0 };
            self.cursor = here.or_else(|| view.place(last));
            self.goal = self.cursor.map_or(0, |it| view.at(it).col);
            return;
        };
        let target = match self.jump {
            Some(Jump::Start) if view.above == 0 => Some(At { row: 0, col: 0 }),
            Some(Jump::End(after)) if view.generation > after || !view.has_history => {
                Some(self.last_text(view))
            }
            Some(Jump::To(to)) if view.covers(to) => Some(view.at(to)),
            _ => None,
        };
        if let Some(target) = target {
            self.jump = None;
            self.go(view, target);
            self.goal = target.col;
        } else if self.owed != 0 && self.jump.is_none() && view.covers(cursor) {
            let owed = std::mem::take(&mut self.owed);
            self.go_rows(view, owed);
        }
        self.show(view, sight, scroll);
    }

    /// Goes to a place as soon as its rows are there.
    pub fn go_to(&mut self, to: LinePosition) {
        self.owed = 0;
        self.jump = Some(Jump::To(to));
    }

    /// Returns in which way it selects, the count or key that waits for another, and what commands are for now.
    #[must_use]
    pub fn words(&self) -> (&'static str, String, &'static [(Command, &'static str)]) {
        let word = match self.anchor.map(|anchor| anchor.unit) {
            None => "Keyboard",
            Some(Unit::Line) => "Lines",
            Some(Unit::Block) => "Block",
            Some(_) => "Selection",
        };
        let mut waits = self
            .count
            .map_or_else(String::new, |count| count.to_string());
        waits.extend(self.waits.map(Waits::letter));
        let keys: &[(Command, &str)] = match self.anchor {
            None => &[
                (Command::ViSelect, "or Shift selects"),
                (Command::ViCopy, "copies the line"),
                (Command::ViFindNewer, "finds"),
                (Command::ViDrop, "leaves"),
            ],
            Some(_) => &[
                (Command::ViCopy, "copies"),
                (Command::ViOtherEnd, "other end"),
                (Command::ViDrop, "drops"),
            ],
        };
        (word, waits, keys)
    }
}

/// Returns the cells that a selection with an end at a place holds there.
fn span(view: View<'_>, at: LinePosition, unit: Unit) -> Span {
    match unit {
        Unit::Line => Span {
            start: LinePosition { column: 0, ..at },
            end: LinePosition {
                column: u32::MAX,
                ..at
            },
        },
        Unit::Block => Span { start: at, end: at },
        Unit::Cell | Unit::Word => {
            let cell = view.at(at);
            let wide = view.rows.get(cell.row).filter(|_| view.covers(at));
            let cells = wide.map_or(1, |row| {
                let cells = snap(row, cell.col);
                cells.end - cells.start
            });
            Span {
                start: at,
                end: LinePosition {
                    column: at.column.saturating_add(u32::from(cells)),
                    ..at
                },
            }
        }
    }
}

#[cfg(test)]
mod tests;
