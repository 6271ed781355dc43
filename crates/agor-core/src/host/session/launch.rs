//! How a session's program is started: command, environment, size.

use std::collections::HashSet;
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use agor_keeper::{Io, PtySize, SessionKey, SpawnSpec};
use agor_proto::error::{ErrorCode, WireError};
use agor_proto::event::EventBody;
use agor_proto::ids::{Incarnation, Offset, SessionId, Size};
use agor_proto::limits::{FOLDER_MAX, RING_BYTES, SPAWN_MAX};
use agor_proto::session::SessionSpec;
use sha2::{Digest, Sha256};

use crate::images::ImageStore;

use super::{Effect, Now, Session, ShellFiles, TerminalOptions, is_name};
use crate::agents::launch::{Plan, Wanted};
use crate::agents::{Provider, Providers, conversations};
use crate::client::launch::is_passed_on;
use crate::config::{Live, trusts};
use crate::zone::Zone;

/// Variables that a program gets from the host where its client sent none.
const FROM_HOST: &[&str] = &["HOME", "LANG", "LOGNAME", "PATH", "SHELL", "TZ", "USER"];

/// Variables that describe our terminal, whatever the client's own terminal is.
const OURS: &[(&str, &str)] = &[
    ("TERM", "xterm-256color"),
    ("COLORTERM", "truecolor"),
    ("TERM_PROGRAM", "agor"),
    ("TERM_PROGRAM_VERSION", env!("CARGO_PKG_VERSION")),
];

/// Variables of a client's terminal that would mislead a program in ours.
const FOREIGN: &[&str] = &[
    "ALACRITTY_WINDOW_ID",
    "COLUMNS",
    "KITTY_WINDOW_ID",
    "LINES",
    "STY",
    "TERMCAP",
    "TMUX",
    "TMUX_PANE",
    "VTE_VERSION",
    "WEZTERM_PANE",
    "WINDOWID",
];

/// What the host knows for starting programs.
#[derive(Debug, Clone)]
pub struct Launcher {
    /// The host's own values of [`FROM_HOST`].
    environment: Vec<(String, String)>,
    host_name: String,
    options: TerminalOptions,
    incarnation: Incarnation,
    settings: Live,
    providers: Arc<Providers>,
    reporting: Option<Arc<Reporting>>,
    images: Option<Arc<ImageStore>>,
    shells: Option<Arc<ShellFiles>>,
    zone: Zone,
}

/// How what runs in a session can tell the host something.
#[derive(Debug)]
pub struct Reporting {
    /// The host's socket.
    pub socket: PathBuf,
    /// Where files for one launch stand.
    pub folder: PathBuf,
    /// This program.
    pub program: PathBuf,
    /// From which the sessions' tokens are made.
    pub key: [u8; 32],
}

impl Reporting {
    /// Returns what a session's programs show that they are of it.
    #[must_use]
    pub fn token(&self, session: SessionId) -> String {
        let digest = Sha256::new()
            .chain_update(self.key)
            .chain_update(session.bytes())
            .finalize();
        digest[..16]
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect()
    }

    /// Returns the folder of the files for a session's launch.
    #[must_use]
    pub fn folder_of(&self, session: SessionId) -> PathBuf {
        self.folder.join(session.to_string())
    }
}

impl Launcher {
    /// Returns a launcher. `environment` is the host's own.
    pub fn new(
        environment: impl Iterator<Item = (String, String)>,
        host_name: String,
        options: TerminalOptions,
        incarnation: Incarnation,
    ) -> Self {
        let environment = environment.filter(|(name, _)| FROM_HOST.contains(&name.as_str()));
        Self {
            environment: environment.collect(),
            host_name,
            options,
            incarnation,
            settings: Live::default(),
            providers: Arc::default(),
            reporting: None,
            images: None,
            shells: None,
            zone: Zone::default(),
        }
    }

    /// Returns it with the time zone in which days are told apart.
    #[must_use]
    pub fn with_zone(self, zone: Zone) -> Self {
        Self { zone, ..self }
    }

    /// Returns the time zone in which days are told apart.
    #[must_use]
    pub fn zone(&self) -> Zone {
        self.zone.clone()
    }

    /// Returns it with where images are kept.
    #[must_use]
    pub fn with_images(self, images: Arc<ImageStore>) -> Self {
        let images = Some(images);
        Self { images, ..self }
    }

