//! The workspace of `agor demo`: two groups, five projects with real repositories, sessions in every state. Nothing
//! of the person's is touched: settings, data and sockets are those of a profile of its own, repositories are made
//! with nobody's configuration of git, and agents are stand-ins, since a real one would use its person's account.

mod contents;
mod repositories;

use std::fs;
use std::io;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};

use agor_proto::agent::{AgentSpec, Conversation, State};
use agor_proto::command::CommandBody;
use agor_proto::ids::{SessionId, Size};
use agor_proto::session::{Life, SessionInfo, SessionSpec};
use serde_json::{Value, json};

use crate::client::launch;
use crate::paths::{Overrides, SOCKET_PATH_MAX};

pub use contents::{GROUPS, PICTURES, PROJECTS, Picture, SESSIONS, Session, Shown};

/// What says that a folder is a demonstration, so that it may be made anew.
const MARK: &str = ".agor-demo";

/// What becomes of a path below the folder where sockets lie, at the most.
const SOCKET_NAME: &str = "/data/run/.host.sock.4294967295";

/// A demonstration's folder.
#[derive(Debug, Clone)]
pub struct Demo {
    root: PathBuf,
    /// Where its sockets lie, when a path below the folder would be too long for them.
    runtime: Option<PathBuf>,
}

/// A demonstration that cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// The folder has something else in it.
    #[error("{} is not empty and no demonstration: give --keep another folder", .0.display())]
    Occupied(PathBuf),
    /// A file or folder cannot be made.
    #[error("{} cannot be written: {source}", path.display())]
    Unwritable {
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// git is not there.
    #[error("git cannot be started ({0}): install git, since the demonstration makes repositories")]
    NoGit(io::Error),
    /// git has failed.
    #[error("git {words} failed in {}: {said}", folder.display())]
    Git {
        /// What it was to do.
        words: String,
        /// Where.
        folder: PathBuf,
        /// What it said.
        said: String,
    },
}

impl Demo {
    /// Returns the demonstration in this folder, which need not be there.
    #[must_use]
    pub fn at(root: &Path) -> Self {
        let too_long = root.as_os_str().len() + SOCKET_NAME.len() > SOCKET_PATH_MAX;
        let name = format!("agor-demo-{}", std::process::id());
        Self {
            root: root.to_owned(),
            runtime: too_long.then(|| std::env::temp_dir().join(name)),
        }
    }

    /// Returns what is the home folder in it, so that no shell reads or writes a file of the person's.
    #[must_use]
    pub fn home(&self) -> PathBuf {
        self.root.join("projects")
    }

    /// Returns its folder.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Says whether there is a demonstration.
    #[must_use]
    pub fn is_there(&self) -> bool {
        self.root.join(MARK).is_file()
    }

    /// Returns the folders of its profile.
    #[must_use]
    pub fn profile(&self) -> Overrides {
        Overrides {
            config: Some(self.root.join("config")),
            data: Some(self.root.join("data")),
            state: None,
            runtime: self.runtime.clone(),
        }
    }

    /// Returns the arguments by which any agor finds its profile.
    #[must_use]
    pub fn arguments(&self) -> Vec<PathBuf> {
        let profile = self.profile();
        let all = [
            ("--config", profile.config),
            ("--data", profile.data),
            ("--runtime", profile.runtime),
        ];
        let given = all
            .into_iter()
            .filter_map(|(name, path)| Some((name, path?)));
        given
            .flat_map(|(name, path)| [PathBuf::from(name), path])
            .collect()
    }

    /// Makes repositories, settings and stand-ins anew; what a demonstration left there before goes.
    ///
    /// # Errors
    /// [`DemoError`]; what was made by then stays.
    pub fn make(&self) -> Result<(), DemoError> {
        if self.is_there() {
            self.remove()?;
        }
        let occupied = fs::read_dir(&self.root).is_ok_and(|mut files| files.next().is_some());
        if occupied {
            return Err(DemoError::Occupied(self.root.clone()));
        }
        let mut folders = fs::DirBuilder::new();
        folders.recursive(true).mode(0o700);
        for folder in ["", "bin", "config"] {
            let path = self.root.join(folder);
            folders
                .create(&path)
                .map_err(|source| DemoError::Unwritable { path, source })?;
        }
        self.write(MARK, "")?;
        for provider in contents::PROVIDERS {
            self.write_program(provider, contents::AGENT)?;
        }
        self.write_program("task", contents::TASK)?;
        self.write("config/config.toml", &self.settings())?;
        self.write("config/providers.toml", &self.providers())?;
        for project in PROJECTS {
            repositories::make(&self.folder_of(project.folder), project)?;
        }
        Ok(())
    }

