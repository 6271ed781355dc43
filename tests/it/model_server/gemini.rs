//! Google's models: `POST …/models/NAME:generateContent`, and `:streamGenerateContent`, which is answered
//! with server-sent events.

use serde_json::{Value, json};

use super::http::event;
use super::tools::Call;
use super::{Asked, Listener, Writer, list, names, text};

/// Reads a request.
pub fn read(path: &str, body: &Value) -> Result<Asked, String> {
    let mut listener = Listener::default();
    for content in list(body, "contents")? {
        // What a request of one turn leaves out.
        let from_person = match content["role"].as_str().unwrap_or("user") {
            "user" | "function" => true,
            "model" => false,
            role => return Err(format!("{role:?} is no role")),
        };
        for part in list(content, "parts")?.iter().filter(|_| from_person) {
            if part["functionResponse"].is_object() {
                listener.hear_result();
            } else if part["text"].is_string() {
                listener.hear(text(part, "text")?);
            }
        }
    }
    let (model, verb) = path
        .rsplit('/')
        .next()
        .and_then(|name| name.split_once(':'))
        .ok_or("the path names no model")?;
    Ok(Asked {
        model: model.to_owned(),
        streams: verb == "streamGenerateContent",
        tools: names(body, |tool| {
            let functions = tool["functionDeclarations"].as_array();
            let functions = functions.into_iter().flatten();
            functions
                .filter_map(|function| function["name"].as_str().map(str::to_owned))
                .collect()
        })?,
        script: listener.script,
        results: listener.results,
        wants_json: body["generationConfig"]["responseMimeType"] == "application/json",
    })
}

/// Returns a failure.
pub fn error(status: u16, message: &str) -> Value {
    let kind = match status {
        401 => "UNAUTHENTICATED",
        404 => "NOT_FOUND",
        429 => "RESOURCE_EXHAUSTED",
        400..=499 => "INVALID_ARGUMENT",
        503 | 529 => "UNAVAILABLE",
        _ => "INTERNAL",
    };
    json!({ "error": { "code": status, "message": message, "status": kind } })
}

/// An answer.
pub struct Answer {
    model: String,
    id: String,
    parts: Vec<Value>,
}

impl Answer {
    /// Returns an empty one by `model`, with an id that no other has.
    pub fn new(model: &str, id: u64) -> Self {
        Self {
            model: model.to_owned(),
            id: format!("scripted-{id}"),
            parts: Vec::new(),
        }
    }

    fn document(&self, parts: &[Value], finish_reason: Option<&str>) -> Value {
        let mut candidate = json!({ "index": 0, "content": { "role": "model", "parts": parts } });
        if let Some(reason) = finish_reason {
            candidate["finishReason"] = reason.into();
        }
        let usage = json!({ "promptTokenCount": 150, "candidatesTokenCount": 20,
            "cachedContentTokenCount": 50, "totalTokenCount": 170 });
        json!({ "candidates": [candidate], "modelVersion": self.model,
            "responseId": self.id, "usageMetadata": usage })
    }

    fn add(&mut self, part: Value) -> String {
        let sent = event(&self.document(std::slice::from_ref(&part), None));
        self.parts.push(part);
        sent
    }
}

impl Writer for Answer {
    fn begin(&mut self) -> String {
        String::new()
    }

    fn text(&mut self, text: &str) -> String {
        self.add(json!({ "text": text }))
    }

    fn call(&mut self, call: &Call) -> String {
        let function = json!({ "id": call.id, "name": call.tool, "args": call.input.arguments() });
        self.add(json!({ "functionCall": function }))
    }

    fn end(&mut self) -> String {
        event(&self.document(&[json!({ "text": "" })], Some("STOP")))
    }

    fn whole(&self) -> Value {
        self.document(&self.parts, Some("STOP"))
    }
}
