//! Which files an agent has written, as its transcript tells it, a line of JSON at a time: for agents that no hook
//! tells of. The lines are undocumented, so read with tolerance: what is not understood tells nothing.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;

use super::tools::{self, Does};
use super::usage::Form;
use crate::zone::utc_millis;

/// A file that was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// Its whole path.
    pub file: String,
    /// When, in milliseconds since 1970.
    pub at_millis: u64,
}

/// Returns what a line says was written. `folder` is the one that the agent runs in, as an earlier line has told.
#[must_use]
pub fn read(form: Form, line: &[u8], folder: &mut String) -> Vec<Written> {
    // Few lines tell of files, and those of a long conversation are read at once: they are parsed alone.
    let has = |word: &str| memchr::memmem::find(line, word.as_bytes()).is_some();
    let tells = match form {
        Form::Claude => has("structuredPatch"),
        Form::Codex => has("changes"),
        Form::Gemini => has("fileDiff"),
        Form::Pi => has("toolCall") || has("cwd"),
        Form::Qwen | Form::Copilot => false,
    };
    if !tells {
        return Vec::new();
    }
    let found = match form {
        Form::Claude => claude(line),
        Form::Codex => codex(line),
        Form::Gemini => gemini(line),
        Form::Pi => pi(line, folder),
        // Their hooks tell it.
        Form::Qwen | Form::Copilot => None,
    };
    let mut found = found.unwrap_or_default();
    found.retain(|it| it.file.starts_with('/'));
    found
}

fn parse<'a, T: Deserialize<'a>>(line: &'a [u8]) -> Option<T> {
    serde_json::from_slice(line).ok()
}

fn at(time: &str, files: impl IntoIterator<Item = String>) -> Option<Vec<Written>> {
    let at_millis = utc_millis(time)?;
    let written = files.into_iter().map(|file| Written { file, at_millis });
    Some(written.collect())
}

/// Claude Code keeps with a tool's result what the tool itself tells: of one that has written, a path and a difference.
fn claude(line: &[u8]) -> Option<Vec<Written>> {
    #[derive(Default, Deserialize)]
    #[serde(default, rename_all = "camelCase")]
    struct Line {
        timestamp: String,
        tool_use_result: Option<Told>,
    }
    #[derive(Default, Deserialize)]
    #[serde(default, rename_all = "camelCase")]
    struct Told {
        file_path: String,
        structured_patch: Option<IgnoredAny>,
        /// It is kept back until the person agrees.
        staged: bool,
    }
    let line: Line = parse(line)?;
    let told = line.tool_use_result?;
    told.structured_patch.filter(|_| !told.staged)?;
    at(&line.timestamp, [told.file_path])
}

/// Codex writes down each patch that was applied, with the files that it changed.
fn codex(line: &[u8]) -> Option<Vec<Written>> {
    #[derive(Deserialize)]
    struct Line {
        timestamp: String,
        #[serde(rename = "type")]
        kind: String,
        payload: Payload,
    }
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Payload {
        #[serde(rename = "type")]
        kind: String,
        item: Option<Item>,
        success: bool,
        changes: BTreeMap<String, IgnoredAny>,
    }
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Item {
        #[serde(rename = "type")]
        kind: String,
        status: Value,
        changes: BTreeMap<String, IgnoredAny>,
    }
    let line: Line = parse(line)?;
    let payload = line.payload;
    let changes = match (&line.kind[..], &payload.kind[..], payload.item) {
        ("event_msg", "item_completed", Some(item))
            if item.kind == "FileChange" && item.status == "completed" =>
        {
            item.changes
        }
        // An earlier release's form of the same.
        ("event_msg", "patch_apply_end", _) if payload.success => payload.changes,
        _ => return None,
    };
    at(&line.timestamp, changes.into_keys())
}

/// Gemini CLI writes a message again whenever one of its tools has ended, with all that they have shown.
fn gemini(line: &[u8]) -> Option<Vec<Written>> {
    #[derive(Default, Deserialize)]
    #[serde(default, rename_all = "camelCase")]
    struct Line {
        tool_calls: Vec<Call>,
    }
    #[derive(Default, Deserialize)]
    #[serde(default, rename_all = "camelCase")]
    struct Call {
        status: String,
        timestamp: String,
        result_display: Value,
    }
    let line: Line = parse(line)?;
    let calls = line.tool_calls.into_iter();
    let written = calls.filter_map(|call| {
        // What others show has no difference.
        call.result_display.get("fileDiff")?;
        let file = call.result_display.get("filePath")?.as_str()?.to_owned();
        let succeeded = call.status == "success";
        at(&call.timestamp, succeeded.then_some(file))
    });
    Some(written.flatten().collect())
}

