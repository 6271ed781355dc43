//! `send`: text for a session's program, as if it had been typed.

use std::time::Duration;

use agor_proto::agent::{AgentEvent, State};
use agor_proto::command::CommandBody;
use agor_proto::error::ErrorCode;
use agor_proto::event::{EventBody, LogCursor};
use agor_proto::ids::{ClientId, CommandId};
use agor_proto::input::{Input, Key, KeyInput, Mods};
use agor_proto::limits::INPUT_MAX;
use agor_proto::message::Visibility;
use agor_proto::session::SessionInfo;

use super::super::context::Context;
use super::super::exit::Exit;
use super::super::failure::Failure;
use super::super::{agent_state, output};
use super::wait::seconds;
use crate::client::{Client, Subscription, Told};

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
    /// Go on until the turn that follows has ended, or the agent needs somebody; say how far it is
    #[arg(long, requires = "when")]
    wait: bool,
    /// With --wait: give up after so many seconds, with exit code 124
    #[arg(long, value_name = "SECONDS", value_parser = seconds, requires = "wait")]
    timeout: Option<Duration>,
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
        // From before it is given, so that no turn is too short to be seen.
        let followed = match arguments.wait {
            true => Some(Turn::follow(&client, &info)?),
            false => None,
        };
        let given = client.carry_out(body);
        let Some(mut turn) = followed else {
            given.await?;
            if context.json {
                output::json(&serde_json::json!({ "session": session, "receipt": "written" }))?;
            } else if arguments.when.is_some() {
                output::note("written");
            }
            return Ok(Exit::SUCCESS);
        };
        let whole = async {
            given.await?;
            output::note("written");
            let ended = turn.ends().await?;
            Ok::<_, Failure>(ended)
        };
        let (state, reason) = match arguments.timeout {
            None => whole.await?,
            Some(patience) => match tokio::time::timeout(patience, whole).await {
                Ok(ended) => ended?,
                Err(_) => {
                    let late = "the turn has not ended in time; it goes on";
                    return Err(Failure::host(ErrorCode::Timeout, late));
                }
            },
        };
        if context.json {
            let said = serde_json::json!({
                "session": session, "receipt": "turn_ended", "state": state, "reason": reason,
            });
            output::json(&said)?;
        } else {
            let reason = output::harmless(&reason);
            output::line(format_args!("{}: {reason}", agent_state::words(state)))?;
        }
        Ok(Exit::SUCCESS)
    })
}

/// The turn that a prompt begins, as the session's events tell it.
struct Turn {
    told: Subscription,
    client: ClientId,
    progress: Progress,
}

/// How far a prompt is.
#[derive(Debug, Default)]
struct Progress {
    command: Option<CommandId>,
    /// Whether it was given to the program.
    given: bool,
    /// Whether the agent has begun to work since.
    started: bool,
    /// What the agent does since, and why.
    state: Option<(State, String)>,
}

impl Turn {
    fn follow(client: &Client, info: &SessionInfo) -> Result<Self, Failure> {
        let cursor = LogCursor {
            session: info.id,
            epoch: info.epoch,
            applied: info.seq,
        };
        Ok(Self {
            told: client.subscribe(cursor, Visibility::Hidden)?,
            client: client.id(),
            progress: Progress::default(),
        })
    }

    /// Returns what the agent does when the turn has ended, or stopped for somebody.
    async fn ends(&mut self) -> Result<(State, String), Failure> {
        while let Some(told) = self.told.next().await {
            let Told::Events(events) = told else {
                continue;
            };
            for event in events {
                let before = self.progress.started;
                self.progress.take(&event.body, self.client);
                if self.progress.started && !before {
                    output::note("turn started");
                }
                if let Some(end) = self.progress.end() {
                    return Ok(end);
                }
            }
        }
        let gone = "the connection to the host has ended";
        Err(Failure::host(ErrorCode::Unavailable, gone))
    }
}

impl Progress {
    fn take(&mut self, body: &EventBody, ours: ClientId) {
        match body {
            // It is written down again when its turn comes: what was before is of the turn before.
            EventBody::Command { id, client, .. } if *client == ours => {
                *self = Self {
                    command: Some(*id),
                    ..Self::default()
                };
            }
            EventBody::CommandEnded { id, .. } if Some(*id) == self.command => self.given = true,
            EventBody::Exited { .. } | EventBody::Lost => {
                self.state = Some((State::Exited, "its program ended".into()));
            }
            EventBody::Agent(AgentEvent::State { to, evidence, .. }) => {
                // A short turn may begin before it is known that its prompt was written.
                self.started |= *to == State::Working && self.command.is_some();
                self.state = Some((*to, evidence.reason.clone()));
            }
            _ => {}
        }
    }

    /// Returns what the turn ended with, once it has.
    fn end(&self) -> Option<(State, String)> {
        let (state, reason) = self.state.as_ref().filter(|_| self.given)?;
        let ended = match state {
            State::Working | State::Starting | State::Unknown => false,
            // Before it begins, done becomes idle by being seen.
            State::Idle | State::Done => self.started,
            _ => true,
        };
        ended.then(|| (*state, reason.clone()))
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use agor_proto::agent::{Evidence, EvidenceSource};
    use agor_proto::command::Outcome;
    use agor_proto::ids::{Offset, Seq};

    const OURS: ClientId = ClientId([1; 16]);

    fn command() -> EventBody {
        EventBody::Command {
            id: CommandId([5; 16]),
            client: OURS,
            name: "send_when_idle".into(),
        }
    }

    fn given() -> EventBody {
        EventBody::CommandEnded {
            id: CommandId([5; 16]),
            outcome: Outcome::Done { seq: Seq(0) },
        }
    }

    fn becomes(to: State) -> EventBody {
        EventBody::Agent(AgentEvent::State {
            from: State::Unknown,
            to,
            evidence: Evidence {
                source: EvidenceSource::Hook,
                state: to,
                reason: String::new(),
                offset: Offset(0),
                at_millis: 0,
            },
        })
    }

    fn ends(events: &[EventBody]) -> Option<State> {
        let mut progress = Progress::default();
        for (at, event) in events.iter().enumerate() {
            progress.take(event, OURS);
            if let Some((state, _)) = progress.end() {
                assert_eq!(at, events.len() - 1, "it ended before");
                return Some(state);
            }
        }
        None
    }

    #[test]
    fn a_turn_ends_with_what_the_agent_comes_to_after_its_prompt_was_given() {
        use State::{Done, Error, Idle, NeedsPermission, Working};
        let plain = [command(), given(), becomes(Working), becomes(Done)];
        assert_eq!(ends(&plain), Some(Done));
        let seen_before = [command(), becomes(Idle), given(), becomes(Idle)];
        assert_eq!(ends(&seen_before), None);
        let queued = [
            command(),
            becomes(NeedsPermission),
            becomes(Working),
            becomes(Done),
            command(),
            given(),
            becomes(Working),
            becomes(NeedsPermission),
        ];
        assert_eq!(ends(&queued), Some(NeedsPermission));
        let short = [command(), becomes(Working), becomes(Done), given()];
        assert_eq!(ends(&short), Some(Done));
        assert_eq!(ends(&[command(), given(), becomes(Error)]), Some(Error));
        let others = [becomes(Working), becomes(Done)];
        assert_eq!(ends(&others), None);
    }
}
