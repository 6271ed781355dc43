//! Answers to questions about one session. They change nothing.

use std::time::Duration;

use agor_proto::error::{ErrorCode, WireError};
use agor_proto::event::Event;
use agor_proto::ids::{AskId, ConnEpoch, InputSeq, Offset, Seq, SessionId};
use agor_proto::limits::{EVENTS_ASKED_MAX, UPDATE_BYTES_MAX, WINDOW_ROWS_MAX};
use agor_proto::message::{Answer, Message, Part, Query, WindowAt};
use agor_proto::screen::ScreenUpdate;
use agor_term::Terminal;
use agor_term::update::Viewer;

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
                answer(conn, ask, parts, effects);
            }
            Query::Window {
                at, before, count, ..
            } => {
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
                ..
            } => {
                let wanted = find::Wanted {
                    from,
                    forwards,
                    count,
                };
                let part = match waits::compile(&pattern, regex, ignore_case) {
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

/// Returns the rows around a place.
fn window(terminal: &Terminal, at: WindowAt, before: u32, count: u32) -> Part {
    let total = terminal.rows_len();
    let at = match at {
        WindowAt::End { rows_back } => total.saturating_sub(rows_back as usize),
        WindowAt::Line(place) => terminal.row_of(place),
    };
    let first = at.saturating_sub(before as usize);
    let end = first.saturating_add(count as usize).min(total);
    // What is left out of too many rows is what is farthest from the place.
    let middle = at.clamp(first, end);
    let (above, below) = (middle - first, end - middle);
    let above = above.min(WINDOW_ROWS_MAX - below.min(WINDOW_ROWS_MAX / 2));
    let below = below.min(WINDOW_ROWS_MAX - above);
    let first = middle - above;
    let mut rows = terminal.rows_from(first, above + below);
    let mut sizes = rows.iter().map(|row| row.size_bytes_max());
    let mut bytes: usize = sizes.by_ref().sum();
    let (mut from, mut to) = (0, rows.len());
    while bytes > UPDATE_BYTES_MAX && to - from > 1 {
        let left_out = if above - from.min(above) > (to - 1).saturating_sub(above) {
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
    let count = |rows: usize| u32::try_from(rows).unwrap_or(u32::MAX);
    let placements = terminal.placements_from(first + from, rows.len());
    Part::Window {
        placements,
        above: count(first + from),
        below: count(total - (first + from + rows.len()).min(total)),
        rows,
    }
}

#[cfg(test)]
mod tests;
