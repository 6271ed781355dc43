//! OpenAI's Chat Completions: `POST …/v1/chat/completions`.

use serde_json::{Value, json};

use super::http::event;
use super::tools::Call;
use super::{Asked, Listener, Writer, list, names, text};

/// Reads a request.
pub fn read(body: &Value) -> Result<Asked, String> {
    let mut listener = Listener::default();
    for message in list(body, "messages")? {
        match text(message, "role")? {
            "tool" => listener.hear_result(),
            "user" => match &message["content"] {
                Value::String(said) => listener.hear(said),
                Value::Array(parts) => {
                    for part in parts.iter().filter(|part| part["type"] == "text") {
                        listener.hear(text(part, "text")?);
                    }
                }
                other => return Err(format!("\"content\" is neither text nor a list: {other}")),
            },
            "assistant" | "developer" | "system" => {}
            role => return Err(format!("{role:?} is no role")),
        }
    }
    Ok(Asked {
        model: text(body, "model")?.to_owned(),
        streams: body["stream"] == true,
        tools: names(body, |tool| {
            let name = tool["function"]["name"].as_str();
            name.map(str::to_owned).into_iter().collect()
        })?,
        script: listener.script,
        results: listener.results,
        wants_json: body["response_format"]["type"]
            .as_str()
            .is_some_and(|kind| kind.starts_with("json")),
    })
}

/// Returns a failure, as both dialects of OpenAI have it.
pub fn error(status: u16, message: &str) -> Value {
    let kind = match status {
        401 => "authentication_error",
        429 => "rate_limit_exceeded",
        400..=499 => "invalid_request_error",
        _ => "server_error",
    };
    json!({ "error": { "message": message, "type": kind, "param": null, "code": kind } })
}

/// An answer.
pub struct Answer {
    model: String,
    id: String,
    said: String,
    calls: Vec<Value>,
}

impl Answer {
    /// Returns an empty one by `model`, with an id that no other has.
    pub fn new(model: &str, id: u64) -> Self {
        Self {
            model: model.to_owned(),
            id: format!("chatcmpl-scripted-{id}"),
            said: String::new(),
            calls: Vec::new(),
        }
    }

    fn chunk(&self, delta: &Value, finish_reason: Option<&str>) -> Value {
        json!({ "id": self.id, "object": "chat.completion.chunk", "created": 1,
            "model": self.model,
            "choices": [{ "index": 0, "delta": delta, "finish_reason": finish_reason }] })
    }

    fn finish_reason(&self) -> &'static str {
        if self.calls.is_empty() {
            "stop"
        } else {
            "tool_calls"
        }
    }
}

fn usage() -> Value {
    json!({ "prompt_tokens": 150, "completion_tokens": 20, "total_tokens": 170,
        "prompt_tokens_details": { "cached_tokens": 50 } })
}

impl Writer for Answer {
    fn begin(&mut self) -> String {
        event(&self.chunk(&json!({ "role": "assistant", "content": "" }), None))
    }

    fn text(&mut self, text: &str) -> String {
        self.said += text;
        event(&self.chunk(&json!({ "content": text }), None))
    }

    fn call(&mut self, call: &Call) -> String {
        let arguments = call.input.arguments().to_string();
        let mut wanted = json!({ "id": call.id, "type": "function",
            "function": { "name": call.tool, "arguments": arguments } });
        self.calls.push(wanted.clone());
        wanted["index"] = 0.into();
        event(&self.chunk(&json!({ "tool_calls": [wanted] }), None))
    }

    fn end(&mut self) -> String {
        let mut last = self.chunk(&json!({}), Some(self.finish_reason()));
        last["usage"] = usage();
        event(&last) + "data: [DONE]\n\n"
    }

    fn whole(&self) -> Value {
        let mut message = json!({ "role": "assistant", "content": self.said });
        if !self.calls.is_empty() {
            message["tool_calls"] = self.calls.clone().into();
        }
        json!({ "id": self.id, "object": "chat.completion", "created": 1,
            "model": self.model, "usage": usage(),
            "choices": [{ "index": 0, "message": message, "finish_reason": self.finish_reason() }] })
    }
}
