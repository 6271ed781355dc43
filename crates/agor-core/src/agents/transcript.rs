//! Where an agent writes down a conversation and what it used: a file of lines of JSON, by the provider's table. It
//! is named by the conversation's id, or is the file that the agent keeps open.

use std::fs;
use std::path::{Path, PathBuf};

use agor_proto::limits::AGENT_FILES_MAX;
use serde::Deserialize;

use super::here;
use super::usage::Form;

/// How many names in an agent's folders are looked at: there may be thousands of conversations in them.
const NAMES_MAX: usize = 8 * AGENT_FILES_MAX;

/// See the module.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Transcript {
    /// How its lines read.
    pub form: Form,
    /// The variable that names the folder of the agent's settings.
    #[serde(default)]
    pub variable: String,
    /// That folder without the variable, in the person's home.
    #[serde(default)]
    pub folder: String,
    /// The file of the conversation `{id}` in it, where `{short}` is the first part of its id and `*` any part of a
    /// name; empty if it is the file that the agent keeps open.
    #[serde(default)]
    pub file: String,
}

impl Transcript {
    /// Returns the file of a conversation of the process `pid`, once it is there.
    #[must_use]
    pub fn find(&self, pid: u32, id: &str) -> Option<PathBuf> {
        self.find_in(Path::new("/proc"), pid, id)
    }

    fn find_in(&self, proc: &Path, pid: u32, id: &str) -> Option<PathBuf> {
        if self.file.is_empty() || !is_id(id) {
            return None;
        }
        let root = here::settings_of(proc, pid, &self.variable, &self.folder)?;
        let short = id.split('-').next().unwrap_or(id);
        let file = self.file.replace("{id}", id).replace("{short}", short);
        let parts: Vec<&str> = file.split('/').collect();
        let mut names = 0;
        search(root, &parts, &mut names)
    }
}

fn search(folder: PathBuf, parts: &[&str], names: &mut usize) -> Option<PathBuf> {
    let Some((part, rest)) = parts.split_first() else {
        return folder.is_file().then_some(folder);
    };
    let Some((before, after)) = part.split_once('*') else {
        return search(folder.join(part), rest, names);
    };
    for entry in fs::read_dir(folder).ok()?.flatten() {
        *names += 1;
        if *names > NAMES_MAX {
            return None;
        }
        let name = entry.file_name();
        let name = name.to_str().unwrap_or_default();
        let long_enough = name.len() >= before.len() + after.len();
        if !long_enough || !name.starts_with(before) || !name.ends_with(after) {
            continue;
        }
        if let Some(found) = search(entry.path(), rest, names) {
            return Some(found);
        }
    }
    None
}

/// Says whether a text can be a conversation's id: ids become parts of paths and arguments of commands.
#[must_use]
pub fn is_id(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    !text.is_empty() && text.len() <= 128 && !text.starts_with('-') && text.chars().all(plain)
}

/// Says whether a person can mean a conversation by a text that an agent is given as an argument: some take names too,
/// but what begins with `-` would be an option.
#[must_use]
pub fn names_one(text: &str) -> bool {
    let bounded = !text.is_empty() && text.len() <= 512;
    bounded && !text.starts_with('-') && !text.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agents::Providers;

    const ID: &str = "b2127538-67bf-4ab6-97de-c3d7967f4102";

    /// Returns where the transcript of the process 7 with such an environment is found.
    fn found(provider: &str, environ: &str, id: &str) -> Option<PathBuf> {
        let proc = tempfile::tempdir().unwrap();
        fs::create_dir(proc.path().join("7")).unwrap();
        fs::write(proc.path().join("7/environ"), environ).unwrap();
        let providers = Providers::built_in();
        let transcript = providers.get(provider).unwrap().transcript.as_ref();
        transcript.unwrap().find_in(proc.path(), 7, id)
    }

    fn add(home: &Path, file: &str) -> PathBuf {
        let path = home.join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, "{}\n").unwrap();
        path
    }

    #[test]
    fn a_conversations_file_is_found_by_its_id_wherever_its_agent_was_started() {
        for (provider, other, file) in [
            (
                "claude",
                ".claude/projects/-b/other.jsonl",
                format!(".claude/projects/-a-b/{ID}.jsonl"),
            ),
            (
                "gemini",
                ".gemini/tmp/b/chats/session-2026-11-30T09-59-00000000.jsonl",
                ".gemini/tmp/a/chats/session-2026-11-30T09-59-b2127538.jsonl".to_owned(),
            ),
            (
                "qwen",
                ".qwen/projects/-b/chats/other.jsonl",
                format!(".qwen/projects/-a-b/chats/{ID}.jsonl"),
            ),
            (
                "pi",
                ".pi/agent/sessions/--b--/2026-11-30T09-47-34-301Z_other.jsonl",
                format!(".pi/agent/sessions/--a-b--/2026-11-30T09-47-34-301Z_{ID}.jsonl"),
            ),
            (
                "copilot",
                ".copilot/session-state/other/events.jsonl",
                format!(".copilot/session-state/{ID}/events.jsonl"),
            ),
        ] {
            let home = tempfile::tempdir().unwrap();
            let environ = format!("A=1\0HOME={}\0", home.path().display());
            add(home.path(), other);
            assert_eq!(found(provider, &environ, ID), None, "{provider}");
            let file = add(home.path(), &file);
            assert_eq!(found(provider, &environ, ID), Some(file), "{provider}");
        }
    }

    #[test]
    fn the_processs_own_environment_says_where_and_no_id_leads_elsewhere() {
        let home = tempfile::tempdir().unwrap();
        let environ = format!("HOME=/none\0CLAUDE_CONFIG_DIR={}\0", home.path().display());
        let file = add(home.path(), &format!("projects/-a/{ID}.jsonl"));
        assert_eq!(found("claude", &environ, ID), Some(file));
        add(home.path(), "secret.jsonl");
        assert_eq!(found("claude", &environ, "../../secret"), None);
        assert_eq!(found("claude", &environ, ""), None);
        assert_eq!(found("claude", "", ID), None, "it says nothing");
    }

    #[test]
    fn no_more_names_are_looked_at_than_there_may_be() {
        let home = tempfile::tempdir().unwrap();
        let file = add(home.path(), "any/x.jsonl");
        let search = |names: usize| {
            let mut names = names;
            search(home.path().to_path_buf(), &["*", "x.jsonl"], &mut names)
        };
        assert_eq!(search(NAMES_MAX - 1), Some(file));
        assert_eq!(search(NAMES_MAX), None, "one too many");
    }
}
