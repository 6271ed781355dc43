//! Themes as data: 26 tokens and a terminal's 16 colours. Those that come with agor, those that a
//! person has in `themes/` beside their settings, and those of other programs. What is drawn with a
//! token is the window's business.

mod color;
mod derive;
mod file;
mod import;
mod save;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::{fs, io};

use agor_proto::limits;

pub use color::{Color, NoColor};
pub use derive::{Seed, TEXT_CONTRAST};
pub use file::ThemeError;
pub use import::{Form, ImportError, export, import};
pub use save::{Present, SaveError, comes_with_agor, id_of, save};

/// Colours of a terminal.
pub const ANSI: usize = 16;

/// The theme of a window of which nobody has said anything, on a dark desktop.
pub const DARK: &str = "dark";

/// As [`DARK`], on a light one.
pub const LIGHT: &str = "light";

/// A name that means whichever of two themes suits the desktop.
pub const SYSTEM: &str = "system";

/// The end of the name of a theme's file.
const ENDING: &str = "toml";

macro_rules! tokens {
    ($($token:ident $doc:literal;)+) => {
        /// The tokens of a theme: what a colour is for, not which one it is.
        #[derive(Debug, Clone, Copy, PartialEq)]
        pub struct Tokens {
            $(#[doc = $doc] pub $token: Color,)+
        }

        /// The tokens' names, each with what it is for.
        pub const TOKENS: &[(&str, &str)] = &[$((stringify!($token), $doc)),+];

        impl Tokens {
            /// Returns the token of this name.
            #[must_use]
            pub fn get(&self, name: &str) -> Option<Color> {
                match name {
                    $(stringify!($token) => Some(self.$token),)+
                    _ => None,
                }
            }

            /// Returns the token of this name, to be changed.
            pub fn get_mut(&mut self, name: &str) -> Option<&mut Color> {
                match name {
                    $(stringify!($token) => Some(&mut self.$token),)+
                    _ => None,
                }
            }
        }
    };
}

tokens! {
    window "Behind everything.";
    panel "Sidebar, bars and headers.";
    pane "Behind a terminal's text.";
    raised "Palette, menus and cards.";
    hover "What the mouse is over.";
    selected "What is chosen in a list.";
    border "Between surfaces.";
    border_focus "Around the focused pane.";
    text "Text, the terminal's too.";
    muted "Text that stands back.";
    faint "Text that is seldom read.";
    shadow "Under raised surfaces.";
    accent "The one colour that calls.";
    accent_muted "The accent as a ground.";
    on_accent "Text on the accent.";
    link "Links.";
    cursor "The terminal's cursor.";
    selection "Behind selected text.";
    search_hit "Behind what was found.";
    search_current "Behind the hit that the search stands at.";
    working "An agent that works.";
    needs_you "An agent that needs you.";
    done "An agent that is done.";
    error "What failed.";
    stalled "Work that stands still.";
    idle "An agent that waits for work.";
}

/// A theme.
#[derive(Debug, Clone, PartialEq)]
pub struct Theme {
    /// What settings call it: the name of its file without its ending.
    pub id: Arc<str>,
    /// What a person reads.
    pub name: String,
    /// Whether text is dark on light.
    pub light: bool,
    /// Whose it is, and under which licence.
    pub source: Option<String>,
    /// The tokens.
    pub tokens: Tokens,
    /// The terminal's colours.
    pub ansi: [Color; ANSI],
}

/// The themes that come with agor, in the order in which they are offered.
const BUILT_IN: &[(&str, &str)] = &[
    (DARK, include_str!("../../../assets/themes/dark.toml")),
    (LIGHT, include_str!("../../../assets/themes/light.toml")),
    (
        "solarized_dark",
        include_str!("../../../assets/themes/solarized_dark.toml"),
    ),
    (
        "solarized_light",
        include_str!("../../../assets/themes/solarized_light.toml"),
    ),
    (
        "gruvbox_dark",
        include_str!("../../../assets/themes/gruvbox_dark.toml"),
    ),
    (
        "gruvbox_light",
        include_str!("../../../assets/themes/gruvbox_light.toml"),
    ),
    (
        "catppuccin_mocha",
        include_str!("../../../assets/themes/catppuccin_mocha.toml"),
    ),
    (
        "catppuccin_latte",
        include_str!("../../../assets/themes/catppuccin_latte.toml"),
    ),
    (
        "rose_pine",
        include_str!("../../../assets/themes/rose_pine.toml"),
    ),
    (
        "rose_pine_dawn",
        include_str!("../../../assets/themes/rose_pine_dawn.toml"),
    ),
    (
        "one_dark",
        include_str!("../../../assets/themes/one_dark.toml"),
    ),
    (
        "one_light",
        include_str!("../../../assets/themes/one_light.toml"),
    ),
    ("nord", include_str!("../../../assets/themes/nord.toml")),
    (
        "tokyo_night",
        include_str!("../../../assets/themes/tokyo_night.toml"),
    ),
    (
        "dracula",
        include_str!("../../../assets/themes/dracula.toml"),
    ),
    (
        "everforest",
        include_str!("../../../assets/themes/everforest.toml"),
    ),
    (
        "kanagawa",
        include_str!("../../../assets/themes/kanagawa.toml"),
    ),
];

/// Returns the built-in theme of this name.
#[must_use]
pub fn built_in(id: &str) -> Option<Theme> {
    let (id, text) = BUILT_IN.iter().find(|(known, _)| *known == id)?;
    // A test reads each of them.
    file::read(id, Path::new(id), text)
        .ok()
        .map(|read| read.theme)
}

/// Returns every built-in theme.
#[must_use]
pub fn all_built_in() -> Vec<Theme> {
    let themes = BUILT_IN.iter().filter_map(|(id, _)| built_in(id));
    themes.collect()
}

/// The themes that can be chosen, and what is wrong with some of a person's own.
#[derive(Debug, Default)]
pub struct Loaded {
    /// Built-in ones first, then the person's by name; one of theirs that has a built-in one's name
    /// stands in its place.
    pub themes: Vec<Theme>,
    /// Sentences about files that cannot be used, and about what in others is ignored.
    pub complaints: Vec<String>,
}

impl Loaded {
    /// Reads the person's own themes in `folder`, which need not be there.
    #[must_use]
    pub fn read(folder: &Path) -> Self {
        let mut loaded = Self {
            themes: all_built_in(),
            complaints: Vec::new(),
        };
        let mut files = match own_files(folder) {
            Ok(files) => files,
            Err(error) => {
                let folder = folder.display();
                let text = format!("the themes in {folder} cannot be read: {error}");
                loaded.complaints.push(text);
                return loaded;
            }
        };
        files.sort();
        if files.len() > limits::OWN_THEMES_MAX {
            let (folder, most) = (folder.display(), limits::OWN_THEMES_MAX);
            let text = format!("{folder} holds more than {most} themes; the first {most} are used");
            loaded.complaints.push(text);
            files.truncate(limits::OWN_THEMES_MAX);
        }
        for path in files {
            loaded.add(&path);
        }
        loaded
    }

    fn add(&mut self, path: &Path) {
        let read = text_of(path).and_then(|text| {
            let id = path.file_stem().and_then(|stem| stem.to_str());
            file::read(id.unwrap_or_default(), path, &text)
        });
        match read {
            Ok(read) => {
                self.complaints.extend(read.complaints);
                let known = self
                    .themes
                    .iter_mut()
                    .find(|known| known.id == read.theme.id);
                match known {
                    Some(known) => *known = read.theme,
                    None => self.themes.push(read.theme),
                }
            }
            Err(error) => self.complaints.push(error.to_string()),
        }
    }
}

/// Returns the text of a file of a theme, of ours or of another program.
///
/// # Errors
/// [`ThemeError::Unreadable`] and [`ThemeError::TooLarge`].
pub fn text_of(path: &Path) -> Result<String, ThemeError> {
    let unreadable = |source| ThemeError::Unreadable {
        path: path.to_owned(),
        source,
    };
    let size = fs::metadata(path).map_err(unreadable)?.len();
    if size > limits::THEME_FILE_MAX {
        return Err(ThemeError::TooLarge {
            path: path.to_owned(),
        });
    }
    fs::read_to_string(path).map_err(unreadable)
}

fn own_files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut files = Vec::new();
    for entry in entries {
        let path = entry?.path();
        let hidden = path
            .file_name()
            .is_none_or(|name| name.as_encoded_bytes().starts_with(b"."));
        if !hidden && path.extension().is_some_and(|ending| ending == ENDING) {
            files.push(path);
        }
    }
    Ok(files)
}

