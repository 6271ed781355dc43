//! What every verb is given.

use std::future::Future;

use agor_proto::ids::SessionId;
use agor_proto::session::SessionInfo;

use super::failure::Failure;
use super::{Program, output, session_name};
use crate::client::{Client, ClientError};
use crate::config::{Loaded, ThemeWish};
use crate::paths::{Overrides, Paths};
use crate::themes;

/// See the module.
#[derive(Debug)]
pub struct Context {
    /// The program that runs.
    pub program: Program,
    /// Whether results are printed as JSON.
    pub json: bool,
    overrides: Overrides,
}

impl Context {
    /// Returns what the global arguments say.
    pub fn new(program: Program, json: bool, overrides: Overrides) -> Self {
        Self {
            program,
            json,
            overrides,
        }
    }

    /// Returns the folders.
    pub fn paths(&self) -> Result<Paths, Failure> {
        Ok(Paths::resolve(&self.overrides)?)
    }

    /// Runs a verb's work to its end, on this thread.
    pub fn block_on<T>(
        &self,
        work: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Failure> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        let runtime = runtime.map_err(|error| {
            Failure::host(
                agor_proto::error::ErrorCode::Internal,
                format!("the system gives no event queue: {error}"),
            )
        })?;
        let result = runtime.block_on(work);
        // What still runs on other threads, such as a read of the terminal, is not waited for.
        runtime.shutdown_background();
        result
    }

    /// Refuses a theme that is not there.
    pub fn check_theme(&self, wish: Option<&ThemeWish>) -> Result<(), Failure> {
        let Some(wish) = wish else { return Ok(()) };
        let known = themes::Loaded::read(&self.paths()?.themes_folder()).themes;
        let missing = wish
            .names()
            .find(|name| !known.iter().any(|theme| *theme.id == **name));
        missing.map_or(Ok(()), |name| Err(super::verbs::unknown_theme(name)))
    }

    /// Connects to the host that runs.
    pub async fn client(&self) -> Result<Client, Failure> {
        match Client::connect(&self.paths()?).await {
            Err(ClientError::NoHost { reason }) => Err(Failure::new(
                super::Exit::NO_HOST,
                format!(
                    "{reason}: start one with `{} serve`, or a session with `{0} new`",
                    self.program.name
                ),
            )),
            client => Ok(client?),
        }
    }

    /// Connects to the host, and starts one if none runs.
    pub async fn client_or_start(&self) -> Result<Client, Failure> {
        let paths = self.paths()?;
        match Client::connect(&paths).await {
            Err(ClientError::NoHost { .. }) => {}
            client => return Ok(client?),
        }
        for complaint in Loaded::read(&paths).complaints() {
            output::note(complaint);
        }
        Ok(Client::connect_or_start(&paths).await?)
    }

    /// Returns the session that a person has named.
    pub async fn session(&self, client: &Client, named: &str) -> Result<SessionInfo, Failure> {
        let sessions = client.list().await?;
        session_name::find(&sessions, named).cloned()
    }

    /// Connects, and returns the id of the session that a person has named.
    pub async fn client_and_session(&self, named: &str) -> Result<(Client, SessionId), Failure> {
        let client = self.client().await?;
        let session = self.session(&client, named).await?;
        Ok((client, session.id))
    }
}
