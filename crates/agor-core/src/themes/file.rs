//! A theme's file: TOML with `name`, `appearance`, `source`, the table `tokens` and the list `ansi`.
//! `tokens.pane`, `tokens.text` and `ansi` must be there; what else is left out is derived from them.

use std::io;
use std::path::{Path, PathBuf};

use agor_proto::limits;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{ANSI, Color, SYSTEM, Seed, TOKENS, Theme};
use crate::config::{position, quoted};

/// A theme's file that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ThemeError {
    /// It is not what a theme's file is.
    #[error("{} is damaged in line {line}, column {column}: {reason}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// From 1.
        line: usize,
        /// From 1.
        column: usize,
        /// What is wrong.
        reason: String,
    },
    /// It cannot be read.
    #[error("{} cannot be read: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// No theme is so large.
    #[error("{} is larger than the {} bytes that a theme may have", path.display(), limits::THEME_FILE_MAX)]
    TooLarge {
        /// The file.
        path: PathBuf,
    },
    /// Its name means something else.
    #[error("{} needs another name: {SYSTEM:?} in the settings means what the desktop has", path.display())]
    Reserved {
        /// The file.
        path: PathBuf,
    },
}

/// What a file says.
#[derive(Debug)]
pub struct Read {
    /// The theme.
    pub theme: Theme,
    /// What in it is ignored, in sentences.
    pub complaints: Vec<String>,
}

/// A place in the file, in bytes, and what is wrong there.
struct Wrong(usize, String);

/// Reads the text of the theme `id`; `path` is what it is called in complaints.
pub fn read(id: &str, path: &Path, text: &str) -> Result<Read, ThemeError> {
    if id == SYSTEM {
        return Err(ThemeError::Reserved {
            path: path.to_owned(),
        });
    }
    let damaged = |Wrong(at, reason)| {
        let (line, column) = position(text, at);
        ThemeError::Damaged {
            path: path.to_owned(),
            line,
            column,
            reason,
        }
    };
    let document = DeTable::parse(text).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        let reason = error.message().lines().collect::<Vec<_>>().join(", ");
        damaged(Wrong(at, reason))
    })?;
    let mut written = Written::default();
    written.take(document.get_ref()).map_err(damaged)?;
    let complaints = written.unknown.iter().map(|(at, name)| {
        let (line, _) = position(text, *at);
        let path = path.display();
        format!("{path}: this release knows no {name:?} in a theme (line {line}); it is ignored")
    });
    let complaints = complaints.collect();
    let theme = written.theme(id).map_err(damaged)?;
    Ok(Read { theme, complaints })
}

/// What stands in a file.
#[derive(Default)]
struct Written {
    name: Option<String>,
    light: Option<bool>,
    source: Option<String>,
    tokens: Vec<(&'static str, Color)>,
    /// Where the table of tokens begins.
    tokens_at: usize,
    ansi: Option<[Color; ANSI]>,
    /// Where names stand that are not known.
    unknown: Vec<(usize, String)>,
}

impl Written {
    fn take(&mut self, document: &DeTable<'_>) -> Result<(), Wrong> {
        for (key, value) in document {
            let at = value.span().start;
            match key.get_ref().as_ref() {
                "name" => self.name = Some(text(value)?.to_owned()),
                "source" => self.source = Some(text(value)?.to_owned()),
                "appearance" => {
                    self.light = Some(match text(value)? {
                        "light" => true,
                        "dark" => false,
                        other => {
                            let reason =
                                format!("appearance is \"light\" or \"dark\", not {other:?}");
                            return Err(Wrong(at, reason));
                        }
                    });
                }
                "tokens" => {
                    let DeValue::Table(tokens) = value.get_ref() else {
                        return Err(Wrong(at, "tokens is a table of colours".into()));
                    };
                    self.tokens_at = at;
                    self.take_tokens(tokens)?;
                }
                "ansi" => self.ansi = Some(ansi(value)?),
                other => self.unknown.push((key.span().start, other.to_owned())),
            }
        }
        Ok(())
    }

