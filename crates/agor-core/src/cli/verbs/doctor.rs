//! `doctor`: what stands in the way of agor on this machine, and what to do about it. Each check
//! is a function that returns its finding; nothing is changed.

mod report;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use agor_proto::message::{Part, Query, Stats};
use agor_proto::session::{Life, SessionInfo};

use super::super::context::Context;
use super::super::exit::Exit;
use super::super::failure::Failure;
use super::super::output;
use super::stats::size;
use crate::client::{Client, ClientError, Figures};
use crate::config::Loaded;
use crate::link::HostLock;
use crate::paths::{Paths, PathsError};

/// Less room than this on the data's disk is worth a word, and much less is bad.
const ROOM_WARN_BYTES: u64 = 2 * 1024 * 1024 * 1024;
const ROOM_BAD_BYTES: u64 = 128 * 1024 * 1024;

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Also write what helps to find a fault into a file, without output, keys, names or settings
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
}

/// What a check found.
#[derive(Debug, serde::Serialize)]
struct Finding {
    check: &'static str,
    verdict: Verdict,
    /// What is so, and what to do if it is not well.
    says: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
enum Verdict {
    Ok,
    Warn,
    Bad,
}

impl Verdict {
    fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Bad => "bad",
        }
    }
}

/// Returns the finding of a check.
fn found(check: &'static str, verdict: Verdict, says: impl Into<String>) -> Finding {
    Finding {
        check,
        verdict,
        says: says.into(),
    }
}

/// What the host says of itself, if it answers.
struct Host {
    stats: Option<Stats>,
    sessions: Vec<SessionInfo>,
    /// What this program counted of its link.
    link: Option<Figures>,
}

pub fn run(arguments: Arguments, context: &Context) -> Result<Exit, Failure> {
    let paths = context.paths()?;
    let findings = context.block_on(async {
        let (mut findings, host) = look_at_host(&paths).await;
        findings.splice(0..0, [folders(&paths)]);
        findings.push(settings(&paths));
        findings.push(database(&paths, host.as_ref()));
        findings.push(room(&paths));
        findings.push(shell(&paths));
        findings.push(terminal());
        findings.push(processes(host.as_ref()));
        findings.push(logout());
        findings.push(decoder());
        if let Some(file) = &arguments.report {
            let stats = host.as_ref().and_then(|host| host.stats.as_ref());
            let link = host.as_ref().and_then(|host| host.link.as_ref());
            report::write(file, &paths, &findings, stats, link)?;
        }
        Ok(findings)
    })?;
    if context.json {
        output::json(&findings)?;
    } else {
        let row = |finding: &Finding| {
            vec![
                finding.verdict.word().to_owned(),
                finding.check.to_owned(),
                finding.says.clone(),
            ]
        };
        output::table(&findings.iter().map(row).collect::<Vec<_>>())?;
    }
    let bad = findings
        .iter()
        .any(|finding| finding.verdict == Verdict::Bad);
    Ok(if bad { Exit::PROBLEM } else { Exit::SUCCESS })
}

async fn look_at_host(paths: &Paths) -> (Vec<Finding>, Option<Host>) {
    let client = match Client::connect(paths).await {
        Ok(client) => client,
        Err(ClientError::NoHost { .. }) => {
            let finding = match HostLock::holder(paths) {
                None => found("host", Verdict::Ok, "none runs; `agor new` starts one"),
                Some(pid) => found(
                    "host",
                    Verdict::Bad,
                    format!(
                        "process {pid} holds the lock and does not answer: start another with `agor serve`, which takes over"
                    ),
                ),
            };
            return (vec![finding], None);
        }
        Err(error) => return (vec![found("host", Verdict::Bad, error.to_string())], None),
    };
    let stats = match client.ask_one(Query::Stats).await {
        Ok(Part::Stats(stats)) => Some(*stats),
        _ => None,
    };
    let sessions = client.list().await.unwrap_or_default();
    let link = client.figures().await.ok();
    let mut findings = Vec::new();
    match &stats {
        None => findings.push(found(
            "host",
            Verdict::Warn,
            "it answers, but not about itself",
        )),
        Some(stats) => {
            findings.push(found(
                "host",
                Verdict::Ok,
                format!("{} runs as process {}", stats.program, stats.pid),
            ));
            findings.push(versions(stats));
            findings.push(keeper(stats, &sessions));
        }
    }
    let host = Host {
        stats,
        sessions,
        link,
    };
    (findings, Some(host))
}

