//! `answer`: an answer to what a session's agent asks, if it still asks that when the answer comes.

use agor_proto::agent::{Choice, Pending, PermissionKind};
use agor_proto::command::CommandBody;
use agor_proto::error::ErrorCode;
use agor_proto::input::{Input, Key, KeyInput, Mods};
use agor_proto::limits::INPUT_MAX;
use agor_term::input::chord;

use super::super::context::Context;
use super::super::exit::Exit;
use super::super::failure::Failure;
use super::super::output;

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The session: its name, its id or the begin of its id
    session: String,
    /// The answer: allow, always, deny or its number in the list that is printed without one; the agent's screen may
    /// have other numbers
    #[arg(value_name = "CHOICE", conflicts_with = "text")]
    choice: Option<String>,
    /// Answer by this text and Enter
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    text: Option<String>,
    /// Answer only this question, by the `id` that `answer --json` and `ls --json` print; whatever else is asked by now
    /// is left alone
    #[arg(long, value_name = "ID")]
    question: Option<u64>,
}

pub fn run(arguments: Arguments, context: &Context) -> Result<Exit, Failure> {
    context.block_on(async {
        let client = context.client().await?;
        let info = context.session(&client, &arguments.session).await?;
        let session = info.id;
        let pending = info.agent.and_then(|agent| agent.pending);
        let pending = meant(pending, arguments.question)?;
        let (inputs, sent) = match (&arguments.choice, arguments.text) {
            (Some(choice), _) => chosen(&pending, choice)?,
            (None, Some(text)) => typed(text)?,
            (None, None) => return show(&pending, context),
        };
        let question = pending.id;
        let body = CommandBody::Answer {
            session,
            question,
            inputs,
        };
        client.carry_out(body).await?;
        if context.json {
            let said = serde_json::json!({
                "session": session, "question": pending.text, "sent": sent,
            });
            output::json(&said)?;
        } else {
            output::line(format_args!("sent: {}", output::harmless(&sent)))?;
        }
        Ok(Exit::SUCCESS)
    })
}

/// Returns the question that is asked, if it is the one that was meant.
fn meant(asked: Option<Pending>, question: Option<u64>) -> Result<Pending, Failure> {
    let gone = |why: &str| Failure::host(ErrorCode::AlreadyAnswered, why);
    let asked = asked.ok_or_else(|| gone("the session's agent asks nothing"))?;
    match question {
        Some(question) if question != asked.id => Err(gone(
            "that question is not asked any more: nothing was given",
        )),
        _ => Ok(asked),
    }
}

/// Returns the input of a choice, and what it is in words.
fn chosen(pending: &Pending, wanted: &str) -> Result<(Vec<Input>, String), Failure> {
    let choice = find(&pending.choices, wanted).ok_or_else(|| {
        let names = names(&pending.choices);
        Failure::usage(match names.is_empty() {
            true => {
                "the keys that answer this question are not known: see it with `screen`, and press \
                     them with `key`"
                    .to_owned()
            }
            false => format!("there is no answer {wanted:?}; there are {names}"),
        })
    })?;
    let keys = choice.keys.iter().map(|keys| chord::parse(keys));
    // Half of an answer may be another answer.
    let keys = keys
        .collect::<Result<Vec<KeyInput>, _>>()
        .map_err(|error| Failure::usage(format!("the answer's keys are not known ({error})")))?;
    let sent = format!("{} ({})", choice.keys.join(" "), choice.name);
    Ok((keys.into_iter().map(Input::Key).collect(), sent))
}

fn typed(text: String) -> Result<(Vec<Input>, String), Failure> {
    if text.is_empty() || text.len() > INPUT_MAX {
        return Err(Failure::usage(format!(
            "an answer has from 1 to {INPUT_MAX} bytes"
        )));
    }
    let sent = format!("{text:?} and enter");
    let enter = Input::Key(KeyInput::press(Key::Enter, Mods::default()));
    Ok((vec![Input::Text { text }, enter], sent))
}

