//! What a person has said at which level, and what holds of it where: a session before its project, a project's
//! folder before the folder above it, that before the project's group, that before what stands for all, that before
//! the default.

use std::collections::BTreeMap;
use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::groups::{For, Group};
use super::schema::{Level, SETTINGS, Setting, setting};
use super::value::{Taken, Value, WrongKind};
use super::{ThemeWish, position};

/// The table of projects, each by its folder.
const PROJECTS: &str = "projects";

/// The table of groups, each by its id.
const GROUPS: &str = "groups";

/// The table of sessions, each by its id.
const SESSIONS: &str = "sessions";

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// Nobody has said anything.
    Default,
    /// It stands for all that a person has.
    User {
        /// From 1.
        line: usize,
    },
    /// It stands for the group of the project.
    Group {
        /// Its id.
        id: String,
        /// From 1.
        line: usize,
    },
    /// It stands for a project, or for one whose folder this one is in.
    Project {
        /// That folder.
        folder: String,
        /// From 1.
        line: usize,
    },
    /// It stands for the session itself.
    Session {
        /// Its id.
        id: String,
        /// From 1.
        line: usize,
    },
}

/// A value that was said.
#[derive(Debug, Clone, PartialEq)]
pub struct Said {
    /// What holds.
    pub value: Value,
    /// Where it stands, from 1.
    pub line: usize,
}

/// See the module.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Layers {
    /// For all that the person has.
    pub user: BTreeMap<&'static str, Said>,
    /// For projects, by their folders, without a `/` at the end.
    pub projects: BTreeMap<String, BTreeMap<&'static str, Said>>,
    /// For groups of projects, by their ids.
    pub groups: BTreeMap<String, Group>,
    /// For sessions, by their ids.
    pub sessions: BTreeMap<String, BTreeMap<&'static str, Said>>,
}

/// A place in a file, in bytes, and what is wrong there.
#[derive(Debug, PartialEq, Eq)]
pub struct Wrong {
    /// The place.
    pub at: usize,
    /// What is wrong.
    pub reason: String,
}

/// Parses a file of settings.
pub(super) fn parse(text: &str) -> Result<Spanned<DeTable<'_>>, Wrong> {
    DeTable::parse(text).map_err(|error| Wrong {
        at: error.span().map_or(0, |span| span.start),
        reason: error.message().lines().collect::<Vec<_>>().join(", "),
    })
}

/// What is read, and the sentences about what is not used.
struct Reading<'a> {
    text: &'a str,
    layers: Layers,
    complaints: Vec<String>,
}

impl Layers {
    /// Reads a file of settings; returns sentences about what in it is not used, too.
    ///
    /// # Errors
    /// Where it is not TOML, or a value is of the wrong kind.
    pub fn read(text: &str) -> Result<(Self, Vec<String>), Wrong> {
        Self::of(parse(text)?.get_ref(), text)
    }

    /// As [`Layers::read`], of a text that was parsed.
    pub(super) fn of(document: &DeTable<'_>, text: &str) -> Result<(Self, Vec<String>), Wrong> {
        let mut reading = Reading {
            text,
            layers: Self::default(),
            complaints: Vec::new(),
        };
        reading.table(document, "", For::All)?;
        Ok((reading.layers, reading.complaints))
    }

    /// Returns what was said of a setting, the most specific, and for whom it was said.
    #[must_use]
    pub fn said<'s, 'a>(
        &'s self,
        key: &str,
        of: impl Into<For<'a>>,
    ) -> Option<(&'s Said, For<'s>)> {
        let of = of.into();
        let group = |id: &str| {
            let (id, group) = self.groups.get_key_value(id)?;
            Some((group.said.get(key)?, For::Group(id)))
        };
        let project = |folder: &str| {
            let (folder, said) = self.projects.get_key_value(folder)?;
            Some((said.get(key)?, For::Project(folder)))
        };
        let level = setting(key).map(|setting| setting.level);
        let of_project = |folder: &str| match level {
            Some(Level::Named) => project(folder),
            // What is true of a project's own folder need not be of its others.
            Some(Level::Folder) => {
                let mut above = Path::new(folder).ancestors().filter_map(Path::to_str);
                above.find_map(project)
            }
            _ => {
                let mut levels = self.of_folder(folder);
                let of = |(folder, said): (&'s String, &'s BTreeMap<_, Said>)| {
                    Some((said.get(key)?, For::Project(folder)))
                };
                levels
                    .find_map(of)
                    .or_else(|| group(self.group_of(folder)?))
            }
        };
        let special = match of {
            For::All => None,
            For::Group(id) => group(id),
            For::Project(folder) => of_project(folder),
            For::Session { session, folder } => {
                let own = self.sessions.get_key_value(session);
                let own = own.and_then(|(session, said)| {
                    Some((
                        said.get(key)?,
                        For::Session {
                            session,
                            folder: "",
                        },
                    ))
                });
                own.or_else(|| of_project(folder))
            }
        };
        special.or_else(|| Some((self.user.get(key)?, For::All)))
    }