fn versions(stats: &Stats) -> Finding {
    let ours = env!("CARGO_PKG_VERSION");
    let theirs = stats.program.rsplit(' ').next().unwrap_or_default();
    if ours == theirs {
        return found(
            "versions",
            Verdict::Ok,
            format!("host and program are {ours}"),
        );
    }
    found(
        "versions",
        Verdict::Warn,
        format!(
            "the host is {theirs} and this program {ours}: `agor update-host` brings host and \
             keeper up to date under running sessions"
        ),
    )
}

fn keeper(stats: &Stats, sessions: &[SessionInfo]) -> Finding {
    let running = sessions
        .iter()
        .filter(|session| session.life.alive())
        .count();
    let lost = sessions
        .iter()
        .filter(|session| session.life == Life::Lost)
        .count();
    if stats.keeper_pid == 0 {
        let verdict = if running > 0 {
            Verdict::Bad
        } else {
            Verdict::Ok
        };
        return found("keeper", verdict, "none runs; the first session starts one");
    }
    let alive = Path::new(&format!("/proc/{}", stats.keeper_pid)).exists();
    if !alive {
        let says = "the host's keeper is gone, and the programs with it: `agor restart` them";
        return found("keeper", Verdict::Bad, says);
    }
    let says = format!(
        "it runs as process {} with {running} programs",
        stats.keeper_pid
    );
    match lost {
        0 => found("keeper", Verdict::Ok, says),
        lost => found(
            "keeper",
            Verdict::Warn,
            format!(
                "{says}; {lost} were lost with an earlier one: `agor restart` or `agor rm` them"
            ),
        ),
    }
}

