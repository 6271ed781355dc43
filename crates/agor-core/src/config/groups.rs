//! Groups of projects, and for whom a setting is said: all, a group, or a project.

use std::collections::BTreeMap;
use std::path::Path;

use super::layers::{Layers, Said};
use super::schema::{Level, Setting};
use super::value::Value;

/// For whom a setting is said, or asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum For<'a> {
    /// All that the person has.
    All,
    /// The projects of the group of this id.
    Group(&'a str),
    /// The project in this folder, and the projects in it.
    Project(&'a str),
    /// One session.
    Session {
        /// Its id.
        session: &'a str,
        /// Its folder.
        folder: &'a str,
    },
}

/// As [`For`], to be kept.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Whose {
    /// All that the person has.
    #[default]
    All,
    /// The projects of the group of this id.
    Group(String),
    /// The project in this folder.
    Project(String),
    /// One session.
    Session {
        /// Its id.
        session: String,
        /// Its folder.
        folder: String,
    },
}

impl Whose {
    /// Returns it as it is asked with.
    #[must_use]
    pub fn by_ref(&self) -> For<'_> {
        match self {
            Self::All => For::All,
            Self::Group(id) => For::Group(id),
            Self::Project(folder) => For::Project(folder),
            Self::Session { session, folder } => For::Session { session, folder },
        }
    }
}

impl<'a> From<Option<&'a str>> for For<'a> {
    /// A project's folder, or all.
    fn from(folder: Option<&'a str>) -> Self {
        folder.map_or(Self::All, Self::Project)
    }
}

impl For<'_> {
    /// Returns it to be kept.
    #[must_use]
    pub fn kept(self) -> Whose {
        match self {
            Self::All => Whose::All,
            Self::Group(id) => Whose::Group(id.to_owned()),
            Self::Project(folder) => Whose::Project(folder.to_owned()),
            Self::Session { session, folder } => Whose::Session {
                session: session.to_owned(),
                folder: folder.to_owned(),
            },
        }
    }

    /// Says whether a setting can be said for it.
    #[must_use]
    pub fn may_say(self, setting: &Setting) -> bool {
        match (self, setting.level) {
            (Self::All, Level::User | Level::Session | Level::Project) => true,
            (Self::Group(_), level) => !matches!(level, Level::User | Level::Folder),
            (Self::Project(_), level) => level != Level::User,
            (Self::Session { .. }, level) => level == Level::Session,
            _ => false,
        }
    }

    /// Says in a word for whom it is.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Group(_) => "a group",
            Self::Project(_) => "a project",
            Self::Session { .. } => "a session",
        }
    }
}

/// Projects that belong together.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Group {
    /// What is said of it.
    pub said: BTreeMap<&'static str, Said>,
    /// Where it stands, from 1: the sidebar has them in this order.
    pub line: usize,
}

impl Group {
    /// Returns the folders of its projects; what lies in them belongs to it, too.
    #[must_use]
    pub fn folders(&self) -> &[String] {
        folders_in(&self.said)
    }
}

/// Returns the folders that are said at a level.
fn folders_in<'s>(said: &'s BTreeMap<&'static str, Said>) -> &'s [String] {
    match said.get("folders").map(|said| &said.value) {
        Some(Value::List(folders)) => folders,
        _ => &[],
    }
}

/// Says whether two paths name one folder; a `/` at the end says nothing.
fn same(one: &str, other: &str) -> bool {
    one.trim_end_matches('/') == other.trim_end_matches('/')
}

impl Layers {
    /// Returns the groups, in the order in which they stand.
    #[must_use]
    pub fn groups_in_order(&self) -> Vec<(&str, &Group)> {
        let groups = self.groups.iter().map(|(id, group)| (id.as_str(), group));
        let mut groups: Vec<_> = groups.collect();
        groups.sort_by_key(|(_, group)| group.line);
        groups
    }

    /// Returns the id of the group to which the project in `folder` belongs: the one that names it, or the
    /// deepest folder above it; of several the first.
    #[must_use]
    pub fn group_of(&self, folder: &str) -> Option<&str> {
        if self.groups.is_empty() {
            return None;
        }
        let groups = self.groups_in_order();
        let mut above = Path::new(folder).ancestors().filter_map(Path::to_str);
        above.find_map(|above| {
            let project = self.project_of(above);
            let is_it = |folder: &String| same(folder, above) || same(folder, project);
            let has = |group: &Group| group.folders().iter().any(is_it);
            let group = groups.iter().find(|(_, group)| has(group));
            group.map(|(id, _)| *id)
        })
    }