/// pi asks nobody before it runs a tool, so what is asked of one is done, unless it fails.
fn pi(line: &[u8], folder: &mut String) -> Option<Vec<Written>> {
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Line {
        #[serde(rename = "type")]
        kind: String,
        timestamp: String,
        cwd: String,
        message: Option<Said>,
    }
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Said {
        role: String,
        content: Value,
    }
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Call {
        #[serde(rename = "type")]
        kind: String,
        name: String,
        arguments: Value,
    }
    let line: Line = parse(line)?;
    if line.kind == "session" {
        *folder = line.cwd;
        return None;
    }
    let said = line.message.filter(|it| it.role == "assistant")?;
    let parts = said.content.as_array()?.iter();
    let files = parts.filter_map(|part| {
        let call = Call::deserialize(part).ok()?;
        let writes = tools::does(&call.name) == Some(Does::WriteItsFile);
        let file = call.arguments.get("path")?.as_str()?;
        (writes && call.kind == "toolCall").then(|| whole(folder, file))
    });
    at(&line.timestamp, files)
}

/// Returns the whole path of a file that is named from a folder on.
fn whole(folder: &str, file: &str) -> String {
    let path = Path::new(folder).join(file);
    let path: PathBuf = path.components().collect();
    path.to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const TIME: &str = "2026-11-30T10:35:15.596Z";
    const MILLIS: u64 = 1_796_034_915_596;

    /// Returns the files that a line tells of, with a blank between them.
    fn files(form: Form, line: &Value) -> String {
        let found = read(form, line.to_string().as_bytes(), &mut "/work".to_owned());
        assert!(found.iter().all(|it| it.at_millis == MILLIS), "{found:?}");
        let files: Vec<String> = found.into_iter().map(|it| it.file).collect();
        files.join(" ")
    }

    #[test]
    fn what_a_line_says_was_written_is_that_and_nothing_that_was_read_or_failed() {
        let claude =
            |result: Value| json!({ "type": "user", "timestamp": TIME, "toolUseResult": result });
        let codex =
            |payload: Value| json!({ "timestamp": TIME, "type": "event_msg", "payload": payload });
        let patched = |status: &str| {
            codex(
                json!({ "type": "item_completed", "item": { "type": "FileChange", "status": status,
                "changes": { "/work/a": { "type": "add" }, "/work/b": { "type": "update" } } } }),
            )
        };
        let gemini = |status: &str, shown: Value| {
            json!({ "type": "gemini", "timestamp": "2026-11-30T10:35:00.000Z", "toolCalls":
                [{ "status": status, "timestamp": TIME, "resultDisplay": shown }] })
        };
        let pi = |role: &str, name: &str, path: &str| {
            let call = json!({ "type": "toolCall", "id": "c", "name": name, "arguments": { "path": path } });
            json!({ "type": "message", "timestamp": TIME, "message":
                { "role": role, "content": [{ "type": "text", "text": "" }, call] } })
        };
        let shown = || json!({ "fileDiff": "", "filePath": "/work/a" });
        let change = || json!({ "/work/a": {} });
        for (form, line, expected) in [
            (
                Form::Claude,
                claude(json!({ "type": "create", "filePath": "/work/a", "structuredPatch": [] })),
                "/work/a",
            ),
            (
                Form::Claude,
                claude(json!({ "filePath": "/work/a", "structuredPatch": [], "staged": true })),
                "",
            ),
            (
                Form::Claude,
                claude(json!({ "type": "text", "file": { "filePath": "/work/a" } })),
                "",
            ),
            (Form::Claude, claude(json!("Error: it was denied")), ""),
            (Form::Codex, patched("completed"), "/work/a /work/b"),
            (Form::Codex, patched("failed"), ""),
            (
                Form::Codex,
                codex(json!({ "type": "patch_apply_end", "success": true, "changes": change() })),
                "/work/a",
            ),
            (
                Form::Codex,
                codex(json!({ "type": "patch_apply_end", "success": false, "changes": change() })),
                "",
            ),
            (Form::Gemini, gemini("success", shown()), "/work/a"),
            (Form::Gemini, gemini("cancelled", shown()), ""),
            (Form::Gemini, gemini("success", json!("read 3 lines")), ""),
            (Form::Pi, pi("assistant", "write", "./a"), "/work/a"),
            (Form::Pi, pi("assistant", "edit", "/work/a"), "/work/a"),
            (Form::Pi, pi("assistant", "read", "a"), ""),
            (Form::Pi, pi("toolResult", "write", "a"), ""),
        ] {
            assert_eq!(files(form, &line), expected, "{line}");
        }
    }

    #[test]
    fn a_file_is_named_from_the_folder_on_in_which_its_agent_runs() {
        let mut folder = String::new();
        let call = json!([{ "type": "toolCall", "name": "write", "arguments": { "path": "a" } }]);
        let line = json!({ "type": "message", "timestamp": TIME, "message":
            { "role": "assistant", "content": call } });
        let line = line.to_string();
        assert_eq!(read(Form::Pi, line.as_bytes(), &mut folder), []);
        let session = json!({ "type": "session", "cwd": "/there", "timestamp": TIME }).to_string();
        assert_eq!(read(Form::Pi, session.as_bytes(), &mut folder), []);
        let found = read(Form::Pi, line.as_bytes(), &mut folder);
        assert_eq!(
            found.first().map(|it| &it.file[..]),
            Some("/there/a"),
            "{found:?}"
        );
    }
}