    /// Returns what holds of a setting, its default too, and where it comes from.
    #[must_use]
    pub fn holds<'a>(&self, setting: &Setting, of: impl Into<For<'a>>) -> (Option<Value>, Origin) {
        let Some((said, whose)) = self.said(setting.key, of) else {
            return ((setting.default)(), Origin::Default);
        };
        let line = said.line;
        let origin = match whose {
            For::All => Origin::User { line },
            For::Group(id) => Origin::Group {
                id: id.to_owned(),
                line,
            },
            For::Project(folder) => Origin::Project {
                folder: folder.to_owned(),
                line,
            },
            For::Session { session, .. } => Origin::Session {
                id: session.to_owned(),
                line,
            },
        };
        (Some(said.value.clone()), origin)
    }

    /// Returns the theme that is wished for in a folder's project, for a session, or for all.
    #[must_use]
    pub fn theme<'a>(&self, of: impl Into<For<'a>>) -> Option<&ThemeWish> {
        match &self.said("window.theme", of)?.0.value {
            Value::Theme(wish) => Some(wish),
            _ => None,
        }
    }

    /// Returns every theme that is wished for somewhere.
    pub fn themes(&self) -> impl Iterator<Item = &ThemeWish> {
        let levels = self.levels();
        levels.filter_map(|level| match &level.get("window.theme")?.value {
            Value::Theme(wish) => Some(wish),
            _ => None,
        })
    }

    /// Says whether anything was said of a setting, for whomever.
    #[must_use]
    pub fn is_said(&self, key: &str) -> bool {
        self.levels().any(|level| level.contains_key(key))
    }

    /// Returns what was said, level by level.
    fn levels(&self) -> impl Iterator<Item = &BTreeMap<&'static str, Said>> {
        let groups = self.groups.values().map(|group| &group.said);
        std::iter::once(&self.user)
            .chain(groups)
            .chain(self.projects.values())
            .chain(self.sessions.values())
    }

    /// Returns the text that holds of a setting.
    #[must_use]
    pub fn text<'s, 'a>(&'s self, key: &str, of: impl Into<For<'a>>) -> Option<&'s str> {
        match &self.said(key, of)?.0.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Returns the text that holds in a folder of a setting for agents of a provider. Models and modes have an agent's
    /// own names: they mean nothing to another than the one that the settings name.
    #[must_use]
    pub fn for_agent(&self, key: &str, provider: &str, folder: &str) -> Option<&str> {
        let named = self.text("agents.provider", Some(folder));
        let is_meant = named.is_none_or(|named| named == provider);
        self.text(key, Some(folder)).filter(|_| is_meant)
    }

    /// Returns the number that holds of a setting, its default too.
    #[must_use]
    pub fn whole(&self, key: &str, folder: Option<&str>) -> u64 {
        let said = self.said(key, folder).map(|(said, _)| said.value.clone());
        match said.or_else(|| (setting(key)?.default)()) {
            Some(Value::Whole(number)) => number,
            _ => 0,
        }
    }

    /// Returns the answer that holds of a setting, its default too.
    #[must_use]
    pub fn yes<'a>(&self, key: &str, of: impl Into<For<'a>>) -> bool {
        let said = self.said(key, of).map(|(said, _)| said.value.clone());
        let held = said.or_else(|| (setting(key)?.default)());
        held == Some(Value::Bool(true))
    }

    /// Returns the variables that hold in a project: those of every level, the most specific of a name.
    #[must_use]
    pub fn variables(&self, key: &str, folder: &str) -> BTreeMap<String, String> {
        let mut of_projects: Vec<_> = self.of_folder(folder).map(|(_, said)| said).collect();
        of_projects.reverse();
        let of_group = self.group_of(folder).and_then(|id| self.groups.get(id));
        let of_group = of_group.map(|group| &group.said);
        let mut held = BTreeMap::new();
        for level in std::iter::once(&self.user)
            .chain(of_group)
            .chain(of_projects)
        {
            if let Some(Value::Map(map)) = level.get(key).map(|said| &said.value) {
                held.extend(map.clone());
            }
        }
        held
    }
}

