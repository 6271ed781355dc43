//! `settings`: every setting, what holds of it, and where that was said.

use std::path::{Path, PathBuf};

use super::super::context::Context;
use super::super::exit::Exit;
use super::super::failure::Failure;
use super::super::output;
use crate::config::schema::{Level, SETTINGS, Setting};
use crate::config::{For, Layers, Loaded, Origin, edit};
use crate::paths::CONFIG;

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Show what holds in the project in this folder
    #[arg(long, value_name = "DIR")]
    project: Option<PathBuf>,
    /// Show what holds in the group of this id
    #[arg(long, value_name = "ID", conflicts_with = "project")]
    group: Option<String>,
    /// Show what holds for this session
    #[arg(long, value_name = "SESSION", conflicts_with_all = ["project", "group"])]
    session: Option<String>,
    /// Say a setting in your file, for all, the project, the group or the session: KEY=VALUE, or KEY= to unsay it
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Print the documentation of every setting, in Markdown
    #[arg(long, conflicts_with_all = ["project", "group", "session", "set"])]
    markdown: bool,
}

/// A setting, as it is printed.
#[derive(Debug, serde::Serialize)]
struct Row {
    key: &'static str,
    value: serde_json::Value,
    origin: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    project: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    group: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    session: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<usize>,
    counts: &'static str,
    doc: &'static str,
}

pub fn run(arguments: Arguments, context: &Context) -> Result<Exit, Failure> {
    if arguments.markdown {
        output::bytes(crate::config::schema::documentation().as_bytes())?;
        return Ok(Exit::SUCCESS);
    }
    let folder = arguments.project.as_deref().map(folder).transpose()?;
    let session = match &arguments.session {
        Some(named) => Some(context.block_on(async {
            let client = context.client().await?;
            let info = context.session(&client, named).await?;
            Ok((info.id.to_string(), info.folder))
        })?),
        None => None,
    };
    let of = match (&folder, &arguments.group, &session) {
        (Some(folder), ..) => For::Project(folder),
        (None, Some(id), _) => For::Group(id),
        (None, None, Some((session, folder))) => For::Session { session, folder },
        (None, None, None) => For::All,
    };
    let paths = context.paths()?;
    for wish in &arguments.set {
        let (setting, value) = read(wish)?;
        edit::set(&paths, setting, of, value.as_ref())
            .map_err(|error| Failure::usage(error.to_string()))?;
    }
    let loaded = Loaded::read(&paths);
    for complaint in loaded.complaints() {
        output::note(complaint);
    }
    let layers = &loaded.config.layers;
    if context.json {
        let rows: Vec<_> = shown(of).map(|row| row_of(row, layers, of)).collect();
        output::json(&rows)?;
    } else {
        let mut table = vec![["SETTING", "VALUE", "FROM"].map(str::to_owned).to_vec()];
        for setting in shown(of) {
            let (value, origin) = layers.holds(setting, of);
            let value = value.map_or_else(|| setting.unset.to_owned(), |value| value.to_string());
            table.push(vec![
                setting.key.to_owned(),
                output::harmless(&value),
                words(&origin),
            ]);
        }
        output::table(&table)?;
    }
    Ok(if loaded.error.is_some() {
        Exit::PROBLEM
    } else {
        Exit::SUCCESS
    })
}

/// Returns the settings that mean something for all, a group, a project or a session.
fn shown(of: For<'_>) -> impl Iterator<Item = &'static Setting> {
    let own = |setting: &Setting| setting.level >= Level::Folder;
    let is_shown = move |setting: &&Setting| match of {
        For::Session { .. } => of.may_say(setting),
        _ => !own(setting) || of.may_say(setting),
    };
    SETTINGS.iter().filter(is_shown)
}

/// Returns a project's folder as settings name it.
pub fn folder(path: &Path) -> Result<String, Failure> {
    let whole = std::path::absolute(path).map_err(|error| Failure::usage(error.to_string()))?;
    let text = whole
        .to_str()
        .ok_or_else(|| Failure::usage("the folder's name is not UTF-8"))?;
    let plain = text.trim_end_matches('/');
    Ok(if plain.is_empty() { "/" } else { plain }.to_owned())
}

/// Reads `KEY=VALUE`: the value as a file has it, quotes left out if one likes.
fn read(wish: &str) -> Result<(&'static Setting, Option<crate::config::Value>), Failure> {
    let (key, value) = wish
        .split_once('=')
        .ok_or_else(|| Failure::usage(format!("{wish:?} is not KEY=VALUE")))?;
    let setting = crate::config::schema::setting(key.trim()).ok_or_else(|| {
        Failure::usage(format!(
            "there is no setting {key:?}: `agor settings` lists them"
        ))
    })?;
    if value.trim().is_empty() {
        return Ok((setting, None));
    }
    let value = setting.read(value.trim()).map_err(Failure::usage)?;
    Ok((setting, Some(value)))
}

fn row_of(setting: &'static Setting, layers: &Layers, of: For<'_>) -> Row {
    let (value, origin) = layers.holds(setting, of);
    let (mut project, mut group, mut session) = (None, None, None);
    let (origin, line) = match origin {
        Origin::Default => ("default", None),
        Origin::User { line } => ("user", Some(line)),
        Origin::Group { id, line } => {
            group = Some(id);
            ("group", Some(line))
        }
        Origin::Project { folder, line } => {
            project = Some(folder);
            ("project", Some(line))
        }
        Origin::Session { id, line } => {
            session = Some(id);
            ("session", Some(line))
        }
    };
    Row {
        key: setting.key,
        value: value.map_or(serde_json::Value::Null, |value| value.to_json()),
        origin,
        project,
        group,
        session,
        line,
        counts: setting.counts.words(),
        doc: setting.doc,
    }
}

/// Says in words where a value comes from.
fn words(origin: &Origin) -> String {
    match origin {
        Origin::Default => "default".into(),
        Origin::User { line } => format!("{CONFIG}:{line}"),
        Origin::Group { id, line } => format!("{CONFIG}:{line}, for the group {id}"),
        Origin::Project { folder, line } => format!("{CONFIG}:{line}, for {folder}"),
        Origin::Session { line, .. } => format!("{CONFIG}:{line}, for the session"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Value;

    #[test]
    fn a_wish_is_read_with_quotes_or_without() {
        let value = |wish| read(wish).unwrap().1;
        assert_eq!(value("window.theme=nord").unwrap().to_string(), "nord");
        assert_eq!(
            value("shell=\"/bin/sh\""),
            Some(Value::Text("/bin/sh".into()))
        );
        assert_eq!(value("window.ligatures=false"), Some(Value::Bool(false)));
        assert_eq!(
            value("notifications.on=[\"done\"]"),
            Some(Value::List(vec!["done".into()]))
        );
        assert_eq!(value("shell="), None);
        for wrong in [
            "shell",
            "nonsense=1",
            "window.ligatures=maybe",
            "agents.stall_secs=1",
        ] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
