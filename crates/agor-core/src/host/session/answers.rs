//! Answers to questions about one session. They change nothing.

use std::time::Duration;

use agor_proto::error::{ErrorCode, WireError};
use agor_proto::event::Event;
use agor_proto::ids::{AskId, ConnEpoch, InputSeq, LinePosition, Offset, Seq, SessionId};
use agor_proto::limits::{EVENTS_ASKED_MAX, UPDATE_BYTES_MAX, WINDOW_ROWS_MAX};
use agor_proto::message::{Answer, Message, Part, Query, WindowAt};
use agor_proto::row::Row;
use agor_proto::screen::{Placement, ScreenUpdate};
use agor_term::Terminal;
use agor_term::update::Viewer;

use super::find::begins;
use super::shelf::{self, Look, Question, Within};
use super::{Effect, Now, Session, find, marks, subscribers, waits};

impl Session {
    pub(super) fn on_query(
        &mut self,
        conn: ConnEpoch,
        ask: AskId,
        query: Query,
        now: Now,
        effects: &mut Vec<Effect>,
    ) {
        match query {
            Query::Screen { .. } => {
                let offset = self.fold.offset();
                let updates = match self.fold.terminal() {
                    Some(terminal) => whole_screen(terminal, self.id, offset),
                    None => Vec::new(),
                };
                let parts = updates.into_iter().map(Box::new).map(Part::Screen);
                answer(conn, ask, parts.collect(), effects);
            }
            Query::Rows { from, screen, .. } => {
                let pages = self.fold.pages(from, screen).into_iter();
                let mut parts: Vec<Part> = pages.map(|rows| Part::Rows { rows }).collect();
                parts.push(Part::Rows { rows: Vec::new() });
                match self.shelf.is_empty() {
                    true => answer(conn, ask, parts, effects),
                    false => effects.push(Effect::ReadRows {
                        conn,
                        ask,
                        shelf: self.shelf.clone(),
                        from,
                        parts,
                    }),
                }
            }
            Query::Window {
                at, before, count, ..
            } => {
                if let Some(question) = self.window_on_shelf(at, before, count) {
                    return self.look_on_shelf(conn, ask, question, effects);
                }
                let terminal = self.fold.terminal();
                let part = terminal.map(|terminal| window(terminal, at, before, count));
                answer(conn, ask, part.into_iter().collect(), effects);
            }
            Query::Find {
                pattern,
                regex,
                ignore_case,
                from,
                forwards,
                count,
                excerpt,
                ..
            } => {
                let wanted = find::Wanted {
                    from,
                    forwards,
                    count,
                    excerpt,
                };
                let part = match waits::compile(&pattern, regex, ignore_case) {
                    Ok(compiled) if self.is_on_shelf(from, forwards) => {
                        let (from, memory) = (self.within_shelf(from), self.memory_begin());
                        let question = Question::Find {
                            regex: compiled,
                            required: shelf::required(&pattern, regex, ignore_case),
                            from,
                            forwards,
                            count,
                            excerpt,
                            memory,
                        };
                        return self.look_on_shelf(conn, ask, question, effects);
                    }
                    Ok(regex) => {
                        let terminal = self.fold.terminal();
                        terminal.map(|terminal| find::find(terminal, &regex, wanted))
                    }
                    Err(error) => Some(Part::Failed { error }),
                };
                answer(conn, ask, part.into_iter().collect(), effects);
            }
            Query::Marks {
                from,
                forwards,
                count,
                ..
            } => {
                if self.is_on_shelf(from, forwards) {
                    let question = Question::Marks {
                        from: self.within_shelf(from),
                        forwards,
                        count,
                        memory: self.memory_begin(),
                    };
                    return self.look_on_shelf(conn, ask, question, effects);
                }
                let terminal = self.fold.terminal();
                let part = terminal.map(|it| marks::marks(it, from, forwards, count));
                answer(conn, ask, part.into_iter().collect(), effects);
            }
            Query::Events { from, count, .. } => {
                let before_kept = Seq(self.journal.first_kept().0.saturating_sub(1));
                let after = Seq(from.0.saturating_sub(1)).max(before_kept);
                let count = count.min(EVENTS_ASKED_MAX);
                match self.journal.recent_after(after) {
                    Some(mut events) => {
                        events.truncate(count as usize);
                        let mut parts = event_parts(&events);
                        parts.push(Part::Events { events: Vec::new() });
                        answer(conn, ask, parts, effects);
                    }
                    None => effects.push(Effect::ReadEvents {
                        conn,
                        ask,
                        after,
                        count,
                    }),
                }
            }
            Query::Explain { .. } => {
                answer(conn, ask, vec![self.agent.explain()], effects);
            }
            Query::WaitState {
                states,
                timeout_millis,
                ..
            } => {
                let timeout = timeout_millis.map(Duration::from_millis);
                let deadline = timeout.map(|timeout| now.instant + timeout);
                // What has come to pass already is answered when the cause is done with.
                self.waits.add_state(conn, ask, states, deadline);
            }
            Query::Wait {
                until,
                timeout_millis,
                ..
            } => {
                let timeout = timeout_millis.map(Duration::from_millis);
                let request = waits::Request {
                    conn,
                    ask,
                    until,
                    timeout,
                };
                self.waits
                    .add(request, &self.life, &self.fold, now.instant, effects);
            }
            _ => {
                let error = WireError::new(ErrorCode::Unsupported, "this host cannot answer that");
                answer(conn, ask, vec![Part::Failed { error }], effects);
            }
        }
    }
}

