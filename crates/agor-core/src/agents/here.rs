//! Which agents are installed, and what one that runs has open.

use std::collections::VecDeque;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::Read;
use std::ops::RangeInclusive;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use agor_proto::limits::{AGENT_FILES_MAX, AGENT_PROCESSES_MAX};

use super::Provider;
use super::providers::Database;
use super::transcript::is_id;
use super::usage::Counted;
use super::written::Written;
use crate::storage::foreign;

/// What is read of a process's environment.
const ENVIRON_BYTES_MAX: u64 = 256 * 1024;

/// The conversation of an agent that runs.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Found {
    /// Its id, if the agent's open file tells it.
    pub id: Option<String>,
    /// The file that it is written into.
    pub transcript: Option<PathBuf>,
    /// What a conversation came to so far, and its id, if the agent's database tells it.
    pub counted: Option<(String, Counted)>,
    /// The file of that database, if it told that.
    pub database: Option<PathBuf>,
    /// Which files it has written lately, if the database tells it.
    pub written: Vec<Written>,
}

/// The agent whose conversation is looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sought {
    /// Its process.
    pub pid: u32,
    /// The conversation's id, if that is known already.
    pub known: Option<String>,
    /// When its first turn began, in milliseconds since 1970.
    pub begun_millis: Option<u64>,
    /// When it was started, in milliseconds since 1970, if that was to go on with a copy of another conversation.
    pub copied_millis: Option<u64>,
    /// Since when files that it has written are not known yet, in milliseconds since 1970.
    pub written_millis: u64,
    /// The file of its database, if its process has ended: then that is asked what the known conversation came to, and
    /// nothing else is looked for.
    pub database: Option<PathBuf>,
}

/// How long before a first turn was seen its conversation may have been written down, and how long after it.
const BEFORE_MILLIS: u64 = 15_000;
const AFTER_MILLIS: u64 = 5_000;

impl Sought {
    /// Returns between when its conversation was written down first, in milliseconds since 1970: with its first turn, or,
    /// if it is a copy, already when it was started. None before its first turn.
    fn between(&self) -> Option<RangeInclusive<u64>> {
        let begun = self.begun_millis?;
        let with_it = begun.saturating_sub(BEFORE_MILLIS);
        Some(self.copied_millis.unwrap_or(with_it)..=begun.saturating_add(AFTER_MILLIS))
    }
}

/// Looks for the conversation of a process. By Linux's `/proc`, so elsewhere there is none.
#[must_use]
pub fn conversation(provider: &Provider, sought: &Sought) -> Found {
    let Sought { pid, known, .. } = sought;
    let (pid, known) = (*pid, known.as_deref());
    if let Some(file) = &sought.database {
        let counted = provider.database.as_ref().zip(known).and_then(|(it, id)| {
            let counted = counted_by(file, it, id)?;
            Some((id.to_owned(), counted))
        });
        return Found {
            counted,
            ..Found::default()
        };
    }
    if let Some((id, path)) = conversation_in(Path::new("/proc"), provider, pid) {
        let transcript = provider.transcript.is_some().then_some(path);
        let id = Some(id);
        return Found {
            id,
            transcript,
            ..Found::default()
        };
    }
    let (mut begun, mut counted, mut written, mut asked) = (None, None, Vec::new(), None);
    if let Some(database) = &provider.database {
        let proc = Path::new("/proc");
        if let (None, Some(between)) = (known, sought.between()) {
            begun = begun_in(proc, database, pid, between);
        }
        let id = known.or(begun.as_deref());
        counted = id.and_then(|id| Some((id.to_owned(), counted_in(proc, database, pid, id)?)));
        let found = id.and_then(|id| written_in(proc, database, pid, (id, sought.written_millis)));
        written = found.unwrap_or_default();
        asked = file_of(proc, database, pid).filter(|_| counted.is_some());
    }
    let transcript = provider.transcript.as_ref();
    Found {
        id: begun,
        transcript: known.and_then(|id| transcript?.find(pid, id)),
        counted,
        database: asked,
        written,
    }
}

