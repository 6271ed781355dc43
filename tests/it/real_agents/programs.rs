//! What differs between the agents: what each shows, which keys answer it. How they are set up stands in
//! `set_up`.

use super::set_up;
use crate::agor::Agor;
use crate::model_server::ModelServer;

/// What may lie between the end of a turn and the work of the next: the agent has heard a key.
pub const AGAIN: &str = "idle?";

/// It asks again when it may, and nothing shows but that it works.
const WAITS: &[&str] = &[AGAIN, "working", "done"];

/// An agent.
pub struct Program {
    /// Its id in agor's table of providers, and its program.
    pub name: &'static str,
    /// Its arguments.
    pub args: &'static [&'static str],
    /// Makes its settings; returns its environment.
    pub set_up: fn(&Agor, &ModelServer) -> Vec<(&'static str, String)>,
    /// On the screen once it takes a prompt.
    pub ready: &'static str,
    /// On the screen while it asks for permission, and only then; none if it never does.
    pub asks: Option<&'static str>,
    /// The command that it asks for, without the file's name. It takes a while where nothing but the screen tells
    /// that the work goes on.
    pub makes: &'static str,
    /// Whether agor knows the keys that allow it.
    pub answers: bool,
    /// Allows it.
    pub allow: &'static [&'static str],
    /// Denies it, each in another way.
    pub deny: &'static [&'static [&'static str]],
    /// Interrupts its work.
    pub interrupt: &'static [&'static str],
    /// On the screen after an interrupt.
    pub interrupted: &'static str,
    /// How a turn that fails at once begins: one whose screen alone shows its work may not show that.
    pub fails_from: &'static str,
    /// What it goes through where it may ask no more for a second (429): most wait and ask again, for one that is the
    /// turn's end.
    pub limited: &'static [&'static str],
    /// On the screen while it asks a question; none if it does not ask in its usual mode.
    pub question: Option<&'static str>,
    /// Whether agor knows the keys that choose from its answers to that.
    pub chooses: bool,
    /// What is typed to leave it.
    pub leave: &'static str,
    /// What stands before the conversation's id on the screen that it leaves behind; none if it has none.
    pub before_id: Option<&'static str>,
    /// On the screen if it takes a conversation for one that goes on elsewhere, whose process was killed just now;
    /// Enter goes on with it. None if it never does.
    pub in_use: Option<&'static str>,
    /// Whether it clears its screen and all above that when it goes on with a conversation.
    pub clears: bool,
    /// The arguments that go on with a conversation, before its id.
    pub resume: &'static [&'static str],
}

pub const CLAUDE: Program = Program {
    name: "claude",
    // Its own default decides by itself.
    args: &["--permission-mode", "default"],
    set_up: set_up::claude,
    ready: "? for shortcuts",
    asks: Some("Do you want to proceed?"),
    makes: "touch",
    answers: true,
    allow: &["enter"],
    deny: &[&["4"], &["escape"]],
    interrupt: &["escape"],
    interrupted: "Interrupted",
    fails_from: "working",
    limited: WAITS,
    question: Some("Enter to select"),
    chooses: true,
    leave: "/exit",
    before_id: Some(" --resume "),
    in_use: None,
    clears: false,
    resume: &["--resume"],
};

pub const CODEX: Program = Program {
    name: "codex",
    args: &["--no-daemon"],
    set_up: set_up::codex,
    ready: "? for shortcuts",
    asks: Some("Would you like to run the following command?"),
    makes: "touch",
    answers: true,
    allow: &["y"],
    deny: &[&["3"], &["escape"]],
    interrupt: &["escape"],
    interrupted: "Conversation interrupted",
    fails_from: "working",
    limited: WAITS,
    question: None,
    chooses: false,
    leave: "/quit",
    before_id: Some("codex resume "),
    in_use: None,
    clears: false,
    resume: &["resume"],
};

