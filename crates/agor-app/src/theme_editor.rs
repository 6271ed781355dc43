//! The theme editor: every colour of the theme that is shown, changed while the window is drawn in it, with a warning
//! where text would be hard to read. What is made is saved as a theme of the person's own.

mod view;

use std::sync::Arc;

use agor_core::themes::{ANSI, Color, TOKENS, Theme, comes_with_agor, id_of};

pub use view::theme_editor_ui;

/// A colour of a theme.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// A token, by its place in their table.
    Token(usize),
    /// A colour of the terminal.
    Ansi(usize),
}

/// See the module.
#[derive(Debug)]
pub struct ThemeEditor {
    /// The theme as it is now.
    theme: Theme,
    /// The theme as it was.
    before: Theme,
    /// The colour whose picker is open.
    open: Option<Part>,
    /// What is being typed for it and is no colour yet.
    typed: Option<String>,
}

/// What the person did.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// It stays open.
    Open,
    /// It was closed, and the theme is as it was.
    Closed,
    /// This theme is to be saved and shown.
    Save(Box<Theme>),
}

impl ThemeEditor {
    /// Returns an editor of a theme; of one that comes with agor a copy is made.
    #[must_use]
    pub fn new(theme: Theme) -> Self {
        let before = theme.clone();
        let name = match comes_with_agor(&theme.id) {
            true => format!("{} (mine)", theme.name),
            false => theme.name.clone(),
        };
        let mut editor = Self {
            theme,
            before,
            open: None,
            typed: None,
        };
        editor.theme.source = None;
        editor.rename(name);
        editor
    }

    /// Says whether what is saved takes the place of the theme that is edited.
    #[must_use]
    pub fn replaces(&self) -> bool {
        self.theme.id == self.before.id && !comes_with_agor(&self.before.id)
    }

    fn rename(&mut self, name: String) {
        self.theme.id = id_of(&name).into();
        self.theme.name = name;
    }

    /// Says why the theme cannot be saved under its name.
    fn wrong(&self) -> Option<&'static str> {
        match &*self.theme.id {
            "" => Some("a name has letters or digits"),
            id if comes_with_agor(id) => Some("a theme of this name comes with agor"),
            "system" => Some("this name means what the desktop has"),
            _ => None,
        }
    }

    fn color(&self, part: Part) -> Color {
        match part {
            Part::Token(at) => {
                let name = TOKENS.get(at).map_or("", |(name, _)| name);
                let tokens = &self.theme.tokens;
                tokens.get(name).unwrap_or(tokens.text)
            }
            Part::Ansi(at) => self.theme.ansi[at % ANSI],
        }
    }

    fn set(&mut self, part: Part, color: Color) {
        match part {
            Part::Token(at) => {
                let name = TOKENS.get(at).map_or("", |(name, _)| name);
                if let Some(token) = self.theme.tokens.get_mut(name) {
                    *token = color;
                }
            }
            Part::Ansi(at) => self.theme.ansi[at % ANSI] = color,
        }
        // What a text is drawn on decides, not what the theme was made for.
        let tokens = &self.theme.tokens;
        self.theme.light = tokens.pane.luminance() > tokens.text.luminance();
    }

    /// Takes a colour back to what it was.
    fn reset(&mut self, part: Part) {
        let before = Self {
            theme: self.before.clone(),
            before: self.before.clone(),
            open: None,
            typed: None,
        };
        self.set(part, before.color(part));
        self.typed = None;
    }

    /// Says whether a colour is another than it was.
    fn is_changed(&self, part: Part) -> bool {
        let was = match part {
            Part::Token(at) => TOKENS
                .get(at)
                .and_then(|(name, _)| self.before.tokens.get(name)),
            Part::Ansi(at) => Some(self.before.ansi[at % ANSI]),
        };
        was != Some(self.color(part))
    }

    /// Returns the theme as it is drawn.
    #[must_use]
    pub fn drawn(&self) -> crate::theme::Theme {
        let mut drawn = crate::theme::Theme::of(&self.theme);
        // Other than any that can be chosen, so that leaving brings back what was.
        drawn.id = Arc::from("");
        drawn
    }
}

/// Returns the name of a colour of the terminal.
fn ansi_name(at: usize) -> String {
    const NAMES: [&str; 8] = [
        "black", "red", "green", "yellow", "blue", "magenta", "cyan", "white",
    ];
    let name = NAMES[at % 8];
    match at < 8 {
        true => name.to_owned(),
        false => format!("bright {name}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use agor_core::themes::{DARK, built_in};

    #[test]
    fn a_theme_that_comes_with_agor_is_copied_and_ones_own_is_replaced() {
        let editor = ThemeEditor::new(built_in(DARK).unwrap());
        assert_eq!(&*editor.theme.id, "agor_dark_mine");
        assert!(!editor.replaces() && editor.wrong().is_none());
        let own = Theme {
            id: "sea".into(),
            name: "Sea".into(),
            ..built_in(DARK).unwrap()
        };
        let mut editor = ThemeEditor::new(own);
        assert!(editor.replaces());
        editor.rename("Ocean".into());
        assert!(!editor.replaces());
        for wrong in ["", "!!", "dark", "System"] {
            editor.rename(wrong.into());
            assert!(editor.wrong().is_some(), "{wrong}");
        }
    }

    #[test]
    fn every_colour_is_changed_and_taken_back() {
        let mut editor = ThemeEditor::new(built_in(DARK).unwrap());
        let before = editor.theme.clone();
        let red: Color = "#ff0000".parse().unwrap();
        let tokens = (0..TOKENS.len()).map(Part::Token);
        for part in tokens.chain((0..ANSI).map(Part::Ansi)) {
            assert!(!editor.is_changed(part), "{part:?}");
            editor.set(part, red);
            assert_eq!(editor.color(part), red);
            assert!(editor.is_changed(part));
            editor.reset(part);
        }
        assert_eq!(
            (editor.theme.tokens, editor.theme.ansi),
            (before.tokens, before.ansi)
        );
        assert_eq!(TOKENS.len(), 26);
    }

    #[test]
    fn a_theme_whose_ground_becomes_light_is_a_light_one() {
        let mut editor = ThemeEditor::new(built_in(DARK).unwrap());
        let part = |name| Part::Token(TOKENS.iter().position(|(it, _)| *it == name).unwrap());
        editor.set(part("pane"), "#ffffff".parse().unwrap());
        editor.set(part("text"), "#000000".parse().unwrap());
        assert!(editor.theme.light);
    }
}
