//! Groups of projects: which a project is in, and in what order projects are stepped through.

use agor_core::config::{For, Value, Whose};

use super::App;
use crate::link::Request;
use crate::sidebar;

impl App {
    /// Shows another project, in the order of the sidebar.
    pub(super) fn step_project(&mut self, by: isize) {
        let layers = self.snapshot.settings.layers.clone();
        let folders = self.workspace.projects.iter().map(|it| it.folder.clone());
        let folders: Vec<_> = folders.collect();
        let mut order: Vec<_> = folders.iter().map(String::as_str).collect();
        sidebar::by_group(&layers, &mut order, |folder| folder);
        self.workspace.step_project(by, &order);
    }

    /// Moves the tabs of folders that are another project's to that project.
    pub(super) fn gather_folders(&mut self) {
        let layers = self.snapshot.settings.layers.clone();
        self.workspace
            .gather(|folder| layers.project_of(folder).to_owned());
    }

    /// Opens the shell in a folder as one of those of the project that is shown, and makes it that if it is not.
    pub(super) fn open_folder_of_project(&mut self, folder: &str) {
        let Some(project) = self.workspace.project().map(|it| it.folder.clone()) else {
            return self.open_shell(folder);
        };
        let layers = self.snapshot.settings.layers.clone();
        if layers.project_of(folder) != project {
            let further = layers.folders_of(&project).into_iter().skip(1);
            let mut folders: Vec<_> = further.map(str::to_owned).collect();
            folders.push(folder.to_owned());
            self.link.request(Request::Say {
                key: "folders",
                of: Whose::Project(project.clone()),
                value: Some(Value::List(folders)),
            });
        }
        // The settings say so a moment later.
        if let Some(session) = self.new_shell(folder, None) {
            self.workspace.open_tab(&project, session);
        }
    }

    /// Puts the project that is shown into a group, or into none.
    pub(super) fn put_into_group(&mut self, group: Option<String>) {
        let Some(folder) = self.workspace.project().map(|it| it.folder.clone()) else {
            return;
        };
        let settings = self.snapshot.settings.clone();
        let layers = &settings.layers;
        let is_it = |named: &String| named.trim_end_matches('/') == folder;
        for (id, known) in layers.groups_in_order() {
            let has = known.folders().iter().any(is_it);
            let wanted = group.as_deref() == Some(id);
            if has == wanted {
                continue;
            }
            let others = known.folders().iter().filter(|named| !is_it(named));
            let mut folders: Vec<_> = others.cloned().collect();
            folders.extend(wanted.then(|| folder.clone()));
            self.say_folders(id, folders);
        }
        match &group {
            Some(id) if !layers.groups.contains_key(id) => {
                self.say_folders(id, vec![folder.clone()]);
            }
            Some(_) => {}
            None => {
                let of = layers.group_of(&folder);
                let named = of.and_then(|id| layers.groups.get(id));
                if named.is_some_and(|named| !named.folders().iter().any(is_it)) {
                    let name = of.and_then(|id| layers.name(For::Group(id)).or(Some(id)));
                    let name = name.unwrap_or_default();
                    self.note(&format!(
                        "The project is in {name} because a folder above it is."
                    ));
                }
            }
        }
    }

    fn say_folders(&self, group: &str, folders: Vec<String>) {
        self.link.request(Request::Say {
            key: "folders",
            of: Whose::Group(group.to_owned()),
            value: Some(Value::List(folders)),
        });
    }
}
