//! Selecting by keyboard: a cursor of the pane's own that goes over screen and history by vi's keys,
//! or by arrows, while what is looked at stays where it is. Keeps places in the session's text, so
//! that output moves nothing; rows that are not at hand are waited for.

pub mod motion;

use std::sync::Arc;

use agor_proto::ids::LinePosition;
use agor_proto::input::{Key, KeyInput, Mods};
use agor_proto::row::Row;
use agor_proto::screen::{Mirror, Modes};
use agor_term::rows::snap;

use super::find::Step;
use super::scroll::{Scroll, Sight, place};
use super::selection::{Selection, Span, Unit};
use motion::{At, Words};

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
    /// Whether `g` was pressed and waits for what follows.
    g: bool,
    anchor: Option<Anchor>,
    /// Where it goes as soon as rows are there.
    jump: Option<Jump>,
    /// Rows that it still goes down, or up if negative, as soon as rows are there.
    owed: i64,
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

    fn at(&self, place_of: LinePosition) -> At {
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

    fn place(&self, at: At) -> Option<LinePosition> {
        let row = self.rows.get(at.row)?;
        Some(LinePosition {
            line: row.line,
            column: row.start + u32::from(snap(row, at.col).start),
        })
    }

    fn covers(&self, at: LinePosition) -> bool {
        let (Some(first), Some(last)) = (self.rows.first(), self.rows.last()) else {
            return false;
        };
        (self.above == 0 || place(first) <= at) && (self.below == 0 || at < place(last))
    }
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

    /// Takes a key.
    pub fn on_key(
        &mut self,
        key: &KeyInput,
        view: View<'_>,
        sight: Sight<'_>,
        scroll: &mut Scroll,
    ) -> Effect {
        if view.rows.is_empty() {
            return Effect::Leave;
        }
        let effect = self.act(key, view, scroll);
        self.show(view, sight, scroll);
        effect
    }

    fn act(&mut self, key: &KeyInput, view: View<'_>, scroll: &mut Scroll) -> Effect {
        let held = |mods| key.mods.intersects(mods);
        let (shift, ctrl) = (held(Mods::SHIFT), held(Mods::CTRL));
        let letter = letter(key);
        if held(Mods::ALT.with(Mods::SUPER)) {
            return Effect::None;
        }
        if let (Some(digit @ '0'..='9'), false) = (letter, ctrl)
            && (digit != '0' || self.count.is_some())
        {
            let digit = u32::from(digit) - u32::from('0');
            let count = self.count.unwrap_or(0).saturating_mul(10) + digit;
            self.count = Some(count.min(COUNT_MAX));
            return Effect::None;
        }
        let g = std::mem::take(&mut self.g);
        let counted = self.count.take();
        if g {
            match letter {
                Some('g') => self.go_to_start(view, scroll),
                Some('e') => self.step(view, counted, |at| {
                    motion::word_before(view.rows, at, Words::Small)
                }),
                _ => {}
            }
            return Effect::None;
        }
        match (letter, ctrl) {
            (Some(letter), false) => self.plain(letter, counted, view, scroll),
            (Some(letter), true) => self.with_control(letter, counted, view, scroll),
            (None, _) => self.named(key.key, (shift, ctrl), counted, view, scroll),
        }
    }

    fn plain(
        &mut self,
        letter: char,
        counted: Option<u32>,
        view: View<'_>,
        scroll: &mut Scroll,
    ) -> Effect {
        let rows = view.rows;
        let count = i64::from(counted.unwrap_or(1));
        match letter {
            'h' => self.step(view, counted, |at| motion::left(rows, at, view.columns)),
            'l' | ' ' => self.step(view, counted, |at| motion::right(rows, at, view.columns)),
            'j' => self.go_rows(view, count),
            'k' => self.go_rows(view, -count),
            'w' => self.step(view, counted, |at| {
                motion::word_after(rows, at, Words::Small)
            }),
            'W' => self.step(view, counted, |at| {
                motion::word_after(rows, at, Words::Large)
            }),
            'b' => self.step(view, counted, |at| {
                motion::word_before(rows, at, Words::Small)
            }),
            'B' => self.step(view, counted, |at| {
                motion::word_before(rows, at, Words::Large)
            }),
            'e' => self.step(view, counted, |at| motion::word_end(rows, at, Words::Small)),
            'E' => self.step(view, counted, |at| motion::word_end(rows, at, Words::Large)),
            '0' => self.step(view, None, |at| motion::line_start(rows, at)),
            '^' => self.step(view, None, |at| motion::line_text(rows, at)),
            '$' => {
                self.step(view, None, |at| motion::line_end(rows, at));
                self.goal = u16::MAX;
            }
            '{' => self.step(view, counted, |at| motion::paragraph(rows, at, false)),
            '}' => self.step(view, counted, |at| motion::paragraph(rows, at, true)),
            'H' => self.in_view(view, 0),
            'M' => self.in_view(view, view.shown / 2),
            'L' => self.in_view(view, view.shown.saturating_sub(1)),
            'g' => self.g = true,
            'G' => self.go_to_end(view, scroll),
            'v' => self.select(Unit::Cell),
            'V' => self.select(Unit::Line),
            'o' => self.swap(view),
            'y' | 'Y' => return self.copied(view, letter == 'Y'),
            '/' => return Effect::Find(Step::Newer),
            '?' => return Effect::Find(Step::Older),
            'n' => return Effect::Again { back: false },
            'N' => return Effect::Again { back: true },
            'q' | 'i' => return Effect::Leave,
            _ => {}
        }
        Effect::None
    }

    fn with_control(
        &mut self,
        letter: char,
        counted: Option<u32>,
        view: View<'_>,
        scroll: &mut Scroll,
    ) -> Effect {
        let count = i64::from(counted.unwrap_or(1));
        let page = i64::try_from(view.shown).unwrap_or(1);
        match letter.to_ascii_lowercase() {
            'd' => self.page(view, scroll, count * (page / 2).max(1)),
            'u' => self.page(view, scroll, -count * (page / 2).max(1)),
            'f' => self.page(view, scroll, count * (page - 2).max(1)),
            'b' => self.page(view, scroll, -count * (page - 2).max(1)),
            'e' => self.page(view, scroll, count),
            'y' => self.page(view, scroll, -count),
            'v' => self.select(Unit::Block),
            'c' if self.anchor.is_some() => return self.copied(view, false),
            'c' => return Effect::Leave,
            'a' => {
                self.go_to_start(view, scroll);
            }
            _ => {}
        }
        Effect::None
    }

    /// Takes a key that makes no text, as editors without modes know them.
    fn named(
        &mut self,
        key: Key,
        (shift, ctrl): (bool, bool),
        counted: Option<u32>,
        view: View<'_>,
        scroll: &mut Scroll,
    ) -> Effect {
        let rows = view.rows;
        let count = i64::from(counted.unwrap_or(1));
        let page = i64::try_from(view.shown).unwrap_or(1) - 1;
        match key {
            Key::Escape if self.anchor.take().is_some() => return Effect::None,
            Key::Escape => return Effect::Leave,
            Key::Enter | Key::KeypadEnter => return self.copied(view, false),
            _ => {}
        }
        let moves = matches!(
            key,
            Key::Left
                | Key::Right
                | Key::Up
                | Key::Down
                | Key::Home
                | Key::End
                | Key::PageUp
                | Key::PageDown
                | Key::Backspace
        );
        if moves {
            self.by_shift(shift);
        }
        match key {
            Key::Left if ctrl => {
                self.step(view, counted, |at| {
                    motion::word_before(rows, at, Words::Small)
                });
            }
            Key::Right if ctrl => {
                self.step(view, counted, |at| {
                    motion::word_after(rows, at, Words::Small)
                });
            }
            Key::Left | Key::Backspace => {
                self.step(view, counted, |at| motion::left(rows, at, view.columns));
            }
            Key::Right => self.step(view, counted, |at| motion::right(rows, at, view.columns)),
            Key::Up => self.go_rows(view, -count),
            Key::Down => self.go_rows(view, count),
            Key::Home if ctrl => self.go_to_start(view, scroll),
            Key::End if ctrl => self.go_to_end(view, scroll),
            Key::Home => self.step(view, None, |at| motion::line_start(rows, at)),
            Key::End => self.step(view, None, |at| motion::line_end(rows, at)),
            Key::PageUp => self.page(view, scroll, -count * page.max(1)),
            Key::PageDown => self.page(view, scroll, count * page.max(1)),
            _ => {}
        }
        Effect::None
    }

    /// Begins a selection with Shift, or drops one that Shift began.
    fn by_shift(&mut self, shift: bool) {
        match (self.anchor, self.cursor) {
            (None, Some(at)) if shift => {
                self.anchor = Some(Anchor {
                    at,
                    unit: Unit::Cell,
                    by_shift: true,
                });
            }
            (Some(Anchor { by_shift: true, .. }), _) if !shift => self.anchor = None,
            _ => {}
        }
    }

    /// Begins a selection, lets it grow otherwise, or drops it.
    fn select(&mut self, unit: Unit) {
        self.anchor = match self.anchor {
            Some(anchor) if anchor.unit == unit => None,
            Some(anchor) => Some(Anchor {
                unit,
                by_shift: false,
                ..anchor
            }),
            None => self.cursor.map(|at| Anchor {
                at,
                unit,
                by_shift: false,
            }),
        };
    }

    /// Goes to the other end of the selection.
    fn swap(&mut self, view: View<'_>) {
        if let (Some(anchor), Some(cursor)) = (&mut self.anchor, self.cursor) {
            let to = std::mem::replace(&mut anchor.at, cursor);
            if view.covers(to) {
                self.go(view, view.at(to));
            } else {
                self.go_to(to);
            }
        }
    }

    fn copied(&mut self, view: View<'_>, lines: bool) -> Effect {
        let Some(cursor) = self.cursor else {
            return Effect::Leave;
        };
        if self.anchor.is_none() || lines {
            let at = self.anchor.map_or(cursor, |anchor| anchor.at);
            self.anchor = Some(Anchor {
                at,
                unit: Unit::Line,
                by_shift: false,
            });
        }
        match self.selection(view) {
            Some(selection) => Effect::Copy(selection),
            None => Effect::Leave,
        }
    }

    /// Repeats a motion, until it leads nowhere.
    fn step(&mut self, view: View<'_>, counted: Option<u32>, step: impl Fn(At) -> At) {
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

    fn go(&mut self, view: View<'_>, at: At) {
        self.owed = 0;
        self.jump = None;
        self.cursor = view.place(at).or(self.cursor);
    }

    /// Goes down by rows, or up; what is not at hand yet is owed.
    fn go_rows(&mut self, view: View<'_>, by: i64) {
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
    fn page(&mut self, view: View<'_>, scroll: &mut Scroll, by: i64) {
        self.go_rows(view, by);
        if view.has_history {
            scroll.by(-by);
        }
    }

    fn in_view(&mut self, view: View<'_>, row: usize) {
        let row = (view.top + row).min(view.rows.len().saturating_sub(1));
        self.step(view, None, |_| {
            motion::line_text(view.rows, At { row, col: 0 })
        });
    }

    fn go_to_start(&mut self, view: View<'_>, scroll: &mut Scroll) {
        if !view.has_history {
            return self.go(view, At { row: 0, col: 0 });
        }
        self.owed = 0;
        self.jump = Some(Jump::Start);
        scroll.go_to_start();
    }

    fn go_to_end(&mut self, view: View<'_>, scroll: &mut Scroll) {
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
    fn last_text(&self, view: View<'_>) -> At {
        let row = view
            .rows
            .iter()
            .rposition(|row| !row.text.trim().is_empty());
        let row = row.unwrap_or(view.rows.len().saturating_sub(1));
        At { row, col: 0 }
    }

    /// Lets the pane show the cursor.
    fn show(&self, view: View<'_>, sight: Sight<'_>, scroll: &mut Scroll) {
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

    /// Returns in which way it selects, the count or key that waits for another, and what keys do now.
    #[must_use]
    pub fn words(&self) -> (&'static str, String, &'static [&'static str]) {
        let word = match self.anchor.map(|anchor| anchor.unit) {
            None => "Keyboard",
            Some(Unit::Line) => "Lines",
            Some(Unit::Block) => "Block",
            Some(_) => "Selection",
        };
        let mut waits = self
            .count
            .map_or_else(String::new, |count| count.to_string());
        if self.g {
            waits.push('g');
        }
        let keys: &[&str] = match self.anchor {
            None => &[
                "v or Shift selects",
                "y copies the line",
                "/ finds",
                "Esc leaves",
            ],
            Some(_) => &["y copies", "o other end", "Esc drops"],
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

/// Returns the character that a key means: what it types, or where the layout has no Latin letters,
/// what its place does.
fn letter(key: &KeyInput) -> Option<char> {
    let Key::Char(plain) = key.key else {
        return match key.key {
            Key::KeypadChar(digit @ '0'..='9') => Some(digit),
            _ => None,
        };
    };
    let shift = key.mods.contains(Mods::SHIFT);
    let typed = key.text.chars().next().or(key.shifted.filter(|_| shift));
    let typed = typed.unwrap_or(plain);
    if typed.is_ascii() {
        return Some(typed);
    }
    let base = key.base_layout?;
    Some(if shift {
        base.to_ascii_uppercase()
    } else {
        base
    })
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

#[cfg(test)]
mod tests;
