//! What the panel says, as words: pure, so that tests read it without a window.

use agor_core::config::schema::{Level, SETTINGS};
use agor_core::config::{For, Origin, Value};
use agor_proto::session::SessionInfo;
use agor_proto::usage::Spent;

use crate::icons::Mark;
use crate::link::snapshot::Snapshot;
use crate::text::{age, folder_shown, project_name};
use crate::usage::{count, money};

/// One line: what is told, and what it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// What is told.
    pub label: &'static str,
    /// What it is.
    pub value: String,
    /// More about that, fainter.
    pub remark: String,
    /// What a click copies; empty for nothing.
    pub copied: String,
}

/// Lines that belong together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// Their heading.
    pub title: &'static str,
    /// The lines.
    pub facts: Vec<Fact>,
}

fn fact(label: &'static str, value: impl Into<String>) -> Fact {
    Fact {
        label,
        value: value.into(),
        remark: String::new(),
        copied: String::new(),
    }
}

impl Fact {
    fn remarked(self, remark: impl Into<String>) -> Self {
        let remark = remark.into();
        Self { remark, ..self }
    }

    fn copied(self, copied: impl Into<String>) -> Self {
        let copied = copied.into();
        Self { copied, ..self }
    }
}

/// Returns what is told of a session.
#[must_use]
pub fn sections(info: &SessionInfo, snapshot: &Snapshot, now_millis: u64) -> Vec<Section> {
    let all = [
        ("State", state(info, now_millis)),
        ("Agent", agent(info, snapshot)),
        ("Used", used(info)),
        ("Session", session(info, snapshot, now_millis)),
        ("Settings", settings(info, snapshot)),
    ];
    let all = all.into_iter().filter(|(_, facts)| !facts.is_empty());
    all.map(|(title, facts)| Section { title, facts }).collect()
}

fn since(now_millis: u64, then_millis: u64) -> String {
    match age(now_millis.saturating_sub(then_millis)).as_str() {
        "now" => "just now".into(),
        age => format!("{age} ago"),
    }
}

fn state(info: &SessionInfo, now_millis: u64) -> Vec<Fact> {
    let agent = info.agent.as_ref();
    let then = agent.map_or(info.active_millis, |agent| agent.since_millis);
    let word = Mark::of(info).word();
    let mut facts = vec![fact("State", word).remarked(since(now_millis, then))];
    let Some(agent) = agent else {
        return facts;
    };
    let reason = agent.reason.trim();
    if !reason.is_empty() {
        facts.push(fact("Because", reason));
    }
    if let Some(pending) = agent.pending.as_ref().filter(|it| !it.text.is_empty()) {
        facts.push(fact("Asks", pending.text.trim()));
    }
    if agent.tools > 0 {
        facts.push(fact("Tools", format!("{} run", agent.tools)));
    }
    if agent.background > 0 {
        let beside = format!("{} go on beside it", agent.background);
        facts.push(fact("Background", beside));
    }
    if let Some(conflict) = &agent.conflict {
        let file = folder_shown(&conflict.file);
        let with = format!("written by {}, too", conflict.with);
        facts.push(fact("Conflict", file).remarked(with));
    }
    facts
}

fn agent(info: &SessionInfo, snapshot: &Snapshot) -> Vec<Fact> {
    let Some(agent) = &info.agent else {
        return Vec::new();
    };
    let mut known = snapshot.agents.iter();
    let name = known.find(|known| known.id == agent.provider);
    let name = name.map_or(agent.provider.as_str(), |known| known.name.as_str());
    let mut facts = Vec::new();
    if !name.is_empty() {
        facts.push(fact("Provider", name));
    }
    // What answered last is truer than what was asked for.
    let asked = agent.model.as_deref().unwrap_or_default();
    let model = Some(agent.usage.model.as_str()).filter(|model| !model.is_empty());
    facts.push(match model.unwrap_or(asked) {
        "" => fact("Model", "its own choice"),
        model => fact("Model", model),
    });
    facts.push(match agent.mode.as_deref() {
        Some(mode) => fact("Mode", mode),
        None => fact("Mode", "its own choice"),
    });
    if let Some(conversation) = &agent.conversation {
        facts.push(fact("Conversation", conversation).copied(conversation));
    }
    facts
}

fn used(info: &SessionInfo) -> Vec<Fact> {
    let Some(usage) = info.agent.as_ref().map(|agent| &agent.usage) else {
        return Vec::new();
    };
    let mut facts = Vec::new();
    if usage.input_tokens + usage.output_tokens + usage.cached_tokens > 0 {
        let tokens = format!(
            "{} out, {} in",
            count(usage.output_tokens),
            count(usage.input_tokens)
        );
        let cached = match usage.cached_tokens {
            0 => String::new(),
            cached => format!("{} cached", count(cached)),
        };
        facts.push(fact("Tokens", tokens).remarked(cached));
    }
    if usage.cost_micros.is_some() {
        let spent = Spent {
            cost_micros: usage.cost_micros,
            estimated: usage.estimated,
            ..Spent::default()
        };
        facts.push(fact("Cost", money(&spent)));
    }
    if let Some(percent) = usage.context_percent {
        facts.push(fact("Context", format!("{percent} % full")));
    }
    if usage.turns > 0 {
        facts.push(fact("Turns", usage.turns.to_string()));
    }
    facts
}

