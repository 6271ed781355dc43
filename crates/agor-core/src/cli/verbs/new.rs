//! `new`: a command, or the person's shell, in a new session.

use std::ffi::OsString;
use std::io::{self, IsTerminal, Write};
use std::path::{Component, PathBuf};

use agor_proto::agent::{AgentSpec, Conversation};
use agor_proto::command::CommandBody;
use agor_proto::error::ErrorCode;
use agor_proto::ids::Size;
use agor_proto::session::SessionSpec;

use super::super::context::Context;
use super::super::exit::Exit;
use super::super::failure::Failure;
use super::super::{output, tty};
use crate::client::{Client, launch};
use crate::config::{self, For, Loaded, TRUSTED, Value, edit, schema};

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The folder in which it starts, and the project that it belongs to [default: this folder]
    #[arg(long, value_name = "DIR")]
    project: Option<PathBuf>,
    /// Its name [default: the command's]
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// A variable of its environment; can be given several times
    #[arg(long, value_name = "K=V", value_parser = variable)]
    env: Vec<(String, String)>,
    /// The size of its terminal [default: this terminal's, else 80x24]
    #[arg(long, value_name = "COLSxROWS")]
    size: Option<Size>,
    /// The agent that it is for, by its id in `providers`; CMD is then more arguments for it
    #[arg(long, value_name = "ID")]
    provider: Option<String>,
    /// Go on with the conversation of this session, or with this id
    #[arg(long, value_name = "SESSION", requires = "provider")]
    resume: Option<String>,
    /// Begin with a copy of the conversation of this session, or with this id
    #[arg(
        long,
        value_name = "SESSION",
        requires = "provider",
        conflicts_with = "resume"
    )]
    fork: Option<String>,
    /// The agent's model
    #[arg(long, requires = "provider")]
    model: Option<String>,
    /// How the agent asks before it acts, by its own name for it
    #[arg(long, requires = "provider")]
    mode: Option<String>,
    /// What the agent is told first
    #[arg(long, value_name = "TEXT", requires = "provider")]
    prompt: Option<String>,
    /// Let agents start in this folder and those in it, from now on
    #[arg(long, requires = "provider")]
    trust: bool,
    /// Write nothing of it to disk
    #[arg(long)]
    private: bool,
    /// The command and its arguments [default: your shell]
    #[arg(last = true, value_name = "CMD")]
    command: Vec<OsString>,
}

fn variable(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.into(), value.into())),
        _ => Err("write NAME=VALUE".into()),
    }
}

pub fn run(arguments: Arguments, context: &Context) -> Result<Exit, Failure> {
    let earlier = (arguments.resume.clone(), arguments.fork.clone());
    let trust = arguments.trust;
    let mut spec = spec(arguments, std::env::vars_os())?;
    if let Some(agent) = &mut spec.agent {
        trusted(&spec.folder, trust, context)?;
        agent.trusted = true;
    }
    context.block_on(async {
        let client = context.client_or_start().await?;
        if let Some(agent) = &mut spec.agent {
            let id = |named| conversation(&client, context, named);
            agent.conversation = match earlier {
                (Some(named), _) => Conversation::Resume {
                    id: id(named).await?,
                },
                (_, Some(named)) => Conversation::Fork {
                    id: id(named).await?,
                },
                _ => Conversation::New,
            };
        }
        let session = launch::session_id();
        client
            .carry_out(CommandBody::Create { session, spec })
            .await?;
        if context.json {
            output::json(&serde_json::json!({ "session": session }))?;
        } else {
            output::line(session)?;
        }
        Ok(Exit::SUCCESS)
    })
}

/// Refuses a folder in which the person has not said that agents may start; asks them where somebody can answer.
fn trusted(folder: &str, trust: bool, context: &Context) -> Result<(), Failure> {
    let paths = context.paths()?;
    if config::trusts(&Loaded::read(&paths).config.layers, folder) {
        return Ok(());
    }
    let asks = !context.json && io::stdin().is_terminal() && io::stderr().is_terminal();
    let is_trusted = trust || (asks && says_yes(folder));
    if !is_trusted {
        let message = format!(
            "no agent may start in {folder} yet: files there can make one act; if you know where they come \
             from, give --trust"
        );
        return Err(Failure::host(ErrorCode::Untrusted, message));
    }
    let setting = schema::setting(TRUSTED).ok_or_else(|| Failure::usage("no such setting"))?;
    edit::set(
        &paths,
        setting,
        For::Project(folder),
        Some(&Value::Bool(true)),
    )
    .map_err(|error| Failure::usage(error.to_string()))
}

