//! `export`: a session's whole output, as it came, as text, or as a recording that asciinema
//! plays.

mod asciicast;

use agor_proto::error::ErrorCode;
use agor_proto::ids::{LineId, Offset, SessionId};
use agor_proto::message::{Part, Query};
use agor_proto::record::{RawRecord, RecordError, records};
use agor_term::text;

use super::super::context::Context;
use super::super::exit::Exit;
use super::super::failure::Failure;
use super::super::output;
use super::screen::unexpected;
use crate::client::{Client, ClientError};
use asciicast::Asciicast;

#[derive(Debug, clap::Args)]
#[group(skip)]
pub struct Arguments {
    /// The session: its name, its id or the begin of its id
    session: String,
    #[command(flatten)]
    form: Form,
}

#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
struct Form {
    /// Every byte that the program wrote, as it came
    #[arg(long)]
    raw: bool,
    /// The text of screen and history, as it is kept
    #[arg(long)]
    text: bool,
    /// A recording in the format of asciinema, version 2
    #[arg(long)]
    asciicast: bool,
}

pub fn run(arguments: Arguments, context: &Context) -> Result<Exit, Failure> {
    context.block_on(async {
        let client = context.client().await?;
        let info = context.session(&client, &arguments.session).await?;
        let session = info.id;
        match arguments.form {
            Form { raw: true, .. } => {
                let raw = |record: RawRecord<'_>| match record.kind {
                    RawRecord::OUT | RawRecord::ERR => output::bytes(record.payload),
                    _ => Ok(()),
                };
                each_record(&client, session, END, raw).await?;
            }
            Form { text: true, .. } => print_text(&client, session).await?,
            Form { .. } => {
                let mut cast = Asciicast::new(info.size);
                each_record(&client, session, END, |record| {
                    output::bytes(cast.record(record)?.as_bytes())
                })
                .await?;
                output::bytes(cast.finish().as_bytes())?;
            }
        }
        Ok(Exit::SUCCESS)
    })
}

async fn print_text(client: &Client, session: SessionId) -> Result<(), Failure> {
    let (from, screen) = (LineId(0), true);
    let query = Query::Rows {
        session,
        from,
        screen,
    };
    let mut answers = client.ask(query)?;
    // A line can be cut between two parts, so they are joined first.
    let mut all = Vec::new();
    while let Some(part) = answers.next().await {
        match part? {
            Part::Rows { rows } => all.extend(rows),
            part => return Err(unexpected(&part)),
        }
    }
    output::text(&text::plain(&all))
}

/// The end of the record, wherever that is.
const END: Offset = Offset(u64::MAX);

/// Hands every record of a session up to `to` to `take`, in order and once, also over a restart of the host.
pub(super) async fn each_record(
    client: &Client,
    session: SessionId,
    to: Offset,
    mut take: impl FnMut(RawRecord<'_>) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let mut next = Offset(0);
    loop {
        let mut answers = client.ask(Query::Record {
            session,
            from: next,
        })?;
        let end = loop {
            let (from, bytes) = match answers.next().await {
                None => break None,
                Some(Err(error)) => break Some(error),
                Some(Ok(Part::Record { from, bytes })) => (from, bytes),
                Some(Ok(part)) => return Err(unexpected(&part)),
            };
            if from > next && !bytes.is_empty() {
                let missing = from.0 - next.0;
                output::note(format_args!(
                    "{missing} bytes of the record before {from} are not kept or are damaged"
                ));
            }
            for record in records(&bytes, from) {
                let record = record.map_err(|error| damaged(&error))?;
                if record.end > to {
                    return Ok(());
                }
                next = record.end;
                take(record)?;
            }
        };
        match end {
            None => return Ok(()),
            // The host went away in the middle, or this was slower than it.
            Some(ClientError::TooSlow) => {}
            Some(ClientError::Host(error)) if error.code == ErrorCode::Unavailable => {}
            Some(error) => return Err(error.into()),
        }
    }
}

fn damaged(error: &RecordError) -> Failure {
    Failure::host(
        ErrorCode::Storage,
        format!("the record is damaged ({error}); what came before was read"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_damaged_record_only_what_every_reader_of_it_did_is_said() {
        // `screen --at` exports nothing.
        let failure = damaged(&RecordError::Cut);
        let message = failure.message();
        assert!(message.ends_with("what came before was read"), "{message}");
    }
}