/// Returns the file of the database of the process `pid`.
fn file_of(proc: &Path, database: &Database, pid: u32) -> Option<PathBuf> {
    let root = settings_of(proc, pid, &database.variable, &database.folder)?;
    Some(root.join(&database.file))
}

/// Returns the files that were written in a conversation of the process `pid` after a time, as its database says.
fn written_in(
    proc: &Path,
    database: &Database,
    pid: u32,
    since: (&str, u64),
) -> Option<Vec<Written>> {
    if database.written.is_empty() {
        return None;
    }
    let file = file_of(proc, database, pid)?;
    // It is another program's: without an answer nothing is known.
    foreign::written(&file, &database.written, since).ok()
}

/// Returns what the conversation `id` of the process `pid` came to, as its database says.
fn counted_in(proc: &Path, database: &Database, pid: u32, id: &str) -> Option<Counted> {
    counted_by(&file_of(proc, database, pid)?, database, id)
}

/// Returns what the conversation `id` came to, as the database in `file` says.
fn counted_by(file: &Path, database: &Database, id: &str) -> Option<Counted> {
    if database.usage.is_empty() {
        return None;
    }
    // It is another program's: without an answer nothing is known.
    foreign::counted(file, &database.usage, id).ok()?
}

/// Returns the conversation of a database that began in the folder of the process `pid` at such a time. Where there are
/// several nobody knows which it is.
fn begun_in(
    proc: &Path,
    database: &Database,
    pid: u32,
    between: RangeInclusive<u64>,
) -> Option<String> {
    let file = file_of(proc, database, pid)?;
    let folder = fs::read_link(proc.join(format!("{pid}/cwd"))).ok()?;
    // It is another program's: without an answer nothing is known.
    let ids = foreign::ids(&file, &database.conversation, folder.to_str()?, between).ok()?;
    match &ids[..] {
        [id] if is_id(id) => Some(id.clone()),
        _ => None,
    }
}

/// Returns the folder of an agent's settings, as the environment of its process says: what `variable` names, or
/// `folder` in its home.
#[must_use]
pub fn settings_of(proc: &Path, pid: u32, variable: &str, folder: &str) -> Option<PathBuf> {
    let mut environ = Vec::new();
    let file = File::open(proc.join(format!("{pid}/environ"))).ok()?;
    file.take(ENVIRON_BYTES_MAX)
        .read_to_end(&mut environ)
        .ok()?;
    let value = |name: &str| {
        let values = environ.split(|byte| *byte == 0);
        let mut of_it =
            values.filter_map(|it| it.strip_prefix(name.as_bytes())?.strip_prefix(b"="));
        let value = of_it.next().filter(|value| value.starts_with(b"/"))?;
        Some(PathBuf::from(OsStr::from_bytes(value)))
    };
    let said = Some(variable).filter(|variable| !variable.is_empty());
    said.and_then(value)
        .or_else(|| Some(value("HOME")?.join(folder)))
}

/// Returns the conversation whose file the process `pid`, or one that it started, has open, and that file.
fn conversation_in(proc: &Path, provider: &Provider, pid: u32) -> Option<(String, PathBuf)> {
    let (mut waiting, mut files) = (VecDeque::from([pid]), 0);
    for _ in 0..AGENT_PROCESSES_MAX {
        let folder = proc.join(waiting.pop_front()?.to_string());
        // It may end at any moment, and with it all that is read of it.
        for file in fs::read_dir(folder.join("fd")).into_iter().flatten() {
            files += 1;
            if files > AGENT_FILES_MAX {
                return None;
            }
            let path = file.ok().and_then(|file| fs::read_link(file.path()).ok());
            let Some(path) = path else { continue };
            let id = path
                .to_str()
                .and_then(|path| provider.conversation_of_file(path));
            if let Some(id) = id {
                return Some((id, path));
            }
        }
        let tasks = fs::read_dir(folder.join("task")).into_iter().flatten();
        for task in tasks.flatten().take(AGENT_FILES_MAX) {
            let children = fs::read_to_string(task.path().join("children")).unwrap_or_default();
            waiting.extend(
                children
                    .split_whitespace()
                    .filter_map(|it| it.parse::<u32>().ok()),
            );
        }
    }
    None
}

