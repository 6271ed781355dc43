//! `help`: what the verbs do, from the same table that the arguments come from.

use clap::Command;

use super::super::context::Context;
use super::super::exit::{self, Exit};
use super::super::failure::Failure;
use super::super::output;

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// A verb, or exit-codes
    topic: Option<String>,
    /// Print everything as Markdown, for the README
    #[arg(long, hide = true)]
    markdown: bool,
}

pub fn run(arguments: Arguments, context: &Context) -> Result<Exit, Failure> {
    let mut command = super::super::command(context.program);
    command.build();
    if arguments.markdown {
        output::bytes(markdown(&command).as_bytes())?;
        return Ok(Exit::SUCCESS);
    }
    let text = match arguments.topic.as_deref() {
        None => command.render_help().to_string(),
        Some("exit-codes") if context.json => {
            output::json(&exit::table())?;
            return Ok(Exit::SUCCESS);
        }
        Some("exit-codes") => exit_codes(),
        Some(topic) => match command.find_subcommand_mut(topic) {
            Some(verb) => verb.render_long_help().to_string(),
            None => {
                let name = context.program.name;
                return Err(Failure::usage(format!(
                    "there is no verb {topic:?}: `{name} help` lists them"
                )));
            }
        },
    };
    output::bytes(text.as_bytes())?;
    Ok(Exit::SUCCESS)
}

fn exit_codes() -> String {
    let line = |row: &exit::Row| format!("{:>4}  {:<17} {}\n", row.code, row.name, row.meaning);
    let mut text: String = exit::table().iter().map(line).collect();
    text.push_str(
        "\n`run` and `wait --exit --mirror` end with the exit code of the command, or with 128 and \
         the number of the\nsignal that ended it.\n",
    );
    text
}

/// Returns the verbs and the exit codes as Markdown.
fn markdown(command: &Command) -> String {
    let mut text = String::from("| Verb | What it does |\n|---|---|\n");
    for verb in command.get_subcommands().filter(|verb| !verb.is_hide_set()) {
        let mut usage = verb.clone().render_usage().to_string();
        usage = usage
            .replace("Usage: ", "")
            .replace("\n", " ")
            .replace('|', "\\|");
        let program = format!("{} ", command.get_name());
        let usage = usage.trim().strip_prefix(&program).unwrap_or(&usage);
        let about = verb
            .get_about()
            .map(ToString::to_string)
            .unwrap_or_default();
        text.push_str(&format!("| `{usage}` | {about} |\n"));
    }
    text.push_str("\n| Exit code | Name in JSON | Meaning |\n|---|---|---|\n");
    for row in exit::table() {
        text.push_str(&format!(
            "| {} | `{}` | {} |\n",
            row.code, row.name, row.meaning
        ));
    }
    text
}
