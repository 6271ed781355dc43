//! `theme`: the themes that can be chosen, and those of other programs.

use std::path::{Path, PathBuf};

use super::super::context::Context;
use super::super::exit::Exit;
use super::super::failure::Failure;
use super::super::output;
use crate::themes::{self, Form, Loaded, Present, SaveError};

/// What the command line calls our own form.
const OWN: &str = "agor";

/// Returns the forms in which themes are printed.
fn forms() -> clap::builder::PossibleValuesParser {
    let others = Form::ALL.map(Form::id);
    std::iter::once(OWN)
        .chain(others)
        .collect::<Vec<_>>()
        .into()
}

#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(subcommand)]
    act: Act,
}

#[derive(Debug, clap::Subcommand)]
enum Act {
    /// List the themes that can be chosen
    List,
    /// Make a theme of one of iTerm2, base16, Windows Terminal or Ghostty
    Import {
        /// The other program's file
        file: PathBuf,
        /// What settings call it [default: the file's name]
        #[arg(long, value_name = "NAME")]
        name: Option<String>,
        /// Put it in the place of one of yours that has the name
        #[arg(long)]
        replace: bool,
    },
    /// Print a theme as a file, to be changed and put into the folder of your own, or for another program
    Export {
        /// The theme
        name: String,
        /// The form
        #[arg(long = "as", value_name = "FORM", default_value = OWN, value_parser = forms())]
        form: String,
    },
}

/// A theme, as it is listed.
#[derive(Debug, serde::Serialize)]
struct Row<'a> {
    id: &'a str,
    name: &'a str,
    appearance: &'static str,
    source: Option<&'a str>,
}

pub fn run(arguments: Arguments, context: &Context) -> Result<Exit, Failure> {
    let folder = context.paths()?.themes_folder();
    match arguments.act {
        Act::List => list(&folder, context),
        Act::Export { name, form } => {
            let loaded = read(&folder);
            let theme = loaded.themes.iter().find(|theme| *theme.id == *name);
            let theme = theme.ok_or_else(|| unknown(&name))?;
            let form = Form::ALL.into_iter().find(|known| known.id() == form);
            let text = match form {
                Some(form) => themes::export(theme, form),
                None => theme.to_toml(),
            };
            output::bytes(text.as_bytes())?;
            Ok(Exit::SUCCESS)
        }
        Act::Import {
            file,
            name,
            replace,
        } => import(&file, name, replace, &folder, context),
    }
}

/// Returns the failure of a name that no theme has.
pub fn unknown(name: &str) -> Failure {
    Failure::usage(format!(
        "there is no theme {name:?}: `agor theme list` lists them"
    ))
}

fn read(folder: &Path) -> Loaded {
    let loaded = Loaded::read(folder);
    for complaint in &loaded.complaints {
        output::note(complaint);
    }
    loaded
}

fn list(folder: &Path, context: &Context) -> Result<Exit, Failure> {
    let loaded = read(folder);
    let rows = loaded.themes.iter().map(|theme| Row {
        id: &theme.id,
        name: &theme.name,
        appearance: if theme.light { "light" } else { "dark" },
        source: theme.source.as_deref(),
    });
    let rows: Vec<_> = rows.collect();
    if context.json {
        output::json(&rows)?;
        return Ok(Exit::SUCCESS);
    }
    let mut table = vec![["ID", "NAME", "", "SOURCE"].map(str::to_owned).to_vec()];
    for row in rows {
        let source = output::harmless(row.source.unwrap_or_default());
        table.push(vec![
            row.id.to_owned(),
            output::harmless(row.name),
            row.appearance.to_owned(),
            source,
        ]);
    }
    output::table(&table)?;
    Ok(Exit::SUCCESS)
}

fn import(
    file: &Path,
    name: Option<String>,
    replace: bool,
    folder: &Path,
    context: &Context,
) -> Result<Exit, Failure> {
    let stem = file.file_stem().and_then(|stem| stem.to_str());
    let stem = stem.unwrap_or_default().to_owned();
    let id = themes::id_of(name.as_deref().unwrap_or(&stem));
    if id.is_empty() || id == themes::SYSTEM {
        return Err(Failure::usage(
            "the file's name makes no name for a theme: give one with --name",
        ));
    }
    let text = themes::text_of(file).map_err(|error| Failure::usage(error.to_string()))?;
    let (form, theme) = themes::import(&text, &id, name.as_deref().unwrap_or(&stem))
        .map_err(|error| Failure::usage(format!("{}: {error}", file.display())))?;
    let present = match replace {
        true => Present::Goes,
        false => Present::Stays,
    };
    let path = themes::save(folder, &theme, present).map_err(|error| match error {
        SaveError::Unwritable { .. } => Failure::new(Exit::OUTPUT, error.to_string()),
        SaveError::Present(_) => {
            Failure::usage(format!("{error}: give another --name, or --replace"))
        }
        SaveError::NoName(_) => Failure::usage(error.to_string()),
    })?;
    for hard in theme.hard_to_read() {
        output::note(hard);
    }
    if context.json {
        let file = path.display().to_string();
        output::json(&serde_json::json!({ "id": id, "file": file, "form": form.name() }))?;
    } else {
        let (form, path) = (form.name(), path.display());
        output::line(format!(
            "{id} ({form}) is in {path}; choose it with \"Theme…\", or with theme = \"{id}\" in the settings"
        ))?;
    }
    Ok(Exit::SUCCESS)
}
