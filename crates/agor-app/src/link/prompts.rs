//! A shell's conversation (OSC 133): where its prompts are, and what a command has said; and texts
//! that are longer than what the window has of them.

use std::sync::Arc;

use agor_core::client::{Client, ClientError};
use agor_proto::ids::{LinePosition, SessionId};
use agor_proto::limits::WINDOW_ROWS_MAX;
use agor_proto::message::{Part, PlacedMark, Query, WindowAt};
use agor_proto::row::{MarkKind, Row};

use super::OutputOf;
use crate::pane::selection::{Selection, Span, Unit};

/// Marks that are asked for at once.
const MARKS: u32 = 64;

/// Rows of one text that are copied; a longer one is exported.
const ROWS_MAX: usize = 20_000;

/// Returns the next prompt behind a place, or the one before it.
///
/// # Errors
/// The host's.
pub async fn prompt(
    client: &Client,
    session: SessionId,
    mut from: WindowAt,
    forwards: bool,
) -> Result<Option<LinePosition>, ClientError> {
    loop {
        let (marks, goes_on) = ask(client, session, from, forwards).await?;
        let prompt = marks.iter().find(|mark| mark.kind == MarkKind::Prompt);
        match (prompt, goes_on) {
            (Some(mark), _) => return Ok(Some(mark.at)),
            (None, Some(place)) => from = WindowAt::Line(place),
            (None, None) => return Ok(None),
        }
    }
}

/// Returns what a command has said, if its output is marked.
///
/// # Errors
/// The host's.
pub async fn output(
    client: &Client,
    session: SessionId,
    of: OutputOf,
) -> Result<Option<String>, ClientError> {
    let behind_all = WindowAt::End { rows_back: 0 };
    let found = match of {
        OutputOf::Last => last_before(client, session, behind_all).await?,
        OutputOf::LastBefore(place) => last_before(client, session, WindowAt::Line(place)).await?,
        OutputOf::Prompt(prompt) => behind(client, session, prompt).await?,
    };
    let Some((begin, end)) = found else {
        return Ok(None);
    };
    let end = match end {
        Some(end) => Some(end),
        None => end_of(client, session, begin).await?,
    };
    let rows = rows(client, session, begin, end).await?;
    Ok(text(&rows, begin, end))
}

/// Returns where the last output begins that does so before `from`, and where it ends if that is before `from` too.
async fn last_before(
    client: &Client,
    session: SessionId,
    mut from: WindowAt,
) -> Result<Option<(LinePosition, Option<LinePosition>)>, ClientError> {
    let mut end: Option<PlacedMark> = None;
    loop {
        let (marks, goes_on) = ask(client, session, from, false).await?;
        let at = marks.iter().position(|mark| mark.kind == MarkKind::Output);
        // What stands behind it is its end.
        end = marks[..at.unwrap_or(marks.len())].last().copied().or(end);
        match (at, goes_on) {
            (Some(at), _) => return Ok(Some((marks[at].at, end.map(|mark| mark.at)))),
            (None, Some(place)) => from = WindowAt::Line(place),
            (None, None) => return Ok(None),
        }
    }
}

/// Returns where the output of the command begins whose prompt is at a place; its end is looked for by others.
async fn behind(
    client: &Client,
    session: SessionId,
    prompt: LinePosition,
) -> Result<Option<(LinePosition, Option<LinePosition>)>, ClientError> {
    let mut from = WindowAt::Line(prompt);
    loop {
        let (marks, goes_on) = ask(client, session, from, true).await?;
        match (next_part(&marks, prompt), goes_on) {
            (Some(mark), _) if mark.kind == MarkKind::Output => return Ok(Some((mark.at, None))),
            (None, Some(place)) => from = WindowAt::Line(place),
            _ => return Ok(None),
        }
    }
}

/// Returns the first of these marks behind a prompt that is an output's, or the next prompt's: then nothing was said.
fn next_part(marks: &[PlacedMark], prompt: LinePosition) -> Option<PlacedMark> {
    // The command before may have ended, and even begun to speak, where this prompt is.
    let own = |mark: &PlacedMark| mark.at == prompt && mark.kind == MarkKind::Prompt;
    let first = marks.iter().position(own).map_or(0, |at| at + 1);
    let parts = [MarkKind::Output, MarkKind::Prompt];
    let mut behind = marks.iter().skip(first);
    behind.find(|mark| parts.contains(&mark.kind)).copied()
}

/// Returns where the output ends that begins at a place, if it has ended.
async fn end_of(
    client: &Client,
    session: SessionId,
    begin: LinePosition,
) -> Result<Option<LinePosition>, ClientError> {
    let mut from = WindowAt::Line(begin);
    loop {
        let (marks, goes_on) = ask(client, session, from, true).await?;
        let is_end = |mark: &&PlacedMark| mark.at > begin || mark.kind != MarkKind::Output;
        match (marks.iter().find(is_end), goes_on) {
            (Some(mark), _) => return Ok(Some(mark.at)),
            (None, Some(place)) => from = WindowAt::Line(place),
            (None, None) => return Ok(None),
        }
    }
}