/// A colour that stands out too little from its ground, as WCAG counts it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Faint {
    /// The colour's token.
    pub token: &'static str,
    /// The colour.
    pub color: Color,
    /// The ground's token.
    pub ground: &'static str,
    /// The ground.
    pub under: Color,
    /// Its contrast.
    pub contrast: f32,
    /// The least that reads well.
    pub least: f32,
}

impl std::fmt::Display for Faint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            token,
            color,
            ground,
            under,
            contrast,
            least,
        } = self;
        write!(
            f,
            "{token} ({color}) on {ground} ({under}) has a contrast of {contrast:.1}; {least} is the least that reads well"
        )
    }
}

impl Theme {
    /// Returns a theme that is made from a terminal's colours.
    #[must_use]
    pub fn of_seed(id: &str, name: &str, seed: &Seed) -> Self {
        Self {
            id: id.into(),
            name: name.to_owned(),
            light: seed.is_light(),
            source: None,
            tokens: seed.tokens(),
            ansi: seed.ansi,
        }
    }

    /// Returns what in the theme is hard to read.
    #[must_use]
    pub fn hard_to_read(&self) -> Vec<Faint> {
        let tokens = &self.tokens;
        let on = |ground: &'static str| (ground, tokens.get(ground).unwrap_or(tokens.pane));
        let mut found = Vec::new();
        let mut hold = |name: &'static str, grounds: &[&'static str], least: f32| {
            let Some(color) = tokens.get(name) else {
                return;
            };
            for (ground, under) in grounds.iter().map(|ground| on(ground)) {
                let contrast = color.contrast(under);
                if contrast < least {
                    found.push(Faint {
                        token: name,
                        color,
                        ground,
                        under,
                        contrast,
                        least,
                    });
                }
            }
        };
        for text in ["text", "muted"] {
            hold(
                text,
                &["window", "panel", "pane", "raised", "hover"],
                TEXT_CONTRAST,
            );
        }
        hold("faint", &["panel", "pane"], TEXT_CONTRAST);
        hold("on_accent", &["accent"], TEXT_CONTRAST);
        for state in [
            "working",
            "needs_you",
            "done",
            "error",
            "stalled",
            "idle",
            "link",
        ] {
            hold(state, &["panel", "pane"], TEXT_CONTRAST);
        }
        hold(
            "text",
            &["selected", "selection", "search_hit"],
            TEXT_CONTRAST,
        );
        hold(
            "search_current",
            &[if self.light { "text" } else { "window" }],
            TEXT_CONTRAST,
        );
        hold("border_focus", &["pane"], 3.0);
        found
    }
}

#[cfg(test)]
mod tests;
