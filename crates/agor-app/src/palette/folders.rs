//! Folders, as a person types a path: the path itself, folders that are known, and those in the folder that is typed.

use std::collections::HashSet;

use agor_core::folders::Hidden;

use super::Scope;
use super::find::{Choice, Entry};
use super::used::Used;
use crate::link::folders::{Below, Wanted};
use crate::link::snapshot::Snapshot;
use crate::text::{project_name, whole_folder};
use crate::workspace::Workspace;

/// Says whether what is looked for is a folder that is typed.
#[must_use]
pub fn is_typed(scope: Scope) -> bool {
    matches!(scope, Scope::Folder | Scope::FurtherFolder)
}

/// Returns in which folder others are looked for, where a path is typed.
#[must_use]
pub fn wanted((scope, text): (Scope, &str)) -> Option<Wanted> {
    if !is_typed(scope) || !is_path(text) {
        return None;
    }
    let (above, last) = text.rsplit_once('/')?;
    let typed = format!("{above}/");
    Some(Wanted {
        folder: whole_folder(&typed),
        typed,
        hidden: match last.starts_with('.') {
            true => Hidden::With,
            false => Hidden::Without,
        },
    })
}

/// Returns the folders of projects, then those that were typed before.
pub(super) fn known(snapshot: &Snapshot, workspace: &Workspace, used: &Used) -> Vec<Entry> {
    let mut known = Vec::new();
    for project in &workspace.projects {
        let name = snapshot.project_name(&project.folder);
        for folder in snapshot.settings.layers.folders_of(&project.folder) {
            known.push(Entry::of_folder(folder, name.clone()));
        }
    }
    let typed = used.of_kind(super::find::FOLDER);
    for folder in typed.filter(|folder| workspace.projects.iter().all(|it| it.folder != **folder)) {
        known.push(Entry::of_folder(folder, project_name(folder)));
    }
    known
}

/// Returns the folders in the one that is typed, but for those that are known.
#[must_use]
pub fn below(scope: Scope, below: &Below, known: &[Entry]) -> Vec<Entry> {
    let above = below.of.folder.trim_end_matches('/');
    let known = known.iter().filter_map(|entry| match &entry.choice {
        Choice::Folder(folder) | Choice::ProjectFolder(folder) => Some(folder.as_str()),
        _ => None,
    });
    // There may be thousands in a folder.
    let known: HashSet<&str> = known.collect();
    let all = below.names.iter();
    let all = all.map(|name| (name, format!("{above}/{name}")));
    let further = all.filter(|(_, path)| !known.contains(&path[..]));
    let entries = further.map(|(name, path)| {
        let title = format!("{}{name}", below.of.typed);
        Entry::new(chosen(scope, path), title, String::new())
    });
    entries.collect()
}

/// Lets the last entry be the path that is typed, if one is; says whether that changes anything.
pub(super) fn offer_path(entries: &mut Vec<Entry>, scope: Scope, text: &str) -> bool {
    let wanted = is_path(text).then_some(text);
    let before = entries.last().filter(|entry| entry.is_typed());
    if before.map(|entry| entry.title.as_str()) == wanted {
        return false;
    }
    entries.retain(|entry| !entry.is_typed());
    if let Some(text) = wanted {
        let choice = chosen(scope, text.to_owned());
        entries.push(Entry::of_path(choice, text, does(scope)));
    }
    true
}

fn is_path(text: &str) -> bool {
    text == "~" || text.starts_with('/') || text.starts_with("~/")
}

fn chosen(scope: Scope, path: String) -> Choice {
    match scope {
        Scope::FurtherFolder => Choice::ProjectFolder(path),
        _ => Choice::Folder(path),
    }
}

/// Returns what becomes of the path that is typed.
fn does(scope: Scope) -> &'static str {
    match scope {
        Scope::FurtherFolder => {
            "opens your shell in this folder, which becomes one of the project's"
        }
        _ => "opens your shell in this folder",
    }
}

#[cfg(test)]
mod tests {
    use super::super::find::Finder;
    use super::*;

    fn titles(entries: &[Entry], text: &str) -> Vec<String> {
        let mut finder = Finder::default();
        finder.find(entries, text);
        let found = finder.found().iter();
        found.map(|it| entries[it.entry].title.clone()).collect()
    }

    #[test]
    fn the_folder_that_is_read_is_the_one_before_the_last_slash() {
        let of = |text| wanted((Scope::Folder, text));
        let folder = |text| of(text).map(|it| (it.folder, it.typed, it.hidden));
        let is =
            |folder: &str, typed: &str, hidden| Some((folder.to_owned(), typed.to_owned(), hidden));
        assert_eq!(folder("/"), is("/", "/", Hidden::Without));
        assert_eq!(folder("/srv/sh"), is("/srv", "/srv/", Hidden::Without));
        assert_eq!(folder("/srv/.c"), is("/srv", "/srv/", Hidden::With));
        assert_eq!((of("~"), of("shop"), of("")), (None, None, None));
        assert_eq!(of("~ada/"), None, "a home that is not known");
        assert_eq!(wanted((Scope::Everything, "/srv/")), None);
    }

    #[test]
    fn the_path_itself_comes_first_then_what_is_known_then_what_is_in_the_folder() {
        let snapshot = Snapshot::default();
        let mut used = Used::default();
        used.note("folder /srv/old/shipping", 1);
        let mut entries = known(&snapshot, &Workspace::default(), &used);
        let names = ["shop", "ships", "site", "sh!p"]
            .map(str::to_owned)
            .to_vec();
        let of = wanted((Scope::Folder, "/srv/sh")).unwrap();
        let read = Below { of, names };
        let further = below(Scope::Folder, &read, &entries);
        entries.extend(further);
        for text in ["/srv/s", "/srv/sh", "/srv/shop", "/srv/sh!p"] {
            assert!(offer_path(&mut entries, Scope::Folder, text));
            assert!(
                !offer_path(&mut entries, Scope::Folder, text),
                "once is enough"
            );
            assert_eq!(titles(&entries, text)[0], text);
            let same = entries.iter().filter(|entry| entry.is_typed());
            assert_eq!(same.count(), 1);
        }
        offer_path(&mut entries, Scope::Folder, "/srv/ship");
        assert_eq!(
            titles(&entries, "/srv/ship"),
            ["/srv/ship", "/srv/old/shipping", "/srv/ships"]
        );
        // Once is enough: it is not offered beside itself.
        offer_path(&mut entries, Scope::Folder, "/srv/shop/");
        assert_eq!(titles(&entries, "/srv/shop/"), ["/srv/shop/"]);
        // Without a path there are the known ones alone.
        assert!(offer_path(&mut entries, Scope::Folder, "shipping"));
        assert_eq!(titles(&entries, "shipping"), ["/srv/old/shipping"]);
    }

    #[test]
    fn a_folder_that_is_known_is_not_told_again_as_one_of_its_folder() {
        let known = [Entry::of_folder("/srv/shop", "The shop".into())];
        let of = wanted((Scope::Folder, "/srv/")).unwrap();
        let names = vec!["shop".to_owned(), "site".to_owned()];
        let told = below(Scope::Folder, &Below { of, names }, &known);
        let told: Vec<_> = told.iter().map(|entry| entry.title.as_str()).collect();
        assert_eq!(told, ["/srv/site"]);
    }
}