/// Returns the text that is selected, and whether that is all of it.
///
/// # Errors
/// The host's.
pub async fn selected(
    client: &Client,
    session: SessionId,
    selection: Selection,
) -> Result<(Option<String>, bool), ClientError> {
    let Span { start, end } = selection.ends();
    let rows = rows(client, session, start, Some(end)).await?;
    Ok((selection.text(&rows), rows.len() < ROWS_MAX))
}

async fn ask(
    client: &Client,
    session: SessionId,
    from: WindowAt,
    forwards: bool,
) -> Result<(Vec<PlacedMark>, Option<LinePosition>), ClientError> {
    let query = Query::Marks {
        session,
        from,
        forwards,
        count: MARKS,
    };
    Ok(match client.ask_one(query).await? {
        Part::Marks { marks, goes_on } => (marks, goes_on),
        _ => (Vec::new(), None),
    })
}

/// Returns the rows from `begin` up to the one that holds `end`, or all.
async fn rows(
    client: &Client,
    session: SessionId,
    begin: LinePosition,
    end: Option<LinePosition>,
) -> Result<Vec<Arc<Row>>, ClientError> {
    let mut all: Vec<Arc<Row>> = Vec::new();
    let mut at = begin;
    while all.len() < ROWS_MAX {
        let query = Query::Window {
            session,
            at: WindowAt::Line(at),
            before: 0,
            count: WINDOW_ROWS_MAX as u32,
        };
        let Part::Window { rows, below, .. } = client.ask_one(query).await? else {
            break;
        };
        // The first is the last of those before.
        let known = usize::from(!all.is_empty());
        let fresh = rows.len().saturating_sub(known);
        all.extend(rows.into_iter().skip(known).map(Arc::new));
        let Some(last) = all.last() else {
            break;
        };
        at = crate::pane::scroll::place(last);
        if fresh == 0 || below == 0 || end.is_some_and(|end| at >= end) {
            break;
        }
    }
    Ok(all)
}

fn text(rows: &[Arc<Row>], begin: LinePosition, end: Option<LinePosition>) -> Option<String> {
    let last = rows.last()?;
    let end = end.unwrap_or_else(|| LinePosition {
        column: last.start + u32::from(u16::MAX),
        ..crate::pane::scroll::place(last)
    });
    let at = |place| Span {
        start: place,
        end: place,
    };
    let selection = Selection {
        anchor: at(begin),
        head: at(end),
        unit: Unit::Cell,
    };
    let text = selection.text(rows)?;
    Some(text.trim_end_matches(['\n', ' ']).to_owned())
}

#[cfg(test)]
mod tests {
    use agor_proto::ids::{LineId, Size};
    use agor_term::{Options, Terminal};

    use super::*;

    #[test]
    fn a_prompts_output_is_the_one_between_it_and_the_next_prompt() {
        let mark = |line: u64, kind| PlacedMark {
            at: LinePosition {
                line: LineId(line),
                column: 0,
            },
            kind,
            row: 0,
        };
        let end = MarkKind::End {
            code: Some(0),
            took_millis: None,
        };
        let marks = [
            mark(1, MarkKind::Prompt),
            // A command that said nothing ends where the next prompt is.
            mark(2, MarkKind::Output),
            mark(2, end),
            mark(2, MarkKind::Prompt),
            mark(2, MarkKind::Input),
            mark(3, MarkKind::Output),
            mark(9, end),
            mark(9, MarkKind::Prompt),
            // Enter alone.
            mark(10, MarkKind::Prompt),
        ];
        let said = |at: usize| next_part(&marks[at..], marks[at].at);
        assert_eq!(said(0), Some(marks[1]));
        assert_eq!(said(1), Some(marks[5]));
        assert_eq!(said(6), Some(marks[8]), "which is no output");
        assert_eq!(said(8), None);
        // The next portion of marks begins behind the prompt.
        assert_eq!(next_part(&marks[4..], marks[3].at), Some(marks[5]));
    }

    #[test]
    fn output_is_what_stands_between_two_marks_as_it_was_written() {
        let mut terminal = Terminal::new(Options {
            size: Size::cells(10, 6),
            ..Options::default()
        });
        let said = "\x1b]133;A\x07$ \x1b]133;B\x07run\r\n\x1b]133;C\x07a line that is long\r\n  second\r\n\x1b]133;D;0\x07\x1b]133;A\x07$ ";
        terminal.advance(said.as_bytes(), &mut Vec::new());
        let rows: Vec<_> = terminal
            .rows_from(0, 100)
            .into_iter()
            .map(Arc::new)
            .collect();
        let marks = |kind| {
            let places = rows.iter().flat_map(|row| {
                let marks = row.marks.iter().filter(move |mark| mark.kind == kind);
                marks.map(|mark| LinePosition {
                    line: row.line,
                    column: row.start + u32::from(mark.cell),
                })
            });
            places.collect::<Vec<_>>()
        };
        let begin = marks(MarkKind::Output)[0];
        let end = marks(MarkKind::End {
            code: Some(0),
            took_millis: None,
        })[0];
        let expected = Some("a line that is long\n  second".to_owned());
        assert_eq!(text(&rows, begin, Some(end)), expected);
        // A command that still runs has no end: all to the last row.
        let all = text(&rows, begin, None).unwrap();
        assert_eq!(all, "a line that is long\n  second\n$");
        assert_eq!(text(&[], begin, None), None);
    }
}
