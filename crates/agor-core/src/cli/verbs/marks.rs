//! `marks`: the commands that a session's shell has run, how they ended and how long they took.

use agor_proto::limits::WINDOW_ROWS_MAX;
use agor_proto::message::{Part, Query, WindowAt};
use agor_proto::row::Row;

use super::super::context::Context;
use super::super::exit::Exit;
use super::super::failure::Failure;
use super::super::output;
use crate::client::shell::{ShellCommand, commands, took};
use crate::client::{Client, ClientError};

/// Questions that are asked at the most: what is older than that is left out.
const QUESTIONS_MAX: usize = 64;

/// Rows of a command that are printed.
const ROWS_MAX: u32 = 16;

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The session: its name, its id or the begin of its id
    session: String,
    /// Commands that are printed at the most, the newest
    #[arg(long, value_name = "N", default_value_t = 50)]
    limit: usize,
}

pub fn run(arguments: Arguments, context: &Context) -> Result<Exit, Failure> {
    context.block_on(async {
        let (client, session) = context.client_and_session(&arguments.session).await?;
        let mut commands = commands(&client, session, QUESTIONS_MAX).await?;
        // A prompt that waits is no command yet.
        commands.retain(|command| command.began || command.ended);
        commands.truncate(arguments.limit.min(WINDOW_ROWS_MAX));
        commands.reverse();
        let mut table = vec![["ROW", "CODE", "TOOK", "COMMAND"].map(str::to_owned).to_vec()];
        for command in &commands {
            let text = typed(&client, session, command).await?;
            if context.json {
                output::json(&serde_json::json!({
                    "session": session, "at": command.at, "row": command.row, "command": text,
                    "ended": command.ended, "code": command.code, "took_millis": command.took_millis,
                }))?;
            } else {
                table.push(cells(command, &text));
            }
        }
        if !context.json {
            output::table(&table)?;
        }
        Ok(Exit::SUCCESS)
    })
}

fn cells(command: &ShellCommand, text: &str) -> Vec<String> {
    let code = command.code.map(|code| code.to_string());
    vec![
        (u64::from(command.row) + 1).to_string(),
        code.unwrap_or_else(|| if command.ended { "" } else { "runs" }.to_owned()),
        command.took_millis.map(took).unwrap_or_default(),
        output::harmless(text),
    ]
}

/// Returns what was typed at a command's prompt.
async fn typed(
    client: &Client,
    session: agor_proto::ids::SessionId,
    command: &ShellCommand,
) -> Result<String, ClientError> {
    let Some(input) = command.input else {
        return Ok(String::new());
    };
    let query = Query::Window {
        session,
        at: WindowAt::Line(input),
        before: 0,
        count: ROWS_MAX,
    };
    match client.ask_one(query).await? {
        Part::Window { rows, .. } => Ok(text_from(&rows, input)),
        _ => Ok(String::new()),
    }
}

/// Returns the text of a logical line from a place on.
fn text_from(rows: &[Row], from: agor_proto::ids::LinePosition) -> String {
    let mut text = String::new();
    for row in rows.iter().take_while(|row| row.line == from.line) {
        for cluster in row.clusters() {
            if row.start + u32::from(cluster.cell) >= from.column {
                text.push_str(cluster.text);
            }
        }
    }
    text.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use agor_proto::ids::{LineId, LinePosition};

    use super::*;

    #[test]
    fn what_was_typed_is_the_rest_of_its_line() {
        let row = |line, start, text: &str| Row {
            line: LineId(line),
            start,
            text: text.into(),
            ..Row::default()
        };
        let rows = [
            row(3, 0, "$ cargo te"),
            row(3, 10, "st  "),
            row(4, 0, "output"),
        ];
        let from = |column| LinePosition {
            line: LineId(3),
            column,
        };
        assert_eq!(text_from(&rows, from(2)), "cargo test");
        assert_eq!(text_from(&rows, from(90)), "");
        assert_eq!(text_from(&[], from(0)), "");
    }
}
