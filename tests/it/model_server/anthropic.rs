//! Anthropic's Messages: `POST …/v1/messages`.

use serde_json::{Value, json};

use super::http::named_event;
use super::tools::Call;
use super::{Asked, Listener, Writer, list, names, text};

/// Reads a request.
pub fn read(body: &Value) -> Result<Asked, String> {
    let mut listener = Listener::default();
    for message in list(body, "messages")? {
        let from_person = match text(message, "role")? {
            "user" => true,
            "assistant" | "system" => false,
            role => return Err(format!("{role:?} is no role")),
        };
        match &message["content"] {
            Value::String(said) if from_person => listener.hear(said),
            Value::String(_) => {}
            Value::Array(blocks) => {
                for block in blocks {
                    match text(block, "type")? {
                        "text" if from_person => listener.hear(text(block, "text")?),
                        "tool_result" => listener.hear_result(),
                        _ => {}
                    }
                }
            }
            other => return Err(format!("\"content\" is neither text nor a list: {other}")),
        }
    }
    Ok(Asked {
        model: text(body, "model")?.to_owned(),
        streams: body["stream"] == true,
        tools: names(body, |tool| {
            tool["name"]
                .as_str()
                .map(str::to_owned)
                .into_iter()
                .collect()
        })?,
        script: listener.script,
        results: listener.results,
        wants_json: !body["output_config"]["format"].is_null() || !body["output_format"].is_null(),
    })
}

/// Returns a failure.
pub fn error(status: u16, message: &str) -> Value {
    let kind = match status {
        401 => "authentication_error",
        404 => "not_found_error",
        429 => "rate_limit_error",
        529 => "overloaded_error",
        400..=499 => "invalid_request_error",
        _ => "api_error",
    };
    json!({ "type": "error", "error": { "type": kind, "message": message } })
}

/// An answer.
pub struct Answer {
    model: String,
    id: String,
    /// The blocks so far; the last is open while it is text.
    blocks: Vec<Value>,
    is_open: bool,
    stop_reason: &'static str,
}

impl Answer {
    /// Returns an empty one by `model`, with an id that no other has.
    pub fn new(model: &str, id: u64) -> Self {
        Self {
            model: model.to_owned(),
            id: format!("msg_scripted_{id}"),
            blocks: Vec::new(),
            is_open: false,
            stop_reason: "end_turn",
        }
    }

    fn last(&self) -> usize {
        self.blocks.len().saturating_sub(1)
    }

    fn close(&mut self) -> String {
        if std::mem::take(&mut self.is_open) {
            let data = json!({ "type": "content_block_stop", "index": self.last() });
            named_event("content_block_stop", &data)
        } else {
            String::new()
        }
    }

    fn open(&mut self, block: Value) -> String {
        let closed = self.close();
        self.blocks.push(block.clone());
        self.is_open = true;
        let data =
            json!({ "type": "content_block_start", "index": self.last(), "content_block": block });
        closed + &named_event("content_block_start", &data)
    }

    fn delta(&self, delta: &Value) -> String {
        let data = json!({ "type": "content_block_delta", "index": self.last(), "delta": delta });
        named_event("content_block_delta", &data)
    }
}

impl Writer for Answer {
    fn begin(&mut self) -> String {
        let mut message = self.whole();
        message["stop_reason"] = Value::Null;
        let start = json!({ "type": "message_start", "message": message });
        named_event("message_start", &start) + &named_event("ping", &json!({ "type": "ping" }))
    }

    fn text(&mut self, text: &str) -> String {
        let mut sent = String::new();
        if !self.is_open {
            sent += &self.open(json!({ "type": "text", "text": "" }));
        }
        if let Some(Value::String(said)) = self.blocks.last_mut().map(|block| &mut block["text"]) {
            *said += text;
        }
        sent + &self.delta(&json!({ "type": "text_delta", "text": text }))
    }

    fn call(&mut self, call: &Call) -> String {
        let id = format!("toolu_{}", call.id);
        let mut block = json!({ "type": "tool_use", "id": id, "name": call.tool, "input": {} });
        let mut sent = self.open(block.clone());
        let arguments = call.input.arguments();
        let delta = json!({ "type": "input_json_delta", "partial_json": arguments.to_string() });
        sent += &self.delta(&delta);
        block["input"] = arguments;
        let last = self.last();
        self.blocks[last] = block;
        self.stop_reason = "tool_use";
        sent + &self.close()
    }

    fn end(&mut self) -> String {
        let closed = self.close();
        let delta = json!({ "type": "message_delta", "usage": { "output_tokens": 20 },
            "delta": { "stop_reason": self.stop_reason, "stop_sequence": null } });
        closed
            + &named_event("message_delta", &delta)
            + &named_event("message_stop", &json!({ "type": "message_stop" }))
    }

    fn whole(&self) -> Value {
        let usage = json!({ "input_tokens": 100, "output_tokens": 20,
            "cache_creation_input_tokens": 0, "cache_read_input_tokens": 50 });
        json!({ "id": self.id, "type": "message", "role": "assistant", "model": self.model,
            "content": self.blocks, "stop_reason": self.stop_reason, "stop_sequence": null,
            "usage": usage })
    }
}
