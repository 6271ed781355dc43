//! The prompt as a script. Its steps stand on lines of their own, or after `;;` where a line cannot be
//! broken; other lines are ignored.
//!
//! | step | what the model does |
//! |---|---|
//! | `say: TEXT` | says it |
//! | `run: COMMAND` | asks for the client's shell |
//! | `write: PATH` | asks for the client's way to write a file |
//! | `ask: QUESTION` | asks for the client's way to ask the person |
//! | `slow: SECONDS` | says four words a second for so long |
//! | `hang` | says nothing more and keeps the connection |
//! | `error: STATUS [xN]` | fails so, each time or the first N times, then goes on |
//!
//! An answer ends with the first tool that it asks for; once its result has come, the script goes on after
//! it. To a client that has no tools but reads the text (its model's name ends in `-in-text`), it says how.

use std::time::Duration;

use super::tools::{Call, Wish};

/// See the module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Script {
    text: String,
    steps: Vec<Step>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Say(String),
    Use(Wish, String),
    Slow(u64),
    Hang,
    Fail { status: u16, times: Option<u32> },
}

/// What an answer is.
#[derive(Debug, PartialEq)]
pub enum Plan {
    /// A failure with this status.
    Fail(u16),
    /// These in order.
    Answer(Vec<Part>),
}

/// A part of an answer.
#[derive(Debug, PartialEq)]
pub enum Part {
    /// Says it.
    Text(String),
    /// Asks for a tool.
    Call(Call),
    /// Says nothing for so long.
    Pause(Duration),
    /// Says nothing more.
    Hang,
}

/// How long lies between two words of `slow:`.
const BETWEEN_WORDS: Duration = Duration::from_millis(250);

impl Script {
    /// Returns the script in a prompt, if there is one.
    pub fn of(prompt: &str) -> Option<Self> {
        let prompt = without_reminders(prompt);
        let steps_in = |line: &str| -> Vec<Step> {
            let steps = line.split(";;");
            steps.filter_map(|step| Step::of(step.trim())).collect()
        };
        // What a program adds in the person's name is not what they said.
        let lines = prompt.lines().filter(|line| !steps_in(line).is_empty());
        let lines: Vec<_> = lines.map(str::trim).collect();
        let steps: Vec<_> = lines.iter().flat_map(|line| steps_in(line)).collect();
        let text = lines.join("\n");
        (!steps.is_empty()).then_some(Self { text, steps })
    }

    /// Returns the prompt that it stands in.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Returns the answer after `results` tools, to a client that has `tools`, or to one that reads the text. A tool
    /// that is asked for gets `id`. `fails` is asked whether the step of this number, to be given so many times, is to be given now.
    pub fn plan(
        &self,
        results: usize,
        tools: Option<&[String]>,
        id: String,
        mut fails: impl FnMut(usize, Option<u32>) -> bool,
    ) -> Result<Plan, String> {
        let mut parts = Vec::new();
        let mut calls = 0;
        for (number, step) in self.steps.iter().enumerate() {
            let is_over = calls < results;
            match step {
                Step::Use(..) if is_over => calls += 1,
                _ if is_over => {}
                Step::Say(text) => parts.push(Part::Text(format!("{text}\n"))),
                Step::Slow(seconds) => {
                    for word in 0..seconds * 4 {
                        parts.push(Part::Text(format!("word{word} ")));
                        parts.push(Part::Pause(BETWEEN_WORDS));
                    }
                }
                Step::Hang => {
                    parts.push(Part::Hang);
                    break;
                }
                Step::Fail { status, times } => {
                    if fails(number, *times) {
                        return Ok(Plan::Fail(*status));
                    }
                }
                Step::Use(wish, what) => {
                    let Some(tools) = tools else {
                        parts.push(Part::Text(wish.in_text(what)));
                        continue;
                    };
                    parts.push(Part::Call(wish.call(what, tools, id)?));
                    return Ok(Plan::Answer(parts));
                }
            }
        }
        if parts.is_empty() {
            parts.push(Part::Text("Done.".to_owned()));
        }
        Ok(Plan::Answer(parts))
    }
}

impl Step {
    fn of(line: &str) -> Option<Self> {
        if line == "hang" {
            return Some(Self::Hang);
        }
        let (word, rest) = line.split_once(": ")?;
        let rest = rest.trim();
        match word {
            "say" => Some(Self::Say(rest.to_owned())),
            "run" => Some(Self::Use(Wish::Run, rest.to_owned())),
            "write" => Some(Self::Use(Wish::Write, rest.to_owned())),
            "ask" => Some(Self::Use(Wish::Ask, rest.to_owned())),
            "slow" => rest.parse().ok().map(Self::Slow),
            "error" => {
                let (status, times) = match rest.split_once(" x") {
                    Some((status, times)) => (status, Some(times.parse().ok()?)),
                    None => (rest, None),
                };
                let status = status.parse().ok()?;
                Some(Self::Fail { status, times })
            }
            _ => None,
        }
    }
}

/// Returns a prompt without what the program adds to it in the person's name.
fn without_reminders(prompt: &str) -> String {
    const OPEN: &str = "<system-reminder>";
    const CLOSE: &str = "</system-reminder>";
    let mut rest = prompt;
    let mut text = String::new();
    while let Some((before, after)) = rest.split_once(OPEN) {
        text += before;
        rest = after.split_once(CLOSE).map_or("", |(_, after)| after);
    }
    text += rest;
    text.trim().to_owned()
}
