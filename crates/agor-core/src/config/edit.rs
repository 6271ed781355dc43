//! Changes one setting in a file that a person has written: comments, order and all else stay as they are.
//! What is changed is read again before it is written; where it would say anything else, it is refused.

use std::io;
use std::path::PathBuf;
use std::{fs, ops::Range};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::groups::{For, Whose};
use super::layers::Wrong;
use super::schema::Setting;
use super::{ConfigError, Layers, Value, position};
use crate::paths::Paths;
use crate::rewrite::rewrite;

/// Why a setting was not changed.
#[derive(Debug, thiserror::Error)]
pub enum EditError {
    /// The file is damaged, or cannot be read.
    #[error("{0}")]
    File(#[from] ConfigError),
    /// The file cannot be written.
    #[error("{} cannot be written: {source}", path.display())]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// It stands there in a way that is not changed safely.
    #[error("{key} stands in {} in a form that is not changed from here: change it there", path.display())]
    Form {
        /// The setting.
        key: &'static str,
        /// The file.
        path: PathBuf,
    },
    /// The setting does not stand at that level.
    #[error("{0} cannot be said for {1}")]
    Level(&'static str, &'static str),
}

/// Says a setting for all, a group or a project; `None` unsays it.
///
/// # Errors
/// [`EditError`]; then the file is as it was.
pub fn set(
    paths: &Paths,
    setting: &'static Setting,
    of: For<'_>,
    value: Option<&Value>,
) -> Result<(), EditError> {
    if !of.may_say(setting) {
        return Err(EditError::Level(setting.key, of.word()));
    }
    let path = paths.config_file();
    // Beside what it leads to, if it is a link: a person may keep their settings elsewhere.
    let target = fs::canonicalize(&path).unwrap_or_else(|_| path.clone());
    let text = match fs::read_to_string(&target) {
        Ok(text) => text,
        Err(source) if source.kind() == io::ErrorKind::NotFound => String::new(),
        Err(source) => return Err(ConfigError::Unreadable { path, source }.into()),
    };
    let changed = changed(&text, setting, of, value);
    let changed = changed.map_err(|refusal| match refusal {
        Refusal::Wrong(Wrong { at, reason }) => {
            let (line, column) = position(&text, at);
            EditError::File(ConfigError::Damaged {
                path: path.clone(),
                line,
                column,
                reason,
            })
        }
        Refusal::Form => EditError::Form {
            key: setting.key,
            path: path.clone(),
        },
    })?;
    if changed == text {
        return Ok(());
    }
    rewrite(&target, &changed).map_err(|source| EditError::Unwritable { path, source })
}

/// Why a text was not changed.
#[derive(Debug, PartialEq)]
enum Refusal {
    /// It is damaged already.
    Wrong(Wrong),
    /// See [`EditError::Form`].
    Form,
}

/// Returns the text with the setting changed, if it then says that and else what it said before.
fn changed(
    text: &str,
    setting: &'static Setting,
    of: For<'_>,
    value: Option<&Value>,
) -> Result<String, Refusal> {
    let (mut wanted, _) = Layers::read(text).map_err(Refusal::Wrong)?;
    let document = DeTable::parse(text).map_err(|_| Refusal::Form)?;
    let file = File {
        text,
        root: document.get_ref(),
    };
    let edits = match value {
        Some(value) => vec![file.said(setting, of, &value.to_toml())?],
        None => file.unsaid(setting, of)?,
    };
    let mut changed = text.to_owned();
    for (range, with) in edits.into_iter().rev() {
        changed.replace_range(range, &with);
    }
    let (now, _) = Layers::read(&changed).map_err(|_| Refusal::Form)?;
    // Lines move, and an empty project or group is none.
    let plain = |layers: Layers| {
        let all = (Whose::All, layers.user);
        let groups = layers.groups.into_iter();
        let groups = groups.map(|(id, group)| (Whose::Group(id), group.said));
        let projects = layers.projects.into_iter();
        let projects = projects.map(|(folder, level)| (Whose::Project(folder), level));
        let sessions = layers.sessions.into_iter();
        let sessions = sessions.map(|(session, level)| {
            let folder = String::new();
            (Whose::Session { session, folder }, level)
        });
        let all = std::iter::once(all).chain(groups).chain(projects);
        let mut said = Vec::new();
        for (of, level) in all.chain(sessions) {
            let level = level.into_iter();
            said.extend(level.map(|(key, said)| (of.clone(), key, said.value)));
        }
        said
    };
    let level = wanted.level(of);
    match value {
        Some(value) => {
            let value = value.clone();
            level.insert(setting.key, super::Said { value, line: 0 });
        }
        None => {
            level.remove(setting.key);
        }
    }
    if plain(now) == plain(wanted) {
        Ok(changed)
    } else {
        Err(Refusal::Form)
    }
}

/// A file and what stands in it.
struct File<'a> {
    text: &'a str,
    root: &'a DeTable<'a>,
}