    /// Returns it with the files to which shells are led.
    #[must_use]
    pub fn with_shell_files(self, files: Option<ShellFiles>) -> Self {
        let shells = files.map(Arc::new);
        Self { shells, ..self }
    }

    /// Returns where images are kept, if they are.
    #[must_use]
    pub fn images(&self) -> Option<&Arc<ImageStore>> {
        self.images.as_ref()
    }

    /// Returns it with the way back to the host.
    #[must_use]
    pub fn with_reporting(self, reporting: Reporting) -> Self {
        let reporting = Some(Arc::new(reporting));
        Self { reporting, ..self }
    }

    /// Returns the way back to the host, if programs are given one.
    #[must_use]
    pub fn reporting(&self) -> Option<&Reporting> {
        self.reporting.as_deref()
    }

    /// Returns how the agent that a session is made for is started; `again` is the conversation that
    /// goes on. Nothing if it is made for a command.
    ///
    /// # Errors
    /// What cannot be done, in a sentence.
    pub fn plan(
        &self,
        session: SessionId,
        spec: &SessionSpec,
        again: Option<&str>,
    ) -> Result<Option<(Plan, PathBuf)>, String> {
        let Some(agent) = &spec.agent else {
            return Ok(None);
        };
        let Some(provider) = self.providers.get(&agent.provider) else {
            return Err(format!(
                "there is no agent {:?}; `agord providers` lists those that are known",
                agent.provider
            ));
        };
        let hides = Some(&provider.settings_hide).filter(|it| !it.is_empty());
        let hides = hides.is_some_and(|hidden| Path::new(hidden).exists());
        // Nor is a variable taken that the person uses.
        let said = self.settings.get().environment(&spec.folder);
        let mut theirs = spec.env.iter().map(|(name, _)| name).chain(said.keys());
        let hides = hides || theirs.any(|name| provider.hook_env.contains_key(name));
        let reporting = self.reporting().filter(|_| !hides);
        let folder = reporting.map(|it| it.folder_of(session));
        let folder = folder.unwrap_or_default();
        let path = folder.display().to_string();
        let command = reporting.map(|it| {
            let program = it.program.display().to_string().replace('\'', "'\\''");
            format!("'{program}' hook {}", provider.id)
        });
        let plan = provider.plan(Wanted {
            spec: agent,
            more: &spec.argv,
            fresh: &conversations::id_with(session),
            again,
            hooks: command.as_ref().map(|command| (&path[..], &command[..])),
        })?;
        Ok(Some((plan, folder)))
    }

    /// Returns it with the agents that it knows.
    #[must_use]
    pub fn with_providers(self, providers: Arc<Providers>) -> Self {
        Self { providers, ..self }
    }

    /// Returns it with the person's settings.
    #[must_use]
    pub fn with_settings(self, settings: Live) -> Self {
        Self { settings, ..self }
    }

    /// Returns what a session is made from, with what the settings say of its agent.
    #[must_use]
    pub fn completed(&self, mut spec: SessionSpec) -> SessionSpec {
        let settings = self.settings.get();
        if let Some(agent) = spec.agent.as_mut() {
            settings.complete(agent, &spec.folder);
        }
        spec.private = self.is_private(&spec);
        spec
    }

    /// Says whether nothing of a session is written: its starter says so, or its project does.
    #[must_use]
    pub fn is_private(&self, spec: &SessionSpec) -> bool {
        let settings = self.settings.get();
        spec.private || settings.layers.yes("private", Some(&spec.folder[..]))
    }

    /// Returns without how much output work in a folder's project is stalled.
    #[must_use]
    pub fn stall_millis(&self, folder: &str) -> u64 {
        self.settings.get().agents.stall_millis(folder)
    }

    /// Returns the agents that are known.
    #[must_use]
    pub fn providers(&self) -> &Providers {
        &self.providers
    }

    /// Returns in words how the agent is got that a session is made for, if it is made for one.
    #[must_use]
    pub fn how_to_get(&self, spec: &SessionSpec) -> Option<String> {
        let agent = spec.agent.as_ref()?;
        let provider = self.providers.get(&agent.provider)?;
        Some(format!("to get {}: {}", provider.name, provider.get))
    }

