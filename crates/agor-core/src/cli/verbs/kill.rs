//! `kill`: the end of everything that runs in a session.

use agor_proto::command::CommandBody;

use super::super::context::Context;
use super::super::exit::Exit;
use super::super::failure::Failure;
use super::super::output;

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The session: its name, its id or the begin of its id
    session: String,
}

pub fn run(arguments: Arguments, context: &Context) -> Result<Exit, Failure> {
    context.block_on(async {
        let (client, session) = context.client_and_session(&arguments.session).await?;
        client.carry_out(CommandBody::Kill { session }).await?;
        if context.json {
            output::json(&serde_json::json!({ "session": session }))?;
        }
        Ok(Exit::SUCCESS)
    })
}
