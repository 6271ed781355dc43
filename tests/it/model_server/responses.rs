//! OpenAI's Responses: `POST …/v1/responses`.

use serde_json::{Value, json};

use super::http::named_event;
use super::tools::{Call, Input};
use super::{Asked, Listener, Writer, names, text};

/// Reads a request.
pub fn read(body: &Value) -> Result<Asked, String> {
    let mut listener = Listener::default();
    match &body["input"] {
        Value::String(said) => listener.hear(said),
        Value::Array(items) => {
            for item in items {
                read_item(item, &mut listener)?;
            }
        }
        other => return Err(format!("\"input\" is neither text nor a list: {other}")),
    }
    Ok(Asked {
        model: text(body, "model")?.to_owned(),
        streams: body["stream"] == true,
        tools: names(body, |tool| {
            // Tools of one kind may come as a group.
            let inner = tool["tools"].as_array().into_iter().flatten();
            let all = std::iter::once(tool).chain(inner);
            all.filter_map(|tool| tool["name"].as_str().map(str::to_owned))
                .collect()
        })?,
        script: listener.script,
        results: listener.results,
        wants_json: body["text"]["format"]["type"] == "json_schema",
    })
}

fn read_item(item: &Value, listener: &mut Listener) -> Result<(), String> {
    // Where the kind of an item is not said, it is a message.
    let kind = item["type"].as_str().unwrap_or("message");
    if kind.ends_with("_call_output") {
        listener.hear_result();
    }
    if kind != "message" || text(item, "role")? != "user" {
        return Ok(());
    }
    match &item["content"] {
        Value::String(said) => listener.hear(said),
        Value::Array(parts) => {
            for part in parts.iter().filter(|part| part["type"] == "input_text") {
                listener.hear(text(part, "text")?);
            }
        }
        other => return Err(format!("\"content\" is neither text nor a list: {other}")),
    }
    Ok(())
}

/// An answer.
pub struct Answer {
    model: String,
    id: String,
    said: String,
    /// The items that are done.
    items: Vec<Value>,
    /// Whether a message is being said.
    is_open: bool,
    events: u64,
}

impl Answer {
    /// Returns an empty one by `model`, with an id that no other has.
    pub fn new(model: &str, id: u64) -> Self {
        Self {
            model: model.to_owned(),
            id: format!("scripted_{id}"),
            said: String::new(),
            items: Vec::new(),
            is_open: false,
            events: 0,
        }
    }

    fn event(&mut self, kind: &str, mut data: Value) -> String {
        data["type"] = kind.into();
        data["sequence_number"] = self.events.into();
        self.events += 1;
        named_event(kind, &data)
    }

    fn message_id(&self) -> String {
        format!("msg_{}", self.id)
    }

    fn message(&self, status: &str) -> Value {
        let content = if status == "completed" {
            json!([{ "type": "output_text", "text": self.said, "annotations": [] }])
        } else {
            json!([])
        };
        json!({ "type": "message", "id": self.message_id(), "role": "assistant", "status": status,
            "content": content })
    }

    fn close(&mut self) -> String {
        if !std::mem::take(&mut self.is_open) {
            return String::new();
        }
        let at = self.items.len();
        let message = self.message("completed");
        let place = json!({ "item_id": self.message_id(), "output_index": at, "content_index": 0 });
        let mut done = place.clone();
        done["text"] = self.said.clone().into();
        let mut part = place;
        part["part"] = message["content"][0].clone();
        let sent = self.event("response.output_text.done", done)
            + &self.event("response.content_part.done", part);
        self.items.push(message.clone());
        let item = json!({ "output_index": at, "item": message });
        sent + &self.event("response.output_item.done", item)
    }

    fn response(&self, status: &str) -> Value {
        let usage = json!({ "input_tokens": 150, "input_tokens_details": { "cached_tokens": 50 },
            "output_tokens": 20, "output_tokens_details": { "reasoning_tokens": 0 },
            "total_tokens": 170 });
        let usage = if status == "completed" {
            usage
        } else {
            Value::Null
        };
        json!({ "id": format!("resp_{}", self.id), "object": "response", "created_at": 1, "status": status,
            "model": self.model, "output": self.items, "usage": usage, "error": null })
    }
}

impl Writer for Answer {
    fn begin(&mut self) -> String {
        let response = json!({ "response": self.response("in_progress") });
        self.event("response.created", response.clone())
            + &self.event("response.in_progress", response)
    }

    fn text(&mut self, text: &str) -> String {
        let at = self.items.len();
        let place = json!({ "item_id": self.message_id(), "output_index": at, "content_index": 0 });
        let mut sent = String::new();
        if !self.is_open {
            self.is_open = true;
            let item = json!({ "output_index": at, "item": self.message("in_progress") });
            sent += &self.event("response.output_item.added", item);
            let mut part = place.clone();
            part["part"] = json!({ "type": "output_text", "text": "", "annotations": [] });
            sent += &self.event("response.content_part.added", part);
        }
        self.said += text;
        let mut delta = place;
        delta["delta"] = text.into();
        sent + &self.event("response.output_text.delta", delta)
    }

    fn call(&mut self, call: &Call) -> String {
        let mut sent = self.close();
        let at = self.items.len();
        let id = format!("fc_{}", call.id);
        let (kind, member, given) = match &call.input {
            Input::Arguments(arguments) => ("function_call", "arguments", arguments.to_string()),
            Input::Free(text) => ("custom_tool_call", "input", text.clone()),
        };
        let mut item = json!({ "type": kind, "id": id, "call_id": call.id, "name": call.tool,
            "status": "in_progress", member: "" });
        let added = json!({ "output_index": at, "item": item });
        sent += &self.event("response.output_item.added", added);
        let event = format!("response.{kind}_{member}");
        let delta = json!({ "item_id": id, "output_index": at, "delta": given });
        sent += &self.event(&format!("{event}.delta"), delta);
        let done = json!({ "item_id": id, "output_index": at, member: given });
        sent += &self.event(&format!("{event}.done"), done);
        item[member] = given.into();
        item["status"] = "completed".into();
        self.items.push(item.clone());
        let done = json!({ "output_index": at, "item": item });
        sent + &self.event("response.output_item.done", done)
    }

    fn end(&mut self) -> String {
        let closed = self.close();
        let response = json!({ "response": self.response("completed") });
        closed + &self.event("response.completed", response)
    }

    fn whole(&self) -> Value {
        self.response("completed")
    }
}
