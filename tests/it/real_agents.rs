//! Real agent programs in agor's sessions, told what to do by a model server of the tests' own. Each goes
//! through one whole story (`story`); what differs between them is data (`programs`).
//!
//! `cargo xtask real-agents` installs them and runs this; with `--record` what they emitted goes into the
//! fixtures of the evidence machine (`record`).

mod conversations;
mod programs;
mod record;
mod stage;
mod states;
mod story;

#[test]
#[ignore = "needs what `cargo xtask real-agents` installs"]
fn claude() {
    story::tell(&programs::CLAUDE);
}

#[test]
#[ignore = "needs what `cargo xtask real-agents` installs"]
fn codex() {
    story::tell(&programs::CODEX);
}

#[test]
#[ignore = "needs what `cargo xtask real-agents` installs"]
fn codex_conversations() {
    conversations::tell(&programs::CODEX);
}

#[test]
#[ignore = "needs what `cargo xtask real-agents` installs"]
fn opencode() {
    story::tell(&programs::OPENCODE);
}

#[test]
#[ignore = "needs what `cargo xtask real-agents` installs"]
fn gemini() {
    story::tell(&programs::GEMINI);
}