/// Asks on the terminal; anything but a yes is a no.
fn says_yes(folder: &str) -> bool {
    let folder = output::harmless(folder);
    let asked = write!(
        io::stderr(),
        "No agent has started in {folder} yet. Settings, hooks and instructions there can make one act.\n\
         Trust this folder, and those in it? [y/N] "
    );
    if asked.is_err() {
        // Nobody has read the question.
        return false;
    }
    let mut answer = String::new();
    let read = io::stdin().read_line(&mut answer);
    read.is_ok() && matches!(answer.trim(), "y" | "Y" | "yes")
}

fn spec(
    arguments: Arguments,
    environment: impl IntoIterator<Item = (OsString, OsString)>,
) -> Result<SessionSpec, Failure> {
    let folder = match arguments.project {
        // What leads up again is a folder that has another name.
        Some(folder) if folder.components().any(|part| part == Component::ParentDir) => {
            std::fs::canonicalize(&folder)
        }
        Some(folder) => std::path::absolute(&folder),
        None => std::env::current_dir(),
    };
    let folder = folder.map_err(|error| {
        Failure::usage(format!(
            "the folder cannot be found ({error}): give another --project"
        ))
    })?;
    let argv = arguments
        .command
        .into_iter()
        .map(|argument| text(argument, "an argument"));
    let mut env = launch::passed_on(environment);
    for (name, value) in arguments.env {
        // Twice, so that it is not taken for what every session is given (see `SessionSpec::env`).
        env.extend([(name.clone(), value.clone()), (name, value)]);
    }
    Ok(SessionSpec {
        argv: argv.collect::<Result<_, _>>()?,
        folder: text(folder.into(), "the folder")?,
        cwd: None,
        agent: arguments.provider.map(|provider| {
            Box::new(AgentSpec {
                provider,
                model: arguments.model,
                mode: arguments.mode,
                prompt: arguments.prompt,
                conversation: Conversation::New,
                trusted: false,
            })
        }),
        name: arguments.name.unwrap_or_default(),
        env,
        size: arguments
            .size
            .or_else(tty::size)
            .unwrap_or(Size::cells(80, 24)),
        private: arguments.private,
    })
}

/// Returns the conversation of the session that is named so; else it is the name of one itself.
async fn conversation(
    client: &Client,
    context: &Context,
    named: String,
) -> Result<String, Failure> {
    let Ok(session) = context.session(client, &named).await else {
        return Ok(named);
    };
    let agent = session.agent;
    if agent.as_ref().is_some_and(|agent| agent.conversation_empty) {
        return Err(Failure::usage(format!(
            "nothing was said in the conversation of the session {named} yet: there is none to begin with"
        )));
    }
    let known = agent.and_then(|agent| agent.conversation);
    known.ok_or_else(|| {
        Failure::usage(format!(
            "the session {named} has no conversation that is known: give its id"
        ))
    })
}

fn text(given: OsString, what: &str) -> Result<String, Failure> {
    given.into_string().map_err(|given| {
        Failure::usage(format!(
            "{what} is not UTF-8 ({}): agor cannot pass it on yet",
            given.to_string_lossy()
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_person_asks_for_goes_before_what_is_passed_on() {
        let arguments = Arguments {
            project: Some("/tmp".into()),
            name: None,
            env: vec![("LANG".into(), "C".into()), ("K".into(), "a=b".into())],
            size: Some(Size::cells(10, 5)),
            private: false,
            trust: false,
            provider: None,
            resume: None,
            fork: None,
            model: None,
            mode: None,
            prompt: None,
            command: vec!["ls".into()],
        };
        let environment = [(OsString::from("LANG"), OsString::from("en_US"))];
        let spec = spec(arguments, environment).unwrap();
        let env = [
            ("LANG", "en_US"),
            ("LANG", "C"),
            ("LANG", "C"),
            ("K", "a=b"),
            ("K", "a=b"),
        ];
        let env = env.map(|(k, v)| (k.to_owned(), v.to_owned()));
        assert_eq!(spec.env, env);
        assert_eq!(spec.folder, "/tmp");
    }

    #[test]
    fn a_variable_is_a_name_and_a_value() {
        assert_eq!(variable("A=b=c"), Ok(("A".into(), "b=c".into())));
        assert!(variable("A").is_err());
        assert!(variable("=b").is_err());
    }
}