/// How a table came to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Made {
    /// By a line such as `[window]`.
    ByHeader,
    /// In braces.
    InBraces,
    /// By names with dots, or by the header of a table within it.
    ByTheWay,
}

type Edit = (Range<usize>, String);

impl<'a> File<'a> {
    /// Returns the edit that says the setting.
    fn said(&self, setting: &Setting, of: For<'_>, value: &str) -> Result<Edit, Refusal> {
        let path = full_path(setting, of);
        if let Some(found) = self.find(&path) {
            let range = found.span();
            let is_headed = matches!(found.get_ref(), DeValue::Table(_))
                && !self.text[range.start..].starts_with('{');
            return match is_headed {
                true => Err(Refusal::Form),
                false => Ok((range, value.to_owned())),
            };
        }
        let (table, made, depth) = self.deepest(&path);
        let rest = &path[depth..];
        let names: Vec<_> = rest.iter().map(|name| quoted(name)).collect();
        let line = format!("{} = {value}", names.join("."));
        match made {
            Made::InBraces => {
                let end = self.span_of(&path[..depth]).ok_or(Refusal::Form)?.end - 1;
                let before = self.text[..end].trim_end();
                let comma = if before.ends_with('{') { " " } else { ", " };
                Ok((before.len()..end, format!("{comma}{line} ")))
            }
            Made::ByHeader => {
                let header = self.span_of(&path[..depth]).ok_or(Refusal::Form)?;
                let at = self.last_own(table).unwrap_or(header.end);
                Ok(self.line_after(at, &line))
            }
            // The root: a line of its own before the first header.
            Made::ByTheWay if depth == 0 && rest.len() == 1 => Ok(match self.last_own(table) {
                Some(at) => self.line_after(at, &line),
                None => self.line_before_headers(&line),
            }),
            Made::ByTheWay => match self.last_own(table).filter(|_| depth > 0) {
                // By names with dots: one more such name, as the one before is written.
                Some(at) => {
                    let (begin, leaf) = self.last_name(table).ok_or(Refusal::Form)?;
                    let before = &self.text[begin..leaf];
                    Ok(self.line_after(at, &format!("{before}{line}")))
                }
                None => {
                    let (tables, leaf) = match of {
                        For::Project(folder) => (vec!["projects", folder], setting.key.to_owned()),
                        For::Group(id) => (vec!["groups", id], setting.key.to_owned()),
                        For::Session { session, .. } => {
                            (vec!["sessions", session], setting.key.to_owned())
                        }
                        For::All => {
                            let (tables, leaf) = path.split_at(path.len() - 1);
                            (tables.to_vec(), leaf[0].to_owned())
                        }
                    };
                    let tables: Vec<_> = tables.iter().map(|name| quoted(name)).collect();
                    let end = self.text.len();
                    let between = match self.text.trim_end() {
                        "" => "",
                        _ if self.text.ends_with('\n') => "\n",
                        _ => "\n\n",
                    };
                    let table = tables.join(".");
                    Ok((end..end, format!("{between}[{table}]\n{leaf} = {value}\n")))
                }
            },
        }
    }