impl Layers {
    /// Returns the level at which something is said for `of`, made if need be.
    pub(super) fn level(&mut self, of: For<'_>) -> &mut BTreeMap<&'static str, Said> {
        match of {
            For::All => &mut self.user,
            For::Group(id) => &mut self.groups.entry(id.to_owned()).or_default().said,
            For::Project(folder) => self.projects.entry(folder.to_owned()).or_default(),
            For::Session { session, .. } => self.sessions.entry(session.to_owned()).or_default(),
        }
    }
}

impl Reading<'_> {
    /// Takes what stands in a table whose settings begin with `before`, and for whom.
    fn table(&mut self, table: &DeTable<'_>, before: &str, of: For<'_>) -> Result<(), Wrong> {
        for (name, value) in table {
            let key = match before {
                "" => name.get_ref().to_string(),
                before => format!("{before}.{}", name.get_ref()),
            };
            let at = name.span().start;
            if let Some(setting) = setting(&key) {
                self.take(setting, of, value, at)?;
                continue;
            }
            match (value.get_ref(), key.as_str(), of) {
                (DeValue::Table(projects), PROJECTS, For::All) => self.projects(projects, None)?,
                (DeValue::Table(groups), GROUPS, For::All) => self.groups(groups)?,
                (DeValue::Table(sessions), SESSIONS, For::All) => self.sessions(sessions)?,
                // Texts, and no settings: read beside these.
                (_, "snippets", For::All) => {}
                // What releases before the table of projects had.
                (DeValue::Table(projects), "notifications.projects", For::All) => {
                    self.projects(projects, Some("notifications.enabled"))?;
                }
                (DeValue::Table(projects), "agents.projects", For::All) => {
                    self.projects(projects, Some("agents"))?;
                }
                (DeValue::Table(table), key, of) if is_table(key) => {
                    self.table(table, key, of)?;
                }
                (
                    _,
                    PROJECTS | GROUPS | SESSIONS | "notifications.projects" | "agents.projects",
                    For::All,
                ) => {
                    let of = match key.as_str() {
                        GROUPS => "groups by their names",
                        SESSIONS => "sessions by their ids",
                        _ => "folders",
                    };
                    return Err(Wrong {
                        at: value.span().start,
                        reason: format!("{key} is a table of {of}"),
                    });
                }
                (_, key, _) if is_table(key) => {
                    return Err(Wrong {
                        at: value.span().start,
                        reason: format!("{key} is a table"),
                    });
                }
                _ => self.complain(
                    at,
                    format!("this release knows no setting {key:?}; it is ignored"),
                ),
            }
        }
        Ok(())
    }

    /// Takes the table of groups.
    fn groups(&mut self, groups: &DeTable<'_>) -> Result<(), Wrong> {
        for (id, value) in groups {
            let DeValue::Table(table) = value.get_ref() else {
                return Err(Wrong {
                    at: value.span().start,
                    reason: "a group is a table of settings".into(),
                });
            };
            let at = id.span().start;
            let id = id.get_ref().as_ref();
            let group = self.layers.groups.entry(id.to_owned()).or_default();
            (group.line, _) = position(self.text, at);
            self.table(table, "", For::Group(id))?;
        }
        Ok(())
    }

