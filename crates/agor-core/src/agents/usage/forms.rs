//! The forms in which agents write down what they used, a line of JSON at a time, and what a line tells in each.
//! They are undocumented, so read with tolerance: what is not understood tells nothing.

use serde::Deserialize;

use crate::zone::utc_millis;

/// How the lines of a transcript read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// Claude Code's `projects/FOLDER/ID.jsonl`.
    Claude,
    /// Codex's `sessions/YEAR/MONTH/DAY/rollout-TIME-ID.jsonl`.
    Codex,
    /// Gemini CLI's `tmp/FOLDER/chats/session-TIME-ID.jsonl`.
    Gemini,
    /// Qwen Code's `projects/FOLDER/chats/ID.jsonl`.
    Qwen,
    /// pi's `sessions/FOLDER/TIME_ID.jsonl`.
    Pi,
    /// Copilot CLI's `session-state/ID/events.jsonl`.
    Copilot,
}

/// What a line tells.
#[derive(Debug, Clone, PartialEq)]
pub enum Told {
    /// What one message took. A later one with the same id takes its place.
    Message(Message),
    /// What the whole conversation took so far.
    Total {
        /// Its tokens.
        tokens: Tokens,
        /// How many tokens the model's context holds, of how many that it takes.
        context: Option<(u64, u64)>,
    },
    /// The model that answers from now on.
    Model(String),
    /// What the whole conversation cost so far, in dollars, as the agent counts.
    Cost(f64),
}

/// A message of the model's.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Message {
    /// Its id; messages without one are others.
    pub id: String,
    /// The model.
    pub model: String,
    /// Whether it is a subagent's, whose model and context are not the conversation's.
    pub aside: bool,
    /// Its tokens.
    pub tokens: Tokens,
    /// What it cost in dollars, if the agent says.
    pub cost: Option<f64>,
    /// How many tokens the model's context takes, if the agent says.
    pub window: Option<u64>,
}

/// Tokens of one message or of many.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tokens {
    /// Read, and in no cache.
    pub input: u64,
    /// Written.
    pub output: u64,
    /// Read from a cache.
    pub cache_read: u64,
    /// Read, and put into a cache.
    pub cache_write: u64,
}

impl Tokens {
    /// Returns how many the model was given, from wherever.
    #[must_use]
    pub fn read(self) -> u64 {
        let cached = self.cache_read.saturating_add(self.cache_write);
        self.input.saturating_add(cached)
    }
}

/// Returns what a line tells, if it tells anything.
#[must_use]
pub fn read(form: Form, line: &[u8]) -> Option<Told> {
    match form {
        Form::Claude => claude(line),
        Form::Codex => codex(line),
        Form::Gemini => gemini(line),
        Form::Qwen => qwen(line),
        Form::Pi => pi(line),
        Form::Copilot => copilot(line),
    }
}

/// Returns when a line was written, in milliseconds since 1970, if it says so.
#[must_use]
pub fn time(line: &[u8]) -> Option<u64> {
    #[derive(Deserialize)]
    struct Line {
        timestamp: String,
    }
    let line: Line = parse(line)?;
    utc_millis(&line.timestamp)
}

fn parse<'a, T: Deserialize<'a>>(line: &'a [u8]) -> Option<T> {
    serde_json::from_slice(line).ok()
}

fn claude(line: &[u8]) -> Option<Told> {
    #[derive(Deserialize)]
    #[serde(default, rename_all = "camelCase")]
    #[derive(Default)]
    struct Line {
        is_sidechain: bool,
        message: Option<Said>,
        #[serde(rename = "totalCostUSD")]
        total_cost: Option<f64>,
        has_unknown_model_cost: bool,
    }
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Said {
        id: String,
        model: String,
        usage: Option<Used>,
    }
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Used {
        input_tokens: u64,
        output_tokens: u64,
        cache_read_input_tokens: u64,
        cache_creation_input_tokens: u64,
    }
    let line: Line = parse(line)?;
    // With a model whose price it does not know, its sum lacks something.
    if let Some(cost) = line.total_cost.filter(|_| !line.has_unknown_model_cost) {
        return Some(Told::Cost(cost));
    }
    let said = line.message?;
    let used = said.usage?;
    // A made-up answer, to an error for one, has a model of this kind.
    if said.model.starts_with('<') {
        return None;
    }
    message(Message {
        id: said.id,
        model: said.model,
        aside: line.is_sidechain,
        tokens: Tokens {
            input: used.input_tokens,
            output: used.output_tokens,
            cache_read: used.cache_read_input_tokens,
            cache_write: used.cache_creation_input_tokens,
        },
        ..Message::default()
    })
}

