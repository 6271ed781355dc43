//! `send`: text for a session's program, as if it had been typed.

use agor_proto::agent::State;
use agor_proto::command::CommandBody;
use agor_proto::input::{Input, Key, KeyInput, Mods};
use agor_proto::limits::INPUT_MAX;

use super::super::context::Context;
use super::super::exit::Exit;
use super::super::failure::Failure;
use super::super::{agent_state, output};

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The session: its name, its id or the begin of its id
    session: String,
    /// The text
    #[arg(allow_hyphen_values = true)]
    text: String,
    /// Press Enter after it
    #[arg(long)]
    enter: bool,
    /// Give it as a paste, so that a program that knows pastes runs nothing of it by itself
    #[arg(long)]
    paste: bool,
    /// Wait with it until its agent takes the next prompt
    #[arg(long, value_name = "WHEN")]
    when: Option<When>,
}

/// When a text is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum When {
    /// Once the agent waits for the next prompt.
    Idle,
}

pub fn run(arguments: Arguments, context: &Context) -> Result<Exit, Failure> {
    let inputs = inputs(&arguments)?;
    context.block_on(async {
        let client = context.client().await?;
        let info = context.session(&client, &arguments.session).await?;
        let session = info.id;
        let body = match arguments.when {
            None => CommandBody::Send { session, inputs },
            Some(When::Idle) => {
                if !matches!(info.state, State::Idle | State::Done) {
                    let now = agent_state::words(info.state);
                    output::note(format_args!("queued: the agent is not idle, but {now}"));
                }
                CommandBody::SendWhenIdle { session, inputs }
            }
        };
        client.carry_out(body).await?;
        if context.json {
            output::json(&serde_json::json!({ "session": session, "receipt": "written" }))?;
        } else if arguments.when.is_some() {
            output::note("written");
        }
        Ok(Exit::SUCCESS)
    })
}

fn inputs(arguments: &Arguments) -> Result<Vec<Input>, Failure> {
    if arguments.text.len() > INPUT_MAX {
        return Err(Failure::usage(format!(
            "the text has {} bytes and at most {INPUT_MAX} go at once: send it in parts",
            arguments.text.len()
        )));
    }
    let mut inputs = Vec::new();
    if arguments.paste {
        inputs.push(Input::Paste {
            text: arguments.text.clone(),
            first: true,
            last: true,
        });
    } else if !arguments.text.is_empty() {
        inputs.push(Input::Text {
            text: arguments.text.clone(),
        });
    }
    if arguments.enter {
        inputs.push(Input::Key(KeyInput::press(Key::Enter, Mods::default())));
    }
    Ok(inputs)
}