fn session(info: &SessionInfo, snapshot: &Snapshot, now_millis: u64) -> Vec<Fact> {
    let project = snapshot.project_name(&info.folder);
    let mut facts = vec![
        fact("Project", project).remarked(match snapshot.project_of(&info.folder) {
            of if of == info.folder => String::new(),
            _ => folder_shown(&info.folder),
        }),
        fact("Folder", folder_shown(&info.cwd)).copied(&info.cwd),
    ];
    let command = match info.argv.is_empty() {
        true => "your shell".to_owned(),
        false => info.argv.join(" "),
    };
    facts.push(fact("Command", command));
    if let Some(pid) = info.pid {
        facts.push(fact("Process", pid.to_string()));
    }
    facts.push(fact("Started", since(now_millis, info.created_millis)));
    let size = format!("{} \u{d7} {}", info.size.cols, info.size.rows);
    facts.push(fact("Size", size));
    if info.private {
        facts.push(fact("Record", "private: nothing is written"));
    }
    let id = info.id.to_string();
    facts.push(fact("Id", id.clone()).copied(id));
    facts
}

/// Returns a value as a person reads it beside its title.
fn in_words(value: &Value) -> String {
    match value {
        Value::Bool(true) => "yes".into(),
        Value::Bool(false) => "no".into(),
        Value::List(names) => names.join(", ").replace('_', " "),
        other => other.to_string(),
    }
}

/// Settings of the session's own level, and where what holds was said.
fn settings(info: &SessionInfo, snapshot: &Snapshot) -> Vec<Fact> {
    let layers = &snapshot.settings.layers;
    let id = info.id.to_string();
    let of = For::Session {
        session: &id,
        folder: &info.folder,
    };
    let own = SETTINGS
        .iter()
        .filter(|setting| setting.level == Level::Session);
    own.map(|setting| {
        let (value, origin) = layers.holds(setting, of);
        let value = value.map_or_else(|| setting.unset.to_owned(), |value| in_words(&value));
        let from = match origin {
            Origin::Default => "default".into(),
            Origin::User { .. } => "for all".into(),
            Origin::Group { id, .. } => {
                format!("for {}", layers.name(For::Group(&id)).unwrap_or(&id))
            }
            Origin::Project { folder, .. } => format!("for {}", project_name(&folder)),
            Origin::Session { .. } => "for this session".into(),
        };
        fact(setting.title, value).remarked(from)
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link::settings::Settings;
    use crate::link::snapshot::KnownAgent;
    use crate::testing::{agent_info, session_info};
    use agor_core::config::Layers;
    use agor_proto::agent::{AgentInfo, State, Usage};
    use std::sync::Arc;

    const NOW: u64 = 1_700_000_300_000;

    fn told(info: &SessionInfo, snapshot: &Snapshot) -> Vec<String> {
        let sections = sections(info, snapshot, NOW);
        let line = |fact: &Fact| format!("{}: {} ({})", fact.label, fact.value, fact.remark);
        let facts = sections.iter().flat_map(|section| &section.facts);
        facts.map(line).collect()
    }

    fn snapshot(settings: &str) -> Snapshot {
        let (layers, complaints) = Layers::read(settings).unwrap();
        assert!(complaints.is_empty(), "{complaints:?}");
        Snapshot {
            settings: Arc::new(Settings {
                layers: Arc::new(layers),
                ..Settings::default()
            }),
            agents: Arc::new(vec![KnownAgent {
                id: "claude".into(),
                name: "Claude Code".into(),
                here: true,
                get: String::new(),
                ..KnownAgent::default()
            }]),
            ..Snapshot::default()
        }
    }

    #[test]
    fn an_agent_is_told_with_state_model_mode_conversation_and_use() {
        let mut info = session_info(1, "claude");
        info.state = State::NeedsPermission;
        info.agent = Some(AgentInfo {
            conversation: Some("0b6f2c1e".into()),
            model: Some("opus".into()),
            mode: Some("plan".into()),
            usage: Usage {
                input_tokens: 1_000,
                output_tokens: 200,
                cost_micros: Some(120_000),
                estimated: true,
                context_percent: Some(40),
                ..Usage::default()
            },
            ..agent_info()
        });
        let lines = told(&info, &snapshot(""));
        for line in [
            "State: needs permission (5m ago)",
            "Because: asks to run Bash ()",
            "Asks: Bash: cargo test --workspace ()",
            "Provider: Claude Code ()",
            "Model: opus ()",
            "Mode: plan ()",
            "Conversation: 0b6f2c1e ()",
            "Cost: ~$0.12 ()",
            "Context: 40 % full ()",
        ] {
            assert!(lines.iter().any(|told| told == line), "{line}: {lines:#?}");
        }
    }

    #[test]
    fn settings_say_whether_they_are_the_sessions_own() {
        let info = session_info(1, "bash");
        let text = format!(
            "[projects.\"{}\"]\nwindow.theme = \"nord\"\n[sessions.\"{}\"]\nnotifications.enabled = false",
            info.folder, info.id
        );
        let lines = told(&info, &snapshot(&text));
        let has = |line: &str| lines.iter().any(|told| told == line);
        assert!(has("Notify: no (for this session)"), "{lines:#?}");
        let of_what = "Of what: needs permission, needs answer, error, done (default)";
        assert!(has(of_what), "{lines:#?}");
        assert!(
            lines
                .iter()
                .any(|told| told.starts_with("Theme: nord (for ")),
            "{lines:#?}"
        );
        // A shell has no agent to tell of.
        assert!(
            !lines.iter().any(|told| told.starts_with("Model")),
            "{lines:#?}"
        );
    }
}
