//! `key`: keys for a session's program, as if they had been pressed.

use agor_proto::command::CommandBody;
use agor_proto::input::{Input, KeyInput};
use agor_term::input::chord;

use super::super::context::Context;
use super::super::exit::Exit;
use super::super::failure::Failure;
use super::super::output;

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The session: its name, its id or the begin of its id
    session: String,
    /// The keys, one after the other: ctrl+c, f5, alt+x, enter, a …
    #[arg(required = true, value_name = "KEY", value_parser = chord::parse)]
    keys: Vec<KeyInput>,
}

pub fn run(arguments: Arguments, context: &Context) -> Result<Exit, Failure> {
    let inputs = arguments.keys.into_iter().map(Input::Key).collect();
    context.block_on(async {
        let (client, session) = context.client_and_session(&arguments.session).await?;
        client
            .carry_out(CommandBody::Send { session, inputs })
            .await?;
        if context.json {
            output::json(&serde_json::json!({ "session": session }))?;
        }
        Ok(Exit::SUCCESS)
    })
}
