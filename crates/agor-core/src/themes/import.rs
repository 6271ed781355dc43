//! Themes of other programs: each form has a file that reads its colours, from which the rest is derived, and writes
//! them.

mod base16;
mod ghostty;
mod iterm2;
mod windows_terminal;

use super::{ANSI, Color, Seed, Theme};

/// A form in which other programs keep their themes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// iTerm2's `.itermcolors`: a property list.
    Iterm2,
    /// base16, in YAML.
    Base16,
    /// A scheme of Windows Terminal, in JSON.
    WindowsTerminal,
    /// Ghostty's.
    Ghostty,
}

/// A text that is no theme of a form that is known.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ImportError {
    /// It has none of the forms.
    #[error(
        "this is no theme that can be read: iTerm2 (.itermcolors), base16 (YAML), Windows Terminal \
         (JSON) and Ghostty can"
    )]
    NoForm,
    /// The form is known, and something does not keep to it.
    #[error("line {line}: {reason}")]
    Damaged {
        /// From 1.
        line: usize,
        /// What is wrong.
        reason: String,
    },
    /// A colour is not said.
    #[error("{0} is missing")]
    Missing(String),
}

/// A theme as it was found.
#[derive(Debug, Clone, PartialEq)]
struct Found {
    name: Option<String>,
    author: Option<String>,
    seed: Seed,
}

impl Form {
    /// Returns the form that a text has, by what it holds.
    #[must_use]
    pub fn of(text: &str) -> Option<Self> {
        let begin = text.trim_start_matches('\u{feff}').trim_start();
        let has = |key: &str| text.lines().any(|line| line.trim_start().starts_with(key));
        if begin.starts_with('<') {
            Some(Self::Iterm2)
        } else if begin.starts_with('{') || begin.starts_with('[') {
            Some(Self::WindowsTerminal)
        } else if has("base00:") {
            Some(Self::Base16)
        } else if has("palette") || has("background") {
            Some(Self::Ghostty)
        } else {
            None
        }
    }

    /// Every form.
    pub const ALL: [Self; 4] = [
        Self::Iterm2,
        Self::Base16,
        Self::WindowsTerminal,
        Self::Ghostty,
    ];

    /// Returns what the command line calls it.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Iterm2 => "iterm2",
            Self::Base16 => "base16",
            Self::WindowsTerminal => "windows-terminal",
            Self::Ghostty => "ghostty",
        }
    }

    /// Returns what a person calls it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Iterm2 => "iTerm2",
            Self::Base16 => "base16",
            Self::WindowsTerminal => "Windows Terminal",
            Self::Ghostty => "Ghostty",
        }
    }
}

/// Returns the theme of a text of another program, which is called `name` unless it says its own.
///
/// # Errors
/// An [`ImportError`] that names what is wrong.
pub fn import(text: &str, id: &str, name: &str) -> Result<(Form, Theme), ImportError> {
    let form = Form::of(text).ok_or(ImportError::NoForm)?;
    let found = match form {
        Form::Iterm2 => iterm2::read(text),
        Form::Base16 => base16::read(text),
        Form::WindowsTerminal => windows_terminal::read(text),
        Form::Ghostty => ghostty::read(text),
    }?;
    let own = found.name.filter(|name| !name.trim().is_empty());
    let mut theme = Theme::of_seed(id, own.as_deref().unwrap_or(name), &found.seed);
    theme.source = found.author;
    Ok((form, theme))
}

/// Returns a theme in the form of another program: the terminal's colours, of which [`import`] makes the same again as
/// far as the form has them. base16 has one of each hue and no colour for the cursor.
#[must_use]
pub fn export(theme: &Theme, form: Form) -> String {
    let tokens = &theme.tokens;
    let seed = Seed {
        background: tokens.pane,
        foreground: tokens.text,
        cursor: Some(tokens.cursor.over(tokens.pane)),
        selection: Some(tokens.selection.over(tokens.pane)),
        ansi: theme.ansi,
    };
    match form {
        Form::Iterm2 => iterm2::write(&seed),
        Form::Base16 => base16::write(theme, &seed),
        Form::WindowsTerminal => windows_terminal::write(&theme.name, &seed),
        Form::Ghostty => ghostty::write(&seed),
    }
}

/// Returns the colours of a seed beside the terminal's 16, in the order of `names`: ground, text, cursor, selection.
fn others<'a>(seed: &Seed, names: [&'a str; 4]) -> impl Iterator<Item = (&'a str, Color)> {
    let colors = [
        Some(seed.background),
        Some(seed.foreground),
        seed.cursor,
        seed.selection,
    ];
    let named = names.into_iter().zip(colors);
    named.filter_map(|(name, color)| Some((name, color?)))
}

/// A line and what stands in it, as `key` and `value`.
fn pairs(text: &str, between: char) -> impl Iterator<Item = (usize, &str, &str)> {
    let lines = text.lines().enumerate();
    lines.filter_map(move |(at, line)| {
        let line = line.trim();
        let (key, value) = line.split_once(between)?;
        (!line.starts_with('#')).then(|| (at + 1, key.trim(), value.trim()))
    })
}

/// Reads a colour that stands in `line`.
fn color(line: usize, text: &str) -> Result<Color, ImportError> {
    let text = text.trim_matches(['"', '\'']);
    let text = text.strip_prefix("0x").unwrap_or(text);
    text.parse()
        .map_err(|error: super::NoColor| ImportError::Damaged {
            line,
            reason: error.to_string(),
        })
}

/// Returns colours of which none may be missing; `name` says what the one of a number is called.
fn whole(
    colors: [Option<Color>; ANSI],
    name: impl Fn(usize) -> String,
) -> Result<[Color; ANSI], ImportError> {
    let missing = colors.iter().position(Option::is_none);
    match missing {
        Some(at) => Err(ImportError::Missing(name(at))),
        None => Ok(colors.map(|color| color.unwrap_or(Color::BLACK))),
    }
}
