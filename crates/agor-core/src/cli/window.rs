//! What the command line says about a window: read here, so that both programs have one command
//! line; done by the program that has a window.

use std::ffi::OsString;
use std::path::PathBuf;

use agor_proto::ids::{SessionId, Size};

use super::again::Again;
use super::exit::Exit;
use super::failure::Failure;
use crate::config::{self, FONT_SIZES, ThemeWish};
use crate::keybindings::Rule;
use crate::paths::Paths;

/// A window, as a program has it.
#[derive(Debug, Clone, Copy)]
pub struct Window {
    /// Opens it and returns when it has been closed.
    pub open: fn(Paths, Opening) -> Result<Closed, Failure>,
    /// Draws it into a picture.
    pub shot: fn(Paths, &Shot) -> Result<Picture, Failure>,
    /// Says what all keys do, or those that are asked for; an error is a sentence about these.
    pub keys: Keys,
}

/// What a window was closed with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Closed {
    /// It is what the program ends with.
    Exit(Exit),
    /// It is opened again.
    Again(Again),
}

/// See [`Window::keys`].
pub type Keys = fn(&KeySettings, Option<&str>) -> Result<ToldKeys, String>;

/// What decides on the keys of a window.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct KeySettings {
    /// The settings of windows.
    pub window: config::Window,
    /// The person's own keys.
    pub rules: Vec<Rule>,
}

/// What keys do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ToldKeys {
    /// What is wrong with the settings.
    pub complaints: Vec<String>,
    /// What the keys that were asked for do.
    pub sentences: Vec<String>,
    /// The keys, one after another.
    pub rows: Vec<KeyRow>,
}

/// Keys of a command.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct KeyRow {
    /// The keys, as they are shown; empty for a command without.
    pub keys: String,
    /// The command's id.
    pub command: String,
    /// The command's name.
    pub title: String,
    /// Where the keys mean it.
    pub place: String,
    /// Who says so.
    pub from: String,
    /// What took the keys away, if they are not used.
    pub shadowed_by: Option<String>,
}

/// A picture, encoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// The PNG's bytes.
    pub png: Vec<u8>,
}

/// How a window is opened.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Opening {
    /// The command of the one pane that it has; else it shows the stored layout.
    pub command: Option<Vec<String>>,
    /// The session that it shows first.
    pub show: Option<SessionId>,
    /// Cells of that pane.
    pub size: Option<Size>,
    /// Points of the terminal's text.
    pub font_size: Option<f32>,
    /// The theme; else the last one that was chosen.
    pub theme: Option<ThemeWish>,
}

/// A picture of the window.
#[derive(Debug, Clone, PartialEq)]
pub struct Shot {
    /// The file.
    pub out: PathBuf,
    /// Its width and height in pixels.
    pub size_px: (u32, u32),
    /// Pixels in a point.
    pub scale: f32,
    /// The theme; else the last one that was chosen.
    pub theme: Option<ThemeWish>,
    /// Commands of the window, by their ids, that are carried out before.
    pub commands: Vec<String>,
}

#[derive(Debug, clap::Args)]
pub struct OpeningArguments {
    /// Run this command in a window of its own, and end with its exit code
    #[arg(
        short = 'e',
        value_name = "CMD",
        num_args = 1..,
        allow_hyphen_values = true
    )]
    execute: Option<Vec<OsString>>,
    /// Show the session with this id first
    #[arg(long, value_name = "ID", conflicts_with = "execute")]
    show: Option<SessionId>,
    /// The size of that command's terminal
    #[arg(long, value_name = "COLSxROWS", requires = "execute")]
    size: Option<Size>,
    /// The size of the window's terminal text, in points
    #[arg(long, value_name = "POINTS", value_parser = font_size)]
    font_size: Option<f32>,
    /// The window's theme, of those that `theme list` lists, or system
    #[arg(long, value_name = "THEME")]
    theme: Option<ThemeWish>,
}

fn font_size(text: &str) -> Result<f32, String> {
    match text.parse() {
        Ok(size) if FONT_SIZES.contains(&size) => Ok(size),
        _ => Err("write a number of points from 4 to 96".into()),
    }
}

impl OpeningArguments {
    /// Returns what the arguments say.
    pub fn read(self) -> Result<Opening, Failure> {
        let text = |argument: OsString| {
            argument.into_string().map_err(|argument| {
                Failure::usage(format!(
                    "an argument is not UTF-8 ({}): agor cannot pass it on yet",
                    argument.to_string_lossy()
                ))
            })
        };
        let command = self
            .execute
            .map(|words| words.into_iter().map(text).collect::<Result<_, _>>());
        Ok(Opening {
            command: command.transpose()?,
            show: self.show,
            size: self.size,
            font_size: self.font_size,
            theme: self.theme,
        })
    }
}

/// Returns a command line that does not show the arguments of a window that its program lacks.
pub fn hide_arguments(command: clap::Command) -> clap::Command {
    ["execute", "show", "size", "font_size", "theme"]
        .into_iter()
        .fold(command, |command, name| {
            command.mut_arg(name, |argument| argument.hide(true))
        })
}
