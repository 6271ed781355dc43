//! What a hook of Claude Code's, or of an agent that has the same, is given, read down to what a state can be
//! judged by. The helper that the hook runs reads it (`cli/verbs/hook.rs`), passes the small part on, and the host's machine
//! takes notice of it (`machine/hear.rs`).

use agor_proto::limits::HOOK_TEXT_MAX;
use agor_term::shown_text;
use serde::{Deserialize, Serialize};

use super::tools::{self, Does};

/// A hook's payload. What is not named here, a tool's result for one, is dropped unread.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Hook {
    /// Which hook it is.
    #[serde(rename = "hook_event_name")]
    pub event: String,
    /// The conversation.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub session_id: String,
    /// The file with the conversation.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub transcript_path: String,
    /// The subagent that it is about, if it is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
    /// What the subagent is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent_type: Option<String>,
    /// The tool that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool_name: Option<String>,
    /// That use of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool_use_id: Option<String>,
    /// What the tool is to do. Copilot CLI gives some a text, a patch for one, of which nothing is read.
    #[serde(skip_serializing_if = "Input::is_empty", deserialize_with = "lenient")]
    pub tool_input: Input,
    /// What is notified.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Of which kind the notification is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notification_type: Option<String>,
    /// Why a session began.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Why a session ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Why something failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// More about that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_details: Option<String>,
    /// Who asked for a compaction.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trigger: Option<String>,
}

/// The parts of a tool's input that say what it is about.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Input {
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "lenient")]
    command: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "lenient")]
    file_path: Option<String>,
    /// What Copilot CLI calls the file; with others the folder in which something is looked for.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "lenient")]
    path: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "lenient")]
    url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "lenient")]
    query: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "lenient")]
    pattern: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "lenient")]
    description: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "lenient")]
    questions: Vec<Question>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct Question {
    question: String,
}

impl Input {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Reads what is of the expected kind; a tool may call anything by these names.
fn lenient<'de, T, D>(deserializer: D) -> Result<T, D::Error>
where
    T: serde::de::DeserializeOwned + Default,
    D: serde::Deserializer<'de>,
{
    let value = serde_json::Value::deserialize(deserializer)?;
    Ok(serde_json::from_value(value).unwrap_or_default())
}

impl Hook {
    /// Reads a payload.
    #[must_use]
    pub fn read(payload: &[u8]) -> Option<Self> {
        let mut hook: Self = serde_json::from_slice(payload).ok()?;
        if hook.event.is_empty() {
            return None;
        }
        for text in [
            &mut hook.message,
            &mut hook.error,
            &mut hook.error_details,
            &mut hook.tool_input.command,
            &mut hook.tool_input.file_path,
            &mut hook.tool_input.path,
            &mut hook.tool_input.url,
            &mut hook.tool_input.query,
            &mut hook.tool_input.pattern,
            &mut hook.tool_input.description,
        ] {
            *text = text
                .take()
                .map(|text| shown(&text))
                .filter(|it| !it.is_empty());
        }
        hook.tool_input.questions.truncate(1);
        for question in &mut hook.tool_input.questions {
            question.question = shown(&question.question);
        }
        Some(hook)
    }

    /// Says whether there may be new figures in the transcript.
    #[must_use]
    pub fn ends_something(&self) -> bool {
        let ends = [
            "PostToolUse",
            "PostToolUseFailure",
            "Stop",
            "StopFailure",
            "SubagentStop",
        ];
        ends.contains(&&self.event[..])
    }

    /// Returns the tool and what it is to do, in a line.
    #[must_use]
    pub fn tool(&self) -> String {
        let input = &self.tool_input;
        let about = [
            &input.command,
            &input.file_path,
            &input.url,
            &input.query,
            &input.pattern,
            &input.path,
            &input.description,
        ];
        let name = self.tool_name.as_deref().unwrap_or("a tool");
        match about.into_iter().flatten().next() {
            Some(about) => format!("{name}: {about}"),
            None => name.to_owned(),
        }
    }

