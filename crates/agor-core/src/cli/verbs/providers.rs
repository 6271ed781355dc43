//! `providers`: the agents that are known, which of them are here, and how to get the others.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use super::super::context::Context;
use super::super::exit::Exit;
use super::super::failure::Failure;
use super::super::output;
use crate::agents::{Provider, Providers, here};

/// How long a program may take to say its version.
const VERSION_PATIENCE: Duration = Duration::from_secs(20);

/// What is read of it.
const VERSION_BYTES_MAX: u64 = 64 * 1024;

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Ask each for its version, which may take seconds
    #[arg(long)]
    check: bool,
}

/// A known agent, as it is shown.
#[derive(Debug, serde::Serialize)]
struct Row {
    id: String,
    name: String,
    /// Where its program is.
    program: Option<PathBuf>,
    version: Option<String>,
    get: String,
    /// What can be asked of it when it is started.
    takes: Vec<&'static str>,
    modes: Vec<String>,
}

pub fn run(arguments: Arguments, context: &Context) -> Result<Exit, Failure> {
    let loaded = Providers::load(&context.paths()?.providers_file());
    for complaint in &loaded.complaints {
        output::note(complaint);
    }
    let mut rows: Vec<Row> = loaded.providers.iter().map(row).collect();
    if arguments.check {
        std::thread::scope(|scope| {
            for (row, provider) in rows.iter_mut().zip(loaded.providers.iter()) {
                scope.spawn(move || {
                    let program = row.program.as_deref();
                    row.version = program.and_then(|program| version(program, &provider.version));
                });
            }
        });
    }
    if context.json {
        output::json(&rows)?;
        return Ok(Exit::SUCCESS);
    }
    let heads = ["ID", "NAME", "PROGRAM", "VERSION", "TAKES"];
    let mut table = vec![heads.map(str::to_owned).to_vec()];
    for row in &rows {
        let program = row.program.as_ref().map(|path| path.display().to_string());
        table.push(vec![
            row.id.clone(),
            row.name.clone(),
            program.unwrap_or_else(|| format!("not here; {}", row.get)),
            row.version.clone().unwrap_or_default(),
            row.takes.join(" "),
        ]);
    }
    output::table(&table)?;
    Ok(Exit::SUCCESS)
}

fn row(provider: &Provider) -> Row {
    let takes = [
        ("--resume", &provider.resume),
        ("--fork", &provider.fork),
        ("--model", &provider.model),
        ("--mode", &provider.mode),
        ("--prompt", &provider.prompt),
    ];
    let takes = takes
        .into_iter()
        .filter(|(_, template)| !template.is_empty());
    Row {
        id: provider.id.clone(),
        name: provider.name.clone(),
        program: here::program(provider),
        version: None,
        get: provider.get.clone(),
        takes: takes.map(|(name, _)| name).collect(),
        modes: provider.modes.clone(),
    }
}

/// Asks a program for its version; `None` if it does not say it in time.
fn version(program: &Path, arguments: &[String]) -> Option<String> {
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let mut stdout = child.stdout.take()?;
    let (tell, said) = mpsc::sync_channel(1);
    let reading = std::thread::spawn(move || {
        let mut said = Vec::new();
        let read = stdout
            .by_ref()
            .take(VERSION_BYTES_MAX)
            .read_to_end(&mut said);
        tell.send(read.map(|_| said)).ok(); // Nobody waits any more.
    });
    let said = said.recv_timeout(VERSION_PATIENCE);
    // It has said what it had to say, or it is not waited for any longer.
    child.kill().ok();
    child.wait().ok();
    reading.join().ok();
    let said = said.ok()?.ok()?;
    let said = String::from_utf8_lossy(&said).into_owned();
    let first = said.lines().find(|line| !line.trim().is_empty())?;
    Some(output::harmless(first.trim()))
}
