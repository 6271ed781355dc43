//! Whole-program tests, and the ceilings that keep the crates apart.

#![allow(
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test says what it expects so"
)]

mod agents;
mod agor;
mod attach;
mod backpressure;
mod bad_input;
mod bad_line;
mod ceilings;
mod cut_line;
mod deadline;
mod docs;
mod failures;
mod far;
mod flows;
mod full_disk;
mod hosts;
mod limits;
mod model_server;
mod plain;
mod processes;
mod programs;
mod questions;
mod real_agents;
mod soak;
mod strangers;
mod survival;
mod test_names;
mod update;
mod verbs;
mod window;