fn codex(line: &[u8]) -> Option<Told> {
    #[derive(Deserialize)]
    struct Line {
        #[serde(rename = "type")]
        kind: String,
        payload: Payload,
    }
    #[derive(Deserialize)]
    #[serde(default)]
    #[derive(Default)]
    struct Payload {
        #[serde(rename = "type")]
        kind: String,
        model: String,
        info: Option<Info>,
    }
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Info {
        total_token_usage: Used,
        last_token_usage: Used,
        model_context_window: Option<u64>,
    }
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Used {
        input_tokens: u64,
        cached_input_tokens: u64,
        cache_write_input_tokens: u64,
        output_tokens: u64,
    }
    let Line { kind, payload } = parse(line)?;
    match (&kind[..], &payload.kind[..]) {
        ("turn_context", _) => {
            Some(Told::Model(payload.model)).filter(|told| *told != Told::Model(String::new()))
        }
        ("event_msg", "token_count") => {
            let info = payload.info?;
            let (total, last) = (info.total_token_usage, info.last_token_usage);
            // What is read counts what comes from a cache, too.
            let cached = total
                .cached_input_tokens
                .saturating_add(total.cache_write_input_tokens);
            let filled = last.input_tokens.saturating_add(last.output_tokens);
            Some(Told::Total {
                tokens: Tokens {
                    input: total.input_tokens.saturating_sub(cached),
                    output: total.output_tokens,
                    cache_read: total.cached_input_tokens,
                    cache_write: total.cache_write_input_tokens,
                },
                context: info.model_context_window.map(|window| (filled, window)),
            })
        }
        _ => None,
    }
}

fn gemini(line: &[u8]) -> Option<Told> {
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Line {
        id: String,
        model: String,
        tokens: Option<Used>,
    }
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Used {
        input: u64,
        output: u64,
        cached: u64,
        thoughts: u64,
        tool: u64,
    }
    let line: Line = parse(line)?;
    let used = line.tokens?;
    message(Message {
        id: line.id,
        model: line.model,
        tokens: of_all_read(
            used.input.saturating_add(used.tool),
            used.output.saturating_add(used.thoughts),
            used.cached,
        ),
        ..Message::default()
    })
}

fn qwen(line: &[u8]) -> Option<Told> {
    #[derive(Default, Deserialize)]
    #[serde(default, rename_all = "camelCase")]
    struct Line {
        uuid: String,
        model: String,
        usage_metadata: Option<Used>,
    }
    #[derive(Default, Deserialize)]
    #[serde(default, rename_all = "camelCase")]
    struct Used {
        prompt_token_count: u64,
        candidates_token_count: u64,
        cached_content_token_count: u64,
    }
    let line: Line = parse(line)?;
    let used = line.usage_metadata?;
    // The thoughts are among the candidates.
    message(Message {
        id: line.uuid,
        model: line.model,
        tokens: of_all_read(
            used.prompt_token_count,
            used.candidates_token_count,
            used.cached_content_token_count,
        ),
        ..Message::default()
    })
}

fn pi(line: &[u8]) -> Option<Told> {
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Line {
        id: String,
        message: Option<Said>,
    }
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Said {
        model: String,
        usage: Option<Used>,
    }
    #[derive(Default, Deserialize)]
    #[serde(default, rename_all = "camelCase")]
    struct Used {
        input: u64,
        output: u64,
        cache_read: u64,
        cache_write: u64,
        cost: Cost,
    }
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Cost {
        total: f64,
    }
    let line: Line = parse(line)?;
    let said = line.message?;
    let used = said.usage?;
    message(Message {
        id: line.id,
        model: said.model,
        tokens: Tokens {
            input: used.input,
            output: used.output,
            cache_read: used.cache_read,
            cache_write: used.cache_write,
        },
        // Of a model whose price it does not know it says that it costs nothing.
        cost: Some(used.cost.total).filter(|cost| *cost > 0.0),
        ..Message::default()
    })
}

fn copilot(line: &[u8]) -> Option<Told> {
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Line {
        #[serde(rename = "type")]
        kind: String,
        id: String,
        data: Data,
    }
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Data {
        usage: Option<Used>,
    }
    #[derive(Default, Deserialize)]
    #[serde(default, rename_all = "camelCase")]
    struct Used {
        model: String,
        input_tokens: u64,
        output_tokens: u64,
        cache_read_tokens: u64,
        cache_write_tokens: u64,
        max_prompt_tokens: Option<u64>,
    }
    let line: Line = parse(line)?;
    let used = line
        .data
        .usage
        .filter(|_| line.kind == "session.usage_record")?;
    let read = used.input_tokens.saturating_sub(used.cache_write_tokens);
    message(Message {
        id: line.id,
        model: used.model,
        tokens: Tokens {
            cache_write: used.cache_write_tokens,
            ..of_all_read(read, used.output_tokens, used.cache_read_tokens)
        },
        window: used.max_prompt_tokens,
        ..Message::default()
    })
}

/// Returns the tokens where those from a cache are among those that were read.
fn of_all_read(read: u64, output: u64, cache_read: u64) -> Tokens {
    Tokens {
        input: read.saturating_sub(cache_read),
        output,
        cache_read,
        cache_write: 0,
    }
}

fn message(message: Message) -> Option<Told> {
    (!message.model.is_empty()).then_some(Told::Message(message))
}