impl Session {
    fn look_on_shelf(
        &self,
        conn: ConnEpoch,
        ask: AskId,
        question: Question,
        effects: &mut Vec<Effect>,
    ) {
        let shelf = self.shelf.clone();
        let look = Box::new(Look { shelf, question });
        effects.push(Effect::Look { conn, ask, look });
    }

    /// Returns where the rows begin that are in memory.
    fn memory_begin(&self) -> Option<LinePosition> {
        let terminal = self.fold.terminal()?;
        let first = terminal.rows_from(terminal.first_row(), 1);
        first.first().map(begins)
    }

    /// Says whether rows above those in memory are there to be looked at.
    fn has_shelf(&self) -> bool {
        // While the alternate screen is shown there is only that.
        let terminal = self.fold.terminal();
        !self.shelf.is_empty() && terminal.is_some_and(|terminal| terminal.first_row() > 0)
    }

    /// Says whether a search from a place on goes through what left.
    fn is_on_shelf(&self, from: WindowAt, forwards: bool) -> bool {
        let Some(terminal) = self.fold.terminal().filter(|_| self.has_shelf()) else {
            return false;
        };
        let memory = terminal.first_row();
        match from {
            WindowAt::End { rows_back } => {
                let row = terminal.rows_len().saturating_sub(rows_back as usize);
                row < memory || (row == memory && !forwards)
            }
            WindowAt::Line(place) if terminal.has_place(place) => {
                !forwards && self.memory_begin() == Some(place)
            }
            WindowAt::Line(place) => self.left_with(place),
        }
    }

    /// Says whether a place that is not in memory is in what left, or was.
    fn left_with(&self, place: LinePosition) -> bool {
        self.shelf.may_have(place) || Some(place) < self.memory_begin()
    }

    /// Returns the place from which what left is searched, none for all of it.
    fn within_shelf(&self, from: WindowAt) -> Option<Within> {
        match from {
            WindowAt::Line(place) => {
                (self.memory_begin() != Some(place)).then_some(Within::Place(place))
            }
            WindowAt::End { rows_back } => {
                let terminal = self.fold.terminal()?;
                let row = terminal.rows_len().checked_sub(rows_back as usize)?;
                (row < terminal.first_row()).then_some(Within::Row(row))
            }
        }
    }

    /// Returns the question for a window if rows of it left.
    fn window_on_shelf(&self, at: WindowAt, before: u32, count: u32) -> Option<Question> {
        let terminal = self.fold.terminal().filter(|_| self.has_shelf())?;
        let (memory, total) = (terminal.first_row(), terminal.rows_len());
        let within = match at {
            WindowAt::End { rows_back } => Within::Row(total.saturating_sub(rows_back as usize)),
            WindowAt::Line(place) if !terminal.has_place(place) && self.left_with(place) => {
                Within::Place(place)
            }
            WindowAt::Line(place) => Within::Row(terminal.row_of(place)),
        };
        if matches!(within, Within::Row(row) if row.saturating_sub(before as usize) >= memory) {
            return None;
        }
        let below = terminal.rows_from(memory, WINDOW_ROWS_MAX.min(count as usize));
        Some(Question::Window {
            at: within,
            before,
            count,
            total,
            placements: terminal.placements_from(memory, below.len()),
            below,
        })
    }
}

