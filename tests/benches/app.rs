//! A real window on a display of its own, drawn by software: what a workspace of many sessions costs at rest, what it
//! costs to open, what a command costs while panes flood, and what a key's echo does. Prints JSON lines.
//!
//! `cargo xtask bench app`, or `cargo bench --workspace --bench app -- CASE` with release builds of `agor` and `agord`; of
//! the commands those alone whose ids contain a word: `-- commands WORD`.
//! What is counted of a frame is the processor time of the drawing thread until it is submitted and on its way to the
//! display; the pixels are made by other threads, as a graphics card would.
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
#[path = "../it/deadline.rs"]
mod deadline;

/// What tests of windows use too.
#[path = "../it/window"]
mod window {
    pub mod fleet;
    pub mod stage;
}

#[path = "app/commands.rs"]
mod commands;
#[path = "app/echo.rs"]
mod echo;
#[path = "app/frames.rs"]
mod frames;
#[path = "app/rest.rs"]
mod rest;
#[path = "app/start.rs"]
mod start;

use std::time::Duration;

/// How long a case may take.
const LIMIT: Duration = Duration::from_secs(900);

/// Sessions of the workspace.
const SESSIONS: usize = 100;

/// What a session runs that floods.
const FLOOD: &str =
    "exec yes 'The quick brown fox jumps over the lazy dog, again and again, 4711 times.'";

/// Runs a case; it is given the word that narrows it down, which is empty mostly.
type Case = fn(&str);

/// Each case by its name.
const CASES: &[(&str, Case)] = &[
    ("rest", |_| rest::run()),
    ("start", |_| start::run()),
    ("commands", commands::run),
    ("echo", |_| echo::run()),
];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let mut words = arguments.iter().filter(|it| !it.starts_with('-'));
    let only = words.next().map_or("", String::as_str);
    let word = words.next().map_or("", String::as_str);
    for (name, run) in CASES {
        if name.contains(only) {
            run(word);
        }
    }
}

/// Prints a result.
fn result(case: &str, value: f64, unit: &str) {
    println!("{{\"case\":\"{case}\",\"value\":{value:.2},\"unit\":\"{unit}\"}}");
}

/// Returns what share of one core a time is of another, in percent.
fn share(of: Duration, time: Duration) -> f64 {
    of.as_secs_f64() / time.as_secs_f64() * 100.0
}
