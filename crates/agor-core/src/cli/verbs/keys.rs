//! `keys`: what the keys of the window do, and from where that is.

use std::io::Read;
use std::path::{Path, PathBuf};

use super::super::context::Context;
use super::super::exit::Exit;
use super::super::failure::Failure;
use super::super::output;
use super::super::window::{KeySettings, Keys, Window};
use super::settings::folder;
use crate::config::Loaded;
use crate::keybindings;
use crate::paths::Paths;

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Say what counts in the project in this folder
    #[arg(long, value_name = "DIR")]
    project: Option<PathBuf>,
    #[command(subcommand)]
    what: Option<What>,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// List every command with its keys
    List,
    /// Say what keys do in each place, what else would use them, and where that is written
    Explain {
        /// Such as ctrl+b, or "ctrl+space d"
        keys: String,
    },
    /// Add the keys of a file to your own
    Import {
        /// The file, in the shape of keybindings.json; - is standard input
        file: PathBuf,
    },
    /// Print your own keys, as they stand in keybindings.json
    Export,
}

pub fn run(arguments: Arguments, context: &Context) -> Result<Exit, Failure> {
    let Some(Window { keys, .. }) = context.program.window else {
        return Err(Failure::usage("agord has no window: use `agor keys`"));
    };
    let paths = context.paths()?;
    match &arguments.what {
        Some(What::Import { file }) => return import(&paths, file, keys, context.json),
        Some(What::Export) => {
            let text = keybindings::export(&paths).map_err(wrong)?;
            output::bytes(text.as_bytes())?;
            return Ok(Exit::SUCCESS);
        }
        _ => {}
    }
    let loaded = Loaded::read(&paths);
    let folder = arguments.project.as_deref().map(folder).transpose()?;
    let rules = keybindings::read(&paths);
    let damaged = rules.as_ref().err().cloned();
    for complaint in loaded.complaints().into_iter().chain(damaged) {
        output::note(&complaint);
    }
    let settings = KeySettings {
        window: loaded.config.window,
        rules: keybindings::counting(
            &rules.unwrap_or_default(),
            &loaded.config.layers,
            folder.as_deref(),
        ),
    };
    let asked = match &arguments.what {
        Some(What::Explain { keys }) => Some(keys.as_str()),
        _ => None,
    };
    let told = keys(&settings, asked).map_err(Failure::usage)?;
    for complaint in &told.complaints {
        output::note(complaint);
    }
    if context.json {
        output::json(&told.rows)?;
        return Ok(Exit::SUCCESS);
    }
    for sentence in &told.sentences {
        output::line(sentence)?;
    }
    if told.rows.is_empty() {
        return Ok(Exit::SUCCESS);
    }
    let heads = ["KEYS", "COMMAND", "WHERE", "FROM", ""];
    let mut table = vec![heads.map(str::to_owned).to_vec()];
    for row in &told.rows {
        table.push(vec![
            row.keys.clone(),
            row.command.clone(),
            row.place.clone(),
            row.from.clone(),
            row.shadowed_by
                .as_ref()
                .map_or_else(String::new, |by| format!("not used: {by}")),
        ]);
    }
    output::table(&table)?;
    Ok(Exit::SUCCESS)
}

/// Adds the keys of a file to the person's own.
fn import(paths: &Paths, file: &Path, keys: Keys, json: bool) -> Result<Exit, Failure> {
    let unreadable = |error: std::io::Error| {
        Failure::usage(format!("{} cannot be read: {error}", file.display()))
    };
    let mut text = String::new();
    if file == Path::new("-") {
        let read = std::io::stdin().read_to_string(&mut text);
        read.map_err(unreadable)?;
    } else {
        text = std::fs::read_to_string(file).map_err(unreadable)?;
    }
    let imported = keybindings::import(paths, &text, |rule| {
        let alone = KeySettings {
            rules: vec![rule.clone()],
            ..KeySettings::default()
        };
        match keys(&alone, None)?.complaints.into_iter().next() {
            Some(complaint) => Err(complaint),
            None => Ok(()),
        }
    })
    .map_err(wrong)?;
    for complaint in &imported.wrong {
        output::note(complaint);
    }
    if json {
        let (added, known, wrong) = (imported.added, imported.known, &imported.wrong);
        output::json(&serde_json::json!({ "added": added, "known": known, "wrong": wrong }))?;
    } else {
        output::line(imported.sentence())?;
    }
    Ok(match imported.wrong.is_empty() {
        true => Exit::SUCCESS,
        false => Exit::PROBLEM,
    })
}

fn wrong(sentence: String) -> Failure {
    Failure::new(Exit::PROBLEM, sentence)
}
