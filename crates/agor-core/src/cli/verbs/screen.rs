//! `screen`: what a session's screen shows at this moment, or showed at one of its record.

use agor_proto::error::ErrorCode;
use agor_proto::ids::{LineId, Offset};
use agor_proto::limits::HISTORY_ROWS;
use agor_proto::message::{Part, Query};
use agor_proto::row::Row;
use agor_proto::screen::{Mirror, ScreenUpdate};
use agor_proto::session::SessionInfo;
use agor_term::{NoFiles, text};

use super::super::context::Context;
use super::super::exit::Exit;
use super::super::failure::Failure;
use super::super::output;
use super::export::each_record;
use crate::client::Client;
use crate::host::{Fold, TerminalOptions};

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The session: its name, its id or the begin of its id
    session: String,
    /// Print plain text, logical lines whole (the default)
    #[arg(long, conflicts_with = "ansi")]
    text: bool,
    /// Print text with colours
    #[arg(long)]
    ansi: bool,
    /// Print what has scrolled off the screen too
    #[arg(long)]
    scrollback: bool,
    /// Print what it showed when its record was so long, in bytes: an OFFSET of `explain`
    #[arg(long, value_name = "OFFSET", conflicts_with = "scrollback")]
    at: Option<u64>,
}

pub fn run(arguments: Arguments, context: &Context) -> Result<Exit, Failure> {
    context.block_on(async {
        let client = context.client().await?;
        let info = context.session(&client, &arguments.session).await?;
        let session = info.id;
        if let Some(at) = arguments.at {
            let rows = rows_at(&client, &info, Offset(at)).await?;
            if context.json {
                output::json(&serde_json::json!({ "session": session, "at": at, "rows": rows }))?;
            } else {
                print(rows.iter(), arguments.ansi)?;
            }
            return Ok(Exit::SUCCESS);
        }
        if arguments.scrollback {
            let (from, screen) = (LineId(0), true);
            let query = Query::Rows {
                session,
                from,
                screen,
            };
            let mut answers = client.ask(query)?;
            let mut all = Vec::new();
            while let Some(part) = answers.next().await {
                match part? {
                    Part::Rows { rows } => all.extend(rows),
                    part => return Err(unexpected(&part)),
                }
            }
            if context.json {
                output::json(&serde_json::json!({ "session": session, "rows": all }))?;
            } else {
                print(all.iter(), arguments.ansi)?;
            }
            return Ok(Exit::SUCCESS);
        }
        let mut answers = client.ask(Query::Screen { session })?;
        let mut mirror = Mirror::default();
        let mut whole: Option<ScreenUpdate> = None;
        while let Some(part) = answers.next().await {
            let update = match part? {
                Part::Screen(update) => *update,
                part => return Err(unexpected(&part)),
            };
            if context.json {
                match &mut whole {
                    Some(whole) => whole.rows.extend(update.rows),
                    None => whole = Some(update),
                }
                continue;
            }
            mirror.apply(update).map_err(|gap| {
                Failure::host(
                    ErrorCode::Internal,
                    format!("the host sent half a screen: {gap}"),
                )
            })?;
        }
        if let Some(mut whole) = whole {
            whole.rows.sort_by_key(|row| row.at);
            output::json(&whole)?;
            return Ok(Exit::SUCCESS);
        }
        print(mirror.rows.iter().map(AsRef::as_ref), arguments.ansi)?;
        Ok(Exit::SUCCESS)
    })
}

/// Returns the rows that the screen showed when the record was so long: what is before is folded again. That of a
/// full-screen program stands in the record alone.
async fn rows_at(client: &Client, info: &SessionInfo, at: Offset) -> Result<Vec<Row>, Failure> {
    let options = TerminalOptions {
        scrollback_rows: HISTORY_ROWS,
    };
    let mut fold = Fold::new(Offset(0), options);
    fold.begin(info.size.clamped());
    each_record(client, info.id, at, |record| {
        fold.fold(record, false, &mut NoFiles);
        Ok(())
    })
    .await?;
    let rows = fold.terminal().map(|terminal| {
        let rows = 0..terminal.size().rows;
        rows.map(|at| terminal.row(at)).collect::<Vec<Row>>()
    });
    Ok(rows.unwrap_or_default())
}

fn print<'a>(rows: impl Iterator<Item = &'a Row>, ansi: bool) -> Result<(), Failure> {
    let text = if ansi {
        text::ansi(rows)
    } else {
        text::plain(rows)
    };
    output::text(&text)
}

/// Returns the failure of an answer to another question.
pub fn unexpected(part: &Part) -> Failure {
    let kind = match part {
        Part::Unknown => "an answer of a later release",
        _ => "the answer to another question",
    };
    Failure::host(
        ErrorCode::Internal,
        format!("the host gave {kind}: update the older of the two programs"),
    )
}