    /// Returns the folder by which the project of a session in `folder` is known: the one whose project has it as one
    /// of its further folders, or itself.
    #[must_use]
    pub fn project_of<'a>(&'a self, folder: &'a str) -> &'a str {
        let has = |said| folders_in(said).iter().any(|further| same(further, folder));
        let mut projects = self.projects.iter();
        let owner = projects.find(|(of, said)| !same(of, folder) && has(said));
        owner.map_or(folder, |(of, _)| of)
    }

    /// Returns the folders of a project: its own, and those that it has beside that.
    #[must_use]
    pub fn folders_of<'a>(&'a self, project: &'a str) -> Vec<&'a str> {
        let said = self.projects.get(project);
        let further = said.into_iter().flat_map(folders_in).map(String::as_str);
        let further = further.filter(|folder| !same(folder, project));
        std::iter::once(project).chain(further).collect()
    }

    /// Returns what is said for a folder's project and those above it, the most specific first, each with the folder
    /// that it stands for.
    pub(super) fn of_folder<'s>(
        &'s self,
        folder: &str,
    ) -> impl Iterator<Item = (&'s String, &'s BTreeMap<&'static str, Said>)> {
        let above = Path::new(folder).ancestors().filter_map(Path::to_str);
        above.flat_map(move |above| {
            let owner = Some(self.project_of(above)).filter(|owner| *owner != above);
            let of = |folder: &str| self.projects.get_key_value(folder);
            [of(above), owner.and_then(of)].into_iter().flatten()
        })
    }

    /// Returns the name that a person gave a group or project.
    #[must_use]
    pub fn name(&self, of: For<'_>) -> Option<&str> {
        self.own_text(of, "name")
    }

    /// Returns the sign that a person gave a group or project.
    #[must_use]
    pub fn icon(&self, of: For<'_>) -> Option<&str> {
        self.own_text(of, "icon")
    }

    /// Returns what was said for this group or project itself.
    #[must_use]
    pub fn own(&self, of: For<'_>) -> Option<&BTreeMap<&'static str, Said>> {
        match of {
            For::All => Some(&self.user),
            For::Group(id) => self.groups.get(id).map(|group| &group.said),
            For::Project(folder) => self.projects.get(folder),
            For::Session { session, .. } => self.sessions.get(session),
        }
    }

    fn own_text(&self, of: For<'_>, key: &str) -> Option<&str> {
        match &self.own(of)?.get(key)?.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Layers {
        let (layers, complaints) = Layers::read(text).unwrap();
        assert!(complaints.is_empty(), "{complaints:?}");
        layers
    }

    #[test]
    fn what_is_said_for_a_group_goes_before_all_and_behind_a_project() {
        let layers = read(
            "shell = \"/bin/sh\"\nagents.model = \"small\"\n\
             [groups.shop]\nfolders = [\"/w/cart\", \"/w/prices/\"]\nshell = \"/bin/bash\"\nagents.model = \"large\"\n\
             [projects.\"/w/cart\"]\nshell = \"/bin/fish\"",
        );
        let shell = |folder| layers.text("shell", Some(folder));
        assert_eq!(shell("/w/cart/deep"), Some("/bin/fish"));
        assert_eq!(shell("/w/prices"), Some("/bin/bash"));
        assert_eq!(shell("/w/other"), Some("/bin/sh"));
        assert_eq!(layers.text("agents.model", Some("/w/cart")), Some("large"));
        assert_eq!(layers.text("agents.model", None), Some("small"));
    }

    #[test]
    fn groups_stand_in_the_order_of_the_file_and_the_deepest_folder_decides() {
        let layers = read(
            "[groups.z]\nfolders = [\"/w\"]\n[groups.a]\nname = \"Deep\"\nicon = \"D\"\nfolders = [\"/w/deep\"]\n\
             [projects.\"/w/deep\"]\nname = \"Deepest\"",
        );
        let ids: Vec<_> = layers.groups_in_order().iter().map(|(id, _)| *id).collect();
        assert_eq!(ids, ["z", "a"]);
        assert_eq!(layers.group_of("/w/deep/er"), Some("a"));
        assert_eq!(layers.group_of("/w/other"), Some("z"));
        assert_eq!(layers.group_of("/workshop"), None);
        assert_eq!(layers.name(For::Group("a")), Some("Deep"));
        assert_eq!(layers.icon(For::Group("a")), Some("D"));
        assert_eq!(layers.name(For::Project("/w/deep")), Some("Deepest"));
        // A name is of what has it, and of nothing in it.
        assert_eq!(layers.name(For::Project("/w/deep/er")), None);
        assert_eq!(layers.text("name", Some("/w/deep/er")), None);
    }

    #[test]
    fn what_a_group_cannot_say_is_told_and_a_group_that_is_no_table_is_named() {
        let (layers, complaints) = Layers::read(
            "name = \"x\"\n[groups.a]\nwindow.font_size = 3\nfolders = [\"w\", \"/w\"]\n[sessions.s]\nshell = \"x\"",
        )
        .unwrap();
        assert_eq!(complaints.len(), 4, "{complaints:?}");
        assert_eq!(layers.groups["a"].folders(), ["/w"]);
        assert_eq!(Layers::read("groups = 3").unwrap_err().at, 9);
        assert_eq!(Layers::read("groups.a = 3").unwrap_err().at, 11);
    }

    #[test]
    fn a_project_has_further_folders_whose_sessions_are_its_own() {
        let layers = read(
            "[projects.\"/w\"]\nshell = \"/bin/above\"\n\
             [projects.\"/w/shop\"]\nname = \"Shop\"\nfolders = [\"/w/api/\", \"/w/web\"]\nshell = \"/bin/shop\"\ntrusted = true\n\
             environment = { A = \"shop\", B = \"shop\" }\n\
             [projects.\"/w/web\"]\nshell = \"/bin/web\"\nenvironment = { B = \"web\" }\n\
             [groups.g]\nfolders = [\"/w/shop\"]\nagents.model = \"large\"",
        );
        for folder in ["/w/shop", "/w/api", "/w/web"] {
            assert_eq!(layers.project_of(folder), "/w/shop", "{folder}");
            assert_eq!(layers.group_of(folder), Some("g"), "{folder}");
            assert_eq!(layers.text("agents.model", Some(folder)), Some("large"));
        }
        assert_eq!(layers.project_of("/w/api/deep"), "/w/api/deep");
        assert_eq!(
            layers.folders_of("/w/shop"),
            ["/w/shop", "/w/api/", "/w/web"]
        );
        assert_eq!(layers.folders_of("/w/web"), ["/w/web"]);
        let shell = |folder| layers.text("shell", Some(folder));
        // The project goes before what stands above its further folder; that folder's own goes before it.
        assert_eq!(shell("/w/api"), Some("/bin/shop"));
        assert_eq!(shell("/w/api/deep"), Some("/bin/shop"));
        assert_eq!(shell("/w/web"), Some("/bin/web"));
        assert_eq!(shell("/w/other"), Some("/bin/above"));
        let held = layers.variables("environment", "/w/web");
        assert_eq!((&held["A"][..], &held["B"][..]), ("shop", "web"));
        // Whether a folder's files are trusted is said of the folder.
        assert!(crate::config::trusts(&layers, "/w/shop"));
        assert!(!crate::config::trusts(&layers, "/w/api"));
        // A name is of the project as a whole.
        assert_eq!(
            layers.name(For::Project(layers.project_of("/w/api"))),
            Some("Shop")
        );
    }

    #[test]
    fn what_is_said_for_a_session_goes_before_its_project() {
        let layers = read(
            "window.theme = \"nord\"\n[projects.\"/w\"]\nnotifications.enabled = false\n\
             [sessions.\"0191-aa\"]\nwindow.theme = \"agor_light\"\nnotifications.enabled = true",
        );
        let of = |session| For::Session {
            session,
            folder: "/w/deep",
        };
        let theme = |of: For<'_>| layers.said("window.theme", of).unwrap().0.value.to_string();
        assert_eq!(theme(of("0191-aa")), "agor_light");
        assert_eq!(theme(of("0191-bb")), "nord");
        assert!(layers.yes("notifications.enabled", of("0191-aa")));
        assert!(!layers.yes("notifications.enabled", of("0191-bb")));
        let setting = super::super::schema::setting("window.theme").unwrap();
        let (_, origin) = layers.holds(setting, of("0191-aa"));
        assert_eq!(
            origin,
            super::super::Origin::Session {
                id: "0191-aa".into(),
                line: 5
            }
        );
    }
}
