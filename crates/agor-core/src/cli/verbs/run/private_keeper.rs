//! A keeper for one command: in a folder of its own, gone with everything once the command ends.

use std::ffi::OsString;
use std::fs::{self, DirBuilder};
use std::io::{BufRead, BufReader};
use std::os::unix::fs::DirBuilderExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use agor_keeper::{Event, Io, KeeperLink, Request, RingReader, SessionKey, SpawnSpec};
use agor_proto::error::ErrorCode;
use agor_proto::ids::Size;
use agor_proto::limits::RING_BYTES;

use super::super::super::failure::Failure;
use super::super::keeper::failure;
use super::{not_started, pty_size};

/// The only host that this keeper will ever have.
const INCARNATION: u64 = 1;

/// The person, as a source of input.
const PERSON: u128 = 1;

/// How long the command may take to be started.
const START: Duration = Duration::from_secs(10);

/// How long what the command left behind may take to end by itself.
const GRACE: Duration = Duration::from_millis(200);

/// How long the keeper may take to end everything.
const END: Duration = Duration::from_secs(8);

/// What the terminal itself says to its programs.
const TERMINAL: &[(&str, &str)] = &[
    ("TERM", "xterm-256color"),
    ("COLORTERM", "truecolor"),
    ("TERM_PROGRAM", "agor"),
    ("TERM_PROGRAM_VERSION", env!("CARGO_PKG_VERSION")),
];

/// Variables that say something about the caller's terminal, which the command does not see.
const OF_THE_CALLER: &[&str] = &["COLUMNS", "LINES", "TERMCAP", "WINDOWID", "VTE_VERSION"];

/// See the module.
pub struct PrivateKeeper {
    /// The connection to it.
    pub link: KeeperLink,
    /// The command.
    pub session: SessionKey,
    process: Child,
    /// Removed once the process has ended.
    _folder: Folder,
}

/// A folder that goes with its owner.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).ok(); // What is left of it is empty and for nobody.
    }
}

fn internal(what: &str) -> impl FnOnce(std::io::Error) -> Failure + '_ {
    move |error| Failure::host(ErrorCode::Internal, format!("{what}: {error}"))
}

impl PrivateKeeper {
    /// Starts a keeper.
    pub fn start() -> Result<Self, Failure> {
        let (mut random, mut session) = ([0; 8], [0; 16]);
        getrandom::fill(&mut random)
            .and_then(|()| getrandom::fill(&mut session))
            .map_err(|error| Failure::host(ErrorCode::Internal, error.to_string()))?;
        let base = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from);
        let base = base.filter(|base| base.is_absolute() && base.is_dir());
        let base = base.unwrap_or_else(|| "/tmp".into());
        let folder = base.join(format!("agor-run-{:016x}", u64::from_be_bytes(random)));
        DirBuilder::new()
            .mode(0o700)
            .create(&folder)
            .map_err(internal("a folder for the keeper cannot be made"))?;
        let folder = Folder(folder);
        let socket = folder.0.join("keeper.sock");
        let program =
            std::env::current_exe().map_err(internal("this program cannot find itself"))?;
        let mut process = Command::new(program)
            .arg("keeper")
            .arg("--socket")
            .arg(&socket)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(internal("the keeper cannot be started"))?;
        let mut ready = String::new();
        if let Some(stdout) = process.stdout.take() {
            BufReader::new(stdout)
                .read_line(&mut ready)
                .map_err(internal("the keeper cannot be heard"))?;
        }
        let connected = KeeperLink::connect(&socket, INCARNATION);
        match connected {
            Ok((link, _)) => Ok(Self {
                link,
                // Processes are known by it, so no other command may have the same.
                session: SessionKey(session),
                process,
                _folder: folder,
            }),
            Err(error) => {
                process.kill().ok(); // It may have ended by itself.
                process.wait().ok();
                Err(failure(&error))
            }
        }
    }

    /// Starts the command, and returns what it will write.
    pub fn spawn(&mut self, command: Vec<OsString>, size: Size) -> Result<RingReader, Failure> {
        let program = command.first().cloned().unwrap_or_default();
        let cwd = std::env::current_dir().map_err(internal("this folder cannot be found"))?;
        self.ask(Request::Spawn(SpawnSpec {
            session: self.session,
            argv: command,
            env: environment(),
            cwd,
            size: pty_size(size),
            io: Io::Pty,
            ring_bytes: RING_BYTES as u32,
            start_offset: 0,
        }))?;
        let deadline = Instant::now() + START;
        loop {
            match self
                .link
                .recv_until(deadline)
                .map_err(|error| failure(&error))?
            {
                Event::Spawned { ring, .. } => {
                    return RingReader::map(ring, INCARNATION).map_err(|error| {
                        Failure::host(
                            ErrorCode::Internal,
                            format!("the ring cannot be read: {error}"),
                        )
                    });
                }
                Event::SpawnFailed { step, errno, .. } => {
                    return Err(not_started(step, errno, &program.to_string_lossy()));
                }
                _ => {}
            }
        }
    }

    /// Asks the keeper for something.
    pub fn ask(&mut self, request: Request) -> Result<(), Failure> {
        self.link.send(&request).map_err(|error| failure(&error))
    }

    /// Types.
    pub fn type_in(&mut self, seq: u64, bytes: Vec<u8>) -> Result<(), Failure> {
        self.ask(Request::Input {
            session: self.session,
            source: PERSON,
            seq,
            bytes,
        })
    }

    /// Ends whatever the command has left behind, and the keeper.
    pub fn end(&mut self) {
        let grace_millis = GRACE.as_millis() as u32;
        if self.link.send(&Request::Shutdown { grace_millis }).is_err() {
            return;
        }
        let deadline = Instant::now() + END;
        // Ends with the connection, which is the keeper's last word.
        while self.link.recv_until(deadline).is_ok() {}
    }
}

impl Drop for PrivateKeeper {
    fn drop(&mut self) {
        // It has said its last word, or it did not when it was told to.
        self.process.kill().ok(); // It may have ended by itself.
        self.process.wait().ok();
    }
}

fn environment() -> Vec<(OsString, OsString)> {
    let ours = |name: &OsString| {
        name.to_str().is_some_and(|name| {
            OF_THE_CALLER.contains(&name) || TERMINAL.iter().any(|(ours, _)| *ours == name)
        })
    };
    let mut environment: Vec<_> = std::env::vars_os()
        .filter(|(name, _)| !ours(name))
        .collect();
    environment.extend(
        TERMINAL
            .iter()
            .map(|&(name, value)| (name.into(), value.into())),
    );
    environment
}
