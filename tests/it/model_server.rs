//! A model server for tests of real agent programs: it speaks the dialects that they speak, and what it
//! answers stands in the prompt (see `script`). It knows no model, needs no network and no account.
//!
//! What is not asked of a script is housekeeping (names for conversations, counts of tokens, lists of
//! models) and is answered with plausible constants. What cannot be understood gets a 400 that says why.

mod anthropic;
mod chat;
mod gemini;
mod http;
mod responses;
mod script;
mod tests;
mod tools;

use std::collections::HashMap;
use std::io;
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use http::Request;
use script::{Part, Plan, Script};
use tools::Call;

/// How a client speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// Anthropic's Messages.
    Anthropic,
    /// OpenAI's Responses.
    Responses,
    /// OpenAI's Chat Completions.
    Chat,
    /// Google's `generateContent`.
    Gemini,
}

/// What a client asked of the model, in no dialect.
#[derive(Debug, Clone, PartialEq)]
pub struct Asked {
    /// The model that it names.
    pub model: String,
    /// Whether it wants the answer piece by piece.
    pub streams: bool,
    /// The tools that it offers, by name.
    pub tools: Vec<String>,
    /// What the last prompt with a script says to do.
    pub script: Option<Script>,
    /// How many tools of this script have been answered for.
    pub results: usize,
    /// Whether the answer has to be JSON, as some housekeeping wants it.
    pub wants_json: bool,
}

/// A request as it came, for a test to look at.
#[derive(Debug, Clone, PartialEq)]
pub struct Seen {
    /// The method and the path with its query.
    pub line: String,
    /// What it asked of a model, if it did.
    pub asked: Option<Asked>,
    /// The status that it was answered with.
    pub status: u16,
}

/// Writes an answer in a dialect: piece by piece, each piece as it goes over the line, or whole.
trait Writer {
    /// Returns what comes before everything.
    fn begin(&mut self) -> String;
    /// Returns what says `text`.
    fn text(&mut self, text: &str) -> String;
    /// Returns what asks for a tool. Nothing but the end follows.
    fn call(&mut self, call: &Call) -> String;
    /// Returns what comes after everything.
    fn end(&mut self) -> String;
    /// Returns the same as one document.
    fn whole(&self) -> Value;
}

/// See the module. It ends when it is dropped.
pub struct ModelServer {
    address: SocketAddr,
    shared: Arc<Shared>,
    listener: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    ends: AtomicBool,
    /// Woken when it ends.
    ending: Condvar,
    state: Mutex<State>,
    /// What the ids of answers and calls are made of: clients take two of one id for one.
    ids: AtomicU64,
}

#[derive(Default)]
struct State {
    seen: Vec<Seen>,
    /// How often each `error:` of a script has been given.
    failures: HashMap<(String, usize), u32>,
    /// What is being talked over, to be cut off at the end.
    lines: Vec<TcpStream>,
    workers: Vec<JoinHandle<()>>,
}

impl ModelServer {
    /// Returns a server that listens on a port of its own on this machine.
    pub fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let address = listener.local_addr().expect("an address");
        let shared = Arc::new(Shared::default());
        let theirs = Arc::clone(&shared);
        let thread = std::thread::Builder::new()
            .name("model server".into())
            .spawn(move || theirs.listen(&listener))
            .expect("a thread");
        Self {
            address,
            shared,
            listener: Some(thread),
        }
    }

    /// Returns where it answers, without a slash at the end.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Returns every request so far, in the order in which they were understood.
    pub fn seen(&self) -> Vec<Seen> {
        self.shared.state().seen.clone()
    }

    /// Returns how often a client asked with this prompt's script and was answered so.
    pub fn answered(&self, prompt: &str, status: u16) -> usize {
        let wanted = Script::of(prompt);
        let seen = self.seen();
        let asked = |seen: &&Seen| {
            let script = seen.asked.as_ref().and_then(|asked| asked.script.as_ref());
            seen.status == status && script.is_some() && script == wanted.as_ref()
        };
        seen.iter().filter(asked).count()
    }
}

impl Drop for ModelServer {
    fn drop(&mut self) {
        let (lines, workers) = {
            let mut state = self.shared.state();
            self.shared.ends.store(true, Ordering::Release);
            self.shared.ending.notify_all();
            (
                std::mem::take(&mut state.lines),
                std::mem::take(&mut state.workers),
            )
        };
        for line in lines {
            line.shutdown(Shutdown::Both).ok(); // The client may have closed it.
        }
        // The listener waits for somebody to come.
        TcpStream::connect(self.address).ok();
        let threads = self.listener.take().into_iter().chain(workers);
        for thread in threads {
            // What a worker failed at, the client was told or has left.
            thread.join().ok();
        }
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        // A worker that panicked left nothing half done.
        self.state.lock().unwrap_or_else(|error| error.into_inner())
    }

