//! Where a session's commands begin and which of them failed (OSC 133), for its scroll bar: the newest of
//! them, with the rows in which they stand.

use std::sync::Arc;

use agor_core::client::{Client, ClientError};
use agor_proto::ids::{LinePosition, SessionId};
use agor_proto::limits::FIND_HITS_MAX;
use agor_proto::message::{Part, PlacedMark, Query, WindowAt};
use agor_proto::row::MarkKind;

use super::task::Shared;

/// Questions that are asked at the most: what is older than that has no marks.
const QUESTIONS_MAX: usize = 8;

/// See the module.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outline {
    /// From the newest on.
    pub commands: Vec<Command>,
    /// Grows with each answer.
    pub generation: u64,
}

/// A command of a shell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Command {
    /// Where its prompt is.
    pub at: LinePosition,
    /// The row of that, counted from the oldest.
    pub row: u32,
    /// Whether it ended with another exit code than 0.
    pub failed: bool,
}

/// Asks for the commands of a session and publishes them.
pub async fn fetch(client: Client, shared: Shared, session: SessionId, generation: u64) {
    match commands(&client, session).await {
        Ok(commands) => shared.change(|snapshot| {
            let outline = Outline {
                commands,
                generation,
            };
            snapshot.outlines.insert(session, Arc::new(outline));
        }),
        // The bar has no marks; what else failed is told elsewhere.
        Err(error) => tracing::debug!(%error, "a session's commands did not come"),
    }
}

async fn commands(client: &Client, session: SessionId) -> Result<Vec<Command>, ClientError> {
    let mut marks = Vec::new();
    let mut from = WindowAt::End { rows_back: 0 };
    for _ in 0..QUESTIONS_MAX {
        let query = Query::Marks {
            session,
            from,
            forwards: false,
            count: u32::try_from(FIND_HITS_MAX).unwrap_or(u32::MAX),
        };
        let Part::Marks {
            marks: more,
            goes_on,
        } = client.ask_one(query).await?
        else {
            break;
        };
        marks.extend(more);
        match goes_on {
            Some(place) => from = WindowAt::Line(place),
            None => break,
        }
    }
    Ok(of_marks(&marks))
}

/// Returns the commands to which marks belong, the newest first. An end belongs to the prompt before it.
fn of_marks(marks: &[PlacedMark]) -> Vec<Command> {
    let mut failed = false;
    let mut commands = Vec::new();
    for mark in marks {
        match mark.kind {
            MarkKind::End { code } => failed = code.is_some_and(|code| code != 0),
            MarkKind::Prompt => commands.push(Command {
                at: mark.at,
                row: mark.row,
                failed: std::mem::take(&mut failed),
            }),
            MarkKind::Input | MarkKind::Output => {}
        }
    }
    commands
}

#[cfg(test)]
mod tests {
    use agor_proto::ids::LineId;

    use super::*;

    #[test]
    fn a_command_that_failed_is_told_by_its_prompt() {
        let mark = |row: u32, kind| PlacedMark {
            at: LinePosition {
                line: LineId(row.into()),
                column: 0,
            },
            kind,
            row,
        };
        let end = |code| MarkKind::End { code };
        // The newest first: a prompt that waits, one that failed, one that did not, one that says nothing.
        let marks = [
            mark(9, MarkKind::Prompt),
            mark(9, end(Some(2))),
            mark(7, MarkKind::Output),
            mark(6, MarkKind::Input),
            mark(6, MarkKind::Prompt),
            mark(6, end(Some(0))),
            mark(3, MarkKind::Prompt),
            mark(3, end(None)),
            mark(1, MarkKind::Prompt),
        ];
        let told: Vec<_> = of_marks(&marks)
            .iter()
            .map(|command| (command.row, command.failed))
            .collect();
        assert_eq!(told, [(9, false), (6, true), (3, false), (1, false)]);
    }
}