    /// Returns the file that a tool has written, if it has.
    #[must_use]
    pub fn wrote(&self) -> Option<&str> {
        let tool = self.tool_name.as_deref()?;
        let done = self.event == "PostToolUse" && tools::does(tool) == Some(Does::WriteItsFile);
        let Input {
            file_path, path, ..
        } = &self.tool_input;
        let file = file_path.as_deref().or(path.as_deref());
        let file = file.filter(|_| done)?;
        // Relative to what it is not known, and one that was cut is not that file.
        (file.starts_with('/') && file.len() < HOOK_TEXT_MAX).then_some(file)
    }

    /// Returns the question that the tool asks, if it asks one.
    #[must_use]
    pub fn question(&self) -> Option<&str> {
        let question = self.tool_input.questions.first()?;
        Some(&question.question)
    }
}

fn shown(text: &str) -> String {
    shown_text(text.replace(['\n', '\t'], " ").as_bytes(), HOOK_TEXT_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payload_is_read_down_to_what_is_needed() {
        let payload = r#"{"session_id":"c1","hook_event_name":"PostToolUse","tool_name":"Bash","tool_use_id":"t1",
            "tool_input":{"command":"ls\n-la","timeout":5,"description":[1]},"tool_response":{"stdout":"much"}}"#;
        let hook = Hook::read(payload.as_bytes()).expect("a hook");
        assert_eq!(hook.tool(), "Bash: ls -la");
        let passed_on = serde_json::to_string(&hook).expect("JSON");
        assert!(!passed_on.contains("much"), "{passed_on}");
        assert_eq!(Hook::read(passed_on.as_bytes()), Some(hook));
    }

    #[test]
    fn a_file_counts_as_written_once_the_tool_has_done_it() {
        let wrote = |event: &str, tool: &str, file: &str| {
            let payload = serde_json::json!({
                "hook_event_name": event, "tool_name": tool, "tool_input": { "file_path": file },
            });
            let hook = Hook::read(payload.to_string().as_bytes()).expect("a hook");
            hook.wrote().map(str::to_owned)
        };
        assert_eq!(
            wrote("PostToolUse", "Edit", "/a/x").as_deref(),
            Some("/a/x")
        );
        assert_eq!(wrote("PreToolUse", "Edit", "/a/x"), None);
        assert_eq!(wrote("PostToolUseFailure", "Write", "/a/x"), None);
        assert_eq!(wrote("PostToolUse", "Read", "/a/x"), None);
        assert_eq!(wrote("PostToolUse", "Write", "x"), None);
        assert_eq!(
            wrote(
                "PostToolUse",
                "Write",
                &format!("/{}", "x".repeat(2 * HOOK_TEXT_MAX))
            ),
            None
        );
    }

    #[test]
    fn what_copilot_gives_the_tools_that_write_is_read() {
        let written = |input: serde_json::Value| {
            let payload = serde_json::json!({
                "hook_event_name": "PostToolUse", "tool_name": "Edit", "tool_input": input,
            });
            let hook = Hook::read(payload.to_string().as_bytes()).expect("a hook");
            (hook.tool(), hook.wrote().map(str::to_owned))
        };
        let change = serde_json::json!({ "path": "/a/x", "old_str": "a", "new_str": "b" });
        assert_eq!(written(change), ("Edit: /a/x".into(), Some("/a/x".into())));
        // A patch does not lose the hook that it comes with.
        let patch = "*** Begin Patch\n*** Add File: x\n+a\n*** End Patch\n";
        assert_eq!(written(patch.into()), ("Edit".into(), None));
    }

    #[test]
    fn what_is_no_payload_is_none() {
        for payload in [
            "",
            "[]",
            "{}",
            "{\"hook_event_name\":\"\"}",
            "{\"hook_event_name\":1}",
        ] {
            assert_eq!(Hook::read(payload.as_bytes()), None, "{payload}");
        }
    }

    #[test]
    fn hook_text_max_bounds_each_text() {
        let payload = serde_json::json!({
            "hook_event_name": "PermissionRequest",
            "tool_name": "Bash",
            "tool_input": { "command": "x".repeat(9 * HOOK_TEXT_MAX) },
        });
        let hook = Hook::read(payload.to_string().as_bytes()).expect("a hook");
        assert_eq!(hook.tool().len(), "Bash: ".len() + HOOK_TEXT_MAX);
    }
}