    fn next(&self) -> u64 {
        self.ids.fetch_add(1, Ordering::Relaxed) + 1
    }

    fn ends(&self) -> bool {
        self.ends.load(Ordering::Acquire)
    }

    fn listen(self: &Arc<Self>, listener: &TcpListener) {
        for line in listener.incoming() {
            let mut state = self.state();
            if self.ends() {
                return;
            }
            let Ok(line) = line else { continue };
            let Ok(copy) = line.try_clone() else { continue };
            let shared = Arc::clone(self);
            let worker = std::thread::Builder::new()
                .name("model worker".into())
                // A client that has gone away mid-answer is as good as answered.
                .spawn(move || shared.serve(line).unwrap_or_default())
                .expect("a thread");
            state.lines.push(copy);
            state.workers.push(worker);
        }
    }

    /// Reads one request and answers it.
    fn serve(&self, mut line: TcpStream) -> io::Result<()> {
        let served = self.answer_one(&mut line);
        // The copy that waits for the end keeps the connection open otherwise.
        line.shutdown(Shutdown::Both).ok();
        served
    }

    fn answer_one(&self, line: &mut TcpStream) -> io::Result<()> {
        let request = match http::read(line) {
            Ok(request) => request,
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                let why = json!({ "error": { "message": error.to_string() } });
                return http::write(line, 400, &why);
            }
            Err(error) => return Err(error),
        };
        let path = request.path().to_owned();
        let Some(dialect) = Dialect::of(&path) else {
            let (status, body) = housekeeping(&request);
            self.note(&request, None, status);
            return http::write(line, status, &body);
        };
        let asked = serde_json::from_slice(&request.body)
            .map_err(|error| format!("the body is no JSON: {error}"))
            .and_then(|body: Value| dialect.read(&path, &body));
        let asked = match asked {
            _ if request.method != "POST" => {
                self.note(&request, None, 405);
                return http::write(line, 405, &dialect.error(405, "a model is asked by POST"));
            }
            Ok(asked) => asked,
            Err(why) => {
                self.note(&request, None, 400);
                return http::write(line, 400, &dialect.error(400, &why));
            }
        };
        match self.plan(&asked) {
            Ok(Plan::Fail(status)) => {
                self.note(&request, Some(asked), status);
                let said = format!("the script says to fail with {status}");
                http::write(line, status, &dialect.error(status, &said))
            }
            Ok(Plan::Answer(parts)) => {
                let streams = asked.streams;
                let mut writer = dialect.writer(&asked.model, self.next());
                self.note(&request, Some(asked), 200);
                self.play(line, &parts, writer.as_mut(), streams)
            }
            Err(why) => {
                self.note(&request, Some(asked), 400);
                http::write(line, 400, &dialect.error(400, &why))
            }
        }
    }

    fn note(&self, request: &Request, asked: Option<Asked>, status: u16) {
        self.state().seen.push(Seen {
            line: format!("{} {}", request.method, request.target),
            asked,
            status,
        });
    }

    fn plan(&self, asked: &Asked) -> Result<Plan, String> {
        // A client that offers no tools wants a name for a conversation or the like, or reads what is said.
        let in_text = asked.model.ends_with("-in-text");
        let tools = (!in_text).then_some(&asked.tools[..]);
        let script = asked.script.as_ref();
        let Some(script) = script.filter(|_| in_text || !asked.tools.is_empty()) else {
            let text = if asked.wants_json {
                json!({ "title": "A scripted conversation", "isNewTopic": true }).to_string()
            } else {
                "A scripted conversation".to_owned()
            };
            return Ok(Plan::Answer(vec![Part::Text(text)]));
        };
        let mut state = self.state();
        let id = format!("call_{}", self.next());
        script.plan(asked.results, tools, id, |step, times| {
            let given = state
                .failures
                .entry((script.text().to_owned(), step))
                .or_default();
            let fails = times.is_none_or(|times| *given < times);
            *given += u32::from(fails);
            fails
        })
    }

    fn play(
        &self,
        line: &mut TcpStream,
        parts: &[Part],
        writer: &mut dyn Writer,
        streams: bool,
    ) -> io::Result<()> {
        if streams {
            http::begin_events(line)?;
        }
        let mut send = |text: String| {
            if streams {
                http::write_event(line, &text)
            } else {
                Ok(())
            }
        };
        send(writer.begin())?;
        for part in parts {
            match part {
                Part::Text(text) => send(writer.text(text))?,
                Part::Call(call) => send(writer.call(call))?,
                Part::Pause(pause) => self.wait(*pause),
                // Until the client or the test has enough of it.
                Part::Hang => return http::until_closed(line),
            }
        }
        send(writer.end())?;
        if !streams {
            http::write(line, 200, &writer.whole())?;
        }
        Ok(())
    }

    /// Waits so long, or until the server ends.
    fn wait(&self, pause: Duration) {
        let until = Instant::now() + pause;
        let mut state = self.state();
        while !self.ends() {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            state = match self.ending.wait_timeout(state, left) {
                Ok((state, _)) => state,
                Err(error) => error.into_inner().0,
            };
        }
    }
}