    /// Removes all of it.
    ///
    /// # Errors
    /// [`DemoError::Unwritable`] for what stays.
    pub fn remove(&self) -> Result<(), DemoError> {
        let folders = std::iter::once(&self.root).chain(&self.runtime);
        for path in folders {
            match fs::remove_dir_all(path) {
                Err(source) if source.kind() != io::ErrorKind::NotFound => {
                    let path = path.clone();
                    return Err(DemoError::Unwritable { path, source });
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Returns the sessions, each with the request that makes it. `environment` is what the caller passes on.
    #[must_use]
    pub fn sessions(&self, environment: &[(String, String)]) -> Vec<(SessionId, CommandBody)> {
        let sessions = SESSIONS.iter();
        sessions.map(|row| self.session(row, environment)).collect()
    }

    fn session(&self, row: &Session, environment: &[(String, String)]) -> (SessionId, CommandBody) {
        let kept = environment.iter().filter(|(name, _)| {
            let of_home = name.starts_with("XDG_") && name.ends_with("_HOME");
            name != "HOME" && !of_home
        });
        let mut env: Vec<_> = kept.cloned().collect();
        env.push(("HOME".into(), self.text(self.home())));
        env.push(("AGOR_DEMO_SCENE".into(), row.scene.into()));
        let agent = row.provider.map(|provider| {
            Box::new(AgentSpec {
                provider: provider.into(),
                model: None,
                mode: None,
                prompt: None,
                conversation: Conversation::New,
                // Everything in it was made by us.
                trusted: true,
            })
        });
        let argv = match row.provider {
            Some(_) => Vec::new(),
            None => vec![self.text(self.root.join("bin/task"))],
        };
        let session = launch::session_id();
        let spec = SessionSpec {
            argv,
            folder: self.text(self.folder_of(row.project)),
            cwd: None,
            agent,
            name: row.name.into(),
            env,
            size: Size::cells(100, 30),
            private: false,
        };
        (session, CommandBody::Create { session, spec })
    }

    /// Returns a layout that shows these sessions, as a window stores it.
    #[must_use]
    pub fn layout(&self, sessions: &[SessionId]) -> String {
        let projects = PROJECTS.iter().map(|project| {
            let here = SESSIONS.iter().zip(sessions);
            let here = here.filter(|(row, _)| row.project == project.folder);
            let mut tabs: Vec<Vec<(Shown, SessionId)>> = Vec::new();
            for (row, session) in here {
                match (row.shown, tabs.last_mut()) {
                    (Shown::Nowhere, _) => {}
                    (Shown::Beside | Shown::Below, Some(tab)) => tab.push((row.shown, *session)),
                    _ => tabs.push(vec![(row.shown, *session)]),
                }
            }
            json!({
                "folder": self.folder_of(project.folder),
                "tabs": tabs.iter().map(|tab| tab_of(tab)).collect::<Vec<_>>(),
                "active": 0,
            })
        });
        let projects: Vec<Value> = projects.collect();
        json!({ "version": 1, "projects": projects, "active": 0, "sidebar_shown": true })
            .to_string()
    }

    fn folder_of(&self, project: &str) -> PathBuf {
        self.home().join(project)
    }

    fn write(&self, name: &str, text: &str) -> Result<(), DemoError> {
        let path = self.root.join(name);
        let written = fs::write(&path, text);
        written.map_err(|source| DemoError::Unwritable { path, source })
    }

    fn write_program(&self, name: &str, text: &str) -> Result<(), DemoError> {
        let name = format!("bin/{name}");
        self.write(&name, text)?;
        let path = self.root.join(name);
        let runs = fs::set_permissions(&path, fs::Permissions::from_mode(0o700));
        runs.map_err(|source| DemoError::Unwritable { path, source })
    }

    fn text(&self, path: PathBuf) -> String {
        path.to_string_lossy().into_owned()
    }

    /// Returns its settings, as a person would write them.
    #[must_use]
    pub fn settings(&self) -> String {
        let quoted = |text: &str| crate::config::quoted(text);
        let folder = |name: &str| quoted(&self.text(self.folder_of(name)));
        let mut text =
            String::from("[window]\nwelcome = false\n\n[notifications]\nenabled = false\n");
        for group in GROUPS {
            let members = PROJECTS.iter().filter(|project| project.group == group.id);
            let members: Vec<_> = members.map(|project| folder(project.folder)).collect();
            text.push_str(&format!(
                "\n[groups.{}]\nname = {}\nfolders = [{}]\n",
                group.id,
                quoted(group.name),
                members.join(", ")
            ));
        }
        for project in PROJECTS {
            text.push_str(&format!(
                "\n[projects.{}]\nname = {}\nicon = {}\n",
                folder(project.folder),
                quoted(project.name),
                quoted(project.icon),
            ));
            if project.trusted {
                text.push_str("trusted = true\n");
            }
            if let Some(secs) = project.stall_secs {
                text.push_str(&format!("agents.stall_secs = {secs}\n"));
            }
        }
        text
    }

    fn providers(&self) -> String {
        let programs = contents::PROVIDERS.iter().map(|provider| {
            let program = self.text(self.root.join("bin").join(provider));
            let program = crate::config::quoted(&program);
            format!("[{provider}]\nprograms = [{program}]\n")
        });
        programs.collect::<Vec<_>>().join("\n")
    }
}

/// Returns a tab: its first session at the left, those beside it in one column at the right.
fn tab_of(sessions: &[(Shown, SessionId)]) -> Value {
    let pane = |share: f32, session: &SessionId| json!({ "share": share, "session": session });
    let Some(((_, first), rest)) = sessions.split_first() else {
        return json!({});
    };
    let rest: Vec<_> = rest.iter().map(|(_, session)| session).collect();
    let panes = match rest.as_slice() {
        [] => json!({ "session": first }),
        [one] => json!({ "beside": [pane(1.0, first), pane(1.0, one)] }),
        more => {
            let below: Vec<_> = more.iter().map(|session| pane(1.0, session)).collect();
            json!({ "beside": [pane(1.1, first), { "share": 1.0, "below": below }] })
        }
    };
    json!({ "panes": panes, "focused": 0, "zoomed": false })
}

/// Says whether every session of the demonstration has come into its state.
#[must_use]
pub fn is_whole(sessions: &[SessionInfo]) -> bool {
    SESSIONS.iter().all(|row| {
        let info = sessions.iter().find(|info| info.name == row.name);
        info.is_some_and(|info| match row.becomes {
            Some(state) => info.state == state,
            None if row.ends => matches!(info.life, Life::Exited { .. }),
            None => info.life == Life::Running,
        })
    })
}

/// Every state in which a session of the demonstration is.
pub fn states() -> impl Iterator<Item = State> {
    SESSIONS.iter().filter_map(|row| row.becomes)
}

#[cfg(test)]
mod tests;
