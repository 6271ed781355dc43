//! Real agent programs in agor's sessions, told what to do by a model server of the tests' own. Each goes
//! through one whole story (`story`), once more as agor starts it where it is then given hooks, and of most it is
//! checked that what they use is counted and that their conversations go on (`conversations`), also after they
//! were killed with all around them (`revival`); what differs between them is data (`programs`).
//!
//! `cargo xtask real-agents` installs them and runs this; with `--record` what they emitted goes into the
//! fixtures of the evidence machine (`record`).

mod canary;
mod conversations;
mod programs;
mod record;
mod revival;
mod set_up;
mod stage;
mod states;
mod story;

use conversations::ByHand;
use story::Starts;

#[test]
#[ignore = "needs what `cargo xtask real-agents` installs"]
fn claude() {
    story::tell(&programs::CLAUDE, Starts::Command);
}

#[test]
#[ignore = "needs what `cargo xtask real-agents` installs"]
fn claude_with_hooks() {
    story::tell(&programs::CLAUDE, Starts::Provider);
}

#[test]
#[ignore = "needs what `cargo xtask real-agents` installs"]
fn claude_revived() {
    revival::tell(&programs::CLAUDE);
}

#[test]
#[ignore = "needs what `cargo xtask real-agents` installs"]
fn claude_counts() {
    conversations::counts(&programs::CLAUDE, ByHand::Counted);
}

#[test]
#[ignore = "needs what `cargo xtask real-agents` installs"]
fn claude_conversations() {
    conversations::tell(&programs::CLAUDE);
}

#[test]
#[ignore = "needs what `cargo xtask real-agents` installs"]
fn claude_compacts() {
    conversations::compacts(&programs::CLAUDE, "Compacted (");
}

#[test]
#[ignore = "needs what `cargo xtask real-agents` installs"]
fn codex() {
    story::tell(&programs::CODEX, Starts::Command);
}

#[test]
#[ignore = "needs what `cargo xtask real-agents` installs"]
fn codex_revived() {
    revival::tell(&programs::CODEX);
}

#[test]
#[ignore = "needs what `cargo xtask real-agents` installs"]
fn codex_counts() {
    conversations::counts(&programs::CODEX, ByHand::Counted);
}

#[test]
#[ignore = "needs what `cargo xtask real-agents` installs"]
fn codex_conversations() {
    conversations::tell(&programs::CODEX);
}

#[test]
#[ignore = "needs what `cargo xtask real-agents` installs"]
fn opencode() {
    story::tell(&programs::OPENCODE, Starts::Command);
}

#[test]
#[ignore = "needs what `cargo xtask real-agents` installs"]
fn opencode_beside() {
    story::asks_beside(&programs::OPENCODE);
}

#[test]
#[ignore = "needs what `cargo xtask real-agents` installs"]
fn opencode_revived() {
    revival::tell(&programs::OPENCODE);
}

/// One that a person starts is known by when its first turn began: in the same folder so soon after the other it may be
/// either.
#[test]
#[ignore = "needs what `cargo xtask real-agents` installs"]
fn opencode_counts() {
    conversations::counts(&programs::OPENCODE, ByHand::NotCounted);
}

#[test]
#[ignore = "needs what `cargo xtask real-agents` installs"]
fn opencode_conversations() {
    conversations::tell(&programs::OPENCODE);
}

#[test]
#[ignore = "needs what `cargo xtask real-agents` installs"]
fn gemini() {
    story::tell(&programs::GEMINI, Starts::Command);
}

#[test]
#[ignore = "needs what `cargo xtask real-agents` installs"]
fn gemini_revived() {
    revival::tell(&programs::GEMINI);
}

#[test]
#[ignore = "needs what `cargo xtask real-agents` installs"]
fn gemini_counts() {
    conversations::counts(&programs::GEMINI, ByHand::NotCounted);
}

#[test]
#[ignore = "needs what `cargo xtask real-agents` installs"]
fn qwen() {
    story::tell(&programs::QWEN, Starts::Command);
}

#[test]
#[ignore = "needs what `cargo xtask real-agents` installs"]
fn qwen_with_hooks() {
    story::tell(&programs::QWEN, Starts::Provider);
}

#[test]
#[ignore = "needs what `cargo xtask real-agents` installs"]
fn qwen_revived() {
    revival::tell(&programs::QWEN);
}

#[test]
#[ignore = "needs what `cargo xtask real-agents` installs"]
fn qwen_counts() {
    conversations::counts(&programs::QWEN, ByHand::NotCounted);
}

#[test]
#[ignore = "needs what `cargo xtask real-agents` installs"]
fn qwen_conversations() {
    conversations::tell(&programs::QWEN);
}

#[test]
#[ignore = "needs what `cargo xtask real-agents` installs"]
fn pi() {
    story::tell(&programs::PI, Starts::Command);
}

#[test]
#[ignore = "needs what `cargo xtask real-agents` installs"]
fn pi_revived() {
    revival::tell(&programs::PI);
}

#[test]
#[ignore = "needs what `cargo xtask real-agents` installs"]
fn pi_counts() {
    conversations::counts(&programs::PI, ByHand::NotCounted);
}

#[test]
#[ignore = "needs what `cargo xtask real-agents` installs"]
fn pi_conversations() {
    conversations::tell(&programs::PI);
}

#[test]
#[ignore = "needs what `cargo xtask real-agents` installs"]
fn copilot() {
    story::tell(&programs::COPILOT, Starts::Command);
}

#[test]
#[ignore = "needs what `cargo xtask real-agents` installs"]
fn copilot_with_hooks() {
    story::tell(&programs::COPILOT, Starts::Provider);
}

#[test]
#[ignore = "needs what `cargo xtask real-agents` installs"]
fn copilot_revived() {
    revival::tell(&programs::COPILOT);
}

#[test]
#[ignore = "needs what `cargo xtask real-agents` installs"]
fn copilot_counts() {
    conversations::counts(&programs::COPILOT, ByHand::NotCounted);
}

#[test]
#[ignore = "needs what `cargo xtask real-agents` installs"]
fn aider() {
    story::tell(&programs::AIDER, Starts::Command);
}