    /// Returns the edits that unsay the setting, in the order of the text.
    fn unsaid(&self, setting: &Setting, of: For<'_>) -> Result<Vec<Edit>, Refusal> {
        let mut places = vec![full_path(setting, of)];
        if let For::Project(folder) = of {
            // What earlier releases had.
            match setting.key {
                "notifications.enabled" => places.push(vec!["notifications", "projects", folder]),
                "agents.stall_secs" => {
                    places.push(vec!["agents", "projects", folder, "stall_secs"])
                }
                _ => {}
            }
        }
        let mut edits = Vec::new();
        for path in places {
            let Some(found) = self.find(&path) else {
                continue;
            };
            let range = found.span();
            let begin = self.text[..range.start].rfind('\n').map_or(0, |at| at + 1);
            let end = self.text[range.end..].find('\n');
            let end = end.map_or(self.text.len(), |at| range.end + at + 1);
            let before = self.text[begin..range.start].trim_end();
            let behind = self.text[range.end..end].trim();
            let alone = before.ends_with('=') && !before.contains('{');
            if !alone || !(behind.is_empty() || behind.starts_with('#')) {
                return Err(Refusal::Form);
            }
            edits.push((begin..end, String::new()));
        }
        edits.sort_by_key(|(range, _)| range.start);
        Ok(edits)
    }

    fn find(&self, path: &[&str]) -> Option<&'a Spanned<DeValue<'a>>> {
        let (name, tables) = path.split_last()?;
        let mut table = self.root;
        for name in tables {
            match entry(table, name)?.get_ref() {
                DeValue::Table(next) => table = next,
                _ => return None,
            }
        }
        entry(table, name)
    }

    /// Returns the deepest table on the way that is there, and how many names lead to it.
    fn deepest(&self, path: &[&str]) -> (&'a DeTable<'a>, Made, usize) {
        let (mut table, mut made, mut depth) = (self.root, Made::ByTheWay, 0);
        for (at, name) in path[..path.len() - 1].iter().enumerate() {
            let Some(value) = entry(table, name) else {
                break;
            };
            let DeValue::Table(next) = value.get_ref() else {
                break;
            };
            (table, depth) = (next, at + 1);
            made = match self.text.as_bytes().get(value.span().start) {
                Some(b'[') => Made::ByHeader,
                Some(b'{') => Made::InBraces,
                _ => Made::ByTheWay,
            };
        }
        (table, made, depth)
    }

    fn span_of(&self, path: &[&str]) -> Option<Range<usize>> {
        self.find(path).map(Spanned::span)
    }

    /// Returns the values of a table that stand below its own header, with their names' places.
    fn own(&self, table: &'a DeTable<'a>) -> Vec<(usize, Range<usize>)> {
        let mut own = Vec::new();
        for (name, value) in table {
            let range = value.span();
            match value.get_ref() {
                DeValue::Table(inner) if !self.text[range.start..].starts_with('{') => {
                    let is_headed = self.text[range.start..].starts_with('[');
                    if !is_headed {
                        own.extend(self.own(inner));
                    }
                }
                _ => own.push((name.span().start, range)),
            }
        }
        own
    }

    fn last_own(&self, table: &'a DeTable<'a>) -> Option<usize> {
        self.own(table)
            .into_iter()
            .map(|(_, range)| range.end)
            .max()
    }

    /// Returns where the line of the last own value of a table begins, and where its own name does.
    fn last_name(&self, table: &'a DeTable<'a>) -> Option<(usize, usize)> {
        let direct = table
            .iter()
            .filter(|(_, value)| !matches!(value.get_ref(), DeValue::Table(_)));
        let name = direct.map(|(name, _)| name.span().start).max()?;
        let begin = self.text[..name].rfind('\n').map_or(0, |at| at + 1);
        Some((begin, name))
    }

    /// Returns the edit that puts a line behind the one in which the byte `at` is.
    fn line_after(&self, at: usize, line: &str) -> Edit {
        match self.text[at..].find('\n') {
            Some(end) => (at + end + 1..at + end + 1, format!("{line}\n")),
            None => (self.text.len()..self.text.len(), format!("\n{line}\n")),
        }
    }