pub const OPENCODE: Program = Program {
    name: "opencode",
    args: &[],
    set_up: set_up::opencode,
    ready: "ctrl+p commands",
    asks: Some("Permission required"),
    makes: "touch",
    answers: true,
    allow: &["enter"],
    deny: &[&["right", "right", "enter"], &["escape"]],
    interrupt: &["escape", "escape"],
    interrupted: "interrupted",
    fails_from: "working?",
    limited: WAITS,
    question: Some("enter submit"),
    chooses: true,
    leave: "/exit",
    before_id: Some("opencode -s "),
    in_use: None,
    clears: false,
    resume: &["--session"],
};

pub const GEMINI: Program = Program {
    name: "gemini",
    args: &[],
    set_up: set_up::gemini,
    ready: "Type your message",
    asks: Some("Allow execution of"),
    makes: "touch",
    answers: true,
    allow: &["enter"],
    deny: &[&["3"], &["escape"]],
    interrupt: &["escape"],
    interrupted: "Request cancelled",
    fails_from: "working",
    limited: WAITS,
    question: Some("Enter to select"),
    chooses: true,
    leave: "/quit",
    before_id: Some("gemini --resume "),
    in_use: None,
    clears: true,
    resume: &["--resume"],
};

pub const QWEN: Program = Program {
    name: "qwen",
    // Its own default lets a model decide.
    args: &["--approval-mode", "default"],
    set_up: set_up::qwen,
    ready: "Type your message",
    asks: Some("Allow execution of"),
    makes: "touch",
    answers: true,
    allow: &["enter"],
    deny: &[&["4"], &["escape"]],
    // It gives back the prompt that was interrupted.
    interrupt: &["escape", "ctrl+u"],
    interrupted: "Request cancelled",
    fails_from: "working",
    limited: WAITS,
    question: Some("Enter: Select"),
    chooses: true,
    leave: "/quit",
    before_id: Some("qwen --resume "),
    in_use: None,
    clears: false,
    resume: &["--resume"],
};

pub const PI: Program = Program {
    name: "pi",
    args: &["--model", "scripted/scripted"],
    set_up: set_up::pi,
    ready: "(auto)",
    asks: None,
    makes: "touch",
    answers: false,
    allow: &[],
    deny: &[],
    interrupt: &["escape"],
    interrupted: "Operation aborted",
    fails_from: "working",
    limited: WAITS,
    question: None,
    chooses: false,
    leave: "/quit",
    before_id: Some("pi --session "),
    in_use: None,
    clears: false,
    resume: &["--session"],
};

pub const COPILOT: Program = Program {
    name: "copilot",
    args: &[],
    set_up: set_up::copilot,
    ready: "/ commands",
    asks: Some("Do you want to run this command?"),
    makes: "sleep 2; touch",
    answers: true,
    allow: &["1"],
    // Its other way is to type what it is to do instead.
    deny: &[&["escape"]],
    interrupt: &["ctrl+c"],
    interrupted: "Operation cancelled by user",
    fails_from: "working?",
    limited: WAITS,
    question: Some("enter accept"),
    chooses: false,
    leave: "/exit",
    before_id: Some("copilot --resume="),
    in_use: Some("Session in use"),
    clears: false,
    resume: &["--session-id"],
};

pub const AIDER: Program = Program {
    name: "aider",
    args: &[
        "--model",
        "openai/scripted-in-text",
        "--edit-format",
        "diff",
        "--no-git",
        "--no-show-model-warnings",
    ],
    set_up: set_up::aider,
    ready: "diff>\n",
    asks: Some("[Yes]:\n"),
    makes: "sleep 2; touch",
    answers: true,
    allow: &["y", "enter"],
    deny: &[&["n", "enter"]],
    interrupt: &["ctrl+c"],
    interrupted: "^C again to exit",
    fails_from: "working?",
    limited: WAITS,
    question: None,
    chooses: false,
    leave: "/exit",
    before_id: None,
    in_use: None,
    clears: false,
    resume: &[],
};
