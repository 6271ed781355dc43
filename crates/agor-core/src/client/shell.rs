//! The commands that a session's shell has run, as its marks tell (OSC 133): where each stands, how it ended and how
//! long it took.

use agor_proto::ids::{LinePosition, SessionId};
use agor_proto::limits::FIND_HITS_MAX;
use agor_proto::message::{Part, PlacedMark, Query, WindowAt};
use agor_proto::row::MarkKind;

use super::{Client, ClientError};

/// A command of a shell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ShellCommand {
    /// Where its prompt is.
    pub at: LinePosition,
    /// The row of that, counted from the oldest.
    pub row: u32,
    /// Where it was typed.
    pub input: Option<LinePosition>,
    /// Whether it began: before that the prompt waits.
    pub began: bool,
    /// Whether it ended.
    pub ended: bool,
    /// Its exit code, if the shell told it.
    pub code: Option<i32>,
    /// How many milliseconds it took, if that is known.
    pub took_millis: Option<u64>,
}

impl ShellCommand {
    /// Returns a prompt behind which nothing was run.
    #[must_use]
    pub fn waiting(at: LinePosition, row: u32) -> Self {
        Self {
            at,
            row,
            input: None,
            began: false,
            ended: false,
            code: None,
            took_millis: None,
        }
    }

    /// Says whether it ended with another exit code than 0.
    #[must_use]
    pub fn failed(&self) -> bool {
        self.code.is_some_and(|code| code != 0)
    }

    /// Returns in a few words how it ended and how long it took.
    #[must_use]
    pub fn words(&self) -> String {
        let how = match (self.code, self.ended, self.began) {
            (Some(0), ..) => "done".to_owned(),
            (Some(code), ..) => format!("failed with {code}"),
            (None, true, _) => "ended".to_owned(),
            (None, false, true) => "runs".to_owned(),
            (None, false, false) => "prompt".to_owned(),
        };
        match self.took_millis {
            Some(millis) => format!("{how} after {}", took(millis)),
            None => how,
        }
    }
}

/// Returns a time as two of its units: `0.4s`, `12s`, `1m 04s`, `2h 03m`, `1d 04h`.
#[must_use]
pub fn took(millis: u64) -> String {
    let secs = millis / 1_000;
    match secs {
        0..10 => format!("{secs}.{}s", millis % 1_000 / 100),
        10..60 => format!("{secs}s"),
        60..3_600 => format!("{}m {:02}s", secs / 60, secs % 60),
        3_600..86_400 => format!("{}h {:02}m", secs / 3_600, secs / 60 % 60),
        _ => format!("{}d {:02}h", secs / 86_400, secs / 3_600 % 24),
    }
}

/// Returns the commands of a session, the newest first, as far as so many questions reach.
///
/// # Errors
/// The host's, or why there is no connection any more.
pub async fn commands(
    client: &Client,
    session: SessionId,
    questions_max: usize,
) -> Result<Vec<ShellCommand>, ClientError> {
    let mut marks = Vec::new();
    let mut from = WindowAt::End { rows_back: 0 };
    for _ in 0..questions_max {
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

/// Returns the commands to which marks belong, the newest first. What stands behind a prompt belongs to it.
fn of_marks(marks: &[PlacedMark]) -> Vec<ShellCommand> {
    let mut command: Option<ShellCommand> = None;
    let mut commands = Vec::new();
    for mark in marks {
        let of = command.get_or_insert_with(|| ShellCommand::waiting(mark.at, mark.row));
        match mark.kind {
            MarkKind::End { code, took_millis } => {
                (of.ended, of.code, of.took_millis) = (true, code, took_millis);
            }
            MarkKind::Output => of.began = true,
            MarkKind::Input => of.input = Some(mark.at),
            MarkKind::Prompt => {
                (of.at, of.row) = (mark.at, mark.row);
                commands.extend(command.take());
            }
        }
    }
    commands
}

#[cfg(test)]
mod tests {
    use agor_proto::ids::LineId;

    use super::*;

    fn end(code: Option<i32>, took_millis: Option<u64>) -> MarkKind {
        MarkKind::End { code, took_millis }
    }

    #[test]
    fn a_command_is_told_by_its_prompt_with_how_it_ended_and_how_long_it_took() {
        let mark = |row: u32, kind| PlacedMark {
            at: LinePosition {
                line: LineId(row.into()),
                column: 0,
            },
            kind,
            row,
        };
        // The newest first: a prompt that waits, one that failed, one that did not, one that says nothing, and one
        // whose end was never told.
        let marks = [
            mark(9, MarkKind::Input),
            mark(9, MarkKind::Prompt),
            mark(9, end(Some(2), Some(64_000))),
            mark(7, MarkKind::Output),
            mark(6, MarkKind::Input),
            mark(6, MarkKind::Prompt),
            mark(6, end(Some(0), None)),
            mark(3, MarkKind::Prompt),
            mark(3, end(None, None)),
            mark(2, MarkKind::Prompt),
            mark(1, MarkKind::Output),
            mark(1, MarkKind::Prompt),
        ];
        let commands = of_marks(&marks);
        let told: Vec<_> = commands
            .iter()
            .map(|command| (command.row, command.failed(), command.words()))
            .collect();
        let expected = [
            (9, false, "prompt"),
            (6, true, "failed with 2 after 1m 04s"),
            (3, false, "done"),
            (2, false, "ended"),
            (1, false, "runs"),
        ];
        let expected = expected.map(|(row, failed, words)| (row, failed, words.to_owned()));
        assert_eq!(told, expected);
        assert_eq!(commands[1].input.map(|at| at.line.0), Some(6));
    }

    #[test]
    fn a_time_is_two_of_its_units() {
        let told = [
            0,
            449,
            9_999,
            10_000,
            59_999,
            60_000,
            3_599_000,
            7_380_000,
            100_800_000,
        ];
        let expected = [
            "0.0s", "0.4s", "9.9s", "10s", "59s", "1m 00s", "59m 59s", "2h 03m", "1d 04h",
        ];
        assert_eq!(told.map(took), expected);
    }
}
