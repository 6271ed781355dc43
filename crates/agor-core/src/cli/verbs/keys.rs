//! `keys`: what the keys of the window do, and from where that is.

use super::super::context::Context;
use super::super::exit::Exit;
use super::super::failure::Failure;
use super::super::output;
use super::super::window::{KeySettings, Window};
use crate::config::Loaded;
use crate::keybindings;

#[derive(Debug, clap::Args)]
pub struct Arguments {
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
}

pub fn run(arguments: Arguments, context: &Context) -> Result<Exit, Failure> {
    let Some(Window { keys, .. }) = context.program.window else {
        return Err(Failure::usage("agord has no window: use `agor keys`"));
    };
    let paths = context.paths()?;
    let loaded = Loaded::read(&paths);
    let rules = keybindings::read(&paths);
    let damaged = rules.as_ref().err().cloned();
    for complaint in loaded.complaints().into_iter().chain(damaged) {
        output::note(&complaint);
    }
    let settings = KeySettings {
        window: loaded.config.window,
        rules: rules.unwrap_or_default(),
    };
    let asked = match &arguments.what {
        Some(What::Explain { keys }) => Some(keys.as_str()),
        Some(What::List) | None => None,
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
