//! How sessions are made from a window: in which folder, with which environment.

use agor_core::client::launch;
use agor_proto::agent::AgentSpec;
use agor_proto::command::CommandBody;
use agor_proto::ids::{SessionId, Size};
use agor_proto::session::SessionSpec;

/// See the module.
#[derive(Debug, Clone)]
pub struct Launcher {
    /// The folder in which the window was started.
    pub folder: String,
    /// What new sessions get of the window's environment.
    pub environment: Vec<(String, String)>,
}

impl Launcher {
    /// Returns a new session's id and the command that makes it, which starts in `cwd` if that is
    /// another than the project's folder. Without arguments it is the person's shell.
    #[must_use]
    pub fn create(
        &self,
        argv: Vec<String>,
        folder: String,
        cwd: Option<String>,
        size: Size,
    ) -> (SessionId, CommandBody) {
        let session = launch::session_id();
        let spec = SessionSpec {
            argv,
            cwd: cwd.filter(|cwd| *cwd != folder),
            agent: None,
            folder,
            name: String::new(),
            env: self.environment.clone(),
            size,
            private: false,
        };
        (session, CommandBody::Create { session, spec })
    }

    /// Returns a new session's id and the command that starts an agent in it, in `cwd` if that is another than the
    /// project's folder.
    #[must_use]
    pub fn create_agent(
        &self,
        agent: AgentSpec,
        folder: String,
        cwd: Option<String>,
        size: Size,
    ) -> (SessionId, CommandBody) {
        let (session, mut body) = self.create(Vec::new(), folder, cwd, size);
        if let CommandBody::Create { spec, .. } = &mut body {
            spec.agent = Some(Box::new(agent));
        }
        (session, body)
    }
}
