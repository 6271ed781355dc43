//! `doctor --report FILE`: one file for whoever is asked for help. It says how host, links and
//! sessions are, and holds no output, no keys, no environment, no names of sessions and no values of
//! settings; the person's own folder is written as `~`.

use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use agor_proto::message::Stats;
use serde_json::{Value, json};

use super::super::super::failure::Failure;
use super::{Exit, Finding};
use crate::client::Figures;
use crate::paths::Paths;

/// Bytes of the end of each log that go into a report.
const LOG_TAIL_BYTES: u64 = 64 * 1024;

/// Writes the report.
pub fn write(
    file: &Path,
    paths: &Paths,
    findings: &[Finding],
    stats: Option<&Stats>,
    link: Option<&Figures>,
) -> Result<(), Failure> {
    let report = json!({
        "program": concat!("agor ", env!("CARGO_PKG_VERSION")),
        "system": system(),
        "findings": findings,
        "host": stats.map(without_folders),
        "link": link,
        "settings": names_of_settings(&paths.config_file()),
        "host_log": tail(&paths.host_log()),
        "window_log": tail(&paths.window_log()),
    });
    let text = serde_json::to_string_pretty(&report)
        .map(|text| without_home(text, std::env::var("HOME").ok().as_deref()))
        .map_err(|error| Failure::output(error.into()))?;
    File::options()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(file)
        .and_then(|mut out| writeln!(out, "{text}"))
        .map_err(|error| {
            let message = format!("{} cannot be written: {error}", file.display());
            Failure::new(Exit::PROBLEM, message)
        })
}

/// Returns the host's figures without the names of projects' folders: projects are numbered.
fn without_folders(stats: &Stats) -> Stats {
    let mut stats = stats.clone();
    let mut folders: Vec<String> = stats.sessions.iter().map(|s| s.project.clone()).collect();
    folders.sort();
    folders.dedup();
    for session in &mut stats.sessions {
        let number = folders.iter().position(|folder| *folder == session.project);
        session.project = format!("project {}", number.unwrap_or_default() + 1);
    }
    stats
}

fn system() -> Value {
    let line = |file: &str, key: &str| {
        let text = fs::read_to_string(file).unwrap_or_default();
        let found = text.lines().find_map(|line| line.strip_prefix(key));
        found
            .unwrap_or_default()
            .trim()
            .trim_matches('"')
            .to_owned()
    };
    let uname = rustix::system::uname();
    json!({
        "os": line("/etc/os-release", "PRETTY_NAME="),
        "kernel": uname.release().to_string_lossy(),
        "machine": uname.machine().to_string_lossy(),
        "cores": std::thread::available_parallelism().map_or(0, usize::from),
        "memory": line("/proc/meminfo", "MemTotal:"),
        "desktop": std::env::var("XDG_SESSION_TYPE").unwrap_or_default(),
    })
}

/// Returns which settings a file sets, without what it sets them to.
fn names_of_settings(file: &Path) -> Vec<String> {
    let Ok(table) = fs::read_to_string(file)
        .unwrap_or_default()
        .parse::<toml::Table>()
    else {
        return Vec::new(); // The finding about the settings says what is wrong.
    };
    let mut names = Vec::new();
    for (name, value) in table {
        match value {
            toml::Value::Table(section) => {
                names.extend(section.keys().map(|key| format!("{name}.{key}")));
            }
            _ => names.push(name),
        }
    }
    names
}

/// Returns the last lines of a log; a line that was cut is left out.
fn tail(log: &Path) -> Vec<String> {
    let read = || -> std::io::Result<(bool, String)> {
        let mut file = File::open(log)?;
        let length = file.metadata()?.len();
        let start = length.saturating_sub(LOG_TAIL_BYTES);
        file.seek(SeekFrom::Start(start))?;
        let mut bytes = Vec::new();
        file.take(LOG_TAIL_BYTES).read_to_end(&mut bytes)?;
        Ok((start > 0, String::from_utf8_lossy(&bytes).into_owned()))
    };
    // There is none before the first start.
    let Ok((cut, text)) = read() else {
        return Vec::new();
    };
    text.lines()
        .skip(usize::from(cut))
        .map(str::to_owned)
        .collect()
}

fn without_home(text: String, home: Option<&str>) -> String {
    match home.filter(|home| home.len() > 1) {
        Some(home) => text.replace(home.trim_end_matches('/'), "~"),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use agor_proto::message::SessionStats;

    use super::*;

    #[test]
    fn projects_are_numbered_and_the_home_is_not_named() {
        let session = |project: &str| SessionStats {
            project: project.into(),
            ..Default::default()
        };
        let stats = Stats {
            sessions: vec![session("/z/secret"), session("/a"), session("/z/secret")],
            ..Default::default()
        };
        let projects = without_folders(&stats).sessions;
        let projects: Vec<_> = projects.iter().map(|s| s.project.as_str()).collect();
        assert_eq!(projects, ["project 2", "project 1", "project 2"]);
        let text = "at /home/ann/x and /home/ann".to_owned();
        assert_eq!(without_home(text, Some("/home/ann/")), "at ~/x and ~");
        assert_eq!(without_home("/x".into(), Some("/")), "/x");
    }

    #[test]
    fn settings_are_named_without_their_values_and_logs_are_cut_at_lines() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("config.toml");
        fs::write(
            &file,
            "shell = \"/secret/sh\"\n[window]\nfont_size = 13.0\n",
        )
        .unwrap();
        let names = names_of_settings(&file);
        assert_eq!(names, ["shell", "window.font_size"]);
        assert!(names_of_settings(&folder.path().join("none")).is_empty());
        let log = folder.path().join("log");
        let lines: String = (0..20_000).map(|n| format!("line {n:06}\n")).collect();
        fs::write(&log, lines).unwrap();
        let tail = tail(&log);
        assert_eq!(tail.last().unwrap(), "line 019999");
        assert!(tail[0].starts_with("line ") && tail[0].len() == 11);
        assert!(tail.len() < 6_000);
    }
}
