//! `demo`: a workspace with something of everything, in a profile of its own.

use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};

use super::super::context::Context;
use super::super::exit::Exit;
use super::super::failure::Failure;
use super::super::output;
use super::stop_host;
use crate::client::{Client, launch};
use crate::demo::{self, Demo, DemoError};
use crate::storage::Profile;

/// How long the sessions may take to come into their states.
const WHOLE_WITHIN: Duration = Duration::from_secs(60);

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Make it in this folder, and leave it there afterwards [default: a temporary folder that is removed]
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
    /// Open no window: draw the pictures of the tour into this folder
    #[arg(long, value_name = "DIR", conflicts_with = "no_window")]
    pictures: Option<PathBuf>,
    /// Open no window: leave the sessions running and say how to see and end them
    #[arg(long, requires = "keep")]
    no_window: bool,
}

pub fn run(arguments: Arguments, context: &Context) -> Result<Exit, Failure> {
    if context.program.window.is_none() && !arguments.no_window {
        return Err(Failure::usage(
            "agord has no window: use `agor demo`, or give --keep DIR and --no-window",
        ));
    }
    let (demo, is_temporary) = match &arguments.keep {
        Some(folder) => {
            let folder = std::path::absolute(folder);
            let folder = folder.map_err(|error| Failure::usage(error.to_string()))?;
            (Demo::at(&folder), false)
        }
        None => (Demo::at(&temporary()), true),
    };
    let here = Context::new(context.program, context.json, demo.profile());
    context.block_on(async {
        // One that was left running, whose files are about to go.
        end(&here).await.ok();
        let opens = arguments.pictures.is_none() && !arguments.no_window;
        let made = make(&demo, &here, !opens).await;
        let shown = match (made, &arguments.pictures) {
            (Err(failure), _) => Err(failure),
            (Ok(()), Some(folder)) => draw(&demo, folder).await,
            (Ok(()), None) if opens => show(&demo, &[]).await,
            (Ok(()), None) => return told(&demo, &here),
        };
        let ended = end(&here).await;
        if is_temporary {
            demo.remove().map_err(refused)?;
        }
        let exit = shown?;
        ended?;
        Ok(exit)
    })
}

/// Makes folders and sessions; waits for their states if they are to be seen at once.
async fn make(demo: &Demo, here: &Context, whole: bool) -> Result<(), Failure> {
    let making = demo.clone();
    let made = tokio::task::spawn_blocking(move || making.make()).await;
    made.map_err(|error| Failure::usage(error.to_string()))?
        .map_err(refused)?;
    let client = Client::connect_or_start(&here.paths()?).await?;
    let mut ids = Vec::new();
    for (session, body) in demo.sessions(&launch::environment()) {
        client.carry_out(body).await?;
        ids.push(session);
    }
    let profile = Profile::open(&here.paths()?.data);
    let stored = profile.store("layout", &demo.layout(&ids));
    stored.map_err(|error| Failure::new(Exit::OUTPUT, error.to_string()))?;
    if whole {
        let came = tokio::time::timeout(WHOLE_WITHIN, async {
            let mut changes = client.watch_list()?;
            while !demo::is_whole(&client.list().await?) {
                // It ends with the client, which then says why.
                changes.next().await;
            }
            Ok::<_, Failure>(())
        });
        match came.await {
            Ok(came) => came?,
            Err(_) => output::note("not every session has come into its state yet"),
        }
    }
    client.close().await;
    Ok(())
}

/// Draws the pictures of the tour.
async fn draw(demo: &Demo, folder: &Path) -> Result<Exit, Failure> {
    let folder = std::path::absolute(folder);
    let folder = folder.map_err(|error| Failure::usage(error.to_string()))?;
    std::fs::create_dir_all(&folder).map_err(|error| {
        let text = format!("{} cannot be made: {error}", folder.display());
        Failure::new(Exit::OUTPUT, text)
    })?;
    for picture in demo::PICTURES {
        let out = folder.join(format!("{}.png", picture.name));
        let out = out.to_string_lossy();
        let mut words = vec!["shot", "--out", &*out, "--theme", picture.theme];
        words.extend(picture.commands.iter().flat_map(|id| ["--do", id]));
        let exit = show(demo, &words).await?;
        if exit != Exit::SUCCESS {
            return Ok(exit);
        }
    }
    Ok(Exit::SUCCESS)
}

/// Runs this program on the demonstration until it ends, or until this command is asked to end; without
/// words it is the window.
async fn show(demo: &Demo, words: &[&str]) -> Result<Exit, Failure> {
    let started =
        |error| Failure::new(Exit::START, format!("the window cannot be opened: {error}"));
    let program = std::env::current_exe().map_err(started)?;
    let mut children = signal(SignalKind::child()).map_err(started)?;
    let window = Command::new(program)
        .args(demo.arguments())
        .args(words)
        .env("HOME", demo.home())
        .current_dir(demo.home())
        .stdin(Stdio::null())
        .spawn()
        .map_err(started)?;
    let mut window = Ending(window);
    let mut asked = signal(SignalKind::terminate()).map_err(started)?;
    let mut hung_up = signal(SignalKind::hangup()).map_err(started)?;
    loop {
        if let Some(status) = window.0.try_wait().map_err(started)? {
            let signal = status.signal().unwrap_or(0);
            return Ok(Exit::mirrored(status.code(), signal));
        }
        tokio::select! {
            _ = children.recv() => {}
            _ = tokio::signal::ctrl_c() => return Ok(Exit::SUCCESS),
            _ = asked.recv() => return Ok(Exit::SUCCESS),
            _ = hung_up.recv() => return Ok(Exit::SUCCESS),
        }
    }
}

/// A window's process, which ends with the value.
struct Ending(Child);

impl Drop for Ending {
    fn drop(&mut self) {
        self.0.kill().ok(); // It may have ended by itself.
        self.0.wait().ok();
    }
}

/// Returns a folder for a demonstration that is not kept; it is not there yet.
fn temporary() -> PathBuf {
    let name = format!("agor-demo-{}", launch::session_id());
    std::env::temp_dir().join(name)
}

/// Ends its host and all that runs in it.
async fn end(here: &Context) -> Result<(), Failure> {
    match stop_host::stop(here, false).await {
        Err(failure) if failure.exit() == Exit::NO_HOST => Ok(()),
        done => done,
    }
}

/// Says how a demonstration without a window is seen and ended.
fn told(demo: &Demo, here: &Context) -> Result<Exit, Failure> {
    let words = demo.arguments();
    let quoted = |word: &PathBuf| {
        let word = word.to_string_lossy();
        match word.contains([' ', '"', '$', '\'']) {
            true => format!("'{}'", word.replace('\'', "'\\''")),
            false => word.into_owned(),
        }
    };
    let profile = words.iter().map(quoted).collect::<Vec<_>>().join(" ");
    if here.json {
        let words: Vec<_> = words.iter().map(|word| word.to_string_lossy()).collect();
        output::json(&serde_json::json!({ "folder": demo.root(), "arguments": words }))?;
    } else {
        let name = here.program.name;
        output::line(format!("to see it:  {name} {profile}"))?;
        output::line(format!("to end it:  {name} {profile} stop-host"))?;
    }
    Ok(Exit::SUCCESS)
}

fn refused(error: DemoError) -> Failure {
    match error {
        DemoError::Occupied(_) => Failure::usage(error.to_string()),
        _ => Failure::new(Exit::OUTPUT, error.to_string()),
    }
}