fn folders(paths: &Paths) -> Finding {
    match paths.check_runtime() {
        Ok(()) => found(
            "folders",
            Verdict::Ok,
            format!("sockets are in {}", paths.runtime.display()),
        ),
        Err(PathsError::Io { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => {
            found(
                "folders",
                Verdict::Ok,
                format!("{} will be made", paths.runtime.display()),
            )
        }
        Err(error) => found("folders", Verdict::Bad, error.to_string()),
    }
}

fn settings(paths: &Paths) -> Finding {
    let loaded = Loaded::read(paths);
    let complaints = loaded.complaints().join("; ");
    match (complaints.is_empty(), loaded.error) {
        (true, _) => found(
            "settings",
            Verdict::Ok,
            paths.config_file().display().to_string(),
        ),
        (false, None) => found("settings", Verdict::Warn, complaints),
        (false, Some(_)) => found("settings", Verdict::Bad, complaints),
    }
}

fn database(paths: &Paths, host: Option<&Host>) -> Finding {
    if let Some(stats) = host.and_then(|host| host.stats.as_ref()) {
        let sessions = host.map_or(0, |host| host.sessions.len());
        let slow = stats.commit_max_micros > 500_000;
        let says = format!(
            "{}, sessions: {sessions}; the slowest commit took {} ms",
            size(stats.database_bytes),
            stats.commit_max_micros.div_ceil(1_000)
        );
        let verdict = if slow { Verdict::Warn } else { Verdict::Ok };
        return found("database", verdict, says);
    }
    let mut damaged: Vec<PathBuf> = Vec::new();
    if let Ok(entries) = fs::read_dir(paths.data()) {
        let aside = |path: &PathBuf| path.to_string_lossy().contains("damaged");
        damaged.extend(entries.flatten().map(|entry| entry.path()).filter(aside));
    }
    match damaged.first() {
        None => found("database", Verdict::Ok, paths.data().display().to_string()),
        Some(file) => found(
            "database",
            Verdict::Warn,
            format!(
                "{} was set aside as damaged: keep it if something is missing",
                file.display()
            ),
        ),
    }
}

fn room(paths: &Paths) -> Finding {
    let mut folder = paths.data();
    while !folder.exists() {
        match folder.parent() {
            Some(above) => folder = above,
            None => break,
        }
    }
    let free = match rustix::fs::statvfs(folder) {
        Ok(disk) => disk.f_bavail.saturating_mul(disk.f_frsize),
        Err(error) => {
            let says = format!("the disk of {} cannot be asked: {error}", folder.display());
            return found("room", Verdict::Warn, says);
        }
    };
    let verdict = match free {
        ..ROOM_BAD_BYTES => Verdict::Bad,
        ROOM_BAD_BYTES..ROOM_WARN_BYTES => Verdict::Warn,
        _ => Verdict::Ok,
    };
    let advice = match verdict {
        Verdict::Ok => "",
        Verdict::Warn | Verdict::Bad => ": free some, or programs will have to wait",
    };
    found(
        "room",
        verdict,
        format!(
            "{} are free for {}{advice}",
            size(free),
            paths.data().display()
        ),
    )
}

fn shell(paths: &Paths) -> Finding {
    let config = Loaded::read(paths).config;
    let shell = config.layers.text("shell", None).map(PathBuf::from);
    let shell = shell.or_else(|| std::env::var_os("SHELL").map(PathBuf::from));
    let Some(shell) = shell else {
        return found("shell", Verdict::Warn, "SHELL is not set; /bin/sh is used");
    };
    let runs = |path: &Path| {
        fs::metadata(path)
            .is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0)
    };
    let in_path = || {
        let path = std::env::var_os("PATH").unwrap_or_default();
        std::env::split_paths(&path).any(|folder| runs(&folder.join(&shell)))
    };
    let named = shell.components().count() == 1;
    if if named { in_path() } else { runs(&shell) } {
        return found("shell", Verdict::Ok, shell.display().to_string());
    }
    let says = format!(
        "{} cannot be run: set SHELL, or `shell` in the settings",
        shell.display()
    );
    found("shell", Verdict::Bad, says)
}

fn decoder() -> Finding {
    match crate::images::confine::can_filter() {
        true => found(
            "images",
            Verdict::Ok,
            "decoded in a process that can do nothing else",
        ),
        false => found(
            "images",
            Verdict::Warn,
            "this kernel has no seccomp: what decodes images is held by limits of memory, time and files alone",
        ),
    }
}

fn terminal() -> Finding {
    match std::env::var("TERM").ok().filter(|term| !term.is_empty()) {
        None => found(
            "terminal",
            Verdict::Warn,
            "TERM is not set: `attach` may look wrong here",
        ),
        Some(term) if term == "dumb" => found(
            "terminal",
            Verdict::Warn,
            "TERM is dumb: `attach` may look wrong here",
        ),
        Some(term) => found("terminal", Verdict::Ok, term),
    }
}

/// By what the processes of a session are found when it is ended.
fn processes(host: Option<&Host>) -> Finding {
    let keeper = host.and_then(|host| host.stats.as_ref());
    let keeper = keeper.map(|stats| stats.keeper_pid).filter(|&pid| pid > 0);
    let pid = keeper.unwrap_or_else(std::process::id);
    let says = match agor_keeper::session_groups(pid) {
        Some(groups) => format!(
            "each session has a control group in {}: nothing that it started outlives its end",
            groups.display()
        ),
        None => "sessions have no control groups here: what hides from its session on purpose can \
                 outlive it"
            .into(),
    };
    found("processes", Verdict::Ok, says)
}

/// Whether the programs survive the end of the person's login.
fn logout() -> Finding {
    let under_systemd = Path::new("/run/systemd/system").exists();
    if !under_systemd {
        return found(
            "logout",
            Verdict::Ok,
            "no session manager ends programs at logout",
        );
    }
    let name = std::env::var("USER").unwrap_or_default();
    let lingers = !name.is_empty() && Path::new("/var/lib/systemd/linger").join(&name).exists();
    if lingers {
        return found(
            "logout",
            Verdict::Ok,
            "lingering is on: programs survive logout",
        );
    }
    found(
        "logout",
        Verdict::Warn,
        "programs may be ended when you log out: `loginctl enable-linger` keeps them",
    )
}