    /// Returns the agent that a session is made for, or whose program its command starts.
    #[must_use]
    pub fn agent(&self, spec: &SessionSpec) -> Option<&Provider> {
        match &spec.agent {
            Some(agent) => self.providers.get(&agent.provider),
            None => self.providers.of_command(&self.argv(spec)),
        }
    }

    /// Returns the source under which the host itself gives input to a program, for `send` and
    /// `key`. Each life of the host has its own, since what a private session or a restored database
    /// numbers begins anew; no client has a number so small (see `connection/greeting.rs`).
    #[must_use]
    pub fn source(&self) -> u128 {
        self.incarnation.0.into()
    }

    /// Says whether `name`, as a program gave it, is this machine.
    #[must_use]
    pub fn is_this_host(&self, name: &str) -> bool {
        name.is_empty() || name == "localhost" || name == self.host_name
    }

    /// Returns how terminals are made.
    #[must_use]
    pub fn terminal_options(&self) -> TerminalOptions {
        self.options
    }

    /// Returns the command of `spec`: its own, or the person's shell.
    #[must_use]
    pub fn argv(&self, spec: &SessionSpec) -> Vec<String> {
        let agent = spec.agent.as_ref();
        if let Some(provider) = agent.and_then(|agent| self.providers.get(&agent.provider)) {
            let program = provider.programs.first().unwrap_or(&provider.id);
            return std::iter::once(program)
                .chain(&spec.argv)
                .cloned()
                .collect();
        }
        if !spec.argv.is_empty() {
            return spec.argv.clone();
        }
        let of = |env: &[(String, String)]| {
            env.iter()
                .find(|(name, value)| name == "SHELL" && !value.is_empty())
                .map(|v| v.1.clone())
        };
        let settings = self.settings.get();
        let shell = settings
            .shell(&spec.folder)
            .map(str::to_owned)
            .or_else(|| of(&spec.env))
            .or_else(|| of(&self.environment));
        vec![shell.unwrap_or_else(|| "/bin/sh".into())]
    }

