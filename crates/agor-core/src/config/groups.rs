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
}

impl Whose {
    /// Returns it as it is asked with.
    #[must_use]
    pub fn by_ref(&self) -> For<'_> {
        match self {
            Self::All => For::All,
            Self::Group(id) => For::Group(id),
            Self::Project(folder) => For::Project(folder),
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
        }
    }

    /// Says whether a setting can be said for it.
    #[must_use]
    pub fn may_say(self, setting: &Setting) -> bool {
        match (self, setting.level) {
            (Self::All, Level::User | Level::Project) => true,
            (Self::Group(_), level) => !matches!(level, Level::User | Level::Folder),
            (Self::Project(_), Level::Project | Level::Folder | Level::Named) => true,
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
        match self.said.get("folders").map(|said| &said.value) {
            Some(Value::List(folders)) => folders,
            _ => &[],
        }
    }
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
            let has = |group: &Group| {
                let mut folders = group.folders().iter();
                folders.any(|folder| folder.trim_end_matches('/') == above.trim_end_matches('/'))
            };
            let group = groups.iter().find(|(_, group)| has(group));
            group.map(|(id, _)| *id)
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
            "name = \"x\"\n[groups.a]\nwindow.font_size = 3\nfolders = [\"w\", \"/w\"]\n[projects.\"/w\"]\nfolders = [\"/x\"]",
        )
        .unwrap();
        assert_eq!(complaints.len(), 4, "{complaints:?}");
        assert_eq!(layers.groups["a"].folders(), ["/w"]);
        assert_eq!(Layers::read("groups = 3").unwrap_err().at, 9);
        assert_eq!(Layers::read("groups.a = 3").unwrap_err().at, 11);
    }
}
