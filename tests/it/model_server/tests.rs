//! Each dialect by raw HTTP, as a client would speak it.

use std::io::{Read, Write};
use std::net::TcpStream;

use serde_json::{Value, json};

use super::ModelServer;

/// What came back: the status, and the body as text.
struct Came {
    status: u16,
    body: String,
}

impl Came {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    /// Returns the data of every event.
    fn events(&self) -> Vec<Value> {
        let data = self
            .body
            .lines()
            .filter_map(|line| line.strip_prefix("data: "));
        data.filter(|data| *data != "[DONE]")
            .map(|data| serde_json::from_str(data).expect("an event is JSON"))
            .collect()
    }

    /// Returns the text at `pointer` of every event that has it, joined.
    fn joined(&self, pointer: &str) -> String {
        let events = self.events();
        let texts = events
            .iter()
            .filter_map(|event| event.pointer(pointer)?.as_str());
        texts.collect()
    }
}

fn raw(server: &ModelServer, request: &[u8]) -> Came {
    let mut line = TcpStream::connect(server.address).expect("it listens");
    line.write_all(request).expect("it reads");
    let mut answer = String::new();
    line.read_to_string(&mut answer).expect("it answers");
    let (head, body) = answer.split_once("\r\n\r\n").expect("a header and a body");
    let status = head
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok());
    Came {
        status: status.expect("a status"),
        body: body.to_owned(),
    }
}