    /// Returns the edit that puts a line before the first header and what is written about it.
    fn line_before_headers(&self, line: &str) -> Edit {
        let mut at = 0;
        let (mut block, mut header) = (0, None);
        for text in self.text.split_inclusive('\n') {
            let begin = text.trim_start();
            if begin.starts_with('[') {
                header = Some(block);
                break;
            }
            at += text.len();
            if !begin.starts_with('#') {
                block = at;
            }
        }
        match header {
            Some(at) => (at..at, format!("{line}\n\n")),
            None => {
                let end = self.text.len();
                let between = if self.text.is_empty() || self.text.ends_with('\n') {
                    ""
                } else {
                    "\n"
                };
                (end..end, format!("{between}{line}\n"))
            }
        }
    }
}

fn full_path<'a>(setting: &'a Setting, of: For<'a>) -> Vec<&'a str> {
    let level = match of {
        For::All => None,
        For::Group(id) => Some(["groups", id]),
        For::Project(folder) => Some(["projects", folder]),
        For::Session { session, .. } => Some(["sessions", session]),
    };
    let level = level.into_iter().flatten();
    level.chain(setting.key.split('.')).collect()
}

/// Returns the entry of this name; a folder may be written with a `/` at its end.
fn entry<'a>(table: &'a DeTable<'a>, name: &str) -> Option<&'a Spanned<DeValue<'a>>> {
    let is_it = |known: &str| {
        known == name || (name.starts_with('/') && known.trim_end_matches('/') == name)
    };
    let found = table.iter().find(|(known, _)| is_it(known.get_ref()));
    found.map(|(_, value)| value)
}

