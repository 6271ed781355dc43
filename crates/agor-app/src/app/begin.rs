//! How a window begins: with the stored layout, with a shell, or with one command.

use agor_core::cli::Exit;
use agor_proto::command::CommandBody;
use agor_proto::ids::{SessionId, Size};
use agor_proto::session::{Life, SessionInfo};
use egui_tiles::LinearDir;

use super::App;
use crate::commands::Command;
use crate::launch::Launcher;
use crate::link::Request;
use crate::link::snapshot::{HostState, Stored};
use crate::palette::used::Used;
use crate::workspace::Workspace;
use crate::workspace::arrange::Form;

/// What a window is for.
#[derive(Debug, Clone)]
pub enum Purpose {
    /// It shows the person's projects.
    Workspace {
        /// Makes new sessions.
        launcher: Launcher,
    },
    /// It runs one command and ends with it.
    Command {
        /// Makes the session.
        launcher: Launcher,
        /// The command and its arguments.
        argv: Vec<String>,
        /// The first size of its terminal.
        size: Size,
        /// Its session, once it was asked for.
        session: Option<SessionId>,
    },
    /// It is a picture of the person's projects: it starts nothing.
    Picture,
}

impl App {
    /// Fills the window, once it is known with what.
    pub(super) fn begin(&mut self) {
        self.follow_command();
        if self.begun || self.snapshot.host != HostState::Ready {
            return;
        }
        if let Purpose::Command {
            launcher,
            argv,
            size,
            session,
        } = &mut self.purpose
        {
            let (id, body) = launcher.create(argv.clone(), launcher.folder.clone(), None, *size);
            *session = Some(id);
            let folder = launcher.folder.clone();
            self.ask_to_create(id, body);
            self.workspace.open_tab(&folder, id);
            self.begun = true;
            return;
        }
        let Some(sessions) = self.snapshot.sessions.clone() else {
            return;
        };
        match self.snapshot.layout.clone() {
            Stored::Unread => return,
            Stored::Missing => {}
            Stored::Is(json) => match Workspace::from_json(&json) {
                Ok(workspace) => {
                    self.workspace = workspace;
                    self.gather_folders();
                    self.workspace
                        .retain(|session| sessions.iter().any(|info| info.id == session));
                    self.stored = self.workspace.digest();
                }
                Err(error) => {
                    tracing::warn!(%error, "the stored layout cannot be read");
                    let text = "The stored layout cannot be read; all sessions are in the sidebar.";
                    let next = Command::GoToSession;
                    self.link.request(Request::Advise(text.to_owned(), next));
                }
            },
        }
        if let Some(used) = &self.snapshot.used {
            self.used = Used::from_json(used);
        }
        self.take_drafts();
        self.begun = true;
        if self.workspace.projects.is_empty() {
            match self.purpose.clone() {
                Purpose::Workspace { launcher } => {
                    let settings = &self.snapshot.settings;
                    if sessions.is_empty() && settings.layers.yes("window.welcome", None) {
                        self.toggle_page(Command::Welcome);
                    } else {
                        self.open_shell(&launcher.folder);
                    }
                }
                Purpose::Picture => self.arrange(&sessions),
                Purpose::Command { .. } => {}
            }
        }
    }

    /// Shows what runs, six to a tab, for a picture of a person's sessions that no window has shown yet.
    fn arrange(&mut self, sessions: &[SessionInfo]) {
        let running: Vec<_> = sessions.iter().filter(|info| info.life.alive()).collect();
        for six in running.chunks(6) {
            for (at, info) in six.iter().enumerate() {
                match at {
                    0 => self.workspace.open_tab(&info.folder, info.id),
                    _ => self
                        .workspace
                        .split(&info.folder, LinearDir::Horizontal, info.id),
                }
            }
            if let Some(tab) = self.workspace.tab_mut() {
                tab.tiles.arrange(Form::Grid);
            }
        }
        if let Some(first) = running
            .first()
            .and_then(|info| self.workspace.place_of(info.id))
        {
            self.workspace.focus(first);
        }
    }

    fn follow_command(&mut self) {
        let Purpose::Command {
            session: Some(session),
            ..
        } = self.purpose
        else {
            return;
        };
        let Some(info) = self.snapshot.session(session) else {
            return;
        };
        self.exit = match &info.life {
            Life::Exited { code, signal } => Some(Exit::mirrored(Some(*code), *signal)),
            Life::Failed { reason } => {
                self.failure = Some(reason.clone());
                Some(Exit::NOT_FOUND)
            }
            Life::Lost => Some(Exit::PROBLEM),
            Life::Starting | Life::Running => None,
        };
    }

    /// Asks the host for a session.
    pub(super) fn ask_to_create(&mut self, session: SessionId, body: CommandBody) {
        self.expected.insert(session);
        self.link.request(Request::Command(body));
    }

    /// Opens the person's shell in a new tab of a folder's project.
    pub(super) fn open_shell(&mut self, folder: &str) {
        if let Some(session) = self.new_shell(folder, None) {
            self.workspace
                .open_tab(self.snapshot.project_of(folder), session);
        }
    }

    /// Asks for the person's shell as a session of a folder's project, started in `cwd`.
    pub(super) fn new_shell(&mut self, folder: &str, cwd: Option<String>) -> Option<SessionId> {
        let Purpose::Workspace { launcher } = &self.purpose else {
            return None;
        };
        // The pane says its own size as soon as it is drawn.
        let size = Size::cells(80, 24);
        let (session, body) = launcher.create(Vec::new(), folder.to_owned(), cwd, size);
        self.ask_to_create(session, body);
        Some(session)
    }
}
