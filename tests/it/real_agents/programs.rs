//! What differs between the agents: how each is set up without account and network, what it shows, which
//! keys answer it.

use std::fs;

use serde_json::json;

use crate::agor::Agor;
use crate::model_server::ModelServer;

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
    /// On the screen while it asks for permission, and only then.
    pub asks: &'static str,
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
    /// On the screen while it asks a question; none if it does not ask in its usual mode.
    pub question: Option<&'static str>,
    /// What is typed to leave it.
    pub leave: &'static str,
    /// What stands before the conversation's id on the screen that it leaves behind.
    pub before_id: &'static str,
    /// The arguments that go on with a conversation, before its id.
    pub resume: &'static [&'static str],
}

pub const CLAUDE: Program = Program {
    name: "claude",
    // Its own default decides by itself.
    args: &["--permission-mode", "default"],
    set_up: set_up_claude,
    ready: "? for shortcuts",
    asks: "Do you want to proceed?",
    answers: true,
    allow: &["enter"],
    deny: &[&["4"], &["escape"]],
    interrupt: &["escape"],
    interrupted: "Interrupted",
    question: Some("Enter to select"),
    leave: "/exit",
    before_id: " --resume ",
    resume: &["--resume"],
};

pub const CODEX: Program = Program {
    name: "codex",
    args: &["--no-daemon"],
    set_up: set_up_codex,
    ready: "? for shortcuts",
    asks: "Would you like to run the following command?",
    answers: true,
    allow: &["y"],
    deny: &[&["3"], &["escape"]],
    interrupt: &["escape"],
    interrupted: "Conversation interrupted",
    question: None,
    leave: "/quit",
    before_id: "codex resume ",
    resume: &["resume"],
};

pub const OPENCODE: Program = Program {
    name: "opencode",
    args: &[],
    set_up: set_up_opencode,
    ready: "ctrl+p commands",
    asks: "Permission required",
    answers: false,
    allow: &["enter"],
    deny: &[&["right", "right", "enter"], &["escape"]],
    interrupt: &["escape", "escape"],
    interrupted: "interrupted",
    question: Some("enter submit"),
    leave: "/exit",
    before_id: "opencode -s ",
    resume: &["--session"],
};

pub const GEMINI: Program = Program {
    name: "gemini",
    args: &[],
    set_up: set_up_gemini,
    ready: "Type your message",
    asks: "Allow execution of",
    answers: true,
    allow: &["enter"],
    deny: &[&["3"], &["escape"]],
    interrupt: &["escape"],
    interrupted: "Request cancelled",
    question: Some("Enter to select"),
    leave: "/quit",
    before_id: "gemini --resume ",
    resume: &["--resume"],
};

fn folder(agor: &Agor, name: &str) -> String {
    let folder = agor.path(name);
    fs::create_dir_all(&folder).expect("a folder");
    folder.to_str().expect("plain text").to_owned()
}

fn write(folder: &str, name: &str, text: &str) {
    fs::write(format!("{folder}/{name}"), text).expect("a file");
}

fn set_up_claude(agor: &Agor, server: &ModelServer) -> Vec<(&'static str, String)> {
    let settings = folder(agor, "claude");
    let work = agor.work();
    let work = work.to_str().expect("plain text");
    let trusted = json!({ "hasTrustDialogAccepted": true, "hasCompletedProjectOnboarding": true });
    let state =
        json!({ "hasCompletedOnboarding": true, "theme": "dark", "projects": { work: trusted } });
    write(&settings, ".claude.json", &state.to_string());
    let mut environment = vec![
        ("CLAUDE_CONFIG_DIR", settings),
        ("ANTHROPIC_BASE_URL", server.url()),
        ("ANTHROPIC_AUTH_TOKEN", "scripted".to_owned()),
    ];
    let switches = [
        "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC",
        "DISABLE_AUTOUPDATER",
        "DISABLE_TELEMETRY",
        "DISABLE_ERROR_REPORTING",
        "IS_SANDBOX",
    ];
    environment.extend(switches.map(|name| (name, "1".to_owned())));
    environment
}

fn set_up_codex(agor: &Agor, server: &ModelServer) -> Vec<(&'static str, String)> {
    let home = folder(agor, "codex");
    let (url, work) = (server.url(), agor.work());
    let work = work.display();
    let settings = format!(
        r#"
model = "scripted"
model_provider = "scripted"
check_for_update_on_startup = false
[model_providers.scripted]
name = "scripted"
base_url = "{url}/v1"
wire_api = "responses"
env_key = "SCRIPTED_KEY"
supports_websockets = false
[analytics]
enabled = false
[projects."{work}"]
trust_level = "trusted"
"#
    );
    write(&home, "config.toml", &settings);
    vec![
        ("CODEX_HOME", home),
        ("SCRIPTED_KEY", "scripted".to_owned()),
    ]
}

fn set_up_opencode(agor: &Agor, server: &ModelServer) -> Vec<(&'static str, String)> {
    let config = folder(agor, "opencode-config");
    let settings = folder(agor, "opencode-config/opencode");
    let model = json!({ "name": "Scripted", "limit": { "context": 100_000, "output": 10_000 } });
    let provider = json!({ "npm": "@ai-sdk/openai-compatible", "name": "Scripted",
        "options": { "baseURL": format!("{}/v1", server.url()), "apiKey": "scripted" },
        "models": { "scripted": model } });
    let document = json!({ "autoupdate": false, "share": "disabled",
        "model": "scripted/scripted", "small_model": "scripted/scripted",
        "permission": { "bash": "ask", "edit": "ask" }, "provider": { "scripted": provider } });
    write(&settings, "opencode.json", &document.to_string());
    let mut environment = vec![
        ("XDG_CONFIG_HOME", config),
        ("XDG_DATA_HOME", folder(agor, "opencode-data")),
        ("XDG_STATE_HOME", folder(agor, "opencode-state")),
        ("XDG_CACHE_HOME", folder(agor, "opencode-cache")),
    ];
    let switches = [
        "OPENCODE_DISABLE_AUTOUPDATER",
        "OPENCODE_DISABLE_AUTOUPDATE",
        "OPENCODE_DISABLE_MODELS_FETCH",
        "OPENCODE_DISABLE_LSP_DOWNLOAD",
        "OPENCODE_DISABLE_DEFAULT_PLUGINS",
        "OPENCODE_DISABLE_SHARE",
    ];
    environment.extend(switches.map(|name| (name, "1".to_owned())));
    environment
}

fn set_up_gemini(agor: &Agor, server: &ModelServer) -> Vec<(&'static str, String)> {
    let home = folder(agor, "gemini");
    let settings = folder(agor, "gemini/.gemini");
    let document = json!({
        "security": { "auth": { "selectedType": "gemini-api-key" } },
        "general": { "disableAutoUpdate": true },
        "privacy": { "usageStatisticsEnabled": false },
        "telemetry": { "enabled": false },
    });
    write(&settings, "settings.json", &document.to_string());
    vec![
        ("GEMINI_API_KEY", "scripted".to_owned()),
        ("GOOGLE_GEMINI_BASE_URL", server.url()),
        ("GEMINI_CLI_HOME", home),
        ("GEMINI_CLI_TRUST_WORKSPACE", "true".to_owned()),
    ]
}