    /// Takes the table of sessions.
    fn sessions(&mut self, sessions: &DeTable<'_>) -> Result<(), Wrong> {
        for (id, value) in sessions {
            let DeValue::Table(table) = value.get_ref() else {
                return Err(Wrong {
                    at: value.span().start,
                    reason: "a session is a table of settings".into(),
                });
            };
            let session = id.get_ref().as_ref();
            self.table(
                table,
                "",
                For::Session {
                    session,
                    folder: "",
                },
            )?;
        }
        Ok(())
    }

    /// Takes a table of projects: each holds settings, or is the value of one, or those in a table.
    fn projects(&mut self, projects: &DeTable<'_>, of: Option<&str>) -> Result<(), Wrong> {
        for (folder, value) in projects {
            let at = folder.span().start;
            let folder = folder.get_ref().as_ref();
            if !folder.starts_with('/') {
                let text = format!(
                    "projects are named by the whole paths of their folders; {folder:?} is ignored"
                );
                self.complain(at, text);
                continue;
            }
            let plain = folder.trim_end_matches('/');
            let plain = if plain.is_empty() { "/" } else { plain };
            if let Some(setting) = of.and_then(setting) {
                self.take(setting, For::Project(plain), value, at)?;
                continue;
            }
            match value.get_ref() {
                DeValue::Table(table) => {
                    self.table(table, of.unwrap_or_default(), For::Project(plain))?;
                }
                _ => {
                    return Err(Wrong {
                        at: value.span().start,
                        reason: "a project is a table of settings".into(),
                    });
                }
            }
        }
        Ok(())
    }

    fn take(
        &mut self,
        setting: &'static Setting,
        of: For<'_>,
        value: &Spanned<DeValue<'_>>,
        at: usize,
    ) -> Result<(), Wrong> {
        let key = setting.key;
        let taken = Value::read(key, setting.kind, value).map_err(|WrongKind| Wrong {
            at: value.span().start,
            reason: format!("{key} is {}", setting.kind.words()),
        })?;
        if !of.may_say(setting) {
            let word = of.word();
            self.complain(
                at,
                format!("{key} cannot be said for {word}; it is ignored"),
            );
            return Ok(());
        }
        let value = match taken {
            Taken::Whole(value) => value,
            Taken::Held(value, why) => {
                self.complain(at, why);
                value
            }
            Taken::Dropped(why) => {
                self.complain(at, why);
                return Ok(());
            }
            Taken::Nothing => return Ok(()),
        };
        let (line, _) = position(self.text, at);
        self.layers.level(of).insert(key, Said { value, line });
        Ok(())
    }

    fn complain(&mut self, at: usize, text: String) {
        let (line, _) = position(self.text, at);
        self.complaints.push(format!("line {line}: {text}"));
    }
}

