//! How each agent is set up so that it needs neither account nor network.

use std::fs;

use serde_json::json;

use crate::agor::Agor;
use crate::model_server::ModelServer;

fn folder(agor: &Agor, name: &str) -> String {
    let folder = agor.path(name);
    fs::create_dir_all(&folder).expect("a folder");
    folder.to_str().expect("plain text").to_owned()
}

fn write(folder: &str, name: &str, text: &str) {
    fs::write(format!("{folder}/{name}"), text).expect("a file");
}

pub fn claude(agor: &Agor, server: &ModelServer) -> Vec<(&'static str, String)> {
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

pub fn codex(agor: &Agor, server: &ModelServer) -> Vec<(&'static str, String)> {
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

pub fn opencode(agor: &Agor, server: &ModelServer) -> Vec<(&'static str, String)> {
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

pub fn gemini(agor: &Agor, server: &ModelServer) -> Vec<(&'static str, String)> {
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

pub fn qwen(agor: &Agor, server: &ModelServer) -> Vec<(&'static str, String)> {
    let settings = folder(agor, "home/.qwen");
    let document = json!({
        "security": { "auth": { "selectedType": "openai" }, "folderTrust": { "enabled": false } },
        "general": { "enableAutoUpdate": false },
        "privacy": { "usageStatisticsEnabled": false },
        "telemetry": { "enabled": false },
    });
    write(&settings, "settings.json", &document.to_string());
    vec![
        ("OPENAI_API_KEY", "scripted".to_owned()),
        ("OPENAI_BASE_URL", format!("{}/v1", server.url())),
        ("OPENAI_MODEL", "scripted".to_owned()),
    ]
}

pub fn pi(agor: &Agor, server: &ModelServer) -> Vec<(&'static str, String)> {
    let settings = folder(agor, "pi");
    let url = format!("{}/v1", server.url());
    let scripted = json!({ "baseUrl": url, "apiKey": "scripted", "api": "openai-completions",
        "models": [{ "id": "scripted" }] });
    let models = json!({ "providers": { "scripted": scripted } });
    write(&settings, "models.json", &models.to_string());
    vec![
        ("PI_CODING_AGENT_DIR", settings),
        ("PI_OFFLINE", "1".to_owned()),
        ("PI_TELEMETRY", "0".to_owned()),
    ]
}

pub fn copilot(agor: &Agor, server: &ModelServer) -> Vec<(&'static str, String)> {
    let home = folder(agor, "copilot");
    let trusted = json!({ "trustedFolders": [agor.work()] });
    write(&home, "config.json", &trusted.to_string());
    vec![
        ("COPILOT_HOME", home),
        ("COPILOT_OFFLINE", "true".to_owned()),
        ("COPILOT_AUTO_UPDATE", "false".to_owned()),
        ("COPILOT_PROVIDER_BASE_URL", format!("{}/v1", server.url())),
        ("COPILOT_PROVIDER_API_KEY", "scripted".to_owned()),
        ("COPILOT_MODEL", "scripted".to_owned()),
    ]
}

pub fn aider(_: &Agor, server: &ModelServer) -> Vec<(&'static str, String)> {
    vec![
        ("OPENAI_API_KEY", "scripted".to_owned()),
        ("OPENAI_API_BASE", format!("{}/v1", server.url())),
        ("AIDER_ANALYTICS", "false".to_owned()),
        ("AIDER_CHECK_UPDATE", "false".to_owned()),
        ("AIDER_SHOW_RELEASE_NOTES", "false".to_owned()),
    ]
}