fn post(server: &ModelServer, path: &str, body: &Value) -> Came {
    let body = body.to_string();
    let request = format!(
        "POST {path} HTTP/1.1\r\nhost: here\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    raw(server, request.as_bytes())
}

const TOOL_PROMPT: &str = "say: before;; run: touch it;; say: after";

/// The same three requests in each dialect: a prompt, the prompt with a tool's result, one that is wrong.
struct Spoken {
    path: &'static str,
    prompt: fn(&str) -> Value,
    with_result: Value,
    wrong: Value,
    /// Where an event has its text.
    text: &'static str,
    /// Where an event has the command that it asks for, as it is or as text in JSON.
    command: &'static str,
    message_of_error: &'static str,
}

fn dialects() -> Vec<Spoken> {
    let said = json!([{ "role": "user", "content": TOOL_PROMPT }]);
    let anthropic = |prompt: &str| {
        json!({ "model": "m", "stream": true, "tools": [{ "name": "Bash" }],
            "messages": [{ "role": "user", "content": [{ "type": "text", "text": prompt }] }] })
    };
    let mut anthropic_result = anthropic(TOOL_PROMPT);
    anthropic_result["messages"] = json!([
        said[0],
        { "role": "assistant", "content": [{ "type": "tool_use", "id": "a", "name": "Bash", "input": {} }] },
        { "role": "user", "content": [
            { "type": "tool_result", "tool_use_id": "a", "content": "done" },
            { "type": "text", "text": "<system-reminder>\nsay: nothing of this\n</system-reminder>" },
        ] },
    ]);
    let responses = |prompt: &str| {
        json!({ "model": "m", "stream": true, "tools": [{ "type": "function", "name": "exec_command" }],
            "input": [{ "type": "message", "role": "user", "content": [{ "type": "input_text", "text": prompt }] }] })
    };
    let mut responses_result = responses(TOOL_PROMPT);
    responses_result["input"] = json!([
        said[0],
        { "type": "function_call", "call_id": "a", "name": "exec_command", "arguments": "{}" },
        { "type": "function_call_output", "call_id": "a", "output": "done" },
    ]);
    let chat = |prompt: &str| {
        json!({ "model": "m", "stream": true, "messages": [{ "role": "user", "content": prompt }],
            "tools": [{ "type": "function", "function": { "name": "bash" } }] })
    };
    let mut chat_result = chat(TOOL_PROMPT);
    chat_result["messages"] = json!([
        said[0],
        { "role": "assistant", "content": "", "tool_calls": [] },
        { "role": "tool", "tool_call_id": "a", "content": "done" },
    ]);
    let gemini = |prompt: &str| {
        json!({ "contents": [{ "role": "user", "parts": [{ "text": prompt }] }],
            "tools": [{ "functionDeclarations": [{ "name": "run_shell_command" }] }] })
    };
    let mut gemini_result = gemini(TOOL_PROMPT);
    gemini_result["contents"] = json!([
        { "role": "user", "parts": [{ "text": TOOL_PROMPT }] },
        { "role": "model", "parts": [{ "functionCall": { "name": "run_shell_command", "args": {} } }] },
        { "role": "user", "parts": [{ "functionResponse": { "name": "run_shell_command", "response": {} } }] },
    ]);
    vec![
        Spoken {
            path: "/v1/messages?beta=true",
            prompt: anthropic,
            with_result: anthropic_result,
            wrong: json!({ "model": "m", "messages": "hello" }),
            text: "/delta/text",
            command: "/delta/partial_json",
            message_of_error: "/error/message",
        },
        Spoken {
            path: "/v1/responses",
            prompt: responses,
            with_result: responses_result,
            wrong: json!({ "model": "m" }),
            text: "/delta",
            command: "/item/arguments",
            message_of_error: "/error/message",
        },
        Spoken {
            path: "/v1/chat/completions",
            prompt: chat,
            with_result: chat_result,
            wrong: json!({ "model": "m", "messages": [{ "role": "pope", "content": "" }] }),
            text: "/choices/0/delta/content",
            command: "/choices/0/delta/tool_calls/0/function/arguments",
            message_of_error: "/error/message",
        },
        Spoken {
            path: "/v1beta/models/m:streamGenerateContent?alt=sse",
            prompt: gemini,
            with_result: gemini_result,
            wrong: json!({ "contents": [{ "role": "user", "parts": "hello" }] }),
            text: "/candidates/0/content/parts/0/text",
            command: "/candidates/0/content/parts/0/functionCall/args/command",
            message_of_error: "/error/message",
        },
    ]
}

#[test]
fn the_prompt_is_the_script_in_each_dialect() {
    let server = ModelServer::start();
    for spoken in dialects() {
        let came = post(
            &server,
            spoken.path,
            &(spoken.prompt)("say: hello\nsay: there"),
        );
        assert_eq!(came.status, 200, "{}", came.body);
        let text = came.joined(spoken.text);
        assert_eq!(text, "hello\nthere\n", "{}", came.body);
    }
}

#[test]
fn a_tool_is_asked_for_by_the_clients_own_name_and_the_script_goes_on_after_its_result() {
    let server = ModelServer::start();
    for spoken in dialects() {
        let came = post(&server, spoken.path, &(spoken.prompt)(TOOL_PROMPT));
        let asked = came.joined(spoken.command);
        assert!(asked.contains("touch it"), "{}", came.body);
        let said = came.joined(spoken.text);
        assert!(
            said.starts_with("before\n") && !said.contains("after"),
            "{said}"
        );
        let came = post(&server, spoken.path, &spoken.with_result);
        assert_eq!(came.joined(spoken.command), "", "{}", came.body);
        assert_eq!(came.joined(spoken.text), "after\n", "{}", came.body);
    }
}

#[test]
fn a_failure_is_given_as_often_as_the_script_says_and_then_the_answer() {
    let server = ModelServer::start();
    for spoken in dialects() {
        let prompt = format!("error: 529 x2;; say: at last {}", spoken.path);
        let request = (spoken.prompt)(&prompt);
        for status in [529, 529, 200, 200] {
            let came = post(&server, spoken.path, &request);
            assert_eq!(came.status, status, "{}", came.body);
        }
        assert_eq!(server.answered(&prompt, 529), 2);
        for status in [400, 429] {
            let request = (spoken.prompt)(&format!("error: {status}"));
            for _ in 0..3 {
                let came = post(&server, spoken.path, &request);
                assert_eq!(came.status, status);
                let message = came.json().pointer(spoken.message_of_error).cloned();
                assert!(message.is_some_and(|message| message.is_string()));
            }
        }
    }
}

#[test]
fn what_cannot_be_understood_gets_a_400_that_says_why() {
    let server = ModelServer::start();
    for spoken in dialects() {
        let no_tool = (spoken.prompt)("ask: which?");
        for (wrong, why) in [
            (&spoken.wrong, "has to be|neither text|no role"),
            (&no_tool, "no tool for Ask"),
        ] {
            let came = post(&server, spoken.path, wrong);
            assert_eq!(came.status, 400, "{}", came.body);
            let body = came.json();
            let message = body
                .pointer(spoken.message_of_error)
                .and_then(Value::as_str);
            let message = message.expect("a message");
            assert!(why.split('|').any(|why| message.contains(why)), "{message}");
        }
        let path = spoken.path;
        let broken = format!("POST {path} HTTP/1.1\r\ncontent-length: 2\r\n\r\n{{]");
        let came = raw(&server, broken.as_bytes());
        assert!(
            came.status == 400 && came.body.contains("no JSON"),
            "{}",
            came.body
        );
        let came = raw(&server, format!("GET {path} HTTP/1.1\r\n\r\n").as_bytes());
        assert_eq!(came.status, 405, "{}", came.body);
    }
    for broken in [
        "hello\r\n\r\n",
        "POST /v1/messages HTTP/2\r\n\r\n",
        "POST /v1/messages HTTP/1.1\r\nno header\r\n\r\n",
        "POST /v1/messages HTTP/1.1\r\ncontent-length: many\r\n\r\n",
        "POST /v1/messages HTTP/1.1\r\ncontent-length: 99999999999\r\n\r\n",
        "POST /v1/messages HTTP/1.1\r\ncontent-encoding: zstd\r\n\r\n",
        "POST /v1/messages HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\nmany\r\n",
        "POST /v1/messages HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n",
    ] {
        let came = raw(&server, broken.as_bytes());
        assert_eq!(came.status, 400, "{broken:?}: {}", came.body);
    }
}

#[test]
fn an_answer_that_is_wanted_whole_comes_whole() {
    let server = ModelServer::start();
    let texts = [
        "/content/0/text",
        "/output/0/content/0/text",
        "/choices/0/message/content",
        "/candidates/0/content/parts/0/text",
    ];
    for (spoken, text) in dialects().into_iter().zip(texts) {
        let mut request = (spoken.prompt)("say: hello");
        request["stream"] = false.into();
        let path = spoken
            .path
            .replace("streamGenerateContent", "generateContent");
        let came = post(&server, &path, &request);
        let body = came.json();
        assert_eq!(body.pointer(text), Some(&"hello\n".into()), "{body}");
    }
}

#[test]
fn a_body_in_chunks_is_read() {
    let server = ModelServer::start();
    let body = dialects()[0].prompt;
    let body = body("say: in chunks").to_string();
    let (one, other) = body.split_at(20);
    let request = format!(
        "POST /v1/messages HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n{:x}\r\n{one}\r\n{:x};a=b\r\n{other}\r\n0\r\n\r\n",
        one.len(),
        other.len()
    );
    let came = raw(&server, request.as_bytes());
    assert_eq!(came.joined("/delta/text"), "in chunks\n", "{}", came.body);
}

#[test]
fn who_offers_no_tools_gets_a_title_whatever_the_prompt_says() {
    let server = ModelServer::start();
    for spoken in dialects() {
        let mut request = (spoken.prompt)("error: 400;; say: hello");
        request["tools"] = Value::Null;
        let came = post(&server, spoken.path, &request);
        assert_eq!(
            came.joined(spoken.text),
            "A scripted conversation",
            "{}",
            came.body
        );
    }
    for path in ["/v1/messages/count_tokens", "/v1beta/models/m:countTokens"] {
        assert_eq!(post(&server, path, &json!({})).status, 200);
    }
    let came = raw(&server, b"GET /v1/models HTTP/1.1\r\n\r\n");
    assert_eq!(came.json()["data"][0]["id"], "scripted");
    assert_eq!(post(&server, "/v1/other", &json!({})).status, 404);
}

#[test]
fn who_reads_the_text_is_told_in_it_what_to_do() {
    let server = ModelServer::start();
    let spoken = dialects().remove(2);
    let mut request = (spoken.prompt)("run: touch it ;; say: done\n\nAdded: by the program");
    request["tools"] = Value::Null;
    request["model"] = "scripted-in-text".into();
    let came = post(&server, spoken.path, &request);
    assert_eq!(
        came.joined(spoken.text),
        "\n```bash\ntouch it\n```\ndone\n",
        "{}",
        came.body
    );
    assert_eq!(server.answered("run: touch it ;; say: done", 200), 1);
}

#[test]
fn a_hanging_answer_has_begun_and_ends_with_the_server() {
    let server = ModelServer::start();
    let body = (dialects()[0].prompt)("say: first;; hang;; say: never").to_string();
    let mut line = TcpStream::connect(server.address).expect("it listens");
    let head = "POST /v1/messages HTTP/1.1\r\ncontent-length:";
    write!(line, "{head} {}\r\n\r\n{body}", body.len()).expect("it reads");
    let mut came = Vec::new();
    let mut piece = [0; 512];
    while !String::from_utf8_lossy(&came).contains("first") {
        let read = line.read(&mut piece).expect("it answers");
        assert!(read > 0, "it goes on");
        came.extend(&piece[..read]);
    }
    drop(server);
    line.read_to_end(&mut came).ok(); // Closed, or reset.
    let came = String::from_utf8_lossy(&came).into_owned();
    assert!(
        !came.contains("never") && !came.contains("message_stop"),
        "{came}"
    );
}

#[test]
fn a_slow_answer_says_four_words_a_second() {
    let server = ModelServer::start();
    let spoken = &dialects()[2];
    let came = post(&server, spoken.path, &(spoken.prompt)("slow: 1"));
    assert_eq!(came.joined(spoken.text), "word0 word1 word2 word3 ");
}

#[test]
fn every_request_can_be_looked_at() {
    let server = ModelServer::start();
    let spoken = &dialects()[0];
    post(&server, spoken.path, &(spoken.prompt)("say: a;; run: b"));
    raw(&server, b"HEAD / HTTP/1.1\r\n\r\n");
    let seen = server.seen();
    assert_eq!(seen.len(), 2);
    assert_eq!(seen[0].line, "POST /v1/messages?beta=true");
    let asked = seen[0].asked.as_ref().expect("it asked");
    assert_eq!((asked.model.as_str(), asked.results), ("m", 0));
    assert_eq!(asked.tools, ["Bash"]);
    assert_eq!(seen[1].asked, None);
    assert_eq!(server.answered("say: a\nrun: b", 200), 0);
    assert_eq!(server.answered("say: a;; run: b", 200), 1);
    assert!(server.url().starts_with("http://127.0.0.1:"));
}

#[test]
fn no_two_answers_have_one_id() {
    let server = ModelServer::start();
    let ids = ["/message/id", "/response/id", "/id", "/responseId"];
    for (spoken, id) in dialects().into_iter().zip(ids) {
        let request = (spoken.prompt)("say: hello");
        let [one, other] = [(); 2].map(|()| {
            let events = post(&server, spoken.path, &request).events();
            let id = events.iter().find_map(|event| event.pointer(id)?.as_str());
            id.expect("an id").to_owned()
        });
        assert_ne!(one, other);
    }
}