/// Says whether settings stand in a table of this name.
fn is_table(key: &str) -> bool {
    SETTINGS.iter().any(|setting| {
        let rest = setting.key.strip_prefix(key);
        rest.is_some_and(|rest| rest.starts_with('.'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Layers, Vec<String>) {
        Layers::read(text).unwrap()
    }

    #[test]
    fn the_deepest_folder_wins_over_what_stands_for_all() {
        let (layers, complaints) = read(
            "shell = \"/bin/bash\"\n[projects.\"/work\"]\nshell = \"/bin/fish\"\nretention.days = 3\n\
             [projects.\"/work/deep/\"]\nagents.model = \"large\"\nretention = { days = 4 }",
        );
        assert!(complaints.is_empty(), "{complaints:?}");
        let shell = |folder| layers.text("shell", folder);
        assert_eq!(shell(None), Some("/bin/bash"));
        assert_eq!(shell(Some("/home")), Some("/bin/bash"));
        assert_eq!(shell(Some("/work/deep/er")), Some("/bin/fish"));
        assert_eq!(shell(Some("/workshop")), Some("/bin/bash"));
        assert_eq!(layers.whole("retention.days", Some("/work/deep")), 4);
        assert_eq!(layers.whole("retention.days", Some("/work/other")), 3);
        assert_eq!(layers.whole("retention.days", None), 0);
        assert_eq!(layers.text("agents.model", Some("/work")), None);
    }

    #[test]
    fn what_is_said_of_an_agent_is_said_of_the_one_that_is_named() {
        let (layers, _) = read(
            "agents.model = \"large\"\n[projects.\"/work\"]\nagents.provider = \"codex\"\n\
             [projects.\"/deep\"]\nagents = { provider = \"claude\", model = \"opus\" }",
        );
        let model = |provider, folder| layers.for_agent("agents.model", provider, folder);
        assert_eq!(model("claude", "/home"), Some("large"), "none is named");
        assert_eq!(model("claude", "/work"), None);
        assert_eq!(model("codex", "/work"), Some("large"));
        assert_eq!(model("claude", "/deep"), Some("opus"));
        assert_eq!(model("codex", "/deep"), None);
    }

    #[test]
    fn every_value_says_where_it_comes_from() {
        let (layers, _) =
            read("[window]\nfont_size = 15\n[projects.\"/w\"]\nagents.stall_secs = 20");
        let origin = |key, folder| layers.holds(setting(key).unwrap(), folder);
        let of = |value, origin| (Some(value), origin);
        assert_eq!(
            origin("window.font_size", None),
            of(Value::Number(15.0), Origin::User { line: 2 })
        );
        let project = Origin::Project {
            folder: "/w".into(),
            line: 4,
        };
        assert_eq!(
            origin("agents.stall_secs", Some("/w/x")),
            of(Value::Whole(20), project)
        );
        assert_eq!(
            origin("agents.stall_secs", None),
            of(Value::Whole(300), Origin::Default)
        );
    }

    #[test]
    fn what_earlier_releases_had_for_projects_goes_on_to_count() {
        let (layers, complaints) = read(
            "[notifications.projects]\n\"/quiet\" = false\n\"x\" = true\n\
             [agents.projects.\"/slow/\"]\nstall_secs = 3_600\n",
        );
        assert!(!layers.yes("notifications.enabled", Some("/quiet/too")));
        assert!(layers.yes("notifications.enabled", Some("/loud")));
        assert_eq!(layers.whole("agents.stall_secs", Some("/slow")), 3_600);
        assert_eq!(complaints.len(), 1, "{complaints:?}");
        assert!(complaints[0].starts_with("line 3: "), "{complaints:?}");
    }

    #[test]
    fn variables_of_every_level_are_there_and_the_most_specific_of_a_name() {
        let (layers, complaints) = read(
            "environment = { A = \"1\", B = \"1\" }\n[projects.\"/w\"]\nenvironment = { B = \"2\", \"C=\" = \"x\" }",
        );
        let held = layers.variables("environment", "/w/deep");
        let held: Vec<_> = held
            .iter()
            .map(|(name, text)| format!("{name}{text}"))
            .collect();
        assert_eq!(held, ["A1", "B2"]);
        assert_eq!(complaints.len(), 1, "{complaints:?}");
    }

    #[test]
    fn what_is_of_the_wrong_kind_is_named_by_its_place() {
        for (text, at) in [
            ("shell = 3", 8),
            ("window = 3", 9),
            ("window.ligatures = \"yes\"", 19),
            ("retention.days = 1.5", 17),
            ("notifications.on = [1]", 19),
            ("environment = { A = 1 }", 14),
            ("projects = 1", 11),
            ("projects.\"/w\" = 1", 16),
            ("sessions = 1", 11),
            ("sessions.a = 1", 13),
            ("notifications.projects.\"/w\" = 1", 30),
            ("window.theme = { bright = \"x\" }", 15),
        ] {
            let wrong = Layers::read(text).unwrap_err();
            assert_eq!(wrong.at, at, "{text}: {}", wrong.reason);
        }
    }

    #[test]
    fn what_cannot_stand_for_a_project_is_told() {
        let (layers, complaints) =
            read("[projects.\"/w\"]\nscrollback_rows = 3\nwindow.font_size = 3");
        assert!(layers.projects.is_empty());
        assert_eq!(complaints.len(), 2, "{complaints:?}");
    }

    #[test]
    fn every_default_and_every_kind_is_read_as_it_is_written() {
        for setting in SETTINGS {
            let Some(value) = (setting.default)().filter(|_| For::All.may_say(setting)) else {
                continue;
            };
            let text = format!("{} = {}", setting.key, value.to_toml());
            let (layers, complaints) = read(&text);
            assert!(complaints.is_empty(), "{complaints:?}");
            assert_eq!(layers.user[setting.key].value, value, "{text}");
        }
    }
}