impl Dialect {
    fn of(path: &str) -> Option<Self> {
        let path = path.trim_end_matches('/');
        if path.ends_with("/messages") {
            Some(Self::Anthropic)
        } else if path.ends_with("/responses") {
            Some(Self::Responses)
        } else if path.ends_with("/chat/completions") {
            Some(Self::Chat)
        } else if path.ends_with(":generateContent") || path.ends_with(":streamGenerateContent") {
            Some(Self::Gemini)
        } else {
            None
        }
    }

    fn read(self, path: &str, body: &Value) -> Result<Asked, String> {
        match self {
            Self::Anthropic => anthropic::read(body),
            Self::Responses => responses::read(body),
            Self::Chat => chat::read(body),
            Self::Gemini => gemini::read(path, body),
        }
    }

    fn writer(self, model: &str, id: u64) -> Box<dyn Writer> {
        match self {
            Self::Anthropic => Box::new(anthropic::Answer::new(model, id)),
            Self::Responses => Box::new(responses::Answer::new(model, id)),
            Self::Chat => Box::new(chat::Answer::new(model, id)),
            Self::Gemini => Box::new(gemini::Answer::new(model, id)),
        }
    }

    fn error(self, status: u16, message: &str) -> Value {
        match self {
            Self::Anthropic => anthropic::error(status, message),
            Self::Responses | Self::Chat => chat::error(status, message),
            Self::Gemini => gemini::error(status, message),
        }
    }
}

/// Answers what is not asked of a model.
fn housekeeping(request: &Request) -> (u16, Value) {
    let path = request.path().trim_end_matches('/');
    if path.ends_with("/count_tokens") {
        (200, json!({ "input_tokens": 100 }))
    } else if path.ends_with(":countTokens") {
        (200, json!({ "totalTokens": 100 }))
    } else if path.ends_with("/models") {
        let model = json!({ "id": "scripted", "object": "model", "type": "model",
            "display_name": "Scripted", "name": "models/scripted", "created_at": "2026-01-01T00:00:00Z" });
        (
            200,
            json!({ "object": "list", "data": [model], "models": [], "has_more": false }),
        )
    } else if request.method == "HEAD" || path.is_empty() {
        (200, json!({}))
    } else {
        let said = format!("nothing is known of {} {path}", request.method);
        (404, json!({ "error": { "message": said } }))
    }
}

/// Returns a member that has to be a list.
fn list<'a>(body: &'a Value, name: &str) -> Result<&'a [Value], String> {
    match &body[name] {
        Value::Array(values) => Ok(values),
        other => Err(format!("{name:?} has to be a list, and is {other}")),
    }
}

/// Returns a member that has to be text.
fn text<'a>(body: &'a Value, name: &str) -> Result<&'a str, String> {
    body[name]
        .as_str()
        .ok_or_else(|| format!("{name:?} has to be text, and is {}", body[name]))
}

/// Returns the names of tools, each found by `name`.
fn names(body: &Value, name: impl Fn(&Value) -> Vec<String>) -> Result<Vec<String>, String> {
    match &body["tools"] {
        Value::Null => Ok(Vec::new()),
        Value::Array(tools) => Ok(tools.iter().flat_map(name).collect()),
        other => Err(format!("\"tools\" has to be a list, and is {other}")),
    }
}

/// Finds the last script in a conversation, and how many tools have been answered for since.
#[derive(Default)]
struct Listener {
    script: Option<Script>,
    results: usize,
}

impl Listener {
    /// Hears what the person, or the program in their name, said.
    fn hear(&mut self, said: &str) {
        if let Some(script) = Script::of(said) {
            self.script = Some(script);
            self.results = 0;
        }
    }

    /// Hears what came of a tool.
    fn hear_result(&mut self) {
        self.results += 1;
    }
}