/// Returns the answer that a person means by its number, or by what it does: the first that does it.
fn find<'a>(choices: &'a [Choice], wanted: &str) -> Option<&'a Choice> {
    if let Ok(number) = wanted.parse::<usize>() {
        return choices.get(number.checked_sub(1)?);
    }
    let kind = match wanted {
        "allow" => PermissionKind::AllowOnce,
        "always" => PermissionKind::AllowAlways,
        "deny" => PermissionKind::RejectOnce,
        _ => return None,
    };
    choices.iter().find(|choice| choice.kind == kind)
}

fn word(kind: PermissionKind) -> Option<&'static str> {
    match kind {
        PermissionKind::AllowOnce => Some("allow"),
        PermissionKind::AllowAlways => Some("always"),
        PermissionKind::RejectOnce => Some("deny"),
        _ => None,
    }
}

fn names(choices: &[Choice]) -> String {
    let name = |(at, choice): (usize, &Choice)| match word(choice.kind) {
        Some(word) => format!("{} ({word})", at + 1),
        None => (at + 1).to_string(),
    };
    let names: Vec<_> = choices.iter().enumerate().map(name).collect();
    names.join(", ")
}

fn show(pending: &Pending, context: &Context) -> Result<Exit, Failure> {
    if context.json {
        output::json(pending)?;
        return Ok(Exit::SUCCESS);
    }
    output::line(output::harmless(&pending.text))?;
    for (at, choice) in pending.choices.iter().enumerate() {
        let word = word(choice.kind).unwrap_or_default();
        let (name, keys) = (output::harmless(&choice.name), choice.keys.join(" "));
        output::line(format_args!(
            "{}  {word:<6}  {name}  [sends {keys}]",
            at + 1
        ))?;
    }
    if pending.answered {
        output::note("it is answered, and its agent has not gone on yet");
    }
    Ok(Exit::SUCCESS)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pending() -> Pending {
        let choice = |name: &str, kind, key: &str| Choice {
            name: name.into(),
            kind,
            keys: vec![key.into()],
        };
        Pending {
            text: "Bash: ls".into(),
            choices: vec![
                choice("Yes", PermissionKind::AllowOnce, "1"),
                choice("No", PermissionKind::RejectOnce, "escape"),
            ],
            id: 4,
            answered: false,
        }
    }

    #[test]
    fn an_answer_is_named_by_its_number_or_by_what_it_does() {
        for (wanted, sent) in [
            ("1", "1 (Yes)"),
            ("allow", "1 (Yes)"),
            ("2", "escape (No)"),
            ("deny", "escape (No)"),
        ] {
            let (inputs, said) = chosen(&pending(), wanted).unwrap();
            assert_eq!((inputs.len(), &said[..]), (1, sent));
        }
        for wanted in ["0", "3", "always", "yes", ""] {
            let failure = chosen(&pending(), wanted).unwrap_err().message().to_owned();
            assert!(failure.contains("1 (allow), 2 (deny)"), "{failure}");
        }
        let unknown = Pending::default();
        let failure = chosen(&unknown, "allow").unwrap_err().message().to_owned();
        assert!(failure.contains("not known"), "{failure}");
    }

    #[test]
    fn a_question_that_is_named_is_the_one_that_is_asked_or_nothing_is_given() {
        for question in [None, Some(4)] {
            assert_eq!(meant(Some(pending()), question).unwrap(), pending());
        }
        for (asked, question) in [(Some(pending()), Some(3)), (None, Some(4)), (None, None)] {
            let failure = meant(asked, question).unwrap_err();
            assert_eq!(failure.exit(), Exit(ErrorCode::AlreadyAnswered.exit_code()));
        }
    }

    #[test]
    fn a_text_is_followed_by_enter_and_is_not_empty() {
        let (inputs, sent) = typed("-v".into()).unwrap();
        assert_eq!((inputs.len(), &sent[..]), (2, "\"-v\" and enter"));
        assert!(typed(String::new()).is_err());
        assert!(typed("x".repeat(INPUT_MAX + 1)).is_err());
    }
}
