//! `hook`: what an agent's hook runs. It passes the small part that matters of what it was given on to the
//! host, waits until that was heard, and says nothing whatever happens: a hook's words would go into
//! the agent's conversation. It is done before anything else of the program is set up.

use std::ffi::OsString;
use std::io::Read;

use agor_proto::limits::HOOK_INPUT_MAX;

use super::super::context::Context;
use super::super::exit::Exit;
use super::super::failure::Failure;
use super::super::report::{self, Reporter};
use crate::agents::hooks::Hook;

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Whose hook it is
    #[arg(default_value = "claude")]
    form: String,
    /// What the agent gives its hook as arguments
    #[arg(hide = true)]
    rest: Vec<OsString>,
}

pub fn run(arguments: Arguments, _: &Context) -> Result<Exit, Failure> {
    tell(&arguments.form);
    Ok(Exit::SUCCESS)
}

/// Does it, if these arguments of a process ask for it and nothing else.
pub fn early(arguments: impl Iterator<Item = OsString>) -> Option<Exit> {
    tell(&asked_for(arguments)?);
    Some(Exit::SUCCESS)
}

/// Returns whose hook these arguments of a process ask for, if they ask for nothing else.
fn asked_for(mut arguments: impl Iterator<Item = OsString>) -> Option<String> {
    arguments.next();
    if arguments.next()? != "hook" {
        return None;
    }
    let form = arguments.next().unwrap_or_else(|| "claude".into());
    let form = form.to_string_lossy();
    (!form.starts_with('-')).then(|| form.into_owned())
}

fn tell(form: &str) {
    let Some(reporter) = Reporter::of_this_session() else {
        return;
    };
    let hook = given(std::io::stdin().lock()).and_then(|given| Hook::read(&given));
    let Some(body) = hook.and_then(|hook| serde_json::to_vec(&hook).ok()) else {
        return;
    };
    // The host may be away; the rest of the evidence is there.
    reporter.report(form, body, report::PATIENCE).ok();
}

/// Returns what a hook is given, unless that is too much.
fn given(input: impl Read) -> Option<Vec<u8>> {
    let mut given = Vec::new();
    let most = HOOK_INPUT_MAX as u64 + 1;
    input.take(most).read_to_end(&mut given).ok()?;
    (given.len() <= HOOK_INPUT_MAX).then_some(given)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hook_input_max_is_read_and_not_a_byte_more() {
        let input = |bytes: usize| std::io::repeat(b' ').take(bytes as u64);
        assert!(given(input(HOOK_INPUT_MAX)).is_some_and(|it| it.len() == HOOK_INPUT_MAX));
        assert_eq!(given(input(HOOK_INPUT_MAX + 1)), None);
    }

    #[test]
    fn only_the_verb_alone_is_done_early() {
        let asked_for = |words: &[&str]| {
            let words: Vec<OsString> = words.iter().map(OsString::from).collect();
            asked_for(words.into_iter())
        };
        assert_eq!(asked_for(&["agord", "hook"]).as_deref(), Some("claude"));
        assert_eq!(
            asked_for(&["agord", "hook", "qwen"]).as_deref(),
            Some("qwen")
        );
        assert_eq!(
            asked_for(&["agord", "hook", "qwen", "more"]).as_deref(),
            Some("qwen")
        );
        assert_eq!(asked_for(&["agord"]), None);
        assert_eq!(asked_for(&["agord", "ls", "hook"]), None);
        assert_eq!(asked_for(&["agord", "hook", "--help"]), None);
    }
}
