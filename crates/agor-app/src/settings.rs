//! The page of settings: made from their table, searched by a few letters, each control within reach of the
//! keyboard. It reads copies and says what the person did; who writes the file is the link.

mod controls;
mod fonts;
mod row;
mod sample;
mod typed;
mod view;

use std::collections::BTreeMap;

use agor_core::config::schema::Setting;
use agor_core::config::{For, Layers, Value, Whose};
use agor_render::PaneCache;

use crate::long_list::Heights;
use crate::text::project_name;

pub use view::{Painting, settings_ui};

/// What the page shows.
#[derive(Debug)]
pub struct Known<'a> {
    /// What was said at which level.
    pub layers: &'a Layers,
    /// Why the file is not used, or what in it is not.
    pub complaints: &'a [String],
    /// The folder of the project that is shown.
    pub project: Option<&'a str>,
    /// The id of the group to which it belongs.
    pub group: Option<&'a str>,
    /// The session with the keyboard: its id, its folder and its name.
    pub session: Option<(&'a str, &'a str, &'a str)>,
    /// The theme that was chosen in a window, which goes before what the file says.
    pub chosen_theme: Option<&'a str>,
    /// The agents that are known, by id and name.
    pub agents: &'a [(String, String)],
}

/// See the module.
#[derive(Debug, Default)]
pub struct SettingsPage {
    search: String,
    /// Whether the search has been given the keyboard.
    focused: bool,
    /// Whose settings are shown.
    level: Shown,
    /// The setting among whose names one is being chosen.
    choosing: Option<&'static str>,
    /// What is being typed and not said yet.
    typed: BTreeMap<&'static str, String>,
    /// Why what was typed is not taken.
    wrong: BTreeMap<&'static str, String>,
    fonts: Option<Fonts>,
    /// Whether the list of fonts is to open as soon as the system has told which there are.
    pub awaits_fonts: bool,
    sample: PaneCache,
    heights: Heights<&'static str>,
}

/// Whose settings a page shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Shown {
    /// What stands for all.
    #[default]
    All,
    /// What stands for the group of the project that is shown in the window.
    Group,
    /// What stands for that project.
    Project,
    /// What stands for the session with the keyboard.
    Session,
}

/// The list of fonts, while it is open.
#[derive(Debug)]
pub struct Fonts {
    /// The families, those of equal widths first as far as their names say.
    pub families: Vec<String>,
    /// The one that is tried.
    pub at: usize,
    /// Whether it has moved, and is to be in view.
    moved: bool,
}

/// What the person did.
#[derive(Debug, Clone, PartialEq)]
pub enum Did {
    /// The page is to be closed.
    Close,
    /// A setting is said, or unsaid.
    Say {
        /// Which.
        key: &'static str,
        /// For whom.
        of: Whose,
        /// Its value.
        value: Option<Value>,
    },
    /// A theme is to be chosen for whom.
    ChooseTheme(Whose),
    /// The families of fonts are asked for.
    ListFonts,
    /// Text is to be shown in this family; `None` for what the settings say.
    TryFont(Option<String>),
}

impl<'a> Known<'a> {
    /// Returns for whom the page shows settings; for all where there is no such project or group.
    fn of(&self, page: &SettingsPage) -> For<'a> {
        let of = match page.level {
            Shown::All => None,
            Shown::Group => self.group.map(For::Group),
            Shown::Project => self.project.map(For::Project),
            Shown::Session => {
                let session = self.session;
                session.map(|(session, folder, _)| For::Session { session, folder })
            }
        };
        of.unwrap_or(For::All)
    }

    /// Returns the theme that was chosen in a window, as far as it goes before what is said for `of`.
    fn chosen_theme(&self, of: For<'_>) -> Option<&'a str> {
        let own = matches!(of, For::Session { .. });
        self.chosen_theme.filter(|_| !own)
    }

    /// Returns the levels that can be shown, with their words.
    fn levels(&self) -> Vec<(Shown, String)> {
        let mut levels = vec![(Shown::All, "For all".to_owned())];
        if let Some(id) = self.group {
            let name = self.layers.name(For::Group(id)).unwrap_or(id);
            levels.push((Shown::Group, format!("For group {name}")));
        }
        if let Some(folder) = self.project {
            let name = self.layers.name(For::Project(folder));
            let name = name.map_or_else(|| project_name(folder), str::to_owned);
            levels.push((Shown::Project, format!("For {name}")));
        }
        if let Some((.., name)) = self.session {
            levels.push((Shown::Session, format!("For session {name}")));
        }
        levels
    }
}

impl SettingsPage {
    /// Returns what is searched for.
    #[must_use]
    pub fn search(&self) -> &str {
        &self.search
    }

    /// Searches for something.
    pub fn look_for(&mut self, text: &str) {
        text.clone_into(&mut self.search);
    }

    /// Gives its field the keyboard with the next frame.
    pub fn ask_for_keyboard(&mut self) {
        self.focused = false;
    }

    /// Returns the page of the settings of the session with the keyboard.
    #[must_use]
    pub fn of_session() -> Self {
        Self {
            level: Shown::Session,
            ..Self::default()
        }
    }

    /// Returns a page on which something is searched for.
    #[cfg(test)]
    pub fn searching(text: &str) -> Self {
        Self {
            search: text.to_owned(),
            ..Self::default()
        }
    }

    /// Opens the list of fonts, standing at the one that is used.
    pub fn list_fonts(&mut self, families: Vec<String>, used: Option<&str>) {
        let at = families
            .iter()
            .position(|family| Some(family.as_str()) == used);
        let at = at.unwrap_or(0);
        self.awaits_fonts = false;
        self.fonts = Some(Fonts {
            families,
            at,
            moved: true,
        });
    }

    /// Says whether a font is tried that is not chosen.
    #[must_use]
    pub fn tries_font(&self) -> Option<&str> {
        let fonts = self.fonts.as_ref()?;
        fonts.families.get(fonts.at).map(String::as_str)
    }

    /// Says whether a setting is meant by what is searched for.
    fn shows(&self, setting: &Setting) -> bool {
        let text = [setting.key, setting.title, setting.section, setting.doc]
            .join(" ")
            .to_lowercase();
        let words = self.search.to_lowercase();
        words.split_whitespace().all(|word| text.contains(word))
    }
}