/// Sends the parts of an answer, of which there is one at least unless the screen is not there.
fn answer(conn: ConnEpoch, ask: AskId, mut parts: Vec<Part>, effects: &mut Vec<Effect>) {
    if parts.is_empty() {
        let error = WireError::new(ErrorCode::Internal, "the screen could not be rebuilt");
        parts.push(Part::Failed { error });
    }
    let last = parts.len() - 1;
    let parts = parts.into_iter().enumerate();
    let mut messages: Vec<Message> = parts
        .map(|(at, part)| {
            let last = at == last;
            Answer { ask, last, part }.into()
        })
        .collect();
    effects.push(match messages.pop() {
        Some(only) if messages.is_empty() => Effect::Send(conn, only),
        popped => {
            messages.extend(popped);
            Effect::Stream(conn, messages)
        }
    });
}

/// Returns events in parts that fit a frame.
pub fn event_parts(events: &[Event]) -> Vec<Part> {
    let batches = subscribers::batches(events);
    batches
        .map(|batch| Part::Events {
            events: batch.to_vec(),
        })
        .collect()
}

/// Returns the screen as updates from nothing on, each of which fits a frame.
fn whole_screen(terminal: &Terminal, session: SessionId, offset: Offset) -> Vec<ScreenUpdate> {
    let mut viewer = Viewer::new();
    let next = || {
        let more = viewer.rev().0 == 0 || viewer.is_behind();
        let update = more.then(|| viewer.update(terminal, session, InputSeq(0), offset));
        update.flatten()
    };
    std::iter::from_fn(next).collect()
}

/// How many rows before a row and from it on are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sides {
    /// Before it.
    pub above: usize,
    /// From it on.
    pub below: usize,
}

impl Sides {
    /// Returns the sides of the row `at` of `total`, of which `before` rows are wanted before it and
    /// `count` in all.
    pub fn of(at: usize, before: u32, count: u32, total: usize) -> Self {
        let first = at.saturating_sub(before as usize);
        let end = first.saturating_add(count as usize).min(total);
        // What is left out of too many rows is what is farthest from the place.
        let middle = at.clamp(first, end.max(first));
        let (above, below) = (middle - first, end.saturating_sub(middle));
        let above = above.min(WINDOW_ROWS_MAX - below.min(WINDOW_ROWS_MAX / 2));
        let below = below.min(WINDOW_ROWS_MAX - above);
        Self { above, below }
    }
}

/// Returns the rows around a place, all of which are in memory.
fn window(terminal: &Terminal, at: WindowAt, before: u32, count: u32) -> Part {
    let total = terminal.rows_len();
    let at = match at {
        WindowAt::End { rows_back } => total.saturating_sub(rows_back as usize),
        WindowAt::Line(place) => terminal.row_of(place),
    };
    let sides = Sides::of(at, before, count, total);
    let middle = at.min(
        at.saturating_sub(before as usize)
            .saturating_add(count as usize),
    );
    let first = middle - sides.above;
    let rows = terminal.rows_from(first, sides.above + sides.below);
    let placements = terminal.placements_from(first, rows.len());
    fit_window(rows, placements, sides.above, first, total)
}

/// Returns rows, of which the first is the row `first` of `total`, as far as they fit a frame: what is
/// farthest from the row `middle` of them is left out.
pub fn fit_window(
    mut rows: Vec<Row>,
    mut placements: Vec<Placement>,
    middle: usize,
    first: usize,
    total: usize,
) -> Part {
    let mut bytes: usize = rows.iter().map(|row| row.size_bytes_max()).sum();
    let (mut from, mut to) = (0, rows.len());
    while bytes > UPDATE_BYTES_MAX && to - from > 1 {
        let left_out = if middle - from.min(middle) > (to - 1).saturating_sub(middle) {
            from += 1;
            from - 1
        } else {
            to -= 1;
            to
        };
        bytes -= rows[left_out].size_bytes_max();
    }
    rows.truncate(to);
    rows.drain(..from);
    let shown = rows.len() as i64;
    placements.retain_mut(|placement| {
        placement.row -= from as i32;
        let row = i64::from(placement.row);
        row < shown && row + i64::from(placement.cells.1) > 0
    });
    let count = |rows: usize| u32::try_from(rows).unwrap_or(u32::MAX);
    Part::Window {
        placements,
        above: count(first + from),
        below: count(total.saturating_sub(first + from + rows.len())),
        rows,
    }
}

#[cfg(test)]
mod tests;