    /// Says whether a session can be made from `spec`.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn check(&self, spec: &SessionSpec) -> Result<(), WireError> {
        let bad = |message: String| Err(WireError::new(ErrorCode::BadRequest, message));
        let strings = spec
            .argv
            .iter()
            .chain(spec.env.iter().flat_map(|(n, v)| [n, v]));
        // Each string costs the request to the keeper its length beside its bytes.
        let size_bytes: usize = strings.clone().map(|text| text.len() + 8).sum();
        if size_bytes > SPAWN_MAX {
            return bad(format!(
                "command and environment take {size_bytes} bytes; the limit is {SPAWN_MAX}"
            ));
        }
        if strings.clone().any(|text| text.contains('\0')) {
            return bad("command and environment cannot hold the character NUL".into());
        }
        if let Some((name, _)) = spec
            .env
            .iter()
            .find(|(name, _)| name.is_empty() || name.contains('='))
        {
            return bad(format!("{name:?} cannot be the name of a variable"));
        }
        for folder in [Some(&spec.folder), spec.cwd.as_ref()]
            .into_iter()
            .flatten()
        {
            if folder.len() > FOLDER_MAX || !folder.starts_with('/') || folder.contains('\0') {
                return bad(format!("{folder:?} is not the absolute path of a folder"));
            }
        }
        if let Some(agent) = &spec.agent {
            self.check_trust(spec, agent.trusted)?;
            // The same for every session: which one it is does not matter here.
            let any = SessionId::from_parts(0, [0; 10]);
            if let Err(message) = self.plan(any, spec, None) {
                return bad(message);
            }
        }
        if !is_name(&spec.name) {
            return bad("the name is too long or holds control characters".into());
        }
        Ok(())
    }

    /// Refuses an agent where the person has not said that agents may start: neither the client that asks says so,
    /// nor the settings do.
    fn check_trust(&self, spec: &SessionSpec, said: bool) -> Result<(), WireError> {
        let settings = self.settings.get();
        let starts_in = spec.cwd.as_ref().unwrap_or(&spec.folder);
        let trusted = |folder: &String| trusts(&settings.layers, folder);
        if said || [&spec.folder, starts_in].into_iter().all(trusted) {
            return Ok(());
        }
        let message = format!(
            "no agent may start in {starts_in} yet: files there can make one act; if you know where they come \
             from, set `trusted` for it (`agor settings --project {starts_in} --set trusted=true`)"
        );
        Err(WireError::new(ErrorCode::Untrusted, message))
    }

    /// Says whether a session's program may start in a folder: an agent may where the person has said so.
    fn may_start(&self, spec: &SessionSpec, folder: &str) -> bool {
        spec.agent.is_none() || trusts(&self.settings.get().layers, folder)
    }

    /// Returns what the keeper is asked to start.
    #[must_use]
    pub fn spawn(
        &self,
        key: SessionKey,
        spec: &SessionSpec,
        cwd: &str,
        size: Size,
        at: Offset,
    ) -> SpawnSpec {
        let mut env: Vec<(String, String)> = self.environment.clone();
        let ours = OURS
            .iter()
            .map(|&(name, value)| (name.to_owned(), value.to_owned()));
        let asked = spec
            .env
            .iter()
            .filter(|(name, _)| !FOREIGN.contains(&name.as_str()))
            .cloned();
        // What every session is given goes behind what the settings say, what was asked for this one before.
        let mut names = HashSet::new();
        let (inherited, asked): (Vec<_>, Vec<_>) =
            asked.partition(|(name, _)| names.insert(name.clone()) && is_passed_on(name));
        let said = self.settings.get().environment(&spec.folder);
        let folder = [("PWD".to_owned(), cwd.to_owned())];
        let session = SessionId::from_bytes(key.0).ok();
        let back = session.zip(self.reporting()).map(|(session, it)| {
            let socket = it.socket.display().to_string();
            [
                ("AGOR_SESSION", session.to_string()),
                ("AGOR_SOCKET", socket),
                ("AGOR_TOKEN", it.token(session)),
            ]
        });
        let back = back.into_iter().flatten();
        let back = back.map(|(name, value)| (name.to_owned(), value));
        // The last one of a name counts.
        let asked = inherited.into_iter().chain(said).chain(asked);
        for (name, value) in ours.chain(asked).chain(folder).chain(back) {
            env.retain(|(other, _)| *other != name);
            env.push((name, value));
        }
        let mut argv = self.argv(spec).into_iter().map(OsString::from).collect();
        let env = env.into_iter();
        let mut env = env
            .map(|(name, value)| (name.into(), value.into()))
            .collect();
        if let Some(files) = self.shells.as_ref().filter(|_| spec.agent.is_none())
            && self
                .settings
                .get()
                .layers
                .yes("shell_integration", Some(spec.folder.as_str()))
        {
            files.lead(&mut argv, &mut env);
        }
        SpawnSpec {
            session: key,
            argv,
            env,
            cwd: PathBuf::from(cwd),
            size: pty_size(size),
            io: Io::Pty,
            ring_bytes: RING_BYTES as u32,
            start_offset: at.0,
        }
    }
}

/// Makes what the keeper is asked to start into what `plan` says.
pub fn follow(plan: &Plan, spawn: &mut SpawnSpec) {
    spawn.argv = plan.argv.iter().map(OsString::from).collect();
    let stripped = |name: &OsString| plan.strip.iter().any(|it| name == it.as_str());
    let set = |name: &OsString| plan.env.iter().any(|(it, _)| name == it.as_str());
    spawn.env.retain(|(name, _)| !stripped(name) && !set(name));
    let env = plan.env.iter();
    spawn
        .env
        .extend(env.map(|(name, value)| (name.into(), value.into())));
}

impl Session {
    /// Returns where the program starts: where its predecessor's shell was last, else where it was
    /// asked to.
    pub(super) fn start_folder(&self) -> &str {
        let last = self.folder_now();
        // Any output can say that it is elsewhere, also where no agent may start.
        match last == self.spec.folder || self.launcher.may_start(&self.spec, last) {
            true => last,
            false => self.asked_folder(),
        }
    }

    /// Returns where its shell is, or was last, else where it was asked to start.
    pub(super) fn folder_now(&self) -> &str {
        match &self.cwd[..] {
            "" => self.asked_folder(),
            cwd => cwd,
        }
    }

    fn asked_folder(&self) -> &str {
        self.spec.cwd.as_deref().unwrap_or(&self.spec.folder)
    }

    /// Starts the program in its project's folder, since that in which it was to start cannot be
    /// entered; says whether there is another.
    pub(super) fn fall_back_to_project(&mut self, now: Now, effects: &mut Vec<Effect>) -> bool {
        if self.start_folder() == self.spec.folder {
            return false;
        }
        let path = self.start_folder().to_owned();
        self.event(EventBody::FolderGone { path }, now);
        self.cwd.clone_from(&self.spec.folder);
        self.store_session();
        self.spawn(effects);
        true
    }
}