    fn take_tokens(&mut self, tokens: &DeTable<'_>) -> Result<(), Wrong> {
        for (key, value) in tokens {
            let known = TOKENS
                .iter()
                .find(|(name, _)| *name == key.get_ref().as_ref());
            match known {
                Some((name, _)) => self.tokens.push((name, color(value)?)),
                None => {
                    let name = format!("tokens.{}", key.get_ref());
                    self.unknown.push((key.span().start, name));
                }
            }
        }
        Ok(())
    }

    fn theme(self, id: &str) -> Result<Theme, Wrong> {
        let said = |name: &str| {
            let mut tokens = self.tokens.iter();
            tokens
                .find(|(known, _)| *known == name)
                .map(|(_, color)| *color)
        };
        let needed = |name: &str| {
            said(name).ok_or_else(|| {
                let reason = format!(
                    "a theme says at least tokens.pane, tokens.text and ansi; {name} is missing"
                );
                Wrong(self.tokens_at, reason)
            })
        };
        let seed = Seed {
            background: needed("pane")?,
            foreground: needed("text")?,
            cursor: said("cursor"),
            selection: said("selection"),
            ansi: self
                .ansi
                .ok_or_else(|| Wrong(0, format!("the list ansi of {ANSI} colours is missing")))?,
        };
        let mut tokens = seed.tokens();
        for (name, color) in &self.tokens {
            if let Some(token) = tokens.get_mut(name) {
                *token = *color;
            }
        }
        Ok(Theme {
            id: id.into(),
            name: self
                .name
                .filter(|name| !name.trim().is_empty())
                .unwrap_or_else(|| id.to_owned()),
            light: self.light.unwrap_or_else(|| seed.is_light()),
            source: self.source,
            tokens,
            ansi: seed.ansi,
        })
    }
}

fn text<'a>(value: &'a Spanned<DeValue<'_>>) -> Result<&'a str, Wrong> {
    match value.get_ref() {
        DeValue::String(text) => Ok(text),
        _ => Err(Wrong(
            value.span().start,
            "a text in quotes belongs here".into(),
        )),
    }
}

fn color(value: &Spanned<DeValue<'_>>) -> Result<Color, Wrong> {
    let wrong = |error: super::NoColor| Wrong(value.span().start, error.to_string());
    text(value)?.parse().map_err(wrong)
}

fn ansi(value: &Spanned<DeValue<'_>>) -> Result<[Color; ANSI], Wrong> {
    let wrong = |count: usize| {
        let reason = format!("ansi is a list of {ANSI} colours, and here are {count}");
        Wrong(value.span().start, reason)
    };
    let DeValue::Array(list) = value.get_ref() else {
        return Err(wrong(0));
    };
    let colors: Vec<_> = list.iter().map(color).collect::<Result<_, _>>()?;
    colors
        .try_into()
        .map_err(|colors: Vec<_>| wrong(colors.len()))
}

impl Theme {
    /// Returns the theme as its file has it.
    #[must_use]
    pub fn to_toml(&self) -> String {
        let appearance = if self.light { "light" } else { "dark" };
        let mut out = format!(
            "name = {}\nappearance = \"{appearance}\"\n",
            quoted(&self.name)
        );
        if let Some(source) = &self.source {
            out.push_str(&format!("source = {}\n", quoted(source)));
        }
        out.push_str("ansi = [\n");
        for line in self.ansi.chunks(8) {
            let line: Vec<_> = line.iter().map(|color| format!("\"{color}\"")).collect();
            out.push_str(&format!("  {},\n", line.join(", ")));
        }
        out.push_str("]\n\n[tokens]\n");
        for (name, _) in TOKENS {
            if let Some(color) = self.tokens.get(name) {
                out.push_str(&format!("{name} = \"{color}\"\n"));
            }
        }
        out
    }
}