/// Returns where the first of a provider's programs is that this process would start by its name.
#[must_use]
pub fn program(provider: &Provider) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let mut programs = provider.programs.iter();
    programs.find_map(|program| found(program, &folders))
}

fn found(program: &str, folders: &[PathBuf]) -> Option<PathBuf> {
    if program.contains('/') {
        return Some(PathBuf::from(program)).filter(|path| runs(path));
    }
    let mut paths = folders.iter().map(|folder| folder.join(program));
    paths.find(|path| runs(path))
}

fn runs(path: &Path) -> bool {
    path.metadata()
        .is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agents::Providers;

    const ID: &str = "01a229b1-dfbb-74b3-9c0a-f300dcad72da";

    /// Adds a process to a folder like `/proc`, with files that it has open and processes that it started.
    fn add(proc: &Path, pid: u32, files: &[&str], children: &[u32]) {
        let folder = proc.join(pid.to_string());
        let task = folder.join("task").join(pid.to_string());
        fs::create_dir_all(folder.join("fd")).unwrap();
        fs::create_dir_all(&task).unwrap();
        for (number, file) in files.iter().enumerate() {
            let link = folder.join("fd").join(number.to_string());
            std::os::unix::fs::symlink(file, link).unwrap();
        }
        let children: Vec<_> = children.iter().map(u32::to_string).collect();
        fs::write(task.join("children"), children.join(" ")).unwrap();
    }

    fn codex_of(proc: &Path) -> Option<String> {
        let providers = Providers::built_in();
        let found = conversation_in(proc, providers.get("codex").unwrap(), 10);
        found.map(|(id, path)| {
            assert_eq!(path, Path::new(&rollout()), "it is the transcript");
            id
        })
    }

    fn rollout() -> String {
        format!("/home/a/.codex/sessions/2026/11/29/rollout-2026-11-29T23-44-12-{ID}.jsonl")
    }

    #[test]
    fn a_conversation_is_known_by_the_file_that_its_agent_or_a_child_of_it_has_open() {
        let proc = tempfile::tempdir().unwrap();
        add(proc.path(), 10, &["/dev/pts/3", "/tmp/x.jsonl"], &[11, 12]);
        assert_eq!(codex_of(proc.path()), None);
        add(proc.path(), 12, &["pipe:[3]", &rollout()], &[]);
        assert_eq!(codex_of(proc.path()).as_deref(), Some(ID));
        let providers = Providers::built_in();
        let claude = providers.get("claude").unwrap();
        assert_eq!(conversation_in(proc.path(), claude, 10), None);
    }

    #[test]
    fn a_conversation_of_a_database_is_the_only_one_that_began_with_the_first_turn_in_its_folder() {
        let proc = tempfile::tempdir().unwrap();
        let process = proc.path().join("7");
        fs::create_dir(&process).unwrap();
        let data = proc.path().join("data/opencode");
        fs::create_dir_all(&data).unwrap();
        let environ = format!("XDG_DATA_HOME={}/data\0", proc.path().display());
        fs::write(process.join("environ"), environ).unwrap();
        std::os::unix::fs::symlink("/work", process.join("cwd")).unwrap();
        let providers = Providers::built_in();
        let database = providers.get("opencode").unwrap().database.as_ref();
        let found_by = |copied_millis| {
            let sought = Sought {
                pid: 7,
                known: None,
                begun_millis: Some(100_000),
                copied_millis,
                written_millis: 0,
                database: None,
            };
            let between = sought.between().expect("a turn has begun");
            begun_in(proc.path(), database.unwrap(), 7, between)
        };
        let found = || found_by(None);
        assert_eq!(found(), None, "there is no database");
        let rows = [
            ("ses_before", "NULL", "/work", 10_000),
            ("ses_elsewhere", "NULL", "/other", 99_000),
            ("ses_child", "'ses_0a'", "/work", 99_500),
            ("ses_0a", "NULL", "/work", 99_000),
        ];
        foreign::make(&data.join("opencode.db"), SESSIONS, &rows);
        assert_eq!(found().as_deref(), Some("ses_0a"));
        assert_eq!(found_by(Some(98_000)).as_deref(), Some("ses_0a"));
        assert_eq!(found_by(Some(5_000)), None, "either may be the copy");
        fs::remove_file(data.join("opencode.db")).unwrap();
        foreign::make(&data.join("opencode.db"), SESSIONS, &rows[..3]);
        assert_eq!(found(), None, "it began long before");
        assert_eq!(found_by(Some(5_000)).as_deref(), Some("ses_before"));
        fs::remove_file(data.join("opencode.db")).unwrap();
        let two = [rows[3], ("ses_0b", "NULL", "/work", 101_000)];
        foreign::make(&data.join("opencode.db"), SESSIONS, &two);
        assert_eq!(found(), None, "either may be its own");
        fs::write(data.join("opencode.db"), "what is no database at all").unwrap();
        assert_eq!(found(), None);
    }

    /// A database that the real program wrote, with what its conversation came to: `tests/fixtures/databases/PROVIDER`.
    #[test]
    fn recorded_databases_say_what_their_conversations_came_to() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/databases");
        let providers = Providers::built_in();
        let mut seen = 0;
        for folder in fs::read_dir(root).unwrap() {
            let folder = folder.unwrap();
            let name = folder.file_name().into_string().unwrap();
            let read = |file: &str| fs::read_to_string(folder.path().join(file)).unwrap();
            let database = providers.get(&name).unwrap().database.as_ref().unwrap();
            let proc = tempfile::tempdir().unwrap();
            fs::create_dir(proc.path().join("7")).unwrap();
            let environ = format!("HOME={}\0", proc.path().display());
            fs::write(proc.path().join("7/environ"), environ).unwrap();
            let file = proc.path().join(&database.folder).join(&database.file);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            foreign::make(&file, &read("database.sql"), &[]);
            let expected: serde_json::Value = serde_json::from_str(&read("usage.json")).unwrap();
            let id = expected["conversation"].as_str().unwrap();
            let mut meter = crate::agents::usage::Meter::default();
            let counted = counted_in(proc.path(), database, 7, id);
            let ended = Sought {
                pid: 7,
                known: Some(id.to_owned()),
                begun_millis: None,
                copied_millis: None,
                written_millis: 0,
                database: Some(file),
            };
            let at_the_end = conversation(providers.get(&name).unwrap(), &ended).counted;
            let expected_then = counted.clone().map(|counted| (id.to_owned(), counted));
            assert_eq!(at_the_end, expected_then, "its process tells no more");
            meter.take_whole(id, &counted.expect("it is counted"));
            let mut usage = agor_proto::agent::Usage::default();
            meter.show(&mut usage);
            assert_eq!(
                serde_json::to_value(usage).unwrap(),
                expected["usage"],
                "{name}"
            );
            assert_eq!(counted_in(proc.path(), database, 7, "ses_other"), None);
            seen += 1;
        }
        assert!(seen > 0);
    }

    #[test]
    fn a_database_says_which_files_were_written_in_a_conversation_and_below_it_since_when() {
        let proc = tempfile::tempdir().unwrap();
        fs::create_dir(proc.path().join("7")).unwrap();
        let environ = format!("HOME={}\0", proc.path().display());
        fs::write(proc.path().join("7/environ"), environ).unwrap();
        let providers = Providers::built_in();
        let database = providers.get("opencode").unwrap().database.as_ref();
        let database = database.unwrap();
        let file = proc.path().join(&database.folder).join(&database.file);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        let part = |session: &str, at: u64, tool: &str, status: &str, metadata: &str| {
            format!(
                r#"INSERT INTO part VALUES ('p{at}', '{session}', {at}, '{{"type":"tool","tool":"{tool}",
                "state":{{"status":"{status}","metadata":{metadata}}}}}');"#
            )
        };
        let rows = [
            "CREATE TABLE session (id text, parent_id text); CREATE TABLE part
            (id text, session_id text, time_updated integer, data text);
            INSERT INTO session VALUES ('ses_a', NULL), ('ses_b', 'ses_a'), ('ses_other', NULL);"
                .to_owned(),
            part("ses_a", 10, "write", "completed", r#"{"filepath":"/w"}"#),
            part(
                "ses_b",
                20,
                "edit",
                "completed",
                r#"{"filediff":{"file":"/e"}}"#,
            ),
            part("ses_a", 30, "write", "error", r#"{"filepath":"/failed"}"#),
            part("ses_a", 40, "read", "completed", r#"{"filepath":"/read"}"#),
            part(
                "ses_other",
                50,
                "write",
                "completed",
                r#"{"filepath":"/other"}"#,
            ),
            part(
                "ses_a",
                60,
                "apply_patch",
                "completed",
                r#"{"files":[{"filePath":"/p"},{"filePath":"/q"}]}"#,
            ),
        ];
        let since = |millis| {
            let written = written_in(proc.path(), database, 7, ("ses_a", millis));
            let files = written.map(|it| it.into_iter().map(|it| it.file).collect::<Vec<_>>());
            files.map(|files| files.join(" "))
        };
        assert_eq!(since(0), None, "there is no database");
        foreign::make(&file, &rows.concat(), &[]);
        assert_eq!(since(0).as_deref(), Some("/w /e /p /q"));
        assert_eq!(since(10).as_deref(), Some("/e /p /q"));
        assert_eq!(since(60).as_deref(), Some(""));
    }

    /// What OpenCode 1.18.33 has in the table, as far as it is asked for.
    const SESSIONS: &str = "CREATE TABLE session (id text PRIMARY KEY, parent_id text, directory text NOT NULL, \
                            time_created integer NOT NULL)";

    #[test]
    fn agent_processes_max_and_agent_files_max_bound_what_is_looked_at() {
        let proc = tempfile::tempdir().unwrap();
        let last = 10 + u32::try_from(AGENT_PROCESSES_MAX).unwrap();
        for pid in 10..last {
            add(proc.path(), pid, &[], &[pid + 1]);
        }
        add(proc.path(), last, &[&rollout()], &[]);
        assert_eq!(codex_of(proc.path()), None, "one too far");
        let proc = tempfile::tempdir().unwrap();
        let files = vec!["/dev/null"; AGENT_FILES_MAX];
        add(proc.path(), 10, &files, &[11]);
        add(proc.path(), 11, &[&rollout()], &[]);
        assert_eq!(codex_of(proc.path()), None, "one too many");
    }

    #[test]
    fn a_program_is_a_file_that_may_be_run() {
        let folder = tempfile::tempdir().unwrap();
        let folders = [PathBuf::from("/nonexistent"), folder.path().to_owned()];
        let file = folder.path().join("claude");
        assert_eq!(found("claude", &folders), None);
        std::fs::write(&file, "").unwrap();
        assert_eq!(found("claude", &folders), None, "it may not be run");
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).unwrap();
        assert_eq!(found("claude", &folders), Some(file.clone()));
        assert_eq!(found(file.to_str().unwrap(), &[]), Some(file));
    }
}