/// Returns a name as TOML has it.
fn quoted(name: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    match !name.is_empty() && name.bytes().all(plain) {
        true => name.to_owned(),
        false => super::value::quoted(name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::schema::{SETTINGS, setting};

    fn edit(text: &str, key: &str, project: Option<&str>, value: &str) -> Result<String, Refusal> {
        let row = setting(key).unwrap();
        let probe = format!("{key} = {value}");
        let (layers, _) = Layers::read(&probe).unwrap();
        changed(text, row, project.into(), Some(&layers.user[row.key].value))
    }

    fn unsay(text: &str, key: &str, project: Option<&str>) -> Result<String, Refusal> {
        changed(text, setting(key).unwrap(), project.into(), None)
    }

    #[test]
    fn a_value_is_replaced_where_it_stands_and_comments_stay() {
        for (before, after) in [
            ("shell = \"a\" # mine\n", "shell = \"b\" # mine\n"),
            (
                "# top\n\n  shell=\"a\"\n[window]\n",
                "# top\n\n  shell=\"b\"\n[window]\n",
            ),
            ("shell = '''\na'''\n", "shell = \"b\"\n"),
        ] {
            assert_eq!(edit(before, "shell", None, "\"b\"").as_deref(), Ok(after));
        }
    }

    #[test]
    fn a_new_value_stands_with_its_like() {
        for (key, value, before, after) in [
            ("shell", "\"b\"", "", "shell = \"b\"\n"),
            ("shell", "\"b\"", "# mine", "# mine\nshell = \"b\"\n"),
            (
                "shell",
                "\"b\"",
                "scrollback_rows = 3",
                "scrollback_rows = 3\nshell = \"b\"\n",
            ),
            (
                "shell",
                "\"b\"",
                "# mine\n\n# looks\n[window]\nfont_size = 3\n",
                "# mine\n\nshell = \"b\"\n\n# looks\n[window]\nfont_size = 3\n",
            ),
            (
                "window.font_size",
                "15",
                "[window] # looks\nligatures = true # yes\n\n[record]\n",
                "[window] # looks\nligatures = true # yes\nfont_size = 15\n\n[record]\n",
            ),
            (
                "window.font_size",
                "15",
                "[window]",
                "[window]\nfont_size = 15\n",
            ),
            (
                "window.font_size",
                "15",
                "window.ligatures = true\n[record]\n",
                "window.ligatures = true\nwindow.font_size = 15\n[record]\n",
            ),
            (
                "window.font_size",
                "15",
                "window = { ligatures = true }\n",
                "window = { ligatures = true, font_size = 15 }\n",
            ),
            (
                "window.font_size",
                "15",
                "window = {}\n",
                "window = { font_size = 15 }\n",
            ),
            (
                "agents.provider",
                "\"claude\"",
                "[agents.projects.\"/w\"]\nstall_secs = 20\n",
                "[agents.projects.\"/w\"]\nstall_secs = 20\n\n[agents]\nprovider = \"claude\"\n",
            ),
        ] {
            assert_eq!(
                edit(before, key, None, value).as_deref(),
                Ok(after),
                "{before}"
            );
        }
    }

    #[test]
    fn a_projects_value_stands_in_its_table() {
        for (before, after) in [
            ("", "[projects.\"/w\"]\nagents.stall_secs = 20\n"),
            (
                "[projects.\"/w/\"]\nshell = \"x\"\n[window]\n",
                "[projects.\"/w/\"]\nshell = \"x\"\nagents.stall_secs = 20\n[window]\n",
            ),
            (
                "[projects.\"/w\".agents]\nprovider = \"x\"\n",
                "[projects.\"/w\".agents]\nprovider = \"x\"\nstall_secs = 20\n",
            ),
            (
                "[projects.\"/w\"]\nagents.provider = \"x\"\n",
                "[projects.\"/w\"]\nagents.provider = \"x\"\nagents.stall_secs = 20\n",
            ),
            (
                "[projects]\n\"/a\" = { shell = \"x\" }\n",
                "[projects]\n\"/a\" = { shell = \"x\" }\n\"/w\".agents.stall_secs = 20\n",
            ),
            (
                "[agents.projects.\"/w\"]\nstall_secs = 30\n",
                "[agents.projects.\"/w\"]\nstall_secs = 30\n\n[projects.\"/w\"]\nagents.stall_secs = 20\n",
            ),
        ] {
            let edited = edit(before, "agents.stall_secs", Some("/w"), "20");
            assert_eq!(edited.as_deref(), Ok(after), "{before}");
        }
    }

    #[test]
    fn what_is_unsaid_goes_with_its_line_alone() {
        for (before, after) in [
            ("# a\nshell = \"x\" # b\n# c\n", "# a\n# c\n"),
            ("shell = \"x\"", ""),
            ("scrollback_rows = 3\n", "scrollback_rows = 3\n"),
        ] {
            assert_eq!(
                unsay(before, "shell", None).as_deref(),
                Ok(after),
                "{before}"
            );
        }
        let both = "[notifications.projects]\n\"/w\" = false\n[projects.\"/w\"]\nnotifications.enabled = true\n";
        let none = "[notifications.projects]\n[projects.\"/w\"]\n";
        assert_eq!(
            unsay(both, "notifications.enabled", Some("/w")).as_deref(),
            Ok(none)
        );
    }

    #[test]
    fn what_cannot_be_changed_safely_is_left_alone() {
        let form = Err(Refusal::Form);
        assert_eq!(
            edit("[environment]\nA = \"1\"\n", "environment", None, "{}"),
            form
        );
        assert_eq!(
            unsay(
                "window = { font_size = 15, ligatures = true }",
                "window.font_size",
                None
            ),
            form
        );
        assert_eq!(
            unsay("[environment]\nA = \"1\"\n", "environment", None),
            form
        );
        assert!(matches!(
            edit("shell = ", "shell", None, "\"x\""),
            Err(Refusal::Wrong(_))
        ));
    }

    /// Returns a value that a setting can have.
    fn sample(row: &Setting) -> Value {
        (row.default)().unwrap_or_else(|| match row.key {
            "environment" => Value::Map([("A".to_owned(), "b \"c\"".to_owned())].into()),
            "notifications.quiet" => Value::Text("22:00-07:00".into()),
            "folders" => Value::List(vec!["/w/y".into()]),
            "window.font_features" => Value::List(vec!["zero".into(), "-calt".into()]),
            "window.reduced_motion" => Value::Bool(true),
            _ => Value::Text("some \"text\"".into()),
        })
    }

    #[test]
    fn of_every_setting_the_most_specific_level_holds_and_says_where_it_stands() {
        let session = For::Session {
            session: "0191-aa",
            folder: "",
        };
        let there = For::Session {
            session: "0191-aa",
            folder: "/w/x",
        };
        let levels = [For::All, For::Group("g"), For::Project("/w"), session];
        // What is never said for all has no chain of levels.
        for row in SETTINGS.iter().filter(|row| For::All.may_say(row)) {
            let mut text = "[groups.g]\nfolders = [\"/w\"]\n".to_owned();
            let (layers, _) = Layers::read(&text).unwrap();
            assert_eq!(layers.said(row.key, there), None, "{}", row.key);
            for of in levels.into_iter().filter(|of| of.may_say(row)) {
                text = changed(&text, row, of, Some(&sample(row))).unwrap();
                let (layers, complaints) = Layers::read(&text).unwrap();
                assert!(complaints.is_empty(), "{complaints:?} in {text}");
                let (_, whose) = layers.said(row.key, there).unwrap();
                assert_eq!(whose, of, "{text}");
            }
        }
    }

    #[test]
    fn every_setting_is_said_and_unsaid_at_each_level_of_any_file() {
        let files = [
            "",
            "# a\n",
            "shell = \"x\"\n[window]\n[agents]\n[notifications]\n[retention]\n[record]\n[projects.\"/w\"]\n",
            "window.ligatures = false\nagents.model = \"m\"\n",
            "[projects.\"/w\"]\nshell = \"z\"\n[projects.\"/w/x\"]\nshell = \"y\"\n",
            "[groups.g]\nname = \"G\"\nfolders = [\"/w\"]\n[groups.h]\nshell = \"z\"\n",
        ];
        for text in files {
            for row in SETTINGS {
                let value = sample(row);
                let session = For::Session {
                    session: "0191-aa",
                    folder: "",
                };
                for of in [For::All, For::Group("g"), For::Project("/w"), session] {
                    if !of.may_say(row) {
                        continue;
                    }
                    let said = changed(text, row, of, Some(&value)).unwrap();
                    let (layers, _) = Layers::read(&said).unwrap();
                    let held = &layers.said(row.key, of).unwrap();
                    assert_eq!((&held.0.value, held.1), (&value, of), "{said}");
                    let unsaid = changed(&said, row, of, None).unwrap();
                    let (layers, _) = Layers::read(&unsaid).unwrap();
                    assert!(
                        layers
                            .own(of)
                            .is_none_or(|level| !level.contains_key(row.key)),
                        "{unsaid}"
                    );
                }
            }
        }
    }

    #[test]
    fn a_file_is_changed_through_the_link_that_leads_to_it_and_keeps_its_mode() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let kept = folder.path().join("dotfiles.toml");
        fs::write(&kept, "# mine\n").unwrap();
        fs::set_permissions(&kept, fs::Permissions::from_mode(0o640)).unwrap();
        let overrides = crate::paths::Overrides {
            config: Some(folder.path().join("config")),
            data: Some(folder.path().join("data")),
            ..Default::default()
        };
        let paths = Paths::resolve(&overrides).unwrap();
        fs::create_dir_all(&paths.config).unwrap();
        std::os::unix::fs::symlink(&kept, paths.config_file()).unwrap();
        set(
            &paths,
            setting("window.ligatures").unwrap(),
            For::All,
            Some(&Value::Bool(false)),
        )
        .unwrap();
        let text = fs::read_to_string(&kept).unwrap();
        assert_eq!(text, "# mine\n\n[window]\nligatures = false\n");
        assert_eq!(
            fs::metadata(&kept).unwrap().permissions().mode() & 0o777,
            0o640
        );
        assert!(
            fs::symlink_metadata(paths.config_file())
                .unwrap()
                .is_symlink()
        );
        let row = setting("scrollback_rows").unwrap();
        assert!(matches!(
            set(&paths, row, For::Project("/w"), None),
            Err(EditError::Level(..))
        ));
    }

    #[test]
    fn a_setting_of_a_session_gets_a_table_of_its_own_and_goes_again() {
        let of = For::Session {
            session: "0191-aa",
            folder: "/w",
        };
        let row = setting("notifications.enabled").unwrap();
        let no = Value::Bool(false);
        let said = changed("shell = \"x\"\n", row, of, Some(&no)).unwrap();
        assert_eq!(
            said,
            "shell = \"x\"\n\n[sessions.0191-aa]\nnotifications.enabled = false\n"
        );
        let unsaid = changed(&said, row, of, None).unwrap();
        assert!(!unsaid.contains("enabled"), "{unsaid}");
        assert!(Layers::read(&unsaid).unwrap().1.is_empty());
    }
}
