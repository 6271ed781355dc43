//! A real host under its clients: how fast a key comes back, how soon a client knows again where it
//! was, what a bad line costs, how long an agent's hook takes. The peer of the latencies is tmux, in the same run.
//! Prints JSON lines.
//!
//! `cargo xtask bench host`, or `cargo bench -p tests --bench host -- CASE` with a release build of
//! `agord` beside it.
#![allow(clippy::print_stdout, reason = "its results are read from there")]
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a bench that fails ends"
)]
#![allow(dead_code, reason = "the tests use more of what is shared with them")]

#[path = "../it/agor.rs"]
mod agor;
#[path = "../it/bad_line.rs"]
mod bad_line;
#[path = "../it/deadline.rs"]
mod deadline;

#[path = "host/agents.rs"]
mod agents;
#[path = "host/commands.rs"]
mod commands;
#[path = "host/echo.rs"]
mod echo;
#[path = "host/history.rs"]
mod history;
#[path = "host/hook.rs"]
mod hook;
#[path = "host/line.rs"]
mod line;
#[path = "host/output.rs"]
mod output;
#[path = "host/resume.rs"]
mod resume;
#[path = "host/tmux.rs"]
mod tmux;

use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use agor_core::client::{Client, ClientOptions};
use agor_core::link::Dialer;

use agor::Agor;

/// How long the whole bench may take.
const LIMIT: Duration = Duration::from_secs(600);

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [ask, count, file] = &arguments[..]
        && ask == "--ask-status"
    {
        return echo::ask_status(count.parse().expect("a number"), file.as_ref());
    }
    if let [act, number] = &arguments[..]
        && let Some(tells) = agents::Tells::of(act)
    {
        return agents::act(number.parse().expect("a number"), tells);
    }
    let only = arguments.iter().find(|argument| !argument.starts_with('-'));
    let wanted = |name: &str| only.is_none_or(|only| name.contains(only.as_str()));
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .expect("a runtime starts");
    if wanted("echo-idle") {
        runtime.block_on(echo::idle());
    }
    if wanted("echo-floods") {
        runtime.block_on(echo::beside_floods());
    }
    if wanted("agents") {
        runtime.block_on(agents::run());
    }
    if wanted("hook") {
        hook::run();
    }
    if wanted("resume") {
        runtime.block_on(resume::run());
    }
    if wanted("history") {
        runtime.block_on(history::run());
    }
    if wanted("output") {
        runtime.block_on(output::run());
    }
    if wanted("line") {
        runtime.block_on(line::run());
    }
}

/// Prints a result.
pub fn result(case: &str, value: f64, unit: &str, peer: Option<(&str, f64)>) {
    let peer = peer.map_or(String::new(), |(peer, value)| {
        format!(",\"peer\":\"{peer}\",\"peer_value\":{value:.1}")
    });
    println!("{{\"case\":\"{case}\",\"value\":{value:.1},\"unit\":\"{unit}\"{peer}}}");
}

/// Returns an agor whose host runs.
pub fn started() -> Agor {
    let mut agor = Agor::patient(LIMIT);
    agor.start_host();
    agor
}

/// Returns where an agor's host listens.
pub fn socket(agor: &Agor) -> PathBuf {
    agor.path("run/agor/host.sock")
}

/// Returns a client of an agor's host that waits as long as it takes.
pub async fn client(agor: &Agor) -> Client {
    client_at(socket(agor)).await
}

/// Returns a client of whoever listens at `socket`.
pub async fn client_at(socket: PathBuf) -> Client {
    let options = ClientOptions {
        patience: None,
        ..ClientOptions::default()
    };
    Client::over(Dialer::Socket(socket), options)
        .await
        .expect("the host answers")
}

/// Returns this moment in microseconds since 1970, as a program of another process tells it too.
pub fn unix_micros() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    u64::try_from(since.expect("after 1970").as_micros()).expect("soon")
}

/// Durations of one thing, many times.
#[derive(Debug, Default)]
pub struct Times(Vec<Duration>);

impl Times {
    /// Adds one.
    pub fn add(&mut self, took: Duration) {
        self.0.push(took);
    }

    /// Returns the microseconds that `percent` of all took at most.
    pub fn percentile(&mut self, percent: usize) -> f64 {
        self.0.sort();
        let at = (self.0.len() * percent).div_ceil(100).max(1) - 1;
        self.0[at].as_secs_f64() * 1e6
    }
}