/// Returns in one sentence why a program does not start in `folder`.
pub fn no_folder(folder: &str, errno: i32) -> String {
    let error = io::Error::from_raw_os_error(errno);
    match error.kind() {
        io::ErrorKind::NotFound => {
            format!("the folder {folder} is gone: make it again, then `restart` the session")
        }
        io::ErrorKind::NotADirectory => {
            format!("{folder} is no folder: make it one, then `restart` the session")
        }
        _ => format!("the folder {folder} cannot be entered: {error}"),
    }
}

/// Returns `size` as the keeper takes it.
#[must_use]
pub fn pty_size(size: Size) -> PtySize {
    let Size {
        cols,
        rows,
        width_px,
        height_px,
    } = size.clamped();
    PtySize {
        cols,
        rows,
        xpix: width_px,
        ypix: height_px,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use agor_proto::agent::{AgentSpec, Conversation};

    fn spec(env: &[(&str, &str)]) -> SessionSpec {
        SessionSpec {
            argv: vec![],
            folder: "/tmp".into(),
            cwd: None,
            agent: None,
            name: String::new(),
            env: env
                .iter()
                .map(|(n, v)| ((*n).to_owned(), (*v).to_owned()))
                .collect(),
            size: Size::cells(80, 24),
            private: false,
        }
    }

    fn launcher() -> Launcher {
        let environment = [
            ("PATH", "/bin"),
            ("SHELL", "/bin/zsh"),
            ("AWS_SECRET", "x"),
            ("TERM", "dumb"),
        ];
        let environment = environment.map(|(n, v)| (n.to_owned(), v.to_owned()));
        Launcher::new(
            environment.into_iter(),
            "here".into(),
            TerminalOptions {
                scrollback_rows: 10,
            },
            Incarnation(1),
        )
    }

    fn value(spawn: &SpawnSpec, name: &str) -> Option<String> {
        let found = spawn.env.iter().filter(|(other, _)| other == name);
        let values: Vec<_> = found
            .map(|(_, value)| value.to_string_lossy().into_owned())
            .collect();
        assert!(values.len() <= 1, "{name} is set twice");
        values.into_iter().next()
    }

    #[test]
    fn a_program_gets_the_clients_environment_before_the_hosts_and_our_terminal() {
        let spec = spec(&[
            ("PATH", "/usr/bin"),
            ("TMUX", "x"),
            ("TERM", "dumb-on-purpose"),
        ]);
        let spawn = launcher().spawn(SessionKey([0; 16]), &spec, "/tmp", spec.size, Offset(0));
        assert_eq!(value(&spawn, "PATH").as_deref(), Some("/usr/bin"));
        assert_eq!(value(&spawn, "TERM").as_deref(), Some("dumb-on-purpose"));
        assert_eq!(value(&spawn, "COLORTERM").as_deref(), Some("truecolor"));
        assert_eq!(value(&spawn, "TMUX"), None);
        assert_eq!(
            value(&spawn, "AWS_SECRET"),
            None,
            "the host's own secrets stay with it"
        );
        assert_eq!(spawn.argv, ["/bin/zsh"]);
    }

    #[test]
    fn a_projects_settings_say_shell_and_variables_and_what_was_asked_for_goes_before() {
        let text = "shell = \"/bin/fish\"\nenvironment = { A = \"1\", B = \"1\", PATH = \"/p\" }\n\
                    [projects.\"/tmp\"]\nenvironment = { B = \"2\", C = \"2\" }";
        let launcher = launcher().with_settings(Live::new(Config::read(text).unwrap()));
        let spec = spec(&[("PATH", "/usr/bin"), ("C", "3")]);
        let spawn = launcher.spawn(SessionKey([0; 16]), &spec, "/tmp", spec.size, Offset(0));
        let values = ["A", "B", "C", "PATH"].map(|name| value(&spawn, name).unwrap());
        assert_eq!(values, ["1", "2", "3", "/p"]);
        assert_eq!(spawn.argv, ["/bin/fish"]);
        // What comes again was asked for.
        let spec = self::spec(&[("PATH", "/usr/bin"), ("PATH", "/mine")]);
        let spawn = launcher.spawn(SessionKey([0; 16]), &spec, "/tmp", spec.size, Offset(0));
        assert_eq!(value(&spawn, "PATH").as_deref(), Some("/mine"));
    }

    #[test]
    fn an_agent_is_started_with_the_model_that_its_project_says() {
        let text = "agents = { provider = \"claude\", model = \"large\" }\n\
                    [projects.\"/tmp\"]\nagents.permission_mode = \"plan\"";
        let launcher = launcher().with_settings(Live::new(Config::read(text).unwrap()));
        let agent = |provider: &str, model: Option<&str>| {
            let agent = AgentSpec {
                provider: provider.into(),
                model: model.map(str::to_owned),
                mode: None,
                prompt: None,
                conversation: Conversation::New,
                trusted: false,
            };
            let spec = SessionSpec {
                agent: Some(Box::new(agent)),
                ..spec(&[])
            };
            let agent = launcher.completed(spec).agent.unwrap();
            (agent.model, agent.mode)
        };
        let said = |text: &str| Some(text.to_owned());
        assert_eq!(agent("claude", None), (said("large"), said("plan")));
        assert_eq!(
            agent("claude", Some("small")),
            (said("small"), said("plan"))
        );
        assert_eq!(agent("codex", None), (None, None), "its names are its own");
    }

    #[test]
    fn a_session_is_private_where_its_project_is() {
        let text = "[projects.\"/tmp\"]\nprivate = true\nfolders = [\"/secret\"]";
        let launcher = launcher().with_settings(Live::new(Config::read(text).unwrap()));
        let private = |folder: &str, asked| {
            let spec = SessionSpec {
                folder: folder.into(),
                private: asked,
                ..spec(&[])
            };
            launcher.completed(spec).private
        };
        assert!(private("/tmp", false) && private("/tmp/deep", false));
        assert!(private("/secret", false) && private("/open", true));
        assert!(!private("/open", false));
    }

    #[test]
    fn an_agent_starts_only_where_the_person_has_said_that_agents_may() {
        let text = "[projects.\"/tmp/mine\"]\ntrusted = true";
        let launcher = launcher().with_settings(Live::new(Config::read(text).unwrap()));
        let check = |folder: &str, cwd: Option<&str>, trusted| {
            let agent = AgentSpec {
                provider: "claude".into(),
                model: None,
                mode: None,
                prompt: None,
                conversation: Conversation::New,
                trusted,
            };
            let spec = SessionSpec {
                folder: folder.into(),
                cwd: cwd.map(Into::into),
                agent: Some(Box::new(agent)),
                ..spec(&[])
            };
            // What else is wrong with an agent that this launcher does not know is found behind that.
            launcher.check(&spec).map_err(|error| error.code)
        };
        let refused = Err(ErrorCode::Untrusted);
        assert_ne!(check("/tmp/mine/x", None, false), refused);
        // Said by the client, before the host has read the settings again.
        assert_ne!(check("/tmp/new", None, true), refused);
        for (folder, cwd) in [
            ("/tmp/new", None),
            ("/tmp/mine", Some("/tmp/new")),
            ("/tmp/new", Some("/tmp/mine")),
            ("/tmp/mine/../new", None),
        ] {
            assert_eq!(check(folder, cwd, false), refused, "{folder} {cwd:?}");
        }
        // What is no agent runs anywhere.
        let shell = SessionSpec {
            folder: "/tmp/new".into(),
            ..spec(&[])
        };
        assert!(launcher.check(&shell).is_ok());
    }

    #[test]
    fn a_spec_that_cannot_be_started_is_refused_in_words() {
        let launcher = launcher();
        assert!(launcher.check(&spec(&[])).is_ok());
        assert!(launcher.check(&spec(&[("A=B", "x")])).is_err());
        assert!(launcher.check(&spec(&[("A", "x\0")])).is_err());
        assert!(
            launcher
                .check(&SessionSpec {
                    folder: "here".into(),
                    ..spec(&[])
                })
                .is_err()
        );
        assert!(
            launcher
                .check(&SessionSpec {
                    name: "a\nb".into(),
                    ..spec(&[])
                })
                .is_err()
        );
        let huge = SessionSpec {
            argv: vec!["x".repeat(SPAWN_MAX)],
            ..spec(&[])
        };
        assert!(launcher.check(&huge).is_err());
    }
}
